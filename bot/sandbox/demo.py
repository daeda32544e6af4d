"""`gapkeeper demo`: what the bot makes of a document, as a table on the terminal and as a page.

The GitHub and the bot are set up in `bot.sandbox.stage`; the page is in `bot.sandbox.page`.
"""

from __future__ import annotations

import logging
import re
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.sandbox.stage import EXAMPLE, Demo, demonstration, example, first_push

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.sandbox.model import Issue

PIPED_WIDTH, ROOMY = 140, 110
"""Columns where nobody's window sets them, and from which on all labels of an issue fit in one line."""

_PLAIN_NAME = re.compile(r"[\w.-]+")


async def run(document: Path | None, *, once: bool, port: int = 0) -> None:
    """Show the bot at work on a document, an example without one; then end (`once`), or serve the page until Ctrl-C.

    Raises `DemoFailed`, and OSError where the document cannot be read or the port is taken.
    """
    began = time.perf_counter()
    _quiet()
    data = document.read_bytes() if document else example()  # noqa: ASYNC240  nothing else runs yet
    async with demonstration(_path(document)) as demo:
        up = time.perf_counter()
        first_push(demo, data)
        await demo.settle()
        report(demo, up=up - began, synced=time.perf_counter() - up)
        if not once:
            await _serve(demo, port)


def _path(document: Path | None) -> str:
    """Where the document stands in the repository: under its own name, unless that would read as a glob."""
    return document.name if document and _PLAIN_NAME.fullmatch(document.name) else EXAMPLE


def _quiet() -> None:
    """Let the bot log what went wrong, and nothing else."""
    from bot.app import configure_logging

    configure_logging("console")
    logging.getLogger().setLevel(logging.WARNING)


def report(demo: Demo, *, up: float, synced: float, console: Console | None = None) -> None:
    """Print the issues as a table, and what it took."""
    out = console or Console()
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    between = ", " if out.width >= ROOMY else "\n"
    table = Table(
        title=Text(f"{demo.path} → {demo.place.full_name}"), title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    table.add_column("issue", justify="right", style="cyan", no_wrap=True)
    table.add_column("title", ratio=1)
    table.add_column("labels")
    table.add_column("state", no_wrap=True)
    for issue in _issues(demo):
        labels = Text(between).join(Text(label.name, style=f"#{label.color}") for label in issue.labels)
        table.add_row(f"#{issue.number}", Text(printable(issue.title)), labels, _state(issue))
    if demo.place.issues:
        out.print(table)
    else:
        out.print(Text(f"No issue was opened: `gapkeeper parse {demo.path}` shows what was read in it."))
    for line in totals(demo, up=up, synced=synced):
        out.print(Text(line, style="dim"))


def totals(demo: Demo, *, up: float, synced: float) -> Iterator[str]:
    """What happened, in figures."""
    issues = _issues(demo)
    opened = sum(issue.open for issue in issues)
    minted = sum(call.path.endswith("/access_tokens") for call in demo.api.calls)
    yield f"\n{_counted(len(issues), 'issue')}: {opened} open, {len(issues) - opened} closed."
    yield (
        f"{_counted(len(demo.api.calls), 'request')} to GitHub: {len(demo.api.writes)} that write, {minted} for the token; "
        f"{_counted(len(demo.hooks.log), 'delivery', 'deliveries')} from it."
    )
    yield f"Up in {up:.1f} s, synced in {synced:.1f} s."


def _issues(demo: Demo) -> list[Issue]:
    return [issue for issue in demo.place.issues.values() if issue.pull is None]


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _state(issue: Issue) -> Text:
    if issue.open:
        return Text("open", style="green")
    return Text(f"closed as {(issue.state_reason or 'completed').replace('_', ' ')}", style="magenta")


def printable(text: str) -> str:
    """Returns a text that a terminal only shows: control characters become visible marks."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


async def _serve(demo: Demo, port: int) -> None:
    """Serve the page until SIGINT or SIGTERM."""
    import uvicorn

    from bot.sandbox.page import Page

    bound = socket.create_server(("127.0.0.1", port))
    address = f"127.0.0.1:{bound.getsockname()[1]}"
    config: dict[str, Any] = {"log_config": None, "lifespan": "off", "ws": "none", "server_header": False, "access_log": False}
    server = uvicorn.Server(uvicorn.Config(Page(demo).app(address), timeout_graceful_shutdown=1, **config))
    # uvicorn raises a caught signal again when it has ended; with its own handler in place that is an orderly end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    Console().print(Text.assemble("\nThe page: ", (f"http://{address}/", "bold"), "   (Ctrl-C ends it)"))
    await server.serve(sockets=[bound])
