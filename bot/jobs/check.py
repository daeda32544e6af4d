"""The check run of a pull request: what it changes is read at its head, from the base repository, and reported on that commit.

A fork's commits can be read there too, and nothing is asked of, or written to, the fork. Which files are gap documents, and whether there
is a check at all, is said by the settings of the default branch (#98). What was cut off is done again: a check run is found by its
name and goes on after the annotations that it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.core.checks import (
    CHECK_NAME,
    MAX_DOCUMENTS,
    MAX_PULL_FILES,
    Looked,
    looked_at,
    not_read,
    report,
    settings_looked_at,
    with_lint,
)
from bot.core.config import CONFIG_PATH, Config, parse
from bot.core.config import MAX_BYTES as MAX_CONFIG
from bot.core.errors import NotFound, Refused
from bot.core.gaps.parse import MAX_BYTES
from bot.core.names import DocumentPath
from bot.jobs.gather import FILE_MODES, last_good
from bot.jobs.parsing import Parser
from bot.jobs.verdict import renamed

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.core.events import CheckWanted
    from bot.github.auth import GitHubApp
    from bot.github.gateway import ReadGateway, Tree, TreeEntry
    from bot.github.model import PullHead
    from bot.store.records import RepositoryState

log = structlog.get_logger(__name__)


class Checker:
    """Checks pull requests; close it at the end."""

    def __init__(self, github: GitHubApp) -> None:
        """Read documents in a process of its own, as the sync does."""
        self._github = github
        self._parser = Parser(with_lint)

    async def aclose(self) -> None:
        """End the process that reads large documents."""
        await self._parser.aclose()

    async def check(self, state: RepositoryState, wanted: CheckWanted) -> None:
        """Report on a pull request; where GitHub refuses that (a permission that is not given yet), nothing else suffers from it."""
        try:
            await self._check(state, wanted)
        except Refused as refused:
            if renamed(refused, state.id):
                raise
            log.warning("no check run", repository=state.name, pull=wanted.number, reason=refused.message)

    async def _check(self, state: RepositoryState, wanted: CheckWanted) -> None:
        reader = self._github.reader(state.installation)
        config = await _config(reader, state)
        if not config.check:
            return
        pull = await reader.pull_head(state.name, wanted.number)
        if not pull.open:
            return
        paths = await reader.pull_files(state.name, wanted.number)
        touched = sorted({path for path in paths if path == CONFIG_PATH or config.covers(path)})
        # What we propose ourselves was read again before it was written.
        if not (touched or pull.files > MAX_PULL_FILES) or pull.author == await self._github.login():
            return
        found = [run for run in await reader.check_runs(state.name, pull.head, CHECK_NAME) if run.external == wanted.name]
        if any(run.completed for run in found):
            return
        tree = await reader.tree(state.name, pull.head)
        looked = await self._look(state, reader, tree, touched[:MAX_DOCUMENTS])
        told, run = report(looked, _partial(pull, touched, tree)), max(found, key=lambda run: run.id, default=None)
        gateway = self._github.installation(state.installation)
        for part in told.parts(0 if run is None else run.annotations):
            if run is None:
                run = await gateway.create_check(state.name, pull.head, CHECK_NAME, wanted.name, part)
            else:
                await gateway.update_check(state.name, run.id, part)

    async def _look(
        self, state: RepositoryState, reader: ReadGateway, tree: Tree, paths: Collection[DocumentPath]
    ) -> list[Looked]:
        """Look at these files as the commit has them; what it does not have was removed."""
        entries = {entry.path: entry for entry in tree.entries}
        return [
            await self._look_at(state, reader, entries[path]) if path in entries else Looked(path, removed=not tree.truncated)
            for path in paths
        ]

    async def _look_at(self, state: RepositoryState, reader: ReadGateway, entry: TreeEntry) -> Looked:
        if entry.mode not in FILE_MODES:
            return not_read(entry.path, "not-a-file", "a symbolic link or a submodule is not synced")
        most = MAX_CONFIG if entry.path == CONFIG_PATH else MAX_BYTES
        if entry.size is not None and entry.size > most:
            return not_read(entry.path, "too-large", f"the file has {entry.size} bytes; at most {most} are read")
        data = await reader.blob(state.name, entry.sha)
        if entry.path == CONFIG_PATH:
            return settings_looked_at(data)
        return looked_at(entry.path, await self._parser.parse(entry.path, data))


def _partial(pull: PullHead, touched: Collection[DocumentPath], tree: Tree) -> str | None:
    """Returns why not all of a pull request is looked at."""
    if pull.files > MAX_PULL_FILES:
        return f"the pull request changes {pull.files} files, and GitHub tells of {MAX_PULL_FILES}"
    if len(touched) > MAX_DOCUMENTS:
        return f"{len(touched)} gap documents are changed, and at most {MAX_DOCUMENTS} are looked at"
    return "the repository is too large to be listed" if tree.truncated else None


async def _config(reader: ReadGateway, state: RepositoryState) -> Config:
    """Returns the settings in force; where no sync has read any yet, those of the default branch as far as they are good ones."""
    if state.head is not None:
        return last_good(state)
    try:
        found = parse((await reader.file(state.name, DocumentPath(CONFIG_PATH), state.default_branch)).data)
    except NotFound:
        return Config()
    return found if isinstance(found, Config) else Config()
