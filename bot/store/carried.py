"""What issues said when it was being written into their documents, for the case that we die before the answer (I2).

A row stands from just before the commit of a document until the pair is saved, or GitHub refuses. Each function runs in the caller's
transaction.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.core.gaps.model import State
from bot.core.names import IssueNumber
from bot.core.pair import Base
from bot.store.database import insert
from bot.store.tables import carried

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.names import RepositoryId


def of(connection: sa.Connection, repository: RepositoryId) -> dict[IssueNumber, Base]:
    """Returns what is being carried, by the numbers of the issues."""
    rows = connection.execute(sa.select(carried.c.number, carried.c.said).where(carried.c.repository == repository))
    return {IssueNumber(row.number): base_of(row.said) for row in rows}


def note(connection: sa.Connection, repository: RepositoryId, said: Mapping[IssueNumber, Base]) -> None:
    """Note what issues say, in place of what they said before."""
    for number, base in said.items():
        values = {"repository": repository, "number": number, "said": asdict(base)}
        upsert = insert(connection, carried).values(values)
        connection.execute(upsert.on_conflict_do_update(index_elements=["repository", "number"], set_=values))


def drop(connection: sa.Connection, repository: RepositoryId, numbers: Sequence[IssueNumber]) -> None:
    """Forget what these issues said."""
    connection.execute(carried.delete().where(carried.c.repository == repository, carried.c.number.in_(numbers)))


def base_of(value: dict[str, Any]) -> Base:
    """Returns a base as it was kept."""
    return Base(**{**value, "state": State(value["state"]), "ticks": tuple(value["ticks"])})
