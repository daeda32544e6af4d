"""Messy input, one case of our own for each kind (issue 3, part 2): what was meant is read, spans are exact, and doubts are reported."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.core.gaps.model import Document, Gap, ParseFailure
from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath

PATH = DocumentPath("KNOWN_GAPS.md")
FENCE = "```"


@dataclass(frozen=True)
class Case:
    """A text, its gaps as `line title state`, and the problems as `code line`."""

    name: str
    text: str
    gaps: tuple[str, ...]
    problems: tuple[str, ...] = ()


TWO = ("3 Leaky tap open", "4 Cold stove open")
CASES = [
    Case("unclosed fence", f"# Gaps\n\n{FENCE}sh\nboil\n\n- [ ] Leaky tap\n", ("6 Leaky tap open",), ("unclosed-fence 3",)),
    Case(
        "mis-nested fences",
        f"# Gaps\n\n{FENCE}markdown\nAn example:\n{FENCE}sh\nboil\n{FENCE}\n{FENCE}\n\n- [ ] Leaky tap\n\n{FENCE}sh\nboil\n{FENCE}\n",
        ("10 Leaky tap open",),
        ("misnested-fence 8",),
    ),
    Case("front matter", "---\ntitle: Kitchen\n---\n# Gaps\n\n- [ ] Leaky tap\n", ("6 Leaky tap open",)),
    Case("byte order mark", "\ufeff- [ ] Leaky tap\n- [ ] Cold stove\n", ("1 Leaky tap open", "2 Cold stove open")),
    Case("CRLF", "# Gaps\r\n\r\n- [ ] Leaky tap\r\n- [ ] Cold stove\r\n", TWO),
    Case("lone CR", "- [ ] Leaky tap\r- [ ] Cold stove\r", ("1 Leaky tap open", "1 Cold stove open")),
    Case("U+2028", "# Gaps\n\n- [ ] Leaky\u2028tap\n- [ ] Cold stove\n", TWO),
    Case("tabs", "# Gaps\n\n-\t[ ]\tLeaky tap\n\t- [ ] the washer\n-\t[ ]\tCold stove\n", (TWO[0], "5 Cold stove open")),
    Case("lazy continuation", "# Gaps\n\n- [ ] Leaky\ntap\n- [ ] Cold stove\n", (TWO[0], "5 Cold stove open")),
    Case("setext underlines", "Kitchen\n=======\n\nKnown gaps\n----------\n\n- Leaky tap\n", ("7 Leaky tap open",)),
    Case(
        "a rule right below a text",
        "# Gaps\n\n- [ ] Leaky tap\n\nThat was all.\n---\n\n- [ ] Cold stove\n",
        (TWO[0], "8 Cold stove open"),
    ),
    Case("[]", "# Gaps\n\n- [] Leaky tap\n- [ ] Cold stove\n", TWO),
    Case("[~]", "# Gaps\n\n- [~] Leaky tap\n", ("3 Leaky tap in_progress",)),
    Case("[-]", "# Gaps\n\n- [-] Leaky tap\n", ("3 Leaky tap wontfix",)),
    Case(
        "table rows after a blank line",
        "# Gaps\n\n| Gap | Status |\n|---|---|\n| Leaky tap | open |\n\n| Cold stove | done |\n",
        ("5 Leaky tap open", "7 Cold stove done"),
    ),
    Case(
        "escaped pipes",
        "# Gaps\n\n| Gap | Status |\n|---|---|\n| Tap \\| sink | done |\n| Cold stove | open |\n",
        ("5 Tap | sink done", "6 Cold stove open"),
    ),
    Case(
        "a group row of one cell",
        "# Gaps\n\n| Gap | Status |\n|---|---|\n| Water |\n| Leaky tap | done |\n| **Heat** | |\n| Cold stove | open |\n",
        ("6 Leaky tap done", "8 Cold stove open"),
    ),
    Case("details", "# Gaps\n\n<details>\n<summary>More</summary>\n\n- [ ] Leaky tap\n\n</details>\n", ("6 Leaky tap open",)),
    Case(
        "details without a blank line",
        "# Gaps\n\n<details>\n<summary><b>More</b></summary>\n- [ ] Leaky tap\n- [ ] Cold stove\n</details>\n",
        ("5 Leaky tap open", "6 Cold stove open"),
        ("html-entries 5",),
    ),
    Case(
        "a heading right below a tag",
        "# Gaps\n\n<div align=center>\n## GAP-1: Leaky tap\n</div>\n\nIt drips.\n",
        ("4 Leaky tap open",),
        ("html-entries 4",),
    ),
    Case("HTML without entries", "# Gaps\n\n<p align=center>\nThe kitchen\n</p>\n\n- [ ] Leaky tap\n", ("7 Leaky tap open",)),
    Case("HTML comment", "# Gaps\n\n<!--\n- [ ] Cold stove\n-->\n\n- [ ] Leaky tap\n", ("7 Leaky tap open",)),
    Case(
        "struck-through heading",
        "# Gaps\n\n## ~~GAP-1: Leaky tap~~\n\nDripped.\n\n## GAP-2: Cold stove\n\nNo gas.\n",
        ("3 Leaky tap done", "7 Cold stove open"),
    ),
    Case("double-encoded", "# Gaps\n\n- âœ… Leaky tap\n- â\x9dŒ Cold stove\n", ("3 Leaky tap done", "4 Cold stove open")),
    Case("task in a quote", "# Gaps\n\n- [ ] Leaky tap\n\n> He said:\n>\n> - [ ] Cold stove\n", TWO[:1], ("quoted-task 7",)),
    Case("quote without a task", "# Gaps\n\n- [ ] Leaky tap\n\n> - a list\n", TWO[:1]),
]


def shown(gap: Gap) -> str:
    return f"{gap.line} {gap.title} {gap.state.value}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_meant_is_read(case: Case) -> None:
    reading = parse(PATH, case.text.encode())
    assert isinstance(reading, Document)
    assert tuple(shown(gap) for gap in reading.gaps) == case.gaps
    assert tuple(f"{problem.code} {problem.line}" for problem in reading.problems) == case.problems
    for gap in reading.gaps:
        assert gap.title.split()[0] in gap.title_span.of(case.text)
        assert gap.span.start <= gap.title_span.start <= gap.title_span.end <= gap.span.end


def test_merge_conflict_markers_are_a_failure() -> None:
    reading = parse(PATH, b"# Gaps\n\n<<<<<<< HEAD\n- [ ] Leaky tap\n=======\n- [x] Leaky tap\n>>>>>>> x\n")
    assert isinstance(reading, ParseFailure)
    assert reading.problem.code == "merge-conflict"
