"""The blocks of a Markdown text as a short stream: what markdown-it-py's block parser finds, without what the reader never looks at.

It is markdown-it-py's algorithm on markdown-it-py's own state, so its rules for quotes and HTML run on it unchanged; the common ones
(paragraphs, headings, lists, code, tables, rules) are written out here. What they leave out: the inline text, the cells, the closers
of leaves, tight lists, and the second look that a paragraph takes at each of its lines. tests/core/test_scan.py compares the two.
The layout of lines and every decision follow CommonMark 0.31 §4-5 and GFM 0.29 §4.10.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, cast

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import StateBlock, blockquote, html_block
from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Rule = Callable[["State", int, int, bool], bool]

RULES = ("table", "code", "fence", "blockquote", "hr", "list", "html_block", "heading", "lheading")
"""The names of the rules that markdown-it-py needs to find the same."""

_FENCE = re.compile(r"`{3,}(?=[^`]*\Z)|~{3,}")
_HR = re.compile(r"([*_-])(?:[ \t]*\1){2,}[ \t]*\Z")
_MARKER = re.compile(r"(?:([0-9]{1,9})[.)]|[*+-])(?=[ \t]|\Z)")
_HEADING = re.compile(r"#{1,6}(?=[ \t]|\Z)")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*\Z")
_DELIMITERS = re.compile(r"(?:[|:][|:\- \t]|-[|:-])[|:\- \t]*\Z")
_COLUMN = re.compile(r":?-+:?\Z")
_BLANKS = "\t\n\x0b\x0c\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_MAX_ADDED_CELLS = 0x10000


class Piece(Token):
    """One block, or the opening or closing of a list, an entry or a quote; only the attributes that the reader needs are set."""

    __slots__ = ()

    def __init__(self, kind: str, tag: str, level: int, lines: list[int] | None) -> None:
        """Keep what it is and where; markdown-it's own `Token` would make five more objects."""
        self.type = kind
        self.tag = tag
        self.level = level
        self.map = lines
        self.markup = self.content = self.info = ""


class State(StateBlock):
    """The lines of a text and how far the scan has come."""

    def __init__(self, rows: Sequence[str], md: MarkdownIt, tokens: list[Token]) -> None:
        """Index the lines once. A last line of blanks alone is none."""
        self.src = "\n".join(rows)
        self.md = md
        self.env = {}
        self.tokens = tokens
        self.blkIndent = self.line = self.level = 0
        self.listIndent = self.ddIndent = -1
        self.tight = False
        self.parentType = "root"
        self._code_enabled = True
        starts: list[int] = []
        ends: list[int] = []
        shifts: list[int] = []
        counts: list[int] = []
        self.bMarks, self.eMarks, self.tShift, self.sCount = starts, ends, shifts, counts
        at = 0
        for row in rows:
            first = row[:1]
            shift = count = 0
            if first == " " or first == "\t":  # noqa: PLR1714 - one line in two starts with neither: the cheapest test first
                shift = count = len(row) - len(row.lstrip(" \t"))
                if "\t" in row[:shift]:
                    count = len(row[:shift].expandtabs(4))
            starts.append(at)
            shifts.append(shift)
            counts.append(count)
            at += len(row)
            ends.append(at)
            at += 1
        if self.bMarks and self.bMarks[-1] + self.tShift[-1] == self.eMarks[-1]:
            for marks in (self.bMarks, self.tShift, self.sCount, self.eMarks):
                marks.pop()
        self.lineMax = len(self.bMarks)
        self.bMarks.append(len(self.src))
        self.eMarks.append(len(self.src))
        self.tShift.append(0)
        self.sCount.append(0)
        self.bsCount = [0] * len(self.bMarks)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Adds a piece for one of markdown-it's own rules."""
        if nesting < 0:
            self.level -= 1
        piece = Piece(ttype, tag, self.level, None)
        if nesting > 0:
            self.level += 1
        self.tokens.append(piece)
        return piece

    def getLines(self, begin: int, end: int, indent: int, keepLastLF: bool) -> str:  # noqa: N802, N803 - markdown-it's names
        """Returns the lines without their indentation. markdown-it looks one character too far on a last line of less indentation."""
        try:
            return super().getLines(begin, end, indent, keepLastLF)
        except IndexError:
            self.src += "\n"
            try:
                return super().getLines(begin, end, indent, keepLastLF)
            finally:
                self.src = self.src[:-1]

    def leaf(self, kind: str, first: int, end: int) -> Piece:
        """Adds a block that holds no others, and moves behind it."""
        piece = Piece(kind, "", self.level, [first, end])
        self.tokens.append(piece)
        self.line = end
        return piece

    def ends(self, line: int, end: int, rules: Mapping[str, Sequence[Rule]]) -> bool:
        """Tells whether one of the rules starts on a line that is not empty, and so ends the block before it."""
        for rule in rules.get(self.src[self.bMarks[line] + self.tShift[line]], ()):  # noqa: SIM110 - asked of every second line
            if rule(self, line, end, True):
                return True
        return False


def scan(rows: Sequence[str], *, nesting: int) -> list[Token]:
    """Returns the pieces of a text of so many lines, in order; it skips the tail of a document nested as deep as `nesting`.

    `list_item_open` and `blockquote_open` have a level; lists, entries and leaves have `map`; an entry of a numbered list has its number
    in `info`; a heading has `tag` and `markup`, with an underline also `content`; raw HTML has `content`.
    """
    parser = _PARSERS.get(nesting) or _PARSERS.setdefault(nesting, _parser(nesting))
    pieces: list[Token] = []
    state = State(rows, parser, pieces)
    parser.block.tokenize(state, 0, state.lineMax)
    return pieces


class _Blocks(ParserBlock):
    """The walk down the lines; quotes come back to it for what they hold."""

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 - markdown-it's names
        _walk(cast("State", state), startLine, endLine)


def _walk(state: State, line: int, end: int) -> None:
    src, starts, shifts, ends, indents = state.src, state.bMarks, state.tShift, state.eMarks, state.sCount
    nesting = state.md.options.maxNesting
    while line < end:
        while line < state.lineMax and starts[line] + shifts[line] >= ends[line]:
            line += 1
        state.line = line
        if line >= end or indents[line] < state.blkIndent:
            return
        if state.level >= nesting:
            state.line = end
            return
        if indents[line] - state.blkIndent >= 4:
            _code(state, line, end)
        elif not (
            line + 2 <= end
            and src[(below := starts[line + 1] + shifts[line + 1]) : below + 1] in _DELIMITING
            and _table(state, line, end, False)
        ):
            for rule in _STARTS.get(src[starts[line] + shifts[line]], ()):
                if rule(state, line, end, False):
                    break
            else:
                _text(state, line, end)
        line = state.line
        if line < end and starts[line] + shifts[line] >= ends[line]:
            line += 1
            state.line = line


# Leaves.


def _text(state: State, first: int, end: int) -> None:
    """Reads a paragraph, or the heading that an underline makes of it."""
    last, underlined = _run(state, first, end)
    if underlined:
        piece = state.leaf("heading", first, last + 1)
        piece.markup = state.src[state.bMarks[last] + state.tShift[last]]
        piece.tag = "h1" if piece.markup == "=" else "h2"
        piece.content = state.getLines(first, last, state.blkIndent, False).strip(_BLANKS)
        return
    if end != state.lineMax:
        last, _ = _run(state, first, state.lineMax, headings=False)
    state.leaf("paragraph", first, last)


def _run(state: State, first: int, end: int, *, headings: bool = True) -> tuple[int, bool]:
    """Returns the line where running text ends, and whether that is an underline."""
    src, starts, shifts, ends, indents = state.src, state.bMarks, state.tShift, state.eMarks, state.sCount
    indent = state.blkIndent
    line = first + 1
    outer = state.parentType
    state.parentType = "paragraph"
    while line < end:
        at = starts[line] + shifts[line]
        if at >= ends[line]:
            break
        own = indents[line]
        if own - indent > 3:
            line += 1
            continue
        sign = src[at]
        if headings and own >= indent and (sign == "-" or sign == "=") and _UNDERLINE.match(src, at, ends[line]):  # noqa: PLR1714
            state.parentType = outer
            return line, True
        if own >= 0 and (
            (sign in _INTERRUPTING and state.ends(line, end, _STARTS))
            or (
                line + 2 <= end
                and src[(below := starts[line + 1] + shifts[line + 1]) : below + 1] in _DELIMITING
                and _table(state, line, end, True)
            )
        ):
            break
        line += 1
    state.parentType = outer
    return line, False


def _code(state: State, first: int, end: int) -> None:
    last = line = first + 1
    while line < end:
        if state.bMarks[line] + state.tShift[line] < state.eMarks[line]:
            if state.sCount[line] - state.blkIndent < 4:
                break
            last = line + 1
        line += 1
    state.leaf("code_block", first, last)


def _fence(state: State, first: int, end: int, silent: bool) -> bool:
    at = state.bMarks[first] + state.tShift[first]
    opener = _FENCE.match(state.src, at, state.eMarks[first]) if state.sCount[first] - state.blkIndent < 4 else None
    if opener is None or silent:
        return opener is not None
    marker, size = state.src[at], opener.end() - at
    line = first
    closed = 0
    while (line := line + 1) < end:
        at, stop = state.bMarks[line] + state.tShift[line], state.eMarks[line]
        if (at < stop and state.sCount[line] < state.blkIndent) or at >= len(state.src):
            break
        if state.src[at] == marker and state.sCount[line] - state.blkIndent < 4:
            run = state.src[at:stop].rstrip(" \t")
            if len(run) >= size and not run.strip(marker):
                closed = 1
                break
    state.leaf("fence", first, line + closed)
    return True


def _rule(state: State, first: int, _: int, silent: bool) -> bool:
    if state.sCount[first] - state.blkIndent >= 4:
        return False
    if not _HR.match(state.src, state.bMarks[first] + state.tShift[first], state.eMarks[first]):
        return False
    if not silent:
        state.leaf("hr", first, first + 1)
    return True


def _heading(state: State, first: int, _: int, silent: bool) -> bool:
    if state.sCount[first] - state.blkIndent >= 4:
        return False
    found = _HEADING.match(state.src, state.bMarks[first] + state.tShift[first], state.eMarks[first])
    if found is None or silent:
        return found is not None
    piece = state.leaf("heading", first, first + 1)
    piece.markup = found[0]
    piece.tag = f"h{len(found[0])}"
    return True


# Tables: only where they end matters here.


def _table(state: State, first: int, end: int, silent: bool) -> bool:
    """Reads a table, which its second line shows; there must be one."""
    line = first + 1
    at = state.bMarks[line] + state.tShift[line]
    indent = state.sCount[line] - state.blkIndent
    if not 0 <= indent < 4 or not _DELIMITERS.match(state.src, at, state.eMarks[line]):
        return False
    columns = [column.strip(_BLANKS) for column in state.src[at : state.eMarks[line]].split("|")]
    if not columns[0]:
        columns.pop(0)
    if columns and not columns[-1]:
        columns.pop()
    if not columns or not all(_COLUMN.match(column) for column in columns):
        return False
    head = _row(state, first)
    if "|" not in head or state.sCount[first] - state.blkIndent >= 4 or _width(head) != len(columns):
        return False
    if not silent:
        state.leaf("table", first, _rows(state, first + 2, end, len(columns)))
    return True


def _rows(state: State, line: int, end: int, width: int) -> int:
    """Returns the line after the last row."""
    added = 0
    outer = state.parentType
    state.parentType = "table"
    while line < end and 0 <= state.sCount[line] - state.blkIndent < 4:
        row = _row(state, line)
        if not row or (row[0] in _INTERRUPTING and state.ends(line, end, _STARTS)):
            break
        added += width - _width(row)
        if added > _MAX_ADDED_CELLS:
            break
        line += 1
    state.parentType = outer
    return line


def _row(state: State, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip(_BLANKS)


def _width(row: str) -> int:
    """Returns how many cells a row has; an escaped bar parts none, and one at either end is only its frame."""
    escaped = row.count("\\|") if "\\" in row else 0
    framed = row.startswith("|") + (row.endswith("|") and not row.endswith("\\|"))
    return row.count("|") - escaped + 1 - framed


# Lists.


def _marker(state: State, line: int) -> re.Match[str] | None:
    return _MARKER.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])


def _list(state: State, first: int, end: int, silent: bool) -> bool:
    indent = state.sCount[first]
    if indent - state.blkIndent >= 4 or (state.listIndent >= 0 and indent - state.listIndent >= 4 and indent < state.blkIndent):
        return False
    marker = _marker(state, first)
    if marker is None:
        return False
    if silent:
        # What a list may not interrupt a paragraph with: a number other than one, an empty first entry.
        interrupts = state.parentType != "paragraph" or indent < state.blkIndent
        number = marker[1]
        return interrupts or (
            (number is None or int(number) == 1) and bool(state.src[marker.end() : state.eMarks[first]].strip(" \t"))
        )
    _entries(state, first, end, marker)
    return True


def _entries(state: State, line: int, end: int, first: re.Match[str]) -> None:
    src, level, outer = state.src, state.level, state.parentType
    marker: re.Match[str] | None = first
    ordered = first[1] is not None
    sign = src[first.end() - 1]
    kind = "ordered_list" if ordered else "bullet_list"
    lines = [line, 0]
    add = state.tokens.append
    add(Piece(f"{kind}_open", "", level, lines))
    state.parentType = "list"
    state.level = level + 2
    while line < end and marker is not None:
        extent = [line, 0]
        held = Piece("list_item_open", "", level + 1, extent)
        held.info = marker[1] or ""
        add(held)
        _entry(state, line, end, marker)
        add(Piece("list_item_close", "", level + 1, None))
        extent[1] = line = state.line
        if line >= end or not 0 <= state.sCount[line] - state.blkIndent < 4:
            break
        at = state.bMarks[line] + state.tShift[line]
        if src[at : at + 1] in _INTERRUPTING and state.ends(line, end, _LIST_ENDS):
            break
        marker = _marker(state, line)
        if marker is None or (marker[1] is not None) != ordered or src[marker.end() - 1] != sign:
            break
    add(Piece(f"{kind}_close", "", level, None))
    lines[1] = state.line = line
    state.level = level
    state.parentType = outer


def _entry(state: State, line: int, end: int, marker: re.Match[str]) -> None:
    """Reads what one entry holds: its content starts up to four columns behind its marker."""
    at, stop = marker.end(), state.eMarks[line]
    initial = offset = state.sCount[line] + at - marker.start()
    while at < stop:
        if state.src[at] == "\t":
            offset += 4 - (offset + state.bsCount[line]) % 4
        elif state.src[at] == " ":
            offset += 1
        else:
            break
        at += 1
    behind = 1 if at >= stop or offset - initial > 4 else offset - initial
    shift, indent, outer = state.tShift[line], state.sCount[line], state.listIndent
    state.listIndent = state.blkIndent
    state.blkIndent = initial + behind
    state.tShift[line] = at - state.bMarks[line]
    state.sCount[line] = offset
    if at >= stop and state.isEmpty(line + 1):
        state.line = min(state.line + 2, end)
    else:
        _walk(state, line, end)
    state.blkIndent = state.listIndent
    state.listIndent = outer
    state.tShift[line] = shift
    state.sCount[line] = indent


_DELIMITING = frozenset("|-:")
_LIST_ENDS: dict[str, tuple[Rule, ...]] = {
    "`": (_fence,),
    "~": (_fence,),
    ">": (blockquote,),
    "*": (_rule,),
    "-": (_rule,),
    "_": (_rule,),
}
_STARTS: dict[str, tuple[Rule, ...]] = {
    **_LIST_ENDS,
    "*": (_rule, _list),
    "-": (_rule, _list),
    "+": (_list,),
    "<": (html_block,),
    "#": (_heading,),
    **dict.fromkeys("0123456789", (_list,)),
}
"""The rules that a line can start with, by its first character; any other line is text or a table."""
_INTERRUPTING = frozenset(_STARTS)


def _parser(nesting: int) -> MarkdownIt:
    """Returns what markdown-it's rule for quotes asks: the walk, and its own rules for what ends a quote."""
    parser = MarkdownIt("zero", {"maxNesting": nesting, "html": True})
    parser.block = _Blocks()
    parser.block.ruler.enableOnly([*RULES, "paragraph"])
    return parser


_PARSERS: dict[int, MarkdownIt] = {}
