"""The requests by name: what goes over the wire, what comes back, and what each fault of GitHub becomes."""

from __future__ import annotations

import base64
import inspect
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import GitHubError, Gone, Moved, NotFound, Refused, Unavailable
from bot.core.issue import Issue, StateReason
from bot.core.names import BlobSha, CommitSha, DocumentPath, IssueNumber, RepositoryId, RepositoryName
from bot.core.triage import Label
from bot.github.gateway import PERMISSIONS, File, Gateway, ReadGateway, RepositoryFacts, Tree, TreeEntry, repository_path
from tests.shell.hub import API, NAME, REPO, SHA, Hub, issue_json, no, ok, repository_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.anyio

SEVEN = IssueNumber(7)
HEAD = CommitSha(SHA)
BLOB = BlobSha(SHA[::-1])
ISSUE = f"{REPO}/issues/7"
ISSUES = f"{REPO}/issues"
GAPS = DocumentPath("docs/GAPS.md")


def content_json(data: bytes = b"# Gaps\r\n", **changes: Any) -> dict[str, Any]:
    text = base64.encodebytes(data).decode()
    return {"type": "file", "encoding": "base64", "size": len(data), "sha": BLOB, "content": text} | changes


def tree_json(*entries: dict[str, Any], truncated: bool = False) -> dict[str, Any]:
    return {"sha": SHA, "tree": list(entries), "truncated": truncated}


def entry_json(path: str, mode: str = "100644", kind: str = "blob", size: int | None = 3) -> dict[str, Any]:
    return {"path": path, "mode": mode, "type": kind, "sha": BLOB} | ({} if size is None else {"size": size})


# ── what is asked and what comes back ───────────────────────────────────────────────────────────────────────────────────


async def test_a_repository_by_id_and_by_name() -> None:
    hub = Hub()
    facts = RepositoryFacts(
        id=RepositoryId(1),
        name=NAME,
        default_branch="main",
        archived=False,
        fork=False,
        has_issues=True,
        private=True,
        html_url="https://github.test/octo/gaps",
    )
    hub.answers("GET", "/repositories/1", ok(repository_json()))
    hub.answers("GET", REPO, ok(repository_json(archived=True)))
    assert await hub.reader.repository(RepositoryId(1)) == facts
    assert (await hub.reader.repository_named(NAME)).archived


async def test_the_head_of_a_branch_with_a_slash() -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/git/ref/heads/feature/a b", ok({"ref": "refs/heads/feature/a b", "object": {"sha": SHA}}))
    assert await hub.reader.head(NAME, "feature/a b") == HEAD


async def test_fault_54_the_head_of_an_empty_repository_is_refused_not_absent() -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/git/ref/heads/main", no(409, "Git Repository is empty."))
    with pytest.raises(Refused, match="empty") as caught:
        await hub.reader.head(NAME, "main")
    assert not isinstance(caught.value, NotFound)


async def test_fault_68_the_tree_keeps_links_and_submodules_and_their_modes_but_no_directories() -> None:
    hub = Hub()
    route = hub.answers(
        "GET",
        f"{REPO}/git/trees/{SHA}",
        ok(
            tree_json(
                entry_json("docs", "040000", "tree", None),
                entry_json("docs/GAPS.md"),
                entry_json("run.sh", "100755"),
                entry_json("link.md", "120000"),
                entry_json("vendor", "160000", "commit", None),
            )
        ),
    )
    assert await hub.reader.tree(NAME, HEAD) == Tree(
        (
            TreeEntry(GAPS, "100644", BLOB, 3),
            TreeEntry(DocumentPath("run.sh"), "100755", BLOB, 3),
            TreeEntry(DocumentPath("link.md"), "120000", BLOB, 3),
            TreeEntry(DocumentPath("vendor"), "160000", BLOB, None),
        ),
        truncated=False,
    )
    assert route.calls.last.request.url.query == b"recursive=1"


async def test_fault_50_a_truncated_tree_says_so() -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/git/trees/{SHA}", ok(tree_json(entry_json("a.md"), truncated=True)))
    assert (await hub.reader.tree(NAME, HEAD)).truncated


async def test_a_file_comes_byte_for_byte_at_the_commit_that_was_asked_for() -> None:
    hub = Hub()
    data = b"\xef\xbb\xbf# Gaps\r\n\t- [ ] \xe2\x9c\x85\r" * 40
    route = hub.answers("GET", f"{REPO}/contents/docs/GAPS.md", ok(content_json(data)))
    assert await hub.reader.file(NAME, GAPS, HEAD) == File(BLOB, data)
    assert route.calls.last.request.url.query == f"ref={SHA}".encode()


async def test_a_file_above_1_mb_is_fetched_as_its_blob() -> None:
    hub = Hub()
    data = b"x" * 1_500_000
    hub.answers("GET", f"{REPO}/contents/docs/GAPS.md", ok(content_json(encoding="none", content="", size=len(data))))
    hub.answers("GET", f"{REPO}/git/blobs/{BLOB}", ok(content_json(data)))
    assert await hub.reader.file(NAME, GAPS, HEAD) == File(BLOB, data)


async def test_an_empty_file_is_a_file() -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/contents/docs/GAPS.md", ok(content_json(b"")))
    assert (await hub.reader.file(NAME, GAPS, HEAD)).data == b""


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ([content_json()], "dir"),
        (content_json(type="symlink", target="../x"), "symlink"),
        (content_json(type="submodule"), "submodule"),
    ],
    ids=["dir", "symlink", "submodule"],
)
async def test_fault_68_what_is_no_file_is_refused(answer: object, kind: str) -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/contents/docs/GAPS.md", ok(answer))
    with pytest.raises(Refused, match=kind):
        await hub.reader.file(NAME, GAPS, HEAD)


async def test_an_issue() -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json(state="closed", state_reason="not_planned", body=None, user=None)))
    assert await hub.reader.issue(NAME, SEVEN) == Issue(
        number=SEVEN,
        title="Pool connections",
        body="",
        open=False,
        state_reason=StateReason.NOT_PLANNED,
        labels=("gap",),
        author="ghost",
        updated_at="2026-11-20T10:00:00Z",
    )


async def test_the_number_of_a_pull_request_is_no_issue() -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json(pull_request={"url": "x"})))
    with pytest.raises(NotFound, match="#7"):
        await hub.reader.issue(NAME, SEVEN)


async def test_creating_an_issue_sends_it_whole_in_one_request() -> None:
    hub = Hub()
    route = hub.answers("POST", ISSUES, ok(issue_json(), 201))
    created = await hub.gateway.create_issue(NAME, title="Ünïcode", body="a\r\nb", labels=("gap", "priority: P1"))
    assert created.number == 7
    sent = json.loads(route.calls.last.request.content)
    assert sent == {"title": "Ünïcode", "body": "a\r\nb", "labels": ["gap", "priority: P1"]}


UPDATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "title": ({"title": "New"}, {"title": "New"}),
    "emptied body": ({"body": ""}, {"body": ""}),
    "close as completed": ({"open": False, "reason": StateReason.COMPLETED}, {"state": "closed", "state_reason": "completed"}),
    "close as not planned": (
        {"open": False, "reason": StateReason.NOT_PLANNED},
        {"state": "closed", "state_reason": "not_planned"},
    ),
    "reopen": ({"open": True}, {"state": "open"}),
    "no labels left": ({"labels": ()}, {"labels": []}),
    "all": (
        {"title": "t", "body": "b", "open": True, "reason": StateReason.REOPENED, "labels": ["gap"]},
        {"title": "t", "body": "b", "state": "open", "state_reason": "reopened", "labels": ["gap"]},
    ),
}


@pytest.mark.parametrize(("change", "sent"), UPDATES.values(), ids=UPDATES)
async def test_an_update_sends_what_is_given_and_nothing_else(change: dict[str, Any], sent: dict[str, Any]) -> None:
    hub = Hub()
    route = hub.answers("PATCH", ISSUE, ok(issue_json()))
    await hub.gateway.update_issue(NAME, SEVEN, **change)
    assert route.call_count == 1
    assert json.loads(route.calls.last.request.content) == sent


async def test_creating_a_label() -> None:
    hub = Hub()
    route = hub.answers("POST", f"{REPO}/labels", ok({"name": "gap"}, 201))
    await hub.gateway.create_label(NAME, Label("gap", "c5def5", "A gap"))
    assert json.loads(route.calls.last.request.content) == {"name": "gap", "color": "c5def5", "description": "A gap"}


ALREADY = [{"resource": "Label", "code": "already_exists", "field": "name"}]


async def test_fault_34_a_label_that_exists_is_success() -> None:
    hub = Hub()
    hub.answers("POST", f"{REPO}/labels", no(422, "Validation Failed", errors=ALREADY))
    await hub.gateway.create_label(NAME, Label("gap", "c5def5", ""))
    assert hub.app.calls == 2


async def test_fault_34_a_server_that_does_not_say_why_is_asked_for_the_label() -> None:
    hub = Hub()
    hub.answers("POST", f"{REPO}/labels", no(422, "Validation Failed"))
    asked = hub.answers("GET", f"{REPO}/labels/area: a/b", ok({"name": "area: a/b"}), no(404))
    await hub.gateway.create_label(NAME, Label("area: a/b", "c5def5", ""))
    assert asked.calls.last.request.url.raw_path == b"/repos/octo/gaps/labels/area%3A%20a%2Fb"
    with pytest.raises(NotFound):
        await hub.gateway.create_label(NAME, Label("area: a/b", "c5def5", ""))


@pytest.mark.parametrize(
    "answer", [no(422, errors=[{"code": "invalid"}]), no(403, "Resource not accessible by integration"), no(404), no(410)]
)
async def test_fault_34_any_other_refusal_of_a_label_is_one(answer: httpx.Response) -> None:
    hub = Hub()
    hub.answers("POST", f"{REPO}/labels", answer)
    with pytest.raises(Refused):
        await hub.gateway.create_label(NAME, Label("gap", "c5def5", ""))
    assert hub.app.calls == 2


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

VALIDATION = [{"resource": "Issue", "code": "custom", "field": "body", "message": "body is too long"}]

REFUSALS: dict[str, tuple[httpx.Response, type[GitHubError], tuple[str, ...]]] = {
    "#31 permission": (no(403, "Resource not accessible by integration"), Refused, ()),
    "#33 no repository": (no(404, "Not Found"), NotFound, ()),
    "#35 issues disabled": (no(410, "Issues are disabled for this repo"), Gone, ()),
    "#36 deleted": (no(410, "This issue was deleted"), Gone, ()),
    "#39 stale": (no(409, "docs/GAPS.md does not match 0123"), Refused, ()),
    "#40 rules": (
        no(422, "Repository rule violations found", errors=["pull request required"]),
        Refused,
        ("pull request required",),
    ),
    "#41 too long": (no(422, "Validation Failed", errors=VALIDATION), Refused, ("custom",)),
    "#42 spammed": (no(422, "Validation failed, or the endpoint has been spammed."), Refused, ()),
    "odd errors": (no(422, errors=[None, 1, {}, {"code": 5}, [], "said"]), Refused, ("said",)),
    "errors no list": (no(422, errors={"code": "x"}), Refused, ()),
    "legal": (no(451), Refused, ()),
    "HTML": (httpx.Response(400, content=b"<html>no"), Refused, ()),
    "message no text": (ok({"message": ["x"]}, 400), Refused, ()),
    "body a list": (ok([1], 400), Refused, ()),
}


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize(("answer", "kind", "codes"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_tried_once_and_keeps_its_reason(
    answer: httpx.Response, kind: type[Refused], codes: tuple[str, ...], method: str
) -> None:
    hub = Hub()
    route = hub.answers(method, ISSUE, answer)
    with pytest.raises(Refused) as caught:
        await (hub.gateway.issue(NAME, SEVEN) if method == "GET" else hub.gateway.update_issue(NAME, SEVEN, title="t"))
    assert type(caught.value) is kind
    assert caught.value.codes == codes
    assert caught.value.status == answer.status_code
    assert route.call_count == 1


CALLS: dict[str, Callable[[Gateway], Awaitable[object]]] = {
    "GET": lambda gateway: gateway.issue(NAME, SEVEN),
    "PATCH": lambda gateway: gateway.update_issue(NAME, SEVEN, title="t"),
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", CALLS)
async def test_faults_37_and_38_a_redirect_is_told_and_never_followed(method: str, status: int) -> None:
    hub = Hub()
    elsewhere = f"{API}/repositories/1/issues/7"
    hub.answers(method, ISSUE, no(status, "Moved Permanently", Location=elsewhere))
    followed = hub.router.route(path="/repositories/1/issues/7").mock(return_value=ok(issue_json()))
    with pytest.raises(Moved) as caught:
        await CALLS[method](hub.gateway)
    assert caught.value.location == elsewhere
    assert not followed.called


UNREADABLE: dict[str, httpx.Response | Exception] = {
    "#43 500": no(500),
    "#43 502": httpx.Response(502, content=b"<html>Bad gateway"),
    "#43 503": no(503, Retry_After="5"),
    "#44 504": no(504),
    "408": no(408),
    "#44 reset": httpx.ReadError("reset"),
    "#44 closed": httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "#46 timeout": httpx.ReadTimeout("late"),
    "#47 no connection": httpx.ConnectTimeout("late"),
    "#47 refused": httpx.ConnectError("refused"),
    "#48 truncated JSON": httpx.Response(200, content=b'{"number": 7, "title": "Po'),
    "#48 HTML": httpx.Response(200, content=b"<html>Welcome to Hotel WiFi"),
    "#48 empty": httpx.Response(200, content=b""),
    "#48 null": httpx.Response(200, content=b"null"),
    "#48 deep": httpx.Response(200, content=b"[" * 100_000),
    "#48 digits": httpx.Response(200, content=b'{"number": ' + b"9" * 5000 + b"}"),
    "#48 no UTF-8": httpx.Response(200, content=b'{"number": 7, "title": "\xff"}'),
    "#48 gzip": httpx.DecodingError("Error -3 while decompressing data"),
    "#48 other shape": ok({"number": 7}),
    "#48 list": ok([]),
    "#48 no number": ok(issue_json() | {"number": "7"}),
    "#48 number true": ok(issue_json(number=True)),
    "#48 body a number": ok(issue_json(body=0)),
    "#48 body half a character": httpx.Response(200, content=json.dumps(issue_json(body="\ud83d")).encode()),
    "#48 labels null": ok(issue_json(labels=None)),
    "#48 label without name": ok(issue_json(labels=[{"color": "ededed"}])),
    "#48 state unknown": ok(issue_json(state="locked")),
    "#48 state a list": ok(issue_json(state=[])),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_read_is_tried_three_times_with_short_pauses(answer: httpx.Response | Exception) -> None:
    hub = Hub()
    route = hub.answers("GET", ISSUE, answer)
    with pytest.raises(Unavailable):
        await hub.gateway.issue(NAME, SEVEN)
    assert route.call_count == 3
    assert hub.clock.slept == [0.5, 1.0]


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_read_that_succeeds_at_last_is_a_success(answer: httpx.Response | Exception) -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, answer, answer, ok(issue_json()))
    assert (await hub.gateway.issue(NAME, SEVEN)).number == 7


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("method", ["POST", "PATCH", "label"])
async def test_faults_44_to_46_a_write_is_sent_once_whatever_happens(method: str, answer: httpx.Response | Exception) -> None:
    hub = Hub()
    write: Callable[[], Awaitable[object]]
    match method:
        case "POST":
            route = hub.answers("POST", ISSUES, answer)
            write = lambda: hub.gateway.create_issue(NAME, title="t", body="b", labels=[])  # noqa: E731
        case "PATCH":
            route = hub.answers("PATCH", ISSUE, answer)
            write = lambda: hub.gateway.update_issue(NAME, SEVEN, body="b")  # noqa: E731
        case _:
            broken = isinstance(answer, httpx.Response) and answer.is_success
            route = hub.answers("POST", f"{REPO}/labels", httpx.Response(201, content=b"{") if broken else answer)
            write = lambda: hub.gateway.create_label(NAME, Label("gap", "c5def5", ""))  # noqa: E731
    with pytest.raises(Unavailable):
        await write()
    assert route.call_count == 1
    assert hub.clock.slept == []


async def test_fault_47_a_read_gives_up_when_its_time_is_over() -> None:
    hub = Hub()

    def stalled(_: httpx.Request) -> httpx.Response:
        hub.clock.now += 30
        raise httpx.ReadTimeout("late")

    route = hub.router.get(path=ISSUE).mock(side_effect=stalled)
    with pytest.raises(Unavailable):
        await hub.gateway.issue(NAME, SEVEN)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "answer",
    [
        content_json(content="####", size=0),
        content_json(content="QQ"),
        content_json(size=99),
        content_json(content=None),
        content_json(encoding="utf-8"),
        content_json(sha="main"),
        content_json(sha=None),
    ],
    ids=["no base64", "cut base64", "wrong size", "no content", "other encoding", "no sha", "null sha"],
)
async def test_fault_48_nothing_is_inferred_from_a_cut_file(answer: object) -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/contents/docs/GAPS.md", ok(answer))
    with pytest.raises(Unavailable):
        await hub.reader.file(NAME, GAPS, HEAD)


@pytest.mark.parametrize(
    "answer",
    [{}, {"tree": []}, {"tree": None, "truncated": False}, tree_json({"path": "a"}), tree_json(entry_json("a") | {"sha": "x"})],
)
async def test_fault_48_nothing_is_inferred_from_half_a_tree(answer: object) -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/git/trees/{SHA}", ok(answer))
    with pytest.raises(Unavailable):
        await hub.reader.tree(NAME, HEAD)


async def test_fault_48_the_head_of_another_branch_is_no_answer() -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/git/ref/heads/main", ok({"ref": "refs/heads/main-2", "object": {"sha": SHA}}))
    with pytest.raises(Unavailable):
        await hub.reader.head(NAME, "main")


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def paged(hub: Hub, *pages: httpx.Response) -> list[httpx.URL]:
    """Answers the issue list page by page, by the `page` that is asked for."""
    asked: list[httpx.URL] = []

    def page(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return pages[int(request.url.params.get("page", "1")) - 1]

    hub.router.get(path=ISSUES).mock(side_effect=page)
    return asked


def page(*numbers: int, following: str | None = None, **changes: Any) -> httpx.Response:
    link: dict[str, Any] = {} if following is None else {"Link": f'<{following}>; rel="next", <{API}{ISSUES}?page=9>; rel="last"'}
    return ok([issue_json(number, **changes) for number in numbers], **link)


async def test_a_list_has_all_pages_each_issue_once_and_no_pull_request() -> None:
    hub = Hub()
    second = ok(
        [issue_json(2, title="newer"), issue_json(3, pull_request={}), issue_json(4)], Link=f'<{ISSUES}?page=3>; rel="next"'
    )
    asked = paged(hub, page(1, 2, following=f"{API}{ISSUES}?labels=gap&page=2"), second, page(5))
    issues = await hub.reader.issues(NAME, label="gap")
    assert [issue.number for issue in issues] == [1, 2, 4, 5]
    assert issues[1].title == "newer"
    assert dict(asked[0].params) == {"state": "all", "labels": "gap", "sort": "created", "direction": "asc", "per_page": "100"}
    assert asked[1].params["labels"] == "gap"
    assert len(asked) == 3
    assert {call.request.headers["X-GitHub-Api-Version"] for call in hub.router.calls} == {"2026-03-10"}


async def test_no_issues_is_an_empty_list() -> None:
    hub = Hub()
    paged(hub, page())
    assert await hub.reader.issues(NAME, label="gap") == ()


SECOND_PAGES: dict[str, tuple[httpx.Response, type[GitHubError]]] = {
    "502": (no(502), Unavailable),
    "cut": (httpx.Response(200, content=b'[{"number": 3'), Unavailable),
    "object": (ok({"message": "x"}), Unavailable),
    "one odd entry": (ok([issue_json(3), {"number": 4}]), Unavailable),
    "404": (no(404), NotFound),
}


@pytest.mark.parametrize(("second", "kind"), SECOND_PAGES.values(), ids=SECOND_PAGES)
async def test_fault_49_a_page_that_fails_fails_the_list(second: httpx.Response, kind: type[GitHubError]) -> None:
    hub = Hub()
    paged(hub, page(1, 2, following=f"{API}{ISSUES}?page=2"), second)
    with pytest.raises(kind):
        await hub.reader.issues(NAME, label="gap")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/repos/octo/gaps/issues?page=2",
        "http://api.github.test/repos/octo/gaps/issues?page=2",
        "https://api.github.test:8443/repos/octo/gaps/issues?page=2",
        "https://api.github.test@evil.test/?page=2",
        "//evil.test/?page=2",
        "https://[",
    ],
)
async def test_fault_49_a_next_page_on_another_host_is_refused_and_hears_no_token(address: str) -> None:
    hub = Hub()
    paged(hub, page(1, following=address), page(2))
    elsewhere = hub.router.route().mock(return_value=page(2))
    with pytest.raises(Refused, match="another host"):
        await hub.reader.issues(NAME, label="gap")
    assert not elsewhere.called


async def test_fault_49_a_list_that_leads_in_a_circle_ends() -> None:
    hub = Hub()
    here = f"{API}{ISSUES}?page=2"
    asked = paged(hub, page(1, following=here), page(2, following=here))
    with pytest.raises(Unavailable):
        await hub.reader.issues(NAME, label="gap")
    assert len(asked) == 2


# ── names in URLs ───────────────────────────────────────────────────────────────────────────────────────────────────────

ODD_PATHS = {
    "docs/a#b.md": b"docs/a%23b.md",
    "docs/a?b=c.md": b"docs/a%3Fb%3Dc.md",
    "100%.md": b"100%25.md",
    "a%2Fb.md": b"a%252Fb.md",
    "a\nb.md": b"a%0Ab.md",
    "ä/✅.md": b"%C3%A4/%E2%9C%85.md",
    "a\u0308.md": b"a%CC%88.md",
    "a b+c&d;e=f@g:h.md": b"a%20b%2Bc%26d%3Be%3Df%40g%3Ah.md",
    "back\\slash.md": b"back%5Cslash.md",
    "..a/b../...": b"..a/b../...",
}


@pytest.mark.parametrize(("path", "raw"), ODD_PATHS.items(), ids=[ascii(path) for path in ODD_PATHS])
async def test_fault_69_an_odd_path_reaches_github_as_itself(path: str, raw: bytes) -> None:
    hub = Hub()
    route = hub.router.get(path__startswith=f"{REPO}/contents/").mock(return_value=ok(content_json()))
    await hub.reader.file(NAME, DocumentPath(path), HEAD)
    assert route.calls.last.request.url.raw_path == f"{REPO}/contents/".encode() + raw + f"?ref={SHA}".encode()


@pytest.mark.parametrize("path", ["..", "../x", "a/../b", "a/..", ".", "./a", "a//b", "/a", "a/", "", "\udcff.md"], ids=ascii)
async def test_fault_69_a_path_that_would_name_something_else_is_refused_unsent(path: str) -> None:
    hub = Hub()
    with pytest.raises(Refused):
        await hub.reader.file(NAME, DocumentPath(path), HEAD)
    assert hub.app.calls == 0


@pytest.mark.parametrize("name", ["octo", "octo/gaps/issues", "../gaps", "octo/..", "octo/", "/gaps", ""])
async def test_fault_69_a_name_that_is_none_is_refused_unsent(name: str) -> None:
    hub = Hub()
    with pytest.raises(Refused):
        await hub.gateway.create_issue(RepositoryName(name), title="t", body="b", labels=[])
    assert hub.app.calls == 0


@given(st.text(min_size=1), st.text(min_size=1))
def test_fault_69_distinct_names_have_distinct_urls_that_decode_to_them(owner: str, name: str) -> None:
    try:
        path = repository_path(RepositoryName(f"{owner}/{name}"))
    except Refused:
        assert {owner, name} & {".", ".."} or "/" in owner + name
        return
    assert unquote(path) == f"/repos/{owner}/{name}"
    assert httpx.URL(API + path).raw_path == path.encode()


# ── who may do what ─────────────────────────────────────────────────────────────────────────────────────────────────────


def requests_of(gateway: type[ReadGateway]) -> set[str]:
    return {name for name, member in inspect.getmembers(gateway, inspect.iscoroutinefunction) if not name.startswith("_")}


def test_every_request_names_its_documentation() -> None:
    for name in requests_of(Gateway):
        assert "https://docs.github.com/en/rest/" in (inspect.getdoc(getattr(Gateway, name)) or ""), name


def test_a_reader_has_no_method_that_writes() -> None:
    writing = {name for name, needed in PERMISSIONS.items() if "write" in needed.values()}
    assert writing == requests_of(Gateway) - requests_of(ReadGateway)


async def test_the_line_of_a_reader_refuses_to_write() -> None:
    hub = Hub()
    pretender = Gateway(hub.reader._line)
    for write in (
        lambda: pretender.create_issue(NAME, title="t", body="b", labels=[]),
        lambda: pretender.update_issue(NAME, SEVEN, title="t"),
        lambda: pretender.create_label(NAME, Label("gap", "c5def5", "")),
    ):
        with pytest.raises(RuntimeError, match="dry run"):
            await write()
    assert hub.app.calls == 0
