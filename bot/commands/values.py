"""What a command is decided on, and what it can ask to be done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from bot.core.errors import Problem
from bot.core.gaps.model import State
from bot.core.issue import StateReason
from bot.core.replies import Usage
from bot.core.triage import label_for, with_family

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.command import Command
    from bot.core.issue import Issue
    from bot.core.merge import Side
    from bot.core.pair import Base, Pair
    from bot.core.triage import Label


class Place(Enum):
    """Where a comment was written: on the issue of a gap, on that of a held plan, on another issue, or on a pull request."""

    GAP = auto()
    NOTICE = auto()
    OTHER = auto()
    PULL = auto()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a command is decided on. `issue` and `pair` are set on the issue of a gap.

    `writer` tells whether the `commenter` may use commands that change something, which takes the `permission` or more. `words` are the
    priorities that its documents use, `offered` is the digest of the plan that waits for a person.
    """

    commenter: str
    place: Place
    writer: bool = False
    issue: Issue | None = None
    pair: Pair | None = None
    words: frozenset[str] = frozenset()
    offered: str | None = None
    permission: str = "write"


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
Deed = SetState | SetTitle | SetLabel | Assign | Unassign | Resolve | Sync | Approve | Shown
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
ON_OURS = frozenset({Place.GAP, Place.NOTICE})


CHANGES = (SetState, SetTitle, SetLabel)
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
            return (base.state is State.DEFERRED) == (word is not None)
        case SetLabel(family, word):
            said = base.priority if family == "priority" else base.effort
            return (said or "").casefold() == (word or "").casefold()
        case _:
            return True


@dataclass(frozen=True, slots=True)
class Wanted:
    """The one request that makes an issue say what the deeds ask for, None where it says so already; labels to have first."""

    title: str | None = None
    open: bool | None = None
    reason: StateReason | None = None
    labels: tuple[str, ...] | None = None
    needed: tuple[Label, ...] = ()

    @property
    def empty(self) -> bool:
        """Tells whether the issue says so already."""
        return self.title is None and self.open is None and self.labels is None


def wanted(issue: Issue, deeds: Sequence[Deed]) -> Wanted:
    """Returns what the deeds, one after the other, make of an issue: the last word of a kind counts."""
    title, is_open, reason, labels = issue.title, issue.open, issue.state_reason, issue.labels
    needed: dict[str, Label] = {}
    for deed in deeds:
        match deed:
            case SetState(opens, why):
                is_open, reason = opens, why
            case SetTitle(text):
                title = text
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
        needed=tuple(label for label in needed.values() if label.name in labels and labels != issue.labels),
    )
