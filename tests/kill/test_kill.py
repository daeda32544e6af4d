"""Killed at a place and started again, the bot ends where it would have ended anyway: the same issues, the same bytes, once each.

Each scenario first runs undisturbed. That run names the places at which the others die, and what they must come to. By itself this
takes one place of each scenario, and on PostgreSQL one of every third; `just kill` takes them all.
"""

from __future__ import annotations

import os
from difflib import unified_diff
from pprint import pformat
from typing import TYPE_CHECKING

import pytest

from tests.kill.run import Bench
from tests.kill.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.frontdoor.sandbox_world import SandboxWorld
    from tests.kill.failpoints import Place
    from tests.kill.mortal import MortalBot
    from tests.kill.run import Outcome

EVERY = int(os.environ.get("KILL_EVERY", "0"))
"""Take every n-th place; 0 takes one."""

MISSED_AT_MOST = 0.2
"""Of all places: some are not reached again, since what happens at once does not happen in the same order each time."""


@pytest.fixture(scope="module")
def bench(world: SandboxWorld, bot: MortalBot) -> Bench:
    """One bench for all scenarios of a database: the bot has the traces of all earlier deaths in it, as it would in life."""
    return Bench(world, bot)


@pytest.mark.parametrize("name", SCENARIOS)
def test_fault_109_killed_anywhere_it_ends_as_if_nothing_had_happened(name: str, bench: Bench, bot: MortalBot) -> None:
    which = list(SCENARIOS).index(name)
    if which % 3 and not bot.embedded and not EVERY:
        pytest.skip("by itself, PostgreSQL has every third scenario only")
    scenario = SCENARIOS[name]
    undisturbed = bench.run(scenario)
    assert undisturbed.after != undisturbed.before
    places = chosen(undisturbed.places, which=which, calls=bot.embedded)
    missed = 0
    wrong: list[str] = []
    for place in places:
        try:
            run = bench.run(scenario, place)
        except (AssertionError, RuntimeError) as error:
            wrong.append(f"{place}: {error}")
            bot.kill()
            continue
        missed += not run.died
        if run.after != undisturbed.after:
            wrong.append(f"{place}:\n{difference(undisturbed.after, run.after)}")
    assert not wrong, "\n\n".join(wrong)
    assert missed <= max(1, len(places) * MISSED_AT_MOST)


def difference(expected: Outcome, found: Outcome) -> str:
    """Returns the lines in which two outcomes differ."""
    before, after = (pformat(outcome, width=120).splitlines() for outcome in (expected, found))
    return "\n".join(unified_diff(before, after, "undisturbed", "killed", lineterm="", n=0))


def chosen(places: Sequence[Place], *, which: int, calls: bool) -> Sequence[Place]:
    """Returns the places to die at: of one kind, or of both when every n-th is asked for."""
    if EVERY:
        return places[::EVERY]
    kind = [place for place in places if place.name.startswith(("after P", "before P")) == calls]
    return [kind[which * 7 % len(kind)]]
