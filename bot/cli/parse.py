"""`gapkeeper parse`: what gaps a document holds, as a table for people or as JSON lines for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.fault import fail, in_file
from bot.cli.files import read

if TYPE_CHECKING:
    from rich.console import Console

    from bot.core.errors import Problem
    from bot.core.gaps.model import Gap, Reading


def command(
    files: Annotated[list[Path], typer.Argument(help="Markdown documents.", metavar="FILE…")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, in the order of the files.")] = False,
) -> None:
    """Show the gaps in documents, with their state and priority, and what is wrong with them.

    Problems in a document are shown and do not fail the command. A file of which nothing can be read does: exit status 2.
    """
    from bot.core.gaps.model import ParseFailure
    from bot.core.gaps.parse import parse
    from bot.core.names import DocumentPath

    faults: list[str] = []
    for path in files:
        data = read(path)
        if isinstance(data, str):
            faults.append(data)
            continue
        reading = parse(DocumentPath(str(path)), data)
        if isinstance(reading, ParseFailure) and not reading.gaps:
            faults.append(in_file(path, reading.problem))
        if as_json:
            typer.echo(json.dumps(as_object(reading), ensure_ascii=False))
        else:
            _show(reading)
    if faults:
        fail(*faults)


def as_object(reading: Reading) -> dict[str, Any]:
    """Returns a document as the JSON that `--json` prints; of a file that a sync would refuse, what could be seen, and why."""
    return {
        "path": reading.path,
        "dialects": list(dict.fromkeys(gap.kind.value for gap in reading.gaps)),
        "gaps": [_gap(gap) for gap in reading.gaps],
        "problems": [_problem(problem) for problem in problems_of(reading)],
    }


def problems_of(reading: Reading) -> tuple[Problem, ...]:
    """Returns what is wrong with a document, also where it is all that could be made of it."""
    from bot.core.gaps.model import Document

    return reading.problems if isinstance(reading, Document) else (reading.problem,)


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "line": gap.line,
        "title": gap.title,
        "id": gap.id,
        "kind": gap.kind.value,
        "state": gap.state.value,
        "priority": gap.priority,
        "effort": gap.effort,
        "section": list(gap.section),
        "tasks": [{"line": task.line, "text": task.text, "done": task.done} for task in gap.tasks],
        "depends_on": list(gap.depends_on),
        "fields": {field.label: field.value for field in gap.fields},
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "code": problem.code, "message": problem.message}


def _show(reading: Reading) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    if reading.gaps:
        _show_gaps(reading, console)
    else:
        console.print(f"{reading.path}: no gaps found", markup=False)
    for problem in problems_of(reading):
        where = f"{reading.path}:{problem.line}" if problem.line else str(reading.path)
        hint = f" ({problem.hint})" if problem.hint else ""
        console.print(f"{where}: {problem.message} [{problem.code}]{hint}", style="yellow", markup=False, soft_wrap=True)


def _show_gaps(document: Reading, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(str(document.path)), title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("line", justify="right", style="dim")
    table.add_column("state")
    table.add_column("priority")
    table.add_column("effort")
    table.add_column("gap", overflow="fold", ratio=1)
    for gap in document.gaps:
        title = Text(f"{gap.id}  " if gap.id else "", style="dim").append(gap.title, style="not dim")
        if gap.tasks:
            title.append(f"  {sum(task.done for task in gap.tasks)}/{len(gap.tasks)} tasks", style="cyan")
        table.add_row(str(gap.line), _state(gap), Text(gap.priority or ""), Text(gap.effort or ""), title)
    console.print(table)
    counts: dict[str, int] = {}
    for gap in document.gaps:
        counts[gap.state.value] = counts.get(gap.state.value, 0) + 1
    said = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    console.print(f"{len(document.gaps)} gaps: {said}\n", style="dim", markup=False)


def _state(gap: Gap) -> Any:
    from rich.text import Text

    styles = {"open": "red", "in_progress": "yellow", "done": "green", "deferred": "blue", "wontfix": "dim"}
    return Text(gap.state.value.replace("_", " "), style=styles[gap.state.value])
