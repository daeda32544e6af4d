"""The head of an entry: the line that says what a gap is, taken apart into id, title, marks of state and priority, each with its span.

    head      = box? mark* title mark* rest
    mark      = emoji | "[P1]" | "(DONE)" | "P0 —" | "GAP-012:" | "3." | "~~"
    title     = a heading's words | a bold lead-in | the first sentence

The same grammar serves headings, list entries and cells. Which structures are gaps at all is for `select` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from bot.core.gaps.model import Mark, State, StateSource
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import View, view
from bot.core.gaps.vocabulary import (
    EMOJI,
    LABELS,
    LEVEL_MARKS,
    PRIORITIES,
    STATE_OF_BOX,
    STATE_OF_MARK,
    folded,
    listed,
    priority_in,
    said_state,
    state_of,
    words,
)
from bot.core.text import Span

TITLE_LIMIT = 120
_HEAD_LIMIT = 1500
_SHORT_SENTENCE = 12

_BOX = re.compile(r"\[ {0,2}([^\[\]\s]?) {0,2}\](?=\s|$)")
_SEPARATOR = re.compile(r"(?:\s|[:：|·•→>]|[—–-](?=\s|$)|[.,](?=\s|$))+")
_STRICT = re.compile(r"\s*(?:[:：|·—–]|[.)](?=\s)|-(?=\s)|$|\*\*|\]|~~)")
_ORDINAL = re.compile(
    r"(?:#?\d{1,4}(?:\.\d{1,3}){0,3}[.):](?=\s|\*)|\d{1,3}(?:\.\d{1,3}){1,3}(?=\s)|[①-⑳]|[A-Z][.)](?=\s)|\d{1,3}(?=\s[—–-]\s))\s*"
)
_ID = re.compile(r"#?(?P<kind>[A-Z][A-Z0-9]{0,9}(?:[-_][A-Z][A-Z0-9]{0,9}){0,2})[-_]\d{1,5}[a-zA-Z]?(?![\w-])")
_SHORT_ID = re.compile(r"(?P<kind>[A-Z]{1,4})\d{1,4}(?:\.\d{1,3})*(?![\w-])")
_NAMED = re.compile(r"(?P<name>[^\W\d_]{2,14}) ?(?:#|№|nr\.? ?)?(?P<number>\d{1,4}[a-z]?(?:\.\d{1,3})*)(?![\w])", re.IGNORECASE)
_NAMED_ID = re.compile(r"(?P<name>[^\W\d_]{2,14}) (?=#?[A-Z][A-Z0-9]{0,9}[-_]\d)")
_DIGIT = re.compile(r"\d")
_ID_LIMIT = 80
"""An id has a digit within so many characters; a title without one needs no closer look."""
_LEVEL = re.compile(r"P\d{1,2}(?![\w.])")
_PAREN = re.compile(r"\*?\(([^()]{1,100})\)\*?$")
_BRACKET = re.compile(r"\[([^\[\]]{1,60})\]$")
_BOLD_TAIL = re.compile(r"\*\*([^*]{1,60})\*\*$")
_TAILS = {")": (_PAREN,), "]": (_BRACKET,), "*": (_PAREN, _BOLD_TAIL)}
"""What a tag at the end may look like, by its last character."""
_DASH_TAIL = re.compile(r"[\s:：](?:(?<=\s)[—–-]{1,3}\s|(?<=:)\s|(?<=：))([^—–]{1,80})$")
_UPPER_TAIL = re.compile(r"(?:^|[\s,.;)])([A-Z]{4,}(?: [A-Z]{4,})?)[.!]?$")
_REMARKED = re.compile(r"(?<=[^\w\s.,;:!?] )(?P<said>[A-Z]{4,}(?: [A-Z]{4,})?) \([^()]{1,60}\)$")
"""A state in capitals behind a mark, with a remark: `✅ FIXED (minimal)`."""
_MARKED_TAIL = re.compile(r"(?<=\s)(?P<mark>[^\w\s])\ufe0f? (?P<said>[^\W\d_]+(?: [^\W\d_]+)?)$")
"""A state behind its mark: `✓ shipped`."""
_SENTENCE = re.compile(
    r"[.!?。！？:\n](?:"
    r"(?<=[.!?])(?=\s)(?<![ .(][A-Za-z][.!?])(?<!\be\.g[.!?])(?<!\bi\.e[.!?])(?<!\betc[.!?])(?<!\bvs[.!?])"
    r"|(?<=[。！？])|(?<=[:\n])\s*\n)"
)
"""It starts with a set of characters, for which `re` looks without trying the whole pattern everywhere."""
_CLOSERS = {"[": "]", "(": ")", "【": "】"}
_WRAPS = frozenset("*_~")
"""What emphasis begins and ends with."""
_FEW = 3
"""A tail in capitals of so many words says how urgent it is: `BLOCKING FOR RELEASE`."""
_CUT = re.compile(r"[:：| ](?:(?<=[:：|])|[—–-] )")
_PARTS = re.compile(r"[^,;|·]+")
_NAMES = listed(
    "gap issue bug limitation problem mismatch task item finding debt defect violation risk requirement improvement todo fix feature "
    "concern weakness blocker lücke fehler aufgabe punkt проблема пробел ошибка задача долг brecha problema tarea lacuna tarefa lacune "
    "problème tâche"
)
_URGENCY = listed("priority prio priorität prioridad prioridade priorité priorità приоритет severity")
_STANDARDS = listed("UTF SHA ISO RFC PEP CVE CWE EIP ERC BIP GPT MP ES HTTP IEEE WCAG ECMA TLS AES RSA MD TC IPV UTC GMT CSS JDK")


_NOWHERE = Span(0, 0)


class Shape(Enum):
    """Where a head stands; it decides how far the title goes and whether bare numbers are numbering."""

    HEADING = "heading"
    ENTRY = "entry"
    CELL = "cell"


@dataclass(slots=True)
class Head:
    """What an entry's head says. `levels` are marks of urgency whose meaning a legend gives; `lead` tells a bold lead-in."""

    title: str
    title_span: Span
    view: View
    end: int
    box: str | None = None
    box_span: Span | None = None
    lead: bool = False
    struck: bool = False
    ordinal: str | None = None
    id: str | None = None
    id_span: Span | None = None
    id_kind: str = ""
    state: State | None = None
    state_source: StateSource = StateSource.DEFAULT
    state_span: Span | None = None
    priority: str | None = None
    priority_span: Span | None = None
    effort: str | None = None
    effort_span: Span | None = None
    levels: tuple[str, ...] = ()
    strike_span: Span | None = None
    marks: list[Mark] = field(default_factory=list)

    @property
    def marked(self) -> State | None:
        """The state that a mark says, where no word does."""
        return self.state if self.state_source is StateSource.EMOJI else None

    def say(self, state: State, source: StateSource, span: Span) -> None:
        """Keeps a state, a word before a mark, the first before the second; and every place where one is said."""
        if not self.marks or all(mark.span != span for mark in self.marks):
            self.marks.append(Mark(source, state, span))
        if self.state is None or (self.state_source is StateSource.EMOJI and source is StateSource.SUFFIX):
            self.state, self.state_source, self.state_span = state, source, span


def read_head(text: str, span: Span, shape: Shape) -> Head:
    """Returns what the head at the span says."""
    seen = view(text, span)
    if len(seen.text) > _HEAD_LIMIT:
        seen = View(seen.text[:_HEAD_LIMIT], seen.start, seen.offsets)
    return _Reader(seen, shape).read()


def read_box(seen: View, at: int = 0) -> tuple[str, Span] | None:
    """Returns the mark in the box that stands at a place of a view, and its span; both are empty for `[]`."""
    box = _BOX.match(seen.text, at) if seen.text.startswith("[", at) else None
    if box is None or box[1].lower() not in STATE_OF_BOX:
        return None
    if not box[1] and seen.text[at + 1] == " ":
        return " ", seen.span(at + 1, at + 2)
    return box[1].lower(), seen.span(*box.span(1))


class _Reader:
    """Peels marks off both ends of a head. `low` and `high` bound what is not read yet; `ends` are the closers of open emphasis."""

    def __init__(self, seen: View, shape: Shape) -> None:
        self.view = seen
        self.s = seen.text
        self.shape = shape
        self.low = 0
        self.high = len(self.s.rstrip())
        self.ends: list[tuple[int, int, str]] = []
        self.head = Head("", _NOWHERE, seen, self.high)

    def read(self) -> Head:
        head = self.head
        self.space()
        box = read_box(self.view, self.low) if self.shape is not Shape.HEADING else None
        if box is not None:
            head.box, head.box_span = box
            self.low = self.s.index("]", self.low) + 1
        self.left()
        first, end = self.title()
        head.title_span = self.view.span(first, end)
        head.title = plain(self.s[first:end])
        head.end = self.high
        return head

    # Peeling from the left.

    def space(self) -> None:
        while self.low < self.high and self.s[self.low].isspace():
            self.low += 1

    def left(self) -> None:
        peeled = True
        while peeled and self.low < self.high:
            self.space()
            if self.ends and self.low >= self.ends[-1][0]:
                self.low = self.ends.pop()[1]
                self.skip_separator()
                continue
            sign = self.s[self.low]
            peeled = (
                (sign in _WRAPS and self.emphasis())
                or ((sign == ":" or not sign.isascii() or sign.isdigit()) and self.emoji())
                or (sign in _CLOSERS and self.tag(_CLOSERS[sign]))
                or self.number()
                or self.identifier()
                or self.keyword()
            )

    def skip_separator(self) -> None:
        limit = self.ends[-1][0] if self.ends else self.high
        if found := _SEPARATOR.match(self.s, self.low, limit):
            self.low = found.end()

    def emphasis(self) -> bool:
        """Opens bold, strike or italics that starts here, when it is closed again."""
        for mark in ("~~", "**", "__", "*", "_"):
            if not self.s.startswith(mark, self.low):
                continue
            start = self.low + len(mark)
            if start >= self.high or self.s[start].isspace():
                return False
            limit = self.ends[-1][0] if self.ends else self.high
            end = self.s.find(mark, start, limit)
            if end < 0 or (len(mark) == 1 and self.s[end - 1].isspace()):
                return False
            if mark == "~~":
                self.head.struck = True
                self.head.strike_span = self.view.span(self.low, end + 2)
            self.ends.append((end, end + len(mark), mark))
            self.low = start
            return True
        return False

    def emoji(self) -> bool:
        found = EMOJI.match(self.s, self.low, self.high)
        if not found:
            return False
        self.mark(found)
        self.low = found.end()
        return True

    def mark(self, found: re.Match[str]) -> None:
        sign = found[0].rstrip("\ufe0f\u200d")
        state = STATE_OF_MARK.get(sign)
        if state is not None:
            self.head.say(state, StateSource.EMOJI, self.view.span(*found.span()))
        elif sign in LEVEL_MARKS:
            self.head.levels += (sign,)

    def tag(self, closer: str) -> bool:
        """Peels `[P1]`, `(DONE)`, `[GAP-3]`; a link or another bracket stays part of the title."""
        end = self.s.find(closer, self.low, min(self.high, self.low + 60))
        if end < 0 or self.s.startswith("(", end + 1):
            return False
        if not self.says(self.low + 1, end):
            return False
        self.low = end + 1
        self.skip_separator()
        return True

    def number(self) -> bool:
        in_heading = self.shape is Shape.HEADING or bool(self.ends)
        found = _ORDINAL.match(self.s, self.low, self.high)
        if not found or self.head.ordinal is not None or not (in_heading or "." in found[0].rstrip(". ")):
            return False
        self.head.ordinal = found[0].strip(" #.):")
        self.low = found.end()
        self.skip_separator()
        return True

    def identifier(self) -> bool:
        if self.head.id is not None:
            return False
        limit = self.ends[-1][0] if self.ends else self.high
        code = self.s.startswith("`", self.low)
        start = self.low + code
        found = self.find_id(start, limit)
        if found is None:
            return False
        end = found.end() + code
        if code and not self.s.startswith("`", found.end()):
            return False
        strict = _STRICT.match(self.s, end, self.high)
        if strict is None and not (found.re is _ID and self.shape is Shape.HEADING and self.s[end : end + 1] == " "):
            return False
        self.take_id(found)
        self.low = end
        self.skip_separator()
        return True

    def find_id(self, start: int, limit: int) -> re.Match[str] | None:
        if not _DIGIT.search(self.s, start, min(limit, start + _ID_LIMIT)):
            return None
        if (prefix := _NAMED_ID.match(self.s, start, limit)) and folded(prefix["name"]) in _NAMES:
            start = prefix.end()
        found = _ID.match(self.s, start, limit)
        if found and found["kind"].lower() not in _STANDARDS:
            return found
        found = _SHORT_ID.match(self.s, start, limit)
        if found and found["kind"].lower() not in _STANDARDS and not _LEVEL.fullmatch(found[0]):
            return found
        found = _NAMED.match(self.s, start, limit)
        return found if found and folded(found["name"]) in _NAMES else None

    def id_at(self, start: int, end: int) -> bool:
        found = self.find_id(start, end)
        if found is None or found.end() != end or self.head.id is not None:
            return False
        self.take_id(found)
        return True

    def take_id(self, found: re.Match[str]) -> None:
        self.head.id = found[0].lstrip("#")
        self.head.id_span = self.view.span(found.start() + found[0].startswith("#"), found.end())
        self.head.id_kind = (found["kind"] if "kind" in found.re.groupindex else found["name"]).lower()

    def keyword(self) -> bool:
        """Peels `P0 —`, `CRITICAL:`, `FIXED -`: a word of urgency or state that a separator sets off."""
        limit = self.ends[-1][0] if self.ends else self.high
        stop = min(self.low + 40, limit)
        found = _CUT.search(self.s, self.low, stop + 2)
        if found is not None and found.start() < stop:
            cut = found.start()
        elif self.ends and limit - self.low <= 40:
            cut = limit
        else:
            return False
        if cut == self.low:
            return False
        said = self.s[self.low : cut]
        urgency = PRIORITIES.whole(words(said)) or _LEVEL.fullmatch(said.strip()) or _urgent(said)
        if not urgency and not (said.isupper() and said_state(said) is not None):
            return False
        if not self.classify(self.low, cut):
            return False
        self.low = cut
        self.skip_separator()
        return True

    # Classifying a small piece.

    def classify(self, start: int, end: int) -> bool:
        """Keeps what a tag says about priority or state; False for any other text."""
        said = self.s[start:end]
        if (":" in said or "：" in said) and self.labelled(start, end):
            return True
        urgency = priority_in(said, near=2)
        if urgency is not None and (_all_of(said, urgency.start, urgency.end) or _urgent(said)):
            self.keep_priority(urgency.word, self.view.span(start + urgency.start, start + urgency.end))
            return True
        state = said_state(said)
        if state is None:
            return False
        self.head.say(state, StateSource.SUFFIX, self.view.span(start, end))
        return True

    def says(self, start: int, end: int) -> bool:
        """Keeps what a tag says: a priority or a state, an id, or several of them."""
        return self.classify(start, end) or self.id_at(start, end) or self.several(start, end)

    def several(self, start: int, end: int) -> bool:
        """Keeps what a tag of several words says, when the first is of priority or state: `[low, parser, PARTLY DONE]`."""
        first, *others = [(part.start(), part.end()) for part in _PARTS.finditer(self.s, start, end)] or [(start, start)]
        if not others or not self.classify(*first):
            return False
        for other in others:
            self.classify(*other)
        return True

    def labelled(self, start: int, end: int) -> bool:
        """Keeps `Priority: High` and `Effort: 2 days` inside a tag; several are apart by commas or bars."""
        kept = False
        for part in _PARTS.finditer(self.s, start, end):
            label, colon, value = part[0].replace("：", ":").partition(":")
            role = LABELS.whole(words(label)) if colon else None
            at = part.end() - len(value)
            span = self.view.span(at + len(value) - len(value.lstrip()), part.end())
            if role in {"priority", "severity"} and (urgency := priority_in(value)):
                self.keep_priority(urgency.word, span)
            elif role == "status" and (state := state_of(value)) is not None:
                self.head.say(state, StateSource.SUFFIX, span)
            elif role == "effort" and self.head.effort is None:
                self.head.effort, self.head.effort_span = value.strip().lower(), span
            else:
                continue
            kept = True
        return kept

    def keep_priority(self, word: str, span: Span) -> None:
        if self.head.priority is None:
            self.head.priority, self.head.priority_span = word, span

    # Peeling from the right.

    def right(self, first: int, end: int) -> int:
        """Returns where the text ends once suffixes of state and priority are taken off."""
        while True:
            end = first + len(self.s[first:end].rstrip(" \t\r\n"))
            cut = self.right_emoji(first, end)
            if cut is None:
                cut = self.right_tag(first, end)
            if cut is None or cut <= first:
                return end
            end = cut

    def right_emoji(self, first: int, end: int) -> int | None:
        closer = self.s[end - 1 : end]
        if closer.isascii() and closer != ":":
            return None
        tail = max(first, end - 24)
        last = None
        for found in EMOJI.finditer(self.s, tail, end):
            last = found
        if last is None or last.end() != end or last.start() <= first:
            return None
        self.mark(last)
        return last.start()

    def right_tag(self, first: int, end: int) -> int | None:
        last = self.s[end - 1] if end > first else ""
        for pattern in _TAILS.get(last, ()):
            found = pattern.search(self.s, max(first, end - 110), end)
            if found and found.start() > first and self.says(*found.span(1)):
                return found.start()
        tail = self.s[max(first, end - 90) : end]
        apart = ":" in tail or "-" in tail or "—" in tail or "–" in tail or "：" in tail
        found = _DASH_TAIL.search(self.s, max(first, end - 90), end) if apart else None
        if found and found.start() > first and self.tail(found):
            return found.start()
        if (
            last == ")"
            and (remarked := _REMARKED.search(self.s, max(first, end - 110), end))
            and said_state(remarked["said"], strict=True)
        ):
            self.head.say(said_state(remarked["said"]) or State.OPEN, StateSource.SUFFIX, self.view.span(*remarked.span("said")))
            return remarked.start("said")
        marked = _MARKED_TAIL.search(self.s, max(first, end - 40), end) if self.head.state is None else None
        if marked and marked.start() > first and marked["mark"] in STATE_OF_MARK and said_state(marked["said"]) is not None:
            self.head.say(said_state(marked["said"]) or State.OPEN, StateSource.SUFFIX, self.view.span(*marked.span("said")))
            return marked.start("said")
        upper = self.head.state is None and "A" <= tail.rstrip(".!")[-1:] <= "Z"
        found = _UPPER_TAIL.search(self.s, max(first, end - 50), end) if upper else None
        shouted = found is not None and self.s[first : found.start(1)].isupper()  # `DEPLOY LIVE` is a title in capitals
        if found and found.start(1) > first and not shouted and said_state(found[1]) is not None:
            self.head.say(said_state(found[1]) or State.OPEN, StateSource.SUFFIX, self.view.span(*found.span(1)))
            return found.start(1)
        return None

    def tail(self, found: re.Match[str]) -> bool:
        """Keeps the state after a last dash; after a colon only a lone phrase counts."""
        said = found[1]
        if (_urgent(said) or _LEVEL.fullmatch(said.strip())) and self.classify(*found.span(1)):
            return True
        if said.isupper() and (urgency := priority_in(said, near=1)) is not None and len(words(said)) <= _FEW:
            self.keep_priority(urgency.word, self.view.span(found.start(1) + urgency.start, found.start(1) + urgency.end))
            return True
        state = said_state(said, strict=found[0].lstrip().startswith((":", "：")))
        if state is None or (found[0].lstrip().startswith((":", "：")) and len(words(said)) > 3):
            return False
        self.head.say(state, StateSource.SUFFIX, self.view.span(*found.span(1)))
        return True

    # The title.

    def title(self) -> tuple[int, int]:
        low, high = self.low, self.high
        if self.ends:
            end, after, _ = self.ends[-1]
            outer = self.ends[0][1]
            bold = any(mark in {"**", "__"} for _, _, mark in self.ends)
            if self.lead_in(end, outer) and (bold or self.head.struck):
                self.head.lead = True
                end = self.right(low, end)
                self.rest(max(outer, after))
                return self.trim(low, end)
            low = min(low, self.ends[0][0])
        if self.shape is Shape.HEADING:
            return self.trim(low, self.right(low, high))
        high = self.right(low, high)
        first_line = self.s.find("\n", low, high)
        if first_line > 0 and self.head.state is None:
            self.right(low, first_line)
        if self.shape is Shape.CELL:
            return self.trim(low, high)
        sentence = next(
            (found for found in _SENTENCE.finditer(self.s, low, high) if found.start() - low >= _SHORT_SENTENCE), None
        )
        end = sentence.start() + (sentence[0] in "?？") if sentence else high
        if end - low > TITLE_LIMIT:
            blank = self.s.rfind(" ", low + TITLE_LIMIT // 2, low + TITLE_LIMIT)
            end = blank if blank > 0 else low + TITLE_LIMIT
        return self.trim(low, self.right(low, end) if end < high else high)

    def lead_in(self, end: int, outer: int) -> bool:
        """Tells whether the emphasis that is open sets off a title, rather than stressing a word of a sentence."""
        inner = self.s[self.low : end]
        follow = self.s[outer : outer + 4]
        if not any(char.isalnum() for char in inner):
            return False
        if self.shape is Shape.HEADING:
            return not self.s[outer : self.high].strip() or not words(self.s[outer : self.high])
        if inner.rstrip().endswith((":", "：", ".")) or not follow.strip() or follow.lstrip()[0] in ":：.(—–-[,|→✅❌":
            return True
        return self.head.struck or len(words(inner)) >= 3

    def rest(self, start: int) -> None:
        """Reads the state that follows a bold title: `(COMPLETED)`, `— **Done.** …`, `✅`; and one at the very end."""
        at = start
        while found := _SEPARATOR.match(self.s, at, self.high) or EMOJI.match(self.s, at, self.high):
            if EMOJI.match(found[0]):
                self.mark(found)
            at = found.end()
        said = self.s[at : min(self.high, at + 90)]
        if said.startswith(("(", "[")):
            end = said.find(")" if said[0] == "(" else "]")
            if end > 0:
                self.classify(at + 1, at + end)
        elif said.startswith(("**", "*", "_")):
            inner = said.lstrip("*_")
            end = inner.find("*") if "*" in inner else inner.find("_")
            if end > 0:
                shift = at + len(said) - len(inner)
                self.classify(shift, shift + end)
        elif said:
            stop = next((i for i, char in enumerate(said) if char in ".;:\n(—–,"), len(said))
            state = said_state(said[:stop], strict=True)
            if state is not None and len(words(said[:stop])) <= 3:
                self.head.say(state, StateSource.SUFFIX, self.view.span(at, at + stop))
        if self.head.state is None or self.head.priority is None:
            self.right(start, self.high)

    def trim(self, first: int, end: int) -> tuple[int, int]:
        """Leaves out blanks, closing punctuation and emphasis that wraps the whole title."""
        while first < end and self.s[first] in " \t\r\n":
            first += 1
        while end > first and self.s[end - 1] in " \t\r\n:：,;—–-|":
            if self.s[end - 1] == "-" and end - first > 1 and not self.s[end - 2].isspace():
                break
            end -= 1
        inner = self.s[first:end]
        for mark in ("**", "__", "~~", "*") if inner[:1] in _WRAPS else ():
            if (
                inner.startswith(mark)
                and inner.endswith(mark)
                and len(inner) > 2 * len(mark)
                and mark not in inner[len(mark) : -len(mark)]
            ):
                return self.trim(first + len(mark), end - len(mark))
        if end - first > 1 and self.s[end - 1] == "." and self.s[end - 2] != ".":
            end -= 1
        return first, end


def _all_of(said: str, start: int, end: int) -> bool:
    """Tells whether the piece is all there is, but for another word of urgency: `P0 (critical)`, `P1 - High`."""
    others = words(said[:start] + said[end:])
    return not others or PRIORITIES.whole(others) is not None


def _urgent(said: str) -> bool:
    """Tells `HIGHEST PRIORITY`, `high prio`, `Priority P1`: a word of urgency and the word priority, nothing else."""
    found = [word.text for word in words(said)]
    return len(found) in {2, 3} and (found[-1] in _URGENCY or found[0] in _URGENCY)
