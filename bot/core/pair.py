"""What is recorded of a gap and its issue: who belongs to whom, and what both sides last agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.edit.values import Trace
    from bot.core.gaps.model import Gap, State
    from bot.core.names import DocumentPath, GapKey, IssueNumber


@dataclass(frozen=True, slots=True)
class Base:
    """What the gap and its issue last agreed on, field by field.

    `region` is the digest of the managed region's content without its ticks; `ticks` are those, in the order of the tasks.
    `revision` counts the times that this was written into the issue's marker: of two records the higher one is the later.
    """

    title: str
    state: State
    priority: str | None
    effort: str | None
    region: str
    ticks: tuple[bool, ...] = ()
    revision: int = 0


class Wanting(StrEnum):
    """What people can ask of a gap's entry that its issue has no way to show."""

    MOVE = "move"
    """Stand in this section."""

    DEPEND = "depend"
    """Name these as what it waits for."""

    FREE = "free"
    """Name these no more."""

    SPLIT = "split"
    """Give each open task an entry of its own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that a person asked of a gap's entry; the `words` are a section's path, or names of gaps."""

    what: Wanting
    words: tuple[str, ...] = ()

    def met(self, gap: Gap) -> bool:
        """Tells whether the entry is so already: then nothing is left to do, who- or whatever did it."""
        match self.what:
            case Wanting.MOVE:
                return gap.section == self.words
            case Wanting.DEPEND:
                return set(self.words) <= set(gap.depends_on)
            case Wanting.FREE:
                return not set(self.words) & set(gap.depends_on)
            case Wanting.SPLIT:
                return all(task.done for task in gap.tasks)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was agreed, and a digest of it."""

    at: float
    said: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A gap and its issue, as last recorded.

    `ordinal` is the gap's place among the gaps of its document, `text` the beginning of what its detail says.

    `present` is False once the gap left the document: the pair is kept, so that the same issue reopens if the gap comes back.
    `recent` are the moments of the last minutes at which something was agreed, by which the circuit breaker sees a loop.
    `traces` are what the editor did to close the gap in its document, so that reopening it gives the old words back.
    `asked` is what people asked of the entry and neither came true nor was refused yet.
    `lost` is True once the issue was deleted or transferred: nothing is written for the gap any more.
    """

    key: GapKey
    number: IssueNumber
    path: DocumentPath
    own_id: str | None
    section: tuple[str, ...]
    ordinal: int
    text: str
    base: Base
    present: bool = True
    lost: bool = False
    traces: tuple[Trace, ...] = ()
    recent: tuple[Moment, ...] = ()
    asked: tuple[Asked, ...] = ()
