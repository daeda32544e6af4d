"""What differs between two versions of a file: for tests that say so exactly, and for people who read why they fail."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"[\w'’]+|\r\n|.", re.DOTALL)


class Splice(NamedTuple):
    """On a line of the old version, counted from 1, this text gave way to that one."""

    line: int
    removed: str
    inserted: str


def splices(before: bytes, after: bytes) -> list[Splice]:
    """Returns the differences, first to last, in whole words and single other characters; together they are all of it.

    Line ends, byte order marks and bytes that are no UTF-8 count like other characters.
    """
    old, new = _lines(before), _lines(after)
    found: list[Splice] = []
    for i, i_end, j, j_end in _differences(old, new):
        if i_end - i == j_end - j:
            for k in range(i_end - i):
                found += _within(i + k, old[i + k], new[j + k])
        else:
            found.append(Splice(i + 1, "".join(old[i:i_end]), "".join(new[j:j_end])))
    return found


def _within(place: int, old: str, new: str) -> Iterator[Splice]:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    for i, i_end, j, j_end in _differences(before, after):
        yield Splice(place + 1, "".join(before[i:i_end]), "".join(after[j:j_end]))


def _differences(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield i, i_end, j, j_end


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").splitlines(keepends=True)
