"""The document as its editor sees it: the lines, and what its authors are used to write for a state or a priority.

Everything here is evidence from the document itself; where it has none, `DEFAULTS` say what to write.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.edit.check import role_of
from bot.core.gaps.model import Document, Field, Gap, Kind, Mark, State, StateSource
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import EMOJI, STATE_OF_BOX, STATE_OF_MARK, STATES, listed, words
from bot.core.gaps.words import LANGUAGES, en
from bot.core.text import Edit, Lines, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

MARKUP = "*_~`"
EMOJI_OF = {State.DONE: "✅", State.OPEN: "❌", State.IN_PROGRESS: "🚧", State.DEFERRED: "⏸️", State.WONTFIX: "🚫"}
BOX_OF = {State.DONE: "x", State.OPEN: " "}
_WORDS = {State.WONTFIX: "won't fix"}
_PAIRS = {"(": ")", "[": "]", "【": "】"}
_COMPLETIONS = listed(
    "since until till in by on at to for from after via with as am im seit bis in durch von am le en par el por em"
)
_COMPLETION_WORDS = 6
_STOP = re.compile(r"[,;|()\[\]]|[.:](?=\s|$)|\s[—–-]\s|\s*[*_~`]|\s*$")
_HEAD = re.compile(r"\ufeff?[ \t>]*(?:#{1,6}[ \t]+|(?:[-+*]|\d{1,9}[.)])[ \t]+|\|[ \t]*)?(?:\[[^\[\]\s]? ?\][ \t]+)?")


@dataclass(frozen=True, slots=True)
class Core:
    """The words in a mark that say the state, without remarks behind them, and the emoji that stands with them."""

    phrase: Span | None
    emoji: Span | None

    def said(self, text: str) -> Said:
        """Returns what is written, as its author wrote it."""
        return Said(self.phrase.of(text) if self.phrase else "", self.emoji.of(text) if self.emoji else "")


@dataclass(frozen=True, slots=True)
class Said:
    """A state in writing: the words and the emoji with them, either may be missing."""

    phrase: str
    emoji: str

    @property
    def text(self) -> str:
        """Both, the emoji first."""
        return f"{self.emoji} {self.phrase}".strip()


class Sheet:
    """A document and its habits."""

    def __init__(self, document: Document) -> None:
        """Index the lines; habits are looked up when asked for."""
        self.document = document
        self.text = document.text
        self.lines = Lines(document.text)

    # Lines.

    def eol(self, offset: int) -> str:
        """Returns the line end in use at a place: that of its line, of the line before, or the document's first."""
        line = self.lines.index(offset)
        for number in (line, line - 1, 0):
            row = self.lines.span(number).of(self.text) if number >= 0 else ""
            if row.endswith(("\n", "\r")):
                return row[len(row.rstrip("\r\n")) :]
        return "\n"

    def line_of(self, offset: int) -> Span:
        """Returns the line on which an offset lies, without its line end."""
        span = self.lines.span(self.lines.index(offset))
        return Span(span.start, span.start + len(span.of(self.text).rstrip("\r\n")))

    def below(self, line: int, rows: Sequence[str]) -> Edit:
        """Returns the edit that puts lines below a line, each with the line end in use there."""
        span = self.lines.span(line)
        eol = self.eol(span.start)
        if span.of(self.text).endswith(("\n", "\r")):
            return Edit(Span(span.end, span.end), "".join(row + eol for row in rows))
        return Edit(Span(span.end, span.end), "".join(eol + row for row in rows))

    def blank(self, line: int) -> bool:
        """Tells whether a line is empty, or past the end."""
        return line >= len(self.lines) or not self.lines.content(line).strip()

    def head(self, gap: Gap) -> int:
        """Returns where the head of a gap begins: after hashes, marker and box, or where its cell begins."""
        if gap.kind is Kind.TABLE:
            bar = max((m.end() for m in re.finditer(r"(?<!\\)\|", self.text[gap.span.start : gap.title_span.start])), default=0)
            start = gap.span.start + bar
            return (
                start + len(self.text[start : gap.title_span.start]) - len(self.text[start : gap.title_span.start].lstrip(" \t"))
            )
        line = self.line_of(gap.span.start)
        found = _HEAD.match(self.text, line.start, line.end)
        return found.end() if found else line.start

    def around(self, span: Span) -> Span:
        """Returns the span with the emphasis that stands directly around it on both sides."""
        start, end = span.start, span.end
        while start > 0 and self.text[start - 1] in MARKUP and self.text[end : end + 1] == self.text[start - 1]:
            start, end = start - 1, end + 1
        return Span(start, end)

    def title(self, gap: Gap) -> Span:
        """Returns the title with the emphasis that begins right before it and ends inside it: `**Paint** the pier`."""
        start, end = gap.title_span.start, gap.title_span.end
        for sign in ("**", "__", "~~", "`", "*", "_"):
            bare = self.text[start:end].replace("**", "").replace("__", "") if len(sign) == 1 else self.text[start:end]
            if bare.count(sign) % 2 and self.text.endswith(sign, 0, start):
                start -= len(sign)
        return Span(start, end)

    def outer(self, span: Span) -> Span:
        """Returns a suffix or a tag with its brackets and emphasis."""
        span = self.around(span)
        opener = self.text[span.start - 1 : span.start]
        if opener and opener in _PAIRS and self.text[span.end : span.end + 1] == _PAIRS[opener]:
            span = Span(span.start - 1, span.end + 1)
        return self.around(span)

    def closed(self, at: int) -> int:
        """Returns the place behind the emphasis that ends at an offset."""
        return _past(self.text, at, MARKUP)

    def siblings(self, gap: Gap) -> list[Gap]:
        """Returns the other gaps of its dialect, those of its own section first, then the nearest."""
        others = [other for other in self.document.gaps if other.kind is gap.kind and other is not gap]
        return sorted(others, key=lambda other: (other.section != gap.section, abs(other.line - gap.line)))

    # What is said, and how.

    def core(self, span: Span) -> Core:
        """Returns the words of state at the span."""
        seen = view(self.text, span)
        s = seen.text
        at = _past(s, 0, " \t" + MARKUP)
        emoji: tuple[int, int] | None = None
        while found := EMOJI.match(s, at):
            emoji = (emoji[0] if emoji else found.start(), found.end())
            at = _past(s, found.end(), " \t" + MARKUP)
        phrase = _phrase(s)
        if phrase is not None and (tail := EMOJI.match(s, _past(s, phrase[1], " *_"))) and emoji is None:
            emoji = tail.span() if tail[0].rstrip("\ufe0f\u200d") in STATE_OF_MARK else None
        return Core(seen.span(*phrase) if phrase else None, seen.span(*emoji) if emoji else None)

    def said(self, state: State, source: StateSource, near: Gap) -> Said | None:
        """Returns how gaps like this one say a state in such a place: most often, in its section first; None where none does."""
        mine = self.document.gaps
        pools = (
            [g for g in mine if g.kind is near.kind and g.section == near.section],
            [g for g in mine if g.kind is near.kind],
            mine,
        )
        for pool in pools:
            uses = Counter(
                said
                for gap in pool
                if gap is not near
                for mark in gap.marks
                if mark.source is source and mark.state is state and mark.span != gap.span
                for said in [self.core(mark.span).said(self.text)]
                if said.text
            )
            if uses:
                return uses.most_common(1)[0][0]
        return None

    def box(self, state: State, *, tasks: bool = False) -> str | None:
        """Returns the character in `[ ]` that this document uses for a state; None where it has none for it."""
        used: Counter[str] = Counter()
        for gap in self.document.gaps:
            spans = [mark.span for mark in gap.marks if mark.source is StateSource.CHECKBOX]
            if tasks or state is State.DONE:
                spans += [task.mark_span for task in gap.tasks]
            used.update(char for span in spans if len(char := span.of(self.text)) and STATE_OF_BOX.get(char.lower()) is state)
        return used.most_common(1)[0][0] if used else BOX_OF.get(state)

    def default(self, state: State, *, like: str = "", emoji: bool) -> Said:
        """Returns words for a state in the language and the case of others; with an emoji where those have one."""
        return Said(cased(_word(state, self.language(like)), like), EMOJI_OF[state] if emoji else "")

    def language(self, like: str) -> ModuleType:
        """Returns the word list in which a phrase of state stands, else that of most status words of the document, else English."""
        phrases = [like] if like else []
        marks = (mark for gap in self.document.gaps[:200] for mark in gap.marks if mark.source is not StateSource.CHECKBOX)
        phrases += [core.phrase.of(self.text) for mark in marks if (core := self.core(mark.span)).phrase]
        for phrase in phrases[:40]:
            known = " ".join(word.text for word in words(phrase))
            for language in LANGUAGES:
                if any(known in _phrases(table) for table in language.STATES.values()):
                    return language
        return en

    def role(self, gap: Gap, field: Field) -> str:
        """Returns what a field of the gap is for."""
        return role_of(gap.kind, field.label)

    def fields(self, gap: Gap, *roles: str) -> Iterator[Field]:
        """Yields the fields of the gap that stand in its own lines, those with one of the roles if any is named."""
        for field in gap.fields:
            if gap.span.contains(field.value_span) and (not roles or self.role(gap, field) in roles):
                yield field


def cased(word: str, like: str) -> str:
    """Returns the word in capitals, with a capital, or in small letters, as the other one is; with a capital where there is none."""
    if like and like.upper() == like and like.lower() != like and len(like) > 1:
        return word.upper()
    if like and like[:1].lower() == like[:1] and like[:1].isalpha():
        return word
    return word[:1].upper() + word[1:]


def mark_of(gap: Gap, *sources: StateSource) -> Mark | None:
    """Returns the first mark of the gap in such a place."""
    return next((mark for mark in gap.marks if mark.source in sources), None)


def _phrase(text: str) -> tuple[int, int] | None:
    """Returns the words of state with what only completes them: `Deferred until v2`, `Fixed in 1.3`."""
    found = words(text[:160])
    for index in range(min(5, len(found))):
        hit = STATES.at(found, index)
        if hit is None:
            continue
        last, after = found[index + hit[1] - 1], index + hit[1]
        end = last.end
        completed = after < len(found) and (
            last.text in _COMPLETIONS or (found[after].text in _COMPLETIONS and text[end : found[after].start].isspace())
        )
        if completed:
            stop = _STOP.search(text, found[after].end)
            whole = len(text[: stop.start() if stop else len(text)].rstrip())
            end = whole if sum(word.end <= whole for word in found[after:]) <= _COMPLETION_WORDS else end
        return found[0].start, end
    return None


def _past(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] in chars:
        at += 1
    return at


def _word(state: State, language: ModuleType) -> str:
    if language is en and state in _WORDS:
        return _WORDS[state]
    return next(iter(_phrases(language.STATES[state.value])))


def _phrases(table: str) -> list[str]:
    return [" ".join(part.split()) for part in table.split(",")]
