"""One pull request at most, from a branch of our own: how documents change where a commit to the default branch is not for us.

That is so when the config says it, when the branch refuses us, or when the person behind the change may not write to the repository
(I19). The branch always holds the default branch's head and all proposed edits; an open pull request is updated in place, and closed
once nothing is left to propose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.errors import Refused
from bot.core.messages import proposal, proposes, withdrawn_comment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.actions import EditDocument
    from bot.core.names import BlobSha, DocumentPath
    from bot.github.gateway import Gateway
    from bot.store.records import RepositoryState

BRANCH = "gapkeeper/sync"


@dataclass(frozen=True, slots=True)
class Proposer:
    """Proposes edits to the documents of one repository."""

    gateway: Gateway
    state: RepositoryState
    blobs: Mapping[DocumentPath, BlobSha]

    async def propose(self, edits: Sequence[EditDocument], reason: str) -> None:
        """Make the pull request say exactly these edits; raises Refused where GitHub does not let us."""
        name = self.state.name
        head = await self.gateway.head(name, self.state.default_branch)
        words = proposal(edits, reason)
        pull = await self.gateway.open_pull(name, BRANCH)
        if pull is not None and proposes(pull.body, words) and await self._stands(edits):
            return
        await self.gateway.move_branch(name, BRANCH, head)
        for edit in edits:
            await self.gateway.write_file(
                name, edit.path, branch=BRANCH, data=edit.text.encode(), blob=self.blobs[edit.path], message=edit.subject
            )
        if pull is None:
            base = self.state.default_branch
            await self.gateway.create_pull(name, title=words.title, body=words.body, branch=BRANCH, base=base)
        else:
            await self.gateway.update_pull(name, pull.number, title=words.title, body=words.body)

    async def withdraw(self) -> None:
        """Close the pull request, if one is open: nothing of what it proposes is asked for any more."""
        pull = await self.gateway.open_pull(self.state.name, BRANCH)
        if pull is not None:
            await self.gateway.close_pull(self.state.name, pull.number)
            await self.gateway.comment(self.state.name, pull.number, withdrawn_comment())

    async def _stands(self, edits: Sequence[EditDocument]) -> bool:
        """Tells whether the branch holds these edits already."""
        for edit in edits:
            try:
                file = await self.gateway.file(self.state.name, edit.path, BRANCH)
            except Refused:
                return False
            if file.data != edit.text.encode():
                return False
        return True
