"""`gapkeeper plan`: what a sync would do, without doing it. It has no client that could write."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.fault import fail, in_file
from bot.cli.files import read

if TYPE_CHECKING:
    from bot.core.actions import Plan, Row


def command(
    file: Annotated[Path | None, typer.Argument(help="A document: what its first import would open.", metavar="FILE")] = None,
    repo: Annotated[str | None, typer.Option(help="A repository, as GitHub has it now.", metavar="OWNER/NAME")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as one JSON object.")] = False,
) -> None:
    """Print the plan for a document on disk, or for a repository on GitHub. Nothing is written anywhere.

    For a repository the environment must hold the App's credentials (GAPKEEPER_APP_ID, GAPKEEPER_PRIVATE_KEY,
    GAPKEEPER_WEBHOOK_SECRET), as for `gapkeeper serve`.
    """
    if (file is None) == (repo is None):
        fail("name a FILE or --repo OWNER/NAME, one of the two")
    decided = _of_file(file) if file is not None else _of_repository(str(repo))
    if as_json:
        typer.echo(json.dumps(as_object(decided), ensure_ascii=False))
    else:
        _show(decided)


def _of_file(path: Path) -> Plan:
    from bot.core.actions import Source
    from bot.core.config import Config
    from bot.core.gaps.model import ParseFailure
    from bot.core.gaps.parse import parse
    from bot.core.names import DocumentPath, RepositoryId
    from bot.core.plan import View, plan

    data = read(path)
    if isinstance(data, str):
        fail(data)
    reading = parse(DocumentPath(str(path)), data)
    if isinstance(reading, ParseFailure):
        fail(in_file(path, reading.problem))
    return plan(View(RepositoryId(0), (reading,), (), frozenset(), (), Config(), Source()))


def _of_repository(name: str) -> Plan:
    from bot.core.errors import GapkeeperError, NotFound, SettingsError
    from bot.settings import read_settings

    if name.count("/") != 1 or not all(name.split("/")):
        fail(f"{name!r} is not a repository's name; it looks like OWNER/NAME")
    try:
        return asyncio.run(_preview(name, read_settings()))
    except SettingsError as error:
        fail(*error.faults)
    except NotFound:
        fail(f"{name}: not found, or the App is not installed there")
    except GapkeeperError as error:
        fail(f"{name}: {error}")


async def _preview(name: str, settings: Any) -> Plan:
    from bot.app import github_app
    from bot.core.names import RepositoryName
    from bot.jobs.preview import preview

    github = github_app(settings)
    try:
        return await preview(github, RepositoryName(name), settings)
    finally:
        await github.aclose()


def as_object(decided: Plan) -> dict[str, Any]:
    """Returns a plan as the JSON that `--json` prints."""
    held = decided.held
    counts: dict[str, int] = {}
    for row in decided.rows:
        counts[row.action] = counts.get(row.action, 0) + 1
    return {
        "actions": [_row(row) for row in decided.rows],
        "summary": counts,
        "held": held and {"limit": f"limits.{held.key}", "would": held.what, "above": held.limit, "plan": held.digest},
        "problems": [{"line": p.line, "code": p.code, "message": p.message} for p in decided.problems],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "action": row.action,
        "title": row.title,
        "path": row.path,
        "line": row.line,
        "issue": row.number,
        "labels": list(row.labels),
    }


def _show(decided: Plan) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for path in dict.fromkeys(row.path for row in decided.rows):
        table = Table(title=Text(path), title_justify="left", box=None, pad_edge=False, header_style="bold")
        table.add_column("line", justify="right", style="dim")
        table.add_column("step", no_wrap=True)
        table.add_column("issue", justify="right")
        table.add_column("gap", overflow="fold", ratio=2)
        table.add_column("labels", overflow="fold", ratio=1, style="cyan")
        for row in decided.rows:
            if row.path == path:
                number = f"#{row.number}" if row.number else "new"
                table.add_row(str(row.line or ""), row.action, number, Text(row.title), Text(", ".join(row.labels)))
        console.print(table)
    counts = as_object(decided)["summary"]
    said = ", ".join(f"{count} × {action}" for action, count in counts.items()) or "nothing to do"
    console.print(f"Plan: {said}.", markup=False)
    if decided.held:
        held = decided.held
        text = f"It would be held: it would {held.what}, above limits.{held.key} of {held.limit}."
        console.print(text, style="yellow", markup=False)
    for problem in decided.problems:
        console.print(f"line {problem.line}: {problem.message} [{problem.code}]", style="yellow", markup=False)
