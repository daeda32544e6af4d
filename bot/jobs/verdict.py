"""The one table from what a call to GitHub came back with to what becomes of the job: tried again, parked, refused, shown to people.

`bot.github.faults` says what an answer means; this says what follows from it for a repository. What concerns one gap alone never
gets here: `bot.jobs.perform` turns it into a problem that people see, and goes on with the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.errors import (
    GapkeeperError,
    Gone,
    Moved,
    NotFound,
    RateLimited,
    Refused,
    Stale,
    Unauthorized,
    Unavailable,
    Unsettled,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.names import RepositoryId

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


class Course(StrEnum):
    """What becomes of a job that met an error."""

    WAIT = "wait"
    """It is parked for as long as the error says; nothing is wrong with it."""

    RETRY = "retry"
    """It is tried again soon, then with growing pauses, for as long as the fault lasts."""

    PARK = "park"
    """Nothing can be done in the repository for now: a round looks at it again from time to time, and so does its next delivery."""

    REFUSE = "refuse"
    """There is nothing to do, and trying again will not change that; its deliveries are done."""

    ASK = "ask"
    """GitHub refuses one thing, which people can mend: they are told, and everything else goes on."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an error. `shortest` and `longest` bound the pauses, in seconds: each is as long as the fault has lasted."""

    course: Course
    meaning: str
    shortest: float = 0.0
    longest: float = 0.0

    def pause(self, lasted: float) -> float:
        """Returns the seconds until the next try, given for how long nothing could be done: so pauses double."""
        return min(max(lasted, self.shortest), self.longest)


@dataclass(frozen=True, slots=True)
class _Row:
    """Stands for errors of a kind, of a status where one is given, whose message has these words where some are given."""

    kind: type[GapkeeperError]
    verdict: Verdict
    status: int | None = None
    words: str = ""

    def covers(self, error: GapkeeperError) -> bool:
        if not isinstance(error, self.kind) or self.status not in {None, getattr(error, "status", None)}:
            return False
        return re.search(self.words, str(error), re.IGNORECASE) is not None


TABLE: Mapping[str, _Row] = {
    "#28-#30 a limit": _Row(RateLimited, Verdict(Course.WAIT, "GitHub asked to wait")),
    "#44 an outcome that is not known yet": _Row(
        Unsettled, Verdict(Course.WAIT, "whether an issue was created is not known yet")
    ),
    "#39 a side keeps changing": _Row(Stale, Verdict(Course.RETRY, "the repository keeps changing", MINUTE, 15 * MINUTE)),
    "#43-#49 a passing fault": _Row(Unavailable, Verdict(Course.RETRY, "GitHub is not available", 0.5, 15 * MINUTE)),
    # A token may be refused in the first seconds of its life (#27).
    "#26, #27 credentials": _Row(Unauthorized, Verdict(Course.RETRY, "GitHub does not accept our credentials", 1.0, HOUR)),
    "#32 suspended": _Row(
        Refused, Verdict(Course.PARK, "the installation is suspended", HOUR, 6 * HOUR), 403, r"installation .*suspended"
    ),
    "#31 permission": _Row(
        Refused, Verdict(Course.PARK, "the App lacks a permission", 15 * MINUTE, 6 * HOUR), 403, r"not accessible by integration"
    ),
    "#54 archived": _Row(Refused, Verdict(Course.PARK, "the repository is archived", HOUR, 6 * HOUR), 403, r"archived"),
    "#42 blocked": _Row(
        Refused, Verdict(Course.PARK, "GitHub blocks the App", HOUR, 6 * HOUR), None, r"been spammed|been blocked|user is blocked"
    ),
    "#35 no issues": _Row(
        Gone, Verdict(Course.PARK, "issues are disabled", HOUR, 6 * HOUR), 410, r"issues? (?:are|is|has been|have been) disabled"
    ),
    "#38 moved": _Row(Moved, Verdict(Course.RETRY, "the repository was renamed or transferred", 1.0, HOUR)),
    "#33 not found": _Row(NotFound, Verdict(Course.RETRY, "the App cannot see the repository", 1.0, 6 * HOUR)),
    "#54 empty": _Row(Refused, Verdict(Course.REFUSE, "the repository is empty"), 409, r"empty"),
    "#41 one thing": _Row(Refused, Verdict(Course.ASK, "GitHub refused")),
}
"""From the particular to the general: the first row that covers an error counts. All other errors are faults of ours."""

GIVE_UP_SECONDS = 7 * DAY
"""What could not be worked in for so long is given up: its deliveries have failed, and a round makes good what it can later."""


def verdict_of(error: GapkeeperError) -> Verdict | None:
    """Returns what follows from an error, None for one that GitHub has nothing to do with."""
    return next((row.verdict for row in TABLE.values() if row.covers(error)), None)


def renamed(error: Refused, repository: RepositoryId) -> bool:
    """Tells whether it is the repository that stands elsewhere now, not one issue of it: GitHub points to it by its id."""
    return isinstance(error, Moved) and re.search(rf"/repositories/{repository}(?![0-9])", error.location or "") is not None


def stops_everything(error: Refused) -> bool:
    """Tells whether a refusal that one call met would meet all others of the repository too."""
    verdict = verdict_of(error)
    return verdict is not None and verdict.course is Course.PARK
