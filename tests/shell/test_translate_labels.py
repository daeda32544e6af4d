"""Deliveries about labels as events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.events import LabelChanged
from bot.github.translate import event_of
from tests.shell.test_translate import JSON, ORIGIN, payload


def label(action: str, changes: object = None, **more: Any) -> Any:
    extra = {} if changes is None else {"changes": changes}
    return payload(action=action, label={"id": 5, "name": "urgent", "color": "ededed"} | more, **extra)


ROWS: dict[str, tuple[Any, LabelChanged | None]] = {
    "renamed": (label("edited", {"name": {"from": "priority: P0"}}), LabelChanged(ORIGIN, 5, "priority: P0")),
    "deleted": (label("deleted"), LabelChanged(ORIGIN, 5, "urgent")),
    "painted": (label("edited", {"color": {"from": "ffffff"}}), None),
    "edited without saying how": (label("edited"), None),
    "created": (label("created"), None),
    "without an id": (label("deleted", id=None), None),
    "without a name": (label("deleted", name=None), None),
}


@pytest.mark.parametrize(("delivery", "event"), ROWS.values(), ids=ROWS)
def test_a_label(delivery: Any, event: LabelChanged | None) -> None:
    assert event_of("label", delivery) == event


@given(st.sampled_from(["label", "changes", "action", "sender"]), JSON)
def test_fault_12_no_value_at_any_place_raises(place: str, value: object) -> None:
    event = event_of("label", label("edited", {"name": {"from": "x"}}) | {place: value})
    assert event is None or isinstance(event, LabelChanged)
