import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.errors import LeaseLost
from bot.core.names import RepositoryId
from bot.jobs import Done, Outcome
from bot.jobs import lease as lease_module
from bot.jobs.lease import Lease
from bot.store import Delivery, deliveries, tables
from bot.store.store import FENCE, Store
from tests.shell.working import R, states, working

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parents[2]


@dataclass
class Executor:
    """An executor with its lease; the engine is a set of names that have jobs."""

    store: Store
    name: str
    with_jobs: set[str]
    recovered: list[str] = field(default_factory=list)
    losses: int = 0

    def lease(self) -> Lease:
        async def asked() -> frozenset[str]:
            return frozenset(self.with_jobs)

        async def recover(dead: list[str]) -> None:
            self.recovered += dead
            self.with_jobs -= set(dead)

        def lost() -> None:
            self.losses += 1

        return Lease(self.store, self.name, executors_with_jobs=asked, recover=recover, lost=lost, seconds=60)


async def expire(store: Store, name: str) -> None:
    await store.write(lambda c: c.execute(tables.executors.update().where(tables.executors.c.id == name).values(expires=1.0)))


async def names(store: Store) -> set[str]:
    return await store.read(lambda c: set(c.execute(sa.select(tables.executors.c.id)).scalars()))


@asynccontextmanager
async def started(lease: Lease) -> AsyncIterator[Lease]:
    await lease.start()
    try:
        yield lease
    finally:
        await lease.stop()


async def test_at_the_start_the_jobs_of_the_dead_are_taken_and_our_own_are_not(database_url: str) -> None:
    async with Store(database_url) as store:
        executor = Executor(store, "me", {"me", "dead", "unheard-of"})
        async with started(executor.lease()):
            assert executor.recovered == ["dead", "unheard-of"]
            assert await names(store) == {"me"}
        assert await names(store) == set()


@pytest.mark.postgres
async def test_fault_113_the_living_are_left_alone_until_their_lease_runs_out(postgres_url: str) -> None:
    async with Store(postgres_url) as store:
        one, other = Executor(store, "one", {"one", "other"}), Executor(store, "other", set())
        async with started(other.lease()), started(one.lease()) as watch:
            assert one.recovered == []
            await expire(store, "other")
            await watch.take_over()
            assert one.recovered == ["other"]


@pytest.mark.parametrize("buried", [True, False])
async def test_fault_114_who_was_declared_dead_finds_out_and_begins_anew(database_url: str, buried: bool) -> None:
    async with Store(database_url) as store:
        executor = Executor(store, "me", {"me"})
        async with started(executor.lease()) as lease:
            await lease.beat()
            assert executor.losses == 0
            await expire(store, "me")
            if buried:
                await store.write(deliveries.bury)
            await lease.beat()
            assert executor.losses == 1
            assert executor.recovered == ["me"]
            assert await store.read(deliveries.living) == {"me"}
            await lease.beat()
            assert executor.losses == 1


async def test_burying_keeps_the_living(database_url: str) -> None:
    async with Store(database_url) as store:
        for name in ("one", "two"):
            await store.write(deliveries.beat, name, 60.0, first=True)
        await expire(store, "two")
        assert await store.read(deliveries.living) == {"one"}
        await store.write(deliveries.bury)
        assert await names(store) == {"one"}


@pytest.mark.postgres
async def test_fault_114_a_fence_holds_as_long_as_the_lease_and_never_again(postgres_url: str) -> None:
    async with Store(postgres_url) as store, started(Executor(store, "me", set()).lease()) as lease:
        FENCE.set(lease.fence())
        await store.write(deliveries.reserve, R, "job")
        await expire_elsewhere(store)
        with pytest.raises(LeaseLost):
            await store.write(deliveries.claim, R, "job")
        await anew(lease)
        with pytest.raises(LeaseLost):
            await store.write(deliveries.claim, R, "job")
        FENCE.set(lease.fence())
        await store.write(deliveries.claim, R, "job")
        FENCE.set(None)


@pytest.mark.postgres
async def test_fault_114_a_takeover_waits_for_what_is_just_being_committed(postgres_url: str) -> None:
    async with Store(postgres_url) as store:
        zombie = Executor(store, "zombie", set()).lease()
        heir = Executor(store, "heir", {"zombie"})
        async with started(zombie), started(heir.lease()) as watch:
            fence = zombie.fence()
            assert fence is not None
            inside, go = threading.Event(), threading.Event()

            def write_slowly(connection: sa.Connection) -> None:
                fence(connection)
                inside.set()
                go.wait(10)

            writing = asyncio.create_task(store.write(write_slowly))
            await asyncio.to_thread(inside.wait, 10)
            # The lease runs out while the transaction is open; the row itself cannot change under it but by the clock.
            await expire(store, "zombie")
            taking = asyncio.create_task(watch.take_over())
            await asyncio.sleep(0.3)
            assert not taking.done()
            assert heir.recovered == []
            go.set()
            await writing
            await taking
            assert heir.recovered == ["zombie"]


@pytest.mark.postgres
async def test_fault_114_no_call_that_changes_something_goes_out_when_the_lease_may_be_over(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Store(postgres_url) as store:
        executor = Executor(store, "me", set())
        async with started(executor.lease()) as lease:
            lease.check()
            later = lease_module._clock() + 60 * 0.8
            monkeypatch.setattr(lease_module, "_clock", lambda: later)
            with pytest.raises(LeaseLost):
                lease.check()
            # The job was given up on that word: it begins anew, here or elsewhere, although nobody else took the lease for lost.
            await lease.beat()
            assert (executor.losses, executor.recovered) == (1, ["me"])
            lease.check()


def test_a_file_has_one_process_and_needs_no_fence(tmp_path: Path) -> None:
    lease = Executor(Store(f"sqlite:///{tmp_path}/gaps.db"), "me", set()).lease()
    assert lease.fence() is None


async def expire_elsewhere(store: Store) -> None:
    """As another process does it, outside of our own fence."""
    token = FENCE.set(None)
    await expire(store, "me")
    await store.write(deliveries.bury)
    FENCE.reset(token)


async def anew(lease: Lease) -> None:
    """A beat in the lease's own task: it finds the loss out, and begins anew."""
    token = FENCE.set(None)
    await lease.beat()
    FENCE.reset(token)


WORKER = (
    "import asyncio, sys\n"
    "from bot.jobs import Done\n"
    "from tests.shell.working import working\n"
    "async def handler(repository, held):\n"
    "    print('syncing', repository, flush=True)\n"
    "    try:\n"
    "        for _ in range(int(sys.argv[2])):\n"  # Small steps: only time in which the process runs counts.
    "            await asyncio.sleep(0.1)\n"
    "    except asyncio.CancelledError:\n"
    "        print('cut off', repository, flush=True)\n"
    "        raise\n"
    "    print('synced', repository, flush=True)\n"
    "    return Done()\n"
    "async def main():\n"
    "    async with working(sys.argv[1], handler, lease=1.0) as at_work:\n"
    "        print('up', flush=True)\n"
    "        await asyncio.sleep(3600)\n"
    "asyncio.run(main())\n"
)


@asynccontextmanager
async def worker(url: str, steps: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that runs jobs, each of so many steps of 0.1 s, with a lease of one second."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, url, str(steps), cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert await line(process) == "up"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: asyncio.subprocess.Process) -> str:
    """The next thing the worker says, its log left out."""
    assert process.stdout is not None
    while said := (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip():
        if said.startswith(("up", "syncing", "synced", "cut off")):
            return said
    raise EOFError


@pytest.mark.postgres
async def test_fault_109_another_machine_takes_over_the_jobs_of_a_dead_one(postgres_url: str) -> None:
    async with Store(postgres_url) as store, worker(postgres_url, 9999) as first:
        await _enqueue(postgres_url)
        assert await line(first) == f"syncing {R}"
        async with worker(postgres_url, 0) as second:
            first.kill()
            assert await line(second) == f"syncing {R}"
            assert await line(second) == f"synced {R}"
            await _until_done(store)


@pytest.mark.postgres
async def test_fault_114_a_stopped_process_that_wakes_up_cuts_its_sync_off(postgres_url: str) -> None:
    """SIGSTOP for longer than its lease: the sync runs elsewhere; woken up, it must not finish its own."""
    async with Store(postgres_url) as store, worker(postgres_url, 9999) as first:
        await _enqueue(postgres_url)
        assert await line(first) == f"syncing {R}"
        os.kill(first.pid, signal.SIGSTOP)
        async with worker(postgres_url, 0) as second:
            assert await line(second) == f"syncing {R}"
            assert await line(second) == f"synced {R}"
            await _until_done(store)
            os.kill(first.pid, signal.SIGCONT)
            assert await line(first) == f"cut off {R}"


async def _enqueue(url: str) -> None:
    """Put a delivery from a process of its own, whose engine runs no jobs: it ends at once."""
    program = (
        "import asyncio, sys\n"
        "from bot.jobs.inbox import Inbox\nfrom bot.jobs.runtime import Runtime\nfrom bot.store.store import Store\n"
        "from tests.shell.working import delivery\n"
        "async def main():\n"
        "    async with Store(sys.argv[1]) as store:\n"
        "        client = Runtime(store, None)\n"
        "        engine = store.database.engine(pool=2, plain=True)\n"
        "        client._client = await asyncio.to_thread(client._prepared, engine)\n"
        "        inbox = Inbox(store, client.enqueue, delay=0)\n"
        "        inbox.start()\n"
        "        await inbox.put(delivery('g'), wanted=True)\n"
        "        await inbox.stop()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, url, cwd=HERE)
    assert await process.wait() == 0


async def _until_done(store: Store) -> None:
    for _ in range(1000):
        if await states(store) == {"g": "done"}:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError(await states(store))


@pytest.mark.postgres
async def test_fault_114_a_sync_cut_off_by_a_lost_lease_runs_again_where_nobody_took_it(postgres_url: str) -> None:
    calls: list[str] = []
    entered = asyncio.Event()

    async def handler(_repository: RepositoryId, _held: tuple[Delivery, ...]) -> Outcome:
        calls.append("entered")
        entered.set()
        if len(calls) == 1:
            await asyncio.Event().wait()
        return Done()

    async with working(postgres_url, handler) as at_work:
        await at_work.put("g")
        await entered.wait()
        await expire(at_work.store, at_work.runtime.executor)
        await at_work.runtime._lease.beat()
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"g": "done"}
    assert len(calls) == 2
