"""Reads both sides of a repository for a sync: the documents at the head of its default branch, and what the store remembers.

As little as possible is asked of GitHub. Where the pushes name every file that changed since the last sync, only the changed
gap documents are read (one request each, none for other files); else the whole tree is, once, and the documents whose blob is
new. The issues are listed only when the store knows nothing of them, or when a creation's outcome is unknown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.core import config as config_rules
from bot.core.actions import Source
from bot.core.config import CONFIG_PATH, MAX_FILES, Config
from bot.core.errors import Gone, Moved, NotFound, Problem, Severity, Stale
from bot.core.events import Advance, Pushed, advanced
from bot.core.gaps.model import Document, ParseFailure
from bot.core.issue import agreed_since, recorded_pair
from bot.core.journal import Cause, Change, steps_of
from bot.core.plan import View
from bot.core.sides import Carried, differs
from bot.core.triage import BASE_LABEL, FAMILIES, UNLINKED, by_family, labels_of_base
from bot.jobs.labels import LabelMissing
from bot.jobs.verdict import renamed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.core.gaps.model import Reading
    from bot.core.issue import Issue, Seal
    from bot.core.names import BlobSha, CommitSha, DocumentPath, IssueNumber
    from bot.core.pair import Pair
    from bot.github.auth import GitHubApp
    from bot.github.gateway import ReadGateway, Tree
    from bot.jobs.parsing import Parser
    from bot.store.records import RepositoryState
    from bot.store.store import Store

FILE_MODES = frozenset({"100644", "100755"})
_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Both sides as they were read, and what to remember of the repository once the plan is done.

    `unlinked` are issues that people took our base label from, `linked` are those that were given it back.
    """

    view: View
    state: RepositoryState
    unlinked: tuple[tuple[Pair, Issue], ...] = ()
    linked: tuple[tuple[Pair, Issue], ...] = ()


@dataclass(frozen=True, slots=True)
class _Changed:
    """The issues that people changed, as they are now, all pairs, and those that were unlinked or linked again.

    In the `unnoted` documents stand gaps of which more was agreed than we knew: they are compared with that, changed or not.
    """

    issues: Mapping[IssueNumber, Issue]
    pairs: tuple[Pair, ...]
    unlinked: tuple[tuple[Pair, Issue], ...]
    linked: tuple[tuple[Pair, Issue], ...]
    unnoted: frozenset[DocumentPath]


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

    def __init__(
        self,
        github: GitHubApp,
        reader: ReadGateway,
        store: Store,
        *,
        seal: Seal,
        web: str,
        parser: Parser,
        newest: Mapping[IssueNumber, str] | None = None,
    ) -> None:
        """Read through `reader`; `newest` are the times of the last changes of issues that were delivered."""
        self._github = github
        self._reader = reader
        self._store = store
        self._seal = seal
        self._web = web
        self._parser = parser
        self._newest = newest or {}

    async def gather(
        self,
        state: RepositoryState,
        pushes: tuple[Pushed, ...],
        touched: Mapping[IssueNumber, Issue | None],
        *,
        whole: bool = False,
        every: bool = False,
        links: Mapping[IssueNumber, str] = MappingProxyType({}),
    ) -> Gathered:
        """Returns both sides; raises the GitHubError that kept it from reading one.

        `touched` are the issues that something happened to, as the payloads show them. With `whole` the documents are compared
        with those of the last sync, whatever the pushes say; with `every` all issues are, whatever the payloads say.
        """
        listed = await self._reader.issues(state.name, label=BASE_LABEL) if every else None
        state, pairs = await self._remembered(state, listed)
        if listed is not None:
            # An issue that lost our label is not in the list, nor is one that is gone: those are looked at one by one.
            unseen = dict.fromkeys(pair.number for pair in pairs if not pair.lost)
            touched = {**unseen, **{issue.number: issue for issue in listed}, **touched}
        # What was asked of an entry and is neither done nor refused is looked at in every sync, as what was proposed is.
        touched = {**touched, **dict.fromkeys(pair.number for pair in pairs if pair.asked and not pair.lost)}
        # So is what was being written into a document when we died: perhaps it arrived.
        carried = await self._store.carried(state.id)
        touched = {**touched, **dict.fromkeys(carried)}
        newcomers, pairs = await self._newcomers(state, pairs, touched, links, carried)
        changed = await self._changed_issues(state, pairs, touched, carried)
        issues, pairs = changed.issues, changed.pairs
        # Before something is added, all is looked at: its entry may stand somewhere already.
        rules, files = await self._files(state, pushes, whole=whole or bool(newcomers))
        home = _home(pairs, files) if newcomers else None
        wanted = {pair.path for pair in pairs if pair.number in issues} | ({home} if home else set())
        wanted |= set(files.blobs) if links else changed.unnoted
        files = await self._with_documents(files, state, wanted)
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
            issues=issues if rules.config.write_back != "off" else {},
            newcomers=tuple(n for n in newcomers if rules.config.write_back != "off" or n.number in links),
            links=links,
            carried={number: Carried(said, issues.get(number)) for number, said in carried.items()},
            home=home,
        )
        unread = {failure.path for failure in view.failures}
        blobs = {path: blob for path, blob in files.blobs.items() if path not in unread}
        kept = {path: blob for path, blob in state.documents.items() if path in unread}
        after = replace(rules.state, head=files.commit, documents={**blobs, **kept})
        return Gathered(view, after, changed.unlinked, changed.linked)

    async def titles(self, state: RepositoryState, numbers: Iterable[IssueNumber]) -> dict[IssueNumber, str]:
        """Returns the titles that issues bear now; those that are gone have none."""
        found: dict[IssueNumber, str] = {}
        for number in numbers:
            try:
                found[number] = (await self._reader.issue(state.name, number)).title
            except (Gone, Moved, NotFound):
                found[number] = ""
        return found

    async def _files(self, state: RepositoryState, pushes: tuple[Pushed, ...], *, whole: bool) -> tuple[_Rules, _Files]:
        """Returns what the pushes changed; without pushes nothing did, as far as we know."""
        rules = _Rules(last_good(state), state)
        if not pushes and not whole and state.head is not None:
            return rules, _Files(state.head, {}, state.documents)
        advance = None if whole else advanced(state.head, pushes)
        if advance and self._named(advance, state, rules.config):
            return rules, await self._read_named(advance, state, rules.config)
        # Not where the pushes say it stands: an old delivery, replayed, must find what is there now (fault #18).
        commit = await self._reader.head(state.name, state.default_branch)
        return await self._read_tree(commit, state)

    async def _changed_issues(
        self,
        state: RepositoryState,
        pairs: tuple[Pair, ...],
        touched: Mapping[IssueNumber, Issue | None],
        carried: Collection[IssueNumber],
    ) -> _Changed:
        """Returns the issues that people changed, read again, and the pairs without those whose issue is gone or was unlinked.

        What a payload shows just as it was agreed is an echo of our own writing and costs no request (I7).
        """
        defer_closes = last_good(state).on_defer == "close"
        issues: dict[IssueNumber, Issue] = {}
        unlinked: list[tuple[Pair, Issue]] = []
        linked: list[tuple[Pair, Issue]] = []
        unnoted: set[DocumentPath] = set()
        kept = list(pairs)
        for place, pair in enumerate(pairs):
            if pair.number not in touched:
                continue
            shown = touched[pair.number]
            noted = shown is None or agreed_since(pair, shown, self._seal) is None
            if noted and _says_nothing(shown, pair, defer_closes=defer_closes):
                continue
            issue = await self._issue_now(state, pair.number)
            if issue is None:
                kept[place] = replace(pair, lost=True)
                await self._store.save_pair(state.id, kept[place])
                continue
            if not _is_linked(issue):
                if not pair.lost and await self._reader.has_label(state.name, BASE_LABEL):
                    # Where the label itself is gone or has another name (#96), nobody meant this issue.
                    kept[place] = replace(pair, lost=True)
                    unlinked.append((kept[place], issue))
                    continue
            elif pair.lost:
                # The marker keeps what was agreed when the two parted; our record went on with the entry, to know it again.
                said = recorded_pair(issue, self._seal, login=await self._github.login())
                base = said.base if said is not None and said.key == pair.key else pair.base
                kept[place] = replace(pair, lost=False, base=base)
                linked.append((kept[place], issue))
            later = agreed_since(pair, issue, self._seal)
            if later is not None:
                kept[place] = replace(later, lost=kept[place].lost)
                unnoted.add(later.path)
                await self._store.save_pair(state.id, kept[place], Change(Cause(), steps_of(pair, kept[place])))
            await self._demand_labels(state, pair if pair.lost else kept[place], issue)
            if (
                kept[place].present
                and not kept[place].lost
                and (
                    pair.lost
                    or pair.asked
                    or pair.number in carried
                    or differs(issue, kept[place].base, defer_closes=defer_closes)
                )
            ):
                issues[issue.number] = issue
        return _Changed(issues, tuple(kept), tuple(unlinked), tuple(linked), frozenset(unnoted))

    async def _demand_labels(self, state: RepositoryState, pair: Pair, issue: Issue) -> None:
        """Raises LabelMissing where an issue lacks a label of ours that is gone itself: nobody took it from this issue (#96)."""
        if pair.lost:
            return  # what its entry says by now was never written to it
        said = by_family(issue.labels)
        for family, names in by_family(label.name for label in labels_of_base(pair.base)).items():
            if family in FAMILIES and family not in said and not await self._reader.has_label(state.name, names[0]):
                raise LabelMissing(f"issue {issue.number} lacks the label {names[0]}, which is gone")

    async def _issue_now(self, state: RepositoryState, number: IssueNumber) -> Issue | None:
        """Returns an issue as it is, None where it is gone.

        Raises Stale where it is older than what was delivered of it: a replica that lags behind answered (#51).
        """
        try:
            issue = await self._reader.issue(state.name, number)
        except (Gone, Moved) as gone:
            if renamed(gone, state.id):
                raise
            return None
        if issue.updated_at < self._newest.get(number, ""):
            raise Stale(f"issue {number} is shown as it was before its last delivery")
        return issue

    async def _newcomers(
        self,
        state: RepositoryState,
        pairs: tuple[Pair, ...],
        touched: Mapping[IssueNumber, Issue | None],
        links: Mapping[IssueNumber, str],
        carried: Collection[IssueNumber],
    ) -> tuple[tuple[Issue, ...], tuple[Pair, ...]]:
        """Returns the open issues with our base label that are no gap's yet: people want them in a document, or `links` to one in it.

        One that bears our marker is a gap's already, though we died before it was recorded here: it joins the pairs (I4).
        """
        known = {pair.number for pair in pairs} | {state.notice}
        keys = {pair.key for pair in pairs}
        found: list[Issue] = []
        for number, shown in touched.items():
            if number in known or (shown is not None and not _wanted(shown)):
                continue
            try:
                issue = await self._reader.issue(state.name, number)
            except (Gone, Moved, NotFound):
                continue
            login = await self._github.login()
            pair = recorded_pair(issue, self._seal, login=login)
            if pair is not None and pair.key not in keys:
                keys.add(pair.key)
                pairs = (*pairs, pair)
                await self._store.save_pair(state.id, pair)
            elif (_wanted(issue) and issue.author != login) or (number in links and issue.open):
                found.append(issue)
            elif number in carried and _is_linked(issue):
                # It was closed while its entry was being written, which perhaps is there.
                found.append(issue)
        return tuple(found), pairs

    async def _with_documents(self, files: _Files, state: RepositoryState, wanted: set[DocumentPath]) -> _Files:
        """Returns the files with the documents that are to be written into, as they are now.

        One that is not what we know of has moved on by a push that was not delivered yet, and its gaps may stand in documents that
        nobody would read now: Stale, so that all of them are (I9).
        """
        changed = dict(files.changed)
        for path in sorted((wanted - set(changed)) & set(files.blobs)):
            try:
                file = await self._reader.file(state.name, path, state.default_branch)
            except NotFound:
                raise Stale(f"{path} is gone") from None
            if file.sha != files.blobs[path]:
                raise Stale(f"{path} was changed meanwhile")
            changed[path] = file.data
        return replace(files, changed=changed)

    async def _remembered(
        self, state: RepositoryState, listed: tuple[Issue, ...] | None
    ) -> tuple[RepositoryState, tuple[Pair, ...]]:
        """Returns the recorded pairs, rebuilt from the markers of the issues where the store does not know them (I17, #44)."""
        intents = await self._store.intents(state.id)
        if state.known and not intents:
            return state, await self._store.pairs(state.id)
        issues = await self._reader.issues(state.name, label=BASE_LABEL) if listed is None else listed
        if issues:
            if not state.known:
                issues = (*issues, *await self._reader.issues(state.name, label=UNLINKED.name))
            login = await self._github.login()
            known = {pair.key for pair in await self._store.pairs(state.id)}
            for issue in issues:
                pair = recorded_pair(issue, self._seal, login=login)
                if pair is not None and pair.key not in known:
                    known.add(pair.key)
                    await self._store.save_pair(state.id, pair if _is_linked(issue) else replace(pair, lost=True))
        state = replace(state, known=True)
        await self._store.save_repository(state)
        return state, await self._store.pairs(state.id)

    def _named(self, advance: Advance, state: RepositoryState, config: Config) -> bool:
        """Tells whether the pushes name all that changed, and all of it is a document whose mode we know."""
        if CONFIG_PATH in advance.paths:
            return False
        return all(path in state.documents for path in advance.paths if config.covers(path))

    async def _read_named(self, advance: Advance, state: RepositoryState, config: Config) -> _Files:
        """Read the documents that the pushes name, one request each; a document that is not there was deleted."""
        blobs = dict(state.documents)
        changed: dict[DocumentPath, bytes] = {}
        for path in sorted(path for path in advance.paths if config.covers(path)):
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
        blob = next((e.sha for e in tree.entries if e.path == CONFIG_PATH and e.mode in FILE_MODES), None)
        if blob is None:
            return _Rules(Config(), replace(state, config_sha=None, config_text=""))
        if blob == state.config_sha:
            return _Rules(last_good(state), state)
        data = await self._reader.blob(state.name, blob)
        config = config_rules.parse(data)
        if isinstance(config, Config):
            return _Rules(config, replace(state, config_sha=blob, config_text=data.decode("utf-8-sig")))
        text = data.decode("utf-8", "replace")
        problems = tuple(replace(p, message=f"{CONFIG_PATH}{config_rules.place(p, text)}: {p.message}") for p in config)
        return _Rules(last_good(state), state, sound=False, problems=problems)

    async def _parse(self, files: Mapping[DocumentPath, bytes]) -> tuple[Reading, ...]:
        """Read away from the loop and within limits, so that no document keeps webhooks waiting."""
        return tuple([await self._parser.parse(path, data) for path, data in sorted(files.items())])


def _wanted(issue: Issue) -> bool:
    return issue.open and _is_linked(issue)


def _is_linked(issue: Issue) -> bool:
    return BASE_LABEL in {label.lower() for label in issue.labels}


def _says_nothing(shown: Issue | None, pair: Pair, *, defer_closes: bool) -> bool:
    """Tells whether what is shown of an issue, None where it must be looked at, asks nothing of its pair."""
    if shown is None:
        return not pair.present and not pair.lost
    if pair.lost or not _is_linked(shown):
        return pair.lost != _is_linked(shown)
    return not pair.present or not differs(shown, pair.base, defer_closes=defer_closes)


def _home(pairs: tuple[Pair, ...], files: _Files) -> DocumentPath | None:
    """Returns the document that new entries go to: the one with most gaps, the first of several."""
    counts = Counter(pair.path for pair in pairs if pair.present and pair.path in files.blobs)
    return max(sorted(files.blobs), key=lambda path: counts[path], default=None)


def _documents(tree: Tree, config: Config) -> tuple[dict[DocumentPath, BlobSha], list[Problem]]:
    """Returns the gap documents of a tree, and what keeps a file from being one (#68, #103)."""
    covered = sorted((e for e in tree.entries if config.covers(e.path)), key=lambda e: e.path)
    problems = [
        _error("not-a-file", f"{e.path} is a symbolic link or a submodule; it is not synced")
        for e in covered
        if e.mode not in FILE_MODES
    ]
    files = [e for e in covered if e.mode in FILE_MODES]
    if len(files) > MAX_FILES:
        problems.append(_error("too-many-files", f"`files` covers {len(files)} files; at most {MAX_FILES} are synced"))
    return {e.path: e.sha for e in files[:MAX_FILES]}, problems


def last_good(state: RepositoryState) -> Config:
    """Returns the config in force: the last valid one that was read."""
    config = config_rules.parse(state.config_text.encode())
    return config if isinstance(config, Config) else Config()


def _error(code: str, message: str) -> Problem:
    return Problem(code, message, 0, severity=Severity.ERROR)


def pushes_to(branch: str, events: Iterable[object]) -> tuple[Pushed, ...]:
    """Returns the pushes to a branch among the events."""
    return tuple(event for event in events if isinstance(event, Pushed) and event.branch == branch)
