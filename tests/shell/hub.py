"""A GitHub made of scripted answers, and a clock that moves only when someone sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import respx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.core.names import InstallationId, RepositoryName
from bot.github.auth import GitHubApp
from bot.github.pacing import Time

if TYPE_CHECKING:
    from bot.github.gateway import Gateway, ReadGateway

API = "https://api.github.test"
APP_ID = 4711
INSTALLATION = InstallationId(100)
NAME = RepositoryName("octo/gaps")
REPO = "/repos/octo/gaps"
SHA = "0123456789abcdef0123456789abcdef01234567"
TOKENS = f"/app/installations/{INSTALLATION}/access_tokens"


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def pem() -> str:
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass
class Clock:
    """Time as the client sees it: sleeping is the only thing that takes any."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def time(self) -> Time:
        start = datetime.now(UTC).timestamp() - self.now
        return Time(monotonic=lambda: self.now, wall=lambda: start + self.now, sleep=self.sleep, chance=lambda: 0.5)


class Hub:
    """The App before a scripted GitHub. Each minted token is another: ghs_1, ghs_2, …"""

    def __init__(self, *, write_spacing: float = 0.0, key: str | None = None, base: str = API) -> None:
        self.clock = Clock()
        self.prefix = httpx.URL(base).path.rstrip("/")
        self.router = respx.Router(assert_all_called=False)
        self.minted = 0
        self.tokens = self.router.post(path=self.prefix + TOKENS).mock(side_effect=self._mint)
        self.app = GitHubApp(
            APP_ID,
            pem() if key is None else key,
            api_url=base,
            write_spacing=write_spacing,
            transport=httpx.MockTransport(self.router.async_handler),
            time=self.clock.time(),
        )

    @property
    def gateway(self) -> Gateway:
        return self.app.installation(INSTALLATION)

    @property
    def reader(self) -> ReadGateway:
        return self.app.reader(INSTALLATION)

    def answers(self, method: str, path: str, *answers: httpx.Response | Exception) -> respx.Route:
        """Answers calls of a path one after the other; the last answer stays."""
        queue = list(answers)

        def answer(_: httpx.Request) -> httpx.Response:
            current = queue.pop(0) if len(queue) > 1 else queue[0]
            if isinstance(current, httpx.Response):
                return httpx.Response(current.status_code, headers=current.headers, content=current.content)
            raise current

        return self.router.route(method=method, path=self.prefix + path).mock(side_effect=answer)

    def _mint(self, _: httpx.Request) -> httpx.Response:
        self.minted += 1
        ends = datetime.now(UTC) + timedelta(hours=1)
        return httpx.Response(201, json={"token": f"ghs_{self.minted}", "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")})


def ok(body: object, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def no(status: int, message: str = "no", *, errors: object = None, **headers: str) -> httpx.Response:
    body = {"message": message, "documentation_url": "https://docs.github.com"} | ({} if errors is None else {"errors": errors})
    return ok(body, status, **headers)


def issue_json(number: int = 7, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": "Pool connections",
        "body": "text",
        "state": "open",
        "state_reason": None,
        "labels": [{"name": "gap", "color": "ededed"}],
        "user": {"login": "gapkeeper[bot]", "type": "Bot"},
        "updated_at": "2026-11-20T10:00:00Z",
    } | changes


def repository_json(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "full_name": str(NAME),
        "default_branch": "main",
        "archived": False,
        "fork": False,
        "has_issues": True,
        "private": True,
        "html_url": "https://github.test/octo/gaps",
    } | changes
