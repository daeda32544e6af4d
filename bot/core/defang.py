"""Makes the Markdown of a document harmless inside an issue: what must not notify, refer, close or hide there is taken apart.

Outside code: a mention is cut by an empty comment (it reads the same and notifies nobody), so is the number after a closing
keyword (docs.github.com: "Linking a pull request to an issue using a keyword"), and the author's comments are dropped.
Everywhere: words that imitate our own markers are broken. At the end every fence is closed, so that nothing swallows what
follows. The rest is left exactly as the author wrote it.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

_CUT = "<!-- -->"
_MENTION = re.compile(r"(?<!\w)(@|&#0*64;|&#[xX]0*40;|&commat;)(?=[A-Za-z0-9])")
_CLOSING = re.compile(
    r"\b((?:close|closes|closed|fix|fixes|fixed|resolve|resolves|resolved)\b:?\s+(?:[\w.-]+/[\w.-]+)?(?:#|GH-))(?=\d)",
    re.IGNORECASE,
)
_MARKER_WORD = re.compile(r"gapkeeper(?=:)", re.IGNORECASE)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.DOTALL)
_TAG = re.compile(r"<[A-Za-z/!?]")
_COMMENT_OPEN, _COMMENT_CLOSE = "<!--", "-->"
_SENTINEL = "gapkeeper-sentinel"
_WORD_JOINER = "\u2060"

_BLOCKS = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").disable("inline")


def defanged(markdown: str) -> str:
    """Returns the Markdown, safe to stand in an issue body and followed by anything."""
    broken = _MARKER_WORD.sub(lambda m: m[0] + _WORD_JOINER, markdown)
    plain = "\n".join(_without_comments(broken))
    return _closed("\n".join(_taken_apart(plain)))


def _without_comments(markdown: str) -> list[str]:
    """Returns the lines without the HTML comments that stand outside code; a line that held nothing else goes with them."""
    lines = markdown.split("\n")
    code = _code_lines(markdown)
    result: list[str] = []
    in_comment = False
    for number, line in enumerate(lines):
        if number in code and not in_comment:
            result.append(line)
            continue
        text, in_comment = _without_comment(line, in_comment=in_comment)
        if text.strip() or not line.strip():
            result.append(text)
    return result


def _code_lines(markdown: str) -> set[int]:
    code: set[int] = set()
    for token in _BLOCKS.parse(markdown):
        if token.type in {"fence", "code_block"} and token.map:
            code.update(range(*token.map))
    return code


def _without_comment(line: str, *, in_comment: bool) -> tuple[str, bool]:
    """Returns the line without HTML comments, and whether one stays open at its end; code spans are no comments."""
    kept: list[str] = []
    rest = line
    while rest:
        if in_comment:
            _, end, rest = rest.partition(_COMMENT_CLOSE)
            in_comment = not end
            continue
        span = _CODE_SPAN.search(rest)
        start = rest.find(_COMMENT_OPEN)
        if span and (start < 0 or span.start() < start):
            kept.append(rest[: span.end()])
            rest = rest[span.end() :]
        elif start >= 0:
            kept.append(rest[:start])
            rest = rest[start + len(_COMMENT_OPEN) :]
            in_comment = True
        else:
            kept.append(rest)
            break
    return "".join(kept), in_comment


def _taken_apart(markdown: str) -> list[str]:
    """Returns the lines with mentions and closing keywords cut, code excepted; paragraph by paragraph, as code spans go."""
    lines = markdown.split("\n")
    code = _code_lines(markdown)
    for token in _BLOCKS.parse(markdown):
        if token.type == "inline" and token.map:
            first, end = token.map
            lines[first:end] = _cut_outside_code("\n".join(lines[first:end])).split("\n")
            code.update(range(first, end))
    return [line if number in code else _cut(line) for number, line in enumerate(lines)]


def _cut_outside_code(text: str) -> str:
    """Returns a paragraph with all but its code spans cut; where it is not certain what is code, all of it."""
    parts: list[str] = []
    outside: list[str] = []
    position = 0
    for span in _CODE_SPAN.finditer(text):
        outside.append(text[position : span.start()])
        parts += [_cut(outside[-1]), span[0]]
        position = span.end()
    outside.append(text[position:])
    if "\\`" in text or any(_TAG.search(part) for part in outside):
        return _cut(text)
    return "".join([*parts, _cut(outside[-1])])


def _cut(text: str) -> str:
    return _CLOSING.sub(lambda m: m[0] + _CUT, _MENTION.sub(lambda m: m[0] + _CUT, text))


def _closed(markdown: str) -> str:
    """Returns the Markdown with its last fence closed; what cannot be closed is shown as plain text in a fence of its own."""
    if _ends(markdown):
        return markdown
    last = next((t for t in reversed(_BLOCKS.parse(markdown)) if t.type == "fence"), None)
    if last is not None:
        for closed in (
            f"{markdown}\n{last.markup}",
            f"{markdown}\n{' ' * 2}{last.markup}",
            f"{markdown}\n{' ' * 4}{last.markup}",
        ):
            if _ends(closed):
                return closed
    fence = "`" * (max((len(run) for run in re.findall(r"`+", markdown)), default=2) + 3)
    return f"{fence}markdown\n{markdown}\n{fence}"


def _ends(markdown: str) -> bool:
    """Tells whether a paragraph written after the Markdown would be a paragraph of its own, at the outermost level."""
    tokens = _BLOCKS.parse(f"{markdown}\n\n{_SENTINEL}\n")
    return any(t.type == "inline" and t.level == 1 and t.content == _SENTINEL for t in tokens)
