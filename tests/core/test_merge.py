"""The law of merge3, enumerated: every combination of three sides over three values."""

from __future__ import annotations

from itertools import product

import pytest

from bot.core.merge import Agreed, Conflict, Side, merge3

VALUES = ("a", "b", "c")
ALL = list(product(VALUES, repeat=3))


@pytest.mark.parametrize(("base", "document", "issue"), ALL)
def test_i3_one_side_wins_equal_changes_agree_different_ones_conflict(base: str, document: str, issue: str):
    merged = merge3(base, document=document, issue=issue)
    if document == base == issue:
        assert merged == Agreed(base, Side.NEITHER)
    elif document == issue:
        assert merged == Agreed(document, Side.BOTH)
    elif issue == base:
        assert merged == Agreed(document, Side.DOCUMENT)
    elif document == base:
        assert merged == Agreed(issue, Side.ISSUE)
    else:
        assert merged == Conflict(base, document, issue)


def test_the_cases_cover_every_outcome():
    outcomes = {merged.changed if isinstance(merged := merge3(b, document=d, issue=i), Agreed) else Conflict for b, d, i in ALL}
    assert outcomes == {*Side, Conflict}
