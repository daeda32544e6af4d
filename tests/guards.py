"""The guards of the two-way sync and of the commands: where each stands, what breaks it, and the test that goes red then.

`python -m tests.guards` breaks one after the other in a copy and fails if a test stays green; `tests/test_guards.py` keeps the table
and docs/guards.md in step with the code. Without its guard a rule is only a habit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "guards.md"

PLAN, ISSUE, IDENTITY = "tests/core/test_plan.py", "tests/core/test_issue.py", "tests/core/test_identity.py"
CASES, WRITE_BACK, SYNC = "tests/shell/test_two_way_cases.py", "tests/shell/test_write_back.py", "tests/shell/test_sync.py"
COMMANDS, PERMIT, REGISTRY = "tests/shell/test_commands.py", "tests/shell/test_permit.py", "tests/commands/test_registry.py"
BOARD, DASHBOARD, CHECK = "tests/core/test_dashboard.py", "tests/shell/test_dashboard.py", "tests/shell/test_check.py"
LABELS = "tests/shell/test_labels.py"


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard: `old` stands once in a file, and with `new` in its place the test fails."""

    name: str
    rule: str
    file: str
    old: str
    new: str
    test: str


GUARDS = (
    Guard(
        "The brake",
        "I10: a plan that opens or closes too much waits",
        "bot/core/plan.py",
        "    limits = view.config.limits\n",
        "    return None\n    limits = view.config.limits\n",
        f"{PLAN}::TestBrakes::test_opening",
    ),
    Guard(
        "The plan that was approved",
        "I10: an approval is for one plan and no other",
        "bot/core/plan.py",
        "held.digest == view.approved",
        "view.approved",
        f"{WRITE_BACK}::TestApproval::test_a_stale_approval_is_void_and_the_new_plan_is_shown",
    ),
    Guard(
        "No close on a document that could not be read",
        "I9",
        "bot/core/plan.py",
        "    if not view.failures:\n        actions.extend",
        "    if True:\n        actions.extend",
        f"{PLAN}::TestMissingKnowledge::test_a_failed_document_closes_nothing_anywhere",
    ),
    Guard(
        "No close on a document that is gone",
        "I9, #81",
        "bot/core/plan.py",
        "    removals = [pair for pair in missing if pair.path in read or pair.path in gone_on]\n",
        "    removals = missing\n",
        f"{PLAN}::TestMissingKnowledge::test_fault_81_a_document_that_is_gone_closes_nothing",
    ),
    Guard(
        "No close under a config that is not valid",
        "I9, #100",
        "bot/core/plan.py",
        "    if not view.sound:\n        actions = []",
        "    if False:\n        actions = []",
        f"{PLAN}::TestMissingKnowledge::test_fault_100_an_unsound_config_closes_nothing",
    ),
    Guard(
        "An id that stands twice",
        "#67",
        "bot/core/plan.py",
        "            if count == 1:\n",
        "            if True:\n",
        f"{PLAN}::test_fault_67_an_id_that_stands_twice_stops_both",
    ),
    Guard(
        "The question of a box, when the document is planned",
        "I2: an answer decides what was asked",
        "bot/core/plan.py",
        "        if decision.question is None or decision.question in map(question_of, disputes):\n",
        "        if True:\n",
        f"{CASES}::TestQuestions::test_i2_an_answer_to_another_question_overwrites_nothing",
    ),
    Guard(
        "The question of a box, when the issue is written",
        "I2: an answer decides what was asked",
        "bot/core/settle.py",
        "decision.question not in {None, question_of(disputes_of(change, issue))}",
        "False",
        f"{CASES}::TestQuestions::test_i2_what_is_written_between_the_plan_and_its_writing_voids_the_answer",
    ),
    Guard(
        "A conflict of a value",
        "I2, I3: what both changed is overwritten nowhere",
        "bot/core/merge.py",
        "    return Conflict(base, document, issue)\n",
        "    return Agreed(document, Side.DOCUMENT)\n",
        "tests/core/test_merge.py::test_i3_one_side_wins_equal_changes_agree_different_ones_conflict",
    ),
    Guard(
        "A conflict of the region",
        "I11: what people wrote in it stays",
        "bot/core/settle.py",
        "        merged = merge3(self.old.region, document=wanted.digest, issue=current.digest)\n",
        "        return wanted\n        merged = merge3(self.old.region, document=wanted.digest, issue=current.digest)\n",
        f"{PLAN}::TestPeople::test_an_edited_region_is_left_alone",
    ),
    Guard(
        "Ticks made meanwhile",
        "#94",
        "bot/core/settle.py",
        "    if current.digest != base.region or len(base.ticks) != len(current.ticks):\n        return wanted, wanted.ticks\n",
        "    return wanted, wanted.ticks\n",
        f"{PLAN}::TestPeople::test_fault_94_a_tick_made_meanwhile_is_kept",
    ),
    Guard(
        "The text around the region",
        "I11",
        "bot/core/issue.py",
        "    result = body[:start] + fresh + body[end:]\n",
        "    result = fresh\n",
        f"{PLAN}::TestPeople::test_human_text_around_the_region_survives_everything",
    ),
    Guard(
        "The marker's signature",
        "#72",
        "bot/core/issue.py",
        "        return any(fits)\n",
        "        return True\n",
        f"{ISSUE}::test_fault_72_an_unauthentic_marker_is_text",
    ),
    Guard(
        "A marker in its own issue",
        "#73",
        "bot/core/issue.py",
        "    if not own:\n        return None\n",
        "",
        f"{ISSUE}::test_fault_73_a_marker_counts_only_in_its_own_issue",
    ),
    Guard(
        "The later of two records",
        "I12, #118",
        "bot/core/issue.py",
        "    if said is None or said.key != pair.key or said.base.revision <= pair.base.revision:\n",
        "    if True:\n",
        f"{CASES}::test_i12_what_was_agreed_is_known_from_the_marker_where_we_died_before_we_noted_it",
    ),
    Guard(
        "The title that an issue bears now",
        "I4, #46: a title written before we died is no new gap",
        "bot/core/identity.py",
        "    work.exactly(_shown, lambda p: _shown_as(titles.get(p.number)))\n",
        "",
        f"{CASES}::test_fault_46_a_new_title_that_was_committed_before_the_answer_was_lost_is_no_new_gap",
    ),
    Guard(
        "What was being carried when we died",
        "I2: what people change on an issue from then on is no old news",
        "bot/core/plan.py",
        "        if carried is None or pair.lost:\n",
        "        if True:\n",
        f"{CASES}::TestCarried::test_i2_an_issue_that_was_reopened_meanwhile_stays_open",
    ),
    Guard(
        "What was carried, when the issue is written",
        "I2: what is written between the commit and the issue is no conflict",
        "bot/core/settle.py",
        "    if change.carried is None:\n",
        "    if True:\n",
        f"{CASES}::TestCarried::test_i2_a_title_written_between_the_commit_and_the_issue_is_no_conflict",
    ),
    Guard(
        "The title that a newcomer's entry was given",
        "I4: it is that issue's, whatever became of both",
        "bot/core/plan.py",
        "if carried is not None and _bears(entry, carried.said.title)]",
        "if False]",
        f"{CASES}::TestCarried::test_i4_a_newcomer_is_known_by_its_entry_whatever_became_of_it",
    ),
    Guard(
        "The circuit breaker",
        "I7",
        "bot/core/breaker.py",
        "    return len(said) - len(set(said)) > MOST\n",
        "    return False\n",
        f"{CASES}::TestBreaker::test_a_gap_that_flips_is_stopped_and_reported_once",
    ),
    Guard(
        "The echo test",
        "I7: our own writing costs no request",
        "bot/core/sides.py",
        "    return said_by(issue, base, defer_closes=defer_closes) != agreed\n",
        "    return True\n",
        f"{SYNC}::test_a_push_opens_issues_and_the_same_again_writes_nothing",
    ),
    Guard(
        "The blob precondition",
        "I13",
        "bot/github/gateway.py",
        '        content = {"message": message, "content": base64.b64encode(data).decode(), "sha": blob, "branch": branch}\n',
        "        blob = (await self.file(name, path, branch)).sha\n"
        '        content = {"message": message, "content": base64.b64encode(data).decode(), "sha": blob, "branch": branch}\n',
        f"{CASES}::test_i13_what_the_pushes_told_was_outdated_and_is_read_at_the_head",
    ),
    Guard(
        "Stale is not refused",
        "#40: a protected branch gets a pull request",
        "bot/github/gateway.py",
        "            if refused.status in {409, 422} and _STALE.search(refused.message):\n",
        "            if refused.status in {409, 422}:\n",
        f"{WRITE_BACK}::test_fault_40_a_branch_that_refuses_us_gets_a_pull_request",
    ),
    Guard(
        "A document that moved on",
        "I9: its gaps may stand in others that nobody would read",
        "bot/jobs/gather.py",
        "            if file.sha != files.blobs[path]:\n",
        "            if False:\n",
        f"{CASES}::test_i9_a_document_that_moved_on_is_read_with_all_others_where_nothing_is_written_into_it",
    ),
    Guard(
        "A forced push back",
        "I14",
        "bot/jobs/sync.py",
        "if push.forced or push.after != state.head",
        "if push.after != state.head",
        f"{CASES}::test_i14_a_push_that_was_forced_back_changes_no_issue",
    ),
    Guard(
        "What was outdated is read at the head",
        "I13",
        "bot/jobs/sync.py",
        "        said.afresh = again\n",
        "",
        f"{CASES}::test_i13_what_the_pushes_told_was_outdated_and_is_read_at_the_head",
    ),
    Guard(
        "All documents before an entry is added",
        "I4: it may stand somewhere already",
        "bot/jobs/gather.py",
        "whole=whole or bool(newcomers)",
        "whole=whole",
        f"{CASES}::test_i4_an_entry_that_was_written_into_another_document_before_we_died_is_found",
    ),
    Guard(
        "A label that is gone unlinks nobody",
        "#96",
        "bot/jobs/gather.py",
        "if not pair.lost and await self._reader.has_label(state.name, BASE_LABEL):",
        "if not pair.lost:",
        f"{CASES}::TestUnlinking::test_fault_96_where_the_label_itself_is_gone_nobody_unlinked_anything",
    ),
    Guard(
        "The sender's permission",
        "I19",
        "bot/jobs/sync.py",
        "            if not senders or senders[-1] not in writers\n",
        "            if not senders\n",
        f"{WRITE_BACK}::test_i19_without_write_permission_it_is_proposed",
    ),
    Guard(
        "A change of nobody known",
        "I19",
        "bot/jobs/sync.py",
        "            if not senders or senders[-1] not in writers\n",
        "            if senders and senders[-1] not in writers\n",
        f"{WRITE_BACK}::TestReconcile::test_i19_an_issue_that_nobody_is_known_to_have_changed_is_proposed",
    ),
    Guard(
        "The permission to tick a box",
        "I19",
        "bot/jobs/sync.py",
        "        return person != await self._github.login() and person in await self._writers(state, {person})\n",
        "        return True\n",
        f"{WRITE_BACK}::TestApproval::test_i19_an_approval_without_write_permission_does_nothing",
    ),
    Guard(
        "The intent row",
        "I4, #44",
        "bot/jobs/perform.py",
        "        await self.store.intend(self.state.id, key)\n",
        "",
        f"{CASES}::test_fault_44_a_create_of_unknown_outcome_is_looked_for_where_its_delivery_is_lost_too",
    ),
    Guard(
        "A conflict is asked once",
        "I7",
        "bot/jobs/perform.py",
        "        if all(question_in(comment.body) != question for comment in comments):\n",
        "        if True:\n",
        f"{WRITE_BACK}::TestConflicts::test_one_comment_with_both_versions_and_a_label",
    ),
    Guard(
        "A refusal is said once",
        "I12",
        "bot/jobs/perform.py",
        "            if not {refusal.mark for refusal in action.refusals} <= said:\n",
        "            if True:\n",
        f"{CASES}::TestRefusals::test_i12_it_is_said_once_where_we_died_before_it_was_given_back",
    ),
    Guard(
        "Who may use commands",
        "#84, #93: a permission is looked up when the command is processed",
        "bot/jobs/permit.py",
        "    if permission in PERMISSIONS[needed:]:\n",
        "    if permission:\n",
        f"{COMMANDS}::test_fault_84_without_write_permission_nothing_is_touched",
    ),
    Guard(
        "A look-up that is refused",
        "#84: whoever GitHub does not vouch for may not",
        "bot/jobs/permit.py",
        '        permission = "none"\n',
        '        permission = "admin"\n',
        f"{PERMIT}::test_who_else",
    ),
    Guard(
        "Settings that cannot be read",
        "#84: nobody but administrators may then",
        "bot/jobs/permit.py",
        '_UNREADABLE = Commands(permission="admin")',
        "_UNREADABLE = Commands()",
        f"{PERMIT}::test_settings_that_moved_are_read_now_and_let_in_nobody_by_mistake",
    ),
    Guard(
        "Bots are ignored",
        "#85",
        "bot/jobs/comment.py",
        "if event.robot is not None and not await self._named(state, event.robot, reader):",
        "if False:",
        f"{COMMANDS}::test_fault_85_bots_are_ignored_and_so_are_we",
    ),
    Guard(
        "We ourselves are ignored",
        "#85: also where the settings name our account",
        "bot/jobs/comment.py",
        "event.robot is None or event.author == await self._github.login()",
        "event.robot is None",
        f"{PERMIT}::test_fault_85_we_ourselves_are_never_heard",
    ),
    Guard(
        "An edit runs only what is new",
        "#86",
        "bot/jobs/comment.py",
        "asked = new_commands(commands_in(event.before, slug=slug), commands_in(event.body, slug=slug))",
        "asked = commands_in(event.body, slug=slug)",
        f"{COMMANDS}::test_fault_86_an_edit_runs_only_what_is_new",
    ),
    Guard(
        "A comment is heard once",
        "I12",
        "bot/jobs/comment.py",
        "if not asked or await self._store.heard(state.id, _mark(event)):",
        "if not asked:",
        f"{COMMANDS}::test_i12_a_comment_that_comes_again_is_not_run_again",
    ),
    Guard(
        "A comment is answered once",
        "I12: the mark of its answer is looked for before one is written",
        "bot/jobs/comment.py",
        "if not any(comment.author == login and mark_of(comment.body) == taken.mark for comment in written):",
        "if True:",
        f"{COMMANDS}::test_i12_cut_off_at_any_of_its_writes_it_ends_the_same",
    ),
    Guard(
        "Five commands of a comment",
        "#91",
        "bot/commands/registry.py",
        "    taken = commands[:AT_MOST]\n",
        "    taken = commands\n",
        f"{REGISTRY}::test_fault_91_the_first_five_of_fifty_are_taken",
    ),
    Guard(
        "All commands of a comment or none",
        "#91",
        "bot/commands/registry.py",
        "if not problems or isinstance(deed, _SHOWN)",
        "if True",
        f"{COMMANDS}::test_fault_91_a_mistake_beside_it_stops_all",
    ),
    Guard(
        "What moved on is not undone",
        "I2: nobody's later change is overwritten",
        "bot/commands/undoing.py",
        "    if moved:\n",
        "    if False:\n",
        f"{COMMANDS}::TestUndo::test_what_moved_on_is_refused_and_both_sides_stay",
    ),
    Guard(
        "The dashboard's own mark",
        "I4: a copy by a person is none",
        "bot/core/dashboard.py",
        'issue.author == login and found is not None and seal.verify(_KEY, "", found[1])',
        "found is not None",
        f"{BOARD}::test_it_is_known_by_its_mark_and_its_author",
    ),
    Guard(
        "The signature of the dashboard's boxes",
        "#72",
        "bot/core/dashboard.py",
        ' if _signature_fits(match["what"], match["sig"], seal))',
        ")",
        f"{BOARD}::test_fault_72_a_box_that_people_wrote_asks_for_nothing",
    ),
    Guard(
        "Who ticks the dashboard's boxes",
        "I19, #93",
        "bot/jobs/sync.py",
        "if not asked or not await self._may_decide(state, person):",
        "if not asked:",
        f"{DASHBOARD}::test_i19_a_plan_is_not_approved_by_who_may_not_write_when_it_is_looked_up",
    ),
    Guard(
        "The dashboard's minute",
        "I7: at most one write of it a minute",
        "bot/jobs/dashboard.py",
        "        if wait > 0:\n            await self.store.write(duties.go_round",
        "        if False:\n            await self.store.write(duties.go_round",
        f"{DASHBOARD}::test_within_a_minute_it_is_written_once_and_what_changed_meanwhile_is_not_lost",
    ),
    Guard(
        "A dashboard that says the same is not written",
        "I7",
        "bot/jobs/dashboard.py",
        "elif record.off or not same_text(live.body, body):",
        "elif True:",
        f"{DASHBOARD}::test_nothing_is_written_when_nothing_changed",
    ),
    Guard(
        "The settings of the default branch",
        "#98: a fork's own count for nothing",
        "bot/jobs/check.py",
        "path == CONFIG_PATH or config.covers(path)",
        "True",
        f"{CHECK}::test_what_it_comes_to",
    ),
    Guard(
        "A head is checked once",
        "I12",
        "bot/jobs/check.py",
        "        if any(run.completed for run in found):\n            return\n",
        "        found = []\n",
        f"{CHECK}::test_the_same_delivery_again_makes_no_second_one",
    ),
    Guard(
        "What we propose ourselves is not checked",
        "I7",
        "bot/jobs/check.py",
        " or pull.author == await self._github.login()",
        "",
        f"{CHECK}::test_what_we_propose_ourselves_is_not_checked",
    ),
    Guard(
        "The last good settings",
        "#100: bad ones change nothing of who may",
        "bot/jobs/permit.py",
        "return last_good(state).commands if state.config_text else _UNREADABLE",
        "return Commands()",
        f"{PERMIT}::test_settings_that_moved_are_read_now_and_let_in_nobody_by_mistake",
    ),
    Guard(
        "The last good settings while there are bad ones",
        "#100",
        "bot/jobs/gather.py",
        "        return _Rules(last_good(state), state, sound=False, problems=problems)\n",
        '        return _Rules(Config(), replace(state, config_text=""), sound=False, problems=problems)\n',
        f"{PERMIT}::test_fault_100_bad_settings_leave_the_last_good_ones_in_force",
    ),
    Guard(
        "A renamed label is mended first",
        "#96",
        "bot/jobs/sync.py",
        "                    if is_own(before) and event.origin.sender != await self._github.login():\n",
        "                    if False:\n",
        f"{LABELS}::test_a_renamed_label_gets_its_name_back_in_one_request_for_all_its_issues",
    ),
)


def page() -> str:
    """Returns docs/guards.md."""
    rows = [f"| {guard.name} | {guard.rule} | `{guard.file}` | `{guard.test.replace('::', ' ')}` |" for guard in GUARDS]
    return "\n".join(
        [
            "# The guards of the two-way sync and of the commands",
            "",
            "Each was broken once, and the test beside it went red. `uv run python -m tests.guards` does that again, in a copy.",
            "This page is written by it from `tests/guards.py`; numbers with # are faults, those with I invariants of the design.",
            "",
            "| Guard | What it keeps | Where | The test that goes red without it |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def is_caught(guard: Guard, tree: Path) -> bool:
    """Tells whether the guard's test passes in a copy of the project, and fails once the guard is broken there."""
    broken = tree / guard.file
    text = broken.read_text(encoding="utf-8")
    if not _passes(guard.test, tree):
        raise SystemExit(f"{guard.test} is red without any change")
    broken.write_text(text.replace(guard.old, guard.new), encoding="utf-8")
    try:
        return not _passes(guard.test, tree)
    finally:
        broken.write_text(text, encoding="utf-8")


def _passes(test: str, tree: Path) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", test]
    code = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False).returncode
    if code not in {0, 1}:
        raise SystemExit(f"{test} could not be run")
    return code == 0


def main() -> None:
    """Write the page anew, then break every guard, or those whose names begin with the words given."""
    PAGE.write_text(page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "project"
        for name in ("bot", "tests"):
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        wanted = [guard for guard in GUARDS if guard.name.startswith(" ".join(sys.argv[1:]))]
        green = []
        for guard in wanted:
            caught = is_caught(guard, tree)
            sys.stdout.write(f"{'red  ' if caught else 'GREEN'} {guard.name}\n")
            sys.stdout.flush()
            green += [] if caught else [guard.name]
    sys.exit(f"nothing notices that these are gone: {green}" if green else 0)


if __name__ == "__main__":
    main()
