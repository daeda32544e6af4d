"""The ids of our labels in each repository: a label that was renamed or made anew is known by its id (#96).

Each function runs in the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.store.database import insert
from bot.store.tables import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.names import RepositoryId


def ids_of(connection: sa.Connection, repository: RepositoryId) -> dict[str, int]:
    """Returns the ids of a repository's labels by their names in lower case."""
    rows = connection.execute(sa.select(labels.c.name, labels.c.id).where(labels.c.repository == repository))
    return {row.name: row.id for row in rows}


def note(connection: sa.Connection, repository: RepositoryId, found: Mapping[str, int]) -> None:
    """Note the ids of labels, by their names in lower case, beside those that are known."""
    for name, number in found.items():
        values = {"repository": repository, "name": name, "id": number}
        upsert = insert(connection, labels).values(values)
        connection.execute(upsert.on_conflict_do_update(index_elements=["repository", "name"], set_=values))


def replace(connection: sa.Connection, repository: RepositoryId, found: Mapping[str, int]) -> None:
    """Let these be all the labels whose ids are known."""
    connection.execute(labels.delete().where(labels.c.repository == repository))
    note(connection, repository, found)
