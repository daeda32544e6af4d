"""The App's own webhook as GitHub sees it: which deliveries reached us, and asking for one again.

https://docs.github.com/en/rest/apps/webhooks; what was not delivered is kept for three days and never sent again by itself:
https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.github.translate import attempts_of

if TYPE_CHECKING:
    from bot.github.model import Attempt
    from bot.github.wire import Line


class Hook:
    """The deliveries of the App, over a line that is signed in as the App itself."""

    def __init__(self, line: Line) -> None:
        """Call through the line."""
        self._line = line

    async def attempts(self, *, since: float) -> tuple[Attempt, ...]:
        """Returns every attempt to deliver something since then, the newest first.

        https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
        """

        def enough(page: tuple[Attempt, ...]) -> bool:
            return bool(page) and page[-1].at < since

        found = await self._line.pages("/app/hook/deliveries", attempts_of, params={"per_page": "100"}, enough=enough)
        return tuple(attempt for attempt in found if attempt.at >= since)

    async def redeliver(self, attempt: Attempt) -> None:
        """Ask GitHub to deliver the same again, under the same GUID.

        https://docs.github.com/en/rest/apps/webhooks#redeliver-a-delivery-for-an-app-webhook
        """
        await self._line.write("POST", f"/app/hook/deliveries/{attempt.id}/attempts", lambda _: None, json=None)
