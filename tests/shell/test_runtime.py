import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.names import RepositoryId
from bot.jobs import Done, Later, Outcome
from bot.jobs import runtime as runtime_module
from bot.jobs.mend import mend
from bot.jobs.runtime import Jobs
from bot.store import Arrival, Delivery, deliveries
from bot.store.store import Store
from tests.shell.working import R, delivery, states, working

pytestmark = pytest.mark.anyio


class Syncs:
    """A handler that notes what it was called for, and does at each call what it was told."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[int, set[str]]] = []
        self.entered = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.inside: Counter[int] = Counter()

    async def __call__(self, repository: RepositoryId, held: tuple[Delivery, ...]) -> Outcome:
        self.calls.append((repository, {one.id for one in held}))
        self.inside[repository] += 1
        assert self.inside[repository] == 1, "two syncs of a repository at once"
        self.entered.set()
        try:
            await self.go.wait()
            answer = self.answers.pop(0) if self.answers else Done()
        finally:
            self.inside[repository] -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_burst_of_50_deliveries_is_a_few_syncs_and_none_is_forgotten(database_url: str) -> None:
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        await asyncio.gather(*(at_work.put(f"g{n}", 1 + n % 2) for n in range(50)))
        await at_work.runtime.wait_idle()
        assert set((await at_work.states()).values()) == {"done"}
    assert set[str]().union(*(held for _, held in syncs.calls)) == {f"g{n}" for n in range(50)}
    assert sum(len(held) for _, held in syncs.calls) == 50
    assert len(syncs.calls) <= 6


async def test_a_delivery_after_the_claim_is_another_sync(database_url: str) -> None:
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        syncs.go.clear()
        await at_work.put("first")
        await syncs.entered.wait()
        await at_work.put("second")
        await at_work.put("third")
        assert await at_work.runtime.counts() == Jobs(queued=1, running=1, delayed=0)
        syncs.go.set()
        await at_work.runtime.wait_idle()
        assert set((await at_work.states()).values()) == {"done"}
    assert syncs.calls == [(R, {"first"}), (R, {"second", "third"})]


async def test_repositories_do_not_wait_for_each_other(database_url: str) -> None:
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        syncs.go.clear()
        for repository in (1, 2, 3):
            syncs.entered.clear()
            await at_work.put(f"g{repository}", repository)
            await asyncio.wait_for(syncs.entered.wait(), 10)
        syncs.go.set()
        await at_work.runtime.wait_idle()
    assert sorted(syncs.calls) == [(1, {"g1"}), (2, {"g2"}), (3, {"g3"})]


async def test_fault_16_a_sync_that_raises_is_retried_then_failed_and_a_redelivery_tries_again(database_url: str) -> None:
    syncs = Syncs(*(ZeroDivisionError("canary") for _ in range(3)))
    async with working(database_url, syncs, retries=(0, 0)) as at_work:
        await at_work.put("g")
        await at_work.runtime.wait_idle()
        assert syncs.calls == [(R, {"g"})] * 3
        assert await at_work.states() == {"g": "failed"}
        assert await at_work.put("g") is Arrival.REQUEUED
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"g": "done"}
    assert len(syncs.calls) == 4


async def test_a_sync_that_raised_once_is_done_by_its_retry(database_url: str) -> None:
    syncs = Syncs(ZeroDivisionError())
    async with working(database_url, syncs, retries=(0.1,)) as at_work:
        await at_work.put("g")
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"g": "done"}
    assert syncs.calls == [(R, {"g"})] * 2


async def test_later_comes_again_after_its_delay_and_holds_nothing_meanwhile(database_url: str) -> None:
    syncs = Syncs(Later(2.0, "rate limit"))
    async with working(database_url, syncs) as at_work:
        began = time.monotonic()
        await at_work.put("g")
        await syncs.entered.wait()
        await at_work.until(at_work.runtime.counts, Jobs(queued=0, running=0, delayed=1))
        assert await at_work.states() == {"g": "claimed"}
        await at_work.runtime.wait_idle()
        assert time.monotonic() - began >= 2.0
        assert await at_work.states() == {"g": "done"}
    assert syncs.calls == [(R, {"g"})] * 2


async def test_a_push_does_not_wait_for_a_later_and_takes_its_deliveries_along(database_url: str) -> None:
    syncs = Syncs(Later(3600, "rate limit"))
    async with working(database_url, syncs) as at_work:
        await at_work.put("old")
        await at_work.until(at_work.runtime.counts, Jobs(queued=0, running=0, delayed=1))
        await at_work.put("new")
        await at_work.until(at_work.states, {"old": "done", "new": "done"})
    assert syncs.calls == [(R, {"old"}), (R, {"old", "new"})]


async def test_a_follow_up_whose_deliveries_are_done_syncs_nothing(database_url: str) -> None:
    syncs = Syncs(Later(2.0, "rate limit"))
    async with working(database_url, syncs) as at_work:
        await at_work.put("old")
        await at_work.until(at_work.runtime.counts, Jobs(queued=0, running=0, delayed=1))
        await at_work.put("new")
        await at_work.runtime.wait_idle()
    assert syncs.calls == [(R, {"old"}), (R, {"old", "new"})]


async def test_a_follow_up_leaves_alone_what_a_younger_job_has_taken_along(database_url: str) -> None:
    """Else each delivery to a repository that cannot be synced would leave one more job that tries again and again."""
    syncs = Syncs(Later(1.5, "unavailable"), Later(3600, "unavailable"))
    async with working(database_url, syncs) as at_work:
        await at_work.put("old")
        await at_work.until(at_work.runtime.counts, Jobs(queued=0, running=0, delayed=1))
        await at_work.put("new")
        await at_work.until(at_work.runtime.counts, Jobs(queued=0, running=0, delayed=2))
        await at_work.until(at_work.runtime.counts, Jobs(queued=0, running=0, delayed=1))
        assert await at_work.states() == {"old": "claimed", "new": "claimed"}
    assert syncs.calls == [(R, {"old"}), (R, {"old", "new"})]


async def test_a_repository_that_runs_is_not_synced_a_second_time(database_url: str) -> None:
    """The engine itself can start two jobs of a repository on several workers (decision 0001, trap 5): the guard row holds."""
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        syncs.go.clear()
        await at_work.put("first")
        await syncs.entered.wait()
        holder = await at_work.store.read(deliveries.running, R)
        # Another partition key: as if the engine had dequeued it beside the running one.
        await at_work.store.write(lambda connection: _enqueue_apart(at_work.runtime, connection, "intruder"))
        await at_work.inbox.put(delivery("second"), wanted=True)
        await at_work.until(at_work.runtime.counts, Jobs(queued=1, running=1, delayed=1))
        assert await at_work.store.read(deliveries.running, R) == holder
        syncs.go.set()
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"first": "done", "second": "done"}


def _enqueue_apart(runtime: runtime_module.Runtime, connection: sa.Connection, job: str) -> None:
    assert runtime._client is not None
    options = {
        "workflow_name": "sync_repository",
        "queue_name": "repositories",
        "workflow_id": job,
        "queue_partition_key": "apart",
    }
    runtime._client.enqueue_in_transaction(connection, options, R, 0)  # type: ignore[arg-type]  # a TypedDict, spelled as a dict


async def test_a_holder_that_the_engine_no_longer_knows_is_passed_over(database_url: str) -> None:
    async with Store(database_url) as store:
        await store.write(deliveries.reserve, R, "vanished")
        await store.write(deliveries.claim, R, "vanished")
        await store.write(deliveries.put, [(delivery("orphan"), True)])
        await store.write(deliveries.claim, R, "vanished")
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        await at_work.put("g")
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"orphan": "done", "g": "done"}
    assert syncs.calls == [(R, {"orphan", "g"})]


async def _leave_stuck(database_url: str) -> None:
    """A repository whose waiting job the engine does not know: without mending no later delivery would ever get a job."""
    async with Store(database_url) as store:
        await store.write(deliveries.put, [(delivery("stuck"), True)])
        await store.write(deliveries.reserve, R, "vanished")


async def test_a_repository_whose_waiting_job_vanished_is_mended_at_the_start(database_url: str) -> None:
    await _leave_stuck(database_url)
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"stuck": "done"}
        await at_work.put("next")
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"stuck": "done", "next": "done"}


async def test_mending_leaves_living_jobs_alone(database_url: str) -> None:
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        syncs.go.clear()
        await at_work.put("running")
        await syncs.entered.wait()
        await at_work.put("waiting")
        before = await at_work.runtime.counts()
        await at_work.runtime.mend()
        assert await at_work.runtime.counts() == before == Jobs(queued=1, running=1, delayed=0)
        syncs.go.set()
        await at_work.runtime.wait_idle()
    assert syncs.calls == [(R, {"running"}), (R, {"waiting"})]


@pytest.mark.parametrize("status", ["MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"])
async def test_what_the_engine_gave_up_has_failed_and_what_came_after_it_is_synced(database_url: str, status: str) -> None:
    jobs: list[str] = []
    async with Store(database_url) as store:
        await store.write(deliveries.put, [(delivery("poison"), True)])
        await store.write(deliveries.reserve, R, "poisoned")
        await store.write(deliveries.claim, R, "poisoned")
        await store.write(deliveries.put, [(delivery("after"), True)])

        async def statuses(asked: list[str]) -> dict[str, str]:
            return dict.fromkeys(asked, status)

        def enqueue(connection: sa.Connection, repository: RepositoryId, job: str, *, delay: float) -> None:
            assert (repository, delay) == (R, 0)
            jobs.append(job)

        for _ in range(2):
            await mend(store, statuses, enqueue)
            assert await states(store) == {"poison": "failed", "after": "queued"}
            assert await store.read(deliveries.running, R) is None
            status = "ENQUEUED"
        assert len(jobs) == 1


async def test_fault_108_stopping_lets_a_running_sync_end(database_url: str) -> None:
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        syncs.go.clear()
        await at_work.put("g")
        await syncs.entered.wait()
        asyncio.get_running_loop().call_later(0.2, syncs.go.set)
        store = at_work.store
        await at_work.inbox.stop()
        await at_work.runtime.stop()
        assert await states(store) == {"g": "done"}
        # The engine has shut its pool down; the loop has a working one again.
        assert await asyncio.to_thread(lambda: 5) == 5


async def test_fault_108_a_sync_cut_off_by_stopping_runs_again_at_the_next_start(database_url: str) -> None:
    syncs = Syncs()
    async with working(database_url, syncs, grace=0.05) as at_work:
        syncs.go.clear()
        await at_work.put("g")
        await syncs.entered.wait()
    async with Store(database_url) as store:
        assert await states(store) == {"g": "claimed"}
    again = Syncs()
    async with working(database_url, again) as at_work:
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"g": "done"}
    assert again.calls == [(R, {"g"})]


async def test_fault_109_a_kill_in_the_handler_loses_nothing(database_url: str, tmp_path: Path) -> None:
    """A process is killed while it syncs, with another repository's delivery waiting: the next process does both."""
    program = tmp_path / "worker.py"
    program.write_text(
        "import asyncio, sys\n"
        "from tests.shell.working import working\n"
        "async def handler(repository, held):\n"
        "    print('syncing', flush=True)\n"
        "    await asyncio.sleep(3600)\n"
        "async def main():\n"
        "    async with working(sys.argv[1], handler) as at_work:\n"
        "        await at_work.put('g1', 1)\n"
        "        await at_work.put('g2', 1)\n"
        "        print('acknowledged', flush=True)\n"
        "        await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, str(program), database_url]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    try:
        seen = {(await asyncio.wait_for(process.stdout.readline(), 30)).strip() for _ in range(2)}
        assert seen == {b"syncing", b"acknowledged"}
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # else a ResourceWarning after the loop is gone
    if not database_url.startswith("sqlite"):
        # On PostgreSQL the dead process is believed to live until its lease has run out.
        async with Store(database_url) as store:
            await store.write(lambda connection: connection.execute(sa.text("UPDATE executors SET expires = 0")))
    syncs = Syncs()
    async with working(database_url, syncs) as at_work:
        await at_work.runtime.wait_idle()
        assert await at_work.states() == {"g1": "done", "g2": "done"}
    assert set[str]().union(*(held for _, held in syncs.calls)) == {"g1", "g2"}


@pytest.mark.parametrize(("job", "then"), [("sync-7-ab", "sync-7-ab.r1"), ("sync-7-ab.r1", "sync-7-ab.r2"), ("x.r99", "x.r100")])
async def test_a_follow_up_has_the_same_name_each_time(job: str, then: str) -> None:
    assert runtime_module._follow_up(job) == then
