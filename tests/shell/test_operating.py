"""`gapkeeper status` and `gapkeeper replay`, beside a running server."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.app import build
from bot.cli import app
from bot.core.names import CommitSha, GapKey, InstallationId, RepositoryId, RepositoryName
from bot.core.pace import Book, Pace, ready
from bot.settings import Settings
from bot.store import RepositoryState, duties, progress
from bot.store.glance import glance
from bot.store.pace import SharedLedger
from bot.store.store import Store
from bot.store.tables import imports
from tests.by_hand import private_key
from tests.serving import serving
from tests.shell.test_store import PAIR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

SECRET = "a secret of the tests that is long enough"
GUID = "11111111-2222-4333-8444-555555555555"
R = RepositoryId(7)
STATE = RepositoryState(R, RepositoryName("octo/gaps"), InstallationId(100), "main", CommitSha("c" * 40))


def github(request: httpx.Request) -> httpx.Response:
    """A GitHub that knows the App and nothing else."""
    return httpx.Response(200, json={"slug": "gapkeeper"} if request.url.path == "/app" else [])


@dataclass
class Operated:
    """A server, and the commands beside it."""

    url: str
    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.environment)

    def told(self, *arguments: str) -> str:
        """The last line that a command printed; the server logs to the same place."""
        return self.run(*arguments).stdout.splitlines()[-1]

    def states(self) -> dict[str, str]:
        with sqlite3.connect(self.folder / "g.db") as connection:
            return dict(connection.execute("SELECT id, state FROM deliveries").fetchall())

    def until(self, guid: str, state: str) -> None:
        end = time.monotonic() + 20
        while self.states().get(guid) != state:
            assert time.monotonic() < end, self.states()
            time.sleep(0.02)


def environment(database: str, port: int = 1) -> dict[str, str]:
    return {
        "GAPKEEPER_APP_ID": "7",
        "GAPKEEPER_PRIVATE_KEY": private_key(),
        "GAPKEEPER_WEBHOOK_SECRET": SECRET,
        "GAPKEEPER_DATABASE_URL": database,
        "GAPKEEPER_PORT": str(port),
    }


@pytest.fixture
def operated(tmp_path: Path) -> Iterator[Operated]:
    database = f"sqlite:///{tmp_path}/g.db"
    settings = Settings(
        app_id=7, private_key=private_key(), webhook_secrets=(SECRET,), database_url=database, coalesce_seconds=0,
        github_api_url="http://github.test", write_spacing_ms=0, polling_seconds=0.03,
    )  # fmt: skip
    with serving(build(settings, transport=httpx.MockTransport(github))) as url:
        yield Operated(url, environment(database, int(url.rsplit(":", 1)[1])), tmp_path)


def file_with(folder: Path, content: Any) -> str:
    path = folder / "delivery.json"
    path.write_text(json.dumps(content))
    return str(path)


PAYLOAD = {"repository": {"id": 7, "name": "ü"}, "action": "created"}
RECORD = {"guid": GUID, "event": "star", "request": {"headers": {}, "payload": PAYLOAD}, "response": {}}


def test_a_recorded_delivery_is_sent_and_known_the_second_time(operated: Operated) -> None:
    path = file_with(operated.folder, RECORD)
    assert operated.told("replay", path) == f"{GUID} star: ignored"
    assert operated.states() == {GUID: "ignored"}
    again = operated.run("replay", path, "--again")
    assert again.exit_code == 0
    assert len(operated.states()) == 2


def test_a_payload_alone_needs_the_name_of_its_event(operated: Operated) -> None:
    path = file_with(operated.folder, PAYLOAD)
    refused = operated.run("replay", path)
    assert (refused.exit_code, refused.stderr) == (2, f"gapkeeper: {path}: is a payload alone; say which --event it was\n")
    sent = operated.told("replay", path, "--event", "push")
    assert sent.endswith(" push: new")
    operated.until(sent.split()[0], "done")


def test_a_failed_delivery_is_taken_up_again_by_its_guid_and_a_done_one_is_not(operated: Operated) -> None:
    assert operated.told("replay", file_with(operated.folder, RECORD | {"event": "push"})) == f"{GUID} push: new"
    operated.until(GUID, "done")
    known = operated.run("replay", GUID)
    assert known.exit_code == 1
    assert "--again sends it under a new GUID" in known.stderr
    with sqlite3.connect(operated.folder / "g.db") as connection:
        connection.execute("UPDATE deliveries SET state = 'failed'")
    assert operated.told("replay", GUID.upper()) == f"{GUID.upper()} push: requeued"
    operated.until(GUID, "done")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["99999999-2222-4333-8444-555555555555"], "is kept; GitHub has it for three days", id="unknown GUID"),
        pytest.param(["nowhere.json"], "nowhere.json: no such file", id="no file"),
        pytest.param(["{list}"], "is no delivery", id="a list"),
        pytest.param(["{broken}"], "is no JSON", id="no JSON"),
        pytest.param(["{record}", "--url", "file:///etc/passwd"], "is no address of a server", id="no server's address"),
        pytest.param(["{record}", "--url", "http://127.0.0.1:1/"], "cannot be reached", id="nobody listens"),
        pytest.param(["{record}", "--url", "{server}/other"], "the server answered 404", id="not there"),
    ],
)
def test_what_cannot_be_sent_is_one_clear_line(operated: Operated, arguments: list[str], said: str) -> None:
    (operated.folder / "broken").write_text("{")
    (operated.folder / "list").write_text("[]")
    names = {"list": operated.folder / "list", "broken": operated.folder / "broken", "server": operated.url}
    names["record"] = file_with(operated.folder, RECORD)
    result = operated.run("replay", *(argument.format_map(names) for argument in arguments))
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_wrong_secret_is_told(operated: Operated) -> None:
    operated.environment["GAPKEEPER_WEBHOOK_SECRET"] = "another secret that is long enough"
    result = operated.run("replay", file_with(operated.folder, RECORD))
    assert (result.exit_code, "the server answered 401" in result.stderr) == (2, True)


def test_the_status_of_a_running_server(operated: Operated) -> None:
    operated.run("replay", file_with(operated.folder, RECORD))
    result = operated.run("status")
    deadline = time.monotonic() + 20
    while "redelivery, not done yet" in result.stdout and time.monotonic() < deadline:  # the sweep begins with the server
        time.sleep(0.05)
        result = operated.run("status")
    assert result.exit_code == 0, result.output
    assert "Deliveries: 1 ignored\nSyncs: 0 running, 0 waiting\n" in result.stdout
    assert "By the clock: redelivery, done" in result.stdout


def test_a_status_without_a_database_is_one_clear_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status"], env=environment(f"sqlite:///{tmp_path}/none.db"))
    assert result.exit_code == 2
    assert "has the server been started?" in result.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_status_of_another_schema_is_refused(operated: Operated) -> None:
    with sqlite3.connect(operated.folder / "g.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    result = operated.run("status")
    assert (result.exit_code, "has schema 9999" in result.stderr) == (2, True)


@pytest.mark.anyio
async def test_the_status_tells_imports_what_is_parked_and_limits(database_url: str) -> None:
    async with Store(database_url) as store:
        await store.save_repository(STATE)
        await store.begin_import(R, 1000)
        await store.save_pair(R, PAIR)
        await store.write(duties.park, RepositoryId(8), "GitHub asked to wait: 60 s", seconds=7200.0)
        ledger = SharedLedger(store)
        await ledger.change(InstallationId(100), lambda book, now: (book.silenced(now, 3000.0), None))
        result = CliRunner().invoke(app, ["status"], env=environment(database_url))
        shown = CliRunner().invoke(app, ["status", "--json"], env=environment(database_url))
    assert result.exit_code == 0, result.output
    assert "Import: octo/gaps 1 of 1000 issues, 118 min to go" in result.stdout
    assert "Parked: a repository for 120 min (since 0 s): GitHub asked to wait: 60 s" in result.stdout
    assert "Limit: GitHub wants no call of installation 100 for 50 min" in result.stdout
    said = json.loads(shown.stdout)
    assert said["imports"][0]["done"] == 1
    assert list(said["limits"]) == ["100"]


@pytest.mark.anyio
async def test_an_import_that_goes_on_counts_from_its_beginning(database_url: str) -> None:
    async with Store(database_url) as store:
        await store.save_repository(STATE)
        await store.begin_import(R, 20)
        await store.save_pair(R, PAIR)
        await store.begin_import(R, 19)
        (one,) = await store.read(progress.under_way)
        assert (one.done, one.total) == (1, 20)
        await store.end_import(R)
        assert await store.read(progress.under_way) == []
        await store.begin_import(R, 3)
        (one,) = await store.read(progress.under_way)
        assert (one.done, one.total) == (0, 3)
        assert await store.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(imports)).scalar()) == 1
    assert glance(database_url).imports[0][1] == 100


@pytest.mark.anyio
async def test_fault_44_an_intent_is_settled_by_two_misses_apart_and_announcing_again_begins_anew(database_url: str) -> None:
    key = GapKey("0123456789ab")
    async with Store(database_url) as store:

        async def left(now: float) -> float:
            return await store.unsettled(R, key, now=now, settle=600.0)

        assert await left(0.0) == 0.0
        await store.intend(R, key)
        assert [await left(now) for now in (1000.0, 1100.0, 1599.0, 1600.0, 5000.0)] == [600.0, 500.0, 1.0, 0.0, 0.0]
        await store.intend(R, key)
        assert await left(6000.0) == 600.0
        assert await store.unsettled(R, key, now=6000.0, settle=0.0) == 0.0


def test_what_is_left_of_an_import_is_counted_by_the_pace() -> None:
    assert ready(Book(), 0.0, Pace(), 100) == 99.0
    assert ready(Book(), 0.0, Pace(), 0) == 0.0
    assert ready(Book(), 0.0, Pace(0.0), 5000) == 0.0
    assert ready(Book(silent_until=50.0), 0.0, Pace(), 1) == 50.0
