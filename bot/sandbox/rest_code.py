"""REST operations on a repository's code: the repository itself, contents, branches, and the git database.

https://docs.github.com/rest/repos · https://docs.github.com/rest/git
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from bot.sandbox import shapes
from bot.sandbox.git import DIRECTORY, SUBMODULE, SYMLINK, Entry, Signature
from bot.sandbox.model import Role
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.rest import Answer, Ask, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.git import Commit
    from bot.sandbox.github import Repository

ONE_MEGABYTE = 1_048_576
MAX_TREE = 100_000
"""A recursive tree with more entries is cut, and says so."""


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
        return Answer([shapes.content(place, prefix + name, entry, where) for name, entry in rows])
    shown = shapes.content(place, path, found, where)
    if found.mode == SUBMODULE:
        return Answer(shown | {"submodule_git_url": None})
    data = place.git.blobs[found.sha]
    if "raw" in ask.accept:
        return Answer(data, headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    if found.mode == SYMLINK:
        return Answer(shown | {"target": data.decode("utf-8", "replace")})
    large = len(data) > ONE_MEGABYTE
    return Answer(shown | {"content": "" if large else _base64(data), "encoding": "none" if large else "base64"})


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
    shown = {"content": shapes.content(ask.repository, path, entry, where), "commit": shapes.git_commit(ask.repository, commit)}
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
    return Answer({"content": None, "commit": shapes.git_commit(place, commit)})


def _base64(data: bytes) -> str:
    """Base64 as GitHub breaks it: lines of 60 characters, the last one ended too."""
    text = base64.b64encode(data).decode()
    return "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))


# Commits and branches.


def get_commit(ask: Ask) -> Answer:
    """GET …/commits/{ref}."""
    place = ask.repository
    one = _known(place, ask.path["ref"])
    before = place.git.commits[one.parents[0]].tree if one.parents else None
    return Answer(shapes.commit(place, one, files=place.changed_files(before, one.tree)))


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
    return ask.page(list(found), lambda one: shapes.commit(place, one))


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
    shown["base_commit"] = shapes.commit(place, base)
    shown["merge_base_commit"] = shapes.commit(place, place.git.commits[common or base.sha])
    shown["commits"] = [shapes.commit(place, one) for one in reversed(ahead)]
    shown["files"] = [shapes.file_change(place, one, head.sha) for one in files[:300]]
    return Answer(shown)


def list_branches(ask: Ask) -> Answer:
    """GET …/branches."""
    return ask.page(sorted(ask.repository.branches), lambda name: shapes.branch(ask.repository, name))


def get_branch(ask: Ask) -> Answer:
    """GET …/branches/{branch}."""
    place, name = ask.repository, ask.path["branch"]
    commit = place.head(name)
    url = f"{shapes.repository_url(place)}/branches/{name}"
    shown = shapes.branch(place, name) | {"commit": shapes.commit(place, commit), "protection_url": f"{url}/protection"}
    shown["_links"] = {"self": url, "html": f"{ask.world.html_url}/{place.full_name}/tree/{name}"}
    shown["protection"] = {"enabled": name in place.protections}
    return Answer(shown)


# The git database.


def get_ref(ask: Ask) -> Answer:
    """GET …/git/ref/{ref}."""
    place, name = ask.repository, ask.path["ref"]
    place.head()
    branch = name.removeprefix("heads/")
    if not name.startswith("heads/") or branch not in place.branches:
        raise not_found()
    return Answer(shapes.ref(place, name, place.branches[branch]))


def matching_refs(ask: Ask) -> Answer:
    """GET …/git/matching-refs/{ref}."""
    place = ask.repository
    names = [f"heads/{name}" for name in sorted(place.branches) if f"heads/{name}".startswith(ask.path["ref"])]
    return ask.page(names, lambda name: shapes.ref(place, name, place.branches[name.removeprefix("heads/")]))


def create_ref(ask: Ask) -> Answer:
    """POST …/git/refs (422 where the reference exists)."""
    place, name, sha = ask.repository, ask.needed("ref"), ask.needed("sha")
    if not name.startswith("refs/heads/"):
        raise Refusal(422, "Reference name must start with 'refs/heads/'")
    branch = name.removeprefix("refs/heads/")
    if branch in place.branches:
        raise Refusal(422, "Reference already exists")
    place.move(branch, sha, by=ask.who)
    return Answer(shapes.ref(place, f"heads/{branch}", sha), 201)


def update_ref(ask: Ask) -> Answer:
    """PATCH …/git/refs/{ref} (422 unless it is a fast forward or forced)."""
    place, branch = ask.repository, _branch(ask)
    place.move(branch, ask.needed("sha"), by=ask.who, force=ask.body.get("force") is True)
    return Answer(shapes.ref(place, f"heads/{branch}", place.branches[branch]))


def delete_ref(ask: Ask) -> Answer:
    """DELETE …/git/refs/{ref}."""
    ask.repository.delete_branch(_branch(ask), by=ask.who)
    return Answer(None, 204)


def _branch(ask: Ask) -> str:
    branch = ask.path["ref"].removeprefix("heads/")
    if branch not in ask.repository.branches:
        raise Refusal(422, "Reference does not exist")
    return branch


def get_tree(ask: Ask) -> Answer:
    """GET …/git/trees/{tree_sha}: a tree, a commit or a branch; with `recursive` every directory and file below."""
    place, asked = ask.repository, ask.path["ref"]
    place.head()
    try:
        sha = asked if asked in place.git.trees else place.commit_at(asked).tree
    except Refusal as refusal:
        raise not_found() from refusal
    rows = sorted(_walk(place, sha, "")) if ask.query.get("recursive") else list(place.git.trees[sha].items())
    shown = [shapes.tree_entry(place, path, entry) for path, entry in rows[:MAX_TREE]]
    url = f"{shapes.repository_url(place)}/git/trees/{sha}"
    return Answer({"sha": sha, "url": url, "tree": shown, "truncated": len(rows) > MAX_TREE})


def _walk(place: Repository, tree: str, prefix: str) -> Iterable[tuple[str, Entry]]:
    for name, entry in place.git.trees[tree].items():
        yield prefix + name, entry
        if entry.mode == DIRECTORY:
            yield from _walk(place, entry.sha, f"{prefix}{name}/")


def create_tree(ask: Ask) -> Answer:
    """POST …/git/trees: entries on top of `base_tree`; a null `sha` removes one."""
    place = ask.repository
    base = ask.body.get("base_tree")
    if base is not None and base not in place.git.trees:
        if base not in place.git.commits:
            raise not_found()
        base = place.git.commits[base].tree
    files = dict(place.git.files(base)) if base else {}
    for row in ask.needed("tree", list):
        _change_entry(place, files, row)
    sha = place.git.write_tree(files)
    shown = [shapes.tree_entry(place, path, entry) for path, entry in place.git.trees[sha].items()]
    return Answer({"sha": sha, "url": f"{shapes.repository_url(place)}/git/trees/{sha}", "tree": shown, "truncated": False}, 201)


def _change_entry(place: Repository, files: dict[str, Entry], row: dict[str, Any]) -> None:
    path, mode, content, sha = row["path"], row.get("mode", "100644"), row.get("content"), row.get("sha")
    if content is not None:
        sha = place.git.write_blob(content.encode())
    elif sha is None:
        if files.pop(path, None) is None:
            raise Refusal(422, "GitRPC::BadObjectState")
        return
    elif sha not in place.git.blobs and mode != SUBMODULE:
        raise Refusal(422, f"tree.sha {sha} is not a valid blob")
    files[path] = Entry(mode, sha)


def get_blob(ask: Ask) -> Answer:
    """GET …/git/blobs/{file_sha}: base64, or the bytes where raw is asked for."""
    place, sha = ask.repository, ask.path["sha"]
    data = place.git.blobs.get(sha)
    if data is None:
        raise not_found()
    if "raw" in ask.accept:
        return Answer(data, headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    shown = {"sha": sha, "node_id": shapes.node("B", int(sha[:8], 16)), "size": len(data), "url": _blob_url(place, sha)}
    return Answer(shown | {"content": _base64(data), "encoding": "base64"})


def create_blob(ask: Ask) -> Answer:
    """POST …/git/blobs."""
    text = ask.needed("content")
    data = base64.b64decode(text) if ask.body.get("encoding") == "base64" else text.encode()
    sha = ask.repository.git.write_blob(data)
    return Answer({"sha": sha, "url": _blob_url(ask.repository, sha)}, 201)


def _blob_url(place: Repository, sha: str) -> str:
    return f"{shapes.repository_url(place)}/git/blobs/{sha}"


def get_git_commit(ask: Ask) -> Answer:
    """GET …/git/commits/{commit_sha}."""
    found = ask.repository.git.commits.get(ask.path["sha"])
    if found is None:
        raise not_found()
    return Answer(shapes.git_commit(ask.repository, found))


def create_git_commit(ask: Ask) -> Answer:
    """POST …/git/commits (422 for a tree or parent that does not exist)."""
    place, tree, parents = ask.repository, ask.needed("tree"), tuple(ask.body.get("parents", ()))
    if tree not in place.git.trees:
        raise Refusal(422, "Tree SHA does not exist")
    if any(parent not in place.git.commits for parent in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    user = ask.world.user(ask.who)
    named = ask.body.get("author") or {}
    author = Signature(named.get("name", user.login), named.get("email", user.email), None if named else user.login)
    at = int(ask.world.clock())
    commit = place.git.write_commit(tree, parents, ask.needed("message"), author=author, committer=author, at=at)
    return Answer(shapes.git_commit(place, commit), 201)


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
    Route("GET", f"{_REPO}/git/ref/{{ref:path}}", get_ref, "contents"),
    Route("GET", f"{_REPO}/git/matching-refs/{{ref:path}}", matching_refs, "contents"),
    Route("POST", f"{_REPO}/git/refs", create_ref, "contents"),
    Route("PATCH", f"{_REPO}/git/refs/{{ref:path}}", update_ref, "contents"),
    Route("DELETE", f"{_REPO}/git/refs/{{ref:path}}", delete_ref, "contents"),
    Route("POST", f"{_REPO}/git/trees", create_tree, "contents"),
    Route("GET", f"{_REPO}/git/trees/{{ref:path}}", get_tree, "contents"),
    Route("POST", f"{_REPO}/git/blobs", create_blob, "contents"),
    Route("GET", f"{_REPO}/git/blobs/{{sha}}", get_blob, "contents"),
    Route("POST", f"{_REPO}/git/commits", create_git_commit, "contents"),
    Route("GET", f"{_REPO}/git/commits/{{sha}}", get_git_commit, "contents"),
)
