"""Feeds the reader what a coverage-guided fuzzer finds (`just fuzz`); not part of the test suite, as atheris has few wheels.

The laws are those of tests/properties: nothing raises, spans lie in the text, no gap without a title. A find becomes a row there.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from bot.core.gaps.model import Document
    from bot.core.gaps.parse import explain
    from bot.core.lint import lint
    from bot.core.names import DocumentPath

PIECES = (
    *(
        "# Known gaps\n",
        "## ",
        "### GAP-1: ",
        "- [ ] ",
        "- [x] ",
        "  - [ ] ",
        "1. **",
        "**",
        "~~",
        "(DONE)",
        "✅",
        "‚úÖ",
        "\r\n",
        "\t",
    ),
    *(
        "**Status:** ",
        "Open",
        "Priority: P1\n",
        "| ID | Gap | Status |\n|--|--|--|\n",
        "| G-1 | a | open |\n",
        "```",
        "~~~",
        "> ",
    ),
    *("<!--", "-->", "\n\n", "[a](b.md)", "\\", "`", "：", "\ufeff", "\u2028", "---\n", "text ", "Depends on: #1"),
)


def read(data: bytes) -> None:
    """Read the bytes as they are, and a document made of pieces that mean something."""
    provider = atheris.FuzzedDataProvider(data)
    if provider.ConsumeBool():
        text = provider.ConsumeUnicodeNoSurrogates(2000)
    else:
        count = provider.ConsumeIntInRange(0, 60)
        text = "".join(PIECES[provider.ConsumeIntInRange(0, len(PIECES) - 1)] for _ in range(count))
    reading, remarks = explain(DocumentPath("GAPS.md"), text.encode())
    lint(reading, existing=frozenset())
    if isinstance(reading, Document):
        whole = len(text)
        assert all(gap.title for gap in reading.gaps)
        assert all(
            0 <= gap.span.start <= gap.title_span.start <= gap.title_span.end <= gap.span.end <= whole for gap in reading.gaps
        )
        assert [remark.line for remark in remarks if remark.taken] == sorted(gap.line for gap in reading.gaps)


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
