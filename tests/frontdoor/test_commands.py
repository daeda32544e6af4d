"""Commands in comments, through the front door: every verb as people who may write, and the refusals that leave both sides alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bot.commands.registry import SPECS
from bot.core.replies import Who
from tests.frontdoor.desk import GAPS
from tests.frontdoor.world import ADMIN, TRIAGER, WRITER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.frontdoor.desk import Desk
    from tests.frontdoor.world import IssueView

TEXT = """\
# Known gaps

## Security

- [ ] [P1] Rotate the keys
  - [ ] Make new ones
  - [ ] Forget the old ones
- [ ] [P2] Limit the rate

## Frontend

- [ ] [P3] A dark theme
"""
KEYS, RATE, THEME = "Rotate the keys", "Limit the rate", "A dark theme"
ENTRY = "- [ ] [P2] Limit the rate\n"
DECLINED = "- [x] [P2] Limit the rate (Won't fix)\n"
TASKS = "  - [ ] Make new ones\n  - [ ] Forget the old ones\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said on the issue of a gap, the text that comes of it, and what is true of the issue then; `reply`: words of an answer."""

    said: str
    text: str = TEXT
    on: str = RATE
    then: Callable[[IssueView], bool] = lambda issue: issue.open
    reply: str | None = None


VERBS: dict[str, Told] = {
    "help": Told("/gap help", reply="| `/gap retitle <text>` |"),
    "status": Told("/gap status", reply="| Gap | `Limit the rate` |"),
    "priority": Told("/gap priority P0", TEXT.replace("[P2]", "[P0]"), then=lambda i: "priority: P0" in i.labels),
    "effort": Told("/gap effort M", TEXT.replace(ENTRY, f"{ENTRY}  - **Effort:** M\n"), then=lambda i: "effort: M" in i.labels),
    "retitle": Told("/gap retitle Limit it", TEXT.replace(RATE, "Limit it"), then=lambda i: i.title == "Limit it"),
    "done": Told("/gap done", TEXT.replace("[ ] [P2]", "[x] [P2]"), then=lambda i: i.reason == "completed"),
    "wontfix": Told(
        "/gap wontfix never",
        TEXT.replace(ENTRY, DECLINED),
        then=lambda i: i.reason == "not_planned",
    ),
    "defer": Told(
        "/gap defer", TEXT.replace("Limit the rate", "Limit the rate (Deferred)"), then=lambda i: "status: deferred" in i.labels
    ),
    "reopen": Told("/gap reopen"),
    "move": Told("/gap move Frontend", TEXT.replace(ENTRY, "") + ENTRY, then=lambda i: "in `Frontend`" in i.body),
    "depends": Told(
        "/gap depends #{keys}",
        TEXT.replace(ENTRY, f"{ENTRY}  - **Depends on:** #{{keys}}\n"),
        then=lambda i: "Depends on" in i.body,
    ),
    "split": Told(
        "/gap split",
        TEXT.replace(TASKS, "").replace(ENTRY, f"{ENTRY}- [ ] [P1] Make new ones\n- [ ] [P1] Forget the old ones\n"),
        on=KEYS,
        then=lambda i: "Make new ones" not in i.body,
    ),
    "link": Told("/gap link"),
    "unlink": Told("/gap unlink", then=lambda i: "gap" not in i.labels and "gap: unlinked" in i.labels),
    "assign": Told("/gap assign @bob", then=lambda i: i.assignees == {"bob"}),
    "unassign": Told("/gap unassign @alice"),
    "resolve": Told("/gap resolve file"),
    "sync": Told("/gap sync"),
    "plan": Told("/gap plan", reply="A sync would change nothing."),
    "approve": Told("/gap approve"),
    "undo": Told("/gap undo", then=lambda i: "priority: P2" in i.labels, reply="is taken back"),
}


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """A repository whose document was imported."""
    desk.begin(TEXT)
    return desk


def say(desk: Desk, title: str, text: str, *, by: str = ADMIN) -> list[str]:
    """Say something on the issue of a gap, wait for the bot, and return what it answered."""
    number = desk.numbers[title]
    before = len(desk.repository.comments(number))
    desk.repository.comment(number, text, by=by)
    desk.settle()
    return [comment.body for comment in desk.repository.comments(number)[before + 1 :]]


def test_every_verb_has_a_row() -> None:
    assert set(VERBS) == set(SPECS)


@pytest.mark.parametrize(("by", "verb"), [(WRITER if n % 2 else ADMIN, verb) for n, verb in enumerate(VERBS)])
def test_a_verb_does_what_its_line_says_in_the_issue_and_in_the_file(ready: Desk, by: str, verb: str) -> None:
    told, numbers = VERBS[verb], ready.numbers
    if verb == "undo":
        say(ready, RATE, "/gap priority P0", by=by)
        assert ready.text.decode() == TEXT.replace("[P2]", "[P0]")
    answers = say(ready, told.on, told.said.format(keys=numbers[KEYS]), by=by)
    assert ready.text.decode() == told.text.format(keys=numbers[KEYS])
    assert told.then(ready.issue(numbers[told.on]))
    assert [told.reply in answer for answer in answers if told.reply] == [True] * (told.reply is not None)
    assert told.reply is not None or answers == []
    ready.assert_agreed()


def test_reopen_gives_both_sides_their_old_words(ready: Desk) -> None:
    say(ready, RATE, "/gap done")
    say(ready, RATE, "/gap assign @bob\n/gap reopen", by=WRITER)
    assert ready.text.decode() == TEXT
    assert ready.issues[RATE].open
    assert ready.issues[RATE].assignees == {"bob"}
    say(ready, RATE, "/gap unassign @bob")
    assert not ready.issues[RATE].assignees


def missed(desk: Desk, title: str) -> None:
    """Retitle an issue so that nobody tells the bot."""
    desk.repository.lose_deliveries(lose=True)
    desk.repository.edit_issue(desk.numbers[RATE], title=title)
    desk.settle()
    desk.repository.lose_deliveries(lose=False)


@pytest.mark.parametrize(("side", "kept"), [("file", "In the file"), ("issue", "In the issue")])
def test_resolve_settles_a_conflict_for_one_side(ready: Desk, side: str, kept: str) -> None:
    number = ready.numbers[RATE]
    missed(ready, "In the issue")
    ready.write(TEXT.replace(RATE, "In the file"))
    assert "gap: conflict" in ready.issue(number).labels
    ready.comment(number, f"/gap resolve {side}", by=WRITER)
    assert ready.text.decode() == TEXT.replace(RATE, kept)
    assert (ready.issue(number).title, "gap: conflict" in ready.issue(number).labels) == (kept, False)


def test_plan_shows_and_sync_carries_out_what_was_never_delivered(ready: Desk) -> None:
    missed(ready, "Never told")
    (answer,) = say(ready, KEYS, "/gap plan")
    assert f"| `{RATE}` | `GAPS.md:" in answer
    assert ready.text.decode() == TEXT
    say(ready, KEYS, "/gap sync", by=WRITER)
    assert ready.repository.read("GAPS.md", branch="gapkeeper/sync").decode() == TEXT.replace(RATE, "Never told")


def test_approve_carries_out_the_plan_that_waits_for_writers_alone(desk: Desk) -> None:
    desk.begin(TEXT, config=f"files: [{GAPS}]\nlimits: {{import: 1}}\n")
    (notice,) = desk.numbers.values()
    desk.comment(notice, "/gap approve", by=TRIAGER)
    assert RATE not in desk.issues
    desk.comment(notice, "/gap approve", by=WRITER)
    assert {KEYS, RATE, THEME} <= desk.issues.keys()
    assert not desk.issue(notice).open


@pytest.mark.parametrize("verb", [spec.verb for spec in SPECS.values() if spec.who is Who.WRITERS])
def test_fault_84_who_may_not_write_is_refused_and_nothing_is_touched(ready: Desk, verb: str) -> None:
    numbers = ready.numbers
    before = ready.repository.issues()
    (answer,) = say(ready, VERBS[verb].on, VERBS[verb].said.format(keys=numbers[KEYS]), by=TRIAGER)
    assert f"`{verb}` takes write access to this repository, and `{TRIAGER}` does not have it." in answer
    assert ready.text.decode() == TEXT
    assert ready.repository.issues() == before


def test_everyone_who_sees_the_issue_may_ask(ready: Desk) -> None:
    (answer,) = say(ready, RATE, "/gap help\n/gap status", by=TRIAGER)
    assert "| Gap | `Limit the rate` |" in answer


def test_fault_85_bots_are_not_heard(ready: Desk) -> None:
    assert say(ready, RATE, "/gap done\n/gap help", by=ready.world.access.bot) == []
    assert ready.text.decode() == TEXT
    assert ready.states[RATE] == "open"


@pytest.mark.parametrize(
    "text",
    [
        "```\n/gap done\n```",
        "    /gap done",
        "> /gap done",
        "`/gap done`",
        "<!--\n/gap done\n-->",
        "[a link\n/gap done\n](https://example.com)",
        "| a |\n|---|\n| /gap done |",
    ],
)
def test_fault_88_what_is_no_command_does_nothing(ready: Desk, text: str) -> None:
    assert say(ready, RATE, text) == []
    assert ready.text.decode() == TEXT


@pytest.mark.parametrize("verb", ["priority", "effort", "move", "depends", "assign", "resolve", "approve"])
@pytest.mark.parametrize("argument", ["${{ secrets.TOKEN }}", "::set-env name=A::b", "@everyone #1 <b>", "x" * 60_000])
def test_fault_90_hostile_arguments_are_harmless(ready: Desk, verb: str, argument: str) -> None:
    before = ready.repository.issues()
    answers = say(ready, RATE, f"/gap {verb} {argument}")
    assert verb == "approve" or len(answers) == 1
    assert all(len(answer) < 900 for answer in answers)
    assert ready.text.decode() == TEXT
    assert ready.repository.issues() == before


def test_fault_91_of_fifty_the_first_five_are_taken(ready: Desk) -> None:
    (answer,) = say(ready, RATE, "\n".join(f"/gap priority P{i % 4}" for i in range(50)))
    assert "At most 5 commands" in answer
    assert ready.text.decode() == TEXT.replace("[P2]", "[P0]")


def test_fault_86_an_edit_runs_only_what_is_new(ready: Desk) -> None:
    comment = ready.repository.comment(ready.numbers[RATE], "/gap retitle First")
    ready.settle()
    ready.edit_issue(ready.numbers["First"], title="By hand")
    ready.edit_comment(comment, "/gap retitle First\n/gap priority P0")
    assert ready.text.decode() == TEXT.replace("[P2] Limit the rate", "[P0] By hand")


def test_i5_what_is_delivered_again_is_done_once(ready: Desk) -> None:
    say(ready, KEYS, "/gap split\n/gap move Frontend")
    say(ready, RATE, "/gap priority P0")
    (answer,) = say(ready, RATE, "/gap undo")
    text, issues = ready.text, ready.repository.issues()
    ready.say_again()
    assert (ready.text, ready.repository.issues()) == (text, issues)
    assert [comment.body for comment in ready.repository.comments(ready.numbers[RATE])].count(answer) == 1
    assert b"[P2] Limit the rate" in text


def test_on_an_issue_of_no_gap_most_verbs_are_not_for_here(ready: Desk) -> None:
    number = ready.open_issue("A question")
    ready.repository.comment(number, "/gap done")
    ready.settle()
    assert "belongs to no gap" in ready.repository.comments(number)[-1].body
    assert ready.issue(number).open
    ready.repository.comment(number, f"/gap link {THEME}")
    ready.settle()
    assert "That gap has issue" in ready.repository.comments(number)[-1].body
    say(ready, THEME, "/gap unlink")
    ready.repository.comment(number, f"/gap link {THEME}")
    ready.settle()
    assert ready.issue(number).labels == {"gap", "priority: P3"}
    assert ready.text.decode() == TEXT


def test_what_the_branch_refuses_waits_in_the_pull_request(ready: Desk) -> None:
    ready.repository.protect()
    assert say(ready, RATE, "/gap move Frontend") == []
    moved = TEXT.replace(ENTRY, "") + ENTRY
    assert ready.text.decode() == TEXT
    assert ready.repository.read("GAPS.md", branch="gapkeeper/sync").decode() == moved
    ready.repository.merge(ready.repository.pulls()[-1].number)
    ready.settle()
    assert ready.text.decode() == moved
