"""Which structures of a document are its gaps. Every decision leaves a remark, so that `gapkeeper explain` can show it.

The walk goes down the sections. A heading is either one gap or groups the gaps below it; the entries of a grouping section are gaps
when they are checkboxes, when the section announces gaps, or when they carry evidence (an id, a state, a priority, fields).
Afterwards the document is looked at as a whole: repeats give way to the detailed mention, plans and summaries to what they repeat,
and entries without evidence to a series that has it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.blocks import Listing, Opaque, Paragraph, Row, Table
from bot.core.gaps import heading, listing
from bot.core.gaps import table as tables
from bot.core.gaps.candidate import Candidate, Place, items_below, same_words
from bot.core.gaps.entry import Shape, read_head
from bot.core.gaps.fields import fields_of, line_fields
from bot.core.gaps.model import Kind, Remark, State, StateSource
from bot.core.gaps.outline import Section, outline
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import LEVEL_MARKS, SECTIONS, STATES, priority_in, section_role, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.core.blocks import Block, Blocks, Item
    from bot.core.gaps.entry import Head

SKIPPED = frozenset({"legend", "guide", "reference", "log"})
WEAK = frozenset({"summary", "plan", "inventory"})
_ALL_DONE = re.compile(
    r"\ball\b(?! must| should| will)[^,;]{0,60}\b(?:been|are|were|is|now) (?:now )?(?:fixed|resolved|closed|completed|complete|implemented|done)\b"
)
_BOX = re.compile(r"\[.?\](?=\s)")
ANNOUNCEMENT = 60
_META = tuple(
    f"{this} {document}"
    for this, documents in (("this", "document file page list section"), ("dieses", "dokument"), ("este", "documento"), ("ce", "document"))
    for document in documents.split()
)
_RANK = {Kind.HEADING: 3, Kind.CHECKBOX: 2, Kind.LIST: 1, Kind.TABLE: 0}


@dataclass(frozen=True, slots=True)
class Selection:
    """The gaps in the order of their lines, and the remarks in the order of theirs."""

    gaps: tuple[Candidate, ...]
    remarks: tuple[Remark, ...]


def select(source: Blocks, name: str) -> Selection:
    """Returns the gaps of a document; `name` is its file name, which may announce gaps like a title does."""
    root = outline(source)
    walk = _Walk(source, root, name)
    walk.section(root, walk.place(root, Place()), weak=False)
    kept = _settle(walk)
    kept.sort(key=lambda candidate: (candidate.first, candidate.head.title_span))
    for candidate in kept:
        walk.say(candidate.first, taken=True, what=f"{candidate.kind.value} entry", why=candidate.why)
    remarks = sorted(walk.remarks, key=lambda remark: (remark.line, not remark.taken))
    return Selection(tuple(kept), tuple(remarks))


class _Walk:
    """The walk down the sections; collects candidates and remarks."""

    def __init__(self, source: Blocks, root: Section, name: str) -> None:
        self.source = source
        self.root = root
        self.found: list[Candidate] = []
        self.remarks: list[Remark] = []
        titles = [section.title for section in root.sections[:1]]
        self.title = titles[0] if titles else ""
        self.intro = _intro(source, root)
        self.gappy = any(_announces_gaps(text) for text in (name, self.title)) or _is_list_of_things(source, root)
        self.settled = next((State.DONE for sentence in re.split(r"[.\n]", self.intro) if _ALL_DONE.search(sentence)), None)
        self.legend = _legend(root)

    def say(self, line: int, *, taken: bool, what: str, why: str) -> None:
        number = self.source.lines.number(self.source.lines.starts[line])
        self.remarks.append(Remark(number, taken, what, why))

    # Places.

    def place(self, section: Section, outer: Place) -> Place:
        """Returns the place of a section's entries."""
        top = section.heading is None or (section.level == 1 and len(self.root.sections) == 1)
        gappy = self.gappy if section.heading is None else outer.gappy or _announces_gaps(section.title)
        return replace(
            outer,
            path=outer.path if top or not section.title else (*outer.path, section.title),
            state=section.said if section.said not in {None, State.OPEN} else outer.state or self.settled,
            priority=section.urgency or outer.priority,
            gappy=gappy,
            near=section.heading is not None and not top and (outer.near or section.role == "gaps" or _announces_gaps(section.title)),
            role=section.role if section.role is not None else outer.role,
            resolved="resol" in self.intro or "addressed" in self.intro or "fixed" in self.intro,
            legend=self.legend,
        )

    # Sections.

    def section(self, section: Section, place: Place, *, weak: bool) -> None:
        """Looks at what stands directly in a section that groups, then at the sections below it."""
        self.blocks(section, place, weak=weak)
        chosen = self.heading_items(section, place)
        for child in section.sections:
            if child.role in SKIPPED and not _proves(child):
                self.say(child.first, taken=False, what="heading", why=f"{child.role}: nothing in it is a gap")
                continue
            inner = self.place(child, place)
            fading = weak or child.role in WEAK
            if id(child) in chosen:
                made = heading.candidate(
                    self.source,
                    child,
                    replace(inner, path=place.path, state=place.state, priority=place.priority),
                    chosen[id(child)],
                )
                if made is not None:
                    made.weak = fading and not child.head.id if child.head else fading
                    made.series = made.group = id(section)
                    self.found.append(made)
                    continue
            self.say(child.first, taken=False, what="heading", why="groups what stands below it")
            self.section(child, inner, weak=fading)

    def heading_items(self, section: Section, place: Place) -> dict[int, str]:
        """Returns which sections below are one gap each, and why: by evidence of their own, or as members of a series."""
        children = [child for child in section.sections if child.role not in SKIPPED or _proves(child)]
        scores = {id(child): _score(self.source, child, place) for child in children}
        strong = [child for child in children if scores[id(child)] >= 3]
        ordinals = [child for child in children if child.head is not None and child.head.ordinal is not None]
        continues = sum(scores[id(child)] >= 3 for child in ordinals) * 2 >= len(ordinals)
        chosen: dict[int, str] = {}
        for child in children:
            score = scores[id(child)]
            if score >= 3:
                chosen[id(child)] = _reason(child)
            elif score >= 1 and len(strong) * 2 >= len(children) and not child.container and child.role is None:
                chosen[id(child)] = "stands in a series of headings that are gaps"
            elif score >= -1 and len(ordinals) > 2 and child in ordinals and continues and child.role is None:
                chosen[id(child)] = "continues a numbering of headings that are gaps"
            elif score >= 2 and len(ordinals) > 1 and child in ordinals and (_prose(self.source, child) or child.fields):
                chosen[id(child)] = "a numbered heading with a text of its own"
        return chosen

    # Blocks of a grouping section.

    def blocks(self, section: Section, place: Place, *, weak: bool) -> None:
        lead: Paragraph | None = None
        width = 0
        above: tuple[tables.Columns, Place] | None = None
        for block in section.blocks:
            if isinstance(block, Listing):
                self.list(block, self.led(lead, place), section, weak=weak or self.lead_role(lead) in WEAK, lead=lead)
                lead = None
            elif isinstance(block, Table):
                above = self.table(block, place, section, weak=weak)
                width = len(block.head.cells)
            elif isinstance(block, Paragraph):
                rows = tables.continuation(self.source, block, width) if above is not None else []
                for row in rows:
                    self.row(row, above, block, weak=weak) if above is not None else None
                lead = block if not rows else None
            elif isinstance(block, Opaque) and block.kind == "hr":
                lead = None

    def lead_role(self, lead: Paragraph | None) -> str | None:
        """Returns what a paragraph announces for the list right below it, when it does announce: it ends with a colon or is bold."""
        text = self.announcement(lead)
        return section_role(text) if text else None

    def announcement(self, lead: Paragraph | None) -> str:
        if lead is None:
            return ""
        line = view(self.source.text, lead.lines[-1]).text.strip()
        text = plain(line)
        whole = (line.startswith("**") and line.rstrip(":").endswith("**")) or text.endswith((":", "："))
        return text.rstrip(":： ") if whole and len(text) <= 90 else ""

    def led(self, lead: Paragraph | None, place: Place) -> Place:
        """Returns the place of a list below a paragraph that announces it."""
        text = self.announcement(lead)
        if not text:
            return place
        urgency = priority_in(text, near=2)
        found = words(text)
        state = STATES.at(found, 0) if found else None
        said = state[0] if state is not None and len(found) <= state[1] + 2 and state[0] is not State.OPEN else None
        role = section_role(text)
        return replace(
            place,
            priority=urgency.word if urgency is not None and len(found) <= 4 else place.priority,
            state=said or (State.DONE if role == "archive" else place.state),
            gappy=place.gappy or _announces_gaps(text),
            near=place.near or _announces_gaps(text),
            role=role or place.role,
        )

    def list(self, block: Listing, place: Place, section: Section, *, weak: bool, lead: Paragraph | None) -> None:
        if place.role in SKIPPED or self.lead_role(lead) in SKIPPED:
            self.say(block.first, taken=False, what="list", why=f"{place.role}: nothing in it is a gap")
            return
        heads = [(item, listing.head_of(self.source, item)) for item in block.items]
        boxed = any(head is not None and head.box is not None for _, head in heads) or any(
            (head := listing.head_of(self.source, item)) is not None and head.box is not None for item in items_below([block])
        )
        takes, why = self.takes_list(block, heads, place, section, boxed=boxed)
        if not takes:
            self.say(block.first, taken=False, what="list", why=why)
            return
        for item, head in heads:
            if head is not None:
                self.entry(item, head, place, block, section, boxed=boxed, weak=weak, why=why)

    def takes_list(self, block: Listing, heads: Sequence[tuple[Item, Head | None]], place: Place, section: Section, *, boxed: bool) -> tuple[bool, str]:
        """Tells whether a list's entries are gaps, and why."""
        if boxed:
            return True, "a checkbox"
        if _mostly_links(self.source, block):
            return False, "links"
        if place.role in {"inventory", "summary", "detail"}:
            return False, f"{place.role}: not gaps"
        proven = sum(
            head is not None and (head.id is not None or head.struck or head.state is not None or head.priority is not None)
            for _, head in heads
        )
        if proven * 2 > len(heads):
            return True, "entries with an id, a state or a priority"
        if _is_form(self.source, block):
            return False, "labels or counts, not entries"
        if place.near or (place.gappy and self.listed(block, section)):
            return True, "the section or the document announces gaps"
        return False, "nothing says that these are gaps"

    def listed(self, block: Listing, section: Section) -> bool:
        """Tells whether a section is mainly its lists; a list in the midst of prose enumerates arguments, not gaps."""
        prose = sum(len(other.text) for other in section.blocks if isinstance(other, Paragraph))
        lists = sum(len(self.source.lines_span(other.first, other.end)) for other in section.blocks if isinstance(other, Listing))
        return lists >= prose or any(head.lead for item in block.items if (head := listing.head_of(self.source, item)) is not None)

    def entry(self, item: Item, head: Head, place: Place, block: Listing, section: Section, *, boxed: bool, weak: bool, why: str) -> None:
        nested = [below for below in item.blocks if isinstance(below, Listing)]
        if nested and _is_label(self.source, item, head, nested, boxed=boxed):
            self.say(item.first, taken=False, what="list entry", why="a label that groups the entries below it")
            urgency = priority_in(head.title, near=9) if len(words(head.title)) <= 5 else None
            inner = replace(place, path=(*place.path, head.title), priority=urgency.word if urgency else place.priority)
            for below in nested:
                self.list(below, inner, section, weak=weak, lead=None)
            return
        if boxed and head.box is None:
            self.say(item.first, taken=False, what="list entry", why="a remark between checkboxes")
            return
        if not head.title:
            self.say(item.first, taken=False, what="list entry", why="empty")
            return
        if head.box is None and _states_nothing(self.source, item):
            self.say(item.first, taken=False, what="list entry", why="a question or a pointer, not a gap")
            return
        made = listing.candidate(self.source, item, head, place, why)
        made.weak = weak and not (head.box is not None and head.id is not None)
        made.group = id(block)
        self.found.append(made)

    def table(self, block: Table, place: Place, section: Section, *, weak: bool) -> tuple[tables.Columns, Place] | None:
        cols = tables.columns(self.source, block)
        if cols is None or place.role in SKIPPED:
            self.say(block.first, taken=False, what="table", why="no column names a gap" if cols is None else f"{place.role}")
            return None
        tracked = cols.has("status", "priority", "severity") or cols.id is not None or len(cols.answers) > 1
        if not (tracked or (place.near or section.role == "gaps")):
            self.say(block.first, taken=False, what="table", why="nothing says that its rows are gaps")
            return None
        above = (cols, replace(place, path=place.path))
        for row in block.rows:
            self.row(row, above, block, weak=weak)
        return above

    def row(self, row: Row, above: tuple[tables.Columns, Place], block: Block, *, weak: bool) -> None:
        cols, place = above
        head = tables.row_head(self.source, row, cols)
        if head is None or plain(head.title).lower().startswith("total"):
            return
        made = tables.candidate(self.source, row, cols, head, place, "a row with a status, a priority or an id")
        made.weak = weak
        made.group = id(block)
        self.found.append(made)


# What a section is.


def _is_list_of_things(source: Blocks, root: Section) -> bool:
    """Tells whether the document is little else than lists in sections, and its headings speak of urgency or state."""
    sections = list(root.walk())
    if any(section.role == "log" for section in sections[:2]):
        return False
    listed = sum(block.end - block.first for section in sections for block in section.blocks if isinstance(block, (Listing, Table)))
    hints = sum(section.urgency is not None or section.said is not None or _announces_gaps(section.title) for section in sections)
    return listed * 2 > len(source.lines) and (hints > 0 or len(sections) == 1)


def _announces_gaps(title: str) -> bool:
    """Tells whether a title or a file name says that what follows is missing, broken or to be done."""
    found = words(title.replace("_", " ").replace("-", " "))
    if found and found[0].text in {"how", "why"}:
        return False
    for index in range(len(found)):
        hit = SECTIONS.at(found, index)
        if hit is not None and hit[0] == "gaps":
            return True
    return False


def _proves(section: Section) -> bool:
    """Tells whether headings below a section with a skipped role are plainly gaps all the same: ids or status fields."""
    return sum(child.head is not None and (child.head.id is not None or "status" in child.roles) for child in section.walk()) >= 3


def _score(source: Blocks, section: Section, place: Place) -> int:
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
    describing = sum(role in {"describes", "other"} for role in (labelled.role for labelled in section.fields))
    score += 2 if describing >= 2 and not section.container else 0
    score += 2 * (head.priority is not None and not section.container)
    score += head.ordinal is not None
    score += head.state is not None and not section.container
    score += _prose(source, section)
    score -= 2 * _is_meta(source, section)
    score += place.gappy and not section.container and section.role is None
    parts = [child for child in section.sections if child.role != "detail"]
    score += (place.role == "gaps" or _is_shelf(section.parent)) and not section.container and section.role is None and not parts
    if section.container:
        score -= 3
    if section.role is not None and section.role != "gaps":
        score -= 2
    score -= _against(source, section)
    return score


def _is_meta(source: Blocks, section: Section) -> bool:
    """Tells whether a section speaks about the document itself."""
    first = section.blocks[0] if section.blocks else None
    said = first.lines[0].of(source.text)[:40].lower() if isinstance(first, Paragraph) else ""
    return said.startswith(_META)


def _is_shelf(section: Section | None) -> bool:
    """Tells whether a heading only says how urgent or in which state the entries below it are: `## LOW`."""
    return section is not None and section.container and (section.urgency is not None or section.said is not None)


def _prose(source: Blocks, section: Section) -> int:
    """Tells whether a text of its own stands below the heading: a paragraph that does more than announce a list, or code."""
    follows: list[Block | None] = [*section.blocks[1:], None]
    for block, after in zip(section.blocks, follows, strict=False):
        if isinstance(block, Opaque) and block.kind not in {"hr", "html_block", "blockquote"}:
            return 1
        if isinstance(block, Paragraph):
            text = block.text.of(source.text).rstrip("*_ ")
            if not isinstance(after, Listing) or (len(text) > ANNOUNCEMENT and (not text.endswith((":", "：")) or ". " in text)):
                return 1
        if isinstance(block, Listing) and _has_tail(source, block):
            return 1
    return 0


def _has_tail(source: Blocks, block: Listing) -> bool:
    """Tells whether a new sentence follows the list at the margin: CommonMark counts it to the last entry, its author did not."""
    lead = block.items[-1].lead
    if lead is None:
        return False
    for before, line in itertools.pairwise(lead.lines):
        at_margin = line.start == source.lines.starts[source.lines.index(line.start)]
        if at_margin and before.of(source.text).rstrip().endswith((".", "!", "?")) and source.text[line.start].isupper():
            return True
    return False


def _against(source: Blocks, section: Section) -> int:
    """Returns how much speaks for a heading grouping others: checkboxes, lists alone, sections with evidence below it."""
    own = bool(section.head and section.head.id) or bool(section.roles & {"status", "priority", "severity", "effort"})
    lists = [block for block in section.blocks if isinstance(block, Listing)]
    against = 0
    if not own and _has_boxes(source, lists):
        against += 4
    if not own and lists and not _prose(source, section):
        against += 3
    if any(
        child.head is not None and (child.head.id or child.roles & {"status", "priority", "severity", "effort"})
        for child in section.sections
    ):
        against += 3
    if section.sections and not _prose(source, section) and not own:
        against += 2
    return against


def _has_boxes(source: Blocks, lists: Iterable[Listing]) -> bool:
    return any(
        item.lead is not None and _BOX.match(source.text, item.lead.lines[0].start) for block in lists for item in block.items
    )


def _reason(section: Section) -> str:
    head = section.head
    if head is not None and head.id is not None:
        return f"a heading with the id {head.id}"
    if section.roles & heading.FIELD_EVIDENCE:
        return "a heading with fields of its own"
    return "a heading with a number, a mark or a text of its own"


def _is_label(source: Blocks, item: Item, head: Head, nested: Sequence[Listing], *, boxed: bool) -> bool:
    """Tells whether an entry with nested ones only names their category: `test suite:`, `Text`, `- [ ] Backend`."""
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
    names = [word for word in text.split() if word.lower() not in {"and", "or", "the", "of", "&", "in", "for"}]
    return len(names) <= 4 and all(name[0].isupper() or name[0] == "$" for name in names) and text[-1].isalnum()


def _states_nothing(source: Blocks, item: Item) -> bool:
    """Tells `Why this name?` and `See [the issues](…)` from an entry that states something."""
    raw = item.lead.lines[0].of(source.text) if item.lead is not None else ""
    first = raw.split(" ", 1)[0].lower().strip("*_")
    return (first == "why" and raw.rstrip().endswith("?")) or (first == "see" and "](" in raw)


def _is_form(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries only fill in a label: `Symptom: …`, `Critical: 4`."""
    forms = 0
    for item in block.items:
        if item.lead is None:
            continue
        found = list(line_fields(source, item.lead.lines[0]))
        forms += bool(found) and (found[0].role != "other" or found[0].field.value.strip("*_ ~<>")[:1].isdigit())
    return forms * 2 > len(block.items)


def _mostly_links(source: Blocks, block: Listing) -> bool:
    links = 0
    for item in block.items:
        if item.lead is not None:
            raw = item.lead.text.of(source.text).lstrip("*_ ")
            links += raw.startswith(("[", "<http", "http")) and "](" in raw[:200]
    return links * 2 > len(block.items)


def _intro(source: Blocks, root: Section) -> str:
    """Returns what the document says of itself before its second heading, in lower case."""
    parts = [root, *root.sections[:1], *(root.sections[0].sections[:1] if root.sections else [])]
    texts = [
        source.lines_span(block.first, block.end).of(source.text)
        for part in parts
        for block in part.blocks[:6]
        if isinstance(block, Paragraph) or (isinstance(block, Opaque) and block.kind == "blockquote")
    ]
    return " ".join(texts).lower()[:4000]


def _legend(root: Section) -> dict[str, str]:
    """Returns what the coloured marks mean: the word of urgency that stands beside one in a heading."""
    meaning: dict[str, str] = {}
    for section in root.walk():
        if section.head is not None and section.urgency is not None:
            for mark in section.head.levels:
                meaning.setdefault(mark, section.urgency)
    return meaning


# The document as a whole.


def _settle(walk: _Walk) -> list[Candidate]:
    """Returns the candidates that stand once repeats, plans and entries without evidence have given way."""
    found = _without_repeats(walk, walk.found)
    if any(not candidate.weak for candidate in found):
        found = _drop(walk, found, lambda candidate: not candidate.weak, "a plan or a summary of what stands elsewhere")
    return _by_evidence(walk, found)


def _drop(walk: _Walk, found: Iterable[Candidate], keep: object, why: str) -> list[Candidate]:
    kept = []
    for candidate in found:
        if keep(candidate):  # type: ignore[operator]
            kept.append(candidate)
        else:
            walk.say(candidate.first, taken=False, what=f"{candidate.kind.value} entry", why=why)
    return kept


def _without_repeats(walk: _Walk, found: Sequence[Candidate]) -> list[Candidate]:
    """Keeps of entries with the same id or title only the most detailed one, and no list or table most of whose entries repeat."""
    known: dict[object, Candidate] = {}
    by_word: dict[str, list[tuple[frozenset[str], Candidate]]] = {}
    kept: list[Candidate] = []
    groups: dict[int, list[Candidate]] = {}
    for candidate in sorted(found, key=lambda c: (c.weak, -_RANK[c.kind], c.first)):
        groups.setdefault(candidate.group, []).append(candidate)
    numbering = {c.head.ordinal: c for c in found if c.kind is Kind.HEADING and c.head.ordinal is not None and c.head.id is None}
    for group in groups.values():
        repeats = [_repeated(candidate, known, by_word) for candidate in group]
        if _same_numbering(group, numbering):
            repeats = [(numbering[str(_number(candidate))], True) if _number(candidate) else None for candidate in group]
        whole = len(group) > 1 and sum(first is not None for first in repeats) * 2 > len(group)
        fresh: list[Candidate] = []
        for candidate, first in zip(group, repeats, strict=True):
            if (first is not None and first[1]) or (whole and not candidate.evidence & {"box", "id"}):
                if first is not None:
                    _complete(first[0], candidate)
                walk.say(
                    candidate.first, taken=False, what=f"{candidate.kind.value} entry", why="repeats entries that stand elsewhere"
                )
            else:
                fresh.append(candidate)
        for candidate in fresh:
            if _twin(candidate, known):
                walk.say(candidate.first, taken=False, what=f"{candidate.kind.value} entry", why="the same entry stands above")
                continue
            kept.append(candidate)
            for key in _keys(candidate):
                known.setdefault(key, candidate)
            chosen = same_words(candidate.head.title)
            for word in chosen:
                by_word.setdefault(word, []).append((chosen, candidate))
    return kept


def _complete(kept: Candidate, repeat: Candidate) -> None:
    """Takes over from a repeat what the detailed mention does not say: a state, a priority, an id, the effort."""
    spoken = {StateSource.DEFAULT, StateSource.SECTION}
    if kept.state_source in spoken and repeat.state_source not in spoken:
        kept.state, kept.state_source, kept.state_span = repeat.state, repeat.state_source, repeat.state_span
    if kept.priority is None and repeat.priority is not None:
        kept.priority, kept.priority_span = repeat.priority, repeat.priority_span
    if kept.head.id is None and repeat.head.id is not None:
        kept.head.id, kept.head.id_span = repeat.head.id, repeat.head.id_span
    if kept.effort[0] is None and (effort := repeat.field("effort")) is not None:
        kept.fields.append(effort)


def _same_numbering(group: Sequence[Candidate], numbering: Mapping[str, Candidate]) -> bool:
    """Tells whether the ids of a table count exactly as the numbered headings do: `TD-007` stands for `7.`."""
    if group[0].kind is not Kind.TABLE or len(group) < 3 or len(group) != len(numbering):
        return False
    return all(candidate.head.id is not None and str(_number(candidate)) in numbering for candidate in group)


def _number(candidate: Candidate) -> int:
    digits = re.search(r"\d+$", candidate.head.id or "")
    return int(digits[0]) if digits else 0


def _keys(candidate: Candidate) -> list[object]:
    keys: list[object] = [candidate.head.title.lower()]
    if candidate.head.id is not None:
        keys.append((candidate.head.id.lower(),))
    return keys


def _twin(candidate: Candidate, known: dict[object, Candidate]) -> bool:
    """Tells whether an entry of the same dialect without an id says word for word the same."""
    other = known.get(candidate.head.title.lower())
    return other is not None and other.kind is candidate.kind and candidate.head.id is None and other.group == candidate.group


def _repeated(
    candidate: Candidate, known: dict[object, Candidate], by_word: dict[str, list[tuple[frozenset[str], Candidate]]]
) -> tuple[Candidate, bool] | None:
    """Returns the entry of a more detailed dialect that this one repeats, and whether it surely does."""
    for key in _keys(candidate)[::-1]:
        other = known.get(key)
        if other is not None and other.group != candidate.group:
            return other, other.kind is not candidate.kind or candidate.place.role == "archive"
    mine = same_words(candidate.head.title)
    if not mine:
        return None
    for word in sorted(mine, key=lambda word: len(by_word.get(word, ())))[:4]:
        for theirs, other in by_word.get(word, [])[:40]:
            shared = len(mine & theirs)
            if shared * 10 >= 6 * min(len(mine), len(theirs)) and shared >= 2 and other.group != candidate.group:
                return other, other.kind is not candidate.kind and shared * 10 >= 8 * max(len(mine), len(theirs))
    return None


def _by_evidence(walk: _Walk, found: list[Candidate]) -> list[Candidate]:
    """Lets headings without any evidence give way, where most headings of the document carry it."""
    headings = [candidate for candidate in found if candidate.kind is Kind.HEADING]
    fielded = [candidate for candidate in headings if candidate.evidence & (heading.FIELD_EVIDENCE)]
    if len(fielded) >= 5 and len(fielded) * 2 >= len(headings):
        series = Counter(candidate.series for candidate in fielded)
        found = _drop(
            walk,
            found,
            lambda c: c.kind is not Kind.HEADING or bool(c.evidence & heading.FIELD_EVIDENCE) or series[c.series] > 0,
            "the document's gaps carry fields, this heading has none",
        )
    boxes = sum(candidate.kind is Kind.CHECKBOX for candidate in found)
    if boxes >= 5 and boxes > len(headings):
        found = _drop(
            walk, found, lambda c: c.kind is not Kind.HEADING or bool(c.evidence), "the document's gaps are checkboxes, this heading is none"
        )
    stated = [candidate for candidate in headings if candidate.evidence & {"status", "id"}]
    if len(stated) >= 3:
        found = _drop(
            walk,
            found,
            lambda c: c.kind is not Kind.LIST or bool(c.evidence) or c.place.near or c.place.role == "archive",
            "the document's gaps are headings with a status or an id",
        )
    return found


__all__ = ["LEVEL_MARKS", "Selection", "Shape", "read_head", "select"]
