"""Laws of reading that hold for every document: it never raises, spans are exact, and line ends and a BOM change nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.gaps.model import Document, Gap, ParseFailure
from bot.core.gaps.parse import explain, parse
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import repaired
from bot.core.names import DocumentPath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.text import Span

PATH = DocumentPath("docs/KNOWN_GAPS.md")
LAW = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])

HEADINGS = st.sampled_from(
    [
        "# Known gaps",
        "## Critical gaps",
        "## 🔴 P0 — Engine stalls",
        "### 3. Slow start (DONE)",
        "### GAP-012 — No retries",
        "## Resolved",
        "## Legend",
        "## Next steps",
        "## TODO ##",
        "Setext\n------",
        "### **Bold** title ✅",
        "### `‚úÖ` ‚úÖ Done",
    ]
)
LINES = st.sampled_from(
    [
        "- [ ] [P1] Add pooling",
        "- [x] ~~Old~~ thing",
        "  - [ ] nested task",
        "\t- [X] tabbed",
        "- [] empty box",
        "1. **Title** (Deferred)",
        "   - **Status:** ❌ MISSING",
        "- **Cache** — cold after restart",
        "- label:",
        "* plain entry. Second sentence.",
        "**Status:** Open | **Priority:** High",
        "**Depends on:** GAP-012, #4",
        "Priority: P1",
        "| ID | Gap | Severity | Status |",
        "|----|-----|----------|--------|",
        "| G-1 | a \\| b | high | Open |",
        "```bash",
        "```",
        "~~~",
        "> quoted",
        "<!-- comment",
        "-->",
        "<div>",
        "---",
        "Some prose about the matter at hand.",
        "   indented",
        "    code",
        "\u2028odd\u0085line",
        "",
        "",
    ]
)
DOCUMENTS = st.lists(st.one_of(HEADINGS, LINES, LINES), max_size=40).map("\n".join)
ANYTHING = st.one_of(DOCUMENTS, st.text(max_size=300), st.text(alphabet="#*-[]() x|`~>:\n\r\t1._Pé✅", max_size=300))


def spans(gap: Gap) -> Iterator[Span]:
    yield from (gap.span, gap.title_span)
    yield from (span for span in (gap.state_span, gap.id_span, gap.priority_span, gap.effort_span) if span is not None)
    for field in gap.fields:
        yield from (field.label_span, field.value_span)
    for task in gap.tasks:
        yield from (task.mark_span, task.text_span)


def meaning(gap: Gap) -> tuple[object, ...]:
    """All that a gap says, without offsets."""
    fields = tuple((field.label, field.value, field.line) for field in gap.fields)
    tasks = tuple((task.text, task.done, task.line) for task in gap.tasks)
    return (
        gap.kind,
        gap.title,
        gap.state,
        gap.state_source,
        gap.line,
        gap.id,
        gap.priority,
        gap.effort,
        gap.section,
        gap.depends_on,
        gap.detail,
        fields,
        tasks,
    )


def said(text: str) -> list[tuple[object, ...]] | tuple[str, int]:
    reading = parse(PATH, text.encode("utf-8"))
    if isinstance(reading, ParseFailure):
        return reading.problem.code, reading.problem.line
    return [meaning(gap) for gap in reading.gaps]


def read(text: str) -> Document:
    reading = parse(PATH, text.encode("utf-8"))
    assert isinstance(reading, Document)
    return reading


@LAW
@given(st.binary(max_size=400))
def test_bytes_never_raise(data: bytes) -> None:
    assert isinstance(parse(PATH, data), Document | ParseFailure)


@LAW
@given(ANYTHING)
def test_text_never_raises_and_every_gap_has_a_remark(text: str) -> None:
    reading, remarks = explain(PATH, text.encode("utf-8", "surrogatepass"))
    if isinstance(reading, Document):
        taken = [remark.line for remark in remarks if remark.taken]
        assert sorted(taken) == [gap.line for gap in reading.gaps]


@LAW
@given(ANYTHING)
def test_spans_are_exact(text: str) -> None:
    reading = parse(PATH, text.encode("utf-8", "surrogatepass"))
    if not isinstance(reading, Document):
        return
    whole = range(len(text) + 1)
    for gap in reading.gaps:
        assert all(span.start in whole and span.end in whole and span.start <= span.end for span in spans(gap))
        assert gap.span.contains(gap.title_span)
        assert all(gap.span.contains(task.mark_span) and gap.span.contains(task.text_span) for task in gap.tasks)
        assert gap.title
        assert plain(repaired(gap.title_span.of(text))) == gap.title
        assert text.count("\n", 0, gap.title_span.start) + 1 >= gap.line
    ordered = [gap.span for gap in reading.gaps]
    assert all(first.end <= second.start for first, second in pairwise(ordered)), "gaps do not overlap"


@LAW
@given(DOCUMENTS)
def test_line_ends_a_bom_and_blank_lines_at_the_end_change_nothing(text: str) -> None:
    expected = said(text)
    assert said(text.replace("\n", "\r\n")) == expected
    assert said("\ufeff" + text) == expected
    assert said(text + "\n\n\n") == expected


@LAW
@given(
    st.lists(
        st.tuples(st.sampled_from(" x"), st.from_regex(r"[A-Z][a-z]{2,8} [a-z]{2,8} [0-9]{3}", fullmatch=True)),
        min_size=1,
        unique_by=lambda row: row[1],
    )
)
def test_a_list_of_boxes_is_read_as_it_is_written(rows: list[tuple[str, str]]) -> None:
    text = "# Gaps\n\n" + "\n".join(f"- [{mark}] {title}" for mark, title in rows) + "\n"
    found = read(text).gaps
    assert [(gap.title, gap.state.closed) for gap in found] == [(title, mark == "x") for mark, title in rows]
    assert [text[gap.state_span.start : gap.state_span.end] for gap in found if gap.state_span] == [mark for mark, _ in rows]
