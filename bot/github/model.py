"""What GitHub tells, as values: what a delivery is about, a repository, its tree, a file. Issues are `bot.core.issue.Issue`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.names import (
        BlobSha,
        CommentId,
        CommitSha,
        DeliveryId,
        DocumentPath,
        InstallationId,
        IssueNumber,
        RepositoryId,
        RepositoryName,
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the receiver must know of a delivery before it is stored; None where the payload does not say."""

    event: str
    action: str | None
    repository: RepositoryId | None
    installation: InstallationId | None


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What GitHub says of a repository now; `id` is the only part that stays."""

    id: RepositoryId
    name: RepositoryName
    default_branch: str
    archived: bool
    fork: bool
    has_issues: bool
    private: bool
    html_url: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file, symbolic link (mode 120000) or submodule (160000, its `sha` is a commit) of a tree."""

    path: DocumentPath
    mode: str
    sha: BlobSha
    size: int | None


@dataclass(frozen=True, slots=True)
class Tree:
    """All entries of a commit but its directories; where `truncated`, an absent path means nothing."""

    entries: tuple[TreeEntry, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that we made: its own sha, the one before it, and the blob that it wrote."""

    sha: CommitSha
    parent: CommitSha | None
    blob: BlobSha


@dataclass(frozen=True, slots=True)
class Pull:
    """An open pull request."""

    number: IssueNumber
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class PullHead:
    """The commit that a pull request shows now, how many files it changes, and who opened it."""

    head: CommitSha
    open: bool
    files: int
    author: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run as far as it has come; `external` is the name that we gave it."""

    id: int
    external: str
    completed: bool
    annotations: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of an issue as it is now; `created_at` is GitHub's time, which edits leave alone."""

    id: CommentId
    author: str
    body: str
    created_at: str


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes, exactly, and the blob they are."""

    sha: BlobSha
    data: bytes


@dataclass(frozen=True, slots=True)
class Registration:
    """The App as it is registered at GitHub: what it may, and which events it hears."""

    slug: str
    permissions: Mapping[str, str]
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of GitHub to deliver something to the App; `at` is in seconds since 1970."""

    id: int
    guid: DeliveryId
    at: float
    reached: bool
