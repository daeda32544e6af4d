"""Takes secrets out of text that is about to be shown or kept: by their shape, and those that are known word by word.

The one place that knows what a secret looks like: the log, GitHub's error messages, and the reasons in the database go through it.
https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"

SHORTEST = 8
"""In characters; what is shorter stands in words that are no secret, and is masked only where its place tells."""

_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
"""Looked for first: the other shapes end at a line's end, and might take the beginning of a key for their own."""

_SHAPES = re.compile(
    # An installation token may go on as a JWT does, with dots.
    r"\bgh[a-z]_[\w.-]+|\bgithub_pat_\w+"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]*)*"
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
    r"|(?i:(?<=password=)[^\s&\"']+)"
    r"|(?i:(?<=authorization: )[^\n\"']+)"
    r"|(?i:\b(?:token|bearer|basic)\s+[\w.+/=~-]{16,})"
)


class Redaction:
    """Masks what looks like a secret, and the values that it was given, however JSON, URLs or Python spell them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Take the secrets that have no shape of their own; each line of a long one counts."""
        lines = {line.strip() for value in values for line in value.splitlines()}
        known = {line for line in lines if len(line) >= SHORTEST and not line.startswith("-----")}
        spelled = {form for line in known for form in (line, json.dumps(line)[1:-1], repr(line)[1:-1], quote(line, safe=""))}
        # The longest first: one may be a part of another.
        words = "|".join(re.escape(form) for form in sorted(spelled, key=lambda form: (-len(form), form)))
        self._known = re.compile(words) if words else None

    def __call__(self, text: str) -> str:
        """Returns the text without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _SHAPES.sub(MASK, _KEY.sub(MASK, text))


without_secrets = Redaction()
"""Masks by shape alone."""
