"""The REST side: who may ask, what a token may do, pages, conditions, limits, redirects, and the faults that tests inject."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.sandbox import Fault, primary_limit, secondary_limit
from tests.sandbox.conftest import jwt, staged

if TYPE_CHECKING:
    from tests.sandbox.conftest import Stage

pytestmark = pytest.mark.anyio
REPO = "/repos/acme/demo"


@pytest.fixture
def stage() -> Stage:
    made = staged()
    made.demo.push({"KNOWN_GAPS.md": "- [ ] One\n"}, by="ada")
    made.demo.open_issue(by="wim", title="First")
    return made


BAD = [
    ("unknown token", "ghs_nope", 401),
    ("word", "nope", 401),
    ("three parts", "a.b.c", 401),
]


@pytest.mark.parametrize(("token", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_bad_credentials(stage: Stage, token: str, status: int) -> None:
    answer = await stage.ask("GET", f"{REPO}/issues/1", token=token)
    assert answer.status_code == status
    assert answer.json()["message"] in {"Bad credentials", "A JSON web token could not be decoded"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"expires": -1}, 401),
        ({"expires": 3600}, 401),
        ({"issued": 300}, 401),
        ({"algorithm": "HS256"}, 401),
    ],
    ids=["good", "expired", "an hour", "from the future", "wrong algorithm"],
)
async def test_jwt(stage: Stage, changes: dict[str, Any], status: int) -> None:
    assert (await stage.ask("GET", "/app", token=jwt(stage.app, **changes))).status_code == status


async def test_jwt_signature_is_checked_where_the_key_is_known(stage: Stage) -> None:
    import jwt as pyjwt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    app = stage.world.add_app("careful", public_key=pem)
    now = int(time.time())
    claims = {"iss": str(app.id), "iat": now - 60, "exp": now + 500}
    assert (await stage.ask("GET", "/app", token=pyjwt.encode(claims, key, "RS256"))).status_code == 200
    assert (await stage.ask("GET", "/app", token=jwt(app))).status_code == 401


async def test_jwt_and_token_are_not_interchangeable(stage: Stage) -> None:
    assert (await stage.ask("GET", f"{REPO}/issues/1", token=jwt(stage.app))).status_code == 403
    assert (await stage.ask("GET", "/app")).status_code == 401


async def test_a_token_expires_and_is_revoked(stage: Stage) -> None:
    now = [time.time()]
    stage.world.wall = lambda: now[0]
    token = stage.world.mint(stage.installation).value
    assert (await stage.ask("GET", REPO, token=token)).status_code == 200
    now[0] += 3601
    assert (await stage.ask("GET", REPO, token=token)).status_code == 401
    fresh = stage.world.mint(stage.installation).value
    stage.world.revoke_tokens()
    assert (await stage.ask("GET", REPO, token=fresh)).status_code == 401


@pytest.mark.parametrize(
    ("permissions", "method", "path", "body", "status"),
    [
        ({"issues": "read"}, "GET", f"{REPO}/issues/1", None, 200),
        ({"issues": "read"}, "PATCH", f"{REPO}/issues/1", {"title": "x"}, 403),
        ({"issues": "write"}, "PATCH", f"{REPO}/issues/1", {"title": "x"}, 200),
        ({"issues": "write"}, "GET", f"{REPO}/contents/KNOWN_GAPS.md", None, 403),
        ({"contents": "read"}, "GET", f"{REPO}/contents/KNOWN_GAPS.md", None, 200),
        ({"contents": "read"}, "PUT", f"{REPO}/contents/x.md", {"message": "m", "content": ""}, 403),
        ({"contents": "write"}, "POST", f"{REPO}/pulls", {"title": "x", "head": "a", "base": "main"}, 403),
        ({"contents": "write"}, "PUT", f"{REPO}/pulls/1/merge", {}, 403),
        ({"pull_requests": "write"}, "PUT", f"{REPO}/pulls/1/merge", {}, 403),
        ({"contents": "write", "pull_requests": "write"}, "PUT", f"{REPO}/pulls/1/merge", {}, 404),
        ({"contents": "write"}, "POST", f"{REPO}/check-runs", {"name": "x", "head_sha": "0"}, 403),
        ({}, "GET", REPO, None, 200),
    ],
)
async def test_app_permissions(stage: Stage, permissions: dict[str, str], method: str, path: str, body: Any, status: int) -> None:
    token = stage.world.mint(stage.installation, permissions=permissions).value
    answer = await stage.ask(method, path, body, token=token)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["message"] == "Resource not accessible by integration"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 201),
        ({"permissions": {"issues": "read"}}, 201),
        ({"permissions": {"issues": "admin"}}, 422),
        ({"permissions": {"administration": "read"}}, 422),
        ({"permissions": {"issues": "everything"}}, 422),
        ({"repositories": ["demo"]}, 201),
        ({"repositories": ["secret"]}, 422),
        ({"repository_ids": [1_000_000]}, 422),
    ],
)
async def test_a_token_has_no_more_rights_than_its_installation(stage: Stage, asked: dict[str, Any], status: int) -> None:
    stage.world.add_repository("umbrella/secret")
    path = f"/app/installations/{stage.installation.id}/access_tokens"
    assert (await stage.ask("POST", path, asked, token=jwt(stage.app))).status_code == status


async def test_a_token_for_some_repositories_reaches_no_other(stage: Stage) -> None:
    other = stage.world.add_repository("acme/other", private=True)
    token = stage.world.mint(stage.installation, repositories=frozenset({other.id})).value
    assert (await stage.ask("GET", "/repos/acme/other", token=token)).status_code == 200
    assert (await stage.ask("POST", f"{REPO}/issues", {"title": "x"}, token=token)).status_code == 403
    listed = (await stage.ask("GET", "/installation/repositories", token=token)).json()
    assert [one["name"] for one in listed["repositories"]] == ["other"]


async def test_repositories_outside_the_installation(stage: Stage) -> None:
    public, private = stage.world.add_repository("umbrella/open"), stage.world.add_repository("umbrella/shut", private=True)
    assert (await stage.ask("GET", f"/repos/{public.full_name}")).status_code == 200
    assert (await stage.ask("POST", f"/repos/{public.full_name}/issues", {"title": "x"})).status_code == 403
    assert (await stage.ask("GET", f"/repos/{private.full_name}")).status_code == 404
    assert (await stage.ask("POST", f"/repos/{private.full_name}/issues", {"title": "x"})).status_code == 404


async def test_people_act_over_rest_with_their_own_rights(stage: Stage) -> None:
    token = stage.world.person_token("rea", "tok_rea")
    assert (await stage.ask("PATCH", f"{REPO}/issues/1", {"state": "closed"}, token=token)).status_code == 403
    opened = await stage.ask("POST", f"{REPO}/issues", {"title": "Mine"}, token=token)
    assert (opened.status_code, opened.json()["user"]["login"]) == (201, "rea")
    assert (await stage.ask("POST", f"{REPO}/issues", {"title": "x"}, token=None)).status_code == 401


async def test_suspended_installation(stage: Stage) -> None:
    token = stage.world.mint(stage.installation).value
    stage.world.suspend(stage.installation)
    assert (await stage.ask("GET", f"{REPO}/issues", token=token)).status_code == 403
    minted = await stage.ask("POST", f"/app/installations/{stage.installation.id}/access_tokens", token=jwt(stage.app))
    assert minted.status_code == 403


async def test_pages(stage: Stage) -> None:
    for n in range(204):
        stage.demo.open_issue(by="wim", title=f"{n}", labels=["a, b", "gap"])
    path: str | None = f"{REPO}/issues?state=all&per_page=500&labels=GAP"
    seen: list[int] = []
    sizes = []
    while path:
        answer = await stage.ask("GET", path)
        seen += [one["number"] for one in answer.json()]
        sizes.append(len(answer.json()))
        path = answer.links.get("next", {}).get("url")
    assert sizes == [100, 100, 4]
    assert seen == list(range(205, 1, -1))
    assert set(answer.links) == {"prev", "first"}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [4, 3, 1]),
        ("?state=closed", [2]),
        ("?state=all", [4, 3, 2, 1]),
        ("?state=all&labels=GAP", [3, 2]),
        ("?state=all&labels=gap,p1", [3]),
        ("?state=all&direction=asc", [1, 2, 3, 4]),
        ("?state=all&since={later}", [4, 1]),
        ("?state=all&sort=updated", [1, 4, 3, 2]),
        ("?creator=REA", [3]),
    ],
)
async def test_issue_list(stage: Stage, query: str, numbers: list[int]) -> None:
    demo = stage.demo
    demo.open_issue(by="wim", title="2", labels=["gap"])
    demo.close_issue(2, by="wim")
    demo.open_issue(by="rea", title="3")
    demo.add_labels(3, ["Gap", "P1"], by="wim")
    stage.clock.advance(100)
    demo.push({"x": "x"}, by="wim", branch="topic")
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stage.clock()))
    assert demo.open_pull(by="wim", title="4", head="topic").number == 4
    stage.clock.advance(1)
    demo.comment(1, "x", by="rea")
    answer = await stage.ask("GET", f"{REPO}/issues{query.format(later=later)}")
    assert [one["number"] for one in answer.json()] == numbers
    assert all(("pull_request" in one) == (one["number"] == 4) for one in answer.json())


async def test_condition_is_free_of_charge(stage: Stage) -> None:
    token = stage.world.mint(stage.installation).value
    first = await stage.ask("GET", f"{REPO}/issues/1", token=token)
    same = await stage.ask("GET", f"{REPO}/issues/1", token=token, headers={"if-none-match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["x-ratelimit-used"] != first.headers["x-ratelimit-remaining"]
    stage.demo.edit_issue(1, by="wim", title="Other")
    changed = await stage.ask("GET", f"{REPO}/issues/1", token=token, headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.headers["x-ratelimit-used"]) == (200, "2")


async def test_hourly_limit() -> None:
    stage = staged(hourly=3)
    answers = [await stage.ask("GET", REPO) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 403]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert answers[3].json()["message"].startswith("API rate limit exceeded")


async def test_every_answer_has_its_headers(stage: Stage) -> None:
    for path in (REPO, "/nope", f"{REPO}/issues/77"):
        answer = await stage.ask("GET", path)
        assert {"x-github-request-id", "x-ratelimit-reset", "x-ratelimit-remaining", "x-ratelimit-resource"} <= set(
            answer.headers
        )


async def test_renamed_repository_redirects_reads_and_writes_differently(stage: Stage) -> None:
    stage.demo.rename("new", by="ada")
    read = await stage.ask("GET", f"{REPO}/issues/1")
    assert (read.status_code, read.headers["location"]) == (301, f"https://api.github.com/repositories/{stage.demo.id}/issues/1")
    write = await stage.ask("PATCH", f"{REPO}/issues/1", {"title": "x"})
    assert (write.status_code, stage.demo.issue(1).title) == (307, "First")
    assert (await stage.ask("GET", f"/repositories/{stage.demo.id}/issues/1")).json()["number"] == 1


async def test_deleted_and_transferred_issues(stage: Stage) -> None:
    other = stage.world.add_repository("acme/other", admins=["ada"])
    stage.demo.open_issue(by="ada", title="Moves")
    stage.demo.delete_issue(1, by="ada")
    stage.demo.transfer_issue(2, other, by="ada")
    assert (await stage.ask("GET", f"{REPO}/issues/1")).status_code == 410
    moved = await stage.ask("GET", f"{REPO}/issues/2")
    assert (moved.status_code, moved.headers["location"]) == (301, f"https://api.github.com/repositories/{other.id}/issues/1")


async def test_contents(stage: Stage) -> None:
    demo = stage.demo
    big = bytes(range(256)) * 4097
    demo.push({"big.bin": big, "docs/deep/a.md": "a", "up.md": "../KNOWN_GAPS.md", "docs/up.md": "../KNOWN_GAPS.md"}, by="wim",
              modes={"docs/up.md": "120000", "up.md": "120000"})  # fmt: skip
    file = (await stage.ask("GET", f"{REPO}/contents/KNOWN_GAPS.md?ref={demo.head().sha}")).json()
    assert (base64.b64decode(file["content"]), file["sha"]) == (b"- [ ] One\n", demo.files()["KNOWN_GAPS.md"].sha)
    large = (await stage.ask("GET", f"{REPO}/contents/big.bin")).json()
    assert (large["encoding"], large["content"], large["size"]) == ("none", "", len(big))
    raw = await stage.ask("GET", f"{REPO}/git/blobs/{large['sha']}", headers={"accept": "application/vnd.github.raw+json"})
    assert raw.content == big
    assert (await stage.ask("GET", f"{REPO}/contents/docs/up.md")).json()["path"] == "KNOWN_GAPS.md"
    assert (await stage.ask("GET", f"{REPO}/contents/up.md")).json()["type"] == "symlink"
    listed = (await stage.ask("GET", f"{REPO}/contents/docs")).json()
    assert [(one["name"], one["type"]) for one in listed] == [("deep", "dir"), ("up.md", "symlink")]
    assert (await stage.ask("GET", f"{REPO}/contents/KNOWN_GAPS.md?ref=nope")).status_code == 404


@pytest.mark.parametrize("path", ["ümläut — ✅.md", "a b/c#d?.md", "per%20cent.md"])
async def test_paths_survive_the_url(stage: Stage, path: str) -> None:
    from urllib.parse import quote

    stage.demo.push({path: "x"}, by="wim")
    assert (await stage.ask("GET", f"{REPO}/contents/{quote(path)}")).json()["path"] == path


async def test_label_names_survive_the_url(stage: Stage) -> None:
    stage.demo.create_label("area: a/b", by="wim")
    assert (await stage.ask("GET", f"{REPO}/labels/AREA%3A%20A%2FB")).json()["name"] == "area: a/b"
    stage.demo.add_labels(1, ["area: a/b"], by="wim")
    assert (await stage.ask("DELETE", f"{REPO}/issues/1/labels/area%3A%20a%2Fb")).json() == []


async def test_recursive_tree(stage: Stage) -> None:
    demo = stage.demo
    demo.push({"docs/a.md": "a", "run": "x"}, by="wim", modes={"run": "100755"})
    for name in ("main", demo.head().sha, demo.head().tree):
        tree = (await stage.ask("GET", f"{REPO}/git/trees/{name}?recursive=1")).json()
        assert [(one["path"], one["mode"], one["type"]) for one in tree["tree"]] == [
            ("KNOWN_GAPS.md", "100644", "blob"),
            ("docs", "040000", "tree"),
            ("docs/a.md", "100644", "blob"),
            ("run", "100755", "blob"),
        ]
    assert (await stage.ask("GET", f"{REPO}/git/trees/nope")).status_code == 404
    stage.world.tree_limit = 2
    cut = (await stage.ask("GET", f"{REPO}/git/trees/main?recursive=1")).json()
    assert (len(cut["tree"]), cut["truncated"]) == (2, True)


async def test_an_empty_repository(stage: Stage) -> None:
    empty = stage.world.add_repository("acme/empty")
    for path in ("git/ref/heads/main", "git/trees/main", "contents/a.md"):
        assert (await stage.ask("GET", f"/repos/{empty.full_name}/{path}")).status_code == 409


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_nonsense_is_400(stage: Stage, body: bytes) -> None:
    token = stage.world.mint(stage.installation).value
    async with httpx.AsyncClient(transport=stage.api.transport(), base_url="https://api.github.com") as client:
        answer = await client.post(f"{REPO}/issues", content=body, headers={"authorization": f"token {token}"})
    assert answer.status_code == 400


async def test_fault_before_the_effect(stage: Stage) -> None:
    stage.api.faults.append(Fault("POST", r"/issues$", times=2, status=502))
    assert [(await stage.ask("POST", f"{REPO}/issues", {"title": "x"})).status_code for _ in range(3)] == [502, 502, 201]
    assert len(stage.demo.issues) == 2


async def test_fault_after_the_effect(stage: Stage) -> None:
    stage.api.faults.append(Fault("POST", r"/issues$", status=502, after=True))
    assert (await stage.ask("POST", f"{REPO}/issues", {"title": "x"})).status_code == 502
    assert len(stage.demo.issues) == 2


@pytest.mark.parametrize(("after", "issues"), [(False, 1), (True, 2)])
async def test_fault_cut_connection(stage: Stage, after: bool, issues: int) -> None:
    stage.api.faults.append(Fault("POST", r"/issues$", drop=True, after=after))
    with pytest.raises(httpx.RemoteProtocolError):
        await stage.ask("POST", f"{REPO}/issues", {"title": "x"})
    assert (len(stage.demo.issues), str(stage.api.calls[-1])) == (issues, f"POST {REPO}/issues -> dropped")


async def test_stale_answer_of_a_replica(stage: Stage) -> None:
    stage.api.faults += [Fault("GET", "issues", times=2, skip=1, stale=True)]
    first = await stage.ask("GET", f"{REPO}/issues/1")
    stage.demo.edit_issue(1, by="wim", title="Newer")
    assert (await stage.ask("GET", f"{REPO}/issues/1")).json() == first.json()
    assert [one["title"] for one in (await stage.ask("GET", f"{REPO}/issues")).json()] == ["Newer"]
    assert (await stage.ask("GET", f"{REPO}/issues/1")).json()["title"] == "Newer"


async def test_faults_that_wait_their_turn(stage: Stage) -> None:
    stage.api.faults += [
        Fault("GET", "issues/1", skip=1, status=500),
        primary_limit(99, path="labels"),
        secondary_limit(7, path="labels"),
    ]
    assert [(await stage.ask("GET", f"{REPO}/issues/1")).status_code for _ in range(3)] == [200, 500, 200]
    limits = [await stage.ask("GET", f"{REPO}/labels") for _ in range(3)]
    assert [(one.status_code, one.headers.get("retry-after")) for one in limits] == [(403, None), (403, "7"), (200, None)]
    assert [limits[0].headers[f"x-ratelimit-{name}"] for name in ("remaining", "reset")] == ["0", "99"]


async def test_calls_are_recorded(stage: Stage) -> None:
    await stage.ask("GET", f"{REPO}/issues?state=all")
    await stage.ask("POST", f"{REPO}/issues", {"title": "x"})
    await stage.ask("POST", f"/app/installations/{stage.installation.id}/access_tokens", token=jwt(stage.app))
    assert [(one.method, one.path, one.status) for one in stage.api.calls[:2]] == [
        ("GET", f"{REPO}/issues", 200),
        ("POST", f"{REPO}/issues", 201),
    ]
    assert stage.api.calls[0].query == {"state": "all"}
    assert [one.body for one in stage.api.writes] == [{"title": "x"}]


async def test_redelivery_over_rest(stage: Stage) -> None:
    listed = (await stage.ask("GET", "/app/hook/deliveries?per_page=1", token=jwt(stage.app))).json()
    assert [one["event"] for one in listed] == ["issues"]
    assert (await stage.ask("POST", f"/app/hook/deliveries/{listed[0]['id']}/attempts", token=jwt(stage.app))).status_code == 202
    assert [one.redelivery for one in stage.hooks.log][-1]


async def test_empty_collaborator_and_permission(stage: Stage) -> None:
    stage.world.add_user("out")
    words = [
        (await stage.ask("GET", f"{REPO}/collaborators/{who}/permission")).json()
        for who in ("ada", "max", "wim", "tia", "rea", "out")
    ]
    assert [(one["permission"], one["role_name"]) for one in words] == [
        ("admin", "admin"), ("write", "maintain"), ("write", "write"), ("read", "triage"), ("read", "read"), ("read", "read"),
    ]  # fmt: skip
    assert (await stage.ask("GET", f"{REPO}/collaborators/nobody/permission")).status_code == 404
