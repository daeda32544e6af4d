"""Every request that Gapkeeper makes of GitHub in the name of an installation, each named for what it means.

All methods raise the leaves of `bot.core.errors.GitHubError` and nothing else for what GitHub or the network does. Names and
paths are percent-encoded segment by segment; what could not be one (`..`, an empty segment) is Refused before anything is sent.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.core.errors import NotFound, Refused, Stale
from bot.github.model import CheckRun, Comment, Commit, File, Pull, PullHead, RepositoryFacts, Tree, TreeEntry
from bot.github.translate import (
    Unreadable,
    assignees_of,
    blob_of,
    check_run_of,
    check_runs_of,
    comment_of,
    comments_of,
    commit_of,
    content_kind,
    content_of,
    head_of,
    head_sha_of,
    id_of,
    issue_of,
    issues_of,
    label_of,
    labels_of,
    membership_of,
    milestones_of,
    permission_of,
    pull_files_of,
    pull_head_of,
    pull_of,
    pulls_of,
    repository_of,
    tree_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.checks import Annotation, Part
    from bot.core.issue import Issue, StateReason
    from bot.core.names import BlobSha, CommentId, CommitSha, DocumentPath, IssueNumber, RepositoryId, RepositoryName
    from bot.core.triage import Label
    from bot.github.wire import Line

__all__ = [
    "LEVELS",
    "OPTIONAL_PERMISSIONS",
    "PERMISSIONS",
    "File",
    "Gateway",
    "ReadGateway",
    "RepositoryFacts",
    "Tree",
    "TreeEntry",
    "needed",
    "repository_path",
]

EVER = "1970-01-01T00:00:00Z"
"""Before anything was written."""

PERMISSIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "repository": {"metadata": "read"},
        "repository_named": {"metadata": "read"},
        "head": {"contents": "read"},
        "tree": {"contents": "read"},
        "file": {"contents": "read"},
        "blob": {"contents": "read"},
        "issue": {"issues": "read"},
        "issues": {"issues": "read"},
        "issues_since": {"issues": "read"},
        "read_comment": {"issues": "read"},
        "comments": {"issues": "read"},
        "milestones": {"issues": "read"},
        "has_label": {"issues": "read"},
        "create_issue": {"issues": "write"},
        "update_issue": {"issues": "write"},
        "create_label": {"issues": "write"},
        "labels": {"issues": "read"},
        "rename_label": {"issues": "write"},
        "add_labels": {"issues": "write"},
        "comment": {"issues": "write"},
        "react": {"issues": "write"},
        "assign": {"issues": "write"},
        "unassign": {"issues": "write"},
        "permission": {"metadata": "read"},
        "write_file": {"contents": "write"},
        "move_branch": {"contents": "write"},
        "open_pull": {"pull_requests": "read"},
        "create_pull": {"pull_requests": "write"},
        "update_pull": {"pull_requests": "write"},
        "close_pull": {"pull_requests": "write"},
        "pull_head": {"pull_requests": "read"},
        "pull_files": {"pull_requests": "read"},
        "check_runs": {"checks": "read"},
        "create_check": {"checks": "write"},
        "update_check": {"checks": "write"},
    }
)
"""The App permissions that each method needs; the manifest asks for these and no others."""

OPTIONAL_PERMISSIONS: Mapping[str, Mapping[str, str]] = MappingProxyType({"is_member": {"members": "read"}})
"""What an operator may give besides, of an organization: without it `commands.allow.teams` lets nobody in."""

LEVELS = ("read", "write")


def needed() -> dict[str, str]:
    """Returns what the App must be allowed, the highest level of each: app.yml says the same."""
    found: dict[str, str] = {}
    for permissions in PERMISSIONS.values():
        for name, level in permissions.items():
            found[name] = max(found.get(name, level), level, key=LEVELS.index)
    return found


_ALREADY_EXISTS = "already_exists"
_STALE = re.compile(r"does not match|is at [0-9a-f]+ but expected|sha wasn't supplied", re.IGNORECASE)
"""How GitHub says that a file is not the one we read; rulesets answer with the same status and other words (#39, #40)."""


class ReadGateway:
    """What a dry run gets: it can look at everything and change nothing."""

    def __init__(self, line: Line) -> None:
        """Read through the line of one installation."""
        self._line = line

    async def repository(self, repository: RepositoryId) -> RepositoryFacts:
        """Returns the repository with this id, whatever it is called now.

        `GET /repositories/{id}` answers as https://docs.github.com/en/rest/repos/repos#get-a-repository does; it follows renames.
        """
        return await self._line.get(f"/repositories/{repository}", repository_of)

    async def repository_named(self, name: RepositoryName) -> RepositoryFacts:
        """Returns the repository; Moved where it was renamed. https://docs.github.com/en/rest/repos/repos#get-a-repository."""
        return await self._line.get(repository_path(name), repository_of)

    async def head(self, name: RepositoryName, branch: str) -> CommitSha:
        """Returns the commit a branch points to; NotFound without that branch, Refused (409) in an empty repository.

        https://docs.github.com/en/rest/git/refs#get-a-reference
        """
        path = f"{repository_path(name)}/git/ref/heads/{_encoded(branch)}"
        return await self._line.get(path, lambda answer: head_of(answer, branch))

    async def tree(self, name: RepositoryName, commit: CommitSha) -> Tree:
        """Returns all files of a commit, unless `truncated`. https://docs.github.com/en/rest/git/trees#get-a-tree."""
        return await self._line.get(f"{repository_path(name)}/git/trees/{_encoded(commit)}", tree_of, params={"recursive": "1"})

    async def file(self, name: RepositoryName, path: DocumentPath, ref: str) -> File:
        """Returns a file at a commit or at the head of a branch; a directory, symbolic link or submodule is Refused.

        GitHub follows a symbolic link to a file and answers with the target: only the mode in the tree tells. Compare `sha`.
        https://docs.github.com/en/rest/repos/contents#get-repository-content
        """
        content = await self._line.get(f"{repository_path(name)}/contents/{_encoded(path)}", _file_or_blob, params={"ref": ref})
        match content:
            case File():
                return content
            case _Other(kind):
                raise Refused(f"{path!r} is no file but a {kind}")
            case sha:
                return File(sha, await self.blob(name, sha))

    async def blob(self, name: RepositoryName, sha: BlobSha) -> bytes:
        """Returns the bytes of a blob, up to 100 MB. https://docs.github.com/en/rest/git/blobs#get-a-blob."""
        return await self._line.get(f"{repository_path(name)}/git/blobs/{_encoded(sha)}", blob_of)

    async def issue(self, name: RepositoryName, number: IssueNumber) -> Issue:
        """Returns an issue; Gone where it was deleted, Moved where transferred, NotFound where the number is a pull request's.

        https://docs.github.com/en/rest/issues/issues#get-an-issue
        """
        issue = await self._line.get(f"{repository_path(name)}/issues/{number}", issue_of)
        if issue is None:
            raise NotFound(f"#{number} is a pull request")
        return issue

    async def permission(self, name: RepositoryName, login: str) -> str:
        """Returns what someone may do: `admin`, `maintain`, `write`, `triage`, `read` or `none`, which is also for who is not known.

        GitHub answers `write` for maintainers and `read` for triagers, and tells them apart by the name of their role.
        https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
        """
        path = f"{repository_path(name)}/collaborators/{_encoded_segment(login)}/permission"
        try:
            return await self._line.get(path, permission_of)
        except NotFound:
            return "none"

    async def labels(self, name: RepositoryName) -> Mapping[int, str]:
        """Returns the names of all labels by their ids. https://docs.github.com/en/rest/issues/labels#list-labels-for-a-repository."""
        return dict(await self._line.pages(f"{repository_path(name)}/labels", labels_of, params={"per_page": "100"}))

    async def milestones(self, name: RepositoryName) -> Mapping[int, str]:
        """Returns the titles of the open milestones by their numbers.

        https://docs.github.com/en/rest/issues/milestones#list-milestones
        """
        params = {"state": "open", "per_page": "100"}
        return dict(await self._line.pages(f"{repository_path(name)}/milestones", milestones_of, params=params))

    async def is_member(self, organization: str, team: str, login: str) -> bool:
        """Tells whether someone is in a team of an organization; Refused without the permission to see it.

        https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
        """
        segments = (_encoded_segment(part) for part in (organization, team, login))
        path = "/orgs/{}/teams/{}/memberships/{}".format(*segments)
        try:
            return await self._line.get(path, membership_of)
        except NotFound:
            return False

    async def has_label(self, name: RepositoryName, label: str) -> bool:
        """Tells whether the repository has a label. https://docs.github.com/en/rest/issues/labels#get-a-label."""
        try:
            await self._line.get(f"{repository_path(name)}/labels/{_encoded_segment(label)}", label_of)
        except NotFound:
            return False
        return True

    async def open_pull(self, name: RepositoryName, branch: str) -> Pull | None:
        """Returns the open pull request from a branch of the repository itself.

        https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
        """
        params = {"state": "open", "head": f"{name.split('/')[0]}:{branch}"}
        found = await self._line.get(f"{repository_path(name)}/pulls", pulls_of, params=params)
        return found[0] if found else None

    async def pull_head(self, name: RepositoryName, number: IssueNumber) -> PullHead:
        """Returns what a pull request shows now. https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request."""
        return await self._line.get(f"{repository_path(name)}/pulls/{number}", pull_head_of)

    async def pull_files(self, name: RepositoryName, number: IssueNumber) -> tuple[DocumentPath, ...]:
        """Returns the paths that a pull request touches, of its first 3000 files.

        https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
        """
        return await self._line.pages(f"{repository_path(name)}/pulls/{number}/files", pull_files_of, params={"per_page": "100"})

    async def check_runs(self, name: RepositoryName, commit: CommitSha, check: str) -> tuple[CheckRun, ...]:
        """Returns all check runs of a name on a commit, those that newer ones replace too.

        https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference
        """
        params = {"check_name": check, "filter": "all", "per_page": "100"}
        return await self._line.pages(
            f"{repository_path(name)}/commits/{_encoded(commit)}/check-runs", check_runs_of, params=params
        )

    async def read_comment(self, name: RepositoryName, comment: CommentId) -> Comment:
        """Returns a comment; NotFound once it was deleted.

        https://docs.github.com/en/rest/issues/comments#get-an-issue-comment
        """
        return await self._line.get(f"{repository_path(name)}/issues/comments/{comment}", comment_of)

    async def comments(self, name: RepositoryName, number: IssueNumber, *, since: str = EVER) -> tuple[Comment, ...]:
        """Returns the comments of an issue or pull request that were written or edited since then, all of them or an error.

        https://docs.github.com/en/rest/issues/comments#list-issue-comments
        """
        params = {"since": since, "per_page": "100"}
        return await self._line.pages(f"{repository_path(name)}/issues/{number}/comments", comments_of, params=params)

    async def issues(self, name: RepositoryName, *, label: str) -> tuple[Issue, ...]:
        """Returns every issue with a label, open or closed, each once, by number; all of them or an error.

        Oldest first, so that an issue opened meanwhile cannot push another over the edge of a page unseen.
        https://docs.github.com/en/rest/issues/issues#list-repository-issues
        """
        params = {"state": "all", "labels": label, "sort": "created", "direction": "asc", "per_page": "100"}
        return await self._issues(name, params)

    async def issues_since(self, name: RepositoryName, since: float) -> tuple[Issue, ...]:
        """Returns every issue that changed in any way since then (seconds since 1970), with whatever labels; by number, or an error.

        https://docs.github.com/en/rest/issues/issues#list-repository-issues
        """
        moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"state": "all", "since": moment, "sort": "created", "direction": "asc", "per_page": "100"}
        return await self._issues(name, params)

    async def _issues(self, name: RepositoryName, params: Mapping[str, str]) -> tuple[Issue, ...]:
        found = await self._line.pages(f"{repository_path(name)}/issues", issues_of, params=params)
        latest = {issue.number: issue for issue in found}
        return tuple(latest[number] for number in sorted(latest))


class Gateway(ReadGateway):
    """What the performer gets. A write is sent once: after Unavailable it is unknown whether it took effect."""

    async def create_issue(
        self,
        name: RepositoryName,
        *,
        title: str,
        body: str,
        labels: Sequence[str],
        assignees: Sequence[str] = (),
        milestone: int | None = None,
    ) -> Issue:
        """Returns the new issue; Refused (422), and nothing made, where a login or the milestone is none that it may have.

        https://docs.github.com/en/rest/issues/issues#create-an-issue
        """
        more = {"assignees": list(assignees) or None, "milestone": milestone}
        content = {"title": title, "body": body, "labels": list(labels)} | {k: v for k, v in more.items() if v is not None}
        return await self._line.write("POST", f"{repository_path(name)}/issues", _an_issue, json=content)

    async def update_issue(
        self,
        name: RepositoryName,
        number: IssueNumber,
        *,
        title: str | None = None,
        body: str | None = None,
        open: bool | None = None,  # noqa: A002  # the contract's word; `state` would be GitHub's string
        reason: StateReason | None = None,
        labels: Sequence[str] | None = None,
    ) -> Issue:
        """Returns the issue after one request that changes what is given and nothing else; `labels` replaces all labels.

        https://docs.github.com/en/rest/issues/issues#update-an-issue
        """
        change = {
            "title": title,
            "body": body,
            "state": None if open is None else ("open" if open else "closed"),
            "state_reason": None if reason is None else reason.value,
            "labels": None if labels is None else list(labels),
        }
        given = {key: value for key, value in change.items() if value is not None}
        return await self._line.write("PATCH", f"{repository_path(name)}/issues/{number}", _an_issue, json=given)

    async def comment(self, name: RepositoryName, number: IssueNumber, body: str) -> None:
        """Write a comment. https://docs.github.com/en/rest/issues/comments#create-an-issue-comment."""
        await self._line.write("POST", f"{repository_path(name)}/issues/{number}/comments", id_of, json={"body": body})

    async def react(self, name: RepositoryName, comment: CommentId, content: str) -> None:
        """React to a comment: `eyes`, `+1`, `-1`, …; doing so again changes nothing.

        https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment
        """
        path = f"{repository_path(name)}/issues/comments/{comment}/reactions"
        await self._line.write("POST", path, id_of, json={"content": content})

    async def assign(self, name: RepositoryName, number: IssueNumber, logins: Sequence[str]) -> frozenset[str]:
        """Returns who is assigned, in lower case, once these were added; GitHub leaves out who cannot be, without a word.

        https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue
        """
        path = f"{repository_path(name)}/issues/{number}/assignees"
        return await self._line.write("POST", path, assignees_of, json={"assignees": list(logins)})

    async def unassign(self, name: RepositoryName, number: IssueNumber, logins: Sequence[str]) -> frozenset[str]:
        """Returns who is assigned, in lower case, once these were taken off.

        https://docs.github.com/en/rest/issues/assignees#remove-assignees-from-an-issue
        """
        path = f"{repository_path(name)}/issues/{number}/assignees"
        return await self._line.write("DELETE", path, assignees_of, json={"assignees": list(logins)})

    async def write_file(
        self, name: RepositoryName, path: DocumentPath, *, branch: str, data: bytes, blob: BlobSha, message: str
    ) -> Commit:
        """Returns the commit that replaces a file, on condition that it still is the `blob`; Stale where it is not.

        https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents
        """
        content = {"message": message, "content": base64.b64encode(data).decode(), "sha": blob, "branch": branch}
        try:
            return await self._line.write("PUT", f"{repository_path(name)}/contents/{_encoded(path)}", commit_of, json=content)
        except Refused as refused:
            if refused.status in {409, 422} and _STALE.search(refused.message):
                raise Stale(f"{path} was changed meanwhile") from refused
            raise

    async def move_branch(self, name: RepositoryName, branch: str, commit: CommitSha) -> None:
        """Make a branch of our own point to a commit, wherever it pointed before. Never called for a branch of people.

        https://docs.github.com/en/rest/git/refs
        """
        path = f"{repository_path(name)}/git/refs"
        try:
            await self._line.write("POST", path, head_sha_of, json={"ref": f"refs/heads/{branch}", "sha": commit})
        except Refused as refused:
            if refused.status != 422:
                raise
            await self._line.write("PATCH", f"{path}/heads/{_encoded(branch)}", head_sha_of, json={"sha": commit, "force": True})

    async def create_pull(self, name: RepositoryName, *, title: str, body: str, branch: str, base: str) -> Pull:
        """Returns the new pull request. https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request."""
        content = {"title": title, "body": body, "head": branch, "base": base}
        return await self._line.write("POST", f"{repository_path(name)}/pulls", pull_of, json=content)

    async def update_pull(self, name: RepositoryName, number: IssueNumber, *, title: str, body: str) -> Pull:
        """Returns the pull request after the change. https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request."""
        return await self._line.write(
            "PATCH", f"{repository_path(name)}/pulls/{number}", pull_of, json={"title": title, "body": body}
        )

    async def close_pull(self, name: RepositoryName, number: IssueNumber) -> Pull:
        """Returns the pull request, closed. https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request."""
        return await self._line.write("PATCH", f"{repository_path(name)}/pulls/{number}", pull_of, json={"state": "closed"})

    async def create_check(self, name: RepositoryName, commit: CommitSha, check: str, external: str, part: Part) -> CheckRun:
        """Returns the new check run, with the first part of what it says.

        https://docs.github.com/en/rest/checks/runs#create-a-check-run
        """
        content = {"name": check, "head_sha": commit, "external_id": external, **_check_json(part)}
        return await self._line.write("POST", f"{repository_path(name)}/check-runs", check_run_of, json=content)

    async def update_check(self, name: RepositoryName, run: int, part: Part) -> CheckRun:
        """Returns the check run after one more part: its annotations are added to those that it has.

        https://docs.github.com/en/rest/checks/runs#update-a-check-run
        """
        return await self._line.write("PATCH", f"{repository_path(name)}/check-runs/{run}", check_run_of, json=_check_json(part))

    async def rename_label(self, name: RepositoryName, old: str, new: str) -> None:
        """Give a label another name; its issues follow. https://docs.github.com/en/rest/issues/labels#update-a-label."""
        path = f"{repository_path(name)}/labels/{_encoded_segment(old)}"
        await self._line.write("PATCH", path, label_of, json={"new_name": new})

    async def add_labels(self, name: RepositoryName, number: IssueNumber, labels: Sequence[str]) -> None:
        """Put labels on an issue, beside those it has. https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue."""
        path = f"{repository_path(name)}/issues/{number}/labels"
        await self._line.write("POST", path, labels_of, json={"labels": list(labels)})

    async def create_label(self, name: RepositoryName, label: Label) -> int | None:
        """Make sure that a label exists; one of this name that is there already stays as it is. Returns its id if that was told.

        https://docs.github.com/en/rest/issues/labels#create-a-label
        """
        path = f"{repository_path(name)}/labels"
        content = {"name": label.name, "color": label.color, "description": label.description}
        try:
            return await self._line.write("POST", path, label_of, json=content)
        except Refused as refused:
            if refused.status != 422 or (refused.codes and _ALREADY_EXISTS not in refused.codes):
                raise
            if refused.codes:
                return None
            return await self._line.get(f"{path}/{_encoded_segment(label.name)}", label_of)  # a server that does not say why


@dataclass(frozen=True, slots=True)
class _Other:
    """Something at a path that is no file."""

    kind: str


def _check_json(part: Part) -> dict[str, object]:
    output = {"title": part.title, "summary": part.summary, "annotations": [_annotation_json(one) for one in part.annotations]}
    if part.conclusion is None:
        return {"status": "in_progress", "output": output}
    return {"status": "completed", "conclusion": part.conclusion.value, "output": output}


def _annotation_json(one: Annotation) -> dict[str, object]:
    """Returns an annotation; GitHub takes columns only where it begins and ends on one line."""
    columns = {} if one.columns is None else {"start_column": one.columns[0], "end_column": one.columns[1]}
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        **columns,
        "annotation_level": one.level.value,
        "title": one.title,
        "message": one.message,
    }


def _file_or_blob(answer: object) -> File | BlobSha | _Other:
    kind = content_kind(answer)
    return content_of(answer) if kind == "file" else _Other(kind)


def _an_issue(answer: object) -> Issue:
    issue = issue_of(answer)
    if issue is None:
        raise Unreadable("a pull request in place of an issue")
    return issue


def repository_path(name: RepositoryName) -> str:
    """Returns the path of a repository in the API; Refused where the name is not `owner/name`."""
    if name.count("/") != 1:
        raise Refused(f"{name!r} is no repository's name")
    return f"/repos/{_encoded(name)}"


def _encoded(path: str) -> str:
    """Returns a path of several segments for a URL."""
    return "/".join(_encoded_segment(segment) for segment in path.split("/"))


def _encoded_segment(segment: str) -> str:
    """Returns one segment for a URL, `/` included; Refused for what would not name itself there."""
    try:
        encoded = quote(segment, safe="")
    except UnicodeEncodeError:
        encoded = ""
    if encoded in {"", ".", ".."}:
        raise Refused(f"{segment!r} cannot be a part of a path")
    return encoded
