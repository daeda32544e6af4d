"""The sync on the sandbox, driven by hand: no server, no job engine, deliveries handed over as the test says."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.core.names import DeliveryId, InstallationId, RepositoryId
from bot.github.auth import GitHubApp
from bot.github.pacing import Time
from bot.jobs.sync import Sync
from bot.sandbox import Api, Clock, GitHub, Webhooks
from bot.settings import Settings
from bot.store.records import Delivery
from bot.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    import httpx

    from bot.github.pacing import Ledger
    from bot.jobs.outcome import Outcome
    from bot.sandbox import Call, Repository
    from bot.sandbox.model import Issue

    Through = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]

SECRET = "a secret of the tests"
CONFIG = ".github/gapkeeper.yml"


@cache
def private_key() -> str:
    """One RSA key for the whole run: making one is slow."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem.decode()


@dataclass
class ByHand:
    """A repository, its App, and a sync that runs when the test says so."""

    repository: Repository
    hooks: Webhooks
    api: Api
    github: GitHubApp
    store: Store
    settings: Settings
    waiting: list[Delivery] = field(default_factory=list)
    now: Callable[[], float] = time.time
    clock: Clock = field(default_factory=Clock)

    async def push(self, files: Mapping[str, str | bytes | None], *, sync: bool = True, **more: Any) -> list[Call]:
        """Alice pushes; returns the calls of the sync that follows, without those for tokens."""
        content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.repository.push(content, by="alice", message="a change", **more)
        return await self.sync() if sync else []

    async def sync(self) -> list[Call]:
        """Deliver what happened and run one sync of it."""
        await self.hooks.flush()
        first = len(self.api.calls)
        deliveries, self.waiting = tuple(self.waiting), []
        await self.handle(deliveries)
        return [call for call in self.api.calls[first:] if not call.path.endswith("/access_tokens")]

    async def handle(self, deliveries: tuple[Delivery, ...]) -> Outcome:
        """Run one sync."""
        sync = Sync(self.github, self.store, self.settings, now=self.now)
        try:
            return await sync(RepositoryId(self.repository.id), deliveries)
        finally:
            await sync.aclose()

    async def reconcile(self) -> Outcome:
        """Run one sync of everything."""
        sync = Sync(self.github, self.store, self.settings, now=self.now)
        try:
            return await sync.reconcile(RepositoryId(self.repository.id))
        finally:
            await sync.aclose()

    async def round(self) -> Outcome:
        """Look at the repository as the clock asks for once a day."""
        sync = Sync(self.github, self.store, self.settings, now=self.now)
        try:
            return await sync.round(RepositoryId(self.repository.id))
        finally:
            await sync.aclose()

    async def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a delivery, as the webhook does."""
        payload_repository = RepositoryId(self.repository.id)
        guid, event = DeliveryId(headers["x-github-delivery"]), headers["x-github-event"]
        self.waiting.append(Delivery(guid, event, None, payload_repository, InstallationId(1), body, time.time()))
        return 202

    @property
    def issues(self) -> dict[int, Issue]:
        """All issues by number."""
        return self.repository.issues

    def titles(self, *, is_open: bool = True) -> dict[str, int]:
        """The titles of the open (or closed) issues."""
        return {issue.title: issue.number for issue in self.issues.values() if issue.open is is_open}


def at_hand(
    store: Store,
    *,
    clock: Clock,
    through: Through | None = None,
    clocked: Time | None = None,
    spacing: float = 0.0,
    ledger: Ledger | None = None,
) -> ByHand:
    """Returns a fresh world with an empty repository `acme/app` in which the App is installed.

    What the sync remembers is in `store`; its calls go `through` what the test puts between, and wait by `clocked`; writes are
    `spacing` seconds apart, by a `ledger`.
    """
    world = GitHub(clock=clock)
    for login in ("alice", "bob"):
        world.add_user(login)
    repository = world.add_repository("acme/app", admins=["alice"])
    app = world.add_app("gapkeeper")
    world.install(app, "acme")
    hooks = Webhooks(world, app, SECRET)
    api = Api(world, hooks)
    settings = Settings(
        app_id=app.id,
        private_key=private_key(),
        webhook_secrets=(SECRET,),
        github_api_url="http://github.test",
        write_spacing_ms=round(spacing * 1000),
    )
    wire = through(api.transport()) if through else api.transport()
    github = GitHubApp(
        app.id,
        private_key(),
        api_url=settings.github_api_url,
        write_spacing=spacing,
        transport=wire,
        time=clocked or Time(),
        ledger=ledger,
    )
    hand = ByHand(repository, hooks, api, github, store, settings, now=clock, clock=clock)
    hooks.sink = hand.receive
    return hand


@asynccontextmanager
async def by_hand(folder: Path) -> AsyncIterator[ByHand]:
    """Yields a fresh world with a database in a folder."""
    async with Store(f"sqlite:///{folder / 'test.db'}") as store:
        hand = at_hand(store, clock=Clock())
        yield hand
    await hand.github.aclose()
