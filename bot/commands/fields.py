"""Verbs for what a gap says of itself: priority, effort, title."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.commands.values import ON_GAPS, Handled, SetLabel, SetTitle, Situation, Spec
from bot.core.command import nearest
from bot.core.gaps.vocabulary import priority_in
from bot.core.issue import MAX_TITLE, shortened
from bot.core.replies import Who

if TYPE_CHECKING:
    from bot.core.command import Command

NONE = "none"
COMMON = ("critical", "high", "low", "medium", "P0", "P1", "P2", "P3", "P4")
_EFFORT = re.compile(r"(?:[~<>≤≥] ?)?[^\W_][\w.+–\- ]{0,27}")
_NOT_IN_TITLES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS = frozenset("\u200d\ufe0f")


def _priority(command: Command, situation: Situation) -> Handled:
    word = " ".join(command.argument.split())
    if not word:
        return command.problem("argument", "which priority?", hint="say `/gap priority P1`, or `none` to take it away")
    if word.lower() == NONE:
        return (SetLabel("priority", None),)
    found = priority_in(word) if len(word) <= MAX_TITLE else None
    if word.lower() in {known.lower() for known in situation.words} or (found and (found.start, found.end) == (0, len(word))):
        return (SetLabel("priority", word),)
    near = nearest(word, {*COMMON, *situation.words})
    hint = f"did you mean `{near}`?" if near else f"for example {', '.join(f'`{known}`' for known in _examples(situation))}"
    return command.problem("unknown-priority", "this is no word of priority that Gapkeeper or these documents know", hint=hint)


def _examples(situation: Situation) -> list[str]:
    return sorted(situation.words, key=str.lower)[:8] or list(COMMON[-5:])


def _effort(command: Command, _: Situation) -> Handled:
    word = " ".join(command.argument.split())
    if not word:
        return command.problem("argument", "which effort?", hint="say `/gap effort M`, or `none` to take it away")
    if word.lower() == NONE:
        return (SetLabel("effort", None),)
    if not _EFFORT.fullmatch(word):
        return command.problem(
            "effort-unfit", "an effort is a short word or a time", hint="for example `S`, `XL`, `2 days` or `1-2 weeks`"
        )
    return (SetLabel("effort", word),)


def _retitle(command: Command, _: Situation) -> Handled:
    title = " ".join(command.argument.split())
    if not title:
        return command.problem("argument", "what should the title be?", hint="say `/gap retitle Rotate the signing keys`")
    if not any(char.isalnum() for char in title) or any(
        unicodedata.category(char) in _NOT_IN_TITLES and char not in _JOINERS for char in title
    ):
        return command.problem("title-unfit", "a title needs words, and no hidden characters")
    if shortened(title) != title:
        return command.problem("title-long", f"a title has at most {MAX_TITLE} characters; this one has {len(title)}")
    return (SetTitle(title),)


SPECS = (
    Spec(
        verb="priority",
        usage="priority <word>",
        who=Who.WRITERS,
        description="The gap has this priority, in the words of its document; `none` takes it away.",
        examples=("/gap priority P0", "/gap priority high", "/gap priority none"),
        places=ON_GAPS,
        handle=_priority,
    ),
    Spec(
        verb="effort",
        usage="effort <word>",
        who=Who.WRITERS,
        description="The gap takes this effort; `none` takes it away.",
        examples=("/gap effort M", "/gap effort 2 days"),
        places=ON_GAPS,
        handle=_effort,
    ),
    Spec(
        verb="retitle",
        usage="retitle <text>",
        who=Who.WRITERS,
        description="The gap has this title, in its issue and in its document.",
        examples=("/gap retitle Rotate the signing keys",),
        places=ON_GAPS,
        handle=_retitle,
    ),
)
