"""GitHub asks to wait, or takes a token back, in the middle of the work: it goes on where it stopped, and nothing is done twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.world import Break

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

GAPS = [f"Gap about subject {number}" for number in range(12)]
TEXT = "# Known gaps\n\n" + "".join(f"- [ ] {gap}\n" for gap in GAPS)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.mark.parametrize("status", [403, 429])
def test_28_52_an_import_that_is_told_to_wait_resumes(desk: Desk, status: int) -> None:
    """Five issues are created, then GitHub asks for a second: no call meanwhile, then the other seven, none twice."""
    creation = Break("POST", r"/issues$", status=status, skip=5, headers={"retry-after": "1"}, message=SECONDARY)
    desk.repository.break_call(creation)
    started = time.monotonic()
    with desk.watched() as calls:
        desk.begin(TEXT)
    assert time.monotonic() - started >= 1.0
    assert desk.states == dict.fromkeys(GAPS, "open")
    created = [call.status for call in calls if call.method == "POST" and call.path.endswith("/issues")]
    assert created == [201] * 5 + [status] + [201] * 7


def test_30_an_exhausted_hour_is_waited_for(desk: Desk) -> None:
    desk.begin(TEXT)
    reset = int(time.time()) + 1
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    desk.repository.break_call(Break("PATCH", r"/issues/\d+$", status=403, headers=headers, message="API rate limit exceeded"))
    desk.write(TEXT.replace("- [ ] Gap about subject 3\n", "- [x] Gap about subject 3\n"))
    assert time.time() >= reset
    assert desk.states["Gap about subject 3"] == "completed"


@pytest.mark.parametrize("path", [r"/issues$", r"/git/|/contents/"])
def test_26_a_token_that_is_not_accepted_any_more_is_minted_again(desk: Desk, path: str) -> None:
    desk.begin(TEXT)
    desk.repository.break_call(Break("*", path, status=401, message="Bad credentials"))
    desk.write(TEXT + "- [ ] One more\n")
    assert desk.states == dict.fromkeys([*GAPS, "One more"], "open")


def test_41_one_gap_that_github_refuses_does_not_stop_the_others(desk: Desk) -> None:
    desk.repository.break_call(Break("POST", r"/issues$", status=422, skip=3, message="Validation Failed"))
    desk.begin(TEXT)
    assert desk.states == dict.fromkeys([gap for gap in GAPS if gap != GAPS[3]], "open")
    desk.write(TEXT + "\nThe end.\n")
    assert desk.states == dict.fromkeys(GAPS, "open")


def test_48_an_answer_that_is_no_json_is_no_answer(desk: Desk) -> None:
    desk.begin(TEXT)
    desk.repository.break_call(Break("GET", r"/git/|/contents/", status=200, message="<html>"))
    desk.write(TEXT.replace("[ ] Gap about subject 1\n", "[x] Gap about subject 1\n"))
    assert desk.states == dict.fromkeys(GAPS, "open") | {"Gap about subject 1": "completed"}
