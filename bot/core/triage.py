"""The label families: which labels a gap's issue carries, with their colours. Rules and `needs triage` come with triage by label.

Only labels of our families are ever added or removed; a label is recognised case-insensitively, as GitHub does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.gaps.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable

BASE_LABEL = "gap"
MAX_LABEL = 50
"""GitHub refuses longer label names with 422 (https://docs.github.com/rest/issues/labels#create-a-label)."""

_FAMILIES = ("priority: ", "effort: ", "status: ")
_STATUS = {State.IN_PROGRESS: "in progress", State.DEFERRED: "deferred"}
_CODE = re.compile(r"[a-z]{1,2}\d{1,2}")

_RED, _ORANGE, _YELLOW, _GREEN, _BLUE, _GREY = "b60205", "d93f0b", "fbca04", "0e8a16", "c5def5", "ededed"
_PRIORITY_COLORS = {
    **dict.fromkeys(("p0", "critical", "blocker", "blocking", "urgent", "must", "s0", "sev0", "🔴"), _RED),
    **dict.fromkeys(("p1", "high", "important", "major", "should", "s1", "sev1", "🟠"), _ORANGE),
    **dict.fromkeys(("p2", "medium", "moderate", "normal", "could", "s2", "sev2", "🟡"), _YELLOW),
    **dict.fromkeys(("p3", "p4", "low", "minor", "optional", "nice-to-have", "nice to have", "trivial", "🟢"), _GREEN),
}


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is created: `color` is six hex digits without `#`."""

    name: str
    color: str
    description: str


def labels_of(*, state: State, priority: str | None, effort: str | None) -> tuple[Label, ...]:
    """Returns the labels of ours that the issue of such a gap carries: the base label, and at most one of each family."""
    labels = [Label(BASE_LABEL, "5319e7", "A gap kept in step with a document by Gapkeeper")]
    if priority:
        color = _PRIORITY_COLORS.get(priority.lower(), _GREY)
        labels.append(Label(_name("priority", priority), color, "Priority of the gap, in the document's own word"))
    if effort:
        labels.append(Label(_name("effort", effort), _BLUE, "Effort for the gap, in the document's own word"))
    if state in _STATUS:
        labels.append(Label(_name("status", _STATUS[state]), "d4c5f9", "Status of the gap in its document"))
    return tuple(labels)


def is_ours(label: str) -> bool:
    """Tells whether a label belongs to one of our families; all others are never touched."""
    folded = label.lower()
    return folded == BASE_LABEL or folded.startswith(_FAMILIES)


def relabelled(current: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...] | None:
    """Returns the labels an issue should have: people's as they are, ours exactly as wanted; None when it has them already."""
    present = tuple(current)
    ours = {name.lower(): name for name in wanted}
    kept = tuple(name for name in present if not is_ours(name) or name.lower() in ours)
    missing = tuple(name for folded, name in ours.items() if folded not in {label.lower() for label in kept})
    if len(kept) == len(present) and not missing:
        return None
    return (*kept, *missing)


def _name(family: str, word: str) -> str:
    """Returns `family: word`, short enough for GitHub and without the comma that separates labels in its search."""
    spoken = word.upper() if _CODE.fullmatch(word.lower()) else word
    name = f"{family}: {' '.join(spoken.replace(',', ' ').split())}"
    return name if len(name) <= MAX_LABEL else name[: MAX_LABEL - 1].rstrip() + "…"
