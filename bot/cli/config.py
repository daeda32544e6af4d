"""`gapkeeper config check`: what is wrong with a repository's settings, offline, for people, pre-commit and CI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.fault import fail
from bot.cli.files import read
from bot.cli.lint import Findings, Format, place_of, report

app = typer.Typer(help="The settings of a repository, `.github/gapkeeper.yml`.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to check.", metavar="FILE")] = Path(".github/gapkeeper.yml"),
    form: Annotated[
        Format, typer.Option("--format", help="For people, for programs, or as annotations of a workflow.")
    ] = Format.TEXT,
) -> None:
    """Find mistakes in the settings, each with its line and column. docs/config.md says what may stand there.

    Keys whose feature is still to come are warnings. Nothing is asked of the network. Exit status 1 with errors, 0 with warnings only.
    """
    from bot.core.config import check as problems_of

    data = read(file)
    if isinstance(data, str):
        fail(data)
    found = Findings(file, place_of(file), data.decode("utf-8", "replace"), problems_of(data), in_place=True)
    report([found], form, [])


@app.callback()
def commands() -> None:
    """Make `check` a command of its own, for others will come beside it."""
