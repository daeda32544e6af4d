"""`gapkeeper serve` and `gapkeeper worker`: the App itself, receiving webhooks and syncing repositories until it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.fault import fail

if TYPE_CHECKING:
    from bot.app import Role


def command(
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Only receive webhooks; `gapkeeper worker` syncs (PostgreSQL).")
    ] = False,
) -> None:
    """Run the App: receive webhooks and keep documents and issues the same.

    Everything is set by the environment: GAPKEEPER_APP_ID, GAPKEEPER_PRIVATE_KEY or _FILE, GAPKEEPER_WEBHOOK_SECRET or _FILE,
    and optionally GAPKEEPER_DATABASE_URL, GAPKEEPER_HOST, GAPKEEPER_PORT, GAPKEEPER_GITHUB_API_URL, GAPKEEPER_LOG,
    GAPKEEPER_METRICS, GAPKEEPER_WRITE_SPACING_MS. All faults in it are reported at once, with exit status 2.
    """
    from bot.app import Role

    _serve(Role.RECEIVER if no_worker else Role.WHOLE)


def worker() -> None:
    """Run a worker: sync what `gapkeeper serve --no-worker` receives, beside any number of others, on one PostgreSQL database.

    It is set by the same environment as `gapkeeper serve`. Its port answers /healthz and /readyz only.
    """
    from bot.app import Role

    _serve(Role.WORKER)


def _serve(role: Role) -> None:
    from bot.core.errors import GapkeeperError, SettingsError
    from bot.settings import read_settings

    try:
        settings = read_settings()
    except SettingsError as error:
        fail(*error.faults)
    from bot.app import serve

    try:
        serve(settings, role=role)
    except GapkeeperError as error:
        fail(str(error))
