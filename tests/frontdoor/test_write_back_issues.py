"""What people do with issues besides editing them: open and label, lose and delete, and take their bodies apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.splices import splices
from tests.frontdoor.world import TRIAGER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.frontdoor.desk import Desk

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


class TestNewcomers:
    """An issue that a person opens or labels `gap` becomes an entry, in the section and the dialect of its like."""

    TITLE = "Passwords may be short"

    @pytest.mark.parametrize("when", ["at once", "later"])
    def test_it_becomes_an_entry_and_lives_on_as_one(self, desk: Desk, when: str) -> None:
        desk.begin(TEXT)
        labels = ["gap", "priority: P1", "help wanted"]
        number = desk.open_issue(self.TITLE, "Eight is not enough.", labels=labels if when == "at once" else ["help wanted"])
        if when == "later":
            assert desk.text == TEXT.encode()
            desk.edit_issue(number, labels=labels)
        entry = f"- [ ] [P1] {self.TITLE}\n"
        assert splices(TEXT.encode(), desk.text) == [(11, "", entry)]
        issue = desk.issue(number)
        assert issue.body.startswith("Eight is not enough.")
        assert issue.labels == set(labels)
        desk.assert_agreed()
        desk.edit_issue(number, state="closed")
        assert splices(TEXT.encode(), desk.text) == [(11, "", entry.replace("[ ]", "[x]"))]
        desk.write(TEXT.replace("## Speed", entry.replace("short", "empty") + "\n## Speed"))
        assert (desk.issue(number).title, desk.issue(number).open) == ("Passwords may be empty", True)
        assert len(desk.issues) == 4

    def test_i19_one_by_somebody_who_may_not_write_is_not_written(self, desk: Desk) -> None:
        desk.begin(TEXT)
        desk.open_issue(self.TITLE, labels=["gap"], by=TRIAGER)
        assert desk.text == TEXT.encode()

    def test_an_entry_that_a_document_has_already_is_not_written_twice(self, desk: Desk) -> None:
        desk.begin(TEXT)
        desk.repository.lose_deliveries(lose=True)
        number = desk.open_issue(self.TITLE, labels=["gap"])
        desk.repository.lose_deliveries(lose=False)
        desk.say_again()
        assert desk.text.decode().count(self.TITLE) == 1
        assert desk.issue(number).open
        assert len(desk.issues) == 4


def emptied(_: str) -> str:
    return ""


def replaced(_: str) -> str:
    return "I do not like this text."


def without_the_region(body: str) -> str:
    return re.sub(r"(?s)<!-- gapkeeper:begin.*gapkeeper:end -->", "", body) + "My notes."


def doubled(body: str) -> str:
    return f"{body}\n\nAs I said above:\n\n{body}"


def cut(body: str) -> str:
    return body.replace("<!-- gapkeeper:end -->", "")


def reworded(body: str) -> str:
    return body.replace("They live for years.", "They live for ever.")


def converted(body: str) -> str:
    """GitHub's "Convert to issue" on a task line."""
    return body.replace("- [ ] choose a lifetime", "- [ ] #99")


@pytest.mark.parametrize("damage", [emptied, replaced, without_the_region, doubled, cut, reworded, converted])
def test_95_97_what_people_do_to_a_body_damages_no_document(desk: Desk, damage: Callable[[str], str]) -> None:
    desk.begin(TEXT)
    number = desk.numbers[FIRST]
    body = damage(desk.issue(number).body)
    desk.edit_issue(number, body=body)
    assert desk.text == TEXT.encode()
    assert desk.issue(number).body == body
    desk.edit_issue(number, state="closed")
    assert splices(TEXT.encode(), desk.text) == [(5, " ", "x")]
    people_said = re.sub(r"(?s)<!-- gapkeeper:begin[^>]*>|<sub>.*?</sub>", "", body)
    assert re.sub(r"(?s)<!-- gapkeeper:begin[^>]*>|<sub>.*?</sub>", "", desk.issue(number).body) == people_said
    desk.edit_issue(number, state="open")
    assert desk.text == TEXT.encode()
    desk.assert_agreed()


def test_text_of_people_around_the_region_stays(desk: Desk) -> None:
    desk.begin(TEXT)
    number = desk.numbers[FIRST]
    body = f"Read this first.\r\n\r\n{desk.issue(number).body}\r\n- [ ] ask the vendor\r\n- [x] my own list\r\n"
    desk.edit_issue(number, body=body)
    assert desk.text == TEXT.encode()
    desk.write(TEXT.replace("They live", "All live"))
    after = desk.issue(number).body
    assert "All live" in after
    assert after.startswith("Read this first.\r\n\r\n<!-- gapkeeper:begin")
    assert after.endswith("\r\n- [ ] ask the vendor\r\n- [x] my own list\r\n")


@pytest.mark.parametrize("how", ["deleted", "transferred"])
def test_36_37_an_issue_that_is_gone_leaves_its_entry_alone(desk: Desk, how: str) -> None:
    desk.begin(TEXT)
    number = desk.numbers[FIRST]
    if how == "deleted":
        desk.repository.delete_issue(number)
    else:
        desk.repository.transfer_issue(number)
    desk.settle()
    edited = TEXT.replace("They live", "All live")
    desk.write(edited)
    desk.edit_issue(desk.numbers[SECOND], state="closed")
    assert splices(edited.encode(), desk.text) == [(10, " ", "x")]
    assert desk.states == {SECOND: "completed", THIRD: "open"}
    desk.assert_agreed()


class TestLabels:
    """Setting a label is a command; within a family exactly one stands; people's own labels are none of ours."""

    def test_the_newest_of_a_family_wins(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        desk.edit_issue(number, labels=["gap", "priority: P0", "priority: P2", "help wanted"])
        assert splices(TEXT.encode(), desk.text) == [(5, "P0", "P2")]
        assert desk.issue(number).labels == {"gap", "priority: P2", "help wanted"}
        desk.assert_agreed()

    def test_several_new_ones_collapse_to_one(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        desk.edit_issue(number, labels=["gap", "priority: P1", "priority: P2"])
        [label] = [name for name in desk.issue(number).labels if name.startswith("priority: ")]
        assert label in {"priority: P1", "priority: P2"}
        assert splices(TEXT.encode(), desk.text) == [(5, "P0", label.removeprefix("priority: "))]
        desk.assert_agreed()

    def test_a_family_member_that_is_renamed_does_no_damage(self, desk: Desk) -> None:
        desk.begin(TEXT)
        desk.repository.rename_label("priority: P0", "priority: urgent")
        desk.settle()
        assert desk.text == TEXT.encode()
        number = desk.numbers[FIRST]
        desk.edit_issue(number, state="closed")
        desk.edit_issue(number, state="open")
        assert splices(TEXT.encode(), desk.text) in ([], [(5, "P0", "URGENT")], [(5, "P0", "urgent")])
        assert len([name for name in desk.issue(number).labels if name.startswith("priority: ")]) == 1
        desk.assert_agreed()

    def test_a_storm_of_labels_is_few_commits(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        with desk.watched() as calls:
            for turn in range(12):
                desk.repository.edit_issue(number, labels=["gap", f"priority: P{turn % 3 + 1}", f"note {turn}"])
        assert splices(TEXT.encode(), desk.text) == [(5, "P0", "P3")]
        assert len([call for call in calls if call.method == "PUT"]) <= 6
        assert desk.issue(number).labels == {"gap", "priority: P3", "note 11"}
        desk.assert_agreed()

    def test_without_our_label_an_issue_is_no_gaps_until_it_has_it_again(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        desk.edit_issue(number, labels=["priority: P0"])
        assert desk.issue(number).labels == {"priority: P0", "gap: unlinked"}
        desk.edit_issue(number, state="closed", title="Mine")
        edited = TEXT.replace("They live", "All live")
        desk.write(edited)
        assert desk.text == edited.encode()
        assert desk.states == {"Mine": "completed", SECOND: "open", THIRD: "open"}
        assert "All live" not in desk.issue(number).body
        desk.assert_agreed()
        desk.edit_issue(number, labels=[*desk.issue(number).labels, "gap"])
        assert splices(edited.encode(), desk.text) == [(5, " ", "x"), (5, FIRST, "Mine")]
        assert desk.issue(number).labels == {"gap", "priority: P0"}
        assert "All live" in desk.issue(number).body
        desk.assert_agreed()

    def test_labels_of_people_change_nothing(self, desk: Desk) -> None:
        desk.begin(TEXT)
        number = desk.numbers[FIRST]
        with desk.watched() as calls:
            desk.edit_issue(number, labels=[*desk.issue(number).labels, "help wanted", "bug"])
        assert [call for call in calls if call.writes] == []
