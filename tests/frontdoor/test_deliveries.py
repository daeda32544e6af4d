"""Deliveries come twice, late, out of order, in bursts, or not at all: the issues end up the same (I5, I6, I7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS, wait_until
from tests.frontdoor.world import MAIN

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

FIRST = "# Known gaps\n\n- [ ] Tokens never expire\n- [ ] No paging\n"
SECOND = "# Known gaps\n\n- [ ] Tokens never expire\n- [x] No paging\n- [ ] Images are not cached\n"
END = {"Tokens never expire": "open", "No paging": "completed", "Images are not cached": "open"}


def test_15_every_delivery_sent_again_writes_nothing(desk: Desk) -> None:
    desk.begin(FIRST)
    desk.write(SECOND)
    with desk.nothing_written():
        desk.redeliver_all(times=2)
    assert desk.states == END


def test_19_deliveries_in_the_wrong_order(desk: Desk) -> None:
    desk.repository.lose_deliveries(lose=True)
    desk.begin(FIRST)
    desk.write(SECOND)
    desk.repository.lose_deliveries(lose=False)
    for number in reversed(range(desk.repository.sent())):
        desk.repository.redeliver(number)
        desk.settle()
    assert desk.states == {title: state for title, state in END.items() if state == "open"}


def test_a_lost_delivery_is_made_good_by_the_next(desk: Desk) -> None:
    desk.begin(FIRST)
    desk.repository.lose_deliveries(lose=True)
    desk.write(SECOND)
    desk.repository.lose_deliveries(lose=False)
    assert "Images are not cached" not in desk.states
    desk.push({"README.md": "unrelated\n"})
    desk.write(SECOND + "- [ ] Old templates\n")
    assert desk.states == END | {"Old templates": "open"}


def test_a_burst_of_pushes_takes_few_syncs(desk: Desk) -> None:
    desk.begin(FIRST)
    with desk.watched() as calls:
        for number in range(20):
            desk.repository.push({GAPS: f"{FIRST}- [ ] Gap about subject {number}\n"}, branch=MAIN)
    assert {title: state for title, state in desk.states.items() if "subject" in title and state == "open"} == {
        "Gap about subject 19": "open"
    }
    syncs = [call for call in calls if "/git/ref/" in call.path or "/commits/" in call.path or "/branches/" in call.path]
    assert len(syncs) <= 10


def test_several_repositories_at_once(desk: Desk) -> None:
    """I18: what is pushed to one shows in that one only."""
    repositories = [desk.world.new_repository() for _ in range(4)]
    for number, repository in enumerate(repositories):
        repository.push({CONFIG_PATH: CONFIG, GAPS: f"{FIRST}- [ ] Gap of repository {number}\n"}, branch=MAIN)
    wait_until(lambda: all(len(repository.issues()) == 3 for repository in repositories))
    desk.settle()
    titles = [sorted(issue.title for issue in repository.issues()) for repository in repositories]
    assert titles == [[f"Gap of repository {number}", "No paging", "Tokens never expire"] for number in range(4)]
    assert desk.issues == {}


def test_82_what_the_bot_writes_does_not_set_it_off(desk: Desk) -> None:
    """I7: the deliveries which the bot's own writes cause lead to no further write."""
    desk.begin(FIRST)
    with desk.watched() as calls:
        desk.write(SECOND)
    writes = [call for call in calls if call.writes and not call.path.endswith("/labels")]
    assert sorted(call.method for call in writes) == ["PATCH", "POST"]


def test_53_a_deleted_config_and_document_in_one_push_close_nothing(desk: Desk) -> None:
    desk.begin(FIRST)
    with desk.nothing_written():
        desk.push({CONFIG_PATH: None, GAPS: None})
    desk.begin(FIRST, config=CONFIG)
    assert set(desk.states.values()) == {"open"}
    assert len(desk.states) == 2
