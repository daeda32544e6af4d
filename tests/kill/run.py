"""One run of a scenario in which the server dies at a place, or at none; and what is left in the end."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx
import sqlalchemy as sa

from bot.store.tables import deliveries, intents, queue
from tests.frontdoor.desk import Desk
from tests.frontdoor.world import MAIN
from tests.kill.scenarios import sandbox

if TYPE_CHECKING:
    from bot.sandbox import Delivery
    from tests.frontdoor.sandbox_world import SandboxWorld
    from tests.frontdoor.world import IssueView
    from tests.kill.failpoints import Place
    from tests.kill.mortal import MortalBot
    from tests.kill.scenarios import Scenario

_SECONDS = 60.0
_TAKEN = 202
_PROCESSED = {"done", "ignored"}
_MARKER = re.compile(r"<!-- gapkeeper(?!:box).*?-->", re.DOTALL)
_HEX = re.compile(r"\b[0-9a-f]{7,64}\b")


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that people see in the end, without what differs from run to run: times, ids, names of commits."""

    issues: tuple[IssueView, ...]
    comments: tuple[tuple[int, str, str], ...]
    files: tuple[tuple[str, bytes], ...]
    commits: tuple[str, ...]
    pulls: tuple[tuple[str, str, bool, tuple[tuple[str, bytes], ...]], ...]
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it: whether the server died, the places that it passed, and what is left."""

    died: bool
    places: tuple[Place, ...]
    before: Outcome
    after: Outcome


class Bench:
    """A world, a mortal bot, and its database; scenarios run here one after the other, each in a repository of its own."""

    def __init__(self, world: SandboxWorld, bot: MortalBot) -> None:
        self._world, self._bot = world, bot

    def run(self, scenario: Scenario, place: Place | None = None) -> Run:
        """Run a scenario; where the server dies it is started again, and what nobody took is delivered again, as GitHub would."""
        self._bot.board.arm(None)
        with Desk(self._world, self._bot) as desk:
            if not self._bot.alive:
                desk.start()
            scenario.given(desk)
            before = outcome(desk)
            self._bot.board.arm(place)
            scenario.act(desk)
            died = self._death_or_rest(desk)
            places = tuple(self._bot.board.passed())
            if died:
                self._world.connect(None)
                self._bot.kill()
                self._bot.board.arm(None)
                desk.start()
            self._deliver_the_rest(desk)
            desk.settle()
            after = outcome(desk)
            run = Run(died, places, before, replace(after, commits=()) if scenario.coalesced else after)
            self._assert_nothing_is_left(desk)
            with desk.nothing_written():
                desk.push({"README.md": "an unrelated change\n"})
            return run

    def _death_or_rest(self, desk: Desk) -> bool:
        end = time.monotonic() + _SECONDS
        while self._bot.alive:
            try:
                if not desk.busy:
                    return False
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, "neither dead nor at rest"
            time.sleep(0.005)
        return True

    def _deliver_the_rest(self, desk: Desk) -> None:
        """Deliver again what was not acknowledged; a delivery is known by its GUID, however often it was tried."""
        last = {delivery.guid: delivery for delivery in self._deliveries(desk)}
        for delivery in last.values():
            if delivery.status_code != _TAKEN:
                self._world.do(lambda id_=delivery.id: self._world.hooks.redeliver(id_))  # type: ignore[misc]  # a default binds it

    def _deliveries(self, desk: Desk) -> list[Delivery]:
        repository = sandbox(desk).act(lambda model: model.id)
        return [delivery for delivery in list(self._world.hooks.log) if delivery.repository == repository]

    def _assert_nothing_is_left(self, desk: Desk) -> None:
        """Asserts that every delivery was processed, and that the tables say so."""
        repository = sandbox(desk).act(lambda model: model.id)
        engine = sa.create_engine(self._bot.settings.database_url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            states = {row.id: row.state for row in connection.execute(sa.select(deliveries.c.id, deliveries.c.state))}
            held = sa.select(queue).where(sa.or_(queue.c.waiting.is_not(None), queue.c.running.is_not(None)))
            assert connection.execute(held.where(queue.c.repository == repository)).all() == []
            assert connection.execute(sa.select(intents).where(intents.c.repository == repository)).all() == []
        engine.dispose()
        assert {one.event: states.get(one.guid) for one in self._deliveries(desk) if states.get(one.guid) not in _PROCESSED} == {}


def outcome(desk: Desk) -> Outcome:
    """Returns what people see now."""
    repository = sandbox(desk)
    name = repository.act(lambda model: model.full_name)

    def plain(text: str) -> str:
        return _HEX.sub("…", _MARKER.sub("", text).replace(name, "acme/app"))

    def files(branch: str) -> tuple[tuple[str, bytes], ...]:
        return repository.act(lambda model: tuple((path, model.read(path, branch)) for path in sorted(model.files(branch))))

    issues = repository.issues()
    return Outcome(
        issues=tuple(replace(issue, body=plain(issue.body)) for issue in issues),
        comments=tuple((i.number, c.author, plain(c.body)) for i in issues for c in repository.comments(i.number)),
        files=files(MAIN),
        commits=repository.act(lambda model: tuple(c.message for c in model.git.history(model.branches[MAIN]))),
        pulls=tuple((pull.title, plain(pull.body), pull.open, files(pull.branch)) for pull in repository.pulls()),
        labels=frozenset(repository.labels()),
    )
