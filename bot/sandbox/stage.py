"""The demo's stage: a GitHub with one repository and the real bot before it, in one process; it shows nothing by itself.

The bot is the one that `gapkeeper serve` runs, built by `bot.app.build`: it gets its webhooks through its own route and makes
its calls through its own client, only the wire between them is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import tempfile
import time
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from bot.core.config import CONFIG_PATH
from bot.core.errors import GapkeeperError
from bot.sandbox.api import Api
from bot.sandbox.github import GitHub, Repository
from bot.sandbox.webhooks import Webhooks, to_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette

REPOSITORY, YOU = "acme/demo", "you"
EXAMPLE = "KNOWN_GAPS.md"
PATIENCE = 60.0
"""Seconds without a single call or delivery after which the demo gives up waiting for the bot."""


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
