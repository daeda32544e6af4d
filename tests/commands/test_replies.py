"""The replies, word by word: tests/corpus/replies (`just commands-update` writes them anew)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.registry import SPECS
from bot.commands.values import Place, Situation
from bot.core.actions import ChangeIssue, Close, Held, Plan, Retitle
from bot.core.command import normalised
from bot.core.errors import Problem
from bot.core.gaps.model import State
from bot.core.issue import StateReason
from bot.core.journal import Cause, Change, Step
from bot.core.names import DocumentPath, IssueNumber
from bot.core.replies import (
    half_done,
    help_reply,
    mark_of,
    no_plan,
    not_assigned,
    plan_reply,
    refusal,
    refused_by_github,
    reply,
    status_reply,
    undone_reply,
    verb_help,
)
from tests.commands.situations import change, decided, pair, situation

CORPUS = Path(__file__).parent.parent / "corpus" / "replies"
MARK = "0123456789abcdef"


def refused(comment: str, there: Situation | None = None) -> str:
    decision = decided(comment, there)
    return refusal(normalised(comment), decision.problems, nothing_done=decision.refused)


def a_plan() -> Plan:
    first, second = pair(), replace(pair(), path=DocumentPath("docs/a|b.md"), number=IssueNumber(12))
    changes = (
        ChangeIssue(first, first, 12, (Retitle("Limit all rates"), Close(StateReason.COMPLETED))),
        ChangeIssue(second, second, 3, (Close(StateReason.NOT_PLANNED),)),
    )
    return Plan(changes, (Problem("x", "the id G-1 stands twice", 4, hint="give each gap an id of its own"),))


BODIES: dict[str, str] = {
    "unknown-verb": refused("Hello.\n\n/gap prioritty P0"),
    "unknown-verb-far": refused("/gap frobnicate"),
    "bad-argument": refused("/gap priority Hgih"),
    "several-mistakes": refused("/gap priority Hgih\n/gap done\n/gap effort ???\n/gap bogus"),
    "too-many": refused("/gap status\n" * 7),
    "hostile": refused("/gap priority ${{ secrets.TOKEN }} ```<!-- x --> @everyone \u202e" + "x" * 300),
    "not-permitted": refused("/gap done\n/gap priority P0", situation(writer=False)),
    "not-permitted-one": refused("/gap done", situation(writer=False)),
    "on-a-pull-request": refused("/gap done", situation(place=Place.PULL)),
    "on-another-issue": refused("/gap done", situation(place=Place.OTHER)),
    "on-a-plan": refused("/gap done", situation(place=Place.NOTICE)),
    "closed-otherwise": refused("/gap done", situation(is_open=False, state=State.WONTFIX)),
    "no-such-section": refused("/gap move Storge"),
    "several-sections": refused("/gap move Storage"),
    "no-gap": refused("/gap depends #8 #99"),
    "linked-already": refused("/gap link Rotate the keys"),
    "another-gaps": refused("/gap link Rotate the keys", situation(place=Place.OTHER, beside=(pair(lost=True),))),
    "not-linked": half_done([Problem("x", "that gap has issue 12", 0, hint="say `/gap unlink` there first")], issue_says=False),
    "no-tasks": refused("/gap split", situation(ticks=(True,))),
    "one-way": refused("/gap split", situation(one_way=True)),
    "moved-on": refused(
        "/gap undo", situation(last=change(Step("title", "Limit rates", "Limit all rates"), Step("effort", "s", "m")))
    ),
    "nothing-to-undo": refused("/gap undo", situation(last=None)),
    "cannot-undo": refused("/gap undo", situation(last=change(Step("text", "0", "1")))),
    "cannot-undo-an-issue": refused("/gap undo", situation(last=change(Step("issue", None, "7")))),
    "undone": undone_reply(
        change(
            Step("title", "Limit `rates` | @all", "Limit all rates"),
            Step("state", "open", "done"),
            Step("priority", "p1", None),
            Step("ticks", "000", "010"),
            Step("section", ("A", "B"), ("C",)),
            Step("depends", (), ("#7", "GAP-012")),
            Step("text", "0", "1"),
        )
    ),
    "undone-of-nobody": undone_reply(
        replace(change(Step("effort", "m", "l")), change=Change(Cause(), (Step("effort", "m", "l"),)))
    ),
    "left": half_done(
        [Problem("p", 'no way of writing it reads back right: the state of "Limit the rate" is read as done instead of open', 3)],
        issue_says=False,
    ),
    "no-side": refused("/gap resolve"),
    "another-plan": refused("/gap approve 111111111111", situation(offered=MARK[:12])),
    "help": help_reply(list(SPECS.values()), "gapkeeper"),
    "help-of-a-verb": verb_help(SPECS["priority"]),
    "status": status_reply(pair(ticks=(True, False), effort="M"), waits=False, conflict=False),
    "status-waits": status_reply(pair(state=State.DEFERRED, priority=None), waits=True, conflict=False),
    "status-conflict": status_reply(pair(), waits=False, conflict=True),
    "plan": plan_reply(a_plan()),
    "plan-empty": plan_reply(Plan((), ())),
    "plan-held": plan_reply(replace(a_plan(), held=Held("close", "close 9 of 12 issues", 9, 5, MARK[:12]))),
    "plan-unreadable": no_plan("Git Repository is empty."),
    "half-done": half_done(
        [Problem("p", 'the priority "P0" of this gap is that of its section', 3, hint="move the entry to another section")]
    ),
    "refused-by-github": refused_by_github("Validation Failed"),
    "not-assigned": not_assigned(["bob", "carol"]),
}
REPLIES = {name: reply([body], MARK) for name, body in BODIES.items()}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply(name: str):
    assert (CORPUS / f"{name}.md").read_text(encoding="utf-8") == REPLIES[name]


def test_no_reply_is_left_over():
    assert {path.stem for path in CORPUS.glob("*.md")} == set(REPLIES)


@given(st.text(max_size=300))
def test_fault_90_an_echo_is_short_and_stays_in_its_fence(argument: str):
    text = refused(f"/gap priority ??? {argument.replace(chr(10), '').replace(chr(13), '')}")
    fence, shown, caret, closing, *words = text.removeprefix("Nothing was done.\n\n").split("\n")
    assert fence.removesuffix("text") == closing
    assert closing not in shown
    assert len(shown) <= 100
    assert len(caret) <= 100
    assert words


def test_a_mark_counts_only_at_the_end():
    assert mark_of(reply(["text"], MARK)) == MARK
    assert mark_of(reply(["text"], MARK).replace("\n", "\r\n")) == MARK
    assert mark_of(f"<!-- gapkeeper:reply={MARK} -->\ntext") is None
    assert mark_of(reply([f"<!-- gapkeeper:reply={'1' * 16} -->"], MARK)) == MARK
