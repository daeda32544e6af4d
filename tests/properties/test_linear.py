"""Reading costs as much for each part of a document, however many there are (#64): calls are counted, not seconds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath

if TYPE_CHECKING:
    from types import FrameType

UNITS = [
    "# a\n",
    "# ❌ a\n",
    "# ✅ a\n# ❌ b\n",
    "## P1: a\n\nx\n\n",
    "# 1. a\n## b\nx\n",
    "### 1. A leak\n\n**Status:** open\n\n",
    "a\n=\n",
    "- a\n",
    "- a\n  - b\n  - c\n",
    "- [ ] **deck**: a leak\n",
    "[] a\n",
    "# A\n- **x y** — z\n",
    "**A title of it.** And some text to go with it.\n\n",
    "|a|b|\n|-|-|\n|c|d|\n\n",
    "- 🔴 **High**: now\n",
    "> a\n\n",
    "`a` - b\n",
]
PARTS = 150


def calls(text: str) -> int:
    """Returns how many functions are called, and how often generators go on, while a text is read."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        parse(DocumentPath("GAPS.md"), text.encode())
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_costs_twice_the_calls(unit: str) -> None:
    calls(unit)  # what is remembered of a first reading
    once, twice = calls("# Known gaps\n\n" + unit * PARTS), calls("# Known gaps\n\n" + unit * 2 * PARTS)
    assert twice < 2.2 * once
