"""Whatever people and an App do, in whatever order: the world stays whole, REST shows the model, deliveries tell each change."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.sandbox import Refusal, signature
from bot.sandbox.git import ZERO
from tests.sandbox.conftest import ROLES, Stage, staged

WHO = st.sampled_from([*ROLES, "gapkeeper[bot]"])
NUMBER = st.integers(1, 6)
TEXT = st.text(max_size=12)
LABELS = st.lists(st.sampled_from(["gap", "GAP", "Gap", "p1", "x" * 51]), max_size=3)
PATHS = st.sampled_from(["GAPS.md", "docs/a.md", "docs/b.md"])
BRANCHES = st.sampled_from(["main", "topic"])


class Acts(RuleBasedStateMachine):
    """Acts at random; what GitHub refuses changes nothing and tells nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage = staged()
        self.demo = self.stage.demo

    @contextlib.contextmanager
    def tried(self) -> Any:
        before, told = self.picture(), len(self.stage.hooks.log)
        refused = True
        with contextlib.suppress(Refusal):
            yield
            refused = False
        if refused:
            assert (self.picture(), len(self.stage.hooks.log)) == (before, told)
        self.stage.clock.advance(1)

    def picture(self) -> Any:
        issues = {
            number: (
                one.title,
                one.body,
                one.open,
                one.state_reason,
                tuple(label.name for label in one.labels),
                len(one.comments),
            )
            for number, one in self.demo.issues.items()
        }
        return issues, dict(self.demo.branches), sorted(self.demo.labels)

    @rule(by=WHO, path=PATHS, data=st.none() | st.binary(max_size=4), branch=BRANCHES)
    def push(self, by: str, path: str, data: bytes | None, branch: str) -> None:
        with self.tried():
            self.demo.push({path: data}, by=by, branch=branch)

    @rule(by=WHO, path=PATHS, branch=BRANCHES, stale=st.booleans())
    def put(self, by: str, path: str, branch: str, stale: bool) -> None:
        with self.tried():
            entry = self.demo.files(branch).get(path)
            sha = "0" * 40 if stale else entry.sha if entry else None
            self.demo.put_file(path, b"put", by=by, message="m", sha=sha, branch=branch)

    @rule(by=WHO, branch=BRANCHES)
    def rewrite(self, by: str, branch: str) -> None:
        with self.tried():
            head = self.demo.head(branch)
            self.demo.push(
                {"GAPS.md": "new"}, by=by, branch=branch, parent=head.parents[0] if head.parents else head.sha, force=True
            )

    @rule(by=WHO)
    def drop_branch(self, by: str) -> None:
        with self.tried():
            self.demo.delete_branch("topic", by=by)

    @rule(by=WHO, title=TEXT, labels=LABELS)
    def open_issue(self, by: str, title: str, labels: list[str]) -> None:
        with self.tried():
            self.demo.open_issue(by=by, title=title, labels=labels)

    @rule(by=WHO, number=NUMBER, title=TEXT, labels=LABELS, state=st.sampled_from([None, "open", "closed"]))
    def edit_issue(self, by: str, number: int, title: str, labels: list[str], state: str | None) -> None:
        with self.tried():
            self.demo.edit_issue(number, by=by, title=title, labels=labels, state=state)

    @rule(by=WHO, number=NUMBER, body=TEXT)
    def say(self, by: str, number: int, body: str) -> None:
        with self.tried():
            self.demo.comment(number, body, by=by)

    @rule(by=WHO, number=NUMBER)
    def delete_issue(self, by: str, number: int) -> None:
        with self.tried():
            self.demo.delete_issue(number, by=by)

    @rule(by=WHO, archived=st.booleans())
    def archive(self, by: str, archived: bool) -> None:
        with self.tried():
            self.demo.archive(by=by, archived=archived)

    @rule(by=WHO)
    def pull(self, by: str) -> None:
        with self.tried():
            self.demo.open_pull(by=by, title="Topic", head="topic")

    @rule(by=WHO, number=NUMBER)
    def merge(self, by: str, number: int) -> None:
        with self.tried():
            self.demo.merge_pull(number, by=by)

    @invariant()
    def every_branch_has_a_readable_head(self) -> None:
        for name in self.demo.branches:
            assert all(entry.sha in self.demo.git.blobs for entry in self.demo.files(name).values())

    @invariant()
    def labels_are_unique_and_known(self) -> None:
        for one in self.demo.issues.values():
            names = [label.name.lower() for label in one.labels]
            assert len(set(names)) == len(names)
            assert all(self.demo.labels[name] in one.labels for name in names)

    @invariant()
    def pushes_lead_from_head_to_head(self) -> None:
        heads: dict[str, str] = {}
        for one in self.stage.hooks.log:
            if one.event == "push":
                push = one.payload
                assert push["before"] == heads.get(push["ref"], ZERO)
                heads[push["ref"]] = push["after"]
        assert {f"refs/heads/{name}": sha for name, sha in self.demo.branches.items()} == {
            name: sha for name, sha in heads.items() if sha != ZERO
        }

    @invariant()
    def issues_are_told_until_the_last_change(self) -> None:
        told: dict[int, tuple[str, bool, list[str]]] = {}
        for one in self.stage.hooks.log:
            if one.event == "issues":
                shown = one.payload["issue"]
                told[shown["number"]] = (shown["title"], shown["state"] == "open", [label["name"] for label in shown["labels"]])
                if one.action == "deleted":
                    del told[shown["number"]]
        assert told == {
            number: (one.title, one.open, [label.name for label in one.labels])
            for number, one in self.demo.issues.items()
            if one.pull is None
        }

    def teardown(self) -> None:
        stage = self.stage
        assert all(one.headers["x-hub-signature-256"] == signature(stage.hooks.secret, one.body) for one in stage.hooks.log)
        listed = asyncio.run(stage.ask("GET", "/repos/acme/demo/issues?state=all&per_page=100&direction=asc")).json()
        assert [(one["number"], one["title"]) for one in listed] == [
            (one.number, one.title) for one in stage.demo.issues.values()
        ]


TestActs = Acts.TestCase
TestActs.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
