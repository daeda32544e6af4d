"""What hangs on the issues of a repository: comments, reactions, and the links between issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox import limits
from bot.sandbox.model import Comment, Issue, Reaction, Role, User
from bot.sandbox.refusal import forbidden, invalid, not_found
from bot.sandbox.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence


class Talk(Tracker):
    """Comments and reactions; sub-issues and blockers, which are named by id, not by number."""

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
        parent, _ = self.sortable(number, by)
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
        parent, _ = self.sortable(number, by)
        if child not in parent.sub_issues:
            raise not_found()
        parent.sub_issues.remove(child)
        self.issue_by_id(child).parent = None
        return parent

    def block(self, number: int, blocker: int, *, by: str | User) -> Issue:
        """Note that the issue with id `blocker` blocks another (Refusal 422 twice, or by itself)."""
        issue, _ = self.sortable(number, by)
        found = self.issue_by_id(blocker)
        if found is issue or blocker in issue.blocked_by:
            raise invalid("Issue", "issue_id", "custom", "Target issue has already been taken")
        issue.blocked_by.append(blocker)
        return issue

    def unblock(self, number: int, blocker: int, *, by: str | User) -> Issue:
        """Forget that an issue blocks another (Refusal 404)."""
        issue, _ = self.sortable(number, by)
        if blocker not in issue.blocked_by:
            raise not_found()
        issue.blocked_by.remove(blocker)
        return issue
