"""Canaries in every secret, along each path of errors: none of them sings in a log, an error, a comment, the database or a status.

Prow's TestCreateCommentCensored is the model (reliability.md §4).
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import httpx
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot.cli import app
from bot.core.errors import DatabaseUnusable, GapkeeperError
from bot.core.names import RepositoryId
from bot.core.redaction import MASK, Redaction, without_secrets
from bot.github.pacing import Time
from bot.jobs.handling import Handling
from bot.jobs.sync import Sync
from bot.sandbox import Clock
from bot.settings import Settings
from bot.store.database import Database
from bot.store.store import Store
from tests.by_hand import at_hand, private_key
from tests.shell.test_health import HERE, connected, post, process
from tests.shell.test_operating import environment
from tests.shell.test_settings import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.by_hand import ByHand

pytestmark = pytest.mark.anyio

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjYW5hcnkifQ.canary-signature_x"
SHAPES = {
    "installation token": "ghs_canary0123456789",
    "installation token with dots": f"ghs_4711_{JWT}",
    "user token": "ghu_canary0123456789",
    "fine-grained token": "github_pat_canary0123456789_abc",
    "jwt": JWT,
    "half a jwt": "eyJcanarycanary",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\ncanary\ncanary=\n-----END RSA PRIVATE KEY-----",
    "private key on one line": r"-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
    "private key cut off": "-----BEGIN PRIVATE KEY-----\ncanary",
    "database password": "postgresql://me:canary@db/gaps",
    "database password without a user": "postgresql://:canary@db/gaps",
    "database password in the query": "postgresql://db/gaps?sslmode=require&password=canary",
    "database password of libpq": "host=db password=canary dbname=gaps",
    "proxy password": "http://proxy:canary@127.0.0.1:3128",
    "authorization": "{'Authorization: Bearer canary'}",
    "authorization before a key": "Authorization: canary -----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
    "bearer": "Bearer canary/0123456789+abcd==",
    "basic": "basic Y2FuYXJ5OmNhbmFyeQ==canary",
}
"""What a secret may look like; the word `canary` is part of each."""


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_secret_is_known_by_its_shape(text: str) -> None:
    shown = without_secrets(f"before {text} after")
    assert "canary" not in shown
    assert MASK in shown
    assert shown.startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "token of an installation",
        "https://github.com/octo/gaps",
        "a password was changed",
        "bearer of news",
        "ghost_town",
        "10:30@noon",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert without_secrets(text) == text


def test_values_are_known_however_they_are_spelled() -> None:
    secret = 'a "canary" & co\\x'
    redact = Redaction([secret, KEY, "short"])
    for spelled in (secret, r"a \"canary\" & co\\x", repr(secret), "a%20%22canary%22%20%26%20co%5Cx"):
        assert "canary" not in redact(f"<{spelled}>")
    assert all(redact(line) == MASK for line in KEY.splitlines()[1:-1])
    assert redact("short and sweet") == "short and sweet"
    assert Redaction([])("nothing known") == "nothing known"


def settings(url: str) -> Settings:
    return Settings(app_id=7, private_key=KEY, webhook_secrets=("a canary of one", "a canary of two"), database_url=url)


@pytest.mark.parametrize(
    "url", ["postgresql://me:can%2Fary-canary@db/x", "postgresql://db/x?password=can%2Fary-canary", "postgresql://me@db/x"]
)
def test_the_settings_name_what_is_secret(url: str) -> None:
    redact = Redaction(settings(url).secrets)
    for word in ("a canary of one", "a canary of two", *(("can/ary-canary", "can%2Fary-canary") if "ary" in url else ())):
        assert redact(word) == MASK
    assert "canary" not in repr(settings(url))


LOGGED = (
    "import logging, structlog, sys\nfrom bot.app import configure_logging\n"
    "secrets = sys.stdin.read().split('|')\nconfigure_logging(sys.argv[1], secrets=secrets)\n"
    "structlog.get_logger('x').warning('event', value=secrets, **{'k': secrets[0]})\n"
    "logging.getLogger('library').error('%s', secrets)\n"
    "class Away(Exception): pass\nraise Away(*secrets)\n"
)


@pytest.mark.parametrize("kind", ["json", "console"])
def test_what_nobody_catches_ends_in_the_log_and_shows_no_secret(kind: str) -> None:
    given = f'plain canary words|a "quoted" canary|{KEY}'
    done = subprocess.run(
        [sys.executable, "-c", LOGGED, kind], input=given, cwd=HERE, check=False, text=True, capture_output=True
    )
    assert done.returncode == 1
    assert "server.died" in done.stderr
    assert "Away" in done.stderr
    assert "canary" not in done.stderr.replace('a "quoted" canary', "canary")
    assert KEY.splitlines()[3] not in done.stderr


@pytest.mark.parametrize("url", ["postgresql://me:canary@127.0.0.1:1/x", "postgresql://me@127.0.0.1:1/x?password=canary"])
def test_a_database_that_cannot_be_opened_keeps_its_password(url: str) -> None:
    database = Database(url)
    assert "canary" not in database.location
    with pytest.raises(DatabaseUnusable) as caught:
        database.open()
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    ours = {**environment(url), "GAPKEEPER_WEBHOOK_SECRET": "a canary that is long enough"}
    for command in (["status"], ["replay", "11111111-2222-4333-8444-555555555555"]):
        result = CliRunner().invoke(app, command, env=ours)
        assert result.exit_code == 2
        assert "canary" not in result.output


async def test_errors_of_the_database_hold_no_payload(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/g.db")
    await store.open()
    payload = "canary"
    try:
        with pytest.raises(Exception, match="no such table") as caught:
            await store.read(lambda connection: connection.exec_driver_sql("SELECT ? FROM nowhere", (payload,)))
        assert "canary" not in "".join(traceback.format_exception(caught.value))
    finally:
        await store.close()


async def test_a_server_in_trouble_shows_no_secret(tmp_path: Path) -> None:
    """GitHub away behind a proxy that is not ours to use, refused deliveries, and the end: all that it says is read."""
    trouble = {
        "GAPKEEPER_WEBHOOK_SECRET": "canary of the webhook and a horse",
        "GAPKEEPER_GITHUB_API_URL": "http://127.0.0.1:9",
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy"), "http://proxy:canary@127.0.0.1:9"),
    }
    async with process(tmp_path, **trouble) as (running, address), httpx.AsyncClient(base_url=address, trust_env=False) as http:
        await connected(http)
        answers = [await post(http), await http.get("/webhooks/github"), await http.get("/healthz"), await http.get("/readyz")]
        answers.append(await http.get("/nowhere", headers={"authorization": "Bearer canary0123456789"}))
        said = ""
        while "server.unknown_to_github" not in said:
            assert running.stderr
            said += (await asyncio.wait_for(running.stderr.readline(), 20)).decode()
        running.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(running.communicate(), 20)
    assert answers[0].status_code == 401
    shown = said + rest.decode() + "".join(f"{answer.headers} {answer.text}" for answer in answers)
    assert "canary" not in shown
    assert KEY.splitlines()[3] not in shown


class Echo(httpx.AsyncBaseTransport):
    """A GitHub whose errors quote what it was sent, and the App's key: as careless as a proxy's debug page."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.status: int | Exception | None = None
        self.at: Callable[[httpx.Request], bool] = lambda _: True
        self.tokens = set[str]()
        self.struck = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = request.headers.get("authorization", "")
        self.tokens.add(sent.split(" ")[-1])
        if self.status is None or not self.at(request):
            return await self.inner.handle_async_request(request)
        self.struck += 1
        if isinstance(self.status, Exception):
            raise type(self.status)(sent)
        quoted = f"{sent} Authorization: {sent} {private_key()}"
        return httpx.Response(self.status, json={"message": quoted, "errors": [{"code": sent, "message": quoted}, quoted]})


DOCUMENT = "# Known gaps\n\n- [ ] [P0] Rotate the keys\n- [ ] [P1] Limit the rate\n"
WHERE: dict[str, Callable[[httpx.Request], bool]] = {
    "minting": lambda request: request.url.path.endswith("/access_tokens"),
    "reading": lambda request: request.method == "GET",
    "issues": lambda request: request.method in {"POST", "PATCH"} and "/issues" in request.url.path,
    "writing": lambda request: request.method != "GET" and not request.url.path.endswith("/access_tokens"),
}


def written(hand: ByHand) -> str:
    """All that people can read in the repository."""
    comments = [comment.body for issue in hand.issues.values() for comment in issue.comments.values()]
    checks = [str(check) for check in hand.repository.checks.values()]
    return "\n".join([*(f"{issue.title} {issue.body}" for issue in hand.issues.values()), *comments, *checks])


def kept_in(folder: Path) -> str:
    """The bytes of the database and what belongs to it."""
    return b"".join(path.read_bytes() for path in folder.iterdir()).decode("latin-1")


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("status", [401, 403, 422, 500, httpx.ReadTimeout("late")], ids=str)
async def test_whatever_github_says_of_us_is_not_repeated(tmp_path: Path, status: int | Exception, where: str) -> None:
    async def at_once(_: float) -> None:
        """Let no time pass between the tries of a read."""

    echoes: list[Echo] = []

    def through(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        echoes.append(Echo(inner))
        return echoes[-1]

    store = Store(f"sqlite:///{tmp_path}/g.db")
    await store.open()
    told: list[str] = []
    try:
        hand = at_hand(store, clock=Clock(), through=through, clocked=Time(sleep=at_once))
        echo = echoes[0]
        await hand.push({"KNOWN_GAPS.md": DOCUMENT})
        await hand.github.aclose()  # Its tokens are forgotten: the next call mints.
        hand.repository.comment(min(hand.issues), "/gap priority P1", by="alice")
        hand.repository.push({"KNOWN_GAPS.md": DOCUMENT + "- [ ] [P2] Another gap\n"}, by="alice", message="more")
        await hand.hooks.flush()
        echo.status, echo.at = status, WHERE[where]
        sync = Sync(hand.github, store, hand.settings)
        with capture_logs() as logs:
            try:
                outcome = await Handling(sync, store)(RepositoryId(hand.repository.id), tuple(hand.waiting))
                told.append(repr(outcome))
            except GapkeeperError as error:
                told += [*traceback.format_exception(error), repr(vars(error))]
            finally:
                echo.status = None
                await sync.aclose()
        told += [repr(logs), written(hand)]
        await hand.github.aclose()
    finally:
        await store.close()
    assert echo.struck
    told.append(kept_in(tmp_path))
    told.append(CliRunner().invoke(app, ["status"], env=environment(f"sqlite:///{tmp_path}/g.db")).output)
    shown = "\n".join(told)
    assert len(echo.tokens) >= 2  # an installation's, and the App's JWT
    for secret in (*echo.tokens, private_key().splitlines()[3], "PRIVATE KEY"):
        assert secret not in shown
