"""People who keep a gap document and its issues, for `test_two_way.py`: what they can do, and a book of what they wrote.

Everything is told apart from the bot: a gap is known by a word that only it holds (`zqa`), a human act by what differs around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.core.gaps.model import Document, Gap, Kind
from bot.core.gaps.parse import parse
from bot.core.issue import Region, region_of
from bot.core.names import DocumentPath
from bot.core.tasks import marks_in, unmarked
from bot.core.text import Span
from bot.sandbox import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.sandbox import Repository
    from bot.sandbox.model import Comment, Issue

WORD = re.compile(r"zq[a-z]+")
BOT = "gapkeeper[bot]"
PEOPLE = ("alice", "carol")

FIRST = """# Known gaps

Written by hand, every spring.

## Security

- [ ] [P1] Rotate the signing keys 1
  - Note: zqa was seen when the whole team met in early spring
  - [ ] first of it
  - [ ] second of it
- [ ] [P2] Throttle anonymous callers 1
  - Note: zqb came out of the last review by an outside party

## Missing features

### Export invoices nightly 1

**Status:** ❌ Missing
**Priority:** High

The accountants want zqc, and they have waited for a long time.

- [ ] first of it
- [ ] second of it

### Paginate long listings 1

**Status:** ❌ Missing
**Priority:** Low

Nobody can read zqd on a telephone, says the support desk.
"""

SECOND = """# Technical debt

## Debt

| Gap | Priority | Status | Note |
|-----|----------|--------|------|
| Untangle billing module 1 | High | Open | zqe is what everyone stumbles over in their first week |
| Drop legacy importer 1 | Low | Open | zqf has had no user since the great migration of the shops |

## Chores

- [ ] Upgrade message broker 1
  - Note: zqg runs a version that gets no fixes any more
  - [ ] first of it
""".replace("\n", "\r\n")

TEMPLATES = {
    Kind.CHECKBOX: "- [ ] [P2] {title}\n  - Note: {word} was told to us by a customer on the phone\n  - [ ] first of it\n",
    Kind.HEADING: (
        "### {title}\n\n**Status:** ❌ Missing\n**Priority:** Low\n\nWe were told of {word} by a customer on the phone.\n\n"
    ),
    Kind.TABLE: "| {title} | Low | Open | {word} was told to us by a customer on the phone |\n",
}
STEMS = (
    "Cache rendered previews",
    "Validate uploaded archives",
    "Mask personal data",
    "Localise error pages",
    "Retire cron scripts",
    "Compress old journals",
    "Document webhook contract",
    "Shorten cold starts",
)
PRIORITIES = ("p0", "p1", "p2", "p3")
LEVELS = ("critical", "high", "medium", "low")

Fields = dict[str, str]


@lru_cache(maxsize=4096)
def read(path: str, data: bytes) -> Document | None:
    """The document as the reader sees it; the reader has tests of its own."""
    reading = parse(DocumentPath(path), data)
    return reading if isinstance(reading, Document) else None


def word_of(text: str) -> str | None:
    found = WORD.search(text)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """A gap in a file."""

    path: str
    document: Document
    gap: Gap

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def span(self) -> Span:
        """All lines of the gap, the end of the last one included."""
        end = self.gap.span.end
        if self.gap.kind is Kind.TABLE and self.text.startswith(self.eol, end):
            end += len(self.eol)
        return Span(self.gap.span.start, end)

    @property
    def block(self) -> str:
        return self.span.of(self.text)

    @property
    def eol(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"


def in_document(place: Place) -> Fields:
    """What the document says of a gap."""
    gap = place.gap
    state = "closed" if gap.state.closed else gap.state.value
    ticks = {f"tick: {task.text}": "x" if task.done else " " for task in gap.tasks}
    return {"title": gap.title, "state": state, "priority": gap.priority or "", **ticks}


def on_issue(issue: Issue) -> Fields:
    """What the issue says of its gap."""
    names = [label.name.lower() for label in issue.labels]
    status = [name.removeprefix("status: ").replace(" ", "_") for name in names if name.startswith("status: ")]
    state = "closed" if not issue.open else (status[0] if status else "open")
    priority = ", ".join(sorted(name.removeprefix("priority: ") for name in names if name.startswith("priority: ")))
    fields = {"title": issue.title, "state": state, "priority": priority}
    region = region_of(issue.body or "")
    if isinstance(region, Region):
        fields |= {f"tick: {_task(region.content, mark.offset)}": "x" if mark.done else " " for mark in marks_in(region.content)}
        fields["text"] = unmarked(region.content)
    return fields


def _task(content: str, offset: int) -> str:
    return content[offset + 3 :].partition("\n")[0].strip()


def _names(comment: str, name: str, value: str) -> bool:
    """Tells whether a comment shows a value of a field; a priority is shown as its label."""
    if name == "text":
        return "| `text` |" in comment
    if not value:
        return any("—" in line for line in comment.splitlines() if line.startswith(f"| `{name}` |"))
    if (name, value) == ("state", "closed"):
        return any(f"`{word}`" in comment for word in ("done", "wontfix"))
    return (f"`priority: {value}`" if name == "priority" else f"`{value}`").lower() in comment.lower()


def _meant(name: str, old: str | None, value: str) -> str:
    """What a person meant who set a second label of a family: the new one."""
    if name != "priority" or ", " not in value:
        return value
    return ", ".join(word for word in value.split(", ") if word not in (old or "").split(", "))


def which_word(people: People, issue: Issue) -> str:
    return next((word for word, number in people.numbers.items() if number == issue.number), "")


def outside(body: str) -> str:
    """What stands around the region."""
    return re.sub(r"<!-- gapkeeper:begin .*?<!-- gapkeeper:end -->", "\0", body, flags=re.DOTALL)


@dataclass(slots=True)
class Written:
    """A value that a person wrote on one side: when, and whether the other side has said it since, or a conflict named it."""

    value: str
    at: int
    arrived: bool = False
    named: bool = False


@dataclass
class People:
    """What they see and do. `last` holds the newest value that a person wrote, by gap, field and side."""

    repository: Repository
    numbers: dict[str, int] = field(default_factory=dict)
    last: dict[tuple[str, str, str], Written] = field(default_factory=dict)
    agreed: set[tuple[str, str, str]] = field(default_factory=set)
    around: dict[int, str] = field(default_factory=dict)
    edited_inside: set[int] = field(default_factory=set)
    taken_out: list[tuple[str, str, str]] = field(default_factory=list)
    returned: set[str] = field(default_factory=set)
    counter: int = 1
    time: int = 0

    # What they see.

    def documents(self) -> Iterator[tuple[str, Document]]:
        for path in sorted(self.repository.files()):
            document = read(path, self.repository.read(path)) if path.endswith(".md") and path != "README.md" else None
            if document is not None:
                yield path, document

    def places(self) -> dict[str, Place]:
        """Every gap by its word."""
        found: dict[str, Place] = {}
        for path, document in self.documents():
            for gap in document.gaps:
                word = word_of(f"{gap.title} {gap.detail}") or word_of(gap.span.of(document.text))
                if word is not None:
                    found[word] = Place(path, document, gap)
        return found

    def issues(self) -> dict[str, Issue]:
        """Every issue by the word of its gap. I4: one issue for a gap, and always the same one (I15, I16)."""
        for number, issue in self.repository.issues.items():
            region = region_of(issue.body or "")
            word = word_of(f"{issue.title} {region.content}") if isinstance(region, Region) and issue.pull is None else None
            if word is not None:
                assert self.numbers.setdefault(word, number) == number, f"I4: {word} has issues {self.numbers[word]} and {number}"
        return {word: self.repository.issues[n] for word, n in self.numbers.items() if n in self.repository.issues}

    def sides(self) -> tuple[dict[str, Fields], dict[str, Fields]]:
        documents = {word: in_document(place) for word, place in self.places().items()}
        for word in self.numbers:
            documents.setdefault(word, {"state": "closed"})
        return documents, {word: on_issue(issue) for word, issue in self.issues().items()}

    def comments(self, issue: Issue) -> list[Comment]:
        return [one for one in issue.comments.values() if one.user.login == BOT]

    # What is written down of it.

    def look(self) -> None:
        """Note which human values have come to the other side; check what must hold at every moment."""
        documents, issues = self.sides()
        for (word, name, side), written in self.last.items():
            other = (issues if side == "document" else documents).get(word, {})
            issue = self.repository.issues.get(self.numbers.get(word, 0))
            written.arrived |= other.get(name) == written.value
            written.named |= issue is not None and any(_names(one.body, name, written.value) for one in self.comments(issue))
        for word in documents.keys() & issues.keys():
            self.agreed |= {(word, name, value) for name, value in issues[word].items() if documents[word].get(name) == value}
        for number, text in self.around.items():
            issue = self.repository.issues.get(number)
            assert issue is None or outside(issue.body or "") == text, f"I11: the text around the region of {number} was changed"
        for word, number in self.numbers.items():
            if number in self.repository.issues and number not in self.around:
                self.around[number] = outside(self.repository.issues[number].body or "")
            assert word

    def act(self, deed: Callable[[], None]) -> bool:
        """Do something, and note what differs since as written by people; False where it could not be done."""
        self.look()
        documents, issues = self.sides()
        try:
            deed()
        except Refusal:
            return False
        self.time += 1
        now_documents, now_issues = self.sides()
        for side, before, after in (("document", documents, now_documents), ("issue", issues, now_issues)):
            for word in after:
                for name, value in after[word].items():
                    old = before.get(word, {}).get(name)
                    if old != value:
                        # What both sides said before, the other side has said already.
                        known = (word, name, value) in self.agreed
                        self.last[word, name, side] = Written(_meant(name, old, value), self.time, arrived=known)
        return True

    # What they do in the documents.

    def push(self, files: Mapping[str, str | None], **more: object) -> None:
        content = {path: text.encode() if text is not None else None for path, text in files.items()}
        for path, data in content.items():
            document = read(path, data) if data and path.endswith(".md") else None
            if document is not None and len(document.gaps) != len(set(WORD.findall(document.text))):
                # The reader sees another number of gaps than people do: a matter for the tests of the reader.
                raise Refusal(422, "not as people mean it")
        self.repository.push(content, by="alice", message="by hand", **more)  # type: ignore[arg-type]  # parent and force

    def number(self) -> int:
        self.counter += 1
        return self.counter

    def place(self, which: int) -> Place | None:
        places = self.places()
        return places[sorted(places)[which % len(places)]] if places else None

    def rewrite(self, place: Place, block: str) -> None:
        text = place.text
        self.push({place.path: text[: place.span.start] + block + text[place.span.end :]})

    def retitle_in_document(self, which: int) -> None:
        place = self.place(which)
        word = word_of(place.block) if place else None
        if place is None or word is None or word in self.returned:
            return  # a gap that comes back under another title is another gap
        if word not in self.numbers and any(word in issue.title for issue in self.repository.issues.values()):
            return  # its entry was written for an issue, and the bot died: the title is all that they share
        stem = place.gap.title_span.of(place.text).rstrip("0123456789* ~")
        span = place.gap.title_span
        title = f"{stem} {self.number()}"
        self.push({place.path: place.text[: span.start] + title + place.text[span.end :]})

    def turn_in_document(self, which: int, done: int) -> None:
        """Set the state as people do: the box, the value of the status field, the cell."""
        if (place := self.place(which)) is None:
            return
        gap, block = place.gap, place.block
        if gap.kind is Kind.CHECKBOX:
            block = re.sub(r"\[[^\]]?\]", "[x]" if done else "[ ]", block, count=1)
        elif gap.kind is Kind.HEADING:
            word = ("❌ Missing", "✅ Done", "🚧 In progress")[done]
            block = re.sub(r"(\*\*Status:\*\* )[^\r\n]*", lambda found: found[1] + word, block, count=1)
        else:
            cells = block.split("|")
            if len(cells) > 3:
                cells[3] = (" Open ", " Done ", " In progress ")[done]
            block = "|".join(cells)
        self.rewrite(place, block)

    def tick_in_document(self, which: int, task: int) -> None:
        if (place := self.place(which)) is None or not place.gap.tasks:
            return
        found = place.gap.tasks[task % len(place.gap.tasks)]
        text, span = place.text, found.mark_span
        self.push({place.path: f"{text[: span.start]}{' ' if found.done else 'x'}{text[span.end :]}"})

    def prioritise_in_document(self, which: int, level: int) -> None:
        place = self.place(which)
        if place is None or place.gap.priority_span is None:
            return
        text, span = place.text, place.gap.priority_span
        word = PRIORITIES[level].upper() if place.gap.kind is Kind.CHECKBOX else LEVELS[level].title()
        self.push({place.path: text[: span.start] + word + text[span.end :]})

    def reword_in_document(self, which: int) -> None:
        """Change the detail."""
        if (place := self.place(which)) is None:
            return
        word = word_of(place.block) or ""
        self.rewrite(place, re.sub(rf"{word}\w*( v\d+)?", f"{word} v{self.number()}", place.block, count=1))

    def add_in_document(self, which: int) -> None:
        place = self.place(which)
        if place is None or self.unseen():
            return
        number = self.number()
        word = "zq" + "".join(chr(ord("a") + int(digit)) for digit in f"{100 + number}")
        title = f"{STEMS[number % len(STEMS)]} {number}"
        block = TEMPLATES.get(place.gap.kind, TEMPLATES[Kind.CHECKBOX]).format(title=title, word=word)
        text, end = place.text, place.span.end
        before = text[:end] if text[:end].endswith(("\n", "\r")) else text[:end] + place.eol
        self.push({place.path: before + block.replace("\n", place.eol) + text[end:]})

    def unseen(self) -> bool:
        """Tells whether a gap came or went that the bot did not see: one that goes while another comes may be one that was edited."""
        places, issues = self.places(), self.issues()
        return bool(places.keys() - self.numbers.keys()) or any(issues[word].open for word in issues.keys() - places.keys())

    def remove_from_document(self, which: int) -> None:
        place = self.place(which)
        if place is None or len(place.document.gaps) < 2 or self.unseen():
            return
        self.taken_out.append((place.path, place.block, place.eol))
        self.rewrite(place, "")

    def bring_back(self, which: int) -> None:
        """Put a gap that was taken out back to where others like it stand."""
        if not self.taken_out:
            return
        _, block, eol = self.taken_out[which % len(self.taken_out)]
        word = word_of(block)
        kind = next((k for k, start in ((Kind.HEADING, "#"), (Kind.TABLE, "|")) if block.startswith(start)), Kind.CHECKBOX)
        places = self.places()
        if word in places:
            return
        beside = next((place for place in places.values() if place.gap.kind is kind), None)
        issue = self.repository.issues.get(self.numbers.get(word or "", 0))
        if beside is not None and (issue is None or f"{issue.title}" in block):
            self.returned.add(word or "")
            self.insert_before(beside, block.replace(eol, beside.eol))

    def insert_before(self, place: Place, block: str) -> None:
        start = place.span.start
        block = block if block.endswith("\n") else block + place.eol
        self.push({place.path: place.text[:start] + block + place.text[start:]})

    def move_in_document(self, which: int, to: int) -> None:
        """Move a gap before another one of its kind: within its section, to another, or to the other file."""
        place = self.place(which)
        if place is None or len(place.document.gaps) < 2:
            return
        others = [p for p in self.places().values() if p.gap.kind is place.gap.kind and p.block != place.block]
        if not others:
            return
        target = others[to % len(others)]
        block = place.block.replace(place.eol, target.eol)
        block = block if block.endswith("\n") else block + target.eol
        if place.gap.kind is Kind.HEADING and not block.endswith(target.eol * 2):
            block += target.eol
        start, span = target.span.start, place.span
        if target.path != place.path:
            without = place.text[: span.start] + place.text[span.end :]
            self.push({place.path: without, target.path: target.text[:start] + block + target.text[start:]})
            return
        text = place.text
        if start < span.start:
            new = text[:start] + block + text[start : span.start] + text[span.end :]
        else:
            new = text[: span.start] + text[span.end : start] + block + text[start:]
        self.push({place.path: new})

    def rename_document(self, which: int) -> None:
        paths = [path for path, _ in self.documents()]
        if not paths:
            return
        path = paths[which % len(paths)]
        new = {"GAPS.md": "KNOWN_GAPS.md", "KNOWN_GAPS.md": "GAPS.md", "TECH_DEBT.md": "docs/more-gaps.md"}.get(
            path, "TECH_DEBT.md"
        )
        self.repository.rename_file(path, new, by="alice")

    def add_lines(self, which: int) -> None:
        """Change what belongs to no gap."""
        for path, document in self.documents():
            eol = "\r\n" if "\r\n" in document.text else "\n"
            head, rest = document.text.split(eol, 1)
            self.push({path: f"{head}{eol}{eol}Seen {self.number()} times.{eol}{rest}"})
            return

    def known_again(self, commit: str) -> bool:
        """Tells whether the gaps that an older commit brings back bear the titles of their issues: by those they are known."""
        git, standing = self.repository.git, self.places()
        for path, entry in git.files(git.commits[commit].tree).items():
            document = read(path, git.blobs[entry.sha]) if path.endswith(".md") and path != "README.md" else None
            for gap in document.gaps if document else ():
                word = word_of(f"{gap.title} {gap.detail}") or ""
                issue = self.repository.issues.get(self.numbers.get(word, 0))
                if word not in standing and issue is not None and issue.title != gap.title:
                    return False
        return True

    def revert(self, which: int) -> None:
        """Undo the newest commit, whoever made it."""
        head, before = self.repository.head(), self.places().keys()
        if head.parents and self.known_again(head.parents[0]):
            self.repository.revert(by="alice")
            self.returned |= self.places().keys() - before

    def force(self, which: int) -> None:
        """Throw the newest commit away, whoever made it."""
        head, before = self.repository.head(), self.places().keys()
        if head.parents and self.known_again(head.parents[0]):
            self.repository.move(self.repository.default_branch, head.parents[0], by="alice", force=True)
            self.returned |= self.places().keys() - before

    # What they do on the issues.

    def issue(self, which: int) -> Issue | None:
        issues = self.issues()
        return issues[sorted(issues)[which % len(issues)]] if issues else None

    def retitle_issue(self, which: int) -> None:
        if (issue := self.issue(which)) is not None:
            title = f"{issue.title.rstrip('0123456789 ')} {self.number()}"
            self.repository.edit_issue(issue.number, by="alice", title=title)

    def turn_issue(self, which: int, how: int) -> None:
        """Close as completed, as not planned, or reopen."""
        if (issue := self.issue(which)) is None:
            return
        if how == 2 or not issue.open:
            self.repository.reopen_issue(issue.number, by="alice")
        else:
            self.repository.close_issue(issue.number, by="alice", reason=("completed", "not_planned")[how])

    def tick_issue(self, which: int, task: int) -> None:
        issue = self.issue(which)
        region = region_of((issue.body if issue else "") or "")
        marks = marks_in(region.content) if isinstance(region, Region) else ()
        if issue is None or not marks or not isinstance(region, Region):
            return
        mark = marks[task % len(marks)]
        content = f"{region.content[: mark.offset]}{' ' if mark.done else 'x'}{region.content[mark.offset + 1 :]}"
        self.set_body(issue, (issue.body or "").replace(region.content, content))

    def label_issue(self, which: int, level: int, how: int) -> None:
        """Set another priority: in place of the old one, beside it, or take it away."""
        if (issue := self.issue(which)) is None:
            return
        names = [label.name for label in issue.labels]
        old = [name for name in names if name.startswith("priority: ")]
        words = PRIORITIES if not old or old[0].lower()[10:] in PRIORITIES else LEVELS
        new = f"priority: {words[level].upper() if words is PRIORITIES else words[level]}"
        rest = [name for name in names if name not in old]
        if how == 1 and len(old) > 1:
            return  # of several new labels nobody can tell which one counts
        if how == 1 and (which_word(self, issue), "priority", new.lower()[10:]) in self.agreed:
            return  # of two labels, one of them agreed before, the labels alone do not tell which came last
        self.repository.set_labels(issue.number, ([*rest, new], [*names, new], rest)[how], by="alice")

    def sort_issue(self, which: int, how: int) -> None:
        """Labels of people, and those that say how far the work is."""
        if (issue := self.issue(which)) is None:
            return
        name = ("good first issue", "status: in progress", "bug")[how]
        if name in {label.name for label in issue.labels}:
            self.repository.remove_label(issue.number, name, by="alice")
        else:
            self.repository.add_labels(issue.number, [name], by="alice")

    def write_around(self, which: int, before: int) -> None:
        if (issue := self.issue(which)) is not None:
            note, body = f"A thought, number {self.number()}. ✅ <!-- mine -->", issue.body or ""
            self.set_body(issue, f"{note}\r\n{body}" if before else f"{body}\n{note}")

    def write_inside(self, which: int) -> None:
        """Change the text of the region."""
        issue = self.issue(which)
        region = region_of((issue.body if issue else "") or "")
        if issue is not None and isinstance(region, Region) and region.content:
            self.edited_inside.add(issue.number)
            content = f"{region.content}\n\nSomebody wrote {self.number()} in here."
            self.set_body(issue, (issue.body or "").replace(region.content, content))

    def empty_body(self, which: int) -> None:
        if (issue := self.issue(which)) is not None:
            self.edited_inside.add(issue.number)
            self.set_body(issue, "")

    def set_body(self, issue: Issue, body: str) -> None:
        self.repository.edit_issue(issue.number, by="alice", body=body)
        self.around[issue.number] = outside(body)

    def decide(self, which: int, keep: int) -> None:
        """Tick a box in a comment of ours, new or old."""
        asked = [one for issue in self.issues().values() for one in self.comments(issue) if "gapkeeper:box=keep" in one.body]
        if asked:
            one = asked[which % len(asked)]
            name = ("keep-file", "keep-issue")[keep % 2]
            body = re.sub(rf"\[ \] (<!-- gapkeeper:box={name})", r"[x] \1", one.body)
            self.repository.edit_comment(one.id, body, by="alice")

    def open_issue(self, which: int) -> None:
        """Want something in the document that nobody wrote there."""
        number = self.number()
        word = "zq" + "".join(chr(ord("a") + int(digit)) for digit in f"{100 + number}")
        self.repository.open_issue(
            title=f"{STEMS[number % len(STEMS)]} {word} {number}", body="Please.", by="alice", labels=["gap"]
        )
