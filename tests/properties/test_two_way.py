"""The proof of the two-way sync: people edit both sides at random, the world fails at random, and in the end nothing is lost.

A machine of hypothesis over the sandbox (reliability.md §5). `people.py` acts and keeps the book of what people wrote; here are the
deliveries, the faults, and what must be true: at every moment (I4, I8, I11, I13), and once all is delivered and healed (I1, I2,
I5, I7, I9, I14-I17).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from bot.core.errors import GapkeeperError
from bot.core.issue import Region, region_of, shortened
from bot.core.tasks import marks_in
from bot.core.triage import by_family, labels_of_base
from bot.github.pacing import Time
from bot.jobs.outcome import Later
from bot.sandbox import Clock, Refusal
from bot.store.records import Delivery
from tests.by_hand import at_hand
from tests.memory import Memory
from tests.properties.people import BOT, FIRST, SECOND, People, in_document, on_issue, read, word_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.pair import Pair
    from bot.jobs.outcome import Outcome
    from bot.sandbox.git import Commit

# The same runs every time, unless SEARCH is set (tests/conftest.py); `just soak` makes 10,000 new ones.
RUNS, STEPS = int(os.environ.get("TWO_WAY_RUNS", "200")), int(os.environ.get("TWO_WAY_STEPS", "40"))

MANY = st.integers(0, 11)
FEW = st.integers(0, 2)
ACT_NAMES = (
    ("retitle_in_document", 1),
    ("turn_in_document", 2),
    ("turn_in_document", 2),
    ("tick_in_document", 2),
    ("prioritise_in_document", 2),
    ("reword_in_document", 1),
    ("add_in_document", 1),
    ("remove_from_document", 1),
    ("bring_back", 1),
    ("move_in_document", 2),
    ("rename_document", 1),
    ("add_lines", 1),
    ("revert", 1),
    ("force", 1),
    ("retitle_issue", 1),
    ("retitle_issue", 1),
    ("turn_issue", 2),
    ("turn_issue", 2),
    ("tick_issue", 2),
    ("tick_issue", 2),
    ("label_issue", 3),
    ("sort_issue", 2),
    ("write_around", 2),
    ("write_inside", 1),
    ("empty_body", 1),
    ("decide", 2),
    ("decide", 2),
    ("open_issue", 1),
)
ACT = st.tuples(st.sampled_from(ACT_NAMES), MANY, FEW, FEW)
FAULT = st.one_of(
    st.tuples(st.just("die"), st.none()),
    st.tuples(st.just("die after"), st.none()),
    st.tuples(st.just("502"), st.none()),
    st.tuples(st.just("502 after"), st.none()),
    st.tuples(st.just("dropped"), st.none()),
    st.tuples(st.just("dropped after"), st.none()),
    st.tuples(st.just("429"), st.none()),
    st.tuples(st.just("stale"), st.none()),
    st.tuples(st.just("people"), ACT),
)
FAULTS = st.dictionaries(st.integers(1, 30), FAULT, max_size=2)


class Died(BaseException):
    """The process was killed."""


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """Between the bot and GitHub. Steps are counted, calls and writes of the store alike; `faults` strike at their step."""

    inner: httpx.AsyncBaseTransport
    faults: dict[int, tuple[str, Any]] = field(default_factory=dict)
    people: Callable[[Any], None] = lambda _: None
    steps: int = 0
    answers: dict[str, httpx.Response] = field(default_factory=dict)

    def begin(self, faults: dict[int, tuple[str, Any]]) -> None:
        self.steps, self.faults = 0, dict(faults)

    def step(self) -> None:
        """A write of the store begins or ends: the process may die here."""
        self.steps += 1
        if self.faults.get(self.steps, ("", None))[0] in {"die", "die after"}:
            raise Died

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.steps += 1
        kind, act = self.faults.get(self.steps, ("", None))
        path = str(request.url)
        if kind == "people" and (request.method == "GET" or "/contents/" in path):
            # Not between the reading of an issue and its PATCH: no API of GitHub could tell (reliability.md 0.15).
            self.people(act)
        if kind == "stale" and request.method == "GET" and path in self.answers and "/contents/" in path:
            return self.answers[path]
        if kind in _BROKEN:
            return _broken(kind)
        answer = await self.inner.handle_async_request(request)
        await answer.aread()
        if kind.endswith(" after"):
            return _broken(kind.removesuffix(" after"))
        answer = httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        if request.method == "GET":
            self.answers[path] = answer
        return answer


_BROKEN = {"die", "502", "dropped", "429"}


def _broken(kind: str) -> httpx.Response:
    """The end of a call that fails."""
    match kind:
        case "die":
            raise Died
        case "dropped":
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        case "429":
            return httpx.Response(429, headers={"retry-after": "60"}, json={"message": "secondary rate limit"})
        case _:
            return httpx.Response(502, json={"message": "Server Error"})


class TwoWay(RuleBasedStateMachine):
    """People, the world, and the bot between them."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.wires: list[Wire] = []

        def between(inner: httpx.AsyncBaseTransport) -> Wire:
            self.wires.append(Wire(inner))
            return self.wires[0]

        async def sleep(seconds: float) -> None:
            self.clock.advance(seconds)

        clocked = Time(monotonic=self.clock, sleep=sleep, chance=lambda: 0.5)
        self.memory = Memory(self.step)
        self.hand = at_hand(self.memory, clock=self.clock, through=between, clocked=clocked)
        self.wire = self.wires[0]
        self.repository = self.hand.repository
        self.people = People(self.repository)
        self.wire.people = self.interrupt
        self.transit: list[Delivery] = []
        self.seen: list[Delivery] = []
        self.commits: list[str] = []
        self.checked_calls = 0
        self.trouble = ""
        self.repository.push({"GAPS.md": FIRST.encode(), "TECH_DEBT.md": SECOND.encode()}, by="alice", message="first")
        self.sync("all", {})
        self.people.look()
        assert len(self.people.numbers) == 7

    def teardown(self) -> None:
        try:
            self.stabilise()
        finally:
            self.loop.run_until_complete(self.hand.github.aclose())
            self.loop.close()

    # What happens.

    @rule(act=ACT)
    def person(self, act: Any) -> None:
        self.interrupt(act)

    def interrupt(self, act: Any) -> None:
        (name, arguments), *numbers = act
        if name == "empty_body" and not {*self.people.numbers.values()} <= {pair.number for pair in self.memory.kept.values()}:
            return  # see lose_the_database
        titles = {pair.base.title for pair in self.memory.kept.values() if pair.present}
        if name == "remove_from_document" and not {place.gap.title for place in self.people.places().values()} <= titles:
            return  # one that goes under a title that the bot never saw, and comes back, is not known again (docs/decisions/0005)
        self.clock.advance(2)
        deed = getattr(self.people, name)
        self.people.act(lambda: deed(*numbers[:arguments]))
        self.clock.advance(2)

    @rule(how=st.sampled_from(["all", "all", "all", "none", "first", "last", "backwards", "twice", "drop", "old"]), faults=FAULTS)
    def synchronise(self, how: str, faults: Any) -> None:
        self.sync(how, faults)

    @rule(faults=FAULTS)
    def reconcile(self, faults: Any) -> None:
        self.run(self.hand.reconcile, faults)

    @rule()
    def lose_the_database(self) -> None:
        """All of it: what was agreed, and the deliveries that waited. What people have cut out of an issue as well is gone."""
        if any(not isinstance(region_of(issue.body or ""), Region) for issue in self.people.issues().values()):
            return
        if self.memory.carrying:
            return  # what was being written when both the process and the database died is known to nobody
        self.memory.states, self.memory.kept, self.memory.announced = {}, {}, set()
        self.hand.waiting = []

    @rule()
    def merge(self) -> None:
        def deed() -> None:
            for issue in list(self.repository.issues.values()):
                if issue.pull is not None and issue.open:
                    self.repository.merge_pull(issue.number, by="alice")

        self.people.act(deed)

    # How it happens.

    def step(self) -> None:
        self.wire.step()

    def sync(self, how: str, faults: dict[int, Any]) -> bool:
        """Deliver what is on its way, in that manner, and let the bot work; tells whether it came to its end."""
        self.deliver(how)
        waiting = self.hand.waiting
        ended = self.run(lambda: self.hand.handle(tuple(waiting)), faults)
        if ended:
            self.hand.waiting = self.hand.waiting[len(waiting) :]
        return ended

    def deliver(self, how: str) -> None:
        kept, self.hand.waiting = self.hand.waiting, []
        self.loop.run_until_complete(self.hand.hooks.flush())
        self.transit += self.hand.waiting
        self.seen += self.hand.waiting
        self.hand.waiting = kept
        now: list[Delivery] = []
        match how:
            case "all":
                now, self.transit = self.transit, []
            case "first":
                now, self.transit = self.transit[:1], self.transit[1:]
            case "last":
                now, self.transit = self.transit[-1:], self.transit[:-1]
            case "backwards":
                now, self.transit = self.transit[::-1], []
            case "twice":
                now, self.transit = [*self.transit, *self.transit], []
            case "drop":
                self.transit = []
            case "old":
                now = self.seen[:: max(1, len(self.seen) // 5)]
        self.hand.waiting += now

    def run(self, work: Callable[[], Any], faults: dict[int, Any]) -> bool:
        self.clock.advance(2)
        self.wire.begin(faults)
        ended = True
        try:
            outcome: Outcome = self.loop.run_until_complete(work())
            if isinstance(outcome, Later):
                self.clock.advance(outcome.seconds)
                ended, self.trouble = False, outcome.reason
        except (Died, GapkeeperError) as error:
            ended, self.trouble = False, repr(error)
        self.wire.begin({})
        present = {pair.number for pair in self.memory.kept.values() if pair.present}
        self.people.returned = {word for word in self.people.returned if self.people.numbers.get(word) not in present}
        self.clock.advance(120)
        self.people.look()
        self.check_calls()
        self.check_commits()
        return ended

    # What must hold at every moment.

    def check_calls(self) -> None:
        """I13: a file is written on condition, and no branch of people is ever moved."""
        for call in self.hand.api.calls[self.checked_calls :]:
            if call.method == "PUT" and "/contents/" in call.path:
                assert call.body["sha"]
            assert "/git/refs/heads/main" not in call.path or call.method == "GET", str(call)
        self.checked_calls = len(self.hand.api.calls)

    def check_commits(self) -> None:
        """I8: a commit of ours changes the lines of the gaps that it names, adds entries, and touches nothing else."""
        git = self.repository.git
        fresh: list[Commit] = []
        for sha, commit in git.commits.items():
            if sha not in self.commits and commit.author.login == BOT:
                fresh.append(commit)
        self.commits = [*git.commits]
        for commit in fresh:
            before, after = git.files(git.commits[commit.parents[0]].tree), git.files(commit.tree)
            (path,) = [path for path in after if before.get(path) != after[path]]
            assert before[path].mode == after[path].mode
            old, new = read(path, git.blobs[before[path].sha]), read(path, git.blobs[after[path].sha])
            assert old is not None
            assert new is not None
            assert _between(old) == _between(new), f"I8: {commit.message} changed text between gaps"
            blocks = [Counter(word_of(g.span.of(d.text)) for g in d.gaps) for d in (old, new)]
            assert not blocks[0] - blocks[1], f"I8: {commit.message} took a gap out"

    # What must hold in the end.

    def stabilise(self) -> None:
        """What was dropped stays lost, and all must agree; then it is delivered after all, and all must agree again, and rest."""
        self.come_to_rest()
        self.hand.waiting = [*self.seen]
        self.come_to_rest()
        self.check_quiet()

    def come_to_rest(self) -> None:
        """Heal, deliver what is on its way, approve and merge what waits, until nothing is written any more."""
        for _ in range(12):
            before = len(self.hand.api.writes)
            self.until_done(lambda: self.sync("all", {}))
            self.repository.push({"README.md": str(self.people.number()).encode()}, by="alice", message="nothing of ours")
            self.until_done(lambda: self.sync("all", {}))
            self.until_done(lambda: self.run(self.hand.reconcile, {}))
            self.merge_or_close()
            if len(self.hand.api.writes) == before and not self.hand.hooks.waiting:
                break
        else:
            raise AssertionError(f"I1: never at rest; {[str(call) for call in self.hand.api.writes[-6:]]}")
        self.people.look()
        self.check_converged()
        self.check_nothing_lost()

    def until_done(self, work: Callable[[], bool]) -> None:
        """As the job engine: try again, and give up after a while; without faults nobody should have to."""
        assert any(work() for _ in range(4)), f"I20: {self.trouble}"

    def merge_or_close(self) -> None:
        for issue in list(self.repository.issues.values()):
            if issue.pull is not None and issue.open:
                self.merge()
                if issue.open:
                    with contextlib.suppress(Refusal):
                        self.repository.edit_issue(issue.number, by="alice", state="closed")
            if issue.title == "Gapkeeper: plan waiting" and issue.open:
                body = (issue.body or "").replace("- [ ] <!-- gapkeeper:box=", "- [x] <!-- gapkeeper:box=")
                self.repository.edit_issue(issue.number, by="alice", body=body)

    def check_converged(self) -> None:
        pairs: dict[int, Pair] = {pair.number: pair for pair in self.memory.kept.values()}
        issues, places = self.people.issues(), self.people.places()
        for word, place in places.items():
            issue = issues.get(word)
            if issue is None:
                assert word in self.people.numbers or place.gap.state.closed, f"I4: {word} has no issue"
                continue
            pair = pairs.get(issue.number)
            assert pair is not None, f"I4: issue {issue.number} of {word} is nobody's"
            assert pair.present, f"I9: {word} stands in {place.path} and counts as gone"
            disputed = "gap: conflict" in {label.name for label in issue.labels}
            ours, theirs = in_document(place), on_issue(issue)
            base = {
                "title": pair.base.title,
                "state": "closed" if pair.base.state.closed else pair.base.state.value,
                "priority": pair.base.priority or "",
            }
            region = region_of(issue.body or "")
            whole = isinstance(region, Region) and issue.number not in self.people.edited_inside
            for name, agreed in base.items():
                values = (ours[name], agreed, theirs[name])
                if name == "title":
                    values = (shortened(values[0]), shortened(values[1]), values[2])
                open_question = disputed and values[0] != values[1] != values[2]
                assert len(set(values)) == 1 or open_question, f"I1: {name} of {word} is {values} (document, base, issue)"
            if whole and isinstance(region, Region):
                ticks = {name: value for name, value in theirs.items() if name.startswith("tick")}
                mine = {name: value for name, value in ours.items() if name.startswith("tick")}
                assert ticks == mine or disputed, f"I1: ticks of {word} are {mine} and {ticks}"
                assert tuple(m.done for m in marks_in(region.content)) == pair.base.ticks or disputed
                assert region.digest == pair.base.region or disputed, f"I1: the text of {word}"
            families = by_family(label.name for label in issue.labels)
            wanted = by_family(label.name for label in labels_of_base(pair.base))
            for family in ("priority", "effort", "status"):
                if issue.open and not disputed:
                    assert families.get(family, ()) == wanted.get(family, ()), f"I1: {family} labels of {word}"
        standing = {path for path, _ in self.people.documents()}
        for word, issue in issues.items():
            removed = word not in places and self.people.last.get((word, "state", "issue")) is None
            if (pair := pairs.get(issue.number)) is not None and pair.path not in standing:
                continue  # its document is gone, which says nothing of it (#81)
            assert not removed or not issue.open, f"{word} was taken out, and its issue {issue.number} is open"

    def check_nothing_lost(self) -> None:
        """I2: what a person wrote last on a side stands there, or was seen on the other side before it was overwritten there."""
        documents, issues = self.people.sides()
        standing = self.people.places()
        for (word, name, side), written in self.people.last.items():
            here = (documents if side == "document" else issues).get(word)
            if here is None or name not in here or written.value in {here[name], *here[name].split(", ")} or word not in standing:
                continue
            if name.startswith("tick") and self.people.numbers.get(word) in self.people.edited_inside:
                continue  # ticks are followed while the text around them is the one that was agreed
            if name == "text":
                assert written.named, f"I2: what a person wrote in the text of {word} is gone: {written.value!r}"
                continue
            other = self.people.last.get((word, name, "issue" if side == "document" else "document"))
            assert other is not None, f"I2: {name} of {word}, {written.value!r} by a person ({side}), is now {here[name]!r}"
            assert written.arrived or written.named, f"I2: {name} of {word}: {written.value!r} ({side}) was never seen by anyone"
            assert here[name] == other.value, f"I2: {name} of {word} is {here[name]!r}: nobody's"

    def check_quiet(self) -> None:
        """I5, I7: whatever is delivered again, in any order, nothing is written, and the same is remembered."""
        remembered = dict(self.memory.kept)
        before = len(self.hand.api.writes)
        for seed in range(3):
            self.hand.waiting = random.Random(seed).sample(self.seen, len(self.seen))  # noqa: S311 - a shuffle
            self.until_done(lambda: self.sync("none", {}))
            self.until_done(lambda: self.run(self.hand.reconcile, {}))
        assert [str(call) for call in self.hand.api.writes[before:]] == [], "I7"
        assert self.memory.kept == remembered, "I5"


def _between(document: Any) -> str:
    """The text of a document without its gaps."""
    text, at, kept = document.text, 0, []
    for gap in document.gaps:
        kept.append(text[at : gap.span.start])
        at = gap.span.end
    return "".join("".join(kept).split()) + "".join(text[at:].split())


TwoWay.TestCase.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
TestTwoWay = TwoWay.TestCase
