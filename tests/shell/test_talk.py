"""The requests about comments and assignees: what goes over the wire, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.errors import NotFound, Unavailable
from bot.core.names import CommentId, IssueNumber
from bot.github.model import Comment
from tests.shell.hub import NAME, REPO, Hub, issue_json, no, ok

pytestmark = pytest.mark.anyio

SEVEN = IssueNumber(7)
COMMENT = f"{REPO}/issues/comments/5"


def comment_json(**changes: Any) -> dict[str, Any]:
    return {"id": 5, "user": {"login": "alice"}, "body": "/gap done", "created_at": "2026-11-20T10:00:00Z"} | changes


async def test_a_comment() -> None:
    hub = Hub()
    hub.answers("GET", COMMENT, ok(comment_json()), ok(comment_json(user=None, body=None)), no(404))
    assert await hub.reader.read_comment(NAME, CommentId(5)) == Comment(
        CommentId(5), "alice", "/gap done", "2026-11-20T10:00:00Z"
    )
    assert await hub.reader.read_comment(NAME, CommentId(5)) == Comment(CommentId(5), "ghost", "", "2026-11-20T10:00:00Z")
    with pytest.raises(NotFound):
        await hub.reader.read_comment(NAME, CommentId(5))


async def test_the_comments_of_an_issue_since_then() -> None:
    hub = Hub()
    route = hub.answers("GET", f"{REPO}/issues/7/comments", ok([comment_json(), comment_json(id=6, body="x")]), ok({}))
    found = await hub.reader.comments(NAME, SEVEN, since="2026-11-20T10:00:00Z")
    assert [comment.id for comment in found] == [5, 6]
    assert dict(route.calls.last.request.url.params) == {"since": "2026-11-20T10:00:00Z", "per_page": "100"}
    with pytest.raises(Unavailable):
        await hub.reader.comments(NAME, SEVEN, since="2026-11-20T10:00:00Z")


async def test_a_reaction() -> None:
    hub = Hub()
    route = hub.answers("POST", f"{COMMENT}/reactions", ok({"id": 1, "content": "eyes"}, 201), ok({"id": 1, "content": "eyes"}))
    for _ in range(2):
        await hub.gateway.react(NAME, CommentId(5), "eyes")
    assert json.loads(route.calls.last.request.content) == {"content": "eyes"}


async def test_assignees() -> None:
    hub = Hub()
    body = issue_json(assignees=[{"login": "Alice"}])
    added = hub.answers("POST", f"{REPO}/issues/7/assignees", ok(body, 201))
    taken = hub.answers("DELETE", f"{REPO}/issues/7/assignees", ok(body), ok(issue_json()))
    assert await hub.gateway.assign(NAME, SEVEN, ["Alice", "nobody"]) == {"alice"}
    assert await hub.gateway.unassign(NAME, SEVEN, ["bob"]) == {"alice"}
    assert json.loads(added.calls.last.request.content) == {"assignees": ["Alice", "nobody"]}
    assert json.loads(taken.calls.last.request.content) == {"assignees": ["bob"]}
    with pytest.raises(Unavailable):
        await hub.gateway.unassign(NAME, SEVEN, ["bob"])
