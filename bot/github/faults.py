"""What an answer that is no success means: the one table from HTTP to the exceptions of `bot.core.errors`.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api and, for limits,
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from bot.core.errors import GitHubError, Gone, Moved, NotFound, RateLimited, Refused, Unauthorized, Unavailable
from bot.core.pace import LONGEST_WAIT, UNSAID_WAIT
from bot.core.redaction import without_secrets
from bot.github.translate import codes_of, message_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_WAIT = 1.0
"""GitHub's primary limits start anew every hour; a wait above LONGEST_WAIT is a misreading, of a clock for instance."""

_LIMIT_WORDS = re.compile(r"rate limit|abuse detection", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,15}", re.ASCII)
_MAX_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from GitHub.

    `body` is the JSON, None where there is none that can be read; header names are in lower case; `next` is the address of the
    following page of a list.
    """

    status: int
    headers: Mapping[str, str]
    body: object = None
    next: str | None = None


def fault_of(answer: Answer, *, now: float) -> GitHubError | None:
    """Returns what went wrong, None for a success; `now` is our wall clock, used where the answer lacks GitHub's own."""
    status, headers, message = answer.status, answer.headers, _message(answer)
    match status:
        case _ if 200 <= status < 300:
            return None
        case 301 | 302 | 303 | 307 | 308:
            return Moved(message, status=status, location=headers.get("location"))
        case 401:
            return Unauthorized(message, status=status)
        case 429:
            return _limit(message, status, headers, now=now)
        case 403 if _is_limit(headers, message):
            return _limit(message, status, headers, now=now)
        case 404:
            return NotFound(message, status=status)
        case 410:
            return Gone(message, status=status)
        case _ if status == 408 or status >= 500:
            return Unavailable(message, status=status)
        case _:
            return Refused(message, status=status, codes=tuple(_shown(code) for code in codes_of(answer.body)))


def _shown(text: str) -> str:
    """Returns GitHub's words, cut to a sensible length, without anything that looks like a token, a JWT or a key."""
    return without_secrets(text)[:_MAX_MESSAGE]


def _message(answer: Answer) -> str:
    said = message_of(answer.body) or "no reason given"
    return f"GitHub answered {answer.status}: {_shown(said)}"


def _is_limit(headers: Mapping[str, str], message: str) -> bool:
    """Tells a rate limit from a missing permission; secondary limits may come without any header."""
    exhausted = headers.get("x-ratelimit-remaining", "").strip() == "0"
    return "retry-after" in headers or exhausted or _LIMIT_WORDS.search(message) is not None


def _limit(message: str, status: int, headers: Mapping[str, str], *, now: float) -> RateLimited:
    seconds = _wait(headers, now=now)
    wait = UNSAID_WAIT if seconds is None else seconds
    return RateLimited(message, status=status, retry_after=wait, said=seconds is not None)


def _wait(headers: Mapping[str, str], *, now: float) -> float | None:
    """Returns the seconds to wait, within sensible bounds; None where GitHub says nothing that can be read."""
    now = _date(headers.get("date")) or now
    seconds = _after(headers.get("retry-after"), now=now)
    if seconds is None and headers.get("x-ratelimit-remaining", "").strip() == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        seconds = None if reset is None else reset - now
    return None if seconds is None else min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _after(value: str | None, *, now: float) -> float | None:
    """Returns what `Retry-After` says, in either of its forms (RFC 9110 §10.2.3)."""
    number = _number(value)
    if number is not None:
        return number
    date = _date(value)
    return None if date is None else date - now


def _number(value: str | None) -> float | None:
    return float(value.strip()) if value is not None and _NUMBER.fullmatch(value.strip()) else None


def _date(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
