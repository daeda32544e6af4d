"""`gapkeeper replay`: sends a recorded delivery to the running server again, signed as GitHub signs it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.fault import fail
from bot.cli.files import read

if TYPE_CHECKING:
    from bot.settings import Settings

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A delivery that can be sent."""

    guid: str
    event: str
    body: bytes


def command(
    what: Annotated[str, typer.Argument(help="A GUID that the server keeps, or a file.", metavar="FILE|GUID")],
    event: Annotated[str | None, typer.Option(help="The event, for a file that is a payload alone.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Under a new GUID: also what was done is done again.")] = False,
    url: Annotated[str | None, typer.Option(help="The server's webhook, where it is not on this machine.")] = None,
) -> None:
    """Send a delivery to the running server once more.

    A file is a payload, or what `GET /app/hook/deliveries/{id}` answers. A delivery that failed is taken up again under its own GUID;
    one that is done is only known, unless --again is given. The environment must hold what `gapkeeper serve` needs.
    """
    from bot.core.errors import GapkeeperError, SettingsError
    from bot.settings import read_settings

    try:
        settings = read_settings()
        one = _kept(settings, what) if GUID.fullmatch(what) else _in_file(Path(what), event)
    except SettingsError as error:
        fail(*error.faults)
    except GapkeeperError as error:
        fail(str(error))
    if again:
        one = replace(one, guid=str(uuid.uuid4()))
    answer = send(one, settings, url or f"http://{_reachable(settings.host)}:{settings.port}/webhooks/github")
    typer.echo(f"{one.guid} {one.event}: {answer}")
    if answer == "repeated":
        fail("the server knows this delivery already; --again sends it under a new GUID", status=1)


def send(one: Recorded, settings: Settings, url: str) -> str:
    """Returns what the server said to the delivery; ends the program where it did not take it."""
    from bot.sandbox.webhooks import signature

    if not url.startswith(("http://", "https://")):
        fail(f"{url!r} is no address of a server")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "gapkeeper-replay",
        "X-GitHub-Delivery": one.guid,
        "X-GitHub-Event": one.event,
        "X-Hub-Signature-256": signature(settings.webhook_secrets[0], one.body),
    }
    request = urllib.request.Request(url, data=one.body, headers=headers, method="POST")  # noqa: S310  its scheme was looked at
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as response:
            return str(response.read(1000).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        fail(f"the server answered {error.code}: {error.read(1000).decode('utf-8', 'replace')}")
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        fail(f"the server at {url} cannot be reached ({getattr(error, 'reason', error)})")


def _kept(settings: Settings, guid: str) -> Recorded:
    from bot.store.glance import recorded

    found = recorded(settings.database_url, guid)
    if found is None:
        fail(f"no delivery {guid} is kept; GitHub has it for three days: redeliver it there")
    return Recorded(guid, found.event, found.payload)


def _in_file(path: Path, event: str | None) -> Recorded:
    data = read(path)
    if isinstance(data, str):
        fail(data)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        fail(f"{path}: is no JSON")
    if not isinstance(value, dict):
        fail(f"{path}: is no delivery")
    match value:
        case {"guid": str(guid), "event": str(name), "request": {"payload": dict(payload)}}:
            body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
            return Recorded(guid, name, body)
    if event is None:
        fail(f"{path}: is a payload alone; say which --event it was")
    return Recorded(str(uuid.uuid4()), event, data)


def _reachable(host: str) -> str:
    """Returns where a server that listens on this address is reached from this machine."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
