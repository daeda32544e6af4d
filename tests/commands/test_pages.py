"""The documentation of the verbs is the registry's (`just commands-update`), and its examples are commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands.pages import BEGIN, END, in_readme, page
from bot.commands.registry import SPECS
from bot.commands.values import Place
from bot.core.command import AT_MOST, commands_in
from tests.commands.situations import decided, situation

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "commands.md"
README = ROOT / "README.md"


def test_the_page_is_the_registrys():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_table_of_the_readme_is_the_registrys():
    text = README.read_text(encoding="utf-8")
    assert in_readme(text) == text


@pytest.mark.parametrize("readme", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}", f"{BEGIN}{END}{END}"])
def test_a_readme_without_its_markers_is_not_written(readme: str):
    with pytest.raises(ValueError, match="once each"):
        in_readme(readme)


@pytest.mark.parametrize(("verb", "example"), [(spec.verb, text) for spec in SPECS.values() for text in spec.examples])
def test_an_example_is_one_command_of_its_verb_that_works(verb: str, example: str):
    (command,) = commands_in(example, slug="gapkeeper")
    assert command.verb == verb
    place = Place.OTHER if verb == "link" else next(iter(SPECS[verb].places & {Place.GAP}))
    made = decided(example, situation(place=place, conflict=True, offered="3f2a9c01d4e5"))
    assert made.problems == ()
    assert made.deeds


def test_the_commands_of_the_page_are_commands():
    block = page().split("```text\n")[1].split("```")[0]
    found = commands_in(block, slug="gapkeeper")
    assert [command.verb for command in found] == ["priority", "assign"]
    assert len(found) <= AT_MOST
