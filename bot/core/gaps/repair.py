"""A stretch of the document as it was meant: double-encoded characters repaired, every character still knowing where it stands.

Editors that read UTF-8 as Mac Roman or Windows-1252 and save it again leave `‚úÖ` or `âœ…` where `✅` was. The file's bytes are not
ours to change, but titles and states are read through a `View`. Only runs of non-ASCII characters that decode as UTF-8 without any
doubt are taken for damage; a lone accented letter never does.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

_ODD = frozenset({"Mn", "Cc", "Co", "Cn", "Cs"})
"""Categories of characters that no editor would have meant: a wrong guess of the first encoding yields them."""
_RUN = re.compile(r"[^\x00-\x7f]{2,}|\r\n?")


@dataclass(frozen=True, slots=True, init=False)
class View:
    """Repaired text and, for each of its characters and its end, the offset in the source (None: they run in parallel from `start`)."""

    text: str
    start: int
    offsets: Sequence[int] | None = None

    def __init__(self, text: str, start: int, offsets: Sequence[int] | None = None) -> None:
        """Set all three; as for spans, what a frozen dataclass generates takes more than twice the time."""
        _set_text(self, text)
        _set_start(self, start)
        _set_offsets(self, offsets)

    def at(self, index: int) -> int:
        """Returns the source offset of a character, or of the end."""
        return self.start + index if self.offsets is None else self.offsets[index]

    def span(self, first: int, end: int) -> Span:
        """Returns the source span of a slice."""
        if self.offsets is None:
            return Span(self.start + first, self.start + end)
        return Span(self.offsets[first], self.offsets[end])


_set_text, _set_start, _set_offsets = (View.__dict__[name].__set__ for name in ("text", "start", "offsets"))


def view(text: str, span: Span) -> View:
    """Returns the repaired view of what stands at the span; line ends in it are line feeds."""
    raw = span.of(text)
    if raw.isascii() and "\r" not in raw:
        return View(raw, span.start)
    runs = [(match, fixed) for match in _RUN.finditer(raw) if (fixed := _decoded(match[0])) is not None]
    if not runs:
        return View(raw, span.start)
    parts: list[str] = []
    offsets: list[int] = []
    last = 0
    for match, fixed in runs:
        parts += [raw[last : match.start()], fixed]
        offsets += range(span.start + last, span.start + match.start())
        offsets += [span.start + match.start()] * len(fixed)
        last = match.end()
    parts.append(raw[last:])
    offsets += range(span.start + last, span.end + 1)
    return View("".join(parts), span.start, offsets)


def repaired(raw: str) -> str:
    """Returns the text with double-encoded characters repaired."""
    return view(raw, Span(0, len(raw))).text


def _decoded(run: str) -> str | None:
    """Returns what the run was before it was encoded twice, None when it was not; every line end is shown as a line feed."""
    if run[0] == "\r":
        return "\n"
    for codec in ("mac_roman", "cp1252", "latin-1"):
        try:
            fixed = _encode(run, codec).decode("utf-8")
        except UnicodeError:
            continue
        if len(fixed) < len(run) and all(unicodedata.category(char) not in _ODD or char == "\ufe0f" for char in fixed):
            return fixed
    return None


def _encode(run: str, codec: str) -> bytes:
    """Windows-1252 leaves five bytes undefined; programs pass them through as control characters."""
    if codec != "cp1252":
        return run.encode(codec)
    return b"".join(bytes([ord(char)]) if char in "\x81\x8d\x8f\x90\x9d" else char.encode(codec) for char in run)
