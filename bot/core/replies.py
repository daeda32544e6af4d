"""Every word of the comments that answer commands, from values to Markdown; the other messages are in `messages.py`.

Each says what happened, why, and what to type next. What a person wrote is echoed only as code, on one line, cut and without
characters that hide something (fault #90).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.errors import Problem
from bot.core.gaps.model import State
from bot.core.messages import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.actions import Plan
    from bot.core.journal import Noted, Step, Value
    from bot.core.pair import Pair

_ECHO = 100
_SHOWN_STEPS, _SHOWN_PROBLEMS = 50, 10
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARK = re.compile(r"<!-- gapkeeper:reply=([0-9a-f]{16}) -->\s*\Z")
_STATES = {
    State.OPEN: "open",
    State.IN_PROGRESS: "in progress",
    State.DONE: "done",
    State.DEFERRED: "deferred",
    State.WONTFIX: "will not be fixed",
}


class Who(StrEnum):
    """Who may use a verb."""

    EVERYONE = "everyone"
    WRITERS = "people with write access"


@dataclass(frozen=True, slots=True)
class Usage:
    """A verb as people read of it."""

    verb: str
    usage: str
    who: Who
    description: str
    examples: tuple[str, ...]


NOT_HERE = {
    "pull": "this is a pull request; commands are for the issues of gaps",
    "notice": "this issue shows a plan that waits; this command is for the issues of gaps",
    "other": "this issue belongs to no gap in a document",
}


def not_permitted(person: str, verbs: Sequence[str], everyone: Sequence[str], permission: str) -> tuple[str, str]:
    """Returns why somebody may not use verbs, and what they may."""
    takes, are = "takes" if len(verbs) == 1 else "take", "is" if len(everyone) == 1 else "are"
    message = f"{_listed(verbs)} {takes} {permission} access to this repository, and {code(person)} does not have it"
    return message, f"{_listed(everyone)} {are} for everyone"


def reply(parts: Iterable[str], mark: str) -> str:
    """Returns the one comment that answers a comment; the mark at its end names what it answers (16 hex digits)."""
    return "\n\n".join([*parts, f"<!-- gapkeeper:reply={mark} -->"]) + "\n"


def mark_of(comment: str) -> str | None:
    """Returns what a comment of ours answers, None where it is no answer; only a mark at the very end counts."""
    found = _MARK.search(comment)
    return found[1] if found else None


def refusal(comment: str, problems: Sequence[Problem], *, nothing_done: bool) -> str:
    """Returns what is wrong with the commands of a comment (in its normalised text), each with its line and a caret."""
    said = [_said(comment, problem) for problem in problems]
    return "\n\n".join(["Nothing was done.", *said] if nothing_done else said)


CONFLICT_WAITS = Problem(
    "conflict",
    "the document was changed too, and differently",
    0,
    hint="`/gap resolve file` or `/gap resolve issue` settles it",
)
NOT_WRITTEN = Problem("not-written", "nothing is written while a plan waits, or while the config or a document cannot be read", 0)


def half_done(problems: Sequence[Problem], *, issue_says: bool = True) -> str:
    """Returns what to say when the issue follows a command and its document cannot; or the document, and it was for it alone."""
    whys = [f"- {sentence(problem)}" for problem in problems]
    first = "This issue says so now; its document does not:" if issue_says else "The document was left as it is:"
    return "\n".join([first, "", *whys])


CANNOT_UNDO = {
    "issue": ("that this gap got its issue", "`/gap wontfix` closes both, `/gap unlink` parts them"),
    "path": ("that the entry went to another document", "move it back there by hand"),
    "present": ("that the entry left its document or came back", "change it there by hand"),
    "text": ("to the text of the entry, and only its document knows what stood there", "revert the commit that changed it"),
    "ticks": ("to the list of its tasks, and only its document knows what stood there", "revert the commit that changed it"),
}


def moved_on(step: Step, now: Value) -> str:
    """Returns which field of a change says something else meanwhile."""
    return f"the {step.field} is {_shown(step.field, now)} now and no longer {_shown(step.field, step.after)}"


def undone_reply(noted: Noted) -> str:
    """Returns what was taken back: whose change it was, and each field as it was and as it is again."""
    cause = noted.change.cause
    by = f" of {code(seen(cause.person))}" if cause.person else ""
    at = f" at {code(cause.commit[:7])}" if cause.commit else ""
    rows = [
        f"| {step.field} | {_bars(_shown(step.field, step.after))} | {_bars(_shown(step.field, step.before))} |"
        for step in noted.change.steps
        if step.field not in {"text", "path", "present", "issue"}
    ]
    head = f"The last change{by}{at} is taken back. `/gap undo` puts it back again."
    return "\n".join([head, "", "| Field | Was | Is again |", "|---|---|---|", *rows])


def _shown(field: str, value: Value) -> str:
    """Returns the value of a field for people."""
    match field, value:
        case _, None | () | "":
            return "none"
        case "state", str(state):
            return _STATES[State(state)]
        case "ticks", str(marks):
            return f"{marks.count('1')} of {len(marks)} done"
        case _, tuple(parts):
            return code(seen((" › " if field == "section" else ", ").join(parts)))
        case _:
            return code(seen(str(value)))


def refused_by_github(message: str) -> str:
    """Returns what to say when GitHub refused what a command asked for."""
    return f"GitHub refused it: {code(seen(message)[:200])}"


def not_assigned(logins: Sequence[str]) -> str:
    """Returns what to say of people who cannot be assigned."""
    return f"GitHub does not let {_listed(logins)} be assigned here."


def help_reply(usages: Sequence[Usage], slug: str) -> str:
    """Returns the list of all verbs."""
    return "\n".join(
        [
            f"Say one command a line, `/gap …` or `@{slug} …`, at most five in a comment:",
            "",
            verbs_table(usages),
            "",
            "`/gap help <verb>` says more of one. An edited comment runs only the commands it did not have before.",
        ]
    )


def verbs_table(usages: Iterable[Usage]) -> str:
    """Returns the verbs as a table."""
    rows = [f"| `/gap {_bars(usage.usage)}` | {_bars(usage.description)} | {usage.who} |" for usage in usages]
    return "\n".join(["| Command | What it does | Who |", "|---|---|---|", *rows])


def verb_help(usage: Usage) -> str:
    """Returns what there is to know of one verb."""
    examples = "\n".join(usage.examples)
    return f"**`/gap {usage.usage}`**, for {usage.who}\n\n{usage.description}\n\n```text\n{examples}\n```"


def status_reply(pair: Pair, *, waits: bool, conflict: bool) -> str:
    """Returns what is known of a gap: what both sides agreed on, and what is open between them."""
    base = pair.base
    section = f", section {_cell(' › '.join(pair.section))}" if pair.section else ""
    rows = [
        ("Gap", _cell(base.title)),
        ("Document", f"{_cell(pair.path)}{section}"),
        ("State", _STATES[base.state]),
        ("Priority", _cell(base.priority) if base.priority else "none"),
        ("Effort", _cell(base.effort) if base.effort else "none"),
    ]
    if base.ticks:
        rows.append(("Tasks", f"{sum(base.ticks)} of {len(base.ticks)} done"))
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    return f"{table}\n\n{_between(waits=waits, conflict=conflict)}"


def _between(*, waits: bool, conflict: bool) -> str:
    if conflict:
        return (
            "The document and this issue were changed differently. Settle it with `/gap resolve file` or `/gap resolve issue`, "
            "or by a box in the comment that shows both."
        )
    if waits:
        return "What was changed on this issue is not in the document yet: it waits in the pull request from `gapkeeper/sync`."
    return "The document and this issue say the same."


def plan_reply(plan: Plan) -> str:
    """Returns what a sync of everything would do."""
    rows = plan.rows
    steps = [
        f"| {row.action} | {_cell(row.title)} | {_cell(f'{row.path}:{row.line}')} | {row.number or ''} |"
        for row in rows[:_SHOWN_STEPS]
    ]
    parts = ["A sync would change nothing."] if not rows else [f"A sync would take {len(rows)} steps."]
    if plan.held:
        parts = [
            f"A sync would **{plan.held.what}**, more than the limit of {plan.held.limit}: it waits for `/gap approve {plan.held.digest}`."
        ]
    if steps:
        more = [f"\n… and {len(rows) - _SHOWN_STEPS} more."] if len(rows) > _SHOWN_STEPS else []
        parts.append("\n".join(["| Step | Gap | Where | Issue |", "|---|---|---|---|", *steps, *more]))
    if plan.problems:
        more = [f"- … and {len(plan.problems) - _SHOWN_PROBLEMS} more"] if len(plan.problems) > _SHOWN_PROBLEMS else []
        parts.append(
            "\n".join(["Problems:", "", *(f"- {sentence(problem)}" for problem in plan.problems[:_SHOWN_PROBLEMS]), *more])
        )
    return "\n\n".join(parts)


def no_plan(message: str) -> str:
    """Returns what to say where the repository cannot be read."""
    return f"No plan can be made: {code(seen(message)[:200])}"


def _said(comment: str, problem: Problem) -> str:
    """Returns a problem with the line it is about; one about several commands, or about nothing in the text, stands alone."""
    words = sentence(problem)
    if problem.span is None:
        return words
    start = comment.rfind("\n", 0, problem.span.start) + 1
    line = comment[start:].split("\n", 1)[0].rstrip()
    first, end = problem.span.start - start, problem.span.end - start
    indent = len(line) - len(line.lstrip())
    shown, first, end = seen(line[indent:]), first - indent, end - indent
    if len(shown) > _ECHO:
        shown, first, end = shown[: _ECHO - 1] + "…", min(first, _ECHO - 1), min(end, _ECHO)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", shown)), 3)
    return f"{fence}text\n{shown}\n{' ' * first}{'^' * max(1, end - first)}\n{fence}\n{words}"


def sentence(problem: Problem) -> str:
    """Returns a problem and its hint as sentences."""
    return " ".join(_full(part) for part in (problem.message, problem.hint) if part)


def _full(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?')) else '.'}"


def seen(text: str) -> str:
    """Returns a text with what cannot be seen in it made visible; as long as it was."""
    return "".join(" " if char == "\t" else "·" if unicodedata.category(char) in _HIDDEN else char for char in text)


def _cell(text: str) -> str:
    return _bars(code(seen(text)))


def _bars(text: str) -> str:
    """Returns a text for a table's cell, where a bar would end it (GFM tables)."""
    return text.replace("|", "\\|")


def _listed(words: Sequence[str]) -> str:
    shown = [code(word) for word in words]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
