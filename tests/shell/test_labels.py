"""Labels of ours that people rename or delete, on the sandbox: they are as they were, and no document says otherwise (#96)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.errors import Unavailable
from bot.sandbox import Fault
from tests.by_hand import ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox import Call

pytestmark = pytest.mark.anyio

GAPS = "# Known gaps\n\n- [ ] [P0] Rotate the keys\n- [ ] [P0] Limit the rate\n- [ ] [P1] Hash the ids\n"


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world in which three gaps were imported, all echoes heard."""
    async with by_hand(tmp_path) as made:
        await made.push({"GAPS.md": GAPS})
        await made.sync()
        yield made


def labels(hand: ByHand, number: int) -> set[str]:
    return {label.name for label in hand.issues[number].labels}


def text(hand: ByHand) -> str:
    return hand.repository.read("GAPS.md").decode()


def asked(calls: list[Call]) -> list[Call]:
    """The calls but for the one, in the life of a process, that asks who we are."""
    return [call for call in calls if call.path != "/app"]


def writes(calls: list[Call]) -> list[str]:
    return [f"{call.method} {call.path.partition('/acme/app')[2]}" for call in calls if call.writes]


async def unheard(hand: ByHand) -> None:
    """What was delivered is lost."""
    await hand.hooks.flush()
    hand.waiting = []


async def at_rest(hand: ByHand) -> None:
    for _ in range(2):
        assert writes(await hand.sync()) == []
    first = len(hand.api.calls)
    await hand.reconcile()
    assert writes(hand.api.calls[first:]) == []


AS_BEFORE = {1: {"gap", "priority: P0"}, 2: {"gap", "priority: P0"}, 3: {"gap", "priority: P1"}}


def assert_as_before(hand: ByHand) -> None:
    assert {number: labels(hand, number) for number in AS_BEFORE} == AS_BEFORE
    assert text(hand) == GAPS


@pytest.mark.parametrize("new", ["urgent!", "priority: P2", "bug/a#b"])
async def test_a_renamed_label_gets_its_name_back_in_one_request_for_all_its_issues(hand: ByHand, new: str):
    hand.repository.edit_label("priority: P0", by="alice", new_name=new)
    calls = asked(await hand.sync())
    assert [call.method for call in calls] == ["GET", "PATCH"]
    assert_as_before(hand)
    await at_rest(hand)


@pytest.mark.parametrize("heard", ["reconciled", "an issue"])
async def test_a_rename_that_nobody_told_us_of_is_known_by_the_id(hand: ByHand, heard: str):
    hand.repository.edit_label("priority: P0", by="alice", new_name="urgent!")
    await unheard(hand)
    if heard == "reconciled":
        await hand.reconcile()
    else:
        hand.repository.edit_issue(1, by="alice", title="Rotate the keys")
        hand.repository.close_issue(1, by="alice")
        hand.repository.reopen_issue(1, by="alice")
        await hand.sync()
    assert_as_before(hand)
    assert "urgent!" not in {label.name for label in hand.repository.labels.values()}


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("name", ["priority: P0", "gap", "needs triage"])
async def test_a_deleted_label_is_made_again_and_put_back(hand: ByHand, name: str, *, heard: bool):
    before = GAPS.replace("[P1] ", "")
    await hand.push({"GAPS.md": before})
    await hand.sync()
    carried = {number: labels(hand, number) for number in AS_BEFORE}
    hand.repository.delete_label(name, by="alice")
    if not heard:
        await unheard(hand)
        await hand.reconcile()
    await hand.sync()
    assert {number: labels(hand, number) for number in AS_BEFORE} == carried
    assert hand.repository.label(name).description
    assert text(hand) == before
    assert "gap: unlinked" not in set().union(*carried.values())
    await at_rest(hand)


async def test_nobody_who_closes_an_issue_meanwhile_takes_its_priority_away(hand: ByHand):
    hand.repository.delete_label("priority: P0", by="alice")
    await unheard(hand)
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    assert text(hand) == GAPS.replace("- [ ] [P0] Rotate", "- [x] [P0] Rotate")
    assert {number: labels(hand, number) for number in AS_BEFORE} == AS_BEFORE
    await at_rest(hand)


async def test_a_priority_that_people_take_off_is_taken_off(hand: ByHand):
    hand.repository.remove_label(1, "priority: P0", by="alice")
    await hand.sync()
    assert text(hand) == GAPS.replace("[P0] Rotate", "Rotate")
    assert labels(hand, 1) == {"gap", "needs triage"}


async def test_one_made_anew_in_another_case_is_ours_and_put_back(hand: ByHand):
    hand.repository.delete_label("priority: P0", by="alice")
    hand.repository.create_label("Priority: p0", by="alice")
    await hand.sync()
    assert {label.lower() for label in labels(hand, 1)} == {"gap", "priority: p0"}
    assert text(hand) == GAPS
    await at_rest(hand)


async def test_cut_off_while_it_is_put_back_it_is_done_again(hand: ByHand):
    hand.repository.delete_label("priority: P0", by="alice")
    hand.api.faults.append(Fault("POST", r"/issues/2/labels$", status=502))
    await hand.hooks.flush()
    deliveries, hand.waiting = tuple(hand.waiting), []
    with pytest.raises(Unavailable):
        await hand.handle(deliveries)
    await hand.handle(deliveries)
    assert_as_before(hand)


async def test_labels_of_people_are_none_of_ours(hand: ByHand):
    hand.repository.create_label("bug", by="alice")
    await hand.sync()
    hand.repository.edit_label("bug", by="alice", new_name="defect")
    hand.repository.delete_label("defect", by="alice")
    assert await hand.sync() == []


async def test_a_storm_of_twenty_label_events_is_one_look_and_one_request_a_label(hand: ByHand):
    for turn in range(10):
        hand.repository.edit_label("priority: P0" if turn == 0 else f"name {turn - 1}", by="alice", new_name=f"name {turn}")
        hand.repository.edit_label("priority: P1" if turn == 0 else f"word {turn - 1}", by="alice", new_name=f"word {turn}")
    calls = asked(await hand.sync())
    assert [call.method for call in calls] == ["GET", "PATCH", "PATCH"]
    assert_as_before(hand)
    await at_rest(hand)
