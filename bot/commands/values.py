"""What a command is decided on, and what it can ask to be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from bot.core.errors import Problem
from bot.core.gaps.model import State
from bot.core.issue import NoRegion, Region, StateReason, region_of, retouched
from bot.core.replies import Usage
from bot.core.tasks import marks_in, ticked
from bot.core.triage import label_for, with_family

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.command import Command
    from bot.core.issue import Issue
    from bot.core.journal import Noted
    from bot.core.merge import Side
    from bot.core.pair import Asked, Base, Pair
    from bot.core.triage import Label


class Place(Enum):
    """Where a comment was written: on the issue of a gap, on that of a held plan, on another issue, or on a pull request."""

    GAP = auto()
    NOTICE = auto()
    OTHER = auto()
    PULL = auto()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a command is decided on. `pair` is set on the issue of a gap, `issue` on that of none too.

    `writer` tells whether the `commenter` may use commands that change something, which takes the `permission` or more. `words` are the
    priorities that its documents use, `offered` is the digest of the plan that waits for a person. `pairs` are all that are known,
    `last` is the last change of the gap that the journal knows. `again` says that what this comment asks of an entry was taken down
    before, and then we were cut off; `one_way` that documents are never written here.
    """

    commenter: str
    place: Place
    writer: bool = False
    issue: Issue | None = None
    pair: Pair | None = None
    words: frozenset[str] = frozenset()
    offered: str | None = None
    permission: str = "write"
    pairs: tuple[Pair, ...] = ()
    last: Noted | None = None
    defer_closes: bool = False
    again: bool = False
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class SetState:
    """The issue is open or closed, and why."""

    open: bool
    reason: StateReason


@dataclass(frozen=True, slots=True)
class SetTitle:
    """The issue has this title."""

    title: str


@dataclass(frozen=True, slots=True)
class SetLabel:
    """The issue carries exactly this word of one of our label families; with None, none of it."""

    family: str
    word: str | None


@dataclass(frozen=True, slots=True)
class SetTicks:
    """The tasks in the issue's body are ticked like this, in their order."""

    ticks: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """The entry in the document is to be like this; the issue has no way to say so."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class Link:
    """The issue becomes that of the gap with this name: its title, its id, or the line where it stands."""

    name: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A change that the journal knows is taken back, by the deeds beside this one."""

    noted: Noted


@dataclass(frozen=True, slots=True)
class Assign:
    """These people are assigned too."""

    logins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unassign:
    """These people are not assigned any more."""

    logins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolve:
    """The conflict is decided for a side."""

    side: Side


@dataclass(frozen=True, slots=True)
class Sync:
    """Everything in the repository is compared again, whatever was or was not delivered."""


@dataclass(frozen=True, slots=True)
class Approve:
    """The held plan with this digest is carried out."""

    digest: str


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """The reply says what there is to say, or what one verb does."""

    verb: str | None


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """The reply says what is known of the gap, as it is after the commands."""


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """The reply says what a sync of everything would do, as it is after the commands."""


Shown = ShowHelp | ShowStatus | ShowPlan
Deed = SetState | SetTitle | SetLabel | SetTicks | Ask | Link | TakeBack | Assign | Unassign | Resolve | Sync | Approve | Shown
Handled = tuple[Deed, ...] | Problem


@dataclass(frozen=True, slots=True)
class Spec(Usage):
    """A verb with its words, where it can be said, and its handler: command and situation in, deeds or a Problem out.

    A command asks for a state: where all is so already it is no mistake, and there is nothing to do. So one that a crash cut off
    can be taken up again.
    """

    places: frozenset[Place]
    handle: Callable[[Command, Situation], Handled]


ON_GAPS = frozenset({Place.GAP})
ON_ALL = frozenset(Place)
ON_ISSUES = frozenset({Place.GAP, Place.OTHER})
ON_OURS = frozenset({Place.GAP, Place.NOTICE})


CHANGES = (SetState, SetTitle, SetLabel, SetTicks, Ask, Link)
"""Deeds that the document is to follow."""


def agreed(deeds: Sequence[Deed], base: Base) -> bool:
    """Tells whether both sides say what the deeds ask for; of several of a kind the last counts, and closed is no more than that."""
    asked = {deed.family if isinstance(deed, SetLabel) else type(deed).__name__: deed for deed in deeds}
    state = asked.get(SetState.__name__)
    if isinstance(state, SetState) and not state.open:
        asked.pop("status", None)
    return all(_says(base, deed) for deed in asked.values())


def _says(base: Base, deed: Deed) -> bool:
    match deed:
        case SetState(is_open, reason):
            closed = State.DONE if reason is StateReason.COMPLETED else State.WONTFIX
            return not base.state.closed if is_open else base.state is closed
        case SetTitle(title):
            return base.title == title
        case SetLabel("status", word):
            said = {State.DEFERRED: "deferred", State.IN_PROGRESS: "in progress"}.get(base.state)
            return said == word or (word is None and not base.state.closed and base.state is not State.DEFERRED)
        case SetTicks(ticks):
            return base.ticks == ticks
        case SetLabel("gap", _):
            return True
        case SetLabel(family, word):
            own = base.priority if family == "priority" else base.effort
            return (own or "").casefold() == (word or "").casefold()
        case _:
            return True


@dataclass(frozen=True, slots=True)
class Wanted:
    """The one request that makes an issue say what the deeds ask for, None where it says so already; labels to have first."""

    title: str | None = None
    open: bool | None = None
    reason: StateReason | None = None
    labels: tuple[str, ...] | None = None
    body: str | None = None
    needed: tuple[Label, ...] = ()

    @property
    def empty(self) -> bool:
        """Tells whether the issue says so already."""
        return self.title is None and self.open is None and self.labels is None and self.body is None


def wanted(issue: Issue, deeds: Sequence[Deed]) -> Wanted:
    """Returns what the deeds, one after the other, make of an issue: the last word of a kind counts."""
    title, is_open, reason, labels, body = issue.title, issue.open, issue.state_reason, issue.labels, issue.body
    needed: dict[str, Label] = {}
    for deed in deeds:
        match deed:
            case SetState(opens, why):
                is_open, reason = opens, why
            case SetTitle(text):
                title = text
            case SetTicks(ticks):
                body = _ticked(body, ticks)
            case SetLabel(family, word):
                label = label_for(family, word) if word else None
                labels = with_family(labels, family, [label.name] if label else [])
                needed.update({family: label} if label else {})
            case _:
                pass
    changed = is_open != issue.open
    return Wanted(
        title=title if title != issue.title else None,
        open=is_open if changed else None,
        reason=reason if changed else None,
        labels=labels if labels != issue.labels else None,
        body=body if body != issue.body else None,
        needed=tuple(label for label in needed.values() if label.name in labels and labels != issue.labels),
    )


def _ticked(body: str, ticks: tuple[bool, ...]) -> str:
    """Returns a body with the tasks of its region ticked so; as it is where there are not so many."""
    region = region_of(body)
    if not isinstance(region, Region) or len(region.ticks) != len(ticks):
        return body
    wanted = {mark.key: done for mark, done in zip(marks_in(region.content), ticks, strict=True)}
    made = retouched(body, replace(region, content=ticked(region.content, wanted)))
    return body if isinstance(made, NoRegion) else made
