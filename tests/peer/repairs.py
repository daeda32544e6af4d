"""Makes the emulator's JSON what GitHub's schemas say: pure functions over one request, one answer or one webhook payload.

Each repair names a difference that was measured against emulate 0.12.2.
"""

from __future__ import annotations

import json
import re
from typing import Any

Json = Any
"""A decoded JSON value: this file takes apart whatever the emulator sends."""

ZERO_SHA = "0" * 40
DOCUMENTATION = "https://docs.github.com/rest"

_MILLISECONDS = re.compile(rb'(\d\d:\d\d:\d\d)\.\d{3}Z"')
_USER_LINKS = (
    "avatar_url",
    "events_url",
    "followers_url",
    "following_url",
    "gists_url",
    "gravatar_id",
    "html_url",
    "node_id",
    "organizations_url",
    "received_events_url",
    "repos_url",
    "starred_url",
    "subscriptions_url",
    "url",
)
_PERMISSIONS = {"push": "write", "maintain": "write", "pull": "read", "triage": "read"}
_MAX_TITLE = 256
_MAX_BODY = 65_536
_MAX_LABEL = 50
_MAX_CONTENT = 1 << 20


def without_milliseconds(data: bytes) -> bytes:
    """GitHub writes whole seconds, and githubkit reads nothing else."""
    return _MILLISECONDS.sub(rb'\1Z"', data)


def refusal(method: str, path: str, body: Json) -> Json | None:
    """Returns the 422 answer to a request that GitHub refuses and the emulator accepts, else None."""
    if method not in {"POST", "PATCH"} or not isinstance(body, dict):
        return None
    if re.search(r"/issues(/\d+)?$", path):
        if not 0 < len(body.get("title", "-").strip()) <= _MAX_TITLE:
            return _invalid("Issue", "title", "custom", f"title is too long (maximum is {_MAX_TITLE} characters)")
        if len(body.get("body") or "") > _MAX_BODY:
            return _invalid("Issue", "body", "custom", f"body is too long (maximum is {_MAX_BODY} characters)")
        if any(len(name) > _MAX_LABEL for name in body.get("labels") or ()):
            return _invalid("Label", "name", "custom", f"name is too long (maximum is {_MAX_LABEL} characters)")
    if path.endswith("/labels") and len(body.get("name", "")) > _MAX_LABEL:
        return _invalid("Label", "name", "custom", f"name is too long (maximum is {_MAX_LABEL} characters)")
    return None


def answer(method: str, path: str, status: int, data: bytes) -> bytes:
    """Returns the body of an answer as GitHub would send it."""
    data = without_milliseconds(data)
    if data[:1] not in {b"{", b"["}:
        return data
    value = json.loads(data)
    if status == 422 and method == "POST" and path.endswith("/labels"):
        # The emulator leaves out the list of errors, by which an existing label is told from an invalid one.
        value = {**value, **_invalid("Label", "name", "already_exists", "")}
    if status >= 400:
        return json.dumps(value).encode()
    if path.endswith("/permission"):
        # https://docs.github.com/en/rest/collaborators/collaborators: the legacy words, where the emulator has those of teams.
        value["permission"] = _PERMISSIONS.get(value["permission"], value["permission"])
    if path.endswith("/access_tokens"):
        # The emulator lists short repository objects here, which githubkit's model refuses.
        value.pop("repositories", None)
    if "/contents/" in path and isinstance(value, dict) and value.get("size", 0) > _MAX_CONTENT:
        # https://docs.github.com/en/rest/repos/contents: above 1 MB only the raw media type carries the content.
        value.update(content="", encoding="none")
    return json.dumps(completed(value)).encode()


def completed(value: Json) -> Json:
    """Adds the fields that GitHub's schema requires of users, labels and repositories, and the emulator leaves out."""
    if isinstance(value, list):
        return [completed(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: completed(item) for key, item in value.items()}
    if "login" in value and "id" in value and value.get("type") in {"User", "Bot", "Organization"}:
        value = {**dict.fromkeys(_USER_LINKS, ""), "site_admin": False, **value}
    if {"color", "default", "name", "node_id"} <= value.keys():
        value = {"archived_at": None, "archived_by": None, **value}
    if "full_name" in value and "default_branch" in value:
        value = {"subscribers_count": 0, "network_count": 0, **value}
    return value


def push(payload: Json, *, commits: list[Json]) -> Json:
    """Returns a push payload with what the emulator leaves out: the commits (sent only for PUT contents), pusher and flags."""
    before, after, sender = payload["before"], payload["after"], payload["sender"]["login"]
    # https://docs.github.com/en/webhooks/webhook-events-and-payloads#push: at most 2048 commits.
    return {
        **payload,
        "commits": commits[:2048],
        "head_commit": commits[-1] if commits else None,
        "compare": f"{payload['repository']['html_url']}/compare/{before[:12]}...{after[:12]}",
        "created": before == ZERO_SHA,
        "deleted": after == ZERO_SHA,
        "forced": False,
        "base_ref": None,
        "pusher": {"name": sender, "email": f"{sender}@users.noreply.github.com"},
    }


def commit_of_push(commit: Json, *, login: str) -> Json:
    """Returns a commit as a push lists it, from the one that `GET commits` describes; a rename is one path removed, one added."""

    def person(said: Json) -> Json:
        return {"name": said["name"], "email": said["email"], "username": login}

    def paths(*statuses: str) -> list[str]:
        return [file["filename"] for file in commit["files"] if file["status"] in statuses]

    git = commit["commit"]
    gone = [file["previous_filename"] for file in commit["files"] if file["status"] == "renamed"]
    return {
        "id": commit["sha"],
        "tree_id": git["tree"]["sha"],
        "distinct": True,
        "message": git["message"],
        "timestamp": git["committer"]["date"],
        "url": commit["html_url"],
        "author": person(git["author"]),
        "committer": person(git["committer"]),
        "added": paths("added", "renamed"),
        "removed": [*paths("removed"), *gone],
        "modified": paths("modified"),
    }


def issue_event(payload: Json, *, before: Json) -> Json:
    """Returns an `issues` payload whose `changes` and `label` are objects; the emulator sends `{"title": true}` and short labels.

    `before` holds title and body as they were when the issue was opened or last edited.
    """
    if payload["action"] == "edited":
        changes = {field: {"from": before[field] or ""} for field, changed in payload["changes"].items() if changed}
        return {**payload, "changes": changes}
    label = payload.get("label")
    if label and "id" not in label:
        name = label["name"]
        full = next((known for known in payload["issue"]["labels"] if known["name"] == name), None)
        url = f"{payload['repository']['url']}/labels/{name}"
        return {
            **payload,
            "label": full or {"id": 0, "node_id": "LA_", "url": url, "default": False, "description": None, **label},
        }
    return payload


def comment_event(payload: Json, *, before: str) -> Json:
    """Returns an `issue_comment` payload; an edit says what the comment said `before`."""
    return {**payload, "changes": {"body": {"from": before}}} if payload["action"] == "edited" else payload


def issue_path(path: str) -> str | None:
    """Returns the path of the issue that a path leads to, or through; None where it is about no issue."""
    found = re.match(r"/repos/[^/]+/[^/]+/issues/\d+(?=/|$)", path)
    return found[0] if found else None


def pulls_path(path: str) -> str | None:
    """Returns the path of the repository whose pull request, or list of them, a path leads to; None for other paths."""
    found = re.fullmatch(r"(/repos/[^/]+/[^/]+)/pulls(?:/\d+)?", path)
    return found[1] if found else None


def pull_files_path(path: str) -> tuple[str, str] | None:
    """Returns the paths of a repository and of the pull request whose files a path lists; None for other paths."""
    found = re.fullmatch(r"((/repos/[^/]+/[^/]+)/pulls/\d+)/files", path)
    return (found[2], found[1]) if found else None


def second_pull(head: str) -> Json:
    """Returns the 422 answer to a second open pull request from a branch."""
    return _invalid("PullRequest", "base", "custom", f"A pull request already exists for {head}.")


def created_ref(payload: Json) -> Json:
    """Returns a `create` payload with the short name of the ref, as GitHub sends it."""
    return {**payload, "ref": payload["ref"].split("/", 2)[2], "description": None, "pusher_type": "user"}


def _invalid(resource: str, field: str, code: str, message: str) -> Json:
    error = {"resource": resource, "field": field, "code": code} | ({"message": message} if message else {})
    return {
        "message": "Validation Failed",
        "errors": [error],
        "documentation_url": "https://docs.github.com/rest",
        "status": "422",
    }
