"""`gapkeeper status`: how the server stands, read from its database beside it."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.fault import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.pace import Pace
    from bot.store.glance import Glance


def command(as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False) -> None:
    """Print how far imports are, what waits and for what, and what is done by the clock.

    The environment must hold what `gapkeeper serve` needs; the server may run meanwhile.
    """
    from bot.core.errors import GapkeeperError, SettingsError
    from bot.core.pace import Pace
    from bot.settings import read_settings
    from bot.store.glance import glance

    try:
        settings = read_settings()
        seen = glance(settings.database_url)
    except SettingsError as error:
        fail(*error.faults)
    except GapkeeperError as error:
        fail(str(error))
    pace = Pace(settings.write_spacing)
    if as_json:
        typer.echo(json.dumps(as_object(seen, pace), ensure_ascii=False))
        return
    for line in lines(seen, pace):
        typer.echo(line)


def lines(seen: Glance, pace: Pace) -> Iterator[str]:
    """Yields what is said of it, line by line."""
    counts = ", ".join(f"{count} {state}" for state, count in sorted(seen.deliveries.items())) or "none"
    yield f"Deliveries: {counts}" + ("" if seen.oldest is None else f"; the oldest open one came {span(seen.oldest)} ago")
    yield f"Syncs: {seen.running} running, {seen.waiting} waiting"
    for one, installation in seen.imports:
        left = _left(seen, installation, pace, one.total - one.done)
        yield f"Import: {one.name} {one.done} of {one.total} issues, {span(left)} to go"
    for waits in seen.parked:
        yield f"Parked: {waits.name or 'a repository'} for {span(waits.left)} (since {span(waits.since)}): {waits.reason}"
    for installation, book in seen.books.items():
        if book.silent_until > seen.time:
            who = f"installation {installation}" if installation else "the App"
            yield f"Limit: GitHub wants no call of {who} for {span(book.silent_until - seen.time)}"
    for name, ago in seen.duties.items():
        yield f"By the clock: {name}, " + ("not done yet" if ago is None else f"done {span(ago)} ago")


def as_object(seen: Glance, pace: Pace) -> dict[str, Any]:
    """Returns the same as JSON has it; times are ISO 8601."""
    return {
        "time": _iso(seen.time),
        "deliveries": dict(seen.deliveries),
        "oldest_open_seconds": seen.oldest,
        "syncs": {"running": seen.running, "waiting": seen.waiting},
        "imports": [
            {
                "repository": one.name,
                "done": one.done,
                "total": one.total,
                "ready": _iso(seen.time + _left(seen, installation, pace, one.total - one.done)),
            }
            for one, installation in seen.imports
        ],
        "parked": [dataclasses.asdict(one) for one in seen.parked],
        "limits": {str(id_): _iso(book.silent_until) for id_, book in seen.books.items() if book.silent_until > seen.time},
        "duties": dict(seen.duties),
    }


def _left(seen: Glance, installation: int, pace: Pace, count: int) -> float:
    from bot.core.pace import Book, ready

    return ready(seen.books.get(installation, Book()), seen.time, pace, count) - seen.time


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """Returns a length of time in words, in its largest sensible unit."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
