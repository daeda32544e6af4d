"""The corpus of edits, `tests/corpus/edits/*.txt`: a document, then what is asked of it and the lines that change, block by block.

    === state "Light the pier" done | task "Paint" "scrape" done / strike      several changes at once, a done_style
     a line of context
    -a line that goes
    +a line that comes
    refused: priority-is-section                                               instead of lines: nothing is written, and why

A new case is a new block; `python -m tests.core.edits` writes what the editor answers below each, for review.
"""

from __future__ import annotations

import difflib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.edit import (
    AddGap,
    CannotEdit,
    Change,
    Edited,
    MoveGap,
    RemoveGap,
    SetDepends,
    SetEffort,
    SetField,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    TakeTasks,
    edit,
    task_blocks,
)
from bot.core.gaps.model import Document, Gap, State
from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "corpus" / "edits"


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    before: str
    asked: str
    expected: tuple[str, ...]

    @property
    def style(self) -> str:
        return self.asked.rpartition(" / ")[2] if " / " in self.asked else "auto"

    def changes(self, document: Document) -> list[Change]:
        asked = self.asked.rpartition(" / ")[0] if " / " in self.asked else self.asked
        return [_change(document, shlex.split(part)) for part in re.split(r" \| (?=[a-z]+ \")", asked)]


def read(text: str, name: str = "KNOWN_GAPS.md") -> Document:
    reading = parse(DocumentPath(name), text.encode())
    assert isinstance(reading, Document), reading
    return reading


def gap_of(document: Document, name: str) -> Gap:
    found = [gap for gap in document.gaps if name in {gap.title, gap.id}]
    assert len(found) == 1, (name, [gap.title for gap in document.gaps])
    return found[0]


def _change(document: Document, words: list[str]) -> Change:
    verb, *rest = words
    if verb == "add":
        return AddGap((rest[0],) if rest[0] else None, rest[1], priority=next(iter(rest[2:3]), None))
    gap = gap_of(document, rest[0])
    match verb:
        case "move":
            return MoveGap(gap, tuple(rest[1:]))
        case "depends":
            return SetDepends(gap, tuple(rest[1:]))
        case "take":
            blocks = task_blocks(document.text, gap)
            return TakeTasks(gap, tuple(task for block in blocks if block.tasks[0].text in rest[1:] for task in block.tasks))
        case "remove":
            return RemoveGap(gap)
        case _:
            return _value(gap, verb, rest)


def _value(gap: Gap, verb: str, rest: list[str]) -> Change:
    value = None if rest[1:] == ["none"] else " ".join(rest[1:])
    match verb:
        case "state":
            return SetState(gap, State(rest[1]))
        case "title":
            return SetTitle(gap, rest[1])
        case "priority":
            return SetPriority(gap, value)
        case "effort":
            return SetEffort(gap, value)
        case "task":
            return SetTask(gap, next(task for task in gap.tasks if task.text == rest[1]), rest[2] == "done")
        case "field":
            return SetField(gap, next(field for field in gap.fields if field.label == rest[1]), rest[2])
        case _:
            raise AssertionError(verb)


def answer(case: Case) -> tuple[str, ...]:
    """Returns the lines that stand below a case."""
    document = read(case.before)
    result = edit(document, case.changes(document), done_style=case.style)
    if isinstance(result, CannotEdit):
        return (f"refused: {result.problem.code}",)
    return tuple(changed(case.before, result.text))


def changed(before: str, after: str) -> Iterator[str]:
    """Yields the lines that differ, each group with a line of context; line ends are shown when they are no line feed."""
    old, new = ([line.removesuffix("\n") for line in re.split(r"(?<=\n)", text) if line] for text in (before, after))
    for line in difflib.unified_diff(old, new, n=1, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield line


def cases() -> list[Case]:
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.txt")):
        before, *blocks = re.split(r"(?m)^=== ", path.read_text(encoding="utf-8"))
        for block in blocks:
            asked, *expected = block.rstrip("\n").split("\n")
            found.append(Case(path.stem, before, asked, tuple(expected)))
    return found


def rewrite() -> None:
    """Writes the editor's answers below the cases."""
    every = cases()
    for name in sorted({case.name for case in every}):
        mine = [case for case in every if case.name == name]
        blocks = [f"=== {case.asked}\n" + "".join(f"{line}\n" for line in answer(case)) for case in mine]
        (FOLDER / f"{name}.txt").write_text(mine[0].before + "".join(blocks), encoding="utf-8")


__all__ = ["Case", "Edited", "answer", "cases", "changed", "gap_of", "read"]

if __name__ == "__main__":
    rewrite()
