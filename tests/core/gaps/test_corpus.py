"""The corpus: each document in `tests/corpus/documents` is read into the model that stands beside it. A new case is a new pair of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.gaps.model import Document, State
from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath

if TYPE_CHECKING:
    from bot.core.gaps.model import Gap
    from bot.core.text import Span

CORPUS = Path(__file__).parents[2] / "corpus" / "documents"
SEEDS = Path(__file__).parents[4] / "shared" / "seeds"
SEED_COUNTS = {"dev-playbook": 15, "missing-items": 16, "tech-debt": 46, "backend-gap-analysis": 2, "documentation-gaps": 15}


def read(path: Path) -> Document:
    reading = parse(DocumentPath(f"docs/{path.name}"), path.read_bytes())
    assert isinstance(reading, Document)
    return reading


def model(document: Document) -> dict[str, Any]:
    def at(span: Span | None) -> str | None:
        return None if span is None else span.of(document.text)

    def said(gap: Gap) -> dict[str, Any]:
        return {
            "line": gap.line,
            "kind": gap.kind.value,
            "title": gap.title,
            "id": gap.id,
            "state": gap.state.value,
            "said": gap.state_source.value,
            "state_text": at(gap.state_span),
            "priority": gap.priority,
            "effort": gap.effort,
            "section": list(gap.section),
            "fields": {field.label: field.value for field in gap.fields},
            "tasks": [[task.line, task.text, task.done] for task in gap.tasks],
            "depends_on": list(gap.depends_on),
        }

    return {
        "gaps": [said(gap) for gap in document.gaps],
        "problems": [[problem.line, problem.code] for problem in document.problems],
    }


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.md")), ids=lambda path: path.stem)
def test_document_is_read_as_its_model_says(path: Path) -> None:
    assert model(read(path)) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not SEEDS.exists(), reason="the first users' documents are not beside the repository")
@pytest.mark.parametrize(("name", "count"), SEED_COUNTS.items(), ids=SEED_COUNTS)
def test_first_documents_have_every_gap(name: str, count: int) -> None:
    document = read(SEEDS / "docs" / f"{name}.md")
    gold = json.loads((SEEDS / "gold" / f"{name}.json").read_text(encoding="utf-8"))["items"]
    assert [gap.line for gap in document.gaps] == [item["line"] for item in gold]
    for gap, item in zip(document.gaps, gold, strict=True):
        assert gap.state in {State(item["state"]), *map(State, item.get("state_alt") or [])}
        assert (gap.priority or None) == (item.get("priority") or None)
    assert sum(not gap.state.closed for gap in document.gaps) == count
