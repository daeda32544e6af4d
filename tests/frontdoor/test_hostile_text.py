"""Documents hold whatever people write: long, odd, or made to look like ours. It is shown, and it does no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

MARKER = "<!-- gapkeeper:begin v=1 key=0123456789ab data=e30= sig=0123456789abcdef0123456789abcdef -->"


def entry(title: str, detail: str = "") -> str:
    return f"# Known gaps\n\n## Gap 1: {title}\n\n{detail}\n\n## Gap 2: No paging\n\nIt is slow.\n"


def test_70_71_nobody_is_notified_and_nothing_is_closed(desk: Desk) -> None:
    desk.begin(entry("Tokens never expire", "Ask @alice and @acme/ops.\n\nFixes #1, closes acme/app#2.\n\n`@decorator` stays."))
    body = desk.issues["Tokens never expire"].body
    assert "@alice" not in body
    assert "@acme/ops" not in body
    assert "Fixes #1" not in body
    assert "closes acme/app#2" not in body
    assert "`@decorator`" in body


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param("<!-- gapkeeper:end -->", id="end"),
        pytest.param(MARKER, id="begin"),
        pytest.param(f"{MARKER}\nmine\n<!-- gapkeeper:end -->", id="whole region"),
        pytest.param(f"```\n{MARKER}\n<!-- gapkeeper:end -->\n```", id="in a fence"),
        pytest.param("<!-- a comment that nobody closes", id="open comment"),
        pytest.param("```\na fence that nobody closes", id="open fence"),
    ],
)
def test_72_text_that_imitates_our_marker_is_text(desk: Desk, detail: str) -> None:
    """The region stays one region: a later edit finds it, and what people wrote below it stays."""
    desk.begin(entry("Tokens never expire", "First.").replace("## Gap 2: No paging\n\nIt is slow.\n", detail + "\n"))
    issue = desk.issues["Tokens never expire"]
    desk.edit_issue(issue.number, body=f"{issue.body}\nA note.\n")
    desk.write(entry("Tokens never expire", "Second.").replace("## Gap 2: No paging\n\nIt is slow.\n", detail + "\n"))
    body = desk.issues["Tokens never expire"].body
    assert "Second." in body
    assert "First." not in body
    assert body.endswith("\nA note.\n")
    assert body.count("<!-- gapkeeper:begin v=1") == 1


def test_75_a_long_title_is_cut_and_stands_whole_in_the_body(desk: Desk) -> None:
    title = "Tokens never expire " + "and nobody knows why " * 20 + "at all"
    desk.begin(entry(title))
    [first, second] = desk.repository.issues()
    assert 240 < len(first.title) <= 256
    assert first.title.endswith("…")
    assert title in first.body
    assert second.title == "No paging"
    with desk.nothing_written():
        desk.push({GAPS: entry(title) + "\n"})


def test_76_a_long_detail_is_cut_and_can_still_be_changed(desk: Desk) -> None:
    long = "A line of text that is about as long as this one.\n\n" * 2000
    desk.begin(entry("Tokens never expire", f"First.\n\n{long}"))
    assert len(desk.issues["Tokens never expire"].body) <= 65_536
    desk.write(entry("Tokens never expire", f"Second.\n\n{long}"))
    assert "Second." in desk.issues["Tokens never expire"].body


def test_77_a_long_word_is_cut_to_a_label(desk: Desk) -> None:
    effort = "somewhere between two days and two months, who can tell, it depends"
    desk.begin(entry("Tokens never expire", f"**Priority:** High\n\n**Effort:** {effort}"))
    labels = desk.issues["Tokens never expire"].labels
    assert "priority: high" in labels
    assert all(len(label) <= 50 for label in labels)
    with desk.nothing_written():
        desk.push({GAPS: entry("Tokens never expire", f"**Priority:** High\n\n**Effort:** {effort}") + "\n"})


@pytest.mark.parametrize("path", ["docs/known gaps.md", "docs/#1 50%.md", "docs/Lücken & gaps?.md", "docs/[gaps]/a+b.md"])
def test_69_a_path_with_odd_characters(desk: Desk, path: str) -> None:
    desk.push({CONFIG_PATH: CONFIG.replace(GAPS, "docs/**"), path: entry("Tokens never expire")})
    desk.write(entry("Tokens always expire"), path=path)
    assert desk.states == {"Tokens always expire": "open", "No paging": "open"}
    with desk.nothing_written():
        desk.push({"README.md": "unrelated\n"})


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Zero\u200bwidth and \u202eoverride", id="#74 invisible characters"),
        pytest.param("👩‍👩‍👧 families and 🏳️‍🌈 flags", id="#74 emoji"),
        pytest.param("Ümläute and e\u0301 combined", id="#74 combining"),
        pytest.param("`code` and **bold** and [a link](https://example.com)", id="markup"),
        pytest.param("Use <script>alert(1)</script> & co", id="#78 script"),
    ],
)
def test_74_an_odd_title_opens_one_issue_and_settles(desk: Desk, title: str) -> None:
    desk.begin(f"# Known gaps\n\n- [ ] {title}\n- [ ] No paging\n")
    assert len(desk.repository.issues()) == 2
    with desk.nothing_written():
        desk.push({GAPS: f"# Known gaps\n\n- [ ] {title}\n- [ ] No paging\n\n"})
        desk.redeliver_all(times=1)
    desk.write(f"# Known gaps\n\n- [x] {title}\n- [ ] No paging\n")
    assert sorted(issue.open for issue in desk.repository.issues()) == [False, True]
