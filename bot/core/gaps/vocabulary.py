"""What words and marks mean: states, priorities, labels of fields, announcements of headings; all languages of `words` at once."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from bot.core.gaps.model import State
from bot.core.gaps.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")


_ACCENTED = [chr(code) for code in range(0xC0, 0x180) if unicodedata.decomposition(chr(code))]
_FOLDED = str.maketrans({char: unicodedata.normalize("NFD", char)[0] for char in _ACCENTED})


def folded(text: str) -> str:
    """Returns the text in lower case and without the accents of Latin letters, which authors often leave out: `Priorite`."""
    return text.lower().replace("’", "'").translate(_FOLDED)


def listed(text: str) -> frozenset[str]:
    """Returns the words of a text as a set: how short word lists are written here."""
    return frozenset(folded(text).split())


WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]")

EMOJI = re.compile(
    r"(?:[\u231a-\u23ff\u25a0-\u25ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]|\d\ufe0f?\u20e3)[\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff]*"
    r"|:(?:white_check_mark|heavy_check_mark|ballot_box_with_check|x|construction|warning|hourglass|no_entry|red_circle"
    r"|yellow_circle|green_circle|orange_circle|large_blue_circle|rocket|bug|fire|star|lock|memo|bulb|gear):"
)

_MARKS = {
    State.DONE: "✅ ✔ ☑ 🎉 👍 ✓ 🏁 :white_check_mark: :heavy_check_mark: :ballot_box_with_check: 🗹 🆗",
    State.OPEN: "❌ ✗ ✘ ✖ ☐ 🔲 ⬜ 📋 ❎ 🆕 ❓ ❗ 📝 :x: ⭕ ◻ ▢ 🔳 ⬛ ○ ◯",
    State.IN_PROGRESS: "⚠ 🚧 🔄 ⏳ 🏗 🔧 🛠 🔨 ⌛ 🔃 ♻ :construction: :warning: :hourglass: ◐ ◑ 👷",
    State.DEFERRED: "⏸ 💤 🔜 ⏭ 🧊 🅿 ⏰ 🗓 📅",
    State.WONTFIX: "🚫 ⛔ 🗑 🙅 :no_entry:",
}
STATE_OF_MARK: Mapping[str, State] = {mark: state for state, marks in _MARKS.items() for mark in marks.split()}

LEVEL_MARKS = listed("🔴 🟠 🟡 🟢 🔵 ⚪ ⚫ 🟣 🟤 🔥 🚨 ❗ ‼ :red_circle: :yellow_circle: :green_circle: :orange_circle:")
"""Marks of urgency: what they mean is said by the words beside them in a heading or a legend."""

STATE_OF_BOX: Mapping[str, State] = {
    "": State.OPEN,
    " ": State.OPEN,
    "x": State.DONE,
    "v": State.DONE,
    "✓": State.DONE,
    "✔": State.DONE,
    "✅": State.DONE,
    "~": State.IN_PROGRESS,
    "/": State.IN_PROGRESS,
    "-": State.WONTFIX,
    ">": State.DEFERRED,
    "?": State.OPEN,
    "!": State.OPEN,
    "*": State.OPEN,
    ".": State.IN_PROGRESS,
    "o": State.IN_PROGRESS,
}
"""Characters in `[ ]`: GitHub knows blank and x, the others are the customs of note-taking programs."""


class Word(NamedTuple):
    """A word in lower case and where it stands."""

    text: str
    start: int
    end: int


def words(text: str) -> tuple[Word, ...]:
    """Returns the words of a text; a run of Chinese characters is one word."""
    return _short(text) if len(text) <= _SHORT else _words(text)


def _words(text: str) -> tuple[Word, ...]:
    return tuple(Word(folded(match[0]), *match.span()) for match in WORD.finditer(text))


_SHORT = 160
_short = lru_cache(maxsize=4096)(_words)
"""The same few titles and labels are asked for often. Long texts are not kept: a server lives long, and they are many words each."""


class Lexicon(Generic[T]):
    """Phrases and what they mean; the longest phrase wins."""

    def __init__(self, meanings: Iterable[tuple[str, T]]) -> None:
        """Index by first word; a Chinese phrase is also looked for inside a run."""
        self._first: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        self._whole: dict[tuple[str, ...], T] = {}
        self._han: list[tuple[str, T]] = []
        for phrase, meaning in meanings:
            key = tuple(word.text for word in words(phrase))
            if not key:
                continue
            self._first.setdefault(key[0], []).append((key, meaning))
            self._whole.setdefault(key, meaning)
            if _HAN.match(phrase):
                self._han.append((phrase, meaning))
        for entries in self._first.values():
            entries.sort(key=lambda entry: -len(entry[0]))
        self._han.sort(key=lambda entry: -len(entry[0]))

    def phrases(self) -> Iterator[str]:
        """Yields every phrase, so that a misspelt one can be named."""
        return (" ".join(key) for entries in self._first.values() for key, _ in entries)

    def at(self, found: Sequence[Word], index: int) -> tuple[T, int] | None:
        """Returns the meaning of the longest phrase that starts at the word, and how many words it has."""
        first = found[index][0]
        for key, meaning in self._first.get(first, ()):
            if len(key) == 1 or tuple([word[0] for word in found[index : index + len(key)]]) == key:
                return meaning, len(key)
        if first > "\u33ff" and self._han and _HAN.match(first):
            for phrase, meaning in self._han:
                if first.startswith(phrase):
                    return meaning, 1
        return None

    def within(self, found: Sequence[Word], index: int) -> bool:
        """Tells whether a phrase starts at the word, or stands anywhere inside a run of Chinese characters."""
        run = found[index].text
        return self.at(found, index) is not None or (
            _HAN.match(run) is not None and any(phrase in run for phrase, _ in self._han)
        )

    def whole(self, found: Sequence[Word]) -> T | None:
        """Returns the meaning of all words together as one phrase."""
        if not found or found[0][0] not in self._first:
            return None
        return self._whole.get(tuple([word[0] for word in found]))


def _phrases(text: str) -> list[str]:
    return [phrase for part in text.split(",") if (phrase := " ".join(part.split()))]


STATES: Lexicon[State] = Lexicon(
    (phrase, State(state)) for language in LANGUAGES for state, table in language.STATES.items() for phrase in _phrases(table)
)
WEAK = frozenset(folded(phrase) for language in LANGUAGES for phrase in _phrases(language.WEAK))
PRIORITIES: Lexicon[str] = Lexicon((phrase, phrase) for language in LANGUAGES for phrase in _phrases(language.PRIORITIES))
LABELS: Lexicon[str] = Lexicon(
    (phrase, role)
    for language in LANGUAGES
    for role, table in language.LABELS.items()
    if role != "title"
    for phrase in _phrases(table)
)
COLUMNS: Lexicon[str] = Lexicon(
    (phrase, role) for language in LANGUAGES for role, table in language.LABELS.items() for phrase in _phrases(table)
)
SECTIONS: Lexicon[str] = Lexicon(
    (phrase, role) for language in LANGUAGES for role, table in language.SECTIONS.items() for phrase in _phrases(table)
)
LACKING: Lexicon[bool] = Lexicon((phrase, True) for language in LANGUAGES for phrase in _phrases(language.LACKING))
DEMANDS: Lexicon[bool] = Lexicon((phrase, True) for language in LANGUAGES for phrase in _phrases(language.DEMANDS))
NEGATIONS = listed("not no never without nicht kein keine noch no sin pas non não nao не нет без isn't aren't un yet")

_DIGIT = re.compile(r"[0-9]")
_LEVEL = re.compile(r"(?:P|p|S)[0-9]{1,2}(?![\w.])|(?:tier|level|sev|severity|priority|prio) ?-?[0-9]{1,2}(?!\w)", re.IGNORECASE)


class Found(NamedTuple):
    """A priority that was read: the author's word in lower case, and where it stands."""

    word: str
    start: int
    end: int


def state_of(text: str, *, near: int = 5) -> State | None:
    """Returns the state that a field's value or a cell says: by its first words, else by its mark, else by a word close to the start."""
    found = words(text[:160])
    if found and (hit := STATES.at(found, 0)):
        return hit[0]
    if (mark := mark_state(text)) is not None:
        return mark
    for index in range(1, min(near, len(found))):
        hit = STATES.at(found, index)
        if hit is None or _weak(found, index, hit[1]):
            continue
        return State.OPEN if found[index - 1].text in NEGATIONS and hit[0].closed else hit[0]
    return None


def said_state(text: str, *, strict: bool = False) -> State | None:
    """Returns the state that a suffix or a tag says: it must start with a phrase of state, and little else may follow.

    `strict` lets no everyday word count.
    """
    found = words(text[:120])
    if not found:
        return mark_state(text)
    if found[0].text in _ON_PURPOSE:
        found = found[1:]
    hit = STATES.at(found, 0) if found else None
    if hit is None:
        return None
    state, count = hit
    if _weak(found, 0, count) and (strict or count != len(found)) and not text[found[0].start : found[count - 1].end].isupper():
        return None
    rest = text[found[count - 1].end :].lstrip("*_~`")
    if rest[:1] == "-" and rest[1:2] != " ":
        return None
    rest = rest.lstrip(" *_~`")
    if len(found) - count <= 2 or not rest or rest[0] in ",;:.(·—–-/|✅":
        return state
    follow = found[count].text
    return state if follow in _AFTER_STATE or follow[0].isdigit() else None


_ON_PURPOSE = listed("deliberately intentionally explicitly consciously bewusst absichtlich")
_AFTER_STATE = listed(
    "in by on via at since with as to until till for after per and but am im durch von seit le par en por em в с"
)


def _weak(found: Sequence[Word], index: int, count: int) -> bool:
    return " ".join(word.text for word in found[index : index + count]) in WEAK


def mark_state(text: str) -> State | None:
    """Returns the state of the first mark in the text that means one."""
    if ":" not in text and text.isascii():
        return None
    for match in EMOJI.finditer(text[:80]):
        state = STATE_OF_MARK.get(match[0].rstrip("\ufe0f\u200d"))
        if state is not None:
            return state
    return None


def priority_in(text: str, *, near: int = 3) -> Found | None:
    """Returns the first word of urgency among the first words of the text, a range such as `low-medium` whole."""
    level = _LEVEL.search(text[:60]) if _DIGIT.search(text, 0, 60) else None
    found = words(text[:80])
    for index in range(min(near, len(found))):
        if level is not None and level.start() <= found[index].start:
            if (named := _named_level(text, level, found)) is not None:
                return named
            return Found(" ".join(level[0].lower().split()), level.start(), level.end())
        hit = PRIORITIES.at(found, index)
        if hit is None:
            continue
        word, count = hit
        start, end = found[index].start, found[index + count - 1].end
        if _HAN.match(word):
            name = _PRIORITY_IN_HAN.sub("", word) or word
            return Found(name, start, start + len(name))
        after = index + count
        if after < len(found) and text[end : found[after].start] in {"-", "/", "–", " to "} and PRIORITIES.at(found, after):
            end = found[after].end
        word = " ".join(text[start:end].lower().split())
        return Found(_SAME_WORD.get(word, word), start, end)
    return None


def _named_level(text: str, level: re.Match[str], found: Sequence[Word]) -> Found | None:
    """Returns the word that names a counted level, `Priority 1: Critical`; a level such as `P2 (Medium)` is a name itself."""
    after = next((index for index, word in enumerate(found) if word.start >= level.end()), None)
    hit = PRIORITIES.at(found, after) if after is not None and " " in level[0] else None
    if after is None or hit is None or text[level.end() : found[after].start].strip() not in {":", "-", "—", "–", "("}:
        return None
    return Found(hit[0], found[after].start, found[after + hit[1] - 1].end)


_PRIORITY_IN_HAN = re.compile("(?:优先级|優先級|優先度|优先|優先)$|^優先度")
"""What stands behind the word of urgency: `高优先级` is `高`, as `High priority` is `high`."""
_SAME_WORD = {"lower": "low"}


def lacks(text: str) -> bool:
    """Tells whether a text says that something lacks or is wrong: `Only CPython is supported`."""
    found = words(text[:200])
    return any(LACKING.within(found, index) for index in range(len(found)))


def asks(text: str) -> bool:
    """Tells whether a text says that something lacks (`Only CPython is supported`) or is to be done (`Add retries`)."""
    found = words(text[:200])
    return bool(found) and (DEMANDS.at(found, 0) is not None or lacks(text))


def section_role(title: str) -> str | None:
    """Returns what a heading announces, by the phrase it is, or starts or ends with; None for a heading with a subject of its own."""
    found = words(title)
    if not found:
        return None
    if found[0].text in LACKS and len(found) > 1:
        return None
    whole = SECTIONS.whole(found)
    if whole is not None:
        return whole
    if any(word.text in _WEIGHS for word in found):
        return "inventory"
    if found[0].text in {"how", "why"}:
        return "guide" if found[0].text == "how" else "inventory"
    if found[0].text == "what" and found[-1].text in _POSSESSES:
        return "gaps" if any(word.text in _DENIES for word in found) else "inventory"
    hits = [(index, *hit) for index in range(len(found)) if (hit := SECTIONS.at(found, index))]
    gaps = any(role == "gaps" for _, role, _ in hits)
    return _opening(found, hits, gaps=gaps) or _closing(found, hits, gaps=gaps) or ("gaps" if gaps else None)


def _opening(found: Sequence[Word], hits: Sequence[tuple[int, str, int]], *, gaps: bool) -> str | None:
    """Returns the role of the phrase with which a title starts, when it announces a section."""
    if not hits or hits[0][0] != 0 or hits[0][1] == "gaps":
        return None
    _, role, count = hits[0]
    alone = count == 1 and found[0].text in AMBIGUOUS and not (role == "plan" and _completed(found))
    return role if not alone and _opens(found, role, count, gaps=gaps) else None


def _closing(found: Sequence[Word], hits: Sequence[tuple[int, str, int]], *, gaps: bool) -> str | None:
    """Returns the role of the phrase with which a title ends, when it announces a section: `Debt summary`, but not `Debt log`."""
    for index, role, count in hits:
        alone = count == 1 and (found[index].text in AMBIGUOUS or role not in _CLOSING)
        if index + count == len(found) and role != "gaps" and not alone and not (gaps and role in _NOT_OF_GAPS):
            return role
    return None


def _completed(found: Sequence[Word]) -> bool:
    return len(found) > 1 and found[1].text in _COMPLETES


def _opens(found: Sequence[Word], role: str, count: int, *, gaps: bool) -> bool:
    """Tells whether a phrase at the start of a title announces a section: a long phrase, or one that the rest only completes."""
    if role == "inventory" and gaps and found[0].text not in _QUESTIONS:
        return False
    if found[0].text in _QUESTIONS:
        return True
    if count > 1:
        return count * 3 >= len(found)
    return len(found) <= (4 if role in {"archive", "summary"} else 2) or found[count].text in _COMPLETES


LACKS = listed("no lacks lacking insufficient kein keine keinen sin sem aucun aucune pas нет")
_POSSESSES = listed("is working has have works work exists supports provides does do offers includes")
_WEIGHS = listed("strengths stärken fortalezas forces forças")
"""`Strengths and weaknesses` weighs what there is."""
_DENIES = listed("not never cannot can't don't doesn't won't isn't aren't")
_NOT_OF_GAPS = frozenset({"inventory", "log", "legend", "reference"})
_CLOSING = frozenset({"summary", "plan", "log", "legend", "reference"})
_QUESTIONS = listed("why how warum wie cómo comment como как почему")
_COMPLETES = listed("of for by to in at on since as during de der von für del da do des du по")
AMBIGUOUS = listed(
    "progress coverage results tracking dashboard evaluation definitions score overall benchmarks distribution counts index format key "
    "files help setup labels example examples see categories classification appendix strategy process workflow rules standards policy "
    "architecture features scope context background inventory working existing found covered supported goals vision principles usage stats "
    "verification management prevention commands questions links contents history changes updates log testing implemented priorities "
    "schedule phases plan recommendation architektur formato modelo format формат process plano"
)
"""Single words that announce a section only as its whole title: `Caching strategy` is a subject, `Strategy` is not."""
