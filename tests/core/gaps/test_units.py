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
        "a heading marked as open beside one marked as done announces gaps, in any language",
        "# Raport\n\n## ✅ Implementat\n\n1. **Bordo**: gata\n2. **Catarg**: gata\n\n## ⚠️ Neimplementat\n\n1. **Chila noua**: indoita\n2. **PANZA LIVE**: rupta\n",
        ("10 Chila noua open", "11 PANZA LIVE open"),
    ),
    Case(
        "a heading above nothing but a remark in italics is a form",
        "# Gaps\n\n- [ ] Keel\n\n## Scratchpad\n\n*New gaps go here first.*\n\n---\n",
        ("3 Keel open",),
    ),
    Case(
        "a heading whose lists only fill labels that describe is an entry, also when it begins with missing",
        "# Missing parts\n\n## 1. Deck gaps\n\n### Missing rails on the deck\n- **Issue**: people fall\n- **Impact**: high seas\n\n### Missing planks of the deck\n"
        "- **Issue**: feet fall\n- **Impact**: wet feet\n",
        ("5 Missing rails on the deck open", "9 Missing planks of the deck open"),
    ),
    Case(
        "numbered headings are entries beside others with fields",
        "# Debt\n\n## Done\n\n### #1: Rails\n**Status**: fixed\n\n### #2: Planks\n**Status**: fixed\n\n### #3: Boom\n**Status**: fixed\n\n## Active\n\n### #4: Keel\n\nIt is bent.\n\n"
        "### #5: Ribs\n\nThey are soft.\n",
        ("5 Rails done", "8 Planks done", "11 Boom done", "16 Keel open", "20 Ribs open"),
    ),
    Case(
        "what a sentence about the document announces is no list of gaps",
        "# Debt\n\n- [ ] Keel\n\n## Notes\n\nThis document tracks technical debt. Use it to:\n\n- Document known issues\n- Track progress\n",
        ("3 Keel open",),
    ),
    Case(
        "rows that name files of one folder do not repeat each other",
        "# Debt\n\n## High\n\n| Item | File | Impact |\n|---|---|---|\n| Log | src/deck/rails.ts:1 | Low |\n| Log | src/deck/planks.ts:2 | Low |\n\n"
        "## Low\n\n| Item | File | Impact |\n|---|---|---|\n| Note | src/deck/boom.ts:3 | Low |\n| Note | src/deck/keel.ts:4 | Low |\n",
        (
            "7 src/deck/rails.ts:1 open",
            "8 src/deck/planks.ts:2 open",
            "14 src/deck/boom.ts:3 open",
            "15 src/deck/keel.ts:4 open",
        ),
    ),
    Case(
        "an entry that says it is open outweighs a sentence above that all is done: it was said of something else",
        "# Remaining work\n\nAll steps of last year are complete.\n\n## Gaps\n\n- Add rails\n- Add a keel (not started)\n",
        ("7 Add rails open", "8 Add a keel open"),
    ),
    Case(
        "where nothing says otherwise, all is done that the document says is done",
        "# Gaps\n\nAll items below have been fixed.\n\n## Gaps\n\n- Add rails\n- Add a keel\n",
        ("7 Add rails done", "8 Add a keel done"),
    ),
    Case(
        "a phase is no gap, what stands in it is",
        "# Missing\n\n## Phase 1: Foundation\n\nFirst of all.\n\n### 1.1 Keel\n\nIron.\n\n### 1.2 Ribs\n\nOak.\n\n## Phase 2: Deck\n\nThen this.\n\n### 2.1 Rails\n\nTeak.\n",
        ("7 Keel open", "11 Ribs open", "19 Rails open"),
    ),
    Case(
        "statements that several sections share are entries, not labels",
        "# Limitations\n\n## 1. Sails\n\n### Jib\n- **No safe reefing**: it tears\n- **Limited view ahead**: none at all\n\n### Main\n- **No safe reefing**: it tears\n- **Limited view ahead**: some\n",
        ("6 No safe reefing open", "7 Limited view ahead open", "10 No safe reefing open", "11 Limited view ahead open"),
    ),
    Case(
        "headings below one that says they are not started are entries",
        "# Roadmap\n\n## Not started\n\n### Rails\n\nOf oak.\n\n### Keel\n\nOf iron.\n",
        ("5 Rails open", "9 Keel open"),
    ),
    Case(
        "a table with a state for each row has entries, whatever fields stand beside it",
        "# Debt\n\n## Active debt\n\n| # | Description | Priority | Status |\n|---|---|---|---|\n| 1 | Rails fall | high | open |\n| 2 | Keel bent | low | open |\n\n"
        "**Priority:** high / low\n",
        ("7 Rails fall open", "8 Keel bent open"),
    ),
    Case(
        "names of code and what they stand for are no gaps, unless the heading says so",
        "# Limitations\n\n## Missing calls\n\n- `mend` - mends rails\n- `tar` - tars planks\n\n### Actions\n\n- `bend` - bends the keel\n- `lift` - lifts the boom\n",
        ("5 mend - mends rails open", "6 tar - tars planks open"),
    ),
    Case(
        "lists that say what is to be done are a list of gaps, whatever the headings are called",
        "# Deck\n- Fix the rails\n- Replace the planks\n- A new flag of silk\n\n# Hull\n- Add ribs\n- Remove the bent keel\n",
        (
            "2 Fix the rails open",
            "3 Replace the planks open",
            "4 A new flag of silk open",
            "7 Add ribs open",
            "8 Remove the bent keel open",
        ),
    ),
    Case(
        "lists of what was done in a version are a log",
        "# 1.2.0\n\n- Fix the rails\n- Remove the planks\n\n# 1.1.0\n\n- Add ribs\n- Add a keel\n",
        (),
    ),
    Case(
        "several groups of one level are groups",
        "# Missing parts\n\n## P0 - Deck\n\n- Add rails\n- Add planks\n\n## P0 - Hull\n\n- Add a keel\n- Add ribs\n",
        ("5 Add rails open", "6 Add planks open", "10 Add a keel open", "11 Add ribs open"),
    ),
    Case(
        "a cell behind the last column says the state",
        "# Gaps\n\n| Gap | Note | Priority |\n|---|---|---|\n| Rails | loose | Low | ✓ Implemented |\n| Keel | bent | High |\n",
        ("5 Rails done", "6 Keel open"),
    ),
    Case(
        "entries that share a bold word say different things",
        "# Todo\n\n- [ ] **Deck**: mend the rails\n- [ ] **Deck**: tar the planks\n- [x] **Hull**: bend the keel\n",
        ("3 Deck open", "4 Deck open", "5 Hull done"),
    ),
    Case(
        "counts of a kind are no gaps",
        "# Debt\n\n- [ ] Keel\n\n## By state\n\n- ✅ **Completed**: 1 (the rails)\n- ❌ **Cancelled**: 2\n- 📋 **Planned**: 7\n",
        ("3 Keel open",),
    ),
    Case(
        "a gap word that each chapter repeats announces its entries",
        "# Refit\n\n## Deck\n\nTeak.\n\n### Gaps:\n\n- No rails\n- No planks\n\n## Hull\n\nOak.\n\n### Gaps:\n\n- No keel\n\n## Mast\n\nAsh.\n\n### Gaps:\n\n- No boom\n",
        ("9 No rails open", "10 No planks open", "18 No keel open", "26 No boom open"),
    ),
    Case(
        "numbered headings that hold only headings with a text are areas, also where their numbers run on",
        "# Debt\n\n## High\n\n### 1. Deck\n\n#### Loose rails\n\nThey fall.\n\n#### Soft planks\n\nThey rot.\n\n## Low\n\n### 2. Hull\n\n#### Bent keel\n\nIt drifts.\n",
        ("7 Loose rails open", "11 Soft planks open", "19 Bent keel open"),
    ),
    Case(
        "headings that all bear a level are entries, though nothing but lists stands below them",
        "# Debt\n\n## Low\n\n### P3: Rails\n- scrape\n- paint\n\n### P3: Keel\n- bend it back\n- tar\n\n### P3: Boom\n- splice\n- oil\n",
        ("5 Rails open", "9 Keel open", "13 Boom open"),
    ),
    Case(
        "paragraphs with a bold title of several words are the entries of a document of gaps",
        "# Missing\n\n## Blocked by the yard\n\n**Loose rails.** They fall off in any wind from the west.\n\n**A bent keel.** It has been so since the storm in May.\n",
        ("5 Loose rails open", "7 A bent keel open"),
    ),
    Case(
        "lines that begin with a box are entries without a list marker",
        "[] mend the rails\n   before May\n\n[x] tar the keel\n[ ] oil the boom\n\nNotes\n-----\n\nNothing else.\n",
        ("1 mend the rails before May open", "4 tar the keel done", "5 oil the boom open"),
    ),
    Case(
        "one-word parents that all hold entries name areas",
        "# Todo\n\n- [ ] deck\n  - [ ] rails\n  - [x] planks\n- [ ] hull\n  - [ ] keel\n  - [ ] ribs\n",
        ("4 rails open", "5 planks done", "7 keel open", "8 ribs open"),
    ),
    Case(
        "parents that say what is to be done are entries",
        "# Todo\n\n- [ ] mend deck\n  - [ ] rails\n  - [x] planks\n- [ ] clean hull\n  - [ ] keel\n  - [ ] ribs\n",
        ("3 mend deck open", "6 clean hull open"),
    ),
    Case(
        "checkboxes of the next steps are entries where all else is done",
        "# Todo\n\n## Recently completed\n\n- [x] Rails\n- [x] Planks\n\n## Next steps\n\n### Hull\n\n- [ ] Keel\n- [ ] Ribs\n",
        ("5 Rails done", "6 Planks done", "12 Keel open", "13 Ribs open"),
    ),
    Case(
        "a list that explains marks is a legend, and gives them their meaning",
        "# Known issues\n\n* 🔴 **High:** now\n* 🔵 **Low:** some day\n\n### Loose rails 🔵\n\nThey fall.\n\n### Bent keel 🔴\n\nIt drifts.\n",
        ("6 Loose rails open", "10 Bent keel open"),
    ),
    Case(
        "a list that explains the sections is a legend",
        "# Known gaps\n\n- **Fixed** — mended at last\n- **Real gap** — ought to work\n\n## Fixed\n\n### Rails\n\nNew ones.\n\n## Real gaps\n\n### The keel is bent\n\nIt drifts.\n",
        ("8 Rails done", "14 The keel is bent open"),
    ),
    Case(
        "what is set apart as declined is none, and its entries are declined",
        "# Known gaps\n\n- No rails\n\n## Not in scope (by design)\n\nSee the plans: no engine.\n\n## Parts NOT required\n\nThese are no gaps.\n\n| Part | Reason |\n|---|---|\n| Sail | steam |\n",
        ("3 No rails open", "15 Sail wontfix"),
    ),
    Case(
        "what was done for an entry of an archive is no entry",
        "# Debt\n\n## Completed\n\n### Deck (May)\n- ✅ Took the rails off\n- ✅ Put new ones on\n\n## Open\n\n### 1. Keel\n\n**Status:** open\n",
        ("11 Keel open",),
    ),
    Case(
        "where nearly all headings are numbered, one without a number is about them",
        "# Limitations\n\n## 1. Rails\n\nThey fall.\n\n## 2. Keel\n\nIt drifts.\n\n## 3. Boom\n\nIt splits.\n\n## A word of thanks\n\nTo the yard.\n",
        ("3 Rails open", "7 Keel open", "11 Boom open"),
    ),
    Case(
        "a table of measurements has no gaps",
        "# Backlog of gaps\n\n| Run | gain | knots |\n|---|---|---|\n| First | +10% | 3.1 |\n| Second | +4% | 3.9 |\n\n- [ ] Keel\n",
        ("8 Keel open",),
    ),
    Case(
        "a column that says where names no gap where another does",
        "# Debt\n\n| Area | Issue | Status |\n|---|---|---|\n| Deck | Rails fall | open |\n| Hull | Keel bent | Deferred — no yard |\n",
        ("5 Rails fall open", "6 Keel bent deferred"),
    ),
    Case(
        "a short last sentence of a cell says the state where no column does",
        "# Gaps\n\n| Gap | Severity | Notes |\n|---|---|---|\n| Rails | Low | None in stock. Deferred by design. |\n| Keel | High | Nothing was done. |\n",
        ("5 Rails deferred", "6 Keel open"),
    ),
    Case(
        "a template has no gaps",
        "# Module TODO template\n\n## High priority\n\n### Rails\n- **Issue**: they fall\n\n### Keel\n- **Issue**: it drifts\n",
        (),
    ),
    Case(
        "two columns of labels and values are the fields of a heading",
        "# Gaps\n\n## High\n\n### 1. Rails\n\n| Attribute | Value |\n|---|---|\n| **Severity** | LOW |\n| **Status** | Fixed |\n\n### 2. Keel\n\n| Attribute | Value |\n|---|---|\n| **Severity** | HIGH |\n| **Status** | Open |\n",
        ("5 Rails done", "12 Keel open"),
    ),
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
        "a section whose last entry was taken out is none",
        "# Known gaps\n\n## Deck\n\n- [ ] Keel\n\n## P2 wishes\n\n## Hull\n\n---\n",
        ("5 Keel open",),
    ),
    Case(
        "a heading without a text is one beside others like it",
        "# Known gaps\n\n## Keel is bent\n\n## Boom is split\n",
        ("3 Keel is bent open", "5 Boom is split open"),
    ),
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
