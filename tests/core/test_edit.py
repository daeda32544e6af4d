"""The editor: what changes, what does not, and what it refuses; over the corpus of edits, line ends, and the first users' documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.core.edit import (
    AddGap,
    CannotEdit,
    Change,
    Edited,
    RemoveGap,
    SetField,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    Trace,
    edit,
    patch,
    write,
)
from bot.core.edit import title as titles
from bot.core.edit.check import difference
from bot.core.edit.values import DoneStyle
from bot.core.gaps.model import Document, Gap, State
from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath
from bot.core.text import apply
from tests.core.edits import Case, answer, cases, changed, gap_of, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.core.gaps.model import Reading

SHARED = Path(__file__).parents[3] / "shared"
SEEDS = SHARED / "seeds" / "docs"
BENCH = SHARED / "gapbench" / "docs"
CASES = cases()


def edited(document: Document, *changes: Change, style: str = "auto") -> Edited:
    result = edit(document, changes, done_style=style)
    assert isinstance(result, Edited), result
    assert apply(result.edits, document.text) == result.text
    assert [span.of(result.text) for span in result.spans] == [made.text for made in result.edits]
    return result


def refused(document: Document, *changes: Change, style: str = "auto") -> CannotEdit:
    result = edit(document, changes, done_style=style)
    assert isinstance(result, CannotEdit), result
    return result


def splices(document: Document, result: Edited) -> list[tuple[str, str]]:
    return [(made.span.of(document.text), made.text) for made in result.edits]


# The corpus.


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.asked}")
def test_corpus(case: Case) -> None:
    assert answer(case) == case.expected


VARIANTS: dict[str, Callable[[str], str]] = {
    "#58 BOM": lambda text: f"\ufeff{text}",
    "#59 CRLF": lambda text: text.replace("\n", "\r\n"),
    "#59 lone CR": lambda text: text.replace("\n", "\r"),
    "#60 no final newline": lambda text: text.removesuffix("\n"),
    "#58 #59 #60 all at once": lambda text: f"\ufeff{text}".removesuffix("\n").replace("\n", "\r\n"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_characters_change_whatever_the_line_ends(variant: str) -> None:
    vary = VARIANTS[variant]
    for case in CASES:
        plain = read(case.before)
        expected = edit(plain, case.changes(plain), done_style=case.style)
        varied = read(vary(case.before))
        result = edit(varied, case.changes(varied), done_style=case.style)
        if isinstance(expected, CannotEdit):
            assert isinstance(result, CannotEdit), case
            continue
        assert isinstance(result, Edited), (case, result)
        # Where the last line goes, its line end stays with the line before.
        goes = case.asked.startswith("remove") and variant != "#59 CRLF"
        assert result.text.rstrip("\r\n" * goes) == vary(expected.text).rstrip("\r\n" * goes), case


@pytest.mark.parametrize("case", [case for case in CASES if case.asked.startswith("state")], ids=lambda c: f"{c.name}: {c.asked}")
def test_taking_a_state_back_gives_the_very_bytes_of_before(case: Case) -> None:
    before = read(case.before)
    changes = case.changes(before)
    result = edit(before, changes, done_style=case.style)
    if isinstance(result, CannotEdit) or case.style.startswith(("remove", "move")) or len(changes) > 1:
        return
    after = read(result.text)
    change = changes[0]
    assert isinstance(change, SetState)
    there = after.gaps[before.gaps.index(change.gap)]
    back = edited(after, SetState(there, change.gap.state, result.traces[0]))
    assert back.text == case.before


# Line ends, blanks and odd characters (#58-#60).


def test_fault_59_an_inserted_line_takes_the_line_end_of_its_place() -> None:
    text = "# Gaps\n\n### GAP-1: Gate\r\n\r\n**Owner:** Ada\r\nProse.\n\n### GAP-2: Fence\n\n**Owner:** Bob\n**Status:** Fixed\n"
    document = read(text)
    result = edited(document, SetState(gap_of(document, "Gate"), State.DONE))
    assert "\r\n\r\n**Status:** Fixed\r\n**Owner:** Ada\r\nProse.\n" in result.text
    assert result.text.replace("**Status:** Fixed\r\n", "", 1) == text


def test_fault_59_other_separators_are_no_line_ends() -> None:
    text = "# Gaps\n\n- [ ] One\u2028still one\u0085and one\n- [ ] Two\x0cstill two\n"
    document = read(text)
    result = edited(document, *(SetState(gap, State.DONE) for gap in document.gaps))
    assert result.text == text.replace("[ ]", "[x]")


def test_fault_60_blanks_and_tabs_stay() -> None:
    text = "# Gaps  \n\n-\t[ ]\tOne  \n\t-\t[ ]\ttask\t \n*   [ ]   Two\t"
    document = read(text)
    gap = document.gaps[0]
    result = edited(document, SetTask(gap, gap.tasks[0], done=True), SetState(document.gaps[1], State.DONE))
    assert splices(document, result) == [(" ", "x"), (" ", "x")]


def test_hard_breaks_are_copied() -> None:
    fence = "### GAP-2: Fence\n\n**Owner:** Bob  \n**Status:** Open  \n**Cost:** 4  \n"
    text = f"# Gaps\n\n### GAP-1: Gate\n\n**Owner:** Ada  \n**Cost:** 3  \n\n{fence}"
    document = read(text)
    result = edited(document, SetState(gap_of(document, "Gate"), State.DONE))
    assert splices(document, result) == [("", "**Status:** Done  \n")]
    assert "**Owner:** Ada  \n**Status:** Done  \n**Cost:** 3  \n" in result.text


# Several changes at once (#94).

TASKS = "# Gaps\n\n- [ ] Gate\n  - [ ] oil\n  - [x] paint\n- [ ] Fence\n"


def test_fault_94_two_people_tick_different_boxes() -> None:
    document = read(TASKS)
    gate = document.gaps[0]
    both = edited(document, SetTask(gate, gate.tasks[0], done=True), SetTask(gate, gate.tasks[1], done=False))
    assert both.text == TASKS.replace("[ ] oil", "[x] oil").replace("[x] paint", "[ ] paint")


def test_fault_94_tick_and_untick_ends_where_it_began() -> None:
    document = read(TASKS)
    gate = document.gaps[0]
    result = edited(document, SetTask(gate, gate.tasks[0], done=True), SetTask(gate, gate.tasks[0], done=False))
    assert (result.text, result.edits) == (TASKS, ())


def test_all_changes_of_a_document_are_one_text() -> None:
    document = read(TASKS)
    gate, fence = document.gaps
    result = edited(
        document,
        SetState(gate, State.DONE),
        SetTitle(gate, "Front gate"),
        SetPriority(gate, "p1"),
        SetTask(gate, gate.tasks[0], done=True),
        SetTitle(fence, "Fence post"),
        AddGap(None, "Hedge"),
    )
    assert result.text == ("# Gaps\n\n- [x] [P1] Front gate\n  - [x] oil\n  - [x] paint\n- [ ] Fence post\n- [ ] Hedge\n")
    assert len(result.traces) == 6


def test_two_additions_keep_their_order() -> None:
    result = edited(read(TASKS), AddGap(None, "Hedge"), AddGap(None, "Ditch"))
    assert result.text == f"{TASKS}- [ ] Hedge\n- [ ] Ditch\n"


def test_one_change_that_cannot_be_made_stops_all_and_is_named() -> None:
    document = read("# Gaps\n\n## High priority\n\n- [ ] Gate\n- [ ] Fence\n")
    gate, fence = document.gaps
    bad = SetPriority(fence, "low")
    answer = refused(document, SetState(gate, State.DONE), bad)
    assert (answer.change, answer.problem.code, answer.problem.line) == (bad, "priority-is-section", 6)


def test_a_gap_that_is_taken_out_cannot_be_edited_afterwards() -> None:
    document = read(TASKS)
    fence = document.gaps[1]
    answer = refused(document, RemoveGap(fence), RemoveGap(fence))
    assert answer.problem.code == "gap-gone"


def test_many_changes_are_read_once_and_a_bad_one_among_them_is_found_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    def counted(path: DocumentPath, data: bytes) -> Reading:
        reads.append(len(data))
        return parse(path, data)

    monkeypatch.setattr(write, "parse", counted)
    text = "# Gaps\n\n" + "".join(f"- [ ] Gate {number}\n" for number in range(64))
    document = read(text)
    changes: list[Change] = [SetState(gap, State.DONE) for gap in document.gaps]
    assert edited(document, *changes).text == text.replace("[ ]", "[x]")
    assert len(reads) == 1
    changes[40] = SetTitle(document.gaps[40], "P1: gate")
    assert refused(document, *changes).change is changes[40]
    assert len(reads) < 24


# What must not change.


@pytest.mark.parametrize("case", list({case.name: case for case in CASES}.values()), ids=lambda c: c.name)
def test_asking_for_what_stands_changes_nothing(case: Case) -> None:
    document = read(case.before)
    asked: list[Change] = [change for gap in document.gaps for change in standing(gap)]
    result = edited(document, *asked)
    assert (result.text, result.edits, result.spans) == (case.before, (), ())
    assert set(result.traces) == {()}


def standing(gap: Gap) -> Iterator[Change]:
    yield from (SetState(gap, gap.state), SetTitle(gap, gap.title), SetPriority(gap, gap.priority))
    yield from (SetTask(gap, task, task.done) for task in gap.tasks)


# Taking back.


def test_a_gap_that_was_taken_out_comes_back_as_it_stood() -> None:
    fence = "### GAP-2: Fence\n\n**Cost:** 4\n\n```sh\nls\n```\n\n"
    text = f"# Gaps\n\n### GAP-1: Gate\n\nSqueaks.\n\n{fence}### GAP-3: Hedge (DONE)\n\nTall.\n"
    document = read(text)
    for gap in document.gaps:
        without = edited(document, RemoveGap(gap))
        assert gap.title not in without.text
        back = edited(read(without.text), AddGap(gap.section, gap.title, state=gap.state, before=without.traces[0]))
        assert back.text == text


def test_a_gap_whose_place_is_gone_is_not_put_elsewhere() -> None:
    document = read(TASKS)
    without = edited(document, RemoveGap(document.gaps[1]))
    other = read("# Other gaps\n\n- [ ] Roof\n")
    assert refused(other, AddGap((), "Fence", before=without.traces[0])).problem.code == "cannot-restore"


def test_reopening_finds_its_place_though_the_title_has_changed_meanwhile() -> None:
    text = "# Gaps\n\n1. **Gate** (Not Included)\n   - **Why**: rust\n\n2. **Fence** (COMPLETED)\n   - **Why**: rot\n"
    document = read(text)
    closed = edited(document, SetState(gap_of(document, "Gate"), State.DONE))
    later = read(closed.text.replace("**Gate**", "**The front gate**"))
    back = edited(later, SetState(gap_of(later, "The front gate"), State.OPEN, closed.traces[0]))
    assert back.text == text.replace("**Gate**", "**The front gate**")


def test_traces_that_no_longer_fit_give_way_to_the_documents_own_words() -> None:
    text = "# Gaps\n\n- [x] Gate\n- [ ] Fence\n"
    document = read(text)
    stale = (Trace(40, "elsewhere ", "(DONE)", "(TODO)"),)
    assert edited(document, SetState(document.gaps[0], State.OPEN, stale)).text == text.replace("[x]", "[ ]")


# Titles.

HOSTILE = [
    ("a newline", "One\ntwo", "One two"),
    ("a line separator", "One\u2028two", "One two"),
    ("a bar in a heading", "a | b", "a | b"),
    ("a closing hash", "about C #", "about C #"),
    ("a box", "[x] all", "[x] all"),
    ("an opening quote", "> quoted", "> quoted"),
    ("a heading", "# Head", "# Head"),
    ("a rule", "--- x", "--- x"),
    ("a fence", "``` x", "``` x"),
    ("a comment", "<!-- x", "<!-- x"),
    ("a tag", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("a link", "[x](javascript:y) z", "[x](javascript:y) z"),
    ("an entity", "&lt;b&gt; &amp; c", "&lt;b&gt; &amp; c"),
    ("a backslash", r"C:\new\*", r"C:\new\*"),
    ("strong words", "**very** _much_ ~~not~~", "**very** _much_ ~~not~~"),
    ("dunder", "__init__ is slow", "__init__ is slow"),
    ("a number", "3. Third", "3. Third"),
    ("emoji inside", "Tea ☕ for two", "Tea ☕ for two"),
]


@pytest.mark.parametrize(("asked", "expected"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
@pytest.mark.parametrize(
    "text",
    [
        "# Gaps\n\n### GAP-1: Gate\n\nText.\n\n### GAP-2: Fence\n\nText.\n",
        "# Gaps\n\n- [ ] Gate\n- [ ] Fence\n",
        "# Gaps\n\n1. **Gate** (Deferred)\n2. **Fence** (Deferred)\n",
        "# Gaps\n\n| ID | Gap | Status |\n|--|--|--|\n| 1 | Gate | open |\n| 2 | Fence | open |\n",
    ],
    ids=["heading", "checkbox", "list", "table"],
)
def test_a_hostile_title_is_one_line_of_text_and_nothing_else(text: str, asked: str, expected: str) -> None:
    document = read(text)
    result = edited(document, SetTitle(document.gaps[0], asked))
    after = read(result.text)
    assert [gap.title for gap in after.gaps] == [expected, "Fence"]
    assert result.text.count("\n") == text.count("\n")


@pytest.mark.parametrize("asked", ["", "  \n ", "***", "\x07bell", "bell\x1b[0m", "\ud800x", "###"])
def test_what_can_be_no_title_is_refused(asked: str) -> None:
    document = read(TASKS)
    assert refused(document, SetTitle(document.gaps[0], asked)).problem.code == "title-unfit"
    assert refused(document, AddGap(None, asked)).problem.code == "title-unfit"


def test_a_title_that_is_cut_from_a_longer_sentence_is_left_to_people() -> None:
    text = f"# Gaps\n\n- [ ] {'a very long sentence ' * 12}ends here\n- [ ] Fence\n"
    document = read(text)
    assert refused(document, SetTitle(document.gaps[0], "Short")).problem.code == "title-runs-on"


# Refusals and guards.


def test_a_way_of_writing_that_reads_otherwise_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    document = read(TASKS)
    monkeypatch.setattr(titles, "written_titles", lambda text, *, cell: iter([f"{text}\n- [ ] Stowaway"]))
    answer = refused(document, SetTitle(document.gaps[1], "Hedge"))
    assert answer.problem.code == "would-read-otherwise"
    assert "3 gaps" in answer.problem.message


def test_an_unknown_style_is_an_error() -> None:
    with pytest.raises(ValueError, match="done_style"):
        edit(read(TASKS), [], done_style="sparkle")
    with pytest.raises(ValueError, match="done_style"):
        DoneStyle.of("move")


TEETH = [
    ("the state of another gap", "[ ] Fence", "[x] Fence", "state"),
    ("the title of another gap", "Fence", "Fences", "title"),
    ("a task", "[x] paint", "[ ] paint", "tasks"),
    ("a gap lost", "- [ ] Fence\n", "", "gaps are read"),
    ("a gap more", "- [ ] Fence\n", "- [ ] Fence\n- [ ] Hedge\n", "gaps are read"),
    ("a line in another gap", "- [ ] Fence\n", "- [ ] Fence\n  more\n", "title"),
    ("a paragraph in another gap", "- [ ] Fence\n", "- [ ] Fence\n\n  more\n", "detail"),
    ("a blank in another gap", "- [ ] Fence", "- [ ]  Fence", "lines"),
    ("an open fence", "# Gaps\n", "# Gaps\n\n```sh\n# Gaps\n", ""),
]


@pytest.mark.parametrize(("old", "new", "said"), [row[1:] for row in TEETH], ids=[row[0] for row in TEETH])
def test_the_check_sees_whatever_else_would_change(old: str, new: str, said: str) -> None:
    before = read(TASKS)
    change = SetTitle(before.gaps[0], "Front gate")
    good = edited(before, change)
    assert difference(patch(before, [change]), before, read(good.text), touched=frozenset({0}), edits=good.edits) is None
    bad = read(good.text.replace(old, new))
    found = difference(patch(before, [change]), before, bad, touched=frozenset({0}), edits=good.edits)
    assert found is not None
    assert said in found


def test_a_field_gets_the_value_that_was_asked_for() -> None:
    document = read("# Gaps\n\n### GAP-1: Gate\n\n**Owner:** Ada\n**Status:** Open\n\n### GAP-2: Fence\n\n**Owner:** Bob\n")
    gate = document.gaps[0]
    result = edited(document, SetField(gate, gate.fields[0], "Grace"), SetState(gate, State.DONE))
    assert splices(document, result) == [("Ada", "Grace"), ("Open", "Done")]
    assert refused(document, SetField(gate, gate.fields[0], "Grace\n\n### GAP-9: Sly")).problem.code == "would-read-otherwise"


# The first users' documents, and those of GapBench, when they are there.

SEED_EDITS = [
    ("tech-debt", 0, "close", [(" ", "x")]),
    ("tech-debt", 0, "retitle", [("", " soon")]),
    ("tech-debt", 0, "p1", [("0", "1")]),
    ("documentation-gaps", "Post-Incident Review Process", "close", [("‚ùå", "✅"), ("MISSING", "DONE")]),
    ("documentation-gaps", "Post-Incident Review Process", "retitle", [("", " soon")]),
    ("documentation-gaps", "Post-Incident Review Process", "high", [("CRITICAL", "HIGH")]),
    ("missing-items", "Load Testing", "close", [("Not Included", "COMPLETED")]),
    ("missing-items", "Performance Regression Tests", "close", [("Deferred", "COMPLETED")]),
    ("missing-items", "Database Optimization Specifics", "close", [("Partially Complete", "COMPLETED")]),
    ("missing-items", "Single-Instance Rate Limiting", "close", [("", "   - **Status**: ✅ COMPLETE\n")]),
    ("missing-items", "Load Testing", "retitle", [("", " soon")]),
    ("missing-items", "API Endpoint Reference", "reopen", [("COMPLETED", "Not Included"), ("✅", "❌"), ("COMPLETE", "OPEN")]),
    ("dev-playbook", 0, "close", [("", "\n**Status:** ✅ Done\n")]),
    ("dev-playbook", 0, "retitle", [("", " soon")]),
    ("backend-gap-analysis", "Schema Migration Tooling", "reopen", [("", "**Status:** ❌ Open\n")]),
    ("backend-gap-analysis", "Schema Migration Tooling", "retitle", [("", " soon")]),
]


@pytest.mark.skipif(not SEEDS.exists(), reason="the first users' documents are not here")
@pytest.mark.parametrize(("name", "which", "what", "expected"), SEED_EDITS, ids=[f"{r[0]}: {r[2]} {r[1]}" for r in SEED_EDITS])
def test_on_a_seed_document_exactly_these_characters_change(
    name: str, which: int | str, what: str, expected: list[tuple[str, str]]
) -> None:
    document = loaded(SEEDS / f"{name}.md")
    gap = document.gaps[which] if isinstance(which, int) else gap_of(document, which)
    change: Change
    match what:
        case "close":
            change = SetState(gap, State.DONE)
        case "reopen":
            change = SetState(gap, State.OPEN)
        case "retitle":
            change = SetTitle(gap, f"{gap.title} soon")
        case _:
            change = SetPriority(gap, what)
    result = edited(document, change)
    assert splices(document, result) == expected
    if isinstance(change, SetState):
        after = read(result.text, name)
        back = edited(after, SetState(after.gaps[document.gaps.index(gap)], gap.state, result.traces[0]))
        assert back.text == document.text


def loaded(path: Path) -> Document:
    document = parse(DocumentPath(path.name), path.read_bytes())
    assert isinstance(document, Document)
    assert document.text.encode() == path.read_bytes()
    return document


@pytest.mark.skipif(not SEEDS.exists(), reason="the first users' documents are not here")
@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.md")), ids=lambda path: path.stem)
def test_every_gap_of_a_seed_document_can_be_closed_and_retitled_at_once(path: Path) -> None:
    document = loaded(path)
    changes: list[Change] = [SetState(gap, State.DONE) for gap in document.gaps]
    changes += [SetTitle(gap, f"{gap.title} soon") for gap in document.gaps]
    result = edited(document, *changes)
    after = read(result.text, path.name)
    assert [(gap.title, gap.state) for gap in after.gaps] == [(f"{gap.title} soon", State.DONE) for gap in document.gaps]


DOCUMENTS = sorted((Path(__file__).parents[1] / "corpus" / "documents").glob("*.md"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_gap_of_our_own_documents_can_be_closed_reopened_and_retitled(path: Path) -> None:
    document = parse(DocumentPath(path.name), path.read_bytes())
    if not isinstance(document, Document):
        return
    for index, gap in enumerate(document.gaps):
        closed = edited(document, SetState(gap, State.OPEN if gap.state.closed else State.DONE))
        after = read(closed.text, path.name)
        back = edited(after, SetState(after.gaps[index], gap.state, closed.traces[0]))
        assert back.text.encode() == path.read_bytes()
        titled = edited(document, SetTitle(gap, f"{gap.title} today"))
        assert splices(document, titled) == [("", " today")]


def bench() -> list[Path]:
    return sorted(BENCH.glob("*.md")) if BENCH.exists() else []


@pytest.mark.parametrize("path", bench(), ids=lambda path: path.stem)
def test_each_convention_of_gapbench_is_closed_and_reopened_to_the_byte(path: Path) -> None:
    document = parse(DocumentPath(path.name), path.read_bytes())
    if not isinstance(document, Document):
        return
    kinds = {(gap.kind, *(mark.source for mark in gap.marks)): gap for gap in document.gaps if not gap.state.closed}
    for gap in kinds.values():
        result = edit(document, [SetState(gap, State.DONE)])
        if isinstance(result, CannotEdit):
            assert result.problem.code == "would-read-otherwise"
            continue
        after = read(result.text, path.name)
        back = edited(after, SetState(after.gaps[document.gaps.index(gap)], gap.state, result.traces[0]))
        assert back.text == document.text, "\n".join(changed(document.text, back.text))


def test_patch_is_of_the_model_alone() -> None:
    document = read(TASKS)
    gate, fence = document.gaps
    found = patch(document, [SetState(gate, State.DONE), SetTask(gate, gate.tasks[0], done=True), RemoveGap(fence)])
    assert found == (replace(gate, state=State.DONE, tasks=(replace(gate.tasks[0], done=True), gate.tasks[1])),)
