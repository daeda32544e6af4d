"""`gapkeeper demo`: a GitHub in memory and the real bot before it, in one process; what happened, as a table and as a page.

The bot is the one that `gapkeeper serve` runs, built by `bot.app.build`: it gets its webhooks through its own route and makes
its calls through its own client, only the wire between them is missing. The page is in `bot.sandbox.page`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import secrets
import signal
import socket
import tempfile
import time
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.core.errors import GapkeeperError
from bot.sandbox.api import Api
from bot.sandbox.github import GitHub, Repository
from bot.sandbox.webhooks import Webhooks, to_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.applications import Starlette

    from bot.sandbox.model import Issue

REPOSITORY, YOU = "acme/demo", "you"
CONFIG_PATH = ".github/gapkeeper.yml"
EXAMPLE = "KNOWN_GAPS.md"
PATIENCE = 60.0
"""Seconds without a single call or delivery after which the demo gives up waiting for the bot."""
PIPED_WIDTH, ROOMY = 140, 110
"""Columns where nobody's window sets them, and from which on all labels of an issue fit in one line."""

_PLAIN_NAME = re.compile(r"[\w.-]+")


class DemoFailed(GapkeeperError):
    """The demo could not show what it was asked to show."""


@dataclass(slots=True)
class Demo:
    """The running demo: people act on `place` as `YOU`, the bot answers, `settle` waits until it has."""

    place: Repository
    path: str
    hooks: Webhooks
    api: Api
    bot: Starlette
    started: float = field(default_factory=time.perf_counter)

    @property
    def events(self) -> int:
        """A count that grows with everything that happens."""
        return len(self.hooks.log) + len(self.api.calls)

    async def busy(self) -> bool:
        """Tells whether anything is on its way between the two, or left to do for the bot."""
        if self.hooks.waiting or self.api.in_flight:
            return True
        readiness = await self.bot.state.gapkeeper.readiness()
        return readiness.jobs is None or not readiness.jobs.idle

    async def settle(self) -> None:
        """Wait until the bot has nothing left to do (DemoFailed when nothing happens for a minute, and it still says so)."""
        seen, since = self.events, time.monotonic()
        while await self.busy():
            await asyncio.sleep(0.01)
            if self.events != seen:
                seen, since = self.events, time.monotonic()
            elif time.monotonic() > since + PATIENCE:
                raise DemoFailed(f"the bot still has work, but has not moved for {PATIENCE:.0f} seconds")


@contextlib.asynccontextmanager
async def demonstration(path: str = EXAMPLE) -> AsyncIterator[Demo]:
    """A GitHub with one repository whose gap document is `path`, still without a commit; and the bot, started, at its side."""
    from bot.app import build
    from bot.settings import Settings

    world = GitHub()
    world.add_user(YOU)
    place = world.add_repository(REPOSITORY, admins=[YOU])
    private_key, public_key = _keys()
    app = world.add_app("gapkeeper", public_key=public_key)
    world.install(app, "acme")
    hooks = Webhooks(world, app, secrets.token_hex(32))
    api = Api(world, hooks)
    with tempfile.TemporaryDirectory(prefix="gapkeeper-demo-") as folder:
        settings = Settings(
            app_id=app.id,
            private_key=private_key,
            webhook_secrets=(hooks.secret,),
            database_url=f"sqlite:///{folder}/gapkeeper.db",
            write_spacing_ms=0,
            coalesce_seconds=0.0,
        )
        bot = build(settings, transport=api.transport())
        hooks.sink = to_app(bot)
        async with bot.router.lifespan_context(bot), hooks.pump():
            yield Demo(place, path, hooks, api, bot)


def _keys() -> tuple[str, str]:
    """A private key in PEM, and the public key that goes with it."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def example() -> bytes:
    """The document that is pushed when none is given."""
    return (resources.files("bot.sandbox") / "example" / EXAMPLE).read_bytes()


def first_push(demo: Demo, data: bytes) -> None:
    """Push the document with a config that names it, and lets any number of issues be opened at once."""
    limits = "limits: {import: 10000, open: 10000, close: 10000}"
    config = f"# Written by `gapkeeper demo`.\nfiles: [{json.dumps(demo.path)}]\n{limits}\n"
    demo.place.push({demo.path: data, CONFIG_PATH: config}, by=YOU, message=f"Add {demo.path}")


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
