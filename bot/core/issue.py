"""An issue as Gapkeeper sees it. The managed region and marker in its body follow below."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.names import IssueNumber


class StateReason(StrEnum):
    """Why an issue is closed (or open again), in GitHub's words."""

    COMPLETED = "completed"
    NOT_PLANNED = "not_planned"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Issue:
    """What GitHub says of an issue. `author` is a login such as `gapkeeper[bot]`; `body` is "" where GitHub has null."""

    number: IssueNumber
    title: str
    body: str
    open: bool
    state_reason: StateReason | None
    labels: tuple[str, ...]
    author: str
    updated_at: str
