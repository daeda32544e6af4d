"""Who we are to GitHub: the App, by a JWT, and its installations, by tokens that live for an hour and only in memory.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app
"""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import httpx

from bot.core.errors import Unauthorized
from bot.core.names import InstallationId, RepositoryName
from bot.github.gateway import Gateway, ReadGateway, repository_path
from bot.github.hook import Hook
from bot.github.pacing import APP, Governor, Ledger, Time
from bot.github.translate import id_of, instant_of, registration_of, slug_of, token_of
from bot.github.wire import TIMEOUT, Line, Pool, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from githubkit import AppAuthStrategy, GitHub
    from githubkit.cache import MemCacheStrategy

    from bot.github.model import Registration

GITHUB = "https://api.github.com"

_MARGIN = 60.0
"""A token is not used in the last minute of its life."""

_TOKEN_LIFE = (2 * _MARGIN, 3600.0)
"""Installation tokens live for one hour; a clock that is wrong must neither keep one longer nor mint one for each call."""


class AppCredentials:
    """The App itself. githubkit signs the JWT (`iat` a minute back, `exp` nine minutes ahead) and keeps it for eight."""

    def __init__(self, client: GitHub[AppAuthStrategy], cache: MemCacheStrategy) -> None:
        """Use a client of githubkit, and the cache that is its alone."""
        self._client = client
        self._cache = cache

    async def client(self) -> GitHub[Any]:
        """Returns the App's client. Raises Unauthorized where the private key is none; the error does not show it."""
        from jwt import PyJWTError

        auth = self._client.auth.get_auth_flow(self._client)
        try:
            await auth.aget_jwt()  # type: ignore[attr-defined]  # declared as httpx.Auth, is githubkit's AppAuth
        except (PyJWTError, ValueError, TypeError):
            usable = False
        else:
            usable = True
        if not usable:
            raise Unauthorized("the App's private key cannot be used")
        return self._client

    def reject(self, client: GitHub[Any]) -> None:
        """Forget the JWT: the clock may have been set since."""
        del client
        self._cache.cleanup()


class InstallationCredentials:
    """An installation. However many calls need a token at once, one is minted, and all get it or the reason why not."""

    def __init__(self, installation: InstallationId, *, app: Line, sign_in: Callable[[str], GitHub[Any]], time: Time) -> None:
        """Mint through the App's line; `sign_in` makes a client of a token."""
        self._path = f"/app/installations/{installation}/access_tokens"
        self._app = app
        self._sign_in = sign_in
        self._time = time
        self._client: GitHub[Any] | None = None
        self._until = float("-inf")
        self._minting: asyncio.Task[GitHub[Any]] | None = None

    async def client(self) -> GitHub[Any]:
        """Returns a client with a token that lives for another minute at least, as far as our clock can tell."""
        if self._client is not None and self._time.monotonic() < self._until:
            return self._client
        if self._minting is None:
            self._minting = asyncio.create_task(self._mint())
            self._minting.add_done_callback(self._minted)
        # A caller that is cancelled must not take the token away from the others.
        return await asyncio.shield(self._minting)

    def reject(self, client: GitHub[Any]) -> None:
        """Drop the token, unless another call has already replaced it."""
        if self._client is client:
            self._client = None

    async def _mint(self) -> GitHub[Any]:
        """Returns a client with a new token.

        https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
        """
        token, ends = await self._app.write("POST", self._path, _token, json={})
        shortest, longest = _TOKEN_LIFE
        life = min(max(ends - self._time.wall(), shortest), longest)
        self._client = self._sign_in(token)
        self._until = self._time.monotonic() + life - _MARGIN
        return self._client

    def _minted(self, task: asyncio.Task[GitHub[Any]]) -> None:
        self._minting = None
        if not task.cancelled():
            task.exception()  # seen: whoever waited has it too


def _token(answer: object) -> tuple[str, float]:
    """Returns a token and the time of its end."""
    token, expires_at = token_of(answer)
    return token, instant_of(expires_at)


@dataclass(slots=True)
class _Home:
    """What belongs to one event loop: connections, locks and tokens cannot be shared across loops."""

    pool: Pool
    client: GitHub[AppAuthStrategy]
    app: Session
    installations: dict[InstallationId, Session] = field(default_factory=dict)


class GitHubApp:
    """The App at one GitHub, with all of its installations. It connects when first used, and is closed by `aclose`."""

    def __init__(
        self,
        app_id: int | str,
        private_key: str,
        *,
        api_url: str = GITHUB,
        write_spacing: float = 1.0,
        transport: httpx.AsyncBaseTransport | None = None,
        time: Time | None = None,
        ledger: Ledger | None = None,
        permit: Callable[[], None] | None = None,
        spent: Callable[[InstallationId, bool], None] | None = None,
    ) -> None:
        """Keep what is needed to sign in; `write_spacing` is in seconds; a given `transport` carries all calls.

        The `ledger` has the pace of each installation, shared with other processes; without one it is this client's alone.
        `permit` is asked before each call that may change something, and raises where this process may not any more.
        `spent` is told of each request: in whose name, APP for the App's own, and whether it may change something.
        """
        self._app_id = app_id
        self._private_key = private_key
        self._base = httpx.URL(api_url)
        self._spacing = write_spacing
        self._transport = transport
        self._permit = permit
        self._spent = spent
        self._time = time or Time()
        self._ledger = ledger
        self._homes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Home] = WeakKeyDictionary()
        self._app = Line(lambda: self._home().app, base=self._base, time=self._time)
        self._slug: str | None = None
        self.hook = Hook(self._app)

    @property
    def calls(self) -> int:
        """How many requests went over the wire, those for tokens included."""
        return sum(home.pool.calls for home in self._homes.values())

    def installation(self, installation: InstallationId) -> Gateway:
        """Returns the gateway of an installation."""
        return Gateway(self._line(installation, read_only=False))

    def reader(self, installation: InstallationId) -> ReadGateway:
        """Returns a gateway that cannot write: it has no method for it, and its line refuses."""
        return ReadGateway(self._line(installation, read_only=True))

    async def installation_of(self, name: RepositoryName) -> InstallationId:
        """Returns the installation that covers a repository; NotFound where the App is not installed.

        https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app
        """
        return InstallationId(await self._app.get(f"{repository_path(name)}/installation", id_of))

    async def slug(self) -> str:
        """Returns the App's slug, asked for once.

        https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app
        """
        if self._slug is None:
            self._slug = await self._app.get("/app", slug_of)
        return self._slug

    async def registration(self) -> Registration:
        """Returns the App as it is registered, asked for each time.

        https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app
        """
        return await self._app.get("/app", registration_of)

    async def login(self) -> str:
        """Returns the login that the App acts under."""
        return f"{await self.slug()}[bot]"

    async def aclose(self) -> None:
        """Close the connections of the running event loop; tokens are forgotten with them."""
        home = self._homes.pop(asyncio.get_running_loop(), None)
        if home is not None:
            await home.pool.shutdown()

    def _line(self, installation: InstallationId, *, read_only: bool) -> Line:
        return Line(lambda: self._session(installation), base=self._base, time=self._time, read_only=read_only)

    def _session(self, installation: InstallationId) -> Session:
        home = self._home()
        if installation not in home.installations:
            from githubkit import TokenAuthStrategy

            credentials = InstallationCredentials(
                installation,
                app=self._app,
                sign_in=lambda token: home.client.with_auth(TokenAuthStrategy(token)),
                time=self._time,
            )
            governor = Governor(spacing=self._spacing, time=self._time, ledger=self._ledger, installation=installation)
            home.installations[installation] = Session(credentials, governor, self._spent_by(installation))
        return home.installations[installation]

    def _spent_by(self, installation: InstallationId) -> Callable[[bool], None] | None:
        return None if self._spent is None else functools.partial(self._spent, installation)

    def _home(self) -> _Home:
        """Returns what belongs to the running event loop, made when first asked for: importing githubkit takes half a second."""
        loop = asyncio.get_running_loop()
        if loop not in self._homes:
            from githubkit import AppAuthStrategy, GitHub
            from githubkit.cache import MemCacheStrategy

            pool = Pool(self._transport, permit=self._permit)
            cache = MemCacheStrategy()
            client = GitHub(
                AppAuthStrategy(self._app_id, self._private_key),
                base_url=self._base,
                user_agent="gapkeeper",
                timeout=TIMEOUT,
                follow_redirects=False,  # a POST answered 301 would become a GET
                trust_env=False,
                http_cache=False,
                auto_retry=False,  # it would repeat a POST after a 502: a second issue
                cache_strategy=cache,  # the default one is shared by the whole process, whatever the host
                async_transport=pool,
            )
            governor = Governor(spacing=0.0, time=self._time, ledger=self._ledger)
            app = Session(AppCredentials(client, cache), governor, self._spent_by(APP))
            self._homes[loop] = _Home(pool, client, app)
        return self._homes[loop]
