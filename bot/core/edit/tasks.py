"""The tasks of a gap with the lines that belong to each, and tasks taken out of their gap, lines and all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.edit.values import Proposal, TakeTasks
from bot.core.gaps.candidate import dedented
from bot.core.text import Edit, Lines, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet
    from bot.core.gaps.model import Gap, Task


@dataclass(frozen=True, slots=True)
class TaskBlock:
    """An outermost task with those nested below it; `lines` are its whole lines, `detail` what stands below its first one, dedented."""

    tasks: tuple[Task, ...]
    lines: Span
    detail: str


def task_blocks(text: str, gap: Gap) -> tuple[TaskBlock, ...]:
    """Returns the tasks of a gap as blocks, in their order: a line belongs to the task above that it is indented deeper than."""
    lines = Lines(text)
    last = lines.index(max(gap.span.end - 1, gap.span.start))
    blocks: list[TaskBlock] = []
    for task in gap.tasks:
        if blocks and blocks[-1].lines.contains(task.mark_span):
            blocks[-1] = TaskBlock((*blocks[-1].tasks, task), blocks[-1].lines, blocks[-1].detail)
            continue
        first = lines.index(task.mark_span.start)
        end = _end(lines, first, last)
        rows = [lines.content(row) for row in range(first + 1, end + 1)]
        blocks.append(TaskBlock((task,), Span(lines.starts[first], lines.span(end).end), dedented(rows)))
    return tuple(blocks)


def takings(sheet: Sheet, change: TakeTasks) -> Iterator[Proposal]:
    """Yields the lines of the tasks taken out; with the blank line before a list that is gone, then without it."""
    blocks = [block for block in task_blocks(sheet.text, change.gap) if block.tasks[0] in change.tasks]
    edits = tuple(Edit(block.lines, "") for block in blocks)
    first, last = sheet.lines.index(blocks[0].lines.start), sheet.lines.index(blocks[-1].lines.end - 1)
    alone = all(one.lines.end == other.lines.start for one, other in pairwise(blocks))
    if alone and first > 0 and sheet.blank(first - 1) and sheet.blank(last + 1):
        yield Proposal((Edit(Span(sheet.lines.starts[first - 1], blocks[-1].lines.end), ""),))
    yield Proposal(edits)


def _end(lines: Lines, first: int, last: int) -> int:
    """Returns the last line of the task that begins on a line."""
    margin = _indent(lines.content(first))
    end = first
    for row in range(first + 1, last + 1):
        content = lines.content(row)
        if not content.strip():
            continue
        if _indent(content) <= margin:
            break
        end = row
    return end


def _indent(row: str) -> int:
    expanded = row.lstrip("\ufeff").expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))
