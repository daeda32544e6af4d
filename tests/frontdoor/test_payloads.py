"""GitHub's own example payloads as a robustness corpus: every one is answered 2xx, none causes an exception (#12).

A push that comes after them is served at once: jobs that fail hold nobody up (I20).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS, Desk, wait_until
from tests.frontdoor.running_bot import ProcessBot
from tests.frontdoor.world import MAIN
from tests.peer.oracle import examples

if TYPE_CHECKING:
    from pathlib import Path

    from tests.frontdoor.world import World


@pytest.mark.peer
@pytest.mark.parametrize("world", ["sandbox"], indirect=True)
def test_12_every_example_of_github_is_accepted(world: World, tmp_path: Path, peer_modules: Path) -> None:
    payloads = examples(peer_modules)
    assert len(payloads) > 200
    bot = ProcessBot(world.access, tmp_path)
    with Desk(world, bot) as desk, httpx.Client(trust_env=False) as client:
        desk.start()
        try:
            answers = [(event, payload, _post(client, desk, event, payload)) for event, payload in payloads]
            desk.repository.push({CONFIG_PATH: CONFIG, GAPS: "# Known gaps\n\n- [ ] Tokens never expire\n"}, branch=MAIN)
            wait_until(lambda: bool(desk.repository.issues()))
        finally:
            desk.stop()
    wrong = [
        (event, payload.get("action"), status)
        for event, payload, status in answers
        if status != (200 if event == "ping" else 202)
    ]
    assert wrong == []
    assert [issue.title for issue in desk.repository.issues()] == ["Tokens never expire"]
    errors = [entry for entry in map(json.loads, bot.log.splitlines()) if entry["level"] in {"error", "critical"}]
    assert [entry for entry in errors if not _about_a_stranger(entry)] == []


def _about_a_stranger(entry: dict[str, str]) -> bool:
    """The examples tell of repositories that this App does not see: a sync of theirs is tried, and refused by GitHub."""
    return entry["event"] == "sync.raised" and "bot.core.errors.NotFound: GitHub answered 404" in entry["exception"]


def _post(client: httpx.Client, desk: Desk, event: str, payload: dict[str, object]) -> int:
    body, secret = json.dumps(payload).encode(), desk.world.access.secret
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    return client.post(desk.bot.hook, content=body, headers=headers).status_code
