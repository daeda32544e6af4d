"""GET /metrics: how we do, for Prometheus; only where the settings turn it on. Repositories are counted there, and never named.

https://prometheus.io/docs/practices/naming/; what stands in the database is read when someone asks, so every process tells the
same of it, and what happened in a process is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.store.glance import Glance

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)
WRITE_POINTS = 5
"""https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit"""


class Metrics:
    """What is counted in this process, and the gauges that a look into the database sets."""

    def __init__(self) -> None:
        """Count from zero; each server has numbers of its own, also where there are two in a process."""
        self._all = CollectorRegistry()
        own = self._all
        self._deliveries = Counter(
            "gapkeeper_deliveries", "Deliveries, and what became of them.", ["event", "outcome"], registry=own
        )
        self._jobs = Histogram("gapkeeper_job_seconds", "How long syncs took.", ["outcome"], buckets=SECONDS, registry=own)
        self._calls = Counter(
            "gapkeeper_api_calls", "Calls to GitHub; installation 0 is the App.", ["installation", "kind"], registry=own
        )
        self._points = Counter("gapkeeper_api_points", "Points of the secondary rate limit.", ["installation"], registry=own)
        self._conflicts = Counter("gapkeeper_conflicts", "Conflicts that people were asked about.", registry=own)
        self._age = Gauge(
            "gapkeeper_queue_age_seconds", "Age of the oldest delivery that is not closed; 0 without one.", registry=own
        )
        self._kept = Gauge("gapkeeper_deliveries_kept", "Deliveries in the database.", ["state"], registry=own)
        self._queue = Gauge("gapkeeper_jobs", "Repositories with a sync that waits or runs.", ["state"], registry=own)
        self._parked = Gauge("gapkeeper_parked_jobs", "Repositories that wait for GitHub or for people.", registry=own)
        self._held = Gauge("gapkeeper_held_plans", "Plans that wait for an approval.", registry=own)
        self._imports = Gauge("gapkeeper_import_issues_left", "Issues that imports still have to open.", registry=own)
        self._silent = Gauge("gapkeeper_silent_seconds", "How long GitHub wants no call.", ["installation"], registry=own)

    def delivered(self, event: str, outcome: str) -> None:
        """Count a delivery; one that was refused before its event was known has none."""
        self._deliveries.labels(event, outcome).inc()

    def called(self, installation: int, *, write: bool) -> None:
        """Count a call."""
        self._calls.labels(str(installation), "write" if write else "read").inc()
        self._points.labels(str(installation)).inc(WRITE_POINTS if write else 1)

    def ended(self, outcome: str, seconds: float, conflicts: int) -> None:
        """Count a sync."""
        self._jobs.labels(outcome).observe(seconds)
        self._conflicts.inc(conflicts)

    def text(self, seen: Glance) -> bytes:
        """Returns all of it, with the database as it was just seen, as Prometheus reads it."""
        self._age.set(seen.oldest or 0)
        self._parked.set(len(seen.parked))
        self._held.set(seen.held)
        self._imports.set(sum(one.total - one.done for one, _ in seen.imports))
        self._queue.labels("waiting").set(seen.waiting)
        self._queue.labels("running").set(seen.running)
        for gauge in (self._kept, self._silent):
            gauge.clear()
        for state, count in seen.deliveries.items():
            self._kept.labels(state).set(count)
        for installation, book in seen.books.items():
            self._silent.labels(str(installation)).set(max(book.silent_until - seen.time, 0))
        return generate_latest(self._all)

    def route(self, look: Callable[[], Awaitable[Glance | None]]) -> Route:
        """Returns the page; 503 while the database cannot be seen."""

        async def page(_request: Request) -> Response:
            seen = await look()
            if seen is None:
                return PlainTextResponse("The database cannot be read.", 503)
            return Response(self.text(seen), media_type=CONTENT_TYPE_LATEST)

        return Route("/metrics", page)
