"""What each command comes to, who may, where, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.registry import SPECS
from bot.commands.values import (
    Approve,
    Assign,
    Place,
    Resolve,
    SetLabel,
    SetState,
    SetTitle,
    ShowHelp,
    ShowPlan,
    ShowStatus,
    Situation,
    Sync,
    Unassign,
    wanted,
)
from bot.core.gaps.model import State
from bot.core.issue import StateReason
from bot.core.merge import Side
from bot.core.triage import label_for
from tests.commands.situations import decided, issue, situation

COMPLETED = SetState(open=False, reason=StateReason.COMPLETED)
DECLINED = SetState(open=False, reason=StateReason.NOT_PLANNED)
REOPENED = SetState(open=True, reason=StateReason.REOPENED)

DEEDS: dict[str, tuple[str, Situation, tuple[object, ...]]] = {
    "help": ("/gap help", situation(), (ShowHelp(None),)),
    "help of a verb": ("/gap help Priority", situation(), (ShowHelp("priority"),)),
    "no verb": ("/gap", situation(), (ShowHelp(None),)),
    "status": ("/gap status", situation(), (ShowStatus(),)),
    "priority": ("/gap priority P0", situation(), (SetLabel("priority", "P0"),)),
    "priority in words": (
        "/gap priority very high",
        situation(words=frozenset({"very high"})),
        (SetLabel("priority", "very high"),),
    ),
    "priority of the vocabulary": ("/gap priority Critical", situation(), (SetLabel("priority", "Critical"),)),
    "priority of the documents": ("/gap priority Soonish", situation(), (SetLabel("priority", "Soonish"),)),
    "no priority": ("/gap priority none", situation(), (SetLabel("priority", None),)),
    "effort": ("/gap effort  2  days", situation(), (SetLabel("effort", "2 days"),)),
    "no effort": ("/gap effort None", situation(), (SetLabel("effort", None),)),
    "done": ("/gap done", situation(), (COMPLETED,)),
    "done already": ("/gap done", situation(is_open=False, state=State.DONE), (COMPLETED,)),
    "wontfix": ("/gap wontfix", situation(), (DECLINED,)),
    "wontfix with a reason": ("/gap wontfix It goes away.", situation(), (DECLINED,)),
    "defer": ("/gap defer until 2027", situation(), (REOPENED, SetLabel("status", "deferred"))),
    "deferred already": ("/gap defer", situation(state=State.DEFERRED), ()),
    "reopen": ("/gap reopen", situation(is_open=False, state=State.DONE), (REOPENED, SetLabel("status", None))),
    "reopen what is in progress": ("/gap reopen", situation(state=State.IN_PROGRESS), ()),
    "retitle": ("/gap retitle  Limit   `all` rates", situation(), (SetTitle("Limit `all` rates"),)),
    "assign": ("/gap assign @bob, carol_acme @bob", situation(), (Assign(("bob", "carol_acme")),)),
    "assign me": ("/gap assign", situation(), (Assign(("alice",)),)),
    "unassign": ("/gap unassign @bob", situation(), (Unassign(("bob",)),)),
    "resolve for the file": ("/gap resolve file", situation(conflict=True), (Resolve(Side.DOCUMENT),)),
    "resolve for the issue": ("/gap resolve Issue", situation(conflict=True), (Resolve(Side.ISSUE),)),
    "resolved already": ("/gap resolve file", situation(), ()),
    "approved already": ("/gap approve 0123456789ab", situation(), ()),
    "sync": ("/gap sync", situation(place=Place.NOTICE), (Sync(),)),
    "plan": ("/gap plan", situation(), (ShowPlan(),)),
    "approve": ("/gap approve", situation(place=Place.NOTICE, offered="0123456789ab"), (Approve("0123456789ab"),)),
    "approve this one": ("/gap approve 0123456789AB", situation(offered="0123456789ab"), (Approve("0123456789ab"),)),
    "several": ("/gap done\n/gap assign\n/gap status", situation(), (COMPLETED, Assign(("alice",)), ShowStatus())),
    "#92 help on a pull request": ("/gap help", situation(place=Place.PULL, writer=False), (ShowHelp(None),)),
    "#84 status for a reader": ("/gap status", situation(writer=False), (ShowStatus(),)),
}

PROBLEMS: dict[str, tuple[str, Situation, list[str]]] = {
    "#89 an unknown verb": ("/gap close", situation(), ["unknown-verb"]),
    "#89 help of an unknown verb": ("/gap help prority", situation(), ["unknown-verb"]),
    "no word": ("/gap priority", situation(), ["argument"]),
    "an unknown word": ("/gap priority Hgih", situation(), ["unknown-priority"]),
    "a word and more": ("/gap priority P0 please", situation(), ["unknown-priority"]),
    "done of what is declined": ("/gap done", situation(is_open=False, state=State.WONTFIX), ["closed-otherwise"]),
    "wontfix of what was just closed as done": ("/gap wontfix", situation(is_open=False), ["closed-otherwise"]),
    "wontfix of what is done": ("/gap wontfix", situation(is_open=False, state=State.DONE), ["closed-otherwise"]),
    "done and more": ("/gap done now", situation(), ["argument"]),
    "no title": ("/gap retitle", situation(), ["argument"]),
    "a title of signs": ("/gap retitle ---", situation(), ["title-unfit"]),
    "a long title": (f"/gap retitle {'x' * 257}", situation(), ["title-long"]),
    "a hidden character": ("/gap retitle a\u202eb", situation(), ["title-unfit"]),
    "nobody": ("/gap assign me!", situation(), ["not-a-login"]),
    "everybody": (f"/gap assign {' '.join(f'@a{i}' for i in range(11))}", situation(), ["too-many-people"]),
    "no side": ("/gap resolve both", situation(conflict=True), ["argument"]),
    "another plan": ("/gap approve 111111111111", situation(offered="0123456789ab"), ["another-plan"]),
    "#84 a reader": ("/gap done\n/gap priority P0", situation(writer=False), ["not-permitted"]),
    "#84 a reader with a slip": ("/gap dnoe\n/gap priority P0", situation(writer=False), ["unknown-verb", "not-permitted"]),
    "#92 a pull request": ("/gap done", situation(place=Place.PULL), ["not-here"]),
    "an issue of no gap": ("/gap status", situation(place=Place.OTHER), ["not-here"]),
    "the issue of a plan": ("/gap priority P0", situation(place=Place.NOTICE), ["not-here"]),
    "#91 a good one beside a bad one": ("/gap done\n/gap priority ???", situation(), ["unknown-priority"]),
}


@pytest.mark.parametrize(("comment", "there", "deeds"), DEEDS.values(), ids=DEEDS)
def test_deeds(comment: str, there: Situation, deeds: tuple[object, ...]):
    decision = decided(comment, there)
    assert (decision.deeds, decision.problems, decision.refused) == (deeds, (), False)


@pytest.mark.parametrize(("comment", "there", "codes"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems(comment: str, there: Situation, codes: list[str]):
    decision = decided(comment, there)
    assert [problem.code for problem in decision.problems] == codes
    assert (decision.deeds, decision.refused) == ((), True)


def test_every_verb_has_a_row():
    said = {comment.split()[1] for comment, *_ in DEEDS.values() if len(comment.split()) > 1}
    assert said == set(SPECS)


def test_fault_91_a_comment_with_a_mistake_does_nothing_but_answers_what_is_asked():
    decision = decided("/gap status\n/gap done\n/gap bogus")
    assert decision.deeds == (ShowStatus(),)
    assert decision.refused


def test_fault_91_the_first_five_of_fifty_are_taken():
    decision = decided("/gap status\n" * 50)
    assert decision.deeds == (ShowStatus(),) * 5
    assert [(problem.code, problem.line) for problem in decision.problems] == [("too-many", 6)]
    assert not decision.refused


HOSTILE = [
    "${{ secrets.TOKEN }}",
    "::set-env name=X::y",
    "'; DROP TABLE pairs; --",
    "../../etc",
    "--force",
    "<script>",
    "`rm`",
    "a\\nb",
]


@pytest.mark.parametrize("verb", ["priority", "effort", "assign", "resolve", "approve", "help"])
@pytest.mark.parametrize("argument", [*HOSTILE, "x" * 60_000])
def test_fault_90_arguments_are_of_a_closed_grammar(verb: str, argument: str):
    decision = decided(f"/gap {verb} {argument}", situation(conflict=True, offered="0123456789ab"))
    assert decision.deeds == ()
    assert decision.problems


@given(st.sampled_from([*SPECS, "bogus"]), st.text(max_size=80), st.sampled_from(Place), st.booleans())
def test_any_argument_can_be_decided_on(verb: str, argument: str, place: Place, writer: bool):
    decision = decided(f"/gap {verb} {argument}", situation(place=place, writer=writer))
    assert writer or all(isinstance(deed, ShowHelp | ShowStatus) for deed in decision.deeds)
    assert decision.refused == bool(decision.problems)


FOLDS: dict[str, tuple[str, Any, dict[str, object]]] = {
    "nothing": ("/gap status", issue(), {}),
    "closed": ("/gap done", issue(), {"open": False, "reason": StateReason.COMPLETED}),
    "#91 the last word counts": ("/gap done\n/gap reopen", issue(), {}),
    "a label": ("/gap priority P0", issue(), {"labels": ("gap", "priority: P0"), "needed": (label_for("priority", "P0"),)}),
    "a label in another case": ("/gap priority p1", issue(labels=("gap", "Priority: p1")), {}),
    "a label beside those of people": (
        "/gap priority P0",
        issue(labels=("mine",)),
        {"labels": ("mine", "priority: P0"), "needed": (label_for("priority", "P0"),)},
    ),
    "no label": ("/gap priority none", issue(labels=("a", "priority: P1", "b")), {"labels": ("a", "b")}),
    "two labels, the last counts": (
        "/gap priority P2\n/gap priority P0",
        issue(),
        {"labels": ("gap", "priority: P0"), "needed": (label_for("priority", "P0"),)},
    ),
    "the same title": ("/gap retitle Limit the rate", issue(), {}),
    "a title": ("/gap retitle Limit rates", issue(), {"title": "Limit rates"}),
}


@pytest.mark.parametrize(("comment", "before", "change"), FOLDS.values(), ids=FOLDS)
def test_the_request_that_makes_it_so(comment: str, before: Any, change: dict[str, object]):
    made = wanted(before, decided(comment).deeds)
    empty = {"title": None, "open": None, "reason": None, "labels": None, "needed": ()}
    assert {name: getattr(made, name) for name in empty} == empty | change
    assert made.empty == (not change)
