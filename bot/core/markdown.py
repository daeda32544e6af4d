"""The Markdown block parser: markdown-it-py's own rules, each asked only about lines that start with one of its characters.

A rule of markdown-it-py looks at every line of every paragraph, because it might end there; most lines start with a letter, which
ends none. Asking the first character first costs a sixth of asking the rule, and the answer is the same (CommonMark 0.31 §4-5;
tests/core/test_markdown.py compares the two). Inline parsing is off: the reader looks at single entries only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.rules_block import blockquote, fence, heading, hr, html_block, list_block, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.rules_block import StateBlock

    Rule = Callable[[StateBlock, int, int, bool], bool]

RULES = ("table", "code", "fence", "blockquote", "hr", "list", "html_block", "heading", "lheading")

_INTERRUPTS = ["paragraph", "reference", "blockquote"]
_STARTS: tuple[tuple[str, Rule, str, list[str]], ...] = (
    ("fence", fence, "`~", [*_INTERRUPTS, "list"]),
    ("blockquote", blockquote, ">", [*_INTERRUPTS, "list"]),
    ("hr", hr, "*-_", [*_INTERRUPTS, "list"]),
    ("list", list_block, "*+-0123456789", _INTERRUPTS),
    ("html_block", html_block, "<", _INTERRUPTS),
    ("heading", heading, "#", _INTERRUPTS),
)
"""Each rule with the characters it starts with, and the blocks it may interrupt, as in markdown_it/parser_block.py."""


def block_parser(*, nesting: int) -> MarkdownIt:
    """Returns a parser of blocks alone, of tables and HTML too; it skips the tail of a document nested as deep as `nesting`."""
    parser = MarkdownIt("zero", {"maxNesting": nesting, "html": True})
    parser.enable(list(RULES))
    for name, rule, characters, interrupts in _STARTS:
        parser.block.ruler.at(name, _asked(rule, frozenset(characters)), {"alt": interrupts})
    parser.block.ruler.at("table", _asked_below(table, frozenset("|-:")), {"alt": ["paragraph", "reference"]})
    return parser


def _asked(rule: Rule, characters: frozenset[str]) -> Rule:
    """Returns the rule behind a look at the line's first character that is no blank."""

    def asked(state: StateBlock, first: int, end: int, silent: bool) -> bool:
        at = state.bMarks[first] + state.tShift[first]
        return state.src[at : at + 1] in characters and rule(state, first, end, silent)

    return asked


def _asked_below(rule: Rule, characters: frozenset[str]) -> Rule:
    """Returns the rule behind a look at the line below: a table is known by its second line (GFM 0.29 §4.10)."""

    def asked(state: StateBlock, first: int, end: int, silent: bool) -> bool:
        if first + 2 > end:
            return False
        at = state.bMarks[first + 1] + state.tShift[first + 1]
        return state.src[at : at + 1] in characters and rule(state, first, end, silent)

    return asked
