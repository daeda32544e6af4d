"""The dashboard: one issue of a repository that shows how its gaps stand, rewritten in place; every word of it is here.

Its boxes are commands. Each bears a name that we signed, so that one that people wrote themselves means nothing; a box counts where it
was not ticked before, and stands empty again in the next text. What people wrote in documents and issues is shown as code only, on one
line: it mentions nobody and closes nothing there. Long lists end with a count, and get shorter until the text fits into an issue.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.core.boxes import box, ticked_boxes
from bot.core.gaps.model import State
from bot.core.issue import MAX_BODY
from bot.core.merge import Side
from bot.core.messages import KEEP_FILE, KEEP_ISSUE, code
from bot.core.names import IssueNumber
from bot.core.replies import seen, sentence
from bot.core.triage import Label, label_for, word_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.core.errors import Problem
    from bot.core.issue import Issue, Seal
    from bot.core.names import CommitSha, DocumentPath
    from bot.core.pair import Pair

DASHBOARD_TITLE = "Gapkeeper: dashboard"
DASHBOARD_LABEL = Label("gap: dashboard", "1d76db", "The dashboard of Gapkeeper: how the gaps stand")
CLOSED_DAYS = 30

_LONGEST_LISTS = (50, 20, 8, 3)
_PRIORITIES = 20
_TITLE, _PATH, _MESSAGE = 120, 120, 300
_MARKER = re.compile(r"^<!-- gapkeeper:dashboard sig=([0-9a-f]{32}) -->", re.MULTILINE)
_NAME = re.compile(
    r"(?P<what>approve:[0-9a-z]{1,40}|(?:keep-file|keep-issue):[1-9]\d{0,17}:[0-9a-f]{12}|sync):(?P<sig>[0-9a-f]{16})"
)
_KEY = "dashboard"
_INTRODUCTION = (
    "How the gaps of this repository stand. Gapkeeper rewrites this text, so what people write into it is lost. Ticking a box is a "
    "command, for people who may write to the repository."
)
_COLUMNS = {
    State.OPEN: "Open",
    State.IN_PROGRESS: "In progress",
    State.DEFERRED: "Deferred",
    State.DONE: "Done",
    State.WONTFIX: "Won't fix",
}
_WAYS = {State.DONE: "done", State.WONTFIX: "will not be fixed"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A gap whose sides were changed differently; `question` names what is in dispute, None where nobody was asked yet."""

    number: IssueNumber
    title: str
    question: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that is held: the issue that shows it, and its digest."""

    number: IssueNumber
    digest: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem of a document, at the commit in which it was found."""

    path: DocumentPath
    commit: CommitSha
    problem: Problem


@dataclass(frozen=True, slots=True)
class Closed:
    """A gap that was closed lately; `day` as 2026-11-20."""

    pair: Pair
    day: str


@dataclass(frozen=True, slots=True)
class Board:
    """All that the dashboard shows. `web` is the repository's page; the pairs are of gaps that stand in a document and have an issue."""

    web: str
    pairs: tuple[Pair, ...]
    waiting: Waiting | None = None
    conflicts: tuple[Conflict, ...] = ()
    faults: tuple[Fault, ...] = ()
    closed: tuple[Closed, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """A conflict is settled for a side, if it still is the one that was asked about."""

    number: IssueNumber
    side: Side
    question: str


@dataclass(frozen=True, slots=True)
class Approved:
    """The plan with this digest may be carried out."""

    digest: str


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Everything is to be compared now."""


Wish = Keep | Approved | LookAgain


def is_dashboard(issue: Issue, seal: Seal, *, login: str) -> bool:
    """Tells whether an issue is the dashboard of this repository: opened by us, `login`, and marked by us."""
    found = _MARKER.search(issue.body.replace("\r\n", "\n"))
    return issue.author == login and found is not None and seal.verify(_KEY, "", found[1])


def wishes(body: str, before: str, seal: Seal) -> tuple[Wish, ...]:
    """Returns what the boxes ask for that were ticked in this edit of the dashboard, those that we signed."""
    names = sorted(ticked_boxes(body) - ticked_boxes(before))
    found = (match for name in names if (match := _NAME.fullmatch(name)))
    return tuple(_wish(match["what"]) for match in found if _signature_fits(match["what"], match["sig"], seal))


def _wish(what: str) -> Wish:
    match what.split(":"):
        case ["approve", digest]:
            return Approved(digest)
        case [kept, number, question]:
            return Keep(IssueNumber(int(number)), Side.DOCUMENT if kept == KEEP_FILE else Side.ISSUE, question)
        case _:
            return LookAgain()


def _signature_fits(what: str, signature: str, seal: Seal) -> bool:
    return any(_short(what, one) == signature for one in seal.each())


def _short(what: str, seal: Seal) -> str:
    return seal.sign(_KEY, what)[:16]


def same_text(one: str, other: str) -> bool:
    """Tells whether two texts of an issue are the same but for line ends and blanks around them, which GitHub changes."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def dashboard(board: Board, seal: Seal) -> str:
    """Returns the text of the issue, short enough for GitHub whatever the board holds."""
    for most in _LONGEST_LISTS:
        text = _text(board, seal, most)
        if len(text) <= MAX_BODY:
            return text
    raise AssertionError("lists of three fit")


def _text(board: Board, seal: Seal, most: int) -> str:
    def signed(what: str, label: str) -> str:
        return box(f"{what}:{_short(what, seal)}", label)

    parts = [
        f"<!-- gapkeeper:dashboard sig={seal.sign(_KEY, '')} -->",
        _INTRODUCTION,
        _counts(board.pairs),
        *_plan(board.waiting, signed),
        *_conflicts(board.conflicts, signed, most),
        *_triage(board.pairs, most),
        *_faults(board, most),
        *_closed(board.closed, most),
        "### Commands\n\n" + signed("sync", "compare everything now"),
    ]
    return "\n\n".join(parts) + "\n"


def _counts(pairs: Sequence[Pair]) -> str:
    """Returns the table of all gaps by priority, the most urgent first, and state."""
    if not pairs:
        return "There are no gaps."
    counts = Counter((pair.base.priority, pair.base.state) for pair in pairs)
    words = sorted({priority for priority, _ in counts if priority}, key=_urgency)
    rows: list[tuple[str, set[str | None]]] = [
        (_cell(word_of(label_for("priority", word).name)), {word}) for word in words[:_PRIORITIES]
    ]
    if words[_PRIORITIES:]:
        rows.append((f"{len(words) - _PRIORITIES} others", {*words[_PRIORITIES:]}))
    if any(priority is None for priority, _ in counts):
        rows.append(("none", {None}))
    rows.append(("**all**", {None, *words}))
    lines = [
        f"| {name} | " + " | ".join(str(sum(counts[word, state] for word in meant) or "") for state in _COLUMNS) + " |"
        for name, meant in rows
    ]
    return "\n".join([f"| Priority | {' | '.join(_COLUMNS.values())} |", f"|---|{'---:|' * len(_COLUMNS)}", *lines])


_URGENCY = {label_for("priority", word).color: place for place, word in enumerate(("p0", "p1", "p2", "p3"))}


def _urgency(word: str) -> tuple[int, str]:
    """Returns what sorts priorities: the colours of their labels say how urgent they are."""
    return _URGENCY.get(label_for("priority", word).color, len(_URGENCY)), word


def _plan(waiting: Waiting | None, signed: Callable[[str, str], str]) -> Iterable[str]:
    if waiting is not None:
        yield f"### A plan waits\n\nSomebody must approve it; #{waiting.number} shows it. Until then nothing is written."
        if waiting.digest is not None:
            yield signed(f"approve:{waiting.digest}", "approve exactly this plan")


def _conflicts(conflicts: Sequence[Conflict], signed: Callable[[str, str], str], most: int) -> Iterable[str]:
    if not conflicts:
        return
    yield f"### Conflicts ({len(conflicts)})\n\nBoth sides were changed, differently; the comments of these issues show how."
    for one in conflicts[:most]:
        lines = [f"#{one.number} {_title(one.title)}"]
        if one.question is not None:
            lines += ["", signed(f"{KEEP_FILE}:{one.number}:{one.question}", "keep file: the issue follows the document")]
            lines += [signed(f"{KEEP_ISSUE}:{one.number}:{one.question}", "keep issue: the document follows the issue")]
        yield "\n".join(lines)
    yield from _more(conflicts, most)


def _triage(pairs: Sequence[Pair], most: int) -> Iterable[str]:
    found = [pair for pair in pairs if not pair.base.priority and not pair.base.state.closed]
    rows = [f"| #{pair.number} | {_cell(_cut(pair.base.title, _TITLE))} | {_cell(_end(pair.path))} |" for pair in found[:most]]
    if found:
        yield "\n".join([f"### Without a priority ({len(found)})\n", "| Issue | Gap | Document |", "|---|---|---|", *rows])
        yield from _more(found, most)


def _faults(board: Board, most: int) -> Iterable[str]:
    if board.faults:
        lines = [_fault(fault, board.web) for fault in board.faults[:most]]
        yield "\n".join([f"### Problems of documents ({len(board.faults)})\n", *lines])
        yield from _more(board.faults, most)


def _fault(fault: Fault, web: str) -> str:
    """Returns a problem with a link to the line at the commit in which it was seen."""
    problem = fault.problem
    place = _code(_end(f"{fault.path}:{problem.line}" if problem.line else fault.path))
    anchor = f"?plain=1#L{problem.line}" if problem.line else ""
    said = _code(_cut(sentence(problem), _MESSAGE))
    return f"- {problem.severity.value} in [{place}]({web}/blob/{fault.commit}/{quote(fault.path)}{anchor}): {said}"


def _closed(closed: Sequence[Closed], most: int) -> Iterable[str]:
    if closed:
        head = [
            f"### Closed in the last {CLOSED_DAYS} days ({len(closed)})\n",
            "| Issue | Gap | How | When |",
            "|---|---|---|---|",
        ]
        yield "\n".join([*head, *(_closed_row(one) for one in closed[:most])])
        yield from _more(closed, most)


def _closed_row(one: Closed) -> str:
    base = one.pair.base
    way = _WAYS.get(base.state, "closed") if one.pair.present else "taken out of the document"
    return f"| #{one.pair.number} | {_cell(_cut(base.title, _TITLE))} | {way} | {one.day} |"


def _more(found: Sequence[object], most: int) -> Iterable[str]:
    if len(found) > most:
        yield f"… and {len(found) - most} more."


def _title(text: str) -> str:
    return _code(_cut(text, _TITLE))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _end(path: str) -> str:
    return path if len(path) <= _PATH else "…" + path[1 - _PATH :]


def _code(text: str) -> str:
    return code(seen(text))


def _cell(text: str) -> str:
    """Returns a text for a table's cell, where a bar would end it (GFM tables)."""
    return _code(text).replace("|", "\\|")
