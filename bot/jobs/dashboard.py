"""Keeps the dashboard of a repository: gathers what it shows, writes it at most once a minute, and reads what its boxes ask for.

What changed within that minute is written by the repository's next round, which is then due at the end of it (`bot.store.duties`), so
nothing is lost with the process. There is never a second dashboard: before one is made, the issues with its label are looked
through for the mark that we signed (I4). One that people deleted is made anew once; deleted again, it stays away until the setting was
turned off and on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from bot.core.checks import looked_at, settings_looked_at, with_lint
from bot.core.config import CONFIG_PATH
from bot.core.dashboard import (
    CLOSED_DAYS,
    DASHBOARD_LABEL,
    DASHBOARD_TITLE,
    Board,
    Closed,
    Conflict,
    Fault,
    Waiting,
    dashboard,
    is_dashboard,
    same_text,
    wishes,
)
from bot.core.errors import Gone, Moved, NotFound, Refused, Unsettled
from bot.core.issue import Seal, StateReason
from bot.core.messages import offered_in, question_in
from bot.core.names import DocumentPath, GapKey
from bot.core.triage import CONFLICT
from bot.jobs.gather import last_good
from bot.jobs.parsing import Parser
from bot.jobs.verdict import renamed
from bot.store import dashboards, duties
from bot.store.records import Examined, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.core.dashboard import Wish
    from bot.core.errors import Problem
    from bot.core.events import IssueChanged
    from bot.core.issue import Issue
    from bot.core.names import IssueNumber, RepositoryId
    from bot.github.auth import GitHubApp
    from bot.github.gateway import ReadGateway
    from bot.store.records import RepositoryState
    from bot.store.store import Store

_INTENT = GapKey(DASHBOARD_TITLE)
"""Announces that the issue is about to be created, as `Store.intend` does it for gaps; no gap has such a key."""

_MAX_CONFLICTS = 20
_MAX_READ = 50
"""So many documents are read for their problems at a time; the others follow with later changes."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Dashboards:
    """The dashboards of all repositories; close it at the end."""

    github: GitHubApp
    store: Store
    secrets: tuple[bytes, ...]
    web: str
    now: Callable[[], float]
    spacing: float
    settle: float
    parser: Parser = field(default_factory=lambda: Parser(with_lint))

    async def aclose(self) -> None:
        """End the process that reads large documents."""
        await self.parser.aclose()

    async def number(self, repository: RepositoryId) -> IssueNumber | None:
        """Returns the issue of a repository's dashboard."""
        record = await self.store.shown(repository)
        return record.number if record else None

    def asked(self, repository: RepositoryId, event: IssueChanged) -> tuple[Wish, ...]:
        """Returns what an edit of the dashboard asks for; without what it said before, an edit says nothing about boxes."""
        if event.issue is None or event.before is None:
            return ()
        return wishes(event.issue.body, event.before, Seal(self.secrets, repository))

    async def show(self, repository: RepositoryId) -> None:
        """Bring the dashboard up to date; a refusal of GitHub's about it stops nothing else."""
        state = await self.store.repository(repository)
        if state is None:
            return
        record = await self.store.shown(repository)
        try:
            if last_good(state).dashboard:
                await self._show(state, record or Shown())
            elif record is not None and not record.off:
                await self._turn_off(state, record)
        except Refused as refused:
            if renamed(refused, state.id):
                raise
            log.warning("no dashboard", repository=state.name, reason=refused.message)

    async def _turn_off(self, state: RepositoryState, record: Shown) -> None:
        if record.number is not None:
            gateway = self.github.installation(state.installation)
            try:
                await gateway.update_issue(state.name, record.number, open=False, reason=StateReason.COMPLETED)
            except (Gone, NotFound):
                record = replace(record, number=None)
        await self._save(state, replace(record, remade=0, off=True))

    async def _show(self, state: RepositoryState, record: Shown) -> None:
        wait = record.written + self.spacing - self.now()
        if wait > 0:
            await self.store.write(duties.go_round, state.id, seconds=wait)
            return
        if record.number is None and record.remade and not record.off:
            return
        reader = self.github.reader(state.installation)
        examined = await self._examined(state, reader, record.examined)
        board = await self._board(state, reader, examined)
        body = dashboard(board, Seal(self.secrets, state.id))
        live = await self._live(state, reader, record)
        if live is None and record.number is not None:
            record = replace(record, number=None, remade=record.remade + 1)
            if record.remade > 1:
                await self._save(state, record)
                return
        record = replace(record, examined=examined)
        gateway = self.github.installation(state.installation)
        if live is None:
            number = await self._make(state, body)
            await self._save(state, replace(record, number=number, written=self.now(), off=False))
        elif record.off or not same_text(live.body, body):
            await gateway.update_issue(state.name, live.number, body=body, open=True if record.off else None)
            await self._save(state, replace(record, number=live.number, written=self.now(), off=False))
        else:
            await self._save(state, replace(record, number=live.number))

    async def _save(self, state: RepositoryState, record: Shown) -> None:
        await self.store.save_shown(state.id, record)

    async def _live(self, state: RepositoryState, reader: ReadGateway, record: Shown) -> Issue | None:
        """Returns the dashboard as it is now, None where there is none."""
        if record.number is not None:
            try:
                return await reader.issue(state.name, record.number)
            except (Gone, Moved, NotFound) as gone:
                if renamed(gone, state.id):
                    raise
                return None
        return await self._found(state, reader)

    async def _found(self, state: RepositoryState, reader: ReadGateway) -> Issue | None:
        seal, login = Seal(self.secrets, state.id), await self.github.login()
        issues = await reader.issues(state.name, label=DASHBOARD_LABEL.name)
        found = next((issue for issue in issues if is_dashboard(issue, seal, login=login)), None)
        if found is not None:
            await self.store.drop_intent(state.id, _INTENT)
        return found

    async def _make(self, state: RepositoryState, body: str) -> IssueNumber:
        """Returns the number of the new issue; raises Unsettled while one that was perhaps made may not be listed yet (#44)."""
        wait = await self.store.unsettled(state.id, _INTENT, now=self.now(), settle=self.settle)
        if wait > 0:
            raise Unsettled("a dashboard was perhaps created", retry_after=wait)
        await self.store.intend(state.id, _INTENT)
        gateway = self.github.installation(state.installation)
        try:
            await gateway.create_label(state.name, DASHBOARD_LABEL)
            issue = await gateway.create_issue(state.name, title=DASHBOARD_TITLE, body=body, labels=[DASHBOARD_LABEL.name])
        except Refused:
            await self.store.drop_intent(state.id, _INTENT)
            raise
        await self.store.drop_intent(state.id, _INTENT)
        return issue.number

    async def _board(self, state: RepositoryState, reader: ReadGateway, examined: Mapping[DocumentPath, Examined]) -> Board:
        pairs = await self.store.pairs(state.id)
        standing = tuple(pair for pair in pairs if pair.present and not pair.lost)
        lately = await self.store.read(dashboards.closed_lately, state.id, days=CLOSED_DAYS)
        still = {pair.key: pair for pair in pairs if not pair.lost and (pair.base.state.closed or not pair.present)}
        closed = sorted(
            ((at, still[key]) for key, at in lately.items() if key in still), key=lambda one: (-one[0], one[1].number)
        )
        return Board(
            web=f"{self.web}/{state.name}",
            pairs=standing,
            waiting=await self._waiting(state, reader),
            conflicts=await self._conflicts(state, reader),
            faults=tuple(Fault(path, one.commit, problem) for path, one in sorted(examined.items()) for problem in one.problems),
            closed=tuple(Closed(pair, datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")) for at, pair in closed),
        )

    async def _waiting(self, state: RepositoryState, reader: ReadGateway) -> Waiting | None:
        if state.notice is None:
            return None
        try:
            notice = await reader.issue(state.name, state.notice)
        except (Gone, Moved, NotFound):
            return None
        return Waiting(state.notice, offered_in(notice.body)) if notice.open else None

    async def _conflicts(self, state: RepositoryState, reader: ReadGateway) -> tuple[Conflict, ...]:
        """Returns the gaps in conflict, each with the question that was asked last."""
        if CONFLICT.name not in state.labels:
            return ()
        login = await self.github.login()
        found: list[Conflict] = []
        for issue in await reader.issues(state.name, label=CONFLICT.name):
            question = None
            if len(found) < _MAX_CONFLICTS:
                comments = await reader.comments(state.name, issue.number)
                asked = [question_in(comment.body) for comment in comments if comment.author == login]
                question = next((one for one in reversed(asked) if one is not None), None)
            found.append(Conflict(issue.number, issue.title, question))
        return tuple(found)

    async def _examined(
        self, state: RepositoryState, reader: ReadGateway, known: Mapping[DocumentPath, Examined]
    ) -> dict[DocumentPath, Examined]:
        """Returns the problems of all documents; those whose blob is known are not read again, and their links stay."""
        if state.head is None:
            return {}
        found = {path: known[path] for path, blob in state.documents.items() if path in known and known[path].blob == blob}
        for path, blob in sorted(state.documents.items()):
            if path not in found and len(found) < _MAX_READ + len(known):
                reading = await self.parser.parse(path, await reader.blob(state.name, blob))
                found[path] = Examined(blob, state.head, _placeless(looked_at(path, reading).problems))
        settings = DocumentPath(CONFIG_PATH)
        try:
            file = await reader.file(state.name, settings, state.default_branch)
        except Refused:
            return found
        same = settings in known and known[settings].blob == file.sha
        problems = _placeless(settings_looked_at(file.data).problems)
        found[settings] = known[settings] if same else Examined(file.sha, state.head, problems)
        return found


def _placeless(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(replace(problem, span=None) for problem in problems)
