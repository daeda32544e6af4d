"""What the machine of `tests/properties/test_two_way.py` found, each as a plain story named after what must hold."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.errors import GapkeeperError
from bot.core.names import RepositoryId
from bot.jobs.outcome import Done
from bot.sandbox import Api, Call, Clock, Fault, Role
from bot.store.store import Store
from tests.by_hand import ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

GAPS = """# Known gaps

## Security

- [ ] [P1] Rotate the keys
  - Note: seen when the whole team met in early spring
  - [ ] inventory
- [ ] [P2] Limit the rate
- [ ] [P2] Hash the ids
"""


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world in which the document was imported: #1 keys, #2 rate, #3 ids."""
    async with by_hand(tmp_path) as made:
        await made.push({"GAPS.md": GAPS})
        await made.sync()
        yield made


def text(hand: ByHand, path: str = "GAPS.md") -> str:
    return hand.repository.read(path).decode()


def labels(hand: ByHand, number: int) -> set[str]:
    return {label.name for label in hand.issues[number].labels}


async def test_i11_what_people_wrote_in_the_region_survives_a_move_of_the_gap(hand: ByHand):
    body = hand.issues[1].body or ""
    hand.repository.edit_issue(1, by="alice", body=body.replace("- [ ] inventory", "- [ ] inventory\n\nSomebody wrote in here."))
    await hand.push({"GAPS.md": None, "KNOWN_GAPS.md": GAPS})
    assert "Somebody wrote in here." in (hand.issues[1].body or "")
    assert "KNOWN_GAPS.md" in (hand.issues[1].body or "")


async def test_i2_a_second_label_of_a_family_is_what_a_person_wants_now(hand: ByHand):
    hand.repository.add_labels(2, ["priority: P0"], by="alice")
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate of calls")})
    assert "- [ ] [P0] Limit the rate of calls\n" in text(hand)
    assert labels(hand, 2) == {"gap", "priority: P0"}


async def test_several_new_labels_of_a_family_collapse_to_the_last_one(hand: ByHand):
    hand.repository.set_labels(2, ["gap", "priority: P0", "help wanted", "priority: P1"], by="alice")
    await hand.sync()
    assert "- [ ] [P1] Limit the rate\n" in text(hand)
    assert labels(hand, 2) == {"gap", "priority: P1", "help wanted"}
    first = len(hand.api.writes)
    await hand.sync()
    await hand.reconcile()
    assert len(hand.api.writes) == first


async def test_a_second_status_label_is_what_a_person_wants_now(hand: ByHand):
    hand.repository.add_labels(2, ["status: in progress"], by="alice")
    await hand.sync()
    hand.repository.add_labels(2, ["status: deferred"], by="alice")
    await hand.sync()
    assert "Limit the rate (Deferred)" in text(hand)
    assert labels(hand, 2) == {"gap", "priority: P2", "status: deferred"}


async def test_i4_a_newcomer_whose_entry_was_written_before_we_died_gets_no_second_issue(hand: ByHand):
    hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
    hand.api.faults.append(Fault("PATCH", r"/issues/4$", status=502))
    with pytest.raises(GapkeeperError):
        await hand.sync()
    assert "Encrypt backups" in text(hand)
    await hand.hooks.flush()
    hand.waiting = []
    hand.repository.edit_issue(4, by="alice", body="Please, soon.")
    await hand.push({"GAPS.md": text(hand) + "\nMore.\n"})
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Hash the ids": 3, "Encrypt backups": 4}
    assert text(hand).count("Encrypt backups") == 1
    assert (hand.issues[4].body or "").startswith("Please, soon.\n\n<!-- gapkeeper:begin")


async def test_fault_81_a_gap_that_is_taken_out_while_its_document_is_renamed_is_closed(hand: ByHand):
    await hand.push({"GAPS.md": None, "KNOWN_GAPS.md": GAPS.replace("- [ ] [P2] Limit the rate\n", "")})
    assert hand.titles() == {"Rotate the keys": 1, "Hash the ids": 3}
    assert len(hand.issues) == 3


async def test_i14_a_forced_push_back_to_where_we_stood_is_seen(hand: ByHand):
    head = hand.repository.head().sha
    await hand.push({"GAPS.md": GAPS.replace("Hash the ids", "Hash all ids")}, sync=False)
    hand.repository.move("main", head, by="alice", force=True)
    hand.repository.close_issue(2, by="alice")
    await hand.sync()
    assert text(hand) == GAPS.replace("- [ ] [P2] Limit", "- [x] [P2] Limit")


async def test_i13_what_the_pushes_told_was_outdated_and_is_read_at_the_head(hand: ByHand):
    await hand.push({"GAPS.md": GAPS.replace("Hash the ids", "Hash all ids")}, sync=False)
    hand.repository.close_issue(2, by="alice")
    await hand.hooks.flush()
    delivered = tuple(hand.waiting)
    newer = GAPS.replace("Hash the ids", "Hash each id")
    hand.repository.push({"GAPS.md": newer.encode()}, by="alice", message="not delivered")
    await hand.handle(delivered)
    assert text(hand) == newer.replace("- [ ] [P2] Limit", "- [x] [P2] Limit")


async def test_i12_what_was_agreed_is_known_from_the_marker_where_we_died_before_we_noted_it(hand: ByHand):
    """The issue has the tick of the document; a person takes it back before the sync is tried again: the person wins."""
    hand.api.faults.append(Fault("PATCH", r"/issues/1$", status=502, after=True))
    with pytest.raises(GapkeeperError):
        await hand.push({"GAPS.md": GAPS.replace("[ ] inventory", "[x] inventory")})
    body = hand.issues[1].body or ""
    assert "- [x] inventory" in body
    hand.repository.edit_issue(1, by="alice", body=body.replace("[x] inventory", "[ ] inventory"))
    await hand.push({"GAPS.md": text(hand) + "\nMore.\n"})
    await hand.sync()
    assert text(hand) == GAPS + "\nMore.\n"
    assert "- [ ] inventory" in (hand.issues[1].body or "")


async def test_i4_a_newcomer_that_bears_our_marker_is_no_newcomer_whatever_its_title_is_now(hand: ByHand):
    hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
    hand.api.faults.append(Fault("PATCH", r"/issues/4$", status=502, after=True))
    with pytest.raises(GapkeeperError):
        await hand.sync()
    hand.repository.edit_issue(4, by="alice", title="Encrypt all backups")
    await hand.sync()
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Hash the ids": 3, "Encrypt all backups": 4}
    assert text(hand).count("Encrypt") == 1


async def test_i9_a_gap_that_moved_by_a_push_not_yet_delivered_is_not_taken_for_removed(hand: ByHand):
    line = "- [ ] [P2] Limit the rate\n"
    await hand.push({"TECH_DEBT.md": "# Technical debt\n\n## Debt\n\n- [ ] [P1] Drop the importer\n"})
    await hand.push(
        {
            "GAPS.md": GAPS.replace(line, ""),
            "TECH_DEBT.md": f"# Technical debt\n\n## Debt\n\n- [ ] [P1] Drop the importer\n{line}",
        },
        sync=False,
    )
    await hand.hooks.flush()
    hand.waiting = []
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    assert hand.titles() == {"Limit the rate": 2, "Hash the ids": 3, "Drop the importer": 4}
    assert "- [x] [P1] Rotate" in text(hand)


async def test_i9_a_document_that_moved_on_is_read_with_all_others_where_nothing_is_written_into_it(hand: ByHand):
    """The document says already what the person did, so that no commit would find out that we look at an outdated world."""
    line = "- [ ] [P2] Limit the rate\n"
    debt = "# Technical debt\n\n## Debt\n\n- [ ] [P1] Drop the importer\n"
    await hand.push({"TECH_DEBT.md": debt})
    moved = GAPS.replace(line, "").replace("[ ] [P1] Rotate", "[x] [P1] Rotate")
    await hand.push({"GAPS.md": moved, "TECH_DEBT.md": debt + line}, sync=False)
    await hand.hooks.flush()
    hand.waiting = []
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    assert hand.titles() == {"Limit the rate": 2, "Hash the ids": 3, "Drop the importer": 4}


async def test_i14_a_push_that_was_forced_back_changes_no_issue(hand: ByHand):
    head = hand.repository.head().sha
    await hand.push({"GAPS.md": GAPS.replace("Hash the ids", "Hash all ids")}, sync=False)
    hand.repository.move("main", head, by="alice", force=True)
    await hand.sync()
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Hash the ids": 3}


async def test_i16_a_gap_that_comes_back_while_another_goes_is_no_edit_of_the_other(hand: ByHand):
    keys = GAPS[GAPS.index("- [ ] [P1]") : GAPS.index("- [ ] [P2] Limit")]
    without = GAPS.replace("- [ ] [P2] Limit the rate\n", "")
    await hand.push({"GAPS.md": without})
    assert not hand.issues[2].open
    await hand.push({"GAPS.md": without.replace(keys, "- [ ] [P2] Limit the rate\n")})
    assert hand.titles() == {"Limit the rate": 2, "Hash the ids": 3}
    assert hand.titles(is_open=False) == {"Rotate the keys": 1}


async def test_i7_a_region_that_people_wrote_in_is_left_at_rest_while_its_gap_changes(hand: ByHand):
    body = hand.issues[1].body or ""
    hand.repository.edit_issue(1, by="alice", body=body.replace("- [ ] inventory", "- [ ] inventory\n\nSomebody wrote in here."))
    await hand.push({"GAPS.md": GAPS.replace("[ ] inventory", "[x] inventory")})
    first = len(hand.api.calls)
    for _ in range(3):
        await hand.sync()
        await hand.reconcile()
    assert [str(call) for call in hand.api.calls[first:] if call.writes] == []


async def test_fault_44_a_create_of_unknown_outcome_is_looked_for_where_its_delivery_is_lost_too(hand: ByHand):
    """The row that announces it is all that remembers it (I4)."""
    hand.api.faults.append(Fault("POST", r"/issues$", status=502, after=True))
    with pytest.raises(GapkeeperError):
        await hand.push({"GAPS.md": GAPS + "- [ ] [P2] Encrypt backups\n"})
    await hand.hooks.flush()
    hand.waiting = []
    await hand.push({"GAPS.md": GAPS + "- [ ] [P2] Encrypt backups\n\nMore.\n"})
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Hash the ids": 3, "Encrypt backups": 4}


async def test_i4_an_entry_that_was_written_into_another_document_before_we_died_is_found(hand: ByHand):
    await hand.push(
        {"TECH_DEBT.md": "# Technical debt\n\n## Debt\n\n- [ ] [P1] Drop the importer\n- [ ] Encrypt backups\n"}, sync=False
    )
    await hand.hooks.flush()
    hand.waiting = []
    hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
    await hand.sync()
    assert text(hand) == GAPS
    assert hand.titles()["Encrypt backups"] == 4
    assert len(hand.issues) == 5


@pytest.mark.parametrize("delivered", ["again", "never"])
async def test_fault_46_a_new_title_that_was_committed_before_the_answer_was_lost_is_no_new_gap(hand: ByHand, delivered: str):
    """The entry bears a title that its issue has, and that nobody had noted yet (I12)."""
    hand.repository.edit_issue(2, by="alice", title="Mine")
    await hand.hooks.flush()
    change = tuple(hand.waiting)
    hand.waiting = []
    hand.api.faults.append(Fault("PUT", r"/contents/", status=502, after=True))
    with pytest.raises(GapkeeperError):
        await hand.handle(change)
    if delivered == "again":
        await hand.handle(change)
    await hand.sync()
    await hand.reconcile()
    assert hand.titles() == {"Rotate the keys": 1, "Mine": 2, "Hash the ids": 3}
    assert len(hand.issues) == 3
    assert text(hand) == GAPS.replace("Limit the rate", "Mine")


class TestCarried:
    """I2: we die, or people are quick, between the commit of a document and our note of it; what they change since is seen."""

    async def cut_off(self, hand: ByHand) -> None:
        """Deliver, and lose the answer to the commit; nothing that was delivered is delivered again."""
        hand.api.faults.append(Fault("PUT", r"/contents/", status=502, after=True))
        with pytest.raises(GapkeeperError):
            await hand.sync()
        await hand.hooks.flush()
        hand.waiting = []

    async def settle(self, hand: ByHand, *, by: str) -> None:
        """Let the bot see what people did: by a delivery, or by a push only, so that nobody is known to have done it."""
        if by == "a push":
            await hand.hooks.flush()
            hand.waiting = []
            await hand.push({"GAPS.md": text(hand) + "\nMore.\n"})
        await hand.sync()
        await hand.sync()

    @pytest.mark.parametrize("by", ["a delivery", "a push"])
    async def test_i2_an_issue_that_was_reopened_meanwhile_stays_open(self, hand: ByHand, by: str):
        hand.repository.close_issue(2, by="alice", reason="not_planned")
        await self.cut_off(hand)
        assert "- [ ] [P2] Limit" not in text(hand)
        hand.repository.reopen_issue(2, by="alice")
        await self.settle(hand, by=by)
        assert hand.issues[2].open
        if by == "a delivery":
            assert "- [ ] [P2] Limit" in text(hand)

    @pytest.mark.parametrize("by", ["a delivery", "a push"])
    async def test_i2_a_title_priority_and_tick_that_were_changed_again_stay(self, hand: ByHand, by: str):
        body = hand.issues[1].body or ""
        hand.repository.edit_issue(1, by="alice", title="Rotate all keys", body=body.replace("[ ] inventory", "[x] inventory"))
        hand.repository.set_labels(1, ["gap", "priority: P0"], by="alice")
        await self.cut_off(hand)
        assert text(hand) == GAPS.replace("[P1] Rotate the keys", "[P0] Rotate all keys").replace("[ ] inv", "[x] inv")
        hand.repository.edit_issue(1, by="alice", title="Turn the keys", body=body)
        hand.repository.set_labels(1, ["gap", "priority: P3"], by="alice")
        await self.settle(hand, by=by)
        assert (hand.issues[1].title, labels(hand, 1)) == ("Turn the keys", {"gap", "priority: P3"})
        assert "- [ ] inventory" in (hand.issues[1].body or "")
        if by == "a delivery":
            assert text(hand) == GAPS.replace("[P1] Rotate the keys", "[P3] Turn the keys")

    async def test_what_nobody_changed_again_is_as_if_nothing_had_happened(self, hand: ByHand):
        """The old label stands beside the new one still: it is taken away, and not taken for a new wish."""
        hand.repository.add_labels(2, ["priority: P0"], by="alice")
        await self.cut_off(hand)
        await self.settle(hand, by="a push")
        assert "- [ ] [P0] Limit" in text(hand)
        assert labels(hand, 2) == {"gap", "priority: P0"}
        assert await hand.store.carried(RepositoryId(hand.repository.id)) == {}

    async def test_what_the_document_never_said_was_not_agreed(self, hand: ByHand):
        """The commit did not arrive, and the document said something else since: a conflict, as ever."""
        hand.repository.edit_issue(2, by="alice", title="Mine")
        hand.api.faults.append(Fault("PUT", r"/contents/", status=502))
        with pytest.raises(GapkeeperError):
            await hand.sync()
        await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates")})
        assert hand.issues[2].title == "Mine"
        assert "Limit all rates" in text(hand)
        assert "gap: conflict" in labels(hand, 2)

    async def test_a_branch_that_refuses_us_leaves_nothing_under_way(self, hand: ByHand):
        hand.repository.edit_issue(2, by="alice", title="Mine")
        hand.api.faults.append(Fault("PUT", r"/contents/", status=422, body={"message": "Repository rule violations found"}))
        await hand.sync()
        assert await hand.store.carried(RepositoryId(hand.repository.id)) == {}

    async def test_i2_a_title_written_between_the_commit_and_the_issue_is_no_conflict(
        self, hand: ByHand, monkeypatch: pytest.MonkeyPatch
    ):
        hand.repository.edit_issue(2, by="alice", title="Mine")
        ask = hand.api.ask

        def asked(call: Call, request: Any, raw: bytes) -> Any:
            answer = ask(call, request, raw)
            if call.method == "PUT" and hand.issues[2].title == "Mine":
                hand.repository.edit_issue(2, by="alice", title="Mine alone")
            return answer

        monkeypatch.setattr(Api, "ask", lambda _, call, request, raw: asked(call, request, raw))
        await hand.sync()
        await hand.sync()
        assert hand.issues[2].title == "Mine alone"
        assert "Mine alone" in text(hand)
        assert "gap: conflict" not in labels(hand, 2)

    @pytest.mark.parametrize("deed", ["retitled", "closed", "its entry closed"])
    async def test_i4_a_newcomer_is_known_by_its_entry_whatever_became_of_it(self, hand: ByHand, deed: str):
        hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
        await self.cut_off(hand)
        match deed:
            case "retitled":
                hand.repository.edit_issue(4, by="alice", title="Seal the archive")
            case "closed":
                hand.repository.close_issue(4, by="alice")
            case _:
                closed = text(hand).replace("[ ] Encrypt", "[x] Encrypt")
                assert closed != text(hand)
                hand.repository.push({"GAPS.md": closed.encode()}, by="alice", message="done")
        await self.settle(hand, by="a delivery")
        await hand.reconcile()
        assert len([issue for issue in hand.issues.values() if issue.pull is None]) == 4
        assert hand.issues[4].open is (deed == "retitled")
        title = "Seal the archive" if deed == "retitled" else "Encrypt backups"
        assert f"[{' ' if deed == 'retitled' else 'x'}] {title}" in text(hand)
        assert text(hand).count("- [") == 5


async def test_i2_a_label_on_a_closed_issue_does_not_outvote_the_document_that_opens_it(hand: ByHand):
    closed = GAPS.replace("- [ ] [P2] Limit", "- [x] [P2] Limit")
    await hand.push({"GAPS.md": closed})
    hand.repository.add_labels(2, ["status: in progress"], by="alice")
    await hand.sync()
    await hand.push({"GAPS.md": GAPS})
    await hand.sync()
    assert text(hand) == GAPS
    assert hand.issues[2].open
    assert labels(hand, 2) == {"gap", "priority: P2"}


async def test_a_gap_that_comes_back_in_progress_is_no_conflict_with_our_own_closing(hand: ByHand):
    await hand.push({"GAPS.md": GAPS.replace("- [ ] [P2] Limit the rate\n", "")})
    assert hand.titles(is_open=False) == {"Limit the rate": 2}
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate (In progress)")})
    assert hand.titles()["Limit the rate"] == 2
    assert labels(hand, 2) == {"gap", "priority: P2", "status: in progress"}


async def test_i1_a_text_that_was_taken_back_before_we_noted_it_is_taken_back_on_the_issue(hand: ByHand):
    """The document is as we remember it, the issue is not: only its marker tells."""
    hand.api.faults.append(Fault("PATCH", r"/issues/1$", status=502, after=True))
    newer = GAPS.replace("early spring", "late autumn")
    with pytest.raises(GapkeeperError):
        await hand.push({"GAPS.md": newer})
    assert "late autumn" in (hand.issues[1].body or "")
    await hand.push({"GAPS.md": GAPS})
    await hand.sync()
    assert "early spring" in (hand.issues[1].body or "")


SECTIONS = """# Gap analysis

## 🔴 Critical gaps

### 1. Backups are never restored

- **Effort**: 2 days
- [ ] ask the vendor

## 🟡 Medium gaps

### 2. No alerts

- **Effort**: 1 day
"""


class TestRefusals:
    """What its document cannot take is said on the issue, once, and the issue says again what the document does."""

    @pytest.fixture
    async def sections(self, tmp_path: Path) -> AsyncIterator[ByHand]:
        """#1 has the priority of its section: critical."""
        async with by_hand(tmp_path) as made:
            await made.push({"GAPS.md": SECTIONS})
            await made.sync()
            yield made

    def relabel(self, hand: ByHand, priority: str) -> None:
        hand.repository.set_labels(1, ["gap", "effort: 2 days", f"priority: {priority}", "help wanted"], by="alice")

    def said(self, hand: ByHand) -> list[str]:
        return [one.body for one in hand.issues[1].comments.values()]

    async def test_a_priority_that_is_the_sections_is_given_back_and_the_move_proposed(self, sections: ByHand):
        self.relabel(sections, "medium")
        await sections.sync()
        assert text(sections) == SECTIONS
        assert labels(sections, 1) == {"gap", "effort: 2 days", "priority: critical", "help wanted"}
        (comment,) = self.said(sections)
        assert "`priority` was to become `medium`" in comment
        assert "`GAPS.md:5`" in comment
        assert "`/gap move Medium gaps`" in comment

    async def test_it_is_said_again_only_when_it_is_asked_again(self, sections: ByHand):
        self.relabel(sections, "low")
        await sections.hooks.flush()
        asked = tuple(sections.waiting)
        await sections.sync()
        for _ in range(2):
            await sections.handle(asked)
            await sections.reconcile()
            await sections.sync()
        assert len(self.said(sections)) == 1
        assert isinstance(sections.repository.world.clock, Clock)
        sections.repository.world.clock.advance(3600)
        self.relabel(sections, "low")
        await sections.sync()
        assert len(self.said(sections)) == 2

    async def test_i12_it_is_said_once_where_we_died_before_it_was_given_back(self, sections: ByHand):
        self.relabel(sections, "low")
        sections.api.faults.append(Fault("PATCH", r"/issues/1$", status=502))
        await sections.hooks.flush()
        asked = tuple(sections.waiting)
        with pytest.raises(GapkeeperError):
            await sections.handle(asked)
        await sections.handle(asked)
        assert len(self.said(sections)) == 1
        assert labels(sections, 1) == {"gap", "effort: 2 days", "priority: critical", "help wanted"}

    async def test_the_rest_of_what_people_changed_is_written(self, sections: ByHand):
        body = sections.issues[1].body or ""
        sections.repository.edit_issue(1, by="alice", title="Backups are lost", body=body.replace("[ ] ask", "[x] ask"))
        self.relabel(sections, "medium")
        await sections.sync()
        assert text(sections) == SECTIONS.replace("are never restored", "are lost").replace("[ ] ask", "[x] ask")
        assert labels(sections, 1) == {"gap", "effort: 2 days", "priority: critical", "help wanted"}
        assert "[x] ask" in (sections.issues[1].body or "")
        first = len(sections.api.writes)
        await sections.sync()
        await sections.reconcile()
        assert len(sections.api.writes) == first

    async def test_a_command_is_answered_and_nothing_is_said_twice(self, sections: ByHand):
        sections.repository.comment(1, "/gap priority medium", by="alice")
        await sections.sync()
        assert labels(sections, 1) == {"gap", "effort: 2 days", "priority: critical"}
        (answer,) = [body for body in self.said(sections) if not body.startswith("/gap")]
        assert "section" in answer

    async def test_i19_it_is_said_to_those_who_may_not_write_too(self, sections: ByHand):
        sections.repository.allow("bob", Role.TRIAGE)
        sections.repository.set_labels(1, ["gap", "effort: 2 days", "priority: medium"], by="bob")
        await sections.sync()
        assert labels(sections, 1) == {"gap", "effort: 2 days", "priority: critical"}
        assert len(self.said(sections)) == 1


class TestUnlinking:
    """Without our base label an issue is no gap's any more, and its entry gets no other one; with it, all is as before."""

    @pytest.fixture
    async def unlinked(self, hand: ByHand) -> ByHand:
        hand.repository.remove_label(2, "gap", by="alice")
        await hand.sync()
        assert labels(hand, 2) == {"priority: P2", "gap: unlinked"}
        return hand

    @pytest.mark.parametrize("lose", [False, True], ids=["database kept", "i17 database lost"])
    async def test_neither_side_follows_the_other(self, unlinked: ByHand, tmp_path: Path, *, lose: bool):
        async with AsyncExitStack() as stack:
            if lose:
                unlinked.store = await stack.enter_async_context(Store(f"sqlite:///{tmp_path / 'other.db'}"))
            await self.check_neither_side_follows(unlinked)

    async def check_neither_side_follows(self, unlinked: ByHand) -> None:
        newer = GAPS.replace("Limit the rate", "Limit all rates").replace("[P2] Hash", "[P0] Hash")
        unlinked.repository.edit_issue(2, by="alice", title="Mine", state="closed")
        await unlinked.push({"GAPS.md": newer})
        await unlinked.sync()
        await unlinked.reconcile()
        assert text(unlinked) == newer
        assert unlinked.titles() == {"Rotate the keys": 1, "Hash the ids": 3}
        assert unlinked.titles(is_open=False) == {"Mine": 2}
        assert "priority: P0" in labels(unlinked, 3)

    async def test_the_entry_goes_and_comes_back_without_it(self, unlinked: ByHand):
        await unlinked.push({"GAPS.md": GAPS.replace("- [ ] [P2] Limit the rate\n", "")})
        await unlinked.push({"GAPS.md": GAPS})
        assert unlinked.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Hash the ids": 3}
        assert unlinked.issues[2].open
        assert labels(unlinked, 2) == {"priority: P2", "gap: unlinked"}

    @pytest.mark.parametrize("delivered", [True, False], ids=["delivered", "found by a check"])
    async def test_the_label_links_it_again_and_what_changed_meanwhile_is_merged(self, unlinked: ByHand, *, delivered: bool):
        await unlinked.push({"GAPS.md": GAPS.replace("[P2] Limit", "[P1] Limit")})
        unlinked.repository.edit_issue(2, by="alice", title="Limit all rates")
        unlinked.repository.add_labels(2, ["gap"], by="alice")
        if delivered:
            await unlinked.sync()
            assert text(unlinked) == GAPS.replace("[P2] Limit the rate", "[P1] Limit all rates")
        else:
            await unlinked.hooks.flush()
            unlinked.waiting = []
            await unlinked.reconcile()
        assert labels(unlinked, 2) == {"gap", "priority: P1"}

    async def test_a_label_that_only_its_entry_has_is_demanded_of_no_issue(self, unlinked: ByHand):
        """No other gap is in progress, so that the label is nowhere: that is no reason to wait for it."""
        await unlinked.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate (In progress)")})
        for title in ("Mine", "Mine alone"):
            unlinked.repository.edit_issue(2, by="alice", title=title)
        await unlinked.hooks.flush()
        assert await unlinked.handle(tuple(unlinked.waiting)) == Done()
        assert await unlinked.reconcile() == Done()
        assert labels(unlinked, 2) == {"priority: P2", "gap: unlinked"}

    async def test_it_is_at_rest(self, unlinked: ByHand):
        first = len(unlinked.api.calls)
        for _ in range(3):
            await unlinked.sync()
            await unlinked.reconcile()
        assert [str(call) for call in unlinked.api.calls[first:] if call.writes] == []

    async def test_fault_96_where_the_label_itself_is_gone_nobody_unlinked_anything(self, hand: ByHand):
        hand.repository.delete_label("gap", by="alice")
        await hand.sync()
        await hand.reconcile()
        hand.repository.close_issue(2, by="alice")
        await hand.sync()
        assert "- [x] [P2] Limit" in text(hand)
        assert "gap: unlinked" not in labels(hand, 2)


class TestBreaker:
    """I7: two programs that disagree through us are stopped; a busy person is not."""

    async def flip(self, hand: ByHand, times: int) -> None:
        for _ in range(times):
            if hand.issues[2].open:
                hand.repository.close_issue(2, by="alice")
            else:
                hand.repository.reopen_issue(2, by="alice")
            assert isinstance(hand.repository.world.clock, Clock)
            hand.repository.world.clock.advance(20)
            await hand.sync()
            await hand.sync()

    async def test_a_gap_that_flips_is_stopped_and_reported_once(self, hand: ByHand):
        await self.flip(hand, 14)
        assert [one.user.login for one in hand.issues[2].comments.values()] == ["gapkeeper[bot]"]
        before = text(hand)
        await self.flip(hand, 3)
        assert text(hand) == before
        assert len(hand.issues[2].comments) == 1

    async def test_it_goes_on_when_it_has_been_quiet(self, hand: ByHand):
        await self.flip(hand, 15)
        assert isinstance(hand.repository.world.clock, Clock)
        hand.repository.world.clock.advance(700)
        await self.flip(hand, 1)
        assert ("- [ ] [P2] Limit" in text(hand)) is hand.issues[2].open

    async def test_many_changes_that_go_nowhere_back_are_no_loop(self, hand: ByHand):
        for number in range(12):
            hand.repository.edit_issue(2, by="alice", title=f"Limit the rate {number}")
            await hand.sync()
        assert "Limit the rate 11" in text(hand)
        assert not hand.issues[2].comments


class TestQuestions:
    """The boxes of a conflict decide the conflict that they were shown with, and no other."""

    @pytest.fixture
    async def disputed(self, hand: ByHand) -> ByHand:
        hand.repository.edit_issue(2, by="alice", title="Mine")
        await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates")})
        await hand.sync()
        return hand

    def tick(self, hand: ByHand, comment: int, name: str) -> None:
        old = hand.issues[2].comments[comment].body
        body = old.replace(f"[ ] <!-- gapkeeper:box={name}", f"[x] <!-- gapkeeper:box={name}")
        assert body != old
        hand.repository.edit_comment(comment, body, by="alice")

    @pytest.mark.parametrize("name", ["keep-file", "keep-issue"])
    async def test_i2_an_answer_to_another_question_overwrites_nothing(self, disputed: ByHand, name: str):
        (first,) = disputed.issues[2].comments
        newer = GAPS.replace("Limit the rate", "Limit most rates")
        disputed.repository.edit_issue(2, by="alice", title="Mine alone")
        await disputed.push({"GAPS.md": newer})
        await disputed.sync()
        assert len(disputed.issues[2].comments) == 2
        self.tick(disputed, first, name)
        await disputed.sync()
        assert (disputed.issues[2].title, text(disputed)) == ("Mine alone", newer)

    async def test_i2_what_is_written_between_the_plan_and_its_writing_voids_the_answer(
        self, disputed: ByHand, monkeypatch: pytest.MonkeyPatch
    ):
        (first,) = disputed.issues[2].comments
        self.tick(disputed, first, "keep-file")
        await disputed.hooks.flush()
        ask, reads = disputed.api.ask, []

        def asked(call: Call, request: Any, raw: bytes) -> Any:
            if call.method == "GET" and call.path.endswith("/issues/2"):
                reads.append(call)
                if len(reads) == 2:
                    disputed.repository.edit_issue(2, by="alice", title="Mine, at the last moment")
            return ask(call, request, raw)

        monkeypatch.setattr(Api, "ask", lambda _, call, request, raw: asked(call, request, raw))
        await disputed.sync()
        assert len(reads) == 2
        assert disputed.issues[2].title == "Mine, at the last moment"

    async def test_i5_an_old_answer_delivered_again_decides_nothing_new(self, disputed: ByHand):
        (first,) = disputed.issues[2].comments
        self.tick(disputed, first, "keep-file")
        await disputed.hooks.flush()
        answer = tuple(disputed.waiting)
        await disputed.sync()
        assert disputed.issues[2].title == "Limit all rates"
        newer = GAPS.replace("Limit the rate", "Limit most rates")
        disputed.repository.edit_issue(2, by="alice", title="Mine again")
        await disputed.push({"GAPS.md": newer})
        await disputed.handle(answer)
        assert (disputed.issues[2].title, text(disputed)) == ("Mine again", newer)
