"""REST operations on issues, labels, assignees, comments, reactions, sub-issues and dependencies.

https://docs.github.com/rest/issues
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.sandbox import shapes
from bot.sandbox.model import Role
from bot.sandbox.refusal import Refusal, invalid
from bot.sandbox.rest import Answer, Ask, Route

if TYPE_CHECKING:
    from bot.sandbox.model import Comment, Issue


def _shown(ask: Ask, one: Issue) -> dict[str, Any]:
    return shapes.issue(ask.repository, one)


def list_issues(ask: Ask) -> Answer:
    """GET …/issues: pull requests too; by state, labels (all of them, whatever their case), since, creator and assignee."""
    place, query = ask.repository, ask.query
    if not place.has_issues:
        raise Refusal(410, "Issues are disabled for this repo")
    state = query.get("state", "open")
    if state not in {"open", "closed", "all"}:
        raise invalid("Issue", "state", "invalid")
    labels = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
    since = _since(query.get("since", ""))
    found = [
        one
        for one in place.issues.values()
        if (state == "all" or one.open == (state == "open"))
        and labels <= {label.name.lower() for label in one.labels}
        and int(one.updated_at) >= since
        and query.get("creator", one.user.login).lower() == one.user.login.lower()
    ]
    sort = query.get("sort", "created")
    found.sort(
        key=lambda one: ({"updated": one.updated_at, "comments": len(one.comments)}.get(sort, one.created_at), one.number),
        reverse=query.get("direction", "desc") != "asc",
    )
    return ask.page(found, lambda one: _shown(ask, one))


def _since(text: str) -> float:
    if not text:
        return 0
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError as error:
        raise invalid("Issue", "since", "invalid") from error


def create_issue(ask: Ask) -> Answer:
    """POST …/issues."""
    place = ask.repository
    assignees = _logins(ask, "assignees")
    one = place.open_issue(
        by=ask.who,
        title=str(ask.needed("title", object)),
        body=ask.body.get("body"),
        labels=_names(ask),
        assignees=assignees or (),
        milestone=_milestone(ask),
    )
    return Answer(_shown(ask, one), 201, {"location": f"{shapes.repository_url(place)}/issues/{one.number}"})


def _milestone(ask: Ask) -> int | None:
    number = ask.body.get("milestone")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise invalid("Issue", "milestone", "invalid")
    return number


def list_milestones(ask: Ask) -> Answer:
    """GET …/milestones: the open ones, unless others are asked for."""
    state = ask.query.get("state", "open")
    found = [one for one in ask.repository.milestones.values() if state == "all" or one.open == (state == "open")]
    return ask.page(found, lambda one: shapes.milestone(ask.repository, one))


def get_issue(ask: Ask) -> Answer:
    """GET …/issues/{issue_number}: 410 deleted, 301 transferred."""
    return Answer(_shown(ask, ask.repository.issue(ask.number("number"))))


def update_issue(ask: Ask) -> Answer:
    """PATCH …/issues/{issue_number}: only what is given."""
    given = ask.given("title", "body", "state")
    if given.get("title", "") is None:
        del given["title"]
    if reason := ask.body.get("state_reason"):
        given["reason"] = reason
    if "labels" in ask.body:
        given["labels"] = _names(ask)
    if (assignees := _logins(ask, "assignees")) is not None:
        given["assignees"] = assignees
    return Answer(_shown(ask, ask.repository.edit_issue(ask.number("number"), by=ask.who, **given)))


def _names(ask: Ask) -> list[str]:
    """Labels are sent as names or as objects with a name."""
    rows = ask.body.get("labels") or []
    return [row["name"] if isinstance(row, dict) else str(row) for row in rows]


def _logins(ask: Ask, name: str) -> list[str] | None:
    wanted = ask.body.get(name)
    for login in wanted or ():
        user = ask.world.users.get(login.lower())
        if user is None or ask.repository.role(user) < Role.READ:
            raise invalid("Issue", "assignees", "invalid")
    return wanted


# Labels.


def list_labels(ask: Ask) -> Answer:
    """GET …/labels."""
    return ask.page(list(ask.repository.labels.values()), lambda one: shapes.label(ask.repository, one))


def get_label(ask: Ask) -> Answer:
    """GET …/labels/{name}."""
    return Answer(shapes.label(ask.repository, ask.repository.label(ask.path["name"])))


def create_label(ask: Ask) -> Answer:
    """POST …/labels (422 `already_exists`)."""
    given = {name: value for name, value in ask.given("color", "description").items() if value is not None}
    one = ask.repository.create_label(ask.needed("name"), by=ask.who, **given)
    return Answer(shapes.label(ask.repository, one), 201)


def update_label(ask: Ask) -> Answer:
    """PATCH …/labels/{name}."""
    one = ask.repository.edit_label(ask.path["name"], by=ask.who, **ask.given("new_name", "color", "description"))
    return Answer(shapes.label(ask.repository, one))


def delete_label(ask: Ask) -> Answer:
    """DELETE …/labels/{name}."""
    ask.repository.delete_label(ask.path["name"], by=ask.who)
    return Answer(None, 204)


def _labels_of(ask: Ask, one: Issue) -> Answer:
    return Answer([shapes.label(ask.repository, label) for label in one.labels])


def list_issue_labels(ask: Ask) -> Answer:
    """GET …/issues/{issue_number}/labels."""
    return ask.page(ask.repository.issue(ask.number("number")).labels, lambda one: shapes.label(ask.repository, one))


def add_issue_labels(ask: Ask) -> Answer:
    """POST …/issues/{issue_number}/labels: answers with all labels of the issue."""
    return _labels_of(ask, ask.repository.add_labels(ask.number("number"), _names(ask), by=ask.who))


def set_issue_labels(ask: Ask) -> Answer:
    """PUT …/issues/{issue_number}/labels."""
    return _labels_of(ask, ask.repository.set_labels(ask.number("number"), _names(ask), by=ask.who))


def remove_issue_label(ask: Ask) -> Answer:
    """DELETE …/issues/{issue_number}/labels/{name}: answers with those that are left."""
    return _labels_of(ask, ask.repository.remove_label(ask.number("number"), ask.path["name"], by=ask.who))


def remove_issue_labels(ask: Ask) -> Answer:
    """DELETE …/issues/{issue_number}/labels."""
    ask.repository.set_labels(ask.number("number"), (), by=ask.who)
    return Answer(None, 204)


def add_assignees(ask: Ask) -> Answer:
    """POST …/issues/{issue_number}/assignees."""
    return Answer(_shown(ask, ask.repository.assign(ask.number("number"), ask.needed("assignees", list), by=ask.who)), 201)


def remove_assignees(ask: Ask) -> Answer:
    """DELETE …/issues/{issue_number}/assignees: 200 with the issue."""
    return Answer(_shown(ask, ask.repository.unassign(ask.number("number"), ask.needed("assignees", list), by=ask.who)))


def lock_issue(ask: Ask) -> Answer:
    """PUT and DELETE …/issues/{issue_number}/lock."""
    ask.repository.lock_issue(ask.number("number"), by=ask.who, locked=ask.method == "PUT")
    return Answer(None, 204)


# Comments and reactions.


def list_comments(ask: Ask) -> Answer:
    """GET …/issues/{issue_number}/comments: oldest first."""
    since = _since(ask.query.get("since", ""))
    found = [one for one in ask.repository.issue(ask.number("number")).comments.values() if int(one.updated_at) >= since]
    return ask.page(found, lambda one: shapes.comment(ask.repository, one))


def list_repository_comments(ask: Ask) -> Answer:
    """GET …/issues/comments: of all issues, oldest first."""
    since = _since(ask.query.get("since", ""))
    every = [one for issue in ask.repository.issues.values() for one in issue.comments.values() if int(one.updated_at) >= since]
    every.sort(key=lambda one: one.id, reverse=ask.query.get("direction") == "desc")
    return ask.page(every, lambda one: shapes.comment(ask.repository, one))


def create_comment(ask: Ask) -> Answer:
    """POST …/issues/{issue_number}/comments."""
    one = ask.repository.comment(ask.number("number"), ask.needed("body"), by=ask.who)
    return Answer(shapes.comment(ask.repository, one), 201)


def _comment(ask: Ask) -> Comment:
    return ask.repository.find_comment(ask.number("comment"))[1]


def get_comment(ask: Ask) -> Answer:
    """GET …/issues/comments/{comment_id}."""
    return Answer(shapes.comment(ask.repository, _comment(ask)))


def update_comment(ask: Ask) -> Answer:
    """PATCH …/issues/comments/{comment_id}."""
    one = ask.repository.edit_comment(ask.number("comment"), ask.needed("body"), by=ask.who)
    return Answer(shapes.comment(ask.repository, one))


def delete_comment(ask: Ask) -> Answer:
    """DELETE …/issues/comments/{comment_id}."""
    ask.repository.delete_comment(ask.number("comment"), by=ask.who)
    return Answer(None, 204)


def _reacted(ask: Ask) -> Issue | Comment:
    return _comment(ask) if "comment" in ask.path else ask.repository.issue(ask.number("number"))


def list_reactions(ask: Ask) -> Answer:
    """GET …/reactions of an issue or a comment."""
    wanted = ask.query.get("content")
    found = [one for one in _reacted(ask).reactions if wanted in {None, one.content}]
    return ask.page(found, lambda one: shapes.reaction(ask.world, one))


def create_reaction(ask: Ask) -> Answer:
    """POST …/reactions: 200 with the one that is already there, else 201."""
    one, new = ask.repository.react(_reacted(ask), ask.needed("content"), by=ask.who)
    return Answer(shapes.reaction(ask.world, one), 201 if new else 200)


def delete_reaction(ask: Ask) -> Answer:
    """DELETE …/reactions/{reaction_id}."""
    ask.repository.remove_reaction(_reacted(ask), ask.number("reaction"), by=ask.who)
    return Answer(None, 204)


# Links.


def list_sub_issues(ask: Ask) -> Answer:
    """GET …/issues/{issue_number}/sub_issues."""
    parent = ask.repository.issue(ask.number("number"))
    return ask.page(ask.repository.issues_by_id(parent.sub_issues), lambda one: _shown(ask, one))


def add_sub_issue(ask: Ask) -> Answer:
    """POST …/issues/{issue_number}/sub_issues: takes an id, not a number."""
    parent = ask.repository.add_sub_issue(ask.number("number"), ask.needed("sub_issue_id", int), by=ask.who)
    return Answer(_shown(ask, parent), 201)


def remove_sub_issue(ask: Ask) -> Answer:
    """DELETE …/issues/{issue_number}/sub_issue."""
    return Answer(_shown(ask, ask.repository.remove_sub_issue(ask.number("number"), ask.needed("sub_issue_id", int), by=ask.who)))


def list_blockers(ask: Ask) -> Answer:
    """GET …/issues/{issue_number}/dependencies/blocked_by."""
    one = ask.repository.issue(ask.number("number"))
    return ask.page(ask.repository.issues_by_id(one.blocked_by), lambda blocker: _shown(ask, blocker))


def list_blocked(ask: Ask) -> Answer:
    """GET …/issues/{issue_number}/dependencies/blocking."""
    one = ask.repository.issue(ask.number("number"))
    return ask.page(
        [other for other in ask.repository.issues.values() if one.id in other.blocked_by], lambda other: _shown(ask, other)
    )


def add_blocker(ask: Ask) -> Answer:
    """POST …/issues/{issue_number}/dependencies/blocked_by: takes an id, not a number."""
    return Answer(_shown(ask, ask.repository.block(ask.number("number"), ask.needed("issue_id", int), by=ask.who)), 201)


def remove_blocker(ask: Ask) -> Answer:
    """DELETE …/issues/{issue_number}/dependencies/blocked_by/{issue_id}."""
    return Answer(_shown(ask, ask.repository.unblock(ask.number("number"), ask.number("issue"), by=ask.who)))


_REPO = "/repos/{owner}/{repo}"
_ISSUE = f"{_REPO}/issues/{{number}}"
_COMMENT = f"{_REPO}/issues/comments/{{comment}}"
_BLOCKED = f"{_ISSUE}/dependencies/blocked_by"
_TABLE = (
    ("GET", f"{_REPO}/issues", list_issues),
    ("POST", f"{_REPO}/issues", create_issue),
    ("GET", f"{_REPO}/issues/comments", list_repository_comments),
    ("GET", _COMMENT, get_comment),
    ("PATCH", _COMMENT, update_comment),
    ("DELETE", _COMMENT, delete_comment),
    ("GET", f"{_COMMENT}/reactions", list_reactions),
    ("POST", f"{_COMMENT}/reactions", create_reaction),
    ("DELETE", f"{_COMMENT}/reactions/{{reaction}}", delete_reaction),
    ("GET", _ISSUE, get_issue),
    ("PATCH", _ISSUE, update_issue),
    ("GET", f"{_ISSUE}/labels", list_issue_labels),
    ("POST", f"{_ISSUE}/labels", add_issue_labels),
    ("PUT", f"{_ISSUE}/labels", set_issue_labels),
    ("DELETE", f"{_ISSUE}/labels", remove_issue_labels),
    ("DELETE", f"{_ISSUE}/labels/{{name:path}}", remove_issue_label),
    ("POST", f"{_ISSUE}/assignees", add_assignees),
    ("DELETE", f"{_ISSUE}/assignees", remove_assignees),
    ("PUT", f"{_ISSUE}/lock", lock_issue),
    ("DELETE", f"{_ISSUE}/lock", lock_issue),
    ("GET", f"{_ISSUE}/comments", list_comments),
    ("POST", f"{_ISSUE}/comments", create_comment),
    ("GET", f"{_ISSUE}/reactions", list_reactions),
    ("POST", f"{_ISSUE}/reactions", create_reaction),
    ("DELETE", f"{_ISSUE}/reactions/{{reaction}}", delete_reaction),
    ("GET", f"{_ISSUE}/sub_issues", list_sub_issues),
    ("POST", f"{_ISSUE}/sub_issues", add_sub_issue),
    ("DELETE", f"{_ISSUE}/sub_issue", remove_sub_issue),
    ("GET", _BLOCKED, list_blockers),
    ("POST", _BLOCKED, add_blocker),
    ("DELETE", f"{_BLOCKED}/{{issue}}", remove_blocker),
    ("GET", f"{_ISSUE}/dependencies/blocking", list_blocked),
    ("GET", f"{_REPO}/milestones", list_milestones),
    ("GET", f"{_REPO}/labels", list_labels),
    ("POST", f"{_REPO}/labels", create_label),
    ("GET", f"{_REPO}/labels/{{name:path}}", get_label),
    ("PATCH", f"{_REPO}/labels/{{name:path}}", update_label),
    ("DELETE", f"{_REPO}/labels/{{name:path}}", delete_label),
)
ROUTES = tuple(Route(method, template, operation, "issues") for method, template, operation in _TABLE)
