"""Triage by label and by rule, on the sandbox and on the emulator: what maintainers set in GitHub, and what the config sets for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH
from tests.frontdoor.world import ADMIN, TRIAGER, WRITER

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

DEBT = """\
# Technical debt

## Quick wins

- [ ] [P1] Pool the connections
  - [ ] measure before
- [ ] [P2] Retry what fails
- [x] [P1] Drop the old flag

## Security

- [ ] Rotate the keys
"""
POOL, KEYS = "Pool the connections", "Rotate the keys"


def test_a_priority_label_changes_exactly_its_word_in_the_document(desk: Desk) -> None:
    desk.begin(DEBT)
    desk.edit_issue(desk.numbers[POOL], labels=["gap", "priority: P0", "my own"])
    assert desk.text == DEBT.replace("[P1] Pool", "[P0] Pool").encode()
    assert desk.issues[POOL].labels == {"gap", "priority: P0", "my own"}
    desk.assert_agreed()


def test_needs_triage_goes_when_people_set_a_priority_and_comes_again_without_one(desk: Desk) -> None:
    desk.begin(DEBT)
    number = desk.numbers[KEYS]
    assert desk.issues[KEYS].labels == {"gap", "needs triage"}
    assert "needs triage" not in desk.issues[POOL].labels
    desk.edit_issue(number, labels=["gap", "needs triage", "priority: P0"])
    assert desk.text == DEBT.replace("- [ ] Rotate", "- [ ] [P0] Rotate").encode()
    assert desk.issues[KEYS].labels == {"gap", "priority: P0"}
    desk.write(DEBT)
    assert desk.issues[KEYS].labels == {"gap", "needs triage"}
    desk.assert_agreed()


def test_96_a_label_that_is_renamed_gets_its_name_back(desk: Desk) -> None:
    desk.begin(DEBT)
    before = {title: issue.labels for title, issue in desk.issues.items()}
    desk.repository.rename_label("priority: P1", "soon")
    desk.settle()
    desk.edit_issue(desk.numbers[POOL], title="Pool all connections")
    assert desk.text == DEBT.replace(POOL, "Pool all connections").encode()
    assert desk.issues["Pool all connections"].labels == before[POOL]
    desk.assert_agreed()


def test_96_a_label_that_is_deleted_is_made_again_and_put_back(desk: Desk) -> None:
    desk.begin(DEBT)
    before = {title: issue.labels for title, issue in desk.issues.items()}
    for name in ("priority: P1", "gap", "needs triage"):
        desk.repository.delete_label(name)
    desk.settle()
    assert {title: issue.labels for title, issue in desk.issues.items()} == before
    assert desk.text == DEBT.encode()
    desk.assert_agreed()


def test_a_rule_comes_with_the_request_that_opens_the_issue(desk: Desk) -> None:
    rules = f"rules:\n  - when: {{section: 'secur*'}}\n    add: {{labels: [security], assignees: [{WRITER}]}}\n"
    with desk.watched() as calls:
        desk.begin(DEBT, config=CONFIG + rules)
    assert desk.issues[KEYS].labels == {"gap", "needs triage", "security"}
    assert "security" not in desk.issues[POOL].labels
    touched = [call for call in calls if call.writes and not call.path.endswith("/labels")]
    assert [(call.method, call.path.rsplit("/", 1)[1]) for call in touched] == [("POST", "issues")] * 3
    desk.assert_agreed()


def test_34_a_rule_that_names_nobody_and_nothing_keeps_no_gap_from_its_issue(desk: Desk) -> None:
    rules = "rules:\n  - when: {}\n    add: {labels: [seen], assignees: [nobody-here-at-all], milestone: Nowhere}\n"
    desk.begin(DEBT, config=CONFIG + rules)
    assert {title: "seen" in issue.labels for title, issue in desk.issues.items()} == dict.fromkeys(desk.numbers, True)
    assert len(desk.issues) == 3


WHO: dict[str, tuple[str, str, bool]] = {
    "a writer by default": ("", WRITER, True),
    "no triager by default": ("", TRIAGER, False),
    "a writer where more is asked for": ("commands: {permission: admin}\n", WRITER, False),
    "an administrator": ("commands: {permission: admin}\n", ADMIN, True),
    "a reader where that is enough": ("commands: {permission: read}\n", TRIAGER, True),
    "a triager by name": (f"commands: {{permission: admin, allow: {{users: [{TRIAGER}]}}}}\n", TRIAGER, True),
}


@pytest.mark.parametrize(("config", "by", "may"), WHO.values(), ids=WHO.keys())
def test_84_who_may_use_commands_is_the_configs_to_say(desk: Desk, config: str, by: str, *, may: bool) -> None:
    desk.begin(DEBT, config=CONFIG + config)
    number = desk.numbers[POOL]
    desk.comment(number, "/gap priority P0", by=by)
    replies = [comment for comment in desk.repository.comments(number) if comment.author == desk.world.access.bot]
    assert ("priority: P0" in desk.issue(number).labels, len(replies)) == ((True, 0) if may else (False, 1))
    # A commit is only for those who may write themselves; for others it is proposed (I19).
    commits = may and by != TRIAGER
    assert desk.text == (DEBT.replace("[P1] Pool", "[P0] Pool") if commits else DEBT).encode()
    assert len(desk.repository.pulls()) == (1 if may and by == TRIAGER else 0)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("files: [GAPS.md\n", id="#100 YAML"),
        pytest.param("files: [OTHER.md]\nfils: [GAPS.md]\n", id="#101 a key"),
        pytest.param("files: [OTHER.md]\nlimits: {close: many}\n", id="#101 a type"),
        pytest.param("files: [OTHER.md]\nfiles: [OTHER.md]\n", id="#101 a doubled key"),
        pytest.param("files: &a [OTHER.md]\n", id="#102 an anchor"),
    ],
)
def test_100_bad_settings_leave_the_last_good_ones_in_force_and_close_nothing(desk: Desk, broken: str) -> None:
    desk.begin(DEBT)
    before = desk.states
    without = DEBT.replace("- [ ] [P2] Retry what fails\n", "").replace(POOL, "Pool all connections")
    desk.push({CONFIG_PATH: broken, "GAPS.md": without})
    assert desk.states == {"Pool all connections" if title == POOL else title: state for title, state in before.items()}
    desk.push({CONFIG_PATH: CONFIG})
    assert desk.states["Retry what fails"] == "completed"
    desk.assert_agreed()
