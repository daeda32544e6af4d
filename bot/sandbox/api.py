"""GitHub's REST API over a `GitHub` in memory, as an ASGI application.

It finds the operation, checks token and rights, adds the headers that every answer has, keeps a record of every call and
breaks those that a test wants broken. The operations are in `bot.sandbox.rest_*`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from bot.sandbox import rest_app, rest_code, rest_git, rest_issues, rest_pulls
from bot.sandbox.faults import Call, Fault
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.rest import JWT, TOKEN, Answer, Ask, Route, admit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from bot.sandbox.github import GitHub
    from bot.sandbox.model import App, Token
    from bot.sandbox.webhooks import Webhooks

DOCS = "https://docs.github.com/rest"
HOURLY = 5000
LONGEST_JWT = 600
_BY_ID = re.compile(r"/repositories/(\d+)(/.*)?")


def _compiled(routes: tuple[Route, ...]) -> dict[str, list[tuple[re.Pattern[str], Route]]]:
    table: dict[str, list[tuple[re.Pattern[str], Route]]] = {}
    # The longer template first, so that a path parameter does not swallow a fixed end such as `/check-runs`.
    for route in sorted(routes, key=lambda one: (one.template.count("{path"), -len(one.template))):
        table.setdefault(route.method, []).append((compile_path(route.template)[0], route))
    return table


_ROUTES = _compiled(rest_app.ROUTES + rest_pulls.ROUTES + rest_issues.ROUTES + rest_code.ROUTES + rest_git.ROUTES)


@dataclass(slots=True)
class Api:
    """The application. `calls` has every call in order, `faults` strike those that match, the first that does.

    `on_socket` says that a server stands before it: then a dropped connection is torn on the wire, otherwise it is raised
    as httpx would.
    """

    world: GitHub
    hooks: Webhooks | None = None
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    hourly: int = HOURLY
    on_socket: bool = False
    in_flight: int = 0
    _spent: dict[int, tuple[float, int]] = field(default_factory=dict)
    _last: dict[str, Answer] = field(default_factory=dict)

    def transport(self) -> httpx.AsyncBaseTransport:
        """Returns a transport for httpx that leads here without any socket."""
        return httpx.ASGITransport(self)

    @property
    def writes(self) -> list[Call]:
        """The calls that may have changed something."""
        return [call for call in self.calls if call.writes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        raw = await request.body()
        query, token = dict(request.query_params), request.headers.get("authorization", "")
        call = Call(request.method, scope["path"], query, _readable(raw), token[-6:])
        self.calls.append(call)
        self.in_flight += 1
        try:
            answer = await self._answer(call, request, raw)
        finally:
            self.in_flight -= 1
        if answer is None:
            await self._tear(send)
            return
        call.status = answer.status
        await _response(answer)(scope, receive, send)

    async def _answer(self, call: Call, request: Request, raw: bytes) -> Answer | None:
        fault = next((one for one in self.faults if one.takes(call.method, call.path)), None)
        if fault is None:
            return self.ask(call, request, raw)
        if fault.after:
            self.ask(call, request, raw)  # done at once; only the answer comes late, or not at all
        await asyncio.sleep(fault.delay)
        if fault.stale:
            return self._last.get(_question(call)) or self.ask(call, request, raw)
        return None if fault.drop else Answer(fault.body, fault.status, fault.headers)

    async def _tear(self, send: Send) -> None:
        if not self.on_socket:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        # A body is announced and never sent: the server closes the connection on it.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def ask(self, call: Call, request: Request, raw: bytes) -> Answer:
        """Returns the answer of the model, with the headers that all answers have; a refusal is an answer too."""
        path = call.path
        token: Token | None = None
        try:
            path = self._named(path)
            route, parameters = _find(call.method, path)
            ask = Ask(
                self.world,
                self.hooks,
                call.method,
                parameters,
                call.query,
                request.headers.get("accept", ""),
                _base(request),
                raw,
            )
            self._identify(ask, request.headers.get("authorization", ""), route)
            token = ask.token
            self._charge(token)
            if route.permission not in {JWT, TOKEN}:
                ask.place = self.world.repository(f"{parameters['owner']}/{parameters['repo']}")
                admit(ask, route.permission)
            answer = route.operation(ask)
        except Refusal as refusal:
            answer = _refused(refusal, call.method, path)
        dressed = self._dressed(answer, request, token)
        if call.method == "GET" and dressed.status != 304:
            self._last[_question(call)] = dressed
        return dressed

    def _named(self, path: str) -> str:
        """The path by name, for one that tells the repository by its id (Refusal 404)."""
        found = _BY_ID.fullmatch(path)
        if found is None:
            return path
        place = self.world.repositories.get(int(found[1]))
        if place is None:
            raise not_found()
        return f"/repos/{place.full_name}{found[2] or ''}"

    # Who asks.

    def _identify(self, ask: Ask, header: str, route: Route) -> None:
        kind, _, value = header.partition(" ")
        if kind.lower() not in {"", "bearer", "token"} or (header and not value):
            raise Refusal(401, "Bad credentials")
        if value.count(".") == 2:
            ask.app = self._app_of(value)
            if route.permission != JWT:
                raise Refusal(403, "This endpoint requires an installation access token")
        elif value:
            ask.token = self.world.token(value)
        if route.permission == JWT and ask.app is None:
            raise Refusal(401, "A JSON web token could not be decoded")

    def _app_of(self, token: str) -> App:
        """The App that a JWT speaks for: RS256, ten minutes at most, not from the future, signed if the App's key is known.

        https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
        """
        try:
            head, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2])
            app = self._issuer(str(claims["iss"]))
            issued, expires = float(claims["iat"]), float(claims["exp"])
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal(401, "A JSON web token could not be decoded") from error
        now = self.world.wall()
        if head.get("alg") != "RS256" or app is None:
            raise Refusal(401, "A JSON web token could not be decoded")
        if expires <= now:
            raise Refusal(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing a future time",
            )
        if expires > now + LONGEST_JWT or issued > now + 60:
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        if app.public_key is not None and not _signed(token, app.public_key):
            raise Refusal(401, "A JSON web token could not be decoded")
        return app

    def _issuer(self, name: str) -> App | None:
        return next((app for app in self.world.apps.values() if name in {str(app.id), f"Iv1.{app.id:016x}"}), None)

    # Limits and headers.

    def _charge(self, token: Token | None) -> None:
        holder = _holder(token)
        since, used = self._spent.get(holder, (self.world.wall(), 0))
        if self.world.wall() >= since + 3600:
            since, used = self.world.wall(), 0
        if used >= self.hourly:
            raise Refusal(403, f"API rate limit exceeded for installation ID {holder}.")
        self._spent[holder] = (since, used + 1)

    def _dressed(self, answer: Answer, request: Request, token: Token | None) -> Answer:
        holder = _holder(token)
        since, used = self._spent.get(holder, (self.world.wall(), 0))
        headers = {
            "x-github-request-id": f"{len(self.calls):04X}:{holder:04X}:SANDBOX",
            "x-github-api-version-selected": request.headers.get("x-github-api-version", "2022-11-28"),
            "x-github-media-type": "github.v3; format=json",
            "x-ratelimit-limit": str(self.hourly),
            "x-ratelimit-remaining": str(self.hourly - used),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str(int(since) + 3600),
            "x-ratelimit-resource": "core",
        } | dict(answer.headers)
        if request.method != "GET" or answer.status != 200:
            return Answer(answer.body, answer.status, headers)
        body = answer.encoded()
        headers |= {"etag": f'W/"{hashlib.sha256(body).hexdigest()}"', "cache-control": "private, max-age=60, s-maxage=60"}
        if request.headers.get("if-none-match") == headers["etag"]:
            # An answer without a change is free: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
            self._spent[holder] = (since, max(used - 1, 0))
            return Answer(None, 304, headers)
        return Answer(body, 200, {"content-type": "application/json; charset=utf-8"} | headers)


def _question(call: Call) -> str:
    return f"{call.path}?{sorted(call.query.items())}"


def _find(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    for pattern, route in _ROUTES.get(method, ()):
        if (found := pattern.match(path)) is not None:
            return route, found.groupdict()
    raise not_found()


def _base(request: Request) -> str:
    """The address of the call without its query, as the asker spelled it: for links to other pages."""
    return f"{request.url.scheme}://{request.url.netloc}{quote(request.scope['path'])}"


def _holder(token: Token | None) -> int:
    """Whose hourly limit a call counts against: GitHub counts all tokens of an installation together."""
    if token is None:
        return 0
    return token.installation.id if token.installation else token.user.id


def _refused(refusal: Refusal, method: str, path: str) -> Answer:
    shown: dict[str, Any] = {"message": refusal.message, "documentation_url": DOCS, "status": str(refusal.status)}
    if refusal.errors is not None:
        shown["errors"] = refusal.errors
    if refusal.location is None:
        headers = {"x-ratelimit-remaining": "0"} if refusal.message.startswith("API rate limit") else {}
        return Answer(shown, refusal.status, headers)
    # A repository that moved takes the rest of the path along; what would write is redirected with its method kept.
    rest = path.split("/", 4)[4:] if "/issues/" not in refusal.location else []
    shown["url"] = "/".join([refusal.location, *rest])
    status = 301 if method == "GET" else 307
    return Answer(shown | {"status": str(status)}, status, {"location": shown["url"]})


def _response(answer: Answer) -> Response:
    body = answer.encoded()
    headers = dict(answer.headers)
    if body and not isinstance(answer.body, bytes):
        headers.setdefault("content-type", "application/json; charset=utf-8")
    return Response(body, answer.status, headers)


def _readable(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw


def _signed(token: str, public_key: str) -> bool:
    import jwt

    try:
        jwt.decode(
            token, public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False, "verify_aud": False}
        )
    except jwt.InvalidTokenError:
        return False
    return True
