from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.config import Additions, Rule, When, parse
from bot.core.gaps.model import Document, Gap
from bot.core.gaps.parse import parse as read
from bot.core.names import DocumentPath
from bot.core.rules import added

TEXT = """# Known gaps

## Security & privacy

### GAP-012: Rotate the keys
**Priority:** High
**Effort:** M
**Component:** Gateway (v2)

Nobody does.
"""
PATH = DocumentPath("docs/api/KNOWN_GAPS.md")


def gap(**changes: Any) -> Gap:
    document = read(PATH, TEXT.encode())
    assert isinstance(document, Document)
    (only,) = document.gaps
    return replace(only, **changes)


@pytest.mark.parametrize(
    ("when", "meant"),
    [
        pytest.param(When(), True, id="all gaps"),
        pytest.param(When(section=("security*",)), True, id="a heading above, in any case"),
        pytest.param(When(section=("security",)), False, id="a part of a heading is not the heading"),
        pytest.param(When(section=("Missing", "*privacy")), True, id="one of several"),
        pytest.param(When(title=("*keys*",)), True, id="title"),
        pytest.param(When(file=("docs/**/*.md",)), True, id="file"),
        pytest.param(When(file=("*.md",)), False, id="a file in another folder"),
        pytest.param(When(priority=("HIGH",)), True, id="priority"),
        pytest.param(When(priority=("p0", "low")), False, id="another priority"),
        pytest.param(When(effort=("m",)), True, id="effort"),
        pytest.param(When(id=("gap-0*",)), True, id="id"),
        pytest.param(When(fields=(("component", ("gateway*",)),)), True, id="a field"),
        pytest.param(When(fields=(("Component", ("client*",)),)), False, id="a field of another value"),
        pytest.param(When(fields=(("Owner", ("*",)),)), False, id="a field that it does not have"),
        pytest.param(When(section=("security*",), priority=("low",)), False, id="all of it must match"),
    ],
)
def test_a_rule_is_for_the_gaps_that_match_all_of_it(when: When, *, meant: bool):
    add = Additions(labels=("seen",))
    assert added([Rule(when, add)], gap(), PATH) == (add if meant else Additions())


def test_a_gap_without_a_priority_matches_no_word_but_any():
    def labels(glob: str) -> tuple[str, ...]:
        return added([Rule(When(priority=(glob,)), Additions(labels=("x",)))], gap(priority=None), PATH).labels

    assert (labels("high"), labels("*")) == ((), ("x",))


def test_rules_add_up_each_label_and_login_once_and_the_last_milestone_counts():
    rules = [
        Rule(When(), Additions(("security", "api"), ("alice", "bob"), "Spring")),
        Rule(When(), Additions(("API", "ops"), ("bob", "carol"), 3)),
        Rule(When(), Additions(("last",))),
    ]
    assert added(rules, gap(), PATH) == Additions(("security", "api", "ops", "last"), ("alice", "bob", "carol"), 3)


def test_fault_77_never_more_than_ten_assignees_and_fifty_labels():
    rules = [Rule(When(), Additions((f"l{i}",), (f"u{i}",))) for i in range(80)]
    result = added(rules, gap(), PATH)
    assert (len(result.labels), len(result.assignees)) == (50, 10)


def test_the_rules_of_a_config():
    config = parse(b"rules: [{when: {section: 'Security*'}, add: {labels: security}}]")
    assert not isinstance(config, tuple)
    assert added(config.rules, gap(), PATH).labels == ("security",)
