"""What is a command in a comment, and what only looks like one."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.command import commands_in, nearest, new_commands, normalised, still_said, unknown_verb

SLUG = "gapkeeper"
VERBS = ("help", "done", "priority", "reopen", "retitle", "resolve", "status")


def said(comment: str) -> list[str]:
    return [" ".join(command.said).strip() for command in commands_in(comment, slug=SLUG)]


COMMANDS: list[Any] = [
    ("alone", "/gap done", ["done"]),
    ("an argument", "/gap priority P0", ["priority P0"]),
    ("any case", "/GAP Priority P0", ["priority P0"]),
    ("CRLF, as browsers send it", "/gap done\r\n/gap priority P0\r\n", ["done", "priority P0"]),
    ("below text", "I looked into it.\n/gap done", ["done"]),
    ("indented by less than code", "   /gap done", ["done"]),
    ("in order", "/gap b\n\ntext\n\n/gap a\n", ["b", "a"]),
    ("a mention", "@gapkeeper done", ["done"]),
    ("a mention with a colon", "@GapKeeper: priority high", ["priority high"]),
    ("a mention with its suffix", "@gapkeeper[bot] done", ["done"]),
    ("no verb asks for help", "/gap", ["help"]),
    ("code in the argument stays", "/gap retitle Use `foo` here", ["retitle Use `foo` here"]),
    ("a continuation of a list, on a line of its own", "- I am done\n/gap done", ["done"]),
    ("before a rule, where GitHub makes a heading of it", "/gap done\n---\nMy signature", ["done"]),
    ("an unknown verb is a command too", "/gap frobnicate", ["frobnicate"]),
    ("between tags", "<details>\n\n/gap done\n\n</details>", ["done"]),
    ("tabs", "/gap\tpriority\tP0", ["priority P0"]),
]

NONE: list[Any] = [
    ("nothing", ""),
    ("no slash command of ours: Prow's", "/close"),
    ("a longer word", "/gaps done"),
    ("a path", "/gap/done"),
    ("in the middle of a line", "please /gap done"),
    ("another App", "@gapkeeper-two done"),
    ("#88 a fence", "```\n/gap done\n```"),
    ("#88 a fence with a language", "~~~text\n/gap done\n~~~"),
    ("#88 an open fence", "```\n/gap done"),
    ("#88 indented code", "    /gap done"),
    ("#88 inline code", "`/gap done`"),
    ("#88 inline code over two lines", "see `\n/gap done\n` there"),
    ("#88 a quote", "> /gap done"),
    ("#88 a quote's lazy line", "> as you said\n/gap done"),
    ("#88 a quote in a quote", "> > /gap done"),
    ("#88 an e-mail's trailer", "Thanks!\n\nOn Mon, Alice wrote:\n> /gap done\n"),
    ("#88 a list in a quote", "> - a\n>\n>   /gap done"),
    ("#88 an HTML comment", "<!-- /gap done -->"),
    ("#88 an HTML comment of several lines", "<!--\n/gap done\n-->"),
    ("#88 an HTML comment in a paragraph", "text <!-- a\n/gap done\n--> text"),
    ("#88 an HTML block", "<details>\n/gap done\n</details>"),
    ("#88 a tag's attribute", 'text <a title="\n/gap done\n">x</a>'),
    ("#88 link text", "[/gap done](https://example.com)"),
    ("#88 link text over two lines", "see [this\n/gap done\n](https://example.com)"),
    ("#88 link text by reference", "see [this\n/gap done\n][x]\n\n[x]: https://example.com"),
    ("#88 an image's text", "![a\n/gap done](https://example.com/a.png)"),
    ("#88 a link's title", "[a](b 'c\n/gap done\n')"),
    ("a table", "| a |\n|---|\n| /gap done |"),
    ("a row without bars at its ends", "/gap done | what\n---|---\n/gap reopen | what"),
    ("an entry of a list, as in instructions", "- /gap done closes it"),
    ("a heading", "# /gap done"),
    ("escaped", "\\/gap done"),
    ("struck", "~~/gap done~~"),
]

# triagebot, parser/src/ignore_block.rs: the texts of cbs_1 to cbs_13 with a command put where it ignores and where it does not.
TRIAGEBOT: list[Any] = [
    ("cbs_1", "`/gap done`bar me too", []),
    ("cbs_2", "`hey you` <b>me\n/gap done</b>", ["done</b>"]),
    ("cbs_3", "`hey you\\` <b>`me too\n/gap done", ["done"]),
    ("cbs_4", "\n```language_spec\n/gap a\n```\n\n/gap b\n", ["b"]),
    ("cbs_5", "\n```     tag_after_space\n/gap a\n```           \n/gap b", ["b"]),
    ("cbs_6", "\n    /gap a\n    /gap b\n", []),
    ("cbs_7", "\n```\n/gap a\n", []),
    ("cbs_8", "`one\n/gap a` not `two\n/gap b`", []),
    ("cbs_9", "\n/gap a\n> testing citations\n/gap b\n\n/gap c\n", ["a", "c"]),
    ("cbs_10", "\n# abc\n\n> multiline\n> /gap a\n\n/gap b\n", ["b"]),
    ("cbs_11", "\n> some\n> > nested\n> /gap a\n", []),
    ("cbs_12", "\n/gap a\n\n<!-- Test -->\n<!--\n/gap b\n-->\n", ["a"]),
    ("cbs_13", "<!-- q -->\n@gapkeeper done", ["done"]),
]


@pytest.mark.parametrize(("comment", "expected"), [pytest.param(c, e, id=i) for i, c, e in [*COMMANDS, *TRIAGEBOT]])
def test_commands(comment: str, expected: list[str]):
    assert said(comment) == expected


@pytest.mark.parametrize("comment", [pytest.param(c, id=i) for i, c in NONE])
def test_no_commands(comment: str):
    assert said(comment) == []


def test_a_command_knows_where_it_stands():
    comment = "Text.\r\n\r\n  /gap  priority  P0 now \r\n"
    (command,) = commands_in(comment, slug=SLUG)
    text = normalised(comment)
    assert command.line == 3
    assert command.span.of(text) == "/gap  priority  P0 now"
    assert command.verb_span.of(text) == "priority"
    assert command.argument_span.of(text) == command.argument == "P0 now"
    assert command.problem("code", "message").span == command.argument_span


EDITS: list[Any] = [
    ("#86 the same text", "/gap done", "/gap done", []),
    ("#86 a typo in the prose fixed", "Teh text\n/gap done", "The text\n/gap done", []),
    ("#86 a command more", "/gap done", "/gap done\n/gap priority P0", ["priority P0"]),
    ("#86 another argument", "/gap priority P0", "/gap priority P1", ["priority P1"]),
    ("#86 a slip corrected", "/gap dnoe", "/gap done", ["done"]),
    ("#86 once more", "/gap sync", "/gap sync\n/gap sync", ["sync"]),
    ("#86 other blanks", "/gap priority  P0", "/gap  priority P0", []),
    ("#86 taken out of a fence", "```\n/gap done\n```", "/gap done", ["done"]),
    ("#86 moved", "/gap a\n/gap b", "/gap b\n/gap a", []),
]


@pytest.mark.parametrize(("before", "after", "expected"), [pytest.param(b, a, e, id=i) for i, b, a, e in EDITS])
def test_an_edit_asks_for_what_it_adds(before: str, after: str, expected: list[str]):
    fresh = new_commands(commands_in(before, slug=SLUG), commands_in(after, slug=SLUG))
    assert [" ".join(command.said).strip() for command in fresh] == expected


def test_what_was_taken_back_meanwhile_is_not_asked_any_more():
    asked = commands_in("/gap done\n/gap sync\n/gap sync", slug=SLUG)
    now = commands_in("/gap sync", slug=SLUG)
    assert [command.verb for command in still_said(asked, now)] == ["sync"]


@pytest.mark.parametrize(
    ("verb", "hint"),
    [
        ("prioritty", "did you mean `priority`?"),
        ("stauts", "did you mean `status`?"),
        ("close", "`/gap help` lists all verbs"),
        ("x" * 60_000, "`/gap help` lists all verbs"),
        ("${{", "`/gap help` lists all verbs"),
    ],
)
def test_fault_89_an_unknown_verb_gets_the_nearest(verb: str, hint: str):
    (command,) = commands_in(f"/gap {verb} now", slug=SLUG)
    problem = unknown_verb(command, VERBS)
    assert problem.hint == hint
    assert problem.span == command.verb_span


def test_the_nearest_of_nothing_is_nothing():
    assert nearest("done", ()) is None


PIECES = st.sampled_from(
    [
        *"/`<>[]()!\\*_-#|:&~ \t\n\r\0",
        "/gap",
        " done",
        "@gapkeeper ",
        "<!--",
        "-->",
        "```",
        "> ",
        "- ",
        "    ",
        "](x)",
        "\r\n",
        "é",
        "😀",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_any_text_can_be_read(comment: str):
    text = normalised(comment)
    for command in commands_in(comment, slug=SLUG):
        line = text.split("\n")[command.line - 1]
        assert command.span.of(text) == line.strip(" \t").rstrip()
        assert command.span.contains(command.verb_span)
        assert command.argument_span.of(text) == command.argument
        assert unknown_verb(command, VERBS).span == command.verb_span


@given(
    st.lists(st.sampled_from(["/gap a", "/gap b", "x"]), max_size=8), st.lists(st.sampled_from(["/gap a", "/gap b"]), max_size=8)
)
def test_what_is_new_and_what_was_there_make_what_there_is(before: list[str], after: list[str]):
    old, new = (commands_in("\n".join(lines), slug=SLUG) for lines in (before, after))
    fresh = new_commands(old, new)
    for verb in "ab":
        counts = [sum(command.verb == verb for command in commands) for commands in (old, new, fresh)]
        assert counts[2] == max(0, counts[1] - counts[0])


@pytest.mark.parametrize("bad", ["[", "[a](", "`a", "<a ", "![", "> ", "- ", "[a](b)\n", "<!--", "*a_", "a [b\n"])
def test_fault_90_no_comment_takes_long(bad: str):
    comment = "/gap done\n" + bad * ((65_000 - 10) // len(bad))
    start = time.process_time()
    assert commands_in(comment, slug=SLUG)
    assert time.process_time() - start < 5


def test_fault_91_many_commands_are_all_seen():
    assert len(said("/gap done\n" * 50)) == 50


def test_a_text_too_long_to_be_a_comment_is_none():
    assert said("/gap done\n" + "x" * 70_000) == []
