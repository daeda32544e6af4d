"""The issues of a repository with their labels, comments, reactions and links, and GitHub's rules about who may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.sandbox import limits
from bot.sandbox.code import Code
from bot.sandbox.model import Comment, Issue, Label, Reaction, Role, User
from bot.sandbox.refusal import Refusal, forbidden, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.sandbox.world import World

_NEW_LABEL_COLOR = "ededed"


class Unset:
    """Stands for a field that is not touched, where None means "empty it"."""


UNSET: Final = Unset()


class Tracker(Code):
    """Issues and labels. A number is never given twice; a deleted or transferred issue leaves a trace under its number."""

    def __init__(
        self, world: World, owner: User, name: str, *, private: bool = False, default_branch: str = "main", fork: bool = False
    ) -> None:
        """Start without issues and without labels."""
        super().__init__(world, owner, name, private=private, default_branch=default_branch, fork=fork)
        self.issues: dict[int, Issue] = {}
        self.labels: dict[str, Label] = {}
        self.deleted: set[int] = set()
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

    def open_issue(
        self, *, by: str | User, title: str, body: str | None = None, labels: Iterable[str] = (), assignees: Iterable[str] = ()
    ) -> Issue:
        """Returns the new issue. Labels and assignees of somebody without triage rights are silently dropped, as GitHub does."""
        user = self.demand(by, Role.READ)
        self._demand_issues()
        may_sort = self.role(user) >= Role.TRIAGE
        text = limits.title(title)
        limits.check_body(body)
        found = self._labels_named(labels, user) if may_sort else []
        issue = self.file_issue(user, text, body)
        issue.labels = found
        issue.assignees = [self.world.user(login) for login in assignees] if may_sort else []
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
        may_sort = self.role(user) >= Role.TRIAGE
        new_labels = self._labels_named(labels, user) if labels is not None and may_sort else None
        new_assignees = [self.world.user(login) for login in assignees] if assignees is not None and may_sort else None
        self._retext(issue, user, new_title, new_body)
        if state is not None:
            self._set_state(issue, user, state == "open", reason)
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

    def _set_state(self, issue: Issue, user: User, opens: bool, reason: str | None) -> None:
        # A reason alone changes nothing: "Ignored unless `state` is changed."
        if opens == issue.open:
            return
        if opens and issue.pull is not None and issue.pull.merged_at is not None:
            raise invalid("PullRequest", "state", "invalid", "state cannot be changed. The pull request was merged.")
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

    # Labels.

    def label(self, name: str) -> Label:
        """Returns a label, whatever the case of the letters asked for (Refusal 404)."""
        found = self.labels.get(name.lower())
        if found is None:
            raise not_found()
        return found

    def create_label(self, name: str, *, by: str | User, color: str = _NEW_LABEL_COLOR, description: str | None = None) -> Label:
        """Returns the new label (Refusal 422 `already_exists`, also for a name that differs only in case)."""
        user = self.demand(by, Role.WRITE)
        limits.check_label(name, color, description)
        if name.lower() in self.labels:
            raise invalid("Label", "name", "already_exists")
        return self._add_label(name, color, description, user)

    def _add_label(self, name: str, color: str, description: str | None, user: User) -> Label:
        label = Label(self.world.next_id(), name, color.lower(), description)
        self.labels[name.lower()] = label
        self.tell("label", "created", user, label=label)
        return label

    def edit_label(
        self, name: str, *, by: str | User, new_name: str | None = None, color: str | None = None, description: str | None = None
    ) -> Label:
        """Rename or repaint a label; every issue that carries it follows."""
        user = self.demand(by, Role.WRITE)
        label = self.label(name)
        wanted = new_name or label.name
        limits.check_label(wanted, color or label.color, description)
        if wanted.lower() != label.name.lower() and wanted.lower() in self.labels:
            raise invalid("Label", "name", "already_exists")
        changes = {} if wanted == label.name else {"name": {"from": label.name}}
        if color and color.lower() != label.color:
            changes["color"] = {"from": label.color}
        del self.labels[label.name.lower()]
        label.name, label.color = wanted, (color or label.color).lower()
        label.description = label.description if description is None else description
        self.labels[wanted.lower()] = label
        self.tell("label", "edited", user, label=label, changes=changes)
        return label

    def delete_label(self, name: str, *, by: str | User) -> None:
        """Delete a label and take it off every issue; the issues themselves tell nothing of it."""
        user = self.demand(by, Role.WRITE)
        label = self.labels.pop(self.label(name).name.lower())
        for issue in self.issues.values():
            if label in issue.labels:
                issue.labels.remove(label)
        self.tell("label", "deleted", user, label=label)

    def add_labels(self, number: int, names: Iterable[str], *, by: str | User) -> Issue:
        """Put labels on an issue, beside those it has; unknown ones are made."""
        issue, user = self._sortable(number, by)
        come = self._labels_named([*(label.name for label in issue.labels), *names], user)
        self._relabel(issue, user, come)
        return issue

    def set_labels(self, number: int, names: Iterable[str], *, by: str | User) -> Issue:
        """Let an issue carry exactly these labels; unknown ones are made."""
        issue, user = self._sortable(number, by)
        self._relabel(issue, user, self._labels_named(names, user))
        return issue

    def remove_label(self, number: int, name: str, *, by: str | User) -> Issue:
        """Take a label off an issue (Refusal 404 where it does not carry it)."""
        issue, user = self._sortable(number, by)
        found = [label for label in issue.labels if label.name.lower() == name.lower()]
        if not found:
            raise Refusal(404, "Label does not exist")
        self._relabel(issue, user, [label for label in issue.labels if label is not found[0]])
        return issue

    def _sortable(self, number: int, by: str | User) -> tuple[Issue, User]:
        user = self.demand(by, Role.TRIAGE)
        return self.issue(number), user

    def _labels_named(self, names: Iterable[str], user: User) -> list[Label]:
        spelled = [name.strip() for name in names]
        wanted = list(dict.fromkeys(name.lower() for name in spelled))
        if len(wanted) > limits.MAX_LABELS:
            raise invalid("Issue", "labels", "custom", f"labels is too long (maximum is {limits.MAX_LABELS} labels)")
        spelling = {name.lower(): name for name in reversed(spelled)}
        for name in spelled:
            limits.check_label(name, _NEW_LABEL_COLOR, None)
        return [self.labels.get(name) or self._add_label(spelling[name], _NEW_LABEL_COLOR, None, user) for name in wanted]

    # Comments and reactions.

    def comment(self, number: int, body: str, *, by: str | User) -> Comment:
        """Returns the new comment (Refusal 403 on a locked issue, but for writers)."""
        user = self.demand(by, Role.READ)
        issue = self.issue(number)
        if issue.locked and self.role(user) < Role.WRITE:
            raise forbidden("Unable to create comment because issue is locked.")
        limits.check_comment(body)
        now = self.world.clock()
        comment = Comment(self.world.next_id(), number, user, body, now, now, self.app_behind(user))
        issue.comments[comment.id] = comment
        issue.updated_at = now
        self.tell("issue_comment", "created", user, issue=issue, comment=comment)
        return comment

    def find_comment(self, comment: int) -> tuple[Issue, Comment]:
        """Returns a comment with its issue (Refusal 404)."""
        for issue in self.issues.values():
            if (found := issue.comments.get(comment)) is not None:
                return issue, found
        raise not_found()

    def edit_comment(self, comment: int, body: str, *, by: str | User) -> Comment:
        """Change the text of a comment: its author or a writer may."""
        issue, found, user = self._own_comment(comment, by)
        limits.check_comment(body)
        if body != found.body:
            changes = {"body": {"from": found.body}}
            found.body, found.updated_at = body, self.world.clock()
            self.tell("issue_comment", "edited", user, issue=issue, comment=found, changes=changes)
        return found

    def delete_comment(self, comment: int, *, by: str | User) -> None:
        """Delete a comment: its author or a writer may."""
        issue, found, user = self._own_comment(comment, by)
        del issue.comments[comment]
        self.tell("issue_comment", "deleted", user, issue=issue, comment=found)

    def _own_comment(self, comment: int, by: str | User) -> tuple[Issue, Comment, User]:
        issue, found = self.find_comment(comment)
        user = self.demand(by, Role.READ)
        if found.user.id != user.id:
            self.demand(user, Role.WRITE)
        return issue, found, user

    def react(self, to: Issue | Comment, content: str, *, by: str | User) -> tuple[Reaction, bool]:
        """Returns the account's reaction of that kind and whether it is new; GitHub tells nobody about reactions."""
        user = self.demand(by, Role.READ)
        if content not in limits.REACTIONS:
            raise invalid("Reaction", "content", "invalid")
        for reaction in to.reactions:
            if (reaction.user.id, reaction.content) == (user.id, content):
                return reaction, False
        reaction = Reaction(self.world.next_id(), user, content, self.world.clock())
        to.reactions.append(reaction)
        return reaction, True

    def remove_reaction(self, to: Issue | Comment, reaction: int, *, by: str | User) -> None:
        """Take back a reaction of one's own (Refusal 404)."""
        user = self.demand(by, Role.READ)
        kept = [one for one in to.reactions if one.id != reaction or one.user.id != user.id]
        if len(kept) == len(to.reactions):
            raise not_found()
        to.reactions[:] = kept

    # Links between issues.

    def issue_by_id(self, issue: int) -> Issue:
        """Returns the issue with that id, which is not its number (Refusal 404)."""
        found = next((one for one in self.issues.values() if one.id == issue), None)
        if found is None:
            raise not_found()
        return found

    def issues_by_id(self, ids: Sequence[int]) -> list[Issue]:
        """Returns those of the issues that are still here, in the order of the ids."""
        known = {issue.id: issue for issue in self.issues.values()}
        return [known[one] for one in ids if one in known]

    def add_sub_issue(self, number: int, child: int, *, by: str | User) -> Issue:
        """Make the issue with id `child` a sub-issue (Refusal 422 beyond 100, of itself, or with a parent already)."""
        parent, _ = self._sortable(number, by)
        found = self.issue_by_id(child)
        if found is parent or found.parent is not None:
            raise invalid(
                "Issue",
                "sub_issue_id",
                "custom",
                "Issue may not contain duplicate sub-issues and Sub issue may only have one parent",
            )
        if len(parent.sub_issues) >= limits.MAX_SUB_ISSUES:
            raise invalid("Issue", "sub_issue_id", "custom", f"Parent cannot have more than {limits.MAX_SUB_ISSUES} sub-issues")
        parent.sub_issues.append(child)
        found.parent = parent.id
        return parent

    def remove_sub_issue(self, number: int, child: int, *, by: str | User) -> Issue:
        """Take a sub-issue off its parent (Refusal 404)."""
        parent, _ = self._sortable(number, by)
        if child not in parent.sub_issues:
            raise not_found()
        parent.sub_issues.remove(child)
        self.issue_by_id(child).parent = None
        return parent

    def block(self, number: int, blocker: int, *, by: str | User) -> Issue:
        """Note that the issue with id `blocker` blocks another (Refusal 422 twice, or by itself)."""
        issue, _ = self._sortable(number, by)
        found = self.issue_by_id(blocker)
        if found is issue or blocker in issue.blocked_by:
            raise invalid("Issue", "issue_id", "custom", "Target issue has already been taken")
        issue.blocked_by.append(blocker)
        return issue

    def unblock(self, number: int, blocker: int, *, by: str | User) -> Issue:
        """Forget that an issue blocks another (Refusal 404)."""
        issue, _ = self._sortable(number, by)
        if blocker not in issue.blocked_by:
            raise not_found()
        issue.blocked_by.remove(blocker)
        return issue
