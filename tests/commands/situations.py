"""Situations in which commands are said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.commands.registry import Decision, decide
from bot.commands.values import Place, Situation
from bot.core.command import commands_in
from bot.core.gaps.model import State
from bot.core.issue import Issue, StateReason
from bot.core.journal import Cause, Change, Noted, Step
from bot.core.names import DocumentPath, GapKey, IssueNumber
from bot.core.pair import Base, Pair

SEVEN = IssueNumber(7)


def pair(*, lost: bool = False, **base: Any) -> Pair:
    values: dict[str, Any] = {"state": State.OPEN, "priority": "p1", "effort": None} | base
    agreed = Base(title="Limit the rate", region="0" * 16, **values)
    return Pair(GapKey("0123456789ab"), SEVEN, DocumentPath("GAPS.md"), None, ("Security",), 0, "", agreed, lost=lost)


def other(number: int, *section: str, **more: Any) -> Pair:
    """Another gap of the document."""
    key = GapKey(f"{number:012x}")
    return replace(pair(), key=key, number=IssueNumber(number), section=section, ordinal=number, **more)


OTHERS = (
    other(8, "P2 wishes"),
    other(9, "Backend", "Storage"),
    other(10, "Frontend", "Storage"),
    other(12, "🔴 Critical gaps", own_id="GAP-012"),
    other(13, "Backend", "Security"),
    other(14, "Elsewhere", path=DocumentPath("OTHER.md")),
    other(15, "Gone", present=False),
)


def change(*steps: Step, person: str | None = "alice") -> Noted:
    """A change of the gap as the journal has it."""
    cause = Cause(person, "a-guid", "0123456789abcdef")
    return Noted(1, GapKey("0123456789ab"), SEVEN, 0.0, Change(cause, steps))


def issue(*, is_open: bool = True, labels: tuple[str, ...] = ("gap", "priority: P1"), **more: Any) -> Issue:
    reason = None if is_open else StateReason.COMPLETED
    values: dict[str, Any] = {"title": "Limit the rate", "state_reason": reason} | more
    values.setdefault("body", "")
    return Issue(number=SEVEN, open=is_open, labels=labels, author="gapkeeper[bot]", updated_at="", **values)


def situation(
    *,
    place: Place = Place.GAP,
    writer: bool = True,
    is_open: bool = True,
    state: State = State.OPEN,
    conflict: bool = False,
    words: frozenset[str] = frozenset({"p1", "soonish"}),
    offered: str | None = None,
    ticks: tuple[bool, ...] = (True, False),
    beside: tuple[Pair, ...] | None = None,
    **more: Any,
) -> Situation:
    labels = ("gap", "priority: P1", *(("gap: conflict",) if conflict else ()))
    shown = issue(is_open=is_open, labels=labels) if place in {Place.GAP, Place.OTHER} else None
    known = pair(state=state, ticks=ticks) if place is Place.GAP else None
    pairs = (*([known] if known else []), *(OTHERS if beside is None else beside))
    values: dict[str, Any] = {"pairs": pairs, "last": change(Step("priority", "p0", "p1"))} | more
    return Situation("alice", place, writer, shown, known, words, offered, **values)


def decided(comment: str, there: Situation | None = None) -> Decision:
    return decide(commands_in(comment, slug="gapkeeper"), there or situation())
