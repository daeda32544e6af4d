"""`gapkeeper serve`: the App itself, receiving webhooks and syncing repositories until it is stopped."""

from __future__ import annotations

from bot.cli.fault import fail


def command() -> None:
    """Run the App: receive webhooks and keep documents and issues the same.

    Everything is set by the environment: GAPKEEPER_APP_ID, GAPKEEPER_PRIVATE_KEY or _FILE, GAPKEEPER_WEBHOOK_SECRET or _FILE,
    and optionally GAPKEEPER_DATABASE_URL, GAPKEEPER_HOST, GAPKEEPER_PORT, GAPKEEPER_GITHUB_API_URL, GAPKEEPER_LOG,
    GAPKEEPER_WRITE_SPACING_MS. All faults in it are reported at once, with exit status 2.
    """
    from bot.core.errors import GapkeeperError, SettingsError
    from bot.settings import read_settings

    try:
        settings = read_settings()
    except SettingsError as error:
        fail(*error.faults)
    from bot.app import serve

    try:
        serve(settings)
    except GapkeeperError as error:
        fail(str(error))
