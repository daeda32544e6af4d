"""The command line: one file a command. Each does what it says and leaves the work to the layers below.

Heavy modules are imported inside the commands that need them, so that `gapkeeper --help` answers at once.
Exit status: 0 done, 1 found what it was asked to look for, 2 could not do it (one clear line a fault on standard error).
"""

from __future__ import annotations

import typer

from bot.cli import config, demo, doctor, explain, lint, parse, plan, replay, serve, status

app = typer.Typer(
    name="gapkeeper",
    help="Keeps a team's gap documents and its GitHub issues the same thing.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(config.app, name="config")
app.command("demo")(demo.command)
app.command("doctor")(doctor.command)
app.command("explain")(explain.command)
app.command("lint")(lint.command)
app.command("parse")(parse.command)
app.command("plan")(plan.command)
app.command("replay")(replay.command)
app.command("serve")(serve.command)
app.command("status")(status.command)
app.command("worker")(serve.worker)


def main() -> None:
    """Run the command line."""
    app()
