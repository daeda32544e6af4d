"""The peer itself, without the bot: it speaks as GitHub's schemas say, to plain httpx and to githubkit, and breaks as told."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.peer import emulator, install
from tests.peer.faults import Fault
from tests.peer.oracle import REST_DESCRIPTION, RestOracle, WebhookOracle
from tests.peer.records import Call, Caller
from tests.peer.relay import Fate
from tests.peer.seed import ADMIN, READER, REPOSITORY, STRANGER, WRITER
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from githubkit import GitHub
    from starlette.requests import Request

    from tests.peer.peer import Peer

pytestmark = pytest.mark.peer

CONTENTS = f"/repos/{REPOSITORY}/contents"
ISSUES = f"/repos/{REPOSITORY}/issues"


class Receiver:
    """Stands for the bot: keeps what is delivered."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.app = Starlette(routes=[Route("/hook", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        headers = request.headers
        self.got.append((headers["x-github-event"], headers["x-github-delivery"], await request.body()))
        return Response(status_code=202)


@pytest.fixture
def receiver(peer: Peer) -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver.app) as url:
        peer.connect(f"{url}/hook")
        yield receiver
        peer.connect(None)


@pytest.fixture
def bot(peer: Peer) -> Iterator[httpx.Client]:
    """A client of the peer's API with an installation token, as the bot has one."""
    with httpx.Client(base_url=peer.url, trust_env=False) as client:
        client.headers["authorization"] = f"token {mint(client, peer)}"
        yield client


def mint(client: httpx.Client, peer: Peer) -> str:
    import jwt

    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 540, "iss": str(peer.seed.app_id)}
    signed = jwt.encode(claims, peer.seed.private_key, algorithm="RS256")
    path = f"/app/installations/{peer.seed.installation}/access_tokens"
    answer = client.post(path, headers={"authorization": f"Bearer {signed}"}).raise_for_status()
    return str(answer.json()["token"])


def settle(peer: Peer) -> None:
    end = time.monotonic() + 10
    while not peer.quiet():
        assert time.monotonic() < end, "the peer does not come to rest"


def commit(peer: Peer, path: str, text: str, *, login: str = WRITER) -> None:
    body = {"message": "work", "content": base64.b64encode(text.encode()).decode()}
    with peer.person(login) as person:
        person.put(f"{CONTENTS}/{path}", json=body).raise_for_status()


def test_a_lock_of_the_public_registry_only() -> None:
    lock = json.loads(Path(__file__).with_name("package-lock.json").read_text())
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert len(packages) >= 3
    assert all(entry["resolved"].startswith("https://registry.npmjs.org/") and entry["integrity"] for entry in packages)


def test_a_push_is_delivered_as_github_describes_it(peer: Peer, receiver: Receiver, peer_modules: Path) -> None:
    commit(peer, "GAPS.md", "- [ ] One\n")
    settle(peer)
    [(event, guid, raw)] = receiver.got
    payload = json.loads(raw)
    assert event == "push"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid)
    assert payload["commits"][0]["added"] == ["GAPS.md"]
    assert payload["head_commit"]["id"] == payload["after"]
    assert payload["installation"]["id"] == peer.seed.installation
    assert WebhookOracle(peer_modules).faults(peer.deliveries[0]) == []


def test_issue_events_are_delivered_as_github_describes_them(peer: Peer, receiver: Receiver, peer_modules: Path) -> None:
    with peer.person(WRITER) as person:
        person.post(ISSUES, json={"title": "Old", "body": "b"}).raise_for_status()
        settle(peer)
        person.patch(f"{ISSUES}/1", json={"title": "New", "state": "closed", "labels": ["late"]}).raise_for_status()
        person.post(f"{ISSUES}/1/comments", json={"body": "hello"}).raise_for_status()
    settle(peer)
    oracle = WebhookOracle(peer_modules)
    assert {(sent.event, sent.payload["action"]) for sent in peer.deliveries} >= {
        ("issues", "opened"),
        ("issues", "edited"),
        ("issues", "closed"),
        ("issues", "labeled"),
        ("issue_comment", "created"),
    }
    assert [fault for sent in peer.deliveries for fault in oracle.faults(sent)] == []
    [edited] = [sent.payload for sent in peer.deliveries if sent.payload["action"] == "edited"]
    assert edited["changes"] == {"title": {"from": "Old"}}


def test_deliveries_have_unique_guids_and_a_redelivery_keeps_its_own(peer: Peer, receiver: Receiver) -> None:
    for number in range(8):
        commit(peer, f"{number}.md", "text\n")
    settle(peer)
    guids = [guid for _, guid, _ in receiver.got]
    assert len(set(guids)) == len(guids) == 8
    peer.redeliver(peer.deliveries[3])
    settle(peer)
    assert receiver.got[-1][1] == peer.deliveries[3].guid
    assert [sent.redelivery for sent in peer.deliveries].count(True) == 1


@pytest.mark.parametrize(("fate", "arrivals"), [(Fate.DELIVER, 1), (Fate.TWICE, 2), (Fate.DROP, 0)])
def test_the_policy_decides(peer: Peer, receiver: Receiver, fate: Fate, arrivals: int) -> None:
    peer.follow(lambda _: fate)
    commit(peer, "GAPS.md", "- [ ] One\n")
    settle(peer)
    assert len(receiver.got) == arrivals


def test_the_apps_log_lists_and_redelivers(peer: Peer, receiver: Receiver, bot: httpx.Client) -> None:
    peer.follow(lambda _: Fate.DROP)
    commit(peer, "GAPS.md", "- [ ] One\n")
    settle(peer)
    peer.follow(lambda _: Fate.DELIVER)
    [logged] = bot.get("/app/hook/deliveries").json()
    assert (logged["event"], logged["status"], logged["redelivery"]) == ("push", "timed out", False)
    assert bot.post(f"/app/hook/deliveries/{logged['id']}/attempts").status_code == 202
    settle(peer)
    assert [guid for _, guid, _ in receiver.got] == [logged["guid"]]


def test_what_the_app_writes_carries_its_name(peer: Peer, bot: httpx.Client) -> None:
    issue = bot.post(ISSUES, json={"title": "Gap", "labels": ["gap"]}).json()
    assert (issue["user"]["login"], issue["user"]["type"]) == (peer.seed.bot, "Bot")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", issue["created_at"])


def test_an_unknown_token_is_refused(peer: Peer, bot: httpx.Client) -> None:
    assert bot.get(ISSUES).status_code == 200
    peer.revoke_tokens()
    assert bot.get(ISSUES).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (ISSUES, {"title": "x" * 257}, "title"),
        (ISSUES, {"title": " "}, "title"),
        (ISSUES, {"title": "x", "body": "x" * 65_537}, "body"),
        (ISSUES, {"title": "x", "labels": ["x" * 51]}, "name"),
        (f"/repos/{REPOSITORY}/labels", {"name": "x" * 51, "color": "ffffff"}, "name"),
        (f"/repos/{REPOSITORY}/labels", {"name": "bug", "color": "ffffff"}, "name"),
    ],
)
def test_what_github_refuses_is_refused(bot: httpx.Client, path: str, body: dict[str, Any], field: str) -> None:
    bot.post(f"/repos/{REPOSITORY}/labels", json={"name": "bug", "color": "ffffff"})
    answer = bot.post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_large_file_comes_without_its_content(peer: Peer, bot: httpx.Client) -> None:
    commit(peer, "large.md", "x" * ((1 << 20) + 1))
    large = bot.get(f"{CONTENTS}/large.md").json()
    assert (large["encoding"], large["content"]) == ("none", "")
    assert bot.get(f"/repos/{REPOSITORY}/git/blobs/{large['sha']}").json()["encoding"] == "base64"


def test_an_unchanged_answer_is_304(bot: httpx.Client) -> None:
    first = bot.get(ISSUES)
    assert bot.get(ISSUES, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    bot.post(ISSUES, json={"title": "Gap"})
    assert bot.get(ISSUES, headers={"if-none-match": first.headers["etag"]}).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "issues"),
    [
        pytest.param(Fault("POST", "/issues$", status=502), 502, 0, id="before the effect"),
        pytest.param(Fault("POST", "/issues$", status=502, after=True), 502, 1, id="after the effect"),
        pytest.param(Fault("POST", "/issues$", skip=1), 201, 1, id="not this one yet"),
        pytest.param(Fault.secondary_limit("/issues$", retry_after=7), 403, 0, id="secondary limit"),
    ],
)
def test_a_fault_hits_before_or_after_the_effect(peer: Peer, bot: httpx.Client, fault: Fault, status: int, issues: int) -> None:
    peer.fail(fault)
    assert bot.post(ISSUES, json={"title": "Gap"}).status_code == status
    with peer.person(ADMIN) as admin:
        assert len(admin.get(ISSUES).json()) == issues


def test_a_cut_answer_is_no_answer(peer: Peer, bot: httpx.Client) -> None:
    peer.fail(Fault("GET", "/issues$", cut=True))
    with pytest.raises(httpx.RemoteProtocolError):
        bot.get(ISSUES)
    assert peer.calls[-1].status == 0


def test_calls_are_recorded_with_their_caller(peer: Peer, bot: httpx.Client) -> None:
    bot.get(ISSUES, params={"state": "all"})
    with peer.person(ADMIN) as admin:
        admin.get(ISSUES)
    minted, listed = peer.calls
    assert (minted.caller, minted.mints, minted.writes) == (Caller.APP, True, False)
    assert (listed.caller, listed.query, listed.status, listed.writes) == (Caller.INSTALLATION, {"state": "all"}, 200, False)


@pytest.mark.parametrize(("login", "status"), [(ADMIN, 201), (WRITER, 201), (READER, 403), (STRANGER, 403)])
def test_people_may_what_their_role_says(peer: Peer, login: str, status: int) -> None:
    with peer.person(login) as person:
        answer = person.put(f"{CONTENTS}/x.md", json={"message": "m", "content": "eA=="})
    assert answer.status_code == status


@pytest.mark.parametrize("fresh", [False, True])
def test_a_reset_leaves_nothing(peer: Peer, bot: httpx.Client, monkeypatch: pytest.MonkeyPatch, *, fresh: bool) -> None:
    bot.post(ISSUES, json={"title": "Gap"})
    settle(peer)
    if fresh:
        monkeypatch.setattr(emulator, "_CALLS_PER_PROCESS", 0)
    peer.reset()
    assert (peer.calls, peer.deliveries) == ([], [])
    assert bot.get(ISSUES).status_code == 401
    with peer.person(ADMIN) as admin:
        assert admin.get(ISSUES).json() == []


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (Call("GET", ISSUES, {"state": "all"}, None, Caller.APP), None),
        (Call("POST", ISSUES, {}, {"title": "x", "labels": ["gap"]}, Caller.APP), None),
        (Call("GET", ISSUES, {"stat": "all"}, None, Caller.APP), "unknown query parameter stat"),
        (Call("POST", ISSUES, {}, {"title": "x", "label": "gap"}, Caller.APP), "unknown field label"),
        (Call("PATCH", f"{ISSUES}/1", {}, {"state": "done"}, Caller.APP), "state: 'done' is not one of ['open', 'closed']"),
        (Call("POST", "/nonsense", {}, {}, Caller.APP), "no such operation: POST /nonsense"),
    ],
    ids=str,
)
def test_the_description_of_the_api_finds_wrong_requests(call: Call, fault: str | None) -> None:
    if not REST_DESCRIPTION.exists():
        pytest.skip("GitHub's description of its REST API does not lie beside the repository")
    assert RestOracle(REST_DESCRIPTION).faults(call) == ([fault] if fault else [])


def test_an_installation_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(install.InstallFailed, match="ECONNREFUSED"):
        install.installed()
    assert [path.suffix for path in (tmp_path / "gapkeeper-peer").iterdir()] == [".lock"]


def test_githubkit_works_on_it(peer: Peer) -> None:
    from githubkit import AppAuthStrategy, GitHub

    async def titles() -> list[str]:
        app: GitHub[AppAuthStrategy] = GitHub(
            AppAuthStrategy(peer.seed.app_id, peer.seed.private_key),
            base_url=peer.url,
            timeout=10,
            http_cache=False,
            auto_retry=False,
            trust_env=False,
        )
        installation = app.with_auth(app.auth.as_installation(peer.seed.installation))
        owner, name = REPOSITORY.split("/")
        made = await installation.rest.issues.async_create(owner=owner, repo=name, title="Gap")
        read = await installation.rest.issues.async_get(owner=owner, repo=name, issue_number=made.parsed_data.number)
        return [made.parsed_data.title, read.parsed_data.title]

    assert asyncio.run(titles()) == ["Gap", "Gap"]


def test_quiet_waits_for_a_slow_receiver(peer: Peer, receiver: Receiver) -> None:
    release = threading.Event()

    def slow(_: object) -> Fate:
        release.wait(5)
        return Fate.DELIVER

    peer.follow(slow)
    commit(peer, "GAPS.md", "- [ ] One\n")
    while not peer.deliveries:
        time.sleep(0.001)
    assert not peer.quiet()
    release.set()
    settle(peer)
    assert len(receiver.got) == 1


@pytest.mark.parametrize(("login", "word"), [(ADMIN, "admin"), (WRITER, "write"), (READER, "read")])
def test_permissions_are_in_githubs_words(bot: httpx.Client, login: str, word: str) -> None:
    assert bot.get(f"/repos/{REPOSITORY}/collaborators/{login}/permission").json()["permission"] == word


def test_an_edited_comment_says_what_it_said(peer: Peer, receiver: Receiver, peer_modules: Path) -> None:
    with peer.person(WRITER) as person:
        person.post(ISSUES, json={"title": "Gap"}).raise_for_status()
        comment = person.post(f"{ISSUES}/1/comments", json={"body": "old"}).raise_for_status().json()["id"]
        settle(peer)
        person.patch(f"{ISSUES}/comments/{comment}", json={"body": "new"}).raise_for_status()
    settle(peer)
    edited = peer.deliveries[-1]
    assert edited.payload["changes"] == {"body": {"from": "old"}}
    assert WebhookOracle(peer_modules).faults(edited) == []


def test_a_pull_request_shows_the_head_of_its_branch_and_is_the_only_one(peer: Peer, bot: httpx.Client) -> None:
    repository = f"/repos/{REPOSITORY}"
    head = bot.get(f"{repository}/git/ref/heads/main").json()["object"]["sha"]
    bot.post(f"{repository}/git/refs", json={"ref": "refs/heads/own", "sha": head}).raise_for_status()

    def commit_on_branch(path: str) -> str:
        body = {"message": "work", "content": "eA==", "branch": "own"}
        return str(bot.put(f"{CONTENTS}/{path}", json=body).raise_for_status().json()["commit"]["sha"])

    commit_on_branch("a.md")
    opened = {"title": "t", "body": "b", "head": "own", "base": "main"}
    assert bot.post(f"{repository}/pulls", json=opened).status_code == 201
    newest = commit_on_branch("b.md")
    [listed] = bot.get(f"{repository}/pulls", params={"head": "acme:own"}).json()
    assert listed["head"]["sha"] == newest
    assert bot.get(f"{repository}/pulls/{listed['number']}").json()["head"]["sha"] == newest
    assert bot.post(f"{repository}/pulls", json=opened).status_code == 422


@pytest.mark.parametrize(("moved_to", "status"), [(None, 410), ("/repositories/9/issues/9", 301)])
def test_an_issue_that_is_gone(peer: Peer, receiver: Receiver, bot: httpx.Client, moved_to: str | None, status: int) -> None:
    with peer.person(ADMIN) as person:
        person.post(ISSUES, json={"title": "Gap"}).raise_for_status()
    settle(peer)
    peer.remove_issue(REPOSITORY, 1, moved_to=moved_to)
    settle(peer)
    assert bot.get(f"{ISSUES}/1", follow_redirects=False).status_code == status
    assert bot.get(ISSUES).json() == []
    payload = json.loads(receiver.got[-1][2])
    assert (payload["action"], payload["issue"]["number"]) == ("transferred" if moved_to else "deleted", 1)
    assert payload["installation"]["id"] == peer.seed.installation
