"""Keeps our labels: one that people renamed or deleted is known by its id, and mended before anything is concluded from it (#96).

An issue whose label is gone says nothing: nobody took its priority away. So a sync looks at the labels first where GitHub told of one
that changed, where everything is compared, and where an issue seems to lack one. That costs one request, however many labels changed.

- Renamed: it gets its name back, in one request for all its issues. Names are the bot's: what a name says is in the documents, and a
  word is changed on an issue, not on all of them at once.
- Deleted, or made anew by somebody: it is made if need be, and put back on the issues whose gaps have it, in one request each. The new
  id is remembered when all is done, so that a sync that was cut off does it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from bot.core.config import is_own
from bot.core.errors import Refused, Stale
from bot.core.triage import Label, labels_of_base

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.names import IssueNumber
    from bot.core.pair import Pair
    from bot.github.gateway import Gateway
    from bot.store.records import RepositoryState
    from bot.store.store import Store

log = structlog.get_logger()


class LabelMissing(Stale):
    """An issue lacks a label of ours because the label itself is gone, or has another name."""


@dataclass(slots=True)
class _Found:
    """What became of our labels: those that are there with their ids, those to be renamed back, and those to be put back."""

    kept: dict[str, int] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


async def mended(gateway: Gateway, store: Store, state: RepositoryState, told: Mapping[int, str]) -> RepositoryState:
    """Returns what is known of the repository once its labels are as they were; `told` are names of before, by id."""
    known = {before.lower(): number for number, before in told.items()} | await store.label_ids(state.id)
    pairs = [pair for pair in await store.pairs(state.id) if not pair.lost]
    wanted = {label.name.lower(): label for pair in pairs for label in labels_of_base(pair.base)}
    listed = await gateway.labels(state.name)
    found = _compared({*state.labels, *wanted, *filter(is_own, known)}, known, listed, wanted)
    for new, name in found.renamed.items():
        log.info("label renamed back", repository=state.name, label=name, was=new)
        await gateway.rename_label(state.name, new, wanted[name].name)
    if found.lost:
        await _put_back(gateway, state, {name: wanted[name] for name in found.lost}, pairs)
        now = {name.lower(): number for number, name in (await gateway.labels(state.name)).items()}
        found.kept.update({name: now[name] for name in found.lost if name in now})
    if found.kept != known:
        await store.note_labels(state.id, found.kept, all_of_them=True)
    state = replace(state, labels=frozenset(found.kept))
    await store.save_repository(state)
    return state


def _compared(names: set[str], known: Mapping[str, int], listed: Mapping[int, str], wanted: Mapping[str, Label]) -> _Found:
    """Returns what became of labels, by what was known of them and what is there now. One that no gap has is let go."""
    there = {name.lower(): number for number, name in listed.items()}
    found = _Found()
    for name in sorted(names):
        number, place = known.get(name), there.get(name)
        if place is not None and (number in {None, place} or name not in wanted):
            found.kept[name] = place
        elif name not in wanted:
            continue
        elif number is None or place is not None or number not in listed:
            found.lost.append(name)
        else:
            found.kept[name] = number
            found.renamed[listed[number]] = name
    return found


async def _put_back(gateway: Gateway, state: RepositoryState, lost: Mapping[str, Label], pairs: list[Pair]) -> None:
    """Make labels again, and put them on the issues whose gaps have them; each issue is asked of GitHub once at most."""
    carriers: dict[str, set[IssueNumber]] = {}
    for name, label in lost.items():
        log.info("label made again", repository=state.name, label=name)
        await gateway.create_label(state.name, label)
        carriers[name] = {issue.number for issue in await gateway.issues(state.name, label=label.name)}
    for pair in pairs:
        own = {label.name.lower() for label in labels_of_base(pair.base)}
        missing = [lost[name].name for name in sorted(own & set(lost)) if pair.number not in carriers[name]]
        if missing:
            try:
                await gateway.add_labels(state.name, pair.number, missing)
            except Refused as refused:  # an issue that is gone is found out where it is read
                log.info("label not put back", repository=state.name, number=pair.number, reason=refused.message)
