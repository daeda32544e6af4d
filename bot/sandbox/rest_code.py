"""REST operations on a repository: itself, its people, its contents, commits and branches.

https://docs.github.com/rest/repos
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from bot.sandbox import shapes, shapes_code
from bot.sandbox.git import DIRECTORY, SUBMODULE, SYMLINK, Entry
from bot.sandbox.model import Role
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.rest import Answer, Ask, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.git import Commit
    from bot.sandbox.github import Repository

ONE_MEGABYTE = 1_048_576


def get_repository(ask: Ask) -> Answer:
    """GET /repos/{owner}/{repo} and /repositories/{id}."""
    return Answer(shapes.repository(ask.repository, viewer=ask.repository.role(ask.token.user) if ask.token else None))


def get_permission(ask: Ask) -> Answer:
    """GET …/collaborators/{username}/permission: triage shows as read and maintain as write, but for `role_name`."""
    user = ask.world.user(ask.path["username"])
    role = ask.repository.role(user)
    shown = shapes.user(ask.world, user) | {"role_name": role.name.lower()}
    return Answer({"permission": role.permission, "role_name": role.name.lower(), "user": shown})


def put_collaborator(ask: Ask) -> Answer:
    """PUT …/collaborators/{username}: here the invitation is accepted at once."""
    words = {"pull": Role.READ, "triage": Role.TRIAGE, "push": Role.WRITE, "maintain": Role.MAINTAIN, "admin": Role.ADMIN}
    ask.repository.allow(ask.path["username"], words[ask.body.get("permission", "push")], by=ask.who)
    return Answer(None, 204)


# Contents.


def get_content(ask: Ask) -> Answer:
    """GET …/contents/{path}: over 1 MB without content, a symbolic link to a file as that file, a directory as a list."""
    place, path = ask.repository, ask.path["path"].strip("/")
    where = ask.query.get("ref") or place.default_branch
    commit = place.commit_at(where)
    found = _entry(place, commit.tree, path)
    if found.mode == SYMLINK:
        found, path = _followed(place, commit.tree, path, found)
    if found.mode == DIRECTORY:
        prefix = f"{path}/" if path else ""
        rows = sorted(place.git.trees[found.sha].items())
        return Answer([shapes_code.content(place, prefix + name, entry, where) for name, entry in rows])
    shown = shapes_code.content(place, path, found, where)
    if found.mode == SUBMODULE:
        return Answer(shown | {"submodule_git_url": None})
    data = place.git.blobs[found.sha]
    if "raw" in ask.accept:
        return Answer(data, headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    if found.mode == SYMLINK:
        return Answer(shown | {"target": data.decode("utf-8", "replace")})
    large = len(data) > ONE_MEGABYTE
    return Answer(shown | {"content": "" if large else base64_lines(data), "encoding": "none" if large else "base64"})


def _entry(place: Repository, tree: str, path: str) -> Entry:
    entry = Entry(DIRECTORY, tree)
    for name in filter(None, path.split("/")):
        inner = place.git.trees.get(entry.sha, {}).get(name) if entry.mode == DIRECTORY else None
        if inner is None:
            raise not_found()
        entry = inner
    return entry


def _followed(place: Repository, tree: str, path: str, link: Entry) -> tuple[Entry, str]:
    """What a link leads to, if that is a file of the same repository; else the link itself."""
    steps = path.split("/")[:-1]
    for step in place.git.blobs[link.sha].decode("utf-8", "replace").split("/"):
        if step == "..":
            if not steps:
                return link, path
            steps.pop()
        elif step not in {"", "."}:
            steps.append(step)
    try:
        target = _entry(place, tree, "/".join(steps))
    except Refusal:
        return link, path
    return (link, path) if target.mode in {DIRECTORY, SYMLINK, SUBMODULE} else (target, "/".join(steps))


def put_content(ask: Ask) -> Answer:
    """PUT …/contents/{path}: one commit, if the blob is still the one of `sha`."""
    path = ask.path["path"]
    try:
        data = base64.b64decode(ask.needed("content"), validate=False)
    except binascii.Error as error:
        raise Refusal(422, "content is not valid Base64") from error
    sha, branch = ask.body.get("sha"), ask.body.get("branch")
    commit, new = ask.repository.put_file(path, data, by=ask.who, message=ask.needed("message"), sha=sha, branch=branch)
    entry = ask.repository.git.files(commit.tree)[path]
    where = branch or ask.repository.default_branch
    shown = {
        "content": shapes_code.content(ask.repository, path, entry, where),
        "commit": shapes_code.git_commit(ask.repository, commit),
    }
    return Answer(shown, 201 if new else 200)


def delete_content(ask: Ask) -> Answer:
    """DELETE …/contents/{path}."""
    given = ask.body or dict(ask.query)
    if not given.get("sha") or not given.get("message"):
        raise Refusal(422, 'Invalid request.\n\n"message", "sha" weren\'t supplied.')
    place = ask.repository
    commit = place.remove_file(
        ask.path["path"], by=ask.who, message=given["message"], sha=given["sha"], branch=given.get("branch")
    )
    return Answer({"content": None, "commit": shapes_code.git_commit(place, commit)})


def base64_lines(data: bytes) -> str:
    """Base64 as GitHub breaks it: lines of 60 characters, the last one ended too."""
    text = base64.b64encode(data).decode()
    return "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))


# Commits and branches.


def get_commit(ask: Ask) -> Answer:
    """GET …/commits/{ref}."""
    place = ask.repository
    one = _known(place, ask.path["ref"])
    before = place.git.commits[one.parents[0]].tree if one.parents else None
    return Answer(shapes_code.commit(place, one, files=place.changed_files(before, one.tree)))


def _known(place: Repository, ref: str) -> Commit:
    try:
        return place.commit_at(ref)
    except Refusal as refusal:
        if refusal.status == 404:
            raise Refusal(422, f"No commit found for SHA: {ref}") from refusal
        raise


def list_commits(ask: Ask) -> Answer:
    """GET …/commits, of a branch and of those that touch a path."""
    place, path = ask.repository, ask.query.get("path")
    found: Iterable[Commit] = place.git.history(place.commit_at(ask.query.get("sha")).sha)
    if path:
        found = [one for one in found if _touches(place, one, path)]
    return ask.page(list(found), lambda one: shapes_code.commit(place, one))


def _touches(place: Repository, one: Commit, path: str) -> bool:
    before = place.git.files(place.git.commits[one.parents[0]].tree) if one.parents else {}
    after = place.git.files(one.tree)
    return any(before.get(name) != after.get(name) for name in {*before, *after} if name == path or name.startswith(f"{path}/"))


def compare(ask: Ask) -> Answer:
    """GET …/compare/{base}...{head}."""
    place = ask.repository
    first, dots, second = ask.path["basehead"].partition("...")
    if not dots:
        raise not_found()
    base, head = place.commit_at(first), place.commit_at(second)
    common = place.git.merge_base(head.sha, base.sha)
    files = place.compare(base.sha, head.sha)
    ahead, behind = place.git.history(head.sha, without=base.sha), place.git.history(base.sha, without=head.sha)
    status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
    url = f"{shapes.repository_url(place)}/compare/{first}...{second}"
    page = f"{ask.world.html_url}/{place.full_name}/compare/{first}...{second}"
    shown: dict[str, Any] = {
        "url": url,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
    }
    shown |= {"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead)}
    shown["base_commit"] = shapes_code.commit(place, base)
    shown["merge_base_commit"] = shapes_code.commit(place, place.git.commits[common or base.sha])
    shown["commits"] = [shapes_code.commit(place, one) for one in reversed(ahead)]
    shown["files"] = [shapes_code.file_change(place, one, head.sha) for one in files[:300]]
    return Answer(shown)


def list_branches(ask: Ask) -> Answer:
    """GET …/branches."""
    return ask.page(sorted(ask.repository.branches), lambda name: shapes_code.branch(ask.repository, name))


def get_branch(ask: Ask) -> Answer:
    """GET …/branches/{branch}."""
    place, name = ask.repository, ask.path["branch"]
    commit = place.head(name)
    url = f"{shapes.repository_url(place)}/branches/{name}"
    shown = shapes_code.branch(place, name) | {"commit": shapes_code.commit(place, commit), "protection_url": f"{url}/protection"}
    shown["_links"] = {"self": url, "html": f"{ask.world.html_url}/{place.full_name}/tree/{name}"}
    shown["protection"] = {"enabled": name in place.protections}
    return Answer(shown)


_REPO = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", _REPO, get_repository, "metadata"),
    Route("GET", f"{_REPO}/collaborators/{{username}}/permission", get_permission, "metadata"),
    Route("PUT", f"{_REPO}/collaborators/{{username}}", put_collaborator, "administration"),
    Route("GET", f"{_REPO}/contents/{{path:path}}", get_content, "contents"),
    Route("PUT", f"{_REPO}/contents/{{path:path}}", put_content, "contents"),
    Route("DELETE", f"{_REPO}/contents/{{path:path}}", delete_content, "contents"),
    Route("GET", f"{_REPO}/commits", list_commits, "contents"),
    Route("GET", f"{_REPO}/commits/{{ref:path}}", get_commit, "contents"),
    Route("GET", f"{_REPO}/compare/{{basehead:path}}", compare, "contents"),
    Route("GET", f"{_REPO}/branches", list_branches, "contents"),
    Route("GET", f"{_REPO}/branches/{{branch:path}}", get_branch, "contents"),
)
