"""Compares calls and deliveries with GitHub's own descriptions of its REST API and its webhooks.

The webhooks come with the npm packages; of the REST API (385 MB as a package) only a subset is used, where one lies beside the
repository.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from openapi_schema_validator import OAS30Validator, OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from tests.peer.records import Call, Delivery

REST_DESCRIPTION = Path(__file__).parents[3] / "shared" / "peer" / "rest-api-subset.json.gz"
"""A subset of GitHub's description of its REST API, beside the repository where this project is developed."""

_ROOT = "urn:github"
_WIDE = {"path", "ref", "basehead"}
"""Path parameters that may hold slashes."""


class RestOracle:
    """GitHub's description of its REST API: which operations there are, and what they take."""

    def __init__(self, description: Path) -> None:
        self._description = _with_absolute_references(json.loads(gzip.decompress(description.read_bytes())))
        self._registry = _registry(self._description)
        templates = sorted(self._description["paths"], key=lambda template: (template.count("{"), -len(template)))
        self._routes = [(_pattern(template), template) for template in templates]

    def faults(self, call: Call) -> list[str]:
        """Returns what GitHub would not understand in a request: an unknown operation, parameter or field, a wrong type."""
        operation = self._operation(call)
        if operation is None:
            return [f"no such operation: {call.method} {call.path}"]
        known = {self._resolved(parameter)["name"] for parameter in operation.get("parameters", [])}
        unknown = [f"unknown query parameter {name}" for name in call.query if name not in known]
        return unknown + self._body_faults(operation, call.body)

    def _body_faults(self, operation: dict[str, Any], body: Any) -> list[str]:
        if body is None:
            return []
        content = self._resolved(operation.get("requestBody", {})).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            return ["a body, but the operation takes none"]
        faults = [_told(error) for error in OAS30Validator(schema, registry=self._registry).iter_errors(body)]
        fields = self._resolved(schema).get("properties")
        return faults + [f"unknown field {name}" for name in body if fields and name not in fields]

    def _operation(self, call: Call) -> dict[str, Any] | None:
        for pattern, template in self._routes:
            operations = self._description["paths"][template]
            if pattern.fullmatch(call.path) and call.method.lower() in operations:
                return dict(operations[call.method.lower()])
        return None

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            value = cast("dict[str, Any]", self._registry.resolver().lookup(value["$ref"]).contents)
        return value


class WebhookOracle:
    """GitHub's description of its webhooks; `modules` is the folder that `install.installed` returns."""

    def __init__(self, modules: Path) -> None:
        self._path = modules / "node_modules/@octokit/openapi-webhooks/generated/api.github.com.json"

    @cached_property
    def _description(self) -> dict[str, Any]:
        description: dict[str, Any] = _with_absolute_references(json.loads(self._path.read_text()))
        return description

    @cached_property
    def _registry(self) -> Registry[Any]:
        return _registry(self._description)

    def faults(self, delivery: Delivery) -> list[str]:
        """Returns where a payload differs from what GitHub says it sends."""
        event = delivery.event.replace("_", "-")
        action = delivery.payload.get("action")
        webhooks = self._description["webhooks"]
        described = webhooks.get(f"{event}-{action.replace('_', '-')}" if action else event) or webhooks.get(event)
        if described is None:
            return [f"no such webhook: {delivery.event} {action}"]
        schema = described["post"]["requestBody"]["content"]["application/json"]["schema"]
        return [_told(error) for error in OAS31Validator(schema, registry=self._registry).iter_errors(delivery.payload)]


def examples(modules: Path) -> list[tuple[str, dict[str, Any]]]:
    """Returns GitHub's own example payloads, each with the name of its event."""
    path = modules / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
    return [(event["name"], payload) for event in json.loads(path.read_text()) for payload in event["examples"]]


def _registry(description: dict[str, Any]) -> Registry[Any]:
    resource = Resource.from_contents(description, default_specification=DRAFT202012)
    return cast("Registry[Any]", Registry().with_resource(_ROOT, resource))


def _with_absolute_references(value: Any) -> Any:
    """Returns the description with `#/…` made `urn:github#/…`, so that a schema taken out of it still resolves."""
    if isinstance(value, list):
        return [_with_absolute_references(item) for item in value]
    if not isinstance(value, dict):
        return value
    absolute = {key: _with_absolute_references(item) for key, item in value.items()}
    if str(value.get("$ref", "")).startswith("#/"):
        absolute["$ref"] = _ROOT + value["$ref"]
    return absolute


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    literal = [re.escape(part) if index % 2 == 0 else (".+" if part in _WIDE else "[^/]+") for index, part in enumerate(parts)]
    return re.compile("".join(literal))


def _told(error: Any) -> str:
    return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"
