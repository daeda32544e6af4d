"""The page of the demo on a GitHub without a bot: what it shows is text, what it does is what GitHub allows, and who may ask."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import GitHub, Refusal, Webhooks
from bot.sandbox.api import Api
from bot.sandbox.model import Reaction
from bot.sandbox.page import Page, lines, toggled
from bot.sandbox.stage import YOU, Demo
from bot.web.health import Readiness

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette

pytestmark = pytest.mark.anyio
ADDRESS = "127.0.0.1:4711"
HOSTILE = """</textarea><script>alert("x")</script>"><img src=x onerror=alert(1)> {{ 7*7 }} ‚úÖ &amp;"""


@pytest.fixture
def demo() -> Demo:
    world = GitHub()
    world.add_user(YOU)
    place = world.add_repository("acme/demo", admins=[YOU])
    app = world.add_app("gapkeeper")
    world.install(app, "acme")
    hooks = Webhooks(world, app, "secret")

    async def readiness() -> Readiness:
        return Readiness("ok", None)

    bot = SimpleNamespace(state=SimpleNamespace(gapkeeper=SimpleNamespace(readiness=readiness)))
    place.push({"GAPS.md": "- [ ] One\n"}, by=YOU)
    place.open_issue(
        by="gapkeeper[bot]",
        title="One",
        body="Hello\n- [ ] first\n  1. [x] second\n<!-- mark -->\n",
        labels=["gap", "Priority: p1"],
    )
    return Demo(place, "GAPS.md", hooks, Api(world, hooks), cast("Starlette", bot))


@pytest.fixture
async def browser(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Page(demo).app(ADDRESS))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{ADDRESS}") as client:
        yield client


async def test_hostile_text_is_only_text(demo: Demo, browser: httpx.AsyncClient) -> None:
    place = demo.place
    place.push({"GAPS.md": HOSTILE}, by=YOU, message=HOSTILE)
    place.edit_issue(1, by=YOU, title=HOSTILE, body=f"{HOSTILE}\n- [ ] {HOSTILE}\n<!-- {HOSTILE} -->", labels=["<b>x</b>"])
    place.comment(1, HOSTILE, by=YOU)
    await browser.post("/issues/1/title", data={"title": "<i>" * 100})
    for answer in (await browser.get("/"), await browser.get("/state")):
        text = (
            answer.text
            if answer.headers["content-type"].startswith("text/html")
            else "".join(_strings(answer.json()["parts"], answer.json()["issues"]))
        )
        tags = set(re.findall(r"<(\w+)", text))
        assert "img" not in tags - {"img"} and "<img src=x" not in text  # noqa: PT018
        assert "<script>" not in text
        assert "<b>x" not in text
        assert "<i>" not in text
        assert " 49 " not in text


def _strings(parts: dict[str, str], issues: list[list[str]]) -> list[str]:
    return [*parts.values(), *(html for _, html in issues)]


async def test_headers_of_every_answer(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/state", "/style.css", "/script.js", "/icon.svg", "/labels.css", "/nope"):
        answer = await browser.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_page_needs_nothing_from_outside(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/")).text
    assert re.findall(r'(?:src|href|action)="(?!/)', page) == []
    assert " style=" not in page
    assert re.search(r" on\w+=", page) is None
    assert re.search(r"url\(|@import", (await browser.get("/style.css")).text) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": f"http://{ADDRESS}"}, 303),
        ({"host": "localhost:4711", "origin": "http://localhost:4711"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "evil.example"}, 421),
    ],
)
async def test_other_sites_cannot_act(demo: Demo, browser: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    answer = await browser.post("/issues/1/close", data={"reason": "completed"}, headers=headers)
    assert (answer.status_code, demo.place.issue(1).open) == (status, status != 303)


ACTS: list[tuple[str, dict[str, str], Any]] = [
    ("close", {"reason": "not_planned"}, lambda one: (one.open, one.state_reason) == (False, "not_planned")),
    ("reopen", {}, lambda one: one.open),
    ("title", {"title": " New "}, lambda one: one.title == "New"),
    ("comment", {"body": "Hi"}, lambda one: [said.body for said in one.comments.values()] == ["Hi"]),
    ("task", {"line": "1"}, lambda one: one.body == "Hello\n- [x] first\n  1. [x] second\n<!-- mark -->\n"),
    ("task", {"line": "2"}, lambda one: one.body == "Hello\n- [ ] first\n  1. [ ] second\n<!-- mark -->\n"),
    ("priority", {"label": "priority: P0"}, lambda one: [label.name for label in one.labels] == ["gap", "priority: P0"]),
    ("priority", {"label": ""}, lambda one: [label.name for label in one.labels] == ["gap"]),
]


@pytest.mark.parametrize(("act", "form", "holds"), ACTS)
async def test_acts(demo: Demo, browser: httpx.AsyncClient, act: str, form: dict[str, str], holds: Any) -> None:
    assert (await browser.post(f"/issues/1/{act}", data=form)).status_code == 303
    assert holds(demo.place.issue(1))


@pytest.mark.parametrize(
    ("act", "form", "said"),
    [
        ("title", {"title": "x" * 257}, "title is too long"),
        ("comment", {"body": " "}, "body: missing_field"),
        ("task", {"line": "0"}, "no box on that line"),
        ("task", {"line": "99"}, "no box on that line"),
        ("task", {"line": "-1"}, "no box on that line"),
        ("explode", {}, "no 'explode' to do"),
    ],
)
async def test_refusals_are_shown_once(browser: httpx.AsyncClient, act: str, form: dict[str, str], said: str) -> None:
    answer = await browser.post(f"/issues/1/{act}", data=form, headers={"accept": "application/json"})
    assert said in answer.json()["problem"]
    assert 'role="alert"' in (await browser.get("/")).text
    assert 'role="alert"' not in (await browser.get("/")).text


def shown_text(page: str) -> str:
    """The text field's value as a browser reads it: the first line end after the tag is not part of it."""
    import html

    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize(
    "before", [b"\n\n- [ ] a\n\n", b"\r\n- [ ] a\r\n", b"\xef\xbb\xbf# B\n", b"\ta", b"", "&lt; ‚úÖ ✅\n".encode()]
)
async def test_push_without_an_edit_keeps_every_byte(demo: Demo, browser: httpx.AsyncClient, before: bytes) -> None:
    demo.place.push({"GAPS.md": before}, by=YOU)
    text = shown_text((await browser.get("/")).text).replace("\r\n", "\n").replace("\n", "\r\n")
    await browser.post("/push", data={"text": text, "sha": demo.place.files()["GAPS.md"].sha, "message": ""})
    assert (demo.place.read("GAPS.md"), demo.place.head().message) == (before, "Update GAPS.md")


async def test_push_is_refused_when_the_file_has_changed(demo: Demo, browser: httpx.AsyncClient) -> None:
    stale = demo.place.files()["GAPS.md"].sha
    demo.place.push({"GAPS.md": "theirs\n"}, by=YOU)
    answer = await browser.post("/push", data={"text": "mine", "sha": stale}, headers={"accept": "application/json"})
    assert "rejected" in answer.json()["problem"]
    assert demo.place.read("GAPS.md") == b"theirs\n"


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"a\0b", b"a\rb", b"a\r\r\nb", b"a\nb\r\n"],
    ids=["not UTF-8", "NUL", "lone CR", "CR CR LF", "mixed line ends"],
)
async def test_a_file_that_a_form_would_damage_is_only_shown(demo: Demo, browser: httpx.AsyncClient, data: bytes) -> None:
    demo.place.push({"GAPS.md": data}, by=YOU)
    assert " readonly" in (await browser.get("/")).text
    await browser.post("/push", data={"text": "x", "sha": demo.place.files()["GAPS.md"].sha})
    assert demo.place.read("GAPS.md") == data


async def test_state_is_sent_only_when_it_changed(demo: Demo, browser: httpx.AsyncClient) -> None:
    first = (await browser.get("/state")).json()
    assert (await browser.get(f"/state?seen={first['seen']}")).status_code == 204
    demo.place.comment(1, "new", by=YOU)
    assert (await browser.get(f"/state?seen={first['seen']}")).status_code == 200


async def test_an_answer_is_shown_as_people_see_it_on_github(demo: Demo, browser: httpx.AsyncClient) -> None:
    comment = demo.place.comment(1, "```text\n    ^^^\n```\n- [ ] <!-- box=1 --> keep\n<!-- reply=1 -->\n", by=YOU)
    comment.reactions += [Reaction(1, comment.user, "eyes", 0.0), Reaction(2, comment.user, "+1", 0.0)]
    page = (await browser.get("/")).text
    assert "👀 👍" in page
    assert '<div class="code">    ^^^</div>' in page
    assert "box=1" not in page
    assert '<div class="task">☐ keep</div><div class="aside">' in page


async def test_labels_bring_their_colours(demo: Demo, browser: httpx.AsyncClient) -> None:
    demo.place.edit_label("gap", by=YOU, color="12ab56")
    assert f".l{demo.place.label('gap').id} {{ --hue: #12ab56; }}" in (await browser.get("/labels.css")).text


async def test_a_delivery_is_sent_again(demo: Demo, browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/deliveries/1/redeliver")).status_code == 303
    assert (demo.hooks.log[-1].guid, demo.hooks.log[-1].redelivery) == (demo.hooks.log[0].guid, True)


async def test_a_form_of_any_size_is_not_read(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/push", content=b"text=" + b"x" * (8 * 1024 * 1024))
    assert answer.status_code == 413


def test_a_box_in_a_fence_is_text() -> None:
    body = "- [ ] yes\n```md\n- [ ] no\n~~~\n```\n- [ ] yes\n~~~~\n- [ ] no\n~~~"
    assert [line.index for line in lines(body) if line.kind == "task"] == [0, 5]


@given(
    st.lists(
        st.sampled_from(
            ["- [ ] a", "  * [x] b", "1. [X] c", "-[ ] no", "- [y] no", "text", "", "<!-- - [ ] no -->", "```", "~~~~ md"]
        ),
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_tick_changes_one_character(rows: list[str], end: str) -> None:
    body = end.join(rows)
    for line in lines(body):
        if line.kind == "task":
            ticked = toggled(body, line.index)
            assert sum(old != new for old, new in zip(body, ticked, strict=True)) == 1
            assert next(one for one in lines(ticked) if one.index == line.index).done != line.done
        else:
            with pytest.raises(Refusal):
                toggled(body, line.index)
