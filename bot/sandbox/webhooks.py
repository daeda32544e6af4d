"""Deliveries: each happening becomes a signed request to the App's webhook, kept in a log, sent as the policy says.

GitHub tries once and never again by itself; a redelivery carries the GUID of the first
(https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks). Nothing is sent before
`flush()` is awaited, or at once while `pump()` runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import httpx

from bot.sandbox.payloads import payload
from bot.sandbox.refusal import not_found
from bot.sandbox.world import instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.github import GitHub, Repository
    from bot.sandbox.model import App, Installation
    from bot.sandbox.shapes import Json
    from bot.sandbox.world import Happening

Sink = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Takes headers and body of a delivery and returns the HTTP status; an exception counts as "could not connect"."""

ALWAYS = frozenset({"installation", "installation_repositories", "ping"})
"""Events that every App gets without asking for them."""
PATH = "/webhooks/github"


class Decision(Enum):
    """What becomes of a delivery: sent, lost, sent twice, kept until `release`, or sent after the next one."""

    DELIVER = auto()
    DROP = auto()
    TWICE = auto()
    HOLD = auto()
    REORDER = auto()


@dataclass(slots=True)
class Delivery:
    """One attempt to deliver; `status_code` 0 means that it was not sent, or that nobody answered."""

    id: int
    guid: str
    event: str
    action: str | None
    repository: int | None
    installation: int | None
    body: bytes
    headers: dict[str, str]
    delivered_at: float
    redelivery: bool = False
    status_code: int = 0
    status: str = "pending"
    duration: float = 0.0

    @property
    def payload(self) -> Json:
        """The body, read."""
        read: Json = json.loads(self.body)
        return read


Policy = Callable[[Delivery], Decision]


def signature(secret: str, body: bytes) -> str:
    """Returns the value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def to_url(url: str) -> Sink:
    """Returns a sink that posts to a URL; as GitHub, it waits ten seconds and follows no redirect."""
    client = httpx.AsyncClient(timeout=10, trust_env=False)

    async def send(headers: Mapping[str, str], body: bytes) -> int:
        return (await client.post(url, content=body, headers=dict(headers))).status_code

    return send


def to_app(app: Any, path: str = PATH) -> Sink:
    """Returns a sink that hands deliveries to an ASGI application in this process."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.test")

    async def send(headers: Mapping[str, str], body: bytes) -> int:
        return (await client.post(path, content=body, headers=dict(headers))).status_code

    return send


async def _nobody(headers: Mapping[str, str], body: bytes) -> int:
    del headers, body
    raise ConnectionError("nobody listens")


@dataclass(slots=True)
class Webhooks:
    """The deliveries of one App: `log` has every attempt, `policy` decides on each, `sink` takes them."""

    world: GitHub
    app: App
    secret: str
    sink: Sink = _nobody
    policy: Policy = lambda _: Decision.DELIVER
    log: list[Delivery] = field(default_factory=list)
    held: list[Delivery] = field(default_factory=list)
    in_flight: int = 0
    _queue: deque[Delivery] = field(default_factory=deque)
    _late: list[Delivery] = field(default_factory=list)
    _wake: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        """Listen from now on."""
        self.world.listeners.append(self.hear)

    # Making deliveries.

    def hear(self, happening: Happening) -> None:
        """Queue a delivery for what happened, if it concerns an installation of the App and the App asked for such events."""
        if happening.event not in ALWAYS and happening.event not in self.app.events:
            return
        installation = self._concerned(happening)
        if installation is None or (installation.suspended_at is not None and happening.event != "installation"):
            return
        place = happening.place
        shown = payload(self.world, happening, installation)
        self._queue_new(happening.event, shown, repository=place.id if place else None, installation=installation.id)

    def _concerned(self, happening: Happening) -> Installation | None:
        if happening.installation is not None:
            return happening.installation if happening.installation.app is self.app else None
        return self.world.installation_on(self.app, happening.place) if happening.place else None

    def send(self, event: str, shown: Json, *, guid: str | None = None, repository: int | None = None) -> Delivery:
        """Queue a delivery made by hand, such as one of GitHub's examples or one that never happened."""
        return self._queue_new(event, shown, repository=repository, installation=None, guid=guid)

    def _queue_new(
        self, event: str, shown: Json, *, repository: int | None, installation: int | None, guid: str | None = None
    ) -> Delivery:
        body = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        name = guid or _guid(f"{self.app.id} {len(self.log)} {event}")
        headers = self._headers(event, name, body)
        action = shown.get("action")
        new = Delivery(len(self.log) + 1, name, event, action, repository, installation, body, headers, self.world.clock())
        self._enqueue(new)
        return new

    def _headers(self, event: str, guid: str, body: bytes) -> dict[str, str]:
        return {
            "accept": "*/*",
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/5a9d1f3",
            "x-github-delivery": guid,
            "x-github-event": event,
            "x-github-hook-id": str(self.app.id),
            "x-github-hook-installation-target-id": str(self.app.id),
            "x-github-hook-installation-target-type": "integration",
            "x-hub-signature-256": signature(self.secret, body),
        }

    def redeliver(self, delivery: int) -> Delivery:
        """Queue a logged delivery again: the same GUID and body under a new id (Refusal 404)."""
        old = self.delivery(delivery)
        again = Delivery(
            len(self.log) + 1, old.guid, old.event, old.action, old.repository, old.installation, old.body, old.headers,
            self.world.clock(), redelivery=True,
        )  # fmt: skip
        self._enqueue(again)
        return again

    def delivery(self, delivery: int) -> Delivery:
        """Returns a logged delivery (Refusal 404)."""
        if not 1 <= delivery <= len(self.log):
            raise not_found()
        return self.log[delivery - 1]

    def _enqueue(self, new: Delivery) -> None:
        self.log.append(new)
        self._queue.append(new)
        self._wake()

    # Sending them.

    @property
    def waiting(self) -> int:
        """How many deliveries are on their way: queued, set aside for later, or being sent. Those on hold do not count."""
        return len(self._queue) + len(self._late) + self.in_flight

    async def flush(self) -> int:
        """Send what is queued, and what that causes in turn, one after the other; returns how many were sent."""
        sent = 0
        while self._queue or self._late:
            for one in self._due():
                await self._post(one)
                sent += 1
        return sent

    def _due(self) -> list[Delivery]:
        """The next delivery as the policy wants it, followed by those that were to come after it."""
        if not self._queue:
            late, self._late = self._late, []
            return late
        one = self._queue.popleft()
        match self.policy(one):
            case Decision.DELIVER:
                now = [one]
            case Decision.TWICE:
                now = [one, one]
            case Decision.DROP:
                one.status = "dropped"
                return []
            case Decision.HOLD:
                one.status = "held"
                self.held.append(one)
                return []
            case Decision.REORDER:
                self._late.append(one)
                return []
        late, self._late = self._late, []
        return now + late

    async def _post(self, one: Delivery) -> None:
        started = time.perf_counter()
        self.in_flight += 1
        try:
            one.status_code = await self.sink(one.headers, one.body)
            one.status = "OK" if 200 <= one.status_code < 300 else f"Invalid HTTP Response: {one.status_code}"
        except (OSError, httpx.HTTPError) as error:
            one.status_code, one.status = 0, f"failed to connect to host: {type(error).__name__}"
        finally:
            self.in_flight -= 1
            one.duration = round(time.perf_counter() - started, 3)

    def release(self, *, newest_first: bool = False) -> int:
        """Queue what was on hold, past the policy's first look at it; returns how many there were."""
        released = self.held[::-1] if newest_first else self.held[:]
        self.held.clear()
        self._late.extend(released)
        self._wake()
        return len(released)

    @contextlib.asynccontextmanager
    async def pump(self) -> AsyncIterator[None]:
        """Send each delivery as it comes, in order, until the block is left."""
        woken, loop = asyncio.Event(), asyncio.get_running_loop()
        # What happens may be told from another thread: a bot's jobs need not run in this loop.
        self._wake = lambda: loop.call_soon_threadsafe(woken.set)
        task = asyncio.create_task(self._run(woken))
        try:
            yield
        finally:
            self._wake = lambda: None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            await self.flush()
            await woken.wait()


def item(one: Delivery) -> Json:
    """A delivery in the list of `GET /app/hook/deliveries`."""
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": instant(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation,
        "repository_id": one.repository,
        "throttled_at": None,
    }


def repository_of(world: GitHub, one: Delivery) -> Repository | None:
    """The repository that a delivery is about, if it still exists."""
    return world.repositories.get(one.repository or 0)


def _guid(seed: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))
