"""What we run is what was locked: hashes for all, versions above known holes, actions by their commit (reliability.md §4)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKED = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
HASH = re.compile(r"sha256:[0-9a-f]{64}")


def files_of(package: dict[str, object]) -> list[dict[str, str]]:
    sdist, wheels = package.get("sdist"), package.get("wheels", [])
    assert isinstance(wheels, list)
    return [*wheels, *([sdist] if isinstance(sdist, dict) else [])]


def test_every_file_that_may_be_installed_has_a_hash_in_the_lock() -> None:
    ours = [package for package in LOCKED if "editable" in package["source"]]
    assert [package["name"] for package in ours] == ["gapkeeper"]
    for package in LOCKED:
        if package in ours:
            continue
        assert set(package["source"]) == {"registry"}, package["name"]
        found = files_of(package)
        assert found, package["name"]
        assert all(HASH.fullmatch(file["hash"]) for file in found), package["name"]


@pytest.mark.parametrize(
    ("name", "least"),
    [("starlette", (1, 3, 0)), ("pyjwt", (2, 15, 0)), ("h11", (0, 16, 0)), ("markdown-it-py", (2, 2, 0)), ("jinja2", (3, 1, 6))],
)
def test_no_version_with_a_known_hole_is_locked(name: str, least: tuple[int, ...]) -> None:
    [version] = [package["version"] for package in LOCKED if package["name"] == name]
    assert tuple(int(part) for part in version.split(".")[:3]) >= least


@pytest.mark.parametrize(
    ("file", "words"), [(".ci/run", "UV_LOCKED=1"), ("Dockerfile", "uv sync --locked"), ("justfile", "--strict")]
)
def test_nothing_is_installed_beside_the_lock(file: str, words: str) -> None:
    assert words in (ROOT / file).read_text()


def unpinned(text: str) -> list[str]:
    """The actions of a workflow that are named by a tag or a branch; a tag can be moved."""
    used = re.findall(r"^\s*(?:-\s*)?uses:\s*[\"']?([^\s\"'#]+)", text, re.MULTILINE)
    return [one for one in used if not one.startswith("./") and not re.search(r"@[0-9a-f]{40}$", one)]


def test_actions_are_named_by_their_commit() -> None:
    workflows = [*ROOT.glob(".github/workflows/*.y*ml"), *ROOT.glob("**/action.y*ml")]
    assert {path.name: found for path in workflows if ".venv" not in path.parts and (found := unpinned(path.read_text()))} == {}
    assert unpinned(f"steps:\n  - uses: actions/checkout@v4\n  - uses: a/b@{'0' * 40}  # v1\n") == ["actions/checkout@v4"]
