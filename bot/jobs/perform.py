"""Carries the actions of a plan out: the only place in the program that changes an issue.

Each action is a transaction of its own. Before an issue is created its key is announced (`intend`), after it the pair is saved;
what a crash leaves between the two is settled by the marker in the issue's body, never by a second request (I4). An issue is read
again just before it is changed, so that what people wrote meanwhile is seen. One refused action does not stop the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.core.actions import Action, ChangeIssue, EditDocument, Held, OpenIssue, Plan, Relabel, Remember, TurnDown
from bot.core.breaker import noted, stopped
from bot.core.errors import GapkeeperError, Gone, Moved, Problem, RateLimited, Refused, Severity, Stale, Unauthorized, Unsettled
from bot.core.issue import Seal, StateReason, agreed_since, compose, marker
from bot.core.journal import Change, steps_of
from bot.core.messages import (
    HELD_LABEL,
    HELD_TITLE,
    conflict_comment,
    flipping_comment,
    held_notice,
    question_in,
    refusal_comment,
    refused_in,
)
from bot.core.refusal import returned
from bot.core.settle import question_of, settled
from bot.core.triage import CONFLICT, UNLINKED
from bot.jobs.causes import Causes
from bot.jobs.observed import disputed
from bot.jobs.opening import Opener
from bot.jobs.verdict import renamed, stops_everything

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.core.issue import Issue
    from bot.core.names import BlobSha, CommitSha, DocumentPath, IssueNumber
    from bot.core.pair import Pair
    from bot.core.refusal import Returned
    from bot.core.settle import Dispute, Patch
    from bot.core.triage import Label
    from bot.github.gateway import Gateway
    from bot.github.model import Commit
    from bot.store.records import RepositoryState
    from bot.store.store import Store


LONG_IMPORT = 10
"""A plan that opens so many issues takes long enough for people to ask how far it is."""

_SAID_SECONDS = 600.0
"""A refusal that was said so short a while ago is not said again: the sync was made again."""


class BranchRefused(GapkeeperError):
    """The default branch does not take our commits (protection, a ruleset); GitHub's words are the message."""


@dataclass(slots=True)
class Performer:
    """Performs for one repository; `state` moves on with what it learns (labels that exist, the notice's issue).

    `blobs` are the documents as they were read: each is written on condition that it still is that blob. `causes` and the
    commit that was `read` are for the journal; `answered` are issues on which a command is answered, with what could not be done.
    Where an issue was perhaps created, `settle` seconds must pass before it is again (#44).
    """

    gateway: Gateway
    store: Store
    seal: Seal
    state: RepositoryState
    blobs: Mapping[DocumentPath, BlobSha]
    now: Callable[[], float]
    causes: Causes = field(default_factory=Causes)
    read: CommitSha | None = None
    settle: float = 0.0
    unsettled: list[float] = field(default_factory=list)
    commits: dict[DocumentPath, Commit] = field(default_factory=dict)
    answered: frozenset[IssueNumber] = frozenset()
    opener: Opener = field(init=False)

    def __post_init__(self) -> None:
        """Begin without knowing whom and what GitHub leaves out."""
        self.opener = Opener(self.gateway, self.state.name)

    async def perform(self, plan: Plan, *, complete: bool) -> tuple[Problem, ...]:
        """Carry out a plan, or show that it waits; returns what was refused or left to people. Raises Unsettled at the end of it.

        A plan is `complete` when all documents were compared: then one that waited before does not wait any more.
        """
        if plan.held:
            await self._show(plan, plan.held)
            return ()
        problems: list[Problem] = []
        opening = sum(isinstance(action, OpenIssue) for action in plan.actions)
        if opening >= LONG_IMPORT:
            await self.store.begin_import(self.state.id, opening)
        for action in plan.actions:
            problems.extend(await self._act(action))
        if self.unsettled:
            raise Unsettled(f"{len(self.unsettled)} issues were perhaps created", retry_after=max(self.unsettled))
        if opening:
            await self.store.end_import(self.state.id)
        if complete:
            await self._take_down()
        return tuple(problems)

    async def unlink(self, pair: Pair, issue: Issue) -> None:
        """Give an issue that a person took our base label from its tombstone; nothing is written for its gap any more."""
        if UNLINKED.name not in {label.lower() for label in issue.labels}:
            await self._ensure((UNLINKED,))
            await self.gateway.update_issue(self.state.name, issue.number, labels=[*issue.labels, UNLINKED.name])
        await self.store.save_pair(self.state.id, pair)

    async def link(self, pair: Pair, issue: Issue) -> None:
        """Take the tombstone from an issue that got our base label back; what changed meanwhile on either side is merged."""
        others = [label for label in issue.labels if label.lower() != UNLINKED.name]
        if len(others) != len(issue.labels):
            await self.gateway.update_issue(self.state.name, issue.number, labels=others)
        await self.store.save_pair(self.state.id, pair)

    async def _act(self, action: Action) -> tuple[Problem, ...]:
        if isinstance(action, EditDocument):
            await self._write(action)
            return ()
        try:
            match action:
                case OpenIssue():
                    return await self._open(action)
                case ChangeIssue():
                    return await self._change(action)
                case TurnDown():
                    await self.turn_down(action)
                case Remember(record, before):
                    await self._save(record, before)
        except Refused as refusal:
            if stops_everything(refusal) or renamed(refusal, self.state.id):
                raise
            return (Problem("refused", f"GitHub refused: {refusal.message}", _line(action), severity=Severity.ERROR),)
        return ()

    async def _write(self, action: EditDocument) -> None:
        """Commit a document. What follows in the plan takes it for written, so a refusal ends the plan.

        What the issues say is noted first: if we die before the answer, what people change on them from then on is seen as that (I2).
        """
        await self.store.carry(self.state.id, dict(action.carried))
        try:
            self.commits[action.path] = await self.gateway.write_file(
                self.state.name,
                action.path,
                branch=self.state.default_branch,
                data=action.text.encode(),
                blob=self.blobs[action.path],
                message=action.subject,
            )
        except Refused as refusal:
            if renamed(refusal, self.state.id):
                raise
            await self.store.drop_carried(self.state.id, dict(action.carried))
            raise BranchRefused(refusal.message) from refusal

    async def _open(self, action: OpenIssue) -> tuple[Problem, ...]:
        await self._ensure(action.labels)
        key = action.record.key
        wait = await self.store.unsettled(self.state.id, key, now=self.now(), settle=self.settle)
        if wait > 0:
            self.unsettled.append(wait)
            return ()
        await self.store.intend(self.state.id, key)
        body = compose(action.region, marker(action.record, self.seal))
        try:
            issue, rest = await self.opener.open(action, body)
        except (Refused, RateLimited, Unauthorized):
            # GitHub answered, and has created nothing. After any other fault that is unknown, and the intent stays.
            await self.store.drop_intent(self.state.id, key)
            raise
        await self._save(replace(action.record, number=issue.number), None)
        return await self.opener.complete(issue, rest)

    async def _change(self, action: ChangeIssue) -> tuple[Problem, ...]:
        for change in action.changes:
            if isinstance(change, Relabel):
                await self._ensure(change.labels)
        try:
            issue = await self.gateway.issue(self.state.name, action.pair.number)
        except (Gone, Moved) as gone:
            if renamed(gone, self.state.id):
                raise
            await self.store.save_pair(self.state.id, replace(action.record, lost=True))
            return (_lost(action.pair, gone.message, action.line),)
        later = agreed_since(action.pair, issue, self.seal)
        if later is not None:
            await self._save(later, action.pair)
            raise Stale(f"more was agreed on issue {issue.number} than was planned with")
        patch = settled(action, issue, self.seal)
        if patch.disputes:
            await self._ensure((CONFLICT,))
            await self._ask(issue.number, patch.disputes)
        if not patch.empty:
            await self._patch(issue.number, patch)
        news = patch.record.base != action.pair.base
        record = noted(patch.record, now=self.now()) if news else patch.record
        await self._save(record, None if action.adopt else action.pair)
        if stopped(record, now=self.now()) and not stopped(action.pair, now=self.now()):
            await self.gateway.comment(self.state.name, issue.number, flipping_comment())
        if action.adopt and not patch.agrees(issue):
            raise Stale(f"issue {issue.number} was changed while its entry was written")
        return patch.problems

    async def _save(self, record: Pair, before: Pair | None) -> None:
        """Remember a pair, with what was changed since the record before and why, in one transaction."""
        commit = self.commits[record.path].sha if record.path in self.commits else self.read
        cause = replace(self.causes.of(record.number), commit=commit)
        await self.store.save_pair(self.state.id, record, Change(cause, steps_of(before, record)))

    async def turn_down(self, action: TurnDown) -> None:
        """Say what the document cannot take, unless a command's reply will, and give the issue back what the document says.

        The word comes first: whoever is cut off in between finds it said, within these minutes, and goes on with the rest.
        """
        number = action.pair.number
        issue = await self.gateway.issue(self.state.name, number)
        patch = returned(issue, action.refusals, action.base, defer_closes=action.defer_closes)
        if patch.empty:
            return
        if number not in self.answered:
            since = datetime.fromtimestamp(self.now() - _SAID_SECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            comments = await self.gateway.comments(self.state.name, number, since=since)
            said = {mark for comment in comments for mark in refused_in(comment.body)}
            if not {refusal.mark for refusal in action.refusals} <= said:
                text = refusal_comment(action.refusals, action.path, action.line)
                await self.gateway.comment(self.state.name, number, text)
        await self._patch(number, patch)

    async def _patch(self, number: IssueNumber, patch: Patch | Returned) -> None:
        await self.gateway.update_issue(
            self.state.name,
            number,
            title=patch.title,
            body=patch.body,
            open=patch.open,
            reason=patch.reason,
            labels=patch.labels,
        )

    async def _ask(self, number: IssueNumber, disputes: Sequence[Dispute]) -> None:
        """Show a conflict, once: another value on either side is another question, and the boxes of the old one are void."""
        question = question_of(disputes)
        comments = await self.gateway.comments(self.state.name, number)
        if all(question_in(comment.body) != question for comment in comments):
            await self.gateway.comment(self.state.name, number, conflict_comment(disputes, question))
            disputed()

    async def _ensure(self, labels: tuple[Label, ...]) -> None:
        """Make sure that labels exist, in our colours, before an issue carries them; once in a repository's life."""
        missing = [label for label in labels if label.name.lower() not in self.state.labels]
        made = {label.name.lower(): await self.gateway.create_label(self.state.name, label) for label in missing}
        if missing:
            await self.store.note_labels(self.state.id, {name: number for name, number in made.items() if number})
            names = self.state.labels | {label.name.lower() for label in missing}
            self.state = replace(self.state, labels=names)
            await self.store.save_repository(self.state)

    async def _show(self, plan: Plan, held: Held) -> None:
        """Show a plan that waits in one issue, opened once and rewritten only when the plan is another one."""
        body = held_notice(held, plan.rows)
        number = self.state.notice or await self._notice()
        if number is None:
            await self._ensure((HELD_LABEL,))
            issue = await self.gateway.create_issue(self.state.name, title=HELD_TITLE, body=body, labels=[HELD_LABEL.name])
            number = issue.number
        else:
            issue = await self.gateway.issue(self.state.name, number)
            if issue.body != body or not issue.open:
                await self.gateway.update_issue(self.state.name, number, body=body, open=True)
        self.state = replace(self.state, notice=number)
        await self.store.save_repository(self.state)

    async def _notice(self) -> IssueNumber | None:
        """Returns the issue that showed a plan before the store forgot about it."""
        issues = await self.gateway.issues(self.state.name, label=HELD_LABEL.name)
        return next((issue.number for issue in issues if issue.title == HELD_TITLE and issue.open), None)

    async def _take_down(self) -> None:
        """Close the issue that showed a waiting plan; nothing waits any more."""
        if self.state.notice is None:
            return
        await self.gateway.update_issue(self.state.name, self.state.notice, open=False, reason=StateReason.COMPLETED)
        self.state = replace(self.state, notice=None)


def _line(action: Action) -> int:
    return action.line if isinstance(action, OpenIssue | ChangeIssue | TurnDown) else 0


def _lost(pair: Pair, why: str, line: int) -> Problem:
    message = f"issue {pair.number} of “{pair.base.title}” is gone ({why}); nothing is written for this gap any more"
    return Problem("issue-lost", message, line)
