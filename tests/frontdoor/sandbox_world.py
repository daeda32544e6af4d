"""The in-process sandbox as a world, served on a port of its own."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.sandbox import Api, Decision, Delivery, Fault, GitHub, Role, Webhooks
from tests.frontdoor.world import (
    ADMIN,
    MAIN,
    TRIAGER,
    WRITER,
    Access,
    Break,
    CallView,
    CheckView,
    CommentView,
    CommitView,
    Files,
    IssueView,
    PullView,
)
from tests.peer.seed import new_private_key
from tests.serving import listening_socket, serving, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from bot.sandbox import Repository as Model
    from bot.sandbox.model import Issue

T = TypeVar("T")

_OWNER = "acme"
_SECRET = "a-secret-that-only-the-sandbox-knows"
_PRIVATE_KEY = new_private_key()
_PUBLIC_KEY = (
    load_pem_private_key(_PRIVATE_KEY.encode(), None).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)


class SandboxWorld:
    """The model belongs to the event loop that serves it: every act of a person is done there."""

    def __init__(self, url: str) -> None:
        self.github = GitHub(api_url=url)
        for person in (ADMIN, WRITER, TRIAGER):
            self.github.add_user(person)
        self.github.add_user(_OWNER, "Organization")
        app = self.github.add_app("gapkeeper", public_key=_PUBLIC_KEY.decode())
        self.github.install(app, _OWNER)
        self.hooks = Webhooks(self.github, app, _SECRET, sink=self._deliver)
        self.api = Api(self.github, self.hooks, on_socket=True)
        self._hook: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self.app = Starlette(routes=[Mount("/", app=self.api)], lifespan=self._lifespan)
        self._access = Access(url, app.id, _PRIVATE_KEY, _SECRET, app.user.login)

    @property
    def access(self) -> Access:
        return self._access

    def connect(self, hook: str | None) -> None:
        self._hook = hook

    def new_repository(self) -> SandboxRepository:
        def make() -> Model:
            name = f"{_OWNER}/app-{len(self.github.repositories) + 1}"
            made = self.github.add_repository(name, private=True, admins=[ADMIN])
            made.allow(WRITER, Role.WRITE)
            made.allow(TRIAGER, Role.TRIAGE)
            self.github.listeners.remove(self.hooks.hear)  # nobody is told of the commit with which a repository is made
            made.push({"README.md": "# app\n"}, by=ADMIN)
            self.github.listeners.append(self.hooks.hear)
            return made

        return SandboxRepository(self, self.do(make))

    def quiet(self) -> bool:
        return self.do(lambda: not self.hooks.waiting and not self.api.in_flight)

    def do(self, act: Callable[[], T]) -> T:
        async def run() -> T:
            return act()

        if self._loop is None:
            raise RuntimeError("the sandbox does not run")
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _deliver(self, headers: Mapping[str, str], body: bytes) -> int:
        if self._hook is None or self._client is None:
            raise ConnectionError("nobody listens")
        return (await self._client.post(self._hook, content=body, headers=dict(headers))).status_code

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(trust_env=False, timeout=10) as self._client, self.hooks.pump():
            yield


class SandboxRepository:
    """One repository of the model."""

    def __init__(self, world: SandboxWorld, model: Model) -> None:
        self._world, self._model = world, model
        world.api.faults.clear()
        self.lose_deliveries(lose=False)

    def push(self, files: Files, *, branch: str, modes: Mapping[str, str] | None = None) -> None:
        self._do(lambda: self._model.push(files, by=ADMIN, branch=branch, modes=modes))

    def read(self, path: str, *, branch: str = MAIN) -> bytes:
        return self._do(lambda: self._model.read(path, branch))

    def mode(self, path: str) -> str:
        return self._do(lambda: self._model.files(MAIN)[path].mode)

    def newest(self, *, branch: str = MAIN) -> CommitView:
        commit = self._do(lambda: self._model.head(branch))
        return CommitView(commit.message, commit.author.login or "")

    def head(self, branch: str) -> str | None:
        return self._do(lambda: self._model.branches.get(branch))

    def issues(self) -> tuple[IssueView, ...]:
        return self._do(lambda: tuple(_view(issue) for _, issue in sorted(self._model.issues.items()) if not issue.pull))

    def open_issue(self, title: str, body: str, labels: Sequence[str], *, by: str = ADMIN) -> int:
        return self._do(lambda: self._model.open_issue(by=by, title=title, body=body, labels=labels).number)

    def edit_issue(self, number: int, *, by: str = ADMIN, **changes: object) -> None:
        def act() -> None:
            fields: dict[str, Any] = {"reason" if name == "state_reason" else name: value for name, value in changes.items()}
            labels = fields.pop("labels", None)
            if labels is not None:
                self._model.set_labels(number, labels, by=by)
            if fields:
                self._model.edit_issue(number, by=by, **fields)

        self._do(act)

    def delete_issue(self, number: int) -> None:
        self._do(lambda: self._model.delete_issue(number, by=ADMIN))

    def transfer_issue(self, number: int) -> None:
        def act() -> None:
            elsewhere = self._world.github.add_repository(f"{ADMIN}/elsewhere-{self._model.id}", admins=[ADMIN])
            self._model.transfer_issue(number, elsewhere, by=ADMIN)

        self._do(act)

    def comments(self, number: int) -> tuple[CommentView, ...]:
        found = self._do(lambda: list(self._model.issues[number].comments.values()))
        return tuple(CommentView(comment.id, comment.body, comment.user.login) for comment in found)

    def comment(self, number: int, body: str, *, by: str = ADMIN) -> int:
        return self._do(lambda: self._model.comment(number, body, by=by).id)

    def edit_comment(self, comment: int, body: str, *, by: str = ADMIN) -> None:
        self._do(lambda: self._model.edit_comment(comment, body, by=by))

    def pulls(self) -> tuple[PullView, ...]:
        return self._do(lambda: tuple(_pull_view(issue) for _, issue in sorted(self._model.issues.items()) if issue.pull))

    def open_pull(self, branch: str) -> int:
        return self._do(lambda: self._model.open_pull(by=ADMIN, title="A change", head=branch).number)

    def checks(self, branch: str) -> tuple[CheckView, ...]:
        head = self.head(branch)
        found = self._do(lambda: [run for run in self._model.checks.values() if run.head_sha == head])
        return tuple(CheckView(run.name, run.conclusion, len(run.annotations)) for run in found)

    def merge(self, pull: int) -> None:
        self._do(lambda: self._model.merge_pull(pull, by=ADMIN))

    def protect(self) -> None:
        self._do(lambda: self._model.protect(bypass=[ADMIN]))

    def rename_label(self, old: str, new: str) -> None:
        self._do(lambda: self._model.edit_label(old, by=ADMIN, new_name=new))

    def delete_label(self, name: str) -> None:
        self._do(lambda: self._model.delete_label(name, by=ADMIN))

    def labels(self) -> Mapping[str, tuple[str, str]]:
        known = self._model.labels
        return self._do(lambda: {label.name: (label.color, label.description or "") for label in known.values()})

    def calls(self) -> Sequence[CallView]:
        ours = (f"/repos/{self._model.full_name}/", f"/repositories/{self._model.id}")
        return [
            CallView(call.method, call.path, call.status) for call in list(self._world.api.calls) if call.path.startswith(ours)
        ]

    def sent(self) -> int:
        return len(self._deliveries())

    def redeliver(self, number: int) -> None:
        self._do(lambda: self._world.hooks.redeliver(self._deliveries()[number].id))

    def replay(self, number: int) -> None:
        def act() -> None:
            old = self._deliveries()[number]
            self._world.hooks.send(old.event, old.payload, repository=old.repository)

        self._do(act)

    def lose_deliveries(self, *, lose: bool) -> None:
        self._world.hooks.policy = (lambda _: Decision.DROP) if lose else (lambda _: Decision.DELIVER)

    def break_call(self, fault: Break) -> None:
        self._world.api.faults.append(
            Fault(
                fault.method,
                fault.path_in(self._model.full_name, self._model.id),
                status=fault.status,
                after=fault.after,
                delay=fault.delay,
                skip=fault.skip,
                times=fault.times,
                headers=dict(fault.headers),
                body={"message": fault.message},
            )
        )

    def act(self, what: Callable[[Model], T]) -> T:
        """Do in the model what the other worlds have no words for."""
        return self._do(lambda: what(self._model))

    def _deliveries(self) -> list[Delivery]:
        return [delivery for delivery in self._world.hooks.log if delivery.repository == self._model.id]

    def _do(self, act: Callable[[], T]) -> T:
        return self._world.do(act)


@contextmanager
def running_sandbox() -> Iterator[SandboxWorld]:
    """Yields a sandbox that lasts as long as the block."""
    bound = listening_socket()
    world = SandboxWorld(url_of(bound))
    with serving(world.app, bound=bound):
        yield world


def _view(issue: Issue) -> IssueView:
    return IssueView(
        number=issue.number,
        title=issue.title,
        body=issue.body or "",
        open=issue.open,
        reason=None if issue.open else issue.state_reason,
        labels=frozenset(label.name for label in issue.labels),
        author=issue.user.login,
        assignees=frozenset(person.login for person in issue.assignees),
    )


def _pull_view(issue: Issue) -> PullView:
    pull = issue.pull
    if pull is None:
        raise ValueError(f"#{issue.number} is no pull request")
    return PullView(issue.number, issue.title, issue.body or "", issue.open, pull.head, pull.base, pull.head_sha)
