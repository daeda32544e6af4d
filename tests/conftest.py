"""What more than one folder uses: the profile of the property tests, the independent emulator, installed on first use, and a PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.postgres import Cluster, running_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peer.peer import Peer

pytest.register_assert_rewrite("tests.frontdoor.desk")

# The same examples every time, so that a red run is the change's fault; `SEARCH=1 uv run pytest tests/properties` looks for new ones.
# No deadline: a busy machine is no bug.
settings.register_profile("gapkeeper", derandomize="SEARCH" not in os.environ, deadline=None)
settings.load_profile("gapkeeper")


@pytest.fixture(scope="session")
def peer_modules() -> Path:
    """The npm packages of the peer. In CI they must come; elsewhere a machine without network skips, with npm's reason."""
    from tests.peer.install import InstallFailed, installed

    try:
        return installed()
    except InstallFailed as failure:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the emulator could not be installed: {failure}")


@pytest.fixture(scope="session")
def peer_session(peer_modules: Path) -> Iterator[Peer]:
    """One emulator for the whole run."""
    from tests.peer.peer import running_peer

    with running_peer(peer_modules) as peer:
        yield peer


@pytest.fixture
def peer(peer_session: Peer) -> Peer:
    """The emulator in its first state."""
    peer_session.reset()
    return peer_session


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of our own for the whole run, skipped where none is installed."""
    # Not in pytest's folders: another run may clear those away, and the server's user must get into it.
    with TemporaryDirectory(prefix="gapkeeper-postgres-") as folder, running_cluster(Path(folder)) as cluster:
        yield cluster
