"""Laws of `explain` and `lint` that hold for every text, and one of reading: an unrelated paragraph changes no other gap."""

from __future__ import annotations

from collections import Counter

from hypothesis import given

from bot.core.errors import Severity
from bot.core.gaps.model import Document
from bot.core.gaps.parse import explain, parse
from bot.core.lint import RULES, linked_paths, lint
from tests.properties.test_reading import ANYTHING, DOCUMENTS, LAW, PATH, meaning

UNRELATED = "The weather in the harbour was fine that week, and the boats came in early."


@LAW
@given(ANYTHING)
def test_every_line_has_at_most_one_remark_and_every_gap_has_one(text: str) -> None:
    reading, remarks = explain(PATH, text.encode("utf-8", "surrogatepass"))
    last = text.count("\n") + 1
    assert all(1 <= remark.line <= last for remark in remarks)
    assert all(remark.end == 0 or remark.line <= remark.end <= last for remark in remarks)
    assert all(remark.of <= remark.line for remark in remarks)
    assert [remark.line for remark in remarks] == sorted(remark.line for remark in remarks)
    assert Counter(remark.line for remark in remarks if remark.taken) == Counter(gap.line for gap in reading.gaps)
    if "\r" not in text.replace("\r\n", "\n"):
        assert len({remark.line for remark in remarks}) == len(remarks)
    assert all(remark.what and remark.why and "None" not in remark.why.split(":")[0] for remark in remarks if not remark.taken)


@LAW
@given(ANYTHING)
def test_lint_never_raises_and_points_into_the_text(text: str) -> None:
    reading = parse(PATH, text.encode("utf-8", "surrogatepass"))
    problems = lint(reading, existing=frozenset())
    assert all(problem.code in RULES for problem in problems)
    assert all(problem.span is None or 0 <= problem.span.start <= problem.span.end <= len(text) for problem in problems)
    assert all(problem.span is None or text.count("\n", 0, problem.span.start) + 1 == problem.line for problem in problems)
    if not isinstance(reading, Document):
        assert [problem.severity for problem in problems] == [Severity.ERROR]
        return
    assert {problem.code for problem in reading.problems} <= {problem.code for problem in problems}
    alive = lint(reading, existing=linked_paths(reading, PATH))
    assert [problem for problem in problems if problem.code != "dead-link"] == list(alive)


@LAW
@given(DOCUMENTS)
def test_an_unrelated_paragraph_changes_no_other_gap(text: str) -> None:
    """It stands in a section of its own, as any text below a heading is evidence that the heading states something."""
    before = parse(PATH, f"{text}\n\n## Legend\n\nWords.\n".encode())
    after = parse(PATH, f"{text}\n\n## Legend\n\nWords.\n\n{UNRELATED}\n".encode())
    if not isinstance(before, Document) or not isinstance(after, Document):
        assert type(before) is type(after)
        return
    assert [gap.title for gap in before.gaps] == [gap.title for gap in after.gaps]
    for one, other in zip(before.gaps, after.gaps, strict=True):
        if "Words." not in one.detail:
            assert meaning(one) == meaning(other)


@LAW
@given(DOCUMENTS)
def test_what_a_gap_says_stands_in_it_or_in_no_gap(text: str) -> None:
    """A repeat elsewhere, which is no gap itself, may say what the gap does not."""
    gaps = parse(PATH, text.encode()).gaps
    for gap in gaps:
        for span in (gap.id_span, gap.priority_span, gap.state_span, gap.effort_span):
            holders = [other for other in gaps if span is not None and len(span) and other.span.contains(span)]
            assert holders in ([], [gap])
