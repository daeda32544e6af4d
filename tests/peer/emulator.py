"""The emulator as a process: started with a seed, wiped between tests, gone with the test run."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import httpx

from tests.peer.install import node

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRIPT = Path(__file__).with_name("emulator.mjs")
_CALLS_PER_PROCESS = 3000
"""`reset` keeps the emulator's own counters of 5000 calls an hour; a new process starts them afresh."""


class Emulator:
    """One Node process. It ends when its standard input closes, so that none outlives the tests, however they end."""

    def __init__(self, modules: Path, seed: Mapping[str, Any], *, public_url: str) -> None:
        self._modules, self._seed, self._public_url = modules, seed, public_url
        self._control = httpx.Client(trust_env=False, timeout=30)
        self.calls = 0
        self._start()

    def reset(self) -> None:
        """Brings the seed back: in 2 ms, or with a new process where the old one has answered too many calls."""
        if self.calls < _CALLS_PER_PROCESS:
            self._control.post(f"{self._control_url}/reset").raise_for_status()
            return
        self._end()
        self._start()

    def pending(self) -> int:
        """Returns how many webhooks are on their way to the proxy."""
        return int(self._control.get(f"{self._control_url}/pending").raise_for_status().json()["pending"])

    def stop(self) -> None:
        """Ends the process."""
        self._end()
        self._control.close()

    def _start(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as seed:
            json.dump(self._seed, seed)
            seed.flush()
            self._process = subprocess.Popen(
                [node(), _SCRIPT, self._modules, seed.name, self._public_url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            line = self._pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError("the emulator did not start")
        said = json.loads(line)
        self.url: str = said["url"]
        self._control_url: str = said["control"]
        self.calls = 0

    def _end(self) -> None:
        self._pipe(self._process.stdin).close()
        self._process.wait(10)
        self._pipe(self._process.stdout).close()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        return cast("IO[str]", pipe)
