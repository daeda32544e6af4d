"""An issue as Gapkeeper sees it, and the managed region in its body.

    <!-- gapkeeper:begin v=1 key=0f3a… data=… sig=… -->      the marker: which gap, what was agreed, signed
    detail of the gap                                         the content: what the document says
    <sub>From [KNOWN_GAPS.md …](permalink) …</sub>            the footer: where it says it
    <!-- gapkeeper:end -->

Whatever stands before and after the region belongs to people and is given back as it came (I11). A region that is missing,
doubled or cut is never written to. A marker counts only when its signature fits and the issue was opened by our own App, so that
a copied body means nothing (faults #72, #73).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.gaps.model import State
from bot.core.names import DocumentPath, GapKey, IssueNumber, RepositoryId
from bot.core.pair import Base, Pair
from bot.core.tasks import marks_in, unmarked

MAX_TITLE = 256
MAX_BODY = 65_536
"""GitHub answers 422 above these numbers of code points."""

MAX_CONTENT = 60_000
"""What a region may hold: enough room is left for the marker, the footer and what people write (#76)."""

_BEGIN = re.compile(
    r"^<!-- gapkeeper:begin v=1 key=(?P<key>[0-9a-f]{12}) data=(?P<data>[\w=-]+) sig=(?P<sig>[0-9a-f]{32}) -->[ \t]*$",
    re.MULTILINE,
)
_END = re.compile(r"^<!-- gapkeeper:end -->[ \t]*$", re.MULTILINE)
_END_LINE = "<!-- gapkeeper:end -->"
_FOOTER = re.compile(r"^<sub>.*</sub>$")


class StateReason(StrEnum):
    """Why an issue is closed (or open again), in GitHub's words."""

    COMPLETED = "completed"
    NOT_PLANNED = "not_planned"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Issue:
    """What GitHub says of an issue. `author` is a login such as `gapkeeper[bot]`; `body` is "" where GitHub has null."""

    number: IssueNumber
    title: str
    body: str
    open: bool
    state_reason: StateReason | None
    labels: tuple[str, ...]
    author: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Region:
    """What stands between the markers: the content that is compared, and the footer that only says where it comes from."""

    content: str
    footer: str

    @property
    def digest(self) -> str:
        """A short hash of the content without its ticks; the base keeps it, so that a change by people is seen."""
        return hashlib.sha256(unmarked(_plain(self.content)).encode()).hexdigest()[:16]

    @property
    def ticks(self) -> tuple[bool, ...]:
        """Which of the tasks are done, in their order."""
        return tuple(mark.done for mark in marks_in(self.content))


@dataclass(frozen=True, slots=True)
class NoRegion:
    """The body has no region that we may write to, and why: it is `missing`, `doubled`, `cut`, or the body is `full`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs and checks markers of one repository. The first secret signs; all of them verify, so that secrets can be rotated."""

    secrets: tuple[bytes, ...]
    repository: RepositoryId

    def sign(self, key: str, data: str) -> str:
        """Returns the signature of a marker's content, 32 hex digits."""
        return self._signature(self.secrets[0], key, data)

    def verify(self, key: str, data: str, signature: str) -> bool:
        """Tells whether the marker was written by us for this repository."""
        fits = [hmac.compare_digest(self._signature(secret, key, data), signature) for secret in self.secrets]
        return any(fits)

    def each(self) -> tuple[Seal, ...]:
        """Returns a seal for each of the secrets."""
        return tuple(Seal((secret,), self.repository) for secret in self.secrets)

    def _signature(self, secret: bytes, key: str, data: str) -> str:
        derived = hmac.new(secret, b"gapkeeper marker v1", hashlib.sha256).digest()
        return hmac.new(derived, f"{self.repository}|{key}|{data}".encode(), hashlib.sha256).hexdigest()[:32]


def marker(pair: Pair, seal: Seal) -> str:
    """Returns the begin line of a region: the key and what was agreed, so that a lost database can be rebuilt (I17)."""
    recorded = {
        "p": pair.path,
        "i": pair.own_id,
        "s": pair.section,
        "t": pair.base.title,
        "st": pair.base.state,
        "pr": pair.base.priority,
        "ef": pair.base.effort,
        "r": pair.base.region,
        "g": pair.present,
        "n": pair.number,
        "k": "".join("01"[done] for done in pair.base.ticks),
        "v": pair.base.revision,
    }
    packed = json.dumps(recorded, separators=(",", ":"), ensure_ascii=False).encode()
    data = base64.urlsafe_b64encode(packed).decode()
    return f"<!-- gapkeeper:begin v=1 key={pair.key} data={data} sig={seal.sign(pair.key, data)} -->"


def recorded_pair(issue: Issue, seal: Seal, *, login: str) -> Pair | None:
    """Returns the pair that an issue's marker records, None where there is no marker of ours for this issue.

    A marker that was written when the issue had its number names it; the first one, without a number, counts only in an issue that
    we, `login`, opened ourselves.
    """
    begins = list(_BEGIN.finditer(_plain(issue.body)))
    if len(begins) != 1 or not seal.verify(begins[0]["key"], begins[0]["data"], begins[0]["sig"]):
        return None
    try:
        recorded = json.loads(base64.urlsafe_b64decode(begins[0]["data"]))
        ticks = tuple(mark == "1" for mark in recorded["k"])
        revision = int(recorded.get("v", 0))
        base = Base(recorded["t"], State(recorded["st"]), recorded["pr"], recorded["ef"], recorded["r"], ticks, revision)
        path, own_id, section = DocumentPath(recorded["p"]), recorded["i"], tuple(recorded["s"])
        present = bool(recorded["g"])
        own = recorded["n"] == issue.number if recorded["n"] else issue.author == login
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    if not own:
        return None
    region = region_of(issue.body)
    return Pair(
        key=GapKey(begins[0]["key"]),
        number=issue.number,
        path=path,
        own_id=own_id,
        section=section,
        ordinal=issue.number,
        text=words_of(region.content) if isinstance(region, Region) else "",
        base=base,
        present=present,
    )


def agreed_since(pair: Pair, issue: Issue, seal: Seal) -> Pair | None:
    """Returns the pair as the issue's marker records it where that is the later record, None where ours is.

    The marker changes with the issue in one request: if we died before it was recorded here as well, or went back to an older
    database, the marker tells what was agreed, and so what people changed since (I12, #118).
    """
    said = recorded_pair(issue, seal, login="")
    if said is None or said.key != pair.key or said.base.revision <= pair.base.revision:
        return None
    return replace(pair, path=said.path, own_id=said.own_id, section=said.section, base=said.base, present=said.present)


def words_of(markdown: str) -> str:
    """Returns the first few hundred characters of a detail, reduced to its words: what similarity is measured on."""
    return " ".join(re.findall(r"\w+", markdown[:800].casefold()))[:400]


def region_of(body: str) -> Region | NoRegion:
    """Returns the managed region of a body."""
    found = _bounds(_plain(body))
    if isinstance(found, NoRegion):
        return found
    begin, end = found
    inside = _plain(body)[begin.end() : end.start()].strip("\n").split("\n")
    if inside and _FOOTER.match(inside[-1]):
        return Region("\n".join(inside[:-1]).strip("\n"), inside[-1])
    return Region("\n".join(inside), "")


def compose(region: Region, begin: str) -> str:
    """Returns the body of a new issue; people write below it."""
    return f"{_framed(region, begin)}\n"


def rewritten(body: str, region: Region, begin: str) -> str | NoRegion:
    """Returns the body with its region replaced and every character outside it as it was, line ends included."""
    plain = _plain(body)
    found = _bounds(plain)
    if isinstance(found, NoRegion):
        return found
    start, end = found[0].start(), found[1].end()
    fresh = _framed(region, begin)
    if "\r\n" in body:
        start, end = _raw_offset(body, start), _raw_offset(body, end)
        fresh = fresh.replace("\n", "\r\n")
    result = body[:start] + fresh + body[end:]
    return result if len(result) <= MAX_BODY else NoRegion("full")


def retouched(body: str, region: Region) -> str | NoRegion:
    """Returns the body with other content in its region and the same marker: what a person does who ticks a box in it."""
    found = _bounds(_plain(body))
    return found if isinstance(found, NoRegion) else rewritten(body, region, found[0].group())


def adopted(body: str, region: Region, begin: str) -> str | NoRegion:
    """Returns the body of an issue that a person opened, with a region below what they wrote."""
    eol = "\r\n" if "\r\n" in body else "\n"
    fresh = _framed(region, begin).replace("\n", eol)
    result = f"{body}{eol}{eol}{fresh}{eol}" if body else f"{fresh}{eol}"
    return result if len(result) <= MAX_BODY else NoRegion("full")


def shortened(title: str) -> str:
    """Returns a title that GitHub accepts: one line, at most 256 code points, never cut inside a character."""
    line = " ".join(title.split())
    if len(line) <= MAX_TITLE:
        return line
    cut = MAX_TITLE - 1
    while cut > 0 and _joins(line[cut]):
        cut -= 1
    return line[:cut].rstrip("\u200d ") + "…"


def _joins(char: str) -> bool:
    """Tells whether a character belongs to the one before it: combining marks, variation selectors, joiners, skin tones."""
    import unicodedata

    return unicodedata.combining(char) != 0 or char in "\u200d\ufe0e\ufe0f" or 0x1F3FB <= ord(char) <= 0x1F3FF


def _bounds(plain: str) -> tuple[re.Match[str], re.Match[str]] | NoRegion:
    begins, ends = list(_BEGIN.finditer(plain)), list(_END.finditer(plain))
    if not begins and not ends:
        return NoRegion("missing")
    if len(begins) > 1 or len(ends) > 1:
        return NoRegion("doubled")
    if not begins or not ends or ends[0].start() < begins[0].end():
        return NoRegion("cut")
    return begins[0], ends[0]


def _framed(region: Region, begin: str) -> str:
    inside = f"{region.content}\n\n{region.footer}" if region.content else region.footer
    return f"{begin}\n{inside}\n{_END_LINE}"


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _raw_offset(body: str, offset: int) -> int:
    """Returns where a character of the plain text (CRLF read as LF) stands in the body itself."""
    raw = 0
    for _ in range(offset):
        raw += 2 if body.startswith("\r\n", raw) else 1
    return raw
