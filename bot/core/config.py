"""The repository's own settings, `.github/gapkeeper.yml` on the default branch: text in, Config or Problems out.

    files:       globs of the gap documents, from the repository root; default: well-known names, in any case
    limits:      {import: 25, open: 50, close: 5}: larger plans are held (first import, later openings, closings above a fifth)
    on_remove:   completed | not_planned | keep: what becomes of the issue of a gap that was taken out of its document
    on_defer:    keep | close: whether the issue of a deferred gap stays open
    write_back:  commit | pull_request | off: how what people change on issues gets into the documents
    done_style:  auto | field | strike | remove | move: SECTION: how a finished gap is shown; auto follows the document

Everything is optional; unknown keys are errors with line and column. Aliases, duplicate keys, deep nesting and large files are
refused before anything is built from them (faults #100-#104). Globs are matched here, in time linear in the path.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from bot.core.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.core.names import DocumentPath

CONFIG_PATH = ".github/gapkeeper.yml"
MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
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
class Config:
    """What a repository wants; `files` is None where the well-known names apply."""

    files: tuple[str, ...] | None = None
    limits: Limits = field(default_factory=Limits)
    on_remove: str = "completed"
    on_defer: str = "keep"
    write_back: str = "commit"
    done_style: str = "auto"

    def covers(self, path: DocumentPath) -> bool:
        """Tells whether a file is one of the gap documents."""
        if self.files is None:
            return any(matches(glob, path.lower()) for glob in DEFAULT_GLOBS)
        return any(matches(glob, path) for glob in self.files)


_CHOICES = {
    "on_remove": ("completed", "not_planned", "keep"),
    "on_defer": ("keep", "close"),
    "write_back": ("commit", "pull_request", "off"),
}
_DONE_STYLE = re.compile(r"auto|field|strike|remove|move:\s*\S.*")
_LIMITS = {"import": "imports", "open": "open", "close": "close"}


def parse(data: bytes) -> Config | tuple[Problem, ...]:
    """Returns the config that a file states, or every problem in it with its line."""
    if len(data) > MAX_BYTES:
        return (_problem("config-too-large", f"the file has {len(data)} bytes; at most {MAX_BYTES} are read", 0),)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (_problem("config-encoding", f"not UTF-8 at byte {error.start}", 0),)
    loaded = _load(text)
    if isinstance(loaded, Problem):
        return (loaded,)
    if loaded is None:
        return Config()
    if not isinstance(loaded, dict):
        return (_problem("config-type", "the file must hold `key: value` lines", 1),)
    problems = tuple(_check(loaded))
    return problems or _config(loaded)


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


def _load(text: str) -> Any:
    """Returns the YAML value with the lines of its keys, or the first Problem."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="rt", pure=True)
    try:
        depth = 0
        for event in yaml.parse(text):
            name = type(event).__name__
            depth += name.endswith("StartEvent") - name.endswith("EndEvent")
            if name == "AliasEvent" or getattr(event, "anchor", None):
                return _problem("config-alias", "anchors and aliases are not allowed", event.start_mark.line + 1)
            if getattr(event, "tag", None):
                return _problem("config-tag", "tags are not allowed", event.start_mark.line + 1)
            if depth > MAX_DEPTH:
                return _problem("config-depth", f"nested deeper than {MAX_DEPTH}", event.start_mark.line + 1)
        return yaml.load(text)
    except DuplicateKeyError as error:
        return _problem("config-duplicate-key", _one_line(error.problem), _line_of(error))
    except MarkedYAMLError as error:
        return _problem("config-yaml", _one_line(error.problem or error.context), _line_of(error))
    except (YAMLError, ValueError, RecursionError) as error:
        return _problem("config-yaml", _one_line(str(error)), 1)


def _check(loaded: dict[str, Any]) -> Iterator[Problem]:
    """Yields every fault of the loaded mapping."""
    known = tuple(f.name for f in fields(Config))
    for key, value in loaded.items():
        line = loaded.lc.key(key)[0] + 1  # type: ignore[attr-defined]  # ruamel's CommentedMap knows its lines
        if key not in known:
            yield _problem("config-unknown-key", f"unknown key `{_short(key)}`", line, hint=_nearest(key, known))
        elif key == "files":
            yield from _check_files(value, line)
        elif key == "limits":
            yield from _check_limits(value, line)
        elif key == "done_style":
            if not isinstance(value, str) or not _DONE_STYLE.fullmatch(value):
                yield _problem("config-value", "`done_style` is one of auto | field | strike | remove | move: SECTION", line)
        elif not isinstance(value, str) or value not in _CHOICES[key]:
            allowed = " | ".join(_CHOICES[key])
            yield _problem("config-value", f"`{key}` is one of {allowed}", line, hint=_nearest(value, _CHOICES[key]))


def _check_files(value: Any, line: int) -> Iterator[Problem]:
    globs = [value] if isinstance(value, str) else value
    if not isinstance(globs, list) or not all(isinstance(glob, str) and glob.strip() for glob in globs):
        yield _problem("config-type", "`files` is a list of globs, each a text", line)
    elif len(globs) > MAX_GLOBS:
        yield _problem("config-value", f"`files` has {len(globs)} globs; at most {MAX_GLOBS}", line)
    elif bad := [glob for glob in globs if ".." in glob.split("/") or len(glob) > 300]:
        yield _problem("config-value", f"`{_short(bad[0])}` is no path inside the repository", line)


def _check_limits(value: Any, line: int) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _problem("config-type", "`limits` holds `import`, `open` and `close`", line)
        return
    for key, number in value.items():
        at = value.lc.key(key)[0] + 1  # type: ignore[attr-defined]  # ruamel's CommentedMap knows its lines
        if key not in _LIMITS:
            yield _problem("config-unknown-key", f"unknown key `limits.{_short(key)}`", at, hint=_nearest(key, _LIMITS))
        elif isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 100_000:
            yield _problem("config-value", f"`limits.{key}` is a whole number from 0 to 100000", at)


def _config(loaded: dict[str, Any]) -> Config:
    files = loaded.get("files")
    globs = None if files is None else tuple([files] if isinstance(files, str) else map(str, files))
    limits = Limits(**{_LIMITS[str(key)]: int(value) for key, value in (loaded.get("limits") or {}).items()})
    chosen = {key: str(loaded[key]) for key in _CHOICES if key in loaded}
    done_style = str(loaded.get("done_style", "auto"))
    return Config(files=globs, limits=limits, done_style=done_style, **chosen)


def _problem(code: str, message: str, line: int, *, hint: str | None = None) -> Problem:
    return Problem(code, message, line, hint=hint, severity=Severity.ERROR)


def _nearest(word: object, words: Iterable[str]) -> str | None:
    from rapidfuzz import process

    best = process.extractOne(str(word)[:100], list(words), score_cutoff=60)
    return f"did you mean `{best[0]}`?" if best else None


def _short(value: object) -> str:
    return _one_line(str(value))[:60]


def _one_line(text: str | None) -> str:
    return " ".join((text or "not readable as YAML").split())[:200]


def _line_of(error: Any) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1
