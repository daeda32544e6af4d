"""GET /healthz: the process answers. GET /readyz: it can take deliveries, and how many jobs there are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.jobs.runtime import Jobs


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether deliveries are taken. `jobs` is known only then."""

    status: Literal["ok", "starting", "stopping", "failed", "database away"]
    jobs: Jobs | None = None


def health_routes(readiness: Callable[[], Awaitable[Readiness]]) -> list[Route]:
    """The two pages."""

    async def healthz(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> JSONResponse:
        ready = await readiness()
        if ready.jobs is None:
            return JSONResponse({"status": ready.status}, status_code=503)
        return JSONResponse({"status": ready.status, "jobs": asdict(ready.jobs)})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
