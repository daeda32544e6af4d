"""Markdown of a single line as a reader sees it: without emphasis, links, code marks, comments and tags."""

from __future__ import annotations

import html
import re
from functools import lru_cache

_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\((?:[^()\s]|\([^()\s]{0,200}\)){0,500}(?:\s+\"[^\"]{0,200}\")?\)")
_REFERENCE = re.compile(r"\[([^\[\]]{1,200})\]\[[^\[\]]{0,100}\]")
_COMMENT = re.compile(r"<!--(?:(?!-->).){0,1000}-->", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>]{0,200})?/?>|<(https?://[^<>\s]{1,500})>")
_EMPHASIS = re.compile(r"\*\*|~~|__(?=\S)|(?<=\S)__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")
_SPECIAL = re.compile(r"\\([!-/:-@\[-`{-~])|(`+)(.+?)\2(?!`)", re.DOTALL)
_SHIFT = 0xF0000
_SHIFTED = re.compile(f"[{chr(_SHIFT)}-{chr(_SHIFT + 0x7F)}]")


def plain(text: str) -> str:
    """Returns the visible text on one line."""
    return _short(text) if len(text) <= _SHORT else _plain(text)


def _plain(text: str) -> str:
    if "`" not in text and "\\" not in text:
        return " ".join(_prose(text).split())
    parts: list[str] = []
    prose: list[str] = []
    last = 0
    for found in _SPECIAL.finditer(text):
        prose.append(text[last : found.start()])
        last = found.end()
        if found[1]:
            # An escaped character is no markup: it waits out of reach (plane 15, private use) until the markup is gone.
            prose.append(chr(_SHIFT + ord(found[1])))
            continue
        parts += [_prose("".join(prose)), found[3].strip() or found[3]]
        prose = []
    parts.append(_prose("".join((*prose, text[last:]))))
    return " ".join("".join(parts).split())


_SHORT = 200
_short = lru_cache(maxsize=4096)(_plain)
"""Half of what is asked for was asked for before: labels, cells, the titles of headings."""


def _prose(text: str) -> str:
    if text.isalnum() or not text:
        return text
    text = _COMMENT.sub("", text)
    if "](" in text or "][" in text:
        text = _REFERENCE.sub(r"\1", _LINK.sub(r"\1", text))
    if "<" in text:
        text = _TAG.sub(lambda tag: tag[1] or "", text)
    if "*" in text or "_" in text or "~" in text:
        text = _EMPHASIS.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    return text if text.isascii() else _SHIFTED.sub(lambda held: chr(ord(held[0]) - _SHIFT), text)
