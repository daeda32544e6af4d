"""Signing in: the JWT, tokens, their renewal, and that no secret shows in an error."""

from __future__ import annotations

import asyncio
import time
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from githubkit.auth.app import AppAuth

from bot.core.errors import NotFound, RateLimited, Refused, Unauthorized, Unavailable
from bot.core.names import InstallationId, IssueNumber, RepositoryId
from bot.github.auth import GitHubApp
from tests.shell.hub import APP_ID, INSTALLATION, NAME, REPO, TOKENS, Hub, issue_json, no, ok, pem, private_key, repository_json

pytestmark = pytest.mark.anyio

SEVEN = IssueNumber(7)
ISSUE = f"{REPO}/issues/7"


def bearer(request: httpx.Request) -> str:
    scheme, _, token = request.headers["Authorization"].partition(" ")
    return token if scheme in {"Bearer", "token"} else ""


async def test_one_token_serves_many_calls_and_every_call_names_the_api_version() -> None:
    hub = Hub()
    route = hub.answers("GET", ISSUE, ok(issue_json()))
    for _ in range(3):
        await hub.gateway.issue(NAME, SEVEN)
    await hub.reader.issue(NAME, SEVEN)
    assert hub.minted == 1
    assert [bearer(call.request) for call in route.calls] == ["ghs_1"] * 4
    assert {call.request.headers["X-GitHub-Api-Version"] for call in hub.router.calls} == {"2026-03-10"}
    assert hub.app.calls == 5


async def test_twenty_cold_calls_mint_one_token() -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json()))
    await asyncio.gather(*(hub.gateway.issue(NAME, SEVEN) for _ in range(20)))
    assert hub.minted == 1


async def test_a_cancelled_caller_leaves_the_token_to_the_others() -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json()))
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow_mint(request: httpx.Request) -> httpx.Response:
        entered.set()
        await release.wait()
        return ok({"token": "ghs_slow", "expires_at": "2099-01-01T00:00:00Z"}, 201)

    hub.tokens.mock(side_effect=slow_mint)
    first, second = (asyncio.create_task(hub.gateway.issue(NAME, SEVEN)) for _ in range(2))
    await entered.wait()
    first.cancel()
    release.set()
    assert (await second).number == 7
    assert hub.tokens.call_count == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_installations_have_tokens_of_their_own() -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json()))
    other = hub.answers(
        "POST", "/app/installations/200/access_tokens", ok({"token": "ghs_b", "expires_at": "2099-01-01T00:00:00Z"})
    )
    await hub.gateway.issue(NAME, SEVEN)
    await hub.app.installation(InstallationId(200)).issue(NAME, SEVEN)
    assert (hub.minted, other.call_count) == (1, 1)
    assert bearer(hub.router.calls.last.request) == "ghs_b"


async def test_apps_of_two_hosts_share_no_token() -> None:
    first, second = Hub(base="https://one.test"), Hub(base="https://two.test/api/v3")
    for hub in (first, second):
        hub.answers("GET", ISSUE, ok(issue_json()))
        await hub.gateway.issue(NAME, SEVEN)
    assert (first.minted, second.minted) == (1, 1)


async def test_fault_115_the_jwt_is_a_minute_back_and_nine_minutes_ahead() -> None:
    hub = Hub()
    hub.answers("GET", "/app", ok({"slug": "gapkeeper"}))
    await hub.app.slug()
    claims = jwt.decode(bearer(hub.router.calls.last.request), private_key().public_key(), algorithms=["RS256"])
    now = time.time()
    assert claims["iss"] == str(APP_ID)
    assert now - 75 < claims["iat"] <= now - 59
    assert claims["exp"] <= now + 9 * 60


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.123Z", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S"],
    ids=["github", "milliseconds", "offset", "naive"],
)
async def test_a_token_is_renewed_a_minute_before_its_end(form: str) -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json()))
    ends = datetime.now(UTC) + timedelta(minutes=30)
    hub.answers("POST", TOKENS, ok({"token": "ghs_x", "expires_at": ends.strftime(form)}, 201))
    await hub.gateway.issue(NAME, SEVEN)
    hub.clock.now += 28 * 60
    await hub.gateway.issue(NAME, SEVEN)
    assert hub.tokens.call_count == 1
    hub.clock.now += 2 * 60
    await hub.gateway.issue(NAME, SEVEN)
    assert hub.tokens.call_count == 2


@pytest.mark.parametrize(
    ("expires_at", "kept", "dropped"),
    [("2000-01-01T00:00:00Z", 30, 90), ("2099-01-01T00:00:00Z", 58 * 60, 60 * 60)],
    ids=["our clock runs far ahead", "our clock runs far behind"],
)
async def test_fault_115_a_wrong_clock_neither_mints_for_each_call_nor_keeps_a_token_for_ever(
    expires_at: str, kept: int, dropped: int
) -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json()))
    hub.answers("POST", TOKENS, ok({"token": "ghs_x", "expires_at": expires_at}, 201))
    await hub.gateway.issue(NAME, SEVEN)
    hub.clock.now += kept
    await hub.gateway.issue(NAME, SEVEN)
    assert hub.tokens.call_count == 1
    hub.clock.now += dropped - kept
    await hub.gateway.issue(NAME, SEVEN)
    assert hub.tokens.call_count == 2


async def test_fault_26_an_expired_token_is_replaced_once_and_the_call_repeated_once() -> None:
    hub = Hub()
    route = hub.answers("GET", ISSUE, no(401, "Bad credentials"), ok(issue_json()))
    assert (await hub.gateway.issue(NAME, SEVEN)).number == 7
    assert [bearer(call.request) for call in route.calls] == ["ghs_1", "ghs_2"]
    await hub.gateway.issue(NAME, SEVEN)
    assert hub.minted == 2


async def test_fault_26_a_write_is_repeated_after_401_for_nothing_was_done() -> None:
    hub = Hub()
    route = hub.answers("POST", f"{REPO}/issues", no(401, "Bad credentials"), ok(issue_json(), 201))
    assert (await hub.gateway.create_issue(NAME, title="t", body="b", labels=[])).number == 7
    assert route.call_count == 2


async def test_fault_26_a_second_401_is_unauthorized() -> None:
    hub = Hub()
    route = hub.answers("GET", ISSUE, no(401, "Bad credentials"))
    with pytest.raises(Unauthorized) as caught:
        await hub.gateway.issue(NAME, SEVEN)
    assert caught.value.status == 401
    assert (route.call_count, hub.minted) == (2, 2)


async def test_fault_26_many_calls_with_one_expired_token_mint_one_new_token() -> None:
    hub = Hub()

    def by_token(request: httpx.Request) -> httpx.Response:
        return no(401) if bearer(request) == "ghs_1" else ok(issue_json())

    hub.router.get(path=ISSUE).mock(side_effect=by_token)
    await asyncio.gather(*(hub.gateway.issue(NAME, SEVEN) for _ in range(10)))
    assert hub.minted == 2


async def test_fault_26_a_late_401_to_an_old_token_does_not_drop_the_new_one() -> None:
    hub = Hub()
    renewed, waiting = asyncio.Event(), 0

    async def by_token(request: httpx.Request) -> httpx.Response:
        nonlocal waiting
        if bearer(request) != "ghs_1":
            renewed.set()
            return ok(issue_json())
        waiting += 1
        if waiting == 2:
            await renewed.wait()
        return no(401)

    hub.router.get(path=ISSUE).mock(side_effect=by_token)
    await asyncio.gather(*(hub.gateway.issue(NAME, SEVEN) for _ in range(2)))
    assert waiting == 2
    assert hub.minted == 2


async def test_a_401_to_the_app_signs_a_new_jwt_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    claim = "'Expiration time' claim ('exp') is too far in the future"
    route = hub.answers("GET", "/app", no(401, claim), ok({"slug": "gapkeeper"}), no(401, claim))
    signed: list[object] = []
    sign = AppAuth._create_jwt

    def counted(auth: AppAuth) -> str:
        signed.append(auth)
        return sign(auth)

    monkeypatch.setattr(AppAuth, "_create_jwt", counted)
    await hub.app.slug()
    assert len(signed) == 2
    with pytest.raises(Unauthorized):
        await hub.app._app.get("/app", str)
    assert route.call_count == 4


async def test_fault_47_every_call_has_its_limits_of_time_and_none_obeys_the_environment() -> None:
    hub = Hub()
    hub.answers("GET", ISSUE, ok(issue_json()))
    await hub.gateway.issue(NAME, SEVEN)
    limits = [call.request.extensions["timeout"] for call in hub.router.calls]
    assert limits == [{"connect": 10, "read": 30, "write": 30, "pool": 30}] * 2
    assert not hub.app._home().client.config.trust_env


async def test_fault_32_a_suspended_installation_is_refused_with_the_reason() -> None:
    hub = Hub()
    hub.answers("POST", TOKENS, no(403, "This installation has been suspended"))
    with pytest.raises(Refused, match="suspended") as caught:
        await hub.gateway.issue(NAME, SEVEN)
    assert caught.value.status == 403


async def test_fault_28_a_limit_on_minting_silences_the_app() -> None:
    hub = Hub()
    hub.answers("POST", TOKENS, no(403, "secondary rate limit", Retry_After="60"))
    for _ in range(3):
        with pytest.raises(RateLimited):
            await hub.gateway.issue(NAME, SEVEN)
    assert hub.app.calls == 1


@pytest.mark.parametrize(
    "answer",
    [
        no(502),
        ok({"token": "ghs_x"}, 201),
        ok({"token": "ghs_x", "expires_at": "soon"}, 201),
        ok([], 201),
        httpx.ReadTimeout("late"),
    ],
    ids=["502", "no end", "unreadable end", "list", "timeout"],
)
async def test_fault_48_a_failed_mint_is_unavailable_to_all_who_waited_and_tried_again_later(
    answer: httpx.Response | Exception,
) -> None:
    hub = Hub()
    route = hub.answers("POST", TOKENS, answer)
    create = [hub.gateway.create_issue(NAME, title="t", body="b", labels=[]) for _ in range(5)]
    results = await asyncio.gather(*create, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    assert route.call_count <= 5
    before = route.call_count
    with pytest.raises(Unavailable):
        await hub.gateway.create_issue(NAME, title="t", body="b", labels=[])
    assert route.call_count == before + 1


async def test_the_installation_of_a_repository() -> None:
    hub = Hub()
    hub.answers("GET", f"{REPO}/installation", ok({"id": 100, "account": {"login": "octo"}}), no(404))
    assert await hub.app.installation_of(NAME) == INSTALLATION
    jwt.decode(bearer(hub.router.calls.last.request), options={"verify_signature": False})
    with pytest.raises(NotFound):
        await hub.app.installation_of(NAME)
    assert hub.minted == 0


async def test_the_slug_is_asked_for_once() -> None:
    hub = Hub()
    route = hub.answers("GET", "/app", ok({"slug": "gapkeeper"}))
    assert [await hub.app.slug() for _ in range(3)] == ["gapkeeper"] * 3
    assert route.call_count == 1


CANARY = "ghs_canaryCANARY0123456789"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("cut"),
        no(401, f"Bad credentials: {CANARY}"),
        no(403, f"token {CANARY} may not"),
        no(404, f"Authorization: Bearer {CANARY}"),
        no(422, errors=[{"code": CANARY}, f"Bearer {CANARY}"]),
        no(429, CANARY, Retry_After="1"),
        no(500, f"{CANARY} {pem()}"),
        ok({"echo": CANARY}),
        httpx.Response(200, content=f"<html>{CANARY}".encode()),
    ],
    ids=lambda answer: f"{getattr(answer, 'status_code', type(answer).__name__)}",
)
async def test_no_error_holds_a_token_a_key_or_a_header(answer: httpx.Response | Exception) -> None:
    hub = Hub()
    hub.answers("POST", TOKENS, ok({"token": CANARY, "expires_at": "2099-01-01T00:00:00Z"}, 201))
    hub.answers("GET", ISSUE, answer)
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whichever it is, none may tell
        await hub.gateway.issue(NAME, SEVEN)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert "canary" not in shown
    assert "PRIVATE KEY" not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("key", ["CANARY", "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----", ""])
async def test_a_key_that_is_none_is_unauthorized_and_not_shown(key: str) -> None:
    hub = Hub(key=key)
    with pytest.raises(Unauthorized) as caught:
        await hub.app.slug()
    assert "CANARY" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert hub.app.calls == 0


def test_two_event_loops_one_after_the_other() -> None:
    hub = Hub()
    hub.answers("GET", "/repositories/1", ok(repository_json()))

    async def one() -> None:
        try:
            await hub.gateway.repository(RepositoryId(1))
        finally:
            await hub.app.aclose()

    asyncio.run(one())
    asyncio.run(one())
    assert hub.minted == 2


async def test_nothing_is_connected_before_the_first_call() -> None:
    app = GitHubApp(APP_ID, "no key")
    app.installation(INSTALLATION)
    assert app.calls == 0
    await app.aclose()
