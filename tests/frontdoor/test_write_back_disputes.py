"""Both sides change, or GitHub fails in between: what can be kept of both is, the rest is asked, and nothing is overwritten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.frontdoor.desk import GAPS
from tests.frontdoor.splices import splices
from tests.frontdoor.world import ADMIN, TRIAGER, WRITER, Break

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk
    from tests.frontdoor.world import CommentView

TEXT = """\
# Known gaps

## Security

- [ ] [P0] Tokens never expire
  - [ ] choose a lifetime
  - [ ] ask the vendor

  They live for years.
- [ ] [P1] Sessions survive

## Speed

- [ ] [P2] No paging
"""
FIRST, SECOND, THIRD = "Tokens never expire", "Sessions survive", "No paging"
CONFLICT = "gap: conflict"


def both(desk: Desk, text: str, number: int, **changes: Any) -> None:
    """One person changes an issue and another one pushes; the bot is told of the push first, and of the issue when that is done."""
    first = desk.repository.sent()
    desk.repository.lose_deliveries(lose=True)
    desk.edit_issue(number, **changes)
    desk.repository.lose_deliveries(lose=False)
    late = range(first, desk.repository.sent())
    desk.write(text)
    for delivery in late:
        desk.repository.redeliver(delivery)
    desk.settle()


class TestBothChanged:
    """Field by field against what was last agreed."""

    def test_i2_different_fields_are_both_kept(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        edited = TEXT.replace("[P0]", "[P1]").replace("They live", "All live")
        both(desk, edited, number, title="Access tokens never expire", state="closed")
        assert splices(edited.encode(), desk.text) == [(5, " ", "x"), (5, "Tokens", "Access tokens")]
        issue = desk.issue(number)
        assert (issue.title, issue.open, "All live" in issue.body) == ("Access tokens never expire", False, True)
        assert issue.labels == {"gap", "priority: P1"}
        desk.assert_agreed()

    def test_the_same_on_both_sides_is_agreed(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        edited = TEXT.replace("[ ] [P0] Tokens", "[x] [P0] Access tokens")
        both(desk, edited, number, title="Access tokens never expire", state="closed")
        assert desk.text == edited.encode()
        assert CONFLICT not in desk.issue(number).labels
        desk.assert_agreed()

    def test_a_tick_and_another_text_are_both_kept(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        edited = TEXT.replace("They live", "All live").replace("[ ] choose", "[x] choose")
        both(desk, edited, number, body=desk.issue(number).body.replace("[ ] ask", "[x] ask"))
        assert splices(edited.encode(), desk.text) == [(7, " ", "x")]
        body = desk.issue(number).body
        assert [found in body for found in ("All live", "[x] choose", "[x] ask")] == [True, True, True]
        desk.assert_agreed()

    def test_i13_a_document_that_changed_meanwhile_is_read_again(self, desk: Desk) -> None:
        desk.begin(TEXT)
        desk.repository.break_call(Break("PUT", r"/contents/", status=409, message=f"{GAPS} does not match {'0' * 40}"))
        desk.repository.lose_deliveries(lose=True)
        desk.write(TEXT + "\nMore.\n")
        desk.repository.lose_deliveries(lose=False)
        desk.edit_issue(desk.numbers[THIRD], state="closed")
        assert desk.text.decode() == TEXT.replace("- [ ] [P2]", "- [x] [P2]") + "\nMore.\n"
        assert desk.repository.head("gapkeeper/sync") is None

    @pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
    def test_46_a_commit_that_failed_is_made_once(self, desk: Desk, *, after: bool) -> None:
        desk.begin(TEXT)
        desk.repository.break_call(Break("PUT", r"/contents/", status=502, after=after))
        desk.edit_issue(desk.numbers[THIRD], state="closed")
        assert splices(TEXT.encode(), desk.text) == [(14, " ", "x")]
        assert desk.states[THIRD] == "completed"
        desk.assert_agreed()


class TestConflict:
    """Both sides changed the same field, differently: a label and one comment with a box for each side."""

    MINE, YOURS = "Access tokens never expire", "Tokens live for years"

    @pytest.fixture
    def disputed(self, desk: Desk) -> Desk:
        desk.begin(TEXT)
        both(desk, TEXT.replace(FIRST, self.YOURS), desk.numbers[FIRST], title=self.MINE)
        return desk

    @staticmethod
    def comment(desk: Desk) -> CommentView:
        [comment] = desk.repository.comments(desk.numbers[TestConflict.MINE])
        assert comment.author == desk.world.access.bot
        return comment

    @staticmethod
    def tick(comment: CommentView, side: str) -> str:
        ticked = comment.body.replace(f"[ ] <!-- gapkeeper:box=keep-{side} -->", f"[x] <!-- gapkeeper:box=keep-{side} -->")
        assert ticked != comment.body
        return ticked

    def test_i3_nothing_is_overwritten_and_it_is_said_once(self, disputed: Desk) -> None:
        assert disputed.text.decode() == TEXT.replace(FIRST, self.YOURS)
        assert CONFLICT in disputed.issues[self.MINE].labels
        comment = self.comment(disputed)
        assert self.MINE in comment.body
        assert self.YOURS in comment.body
        disputed.write(TEXT.replace(FIRST, self.YOURS) + "\nMore.\n")
        assert self.comment(disputed) == comment
        disputed.assert_agreed()

    @pytest.mark.parametrize(("side", "title"), [("file", YOURS), ("issue", MINE)])
    def test_a_ticked_box_settles_it(self, disputed: Desk, side: str, title: str) -> None:
        comment = self.comment(disputed)
        disputed.edit_comment(comment.id, self.tick(comment, side), by=WRITER)
        assert disputed.text.decode() == TEXT.replace(FIRST, title)
        assert disputed.issues[title].labels == {"gap", "priority: P0"}
        disputed.assert_agreed()

    def test_i19_a_box_ticked_without_write_permission_settles_nothing(self, disputed: Desk) -> None:
        number = disputed.numbers[self.MINE]
        comment = self.comment(disputed)
        forged = disputed.open_issue("Forged", "", by=TRIAGER)
        disputed.edit_issue(forged, by=TRIAGER, body=self.tick(comment, "file"))
        assert CONFLICT in disputed.issue(number).labels
        assert disputed.issue(number).title == self.MINE

    def test_it_ends_when_people_agree_by_themselves(self, disputed: Desk) -> None:
        number = disputed.numbers[self.MINE]
        disputed.edit_issue(number, title=self.YOURS)
        assert disputed.issue(number).labels == {"gap", "priority: P0"}
        disputed.assert_agreed()


class TestHeldPlans:
    """A plan that does too much waits for a tick, which is for this plan and no other."""

    CONFIG = f"files: [{GAPS}]\nlimits: {{import: 2, open: 2, close: 1}}\n"
    NOTICE = "Gapkeeper: plan waiting"

    def tick(self, desk: Desk, *, by: str = ADMIN) -> None:
        notice = desk.issues[self.NOTICE]
        body = re.sub(r"\[ \] (<!-- gapkeeper:box=approve:)", r"[x] \1", notice.body)
        assert body != notice.body
        desk.edit_issue(notice.number, by=by, body=body)

    def test_an_import_is_made_when_it_is_approved(self, desk: Desk) -> None:
        desk.begin(TEXT, config=self.CONFIG)
        assert desk.states == {self.NOTICE: "open"}
        desk.assert_agreed()
        self.tick(desk, by=WRITER)
        assert desk.states == {self.NOTICE: "completed", FIRST: "open", SECOND: "open", THIRD: "open"}
        desk.assert_agreed()

    def test_closing_many_waits(self, desk: Desk) -> None:
        desk.begin(TEXT, config=self.CONFIG.replace("import: 2", "import: 9"))
        desk.write(TEXT.replace("- [ ] [P", "- [x] [P"))
        assert desk.states == {self.NOTICE: "open", FIRST: "open", SECOND: "open", THIRD: "open"}
        self.tick(desk)
        assert set(desk.states.values()) == {"completed"}

    def test_a_stale_approval_is_refused_and_the_new_plan_shown(self, desk: Desk) -> None:
        desk.begin(TEXT, config=self.CONFIG)
        desk.repository.lose_deliveries(lose=True)
        desk.write(TEXT + "- [ ] Images are not cached\n")
        desk.repository.lose_deliveries(lose=False)
        self.tick(desk)
        assert desk.states == {self.NOTICE: "open"}
        assert "Images are not cached" in desk.issues[self.NOTICE].body
        assert "[x]" not in desk.issues[self.NOTICE].body
        self.tick(desk)
        assert desk.states.keys() == {self.NOTICE, FIRST, SECOND, THIRD, "Images are not cached"}

    def test_i19_an_approval_without_write_permission_does_nothing(self, desk: Desk) -> None:
        desk.begin(TEXT, config=self.CONFIG)
        self.tick(desk, by=TRIAGER)
        assert desk.states == {self.NOTICE: "open"}
