"""The headers of every answer: a browser that is led here loads nothing, shows nothing in a frame, guesses no type, keeps nothing.

https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    # Browsers obey it over https only.
    "strict-transport-security": "max-age=31536000",
}
"""A page that needs more says so itself: what an answer has already stays."""


async def failed(_request: Request, _error: Exception) -> PlainTextResponse:
    """The answer to a fault of ours, which Starlette makes outside of all middleware; the error itself goes to the log."""
    return PlainTextResponse("Something went wrong here.", 500, headers=HEADERS)


class Guarded:
    """An application whose every answer has these headers."""

    def __init__(self, app: ASGIApp) -> None:
        """Answer by this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed if scope["type"] == "http" else send)
