"""Verbs for the entry in the document: where it stands, what it waits for, which gaps it is made of, which issue is its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.values import ON_GAPS, ON_ISSUES, Ask, Handled, Link, SetLabel, Situation, Spec
from bot.core.command import nearest
from bot.core.gaps.candidate import names_gap
from bot.core.gaps.vocabulary import words
from bot.core.issue import MAX_TITLE
from bot.core.messages import code
from bot.core.pair import Asked, Wanting
from bot.core.replies import NOT_HERE, Who
from bot.core.triage import BASE_LABEL

if TYPE_CHECKING:
    from bot.core.command import Command
    from bot.core.pair import Pair

MAX_NAMED = 10
_NUMBER = re.compile(r"#([1-9]\d{0,8})")
_LEVELS = re.compile(r"\s*[›>/]\s*")
_LONG = 200


def _move(command: Command, situation: Situation) -> Handled:
    name = " ".join(command.argument.split())
    if not name:
        return command.problem("argument", "to which section?", hint="say `/gap move Security`, as its heading says")
    sections = _sections(situation)
    found = [path for path in sections if _called(path, name)]
    if len(found) > 1:
        found = [path for path in found if _keys(path) == _said(name)] or found
    if len(found) == 1:
        return (Ask(Asked(Wanting.MOVE, found[0])),)
    if found:
        hint = f"say `/gap move` and one of {_listed(found)}"
        return command.problem("several-sections", "several sections are called so", hint=hint)
    near = nearest(name, {path[-1] for path in sections})
    shown = f"gaps stand in {_listed(sections[:8])}" if sections else None
    known = f"did you mean {code(near)}?" if near else shown
    return command.problem("no-such-section", "no section with gaps in it is called so in this document", hint=known)


def _sections(situation: Situation) -> list[tuple[str, ...]]:
    """Returns the sections of the gap's document in which gaps with issues stand, in its order."""
    pair = situation.pair
    beside = [other for other in situation.pairs if pair and other.present and other.path == pair.path and other.section]
    return list(dict.fromkeys(other.section for other in sorted(beside, key=lambda other: other.ordinal)))


def _called(path: tuple[str, ...], name: str) -> bool:
    """Tells whether a section is called so: by its heading, or by those above it too; only words count."""
    said = _said(name)
    return len(name) <= _LONG and (_key(path[-1]) == _key(name) or _keys(path)[-len(said) :] == said)


def _said(name: str) -> list[str]:
    return [_key(part) for part in _LEVELS.split(name)]


def _keys(path: tuple[str, ...]) -> list[str]:
    return [_key(part) for part in path]


def _key(text: str) -> str:
    return " ".join(word.text for word in words(text)) or text.casefold()


def _listed(paths: list[tuple[str, ...]]) -> str:
    return ", ".join(code(" › ".join(path)) for path in paths)


def _depends(command: Command, situation: Situation) -> Handled:
    said = command.argument.replace(",", " ").split()
    if not said:
        return command.problem(
            "argument", "on which gap does it depend?", hint="say `/gap depends #7`, with the number of its issue"
        )
    numbers = [_NUMBER.fullmatch(word) for word in said[: MAX_NAMED + 1]]
    if None in numbers:
        return command.problem("not-an-issue", "these are not all numbers of issues", hint="say `/gap depends #7`")
    if len(numbers) > MAX_NAMED:
        return command.problem("too-many-gaps", f"at most {MAX_NAMED} gaps are named at once")
    known = {pair.number: pair for pair in situation.pairs if pair.present and not pair.lost}
    wanted = dict.fromkeys(int(number[1]) for number in numbers if number)
    if situation.pair is not None and situation.pair.number in wanted:
        return command.problem("own-issue", "a gap does not depend on itself")
    strangers = [f"`#{number}`" for number in wanted if number not in known]
    if strangers:
        return command.problem("no-gap", f"{', '.join(strangers)} belongs to no gap in a document")
    return (Ask(Asked(Wanting.DEPEND, tuple(_name(pair) for number, pair in known.items() if number in wanted))),)


def _name(pair: Pair) -> str:
    """Returns how a document names a gap: by the author's own id where that is read as one, else by its issue."""
    return pair.own_id if pair.own_id and names_gap(pair.own_id) else f"#{pair.number}"


def _split(command: Command, situation: Situation) -> Handled:
    if command.argument:
        return command.problem("argument", "`split` takes nothing after it")
    pair = situation.pair
    if pair is not None and all(pair.base.ticks) and not situation.again:
        return command.problem("no-tasks", "this gap has no open tasks that could become gaps")
    return (Ask(Asked(Wanting.SPLIT)),)


def _unlink(command: Command, situation: Situation) -> Handled:
    if command.argument:
        return command.problem("argument", "`unlink` takes nothing after it")
    if situation.pair is None:
        return () if _former(situation) else command.problem("not-here", NOT_HERE["other"])
    return (SetLabel(BASE_LABEL, None),)


def _link(command: Command, situation: Situation) -> Handled:
    name = " ".join(command.argument.split())
    issue, pair = situation.issue, situation.pair
    if pair is not None:
        if not name or situation.again or name.casefold() in _names(pair):
            return ()
        hint = "say `/gap unlink` first, if it is to be another's"
        return command.problem("linked-already", f"this issue is that of {code(pair.base.title)} already", hint=hint)
    former = _former(situation)
    if not name or (former is not None and name.casefold() in _names(former)):
        return (SetLabel(BASE_LABEL, BASE_LABEL),)
    if former is not None:
        hint = "`/gap link` alone links the two again"
        return command.problem("another-gaps", f"this issue was that of {code(former.base.title)}", hint=hint)
    if issue is not None and not issue.open:
        return command.problem("closed-issue", "a closed issue is linked to no gap", hint="open it again first")
    if len(name) > MAX_TITLE:
        return command.problem("name-long", f"a name has at most {MAX_TITLE} characters; this one has {len(name)}")
    return (Link(name),)


def _former(situation: Situation) -> Pair | None:
    """Returns the gap that the issue was unlinked from."""
    issue = situation.issue
    return next((pair for pair in situation.pairs if issue is not None and pair.number == issue.number), None)


def _names(pair: Pair) -> set[str]:
    """Returns what a gap is called, in small letters."""
    return {" ".join(name.casefold().split()) for name in (pair.base.title, pair.own_id) if name}


SPECS = (
    Spec(
        verb="move",
        usage="move <section>",
        who=Who.WRITERS,
        description="The entry moves to the end of this section of its document, with all its lines; a priority that only its old "
        "section gave stays behind.",
        examples=("/gap move Security", "/gap move Backend › Security"),
        places=ON_GAPS,
        handle=_move,
    ),
    Spec(
        verb="depends",
        usage="depends #n",
        who=Who.WRITERS,
        description="The entry names the gap of this issue as what it waits for, by its own id or else by `#n`.",
        examples=("/gap depends #8", "/gap depends #8 #12"),
        places=ON_GAPS,
        handle=_depends,
    ),
    Spec(
        verb="split",
        usage="split",
        who=Who.WRITERS,
        description="Each open task becomes a gap of its own behind the others of its section, with an issue; done tasks stay.",
        examples=("/gap split",),
        places=ON_GAPS,
        handle=_split,
    ),
    Spec(
        verb="link",
        usage="link [gap or line]",
        who=Who.WRITERS,
        description="This issue becomes that of the entry with this title, id or line, which must have no other; without a name an entry "
        "is written for it, and an issue that was unlinked is linked again.",
        examples=("/gap link", "/gap link Rotate the keys", "/gap link GAP-012", "/gap link docs/GAPS.md:12"),
        places=ON_ISSUES,
        handle=_link,
    ),
    Spec(
        verb="unlink",
        usage="unlink",
        who=Who.WRITERS,
        description="The entry and this issue go their own ways: both stay, nothing is carried over any more, and no other issue is opened "
        "for the entry.",
        examples=("/gap unlink",),
        places=ON_ISSUES,
        handle=_unlink,
    ),
)
