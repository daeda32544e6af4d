"""The dashboard and the check run, as people see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS
from tests.frontdoor.world import TRIAGER, WRITER, CheckView

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk
    from tests.frontdoor.world import IssueView

TITLE = "Gapkeeper: dashboard"
TEXT = "# Known gaps\n\n- [ ] [P0] Tokens never expire\n- [ ] No paging\n"
ON = CONFIG + "dashboard: true\n"


def board(desk: Desk) -> IssueView:
    return desk.issues[TITLE]


def tick(desk: Desk, label: str, *, by: str) -> None:
    body = re.sub(rf"\[ \] (<!-- gapkeeper:box=\S+ --> {label})", r"[x] \1", board(desk).body)
    assert body != board(desk).body
    desk.edit_issue(board(desk).number, by=by, body=body)


def test_one_issue_shows_how_the_gaps_stand_and_follows_them(desk: Desk) -> None:
    desk.begin(TEXT, config=ON)
    first = board(desk)
    assert (first.labels, first.author) == (frozenset({"gap: dashboard"}), desk.world.access.bot)
    assert "| `P0` | 1 |" in first.body
    assert "| `No paging` |" in first.body
    desk.write(TEXT.replace("- [ ] No", "- [x] No"))
    assert "Without a priority" not in board(desk).body
    assert "### Closed in the last 30 days (1)" in board(desk).body
    assert board(desk).number == first.number


def test_i7_it_costs_no_write_when_nothing_changed(desk: Desk) -> None:
    desk.begin(TEXT, config=ON)
    before = len([call for call in desk.repository.calls() if call.writes])
    desk.push({"other.txt": "x"})
    desk.redeliver_all(times=2)
    assert len([call for call in desk.repository.calls() if call.writes]) == before


def test_i19_its_boxes_are_for_people_who_may_write(desk: Desk) -> None:
    desk.begin(TEXT, config=f"files: [{GAPS}]\nlimits: {{import: 1}}\ndashboard: true\n")
    assert "### A plan waits" in board(desk).body
    tick(desk, "approve exactly this plan", by=WRITER)
    assert {"Tokens never expire", "No paging"} <= desk.issues.keys()
    assert "A plan waits" not in board(desk).body
    assert "[x]" not in board(desk).body


def test_i19_a_triager_approves_nothing_there(desk: Desk) -> None:
    desk.begin(TEXT, config=f"files: [{GAPS}]\nlimits: {{import: 1}}\ndashboard: true\n")
    mine = board(desk)
    forged = desk.open_issue("Forged", mine.body.replace("[ ]", "[x]"), by=TRIAGER)
    assert forged != mine.number
    assert "No paging" not in desk.issues


def test_i4_deleted_it_is_made_anew_once(desk: Desk) -> None:
    desk.begin(TEXT, config=ON)
    first = board(desk).number
    desk.repository.delete_issue(first)
    desk.write(TEXT + "- [ ] [P1] More\n")
    again = board(desk).number
    assert again != first
    desk.repository.delete_issue(again)
    desk.write(TEXT)
    assert TITLE not in desk.issues


def test_turned_off_it_is_closed(desk: Desk) -> None:
    desk.begin(TEXT, config=ON)
    desk.push({CONFIG_PATH: CONFIG})
    assert not board(desk).open


def test_a_pull_request_gets_the_problems_of_its_documents(desk: Desk) -> None:
    desk.begin(TEXT)
    desk.push({GAPS: TEXT + "- [ ] \n"}, branch="work")
    desk.repository.open_pull("work")
    desk.settle()
    assert desk.repository.checks("work") == (CheckView("gapkeeper", "failure", 1),)
    desk.redeliver_all(times=2)
    assert len(desk.repository.checks("work")) == 1
    assert desk.states == {"Tokens never expire": "open", "No paging": "open"}
