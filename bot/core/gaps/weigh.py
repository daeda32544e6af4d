"""What speaks for a section being a gap, or grouping gaps, or being neither. Every rule is about structure.

Nothing here knows a document's own words; the general words are in `bot.core.gaps.words`.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from bot.core.blocks import Listing, Opaque, Paragraph, Table
from bot.core.gaps import lists
from bot.core.gaps.heading import FIELD_EVIDENCE
from bot.core.gaps.model import State
from bot.core.gaps.outline import is_shelf
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import SECTIONS, asks, lacks, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.blocks import Block, Blocks
    from bot.core.gaps.candidate import Place
    from bot.core.gaps.outline import Section
    from bot.core.gaps.table import Columns

ENOUGH = 3
"""The score from which a heading is a gap without the company of others."""
_VERSION = re.compile(r"\d+\.\d|\d{4}")
_ASIDE = re.compile(r"(?:\*(?!\*)[^*]+\*|_(?!_)[^_]+_)")
_SEVERAL = 4
_OWN = frozenset({"status", "priority", "severity", "effort"})


def is_list_of_things(source: Blocks, root: Section) -> bool:
    """Tells whether the document is little else than lists in sections, and its headings speak of urgency or state."""
    sections = list(root.walk())
    if any(section.role == "log" for section in sections[:2]):
        return False
    listed = sum(
        block.end - block.first for section in sections for block in section.blocks if isinstance(block, (Listing, Table))
    )
    hints = sum(section.urgency is not None or section.said is not None or announces_gaps(section.title) for section in sections)
    return listed * 2 > len(source.lines) and (hints * 4 >= len(sections) or len(sections) == 1 or _demands(source, sections))


def _demands(source: Blocks, sections: Sequence[Section]) -> bool:
    """Tells whether most entries say what is to be done or lacks, and no heading names a version or a day, as in a log of changes."""
    entries = [
        item.lead.lines[0].of(source.text)
        for section in sections
        for block in section.listings
        for item in block.items
        if item.lead is not None
    ]
    if any(_VERSION.search(section.title) for section in sections) or len(entries) < _SEVERAL:
        return False
    return sum(asks(entry) for entry in entries) * 2 > len(entries)


def announces_gaps(title: str) -> bool:
    """Tells whether a title or a file name says that what follows is missing, broken or to be done."""
    found = words(title.replace("_", " ").replace("-", " "))
    if found and found[0].text in {"how", "why"}:
        return False
    for index in range(len(found)):
        hit = SECTIONS.at(found, index)
        if hit is not None and hit[0] == "gaps":
            return True
    return False


def proves(section: Section) -> bool:
    """Tells whether headings below a section with a skipped role are plainly gaps all the same: ids or status fields."""
    return sum(child.head is not None and (child.head.id is not None or "status" in child.roles) for child in section.walk()) >= 3


def score(source: Blocks, section: Section, place: Place) -> int:
    """Returns how much speaks for a heading being one gap: 3 and more is enough alone."""
    head = section.head
    if (
        head is None
        or not head.title
        or (section.level == 1 and place.path == () and section.parent is not None and len(section.parent.sections) == 1)
    ):
        return -9
    roles = section.roles
    score = 0
    score += 3 * (head.id is not None)
    score += 3 * bool(roles & {"status", "priority", "severity", "effort", "resolution"})
    if section.described > 1 and not section.container:
        score += 3 if _only_labels(source, section) else 2
    score += 2 * (head.priority is not None and not section.container)
    score += _all_tagged(section)
    score += head.ordinal is not None
    score += (1 + (head.ordinal is not None)) * (head.state is not None and not section.container)
    score += section.prose
    score -= 2 * is_meta(source, section)
    subject = not section.container and (section.role is None or (section.role == "gaps" and head.ordinal is not None))
    score += place.gappy and subject
    parts = [child for child in section.sections if child.role != "detail"]
    score += (place.role == "gaps" or is_shelf(section.parent)) and subject and not parts
    score += is_stated_shelf(section.parent) and subject and not parts
    if section.container:
        score -= 3
    if section.role is not None and section.role != "gaps":
        score -= 2
    score -= against(source, section) + 3 * (is_blank(source, section) or is_emptied(section))
    return score


def _all_tagged(section: Section) -> bool:
    """Tells whether a heading and all beside it bear a level: the author enumerates them."""
    return section.parent is not None and "tagged" in section.parent.below and is_shelf(section.parent)


def is_urgent_shelf(section: Section) -> bool:
    """Tells whether a heading is a priority and the word priority: `## Lower Priority`."""
    return section.container and section.urgency is not None and section.role is None and section.level > 1


def _only_labels(source: Blocks, section: Section) -> bool:
    """Tells whether nothing but labels that describe an entry stands below a heading: `- **Issue**: …`, `- **Impact**: …`."""
    return bool(section.listings) and not section.sections and all(lists.is_form(source, block) for block in section.listings)


def _is_stated(section: Section) -> bool:
    """Tells whether a heading counts an entry and says its state: `### 1. Page background (not yet implemented)`."""
    head = section.head
    return head is not None and head.ordinal is not None and head.state is not None and not section.container


def is_marked_open(section: Section) -> bool:
    """Tells whether a heading bears a mark of what is not done (❌, ⚠️) beside one with a mark of what is (✅), in any language."""
    head, above = section.head, section.parent
    marked = head.marked if head is not None else None
    return marked is not None and not marked.closed and above is not None and "done" in above.below


def is_blank(source: Blocks, section: Section) -> bool:
    """Tells whether nothing stands below a heading but a remark in italics, as in a form: `*New gaps go here.*`."""
    texts = [block.text.of(source.text) if isinstance(block, Paragraph) else "" for block in _said(section)]
    return len(texts) == 1 and not section.sections and _ASIDE.fullmatch(texts[0]) is not None


def is_emptied(section: Section) -> bool:
    """Tells whether nothing at all stands below a heading beside others with lists: its last entry was taken out."""
    head = section.head
    if head is None or section.sections or _said(section):
        return False
    named = (head.id, head.ordinal, head.priority, head.state, head.box)
    return all(word is None for word in named) and section.parent is not None and "listed" in section.parent.below


def _said(section: Section) -> list[Block]:
    """Returns what stands directly in a section, without rules."""
    return [block for block in section.blocks if not (isinstance(block, Opaque) and block.kind == "hr")]


def is_stated_shelf(section: Section | None) -> bool:
    """Tells whether a heading says of all below it that it is still to be done: `## Not started`."""
    return section is not None and is_shelf(section) and section.said in {State.OPEN, State.IN_PROGRESS, State.DEFERRED}


def is_meta(source: Blocks, section: Section) -> bool:
    """Tells whether a section speaks about the document itself."""
    first = section.blocks[0] if section.blocks else None
    said = first.lines[0].of(source.text) if isinstance(first, Paragraph) else ""
    return lists.speaks_of_document(said)


def is_counted(section: Section) -> bool:
    """Tells whether a heading has a number, and a subject beside any word that announces a section: `3. Template engine`."""
    return section.head is not None and section.head.ordinal is not None and SECTIONS.whole(words(section.title)) is None


def running(source: Blocks, root: Section) -> frozenset[int]:
    """Returns the sections whose numbers run on from one grouping heading to the next: the author counts entries.

    `1, 2 | 3, 4` and `1.1, 1.2 | 2.1` do, below headings that are not numbered themselves: those count chapters.
    """
    levels: dict[int, list[tuple[tuple[int, ...], Section]]] = {}
    for section in root.walk():
        number = _number(section)
        if number is not None and (section.parent is None or _number(section.parent) is None):
            levels.setdefault(section.level, []).append((number, section))
    return frozenset(id(section) for numbered in levels.values() for section in _counted(source, numbered))


def _counted(source: Blocks, numbered: Sequence[tuple[tuple[int, ...], Section]]) -> list[Section]:
    """Returns the sections of one level that count entries: their numbers run on, and they hold neither boxes nor mostly chapters."""
    follows = all(_follows(before, after) for (before, _), (after, _) in itertools.pairwise(numbered))
    if len({id(section.parent) for _, section in numbered}) < 2 or not follows:
        return []
    chapters = {id(section) for _, section in numbered if is_chapter(section)}
    without = chapters if len(chapters) * 2 > len(numbered) else set()
    return [section for _, section in numbered if id(section) not in without and not lists.has_boxes(source, section.listings)]


def is_chapter(section: Section) -> bool:
    """Tells whether a numbered heading says nothing itself and holds headings of their own, each with a text: it names an area."""
    parts = [child for child in section.sections if child.role != "detail"]
    return not section.blocks and len(parts) == len(section.sections) > 0 and all(part.blocks for part in parts)


def _number(section: Section) -> tuple[int, ...] | None:
    ordinal = section.head.ordinal if section.head is not None and is_counted(section) else None
    parts = ordinal.split(".") if ordinal is not None else []
    return tuple(int(part) for part in parts) if parts and all(part.isdigit() for part in parts) else None


def _follows(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Tells whether a number comes next, or is the same again (`7b`), or starts the next group (`1.3`, `2.1`)."""
    if len(before) != len(after):
        return False
    return (before[:-1] == after[:-1] and after[-1] - before[-1] in {0, 1}) or (
        len(before) > 1 and before[-2] + 1 == after[-2] and after[-1] == 1
    )


def against(source: Blocks, section: Section) -> int:
    """Returns how much speaks for a heading grouping others: checkboxes, lists alone, sections with evidence below it."""
    own = bool(section.head and section.head.id) or bool(section.roles & _OWN)
    listings = section.listings
    against = 0
    if not own and lists.has_boxes(source, listings):
        against += 4
    if tracks_rows(section) and not (section.head and section.head.id):
        against += 4 + 3 * own  # fields beside such a table are of the table
    if not own and ((section.set_off and section.role == "gaps") or any(is_set_off(part) for part in section.walk())):
        against += 4
    described = section.described > 1 or (
        section.head is not None and section.head.ordinal is not None and "describes" in section.roles
    )
    if not own and listings and not described and not section.prose and not _all_tagged(section):
        against += 3
    if any(part is not section and part.head is not None and (part.head.id or part.roles & _OWN) for part in section.walk()):
        against += 3
    stated = own or _is_stated(section)
    if not stated and any(child.role == "inventory" for child in section.sections):
        against += 3
    if any(lists_ids(part) for part in section.walk()):
        against += 6
    if any(child.role != "detail" for child in section.sections) and not section.prose and not stated:
        against += 2
    if section.blocks and isinstance(section.blocks[0], Table) and not own:
        against += 3
    return against


def is_of_archive(section: Section) -> bool:
    """Tells whether a section is an entry of an archive: it stands below one, and does not announce what it holds."""
    above = section.parent
    return (
        section.role in {None, "gaps"}
        and not section.sure
        and above is not None
        and (above.role == "archive" or is_of_archive(above))
    )


def is_set_off(section: Section) -> bool:
    """Tells whether a section is a series of paragraphs with a bold title each, from its first one on."""
    paragraphs = [block.first for block in section.blocks if isinstance(block, Paragraph)]
    return (
        bool(paragraphs)
        and paragraphs[0] in section.set_off
        and len(section.set_off) * 2 > len(paragraphs)
        and not section.described
    )


def states_lack(section: Section) -> bool:
    """Tells whether a heading says that something lacks, as a statement of several words with a text of its own below it."""
    own = section.role in {None, "gaps"} and not section.container and (is_counted(section) or not tracks_rows(section))
    return own and len(words(section.title)) > 2 and section.prose and lacks(section.title)


def tracks_rows(section: Section) -> bool:
    """Tells whether a table with a status or a priority for each of its rows stands directly in a section."""
    return any(cols.has("status", "priority", "severity") for cols in _of_rows(section))


def lists_ids(section: Section) -> bool:
    """Tells whether a table in a section gives each of its rows an id: they are entries, whatever the headings above them are."""
    return any(
        cols.id is not None and cols.roles[cols.id] == "id" and cols.has("status", "priority", "severity")
        for cols in _of_rows(section)
    )


def _of_rows(section: Section) -> Iterator[Columns]:
    """Yields the columns of the tables that stand directly in a section and have several rows."""
    for block in section.blocks:
        if isinstance(block, Table) and len(block.rows) > 1 and (cols := section.columns[block.first]) is not None:
            yield cols


def is_shelf_of_entries(source: Blocks, section: Section) -> bool:
    """Tells whether a section holds a list and says nothing of itself, or one of titled entries: where most do, entries are the unit."""
    if section.proven or section.described or not section.listings or _all_tagged(section):
        return False
    return not section.prose or all(_titled(source, block) for block in section.listings if len(block.items) > 1)


def _titled(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries of a list have a title in bold."""
    leads = [item.lead for item in block.items if item.lead is not None]
    return sum(source.text.startswith(("**", "~~**"), lead.lines[0].start) for lead in leads) * 2 > len(block.items)


def reason(section: Section) -> str:
    """Returns why a heading was taken for a gap."""
    head = section.head
    if head is not None and head.id is not None:
        return f"a heading with the id {head.id}"
    if section.roles & FIELD_EVIDENCE:
        return "a heading with fields of its own"
    return "a heading with a number, a mark or a text of its own"


def first_line(source: Blocks, root: Section) -> str:
    """Returns the line with which a document without headings begins: it stands for a title."""
    first = root.blocks[0] if root.blocks else None
    return view(source.text, first.lines[0]).text if isinstance(first, Paragraph) else ""


def intro(source: Blocks, root: Section) -> str:
    """Returns what the document says of itself before its second heading, in lower case."""
    parts = [root, *root.sections[:1], *(root.sections[0].sections[:1] if root.sections else [])]
    texts = [
        source.lines_span(block.first, block.end).of(source.text)
        for part in parts
        for block in part.blocks[:6]
        if isinstance(block, Paragraph) or (isinstance(block, Opaque) and block.kind == "blockquote")
    ]
    return " ".join(texts).lower()[:4000]


def legend(source: Blocks, root: Section) -> dict[str, str]:
    """Returns what the coloured marks mean: the word of urgency that stands beside one in a heading or in a list that explains them."""
    meaning: dict[str, str] = {}
    for section in root.walk():
        if section.head is not None and section.urgency is not None:
            for mark in section.head.levels:
                meaning.setdefault(mark, section.urgency)
        for block in section.listings:
            for mark, word in lists.explained(source, block):
                meaning.setdefault(mark, word)
    return meaning
