"""A gap's state in the document becomes the state of its issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import ONE_WAY

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

FIRST = "Tokens never expire"
OTHERS = "- [ ] No paging\n- [ ] Images are not cached\n"


def checklist(entry: str) -> str:
    return f"# Known gaps\n\n{entry}\n{OTHERS}"


OPEN = checklist(f"- [ ] {FIRST}")


def heading(status: str) -> str:
    return f"# Gaps\n\n## Gap 1: {FIRST}\n\n**Status:** {status}\n\nThey live for years.\n\n## Gap 2: No paging\n\nIt is slow.\n"


CLOSINGS = {
    "ticked": (OPEN, checklist(f"- [x] {FIRST}"), "completed"),
    "ticked with a capital": (OPEN, checklist(f"- [X] {FIRST}"), "completed"),
    "struck through": (OPEN, checklist(f"- [ ] ~~{FIRST}~~"), "completed"),
    "word in the field": (heading("Open"), heading("✅ Done"), "completed"),
    "wontfix in the field": (heading("Open"), heading("Won't fix"), "not_planned"),
    "suffix": (OPEN, checklist(f"- [ ] {FIRST} (WONTFIX)"), "not_planned"),
}


@pytest.mark.parametrize(("before", "after", "reason"), CLOSINGS.values(), ids=CLOSINGS.keys())
def test_done_closes_and_open_again_reopens(desk: Desk, before: str, after: str, reason: str) -> None:
    desk.begin(before)
    numbers = desk.numbers
    desk.write(after)
    assert desk.states == dict.fromkeys(numbers, "open") | {FIRST: reason}
    desk.write(before)
    assert desk.states == dict.fromkeys(numbers, "open")
    assert desk.numbers == numbers


def test_deferred_stays_open_with_a_label(desk: Desk) -> None:
    desk.begin(heading("Open"))
    desk.write(heading("Deferred to v2"))
    assert desk.states[FIRST] == "open"
    assert desk.issues[FIRST].labels == {"gap", "needs triage", "status: deferred"}
    desk.write(heading("In progress"))
    assert desk.issues[FIRST].labels == {"gap", "needs triage", "status: in progress"}
    desk.write(heading("Open"))
    assert desk.issues[FIRST].labels == {"gap", "needs triage"}


def test_a_new_gap_that_is_done_already_opens_nothing(desk: Desk) -> None:
    desk.begin(checklist(f"- [x] {FIRST}"))
    assert FIRST not in desk.states
    desk.write(OPEN)
    assert desk.states[FIRST] == "open"


def test_79_a_deleted_gap_closes_and_comes_back_to_its_issue(desk: Desk) -> None:
    desk.begin(OPEN)
    numbers = desk.numbers
    desk.write(f"# Known gaps\n\n{OTHERS}")
    assert desk.states[FIRST] == "completed"
    desk.write(OPEN)
    assert desk.states == dict.fromkeys(numbers, "open")
    assert desk.numbers == numbers


def test_79_a_gap_removed_and_added_again_between_two_syncs_writes_nothing(desk: Desk) -> None:
    desk.begin(OPEN)
    with desk.nothing_written():
        desk.repository.lose_deliveries(lose=True)
        desk.push({"GAPS.md": f"# Known gaps\n\n{OTHERS}"})
        desk.repository.lose_deliveries(lose=False)
        desk.push({"GAPS.md": OPEN})


def test_a_ticked_task_shows_in_the_issue(desk: Desk) -> None:
    desk.begin(checklist(f"- [ ] {FIRST}\n  - [ ] choose a lifetime\n  - [ ] tell the users"))
    desk.write(checklist(f"- [ ] {FIRST}\n  - [x] choose a lifetime\n  - [ ] tell the users"))
    body = desk.issues[FIRST].body
    assert "- [x] choose a lifetime" in body
    assert "- [ ] tell the users" in body
    assert desk.states[FIRST] == "open"


def test_a_persons_decision_is_not_undone_by_an_edit(desk: Desk) -> None:
    """A gap closed by a person as not planned stays closed, also if its text is edited later."""
    desk.begin(OPEN, config=ONE_WAY)
    desk.edit_issue(desk.numbers[FIRST], state="closed", state_reason="not_planned")
    desk.write(checklist(f"- [ ] {FIRST}\n\n  They live for years.\n"))
    assert desk.states[FIRST] == "not_planned"
