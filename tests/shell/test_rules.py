"""Rules on new gaps, on the sandbox: what they add comes with the request that opens the issue, and never keeps it from being opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.sandbox import Fault
from tests.by_hand import CONFIG, ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox import Call

pytestmark = pytest.mark.anyio

GAPS = "# Known gaps\n\n## Security\n\n- [ ] [P0] Rotate the keys\n- [ ] [P1] Hash the ids\n\n## Other\n\n- [ ] [P1] Limit the rate\n"


def rule(add: str) -> str:
    return f"rules:\n  - when: {{section: 'Sec*'}}\n    add: {add}\n"


def writes(calls: list[Call]) -> list[str]:
    return [f"{call.method} {call.path.partition('/acme/app')[2]}" for call in calls if call.writes]


def seen(hand: ByHand, number: int) -> tuple[set[str], list[str], str | None]:
    issue = hand.issues[number]
    own = {label.name for label in issue.labels} - {"gap", "priority: P0", "priority: P1"}
    return own, [user.login for user in issue.assignees], issue.milestone.title if issue.milestone else None


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world with one milestone and nothing imported."""
    async with by_hand(tmp_path) as made:
        made.repository.add_milestone("Hardening", by="alice")
        yield made


@pytest.mark.parametrize("milestone", ["1", "hardening"])
async def test_all_of_it_comes_in_the_request_that_opens(hand: ByHand, milestone: str):
    calls = await hand.push({CONFIG: rule(f"{{labels: [security], assignees: [bob], milestone: {milestone}}}"), "GAPS.md": GAPS})
    assert seen(hand, 1) == seen(hand, 2) == ({"security"}, ["bob"], "Hardening")
    assert seen(hand, 3) == (set(), [], None)
    assert [call for call in writes(calls) if call != "POST /labels"] == ["POST /issues"] * 3
    assert sum("/milestones" in call.path for call in calls) == (0 if milestone == "1" else 1)


async def test_what_people_take_off_again_stays_off(hand: ByHand):
    await hand.push({CONFIG: rule("{labels: [security]}"), "GAPS.md": GAPS})
    hand.repository.remove_label(1, "security", by="alice")
    await hand.sync()
    await hand.push({"GAPS.md": GAPS.replace("Rotate the keys", "Rotate the keys often")})
    assert seen(hand, 1) == (set(), [], None)


LEFT: list[Any] = [
    (
        "an unknown person",
        "{labels: [a], assignees: [nobody-here, bob]}",
        ({"a"}, ["bob"], None),
        ["`nobody-here` cannot be assigned"],
    ),
    ("an unknown milestone", "{labels: [a], milestone: Nowhere}", ({"a"}, [], None), ["no open milestone `Nowhere`"]),
    ("a number of no milestone", "{assignees: [bob], milestone: 7}", (set(), ["bob"], None), ["no open milestone `7`"]),
    (
        "both",
        "{assignees: [nobody-here], milestone: 7}",
        (set(), [], None),
        ["`nobody-here` cannot be assigned", "no open milestone `7`"],
    ),
]


@pytest.mark.parametrize(("add", "after", "said"), [pytest.param(*row, id=name) for name, *row in LEFT])
async def test_fault_34_what_cannot_be_had_is_left_out_and_told_once(hand: ByHand, add: str, after: Any, said: list[str]):
    with structlog.testing.capture_logs() as logs:
        await hand.push({CONFIG: rule(add), "GAPS.md": GAPS})
    assert set(hand.titles()) == {"Rotate the keys", "Hash the ids", "Limit the rate"}
    assert seen(hand, 1) == seen(hand, 2) == after
    told = [str(entry) for entry in logs if "rule-left-out" in str(entry)]
    assert len(told) == len(said)
    assert all(any(words in entry for entry in told) for words in said)


async def test_a_fault_that_is_none_of_the_rule_is_told_as_ever(hand: ByHand):
    hand.api.faults.append(Fault("POST", r"/issues$", status=422, times=2))
    await hand.push({CONFIG: rule("{assignees: [bob]}"), "GAPS.md": GAPS})
    assert set(hand.titles()) == {"Hash the ids", "Limit the rate"}


async def test_i4_a_cut_after_the_request_opens_no_second_issue(hand: ByHand):
    hand.api.faults.append(Fault("POST", r"/issues$", status=502, after=True))
    with pytest.raises(Exception, match="502"):
        await hand.push({CONFIG: rule("{labels: [security], assignees: [bob]}"), "GAPS.md": GAPS})
    await hand.push({"README.md": "x\n"})
    assert len(hand.issues) == 3
    assert seen(hand, 1) == ({"security"}, ["bob"], None)
