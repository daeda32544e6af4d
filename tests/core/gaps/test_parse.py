"""Bad files and odd bytes, each under its number in design/reliability.md §3.3: a file is read to its end or not at all."""

from __future__ import annotations

import pytest

from bot.core.gaps.model import Document, Gap, ParseFailure, State
from bot.core.gaps.parse import MAX_BYTES, explain, parse
from bot.core.names import DocumentPath

PATH = DocumentPath("KNOWN_GAPS.md")
GAP = b"# Gaps\n\n- [ ] One\n"


def gaps(data: bytes) -> tuple[Gap, ...]:
    reading = parse(PATH, data)
    assert isinstance(reading, Document), reading
    return reading.gaps


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        pytest.param(GAP + b"\0", "binary", 0, id="#56 NUL"),
        pytest.param(GAP + b"\xff", "not-utf-8", 4, id="#57 invalid byte"),
        pytest.param(GAP.decode().encode("utf-16"), "binary", 0, id="#57 UTF-16"),
        pytest.param(GAP + "\ud800".encode("utf-8", "surrogatepass"), "not-utf-8", 4, id="#57 lone surrogate"),
        pytest.param(GAP + b"x" * MAX_BYTES, "too-large", 0, id="#61 over the cap"),
        pytest.param(GAP + b">" * 5000, "too-deep", 0, id="#63 quotes"),
        pytest.param(GAP + b"\n<!-- note\n\n- [ ] Two\n", "unclosed-comment", 5, id="#64 unclosed comment"),
        pytest.param(
            b"# Gaps\n\n<<<<<<< HEAD\n- [ ] One\n=======\n- [ ] Two\n>>>>>>> x\n", "merge-conflict", 3, id="#83 merge conflict"
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_a_failure_never_an_absent_gap(data: bytes, code: str, line: int) -> None:
    reading = parse(PATH, data)
    assert isinstance(reading, ParseFailure)
    assert (reading.problem.code, reading.problem.line) == (code, line)


def test_fault_83_what_head_says_is_shown_but_is_no_reading() -> None:
    reading = parse(PATH, b"# Gaps\n\n<<<<<<< HEAD\n- [ ] Ours\n=======\n- [ ] Theirs\n>>>>>>> x\n")
    assert isinstance(reading, ParseFailure)
    assert [gap.title for gap in reading.gaps] == ["Ours"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf- [ ] One\n", id="#58 BOM before the first entry"),
        pytest.param(b"- [ ] One\r\n", id="#59 CRLF"),
        pytest.param(b"\r- [ ] One\r", id="#59 lone CR"),
        pytest.param(b"- [ ] One", id="#60 no final newline"),
        pytest.param(b"-\t[ ]\tOne  \n", id="#60 tabs and trailing blanks"),
        pytest.param(b"- [ ] One\n\n<!-- - [ ] Two -->\n", id="a comment holds no gap"),
        pytest.param(b"- [ ] One\n\n```\n- [ ] Two\n```\n", id="code holds no gap"),
        pytest.param(b"- [ ] One\n\n> - [ ] Two\n", id="#65 a quote holds no gap"),
    ],
)
def test_one_gap_with_exact_spans(data: bytes) -> None:
    (gap,) = gaps(data)
    text = data.decode()
    assert gap.title == gap.title_span.of(text) == "One"
    assert gap.state_span is not None
    assert gap.state_span.of(text) == " "
    assert text[gap.state_span.start - 1] == "["


@pytest.mark.parametrize("odd", ["\u2028", "\u0085", "\x0c", "\x1c"], ids=["U+2028", "NEL", "FF", "FS"])
def test_fault_59_only_lf_crlf_and_cr_end_a_line(odd: str) -> None:
    found = gaps(f"- [ ] One{odd}more\n- [ ] Two\n".encode())
    assert [(gap.line, gap.title.split()[0]) for gap in found] == [(1, "One" if odd.isspace() else found[0].title), (2, "Two")]


def test_fault_59_lines_are_counted_by_lf_as_editors_do() -> None:
    assert [gap.line for gap in gaps(b"- [ ] One\r- [ ] Two\r\n- [ ] Three\n")] == [1, 1, 2]


def test_fault_62_ten_thousand_gaps_are_read() -> None:
    found = gaps(b"# Gaps\n\n" + b"".join(b"- [ ] Gap number %d here\n" % i for i in range(10_000)))
    assert len(found) == 10_000


def test_fault_64_an_unclosed_fence_swallows_nothing_and_is_reported() -> None:
    reading = parse(PATH, b"# Gaps\n\n```sh\nx\n\n- [ ] One\n")
    assert isinstance(reading, Document)
    assert [gap.title for gap in reading.gaps] == ["One"]
    assert [(problem.code, problem.line) for problem in reading.problems] == [("unclosed-fence", 3)]


def test_fault_66_front_matter_is_skipped_with_exact_lines() -> None:
    (gap,) = gaps(b"---\ntitle: x\n---\n\n- [ ] One\n")
    assert gap.line == 5


def test_fault_67_twins_in_different_lists_are_two_gaps() -> None:
    found = gaps(b"# Gaps\n\n## Front\n\n- [ ] Add tests\n\n## Back\n\n- [x] Add tests\n")
    assert [gap.state for gap in found] == [State.OPEN, State.DONE]


def test_fault_67_one_id_for_two_things_is_two_gaps() -> None:
    found = gaps(b"# Gaps\n\n### G-1: Slow start\n\n**Status:** open\n\n### G-1: No retries\n\n**Status:** open\n")
    assert [gap.id for gap in found] == ["G-1", "G-1"]


@pytest.mark.parametrize("path", ["a#b?c%.md", "../x.md", "", "é.md", "no-extension"])
def test_fault_69_any_path_is_kept_as_it_is(path: str) -> None:
    assert parse(DocumentPath(path), GAP).path == path


def test_every_decision_leaves_a_remark() -> None:
    reading, remarks = explain(PATH, b"# Gaps\n\n- [ ] One\n\n## Legend\n\n- [x] means done\n")
    assert isinstance(reading, Document)
    assert {remark.line for remark in remarks if remark.taken} == {3}
    assert {remark.line for remark in remarks if not remark.taken} >= {5}


def test_a_row_shorter_than_its_answers_is_read() -> None:
    data = b"# Gaps\n\n| Gap | A | B |\n|--|--|--|\n| x | yes | yes |\n| y | yes | yes |\n| z | yes |\n"
    assert isinstance(parse(PATH, data), Document)


def test_raw_html_on_a_last_line_of_less_indentation_is_read() -> None:
    assert isinstance(parse(PATH, b" ~\n  text\n>-   <!-- a\n  > "), Document)


@pytest.mark.parametrize("tag", ["[,]", "(;)", "[|]"])
def test_a_tag_of_separators_alone_says_nothing(tag: str) -> None:
    (gap,) = gaps(f"- [ ] {tag} One\n".encode())
    assert (gap.state, gap.priority) == (State.OPEN, None)
