"""What becomes of a job that meets an error: one table, and the jobs that it parks. Each row is a fault of the catalogue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import pytest
import sqlalchemy as sa

from bot.core.errors import (
    GapkeeperError,
    Gone,
    Moved,
    NotFound,
    RateLimited,
    Refused,
    SchemaMismatch,
    Stale,
    Unauthorized,
    Unavailable,
    Unsettled,
)
from bot.core.names import RepositoryId
from bot.jobs.handling import Handling
from bot.jobs.outcome import Done, Later, Outcome
from bot.jobs.verdict import DAY, HOUR, MINUTE, TABLE, Course, stops_everything, verdict_of
from bot.store.store import Store
from bot.store.tables import parked, rounds
from tests.shell.working import delivery, working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.jobs.sync import Sync
    from bot.store import Delivery

pytestmark = pytest.mark.anyio

R = RepositoryId(7)

FAULTS: dict[str, tuple[GapkeeperError, Course]] = {
    "#28 a limit": (RateLimited("wait", status=403, retry_after=60.0), Course.WAIT),
    "#44 unsettled": (Unsettled("perhaps created", retry_after=600.0), Course.WAIT),
    "#39 stale": (Stale("changed meanwhile"), Course.RETRY),
    "#43 502": (Unavailable("GitHub answered 502", status=502), Course.RETRY),
    "#47 no answer": (Unavailable("GET /x: ReadTimeout"), Course.RETRY),
    "#26, #27 a second 401": (Unauthorized("Bad credentials", status=401), Course.RETRY),
    "#31 permission": (Refused("GitHub answered 403: Resource not accessible by integration", status=403), Course.PARK),
    "#32 suspended": (Refused("GitHub answered 403: This installation has been suspended", status=403), Course.PARK),
    "#33 not found": (NotFound("GitHub answered 404: Not Found", status=404), Course.RETRY),
    "#35 issues disabled": (Gone("GitHub answered 410: Issues are disabled for this repo", status=410), Course.PARK),
    "#35 in other words": (Gone("GitHub answered 410: Issues has been disabled in this repository.", status=410), Course.PARK),
    "#36 a deleted issue": (Gone("GitHub answered 410: This issue was deleted", status=410), Course.ASK),
    "#38 moved": (Moved("GitHub answered 301", status=301, location="/repositories/7"), Course.RETRY),
    "#40 a ruleset": (Refused("GitHub answered 409: Repository rule violations found", status=409), Course.ASK),
    "#41 too long": (Refused("GitHub answered 422: Validation Failed", status=422, codes=("custom",)), Course.ASK),
    "#42 spammed": (
        Refused("GitHub answered 422: Validation failed, or the endpoint has been spammed.", status=422),
        Course.PARK,
    ),
    "#54 archived": (
        Refused("GitHub answered 403: Repository was archived so is read-only.", status=403),
        Course.PARK,
    ),
    "#54 empty": (Refused("GitHub answered 409: Git Repository is empty.", status=409), Course.REFUSE),
}


@pytest.mark.parametrize(("error", "course"), FAULTS.values(), ids=FAULTS)
def test_the_table_has_a_course_for_every_fault(error: GapkeeperError, course: Course) -> None:
    verdict = verdict_of(error)
    assert verdict is not None
    assert verdict.course is course
    if isinstance(error, Refused):
        assert stops_everything(error) is (course is Course.PARK)


def test_every_row_of_the_table_is_some_fault_s() -> None:
    hit = {id(verdict_of(error)) for error, _ in FAULTS.values()}
    assert [name for name, row in TABLE.items() if id(row.verdict) not in hit] == []


def test_what_is_no_fault_of_github_s_has_no_verdict() -> None:
    assert verdict_of(SchemaMismatch("newer")) is None


def test_pauses_grow_with_the_time_that_the_fault_lasts_and_are_bounded() -> None:
    verdict = verdict_of(NotFound("gone", status=404))
    assert verdict is not None
    lasted, pauses = 0.0, []
    for _ in range(20):
        pauses.append(verdict.pause(lasted))
        lasted += pauses[-1]
    assert pauses[:5] == [1.0, 1.0, 2.0, 4.0, 8.0], "the first tries come soon: GitHub lags (#33)"
    assert pauses[-1] == 6 * HOUR


class Scripted:
    """A sync that does what the test says, one thing after the other; the last stays."""

    def __init__(self, *courses: Outcome | Exception) -> None:
        self.courses = list(courses)
        self.synced: list[list[str]] = []
        self.rounds = 0

    def _next(self) -> Outcome:
        course = self.courses.pop(0) if len(self.courses) > 1 else self.courses[0]
        if isinstance(course, Exception):
            raise course
        return course

    async def __call__(self, _: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
        self.synced.append([one.id for one in deliveries])
        return self._next()

    async def round(self, _: RepositoryId) -> Outcome:
        self.rounds += 1
        return self._next()


def handling(store: Store, scripted: Scripted, *, chance: float = 0.0) -> Handling:
    return Handling(cast("Sync", scripted), store, chance=lambda: chance)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with Store(database_url) as opened:
        yield opened


async def noted(store: Store) -> list[Any]:
    return await store.read(lambda connection: list(connection.execute(sa.select(parked))))


async def test_fault_33_a_repository_that_cannot_be_seen_is_parked_and_forgets_nothing(store: Store) -> None:
    scripted = Scripted(NotFound("GitHub answered 404: Not Found", status=404), Done())
    handle = handling(store, scripted)
    assert await handle(R, (delivery("a"),)) == Later(1.0, "the App cannot see the repository: GitHub answered 404: Not Found")
    (row,) = await noted(store)
    assert (row.repository, row.reason) == (R, "the App cannot see the repository: GitHub answered 404: Not Found")
    assert row.until - row.since == pytest.approx(1.0, abs=0.9)
    await store.write(lambda connection: connection.execute(parked.update().values(since=parked.c.since - 2 * DAY)))
    scripted.courses.insert(0, NotFound("GitHub answered 404: Not Found", status=404))
    outcome = await handle(R, (delivery("a"),))
    assert isinstance(outcome, Later)
    assert outcome.seconds == 6 * HOUR
    assert await handle(R, (delivery("a"),)) == Done()
    assert await noted(store) == []


async def test_fault_32_what_is_parked_leaves_no_job_and_a_round_looks_at_it_again(store: Store) -> None:
    suspended = Refused("GitHub answered 403: This installation has been suspended", status=403)
    scripted = Scripted(suspended, suspended, Done())
    handle = handling(store, scripted)

    async def round_in() -> float:
        return float(await store.read(lambda c: c.execute(sa.select(rounds.c.due)).scalar_one())) - time.time()

    assert await handle(R, (delivery("a"),)) == Done()
    assert await round_in() == pytest.approx(HOUR, abs=20)
    (row,) = await noted(store)
    assert row.until - time.time() == pytest.approx(HOUR, abs=20)
    await store.write(lambda connection: connection.execute(parked.update().values(since=parked.c.since - DAY)))
    assert await handle(R, (delivery("a"),)) == Done()
    assert await round_in() == pytest.approx(6 * HOUR, abs=20)
    assert await handle(R, (delivery("a"),)) == Done()
    assert await noted(store) == []


async def test_a_fault_of_another_kind_begins_with_short_pauses_again(store: Store) -> None:
    scripted = Scripted(RateLimited("wait", retry_after=3600.0), Unavailable("GitHub answered 502"), Unavailable("ReadTimeout"))
    handle = handling(store, scripted)
    await handle(R, (delivery("a"),))
    await store.write(lambda connection: connection.execute(parked.update().values(since=parked.c.since - HOUR)))
    outcome = await handle(R, (delivery("a"),))
    assert isinstance(outcome, Later)
    assert outcome.seconds == 0.5
    await store.write(lambda connection: connection.execute(parked.update().values(since=parked.c.since - 100)))
    outcome = await handle(R, (delivery("a"),))
    assert isinstance(outcome, Later)
    assert outcome.seconds == pytest.approx(100, abs=5), "the same fault in other words"


async def test_what_lasts_for_a_week_is_given_up(store: Store) -> None:
    handle = handling(store, Scripted(Unauthorized("Bad credentials", status=401)))
    await handle(R, (delivery("a"),))
    await store.write(lambda connection: connection.execute(parked.update().values(since=parked.c.since - 8 * DAY)))
    with pytest.raises(Unauthorized):
        await handle(R, (delivery("a"),))


async def test_fault_30_jobs_that_wait_for_one_limit_do_not_all_come_at_once(store: Store) -> None:
    scripted = Scripted(RateLimited("wait", retry_after=600.0))
    waits = [await handling(store, scripted, chance=chance)(R, (delivery("a"),)) for chance in (0.0, 0.5, 1.0)]
    assert [round(wait.seconds) for wait in waits if isinstance(wait, Later)] == [600, 630, 660]
    (row,) = await noted(store)
    assert 650 < row.until - time.time() <= 660


async def test_an_error_of_ours_is_none_of_github_s(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await handling(store, Scripted(ZeroDivisionError()))(R, (delivery("a"),))
    assert await noted(store) == []


async def test_a_round_comes_after_the_deliveries_that_came_with_it(store: Store) -> None:
    scripted = Scripted(Done())
    one = delivery("a")
    turn = delivery("b")
    turn = type(turn)(turn.id, "gapkeeper.round", None, R, None, b"{}", 0.0)
    assert await handling(store, scripted)(R, (one, turn)) == Done()
    assert (scripted.synced, scripted.rounds) == ([["a"]], 1)
    assert await handling(store, scripted)(R, (turn,)) == Done()
    assert (scripted.synced, scripted.rounds) == ([["a"]], 2)


async def test_a_parked_job_holds_no_worker_and_the_next_delivery_takes_its_own_along(database_url: str) -> None:
    """Twenty repositories that cannot be seen, on eight workers: another one does not wait for them."""
    broken = {RepositoryId(number) for number in range(100, 120)}
    healed = False
    seen: list[tuple[RepositoryId, list[str]]] = []

    class Syncing(Scripted):
        async def __call__(self, repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
            if repository in broken and not healed:
                raise Unauthorized("Bad credentials", status=401)
            seen.append((repository, [one.id for one in deliveries]))
            return Done()

    sync = Syncing(Done())
    opened: list[Store] = []

    async def handle(repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
        return await handling(opened[0], sync)(repository, deliveries)

    async with working(database_url, handle) as engine:
        opened.append(engine.store)
        for repository in broken:
            await engine.put(f"broken-{repository}", repository)

        async def are_parked() -> bool:
            return len(await noted(engine.store)) == len(broken)

        await engine.until(are_parked, True)
        await engine.put("healthy", 7)

        async def was_seen() -> bool:
            return (R, ["healthy"]) in seen

        await engine.until(was_seen, True)

        async def waiting() -> int:
            return (await engine.runtime.counts()).delayed

        await engine.until(waiting, len(broken))
        healed = True
        await engine.put("later", 100)

        async def came_along() -> bool:
            return (RepositoryId(100), ["broken-100", "later"]) in seen

        await engine.until(came_along, True)

        async def is_done() -> bool:
            return (await engine.states())["broken-100"] == "done"

        await engine.until(is_done, True)


def test_the_pauses_of_the_table_are_sensible() -> None:
    for name, row in TABLE.items():
        if row.verdict.course in {Course.RETRY, Course.PARK}:
            assert 0 < row.verdict.shortest <= row.verdict.longest <= 6 * HOUR, name
        if row.verdict.course is Course.PARK:
            assert row.verdict.shortest >= MINUTE, name
