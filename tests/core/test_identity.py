"""An edited, reordered or moved gap keeps its issue; twins are not mixed up; a new gap never takes an old one's issue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.config import Config, Limits
from bot.core.gaps.model import Gap, State
from tests.core.build import Tracker, document, gap

GENEROUS = Config(limits=Limits(imports=100, open=100, close=100))
DETAIL = "The detail of this one is long enough to be recognised again wherever it stands."
OTHER = "And this one has quite another story to tell, with no word in common to speak of."


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        pytest.param(["a one", "b two", "c three"], ["c three", "a one", "b two"], {"a one": "a one"}, id="reordered"),
        pytest.param(
            [gap("one", section=("A",)), "two"], [gap("one", section=("B",)), "two"], {"one": "one"}, id="moved to a section"
        ),
        pytest.param(
            [gap("Add retries", id="G-1"), gap("Drop XML", id="G-2")],
            [gap("Remove the old format", id="G-2"), gap("Try again on errors", id="G-1")],
            {"Add retries": "Try again on errors", "Drop XML": "Remove the old format"},
            id="own id",
        ),
        pytest.param(
            ["Add rate limiting to prevent abuse", "Write docs"],
            ["Write docs", "Add rate limits to prevent abuse"],
            {"Add rate limiting to prevent abuse": "Add rate limits to prevent abuse"},
            id="similar title elsewhere",
        ),
        pytest.param(
            ["first", "Implement structured logging", "third"],
            ["first", "Logging as JSON", "third"],
            {"Implement structured logging": "Logging as JSON"},
            id="edited in place",
        ),
        pytest.param(
            ["first", "Implement logging"],
            ["first", "Logging as JSON"],
            {"Implement logging": "Logging as JSON"},
            id="last in place",
        ),
        pytest.param(
            ["Rotate the keys", "Limit the rate", gap("Hash the ids", state=State.DONE)],
            ["Rotate the keys", "Limit calls", gap("Hash the ids", state=State.DONE)],
            {"Limit the rate": "Limit calls"},
            id="in place, before a gap without an issue",
        ),
        pytest.param(
            ["x", "Limit the rate", "y"],
            ["Limit the rate of all calls by tenant", "y", "x"],
            {"Limit the rate": "Limit the rate of all calls by tenant"},
            id="longer, elsewhere",
        ),
        pytest.param(
            [gap("Old name", detail=DETAIL), "x"],
            ["x", gap("Quite another", detail=DETAIL)],
            {"Old name": "Quite another"},
            id="same long detail",
        ),
        pytest.param(["ADD  Retries"], ["Add retries"], {"ADD Retries": "Add retries"}, id="case and spaces"),
    ],
)
def test_a_gap_keeps_its_issue(before: list[Gap | str], after: list[Gap | str], kept: dict[str, str]):
    tracker = Tracker()
    tracker.sync(document(*before))
    numbers = tracker.titles()
    tracker.sync(document(*after))
    assert len(tracker.issues) == len(numbers)
    assert {new: tracker.titles()[new] for new in kept.values()} == {new: numbers[old] for old, new in kept.items()}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(["first", "Implement logging", "third"], ["first", "Rewrite the parser", "third"], id="nothing in common"),
        pytest.param(["Implement logging"], ["Buy milk"], id="the only one"),
    ],
)
def test_another_gap_is_another_issue(before: list[str], after: list[str]):
    tracker = Tracker()
    tracker.sync(document(*before))
    tracker.sync(document(*after))
    assert len(tracker.issues) == len(before) + 1


def test_i15_a_renamed_file_keeps_every_issue_with_one_write_each():
    tracker = Tracker()
    tracker.sync(document("one", "two", gap("three", section=("S",))))
    numbers, tracker.writes = tracker.titles(), 0
    tracker.sync(document("one", "two", gap("three", section=("S",)), path="docs/gaps.md"))
    assert tracker.titles() == numbers
    assert tracker.writes == 3
    assert "docs/gaps.md" in tracker.issues[1].body


def test_a_gap_moved_to_another_document_keeps_its_issue():
    tracker = Tracker()
    tracker.sync(document("one", "two"), document("three", path="B.md"))
    numbers = tracker.titles()
    tracker.sync(document("one"), document("three", "two", path="B.md"))
    assert tracker.titles() == numbers


class TestTwins:
    """I16: equal titles are distinct gaps."""

    def test_twins_have_an_issue_each(self):
        tracker = Tracker()
        tracker.sync(document("Logging", "Logging", gap("Logging", section=("B",))))
        assert len(tracker.issues) == 3

    def test_swapped_twins_keep_their_issues_by_what_they_say(self):
        tracker = Tracker()
        one, two = gap("Logging", detail=DETAIL), gap("Logging", detail=OTHER)
        tracker.sync(document(one, two))
        tracker.sync(document(two, one))
        assert DETAIL in tracker.issues[1].body
        assert OTHER in tracker.issues[2].body

    def test_an_inserted_twin_is_the_new_one(self):
        tracker = Tracker()
        tracker.sync(document(gap("Logging", detail=DETAIL)))
        tracker.sync(document(gap("Logging", detail=OTHER), gap("Logging", detail=DETAIL)))
        assert DETAIL in tracker.issues[1].body
        assert OTHER in tracker.issues[2].body


WORDS = st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"])
TITLES = st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=8)


@given(TITLES, TITLES, st.permutations(range(8)))
def test_every_gap_has_one_issue_and_no_issue_has_two(before: list[str], after: list[str], order: list[int]):
    tracker = Tracker()
    tracker.sync(document(*before))
    shuffled = [after[i] for i in order if i < len(after)]
    tracker.sync(document(*shuffled), config=GENEROUS)
    present = [pair for pair in tracker.pairs.values() if pair.present]
    assert sorted(pair.base.title for pair in present) == sorted(shuffled)
    assert len({pair.number for pair in tracker.pairs.values()}) == len(tracker.pairs)
    assert len(tracker.issues) <= len(before) + len(after)


@given(TITLES, st.permutations(range(8)))
def test_reordering_and_moving_open_and_close_nothing(titles: list[str], order: list[int]):
    tracker = Tracker()
    tracker.sync(document(*titles))
    tracker.writes = 0
    plan = tracker.sync(document(*[titles[i] for i in order if i < len(titles)]))
    assert (plan.rows, tracker.writes) == ((), 0)
