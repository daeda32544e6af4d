"""/metrics, the line of each sync, and the headers of every answer."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.app import Gapkeeper, Role, build
from bot.core.names import DeliveryId, InstallationId, RepositoryId
from bot.core.pace import Book
from bot.jobs.observed import Observed, Tally, called, disputed
from bot.jobs.outcome import Done, Later, Outcome
from bot.jobs.sync import Sync
from bot.sandbox import Clock
from bot.store import duties
from bot.store.pace import SharedLedger
from bot.store.records import Delivery
from bot.store.store import Store
from bot.web.guarded import HEADERS
from bot.web.metrics import Metrics
from tests.by_hand import at_hand
from tests.shell.hub import INSTALLATION, NAME, Hub, issue_json, no, ok
from tests.shell.test_health import client, post, settings

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

pytestmark = pytest.mark.anyio

R = RepositoryId(7)


async def told(app: Starlette) -> dict[str, float]:
    """The numbers of the page, by their names with labels."""
    async with client(app) as http:
        page = await http.get("/metrics")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain; version=")
    found = re.findall(r"^(gapkeeper_[^ #]+(?:\{[^}]*\})?) (\S+)$", page.text, re.MULTILINE)
    return {name: float(value) for name, value in found}


async def test_the_page_tells_deliveries_the_queue_and_what_waits(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"slug": "gapkeeper"}))
    app = build(settings(f"sqlite:///{tmp_path}/g.db", metrics=True), transport=transport)
    async with app.router.lifespan_context(app), client(app) as http:
        for event in ("star", "star", "push"):
            assert (await post(http, event)).status_code == 202
        await http.post("/webhooks/github", content=b"{}")
        keeper = app.state.gapkeeper
        await keeper.runtime.wait_idle()
        store: Store = keeper._store
        await store.write(duties.park, R, "GitHub said no", seconds=60.0)
        await SharedLedger(store).change(INSTALLATION, lambda book, now: (Book(silent_until=now + 90), None))
        numbers = await told(app)
    assert numbers['gapkeeper_deliveries_total{event="star",outcome="ignored"}'] == 2
    assert numbers['gapkeeper_deliveries_total{event="push",outcome="new"}'] == 1
    assert numbers['gapkeeper_deliveries_total{event="",outcome="refused"}'] == 1
    assert numbers['gapkeeper_job_seconds_count{outcome="done"}'] == 1
    assert numbers["gapkeeper_queue_age_seconds"] == 0
    assert numbers["gapkeeper_parked_jobs"] == 1
    assert numbers["gapkeeper_held_plans"] == 0
    assert numbers['gapkeeper_jobs{state="waiting"}'] == 0
    assert sum(value for name, value in numbers.items() if name.startswith("gapkeeper_deliveries_kept{")) == 3
    assert 60 < numbers[f'gapkeeper_silent_seconds{{installation="{INSTALLATION}"}}'] <= 90
    assert numbers['gapkeeper_api_calls_total{installation="0",kind="read"}'] >= 1


@pytest.mark.parametrize("role", [Role.WHOLE, Role.WORKER])
async def test_the_page_is_there_only_where_it_is_turned_on(tmp_path: Path, role: Role) -> None:
    for on, status in ((False, 404), (True, 503)):
        async with client(build(settings(f"sqlite:///{tmp_path}/g.db", metrics=on), role=role)) as http:
            assert (await http.get("/metrics")).status_code == status


async def test_calls_are_counted_by_installation_each_time_and_writes_weigh_five() -> None:
    hub, metrics = Hub(), Metrics()
    hub.app._spent = lambda installation, write: metrics.called(installation, write=write)
    hub.answers("GET", "/repos/octo/gaps/issues/7", no(500), ok(issue_json()))
    hub.answers("PATCH", "/repos/octo/gaps/issues/7", ok(issue_json()))
    await hub.gateway.issue(NAME, 7)  # type: ignore[arg-type]  # a number is a number
    await hub.gateway.update_issue(NAME, 7, title="t")  # type: ignore[arg-type]
    value = metrics._all.get_sample_value
    of = {"installation": str(INSTALLATION)}
    assert value("gapkeeper_api_calls_total", of | {"kind": "read"}) == 2  # the first failed
    assert value("gapkeeper_api_calls_total", of | {"kind": "write"}) == 1
    assert value("gapkeeper_api_points_total", of) == 7
    assert value("gapkeeper_api_calls_total", {"installation": "0", "kind": "write"}) == 1  # the token


DELIVERY = Delivery(DeliveryId(str(uuid.UUID(int=1))), "push", None, R, InstallationId(1), b"{}", time.time())


@pytest.mark.parametrize(
    ("result", "word"),
    [(Done(), "done"), (Later(5.0, "a limit"), "later"), (ValueError("no"), "failed")],
    ids=["done", "later", "failed"],
)
async def test_each_sync_is_one_line_with_what_it_cost(result: Outcome | Exception, word: str) -> None:
    ticks = iter((10.0, 12.5))
    ended: list[tuple[str, float, Tally]] = []

    async def handle(*_: Any) -> Outcome:
        called(write=False)
        called(write=True)
        disputed()
        if isinstance(result, Exception):
            raise result
        return result

    observed = Observed(handle, lambda *end: ended.append(end), clock=lambda: next(ticks))
    with capture_logs() as logs:
        if isinstance(result, Exception):
            with pytest.raises(ValueError, match="no"):
                await observed(R, (DELIVERY,))
        else:
            assert await observed(R, (DELIVERY,)) == result
    [line] = logs
    assert ended == [(word, 2.5, Tally(calls=2, writes=1, conflicts=1))]
    assert line == {
        "event": "sync.ended", "log_level": "info", "repository": R, "outcome": word, "seconds": 2.5, "count": 1, "calls": 2,
        "writes": 1, "conflicts": 1,
    }  # fmt: skip
    called(write=True)  # Outside of a sync it belongs to none.
    assert ended[0][2].calls == 2


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/webhooks/github", "/nowhere"])
async def test_every_answer_has_the_headers(tmp_path: Path, path: str) -> None:
    app = build(settings(f"sqlite:///{tmp_path}/g.db", metrics=True))
    async with client(app) as http:
        answer = await http.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_a_fault_of_ours_has_the_headers_and_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Gapkeeper) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(Gapkeeper, "readiness", broken)
    app = build(settings(f"sqlite:///{tmp_path}/g.db"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gapkeeper") as http:
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.text) == (500, "Something went wrong here.")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_a_conflict_is_counted_when_people_are_asked_and_only_then(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/g.db")
    await store.open()
    metrics = Metrics()
    hand = at_hand(store, clock=Clock())
    sync = Sync(hand.github, store, hand.settings)
    observed = Observed(sync, lambda outcome, seconds, tally: metrics.ended(outcome, seconds, tally.conflicts))

    async def push(text: str) -> None:
        hand.repository.push({"GAPS.md": text.encode()}, by="alice", message="a change")
        await hand.hooks.flush()
        held, hand.waiting = tuple(hand.waiting), []
        await observed(RepositoryId(hand.repository.id), held)

    try:
        await push("# Known gaps\n\n- [ ] [P1] Limit the rate\n")
        assert metrics._all.get_sample_value("gapkeeper_conflicts_total") == 0
        hand.repository.edit_issue(1, by="alice", title="Mine")
        await push("# Known gaps\n\n- [ ] [P1] Limit all rates\n")
        await push("# Known gaps\n\n- [ ] [P1] Limit all rates\n\nMore.\n")
    finally:
        await sync.aclose()
        await hand.github.aclose()
        await store.close()
    assert metrics._all.get_sample_value("gapkeeper_conflicts_total") == 1
    assert metrics._all.get_sample_value("gapkeeper_job_seconds_count", {"outcome": "done"}) == 3
