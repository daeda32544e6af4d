"""Deliveries about comments as events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.events import CommentWritten
from bot.core.names import CommentId, IssueNumber
from bot.github.translate import event_of
from tests.shell.test_translate import JSON, ORIGIN, payload

ADA = {"login": "ada", "type": "User"}
BOT = {"login": "gapkeeper[bot]", "type": "Bot"}
STAMP = "2026-11-20T10:00:00Z"


def comment(action: str = "created", *, issue: object = None, changes: object = None, sender: object = None, **more: Any) -> Any:
    whole = {"id": 5, "user": ADA, "body": "/gap done", "updated_at": STAMP} | more
    extra = {} if changes is None else {"changes": changes}
    return payload(action=action, issue=issue or {"number": 7}, comment=whole, sender=sender or ADA, **extra)


def written(**changes: Any) -> CommentWritten:
    values: dict[str, Any] = {
        "author": "ada",
        "body": "/gap done",
        "before": "",
        "pull": False,
        "bot": False,
        "stamp": STAMP,
    } | changes
    return CommentWritten(ORIGIN, IssueNumber(7), CommentId(5), **values)


ROWS: dict[str, tuple[Any, CommentWritten | None]] = {
    "created": (comment(), written()),
    "edited": (comment("edited", changes={"body": {"from": "before"}}), written(before="before")),
    "edited from nothing": (comment("edited", changes={"body": {"from": ""}}), written()),
    "#86 edited without saying how": (comment("edited", changes={}), written(before="/gap done")),
    "#87 deleted": (comment("deleted"), None),
    "#85 by a bot": (comment(user=BOT), written(author="gapkeeper[bot]", bot=True)),
    "#85 edited by a bot": (
        comment("edited", changes={}, sender={"login": "ada", "type": "Bot"}),
        written(before="/gap done", bot=True),
    ),
    "#84 by a deleted account": (comment(user=None), written(author="ghost")),
    "#92 on a pull request": (comment(issue={"number": 7, "pull_request": {}}), written(pull=True)),
    "without a body": (comment(body=None), None),
    "without an id": (comment(id=None), None),
    "with NUL": (comment(body="a\0b"), None),
}


@pytest.mark.parametrize(("delivery", "event"), ROWS.values(), ids=ROWS)
def test_a_comment(delivery: Any, event: CommentWritten | None) -> None:
    assert event_of("issue_comment", delivery) == event


@given(st.sampled_from(["issue", "comment", "changes", "action", "sender"]), JSON)
def test_fault_12_no_value_at_any_place_raises(place: str, value: object) -> None:
    event = event_of("issue_comment", comment("edited", changes={"body": {"from": "x"}}) | {place: value})
    assert event is None or isinstance(event, CommentWritten)
