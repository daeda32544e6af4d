"""`gapkeeper demo`: the whole product on this machine, without an account: a GitHub in memory, the App, a page to play with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.fault import fail
from bot.cli.files import read


def command(
    file: Annotated[
        Path | None, typer.Argument(help="The document to push; an example of ours without it.", metavar="FILE")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the first sync.")] = False,
    port: Annotated[int, typer.Option(help="The page's port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
) -> None:
    """Push a document to a GitHub in memory, let Gapkeeper open its issues, and show both beside each other.

    Needs no account, no server and no network. Without `--once` a page is served until Ctrl-C: edit the document and push, close,
    tick, label and comment on issues.
    """
    if file is not None and isinstance(fault := read(file), str):
        fail(fault)
    from bot.core.errors import GapkeeperError
    from bot.sandbox.demo import run

    try:
        asyncio.run(run(file, once=once, port=port))
    except GapkeeperError as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
