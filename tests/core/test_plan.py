"""What a change of a document becomes, and the guards that keep a plan from doing harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.config import Config, Limits
from bot.core.gaps.model import Field, Gap, Kind, State
from bot.core.issue import StateReason
from bot.core.names import DocumentPath
from bot.core.plan import plan
from bot.core.text import Span
from tests.core.build import Tracker, document, failure, gap, view

ANY = Config(limits=Limits(imports=1000, open=1000, close=1000))


def steps(tracker: Tracker, *gaps: Gap | str, **more: Any) -> list[str]:
    return [row.action for row in tracker.sync(document(*gaps), **{"config": ANY, **more}).rows]


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        pytest.param(gap("t"), gap("t"), [], id="nothing"),
        pytest.param(gap("t"), gap("t two"), ["retitle"], id="title"),
        pytest.param(gap("t", detail="a"), gap("t", detail="b"), ["update body"], id="detail"),
        pytest.param(gap("t", priority="p1"), gap("t", priority="p0"), ["relabel"], id="priority"),
        pytest.param(gap("t"), gap("t", effort="m"), ["relabel"], id="effort"),
        pytest.param(gap("t"), gap("t", section=("S",)), ["update body"], id="section"),
        pytest.param(gap("t"), gap("t", state=State.IN_PROGRESS), ["relabel"], id="in progress"),
        pytest.param(gap("t"), gap("t", state=State.DEFERRED), ["relabel"], id="deferred stays open"),
        pytest.param(gap("t"), gap("t", state=State.DONE), ["close as completed"], id="done"),
        pytest.param(gap("t"), gap("t", state=State.WONTFIX), ["close as not planned"], id="wontfix"),
        pytest.param(gap("t", state=State.DEFERRED), gap("t"), ["relabel"], id="deferred no more"),
        pytest.param(
            gap("t", state=State.IN_PROGRESS),
            gap("t", state=State.DONE),
            ["relabel", "close as completed"],
            id="progress to done",
        ),
        pytest.param(
            gap("t", id="A-1", detail="a"),
            gap("u", id="A-1", detail="b", priority="p0", state=State.DONE),
            ["retitle", "relabel", "close as completed", "update body"],
            id="#80 all at once",
        ),
    ],
)
def test_a_change_becomes_named_actions_and_then_nothing(before: Gap, after: Gap, actions: list[str]):
    tracker = Tracker()
    steps(tracker, before)
    assert steps(tracker, after) == actions
    assert steps(tracker, after) == []
    assert tracker.writes <= 2


@pytest.mark.parametrize(
    ("states", "last"),
    [
        pytest.param([State.OPEN, State.DONE, State.OPEN], "reopen", id="open again"),
        pytest.param([State.OPEN, State.WONTFIX, State.IN_PROGRESS], "reopen", id="in progress again"),
        pytest.param([State.OPEN, State.DONE, State.WONTFIX], "close as not planned", id="another reason"),
        pytest.param([State.OPEN, State.WONTFIX, State.DONE], "close as completed", id="done after all"),
    ],
)
def test_states_follow(states: list[State], last: str):
    tracker = Tracker()
    for state in states[:-1]:
        steps(tracker, gap("t", state=state))
    assert last in steps(tracker, gap("t", state=states[-1]))
    assert tracker.issues[1].open is not states[-1].closed


def test_new_gaps_open_issues_and_done_ones_none():
    tracker = Tracker()
    opened = steps(tracker, "a", gap("b", state=State.DONE), gap("c", state=State.WONTFIX), gap("d", state=State.DEFERRED))
    assert opened == ["open", "open"]
    assert tracker.issues[1].labels == ("gap", "needs triage")
    assert tracker.issues[2].labels == ("gap", "needs triage", "status: deferred")


def test_a_done_gap_that_opens_later_gets_its_issue():
    tracker = Tracker()
    steps(tracker, gap("b", state=State.DONE))
    assert steps(tracker, "b") == ["open"]


@pytest.mark.parametrize(
    ("on_remove", "actions", "reason"),
    [
        ("completed", ["close as completed"], StateReason.COMPLETED),
        ("not_planned", ["close as not planned"], StateReason.NOT_PLANNED),
        ("keep", [], None),
    ],
)
def test_a_removed_gap_closes_as_the_config_says(on_remove: str, actions: list[str], reason: StateReason | None):
    tracker = Tracker()
    config = replace(ANY, on_remove=on_remove)
    steps(tracker, "a", "b", config=config)
    assert steps(tracker, "b", config=config) == actions
    assert tracker.issues[1].state_reason == reason
    assert steps(tracker, "b", config=config) == []


def test_fault_79_a_gap_that_comes_back_reopens_the_same_issue():
    tracker = Tracker()
    steps(tracker, "a", "b")
    steps(tracker, "b")
    assert steps(tracker, "a", "b") == ["reopen"]
    assert tracker.titles() == {"a": 1, "b": 2}


def test_on_defer_close():
    tracker = Tracker()
    config = replace(ANY, on_defer="close")
    assert steps(tracker, "a", gap("b", state=State.DEFERRED), config=config) == ["open"]
    assert steps(tracker, gap("a", state=State.DEFERRED), config=config) == ["relabel", "close as not planned"]


class TestMissingKnowledge:
    """I9: never close on missing knowledge."""

    def test_a_failed_document_closes_nothing_anywhere(self):
        tracker = Tracker()
        tracker.sync(document("a", "b"), document("c", path="B.md"))
        decided = tracker.sync(document("a"), failures=(failure("B.md"),), standing=frozenset({DocumentPath("B.md")}), config=ANY)
        assert decided.rows == ()
        assert {problem.code for problem in decided.problems} == {"removals-postponed", "nul"}
        assert not decided.final

    def test_it_is_made_up_for_once_all_can_be_read(self):
        tracker = Tracker()
        tracker.sync(document("a", "b"), document("c", path="B.md"))
        tracker.sync(document("a"), failures=(failure("B.md"),), standing=frozenset({DocumentPath("B.md")}), config=ANY)
        decided = tracker.sync(document("a"), document("c", path="B.md"), config=ANY)
        assert [(row.action, row.title) for row in decided.rows] == [("close as completed", "b")]

    def test_fault_81_a_document_that_is_gone_closes_nothing(self):
        tracker = Tracker()
        tracker.sync(document("a", "b"))
        decided = tracker.sync(config=ANY)
        assert decided.rows == ()
        assert [problem.code for problem in decided.problems] == ["document-gone"]

    def test_a_document_that_did_not_change_is_not_missing(self):
        tracker = Tracker()
        tracker.sync(document("a"), document("b", path="B.md"))
        decided = tracker.sync(document("a"), standing=frozenset({DocumentPath("B.md")}), config=ANY)
        assert (decided.rows, decided.problems) == ((), ())

    def test_fault_100_an_unsound_config_closes_nothing(self):
        tracker = Tracker()
        tracker.sync(document("a", "b"))
        assert steps(tracker, gap("a", state=State.DONE), "c", sound=False) == ["open"]

    def test_an_unsound_config_at_first_contact_does_nothing(self):
        assert steps(Tracker(), "a", sound=False) == []


def test_fault_67_an_id_that_stands_twice_stops_both():
    tracker = Tracker()
    tracker.sync(document(gap("a", id="G-1"), gap("b", id="G-2"), "c"))
    decided = tracker.sync(document(gap("a changed", id="G-1"), gap("b", id="g-1"), "c two"), config=ANY)
    assert [(row.action, row.title) for row in decided.rows] == [("retitle", "c two")]
    assert [(problem.code, problem.line) for problem in decided.problems] == [("duplicate-id", 2)]


def test_an_id_may_stand_again_in_another_section():
    gaps = [gap("a", id="Bug 1", section=("Web",)), gap("b", id="Bug 1", section=("API",))]
    assert steps(Tracker(), *gaps) == ["open", "open"]


class TestBrakes:
    """I10: a plan that does too much is held whole."""

    @pytest.mark.parametrize(
        ("first", "then", "held"),
        [
            pytest.param(0, 25, None, id="import at the limit"),
            pytest.param(0, 26, "import", id="import above it"),
            pytest.param(1, 51, None, id="open at the limit"),
            pytest.param(1, 52, "open", id="open above it"),
        ],
    )
    def test_opening(self, first: int, then: int, held: str | None):
        tracker = Tracker()
        titles = [f"gap {i}" for i in range(then)]
        if first:
            tracker.sync(document(*titles[:first]))
        decided = tracker.sync(document(*titles))
        assert (decided.held and decided.held.key) == held
        assert len(tracker.issues) == (first if held else then)

    @pytest.mark.parametrize(
        ("count", "removed", "held"),
        [
            pytest.param(20, 5, None, id="five may close"),
            pytest.param(20, 6, "close", id="six of twenty may not"),
            pytest.param(40, 8, None, id="a fifth of forty"),
            pytest.param(40, 9, "close", id="more than a fifth"),
        ],
    )
    def test_closing(self, count: int, removed: int, held: str | None):
        tracker = Tracker()
        titles = [f"gap {i}" for i in range(count)]
        tracker.sync(document(*titles), config=ANY)
        decided = tracker.sync(document(*titles[removed:]))
        assert (decided.held and decided.held.key) == held
        assert len(tracker.titles(is_open=False)) == (0 if held else removed)

    def test_a_held_plan_is_named_by_what_it_would_do(self):
        titles = [f"gap {i}" for i in range(30)]
        one, same, other = (plan(view(document(*t))).held for t in (titles, titles, titles[1:]))
        assert one is not None
        assert same is not None
        assert other is not None
        assert one.digest == same.digest != other.digest


class TestRegion:
    """What the body of an issue says."""

    def body(self, made: Gap) -> str:
        tracker = Tracker()
        tracker.sync(document(made))
        return tracker.issues[1].body

    def test_detail_and_permalink(self):
        body = self.body(gap("t", detail="What it *says*.\n\n- [ ] a task", section=("A", "B")))
        assert "\nWhat it *says*.\n\n- [ ] a task\n" in body
        assert "[`GAPS.md`, line 1](https://github.test/a/b/blob/c0ffee/GAPS.md?plain=1#L1) in `A › B`" in body

    def test_a_row_of_a_table_shows_its_cells(self):
        fields = (Field("Impact", "high | wide", 1, Span(0, 0), Span(0, 0)), Field("Owner", "", 1, Span(0, 0), Span(0, 0)))
        body = self.body(gap("t", kind=Kind.TABLE, fields=fields))
        assert "- **Impact:** high | wide" in body
        assert "Owner" not in body

    @pytest.mark.parametrize(
        ("detail", "shown"),
        [("text\n\n---", "text"), ("text\n\n* * *\n", "text"), ("heading\n---", "heading\n---"), ("a\n\n--", "a\n\n--")],
    )
    def test_a_rule_at_the_end_parts_gaps_and_is_not_shown(self, detail: str, shown: str):
        assert f" -->\n{shown}\n\n<sub>" in self.body(gap("t", detail=detail))

    def test_fault_75_a_title_too_long_stands_in_the_body(self):
        assert f"**{'x' * 300}**" in self.body(gap("x" * 300))

    def test_fault_76_a_detail_too_long_is_cut_and_the_markers_stand(self):
        tracker = Tracker()
        long = gap("t", detail="\n".join(f"line {i} 𝒶" for i in range(20_000)))
        tracker.sync(document(long))
        body = tracker.issues[1].body
        assert len(body) <= 65_536
        assert "cut here" in body
        assert steps(tracker, long) == []
        assert steps(tracker, replace(long, detail="short")) == ["update body"]

    def test_hostile_names_stay_code(self):
        body = self.body(gap("t", section=("a `b` @bob",)))
        assert "``a `b` @bob``" in body


class TestPeople:
    """What people changed on an issue is not overwritten."""

    def test_human_text_around_the_region_survives_everything(self):
        tracker = Tracker()
        steps(tracker, gap("t", detail="a"))
        tracker.person(1, body="Mine above.\n" + tracker.issues[1].body + "\nMine below: @bob fixes #1\n")
        steps(tracker, gap("t", detail="b", section=("S",)))
        steps(tracker, gap("t two", detail="b", state=State.DONE))
        steps(tracker)
        body = tracker.issues[1].body
        assert body.startswith("Mine above.\n")
        assert body.endswith("\nMine below: @bob fixes #1\n")

    def test_labels_of_people_survive(self):
        tracker = Tracker()
        steps(tracker, gap("t", priority="p1"))
        tracker.person(1, labels=("bug", *tracker.issues[1].labels, "good first issue"))
        steps(tracker, gap("t", priority="p0"))
        assert tracker.issues[1].labels == ("bug", "gap", "good first issue", "priority: P0")

    @pytest.mark.parametrize(
        ("theirs", "ours", "what"),
        [
            pytest.param({"title": "mine"}, gap("t two", priority="p1"), "title", id="title"),
            pytest.param({"labels": ("gap", "priority: P3")}, gap("t", priority="p0"), "priority", id="priority"),
        ],
    )
    def test_a_field_that_both_changed_stays_and_is_reported(self, theirs: dict[str, Any], ours: Gap, what: str):
        tracker = Tracker()
        steps(tracker, gap("t", priority="p1"))
        tracker.person(1, **theirs)
        before = tracker.issues[1]
        tracker.sync(document(ours))
        after = tracker.issues[1]
        assert (after.title, after.labels) == (before.title, (*before.labels, "gap: conflict"))
        assert [problem.code for problem in tracker.problems] == ["conflict"]
        assert what in tracker.problems[0].message

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            pytest.param("[ ] task", "[x] task", id="a tick of a task that is another one now"),
            pytest.param("[ ] task", "[ ] my words", id="its text"),
        ],
    )
    def test_an_edited_region_is_left_alone(self, old: str, new: str):
        tracker = Tracker()
        steps(tracker, gap("t", detail="- [ ] task"))
        tracker.person(1, body=tracker.issues[1].body.replace(old, new))
        before = tracker.issues[1].body
        steps(tracker, gap("t", detail="- [ ] task, longer"))
        assert tracker.issues[1].body == before

    def test_fault_94_a_tick_made_meanwhile_is_kept(self):
        tracker = Tracker()
        steps(tracker, gap("t", detail="- [ ] one\n- [ ] two"))
        tracker.person(1, body=tracker.issues[1].body.replace("[ ] one", "[x] one"))
        steps(tracker, gap("t", detail="More.\n\n- [ ] zero\n- [ ] one\n- [x] two"))
        assert "More.\n\n- [ ] zero\n- [x] one\n- [x] two\n" in tracker.issues[1].body
        assert tracker.pairs[next(iter(tracker.pairs))].base.ticks == (False, False, True)

    def test_an_issue_closed_by_a_person_stays_closed_when_its_text_is_edited(self):
        tracker = Tracker()
        steps(tracker, "t")
        tracker.person(1, open=False, state_reason=StateReason.NOT_PLANNED)
        steps(tracker, gap("t", detail="more"))
        assert not tracker.issues[1].open
        assert tracker.issues[1].state_reason is StateReason.NOT_PLANNED

    def test_closing_what_a_person_has_closed_changes_nothing(self):
        tracker = Tracker()
        steps(tracker, "t")
        tracker.person(1, open=False, state_reason=StateReason.NOT_PLANNED)
        steps(tracker, gap("t", state=State.DONE))
        assert tracker.issues[1].state_reason is StateReason.NOT_PLANNED

    @pytest.mark.parametrize("spoil", [lambda body: "", lambda body: body + body], ids=["emptied", "doubled"])
    def test_i11_a_spoilt_region_keeps_the_body_and_still_closes(self, spoil):
        tracker = Tracker()
        steps(tracker, "t")
        tracker.person(1, body=spoil(tracker.issues[1].body))
        body = tracker.issues[1].body
        steps(tracker, gap("t", state=State.DONE, detail="more"))
        assert tracker.issues[1].body == body
        assert not tracker.issues[1].open
