"""Reads both sides of a repository for a sync: the documents at the head of its default branch, and what the store remembers.

As little as possible is asked of GitHub. Where the pushes name every file that changed since the last sync, only the changed
gap documents are read (one request each, none for other files); else the whole tree is, once, and the documents whose blob is
new. The issues are listed only when the store knows nothing of them, or when a creation's outcome is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core import config as config_rules
from bot.core.actions import Source
from bot.core.config import CONFIG_PATH, MAX_FILES, Config
from bot.core.errors import NotFound, Problem, Severity
from bot.core.events import Advance, Pushed, advanced
from bot.core.gaps.model import Document, ParseFailure
from bot.core.issue import recorded_pair
from bot.core.plan import View
from bot.core.triage import BASE_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.gaps.model import Reading
    from bot.core.issue import Seal
    from bot.core.names import BlobSha, CommitSha, DocumentPath
    from bot.core.pair import Pair
    from bot.github.auth import GitHubApp
    from bot.github.gateway import ReadGateway, Tree
    from bot.jobs.parsing import Parser
    from bot.store.records import RepositoryState
    from bot.store.store import Store

_FILE_MODES = frozenset({"100644", "100755"})
_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Both sides as they were read, and what to remember of the repository once the plan is done."""

    view: View
    state: RepositoryState


@dataclass(frozen=True, slots=True)
class _Files:
    """The gap documents: those that changed, with their bytes; and every one that exists, with its blob."""

    commit: CommitSha
    changed: Mapping[DocumentPath, bytes]
    blobs: Mapping[DocumentPath, BlobSha]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rules:
    """The config in force; `sound` is False while the file on the branch is not a valid one."""

    config: Config
    state: RepositoryState
    sound: bool = True
    problems: tuple[Problem, ...] = ()


class Gatherer:
    """Reads for one repository, through a client that cannot write."""

    def __init__(self, github: GitHubApp, reader: ReadGateway, store: Store, *, seal: Seal, web: str, parser: Parser) -> None:
        self._github = github
        self._reader = reader
        self._store = store
        self._seal = seal
        self._web = web
        self._parser = parser

    async def gather(self, state: RepositoryState, pushes: tuple[Pushed, ...]) -> Gathered:
        """Returns both sides; raises the GitHubError that kept it from reading one."""
        state, pairs = await self._remembered(state)
        advance = advanced(state.head, pushes)
        rules = _Rules(_last_good(state), state)
        if advance and self._named(advance, state, rules.config):
            files = await self._read_named(advance, state, rules.config)
        else:
            # Not where the pushes say it stands: an old delivery, replayed, must find what is there now (fault #18).
            commit = await self._reader.head(state.name, state.default_branch)
            rules, files = await self._read_tree(commit, state)
        readings = await self._parse(files.changed)
        view = View(
            repository=state.id,
            documents=tuple(r for r in readings if isinstance(r, Document)),
            failures=tuple(r for r in readings if isinstance(r, ParseFailure)),
            standing=frozenset(files.blobs) - {r.path for r in readings if isinstance(r, Document)},
            pairs=pairs,
            config=rules.config,
            sound=rules.sound,
            source=Source(f"{self._web}/{state.name}", files.commit),
            problems=(*rules.problems, *files.problems),
        )
        unread = {failure.path for failure in view.failures}
        blobs = {path: blob for path, blob in files.blobs.items() if path not in unread}
        kept = {path: blob for path, blob in state.documents.items() if path in unread}
        return Gathered(view, replace(rules.state, head=files.commit, documents={**blobs, **kept}))

    async def _remembered(self, state: RepositoryState) -> tuple[RepositoryState, tuple[Pair, ...]]:
        """Returns the recorded pairs, rebuilt from the markers of the issues where the store does not know them (I17, #44)."""
        intents = await self._store.intents(state.id)
        if state.known and not intents:
            return state, await self._store.pairs(state.id)
        issues = await self._reader.issues(state.name, label=BASE_LABEL)
        marked = [pair for issue in issues if (pair := recorded_pair(issue, self._seal))]
        if marked:
            login = f"{await self._github.slug()}[bot]"
            ours = {issue.number for issue in issues if issue.author == login}
            known = {pair.key for pair in await self._store.pairs(state.id)}
            for pair in marked:
                if pair.number in ours and pair.key not in known:
                    known.add(pair.key)
                    await self._store.save_pair(state.id, pair)
        state = replace(state, known=True)
        await self._store.save_repository(state)
        return state, await self._store.pairs(state.id)

    def _named(self, advance: Advance, state: RepositoryState, config: Config) -> bool:
        """Tells whether the pushes name all that changed, and all of it is a document whose mode we know."""
        if advance.paths is None or state.head is None or CONFIG_PATH in advance.paths:
            return False
        return all(path in state.documents for path in advance.paths if config.covers(path))

    async def _read_named(self, advance: Advance, state: RepositoryState, config: Config) -> _Files:
        """Read the documents that the pushes name, one request each; a document that is not there was deleted."""
        blobs = dict(state.documents)
        changed: dict[DocumentPath, bytes] = {}
        for path in sorted(path for path in advance.paths or () if config.covers(path)):
            try:
                file = await self._reader.file(state.name, path, advance.head)
            except NotFound:
                del blobs[path]
                continue
            if file.sha != blobs[path]:
                blobs[path] = file.sha
                changed[path] = file.data
        return _Files(advance.head, changed, blobs)

    async def _read_tree(self, commit: CommitSha, state: RepositoryState) -> tuple[_Rules, _Files]:
        """Read the whole tree, the config if it is new, and every document whose blob is."""
        tree = await self._reader.tree(state.name, commit)
        rules = await self._rules(tree, state)
        if tree.truncated:
            problem = _error("tree-truncated", "the repository is too large to be listed; its documents are not synced")
            return replace(rules, sound=False), _Files(commit, {}, state.documents, (problem,))
        blobs, problems = _documents(tree, rules.config)
        changed: dict[DocumentPath, bytes] = {}
        for path, blob in blobs.items():
            if state.documents.get(path) == blob:
                continue
            data = await self._reader.blob(state.name, blob)
            if data.startswith(_LFS):
                problems.append(_error("lfs-pointer", f"{path} is kept in Git LFS; only its pointer is in the tree"))
            else:
                changed[path] = data
        return rules, _Files(commit, changed, blobs, tuple(problems))

    async def _rules(self, tree: Tree, state: RepositoryState) -> _Rules:
        """Returns the config of the branch; the last good one, marked as not sound, where it cannot be read."""
        blob = next((e.sha for e in tree.entries if e.path == CONFIG_PATH and e.mode in _FILE_MODES), None)
        if blob is None:
            return _Rules(Config(), replace(state, config_sha=None, config_text=""))
        if blob == state.config_sha:
            return _Rules(_last_good(state), state)
        data = await self._reader.blob(state.name, blob)
        config = config_rules.parse(data)
        if isinstance(config, Config):
            return _Rules(config, replace(state, config_sha=blob, config_text=data.decode("utf-8-sig")))
        problems = tuple(replace(p, message=f"{CONFIG_PATH}: {p.message}") for p in config)
        return _Rules(_last_good(state), state, sound=False, problems=problems)

    async def _parse(self, files: Mapping[DocumentPath, bytes]) -> tuple[Reading, ...]:
        """Read away from the loop and within limits, so that no document keeps webhooks waiting."""
        return tuple([await self._parser.parse(path, data) for path, data in sorted(files.items())])


def _documents(tree: Tree, config: Config) -> tuple[dict[DocumentPath, BlobSha], list[Problem]]:
    """Returns the gap documents of a tree, and what keeps a file from being one (#68, #103)."""
    covered = sorted((e for e in tree.entries if config.covers(e.path)), key=lambda e: e.path)
    problems = [
        _error("not-a-file", f"{e.path} is a symbolic link or a submodule; it is not synced")
        for e in covered
        if e.mode not in _FILE_MODES
    ]
    files = [e for e in covered if e.mode in _FILE_MODES]
    if len(files) > MAX_FILES:
        problems.append(_error("too-many-files", f"`files` covers {len(files)} files; at most {MAX_FILES} are synced"))
    return {e.path: e.sha for e in files[:MAX_FILES]}, problems


def _last_good(state: RepositoryState) -> Config:
    config = config_rules.parse(state.config_text.encode())
    return config if isinstance(config, Config) else Config()


def _error(code: str, message: str) -> Problem:
    return Problem(code, message, 0, severity=Severity.ERROR)


def pushes_to(branch: str, events: Iterable[object]) -> tuple[Pushed, ...]:
    """Returns the pushes to a branch among the events."""
    return tuple(event for event in events if isinstance(event, Pushed) and event.branch == branch)
