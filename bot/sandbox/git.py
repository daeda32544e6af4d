"""Git objects in memory, with the same SHA-1s that git gives them (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects).

It knows blobs, trees and commits; branches and who may move them belong to `bot.sandbox.code`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE, EXECUTABLE, SYMLINK, SUBMODULE, DIRECTORY = "100644", "100755", "120000", "160000", "040000"
ZERO = "0" * 40
"""Stands for "no commit" in a push."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a path names in a tree: a blob, another tree, or the commit of a submodule."""

    mode: str
    sha: str

    @property
    def type(self) -> str:
        """Git's word for the kind of object."""
        return {DIRECTORY: "tree", SUBMODULE: "commit"}.get(self.mode, "blob")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who wrote a commit, and the account behind it, if any."""

    name: str
    email: str
    login: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; `at` is in whole seconds, as git keeps it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature
    at: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The paths in which two trees differ, each list sorted."""

    added: tuple[str, ...]
    modified: tuple[str, ...]
    removed: tuple[str, ...]


def digest(kind: str, data: bytes) -> str:
    """Returns the name that git gives an object."""
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(data), data), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Objects:
    """The object store of one repository: it only grows, and an object is found under its hash."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, Entry]] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    _flat: dict[str, Mapping[str, Entry]] = field(default_factory=dict)

    def write_blob(self, data: bytes) -> str:
        """Stores the bytes and returns their SHA."""
        sha = digest("blob", data)
        self.blobs[sha] = data
        return sha

    def write_tree(self, files: Mapping[str, Entry]) -> str:
        """Stores the directories that hold these files, and returns the SHA of the topmost."""
        here: dict[str, Entry] = {}
        below: dict[str, dict[str, Entry]] = {}
        for path, entry in files.items():
            head, slash, rest = path.partition("/")
            if slash:
                below.setdefault(head, {})[rest] = entry
            else:
                here[head] = entry
        for name, inner in below.items():
            here[name] = Entry(DIRECTORY, self.write_tree(inner))
        sha = self._write_directory(here)
        self._flat.setdefault(sha, MappingProxyType(dict(sorted(files.items()))))
        return sha

    def _write_directory(self, entries: Mapping[str, Entry]) -> str:
        # Git orders a directory as if its name ended in a slash.
        names = sorted(entries, key=lambda name: _raw(name) + (b"/" if entries[name].mode == DIRECTORY else b""))
        data = b"".join(
            entries[n].mode.lstrip("0").encode() + b" " + _raw(n) + b"\0" + bytes.fromhex(entries[n].sha) for n in names
        )
        sha = digest("tree", data)
        self.trees[sha] = {name: entries[name] for name in names}
        return sha

    def files(self, tree: str) -> Mapping[str, Entry]:
        """Returns every file below a tree by its full path, sorted; submodules count as files."""
        found = self._flat.get(tree)
        if found is None:
            found = self._flat[tree] = MappingProxyType(dict(sorted(self._walk(tree, ""))))
        return found

    def _walk(self, tree: str, prefix: str) -> Iterator[tuple[str, Entry]]:
        for name, entry in self.trees[tree].items():
            if entry.mode == DIRECTORY:
                yield from self._walk(entry.sha, f"{prefix}{name}/")
            else:
                yield prefix + name, entry

    def write_commit(
        self, tree: str, parents: tuple[str, ...], message: str, *, author: Signature, committer: Signature, at: int
    ) -> Commit:
        """Stores a commit and returns it."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"{role} {who.name} <{who.email}> {at} +0000" for role, who in (("author", author), ("committer", committer))]
        sha = digest("commit", _raw("\n".join(lines) + "\n\n" + message))
        commit = Commit(sha, tree, parents, message, author, committer, at)
        self.commits[sha] = commit
        return commit

    def changes(self, before: str | None, after: str) -> Changes:
        """Returns what differs between two trees; `before` None stands for the empty tree."""
        old = self.files(before) if before else {}
        new = self.files(after)
        return Changes(
            added=tuple(path for path in new if path not in old),
            modified=tuple(path for path in new if path in old and old[path] != new[path]),
            removed=tuple(path for path in old if path not in new),
        )

    def history(self, head: str, *, without: str | None = None) -> tuple[Commit, ...]:
        """Returns the commits reachable from a head and not from another, newest first, each before its parents."""
        if (line := self._line(head, without)) is not None:
            return line
        hidden = {commit.sha for commit in self.history(without)} if without in self.commits else set()
        order: list[Commit] = []
        seen: set[str] = set()
        waiting = [(head, False)]
        while waiting:
            sha, finished = waiting.pop()
            if finished:
                order.append(self.commits[sha])
            elif sha not in seen and sha not in hidden:
                seen.add(sha)
                waiting.append((sha, True))
                waiting.extend((parent, False) for parent in self.commits[sha].parents)
        return tuple(reversed(order))

    def _line(self, head: str, without: str | None) -> tuple[Commit, ...] | None:
        """The same where a straight line of commits leads from one to the other, which is nearly always; else None."""
        found: list[Commit] = []
        sha = head
        while sha != without:
            commit = self.commits[sha]
            found.append(commit)
            if not commit.parents:
                return tuple(found) if without not in self.commits else None
            if len(commit.parents) > 1:
                return None
            sha = commit.parents[0]
        return tuple(found)

    def reaches(self, head: str, ancestor: str) -> bool:
        """Tells whether `ancestor` is `head` or one of the commits before it."""
        waiting, seen = [head], {head}
        while waiting:
            sha = waiting.pop()
            if sha == ancestor:
                return True
            fresh = [parent for parent in self.commits[sha].parents if parent not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return False

    def merge_base(self, one: str, other: str) -> str | None:
        """Returns the newest commit that both heads reach, None for unrelated histories."""
        reachable = {commit.sha for commit in self.history(other)}
        return next((commit.sha for commit in self.history(one) if commit.sha in reachable), None)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
