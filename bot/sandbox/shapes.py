"""The JSON that GitHub shows of its things, in REST answers and webhook payloads alike: from records to dictionaries.

The fields are those that GitHub's OpenAPI description requires, and those that bots read besides; tests/sandbox checks
them against it where it is at hand.
"""

from __future__ import annotations

import base64
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.sandbox.limits import REACTIONS
from bot.sandbox.model import Role, User
from bot.sandbox.world import instant, instant_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.code import Code
    from bot.sandbox.github import Repository
    from bot.sandbox.model import App, Comment, Installation, Issue, Label, Milestone, Reaction
    from bot.sandbox.world import World

Json = dict[str, Any]

_USER_LINKS = {
    "followers": "", "following": "{/other_user}", "gists": "{/gist_id}", "starred": "{/owner}{/repo}", "subscriptions": "",
    "organizations": "", "repos": "", "events": "{/privacy}", "received_events": "",
}  # fmt: skip
_PLACES = {
    "archive": "{archive_format}{/ref}", "assignees": "{/user}", "blobs": "git/blobs{/sha}", "branches": "{/branch}",
    "collaborators": "{/collaborator}", "comments": "{/number}", "commits": "{/sha}", "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}", "contributors": "", "deployments": "", "downloads": "", "events": "", "forks": "",
    "git_commits": "git/commits{/sha}", "git_refs": "git/refs{/sha}", "git_tags": "git/tags{/sha}", "hooks": "",
    "issue_comment": "issues/comments{/number}", "issue_events": "issues/events{/number}", "issues": "{/number}",
    "keys": "{/key_id}", "labels": "{/name}", "languages": "", "merges": "", "milestones": "{/number}",
    "notifications": "{?since,all,participating}", "pulls": "{/number}", "releases": "{/id}", "stargazers": "",
    "statuses": "statuses/{sha}", "subscribers": "", "subscription": "", "tags": "", "teams": "", "trees": "git/trees{/sha}",
}  # fmt: skip


def node(kind: str, number: int) -> str:
    """Returns a node id: opaque to everybody, unique within the world."""
    return f"{kind}_{base64.urlsafe_b64encode(number.to_bytes(6, 'big')).decode()}"


def user(world: World, one: User) -> Json:
    """An account, as everywhere where somebody did something. It is shared: take a copy to change it."""
    return _user(world.api_url, world.html_url, one)


@lru_cache(maxsize=1024)
def _user(api_url: str, html_url: str, one: User) -> Json:
    url = f"{api_url}/users/{quote(one.login)}"
    home = f"{html_url}/{one.login}" if one.kind != "Bot" else f"{html_url}/apps/{one.login.removesuffix('[bot]')}"
    links = {f"{name}_url": f"{url}/{'orgs' if name == 'organizations' else name}{tail}" for name, tail in _USER_LINKS.items()}
    return {
        "login": one.login,
        "id": one.id,
        "node_id": node("U", one.id),
        "avatar_url": f"{html_url}/avatars/{one.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": home,
        **links,
        "type": one.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def repository(place: Repository, *, viewer: Role | None = None) -> Json:
    """A repository in full; `permissions` tells what the viewer may do, where there is one."""
    world, api, html = place.world, repository_url(place), f"{place.world.html_url}/{place.full_name}"
    opened = sum(issue.open for issue in place.issues.values())
    shown: Json = {
        "id": place.id,
        "node_id": node("R", place.id),
        "name": place.name,
        "full_name": place.full_name,
        "private": place.private,
        "owner": user(world, place.owner),
        "html_url": html,
        "description": place.description,
        "fork": place.fork,
        "url": api,
        **_links(api),
        "created_at": instant(place.created_at),
        "updated_at": instant(place.updated_at),
        "pushed_at": instant(place.pushed_at),
        "git_url": f"git://github.com/{place.full_name}.git",
        "ssh_url": f"git@github.com:{place.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "homepage": None,
        "size": 1,
        "language": None,
        "has_issues": place.has_issues,
        "has_projects": False,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "archived": place.archived,
        "disabled": False,
        "mirror_url": None,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "topics": [],
        "visibility": "private" if place.private else "public",
        "default_branch": place.default_branch,
        "open_issues": opened,
        "open_issues_count": opened,
    }
    shown |= dict.fromkeys(
        ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "network_count", "subscribers_count"), 0
    )
    if viewer is not None:
        words = {"admin": Role.ADMIN, "maintain": Role.MAINTAIN, "push": Role.WRITE, "triage": Role.TRIAGE, "pull": Role.READ}
        shown["permissions"] = {word: viewer >= role for word, role in words.items()}
    return shown


def short_repository(place: Repository) -> Json:
    """A repository in the lists of installation events."""
    return {
        "id": place.id,
        "node_id": node("R", place.id),
        "name": place.name,
        "full_name": place.full_name,
        "private": place.private,
    }


def repository_url(place: Code) -> str:
    """Where the REST side shows a repository."""
    return f"{place.world.api_url}/repos/{place.full_name}"


@lru_cache(maxsize=64)
def _links(api: str) -> Json:
    return {f"{name}_url": f"{api}/{_place(name, tail)}" for name, tail in _PLACES.items()}


def _place(name: str, tail: str) -> str:
    return tail if tail[:1].isalpha() else name + ("/" if tail[:2] == "{a" else "") + tail


def label(place: Repository, one: Label) -> Json:
    """A label."""
    url = f"{repository_url(place)}/labels/{quote(one.name, safe='')}"
    shown = {"id": one.id, "node_id": node("LA", one.id), "url": url, "name": one.name, "color": one.color}
    return shown | {"default": one.default, "description": one.description}


def milestone(place: Repository, one: Milestone) -> Json:
    """A milestone."""
    url = f"{repository_url(place)}/milestones/{one.number}"
    issues = [issue for issue in place.issues.values() if issue.milestone is one]
    return {
        "url": url,
        "html_url": f"{place.world.html_url}/{place.full_name}/milestone/{one.number}",
        "labels_url": f"{url}/labels",
        "id": one.id,
        "node_id": node("MI", one.id),
        "number": one.number,
        "state": "open" if one.open else "closed",
        "title": one.title,
        "description": None,
        "creator": user(place.world, one.creator),
        "open_issues": sum(issue.open for issue in issues),
        "closed_issues": sum(not issue.open for issue in issues),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
        "closed_at": None,
        "due_on": None,
    }


def reactions(url: str, given: Iterable[Reaction]) -> Json:
    """How often each reaction was given."""
    counts = Counter(one.content for one in given)
    return {"url": f"{url}/reactions", "total_count": counts.total(), **{name: counts[name] for name in REACTIONS}}


def reaction(world: World, one: Reaction) -> Json:
    """A reaction of somebody."""
    who = user(world, one.user)
    return {
        "id": one.id,
        "node_id": node("REA", one.id),
        "user": who,
        "content": one.content,
        "created_at": instant(one.created_at),
    }


def issue(place: Repository, one: Issue) -> Json:
    """An issue, or the issue side of a pull request."""
    world, root = place.world, repository_url(place)
    url = f"{root}/issues/{one.number}"
    kind = "pull" if one.pull else "issues"
    html = f"{world.html_url}/{place.full_name}/{kind}/{one.number}"
    children = place.issues_by_id(one.sub_issues)
    finished = sum(not child.open for child in children)
    blockers = place.issues_by_id(one.blocked_by)
    shown = {
        "url": url,
        "repository_url": root,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "id": one.id,
        "node_id": node("PR" if one.pull else "I", one.id),
        "number": one.number,
        "title": one.title,
        "user": user(world, one.user),
        "labels": [label(place, each) for each in one.labels],
        "state": "open" if one.open else "closed",
        "locked": one.locked,
        "assignee": user(world, one.assignees[0]) if one.assignees else None,
        "assignees": [user(world, each) for each in one.assignees],
        "milestone": milestone(place, one.milestone) if one.milestone else None,
        "comments": len(one.comments),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "closed_at": instant_or_none(one.closed_at),
        "closed_by": user(world, one.closed_by) if one.closed_by else None,
        "author_association": association(place, one.user),
        "active_lock_reason": None,
        "body": one.body,
        "reactions": reactions(url, one.reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": app(world, one.app) if one.app else None,
        "state_reason": one.state_reason,
        "sub_issues_summary": {
            "total": len(children),
            "completed": finished,
            "percent_completed": 100 * finished // len(children) if children else 0,
        },
        "issue_dependencies_summary": {
            "blocked_by": sum(blocker.open for blocker in blockers),
            "total_blocked_by": len(blockers),
            "blocking": sum(one.open and one.id in other.blocked_by for other in place.issues.values()),
            "total_blocking": sum(one.id in other.blocked_by for other in place.issues.values()),
        },
    }
    if one.pull:
        links = {"html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch"}
        shown["draft"] = one.pull.draft
        shown["pull_request"] = {"url": f"{root}/pulls/{one.number}", **links, "merged_at": instant_or_none(one.pull.merged_at)}
    return shown


def association(place: Repository, one: User) -> str:
    """How somebody stands to the repository, in GitHub's words."""
    if one.id == place.owner.id:
        return "OWNER"
    role = place.role(one)
    if one.kind == "Bot" or role <= Role.READ:
        return "NONE"
    return "MEMBER" if place.owner.kind == "Organization" else "COLLABORATOR"


def comment(place: Repository, one: Comment) -> Json:
    """A comment."""
    world, root = place.world, repository_url(place)
    url = f"{root}/issues/comments/{one.id}"
    return {
        "url": url,
        "html_url": f"{world.html_url}/{place.full_name}/issues/{one.issue}#issuecomment-{one.id}",
        "issue_url": f"{root}/issues/{one.issue}",
        "id": one.id,
        "node_id": node("IC", one.id),
        "user": user(world, one.user),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "author_association": association(place, one.user),
        "body": one.body,
        "reactions": reactions(url, one.reactions),
        "performed_via_github_app": app(world, one.app) if one.app else None,
    }


def app(world: World, one: App) -> Json:
    """An App."""
    return {
        "id": one.id,
        "slug": one.slug,
        "client_id": f"Iv1.{one.id:016x}",
        "node_id": node("A", one.id),
        "owner": user(world, one.owner),
        "name": one.name,
        "description": None,
        "external_url": "https://example.com/gapkeeper",
        "html_url": f"{world.html_url}/apps/{one.slug}",
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
        "permissions": dict(one.permissions),
        "events": list(one.events),
    }


def installation(world: World, one: Installation) -> Json:
    """An installation."""
    url = f"{world.api_url}/app/installations/{one.id}"
    return {
        "id": one.id,
        "account": user(world, one.account),
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.api_url}/installation/repositories",
        "html_url": f"{world.html_url}/organizations/{one.account.login}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "client_id": f"Iv1.{one.app.id:016x}",
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.kind,
        "permissions": dict(one.permissions),
        "events": list(one.app.events),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user(world, one.account) if one.suspended_at else None,
        "suspended_at": instant_or_none(one.suspended_at),
    }
