"""A document on a terminal: numbered lines that wrap at any width, marked at the spans of their parts, with remarks below them.

Piped, nothing wraps and nothing is coloured, so that `grep` finds whole lines. What a document cannot do is steer the terminal:
control characters and marks that reorder text are shown, not sent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.errors import Problem
    from bot.core.gaps.model import Gap, Remark
    from bot.core.text import Span

STATE_STYLES = {"open": "red", "in_progress": "yellow", "done": "green", "deferred": "blue", "wontfix": "bright_black"}
TAB = 4
LONGEST = 3
"""Rows of the terminal that a line of the document may take, unless all is shown."""
PIPED = 400
NARROWEST = 16

_SHOWN = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **dict.fromkeys([*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd"),
}


def shown(text: str) -> str:
    """Returns a text that cannot steer the terminal, as long as it was."""
    return text.translate(_SHOWN)


class Paper:
    """What a document and the remarks on it are written to: standard output."""

    def __init__(self, digits: int) -> None:
        """Measure the terminal; `digits` is how wide line numbers are."""
        self.console = Console(highlight=False, soft_wrap=True)
        self.margin = max(digits, 2) + 2
        terminal = self.console.is_terminal or "COLUMNS" in os.environ
        self.width = max(self.console.width - self.margin, NARROWEST) if terminal else None
        self.under = ""
        plain = self.console.options.ascii_only
        self.marks = ("*", "-", "!", ":", "...") if plain else ("●", "○", "▲", "⋮", "…")

    def title(self, path: str) -> None:
        """The document's path."""
        self._across(shown(path))

    def blank(self) -> None:
        """An empty line."""
        self._put(Text(""))

    def line(
        self,
        number: int,
        row: str,
        start: int,
        gap: Gap | None,
        problems: Sequence[Problem] = (),
        beside: Remark | None = None,
        *,
        cut: bool,
    ) -> None:
        """A line of the document; of a gap the title, state, priority and id are marked, carets stand below a problem's span.

        The remark `beside` a heading stands on the heading's own line where there is room for it.
        """
        shown = _Row(row)
        text = Text(shown.text, style="" if gap is not None or problems else "dim")
        for span, style in _marks(gap) if gap is not None else ():
            if span is not None and span.start < start + len(row) and span.end > start:
                text.stylize(style, shown.at(span.start - start), shown.at(span.end - start))
        rows = list(_wrapped(shown.text, self.width))
        more = cut and not problems and (len(rows) > LONGEST or (self.width is None and len(text) > PIPED))
        if more:
            rows = rows[:LONGEST] if self.width is not None else [(0, PIPED)]
        for index, (a, b) in enumerate(rows):
            last = more and index + 1 == len(rows)
            part = text[a : b - 2].append(self.marks[4]) if last else text[a:b]
            if beside is not None and index + 1 == len(rows):
                said = f"  {self.marks[1]} {beside.why}"
                if self.width is None or cell_len(part.plain + said) <= self.width:
                    part, beside = part.append(said, style="dim italic"), None
            self._put(Text(str(number) if index == 0 else "", style="bright_black"), part)
            for problem in problems:
                self._caret(problem, shown, (a, b), _clip(problem.span, start, row) if problem.span is not None else (0, 0))
        if beside is not None:
            self.remark(beside, None)

    def _caret(self, problem: Problem, shown: _Row, row: tuple[int, int], span: tuple[int, int]) -> None:
        low, high = max(shown.at(span[0]), row[0]), min(shown.at(span[1]), row[1])
        if low < high:
            before, length = cell_len(shown.text[row[0] : low]), cell_len(shown.text[low:high].rstrip())
            self._put(Text(""), Text(" " * before + "^" * length, style=_severe(problem)))

    def remark(self, remark: Remark, gap: Gap | None) -> None:
        """What the line above was taken for; the heading it stands under is named once, not at every entry."""
        text = Text()
        noun, _, under = remark.what.partition(" under ")
        what = noun if under in {"", self.under} or noun == "heading" else remark.what
        self.under = under or self.under
        if gap is not None:
            text.append(f"{self.marks[0]} ", style=STATE_STYLES[gap.state.value])
            text.append(f"{what}: ", style="dim")
            named, comma, rest = remark.why.partition(",")
            facts, semicolon, reason = rest.partition(";")
            text.append(named, style="green").append(comma + facts).append(semicolon + reason, style="dim")
        else:
            text.append(f"{self.marks[1]} {what}: {remark.why}", style="dim")
        self._hang(text)

    def fold(self, count: int, contents: str) -> None:
        """Lines that are not shown."""
        said = f"{count} lines" + (f": {contents}" if contents else "")
        self._hang(Text(said, style="bright_black italic"), sign=self.marks[3])

    def problem(self, problem: Problem) -> None:
        """What is wrong, and how to mend it."""
        text = Text(f"{self.marks[2]} {problem.severity.value}: {problem.message} [{problem.code}]", style=_severe(problem))
        if problem.hint:
            text.append(f"; {problem.hint}", style="not bold italic")
        self._hang(text)

    def closing(self, said: str) -> None:
        """The last line."""
        self.blank()
        self._across(said)

    def _across(self, said: str) -> None:
        for a, b in _wrapped(said, self.width and self.width + self.margin):
            self._put(Text(said[a:b].strip(), style="bold"))

    def _hang(self, text: Text, sign: str = "") -> None:
        """A text in the document's column, its further rows two cells further in."""
        for index, (a, b) in enumerate(_wrapped(text.plain, self.width and self.width - 2)):
            part = text[a:b]
            if index:
                part = Text("  ").append_text(_stripped(part))
            self._put(Text(sign if index == 0 else "", style="bright_black"), part)

    def _put(self, left: Text, right: Text | None = None) -> None:
        if right is None:
            self.console.print(left)
            return
        left.align("right", self.margin - 2)
        line = Text.assemble(left, "  ", right)
        line.rstrip()
        self.console.print(line)


class _Row:
    """A line as it is shown: tabs as blanks, control characters as signs; `at` says where a character of the line stands in it."""

    def __init__(self, row: str) -> None:
        row = row.rstrip("\r").replace("\ufeff", "")
        self.text = row.translate({**_SHOWN, 0x09: " " * TAB})
        self._row = row if "\t" in row else None

    def at(self, index: int) -> int:
        index = max(index, 0)
        return min(index if self._row is None else index + (TAB - 1) * self._row.count("\t", 0, index), len(self.text))


def _wrapped(text: str, width: int | None) -> Iterator[tuple[int, int]]:
    """Yields the bounds of the rows that a text takes, cut at a blank where the row is at least half full."""
    start = 0
    while width is not None and start < len(text):
        end, cells = start, 0
        while end < len(text) and (cells := cells + cell_len(text[end])) <= width:
            end += 1
        if end >= len(text):
            break
        blank = text.rfind(" ", start + (end - start) // 2, end)
        end = blank + 1 if blank > 0 else max(end, start + 1)
        yield start, end
        start = end
    yield start, len(text)


def _marks(gap: Gap) -> tuple[tuple[Span | None, str], ...]:
    return (
        (gap.title_span, "bold"),
        (gap.id_span, "cyan"),
        (gap.priority_span, "magenta"),
        (gap.state_span, STATE_STYLES[gap.state.value]),
    )


def _stripped(text: Text) -> Text:
    lead = len(text.plain) - len(text.plain.lstrip())
    return text[lead:]


def _clip(span: Span, start: int, row: str) -> tuple[int, int]:
    """Returns the part of a span that lies on a row without blanks at its ends, counted from the row's start."""
    first = max(span.start - start, 0)
    end = max(min(span.end - start, len(row.rstrip())), first)
    while first < end and row[first].isspace():
        first += 1
    return first, end


def _severe(problem: Problem) -> str:
    return "bold red" if problem.severity.value == "error" else "yellow"
