"""Comments with commands: taken up before a sync, carried out on the issue, and answered after the sync has followed.

The sync carries what a command changed on its issue into the document, as it does with any change of a person; whoever said the
command is the person behind it. All may be cut off anywhere and done again: a command asks for a state, a reaction is made once, a
reply names what it answers and is looked for before it is written, and at last the store remembers that this writing of the comment
was heard. What GitHub refuses is said in the reply; what may pass is raised, and the job comes back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from bot.commands.registry import SPECS, Decision, decide, needs_permission
from bot.commands.values import (
    CHANGES,
    Approve,
    Ask,
    Assign,
    Link,
    Place,
    Resolve,
    ShowHelp,
    ShowPlan,
    ShowStatus,
    Situation,
    Sync,
    TakeBack,
    Unassign,
    agreed,
    wanted,
)
from bot.core.command import commands_in, new_commands, normalised, still_said
from bot.core.config import Commands
from bot.core.errors import Refused
from bot.core.issue import recorded_pair
from bot.core.messages import HELD_TITLE, offered_in
from bot.core.replies import (
    CONFLICT_WAITS,
    NOT_WRITTEN,
    half_done,
    help_reply,
    mark_of,
    no_plan,
    not_assigned,
    plan_reply,
    refusal,
    refused_by_github,
    reply,
    status_reply,
    undone_reply,
    verb_help,
)
from bot.core.triage import CONFLICT
from bot.jobs.gather import last_good
from bot.jobs.permit import commands_in_force, may_command
from bot.store import journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from bot.commands.values import Deed
    from bot.core.actions import Plan
    from bot.core.command import Command
    from bot.core.errors import Problem
    from bot.core.events import CommentWritten
    from bot.core.issue import Issue, Seal
    from bot.core.merge import Side
    from bot.core.names import IssueNumber
    from bot.core.pair import Pair
    from bot.github.auth import GitHubApp
    from bot.github.gateway import ReadGateway
    from bot.store.records import RepositoryState
    from bot.store.store import Store

MAY_WRITE = frozenset({"admin", "write", "maintain"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """A comment whose commands were carried out on its issue, and what is to be answered once the sync is done.

    `mark` names this writing of the comment, `since` is when it was written first; `failures` are GitHub's refusals, in our words.
    """

    event: CommentWritten
    mark: str
    since: str
    decision: Decision
    failures: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    disputed: bool = False
    pair: Pair | None = None
    again: bool = False

    @property
    def changes(self) -> bool:
        """Tells whether something was asked of the issue that its document is to follow."""
        return any(isinstance(deed, (*CHANGES, Resolve)) for deed in self.decision.deeds)

    @property
    def asks(self) -> bool:
        """Tells whether something was asked of the entry that its issue cannot say."""
        return any(isinstance(deed, Ask) for deed in self.decision.deeds)

    @property
    def link(self) -> str | None:
        """The name of the gap whose issue this one is to be."""
        return next((deed.name for deed in reversed(self.decision.deeds) if isinstance(deed, Link)), None)

    @property
    def says(self) -> bool:
        """Tells whether the issue itself says what was asked."""
        return any(isinstance(deed, CHANGES) and not isinstance(deed, (Ask, Link)) for deed in self.decision.deeds)

    @property
    def every(self) -> bool:
        """Tells whether a sync of everything was asked for, or we were cut off and some of what was asked may be done already."""
        return self.again or any(isinstance(deed, Sync) for deed in self.decision.deeds)

    @property
    def approved(self) -> str | None:
        """The digest of the plan that was approved."""
        return next((deed.digest for deed in self.decision.deeds if isinstance(deed, Approve)), None)

    @property
    def side(self) -> Side | None:
        """The side for which a conflict was decided; the last word counts."""
        return next((deed.side for deed in reversed(self.decision.deeds) if isinstance(deed, Resolve)), None)


class Desk:
    """Takes up the comments of one repository and answers them."""

    def __init__(self, github: GitHubApp, store: Store, seal: Seal, *, moved: bool = False) -> None:
        """`moved` says that the settings on the branch may be others than those that were read last."""
        self._moved = moved
        self._github = github
        self._store = store
        self._seal = seal

    async def take(self, state: RepositoryState, event: CommentWritten) -> Taken | None:
        """Carry out the new commands of a comment on its issue; None where there is nothing to answer.

        A comment or an issue that is gone meanwhile is passed over in silence, and so are bots that the config does not name, and we
        ourselves (faults #85, #87).
        """
        if event.bot and (event.robot is None or event.author == await self._github.login()):
            return None
        slug = await self._github.slug()
        asked = new_commands(commands_in(event.before, slug=slug), commands_in(event.body, slug=slug))
        if not asked or await self._store.heard(state.id, _mark(event)):
            return None
        reader = self._github.reader(state.installation)
        if event.robot is not None and not await self._named(state, event.robot, reader):
            return None
        try:
            comment = await reader.read_comment(state.name, event.comment)
            asked = still_said(asked, commands_in(comment.body, slug=slug))
            situation = await self._situation(state, event, asked, reader)
        except Refused as gone:
            log.info("comment passed over", repository=state.name, number=event.number, reason=gone.message)
            return None
        if not asked:
            return None
        await self._react(state, event, "eyes")
        situation = await self._remembered(state, event, asked, situation)
        decision = decide(asked, situation)
        taken = Taken(event, _mark(event), comment.created_at, decision, pair=situation.pair, again=situation.again)
        return await self._carried_out(state, taken, situation)

    async def answer(self, taken: Taken, problems: Sequence[Problem], planned: Callable[[], Awaitable[Plan]]) -> None:
        """Say what became of a comment's commands: by a reaction alone where all is well and nothing was asked to be shown."""
        state = await self._store.repository(self._seal.repository)
        if state is None:
            return
        short = await self._short(state, taken, problems)
        # A conflict that is new was shown by a comment of its own already.
        told = short == (CONFLICT_WAITS,) and not taken.disputed
        parts = [*self._refusals(taken), *([half_done(short, issue_says=taken.says)] if short and not told else [])]
        well = not parts and not short
        parts += [part async for part in self._shown(state, taken, planned)]
        if parts:
            await self._reply(state, taken, parts)
        await self._react(state, taken.event, "+1" if well else "-1")
        await self._store.hear(state.id, taken.mark)

    async def _situation(
        self, state: RepositoryState, event: CommentWritten, asked: Sequence[Command], reader: ReadGateway
    ) -> Situation:
        """Returns what the commands are decided on, all of it as it is now (faults #87, #93); raises Refused where the issue is gone."""
        person = event.origin.sender
        checked = needs_permission(asked)
        rules = await commands_in_force(reader, state, moved=self._moved) if checked else Commands()
        writer = checked and await may_command(reader, state.name, person, event.robot, rules)
        somewhere = Situation(person, Place.OTHER, writer, permission=rules.permission)
        if event.pull:
            return replace(somewhere, place=Place.PULL)
        issue = await reader.issue(state.name, event.number)
        pairs = await self._store.pairs(state.id)
        offered = None
        if state.notice is not None and any(command.verb == "approve" for command in asked):
            offered = offered_in((await reader.issue(state.name, state.notice)).body)
        words = frozenset(pair.base.priority for pair in pairs if pair.base.priority)
        login = await self._github.login()
        if event.number == state.notice or (issue.title == HELD_TITLE and issue.author == login):
            return replace(somewhere, place=Place.NOTICE, words=words, offered=offered)
        pair = next((pair for pair in pairs if pair.number == event.number), None) or await self._rebuilt(state, issue)
        if pair is None or pair.lost or not pair.present:
            return replace(somewhere, issue=issue, pairs=pairs)
        return replace(somewhere, place=Place.GAP, issue=issue, pair=pair, words=words, offered=offered)

    async def _remembered(
        self, state: RepositoryState, event: CommentWritten, asked: Sequence[Command], situation: Situation
    ) -> Situation:
        """Returns the situation with what the store knows of the gap's past, as far as a command asks for it."""
        pair, verbs = situation.pair, {command.verb for command in asked}
        if pair is None:
            return situation
        situation = replace(situation, one_way=last_good(state).write_back == "off")
        if "undo" in verbs:
            # Said again after we were cut off, it takes back the same change, not what it has made of it.
            last = await self._store.read(journal.taken_back, state.id, _mark(event))
            last = last or await self._store.read(journal.newest, state.id, pair.key)
            situation = replace(situation, last=last, defer_closes=last_good(state).on_defer == "close")
        if verbs & {"move", "depends", "split", "link"}:
            situation = replace(situation, again=await self._store.heard(state.id, _asked_mark(event)))
        return replace(situation, pairs=await self._store.pairs(state.id) if verbs & {"move", "depends"} else ())

    async def _named(self, state: RepositoryState, robot: int, reader: ReadGateway) -> bool:
        """Tells whether the config names a bot."""
        return robot in (await commands_in_force(reader, state, moved=self._moved)).allow.bots

    async def _rebuilt(self, state: RepositoryState, issue: Issue) -> Pair | None:
        """Returns the pair that the issue's marker records, where the store has forgotten it (I17)."""
        return None if state.known else recorded_pair(issue, self._seal, login=await self._github.login())

    async def _carried_out(self, state: RepositoryState, taken: Taken, situation: Situation) -> Taken:
        """Returns the comment after its deeds were done to its issue, in one request but for the assignees."""
        issue, deeds = situation.issue, taken.decision.deeds
        if issue is None:
            return taken
        taken = replace(taken, disputed=CONFLICT.name in {label.lower() for label in issue.labels})
        await self._take_down(state, taken, situation)
        try:
            taken = await self._change(state, taken, issue)
            return replace(taken, failures=tuple([text async for text in self._people(state, issue.number, deeds)]))
        except Refused as refused:
            return replace(taken, failures=(refused_by_github(refused.message),))

    async def _take_down(self, state: RepositoryState, taken: Taken, situation: Situation) -> None:
        """Remember what is asked of the entry until it is done or refused, and which change is taken back, before anything is done."""
        pair, deeds = situation.pair, taken.decision.deeds
        for deed in deeds:
            if isinstance(deed, TakeBack):
                await self._store.write(journal.take_back, deed.noted.id, taken.mark)
        if any(isinstance(deed, Link) for deed in deeds):
            await self._store.hear(state.id, _asked_mark(taken.event))
        asked = {deed.asked.what: deed.asked for deed in deeds if isinstance(deed, Ask)}
        if asked and pair is not None and not situation.again:
            waiting = {one.what: one for one in pair.asked} | asked
            await self._store.save_pair(state.id, replace(pair, asked=tuple(waiting.values())))
            await self._store.hear(state.id, _asked_mark(taken.event))

    async def _change(self, state: RepositoryState, taken: Taken, issue: Issue) -> Taken:
        gateway = self._github.installation(state.installation)
        patch = wanted(issue, taken.decision.deeds)
        made = {label.name.lower(): label for label in patch.needed if label.name.lower() not in state.labels}
        for label in made.values():
            await gateway.create_label(state.name, label)
        if not patch.empty:
            await gateway.update_issue(
                state.name,
                issue.number,
                title=patch.title,
                body=patch.body,
                open=patch.open,
                reason=patch.reason,
                labels=patch.labels,
            )
        return replace(taken, labels=frozenset(made))

    async def _people(self, state: RepositoryState, number: IssueNumber, deeds: Sequence[Deed]) -> AsyncIterator[str]:
        """Assign and unassign, in order; yield what to say of those whom GitHub leaves out."""
        gateway = self._github.installation(state.installation)
        for deed in deeds:
            match deed:
                case Assign(logins):
                    assigned = await gateway.assign(state.name, number, logins)
                    left = [login for login in logins if login.lower() not in assigned]
                    if left:
                        yield not_assigned(left)
                case Unassign(logins):
                    await gateway.unassign(state.name, number, logins)
                case _:
                    pass

    def _refusals(self, taken: Taken) -> Iterator[str]:
        if taken.decision.problems:
            text = normalised(taken.event.body)
            yield refusal(text, taken.decision.problems, nothing_done=taken.decision.refused)
        yield from taken.failures

    async def _short(self, state: RepositoryState, taken: Taken, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Returns why the document does not say what was asked; nothing where it does, or where that was proposed."""
        number = taken.event.number
        if not taken.changes or taken.failures or number in state.pending or last_good(state).write_back == "off":
            return ()
        pair = next((pair for pair in await self._store.pairs(state.id) if pair.number == number), None)
        own = [problem for problem in problems if problem.message.startswith((f"issue {number} ", f"issue {number}:"))]
        edits = [problem for problem in own if problem.message.startswith(f"issue {number}: ")]
        if pair is None and taken.link is not None:
            return tuple(replace(p, message=p.message.partition(": ")[2]) for p in edits) or (NOT_WRITTEN,)
        waits = taken.asks and pair is not None and (pair.asked or edits)
        if pair is None or (agreed(taken.decision.deeds, pair.base) and not waits):
            return ()
        if any(problem.code == "conflict" for problem in own):
            return (CONFLICT_WAITS,)
        return tuple(replace(p, message=p.message.partition(": ")[2]) for p in edits) or (NOT_WRITTEN,)

    async def _shown(self, state: RepositoryState, taken: Taken, planned: Callable[[], Awaitable[Plan]]) -> AsyncIterator[str]:
        """Yield what the commands asked to be shown, each once, as it is now."""
        for deed in dict.fromkeys(taken.decision.deeds):
            match deed:
                case ShowHelp(None):
                    yield help_reply(list(SPECS.values()), await self._github.slug())
                case ShowHelp(str() as verb):
                    yield verb_help(SPECS[verb])
                case ShowStatus() if taken.pair is not None:
                    yield await self._status(state, taken.event.number, taken.pair)
                case TakeBack(noted) if not taken.failures:
                    yield undone_reply(noted)
                case ShowPlan():
                    try:
                        yield plan_reply(await planned())
                    except Refused as refused:
                        yield no_plan(refused.message)
                case _:
                    pass

    async def _status(self, state: RepositoryState, number: IssueNumber, known: Pair) -> str:
        pair = next((pair for pair in await self._store.pairs(state.id) if pair.number == number), known)
        issue = await self._github.reader(state.installation).issue(state.name, number)
        conflict = CONFLICT.name in {label.lower() for label in issue.labels}
        return status_reply(pair, waits=number in state.pending, conflict=conflict)

    async def _reply(self, state: RepositoryState, taken: Taken, parts: Sequence[str]) -> None:
        """Write the one comment that answers, unless a run that was cut off has (I12)."""
        name, number = state.name, taken.event.number
        gateway = self._github.installation(state.installation)
        login = await self._github.login()
        try:
            written = await gateway.comments(name, number, since=taken.since)
            if not any(comment.author == login and mark_of(comment.body) == taken.mark for comment in written):
                await gateway.comment(name, number, reply(parts, taken.mark))
        except Refused as refused:  # locked, or gone meanwhile
            log.info("no reply", repository=name, number=number, reason=refused.message)

    async def _react(self, state: RepositoryState, event: CommentWritten, content: str) -> None:
        try:
            await self._github.installation(state.installation).react(state.name, event.comment, content)
        except Refused as refused:
            log.info("no reaction", repository=state.name, number=event.number, reason=refused.message)


def _asked_mark(event: CommentWritten) -> str:
    """Returns what says that the wishes of this writing of a comment were taken down."""
    return _mark(event, "asked")


def _mark(event: CommentWritten, *more: str) -> str:
    """Returns what names this writing of a comment: 16 hex digits, others for each edit of it."""
    said = "\0".join([str(event.comment), event.stamp, event.before, event.body, *more])
    return hashlib.sha256(said.encode()).hexdigest()[:16]
