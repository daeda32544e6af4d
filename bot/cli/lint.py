"""`gapkeeper lint`: what is wrong with documents, offline, for people, pre-commit and CI. The rules are in `bot.core.lint`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.fault import fail
from bot.cli.files import read
from bot.core.errors import Problem, Severity

if TYPE_CHECKING:
    from rich.console import Console

    from bot.core.text import Span


class Format(StrEnum):
    """What the findings are printed for."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a file, which also has a place in a repository; `text` is what the spans point into.

    With `in_place` each problem is shown below the line it is in, to people.
    """

    path: Path
    at: str
    text: str
    problems: tuple[Problem, ...]
    in_place: bool = False

    def column(self, offset: int) -> int:
        """Returns the 1-based column of a place in the text."""
        return offset - self.text.rfind("\n", 0, offset)


def command(
    files: Annotated[list[Path], typer.Argument(help="Markdown documents.", metavar="FILE…")],
    form: Annotated[
        Format, typer.Option("--format", help="For people, for programs, or as annotations of a workflow.")
    ] = Format.TEXT,
) -> None:
    """Find mistakes in gap documents: doubled ids, entries without a title, unknown words, broken fences, dead links, and more.

    Nothing is asked of the network. Every code is explained in docs/lint.md. Exit status 1 with errors, 0 with warnings only.
    """
    faults: list[str] = []
    found: list[Findings] = []
    for path in files:
        data = read(path)
        if isinstance(data, str):
            faults.append(data)
        else:
            found.append(_linted(path, data))
    report(found, form, faults)


def report(found: list[Findings], form: Format, faults: list[str]) -> None:
    """Print what was found and what could not be read, and end with the status that says so."""
    _PRINTERS[form](found)
    if faults:
        fail(*faults)
    if any(problem.severity is Severity.ERROR for findings in found for problem in findings.problems):
        raise typer.Exit(1)


def _linted(path: Path, data: bytes) -> Findings:
    from bot.core.gaps.model import Document
    from bot.core.gaps.parse import parse
    from bot.core.lint import linked_paths, lint
    from bot.core.names import DocumentPath

    root = _root(path)
    at = DocumentPath(path_in(root, path))
    reading = parse(DocumentPath(str(path)), data)
    existing = frozenset[str]()
    if isinstance(reading, Document):
        existing = frozenset(link for link in linked_paths(reading, at) if _exists(root / link))
    text = reading.text if isinstance(reading, Document) else data.decode("utf-8", "replace")
    return Findings(path, place_of(path), text, lint(reading, at=at, existing=existing))


def place_of(path: Path) -> str:
    """Returns where a file stands in its repository; outside of one, what it was called."""
    root = _root(path)
    return path_in(root, path) if root.joinpath(".git").exists() else str(path)


def path_in(root: Path, path: Path) -> str:
    """Returns the path of a file from a folder above it."""
    return path.resolve().relative_to(root).as_posix()


def _root(path: Path) -> Path:
    """Returns the folder of the repository, without one the current folder, or the file's own."""
    folder = path.resolve().parent
    repository = next((parent for parent in (folder, *folder.parents) if parent.joinpath(".git").exists()), None)
    if repository is not None:
        return repository
    here = Path.cwd()
    return here if folder.is_relative_to(here) else folder


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # A name that no file can have.
        return False


# What is printed.


def _print_objects(found: list[Findings]) -> None:
    for findings in found:
        typer.echo(json.dumps(_as_object(findings), ensure_ascii=False))


def _print_annotations(found: list[Findings]) -> None:
    for findings in found:
        for problem in findings.problems:
            typer.echo(annotation(findings.at, problem))


def _print_text(found: list[Findings]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for findings in found:
        for problem in findings.problems:
            _print_one(console, findings, problem)
    counts = {
        severity: sum(problem.severity is severity for findings in found for problem in findings.problems)
        for severity in Severity
    }
    said = [f"{count} {severity.value}{'s' * (count > 1)}" for severity, count in counts.items() if count]
    if said:
        console.print(", ".join(said), style="bold")


def _print_one(console: Console, findings: Findings, problem: Problem) -> None:
    from rich.text import Text

    from bot.cli.paper import shown

    where = [str(findings.path), *([str(problem.line)] if problem.line else [])]
    where += [str(findings.column(problem.span.start))] if problem.span is not None else []
    text = Text(shown(":".join(where)), style="bold").append(": ")
    text.append(problem.severity.value, style="red" if problem.severity is Severity.ERROR else "yellow")
    text.append(f": {shown(problem.message)}", style="not bold").append(f" [{problem.code}]", style="dim")
    if problem.hint:
        text.append(f" ({shown(problem.hint)})", style="not bold italic")
    console.print(text)
    if findings.in_place and problem.span is not None:
        _print_place(console, findings, problem.span)


def _print_place(console: Console, findings: Findings, span: Span) -> None:
    """Print the line that a problem is in, with carets below what it is about, as far as that stands on the line."""
    from rich.cells import cell_len

    from bot.cli.paper import PIPED, shown

    start = findings.text.rfind("\n", 0, span.start) + 1
    row = findings.text[start:].partition("\n")[0].removesuffix("\r")[:PIPED].replace("\ufeff", " ")
    before, marked = shown(row[: span.start - start]), shown(row[span.start - start : span.end - start]).rstrip()
    console.print(f"  {shown(row)}", markup=False, style="dim")
    console.print(f"  {' ' * cell_len(before)}{'^' * max(cell_len(marked), 1)}", markup=False, style="red")


def _as_object(findings: Findings) -> dict[str, Any]:
    return {
        "path": str(findings.path),
        "problems": [
            {
                "line": problem.line,
                "column": findings.column(problem.span.start) if problem.span is not None else None,
                "code": problem.code,
                "severity": problem.severity.value,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in findings.problems
        ],
    }


def annotation(path: str, problem: Problem) -> str:
    """Returns a problem as a workflow command, which GitHub shows at the line of the file.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands; what must be escaped is in
    actions/toolkit, packages/core/src/command.ts.
    """
    message = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
    place = f"file={_property(path)},line={max(problem.line, 1)},title={_property(problem.code)}"
    return f"::{problem.severity.value} {place}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_PRINTERS = {Format.TEXT: _print_text, Format.JSON: _print_objects, Format.GITHUB: _print_annotations}
