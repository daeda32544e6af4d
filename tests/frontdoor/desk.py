"""What a scenario works with: a world, a bot connected to it, and the question of when all is done."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import httpx

from tests.frontdoor.world import ADMIN, MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.frontdoor.running_bot import RunningBot
    from tests.frontdoor.world import CallView, Files, IssueView, World

CONFIG_PATH = ".github/gapkeeper.yml"
GAPS = "GAPS.md"
CONFIG = f"files: [{GAPS}]\nlimits: {{import: 200, open: 200, close: 200}}\n"
ONE_WAY = CONFIG + "write_back: off\n"

_SETTLE_SECONDS = 60.0


class Desk:
    """One repository with the bot on it. `push` waits until the bot has done what follows from the push."""

    def __init__(self, world: World, bot: RunningBot) -> None:
        self.world, self.bot = world, bot
        self.repository = world.new_repository()
        self._probe = httpx.Client(trust_env=False, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._probe.close()

    # People act.

    def begin(self, text: str | bytes, *, config: str = CONFIG, path: str = GAPS) -> None:
        """Push the config and a gap document together, as the first push of a repository."""
        self.push({CONFIG_PATH: config, path: text})

    def write(self, text: str | bytes, *, path: str = GAPS) -> None:
        """Push a gap document."""
        self.push({path: text})

    def push(self, files: Files, *, branch: str = MAIN) -> None:
        """Push, and wait for the bot."""
        self.repository.push(files, branch=branch)
        self.settle()

    def rename(self, old: str, new: str, *, config: str | None = None) -> None:
        """Move a file in one push, and wait for the bot."""
        files: dict[str, str | bytes | None] = {old: None, new: self.repository.read(old)}
        self.push(files | ({CONFIG_PATH: config} if config else {}))

    def edit_issue(self, number: int, *, by: str = ADMIN, **changes: object) -> None:
        """Change an issue as a person, and wait for the bot."""
        self.repository.edit_issue(number, by=by, **changes)
        self.settle()

    def open_issue(self, title: str, body: str = "", *, labels: Sequence[str] = (), by: str = ADMIN) -> int:
        """Open an issue as a person, wait for the bot, and return the issue's number."""
        number = self.repository.open_issue(title, body, labels, by=by)
        self.settle()
        return number

    def comment(self, number: int, body: str, *, by: str = ADMIN) -> None:
        """Comment on an issue as a person, and wait for the bot."""
        self.repository.comment(number, body, by=by)
        self.settle()

    def edit_comment(self, comment: int, body: str, *, by: str = ADMIN) -> None:
        """Change a comment as a person, and wait for the bot."""
        self.repository.edit_comment(comment, body, by=by)
        self.settle()

    def say_again(self) -> None:
        """Send all that was delivered so far three times more, then once under new GUIDs, and wait for the bot."""
        so_far = range(self.repository.sent())
        for number in list(so_far) * 3:
            self.repository.redeliver(number)
        for number in so_far:
            self.repository.replay(number)
        self.settle()

    def redeliver_all(self, *, times: int) -> None:
        """Send every delivery made so far again, and wait for the bot."""
        for number in list(range(self.repository.sent())) * times:
            self.repository.redeliver(number)
        self.settle()

    def restart(self) -> None:
        """Stop the bot in order and start it again on the same database."""
        self.stop()
        self.start()

    def start(self) -> None:
        """Start the bot and connect it."""
        self.bot.start()
        self.world.connect(self.bot.hook)

    def stop(self) -> None:
        """Stop the bot in order and disconnect it."""
        self.world.connect(None)
        self.bot.stop()

    # What people see.

    @property
    def text(self) -> bytes:
        """The gap document on the default branch."""
        return self.repository.read(GAPS)

    def issue(self, number: int) -> IssueView:
        """Returns an issue by its number."""
        return next(issue for issue in self.repository.issues() if issue.number == number)

    @property
    def issues(self) -> dict[str, IssueView]:
        """The issues by title; titles that stand twice are an error, ask `repository.issues()` then."""
        found = self.repository.issues()
        by_title = {issue.title: issue for issue in found}
        assert len(by_title) == len(found), f"some titles stand twice: {sorted(issue.title for issue in found)}"
        return by_title

    @property
    def states(self) -> dict[str, str]:
        """The issues by title, each `open` or the reason why it is closed."""
        return {title: "open" if issue.open else str(issue.reason) for title, issue in self.issues.items()}

    @property
    def numbers(self) -> dict[str, int]:
        """The issues' numbers by title."""
        return {title: issue.number for title, issue in self.issues.items()}

    @contextmanager
    def watched(self) -> Iterator[list[CallView]]:
        """Yields a list that holds, after the block, the calls which the bot made in it."""
        before = len(self.repository.calls())
        seen: list[CallView] = []
        yield seen
        self.settle()
        seen.extend(self.repository.calls()[before:])

    @contextmanager
    def nothing_written(self) -> Iterator[None]:
        """Asserts that the bot writes nothing in the block (W = 0)."""
        before = self.repository.issues()
        with self.watched() as calls:
            yield
        assert [call for call in calls if call.writes] == []
        assert self.repository.issues() == before

    def assert_agreed(self) -> None:
        """Asserts that both sides agree: all deliveries sent again and an unrelated push make the bot write nothing."""
        with self.nothing_written():
            self.say_again()
            self.push({"README.md": "an unrelated change\n"})

    @property
    def busy(self) -> bool:
        """Tells whether something is on its way to or from the bot, or it has a job left."""
        return not self._at_rest()

    def settle(self) -> None:
        """Wait until nothing is on its way to or from the bot and it has no job left.

        A delivery is on its way until the bot has answered, and by then its job is counted; a call is open until it is answered,
        and by then its webhooks are on their way. So a moment in which neither world nor bot has anything is the end.
        """
        end = time.monotonic() + _SETTLE_SECONDS
        while self.busy:
            if time.monotonic() > end:
                calls = "\n".join(f"{call.method} {call.path} {call.status}" for call in self.repository.calls()[-10:])
                raise AssertionError(f"the bot does not come to rest: {self._jobs()}; its last calls:\n{calls}")
            time.sleep(0.01)

    def _at_rest(self) -> bool:
        seen = self._seen()
        return self.world.quiet() and not any(self._jobs().values()) and self.world.quiet() and seen == self._seen()

    def _seen(self) -> tuple[int, int]:
        return len(self.repository.calls()), self.repository.sent()

    def _jobs(self) -> dict[str, int]:
        jobs: dict[str, int] = self._probe.get(f"{self.bot.url}/readyz").raise_for_status().json()["jobs"]
        return jobs


def wait_until(happened: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait for something that the bot does while a scenario goes on."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
