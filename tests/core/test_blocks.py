"""Blocks with exact spans, the recovery of broken fences, and the limits that make a text unreadable rather than shorter."""

from __future__ import annotations

import pytest

from bot.core.blocks import MAX_HEADINGS, MAX_ITEMS, Heading, Listing, Opaque, Paragraph, Table, Unreadable, read
from bot.core.fences import recover


def test_heading_spans_leave_out_hashes_underlines_and_the_bom() -> None:
    text = "\ufeff#  One ##\n\nTwo\n===\n\n## #hash\n"
    found = [block for block in read(text).blocks if isinstance(block, Heading)]
    assert [(block.level, block.text.of(text)) for block in found] == [(1, "One"), (1, "Two"), (2, "#hash")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("**Status:** open\n**Owner:** me\n---\n", Paragraph, id="a rule below two lines is no underline"),
        pytest.param("Ends with a stop.\n---\n", Paragraph, id="a rule below a sentence is no underline"),
        pytest.param("A title\n---\n", Heading, id="a short line stays a heading"),
        pytest.param("> # quoted\n", Opaque, id="#65 a heading in a quote is none"),
        pytest.param("~~~\n# code\n~~~\n", Opaque, id="#65 tilde fence"),
        pytest.param("    # code\n", Opaque, id="#65 indented code"),
    ],
)
def test_first_block(text: str, kind: type) -> None:
    assert isinstance(read(text).blocks[0], kind)


def test_fault_65_a_heading_in_a_list_is_the_entrys_text() -> None:
    text = "- # not a heading\n"
    block = read(text).blocks[0]
    assert isinstance(block, Listing)
    lead = block.items[0].lead
    assert lead is not None
    assert lead.text.of(text) == "# not a heading"


def test_items_know_their_marker_and_number() -> None:
    text = "1. one\n2. two\n   - - deep\n10) ten\n"
    first = read(text).blocks[0]
    assert isinstance(first, Listing)
    assert [(item.marker.of(text), item.ordinal) for item in first.items] == [("1.", 1), ("2.", 2)]
    nested = first.items[1].blocks[1]
    assert isinstance(nested, Listing)
    inner = nested.items[0].blocks[0]
    assert isinstance(inner, Listing)
    assert inner.items[0].lead is not None
    assert inner.items[0].lead.text.of(text) == "deep"


def test_cells_are_split_at_bars_that_are_not_escaped() -> None:
    text = "| a | b |\n|---|---|\n|  x \\| y | `z` |\n"
    block = read(text).blocks[0]
    assert isinstance(block, Table)
    assert [cell.of(text) for cell in block.rows[0].cells] == ["x \\| y", "`z`"]


@pytest.mark.parametrize("fence", ["---", "+++"])
def test_fault_66_front_matter_is_no_heading(fence: str) -> None:
    blocks = read(f"{fence}\ntitle: x\n{fence}\n# One\n").blocks
    assert [type(block) for block in blocks] == [Heading]


def test_fault_66_a_rule_at_the_top_is_no_front_matter() -> None:
    assert any(isinstance(block, Heading) for block in read("---\n\n# One\n\n---\n").blocks)


NESTED = ["- " * depth + "x" for depth in (60, 400)] + [">" * depth + " x" for depth in (120, 900, 5000)]


@pytest.mark.parametrize("text", NESTED, ids=["60 lists", "400 lists", "120 quotes", "900 quotes", "5000 quotes"])
def test_fault_63_what_is_nested_too_deeply_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text + "\n\n# a gap after it\n")
    assert caught.value.problem.code == "too-deep"


@pytest.mark.parametrize("depth", [10, 11, 40])
def test_fault_63_no_heading_is_lost_after_a_deep_list(depth: int) -> None:
    text = "\n".join("  " * level + "- x" for level in range(depth)) + "\n\n# after\n"
    assert isinstance(read(text).blocks[-1], Heading)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("|" * 60_000, "too-many-cells"),
        ("- x\n" * (MAX_ITEMS + 1), "too-many-entries"),
        ("# x\n" * (MAX_HEADINGS + 1), "too-many-entries"),
        ("x\n=\n" * (MAX_HEADINGS + 1), "too-many-entries"),
    ],
    ids=["cells", "entries", "headings", "underlined headings"],
)
def test_more_structures_than_the_limits_are_unreadable(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.problem.code == code


# Fences.

OPEN = "```"


@pytest.mark.parametrize(
    ("text", "visible", "codes"),
    [
        pytest.param("```\n# code\n```\n# A\n", ["# A"], [], id="a sound fence is left alone"),
        pytest.param("```sh\nx\n\n## A\n", ["## A"], ["unclosed-fence"], id="#64 never closed"),
        pytest.param("```sh\n# comment\nx\n", [], [], id="#64 never closed, but nothing is lost"),
        pytest.param("```sh\nx\n\n- [ ] B\n", ["- [ ] B"], ["unclosed-fence"], id="#64 a task is recovered too"),
        pytest.param("```java\nx\n\n## A\n\n```java\ny\n```\n", ["## A"], ["unclosed-fence"], id="closed by the next opener"),
        pytest.param(
            "````md\n```sh\nx\n```\n````\n## in\n```sh\ny\n```\n````\n## A\n```md\nz\n````\n## B\n",
            ["## A", "## B"],
            ["misnested-fence"],
            id="an example closed too early",
        ),
        pytest.param("````md\n```\n## in\n```\n````\n## A\n", ["## A"], [], id="a sound nested example"),
    ],
)
def test_fences(text: str, visible: list[str], codes: list[str]) -> None:
    found = read(text)
    headings = ["#" * block.level + " " + block.text.of(text) for block in found.blocks if isinstance(block, Heading)]
    tasks = [
        "- " + item.lead.text.of(text)
        for block in found.blocks
        if isinstance(block, Listing)
        for item in block.items
        if item.lead
    ]
    assert headings + tasks == visible
    assert [problem.code for problem in found.problems] == codes


def test_recovery_keeps_every_line_number() -> None:
    rows = ["```sh", "x", "", "## A", "```", "````", "# b", "```sh", "````"]
    count = len(rows)
    recover(rows)
    assert len(rows) == count
