from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.gaps.model import State
from bot.core.issue import (
    MAX_BODY,
    MAX_TITLE,
    Issue,
    NoRegion,
    Region,
    Seal,
    compose,
    marker,
    recorded_pair,
    region_of,
    rewritten,
    shortened,
)
from bot.core.names import DocumentPath, GapKey, IssueNumber, RepositoryId
from bot.core.pair import Base, Pair

SEAL = Seal((b"first secret of ours", b"second secret of ours"), RepositoryId(7))
REGION = Region("Detail line.\n\n- [ ] a task", "<sub>From `GAPS.md`, line 3.</sub>")
PAIR = Pair(
    key=GapKey("0123456789ab"),
    number=IssueNumber(12),
    path=DocumentPath("docs/GAPS.md"),
    own_id="GAP-1",
    section=("Security", "Äußeres"),
    ordinal=3,
    text="detail line a task",
    base=Base("Add -- pooling → now", State.OPEN, "p1", None, REGION.digest),
)


def issue(body: str, number: int = 12) -> Issue:
    return Issue(
        number=IssueNumber(number), title="t", body=body, open=True, state_reason=None, labels=(), author="b[bot]", updated_at=""
    )


def test_i17_a_body_records_the_pair_it_was_made_from():
    read = recorded_pair(issue(compose(REGION, marker(PAIR, SEAL))), SEAL, login="b[bot]")
    assert read == replace(PAIR, ordinal=12)


@pytest.mark.parametrize("present", [True, False])
def test_a_marker_tells_whether_the_gap_left_its_document(present: bool):
    read = recorded_pair(issue(compose(REGION, marker(replace(PAIR, present=present), SEAL))), SEAL, login="b[bot]")
    assert read is not None
    assert read.present is present


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda body: body.replace("key=0123456789ab", "key=0123456789ac"), id="another key"),
        pytest.param(lambda body: body.replace("sig=", "sig=0")[: body.index(" -->")] + body[body.index(" -->") :], id="sig"),
        pytest.param(lambda body: body + "\n" + body, id="doubled"),
        pytest.param(lambda body: "> " + body, id="quoted"),
        pytest.param(lambda body: "no marker", id="none"),
    ],
)
def test_fault_72_an_unauthentic_marker_is_text(forge):
    assert recorded_pair(issue(forge(compose(REGION, marker(PAIR, SEAL)))), SEAL, login="b[bot]") is None


def test_fault_72_a_marker_of_another_repository_or_secret_is_text():
    body = compose(REGION, marker(PAIR, SEAL))
    assert recorded_pair(issue(body), Seal(SEAL.secrets, RepositoryId(8)), login="b[bot]") is None
    assert recorded_pair(issue(body), Seal((b"someone else's secret",), RepositoryId(7)), login="b[bot]") is None


@pytest.mark.parametrize(
    ("number", "author", "counts"),
    [
        pytest.param(12, "b[bot]", True, id="ours, where it was made"),
        pytest.param(12, "ann", True, id="adopted: the number stands in it"),
        pytest.param(13, "b[bot]", False, id="#73 copied into another issue of ours"),
        pytest.param(13, "ann", False, id="#73 copied into an issue of a person"),
    ],
)
def test_fault_73_a_marker_counts_only_in_its_own_issue(number: int, author: str, counts: bool):
    copied = replace(issue(compose(REGION, marker(PAIR, SEAL)), number), author=author)
    assert (recorded_pair(copied, SEAL, login="b[bot]") is not None) is counts


@pytest.mark.parametrize(("author", "counts"), [("b[bot]", True), ("ann", False)])
def test_fault_73_the_first_marker_counts_only_in_an_issue_that_we_opened(author: str, counts: bool):
    first = replace(issue(compose(REGION, marker(replace(PAIR, number=IssueNumber(0)), SEAL))), author=author)
    assert (recorded_pair(first, SEAL, login="b[bot]") is not None) is counts


def test_fault_21_markers_of_the_old_secret_hold_during_rotation():
    old = Seal(SEAL.secrets[1:], SEAL.repository)
    assert recorded_pair(issue(compose(REGION, marker(PAIR, old))), SEAL, login="b[bot]") is not None


@pytest.mark.parametrize("region", [REGION, Region("", REGION.footer), Region("a\n\nb", "")], ids=["whole", "empty", "no footer"])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_region_is_found_as_it_was_composed(region: Region, eol: str):
    body = compose(region, marker(PAIR, SEAL)).replace("\n", eol)
    found = region_of(body)
    assert isinstance(found, Region)
    assert (found, found.digest) == (region, region.digest)


NEW = Region("New detail.", "<sub>From `GAPS.md`, line 9.</sub>")


@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_i11_what_people_wrote_around_the_region_is_kept(before: str, after: str):
    middle = compose(REGION, marker(PAIR, SEAL)).rstrip("\n")
    body = f"{before}\n{middle}\n{after}"
    changed = rewritten(body, NEW, marker(PAIR, SEAL))
    assert isinstance(changed, str)
    assert changed.startswith(f"{before}\n")
    assert changed.endswith(f"\n{after}")
    assert region_of(changed) == NEW


def test_i11_crlf_of_a_browser_is_kept():
    body = "Before\r\n\r\n" + compose(REGION, marker(PAIR, SEAL)).replace("\n", "\r\n") + "After\r\n"
    changed = rewritten(body, NEW, marker(PAIR, SEAL))
    assert isinstance(changed, str)
    assert changed.startswith("Before\r\n\r\n<!-- gapkeeper:begin")
    assert changed.endswith("<!-- gapkeeper:end -->\r\nAfter\r\n")
    assert "\n" not in changed.replace("\r\n", "")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda body: "", "missing", id="emptied"),
        pytest.param(lambda body: body + body, "doubled", id="doubled"),
        pytest.param(lambda body: body.replace("<!-- gapkeeper:end -->", ""), "cut", id="end removed"),
        pytest.param(lambda body: body.partition("\n")[2], "cut", id="begin removed"),
        pytest.param(lambda body: body + "x" * MAX_BODY, "full", id="#76 no room"),
    ],
)
def test_i11_a_spoilt_region_is_not_written_to(spoil, reason: str):
    body = spoil(compose(REGION, marker(PAIR, SEAL)))
    assert rewritten(body, NEW, marker(PAIR, SEAL)) == NoRegion(reason)


@pytest.mark.parametrize(
    ("title", "after"),
    [
        pytest.param("short", "short", id="as it is"),
        pytest.param("two\nlines  and spaces", "two lines and spaces", id="one line"),
        pytest.param("x" * 256, "x" * 256, id="#75 256"),
        pytest.param("x" * 257, "x" * 255 + "…", id="#75 257"),
        pytest.param("x" * 254 + "e\u0301" + "y" * 9, "x" * 254 + "…", id="#75 not inside a character"),
    ],
)
def test_fault_75_titles_fit(title: str, after: str):
    assert shortened(title) == after
    assert len(shortened(title)) <= MAX_TITLE


def test_a_person_who_edits_the_region_changes_its_digest_and_the_footer_does_not():
    assert Region("a", "f").digest == Region("a", "g").digest
    assert Region("a", "f").digest != Region("b", "f").digest
    assert Region("a\r\nb", "").digest == Region("a\nb", "").digest
