"""What the machine of `tests/properties/test_two_way.py` found, each as a plain story named after what must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.errors import GapkeeperError
from bot.sandbox import Fault
from tests.by_hand import ByHand, by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

GAPS = """# Known gaps

## Security

- [ ] [P1] Rotate the keys
  - Note: seen when the whole team met in early spring
  - [ ] inventory
- [ ] [P2] Limit the rate
- [ ] [P2] Hash the ids
"""


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[ByHand]:
    """A world in which the document was imported: #1 keys, #2 rate, #3 ids."""
    async with by_hand(tmp_path) as made:
        await made.push({"GAPS.md": GAPS})
        await made.sync()
        yield made


def text(hand: ByHand, path: str = "GAPS.md") -> str:
    return hand.repository.read(path).decode()


def labels(hand: ByHand, number: int) -> set[str]:
    return {label.name for label in hand.issues[number].labels}


async def test_i11_what_people_wrote_in_the_region_survives_a_move_of_the_gap(hand: ByHand):
    body = hand.issues[1].body or ""
    hand.repository.edit_issue(1, by="alice", body=body.replace("- [ ] inventory", "- [ ] inventory\n\nSomebody wrote in here."))
    await hand.push({"GAPS.md": None, "KNOWN_GAPS.md": GAPS})
    assert "Somebody wrote in here." in (hand.issues[1].body or "")
    assert "KNOWN_GAPS.md" in (hand.issues[1].body or "")


async def test_i2_a_second_label_of_a_family_is_what_a_person_wants_now(hand: ByHand):
    hand.repository.add_labels(2, ["priority: P0"], by="alice")
    await hand.push({"GAPS.md": GAPS.replace("Limit the rate", "Limit the rate of calls")})
    assert "- [ ] [P0] Limit the rate of calls\n" in text(hand)
    assert labels(hand, 2) == {"gap", "priority: P0"}


async def test_i4_a_newcomer_whose_entry_was_written_before_we_died_gets_no_second_issue(hand: ByHand):
    hand.repository.open_issue(title="Encrypt backups", body="Please.", by="alice", labels=["gap"])
    hand.api.faults.append(Fault("PATCH", r"/issues/4$", status=502))
    with pytest.raises(GapkeeperError):
        await hand.sync()
    assert "Encrypt backups" in text(hand)
    await hand.hooks.flush()
    hand.waiting = []
    hand.repository.edit_issue(4, by="alice", body="Please, soon.")
    await hand.push({"GAPS.md": text(hand) + "\nMore.\n"})
    assert hand.titles() == {"Rotate the keys": 1, "Limit the rate": 2, "Hash the ids": 3, "Encrypt backups": 4}
    assert text(hand).count("Encrypt backups") == 1
    assert (hand.issues[4].body or "").startswith("Please, soon.\n\n<!-- gapkeeper:begin")


async def test_fault_81_a_gap_that_is_taken_out_while_its_document_is_renamed_is_closed(hand: ByHand):
    await hand.push({"GAPS.md": None, "KNOWN_GAPS.md": GAPS.replace("- [ ] [P2] Limit the rate\n", "")})
    assert hand.titles() == {"Rotate the keys": 1, "Hash the ids": 3}
    assert len(hand.issues) == 3
