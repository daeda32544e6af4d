"""A user's mistake on the command line: one clear line on standard error, no traceback."""

from __future__ import annotations

from typing import NoReturn

import typer


def fail(*lines: str, status: int = 2) -> NoReturn:
    """Print the lines to standard error and end with the status."""
    for line in lines:
        typer.echo(f"gapkeeper: {line}", err=True)
    raise typer.Exit(status)
