"""The scan finds the blocks that markdown-it-py finds, at the same lines; the reader builds its tree on nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.scan import RULES, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

THEIRS = {nesting: MarkdownIt("zero", {"maxNesting": nesting, "html": True}).enable(list(RULES)) for nesting in (8, 100)}

PIECES = """
# heading|###### deep ##|   # indented|#none|    # code|> quote|>quote|> > - [ ] a|- item|* item|+ item|-none|1. one|12) two
1234567890. x|***|- - -|___|* * *|---|===|```|~~~ py|````md|`code`|:-:|-|<div>|</div>|<!-- a|-->|<b>x</b>|<details>|text
text goes on|  two|\ttab|  - nested|     - deeper|    1. x|[a]: b|\\# no|\u2003em space|\xa0nbsp|<?php|<![CDATA[|_a_|~|`|+|=
-\ta|-   \tb|1.|2.|>|>\ta| -|  ===|\t---
"""
ROWS = ["", "| a | b |", "|--|--|", "| c |", "|", "|a|b", "a|b", "-|-", "|-", "| a \\| b |", "\\|", "||", "|:-:|", "|--|--|--|"]
LINES = st.sampled_from([*PIECES.strip().replace("\n", "|").split("|"), *ROWS])
BEFORE = st.lists(st.sampled_from(["", "", "", " ", "   ", "    ", "> ", ">", "- ", "1. ", "  ", "\t"]), max_size=3).map("".join)
CORPUS = sorted(Path(__file__).parents[3].glob("shared/*/docs/*.md"))


def theirs(text: str, nesting: int) -> Iterator[tuple[object, ...]]:
    """Yields what the reader needs of markdown-it-py's tokens."""
    tokens: list[Token] = []
    parser = THEIRS[nesting]
    parser.block.parse(text, parser, {}, tokens)
    stream = iter(tokens)
    for token in stream:
        kind = token.type.removesuffix("_open")
        match token.type:
            case "paragraph_open":
                next(stream)
                next(stream)
            case "heading_open":
                words = next(stream).content
                next(stream)
                yield (kind, token.level, token.map, token.tag, token.markup, words if token.markup in {"-", "="} else "")
                continue
            case "table_open":
                while next(stream).type != "table_close":
                    pass
            case "html_block":
                yield (kind, token.level, token.map, token.content)
                continue
            case "list_item_open":
                yield (token.type, token.level, token.map, token.info)
                continue
            case _:
                kind = token.type
        yield (kind, token.level, token.map)


def ours(text: str, nesting: int) -> Iterator[tuple[object, ...]]:
    for piece in scan(text.split("\n"), nesting=nesting):
        match piece.type:
            case "heading":
                yield (piece.type, piece.level, piece.map, piece.tag, piece.markup, piece.content)
            case "html_block":
                yield (piece.type, piece.level, piece.map, piece.content)
            case "list_item_open":
                yield (piece.type, piece.level, piece.map, piece.info)
            case _:
                yield (piece.type, piece.level, piece.map)


def assert_same(text: str, nesting: int) -> None:
    said = list(ours(text, nesting))
    try:
        expected = list(theirs(text, nesting))
    except IndexError:  # raw HTML on a last line of less indentation: see State.getLines
        return
    assert said == expected


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(BEFORE, LINES).map("".join), max_size=20).map("\n".join), st.sampled_from([8, 100]))
@example("- a\n\n  > b\n  c\n---\n> d\n===", 100)
@example("> a\n> | b | c\n|--|--|\n| d", 100)
@example("> ```\n>", 100)
@example(" ~\n  text\n>-   <!-- a\n  > ", 100)
@example("1. a\n   2. b\n- c\n    - d\n     e\n- - - -", 8)
def test_lines_of_every_kind(text: str, nesting: int):
    assert_same(text, nesting)


@settings(deadline=None, max_examples=400)
@given(st.text(alphabet="#*-_+=>`~|:<!/a1.) \t\n[]\\", max_size=80))
def test_characters_that_mean_something(text: str):
    assert_same(text, 100)


@pytest.mark.parametrize(
    "path", CORPUS or [pytest.param(None, marks=pytest.mark.skip("no documents here"))], ids=lambda p: p and p.stem
)
def test_real_documents(path: Path):
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    assert_same(text, 100)
    assert list(ours(text, 100))


def test_every_rule_is_asked():
    text = "# h\n\nh\n=\n\n- a\n\n1. b\n\n> q\n\n```\nc\n```\n\n***\n\n<div>\n\n| a |\n|--|\n\n    code\n"
    assert [kind for kind, *_ in ours(text, 100) if not str(kind).endswith(("_close", "item_open"))] == [
        "heading",
        "heading",
        "bullet_list_open",
        "paragraph",
        "ordered_list_open",
        "paragraph",
        "blockquote_open",
        "paragraph",
        "fence",
        "hr",
        "html_block",
        "table",
        "code_block",
    ]
    assert_same(text, 100)
