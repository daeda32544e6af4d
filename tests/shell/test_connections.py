"""The client on real sockets: connections are kept, cut ones are told as such, and nothing from the environment is obeyed."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from bot.core.errors import Moved, Unavailable
from bot.core.names import IssueNumber
from bot.github import wire
from bot.github.auth import GitHubApp
from tests.shell.hub import APP_ID, INSTALLATION, NAME, Clock, issue_json, pem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.github.gateway import Gateway

pytestmark = pytest.mark.anyio

SEVEN = IssueNumber(7)


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


ISSUE = http(json.dumps(issue_json()).encode())
TOKEN = http(json.dumps({"token": "ghs_x", "expires_at": "2099-01-01T00:00:00.123Z"}).encode(), status="201 Created")


class Wire:
    """A server that answers every request but those for tokens with the same bytes, and then may hang up."""

    def __init__(self, answer: bytes, *, hang_up: bool = False, drip: float = 0.0) -> None:
        self.answer, self.hang_up, self.drip = answer, hang_up, drip
        self.connections = 0
        self.requests: list[str] = []
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
                await reader.readexactly(length)
                if "/access_tokens" in lines[0]:
                    writer.write(TOKEN)
                    continue
                self.requests.append(lines[0])
                await self._answer(writer)
                if self.hang_up:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self.gone.set()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if not self.drip:
            writer.write(self.answer)
            return
        for byte in self.answer:
            writer.write(bytes([byte]))
            await asyncio.sleep(self.drip)


@asynccontextmanager
async def connected(server: Wire) -> AsyncIterator[Gateway]:
    """The gateway of an App at a server on loopback."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    app = GitHubApp(APP_ID, pem(), api_url=f"http://127.0.0.1:{port}", write_spacing=0.0, time=Clock().time())
    async with listening:
        try:
            yield app.installation(INSTALLATION)
        finally:
            await app.aclose()
    await asyncio.sleep(0)


async def create(gateway: Gateway) -> object:
    return await gateway.create_issue(NAME, title="t", body="b", labels=[])


async def test_one_connection_serves_calls_in_turn_and_few_serve_many_at_once() -> None:
    server = Wire(ISSUE)
    async with connected(server) as gateway:
        for _ in range(10):
            await gateway.issue(NAME, SEVEN)
        assert server.connections == 1
        await asyncio.gather(*(gateway.issue(NAME, SEVEN) for _ in range(60)))
        assert server.connections <= 20
    assert len(server.requests) == 70


async def test_the_environment_sends_us_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = Wire(ISSUE)
    async with connected(server) as gateway:
        assert (await gateway.issue(NAME, SEVEN)).number == 7


CUT: dict[str, bytes] = {
    "#44 no answer": b"",
    "#44 half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "#48 half a body": http(b'{"number": 7', length=500),
    "#48 no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "#48 no gzip": http(b"plain", "Content-Encoding: gzip"),
    "#48 cut gzip": http(bytes.fromhex("1f8b0800000000000003ab56ca2bcd4d4a"), "Content-Encoding: gzip"),
    "#48 cut chunk": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"number": 7',
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
async def test_a_cut_answer_is_unavailable_and_only_reads_are_tried_again(answer: bytes) -> None:
    server = Wire(answer, hang_up=True)
    async with connected(server) as gateway:
        with pytest.raises(Unavailable):
            await create(gateway)
        assert [line.split()[0] for line in server.requests] == ["POST"]
        with pytest.raises(Unavailable):
            await gateway.issue(NAME, SEVEN)
        assert [line.split()[0] for line in server.requests] == ["POST", "GET", "GET", "GET"]


async def test_fault_38_a_post_answered_301_does_not_become_a_get() -> None:
    server = Wire(http(b"{}", "Location: /repositories/1/issues", status="301 Moved Permanently"))
    async with connected(server) as gateway:
        with pytest.raises(Moved):
            await create(gateway)
    assert len(server.requests) == 1


async def test_fault_47_a_drip_of_bytes_is_cut_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CALL_SECONDS", 0.3)
    server = Wire(ISSUE, drip=0.01)
    async with connected(server) as gateway:
        async with asyncio.timeout(10):
            with pytest.raises(Unavailable, match="TimeoutError"):
                await create(gateway)
        assert len(server.requests) == 1


async def test_fault_47_every_phase_has_its_limit() -> None:
    assert (wire.TIMEOUT.connect, wire.TIMEOUT.read, wire.TIMEOUT.write, wire.TIMEOUT.pool) == (10, 30, 30, 30)
    assert wire.CALL_SECONDS == 60


async def test_a_server_that_closes_idle_connections_costs_no_call() -> None:
    server = Wire(ISSUE, hang_up=True)
    async with connected(server) as gateway:
        for _ in range(5):
            server.gone.clear()
            await create(gateway)
            await server.gone.wait()
    assert len(server.requests) == 5
