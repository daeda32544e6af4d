"""The label families: which labels a gap's issue carries, with their colours. Rules are in `bot.core.rules`.

Only labels of our families are ever added or removed; a label is recognised case-insensitively, as GitHub does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.gaps.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.pair import Base

BASE_LABEL = "gap"
MAX_LABEL = 50
"""GitHub refuses longer label names with 422 (https://docs.github.com/rest/issues/labels#create-a-label)."""

FAMILIES = ("priority", "effort", "status")
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


CONFLICT = Label("gap: conflict", "b60205", "The document and the issue were changed differently; a person decides")
"""Set while a conflict lasts; of no family, since it says nothing about the gap."""

NEEDS_TRIAGE = Label("needs triage", "f9d0c4", "The gap has no priority yet")
"""Comes when a gap has no priority and goes when it gets one, on either side; a family of its own."""

UNLINKED = Label("gap: unlinked", "ededed", "Not kept in step with its document any more; add the label gap to link it again")
"""The tombstone of a gap whose issue a person took our base label from: its entry gets no other issue, also without our database."""


def labels_of(*, state: State, priority: str | None, effort: str | None) -> tuple[Label, ...]:
    """Returns the labels of ours that the issue of such a gap carries: the base label, and at most one of each family."""
    labels = [Label(BASE_LABEL, "5319e7", "A gap kept in step with a document by Gapkeeper")]
    if priority:
        color = _PRIORITY_COLORS.get(priority.lower(), _GREY)
        labels.append(Label(_name("priority", priority), color, "Priority of the gap, in the document's own word"))
    else:
        labels.append(NEEDS_TRIAGE)
    if effort:
        labels.append(Label(_name("effort", effort), _BLUE, "Effort for the gap, in the document's own word"))
    if state in _STATUS:
        labels.append(Label(_name("status", _STATUS[state]), "d4c5f9", "Status of the gap in its document"))
    return tuple(labels)


def label_for(family: str, word: str) -> Label:
    """Returns the label that says a word of a family, as `labels_of` would have it."""
    state = next((state for state, name in _STATUS.items() if name == word), State.OPEN)
    priority, effort = (word if family == own else None for own in ("priority", "effort"))
    made = labels_of(state=state if family == "status" else State.OPEN, priority=priority, effort=effort)
    return next(label for label in made if family_of(label.name) == family)


def labels_of_base(base: Base) -> tuple[Label, ...]:
    """Returns the labels that go with what was agreed."""
    return labels_of(state=base.state, priority=base.priority, effort=base.effort)


def family_of(label: str) -> str | None:
    """Returns the family of ours that a label belongs to, None for people's labels, which are never touched."""
    folded = label.lower()
    if folded == BASE_LABEL:
        return BASE_LABEL
    if folded == NEEDS_TRIAGE.name:
        return "triage"
    return next((family for family in FAMILIES if folded.startswith(f"{family}: ")), None)


def word_of(label: str) -> str:
    """Returns the word behind a label's family, as it is written there."""
    return label.partition(": ")[2].strip()


def by_family(labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Returns our labels among these, by family."""
    families: dict[str, tuple[str, ...]] = {}
    for label in labels:
        family = family_of(label)
        if family is not None:
            families[family] = (*families.get(family, ()), label)
    return families


def with_family(labels: Iterable[str], family: str, members: Iterable[str]) -> tuple[str, ...]:
    """Returns the labels with exactly these members of a family; all other labels stay, in their order."""
    wanted = tuple(members)
    folded = {name.lower() for name in wanted}
    kept = tuple(label for label in labels if family_of(label) != family or label.lower() in folded)
    present = {label.lower() for label in kept}
    return (*kept, *(name for name in wanted if name.lower() not in present))


def _name(family: str, word: str) -> str:
    """Returns `family: word`, short enough for GitHub and without the comma that separates labels in its search."""
    spoken = word.upper() if _CODE.fullmatch(word.lower()) else word
    name = f"{family}: {' '.join(spoken.replace(',', ' ').split())}"
    return name if len(name) <= MAX_LABEL else name[: MAX_LABEL - 1].rstrip() + "…"
