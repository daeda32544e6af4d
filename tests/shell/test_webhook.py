import asyncio
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.store.records import Arrival, Delivery
from bot.web.protocol import MAX_HEAD, BoundedProtocol
from bot.web.webhook import MAX_BODY, Webhook

pytestmark = pytest.mark.anyio

SECRET, OLD = "It's a Secret to Everybody", "the secret of last year"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
PUSH = json.dumps({"ref": "refs/heads/main", "repository": {"id": 7}, "installation": {"id": 100}}).encode()
LIMIT = 10.0


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Kept:
    """Stands in for the inbox."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.deliveries: list[tuple[Delivery, bool]] = []
        self.fault = fault

    async def __call__(self, delivery: Delivery, *, wanted: bool) -> Arrival:
        if self.fault is not None:
            raise self.fault
        self.deliveries.append((delivery, wanted))
        return Arrival.NEW


def server(kept: Kept, *, secrets: tuple[str, ...] = (SECRET,), read_seconds: float = LIMIT) -> Starlette:
    app = Starlette(routes=[Route("/webhooks/github", Webhook(secrets, kept, read_seconds=read_seconds))])
    app.router.redirect_slashes = False
    return app


Headers = list[tuple[bytes, bytes]]


def headers(body: bytes = PUSH, /, **change: str | bytes | None) -> Headers:
    """Right headers for `body`, with some changed, or left out by None; `_` stands for `-`."""
    right: dict[str, str | bytes | None] = {}
    right |= {
        "content_type": "application/json",
        "x_github_delivery": GUID,
        "x_github_event": "push",
        "x_hub_signature_256": signed(body),
    }
    right |= change
    return [
        (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in right.items()
        if value is not None
    ]


async def post(
    kept: Kept,
    body: bytes = PUSH,
    sent: Headers | None = None,
    *,
    method: str = "POST",
    path: str = "/webhooks/github",
    **named: Any,
) -> httpx.Response:
    transport = httpx.ASGITransport(server(kept, **named))
    async with httpx.AsyncClient(transport=transport, base_url="http://gapkeeper") as client:
        return await client.request(method, path, content=body, headers=headers(body) if sent is None else sent)


async def test_a_right_delivery_is_kept_as_it_came() -> None:
    kept = Kept()
    response = await post(kept)
    assert (response.status_code, response.text) == (202, "new")
    ((delivery, wanted),) = kept.deliveries
    assert wanted
    assert (delivery.id, delivery.event, delivery.action, delivery.repository, delivery.installation, delivery.payload) == (
        GUID,
        "push",
        None,
        7,
        100,
        PUSH,
    )


async def test_the_signature_is_the_one_of_github_s_documentation() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    vector = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    response = await post(Kept(), b"Hello, World!", headers(b"Hello, World!", x_hub_signature_256=vector))
    assert (response.status_code, response.text) == (400, "The body is no JSON object.")


FLIPPED = bytes([PUSH[0], PUSH[1] ^ 1]) + PUSH[2:]
SHA1 = "sha1=" + hmac.new(SECRET.encode(), PUSH, hashlib.sha1).hexdigest()
RIGHT = signed(PUSH)

UNSIGNED: list[tuple[str, dict[str, str | bytes | None]]] = [
    ("#1-missing", {"x_hub_signature_256": None}),
    ("#2-wrong-digest", {"x_hub_signature_256": "sha256=" + "0" * 64}),
    ("#2-other-body", {"x_hub_signature_256": signed(FLIPPED)}),
    ("#2-other-secret", {"x_hub_signature_256": signed(PUSH, "another secret altogether")}),
    ("#3-only-sha1", {"x_hub_signature_256": None, "x_hub_signature": SHA1}),
    ("#3-sha1-in-place", {"x_hub_signature_256": SHA1}),
    ("#4-63-digits", {"x_hub_signature_256": RIGHT[:-1]}),
    ("#4-65-digits", {"x_hub_signature_256": RIGHT + "0"}),
    ("#4-empty", {"x_hub_signature_256": ""}),
    ("#4-no-digest", {"x_hub_signature_256": "sha256="}),
    ("#4-uppercase", {"x_hub_signature_256": "sha256=" + RIGHT[7:].upper()}),
    ("#4-bare-digest", {"x_hub_signature_256": RIGHT[7:]}),
    ("#4-two-in-one", {"x_hub_signature_256": f"{RIGHT}, {RIGHT}"}),
    ("#4-line-end", {"x_hub_signature_256": RIGHT.encode() + b"\n"}),
    ("#5-latin-1", {"x_hub_signature_256": b"sha256=\xe9" + RIGHT[8:].encode()}),
    ("#5-utf-8", {"x_hub_signature_256": ("sha256=" + "é" * 64).encode()}),
    ("#5-fullwidth", {"x_hub_signature_256": ("sha256=" + "\uff10" * 64).encode()}),
]


@pytest.mark.parametrize("change", [row[1] for row in UNSIGNED], ids=[row[0] for row in UNSIGNED])
async def test_faults_1_to_5_without_a_right_signature_nothing_is_kept(change: dict[str, str | bytes | None]) -> None:
    kept = Kept()
    response = await post(kept, sent=headers(**change))
    assert (response.status_code, response.text) == (401, "The signature is missing or wrong.")
    assert kept.deliveries == []


async def test_fault_4_a_doubled_signature_is_refused() -> None:
    kept = Kept()
    response = await post(kept, sent=[*headers(), (b"x-hub-signature-256", signed(PUSH).encode())])
    assert response.status_code == 401
    assert kept.deliveries == []


@given(position=st.integers(0, len(PUSH) * 8 - 1))
@settings(max_examples=60, deadline=None)
def test_fault_2_no_bit_of_the_body_can_be_changed(position: int) -> None:
    changed = bytearray(PUSH)
    changed[position // 8] ^= 1 << position % 8
    assert asyncio.run(post(Kept(), bytes(changed), headers(PUSH))).status_code == 401


async def test_fault_21_during_a_rotation_both_secrets_count_and_afterwards_one() -> None:
    both = (SECRET, OLD)
    statuses = [
        (await post(Kept(), sent=headers(x_hub_signature_256=signed(PUSH, secret)), secrets=secrets)).status_code
        for secrets in (both, both[::-1], (SECRET,))
        for secret in (SECRET, OLD)
    ]
    assert statuses == [202, 202, 202, 202, 202, 401]


MISSHAPEN: list[tuple[str, int, dict[str, str | bytes | None]]] = [
    ("#9-text", 415, {"content_type": "text/plain"}),
    ("#9-multipart", 415, {"content_type": "multipart/form-data; boundary=x"}),
    ("#9-missing", 415, {"content_type": None}),
    ("#9-lookalike", 415, {"content_type": "application/json-patch+json"}),
    ("#9-bytes", 415, {"content_type": b"\xff"}),
    ("charset", 202, {"content_type": "Application/JSON; charset=utf-8"}),
    ("#14-no-guid", 400, {"x_github_delivery": None}),
    ("#14-number", 400, {"x_github_delivery": "1700000000000"}),
    ("#14-too-long", 400, {"x_github_delivery": GUID + "0"}),
    ("#14-braces", 400, {"x_github_delivery": "{" + GUID + "}"}),
    ("#5-guid-latin-1", 400, {"x_github_delivery": b"\xe9" + GUID[1:].encode()}),
    ("no-event", 400, {"x_github_event": None}),
    ("#5-event-latin-1", 400, {"x_github_event": b"push\xe9"}),
    ("event-too-long", 400, {"x_github_event": "a" * 65}),
    ("event-path", 400, {"x_github_event": "../push"}),
]


@pytest.mark.parametrize(("status", "change"), [row[1:] for row in MISSHAPEN], ids=[row[0] for row in MISSHAPEN])
async def test_headers_that_github_does_not_send_are_refused(status: int, change: dict[str, str | bytes | None]) -> None:
    kept = Kept()
    response = await post(kept, sent=headers(**change))
    assert response.status_code == status
    assert len(kept.deliveries) == (status == 202)


async def test_the_signature_is_checked_before_anything_else_is_said() -> None:
    response = await post(Kept(), b"no json", headers(x_hub_signature_256=None, content_type="text/plain", x_github_delivery="?"))
    assert response.status_code == 401


async def test_fault_10_a_form_is_refused_with_a_hint_in_the_log() -> None:
    body = b"payload=%7B%7D"
    with capture_logs() as logs:
        response = await post(Kept(), body, headers(body, content_type="application/x-www-form-urlencoded"))
    assert response.status_code == 415
    assert [entry["event"] for entry in logs] == ["webhook.form", "webhook.refused"]
    assert "application/json" in logs[0]["hint"]


BROKEN = [
    ("empty", b""),
    ("cut", PUSH[:-1]),
    ("list", b"[]"),
    ("null", b"null"),
    ("string", b'"push"'),
    ("nan", b'{"a": NaN}'),
    ("infinity", b'{"a": -Infinity}'),
    ("doubled-key", b'{"repository": {"id": 7}, "repository": {"id": 8}}'),
    ("5000-digits", b'{"a": ' + b"9" * 5000 + b"}"),
    ("100000-brackets", b"[" * 100_000),
    ("deep-object", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ("utf-16", '{"a": 1}'.encode("utf-16")[:-1]),
    ("bytes", bytes(range(256))),
]


@pytest.mark.parametrize("body", [row[1] for row in BROKEN], ids=[f"#11-{row[0]}" for row in BROKEN])
async def test_fault_11_a_signed_body_that_is_no_json_object_is_refused_and_logged(body: bytes) -> None:
    kept = Kept()
    with capture_logs() as logs:
        response = await post(kept, body, headers(body))
    assert (response.status_code, response.text) == (400, "The body is no JSON object.")
    assert kept.deliveries == []
    assert [(entry["event"], entry["delivery"]) for entry in logs] == [("webhook.refused", GUID)]


STRANGE: list[tuple[str, str, dict[str, object], bool]] = [
    ("unknown-event", "quantum_leap", {"repository": {"id": 7}}, False),
    ("event-with-a-digit", "projects_v2_item", {"action": "edited"}, False),
    ("event-not-ours", "star", {"action": "created", "repository": {"id": 7}}, False),
    ("no-repository", "push", {}, False),
    ("repository-is-text", "push", {"repository": "octo/gaps"}, False),
    ("id-is-text", "push", {"repository": {"id": "7"}}, False),
    ("id-is-huge", "push", {"repository": {"id": 10**30}}, False),
    ("id-is-negative", "push", {"repository": {"id": -7}}, False),
    ("id-is-true", "push", {"repository": {"id": True}}, False),
    ("unknown-action", "issues", {"action": "teleported", "repository": {"id": 7}}, True),
    ("action-is-number", "issues", {"action": 5, "repository": {"id": 7}}, True),
    ("action-is-a-book", "issues", {"action": "x" * 10_000, "repository": {"id": 7}}, True),
    ("action-with-nul", "issues", {"action": "a\0b", "repository": {"id": 7}}, True),
    ("action-surrogate", "issues", {"action": "\ud800", "repository": {"id": 7}}, True),
    ("extra-fields", "push", {"repository": {"id": 7, "x": [1]}, "y": {}}, True),
]


@pytest.mark.parametrize(("event", "payload", "wanted"), [row[1:] for row in STRANGE], ids=[f"#12-{row[0]}" for row in STRANGE])
async def test_fault_12_what_we_do_not_know_is_kept_and_only_ours_get_a_job(
    event: str, payload: dict[str, object], wanted: bool
) -> None:
    kept = Kept()
    body = json.dumps(payload).encode()
    response = await post(kept, body, headers(body, x_github_event=event))
    assert response.status_code == 202
    assert [flag for _, flag in kept.deliveries] == [wanted]
    action = kept.deliveries[0][0].action
    assert action is None or (len(action) <= 64 and action.isascii())


async def test_fault_13_a_ping_is_answered_and_makes_no_job() -> None:
    kept = Kept()
    body = b'{"zen": "Keep it logically awesome.", "hook_id": 12}'
    with capture_logs() as logs:
        response = await post(kept, body, headers(body, x_github_event="ping"))
    assert response.status_code == 200
    assert kept.deliveries == []
    assert [(entry["event"], entry["hook"]) for entry in logs] == [("webhook.ping", 12)]


@pytest.mark.parametrize("fault", [ConnectionError("database is away"), OSError(28, "No space left on device"), TimeoutError()])
async def test_fault_22_what_could_not_be_stored_is_never_acknowledged(fault: Exception) -> None:
    with capture_logs() as logs:
        response = await post(Kept(fault))
    assert response.status_code == 503
    assert [entry["event"] for entry in logs] == ["webhook.not_kept", "webhook.refused"]


async def test_fault_22_a_database_that_hangs_is_not_waited_for_longer_than_github_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.webhook.COMMIT_SECONDS", 0.05)

    class Hanging(Kept):
        async def __call__(self, delivery: Delivery, *, wanted: bool) -> Arrival:
            await asyncio.Event().wait()
            raise AssertionError

    assert (await post(Hanging())).status_code == 503


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
async def test_fault_24_other_methods_are_refused(method: str) -> None:
    kept = Kept()
    response = await post(kept, method=method)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert kept.deliveries == []


@pytest.mark.parametrize(
    "path", ["/webhooks/github/", "/webhooks/github//", "//webhooks/github", "/webhooks", "/@evil", "/Webhooks/GitHub"]
)
async def test_fault_23_and_24_other_paths_are_not_found_and_never_redirected(path: str) -> None:
    kept = Kept()
    response = await post(kept, path=f"http://gapkeeper{path}")
    assert response.status_code == 404
    assert kept.deliveries == []


async def test_fault_23_no_header_about_the_way_changes_anything() -> None:
    kept = Kept()
    way = [(b"host", b"a/?x="), (b"x-forwarded-host", b"evil"), (b"x-forwarded-proto", b"gopher"), (b"forwarded", b"for=evil")]
    assert (await post(kept, sent=[*headers(), *way])).status_code == 202
    assert len(kept.deliveries) == 1


@given(
    name=st.sampled_from(["content_type", "x_github_delivery", "x_github_event", "x_hub_signature_256", "content_length"]),
    value=st.binary(max_size=80),
)
@settings(max_examples=300, deadline=None)
def test_fault_5_no_bytes_in_a_header_are_an_error_of_ours(name: str, value: bytes) -> None:
    sent = dict(headers()) | {name.replace("_", "-").encode(): value}
    status, _ = asyncio.run(_raw(Webhook((SECRET,), Kept()), list(sent.items()), [PUSH]))
    assert 200 <= status < 500


async def _raw(app: Webhook, sent: Headers, body: Iterable[bytes]) -> tuple[int, int]:
    """The status for a body that comes in parts, and how many parts were read: straight into the application."""
    parts = list(body)
    read = 0
    status: list[int] = []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": parts[read - 1], "more_body": read < len(parts)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    await app({"type": "http", "method": "POST", "path": "/", "headers": sent}, receive, send)
    return status[0], read


async def test_fault_6_a_body_that_says_it_is_too_large_is_refused_before_reading() -> None:
    sent = [*headers(), (b"content-length", str(MAX_BODY + 1).encode())]
    assert await _raw(Webhook((SECRET,), Kept()), sent, [PUSH]) == (413, 0)


async def test_fault_6_a_body_of_just_the_cap_is_taken() -> None:
    body = PUSH + b" " * (MAX_BODY - len(PUSH))
    kept = Kept()
    sent = [*headers(body), (b"content-length", str(MAX_BODY).encode())]
    assert await _raw(Webhook((SECRET,), kept), sent, [body]) == (202, 1)
    assert len(kept.deliveries) == 1


async def test_fault_7_a_body_without_a_length_is_cut_at_the_cap() -> None:
    part = b"x" * (1024 * 1024)
    assert await _raw(Webhook((SECRET,), Kept()), headers(), [part] * 1000) == (413, 26)


# ── on a real socket ────────────────────────────────────────────────────────────────────────────────────────────────────


class Wire:
    """A real server on a free port."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        config = uvicorn.Config(
            server(kept, read_seconds=0.3), port=0, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    async def start(self) -> None:
        self._thread.start()
        for _ in range(1000):
            if self._server.started:
                break
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.should_exit = True
        await asyncio.to_thread(self._thread.join)

    async def say(self, *parts: bytes, pause: float = 0.0, hang_up: bool = False) -> bytes:
        """The status line that the server answers to these bytes, empty when it only hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = asyncio.ensure_future(reader.readline())
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
                if answer.done():
                    break
            return b"" if hang_up else await asyncio.wait_for(answer, 10)
        except ConnectionError:
            return b"" if not answer.done() or answer.exception() else answer.result()
        finally:
            writer.close()
            answer.cancel()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    running = Wire(Kept())
    await running.start()
    yield running
    await running.stop()


def head(*, length: int | None = len(PUSH), extra: bytes = b"") -> bytes:
    lines = [b"POST /webhooks/github HTTP/1.1", b"host: gapkeeper", *(b": ".join(pair) for pair in headers())]
    lines.append(b"transfer-encoding: chunked" if length is None else f"content-length: {length}".encode())
    return b"\r\n".join(lines) + b"\r\n" + extra + b"\r\n"


async def test_on_the_wire_a_right_delivery_is_kept(wire: Wire) -> None:
    assert await wire.say(head() + PUSH) == b"HTTP/1.1 202 Accepted\r\n"
    assert await wire.say(head(length=None), b"%x\r\n%s\r\n0\r\n\r\n" % (len(PUSH), PUSH)) == b"HTTP/1.1 202 Accepted\r\n"
    assert len(wire.kept.deliveries) == 2


async def test_fault_7_a_slow_drip_is_ended(wire: Wire) -> None:
    assert (await wire.say(head(), *(bytes([byte]) for byte in PUSH[:20]), pause=0.03)).startswith(b"HTTP/1.1 408")
    assert wire.kept.deliveries == []


WIRE = [
    ("#8-length-too-large", head(length=len(PUSH) + 5) + PUSH, 408),
    ("#8-length-too-small", head(length=len(PUSH) - 5) + PUSH, 400),
    ("#8-two-lengths", head(extra=b"content-length: 5\r\n") + PUSH, 400),
    ("#8-length-and-chunks", head(extra=b"transfer-encoding: chunked\r\n") + PUSH, 400),
    ("#8-length-negative", head(length=-1) + PUSH, 400),
    ("#6-length-huge", head(length=10**12), 413),
    (
        "#24-10-MB-header",
        b"POST /webhooks/github HTTP/1.1\r\nx: " + b"a" * 10_000_000,
        431,
    ),
    ("#24-10-MB-path", b"GET /" + b"a" * 10_000_000, 431),
    ("#24-many-headers", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100_000, 431),
    ("not-http", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
]


@pytest.mark.parametrize(("sent", "status"), [row[1:] for row in WIRE], ids=[row[0] for row in WIRE])
async def test_on_the_wire_what_is_wrong_is_refused_and_the_server_goes_on(wire: Wire, sent: bytes, status: int) -> None:
    # A server that hangs up on a flood may reset the connection before its answer is read.
    answer = await wire.say(sent)
    assert answer.split()[1:2] == [str(status).encode()] or (answer == b"" and len(sent) > 4 * MAX_HEAD)
    assert wire.kept.deliveries == []
    assert await wire.say(head() + PUSH) == b"HTTP/1.1 202 Accepted\r\n"


async def test_fault_8_a_connection_cut_in_the_body_stores_nothing(wire: Wire) -> None:
    await wire.say(head(), PUSH[:-1], hang_up=True)
    assert await wire.say(head() + PUSH) == b"HTTP/1.1 202 Accepted\r\n"
    assert len(wire.kept.deliveries) == 1


async def test_the_head_of_each_request_on_a_connection_is_counted_anew(wire: Wire) -> None:
    """Thousands of small requests on one connection, as a proxy sends them, are not one large head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    for _ in range(2 * MAX_HEAD // len(head())):
        writer.write(head() + PUSH)
        assert await reader.readline() == b"HTTP/1.1 202 Accepted\r\n"
        await reader.readuntil(b"new")
    writer.close()


def test_guids_are_of_the_form_that_github_sends() -> None:
    sent = headers(x_github_delivery=str(uuid.uuid4()).upper())
    kept = Kept()
    assert asyncio.run(post(kept, sent=sent)).status_code == 202
    assert kept.deliveries[0][0].id.islower()
