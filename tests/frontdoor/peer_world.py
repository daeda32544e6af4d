"""The independent emulator as a world."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.frontdoor.world import MAIN, Access, Break, CallView, Files, IssueView
from tests.peer.faults import Fault
from tests.peer.peer import SECRET
from tests.peer.relay import Fate, deliver_all
from tests.peer.seed import ADMIN, OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.peer.peer import Peer
    from tests.peer.records import Delivery

_PAGE = 100
_MISSING = 404


class PeerWorld:
    """The emulator in its first state."""

    def __init__(self, peer: Peer) -> None:
        peer.reset()
        self.peer = peer
        self._made: list[PeerRepository] = []

    def close(self) -> None:
        self.peer.connect(None)
        for repository in self._made:
            repository.close()

    @property
    def access(self) -> Access:
        seed = self.peer.seed
        return Access(self.peer.url, seed.app_id, seed.private_key, SECRET, seed.bot)

    def connect(self, hook: str | None) -> None:
        self.peer.connect(hook)

    def new_repository(self) -> PeerRepository:
        name = f"app-{len(self._made) + 1}"
        made = PeerRepository(self.peer, f"{OWNER}/{name}", self.peer.new_repository(name))
        self._made.append(made)
        return made

    def quiet(self) -> bool:
        return self.peer.quiet()


class PeerRepository:
    """Everything goes through the emulator's REST API, as a person with plain httpx."""

    def __init__(self, peer: Peer, name: str, number: int) -> None:
        peer.mend()
        self._peer, self._name, self._id = peer, name, number
        self._person = peer.person(ADMIN)

    def close(self) -> None:
        self._person.close()

    def push(self, files: Files, *, branch: str) -> None:
        head = self._head(branch)
        if head is None:
            head = self._head(MAIN)
            self._ask("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": head})
        entries = [
            {"path": path, "mode": "100644", "type": "blob", "sha": None if data is None else self._blob(data)}
            for path, data in files.items()
        ]
        base = self._ask("GET", f"/git/commits/{head}")["tree"]["sha"]
        tree = self._ask("POST", "/git/trees", {"base_tree": base, "tree": entries})["sha"] if entries else base
        commit = self._ask("POST", "/git/commits", {"message": "work", "tree": tree, "parents": [head]})["sha"]
        self._ask("PATCH", f"/git/refs/heads/{branch}", {"sha": commit})

    def read(self, path: str) -> bytes:
        return base64.b64decode(self._ask("GET", f"/contents/{path}")["content"])

    def issues(self) -> tuple[IssueView, ...]:
        found: list[dict[str, Any]] = []
        while len(found) % _PAGE == 0:
            query = f"?state=all&sort=created&direction=asc&per_page={_PAGE}&page={len(found) // _PAGE + 1}"
            page = self._ask("GET", f"/issues{query}")
            found += page
            if not page:
                break
        return tuple(sorted(map(_view, found), key=lambda issue: issue.number))

    def open_issue(self, title: str, body: str, labels: Sequence[str]) -> int:
        return int(self._ask("POST", "/issues", {"title": title, "body": body, "labels": list(labels)})["number"])

    def edit_issue(self, number: int, **changes: object) -> None:
        self._ask("PATCH", f"/issues/{number}", changes)

    def labels(self) -> Mapping[str, tuple[str, str]]:
        listed = self._ask("GET", f"/labels?per_page={_PAGE}")
        return {label["name"]: (label["color"], label["description"] or "") for label in listed}

    def calls(self) -> Sequence[CallView]:
        ours = (f"/repos/{self._name}/", f"/repositories/{self._id}")
        return [CallView(call.method, call.path, call.status or 0) for call in self._peer.calls if call.path.startswith(ours)]

    def sent(self) -> int:
        return len(self._deliveries())

    def redeliver(self, number: int) -> None:
        self._peer.redeliver(self._deliveries()[number])

    def lose_deliveries(self, *, lose: bool) -> None:
        self._peer.follow((lambda _: Fate.DROP) if lose else deliver_all)

    def break_call(self, fault: Break) -> None:
        self._peer.fail(
            Fault(
                fault.method,
                fault.path_in(self._name, self._id),
                status=fault.status,
                after=fault.after,
                delay=fault.delay,
                skip=fault.skip,
                times=fault.times,
                headers=dict(fault.headers),
                body={"message": fault.message},
            )
        )

    def _deliveries(self) -> list[Delivery]:
        return [sent for sent in self._peer.deliveries if (sent.payload.get("repository") or {}).get("id") == self._id]

    def _head(self, branch: str) -> str | None:
        answer = self._person.get(f"/repos/{self._name}/git/ref/heads/{branch}")
        return None if answer.status_code == _MISSING else str(answer.raise_for_status().json()["object"]["sha"])

    def _blob(self, data: str | bytes) -> str:
        raw = data.encode() if isinstance(data, str) else data
        content = base64.b64encode(raw).decode()
        return str(self._ask("POST", "/git/blobs", {"content": content, "encoding": "base64"})["sha"])

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        return self._person.request(method, f"/repos/{self._name}{path}", json=body).raise_for_status().json()


def _view(issue: dict[str, Any]) -> IssueView:
    return IssueView(
        number=issue["number"],
        title=issue["title"],
        body=issue["body"] or "",
        open=issue["state"] == "open",
        reason=issue["state_reason"] if issue["state"] == "closed" else None,
        labels=frozenset(label["name"] for label in issue["labels"]),
        author=issue["user"]["login"],
    )
