"""The rules of the pace as laws, and what an import costs under them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.pace import Book, Pace

PACE = Pace()


def starts_of(count: int, pace: Pace) -> list[float]:
    """When so many creations start, each as early as it may."""
    book, starts = Book(), list[float]()
    for _ in range(count):
        starts.append(book.start(starts[-1] if starts else 0.0, pace, creates=True))
        book = book.written(starts[-1], pace, creates=True)
    return starts


@pytest.mark.parametrize(
    ("count", "bound"), [(100, 99.0), (1_000, 3600 + 499.0), (10_000, 19 * 3600 + 499.0)], ids=["100", "1,000", "10,000"]
)
def test_an_import_takes_as_long_as_the_limits_demand_and_no_longer(count: int, bound: float) -> None:
    assert starts_of(count, PACE)[-1] == bound


@given(st.lists(st.tuples(st.floats(0, 900), st.booleans()), max_size=30), st.integers(1, 5), st.integers(5, 9))
def test_no_window_ever_has_more_than_its_share(writes: list[tuple[float, bool]], minute: int, hour: int) -> None:
    pace = Pace(spacing=1.0, per_minute=minute, per_hour=hour)
    book, now, all_starts, creations = Book(), 0.0, list[float](), list[float]()
    for pause, creates in writes:
        now += pause
        start = book.start(now, pace, creates=creates)
        book = book.written(start, pace, creates=creates)
        assert start >= now
        assert not all_starts or start - all_starts[-1] >= 1.0 - 1e-6
        all_starts.append(start)
        now = start
        if creates:
            creations.append(start)
    for start in creations:
        assert sum(start - 60 + 1e-6 < other <= start for other in creations) <= minute
        assert sum(start - 3600 + 1e-6 < other <= start for other in creations) <= hour
    assert len(book.creations) <= hour, "the book is bounded"


def test_a_change_is_no_creation() -> None:
    pace = Pace(per_minute=1)
    book = Book().written(0.0, pace, creates=True)
    assert book.start(1.0, pace, creates=False) == 1.0
    assert book.start(1.0, pace, creates=True) == 60.0


def test_without_spacing_there_is_no_pace_but_silence_is_kept() -> None:
    book = Book(next_write=50.0, creations=tuple(range(500)))
    assert book.start(7.0, Pace(0.0), creates=True) == 7.0
    assert book.silenced(7.0, 60.0).start(7.0, Pace(0.0), creates=True) == 67.0


def test_fault_29_limits_that_say_nothing_double_up_to_an_hour_and_are_forgiven() -> None:
    book, now, waits = Book(), 1000.0, list[float]()
    for _ in range(8):
        book = book.silenced(now, None)
        waits.append(book.silent_until - now)
        now = book.silent_until + 1
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    book = book.silenced(now + 3600, None)
    assert book.silent_until - (now + 3600) == 60


def test_fault_29_calls_that_meet_one_limit_together_are_one_strike() -> None:
    book = Book().silenced(1000.0, None).silenced(1000.5, None).silenced(1001.0, None)
    assert (book.strikes, book.silent_until) == (1, 1060.0)
