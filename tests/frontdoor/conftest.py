"""The two worlds, and a bot on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import Desk
from tests.frontdoor.running_bot import ThreadBot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.frontdoor.world import World
    from tests.peer.peer import Peer


@pytest.fixture(scope="module", params=["sandbox", pytest.param("peer", marks=pytest.mark.peer)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A GitHub with the App installed on it; each scenario has a repository of its own there."""
    if request.param == "peer":
        from tests.frontdoor.peer_world import PeerWorld

        peer_world = PeerWorld(request.getfixturevalue("peer_session"))
        yield peer_world
        peer_world.close()
        assert _not_in_githubs_description(peer_world.peer) == []
        return
    from tests.frontdoor.sandbox_world import running_sandbox

    with running_sandbox() as sandbox_world:
        yield sandbox_world


@pytest.fixture(scope="module")
def shared_bot(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadBot]:
    """One bot for all scenarios of a file: it serves many repositories, as it does in life."""
    bot = ThreadBot(world.access, tmp_path_factory.mktemp("bot"))
    bot.start()
    world.connect(bot.hook)
    yield bot
    world.connect(None)
    bot.stop()


@pytest.fixture
def desk(world: World, shared_bot: ThreadBot) -> Iterator[Desk]:
    """A fresh repository with the shared bot on it."""
    with Desk(world, shared_bot) as desk:
        if desk.busy:  # a scenario failed and left work behind: it must not make the next ones fail
            desk.restart()
        yield desk


@pytest.fixture
def own_desk(world: World, tmp_path: Path) -> Iterator[Desk]:
    """A fresh repository and a bot that the scenario may stop and rob of its database in `tmp_path`."""
    with Desk(world, ThreadBot(world.access, tmp_path)) as desk:
        desk.start()
        yield desk
        desk.stop()


def _not_in_githubs_description(peer: Peer) -> list[str]:
    """Returns what GitHub would not understand of the bot's calls, where its description lies beside the repository.

    `GET /repositories/{id}` is older than the description and missing from it; GitHub's own redirects lead there.
    """
    from tests.peer.oracle import REST_DESCRIPTION, RestOracle

    if not REST_DESCRIPTION.exists():
        return []
    oracle = RestOracle(REST_DESCRIPTION)
    described = [call for call in peer.calls if not call.path.startswith("/repositories/")]
    return [f"{call}: {fault}" for call in described for fault in oracle.faults(call)]
