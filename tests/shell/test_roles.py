"""Receivers and workers as processes of their own, on one PostgreSQL database; on a SQLite file they are refused."""

import asyncio
import hashlib
import hmac
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.store.store import Store
from bot.store.tables import executors
from tests.frontdoor.running_bot import HOOK_PATH, free_port
from tests.shell.test_settings import KEY, SECRET
from tests.shell.working import states

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parents[2]
BODY = b'{"repository": {"id": 7}, "ref": "refs/tags/v1"}'


@asynccontextmanager
async def running(url: str, *command: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    """A process of the command line, and a client of its port."""
    port = str(free_port())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GAPKEEPER_")} | {
        "GAPKEEPER_APP_ID": "7",
        "GAPKEEPER_PRIVATE_KEY": KEY,
        "GAPKEEPER_WEBHOOK_SECRET": SECRET,
        "GAPKEEPER_DATABASE_URL": url,
        "GAPKEEPER_GITHUB_API_URL": "http://127.0.0.1:9",
        "GAPKEEPER_PORT": port,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *command, env=environment, cwd=HERE, stderr=subprocess.PIPE
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(client: httpx.AsyncClient) -> None:
    for _ in range(3000):
        try:
            if (await client.get("/readyz")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.01)
    raise TimeoutError


async def post(client: httpx.AsyncClient) -> httpx.Response:
    headers = {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(),
    }
    return await client.post(HOOK_PATH, content=BODY, headers=headers)


@pytest.mark.postgres
async def test_a_receiver_takes_what_a_worker_then_does(postgres_url: str) -> None:
    async with running(postgres_url, "serve", "--no-worker") as (receiver, front), Store(postgres_url) as store:
        await ready(front)
        assert (await post(front)).status_code == 202
        assert await store.read(lambda c: c.execute(sa.select(executors.c.id)).all()) == []
        waiting = (await front.get("/readyz")).json()["jobs"]
        assert waiting["running"] == 0
        assert waiting["queued"] + waiting["delayed"] == 1
        async with running(postgres_url, "worker") as (worker, back):
            await ready(back)
            assert (await post(back)).status_code == 404
            for _ in range(1000):
                if set((await states(store)).values()) == {"done"}:
                    break
                await asyncio.sleep(0.02)
            assert list((await states(store)).values()) == ["done"]
            for process in (worker, receiver):
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.mark.parametrize("command", [("serve", "--no-worker"), ("worker",)], ids=" ".join)
async def test_fault_113_a_file_is_not_shared_by_a_receiver_and_workers(command: tuple[str, ...], tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/gaps.db", *command) as (process, _):
        assert process.stderr is not None
        said = (await process.stderr.read()).decode()
        assert await process.wait() == 2
    assert said.splitlines()[-1].startswith("gapkeeper: a SQLite file serves one process: a ")
    assert "Traceback" not in said
    assert not (tmp_path / "gaps.db").exists()
