"""Stands before the emulator's API: records each call, injects faults, repairs answers; takes the emulator's webhooks in."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.peer import repairs
from tests.peer.extras import extra
from tests.peer.faults import CutOff, Fault
from tests.peer.records import Call, Caller
from tests.peer.relay import Relay
from tests.peer.seed import ADMIN, token_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from tests.peer.emulator import Emulator
    from tests.peer.seed import Seed

HOOK_PATH = "/_webhooks"
_PASSED_BACK = ("link", "location")
_NOT_PASSED_ON = {"content-length", "connection", "accept-encoding"}
_BAD_CREDENTIALS = {"message": "Bad credentials", "documentation_url": repairs.DOCUMENTATION, "status": "401"}


class Proxy:
    """One Starlette app, and what was seen and decided in it. Tests set `faults`; the bot's tokens end with `tokens.clear()`.

    `gone` are paths of issues that were deleted, or moved to the address beside them.
    """

    def __init__(self, emulator: Emulator, seed: Seed, *, secret: str) -> None:
        self._emulator, self._seed = emulator, seed
        self._client: httpx.AsyncClient | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.relay = Relay(secret=secret, app_id=seed.app_id, fetch=self._fetch)
        self.app = Starlette(
            routes=[
                Route(HOOK_PATH, self._hook, methods=["POST"]),
                Route("/{path:path}", self._call, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            ],
            lifespan=self._lifespan,
        )
        self.clear()

    def clear(self) -> None:
        """Forgets all that was seen, and every token."""
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.tokens: set[str] = set()
        self.gone: dict[str, str | None] = {}
        self.open_calls = 0
        self.relay.clear()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self.loop = asyncio.get_running_loop()
        limits = httpx.Limits(max_connections=200)
        self._client = httpx.AsyncClient(trust_env=False, timeout=30, limits=limits)
        await self.relay.open()
        yield
        await self.relay.close()
        await self._client.aclose()

    async def _hook(self, request: Request) -> Response:
        self.relay.take(request.headers["x-github-event"], await request.body())
        return Response(status_code=202)

    async def _call(self, request: Request) -> Response:
        data = await request.body()
        call = Call(
            request.method,
            request.url.path,
            dict(request.query_params),
            json.loads(data) if data else None,
            Caller.of(request.headers.get("authorization", "")),
        )
        self.calls.append(call)
        self.open_calls += 1
        try:
            response = await self._answer(request, data, call)
        finally:
            self.open_calls -= 1
        call.status = 0 if isinstance(response, CutOff) else response.status_code
        return response

    async def _answer(self, request: Request, data: bytes, call: Call) -> Response:
        fault = next((fault for fault in self.faults if fault.meets(call.method, call.path)), None)
        if fault is None:
            return _conditional(request, await self._serve(request, data, call))
        if fault.after:
            await self._serve(request, data, call)  # done at once; only the answer comes late, or not at all
        await asyncio.sleep(fault.delay)
        return CutOff() if fault.cut else JSONResponse(fault.body, fault.status, headers=fault.headers)

    async def _serve(self, request: Request, data: bytes, call: Call) -> Response:
        if call.caller is Caller.INSTALLATION and request.headers["authorization"].split()[-1] not in self.tokens:
            # The emulator would take an unknown token for its first user.
            return JSONResponse(_BAD_CREDENTIALS, 401)
        if (refused := repairs.refusal(call.method, call.path, call.body)) is not None:
            return JSONResponse(refused, 422)
        if (added := extra(request, self.relay) or self._gone(call) or await self._second_pull(call)) is not None:
            return added
        upstream = await self._forward(request, data)
        body = repairs.answer(call.method, call.path, upstream.status_code, upstream.content)
        if upstream.is_success:
            body = await self._up_to_date(call, body)
        if call.mints and upstream.is_success:
            self.tokens.add(json.loads(body)["token"])
        kept = {name: value for name, value in upstream.headers.items() if name in _PASSED_BACK or name.startswith("x-ratelimit")}
        return Response(body, upstream.status_code, headers=kept, media_type=upstream.headers.get("content-type"))

    def _gone(self, call: Call) -> Response | None:
        """Answers for an issue that is gone: https://docs.github.com/en/rest/issues/issues#get-an-issue."""
        issue = repairs.issue_path(call.path)
        if issue not in self.gone:
            return None
        if (address := self.gone[issue]) is None:
            return JSONResponse({"message": "This issue was deleted", "documentation_url": repairs.DOCUMENTATION}, 410)
        return JSONResponse({"message": "Moved Permanently", "url": address}, 301, headers={"location": address})

    async def _second_pull(self, call: Call) -> Response | None:
        """Refuses a second open pull request from a branch, where the emulator opens it."""
        if call.method != "POST" or not call.path.endswith("/pulls"):
            return None
        found = (await self._fetch(f"{call.path}?state=open&head={call.path.split('/')[2]}:{call.body['head']}")).json()
        return JSONResponse(repairs.second_pull(call.body["head"]), 422) if found else None

    async def _up_to_date(self, call: Call, body: bytes) -> bytes:
        """Returns an answer without issues that are gone; pull requests with their branch's head, which the emulator freezes."""
        if self.gone and call.method == "GET" and call.path.endswith("/issues"):
            kept = [issue for issue in json.loads(body) if f"{call.path}/{issue['number']}" not in self.gone]
            return json.dumps(kept).encode()
        if (listed := repairs.pull_files_path(call.path)) is not None:
            # The emulator lists none, or a file of its own invention.
            pull = (await self._fetch(listed[1])).json()
            compared = await self._fetch(f"{listed[0]}/compare/{pull['base']['ref']}...{pull['head']['ref']}")
            return json.dumps(compared.json()["files"]).encode()
        if (repository := repairs.pulls_path(call.path)) is None:
            return body
        value = json.loads(body)
        for pull in value if isinstance(value, list) else [value]:
            ref = await self._fetch(f"{repository}/git/ref/heads/{pull['head']['ref']}")
            if ref.is_success:
                pull["head"]["sha"] = ref.json()["object"]["sha"]
        return json.dumps(value).encode()

    async def _forward(self, request: Request, data: bytes) -> httpx.Response:
        path = request.scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
        return await self._send(request.method, path, content=data, headers=headers)

    async def _fetch(self, path: str) -> httpx.Response:
        return await self._send("GET", path, content=b"", headers={"authorization": f"token {token_of(ADMIN)}"})

    async def _send(self, method: str, path: str, *, content: bytes, headers: dict[str, str]) -> httpx.Response:
        if self._client is None:
            raise RuntimeError("the proxy is not running")
        self._emulator.calls += 1
        return await self._client.request(method, self._emulator.url + path, content=content, headers=headers)


def _conditional(request: Request, response: Response) -> Response:
    """Adds the ETag that the emulator lacks, and answers 304 where the client has that version already."""
    if request.method != "GET" or response.status_code != 200:
        return response
    tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, max-age=60, s-maxage=60", "vary": "Accept, Authorization, Cookie"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
