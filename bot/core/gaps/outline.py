"""The document as sections: each heading with what stands below it, what it announces, and the state and urgency it gives its entries."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.core.blocks import Heading, Listing, Opaque, Paragraph, Table
from bot.core.gaps.entry import Head, Shape, read_head
from bot.core.gaps.fields import Labelled, fields_of
from bot.core.gaps.model import State, StateSource
from bot.core.gaps.repair import view
from bot.core.gaps.table import columns
from bot.core.gaps.vocabulary import (
    COLUMNS,
    LABELS,
    LACKS,
    PRIORITIES,
    SECTIONS,
    STATES,
    Found,
    Word,
    lacks,
    listed,
    mark_state,
    priority_in,
    section_role,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.blocks import Block, Blocks
    from bot.core.gaps.table import Columns
    from bot.core.text import Span

_NOT_URGENCY = listed(
    "impact effort complexity confidence value hanging level cost impacto esforço esfuerzo aufwand fidelity quality"
)
_ANNOUNCEMENT = 60
"""A paragraph up to this long above a list only announces it."""
REPEATED = 2
"""A title that stands more often than this names a part of an entry (`Impact`), not an entry."""
EVIDENCE = frozenset({"status", "priority", "severity", "effort", "resolution"})
_PHASES = listed("phase sprint milestone week stage iteration etapa fase étape этап спринт")
_CONTAINER = listed(
    "gap gaps item items issue issues idea ideas task tasks feature features bug bugs debt debts improvement improvements limitation "
    "limitations enhancement enhancements todo todos work entries problems problem things stuff fixes missing priority prio priorities "
    "tier level severity concern concerns risk risks phase sprint week milestone version release for the of and or to be in this "
    "other others misc miscellaneous various general brief more additional further rest else everything remaining smaller sonstiges "
    "otros outros autres divers varios прочее разное 其他 其它 "
    "lücken aufgaben probleme priorität prioridad prioridade priorité приоритет долг задачи проблемы"
)


@dataclass(slots=True, eq=False)
class Section:
    """A heading and what belongs to it; the root has no heading and holds what stands before the first one.

    `role` is what the title announces (a key of SECTIONS), `said` its state as a container, `urgency` its priority.
    `sure` when the title is the announcement and nothing else.
    `roles` are what its own fields are for; `columns` what those of its tables are for, by the first line of the table.
    `prose` when a text of its own stands below the heading.
    `below` is what is so of the sections right below it: `tagged`, all of them bear a level; `done`, one is marked as done; `listed`,
    one holds a list and proves nothing itself.
    `described` counts the labels that describe an entry: known ones, and others that several sections share.
    `set_off` are the first lines of paragraphs with a bold title of their own, when there are several.
    """

    heading: Heading | None
    level: int
    first: int
    end: int
    parent: Section | None
    title: str = ""
    head: Head | None = None
    role: str | None = None
    said: State | None = None
    urgency: str | None = None
    urgency_span: Span | None = None
    container: bool = False
    sure: bool = False
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    fields: list[Labelled] = field(default_factory=list)
    roles: frozenset[str] = frozenset()
    columns: dict[int, Columns | None] = field(default_factory=dict)
    prose: bool = False
    set_off: frozenset[int] = frozenset()
    described: int = 0
    below: frozenset[str] = frozenset()

    def walk(self) -> Iterator[Section]:
        """Yields the section and all below it, in the order of lines."""
        yield self
        for section in self.sections:
            if section.sections:
                yield from section.walk()
            else:
                yield section

    @property
    def listings(self) -> list[Listing]:
        """The lists that stand directly in it."""
        return [block for block in self.blocks if isinstance(block, Listing)]

    @property
    def proven(self) -> bool:
        """Tells whether it has an id or a field of state, priority or effort of its own."""
        return (self.head is not None and self.head.id is not None) or bool(self.roles & EVIDENCE)


def outline(source: Blocks) -> Section:
    """Returns the tree of sections. A level that is skipped does not matter: a section belongs to the last one with a lower level."""
    root = _tree(source)
    first = root.sections[0] if root.sections else None
    if first is not None and first.level == 1 and first.sections and first.role not in {"log", "gaps"}:
        first.role = None
    titles = Counter(section.title for section in root.walk())
    leads = {
        block.first: (block, text)
        for section in root.walk()
        for block in section.blocks
        if isinstance(block, Paragraph) and (text := _lead(source, block))
    }
    said = Counter(text for _, text in leads.values())
    set_off = {first for first, (block, text) in leads.items() if said[text] == 1 and _is_set_off(source, block, text)}
    for section in root.walk():
        unique = set_off.intersection(block.first for block in section.blocks) if set_off else set_off
        section.set_off = frozenset(unique) if len(unique) > 1 else frozenset()
        section.fields = fields_of(source, _own(section.blocks))
        section.roles = frozenset(labelled.role for labelled in section.fields)
        section.columns = {block.first: columns(source, block) for block in section.blocks if isinstance(block, Table)}
        section.prose = _has_prose(source, section)
        _named(source, section)
    shared = Counter(label for section in root.walk() for label in {labelled.field.label for labelled in section.fields})
    for section in root.walk():
        section.described = sum(
            bool(labelled.field.value)
            and (labelled.role == "describes" or (shared[labelled.field.label] > 1 and not _says_lack(labelled.field.label)))
            for labelled in section.fields
        )
        section.role = _corrected(source, section, repeated=titles[section.title] > REPEATED)
        section.below = _below(section.sections)
    return root


def _below(sections: Sequence[Section]) -> frozenset[str]:
    """Returns what is so of sections that stand side by side; asked once, or many sections would each look at all others."""
    if not sections:
        return frozenset()
    facts = {
        "tagged": all(_is_tagged(section) for section in sections),
        "done": any(section.head is not None and section.head.marked is State.DONE for section in sections),
        "listed": any(bool(section.listings) and not section.proven for section in sections),
    }
    return frozenset(name for name, holds in facts.items() if holds)


def _is_tagged(section: Section) -> bool:
    """Tells whether a heading bears a level before a subject of its own: `P1: Reconnect`."""
    level = section.head.priority if section.head is not None else None
    return level is not None and level[:1] == "p" and level[1:].isdigit() and not section.container


def _says_lack(label: str) -> bool:
    """Tells a statement that sections share, `No component hydration`, from a label such as `Debt`."""
    return len(words(label)) > 2 and lacks(label)


def _tree(source: Blocks) -> Section:
    root = Section(None, 0, 0, len(source.lines), None)
    open_sections = [root]
    for block in source.blocks:
        if not isinstance(block, Heading):
            open_sections[-1].blocks.append(block)
            continue
        while open_sections[-1].level >= block.level:
            open_sections.pop().end = block.first
        section = _section(source, block, open_sections[-1])
        open_sections[-1].sections.append(section)
        open_sections.append(section)
    for section in open_sections:
        section.end = root.end
    return root


def _corrected(source: Blocks, section: Section, *, repeated: bool) -> str | None:
    """Returns the role once what stands in the section is known: evidence of an entry outweighs a word in its title."""
    if section.proven and not section.sure:
        return None
    above = section.parent
    if above is not None and above.container and above.urgency is not None and section.role not in {"archive", "gaps", "plan"}:
        return None
    if repeated and section.level > 1 and not is_shelf(above) and not _announces(section):
        return "detail"
    if section.role is None and _all_done(source, section):
        return "inventory"
    return section.role


def _announces(section: Section) -> bool:
    """Tells whether a title that each chapter repeats announces its gaps (`Gaps`, `Known issues`): no part of an entry above it."""
    above = section.parent
    return section.role == "gaps" and section.sure and above is not None and not above.proven and not above.fields


def is_shelf(section: Section | None) -> bool:
    """Tells whether a heading only says how urgent or in which state the entries below it are: `## LOW`."""
    return section is not None and section.container and (section.urgency is not None or section.said is not None)


def _named(source: Blocks, section: Section) -> None:
    """Gives a heading that is an id and nothing else the title that stands below it: the longest field that names, else the text."""
    head = section.head
    if head is None or head.title or head.id is None:
        return
    naming = [labelled.field for labelled in section.fields if COLUMNS.whole(words(labelled.field.label)) == "title"]
    first = next((block for block in section.blocks if isinstance(block, Paragraph)), None)
    if naming:
        span = max(naming, key=lambda named: len(named.value)).value_span
    elif first is not None:
        span = first.text
    else:
        return
    below = read_head(source.text, span, Shape.ENTRY)
    head.title, head.title_span, section.title = below.title, below.title_span, below.title


def _all_done(source: Blocks, section: Section) -> bool:
    """Tells whether each line of a section starts with a mark of what is done: it shows what works."""
    starts = [line.start for block in section.blocks if isinstance(block, Paragraph) for line in block.lines]
    starts += [item.marker.end + 1 for block in section.listings for item in block.items]
    return len(starts) > 1 and all(mark_state(source.text[start : start + 4].lstrip()[:1]) is State.DONE for start in starts)


def _own(blocks: Sequence[Block]) -> Sequence[Block]:
    """Returns the blocks before a rule: what follows one is the foot of the document (`Last updated: …`), not of its last section."""
    rule = next((i for i, block in enumerate(blocks) if isinstance(block, Opaque) and block.kind == "hr"), 0)
    return blocks[:rule] if rule else blocks


def _has_prose(source: Blocks, section: Section) -> bool:
    """Tells whether a text of its own stands below the heading: a paragraph that does more than announce a list, or code."""
    follows: list[Block | None] = [*section.blocks[1:], None]
    for block, after in zip(section.blocks, follows, strict=False):
        if isinstance(block, Opaque) and block.kind not in {"hr", "html_block", "blockquote"}:
            return True
        if isinstance(block, Paragraph):
            text = block.text.of(source.text).rstrip("*_ ")
            if not isinstance(after, Listing) or (len(text) > _ANNOUNCEMENT and (not text.endswith((":", "：")) or ". " in text)):
                return True
        if isinstance(block, Listing) and _has_tail(source, block):
            return True
    return False


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


def _lead(source: Blocks, block: Paragraph) -> str:
    """Returns what stands in bold at the start of a paragraph: `No retries.` of `**No retries.** The client …`."""
    if not source.text.startswith("**", block.lines[0].start):
        return ""
    start = block.lines[0].start + 2
    end = source.text.find("**", start, start + 160)
    return source.text[start:end].strip(" .:") if end > 0 else ""


def _is_set_off(source: Blocks, block: Paragraph, lead: str) -> bool:
    """Tells whether the bold start of a paragraph is a title of its own with a text behind it, rather than the label of a field."""
    if len(block.text) < len(lead) + 16 or LABELS.whole(words(lead)) is not None:
        return False
    head = read_head(source.text, block.text, Shape.ENTRY)
    return head.lead and (len(words(head.title)) > 1 or head.id is not None)


def _section(source: Blocks, heading: Heading, parent: Section) -> Section:
    section = Section(heading, heading.level, heading.first, heading.end, parent)
    head = read_head(source.text, heading.text, Shape.HEADING)
    section.head, section.title = head, head.title
    seen = view(source.text, heading.text)
    found = words(seen.text)
    section.role = _role(seen.text, head.title)
    declines = head.id is None and head.ordinal is None and _declines(found)
    section.said = State.WONTFIX if declines else _said(found, head, section.role)
    if section.role is None and section.said is State.DEFERRED:
        section.role = "gaps"
    urgency = _urgency(seen.text, found)
    if urgency is not None:
        section.urgency, section.urgency_span = urgency.word, seen.span(urgency.start, urgency.end)
    else:
        section.urgency, section.urgency_span = head.priority, head.priority_span
    section.sure = head.id is None and head.ordinal is None and SECTIONS.whole(words(head.title)) is not None
    name = words(head.title.partition(" (")[0])
    section.container = (
        _is_container(words(head.title)) or SECTIONS.whole(name) == "gaps" or declines or _is_phase(words(head.title))
    )
    return section


def _role(raw: str, title: str) -> str | None:
    """Returns the role of the title, of what follows `Section 3:`, or of what stands before a bracket."""
    role = section_role(title)
    if role is None and ":" in title:
        role = section_role(title.partition(":")[2]) or section_role(title.partition(":")[0])
    if role is None and "(" in title:
        role = section_role(title.partition("(")[0])
    for dash in (" - ", " — ", " – "):
        if role is None and dash in title:
            role = section_role(title.partition(dash)[0])
    return role if role is not None or title else section_role(raw)


def _said(found: Sequence[Word], head: Head, role: str | None) -> State | None:
    """Returns the state that the heading as a whole gives to what it holds."""
    if role == "archive":
        return State.DONE
    if head.state is not None and (head.state_source is StateSource.SUFFIX or head.state.closed or head.state is State.DEFERRED):
        return head.state if head.state is not State.OPEN else None
    if not found:
        return None
    hit = STATES.at(found, 0)
    if hit is not None and all(word.text in _CONTAINER or STATES.at(found, i) for i, word in enumerate(found) if i >= hit[1]):
        return hit[0]
    return None


def _urgency(raw: str, found: Sequence[Word]) -> Found | None:
    """Returns the priority a heading gives its entries: it starts with the word, and not with `medium impact`."""
    urgency = priority_in(raw, near=2)
    if urgency is None:
        return None
    after = next((word.text for word in found if word.start >= urgency.end and "(" not in raw[urgency.end : word.start]), "")
    before = [word.text for word in found if word.end <= urgency.start]
    if after in _NOT_URGENCY or any(word not in _CONTAINER and not word.isdigit() for word in before):
        return None
    if urgency.word in {"optional", "normal", "minor", "major", "should", "could", "must", "info"}:
        return urgency if after in _CONTAINER - {"features", "feature"} or after in {"", "but", "have", "fix"} else None
    return urgency


def _is_container(found: Sequence[Word]) -> bool:
    """Tells whether the title only groups: words of urgency, state and kind, and none of a subject."""
    if len(found) > 2 and found[0].text in LACKS:
        return False
    index = 0
    while index < len(found):
        hit = PRIORITIES.at(found, index) or STATES.at(found, index) or SECTIONS.at(found, index)
        if (
            hit is None
            and found[index].text not in _CONTAINER
            and not found[index].text.isdigit()
            and not _is_level(found[index].text)
        ):
            return False
        index += hit[1] if hit is not None else 1
    return True


def _is_phase(found: Sequence[Word]) -> bool:
    """Tells whether a title counts a stretch of time or of work: `Phase 1: Foundation`."""
    return len(found) > 1 and found[0].text in _PHASES and found[1].text.isdigit()


def _declines(found: Sequence[Word]) -> bool:
    """Tells whether a title sets apart what will not be done: it starts or ends with `not in scope`, `not required`."""
    starts = [
        (index, hit) for index in range(len(found)) if (hit := STATES.at(found, index)) and hit[0] is State.WONTFIX and hit[1] > 1
    ]
    return any(index == 0 or index + hit[1] == len(found) for index, hit in starts)


def _is_level(word: str) -> bool:
    return word[0] in "ps" and word[1:].isdigit()
