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

from bot.sandbox.code import WEB_FLOW
from bot.sandbox.git import SYMLINK, Entry
from bot.sandbox.limits import REACTIONS
from bot.sandbox.model import Role, User
from bot.sandbox.world import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.code import Code
    from bot.sandbox.git import Commit, Signature
    from bot.sandbox.github import Repository
    from bot.sandbox.model import App, CheckRun, Comment, Installation, Issue, Label, Reaction
    from bot.sandbox.pulls import FileChange
    from bot.sandbox.world import World

Json = dict[str, Any]

_WEB_FLOW = User(19_864_447, "web-flow")
"""The account behind what GitHub commits for somebody; it is in every GitHub under this id."""
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
        "milestone": None,
        "comments": len(one.comments),
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "closed_at": _instant_or_none(one.closed_at),
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
        shown["pull_request"] = {"url": f"{root}/pulls/{one.number}", **links, "merged_at": _instant_or_none(one.pull.merged_at)}
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
        "suspended_at": _instant_or_none(one.suspended_at),
    }


def git_commit(place: Code, one: Commit) -> Json:
    """A commit as the git database shows it."""
    root = repository_url(place)
    return {
        "sha": one.sha,
        "node_id": node("C", int(one.sha[:8], 16)),
        "url": f"{root}/git/commits/{one.sha}",
        "html_url": _commit_page(place, one.sha),
        "author": _signature(one.author, one.at),
        "committer": _signature(one.committer, one.at),
        "tree": {"sha": one.tree, "url": f"{root}/git/trees/{one.tree}"},
        "message": one.message,
        "parents": [
            {"sha": sha, "url": f"{root}/git/commits/{sha}", "html_url": _commit_page(place, sha)} for sha in one.parents
        ],
        "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None},
    }


def commit(place: Repository, one: Commit, *, files: list[FileChange] | None = None) -> Json:
    """A commit as the repository shows it, with the files it changed where they are asked for."""
    root, world = repository_url(place), place.world
    inner = git_commit(place, one)
    shown: Json = {
        "sha": one.sha,
        "node_id": inner["node_id"],
        "commit": {key: inner[key] for key in ("author", "committer", "message", "verification")}
        | {"url": inner["url"], "comment_count": 0, "tree": inner["tree"]},
        "url": f"{root}/commits/{one.sha}",
        "html_url": inner["html_url"],
        "comments_url": f"{root}/commits/{one.sha}/comments",
        "author": _account(world, one.author),
        "committer": _account(world, one.committer),
        "parents": [{"sha": sha, "url": f"{root}/commits/{sha}", "html_url": _commit_page(place, sha)} for sha in one.parents],
    }
    if files is not None:
        added, removed = sum(each.additions for each in files), sum(each.deletions for each in files)
        shown["stats"] = {"additions": added, "deletions": removed, "total": added + removed}
        shown["files"] = [file_change(place, each, one.sha) for each in files]
    return shown


def file_change(place: Code, one: FileChange, ref: str) -> Json:
    """A changed file of a pull request, commit or comparison."""
    html, path = f"{place.world.html_url}/{place.full_name}", quote(one.path)
    return {
        "sha": one.sha,
        "filename": one.path,
        "status": one.status,
        "additions": one.additions,
        "deletions": one.deletions,
        "changes": one.additions + one.deletions,
        "blob_url": f"{html}/blob/{ref}/{path}",
        "raw_url": f"{html}/raw/{ref}/{path}",
        "contents_url": f"{repository_url(place)}/contents/{path}?ref={ref}",
        "patch": one.patch,
    }


def _commit_page(place: Code, sha: str) -> str:
    return f"{place.world.html_url}/{place.full_name}/commit/{sha}"


def _signature(who: Signature, at: int) -> Json:
    return {"name": who.name, "email": who.email, "date": instant(at)}


def _account(world: World, who: Signature) -> Json | None:
    if who.login == WEB_FLOW.login:
        return user(world, _WEB_FLOW)
    found = world.users.get((who.login or "").lower())
    return user(world, found) if found else None


def ref(place: Code, name: str, sha: str) -> Json:
    """A branch as a git reference; `name` is without `refs/`."""
    root = repository_url(place)
    return {
        "ref": f"refs/{name}",
        "node_id": node("REF", place.id),
        "url": f"{root}/git/refs/{quote(name)}",
        "object": {"sha": sha, "type": "commit", "url": f"{root}/git/commits/{sha}"},
    }


def branch(place: Code, name: str) -> Json:
    """A branch in a list."""
    sha = place.branches[name]
    where = {"sha": sha, "url": f"{repository_url(place)}/commits/{sha}"}
    return {"name": name, "commit": where, "protected": name in place.protections}


def tree_entry(place: Code, path: str, entry: Entry) -> Json:
    """One line of a tree; only blobs have a size."""
    shown: Json = {"path": path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
    if entry.type == "blob":
        shown["size"] = len(place.git.blobs[entry.sha])
    if entry.type != "commit":
        shown["url"] = f"{repository_url(place)}/git/{entry.type}s/{entry.sha}"
    return shown


def content(place: Code, path: str, entry: Entry, where: str) -> Json:
    """A file, directory, symbolic link or submodule without its content, as a directory lists it."""
    kind = (
        "dir"
        if entry.type == "tree"
        else "submodule"
        if entry.type == "commit"
        else "symlink"
        if entry.mode == SYMLINK
        else "file"
    )
    html, quoted = f"{place.world.html_url}/{place.full_name}", quote(path)
    page = f"{html}/{'tree' if kind == 'dir' else 'blob'}/{where}/{quoted}"
    url = f"{repository_url(place)}/contents/{quoted}?ref={quote(where)}"
    git = f"{repository_url(place)}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
    raw = f"https://raw.githubusercontent.com/{place.full_name}/{where}/{quoted}" if kind in {"file", "symlink"} else None
    size = len(place.git.blobs[entry.sha]) if entry.type == "blob" else 0
    shown = {"name": path.rpartition("/")[2], "path": path, "sha": entry.sha, "size": size, "url": url, "html_url": page}
    return shown | {"git_url": git, "download_url": raw, "type": kind, "_links": {"self": url, "git": git, "html": page}}


def pull(place: Repository, one: Issue) -> Json:
    """A pull request in full."""
    assert one.pull is not None  # noqa: S101 - Pulls.pull gives no others
    root, issue_side = repository_url(place), issue(place, one)
    url, number = f"{root}/pulls/{one.number}", one.number
    linked = {
        "self": url, "html": issue_side["html_url"], "issue": issue_side["url"], "comments": issue_side["comments_url"],
        "review_comments": f"{url}/comments", "review_comment": f"{root}/pulls/comments{{/number}}",
        "commits": f"{url}/commits", "statuses": f"{root}/statuses/{one.pull.head_sha}",
    }  # fmt: skip
    files = place.pull_files(number)
    ahead = place.git.history(one.pull.head_sha, without=place.branches.get(one.pull.base, one.pull.base_sha))
    kept: tuple[str, ...] = (
        "id",
        "number",
        "title",
        "user",
        "labels",
        "state",
        "locked",
        "assignee",
        "assignees",
        "milestone",
        "body",
        "created_at",
    )
    kept += ("updated_at", "closed_at", "author_association", "active_lock_reason", "html_url", "comments_url", "comments")
    return {key: issue_side[key] for key in kept} | {
        "url": url,
        "node_id": issue_side["node_id"],
        "issue_url": issue_side["url"],
        "diff_url": f"{issue_side['html_url']}.diff",
        "patch_url": f"{issue_side['html_url']}.patch",
        "commits_url": linked["commits"],
        "review_comments_url": linked["review_comments"],
        "review_comment_url": linked["review_comment"],
        "statuses_url": linked["statuses"],
        "_links": {name: {"href": href} for name, href in linked.items()},
        "head": _side(place, one.pull.head, one.pull.head_sha),
        "base": _side(place, one.pull.base, one.pull.base_sha),
        "draft": one.pull.draft,
        "auto_merge": None,
        "merged_at": _instant_or_none(one.pull.merged_at),
        "merge_commit_sha": one.pull.merge_commit,
        "merged": one.pull.merged_at is not None,
        "merged_by": user(place.world, one.pull.merged_by) if one.pull.merged_by else None,
        "mergeable": one.open or None,
        "mergeable_state": "clean" if one.open else "unknown",
        "maintainer_can_modify": False,
        "requested_reviewers": [],
        "requested_teams": [],
        "review_comments": 0,
        "commits": len(ahead),
        "additions": sum(each.additions for each in files),
        "deletions": sum(each.deletions for each in files),
        "changed_files": len(files),
    }


def _side(place: Repository, name: str, sha: str) -> Json:
    owner = user(place.world, place.owner)
    return {"label": f"{place.owner.login}:{name}", "ref": name, "sha": sha, "user": owner, "repo": repository(place)}


def check_run(place: Repository, one: CheckRun) -> Json:
    """A check run."""
    url = f"{repository_url(place)}/check-runs/{one.id}"
    html = f"{place.world.html_url}/{place.full_name}/runs/{one.id}"
    said = {key: one.output.get(key) for key in ("title", "summary", "text")}
    return {
        "id": one.id,
        "name": one.name,
        "node_id": node("CR", one.id),
        "head_sha": one.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": html,
        "details_url": one.details_url or html,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": instant(one.started_at),
        "completed_at": _instant_or_none(one.completed_at),
        "output": said | {"annotations_count": len(one.annotations), "annotations_url": f"{url}/annotations"},
        "check_suite": {"id": one.app.id},
        "app": app(place.world, one.app),
        "pull_requests": [],
    }


def _instant_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else instant(seconds)
