"""The bot is stopped, killed, robbed of its database, or not told what its call did: no issue is doubled (I4, I12, I17)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS, ONE_WAY, Desk, wait_until
from tests.frontdoor.running_bot import ProcessBot
from tests.frontdoor.world import MAIN, Break

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.frontdoor.world import World

FIRST = "# Known gaps\n\n- [ ] Tokens never expire\n- [ ] No paging\n- [ ] Images are not cached\n"
SECOND = "# Known gaps\n\n- [ ] Tokens never expire\n- [x] No paging\n- [ ] Pictures are not cached\n"
END = {"Tokens never expire": "open", "No paging": "completed", "Pictures are not cached": "open"}


def test_the_database_outlives_the_server(own_desk: Desk) -> None:
    own_desk.begin(FIRST)
    numbers = own_desk.numbers
    own_desk.restart()
    with own_desk.watched() as calls:
        own_desk.write(SECOND)
    assert own_desk.states == END
    assert sorted(own_desk.numbers.values()) == sorted(numbers.values())
    assert not [call for call in calls if call.method == "GET" and call.path.endswith("/issues")]


def test_what_was_pushed_while_the_bot_was_down_is_found(own_desk: Desk) -> None:
    own_desk.begin(FIRST)
    own_desk.stop()
    own_desk.repository.push({GAPS: SECOND}, branch=MAIN)
    wait_until(own_desk.world.quiet)
    own_desk.start()
    own_desk.push({"notes.md": "unrelated\n", GAPS: SECOND + "- [ ] Old templates\n"})
    assert own_desk.states == END | {"Old templates": "open"}


def lose_database(folder: Path) -> None:
    for path in folder.glob("gapkeeper.db*"):
        path.unlink()


def test_i17_a_lost_database_is_rebuilt_from_the_markers(own_desk: Desk, tmp_path: Path) -> None:
    own_desk.begin(FIRST)
    numbers = own_desk.numbers
    own_desk.stop()
    lose_database(tmp_path)
    own_desk.start()
    own_desk.write(SECOND)
    assert own_desk.states == END
    assert own_desk.numbers == {title.replace("Images", "Pictures"): number for title, number in numbers.items()}
    with own_desk.nothing_written():
        own_desk.redeliver_all(times=1)


def test_18_an_old_delivery_means_what_the_repository_is_now(own_desk: Desk, tmp_path: Path) -> None:
    """A delivery says that something changed, never what: replayed to a bot without memory, the first push changes nothing."""
    own_desk.begin(FIRST)
    own_desk.write(SECOND)
    own_desk.stop()
    lose_database(tmp_path)
    own_desk.start()
    with own_desk.nothing_written():
        own_desk.repository.redeliver(0)
    assert own_desk.states == END


def test_73_a_marker_that_a_person_copied_means_nothing(own_desk: Desk, tmp_path: Path) -> None:
    """It counts only in an issue that our App opened; here it stands in one issue older and one younger than that."""
    older = own_desk.repository.open_issue("My old list", "mine", ["gap"])
    own_desk.begin(FIRST, config=ONE_WAY)
    numbers = own_desk.numbers
    copied = own_desk.issues["No paging"].body
    own_desk.edit_issue(older, body=copied)
    own_desk.repository.open_issue("My new list", copied, ["gap"])
    own_desk.settle()
    own_desk.stop()
    lose_database(tmp_path)
    own_desk.start()
    own_desk.write(SECOND)
    assert own_desk.states == END | {"My old list": "open", "My new list": "open"}
    assert [own_desk.issues[title].body for title in ("My old list", "My new list")] == [copied, copied]
    assert own_desk.numbers["No paging"] == numbers["No paging"]


def test_72_a_marker_whose_signature_does_not_fit_means_nothing(own_desk: Desk, tmp_path: Path) -> None:
    """Who may edit our issues may forge a marker there: the issue is then none of ours, and is left alone."""
    own_desk.begin(FIRST)
    issue = own_desk.issues["No paging"]
    forged = re.sub(r"sig=[0-9a-f]{32}", f"sig={'0' * 32}", issue.body)
    assert forged != issue.body
    own_desk.edit_issue(issue.number, body=forged)
    own_desk.stop()
    lose_database(tmp_path)
    own_desk.start()
    own_desk.write(FIRST + "\nThe end.\n")
    own_desk.write(SECOND)
    alike = [(found.open, found.body == forged) for found in own_desk.repository.issues() if found.title == "No paging"]
    assert alike == [(True, True), (False, False)]


def test_44_a_create_whose_answer_was_lost_is_not_repeated(own_desk: Desk) -> None:
    own_desk.repository.break_call(Break("POST", r"/issues$", status=502, after=True))
    own_desk.begin(FIRST)
    assert own_desk.states == dict.fromkeys(["Tokens never expire", "No paging", "Images are not cached"], "open")
    own_desk.write(SECOND)
    assert own_desk.states == END


def test_45_a_create_that_failed_is_made_later_and_once(own_desk: Desk) -> None:
    own_desk.repository.break_call(Break("POST", r"/issues$", status=502))
    own_desk.begin(FIRST)
    own_desk.write(SECOND)
    assert own_desk.states == END


def test_46_a_change_whose_answer_was_lost_is_made_once(own_desk: Desk) -> None:
    own_desk.begin(FIRST)
    own_desk.repository.break_call(Break("PATCH", r"/issues/\d+$", status=502, after=True))
    own_desk.write(SECOND)
    assert own_desk.states == END


@pytest.mark.parametrize("status", [500, 502, 503])
def test_43_a_read_that_fails_is_tried_again(own_desk: Desk, status: int) -> None:
    own_desk.begin(FIRST)
    own_desk.repository.break_call(Break("GET", r"/git/|/contents/|/repos", status=status))
    own_desk.write(SECOND)
    assert own_desk.states == END


@pytest.fixture
def killable(world: World, tmp_path: Path) -> Iterator[tuple[Desk, ProcessBot]]:
    """The bot as a process of its own, as an operator runs it."""
    bot = ProcessBot(world.access, tmp_path)
    with Desk(world, bot) as desk:
        desk.start()
        yield desk, bot
        desk.stop()


@pytest.mark.parametrize("world", ["sandbox"], indirect=True)
def test_108_109_interrupted_again_and_again_in_the_middle_of_an_import(killable: tuple[Desk, ProcessBot]) -> None:
    """The power goes while an issue is about to be created, then right after one was; then the bot is asked to end."""
    desk, bot = killable
    gaps = [f"Gap about subject {number}" for number in range(12)]
    text = "# Known gaps\n\n" + "".join(f"- [ ] {gap}\n" for gap in gaps)

    def creations() -> int:
        return sum(call.method == "POST" and call.path.endswith("/issues") for call in desk.repository.calls())

    def break_the_third_creation(*, after: bool) -> int:
        desk.repository.break_call(Break("POST", r"/issues$", after=after, delay=1.5, skip=2))
        return creations() + 3

    third = break_the_third_creation(after=False)
    desk.repository.push({CONFIG_PATH: CONFIG, GAPS: text}, branch=MAIN)
    wait_until(lambda: creations() == third)
    bot.kill()
    third = break_the_third_creation(after=True)
    desk.start()
    wait_until(lambda: creations() == third)
    bot.kill()
    third = break_the_third_creation(after=True)
    desk.start()
    wait_until(lambda: creations() == third)
    assert bot.stop() == 0
    desk.start()
    desk.settle()
    assert desk.states == dict.fromkeys(gaps, "open")
