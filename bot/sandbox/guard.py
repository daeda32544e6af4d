"""Keeps the demo's page to itself: only its own address may be asked, only its own pages may act, and only our assets run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

_OURS = ("style-src", "script-src", "img-src", "connect-src", "form-action")
POLICY = "; ".join(["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", *(f"{kind} 'self'" for kind in _OURS)])


class Guard:
    """Lets in only what was asked of this address by a page of this address, and sets the headers that keep it so.

    Other sites that a person has open can reach a loopback port too: by a form (refused by Origin), or under a name of theirs
    that resolves to it (refused by Host).
    """

    def __init__(self, app: ASGIApp, address: str) -> None:
        """Guard the application that is reached at `host:port`."""
        self._app = app
        port = address.rpartition(":")[2]
        self._hosts = {address, f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 or 403, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get("origin")
        if headers.get("host") not in self._hosts:
            await Response("This page has another address", 421)(scope, receive, send)
        elif scope["method"] == "POST" and origin is not None and origin.removeprefix("http://") not in self._hosts:
            await Response("Only this page may do that", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, self._dressed(send))

    @staticmethod
    def _dressed(send: Send) -> Send:
        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                extra: Iterable[tuple[str, str]] = (
                    ("content-security-policy", POLICY),
                    ("x-content-type-options", "nosniff"),
                    # Under `no-referrer` a browser would send "Origin: null" with our own forms.
                    ("referrer-policy", "same-origin"),
                    ("cache-control", "no-store"),
                )
                message["headers"] = [*message["headers"], *((name.encode(), value.encode()) for name, value in extra)]
            await send(message)

        return dressed
