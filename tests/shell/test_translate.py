"""Webhooks as events: the right value for what GitHub sends, nothing for what it never sends, and never an exception."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.events import BranchDeleted, IssueChanged, Origin, Pushed, RepositoryChanged
from bot.core.names import CommitSha, DocumentPath, InstallationId, IssueNumber, RepositoryId, RepositoryName
from bot.github.model import Envelope
from bot.github.translate import envelope, event_of, payload_of

BEFORE, AFTER, ZEROS = "a" * 40, "b" * 40, "0" * 40
ORIGIN = Origin(RepositoryId(1), RepositoryName("octo/gaps"), "main", InstallationId(100), "ada")
GHOSTLY = replace(ORIGIN, sender="ghost")
ABSENT: Any = object()


def payload(**changes: Any) -> dict[str, Any]:
    """A delivery's common part; ABSENT leaves a key out."""
    whole = {
        "repository": {"id": 1, "full_name": "octo/gaps", "default_branch": "main", "name": "gaps"},
        "installation": {"id": 100, "node_id": "x"},
        "sender": {"login": "ada", "type": "User"},
    } | changes
    return {key: value for key, value in whole.items() if value is not ABSENT}


def commit(*, added: object = (), modified: object = (), removed: object = ()) -> dict[str, Any]:
    def listed(paths: object) -> object:
        return list(paths) if isinstance(paths, tuple) else paths

    return {"id": AFTER, "added": listed(added), "modified": listed(modified), "removed": listed(removed)}


def push(**changes: Any) -> dict[str, Any]:
    whole = {
        "ref": "refs/heads/main",
        "before": BEFORE,
        "after": AFTER,
        "created": False,
        "deleted": False,
        "forced": False,
        "commits": [commit(modified=("GAPS.md",))],
    }
    return payload(**(whole | changes))


def pushed(paths: set[str] | None, **changes: Any) -> Pushed:
    known = None if paths is None else frozenset(DocumentPath(path) for path in paths)
    values: dict[str, Any] = {"branch": "main", "before": CommitSha(BEFORE), "after": CommitSha(AFTER), "forced": False}
    return Pushed(ORIGIN, **(values | changes), paths=known)


PUSHES: dict[str, tuple[dict[str, Any], object]] = {
    "one commit": (push(), pushed({"GAPS.md"})),
    "all kinds of all commits": (
        push(commits=[commit(added=("a",), modified=("b",)), commit(removed=("c", "a"))]),
        pushed({"a", "b", "c"}),
    ),
    "an empty commit": (push(commits=[commit()]), pushed(set())),
    "to where it was": (push(commits=[], after=BEFORE), pushed(set(), after=CommitSha(BEFORE))),
    "odd paths": (push(commits=[commit(added=("ä\n#?%.md", "..."))]), pushed({"ä\n#?%.md", "..."})),
    "#53 no commits listed": (push(commits=ABSENT), pushed(None)),
    "#53 commits null": (push(commits=None), pushed(None)),
    "#53 an empty list though it moved": (push(commits=[]), pushed(None)),
    "#53 2047 commits": (push(commits=[commit(modified=("a",))] * 2047), pushed({"a"})),
    "#53 2048 commits": (push(commits=[commit(modified=("a",))] * 2048), pushed(None)),
    "#53 forced": (push(forced=True), pushed(None, forced=True)),
    "#53 created": (push(created=True, before=ZEROS), pushed(None, before=CommitSha(ZEROS))),
    "#53 created, told by zeros only": (push(created=ABSENT, before=ZEROS), pushed(None, before=CommitSha(ZEROS))),
    "#53 deleted": (push(deleted=True, after=ZEROS, commits=[]), BranchDeleted(ORIGIN, "main")),
    "#53 deleted, told by zeros only": (push(deleted=ABSENT, after=ZEROS), BranchDeleted(ORIGIN, "main")),
    "#53 deleted, told by the flag only": (push(deleted=True, after=ABSENT), BranchDeleted(ORIGIN, "main")),
    "#53 another branch": (push(ref="refs/heads/feature/x"), pushed({"GAPS.md"}, branch="feature/x")),
    "#53 a branch named like a ref": (push(ref="refs/heads/refs/heads/x"), pushed({"GAPS.md"}, branch="refs/heads/x")),
    "#53 a tag": (push(ref="refs/tags/v1"), None),
    "#53 a deleted tag": (push(ref="refs/tags/v1", deleted=True, after=ZEROS), None),
    "a sha256 repository": (push(after="c" * 64), pushed({"GAPS.md"}, after=CommitSha("c" * 64))),
    "flags absent": (push(created=ABSENT, deleted=ABSENT, forced=ABSENT), pushed({"GAPS.md"})),
    "extra fields": (push(novelty={"x": [1]}), pushed({"GAPS.md"})),
    "#12 a commit without lists": (push(commits=[{"id": AFTER}]), pushed(None)),
    "#12 a list that is a string": (push(commits=[commit(added="GAPS.md")]), pushed(None)),
    "#12 a path that is a number": (push(commits=[commit(added=(1,))]), pushed(None)),
    "#12 a path that is half a character": (push(commits=[commit(added=("\ud83d.md",))]), pushed(None)),
    "#12 a commit that is none": (push(commits=[None]), pushed(None)),
    "#12 commits that are an object": (push(commits={"0": commit()}), pushed(None)),
    "#12 after that is no id": (push(after="main"), None),
    "#12 after with a line end": (push(after=AFTER + "\n"), None),
    "#12 before absent": (push(before=ABSENT), None),
    "#12 ref absent": (push(ref=ABSENT), None),
    "#12 ref of no name": (push(ref="refs/heads/"), None),
    "#12 ref a number": (push(ref=5), None),
}


@pytest.mark.parametrize(("given_payload", "event"), PUSHES.values(), ids=PUSHES)
def test_a_push(given_payload: dict[str, Any], event: object) -> None:
    assert event_of("push", given_payload) == event


OTHERS: dict[str, tuple[str, object, object]] = {
    "issue": ("issues", payload(action="closed", issue={"number": 7}), IssueChanged(ORIGIN, IssueNumber(7), "closed")),
    "issue of a new action": (
        "issues",
        payload(action="typed", issue={"number": 7}),
        IssueChanged(ORIGIN, IssueNumber(7), "typed"),
    ),
    "issue that is a pull request": (
        "issues",
        payload(action="labeled", issue={"number": 7, "pull_request": {"url": "x"}}),
        None,
    ),
    "issue without number": ("issues", payload(action="closed", issue={}), None),
    "issue number true": ("issues", payload(action="closed", issue={"number": True}), None),
    "issue null": ("issues", payload(action="closed", issue=None), None),
    "issue without action": ("issues", payload(issue={"number": 7}), None),
    "repository": ("repository", payload(action="renamed"), RepositoryChanged(ORIGIN, "renamed")),
    "repository without action": ("repository", payload(), None),
    "ghost": ("repository", payload(action="archived", sender=None), RepositoryChanged(GHOSTLY, "archived")),
    "sender absent": ("repository", payload(action="archived", sender=ABSENT), RepositoryChanged(GHOSTLY, "archived")),
    "#12 unknown event": ("meteor_shower", payload(action="x"), None),
    "#12 no installation": ("repository", payload(action="renamed", installation=ABSENT), None),
    "#12 installation null": ("repository", payload(action="renamed", installation=None), None),
    "#12 no repository": ("repository", payload(action="renamed", repository=ABSENT), None),
    "#12 no default branch": ("repository", payload(action="x", repository={"id": 1, "full_name": "a/b"}), None),
    "#12 id a string": ("repository", payload(action="x", installation={"id": "100"}), None),
    "#12 id of 70 bits": ("repository", payload(action="x", installation={"id": 2**70}), None),
    "#12 id negative": ("repository", payload(action="x", installation={"id": -1}), None),
    "#11 list": ("push", [], None),
    "#11 null": ("push", None, None),
    "#11 string": ("push", "payload", None),
    "installation": ("installation", {"action": "created", "installation": {"id": 100}, "repositories": []}, None),
}


@pytest.mark.parametrize(("name", "given_payload", "event"), OTHERS.values(), ids=OTHERS)
def test_other_events(name: str, given_payload: object, event: object) -> None:
    assert event_of(name, given_payload) == event


ENVELOPES: dict[str, tuple[object, Envelope]] = {
    "push": (push(), Envelope("x", None, RepositoryId(1), InstallationId(100))),
    "action": (payload(action="closed"), Envelope("x", "closed", RepositoryId(1), InstallationId(100))),
    "installation": ({"action": "deleted", "installation": {"id": 5}}, Envelope("x", "deleted", None, InstallationId(5))),
    "ping": ({"zen": "Keep it logically awesome.", "hook_id": 1}, Envelope("x", None, None, None)),
    "#11 list": ([], Envelope("x", None, None, None)),
    "#11 null": (None, Envelope("x", None, None, None)),
    "#11 number": (5, Envelope("x", None, None, None)),
    "#12 repository a list": ({"repository": [1]}, Envelope("x", None, None, None)),
    "#12 id true": ({"repository": {"id": True}}, Envelope("x", None, None, None)),
    "#12 id a fraction": ({"repository": {"id": 1.0}}, Envelope("x", None, None, None)),
    "#12 id zero": ({"repository": {"id": 0}}, Envelope("x", None, None, None)),
    "#12 id of 64 bits": ({"repository": {"id": 2**63}}, Envelope("x", None, None, None)),
    "#12 action a list": ({"action": ["closed"]}, Envelope("x", None, None, None)),
    "#12 action with NUL": ({"action": "clo\0sed"}, Envelope("x", None, None, None)),
    "#12 action half a character": ({"action": "\ud83d"}, Envelope("x", None, None, None)),
}


@pytest.mark.parametrize(("given_payload", "expected"), ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope(given_payload: object, expected: Envelope) -> None:
    assert envelope("x", given_payload) == expected


BODIES: dict[str, tuple[bytes, object]] = {
    "object": (b'{"a": {"b": [1, null]}}', {"a": {"b": [1, None]}}),
    "the same key at two places": (b'{"a": {"a": 1}}', {"a": {"a": 1}}),
    "#11 broken": (b'{"a": ', None),
    "#11 empty": (b"", None),
    "#11 list": (b"[]", None),
    "#11 null": (b"null", None),
    "#11 NaN": (b'{"a": NaN}', None),
    "#11 infinity": (b'{"a": -Infinity}', None),
    "#11 doubled key": (b'{"a": 1, "a": 2}', None),
    "#11 doubled key inside": (b'{"x": [{"a": 1, "a": 1}]}', None),
    "#11 5000 digits": (b'{"a": ' + b"1" * 5000 + b"}", None),
    "#11 100k deep": (b"[" * 100_000, None),
    "#11 100k deep object": (b'{"a":' * 100_000, None),
    "#11 no UTF-8": (b'{"a": "\xff"}', None),
    "#11 form": (b"payload=%7B%7D", None),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_a_body(body: bytes, expected: object) -> None:
    assert payload_of(body) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.sampled_from([AFTER, ZEROS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WHOLE: dict[str, Any] = push(action="closed", issue={"number": 7, "labels": []})
SPOTS = [
    "repository", "repository.id", "repository.full_name", "repository.default_branch", "installation", "installation.id",
    "sender", "sender.login", "ref", "before", "after", "created", "deleted", "forced", "commits", "commits.0", "commits.0.added",
    "commits.0.removed", "action", "issue", "issue.number",
]  # fmt: skip


@given(st.sampled_from(["push", "issues", "repository", "ping", ""]), st.sampled_from(SPOTS), JSON)
def test_fault_12_no_value_at_any_place_raises_and_what_is_read_can_be_stored(name: str, spot: str, value: object) -> None:
    damaged = copy.deepcopy(WHOLE)
    inner: Any = damaged
    *way, last = (int(key) if key.isdigit() else key for key in spot.split("."))
    for key in way:
        inner = inner[key]
    inner[last] = value
    assert repr(envelope(name, damaged)).encode()
    event = event_of(name, damaged)
    if isinstance(event, Pushed):
        for path in event.paths or ():
            assert path.encode().decode() == path


@given(st.sampled_from(["push", "issues", "repository"]), JSON)
def test_fault_12_a_payload_of_any_shape_is_ignored(name: str, value: object) -> None:
    assert envelope(name, value).event == name
    assert event_of(name, value) is None
