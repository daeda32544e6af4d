"""From issues into documents: what people change on an issue, and exactly these characters change in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox import Role
from bot.store.store import Store
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
    pytest.param(lambda h: h.repository.set_labels(2, ["gap"], by="alice"), "[P1] Limit", "Limit", id="no priority any more"),
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


async def test_reopening_a_deferred_gap_defers_it_again(hand: ByHand):
    deferred = GAPS.replace("❌ Missing", "⏸ Deferred to v2")
    await hand.push({"GAPS.md": deferred})
    hand.repository.close_issue(3, by="alice")
    await hand.sync()
    hand.repository.reopen_issue(3, by="alice")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == deferred
    assert {label.name for label in hand.issues[3].labels} == {"gap", "priority: high", "status: deferred"}
    calls = [call for _ in range(3) for call in await hand.sync()]
    assert [str(call) for call in calls if call.writes] == []


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


async def test_fault_19_an_older_payload_that_comes_later_hides_nothing(hand: ByHand):
    hand.repository.add_labels(1, ["help wanted"], by="alice")
    hand.repository.close_issue(1, by="alice")
    await hand.hooks.flush()
    hand.waiting.reverse()
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]")


async def test_i19_without_write_permission_it_is_proposed(hand: ByHand):
    hand.repository.allow("bob", Role.TRIAGE)
    hand.repository.close_issue(1, by="bob")
    await hand.sync()
    assert hand.repository.read("GAPS.md").decode() == GAPS
    assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]")
    again = await hand.sync()
    assert [str(call) for call in again if call.writes] == []


async def test_proposals_add_up_until_they_are_merged(hand: ByHand):
    await hand.push({CONFIG: "write_back: pull_request\n"})
    for number in (1, 2):
        hand.repository.close_issue(number, by="alice")
        await hand.sync()
    proposed = GAPS.replace("- [ ] [P0]", "- [x] [P0]").replace("- [ ] [P1] Limit", "- [x] [P1] Limit")
    assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == proposed
    (pull,) = (issue for issue in hand.issues.values() if issue.pull)
    assert "| 1 |" in (pull.body or "")
    assert "| 2 |" in (pull.body or "")
    await hand.push({"GAPS.md": proposed})
    calls = [call for _ in range(3) for call in await hand.sync()]
    assert [str(call) for call in calls if call.writes] == []
    hand.repository.close_issue(3, by="alice")
    await hand.sync()
    assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == proposed.replace("❌ Missing", "✅ Done")


@pytest.mark.parametrize("how", ["the issue was taken back", "the document says so already"])
async def test_a_proposal_of_which_nothing_is_left_is_closed_once(hand: ByHand, how: str):
    await hand.push({CONFIG: "write_back: pull_request\n"})
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    (pull,) = (issue for issue in hand.issues.values() if issue.pull)
    assert pull.open
    if how == "the issue was taken back":
        hand.repository.reopen_issue(1, by="alice")
        await hand.sync()
    else:
        await hand.push({"GAPS.md": GAPS.replace("- [ ] [P0]", "- [x] [P0]")})
    assert not hand.issues[pull.number].open
    assert len(pull.comments) == 1
    calls = [call for _ in range(3) for call in await hand.sync()]
    await hand.reconcile()
    assert [str(call) for call in calls if call.writes] == []
    hand.repository.close_issue(2, by="alice")
    await hand.sync()
    assert [issue.number for issue in hand.issues.values() if issue.pull and issue.open] != []


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


class TestConflicts:
    """Both sides changed a field, differently: shown once, with two boxes; a ticked one settles it."""

    @pytest.fixture
    async def disputed(self, hand: ByHand) -> ByHand:
        hand.repository.edit_issue(2, by="alice", title="Mine")
        await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates")})
        return hand

    async def test_one_comment_with_both_versions_and_a_label(self, disputed: ByHand):
        (comment,) = disputed.issues[2].comments.values()
        assert comment.user.login == "gapkeeper[bot]"
        assert "| `title` | `Limit all rates` | `Mine` |" in comment.body
        assert "gap: conflict" in {label.name for label in disputed.issues[2].labels}
        for text in ("\n", "\nMore.\n"):
            await disputed.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates") + text})
        await disputed.sync()
        assert len(disputed.issues[2].comments) == 1

    @pytest.mark.parametrize(("name", "title"), [("keep-file", "Limit all rates"), ("keep-issue", "Mine")])
    async def test_a_ticked_box_settles_it(self, disputed: ByHand, name: str, title: str):
        (number,) = disputed.issues[2].comments
        comment = disputed.issues[2].comments[number]
        ticked = comment.body.replace(f"[ ] <!-- gapkeeper:box={name}", f"[x] <!-- gapkeeper:box={name}")
        disputed.repository.edit_comment(number, ticked, by="alice")
        await disputed.sync()
        assert disputed.issues[2].title == title
        assert f"- [ ] [P1] {title}\n" in disputed.repository.read("GAPS.md").decode()
        assert "gap: conflict" not in {label.name for label in disputed.issues[2].labels}
        calls = [call for _ in range(3) for call in await disputed.sync()]
        assert [str(call) for call in calls if call.writes] == []

    async def test_i19_a_box_ticked_without_write_permission_settles_nothing(self, disputed: ByHand):
        (number,) = disputed.issues[2].comments
        comment = disputed.issues[2].comments[number]
        ticked = comment.body.replace("[ ] <!-- gapkeeper:box=keep-file", "[x] <!-- gapkeeper:box=keep-file")
        disputed.repository.edit_comment(number, ticked, by="alice")
        disputed.repository.allow("alice", Role.READ)
        await disputed.sync()
        assert disputed.issues[2].title == "Mine"

    async def test_it_ends_when_people_agree_by_themselves(self, disputed: ByHand):
        disputed.repository.edit_issue(2, by="alice", title="Limit all rates")
        await disputed.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates") + "\n"})
        assert "gap: conflict" not in {label.name for label in disputed.issues[2].labels}


class TestNewcomers:
    """An issue that a person opens with the label `gap`, or labels so later, becomes an entry."""

    async def test_an_issue_with_the_label_becomes_an_entry(self, hand: ByHand):
        issue = hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap", "priority: P0"])
        await hand.sync()
        text = hand.repository.read("GAPS.md").decode()
        assert "- [ ] [P0] Encrypt backups\n" in text
        assert text.replace("- [ ] [P0] Encrypt backups\n", "") == GAPS
        body = hand.issues[issue.number].body or ""
        assert body.startswith("Please.\n\n<!-- gapkeeper:begin")
        calls = [call for _ in range(3) for call in await hand.sync()]
        assert [str(call) for call in calls if call.writes] == []
        await hand.push({"GAPS.md": text.replace("- [ ] [P0] Encrypt backups", "- [x] [P0] Encrypt backups")})
        assert not hand.issues[issue.number].open
        assert len(hand.issues) == 4

    async def test_one_without_the_label_does_not(self, hand: ByHand):
        hand.repository.open_issue(title="A question", body="", by="alice")
        await hand.sync()
        assert hand.repository.read("GAPS.md").decode() == GAPS

    async def test_i17_an_adopted_issue_is_known_again_without_the_database(self, hand: ByHand, tmp_path: Path):
        hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
        await hand.sync()
        text = hand.repository.read("GAPS.md").decode()
        async with Store(f"sqlite:///{tmp_path / 'another.db'}") as fresh:
            hand.store = fresh
            await hand.push({"GAPS.md": text + "\n"})
        assert len(hand.issues) == 4


class TestApproval:
    """A held plan is let through by a box that names exactly this plan."""

    MANY = "# Known gaps\n\n" + "".join(f"- [ ] Gap number {i}\n" for i in range(26))

    @pytest.fixture
    async def held(self, tmp_path: Path) -> AsyncIterator[ByHand]:
        async with by_hand(tmp_path) as made:
            await made.push({"GAPS.md": self.MANY})
            await made.sync()
            assert made.titles() == {"Gapkeeper: plan waiting": 1}
            yield made

    def tick(self, held: ByHand, by: str = "alice") -> None:
        body = held.issues[1].body or ""
        assert "- [ ] <!-- gapkeeper:box=approve:" in body
        held.repository.edit_issue(1, by=by, body=body.replace("- [ ] <!-- gapkeeper:box=", "- [x] <!-- gapkeeper:box="))

    async def test_an_approved_plan_is_carried_out(self, held: ByHand):
        self.tick(held)
        await held.sync()
        assert len(held.titles()) == 26
        assert held.titles(is_open=False) == {"Gapkeeper: plan waiting": 1}

    async def test_a_stale_approval_is_void_and_the_new_plan_is_shown(self, held: ByHand):
        self.tick(held)
        held.repository.push({"GAPS.md": (self.MANY + "- [ ] One more\n").encode()}, by="alice", message="meanwhile")
        await held.sync()
        assert held.titles() == {"Gapkeeper: plan waiting": 1}
        assert "One more" in (held.issues[1].body or "")
        assert "- [x]" not in (held.issues[1].body or "")

    async def test_i19_an_approval_without_write_permission_does_nothing(self, held: ByHand):
        held.repository.allow("bob", Role.TRIAGE)
        self.tick(held, by="bob")
        await held.sync()
        assert held.titles() == {"Gapkeeper: plan waiting": 1}


async def test_fault_36_a_deleted_issue_leaves_its_entry_alone(hand: ByHand):
    hand.repository.delete_issue(1, by="alice")
    await hand.sync()
    await hand.push({"GAPS.md": GAPS + "\nMore.\n"})
    assert hand.repository.read("GAPS.md").decode() == GAPS + "\nMore.\n"
    assert hand.titles() == {"Limit the rate": 2, "Retries": 3}


class TestReconcile:
    """What was never delivered is found by comparing everything (#119)."""

    async def drop(self, hand: ByHand) -> None:
        await hand.hooks.flush()
        hand.waiting = []

    async def test_i6_a_push_that_was_never_delivered(self, hand: ByHand):
        await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate of calls")}, sync=False)
        await self.drop(hand)
        await hand.reconcile()
        assert hand.issues[2].title == "Limit the rate of calls"
        first = len(hand.api.calls)
        await hand.reconcile()
        assert [str(call) for call in hand.api.calls[first:] if call.writes] == []

    async def test_i19_an_issue_that_nobody_is_known_to_have_changed_is_proposed(self, hand: ByHand):
        hand.repository.close_issue(1, by="alice")
        await self.drop(hand)
        await hand.reconcile()
        assert hand.repository.read("GAPS.md").decode() == GAPS
        assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]")

    async def test_a_newcomer_asks_in_the_name_of_its_author(self, hand: ByHand):
        hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
        await self.drop(hand)
        await hand.reconcile()
        assert "Encrypt backups" in hand.repository.read("GAPS.md").decode()
