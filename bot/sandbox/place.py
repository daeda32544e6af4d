"""A repository as a place: what it is called, who may do what there, and how what happens there is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.model import Role
from bot.sandbox.refusal import forbidden, not_found
from bot.sandbox.world import Happening

if TYPE_CHECKING:
    from bot.sandbox.model import App, Protection, User
    from bot.sandbox.world import World


class Place:
    """The name, settings and people of one repository."""

    def __init__(
        self, world: World, owner: User, name: str, *, private: bool = False, default_branch: str = "main", fork: bool = False
    ) -> None:
        """Make an empty repository; `GitHub.add_repository` gives it its place in the world."""
        self.world = world
        self.id = world.next_id()
        self.owner = owner
        self.name = name
        self.private = private
        self.fork = fork
        self.default_branch = default_branch
        self.archived = False
        self.has_issues = True
        self.description: str | None = None
        self.created_at = self.updated_at = self.pushed_at = world.clock()
        self.roles: dict[str, Role] = {}
        self.protections: dict[str, Protection] = {}

    @property
    def full_name(self) -> str:
        """`owner/name`, as it is spelled now."""
        return f"{self.owner.login}/{self.name}"

    def role(self, login: str | User) -> Role:
        """Returns what an account may do here. An App counts as a writer: what its token allows is the REST side's matter."""
        user = self.world.user(login)
        if user.id == self.owner.id:
            return Role.ADMIN
        if (app := self.world.app_of(user)) is not None:
            return Role.WRITE if self.world.installation_on(app, self) else self.floor
        return max(self.roles.get(user.login.lower(), Role.NONE), self.floor)

    @property
    def floor(self) -> Role:
        """What everybody may do here."""
        return Role.NONE if self.private else Role.READ

    def allow(self, login: str, role: Role, *, by: str | None = None) -> None:
        """Give an account a role, `Role.NONE` to take it away; `by` None is the hand that sets the stage."""
        user = self.world.user(login)
        if by is not None:
            self.demand(by, Role.ADMIN)
        if role is Role.NONE:
            self.roles.pop(user.login.lower(), None)
        else:
            self.roles[user.login.lower()] = role

    def demand(self, by: str | User, least: Role, *, writing: bool = True) -> User:
        """Returns the account, if it may do what takes that role (Refusal 404 where it may not even look, else 403)."""
        user = self.world.user(by)
        role = self.role(user)
        if role is Role.NONE:
            raise not_found()
        if writing and self.archived:
            raise forbidden("Repository was archived so is read-only.")
        if role < least:
            raise forbidden()
        return user

    def app_behind(self, user: User) -> App | None:
        """Returns the App that acted, for `performed_via_github_app`."""
        return self.world.app_of(user)

    def tell(self, event: str, action: str | None, sender: User, /, **details: Any) -> None:
        """Tell the world what happened here."""
        self.updated_at = self.world.clock()
        self.world.tell(Happening(event, action, sender, self, None, details))
