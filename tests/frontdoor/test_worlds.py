"""The two worlds themselves, without the bot: the same acts show the same, so that a scenario means the same on both."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.frontdoor.world import MAIN
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from tests.frontdoor.world import Files, Repository, World


Push = Callable[..., None]


class Receiver:
    """Stands for the bot: keeps what is delivered."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, dict[str, Any]]] = []
        self.app = Starlette(routes=[Route("/", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        headers = request.headers
        self.got.append((headers["x-github-event"], headers["x-github-delivery"], json.loads(await request.body())))
        return Response(status_code=202)

    def pushes(self) -> list[dict[str, Any]]:
        return [payload for event, _, payload in self.got if event == "push"]


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver.app) as url:
        world.connect(f"{url}/")
        yield receiver
        world.connect(None)


def settle(world: World) -> None:
    end = time.monotonic() + 10
    while not world.quiet():
        assert time.monotonic() < end, "the world does not come to rest"
        time.sleep(0.002)


@pytest.fixture
def repository(world: World) -> Repository:
    return world.new_repository()


@pytest.fixture
def push(world: World, repository: Repository) -> Push:
    def push(files: Files, branch: str = MAIN) -> None:
        repository.push(files, branch=branch)
        settle(world)

    return push


def test_a_push_tells_its_files(world: World, repository: Repository, receiver: Receiver, push: Push) -> None:
    push({"a.md": "one\n", "docs/b.md": b"\xff\x00"})
    push({"a.md": "two\n", "docs/b.md": None, "c.md": "three\n"})
    first, second = receiver.pushes()
    assert (second["before"], second["ref"]) == (first["after"], "refs/heads/main")
    [commit] = second["commits"]
    assert (commit["added"], commit["modified"], commit["removed"]) == (["c.md"], ["a.md"], ["docs/b.md"])
    assert repository.read("a.md") == b"two\n"


def test_a_rename_is_one_path_removed_and_one_added(world: World, repository: Repository, receiver: Receiver, push: Push) -> None:
    push({"a.md": "one\n" * 10})
    push({"a.md": None, "b.md": "one\n" * 10})
    [commit] = receiver.pushes()[-1]["commits"]
    assert (commit["added"], commit["modified"], commit["removed"]) == (["b.md"], [], ["a.md"])


def test_an_empty_commit_is_a_push(world: World, repository: Repository, receiver: Receiver, push: Push) -> None:
    push({"a.md": "one\n"})
    push({})
    [commit] = receiver.pushes()[-1]["commits"]
    assert (commit["added"], commit["modified"], commit["removed"]) == ([], [], [])


def test_another_branch_leaves_the_default_one(world: World, repository: Repository, receiver: Receiver, push: Push) -> None:
    push({"a.md": "one\n"})
    push({"a.md": "two\n"}, branch="topic")
    assert repository.read("a.md") == b"one\n"
    assert receiver.pushes()[-1]["ref"] == "refs/heads/topic"


def test_issues_are_shown_as_people_left_them(world: World, repository: Repository, receiver: Receiver, push: Push) -> None:
    number = repository.open_issue("Old", "text", ["bug"])
    repository.edit_issue(number, title="New", body="text\r\nmore", labels=["bug", "late"])
    repository.edit_issue(number, state="closed", state_reason="not_planned")
    settle(world)
    [issue] = repository.issues()
    assert (issue.number, issue.title, issue.body) == (number, "New", "text\r\nmore")
    assert (issue.open, issue.reason, sorted(issue.labels)) == (False, "not_planned", ["bug", "late"])
    assert repository.labels().keys() >= {"bug", "late"}
    told = {payload["action"] for event, _, payload in receiver.got if event == "issues"}
    assert told >= {"opened", "edited", "closed"}


def test_a_lost_delivery_can_be_sent_again(world: World, repository: Repository, receiver: Receiver, push: Push) -> None:
    repository.lose_deliveries(lose=True)
    push({"a.md": "one\n"})
    assert receiver.got == []
    repository.lose_deliveries(lose=False)
    for _ in range(2):
        repository.redeliver(0)
    settle(world)
    (_, first, _), (_, second, _) = receiver.got
    assert first == second
    assert repository.sent() == 3
