"""Which issue belongs to which gap, when titles stand twice, ids are copied, and gaps move between documents (I15, I16, #67)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

BOTH = CONFIG.replace(GAPS, "'*.md'")


def twins(*details: str, ticked: str = "") -> str:
    entries = [f"- [{'x' if detail == ticked else ' '}] No paging\n\n  {detail}\n" for detail in details]
    return "# Known gaps\n\n" + "\n".join(entries)


WEB = "The list of orders in the web shop is loaded whole."
APP = "The app fetches all messages when it starts."
API = "Clients of the interface get every customer at once."


def by_detail(desk: Desk) -> dict[str, tuple[int, bool]]:
    """Returns number and openness of each issue by the detail in its body."""
    found = desk.repository.issues()
    return {detail: (i.number, i.open) for i in found for detail in (WEB, APP, API) if detail in i.body}


@pytest.mark.parametrize("ticked", [WEB, APP])
def test_i16_ticking_one_of_two_twins_closes_that_one(desk: Desk, ticked: str) -> None:
    desk.begin(twins(WEB, APP))
    before = by_detail(desk)
    desk.write(twins(WEB, APP, ticked=ticked))
    assert by_detail(desk) == {detail: (number, detail != ticked) for detail, (number, _) in before.items()}


def test_i16_twins_that_change_places_keep_their_issues(desk: Desk) -> None:
    desk.begin(twins(WEB, APP))
    before = by_detail(desk)
    desk.write(twins(APP, WEB))
    assert by_detail(desk) == before
    desk.write(twins(APP, WEB, ticked=WEB))
    assert by_detail(desk) == {WEB: (before[WEB][0], False), APP: (before[APP][0], True)}


def test_i16_a_twin_inserted_above_gets_an_issue_of_its_own(desk: Desk) -> None:
    desk.begin(twins(WEB, APP))
    before = by_detail(desk)
    desk.write(twins(API, WEB, APP))
    assert by_detail(desk) == before | {API: (3, True)}


def test_i16_a_twin_that_is_removed_closes_its_own_issue(desk: Desk) -> None:
    desk.begin(twins(WEB, APP, API))
    before = by_detail(desk)
    desk.write(twins(WEB, API))
    assert by_detail(desk) == before | {APP: (before[APP][0], False)}


def ids(*entries: str) -> str:
    return "# Known gaps\n\n" + "\n".join(f"## {entry}\n\nSome words about it.\n" for entry in entries)


def test_67_an_id_that_was_copied_stops_its_gaps_until_it_is_mended(desk: Desk) -> None:
    desk.begin(ids("GAP-001: Tokens never expire", "GAP-002: No paging"))
    with desk.nothing_written():
        desk.write(ids("GAP-001: Tokens never expire", "GAP-001: Images are not cached", "GAP-002: No paging"))
    desk.write(ids("GAP-001: Tokens never expire", "GAP-003: Images are not cached", "GAP-002: No paging"))
    assert desk.numbers == {"Tokens never expire": 1, "No paging": 2, "Images are not cached": 3}
    assert set(desk.states.values()) == {"open"}


def test_an_own_id_outlives_a_new_title_and_place(desk: Desk) -> None:
    desk.begin(ids("GAP-001: Tokens never expire", "GAP-002: No paging"))
    desk.write(ids("GAP-002: Orders come in one long list", "GAP-001: Sessions outlast their users"))
    assert desk.numbers == {"Sessions outlast their users": 1, "Orders come in one long list": 2}


def test_67_an_id_moved_between_documents_keeps_its_issue(desk: Desk) -> None:
    debt = "TD-1: Templates are old"
    desk.push({CONFIG_PATH: BOTH, GAPS: ids("GAP-001: Tokens never expire", "GAP-002: No paging"), "DEBT.md": ids(debt)})
    numbers = desk.numbers
    desk.push({GAPS: ids("GAP-002: No paging"), "DEBT.md": ids(debt, "GAP-001: Sessions outlast their users")})
    renamed = {"Tokens never expire": "Sessions outlast their users"}
    assert desk.numbers == {renamed.get(title, title): number for title, number in numbers.items()}
    assert set(desk.states.values()) == {"open"}


def test_79_a_gap_removed_here_and_added_there_in_the_next_push_keeps_its_issue(desk: Desk) -> None:
    line = "- [ ] Images are not cached\n"
    desk.push({CONFIG_PATH: BOTH, GAPS: f"# Gaps\n\n- [ ] No paging\n{line}", "DEBT.md": "# Debt\n\n- [ ] Old templates\n"})
    numbers = desk.numbers
    desk.push({GAPS: "# Gaps\n\n- [ ] No paging\n"})
    assert desk.states["Images are not cached"] == "completed"
    desk.push({"DEBT.md": f"# Debt\n\n- [ ] Old templates\n{line}"})
    assert desk.numbers == numbers
    assert set(desk.states.values()) == {"open"}


def test_documents_that_change_names_with_each_other_keep_their_issues(desk: Desk) -> None:
    one, two = "# One\n\n- [ ] No paging\n- [ ] No search\n", "# Two\n\n- [ ] Tokens never expire\n- [ ] Old templates\n"
    desk.push({CONFIG_PATH: BOTH, "A.md": one, "B.md": two})
    numbers = desk.numbers
    desk.push({"A.md": two, "B.md": one})
    assert desk.numbers == numbers
    assert set(desk.states.values()) == {"open"}


def test_i15_a_moved_directory_keeps_every_issue(desk: Desk) -> None:
    names = ("web", "app", "api")
    documents = {f"{name}.md": f"# {name}\n\n- [ ] First lack of {name}\n- [ ] Second lack of {name}\n" for name in names}
    config = CONFIG.replace(GAPS, "'**/gaps/*.md'")
    desk.push({CONFIG_PATH: config, **{f"gaps/{name}": text for name, text in documents.items()}})
    numbers = desk.numbers
    desk.push({f"gaps/{name}": None for name in documents} | {f"docs/gaps/{name}": text for name, text in documents.items()})
    assert desk.numbers == numbers
    assert len(numbers) == 6
    assert set(desk.states.values()) == {"open"}


def test_a_document_that_comes_back_finds_its_issues(desk: Desk) -> None:
    text = "# Gaps\n\n- [ ] No paging\n- [ ] Images are not cached\n"
    desk.begin(text)
    numbers = desk.numbers
    desk.push({GAPS: None})
    desk.push({GAPS: text})
    assert desk.numbers == numbers
    assert set(desk.states.values()) == {"open"}


@pytest.mark.parametrize(
    ("option", "after", "expected"),
    [
        ("on_remove: not_planned", "# Gaps\n\n- [ ] No paging\n", "not_planned"),
        ("on_remove: keep", "# Gaps\n\n- [ ] No paging\n", "open"),
        ("on_remove: completed", "# Gaps\n\n- [ ] No paging\n", "completed"),
        ("on_defer: close", "# Gaps\n\n- [ ] No paging\n- [ ] Images are not cached (Deferred)\n", "not_planned"),
        ("on_defer: keep", "# Gaps\n\n- [ ] No paging\n- [ ] Images are not cached (Deferred)\n", "open"),
    ],
)
def test_the_config_decides_about_removed_and_deferred_gaps(desk: Desk, option: str, after: str, expected: str) -> None:
    before = "# Gaps\n\n- [ ] No paging\n- [ ] Images are not cached\n"
    desk.begin(before, config=f"{CONFIG}{option}\n")
    desk.write(after)
    assert desk.states == {"No paging": "open", "Images are not cached": expected}
    desk.write(before)
    assert desk.states == {"No paging": "open", "Images are not cached": "open"}
