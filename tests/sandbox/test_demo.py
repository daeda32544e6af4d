"""`gapkeeper demo`, whole: the real bot on a document, printed once, or served as a page until it is interrupted."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from rich.console import Console

from bot.core.gaps.model import Kind
from bot.sandbox import demo as demonstrations
from bot.sandbox import stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio
SEEDS = Path(__file__).parents[3] / "shared" / "seeds" / "docs"
SECONDS = 60.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A clean HOME, a TMPDIR of our own, and nothing that names an App."""
    (tmp_path / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GAPKEEPER_")}
    return kept | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp"), "PYTHONWARNINGS": "ignore"}


def once(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "demo", "--once", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_the_example_has_every_dialect() -> None:
    from bot.core.gaps.model import Document
    from bot.core.gaps.parse import parse
    from bot.core.names import DocumentPath

    read = parse(DocumentPath(stage.EXAMPLE), stage.example())
    assert isinstance(read, Document)
    assert (set(read.dialects), len(read.gaps), read.problems) == (set(Kind), 13, ())


def test_once_on_the_example(environment: dict[str, str], tmp_path: Path) -> None:
    done = once(environment)
    assert (done.returncode, done.stderr) == (0, "")
    rows = re.findall(r"^ *#(\d+)  (.*?)  +(gap.*?)  +open *$", done.stdout, re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 11))
    assert rows[3][1:] == ("The van disappears in tunnels", "gap, priority: P1, effort: 3 days, status: in progress")
    assert "10 issues: 10 open, 0 closed." in done.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(not SEEDS.exists(), reason="the first users' documents are not here")
def test_once_on_a_real_document(environment: dict[str, str]) -> None:
    done = once(environment, str(SEEDS / "tech-debt.md"))
    assert "46 issues: 46 open, 0 closed." in done.stdout
    assert done.stdout.count("priority: P0") == (SEEDS / "tech-debt.md").read_text().count("- [ ] [P0]")


async def reported(data: bytes) -> str:
    """What is printed of a document, without starting a process for it."""
    async with stage.demonstration() as demo:
        stage.first_push(demo, data)
        await demo.settle()
        out = io.StringIO()
        demonstrations.report(demo, up=1.25, synced=0.5, console=Console(file=out, width=100))
    return out.getvalue()


async def test_hostile_text_is_printed_as_text() -> None:
    """Terminal codes, console markup and HTML in a title do nothing."""
    printed = await reported(b"# Known gaps\n\n- [ ] [P1] Fix [bold]this[/] \x1b[31mred <script>alert(1)</script>\n")
    assert "\x1b" not in printed
    assert "1 issue: 1 open, 0 closed." in printed
    assert "[bold]this[/]" in printed


async def test_a_document_without_gaps_says_so() -> None:
    assert "No issue was opened" in await reported(b"# Nothing here\n")


@pytest.mark.parametrize(
    ("name", "path"),
    [("docs/TODO.md", "TODO.md"), ("g[a]ps*.md", "KNOWN_GAPS.md"), ("a b.md", "KNOWN_GAPS.md"), (None, "KNOWN_GAPS.md")],
)
def test_a_name_that_reads_as_a_glob_is_not_used(name: str | None, path: str) -> None:
    assert demonstrations._path(Path(name) if name else None) == path


async def test_it_gives_up_on_a_bot_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "PATIENCE", 0.05)
    async with stage.demonstration() as demo:
        demo.api.in_flight += 1
        with pytest.raises(stage.DemoFailed):
            await demo.settle()


async def test_the_real_bot_follows_the_document() -> None:
    """One life of the demo: import, a push that changes one gap, the same push again, a redelivery."""
    async with stage.demonstration() as demo:
        stage.first_push(demo, stage.example())
        await demo.settle()
        assert len(demo.place.issues) == 10
        demo.api.calls.clear()
        text = demo.place.read(demo.path).decode().replace("- [ ] [P1] Public", "- [x] [P1] Public")
        demo.place.push({demo.path: text}, by=stage.YOU)
        await demo.settle()
        assert [(issue.number, issue.state_reason) for issue in demo.place.issues.values() if not issue.open] == [
            (2, "completed")
        ]
        assert len(demo.api.calls) <= 3
        demo.api.calls.clear()
        demo.place.push({demo.path: text}, by=stage.YOU, message="Again")
        for number in range(1, len(demo.hooks.log) + 1):
            demo.hooks.redeliver(number)
        await demo.settle()
        assert demo.api.writes == []


async def test_report_says_what_it_took() -> None:
    printed = await reported(b"# Known gaps\n\n- [ ] [P0] Only one\n")
    assert "#1" in printed
    assert "Up in 1.2 s, synced in 0.5 s." in printed
    assert re.search(r"\d+ requests to GitHub: 3 that write, 1 for the token; \d+ deliveries from it\.", printed)


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo with its page, and the address that it printed."""
    command = [sys.executable, "-m", "bot", "demo"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = threading.Timer(SECONDS, process.kill)
    deadline.start()
    try:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+/", line)))
        yield process, address
    finally:
        deadline.cancel()
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_page_is_served_until_interrupted(
    served: tuple[subprocess.Popen[str], str], number: signal.Signals, tmp_path: Path
) -> None:
    process, address = served
    with httpx.Client(trust_env=False) as client:
        assert "The van disappears in tunnels" in client.get(address).text
        assert client.post(f"{address}issues/4/close", data={"reason": "completed"}).status_code == 303
        assert "9 open" in client.get(address).text
    process.send_signal(number)
    assert process.wait(SECONDS) == 0
    assert list((tmp_path / "tmp").iterdir()) == []
