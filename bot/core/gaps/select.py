"""Which structures of a document are its gaps. Every decision leaves a remark, so that `gapkeeper explain` can show it.

The walk goes down the sections. A heading is either one gap or groups the gaps below it; the entries of a grouping section are gaps
when they are checkboxes, when the section announces gaps, or when they carry evidence (an id, a state, a priority, fields).
What speaks for which reading is in `weigh`; what the document as a whole says afterwards is in `repeats`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.blocks import Listing, Opaque, Paragraph, Row, Table
from bot.core.gaps import heading, listing, lists, weigh
from bot.core.gaps import table as tables
from bot.core.gaps.candidate import Candidate, Place, items_below
from bot.core.gaps.model import Remark, State, StateSource
from bot.core.gaps.outline import Section, is_shelf, outline
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.repeats import Dropped, settle
from bot.core.gaps.vocabulary import STATES, folded, priority_in, section_role, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.blocks import Block, Blocks, Item
    from bot.core.gaps.entry import Head

_Said = tuple[int, str, str, bool]
"""A line, what it was seen as, why, and whether it was taken."""
SKIPPED = frozenset({"legend", "guide", "reference", "log"})
"""Sections that hold no gaps at all."""
WEAK = frozenset({"summary", "plan", "inventory"})
"""Sections whose entries count only where the document has no others."""
PROSE_SHARE = 4
"""A section with so many times more prose than lists is an essay: its lists enumerate arguments."""
BARREN = frozenset({"inventory", "summary", "detail"})
"""Sections whose plain entries never are gaps."""

_ALL_DONE = re.compile(
    r"\ball\b(?! must| should| will)[^,;]{0,60}\b(?:been|are|were|is|now) (?:now )?"
    r"(?:fixed|resolved|closed|completed|complete|implemented|done)\b"
)
_SETTLED = ("resol", "addressed", "fixed")


@dataclass(frozen=True, slots=True)
class Selection:
    """The gaps in the order of their lines; `said` is what the remarks on lines of `source` are made of."""

    gaps: tuple[Candidate, ...]
    source: Blocks
    said: Sequence[_Said]

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The remarks in the order of their lines, what was taken first; only `explain` asks for them."""
        lines = self.source.lines
        made = (Remark(lines.number(lines.starts[line]), taken, what, why) for line, what, why, taken in self.said)
        return tuple(sorted(made, key=lambda remark: (remark.line, not remark.taken)))


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the walk stands: the section, what it and its lead-ins say, and whether its entries are weak."""

    section: Section
    place: Place
    weak: bool


def select(source: Blocks, name: str) -> Selection:
    """Returns the gaps of a document; `name` is its file name, which may announce gaps like a title does."""
    walk = _Walk(source, outline(source), name)
    kept, dropped = walk.all()
    if walk.settled is not None and any(_says_open(candidate) for candidate in kept):
        # What an entry says of itself outweighs "all is done" above: that may have been said of something else.
        walk = _Walk(source, walk.root, name, settled=False)
        kept, dropped = walk.all()
    kept.sort(key=lambda candidate: (candidate.first, candidate.head.title_span))
    for candidate in kept:
        walk.say(candidate.first, f"{candidate.kind.value} entry", candidate.why, taken=True)
    for candidate, why in dropped:
        walk.say(candidate.first, f"{candidate.kind.value} entry", why)
    return Selection(tuple(kept), source, walk.said)


def _says_open(candidate: Candidate) -> bool:
    unsaid = candidate.state_source in {StateSource.DEFAULT, StateSource.SECTION}
    return not candidate.state.closed and not unsaid


def _singular(title: str) -> str:
    return folded(title).rstrip("s")


class _Walk:
    """The walk down the sections; collects candidates and remarks."""

    def __init__(self, source: Blocks, root: Section, name: str, *, settled: bool = True) -> None:
        self.source = source
        self.root = root
        self.found: list[Candidate] = []
        self.said: list[_Said] = []
        self.tables: dict[tuple[str, ...], tables.Columns] = {}
        self.heads: dict[int, Head | None] = {}
        self.listed: dict[int, bool] = {}
        self.asides: set[int] = set()
        title = root.sections[0].title if root.sections else weigh.first_line(source, root)
        said = weigh.intro(source, root)
        self.titles = frozenset(_singular(section.title) for section in root.walk()) - {""}
        self.gappy = weigh.announces_gaps(name) or weigh.announces_gaps(title) or weigh.is_list_of_things(source, root)
        self.resolved = any(word in said for word in _SETTLED)
        self.settled = (
            State.DONE if settled and any(_ALL_DONE.search(sentence) for sentence in re.split(r"[.\n]", said)) else None
        )
        self.legend = weigh.legend(source, root)
        self.running = weigh.running(source, root)

    def all(self) -> tuple[list[Candidate], list[Dropped]]:
        """Returns the gaps of the document, and what looked like one and is none."""
        self.section(_Here(self.root, self.place(self.root, Place()), weak=False))
        return settle(self.found)

    def say(self, line: int, what: str, why: str, *, taken: bool = False) -> None:
        self.said.append((line, what, why, taken))

    def place(self, section: Section, outer: Place) -> Place:
        """Returns the place of a section's entries."""
        top = section.heading is None or (section.level == 1 and len(self.root.sections) == 1)
        announced = section.heading is not None and (
            section.role == "gaps"
            or weigh.announces_gaps(section.title)
            or weigh.is_urgent_shelf(section)
            or weigh.is_marked_open(section)
        )
        return Place(
            path=outer.path if top or not section.title else (*outer.path, section.title),
            state=section.said if section.said not in {None, State.OPEN} else outer.state or self.settled,
            priority=section.urgency or outer.priority,
            gappy=outer.gappy or announced or (section.heading is None and self.gappy),
            near=not top and (outer.near or announced),
            role=outer.role if section.role is None or (outer.role == "archive" and section.role == "gaps") else section.role,
            resolved=self.resolved,
            legend=self.legend,
        )

    # Sections.

    def section(self, here: _Here) -> None:
        """Looks at what stands directly in a section that groups, then at the sections below it."""
        self.blocks(here)
        chosen = self.heading_items(here)
        for child in here.section.sections:
            if child.role in SKIPPED and not weigh.proves(child) and id(child) not in chosen:
                self.say(child.first, "heading", f"{child.role}: nothing in it is a gap")
                continue
            inner = _Here(child, self.place(child, here.place), here.weak or child.role in WEAK or id(child) in self.asides)
            if id(child) in chosen and self.heading(inner, here, chosen[id(child)]):
                continue
            self.say(child.first, "heading", "groups what stands below it")
            self.section(inner)

    def heading(self, inner: _Here, here: _Here, why: str) -> bool:
        """Takes a section as one gap; its own words are its own, what stands above gives state and priority."""
        outer = here.place
        place = replace(inner.place, path=outer.path, state=outer.state, priority=outer.priority)
        made = heading.candidate(self.source, inner.section, place, why)
        if made is None or lists.is_placeholder(made.head.title):
            return made is not None
        counted = weigh.is_counted(inner.section)
        made.weak = (here.weak if counted else inner.weak) and made.head.id is None
        if id(inner.section) in self.running:
            made.evidence |= {"number"}
        made.series = made.group = id(here.section)
        self.found.append(made)
        return True

    def heading_items(self, here: _Here) -> dict[int, str]:
        """Returns which sections below are one gap each, and why: by evidence of their own, or as members of a series."""
        children = [
            child
            for child in here.section.sections
            if child.role not in SKIPPED or weigh.proves(child) or weigh.is_counted(child)
        ]
        scores = {id(child): weigh.score(self.source, child, here.place) for child in children}
        strong = sum(score >= weigh.ENOUGH for score in scores.values())
        ordinals = {id(child) for child in children if child.head is not None and child.head.ordinal is not None}
        continues = len(ordinals) > 2 and sum(scores[key] >= weigh.ENOUGH for key in ordinals) * 2 >= len(ordinals)
        # Where the author numbers nearly all, what has no number is about them.
        counting = continues and len(ordinals) * 2 > len(children)
        chosen: dict[int, str] = {}
        lacking = {id(child) for child in children if weigh.states_lack(child)}
        shelves = sum(weigh.is_shelf_of_entries(self.source, child) for child in children)
        for child in children:
            if shelves * 2 > len(children) and id(child) not in self.running and child.listings and not child.proven:
                continue
            score, numbered, subject = (
                scores[id(child)],
                id(child) in ordinals,
                child.role is None or (child.role == "gaps" and not child.container) or weigh.is_counted(child),
            )
            if counting and not numbered and not child.proven:
                self.asides.add(id(child))
                continue
            if id(child) in self.running:
                chosen[id(child)] = "its number continues through several sections"
            elif score >= weigh.ENOUGH:
                chosen[id(child)] = weigh.reason(child)
            elif score >= 1 and strong * 2 >= len(children) and subject and not child.container:
                chosen[id(child)] = "stands in a series of headings that are gaps"
            elif score >= -1 and continues and numbered and subject:
                chosen[id(child)] = "continues a numbering of headings that are gaps"
            elif id(child) in lacking and len(lacking) > 1 and len(lacking) * 2 > len(children):
                chosen[id(child)] = "stands in a series of headings that say what lacks"
            elif score >= 2 and len(ordinals) > 1 and numbered and (child.prose or child.fields):
                chosen[id(child)] = "a numbered heading with a text of its own"
        return chosen

    # Blocks of a grouping section.

    def blocks(self, here: _Here) -> None:
        """Looks at the lists and tables that stand directly in a section."""
        lead: Paragraph | None = None
        above: tuple[Table, tables.Columns] | None = None
        for block in here.section.blocks:
            match block:
                case Listing():
                    self.list(block, self.led(lead, here))
                    lead = None
                case Table():
                    cols = self.table(block, here)
                    above = (block, cols) if cols is not None else None
                case Paragraph() if block.first in here.section.set_off and self.takes_set_off(here):
                    self.set_off(block, here)
                case Paragraph() if self.source.text.startswith("[", block.lines[0].start) and (
                    parts := listing.boxed_lines(self.source, block)
                ):
                    for part in parts:
                        self.set_off(part, here, "a checkbox")
                case Paragraph():
                    rows = tables.continuation(self.source, block, len(above[0].head.cells)) if above is not None else []
                    for row in rows:
                        self.row(row, above[1] if above else None, above[0] if above else block, here)
                    lead = None if rows else block
                case Opaque(kind="hr"):
                    lead = None
                case _:
                    pass

    def takes_set_off(self, here: _Here) -> bool:
        """Tells whether the paragraphs with a bold title in a section are gaps."""
        return here.place.role not in BARREN and (here.place.near or (here.place.gappy and weigh.is_set_off(here.section)))

    def set_off(
        self, block: Paragraph, here: _Here, why: str = "a paragraph with a title of its own, where gaps are listed"
    ) -> None:
        """Takes a paragraph with a bold title or a box for a gap."""
        made = listing.paragraph(self.source, block, here.place, why)
        made.weak = here.weak
        made.group = id(here.section)
        self.found.append(made)

    def announcement(self, lead: Paragraph | None) -> str:
        """Returns what a paragraph announces for the list right below it: its last line, when that ends with a colon or is bold."""
        if lead is None:
            return ""
        line = view(self.source.text, lead.lines[-1]).text.strip()
        text = plain(line)
        whole = (line.startswith("**") and line.rstrip(":").endswith("**")) or text.endswith((":", "："))
        said = text.rstrip(":： ") if whole and len(text) <= 90 else ""
        return "" if lists.speaks_of_document(said) else said

    def led(self, lead: Paragraph | None, here: _Here) -> _Here:
        """Returns where a list below a paragraph that announces it stands."""
        text = self.announcement(lead)
        if not text:
            return here
        place, found, role = here.place, words(text), section_role(text)
        urgency = priority_in(text, near=2)
        state = STATES.at(found, 0) if found else None
        said = state[0] if state is not None and len(found) <= state[1] + 2 and state[0] is not State.OPEN else None
        announced = weigh.announces_gaps(text)
        place = replace(
            place,
            priority=urgency.word if urgency is not None and len(found) <= 4 else place.priority,
            state=said or (State.DONE if role == "archive" else place.state),
            gappy=place.gappy or announced,
            near=place.near or announced,
            role=role or place.role,
        )
        return _Here(here.section, place, here.weak or role in WEAK)

    def head_of(self, item: Item) -> Head | None:
        """Returns the head of an entry, read once."""
        if id(item) not in self.heads:
            self.heads[id(item)] = listing.head_of(self.source, item)
        return self.heads[id(item)]

    def has_box(self, item: Item) -> bool:
        """Tells whether an entry has a checkbox; most have none, which its first character tells without reading its head."""
        lead = item.lead
        if lead is None or not self.source.text.startswith("[", lead.lines[0].start):
            return False
        head = self.head_of(item)
        return head is not None and head.box is not None

    def list(self, block: Listing, here: _Here) -> None:
        """Looks at a list: its entries are gaps, or none of them is."""
        text, lines = self.source.text, self.source.lines
        bracket = text.find("[", lines.starts[block.first], lines.span(block.end - 1).end)
        boxed = bracket >= 0 and any(self.has_box(item) for item in items_below([block]))
        takes, why = self.takes_list(block, here, boxed=boxed)
        if not takes:
            self.say(block.first, "list", why)
            return
        areas = lists.areas(self.source, block)
        for item in block.items:
            self.entry(item, block, here, why, boxed=boxed, area=id(item) in areas)

    def takes_list(self, block: Listing, here: _Here, *, boxed: bool) -> tuple[bool, str]:
        """Tells whether a list's entries are gaps, and why."""
        place = here.place
        if place.role in SKIPPED:
            return False, f"{place.role}: nothing in it is a gap"
        if boxed:
            return True, "a checkbox"
        other = self.other_list(block, here)
        if other:
            return False, other
        heads = [self.head_of(item) for item in block.items]
        proven = sum(head is not None and bool(head.id or head.struck or head.state or head.priority) for head in heads)
        if proven * 2 > len(heads):
            return True, "entries with an id, a state or a priority"
        if lists.asks_reader(self.source, block):
            return False, "questions to the reader"
        if lists.is_form(self.source, block):
            return False, "labels, not entries"
        if place.near or (
            place.gappy and (self.is_listed(here.section) or any(head is not None and head.lead for head in heads))
        ):
            return True, "the section or the document announces gaps"
        return False, "nothing says that these are gaps"

    def other_list(self, block: Listing, here: _Here) -> str:
        """Returns what a list without boxes is when it surely is none of gaps, else nothing."""
        if lists.mostly_links(self.source, block):
            return "links"
        if lists.explained(self.source, block):
            return "a legend: it explains marks"
        if lists.counts(self.source, block):
            return "counts, not entries"
        if here.place.role in BARREN:
            return f"{here.place.role}: not gaps"
        heads = [head for item in block.items if (head := self.head_of(item)) is not None]
        if sum(head.lead and _singular(head.title) in self.titles for head in heads) * 2 > len(heads):
            return "a legend: it explains the sections"
        if here.section.role is None and here.place.priority is None and lists.shows_done(heads):
            return "what works"
        if here.section.role is None and lists.explains_names(self.source, block):
            return "names and what they stand for"
        if weigh.is_of_archive(here.section) and not self.named(block):
            return "archive: what was done for an entry of it"
        return ""

    def named(self, block: Listing) -> bool:
        """Tells whether most entries of a list have an id."""
        heads = [self.head_of(item) for item in block.items]
        return sum(head is not None and head.id is not None for head in heads) * 2 > len(heads)

    def is_listed(self, section: Section) -> bool:
        """Tells whether a section is mainly its lists; a list in the midst of prose enumerates arguments, not gaps."""
        if id(section) not in self.listed:
            prose = sum(len(other.text) for other in section.blocks if isinstance(other, Paragraph))
            listed = sum(
                len(self.source.lines_span(other.first, other.end)) for other in section.blocks if isinstance(other, Listing)
            )
            self.listed[id(section)] = listed * PROSE_SHARE >= prose
        return self.listed[id(section)]

    def entry(self, item: Item, block: Listing, here: _Here, why: str, *, boxed: bool, area: bool) -> None:
        """Takes an entry of a list for a gap, for a label above gaps, or for neither."""
        head = self.head_of(item)
        nested = [below for below in item.blocks if isinstance(below, Listing)]
        if head is not None and nested and (area or lists.is_label(self.source, item, head, nested, boxed=boxed)):
            self.say(item.first, "list entry", "a label that groups the entries below it")
            urgency = priority_in(head.title, near=9) if len(words(head.title)) <= 5 else None
            priority = urgency.word if urgency else head.priority or here.place.priority
            path = (*here.place.path, head.title) if head.title else here.place.path
            place = replace(here.place, path=path, priority=priority)
            for below in nested:
                self.list(below, replace(here, place=place))
        elif head is None or not head.title or lists.is_placeholder(head.title):
            self.say(item.first, "list entry", "empty, or a form to fill in")
        elif boxed and head.box is None:
            self.say(item.first, "list entry", "a remark between checkboxes")
        elif head.box is None and lists.states_nothing(self.source, item):
            self.say(item.first, "list entry", "a question or a pointer, not a gap")
        else:
            made = listing.candidate(self.source, item, head, here.place, why)
            made.weak = here.weak and not (head.box is not None and head.id is not None)
            made.group = id(block)
            self.found.append(made)

    def table(self, block: Table, here: _Here) -> tables.Columns | None:
        """Looks at a table; returns what its columns are for, when its rows are gaps."""
        cols = here.section.columns[block.first]
        if cols is not None and len(block.rows) == 1:
            cols = self.tables.get(cols.labels, cols)
        if cols is None or here.place.role in SKIPPED:
            self.say(
                block.first, "table", "no column names a gap" if cols is None else f"{here.place.role}: nothing in it is a gap"
            )
            return None
        tracked = cols.has("status", "priority", "severity") or cols.id is not None or len(cols.answers) > 1
        shelf = here.place.gappy and (is_shelf(here.section) or weigh.announces_gaps(cols.labels[cols.title]))
        if not tracked and tables.measures(self.source, block, cols):
            self.say(block.first, "table", "measurements")
            return None
        known = len(block.rows) == 1 and cols.labels in self.tables
        if not (tracked or shelf or known or here.place.near or here.section.role == "gaps"):
            self.say(block.first, "table", "nothing says that its rows are gaps")
            return None
        self.tables[cols.labels] = cols
        for row in block.rows:
            self.row(row, cols, block, here)
        return cols

    def row(self, row: Row, cols: tables.Columns | None, block: Block, here: _Here) -> None:
        """Takes a row for a gap, unless it is a total or has no title."""
        if isinstance(block, Table) and tables.is_label(self.source, row, block):
            self.say(row.line, "row", "a label that groups the rows below it")
            return
        head = tables.row_head(self.source, row, cols) if cols is not None else None
        if cols is None or head is None or head.title.lower().startswith("total") or lists.is_placeholder(head.title):
            return
        made = tables.candidate(self.source, row, cols, head, here.place, "a row with a status, a priority or an id")
        if cols.marked and made.state is State.DONE and not here.place.announced:
            self.say(row.line, "row", "shows what works")
            return
        made.weak = here.weak
        made.group = id(block)
        self.found.append(made)
