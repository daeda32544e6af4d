"""What people do to a repository and its issues beside pushing. Only the sandbox knows all of it, so these run there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS
from tests.frontdoor.sandbox_world import SandboxRepository, SandboxWorld
from tests.frontdoor.world import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox import Repository as Model
    from tests.frontdoor.desk import Desk

pytestmark = pytest.mark.parametrize("world", ["sandbox"], indirect=True)

FIRST = "# Known gaps\n\n- [ ] Tokens never expire\n- [ ] No paging\n"
SECOND = "# Known gaps\n\n- [ ] Tokens never expire\n- [x] No paging\n- [ ] Images are not cached\n"
END = {"Tokens never expire": "open", "No paging": "completed", "Images are not cached": "open"}


def act(desk: Desk, what: Callable[[Model], object]) -> None:
    """Do something in the model, and wait for the bot."""
    cast("SandboxRepository", desk.repository).act(what)
    desk.settle()


def test_38_a_renamed_repository_keeps_its_issues(desk: Desk) -> None:
    desk.begin(FIRST)
    numbers = desk.numbers
    act(desk, lambda model: model.rename(f"{model.name}-renamed", by=ADMIN))
    desk.write(SECOND)
    assert desk.states == END
    assert desk.numbers.items() >= numbers.items()


def test_54_another_default_branch_is_read_from_then_on(desk: Desk) -> None:
    desk.begin(FIRST)
    numbers = desk.numbers
    desk.push({}, branch="trunk")
    act(desk, lambda model: model.set_default_branch("trunk", by=ADMIN))
    desk.push({GAPS: SECOND}, branch="trunk")
    assert desk.states == END
    assert desk.numbers.items() >= numbers.items()
    with desk.nothing_written():
        desk.push({GAPS: FIRST}, branch="main")


def test_i14_rewritten_history_is_read_as_it_is_now(desk: Desk) -> None:
    desk.begin(FIRST)
    numbers = desk.numbers
    desk.write(SECOND)

    def rewrite(model: Model) -> None:
        first = model.head().parents[0]
        model.push({"other.md": "x\n"}, by=ADMIN, parent=first, force=True)

    act(desk, rewrite)
    assert desk.states == {"Tokens never expire": "open", "No paging": "open", "Images are not cached": "completed"}
    assert desk.numbers.items() >= numbers.items()


def test_36_an_issue_that_a_person_deleted_is_not_made_again(desk: Desk) -> None:
    desk.begin(FIRST)
    number = desk.numbers["No paging"]
    act(desk, lambda model: model.delete_issue(number, by=ADMIN))
    desk.write(FIRST.replace("No paging\n", "No paging\n\n  It is slow.\n"))
    desk.write(SECOND)
    assert desk.states == {title: state for title, state in END.items() if title != "No paging"}


def test_37_an_issue_that_was_transferred_is_let_go(desk: Desk) -> None:
    desk.begin(FIRST)
    number = desk.numbers["No paging"]
    other = cast("SandboxRepository", desk.world.new_repository())
    elsewhere: list[Model] = []
    other.act(elsewhere.append)
    act(desk, lambda model: model.transfer_issue(number, elsewhere[0], by=ADMIN))
    desk.write(SECOND)
    assert desk.states == {title: state for title, state in END.items() if title != "No paging"}
    assert [issue.open for issue in other.issues()] == [True]


def test_35_a_repository_without_issues_is_left_alone_until_it_has_them(desk: Desk) -> None:
    desk.begin(FIRST)
    act(desk, lambda model: setattr(model, "has_issues", False))
    desk.write(SECOND)
    act(desk, lambda model: setattr(model, "has_issues", True))
    desk.write(SECOND + "\nThe end.\n")
    assert desk.states == END


def test_68_a_symbolic_link_is_not_followed(desk: Desk) -> None:
    desk.push({CONFIG_PATH: CONFIG.replace(GAPS, "docs/**"), "docs/gaps.md": FIRST})
    with desk.nothing_written():
        act(desk, lambda model: model.push({"docs/link.md": "gaps.md"}, by=ADMIN, modes={"docs/link.md": "120000"}))
    with desk.nothing_written():
        act(desk, lambda model: model.push({"docs/gaps.md": "README.md"}, by=ADMIN, modes={"docs/gaps.md": "120000"}))
    act(desk, lambda model: model.push({"docs/gaps.md": SECOND}, by=ADMIN, modes={"docs/gaps.md": "100644"}))
    assert desk.states == END


def test_116_an_app_that_was_suspended_catches_up(desk: Desk) -> None:
    world = cast("SandboxWorld", desk.world)
    [installation] = world.github.installations.values()
    desk.begin(FIRST)
    world.do(lambda: world.github.suspend(installation, by=ADMIN))
    desk.settle()
    desk.write(SECOND)
    assert "Images are not cached" not in desk.states
    world.do(lambda: world.github.suspend(installation, by=ADMIN, suspended=False))
    desk.settle()
    desk.write(SECOND + "\nThe end.\n")
    assert desk.states == END
