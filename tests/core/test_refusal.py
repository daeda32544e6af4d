"""What the editor refuses is given back to the issue, field by field; everything else of the issue stays as people have it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.edit import SetEffort, SetPriority, SetState, SetTask, SetTitle
from bot.core.errors import Problem
from bot.core.gaps.model import State, Task
from bot.core.issue import Issue, Region, Seal, StateReason, compose, marker
from bot.core.messages import refusal_comment, refused_in
from bot.core.names import DocumentPath, GapKey, IssueNumber, RepositoryId
from bot.core.pair import Base, Pair
from bot.core.refusal import Refusal, Returned, returned
from bot.core.text import Span
from tests.core.build import gap

BASE = Base("Rotate the keys", State.OPEN, "P1", "2 days", "", (False,))
PAIR = Pair(GapKey("0123456789ab"), IssueNumber(1), DocumentPath("GAPS.md"), None, (), 0, "", BASE)
BEGIN = marker(PAIR, Seal((b"secret",), RepositoryId(1)))
BODY = "Mine.\n\n" + compose(Region("- [ ] ask\n- [ ] wait", "<sub>From there.</sub>"), BEGIN)
LABELS = ("gap", "priority: P1", "effort: 2 days", "help wanted")
ISSUE = Issue(IssueNumber(1), "Rotate the keys", BODY, True, None, LABELS, "gapkeeper[bot]", "")
GAP = gap("Rotate the keys")
WAIT = Task("wait", done=False, line=3, mark_span=Span(0, 0), text_span=Span(0, 0))
WHY = Problem("unfit", "it cannot be", 3)


@pytest.mark.parametrize(
    ("change", "said", "back"),
    [
        pytest.param(SetTitle(GAP, "Mine"), {"title": "Mine"}, Returned(title="Rotate the keys"), id="title"),
        pytest.param(
            SetPriority(GAP, "P0"),
            {"labels": ("gap", "priority: P0", "effort: 2 days", "help wanted")},
            Returned(labels=("gap", "effort: 2 days", "help wanted", "priority: P1")),
            id="priority",
        ),
        pytest.param(
            SetEffort(GAP, None),
            {"labels": ("gap", "priority: P1", "help wanted")},
            Returned(labels=("gap", "priority: P1", "help wanted", "effort: 2 days")),
            id="effort",
        ),
        pytest.param(
            SetState(GAP, State.DONE),
            {"open": False, "state_reason": StateReason.COMPLETED},
            Returned(open=True, reason=StateReason.REOPENED),
            id="closed",
        ),
        pytest.param(
            SetState(GAP, State.IN_PROGRESS), {"labels": (*LABELS, "status: in progress")}, Returned(labels=LABELS), id="status"
        ),
        pytest.param(SetTitle(GAP, "Mine"), {}, Returned(), id="given back already"),
    ],
)
def test_the_refused_field_alone_is_given_back(change: SetTitle, said: dict[str, Any], back: Returned):
    issue = replace(ISSUE, **said)
    assert returned(issue, (Refusal(change, WHY),), BASE, defer_closes=False) == back


@pytest.mark.parametrize(("state", "reason"), [(State.DONE, StateReason.COMPLETED), (State.WONTFIX, StateReason.NOT_PLANNED)])
def test_a_gap_that_cannot_be_opened_again_is_closed_as_it_was(state: State, reason: StateReason):
    refusal = Refusal(SetState(GAP, State.OPEN), WHY)
    assert returned(ISSUE, (refusal,), replace(BASE, state=state), defer_closes=False) == Returned(open=False, reason=reason)


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_tick_is_taken_back_and_every_other_character_stays(eol: str):
    body = BODY.replace("[ ] ask", "[x] ask").replace("[ ] wait", "[x] wait").replace("\n", eol)
    refusal = Refusal(SetTask(GAP, WAIT, True), WHY)
    back = returned(replace(ISSUE, body=body), (refusal,), BASE, defer_closes=False)
    assert back == Returned(body=body.replace("[x] wait", "[ ] wait"))


def test_the_comment_quotes_harmlessly_and_names_what_it_tells_of():
    refusal = Refusal(SetTitle(GAP, "`@alice` fixes #1\n# Boo"), replace(WHY, hint="edit the file"))
    comment = refusal_comment([refusal], "GAPS.md", 3)
    assert refused_in(comment) == {refusal.mark}
    assert "\n# Boo" not in comment
    assert "What helps: edit the file." in comment
