"""What the sync notes of what it changed: each field before and after, who was behind it, and nothing where nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.errors import Unavailable
from bot.core.journal import Cause, Noted, Step
from bot.core.names import RepositoryId
from bot.sandbox import Fault
from bot.store import journal
from tests.by_hand import CONFIG, ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

GAPS = """# Known gaps

## Security

- [ ] [P1] Rotate the keys
- [ ] [P2] Limit the rate
  - [ ] Count the calls

## Resolved

- [x] Hash the ids
"""
KEYS, RATE = 1, 2


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    async with by_hand(tmp_path) as made:
        await made.push({"GAPS.md": GAPS})
        await made.sync()
        yield made


async def noted(hand: ByHand, number: int) -> tuple[Noted, ...]:
    repository = RepositoryId(hand.repository.id)
    pair = next(pair for pair in await hand.store.pairs(repository) if pair.number == number)
    return await hand.store.read(journal.changes, repository, pair.key)


async def test_a_gap_that_got_its_issue(hand: ByHand):
    (first,) = await noted(hand, RATE)
    assert first.change.steps == (Step("issue", None, "2"),)
    assert first.change.cause.person == "alice"
    assert first.change.cause.commit == hand.repository.head().sha


async def test_a_push_is_its_pushers(hand: ByHand):
    await hand.push({"GAPS.md": GAPS.replace("[P2]", "[P0]")}, sync=False)
    await hand.hooks.flush()
    (delivery,) = hand.waiting
    await hand.sync()
    newest, _ = await noted(hand, RATE)
    assert newest.change.steps == (Step("priority", "p2", "p0"),)
    assert newest.change.cause == Cause("alice", delivery.id, hand.repository.head().sha)
    assert len(await noted(hand, KEYS)) == 1


async def test_a_change_of_an_issue_is_whose_touched_it_and_names_our_commit(hand: ByHand):
    hand.repository.allow("bob", hand.repository.role("alice"))
    hand.repository.close_issue(KEYS, by="bob")
    await hand.sync()
    newest, _ = await noted(hand, KEYS)
    assert newest.change.steps == (Step("state", "open", "done"),)
    assert newest.change.cause.person == "bob"
    assert newest.change.cause.commit == hand.repository.head().sha
    await hand.sync()
    assert len(await noted(hand, KEYS)) == 2


async def test_ticks_and_moves_are_noted(hand: ByHand):
    text = GAPS.replace("  - [ ] Count", "  - [x] Count").replace("## Security", "## Safety")
    await hand.push({"GAPS.md": text})
    newest, _ = await noted(hand, RATE)
    assert newest.change.steps == (Step("ticks", "0", "1"), Step("section", ("Security",), ("Safety",)))


async def test_what_changed_nothing_is_not_noted(hand: ByHand):
    await hand.push({"README.md": "hello\n"})
    await hand.push({"GAPS.md": f"{GAPS}\nA last word.\n"})
    hand.repository.comment(KEYS, "Thanks!", by="alice")
    await hand.sync()
    assert len(await noted(hand, KEYS)) == len(await noted(hand, RATE)) == 1


async def test_i12_a_change_is_noted_once_though_we_died_before_we_noted_it(hand: ByHand):
    await hand.push({"GAPS.md": GAPS.replace("[P2]", "[P0]")}, sync=False)
    await hand.hooks.flush()
    deliveries, hand.waiting = tuple(hand.waiting), []
    hand.api.faults.append(Fault("PATCH", r"/issues/2$", status=502, after=True))
    with pytest.raises(Unavailable):
        await hand.handle(deliveries)
    await hand.handle(deliveries)
    await hand.sync()
    newest, _ = await noted(hand, RATE)
    assert newest.change.steps == (Step("priority", "p2", "p0"),)


async def test_a_gap_that_is_moved_when_it_is_done_keeps_its_issue_and_so_do_the_others(hand: ByHand):
    """The document holds as many gaps as before, at other places."""
    await hand.push({CONFIG: 'done_style: "move: Resolved"\n'})
    await hand.sync()
    hand.repository.close_issue(KEYS, by="alice")
    await hand.sync()
    await hand.sync()
    assert {number: (issue.title, issue.open) for number, issue in hand.issues.items()} == {
        KEYS: ("Rotate the keys", False),
        RATE: ("Limit the rate", True),
    }
    assert (
        hand.repository.read("GAPS.md").decode()
        == GAPS.replace("- [ ] [P1] Rotate the keys\n", "") + "- [x] [P1] Rotate the keys\n"
    )
