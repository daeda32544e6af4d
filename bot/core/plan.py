"""What is to be done, decided: documents, recorded pairs and config in, a Plan of named actions out.

The theory. A sync is level-triggered: whatever happened, the sides are read as they are now and compared, field by field, with
what they last agreed on (`Pair.base`). Only what the document changed since then is planned; a plan made twice is empty the
second time. The plan holds no request: each action says what should become true, `bot.core.settle` compares that with the issue
as it is at the moment of writing, and `bot.jobs.perform` carries it out. So a dry run is the plan itself, printed.

The guards, in here and nowhere else:
- nothing is concluded from what could not be read: while a document fails to parse, no gap counts as removed (I9);
- a document that is gone is not a gap that is done (#81): its issues are left alone;
- an id that stands twice in one section of a document stops both of its gaps (#67);
- a plan that opens or closes too much is held whole (I10).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.core.actions import (
    NOBODY_DECIDED,
    Action,
    Change,
    ChangeIssue,
    Close,
    Decision,
    EditDocument,
    Held,
    OpenIssue,
    Plan,
    Relabel,
    Remember,
    Reopen,
    Retitle,
    Rewrite,
    TurnDown,
)
from bot.core.breaker import stopped
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import State
from bot.core.identity import Entry, Pairing, entries, folded, pair_up
from bot.core.inbound import Adopted, Granted, Wish, adopt, granted, wish_of
from bot.core.issue import Region, StateReason, shortened, words_of
from bot.core.merge import Side
from bot.core.messages import added_subject, code, commit_subject, region_of_gap
from bot.core.names import GapKey, IssueNumber
from bot.core.pair import Base, Pair
from bot.core.rules import added
from bot.core.settle import disputes_of, question_of
from bot.core.sides import Carried, agreed_by, carried_by
from bot.core.triage import by_family, labels_of_base

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.core.actions import Source
    from bot.core.config import Config
    from bot.core.edit import Trace
    from bot.core.gaps.model import Document, Gap, ParseFailure
    from bot.core.issue import Issue
    from bot.core.names import DocumentPath, RepositoryId
    from bot.core.refusal import Refusal


@dataclass(frozen=True, slots=True)
class View:
    """All that a plan is made from.

    `documents` were read now, `failures` could not be; `standing` are the gap documents that exist and were not read as
    documents. While the config is not `sound` the last good one is in force, and nothing is closed. `issues` are those that people
    changed, as they are now, `decisions` what they decided about conflicts, `approved` the digest of the held plan they let through.
    `newcomers` are issues that people want in a document, `home` is the one; `links` name the gaps that some of them are to be linked
    to. `titles` are those that other issues bear now, where that was asked. `carried` is what issues said when it was being written into
    their documents, where nobody noted how that ended; `barred` newcomers get no new entry, whoever they are. `now` is for the circuit
    breaker.
    """

    repository: RepositoryId
    documents: tuple[Document, ...]
    failures: tuple[ParseFailure, ...]
    standing: frozenset[DocumentPath]
    pairs: tuple[Pair, ...]
    config: Config
    source: Source
    sound: bool = True
    problems: tuple[Problem, ...] = ()
    issues: Mapping[IssueNumber, Issue] = field(default_factory=dict)
    decisions: Mapping[IssueNumber, Decision] = field(default_factory=dict)
    approved: str | None = None
    newcomers: tuple[Issue, ...] = ()
    home: DocumentPath | None = None
    links: Mapping[IssueNumber, str] = field(default_factory=dict)
    titles: Mapping[IssueNumber, str] = field(default_factory=dict)
    carried: Mapping[IssueNumber, Carried] = field(default_factory=dict)
    barred: frozenset[IssueNumber] = frozenset()
    now: float = 0.0

    @property
    def first(self) -> bool:
        """Tells whether nothing was ever agreed on in this repository."""
        return not self.pairs


def plan(view: View) -> Plan:
    """Returns the plan that makes the issues say what the documents say."""
    read = {document.path for document in view.documents}
    doubled, problems = _doubled_ids(view.documents)
    view, pairing, agreed = _with_carried(view, _paired(entries(view.documents), view))
    view = _with_answers(view, pairing)
    written = _with_newcomers(_written_back(view, pairing, doubled), view)
    documents, problems = written.documents, [*problems, *written.problems]
    found, pairing = written.found, written.pairing
    matched = {id(entry): pair for entry, pair in pairing.matched}
    used = {pair.key for pair in view.pairs}
    actions: list[Action] = [*agreed, *written.edits]
    joined = {id(entry): issue for entry, issue in written.joined}
    carried = dict(one for edit in written.edits for one in edit.carried)
    for entry in found:
        if (entry.path, _scope(entry)) in doubled:
            continue
        document = documents[entry.path]
        pair = matched.get(id(entry))
        if id(entry) in joined:
            actions.append(_joined(entry, document, joined[id(entry)], view, used, pair))
        elif pair is not None:
            heard = pair.key in written.heard
            steps = _kept(entry, pair, document, view, written.traces.get(pair.key), heard=heard)
            said = carried.get(pair.number)
            actions.extend(replace(step, carried=said) if isinstance(step, ChangeIssue) else step for step in steps)
            actions.extend(_turned_down(entry, pair, written.refused.get(pair.key, ()), view.config))
        elif not _closes(entry.gap.state, view.config):
            actions.append(_opened(entry, document, view, used))
    held_up = {pair.key for entry, pair in pairing.matched if (entry.path, _scope(entry)) in doubled}
    missing = [pair for pair in pairing.missing if pair.key not in held_up]
    gone_on = _renamed(pairing, view)
    removals = [pair for pair in missing if pair.path in read or pair.path in gone_on]
    problems.extend(_about_missing(missing, removals, view))
    if not view.failures:
        actions.extend(_removed(pair, view.config) for pair in removals)
    flipping = [action.pair for action in actions if isinstance(action, ChangeIssue) and stopped(action.pair, now=view.now)]
    actions = [action for action in actions if not (isinstance(action, ChangeIssue) and action.pair in flipping)]
    problems.extend(Problem("flipping", f"issue {pair.number} and its document keep changing each other", 0) for pair in flipping)
    if not view.sound:
        actions = [] if view.first else [action for action in actions if not _has_close(action)]
    for document in view.documents:
        problems.extend(document.problems)
    problems.extend(failure.problem for failure in view.failures)
    problems.extend(view.problems)
    result = Plan(tuple(actions), tuple(problems))
    held = _held(result, view)
    if held is not None and held.digest == view.approved:
        held = None
    postponed = bool(view.failures and removals) or not view.sound or bool(flipping)
    return replace(result, held=held, final=held is None and not postponed, unsure=_unsure(actions, removals, view))


@dataclass(frozen=True, slots=True)
class _Written:
    """The documents after what people changed on issues was written into them, and who belongs to whom in them.

    `heard` are the gaps whose issues were looked at: what was asked of their entries was done or refused.
    """

    documents: dict[DocumentPath, Document]
    found: tuple[Entry, ...]
    pairing: Pairing
    traces: Mapping[GapKey, tuple[Trace, ...]]
    edits: tuple[EditDocument, ...]
    problems: tuple[Problem, ...]
    joined: tuple[tuple[Entry, Issue], ...] = ()
    heard: frozenset[GapKey] = frozenset()
    refused: Mapping[GapKey, Sequence[Refusal]] = field(default_factory=dict)


def _written_back(view: View, pairing: Pairing, doubled: set[tuple[DocumentPath, tuple[str, ...]]]) -> _Written:
    """Edit each document once, for all the issues of its gaps that people changed; the rest of the plan sees the edited ones."""
    documents = {document.path: document for document in view.documents}
    wishes: dict[DocumentPath, list[Wish]] = {}
    heard: set[GapKey] = set()
    for entry, pair in pairing.matched:
        issue = view.issues.get(pair.number)
        if issue is None or pair.lost or stopped(pair, now=view.now) or (entry.path, _scope(entry)) in doubled or not view.sound:
            continue
        heard.add(pair.key)
        wish = wish_of(entry, pair, issue, view.config, decision=view.decisions.get(pair.number, NOBODY_DECIDED).side)
        if wish is not None:
            wishes.setdefault(entry.path, []).append(wish)
    edits: list[EditDocument] = []
    problems: list[Problem] = []
    traces: dict[GapKey, tuple[Trace, ...]] = {}
    places: dict[DocumentPath, tuple[int | None, ...]] = {}
    refused: dict[GapKey, list[Refusal]] = {}
    for path, wanted in wishes.items():
        result = granted(documents[path], wanted, view.config)
        for wish, refusal in result.refusals:
            problems.append(replace(refusal.problem, message=f"issue {wish.pair.number}: {refusal.problem.message}"))
            if refusal.returns:
                refused.setdefault(wish.pair.key, []).append(refusal)
        if result.wishes:
            edits.append(_edit_of(documents[path], result, view))
            documents[path], places[path] = result.document, result.places
            traces.update(result.traces)
    written = _Written(documents, (), pairing, traces, tuple(edits), tuple(problems), heard=frozenset(heard), refused=refused)
    return _moved_within(pairing, written, places)


def _moved_within(before: Pairing, written: _Written, places: Mapping[DocumentPath, tuple[int | None, ...]]) -> _Written:
    """Returns what was written with each gap at the place where the edits left it; one that was taken out is missing."""
    found = entries(written.documents.values())
    at = {(entry.path, entry.ordinal): entry for entry in found}

    def now(entry: Entry) -> Entry | None:
        place = places[entry.path][entry.ordinal] if entry.path in places else entry.ordinal
        return None if place is None else at[entry.path, place]

    stand = [(now(entry), pair) for entry, pair in before.matched]
    matched = tuple((entry, pair) for entry, pair in stand if entry is not None)
    kept = {id(entry) for entry, _ in matched}
    new = tuple(entry for entry in found if id(entry) not in kept)
    gone = tuple(pair for entry, pair in stand if entry is None)
    return replace(written, found=found, pairing=Pairing(matched, new, (*before.missing, *gone)))


def _with_newcomers(written: _Written, view: View) -> _Written:
    """Add an entry for each issue that a person wants in a document; the entries behind it move on by one.

    An open entry of the same title that has no issue is the one that is wanted: a person wrote both. So is one of the title that we
    were writing when we died, whatever became of it and of the issue since.
    """
    for issue in view.newcomers if view.sound else ():
        name = view.links.get(issue.number)
        if name is not None:
            written = _linked(written, issue, name)
            continue
        taken = {id(entry) for entry, _ in written.joined}
        carried = view.carried.get(issue.number)
        free = [entry for entry in written.pairing.new if id(entry) not in taken]
        same = [entry for entry in free if carried is not None and _bears(entry, carried.said.title)]
        same += [entry for entry in free if not entry.gap.state.closed and _bears(entry, issue.title)]
        if same:
            written = replace(written, joined=(*written.joined, (same[0], issue)))
        if same or issue.number in view.barred or not issue.open:
            continue
        document = written.documents.get(view.home) if view.home else None
        if document is None:
            problem = Problem("no-document", f"issue {issue.number} has no document to go to", 0)
            return replace(written, problems=(*written.problems, problem))
        result = adopt(document, issue)
        if isinstance(result, Problem):
            problem = replace(result, message=f"issue {issue.number}: {result.message}")
            written = replace(written, problems=(*written.problems, problem))
        else:
            written = _moved_on(written, document, result, issue)
    return written


def _linked(written: _Written, issue: Issue, name: str) -> _Written:
    """Join an issue to the one entry that a person named, unless that has an issue already."""
    found = [entry for entry in written.found if _is_named(entry, written.documents[entry.path], name)]
    pairs = {id(entry): pair for entry, pair in written.pairing.matched}
    problem: Problem | None = None
    if len(found) != 1:
        lines = ", ".join(code(f"{entry.path}:{entry.gap.line}") for entry in found[:5])
        message = f"{len(found)} gaps are called so: {lines}" if found else "no document has a gap that is called so"
        hint = "name the line where it stands" if found else "say its title, its id, or its line as in `GAPS.md:12`"
        problem = Problem("no-such-gap" if not found else "several-gaps", message, 0, hint=hint)
    elif (pair := pairs.get(id(found[0]))) is not None and not pair.lost:
        problem = Problem("has-issue", f"that gap has issue {pair.number}", 0, hint="say `/gap unlink` there first")
    elif found[0].gap.state.closed:
        problem = Problem("gap-closed", "that gap is closed", 0, hint="open it again in its document first")
    elif id(found[0]) in {id(entry) for entry, _ in written.joined}:
        problem = Problem("has-issue", "that gap was given another issue just now", 0)
    if problem is not None:
        named = replace(problem, message=f"issue {issue.number}: {problem.message}")
        return replace(written, problems=(*written.problems, named))
    return replace(written, joined=(*written.joined, (found[0], issue)))


def _is_named(entry: Entry, document: Document, name: str) -> bool:
    """Tells whether a person means this gap: by its title, its id, or a line of it (`GAPS.md:12`, `line 12`)."""
    gap = entry.gap
    if folded(name) in {entry.title, folded(gap.id or "")}:
        return True
    path, _, number = name.replace("line ", ":", 1).rpartition(":")
    if path.strip() not in {"", entry.path} or not (number.isascii() and number.isdigit() and len(number) <= 7):
        return False
    last = gap.line + document.text.rstrip().count("\n", gap.span.start, max(gap.span.start, gap.span.end - 1))
    return gap.line <= int(number) <= last and (bool(path) or ":" in name or name.startswith("line "))


def _bears(entry: Entry, title: str) -> bool:
    return folded(shortened(entry.gap.title)) == folded(shortened(title))


def _moved_on(written: _Written, before: Document, result: Adopted, issue: Issue) -> _Written:
    path, place = before.path, result.ordinal
    documents = {**written.documents, path: result.document}
    found = entries(documents.values())
    at = {(entry.path, entry.ordinal): entry for entry in found}

    def moved(entry: Entry) -> Entry:
        step = 1 if entry.path == path and entry.ordinal >= place else 0
        return at[entry.path, entry.ordinal + step]

    pairing = written.pairing
    matched = tuple((moved(entry), pair) for entry, pair in pairing.matched)
    new = (*(moved(entry) for entry in pairing.new), at[path, place])
    joined = (*((moved(entry), other) for entry, other in written.joined), (at[path, place], issue))
    line, title = result.document.gaps[place].line, result.document.gaps[place].title
    old = next((edit for edit in written.edits if edit.path == path), None)
    carried = (issue.number, _said_by_newcomer(result.document.gaps[place]))
    edit = EditDocument(path, result.document.text, added_subject(issue), (issue.number,), ((line, title),), (carried,))
    if old is not None:
        numbers, lines = (*old.numbers, issue.number), (*old.lines, (line, title))
        edit = replace(old, text=result.document.text, numbers=numbers, lines=lines, carried=(*old.carried, carried))
    edits = (*(other for other in written.edits if other.path != path), edit)
    return replace(
        written, documents=documents, found=found, pairing=Pairing(matched, new, pairing.missing), joined=joined, edits=edits
    )


def _said_by_newcomer(gap: Gap) -> Base:
    return Base(gap.title, gap.state, gap.priority, gap.effort, "")


def _edit_of(before: Document, result: Granted, view: View) -> EditDocument:
    lines = tuple((before.gaps[wish.ordinal].line, before.gaps[wish.ordinal].title) for wish in result.wishes)
    numbers = tuple(wish.pair.number for wish in result.wishes)
    defer_closes = view.config.on_defer == "close"
    pairs = [(wish.pair, view.issues[wish.pair.number]) for wish in result.wishes]
    carried = tuple((pair.number, carried_by(issue, pair.base, defer_closes=defer_closes)) for pair, issue in pairs)
    return EditDocument(before.path, result.document.text, commit_subject(result), numbers, lines, carried)


def _paired(found: Sequence[Entry], view: View) -> Pairing:
    titles = {**view.titles, **{number: issue.title for number, issue in view.issues.items()}}
    carried = {number: carried.said.title for number, carried in view.carried.items()}
    claimed = {folded(title) for issue in view.newcomers for title in (issue.title, carried.get(issue.number, issue.title))}
    return pair_up(found, _candidates(view), claimed=claimed, titles=titles, carried=carried)


def _unsure(actions: Sequence[Action], removals: Sequence[Pair], view: View) -> tuple[IssueNumber, ...]:
    """Returns the issues whose gaps seem removed while others seem new, as long as their titles were not looked at."""
    if not any(isinstance(action, OpenIssue) for action in actions):
        return ()
    return tuple(p.number for p in removals if p.present and not p.lost and p.number not in {*view.issues, *view.titles})


def _with_carried(view: View, pairing: Pairing) -> tuple[View, Pairing, tuple[Remember, ...]]:
    """Returns the view and the pairs with what was agreed by a commit that nobody noted; what changed since is seen against that."""
    documents = {document.path: document for document in view.documents}
    moved: dict[GapKey, Pair] = {}
    agreed: list[Remember] = []
    for entry, pair in pairing.matched:
        carried = view.carried.get(pair.number)
        if carried is None or pair.lost:
            continue
        region = region_of_gap(entry.gap, documents[entry.path], view.source)
        document = _record(entry, region, key=pair.key, number=pair.number).base
        base = agreed_by(pair.base, carried, document, region, defer_closes=view.config.on_defer == "close")
        if base != pair.base:
            moved[pair.key] = replace(pair, base=base)
            agreed.append(Remember(moved[pair.key], pair))
    matched = tuple((entry, moved.get(pair.key, pair)) for entry, pair in pairing.matched)
    view = replace(view, pairs=tuple(moved.get(pair.key, pair) for pair in view.pairs))
    return view, replace(pairing, matched=matched), tuple(agreed)


def _with_answers(view: View, pairing: Pairing) -> View:
    """Returns the view without decisions about a conflict that is not, or not any more, the one that people were asked about."""
    documents = {document.path: document for document in view.documents}
    undecided = replace(view, decisions={})
    decisions = {}
    for entry, pair in pairing.matched:
        decision, issue = view.decisions.get(pair.number), view.issues.get(pair.number)
        if decision is None:
            continue
        steps = _kept(entry, pair, documents[entry.path], undecided, None)
        disputes = [disputes_of(step, issue) for step in steps if isinstance(step, ChangeIssue)] if issue else []
        if decision.question is None or decision.question in map(question_of, disputes):
            decisions[pair.number] = decision
    return replace(view, decisions=decisions)


def _renamed(pairing: Pairing, view: View) -> set[DocumentPath]:
    """Returns the documents that are gone and stand elsewhere now: half of their gaps and more do, so that a missing one was taken out."""
    read = {document.path for document in view.documents}
    gaps = Counter(pair.path for pair in view.pairs if pair.present and pair.path not in read | view.standing)
    found = Counter(pair.path for _, pair in pairing.matched if pair.path in gaps)
    return {path for path, count in found.items() if 2 * count >= gaps[path]}


def _candidates(view: View) -> list[Pair]:
    """Returns the pairs whose gap may stand in a document that was read, or nowhere any more."""
    read = {document.path for document in view.documents}
    return [p for p in view.pairs if not p.present or p.path in read or p.path not in view.standing]


def _opened(entry: Entry, document: Document, view: View, used: set[GapKey]) -> OpenIssue:
    region = region_of_gap(entry.gap, document, view.source)
    key = _new_key(entry, view.repository, used)
    used.add(key)
    record = _record(entry, region, key=key, number=IssueNumber(0))
    labels, add = labels_of_base(record.base), added(view.config.rules, entry.gap, entry.path)
    return OpenIssue(record, entry.gap.line, shortened(entry.gap.title), region, labels, add)


def _joined(
    entry: Entry, document: Document, issue: Issue, view: View, used: set[GapKey], former: Pair | None = None
) -> ChangeIssue:
    """The issue of a person becomes the issue of the entry that was made for it, or that lost its `former` one."""
    region = region_of_gap(entry.gap, document, view.source)
    key = former.key if former is not None else _new_key(entry, view.repository, used)
    used.add(key)
    record = _record(entry, region, key=key, number=issue.number)
    base = _as_labelled(replace(record.base, region="", ticks=()), issue)
    changes: tuple[Change, ...] = (Relabel(labels_of_base(record.base)), Rewrite(region))
    if _closes(record.base.state, view.config):
        changes = (*changes, Close(_reason(record.base.state)))
    if issue.number not in view.links:
        return ChangeIssue(replace(record, base=base), record, entry.gap.line, changes, adopt=True)
    # The entry was there first: the issue says what it says, whatever it said before.
    base = replace(base, title=issue.title, state=State.OPEN, priority=None, effort=None)
    changes = (Retitle(shortened(entry.gap.title)), *changes)
    decision = Decision(Side.DOCUMENT)
    return ChangeIssue(replace(record, base=base), record, entry.gap.line, changes, adopt=True, decision=decision)


def _as_labelled(base: Base, issue: Issue) -> Base:
    """Returns what can be agreed with an issue that has no label of a family: nothing, so that it gets the entry's (its section's, say)."""
    said = by_family(issue.labels)
    return replace(
        base,
        priority=base.priority if "priority" in said else None,
        effort=base.effort if "effort" in said else None,
        state=base.state if "status" in said else State.OPEN,
    )


def _kept(
    entry: Entry, pair: Pair, document: Document, view: View, traces: tuple[Trace, ...] | None, *, heard: bool = False
) -> Iterator[Action]:
    """Yield what a gap that has its issue needs: one change, a new record only, or nothing.

    Once it was `heard`, what was asked of its entry is done or refused; else it waits, unless it came true by itself.
    """
    region = region_of_gap(entry.gap, document, view.source)
    record = _record(entry, region, key=pair.key, number=pair.number, lost=pair.lost)
    base = replace(record.base, revision=pair.base.revision)
    asked = () if heard else tuple(asked for asked in pair.asked if not asked.met(entry.gap))
    record = replace(record, base=base, recent=pair.recent, asked=asked, traces=_remembered_traces(pair, record, traces))
    changes = () if pair.lost else tuple(_changes(entry, pair, record, region, view.config))
    if changes:
        defer_closes = view.config.on_defer == "close"
        yield ChangeIssue(
            pair,
            record,
            entry.gap.line,
            changes,
            defer_closes=defer_closes,
            decision=view.decisions.get(pair.number, NOBODY_DECIDED),
        )
    elif record != pair:
        yield Remember(record, pair)


def _turned_down(entry: Entry, pair: Pair, refusals: Sequence[Refusal], config: Config) -> Iterator[TurnDown]:
    if refusals:
        gap = entry.gap
        base = replace(pair.base, title=gap.title, state=gap.state, priority=gap.priority, effort=gap.effort)
        yield TurnDown(pair, base, entry.path, gap.line, tuple(refusals), defer_closes=config.on_defer == "close")


def _remembered_traces(pair: Pair, record: Pair, fresh: tuple[Trace, ...] | None) -> tuple[Trace, ...]:
    """Returns how the gap was closed by us, for as long as it stays closed."""
    if not record.base.state.closed:
        return ()
    return pair.traces if fresh is None else fresh


def _changes(entry: Entry, pair: Pair, record: Pair, region: Region, config: Config) -> Iterator[Change]:
    """Yield the fields that the document changed since both sides last agreed."""
    old, new = pair.base, record.base
    if shortened(old.title) != shortened(new.title):
        yield Retitle(shortened(new.title))
    if labels_of_base(old) != labels_of_base(new):
        yield Relabel(labels_of_base(new))
    was_closed, is_closed = _closes(old.state, config) or not pair.present, _closes(new.state, config)
    if is_closed and (not was_closed or _reason(old.state) != _reason(new.state)):
        yield Close(_reason(new.state))
    elif was_closed and not is_closed:
        yield Reopen()
    moved = (pair.path, pair.section) != (entry.path, entry.gap.section)
    if (old.region, old.ticks) != (new.region, new.ticks) or (moved and not (was_closed and is_closed)):
        yield Rewrite(region)


def _removed(pair: Pair, config: Config) -> Action:
    """A gap that was taken out of a document that was read whole."""
    record = replace(pair, present=False, asked=())
    if pair.lost or config.on_remove == "keep" or _closes(pair.base.state, config):
        return Remember(record, pair)
    reason = StateReason.NOT_PLANNED if config.on_remove == "not_planned" else StateReason.COMPLETED
    return ChangeIssue(pair, record, 0, (Close(reason),))


def _record(entry: Entry, region: Region, *, key: GapKey, number: IssueNumber, lost: bool = False) -> Pair:
    gap = entry.gap
    base = Base(gap.title, gap.state, gap.priority, gap.effort, region.digest, region.ticks)
    return Pair(key, number, entry.path, gap.id, gap.section, entry.ordinal, words_of(gap.detail), base, present=True, lost=lost)


def _new_key(entry: Entry, repository: RepositoryId, used: set[GapKey]) -> GapKey:
    """Returns a key made of the gap's place and words: a plan made again after a crash names the same gap the same way (I4)."""
    seed = "\0".join([str(repository), entry.path, *entry.gap.section, entry.title])
    for attempt in range(len(used) + 1):
        key = GapKey(hashlib.sha256(f"{seed}\0{attempt}".encode()).hexdigest()[:12])
        if key not in used:
            return key
    raise AssertionError("more keys are used than were tried")


def _closes(state: State, config: Config) -> bool:
    return state.closed or (state is State.DEFERRED and config.on_defer == "close")


def _reason(state: State) -> StateReason:
    return StateReason.COMPLETED if state is State.DONE else StateReason.NOT_PLANNED


def _scope(entry: Entry) -> tuple[str, ...]:
    return (*entry.gap.section, folded(entry.gap.id or ""))


def _doubled_ids(documents: tuple[Document, ...]) -> tuple[set[tuple[DocumentPath, tuple[str, ...]]], list[Problem]]:
    """Returns the ids that stand twice in one section of a document, each with a problem that names its lines."""
    doubled: set[tuple[DocumentPath, tuple[str, ...]]] = set()
    problems: list[Problem] = []
    for document in documents:
        found = [entry for entry in entries([document]) if entry.gap.id]
        counts = Counter(_scope(entry) for entry in found)
        for scope, count in counts.items():
            if count == 1:
                continue
            twins = [entry.gap for entry in found if _scope(entry) == scope]
            lines = ", ".join(str(gap.line) for gap in twins)
            doubled.add((document.path, scope))
            problems.append(
                Problem(
                    "duplicate-id",
                    f"the id {twins[0].id} stands {count} times (lines {lines}); none of these gaps is synced",
                    twins[1].line,
                    hint="give each gap an id of its own",
                    severity=Severity.ERROR,
                )
            )
    return doubled, problems


def _about_missing(missing: list[Pair], removals: list[Pair], view: View) -> Iterator[Problem]:
    if view.failures and removals:
        yield Problem(
            "removals-postponed", f"{len(removals)} gaps are missing, but not all documents could be read: none is closed", 0
        )
    gone = sorted({pair.path for pair in missing} - {pair.path for pair in removals})
    for path in gone:
        yield Problem("document-gone", f"{path} is gone; the issues of its gaps stay as they are", 0)


def _has_close(action: Action) -> bool:
    return isinstance(action, ChangeIssue) and any(isinstance(change, Close) for change in action.changes)


def _held(result: Plan, view: View) -> Held | None:
    """Returns why the plan must wait for a person, None if it need not (I10)."""
    opens = sum(isinstance(action, OpenIssue) for action in result.actions)
    closes = sum(
        isinstance(action, ChangeIssue) and any(isinstance(change, Close) for change in action.changes)
        for action in result.actions
    )
    limits = view.config.limits
    digest = hashlib.sha256(repr([(row.action, row.title, row.path) for row in result.rows]).encode()).hexdigest()[:12]
    if view.first and opens > limits.imports:
        return Held("import", f"open {opens} issues", opens, limits.imports, digest)
    if not view.first and opens > limits.open:
        return Held("open", f"open {opens} issues", opens, limits.open, digest)
    live = sum(pair.present and not pair.lost and not _closes(pair.base.state, view.config) for pair in view.pairs)
    allowed = max(limits.close, live // 5)
    if closes > allowed:
        return Held("close", f"close {closes} of {live} issues", closes, allowed, digest)
    return None
