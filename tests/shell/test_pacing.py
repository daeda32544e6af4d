"""The pace of an installation: writes one by one and spaced, silence while GitHub wants it. The clock moves by sleeping only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from bot.core.errors import RateLimited, Refused
from bot.core.names import InstallationId, IssueNumber
from bot.github.faults import Answer, fault_of
from bot.github.pacing import NAP_SECONDS, Governor
from bot.store.pace import SharedLedger
from bot.store.store import Store
from tests.shell.hub import NAME, REPO, Clock, Hub, issue_json, no, ok

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio

SEVEN = IssueNumber(7)
ISSUE = f"{REPO}/issues/7"
NOW = 1_800_000_000.0


async def test_the_starts_of_writes_are_spaced() -> None:
    clock = Clock()
    governor = Governor(spacing=1.0, time=clock.time())
    starts = []

    async def write(seconds: float) -> None:
        async with governor.turn(write=True):
            starts.append(clock.now)
            clock.now += seconds

    await asyncio.gather(write(0.0), write(0.25), write(3.0), write(0.0))
    assert starts == [1000.0, 1001.0, 1002.0, 1005.0]
    assert clock.slept == [1.0, 0.75]


async def test_writes_never_overlap_and_reads_do_not_wait_for_them() -> None:
    governor = Governor(spacing=0.0, time=Clock().time())
    running, most = 0, 0
    reading = asyncio.Event()

    async def write() -> None:
        nonlocal running, most
        async with governor.turn(write=True):
            running += 1
            most = max(most, running)
            await reading.wait()
            running -= 1

    async def read() -> None:
        async with governor.turn(write=False):
            reading.set()

    async with asyncio.timeout(5):
        await asyncio.gather(*(write() for _ in range(5)), read())
    assert most == 1


async def test_a_failed_write_keeps_the_spacing_and_frees_the_way() -> None:
    clock = Clock()
    governor = Governor(spacing=1.0, time=clock.time())
    with pytest.raises(Refused):
        async with governor.turn(write=True):
            raise Refused("no")
    async with governor.turn(write=True):
        assert clock.now == 1001.0


async def test_a_longer_silence_is_not_shortened_by_a_later_answer() -> None:
    clock = Clock()
    governor = Governor(spacing=0.0, time=clock.time())
    governor.silence(600.0)
    governor.silence(1.0)
    clock.now += 599.0
    with pytest.raises(RateLimited) as caught:
        governor.check()
    assert caught.value.retry_after == 1.0
    clock.now += 1.0
    governor.check()


async def test_writes_are_spaced_on_the_wire() -> None:
    hub = Hub(write_spacing=1.0)
    times: list[float] = []

    def create(_: httpx.Request) -> httpx.Response:
        times.append(hub.clock.now)
        return ok(issue_json(), 201)

    hub.router.post(path=f"{REPO}/issues").mock(side_effect=create)
    await asyncio.gather(*(hub.gateway.create_issue(NAME, title="t", body="b", labels=[]) for _ in range(4)))
    assert times == [1000.0, 1001.0, 1002.0, 1003.0]


@pytest.mark.parametrize("status", [403, 429])
async def test_fault_28_a_limit_stops_all_calls_of_the_installation_until_its_end(status: int) -> None:
    hub = Hub()
    limited = hub.answers(
        "GET", ISSUE, no(status, "You have exceeded a secondary rate limit", Retry_After="60"), ok(issue_json())
    )
    created = hub.answers("POST", f"{REPO}/issues", ok(issue_json(), 201))
    with pytest.raises(RateLimited) as caught:
        await hub.gateway.issue(NAME, SEVEN)
    assert (caught.value.retry_after, caught.value.status) == (60.0, status)
    hub.clock.now += 45.0
    for call in (
        hub.gateway.issue(NAME, SEVEN),
        hub.reader.issue(NAME, SEVEN),
        hub.gateway.create_issue(NAME, title="t", body="b", labels=[]),
    ):
        with pytest.raises(RateLimited) as caught:
            await call
        assert caught.value.retry_after == pytest.approx(15.0)
    assert (limited.call_count, created.call_count) == (1, 0)
    assert hub.clock.slept == [], "no worker sleeps through a limit"
    hub.clock.now += 15.0
    await hub.gateway.issue(NAME, SEVEN)
    assert limited.call_count == 2


async def test_fault_28_writes_that_wait_in_the_queue_fail_with_the_one_that_met_the_limit() -> None:
    hub = Hub(write_spacing=1.0)
    route = hub.answers("POST", f"{REPO}/issues", ok(issue_json(), 201), no(403, "secondary rate limit", Retry_After="60"))
    results = await asyncio.gather(
        *(hub.gateway.create_issue(NAME, title="t", body="b", labels=[]) for _ in range(10)), return_exceptions=True
    )
    assert [isinstance(result, RateLimited) for result in results] == [False] + [True] * 9
    assert route.call_count == 2


async def test_fault_28_a_write_that_waits_for_its_second_hears_of_a_limit_that_a_read_met() -> None:
    hub = Hub(write_spacing=1.0)
    created = hub.answers("POST", f"{REPO}/issues", ok(issue_json(), 201))
    hub.answers("GET", ISSUE, no(429, "slow down", Retry_After="60"))
    await hub.gateway.create_issue(NAME, title="t", body="b", labels=[])
    slept = hub.clock.sleep

    async def limited_meanwhile(seconds: float) -> None:
        with pytest.raises(RateLimited):
            await hub.gateway.issue(NAME, SEVEN)
        await slept(seconds)

    object.__setattr__(hub.app._time, "sleep", limited_meanwhile)
    with pytest.raises(RateLimited):
        await hub.gateway.create_issue(NAME, title="t", body="b", labels=[])
    assert created.call_count == 1


async def test_a_limit_of_one_installation_is_none_of_another() -> None:
    hub = Hub()
    hub.answers("POST", "/app/installations/200/access_tokens", ok({"token": "ghs_b", "expires_at": "2099-01-01T00:00:00Z"}, 201))
    hub.answers("GET", ISSUE, no(429, Retry_After="60"), ok(issue_json()))
    with pytest.raises(RateLimited):
        await hub.gateway.issue(NAME, SEVEN)
    assert (await hub.app.installation(InstallationId(200)).issue(NAME, SEVEN)).number == 7


def header_date(offset: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=offset), usegmt=True)


LIMITS: dict[str, tuple[int, dict[str, str], str, float]] = {
    "#28 seconds": (403, {"retry-after": "60"}, "", 60),
    "#28 429 seconds": (429, {"retry-after": "120"}, "", 120),
    "#28 date": (403, {"retry-after": header_date(90)}, "", 90),
    "#28 date by the clock of GitHub": (403, {"retry-after": header_date(90), "date": header_date(30)}, "", 60),
    "#28 date in the past": (429, {"retry-after": header_date(-90)}, "", 1),
    "#28 zero": (429, {"retry-after": "0"}, "", 1),
    "#28 negative": (429, {"retry-after": "-5"}, "", 1),
    "#28 a year": (429, {"retry-after": "31536000"}, "", 3600),
    "#28 garbage": (403, {"retry-after": "soon"}, "", 60),
    "#28 empty": (403, {"retry-after": ""}, "", 60),
    "#28 5000 digits": (403, {"retry-after": "9" * 5000}, "", 60),
    "#28 other digits": (403, {"retry-after": "٣٠"}, "", 60),
    "#28 an impossible date": (403, {"retry-after": "Mon, 99 Foo 2026 99:99:99 GMT"}, "", 60),
    "#29 words alone": (403, {"x-ratelimit-remaining": "4999"}, "You have exceeded a secondary rate limit. Please wait.", 60),
    "#29 abuse": (403, {}, "You have triggered an abuse detection mechanism.", 60),
    "#29 words with a reset that is not meant": (
        403,
        {"x-ratelimit-remaining": "4999", "x-ratelimit-reset": str(int(NOW) + 5)},
        "secondary rate limit",
        60,
    ),
    "#29 429 without anything": (429, {}, "", 60),
    "#28 goes before #30": (
        403,
        {"retry-after": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 3540)},
        "",
        60,
    ),
    "#30 reset in 59 minutes": (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 3540)}, "", 3540),
    "#30 429 reset": (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 100)}, "", 100),
    "#30 reset by the clock of GitHub": (
        403,
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 3540), "date": header_date(540)},
        "",
        3000,
    ),
    "#30 reset in the past": (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) - 9)}, "", 1),
    "#30 reset in a year": (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 10**8)}, "", 3600),
    "#30 garbage": (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "nan"}, "", 60),
    "#30 no reset": (403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded", 60),
}


@pytest.mark.parametrize(("status", "headers", "message", "seconds"), LIMITS.values(), ids=LIMITS)
def test_every_shape_of_a_limit_says_how_long(status: int, headers: dict[str, str], message: str, seconds: float) -> None:
    fault = fault_of(Answer(status, headers, {"message": message}), now=NOW)
    assert isinstance(fault, RateLimited)
    assert fault.retry_after == pytest.approx(seconds)


NO_LIMITS: dict[str, tuple[int, dict[str, str], str]] = {
    "#31 permission": (403, {"x-ratelimit-remaining": "4999"}, "Resource not accessible by integration"),
    "#32 suspended": (403, {}, "This installation has been suspended"),
    "not found": (404, {"x-ratelimit-remaining": "0"}, "Not Found"),
}


@pytest.mark.parametrize(("status", "headers", "message"), NO_LIMITS.values(), ids=NO_LIMITS)
def test_what_is_no_limit_silences_nobody(status: int, headers: dict[str, str], message: str) -> None:
    fault = fault_of(Answer(status, headers, {"message": message}), now=NOW)
    assert isinstance(fault, Refused)


async def test_fault_28_an_http_date_on_the_wire() -> None:
    hub = Hub()
    late = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    hub.answers("GET", ISSUE, no(403, Retry_After=late))
    with pytest.raises(RateLimited) as caught:
        await hub.gateway.issue(NAME, SEVEN)
    assert 290 < caught.value.retry_after <= 300


async def test_two_processes_share_one_pace(database_url: str) -> None:
    """Two clients with a database in common: their writes start a second apart, whoever makes them."""
    clock = Clock()
    async with Store(database_url) as store:
        ledger = SharedLedger(store, clock=lambda: clock.now)
        governors = [Governor(spacing=1.0, time=clock.time(), ledger=ledger, installation=InstallationId(9)) for _ in range(2)]
        other = Governor(spacing=1.0, time=clock.time(), ledger=ledger, installation=InstallationId(8))
        starts = []
        for number in range(6):
            async with governors[number % 2].turn(write=True):
                starts.append(clock.now)
        async with other.turn(write=True):
            assert clock.now == starts[-1], "another installation has a pace of its own"
    assert starts == [1000.0 + number for number in range(6)]


async def test_fault_28_a_limit_that_one_process_met_silences_the_others(database_url: str) -> None:
    clock = Clock()
    async with Store(database_url) as store:
        ledger = SharedLedger(store, clock=lambda: clock.now)
        one, other = (Governor(spacing=0.0, time=clock.time(), ledger=ledger, installation=InstallationId(9)) for _ in range(2))
        async with other.turn(write=False):
            pass
        await one.limited(RateLimited("wait", retry_after=60.0))
        clock.now += 2
        for write in (True, False):
            with pytest.raises(RateLimited) as caught:
                async with other.turn(write=write):
                    pass
            assert caught.value.retry_after == pytest.approx(58.0)


async def test_fault_30_a_limit_survives_a_restart(database_url: str) -> None:
    clock = Clock()
    async with Store(database_url) as store:
        governor = Governor(spacing=0.0, time=clock.time(), ledger=SharedLedger(store, clock=lambda: clock.now))
        await governor.limited(RateLimited("wait", retry_after=3540.0))
    async with Store(database_url) as store:
        governor = Governor(spacing=0.0, time=clock.time(), ledger=SharedLedger(store, clock=lambda: clock.now))
        with pytest.raises(RateLimited) as caught:
            async with governor.turn(write=False):
                pass
        assert caught.value.retry_after == pytest.approx(3540.0)


async def test_the_ledger_goes_by_the_clock_of_the_database(database_url: str) -> None:
    async with Store(database_url) as store:
        ledger = SharedLedger(store)
        _, first = await ledger.look(InstallationId(9))
        second = await ledger.change(InstallationId(9), lambda book, now: (book.silenced(now, 5.0), now))
        book, third = await ledger.look(InstallationId(9))
    assert first <= second <= third < first + 30
    assert book.silent_until == pytest.approx(second + 5.0)
    assert abs(first - datetime.now(UTC).timestamp()) < 60


async def test_the_500_creations_of_an_hour_are_waited_for_by_the_job_not_by_its_worker() -> None:
    clock = Clock()
    governor = Governor(spacing=1.0, time=clock.time())
    for _ in range(500):
        async with governor.turn(write=True, creates=True):
            pass
    slept = len(clock.slept)
    with pytest.raises(RateLimited) as caught:
        async with governor.turn(write=True, creates=True):
            pass
    assert caught.value.retry_after == pytest.approx(3600 - 499)
    async with governor.turn(write=True):
        pass
    assert max(clock.slept[slept:], default=0) <= NAP_SECONDS, "a change is no creation, and is not kept waiting"
    clock.now = 1000.0 + 3600.0
    async with governor.turn(write=True, creates=True):
        pass


async def test_fault_29_on_the_wire_unsaid_limits_double_and_said_ones_do_not() -> None:
    hub = Hub()
    secondary = "You have exceeded a secondary rate limit."
    hub.answers("GET", ISSUE, no(403, secondary), no(403, secondary), no(429, secondary, Retry_After="30"), no(403, secondary))
    waits = []
    for _ in range(4):
        with pytest.raises(RateLimited) as caught:
            await hub.gateway.issue(NAME, SEVEN)
        waits.append(caught.value.retry_after)
        hub.clock.now += waits[-1]
    assert waits == [60, 120, 30, 240]
