"""People change issues, and exactly these characters change in the document: each dialect, each way to say that a gap is done.

Every act is taken back in the end, so that the document must come out as it went in, byte for byte.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS
from tests.frontdoor.splices import splices
from tests.frontdoor.test_import import SEED_DOCUMENTS, SEEDS
from tests.frontdoor.world import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.frontdoor.desk import Desk
    from tests.frontdoor.world import IssueView

Splices = list[tuple[int, str, str]]
"""Line, text that went, text that came."""


@dataclass(frozen=True, slots=True)
class Story:
    """A document, one of its gaps, and what becomes of the document when people close the issue, decline it, or edit it.

    An edit is a new title, a new priority label where the gap has a priority, and a tick where it has a task: all at once.
    """

    text: str
    gap: str
    closed: Splices
    declined: Splices
    edited: Splices
    label: str | None = None
    task: str | None = None


STORIES = {
    "checkboxes": Story(
        """\
# Known gaps

- [ ] [P0] Tokens never expire
  - [ ] choose a lifetime
  - [x] ask the vendor

  They live for years.
* [ ] [P1] Sessions survive
1. [x] Export to CSV
""",
        "Tokens never expire",
        closed=[(3, " ", "x")],
        declined=[(3, " ", "x"), (3, "", " (Won't fix)")],
        edited=[(3, "P0", "P1"), (3, "", " at all"), (4, " ", "x")],
        label="priority: P1",
        task="choose a lifetime",
    ),
    "tabs, CRLF, capital X, no end of the last line": Story(
        "# Debt\r\n\r\n*\t[ ]\t[P1] Uploads have no limit\r\n\t- [ ] ask the users\r\n*\t[X]\t[P1] Old API still served",
        "Uploads have no limit",
        closed=[(3, " ", "X")],
        declined=[(3, " ", "X"), (3, "", " (Won't fix)")],
        edited=[(3, "P1", "P2"), (3, "", " at all"), (4, " ", "X")],
        label="priority: P2",
        task="ask the users",
    ),
    "a field in the document's own words, after a byte order mark": Story(
        """\
\ufeff# Gaps

## Gap 1: Tokens never expire

**Status:** ❌ Missing
**Priority:** High

They live for years.

## Gap 2: No paging

**Status:** ✅ Implemented
**Priority:** Low
""",
        "Tokens never expire",
        closed=[(5, "❌", "✅"), (5, "Missing", "Implemented")],
        declined=[(5, "❌", "🚫"), (5, "Missing", "Won't fix")],
        edited=[(3, "", " at all"), (6, "High", "Critical")],
        label="priority: critical",
    ),
    "a field in a list": Story(
        """\
# Gaps

### 1. Tokens never expire

- **Status**: Open
- **Severity**: High
- [ ] choose a lifetime

### 2. No paging

- **Status**: Resolved
- **Severity**: Low
""",
        "Tokens never expire",
        closed=[(5, "Open", "Resolved")],
        declined=[(5, "Open", "Won't fix")],
        edited=[(3, "", " at all"), (6, "High", "Low"), (7, " ", "x")],
        label="priority: low",
        task="choose a lifetime",
    ),
    "headings without a state": Story(
        """\
# Gap analysis

## 🔴 Critical gaps

### 1. Backups are never restored
Nobody has tried.

**Effort:** 2 days

### 2. No alerts
**Effort:** 1 day
""",
        "Backups are never restored",
        closed=[(10, "", "**Status:** ✅ Done\n\n")],
        declined=[(10, "", "**Status:** 🚫 Won't fix\n\n")],
        edited=[(5, "", " at all")],
    ),
    "an emoji behind the heading": Story(
        "# Gaps\n\n## GAP-001 — Tokens never expire ❌\n\nFor years.\n\n## GAP-002 — No paging ✅\n\nSlow.\n",
        "Tokens never expire",
        closed=[(3, "❌", "✅")],
        declined=[(3, "❌", "🚫")],
        edited=[(3, "", "at all ")],
    ),
    "a suffix": Story(
        """\
# Missing items

1. **Rate limits** (Not included)
   - Impact: medium
2. **Load tests** (COMPLETED)
   - Impact: low
3. **Paging** (Deferred)
""",
        "Rate limits",
        closed=[(3, "Not included", "COMPLETED")],
        declined=[(3, "Not", "Won't"), (3, "included", "fix")],
        edited=[(3, "", " at all")],
    ),
    "struck through": Story(
        "# Missing items\n\n- **Rate limits** - nothing measures\n- ~~**Load balancer**~~\n- **Paging** - slow\n",
        "Rate limits",
        closed=[(3, "", "~~"), (3, "", "~~")],
        declined=[(3, "", "(Won't fix) ")],
        edited=[(3, "", " [P2]"), (3, "", " at all")],
        label="priority: P2",
    ),
    "an emoji before the entry": Story(
        "# Gaps\n\n- ❌ **Rate limits** - nothing measures\n- ✅ **Load balancer** - is there\n- ❌ **Paging** - slow\n",
        "Rate limits",
        closed=[(3, "❌", "✅")],
        declined=[(3, "❌", "🚫")],
        edited=[(3, "", " at all")],
    ),
    "a table": Story(
        """\
# Debt

| ID | Gap | Severity | Status |
|---|---|---|---|
| GAP-1 | Uploads have no limit | High | Open |
| GAP-2 | Old API still served | Low | In progress |
| GAP-3 | No audit trail | High | Done |
""",
        "Uploads have no limit",
        closed=[(5, "Open", "Done")],
        declined=[(5, "Open", "Won't fix")],
        edited=[(5, "", "at all "), (5, "High", "Low")],
        label="priority: low",
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_exactly_these_characters_change_and_come_back(desk: Desk, story: Story) -> None:
    desk.begin(story.text)
    number = desk.numbers[story.gap]
    issue = desk.issue(number)
    original = story.text.encode()

    with committed(desk, original, story.closed):
        desk.edit_issue(number, state="closed", state_reason="completed")
    with committed(desk, original):
        desk.edit_issue(number, state="open")
    with committed(desk, original, story.declined):
        desk.edit_issue(number, state="closed", state_reason="not_planned")
    with committed(desk, original):
        desk.edit_issue(number, state="open")
    with committed(desk, original, story.edited):
        labels = relabelled(issue, story.label)
        body = ticked(desk.issue(number).body, story.task)
        desk.edit_issue(number, title=f"{story.gap} at all", labels=labels, body=body)
    with committed(desk, original):
        body = ticked(desk.issue(number).body, story.task, back=True)
        desk.edit_issue(number, title=story.gap, labels=sorted(issue.labels), body=body)

    desk.assert_agreed()
    assert desk.text == original
    assert desk.issue(number).labels == issue.labels


@dataclass(frozen=True, slots=True)
class Act:
    """An act on the issue of the gap on a line of a user's document, and what it does to the document."""

    line: int
    expected: Splices
    label: str | None = None
    title: str | None = None


USERS: dict[str, tuple[Act, ...]] = {
    "tech-debt": (
        Act(13, [(13, " ", "x")]),
        Act(14, [(14, "P0", "P2")], label="priority: P2"),
        Act(17, [(17, "", " soon")], title="soon"),
    ),
    "missing-items": (
        Act(12, [(14, "", "   - **Status**: ✅ COMPLETE\n")]),
        Act(54, [(54, "Deferred", "COMPLETED")]),
        Act(62, [(62, "Not Included", "COMPLETED")]),
        Act(98, [(98, "Partially Complete", "COMPLETED")]),
        Act(98, [(98, "", " soon")], title="soon"),
    ),
    "dev-playbook": (Act(11, [(23, "", "\n**Status:** ✅ Done\n")]), Act(26, [(26, "", " soon")], title="soon")),
    "backend-gap-analysis": (Act(220, [(222, "", "**Status:** ✅ Done\n")]), Act(247, [(247, "", " soon")], title="soon")),
    "documentation-gaps": (
        Act(74, [(76, "‚ùå", "✅"), (76, "MISSING", "DONE")]),
        Act(239, [(241, "‚ö†Ô∏è", "✅"), (241, "INCOMPLETE", "DONE")]),
        Act(140, [(143, "CRITICAL", "HIGH")], label="priority: high"),
        Act(140, [(140, "", "soon ")], title="soon"),
    ),
}


@pytest.mark.skipif(
    not (SEEDS / "docs" / "tech-debt.md").exists(), reason="the first users' documents do not lie beside the repository"
)
@pytest.mark.parametrize(("name", "acts"), USERS.items(), ids=USERS.keys())
def test_in_a_users_document_exactly_these_characters_change(desk: Desk, name: str, acts: tuple[Act, ...]) -> None:
    """One issue of each way to say a state is closed and opened again; others get a priority or a title, and lose it again."""
    seed = next(seed for seed in SEED_DOCUMENTS if seed.name == name)
    titles = {item["line"]: item["title"] for item in seed.items}
    desk.begin(seed.text)
    issues = desk.issues
    for act in acts:
        issue = issues[titles[act.line]]
        state = "open" if act.label or act.title else "closed"
        title = f"{issue.title} {act.title}" if act.title else issue.title
        with committed(desk, seed.text, act.expected):
            desk.edit_issue(issue.number, state=state, title=title, labels=relabelled(issue, act.label))
        with committed(desk, seed.text):
            labels = sorted(issue.labels) if act.label else sorted(desk.issue(issue.number).labels)
            desk.edit_issue(issue.number, state="open", title=issue.title, labels=labels)

    desk.assert_agreed()
    assert desk.text == seed.text


def test_a_priority_that_is_the_sections_is_not_moved(desk: Desk) -> None:
    story = STORIES["headings without a state"]
    desk.begin(story.text)
    issue = desk.issues[story.gap]
    with desk.watched() as calls:
        desk.edit_issue(issue.number, labels=relabelled(issue, "priority: low"))
    assert [call for call in calls if call.method == "PUT"] == []
    desk.assert_agreed()
    assert desk.text == story.text.encode()
    assert desk.issue(issue.number).labels == issue.labels
    [comment] = desk.repository.comments(issue.number)
    assert "`priority` was to become `low`" in comment.body
    assert comment.author == desk.world.access.bot


@pytest.mark.parametrize("mode", ["100644", "100755"])
def test_the_mode_of_the_file_stays(desk: Desk, mode: str) -> None:
    text = "# Gaps\n\n- [ ] No paging\n"
    desk.repository.push({CONFIG_PATH: CONFIG, GAPS: text}, branch=MAIN, modes={GAPS: mode})
    desk.settle()
    with committed(desk, text.encode(), [(3, " ", "x")]):
        desk.edit_issue(desk.numbers["No paging"], state="closed")
    assert desk.repository.mode(GAPS) == mode


@contextmanager
def committed(desk: Desk, original: bytes, expected: Splices | None = None) -> Iterator[None]:
    """Asserts that the bot makes one commit in the block, after which the document differs from the original just so.

    Beside the commit it may record once on the issue what is agreed now; the push that its commit causes writes nothing.
    """
    with desk.watched() as calls:
        yield
    assert splices(original, desk.text) == (expected or [])
    writes = [call.method for call in calls if call.writes and not call.path.endswith("/labels")]
    assert writes in (["PUT"], ["PUT", "PATCH"])


def relabelled(issue: IssueView, label: str | None) -> list[str]:
    """Returns the issue's labels with this one in place of its family."""
    if label is None:
        return sorted(issue.labels)
    family = label.partition(":")[0]
    return [*sorted(name for name in issue.labels if not name.startswith(f"{family}:")), label]


def ticked(body: str, task: str | None, *, back: bool = False) -> str:
    """Returns the body with a task ticked, or with the tick taken back."""
    if task is None:
        return body
    old, new = ("xX", " ") if back else (" ", "x")
    changed, count = re.subn(rf"\[[{old}]\] {re.escape(task)}", f"[{new}] {task}", body)
    assert count == 1
    return changed
