"""The commands in a comment, one a line.

    command  = head [blank verb [blank argument]]       at the beginning of a line, blanks before it do not count
    head     = "/gap" | "@" slug-of-the-App [":" | ","]  in any case
    verb     = any word, in any case; one that is no verb of ours is a Problem that names the nearest
    argument = the rest of the line

A head without a verb asks for `help`. A line counts where GitHub shows it as text of the comment: not in code, quotes, HTML, tables
and link texts, and not behind the mark of a list. What a verb takes is said beside its handler, in `bot.commands`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.rules_inline import autolink, backtick, html_inline, image, link
from rapidfuzz import fuzz, process

from bot.core.errors import Problem
from bot.core.text import Lines, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

    Rule = Callable[[StateInline, bool], bool]

AT_MOST = 5
"""So many commands of one comment are taken, in their order."""

MAX_COMMENT = 65_536
"""GitHub answers 422 above this number of code points; a longer text is none of its comments."""

_NESTING = 20
_MASKING: tuple[tuple[str, Rule], ...] = (
    ("backticks", backtick),
    ("html_inline", html_inline),
    ("link", link),
    ("image", image),
    ("autolink", autolink),
)
_TEXTS = frozenset({"paragraph_open", "heading_open"})
_NEAR = 60.0


@dataclass(frozen=True, slots=True)
class Command:
    """A command as written: its verb in lower case, its argument as it stands, and where they are in the (normalised) comment."""

    verb: str
    argument: str
    line: int
    span: Span
    verb_span: Span
    argument_span: Span

    @property
    def said(self) -> tuple[str, str]:
        """What is asked, apart from where it stands and how it is spaced."""
        return self.verb, " ".join(self.argument.split())

    def problem(self, code: str, message: str, *, hint: str | None = None) -> Problem:
        """Returns what is wrong with the argument; with the verb, where there is no argument."""
        return Problem(code, message, self.line, self.argument_span if self.argument else self.verb_span, hint)


def normalised(comment: str) -> str:
    """Returns the text that spans of commands count in: lines end with LF, as in all that GitHub shows."""
    return comment.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def commands_in(comment: str, *, slug: str) -> tuple[Command, ...]:
    """Returns the commands of a comment in their order, those with an unknown verb too. Never raises."""
    text = normalised(comment)
    head = _head(slug)
    if len(text) > MAX_COMMENT or not head.search(text):
        return ()
    lines = Lines(text)
    return tuple(_command(found, lines) for line in _shown_lines(text) if (found := head.match(text, lines.starts[line])))


def new_commands(before: Sequence[Command], after: Sequence[Command]) -> tuple[Command, ...]:
    """Returns the commands that an edited comment did not have before; one said once more than before is new once."""
    old = Counter(command.said for command in before)
    fresh: list[Command] = []
    for command in after:
        if old[command.said]:
            old[command.said] -= 1
        else:
            fresh.append(command)
    return tuple(fresh)


def still_said(commands: Sequence[Command], now: Sequence[Command]) -> tuple[Command, ...]:
    """Returns those of the commands that the comment, as it is now, has not taken back."""
    left = Counter(command.said for command in now)
    kept: list[Command] = []
    for command in commands:
        if left[command.said]:
            left[command.said] -= 1
            kept.append(command)
    return tuple(kept)


def unknown_verb(command: Command, verbs: Collection[str]) -> Problem:
    """Returns what to say of a verb that is none, with the nearest one where it looks like a slip."""
    near = nearest(command.verb, verbs)
    hint = f"did you mean `{near}`?" if near else "`/gap help` lists all verbs"
    return Problem("unknown-verb", "this is no verb that Gapkeeper knows", command.line, command.verb_span, hint)


def nearest(word: str, words: Collection[str]) -> str | None:
    """Returns the word that somebody probably meant, None where none is near."""
    found = process.extractOne(word[:80].lower(), sorted(words), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return None if found is None else found[0]


@cache
def _head(slug: str) -> re.Pattern[str]:
    mention = rf"@{re.escape(slug)}(?:\[bot\])?[:,]?"
    return re.compile(rf"^[ \t]*(?P<head>/gap|{mention})(?=[ \t]|$)(?P<rest>[^\n]*)", re.MULTILINE | re.IGNORECASE)


def _command(found: re.Match[str], lines: Lines) -> Command:
    verb = re.compile(r"\S+").search(found.string, *found.span("rest"))
    start, end = found.start("head"), found.start("head") + len(found[0].lstrip(" \t").rstrip())
    number = lines.number(start)
    if verb is None:
        head = Span(*found.span("head"))
        return Command("help", "", number, Span(start, end), head, Span(end, end))
    argument = found.string[verb.end() : end].lstrip()
    verb_span, argument_span = Span(*verb.span()), Span(end - len(argument), end)
    return Command(verb[0].lower(), argument, number, Span(start, end), verb_span, argument_span)


def _shown_lines(text: str) -> Iterator[int]:
    """Yield the lines (0-based) that begin with text of the comment: paragraphs and headings outside quotes and tables."""
    env: dict[str, object] = {}
    quoted, before = 0, ""
    for token in _blocks().parse(text, env):
        if token.type == "inline" and token.map and before in _TEXTS and not quoted:
            yield from _outside_masks(token, token.map[0], env)
        quoted += token.nesting if token.type.startswith("blockquote_") else 0
        before = token.type


def _outside_masks(paragraph: Token, first: int, env: dict[str, object]) -> Iterator[int]:
    """Yield the lines of a paragraph whose first character is in no code, tag, link or image (CommonMark 0.31 §6)."""
    content = paragraph.content
    masked: list[Span] = []
    if any(char in content for char in "`<["):
        _inline().inline.parse(content, _inline(), {**env, "masked": (content, masked)}, [])
    spans = sorted(masked, reverse=True)
    start = hidden = 0
    for number, line in enumerate(content.split("\n")):
        at = start + len(line) - len(line.lstrip())
        while spans and spans[-1].start <= at:
            hidden = max(hidden, spans.pop().end)
        if at >= hidden:
            yield first + number
        start += len(line) + 1


@cache
def _blocks() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table").disable("inline")


@cache
def _inline() -> MarkdownIt:
    """Returns a parser of only those inline rules that hide text; each notes where."""
    parser = MarkdownIt("zero", {"html": True, "maxNesting": _NESTING})
    parser.enable(["escape", "entity", *(name for name, _ in _MASKING)])
    for name, rule in _MASKING:
        parser.inline.ruler.at(name, _noting(rule))
    return parser


def _noting(rule: Rule) -> Rule:
    """Returns the rule, noting where it found something in the paragraph itself (the text of an image is parsed apart)."""

    def noting(state: StateInline, silent: bool) -> bool:
        start = state.pos
        found = rule(state, silent)
        source, masked = state.env["masked"]
        if found and not silent and state.src == source:
            masked.append(Span(start, state.pos))
        return found

    return noting
