"""What keeps tenants apart, and how much one of them may ask for (I18, #103)."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.core.config import MAX_FILES
from bot.core.names import DeliveryId, InstallationId, RepositoryId
from bot.jobs.outcome import Done
from bot.jobs.sync import Sync
from bot.sandbox import Clock
from bot.store.records import Delivery
from bot.store.store import Store
from tests.by_hand import at_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.anyio

DOCUMENT = "# Known gaps\n\n- [ ] [P0] Rotate the keys\n- [ ] [P1] Limit the rate\n"


class Watched(httpx.AsyncBaseTransport):
    """Notes for each call to a repository which installation's token it carried."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.minted: dict[str, int] = {}
        self.used: list[tuple[str, int]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path, token = request.url.path, request.headers["authorization"].split(" ")[-1]
        await asyncio.sleep(0)  # Two jobs take turns at every call.
        if token in self.minted:
            self.used.append((path, self.minted[token]))
        response = await self.inner.handle_async_request(request)
        if path.endswith("/access_tokens"):
            self.minted[json.loads(await response.aread())["token"]] = int(path.split("/")[-2])
        return response


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/g.db")
    await opened.open()
    yield opened
    await opened.close()


async def test_i18_jobs_of_two_installations_at_once_use_only_their_own_tokens(store: Store) -> None:
    wires: list[Watched] = []

    def through(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        wires.append(Watched(inner))
        return wires[-1]

    hand = at_hand(store, clock=Clock(), through=through)
    world = hand.api.world
    [ours] = world.installations.values()
    world.add_user("zoe")
    other = world.add_repository("zoe/other", admins=["zoe"])
    theirs = world.install(ours.app, "zoe")
    held: dict[int, list[Delivery]] = {}

    async def receive(headers: Mapping[str, str], body: bytes) -> int:
        about = json.loads(body).get("repository", {}).get("id")
        guid, event = DeliveryId(headers["x-github-delivery"]), headers["x-github-event"]
        held.setdefault(about, []).append(
            Delivery(guid, event, None, RepositoryId(about), InstallationId(1), body, time.time())
        ) if about else None
        return 202

    hand.hooks.sink = receive
    hand.repository.push({"KNOWN_GAPS.md": DOCUMENT.encode()}, by="alice", message="gaps")
    other.push({"KNOWN_GAPS.md": DOCUMENT.encode()}, by="zoe", message="gaps")
    await hand.hooks.flush()
    sync = Sync(hand.github, store, hand.settings)
    try:
        ids = (hand.repository.id, other.id)
        await asyncio.gather(*(sync(RepositoryId(id_), tuple(held[id_])) for id_ in ids))
        assert await asyncio.gather(*(sync.round(RepositoryId(id_)) for id_ in ids)) == [Done(), Done()]
    finally:
        await sync.aclose()
        await hand.github.aclose()
    assert (len(hand.repository.issues), len(other.issues)) == (2, 2)
    [wire] = wires
    owners = {
        f"/repos/{hand.repository.full_name}": ours.id, f"/repositories/{hand.repository.id}": ours.id,
        f"/repos/{other.full_name}": theirs.id, f"/repositories/{other.id}": theirs.id,
    }  # fmt: skip
    seen = {
        (owner, installation) for path, installation in wire.used for start, owner in owners.items() if path.startswith(start)
    }
    assert seen == {(ours.id, ours.id), (theirs.id, theirs.id)}
    assert len(wire.minted) == 2


async def test_fault_103_no_more_than_200_files_are_synced_and_the_rest_closes_nothing(store: Store) -> None:
    hand = at_hand(store, clock=Clock())
    config = 'files: ["many/**/*.md"]\nlimits: {import: 1000, open: 1000}\n'
    files: dict[str, str | bytes | None] = {
        f"many/{n:04}.md": f"# Known gaps\n\n- [ ] [P1] Limit the rate of door {n}\n" for n in range(MAX_FILES)
    }
    try:
        await hand.push({".github/gapkeeper.yml": config, **files})
        assert len(hand.titles()) == MAX_FILES
        # One more, that pushes the last one out: its gap is not gone for that.
        await hand.push({"many/0000a.md": "# Known gaps\n\n- [ ] [P1] One too many\n"})
    finally:
        await hand.github.aclose()
    assert len(hand.titles(is_open=False)) == 0
    assert len(hand.titles()) <= MAX_FILES + 1
