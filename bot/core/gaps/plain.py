"""Markdown of a single line as a reader sees it: without emphasis, links, code marks, comments and tags."""

from __future__ import annotations

import html
import re

_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\((?:[^()\s]|\([^()\s]{0,200}\)){0,500}(?:\s+\"[^\"]{0,200}\")?\)")
_REFERENCE = re.compile(r"\[([^\[\]]{1,200})\]\[[^\[\]]{0,100}\]")
_COMMENT = re.compile(r"<!--(?:(?!-->).){0,1000}-->", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>]{0,200})?/?>|<(https?://[^<>\s]{1,500})>")
_EMPHASIS = re.compile(r"\*\*|~~|__(?=\S)|(?<=\S)__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(`+)(.+?)\1(?!`)", re.DOTALL)


def plain(text: str) -> str:
    """Returns the visible text on one line."""
    parts: list[str] = []
    last = 0
    for code in _CODE.finditer(text):
        parts += [_prose(text[last : code.start()]), code[2].strip() or code[2]]
        last = code.end()
    parts.append(_prose(text[last:]))
    return " ".join("".join(parts).split())


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
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", text)
    return html.unescape(text) if "&" in text else text
