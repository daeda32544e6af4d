import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.core.names import RepositoryId
from bot.jobs import inbox as inbox_module
from bot.jobs.inbox import Bursts, Closed, Inbox
from bot.jobs.outcome import Done, Outcome
from bot.store import Arrival, Delivery, deliveries
from bot.store.store import Store
from tests.shell.working import R, delivery, states, working

pytestmark = pytest.mark.anyio

Job = tuple[RepositoryId, str, float]


class Engine:
    """Stands in for the job engine: notes what it is asked for, in the same transaction."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.fault: Exception | None = None

    def enqueue(self, connection: sa.Connection, repository: RepositoryId, job: str, *, delay: float) -> None:
        if self.fault is not None:
            raise self.fault
        assert connection.in_transaction()
        self.jobs.append((repository, job, delay))


@asynccontextmanager
async def open_inbox(database_url: str) -> AsyncIterator[tuple[Store, Inbox, Engine]]:
    async with Store(database_url) as store:
        engine = Engine()
        inbox = Inbox(store, engine.enqueue, delay=2.5)
        inbox.start()
        try:
            yield store, inbox, engine
        finally:
            await inbox.stop()


def count_commits(store: Store, inbox: Inbox) -> Callable[[], int]:
    commits: list[object] = []
    sa.event.listen(inbox._engine, "commit", commits.append)
    return lambda: len(commits)


async def test_a_burst_is_a_few_commits_and_one_waiting_sync_for_each_repository(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        commits = count_commits(store, inbox)
        burst = [delivery(f"g{n}", 1 + n % 3) for n in range(60)]
        arrivals = await asyncio.gather(*(inbox.put(one, wanted=True) for one in burst))
        assert set(arrivals) == {Arrival.NEW}
        assert len(await states(store)) == 60
        assert sorted(repository for repository, _, _ in engine.jobs) == [1, 2, 3]
        assert {delay for *_, delay in engine.jobs} == {2.5}
        assert commits() <= 3


async def test_put_returns_only_after_the_commit(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, _):
        for n in range(5):
            await inbox.put(delivery(f"g{n}"), wanted=True)
            assert f"g{n}" in await states(store)


async def test_a_delivery_comes_back_as_it_was_put(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        sent = delivery("g", payload=b"\x00\xff {}")
        await inbox.put(sent, wanted=True)
        (job,) = [job for _, job, _ in engine.jobs]
        assert await store.write(deliveries.claim, R, job)
        assert await store.read(deliveries.claimed, job) == (sent,)


async def test_a_delivery_that_is_not_wanted_is_kept_without_a_job(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        assert await inbox.put(delivery("star"), wanted=False) is Arrival.NEW
        assert await inbox.put(delivery("app", None), wanted=False) is Arrival.NEW
        assert await states(store) == {"star": "ignored", "app": "ignored"}
        assert engine.jobs == []


async def test_fault_15_the_same_guid_twice_is_one_job(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        together = await asyncio.gather(*(inbox.put(delivery("g"), wanted=True) for _ in range(2)))
        later = await inbox.put(delivery("g"), wanted=True)
        assert {*together, later} <= {Arrival.NEW, Arrival.REPEATED}
        assert len(engine.jobs) == 1
        await store.write(deliveries.claim, R, engine.jobs[0][1])
        await store.write(deliveries.settle, R, engine.jobs[0][1])
        assert await inbox.put(delivery("g"), wanted=True) is Arrival.REPEATED
        assert len(engine.jobs) == 1


async def test_fault_15_the_same_guid_through_two_processes_is_one_job(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process has the file")
    async with open_inbox(database_url) as (_, one, first), open_inbox(database_url) as (store, other, second):
        puts = [inbox.put(delivery(f"g{n}", n % 5), wanted=True) for n in range(40) for inbox in (one, other)]
        arrivals = await asyncio.gather(*puts)
        assert arrivals.count(Arrival.NEW) == 40
        assert sorted(repository for repository, *_ in first.jobs + second.jobs) == [0, 1, 2, 3, 4]
        assert len(await states(store)) == 40


async def test_fault_16_a_redelivery_of_a_failed_one_gets_a_job_again(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        await inbox.put(delivery("g"), wanted=True)
        await store.write(deliveries.claim, R, engine.jobs[0][1])
        await store.write(deliveries.settle, R, engine.jobs[0][1], failed="ZeroDivisionError")
        assert await states(store) == {"g": "failed"}
        assert await inbox.put(delivery("g"), wanted=True) is Arrival.REQUEUED
        assert await states(store) == {"g": "queued"}
        assert len(engine.jobs) == 2
        assert len({job for _, job, _ in engine.jobs}) == 2


async def test_fault_17_the_same_guid_with_another_body_keeps_the_first_and_says_so(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        await inbox.put(delivery("g", payload=b"first"), wanted=True)
        with capture_logs() as logs:
            assert await inbox.put(delivery("g", payload=b"other"), wanted=True) is Arrival.FORGED
        assert [(entry["event"], entry["delivery"]) for entry in logs] == [("delivery.other_body", "g")]
        assert len(engine.jobs) == 1
        await store.write(deliveries.claim, R, engine.jobs[0][1])
        assert [one.payload for one in await store.read(deliveries.claimed, engine.jobs[0][1])] == [b"first"]


async def test_deliveries_during_a_sync_are_one_more_sync(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        await inbox.put(delivery("before"), wanted=True)
        await store.write(deliveries.claim, R, engine.jobs[0][1])
        for n in range(3):
            await inbox.put(delivery(f"during{n}"), wanted=True)
        assert len(engine.jobs) == 2
        await store.write(deliveries.settle, R, engine.jobs[0][1])
        assert await states(store) == {"before": "done", "during0": "queued", "during1": "queued", "during2": "queued"}


async def test_a_job_takes_what_earlier_jobs_left_open_but_never_a_repository_that_runs(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        await inbox.put(delivery("one"), wanted=True)
        first = engine.jobs[0][1]
        assert await store.write(deliveries.claim, R, first)
        await inbox.put(delivery("two"), wanted=True)
        second = engine.jobs[1][1]
        assert not await store.write(deliveries.claim, R, second)
        assert not await store.write(deliveries.claim, R, second, instead_of="somebody else")
        assert await store.read(deliveries.claimed, second) == ()
        assert await store.write(deliveries.claim, R, second, instead_of=first)
        assert {one.id for one in await store.read(deliveries.claimed, second)} == {"one", "two"}
        # The first one, still somewhere on its way, closes nothing any more, and takes nothing from the second.
        await store.write(deliveries.settle, R, first)
        assert await states(store) == {"one": "claimed", "two": "claimed"}
        assert await store.read(deliveries.running, R) == second


async def test_fault_22_a_database_that_fails_keeps_nothing_and_the_sender_hears_of_it(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        engine.fault = sa.exc.OperationalError("INSERT", {}, Exception("disk full"))
        puts = [inbox.put(delivery(f"g{n}"), wanted=True) for n in range(3)]
        answers = await asyncio.gather(*puts, return_exceptions=True)
        assert [type(answer) for answer in answers] == [sa.exc.OperationalError] * 3
        assert await states(store) == {}
        engine.fault = None
        assert await inbox.put(delivery("g0"), wanted=True) is Arrival.NEW


async def test_a_sender_that_went_away_does_not_take_the_answer_from_others(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, _):
        gone = asyncio.ensure_future(inbox.put(delivery("gone"), wanted=True))
        stays = asyncio.ensure_future(inbox.put(delivery("stays"), wanted=True))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays is Arrival.NEW
        assert await states(store) == {"gone": "queued", "stays": "queued"}


async def test_stopping_commits_what_waits_and_takes_nothing_more(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, _):
        waiting = [asyncio.ensure_future(inbox.put(delivery(f"g{n}"), wanted=True)) for n in range(100)]
        await asyncio.sleep(0)
        await inbox.stop()
        assert await asyncio.gather(*waiting) == [Arrival.NEW] * 100
        assert len(await states(store)) == 100
        with pytest.raises(Closed):
            await inbox.put(delivery("late"), wanted=True)


async def test_payloads_that_wait_are_bounded(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MAX_WAITING_BYTES", 100)
    async with open_inbox(database_url) as (store, inbox, _):
        for n in range(3):  # What is committed no longer counts.
            await inbox.put(delivery(f"g{n}", payload=b"x" * 60), wanted=True)
        puts = [inbox.put(delivery(f"h{n}", payload=b"x" * 60), wanted=True) for n in range(2)]
        first, second = await asyncio.gather(*puts, return_exceptions=True)
        assert first is Arrival.NEW
        assert isinstance(second, Closed)
        assert sorted(await states(store)) == ["g0", "g1", "g2", "h0"]


async def test_a_job_that_stands_back_hands_its_place_over(database_url: str) -> None:
    async with open_inbox(database_url) as (store, inbox, engine):
        await inbox.put(delivery("g"), wanted=True)
        (job,) = [job for _, job, _ in engine.jobs]
        await store.write(deliveries.succeed, R, job, f"{job}.r1")
        await store.write(deliveries.succeed, R, job, "a job that had no place to give")
        assert await store.read(deliveries.named_jobs) == {R: {f"{job}.r1"}}
        await inbox.put(delivery("h"), wanted=True)
        assert len(engine.jobs) == 1


def test_a_burst_waits_for_its_end_after_two_quick_syncs_and_a_single_delivery_never_does() -> None:
    """100 pushes in 10 s: the syncs start after 1, 2.1 and 11 s; an hour later it is quick again."""
    now = 0.0
    bursts = Bursts(1.0, clock=lambda: now)
    starts: list[float] = []
    for number in range(101):
        now = number / 10
        if not starts or now > starts[-1]:
            starts.append(now + bursts.delay(R))
    assert starts == [pytest.approx(1.0), pytest.approx(2.1), pytest.approx(11.0)]
    assert bursts.delay(RepositoryId(8)) == 1.0
    now = 3600.0
    assert bursts.delay(R) == 1.0


def test_what_is_remembered_of_bursts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.inbox.MAX_REMEMBERED", 10)
    now = 0.0
    bursts = Bursts(1.0, clock=lambda: now)
    for number in range(100):
        now = number * 5.0
        bursts.delay(RepositoryId(number))
        assert len(bursts._starts) <= 10  # its size is what is asked


async def test_100_pushes_in_ten_seconds_are_at_most_three_syncs_and_the_last_has_the_newest(database_url: str) -> None:
    syncs: list[list[str]] = []

    async def handle(_: RepositoryId, given: tuple[Delivery, ...]) -> Outcome:
        syncs.append([one.id for one in given])
        return Done()

    async with working(database_url, handle, delay=1.0) as engine:
        began = time.monotonic()
        for number in range(100):
            await engine.put(f"push-{number}")
            await asyncio.sleep(0.05)
        bursts = math.ceil((time.monotonic() - began) / 10)  # one, on a machine that is not too busy
        await engine.runtime.wait_idle(timeout=60.0)
    assert len(syncs) <= 2 * bursts + 1
    assert sorted(guid for sync in syncs for guid in sync) == sorted(f"push-{number}" for number in range(100))
    assert "push-99" in syncs[-1]


async def test_i20_a_repository_that_fails_or_never_ends_delays_no_other(database_url: str) -> None:
    """One raises each time, one takes for ever, and twenty others are done meanwhile."""
    done: set[RepositoryId] = set()
    release = asyncio.Event()

    async def handle(repository: RepositoryId, _: tuple[Delivery, ...]) -> Outcome:
        if repository == 1:
            raise ZeroDivisionError
        if repository == 2:
            await release.wait()
        done.add(repository)
        return Done()

    async with working(database_url, handle, retries=(60.0,)) as engine:
        for repository in range(1, 23):
            await engine.put(f"delivery-{repository}", repository)

        async def are_done() -> int:
            return len(done)

        await engine.until(are_done, 20)
        assert done == {RepositoryId(number) for number in range(3, 23)}
        release.set()
        await engine.until(are_done, 21)
