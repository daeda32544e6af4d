"""`python -m tests.core.gaps`: write the models of the corpus anew, as the reader reads its documents now; review the diff."""

from __future__ import annotations

import json
from typing import Any

from tests.core.gaps.test_corpus import CORPUS, model, read


def lines(rows: list[Any]) -> str:
    """Returns a list with one row a line, so that a diff names the gap."""
    return "[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n ]" if rows else "[]"


for document in sorted(CORPUS.glob("*.md")):
    said = model(read(document))
    text = f'{{\n "gaps": {lines(said["gaps"])},\n "problems": {json.dumps(said["problems"])}\n}}\n'
    document.with_suffix(".json").write_text(text, encoding="utf-8")
