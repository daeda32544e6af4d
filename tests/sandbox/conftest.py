"""A small GitHub for each test: acme/demo with one person of every role, the App on it, and a client with its token."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.sandbox import Api, Clock, GitHub, Repository, Role, Webhooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.model import App, Installation

ROLES = {
    "ada": Role.ADMIN,
    "max": Role.MAINTAIN,
    "wim": Role.WRITE,
    "tia": Role.TRIAGE,
    "rea": Role.READ,
}


def jwt(app: App, *, issued: float = -60, expires: float = 500, algorithm: str = "RS256") -> str:
    """A JWT of the right shape whose signature nobody could check."""

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    now = time.time()
    return f"{part({'alg': algorithm})}.{part({'iss': str(app.id), 'iat': int(now + issued), 'exp': int(now + expires)})}.c2ln"


@dataclass(slots=True)
class Stage:
    """All the parts that a test may touch."""

    clock: Clock
    world: GitHub
    demo: Repository
    app: App
    installation: Installation
    hooks: Webhooks
    api: Api
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def told(self) -> list[str]:
        """What was queued for the App so far, as `event.action`."""
        return [f"{one.event}.{one.action}" if one.action else one.event for one in self.hooks.log]

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Make one call: with a fresh installation token, the token given, or none at all."""
        shown = self.world.mint(self.installation).value if token == "" else token
        sent = ({"authorization": f"Bearer {shown}"} if shown else {}) | dict(headers or {})
        async with httpx.AsyncClient(transport=self.api.transport(), base_url="https://api.github.com") as client:
            return await client.request(method, path, json=body, headers=sent)


def staged(**api: Any) -> Stage:
    """The stage, newly built."""
    clock = Clock()
    world = GitHub(clock=clock)
    for login in ROLES:
        world.add_user(login)
    demo = world.add_repository("acme/demo")
    for login, role in ROLES.items():
        demo.allow(login, role)
    app = world.add_app("gapkeeper")
    installation = world.install(app, "acme")
    hooks = Webhooks(world, app, "It's a Secret to Everybody")
    stage = Stage(clock, world, demo, app, installation, hooks, Api(world, hooks, **api))

    async def sink(headers: Mapping[str, str], body: bytes) -> int:
        stage.received.append((dict(headers), body))
        return 202

    hooks.sink = sink
    return stage


@pytest.fixture
def stage() -> Stage:
    """acme/demo without a commit; the App listens."""
    return staged()


@pytest.fixture
def anyio_backend() -> str:
    """Async tests are marked `anyio`; they run on asyncio, as the program does."""
    return "asyncio"
