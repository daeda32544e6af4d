"""The task lines inside a managed region: found, compared without their marks, and paired by what they say.

A task line is a list item that begins with `[ ]` or `[x]` (GFM §5.3). GitHub ticks exactly that one character.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_TASK = re.compile(r"^[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]+(\S.*)$", re.MULTILINE)

Key = tuple[str, int]
"""What a task says, and as the how-manieth task that says it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One task of a region: what it says, whether it is ticked, and where its mark stands."""

    key: Key
    done: bool
    offset: int


def marks_in(markdown: str) -> tuple[Mark, ...]:
    """Returns the tasks of a text, in their order."""
    seen: Counter[str] = Counter()
    marks: list[Mark] = []
    for found in _TASK.finditer(markdown):
        words = says(found[2])
        marks.append(Mark((words, seen[words]), found[1] != " ", found.start(1)))
        seen[words] += 1
    return tuple(marks)


def says(text: str) -> str:
    """Returns the words of a task, by which it is known on both sides."""
    return " ".join(re.findall(r"\w+", text.casefold()))[:120]


def unmarked(markdown: str) -> str:
    """Returns the text with every task unticked: what is left to compare when ticks do not count."""
    return ticked(markdown, dict.fromkeys((mark.key for mark in marks_in(markdown)), False))


def ticked(markdown: str, wanted: dict[Key, bool]) -> str:
    """Returns the text with these tasks ticked or not; tasks that are not named stay as they are."""
    result = markdown
    for mark in marks_in(markdown):
        if wanted.get(mark.key, mark.done) != mark.done:
            result = f"{result[: mark.offset]}{'x' if wanted[mark.key] else ' '}{result[mark.offset + 1 :]}"
    return result
