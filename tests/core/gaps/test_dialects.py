"""Each dialect with each convention of state and priority, and the structures that are no gaps; a case is a row."""

from __future__ import annotations

import pytest

from bot.core.gaps.entry import Shape, read_head
from bot.core.gaps.model import Document, Gap, Kind, State, StateSource
from bot.core.gaps.parse import parse
from bot.core.gaps.repair import repaired
from bot.core.gaps.vocabulary import priority_in, said_state, section_role, state_of
from bot.core.gaps.words import LANGUAGES
from bot.core.names import DocumentPath
from bot.core.text import Span

N, P, D, L, W = State.OPEN, State.IN_PROGRESS, State.DONE, State.DEFERRED, State.WONTFIX


def gaps(text: str) -> tuple[Gap, ...]:
    reading = parse(DocumentPath("GAPS.md"), text.encode())
    assert isinstance(reading, Document)
    return reading.gaps


STATES = [
    ("### GAP-1 A leak ✓ shipped", D, StateSource.SUFFIX, "shipped"),
    ("### GAP-1 A leak ✅ FIXED (minimal)", D, StateSource.SUFFIX, "FIXED"),
    ("- **A leak — deliberately deferred.** Not now.", L, StateSource.SUFFIX, "deliberately deferred."),
    ("- [ ] A leak", N, StateSource.CHECKBOX, " "),
    ("- [x] A leak", D, StateSource.CHECKBOX, "x"),
    ("- [~] A leak", P, StateSource.CHECKBOX, "~"),
    ("- [-] A leak", W, StateSource.CHECKBOX, "-"),
    ("- [] A leak", N, StateSource.CHECKBOX, ""),
    ("- [V] A leak", D, StateSource.CHECKBOX, "V"),
    ("- [ ] A leak DONE", D, StateSource.SUFFIX, "DONE"),
    ("- [ ] ~~A leak~~", D, StateSource.STRIKE, "~~A leak~~"),
    ("- [x] A leak (partial)", P, StateSource.SUFFIX, "partial"),
    ("- **A leak** (Deferred)", L, StateSource.SUFFIX, "Deferred"),
    ("- **A leak** — **Done.** In May.", D, StateSource.SUFFIX, "Done."),
    ("- ~~**A leak**~~", D, StateSource.STRIKE, "~~**A leak**~~"),
    ("- ✅ A leak", D, StateSource.EMOJI, "✅"),
    ("- ❌ A leak", N, StateSource.EMOJI, "❌"),
    ("1. **A leak**\n   - **Status**: Won't fix", W, StateSource.FIELD, "Won't fix"),
    ("### A leak\n\n**Status:** ❌ CANCELLED", W, StateSource.FIELD, "❌ CANCELLED"),
    ("### A leak\n\n- **Status**: 🚧 In Progress (50%)", P, StateSource.FIELD, "🚧 In Progress (50%)"),
    ("### A leak\n\nStatus: not started", N, StateSource.FIELD, "not started"),
    ("### 1. A leak (FIXED)\n\nText.\n\n### 2. B\n\nText.", D, StateSource.SUFFIX, "FIXED"),
    ("### GAP-1: A leak — partial (upper deck)", P, StateSource.SUFFIX, "partial (upper deck)"),
    ("### [RESOLVED] A leak\n\n**Effort:** S", D, StateSource.SUFFIX, "RESOLVED"),
    ("## Resolved\n\n- **A leak** — mended", D, StateSource.SECTION, None),
    ("## Limitations by design\n\n- A leak", W, StateSource.SECTION, None),
    ("## Someday/maybe\n\n- A leak", L, StateSource.SECTION, None),
    ("| Gap | Status |\n|---|---|\n| A leak | 🟡 Partially done |", P, StateSource.CELL, "🟡 Partially done"),
    ("| Gap | Priority |\n|---|---|\n| ✅ A leak | P1 |", D, StateSource.EMOJI, "✅"),
    ("All items below have been fixed.\n\n- A leak", D, StateSource.SECTION, None),
]


@pytest.mark.parametrize(("text", "state", "source", "said"), STATES, ids=[row[0].replace("\n", "⏎") for row in STATES])
def test_state_is_read_where_it_is_said(text: str, state: State, source: StateSource, said: str | None) -> None:
    whole = f"# Known gaps\n\n{text}\n"
    gap = gaps(whole)[0]
    assert (gap.title, gap.state, gap.state_source) == ("A leak", state, source)
    assert (gap.state_span.of(whole) if gap.state_span is not None else None) == said


PRIORITIES = [
    ("## Priority 1: Critical (deck)\n\n- [ ] A leak", "critical", None),
    ("## Priority 2: Important (quality of life)\n\n- [ ] A leak", "important", None),
    ("## P2 (Medium)\n\n- [ ] A leak", "p2", None),
    ("### 1. A leak — BLOCKING FOR RELEASE\n\nText.", "blocking", "BLOCKING"),
    ("## Known gaps\n\n### A leak (HIGH, accepted)\n\nText.", "high", "HIGH"),
    ("- [med] A leak\n- [med] Another", "med", "med"),
    ("- [ ] [P1] A leak", "p1", "P1"),
    ("- [ ] **[HIGH]** A leak", "high", "HIGH"),
    ("- [ ] A leak (P0)", "p0", "P0"),
    ("- [low, deck] A leak", "low", "low"),
    ("### 1. A leak (LK-5) - Priority P1\n\nText.", "p1", "P1"),
    ("## 高危安全问题\n\n- [ ] A leak", "高危", None),
    ("- [ ] P2: A leak", "p2", "P2"),
    ("- [ ] A leak (priority: high, effort: S)", "high", "high"),
    ("### 🔴 P0 — A leak\n\nText.", "p0", "P0"),
    ("### [CRITICAL] A leak\n\n**Priority:** P3", "critical", "CRITICAL"),
    ("### A leak\n\n**Priority**: Low (for now)\n**Severity**: High", "low", "Low (for now)"),
    ("### A leak\n\n**Severity:** Low-Medium\n**Impact:** High", "low-medium", "Low-Medium"),
    ("## 🟢 MEDIUM-PRIORITY GAPS (Nice to Have)\n\n- A leak", "medium", None),
    ("## Tier 2: Engine\n\n- [ ] A leak", "tier 2", None),
    ("## Medium impact\n\n- [ ] A leak", None, None),
    ("## Deck\n\n**Critical:**\n- **A leak** — wet", "critical", None),
    ("- extras, nice to have:\n  - A leak", "nice to have", None),
    ("| Gap | Severity |\n|---|---|\n| A leak | P2 (Medium) |", "p2", "P2 (Medium)"),
    ("## 🔴 Critical\n\n- [ ] B\n\n## Log\n\n## Deck\n\n| Gap | Priority |\n|---|---|\n| A leak | 🔴 |", "critical", "🔴"),
]


@pytest.mark.parametrize(("text", "word", "said"), PRIORITIES, ids=[row[0].replace("\n", "⏎") for row in PRIORITIES])
def test_priority_is_the_documents_own_word(text: str, word: str | None, said: str | None) -> None:
    whole = f"# Known gaps\n\n{text}\n"
    gap = next(gap for gap in gaps(whole) if gap.title == "A leak")
    assert gap.priority == word
    assert (gap.priority_span.of(whole) if gap.priority_span is not None else None) == said


NOT_GAPS = [
    ("## Legend\n\n- **P0**: critical", "legend"),
    ("## How to use this file\n\n1. Add a line", "guide"),
    ("## References\n\n- [a](b)", "references"),
    ("## Summary\n\n- 3 open", "summary"),
    ("## What works\n\n- Everything else", "inventory"),
    ("- [Docs](x.md)\n- [More](y.md)", "links"),
    ("## Comparison with them\n\n| Feature | Us | Them |\n|---|---|---|\n| a | b | c |", "a comparison"),
    ("> - [ ] quoted", "a quote"),
    ("```\n- [ ] code\n```", "code"),
    ("<!--\n- [ ] comment\n-->", "a comment"),
    ("- **Symptom**: what\n- **Workaround**: none", "a form"),
    ("- Why this name?", "a question"),
    ("## TD-1: [Title]\n\n**Status:** [Status]", "a form to fill in"),
]


@pytest.mark.parametrize("text", [row[0] for row in NOT_GAPS], ids=[row[1] for row in NOT_GAPS])
def test_what_states_no_gap_is_none(text: str) -> None:
    assert [gap.title for gap in gaps(f"# Known gaps\n\n## Deck\n\n- [ ] A leak\n\n{text}\n")] == ["A leak"]
    assert gaps(f"# Known gaps\n\n{text}\n") == ()


def test_each_dialect_in_one_file() -> None:
    text = "# Gaps\n\n- [ ] Box\n\n## GAP-1: Heading\n\nText.\n\n## Limitations\n\n- **List** — text\n\n"
    text += "| ID | Gap | Status |\n|---|---|---|\n| G-9 | Row | open |\n"
    assert [(gap.kind, gap.title, gap.id) for gap in gaps(text)] == [
        (Kind.CHECKBOX, "Box", None),
        (Kind.HEADING, "Heading", "GAP-1"),
        (Kind.LIST, "List", None),
        (Kind.TABLE, "Row", "G-9"),
    ]


def test_the_detailed_mention_wins_and_takes_over_what_it_lacks() -> None:
    text = "# Debt\n\n| ID | Title | Severity |\n|---|---|---|\n| TD-1 | ✅ Slow start | High |\n\n"
    text += "## TD-1 — Slow start\n\n**Description.** Text.\n"
    (gap,) = gaps(text)
    assert (gap.line, gap.kind, gap.state, gap.priority) == (7, Kind.HEADING, D, "high")


HEADS = [
    ("1. Title here", "Title here", None),
    ("Gap 7: Title", "Title", "Gap 7"),
    ("GAP-001 — Title", "Title", "GAP-001"),
    ("Gap C-1 — Title", "Title", "C-1"),
    ("P0.1: Title", "Title", "P0.1"),
    ("UTF-8: broken", "UTF-8: broken", None),
    ("`foo_bar` is **not** done", "foo_bar is not done", None),
    ("[Link](http://x) works", "Link works", None),
    ("Nov 6: Leak", "Nov 6: Leak", None),
    ("3 ways to fail", "3 ways to fail", None),
]


@pytest.mark.parametrize(("text", "title", "name"), HEADS, ids=[row[0] for row in HEADS])
def test_heading_title_and_id(text: str, title: str, name: str | None) -> None:
    head = read_head(text, Span(0, len(text)), Shape.HEADING)
    assert (head.title, head.id) == (title, name)


WORDS = [
    ("✅ COMPLETE - in May", D),
    ("not implemented", N),
    ("partially implemented", P),
    ("Open - defer until 2.0", L),
    ("fermé", D),
    ("in Arbeit", P),
    ("не реализовано", N),
    ("отложено до лета", L),
    ("部分实现", P),
    ("已完成（三月）", D),
    ("concluído em maio", D),
    ("descartado", W),
    ("6/9 tests", None),
]


@pytest.mark.parametrize(("text", "state"), WORDS, ids=[row[0] for row in WORDS])
def test_status_values_in_all_languages(text: str, state: State | None) -> None:
    assert state_of(text) is state


@pytest.mark.parametrize(
    "text", ["Working title", "New cables", "Complete the docs", "No retries", "Fixed-size buffers leak everywhere"]
)
def test_everyday_words_are_no_suffix(text: str) -> None:
    assert said_state(text) is None


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Executive Summary", "summary"),
        ("Caching strategy", None),
        ("Resolved Issues", "archive"),
        ("Known issues", "gaps"),
        ("Unimplemented Spec Features", "gaps"),
        ("What Quark has", "inventory"),
        ("Nächste Schritte", "plan"),
        ("No success criteria", None),
        ("Compiler architecture", None),
    ],
)
def test_what_a_heading_announces(title: str, role: str | None) -> None:
    assert section_role(title) == role


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("‚úÖ done", "✅ done"),
        ("caf√©", "café"),
        ("âœ… ok", "✅ ok"),
        ("cafÃ©", "café"),
        ("café", "café"),
        ("naïve übung", "naïve übung"),
        ("пробел", "пробел"),
    ],
)
def test_double_encoded_text_is_repaired_and_other_text_is_not(raw: str, meant: str) -> None:
    assert repaired(raw) == meant


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda module: module.__name__.rsplit(".", 1)[-1])
def test_a_language_has_a_word_for_every_state_and_never_two_meanings(language: object) -> None:
    tables = vars(language)
    assert set(tables["STATES"]) == {state.value for state in State}
    phrases = [" ".join(phrase.split()) for table in tables["STATES"].values() for phrase in table.split(",") if phrase.strip()]
    assert len(phrases) == len(set(phrases))
    for phrase in tables["PRIORITIES"].split(","):
        found = priority_in(phrase.strip())
        assert found is not None
        assert found.word == found.word.lower()


@pytest.mark.parametrize(
    ("label", "priority"),
    [("- Critical:", "critical"), ("- **P0**", "p0"), ("* High priority", "high"), ("1. 🔴 Critical", "critical")],
)
def test_an_entry_that_is_only_a_priority_gives_it_to_those_below(label: str, priority: str) -> None:
    indent = "   "
    found = gaps(f"# Known gaps\n\n{label}\n{indent}- [ ] one thing\n{indent}- [ ] another thing\n")
    assert [(gap.title, gap.priority) for gap in found] == [("one thing", priority), ("another thing", priority)]
