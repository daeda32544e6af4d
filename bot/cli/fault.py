"""A user's mistake on the command line: one clear line on standard error, no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.errors import Problem


def fail(*lines: str, status: int = 2) -> NoReturn:
    """Print the lines to standard error and end with the status."""
    for line in lines:
        typer.echo(f"gapkeeper: {line}", err=True)
    raise typer.Exit(status)


def in_file(path: Path, problem: Problem) -> str:
    """Returns a problem of a file as one line, `path:line: what is wrong`."""
    where = f"{path}:{problem.line}" if problem.line else str(path)
    return f"{where}: {problem.message}"
