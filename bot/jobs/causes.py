"""Who was behind what a sync does, for the journal: whoever touched the issue, else whoever pushed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.core.events import CommentWritten, IssueChanged, Pushed
from bot.core.journal import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.events import Event
    from bot.core.names import DeliveryId, IssueNumber


@dataclass(frozen=True, slots=True)
class Causes:
    """The last cause of each issue that a person touched, that of the pushes, and the bots' that touched issues: perhaps we ourselves."""

    people: Mapping[IssueNumber, Cause] = field(default_factory=dict)
    pushes: Cause | None = None
    bots: Mapping[IssueNumber, Cause] = field(default_factory=dict)

    def of(self, number: IssueNumber) -> Cause:
        """Returns why something is changed about an issue."""
        return self.people.get(number) or self.pushes or self.bots.get(number) or Cause()


def causes_of(heard: Iterable[tuple[DeliveryId, Event]]) -> Causes:
    """Returns the causes among what was delivered."""
    people: dict[IssueNumber, Cause] = {}
    bots: dict[IssueNumber, Cause] = {}
    pushes = None
    for delivery, event in heard:
        sender = event.origin.sender
        match event:
            case IssueChanged(number=number) | CommentWritten(number=number):
                (bots if sender.endswith("[bot]") else people)[number] = Cause(sender, delivery)
            case Pushed():
                pushes = Cause(sender, delivery)
            case _:
                pass
    return Causes(people, pushes, bots)
