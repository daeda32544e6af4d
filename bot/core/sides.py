"""What an issue says of its gap, in the gap's own terms, so that both sides can be compared field by field with their base."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.gaps.model import State
from bot.core.issue import Issue, Region, StateReason, region_of, shortened
from bot.core.tasks import marks_in
from bot.core.triage import by_family, labels_of_base, word_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.pair import Base


@dataclass(frozen=True, slots=True)
class Said:
    """The fields of a gap as its issue shows them; one without a region says what the base says; of several labels the newest counts."""

    title: str
    state: State
    priority: str | None
    effort: str | None
    ticks: tuple[bool, ...]


def said_by(issue: Issue, base: Base, *, defer_closes: bool) -> Said:
    """Returns what an issue says, read with what was agreed before: words that GitHub cannot show are those of the base."""
    labels, agreed = by_family(issue.labels), by_family(label.name for label in labels_of_base(base))
    return Said(
        title=base.title if issue.title == shortened(base.title) else issue.title,
        state=_state(issue, fresh_of(labels.get("status", ()), agreed.get("status", ())), base, defer_closes=defer_closes),
        priority=_word(labels.get("priority", ()), "priority", base),
        effort=_word(labels.get("effort", ()), "effort", base),
        ticks=_ticks(issue, base),
    )


def differs(issue: Issue, base: Base, *, defer_closes: bool) -> bool:
    """Tells whether people changed something on the issue that its document should say; our own writes differ in nothing (I7)."""
    agreed = Said(base.title, base.state, base.priority, base.effort, base.ticks)
    return said_by(issue, base, defer_closes=defer_closes) != agreed


def carried_by(issue: Issue, base: Base, *, defer_closes: bool) -> Base:
    """Returns what an issue says, as the base that both sides will have once its document says the same."""
    said = said_by(issue, base, defer_closes=defer_closes)
    return replace(base, title=said.title, state=said.state, priority=said.priority, effort=said.effort, ticks=said.ticks)


@dataclass(frozen=True, slots=True)
class Carried:
    """What an issue said when it was being written into its document, as a base, and the issue as it is now where that was read."""

    said: Base
    issue: Issue | None = None


def agreed_by(base: Base, carried: Carried, document: Base, region: Region | None, *, defer_closes: bool) -> Base:
    """Returns the base with each field that came to be agreed unnoted: the document says what was carried, the issue no more.

    What the issue still says is left to the merge, to which both sides said the same. `region` is the document's, None for no change.
    """
    said = carried.said
    now = carried_by(carried.issue, base, defer_closes=defer_closes) if carried.issue else base
    closed = document.state.closed
    same_state = document.state == said.state or closed == said.state.closed != base.state.closed
    return replace(
        base,
        title=document.title if shortened(document.title) == shortened(said.title) != shortened(now.title) else base.title,
        state=said.state if same_state and now.state != said.state else base.state,
        priority=document.priority if _fold(document.priority) == _fold(said.priority) != _fold(now.priority) else base.priority,
        effort=document.effort if _fold(document.effort) == _fold(said.effort) != _fold(now.effort) else base.effort,
        ticks=_agreed_ticks(base, carried, now, region) if region is not None else base.ticks,
    )


def _agreed_ticks(base: Base, carried: Carried, now: Base, document: Region) -> tuple[bool, ...]:
    """Returns the ticks task by task; a region that is as it was agreed tells the tasks to which the base's belong."""
    issue = region_of(carried.issue.body) if carried.issue else None
    regions = [region for region in (document, issue) if isinstance(region, Region)]
    known = next((region for region in regions if region.digest == base.region and len(region.ticks) == len(base.ticks)), None)
    if known is None or len(carried.said.ticks) != len(base.ticks):
        return base.ticks
    shown = {mark.key: mark.done for mark in marks_in(document.content)}
    ticks = zip(marks_in(known.content), base.ticks, carried.said.ticks, now.ticks, strict=True)
    return tuple(new if shown.get(mark.key) == new != last else old for mark, old, new, last in ticks)


def _fold(word: str | None) -> str:
    return (word or "").casefold()


def _state(issue: Issue, status: tuple[str, ...], base: Base, *, defer_closes: bool) -> State:
    if not issue.open:
        # Where closed is what was agreed, GitHub's reason says no more than the document did.
        if base.state.closed or (defer_closes and base.state is State.DEFERRED):
            return base.state
        return State.DONE if issue.state_reason in {StateReason.COMPLETED, None} else State.WONTFIX
    words = {word_of(label) for label in status}
    match next(iter(words), None):
        case "in progress":
            return State.IN_PROGRESS
        case "deferred":
            return State.DEFERRED
        case _:
            return State.OPEN


def _word(labels: tuple[str, ...], family: str, base: Base) -> str | None:
    """Returns the word of a family, the base's own spelling of it where nothing new stands."""
    agreed = by_family(label.name for label in labels_of_base(base)).get(family, ())
    own = {"priority": base.priority, "effort": base.effort}[family]
    said = fresh_of(labels, agreed)
    if {label.lower() for label in said} == {label.lower() for label in agreed}:
        return own
    return word_of(said[0]) if said else None


def fresh_of(labels: Sequence[str], agreed: Sequence[str]) -> tuple[str, ...]:
    """Returns what the labels of a family say: a new one replaces the one that was agreed, which still stands beside it.

    Of several new ones it is the one that GitHub lists last: a family says one thing, and that is written into the document.
    """
    fresh = tuple(label for label in labels if label.lower() not in {name.lower() for name in agreed})
    return fresh[-1:] or tuple(labels)


def _ticks(issue: Issue, base: Base) -> tuple[bool, ...]:
    region = region_of(issue.body)
    if not isinstance(region, Region) or region.digest != base.region or len(region.ticks) != len(base.ticks):
        return base.ticks
    return region.ticks
