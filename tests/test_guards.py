"""The table of guards is true: each stands where it says, its test exists, and the page shows the table (`python -m tests.guards`)."""

from __future__ import annotations

import ast

import pytest

from tests.guards import GUARDS, PAGE, ROOT, Guard, page


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_table_says_and_so_does_its_test(guard: Guard):
    assert (ROOT / guard.file).read_text(encoding="utf-8").count(guard.old) == 1
    file, *path = guard.test.split("::")
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    for name in path:
        found = [
            node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        ]
        assert found, f"there is no {name} in {file}"
        body = found[0].body


def test_the_page_shows_the_table():
    assert PAGE.read_text(encoding="utf-8") == page()
