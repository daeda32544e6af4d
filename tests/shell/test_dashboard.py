"""The dashboard on the sandbox: one issue, rewritten when something changed and not more than once a minute; its boxes; its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.core.errors import Unavailable
from bot.sandbox import Fault, Role
from bot.store.store import Store
from tests.by_hand import CONFIG, ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox import Call
    from bot.sandbox.model import Issue

pytestmark = pytest.mark.anyio

GAPS = "# Known gaps\n\n- [ ] [P0] Rotate the keys\n- [ ] Limit the rate\n"
RULES = "files: [GAPS.md]\ndashboard: true\nlimits: {import: 9, close: 9}\n"


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world with a dashboard that was written more than a minute ago."""
    async with by_hand(tmp_path) as made:
        await made.push({CONFIG: RULES, "GAPS.md": GAPS})
        await settle(made)
        yield made


async def settle(hand: ByHand) -> None:
    """Let everything that follows follow, and a minute pass."""
    while hand.hooks.waiting or hand.waiting:
        await hand.sync()
    hand.clock.advance(61)


async def later(hand: ByHand) -> list[Call]:
    """The round that is due after a minute; returns its writes."""
    first = len(hand.api.calls)
    await hand.round()
    return [call for call in hand.api.calls[first:] if call.writes and not call.path.endswith("/access_tokens")]


def boards(hand: ByHand) -> list[Issue]:
    return [issue for issue in hand.issues.values() if issue.title == "Gapkeeper: dashboard"]


def board(hand: ByHand) -> str:
    [issue] = boards(hand)
    return issue.body or ""


def tick(hand: ByHand, label: str, *, by: str = "alice") -> None:
    [issue] = boards(hand)
    body = re.sub(rf"\[ \] (<!-- gapkeeper:box=\S+ --> {label})", r"[x] \1", issue.body or "")
    assert body != issue.body
    hand.repository.edit_issue(issue.number, by=by, body=body)


async def test_it_shows_how_the_gaps_stand(hand: ByHand):
    text = board(hand)
    assert "| `P0` | 1 |" in text
    assert "### Without a priority (1)" in text
    assert "| #2 | `Limit the rate` | `GAPS.md` |" in text
    [issue] = boards(hand)
    assert ([label.name for label in issue.labels], issue.user.login) == (["gap: dashboard"], "gapkeeper[bot]")


async def test_it_is_opt_in(tmp_path: Path):
    async with by_hand(tmp_path) as hand:
        await hand.push({CONFIG: "files: [GAPS.md]\n", "GAPS.md": GAPS})
        assert boards(hand) == []


async def test_nothing_is_written_when_nothing_changed(hand: ByHand):
    assert await later(hand) == []
    hand.clock.advance(61)
    calls = await hand.push({"other.txt": "x"})
    assert not [call for call in calls if call.writes]


async def test_a_change_is_shown_and_closed_gaps_are_listed(hand: ByHand):
    await hand.push({"GAPS.md": GAPS.replace("- [ ] [P0]", "- [x] [P0]").replace("Limit", "[P2] Limit")})
    text = board(hand)
    assert "### Closed in the last 30 days (1)" in text
    assert re.search(r"\| #1 \| `Rotate the keys` \| done \| \d{4}-\d\d-\d\d \|", text)
    assert "Without a priority" not in text


async def test_within_a_minute_it_is_written_once_and_what_changed_meanwhile_is_not_lost(hand: ByHand):
    await hand.push({"GAPS.md": GAPS + "- [ ] [P1] Third\n"})
    before = board(hand)
    calls = await hand.push({"GAPS.md": GAPS + "- [ ] [P1] Third\n- [ ] [P1] Fourth\n"})
    assert board(hand) == before
    assert not [call for call in calls if call.path.endswith(f"/issues/{boards(hand)[0].number}")]
    due = await hand.store.read(lambda c: c.exec_driver_sql("SELECT due - strftime('%s', 'now') FROM rounds").scalar())
    assert due is not None
    assert 50 < due < 62
    hand.clock.advance(61)
    assert [call.method for call in await later(hand)] == ["PATCH"]
    assert "| `P1` | 2 |" in board(hand)


async def test_problems_have_permalinks_that_stay_while_the_document_does(hand: ByHand):
    await hand.push({"GAPS.md": GAPS + "- [ ] \n", CONFIG: RULES + "codeowners: true\n"})
    head = hand.repository.branches["main"]
    text = board(hand)
    assert f"error in [`GAPS.md:5`](http://github.test/acme/app/blob/{head}/GAPS.md?plain=1#L5): `This entry has no title" in text
    assert f"warning in [`{CONFIG}:4`]" in text
    hand.clock.advance(61)
    await hand.push({"other.txt": "x"})
    hand.clock.advance(61)
    assert await later(hand) == []
    assert board(hand) == text
    await hand.push({CONFIG: "fils: a\n"})
    assert "error in [`.github/gapkeeper.yml:1`]" in board(hand)


async def conflict(hand: ByHand) -> None:
    hand.repository.edit_issue(1, by="alice", title="Rotate them daily")
    await hand.push({"GAPS.md": GAPS.replace("Rotate the keys", "Rotate them weekly")})
    await settle(hand)
    await later(hand)
    await settle(hand)
    assert "### Conflicts (1)" in board(hand)


@pytest.mark.parametrize(("label", "title"), [("keep file", "Rotate them weekly"), ("keep issue", "Rotate them daily")])
async def test_a_conflict_is_settled_by_its_box_and_the_box_is_gone(hand: ByHand, label: str, title: str):
    await conflict(hand)
    tick(hand, label)
    await settle(hand)
    assert hand.issues[1].title == title
    assert title in hand.repository.read("GAPS.md").decode()
    await later(hand)
    assert "Conflicts" not in board(hand)


async def test_i19_a_box_ticked_without_write_permission_settles_nothing_not_even_with_the_next_edit(hand: ByHand):
    await conflict(hand)
    # GitHub lets nobody without write permission edit our issue; that they lost it since is the same to us (fault #93).
    hand.repository.allow("bob", Role.WRITE)
    tick(hand, "keep file", by="bob")
    hand.repository.allow("bob", Role.TRIAGE)
    [issue] = boards(hand)
    hand.repository.edit_issue(issue.number, by="alice", body=f"{issue.body}\nA note.\n")
    await settle(hand)
    assert hand.issues[1].title == "Rotate them daily"
    assert "Rotate them weekly" in hand.repository.read("GAPS.md").decode()
    assert "gap: conflict" in {label.name for label in hand.issues[1].labels}
    await later(hand)
    assert "[x]" not in board(hand)


async def held(hand: ByHand) -> None:
    await hand.push({CONFIG: RULES.replace("close: 9", "open: 1"), "GAPS.md": GAPS + "- [ ] [P1] Third\n- [ ] [P1] Fourth\n"})
    await settle(hand)
    assert "Third" not in hand.titles()
    await later(hand)
    await settle(hand)


async def test_a_plan_that_waits_is_approved_here(hand: ByHand):
    await held(hand)
    tick(hand, "approve exactly this plan")
    await settle(hand)
    assert {"Third", "Fourth"} <= hand.titles().keys()
    await later(hand)
    assert "A plan waits" not in board(hand)


async def test_i19_a_plan_is_not_approved_by_who_may_not_write_when_it_is_looked_up(hand: ByHand):
    await held(hand)
    hand.repository.allow("bob", Role.WRITE)
    tick(hand, "approve exactly this plan", by="bob")
    hand.repository.allow("bob", Role.TRIAGE)
    await settle(hand)
    await later(hand)
    assert "Third" not in hand.titles()
    assert "[x]" not in board(hand)


async def test_everything_is_compared_when_asked_and_the_box_is_empty_again(hand: ByHand):
    hand.repository.edit_issue(1, by="alice", title="Rotate them daily")
    await hand.hooks.flush()
    hand.waiting.clear()  # it is lost
    tick(hand, "compare everything now")
    await settle(hand)
    assert [issue.title for issue in hand.issues.values() if issue.pull] == ["Write issues back into the gap documents"]
    await later(hand)
    assert "[x]" not in board(hand)
    assert [call.method for call in await later(hand)] == []


async def test_what_people_write_into_it_is_replaced(hand: ByHand):
    before = board(hand)
    hand.repository.edit_issue(boards(hand)[0].number, by="alice", body="mine")
    await settle(hand)
    assert board(hand) == before


async def test_one_that_was_deleted_is_made_anew_once(hand: ByHand):
    hand.repository.delete_issue(boards(hand)[0].number, by="alice")
    await settle(hand)
    await settle(hand)
    again = boards(hand)[0].number
    hand.repository.delete_issue(again, by="alice")
    await settle(hand)
    assert boards(hand) == []
    await hand.push({"GAPS.md": GAPS + "- [ ] [P1] Third\n"})
    await settle(hand)
    await later(hand)
    assert boards(hand) == []
    await hand.push({CONFIG: RULES.replace("dashboard: true", "dashboard: false")})
    await settle(hand)
    await hand.push({CONFIG: RULES})
    assert len(boards(hand)) == 1


async def test_i4_there_is_never_a_second_one(tmp_path: Path):
    async with by_hand(tmp_path) as hand:
        await hand.push({CONFIG: "files: [GAPS.md]\n", "GAPS.md": GAPS})
        hand.repository.push({CONFIG: RULES.encode()}, by="alice")
        hand.api.faults.append(Fault("POST", r"/issues$", status=502, after=True))
        with pytest.raises(Unavailable):
            await hand.sync()
        assert len(boards(hand)) == 1
        await hand.reconcile()
        assert len(boards(hand)) == 1


async def test_i17_it_is_found_again_without_the_database(hand: ByHand, tmp_path: Path):
    async with Store(f"sqlite:///{tmp_path / 'fresh.db'}") as fresh:
        hand.store = fresh
        await hand.push({"GAPS.md": GAPS + "- [ ] [P1] Third\n"})
        await settle(hand)
        assert len(boards(hand)) == 1
        assert "| `P1` | 1 |" in board(hand)


async def test_a_copy_of_it_by_a_person_is_none(hand: ByHand):
    before = board(hand)
    hand.repository.open_issue(by="alice", title="Copy", body=before, labels=["gap: dashboard"])
    await settle(hand)
    await hand.push({"GAPS.md": GAPS + "- [ ] [P1] Third\n"})
    assert board(hand) != before
    assert next(issue for issue in hand.issues.values() if issue.title == "Copy").body == before


async def test_turned_off_it_is_closed_and_turned_on_it_is_the_same_one(hand: ByHand):
    [issue] = boards(hand)
    await hand.push({CONFIG: RULES.replace("dashboard: true", "dashboard: false")})
    await settle(hand)
    assert (issue.open, issue.state_reason) == (False, "completed")
    assert await later(hand) == []
    await hand.push({CONFIG: RULES})
    assert boards(hand) == [issue]
    assert issue.open


async def test_fault_41_what_github_refuses_about_it_stops_nothing_else(hand: ByHand):
    hand.api.faults.append(Fault("PATCH", rf"/issues/{boards(hand)[0].number}$", status=422, times=9))
    await hand.push({"GAPS.md": GAPS + "- [ ] [P1] Third\n"})
    assert "Third" in hand.titles()
