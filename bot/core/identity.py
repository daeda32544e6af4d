"""Which issue belongs to which gap: an edited, reordered or moved gap keeps its own, and twins are never mixed up.

Evidence is used from the strongest to the weakest, each step only on what the steps before left over:

    own id            the author's id, where it stands once on both sides
    exact             same document, section and title; twins by what their detail says, then in order
    title             same title elsewhere in the document, then in another document
    title now         the title that we began to write for a gap's issue, or that the issue bears now: we died before we noted it (I12)
    text              another title, but the same long detail
    slot              an entry edited in place: between the same neighbours, and still a little alike
    similar           the most similar title (and detail) left, above a threshold, in the same document before another one

A gap that left the documents is found again by id or title alone, before anything is guessed from likeness. What stays unmatched is
a new gap, or a missing one's pair.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bot.core.issue import shortened, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.core.gaps.model import Document, Gap
    from bot.core.names import DocumentPath, IssueNumber
    from bot.core.pair import Pair

MAX_COMPARISONS = 4_000_000
"""Above so many comparisons similarity is not looked at (about 0.1 s, design/performance.md §5)."""

SIMILAR, ALIKE_IN_PLACE, LONG_TEXT = 70.0, 40.0, 40
CANDIDATES, ENOUGH_WORDS = 8, 3
_END = 1 << 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A gap at its place: in which document, and as the how-manieth of its gaps."""

    path: DocumentPath
    ordinal: int
    gap: Gap

    @property
    def title(self) -> str:
        """The title as titles are compared: case and white space do not count."""
        return folded(self.gap.title)

    @property
    def text(self) -> str:
        """The words of the detail."""
        return words_of(self.gap.detail)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Who belongs to whom, who is new, and whose gap is not to be found."""

    matched: tuple[tuple[Entry, Pair], ...]
    new: tuple[Entry, ...]
    missing: tuple[Pair, ...]


def entries(documents: Iterable[Document]) -> tuple[Entry, ...]:
    """Returns all gaps of the documents at their places."""
    return tuple(Entry(document.path, i, gap) for document in documents for i, gap in enumerate(document.gaps))


def folded(title: str) -> str:
    """Returns a title as it is compared."""
    return " ".join(title.casefold().split())


def pair_up(
    found: Sequence[Entry],
    recorded: Sequence[Pair],
    *,
    claimed: AbstractSet[str] = frozenset(),
    titles: Mapping[IssueNumber, str] = MappingProxyType({}),
    carried: Mapping[IssueNumber, str] = MappingProxyType({}),
) -> Pairing:
    """Returns the best pairing of the gaps found with the pairs recorded.

    `claimed` are the titles, folded, of issues that wait for an entry: one that bears such a title is nobody else's by mere likeness.
    `titles` are those of issues as they are now, as far as they were read; `carried` are those that perhaps were written for them.
    """
    work = _Work(found, [pair for pair in recorded if pair.present])
    absent = [pair for pair in recorded if not pair.present]
    work.exactly(lambda e: _own_id(e.gap.id), lambda p: _own_id(p.own_id))
    work.twins(lambda e: (e.path, e.gap.section, e.title), lambda p: (p.path, p.section, folded(p.base.title)))
    work.exactly(lambda e: (e.path, e.title), lambda p: (p.path, folded(p.base.title)))
    work.exactly(lambda e: e.title, lambda p: folded(p.base.title))
    work.exactly(_shown, lambda p: _shown_as(carried.get(p.number)))
    work.exactly(_shown, lambda p: _shown_as(titles.get(p.number)))
    missing, work.pairs = work.pairs, absent
    work.exactly(lambda e: _own_id(e.gap.id), lambda p: _own_id(p.own_id))
    work.twins(lambda e: (e.path, e.gap.section, e.title), lambda p: (p.path, p.section, folded(p.base.title)))
    work.exactly(lambda e: e.title, lambda p: folded(p.base.title))
    work.pairs = missing
    awaited = [entry for entry in work.entries if entry.title in claimed]
    work.entries = [entry for entry in work.entries if entry.title not in claimed]
    work.exactly(lambda e: _long(e.text, e.path), lambda p: _long(p.text, p.path))
    work.in_place()
    work.similar(within_document=True)
    work.similar(within_document=False)
    return Pairing(tuple(work.matched), (*awaited, *work.entries), tuple(work.pairs))


class _Work:
    """What is left to pair; each step moves what it is sure of into `matched`."""

    def __init__(self, found: Sequence[Entry], pairs: Sequence[Pair]) -> None:
        self.entries = list(found)
        self.pairs = list(pairs)
        self.matched: list[tuple[Entry, Pair]] = []

    def exactly(self, of_entry: Callable[[Entry], Hashable], of_pair: Callable[[Pair], Hashable]) -> None:
        """Match what has the same key, where the key stands once on both sides; None is no key."""
        left, right = _grouped(self.entries, of_entry), _grouped(self.pairs, of_pair)
        self._take([(left[key][0], right[key][0]) for key in left if len(left[key]) == 1 == len(right.get(key, ()))])

    def twins(self, of_entry: Callable[[Entry], Hashable], of_pair: Callable[[Pair], Hashable]) -> None:
        """Match what has the same key; several of one key by their text first, then in their order."""
        left, right = _grouped(self.entries, of_entry), _grouped(self.pairs, of_pair)
        couples: list[tuple[Entry, Pair]] = []
        for key, twins in left.items():
            others = sorted(right.get(key, ()), key=lambda p: p.ordinal)
            rest: list[Entry] = []
            for entry in twins:
                same = next((p for p in others if len(twins) > 1 and entry.text and p.text == entry.text), None)
                if same is None:
                    rest.append(entry)
                else:
                    others.remove(same)
                    couples.append((entry, same))
            couples.extend(zip(rest, others, strict=False))
        self._take(couples)

    def in_place(self) -> None:
        """Match an entry with the pair that stood between the same neighbours, if the two are still a little alike."""
        from rapidfuzz import fuzz

        place = {id(pair): entry for entry, pair in self.matched}
        waiting = {id(pair) for pair in self.pairs}
        free = _grouped(self.entries, lambda e: e.path)
        used: set[int] = set()
        order = sorted((*(pair for _, pair in self.matched if pair.present), *self.pairs), key=lambda p: (p.path, p.ordinal))
        couples: list[tuple[Entry, Pair]] = []
        for at, pair in enumerate(order):
            if id(pair) not in waiting:
                continue
            before = order[at - 1] if at and order[at - 1].path == pair.path else None
            after = order[at + 1] if at + 1 < len(order) and order[at + 1].path == pair.path else None
            low, high = _standing(before, place, pair.path, -1), _standing(after, place, pair.path, _END)
            entry = _only(free.get(pair.path, []), low, high) if low is not None and high is not None else None
            if entry is None or id(entry) in used:
                continue
            if fuzz.token_set_ratio(entry.title, folded(pair.base.title)) >= ALIKE_IN_PLACE:
                used.add(id(entry))
                couples.append((entry, pair))
        self._take(couples)

    def similar(self, *, within_document: bool) -> None:
        """Match the most similar titles first, as long as they are similar enough."""
        if not self.entries or not self.pairs or len(self.entries) * len(self.pairs) > MAX_COMPARISONS:
            return
        from rapidfuzz import fuzz, process

        titles = [folded(pair.base.title) for pair in self.pairs]
        ranked = sorted(
            (-score, i, j)
            for i, entry in enumerate(self.entries)
            for title, _, j in process.extract(
                entry.title, titles, scorer=fuzz.token_set_ratio, score_cutoff=SIMILAR, limit=CANDIDATES
            )
            if (entry.path == self.pairs[j].path or not within_document) and (score := _likeness(entry.title, title)) >= SIMILAR
        )
        left, right = set(range(len(self.entries))), set(range(len(self.pairs)))
        couples: list[tuple[Entry, Pair]] = []
        for _, i, j in ranked:
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
                couples.append((self.entries[i], self.pairs[j]))
        self._take(couples)

    def _take(self, couples: Sequence[tuple[Entry, Pair]]) -> None:
        taken = {id(entry) for entry, _ in couples}, {id(pair) for _, pair in couples}
        self.matched.extend(couples)
        self.entries = [e for e in self.entries if id(e) not in taken[0]]
        self.pairs = [p for p in self.pairs if id(p) not in taken[1]]


def _grouped(items: Iterable[Any], key_of: Callable[[Any], Hashable]) -> dict[Hashable, list[Any]]:
    groups: dict[Hashable, list[Any]] = defaultdict(list)
    for item in items:
        key = key_of(item)
        if key is not None:
            groups[key].append(item)
    return groups


def _shown(entry: Entry) -> str | None:
    return _shown_as(entry.gap.title)


def _shown_as(title: str | None) -> str | None:
    """Returns a title as an issue bears it."""
    return folded(shortened(title)) if title is not None else None


def _own_id(own_id: str | None) -> str | None:
    return folded(own_id) if own_id else None


def _long(text: str, path: DocumentPath) -> tuple[DocumentPath, str] | None:
    return (path, text) if len(text) >= LONG_TEXT else None


def _standing(neighbour: Pair | None, place: dict[int, Entry], path: DocumentPath, end: int) -> int | None:
    """Returns where a neighbour's gap stands now: at the `end` of the document without one, None if it is elsewhere or nowhere."""
    if neighbour is None:
        return end
    entry = place.get(id(neighbour))
    return entry.ordinal if entry and entry.path == path else None


def _only(free: list[Entry], low: int, high: int) -> Entry | None:
    """Returns the one entry between two places; where closed ones stand there too, which never had an issue, the one that is not."""
    inside = free[bisect_right(free, low, key=lambda e: e.ordinal) : bisect_left(free, high, key=lambda e: e.ordinal)]
    for candidates in (inside, [entry for entry in inside if not entry.gap.state.closed]):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _likeness(one: str, other: str) -> float:
    """Returns how alike two titles are, 0 to 100: word by word, or one of three words and more that the other has all of."""
    from rapidfuzz import fuzz

    whole = fuzz.token_sort_ratio(one, other)
    if min(one.count(" "), other.count(" ")) < ENOUGH_WORDS - 1:
        return whole
    return max(whole, 0.9 * fuzz.token_set_ratio(one, other))
