"""The pins hold together (a plain `githubkit` resolves to a set that cannot be imported), and light modules stay light."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest


def test_githubkit_imports_with_what_it_needs() -> None:
    import githubkit
    import jwt

    assert isinstance(githubkit.GitHub, type)
    assert "RS256" in jwt.algorithms.get_default_algorithms(), "PyJWT without cryptography cannot sign as an App"


@pytest.mark.parametrize(
    ("package", "lowest", "below"),
    [("hishel", (1, 3), (2,)), ("githubkit", (0, 16, 1), (0, 17)), ("dbos", (3, 4), (3, 5)), ("httpx", (0, 28), (0, 29))],
)
def test_versions_are_those_that_were_measured(package: str, lowest: tuple[int, ...], below: tuple[int, ...]) -> None:
    installed = tuple(int(part) for part in version(package).split(".")[:3])
    assert lowest <= installed < below


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("bot.github.translate", {"githubkit", "httpx", "pydantic", "asyncio"}),
        ("bot.github.gateway", {"githubkit", "httpx", "pydantic"}),
        ("bot.github.auth", {"githubkit", "pydantic", "hishel", "jwt"}),
    ],
)
def test_importing_a_module_does_not_pull_in_what_only_a_call_needs(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert absent.isdisjoint(loaded)
