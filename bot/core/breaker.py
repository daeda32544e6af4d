"""The circuit breaker: a gap whose sides keep going back and forth is left alone for a while (I7).

Two programs that disagree through us would write for ever. Going back is the sign of it: what is agreed now was agreed a short while
ago already. A person who ticks ten tasks in a minute goes nowhere back, and is never stopped.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.pair import Moment

if TYPE_CHECKING:
    from bot.core.pair import Base, Pair

WINDOW, MOST = 600.0, 6
"""More than so many returns within so many seconds are too many."""


def noted(pair: Pair, *, now: float) -> Pair:
    """Returns the pair with what it agrees on now among its recent moments; those out of the window are forgotten."""
    recent = tuple(moment for moment in pair.recent if now - moment.at < WINDOW)
    said = _said(pair.base)
    if recent and recent[-1].said == said:
        return replace(pair, recent=recent)
    return replace(pair, recent=(*recent, Moment(now, said)))


def stopped(pair: Pair, *, now: float) -> bool:
    """Tells whether the gap went back too often of late."""
    said = [moment.said for moment in pair.recent if now - moment.at < WINDOW]
    return len(said) - len(set(said)) > MOST


def _said(base: Base) -> str:
    agreed = repr((base.title, base.state, base.priority, base.effort, base.region, base.ticks))
    return hashlib.sha256(agreed.encode()).hexdigest()[:12]
