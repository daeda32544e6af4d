"""From issues into documents: what people change on an issue, and exactly these characters change in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox import Role
from tests.by_hand import CONFIG, ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

pytestmark = pytest.mark.anyio

GAPS = """# Known gaps

## Security

- [ ] [P0] Rotate the keys
  - [ ] inventory
  - [ ] schedule
- [ ] [P1] Limit the rate
- [x] [P1] Hash the ids

## Missing

### Retries
**Status:** ❌ Missing
**Priority:** High

Nothing is tried again.

### Paging
**Status:** ✅ Done
**Priority:** Low
"""


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world in which the document was imported: #1 keys, #2 rate, #3 retries."""
    async with by_hand(tmp_path) as made:
        await made.push({"GAPS.md": GAPS})
        assert made.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Retries": 3}
        await made.sync()
        yield made


def tick(hand: ByHand, task: str) -> None:
    body = hand.issues[1].body
    assert body is not None
    assert f"[ ] {task}" in body
    hand.repository.edit_issue(1, by="alice", body=body.replace(f"[ ] {task}", f"[x] {task}"))


ACTS: list[Any] = [
    pytest.param(lambda h: h.repository.close_issue(1, by="alice"), "- [ ] [P0]", "- [x] [P0]", id="close a checkbox"),
    pytest.param(lambda h: h.repository.close_issue(3, by="alice"), "❌ Missing", "✅ Done", id="close a heading by its field"),
    pytest.param(lambda h: tick(h, "schedule"), "- [ ] schedule", "- [x] schedule", id="tick a task"),
    pytest.param(
        lambda h: h.repository.edit_issue(2, by="alice", title="Limit the rate of calls"),
        "Limit the rate",
        "Limit the rate of calls",
        id="retitle",
    ),
    pytest.param(
        lambda h: h.repository.set_labels(2, ["gap", "priority: P0"], by="alice"),
        "[P1] Limit",
        "[P0] Limit",
        id="reprioritise by label",
    ),
    pytest.param(
        lambda h: h.repository.set_labels(3, ["gap", "priority: critical"], by="alice"),
        "**Priority:** High",
        "**Priority:** Critical",
        id="reprioritise a field",
    ),
]


@pytest.mark.parametrize(("act", "old", "new"), ACTS)
async def test_exactly_these_characters_change(hand: ByHand, act: Callable[[ByHand], object], old: str, new: str):
    act(hand)
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS.replace(old, new, 1)
    calls = [call for _ in range(3) for call in await hand.sync()]
    assert [str(call) for call in calls if call.writes] == []


async def test_the_commit_says_what_it_did_and_closes_nothing(hand: ByHand):
    hand.repository.close_issue(2, by="alice")
    await hand.sync()
    commit = hand.repository.head()
    assert commit.message == 'gapkeeper: close "Limit the rate" (issue 2)'
    assert commit.author.login == "gapkeeper[bot]"


async def test_reopening_gives_the_old_words_back(hand: ByHand):
    hand.repository.close_issue(3, by="alice")
    await hand.sync()
    await hand.sync()
    hand.repository.reopen_issue(3, by="alice")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS


async def test_closed_as_not_planned_is_not_done(hand: ByHand):
    hand.repository.close_issue(3, by="alice", reason="not_planned")
    await hand.sync()
    text = hand.repository.read("GAPS.md").decode()
    assert text != GAPS
    assert "❌ Missing" not in text
    await hand.sync()
    assert not hand.issues[3].open
    assert hand.issues[3].state_reason == "not_planned"


async def test_the_echo_of_our_own_writing_costs_nothing(hand: ByHand):
    assert await hand.sync() == []


async def test_what_closing_an_issue_costs(hand: ByHand):
    hand.repository.close_issue(2, by="alice")
    calls = await hand.sync()
    assert [call.method for call in calls] == ["GET", "GET", "GET", "GET", "PUT", "GET", "PATCH"]


async def test_i3_both_changed_differently_is_a_conflict_and_nothing_is_overwritten(hand: ByHand):
    hand.repository.edit_issue(2, by="alice", title="Mine")
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate of yours")})
    assert hand.issues[2].title == "Mine"
    assert "Limit the rate of yours" in hand.repository.read("GAPS.md").decode()


async def test_i2_changes_of_different_fields_meet(hand: ByHand):
    hand.repository.close_issue(2, by="alice")
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate of calls")})
    assert hand.issues[2].title == "Limit the rate of calls"
    assert "- [x] [P1] Limit the rate of calls\n" in hand.repository.read("GAPS.md").decode()


async def test_i13_a_file_that_changed_meanwhile_is_read_again(hand: ByHand):
    hand.repository.close_issue(1, by="alice")
    hand.repository.push({"GAPS.md": (GAPS + "\nMore.\n").encode()}, by="alice", message="meanwhile")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]") + "\nMore.\n"


async def test_i19_without_write_permission_it_is_proposed(hand: ByHand):
    hand.repository.allow("bob", Role.TRIAGE)
    hand.repository.close_issue(1, by="bob")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS
    assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]")
    again = await hand.sync()
    assert [str(call) for call in again if call.writes] == []


async def test_fault_40_a_branch_that_refuses_us_gets_a_pull_request(hand: ByHand):
    hand.repository.protect()
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS
    assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]")


@pytest.mark.parametrize(
    ("mode", "written", "proposed"), [("commit", True, False), ("pull_request", False, True), ("off", False, False)]
)
async def test_the_modes_of_writing_back(hand: ByHand, mode: str, written: bool, proposed: bool):
    await hand.push({CONFIG: f"write_back: {mode}\n"})
    await hand.sync()
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    assert (hand.repository.read("GAPS.md").decode() != GAPS) is written
    assert ("gapkeeper/sync" in hand.repository.branches) is proposed


async def test_fault_95_a_removed_region_changes_nothing(hand: ByHand):
    hand.repository.edit_issue(1, by="alice", body="I do not like this text.")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS
    assert hand.issues[1].body == "I do not like this text."
