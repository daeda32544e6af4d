"""How many deliveries a server takes, and how many syncs it does, against the sandbox on loopback; docs/scaling.md has the results.

    uv run python benchmarks/bench_serving.py storm [--database URL]
        5,000 signed deliveries in 60 s over 50 repositories, one of them poisoned: GitHub answers 502 to all of its calls, late.
        Ends when the poison is gone and the queue is empty; the issues of all repositories must then be right.
    uv run python benchmarks/bench_serving.py drain [--database URL] [--workers N]
        100 repositories with a push that opens an issue and changes another one wait; how long until all is done.

The sandbox, the load and the server share the machine. Nothing is paced (GAPKEEPER_WRITE_SPACING_MS=0).
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import os
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx

from bot.sandbox import Decision, Fault
from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS
from tests.frontdoor.running_bot import HOOK_PATH, free_port, wait_until_ready
from tests.frontdoor.sandbox_world import SandboxRepository, SandboxWorld, running_sandbox
from tests.frontdoor.world import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORIES, DELIVERIES, SECONDS = 50, 5000, 60.0
EACH = DELIVERIES // REPOSITORIES
PUSH_EVERY = 20
"""Of a repository's deliveries every so many is a new push with one gap more; the others say again what the last one said."""
WAITING = 100


class Server:
    """`gapkeeper` with these arguments, as a process of its own."""

    def __init__(self, world: SandboxWorld, database: str, log: Path, *arguments: str) -> None:
        access, port = world.access, free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "GAPKEEPER_APP_ID": str(access.app_id),
            "GAPKEEPER_PRIVATE_KEY": access.private_key,
            "GAPKEEPER_WEBHOOK_SECRET": access.secret,
            "GAPKEEPER_GITHUB_API_URL": access.api_url,
            "GAPKEEPER_DATABASE_URL": database,
            "GAPKEEPER_PORT": str(port),
            "GAPKEEPER_WRITE_SPACING_MS": "0",
        }
        with log.open("ab") as out:
            self.process = subprocess.Popen([sys.executable, "-m", "bot", *arguments], env=environment, stdout=out, stderr=out)
        atexit.register(self.process.kill)
        wait_until_ready(self.url, alive=lambda: self.process.poll() is None)

    def jobs(self) -> dict[str, int]:
        """Returns how many jobs there are."""
        jobs: dict[str, int] = httpx.get(f"{self.url}/readyz", trust_env=False).raise_for_status().json()["jobs"]
        return jobs

    def rest(self) -> None:
        """Return when no job is left, now or later."""
        while any(self.jobs().values()):
            time.sleep(0.2)

    def memory(self) -> str:
        """Its memory now, and at its worst."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines())
        return f"{status['VmRSS'].strip()}, at most {status['VmHWM'].strip()}"

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self.process.terminate()
        self.process.wait(30)


def text(gaps: int) -> str:
    """Returns a document with so many gaps."""
    return "# Known gaps\n\n" + "".join(f"- [ ] Gap about subject {number}\n" for number in range(gaps))


def wanted(repository: SandboxRepository, gaps: int) -> bool:
    """Tells whether a repository has one issue for each of so many gaps, and no other."""
    return sorted(issue.title for issue in repository.issues()) == sorted(f"Gap about subject {n}" for n in range(gaps))


def latest_push(world: SandboxWorld, repository: SandboxRepository) -> tuple[dict[str, str], bytes]:
    """Returns headers and body of the delivery that tells of the latest push."""
    number = repository.act(lambda model: model.id)
    delivery = next(one for one in reversed(world.hooks.log) if one.repository == number and one.event == "push")
    return delivery.headers, delivery.body


async def storm(world: SandboxWorld, database: str, folder: Path) -> None:
    """Send the deliveries, and wait for the right end."""
    server = Server(world, database, folder / "serve.log", "serve")
    world.connect(server.url + HOOK_PATH)
    repositories = [world.new_repository() for _ in range(REPOSITORIES)]
    world.hooks.policy = lambda delivery: (
        Decision.DROP if delivery.event == "push" else Decision.DELIVER
    )  # the storm brings those
    poisoned = repositories[-1]
    name = poisoned.act(lambda model: model.full_name)
    world.api.faults.append(Fault("*", rf"/repos/{name}/", status=502, delay=2.0, times=10**9))
    print("memory before", server.memory())
    waits: list[float] = []
    statuses: dict[str, int] = {}

    async def send(http: httpx.AsyncClient, headers: dict[str, str], body: bytes) -> None:
        began = time.perf_counter()
        try:
            own = {**headers, "x-github-delivery": str(uuid.uuid4())}
            status = str((await http.post(server.url + HOOK_PATH, content=body, headers=own)).status_code)
        except httpx.TransportError as error:
            status = type(error).__name__
        waits.append(time.perf_counter() - began)
        statuses[status] = statuses.get(status, 0) + 1

    gaps, began = 2, time.perf_counter()
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(trust_env=False, timeout=30, limits=limits) as http, asyncio.TaskGroup() as group:
        for turn in range(EACH):
            if turn % PUSH_EVERY == 0:
                gaps += 1
            for place, repository in enumerate(repositories):
                due = began + SECONDS * (turn * REPOSITORIES + place) / DELIVERIES
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                if turn % PUSH_EVERY == 0:
                    files = {CONFIG_PATH: CONFIG, GAPS: text(gaps)}
                    await asyncio.to_thread(repository.push, files, branch=MAIN)
                headers, body = latest_push(world, repository)
                group.create_task(send(http, headers, body))
    took = time.perf_counter() - began
    waits.sort()
    spread = ", ".join(f"{label} {waits[int(len(waits) * part)] * 1000:.0f} ms" for label, part in (("p50", 0.5), ("p99", 0.99)))
    print(f"{len(waits)} deliveries in {took:.1f} s: {statuses}; {spread}, at most {waits[-1] * 1000:.0f} ms")
    while (right := sum(wanted(repository, gaps) for repository in repositories[:-1])) < REPOSITORIES - 1 and took < SECONDS * 3:
        await asyncio.sleep(0.2)
        took = time.perf_counter() - began
    print(f"after {took:.1f} s {right} of {REPOSITORIES - 1} are right; memory {server.memory()}; {server.jobs()}", flush=True)
    world.api.faults.clear()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        await send(http, *latest_push(world, poisoned))
    healed = time.perf_counter()
    server.rest()
    took = time.perf_counter() - healed
    print(
        f"poison gone: its issues are right: {wanted(poisoned, gaps)}; queue empty after {took:.0f} s; {len(world.api.calls)} calls"
    )
    server.stop()


def drain(world: SandboxWorld, database: str, folder: Path, workers: int) -> None:
    """Let repositories wait, and see how long they do."""
    first = Server(world, database, folder / "serve.log", "serve")
    world.connect(first.url + HOOK_PATH)
    repositories = [world.new_repository() for _ in range(WAITING)]
    for repository in repositories:
        repository.push({CONFIG_PATH: CONFIG, GAPS: text(3)}, branch=MAIN)
    while not world.quiet():
        time.sleep(0.1)
    first.rest()
    world.hooks.policy = lambda delivery: Decision.HOLD if delivery.event == "push" else Decision.DROP
    for repository in repositories:
        repository.push({GAPS: text(4).replace("[ ] Gap about subject 0", "[x] Gap about subject 0")}, branch=MAIN)
    if workers:
        first.stop()
        front = Server(world, database, folder / "front.log", "serve", "--no-worker")
        others = []
    else:
        front, others = first, []
    world.connect(front.url + HOOK_PATH)
    began, calls = time.perf_counter(), len(world.api.calls)
    if workers:
        world.do(world.hooks.release)
        while not world.quiet():
            time.sleep(0.05)
        print(f"{WAITING} deliveries taken in {time.perf_counter() - began:.1f} s, one after the other")
        others = [Server(world, database, folder / f"worker-{n}.log", "worker") for n in range(workers)]
        began = time.perf_counter()
    else:
        world.do(world.hooks.release)
        while not world.quiet():
            time.sleep(0.05)
    front.rest()
    took = time.perf_counter() - began
    right = sum(len(repository.issues()) == 4 for repository in repositories)
    calls = len(world.api.calls) - calls
    print(
        f"{workers or 'no'} workers of their own: {WAITING} syncs in {took:.1f} s, {WAITING / took:.1f}/s, {calls} calls; right: {right}"
    )
    for server in (front, *others):
        server.stop()


@contextmanager
def database_of(url: str | None, folder: Path) -> Iterator[str]:
    """Yields the URL that was given: `postgres` starts a server for the purpose, none is a file."""
    if url == "postgres":
        from tests.postgres import running_cluster

        (folder / "cluster").mkdir()
        folder.chmod(0o755)
        with running_cluster(folder / "cluster") as cluster, cluster.database() as made:
            yield made
        return
    yield url or f"sqlite:///{folder}/gapkeeper.db"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["storm", "drain"])
    parser.add_argument("--database", help="a URL, or `postgres` for a server started here; SQLite without it")
    parser.add_argument(
        "--workers", type=int, default=0, help="worker processes beside a receiver (PostgreSQL); 0 is one process"
    )
    given = parser.parse_args()
    with (
        TemporaryDirectory(prefix="gapkeeper-bench-") as made,
        running_sandbox() as world,
        database_of(given.database, Path(made)) as url,
    ):
        world.api.hourly = 10**9
        print(time.strftime("%Y-%m-%d %H:%M"), given.what, url.partition(":")[0], f"load {os.getloadavg()[0]:.1f}")
        if given.what == "storm":
            asyncio.run(storm(world, url, Path(made)))
        else:
            drain(world, url, Path(made), given.workers)


if __name__ == "__main__":
    main()
