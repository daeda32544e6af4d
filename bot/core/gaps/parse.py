"""The entry point of reading: the bytes of a file in, a `Reading` out. It never raises: what cannot be read is a `ParseFailure`.

blocks (structure) -> outline (sections) -> select (which structures are gaps, with remarks) -> gaps with exact spans
`explain` also tells, through `account`, what each line was taken for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import blocks
from bot.core.errors import Problem, Severity
from bot.core.gaps.account import account
from bot.core.gaps.model import Document, ParseFailure, Reading, Remark
from bot.core.gaps.select import Selection, select

if TYPE_CHECKING:
    from bot.core.names import DocumentPath

MAX_BYTES = 1024 * 1024
"""Larger files are not read: their worst case costs seconds (design/performance.md §2)."""


def parse(path: DocumentPath, data: bytes) -> Reading:
    """Returns what the file says, or why it could not be read to its end; never raises."""
    return _read(path, data)[0]


def explain(path: DocumentPath, data: bytes) -> tuple[Reading, tuple[Remark, ...]]:
    """Returns the reading and, line by line, what was taken for a gap, what was not, and why."""
    reading, selection = _read(path, data)
    return reading, account(selection.source, reading.gaps, selection.remarks) if selection is not None else ()


def _read(path: DocumentPath, data: bytes) -> tuple[Reading, Selection | None]:
    """Returns the reading with the selection it came from; none where the text could not be read to its end."""
    text = _decoded(data)
    if isinstance(text, Problem):
        return ParseFailure(path, text), None
    try:
        source = blocks.read(text)
    except blocks.Unreadable as unreadable:
        return ParseFailure(path, unreadable.problem), None
    selection = select(source, path.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    gaps = tuple(candidate.gap(source) for candidate in selection.gaps)
    fatal = next((problem for problem in source.problems if problem.severity is Severity.ERROR), None)
    if fatal is not None:
        return ParseFailure(path, fatal, gaps), selection
    return Document(path, text, gaps, tuple(source.problems)), selection


def _decoded(data: bytes) -> str | Problem:
    """Returns the text; never with replacement characters, which would be written back into the file one day."""
    if len(data) > MAX_BYTES:
        return _failure("too-large", f"the file is larger than {MAX_BYTES // 1024} KiB")
    if b"\0" in data:
        return _failure("binary", "the file holds NUL bytes: it is not a text in UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _failure("not-utf-8", f"the file is not UTF-8 (byte {error.start})", line)


def _failure(code: str, message: str, line: int = 0) -> Problem:
    return Problem(code, message, line, severity=Severity.ERROR)
