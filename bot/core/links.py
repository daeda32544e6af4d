"""The relative links of a document: where they stand, and which file of the repository each leads to.

Links in code and in HTML blocks are examples, addresses with a scheme and GitHub's own pages (`../../issues/5`) are no files: they
are left out. Whether a file exists is for the caller to know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bot.core.blocks import Listing, Opaque
from bot.core.gaps.vocabulary import listed
from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.core.blocks import Block, Blocks
    from bot.core.names import DocumentPath

_DEFINITION = re.compile(r" {0,3}\[[^\[\]]{1,200}\]:[ \t]*")
_TARGET = re.compile(
    r"[ \t]*(?:<(?P<angled>[^<>\n]{1,1000})>|(?P<bare>[^\s<>()]{1,1000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200}){0,9}))"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LINE = re.compile(r":\d+(?:[-:]\d+)?$")
_BACKTICKS = re.compile(r"`+")
_PLACEHOLDERS = ("{", "}", "$", "*", "…", "...")
_PAGES = listed(
    "issues pull pulls wiki discussions releases actions projects blob tree commit commits compare milestone milestones labels"
)
"""First segments of what lies beside a repository's files on GitHub: `../../issues/5` in a document two folders down."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relative link: its target as written, the path it leads to from the repository's root, and where the target stands."""

    target: str
    path: str
    span: Span


def links(source: Blocks, at: DocumentPath) -> tuple[Link, ...]:
    """Returns the relative links of a document that stands at a path of its repository, in the order in which they stand."""
    hidden = {line for first, end in _opaque(source.blocks) for line in range(first, end)}
    folder = at.rpartition("/")[0]
    found: list[Link] = []
    for line in range(len(source.lines)):
        if line in hidden:
            continue
        row = source.lines.content(line)
        if "](" in row or "]:" in row:
            start = source.lines.starts[line]
            for target, first in _targets(row):
                path = resolved(folder, target)
                if path is not None:
                    found.append(Link(target, path, Span(start + first, start + first + len(target))))
    return tuple(found)


def resolved(folder: str, target: str) -> str | None:
    """Returns the path that a target means from the root, None for one that means no file of the repository."""
    if _SCHEME.match(target) or target.startswith(("#", "?", "//")) or any(sign in target for sign in _PLACEHOLDERS):
        return None
    written = _LINE.sub("", unquote(target.partition("#")[0].partition("?")[0]))
    if not written.strip("/") or ("/" not in written and "." not in written):
        return None
    parts: list[str] = [] if written.startswith("/") or not folder else folder.split("/")
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    if written.startswith("..") and parts and parts[0] in _PAGES:
        return None
    return "/".join(parts)


def _opaque(blocks: Iterable[Block]) -> Iterator[tuple[int, int]]:
    """Yields the lines of code and HTML, at any depth of lists; a quote is text."""
    for block in blocks:
        if isinstance(block, Opaque) and block.kind != "blockquote":
            yield block.first, block.end
        elif isinstance(block, Listing):
            for item in block.items:
                yield from _opaque(item.blocks)


def _targets(row: str) -> Iterator[tuple[str, int]]:
    """Yields the targets of inline links, images and link definitions on a line, outside code, with where they start."""
    code = _code(row) if "`" in row else []
    starts = [match.end()] if (match := _DEFINITION.match(row)) else []
    at = row.find("](")
    while at >= 0:
        starts.append(at + 2)
        at = row.find("](", at + 2)
    for start in starts:
        found = _TARGET.match(row, start)
        if found and not any(first <= start < end for first, end in code):
            name = "angled" if found["angled"] else "bare"
            yield found[name], found.start(name)


def _code(row: str) -> list[tuple[int, int]]:
    """Returns the code spans of a line: each run of backticks up to the next of the same length (CommonMark 0.31 §6.1)."""
    runs = [(match.start(), match.end()) for match in _BACKTICKS.finditer(row)]
    waiting: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(runs):
        waiting.setdefault(end - start, []).append(index)
    found: list[tuple[int, int]] = []
    index = 0
    while index < len(runs):
        same = waiting[runs[index][1] - runs[index][0]]
        while same and same[0] <= index:
            same.pop(0)
        if same:
            found.append((runs[index][0], runs[same[0]][1]))
            index = same[0]
        index += 1
    return found
