"""The check run on pull requests, on the sandbox: what is asked, what is said on which commit, and what is never trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from bot.core.errors import Unavailable
from bot.sandbox import Fault
from tests.by_hand import CONFIG, ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox import Call
    from bot.sandbox.model import CheckRun

pytestmark = pytest.mark.anyio

GOOD = "# Known gaps\n\n- [ ] [P1] Limit the rate\n- [ ] [P2] Log every call\n"
BAD = GOOD + "- [ ] \n"
RULES = "files: [GAPS.md, docs/*.md]\nwrite_back: off\n"


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world with settings and a document that were synced."""
    async with by_hand(tmp_path) as made:
        made.repository.world.add_user("mallory")
        await made.push({CONFIG: RULES, "GAPS.md": GOOD})
        yield made


async def propose(hand: ByHand, files: dict[str, str | None], *, branch: str = "work") -> list[Call]:
    """Alice opens a pull request with these files, or pushes them to the one that she has."""
    known = branch in hand.repository.branches
    data = {path: None if text is None else text.encode() for path, text in files.items()}
    hand.repository.push(data, by="alice", branch=branch)
    if not known:
        hand.repository.open_pull(by="alice", title="A change", head=branch)
    return await hand.sync()


def checks(hand: ByHand) -> list[CheckRun]:
    return list(hand.repository.checks.values())


def only(hand: ByHand) -> CheckRun:
    [check] = checks(hand)
    return check


def told(check: CheckRun) -> list[tuple[str, int, str]]:
    return [(one["path"], one["start_line"], one["title"]) for one in check.annotations]


async def test_the_problems_of_a_document_stand_at_their_lines(hand: ByHand):
    await propose(hand, {"GAPS.md": BAD})
    check = only(hand)
    assert (check.name, check.head_sha) == ("gapkeeper", hand.repository.branches["work"])
    assert (check.status, check.conclusion, check.output["title"]) == ("completed", "failure", "1 error")
    assert told(check) == [("GAPS.md", 5, "no-title")]
    assert "| `GAPS.md` | 2 gaps | 1 |" in check.output["summary"]


@pytest.mark.parametrize(
    ("files", "conclusion", "codes"),
    [
        pytest.param({"GAPS.md": GOOD + "- [ ] [P1] More\n"}, "success", [], id="good"),
        pytest.param({"GAPS.md": GOOD + "\n```\n"}, "neutral", ["unclosed-fence"], id="a warning"),
        pytest.param({"GAPS.md": GOOD + "<<<<<<< a\n=======\n>>>>>>> b\n"}, "failure", ["merge-conflict"], id="#83 unreadable"),
        pytest.param({"GAPS.md": "x" * 1_100_000}, "failure", ["too-large"], id="#62 too large"),
        pytest.param({"GAPS.md": None}, "success", [], id="removed"),
        pytest.param({CONFIG: "fils: [a.md]\n"}, "failure", ["config-unknown-key"], id="#101 settings"),
        pytest.param({CONFIG: "codeowners: true\n"}, "neutral", ["config-later"], id="settings without effect"),
        pytest.param({CONFIG: "files: [x.md]\n", "docs/a.md": BAD}, "failure", ["no-title"], id="#98 settings of the base count"),
        pytest.param({"GAPS.md": GOOD.replace("P2", "P3"), "x.md": BAD}, "success", [], id="another file is none of ours"),
    ],
)
async def test_what_it_comes_to(hand: ByHand, files: dict[str, str | None], conclusion: str, codes: list[str]):
    await propose(hand, files)
    check = only(hand)
    assert (check.status, check.conclusion) == ("completed", conclusion)
    assert [code for _, _, code in told(check)] == codes


async def test_columns_are_those_of_the_line(hand: ByHand):
    await propose(hand, {CONFIG: "write_back: off\nlimits: {import: ten}\n"})
    [one] = only(hand).annotations
    assert (one["start_line"], one["end_line"], one["start_column"], one["end_column"]) == (2, 2, 18, 20)


async def test_a_pull_request_that_touches_nothing_of_ours_costs_two_reads(hand: ByHand):
    calls = await propose(hand, {"src/main.py": "print()\n"})
    assert checks(hand) == []
    assert [call.path.partition("/acme/app/")[2] for call in calls] == ["pulls/3", "pulls/3/files"]


async def test_a_new_head_is_checked_anew_and_the_old_one_keeps_its_result(hand: ByHand):
    await propose(hand, {"GAPS.md": BAD})
    await propose(hand, {"GAPS.md": GOOD + "- [ ] [P0] Sign in\n"})
    assert [(check.conclusion, check.head_sha == hand.repository.branches["work"]) for check in checks(hand)] == [
        ("failure", False),
        ("success", True),
    ]


async def test_the_same_delivery_again_makes_no_second_one(hand: ByHand):
    await propose(hand, {"GAPS.md": BAD})
    for delivery in [one for one in hand.hooks.log if one.event == "pull_request"]:
        hand.hooks.redeliver(delivery.id)
    calls = await hand.sync()
    assert len(checks(hand)) == 1
    assert not [call for call in calls if call.writes]


async def test_it_is_made_once_more_for_each_wish(hand: ByHand):
    await propose(hand, {"GAPS.md": BAD})
    hand.repository.ask_check_again(only(hand).id, by="alice")
    await hand.sync()
    again = [one for one in hand.hooks.log if one.action == "rerequested"]
    hand.hooks.redeliver(again[0].id)
    await hand.sync()
    first, second = checks(hand)
    assert (first.head_sha, told(first)) == (second.head_sha, told(second))
    hand.repository.ask_check_again(second.id, by="alice")
    await hand.sync()
    assert len(checks(hand)) == 3


async def test_fault_99_many_problems_come_in_parts_of_fifty_and_the_rest_is_counted(hand: ByHand):
    await propose(hand, {"GAPS.md": GOOD + "- [ ] \n" * 120})
    check = only(hand)
    assert len(check.annotations) == 120
    assert (check.conclusion, check.output["title"]) == ("failure", "120 errors")
    await propose(hand, {"GAPS.md": GOOD + "- [ ] \n" * 400})
    check = checks(hand)[-1]
    assert len(check.annotations) == 300
    assert "100 problems more" in check.output["summary"]


async def test_what_was_cut_off_goes_on_where_it_was(hand: ByHand):
    hand.api.faults.append(Fault("PATCH", r"/check-runs/", status=502, after=True, times=1))
    with pytest.raises(Unavailable):
        await propose(hand, {"GAPS.md": GOOD + "- [ ] \n" * 120})
    assert (only(hand).status, len(only(hand).annotations)) == ("in_progress", 100)
    for delivery in [one for one in hand.hooks.log if one.event == "pull_request"]:
        hand.hooks.redeliver(delivery.id)
    await hand.sync()
    assert (only(hand).status, len(only(hand).annotations)) == ("completed", 120)


async def test_fault_98_a_fork_is_read_in_the_base_repository_and_never_written_to(hand: ByHand):
    fork = hand.hooks.world.add_repository("mallory/app", admins=["mallory"], fork=True)
    fork.push({CONFIG: b"check: false\nfiles: [evil.md]\n", "GAPS.md": BAD.encode()}, by="mallory")
    hand.repository.open_pull_from(fork, by="mallory", title="From afar", head="main")
    calls = await hand.sync()
    check = only(hand)
    assert (check.head_sha, check.conclusion) == (fork.branches["main"], "failure")
    assert told(check) == [("GAPS.md", 5, "no-title")]
    assert not [call for call in calls if "mallory" in call.path or f"/repositories/{fork.id}" in call.path]
    assert [call.path for call in calls if call.writes] == ["/repos/acme/app/check-runs"]


async def test_a_pull_request_never_changes_issues_or_settings(hand: ByHand):
    before = hand.titles()
    await propose(hand, {CONFIG: "limits: {open: 0}\n", "GAPS.md": "# Known gaps\n"})
    assert hand.titles() == before | {"A change": 3}


async def test_a_symbolic_link_is_not_followed(hand: ByHand):
    hand.repository.push({"docs/a.md": b"../GAPS.md"}, by="alice", branch="work", modes={"docs/a.md": "120000"})
    hand.repository.open_pull(by="alice", title="A change", head="work")
    await hand.sync()
    assert told(only(hand)) == [("docs/a.md", 1, "not-a-file")]


async def test_what_we_propose_ourselves_is_not_checked(hand: ByHand):
    await hand.push({CONFIG: RULES.replace("write_back: off", "write_back: pull_request")})
    hand.repository.close_issue(1, by="alice")
    await hand.sync()
    await hand.sync()
    assert [issue.user.login for issue in hand.issues.values() if issue.pull] == ["gapkeeper[bot]"]
    assert checks(hand) == []


async def test_it_can_be_turned_off(hand: ByHand):
    await hand.push({CONFIG: RULES + "check: false\n"})
    await propose(hand, {"GAPS.md": BAD})
    assert checks(hand) == []


async def test_before_the_first_sync_the_settings_of_the_default_branch_count(tmp_path: Path):
    async with by_hand(tmp_path) as hand:
        hand.repository.push({CONFIG: b"files: [x.md]\n"}, by="alice")
        await hand.hooks.flush()
        hand.waiting.clear()
        await propose(hand, {"x.md": BAD, "GAPS.md": BAD})
        assert told(only(hand)) == [("x.md", 5, "no-title")]


async def test_a_closed_pull_request_is_left_alone(hand: ByHand):
    hand.repository.push({"GAPS.md": BAD.encode()}, by="alice", branch="work")
    hand.repository.open_pull(by="alice", title="A change", head="work")
    hand.repository.edit_issue(3, by="alice", state="closed")
    await hand.sync()
    assert checks(hand) == []


async def test_fault_31_without_the_permission_the_sync_goes_on(hand: ByHand):
    hand.api.faults.append(Fault("POST", r"/check-runs", status=403, body={"message": "Resource not accessible by integration"}))
    hand.repository.push({"GAPS.md": BAD.encode()}, by="alice", branch="work")
    hand.repository.open_pull(by="alice", title="A change", head="work")
    with structlog.testing.capture_logs() as logs:
        await hand.push({"GAPS.md": GOOD + "- [ ] [P0] Sign in\n"})
    assert "Sign in" in hand.titles()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["no check run"]
