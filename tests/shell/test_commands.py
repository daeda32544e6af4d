"""Commands in comments, on the sandbox: what each verb does in the issue and in the file, and that refusals touch neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.commands.registry import SPECS
from bot.core.errors import Unavailable
from bot.jobs.outcome import Later
from bot.sandbox import Fault, GitHub, Role
from bot.store.store import Store
from tests.by_hand import CONFIG, ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.sandbox.model import Comment

pytestmark = pytest.mark.anyio

GAPS = """# Known gaps

## Security

- [ ] [P0] Rotate the keys
- [ ] [P1] Limit the rate
- [x] [P1] Hash the ids

## Missing

### Retries
**Status:** ❌ Missing
**Priority:** High
**Effort:** M

Nothing is tried again.

### Paging
**Status:** ⏸ Deferred
**Priority:** Low

## P2 wishes

- [ ] A dark theme
"""
KEYS, RATE, RETRIES, PAGING, THEME = 1, 2, 3, 4, 5


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world in which the document was imported; alice administers, bob reads."""
    async with by_hand(tmp_path) as made:
        made.repository.allow("bob", Role.READ)
        await made.push({"GAPS.md": GAPS})
        assert made.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Retries": 3, "Paging": 4, "A dark theme": 5}
        await made.sync()
        yield made


def file(hand: ByHand) -> str:
    return hand.repository.read("GAPS.md").decode()


def labels(hand: ByHand, number: int) -> set[str]:
    return {label.name for label in hand.issues[number].labels}


def reactions(comment: Comment) -> list[str]:
    return [reaction.content for reaction in comment.reactions]


def replies(hand: ByHand, number: int) -> list[str]:
    return [one.body for one in hand.issues[number].comments.values() if one.user.login == "gapkeeper[bot]"]


async def say(hand: ByHand, number: int, text: str, *, by: str = "alice") -> Comment:
    comment = hand.repository.comment(number, text, by=by)
    await hand.sync()
    return comment


async def quiet(hand: ByHand) -> None:
    """What we did ourselves causes nothing more."""
    calls = [call for _ in range(3) for call in await hand.sync()]
    assert [str(call) for call in calls if call.writes] == []


# ── each verb does what its line says ───────────────────────────────────────────────────────────────────────────────────

CHANGES: list[Any] = [
    ("priority", RATE, "/gap priority P0", ("[P1] Limit", "[P0] Limit"), {"gap", "priority: P0"}),
    ("priority of a field", RETRIES, "/gap priority critical", ("High", "Critical"), {"gap", "priority: critical", "effort: M"}),
    ("no priority", RATE, "/gap priority none", ("[P1] Limit", "Limit"), {"gap", "needs triage"}),
    ("effort", RETRIES, "/gap effort L", ("**Effort:** M", "**Effort:** L"), {"gap", "priority: high", "effort: L"}),
    ("done", KEYS, "/gap done", ("- [ ] [P0]", "- [x] [P0]"), {"gap", "priority: P0"}),
    ("done of a field", RETRIES, "/gap done", ("❌ Missing", "✅ Done"), {"gap", "priority: high", "effort: M"}),
    ("a mention", KEYS, "@gapkeeper done", ("- [ ] [P0]", "- [x] [P0]"), {"gap", "priority: P0"}),
    (
        "retitle",
        RATE,
        "/gap retitle Limit the rate of calls",
        ("Limit the rate", "Limit the rate of calls"),
        {"gap", "priority: P1"},
    ),
]


@pytest.mark.parametrize(("number", "text", "edit", "after"), [pytest.param(*row, id=name) for name, *row in CHANGES])
async def test_exactly_these_characters_change(hand: ByHand, number: int, text: str, edit: tuple[str, str], after: set[str]):
    comment = await say(hand, number, text)
    assert file(hand) == GAPS.replace(*edit, 1)
    assert {label.lower() for label in labels(hand, number)} == {label.lower() for label in after}
    assert reactions(comment) == ["eyes", "+1"]
    assert replies(hand, number) == []
    await quiet(hand)


async def test_done_closes_the_issue_in_one_commit_of_the_app(hand: ByHand):
    await say(hand, RATE, "/gap done")
    assert (hand.issues[RATE].open, hand.issues[RATE].state_reason) == (False, "completed")
    assert hand.repository.head().message == 'gapkeeper: close "Limit the rate" (issue 2)'


async def test_wontfix_and_reopen_go_there_and_back(hand: ByHand):
    await say(hand, RETRIES, "/gap wontfix It goes away in spring.")
    assert (hand.issues[RETRIES].open, hand.issues[RETRIES].state_reason) == (False, "not_planned")
    assert "❌ Missing" not in file(hand)
    comment = await say(hand, RETRIES, "/gap reopen")
    assert hand.issues[RETRIES].open
    assert file(hand) == GAPS
    assert reactions(comment) == ["eyes", "+1"]
    await quiet(hand)


async def test_defer_and_reopen(hand: ByHand):
    comment = await say(hand, RETRIES, "/gap defer until spring")
    assert hand.issues[RETRIES].open
    assert "status: deferred" in labels(hand, RETRIES)
    assert "❌ Missing" not in file(hand)
    assert reactions(comment) == ["eyes", "+1"]
    await say(hand, RETRIES, "/gap reopen")
    assert "status: deferred" not in labels(hand, RETRIES)
    await say(hand, PAGING, "/gap reopen")
    assert "status: deferred" not in labels(hand, PAGING)
    assert "Deferred" not in file(hand)
    await quiet(hand)


async def test_assign_and_unassign_leave_the_file_alone(hand: ByHand):
    comment = await say(hand, KEYS, "/gap assign\n/gap assign @bob")
    assert [user.login for user in hand.issues[KEYS].assignees] == ["alice", "bob"]
    assert reactions(comment) == ["eyes", "+1"]
    await say(hand, KEYS, "/gap unassign @bob")
    assert [user.login for user in hand.issues[KEYS].assignees] == ["alice"]
    comment = await say(hand, KEYS, "/gap assign @nobody-here")
    assert reactions(comment) == ["eyes", "-1"]
    assert "`nobody-here`" in replies(hand, KEYS)[0]
    assert file(hand) == GAPS


async def test_help_and_status_are_for_everyone(hand: ByHand):
    comment = await say(hand, RETRIES, "/gap help\n/gap status", by="bob")
    (answer,) = replies(hand, RETRIES)
    assert all(f"| `/gap {verb}" in answer for verb in SPECS)
    assert "| Gap | `Retries` |" in answer
    assert "| Priority | `high` |" in answer
    assert "say the same" in answer
    assert reactions(comment) == ["eyes", "+1"]


async def test_status_is_that_after_the_commands(hand: ByHand):
    await say(hand, RATE, "/gap status\n/gap done")
    assert "| State | done |" in replies(hand, RATE)[0]


@pytest.mark.parametrize(("side", "title"), [("file", "Limit all rates"), ("issue", "Mine")])
async def test_resolve(hand: ByHand, side: str, title: str):
    hand.repository.edit_issue(RATE, by="alice", title="Mine")
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates")})
    assert "gap: conflict" in labels(hand, RATE)
    await say(hand, RATE, "/gap status")
    assert "changed differently" in replies(hand, RATE)[-1]
    comment = await say(hand, RATE, f"/gap resolve {side}")
    assert hand.issues[RATE].title == title
    assert f"- [ ] [P1] {title}\n" in file(hand)
    assert "gap: conflict" not in labels(hand, RATE)
    assert reactions(comment) == ["eyes", "+1"]
    await quiet(hand)


async def test_sync_finds_what_was_never_delivered(hand: ByHand):
    hand.repository.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates").encode()}, by="alice", message="lost")
    await hand.hooks.flush()
    hand.waiting.clear()
    comment = await say(hand, KEYS, "/gap sync")
    assert hand.issues[RATE].title == "Limit all rates"
    assert reactions(comment) == ["eyes", "+1"]


async def test_plan_shows_what_sync_would_do_and_does_nothing(hand: ByHand):
    hand.repository.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates").encode()}, by="alice", message="lost")
    await hand.hooks.flush()
    hand.waiting.clear()
    await say(hand, KEYS, "/gap plan")
    assert "| retitle | `Limit all rates` | `GAPS.md:6` | 2 |" in replies(hand, KEYS)[0]
    assert hand.issues[RATE].title == "Limit the rate"


class TestApprove:
    """The issue of a held plan takes commands too: at first contact there is no other."""

    @pytest.fixture
    async def held(self, tmp_path: Path) -> AsyncIterator[ByHand]:
        async with by_hand(tmp_path) as made:
            await made.push({"GAPS.md": "# Known gaps\n\n" + "".join(f"- [ ] Gap number {i}\n" for i in range(26))})
            await made.sync()
            assert made.titles() == {"Gapkeeper: plan waiting": 1}
            yield made

    async def test_approve(self, held: ByHand):
        comment = await say(held, 1, "/gap approve")
        assert len(held.titles()) == 26
        assert not held.issues[1].open
        assert reactions(comment) == ["eyes", "+1"]

    async def test_another_plan_is_not_approved(self, held: ByHand):
        comment = await say(held, 1, "/gap approve 111111111111")
        assert held.titles() == {"Gapkeeper: plan waiting": 1}
        assert reactions(comment) == ["eyes", "-1"]

    async def test_fault_84_only_writers_approve(self, held: ByHand):
        held.repository.allow("bob", Role.TRIAGE)
        await say(held, 1, "/gap approve", by="bob")
        assert held.titles() == {"Gapkeeper: plan waiting": 1}
        assert "write access" in replies(held, 1)[0]

    async def test_the_verbs_of_gaps_are_not_for_plans(self, held: ByHand):
        await say(held, 1, "/gap done")
        assert held.issues[1].open
        assert "This issue shows a plan that waits" in replies(held, 1)[0]


# ── who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [Role.NONE, Role.READ, Role.TRIAGE])
@pytest.mark.parametrize("verb", sorted(verb for verb, spec in SPECS.items() if "write" in spec.who))
async def test_fault_84_without_write_permission_nothing_is_touched(hand: ByHand, role: Role, verb: str):
    hand.repository.allow("bob", role)
    before = {
        number: (issue.open, issue.title, labels(hand, number), tuple(issue.assignees)) for number, issue in hand.issues.items()
    }
    comment = await say(hand, RATE, "\n".join(example for example in SPECS[verb].examples), by="bob")
    assert reactions(comment) == ["eyes", "-1"]
    (answer,) = replies(hand, RATE)
    assert f"`{verb}` takes write access to this repository, and `bob` does not have it." in answer
    assert file(hand) == GAPS
    after = {
        number: (issue.open, issue.title, labels(hand, number), tuple(issue.assignees)) for number, issue in hand.issues.items()
    }
    assert after == before


@pytest.mark.parametrize("role", [Role.WRITE, Role.MAINTAIN, Role.ADMIN])
async def test_people_with_write_permission_may(hand: ByHand, role: Role):
    hand.repository.allow("bob", role)
    await say(hand, KEYS, "/gap done", by="bob")
    assert file(hand) == GAPS.replace("- [ ] [P0]", "- [x] [P0]")


async def test_fault_93_permission_counts_when_the_command_is_carried_out(hand: ByHand):
    hand.repository.allow("bob", Role.WRITE)
    comment = hand.repository.comment(KEYS, "/gap done", by="bob")
    hand.repository.allow("bob", Role.READ)
    await hand.sync()
    assert hand.issues[KEYS].open
    assert reactions(comment) == ["eyes", "-1"]


async def test_i19_whoever_edits_a_comment_is_behind_its_commands(hand: ByHand):
    comment = hand.repository.comment(KEYS, "I think this is finished.", by="bob")
    await hand.sync()
    hand.repository.edit_comment(comment.id, "/gap done", by="bob")
    await hand.sync()
    assert hand.issues[KEYS].open
    hand.repository.edit_comment(comment.id, "/gap done\n/gap done", by="alice")
    await hand.sync()
    assert not hand.issues[KEYS].open


async def test_fault_85_bots_are_ignored_and_so_are_we(hand: ByHand):
    world = hand.repository.world
    assert isinstance(world, GitHub)
    world.install(world.add_app("another"), "acme")
    hand.repository.push({"a.txt": b"a"}, by="alice", message="m", branch="topic")
    pull = hand.repository.open_pull(by="alice", title="A change", head="topic").number
    for number in (KEYS, pull):
        for bot in ("another[bot]", "gapkeeper[bot]"):
            comment = await say(hand, number, "/gap done\n/gap help", by=bot)
            assert reactions(comment) == []
        assert hand.issues[number].open
        assert len(hand.issues[number].comments) == 2


# ── what is a command, and when ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["```\n/gap done\n```", "> /gap done", "`/gap done`", "<!-- /gap done -->", "/close", "Thanks!"])
async def test_fault_88_what_is_no_command_costs_nothing(hand: ByHand, text: str):
    hand.repository.comment(KEYS, text, by="alice")
    assert [str(call) for call in await hand.sync() if call.path != "/app"] == []
    assert hand.issues[KEYS].open


async def test_fault_89_an_unknown_verb_gets_the_nearest_in_one_comment(hand: ByHand):
    comment = await say(hand, KEYS, "/gap prioritty P0\n/gap dnoe")
    (answer,) = replies(hand, KEYS)
    assert "Did you mean `priority`?" in answer
    assert "Did you mean `done`?" in answer
    assert reactions(comment) == ["eyes", "-1"]


async def test_fault_86_an_edit_runs_only_what_is_new(hand: ByHand):
    comment = await say(hand, KEYS, "/gap retitle First")
    hand.repository.edit_issue(KEYS, by="alice", title="By hand")
    await hand.sync()
    for text in ("/gap retitle First\n\nWith a reason.", "/gap retitle First\n\nWith another.\n/gap priority P2"):
        hand.repository.edit_comment(comment.id, text, by="alice")
        await hand.sync()
    assert hand.issues[KEYS].title == "By hand"
    assert file(hand) == GAPS.replace("[P0] Rotate the keys", "[P2] By hand")


async def test_fault_87_what_was_deleted_or_taken_back_meanwhile_is_passed_over(hand: ByHand):
    comment = hand.repository.comment(KEYS, "/gap done", by="alice")
    hand.repository.delete_comment(comment.id, by="alice")
    await hand.sync()
    comment = hand.repository.comment(RATE, "/gap done", by="alice")
    hand.repository.edit_comment(comment.id, "Rather not.", by="alice")
    await hand.sync()
    hand.repository.comment(RETRIES, "/gap done", by="alice")
    hand.repository.delete_issue(RETRIES, by="alice")
    await hand.sync()
    assert file(hand) == GAPS
    assert hand.issues[RATE].open
    assert replies(hand, KEYS) == replies(hand, RATE) == []


async def test_fault_87_a_locked_issue_is_answered_as_far_as_it_can_be(hand: ByHand):
    hand.repository.lock_issue(KEYS, by="alice")
    await say(hand, KEYS, "/gap done")
    assert not hand.issues[KEYS].open


@pytest.mark.parametrize(
    "argument", ["${{ secrets.TOKEN }}", "::set-env name=A::b", "'; DROP TABLE pairs; --", "../../x", "x" * 60_000]
)
async def test_fault_90_hostile_arguments_are_harmless(hand: ByHand, argument: str):
    await say(hand, KEYS, f"/gap priority {argument}")
    (answer,) = replies(hand, KEYS)
    assert len(answer) < 700
    assert file(hand) == GAPS
    assert labels(hand, KEYS) == {"gap", "priority: P0"}


async def test_fault_90_a_title_is_text_and_nothing_more(hand: ByHand):
    await say(hand, KEYS, "/gap retitle ${{ x }} `a` @bob #1 --force <b>")
    assert hand.issues[KEYS].title == "${{ x }} `a` @bob #1 --force <b>"


async def test_fault_91_the_first_five_of_fifty_in_one_request_each_kind(hand: ByHand):
    text = "\n".join(f"/gap priority P{i % 4}" for i in range(50))
    comment = await say(hand, RATE, text)
    assert labels(hand, RATE) == {"gap", "priority: P0"}
    assert file(hand) == GAPS.replace("[P1] Limit", "[P0] Limit")
    (answer,) = replies(hand, RATE)
    assert "At most 5 commands" in answer
    assert reactions(comment) == ["eyes", "-1"]


async def test_fault_91_contradictory_commands_the_last_counts(hand: ByHand):
    comment = await say(hand, KEYS, "/gap done\n/gap reopen")
    assert hand.issues[KEYS].open
    assert file(hand) == GAPS
    assert reactions(comment) == ["eyes", "+1"]


async def test_fault_91_a_mistake_beside_it_stops_all(hand: ByHand):
    await say(hand, KEYS, "/gap done\n/gap priority ???")
    assert hand.issues[KEYS].open
    assert replies(hand, KEYS)[0].startswith("Nothing was done.")


async def test_fault_92_on_a_pull_request_only_help(hand: ByHand):
    hand.repository.push({"a.txt": b"a"}, by="alice", message="m", branch="topic")
    pull = hand.repository.open_pull(by="alice", title="A change", head="topic").number
    await say(hand, pull, "/gap help")
    comment = await say(hand, pull, "/gap done")
    assert "| `/gap help" in replies(hand, pull)[0]
    assert "This is a pull request" in replies(hand, pull)[1]
    assert reactions(comment) == ["eyes", "-1"]
    assert hand.issues[pull].open


async def test_on_an_issue_of_no_gap_only_help(hand: ByHand):
    number = hand.repository.open_issue(title="A question", body="", by="alice").number
    comment = await say(hand, number, "/gap done")
    assert "belongs to no gap" in replies(hand, number)[0]
    assert reactions(comment) == ["eyes", "-1"]
    assert hand.issues[number].open


# ── when the document does not follow ───────────────────────────────────────────────────────────────────────────────────


async def test_a_priority_that_is_the_sections_is_said_not_to_be_written(hand: ByHand):
    comment = await say(hand, THEME, "/gap priority P0")
    assert file(hand) == GAPS
    assert reactions(comment) == ["eyes", "-1"]
    assert "its document does not" in replies(hand, THEME)[0]
    assert "Move the entry to another section" in replies(hand, THEME)[0]
    comment = await say(hand, THEME, "/gap done")
    assert reactions(comment) == ["eyes", "+1"]
    assert file(hand) == GAPS.replace("- [ ] A dark", "- [x] A dark")


async def test_where_the_branch_refuses_us_it_is_proposed(hand: ByHand):
    hand.repository.protect()
    comment = await say(hand, KEYS, "/gap done\n/gap status")
    assert file(hand) == GAPS
    assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == GAPS.replace("- [ ] [P0]", "- [x] [P0]")
    assert reactions(comment) == ["eyes", "+1"]
    assert "waits in the pull request" in replies(hand, KEYS)[0]


async def test_without_write_back_the_issue_alone_changes(hand: ByHand):
    await hand.push({CONFIG: "write_back: off\n"})
    await hand.sync()
    comment = await say(hand, KEYS, "/gap done")
    assert not hand.issues[KEYS].open
    assert file(hand) == GAPS
    assert reactions(comment) == ["eyes", "+1"]


async def test_while_the_config_is_broken_it_is_said_that_nothing_is_written(hand: ByHand):
    await hand.push({CONFIG: "no_such_key: 1\n"})
    comment = await say(hand, KEYS, "/gap sync\n/gap done")
    assert file(hand) == GAPS
    assert reactions(comment) == ["eyes", "-1"]
    assert "its document does not" in replies(hand, KEYS)[0]


async def test_i3_a_command_against_a_change_of_the_document_is_a_conflict(hand: ByHand):
    hand.repository.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates").encode()}, by="alice", message="m")
    comment = await say(hand, RATE, "/gap retitle Mine")
    assert hand.issues[RATE].title == "Mine"
    assert "Limit all rates" in file(hand)
    assert reactions(comment) == ["eyes", "-1"]
    assert len(replies(hand, RATE)) == 1
    assert "| `title` | `Limit all rates` | `Mine` |" in replies(hand, RATE)[0]


# ── once, whatever happens ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_i12_a_comment_that_comes_again_is_not_run_again(hand: ByHand):
    hand.repository.comment(KEYS, "/gap retitle Mine\n/gap status", by="alice")
    await hand.hooks.flush()
    deliveries = tuple(hand.waiting)
    await hand.sync()
    hand.repository.edit_issue(KEYS, by="alice", title="By hand")
    await hand.sync()
    await hand.handle(deliveries)
    await hand.sync()
    assert hand.issues[KEYS].title == "By hand"
    assert len(replies(hand, KEYS)) == 1


async def imported(hand: ByHand) -> int:
    await hand.push({"GAPS.md": GAPS})
    return KEYS


async def disputed(hand: ByHand) -> int:
    await imported(hand)
    await hand.sync()
    hand.repository.edit_issue(RATE, by="alice", title="Limit the rate of calls")
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit all rates")})
    return RATE


async def held(hand: ByHand) -> int:
    await hand.push({CONFIG: "limits: {import: 2}\n", "GAPS.md": "# Known gaps\n\n- [ ] One\n- [ ] Two\n- [ ] Three\n"})
    return 1


async def undoable(hand: ByHand) -> int:
    await imported(hand)
    await hand.sync()
    await say(hand, RATE, "/gap priority P0")
    return RATE


async def divisible(hand: ByHand) -> int:
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate\n", "Limit the rate\n  - [ ] Count\n  - [ ] Refuse\n")})
    return RATE


async def parted(hand: ByHand) -> int:
    await imported(hand)
    await hand.sync()
    await say(hand, KEYS, "/gap unlink")
    return int(hand.repository.open_issue(title="Mine", body="", by="alice").number)


async def one_command(
    folder: Path, scene: Callable[[ByHand], Awaitable[int]], text: str, *, strike: int | None = None, after: bool = False
) -> tuple[list[str], Any]:
    """Returns the writes of a job for a comment, and how all is in the end; with `strike`, that write failed and the job came back."""
    async with by_hand(folder) as hand:
        number = await scene(hand)
        await hand.sync()
        comment = hand.repository.comment(number, text, by="alice")
        await hand.hooks.flush()
        deliveries, hand.waiting = tuple(hand.waiting), []
        first = len(hand.api.calls)
        if strike is not None:
            hand.api.faults.append(Fault("*", ".", skip=strike, status=502, after=after))
            with pytest.raises(Unavailable):
                await hand.handle(deliveries)
        outcome = await hand.handle(deliveries)
        while isinstance(outcome, Later):  # an issue was perhaps created, and lists lag behind (#44)
            hand.clock.advance(outcome.seconds)
            outcome = await hand.handle(deliveries)
        writes = [str(call) for call in hand.api.calls[first:] if call.writes]
        await quiet(hand)
        issues = [(one.open, one.title, labels(hand, one.number), len(one.assignees)) for one in hand.issues.values()]
        return writes, (file(hand), issues, reactions(comment), replies(hand, number))


@pytest.mark.parametrize(
    ("scene", "text"),
    [
        (imported, "/gap done\n/gap assign\n/gap status"),
        (imported, "/gap priority ???"),
        (imported, "/gap priority P3"),
        (disputed, "/gap resolve issue"),
        (disputed, "/gap resolve file"),
        (held, "/gap approve"),
        (imported, "/gap move P2 wishes\n/gap depends #2"),
        (divisible, "/gap split"),
        (parted, "/gap link Rotate the keys"),
        (imported, "/gap unlink"),
        (undoable, "/gap undo"),
    ],
)
async def test_i12_cut_off_at_any_of_its_writes_it_ends_the_same(
    tmp_path: Path, scene: Callable[[ByHand], Awaitable[int]], text: str, monkeypatch: pytest.MonkeyPatch
):
    """Each write of the job fails once, before or after it took effect; the job comes back, and nothing is there twice."""

    def takes(fault: Fault, method: str, path: str) -> bool:
        """Strike one write, whatever its method."""
        fault.skip -= method != "GET" and not path.endswith("/access_tokens")
        fault.times -= fault.skip < 0
        return fault.times == 0

    def folder(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    monkeypatch.setattr(Fault, "takes", takes)
    writes, expected = await one_command(folder("undisturbed"), scene, text)
    assert len(writes) > 2
    for strike in range(len(writes)):
        for after in (False, True):
            _, end = await one_command(folder(f"{strike} {after}"), scene, text, strike=strike, after=after)
            assert end == expected, (writes[strike], after)


async def test_i17_a_command_after_the_database_was_lost(hand: ByHand, tmp_path: Path):
    async with Store(f"sqlite:///{tmp_path / 'another.db'}") as fresh:
        hand.store = fresh
        comment = await say(hand, KEYS, "/gap done")
        assert reactions(comment) == ["eyes", "+1"]
    assert file(hand) == GAPS.replace("- [ ] [P0]", "- [x] [P0]")
    assert len(hand.issues) == 5


async def test_what_a_command_costs(hand: ByHand):
    hand.repository.comment(RATE, "/gap done", by="alice")
    calls = await hand.sync()
    assert [call.method for call in calls if call.writes] == ["POST", "PATCH", "PUT", "PATCH", "POST"]
    assert len(calls) <= 14


# ── what only the entry in the document can show ────────────────────────────────────────────────────────────────────────


class TestEntries:
    """The issue has no way to say these; the document is edited in the same job, and the issue follows it."""

    async def test_move_takes_the_entry_with_all_its_lines(self, hand: ByHand):
        comment = await say(hand, KEYS, "/gap move P2 wishes")
        assert file(hand) == GAPS.replace("- [ ] [P0] Rotate the keys\n", "") + "- [ ] [P0] Rotate the keys\n"
        assert hand.repository.head().message == 'gapkeeper: move "Rotate the keys" (issue 1)'
        assert "in `P2 wishes`" in (hand.issues[KEYS].body or "")
        assert reactions(comment) == ["eyes", "+1"]
        assert replies(hand, KEYS) == []
        await quiet(hand)
        assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Retries": 3, "Paging": 4, "A dark theme": 5}

    async def test_a_priority_that_was_the_sections_stays_behind(self, hand: ByHand):
        await say(hand, THEME, "/gap move Security")
        assert file(hand) == GAPS.replace("- [ ] A dark theme\n", "").replace(
            "Hash the ids\n", "Hash the ids\n- [ ] A dark theme\n"
        )
        assert labels(hand, THEME) == {"gap", "needs triage"}
        await quiet(hand)

    async def test_an_entry_that_would_read_otherwise_there_stays(self, hand: ByHand):
        await hand.push({"GAPS.md": GAPS.replace("## P2 wishes\n", "## Done\n\n- [x] Tea\n\n## P2 wishes\n")})
        await hand.sync()
        before = file(hand)
        comment = await say(hand, KEYS, "/gap move Done")
        assert reactions(comment) == ["eyes", "-1"]
        assert file(hand) == before
        assert "no section with gaps in it" in replies(hand, KEYS)[0].lower()

    async def test_depends_is_named_in_the_entry_and_shown_on_the_issue(self, hand: ByHand):
        comment = await say(hand, RETRIES, "/gap depends #1 #2")
        assert file(hand) == GAPS.replace("**Effort:** M\n", "**Effort:** M\n**Depends on:** #1, #2\n")
        assert "**Depends on:**" in (hand.issues[RETRIES].body or "")
        assert reactions(comment) == ["eyes", "+1"]
        await say(hand, RETRIES, "/gap depends #2")
        assert file(hand).count("#2") == 1
        await quiet(hand)

    async def test_split_makes_gaps_of_the_open_tasks(self, hand: ByHand):
        tasks = "  - [ ] Count the calls\n    By user.\n  - [x] Write it down\n  - [ ] Refuse the rest\n"
        await hand.push({"GAPS.md": GAPS.replace("Limit the rate\n", f"Limit the rate\n{tasks}")})
        await hand.sync()
        comment = await say(hand, RATE, "/gap split")
        text = file(hand)
        assert "- [ ] [P1] Limit the rate\n  - [x] Write it down\n- [x]" in text
        assert "- [ ] [P1] Count the calls\n\n  By user.\n" in text
        assert "- [ ] [P1] Refuse the rest\n" in text
        assert set(hand.titles()) >= {"Count the calls", "Refuse the rest"}
        assert "By user." in (hand.issues[hand.titles()["Count the calls"]].body or "")
        assert "Count the calls" not in (hand.issues[RATE].body or "")
        assert reactions(comment) == ["eyes", "+1"]
        assert hand.repository.head().message == 'gapkeeper: split "Limit the rate" (issue 2)'
        await quiet(hand)

    async def test_several_at_once_with_a_change_of_the_issue(self, hand: ByHand):
        comment = await say(hand, RATE, "/gap priority P0\n/gap move P2 wishes\n/gap depends #1")
        assert (
            file(hand) == GAPS.replace("- [ ] [P1] Limit the rate\n", "") + "- [ ] [P0] Limit the rate\n  - **Depends on:** #1\n"
        )
        assert labels(hand, RATE) == {"gap", "priority: P0"}
        assert reactions(comment) == ["eyes", "+1"]
        await quiet(hand)

    async def test_where_the_branch_refuses_us_it_waits_in_the_pull_request_until_it_is_merged(self, hand: ByHand):
        hand.repository.protect()
        comment = await say(hand, KEYS, "/gap move P2 wishes")
        assert file(hand) == GAPS
        assert reactions(comment) == ["eyes", "+1"]
        moved = GAPS.replace("- [ ] [P0] Rotate the keys\n", "") + "- [ ] [P0] Rotate the keys\n"
        assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == moved
        await say(hand, RATE, "/gap done")
        assert hand.repository.read("GAPS.md", "gapkeeper/sync").decode() == moved.replace("- [ ] [P1]", "- [x] [P1]")
        (pull,) = (issue.number for issue in hand.issues.values() if issue.pull)
        hand.repository.merge_pull(pull, by="alice")
        await hand.sync()
        assert file(hand) == moved.replace("- [ ] [P1]", "- [x] [P1]")
        await quiet(hand)
        hand.repository.protections.clear()
        await hand.push({"GAPS.md": GAPS})
        assert file(hand) == GAPS

    async def test_without_write_back_nothing_is_promised(self, hand: ByHand):
        await hand.push({CONFIG: "write_back: off\n"})
        await hand.sync()
        comment = await say(hand, KEYS, "/gap move P2 wishes")
        assert reactions(comment) == ["eyes", "-1"]
        assert "`write_back` in its config is `off`" in replies(hand, KEYS)[0]
        assert file(hand) == GAPS

    async def test_while_the_config_is_broken_it_waits_and_follows_once_it_is_mended(self, hand: ByHand):
        await hand.push({CONFIG: "no_such_key: 1\n"})
        comment = await say(hand, KEYS, "/gap sync\n/gap move P2 wishes")
        assert reactions(comment) == ["eyes", "-1"]
        assert file(hand) == GAPS
        await hand.push({CONFIG: "files: [GAPS.md]\n"})
        assert file(hand) == GAPS
        assert "Rotate the keys" in hand.repository.read("GAPS.md", "gapkeeper/sync").decode().partition("wishes")[2]


class TestLinks:
    """Which issue is an entry's: one at most, and a person's word."""

    async def mine(self, hand: ByHand, title: str = "Keys are never rotated", **more: Any) -> int:
        number = hand.repository.open_issue(title=title, body="I saw this.", by="alice", **more).number
        await hand.sync()
        return int(number)

    async def test_unlink_parts_them_and_link_brings_them_together(self, hand: ByHand):
        comment = await say(hand, KEYS, "/gap unlink")
        assert reactions(comment) == ["eyes", "+1"]
        assert "gap" not in labels(hand, KEYS)
        hand.repository.edit_issue(KEYS, by="alice", title="Mine alone")
        await hand.push({"GAPS.md": GAPS.replace("Nothing is", "Never is anything")})
        assert file(hand) == GAPS.replace("Nothing is", "Never is anything")
        assert len(hand.issues) == 5
        hand.repository.edit_issue(KEYS, by="alice", title="Rotate the keys")
        await hand.sync()
        comment = await say(hand, KEYS, "/gap link")
        assert reactions(comment) == ["eyes", "+1"]
        assert labels(hand, KEYS) == {"gap", "priority: P0"}
        await say(hand, KEYS, "/gap done")
        assert "- [x] [P0] Rotate the keys\n" in file(hand)
        await quiet(hand)

    async def test_link_without_a_name_writes_an_entry(self, hand: ByHand):
        number = await self.mine(hand)
        comment = await say(hand, number, "/gap link")
        assert "Keys are never rotated\n" in file(hand)
        assert "gap" in labels(hand, number)
        assert reactions(comment) == ["eyes", "+1"]
        await quiet(hand)

    @pytest.mark.parametrize("name", ["Rotate the keys", "rotate  THE keys", "GAPS.md:5", "line 5"])
    async def test_link_gives_an_entry_whose_issue_was_unlinked_another_one(self, hand: ByHand, name: str):
        number = await self.mine(hand, labels=["priority: P3", "mine"])
        await say(hand, KEYS, "/gap unlink")
        comment = await say(hand, number, f"/gap link {name}")
        assert reactions(comment) == ["eyes", "+1"]
        assert replies(hand, number) == []
        assert file(hand) == GAPS
        assert hand.issues[number].title == "Rotate the keys"
        assert (hand.issues[number].body or "").startswith("I saw this.")
        assert labels(hand, number) == {"gap", "priority: P0", "mine"}
        await quiet(hand)
        await say(hand, number, "/gap done")
        assert "- [x] [P0] Rotate the keys\n" in file(hand)
        assert hand.issues[KEYS].open
        await quiet(hand)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("Limit the rate", "That gap has issue 2. Say `/gap unlink` there first."),
            ("Nothing like it", "No document has a gap that is called so."),
            ("GAPS.md:1", "No document has a gap that is called so."),
            ("OTHER.md:5", "No document has a gap that is called so."),
            ("12345678901234567890", "No document has a gap that is called so."),
            ("Hash the ids", "That gap is closed."),
        ],
    )
    async def test_what_cannot_be_linked_stays_as_it_is(self, hand: ByHand, name: str, words: str):
        number = await self.mine(hand)
        comment = await say(hand, number, f"/gap link {name}")
        assert reactions(comment) == ["eyes", "-1"]
        assert words in replies(hand, number)[0]
        assert (hand.issues[number].title, labels(hand, number)) == ("Keys are never rotated", set())
        assert file(hand) == GAPS
        await quiet(hand)


# ── undo ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class TestUndo:
    """The last change that we carried from one side to the other is taken back on both, as a new change."""

    @pytest.mark.parametrize(
        "text",
        [
            "/gap priority P0",
            "/gap done",
            "/gap retitle Limit all rates",
            "/gap move P2 wishes",
            "/gap depends #1",
            "/gap effort M",
        ],
    )
    async def test_what_a_command_did_is_undone_in_the_issue_and_in_the_file(self, hand: ByHand, text: str):
        before = (hand.issues[RATE].title, hand.issues[RATE].open, labels(hand, RATE))
        await say(hand, RATE, text)
        after = file(hand)
        assert after != GAPS
        comment = await say(hand, RATE, "/gap undo")
        assert file(hand).replace("\n\n\n", "\n\n") == GAPS if "move" not in text else sorted(file(hand)) == sorted(GAPS)
        assert (hand.issues[RATE].title, hand.issues[RATE].open, labels(hand, RATE)) == before
        assert reactions(comment) == ["eyes", "+1"]
        (answer,) = replies(hand, RATE)
        assert answer.startswith("The last change of `alice` at `")
        await quiet(hand)
        await say(hand, RATE, "/gap undo")
        assert sorted(file(hand)) == sorted(after)
        await quiet(hand)

    async def test_what_a_push_did_is_undone(self, hand: ByHand):
        await hand.push({"GAPS.md": GAPS.replace("[P1] Limit the rate", "[P3] Limit all rates")})
        await hand.sync()
        await say(hand, RATE, "/gap undo")
        assert file(hand) == GAPS
        assert hand.issues[RATE].title == "Limit the rate"
        assert labels(hand, RATE) == {"gap", "priority: P1"}
        assert "| priority | `p3` | `p1` |" in replies(hand, RATE)[0]

    async def test_ticks_are_undone(self, hand: ByHand):
        text = GAPS.replace("Limit the rate\n", "Limit the rate\n  - [ ] Count\n  - [ ] Refuse\n")
        await hand.push({"GAPS.md": text})
        await hand.sync()
        await hand.push({"GAPS.md": text.replace("[ ] Refuse", "[x] Refuse")})
        await hand.sync()
        comment = await say(hand, RATE, "/gap undo")
        assert file(hand) == text
        assert "- [ ] Refuse" in (hand.issues[RATE].body or "")
        assert reactions(comment) == ["eyes", "+1"]
        assert "| ticks | 1 of 2 done | 0 of 2 done |" in replies(hand, RATE)[0]
        await quiet(hand)

    async def test_what_moved_on_is_refused_and_both_sides_stay(self, hand: ByHand):
        await say(hand, RATE, "/gap priority P0")
        hand.repository.edit_issue(RATE, by="alice", title="Limit all rates")
        await hand.sync()
        hand.repository.set_labels(RATE, ["gap", "priority: P2"], by="alice")
        hand.repository.edit_issue(RATE, by="alice", title="Limit every rate")
        hand.waiting.clear()
        before = file(hand)
        comment = hand.repository.comment(RATE, "/gap undo", by="alice")
        await hand.hooks.flush()
        hand.waiting = hand.waiting[-1:]
        await hand.sync()
        assert "the title is `Limit every rate` now and no longer `Limit all rates`" in replies(hand, RATE)[0]
        assert reactions(comment) == ["eyes", "-1"]
        assert file(hand) == before

    async def test_the_first_change_cannot_be_undone(self, hand: ByHand):
        comment = await say(hand, RATE, "/gap undo")
        assert "that this gap got its issue" in replies(hand, RATE)[0]
        assert reactions(comment) == ["eyes", "-1"]
        assert file(hand) == GAPS

    async def test_without_a_memory_there_is_nothing_to_undo(self, hand: ByHand, tmp_path: Path):
        async with Store(f"sqlite:///{tmp_path / 'another.db'}") as fresh:
            hand.store = fresh
            await say(hand, KEYS, "/gap undo")
        assert "remembers nothing" in replies(hand, KEYS)[0]
