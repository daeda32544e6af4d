"""What each command comes to, who may, where, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.registry import SPECS
from bot.commands.values import (
    Approve,
    Ask,
    Assign,
    Link,
    Place,
    Resolve,
    SetLabel,
    SetState,
    SetTicks,
    SetTitle,
    ShowHelp,
    ShowPlan,
    ShowStatus,
    Situation,
    Sync,
    TakeBack,
    Unassign,
    wanted,
)
from bot.core.gaps.model import State
from bot.core.issue import Region, Seal, StateReason, compose, marker
from bot.core.journal import Step
from bot.core.merge import Side
from bot.core.names import RepositoryId
from bot.core.pair import Asked, Wanting
from bot.core.triage import label_for
from tests.commands.situations import change, decided, issue, pair, situation

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
    "move": ("/gap move P2 wishes", situation(), (Ask(Asked(Wanting.MOVE, ("P2 wishes",))),)),
    "move, only words count": ("/gap move  critical GAPS", situation(), (Ask(Asked(Wanting.MOVE, ("🔴 Critical gaps",))),)),
    "move along a path": ("/gap move Backend › Storage", situation(), (Ask(Asked(Wanting.MOVE, ("Backend", "Storage"))),)),
    "move to where the whole path says so": ("/gap move Security", situation(), (Ask(Asked(Wanting.MOVE, ("Security",))),)),
    "depends": ("/gap depends #8", situation(), (Ask(Asked(Wanting.DEPEND, ("#8",))),)),
    "depends on several, by their own ids": (
        "/gap depends #12, #8 #8",
        situation(),
        (Ask(Asked(Wanting.DEPEND, ("#8", "GAP-012"))),),
    ),
    "split": ("/gap split", situation(), (Ask(Asked(Wanting.SPLIT)),)),
    "#91 split again after we were cut off": ("/gap split", situation(ticks=(), again=True), (Ask(Asked(Wanting.SPLIT)),)),
    "unlink": ("/gap unlink", situation(), (SetLabel("gap", None),)),
    "unlinked already": ("/gap unlink", situation(place=Place.OTHER, beside=(pair(lost=True),)), ()),
    "link": ("/gap link", situation(place=Place.OTHER), (SetLabel("gap", "gap"),)),
    "link to a gap": ("/gap link  Rotate   the keys", situation(place=Place.OTHER), (Link("Rotate the keys"),)),
    "link to a line": ("/gap link GAPS.md:12", situation(place=Place.OTHER), (Link("GAPS.md:12"),)),
    "linked already": ("/gap link", situation(), ()),
    "linked to it already": ("/gap link limit the RATE", situation(), ()),
    "#91 link again after we were cut off": ("/gap link GAPS.md:12", situation(again=True), ()),
    "link again to what it was": (
        "/gap link limit the rate",
        situation(place=Place.OTHER, beside=(pair(lost=True),)),
        (SetLabel("gap", "gap"),),
    ),
    "undo": ("/gap undo", situation(), (SetLabel("priority", "p0"), TakeBack(change(Step("priority", "p0", "p1"))))),
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
    "no section": ("/gap move", situation(), ["argument"]),
    "an unknown section": ("/gap move Nowhere", situation(), ["no-such-section"]),
    "a section of another document": ("/gap move Elsewhere", situation(), ["no-such-section"]),
    "a section that is gone": ("/gap move Gone", situation(), ["no-such-section"]),
    "a section without a document": ("/gap move Storage", situation(beside=()), ["no-such-section"]),
    "two sections of a name": ("/gap move Storage", situation(), ["several-sections"]),
    "no gap to depend on": ("/gap depends", situation(), ["argument"]),
    "a word to depend on": ("/gap depends #8 and GAP-012", situation(), ["not-an-issue"]),
    "a stranger to depend on": ("/gap depends #8 #99", situation(), ["no-gap"]),
    "a gap that is gone to depend on": ("/gap depends #15", situation(), ["no-gap"]),
    "itself to depend on": ("/gap depends #7", situation(), ["own-issue"]),
    "too many to depend on": ("/gap depends " + " ".join(f"#{n}" for n in range(20, 31)), situation(), ["too-many-gaps"]),
    "split with an argument": ("/gap split all", situation(), ["argument"]),
    "nothing to split": ("/gap split", situation(ticks=()), ["no-tasks"]),
    "nothing open to split": ("/gap split", situation(ticks=(True, True)), ["no-tasks"]),
    "documents are not written": ("/gap split", situation(one_way=True), ["one-way"]),
    "unlink with an argument": ("/gap unlink it", situation(), ["argument"]),
    "link to another gap": ("/gap link Rotate the keys", situation(), ["linked-already"]),
    "link to another gap than before": (
        "/gap link Rotate the keys",
        situation(place=Place.OTHER, beside=(pair(lost=True),)),
        ["another-gaps"],
    ),
    "link of a closed issue": ("/gap link Rotate the keys", situation(place=Place.OTHER, is_open=False), ["closed-issue"]),
    "link to a long name": ("/gap link " + "x" * 300, situation(place=Place.OTHER), ["name-long"]),
    "link on a pull request": ("/gap link", situation(place=Place.PULL), ["not-here"]),
    "unlink what is no gap's": ("/gap unlink", situation(place=Place.OTHER), ["not-here"]),
    "undo with an argument": ("/gap undo all", situation(), ["argument"]),
    "nothing to undo": ("/gap undo", situation(last=None), ["nothing-to-undo"]),
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


OPENED = (REOPENED, SetLabel("status", None))
UNDONE: dict[str, tuple[Step, Any, tuple[object, ...]]] = {
    "title": (Step("title", "Old", "Limit the rate"), {}, (SetTitle("Old"),)),
    "a title that an issue cannot bear": (Step("title", "x" * 300, "Limit the rate"), {}, (SetTitle("x" * 255 + "…"),)),
    "opened": (Step("state", "done", "open"), {}, (COMPLETED,)),
    "declined": (Step("state", "wontfix", "open"), {}, (DECLINED,)),
    "done": (Step("state", "open", "done"), {"is_open": False, "state": State.DONE}, OPENED),
    "begun": (Step("state", "in_progress", "open"), {}, (REOPENED, SetLabel("status", "in progress"))),
    "deferred": (Step("state", "deferred", "open"), {}, (REOPENED, SetLabel("status", "deferred"))),
    "no priority before": (Step("priority", None, "P1"), {}, (SetLabel("priority", None),)),
    "effort taken away": (Step("effort", "m", None), {}, (SetLabel("effort", "m"),)),
    "section": (Step("section", ("A", "B"), ("Security",)), {}, (Ask(Asked(Wanting.MOVE, ("A", "B"))),)),
    "depends": (Step("depends", (), ("#8",)), {}, (Ask(Asked(Wanting.FREE, ("#8",))),)),
    "freed": (Step("depends", ("#8",), ()), {}, (Ask(Asked(Wanting.DEPEND, ("#8",))),)),
    "#91 it says so already": (Step("priority", "p1", "p0"), {}, (SetLabel("priority", "p1"),)),
}


@pytest.mark.parametrize(("step", "there", "deeds"), UNDONE.values(), ids=UNDONE)
def test_undo(step: Step, there: dict[str, Any], deeds: tuple[object, ...]):
    last = change(step, Step("text", "0" * 16, "1" * 16))
    decision = decided("/gap undo", situation(last=last, **there))
    assert (decision.deeds, decision.problems) == ((*deeds, TakeBack(last)), ())


NOT_UNDONE: dict[str, tuple[tuple[Step, ...], str, str]] = {
    "the title moved on": ((Step("title", "Old", "New"),), "moved-on", "the title is `Limit the rate` now and no longer `New`"),
    "the state moved on": ((Step("state", "done", "deferred"),), "moved-on", "the state is open now and no longer deferred"),
    "the section moved on": (
        (Step("section", ("A",), ("B", "C")),),
        "moved-on",
        "the section is `Security` now and no longer `B › C`",
    ),
    "one of two moved on": ((Step("priority", "p0", "p1"), Step("effort", "m", "l")), "moved-on", "the effort is none now"),
    "an issue": ((Step("issue", None, "7"),), "cannot-undo", "that this gap got its issue"),
    "the text": ((Step("text", "0", "1"),), "cannot-undo", "to the text of the entry"),
    "tasks that came": ((Step("ticks", "0", "010"), Step("text", "0", "1")), "cannot-undo", "to the list of its tasks"),
    "another document": (
        (Step("section", ("A",), ("Security",)), Step("path", "A.md", "GAPS.md")),
        "cannot-undo",
        "another document",
    ),
    "a gap that came back": ((Step("present", "no", "yes"),), "cannot-undo", "left its document or came back"),
}


@pytest.mark.parametrize(("steps", "code", "words"), NOT_UNDONE.values(), ids=NOT_UNDONE)
def test_what_cannot_be_undone_is_refused_with_why(steps: tuple[Step, ...], code: str, words: str):
    decision = decided("/gap undo", situation(last=change(*steps)))
    assert [problem.code for problem in decision.problems] == [code]
    assert words in decision.problems[0].message
    assert decision.deeds == ()


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


@pytest.mark.parametrize(
    "verb", ["priority", "effort", "assign", "resolve", "approve", "help", "move", "depends", "split", "undo"]
)
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
    "what only the entry can show": ("/gap split\n/gap depends #8\n/gap move P2 wishes", issue(), {}),
}


@pytest.mark.parametrize(("comment", "before", "change"), FOLDS.values(), ids=FOLDS)
def test_the_request_that_makes_it_so(comment: str, before: Any, change: dict[str, object]):
    made = wanted(before, decided(comment).deeds)
    empty = {"title": None, "open": None, "reason": None, "labels": None, "body": None, "needed": ()}
    assert {name: getattr(made, name) for name in empty} == empty | change
    assert made.empty == (not change)


BODY = compose(Region("- [ ] One\n- [x] Two\n\nText.", "<sub>From here.</sub>"), marker(pair(), Seal((b"s",), RepositoryId(1))))


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_boxes_are_ticked_in_the_region_and_nothing_else_changes(eol: str):
    body = (BODY + "\n- [ ] Mine\n").replace("\n", eol)
    made = wanted(issue(body=body), [SetTicks((True, False))])
    assert made.body == body.replace("[ ] One", "[x] One").replace("[x] Two", "[ ] Two")
    assert not made.empty


@pytest.mark.parametrize("body", ["", "- [ ] One\n- [x] Two\n", BODY + BODY])
def test_a_body_without_these_boxes_stays(body: str):
    assert wanted(issue(body=body), [SetTicks((True, False))]).empty
    assert wanted(issue(body=BODY), [SetTicks((True,))]).empty
