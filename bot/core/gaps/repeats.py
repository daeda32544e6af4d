"""The document as a whole: repeats give way to the detailed mention, plans to what they plan, the unproven to a series with evidence."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.core.gaps.candidate import Candidate, same_words
from bot.core.gaps.heading import FIELD_EVIDENCE
from bot.core.gaps.model import Kind, StateSource
from bot.core.gaps.vocabulary import asks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Dropped = tuple[Candidate, str]

_RANK = {Kind.HEADING: 3, Kind.CHECKBOX: 2, Kind.LIST: 1, Kind.TABLE: 0}
_REPEATS = "repeats an entry that stands elsewhere in more detail"
_EVIDENT = frozenset({"status", "id", "priority", "severity", "priority tag", "box", "answers", "number"})
_ENOUGH = 3
_SOME = 40
"""How many entries with a common word are compared: enough for documents, and it keeps the time linear."""


def settle(found: Sequence[Candidate]) -> tuple[list[Candidate], list[Dropped]]:
    """Returns the candidates that are gaps, and those that are not, each with the reason."""
    kept, dropped = _without_repeats(found)
    firm = [candidate for candidate in kept if not candidate.weak and candidate.place.role != "archive"]
    counted = sum(candidate.weak and "number" in candidate.evidence for candidate in kept)
    if firm and counted <= len(firm):
        listed = sum(candidate.kind is Kind.HEADING for candidate in firm) * 2 < len(firm)
        kept = _keep(
            kept,
            dropped,
            lambda c: not c.weak or (listed and c.kind is Kind.CHECKBOX),
            "a plan or a summary, not an entry of its own",
        )
    return _by_evidence(kept, dropped), dropped


def _keep(found: Iterable[Candidate], dropped: list[Dropped], holds: Callable[[Candidate], bool], why: str) -> list[Candidate]:
    kept: list[Candidate] = []
    for candidate in found:
        if holds(candidate):
            kept.append(candidate)
        else:
            dropped.append((candidate, why))
    return kept


@dataclass(slots=True)
class _Known:
    """The entries kept so far, by id, by title and by word."""

    by_key: dict[object, Candidate] = field(default_factory=dict)
    by_word: dict[str, list[tuple[frozenset[str], Candidate]]] = field(default_factory=dict)

    def add(self, candidate: Candidate) -> None:
        for key in _keys(candidate):
            self.by_key.setdefault(key, candidate)
        chosen = same_words(candidate.head.title)
        for word in chosen:
            self.by_word.setdefault(word, []).append((chosen, candidate))

    def twin(self, candidate: Candidate) -> bool:
        """Tells whether an entry of the same list says word for word the same, without an id or a detail of its own (I16)."""
        other = self.by_key.get(candidate.head.title.lower())
        bare = candidate.head.id is None and candidate.detail_span.start >= candidate.detail_span.end
        same = other is not None and other.head.view.text == candidate.head.view.text
        return other is not None and bare and same and other.group == candidate.group

    def repeated(self, candidate: Candidate) -> tuple[Candidate, bool] | None:
        """Returns the entry that this one repeats, and whether it surely does."""
        for key in _keys(candidate)[::-1]:
            other = self.by_key.get(key)
            if other is not None and other.group != candidate.group and _comparable(candidate, other):
                return other, other.kind is not candidate.kind or candidate.place.role == "archive"
        mine, group = same_words(candidate.head.title), candidate.group
        known = sorted((len(others), word) for word in mine if (others := self.by_word.get(word)) is not None)
        # Words that nobody has said count among the four rarest: whoever says much that is new repeats little.
        for _, word in known[: max(4 - (len(mine) - len(known)), 0)]:
            for theirs, other in self.by_word[word][:_SOME]:
                if other.group == group or other.kind is candidate.kind is Kind.TABLE:
                    continue
                shared = len(mine & theirs)
                if shared < 2 or shared * 10 < 6 * min(len(mine), len(theirs)):
                    continue
                if _comparable(candidate, other):
                    return other, other.kind is not candidate.kind and shared * 10 >= 8 * max(len(mine), len(theirs))
        return None


def _comparable(candidate: Candidate, other: Candidate) -> bool:
    """Tells whether two names may mean one thing: `Trojan` and `Trojan (inbound)` in two tables of one kind are two."""
    if candidate.kind is not other.kind or (candidate.head.id is not None and candidate.head.id == other.head.id):
        return True
    if candidate.head.lead and other.head.lead and not candidate.weak and _beside(candidate.place.path, other.place.path):
        return False
    return candidate.head.title.partition(" (")[2] == other.head.title.partition(" (")[2]


def _beside(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tells whether two sections stand side by side: each has its own `No retries`."""
    return path != other and len(path) == len(other) > 1 and path[:-1] == other[:-1]


def _without_repeats(found: Sequence[Candidate]) -> tuple[list[Candidate], list[Dropped]]:
    """Keeps of entries with the same id or title the most detailed one, and no list or table most of whose entries repeat."""
    known = _Known()
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    groups: dict[int, list[Candidate]] = {}
    for candidate in sorted(
        found, key=lambda candidate: (candidate.weak, candidate.place.role == "archive", -_RANK[candidate.kind], candidate.first)
    ):
        groups.setdefault(candidate.group, []).append(candidate)
    numbering = {c.head.ordinal: c for c in found if c.kind is Kind.HEADING and c.head.ordinal is not None and c.head.id is None}
    for group in groups.values():
        fresh = _fresh(group, known, numbering, dropped)
        for candidate in fresh:
            if known.twin(candidate):
                dropped.append((candidate, "the same entry stands above"))
                continue
            kept.append(candidate)
            known.add(candidate)
    return kept, dropped


def _fresh(group: list[Candidate], known: _Known, numbering: Mapping[str, Candidate], dropped: list[Dropped]) -> list[Candidate]:
    """Returns the entries of a list, table or series that repeat nothing kept before; a repeat lends what the kept one lacks."""
    if _same_numbering(group, numbering):
        repeats: list[tuple[Candidate, bool] | None] = [(numbering[str(_number(candidate))], True) for candidate in group]
    else:
        repeats = [known.repeated(candidate) for candidate in group]
    whole = len(group) > 1 and sum(first is not None for first in repeats) * 2 > len(group)
    fresh: list[Candidate] = []
    for candidate, first in zip(group, repeats, strict=True):
        if (first is not None and first[1]) or (whole and not candidate.evidence & {"box", "id"}):
            if first is not None:
                _complete(first[0], candidate)
            dropped.append((candidate, _REPEATS))
        else:
            fresh.append(candidate)
    return fresh


def _complete(kept: Candidate, repeat: Candidate) -> None:
    """Takes over from a repeat what the detailed mention does not say: a state, a priority, an id, the effort."""
    unsaid = {StateSource.DEFAULT, StateSource.SECTION}
    if kept.state_source in unsaid and repeat.state_source not in unsaid:
        kept.state, kept.state_source, kept.state_span = repeat.state, repeat.state_source, repeat.state_span
        kept.borrowed = repeat.marks
    if kept.priority is None and repeat.priority is not None:
        kept.priority, kept.priority_span = repeat.priority, repeat.priority_span
    if kept.head.id is None and repeat.head.id is not None:
        kept.head.id, kept.head.id_span = repeat.head.id, repeat.head.id_span
    if kept.effort[0] is None and (effort := repeat.field("effort")) is not None:
        kept.fields = [*kept.fields, effort]


def _same_numbering(group: Sequence[Candidate], numbering: Mapping[str, Candidate]) -> bool:
    """Tells whether the ids of a table count exactly as the numbered headings do: `TD-007` stands for `7.`."""
    if group[0].kind is not Kind.TABLE or len(group) < 3 or len(group) != len(numbering):
        return False
    return all(candidate.head.id is not None and str(_number(candidate)) in numbering for candidate in group)


def _number(candidate: Candidate) -> int:
    digits = re.search(r"\d{1,6}$", candidate.head.id or "")
    return int(digits[0]) if digits else 0


def _keys(candidate: Candidate) -> list[object]:
    title = candidate.head.title.lower()
    name = title.partition(" (")[0]
    keys: list[object] = [title] if name == title else [title, name]
    if candidate.head.id is not None:
        keys.append((candidate.head.id.lower(),))
    return keys


def _by_evidence(found: list[Candidate], dropped: list[Dropped]) -> list[Candidate]:
    """Lets entries without any evidence give way, where the document's gaps plainly carry it."""
    headings = [candidate for candidate in found if candidate.kind is Kind.HEADING]
    proof = FIELD_EVIDENCE | {"number"}
    fielded = [candidate for candidate in headings if candidate.evidence & proof]
    if len(fielded) >= _ENOUGH and len(fielded) * 2 >= len(headings):
        numbers = Counter(candidate.head.ordinal for candidate in headings)
        series = Counter(candidate.series for candidate in fielded)
        found = _keep(
            found,
            dropped,
            lambda c: (
                c.kind is not Kind.HEADING
                or bool(c.evidence & proof)
                or (c.head.ordinal is not None and numbers[c.head.ordinal] == 1)
                or series[c.series] > 0
            ),
            "the document's gaps carry fields or numbers, this heading has none",
        )
    boxes = sum(candidate.kind is Kind.CHECKBOX for candidate in found)
    if boxes >= 5 and boxes > len(headings):
        why = "the document's gaps are checkboxes, this heading has none"
        found = _keep(found, dropped, lambda c: c.kind is not Kind.HEADING or bool(c.evidence), why)
    named = sum("id" in candidate.evidence for candidate in found)
    if named > 1 or sum(bool(candidate.evidence & _EVIDENT) for candidate in found) >= _ENOUGH:
        asking = _asking(found)
        why = "the document's gaps have a status, a priority or an id, this entry has none and says of nothing that it lacks"
        found = _keep(
            found,
            dropped,
            lambda c: (
                c.kind is not Kind.LIST or bool(c.evidence) or c.place.near or c.place.role == "archive" or c.group in asking
            ),
            why,
        )
    return found


def _asking(found: Iterable[Candidate]) -> frozenset[int]:
    """Returns the lists most of whose entries say that something lacks or is to be done."""
    said: dict[int, list[bool]] = {}
    for candidate in found:
        if candidate.kind is Kind.LIST:
            said.setdefault(candidate.group, []).append(asks(candidate.head.title))
    return frozenset(group for group, asking in said.items() if sum(asking) * 2 > len(asking))
