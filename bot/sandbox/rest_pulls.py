"""REST operations on pull requests and check runs.

https://docs.github.com/rest/pulls · https://docs.github.com/rest/checks
"""

from __future__ import annotations

from bot.sandbox import shapes_code
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.rest import Answer, Ask, Route


def list_pulls(ask: Ask) -> Answer:
    """GET …/pulls, by state, head (`owner:branch`) and base."""
    place, query = ask.repository, ask.query
    state, base, head = query.get("state", "open"), query.get("base"), query.get("head")
    owner, _, branch = head.partition(":") if head else ("", "", "")
    found = [
        one
        for one in place.issues.values()
        if one.pull is not None
        and (state == "all" or one.open == (state == "open"))
        and (not base or one.pull.base == base)
        and (not head or (owner.lower(), branch) == (place.owner.login.lower(), one.pull.head))
    ]
    return ask.page(found[::-1], lambda one: shapes_code.pull(place, one))


def create_pull(ask: Ask) -> Answer:
    """POST …/pulls."""
    given = ask.given("body", "draft")
    one = ask.repository.open_pull(
        by=ask.who, title=ask.needed("title"), head=ask.needed("head"), base=ask.needed("base"), **given
    )
    return Answer(shapes_code.pull(ask.repository, one), 201)


def get_pull(ask: Ask) -> Answer:
    """GET …/pulls/{pull_number}."""
    return Answer(shapes_code.pull(ask.repository, ask.repository.pull(ask.number("number"))))


def update_pull(ask: Ask) -> Answer:
    """PATCH …/pulls/{pull_number}: title, body and state."""
    place, number = ask.repository, ask.number("number")
    place.pull(number)
    return Answer(shapes_code.pull(place, place.edit_issue(number, by=ask.who, **ask.given("title", "body", "state"))))


def list_files(ask: Ask) -> Answer:
    """GET …/pulls/{pull_number}/files."""
    place, number = ask.repository, ask.number("number")
    pull = place.pull(number).pull
    ref = pull.head_sha if pull else ""
    return ask.page(place.pull_files(number), lambda one: shapes_code.file_change(place, one, ref))


def merge_pull(ask: Ask) -> Answer:
    """PUT …/pulls/{pull_number}/merge."""
    sha = ask.repository.merge_pull(ask.number("number"), by=ask.who)
    return Answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


_CHECK_FIELDS = ("status", "conclusion", "external_id", "details_url", "output")


def create_check(ask: Ask) -> Answer:
    """POST …/check-runs."""
    given = ask.given(*_CHECK_FIELDS)
    one = ask.repository.create_check(by=ask.who, name=ask.needed("name"), head_sha=ask.needed("head_sha"), **given)
    return Answer(shapes_code.check_run(ask.repository, one), 201)


def update_check(ask: Ask) -> Answer:
    """PATCH …/check-runs/{check_run_id}."""
    one = ask.repository.update_check(ask.number("check"), by=ask.who, **ask.given("name", *_CHECK_FIELDS))
    return Answer(shapes_code.check_run(ask.repository, one))


def get_check(ask: Ask) -> Answer:
    """GET …/check-runs/{check_run_id}."""
    found = ask.repository.checks.get(ask.number("check"))
    if found is None:
        raise not_found()
    return Answer(shapes_code.check_run(ask.repository, found))


def rerequest_check(ask: Ask) -> Answer:
    """POST …/check-runs/{check_run_id}/rerequest."""
    ask.repository.ask_check_again(ask.number("check"), by=ask.who)
    return Answer({}, 201)


def list_annotations(ask: Ask) -> Answer:
    """GET …/check-runs/{check_run_id}/annotations."""
    found = ask.repository.checks.get(ask.number("check"))
    if found is None:
        raise not_found()
    defaults = {"start_column": None, "end_column": None, "title": None, "raw_details": None, "blob_href": ""}
    return ask.page(found.annotations, lambda one: defaults | one)


def list_checks(ask: Ask) -> Answer:
    """GET …/commits/{ref}/check-runs."""
    place = ask.repository
    try:
        sha = place.commit_at(ask.path["ref"]).sha
    except Refusal as refusal:
        raise Refusal(422, f"No commit found for SHA: {ask.path['ref']}") from refusal
    name = ask.query.get("check_name")
    found = [one for one in place.checks.values() if one.head_sha == sha and name in {None, one.name}]
    page = ask.page(found, lambda one: shapes_code.check_run(place, one))
    return Answer({"total_count": len(found), "check_runs": page.body}, headers=page.headers)


_REPO = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", f"{_REPO}/pulls", list_pulls, "pull_requests"),
    Route("POST", f"{_REPO}/pulls", create_pull, "pull_requests"),
    Route("GET", f"{_REPO}/pulls/{{number}}", get_pull, "pull_requests"),
    Route("PATCH", f"{_REPO}/pulls/{{number}}", update_pull, "pull_requests"),
    Route("GET", f"{_REPO}/pulls/{{number}}/files", list_files, "pull_requests"),
    Route("PUT", f"{_REPO}/pulls/{{number}}/merge", merge_pull, "contents+pull_requests"),
    Route("POST", f"{_REPO}/check-runs", create_check, "checks"),
    Route("GET", f"{_REPO}/check-runs/{{check}}", get_check, "checks"),
    Route("PATCH", f"{_REPO}/check-runs/{{check}}", update_check, "checks"),
    Route("POST", f"{_REPO}/check-runs/{{check}}/rerequest", rerequest_check, "checks"),
    Route("GET", f"{_REPO}/check-runs/{{check}}/annotations", list_annotations, "checks"),
    Route("GET", f"{_REPO}/commits/{{ref:path}}/check-runs", list_checks, "checks"),
)
