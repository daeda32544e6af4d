"""A GitHub in memory: accounts, repositories, Apps, their installations and tokens.

People act through a `Repository` (`push`, `edit_issue`, `comment`, …), each act in the name of a login, under GitHub's rules;
what GitHub refuses raises `Refusal`. Every act is told to `World.listeners`, from which `bot.sandbox.webhooks` makes
deliveries; `bot.sandbox.api` answers the REST calls of an App on the same world. No I/O and no randomness: with a `Clock`
the same acts give the same bytes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bot.sandbox.model import App, Installation, Role, Token, User
from bot.sandbox.pulls import Pulls
from bot.sandbox.refusal import Refusal, invalid, not_found
from bot.sandbox.world import Clock, Happening, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.sandbox.place import Place

__all__ = ["APP_EVENTS", "APP_PERMISSIONS", "Clock", "GitHub", "Refusal", "Repository", "Role"]

TOKEN_LIFE = 3600.0
APP_PERMISSIONS: Mapping[str, str] = {
    "metadata": "read",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "checks": "write",
}
APP_EVENTS = ("push", "create", "delete", "issues", "issue_comment", "label", "repository", "pull_request", "check_run")
_RANK = {"none": 0, "read": 1, "write": 2, "admin": 3}


class Repository(Pulls):
    """A repository with all that hangs on it; its verbs are in the classes below it, file by file."""

    def rename(self, name: str, *, by: str | User) -> None:
        """Give the repository another name; the old one redirects until another repository takes it."""
        user = self.demand(by, Role.ADMIN)
        old = self.name
        world = self._github
        world.rename(self, name)
        self.tell("repository", "renamed", user, changes={"repository": {"name": {"from": old}}})

    def archive(self, *, by: str | User, archived: bool = True) -> None:
        """Make the repository read-only, or writable again."""
        user = self.demand(by, Role.ADMIN, writing=False)
        self.archived = archived
        self.tell("repository", "archived" if archived else "unarchived", user)

    def delete(self, *, by: str | User) -> None:
        """Delete the repository and all in it."""
        user = self.demand(by, Role.ADMIN, writing=False)
        self.tell("repository", "deleted", user)
        self._github.forget(self)

    def set_default_branch(self, branch: str, *, by: str | User) -> None:
        """Make another branch the default one (Refusal 422 where there is none of that name)."""
        user = self.demand(by, Role.ADMIN)
        if branch not in self.branches:
            raise invalid("Repository", "default_branch", "invalid")
        old, self.default_branch = self.default_branch, branch
        self.tell("repository", "edited", user, changes={"default_branch": {"from": old}})

    @property
    def _github(self) -> GitHub:
        assert isinstance(self.world, GitHub)  # noqa: S101 - only GitHub.add_repository makes repositories
        return self.world


class GitHub(World):
    """The whole of it. `repository("acme/demo")` is where things happen."""

    repositories: dict[int, Repository]

    def __init__(self, **settings: object) -> None:
        """Start with nobody and nothing; the settings are those of `World`."""
        super().__init__(**settings)  # type: ignore[arg-type]  # the keywords of World, handed on
        self.repositories = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self._names: dict[str, int] = {}

    # Repositories.

    def add_repository(
        self,
        full_name: str,
        *,
        private: bool = False,
        default_branch: str = "main",
        fork: bool = False,
        admins: Iterable[str] = (),
    ) -> Repository:
        """Returns the new, empty repository; its owner becomes an organization if nobody of that name exists."""
        login, _, name = full_name.partition("/")
        owner = self.users.get(login.lower()) or self.add_user(login, "Organization")
        if self._find(full_name) is not None:
            raise invalid("Repository", "name", "custom", "name already exists on this account")
        made = Repository(self, owner, name, private=private, default_branch=default_branch, fork=fork)
        self.repositories[made.id] = made
        self._names[full_name.lower()] = made.id
        for admin in admins:
            made.allow(admin, Role.ADMIN)
        return made

    def repository(self, full_name: str) -> Repository:
        """Returns a repository by its present name (Refusal 404; 301 under a former name)."""
        found = self._find(full_name)
        if found is not None:
            return found
        if (moved := self._names.get(full_name.lower())) in self.repositories:
            raise Refusal(301, "Moved Permanently", location=f"{self.api_url}/repositories/{moved}")
        raise not_found()

    def _find(self, full_name: str) -> Repository | None:
        found = self.repositories.get(self._names.get(full_name.lower(), 0))
        return found if found is not None and found.full_name.lower() == full_name.lower() else None

    def rename(self, repository: Repository, name: str) -> None:
        """Move a repository to another name (Refusal 422 where it is taken); the former name stays as a redirect."""
        wanted = f"{repository.owner.login}/{name}"
        if self._find(wanted) not in {None, repository}:
            raise invalid("Repository", "name", "custom", "name already exists on this account")
        repository.name = name
        self._names[wanted.lower()] = repository.id

    def transfer(self, repository: Repository, to: str, *, by: str | User) -> None:
        """Give a repository to another account; the App reaches it only if it is installed there too."""
        user = repository.demand(by, Role.ADMIN)
        before = repository.owner
        repository.owner = self.user(to)
        self._names[repository.full_name.lower()] = repository.id
        kind = "organization" if before.kind == "Organization" else "user"
        repository.tell("repository", "transferred", user, changes={"owner": {"from": {kind: before}}})

    def forget(self, repository: Repository) -> None:
        """Drop a repository from every list."""
        del self.repositories[repository.id]
        for installation in self.installations.values():
            if installation.repositories is not None:
                installation.repositories.discard(repository.id)

    # Apps.

    def add_app(
        self,
        slug: str,
        *,
        owner: str | None = None,
        permissions: Mapping[str, str] = APP_PERMISSIONS,
        events: Iterable[str] = APP_EVENTS,
        public_key: str | None = None,
    ) -> App:
        """Returns a new App; with `public_key` (PEM) the signature of its JWTs is checked, without it only their shape."""
        account = self.user(owner) if owner else (self.users.get("apps") or self.add_user("apps", "Organization"))
        bot = self.add_user(f"{slug}[bot]", "Bot")
        app = App(self.next_id(), slug, slug.title(), account, bot, dict(permissions), tuple(events), self.clock(), public_key)
        self.apps[app.id] = app
        return app

    def install(
        self,
        app: App,
        account: str,
        *,
        repositories: Iterable[Repository] | None = None,
        permissions: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> Installation:
        """Install an App in an account, on all of its repositories or on those given."""
        owner = self.user(account)
        chosen = None if repositories is None else {repository.id for repository in repositories}
        made = Installation(self.next_id(), app, owner, dict(permissions or app.permissions), self.clock(), chosen)
        self.installations[made.id] = made
        self._tell_installation(made, "installation", "created", by, repositories=self.repositories_of(made))
        return made

    def uninstall(self, installation: Installation, *, by: str | None = None) -> None:
        """Remove an installation; its tokens die with it."""
        reached = self.repositories_of(installation)
        del self.installations[installation.id]
        self.tokens = {value: token for value, token in self.tokens.items() if token.installation is not installation}
        self._tell_installation(installation, "installation", "deleted", by, repositories=reached)

    def suspend(self, installation: Installation, *, by: str | None = None, suspended: bool = True) -> None:
        """Suspend an installation, or let it work again: meanwhile its tokens are refused with 403."""
        installation.suspended_at = self.clock() if suspended else None
        self._tell_installation(installation, "installation", "suspend" if suspended else "unsuspend", by)

    def choose_repositories(
        self,
        installation: Installation,
        *,
        add: Iterable[Repository] = (),
        remove: Iterable[Repository] = (),
        by: str | None = None,
    ) -> None:
        """Let an installation reach more or fewer repositories."""
        added, removed = tuple(add), tuple(remove)
        if installation.repositories is None:
            installation.repositories = {repository.id for repository in self.repositories_of(installation)}
        installation.repositories |= {repository.id for repository in added}
        installation.repositories -= {repository.id for repository in removed}
        for action, some in (("added", added), ("removed", removed)):
            if some:
                self._tell_installation(installation, "installation_repositories", action, by, **{f"repositories_{action}": some})

    def _tell_installation(
        self, installation: Installation, event: str, action: str, by: str | None, /, **details: object
    ) -> None:
        sender = self.user(by) if by else installation.account
        self.tell(Happening(event, action, sender, None, installation, dict(details)))

    def repositories_of(self, installation: Installation) -> tuple[Repository, ...]:
        """Returns the repositories that an installation reaches, in the order in which they were made."""
        return tuple(one for one in self.repositories.values() if reaches(installation, one))

    def installation_on(self, app: App, place: Place) -> Installation | None:
        """Returns the installation through which the App reaches a repository."""
        return next((one for one in self.installations.values() if one.app is app and reaches(one, place)), None)

    # Tokens.

    def person_token(self, login: str, value: str | None = None) -> str:
        """Returns a token with which REST calls act as that person; its text is made up from the login if none is given."""
        user = self.user(login)
        text = value or f"ghp_{_letters(f'person {user.id}')}"
        self.tokens[text] = Token(text, user)
        return text

    def mint(
        self,
        installation: Installation,
        *,
        permissions: Mapping[str, str] | None = None,
        repositories: frozenset[int] | None = None,
    ) -> Token:
        """Returns a token of an installation for an hour; it may have fewer rights than the installation, never more (422)."""
        if installation.suspended_at is not None:
            raise Refusal(403, "This installation has been suspended")
        granted = dict(permissions) if permissions is not None else dict(installation.permissions)
        if any(_RANK.get(level, 9) > _RANK[installation.permissions.get(name, "none")] for name, level in granted.items()):
            raise Refusal(422, "The permissions requested are not granted to this installation.")
        reached = {repository.id for repository in self.repositories_of(installation)}
        if repositories is not None and not repositories <= reached:
            raise Refusal(
                422, "There is at least one repository that does not exist or is not accessible to the parent installation."
            )
        value = f"ghs_{_letters(f'installation {self.next_id()}')}"
        token = Token(
            value, installation.app.user, self.wall() + TOKEN_LIFE, installation, {"metadata": "read"} | granted, repositories
        )
        self.tokens[value] = token
        return token

    def revoke_tokens(self) -> None:
        """Take every installation token back, as GitHub does when a key leaks: the next call answers 401."""
        self.tokens = {value: token for value, token in self.tokens.items() if token.installation is None}

    def token(self, value: str) -> Token:
        """Returns what a token stands for (Refusal 401 unknown, revoked or out of date)."""
        found = self.tokens.get(value)
        if found is None or (found.expires_at is not None and found.expires_at <= self.wall()):
            raise Refusal(401, "Bad credentials")
        return found


def reaches(installation: Installation, place: Place) -> bool:
    """Tells whether an installation covers a repository."""
    if place.owner.id != installation.account.id:
        return False
    return installation.repositories is None or place.id in installation.repositories


def grants(permissions: Mapping[str, str], name: str, level: str) -> bool:
    """Tells whether a set of App permissions includes one at that level."""
    return _RANK[permissions.get(name, "none")] >= _RANK[level]


def _letters(seed: str) -> str:
    """36 characters as in GitHub's tokens, the same for the same seed."""
    return hashlib.sha256(seed.encode()).hexdigest()[:36]
