"""HTTP on the socket: uvicorn's protocol with a bound on the head of a request, which httptools would collect for ever (#24)."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 and hangs up when the request line and headers are larger than `MAX_HEAD`."""

    _head: int | None = 0
    """The bytes of the head that came so far; None once it is complete."""

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless the head grows too large by it."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._head is None:
            return
        self._head += len(data)
        if self._head > MAX_HEAD and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next request's head begins."""
        self._head = 0
        super().on_message_complete()
