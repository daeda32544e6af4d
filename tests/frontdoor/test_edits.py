"""The document is edited: every gap keeps its issue, whatever moved, and only what changed is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontdoor.desk import CONFIG, CONFIG_PATH, GAPS, ONE_WAY

if TYPE_CHECKING:
    from tests.frontdoor.desk import Desk

BEFORE = """\
# Known gaps

## Security

- [ ] [P0] Tokens never expire
- [ ] [P1] Sessions survive a password change

## Speed

- [ ] [P1] The list of orders has no paging
- [ ] [P2] Images are not cached
"""

NOTE = "I looked at this on Monday.\r\n\r\n- [ ] ask the vendor\r\n"

EDITS: dict[str, tuple[str, dict[str, str]]] = {
    "title edited": (
        BEFORE.replace("Tokens never expire", "Access tokens never expire"),
        {"Tokens never expire": "Access tokens never expire"},
    ),
    "moved to another section": (
        BEFORE.replace("- [ ] [P2] Images are not cached\n", "").replace(
            "## Speed\n", "- [ ] [P2] Images are not cached\n\n## Speed\n"
        ),
        {},
    ),
    "reordered": (
        BEFORE.replace("- [ ] [P0] Tokens never expire\n", "").replace(
            "password change\n", "password change\n- [ ] [P0] Tokens never expire\n"
        ),
        {},
    ),
    "section renamed": (BEFORE.replace("## Speed", "## Performance"), {}),
    "lines inserted above": (BEFORE.replace("# Known gaps\n", "# Known gaps\n\nRead this first.\n\n" + "More.\n\n" * 20), {}),
    "line endings changed": (BEFORE.replace("\n", "\r\n"), {}),
    "byte order mark added": ("\ufeff" + BEFORE, {}),
}


@pytest.mark.parametrize(("after", "retitled"), EDITS.values(), ids=EDITS.keys())
def test_an_edited_document_keeps_every_issue(desk: Desk, after: str, retitled: dict[str, str]) -> None:
    desk.begin(BEFORE)
    before = desk.numbers
    desk.write(after)
    assert desk.numbers == {retitled.get(title, title): number for title, number in before.items()}
    assert all(issue.open for issue in desk.issues.values())


def test_a_new_gap_between_others_opens_one_issue(desk: Desk) -> None:
    desk.begin(BEFORE)
    before = desk.numbers
    with desk.watched() as calls:
        desk.write(BEFORE.replace("## Speed\n", "- [ ] [P1] Passwords may be short\n\n## Speed\n"))
    assert desk.numbers == before | {"Passwords may be short": len(before) + 1}
    assert [call.method for call in calls if call.writes] == ["POST"]


def test_another_priority_swaps_one_label(desk: Desk) -> None:
    desk.begin(BEFORE)
    number = desk.numbers["Tokens never expire"]
    desk.edit_issue(number, labels=[*desk.issues["Tokens never expire"].labels, "help wanted"])
    desk.write(BEFORE.replace("[P0] Tokens", "[P2] Tokens"))
    assert desk.issues["Tokens never expire"].labels == {"gap", "priority: P2", "help wanted"}


def test_80_title_status_and_place_in_one_push_is_one_request(desk: Desk) -> None:
    desk.begin(BEFORE)
    before = desk.numbers
    after = BEFORE.replace("- [ ] [P0] Tokens never expire\n", "").replace(
        "## Speed\n", "## Speed\n\n- [~] [P1] Tokens never ever expire\n"
    )
    with desk.watched() as calls:
        desk.write(after)
    issue = desk.issues["Tokens never ever expire"]
    assert issue.number == before["Tokens never expire"]
    assert issue.labels == {"gap", "priority: P1", "status: in progress"}
    assert [call.method for call in calls if call.writes and not call.path.endswith("/labels")] == ["PATCH"]


@pytest.mark.parametrize("covered", ["by its name", "by the config"])
def test_a_renamed_file_keeps_every_issue(desk: Desk, covered: str) -> None:
    """I15: a rename opens and closes nothing, and costs at most one change of each issue (its link)."""
    glob = "docs/**" if covered == "by its name" else GAPS
    first, second = ("docs/gaps.md", "docs/more/known.md") if covered == "by its name" else (GAPS, "DEBT.md")
    desk.begin(BEFORE, path=first, config=CONFIG.replace(GAPS, glob))
    before = desk.numbers
    with desk.watched() as calls:
        desk.rename(first, second, config=CONFIG.replace(GAPS, second) if covered == "by the config" else None)
    assert desk.numbers == before
    assert set(desk.states.values()) == {"open"}
    writes = [call for call in calls if call.writes]
    assert {call.method for call in writes} <= {"PATCH"}
    assert len(writes) <= len(before)
    desk.write(BEFORE.replace("[ ] [P2] Images", "[x] [P2] Images"), path=second)
    assert desk.states["Images are not cached"] == "completed"


def test_a_file_renamed_and_edited_in_one_push_keeps_every_issue(desk: Desk) -> None:
    desk.begin(BEFORE, path="docs/gaps.md", config=CONFIG.replace(GAPS, "docs/**"))
    before = desk.numbers
    edited = BEFORE.replace("Images are not cached", "Images are not cached at all")
    desk.push({"docs/gaps.md": None, "docs/known-gaps.md": edited})
    assert sorted(desk.numbers.values()) == sorted(before.values())
    assert desk.numbers["Images are not cached at all"] == before["Images are not cached"]


def test_a_gap_moved_to_another_document_keeps_its_issue(desk: Desk) -> None:
    line = "- [ ] [P2] Images are not cached\n"
    config = CONFIG.replace(GAPS, "'*.md'")
    desk.push({CONFIG_PATH: config, GAPS: BEFORE, "DEBT.md": "# Debt\n\n- [ ] Old templates\n"})
    before = desk.numbers
    desk.push({GAPS: BEFORE.replace(line, ""), "DEBT.md": f"# Debt\n\n- [ ] Old templates\n{line}"})
    assert desk.numbers == before
    assert set(desk.states.values()) == {"open"}


def test_what_people_wrote_survives_everything(desk: Desk) -> None:
    """I11: text outside the managed region, and labels that are not ours, are given back as they were."""
    desk.begin(BEFORE, path="docs/gaps.md", config=CONFIG.replace(GAPS, "docs/**"))
    number = desk.numbers["Tokens never expire"]
    body = desk.issues["Tokens never expire"].body
    desk.edit_issue(number, body=f"{body}\n{NOTE}", labels=[*desk.issues["Tokens never expire"].labels, "backend"])

    def check(title: str, state: str) -> None:
        issue = desk.issues[title]
        assert issue.number == number
        assert issue.body.endswith(f"\n{NOTE}")
        assert "backend" in issue.labels
        assert desk.states[title] == state

    text = BEFORE.replace("Tokens never expire\n", "Access tokens never expire\n\n  They are good for years.\n\n")
    desk.write(text, path="docs/gaps.md")
    check("Access tokens never expire", "open")
    assert "good for years" in desk.issues["Access tokens never expire"].body
    desk.write(text.replace("- [ ] [P0] Access", "- [x] [P0] Access"), path="docs/gaps.md")
    check("Access tokens never expire", "completed")
    desk.write(text, path="docs/gaps.md")
    check("Access tokens never expire", "open")
    desk.rename("docs/gaps.md", "docs/other.md")
    check("Access tokens never expire", "open")
    desk.write("# Known gaps\n\n## Speed\n\n- [ ] [P2] Images are not cached\n", path="docs/other.md")
    check("Access tokens never expire", "completed")


def test_what_a_person_changed_is_not_overwritten(desk: Desk) -> None:
    """I2, I3: both sides changed the title differently, so neither is lost; the other fields go on."""
    desk.begin(BEFORE, config=ONE_WAY)
    number = desk.numbers["Tokens never expire"]
    desk.edit_issue(number, title="Tokens should expire")
    desk.write(BEFORE.replace("[P0] Tokens never expire", "[P1] Tokens live for ever"))
    assert desk.numbers["Tokens should expire"] == number
    assert "priority: P1" in desk.issues["Tokens should expire"].labels
    with desk.nothing_written():
        desk.redeliver_all(times=1)


def test_a_region_that_a_person_changed_is_not_overwritten(desk: Desk) -> None:
    desk.begin(BEFORE.replace("expire\n", "expire\n\n  Found in the audit.\n\n"))
    issue = desk.issues["Tokens never expire"]
    desk.edit_issue(issue.number, body=issue.body.replace("in the audit", "by Carol"))
    desk.write(BEFORE.replace("expire\n", "expire\n\n  Found in the second audit.\n\n"))
    assert "Found by Carol." in desk.issues["Tokens never expire"].body


def test_67_twins_have_issues_of_their_own(desk: Desk) -> None:
    twins = "# Gaps\n\n## Web\n\n- [ ] No paging\n\n## App\n\n- [ ] No paging\n"
    desk.begin(twins)
    web, app = desk.repository.issues()
    assert (web.title, app.title) == ("No paging", "No paging")
    desk.write(twins.replace("## App\n\n- [ ]", "## App\n\n- [x]"))
    assert [issue.open for issue in desk.repository.issues()] == [True, False]
    with desk.nothing_written():
        desk.redeliver_all(times=1)


def test_an_empty_commit_and_unrelated_files_write_nothing(desk: Desk) -> None:
    desk.begin(BEFORE)
    with desk.nothing_written():
        desk.push({})
        desk.push({"src/main.py": "print()\n"})
        desk.push({"docs/guide.md": "- [ ] [P0] not a gap document\n"})


def test_another_branch_is_not_read(desk: Desk) -> None:
    desk.begin(BEFORE)
    with desk.watched() as calls:
        desk.push({GAPS: BEFORE + "- [ ] [P1] On a branch only\n"}, branch="topic")
        desk.push({GAPS: "# nothing left\n", CONFIG_PATH: "files: [nothing]\n"}, branch="topic")
    assert calls == []
