"""What `explain` says of every line that could be a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.gaps.parse import explain
from bot.core.names import DocumentPath

DOCUMENT = """# Known gaps

## How to use

- Add a gap at the end
- [ ] like this one

## Active

| ID | Gap | Severity | Status |
|----|-----|----------|--------|
| TD-7 | Pool connections | High | In progress |
| TD-8 | Hash the ids | Low | Open |
| | **Total** | 2 | |

## 🔴 Critical

- [ ] Rotate the keys (blocked)
  - [x] inventory
  - [ ] schedule
  - **Owner**: alice
- [x] ~~Limit the rate~~

```markdown
- [ ] an example
```

> - [ ] a quotation

## Resolved

### GAP-001: Crash at start

**Effort**: 2 days

- [ ] nothing to do
"""

SAID = [
    (3, False, "heading under 'Known gaps'", "instructions; nothing in it is a gap"),
    (5, False, "entry of the list", "part of the heading on line 3"),
    (6, False, "checkbox", "part of the heading on line 3"),
    (8, False, "heading under 'Known gaps'", "groups what stands below it"),
    (
        12,
        True,
        "row of the table under 'Active'",
        "gap TD-7, in progress from column Status, high from column Severity; a row with a status, a priority or an id",
    ),
    (14, False, "row of the table under 'Active'", "a total, or a row without a title"),
    (
        18,
        True,
        "checkbox under '🔴 Critical'",
        "gap, open from its checkbox, critical from the heading above it, 1 of 2 tasks done",
    ),
    (19, False, "checkbox", "task of the gap on line 18, done"),
    (20, False, "checkbox", "task of the gap on line 18, open"),
    (21, False, "entry of the list", "field Owner of the gap on line 18"),
    (22, True, "checkbox under '🔴 Critical'", "gap, done from its checkbox, critical from the heading above it"),
    (24, False, "code block under '🔴 Critical'", "what stands in code is no entry"),
    (28, False, "quote under '🔴 Critical'", "what stands in a quote is no entry"),
    (
        32,
        True,
        "heading under 'Resolved'",
        "gap GAP-001, done from the heading above it, effort 2 days, 0 of 1 tasks done",
    ),
    (36, False, "checkbox", "task of gap GAP-001, open"),
]


@pytest.mark.parametrize(("line", "taken", "what", "why"), SAID, ids=[f"line {row[0]}" for row in SAID])
def test_what_a_line_was_taken_for(line: int, taken: bool, what: str, why: str):
    _, remarks = explain(DocumentPath("GAPS.md"), DOCUMENT.encode())
    (remark,) = [remark for remark in remarks if remark.line == line]
    assert (remark.taken, remark.what, remark.why) == (taken, what, why)


def test_what_was_skipped_speaks_for_its_lines():
    _, remarks = explain(DocumentPath("GAPS.md"), DOCUMENT.encode())
    found = {remark.line: remark for remark in remarks}
    assert (found[3].end, found[5].of, found[6].of) == (6, 3, 3)
    assert (found[24].end, found[28].end) == (26, 28)
    assert (found[19].of, found[21].of) == (18, 18)


def test_lines_without_a_remark_are_text_only():
    _, remarks = explain(DocumentPath("GAPS.md"), DOCUMENT.encode())
    silent = set(range(1, DOCUMENT.count("\n") + 1)) - {remark.line for remark in remarks}
    rows = DOCUMENT.split("\n")
    inside = range(25, 27)  # The code block speaks for its lines.
    assert [
        line for line in sorted(silent) if rows[line - 1].lstrip().startswith(("- ", "#", "| TD")) and line not in inside
    ] == []


def test_a_repeat_says_where_the_state_was_read():
    text = (
        "# Known gaps\n\n## Summary\n\n| ID | Gap | Status |\n|--|--|--|\n| GAP-1 | Pool | Done |\n| GAP-2 | Hash | Open |\n\n"
        "## Details\n\n### GAP-1: Pool\n\nConnections.\n\n### GAP-2: Hash\n\nIds.\n"
    )
    _, remarks = explain(DocumentPath("GAPS.md"), text.encode())
    (remark,) = [remark for remark in remarks if remark.line == 12]
    assert remark.why.startswith("gap GAP-1, done from line 7, which repeats it")


def test_lines_that_end_with_cr_alone_share_a_number_and_have_each_a_remark():
    reading, remarks = explain(DocumentPath("GAPS.md"), b"# Known gaps\r\r- [ ] one\r- [x] two\r\r## Legend\r\r- [ ] example\r")
    assert [(gap.line, gap.title) for gap in reading.gaps] == [(1, "one"), (1, "two")]
    assert [(remark.line, remark.why) for remark in remarks if remark.taken] == [
        (1, "gap, open from its checkbox"),
        (1, "gap, done from its checkbox"),
    ]


ABOVE = [
    pytest.param("## Critical\n\n- [ ] a", "critical from the heading above it", id="its heading"),
    pytest.param("## Critical\n\n### Search\n\n- [ ] a", "critical from the heading 'Critical'", id="a heading further up"),
    pytest.param(
        "## Search\n\n**Critical:**\n\n- [ ] a", "critical from the line 'Critical:' above it", id="the line above the list"
    ),
    pytest.param("## Low\n\n- Critical bugs:\n  - [ ] a\n  - [ ] b", "critical from 'Critical bugs' above it", id="a label"),
    pytest.param("## 🔴 Critical\n\n- [ ] b\n\n## Search\n\n- [ ] 🔴 a", "critical from its mark 🔴", id="a mark of the legend"),
    pytest.param("## Resolved\n\n- a", "done from the heading above it", id="a state, its heading"),
    pytest.param("## Gaps\n\nResolved:\n\n- a", "done from the line 'Resolved:' above it", id="a state, the line above the list"),
]


@pytest.mark.parametrize(("text", "said"), ABOVE)
def test_where_a_state_or_a_priority_was_read(text: str, said: str):
    _, remarks = explain(DocumentPath("GAPS.md"), f"# Known gaps\n\n{text}\n".encode())
    assert any(said in remark.why for remark in remarks if remark.taken), [remark.why for remark in remarks if remark.taken]


@pytest.mark.parametrize("data", [b"- [ ] a\0", b"- [ ] \xff", b"> " * 2000 + b"x"], ids=["#56", "#57", "#63"])
def test_an_unreadable_text_has_no_remarks(data: bytes):
    assert explain(DocumentPath("GAPS.md"), data)[1] == ()


SEEDS = sorted(Path(__file__).parents[4].glob("shared/seeds/docs/*.md"))


@pytest.mark.parametrize(
    "path", SEEDS or [pytest.param(None, marks=pytest.mark.skip("no seeds here"))], ids=lambda p: p and p.name
)
def test_every_gap_has_a_remark_of_its_own(path: Path):
    reading, remarks = explain(DocumentPath(path.name), path.read_bytes())
    assert sorted(gap.line for gap in reading.gaps) == [remark.line for remark in remarks if remark.taken]
    assert len({remark.line for remark in remarks}) == len(remarks)
