"""docs/config.md names every key, and its examples are good settings; the JSON Schema says what the reader says."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openapi_schema_validator import OAS31Validator
from ruamel.yaml import YAML

from bot.core.config import KEYS, PERMISSIONS, check
from bot.core.errors import Severity
from bot.core.shape import Free, Listed, Shape, Table
from tests.core.schema import PATH, written

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parent.parent / "docs" / "config.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SCHEMA = OAS31Validator(json.loads(PATH.read_text(encoding="utf-8")))


def keys_of(shape: Shape) -> Iterator[str]:
    match shape:
        case Table(keys):
            for name, key in keys.items():
                yield name
                yield from keys_of(key.shape)
        case Free(_, item) | Listed(item):
            yield from keys_of(item)
        case _:
            return


def fits(text: str) -> bool:
    value = YAML(typ="safe", pure=True).load(io.StringIO(text))
    return not list(SCHEMA.iter_errors({} if value is None else value))


def test_the_schema_is_the_one_of_the_reader():
    assert PATH.read_text(encoding="utf-8") == written(), "just schema-update"
    SCHEMA.check_schema(SCHEMA.schema)


def test_the_page_names_every_key_and_every_permission():
    named = set(re.findall(r"[`.{(\s](\w+)(?=[`:])", PAGE))
    assert set(keys_of(KEYS)) <= named
    assert set(PERMISSIONS) <= named


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_good_settings_for_reader_and_schema(example: str):
    assert [problem for problem in check(example.encode()) if problem.severity is Severity.ERROR] == []
    assert fits(example)


@pytest.mark.parametrize(
    "text",
    [
        "fils: a.md",
        "files: 3",
        "files: ['../a.md']",
        "files: [[a]]",
        "limits: {open: yes}",
        "limits: {open: -1}",
        "limits: {imprt: 1}",
        "on_remove: close",
        "done_style: 'move:'",
        "commands: {permission: owner}",
        "commands: {allow: {bots: dependabot}}",
        "commands: {allow: {teams: core}}",
        "rules: {when: {}, add: {}}",
        "rules: [{when: {}}]",
        "rules: [{when: {sections: a}, add: {}}]",
        "rules: [{when: {}, add: {milestone: 0}}]",
        "rules: [{when: {}, add: {labels: 'a,b'}}]",
        "rules: [{when: {}, add: {assignees: [a, b, c, d, e, f, g, h, i, j, k]}}]",
        "priorities: {P0: {a: b}}",
        "dashboard: 'yes'",
        "- a",
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(text: str):
    assert [problem for problem in check(text.encode()) if problem.severity is Severity.ERROR] != []
    assert not fits(text)
