"""The server is asked to end, or is frozen for longer than others believe it to live, in the middle of an import."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.app import Role
from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS, Desk, wait_until
from tests.frontdoor.world import MAIN, Break
from tests.kill.failpoints import Board
from tests.kill.mortal import LEASE_SECONDS, MortalBot, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.frontdoor.sandbox_world import SandboxWorld
    from tests.postgres import Cluster

TITLES = [f"Gap about subject {number}" for number in range(8)]
TEXT = "# Known gaps\n\n" + "".join(f"- [ ] {title}\n" for title in TITLES)


def begin(desk: Desk) -> None:
    desk.repository.push({CONFIG_PATH: CONFIG, GAPS: TEXT}, branch=MAIN)


def created(desk: Desk) -> int:
    """Returns how many requests for a new issue were made; those under way count."""
    return sum(call.method == "POST" and call.path.endswith("/issues") for call in desk.repository.calls())


def test_fault_108_asked_to_end_it_finishes_the_call_in_hand_and_takes_no_more(world: SandboxWorld, bot: MortalBot) -> None:
    bot.board.arm(None)
    with Desk(world, bot) as desk:
        desk.start()
        desk.repository.break_call(Break("POST", r"/issues$", after=True, delay=1.0, skip=2))
        begin(desk)
        wait_until(lambda: created(desk) >= 3)
        began = time.monotonic()
        bot.signal(signal.SIGTERM)
        wait_until(lambda: refuses(bot.hook), seconds=2)
        assert bot.stop() == 0
        assert time.monotonic() - began < 10
        desk.start()
        desk.settle()
        assert desk.states == dict.fromkeys(TITLES, "open")


def refuses(hook: str) -> bool:
    try:
        return httpx.post(hook, trust_env=False).status_code == 503
    except httpx.TransportError:
        return True


@pytest.mark.postgres
def test_fault_114_frozen_past_its_lease_it_writes_nothing_more(
    world: SandboxWorld, postgres_cluster: Cluster, tmp_path: Path
) -> None:
    with postgres_cluster.database() as url:
        settings = settings_for(world.access, url)
        frozen, heir = MortalBot(settings, folder(tmp_path, "frozen")), MortalBot(settings, folder(tmp_path, "heir"), Role.WORKER)
        with Desk(world, frozen) as desk:
            try:
                desk.start()
                # The answer to the third request is still to come when the process is frozen.
                desk.repository.break_call(Break("POST", r"/issues$", after=True, delay=1.0, skip=2))
                begin(desk)
                wait_until(lambda: created(desk) >= 3)
                frozen.signal(signal.SIGSTOP)
                heir.start()
                wait_until(lambda: len(desk.repository.issues()) == len(TITLES), seconds=LEASE_SECONDS + 50)
                frozen.signal(signal.SIGCONT)
                wait_until(lambda: "lease.lost" in frozen.log)
                desk.settle()
                assert desk.states == dict.fromkeys(TITLES, "open")
                assert created(desk) == len(TITLES)
            finally:
                frozen.kill()
                heir.kill()


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    Board(made).arm(None)
    return made
