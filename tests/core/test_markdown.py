"""The block parser says what markdown-it-py's own says, token for token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.markdown import RULES, block_parser

if TYPE_CHECKING:
    from markdown_it.token import Token

OURS = block_parser(nesting=100)
THEIRS = MarkdownIt("zero", {"maxNesting": 100, "html": True}).enable(list(RULES))

PIECES = """
# heading|###### deep ##|   # indented|#none|    # code|> quote|>quote|> > - [ ] a|- item|* item|+ item|-none|1. one|12) two
1234567890. x|***|- - -|___|* * *|---|===|```|~~~ py|````md|`code`|:-:|-|<div>|</div>|<!-- a|-->|<b>x</b>|<details>|text
text goes on|  two|\ttab|  - nested|     - deeper|    1. x|[a]: b|\\# no|\u2003em space|\xa0nbsp|<?php|<![CDATA[|_a_|~|`|+|=
"""
LINES = st.sampled_from([*PIECES.strip().replace("\n", "|").split("|"), "", "| a | b |", "|--|--|", "| c |", "|"])
CORPUS = sorted(Path(__file__).parents[3].glob("shared/*/docs/*.md"))


def blocks(parser: MarkdownIt, text: str) -> list[Token]:
    found: list[Token] = []
    parser.block.parse(text, parser, {}, found)
    return found


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(["", "", "", " ", "   ", "    ", "> ", "- ", "  "]), LINES).map("".join), max_size=20).map(
        "\n".join
    )
)
def test_lines_of_every_kind(text: str):
    assert blocks(OURS, text) == blocks(THEIRS, text)


@settings(deadline=None, max_examples=400)
@given(st.text(alphabet="#*-_+=>`~|:<!/a1.) \t\n[]\\", max_size=80))
def test_characters_that_mean_something(text: str):
    assert blocks(OURS, text) == blocks(THEIRS, text)


@pytest.mark.parametrize(
    "path", CORPUS or [pytest.param(None, marks=pytest.mark.skip("no documents here"))], ids=lambda p: p and p.stem
)
def test_real_documents(path: Path):
    text = path.read_text(encoding="utf-8")
    assert blocks(OURS, text) == blocks(THEIRS, text)
    assert len(blocks(OURS, text)) > 10


def test_every_rule_is_asked():
    text = "# h\n\nh\n=\n\n- a\n\n1. b\n\n> q\n\n```\nc\n```\n\n***\n\n<div>\n\n| a |\n|--|\n\n    code\n"
    kinds = {token.type for token in blocks(OURS, text)}
    assert {
        "heading_open",
        "bullet_list_open",
        "ordered_list_open",
        "blockquote_open",
        "fence",
        "hr",
        "html_block",
        "table_open",
        "code_block",
    } <= kinds
