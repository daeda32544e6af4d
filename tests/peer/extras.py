"""What GitHub has and the emulator lacks, as far as the bot uses it: the App's log of deliveries, and redelivery."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.peer.repairs import DOCUMENTATION

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tests.peer.records import Delivery
    from tests.peer.relay import Relay
    from tests.peer.repairs import Json

_LOG = re.compile(r"/app/hook/deliveries(?:/(?P<id>\d+)(?P<attempts>/attempts)?)?")
_NOT_FOUND = {"message": "Not Found", "documentation_url": DOCUMENTATION}


def extra(request: Request, relay: Relay) -> Response | None:
    """Answers an operation that the emulator lacks; None where the emulator should answer."""
    route = _LOG.fullmatch(request.url.path)
    if route is None:
        return None
    if route["id"] is None:
        return JSONResponse(_page(request, relay.deliveries))
    delivery = next((sent for sent in relay.deliveries if sent.id == int(route["id"])), None)
    if delivery is None:
        return JSONResponse(_NOT_FOUND, 404)
    if route["attempts"] and request.method == "POST":
        relay.redeliver(delivery)
        return JSONResponse({}, 202)
    return JSONResponse(_in_full(delivery))


def _page(request: Request, deliveries: list[Delivery]) -> list[Json]:
    """The newest first, from a cursor on: https://docs.github.com/en/rest/apps/webhooks."""
    cursor = request.query_params.get("cursor")
    older = [_in_short(sent) for sent in reversed(deliveries) if cursor is None or sent.id < int(cursor)]
    return older[: int(request.query_params.get("per_page", "30"))]


def _in_short(delivery: Delivery) -> Json:
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.redelivery,
        "duration": 0.0,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.payload.get("action"),
        "installation_id": (delivery.payload.get("installation") or {}).get("id"),
        "repository_id": (delivery.payload.get("repository") or {}).get("id"),
        "throttled_at": None,
    }


def _in_full(delivery: Delivery) -> Json:
    request = {"headers": delivery.headers, "payload": json.loads(delivery.raw)}
    return {**_in_short(delivery), "url": "", "request": request, "response": {"headers": {}, "payload": ""}}
