"""Pull requests and check runs: what a change proposed from a branch looks like, and what an App says about a commit."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox import limits
from bot.sandbox.code import WEB_FLOW
from bot.sandbox.model import CheckRun, Issue, Pull, Role, User
from bot.sandbox.refusal import Refusal, forbidden, invalid, not_found
from bot.sandbox.talk import Talk

if TYPE_CHECKING:
    from bot.sandbox.git import Entry
    from bot.sandbox.github import Repository
    from bot.sandbox.world import World

MAX_ANNOTATIONS = 50
STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = ("success", "failure", "neutral", "cancelled", "timed_out", "action_required", "skipped", "stale")


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a pull request or comparison."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str


class Pulls(Talk):
    """Pull requests share their numbers with the issues, and are issues."""

    def __init__(
        self, world: World, owner: User, name: str, *, private: bool = False, default_branch: str = "main", fork: bool = False
    ) -> None:
        """Start with neither pull requests nor check runs."""
        super().__init__(world, owner, name, private=private, default_branch=default_branch, fork=fork)
        self.checks: dict[int, CheckRun] = {}

    def pull(self, number: int) -> Issue:
        """Returns a pull request (Refusal 404, also for an issue)."""
        found = self.issue(number)
        if found.pull is None:
            raise not_found()
        return found

    def open_pull_from(self, fork: Repository, *, by: str | User, title: str, head: str) -> Issue:
        """Returns the new pull request from a branch of a fork, whose objects can be read here from now on; its head stays as it is."""
        user, sha = self.demand(by, Role.READ), fork.branches[head]
        self.git.blobs |= fork.git.blobs
        self.git.trees |= fork.git.trees
        self.git.commits |= fork.git.commits
        issue = self.file_issue(user, limits.title(title), None)
        issue.pull = Pull(head, self.default_branch, sha, self.branches[self.default_branch], fork=fork)
        self.tell("pull_request", "opened", user, issue=issue)
        return issue

    def open_pull(
        self, *, by: str | User, title: str, head: str, base: str | None = None, body: str | None = None, draft: bool = False
    ) -> Issue:
        """Returns the new pull request (Refusal 422 without branches or commits between them, or where one is open already)."""
        user = self.demand(by, Role.READ)
        source, target = head.removeprefix(f"{self.owner.login}:"), base or self.default_branch
        for field, branch in (("head", source), ("base", target)):
            if branch not in self.branches:
                raise invalid("PullRequest", field, "invalid")
        if any((one.pull.head, one.pull.base) == (source, target) for one in self.issues.values() if one.pull and one.open):
            raise invalid("PullRequest", "base", "custom", f"A pull request already exists for {self.owner.login}:{source}.")
        if self.git.reaches(self.branches[target], self.branches[source]):
            raise invalid("PullRequest", "head", "custom", f"No commits between {target} and {source}")
        limits.check_body(body)
        issue = self.file_issue(user, limits.title(title), body)
        issue.pull = Pull(source, target, self.branches[source], self.branches[target], draft)
        self.tell("pull_request", "opened", user, issue=issue)
        return issue

    def after_move(self, branch: str, user: User, before: str | None) -> None:
        """Tell of every open pull request whose head was pushed to."""
        for issue in list(self.issues.values()):
            if issue.pull is not None and issue.open and issue.pull.fork is None and issue.pull.head == branch:
                issue.pull.head_sha = self.branches[branch]
                issue.updated_at = self.world.clock()
                self.tell("pull_request", "synchronize", user, issue=issue, before=before, after=self.branches[branch])

    def demand_reopenable(self, issue: Issue) -> None:
        """Refuse what was merged, and what has lost its branch."""
        pull = issue.pull
        if pull is None or issue.open:
            return
        if pull.merged_at is not None:
            raise invalid("PullRequest", "state", "invalid", "state cannot be changed. The pull request was merged.")
        if not {pull.head, pull.base} <= self.branches.keys():
            raise invalid("PullRequest", "state", "invalid", f"state cannot be changed. The {pull.head} branch has been deleted.")

    def after_delete(self, branch: str, user: User) -> None:
        """Close every open pull request from or into a branch that is gone."""
        for issue in list(self.issues.values()):
            if (
                issue.pull is not None
                and issue.open
                and branch in {issue.pull.base, *([] if issue.pull.fork else [issue.pull.head])}
            ):
                self.edit_state(issue, user, opens=False)

    def merge_pull(self, number: int, *, by: str | User) -> str:
        """Merge a pull request with a merge commit and return its SHA (Refusal 405 where it is not open or conflicts)."""
        user = self.demand(by, Role.WRITE)
        issue = self.pull(number)
        pull = issue.pull
        if pull is None or not issue.open:
            raise Refusal(405, "Pull Request is not mergeable")
        head, base = self.branches[pull.head], self.branches[pull.base]
        message = f"Merge pull request #{number} from {self.owner.login}/{pull.head}\n\n{issue.title}"
        merge = self.write_commit(self._merged_tree(head, base), (base, head), message, by=user, committer=WEB_FLOW)
        rule = self.protections.pop(pull.base, None)
        try:
            self.move(pull.base, merge.sha, by=user)
        finally:
            if rule is not None:
                self.protections[pull.base] = rule
        pull.merged_at, pull.merged_by, pull.merge_commit, pull.head_sha = self.world.clock(), user, merge.sha, head
        self.edit_state(issue, user, opens=False)
        return merge.sha

    def _merged_tree(self, head: str, base: str) -> str:
        """The tree of both sides' changes; a file changed by both, differently, is a conflict."""
        common = self.git.merge_base(head, base)
        old = self._files(common)
        ours, theirs = self._files(base), self._files(head)
        merged: dict[str, Entry] = {}
        for path in {**old, **ours, **theirs}:
            mine, yours, was = ours.get(path), theirs.get(path), old.get(path)
            if mine not in (was, yours) and yours not in (was, mine):
                raise Refusal(405, "Pull Request is not mergeable")
            kept = yours if mine == was else mine
            if kept is not None:
                merged[path] = kept
        return self.git.write_tree(merged)

    def _files(self, sha: str | None) -> dict[str, Entry]:
        return dict(self.git.files(self.git.commits[sha].tree)) if sha else {}

    def pull_files(self, number: int) -> list[FileChange]:
        """Returns what a pull request changes since it left its base."""
        pull = self.pull(number).pull
        if pull is None:
            raise not_found()
        base = pull.base_sha if pull.merged_at else self.branches.get(pull.base, pull.base_sha)
        # Histories that a rewrite has parted have no common commit: then all of it is compared.
        common = self.git.merge_base(pull.head_sha, base) or base
        return self.changed_files(self.git.commits[common].tree, self.git.commits[pull.head_sha].tree)

    def compare(self, base: str, head: str) -> list[FileChange]:
        """Returns the changes from the common ancestor of two commits to the second."""
        common = self.git.merge_base(head, base)
        if common is None:
            raise Refusal(404, "No common ancestor between the two commits")
        return self.changed_files(self.git.commits[common].tree, self.git.commits[head].tree)

    def changed_files(self, before: str | None, after: str) -> list[FileChange]:
        """Returns the files in which two trees differ, with their patches."""
        changes = self.git.changes(before, after)
        old, new = (self.git.files(before) if before else {}), self.git.files(after)
        rows = [(path, "added") for path in changes.added] + [(path, "modified") for path in changes.modified]
        rows += [(path, "removed") for path in changes.removed]
        return [self._file_change(path, status, old.get(path), new.get(path)) for path, status in sorted(rows)]

    def _file_change(self, path: str, status: str, old: Entry | None, new: Entry | None) -> FileChange:
        before, after = (
            (self.git.blobs.get(entry.sha, b"") if entry else b"").decode("utf-8", "replace") for entry in (old, new)
        )
        lines = list(difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=3))[2:]
        added, removed = (sum(line.startswith(mark) for line in lines) for mark in "+-")
        entry = new or old
        return FileChange(path, status, entry.sha if entry else "", added, removed, "\n".join(lines))

    # Check runs.

    def create_check(self, *, by: str | User, name: str, head_sha: str, **given: Any) -> CheckRun:
        """Returns the new check run (Refusal 403 for people, 422 for a commit that does not exist)."""
        user = self.demand(by, Role.WRITE)
        app = self.world.app_of(user)
        if app is None:
            raise forbidden("You must authenticate via a GitHub App.")
        if head_sha not in self.git.commits:
            raise Refusal(422, f"No commit found for SHA: {head_sha}")
        check = CheckRun(self.world.next_id(), name, head_sha, app, self.world.clock())
        self._change_check(check, given)
        self.checks[check.id] = check
        self.tell("check_run", "created", user, check=check)
        if check.status == "completed":
            self.tell("check_run", "completed", user, check=check)
        return check

    def update_check(self, number: int, *, by: str | User, **given: Any) -> CheckRun:
        """Change a check run of one's own; its annotations are added to those it has."""
        user = self.demand(by, Role.WRITE)
        check = self.checks.get(number)
        if check is None:
            raise not_found()
        if self.world.app_of(user) is not check.app:
            raise forbidden("Invalid app_id `{}` - check run can only be modified by the GitHub App that created it.")
        was = check.status
        self._change_check(check, given)
        if check.status == "completed" != was:
            self.tell("check_run", "completed", user, check=check)
        return check

    def ask_check_again(self, number: int, *, by: str | User) -> None:
        """Ask the App for a check run once more; nothing else happens by itself.

        https://docs.github.com/rest/checks/runs#rerequest-a-check-run
        """
        user = self.demand(by, Role.WRITE)
        check = self.checks.get(number)
        if check is None:
            raise not_found()
        self.tell("check_run", "rerequested", user, check=check)

    def _change_check(self, check: CheckRun, given: dict[str, Any]) -> None:
        output = dict(given.get("output") or {})
        annotations = output.pop("annotations", [])
        conclusion = given.get("conclusion")
        status = "completed" if conclusion else given.get("status", check.status)
        if status not in STATUSES or (conclusion is not None and conclusion not in CONCLUSIONS):
            raise Refusal(422, "Invalid request.\n\nstatus or conclusion is not a member of its enumeration.")
        if status == "completed" and not (conclusion or check.conclusion):
            raise Refusal(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
        if len(annotations) > MAX_ANNOTATIONS:
            raise Refusal(
                422, f"Invalid request.\n\nNo more than {MAX_ANNOTATIONS} items are allowed; {len(annotations)} were supplied."
            )
        if "output" in given and not ({"title", "summary"} <= output.keys() or check.output):
            raise Refusal(422, 'Invalid request.\n\n"title", "summary" weren\'t supplied.')
        check.status, check.conclusion = status, conclusion or check.conclusion
        check.completed_at = (check.completed_at or self.world.clock()) if status == "completed" else None
        check.name = given.get("name", check.name)
        check.external_id = given.get("external_id", check.external_id)
        check.details_url = given.get("details_url", check.details_url)
        check.output |= output
        check.annotations.extend(annotations)
