"""The code of a repository: branches, pushes and single files, with GitHub's rules about who may move a branch and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.git import FILE, ZERO, Commit, Entry, Objects, Signature
from bot.sandbox.model import Protection, Role
from bot.sandbox.place import Place
from bot.sandbox.refusal import Refusal, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.sandbox.model import User
    from bot.sandbox.world import World

WEB_FLOW = Signature("GitHub", "noreply@github.com", "web-flow")
"""The committer of what GitHub itself commits for somebody."""


class Code(Place):
    """Branches and the objects below them."""

    def __init__(
        self, world: World, owner: User, name: str, *, private: bool = False, default_branch: str = "main", fork: bool = False
    ) -> None:
        """Start without any commit, as a repository made without a README."""
        super().__init__(world, owner, name, private=private, default_branch=default_branch, fork=fork)
        self.git = Objects()
        self.branches: dict[str, str] = {}

    # What people read.

    def head(self, branch: str | None = None) -> Commit:
        """Returns the newest commit of a branch, by default the default one (Refusal 404; 409 in an empty repository)."""
        if not self.branches:
            raise Refusal(409, "Git Repository is empty.")
        sha = self.branches.get(branch or self.default_branch)
        if sha is None:
            raise Refusal(404, "Branch not found")
        return self.git.commits[sha]

    def commit_at(self, ref: str | None) -> Commit:
        """Returns the commit that a branch name or a (shortened) SHA stands for (Refusal 404)."""
        name = (ref or self.default_branch).removeprefix("refs/").removeprefix("heads/")
        if name in self.branches or not self.branches:
            return self.head(name)
        if name in self.git.commits:
            return self.git.commits[name]
        if len(name) >= 7 and (found := [sha for sha in self.git.commits if sha.startswith(name)]):
            return self.git.commits[found[0]]
        raise Refusal(404, f"No commit found for the ref {name}")

    def files(self, branch: str | None = None) -> Mapping[str, Entry]:
        """Returns what the head of a branch holds, by path; nothing in an empty repository."""
        return self.git.files(self.head(branch).tree) if self.branches else {}

    def read(self, path: str, branch: str | None = None) -> bytes:
        """Returns the bytes of a file at the head of a branch (Refusal 404)."""
        entry = self.files(branch).get(path)
        if entry is None:
            raise not_found()
        return self.git.blobs[entry.sha]

    # What people do.

    def push(
        self,
        files: Mapping[str, bytes | str | None],
        *,
        by: str | User,
        branch: str | None = None,
        message: str = "Update",
        force: bool = False,
        parent: str | None = None,
        modes: Mapping[str, str] | None = None,
    ) -> Commit:
        """Commit these files on top of the branch (None removes one) and push; with `parent` and `force` history is rewritten."""
        user = self.demand(by, Role.WRITE)
        name = branch or self.default_branch
        below = parent or self.branches.get(name) or (self.branches.get(self.default_branch) if self.branches else None)
        commit = self.commit(files, by=user, message=message, parent=below, modes=modes)
        self.move(name, commit.sha, by=user, force=force)
        return commit

    def commit(
        self,
        files: Mapping[str, bytes | str | None],
        *,
        by: str | User,
        message: str = "Update",
        parent: str | None = None,
        modes: Mapping[str, str] | None = None,
    ) -> Commit:
        """Write a commit that no branch shows yet; `move` pushes it, so that several can go in one push."""
        user = self.world.user(by)
        held = dict(self.git.files(self.git.commits[parent].tree)) if parent else {}
        for path, data in files.items():
            if data is None:
                if held.pop(path, None) is None:
                    raise Refusal(404, f"pathspec '{path}' did not match any files")
            else:
                kept = held[path].mode if path in held else FILE
                raw = data.encode() if isinstance(data, str) else data
                held[path] = Entry((modes or {}).get(path, kept), self.git.write_blob(raw))
        return self.write_commit(self.git.write_tree(held), (parent,) if parent else (), message, by=user)

    def write_commit(
        self, tree: str, parents: tuple[str, ...], message: str, *, by: User, committer: Signature | None = None
    ) -> Commit:
        """Write a commit of a tree at hand, in the name of an account."""
        author = Signature(by.login, by.email, by.login)
        return self.git.write_commit(
            tree, parents, message, author=author, committer=committer or author, at=int(self.world.clock())
        )

    def move(self, branch: str, sha: str, *, by: str | User, force: bool = False, status: int = 422) -> None:
        """Push: let a branch, new or old, point at a commit. Only `force` leaves commits behind (Refusal 422).

        A protected branch refuses with `status`: the contents API answers 409 where the others answer 422.
        """
        user = self.demand(by, Role.WRITE)
        before = self.branches.get(branch)
        if sha not in self.git.commits:
            raise Refusal(422, "Object does not exist")
        self._refuse_protected(branch, user, status)
        straight = before is None or self.git.reaches(sha, before)
        if not straight and not force:
            raise Refusal(422, "Update is not a fast forward")
        if before == sha:
            return
        others = [head for name, head in self.branches.items() if name != branch]
        self.branches[branch] = sha
        self.pushed_at = self.world.clock()
        if before is None and branch != self.default_branch:
            self.tell("create", None, user, ref=branch)
        fresh = self._fresh(sha, before, others)
        self.tell("push", None, user, ref=branch, before=before or ZERO, after=sha, forced=not straight, commits=fresh)
        self.after_move(branch, user, before)

    def _fresh(self, sha: str, before: str | None, others: Iterable[str]) -> tuple[Commit, ...]:
        """The commits that a push brings, oldest first; on a new branch those that no other branch has."""
        new = self.git.history(sha, without=before)
        if before is None:
            known = {commit.sha for head in others for commit in self.git.history(head)}
            new = tuple(commit for commit in new if commit.sha not in known)
        return tuple(reversed(new))

    def after_move(self, branch: str, user: User, before: str | None) -> None:
        """What follows from a moved branch; pull requests have something to add."""

    def after_delete(self, branch: str, user: User) -> None:
        """What follows from a deleted branch."""

    def delete_branch(self, branch: str, *, by: str | User) -> None:
        """Delete a branch (Refusal 422 where there is none, or where it is the default branch)."""
        user = self.demand(by, Role.WRITE)
        if branch not in self.branches:
            raise Refusal(422, "Reference does not exist")
        if branch == self.default_branch:
            raise Refusal(422, "Cannot delete the default branch")
        self._refuse_protected(branch, user, 422)
        before = self.branches.pop(branch)
        self.tell("delete", None, user, ref=branch)
        self.tell("push", None, user, ref=branch, before=before, after=ZERO, forced=False, commits=())
        self.after_delete(branch, user)

    def rename_file(self, old: str, new: str, *, by: str | User, branch: str | None = None) -> Commit:
        """Push a commit that moves a file and changes nothing in it."""
        entry = self.files(branch).get(old)
        if entry is None:
            raise not_found()
        changes = {old: None, new: self.git.blobs[entry.sha]}
        return self.push(changes, by=by, branch=branch, message=f"Rename {old} to {new}", modes={new: entry.mode})

    def revert(self, *, by: str | User, branch: str | None = None) -> Commit:
        """Push a commit that undoes the newest one."""
        user = self.demand(by, Role.WRITE)
        newest = self.head(branch)
        if not newest.parents:
            raise Refusal(422, "The first commit cannot be reverted here")
        tree = self.git.commits[newest.parents[0]].tree
        subject = newest.message.partition("\n")[0]
        commit = self.write_commit(tree, (newest.sha,), f'Revert "{subject}"\n\nThis reverts commit {newest.sha}.', by=user)
        self.move(branch or self.default_branch, commit.sha, by=user)
        return commit

    def protect(self, branch: str | None = None, *, ruleset: bool = True, bypass: Iterable[str] = ()) -> None:
        """Let a branch take changes only through pull requests, but for the logins of `bypass`."""
        name = branch or self.default_branch
        self.protections[name] = Protection(name, ruleset, frozenset(login.lower() for login in bypass))

    def unprotect(self, branch: str | None = None) -> None:
        """Let a branch be pushed to again."""
        self.protections.pop(branch or self.default_branch, None)

    def _refuse_protected(self, branch: str, user: User, status: int) -> None:
        rule = self.protections.get(branch)
        if rule is None or user.login.lower() in rule.bypass or branch not in self.branches:
            return
        if rule.ruleset:
            raise Refusal(status, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")
        reason = "Changes must be made through a pull request."
        raise Refusal(
            status, f"Could not update file: {reason}" if status == 409 else f"Protected branch update failed: {reason}"
        )

    # One file at a time, as the contents API does it.

    def put_file(
        self, path: str, data: bytes, *, by: str | User, message: str, sha: str | None = None, branch: str | None = None
    ) -> tuple[Commit, bool]:
        """Commit one file, if its blob is still `sha` (None: if it does not exist yet); returns the commit and whether it is new.

        https://docs.github.com/rest/repos/contents#create-or-update-file-contents: 422 without the SHA of a file that
        exists, 409 with another than it has.
        """
        user = self.demand(by, Role.WRITE)
        name = self._branch_for_file(branch)
        present = self.files(name).get(path) if name in self.branches else None
        self._compare(path, present, sha)
        modes = {path: present.mode} if present else None
        commit = self.commit({path: data}, by=user, message=message, parent=self.branches.get(name), modes=modes)
        return self._by_github(commit, name, user), present is None

    def remove_file(self, path: str, *, by: str | User, message: str, sha: str, branch: str | None = None) -> Commit:
        """Commit the removal of one file, if its blob is still `sha`."""
        user = self.demand(by, Role.WRITE)
        name = self._branch_for_file(branch)
        present = self.files(name).get(path)
        if present is None:
            raise not_found()
        self._compare(path, present, sha)
        commit = self.commit({path: None}, by=user, message=message, parent=self.branches[name])
        return self._by_github(commit, name, user)

    def _branch_for_file(self, branch: str | None) -> str:
        name = (branch or self.default_branch).removeprefix("refs/heads/")
        if self.branches and name not in self.branches:
            raise Refusal(404, f"Branch {name} not found")
        return name

    @staticmethod
    def _compare(path: str, present: Entry | None, sha: str | None) -> None:
        if present is not None and not sha:
            raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        if sha and (present is None or present.sha != sha):
            raise Refusal(409, f"{path} does not match {sha}")

    def _by_github(self, commit: Commit, branch: str, user: User) -> Commit:
        made = self.write_commit(commit.tree, commit.parents, commit.message, by=user, committer=WEB_FLOW)
        self.move(branch, made.sha, by=user, status=409)
        return made
