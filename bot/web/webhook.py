"""POST /webhooks/github: size cap → signature → headers → JSON → inbox → 202, and nothing else before the answer.

GitHub waits ten seconds and never sends again by itself, so an answer 2xx is a promise: the delivery is on disk. Whatever is
not ours to keep is refused by a constant message. The signature is checked over the bytes as they came, before anything in
them is looked at: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from typing import TYPE_CHECKING, Protocol

import structlog
from starlette.responses import PlainTextResponse, Response

from bot.core.names import DeliveryId
from bot.github.translate import envelope, payload_of
from bot.store.records import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from bot.store.records import Arrival

MAX_BODY = 25 * 1024 * 1024
"""GitHub sends nothing larger: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

READ_SECONDS = 10.0
COMMIT_SECONDS = 8.0
"""GitHub hangs up after ten seconds; we rather say 503, so that its list of deliveries shows the truth."""

EVENTS = frozenset({"push", "issues", "issue_comment", "label", "repository", "pull_request", "check_run"})
"""What a sync acts on. Other events are kept, so that a redelivery is known, and get no job."""

_GUID = re.compile(rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_WORD = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_SIGNATURE = re.compile(rb"sha256=[0-9a-f]{64}")

log = structlog.get_logger(__name__)


class Intake(Protocol):
    """Puts a delivery on disk (`bot.jobs.inbox.Inbox.put`)."""

    async def __call__(self, delivery: Delivery, *, wanted: bool) -> Arrival:
        """What became of it; raises when it was not kept."""


class _Refused(Exception):
    """The request ends with this answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Webhook:
    """The endpoint, as an ASGI application: Starlette's own `Request.body()` knows no cap."""

    def __init__(
        self,
        secrets: Sequence[str],
        intake: Intake,
        *,
        read_seconds: float = READ_SECONDS,
        tell: Callable[[str, str], None] = lambda _event, _outcome: None,
    ) -> None:
        """Accept what any of `secrets` signed: while one replaces another, both count (#21). `tell` hears event and outcome."""
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._intake = intake
        self._read_seconds = read_seconds
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = _Headers(scope)
        try:
            response: Response = await self._answer(scope, headers, receive)
        except _Refused as refused:
            if refused.status != 503:
                self._tell("", "refused")
            log.info("webhook.refused", status=refused.status, reason=refused.message, delivery=headers.guid_for_log())
            response = PlainTextResponse(refused.message, refused.status)
            if refused.status in {405, 408, 413}:
                response.headers["connection"] = "close"  # The rest of the body is never read.
            if refused.status == 405:
                response.headers["allow"] = "POST"
        except _Disconnected:
            return
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, headers: _Headers, receive: Receive) -> Response:
        if scope["method"] != "POST":
            raise _Refused(405, "Send POST.")
        body = await self._body(headers, receive)
        if not self._signed(headers.all(b"x-hub-signature-256"), body):
            raise _Refused(401, "The signature is missing or wrong.")
        _check_content_type(headers)
        guid, event = headers.guid(), headers.event()
        payload = payload_of(body)
        if payload is None:
            raise _Refused(400, "The body is no JSON object.")
        about = envelope(event, payload)
        if event == "ping":
            hook = payload.get("hook_id")
            log.info("webhook.ping", delivery=guid, hook=hook if isinstance(hook, int) else None)
            return PlainTextResponse("pong")
        delivery = Delivery(
            id=DeliveryId(guid),
            event=event,
            action=about.action if about.action is not None and _WORD.fullmatch(about.action) else None,
            repository=about.repository,
            installation=about.installation,
            payload=body,
            received=time.time(),
        )
        return await self._keep(delivery)

    async def _keep(self, delivery: Delivery) -> Response:
        wanted = delivery.repository is not None and delivery.event in EVENTS
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                arrival = await self._intake(delivery, wanted=wanted)
        except Exception as error:
            log.exception("webhook.not_kept", delivery=delivery.id, delivery_event=delivery.event)
            self._tell(delivery.event, "not kept")
            raise _Refused(503, "The delivery could not be stored; redeliver it later.") from error
        outcome = arrival.value if wanted else "ignored"
        self._tell(delivery.event, outcome)
        return PlainTextResponse(outcome, 202)

    async def _body(self, headers: _Headers, receive: Receive) -> bytes:
        declared = headers.one(b"content-length")
        if declared is not None and (not declared.isdigit() or len(declared) > 18):
            raise _Refused(400, "The Content-Length is no number.")
        if declared is not None and int(declared) > MAX_BODY:
            raise _Refused(413, "The body is too large.")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._read_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Disconnected
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > MAX_BODY:
                        raise _Refused(413, "The body is too large.")
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise _Refused(408, "The body came too slowly.") from None

    def _signed(self, given: Sequence[bytes], body: bytes) -> bool:
        """Tells whether the one signature given is right; every secret is tried, so that time tells nothing."""
        if len(given) != 1 or not _SIGNATURE.fullmatch(given[0]):
            return False
        digest = given[0].removeprefix(b"sha256=")
        right = [hmac.new(secret, body, hashlib.sha256).hexdigest().encode() for secret in self._secrets]
        return sum(hmac.compare_digest(one, digest) for one in right) > 0


class _Disconnected(Exception):
    """The sender went away before its body was complete: nothing is stored, and nobody is there to answer."""


class _Headers:
    """The headers as bytes: a decoder would choke on what an attacker sends (#5)."""

    def __init__(self, scope: Scope) -> None:
        self._raw: list[tuple[bytes, bytes]] = scope["headers"]

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self._raw if key.lower() == name]

    def one(self, name: bytes) -> bytes | None:
        """The value of a header that stands there once; None for none or several."""
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    def guid(self) -> str:
        value = self.one(b"x-github-delivery")
        if value is None or not _GUID.fullmatch(value):
            raise _Refused(400, "X-GitHub-Delivery is missing or no GUID.")
        return value.decode("ascii").lower()

    def event(self) -> str:
        value = self.one(b"x-github-event")
        word = None if value is None else value.decode("latin-1")
        if word is None or not _WORD.fullmatch(word):
            raise _Refused(400, "X-GitHub-Event is missing or no event's name.")
        return word

    def guid_for_log(self) -> str | None:
        value = self.one(b"x-github-delivery")
        return value.decode("ascii") if value is not None and _GUID.fullmatch(value) else None


def _check_content_type(headers: _Headers) -> None:
    given = (headers.one(b"content-type") or b"").split(b";")[0].strip().lower()
    if given == b"application/json":
        return
    if given == b"application/x-www-form-urlencoded":
        log.warning("webhook.form", hint='set the content type of the webhook to "application/json" in the settings of the App')
    raise _Refused(415, "Send application/json.")
