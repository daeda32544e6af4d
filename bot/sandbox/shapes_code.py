"""The JSON that GitHub shows of code: commits, references, trees, contents, pull requests and check runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.sandbox import shapes
from bot.sandbox.code import WEB_FLOW
from bot.sandbox.git import SYMLINK, Entry
from bot.sandbox.model import User
from bot.sandbox.world import instant, instant_or_none

if TYPE_CHECKING:
    from bot.sandbox.code import Code
    from bot.sandbox.git import Commit, Signature
    from bot.sandbox.github import Repository
    from bot.sandbox.model import CheckRun, Issue
    from bot.sandbox.pulls import FileChange
    from bot.sandbox.shapes import Json
    from bot.sandbox.world import World

_WEB_FLOW = User(19_864_447, "web-flow")
"""The account behind what GitHub commits for somebody; it is in every GitHub under this id."""


def git_commit(place: Code, one: Commit) -> Json:
    """A commit as the git database shows it."""
    root = shapes.repository_url(place)
    return {
        "sha": one.sha,
        "node_id": shapes.node("C", int(one.sha[:8], 16)),
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
    root, world = shapes.repository_url(place), place.world
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
        "contents_url": f"{shapes.repository_url(place)}/contents/{path}?ref={ref}",
        "patch": one.patch,
    }


def _commit_page(place: Code, sha: str) -> str:
    return f"{place.world.html_url}/{place.full_name}/commit/{sha}"


def _signature(who: Signature, at: int) -> Json:
    return {"name": who.name, "email": who.email, "date": instant(at)}


def _account(world: World, who: Signature) -> Json | None:
    if who.login == WEB_FLOW.login:
        return shapes.user(world, _WEB_FLOW)
    found = world.users.get((who.login or "").lower())
    return shapes.user(world, found) if found else None


def ref(place: Code, name: str, sha: str) -> Json:
    """A branch as a git reference; `name` is without `refs/`."""
    root = shapes.repository_url(place)
    return {
        "ref": f"refs/{name}",
        "node_id": shapes.node("REF", place.id),
        "url": f"{root}/git/refs/{quote(name)}",
        "object": {"sha": sha, "type": "commit", "url": f"{root}/git/commits/{sha}"},
    }


def branch(place: Code, name: str) -> Json:
    """A branch in a list."""
    sha = place.branches[name]
    where = {"sha": sha, "url": f"{shapes.repository_url(place)}/commits/{sha}"}
    return {"name": name, "commit": where, "protected": name in place.protections}


def tree_entry(place: Code, path: str, entry: Entry) -> Json:
    """One line of a tree; only blobs have a size."""
    shown: Json = {"path": path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
    if entry.type == "blob":
        shown["size"] = len(place.git.blobs[entry.sha])
    if entry.type != "commit":
        shown["url"] = f"{shapes.repository_url(place)}/git/{entry.type}s/{entry.sha}"
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
    url = f"{shapes.repository_url(place)}/contents/{quoted}?ref={quote(where)}"
    git = f"{shapes.repository_url(place)}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
    raw = f"https://raw.githubusercontent.com/{place.full_name}/{where}/{quoted}" if kind in {"file", "symlink"} else None
    size = len(place.git.blobs[entry.sha]) if entry.type == "blob" else 0
    shown = {"name": path.rpartition("/")[2], "path": path, "sha": entry.sha, "size": size, "url": url, "html_url": page}
    return shown | {"git_url": git, "download_url": raw, "type": kind, "_links": {"self": url, "git": git, "html": page}}


def pull(place: Repository, one: Issue) -> Json:
    """A pull request in full."""
    assert one.pull is not None  # noqa: S101 - Pulls.pull gives no others
    root, issue_side = shapes.repository_url(place), shapes.issue(place, one)
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
        "head": _side(one.pull.fork or place, one.pull.head, one.pull.head_sha),
        "base": _side(place, one.pull.base, one.pull.base_sha),
        "draft": one.pull.draft,
        "auto_merge": None,
        "merged_at": instant_or_none(one.pull.merged_at),
        "merge_commit_sha": one.pull.merge_commit,
        "merged": one.pull.merged_at is not None,
        "merged_by": shapes.user(place.world, one.pull.merged_by) if one.pull.merged_by else None,
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
    owner = shapes.user(place.world, place.owner)
    return {"label": f"{place.owner.login}:{name}", "ref": name, "sha": sha, "user": owner, "repo": shapes.repository(place)}


def check_run(place: Repository, one: CheckRun) -> Json:
    """A check run."""
    url = f"{shapes.repository_url(place)}/check-runs/{one.id}"
    html = f"{place.world.html_url}/{place.full_name}/runs/{one.id}"
    said = {key: one.output.get(key) for key in ("title", "summary", "text")}
    return {
        "id": one.id,
        "name": one.name,
        "node_id": shapes.node("CR", one.id),
        "head_sha": one.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": html,
        "details_url": one.details_url or html,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": instant(one.started_at),
        "completed_at": instant_or_none(one.completed_at),
        "output": said | {"annotations_count": len(one.annotations), "annotations_url": f"{url}/annotations"},
        "check_suite": {"id": one.app.id},
        "app": shapes.app(place.world, one.app),
        "pull_requests": [],
    }
