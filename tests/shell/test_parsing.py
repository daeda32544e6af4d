"""Reading within limits: whatever a document does to the reader, the program goes on and nothing is concluded from the document."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import pytest

from bot.core.gaps.model import Document, ParseFailure
from bot.core.names import DocumentPath
from bot.jobs import parsing
from bot.jobs.parsing import CPU_SECONDS, NoWorker, Parser
from tests.shell.readers import reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.core.gaps.model import Reading

pytestmark = pytest.mark.anyio

GAPS = DocumentPath("GAPS.md")
MIB = 1024 * 1024


def code(reading: Reading) -> str:
    assert isinstance(reading, ParseFailure)
    assert reading.gaps == ()
    return reading.problem.code


def titles(reading: Reading) -> list[str]:
    assert isinstance(reading, Document)
    return [gap.title for gap in reading.gaps]


def read_by(reading: Reading) -> int:
    """The process that read it."""
    (pid,) = titles(reading)
    return int(pid)


@pytest.fixture
async def odd() -> AsyncIterator[Parser]:
    """A parser whose worker reads everything, with a reader that does what the document says."""
    async with Parser(reader, small=-1, wall_seconds=30) as parser:
        yield parser


@pytest.mark.parametrize(
    ("act", "expected", "seconds"),
    [
        pytest.param(b"sleep", "too-slow", 3, id="hangs"),
        pytest.param(b"eat", "too-large", 60, id="takes all memory"),
        pytest.param(b"die", "reader-failed", 60, id="is killed"),
        pytest.param(b"exit", "reader-failed", 60, id="ends the process"),
        pytest.param(b"raise x", "reader-failed", 60, id="raises"),
    ],
)
async def test_fault_61_a_worker_that_misbehaves_is_replaced(act: bytes, expected: str, seconds: float):
    async with Parser(reader, small=-1, cpu_seconds=20, wall_seconds=seconds, memory_bytes=256 * MIB) as parser:
        started = time.monotonic()
        assert code(await parser.parse(GAPS, act)) == expected
        assert time.monotonic() - started < 40
        assert read_by(await parser.parse(GAPS, b"well"))


async def test_one_worker_reads_many_documents(odd: Parser):
    first, second = [read_by(await odd.parse(GAPS, b"well")) for _ in range(2)]
    assert first == second
    assert first != os.getpid()


async def test_a_reader_that_never_ends_is_stopped_by_its_cpu_budget():
    async with Parser(reader, small=-1, cpu_seconds=1, wall_seconds=60) as parser:
        started = time.monotonic()
        assert code(await parser.parse(GAPS, b"spin")) == "too-slow"
        assert time.monotonic() - started < 30


async def test_a_worker_that_nobody_needs_ends_and_another_takes_its_place():
    async with Parser(reader, small=-1, idle_seconds=0.2) as parser:
        first = read_by(await parser.parse(GAPS, b"well"))
        assert parser._worker is not None
        process = parser._worker._process
        await asyncio.to_thread(process.join, 20)
        assert process.exitcode == 0
        assert read_by(await parser.parse(GAPS, b"well")) != first


async def test_cpu_is_counted_for_each_document():
    """The limit of the system is for the whole life of a process."""
    document = b"# Gaps\n\n" + b"- [ ] a gap\n" * 4000
    async with Parser(small=-1, cpu_seconds=1, wall_seconds=60) as parser:
        for _ in range(12):
            assert titles(await parser.parse(GAPS, document))


async def test_a_death_that_may_be_the_workers_own_fault_is_tried_once_more(odd: Parser, tmp_path: Path):
    act = f"once {tmp_path / 'mark'}\n".encode()
    assert read_by(await odd.parse(GAPS, b"well"))
    assert read_by(await odd.parse(GAPS, act)), "the worker had read another document before"
    (tmp_path / "mark").unlink()
    await odd.parse(GAPS, b"die")
    assert code(await odd.parse(GAPS, act)) == "reader-failed", "the worker was fresh"


async def test_signals_that_end_the_program_do_not_spoil_a_document(odd: Parser):
    assert read_by(await odd.parse(GAPS, b"terminated"))


async def test_the_loop_goes_on_while_a_worker_hangs():
    turns = 0
    async with Parser(reader, small=-1, wall_seconds=1) as parser:
        reading = asyncio.create_task(parser.parse(GAPS, b"sleep"))
        while not reading.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert code(await reading) == "too-slow"
    assert turns > 20


async def test_a_small_document_does_not_wait_for_a_large_one():
    async with Parser(reader, small=10, wall_seconds=1.5) as parser:
        large = asyncio.create_task(parser.parse(GAPS, b"sleep" + b" " * 100))
        assert read_by(await parser.parse(GAPS, b"well")) == os.getpid()
        assert not large.done()
        assert code(await large) == "too-slow"


async def test_a_reader_that_raises_in_the_thread_is_a_failure_too(capsys: pytest.CaptureFixture[str]):
    async with Parser(reader) as parser:
        assert code(await parser.parse(GAPS, b"raise it")) == "reader-failed"
    said = capsys.readouterr()
    assert "RuntimeError in _raise" in said.out + said.err
    assert "a secret of the document" not in said.out + said.err


async def test_the_worker_starts_when_needed_and_ends_with_the_parser():
    parser = Parser(reader, small=10)
    await parser.parse(GAPS, b"well")
    assert parser._worker is None
    pid = read_by(await parser.parse(GAPS, b"well" + b" " * 100))
    os.kill(pid, 0)
    await parser.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_worker_that_cannot_start_is_not_the_documents_fault(odd: Parser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parsing, "START_SECONDS", 0.0)
    with pytest.raises(NoWorker):
        await odd.parse(GAPS, b"well")
    monkeypatch.undo()
    assert read_by(await odd.parse(GAPS, b"well"))


def units() -> list[object]:
    """1 MiB of one thing over and over."""
    said = ["> ", ">", "[", "|", "`", "# a\n", "- ", "**a", "<!--", "<div>\n", "✅", "[a](", "\r", "~~a "]
    return [pytest.param(unit.encode(), id=f"1 MiB of {unit!r}") for unit in said]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def patient() -> AsyncIterator[Parser]:
    """The parser of the program. Its clock is held back on a busy machine; its CPU budget is not."""
    async with Parser(wall_seconds=120) as parser:
        yield parser


@pytest.mark.parametrize("unit", units())
async def test_faults_63_64_pathological_text_ends_inside_the_budget(patient: Parser, unit: bytes):
    data = (unit * (MIB // len(unit) + 1))[: MIB - MIB % len(unit)]
    reading = await patient.parse(GAPS, data)
    if isinstance(reading, ParseFailure):
        assert reading.problem.code in {"too-slow", "too-deep", "too-many-cells", "too-many-entries", "unclosed-comment"}
    else:
        assert reading.gaps == ()


async def test_fault_61_five_megabytes_are_refused_at_once(patient: Parser):
    started = time.process_time()
    assert code(await patient.parse(GAPS, b"- [ ] a gap\n" * 500_000)) == "too-large"
    assert time.process_time() - started < 1


async def test_fault_62_ten_thousand_gaps(patient: Parser):
    data = b"# Known gaps\n\n" + b"".join(
        b"- [ ] [P%d] Gap number %d about thing %d\n" % (i % 4, i, i * 7) for i in range(10_000)
    )
    assert len(titles(await patient.parse(GAPS, data))) == 10_000


@pytest.mark.parametrize("depth", [10, 11, 40, 49, 50, 400])
async def test_fault_63_a_deep_list_is_read_whole_or_not_at_all(patient: Parser, depth: int):
    deep = "".join("  " * i + f"- [ ] level {i}\n" for i in range(depth)) + "\n## Later\n\n- [ ] the last one\n"
    reading = await patient.parse(GAPS, f"# Known gaps\n\n{deep}".encode())
    if depth < 50:
        assert isinstance(reading, Document)
        assert [gap.title for gap in reading.gaps] == ["level 0", "the last one"]
        assert len(reading.gaps[0].tasks) == depth - 1
    else:
        assert code(reading) == "too-deep"


def test_the_budget_is_what_was_promised():
    assert CPU_SECONDS == 5
    assert parsing.MEMORY_BYTES == 512 * MIB
