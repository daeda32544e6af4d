import asyncio
import hashlib
import hmac
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from bot import app as app_module
from bot.app import build
from bot.core.errors import DatabaseUnusable
from bot.settings import Settings
from tests.shell.test_settings import KEY, SECRET

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parents[2]
IDLE = {"status": "ok", "jobs": {"queued": 0, "running": 0, "delayed": 0}}
PING = b'{"repository": {"id": 7}, "ref": "refs/tags/v1"}'


def settings(database_url: str, **change: Any) -> Settings:
    given = {"private_key": KEY, "github_api_url": "http://127.0.0.1:9", **change}
    return Settings(app_id=7, webhook_secrets=(SECRET,), database_url=database_url, coalesce_seconds=0, **given)


@asynccontextmanager
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gapkeeper") as opened:
        yield opened


async def post(http: httpx.AsyncClient, event: str = "star") -> httpx.Response:
    signature = "sha256=" + hmac.new(SECRET.encode(), PING, hashlib.sha256).hexdigest()
    sent = {
        "content-type": "application/json",
        "x-github-delivery": str(uuid.uuid4()),
        "x-github-event": event,
        "x-hub-signature-256": signature,
    }
    return await http.post("/webhooks/github", content=PING, headers=sent)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        pytest.param(200, {"slug": "gapkeeper"}, {"event": "server.identity", "login": "gapkeeper[bot]"}, id="known"),
        pytest.param(404, {"message": "Integration not found"}, {"event": "server.unknown_to_github"}, id="unknown"),
    ],
)
async def test_who_we_are_is_asked_at_the_start_and_said(tmp_path: Path, status: int, body: Any, said: dict[str, str]) -> None:
    answer = httpx.MockTransport(lambda request: httpx.Response(status if request.url.path == "/app" else 500, json=body))
    app = build(settings(f"sqlite:///{tmp_path}/gapkeeper.db"), transport=answer)
    with capture_logs() as logs:
        async with app.router.lifespan_context(app):
            for task in [task for task in asyncio.all_tasks() if task.get_name() == "introduction"]:
                await task
            assert app.state.gapkeeper.status == "ok"
    assert [line for line in logs if said.items() <= line.items()]


async def test_a_running_server_is_ready_and_counts_its_jobs(database_url: str) -> None:
    app = build(settings(database_url))
    async with client(app) as http, app.router.lifespan_context(app):
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, IDLE)
        assert (await post(http)).status_code == 202
        assert (await http.get("/readyz/")).status_code == 404


async def test_a_stopped_server_takes_nothing(tmp_path: Path) -> None:
    app = build(settings(f"sqlite:///{tmp_path}/gaps.db"))
    async with client(app) as http:
        async with app.router.lifespan_context(app):
            assert (await post(http)).status_code == 202
        assert (await post(http)).status_code == 503
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
        assert (await http.get("/healthz")).status_code == 200


async def test_a_delivery_waits_for_the_start_and_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[BaseException] = []
    app = build(settings(f"sqlite:///{tmp_path}/gaps.db"), on_failure=failures.append)
    async with client(app) as http:
        monkeypatch.setattr(app_module, "START_SECONDS", 0.05)
        assert (await post(http)).status_code == 503
        assert (await http.get("/readyz")).json() == {"status": "starting"}
        monkeypatch.setattr(app_module, "START_SECONDS", 30)
        waiting = asyncio.ensure_future(post(http))
        async with app.router.lifespan_context(app):
            assert (await waiting).status_code == 202
    assert failures == []


async def test_a_start_that_fails_is_told_once_and_leaves_nothing_open(tmp_path: Path) -> None:
    app = build(settings(f"sqlite:///{tmp_path}/missing/gaps.db"))
    with pytest.raises(DatabaseUnusable, match="there is no folder"):
        async with app.router.lifespan_context(app):
            raise AssertionError
    failures: list[BaseException] = []
    app = build(settings(f"sqlite:///{tmp_path}/missing/gaps.db"), on_failure=failures.append)
    async with client(app) as http, app.router.lifespan_context(app):
        assert (await post(http)).status_code == 503
        assert (await http.get("/readyz")).json() == {"status": "failed"}
    assert [type(failure) for failure in failures] == [DatabaseUnusable]


async def test_fault_22_readyz_says_that_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "CHECK_SECONDS", 0.05)
    app = build(settings(f"sqlite:///{tmp_path}/gaps.db"))
    async with client(app) as http, app.router.lifespan_context(app):

        async def hangs() -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(app.state.gapkeeper._store, "ping", hangs)
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "database away"})
        monkeypatch.undo()
        assert (await http.get("/readyz")).json() == IDLE


PROGRAM = (
    "import sys\nfrom bot.app import serve\nfrom bot.core.errors import GapkeeperError\nfrom bot.settings import read_settings\n"
    "try:\n    serve(read_settings())\nexcept GapkeeperError as error:\n    sys.exit(f'refused: {error}')\n"
)


@asynccontextmanager
async def process(folder: Path, **environment: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A server as a process of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ours = {
        "GAPKEEPER_APP_ID": "7",
        "GAPKEEPER_PRIVATE_KEY": KEY,
        "GAPKEEPER_WEBHOOK_SECRET": SECRET,
        "GAPKEEPER_DATABASE_URL": f"sqlite:///{folder}/gaps.db",
        "GAPKEEPER_PORT": port,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GAPKEEPER_")}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=clean | ours | environment, cwd=HERE, stderr=subprocess.PIPE
    )
    try:
        yield running, f"http://127.0.0.1:{port}"
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def connected(http: httpx.AsyncClient) -> None:
    for _ in range(1000):
        try:
            await http.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.01)
        else:
            return
    raise TimeoutError


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_fault_108_a_signal_ends_the_server_in_good_order(number: signal.Signals, tmp_path: Path) -> None:
    async with process(tmp_path) as (running, address), httpx.AsyncClient(base_url=address, timeout=20) as http:
        await connected(http)
        # Sent as soon as the socket is open: it waits for the start, and is kept.
        assert (await post(http)).status_code == 202
        running.send_signal(number)
        _, said = await asyncio.wait_for(running.communicate(), 20)
    assert running.returncode == 0, said.decode()
    assert b"Traceback" not in said
    assert SECRET.encode() not in said


async def test_fault_113_a_second_server_on_the_same_file_ends_with_one_clear_line(tmp_path: Path) -> None:
    async with process(tmp_path) as (_, address), httpx.AsyncClient(base_url=address, timeout=20) as http:
        await connected(http)
        assert (await post(http)).status_code == 202
        async with process(tmp_path) as (second, _):
            _, said = await asyncio.wait_for(second.communicate(), 20)
        assert second.returncode == 1
        assert f"refused: the database {tmp_path}/gaps.db is in use by process" in said.decode()
        assert (await http.get("/readyz")).json() == IDLE


LOGGED = (
    "import logging, structlog, sys\nfrom bot.app import configure_logging\nconfigure_logging(sys.argv[1])\n"
    "secrets = sys.stdin.read()\n"
    "structlog.get_logger('x').warning('event', value=secrets)\nlogging.getLogger('library').error('%s', secrets)\n"
    "try:\n    raise ValueError(secrets)\nexcept ValueError:\n    structlog.get_logger().exception('raised')\n"
)


@pytest.mark.parametrize("kind", ["json", "console"])
def test_no_secret_reaches_the_log(kind: str) -> None:
    secrets = [
        "ghs_canary000000",
        "github_pat_canary00000_x",
        "eyJcanaryxx.eyJcanaryx.canary-x",
        "postgresql://me:canary@db/x",
        KEY,
    ]
    done = subprocess.run(
        [sys.executable, "-c", LOGGED, kind], input=" ".join(secrets), cwd=HERE, check=True, text=True, capture_output=True
    )
    assert done.stdout == ""
    assert done.stderr.count("***") >= 12
    assert "canary" not in done.stderr
    assert KEY.splitlines()[3] not in done.stderr
