"""What a YAML file of people may hold, as values: read strictly against it, with the place of every fault; told to editors as JSON Schema.

One definition serves both. YAML that surprises is refused before anything is built from it: anchors and aliases, tags, doubled keys,
deep nesting (faults #100-#102). Types are those of YAML 1.2: `yes` and `12:30` are texts, `true` is no number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.core.errors import Problem, Severity
from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ruamel.yaml.nodes import Node

MAX_DEPTH = 20
_PLAIN = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is not blank and in which the pattern is found; `kind` says what it is, `unless` tells of those refused still."""

    kind: str
    pattern: str | None = None
    longest: int = 300
    unless: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number within bounds; `kind` says what it is, where the bounds would say little."""

    low: int
    high: int
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Listed:
    """At most so many of a kind, read as a tuple; with `alone`, a single one may stand without a list."""

    item: Shape
    most: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """What stands at a key of a table, and what it is for; `later` says that it is checked and has no effect yet."""

    shape: Shape
    about: str
    later: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """These keys and no others, all of them optional but the `needed`, read as a dict."""

    keys: Mapping[str, Key]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Free:
    """At most so many keys of people's own words, read as a dict in their order."""

    key: Text
    item: Shape
    most: int


@dataclass(frozen=True, slots=True)
class Either:
    """A number or a text."""

    number: Number
    text: Text


Shape = Text | Word | Number | Flag | Listed | Table | Free | Either


@dataclass(frozen=True, slots=True)
class Found:
    """What a text holds, None where nothing stands in it; and the places where keys stand that have no effect yet."""

    value: Any
    later: tuple[Problem, ...] = ()


def read(text: str, shape: Table, *, offset: int = 0) -> Found | tuple[Problem, ...]:
    """Returns what a YAML text holds, or every fault of it, each with its line and span; `offset` is what stands before the text."""
    node = _composed(text)
    if isinstance(node, Problem):
        return (_shifted(node, offset),)
    if node is None:
        return Found(None)
    reader = _Reader()
    value = reader.table(node, shape, "")
    if reader.problems:
        return tuple(_shifted(problem, offset) for problem in sorted(reader.problems, key=lambda p: p.line))
    return Found(value, tuple(_shifted(problem, offset) for problem in reader.later))


def json_schema(shape: Shape) -> dict[str, Any]:
    """Returns a shape as JSON Schema, draft 2020-12; what only the reader checks (`unless`) is left out."""
    match shape:
        case Text(_, pattern, longest):
            schema = {"type": "string", "minLength": 1, "maxLength": longest}
            return schema if pattern is None else schema | {"pattern": pattern}
        case Word(words):
            return {"enum": list(words)}
        case Number(low, high):
            return {"type": "integer", "minimum": low, "maximum": high}
        case Flag():
            return {"type": "boolean"}
        case Listed(item, most, alone):
            several = {"type": "array", "items": json_schema(item), "maxItems": most}
            return {"anyOf": [json_schema(item), several]} if alone else several
        case Table(keys, needed):
            properties = {name: json_schema(key.shape) | {"description": _described(key)} for name, key in keys.items()}
            schema = {"type": "object", "additionalProperties": False, "properties": properties}
            return schema | ({"required": list(needed)} if needed else {})
        case Free(key, item, most):
            names = {key_: value for key_, value in json_schema(key).items() if key_ != "type"}
            schema = {"type": "object", "propertyNames": names, "additionalProperties": json_schema(item)}
            return schema | {"maxProperties": most}
        case Either(number, text):
            return {"anyOf": [json_schema(number), json_schema(text)]}


def _described(key: Key) -> str:
    return f"{key.about} (Checked, without effect yet.)" if key.later else key.about


class _Reader:
    """Reads nodes against shapes and collects the faults."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.later: list[Problem] = []

    def value(self, node: Node, shape: Shape, at: str) -> Any:
        match shape:
            case Table():
                return self.table(node, shape, at)
            case Free():
                return self._free(node, shape, at)
            case Listed():
                return self._listed(node, shape, at)
            case Either(number, text):
                return self.value(node, number if _kind(node) == "int" else text, at)
            case Text():
                return self._text(node, shape, at)
            case Word():
                return self._word(node, shape, at)
            case Number():
                return self._number(node, shape, at)
            case Flag():
                return self._flag(node, at)

    def table(self, node: Node, shape: Table, at: str) -> dict[str, Any]:
        """Returns the values of the keys that are set."""
        values: dict[str, Any] = {}
        for name, key_node, value_node in self._entries(node, at, hint=", ".join(f"`{key}`" for key in shape.keys)):
            key = shape.keys.get(name)
            full = f"{at}.{name}" if at else name
            if key is None:
                self._add("config-unknown-key", f"unknown key `{_short(full)}`", key_node, hint=_nearest(name, shape.keys))
                continue
            values[name] = self.value(value_node, key.shape, full)
            if key.later:
                self.later.append(_problem("config-later", f"`{full}` has no effect yet", key_node, severity=Severity.WARNING))
        missing = [name for name in shape.needed if name not in values]
        if missing and _kind(node) == "map":
            self._wrong(node, f"`{at}` needs `{missing[0]}`")
        return values

    def _free(self, node: Node, shape: Free, at: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, key_node, value_node in self._entries(node, at, hint=f"{shape.key.kind}: …"):
            self._text(key_node, shape.key, at)
            values[name] = self.value(value_node, shape.item, f"{at}.{_short(name)}")
        if len(values) > shape.most:
            self._wrong(node, f"`{at}` has {len(values)} keys; at most {shape.most}")
        return values

    def _listed(self, node: Node, shape: Listed, at: str) -> tuple[Any, ...]:
        if _kind(node) == "seq":
            if len(node.value) > shape.most:
                self._wrong(node, f"`{at}` has {len(node.value)} entries; at most {shape.most}")
            return tuple(self.value(item, shape.item, at) for item in node.value[: shape.most])
        if shape.alone and _kind(node) not in {"map", "null"}:
            return (self.value(node, shape.item, at),)
        self._add("config-type", f"`{at}` is a list", node)
        return ()

    def _text(self, node: Node, shape: Text, at: str) -> str | None:
        if _kind(node) != "str" or not node.value.strip():
            self._add("config-type", f"`{at}` takes {shape.kind}, a text", node, hint=_quotes(node))
            return None
        text = str(node.value)
        fits = shape.pattern is None or re.search(shape.pattern, text)
        if len(text) > shape.longest or not fits or (shape.unless and shape.unless(text)):
            self._wrong(node, f"`{_short(text)}` is not {shape.kind}")
        return text

    def _word(self, node: Node, shape: Word, at: str) -> str:
        word = _shown(node)
        if _kind(node) != "str" or word not in shape.words:
            allowed = " | ".join(shape.words)
            self._wrong(node, f"`{at}` is one of {allowed}", hint=_nearest(word, shape.words))
        return word

    def _number(self, node: Node, shape: Number, at: str) -> int | None:
        """Read a decimal number; YAML's other ways to write one surprise people (fault #101)."""
        number = int(node.value) if _kind(node) == "int" and _DECIMAL.fullmatch(node.value) else None
        if number is None or not shape.low <= number <= shape.high:
            kind = shape.kind or f"a whole number from {shape.low} to {shape.high}"
            self._wrong(node, f"`{at}` is {kind}")
        return number

    def _flag(self, node: Node, at: str) -> bool:
        word = _shown(node).lower()
        if _kind(node) != "bool" or word not in {"true", "false"}:
            self._wrong(node, f"`{at}` is true or false")
        return word == "true"

    def _entries(self, node: Node, at: str, *, hint: str) -> list[tuple[str, Node, Node]]:
        """Returns the keys of a mapping, each once, with where it stands and what stands there."""
        if _kind(node) != "map":
            what = f"`{at}` holds" if at else "the file holds"
            self._add("config-type", f"{what} `key: value` lines", node, hint=f"its keys are {hint}")
            return []
        seen: set[str] = set()
        found: list[tuple[str, Node, Node]] = []
        for key, value in node.value:
            name = _shown(key)
            if name in seen:
                self._add("config-duplicate-key", f"the key `{_short(name)}` stands twice", key)
                continue
            seen.add(name)
            found.append((name, key, value))
        return found

    def _wrong(self, node: Node, message: str, *, hint: str | None = None) -> None:
        self._add("config-value", message, node, hint=hint)

    def _add(self, code: str, message: str, node: Node, *, hint: str | None = None) -> None:
        self.problems.append(_problem(code, message, node, hint=hint))


def _composed(text: str) -> Node | Problem | None:
    """Returns the tree of a YAML text, or the first Problem of it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        depth = 0
        for event in YAML(typ="rt", pure=True).parse(text):
            name = type(event).__name__
            depth += name.endswith("StartEvent") - name.endswith("EndEvent")
            if name == "AliasEvent" or getattr(event, "anchor", None):
                return _marked("config-alias", "anchors and aliases are not allowed", event.start_mark)
            if getattr(event, "tag", None):
                return _marked("config-tag", "tags are not allowed", event.start_mark)
            if depth > MAX_DEPTH:
                return _marked("config-depth", f"nested deeper than {MAX_DEPTH}", event.start_mark)
        root: Node | None = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        return _marked("config-yaml", _one_line(error.problem or error.context), error.problem_mark or error.context_mark)
    except (YAMLError, ValueError, RecursionError) as error:
        return Problem("config-yaml", _one_line(str(error)), 1, severity=Severity.ERROR)
    return root


def _marked(code: str, message: str, mark: Any) -> Problem:
    line, at = (mark.line + 1, mark.index) if mark else (1, 0)
    return Problem(code, message, line, Span(at, at + 1), severity=Severity.ERROR)


def _problem(code: str, message: str, node: Node, *, hint: str | None = None, severity: Severity = Severity.ERROR) -> Problem:
    start, end = node.start_mark, node.end_mark
    return Problem(code, message, start.line + 1, Span(start.index, max(end.index, start.index + 1)), hint, severity)


def _shifted(problem: Problem, offset: int) -> Problem:
    span = problem.span
    return replace(problem, span=Span(span.start + offset, span.end + offset)) if span and offset else problem


def _kind(node: Node) -> str:
    """Returns YAML's word for what a node is: `map`, `seq`, `str`, `int`, `bool`, `null` and so on."""
    return str(node.tag).removeprefix(_PLAIN)


def _shown(node: Node) -> str:
    return node.value if isinstance(node.value, str) else "…"


def _quotes(node: Node) -> str | None:
    """Returns a hint for what YAML reads as something else than people meant."""
    return "put it in quotes" if _kind(node) in {"int", "float", "bool", "timestamp"} else None


def _nearest(word: str, words: Iterable[str]) -> str | None:
    from rapidfuzz import process

    best = process.extractOne(word[:100], list(words), score_cutoff=60)
    return f"did you mean `{best[0]}`?" if best else None


def _short(value: str) -> str:
    return _one_line(value)[:60]


def _one_line(text: str | None) -> str:
    return " ".join((text or "not readable as YAML").split())[:200]
