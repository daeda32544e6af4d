from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.defang import defanged

CUT = "<!-- -->"


@pytest.mark.parametrize(
    ("markdown", "after"),
    [
        pytest.param("ask @bob", f"ask @{CUT}bob", id="#70 mention"),
        pytest.param("(@acme/team)", f"(@{CUT}acme/team)", id="#70 team"),
        pytest.param("&#64;bob &#x40;ann &commat;eve", f"&#64;{CUT}bob &#x40;{CUT}ann &commat;{CUT}eve", id="#70 entities"),
        pytest.param("[@bob](u)", f"[@{CUT}bob](u)", id="#70 link text"),
        pytest.param("`@bob` and ``@a`b``", "`@bob` and ``@a`b``", id="#70 code keeps its text"),
        pytest.param("`a\nb` @bob `c`", f"`a\nb` @{CUT}bob `c`", id="#70 code over two lines"),
        pytest.param("\\`@bob`", f"\\`@{CUT}bob`", id="#70 an escaped back-tick opens no code"),
        pytest.param('<i title="`">@bob`', f'<i title="`">@{CUT}bob`', id="#70 a tag binds before code"),
        pytest.param("@@bob /@bob -@bob", f"@@{CUT}bob /@{CUT}bob -@{CUT}bob", id="#70 after any sign"),
        pytest.param("mail bob@example.org, pkg@1.2", "mail bob@example.org, pkg@1.2", id="no mention inside a word"),
        pytest.param("```\n@bob fixes #1\n```", "```\n@bob fixes #1\n```", id="#70 fence"),
        pytest.param("    @bob", "    @bob", id="#70 indented code"),
        pytest.param("fixes #12, Closes: o/r#3", f"fixes #{CUT}12, Closes: o/r#{CUT}3", id="#71 keywords"),
        pytest.param("resolved GH-7", f"resolved GH-{CUT}7", id="#71 GH-"),
        pytest.param("see #12 and o/r#3", "see #12 and o/r#3", id="a mere reference stays"),
        pytest.param("a <!-- secret --> b", "a  b", id="comments are dropped"),
        pytest.param("a <!-- one\ntwo --> b", "a \n b", id="over two lines"),
        pytest.param("a <!-- never closed\nb", "a ", id="an open comment ends with the text"),
        pytest.param("`<!-- x -->`", "`<!-- x -->`", id="not in code"),
        pytest.param("gapkeeper:end", "gapkeeper\u2060:end", id="#72 marker words"),
        pytest.param("```\nopen", "```\nopen\n```", id="#64 unclosed fence"),
        pytest.param("~~~~py\nopen", "~~~~py\nopen\n~~~~", id="#64 tildes"),
        pytest.param("plain *text*\n\n- item", "plain *text*\n\n- item", id="the rest is left alone"),
    ],
)
def test_defanged(markdown: str, after: str):
    assert defanged(markdown) == after


@given(st.text(alphabet="`~<!->@#\n a1&;:/fixes", max_size=80))
def test_what_follows_is_never_swallowed(markdown: str):
    tokens = MarkdownIt("commonmark", {"maxNesting": 200}).disable("inline").parse(f"{defanged(markdown)}\n\nAFTER\n")
    assert any(token.type == "inline" and token.level == 1 and token.content == "AFTER" for token in tokens)


@given(st.text(alphabet="`~@\n a-\\<>", max_size=60))
def test_fault_70_no_mention_survives_outside_code(markdown: str):
    shown = [
        leaf.content
        for token in MarkdownIt("commonmark").parse(defanged(markdown))
        for leaf in token.children or ()
        if leaf.type == "text"
    ]
    assert not [text for text in shown if re.search(r"(?<!\w)@a", text)]
