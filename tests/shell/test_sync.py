"""The one workflow on the sandbox: what it does to issues, what it asks of GitHub, and what it survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.errors import Unavailable
from bot.github.pacing import Time
from bot.sandbox import Clock, Fault
from bot.store.pace import SharedLedger
from bot.store.store import Store
from tests.by_hand import CONFIG, ByHand, at_hand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

DOCUMENT = "# Known gaps\n\n## Security\n\n- [ ] [P0] Rotate the keys\n- [ ] [P1] Limit the rate\n- [x] [P1] Hash the ids\n"


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A fresh world."""
    async with by_hand(tmp_path) as made:
        yield made


async def test_a_push_opens_issues_and_the_same_again_writes_nothing(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2}
    assert {label.name for label in hand.issues[1].labels} == {"gap", "priority: P0"}
    assert await hand.push({"README.md": "hello"}) == []
    assert [str(call) for call in await hand.push({"GAPS.md": DOCUMENT + "\n"}) if call.writes] == []


async def test_a_changed_gap_costs_three_requests(hand: ByHand):
    lines = [f"- [ ] [P1] Gap number {i}" for i in range(20)]
    await hand.push({"GAPS.md": "# Known gaps\n\n" + "\n".join(lines) + "\n"})
    lines[7] += " is urgent"
    calls = await hand.push({"GAPS.md": "# Known gaps\n\n" + "\n".join(lines) + "\n"})
    assert [call.method for call in calls] == ["GET", "GET", "PATCH"]
    assert hand.issues[8].title == "Gap number 7 is urgent"


async def test_fault_44_a_create_whose_answer_is_lost_is_not_repeated(hand: ByHand):
    hand.api.faults.append(Fault("POST", r"/issues$", status=502, after=True))
    with pytest.raises(Unavailable):
        await hand.push({"GAPS.md": DOCUMENT})
    assert len(hand.issues) == 1
    await hand.push({"GAPS.md": DOCUMENT + "\n"})
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2}


async def test_fault_45_a_create_that_did_not_happen_happens_later(hand: ByHand):
    hand.api.faults.append(Fault("POST", r"/issues$", status=502))
    with pytest.raises(Unavailable):
        await hand.push({"GAPS.md": DOCUMENT})
    await hand.push({"GAPS.md": DOCUMENT + "\n"})
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2}


async def test_a_held_import_is_one_issue_until_the_limit_is_raised(hand: ByHand):
    many = "# Known gaps\n\n" + "".join(f"- [ ] Gap number {i}\n" for i in range(26))
    await hand.push({"GAPS.md": many})
    assert hand.titles() == {"Gapkeeper: plan waiting": 1}
    assert [call for call in await hand.push({"GAPS.md": many + "\n"}) if call.writes] == []
    await hand.push({CONFIG: "limits: {import: 26}\n"})
    assert len(hand.titles()) == 26
    assert hand.titles(is_open=False) == {"Gapkeeper: plan waiting": 1}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"# Known gaps\n\n- [ ] a\0b\n", id="#56 NUL"),
        pytest.param(b"# Known gaps\n\n- [ ] \xff\n", id="#57 not UTF-8"),
        pytest.param(b"# Known gaps\n" + b"x" * (1 << 20), id="#61 too large"),
        pytest.param(b"<<<<<<< ours\n- [ ] a\n=======\n- [ ] b\n>>>>>>> theirs\n", id="#83 conflict markers"),
    ],
)
async def test_a_broken_document_closes_nothing(hand: ByHand, broken: bytes):
    await hand.push({"GAPS.md": DOCUMENT})
    await hand.push({"GAPS.md": broken})
    assert len(hand.titles()) == 2
    await hand.push({"GAPS.md": DOCUMENT.replace("- [ ] [P0] Rotate the keys\n", "")})
    assert hand.titles() == {"Limit the rate": 2}


async def test_fault_100_a_broken_config_keeps_the_last_good_one(hand: ByHand):
    await hand.push({CONFIG: "files: [list.md]\n", "list.md": DOCUMENT})
    assert len(hand.titles()) == 2
    await hand.push({CONFIG: "files: [list.md\n", "list.md": DOCUMENT.replace("[ ] [P0]", "[x] [P0]")})
    assert len(hand.titles()) == 2
    await hand.push({CONFIG: "files: [list.md]\n"})
    assert hand.titles() == {"Limit the rate": 2}


async def test_i17_a_lost_database_is_rebuilt_from_the_markers(hand: ByHand, tmp_path):
    await hand.push({"GAPS.md": DOCUMENT})
    async with Store(f"sqlite:///{tmp_path / 'another.db'}") as fresh:
        hand.store = fresh
        calls = await hand.push({"GAPS.md": DOCUMENT.replace("Limit the rate", "Limit the rate of all calls")})
    assert [call.method for call in calls if call.writes and "/issues" in call.path] == ["PATCH"]
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate of all calls": 2}


async def test_fault_73_a_copied_marker_is_nothing(hand: ByHand, tmp_path):
    await hand.push({"GAPS.md": DOCUMENT})
    copied = hand.issues[1].body
    hand.repository.open_issue(title="Copy", body=copied, by="alice", labels=["gap"])
    async with Store(f"sqlite:///{tmp_path / 'another.db'}") as fresh:
        hand.store = fresh
        await hand.push({"GAPS.md": DOCUMENT.replace("[ ] [P0]", "[x] [P0]")})
    assert hand.titles() == {"Limit the rate": 2, "Copy": 3}


async def test_fault_36_a_deleted_issue_is_left_deleted(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    hand.repository.delete_issue(1, by="alice")
    await hand.push({"GAPS.md": DOCUMENT.replace("Rotate the keys", "Rotate the keys often")})
    await hand.push({"GAPS.md": DOCUMENT.replace("Rotate the keys", "Rotate the keys daily")})
    assert hand.titles() == {"Limit the rate": 2}


async def test_i14_a_forced_push_is_read_whole(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    await hand.push({"GAPS.md": "# Known gaps\n\n- [x] [P0] Rotate the keys\n- [ ] [P1] Limit the rate\n"}, force=True)
    assert hand.titles() == {"Limit the rate": 2}


async def test_fault_30_an_import_of_100_gaps_takes_the_99_seconds_that_github_demands(tmp_path: Path):
    """By a simulated clock: a second between writes, four more for the labels, and no other waiting."""
    clock = Clock()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    time = Time(monotonic=clock, wall=clock, sleep=sleep, chance=lambda: 0.5)
    async with Store(f"sqlite:///{tmp_path}/test.db") as store:
        hand = at_hand(store, clock=clock, clocked=time, spacing=1.0, ledger=SharedLedger(store, clock=clock))
        await hand.push({CONFIG: "limits: {import: 100}\n"})
        begun = clock()
        gaps = "".join(f"- [ ] [P{number % 3}] Gap number {number}\n" for number in range(100))
        await hand.push({"GAPS.md": f"# Known gaps\n\n{gaps}"})
        assert len(hand.titles()) == 100
        assert 99.0 <= clock() - begun <= 99.0 * 1.05
        await hand.github.aclose()
