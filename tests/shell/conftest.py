"""Fixtures of the shell's tests: the event loop, and a fresh database of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.postgres import Cluster, running_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def anyio_backend() -> str:
    """Async tests are marked `anyio`; they run on asyncio, as the program does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server of our own for the whole run, skipped where none is installed."""
    with running_cluster(tmp_path_factory.mktemp("postgres", numbered=True)) as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/gapkeeper.db"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    with cluster.database() as url:
        yield url
