"""What a gap waits for, in writing: its field gets one more name or loses one; the first name comes as a field of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.edit.fieldline import field_line
from bot.core.edit.priority import without
from bot.core.edit.values import Proposal, SetDepends
from bot.core.gaps.model import Kind
from bot.core.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet


def proposals(sheet: Sheet, change: SetDepends) -> Iterator[Proposal]:
    """Yields the ways to name what a gap waits for; what else stands in the field stays."""
    gap = change.gap
    fresh = [name for name in change.names if name not in gap.depends_on]
    gone = [name for name in gap.depends_on if name not in change.names]
    if not fresh and not gone:
        yield Proposal(())
        return
    field = next(sheet.fields(gap, "depends"), None)
    if field is None:
        if gap.kind is not Kind.TABLE:
            for edit in field_line(sheet, gap, "depends", "Depends on", ", ".join(fresh)):
                yield Proposal((edit,))
        return
    if not change.names:
        yield from without(sheet, gap, field.value_span)
        return
    value = field.value_span.of(sheet.text) if gap.depends_on else ""
    for name in gone:
        value = re.sub(rf"(?:[,;]\s*)?{re.escape(name)}(?![\w-])", "", value, count=1).lstrip(",; ")
    yield Proposal((Edit(field.value_span, ", ".join([*([value] if value else []), *fresh])),))
    yield Proposal((Edit(field.value_span, ", ".join(change.names)),))
