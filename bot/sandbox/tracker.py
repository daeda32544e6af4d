"""The issues of a repository, and GitHub's rules about who may change them and what that tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.sandbox import limits
from bot.sandbox.labels import Labels
from bot.sandbox.model import Issue, Label, Milestone, Role, User
from bot.sandbox.refusal import Refusal, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.world import World


class Unset:
    """Stands for a field that is not touched, where None means "empty it"."""


UNSET: Final = Unset()


class Tracker(Labels):
    """Issues. A number is never given twice; a deleted or transferred issue leaves a trace under its number."""

    def __init__(
        self, world: World, owner: User, name: str, *, private: bool = False, default_branch: str = "main", fork: bool = False
    ) -> None:
        """Start without issues."""
        super().__init__(world, owner, name, private=private, default_branch=default_branch, fork=fork)
        self.deleted: set[int] = set()
        self.milestones: dict[int, Milestone] = {}
        self.transferred: dict[int, tuple[int, int]] = {}
        self._last_number = 0

    # Issues.

    def issue(self, number: int) -> Issue:
        """Returns an issue or pull request (Refusal 404; 410 once it was deleted; 301 once it was transferred)."""
        if (found := self.issues.get(number)) is not None:
            return found
        if number in self.deleted:
            raise Refusal(410, "This issue was deleted")
        if number in self.transferred:
            repository, new = self.transferred[number]
            raise Refusal(301, "Moved Permanently", location=f"{self.world.api_url}/repositories/{repository}/issues/{new}")
        raise not_found()

    def add_milestone(self, title: str, *, by: str | User) -> Milestone:
        """Returns the new milestone."""
        number = len(self.milestones) + 1
        user = self.demand(by, Role.TRIAGE)
        self.milestones[number] = Milestone(self.world.next_id(), number, title, user, self.world.clock())
        return self.milestones[number]

    def _assignable(self, login: str) -> User:
        """Returns an account that a new issue may name (Refusal 422 `invalid`)."""
        found = self.world.users.get(login.lower())
        if found is None:
            raise invalid("Issue", "assignees", "invalid")
        return found

    def open_issue(
        self,
        *,
        by: str | User,
        title: str,
        body: str | None = None,
        labels: Iterable[str] = (),
        assignees: Iterable[str] = (),
        milestone: int | None = None,
    ) -> Issue:
        """Returns the new issue (Refusal 422 for an unknown assignee or milestone).

        Labels, assignees and milestone of somebody without triage rights are silently dropped, as GitHub does.
        """
        user = self.demand(by, Role.READ)
        self._demand_issues()
        may_sort = self.role(user) >= Role.TRIAGE
        text = limits.title(title)
        limits.check_body(body)
        chosen = [self._assignable(login) for login in assignees] if may_sort else []
        if milestone is not None and milestone not in self.milestones:
            raise invalid("Issue", "milestone", "invalid")
        found = self.labels_named(labels, user) if may_sort else []
        issue = self.file_issue(user, text, body)
        issue.labels, issue.assignees = found, chosen
        issue.milestone = self.milestones[milestone] if milestone is not None and may_sort else None
        self.tell("issues", "opened", user, issue=issue)
        for label in found:
            self.tell("issues", "labeled", user, issue=issue, label=label)
        for assignee in issue.assignees:
            self.tell("issues", "assigned", user, issue=issue, assignee=assignee)
        return issue

    def file_issue(self, user: User, title: str, body: str | None) -> Issue:
        """Returns a new issue under the next number, without telling anybody."""
        now = self.world.clock()
        self._last_number += 1
        issue = Issue(self.world.next_id(), self._last_number, title, body, user, now, now, self.app_behind(user))
        self.issues[issue.number] = issue
        return issue

    def edit_issue(
        self,
        number: int,
        *,
        by: str | User,
        title: str | Unset = UNSET,
        body: str | Unset | None = UNSET,
        state: str | None = None,
        reason: str | None = None,
        labels: Iterable[str] | None = None,
        assignees: Iterable[str] | None = None,
    ) -> Issue:
        """Change what is given, all or nothing; one event for each thing that changed, none where nothing did.

        Its author may change text and state, triage and above everything; labels of others are silently dropped
        (https://docs.github.com/rest/issues/issues#update-an-issue).
        """
        issue, user = self._editable(number, by)
        new_title = issue.title if isinstance(title, Unset) else limits.title(title)
        new_body = issue.body if isinstance(body, Unset) else body
        limits.check_body(new_body)
        limits.check_state(state, reason)
        if state == "open":
            self.demand_reopenable(issue)
        may_sort = self.role(user) >= Role.TRIAGE
        new_assignees = [self.world.user(login) for login in assignees] if assignees is not None and may_sort else None
        # Last, since it makes the labels that do not exist yet.
        new_labels = self.labels_named(labels, user) if labels is not None and may_sort else None
        self._retext(issue, user, new_title, new_body)
        if state is not None:
            self.edit_state(issue, user, opens=state == "open", reason=reason)
        if new_labels is not None:
            self._relabel(issue, user, new_labels)
        if new_assignees is not None:
            self._reassign(issue, user, new_assignees)
        return issue

    def _editable(self, number: int, by: str | User) -> tuple[Issue, User]:
        user = self.demand(by, Role.READ)
        issue = self.issue(number)
        if issue.pull is None:
            self._demand_issues()
        if issue.user.id != user.id:
            self.demand(user, Role.TRIAGE)
        return issue, user

    def _retext(self, issue: Issue, user: User, title: str, body: str | None) -> None:
        changes = {}
        if title != issue.title:
            changes["title"] = {"from": issue.title}
        if (body or "") != (issue.body or ""):
            changes["body"] = {"from": issue.body or ""}
        if changes:
            issue.title, issue.body = title, body
            self.tell_of(issue, "edited", user, changes=changes)

    def demand_reopenable(self, issue: Issue) -> None:
        """Refuse to open an issue again; pull requests have reasons for it."""

    def edit_state(self, issue: Issue, user: User, *, opens: bool, reason: str | None = None) -> None:
        """Close or reopen, and tell; a reason alone changes nothing: "Ignored unless `state` is changed."."""
        if opens == issue.open:
            return
        issue.open = opens
        issue.closed_at, issue.closed_by = (None, None) if opens else (self.world.clock(), user)
        if issue.pull is None:
            issue.state_reason = "reopened" if opens else (reason if reason in limits.REASONS[:3] else "completed")
        self.tell_of(issue, "reopened" if opens else "closed", user)

    def _relabel(self, issue: Issue, user: User, labels: list[Label]) -> None:
        before = issue.labels
        gone = [label for label in before if label not in labels]
        come = [label for label in labels if label not in before]
        if not gone and not come:
            return
        issue.labels = [label for label in before if label in labels] + come
        for label in gone:
            self.tell_of(issue, "unlabeled", user, label=label)
        for label in come:
            self.tell_of(issue, "labeled", user, label=label)

    def _reassign(self, issue: Issue, user: User, assignees: list[User]) -> None:
        before, issue.assignees = issue.assignees, assignees
        for one in before:
            if one not in assignees:
                self.tell_of(issue, "unassigned", user, assignee=one)
        for one in assignees:
            if one not in before:
                self.tell_of(issue, "assigned", user, assignee=one)

    def tell_of(self, issue: Issue, action: str, user: User, /, **details: Any) -> None:
        """Tell that an issue changed; of a pull request GitHub tells by another event."""
        issue.updated_at = self.world.clock()
        self.tell("issues" if issue.pull is None else "pull_request", action, user, issue=issue, **details)

    def close_issue(self, number: int, *, by: str | User, reason: str = "completed") -> Issue:
        """Close an issue for a reason: completed, not_planned or duplicate."""
        return self.edit_issue(number, by=by, state="closed", reason=reason)

    def reopen_issue(self, number: int, *, by: str | User) -> Issue:
        """Open a closed issue again."""
        return self.edit_issue(number, by=by, state="open")

    def delete_issue(self, number: int, *, by: str | User) -> None:
        """Delete an issue for good: only an administrator may, and its number answers 410 from then on."""
        user = self.demand(by, Role.ADMIN)
        issue = self.issues.pop(self.issue(number).number)
        self.deleted.add(number)
        self.tell("issues", "deleted", user, issue=issue)

    def transfer_issue(self, number: int, to: Tracker, *, by: str | User) -> Issue:
        """Move an issue to another repository: it gets a number there, and the old one answers 301."""
        user = self.demand(by, Role.WRITE)
        to.demand(user, Role.WRITE)
        old = self.issue(number)
        new = to.receive(old)
        del self.issues[number]
        self.transferred[number] = (to.id, new.number)
        self.tell("issues", "transferred", user, issue=old, new_issue=new, new_repository=to)
        return new

    def receive(self, issue: Issue) -> Issue:
        """Take over an issue from another repository, with those of its labels that exist here too."""
        new = self.file_issue(issue.user, issue.title, issue.body)
        new.open, new.state_reason, new.comments = issue.open, issue.state_reason, issue.comments
        new.labels = [self.labels[label.name.lower()] for label in issue.labels if label.name.lower() in self.labels]
        for comment in new.comments.values():
            comment.issue = new.number
        return new

    def lock_issue(self, number: int, *, by: str | User, locked: bool = True) -> None:
        """Lock or unlock the conversation: a locked issue takes comments from writers only."""
        user = self.demand(by, Role.TRIAGE)
        issue = self.issue(number)
        if issue.locked != locked:
            issue.locked = locked
            self.tell_of(issue, "locked" if locked else "unlocked", user)

    def _demand_issues(self) -> None:
        if not self.has_issues:
            raise Refusal(410, "Issues are disabled for this repo")

    # Assignees.

    def assign(self, number: int, logins: Iterable[str], *, by: str | User) -> Issue:
        """Assign more people; whoever cannot be assigned here is left out without a word, as GitHub does."""
        issue, user = self.sortable(number, by)
        known = [self.world.users[login.lower()] for login in logins if login.lower() in self.world.users]
        come = [one for one in known if self.role(one) >= Role.READ and one not in issue.assignees]
        self._reassign(issue, user, [*issue.assignees, *dict.fromkeys(come)][: limits.MAX_ASSIGNEES])
        return issue

    def unassign(self, number: int, logins: Iterable[str], *, by: str | User) -> Issue:
        """Take people off an issue; whoever is not assigned does not matter."""
        issue, user = self.sortable(number, by)
        gone = {login.lower() for login in logins}
        self._reassign(issue, user, [one for one in issue.assignees if one.login.lower() not in gone])
        return issue

    # Labels on issues.

    def add_labels(self, number: int, names: Iterable[str], *, by: str | User) -> Issue:
        """Put labels on an issue, beside those it has; unknown ones are made."""
        issue, user = self.sortable(number, by)
        come = self.labels_named([*(label.name for label in issue.labels), *names], user)
        self._relabel(issue, user, come)
        return issue

    def set_labels(self, number: int, names: Iterable[str], *, by: str | User) -> Issue:
        """Let an issue carry exactly these labels; unknown ones are made."""
        issue, user = self.sortable(number, by)
        self._relabel(issue, user, self.labels_named(names, user))
        return issue

    def remove_label(self, number: int, name: str, *, by: str | User) -> Issue:
        """Take a label off an issue (Refusal 404 where it does not carry it)."""
        issue, user = self.sortable(number, by)
        found = [label for label in issue.labels if label.name.lower() == name.lower()]
        if not found:
            raise Refusal(404, "Label does not exist")
        self._relabel(issue, user, [label for label in issue.labels if label is not found[0]])
        return issue

    def sortable(self, number: int, by: str | User) -> tuple[Issue, User]:
        """Returns an issue and the account, if it may sort issues: label, link and lock them (Refusal 403)."""
        user = self.demand(by, Role.TRIAGE)
        return self.issue(number), user
