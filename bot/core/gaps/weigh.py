"""What speaks for a section, a list or an entry being a gap, or grouping gaps, or being neither. Every rule is about structure.

Nothing here knows a document's own words; the general words are in `bot.core.gaps.words`.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from bot.core.blocks import Listing, Opaque, Paragraph, Table
from bot.core.gaps.fields import fields_of, line_fields
from bot.core.gaps.heading import FIELD_EVIDENCE
from bot.core.gaps.listing import BOX
from bot.core.gaps.model import State, StateSource
from bot.core.gaps.outline import is_shelf
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import EMOJI, SECTIONS, asks, lacks, priority_in, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.blocks import Blocks, Item
    from bot.core.gaps.candidate import Place
    from bot.core.gaps.entry import Head
    from bot.core.gaps.outline import Section
    from bot.core.gaps.table import Columns

ENOUGH = 3
"""The score from which a heading is a gap without the company of others."""
_NAME = 2
"""An area is named in so many words."""
_COUNT = re.compile(r"[^:：]{1,40}[:：] ?[~<>≈]*\d[\d.,/%–-]*(?: ?\w{1,12})?(?: ?\(.*\))?")
"""A number, with what it counts."""
_NAMED = re.compile(r"`[^`]+` ?[-–—:=]")
_VERSION = re.compile(r"\d+\.\d|\d{4}")
_ASIDE = re.compile(r"(?:\*(?!\*)[^*]+\*|_(?!_)[^_]+_)")
_SEVERAL = 4
_BEGINNING = 40
_ASKED = frozenset(["are", "is", "do", "does", "did", "was", "were", "has", "have", "can", "will", "which"])
_OWN = frozenset({"status", "priority", "severity", "effort"})
_META = tuple(
    f"{this} {document}"
    for this, documents in (
        ("this", "document file page list section"),
        ("dieses", "dokument"),
        ("este", "documento"),
        ("ce", "document"),
    )
    for document in documents.split()
)


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
        for block in section.blocks
        if isinstance(block, Listing)
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
    return section.parent is not None and is_shelf(section.parent) and all(is_tagged(other) for other in section.parent.sections)


def is_tagged(section: Section) -> bool:
    """Tells whether a heading bears a level before a subject of its own: `P1: Reconnect`."""
    head = section.head
    return (
        head is not None
        and head.priority is not None
        and head.priority[:1] == "p"
        and head.priority[1:].isdigit()
        and not section.container
    )


def is_urgent_shelf(section: Section) -> bool:
    """Tells whether a heading is a priority and the word priority: `## Lower Priority`."""
    return section.container and section.urgency is not None and section.role is None and section.level > 1


def _only_labels(source: Blocks, section: Section) -> bool:
    """Tells whether nothing but labels that describe an entry stands below a heading: `- **Issue**: …`, `- **Impact**: …`."""
    lists = [block for block in section.blocks if isinstance(block, Listing)]
    return bool(lists) and not section.sections and all(is_form(source, block) for block in lists)


def _is_stated(section: Section) -> bool:
    """Tells whether a heading counts an entry and says its state: `### 1. Page background (not yet implemented)`."""
    head = section.head
    return head is not None and head.ordinal is not None and head.state is not None and not section.container


def is_marked_open(section: Section) -> bool:
    """Tells whether a heading bears a mark of what is not done (❌, ⚠️) beside one with a mark of what is (✅), in any language."""
    head, above = section.head, section.parent
    if head is None or above is None or head.state_source is not StateSource.EMOJI or head.state is None or head.state.closed:
        return False
    return any(
        other.head is not None and other.head.state is State.DONE and other.head.state_source is StateSource.EMOJI
        for other in above.sections
    )


def is_blank(source: Blocks, section: Section) -> bool:
    """Tells whether nothing stands below a heading but a remark in italics, as in a form: `*New gaps go here.*`."""
    blocks = [block for block in section.blocks if not (isinstance(block, Opaque) and block.kind == "hr")]
    texts = [block.text.of(source.text) if isinstance(block, Paragraph) else "" for block in blocks]
    return len(texts) == 1 and not section.sections and _ASIDE.fullmatch(texts[0]) is not None


def is_emptied(section: Section) -> bool:
    """Tells whether nothing at all stands below a heading beside others with lists: its last entry was taken out."""
    head = section.head
    if head is None or section.sections or not all(isinstance(block, Opaque) and block.kind == "hr" for block in section.blocks):
        return False
    named = (head.id, head.ordinal, head.priority, head.state, head.box)
    beside = section.parent.sections if section.parent is not None else []
    return all(word is None for word in named) and any(holds_entries(other) and not other.proven for other in beside)


def is_stated_shelf(section: Section | None) -> bool:
    """Tells whether a heading says of all below it that it is still to be done: `## Not started`."""
    return section is not None and is_shelf(section) and section.said in {State.OPEN, State.IN_PROGRESS, State.DEFERRED}


def is_meta(source: Blocks, section: Section) -> bool:
    """Tells whether a section speaks about the document itself."""
    first = section.blocks[0] if section.blocks else None
    said = first.lines[0].of(source.text) if isinstance(first, Paragraph) else ""
    return speaks_of_document(said)


def speaks_of_document(text: str) -> bool:
    """Tells whether a sentence begins with `This document`."""
    return text[:_BEGINNING].lower().startswith(_META)


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
    chapters = [section for _, section in numbered if is_chapter(section)]
    without = chapters if len(chapters) * 2 > len(numbered) else []
    return [
        section
        for _, section in numbered
        if section not in without and not has_boxes(source, (block for block in section.blocks if isinstance(block, Listing)))
    ]


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
    lists = [block for block in section.blocks if isinstance(block, Listing)]
    against = 0
    if not own and has_boxes(source, lists):
        against += 4
    if tracks_rows(section) and not (section.head and section.head.id):
        against += 4 + 3 * own  # fields beside such a table are of the table
    if not own and ((section.set_off and section.role == "gaps") or any(is_set_off(part) for part in section.walk())):
        against += 4
    described = section.described > 1 or (
        section.head is not None and section.head.ordinal is not None and "describes" in section.roles
    )
    if not own and lists and not described and not section.prose and not _all_tagged(section):
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


def holds_entries(section: Section) -> bool:
    """Tells whether a list stands directly in a section."""
    return any(isinstance(block, Listing) for block in section.blocks)


def is_shelf_of_entries(source: Blocks, section: Section) -> bool:
    """Tells whether a section holds a list and says nothing of itself, or one of titled entries: where most do, entries are the unit."""
    if section.proven or section.described or not holds_entries(section) or _all_tagged(section):
        return False
    return not section.prose or all(
        _titled(source, block) for block in section.blocks if isinstance(block, Listing) and len(block.items) > 1
    )


def _titled(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries of a list have a title in bold."""
    leads = [item.lead for item in block.items if item.lead is not None]
    return sum(source.text.startswith(("**", "~~**"), lead.lines[0].start) for lead in leads) * 2 > len(block.items)


def has_boxes(source: Blocks, lists: Iterable[Listing]) -> bool:
    """Tells whether a list has a checkbox at its first level."""
    return any(
        item.lead is not None and BOX.match(source.text, item.lead.lines[0].start) for block in lists for item in block.items
    )


def reason(section: Section) -> str:
    """Returns why a heading was taken for a gap."""
    head = section.head
    if head is not None and head.id is not None:
        return f"a heading with the id {head.id}"
    if section.roles & FIELD_EVIDENCE:
        return "a heading with fields of its own"
    return "a heading with a number, a mark or a text of its own"


def is_label(source: Blocks, item: Item, head: Head, nested: Sequence[Listing], *, boxed: bool) -> bool:
    """Tells whether an entry with nested ones only names their category: `test suite:`, `Text`, `- [ ] Backend`."""
    if not head.title and head.priority is not None and head.id is None and head.box is None:
        return True  # nothing but a priority: that of the entries below
    if head.id is not None or head.priority is not None or head.state is not None:
        return False
    lead = item.lead
    if lead is None or len(lead.lines) > 1:
        return False
    text = plain(view(source.text, lead.text).text)
    if boxed:
        return head.box is None
    if item.ordinal is not None or len(fields_of(source, nested)) * 2 > sum(len(below.items) for below in nested):
        return False
    if text.rstrip().endswith((":", "：")):
        return len(words(text)) <= 3 or (len(words(text)) <= 6 and priority_in(text, near=6) is not None)
    if sum(len(below.items) for below in nested) < 2:
        return False
    names = [word for word in text.split() if word.lower() not in {"and", "or", "the", "of", "&", "in", "for"}]
    return len(names) <= 4 and all(name[0].isupper() or name[0] == "$" for name in names) and text[-1].isalnum()


def areas(source: Blocks, block: Listing) -> frozenset[int]:
    """Returns the entries of a list that name areas in a word or two: where nearly all do, and hold what is to be done there."""
    parents = [item for item in block.items if any(isinstance(below, Listing) for below in item.blocks)]
    lists = [below for item in parents for below in item.blocks if isinstance(below, Listing)]
    held = sum(len(below.items) for below in lists)
    if len(parents) < 2 or len(parents) * 4 < len(block.items) * 3 or held < 2 * len(parents):
        return frozenset()
    named = [item for item in parents if _is_name(source, item)]
    nearly = len(named) == len(parents) or (len(named) * 4 >= len(parents) * 3 and not has_boxes(source, [block]))
    whole = len(named) > 1 and nearly and len(fields_of(source, lists)) * 2 <= held
    return frozenset(id(item) for item in named) if whole else frozenset()


def _is_name(source: Blocks, item: Item) -> bool:
    """Tells whether an entry is a name of one or two words and says nothing of it."""
    lead = item.lead
    text = BOX.sub("", plain(view(source.text, lead.text).text)) if lead is not None else ""
    return 0 < len(words(text)) <= _NAME and not asks(text) and priority_in(text, near=2) is None


def is_placeholder(title: str) -> bool:
    """Tells whether a title still is the one of a form: `[Title]`, `<short description>`."""
    return len(title) > 2 and (title[0], title[-1]) in {("[", "]"), ("<", ">"), ("{", "}")} and title.count(title[0]) == 1


def states_nothing(source: Blocks, item: Item) -> bool:
    """Tells `Why this name?` and `See [the issues](…)` from an entry that states something."""
    raw = item.lead.lines[0].of(source.text) if item.lead is not None else ""
    first = raw.split(" ", 1)[0].lower().strip("*_")
    return (first == "why" and raw.rstrip().endswith("?")) or (first == "see" and "](" in raw)


def explains_names(source: Blocks, block: Listing) -> bool:
    """Tells whether a list says what names of code stand for, and of none that it lacks: `setField` - set a field."""
    texts = [item.lead.lines[0].of(source.text) for item in block.items if item.lead is not None]
    return len(texts) > 1 and all(_NAMED.match(text) for text in texts) and sum(lacks(text) for text in texts) * 2 <= len(texts)


def shows_done(heads: Sequence[Head]) -> bool:
    """Tells whether every entry of a list bears a mark of what is done, and nothing else says so."""
    return len(heads) > 1 and all(
        head.state is State.DONE and head.state_source is StateSource.EMOJI and not head.struck and head.id is None
        for head in heads
    )


def asks_reader(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries of a list are questions with a verb first, which the reader is to ask (`Is it fundamental?`)."""
    said = [item.lead.text.of(source.text).lstrip("*_ ") for item in block.items if item.lead is not None]
    return sum(text.split(" ", 1)[0].lower() in _ASKED and "?" in text for text in said) * 2 > len(block.items)


def is_form(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries only fill in a label: `Symptom: …`."""
    forms = 0
    for item in block.items:
        found = line_fields(source, item.lead.lines[0]) if item.lead is not None else []
        forms += bool(found) and found[0].role != "other"
    return forms * 2 > len(block.items)


def counts(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries only say how many there are of a kind: `Critical: 4 (two of them old)`."""
    texts = [item.lead.lines[0].of(source.text) for item in block.items if item.lead is not None]
    return sum(_COUNT.fullmatch(plain(text)) is not None for text in texts) * 2 > len(block.items)


def mostly_links(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries of a list only link elsewhere."""
    links = 0
    for item in block.items:
        if item.lead is not None:
            raw = item.lead.text.of(source.text).lstrip("*_ ")
            links += raw.startswith(("[", "<http", "http")) and "](" in raw[:200]
    return links * 2 > len(block.items)


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
        for block in section.blocks:
            if isinstance(block, Listing):
                for mark, word in explained(source, block):
                    meaning.setdefault(mark, word)
    return meaning


def explained(source: Blocks, block: Listing) -> list[tuple[str, str]]:
    """Returns the marks that a list explains, `🔴 **High**: must be fixed soon`, with their words; empty for a list of other things."""
    found: list[tuple[str, str]] = []
    for item in block.items:
        text = plain(view(source.text, item.lead.lines[0]).text) if item.lead is not None else ""
        mark = EMOJI.match(text)
        if mark is None:
            return []
        label = re.split(r"[:：—–=-]", text[mark.end() :], maxsplit=1)[0]
        urgency = priority_in(label, near=2)
        if urgency is None or len(words(label)) > _NAME or label == text[mark.end() :]:
            return []
        found.append((mark[0].rstrip("\ufe0f"), urgency.word))
    return found if len(found) > 1 else []
