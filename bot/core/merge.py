"""Three-way merge of one value: what the document and the issue say now, against what they last agreed on.

The choice is a function of the three values alone; no clock has a say (I3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Side(StrEnum):
    """Where a value comes from."""

    DOCUMENT = "document"
    ISSUE = "issue"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Agreed(Generic[Value]):
    """The value that both sides are to have, and which side changed it."""

    value: Value
    changed: Side


@dataclass(frozen=True, slots=True)
class Conflict(Generic[Value]):
    """Both sides changed the value, and differently: nothing is overwritten until a person decides."""

    base: Value
    document: Value
    issue: Value


def merge3(base: Value, *, document: Value, issue: Value) -> Agreed[Value] | Conflict[Value]:
    """Returns what both sides should say: the side that changed wins, equal changes agree, different ones conflict."""
    if document == issue:
        return Agreed(document, Side.NEITHER if document == base else Side.BOTH)
    if issue == base:
        return Agreed(document, Side.DOCUMENT)
    if document == base:
        return Agreed(issue, Side.ISSUE)
    return Conflict(base, document, issue)
