"""Splices on splices: where edits stand once they are made, several rounds of edits as one, and how one is taken back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bot.core.edit.values import Trace
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LEAD = 24


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Returns the edits in the order of the text; two at one place stay as given."""
    return sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))


def placed(edits: Iterable[Edit]) -> Iterator[tuple[Edit, Span]]:
    """Yields each edit with the span that its text has once all are made."""
    shift = 0
    for edit in in_order(edits):
        start = edit.span.start + shift
        yield edit, Span(start, start + len(edit.text))
        shift += len(edit.text) - len(edit.span)


class Patchwork:
    """A text as pieces of the original and pieces that were written, through any number of rounds."""

    def __init__(self, text: str) -> None:
        """Start with the original as it is."""
        self.original = text
        self.pieces: list[Span | str] = [Span(0, len(text))]

    def text(self) -> str:
        """Returns the text as it is now."""
        return "".join(piece if isinstance(piece, str) else piece.of(self.original) for piece in self.pieces)

    def splice(self, edits: Iterable[Edit]) -> None:
        """Makes edits whose spans count in the text as it is now; ValueError when two of them overlap."""
        rest = deque(self.pieces)
        made: list[Span | str] = []
        at = 0
        for edit in in_order(edits):
            if edit.span.start < at:
                raise ValueError(f"edits overlap at {edit.span}")
            made += _taken(rest, edit.span.start - at)
            _taken(rest, len(edit.span))
            if edit.text:
                made.append(edit.text)
            at = edit.span.end
        self.pieces = [*made, *rest]

    def edits(self) -> tuple[Edit, ...]:
        """Returns the edits that lead from the original to the text as it is now, each as small as it can be."""
        found: list[Edit] = []
        written = ""
        at = 0
        for piece in [*self.pieces, Span(len(self.original), len(self.original))]:
            if isinstance(piece, str):
                written += piece
                continue
            if piece.start < at:
                continue
            if written or piece.start > at:
                found.append(_shrunk(Edit(Span(at, piece.start), written), self.original))
            written, at = "", piece.end
        return tuple(edit for edit in found if edit.text or len(edit.span))


def _taken(rest: deque[Span | str], count: int) -> list[Span | str]:
    """Takes the first characters off the pieces."""
    taken: list[Span | str] = []
    while count > 0:
        piece = rest.popleft()
        if len(piece) > count:
            if isinstance(piece, str):
                head: Span | str = piece[:count]
                tail: Span | str = piece[count:]
            else:
                middle = piece.start + count
                head, tail = Span(piece.start, middle), Span(middle, piece.end)
            rest.appendleft(tail)
            piece = head
        taken.append(piece)
        count -= len(piece)
    return taken


def _shrunk(edit: Edit, text: str) -> Edit:
    """Leaves out what an edit replaces by itself at both ends."""
    start, end, new = edit.span.start, edit.span.end, edit.text
    while start < end and new and text[start] == new[0]:
        start, new = start + 1, new[1:]
    while start < end and new and text[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    return Edit(Span(start, end), new)


def traces(edits: Sequence[Edit], mine: Sequence[Edit], *, old: str, new: str, origin: int) -> tuple[Trace, ...]:
    """Returns the traces of some of the edits that led from the old text to the new one; `origin` is where the gap starts there."""
    chosen = {id(edit) for edit in mine}
    return tuple(
        Trace(span.start - origin, new[max(0, span.start - _LEAD) : span.start], edit.text, edit.span.of(old))
        for edit, span in placed(edits)
        if id(edit) in chosen
    )


def undone(kept: Sequence[Trace], text: str, within: Span) -> tuple[Edit, ...] | None:
    """Returns the edits that take traces back: at their place, else where what was written stands once in the gap; or None."""
    edits: list[Edit] = []
    for trace in kept:
        at = _found(trace, text, within)
        if at is None:
            return None
        edits.append(Edit(Span(at, at + len(trace.wrote)), trace.stood))
    return tuple(edits)


def _found(trace: Trace, text: str, within: Span) -> int | None:
    at = within.start + trace.offset
    if at >= 0 and text.startswith(trace.wrote, at) and text[max(0, at - len(trace.lead)) : at] == trace.lead:
        return at
    for length in (len(trace.lead), 12, 6, 3):
        sought = trace.lead[-length:] + trace.wrote
        low = max(0, within.start - length)
        first = text.find(sought, low, within.end + len(trace.wrote))
        if len(sought) > 2 and first >= 0 and text.find(sought, first + 1, within.end + len(trace.wrote)) < 0:
            return first + len(sought) - len(trace.wrote)
    return None
