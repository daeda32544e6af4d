"""The one workflow: whatever happened in a repository, read both sides, plan, perform, and remember.

It is level-triggered and may be stopped anywhere: what was performed is in the store, and the next run plans only what is left.
So the job engine runs all of it as one step, again from its start after a crash (docs/decisions/0001-job-engine.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from bot.core.errors import NotFound, Problem, RateLimited, Refused, Stale
from bot.core.issue import Seal
from bot.core.plan import plan
from bot.github.translate import event_of, payload_of
from bot.jobs.gather import Gatherer, pushes_to
from bot.jobs.outcome import Done, Later, Outcome
from bot.jobs.parsing import Parser
from bot.jobs.perform import Performer
from bot.store.records import RepositoryState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.events import Event, Origin
    from bot.core.names import RepositoryId
    from bot.github.auth import GitHubApp
    from bot.settings import Settings
    from bot.store.records import Delivery
    from bot.store.store import Store

ATTEMPTS = 5
"""How often a sync reads and plans again because a side changed under it (I13)."""

log = structlog.get_logger()


class Sync:
    """Syncs repositories; the handler of the job engine."""

    def __init__(self, github: GitHubApp, store: Store, settings: Settings) -> None:
        self._github = github
        self._store = store
        self._secrets = secrets_of(settings)
        self._web = web_address(settings.github_api_url)
        self._parser = Parser()

    async def aclose(self) -> None:
        """End the process that reads large documents. No sync may be under way."""
        await self._parser.aclose()

    async def __call__(self, repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
        """Sync a repository because of these deliveries; raises the GitHubError that a later try may overcome."""
        events = [event for delivery in deliveries if (event := event_of(delivery.event, payload_of(delivery.payload)))]
        if not events:
            return Done()
        try:
            for _ in range(ATTEMPTS):
                try:
                    await self._synchronise(repository, events)
                except Stale:
                    continue
                return Done()
        except RateLimited as limit:
            return Later(limit.retry_after, "GitHub asked to wait")
        return Later(60.0, "the repository keeps changing")

    async def _synchronise(self, repository: RepositoryId, events: list[Event]) -> None:
        state = await self._known(repository, events[-1].origin)
        pushes = pushes_to(state.default_branch, events)
        if not pushes:
            await self._store.save_repository(state)
            return
        seal = Seal(self._secrets, repository)
        reader = self._github.reader(state.installation)
        gatherer = Gatherer(self._github, reader, self._store, seal=seal, web=self._web, parser=self._parser)
        try:
            gathered = await gatherer.gather(state, pushes)
        except Refused as refusal:
            if isinstance(refusal, NotFound):
                raise
            log.warning("unreadable repository", repository=state.name, reason=refusal.message)
            return
        decided = plan(gathered.view)
        # Until the plan is carried out the old head stays on record: the next sync must see the same differences again.
        performer = Performer(
            self._github.installation(state.installation),
            self._store,
            seal,
            replace(gathered.state, head=state.head, documents=state.documents),
        )
        problems = await performer.perform(decided)
        _report(state, (*decided.problems, *problems))
        if decided.final:
            moved = replace(performer.state, head=gathered.state.head, documents=gathered.state.documents)
            await self._store.save_repository(moved)
        else:
            await self._store.save_repository(performer.state)

    async def _known(self, repository: RepositoryId, origin: Origin) -> RepositoryState:
        """Returns what we remember of the repository, under the name and installation it has now."""
        state = await self._store.repository(repository)
        if state is None:
            return RepositoryState(repository, origin.name, origin.installation, origin.default_branch)
        return replace(state, name=origin.name, installation=origin.installation, default_branch=origin.default_branch)


def secrets_of(settings: Settings) -> tuple[bytes, ...]:
    """Returns what markers are signed with: the webhook secrets, whose rotation they then share."""
    return tuple(secret.encode() for secret in settings.webhook_secrets)


def web_address(api_url: str) -> str:
    """Returns where people see what the API serves: github.com, or the host of an Enterprise Server (`…/api/v3`)."""
    parts = urlsplit(api_url)
    if parts.hostname == "api.github.com":
        return "https://github.com"
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api/v3')}"


def _report(state: RepositoryState, problems: Iterable[Problem]) -> None:
    for problem in problems:
        log.warning("problem", repository=state.name, code=problem.code, line=problem.line, message=problem.message)
