"""What can be asked of the editor, and what it answers. The gaps, tasks and fields named in a change are those of the document given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.gaps.model import State

if TYPE_CHECKING:
    from bot.core.errors import Problem
    from bot.core.gaps.model import Field, Gap, Task
    from bot.core.text import Edit, Span


@dataclass(frozen=True, slots=True)
class Trace:
    """What one splice did, kept so that it can be taken back: `wrote` stands where `stood` was.

    `offset` counts from the start of the gap (of the document for a gap that was taken out), `lead` is the text right before it.
    """

    offset: int
    lead: str
    wrote: str
    stood: str


@dataclass(frozen=True, slots=True)
class SetState:
    """The gap gets a state; `before` are the traces of the change that this one takes back, if they were kept."""

    gap: Gap
    state: State
    before: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class SetTitle:
    """The gap gets a title: plain text, read back letter by letter."""

    gap: Gap
    title: str


@dataclass(frozen=True, slots=True)
class SetPriority:
    """The gap gets a priority of its own, or loses it (None)."""

    gap: Gap
    priority: str | None


@dataclass(frozen=True, slots=True)
class SetEffort:
    """The gap gets an effort, or loses it (None)."""

    gap: Gap
    effort: str | None


@dataclass(frozen=True, slots=True)
class SetTask:
    """A task of the gap is ticked or unticked."""

    gap: Gap
    task: Task
    done: bool


@dataclass(frozen=True, slots=True)
class SetField:
    """A field of the gap gets another value."""

    gap: Gap
    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class AddGap:
    """A new gap at the end of a section's gaps, in their dialect. `section` None: where gaps of this priority stand, else the last section.

    `before` are the traces of the change that took the gap out, if they were kept: then its own text comes back, and `state` is the
    one it says; a gap that is written anew is open.
    """

    section: tuple[str, ...] | None
    title: str
    priority: str | None = None
    effort: str | None = None
    detail: str = ""
    state: State = State.OPEN
    before: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveGap:
    """The gap is taken out with all its lines."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class MoveGap:
    """The gap stands behind the last one of another section, with all its lines as they are."""

    gap: Gap
    section: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetDepends:
    """The gap names these as what it waits for, and no others."""

    gap: Gap
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeTasks:
    """Tasks leave the gap, with the lines that are nested below them: `bot.core.edit.tasks` says which belong together."""

    gap: Gap
    tasks: tuple[Task, ...]


Change = (
    SetState | SetTitle | SetPriority | SetEffort | SetTask | SetField | SetDepends | TakeTasks | MoveGap | AddGap | RemoveGap
)


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text; `edits` lead to it from the old one, `spans` say where they stand in it; `traces` are those of each change.

    `places` say of each gap of the old text as the how-manieth it is read in the new one, None where it was taken out.
    """

    text: str
    edits: tuple[Edit, ...]
    spans: tuple[Span, ...]
    traces: tuple[tuple[Trace, ...], ...]
    places: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class CannotEdit:
    """Nothing is changed, and why; `change` is the one that cannot be written, the others may be tried without it."""

    problem: Problem
    change: Change


@dataclass(frozen=True, slots=True)
class DoneStyle:
    """How a document's owners want a finished gap shown: `auto`, `field`, `strike`, `remove`, or `move` to a section."""

    name: str = "auto"
    section: str = ""

    @classmethod
    def of(cls, text: str) -> DoneStyle:
        """Returns the style that a config names (`move: Resolved`); ValueError for any other text."""
        name, _, section = text.partition(":")
        style = cls(name.strip(), section.strip())
        if style.name not in {"auto", "field", "strike", "remove", "move"} or bool(style.section) != (style.name == "move"):
            raise ValueError(f"no such done_style: {text}")
        return style


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to write a change. `at` is the place among the gaps where a new or moved gap is meant to come; `exact`: nothing is fitted."""

    edits: tuple[Edit, ...]
    at: int | None = None
    exact: bool = False


def takes_out(change: Change, style: DoneStyle) -> bool:
    """Tells whether the gap leaves its place: taken out, or moved to another section."""
    if isinstance(change, SetState):
        finished = change.state is State.DONE and change.gap.state is not State.DONE
        return finished and style.name in {"remove", "move"}
    return isinstance(change, RemoveGap | MoveGap)
