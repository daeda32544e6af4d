"""What a REST operation of the sandbox is made of: who asks, what for, the rights it takes, and its answer.

`bot.sandbox.rest_*` hold the operations themselves, as plain functions from `Ask` to `Answer`; `bot.sandbox.api` serves them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.sandbox.github import GitHub, Repository, grants, reaches
from bot.sandbox.model import Role, Token
from bot.sandbox.refusal import Refusal, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.sandbox.model import App
    from bot.sandbox.webhooks import Webhooks

JWT, TOKEN = "the App's JWT", "a token"
NOT_YOURS = "Resource not accessible by integration"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `body` None sends none, bytes go out as they are, anything else as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Returns the bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class Ask:
    """A call in the hands of an operation. `token` None is somebody without any; `app` is set for calls with a JWT."""

    world: GitHub
    hooks: Webhooks | None
    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    accept: str
    base: str
    raw: bytes
    token: Token | None = None
    app: App | None = None
    place: Repository | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object sent along, empty if none was (Refusal 400)."""
        if not self.raw:
            return {}
        try:
            read = json.loads(self.raw)
        except ValueError as error:
            raise Refusal(400, "Problems parsing JSON") from error
        if not isinstance(read, dict):
            raise Refusal(400, "Body should be a JSON object")
        return read

    def given(self, *names: str) -> dict[str, Any]:
        """Returns those fields of the body that were sent."""
        body = self.body
        return {name: body[name] for name in names if name in body}

    def needed(self, name: str, kind: type = str) -> Any:
        """Returns a field of the body that must be there, of that type (Refusal 422)."""
        value = self.body.get(name)
        if value is None:
            raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if not isinstance(value, kind):
            raise Refusal(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not of type {kind.__name__}.")
        return value

    @property
    def who(self) -> str:
        """The login in whose name the call acts (Refusal 401 for nobody)."""
        if self.token is None:
            raise Refusal(401, "Requires authentication")
        return self.token.user.login

    @property
    def repository(self) -> Repository:
        """The repository of the path."""
        assert self.place is not None  # noqa: S101 - the operation was registered for a repository
        return self.place

    def number(self, name: str) -> int:
        """Returns a number of the path (Refusal 404)."""
        text = self.path[name]
        if not text.isascii() or not text.isdecimal():
            raise not_found()
        return int(text)

    def page(self, things: Sequence[Any], show: Callable[[Any], Any]) -> Answer:
        """Returns one page of a list, with the Link header of the others (per_page is 30 by default, at most 100)."""
        size = min(max(self._count("per_page", 30), 1), 100)
        page = max(self._count("page", 1), 1)
        last = max((len(things) + size - 1) // size, 1)
        targets = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page <= 1:
            del targets["prev"], targets["first"]
        if page >= last:
            del targets["next"], targets["last"]
        links = ", ".join(f'<{self._link(number)}>; rel="{name}"' for name, number in targets.items())
        shown = [show(one) for one in things[(page - 1) * size : page * size]]
        return Answer(shown, headers={"link": links} if links else {})

    def _count(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() else default

    def _link(self, page: int) -> str:
        query = {**self.query, "page": str(page)}
        encoded = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"{self.base}?{encoded}"


Operation = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation at its place. `permission` is what an App needs in the repository, `JWT` or `TOKEN` where there is none.

    The level follows from the method: GET reads, everything else writes. `a+b` asks for both, and `metadata` is always there.
    """

    method: str
    template: str
    operation: Operation
    permission: str


def admit(ask: Ask, permission: str) -> None:
    """Refuse a token that may not do this in this repository, as GitHub does: 404 hides what 403 would admit."""
    place, token = ask.repository, ask.token
    reading = ask.method == "GET"
    if token is None:
        if place.private:
            raise not_found()
        if not reading:
            raise Refusal(401, "Requires authentication")
        return
    if token.installation is None:
        if place.role(token.user) is Role.NONE:
            raise not_found()
        return
    if token.installation.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    covered = reaches(token.installation, place) and (token.repositories is None or place.id in token.repositories)
    if covered and not all(grants(token.permissions, one, "read" if reading else "write") for one in permission.split("+")):
        raise Refusal(403, NOT_YOURS)
    if not covered and place.private:
        raise not_found()
    if not covered and not reading:
        raise Refusal(403, NOT_YOURS)
