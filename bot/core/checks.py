"""The check run `gapkeeper` on a pull request: what is wrong with the documents and the settings that it changes.

Only what the pull request's head holds is looked at, and only as text: which files are gap documents is said by the settings of the
default branch (#98). The summary stays short, and GitHub's third field of a check run, `text`, stays free: the preview of the plan
belongs there. GitHub takes at most 50 annotations a request, so a report is cut into parts; above MAX_ANNOTATIONS they are counted.
https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.config import CONFIG_PATH, check
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import Document
from bot.core.gaps.parse import parse
from bot.core.lint import lint
from bot.core.messages import code
from bot.core.names import DocumentPath
from bot.core.replies import seen, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.gaps.model import Reading

CHECK_NAME = "gapkeeper"
AT_ONCE = 50
"""GitHub's limit of annotations in one request; those of later requests are added to them."""

MAX_ANNOTATIONS = 300
MAX_DOCUMENTS = 50
MAX_PULL_FILES = 3000
"""GitHub lists no more files of a pull request: https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files."""

_MESSAGE, _SHOWN_PATH = 1000, 200


class Conclusion(StrEnum):
    """What a check run comes to: failure with errors, neutral with warnings alone or where not all was looked at."""

    SUCCESS = "success"
    NEUTRAL = "neutral"
    FAILURE = "failure"


class Level(StrEnum):
    """How GitHub shows an annotation."""

    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A problem at its line, with its first and last column where it lies in that line alone; all count from 1."""

    path: DocumentPath
    line: int
    columns: tuple[int, int] | None
    level: Level
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one request says of a check run; with a conclusion it is the last one."""

    title: str
    summary: str
    annotations: tuple[Annotation, ...]
    conclusion: Conclusion | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that the pull request changes, as it was looked at: its text ("" where unknown), problems, and gaps (None: no document)."""

    path: DocumentPath
    text: str = ""
    problems: tuple[Problem, ...] = ()
    gaps: int | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check run says."""

    title: str
    summary: str
    annotations: tuple[Annotation, ...]
    conclusion: Conclusion

    def parts(self, done: int = 0) -> tuple[Part, ...]:
        """Returns what is left to say, given how many annotations the check run has already; the last part concludes it."""
        left = self.annotations[done:]
        cuts = [left[start : start + AT_ONCE] for start in range(0, len(left), AT_ONCE)] or [()]
        last = len(cuts) - 1
        return tuple(
            Part(self.title, self.summary, cut, self.conclusion if place == last else None) for place, cut in enumerate(cuts)
        )


def with_lint(path: DocumentPath, data: bytes) -> Reading:
    """Returns a document with all its problems, those of `gapkeeper lint` among them; made for the process that can be stopped."""
    reading = parse(path, data)
    return replace(reading, problems=lint(reading, at=path)) if isinstance(reading, Document) else reading


def looked_at(path: DocumentPath, reading: Reading) -> Looked:
    """Returns a gap document as it was looked at."""
    if isinstance(reading, Document):
        return Looked(path, reading.text, reading.problems, len(reading.gaps))
    return Looked(path, problems=(reading.problem,))


def not_read(path: DocumentPath, kind: str, why: str) -> Looked:
    """Returns a file that was not read, and why."""
    return Looked(path, problems=(Problem(kind, why, 0, severity=Severity.ERROR),))


def settings_looked_at(data: bytes) -> Looked:
    """Returns the settings as they were looked at."""
    return Looked(DocumentPath(CONFIG_PATH), data.decode("utf-8", "replace"), check(data))


def report(files: Sequence[Looked], partial: str | None = None) -> Report:
    """Returns what the check run says; `partial` is why not all was looked at."""
    found = [annotation for file in files for annotation in _annotations(file)]
    levels = Counter(annotation.level for annotation in found)
    errors, warnings = levels[Level.FAILURE], levels[Level.WARNING]
    conclusion = Conclusion.FAILURE if errors else Conclusion.NEUTRAL if warnings or partial else Conclusion.SUCCESS
    counts = [_count(errors, "error")] * bool(errors) + [_count(warnings, "warning")] * bool(warnings)
    title = " and ".join(counts) or ("Not all was looked at" if partial else "Nothing is wrong")
    # What stops a document comes before what is only shown, where not all of it fits.
    first = sorted(found, key=lambda annotation: annotation.level is not Level.FAILURE)
    rest = len(found) - MAX_ANNOTATIONS
    parts = [
        _table(files),
        f"Not all was looked at: {partial}." if partial else "",
        f"{_count(rest, 'problem')} more than are shown in the files; `gapkeeper lint` shows all." if rest > 0 else "",
        "<sub>The settings of the default branch say which files are gap documents.</sub>",
    ]
    return Report(title, "\n\n".join(part for part in parts if part), tuple(first[:MAX_ANNOTATIONS]), conclusion)


def _annotations(file: Looked) -> Iterator[Annotation]:
    for problem in file.problems:
        level = Level.FAILURE if problem.severity is Severity.ERROR else Level.WARNING
        message = seen(sentence(problem))
        message = message if len(message) <= _MESSAGE else message[: _MESSAGE - 1] + "…"
        yield Annotation(file.path, max(1, problem.line), _columns(problem, file.text), level, problem.code, message)


def _columns(problem: Problem, text: str) -> tuple[int, int] | None:
    """Returns the columns of a problem that lies within its line."""
    span = problem.span
    if span is None or span.end > len(text) or text.count("\n", 0, span.start) + 1 != problem.line or "\n" in span.of(text):
        return None
    first = span.start - text.rfind("\n", 0, span.start)
    return first, max(first, first + len(span) - 1)


def _table(files: Sequence[Looked]) -> str:
    rows = [f"| {_path(file.path)} | {_said(file)} | {_problems(file)} |" for file in files]
    return "\n".join(["| File | What it holds | Problems |", "|---|---|---|", *rows])


def _path(path: str) -> str:
    shown = seen(path)
    return code(shown if len(shown) <= _SHOWN_PATH else f"…{shown[-_SHOWN_PATH:]}").replace("|", "\\|")


def _said(file: Looked) -> str:
    if file.removed:
        return "removed here"
    if file.path == CONFIG_PATH:
        return "the settings"
    return "cannot be read" if file.gaps is None else _count(file.gaps, "gap")


def _problems(file: Looked) -> str:
    return str(len(file.problems)) if file.problems else "none"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
