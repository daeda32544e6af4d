"""What the bot changed, in words that last: who was behind it, and each field before and after. From it a change can be taken back.

A step is one field of a gap, or of its issue, that moved from one agreed value to another; both sides said the second one when it was
noted. What the store keeps of it, and for how long, is in `bot.store.journal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.pair import Wanting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.names import GapKey, IssueNumber
    from bot.core.pair import Pair

Value = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something was changed: who did it, by which delivery we know, and at which commit the documents stood then."""

    person: str | None = None
    delivery: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One field that was changed.

    `field` is one of title, state, priority, effort, ticks (as `010`), section, path, depends (names that came), text (digests of the
    region) and issue (which one the gap got).
    """

    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """What one sync changed of one gap, and why."""

    cause: Cause
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """A change as it stands in the journal. `undone` names the writing of the comment that took it back."""

    id: int
    key: GapKey
    number: IssueNumber
    at: float
    change: Change
    undone: str | None = None


def steps_of(before: Pair | None, after: Pair) -> tuple[Step, ...]:
    """Returns what was agreed anew between two records of a gap; with no record before, that it got its issue."""
    if before is None:
        return (Step("issue", None, str(after.number)),)
    return tuple(step for step in _compared(before, after) if step.before != step.after)


def _compared(before: Pair, after: Pair) -> Iterator[Step]:
    old, new = before.base, after.base
    yield Step("title", old.title, new.title)
    yield Step("state", old.state.value, new.state.value)
    yield Step("priority", old.priority, new.priority)
    yield Step("effort", old.effort, new.effort)
    yield Step("ticks", _marks(old.ticks), _marks(new.ticks))
    yield Step("section", before.section, after.section)
    yield Step("path", before.path, after.path)
    yield Step("present", _yes(before.present), _yes(after.present))
    if old.region != new.region:
        named = {asked.what: asked.words for asked in before.asked if asked not in after.asked}
        yield Step("depends", named.get(Wanting.FREE, ()), named.get(Wanting.DEPEND, ()))
    yield Step("text", old.region, new.region)


def _marks(ticks: tuple[bool, ...]) -> str:
    return "".join("01"[done] for done in ticks)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
