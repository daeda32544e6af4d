"""What a change means for an issue as it is at the moment of writing: the one request that carries it over.

What people changed on the issue meanwhile is never overwritten: a field that both sides changed differently stays as it is, is
reported, and keeps its old base, so that the question stays open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.actions import Change, ChangeIssue, Close, Relabel, Reopen, Retitle, Rewrite
from bot.core.errors import Problem
from bot.core.issue import Issue, NoRegion, Region, Seal, StateReason, marker, region_of, rewritten, shortened
from bot.core.merge import Agreed, Conflict, merge3
from bot.core.tasks import marks_in, ticked
from bot.core.triage import Label, by_family, labels_of_base, with_family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.pair import Base, Pair


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

    @property
    def empty(self) -> bool:
        """Tells whether the issue already says all of it."""
        return self.title is None and self.body is None and self.open is None and self.labels is None


def settled(change: ChangeIssue, issue: Issue, seal: Seal) -> Patch:
    """Returns the request that carries a change over to the issue as it is now."""
    patch = Patch(record=change.record)
    for step in change.changes:
        patch = _settle(step, patch, change, issue)
    return _with_body(patch, change, issue, seal)


def _settle(step: Change, patch: Patch, change: ChangeIssue, issue: Issue) -> Patch:
    match step:
        case Retitle(title):
            merged = merge3(shortened(change.pair.base.title), document=title, issue=issue.title)
            if isinstance(merged, Conflict):
                return _conflict(patch, "title", change, base=replace(patch.record.base, title=change.pair.base.title))
            return replace(patch, title=merged.value if merged.value != issue.title else None)
        case Relabel(labels):
            return _settle_labels(labels, patch, change, issue)
        case Close(reason):
            wanted = issue.open or (change.pair.base.state.closed and issue.state_reason != reason)
            return replace(patch, open=False, reason=reason) if wanted else patch
        case Reopen():
            return patch if issue.open else replace(patch, open=True, reason=StateReason.REOPENED)
        case Rewrite():
            return patch


def _settle_labels(labels: tuple[Label, ...], patch: Patch, change: ChangeIssue, issue: Issue) -> Patch:
    """Merge label family by label family; people's labels are none of ours and stay."""
    base = by_family(label.name for label in labels_of_base(change.pair.base))
    wanted = by_family(label.name for label in labels)
    result = issue.labels
    for family in sorted({*base, *wanted}):
        present = by_family(result).get(family, ())
        merged = merge3(_fold(base.get(family, ())), document=_fold(wanted.get(family, ())), issue=_fold(present))
        if isinstance(merged, Conflict):
            patch = _conflict(patch, f"{family} label", change, base=_with_old(patch.record.base, change.pair.base, family))
        elif merged.value != _fold(present):
            result = with_family(result, family, wanted.get(family, ()))
    return replace(patch, labels=result if result != issue.labels else None)


def _fold(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.lower() for name in names))


def _with_old(base: Base, old: Base, family: str) -> Base:
    match family:
        case "priority":
            return replace(base, priority=old.priority)
        case "effort":
            return replace(base, effort=old.effort)
        case _:
            return base


def _with_body(patch: Patch, change: ChangeIssue, issue: Issue, seal: Seal) -> Patch:
    """Add the body: a new region where people left the old one as it was, and always the marker of what is agreed now."""
    current = region_of(issue.body)
    if isinstance(current, NoRegion):
        kept = replace(patch.record.base, region=change.pair.base.region, ticks=change.pair.base.ticks)
        return _conflict(patch, f"managed region ({current.reason})", change, base=kept)
    wanted = next((step.region for step in change.changes if isinstance(step, Rewrite)), None)
    region = current
    if wanted is not None:
        merged = merge3(change.pair.base.region, document=wanted.digest, issue=current.digest)
        kept_ticks = _with_ticks(wanted, change.pair.base, current)
        if isinstance(merged, Agreed) and kept_ticks is not None:
            region, ticks = kept_ticks
            patch = replace(patch, record=replace(patch.record, base=replace(patch.record.base, ticks=ticks)))
        else:
            kept = replace(patch.record.base, region=change.pair.base.region, ticks=change.pair.base.ticks)
            patch = _conflict(patch, "managed region", change, base=kept)
    body = rewritten(issue.body, region, marker(patch.record, seal))
    if isinstance(body, NoRegion):
        return _conflict(patch, f"managed region ({body.reason})", change, base=change.pair.base)
    return replace(patch, body=body if body != issue.body else None)


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
    agreed = tuple(not theirs[mark.key] if mark.key in theirs else mark.done for mark in marks)
    return replace(wanted, content=ticked(wanted.content, theirs)), agreed


def _conflict(patch: Patch, what: str, change: ChangeIssue, *, base: Base) -> Patch:
    number = change.pair.number
    problem = Problem(
        "conflict", f"the {what} of issue {number} was changed by people as well; it was left as it is", change.line
    )
    return replace(patch, record=replace(patch.record, base=base), problems=(*patch.problems, problem))
