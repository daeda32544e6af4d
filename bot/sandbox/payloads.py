"""What GitHub would send about a happening: from `Happening` to the JSON of a webhook.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox import shapes, shapes_code
from bot.sandbox.git import ZERO
from bot.sandbox.github import Repository
from bot.sandbox.world import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.sandbox.git import Commit, Signature
    from bot.sandbox.model import Installation, User
    from bot.sandbox.shapes import Json
    from bot.sandbox.world import Happening, World

MAX_COMMITS = 2048
"""A push payload lists no more commits than that."""


def payload(world: World, happening: Happening, installation: Installation) -> Json:
    """Returns the body of the delivery that one installation gets."""
    shown: Json = {"action": happening.action} if happening.action else {}
    place = happening.place
    if isinstance(place, Repository):
        shown |= _push(place, happening) if happening.event == "push" else _details(place, happening)
        shown["repository"] = shapes.repository(place)
        if place.owner.kind == "Organization":
            shown["organization"] = _organization(world, place.owner)
    if happening.installation is not None:
        shown |= _installed(happening, world)
    else:
        shown["installation"] = {"id": installation.id, "node_id": shapes.node("MDI", installation.id)}
    return shown | {"sender": shapes.user(world, happening.sender)}


def _details(place: Repository, happening: Happening) -> Json:
    if happening.event in {"create", "delete"}:
        return _ref(place, happening)
    shown: Json = {}
    for name, thing in happening.details.items():
        show = _SHOWN.get(name)
        shown[name] = show(place, thing) if show else thing
    if happening.event == "pull_request":
        one = happening.details["issue"]
        shown["number"], shown["pull_request"] = one.number, shapes_code.pull(place, one)
        del shown["issue"]
    if happening.event == "check_run":
        shown["check_run"] = shown.pop("check")
    if happening.event == "issues" and happening.action == "transferred":
        shown["changes"] = {
            "new_issue": shapes.issue(shown.pop("new_repository"), shown.pop("new_issue")),
            "new_repository": shapes.repository(happening.details["new_repository"]),
        }
    if happening.event == "repository" and happening.action == "transferred":
        before = happening.details["changes"]["owner"]["from"]
        shown["changes"] = {"owner": {"from": {kind: shapes.user(place.world, one) for kind, one in before.items()}}}
    return shown


_SHOWN: dict[str, Callable[[Repository, Any], Any]] = {
    "issue": shapes.issue,
    "label": shapes.label,
    "comment": shapes.comment,
    "check": shapes_code.check_run,
    "assignee": lambda place, one: shapes.user(place.world, one),
}


def _ref(place: Repository, happening: Happening) -> Json:
    shown: Json = {"ref": happening.details["ref"], "ref_type": "branch", "pusher_type": "user"}
    return shown | (
        {"master_branch": place.default_branch, "description": place.description} if happening.event == "create" else {}
    )


def _push(place: Repository, happening: Happening) -> Json:
    details = happening.details
    before, after = details["before"], details["after"]
    html = f"{place.world.html_url}/{place.full_name}"
    head = place.git.commits.get(after)
    return {
        "ref": f"refs/heads/{details['ref']}",
        "before": before,
        "after": after,
        "created": before == ZERO,
        "deleted": after == ZERO,
        "forced": details["forced"],
        "base_ref": None,
        "compare": f"{html}/compare/{before[:12]}...{after[:12]}",
        "commits": _commits(place, details["commits"]),
        "head_commit": commit(place, head) if head else None,
        "pusher": {"name": happening.sender.login, "email": happening.sender.email},
    }


def _commits(place: Repository, commits: Iterable[Commit]) -> list[Json]:
    return [commit(place, one) for one in tuple(commits)[:MAX_COMMITS]]


def commit(place: Repository, one: Commit) -> Json:
    """A commit as a push shows it: the paths it touched are against its first parent."""
    before = place.git.commits[one.parents[0]].tree if one.parents else None
    changes = place.git.changes(before, one.tree)
    return {
        "id": one.sha,
        "tree_id": one.tree,
        "distinct": True,
        "message": one.message,
        "timestamp": instant(one.at),
        "url": f"{place.world.html_url}/{place.full_name}/commit/{one.sha}",
        "author": _author(one.author, one.at),
        "committer": _author(one.committer, one.at),
        "added": list(changes.added),
        "removed": list(changes.removed),
        "modified": list(changes.modified),
    }


def _author(who: Signature, at: int) -> Json:
    shown: Json = {"name": who.name, "email": who.email, "date": instant(at)}
    return shown | ({"username": who.login} if who.login else {})


def _installed(happening: Happening, world: World) -> Json:
    one = happening.installation
    assert one is not None  # noqa: S101 - payload() asks for it
    shown: Json = {"installation": shapes.installation(world, one)}
    for name, repositories in happening.details.items():
        shown[name] = [shapes.short_repository(place) for place in repositories]
    if happening.event == "installation_repositories":
        shown["repository_selection"] = shown["installation"]["repository_selection"]
        shown = {"repositories_added": [], "repositories_removed": []} | shown
    return shown | {"requester": None}


def _organization(world: World, one: User) -> Json:
    url = f"{world.api_url}/orgs/{one.login}"
    links = {f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")}
    links |= {"members_url": f"{url}/members{{/member}}", "public_members_url": f"{url}/public_members{{/member}}"}
    shown = {"login": one.login, "id": one.id, "node_id": shapes.node("O", one.id), "url": url, **links}
    return shown | {"avatar_url": f"{world.html_url}/avatars/{one.id}", "description": None}
