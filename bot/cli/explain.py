"""`gapkeeper explain`: a document as Gapkeeper reads it. Each line that could be a gap says what it was taken for, and why."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.fault import fail, in_file
from bot.cli.files import read
from bot.cli.parse import as_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.cli.paper import Paper
    from bot.core.errors import Problem
    from bot.core.gaps.model import Gap, Reading, Remark

SHORT = 2
"""Stretches of up to so many lines are shown, longer ones are folded into a count."""


def command(
    file: Annotated[Path, typer.Argument(help="A Markdown document.", metavar="FILE")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: every line that could be a gap, gaps, problems.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show every line, also those that would be folded.")] = False,
) -> None:
    """Show a document with what each line was taken for: a gap, a part of one, or no gap, and why.

    Problems stand below the line they are about. A file that cannot be read to its end ends with exit status 2.
    """
    from bot.core.gaps.model import ParseFailure
    from bot.core.gaps.parse import explain
    from bot.core.names import DocumentPath

    data = read(file)
    if isinstance(data, str):
        fail(data)
    reading, remarks = explain(DocumentPath(str(file)), data)
    if as_json:
        lines = [{"line": r.line, "taken": r.taken, "what": r.what, "why": r.why} for r in remarks]
        seen = as_object(reading)
        typer.echo(
            json.dumps(
                {"path": str(file), "lines": lines, "gaps": seen["gaps"], "problems": seen["problems"]}, ensure_ascii=False
            )
        )
    else:
        _Shown(reading, remarks, data.decode("utf-8", "replace"), everything=everything).print()
    if isinstance(reading, ParseFailure):
        fail(in_file(file, reading.problem))


class _Shown:
    """A reading on paper: the lines of the document with remarks and problems below them."""

    def __init__(self, reading: Reading, remarks: Sequence[Remark], text: str, *, everything: bool) -> None:
        from bot.core.gaps.model import Document

        self.reading = reading
        self.problems: tuple[Problem, ...] = reading.problems if isinstance(reading, Document) else (reading.problem,)
        self.remarks = {remark.line: remark for remark in remarks}
        self.gaps: dict[int, Gap] = {gap.line: gap for gap in reversed(reading.gaps)}
        self.tasks = {task.line for gap in reading.gaps for task in gap.tasks}
        self.fields = {held.line for gap in reading.gaps for held in gap.fields} - self.gaps.keys()
        self.rows = text.split("\n")
        self.everything = everything
        self.folded = 0

    def print(self) -> None:
        from bot.cli.paper import Paper

        paper = Paper(len(str(len(self.rows))))
        paper.title(str(self.reading.path))
        for problem in self.problems:
            if not 0 < problem.line <= len(self.rows):
                paper.problem(problem)
        offset = 0
        starts = [0]
        for row in self.rows:
            offset += len(row) + 1
            starts.append(offset)
        for first, end in self.stretches():
            if first + 1 == end and self.speaks(first):
                self.line(paper, first, starts[first - 1])
            else:
                self.stretch(paper, first, end, starts)
        self.summary(paper)

    # What is shown.

    def speaks(self, line: int) -> bool:
        """Tells whether a line is shown with what is said of it, whatever stands around it."""
        remark = self.remarks.get(line)
        if any(problem.line == line for problem in self.problems):
            return True
        if self.everything or remark is None:
            return remark is not None
        return remark.of == 0 and not self.alike(line)

    def alike(self, line: int) -> bool:
        """Tells whether the same was said of the entry before: a table that repeats what stands elsewhere says so once."""
        remark = self.remarks[line]
        before = next((self.remarks[at] for at in range(line - 1, max(line - 40, 0), -1) if self._stands(at)), None)
        return (
            before is not None and not remark.taken and not remark.what.startswith("heading") and _said(before) == _said(remark)
        )

    def _stands(self, line: int) -> bool:
        remark = self.remarks.get(line)
        return remark is not None and remark.of == 0

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Yields the lines that speak, each alone, and the stretches of the others between them."""
        first = 1
        count = len(self.rows) if self.rows[-1] else len(self.rows) - 1
        for line in range(1, count + 1):
            if self.speaks(line):
                if first < line:
                    yield first, line
                yield line, line + 1
                first = line + 1
        if first <= count:
            yield first, count + 1

    def line(self, paper: Paper, line: int, start: int) -> None:
        remark = self.remarks.get(line)
        taken = remark is not None and remark.taken
        gap = self.gaps.get(line) if taken else None
        problems = [problem for problem in self.problems if problem.line == line]
        beside = remark if remark is not None and not taken and not problems and remark.what.startswith("heading") else None
        paper.line(line, self.rows[line - 1], start, gap, problems, beside, cut=not self.everything)
        for problem in problems:
            paper.problem(problem)
        if remark is not None and beside is None:
            paper.remark(remark, gap)

    def stretch(self, paper: Paper, first: int, end: int, starts: Sequence[int]) -> None:
        """Shows a short stretch, without blank lines around it; folds a long one, saying what is in it."""
        shown = range(first, end)
        if not self.everything:
            while shown and not self.rows[shown[0] - 1].strip():
                shown = shown[1:]
            while shown and not self.rows[shown[-1] - 1].strip():
                shown = shown[:-1]
        if not shown:
            paper.blank()
        elif len(shown) <= SHORT or self.everything:
            for line in shown:
                paper.line(line, self.rows[line - 1], starts[line - 1], None, cut=not self.everything)
        else:
            self.folded += len(shown)
            paper.fold(len(shown), self.contents(shown))

    def contents(self, lines: range) -> str:
        """Returns what is in a folded stretch, as far as it was understood."""
        alike = [line for line in lines if self._stands(line)]
        counts = {
            "task": sum(line in self.tasks for line in lines),
            "field": sum(line in self.fields for line in lines),
        }
        said = [f"{count} {noun}{'s' * (count > 1)}" for noun, count in counts.items() if count]
        if alike:
            remark = self.remarks[alike[0]]
            said.append(f"{len(alike)} × {remark.what.partition(' under ')[0]}: {remark.why}")
        return ", ".join(said)

    def summary(self, paper: Paper) -> None:
        gaps = self.reading.gaps
        counts = Counter(gap.state.value.replace("_", " ") for gap in gaps)
        said = f"{len(gaps)} gap{'s' * (len(gaps) != 1)}"
        if gaps:
            said += ": " + ", ".join(f"{count} {state}" for state, count in counts.items())
        if self.problems:
            said += f"; {len(self.problems)} problem{'s' * (len(self.problems) != 1)}"
        if self.folded:
            said += f"; {self.folded} lines are folded, --all shows them"
        paper.closing(said)


def _said(remark: Remark) -> tuple[str, str]:
    return remark.what, remark.why
