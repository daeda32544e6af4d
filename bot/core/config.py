"""The repository's own settings, `.github/gapkeeper.yml` on the default branch: text in, Config or Problems out.

`KEYS` says what the file may hold; docs/config.md explains it, docs/gapkeeper.schema.json is made from it. Everything is optional;
what is not in KEYS is an error with line and column (faults #100-#104). Globs are matched here, in time linear in the path.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.core.errors import Problem, Severity
from bot.core.shape import Either, Flag, Found, Free, Key, Listed, Number, Table, Text, Word, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.names import DocumentPath

CONFIG_PATH = ".github/gapkeeper.yml"
MAX_BYTES = 64 * 1024
MAX_FILES = 200
MAX_GLOBS = 100

_NAMES = (
    ("known", ("gaps", "issues", "limitations")),
    ("gap", ("analysis", "report")),
    ("missing", ("items", "features")),
    ("tech", ("debt",)),
    ("technical", ("debt",)),
)
_STEMS = ("gaps", "limitations", "techdebt", *(f"{a}{sep}{b}" for a, ends in _NAMES for b in ends for sep in "-_"))
DEFAULT_GLOBS = (
    *(f"{folder}{stem}.md" for stem in _STEMS for folder in ("", "docs/**/", ".github/")),
    "docs/**/*gap*.md",
    "docs/**/*debt*.md",
)
"""The names under which people keep such documents; matched in any case. TODO.md and ROADMAP.md only when named in `files`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Above these numbers a plan waits for a person; `close` is the floor below a fifth of the open issues."""

    imports: int = 25
    open: int = 50
    close: int = 5


@dataclass(frozen=True, slots=True)
class Allow:
    """Who may use commands whatever their permission: logins and `org/team` in lower case, bots by the id of their account."""

    users: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    bots: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Commands:
    """Who may use the commands that change something."""

    permission: str = "write"
    allow: Allow = field(default_factory=Allow)


@dataclass(frozen=True, slots=True)
class When:
    """The gaps that a rule is for: each line that is set must match, by one of its globs; `fields` are by label."""

    section: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Additions:
    """What a new issue gets besides our own labels; a milestone is named by its number or its title."""

    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: int | str | None = None


NOTHING_ADDED = Additions()


@dataclass(frozen=True, slots=True)
class Rule:
    """What is added to the issues of which new gaps."""

    when: When
    add: Additions


@dataclass(frozen=True, slots=True)
class Config:
    """What a repository wants; `files` is None where the well-known names apply."""

    files: tuple[str, ...] | None = None
    limits: Limits = field(default_factory=Limits)
    on_remove: str = "completed"
    on_defer: str = "keep"
    write_back: str = "commit"
    done_style: str = "auto"
    commands: Commands = field(default_factory=Commands)
    rules: tuple[Rule, ...] = ()
    dashboard: bool = False
    check: bool = True

    def covers(self, path: DocumentPath) -> bool:
        """Tells whether a file is one of the gap documents."""
        if self.files is None:
            return any(matches(glob, path.lower()) for glob in DEFAULT_GLOBS)
        return any(matches(glob, path) for glob in self.files)


PERMISSIONS = ("read", "triage", "write", "maintain", "admin")
"""From the least to the most: https://docs.github.com/organizations/managing-user-access-to-your-organizations-repositories."""
MAX_ASSIGNEES = 10
_OWN = re.compile(r"gap|gap: (?:conflict|dashboard|plan|unlinked)|needs triage|(?:priority|effort|status): .*", re.IGNORECASE)


def is_own(label: str) -> bool:
    """Tells whether a label is one of ours: what it says comes from the document, and no rule sets it."""
    return _OWN.fullmatch(label.strip()) is not None


_LOGIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})"
_GLOB = Text("a path inside the repository", r"^(?!(?:.*/)?\.\.(?:/|$))")
_PATTERNS = Listed(Text("a text with `*` and `?`", longest=200), 20, alone=True)
_LABEL = Text("a label's name: at most 50 characters, no comma, none of our own families", r"^[^,]+$", 50, is_own)
_NAME = Text("a label's name: at most 30 characters, no comma", r"^[^,]+$", 30)
_LOGINS = Text("a login", rf"^@?{_LOGIN}$", 40)

_WHEN = Table(
    {
        "section": Key(_PATTERNS, "A heading above the gap, in any case."),
        "file": Key(Listed(_GLOB, 20, alone=True), "The document's path."),
        "title": Key(_PATTERNS, "The gap's title, in any case."),
        "priority": Key(_PATTERNS, "The gap's priority, in any case."),
        "effort": Key(_PATTERNS, "The gap's effort, in any case."),
        "id": Key(_PATTERNS, "The gap's own id, in any case."),
        "field": Key(
            Free(Text("a field's label", longest=100), _PATTERNS, 20), "Fields of the gap by their labels, in any case."
        ),
    }
)
_ADD = Table(
    {
        "labels": Key(Listed(_LABEL, 20, alone=True), "Labels; those that do not exist are made."),
        "assignees": Key(Listed(_LOGINS, MAX_ASSIGNEES, alone=True), "Logins of people who are assigned."),
        "milestone": Key(
            Either(Number(1, 2**31 - 1), Text("a milestone's title", longest=255)),
            "An open milestone, by its number or its title.",
        ),
    }
)
_ALLOW = Table(
    {
        "users": Key(Listed(_LOGINS, 100, alone=True), "Logins of people."),
        "teams": Key(
            Listed(Text("a team, as `org/team`", rf"^@?{_LOGIN}/[A-Za-z0-9_.-]{{1,100}}$", 150), 20, alone=True),
            "Teams of the repository's organization; the App needs its permission `members: read` for them.",
        ),
        "bots": Key(
            Listed(Number(1, 2**53 - 1, "the id of an account, a number"), 20, alone=True),
            "Ids of the accounts of bots, which are ignored otherwise.",
        ),
    }
)
_LABELS = Table(
    {
        "gap": Key(_NAME, "The label of all gaps."),
        "priority": Key(_NAME, "What stands before a priority."),
        "effort": Key(_NAME, "What stands before an effort."),
        "status": Key(_NAME, "What stands before a status."),
        "area": Key(_NAME, "What stands before a section's name; without it sections get no labels."),
        "needs_triage": Key(_NAME, "The label of gaps without a priority."),
        "conflict": Key(_NAME, "The label of gaps whose sides were changed differently."),
    }
)
_AT_MOST = Number(0, 100_000)
KEYS = Table(
    {
        "files": Key(Listed(_GLOB, MAX_GLOBS, alone=True), "Globs of the gap documents; without it well-known names."),
        "limits": Key(
            Table(
                {
                    "import": Key(_AT_MOST, "A first import that opens more issues is held. Default 25."),
                    "open": Key(_AT_MOST, "A later plan that opens more issues is held. Default 50."),
                    "close": Key(_AT_MOST, "A plan that closes more issues, and more than a fifth of them, is held. Default 5."),
                }
            ),
            "Plans above these numbers wait for a person.",
        ),
        "on_remove": Key(
            Word(("completed", "not_planned", "keep")), "What becomes of the issue of a gap that was taken out of its document."
        ),
        "on_defer": Key(Word(("keep", "close")), "Whether the issue of a deferred gap stays open."),
        "write_back": Key(Word(("commit", "pull_request", "off")), "How what people change on issues gets into the documents."),
        "done_style": Key(
            Text("one of auto | field | strike | remove | move: SECTION", r"^(?:auto|field|strike|remove|move:\s*\S.*)$"),
            "How a finished gap is shown; `auto` follows the document.",
        ),
        "commands": Key(
            Table(
                {
                    "permission": Key(Word(PERMISSIONS), "The least permission of people who may use commands. Default write."),
                    "allow": Key(_ALLOW, "Who may use commands besides."),
                }
            ),
            "Who may use the commands that change something.",
        ),
        "rules": Key(
            Listed(
                Table(
                    {"when": Key(_WHEN, "Which gaps; all of it must match."), "add": Key(_ADD, "What they get.")}, ("when", "add")
                ),
                100,
            ),
            "What the issues of new gaps get besides our own labels.",
        ),
        "labels": Key(_LABELS, "Names of our labels.", later=True),
        "priorities": Key(
            Free(Text("a priority", longest=50), Listed(Text("a priority", longest=50), 20, alone=True), 20),
            "Priorities, the most urgent first, each with its synonyms.",
            later=True,
        ),
        "references": Key(Word(("none", "visible", "hidden")), "Whether documents name the issues of their gaps.", later=True),
        "codeowners": Key(Flag(), "Whether the owners of the files that a gap names are assigned.", later=True),
        "dashboard": Key(Flag(), "Whether one issue shows the state of all gaps. Default false."),
        "check": Key(Flag(), "Whether pull requests get a check run with the problems of their documents. Default true."),
    }
)
"""All that the file may hold."""


@lru_cache(maxsize=64)
def parse(data: bytes) -> Config | tuple[Problem, ...]:
    """Returns the config that a file states, or every problem in it with its line, and its place in the text (a BOM included)."""
    found = _read(data)
    return _config(found.value or {}) if isinstance(found, Found) else found


def check(data: bytes) -> tuple[Problem, ...]:
    """Returns every problem of a file: its errors, else the keys in it that have no effect yet."""
    found = _read(data)
    return found.later if isinstance(found, Found) else found


def place(problem: Problem, text: str) -> str:
    """Returns where a problem is in a text: `:line:column`, `:line`, or nothing where it concerns all of it."""
    line = f":{problem.line}" if problem.line else ""
    return f"{line}:{problem.span.start - text.rfind(chr(10), 0, problem.span.start)}" if problem.span else line


def _read(data: bytes) -> Found | tuple[Problem, ...]:
    if len(data) > MAX_BYTES:
        return (_problem("config-too-large", f"the file has {len(data)} bytes; at most {MAX_BYTES} are read"),)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return (_problem("config-encoding", f"not UTF-8 at byte {error.start}"),)
    plain = text.removeprefix("\ufeff")
    return read(plain, KEYS, offset=len(text) - len(plain))


def matches(glob: str, path: str) -> bool:
    """Tells whether a path is meant by a glob: `*` and `?` stay inside one name, `**` stands for any folders, none included."""
    parts = path.split("/")
    reached = {0}
    for wanted in glob.removeprefix("./").removeprefix("/").split("/"):
        if wanted == "**":
            reached = set(range(min(reached), len(parts) + 1)) if reached else set()
        else:
            pattern = re.compile(fnmatch.translate(wanted))
            reached = {i + 1 for i in reached if i < len(parts) and pattern.match(parts[i])}
    return len(parts) in reached


def alike(glob: str, text: str) -> bool:
    """Tells whether a text is meant by a glob, in any case: `*` and `?` stand for anything."""
    return re.fullmatch(fnmatch.translate(glob.strip().casefold()), " ".join(text.split()).casefold()) is not None


_AS_WRITTEN = ("files", "on_remove", "on_defer", "write_back", "done_style", "dashboard", "check")


def _config(values: Mapping[str, Any]) -> Config:
    chosen = {key: values[key] for key in _AS_WRITTEN if key in values}
    limits = {"imports" if key == "import" else key: number for key, number in values.get("limits", {}).items()}
    rules = tuple(_rule(rule["when"], rule["add"]) for rule in values.get("rules", ()))
    return Config(**chosen, limits=Limits(**limits), commands=_commands(values.get("commands", {})), rules=rules)


def _commands(values: Mapping[str, Any]) -> Commands:
    allow = values.get("allow", {})
    users, teams = (frozenset(map(_login, allow.get(key, ()))) for key in ("users", "teams"))
    return Commands(values.get("permission", "write"), Allow(users, teams, frozenset(allow.get("bots", ()))))


def _rule(when: Mapping[str, Any], add: Mapping[str, Any]) -> Rule:
    fields = tuple(when.get("field", {}).items())
    rest = {key: globs for key, globs in when.items() if key != "field"}
    people = tuple(_login(login) for login in add.get("assignees", ()))
    return Rule(When(**rest, fields=fields), Additions(add.get("labels", ()), people, add.get("milestone")))


def _login(written: str) -> str:
    return written.removeprefix("@").lower()


def _problem(code: str, message: str) -> Problem:
    return Problem(code, message, 0, severity=Severity.ERROR)
