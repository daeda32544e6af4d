"""JSON of webhooks and of the REST API as values: the only file that knows their shape.

Two attitudes. A webhook comes from outside and is only a hint: nothing here raises on an odd one, what cannot be read is None.
An answer of the API is what we decide on: what cannot be read there is `Unreadable`, and nothing is concluded from half of it.
The gateway's methods name the documentation page of each answer.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any, NoReturn

from bot.core.events import (
    BranchDeleted,
    CheckWanted,
    CommentWritten,
    Event,
    IssueChanged,
    LabelChanged,
    Origin,
    Pushed,
    RepositoryChanged,
    pull_of_check,
)
from bot.core.issue import Issue, StateReason
from bot.core.names import (
    BlobSha,
    CommentId,
    CommitSha,
    DeliveryId,
    DocumentPath,
    InstallationId,
    IssueNumber,
    RepositoryId,
    RepositoryName,
)
from bot.github.model import (
    Attempt,
    CheckRun,
    Comment,
    Commit,
    Envelope,
    File,
    Pull,
    PullHead,
    Registration,
    RepositoryFacts,
    Tree,
    TreeEntry,
)

MAX_PUSH_COMMITS = 2048
"""A push payload lists at most so many commits: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""

_BRANCH = "refs/heads/"
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII)
_MAX_ID = 2**63 - 1
_GHOST = "ghost"


class Unreadable(ValueError):
    """An answer of the API has not the shape that GitHub documents."""


# ── webhooks: never raise ───────────────────────────────────────────────────────────────────────────────────────────────


def payload_of(body: bytes) -> dict[str, Any] | None:
    """Returns the JSON object of a delivery's body, None for anything else.

    Else is broken JSON, NaN, a doubled key, absurd depth, a number of thousands of digits: nothing of it comes from GitHub.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant, object_pairs_hook=_object_without_doubles)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def envelope(event: str, payload: object) -> Envelope:
    """Returns what a delivery is about, from any payload."""
    return Envelope(
        event=event,
        action=_text(_at(payload, "action")),
        repository=_repository_id(_at(payload, "repository", "id")),
        installation=_installation_id(_at(payload, "installation", "id")),
    )


def event_of(name: str, payload: object) -> Event | None:
    """Returns what happened, None where it is nothing that we act on, or cannot be read."""
    origin = _origin(payload)
    if origin is None:
        return None
    match name:
        case "push":
            return _push(origin, payload)
        case "issues":
            return _issue_changed(origin, payload)
        case "issue_comment":
            return _comment_written(origin, payload)
        case "pull_request":
            return _pull_changed(origin, payload)
        case "check_run":
            return _check_asked_again(origin, payload)
        case "label":
            return _label_changed(origin, payload)
        case "repository":
            action = _text(_at(payload, "action"))
            return RepositoryChanged(origin, action) if action else None
        case _:
            return None


def _push(origin: Origin, payload: object) -> Pushed | BranchDeleted | None:
    """Returns the push to a branch; tags and everything else that is no branch are none."""
    ref = _text(_at(payload, "ref"))
    before, after = _sha(_at(payload, "before")), _sha(_at(payload, "after"))
    if ref is None or not ref.startswith(_BRANCH) or ref == _BRANCH:
        return None
    branch = ref.removeprefix(_BRANCH)
    if _at(payload, "deleted") is True or _is_null(after):
        return BranchDeleted(origin, branch)
    if before is None or after is None:
        return None
    forced = _at(payload, "forced") is True
    created = _at(payload, "created") is True or _is_null(before)
    paths = None if forced or created else _paths(payload, moved=before != after)
    return Pushed(origin, branch=branch, before=before, after=after, forced=forced, paths=paths)


def _paths(payload: object, *, moved: bool) -> frozenset[DocumentPath] | None:
    """Returns every path that the listed commits touch, None where the list may be incomplete."""
    commits = _at(payload, "commits")
    if not isinstance(commits, list) or len(commits) >= MAX_PUSH_COMMITS or (moved and not commits):
        return None
    touched: set[DocumentPath] = set()
    for commit in commits:
        for kind in ("added", "modified", "removed"):
            listed = _at(commit, kind)
            if not isinstance(listed, list):
                return None
            for entry in listed:
                path = _text(entry)
                if path is None:
                    return None
                touched.add(DocumentPath(path))
    return frozenset(touched)


def _issue_changed(origin: Origin, payload: object) -> IssueChanged | None:
    """Returns the change of an issue; a pull request is no issue, though GitHub numbers and labels it as one."""
    issue = _at(payload, "issue")
    number, action = _positive(_at(issue, "number")), _text(_at(payload, "action"))
    if number is None or not action or _is_pull_request(issue):
        return None
    try:
        shown = issue_of(issue)
    except Unreadable:
        shown = None
    before = _text(_at(payload, "changes", "body", "from")) if action == "edited" else None
    return IssueChanged(origin, IssueNumber(number), action, shown, before)


def _comment_written(origin: Origin, payload: object) -> CommentWritten | None:
    """Returns the new or edited comment; a pull request's too. An edit that does not say what was before has changed nothing."""
    comment, issue, action = _at(payload, "comment"), _at(payload, "issue"), _at(payload, "action")
    number, identity, body = _positive(_at(issue, "number")), _positive(_at(comment, "id")), _text(_at(comment, "body"))
    if action not in ("created", "edited") or number is None or identity is None or body is None:
        return None
    before = "" if action == "created" else _text(_at(payload, "changes", "body", "from"))
    return CommentWritten(
        origin,
        IssueNumber(number),
        CommentId(identity),
        author=_text(_at(comment, "user", "login")) or _GHOST,
        body=body,
        before=body if before is None else before,
        pull=_is_pull_request(issue),
        bot="Bot" in (_at(comment, "user", "type"), _at(payload, "sender", "type")),
        stamp=_text(_at(comment, "updated_at")) or "",
        robot=_robot(_at(comment, "user"), _at(payload, "sender")),
    )


def _pull_changed(origin: Origin, payload: object) -> CheckWanted | None:
    """Returns that a pull request was opened, for the first time or again, or that its head is another one."""
    number = _positive(_at(payload, "pull_request", "number"))
    if number is None or _at(payload, "action") not in ("opened", "reopened", "synchronize"):
        return None
    return CheckWanted(origin, IssueNumber(number))


def _check_asked_again(origin: Origin, payload: object) -> CheckWanted | None:
    """Returns that somebody wants a check run of ours once more; GitHub tells that only to the App that made it."""
    identity = _positive(_at(payload, "check_run", "id"))
    number = pull_of_check(_text(_at(payload, "check_run", "external_id")) or "")
    if _at(payload, "action") != "rerequested" or identity is None or number is None:
        return None
    return CheckWanted(origin, number, identity)


def _robot(author: object, sender: object) -> int | None:
    """Returns the account of a bot that wrote something and nobody else with it; its name would prove nothing (#85)."""
    one, other = _positive(_at(author, "id")), _positive(_at(sender, "id"))
    return one if one == other and _at(author, "type") == _at(sender, "type") == "Bot" else None


def _label_changed(origin: Origin, payload: object) -> LabelChanged | None:
    """Returns the label that has another name now, or is gone; one that was made, or painted anew, is no news."""
    number, name = _positive(_at(payload, "label", "id")), _text(_at(payload, "label", "name"))
    match _at(payload, "action"):
        case "edited":
            before = _text(_at(payload, "changes", "name", "from"))
        case "deleted":
            before = name
        case _:
            before = None
    return LabelChanged(origin, number, before) if number is not None and before else None


def _origin(payload: object) -> Origin | None:
    """Returns where it happened; without repository, default branch or installation there is nothing we could do about it."""
    repository = _repository_id(_at(payload, "repository", "id"))
    name = _text(_at(payload, "repository", "full_name"))
    branch = _text(_at(payload, "repository", "default_branch"))
    installation = _installation_id(_at(payload, "installation", "id"))
    if repository is None or installation is None or not name or not branch:
        return None
    sender = _text(_at(payload, "sender", "login")) or _GHOST
    return Origin(repository, RepositoryName(name), branch, installation, sender)


# ── answers of the API: Unreadable where the shape is not the documented one ────────────────────────────────────────────


def repository_of(answer: object) -> RepositoryFacts:
    """Returns a repository."""
    return RepositoryFacts(
        id=RepositoryId(_need_number(answer, "id")),
        name=RepositoryName(_need_text(answer, "full_name")),
        default_branch=_need_text(answer, "default_branch"),
        archived=_at(answer, "archived") is True,
        fork=_at(answer, "fork") is True,
        has_issues=_at(answer, "has_issues") is not False,
        private=_at(answer, "private") is not False,
        html_url=_need_text(answer, "html_url"),
    )


def head_of(answer: object, branch: str) -> CommitSha:
    """Returns the commit a branch points to."""
    if _need_text(answer, "ref") != _BRANCH + branch:
        raise Unreadable("the answer is about another branch")
    return CommitSha(_need_sha(_at(answer, "object")))


def tree_of(answer: object) -> Tree:
    """Returns a tree without its directories."""
    entries, truncated = _at(answer, "tree"), _at(answer, "truncated")
    if not isinstance(entries, list) or not isinstance(truncated, bool):
        raise Unreadable("no tree")
    return Tree(tuple(_tree_entry(entry) for entry in entries if _at(entry, "type") != "tree"), truncated)


def _tree_entry(entry: object) -> TreeEntry:
    size = _at(entry, "size")
    return TreeEntry(
        path=DocumentPath(_need_text(entry, "path")),
        mode=_need_text(entry, "mode"),
        sha=BlobSha(_need_sha(entry)),
        size=size if isinstance(size, int) else None,
    )


def content_kind(answer: object) -> str:
    """Returns what stands at a path: `file`, `dir`, `symlink` or `submodule`."""
    return "dir" if isinstance(answer, list) else _need_text(answer, "type")


def content_of(answer: object) -> File | BlobSha:
    """Returns a file, or only its blob where it is too large for this answer (encoding `none`, above 1 MB)."""
    sha = BlobSha(_need_sha(answer))
    return sha if _at(answer, "encoding") == "none" else File(sha, blob_of(answer))


def blob_of(answer: object) -> bytes:
    """Returns a blob's bytes, as many as GitHub says it has."""
    content, encoding, size = _at(answer, "content"), _at(answer, "encoding"), _at(answer, "size")
    if not isinstance(content, str) or encoding != "base64":
        raise Unreadable(f"content in encoding {encoding!r}")
    try:
        data = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or (isinstance(size, int) and size != len(data)):
        raise Unreadable("content is cut or no base64")
    return data


def issue_of(answer: object) -> Issue | None:
    """Returns an issue, None for a pull request."""
    if _is_pull_request(answer):
        return None
    labels, state, body = _at(answer, "labels"), _at(answer, "state"), _at(answer, "body")
    text = "" if body is None else _string(body)
    if not isinstance(labels, list) or state not in ("open", "closed") or text is None:
        raise Unreadable("an issue without labels, state or readable body")
    return Issue(
        number=IssueNumber(_need_number(answer, "number")),
        title=_need_text(answer, "title"),
        body=text,
        open=state == "open",
        state_reason=_reason(_at(answer, "state_reason")),
        labels=tuple(_label_name(label) for label in labels),
        author=_text(_at(answer, "user", "login")) or _GHOST,
        updated_at=_need_text(answer, "updated_at"),
    )


def attempts_of(answer: object) -> tuple[Attempt, ...]:
    """Returns the attempts of a page of the webhook's log, without those under way; our store has GUIDs in lower case."""
    if not isinstance(answer, list):
        raise Unreadable("no list of deliveries")
    return tuple(
        Attempt(
            id=_need_number(entry, "id"),
            guid=DeliveryId(_need_text(entry, "guid").lower()),
            at=instant_of(_need_text(entry, "delivered_at")),
            reached=200 <= _status(entry) < 300,
        )
        for entry in answer
        if _at(entry, "status") != "pending"
    )


def _status(entry: object) -> int:
    """Returns the status that we answered with; 0 is none, where GitHub did not get through."""
    code = _at(entry, "status_code")
    return code if isinstance(code, int) else 0


def instant_of(text: str) -> float:
    """Returns a time in seconds since 1970; fractions of a second are read too, which other servers send."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        raise Unreadable("no time where one was expected")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def issues_of(answer: object) -> tuple[Issue, ...]:
    """Returns the issues of a page, pull requests left out."""
    if not isinstance(answer, list):
        raise Unreadable("no list of issues")
    return tuple(issue for entry in answer if (issue := issue_of(entry)) is not None)


def commit_of(answer: object) -> Commit:
    """Returns the commit of a file that was written."""
    commit, parents = _at(answer, "commit"), _at(answer, "commit", "parents")
    first = parents[0] if isinstance(parents, list) and parents else None
    parent = _sha(_at(first, "sha"))
    return Commit(CommitSha(_need_text(commit, "sha")), parent, BlobSha(_need_text(_at(answer, "content"), "sha")))


def comment_of(answer: object) -> Comment:
    """Returns a comment."""
    identity, author = CommentId(_need_number(answer, "id")), _text(_at(answer, "user", "login")) or _GHOST
    return Comment(identity, author, _text(_at(answer, "body")) or "", _need_text(answer, "created_at"))


def comments_of(answer: object) -> tuple[Comment, ...]:
    """Returns the comments of a page."""
    if not isinstance(answer, list):
        raise Unreadable("no list of comments")
    return tuple(comment_of(entry) for entry in answer)


def assignees_of(answer: object) -> frozenset[str]:
    """Returns who is assigned to an issue, in lower case."""
    listed = _at(answer, "assignees")
    if not isinstance(listed, list):
        raise Unreadable("an issue without assignees")
    return frozenset(_need_text(entry, "login").lower() for entry in listed)


def permission_of(answer: object) -> str:
    """Returns the word of a permission; the role says which of two share it, and a role that people named themselves says nothing."""
    permission, role = _need_text(answer, "permission"), _text(_at(answer, "role_name"))
    return str(role) if (permission, role) in {("write", "maintain"), ("read", "triage")} else permission


def milestones_of(answer: object) -> tuple[tuple[int, str], ...]:
    """Returns the milestones of a page, each with its number and its title."""
    if not isinstance(answer, list):
        raise Unreadable("no list of milestones")
    return tuple((_need_number(entry, "number"), _need_text(entry, "title")) for entry in answer)


def membership_of(answer: object) -> bool:
    """Tells whether somebody is a member; who was only invited is none."""
    return _need_text(answer, "state") == "active"


def head_sha_of(answer: object) -> CommitSha:
    """Returns the commit that a ref points to."""
    return CommitSha(_need_text(_at(answer, "object"), "sha"))


def pull_of(answer: object) -> Pull:
    """Returns a pull request."""
    return Pull(IssueNumber(_need_number(answer, "number")), _need_text(answer, "title"), _text(_at(answer, "body")) or "")


def pulls_of(answer: object) -> tuple[Pull, ...]:
    """Returns a list of pull requests."""
    if not isinstance(answer, list):
        raise Unreadable("no list of pull requests")
    return tuple(pull_of(entry) for entry in answer)


def pull_head_of(answer: object) -> PullHead:
    """Returns what a pull request shows now."""
    state, files = _at(answer, "state"), _at(answer, "changed_files")
    if state not in ("open", "closed") or not isinstance(files, int):
        raise Unreadable("a pull request without state or number of files")
    return PullHead(
        CommitSha(_need_sha(_at(answer, "head"))), state == "open", files, _text(_at(answer, "user", "login")) or _GHOST
    )


def pull_files_of(answer: object) -> tuple[DocumentPath, ...]:
    """Returns the paths of a page of files; those that were renamed with both their paths."""
    if not isinstance(answer, list):
        raise Unreadable("no list of files")
    before = (_text(_at(entry, "previous_filename")) for entry in answer)
    paths = [*(_need_text(entry, "filename") for entry in answer), *(path for path in before if path)]
    return tuple(DocumentPath(path) for path in paths)


def check_runs_of(answer: object) -> tuple[CheckRun, ...]:
    """Returns the check runs of a page."""
    listed = _at(answer, "check_runs")
    if not isinstance(listed, list):
        raise Unreadable("no list of check runs")
    return tuple(check_run_of(entry) for entry in listed)


def check_run_of(answer: object) -> CheckRun:
    """Returns a check run."""
    annotations = _at(answer, "output", "annotations_count")
    return CheckRun(
        id=_need_number(answer, "id"),
        external=_text(_at(answer, "external_id")) or "",
        completed=_need_text(answer, "status") == "completed",
        annotations=annotations if isinstance(annotations, int) else 0,
    )


def labels_of(answer: object) -> tuple[tuple[int, str], ...]:
    """Returns the labels of a page, each with its id and its name."""
    if not isinstance(answer, list):
        raise Unreadable("no list of labels")
    return tuple((_need_number(entry, "id"), _need_text(entry, "name")) for entry in answer)


def label_of(answer: object) -> int | None:
    """Returns the id of a label, None where a server does not say it."""
    _need_text(answer, "name")
    return _positive(_at(answer, "id"))


def id_of(answer: object) -> int:
    """Returns the `id` of an object."""
    return _need_number(answer, "id")


def slug_of(answer: object) -> str:
    """Returns the App's slug."""
    return _need_text(answer, "slug")


def registration_of(answer: object) -> Registration:
    """Returns the App as it is registered."""
    permissions, events = _at(answer, "permissions"), _at(answer, "events")
    if not isinstance(permissions, dict) or not isinstance(events, list):
        raise Unreadable("no App")
    return Registration(
        slug=slug_of(answer),
        permissions={str(name): str(level) for name, level in permissions.items()},
        events=frozenset(map(str, events)),
    )


def token_of(answer: object) -> tuple[str, str]:
    """Returns a token and when it ends."""
    return _need_text(answer, "token"), _need_text(answer, "expires_at")


def message_of(answer: object) -> str:
    """Returns what GitHub says of its refusal, "" where it says nothing readable."""
    return _text(_at(answer, "message")) or ""


def codes_of(answer: object) -> tuple[str, ...]:
    """Returns the codes of the `errors` of a refusal."""
    errors = _at(answer, "errors")
    if not isinstance(errors, list):
        return ()
    codes = (_text(error) or _text(_at(error, "code")) for error in errors)
    return tuple(code for code in codes if code)


# ── taking apart ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _at(value: object, *keys: str) -> Any:
    """Returns what stands at the end of the keys, None where there is none; a JSON null looks the same."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _string(value: object) -> str | None:
    """Returns a string that can be stored and sent as UTF-8; JSON can spell others (a lone surrogate)."""
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _text(value: object) -> str | None:
    """Returns a string without NUL, which no database column and no URL takes."""
    text = _string(value)
    return None if text is None or "\0" in text else text


def _positive(value: object) -> int | None:
    """Returns a number that can be an id: positive and within the 64 bits of a database column."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_ID else None


def _sha(value: object) -> CommitSha | None:
    return CommitSha(value) if isinstance(value, str) and _SHA.fullmatch(value) else None


def _is_null(sha: CommitSha | None) -> bool:
    """Tells whether it is the id of zeros that stands for "no commit"."""
    return sha is not None and not sha.strip("0")


def _repository_id(value: object) -> RepositoryId | None:
    number = _positive(value)
    return None if number is None else RepositoryId(number)


def _installation_id(value: object) -> InstallationId | None:
    number = _positive(value)
    return None if number is None else InstallationId(number)


def _is_pull_request(issue: object) -> bool:
    return _at(issue, "pull_request") is not None


def _reason(value: object) -> StateReason | None:
    """Returns why an issue is closed; a word that GitHub has added since is none."""
    return next((reason for reason in StateReason if reason == value), None)


def _label_name(label: object) -> str:
    return label if isinstance(label, str) else _need_text(label, "name")


def _need_text(value: object, key: str) -> str:
    text = _text(_at(value, key))
    if text is None:
        raise Unreadable(f"no text at {key}")
    return text


def _need_number(value: object, key: str) -> int:
    number = _positive(_at(value, key))
    if number is None:
        raise Unreadable(f"no number at {key}")
    return number


def _need_sha(value: object) -> str:
    sha = _sha(_at(value, "sha"))
    if sha is None:
        raise Unreadable("no object id at sha")
    return sha


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _object_without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value
