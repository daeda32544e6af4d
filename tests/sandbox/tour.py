"""One walk over everything that the sandbox can do, for the tests that look at shapes: every REST operation, every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox import Role

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Stage

FILE = "KNOWN_GAPS.md"


@dataclass(frozen=True, slots=True)
class Step:
    """A call and the status that it must have."""

    method: str
    path: str
    status: int
    body: Any = None
    app: bool = False

    @property
    def id(self) -> str:
        return f"{self.method} {self.path} {self.status}"


def build(stage: Stage) -> None:
    """People at work: the steps below speak of what they leave behind."""
    demo = stage.demo
    demo.push({FILE: "- [ ] One\n", "docs/a.md": "a\n", "link.md": FILE}, by="ada", modes={"link.md": "120000"})
    demo.push({FILE: "- [ ] One\n- [ ] Two\n"}, by="wim", branch="topic", message="Two")
    demo.push({"big.bin": b"x" * 1_048_577}, by="wim", branch="big")
    demo.create_label("gap", by="wim", color="ABCDEF", description="A known gap")
    demo.add_milestone("Hardening", by="wim")
    demo.open_issue(by="rea", title="First", body="Hello", labels=["gap"])
    demo.open_issue(by="wim", title="Second", labels=["Gap", "priority: p1"], assignees=["wim"])
    demo.open_pull(by="wim", title="Third", head="topic", body="Please")
    demo.comment(1, "A comment", by="rea")
    demo.react(demo.issue(1), "eyes", by="gapkeeper[bot]")
    demo.react(next(iter(demo.issue(1).comments.values())), "eyes", by="gapkeeper[bot]")
    demo.create_check(by="gapkeeper[bot]", name="early", head_sha=demo.head().sha)


def steps(stage: Stage) -> list[Step]:
    """Every operation at least once, in an order in which each can succeed."""
    demo, repo = stage.demo, "/repos/acme/demo"
    head, blob = demo.head(), demo.files()[FILE].sha
    comment = next(iter(demo.issue(1).comments))
    reaction, answered = demo.issue(1).reactions[0].id, demo.issue(1).comments[comment].reactions[0].id
    check = next(iter(demo.checks))
    second = demo.issue(2).id
    one = f"{repo}/issues/1"
    output = {"title": "Read", "summary": "2 gaps", "annotations": [_annotation()]}
    return [
        Step("GET", "/app", 200, app=True),
        Step("GET", "/app/installations", 200, app=True),
        Step("GET", f"/app/installations/{stage.installation.id}", 200, app=True),
        Step("POST", f"/app/installations/{stage.installation.id}/access_tokens", 201, {}, app=True),
        Step("GET", f"{repo}/installation", 200, app=True),
        Step("GET", "/orgs/acme/installation", 200, app=True),
        Step("GET", "/users/acme/installation", 200, app=True),
        Step("GET", "/app/hook/deliveries", 200, app=True),
        Step("GET", "/app/hook/deliveries/1", 200, app=True),
        Step("POST", "/app/hook/deliveries/1/attempts", 202, app=True),
        Step("GET", "/installation/repositories", 200),
        Step("GET", "/rate_limit", 200),
        Step("GET", repo, 200),
        Step("PUT", f"{repo}/collaborators/rea", 403, {"permission": "pull"}),
        Step("GET", f"{repo}/collaborators/wim/permission", 200),
        Step("GET", f"{repo}/contents/{FILE}", 200),
        Step("GET", f"{repo}/contents/link.md", 200),
        Step("GET", f"{repo}/contents/docs", 200),
        Step("GET", f"{repo}/contents/nope.md", 404),
        Step("PUT", f"{repo}/contents/new.md", 201, {"message": "Add", "content": "YQ=="}),
        Step("PUT", f"{repo}/contents/{FILE}", 200, {"message": "Change", "content": "YQ==", "sha": blob}),
        Step("PUT", f"{repo}/contents/{FILE}", 409, {"message": "Change", "content": "YQ==", "sha": blob}),
        Step("DELETE", f"{repo}/contents/docs/a.md", 200, {"message": "Drop", "sha": demo.files()["docs/a.md"].sha}),
        Step("GET", f"{repo}/branches", 200),
        Step("GET", f"{repo}/branches/main", 200),
        Step("GET", f"{repo}/commits", 200),
        Step("GET", f"{repo}/commits/main", 200),
        Step("GET", f"{repo}/compare/main...topic", 200),
        Step("GET", f"{repo}/git/ref/heads/main", 200),
        Step("GET", f"{repo}/git/matching-refs/heads/", 200),
        Step("POST", f"{repo}/git/refs", 201, {"ref": "refs/heads/gapkeeper/sync", "sha": head.sha}),
        Step("PATCH", f"{repo}/git/refs/heads/gapkeeper/sync", 200, {"sha": demo.head("topic").sha}),
        Step("DELETE", f"{repo}/git/refs/heads/gapkeeper/sync", 204),
        Step("GET", f"{repo}/git/trees/{head.tree}", 200),
        Step(
            "POST",
            f"{repo}/git/trees",
            201,
            {"base_tree": head.tree, "tree": [{"path": "x", "mode": "100644", "type": "blob", "content": "x"}]},
        ),
        Step("GET", f"{repo}/git/blobs/{blob}", 200),
        Step("POST", f"{repo}/git/blobs", 201, {"content": "a", "encoding": "utf-8"}),
        Step("GET", f"{repo}/git/commits/{head.sha}", 200),
        Step("POST", f"{repo}/git/commits", 201, {"message": "m", "tree": head.tree, "parents": [head.sha]}),
        Step("GET", f"{repo}/issues", 200),
        Step("POST", f"{repo}/issues", 201, {"title": "Fourth", "body": "b", "labels": ["gap"], "milestone": 1}),
        Step("POST", f"{repo}/issues", 422, {"title": "x" * 257}),
        Step("GET", one, 200),
        Step("GET", f"{repo}/issues/99", 404),
        Step("PATCH", one, 200, {"title": "Renamed", "state": "closed", "state_reason": "not_planned"}),
        Step("GET", f"{one}/labels", 200),
        Step("POST", f"{one}/labels", 200, {"labels": ["new one"]}),
        Step("PUT", f"{one}/labels", 200, {"labels": ["gap", "other"]}),
        Step("DELETE", f"{one}/labels/other", 200),
        Step("DELETE", f"{one}/labels", 204),
        Step("POST", f"{one}/assignees", 201, {"assignees": ["wim", "nobody-here"]}),
        Step("DELETE", f"{one}/assignees", 200, {"assignees": ["wim"]}),
        Step("GET", f"{repo}/milestones", 200),
        Step("POST", f"{repo}/issues", 422, {"title": "Sixth", "milestone": 99}),
        Step("POST", f"{repo}/issues", 422, {"title": "Sixth", "assignees": ["nobody-here"]}),
        Step("GET", f"{repo}/labels", 200),
        Step("POST", f"{repo}/labels", 201, {"name": "area: a/b", "color": "00ff00", "description": "d"}),
        Step("POST", f"{repo}/labels", 422, {"name": "AREA: A/B"}),
        Step("GET", f"{repo}/labels/gap", 200),
        Step("PATCH", f"{repo}/labels/gap", 200, {"color": "123456"}),
        Step("DELETE", f"{repo}/labels/other", 204),
        Step("GET", f"{one}/comments", 200),
        Step("POST", f"{one}/comments", 201, {"body": "Hi"}),
        Step("GET", f"{repo}/issues/comments", 200),
        Step("GET", f"{repo}/issues/comments/{comment}", 200),
        Step("PATCH", f"{repo}/issues/comments/{comment}", 200, {"body": "Changed"}),
        Step("POST", f"{repo}/issues/comments/{comment}/reactions", 201, {"content": "+1"}),
        Step("POST", f"{repo}/issues/comments/{comment}/reactions", 200, {"content": "+1"}),
        Step("GET", f"{repo}/issues/comments/{comment}/reactions", 200),
        Step("DELETE", f"{repo}/issues/comments/{comment}/reactions/{answered}", 204),
        Step("DELETE", f"{repo}/issues/comments/{comment}", 204),
        Step("GET", f"{one}/reactions", 200),
        Step("POST", f"{one}/reactions", 201, {"content": "heart"}),
        Step("DELETE", f"{one}/reactions/{reaction}", 204),
        Step("POST", f"{one}/sub_issues", 201, {"sub_issue_id": second}),
        Step("GET", f"{one}/sub_issues", 200),
        Step("DELETE", f"{one}/sub_issue", 200, {"sub_issue_id": second}),
        Step("POST", f"{one}/dependencies/blocked_by", 201, {"issue_id": second}),
        Step("GET", f"{one}/dependencies/blocked_by", 200),
        Step("GET", f"{repo}/issues/2/dependencies/blocking", 200),
        Step("DELETE", f"{one}/dependencies/blocked_by/{second}", 200),
        Step("PUT", f"{one}/lock", 204),
        Step("DELETE", f"{one}/lock", 204),
        Step("GET", f"{repo}/pulls", 200),
        Step("GET", f"{repo}/pulls/3", 200),
        Step("PATCH", f"{repo}/pulls/3", 200, {"title": "Third, again"}),
        Step("GET", f"{repo}/pulls/3/files", 200),
        Step("POST", f"{repo}/pulls", 201, {"title": "Big", "head": "big", "base": "main"}),
        Step("POST", f"{repo}/pulls", 422, {"title": "Big", "head": "big", "base": "main"}),
        Step("PUT", f"{repo}/pulls/5/merge", 200),
        Step("POST", f"{repo}/check-runs", 201, {"name": "gapkeeper", "head_sha": head.sha, "status": "in_progress"}),
        Step(
            "POST", f"{repo}/check-runs", 201, {"name": "lint", "head_sha": head.sha, "conclusion": "neutral", "output": output}
        ),
        Step("GET", f"{repo}/commits/{head.sha}/check-runs", 200),
        Step("GET", f"{repo}/check-runs/{check}", 200),
        Step("PATCH", f"{repo}/check-runs/{check}", 200, {"conclusion": "success", "output": output}),
        Step("GET", f"{repo}/check-runs/{check}/annotations", 200),
        Step("POST", f"{repo}/check-runs/{check}/rerequest", 201),
    ]


def _annotation() -> dict[str, Any]:
    return {"path": FILE, "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "No priority"}


def live(stage: Stage) -> None:
    """The rest of what people may do, for the events that it causes."""
    demo, world = stage.demo, stage.world
    first = demo.open_issue(by="ada", title="Life of an issue", body="b", labels=["gap"], assignees=["ada"]).number
    demo.edit_issue(first, by="ada", title="Renamed", body=None, labels=["other"], assignees=[])
    demo.close_issue(first, by="tia", reason="duplicate")
    demo.reopen_issue(first, by="tia")
    demo.lock_issue(first, by="tia")
    demo.lock_issue(first, by="tia", locked=False)
    said = demo.comment(first, "One", by="rea")
    demo.edit_comment(said.id, "Two", by="rea")
    demo.delete_comment(said.id, by="wim")
    demo.edit_label("other", by="wim", new_name="another", color="ffffff")
    demo.delete_label("another", by="wim")
    demo.push({"b.md": "b"}, by="wim", branch="side")
    demo.push({"b.md": "c"}, by="wim", branch="side")
    demo.push({"b.md": "d"}, by="wim", branch="side", parent=demo.head().sha, force=True)
    pull = demo.open_pull(by="wim", title="Side", head="side").number
    demo.push({"b.md": "e"}, by="wim", branch="side")
    demo.add_labels(pull, ["gap"], by="wim")
    demo.close_issue(pull, by="wim")
    demo.delete_branch("side", by="wim")
    other = world.add_repository("acme/other", private=True)
    other.allow("ada", Role.ADMIN)
    demo.transfer_issue(first, other, by="ada")
    demo.delete_issue(demo.open_issue(by="rea", title="Spam").number, by="ada")
    world.choose_repositories(stage.installation, add=[other], by="ada")
    world.choose_repositories(stage.installation, remove=[other], by="ada")
    demo.push({"x": "x"}, by="ada", branch="next")
    demo.set_default_branch("next", by="ada")
    demo.rename("renamed", by="ada")
    demo.archive(by="ada")
    demo.archive(by="ada", archived=False)
    world.suspend(stage.installation, by="ada")
    world.suspend(stage.installation, by="ada", suspended=False)
    world.uninstall(stage.installation, by="ada")


async def take(stage: Stage, step: Step) -> httpx.Response:
    """Make the call of a step, as the App itself or as its installation."""
    from tests.sandbox.conftest import jwt

    return await stage.ask(step.method, step.path, step.body, token=jwt(stage.app) if step.app else "")
