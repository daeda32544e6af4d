from __future__ import annotations

import itertools

import pytest

from bot.core.events import Advance, Origin, Pushed, advanced
from bot.core.names import CommitSha, DocumentPath, InstallationId, RepositoryId, RepositoryName

ORIGIN = Origin(RepositoryId(1), RepositoryName("a/b"), "main", InstallationId(2), "ann")


def push(before: str, after: str, *paths: str, forced: bool = False, complete: bool = True) -> Pushed:
    touched = frozenset(map(DocumentPath, paths)) if complete else None
    return Pushed(ORIGIN, "main", CommitSha(before), CommitSha(after), forced, touched)


CHAIN = (push("a", "b", "x"), push("b", "c", "y"), push("c", "d", "x", "z"))


@pytest.mark.parametrize("order", list(itertools.permutations(CHAIN)))
def test_fault_19_a_chain_is_a_chain_in_any_order(order: tuple[Pushed, ...]):
    assert advanced(CommitSha("a"), order) == Advance(CommitSha("d"), frozenset(map(DocumentPath, "xyz")))


@pytest.mark.parametrize(
    ("head", "pushes"),
    [
        pytest.param("q", CHAIN, id="does not begin at the head"),
        pytest.param("a", CHAIN[:1] + CHAIN[2:], id="a delivery was dropped"),
        pytest.param("a", (push("a", "b", forced=True),), id="I14 forced"),
        pytest.param("a", (push("a", "b", complete=False),), id="#53 incomplete list"),
        pytest.param("a", (push("a", "b"), push("q", "r")), id="two histories"),
        pytest.param(None, CHAIN, id="first contact: nobody knows where it began"),
    ],
)
def test_what_the_pushes_do_not_tell(head: str | None, pushes: tuple[Pushed, ...]):
    assert advanced(CommitSha(head) if head else None, pushes) is None
