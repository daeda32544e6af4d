"""Calls on the wire, beside those for tokens: a sync reads and writes what it must, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk
    from tests.frontdoor.world import CallView

LINES = [f"- [ ] [P1] Gap about subject {number}" for number in range(100)]


def document(lines: list[str]) -> str:
    return "\n".join(["# Known gaps", "", *lines, ""])


def test_the_import_of_100_gaps_and_a_change_of_one(desk: Desk) -> None:
    with desk.watched() as calls:
        desk.push({CONFIG_PATH: CONFIG, GAPS: document(LINES)})
    assert len(desk.repository.issues()) == 100
    assert len(calls) <= 110, _told(calls)

    with desk.watched() as calls:
        desk.write(document([*LINES[:50], LINES[50].replace("[ ]", "[x]"), *LINES[51:]]))
    assert desk.states["Gap about subject 50"] == "completed"
    assert len(calls) <= 3, _told(calls)

    with desk.watched() as calls:
        desk.push({"src/main.py": "print()\n"})
    assert calls == [], _told(calls)


def _told(calls: list[CallView]) -> str:
    return "\n".join(f"{call.method} {call.path} {call.status}" for call in calls)
