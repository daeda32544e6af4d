"""A document is pushed: its open gaps, and no others, become issues with the right labels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
"""The first users' documents, where this project is developed; they are data of others and no part of the repository."""

CHECKBOXES = """\
# Known gaps

## Priority levels

- **[P0]** - Critical: must be closed before the release
- **[P1]** - Important: should be closed soon

## Security

- [ ] [P0] Tokens never expire
- [x] [P0] Passwords are kept in the log
* [ ] [P1] Sessions survive a password change
  - [ ] end them on the server
  - [x] end them in the browser

## Reports

1. [ ] Export to CSV
"""

HEADINGS = """\
# Gap analysis

## 🔴 Critical gaps

### 1. Backups are never restored
Nobody has tried.

**Effort:** 2 days

### Gap 7: No alerts for a full disk
**Status:** In progress

## Nice to have

### 3. Dark mode
**Status:** Deferred

### 4. Keyboard shortcuts
**Status:** ✅ Done
"""

LISTS = """\
# Missing items

1. **Rate limits across instances** (Deferred)
   - Impact: medium
2. **Load tests** - nothing measures the limits
3. ~~**Load balancer**~~
"""

TABLE = """\
# Debt

| ID | Gap | Severity | Status |
|---|---|---|---|
| GAP-1 | Uploads have no size limit | High | Open |
| GAP-2 | Old API still served | Low | In progress |
| GAP-3 | No audit trail | High | Done |
"""

OWN: dict[str, tuple[str, dict[str, set[str]]]] = {
    "checkboxes": (
        CHECKBOXES,
        {
            "Tokens never expire": {"priority: P0"},
            "Sessions survive a password change": {"priority: P1"},
            "Export to CSV": {"needs triage"},
        },
    ),
    "headings": (
        HEADINGS,
        {
            "Backups are never restored": {"priority: critical", "effort: 2 days"},
            "No alerts for a full disk": {"priority: critical", "status: in progress"},
            "Dark mode": {"priority: nice to have", "status: deferred"},
        },
    ),
    "lists": (LISTS, {"Rate limits across instances": {"needs triage", "status: deferred"}, "Load tests": {"needs triage"}}),
    "table": (
        TABLE,
        {
            "Uploads have no size limit": {"priority: high"},
            "Old API still served": {"priority: low", "status: in progress"},
        },
    ),
}


@pytest.mark.parametrize(("text", "expected"), OWN.values(), ids=OWN.keys())
def test_open_gaps_become_issues(desk: Desk, text: str, expected: dict[str, set[str]]) -> None:
    desk.begin(text)
    assert {title: set(issue.labels) for title, issue in desk.issues.items()} == {
        title: {"gap", *labels} for title, labels in expected.items()
    }
    assert all(issue.open and issue.author == desk.world.access.bot for issue in desk.issues.values())


def test_labels_have_a_colour_and_a_description(desk: Desk) -> None:
    desk.begin(HEADINGS)
    ours = {name: label for name, label in desk.repository.labels().items() if name == "gap" or ": " in name}
    assert {"gap", "priority: critical", "effort: 2 days", "status: in progress", "status: deferred"} <= ours.keys()
    assert all(len(color) == 6 and description for color, description in ours.values())
    assert len({ours["gap"][0], ours["priority: critical"][0], ours["effort: 2 days"][0]}) == 3


def test_34_labels_that_exist_already_are_used_as_they_are(desk: Desk) -> None:
    desk.repository.open_issue("Somebody's own", "", ["gap", "priority: P0"])
    before = desk.repository.labels()
    desk.begin(CHECKBOXES)
    assert desk.issues["Tokens never expire"].labels == {"gap", "priority: P0"}
    assert {name: desk.repository.labels()[name] for name in before} == before


def test_the_body_says_what_the_document_says(desk: Desk) -> None:
    desk.begin(CHECKBOXES + "\n## Ops\n\n### Gap 9: Nobody is paged\nAsk @alice. Fixes #1.\n")
    tasks = desk.issues["Sessions survive a password change"].body
    assert "- [ ] end them on the server" in tasks
    assert "- [x] end them in the browser" in tasks
    assert "/blob/" in tasks
    assert f"/{GAPS}?plain=1#L" in tasks


@dataclass(frozen=True, slots=True)
class Seed:
    """One of the first users' documents: how many issues it must open, and its labels, made by hand."""

    name: str
    open: tuple[int, ...]

    @property
    def text(self) -> bytes:
        return (SEEDS / "docs" / f"{self.name}.md").read_bytes()

    @property
    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads((SEEDS / "gold" / f"{self.name}.json").read_text())["items"]
        return items


SEED_DOCUMENTS = (
    Seed("dev-playbook", (15,)),
    Seed("missing-items", (16,)),
    Seed("tech-debt", (46,)),
    Seed("backend-gap-analysis", (2, 3)),
    Seed("documentation-gaps", (15,)),
)


@pytest.mark.skipif(
    not (SEEDS / "docs" / "tech-debt.md").exists(), reason="the first users' documents do not lie beside the repository"
)
@pytest.mark.parametrize("seed", SEED_DOCUMENTS, ids=lambda seed: seed.name)
def test_a_users_document_opens_exactly_its_open_gaps(desk: Desk, seed: Seed) -> None:
    path = f"docs/{seed.name}.md"
    config = CONFIG.replace(GAPS, path)
    desk.push({CONFIG_PATH: config, path: seed.text})
    issues = desk.issues
    assert len(issues) in seed.open
    assert all(issue.open for issue in issues.values())
    unexpected = [
        (item["title"], sorted(issues[item["title"]].labels))
        for item in seed.items
        if item["title"] in issues and not _labels_fit(item, issues[item["title"]].labels)
    ]
    assert unexpected == []
    named = {item["title"] for item in seed.items} & issues.keys()
    assert len(named) >= 0.95 * len(issues), sorted(issues.keys() - named)

    with desk.nothing_written():
        desk.push({"README.md": "an unrelated change\n"})
        desk.push({path: seed.text, "notes.txt": "the same document, beside another file\n"})
        desk.redeliver_all(times=2)


def _labels_fit(item: dict[str, Any], labels: frozenset[str]) -> bool:
    """Tells whether the labels say what the gold labels say; where two readings of the state are fair, both are accepted."""
    word = item.get("priority")
    spoken = word.upper() if word and word[0] == "p" and word[1:].isdigit() else word
    priority = {f"priority: {spoken}"} if spoken else {"needs triage"}
    effort = {f"effort: {item['effort']}"} if item.get("effort") else set()
    if "effort" not in item:  # the labeller did not look at effort in this document
        effort = {label for label in labels if label.startswith("effort: ")}
    states = {item["state"], *(item.get("state_alt") or ())}
    status = {label.removeprefix("status: ").replace(" ", "_") for label in labels if label.startswith("status: ")} or {"open"}
    rest = {label for label in labels if not label.startswith("status: ")}
    return rest == {"gap"} | priority | effort and status <= states
