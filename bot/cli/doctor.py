"""`gapkeeper doctor`: looks at everything a working App needs, and says for each thing that is wrong what to do about it.

It reads the environment, the database beside a running server, and GitHub; it changes nothing anywhere.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from bot.cli.status import span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import httpx

    from bot.github.auth import GitHubApp
    from bot.github.model import Attempt, Registration
    from bot.settings import Settings
    from bot.store.glance import Glance, Known

LOG_SECONDS = 86_400.0
"""So far back the log of deliveries is looked at."""

OLD_SECONDS = 15 * 60.0
"""A delivery that is open for longer waits for something."""

MOST_REPOSITORIES = 100


class Grade(StrEnum):
    """How a thing stands."""

    FINE = "ok"
    NOTE = "note"
    """Nobody needs to act, or nobody can tell."""
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is what to do where it is wrong."""

    grade: Grade
    about: str
    said: str
    remedy: str = ""

    def __str__(self) -> str:
        """The finding for a terminal."""
        first = f"{self.grade:<6}{self.about}: {self.said}"
        return f"{first}\n      → {self.remedy}" if self.remedy else first


def command() -> None:
    """Check settings, credentials, permissions, events, deliveries, database, queue, limits and the config of each repository.

    The environment must hold what `gapkeeper serve` needs; the server may run meanwhile. Exit status 1 when something is wrong.
    """
    findings = asyncio.run(_collected())
    for finding in findings:
        typer.echo(str(finding))
    wrong = sum(finding.grade is Grade.WRONG for finding in findings)
    typer.echo(f"{wrong} of {len(findings)} things are wrong" if wrong else f"{len(findings)} things looked at, none is wrong")
    raise typer.Exit(1 if wrong else 0)


async def _collected() -> list[Finding]:
    from bot.core.errors import SettingsError
    from bot.settings import read_settings

    try:
        settings = read_settings()
    except SettingsError as error:
        remedy = "set it in the environment of the server; README.md lists the variables"
        return [Finding(Grade.WRONG, "settings", fault, remedy) for fault in error.faults]
    return [finding async for finding in examine(settings)]


async def examine(
    settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, now: Callable[[], float] = time.time
) -> AsyncIterator[Finding]:
    """Yields what was found, thing by thing; what cannot be looked at is wrong itself, and ends nothing else."""
    from bot.app import github_app

    yield _of_settings(settings)
    repositories: tuple[Known, ...] = ()
    for one in _of_database(settings):
        if isinstance(one, Finding):
            yield one
        else:
            repositories = one
    github = github_app(settings, transport=transport)
    try:
        known = True
        async for finding in _of_app(github):
            known = (known and finding.about != "credentials") or finding.grade is not Grade.WRONG
            yield finding
        if known:
            yield await _of_deliveries(github, now())
            for repository in repositories[:MOST_REPOSITORIES]:
                yield await _of_config(github, repository)
            if len(repositories) > MOST_REPOSITORIES:
                yield Finding(Grade.NOTE, "config", f"only the first {MOST_REPOSITORIES} of {len(repositories)} repositories")
    finally:
        await github.aclose()


def _of_settings(settings: Settings) -> Finding:
    if settings.weak_secrets:
        remedy = "openssl rand -hex 32; GAPKEEPER_WEBHOOK_SECRET takes old and new with a comma while you change it at GitHub"
        return Finding(Grade.WRONG, "settings", "the webhook secret is short enough to be guessed", remedy)
    return Finding(Grade.FINE, "settings", f"App {settings.app_id} at {settings.github_api_url}")


def _of_database(settings: Settings) -> Iterator[Finding | tuple[Known, ...]]:
    """Yields what the database tells, and the repositories that it knows."""
    from bot.core.errors import DatabaseUnusable, SchemaMismatch
    from bot.store.glance import glance, known

    try:
        seen = glance(settings.database_url)
        repositories = known(settings.database_url)
    except SchemaMismatch as error:
        yield Finding(
            Grade.WRONG, "schema", str(error), "start the server of this version once: it brings an older schema up to date"
        )
        return
    except DatabaseUnusable as error:
        yield Finding(Grade.WRONG, "database", str(error), "check GAPKEEPER_DATABASE_URL, and whether the database runs")
        return
    yield Finding(Grade.FINE, "schema", "is the one this version knows")
    yield _of_queue(seen)
    yield from _of_parked(seen)
    yield from _of_limits(seen)
    yield repositories


def _of_queue(seen: Glance) -> Finding:
    lost = seen.deliveries.get("failed", 0)
    if seen.oldest is not None and seen.oldest > OLD_SECONDS and not seen.parked and not seen.imports:
        said = f"the oldest delivery waits for {span(seen.oldest)}"
        return Finding(Grade.WRONG, "queue", said, "is `gapkeeper serve` or `gapkeeper worker` running? its log says sync.ended")
    if lost:
        remedy = "the log says sync.given_up with the reason; then `gapkeeper replay GUID`; a daily round makes it good as well"
        return Finding(Grade.WRONG, "queue", f"{lost} deliveries were given up", remedy)
    return Finding(Grade.FINE, "queue", f"{seen.running} running, {seen.waiting} waiting")


def _of_parked(seen: Glance) -> Iterator[Finding]:
    for one in seen.parked:
        said = f"{one.name or 'a repository'} waits since {span(one.since)}: {one.reason}"
        limited = "limit" in one.reason or "wait" in one.reason
        remedy = "" if limited else "do what the reason asks for at GitHub; it is tried again by itself"
        yield Finding(Grade.NOTE if limited else Grade.WRONG, "parked", said, remedy)


def _of_limits(seen: Glance) -> Iterator[Finding]:
    silent = {id_: book.silent_until - seen.time for id_, book in seen.books.items() if book.silent_until > seen.time}
    for installation, seconds in silent.items():
        yield Finding(Grade.NOTE, "limits", f"GitHub wants no call of installation {installation} for {span(seconds)}")
    if not silent:
        yield Finding(Grade.FINE, "limits", "no installation has to wait")


async def _of_app(github: GitHubApp) -> AsyncIterator[Finding]:
    """Yields whether GitHub knows us, and whether the App may and hears what app.yml says."""
    from bot.core.errors import GitHubError, Unavailable

    try:
        registered = await github.registration()
    except Unavailable as error:
        yield Finding(
            Grade.WRONG, "credentials", str(error), "GitHub cannot be reached: check GAPKEEPER_GITHUB_API_URL and the network"
        )
        return
    except GitHubError as error:
        remedy = "check GAPKEEPER_APP_ID and the private key (App settings → Private keys), and this machine's clock"
        yield Finding(Grade.WRONG, "credentials", str(error), remedy)
        return
    yield Finding(Grade.FINE, "credentials", f"GitHub knows us as {registered.slug}")
    yield _of_permissions(registered)
    yield _of_events(registered)


def _of_permissions(registered: Registration) -> Finding:
    from bot.github.gateway import LEVELS, OPTIONAL_PERMISSIONS, needed

    rank = {word: number for number, word in enumerate(("none", *LEVELS, "admin"))}
    given = registered.permissions
    wanted = needed()
    lacking = [f"{name}: {level}" for name, level in wanted.items() if rank.get(given.get(name, "none"), 0) < rank[level]]
    allowed = {name for permissions in OPTIONAL_PERMISSIONS.values() for name in permissions}
    more = sorted(set(given) - set(wanted) - allowed)
    if lacking:
        remedy = "grant them in the App's settings → Permissions; then each installation has to accept"
        return Finding(Grade.WRONG, "permissions", f"the App lacks {', '.join(lacking)}", remedy)
    if more:
        return Finding(Grade.NOTE, "permissions", f"the App may more than it needs: {', '.join(more)}")
    return Finding(Grade.FINE, "permissions", ", ".join(f"{name}: {level}" for name, level in sorted(wanted.items())))


def _of_events(registered: Registration) -> Finding:
    from bot.web.webhook import EVENTS

    lacking = sorted(EVENTS - registered.events)
    if lacking:
        remedy = "subscribe to them in the App's settings → Permissions & events"
        return Finding(Grade.WRONG, "events", f"the App does not hear {', '.join(lacking)}", remedy)
    return Finding(Grade.FINE, "events", ", ".join(sorted(EVENTS)))


async def _of_deliveries(github: GitHubApp, now: float) -> Finding:
    """Whether GitHub reaches our webhook, as far as its log tells."""
    from bot.core.errors import GitHubError

    about = "webhook"
    try:
        attempts = await github.hook.attempts(since=now - LOG_SECONDS)
    except GitHubError as error:
        remedy = "is the webhook of the App active? App settings → General → Webhook"
        return Finding(Grade.WRONG, about, f"the log of deliveries cannot be read: {error}", remedy)
    if not attempts:
        return Finding(
            Grade.NOTE, about, f"nothing was delivered in the last {span(LOG_SECONDS)}: whether we are reached is not known"
        )
    newest: Attempt = attempts[0]
    failed = sum(not attempt.reached for attempt in attempts)
    said = f"last delivery {span(max(now - newest.at, 0))} ago, {failed} of {len(attempts)} in a day did not reach us"
    if newest.reached:
        return Finding(Grade.NOTE if failed else Grade.FINE, about, said)
    remedy = "does the webhook's URL lead to /webhooks/github of this server, with the same secret? App settings → Advanced shows answers"
    return Finding(Grade.WRONG, about, f"the newest failed: {said}", remedy)


async def _of_config(github: GitHubApp, repository: Known) -> Finding:
    """Whether the config of a repository can be read; one without a config is fine."""
    from bot.core.config import CONFIG_PATH, check
    from bot.core.errors import GitHubError, NotFound, Problem, Severity
    from bot.core.names import DocumentPath

    about = f"config of {repository.name}"
    try:
        reader = github.reader(repository.installation)
        found: tuple[Problem, ...] = check(
            (await reader.file(repository.name, DocumentPath(CONFIG_PATH), repository.branch)).data
        )
    except NotFound as error:
        try:
            await reader.repository(repository.id)
        except GitHubError:
            return Finding(Grade.WRONG, about, str(error), "is the App still installed there, with access to this repository?")
        return Finding(Grade.FINE, about, "has none: the defaults are in force")
    except GitHubError as error:
        return Finding(Grade.WRONG, about, str(error), "is the App still installed there, and not suspended?")
    wrong = [problem for problem in found if problem.severity is Severity.ERROR]
    if wrong:
        first = wrong[0]
        said = f"{len(wrong)} errors, the first in line {first.line}: {first.message}"
        return Finding(
            Grade.WRONG, about, said, f"mend {CONFIG_PATH} (`gapkeeper config check`); until then the last good one is in force"
        )
    return Finding(Grade.FINE, about, "can be read")
