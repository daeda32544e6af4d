"""What a change means for an issue as it is at the moment of writing: the one request that carries it over.

What people changed on the issue meanwhile is never overwritten: a field that both sides changed differently stays as it is, becomes
a conflict that is shown to people, and keeps its old base, so that the question stays open until someone decides.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.core.actions import NOBODY_DECIDED, Change, ChangeIssue, Close, Relabel, Reopen, Retitle, Rewrite
from bot.core.errors import Problem
from bot.core.issue import Issue, NoRegion, Region, Seal, StateReason, adopted, marker, region_of, rewritten, shortened
from bot.core.merge import Agreed, Side, merge3
from bot.core.names import RepositoryId
from bot.core.sides import Carried, agreed_by, fresh_of, said_by
from bot.core.tasks import marks_in, ticked
from bot.core.triage import BASE_LABEL, CONFLICT, Label, by_family, labels_of_base, with_family

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.pair import Base, Pair


@dataclass(frozen=True, slots=True)
class Dispute:
    """A field that both sides changed, differently: what the document says and what the issue says, as words for people."""

    field: str
    document: str
    issue: str


@dataclass(frozen=True, slots=True)
class Patch:
    """What one request must change on an issue, None where nothing; and what is agreed once it is done."""

    record: Pair
    title: str | None = None
    body: str | None = None
    open: bool | None = None
    reason: StateReason | None = None
    labels: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()
    disputes: tuple[Dispute, ...] = ()

    @property
    def empty(self) -> bool:
        """Tells whether the issue already says all of it."""
        return self.title is None and self.body is None and self.open is None and self.labels is None

    def agrees(self, issue: Issue) -> bool:
        """Tells whether the issue, so changed, has the title that is agreed, and is open or closed as its gap is."""
        title = issue.title if self.title is None else self.title
        is_open = issue.open if self.open is None else self.open
        return title == shortened(self.record.base.title) and is_open != self.record.base.state.closed


def settled(change: ChangeIssue, issue: Issue, seal: Seal) -> Patch:
    """Returns the request that carries a change over to the issue as it is now.

    A decision for the document counts only if what is disputed is what the person was asked: else people have written something since
    that nobody was shown (I2). One for the issue overwrites nothing here, and was judged when the document was planned.
    """
    change = _since_carried(change, issue)
    decision = change.decision
    if decision.side is Side.DOCUMENT and decision.question not in {None, question_of(disputes_of(change, issue))}:
        change = replace(change, decision=NOBODY_DECIDED)
    return _Settlement(change, issue, seal).patch()


def _since_carried(change: ChangeIssue, issue: Issue) -> ChangeIssue:
    """Returns the change as it is for an issue that people changed again since it was written into its document (I2)."""
    if change.carried is None:
        return change
    carried = Carried(change.carried, issue)
    wanted = next((step.region for step in change.changes if isinstance(step, Rewrite)), None)
    base = agreed_by(change.pair.base, carried, change.record.base, wanted, defer_closes=change.defer_closes)
    changes = change.changes
    if base.state != change.pair.base.state:
        changes = tuple(step for step in changes if not isinstance(step, Close | Reopen))
    return replace(change, pair=replace(change.pair, base=base), changes=changes)


def disputes_of(change: ChangeIssue, issue: Issue) -> tuple[Dispute, ...]:
    """Returns the fields that both sides changed, differently, whatever anybody decided about them."""
    return _Settlement(replace(change, decision=NOBODY_DECIDED), issue, _UNSIGNED).patch().disputes


def question_of(disputes: Sequence[Dispute]) -> str:
    """Returns what names a conflict: another value on either side is another question."""
    return hashlib.sha256(repr(disputes).encode()).hexdigest()[:12]


_UNSIGNED = Seal((b"",), RepositoryId(0))
"""For a settlement that is only looked at."""


class _Settlement:
    """One change against one issue; `result` grows field by field."""

    def __init__(self, change: ChangeIssue, issue: Issue, seal: Seal) -> None:
        self.change = change
        self.issue = issue
        self.seal = seal
        self.decision = change.decision.side
        self.old = change.pair.base
        self.new = change.record.base
        self.result = Patch(record=change.record)
        self.labels = issue.labels

    def patch(self) -> Patch:
        """Returns the request."""
        state_stays = self._state_is_disputed()
        for step in self.change.changes:
            self._settle(step, state_stays=state_stays)
        self._settle_body()
        self._show_conflict()
        return replace(self.result, labels=self.labels if self.labels != self.issue.labels else None)

    def _settle(self, step: Change, *, state_stays: bool) -> None:
        match step:
            case Retitle(title):
                merged = self._merged("title", shortened(self.old.title), title, self.issue.title)
                if merged is None:
                    self._keep(title=self.old.title)
                elif merged != self.issue.title:
                    self.result = replace(self.result, title=merged)
            case Relabel(labels):
                self._settle_labels(labels, state_stays=state_stays)
            case Close(reason) if not state_stays:
                if self.issue.open or (self.old.state.closed and self.issue.state_reason != reason):
                    self.result = replace(self.result, open=False, reason=reason)
            case Reopen() if not state_stays:
                if not self.issue.open:
                    self.result = replace(self.result, open=True, reason=StateReason.REOPENED)
                    # The state is one value: what a label says on a closed issue was never said of an open one.
                    said = by_family(label.name for label in labels_of_base(self.new))
                    self.labels = with_family(self.labels, "status", said.get("status", ()))
            case Close() | Reopen() | Rewrite():
                pass

    def _state_is_disputed(self) -> bool:
        """Tells whether both sides changed the state; closed is closed, whatever the reason, and open again is open again."""
        said = said_by(self.issue, self.old, defer_closes=self.change.defer_closes).state
        if self.new.state == self.old.state or (self.new.state.closed and said.closed):
            return False
        if said.closed and not self.change.pair.present:
            return False  # that was done because the gap had left its document
        if self.old.state.closed and not self.new.state.closed and not said.closed:
            return False
        if self._merged("state", self.old.state, self.new.state, said) is not None:
            return False
        self._keep(state=self.old.state)
        return True

    def _settle_labels(self, labels: tuple[Label, ...], *, state_stays: bool) -> None:
        """Merge label family by label family; people's labels are none of ours and stay."""
        base = by_family(label.name for label in labels_of_base(self.old))
        wanted = by_family(label.name for label in labels)
        for family in sorted({*base, *wanted}):
            if family == "status" and state_stays:
                continue
            present = by_family(self.labels).get(family, ())
            said = fresh_of(present, base.get(family, ()))
            merged = merge3(_fold(base.get(family, ())), document=_fold(wanted.get(family, ())), issue=_fold(said))
            if isinstance(merged, Agreed):
                if merged.value != _fold(present) and merged.changed is not Side.ISSUE:
                    self.labels = with_family(self.labels, family, wanted.get(family, ()))
            elif self.decision is Side.DOCUMENT:
                self.labels = with_family(self.labels, family, wanted.get(family, ()))
            else:
                self._dispute(family, ", ".join(wanted.get(family, ())), ", ".join(said))
                self._keep(**{family: getattr(self.old, family)} if family in {"priority", "effort"} else {})
        if self.change.adopt:
            self.labels = with_family(self.labels, BASE_LABEL, wanted.get(BASE_LABEL, ()))

    def _settle_body(self) -> None:
        """Add the body: a new region where people left the old one as it was, and always the marker of what is agreed now."""
        current = region_of(self.issue.body)
        wanted = next((step.region for step in self.change.changes if isinstance(step, Rewrite)), None)
        if self.change.adopt and isinstance(current, NoRegion) and wanted is not None:
            self._keep(revision=self.old.revision + 1)
            self._write(adopted(self.issue.body, wanted, marker(self.result.record, self.seal)))
            return
        if isinstance(current, NoRegion):
            self._keep(region=self.old.region, ticks=self.old.ticks)
            self._report(f"has no managed region to write to ({current.reason}): its body was left as it is")
            return
        region = current if wanted is None else self._region(wanted, current)
        if region == current and _recorded(self.result.record) == _recorded(self.change.pair):
            return
        self._keep(revision=self.old.revision + 1)
        self._write(rewritten(self.issue.body, region, marker(self.result.record, self.seal)))

    def _region(self, wanted: Region, current: Region) -> Region:
        """Returns what the region is to hold."""
        merged = merge3(self.old.region, document=wanted.digest, issue=current.digest)
        kept = _with_ticks(wanted, self.old, current)
        if self.decision is Side.DOCUMENT:
            return wanted
        if isinstance(merged, Agreed) and merged.changed is Side.ISSUE:
            self._keep(region=self.old.region, ticks=self.old.ticks)
            moved = (self.change.pair.path, self.change.pair.section) != (self.change.record.path, self.change.record.section)
            return replace(current, footer=wanted.footer) if moved else current
        if isinstance(merged, Agreed) and kept is not None:
            region, ticks = kept
            self._keep(ticks=ticks)
            return region
        if self.decision is not Side.ISSUE:
            self._dispute("text", "as in the document", "edited on the issue")
            self._keep(region=self.old.region, ticks=self.old.ticks)
        return current

    def _write(self, body: str | NoRegion) -> None:
        if isinstance(body, NoRegion):
            self.result = replace(self.result, record=replace(self.result.record, base=self.old))
            self._report(f"has no room for the managed region ({body.reason})")
        elif body != self.issue.body:
            self.result = replace(self.result, body=body)

    def _merged(self, field: str, base: str, document: str, issue: str) -> str | None:
        """Returns what the issue should say, None where both sides changed it and nobody has decided."""
        merged = merge3(base, document=document, issue=issue)
        if isinstance(merged, Agreed):
            return merged.value
        if self.decision is Side.DOCUMENT:
            return document
        self._dispute(field, document, issue)
        return None

    def _dispute(self, field: str, document: str, issue: str) -> None:
        self.result = replace(self.result, disputes=(*self.result.disputes, Dispute(field, document, issue)))
        self._report(f"and its document both changed the {field}; both were left as they are", code="conflict")

    def _report(self, what: str, *, code: str = "issue-left") -> None:
        problem = Problem(code, f"issue {self.issue.number} {what}", self.change.line)
        self.result = replace(self.result, problems=(*self.result.problems, problem))

    def _keep(self, **fields: Any) -> None:
        """Record that these fields are as they were before: nothing new was agreed on them."""
        record = self.result.record
        self.result = replace(self.result, record=replace(record, base=replace(record.base, **fields)))

    def _show_conflict(self) -> None:
        """A conflict has its label for as long as it lasts."""
        others = tuple(label for label in self.labels if label.lower() != CONFLICT.name)
        self.labels = (*others, CONFLICT.name) if self.result.disputes else others
        if {label.lower() for label in self.labels} == {label.lower() for label in self.issue.labels}:
            self.labels = self.issue.labels


def _recorded(pair: Pair) -> tuple[object, ...]:
    """Returns what a marker says of a pair."""
    return (pair.path, pair.own_id, pair.section, pair.base, pair.present)


def _fold(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.lower() for name in names))


def _with_ticks(wanted: Region, base: Base, current: Region) -> tuple[Region, tuple[bool, ...]] | None:
    """Returns the region with the ticks that people made and the document does not know of yet, and the ticks that are agreed.

    None where a task that people ticked is not in the new region any more: their tick would be lost. Ticks are compared task by
    task while the text is the one that was agreed on; the base of a tick that only the issue has stays as it was, so that the
    sync of the issue's own change still sees it.
    """
    if current.digest != base.region or len(base.ticks) != len(current.ticks):
        return wanted, wanted.ticks
    theirs = {mark.key: mark.done for mark, old in zip(marks_in(current.content), base.ticks, strict=True) if mark.done != old}
    marks = marks_in(wanted.content)
    if not theirs.keys() <= {mark.key for mark in marks}:
        return None
    agreed = tuple(not theirs[mark.key] if mark.key in theirs and mark.done != theirs[mark.key] else mark.done for mark in marks)
    return replace(wanted, content=ticked(wanted.content, theirs)), agreed
