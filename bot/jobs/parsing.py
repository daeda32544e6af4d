"""Reads documents without letting one of them hold up or bring down the program (#61-#64).

Small documents are read in a thread: their worst case was measured at a second (benchmarks/README.md). Larger ones are read in a
worker process that may use five seconds of CPU and 512 MB of memory for each; one that needs more is stopped, and its document is a
`ParseFailure`: nothing is concluded from it. The worker starts when first needed, is replaced
after a failure, and ends when nothing came for a minute.

The worker is spawned, never forked: other threads hold locks at any moment. It ignores the signals that end the program, so that a
document whose reading they would interrupt is not taken for a broken one; it ends when its pipe closes, which also a killed parent does.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import signal
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.core.errors import GapkeeperError, Problem, Severity
from bot.core.gaps.model import ParseFailure
from bot.core.gaps.parse import MAX_BYTES, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from types import TracebackType
    from typing import Self

    from bot.core.gaps.model import Reading
    from bot.core.names import DocumentPath

SMALL = 64 * 1024
"""Bytes up to which a document is read in a thread."""
CPU_SECONDS = 5
WALL_SECONDS = 15.0
"""The clock is three times as patient as the CPU budget: a busy machine does not make a document unreadable."""
MEMORY_BYTES = 512 * 1024 * 1024
START_SECONDS = 30.0
IDLE_SECONDS = 60.0
"""How long a worker waits for another document before it ends and gives its memory back."""

log = structlog.get_logger(__name__)


class NoWorker(GapkeeperError):
    """The worker process could not be started; the document is not to blame."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """How reading ended without a result; `reason` is for the log and holds nothing of the document."""

    code: str
    reason: str = ""


_SLOW, _LARGE, _FAILED = "too-slow", "too-large", "reader-failed"
_SAID = {
    _SLOW: "reading the file took too long and was stopped",
    _LARGE: "reading the file took too much memory and was stopped",
    _FAILED: "reading the file failed; please report it to the makers of Gapkeeper",
}


class Parser:
    """Reads documents one after the other, small ones beside large ones. Close it at the end."""

    def __init__(
        self,
        read: Callable[[DocumentPath, bytes], Reading] = parse,
        *,
        small: int = SMALL,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Keep the limits; `read` must be a function that a new process can import."""
        self._read = read
        self._small = small
        self._limits = (cpu_seconds, memory_bytes, idle_seconds)
        self._wall_seconds = wall_seconds
        self._near = ThreadPoolExecutor(1, thread_name_prefix="parse")
        self._far = ThreadPoolExecutor(1, thread_name_prefix="parse-worker")
        self._worker: _Worker | None = None

    async def __aenter__(self) -> Self:
        """Nothing is started yet."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the worker."""
        await self.aclose()

    async def parse(self, path: DocumentPath, data: bytes) -> Reading:
        """Returns what the file says, or why it could not be read; raises `NoWorker` only where no process can be started."""
        loop = asyncio.get_running_loop()
        # What is too large to be read is refused at once, without a process.
        near = len(data) <= self._small or len(data) > MAX_BYTES
        result = await loop.run_in_executor(
            self._near if near else self._far, self._parse_here if near else self._parse_there, path, data
        )
        if isinstance(result, _Ended):
            log.warning("document.unreadable", path=path, bytes=len(data), code=result.code, reason=result.reason)
            return ParseFailure(path, Problem(result.code, _SAID[result.code], 0, severity=Severity.ERROR))
        return result

    async def aclose(self) -> None:
        """Wait for the reading under way and end the worker."""
        await asyncio.get_running_loop().run_in_executor(self._far, self._replace)
        self._near.shutdown()
        self._far.shutdown()

    def _parse_here(self, path: DocumentPath, data: bytes) -> Reading | _Ended:
        try:
            return self._read(path, data)
        except Exception as error:  # noqa: BLE001  a reader that raises must not stop the sync of other documents
            return _Ended(_FAILED, _where(error))

    def _parse_there(self, path: DocumentPath, data: bytes) -> Reading | _Ended:
        """Reads in the worker; what failed in one that had read other documents before is tried once more in a fresh one."""
        while True:
            if self._worker is not None and not self._worker.alive:
                self._replace()
            worker = self._worker = self._worker or _Worker(self._read, self._limits)
            fresh = not worker.used
            result = worker.parse(path, data, self._wall_seconds)
            if not isinstance(result, _Ended):
                return result
            self._replace()
            if fresh or result.code == _SLOW:
                return result

    def _replace(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()


class _Worker:
    """A process that reads documents, as its parent sees it. All calls come from one thread."""

    def __init__(self, read: Callable[[DocumentPath, bytes], Reading], limits: tuple[int, int, float]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, read, *limits), name="parser", daemon=True)
        self.used = False
        try:
            self._process.start()
            theirs.close()
            ready = self._pipe.poll(START_SECONDS) and self._pipe.recv()
        except (OSError, EOFError) as error:
            self.close()
            raise NoWorker(f"the process that reads documents did not start ({type(error).__name__})") from error
        if not ready:
            self.close()
            raise NoWorker(f"the process that reads documents did not start within {START_SECONDS:.0f} seconds")

    @property
    def alive(self) -> bool:
        """Whether it still waits for documents. One that ends just now is found out, and replaced, when it does not answer."""
        return self._process.is_alive()

    def parse(self, path: DocumentPath, data: bytes, seconds: float) -> Reading | _Ended:
        """Returns the worker's answer, or how it ended without one. After an end the worker must be closed."""
        self.used = True
        try:
            self._pipe.send((path, data))
            if not self._pipe.poll(seconds):
                return _Ended(_SLOW, f"more than {seconds:g} seconds")
            answer: Reading | _Ended = self._pipe.recv()
        except (OSError, EOFError):
            self._process.join(1)
            code = self._process.exitcode
            return _Ended(_SLOW, "CPU") if code == -getattr(signal, "SIGXCPU", 0) else _Ended(_FAILED, f"exit status {code}")
        return answer

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._pipe.close()
        if self._process.pid is not None:
            self._process.kill()
            self._process.join()
            self._process.close()


# In the worker.


def _work(
    pipe: Connection, read: Callable[[DocumentPath, bytes], Reading], cpu_seconds: int, memory_bytes: int, idle_seconds: float
) -> None:
    """Reads what comes down the pipe until it closes, or nothing comes for long."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _limit_memory(memory_bytes)
    # While a document is read almost nothing becomes garbage; looking for it costs a third of the time at 1 MiB.
    gc.disable()
    pipe.send(True)  # Ready.
    with contextlib.suppress(EOFError, BrokenPipeError):
        while pipe.poll(idle_seconds):
            path, data = pipe.recv()
            _limit_cpu(cpu_seconds)
            try:
                pipe.send(read(path, data))
            except MemoryError:
                pipe.send(_Ended(_LARGE))
                return
            except Exception as error:  # noqa: BLE001  told to the parent, which logs it
                pipe.send(_Ended(_FAILED, _where(error)))
                return
            gc.collect()


def _where(error: Exception) -> str:
    """Returns what was raised where; never its message, which may quote the document."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"


def _limit_memory(limit: int) -> None:
    """Lets allocations above the limit fail, where the system can (not on Windows; macOS does not enforce it)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _limit_cpu(seconds: int) -> None:
    """Lets the system end the process once it has used so many more seconds of CPU than until now."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + seconds + 1, hard))
