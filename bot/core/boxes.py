"""Boxes that people tick to decide something: each carries a hidden name, by which it is read back from a text that we wrote."""

from __future__ import annotations

import re

_BOX = re.compile(r"^[ \t]*[-*+][ \t]+\[([ xX])\][ \t]+<!-- gapkeeper:box=([a-z0-9:-]{1,80}) -->", re.MULTILINE)


def box(name: str, label: str) -> str:
    """Returns a list entry with an empty box."""
    return f"- [ ] <!-- gapkeeper:box={name} --> {label}"


def boxes_in(text: str) -> tuple[str, ...]:
    """Returns the names of all boxes, ticked or not, in their order."""
    return tuple(name for _, name in _BOX.findall(text.replace("\r\n", "\n")))


def ticked_boxes(text: str) -> frozenset[str]:
    """Returns the names of the boxes that are ticked."""
    return frozenset(name for mark, name in _BOX.findall(text.replace("\r\n", "\n")) if mark != " ")
