"""When the next write of an installation may start: the rules of its pace, over a book of what was written and what GitHub said.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits: 80 requests a minute and
500 an hour that create content. https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api: a second
between writes; after a limit as long as GitHub says, else a minute, and longer each time that it happens again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MINUTE, HOUR = 60.0, 3600.0
PER_MINUTE, PER_HOUR = 80, 500

UNSAID_WAIT, LONGEST_WAIT = MINUTE, HOUR
"""The first silence where GitHub does not say how long; no silence is longer than the other."""

FORGIVEN_AFTER = 10 * MINUTE
"""A limit that long after the end of the last silence has nothing to do with it: the waits begin with a minute again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an installation may write. A spacing of 0 is no pace at all: for a GitHub of one's own, without limits."""

    spacing: float = 1.0
    per_minute: int = PER_MINUTE
    per_hour: int = PER_HOUR

    @property
    def free(self) -> bool:
        """Tells whether writes may start at any time."""
        return self.spacing <= 0


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of one installation; all times are in seconds, by one and the same clock.

    `creations` are the starts of the requests of the last hour that created something, in ascending order. `strikes` counts the
    limits in a row for which GitHub did not say how long to wait.
    """

    silent_until: float = 0.0
    next_write: float = 0.0
    creations: tuple[float, ...] = ()
    strikes: int = 0

    def start(self, now: float, pace: Pace, *, creates: bool) -> float:
        """Returns the earliest time at which a write may start, never before `now`."""
        earliest = max(now, self.silent_until)
        if pace.free:
            return earliest
        earliest = max(earliest, self.next_write)
        if creates:
            for count, window in ((pace.per_minute, MINUTE), (pace.per_hour, HOUR)):
                if len(self.creations) >= count:
                    earliest = max(earliest, self.creations[-count] + window)
        return earliest

    def written(self, start: float, pace: Pace, *, creates: bool) -> Book:
        """Returns the book after a write that starts then."""
        recent = tuple(at for at in self.creations if at > start - HOUR)[-pace.per_hour :]
        return replace(self, next_write=start + pace.spacing, creations=(*recent, start) if creates else recent)

    def silenced(self, now: float, seconds: float | None) -> Book:
        """Returns the book after a limit: silent for `seconds`, or, where GitHub did not say, for a minute and twice as long each time.

        A longer silence that was asked for before stays. Limits without a time that several calls met together are one limit.
        """
        strikes = 0 if now > self.silent_until + FORGIVEN_AFTER else self.strikes
        if seconds is None:
            if now < self.silent_until:
                return self
            seconds = min(UNSAID_WAIT * 2**strikes, LONGEST_WAIT)
            strikes += 1
        return replace(self, silent_until=max(self.silent_until, now + seconds), strikes=strikes)


def ready(book: Book, now: float, pace: Pace, count: int) -> float:
    """Returns when the last of so many creations may start, if nobody else of the installation creates anything."""
    start = now
    for _ in range(0 if pace.free else count):
        start = book.start(start, pace, creates=True)
        book = book.written(start, pace, creates=True)
    return start
