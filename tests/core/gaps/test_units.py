"""Which unit of a document the author enumerates: one small document for each rule, in our own words."""

# ruff: noqa: E501  a document on one line is easier to compare with its gaps

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.core.gaps.model import Document
from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath


@dataclass(frozen=True)
class Case:
    """A document and its gaps as `line title state`."""

    name: str
    text: str
    gaps: tuple[str, ...]


CASES = [
    Case(
        "sections that mostly are lists group their entries, also where one has a text",
        "# Debt\n\n## Deck\n\nFrom the last survey of the harbour master in May.\n\n- **Rails** — rust\n- **Planks** — rot\n\n"
        "## Hull\n\n- **Keel** — bent\n\n## Mast\n\n- **Boom** — split\n",
        ("7 Rails open", "8 Planks open", "12 Keel open", "16 Boom open"),
    ),
    Case(
        "a heading that is an id has its title in the field that names",
        "# Gaps\n\n## GAP-1\n- Status: Resolved\n- Area: Deck\n- Problem: The rails rust\n\n## GAP-2\n- Status: Open\n- Problem: Planks rot\n",
        ("3 The rails rust done", "8 Planks rot open"),
    ),
    Case(
        "numbers that run on through several sections count entries",
        "# Debt\n\n## P0 - Deck\n\n### 1. Rails\n\n- rust everywhere\n- **Impact**: falls\n\n## P1 - Hull\n\n### 2. Keel\n\n- bent\n\n"
        "### 3. Ribs\n\n- soft\n",
        ("5 Rails open", "12 Keel open", "16 Ribs open"),
    ),
    Case(
        "numbered headings over checkboxes only group",
        "# Todo\n\n## Deck\n\n### 1.1 Rails\n\n- [x] Scrape\n- [ ] Paint\n\n## Hull\n\n### 2.1 Keel\n\n- [ ] Straighten\n",
        ("7 Scrape done", "8 Paint open", "14 Straighten open"),
    ),
    Case(
        "a column of marks is a status whatever it is called, and its ticks show what works",
        "# Gap analysis\n\n## Ship\n\n| Part | Ours | Note |\n|---|---|---|\n| Rails | ✅ yes | |\n| Keel | ⚠️ bent | |\n| Boom | ❌ none | |\n",
        ("8 Keel in_progress", "9 Boom open"),
    ),
    Case(
        "a column that says yes in every row tells nothing",
        "# Missing parts\n\n## Ship\n\n| Part | Theirs | Ours | Impact |\n|---|---|---|---|\n| Keel | ✅ | ❌ | drifts |\n| Boom | ✅ | ⚠️ | slow |\n",
        ("7 Keel open", "8 Boom in_progress"),
    ),
    Case(
        "a table that compares has no gaps",
        "# Gaps\n\n- [ ] Keel\n\n## Other ships\n\n| Part | A | B | C |\n|---|---|---|---|\n| Boom | ✅ | ❌ | ✅ |\n| Rail | ❌ | ✅ | spare |\n",
        ("3 Keel open",),
    ),
    Case(
        "rows below a heading that only says how urgent",
        "# Gaps\n\n## P2\n\n| Part | Description |\n|---|---|\n| Keel | bent |\n| Boom | split |\n",
        ("7 Keel open", "8 Boom open"),
    ),
    Case(
        "a table with ids outweighs the headings above it",
        "# Gap analysis\n\n## L1: Deck\n\nText.\n\n### Identified gaps\n\n| Gap ID | Gap | Priority |\n|---|---|---|\n| L1-G1 | Rails | high |\n"
        "| L1-G2 | Planks | low |\n",
        ("11 Rails open", "12 Planks open"),
    ),
    Case(
        "a section of ticks shows what works",
        "# Debt\n\n## Deck\n\n- **Rails** — rust\n\n## Hull\n\n- ✅ No holes\n- ✅ No weed\n",
        ("5 Rails open",),
    ),
    Case(
        "what follows a rule at the end is the foot of the document",
        "# Gaps\n\n- [ ] Keel\n\n## Notes on paint\n\nIt dries.\n\n---\n\n**Status**: open\n",
        ("3 Keel open",),
    ),
    Case(
        "an archive never takes in what is open",
        "# Missing\n\n## Fixed since the last trip\n\n- **Keel straightened.** At last.\n\n## Needs a trial\n\n- **Keel**, now straight, was never sailed\n"
        "- **Boom** — untested\n",
        ("5 Keel straightened done", "9 Keel open", "10 Boom open"),
    ),
    Case(
        "names that differ in brackets are two rows, and repeat a heading all the same",
        "# Gaps\n\n## Out\n\n| Port | Status |\n|---|---|\n| Keel | missing |\n| Boom | missing |\n\n## In\n\n| Port | Status |\n|---|---|\n"
        "| Keel (inner) | missing |\n| Boom (inner) | missing |\n",
        ("7 Keel open", "8 Boom open", "14 Keel (inner) open", "15 Boom (inner) open"),
    ),
    Case(
        "headings that say what lacks",
        "## Only oak is supported\n\nText.\n\n## Pine does not float\n\nText.\n",
        ("1 Only oak is supported open", "5 Pine does not float open"),
    ),
    Case("accents may be left out", "# Defauts\n\n## Problemes\n\n- Quille tordue\n", ("5 Quille tordue open",)),
    Case(
        "a title that defers announces gaps",
        "# Someday / maybe\n\n## Keel\n\nStraighten it.\n\n## Boom\n\nGlue it.\n",
        ("3 Keel deferred", "7 Boom deferred"),
    ),
    Case(
        "what does not work is missing",
        "# Ship\n\n## What doesn't work\n\n- Keel\n- Boom\n\n## What works\n\n- Rails\n",
        ("5 Keel open", "6 Boom open"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_unit_is_found(case: Case) -> None:
    reading = parse(DocumentPath("NOTES.md"), case.text.encode())
    assert isinstance(reading, Document)
    assert tuple(f"{gap.line} {gap.title} {gap.state.value}" for gap in reading.gaps) == case.gaps
