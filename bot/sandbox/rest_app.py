"""REST operations of the App itself: who it is, its installations, their tokens, and the log of its webhook.

https://docs.github.com/rest/apps/apps · https://docs.github.com/rest/apps/webhooks
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox import shapes
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.rest import JWT, TOKEN, Answer, Ask, Route
from bot.sandbox.webhooks import item
from bot.sandbox.world import instant

if TYPE_CHECKING:
    from bot.sandbox.model import App, Installation
    from bot.sandbox.webhooks import Webhooks


def _app(ask: Ask) -> App:
    if ask.app is None:
        raise Refusal(401, "A JSON web token could not be decoded")
    return ask.app


def _hooks(ask: Ask) -> Webhooks:
    if ask.hooks is None or ask.hooks.app is not _app(ask):
        raise not_found()
    return ask.hooks


def _installation(ask: Ask) -> Installation:
    found = ask.world.installations.get(ask.number("installation"))
    if found is None or found.app is not _app(ask):
        raise not_found()
    return found


def get_app(ask: Ask) -> Answer:
    """GET /app."""
    app = _app(ask)
    count = sum(one.app is app for one in ask.world.installations.values())
    return Answer(shapes.app(ask.world, app) | {"installations_count": count})


def list_installations(ask: Ask) -> Answer:
    """GET /app/installations."""
    mine = [one for one in ask.world.installations.values() if one.app is _app(ask)]
    return ask.page(mine, lambda one: shapes.installation(ask.world, one))


def get_installation(ask: Ask) -> Answer:
    """GET /app/installations/{installation_id}."""
    return Answer(shapes.installation(ask.world, _installation(ask)))


def get_repository_installation(ask: Ask) -> Answer:
    """GET /repos/{owner}/{repo}/installation."""
    place = ask.world.repository(f"{ask.path['owner']}/{ask.path['repo']}")
    found = ask.world.installation_on(_app(ask), place)
    if found is None:
        raise not_found()
    return Answer(shapes.installation(ask.world, found))


def get_account_installation(ask: Ask) -> Answer:
    """GET /orgs/{org}/installation and /users/{username}/installation."""
    account = ask.world.user(ask.path["account"])
    for one in ask.world.installations.values():
        if one.app is _app(ask) and one.account.id == account.id:
            return Answer(shapes.installation(ask.world, one))
    raise not_found()


def create_token(ask: Ask) -> Answer:
    """POST /app/installations/{installation_id}/access_tokens."""
    one = _installation(ask)
    chosen = ask.body.get("repository_ids")
    if names := ask.body.get("repositories"):
        known = {place.name.lower(): place.id for place in ask.world.repositories_of(one)}
        chosen = [*(chosen or []), *(known.get(name.lower(), 0) for name in names)]
    token = ask.world.mint(one, permissions=ask.body.get("permissions"), repositories=frozenset(chosen) if chosen else None)
    shown: dict[str, Any] = {
        "token": token.value,
        "expires_at": instant(token.expires_at or 0),
        "permissions": dict(token.permissions),
    }
    selected = bool(chosen) or one.repositories is not None
    shown["repository_selection"] = "selected" if selected else "all"
    if chosen:
        shown["repositories"] = [shapes.repository(place) for place in ask.world.repositories_of(one) if place.id in chosen]
    return Answer(shown, 201)


def list_repositories(ask: Ask) -> Answer:
    """GET /installation/repositories."""
    if ask.token is None or ask.token.installation is None:
        raise Refusal(
            403, "You must authenticate with an installation access token in order to list repositories for an installation."
        )
    one, chosen = ask.token.installation, ask.token.repositories
    mine = [place for place in ask.world.repositories_of(one) if chosen is None or place.id in chosen]
    page = ask.page(mine, shapes.repository)
    selection = "all" if one.repositories is None and chosen is None else "selected"
    return Answer({"total_count": len(mine), "repository_selection": selection, "repositories": page.body}, headers=page.headers)


def list_deliveries(ask: Ask) -> Answer:
    """GET /app/hook/deliveries: newest first, by cursor."""
    cursor, size = ask.query.get("cursor", ""), ask.query.get("per_page", "")
    made = [one for one in reversed(_hooks(ask).log) if one.status != "held"]  # what is held was not tried yet
    newest = [one for one in made if not cursor.isdecimal() or one.id < int(cursor)]
    shown = newest[: min(int(size) if size.isdecimal() else 30, 100)]
    more = len(shown) < len(newest)
    link = {"link": f'<{ask.base}?per_page={len(shown)}&cursor={shown[-1].id}>; rel="next"'} if more and shown else {}
    return Answer([item(one) for one in shown], headers=link)


def get_delivery(ask: Ask) -> Answer:
    """GET /app/hook/deliveries/{delivery_id}."""
    one = _hooks(ask).delivery(ask.number("delivery"))
    request = {"headers": {name.title(): value for name, value in one.headers.items()}, "payload": one.payload}
    return Answer(item(one) | {"url": "", "request": request, "response": {"headers": {}, "payload": ""}})


def redeliver(ask: Ask) -> Answer:
    """POST /app/hook/deliveries/{delivery_id}/attempts."""
    _hooks(ask).redeliver(ask.number("delivery"))
    return Answer({}, 202)


def rate_limit(ask: Ask) -> Answer:
    """GET /rate_limit: free of charge, and here always full."""
    full = {"limit": 5000, "used": 0, "remaining": 5000, "reset": int(ask.world.wall()) + 3600}
    return Answer({"resources": {"core": full, "search": full | {"limit": 30, "remaining": 30}}, "rate": full})


ROUTES = (
    Route("GET", "/app", get_app, JWT),
    Route("GET", "/app/installations", list_installations, JWT),
    Route("GET", "/app/installations/{installation}", get_installation, JWT),
    Route("POST", "/app/installations/{installation}/access_tokens", create_token, JWT),
    Route("GET", "/repos/{owner}/{repo}/installation", get_repository_installation, JWT),
    Route("GET", "/orgs/{account}/installation", get_account_installation, JWT),
    Route("GET", "/users/{account}/installation", get_account_installation, JWT),
    Route("GET", "/app/hook/deliveries", list_deliveries, JWT),
    Route("GET", "/app/hook/deliveries/{delivery}", get_delivery, JWT),
    Route("POST", "/app/hook/deliveries/{delivery}/attempts", redeliver, JWT),
    Route("GET", "/installation/repositories", list_repositories, TOKEN),
    Route("GET", "/rate_limit", rate_limit, TOKEN),
)
