"""Text as the reader and the editor see it: spans, lines, and the edits that leave everything else alone.

A line ends at LF, CRLF or CR and nowhere else (CommonMark 0.31 §2.1), never where `str.splitlines` would also cut.
Offsets count characters of the decoded text, a BOM included. Reported line numbers count LF only, as editors and GitHub do.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BOM = "\ufeff"
_FEED = re.compile(r"\n")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, order=True, init=False)
class Span:
    """A half-open range of characters in a text."""

    start: int
    end: int

    def __init__(self, start: int, end: int) -> None:
        """Set both; a document has thousands of spans, and what a frozen dataclass generates takes more than twice the time."""
        _set_start(self, start)
        _set_end(self, end)

    def __len__(self) -> int:
        """Returns how many characters it covers."""
        return self.end - self.start

    def of(self, text: str) -> str:
        """Returns what stands at the span."""
        return text[self.start : self.end]

    def contains(self, other: Span) -> bool:
        """Tells whether the other span lies wholly inside this one."""
        return self.start <= other.start and other.end <= self.end


_set_start, _set_end = Span.__dict__["start"].__set__, Span.__dict__["end"].__set__


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces what stands at the span by a new text; an empty span inserts."""

    span: Span
    text: str


class Lines:
    """The lines of a text by number, as the Markdown parser counts them (0-based), with their offsets."""

    __slots__ = ("_feeds", "starts", "text")

    def __init__(self, text: str) -> None:
        """Index the text once; every look-up afterwards is logarithmic or better."""
        self.text = text
        self.starts: list[int] = [0]
        self._feeds: list[int] | None = None
        if "\r" in text:
            self.starts += [match.end() for match in _LINE_END.finditer(text)]
            self._feeds = [match.start() for match in _FEED.finditer(text)]
        else:
            self.starts += accumulate([len(row) + 1 for row in text.split("\n")])
            self.starts.pop()

    def __len__(self) -> int:
        """Returns the number of lines; a text that ends with a line end has an empty last line."""
        return len(self.starts)

    def span(self, line: int) -> Span:
        """Returns the characters of a line, its line end included; empty past the end."""
        if line >= len(self.starts):
            return Span(len(self.text), len(self.text))
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        return Span(self.starts[line], end)

    def content(self, line: int) -> str:
        """Returns a line without its line end."""
        return self.span(line).of(self.text).rstrip("\r\n")

    def index(self, offset: int) -> int:
        """Returns the 0-based line, as the parser counts, on which an offset lies."""
        return bisect_right(self.starts, offset) - 1

    def number(self, offset: int) -> int:
        """Returns the 1-based line number that a person sees, counting LF only."""
        if self._feeds is None:
            return self.index(offset) + 1
        return bisect_right(self._feeds, offset - 1) + 1


def apply(edits: Iterable[Edit], text: str) -> str:
    """Returns the text with all edits made; they must not overlap (ValueError), and nothing else changes."""
    result = text
    previous = len(text) + 1
    for edit in sorted(edits, key=lambda e: e.span)[::-1]:  # two insertions at one place keep their order
        if edit.span.end > previous:
            raise ValueError(f"edits overlap at {edit.span}")
        result = result[: edit.span.start] + edit.text + result[edit.span.end :]
        previous = edit.span.start
    return result
