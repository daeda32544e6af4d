"""GitHub's rules about who may do what, how long things may be, and what happens to what is gone: one row a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bot.sandbox import Refusal, Repository

if TYPE_CHECKING:
    from tests.sandbox.conftest import Stage

Act = Callable[[Repository, str], object]


def refused(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


# Each act, the least role that may do it on somebody else's issue. In the order of bot.sandbox.model.Role.
ACTS: list[tuple[str, Act, str]] = [
    ("open an issue", lambda demo, by: demo.open_issue(by=by, title="New"), "rea"),
    ("comment", lambda demo, by: demo.comment(1, "Hi", by=by), "rea"),
    ("react", lambda demo, by: demo.react(demo.issue(1), "eyes", by=by), "rea"),
    ("close", lambda demo, by: demo.close_issue(1, by=by), "tia"),
    ("retitle", lambda demo, by: demo.edit_issue(1, by=by, title="Other"), "tia"),
    ("label", lambda demo, by: demo.add_labels(1, ["gap"], by=by), "tia"),
    ("lock", lambda demo, by: demo.lock_issue(1, by=by), "tia"),
    ("block", lambda demo, by: demo.block(1, demo.issue(2).id, by=by), "tia"),
    ("edit a comment", lambda demo, by: demo.edit_comment(next(iter(demo.issue(2).comments)), "x", by=by), "wim"),
    ("delete a comment", lambda demo, by: demo.delete_comment(next(iter(demo.issue(2).comments)), by=by), "wim"),
    ("make a label", lambda demo, by: demo.create_label("new", by=by), "wim"),
    ("push", lambda demo, by: demo.push({"x": "y"}, by=by), "wim"),
    ("put a file", lambda demo, by: demo.put_file("x", b"y", by=by, message="m"), "wim"),
    ("delete a branch", lambda demo, by: demo.delete_branch("topic", by=by), "wim"),
    ("rename the repository", lambda demo, by: demo.rename("other", by=by), "ada"),
    ("delete an issue", lambda demo, by: demo.delete_issue(1, by=by), "ada"),
    ("archive", lambda demo, by: demo.archive(by=by), "ada"),
]
LADDER = ("rea", "tia", "wim", "max", "ada")


@pytest.fixture
def demo(stage: Stage) -> Repository:
    demo = stage.demo
    stage.world.add_user("out")
    demo.push({"a.md": "a\n"}, by="ada")
    demo.push({"b.md": "b\n"}, by="ada", branch="topic")
    demo.open_issue(by="ada", title="First")
    demo.open_issue(by="ada", title="Second")
    demo.comment(2, "Said", by="ada")
    return demo


@pytest.mark.parametrize(("act", "least"), [(act, least) for _, act, least in ACTS], ids=[name for name, _, _ in ACTS])
def test_least_role(demo: Repository, act: Act, least: str) -> None:
    for login in LADDER[: LADDER.index(least)]:
        assert refused(lambda who=login: act(demo, who)).status == 403  # type: ignore[misc]  # a lambda with a default
    act(demo, least)


@pytest.mark.parametrize("act", [act for _, act, _ in ACTS], ids=[name for name, _, _ in ACTS])
def test_a_private_repository_does_not_exist_for_outsiders(demo: Repository, act: Act) -> None:
    demo.private = True
    assert refused(lambda: act(demo, "out")).status == 404


@pytest.mark.parametrize("act", [act for _, act, _ in ACTS[:-1]], ids=[name for name, _, _ in ACTS[:-1]])
def test_an_archived_repository_is_read_only(demo: Repository, act: Act) -> None:
    demo.archive(by="ada")
    refusal = refused(lambda: act(demo, "ada"))
    assert (refusal.status, refusal.message) == (403, "Repository was archived so is read-only.")


def test_the_author_may_change_and_close_but_not_label(demo: Repository) -> None:
    mine = demo.open_issue(by="rea", title="Mine", labels=["gap"])
    demo.edit_issue(mine.number, by="rea", title="Still mine", state="closed", labels=["gap"])
    assert (mine.title, mine.open, mine.labels) == ("Still mine", False, [])


TOO_LONG = [
    ("title of 257", lambda demo: demo.open_issue(by="ada", title="x" * 257), "title"),
    ("blank title", lambda demo: demo.open_issue(by="ada", title=" \n"), "title"),
    ("new title of 257", lambda demo: demo.edit_issue(1, by="ada", title="x" * 257), "title"),
    ("body of 65,537", lambda demo: demo.open_issue(by="ada", title="x", body="x" * 65_537), "body"),
    ("new body of 65,537", lambda demo: demo.edit_issue(1, by="ada", body="x" * 65_537), "body"),
    ("comment of 65,537", lambda demo: demo.comment(1, "x" * 65_537, by="ada"), "body"),
    ("blank comment", lambda demo: demo.comment(1, " ", by="ada"), "body"),
    ("label of 51", lambda demo: demo.create_label("x" * 51, by="ada"), "name"),
    ("label of 51 on an issue", lambda demo: demo.add_labels(1, ["x" * 51], by="ada"), "name"),
    ("101 labels", lambda demo: demo.set_labels(1, [f"l{n}" for n in range(101)], by="ada"), "labels"),
    ("description of 101", lambda demo: demo.create_label("x", by="ada", description="x" * 101), "description"),
    ("colour with #", lambda demo: demo.create_label("x", by="ada", color="#ffffff"), "color"),
    ("reaction", lambda demo: demo.react(demo.issue(1), "thumbs", by="ada"), "content"),
    ("state", lambda demo: demo.edit_issue(1, by="ada", state="done"), "state"),
    ("reason", lambda demo: demo.close_issue(1, by="ada", reason="wontfix"), "state_reason"),
]


@pytest.mark.parametrize(("act", "field"), [row[1:] for row in TOO_LONG], ids=[row[0] for row in TOO_LONG])
def test_422_names_the_field_and_changes_nothing(demo: Repository, act: Callable[[Repository], object], field: str) -> None:
    before = (demo.issue(1).title, demo.issue(1).body, len(demo.issues), len(demo.issue(1).comments), dict(demo.labels))
    refusal = refused(lambda: act(demo))
    assert refusal.status == 422
    assert [error["field"] for error in refusal.errors or []] == [field]
    assert (demo.issue(1).title, demo.issue(1).body, len(demo.issues), len(demo.issue(1).comments), dict(demo.labels)) == before


def test_the_longest_that_github_takes(demo: Repository) -> None:
    one = demo.open_issue(by="ada", title="ü" * 256, body="✅" * 65_536, labels=["é" * 50])
    assert (len(one.title), len(one.body or ""), len(one.labels[0].name)) == (256, 65_536, 50)
    demo.set_labels(1, [f"l{n}" for n in range(100)], by="ada")


def test_title_loses_blanks_around_it(demo: Repository) -> None:
    assert demo.open_issue(by="ada", title="  Two  words \t").title == "Two  words"


def test_labels_are_the_same_whatever_their_case(demo: Repository) -> None:
    demo.create_label("Gap", by="ada")
    assert [error["code"] for error in refused(lambda: demo.create_label("gAP", by="ada")).errors or []] == ["already_exists"]
    one = demo.open_issue(by="ada", title="x", labels=["GAP", "gap"])
    assert [label.name for label in one.labels] == ["Gap"]
    demo.edit_label("GAP", by="ada", new_name="gap")
    assert [label.name for label in one.labels] == ["gap"]
    demo.remove_label(one.number, "Gap", by="ada")
    assert one.labels == []
    assert refused(lambda: demo.remove_label(one.number, "gap", by="ada")).status == 404


def test_a_deleted_issue_is_gone_and_its_number_with_it(demo: Repository) -> None:
    demo.delete_issue(2, by="ada")
    assert refused(lambda: demo.issue(2)).status == 410
    assert demo.open_issue(by="ada", title="Next").number == 3


def test_issues_can_be_switched_off(demo: Repository) -> None:
    demo.has_issues = False
    assert refused(lambda: demo.open_issue(by="ada", title="x")).status == 410


def test_a_transferred_issue_says_where_it_is(demo: Repository, stage: Stage) -> None:
    other = stage.world.add_repository("acme/other", admins=["ada"])
    new = demo.transfer_issue(1, other, by="ada")
    refusal = refused(lambda: demo.issue(1))
    assert (refusal.status, refusal.location) == (301, f"https://api.github.com/repositories/{other.id}/issues/{new.number}")


def test_a_locked_issue_takes_comments_of_writers_only(demo: Repository) -> None:
    demo.lock_issue(1, by="tia")
    assert refused(lambda: demo.comment(1, "x", by="tia")).status == 403
    demo.comment(1, "x", by="wim")


def test_reason_is_ignored_unless_the_state_changes(demo: Repository) -> None:
    demo.close_issue(1, by="ada")
    demo.close_issue(1, by="ada", reason="not_planned")
    assert demo.issue(1).state_reason == "completed"
    demo.reopen_issue(1, by="ada")
    assert demo.issue(1).state_reason == "reopened"


# Code.


def test_push_moves_forward_only_unless_forced(demo: Repository) -> None:
    first = demo.head()
    demo.push({"a.md": "2\n"}, by="wim")
    assert refused(lambda: demo.push({"a.md": "3\n"}, by="wim", parent=first.sha)).message == "Update is not a fast forward"
    demo.push({"a.md": "3\n"}, by="wim", parent=first.sha, force=True)
    assert demo.read("a.md") == b"3\n"
    assert demo.head().parents == (first.sha,)


def test_blob_sha_is_compared_when_a_file_is_put(demo: Repository) -> None:
    sha = demo.files()["a.md"].sha
    assert refused(lambda: demo.put_file("a.md", b"x", by="wim", message="m")).status == 422
    assert refused(lambda: demo.put_file("a.md", b"x", by="wim", message="m", sha="0" * 40)).status == 409
    commit, new = demo.put_file("a.md", b"x", by="wim", message="m", sha=sha)
    assert (new, demo.head().sha, demo.head().committer.login, demo.head().author.login) == (False, commit.sha, "web-flow", "wim")
    stale = refused(lambda: demo.put_file("a.md", b"y", by="wim", message="m", sha=sha))
    assert (stale.status, stale.message) == (409, f"a.md does not match {sha}")


def test_put_keeps_the_mode(demo: Repository) -> None:
    demo.push({"run.md": "x"}, by="wim", modes={"run.md": "100755"})
    demo.put_file("run.md", b"y", by="wim", message="m", sha=demo.files()["run.md"].sha)
    assert demo.files()["run.md"].mode == "100755"


@pytest.mark.parametrize(
    ("ruleset", "status", "words"),
    [(True, 409, "Repository rule violations found"), (False, 409, "Could not update file")],
    ids=["ruleset", "protection"],
)
def test_a_protected_branch_refuses_direct_commits(demo: Repository, ruleset: bool, status: int, words: str) -> None:
    demo.protect(ruleset=ruleset, bypass=["ada"])
    put = refused(lambda: demo.put_file("new.md", b"x", by="gapkeeper[bot]", message="m"))
    assert (put.status, put.message[: len(words)]) == (status, words)
    assert refused(lambda: demo.push({"a.md": "x"}, by="wim")).status == 422
    demo.push({"a.md": "x"}, by="ada")
    demo.push({"a.md": "y"}, by="wim", branch="gapkeeper/sync")
    pull = demo.open_pull(by="wim", title="Sync", head="gapkeeper/sync")
    demo.merge_pull(pull.number, by="wim")
    assert demo.read("a.md") == b"y"


def test_a_pull_request_follows_its_branch(demo: Repository) -> None:
    number = demo.open_pull(by="wim", title="Topic", head="topic").number
    assert refused(lambda: demo.open_pull(by="wim", title="Again", head="topic")).status == 422
    assert refused(lambda: demo.open_pull(by="wim", title="None", head="nope")).status == 422
    assert refused(lambda: demo.open_pull(by="wim", title="Self", head="main")).status == 422
    tip = demo.push({"b.md": "c\n"}, by="wim", branch="topic")
    pull = demo.pull(number).pull
    assert pull is not None
    assert pull.head_sha == tip.sha
    assert [(one.path, one.status, one.patch) for one in demo.pull_files(number)] == [("b.md", "added", "@@ -1 +1,2 @@\n+c\n ")]
    demo.merge_pull(number, by="wim")
    assert (demo.read("b.md"), demo.issue(number).open, len(demo.head().parents)) == (b"c\n", False, 2)
    assert refused(lambda: demo.edit_issue(number, by="wim", state="open")).status == 422


def test_a_pull_request_is_closed_with_its_branch(demo: Repository) -> None:
    number = demo.open_pull(by="wim", title="Topic", head="topic").number
    demo.delete_branch("topic", by="wim")
    assert not demo.issue(number).open
    assert refused(lambda: demo.edit_issue(number, by="wim", title="New", state="open")).status == 422
    assert demo.issue(number).title == "Topic"


def test_both_sides_of_a_merge_changed_the_same_file(demo: Repository) -> None:
    demo.push({"b.md": "other\n"}, by="wim")
    number = demo.open_pull(by="wim", title="Topic", head="topic").number
    assert refused(lambda: demo.merge_pull(number, by="wim")).status == 405


def test_a_file_is_renamed_and_a_commit_reverted(demo: Repository) -> None:
    demo.rename_file("a.md", "docs/A.md", by="wim")
    assert list(demo.files()) == ["docs/A.md"]
    demo.revert(by="wim")
    assert list(demo.files()) == ["a.md"]


def test_check_runs_are_an_apps_own(demo: Repository, stage: Stage) -> None:
    stage.world.install(stage.world.add_app("other"), "acme")
    sha = demo.head().sha
    assert refused(lambda: demo.create_check(by="ada", name="x", head_sha=sha)).status == 403
    assert refused(lambda: demo.create_check(by="gapkeeper[bot]", name="x", head_sha="0" * 40)).status == 422
    check = demo.create_check(by="gapkeeper[bot]", name="x", head_sha=sha)
    assert refused(lambda: demo.update_check(check.id, by="gapkeeper[bot]", status="completed")).status == 422
    assert refused(lambda: demo.update_check(check.id, by="other[bot]", conclusion="success")).status == 403
    notes = [{"path": "a.md"}] * 50
    output = {"title": "t", "summary": "s", "annotations": notes}
    demo.update_check(check.id, by="gapkeeper[bot]", output=output)
    demo.update_check(check.id, by="gapkeeper[bot]", output=output, conclusion="success")
    assert (len(check.annotations), check.status) == (100, "completed")
    assert (
        refused(lambda: demo.update_check(check.id, by="gapkeeper[bot]", output=output | {"annotations": notes * 2})).status
        == 422
    )


def test_sub_issues_have_one_parent_and_a_hundred_places(demo: Repository) -> None:
    first, second = demo.issue(1), demo.issue(2)
    demo.add_sub_issue(1, second.id, by="tia")
    assert refused(lambda: demo.add_sub_issue(1, second.id, by="tia")).status == 422
    assert refused(lambda: demo.add_sub_issue(1, first.id, by="tia")).status == 422
    for n in range(99):
        demo.add_sub_issue(1, demo.open_issue(by="ada", title=f"{n}").id, by="tia")
    assert refused(lambda: demo.add_sub_issue(1, demo.open_issue(by="ada", title="more").id, by="tia")).status == 422


def test_a_renamed_repository_redirects_until_its_name_is_taken(stage: Stage) -> None:
    stage.demo.rename("new", by="ada")
    assert refused(lambda: stage.world.repository("acme/demo")).status == 301
    assert stage.world.repository("ACME/New") is stage.demo
    taken = stage.world.add_repository("acme/demo")
    assert stage.world.repository("acme/demo") is taken
