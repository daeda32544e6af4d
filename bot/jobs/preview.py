"""The plan of a repository as it stands on GitHub, and nothing else: made with a client that cannot write, and without a database.

What was agreed is read back from the markers of the issues, as after a lost database (I17).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.issue import Seal
from bot.core.plan import plan
from bot.jobs.gather import Gatherer
from bot.jobs.parsing import Parser
from bot.jobs.sync import secrets_of, web_address
from bot.store.records import RepositoryState
from bot.store.store import Store

if TYPE_CHECKING:
    from bot.core.actions import Plan
    from bot.core.names import RepositoryName
    from bot.github.auth import GitHubApp
    from bot.settings import Settings


async def preview(github: GitHubApp, name: RepositoryName, settings: Settings) -> Plan:
    """Returns what a sync of the repository would do now; raises the GitHubError that kept it from being read."""
    installation = await github.installation_of(name)
    reader = github.reader(installation)
    facts = await reader.repository_named(name)
    seal = Seal(secrets_of(settings), facts.id)
    web = web_address(settings.github_api_url)
    state = RepositoryState(facts.id, facts.name, installation, facts.default_branch)
    with tempfile.TemporaryDirectory() as folder:
        async with Store(f"sqlite:///{Path(folder) / 'preview.db'}") as store, Parser() as parser:
            gatherer = Gatherer(github, reader, store, seal=seal, web=web, parser=parser)
            gathered = await gatherer.gather(state, (), {})
    return plan(gathered.view)
