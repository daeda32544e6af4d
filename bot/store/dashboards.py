"""What is remembered of the dashboard of each repository, in one row: the mark of a duty that comes whenever something changed.

Each function runs in the caller's transaction (`Store.read`, `Store.write`).
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.core.errors import Problem, Severity
from bot.core.names import BlobSha, CommitSha, DocumentPath, GapKey, IssueNumber
from bot.store.database import insert, now
from bot.store.records import Examined, Shown
from bot.store.tables import duties, journal

if TYPE_CHECKING:
    from bot.core.names import RepositoryId

_CLOSING = frozenset({("state", "done"), ("state", "wontfix"), ("present", "no")})


def shown(connection: sa.Connection, repository: RepositoryId) -> Shown | None:
    """What is known of a repository's dashboard, None where it never had one."""
    mark = connection.execute(sa.select(duties.c.mark).where(duties.c.name == _name(repository))).scalar()
    return None if mark is None else _shown(mark)


def save(connection: sa.Connection, repository: RepositoryId, record: Shown) -> None:
    """Remember this in place of what was known."""
    mark = json.dumps(dataclasses.asdict(record), separators=(",", ":"))
    row = insert(connection, duties).values(name=_name(repository), due=record.written, done=record.written, mark=mark)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"done": record.written, "mark": mark}))


def closed_lately(connection: sa.Connection, repository: RepositoryId, *, days: int) -> dict[GapKey, float]:
    """When gaps were closed last in these days, or left their document; whether they still are so is not asked."""
    lately = sa.and_(journal.c.repository == repository, journal.c.at > now(connection) - days * 86_400.0)
    rows = connection.execute(sa.select(journal.c.key, journal.c.at, journal.c.steps).where(lately).order_by(journal.c.id))
    return {
        GapKey(row.key): float(row.at)
        for row in rows
        if any((step["field"], step["after"]) in _CLOSING for step in row.steps if isinstance(step["after"], str))
    }


def _name(repository: RepositoryId) -> str:
    return f"dashboard-{repository}"


def _shown(mark: str) -> Shown:
    read = json.loads(mark)
    number = read["number"]
    return Shown(
        number=None if number is None else IssueNumber(number),
        written=read["written"],
        remade=read["remade"],
        off=read["off"],
        examined={
            DocumentPath(path): Examined(
                BlobSha(one["blob"]),
                CommitSha(one["commit"]),
                tuple(Problem(**{**problem, "severity": Severity(problem["severity"])}) for problem in one["problems"]),
            )
            for path, one in read["examined"].items()
        },
    )
