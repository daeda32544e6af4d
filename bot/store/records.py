"""The records that the store gives and takes, as plain values; their tables are in `tables.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.errors import Problem
    from bot.core.names import (
        BlobSha,
        CommitSha,
        DeliveryId,
        DocumentPath,
        InstallationId,
        IssueNumber,
        RepositoryId,
        RepositoryName,
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came in. The payload is kept as bytes: what it means is decided where it is handled."""

    id: DeliveryId
    event: str
    action: str | None
    repository: RepositoryId | None
    installation: InstallationId | None
    payload: bytes = field(repr=False)
    received: float


class Arrival(StrEnum):
    """What became of a delivery that was put into the store."""

    NEW = "new"
    REPEATED = "repeated"
    """Its GUID is known, and its job waits, runs or is done."""

    REQUEUED = "requeued"
    """Its GUID is known, but its job had failed: it gets another one."""

    FORGED = "forged"
    """Its GUID is known with another body; the first body is kept."""


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What is remembered of a repository. `config_text` is the last good one ("" = defaults); `labels` are in lower case.

    `notice` is the issue that shows a held plan; `known` tells whether its issues were listed once; `pending` are
    issues that people changed and whose documents do not say so yet.
    """

    id: RepositoryId
    name: RepositoryName
    installation: InstallationId
    default_branch: str
    head: CommitSha | None = None
    documents: Mapping[DocumentPath, BlobSha] = field(default_factory=lambda: MappingProxyType({}))
    config_sha: BlobSha | None = None
    config_text: str = ""
    labels: frozenset[str] = frozenset()
    notice: IssueNumber | None = None
    known: bool = False
    pending: frozenset[IssueNumber] = frozenset()


@dataclass(frozen=True, slots=True)
class Examined:
    """The problems of a document with this blob, and the commit in which they were found; without their places in its text."""

    blob: BlobSha
    commit: CommitSha
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What is remembered of a dashboard: its issue, when it was written last, how often it was made anew, and whether it is turned off.

    A `number` of None after it was `remade` says that people deleted it for good.
    """

    number: IssueNumber | None = None
    written: float = 0.0
    remade: int = 0
    off: bool = False
    examined: Mapping[DocumentPath, Examined] = field(default_factory=dict)
