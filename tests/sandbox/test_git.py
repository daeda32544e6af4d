"""The object store gives the same SHA-1s as git itself, and knows its own history."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.git import EXECUTABLE, FILE, SYMLINK, Entry, Objects, Signature

if TYPE_CHECKING:
    from pathlib import Path

WHO = Signature("Ada", "ada@example.com")
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0\n"), min_size=1, max_size=4).filter(
    lambda name: name not in {".", ".."}
)


def test_the_shas_of_gits_own_documentation() -> None:
    objects = Objects()
    assert objects.write_blob(b"what is up, doc?") == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"
    assert objects.write_tree({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_trees_and_commits_are_those_of_git(tmp_path: Path) -> None:
    files = {
        "a.md": (FILE, b"- [ ] one\r\n"),
        "a/b.md": (FILE, "Lücke — ✅".encode()),
        "a.d/run.sh": (EXECUTABLE, b"#!/bin/sh\n"),
        "a-b": (FILE, b""),
        "deep/er/still/x": (FILE, b"\0\xff"),
        "link": (SYMLINK, b"a.md"),
        "ünïcode/ö": (FILE, b"x"),
    }
    objects = Objects()
    tree = objects.write_tree({path: Entry(mode, objects.write_blob(data)) for path, (mode, data) in files.items()})
    first = objects.write_commit(tree, (), "First\n\nwith a body ✅", author=WHO, committer=WHO, at=1_790_000_000)
    second = objects.write_commit(tree, (first.sha,), "Second\n", author=WHO, committer=WHO, at=1_790_000_060)

    def git(*words: str, data: bytes = b"", at: int = 0) -> str:
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", WHO.name), ("EMAIL", WHO.email))
        }
        when = {f"GIT_{role}_DATE": f"{at} +0000" for role in ("AUTHOR", "COMMITTER")}
        env = {"PATH": "/usr/bin:/bin", "GIT_DIR": str(tmp_path / ".git"), "HOME": str(tmp_path), **who, **when}
        return subprocess.run(["git", *words], input=data, env=env, check=True, capture_output=True).stdout.decode().strip()  # noqa: S607

    git("init", "-q")
    for path, (mode, data) in files.items():
        sha = git("hash-object", "-w", "--stdin", data=data)
        git("update-index", "--add", "--cacheinfo", f"{mode},{sha},{path}")
    assert git("write-tree") == tree
    assert git("commit-tree", tree, data="First\n\nwith a body ✅".encode(), at=1_790_000_000) == first.sha
    assert git("commit-tree", tree, "-p", first.sha, data=b"Second\n", at=1_790_000_060) == second.sha


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=8), max_size=8))
def test_what_is_written_is_read_back(files: dict[str, bytes]) -> None:
    objects = Objects()
    # A name cannot be a file and a directory at once.
    kept = {path: data for path, data in files.items() if not any(other.startswith(f"{path}/") for other in files)}
    tree = objects.write_tree({path: Entry(FILE, objects.write_blob(data)) for path, data in kept.items()})
    objects._flat.clear()
    assert {path: objects.blobs[entry.sha] for path, entry in objects.files(tree).items()} == kept


def test_history_of_a_merge() -> None:
    objects = Objects()
    tree = objects.write_tree({})

    def commit(message: str, *parents: str) -> str:
        return objects.write_commit(tree, parents, message, author=WHO, committer=WHO, at=1).sha

    root = commit("root")
    left, right = commit("left", root), commit("right", root)
    merge = commit("merge", left, right)
    tip = commit("tip", merge)
    assert [one.message for one in objects.history(tip, without=left)] == ["tip", "merge", "right"]
    assert [one.sha for one in objects.history(merge)][-1] == root
    assert objects.merge_base(left, right) == root
    assert objects.merge_base(tip, right) == right
    assert objects.reaches(tip, root)
    assert not objects.reaches(left, right)
