"""REST operations on the git database: references, trees, blobs and commits.

https://docs.github.com/rest/git
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from bot.sandbox import shapes, shapes_code
from bot.sandbox.git import DIRECTORY, SUBMODULE, Entry, Signature
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.rest import Answer, Ask, Route
from bot.sandbox.rest_code import base64_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.github import Repository


def get_ref(ask: Ask) -> Answer:
    """GET …/git/ref/{ref}."""
    place, name = ask.repository, ask.path["ref"]
    place.head()
    branch = name.removeprefix("heads/")
    if not name.startswith("heads/") or branch not in place.branches:
        raise not_found()
    return Answer(shapes_code.ref(place, name, place.branches[branch]))


def matching_refs(ask: Ask) -> Answer:
    """GET …/git/matching-refs/{ref}."""
    place = ask.repository
    names = [f"heads/{name}" for name in sorted(place.branches) if f"heads/{name}".startswith(ask.path["ref"])]
    return ask.page(names, lambda name: shapes_code.ref(place, name, place.branches[name.removeprefix("heads/")]))


def create_ref(ask: Ask) -> Answer:
    """POST …/git/refs (422 where the reference exists)."""
    place, name, sha = ask.repository, ask.needed("ref"), ask.needed("sha")
    if not name.startswith("refs/heads/"):
        raise Refusal(422, "Reference name must start with 'refs/heads/'")
    branch = name.removeprefix("refs/heads/")
    if branch in place.branches:
        raise Refusal(422, "Reference already exists")
    place.move(branch, sha, by=ask.who)
    return Answer(shapes_code.ref(place, f"heads/{branch}", sha), 201)


def update_ref(ask: Ask) -> Answer:
    """PATCH …/git/refs/{ref} (422 unless it is a fast forward or forced)."""
    place, branch = ask.repository, _branch(ask)
    place.move(branch, ask.needed("sha"), by=ask.who, force=ask.body.get("force") is True)
    return Answer(shapes_code.ref(place, f"heads/{branch}", place.branches[branch]))


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
    shown = [shapes_code.tree_entry(place, path, entry) for path, entry in rows[: ask.world.tree_limit]]
    url = f"{shapes.repository_url(place)}/git/trees/{sha}"
    return Answer({"sha": sha, "url": url, "tree": shown, "truncated": len(rows) > ask.world.tree_limit})


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
    shown = [shapes_code.tree_entry(place, path, entry) for path, entry in place.git.trees[sha].items()]
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
    return Answer(shown | {"content": base64_lines(data), "encoding": "base64"})


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
    return Answer(shapes_code.git_commit(ask.repository, found))


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
    return Answer(shapes_code.git_commit(place, commit), 201)


_REPO = "/repos/{owner}/{repo}"
ROUTES = (
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
