"""Takes the emulator's webhooks, completes them, signs them and delivers them to the bot, as a policy says.

The emulator numbers its deliveries by the millisecond, so that two may share a number: every delivery gets a GUID here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import httpx

from tests.peer import repairs
from tests.peer.records import Delivery

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.peer.repairs import Json


class Fate(StrEnum):
    """What becomes of a delivery."""

    DELIVER = "deliver"
    TWICE = "twice"
    DROP = "drop"


Policy = Callable[[Delivery], Fate]
Fetch = Callable[[str], "Awaitable[httpx.Response]"]

_ATTEMPT_SECONDS = 10.0
"""https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks#respond-within-10-seconds."""


def deliver_all(_: Delivery) -> Fate:
    """The policy of a good day."""
    return Fate.DELIVER


class Relay:
    """The way from the emulator's webhooks to the bot. All of it runs in the proxy's event loop."""

    def __init__(self, *, secret: str, app_id: int, fetch: Fetch) -> None:
        self._secret, self._app_id, self._fetch = secret.encode(), app_id, fetch
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.hook: str | None = None
        self.clear()

    def clear(self) -> None:
        """Forgets what was delivered."""
        self.deliveries: list[Delivery] = []
        self.policy: Policy = deliver_all
        self._ids = itertools.count(1)
        self._texts: dict[int, dict[str, Any]] = {}
        self._comments: dict[int, str] = {}

    @property
    def busy(self) -> bool:
        """Tells whether a webhook was taken and not yet delivered."""
        return bool(self._tasks)

    async def open(self) -> None:
        """Opens the connections to the bot."""
        limits = httpx.Limits(max_connections=50)
        self._client = httpx.AsyncClient(trust_env=False, timeout=_ATTEMPT_SECONDS, limits=limits)

    async def close(self) -> None:
        """Closes the connections to the bot."""
        if self._client is not None:
            await self._client.aclose()

    def take(self, event: str, data: bytes) -> None:
        """Accepts a webhook of the emulator; its delivery follows in the background."""
        self._start(self._complete(event, json.loads(repairs.without_milliseconds(data))))

    def redeliver(self, delivery: Delivery) -> None:
        """Sends a past delivery again, under the same GUID."""
        self._start(self._send(delivery.event, delivery.raw, guid=delivery.guid))

    def send(self, event: str, payload: Json) -> None:
        """Delivers a payload of the test's own."""
        self._start(self._send(event, json.dumps(payload).encode()))

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _complete(self, event: str, payload: Json) -> None:
        match event:
            case "push":
                payload = repairs.push(payload, commits=await self._commits(payload))
            case "issues":
                issue = payload["issue"]
                text = {"title": issue["title"], "body": issue["body"]}
                payload = repairs.issue_event(payload, before=self._texts.get(issue["id"], text))
                if payload["action"] in {"opened", "edited"}:  # an event before the edit carries the new text already
                    self._texts[issue["id"]] = text
            case "issue_comment":
                comment = payload["comment"]
                payload = repairs.comment_event(payload, before=self._comments.get(comment["id"], ""))
                self._comments[comment["id"]] = comment["body"]
            case "create":
                payload = repairs.created_ref(payload)
        await self._send(event, json.dumps(repairs.completed(payload)).encode())

    async def _commits(self, payload: Json) -> list[Json]:
        repository = f"/repos/{payload['repository']['full_name']}"
        before, after = payload["before"], payload["after"]
        if repairs.ZERO_SHA in {before, after}:
            shas = [sha for sha in (after,) if sha != repairs.ZERO_SHA]
        else:
            compared = (await self._fetch(f"{repository}/compare/{before}...{after}")).json()
            shas = [commit["sha"] for commit in compared.get("commits", [])]
        login = payload["sender"]["login"]
        return [repairs.commit_of_push((await self._fetch(f"{repository}/commits/{sha}")).json(), login=login) for sha in shas]

    async def _send(self, event: str, raw: bytes, *, guid: str | None = None) -> None:
        delivery = Delivery(
            id=next(self._ids),
            guid=guid or str(uuid.uuid4()),
            event=event,
            raw=raw,
            payload=json.loads(raw),
            delivered_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            redelivery=guid is not None,
        )
        delivery.headers = self._headers(delivery)
        self.deliveries.append(delivery)
        match self.policy(delivery):
            case Fate.DELIVER:
                await self._post(delivery)
            case Fate.TWICE:
                await asyncio.gather(self._post(delivery), self._post(delivery))
            case Fate.DROP:
                delivery.status = "timed out"

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/peer",
            "x-github-event": delivery.event,
            "x-github-delivery": delivery.guid,
            "x-github-hook-id": "1",
            "x-github-hook-installation-target-id": str(self._app_id),
            "x-github-hook-installation-target-type": "integration",
            "x-hub-signature-256": "sha256=" + hmac.new(self._secret, delivery.raw, hashlib.sha256).hexdigest(),
        }

    async def _post(self, delivery: Delivery) -> None:
        if self.hook is None or self._client is None:
            delivery.status = "no receiver"
            return
        try:
            response = await self._client.post(self.hook, content=delivery.raw, headers=delivery.headers)
        except httpx.HTTPError as error:
            delivery.status = "failed to connect to host" if isinstance(error, httpx.ConnectError) else "timed out"
            return
        delivery.status_code = response.status_code
        delivery.status = "OK" if response.is_success else f"Invalid HTTP Response: {response.status_code}"
