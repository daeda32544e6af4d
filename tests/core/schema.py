"""Writes docs/gapkeeper.schema.json anew, from the definition that the settings are read with: `just schema-update`."""

from __future__ import annotations

import json
from pathlib import Path

from bot.core.config import KEYS
from bot.core.shape import json_schema

ROOT = Path(__file__).parent.parent.parent
PATH = ROOT / "docs" / "gapkeeper.schema.json"


def written() -> str:
    """Returns what the file holds."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Gapkeeper: .github/gapkeeper.yml"}
    return json.dumps(head | json_schema(KEYS), indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
