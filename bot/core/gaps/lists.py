"""What speaks for a list being gaps or something else, and for an entry being a gap, a label above gaps, or neither."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.blocks import Listing
from bot.core.gaps.fields import fields_of, line_fields
from bot.core.gaps.listing import BOX
from bot.core.gaps.model import State, StateSource
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import EMOJI, asks, lacks, priority_in, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.blocks import Blocks, Item
    from bot.core.gaps.entry import Head

_NAME = 2
"""An area is named in so many words."""
_COUNT = re.compile(r"[^:：]{1,40}[:：] ?[~<>≈]*\d[\d.,/%–-]*(?: ?\w{1,12})?(?: ?\(.*\))?")
"""A number, with what it counts."""
_NAMED = re.compile(r"`[^`]+` ?[-–—:=]")
_ASKED = frozenset(["are", "is", "do", "does", "did", "was", "were", "has", "have", "can", "will", "which"])
_BEGINNING = 40
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


def has_boxes(source: Blocks, lists: Iterable[Listing]) -> bool:
    """Tells whether a list has a checkbox at its first level."""
    return any(
        item.lead is not None and BOX.match(source.text, item.lead.lines[0].start) for block in lists for item in block.items
    )


def is_form(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries only fill in a label: `Symptom: …`."""
    forms = 0
    for item in block.items:
        found = line_fields(source, item.lead.lines[0]) if item.lead is not None else []
        forms += bool(found) and found[0].role != "other"
    return forms * 2 > len(block.items)


def _first_lines(source: Blocks, block: Listing) -> list[str]:
    """Returns the first line of each entry that begins with a text."""
    return [item.lead.lines[0].of(source.text) for item in block.items if item.lead is not None]


def counts(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries only say how many there are of a kind: `Critical: 4 (two of them old)`."""
    texts = _first_lines(source, block)
    return sum(_COUNT.fullmatch(plain(text)) is not None for text in texts) * 2 > len(block.items)


def explains_names(source: Blocks, block: Listing) -> bool:
    """Tells whether a list says what names of code stand for, and of none that it lacks: `setField` - set a field."""
    texts = _first_lines(source, block)
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


def mostly_links(source: Blocks, block: Listing) -> bool:
    """Tells whether most entries of a list only link elsewhere."""
    links = 0
    for item in block.items:
        if item.lead is not None:
            raw = item.lead.text.of(source.text).lstrip("*_ ")
            links += raw.startswith(("[", "<http", "http")) and "](" in raw[:200]
    return links * 2 > len(block.items)


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


def speaks_of_document(text: str) -> bool:
    """Tells whether a sentence begins with `This document`."""
    return text[:_BEGINNING].lower().startswith(_META)
