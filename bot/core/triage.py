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
"""GitHub refuses longer label names with 422."""

_FAMILIES = ("priority: ", "effort: ", "status: ")
_STATUS = {State.IN_PROGRESS: "status: in progress", State.DEFERRED: "status: deferred"}
_CODE = re.compile(r"[a-z]{1,2}\d{1,2}")


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is created: `color` is six hex digits without `#`."""

    name: str
    color: str
    description: str
