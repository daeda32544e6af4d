"""Situations in which commands are said."""

from __future__ import annotations

from typing import Any

from bot.commands.registry import Decision, decide
from bot.commands.values import Place, Situation
from bot.core.command import commands_in
from bot.core.gaps.model import State
from bot.core.issue import Issue, StateReason
from bot.core.names import DocumentPath, GapKey, IssueNumber
from bot.core.pair import Base, Pair

SEVEN = IssueNumber(7)


def pair(**base: Any) -> Pair:
    values: dict[str, Any] = {"state": State.OPEN, "priority": "p1", "effort": None} | base
    agreed = Base(title="Limit the rate", region="0" * 16, **values)
    return Pair(GapKey("0123456789ab"), SEVEN, DocumentPath("GAPS.md"), None, ("Security",), 0, "", agreed)


def issue(*, is_open: bool = True, labels: tuple[str, ...] = ("gap", "priority: P1"), **more: Any) -> Issue:
    reason = None if is_open else StateReason.COMPLETED
    values: dict[str, Any] = {"title": "Limit the rate", "state_reason": reason} | more
    return Issue(number=SEVEN, body="", open=is_open, labels=labels, author="gapkeeper[bot]", updated_at="", **values)


def situation(
    *,
    place: Place = Place.GAP,
    writer: bool = True,
    is_open: bool = True,
    state: State = State.OPEN,
    conflict: bool = False,
    words: frozenset[str] = frozenset({"p1", "soonish"}),
    offered: str | None = None,
) -> Situation:
    labels = ("gap", "priority: P1", *(("gap: conflict",) if conflict else ()))
    shown = issue(is_open=is_open, labels=labels) if place is Place.GAP else None
    known = pair(state=state) if place is Place.GAP else None
    return Situation("alice", place, writer, shown, known, words, offered)


def decided(comment: str, there: Situation | None = None) -> Decision:
    return decide(commands_in(comment, slug="gapkeeper"), there or situation())
