"""What an author meant with entries that Markdown hides: right below an HTML tag, or in a quote.

CommonMark 0.31 §4.6 takes `<details>` and all lines below it, up to the next blank one, for HTML, and GitHub shows them as running
text. Its author forgot the blank line: where such lines hold a heading, a list or a table, the tags are blanked and the rest is read.
What stands in a quote was said elsewhere and is no entry (reliability.md #65); a task in one is reported all the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.fences import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_STRUCTURE = re.compile(r" {0,3}(?:#{1,6}[ \t]+\S|[-*+] +\S|\d{1,9}[.)] +\S|\|.*\|)")
_TAGS = re.compile(r"[ \t]*(?:</?(?:details|div|p|section|center|br|b|strong)(?:\s[^<>]*)?/?>[ \t]*)+$", re.IGNORECASE)
_SUMMARY = re.compile(r"[ \t]*(?:<details(?:\s[^<>]*)?>[ \t]*)?<summary\b.*</summary>[ \t]*$", re.IGNORECASE)
_OPENS = re.compile(r"[ \t]*<(?:details|div|p|section|center|summary)\b", re.IGNORECASE)
_TASK = re.compile(r" {0,3}>[> \t]*[-*+] \[[ xX]?\] ")


def unwrap(rows: list[str], tokens: Sequence[Token]) -> list[Finding]:
    """Blanks, in place, the tags right above entries, and returns what was found, in the order of lines."""
    findings: list[Finding] = []
    for token in tokens:
        if token.type != "html_block" or token.map is None or not _OPENS.match(rows[token.map[0]]):
            continue
        first, end = token.map
        hidden = next((i for i in range(first, end) if _STRUCTURE.match(rows[i])), None)
        if hidden is None:
            continue
        for i in range(first, end):
            if _TAGS.match(rows[i]) or _SUMMARY.match(rows[i]):
                rows[i] = ""
        findings.append(
            Finding("html-entries", "entries right below an HTML tag are shown as running text: a blank line lacks", hidden)
        )
    return findings


def quoted(rows: Sequence[str], tokens: Sequence[Token]) -> list[Finding]:
    """Returns the quotes that hold tasks, each with the line of the first."""
    findings: list[Finding] = []
    for token in tokens:
        if token.type == "blockquote_open" and token.level == 0 and token.map is not None:
            task = next((i for i in range(*token.map) if _TASK.match(rows[i])), None)
            if task is not None:
                findings.append(Finding("quoted-task", "a task in a quote is not tracked", task))
    return findings
