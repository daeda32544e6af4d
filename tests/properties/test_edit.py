"""Laws of editing (I8): what was edited reads as the patched model, nothing else changes, and a state can be taken back to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.core.edit import (
    AddGap,
    CannotEdit,
    Change,
    Edited,
    MoveGap,
    RemoveGap,
    SetDepends,
    SetEffort,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    TakeTasks,
    edit,
    patch,
    task_blocks,
)
from bot.core.edit.splice import Patchwork, placed
from bot.core.gaps.model import Document, Gap, State
from bot.core.gaps.parse import parse
from bot.core.text import Edit, Span, apply
from tests.properties.test_reading import DOCUMENTS, PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

LAW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

THINGS = ["anchor", "bollard", "crane", "dredger", "engine", "funnel", "gangway", "hatch", "jetty", "keel", "lantern", "mooring"]
WORDS = st.builds(lambda thing, number: f"Mend {thing} {number}", st.sampled_from(THINGS), st.integers(100, 999))
TITLES = st.one_of(WORDS, st.text(alphabet="ab *_`[]()<>#|~\\&;:.-1é✅\n", min_size=1, max_size=20))
STATES = st.sampled_from(State)
FORMS = {
    "checkbox": ("- [{box}] {title}\n", {"box": (" ", "x")}),
    "tagged": ("* [{box}] [P1] **{title}** with a text\n  - [ ] first\n  - [x] second\n", {"box": (" ", "x")}),
    "field": ("### {title}\n\n**Status:** {word}\n**Effort:** 2 days\n\nText.\n\n", {"word": ("❌ MISSING", "✅ DONE")}),
    "plain field": ("### {title}\n\nStatus: {word}\n\n", {"word": ("open", "fixed")}),
    "emoji": ("### {mark} {title}\n\nText of it.\n\n", {"mark": ("❌", "✅")}),
    "suffix": ("1. **{title}**{word}\n   - **Why**: because\n", {"word": (" (Missing)", " (COMPLETED)")}),
    "row": ("| {title} | high | {word} |\n", {"word": ("open", "✅ done")}),
}
HEADS = {"row": "| Gap | Priority | Status |\n|-----|----------|--------|\n"}


@st.composite
def well_kept(draw: st.DrawFn) -> str:
    """A document as people keep them: one dialect and convention a section, open and finished gaps."""
    text = "# Known gaps\n\n"
    # Titles share no word: entries that say nearly the same are read as repeats of each other.
    titles = iter(
        f"{thing.capitalize()}{n} {thing[::-1]}{n} by{thing}{n}" for n in "xyz" for thing in draw(st.permutations(THINGS))
    )
    for number, name in enumerate(draw(st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=3, unique=True))):
        form, slots = FORMS[name]
        text += f"## Missing features {'ABC'[number]}\n\n{HEADS.get(name, '')}"
        for _ in range(draw(st.integers(2, 4))):
            done = draw(st.booleans())
            text += form.format(title=next(titles), **{slot: values[done] for slot, values in slots.items()})
        text = f"{text.rstrip()}\n\n"
    return draw(dressed(text.rstrip() + "\n"))


@st.composite
def dressed(draw: st.DrawFn, text: str) -> str:
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    text = text.rstrip("\r\n") if draw(st.booleans()) else text
    return f"\ufeff{text}" if draw(st.booleans()) else text


@st.composite
def changes_of(draw: st.DrawFn, document: Document) -> list[Change]:
    chosen: list[Change] = []
    for gap in draw(st.lists(st.sampled_from(document.gaps), min_size=1, max_size=4, unique_by=id)):
        kind = draw(st.integers(0, 8))
        if kind <= 1:
            chosen.append(SetState(gap, draw(STATES)))
        elif kind == 2:
            chosen.append(SetTitle(gap, draw(TITLES)))
        elif kind == 3:
            chosen.append(SetPriority(gap, draw(st.sampled_from(["p0", "p2", "high", "low", None]))))
        elif kind == 4:
            chosen.append(SetEffort(gap, draw(st.sampled_from(["3 days", "L", None]))))
        elif kind == 5 and gap.tasks:
            chosen += [SetTask(gap, task, draw(st.booleans())) for task in gap.tasks]
        elif kind == 6:
            chosen.append(MoveGap(gap, draw(st.sampled_from(document.gaps)).section))
        elif kind == 7:
            chosen.append(SetDepends(gap, draw(st.sampled_from([("#12",), ("#12", "GAP-7"), (*gap.depends_on, "#3")]))))
        elif kind == 8 and gap.tasks:
            blocks = task_blocks(document.text, gap)
            chosen.append(TakeTasks(gap, tuple(task for block in blocks[: draw(st.integers(1, 3))] for task in block.tasks)))
        else:
            chosen.append(RemoveGap(gap) if draw(st.booleans()) else AddGap(gap.section, draw(WORDS)))
    return chosen


def read(text: str) -> Document | None:
    reading = parse(PATH, text.encode("utf-8", "surrogatepass"))
    return reading if isinstance(reading, Document) else None


def said(gap: Gap) -> tuple[object, ...]:
    return (
        gap.title,
        gap.state,
        gap.priority,
        gap.effort,
        gap.section,
        gap.id,
        gap.depends_on,
        [(task.text, task.done) for task in gap.tasks],
    )


def assert_law(before: Document, changes: Sequence[Change], result: Edited | CannotEdit) -> None:
    """read(edit(F, P)) == patch(read(F), P); the edits are the only difference; what no change is for keeps its very text."""
    if isinstance(result, CannotEdit):
        assert result.change in changes
        return
    assert apply(result.edits, before.text) == result.text
    after = read(result.text)
    assert after is not None
    expected = patch(before, changes)
    assert len(after.gaps) == len(expected)
    new = [gap.title for gap in expected if not len(gap.span)]
    assert [said(gap) for gap in after.gaps if gap.title not in new] == [said(gap) for gap in expected if gap.title not in new]
    assert sorted(gap.title for gap in after.gaps) == sorted(gap.title for gap in expected)
    meant = {id(change.gap) for change in changes if not isinstance(change, AddGap)}
    for gap, place in zip(before.gaps, result.places, strict=True):
        if place is None or id(gap) not in meant:
            assert (place is None) == any(isinstance(change, RemoveGap) and change.gap is gap for change in changes)
            assert place is None or said(after.gaps[place]) == said(gap)
    texts = [gap.span.of(result.text).rstrip() for gap in after.gaps]
    for gap in before.gaps:
        if id(gap) not in meant:
            assert gap.span.of(before.text).rstrip() in texts


@LAW
@given(st.data(), well_kept())
def test_a_well_kept_document_reads_as_the_patched_model(data: st.DataObject, text: str) -> None:
    document = read(text)
    assert document is not None
    changes = data.draw(changes_of(document))
    assert_law(document, changes, edit(document, changes))


@LAW
@given(st.data(), DOCUMENTS)
def test_any_document_reads_as_the_patched_model_or_is_left_alone(data: st.DataObject, text: str) -> None:
    document = read(data.draw(dressed(text)))
    assume(document is not None and document.gaps)
    assert document is not None
    changes = data.draw(changes_of(document))
    assert_law(document, changes, edit(document, changes))


@LAW
@given(st.data(), well_kept())
def test_in_a_well_kept_document_every_state_can_be_written_and_taken_back_to_the_byte(data: st.DataObject, text: str) -> None:
    document = read(text)
    assert document is not None
    gap = data.draw(st.sampled_from(document.gaps))
    result = edit(document, [SetState(gap, data.draw(STATES))])
    assert isinstance(result, Edited), result
    after = read(result.text)
    assert after is not None
    there = after.gaps[document.gaps.index(gap)]
    back = edit(after, [SetState(there, gap.state, result.traces[0])])
    assert isinstance(back, Edited), back
    assert back.text == text


@LAW
@given(st.data(), well_kept())
def test_in_a_well_kept_document_every_gap_can_be_retitled_and_every_task_ticked(data: st.DataObject, text: str) -> None:
    document = read(text)
    assert document is not None
    gap = data.draw(st.sampled_from(document.gaps))
    # No word of another title, which would make it a repeat; more than two words, which bold type sets off in a sentence.
    asked: list[Change] = [
        SetTitle(gap, "Quite another matter altogether"),
        *(SetTask(gap, task, not task.done) for task in gap.tasks),
    ]
    result = edit(document, asked)
    assert isinstance(result, Edited), result
    after = read(result.text)
    assert after is not None
    found = after.gaps[document.gaps.index(gap)]
    assert found.title == "Quite another matter altogether"
    assert [task.done for task in found.tasks] == [not task.done for task in gap.tasks]
    assert len(result.edits) == 1 + len(gap.tasks)


@LAW
@given(st.data(), well_kept())
def test_a_change_made_twice_changes_nothing_the_second_time(data: st.DataObject, text: str) -> None:
    document = read(text)
    assert document is not None
    gap = data.draw(st.sampled_from(document.gaps))
    state = data.draw(STATES)
    once = edit(document, [SetState(gap, state)])
    assert isinstance(once, Edited)
    after = read(once.text)
    assert after is not None
    twice = edit(after, [SetState(after.gaps[document.gaps.index(gap)], state)])
    assert isinstance(twice, Edited)
    assert (twice.text, twice.edits) == (once.text, ())


@st.composite
def splices_of(draw: st.DrawFn, text: str) -> list[Edit]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return [Edit(Span(start, end), draw(st.text(max_size=4))) for start, end in pairs]


@LAW
@given(st.data(), st.text(max_size=60))
def test_rounds_of_splices_are_one_round(data: st.DataObject, text: str) -> None:
    pieces = Patchwork(text)
    now = text
    for _ in range(3):
        edits = data.draw(splices_of(now))
        now = apply(edits, now)
        pieces.splice(edits)
        assert pieces.text() == now
    final = pieces.edits()
    assert apply(final, text) == now
    assert [span.of(now) for _, span in placed(final)] == [made.text for made in final]
