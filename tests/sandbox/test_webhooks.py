"""Deliveries: what each act tells the App, how it is signed, and what the policy makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from bot.sandbox import Decision, Delivery, GitHub, Webhooks, signature
from bot.sandbox.git import ZERO
from tests.sandbox import tour
from tests.sandbox.conftest import staged

if TYPE_CHECKING:
    from tests.sandbox.conftest import Stage

pytestmark = pytest.mark.anyio


def test_signature_of_githubs_own_example() -> None:
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation."""
    assert (
        signature("It's a Secret to Everybody", b"Hello, World!")
        == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


async def test_headers_and_body(stage: Stage) -> None:
    stage.demo.push({"KNOWN_GAPS.md": "- [ ] Ünïcode\n"}, by="wim")
    await stage.hooks.flush()
    headers, body = stage.received[0]
    assert headers["x-hub-signature-256"] == signature(stage.hooks.secret, body)
    assert headers["x-github-event"] == "push"
    assert headers["x-github-delivery"] == stage.hooks.log[0].guid
    assert headers["content-type"] == "application/json"


def last(stage: Stage) -> dict[str, Any]:
    return stage.hooks.log[-1].payload


def test_push_lists_what_each_commit_touched(stage: Stage) -> None:
    demo = stage.demo
    first = demo.push({"a.md": "a", "b.md": "b"}, by="wim", message="One")
    assert (last(stage)["before"], last(stage)["created"], last(stage)["forced"]) == (ZERO, True, False)
    second = demo.commit({"a.md": None, "c.md": "c"}, by="wim", message="Two", parent=first.sha)
    third = demo.commit({"b.md": "B"}, by="wim", message="Three", parent=second.sha)
    demo.move("main", third.sha, by="wim")
    push = last(stage)
    assert (push["ref"], push["before"], push["after"], push["created"]) == ("refs/heads/main", first.sha, third.sha, False)
    assert [(one["message"], one["added"], one["modified"], one["removed"]) for one in push["commits"]] == [
        ("Two", ["c.md"], [], ["a.md"]),
        ("Three", [], ["b.md"], []),
    ]
    assert (push["head_commit"]["id"], push["head_commit"]["tree_id"]) == (third.sha, third.tree)
    assert push["sender"]["login"] == push["pusher"]["name"] == "wim"
    assert push["installation"]["id"] == stage.installation.id


def test_forced_push_and_deleted_branch(stage: Stage) -> None:
    demo = stage.demo
    first = demo.push({"a.md": "1"}, by="wim")
    old = demo.push({"a.md": "2"}, by="wim")
    new = demo.push({"a.md": "3"}, by="wim", parent=first.sha, force=True)
    assert (last(stage)["forced"], last(stage)["before"], [one["id"] for one in last(stage)["commits"]]) == (
        True,
        old.sha,
        [new.sha],
    )
    demo.push({"b.md": "1"}, by="wim", branch="topic")
    assert (stage.told()[-2:], len(last(stage)["commits"])) == (["create", "push"], 1)
    demo.delete_branch("topic", by="wim")
    assert stage.told()[-2:] == ["delete", "push"]
    assert (last(stage)["deleted"], last(stage)["after"], last(stage)["head_commit"]) == (True, ZERO, None)


def test_an_edit_tells_each_change_once_with_what_was_before(stage: Stage) -> None:
    demo = stage.demo
    demo.open_issue(by="wim", title="Old", body="was", labels=["gap"])
    assert stage.told() == ["label.created", "issues.opened", "issues.labeled"]
    demo.edit_issue(1, by="tia", title="New", body="is", state="closed", labels=["p1"])
    told = stage.hooks.log[3:]
    assert [f"{one.event}.{one.action}" for one in told] == [
        "label.created", "issues.edited", "issues.closed", "issues.unlabeled", "issues.labeled",
    ]  # fmt: skip
    assert told[1].payload["changes"] == {"title": {"from": "Old"}, "body": {"from": "was"}}
    assert told[1].payload["sender"]["login"] == "tia"
    assert told[3].payload["label"]["name"] == "gap"


def test_no_change_tells_nothing(stage: Stage) -> None:
    demo = stage.demo
    demo.open_issue(by="wim", title="Same", labels=["gap"])
    count = len(stage.hooks.log)
    demo.edit_issue(1, by="wim", title="Same", body="", state="open", labels=["GAP"])
    demo.add_labels(1, ["gap"], by="wim")
    assert len(stage.hooks.log) == count


def test_the_apps_own_acts_come_back_as_its_bots(stage: Stage) -> None:
    stage.demo.open_issue(by="gapkeeper[bot]", title="x")
    assert last(stage)["sender"] | {"id": 0} == last(stage)["issue"]["user"] | {"id": 0}
    assert (last(stage)["sender"]["login"], last(stage)["sender"]["type"]) == ("gapkeeper[bot]", "Bot")
    assert last(stage)["issue"]["performed_via_github_app"]["slug"] == "gapkeeper"


def test_payload_is_of_the_moment(stage: Stage) -> None:
    stage.demo.open_issue(by="wim", title="First")
    stage.demo.edit_issue(1, by="wim", title="Second")
    assert stage.hooks.log[0].payload["issue"]["title"] == "First"


def test_only_what_the_app_asked_for_and_may_see(stage: Stage) -> None:
    private = stage.world.add_repository("umbrella/secret", admins=["ada"])
    count = len(stage.hooks.log)
    private.push({"a": "b"}, by="ada")
    other = stage.world.add_app("deaf", events=("label",))
    deaf = Webhooks(stage.world, other, "s")
    stage.world.install(other, "acme")
    stage.demo.push({"a": "b"}, by="ada")
    assert (len(stage.hooks.log), [one.event for one in deaf.log]) == (count + 1, ["installation"])


def test_suspended_installation_hears_nothing(stage: Stage) -> None:
    stage.world.suspend(stage.installation)
    count = len(stage.hooks.log)
    stage.demo.push({"a": "b"}, by="ada")
    assert len(stage.hooks.log) == count


async def numbers(stage: Stage, policy: Callable[[Delivery], Decision]) -> list[str]:
    stage.hooks.policy = policy
    for title in "abc":
        stage.demo.open_issue(by="wim", title=title)
    await stage.hooks.flush()
    return [json.loads(body)["issue"]["title"] for _, body in stage.received]


@pytest.mark.parametrize(
    ("decision", "got"),
    [
        (Decision.DELIVER, "abc"),
        (Decision.DROP, "ac"),
        (Decision.TWICE, "abbc"),
        (Decision.HOLD, "ac"),
        (Decision.REORDER, "acb"),
    ],
)
async def test_policy(stage: Stage, decision: Decision, got: str) -> None:
    assert await numbers(stage, lambda one: decision if one.id == 2 else Decision.DELIVER) == list(got)
    assert stage.hooks.waiting == 0
    if decision is Decision.HOLD:
        assert stage.hooks.release() == 1
        await stage.hooks.flush()
        assert json.loads(stage.received[-1][1])["issue"]["title"] == "b"


async def test_reorder_of_the_last_is_not_lost(stage: Stage) -> None:
    assert await numbers(stage, lambda _: Decision.REORDER) == ["a", "b", "c"]


async def test_redelivery_has_the_same_guid_and_bytes(stage: Stage) -> None:
    stage.demo.open_issue(by="wim", title="x")
    await stage.hooks.flush()
    again = stage.hooks.redeliver(1)
    await stage.hooks.flush()
    (first, body), (second, bytes_again) = stage.received
    assert (first, body) == (second, bytes_again)
    assert (again.id, again.redelivery, again.status_code) == (2, True, 202)


async def test_what_the_bot_does_meanwhile_is_delivered_too(stage: Stage) -> None:
    """An answer to a delivery that itself causes one: `flush` goes on until it is quiet."""

    async def answering(headers: Any, body: bytes) -> int:
        if headers["x-github-event"] == "issues" and json.loads(body)["action"] == "opened":
            stage.demo.add_labels(1, ["gap"], by="gapkeeper[bot]")
        return 202

    stage.hooks.sink = answering
    stage.demo.open_issue(by="wim", title="x")
    assert await stage.hooks.flush() == 3


async def test_a_receiver_that_fails_is_recorded(stage: Stage) -> None:
    async def broken(headers: Any, body: bytes) -> int:
        raise ConnectionRefusedError

    stage.hooks.sink = broken
    stage.demo.open_issue(by="wim", title="x")
    await stage.hooks.flush()
    assert (stage.hooks.log[0].status_code, stage.hooks.log[0].status) == (0, "failed to connect to host: ConnectionRefusedError")


async def test_pump_sends_as_it_comes(stage: Stage) -> None:
    arrived = anyio.Event()

    async def sink(headers: Any, body: bytes) -> int:
        arrived.set()
        return 202

    stage.hooks.sink = sink
    async with stage.hooks.pump():
        stage.demo.open_issue(by="wim", title="x")
        with anyio.fail_after(5):
            await arrived.wait()


async def test_guids_are_unique_and_runs_alike() -> None:
    """The same acts on the same clock give the same bytes, headers and SHAs."""

    async def run() -> list[tuple[dict[str, str], bytes]]:
        stage = staged()
        tour.build(stage)
        stage.clock.advance(60)
        tour.live(stage)
        await stage.hooks.flush()
        return stage.received

    first, second = await run(), await run()
    assert first == second
    assert len({headers["x-github-delivery"] for headers, _ in first}) == len(first) > 40


def test_a_world_without_listeners_is_silent() -> None:
    world = GitHub()
    world.add_user("ada")
    world.add_repository("acme/demo", admins=["ada"]).push({"a": "b"}, by="ada")
    assert world.listeners == []
