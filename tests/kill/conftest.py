"""A world, and a bot in it that can be killed, on each database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.sandbox_world import running_sandbox
from tests.kill.mortal import MortalBot, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.frontdoor.sandbox_world import SandboxWorld


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    """A GitHub that outlives the bot."""
    with running_sandbox() as sandbox:
        sandbox.api.hourly = 1_000_000
        yield sandbox


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bot(request: pytest.FixtureRequest, world: SandboxWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalBot]:
    """A bot with a database of its own; it does not run yet."""
    folder = tmp_path_factory.mktemp("bot")
    if request.param == "sqlite":
        made = MortalBot(settings_for(world.access, f"sqlite:///{folder}/gapkeeper.db"), folder)
        yield made
        made.kill()
        return
    with request.getfixturevalue("postgres_cluster").database() as url:
        made = MortalBot(settings_for(world.access, url), folder)
        yield made
        made.kill()
