"""Who may use commands in a repository, looked up when a command is processed; whoever GitHub does not vouch for may not.

That somebody may use commands says nothing about the documents: an edit that follows is committed only for people who may write
themselves, and proposed for all others (I19, `bot.jobs.sync`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.config import CONFIG_PATH, PERMISSIONS, Commands, Config, parse
from bot.core.errors import NotFound, Refused
from bot.core.names import DocumentPath
from bot.jobs.gather import last_good

if TYPE_CHECKING:
    from bot.core.names import RepositoryName
    from bot.github.gateway import ReadGateway
    from bot.store.records import RepositoryState

_UNREADABLE = Commands(permission="admin")


async def commands_in_force(reader: ReadGateway, state: RepositoryState, *, moved: bool) -> Commands:
    """Returns who may use commands; read now where no settings were read yet, or where they `moved` since (faults #84, #105).

    Where they cannot be read and no good ones are known, only administrators may.
    """
    if state.head is not None and not moved:
        return last_good(state).commands
    try:
        file = await reader.file(state.name, DocumentPath(CONFIG_PATH), state.default_branch)
    except NotFound:
        return Commands()
    except Refused:
        return _UNREADABLE
    config = parse(file.data)
    if isinstance(config, Config):
        return config.commands
    return last_good(state).commands if state.config_text else _UNREADABLE


async def may_command(reader: ReadGateway, name: RepositoryName, person: str, robot: int | None, rules: Commands) -> bool:
    """Tells whether somebody may use commands here now (faults #84, #85, #93)."""
    allow = rules.allow
    if robot is not None:
        return robot in allow.bots
    if person.lower() in allow.users:
        return True
    needed = PERMISSIONS.index(rules.permission)
    try:
        permission = await reader.permission(name, person)
    except Refused:
        permission = "none"
    if permission in PERMISSIONS[needed:]:
        return True
    return bool(allow.teams) and await _in_a_team(reader, name, person, allow.teams)


async def _in_a_team(reader: ReadGateway, name: RepositoryName, person: str, teams: frozenset[str]) -> bool:
    """Tells whether somebody is in a team of the repository's own organization; others are none of its business."""
    owner = name.partition("/")[0]
    for team in sorted(teams):
        organization, _, slug = team.partition("/")
        if organization != owner.lower():
            continue
        try:
            if await reader.is_member(owner, slug, person):
                return True
        except Refused:  # without the permission `members: read` nobody is known to be in a team
            continue
    return False
