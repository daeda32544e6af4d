"""Markdown text as a tree of blocks with exact spans: headings, paragraphs, lists, tables, code. It knows nothing of gaps.

`bot.core.scan` finds the blocks as markdown-it-py does (nothing inline: our reader looks at single entries only). Before it runs,
front matter and code that a broken fence would have turned inside out are blanked line by line, so that offsets never move. What a
document's author meant with a mis-nested or forgotten fence is decided in `bot.core.fences`.

A text is read to its end or not at all (`Unreadable`): markdown-it-py skips the rest of a document in silence when its nesting limit
is hit, and a gap that was skipped must never look like a gap that was removed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.errors import Problem, Severity
from bot.core.fences import recover
from bot.core.scan import scan
from bot.core.tags import quoted, unwrap
from bot.core.text import BOM, Lines, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

MAX_NESTING = 100
MAX_PIPES = 50_000
MAX_ITEMS = 20_000
MAX_HEADINGS = 20_000

_ATX = re.compile(r"[ \t]{0,3}#{1,6}(?:[ \t]+|$)")
_CLOSING_HASHES = re.compile(r"(?:^|[ \t]+)#+$")
_STRUCTURE = re.compile(r" {0,3}(?:#{1,6}[ \t]|[-*+] |\d{1,9}[.)] |\|)")
_MARKER = re.compile(r"[-+*]|\d{1,9}[.)]")
_FRONT_MATTER_LINES = 200
_ENDS = frozenset(("", " ", "\t"))


class Unreadable(Exception):
    """The text could not be read to its end; `problem` says why. What it holds is unknown."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem to show."""
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class Heading:
    """A heading outside lists and quotes; `text` is the span of its words, without hashes or underline."""

    first: int
    end: int
    level: int
    text: Span


@dataclass(slots=True)
class Paragraph:
    """Lines of running text; each span is a line without its indentation, markers and line end."""

    first: int
    end: int
    lines: list[Span]

    @property
    def text(self) -> Span:
        """The span from the first character to the last."""
        return Span(self.lines[0].start, self.lines[-1].end)


@dataclass(slots=True)
class Item:
    """One entry of a list; `ordinal` is its number in a numbered list.

    `lead` is the paragraph on the marker's own line, None for an entry that starts with something else or nothing.
    """

    first: int
    end: int
    marker: Span
    ordinal: int | None
    blocks: list[Block]
    lead: Paragraph | None = None


@dataclass(slots=True)
class Listing:
    """A list; `ordered` when it is numbered."""

    first: int
    end: int
    ordered: bool
    items: list[Item]


@dataclass(slots=True)
class Row:
    """One row of a table: its line, its whole span, and a span per cell without the blanks around it."""

    line: int
    span: Span
    cells: list[Span]


@dataclass(slots=True)
class Table:
    """A pipe table."""

    first: int
    end: int
    head: Row
    rows: list[Row]


@dataclass(slots=True)
class Opaque:
    """What holds no entries: code, HTML, quotes, rules. `kind` is markdown-it's token type."""

    first: int
    end: int
    kind: str


Block = Heading | Paragraph | Listing | Table | Opaque


@dataclass(slots=True)
class Blocks:
    """A text taken apart; `lines` gives offsets, `quotes` the paragraphs of top-level block quotes (for what an intro says)."""

    text: str
    lines: Lines
    blocks: list[Block]
    problems: list[Problem]

    def lines_span(self, first: int, end: int) -> Span:
        """Returns the span of whole lines, `end` excluded, without blank lines at the end."""
        while end > first + 1 and not self.lines.content(end - 1).strip():
            end -= 1
        return Span(self.lines.starts[first], self.lines.span(end - 1).end)


def read(text: str) -> Blocks:
    """Returns the blocks of a text; raises `Unreadable` when a limit is hit, so that nothing is ever left out in silence."""
    lines = Lines(text)
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if rows[0].startswith(BOM):
        rows[0] = rows[0][1:]
    if text.count("|") > MAX_PIPES:
        raise Unreadable(_limit("too-many-cells", f"more than {MAX_PIPES} table cells"))
    conflict = next((i for i, row in enumerate(rows) if row.startswith("<<<<<<< ")), None) if "<<<<<<< " in text else None
    problems: list[Problem] = []
    if conflict is not None:
        problems.append(_conflict(rows, lines, conflict))
    _blank_front_matter(rows)
    if "```" in text or "~~~" in text:
        problems += [_problem(finding.code, finding.message, lines, finding.line) for finding in recover(rows)]
    tokens = _parsed(rows)
    unwrapped = unwrap(rows, tokens)
    if unwrapped:
        tokens = _parsed(rows)
    found = sorted([*unwrapped, *quoted(rows, tokens)], key=lambda finding: finding.line)
    problems += [_problem(finding.code, finding.message, lines, finding.line) for finding in found]
    if any(token.type in {"list_item_open", "blockquote_open"} for token in tokens if token.level >= MAX_NESTING - 1):
        raise Unreadable(_limit("too-deep", f"lists or quotes are nested more than {MAX_NESTING // 2} levels deep"))
    kinds = Counter([token.type for token in tokens])
    if kinds["list_item_open"] > MAX_ITEMS:
        raise Unreadable(_limit("too-many-entries", f"more than {MAX_ITEMS} list entries"))
    if kinds["heading"] > MAX_HEADINGS:
        raise Unreadable(_limit("too-many-entries", f"more than {MAX_HEADINGS} headings"))
    if "<!--" in text:
        problems += [_hidden(lines, token) for token in tokens if token.type == "html_block" and _is_open(token)]
    return Blocks(text, lines, _Builder(lines, rows).build(tokens), problems)


def _parsed(rows: Sequence[str]) -> list[Token]:
    try:
        return scan(rows, nesting=MAX_NESTING)
    except RecursionError:
        raise Unreadable(_limit("too-deep", "lists or quotes are nested too deeply")) from None


def _limit(code: str, message: str) -> Problem:
    return Problem(code, message, 0, severity=Severity.ERROR)


def _is_open(token: Token) -> bool:
    """Tells whether a comment is never closed and hides what looks like entries or headings (CommonMark 0.31 §4.6, kind 2)."""
    content = token.content.lstrip()
    return content.startswith("<!--") and "-->" not in content and any(_STRUCTURE.match(row) for row in content.split("\n"))


def _hidden(lines: Lines, token: Token) -> Problem:
    """An open comment hides the rest of the file, so what the file holds is unknown."""
    span = lines.span(_map(token)[0])
    message = "this comment is never closed and hides the rest of the file"
    return Problem("unclosed-comment", message, lines.number(span.start), span, "close it with -->", Severity.ERROR)


def _problem(code: str, message: str, lines: Lines, row: int) -> Problem:
    span = lines.span(row)
    return Problem(code, message, lines.number(span.start), span)


def _conflict(rows: list[str], lines: Lines, first: int) -> Problem:
    """Blanks the markers and the second side of every conflict, so that what is shown is what HEAD says."""
    side = ""
    for i in range(first, len(rows)):
        row = rows[i]
        marker = row[:7] if row.startswith(("<<<<<<< ", ">>>>>>> ")) or not row.strip("=") else ""
        if marker == "<<<<<<<":
            side = "ours"
        elif marker == "=======" and side == "ours":
            side = "theirs"
        elif marker == ">>>>>>>" and side:
            side = ""
        elif side != "theirs":
            continue
        rows[i] = ""
    span = lines.span(first)
    message = "the file holds unresolved merge conflicts"
    return Problem("merge-conflict", message, lines.number(span.start), span, "resolve the conflict and push", Severity.ERROR)


def _blank_front_matter(rows: list[str]) -> None:
    """Blanks YAML or TOML front matter, which CommonMark would read as a heading (GitHub shows it as a table)."""
    fence = rows[0].rstrip()
    if fence not in {"---", "+++"} or len(rows) < 2 or not rows[1].strip():
        return
    for end in range(1, min(len(rows), _FRONT_MATTER_LINES)):
        if rows[end].rstrip() in {fence, "..." if fence == "---" else fence}:
            rows[: end + 1] = [""] * (end + 1)
            return


class _Builder:
    """Turns the token stream into the tree. The cursor says where on a line the content begins after the markers seen so far."""

    def __init__(self, lines: Lines, rows: Sequence[str]) -> None:
        self.lines = lines
        self.rows = rows
        self.bom = 1 if lines.text.startswith(BOM) else 0
        self.cursor: dict[int, int] = {}

    def build(self, tokens: Sequence[Token]) -> list[Block]:
        root: list[Block] = []
        stack: list[list[Block]] = [root]
        lists: list[Listing] = []
        stream = iter(tokens)
        for token in stream:
            match token.type:
                case "paragraph":
                    stack[-1].append(self.paragraph(*_map(token)))
                case "list_item_open":
                    item = self.item(token)
                    lists[-1].items.append(item)
                    stack.append(item.blocks)
                case "list_item_close":
                    first_of = next(iter(stack.pop()), None)
                    item = lists[-1].items[-1]
                    item.lead = first_of if isinstance(first_of, Paragraph) and first_of.first == item.first else None
                case "bullet_list_open" | "ordered_list_open":
                    first, end = _map(token)
                    lists.append(Listing(first, end, token.type == "ordered_list_open", []))
                    stack[-1].append(lists[-1])
                case "bullet_list_close" | "ordered_list_close":
                    lists.pop()
                case _:
                    stack[-1].append(self.leaf(token, stream, top=len(stack) == 1))
        return root

    def leaf(self, token: Token, stream: Iterator[Token], *, top: bool) -> Block:
        first, end = _map(token)
        match token.type:
            case "heading":
                return self.heading(token, first, end) if top else self.paragraph(first, end)
            case "table":
                return self.table(first, end)
            case "blockquote_open":
                _skip(stream, token, "blockquote_close")
                return Opaque(first, end, "blockquote")
            case kind:
                return Opaque(first, end, kind)

    def inner(self, line: int) -> Span:
        """Returns the visible rest of a line, after the BOM and after the list markers already read on it."""
        row = self.rows[line]
        begin = self.lines.starts[line] + (self.bom if line == 0 else 0)
        end = begin + len(row)
        if line in self.cursor:
            begin = self.cursor[line]
            row = self.lines.text[begin:end]
        if row[:1] in _ENDS or row[-1] in _ENDS:
            row = row.lstrip(" \t")
            begin = end - len(row)
            end = begin + len(row.rstrip(" \t"))
        return Span(begin, end)

    def item(self, token: Token) -> Item:
        first, end = _map(token)
        inner = self.inner(first)
        found = _MARKER.match(self.lines.text, inner.start, inner.end)
        marker = Span(inner.start, found.end() if found else inner.start)
        self.cursor[first] = marker.end
        return Item(first, end, marker, int(token.info) if token.info.isdigit() else None, [])

    def paragraph(self, first: int, end: int) -> Paragraph:
        spans = [self.inner(line) for line in range(first, end)]
        return Paragraph(first, end, [span for span in spans if span.start < span.end] or spans[:1])

    def heading(self, token: Token, first: int, end: int) -> Heading | Paragraph:
        """Returns the heading, or the paragraph it was meant as: a rule typed right below a text makes the text a heading."""
        level, content = int(token.tag[1]), token.content
        if token.markup in {"-", "="}:
            if token.markup == "-" and (end - first > 2 or len(content) > 100 or content.endswith((".", ":")) or "**" in content):
                return self.paragraph(first, end - 1)
            inner = self.inner(first)
            return Heading(first, end, level, Span(inner.start, self.inner(end - 2).end))
        inner = self.inner(first)
        opening = _ATX.match(self.lines.text, inner.start, inner.end)
        start = opening.end() if opening else inner.start
        words = self.lines.text[start : inner.end]
        closing = _CLOSING_HASHES.search(words)
        stop = start + len(words[: closing.start()].rstrip(" \t")) if closing else inner.end
        return Heading(first, end, level, Span(start, stop))

    def table(self, first: int, end: int) -> Table:
        rows = [self.row(line) for line in range(first, end) if line != first + 1]
        return Table(first, end, rows[0], rows[1:])

    def row(self, line: int) -> Row:
        inner = self.inner(line)
        return Row(line, inner, cells(self.lines.text, inner))


def cells(text: str, row: Span) -> list[Span]:
    r"""Returns the spans of a row's cells (GFM tables: `\|` does not split), without the blanks around them."""
    raw = row.of(text)
    parts = raw.split("|")
    if "\\|" in raw:
        parts = _joined(parts)
    at = row.start
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]
        at += 1
    if not parts[-1].strip():
        parts = parts[:-1]
    found: list[Span] = []
    for part in parts:
        said = part.lstrip(" \t")
        start = at + len(part) - len(said) if part.strip() else at
        found.append(Span(start, start + len(said.rstrip(" \t"))))
        at += len(part) + 1
    return found


def _joined(parts: Sequence[str]) -> list[str]:
    """Returns the parts of a row with those put together again that only an escaped bar parted."""
    joined: list[str] = [parts[0]]
    for part in parts[1:]:
        if joined[-1].endswith("\\"):
            joined[-1] += f"|{part}"
        else:
            joined.append(part)
    return joined


def _map(token: Token) -> tuple[int, int]:
    return (token.map[0], token.map[1]) if token.map else (0, 0)


def _skip(stream: Iterator[Token], opener: Token, closer: str) -> None:
    """Consumes tokens up to the one that closes the opener."""
    for token in stream:
        if token.type == closer and token.level == opener.level:
            return
