from __future__ import annotations

import pytest

from bot.core.gaps.model import State
from bot.core.triage import MAX_LABEL, by_family, family_of, labels_of, with_family


@pytest.mark.parametrize(
    ("state", "priority", "effort", "names"),
    [
        pytest.param(State.OPEN, None, None, ["gap", "needs triage"], id="nothing said"),
        pytest.param(State.DONE, None, None, ["gap", "needs triage"], id="closed or not"),
        pytest.param(State.OPEN, "p0", None, ["gap", "priority: P0"], id="codes are upper case"),
        pytest.param(State.OPEN, "critical", "4 hours", ["gap", "priority: critical", "effort: 4 hours"], id="words as written"),
        pytest.param(State.IN_PROGRESS, None, "m", ["gap", "needs triage", "effort: m", "status: in progress"], id="in progress"),
        pytest.param(State.DEFERRED, "高", None, ["gap", "priority: 高", "status: deferred"], id="any language"),
        pytest.param(State.DONE, "low", None, ["gap", "priority: low"], id="done has no status label"),
        pytest.param(State.OPEN, "a,b  c", None, ["gap", "priority: a b c"], id="#77 comma"),
        pytest.param(State.OPEN, "x" * 80, None, ["gap", "priority: " + "x" * 39 + "…"], id="#77 too long"),
    ],
)
def test_labels_of(state: State, priority: str | None, effort: str | None, names: list[str]):
    labels = labels_of(state=state, priority=priority, effort=effort)
    assert [label.name for label in labels] == names
    assert all(len(label.name) <= MAX_LABEL and label.description and len(label.color) == 6 for label in labels)


@pytest.mark.parametrize(
    ("label", "family"),
    [
        ("gap", "gap"),
        ("GAP", "gap"),
        ("priority: P1", "priority"),
        ("Priority: p1", "priority"),
        ("status: in progress", "status"),
        ("Needs triage", "triage"),
        ("needs triage: now", None),
        ("gap: plan", None),
        ("priority", None),
        ("priority/high", None),
        ("bug", None),
    ],
)
def test_family_of(label: str, family: str | None):
    assert family_of(label) == family


@pytest.mark.parametrize(
    ("labels", "wanted", "after"),
    [
        pytest.param(("bug", "priority: P1"), ("priority: P0",), ("bug", "priority: P0"), id="replaced, people's stays"),
        pytest.param(("priority: P1", "bug"), (), ("bug",), id="removed"),
        pytest.param(("bug",), ("priority: P0",), ("bug", "priority: P0"), id="added"),
        pytest.param(("Priority: P0",), ("priority: P0",), ("Priority: P0",), id="case is the person's"),
        pytest.param(("priority: P1", "priority: P2"), ("priority: P2",), ("priority: P2",), id="exactly one stands"),
        pytest.param(("gap", "effort: m"), ("priority: P0",), ("gap", "effort: m", "priority: P0"), id="other families stay"),
    ],
)
def test_with_family(labels: tuple[str, ...], wanted: tuple[str, ...], after: tuple[str, ...]):
    assert with_family(labels, "priority", wanted) == after


def test_by_family_leaves_peoples_labels_out():
    assert by_family(["bug", "gap", "effort: m", "priority: P1"]) == {
        "gap": ("gap",),
        "effort": ("effort: m",),
        "priority": ("priority: P1",),
    }
