"""One call to GitHub, from request to value: credentials, pace, timeouts, the retry of reads, pages. It names no endpoint.

githubkit signs in and configures the HTTP client. Its own `arequest` is not used: on a limit it raises ValueError where
`Retry-After` is a date, and it would hide the answer that `bot.github.faults` judges.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import httpx

from bot.core.errors import RateLimited, Refused, Unauthorized, Unavailable
from bot.github.faults import Answer, fault_of
from bot.github.translate import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from githubkit import GitHub

    from bot.github.pacing import Governor, Time

T = TypeVar("T")

API_VERSION = "2026-03-10"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions; githubkit adds it to typed calls only."""

READ_TRIES = 3
CALL_SECONDS = 60.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""httpx has these per phase; a server that drips a byte at a time is cut by CALL_SECONDS."""

_HEADERS = {"X-GitHub-Api-Version": API_VERSION}
_FIRST_PAUSE = 0.5


class Pool(httpx.AsyncBaseTransport):
    """The connections of one event loop, kept open between calls; `calls` counts what really goes over the wire.

    githubkit makes a client for each call and closes it with its transport, under the feet of other calls: hence `aclose` does
    nothing, and `shutdown` closes.
    """

    def __init__(self, given: httpx.AsyncBaseTransport | None = None, *, permit: Callable[[], None] | None = None) -> None:
        """Send through a given transport, which stays its owner's, or through connections of our own.

        `permit` is asked last before each call that may change something, and raises where it must not go out.
        """
        self._inner = given or httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_connections=20))
        self._ours = given is None
        self._permit = permit
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Count and send."""
        if self._permit is not None and request.method != "GET":
            self._permit()
        self.calls += 1
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Keep the connections for the next call."""

    async def shutdown(self) -> None:
        """Close the connections, if they are ours."""
        if self._ours:
            await self._inner.aclose()


class Credentials(Protocol):
    """Who calls."""

    async def client(self) -> GitHub[Any]:
        """Returns a client that is signed in."""

    def reject(self, client: GitHub[Any]) -> None:
        """Take note that GitHub answered 401 to this client: the next one needs something fresh."""


@dataclass(frozen=True, slots=True)
class Session:
    """One caller within one event loop: who it is, and its pace."""

    credentials: Credentials
    governor: Governor
    spent: Callable[[bool], None] | None = None
    """Is told of each request, and whether it may change something."""


class Line:
    """The way to GitHub for one caller. A read is tried up to three times; a write once, for its effect may have happened.

    All methods raise the leaves of `bot.core.errors.GitHubError`, which never carry a request, a header or a cause with one.
    `read` makes a value of the JSON, or raises Unreadable.
    """

    def __init__(self, session: Callable[[], Session], *, base: httpx.URL, time: Time, read_only: bool = False) -> None:
        """Call in the name of the session that belongs to the running event loop; `read_only` refuses to write."""
        self._session = session
        self._base = base
        self._time = time
        self._read_only = read_only

    async def get(self, path: str, read: Callable[[object], T], *, params: Mapping[str, str] | None = None) -> T:
        """Returns the value of a read."""
        value, _ = await self._get(path, read, params)
        return value

    async def pages(
        self,
        path: str,
        read: Callable[[object], tuple[T, ...]],
        *,
        params: Mapping[str, str] | None = None,
        enough: Callable[[tuple[T, ...]], bool] = lambda _: False,
    ) -> tuple[T, ...]:
        """Returns the items of all pages, or of those up to which there is `enough`.

        A page that fails fails the whole, for a part of a list is no knowledge.
        """
        items, following = await self._get(path, read, params)
        visited = set[str]()
        while following is not None and not enough(items):
            address = self._same_host(following)
            if address in visited:
                raise Unavailable("GitHub's list leads back to a page that was read already")
            visited.add(address)
            more, following = await self._get(address, read, None)
            items += more
        return items

    async def write(self, method: str, path: str, read: Callable[[object], T], *, json: Mapping[str, object] | None) -> T:
        """Returns the value of a write's answer. After Unavailable the effect is unknown: look before writing again."""
        if self._read_only:
            raise RuntimeError("a dry run has no way to write")
        value, _ = await self._once(method, path, read, json=json)
        return value

    async def _get(self, url: str, read: Callable[[object], T], params: Mapping[str, str] | None) -> tuple[T, str | None]:
        started = self._time.monotonic()
        pause = _FIRST_PAUSE
        for _ in range(READ_TRIES - 1):
            try:
                return await self._once("GET", url, read, params=params)
            except Unavailable:
                if self._time.monotonic() - started >= CALL_SECONDS / 2:
                    raise
            await self._time.sleep(pause * (0.5 + self._time.chance()))
            pause *= 2
        return await self._once("GET", url, read, params=params)

    async def _once(
        self,
        method: str,
        url: str,
        read: Callable[[object], T],
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> tuple[T, str | None]:
        """Returns the value of one request and the address of the next page."""
        session = self._session()
        # A PATCH changes and a DELETE removes; all else makes something new, be it a label: better one too many is counted.
        async with session.governor.turn(write=method != "GET", creates=method in {"POST", "PUT"}):
            answer = await self._authorized(session, method, url, params=params, json=json)
        try:
            return read(answer.body), answer.next
        except Unreadable as unreadable:
            fault = f"GitHub's answer cannot be read: {unreadable}"
        raise Unavailable(fault, status=answer.status)

    async def _authorized(
        self,
        session: Session,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None,
        json: Mapping[str, object] | None,
    ) -> Answer:
        """Returns a successful answer; a 401 is met once with fresh credentials, since it is sure that nothing was done."""
        for last in (False, True):
            client = await session.credentials.client()
            if session.spent is not None:
                session.spent(method != "GET")
            answer = await _send(client, method, url, params=params, json=json)
            fault = fault_of(answer, now=self._time.wall())
            if isinstance(fault, Unauthorized) and not last:
                session.credentials.reject(client)
                continue
            if isinstance(fault, RateLimited):
                raise await session.governor.limited(fault)
            if fault is not None:
                raise fault
            return answer
        raise AssertionError("unreachable")

    def _same_host(self, address: str) -> str:
        """Returns the absolute address of a page; our token goes to no other host than the one we were told of."""
        try:
            url = self._base.join(address)
        except httpx.InvalidURL:
            url = httpx.URL()
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            raise Refused("GitHub's list goes on at another host; it is not followed")
        return str(url)


async def _send(
    client: GitHub[Any],
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None,
    json: Mapping[str, object] | None,
) -> Answer:
    """Returns whatever HTTP brings. No error chains to one of httpx: those hold the request, and with it the token."""
    try:
        async with asyncio.timeout(CALL_SECONDS), client.get_async_client() as http:
            response = await http.request(method, url, params=params, json=json, headers=_HEADERS)
            return _answer(response)
    except (httpx.HTTPError, TimeoutError) as error:
        fault = f"{method} {httpx.URL(url).path}: {type(error).__name__}"
    raise Unavailable(fault)


def _answer(response: httpx.Response) -> Answer:
    """Returns the answer with its JSON; a body that is none (a proxy's page, a cut one) counts as no body."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body,
        next=response.links.get("next", {}).get("url"),
    )
