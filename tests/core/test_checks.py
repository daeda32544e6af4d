"""What a check run says of the files of a pull request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.checks import AT_ONCE, Conclusion, Looked, looked_at, not_read, report, settings_looked_at, with_lint
from bot.core.config import CONFIG_PATH
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import Document
from bot.core.names import DocumentPath
from bot.core.text import Span

PATH = DocumentPath("GAPS.md")
ERROR, WARNING = Severity.ERROR, Severity.WARNING


def problem(line: int = 1, *, severity: Severity = WARNING, message: str = "it is odd", span: Span | None = None) -> Problem:
    return Problem("odd", message, line, span, severity=severity)


@pytest.mark.parametrize(
    ("problems", "partial", "title", "conclusion"),
    [
        ((), None, "Nothing is wrong", Conclusion.SUCCESS),
        ((problem(),), None, "1 warning", Conclusion.NEUTRAL),
        ((problem(), problem(severity=ERROR)), None, "1 error and 1 warning", Conclusion.FAILURE),
        ((), "there are too many", "Not all was looked at", Conclusion.NEUTRAL),
        ((problem(severity=ERROR),) * 2, "there are too many", "2 errors", Conclusion.FAILURE),
    ],
)
def test_what_it_comes_to(problems: tuple[Problem, ...], partial: str | None, title: str, conclusion: Conclusion):
    said = report([Looked(PATH, problems=problems, gaps=3)], partial)
    assert (said.title, said.conclusion) == (title, conclusion)
    assert (partial is None) == ("Not all was looked at: " not in said.summary)


TEXT = "one\n\ttwo tëxt\nthree"


@pytest.mark.parametrize(
    ("line", "span", "columns"),
    [
        pytest.param(2, Span(5, 8), (2, 4), id="within its line"),
        pytest.param(1, Span(0, 3), (1, 3), id="the first line"),
        pytest.param(3, Span(14, 14), (1, 1), id="a place"),
        pytest.param(2, Span(5, 16), None, id="over two lines"),
        pytest.param(3, Span(5, 8), None, id="on another line"),
        pytest.param(2, None, None, id="no place"),
        pytest.param(2, Span(5, 99), None, id="outside of what is known"),
    ],
)
def test_columns_are_given_only_where_they_are_true(line: int, span: Span | None, columns: tuple[int, int] | None):
    [one] = report([Looked(PATH, TEXT, (problem(line, span=span),))]).annotations
    assert (one.line, one.columns) == (line, columns)


def test_a_problem_of_the_whole_file_stands_at_its_first_line():
    [one] = report([not_read(PATH, "too-large", "it is")]).annotations
    assert (one.line, one.message) == (1, "It is.")


def test_fault_74_what_hides_is_shown_and_what_is_long_is_cut():
    told = report([Looked(DocumentPath("a|`\u202eb\n.md"), problems=(problem(message="a\u202eb" + "x" * 3000),))])
    [one] = told.annotations
    assert one.message.startswith("A·b")
    assert len(one.message) == 1000
    assert "| ``a\\|`·b·.md`` |" in told.summary


def test_errors_are_shown_first_where_not_all_fits():
    many = Looked(PATH, problems=(*(problem(line) for line in range(1, 400)), problem(400, severity=ERROR)))
    told = report([many])
    assert (told.annotations[0].line, len(told.annotations)) == (400, 300)
    assert "100 problems more than are shown" in told.summary


@given(st.integers(0, 350), st.data())
def test_fault_99_parts_are_small_and_lose_nothing_wherever_they_go_on(count: int, data: st.DataObject):
    told = report([Looked(PATH, problems=tuple(problem(line) for line in range(1, count + 1)))])
    done = data.draw(st.integers(0, len(told.annotations)))
    parts = told.parts(done)
    assert tuple(one for part in parts for one in part.annotations) == told.annotations[done:]
    assert all(len(part.annotations) <= AT_ONCE for part in parts)
    assert [part.conclusion is None for part in parts] == [True] * (len(parts) - 1) + [False]


def test_the_summary_of_many_files_is_short():
    files = [Looked(DocumentPath(f"{'ä' * 900}{number}.md"), gaps=1) for number in range(50)]
    assert len(report(files).summary) < 20_000


def test_a_document_is_read_with_the_problems_of_lint():
    reading = with_lint(PATH, b"# Known gaps\n\n- [ ] [P1] Fast\n- [ ] \n")
    assert isinstance(reading, Document)
    assert [one.code for one in looked_at(PATH, reading).problems] == ["no-title"]
    assert looked_at(PATH, with_lint(PATH, b"\0" * 10)).gaps is None


def test_settings_show_their_errors_or_what_has_no_effect():
    assert settings_looked_at(b"fils: a\n").problems[0].code == "config-unknown-key"
    assert settings_looked_at(b"files: a\n") == Looked(DocumentPath(CONFIG_PATH), "files: a\n")
