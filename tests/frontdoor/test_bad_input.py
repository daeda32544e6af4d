"""What cannot be read, or is too much, changes nothing: nothing is concluded from what was not read to its end (I9, I10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

GOOD = "# Known gaps\n\n- [ ] Tokens never expire\n- [ ] No paging\n"
MENDED = "# Known gaps\n\n- [ ] Tokens never expire\n- [x] No paging\n"
WAITING = "Gapkeeper: plan waiting"

BROKEN: dict[str, bytes] = {
    "#56 NUL": b"# Known gaps\n\n- [ ] Tokens\x00 never expire\n",
    "#57 invalid UTF-8": b"# Known gaps\n\n- [ ] Tokens never expire \xff\n",
    "#57 UTF-16": GOOD.encode("utf-16"),
    "#61 too large": b"# Known gaps\n\n" + b"word " * 220_000 + b"\n",
    "#63 nested too deep": b"# Known gaps\n\n" + b">" * 900 + b" deep\n",
    "#83 conflict markers": b"# Known gaps\n\n<<<<<<< HEAD\n- [ ] Tokens never expire\n=======\n>>>>>>> topic\n",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_document_closes_nothing_until_it_is_mended(desk: Desk, broken: bytes) -> None:
    desk.begin(GOOD)
    numbers = desk.numbers
    with desk.nothing_written():
        desk.write(broken)
    desk.write(MENDED)
    assert desk.numbers == numbers
    assert desk.states == {"Tokens never expire": "open", "No paging": "completed"}


def test_a_broken_document_does_not_stop_the_others(desk: Desk) -> None:
    desk.push({CONFIG_PATH: CONFIG.replace(GAPS, "'*.md'"), GAPS: GOOD, "DEBT.md": "# Debt\n\n- [ ] Old templates\n"})
    desk.push({GAPS: BROKEN["#56 NUL"], "DEBT.md": "# Debt\n\n- [ ] Old templates\n- [ ] Old scripts\n"})
    assert desk.states == dict.fromkeys(["Tokens never expire", "No paging", "Old templates", "Old scripts"], "open")


def test_a_removal_that_a_broken_document_postponed_is_made_good(desk: Desk) -> None:
    """While one document is broken, a gap missing from another may have moved there: it is closed once that is known."""
    desk.push({CONFIG_PATH: CONFIG.replace(GAPS, "'*.md'"), GAPS: GOOD, "DEBT.md": "# Debt\n\n- [ ] Old templates\n"})
    desk.push({GAPS: GOOD.replace("- [ ] No paging\n", ""), "DEBT.md": BROKEN["#56 NUL"]})
    assert set(desk.states.values()) == {"open"}
    desk.push({"DEBT.md": "# Debt\n\n- [ ] Old templates\n- [ ] Old scripts\n"})
    assert desk.states == {
        "Tokens never expire": "open",
        "No paging": "completed",
        "Old templates": "open",
        "Old scripts": "open",
    }


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("files: [NOTHING.md\n", id="#100 no YAML"),
        pytest.param("file: [NOTHING.md]\n", id="#101 unknown key"),
        pytest.param("files: [A.md]\nfiles: [B.md]\n", id="#101 duplicate key"),
        pytest.param("x: &x [NOTHING.md]\nfiles: *x\n", id="#102 alias"),
    ],
)
def test_with_an_invalid_config_the_last_good_one_stays(desk: Desk, config: str) -> None:
    """Documents are read by the last good config; nothing is closed until there is a good one again."""
    desk.begin(GOOD)
    numbers = desk.numbers
    with desk.nothing_written():
        desk.push({CONFIG_PATH: config})
    desk.write(MENDED + "- [ ] Images are not cached\n")
    assert desk.states == dict.fromkeys([*numbers, "Images are not cached"], "open")
    desk.push({CONFIG_PATH: CONFIG})
    assert desk.states == {"Tokens never expire": "open", "No paging": "completed", "Images are not cached": "open"}
    assert desk.numbers == numbers | {"Images are not cached": len(numbers) + 1}


def test_81_a_file_that_is_gone_is_not_a_gap_that_is_done(desk: Desk) -> None:
    desk.begin(GOOD)
    numbers = desk.numbers
    with desk.nothing_written():
        desk.push({GAPS: None})
    desk.write(MENDED)
    assert desk.numbers == numbers
    assert desk.states["No paging"] == "completed"


def test_105_a_config_that_no_longer_names_the_file_closes_nothing(desk: Desk) -> None:
    desk.begin(GOOD)
    with desk.nothing_written():
        desk.push({CONFIG_PATH: CONFIG.replace(GAPS, "OTHER.md")})


def many(count: int) -> str:
    return "# Known gaps\n\n" + "".join(f"- [ ] Gap about subject {number}\n" for number in range(count))


def test_an_import_above_the_limit_is_held(desk: Desk) -> None:
    """I10: the first import of more than 25 gaps opens exactly one issue, which shows the plan."""
    desk.begin(many(26), config=f"files: [{GAPS}]\n")
    assert list(desk.states) == [WAITING]
    assert "Gap about subject 25" in desk.issues[WAITING].body
    with desk.nothing_written():
        desk.redeliver_all(times=2)
        desk.push({"README.md": "unrelated\n"})
    desk.push({CONFIG_PATH: CONFIG})
    states = desk.states
    assert states.pop(WAITING) != "open"
    assert len(states) == 26
    assert set(states.values()) == {"open"}


def test_an_import_at_the_limit_is_not_held(desk: Desk) -> None:
    desk.begin(many(25), config=f"files: [{GAPS}]\n")
    assert len(desk.states) == 25
    assert WAITING not in desk.states


def test_a_plan_that_closes_too_much_is_held(desk: Desk) -> None:
    """I10: more than max(5, 20 %) closings wait; mending the document lets the plan go."""
    desk.begin(many(20), config=f"files: [{GAPS}]\n")
    desk.write(many(14))
    states = desk.states
    assert states.pop(WAITING) == "open"
    assert set(states.values()) == {"open"}
    desk.write(many(15))
    states = desk.states
    assert states.pop(WAITING) != "open"
    assert sorted(states.values()) == ["completed"] * 5 + ["open"] * 15


def test_64_an_unclosed_fence_hides_no_gap(desk: Desk) -> None:
    desk.begin("# Gaps\n\n## Gap 1: Tokens never expire\n\nText.\n\n## Gap 2: No paging\n\nText.\n")
    numbers = desk.numbers
    desk.write("# Gaps\n\n## Gap 1: Tokens never expire\n\n```python\nprint()\n\n## Gap 2: No paging\n\nText.\n")
    assert desk.numbers == numbers
    assert set(desk.states.values()) == {"open"}
