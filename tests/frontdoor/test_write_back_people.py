"""Who may change a document through an issue, and where the change goes: a commit, a pull request, or nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS
from tests.frontdoor.splices import splices
from tests.frontdoor.world import ADMIN, TRIAGER, WRITER

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk
    from tests.frontdoor.world import PullView

TEXT = """\
# Known gaps

- [ ] [P0] Tokens never expire
- [ ] [P1] Sessions survive
- [ ] [P1] No paging
"""
FIRST, SECOND, THIRD = "Tokens never expire", "Sessions survive", "No paging"
BRANCH = "gapkeeper/sync"
CLOSING_WORDS = re.compile(r"\b(close[sd]?|fix(es|ed)?|resolve[sd]?)\b:?\s+(#|gh-|\S+/\S+#|https?://)", re.IGNORECASE)
"""https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue."""


def close(desk: Desk, title: str, *, by: str = ADMIN) -> None:
    desk.edit_issue(desk.numbers[title], by=by, state="closed", state_reason="completed")


def proposed(desk: Desk) -> PullView:
    """Returns the one pull request there may be; the default branch has stayed as it was."""
    [pull] = [pull for pull in desk.repository.pulls() if pull.open]
    assert (pull.branch, pull.base) == (BRANCH, "main")
    assert desk.text == TEXT.encode()
    return pull


def closed(*titles: str) -> str:
    text = TEXT
    for title in titles:
        text = re.sub(rf"\[ \] (\[P\d\] {title})", r"[x] \1", text)
    return text


def branch_text(desk: Desk) -> str:
    return desk.repository.read(GAPS, branch=BRANCH).decode()


@pytest.mark.parametrize("person", [ADMIN, WRITER])
def test_a_writer_gets_a_commit_of_the_app(desk: Desk, person: str) -> None:
    desk.begin(TEXT)
    close(desk, FIRST, by=person)
    assert desk.text == closed(FIRST).encode()
    commit = desk.repository.newest()
    assert commit.author == desk.world.access.bot
    assert commit.message == f'gapkeeper: close "{FIRST}" (issue {desk.numbers[FIRST]})'
    assert desk.repository.pulls() == ()


@pytest.mark.parametrize("title", ["fixes #1", "Closes acme/app#1", "resolve https://github.com/acme/app/issues/1"])
def test_71_no_message_closes_an_issue(desk: Desk, title: str) -> None:
    desk.begin(TEXT)
    desk.edit_issue(desk.numbers[FIRST], title=title)
    assert desk.repository.newest().message.startswith("gapkeeper: ")
    close(desk, title)
    message = desk.repository.newest().message
    assert "gapkeeper: close" in message
    assert CLOSING_WORDS.search(message) is None
    assert "#" not in message
    assert desk.states == {title: "completed", SECOND: "open", THIRD: "open"}


def test_i19_without_write_permission_it_is_proposed_and_updated_in_place(desk: Desk) -> None:
    desk.begin(TEXT)
    close(desk, FIRST, by=TRIAGER)
    first = proposed(desk)
    assert branch_text(desk) == closed(FIRST)
    assert TRIAGER in first.body
    assert CLOSING_WORDS.search(first.title + first.body) is None
    desk.assert_agreed()

    close(desk, SECOND, by=TRIAGER)
    second = proposed(desk)
    assert (second.number, branch_text(desk)) == (first.number, closed(FIRST, SECOND))
    assert second.head != first.head
    assert [pull.number for pull in desk.repository.pulls()] == [first.number]


def test_18_old_deliveries_drop_nothing_from_a_proposal(desk: Desk) -> None:
    desk.begin(TEXT)
    of_the_import = range(desk.repository.sent())
    close(desk, FIRST, by=TRIAGER)
    close(desk, SECOND, by=TRIAGER)
    before = desk.repository.pulls()
    for delivery in of_the_import:
        desk.repository.replay(delivery)
        desk.settle()
    assert branch_text(desk) == closed(FIRST, SECOND)
    assert desk.repository.pulls() == before


def test_a_proposal_that_is_merged_is_agreed_and_another_can_follow(desk: Desk) -> None:
    desk.begin(TEXT)
    close(desk, FIRST, by=TRIAGER)
    pull = proposed(desk)
    desk.repository.merge(pull.number)
    desk.settle()
    assert desk.text == closed(FIRST).encode()
    assert desk.states == {FIRST: "completed", SECOND: "open", THIRD: "open"}
    desk.assert_agreed()
    close(desk, SECOND, by=TRIAGER)
    [again] = [one for one in desk.repository.pulls() if one.open]
    assert again.number != pull.number
    assert branch_text(desk) == closed(FIRST, SECOND)


def test_a_writers_change_beside_a_proposal_is_committed(desk: Desk) -> None:
    desk.begin(TEXT)
    close(desk, FIRST, by=TRIAGER)
    proposed(desk)
    close(desk, SECOND, by=WRITER)
    assert desk.text == closed(SECOND).encode()
    assert branch_text(desk) == closed(FIRST, SECOND)
    assert len(desk.repository.pulls()) == 1


def test_a_proposal_follows_the_document(desk: Desk) -> None:
    """A person pushes while the pull request waits: the bot's next sync does not take the push back."""
    desk.begin(TEXT)
    close(desk, FIRST, by=TRIAGER)
    desk.write(TEXT.replace("No paging", "No paging of orders"))
    close(desk, SECOND, by=TRIAGER)
    assert branch_text(desk) == closed(FIRST, SECOND).replace("No paging", "No paging of orders")


def test_what_a_triager_takes_back_is_not_proposed_any_more(desk: Desk) -> None:
    desk.begin(TEXT)
    close(desk, FIRST, by=TRIAGER)
    desk.edit_issue(desk.numbers[FIRST], by=TRIAGER, state="open")
    close(desk, SECOND, by=TRIAGER)
    proposed(desk)
    assert branch_text(desk) == closed(SECOND)


def test_40_a_protected_branch_gets_a_pull_request(desk: Desk) -> None:
    desk.begin(TEXT)
    desk.repository.protect()
    close(desk, FIRST)
    first = proposed(desk)
    assert branch_text(desk) == closed(FIRST)
    desk.edit_issue(desk.numbers[SECOND], title="Sessions survive a new password")
    assert proposed(desk).number == first.number
    assert branch_text(desk) == closed(FIRST).replace(SECOND, "Sessions survive a new password")
    assert desk.repository.newest(branch=BRANCH).author == desk.world.access.bot
    before = desk.repository.pulls()
    desk.say_again()  # the branch may be tried again, and refuses again
    desk.push({"README.md": "an unrelated change\n"})
    assert desk.repository.pulls() == before


@pytest.mark.parametrize(
    ("mode", "on_main", "on_branch"), [("commit", True, False), ("pull_request", False, True), ("off", False, False)]
)
def test_the_modes_of_writing_back(desk: Desk, mode: str, *, on_main: bool, on_branch: bool) -> None:
    desk.begin(TEXT, config=f"{CONFIG}write_back: {mode}\n")
    close(desk, FIRST)
    assert splices(TEXT.encode(), desk.text) == ([(3, " ", "x")] if on_main else [])
    assert (desk.repository.head(BRANCH) is not None) is on_branch
    assert len(desk.repository.pulls()) == on_branch
    assert desk.states[FIRST] == "completed"
    desk.assert_agreed()


def test_the_config_of_the_default_branch_decides(desk: Desk) -> None:
    desk.begin(TEXT)
    desk.push({CONFIG_PATH: f"{CONFIG}write_back: off\n"}, branch="topic")
    close(desk, FIRST)
    assert desk.text == closed(FIRST).encode()
