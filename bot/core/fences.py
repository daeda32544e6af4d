"""What the author of a broken code fence meant. CommonMark reads it otherwise, and whole chapters vanish into a code block.

Two faults are recovered, both only where a heading or a checkbox would be lost:

- An example that itself holds fences, closed too early. Its true last fence then *opens* a block, which swallows what follows up to
  the next example. Such an inverted block shows itself: it starts with a fence without a language and holds a fence with one.
  Its first line is taken as the end of the example above it.
- A fence that is never closed. It is taken to end before the first blank line that a heading or a checkbox follows.

The function blanks lines and so keeps every line number. CommonMark 0.31 §4.5 has the rules that are bent here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"(?P<indent> {0,3})(?P<run>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")
_STRUCTURE = re.compile(r" {0,3}(?:#{1,6}[ \t]|[-*+] \[[ xX]\] )")
_HEADING = re.compile(r" {0,3}#{2,6}[ \t]+\S")
_BOX = re.compile(r" {0,3}[-*+] \[[ xX]?\] ")


MAX_FINDINGS = 100
"""After so many broken fences the rest is read as CommonMark says: each costs a look at all that follows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fence that was read otherwise than CommonMark says, on a 0-based line."""

    code: str
    message: str
    line: int


@dataclass(frozen=True, slots=True)
class _Fence:
    line: int
    mark: str
    size: int
    info: str

    def closes(self, opener: _Fence) -> bool:
        return not self.info and self.mark == opener.mark and self.size >= opener.size


def recover(rows: list[str]) -> list[Finding]:
    """Blanks what broken fences would have hidden wrongly, in place, and returns what was found, in the order of lines."""
    fences = [
        _Fence(i, found["run"][0], len(found["run"]), found["info"].strip())
        for i, row in enumerate(rows)
        if ("```" in row or "~~~" in row) and (found := _FENCE.match(row))
    ]
    findings: list[Finding] = []
    example: tuple[int, int] | None = None
    at = 0
    while at < len(fences) and len(findings) < MAX_FINDINGS:
        opener = fences[at]
        close = next((k for k in range(at + 1, len(fences)) if fences[k].closes(opener)), None)
        inside = fences[at + 1 : close if close is not None else len(fences)]
        end = fences[close].line if close is not None else len(rows)
        if not opener.info and any(fence.info for fence in inside) and _swallows(rows, opener.line + 1, end):
            _blank(rows, example[1] + 1 if example else opener.line, opener.line + 1)
            findings.append(_inverted(opener, end))
            example = None
            at += 1
            continue
        if close is None or (opener.info and inside and not _is_markdown(opener)):
            stop = _meant_end(rows, opener.line + 1, inside[0].line if inside and opener.info else end)
            if stop is not None:
                _blank(rows, opener.line, stop)
                findings.append(_unclosed(opener))
                at = next((k for k in range(at + 1, len(fences)) if fences[k].line >= stop), len(fences))
                continue
        if close is None:
            break
        if _is_markdown(opener):
            example = (opener.line, end)
        at = close + 1
    return findings


def _is_markdown(fence: _Fence) -> bool:
    return fence.info.lower().split(" ", 1)[0] in {"markdown", "md", "mdx"}


def _inverted(opener: _Fence, end: int) -> Finding:
    message = f"this fence would open a code block down to line {end + 1}; it is read as the end of the example above it"
    return Finding("misnested-fence", message, opener.line)


def _unclosed(opener: _Fence) -> Finding:
    return Finding(
        "unclosed-fence", "this code fence is never closed; it is read as ending before the next heading or task", opener.line
    )


def _swallows(rows: list[str], first: int, end: int) -> bool:
    return any(_STRUCTURE.match(rows[i]) for i in range(first, end))


def _meant_end(rows: list[str], first: int, end: int) -> int | None:
    """Returns the line of the first heading or checkbox after a blank line, None where nothing would be lost."""
    for i in range(first + 1, end):
        if not rows[i - 1].strip() and (_HEADING.match(rows[i]) or _BOX.match(rows[i])):
            return i
    return None


def _blank(rows: list[str], first: int, end: int) -> None:
    rows[first:end] = [""] * (end - first)
