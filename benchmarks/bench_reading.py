"""How long reading takes: our whole reader beside markdown-it-py's own parse of the blocks of the same text, and 10,000 gaps at once.

    uv run python benchmarks/bench_reading.py                 the tables of benchmarks/README.md
    uv run python benchmarks/bench_reading.py FILE…           the first table on your own documents
    uv run python benchmarks/bench_reading.py --worst         what texts made to be slow cost
    uv run python benchmarks/bench_reading.py --profile FILE  where the time goes, by function

The peer makes blocks only, as the reader wants them (tables on, inline parsing off); the reader makes gaps of them, with fields, states
and exact spans. Rounds are interleaved, times are medians of CPU time in one process with the garbage collector as it is by default.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import os
import platform
import pstats
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from bot.core.gaps.model import Document
from bot.core.gaps.parse import parse
from bot.core.names import DocumentPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markdown_it.token import Token

SIZES = {"10 KB": 10_000, "100 KB": 100_000, "1 MiB": 1024 * 1024}
PATH = DocumentPath("KNOWN_GAPS.md")
SUBJECTS = "pool limit cache retry index schema token queue session upload export webhook search backup audit report".split()  # noqa: SIM905
WORST = [
    "# a\n",
    "a\n=\n",
    "- a\n",
    "1. a\n",
    "- [ ] a\n",
    "|a|b|\n",
    "> ",
    "[",
    "`",
    "```\n",
    "**a",
    "**Status:** open\n",
    "<!--",
    "✅",
    "\r",
]
PROSE = (
    "The worker holds the lock while it waits for the answer, so a slow reply keeps every other request from being served. "
    "Nobody noticed for months, because the load was low; since March it shows in the metrics every day."
)


def sections() -> Iterator[str]:
    """Yields sections as people write them, one after the other in each dialect, with text, code and a legend between."""
    for number, subject in enumerate(cycle(SUBJECTS)):
        match number % 6:
            case 0:
                tasks = "".join(f"  - [{' x'[i % 2]}] step {i} for the {subject}\n" for i in range(3))
                yield f"## {subject.title()} {number}\n\n" + "".join(
                    f"- [{' x'[i % 2]}] [P{i}] Make the {subject} of part {number}.{i} configurable\n{tasks if i == 1 else ''}"
                    for i in range(4)
                )
            case 1:
                yield (
                    f"### GAP-{number}: The {subject} is lost after a restart\n\n**Status:** ❌ Open\n**Priority:** High\n"
                    f"**Effort:** 2 days\n\n{PROSE}\n\n- **Impact**: {PROSE[:70]}\n- **Workaround**: restart the worker\n"
                )
            case 2:
                yield (
                    f"### Background of the {subject}\n\n{PROSE}\n\n{PROSE}\n\n```python\n"
                    + "def f(x):\n    return x\n" * 6
                    + "```\n"
                )
            case 3:
                yield (
                    f"## Open issues {number}\n\n| ID | Gap | Severity | Status |\n|----|-----|----------|--------|\n"
                    + "".join(
                        f"| TD-{number}{i} | The {subject} has no owner | low | {('open', 'done')[i % 2]} |\n" for i in range(5)
                    )
                )
            case 4:
                yield f"## Missing features {number}\n\n" + "".join(
                    f"{i + 1}. **No {subject} in region {number}.{i}** (deferred)\n   - Impact: {PROSE[:60]}\n" for i in range(4)
                )
            case _:
                yield f"{PROSE} {PROSE}\n\n> {PROSE}\n\n* {PROSE[:50]}\n* {PROSE[50:90]}\n"


def document(size: int) -> str:
    """Returns a gap document of about so many bytes."""
    parts = ["# Known gaps of the service\n\nWhat is missing, in no order.\n"]
    length = 0
    for part in sections():
        length += len(part.encode()) + 1
        if length > size - 100:
            return "\n".join(parts)
        parts.append(part)
    raise AssertionError


def many(kind: str, count: int) -> str:
    """Returns a document of so many gaps in one dialect."""
    head = "# Known gaps\n\n"
    match kind:
        case "checkbox":
            return head + "".join(f"- [ ] [P{i % 4}] Gap number {i} about subject {i * 7}\n" for i in range(count))
        case "heading":
            rows = (f"### GAP-{i}: Gap number {i} about subject {i * 7}\n\n**Status:** Open\n\nText.\n" for i in range(count))
            return head + "\n".join(rows)
        case "list":
            return head + "".join(f"- **Gap number {i}** about subject {i * 7}\n" for i in range(count))
        case _:
            rows = (f"| G-{i} | Gap {i} about {i * 7} | low |\n" for i in range(count))
            return f"{head}| ID | Gap | Priority |\n|--|--|--|\n{''.join(rows)}"


def peer() -> Callable[[str], list[Token]]:
    """Returns markdown-it-py's block parse with the rules that the reader uses."""
    from bot.core.scan import RULES

    parser = MarkdownIt("zero", {"maxNesting": 100, "html": True}).enable(list(RULES))

    def blocks(text: str) -> list[Token]:
        tokens: list[Token] = []
        parser.block.parse(text, parser, {}, tokens)
        return tokens

    return blocks


def compare(name: str, text: str, rounds: int) -> str:
    """Returns a row: the peer's and our median milliseconds."""
    blocks = peer()
    data = text.encode()
    theirs: list[float] = []
    ours: list[float] = []
    found = 0
    for _ in range(rounds):
        started = time.process_time()
        blocks(text)
        theirs.append(time.process_time() - started)
        started = time.process_time()
        reading = parse(PATH, data)
        ours.append(time.process_time() - started)
        found = len(reading.gaps)
    before, after = statistics.median(theirs) * 1000, statistics.median(ours) * 1000
    return f"| {name} | {len(data):,} | {found} | {before:.1f} | {after:.1f} | {after / before:.1f} |"


def child(kind: str, count: int) -> None:
    """Reads a document of many gaps and prints the seconds and the megabytes it took."""
    data = many(kind, count).encode()
    wall, cpu = time.perf_counter(), time.process_time()
    reading = parse(PATH, data)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {kind} | {len(data):,} | {len(reading.gaps):,} | {spent[0]:.1f} | {spent[1]:.1f} | {peak_megabytes()} |")


def peak_megabytes() -> int:
    """Returns the most memory that this process has had. `ru_maxrss` would count the parent's, before the child's program started."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)


def worst(unit: str) -> str:
    """Returns a row: what one thing over and over costs, in a small document and in the largest that is read."""
    cells = []
    for size in (64 * 1024, 1024 * 1024):
        text = (unit * (size // len(unit.encode()))).encode()
        started = time.process_time()
        reading = parse(PATH, text)
        spent = time.process_time() - started
        end = "" if isinstance(reading, Document) else f" ({reading.problem.code})"
        cells.append(f"{spent:.2f}{end}")
    return f"| `{unit!r}` | {' | '.join(cells)} |"


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--profile", action="store_true")
    arguments.add_argument("--worst", action="store_true")
    arguments.add_argument("--child", help=argparse.SUPPRESS)
    said = arguments.parse_args()
    if said.child:
        child(said.child, 10_000)
        return
    if said.worst:
        print("| over and over | 64 KiB (CPU s) | 1 MiB (CPU s) |\n|---|---|---|")
        for unit in WORST:
            print(worst(unit), flush=True)
        return
    texts = {path.name: path.read_text(encoding="utf-8") for path in said.files} or {
        name: document(size) for name, size in SIZES.items()
    }
    if said.profile:
        with cProfile.Profile() as profile:
            for text in texts.values():
                parse(PATH, text.encode())
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    today = dt.datetime.now(tz=dt.UTC).date()
    versions = f"Python {platform.python_version()}, markdown-it-py {version('markdown-it-py')}"
    print(f"{today}, {platform.machine()} with {os.cpu_count()} cores, {versions}\n")
    print(
        "| document | bytes | gaps | markdown-it-py, blocks only (ms) | our whole reader (ms) | times |\n|---|---|---|---|---|---|"
    )
    for name, text in texts.items():
        print(compare(name, text, said.rounds), flush=True)
    if not said.files:
        print("\n| 10,000 gaps as | bytes | read | seconds | CPU | peak RSS (MB) |\n|---|---|---|---|---|---|", flush=True)
        for kind in ("checkbox", "heading", "list", "table"):
            subprocess.run([sys.executable, __file__, "--child", kind], check=True)


if __name__ == "__main__":
    main()
