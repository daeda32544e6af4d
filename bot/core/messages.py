"""Every word that Gapkeeper writes into issues, from values to Markdown.

What a document says is quoted only through `defanged`; names of files and sections only through `code`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.core.boxes import box, boxes_in, ticked_boxes
from bot.core.breaker import MOST, WINDOW
from bot.core.defang import defanged
from bot.core.gaps.model import Kind, State
from bot.core.issue import MAX_CONTENT, Region, shortened
from bot.core.merge import Side
from bot.core.pair import Wanting
from bot.core.triage import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.actions import EditDocument, Held, Row, Source
    from bot.core.gaps.model import Document, Gap
    from bot.core.inbound import Granted, Wish
    from bot.core.issue import Issue
    from bot.core.refusal import Refusal
    from bot.core.settle import Dispute

APPROVE = "approve:"
HELD_TITLE = "Gapkeeper: plan waiting"
HELD_LABEL = Label("gap: plan", "fbca04", "A plan of Gapkeeper that waits for a person")
_SHOWN_ROWS = 200
_QUESTION = re.compile(r"<!-- gapkeeper:question=([0-9a-f]{12}) -->")
_REFUSED = re.compile(r"<!-- gapkeeper:refused=([0-9a-f]{12}) -->")
_REFERENCE = re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE)
_LAST_RULE = re.compile(r"(?:^|\n\n)(?: {0,3})([-*_])(?:[ \t]*\1){2,}[ \t\n]*\Z")


def region_of_gap(gap: Gap, document: Document, source: Source) -> Region:
    """Returns what the issue of a gap says: the gap's detail, and below it where the document says so."""
    parts = [f"**{defanged(gap.title)}**"] if shortened(gap.title) != gap.title else []
    if gap.detail.strip():
        parts.append(defanged(_without_rule(gap.detail.strip("\n"))))
    elif gap.fields and gap.kind is Kind.TABLE:
        parts.append("\n".join(f"- **{defanged(field.label)}:** {defanged(field.value)}" for field in gap.fields if field.value))
    content = "\n\n".join(parts)
    if len(content) > MAX_CONTENT:
        content = defanged(content[:MAX_CONTENT].rpartition("\n")[0]) + "\n\n_… cut here: the rest stands in the document._"
    return Region(content.strip("\n"), _footer(gap, document, source))


def _without_rule(detail: str) -> str:
    """Returns the detail without the thematic break that parts it from the next gap (CommonMark 0.31 §4.1)."""
    return _LAST_RULE.sub("", detail)


def _footer(gap: Gap, document: Document, source: Source) -> str:
    """Returns one line that says where the gap stands, with a permalink where there is a commit to link to."""
    first = gap.line
    last = first + document.text.count("\n", gap.span.start, max(gap.span.start, gap.span.end - 1))
    lines = f"line {first}" if last == first else f"lines {first}–{last}"
    place = f"{code(document.path)}, {lines}"
    if source.url and source.commit:
        anchor = f"#L{first}" if last == first else f"#L{first}-L{last}"
        place = f"[{place}]({source.url}/blob/{source.commit}/{quote(document.path)}?plain=1{anchor})"
    section = f" in {code(' › '.join(gap.section))}" if gap.section else ""
    return f"<sub>From {place}{section}. Kept in step by Gapkeeper; write below this line, it will be left alone.</sub>"


def code(text: str) -> str:
    """Returns a text as inline code on one line, whatever back-ticks it holds."""
    line = " ".join(text.split())
    fence = "`"
    while fence in line:
        fence += "`"
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _cell(text: str) -> str:
    """Returns a text as code inside a table cell, where a bar would end the cell (GFM tables)."""
    return code(text).replace("|", "\\|")


def commit_subject(result: Granted) -> str:
    """Returns the first line of the commit that writes issues back: what changed, without a word that would close an issue (#71)."""
    if len(result.wishes) != 1:
        return f"gapkeeper: update {len(result.wishes)} gaps in {_flat(result.document.path)}"
    (wish,) = result.wishes
    title = _flat(wish.pair.base.title)
    quoted = f'"{title[:60].rstrip()}…"' if len(title) > 61 else f'"{title}"'
    return f"gapkeeper: {_deed(wish)} {quoted} (issue {wish.pair.number})"


def added_subject(issue: Issue) -> str:
    """Returns the first line of the commit that writes an issue down as a gap."""
    return f'gapkeeper: add "{_flat(issue.title)[:60].rstrip()}" (issue {issue.number})'


def _deed(wish: Wish) -> str:
    match wish.state:
        case State.DONE:
            return "close"
        case State.WONTFIX:
            return "decline"
        case State.DEFERRED:
            return "defer"
        case State.OPEN | State.IN_PROGRESS if wish.pair.base.state.closed:
            return "reopen"
        case _ if wish.title:
            return "rename"
        case _:
            deeds = {Wanting.MOVE: "move", Wanting.SPLIT: "split"}
            return next((deeds[asked.what] for asked in wish.asked if asked.what in deeds), "update")


def _flat(text: str) -> str:
    """Returns a text for a commit message: one line, without references, addresses and mentions."""
    plain = text.replace("#", "").replace("@", "").replace('"', "'").replace("://", " ")
    return " ".join(_REFERENCE.sub(r"\1 ", plain).split())


@dataclass(frozen=True, slots=True)
class PullText:
    """Title and body of a pull request."""

    title: str
    body: str


def proposal(edits: Sequence[EditDocument], reason: str) -> PullText:
    """Returns what the pull request with edits of documents says: fixed words, issue numbers without a closing keyword (#71)."""
    rows = [
        f"| {number} | {_cell(title)} | {_cell(f'{edit.path}:{line}')} |"
        for edit in edits
        for number, (line, title) in zip(edit.numbers, edit.lines, strict=True)
    ]
    body = [
        "People changed issues of gaps. These edits make the documents say the same; merging them is all there is to do.",
        f"Gapkeeper proposes them here because {reason}.",
        "",
        "| Issue | Gap | Where |",
        "|---|---|---|",
        *rows,
        "",
        "<sub>Gapkeeper updates this pull request when the issues change again. Closing it leaves the documents as they are.</sub>",
        "",
    ]
    return PullText("Write issues back into the gap documents", "\n".join(body))


def withdrawn_comment() -> str:
    """Returns the comment on a pull request of ours that is closed because its documents are right without it."""
    return "The documents and the issues say the same without these edits by now, so there is nothing left to merge here.\n"


def proposes(body: str, words: PullText) -> bool:
    """Tells whether the body of a pull request proposes the same already, for whatever reason it was first proposed."""
    return _rows(body) == _rows(words.body)


def _rows(body: str) -> list[str]:
    return [line.rstrip() for line in body.splitlines() if line.startswith("|")]


KEEP_FILE, KEEP_ISSUE = "keep-file", "keep-issue"


def conflict_comment(disputes: Sequence[Dispute], question: str) -> str:
    """Returns the one comment that shows a conflict: both versions, and a box for each side. `question` names what is in dispute."""
    rows = [f"| {_cell(d.field)} | {_cell(d.document or '—')} | {_cell(d.issue or '—')} |" for d in disputes]
    return "\n".join(
        [
            "The document and this issue were both changed since they last agreed, and differently. Nothing was overwritten.",
            "",
            "| Field | Document | Issue |",
            "|---|---|---|",
            *rows,
            "",
            "Tick one, or make both say the same:",
            "",
            box(KEEP_FILE, "keep file: the issue follows the document"),
            box(KEEP_ISSUE, "keep issue: the document follows the issue"),
            "",
            f"<!-- gapkeeper:question={question} -->",
            "",
        ]
    )


def refusal_comment(refusals: Sequence[Refusal], path: str, line: int) -> str:
    """Returns the one comment that says what its document could not take from an issue, why, and what can be done."""
    said = []
    for refusal in refusals:
        problem = refusal.problem
        said.append(f"- {code(refusal.field)} was to become {code(refusal.asked)}: {defanged(problem.message)}.")
        if refusal.section is not None:
            said.append(f"  Entries of this priority stand in {code(refusal.section)}: move it there by hand, or with")
            said.append(f"  {code(f'/gap move {refusal.section}')}.")
        elif problem.hint:
            said.append(f"  What helps: {defanged(problem.hint)}.")
    return "\n".join(
        [
            f"The document could not be made to say what this issue said ({code(f'{path}:{line}')}), so the issue says again",
            "what the document does.",
            "",
            *said,
            "",
            *(f"<!-- gapkeeper:refused={refusal.mark} -->" for refusal in refusals),
            "",
        ]
    )


def refused_in(comment: str) -> frozenset[str]:
    """Returns the marks of the refusals that a comment of ours tells of."""
    return frozenset(_REFUSED.findall(comment))


def flipping_comment() -> str:
    """Returns the one comment that says that a gap is left alone for a while."""
    minutes = round(WINDOW / 60)
    return (
        f"The document and this issue have gone back and forth more than {MOST} times within {minutes} minutes. It looks as if two\n"
        "programs disagree through Gapkeeper, so it leaves this gap alone for now. Nothing is lost: once it has been quiet for\n"
        "a while, the next change or check brings both sides together again.\n"
    )


def decided_in(comment: str) -> Side:
    """Returns which side a person ticked in the comment of a conflict; NEITHER for none, both, or another comment."""
    match sorted(ticked_boxes(comment) & {KEEP_FILE, KEEP_ISSUE}):
        case [name]:
            return Side.DOCUMENT if name == KEEP_FILE else Side.ISSUE
        case _:
            return Side.NEITHER


def question_in(comment: str) -> str | None:
    """Returns which conflict a comment of ours shows, None for any other comment."""
    found = _QUESTION.search(comment)
    return found[1] if found else None


def approved_in(notice: str) -> str | None:
    """Returns the digest of the plan that a person approved in the notice of a held plan."""
    return next((name.removeprefix(APPROVE) for name in sorted(ticked_boxes(notice)) if name.startswith(APPROVE)), None)


def offered_in(notice: str) -> str | None:
    """Returns the digest of the plan that the notice of a held plan shows."""
    return next((name.removeprefix(APPROVE) for name in boxes_in(notice) if name.startswith(APPROVE)), None)


def held_notice(held: Held, rows: Sequence[Row]) -> str:
    """Returns the body of the issue that says a plan is waiting: why, what it holds, and what to do."""
    shown = [
        f"| {row.action} | {code(row.title)} | {code(f'{row.path}:{row.line}') if row.path else ''} |"
        for row in rows[:_SHOWN_ROWS]
    ]
    more = [f"\n… and {len(rows) - _SHOWN_ROWS} more."] if len(rows) > _SHOWN_ROWS else []
    return "\n".join(
        [
            f"Gapkeeper has read the gap documents and would **{held.what}**: more than the limit of {held.limit}.",
            "It has written nothing, and will not before someone says so.",
            "",
            box(f"{APPROVE}{held.digest}", "approve this plan"),
            "",
            f"Or raise `limits.{held.key}` to {held.count} in `.github/gapkeeper.yml` on the default branch. If the plan changes before",
            "it is approved, the new one is shown here, and the tick is void.",
            "",
            "If the documents are not what you expected, correct them and push. This issue closes when nothing waits any more.",
            "",
            f"<details><summary>The plan: {len(rows)} steps</summary>",
            "",
            "| Step | Gap | Where |",
            "|---|---|---|",
            *shown,
            *more,
            "",
            "</details>",
            "",
            f"<sub>Plan {held.digest}.</sub>",
            "",
        ]
    )
