"""Answers and payloads have the shapes of GitHub's own descriptions, wherever those lie at hand."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from openapi_schema_validator import OAS30Validator

from bot.sandbox.api import _ROUTES
from tests.peer.oracle import REST_DESCRIPTION, RestOracle, WebhookOracle, _registry, _told
from tests.sandbox import tour
from tests.sandbox.conftest import staged

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peer.records import Call, Delivery

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def described() -> RestOracle:
    if not REST_DESCRIPTION.exists():
        pytest.skip(f"{REST_DESCRIPTION} is not here")
    oracle = RestOracle(REST_DESCRIPTION)
    oracle._description = _as_meant(oracle._description)
    oracle._registry = _registry(oracle._description)
    return oracle


def _as_meant(value: Any) -> Any:
    """The description without its slips, which GitHub's own answers do not follow either.

    `nullable` enumerations leave null out; `oneOf` stands where several alternatives fit; in one list an account is a user
    *and* an enterprise; the mapping of a `discriminator` is no reference that a validator resolves.
    """
    if isinstance(value, list):
        return [_as_meant(item) for item in value]
    if not isinstance(value, dict):
        return value
    meant = {
        ("anyOf" if key == "oneOf" and isinstance(item, list) else key): _as_meant(item)
        for key, item in value.items()
        if key != "discriminator"
    }
    if meant.get("nullable") and isinstance(meant.get("enum"), list):
        meant["enum"].append(None)
    if [part.get("title") for part in meant.get("allOf", []) if isinstance(part, dict)] == ["Simple User", "Enterprise"]:
        meant["anyOf"] = meant.pop("allOf")
    return meant


def response_faults(oracle: RestOracle, method: str, path: str, status: int, body: Any) -> list[str]:
    """Where an answer differs from the description of its operation."""
    operation = oracle._operation(cast("Call", SimpleNamespace(method=method, path=path)))
    if operation is None:
        return [f"no such operation: {method} {path}"]
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [f"status {status} is not described, only {sorted(operation['responses'])}"]
    schema = oracle._resolved(answer).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return []
    return [_told(error) for error in OAS30Validator(schema, registry=oracle._registry).iter_errors(body)]


async def test_answers_are_as_github_describes_them(described: RestOracle) -> None:
    stage = staged()
    tour.build(stage)
    faults = []
    for step in tour.steps(stage):
        answer = await tour.take(stage, step)
        assert answer.status_code == step.status, f"{step.id}: {answer.status_code} {answer.text[:300]}"
        body = answer.json() if answer.content else None
        faults += [f"{step.id}: {fault}" for fault in response_faults(described, step.method, step.path, step.status, body)]
        request = cast("Call", SimpleNamespace(method=step.method, path=step.path, query={}, body=step.body))
        faults += [f"{step.id} (request): {fault}" for fault in described.faults(request)]
    assert not faults, "\n".join(faults)


async def test_the_tour_takes_every_status_it_says() -> None:
    stage = staged()
    tour.build(stage)
    got = [(step.id, (await tour.take(stage, step)).status_code) for step in tour.steps(stage)]
    assert [(name, status) for name, status in got if not name.endswith(str(status))] == []


async def test_payloads_are_as_github_describes_them(peer_modules: Path) -> None:
    oracle = WebhookOracle(peer_modules)
    stage = staged()
    tour.build(stage)
    for step in tour.steps(stage):
        await tour.take(stage, step)
    tour.live(stage)
    faults = {
        f"{one.event}.{one.action}: {fault}"
        for one in stage.hooks.log
        for fault in oracle.faults(cast("Delivery", SimpleNamespace(event=one.event, payload=json.loads(one.body))))
    }
    assert not faults, "\n".join(sorted(faults))


def test_no_operation_is_forgotten_by_the_tour() -> None:
    stage = staged()
    tour.build(stage)
    walked = {(step.method, step.path) for step in tour.steps(stage)}
    left = [
        f"{method} {route.template}"
        for method, routes in _ROUTES.items()
        for pattern, route in routes
        if not any(verb == method and pattern.match(path) for verb, path in walked)
    ]
    assert sorted(left) == []
