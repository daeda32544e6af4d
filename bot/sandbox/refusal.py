"""GitHub's refusals as one exception: what the model raises, and what the REST side turns into an answer."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """GitHub said no: the status, its message and the `errors[]` it lists, in GitHub's own words."""

    def __init__(
        self, status: int, message: str, errors: list[dict[str, Any]] | None = None, *, location: str | None = None
    ) -> None:
        """Keep what the answer is made of; `location` is where a moved thing is now."""
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = errors
        self.location = location


def invalid(resource: str, field: str, code: str, message: str | None = None) -> Refusal:
    """Returns the 422 of one faulty field, in the shape of https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api."""
    error = {"resource": resource, "field": field, "code": code} | ({"message": message} if message else {})
    return Refusal(422, "Validation Failed", [error])


def not_found() -> Refusal:
    """Returns GitHub's answer for what does not exist, or what the asker may not know to exist."""
    return Refusal(404, "Not Found")


def forbidden(message: str = "Must have admin rights to Repository.") -> Refusal:
    """Returns the refusal of a person or App that may see a thing but not do this to it."""
    return Refusal(403, message)
