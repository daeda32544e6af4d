"""A title in writing: the words that differ are replaced, the markup of the others stays; what would be read as markup is escaped."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.core.edit.values import Proposal, SetTitle
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import Kind
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import repaired, view
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet
    from bot.core.gaps.model import Gap

_SPECIAL = re.compile(r"([\\`*_\[\]<>~|&])")
_ENTITY_OR_PAIR = re.compile(r"&(?=#?\w+;)|~~|[\\`*<\[\]]|(?<!\w)_|_(?!\w)|__")
_CUT = re.compile(r"^|$|(?=[`*\[<~\s])|(?<=[`*)>~\s])")
_BAR = re.compile(r"(?<!\\)\|")
_LEADING = re.compile(r"^(?=[-+*>#|=~\[(])|(?<=^\d)(?=[.):])|(?<=^\d\d)(?=[.):])")
_TRAILING_HASHES = re.compile(r"(?<=\s)(?=#+$)")


def proposals(sheet: Sheet, change: SetTitle) -> Iterator[Proposal | Problem]:
    """Yields the ways to write a title: the differing words only, the whole title, the whole title escaped; or why it cannot be one."""
    gap = change.gap
    title = " ".join(change.title.split())
    if (reason := unfit(title)) is not None:
        yield Problem("title-unfit", reason, gap.line, gap.title_span, severity=Severity.ERROR)
        return
    if title == gap.title:
        yield Proposal(())
        return
    if _runs_on(sheet, gap):
        message = "the title is only the beginning of a longer sentence in the document"
        yield Problem("title-runs-on", message, gap.line, gap.title_span, "edit the entry in the file", Severity.ERROR)
        return
    cell = gap.kind is Kind.TABLE
    if (edit := _narrow(sheet, gap.title_span, title)) is not None:
        yield Proposal((edit,))
    for written in dict.fromkeys(written_titles(title, cell=cell)):
        yield Proposal((Edit(sheet.title(gap), written),))
    if gap.kind in {Kind.LIST, Kind.CHECKBOX}:
        for written in dict.fromkeys(written_titles(title, cell=cell)):
            yield Proposal((Edit(sheet.title(gap), f"**{written}**"),))


def unfit(title: str) -> str | None:
    """Returns why a text can be no title, None when it can."""
    if not any(char.isalnum() for char in title):
        return "a title needs words"
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co"} for char in title) or "\u2028" in title or "\u2029" in title:
        return "a title is one line without control characters"
    return None


def written_titles(title: str, *, cell: bool) -> Iterator[str]:
    """Yields the title as it could stand in the file and be read back letter by letter: as it is, with what is needed escaped, with all."""
    lightly = _ENTITY_OR_PAIR.sub(lambda found: "".join(f"\\{char}" for char in found[0]), title)
    for text in (title, lightly, _SPECIAL.sub(r"\\\1", title)):
        written = _BAR.sub(r"\\|", text) if cell else text
        if plain(repaired(written)) == title:
            yield written
            yield _LEADING.sub(r"\\", _TRAILING_HASHES.sub(r"\\", written, count=1), count=1)


def _runs_on(sheet: Sheet, gap: Gap) -> bool:
    """Tells whether the title breaks off in the midst of a sentence, as the reader cuts a long one; a suffix may follow it."""
    end = gap.title_span.end
    follows = re.match(r"[ \t](?=\w)", sheet.text[end : end + 2])
    marks = [mark.span for mark in gap.marks] + ([gap.priority_span] if gap.priority_span else [])
    return gap.kind in {Kind.LIST, Kind.CHECKBOX} and follows is not None and all(span.start != end + 1 for span in marks)


def _narrow(sheet: Sheet, span: Span, title: str) -> Edit | None:
    """Returns the edit of the differing words alone, when the words around them keep their markup and still give the title."""
    if span.of(sheet.text).isascii() and not set("`*[<~\\") & set(span.of(sheet.text)):
        return None
    seen = view(sheet.text, span)
    old = seen.text
    cuts = [found.start() for found in _CUT.finditer(old)]
    starts = [(cut, said) for cut in cuts if not old[:cut].endswith(" ") and title.startswith(said := plain(old[:cut]))][-12:]
    ends = [(cut, said) for cut in cuts if not old[cut:].startswith(" ") and title.endswith(said := plain(old[cut:]))][:12]
    best: tuple[int, int, str] | None = None
    for start, before in starts:
        for end, after in ends:
            middle = title[len(before) : len(title) - len(after)]
            if end < start or len(before) + len(after) > len(title) or plain(old[:start] + middle + old[end:]) != title:
                continue
            if best is None or end - start < best[1] - best[0]:
                best = (start, end, middle)
    return Edit(seen.span(best[0], best[1]), best[2]) if best else None
