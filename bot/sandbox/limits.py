"""How long and of what kind GitHub lets the texts of an issue, label or comment be, with its 422 for each fault."""

from __future__ import annotations

import re

from bot.sandbox.refusal import invalid

MAX_TITLE, MAX_BODY, MAX_LABEL, MAX_LABELS, MAX_DESCRIPTION, MAX_SUB_ISSUES = 256, 65_536, 50, 100, 100, 100
MAX_ASSIGNEES = 10
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
REASONS = ("completed", "not_planned", "duplicate", "reopened")
_COLOR = re.compile(r"[0-9a-fA-F]{6}")


def title(text: str) -> str:
    """Returns the title as GitHub keeps it: without blanks around it (Refusal 422 empty or over 256 characters)."""
    kept = text.strip()
    if not kept:
        raise invalid("Issue", "title", "missing_field")
    if len(kept) > MAX_TITLE:
        raise invalid("Issue", "title", "custom", f"title is too long (maximum is {MAX_TITLE} characters)")
    return kept


def check_body(text: str | None) -> None:
    """Refuse a body over 65,536 characters."""
    if text is not None and len(text) > MAX_BODY:
        raise invalid("Issue", "body", "custom", f"body is too long (maximum is {MAX_BODY} characters)")


def check_comment(text: str) -> None:
    """Refuse a comment that is blank or over 65,536 characters."""
    if not text.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if len(text) > MAX_BODY:
        raise invalid("IssueComment", "body", "custom", f"body is too long (maximum is {MAX_BODY} characters)")


def check_state(state: str | None, reason: str | None) -> None:
    """Refuse a state or reason that GitHub does not know."""
    if state not in {None, "open", "closed"}:
        raise invalid("Issue", "state", "invalid")
    if reason is not None and reason not in REASONS:
        raise invalid("Issue", "state_reason", "invalid")


def check_label(name: str, color: str, description: str | None) -> None:
    """Refuse a label whose name is blank or over 50 characters, whose colour is not six hex digits, or that says too much."""
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > MAX_LABEL:
        raise invalid("Label", "name", "custom", f"name is too long (maximum is {MAX_LABEL} characters)")
    if not _COLOR.fullmatch(color):
        raise invalid("Label", "color", "invalid")
    if description is not None and len(description) > MAX_DESCRIPTION:
        raise invalid("Label", "description", "custom", f"description is too long (maximum is {MAX_DESCRIPTION} characters)")
