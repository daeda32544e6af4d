"""`gapkeeper doctor` before a sandbox: all is fine, and then one thing after the other is not."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.doctor import Finding, Grade, examine
from bot.core.names import InstallationId, RepositoryId
from bot.core.pace import Book
from bot.sandbox import Clock, Fault
from bot.settings import Settings
from bot.store import duties
from bot.store.pace import SharedLedger
from bot.store.store import Store
from tests.by_hand import CONFIG, at_hand
from tests.serving import serving
from tests.shell.test_operating import environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from tests.by_hand import ByHand

pytestmark = pytest.mark.anyio

THINGS = ["settings", "schema", "queue", "limits", "credentials", "permissions", "events", "webhook", "config of acme/app"]


@dataclass
class Patient:
    """A repository that was synced once, and what the doctor is given."""

    hand: ByHand
    settings: Settings
    folder: Path

    async def findings(self) -> list[Finding]:
        return [one async for one in examine(self.settings, transport=self.hand.api.transport(), now=self.hand.clock)]

    async def wrong(self) -> dict[str, Finding]:
        return {one.about: one for one in await self.findings() if one.grade is Grade.WRONG}

    def sql(self, statement: str) -> None:
        with sqlite3.connect(self.folder / "g.db") as connection:
            connection.execute(statement)


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Patient]:
    store = Store(f"sqlite:///{tmp_path}/g.db")
    await store.open()
    hand = at_hand(store, clock=Clock())
    await hand.push({"KNOWN_GAPS.md": "# Known gaps\n\n- [ ] [P1] Limit the rate\n", CONFIG: "check: true\n"})
    await hand.hooks.flush()
    settings = replace(hand.settings, database_url=f"sqlite:///{tmp_path}/g.db", webhook_secrets=("a secret of the tests " * 2,))
    yield Patient(hand, settings, tmp_path)
    await hand.github.aclose()
    await store.close()


async def test_where_all_is_well_each_thing_is_said_to_be_so(patient: Patient) -> None:
    found = await patient.findings()
    assert [one.about for one in found] == THINGS
    assert {one.grade for one in found} == {Grade.FINE}
    assert not any(one.remedy for one in found)


async def unreachable(headers: Mapping[str, str], body: bytes) -> int:
    return 502


async def test_deliveries_that_do_not_reach_us(patient: Patient) -> None:
    patient.hand.hooks.sink = unreachable
    patient.hand.repository.push({"a.md": b"a"}, by="alice", message="a")
    await patient.hand.hooks.flush()
    wrong = await patient.wrong()
    assert list(wrong) == ["webhook"]
    assert "1 of 7 in a day did not reach us" in wrong["webhook"].said
    assert "/webhooks/github" in wrong["webhook"].remedy
    patient.hand.clock.advance(2 * 86_400)
    [quiet] = [one for one in await patient.findings() if one.about == "webhook"]
    assert quiet.grade is Grade.NOTE


def fault(path: str, status: int, message: str = "no") -> Callable[[Patient], Awaitable[None]]:
    async def act(patient: Patient) -> None:
        patient.hand.api.faults.append(Fault("*", path, times=99, status=status, body={"message": message}))

    return act


def app_with(**change: Any) -> Callable[[Patient], Awaitable[None]]:
    async def act(patient: Patient) -> None:
        [installation] = patient.hand.api.world.installations.values()
        for name, value in change.items():
            object.__setattr__(installation.app, name, value)  # as an operator changes it at GitHub

    return act


def sql(statement: str) -> Callable[[Patient], Awaitable[None]]:
    async def act(patient: Patient) -> None:
        patient.sql(statement)

    return act


def with_settings(**change: Any) -> Callable[[Patient], Awaitable[None]]:
    async def act(patient: Patient) -> None:
        patient.settings = replace(patient.settings, **change)

    return act


async def bad_config(patient: Patient) -> None:
    patient.hand.repository.push({CONFIG: b"check: true\nfilez: []\n"}, by="alice", message="x")


async def parked(patient: Patient) -> None:
    await patient.hand.store.write(duties.park, RepositoryId(patient.hand.repository.id), "Issues are disabled", seconds=60.0)


FAILED = (
    "INSERT INTO deliveries (id, event, payload, digest, received, state) VALUES ('x', 'push', '', '', 0, 'failed')",
    "INSERT INTO deliveries (id, event, payload, digest, received, state) VALUES ('x', 'push', '', '', 0, 'queued')",
)
LESS = {"metadata": "read", "contents": "read", "issues": "write", "pull_requests": "write"}
WRONG: dict[str, tuple[Callable[[Patient], Awaitable[None]], str, str, str]] = {
    "weak secret": (with_settings(webhook_secrets=("short one",)), "settings", "guessed", "openssl"),
    "no database": (
        with_settings(database_url="sqlite:////nowhere/g.db"),
        "database",
        "there is no database",
        "GAPKEEPER_DATABASE_URL",
    ),
    "schema": (sql("UPDATE alembic_version SET version_num = 'r9999'"), "schema", "r9999", "start the server"),
    "given up": (sql(FAILED[0]), "queue", "1 deliveries were given up", "gapkeeper replay GUID"),
    "old queue": (sql(FAILED[1]), "queue", "the oldest delivery waits", "worker"),
    "parked": (parked, "parked", "acme/app waits since", "at GitHub"),
    "key": (fault("^/app$", 401, "A JSON web token could not be decoded"), "credentials", "JSON web token", "GAPKEEPER_APP_ID"),
    "away": (fault("^/app$", 503), "credentials", "503", "GAPKEEPER_GITHUB_API_URL"),
    "permissions": (app_with(permissions=LESS), "permissions", "lacks", "installation has to accept"),
    "events": (app_with(events=("push", "issues")), "events", "does not hear check_run, issue_comment, label", "subscribe"),
    "no log": (fault("/app/hook", 404), "webhook", "cannot be read", "active"),
    "config": (bad_config, "config of acme/app", "in line 2", "gapkeeper config check"),
    "suspended": (fault("access_tokens$", 403, "suspended"), "config of acme/app", "suspended", "installed"),
    "no access": (fault("^/repo", 404, "Not Found"), "config of acme/app", "Not Found", "installed"),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG.keys())
async def test_what_is_wrong_is_told_with_what_to_do(
    patient: Patient, row: tuple[Callable[[Patient], Awaitable[None]], str, str, str]
) -> None:
    act, about, said, remedy = row
    await act(patient)
    wrong = await patient.wrong()
    assert list(wrong) == [about]
    assert said in wrong[about].said
    assert remedy in wrong[about].remedy


async def test_a_repository_without_a_config_and_a_limit_are_nothing_wrong(patient: Patient) -> None:
    await patient.hand.push({CONFIG: None})
    await SharedLedger(patient.hand.store).change(InstallationId(3), lambda book, now: (Book(silent_until=now + 90), None))
    found = {one.about: one for one in await patient.findings()}
    assert found["config of acme/app"].said == "has none: the defaults are in force"
    assert found["limits"].grade is Grade.NOTE
    assert "installation 3" in found["limits"].said


def test_without_settings_each_fault_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GAPKEEPER_APP_ID", "GAPKEEPER_PRIVATE_KEY", "GAPKEEPER_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert result.stdout.count("WRONG settings: ") == 3
    assert result.stdout.endswith("3 of 3 things are wrong\n")


@pytest.mark.parametrize(("status", "code"), [(200, 0), (401, 1)], ids=["fine", "wrong key"])
async def test_the_command_ends_by_what_it_found(patient: Patient, status: int, code: int) -> None:
    api = patient.hand.api
    if status != 200:
        await fault("^/app$", status)(patient)
    with serving(Starlette(routes=[Mount("/", app=api)])) as url:
        ours = environment(patient.settings.database_url) | {
            "GAPKEEPER_APP_ID": str(patient.settings.app_id),
            "GAPKEEPER_GITHUB_API_URL": url,
        }
        result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor"], env=ours)
    assert result.exit_code == code, result.output
    assert ("WRONG" in result.stdout) == bool(code)
