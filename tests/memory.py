"""A store without a database: for tests that make worlds by the thousand. Its promises are those of `tests/shell/test_store.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.core.journal import Change
    from bot.core.names import GapKey, IssueNumber, RepositoryId
    from bot.core.pair import Base, Pair
    from bot.store.records import RepositoryState, Shown


class Memory(Store):
    """Keeps what a sync remembers; `step` is called before and after each write, and may raise: the process died there."""

    def __init__(self, step: Callable[[], None] = lambda: None) -> None:
        """Start empty, and open no threads."""
        self.step = step
        self.states: dict[RepositoryId, RepositoryState] = {}
        self.kept: dict[GapKey, Pair] = {}
        self.announced: set[GapKey] = set()
        self.marks: set[str] = set()
        self.labels: dict[str, int] = {}
        self.carrying: dict[IssueNumber, Base] = {}

    async def repository(self, repository: RepositoryId) -> RepositoryState | None:
        return self.states.get(repository)

    async def save_repository(self, state: RepositoryState) -> None:
        self.step()
        self.states[state.id] = state
        self.step()

    async def pairs(self, repository: RepositoryId) -> tuple[Pair, ...]:
        return tuple(sorted(self.kept.values(), key=lambda pair: pair.number))

    async def save_pair(self, repository: RepositoryId, pair: Pair, change: Change | None = None) -> None:
        self.step()
        if any(other.number == pair.number and other.key != pair.key for other in self.kept.values()):
            raise AssertionError(f"I4: issue {pair.number} belongs to two gaps")
        self.kept[pair.key] = pair
        self.announced.discard(pair.key)
        self.carrying.pop(pair.number, None)
        self.step()

    async def carried(self, repository: RepositoryId) -> dict[IssueNumber, Base]:
        return dict(self.carrying)

    async def carry(self, repository: RepositoryId, said: Mapping[IssueNumber, Base]) -> None:
        self.step()
        self.carrying.update(said)
        self.step()

    async def drop_carried(self, repository: RepositoryId, numbers: Iterable[IssueNumber]) -> None:
        self.step()
        self.carrying = {number: said for number, said in self.carrying.items() if number not in set(numbers)}
        self.step()

    async def label_ids(self, repository: RepositoryId) -> dict[str, int]:
        return dict(self.labels)

    async def note_labels(self, repository: RepositoryId, found: Mapping[str, int], *, all_of_them: bool = False) -> None:
        self.step()
        self.labels = {**({} if all_of_them else self.labels), **found}
        self.step()

    async def intents(self, repository: RepositoryId) -> frozenset[GapKey]:
        return frozenset(self.announced)

    async def intend(self, repository: RepositoryId, key: GapKey) -> None:
        self.step()
        self.announced.add(key)
        self.step()

    async def unsettled(self, repository: RepositoryId, key: GapKey, *, now: float, settle: float) -> float:
        return 0.0

    async def begin_import(self, repository: RepositoryId, opening: int) -> None:
        """Nobody asks these worlds how far an import is."""

    async def end_import(self, repository: RepositoryId) -> None:
        """Nobody asks these worlds how far an import is."""

    async def drop_intent(self, repository: RepositoryId, key: GapKey) -> None:
        self.step()
        self.announced.discard(key)
        self.step()

    async def shown(self, repository: RepositoryId) -> Shown | None:
        return None

    async def heard(self, repository: RepositoryId, mark: str) -> bool:
        return mark in self.marks

    async def hear(self, repository: RepositoryId, mark: str) -> None:
        self.step()
        self.marks.add(mark)
        self.step()
