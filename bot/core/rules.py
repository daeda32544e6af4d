"""What the rules of the config add to the issue of a new gap: labels, people and a milestone, besides our own labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.config import MAX_ASSIGNEES, Additions, alike, matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.config import Rule, When
    from bot.core.gaps.model import Gap
    from bot.core.names import DocumentPath

MAX_LABELS = 50
"""An issue carries at most a hundred labels, ours among them."""


def added(rules: Iterable[Rule], gap: Gap, path: DocumentPath) -> Additions:
    """Returns all that the rules which are for a gap add to its issue, each label and login once; the last milestone counts."""
    wanted = [rule.add for rule in rules if _meant(rule.when, gap, path)]
    labels = {label.lower(): label for add in reversed(wanted) for label in reversed(add.labels)}
    people = dict.fromkeys(login for add in wanted for login in add.assignees)
    milestones = [add.milestone for add in wanted if add.milestone is not None]
    in_order = tuple(reversed(labels.values()))
    return Additions(in_order[:MAX_LABELS], tuple(people)[:MAX_ASSIGNEES], milestones[-1] if milestones else None)


def _meant(when: When, gap: Gap, path: DocumentPath) -> bool:
    """Tells whether a rule is for a gap: each line of its `when` that is set matches, by one of its globs."""
    asked = [
        (when.section, gap.section),
        (when.title, (gap.title,)),
        (when.priority, (gap.priority or "",)),
        (when.effort, (gap.effort or "",)),
        (when.id, (gap.id or "",)),
    ]
    asked += [
        (globs, tuple(field.value for field in gap.fields if alike(label, field.label.rstrip(":"))))
        for label, globs in when.fields
    ]
    if when.file and not any(matches(glob, path) for glob in when.file):
        return False
    return all(not globs or any(alike(glob, text) for glob in globs for text in texts) for globs, texts in asked)
