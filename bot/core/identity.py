"""Which issue belongs to which gap: the recorded pairs, and how an edited, moved or reordered gap finds its own again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.gaps.model import State
    from bot.core.names import DocumentPath, GapKey, IssueNumber


@dataclass(frozen=True, slots=True)
class Base:
    """What the gap and its issue last agreed on, field by field. `region` is the digest of the managed region's content."""

    title: str
    state: State
    priority: str | None
    effort: str | None
    region: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A gap and its issue. `present` is False once the gap left the document; the pair is kept, so that it can come back."""

    key: GapKey
    number: IssueNumber
    path: DocumentPath
    own_id: str | None
    section: tuple[str, ...]
    ordinal: int
    text: str
    base: Base
    present: bool = True
