"""The peer as tests hold it: emulator and proxy together, wiped between tests, with people who act on it directly."""

from __future__ import annotations

import time
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from tests.peer.emulator import Emulator
from tests.peer.proxy import HOOK_PATH, Proxy
from tests.peer.relay import deliver_all
from tests.peer.seed import ADMIN, OWNER, READER, REPOSITORY, WRITER, Seed, token_of
from tests.serving import listening_socket, serving, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.peer.faults import Fault
    from tests.peer.records import Call, Delivery
    from tests.peer.relay import Policy
    from tests.peer.repairs import Json

SECRET = "a-secret-that-only-the-tests-know"


class Peer:
    """An independent GitHub at `url`. `calls` are the bot's, since people go to the emulator itself."""

    def __init__(self, url: str, emulator: Emulator, proxy: Proxy, seed: Seed) -> None:
        self.url, self.seed = url, seed
        self._emulator, self._proxy = emulator, proxy

    def reset(self) -> None:
        """Brings the first state back; nobody is connected to the webhooks."""
        self._proxy.relay.hook = None
        self._emulator.reset()
        self._proxy.clear()
        self._invite(REPOSITORY)

    def new_repository(self, name: str) -> int:
        """Make a private repository `acme/name` with the same people as the first, and return its id."""
        with self.person(ADMIN) as admin:
            made = admin.post(f"/orgs/{OWNER}/repos", json={"name": name, "private": True, "auto_init": True})
        self._invite(f"{OWNER}/{name}")
        return int(made.raise_for_status().json()["id"])

    def _invite(self, repository: str) -> None:
        """Add the people to a repository: collaborators cannot be seeded."""
        with self.person(ADMIN) as admin:
            for login, permission in ((ADMIN, "admin"), (WRITER, "push"), (READER, "pull")):
                admin.put(f"/repos/{repository}/collaborators/{login}", json={"permission": permission}).raise_for_status()

    def connect(self, hook: str | None) -> None:
        """Says where webhooks go from now on."""
        self._proxy.relay.hook = hook

    def app(self) -> httpx.Client:
        """Returns a client with which the App acts, past the client under test: as a program of its own that bears its name."""
        import jwt

        now = int(time.time())
        signed = jwt.encode(
            {"iat": now - 60, "exp": now + 540, "iss": str(self.seed.app_id)}, self.seed.private_key, algorithm="RS256"
        )
        client = self.person(self.seed.bot)
        path = f"/app/installations/{self.seed.installation}/access_tokens"
        answer = client.post(path, headers={"authorization": f"Bearer {signed}"}).raise_for_status()
        client.headers["authorization"] = f"token {answer.json()['token']}"
        return client

    def person(self, login: str) -> httpx.Client:
        """Returns a client with which a person acts: plain httpx straight at the emulator, not the client under test."""

        def count(_: httpx.Request) -> None:
            self._emulator.calls += 1

        return httpx.Client(
            base_url=self._emulator.url,
            headers={"authorization": f"token {token_of(login)}"},
            trust_env=False,
            timeout=30,
            event_hooks={"request": [count]},
        )

    @property
    def calls(self) -> list[Call]:
        """The calls since the last reset, in their order."""
        return self._proxy.calls

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries since the last reset, in their order, redeliveries among them."""
        return self._proxy.relay.deliveries

    def fail(self, *faults: Fault) -> None:
        """Breaks calls to come."""
        self._proxy.faults.extend(faults)

    def mend(self) -> None:
        """Breaks nothing any more, and delivers everything."""
        self._proxy.faults.clear()
        self.follow(deliver_all)

    def follow(self, policy: Policy) -> None:
        """Decides the fate of deliveries to come."""
        self._proxy.relay.policy = policy

    def revoke_tokens(self) -> None:
        """Makes every installation token invalid."""
        self._proxy.tokens.clear()

    def redeliver(self, delivery: Delivery) -> None:
        """Sends a past delivery again, under the same GUID."""
        self._soon(lambda: self._proxy.relay.redeliver(delivery))

    def send(self, event: str, payload: Json) -> None:
        """Delivers a payload of the test's own."""
        self._soon(lambda: self._proxy.relay.send(event, payload))

    def remove_issue(self, repository: str, number: int, *, moved_to: str | None = None) -> None:
        """Delete an issue, or move it to the address `moved_to`, as the emulator cannot: it answers 410, or 301, and is told of."""
        path = f"/repos/{repository}/issues/{number}"
        with self.person(ADMIN) as admin:
            issue = admin.get(path).raise_for_status().json()
        self._proxy.gone[path] = moved_to
        told = (sent.payload for sent in reversed(self.deliveries))
        origin = next(one for one in told if one["repository"]["full_name"] == repository and one["sender"]["login"] == ADMIN)
        kept = {key: origin[key] for key in ("repository", "organization", "sender", "installation") if key in origin}
        action = {"action": "transferred", "changes": {}} if moved_to else {"action": "deleted"}
        self.send("issues", {**action, "issue": issue, **kept})

    def removed(self, repository: str, number: int) -> bool:
        """Tells whether an issue was deleted or moved away."""
        return f"/repos/{repository}/issues/{number}" in self._proxy.gone

    def quiet(self) -> bool:
        """Tells whether no webhook is on its way, no call is open, and nothing was seen while looking."""
        seen = self._seen()
        busy = self._emulator.pending() or self._proxy.relay.busy or self._proxy.open_calls
        return not busy and seen == self._seen()

    def _seen(self) -> tuple[int, int]:
        return len(self.calls), len(self.deliveries)

    def _soon(self, action: Callable[[], None]) -> None:
        done = Future[None]()

        def run() -> None:
            action()
            done.set_result(None)

        if self._proxy.loop is None:
            raise RuntimeError("the proxy is not running")
        self._proxy.loop.call_soon_threadsafe(run)
        done.result(10)


@contextmanager
def running_peer(modules: Path, *, seed: Seed | None = None) -> Iterator[Peer]:
    """Yields a peer that lasts as long as the block; `modules` is the folder that `install.installed` returns."""
    seed = seed or Seed()
    bound = listening_socket()
    url = url_of(bound)
    emulator = Emulator(modules, seed.document(hook_url=url + HOOK_PATH), public_url=url)
    try:
        proxy = Proxy(emulator, seed, secret=SECRET)
        with serving(proxy.app, bound=bound):
            yield Peer(url, emulator, proxy, seed)
    finally:
        emulator.stop()
