"""Webhooks and answers about pull requests and check runs as values; odd ones are nothing, or Unreadable."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from bot.core.checks import Annotation, Conclusion, Level, Part
from bot.core.events import CheckWanted, pull_of_check
from bot.core.names import CommitSha, DocumentPath, IssueNumber
from bot.github.model import CheckRun, PullHead
from bot.github.translate import Unreadable, check_runs_of, event_of, pull_files_of, pull_head_of
from tests.shell.hub import NAME, REPO, SHA, Hub
from tests.shell.test_translate import ORIGIN, payload

SEVEN = IssueNumber(7)
WANTED = CheckWanted(ORIGIN, SEVEN)
AGAIN = CheckWanted(ORIGIN, SEVEN, 40)


def pull(action: object, number: object = 7) -> tuple[str, object]:
    return "pull_request", payload(action=action, number=number, pull_request={"number": number, "head": {"sha": SHA}})


def check(action: object, external: object = "7", identity: object = 40) -> tuple[str, object]:
    return "check_run", payload(action=action, check_run={"id": identity, "external_id": external, "pull_requests": []})


@pytest.mark.parametrize(
    ("delivery", "event"),
    [
        (pull("opened"), WANTED),
        (pull("reopened"), WANTED),
        (pull("synchronize"), WANTED),
        (pull("labeled"), None),
        (pull("closed"), None),
        (pull(["opened"]), None),
        (pull("opened", "7"), None),
        (("pull_request", payload(action="opened", pull_request=None)), None),
        (check("rerequested"), AGAIN),
        (check("rerequested", "7.39"), AGAIN),
        (check("completed"), None),
        (check("created"), None),
        (check("rerequested", "not ours"), None),
        (check("rerequested", "07"), None),
        (check("rerequested", "7.x"), None),
        (check("rerequested", "9" * 30), None),
        (check("rerequested", None), None),
        (check("rerequested", "7", "40"), None),
        (("check_run", payload(action="rerequested", check_run=[])), None),
    ],
)
def test_what_asks_for_a_check(delivery: tuple[str, object], event: object):
    assert event_of(*delivery) == event


@pytest.mark.parametrize("wanted", [WANTED, AGAIN])
def test_a_check_runs_name_tells_its_pull_request(wanted: CheckWanted):
    assert pull_of_check(wanted.name) == 7


HEAD = {"number": 7, "state": "open", "changed_files": 3, "head": {"sha": SHA, "repo": None}}


def test_a_pull_request_of_a_fork_that_is_gone_can_be_read():
    assert pull_head_of(HEAD) == PullHead(CommitSha(SHA), open=True, files=3, author="ghost")


def test_a_renamed_file_has_two_paths():
    listed = [{"filename": "a.md", "status": "renamed", "previous_filename": "b.md"}, {"filename": "c.md", "status": "removed"}]
    assert set(pull_files_of(listed)) == {"a.md", "b.md", "c.md"}


def test_a_check_run_without_an_app_can_be_read():
    run = {"id": 4, "external_id": None, "status": "queued", "app": None, "output": {"annotations_count": None}}
    assert check_runs_of({"total_count": 1, "check_runs": [run]}) == (CheckRun(4, "", completed=False, annotations=0),)


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (pull_head_of, HEAD | {"state": "merged"}),
        (pull_head_of, HEAD | {"changed_files": "3"}),
        (pull_head_of, HEAD | {"head": {}}),
        (pull_files_of, {"files": []}),
        (pull_files_of, [{"status": "added"}]),
        (check_runs_of, []),
        (check_runs_of, {"check_runs": [{"id": 4}]}),
    ],
)
def test_half_an_answer_is_none(read: Any, answer: object):
    with pytest.raises(Unreadable):
        read(answer)


@pytest.mark.anyio
async def test_what_goes_over_the_wire():
    hub = Hub()
    run = {"id": 4, "external_id": "7", "status": "in_progress", "output": {"annotations_count": 1}}
    created = hub.answers("POST", f"{REPO}/check-runs", httpx.Response(201, json=run))
    updated = hub.answers("PATCH", f"{REPO}/check-runs/4", httpx.Response(200, json=run | {"status": "completed"}))
    listed = hub.answers("GET", f"{REPO}/commits/{SHA}/check-runs", httpx.Response(200, json={"check_runs": [run]}))
    one = Annotation(DocumentPath("a.md"), 3, (2, 5), Level.FAILURE, "no-title", "It has none.")
    whole = Annotation(DocumentPath("a.md"), 4, None, Level.WARNING, "late", "It is.")
    commit = CommitSha(SHA)
    made = await hub.gateway.create_check(NAME, commit, "gapkeeper", "7", Part("Title", "Summary", (one,), None))
    assert made == CheckRun(4, "7", completed=False, annotations=1)
    assert json.loads(created.calls.last.request.content) == {
        "name": "gapkeeper",
        "head_sha": SHA,
        "external_id": "7",
        "status": "in_progress",
        "output": {
            "title": "Title",
            "summary": "Summary",
            "annotations": [
                {
                    "path": "a.md",
                    "start_line": 3,
                    "end_line": 3,
                    "start_column": 2,
                    "end_column": 5,
                    "annotation_level": "failure",
                    "title": "no-title",
                    "message": "It has none.",
                }
            ],
        },
    }
    await hub.gateway.update_check(NAME, 4, Part("Title", "Summary", (whole,), Conclusion.NEUTRAL))
    sent = json.loads(updated.calls.last.request.content)
    assert (sent["status"], sent["conclusion"]) == ("completed", "neutral")
    assert "start_column" not in sent["output"]["annotations"][0]
    assert await hub.reader.check_runs(NAME, commit, "gapkeeper") == (made,)
    assert listed.calls.last.request.url.params["check_name"] == "gapkeeper"
