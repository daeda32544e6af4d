"""The one workflow: whatever happened in a repository, read both sides, plan, perform, and remember.

It is level-triggered and may be stopped anywhere: what was performed is in the store, and the next run plans only what is left.
So the job engine runs all of it as one step, again from its start after a crash (docs/decisions/0001-job-engine.md).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from bot.core.actions import Decision, EditDocument, TurnDown
from bot.core.config import CONFIG_PATH, is_own
from bot.core.dashboard import Approved, Keep, LookAgain
from bot.core.errors import Moved, NotFound, Problem, RateLimited, Refused, Stale
from bot.core.events import CheckWanted, CommentWritten, IssueChanged, LabelChanged
from bot.core.issue import Seal
from bot.core.merge import Side
from bot.core.messages import approved_in, decided_in, question_in
from bot.core.plan import plan
from bot.github.translate import event_of, payload_of
from bot.jobs.causes import Causes, causes_of
from bot.jobs.check import Checker
from bot.jobs.comment import MAY_WRITE, Desk, Taken
from bot.jobs.dashboard import Dashboards
from bot.jobs.gather import Gatherer, pushes_to
from bot.jobs.labels import LabelMissing, mended
from bot.jobs.outcome import Done, Later, Outcome
from bot.jobs.parsing import Parser
from bot.jobs.perform import BranchRefused, Performer
from bot.jobs.propose import Proposer
from bot.jobs.verdict import renamed, stops_everything
from bot.store import duties
from bot.store.records import RepositoryState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from bot.core.actions import Plan
    from bot.core.events import Event, Origin, Pushed
    from bot.core.issue import Issue
    from bot.core.names import DeliveryId, IssueNumber, RepositoryId
    from bot.core.plan import View
    from bot.github.auth import GitHubApp
    from bot.github.gateway import Gateway
    from bot.jobs.gather import Gathered
    from bot.settings import Settings
    from bot.store.records import Delivery
    from bot.store.store import Store

WHOLE_SECONDS = 7 * 86_400.0
"""How long a repository's rounds may go by what GitHub lists as changed, before every issue is compared again."""

OVERLAP_SECONDS = 900.0
"""Issues that changed so long before the last look are read again: clocks differ (#115), and lists lag behind."""

ATTEMPTS = 5
"""How often a sync reads and plans again because a side changed under it (I13)."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Said:
    """What people did: to which issues, who in their order, what they decided about conflicts, which held plan they approved."""

    touched: dict[IssueNumber, Issue | None] = field(default_factory=dict)
    newest: dict[IssueNumber, str] = field(default_factory=dict)
    senders: dict[IssueNumber, list[str]] = field(default_factory=dict)
    decisions: dict[IssueNumber, Decision] = field(default_factory=dict)
    approved: str | None = None
    labels: dict[int, str] = field(default_factory=dict)
    every: bool = False
    afresh: bool = False
    taken: list[Taken] = field(default_factory=list)
    causes: Causes = field(default_factory=Causes)
    links: dict[IssueNumber, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Tells whether all documents are to be looked at.

        That is so when `every` thing is, when a plan that was held is to be made again, and when what the pushes told was outdated.
        """
        return self.every or self.afresh or self.approved is not None

    def hear(self, taken: Taken, *, known: bool) -> None:
        """Add what a comment's commands changed and decided; who said them is the person behind it."""
        number = taken.event.number
        self.taken.append(taken)
        self.every = self.every or taken.every or (taken.changes and not known)
        self.approved = taken.approved or self.approved
        if taken.changes:
            self.senders.setdefault(number, []).append(taken.event.origin.sender)
        if taken.link is not None:
            self.links[number] = taken.link
        if taken.side is not None:
            self.decisions[number] = Decision(taken.side)

    def settle(self) -> None:
        """See to it that issues which commands changed are read again, whatever older payloads show."""
        self.touched.update({taken.event.number: None for taken in self.taken if taken.changes})


class Sync:
    """Syncs repositories; the handler of the job engine."""

    def __init__(self, github: GitHubApp, store: Store, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        self._github = github
        self._store = store
        self._secrets = secrets_of(settings)
        self._web = web_address(settings.github_api_url)
        self._settle = settings.settle_seconds
        self._parser = Parser()
        self._checker = Checker(github)
        self._dashboards = Dashboards(
            github, store, self._secrets, self._web, now, settings.dashboard_seconds, settings.settle_seconds
        )
        self._now = now

    async def aclose(self) -> None:
        """End the processes that read large documents. No sync may be under way."""
        await self._parser.aclose()
        await self._checker.aclose()
        await self._dashboards.aclose()

    async def __call__(self, repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
        """Sync a repository because of these deliveries; raises the GitHubError that a later try may overcome."""
        heard = [(d.id, event) for d in deliveries if (event := event_of(d.event, payload_of(d.payload)))]
        if not heard:
            return Done()
        return await _steadily(lambda again: self._by_its_name(repository, heard, again=again))

    async def reconcile(self, repository: RepositoryId) -> Outcome:
        """Compare all issues and documents of a known repository with what was agreed, whatever was or was not delivered (#119).

        It is not known who changed an issue whose delivery was lost: such changes are proposed, never committed (I19).
        """
        return await _steadily(lambda _: self._reconcile(repository))

    async def round(self, repository: RepositoryId) -> Outcome:
        """Look at a known repository that perhaps nothing was delivered of: at its head, and at the issues changed since the last look.

        That is three requests however many issues there are, and most days nothing more. Once a week every issue is compared, for a
        deleted one is in no list of changes. Who changed what is not known here either (I19).
        """
        return await _steadily(lambda _: self._go_round(repository))

    async def _go_round(self, repository: RepositoryId) -> None:
        before, last = self._now(), await self._store.read(duties.round_of, repository)
        state = await self._at_present(repository)
        if state is None:
            return
        reader = self._github.reader(state.installation)
        every = last.looked is None or last.whole is None or before - last.whole > WHOLE_SECONDS
        said = _Said(every=True)
        if not every:
            changed = await reader.issues_since(state.name, (last.looked or 0.0) - OVERLAP_SECONDS)
            moved = await reader.head(state.name, state.default_branch) != state.head
            said = _Said(touched={issue.number: issue for issue in changed}, afresh=moved)
        if every or said.afresh or said.touched:
            await self._bring_together(state, (), said)
        await self._store.write(duties.went_round, repository, before, whole=every)
        await self._dashboards.show(repository)

    async def _reconcile(self, repository: RepositoryId) -> None:
        state = await self._at_present(repository)
        if state is None:
            return
        await self._bring_together(state, (), _Said(every=True))
        await self._dashboards.show(repository)

    async def _by_its_name(self, repository: RepositoryId, heard: list[tuple[DeliveryId, Event]], *, again: bool) -> None:
        """Synchronise; raises Stale, to be done again, where the repository was renamed under it."""
        try:
            await self._synchronise(repository, heard, again=again)
        except Moved as moved:
            if not renamed(moved, repository):
                raise
            await self._find_again(repository, heard[-1][1].origin)
            raise Stale("the repository was renamed") from moved

    async def _synchronise(self, repository: RepositoryId, heard: list[tuple[DeliveryId, Event]], *, again: bool) -> None:
        events = [event for _, event in heard]
        state = await self._known(repository, events[-1].origin)
        # A push that ends where we stand is our own commit, or one that was read already; a forced one may have come back to it.
        pushes = tuple(push for push in pushes_to(state.default_branch, events) if push.forced or push.after != state.head)
        moved = any(push.paths is None or CONFIG_PATH in push.paths for push in pushes)
        desk = Desk(self._github, self._store, Seal(self._secrets, state.id), moved=moved)
        board = await self._dashboards.number(repository)
        said = await self._said(state, events, desk, board)
        said.afresh = again
        said.causes = causes_of(heard)
        state = replace(state, labels=state.labels.union(*(taken.labels for taken in said.taken)))
        if said.labels:
            state = await mended(self._github.installation(state.installation), self._store, state, said.labels)
        problems: tuple[Problem, ...] = ()
        if not pushes and not said.whole and (not said.touched or state.head is None):
            await self._store.save_repository(state)
        else:
            problems = await self._bring_together(state, pushes, said)
        for taken in said.taken:
            await desk.answer(taken, problems, lambda: self._preview(repository))
        for wanted in dict.fromkeys(event for event in events if isinstance(event, CheckWanted)):
            await self._checker.check(await self._known(repository, wanted.origin), wanted)
        if not all([isinstance(event, CheckWanted) or await self._is_echo(event, board) for event in events]):
            await self._dashboards.show(repository)

    async def _preview(self, repository: RepositoryId) -> Plan:
        """Returns what a sync of everything would do now; raises Refused where the repository cannot be read."""
        state = await self._store.repository(repository)
        if state is None:
            raise Refused("nothing is known of this repository")
        gathered = await self._gatherer(state).gather(state, (), {}, whole=True, every=True)
        return plan(gathered.view)

    def _gatherer(self, state: RepositoryState, newest: Mapping[IssueNumber, str] | None = None) -> Gatherer:
        seal, reader = Seal(self._secrets, state.id), self._github.reader(state.installation)
        return Gatherer(self._github, reader, self._store, seal=seal, web=self._web, parser=self._parser, newest=newest)

    async def _bring_together(self, state: RepositoryState, pushes: tuple[Pushed, ...], said: _Said) -> tuple[Problem, ...]:
        """Read both sides, plan, perform, remember; returns what was not possible."""
        seal, gatherer = Seal(self._secrets, state.id), self._gatherer(state, said.newest)
        if said.every and state.known:
            state = await mended(self._github.installation(state.installation), self._store, state, {})
        try:
            # What was proposed and is not merged is looked at again, whatever a payload, perhaps an old one, shows of it: the pull
            # request holds all of it, or it would drop some.
            touched = {**said.touched, **dict.fromkeys(state.pending)}
            gathered = await gatherer.gather(state, pushes, touched, whole=said.whole, every=said.every, links=said.links)
        except LabelMissing:
            await mended(self._github.installation(state.installation), self._store, state, {})
            raise
        except Refused as refusal:
            if isinstance(refusal, NotFound | Moved) or stops_everything(refusal):
                raise
            log.warning("unreadable repository", repository=state.name, reason=refusal.message)
            return ()
        gateway = self._github.installation(state.installation)
        view = replace(gathered.view, decisions=said.decisions, approved=said.approved, now=self._now())
        proposed = await self._proposed(view, said, state)
        direct = {number: issue for number, issue in view.issues.items() if number not in proposed}
        # To link an issue to an entry that is there writes nothing into a document.
        joining = frozenset(proposed) & {*view.links, *view.carried}
        newcomers = tuple(issue for issue in view.newcomers if issue.number not in proposed or issue.number in joining)
        view = replace(view, newcomers=newcomers, barred=joining)
        complete = bool(pushes) or said.whole
        performer = self._performer(gateway, seal, state, gathered, said.causes)
        performer.answered = frozenset(taken.event.number for taken in said.taken)
        for pair, issue in gathered.unlinked:
            await performer.unlink(pair, issue)
        for pair, issue in gathered.linked:
            await performer.link(pair, issue)
        decided = plan(replace(view, issues=direct))
        if decided.unsure and decided.held is None:
            view = replace(view, titles=await gatherer.titles(state, decided.unsure))
            decided = plan(replace(view, issues=direct))
        try:
            problems = await performer.perform(decided, complete=complete)
        except BranchRefused as refusal:
            proposed = {
                **dict.fromkeys(
                    direct, f"the branch `{state.default_branch}` does not take its commits ({' '.join(str(refusal).split())})"
                ),
                **proposed,
            }
            linked = tuple(issue for issue in view.newcomers if issue.number in view.links)
            decided = plan(replace(view, issues={}, newcomers=linked))
            problems = await performer.perform(decided, complete=complete)
        problems = (*decided.problems, *problems)
        _report(state, problems)
        pending = await self._propose(proposed, view, gateway, performer, gathered)
        performer.state = replace(performer.state, pending=pending)
        await self._remember(decided, performer, gathered)
        if view.carried and decided.held is None and not view.failures:
            await self._store.drop_carried(state.id, view.carried)
        return problems

    def _performer(self, gateway: Gateway, seal: Seal, state: RepositoryState, gathered: Gathered, causes: Causes) -> Performer:
        # Until the plan is carried out the old head stays on record: the next sync must see the same differences again.
        record = replace(gathered.state, head=state.head, documents=state.documents)
        blobs, read = gathered.state.documents, gathered.state.head
        return Performer(gateway, self._store, seal, record, blobs, self._now, causes, read, self._settle)

    async def _is_echo(self, event: Event, board: IssueNumber | None) -> bool:
        """Tells whether we ourselves wrote the dashboard; nothing follows from that."""
        return isinstance(event, IssueChanged) and event.number == board and event.origin.sender == await self._github.login()

    async def _said(self, state: RepositoryState, events: list[Event], desk: Desk, board: IssueNumber | None) -> _Said:
        """Returns what people did to issues, in the boxes of our texts and by commands, as far as they may (I19: looked up now)."""
        said = _Said()
        for event in events:
            match event:
                case IssueChanged(number=number) if number == board:
                    await self._hear_dashboard(state, event, said)
                case IssueChanged():
                    await self._hear_issue(state, event, said)
                case CommentWritten(number=number, body=body, bot=True, pull=False, author=author) if (
                    author == await self._github.login()
                ):
                    side = decided_in(body)
                    if side is Side.NEITHER or not await self._may_decide(state, event.origin.sender):
                        continue
                    # A box without a question is none of ours; what it decides is bound to what was asked.
                    said.touched[number], said.decisions[number] = None, Decision(side, question_in(body) or "")
                    said.senders.setdefault(number, []).append(event.origin.sender)
                case LabelChanged(label=label, before=before):
                    if is_own(before) and event.origin.sender != await self._github.login():
                        said.labels.setdefault(label, before)
                case CommentWritten():
                    taken = await desk.take(state, event)
                    if taken is not None:
                        said.hear(taken, known=state.head is not None)
                case _:
                    pass
        said.settle()
        return said

    async def _hear_issue(self, state: RepositoryState, event: IssueChanged, said: _Said) -> None:
        """Note that an issue was touched, by whom, and whether it approves the plan that is held."""
        number, issue, person = event.number, event.issue, event.origin.sender
        said.newest[number] = max(said.newest.get(number, ""), issue.updated_at if issue else "")
        senders = said.senders.setdefault(number, [])
        senders.append(person)
        # Deliveries come in any order: where people had a hand in it, only the issue tells which payload is the newest.
        same = _alike(said.touched.get(number, issue), issue) or set(senders) == {await self._github.login()}
        said.touched[number] = issue if same else None
        digest = approved_in(issue.body) if issue and number == state.notice else None
        if digest and await self._may_decide(state, person):
            said.approved = digest

    async def _hear_dashboard(self, state: RepositoryState, event: IssueChanged, said: _Said) -> None:
        """Take up what the boxes of the dashboard ask for, as far as the person may (I19)."""
        person = event.origin.sender
        asked = self._dashboards.asked(state.id, event)
        if not asked or not await self._may_decide(state, person):
            return
        for wish in asked:
            match wish:
                case Keep(number, side, question):
                    said.touched[number], said.decisions[number] = None, Decision(side, question)
                    said.senders.setdefault(number, []).append(person)
                case Approved(digest):
                    said.approved = digest
                case LookAgain():
                    said.every = True

    async def _may_decide(self, state: RepositoryState, person: str) -> bool:
        """Tells whether someone may decide by a box: a person, not we ourselves, with write permission."""
        return person != await self._github.login() and person in await self._writers(state, {person})

    async def _writers(self, state: RepositoryState, people: set[str]) -> set[str]:
        """Returns those who may write to the repository; looked up now, and whoever GitHub does not vouch for may not."""
        reader = self._github.reader(state.installation)
        return {person for person in sorted(people) if await reader.permission(state.name, person) in MAY_WRITE}

    async def _proposed(self, view: View, said: _Said, state: RepositoryState) -> dict[IssueNumber, str]:
        """Returns the changed issues whose edits are proposed instead of committed, and why."""
        concerned = {*view.issues, *(issue.number for issue in view.newcomers)}
        if not concerned:
            return {}
        if view.config.write_back == "pull_request":
            return dict.fromkeys(concerned, "`write_back` in its config says so")
        login = await self._github.login()
        authors = {issue.number: [issue.author] for issue in view.newcomers}
        asked = {**authors, **said.senders}
        people = {number: [sender for sender in asked.get(number, ()) if sender != login] for number in concerned}
        writers = await self._writers(state, {senders[-1] for senders in people.values() if senders})
        return {
            number: f"`{senders[-1]}` may not write here" if senders else "nobody is known to have asked"
            for number, senders in people.items()
            if not senders or senders[-1] not in writers
        }

    async def _propose(
        self, proposed: dict[IssueNumber, str], view: View, gateway: Gateway, performer: Performer, gathered: Gathered
    ) -> frozenset[IssueNumber]:
        """Put the edits for these issues into the pull request, planned like all others, on the documents as read; returns which."""
        issues = {number: issue for number, issue in view.issues.items() if number in proposed}
        actions = plan(replace(view, issues=issues, newcomers=())).actions
        for action in actions:
            if isinstance(action, TurnDown):
                await performer.turn_down(action)
        edits = [action for action in actions if isinstance(action, EditDocument)]
        if not edits:
            if performer.state.pending and view.sound and not view.failures:
                await Proposer(gateway, performer.state, gathered.state.documents).withdraw()
            return frozenset()
        reason = next(iter(proposed.values()))
        try:
            await Proposer(gateway, performer.state, gathered.state.documents).propose(edits, reason)
        except Refused as refusal:
            log.warning("no pull request", repository=performer.state.name, reason=refusal.message)
        return frozenset(number for edit in edits for number in edit.numbers)

    async def _remember(self, decided: Plan, performer: Performer, gathered: Gathered) -> None:
        state = performer.state
        if decided.final:
            head, documents = gathered.state.head, dict(gathered.state.documents)
            for path, commit in performer.commits.items():
                documents[path] = commit.blob
                head = commit.sha if commit.parent == head else head
            state = replace(state, head=head, documents=documents)
        await self._store.save_repository(state)

    async def _at_present(self, repository: RepositoryId) -> RepositoryState | None:
        """Returns what we remember of a repository, under the name and with the default branch that GitHub tells now."""
        state = await self._store.repository(repository)
        if state is None:
            return None
        facts = await self._github.reader(state.installation).repository(repository)
        return replace(state, name=facts.name, default_branch=facts.default_branch)

    async def _known(self, repository: RepositoryId, origin: Origin) -> RepositoryState:
        """Returns what we remember of the repository, under the name and installation it has now."""
        state = await self._store.repository(repository)
        if state is None:
            return RepositoryState(repository, origin.name, origin.installation, origin.default_branch)
        state = replace(state, installation=origin.installation, default_branch=origin.default_branch)
        if origin.name == state.name:
            return state
        # Renamed, before this was delivered or after it: only the id tells which name is the newer one (#38).
        facts = await self._github.reader(origin.installation).repository(repository)
        return replace(state, name=facts.name, default_branch=facts.default_branch)

    async def _find_again(self, repository: RepositoryId, origin: Origin) -> None:
        """Remember a repository under the name that it has now; what else we know of it stays."""
        facts = await self._github.reader(origin.installation).repository(repository)
        state = await self._store.repository(repository)
        state = state or RepositoryState(repository, facts.name, origin.installation, facts.default_branch)
        await self._store.save_repository(replace(state, name=facts.name, default_branch=facts.default_branch))


async def _steadily(attempt: Callable[[bool], Awaitable[None]]) -> Outcome:
    """Make an attempt again while what it read changes under it, a few times (I13); it is told whether it is made `again`."""
    try:
        for number in range(ATTEMPTS):
            try:
                await attempt(number > 0)
            except Stale:
                continue
            return Done()
    except RateLimited as limit:
        return Later(limit.retry_after, "GitHub asked to wait")
    return Later(60.0, "the repository keeps changing")


def secrets_of(settings: Settings) -> tuple[bytes, ...]:
    """Returns what markers are signed with: the webhook secrets, whose rotation they then share."""
    return tuple(secret.encode() for secret in settings.webhook_secrets)


def web_address(api_url: str) -> str:
    """Returns where people see what the API serves: github.com, or the host of an Enterprise Server (`…/api/v3`)."""
    parts = urlsplit(api_url)
    if parts.hostname == "api.github.com":
        return "https://github.com"
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api/v3')}"


def _alike(one: Issue | None, other: Issue | None) -> bool:
    """Tells whether two payloads show the same of an issue, whenever they were made."""
    return one is not None and other is not None and replace(one, updated_at="") == replace(other, updated_at="")


def _report(state: RepositoryState, problems: Iterable[Problem]) -> None:
    for problem in problems:
        log.warning("problem", repository=state.name, code=problem.code, line=problem.line, message=problem.message)
