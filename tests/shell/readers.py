"""A reader that misbehaves as the document says, for a worker process to import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.gaps.parse import parse

if TYPE_CHECKING:
    from bot.core.gaps.model import Reading
    from bot.core.names import DocumentPath


def reader(path: DocumentPath, data: bytes) -> Reading:
    """Do what the document says, then find one gap, whose title is the process that read it."""
    word, _, rest = data.decode().strip().partition(" ")
    if word in _ACTS:
        _ACTS[word](rest)
    return parse(path, f"# Gaps\n\n- [ ] {os.getpid()}\n".encode())


def _sleep(_: str) -> None:
    time.sleep(60)


def _spin(_: str) -> None:
    while True:
        pass


def _eat(_: str) -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def _die(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _exit(_: str) -> None:
    os._exit(3)


def _raise(rest: str) -> None:
    raise RuntimeError(f"a secret of the document: {rest}")


def _once(rest: str) -> None:
    mark = Path(rest)
    if not mark.exists():
        mark.touch()
        _die(rest)


def _terminated(_: str) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)


_ACTS = {
    "sleep": _sleep,
    "spin": _spin,
    "eat": _eat,
    "die": _die,
    "exit": _exit,
    "raise": _raise,
    "once": _once,
    "terminated": _terminated,
}
