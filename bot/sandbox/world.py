"""What every part of the sandbox shares: time, ids, accounts, and the place where everything that happens is told."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.sandbox.model import App, User
from bot.sandbox.refusal import Refusal, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.model import Installation
    from bot.sandbox.place import Place

TREE_LIMIT = 100_000
"""A recursive tree with more entries is cut, and says so."""


class Clock:
    """A clock that moves only when it is told to: runs with it give the same bytes each time."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        """Start at an instant in 2026."""
        self.now = now

    def __call__(self) -> float:
        """Returns the seconds since 1970."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def instant(seconds: float) -> str:
    """Returns a time as GitHub writes it: UTC, whole seconds."""
    return _instant(int(seconds))


def instant_or_none(seconds: float | None) -> str | None:
    """Returns a time as GitHub writes it, None for what has not happened."""
    return None if seconds is None else instant(seconds)


@lru_cache(maxsize=1024)
def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that GitHub would send a webhook about, told the moment after it happened.

    `details` holds the records that the payload shows (`issue`, `comment`, `label`, …) and `changes`, if it has any.
    """

    event: str
    action: str | None
    sender: User
    place: Place | None = None
    installation: Installation | None = None
    details: dict[str, Any] = field(default_factory=dict)


class World:
    """Time, ids and accounts. Ids are given in order from 1, so that the same acts give the same world."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        wall: Callable[[], float] = time.time,
        api_url: str = "https://api.github.com",
        html_url: str = "https://github.com",
    ) -> None:
        """Start empty. `clock` stamps what happens; `wall` judges tokens, whose time the asker's own libraries read too."""
        self.clock = clock
        self.wall = wall
        self.api_url = api_url.rstrip("/")
        self.html_url = html_url.rstrip("/")
        self.users: dict[str, User] = {}
        self.apps: dict[int, App] = {}
        self.listeners: list[Callable[[Happening], None]] = []
        self.tree_limit = TREE_LIMIT
        self._last_id = 0

    def next_id(self) -> int:
        """Returns an id that nothing else in this world has."""
        self._last_id += 1
        return self._last_id

    def add_user(self, login: str, kind: str = "User") -> User:
        """Returns the new account; logins are unique whatever their case (Refusal 422)."""
        if login.lower() in self.users:
            raise Refusal(422, f"Login {login} is already taken")
        user = User(self.next_id(), login, kind)
        self.users[login.lower()] = user
        return user

    def user(self, login: str | User) -> User:
        """Returns the account of that login (Refusal 404)."""
        if isinstance(login, User):
            return login
        found = self.users.get(login.lower())
        if found is None:
            raise not_found()
        return found

    def app_of(self, user: User) -> App | None:
        """Returns the App that writes as this account, None for people."""
        if user.kind != "Bot":
            return None
        return next((app for app in self.apps.values() if app.user.id == user.id), None)

    def installation_on(self, app: App, place: Place) -> Installation | None:
        """Returns the installation through which the App reaches a repository; a world without Apps has none."""
        del app, place
        return None

    def tell(self, happening: Happening) -> None:
        """Let every listener know, in the order in which they came."""
        for listener in self.listeners:
            listener(happening)
