"""What happens around a repository while the server dies: each a beginning, and an act that makes the bot do something."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS, Desk
from tests.frontdoor.sandbox_world import SandboxRepository
from tests.frontdoor.world import ADMIN, MAIN, TRIAGER, WRITER

TEXT = """\
# Known gaps

## Security

- [ ] [P0] Tokens never expire
  - [ ] choose a lifetime
- [ ] [P1] Sessions survive

## Speed

- [ ] [P2] No paging
"""
FIRST, SECOND, THIRD = "Tokens never expire", "Sessions survive", "No paging"
CAREFUL = f"files: [{GAPS}]\nlimits: {{import: 2, open: 2, close: 1}}\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`act` does not wait for the bot, which dies meanwhile. With `coalesced` the bot may do it in one step or in several."""

    given: Callable[[Desk], object]
    act: Callable[[Desk], object]
    coalesced: bool = False


def imported(desk: Desk) -> None:
    desk.begin(TEXT)


def nothing(_: Desk) -> None:
    """The first thing that the bot hears of is the act."""


def sandbox(desk: Desk) -> SandboxRepository:
    assert isinstance(desk.repository, SandboxRepository)
    return desk.repository


def imports(desk: Desk) -> None:
    desk.repository.push({CONFIG_PATH: CONFIG, GAPS: TEXT}, branch=MAIN)


def pushes_changes(desk: Desk) -> None:
    """One gap is done, one is renamed, one has another text, one is new."""
    text = TEXT.replace("- [ ] [P1] Sessions", "- [x] [P1] Sessions").replace("No paging", "No pages")
    text = text.replace("choose a lifetime", "choose a short lifetime") + "- [ ] [P1] Images are not cached\n"
    desk.repository.push({GAPS: text}, branch=MAIN)


def renames_the_document(desk: Desk) -> None:
    files = {GAPS: None, "docs/GAPS.md": TEXT, CONFIG_PATH: CONFIG.replace(GAPS, "docs/GAPS.md")}
    desk.repository.push(files, branch=MAIN)


def removes_a_gap(desk: Desk) -> None:
    desk.repository.push({GAPS: TEXT.replace("- [ ] [P1] Sessions survive\n", "")}, branch=MAIN)


def closes_an_issue(desk: Desk) -> None:
    desk.repository.edit_issue(desk.numbers[FIRST], by=WRITER, state="closed", state_reason="completed")


def closes_an_issue_without_the_right_to_write(desk: Desk) -> None:
    desk.repository.edit_issue(desk.numbers[FIRST], by=TRIAGER, state="closed", state_reason="completed")


def ticks_a_task(desk: Desk) -> None:
    body = desk.issues[FIRST].body
    desk.repository.edit_issue(desk.numbers[FIRST], by=WRITER, body=body.replace("[ ] choose", "[x] choose"))


def retitles(desk: Desk) -> None:
    labels = sorted(desk.issues[SECOND].labels - {"priority: P1"} | {"priority: P0"})
    desk.repository.edit_issue(desk.numbers[SECOND], by=WRITER, title="Sessions live on", labels=labels)


def commands(desk: Desk) -> None:
    number = desk.numbers[THIRD]
    sandbox(desk).act(lambda model: model.comment(number, "/gap priority P0\n/gap close not planned", by=ADMIN))


def asks_for_status(desk: Desk) -> None:
    number = desk.numbers[THIRD]
    sandbox(desk).act(lambda model: model.comment(number, "/gap status", by=ADMIN))


def disagrees(desk: Desk) -> None:
    """A person renames an issue while another one renames its gap."""
    desk.repository.edit_issue(desk.numbers[FIRST], by=WRITER, title="Tokens live for ever")
    desk.repository.push({GAPS: TEXT.replace(FIRST, "Access tokens never expire")}, branch=MAIN)


def opens_an_issue(desk: Desk) -> None:
    desk.repository.open_issue("Passwords may be short", "Eight is not enough.", ["gap", "priority: P1"], by=WRITER)


def held(desk: Desk) -> None:
    desk.begin(TEXT, config=CAREFUL)


def is_held(desk: Desk) -> None:
    desk.repository.push({CONFIG_PATH: CAREFUL, GAPS: TEXT}, branch=MAIN)


def approves(desk: Desk) -> None:
    [notice] = desk.repository.issues()
    body = re.sub(r"\[ \] (<!-- gapkeeper:box=approve:)", r"[x] \1", notice.body)
    desk.repository.edit_issue(notice.number, by=ADMIN, body=body)


def all_at_once(desk: Desk) -> None:
    """Deliveries of several kinds come in the same moment."""
    closes_an_issue(desk)
    retitles(desk)
    opens_an_issue(desk)
    desk.repository.push({GAPS: TEXT + "- [ ] [P1] Images are not cached\n"}, branch=MAIN)


SCENARIOS = {
    "import": Scenario(nothing, imports),
    "a push with changes": Scenario(imported, pushes_changes),
    "a document is renamed": Scenario(imported, renames_the_document),
    "a gap is removed": Scenario(imported, removes_a_gap),
    "an issue is closed": Scenario(imported, closes_an_issue),
    "an issue is closed, and it is proposed": Scenario(imported, closes_an_issue_without_the_right_to_write),
    "a task is ticked": Scenario(imported, ticks_a_task),
    "title and label": Scenario(imported, retitles),
    "commands": Scenario(imported, commands),
    "a question": Scenario(imported, asks_for_status),
    "a conflict": Scenario(imported, disagrees, coalesced=True),
    "a newcomer": Scenario(imported, opens_an_issue),
    "a plan is held": Scenario(nothing, is_held),
    "a held plan is approved": Scenario(held, approves),
    "all at once": Scenario(imported, all_at_once, coalesced=True),
}
