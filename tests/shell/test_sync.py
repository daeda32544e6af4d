"""The one workflow on the sandbox: what it does to issues, what it asks of GitHub, and what it survives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.core.errors import Unavailable, Unsettled
from bot.core.names import IssueNumber, RepositoryId
from bot.github.pacing import Time
from bot.sandbox import Clock, Fault
from bot.sandbox.webhooks import Decision
from bot.store.pace import SharedLedger
from bot.store.store import Store
from tests.by_hand import CONFIG, ByHand, at_hand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
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


async def test_fault_44_what_was_perhaps_created_is_created_again_only_after_two_empty_lists(tmp_path: Path):
    """Ten minutes apart, for lists lag; meanwhile everything else goes on, and what shows up late is taken for what it is."""
    clock = Clock()
    async with Store(f"sqlite:///{tmp_path}/test.db") as store:
        hand = at_hand(store, clock=clock, spacing=0.001)
        hand.api.faults.append(Fault("POST", r"/issues$", status=502))
        with pytest.raises(Unavailable):
            await hand.push({"GAPS.md": DOCUMENT})
        with pytest.raises(Unsettled) as caught:
            await hand.push({"GAPS.md": DOCUMENT + "\n"})
        assert caught.value.retry_after == 600.0
        assert set(hand.titles()) == {"Limit the rate"}, "the other gap does not wait"
        clock.advance(599)
        with pytest.raises(Unsettled) as caught:
            await hand.push({"GAPS.md": DOCUMENT + "\n\n"})
        assert caught.value.retry_after == pytest.approx(1.0)
        clock.advance(1)
        await hand.push({"GAPS.md": DOCUMENT})
        assert set(hand.titles()) == {"Limit the rate", "Rotate the keys"}
        await hand.github.aclose()


async def test_fault_44_what_shows_up_late_is_not_created_twice(tmp_path: Path):
    async with Store(f"sqlite:///{tmp_path}/test.db") as store:
        hand = at_hand(store, clock=Clock(), spacing=0.001)
        await hand.push({"GAPS.md": "# Known gaps\n"})
        hand.api.faults.append(Fault("POST", r"/issues$", status=504, after=True))
        with pytest.raises(Unavailable):
            await hand.push({"GAPS.md": DOCUMENT})
        hand.hooks.policy = lambda one: Decision.DROP if one.event == "issues" else Decision.DELIVER
        hand.api.faults.append(Fault("GET", r"/issues$", status=200, body=[]))
        with pytest.raises(Unsettled):
            await hand.push({"GAPS.md": DOCUMENT + "\n"})
        await hand.push({"GAPS.md": DOCUMENT + "\n\n"})
        assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2}
        await hand.github.aclose()


@pytest.mark.parametrize("call", [r"/issues$", r"/git/|/contents/", r"/issues/1$"], ids=["create", "read", "update"])
async def test_fault_38_a_repository_renamed_during_a_sync_is_found_by_its_id(hand: ByHand, call: str):
    await hand.push({"GAPS.md": DOCUMENT})
    changed = DOCUMENT.replace("Rotate the keys", "Rotate all keys").replace("- [x]", "- [ ]")
    hand.repository.push({"GAPS.md": changed.encode()}, by="alice", message="a change")
    renamed = False

    class Renaming(list[Fault]):
        """Renames the repository when the call comes by."""

        def __iter__(self) -> Iterator[Fault]:
            nonlocal renamed
            last = hand.api.calls[-1]
            if not renamed and re.search(call, last.path) and (last.method != "GET" or "issues" not in call):
                renamed = True
                hand.repository.rename("other", by="alice")
            return super().__iter__()

    hand.api.faults = Renaming()
    await hand.sync()
    assert renamed
    assert hand.titles() == {"Rotate all keys": 1, "Limit the rate": 2, "Hash the ids": 3}
    assert [str(call) for call in await hand.push({"GAPS.md": changed + "\n"}) if call.writes] == []


async def test_fault_51_an_issue_older_than_its_delivery_is_read_again_and_not_written_back(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    state = await hand.store.repository(RepositoryId(hand.repository.id))
    assert state is not None
    await hand.github.reader(state.installation).issue(state.name, IssueNumber(1))
    hand.clock.advance(60)
    hand.repository.close_issue(1, by="alice")
    hand.api.faults.append(Fault("GET", r"/issues/1$", times=2, stale=True))
    await hand.sync()
    assert b"- [x] [P0] Rotate the keys" in hand.repository.read("GAPS.md")


async def test_a_round_of_an_unchanged_repository_is_three_requests(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    await hand.round()
    first = len(hand.api.calls)
    await hand.round()
    assert [call.method for call in hand.api.calls[first:]] == ["GET"] * 3
    assert hand.issues[1].open


async def test_fault_119_a_round_finds_what_no_delivery_told(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    await hand.round()
    hand.clock.advance(86_400)
    hand.repository.push({"GAPS.md": (DOCUMENT + "- [ ] [P2] One more\n").encode()}, by="alice", message="lost")
    hand.repository.close_issue(2, by="alice")
    hand.hooks.policy = lambda _: Decision.DROP
    await hand.hooks.flush()
    await hand.round()
    assert hand.titles()["One more"] == 3
    assert b"- [ ] [P1] Limit the rate" in hand.repository.read("GAPS.md"), "nobody knows who closed it: it is proposed (I19)"
    (pull,) = (issue for issue in hand.issues.values() if issue.pull)
    assert "| 2 |" in (pull.body or "")


async def test_a_round_compares_every_issue_once_a_week(hand: ByHand):
    await hand.push({"GAPS.md": DOCUMENT})
    await hand.round()
    for days, lists in ((6, 0), (2, 1), (1, 0)):
        hand.clock.advance(days * 86_400)
        first = len(hand.api.calls)
        await hand.round()
        labelled = [call for call in hand.api.calls[first:] if "labels" in call.query]
        assert len(labelled) == lists, days


async def test_a_repository_that_nobody_knows_has_no_round(hand: ByHand):
    await hand.round()
    assert hand.api.calls == []
