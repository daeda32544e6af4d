"""The independent emulator as a world."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from tests.frontdoor.world import (
    ADMIN,
    MAIN,
    TRIAGER,
    WRITER,
    Access,
    Break,
    CallView,
    CheckView,
    CommentView,
    CommitView,
    Files,
    IssueView,
    PullView,
)
from tests.peer.faults import Fault
from tests.peer.peer import SECRET
from tests.peer.records import Call, Delivery
from tests.peer.relay import Fate, deliver_all
from tests.peer.seed import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.peer.peer import Peer

T = TypeVar("T")

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
        ours = (f"/repos/{name}/", f"/repositories/{number}")
        self._calls = _Growing[Call](lambda call: call.path.startswith(ours))
        self._sent = _Growing[Delivery](lambda sent: (sent.payload.get("repository") or {}).get("id") == number)
        self._people = {login: peer.person(login) for login in (ADMIN, WRITER, TRIAGER)}

    def close(self) -> None:
        for person in self._people.values():
            person.close()

    def push(self, files: Files, *, branch: str, modes: Mapping[str, str] | None = None) -> None:
        head = self.head(branch)
        if head is None:
            head = self.head(MAIN)
            self._ask("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": head})
        entries = [
            {
                "path": path,
                "mode": (modes or {}).get(path, "100644"),
                "type": "blob",
                "sha": None if data is None else self._blob(data),
            }
            for path, data in files.items()
        ]
        base = self._ask("GET", f"/git/commits/{head}")["tree"]["sha"]
        tree = self._ask("POST", "/git/trees", {"base_tree": base, "tree": entries})["sha"] if entries else base
        commit = self._ask("POST", "/git/commits", {"message": "work", "tree": tree, "parents": [head]})["sha"]
        self._ask("PATCH", f"/git/refs/heads/{branch}", {"sha": commit})

    def read(self, path: str, *, branch: str = MAIN) -> bytes:
        return base64.b64decode(self._ask("GET", f"/contents/{path}?ref={branch}")["content"])

    def mode(self, path: str) -> str:
        tree = self._ask("GET", f"/git/trees/{self.head(MAIN)}?recursive=1")["tree"]
        return next(str(entry["mode"]) for entry in tree if entry["path"] == path)

    def newest(self, *, branch: str = MAIN) -> CommitView:
        commit = self._ask("GET", f"/commits/{self.head(branch)}")
        return CommitView(commit["commit"]["message"], (commit["author"] or {}).get("login", ""))

    def head(self, branch: str) -> str | None:
        answer = self._people[ADMIN].get(f"/repos/{self._name}/git/ref/heads/{branch}")
        return None if answer.status_code == _MISSING else str(answer.raise_for_status().json()["object"]["sha"])

    def issues(self) -> tuple[IssueView, ...]:
        found: list[dict[str, Any]] = []
        while len(found) % _PAGE == 0:
            query = f"?state=all&sort=created&direction=asc&per_page={_PAGE}&page={len(found) // _PAGE + 1}"
            page = self._ask("GET", f"/issues{query}")
            found += page
            if not page:
                break
        found = [issue for issue in found if not self._peer.removed(self._name, issue["number"])]
        return tuple(sorted(map(_view, found), key=lambda issue: issue.number))

    def open_issue(self, title: str, body: str, labels: Sequence[str], *, by: str = ADMIN) -> int:
        return int(self._ask("POST", "/issues", {"title": title, "body": body, "labels": list(labels)}, by=by)["number"])

    def edit_issue(self, number: int, *, by: str = ADMIN, **changes: object) -> None:
        self._ask("PATCH", f"/issues/{number}", changes, by=by)

    def delete_issue(self, number: int) -> None:
        self._peer.remove_issue(self._name, number)

    def transfer_issue(self, number: int) -> None:
        self._peer.remove_issue(self._name, number, moved_to=f"{self._peer.url}/repositories/1/issues/1")

    def comments(self, number: int) -> tuple[CommentView, ...]:
        found = self._ask("GET", f"/issues/{number}/comments")
        return tuple(CommentView(comment["id"], comment["body"], comment["user"]["login"]) for comment in found)

    def comment(self, number: int, body: str, *, by: str = ADMIN) -> int:
        if by not in self._people:
            self._people[by] = self._peer.app()
        return int(self._ask("POST", f"/issues/{number}/comments", {"body": body}, by=by)["id"])

    def edit_comment(self, comment: int, body: str, *, by: str = ADMIN) -> None:
        self._ask("PATCH", f"/issues/comments/{comment}", {"body": body}, by=by)

    def pulls(self) -> tuple[PullView, ...]:
        found = self._ask("GET", f"/pulls?state=all&direction=asc&per_page={_PAGE}")
        return tuple(
            PullView(
                number=pull["number"],
                title=pull["title"],
                body=pull["body"] or "",
                open=pull["state"] == "open",
                branch=pull["head"]["ref"],
                base=pull["base"]["ref"],
                head=self.head(pull["head"]["ref"]) or "",  # the emulator shows the head of the day it was opened
            )
            for pull in found
        )

    def open_pull(self, branch: str) -> int:
        return int(self._ask("POST", "/pulls", {"title": "A change", "head": branch, "base": MAIN})["number"])

    def checks(self, branch: str) -> tuple[CheckView, ...]:
        found = self._ask("GET", f"/commits/{self.head(branch)}/check-runs")["check_runs"]
        return tuple(CheckView(run["name"], run["conclusion"], run["output"]["annotations_count"]) for run in found)

    def merge(self, pull: int) -> None:
        """A merge by rebase. The emulator's own merges the head of the day the pull request was opened, and tells of no push."""
        [branch] = [one.branch for one in self.pulls() if one.number == pull]
        self._ask("PATCH", f"/git/refs/heads/{MAIN}", {"sha": self.head(branch)})
        self._ask("PATCH", f"/pulls/{pull}", {"state": "closed"})

    def protect(self) -> None:
        rules = {
            "required_pull_request_reviews": {"required_approving_review_count": 1},
            "required_status_checks": None,
            "enforce_admins": False,
            "restrictions": None,
        }
        self._ask("PUT", f"/branches/{MAIN}/protection", rules)

    def rename_label(self, old: str, new: str) -> None:
        self._ask("PATCH", f"/labels/{quote(old)}", {"new_name": new})

    def delete_label(self, name: str) -> None:
        self._people[ADMIN].delete(f"/repos/{self._name}/labels/{quote(name)}").raise_for_status()

    def labels(self) -> Mapping[str, tuple[str, str]]:
        listed = self._ask("GET", f"/labels?per_page={_PAGE}")
        return {label["name"]: (label["color"], label["description"] or "") for label in listed}

    def calls(self) -> Sequence[CallView]:
        return [CallView(call.method, call.path, call.status or 0) for call in self._calls.of(self._peer.calls)]

    def sent(self) -> int:
        return len(self._deliveries())

    def redeliver(self, number: int) -> None:
        self._peer.redeliver(self._deliveries()[number])

    def replay(self, number: int) -> None:
        old = self._deliveries()[number]
        self._peer.send(old.event, old.payload)

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
        return self._sent.of(self._peer.deliveries)

    def _blob(self, data: str | bytes) -> str:
        raw = data.encode() if isinstance(data, str) else data
        content = base64.b64encode(raw).decode()
        return str(self._ask("POST", "/git/blobs", {"content": content, "encoding": "base64"})["sha"])

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None, *, by: str = ADMIN) -> Any:
        return self._people[by].request(method, f"/repos/{self._name}{path}", json=body).raise_for_status().json()


class _Growing(Generic[T]):
    """The entries of a growing list that concern one repository; each is looked at once, for many repositories share the list."""

    def __init__(self, ours: Callable[[T], bool]) -> None:
        self._ours, self._seen = ours, 0
        self._found: list[T] = []

    def of(self, entries: Sequence[T]) -> list[T]:
        """Returns those of the list as it is now."""
        fresh = entries[self._seen :]
        self._seen += len(fresh)
        self._found += filter(self._ours, fresh)
        return self._found


def _view(issue: dict[str, Any]) -> IssueView:
    return IssueView(
        number=issue["number"],
        title=issue["title"],
        body=issue["body"] or "",
        open=issue["state"] == "open",
        reason=issue["state_reason"] if issue["state"] == "closed" else None,
        labels=frozenset(label["name"] for label in issue["labels"]),
        author=issue["user"]["login"],
        assignees=frozenset(person["login"] for person in issue["assignees"]),
    )
