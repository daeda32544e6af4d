"""The labels of a repository, and what GitHub makes of a label's name wherever one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox import limits
from bot.sandbox.code import Code
from bot.sandbox.model import Issue, Label, Role, User
from bot.sandbox.refusal import invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.world import World

_NEW_LABEL_COLOR = "ededed"


class Labels(Code):
    """Labels by name in lower case, since no two differ in case alone; and the issues that may carry them, by number."""

    def __init__(
        self, world: World, owner: User, name: str, *, private: bool = False, default_branch: str = "main", fork: bool = False
    ) -> None:
        """Start without labels and without issues."""
        super().__init__(world, owner, name, private=private, default_branch=default_branch, fork=fork)
        self.issues: dict[int, Issue] = {}
        self.labels: dict[str, Label] = {}

    def label(self, name: str) -> Label:
        """Returns a label, whatever the case of the letters asked for (Refusal 404)."""
        found = self.labels.get(name.lower())
        if found is None:
            raise not_found()
        return found

    def create_label(self, name: str, *, by: str | User, color: str = _NEW_LABEL_COLOR, description: str | None = None) -> Label:
        """Returns the new label (Refusal 422 `already_exists`, also for a name that differs only in case)."""
        user = self.demand(by, Role.WRITE)
        limits.check_label(name, color, description)
        if name.lower() in self.labels:
            raise invalid("Label", "name", "already_exists")
        return self._add_label(name, color, description, user)

    def _add_label(self, name: str, color: str, description: str | None, user: User) -> Label:
        label = Label(self.world.next_id(), name, color.lower(), description)
        self.labels[name.lower()] = label
        self.tell("label", "created", user, label=label)
        return label

    def edit_label(
        self, name: str, *, by: str | User, new_name: str | None = None, color: str | None = None, description: str | None = None
    ) -> Label:
        """Rename or repaint a label; every issue that carries it follows."""
        user = self.demand(by, Role.WRITE)
        label = self.label(name)
        wanted = new_name or label.name
        limits.check_label(wanted, color or label.color, description)
        if wanted.lower() != label.name.lower() and wanted.lower() in self.labels:
            raise invalid("Label", "name", "already_exists")
        changes = {} if wanted == label.name else {"name": {"from": label.name}}
        if color and color.lower() != label.color:
            changes["color"] = {"from": label.color}
        del self.labels[label.name.lower()]
        label.name, label.color = wanted, (color or label.color).lower()
        label.description = label.description if description is None else description
        self.labels[wanted.lower()] = label
        self.tell("label", "edited", user, label=label, changes=changes)
        return label

    def delete_label(self, name: str, *, by: str | User) -> None:
        """Delete a label and take it off every issue; the issues themselves tell nothing of it."""
        user = self.demand(by, Role.WRITE)
        label = self.labels.pop(self.label(name).name.lower())
        for issue in self.issues.values():
            if label in issue.labels:
                issue.labels.remove(label)
        self.tell("label", "deleted", user, label=label)

    def labels_named(self, names: Iterable[str], user: User) -> list[Label]:
        """Returns the labels of those names, each once; unknown ones are made, in grey, as GitHub does."""
        spelled = [name.strip() for name in names]
        wanted = list(dict.fromkeys(name.lower() for name in spelled))
        if len(wanted) > limits.MAX_LABELS:
            raise invalid("Issue", "labels", "custom", f"labels is too long (maximum is {limits.MAX_LABELS} labels)")
        spelling = {name.lower(): name for name in reversed(spelled)}
        for name in spelled:
            limits.check_label(name, _NEW_LABEL_COLOR, None)
        return [self.labels.get(name) or self._add_label(spelling[name], _NEW_LABEL_COLOR, None, user) for name in wanted]
