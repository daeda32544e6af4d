"""What is done by the clock: missed deliveries are asked for, repositories looked at, old rows deleted; by one process at a time."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.core.names import CommitSha, DeliveryId, InstallationId, RepositoryId, RepositoryName
from bot.jobs.outcome import Done, Outcome
from bot.jobs.sweep import ATTEMPTS, DONE_SECONDS, FAILED_SECONDS, ROUND, WINDOW_SECONDS, Sweep
from bot.sandbox import Clock, secondary_limit
from bot.store import RepositoryState, duties
from bot.store.tables import deliveries, rounds
from bot.store.tables import duties as duties_table
from tests.by_hand import ByHand, at_hand
from tests.shell.working import Working, delivery, states, working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.core.names import RepositoryId as Repository
    from bot.store import Delivery

pytestmark = pytest.mark.anyio


@dataclass
class Swept:
    """A sweep between a sandbox, whose clock is the wall's, and a working engine whose handler notes what it gets."""

    hand: ByHand
    clock: Clock
    working: Working
    sweep: Sweep
    handled: list[tuple[Repository, str]]
    awake: bool = True
    refuse: bool = False

    async def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Receive a delivery, unless we are asleep."""
        if not self.awake:
            raise ConnectionError("nobody listens")
        if self.refuse:
            return 400
        one = delivery(headers["x-github-delivery"], self.hand.repository.id, body)
        await self.working.inbox.put(replace(one, event=headers["x-github-event"], received=time.time()), wanted=True)
        return 202

    async def push(self, name: str, *, awake: bool) -> str:
        """Push something; returns the GUID of the delivery."""
        self.awake = awake
        self.hand.repository.push({f"{name}.txt": name.encode()}, by="alice", message=name)
        await self.hand.hooks.flush()
        self.awake = True
        return self.hand.hooks.log[-1].guid

    async def asked(self) -> list[str]:
        """The GUIDs that were asked for again, in their order, once they were delivered."""
        await self.hand.hooks.flush()
        return [one.guid for one in self.hand.hooks.log if one.redelivery]

    async def make_due(self, name: str, *, ago: float = 0.0) -> None:
        """Make a duty due, done so long ago."""
        row = duties_table.update().where(duties_table.c.name == name)
        await self.working.store.write(lambda c: c.execute(row.values(due=0.0, done=time.time() - ago)))


@asynccontextmanager
async def swept(database_url: str) -> AsyncIterator[Swept]:
    handled: list[tuple[Repository, str]] = []

    async def handle(repository: RepositoryId, given: tuple[Delivery, ...]) -> Outcome:
        handled.extend((repository, one.event) for one in given)
        return Done()

    async with working(database_url, handle) as engine:
        clock = Clock(time.time())
        hand = at_hand(engine.store, clock=clock)
        sweep = Sweep(engine.store, hand.github.hook, engine.runtime.enqueue, prune_jobs=engine.runtime.prune, chance=lambda: 0.5)
        made = Swept(hand, clock, engine, sweep, handled)
        hand.hooks.sink = made.take
        yield made
        await hand.github.aclose()


async def known(made: Swept, *ids: int) -> None:
    """Remember repositories, as a sync does; each belongs to an installation of its own number."""
    for id_ in ids:
        state = RepositoryState(RepositoryId(id_), RepositoryName(f"o/{id_}"), InstallationId(id_), "main", CommitSha("c" * 40))
        await made.working.store.save_repository(state)


async def test_fault_22_what_was_missed_is_asked_for_once_and_what_arrived_never(database_url: str) -> None:
    async with swept(database_url) as made:
        await made.push("here", awake=True)
        missed = [await made.push(name, awake=False) for name in ("first", "second")]
        await made.sweep.once()
        assert await made.asked() == missed, "the oldest first"
        await made.make_due("redelivery")
        await made.sweep.once()
        assert await made.asked() == missed
        assert set(await states(made.working.store)) == {one.guid for one in made.hand.hooks.log}


async def test_whether_what_was_asked_for_arrived_is_looked_at_soon(database_url: str) -> None:
    async with swept(database_url) as made:

        async def due_in() -> float:
            asked = sa.select(duties_table.c.due).where(duties_table.c.name == "redelivery")
            return float(await made.working.store.read(lambda c: c.execute(asked).scalar_one())) - time.time()

        guid = await made.push("missed", awake=False)
        await made.sweep.once()
        made.awake = False
        assert await made.asked() == [guid]
        assert await due_in() == pytest.approx(60.0, abs=10.0)
        made.awake = True
        await made.make_due("redelivery")
        await made.sweep.once()
        assert await made.asked() == [guid, guid]
        await made.make_due("redelivery")
        await made.sweep.once()
        assert await made.asked() == [guid, guid]
        assert await due_in() == pytest.approx(900.0, abs=10.0)


async def test_what_arrived_by_another_way_is_not_asked_for(database_url: str) -> None:
    """GitHub took our answer for lost (a timeout, say), but the delivery is in the store, and perhaps done."""
    async with swept(database_url) as made:
        guid = await made.push("late", awake=False)
        await made.working.put(guid)
        await made.working.runtime.wait_idle()
        await made.sweep.once()
        assert await made.asked() == []


async def test_a_log_of_many_pages_is_read_up_to_the_last_time(database_url: str) -> None:
    async with swept(database_url) as made:
        early = await made.push("early", awake=False)
        for number in range(130):
            await made.push(f"number {number}", awake=True)
        await made.sweep.once()
        assert await made.asked() == [early]
        made.clock.advance(3600)
        await made.push("an hour later", awake=True)
        await made.make_due("redelivery")
        await made.sweep.once()
        made.clock.advance(3600)
        late = await made.push("late", awake=False)
        await made.make_due("redelivery")
        first = len(made.hand.api.calls)
        await made.sweep.once()
        assert await made.asked() == [early, late]
        assert [call.method for call in made.hand.api.calls[first:]] == ["GET", "POST"]


async def test_what_is_refused_each_time_is_given_up(database_url: str) -> None:
    async with swept(database_url) as made:
        made.refuse = True
        guid = await made.push("odd", awake=True)
        for _ in range(ATTEMPTS + 3):
            await made.sweep.once()
            await made.hand.hooks.flush()
            await made.make_due("redelivery")
        assert await made.asked() == [guid] * (ATTEMPTS - 1)


async def test_what_github_keeps_no_longer_is_not_asked_for(database_url: str) -> None:
    async with swept(database_url) as made:
        await made.push("old", awake=False)
        made.hand.hooks.log[-1].delivered_at -= WINDOW_SECONDS + 3600
        await made.sweep.once()
        assert await made.asked() == []


async def test_fault_28_a_limit_puts_the_duty_off_and_forgets_nothing(database_url: str) -> None:
    async with swept(database_url) as made:
        guid = await made.push("missed", awake=False)
        made.hand.api.faults.append(secondary_limit(2, path="/app/hook/deliveries$"))
        await made.sweep.once()
        assert await made.asked() == []
        due = await made.working.store.read(lambda c: c.execute(sa.select(duties_table.c.due)).scalars().first())
        assert due is not None
        assert 0 < due - time.time() <= 2.5
        await made.hand.github.aclose()  # another process, so to speak: the limit is over
        await made.make_due("redelivery")
        await made.sweep.once()
        assert await made.asked() == [guid]


async def test_a_duty_is_one_process_s_at_a_time(database_url: str) -> None:
    async with swept(database_url) as made:
        store = made.working.store
        first = await store.write(duties.take, "redelivery", seconds=600.0)
        assert first == duties.Duty(None, None)
        assert await store.write(duties.take, "redelivery", seconds=600.0) is None
        await store.write(duties.finish, "redelivery", seconds=900.0, mark="7")
        assert await store.write(duties.take, "redelivery", seconds=600.0) is None
        await store.write(duties.hasten, "redelivery")
        assert await store.write(duties.take, "redelivery", seconds=600.0) is None, "it was done just now"
        await made.make_due("redelivery", ago=100.0)
        again = await store.write(duties.take, "redelivery", seconds=-1.0)
        assert again is not None
        assert again.mark == "7"
        assert again.ago == pytest.approx(100.0, abs=5.0)
        assert await store.write(duties.take, "redelivery", seconds=600.0), "who took it has died"


async def test_every_known_repository_is_looked_at_once_a_day(database_url: str) -> None:
    async with swept(database_url) as made:
        await known(made, 7, 8)
        await made.sweep.once()
        assert made.handled == []
        times = await made.working.store.read(lambda c: [row.due - time.time() for row in c.execute(sa.select(rounds))])
        assert times == [pytest.approx(86_400.0, abs=60.0)] * 2
        await made.working.store.write(duties.go_round, RepositoryId(8), seconds=-1.0)
        for _ in range(2):
            await made.make_due("rounds")
            await made.sweep.once()
            await made.working.runtime.wait_idle()
        assert made.handled == [(8, ROUND)]


async def test_fault_119_after_an_absence_all_repositories_are_looked_at_soon(database_url: str) -> None:
    async with swept(database_url) as made:
        await known(made, 7, 8)
        await made.sweep.once()
        await made.make_due("redelivery", ago=5 * 86_400.0)
        await made.sweep.once()
        times = await made.working.store.read(lambda c: [row.due - time.time() for row in c.execute(sa.select(rounds))])
        assert all(seconds <= 600.0 for seconds in times)


async def test_fault_32_an_installation_that_comes_back_is_looked_at(database_url: str) -> None:
    async with swept(database_url) as made:
        await known(made, 7, 8)
        await made.sweep.once()
        one = delivery("11111111-2222-4333-8444-555555555555", None)
        back = replace(one, event="installation", action="unsuspend", installation=InstallationId(7))
        await made.working.inbox.put(replace(back, id=DeliveryId("x"), action="suspend"), wanted=False)
        await made.make_due("rounds")
        await made.sweep.once()
        await made.working.runtime.wait_idle()
        assert made.handled == []
        await made.working.inbox.put(back, wanted=False)
        await made.make_due("rounds")
        await made.sweep.once()
        await made.working.runtime.wait_idle()
        assert made.handled == [(7, ROUND)]


async def test_what_is_closed_and_old_is_deleted_and_nothing_else(database_url: str) -> None:
    cases = {
        "done": ("done", DONE_SECONDS + 60, False),
        "ignored": ("ignored", DONE_SECONDS + 60, False),
        "failed": ("failed", FAILED_SECONDS + 60, False),
        "young": ("done", DONE_SECONDS - 60, True),
        "failed-lately": ("failed", DONE_SECONDS + 60, True),
        "queued": ("queued", 10 * FAILED_SECONDS, True),
        "claimed": ("claimed", 10 * FAILED_SECONDS, True),
    }
    async with swept(database_url) as made:
        rows = [
            {
                "id": name,
                "event": "push",
                "payload": b"",
                "digest": "",
                "received": time.time() - age,
                "state": state,
                "repository": 7,
            }
            for name, (state, age, _) in cases.items()
        ]
        await made.working.store.write(lambda c: c.execute(deliveries.insert(), rows))
        await made.sweep.once()
        kept = {name for name, (_, _, stays) in cases.items() if stays}
        assert set(await states(made.working.store)) == kept


async def test_many_old_rows_are_deleted_part_by_part(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "BATCH", 10)
    async with swept(database_url) as made:
        rows = [
            {"id": f"{n}", "event": "push", "payload": b"", "digest": "", "received": 5.0, "state": "done"} for n in range(35)
        ]
        await made.working.store.write(lambda c: c.execute(deliveries.insert(), rows))
        await made.sweep.once()
        assert await states(made.working.store) == {}


async def test_the_engine_s_rows_are_deleted_once_they_are_old(database_url: str) -> None:
    async with swept(database_url) as made:
        await made.working.put("00000001-0000-4000-8000-000000000000")
        await made.working.runtime.wait_idle()
        table = "workflow_status" if made.working.store.database.embedded else "dbos.workflow_status"

        async def count() -> object:
            return await made.working.store.read(lambda c: c.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar())  # noqa: S608

        assert await count() == 1
        await made.working.runtime.prune(60.0)
        assert await count() == 1
        await made.working.runtime.prune(-60.0)
        assert await count() == 0


async def test_no_webhook_can_bring_a_round() -> None:
    from bot.web.webhook import _WORD

    assert not _WORD.fullmatch(ROUND)
