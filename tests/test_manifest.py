"""The manifest asks for what the code needs, and for nothing else."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from bot.github.gateway import OPTIONAL_PERMISSIONS, PERMISSIONS, Gateway, needed
from bot.web.webhook import EVENTS

MANIFEST = YAML(typ="safe").load(Path(__file__).parent.parent.joinpath("app.yml").read_text())


def test_the_permissions_are_those_that_the_gateway_names():
    assert MANIFEST["default_permissions"] == needed()
    assert needed()["contents"] == "write"


def test_every_request_of_the_gateway_names_its_permission():
    requests = {name for name in dir(Gateway) if not name.startswith("_")}
    assert {*PERMISSIONS, *OPTIONAL_PERMISSIONS} == requests


def test_what_is_optional_is_not_asked_for_and_is_explained():
    text = Path(__file__).parent.parent.joinpath("app.yml").read_text()
    for permissions in OPTIONAL_PERMISSIONS.values():
        for name, level in permissions.items():
            assert name not in MANIFEST["default_permissions"]
            assert f"# `{name}: {level}`" in text


def test_the_events_are_those_that_are_acted_on():
    assert set(MANIFEST["default_events"]) == EVENTS
