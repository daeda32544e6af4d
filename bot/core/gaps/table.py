"""The table dialect: a row is one gap, its columns are its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.blocks import Paragraph, Row, Table, cells
from bot.core.gaps.candidate import Candidate, Place
from bot.core.gaps.entry import Head, Shape, read_head
from bot.core.gaps.fields import Labelled
from bot.core.gaps.model import Field, Kind, State, StateSource
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import COLUMNS, listed, mark_state, said_state, words
from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.blocks import Block, Blocks

_SHORT = 6
"""A sentence of so many words can say a state."""
_VAGUE = listed("description summary descripcion descricao descrizione beschreibung описание 描述")
_AREAS = listed("area component module service bereich komponente componente módulo composant область компонент 模块")
"""Columns that say where: they name a gap only where no other does."""
_YES = listed("yes y true done ja sí sim oui да 是 有 full complete")
_NO = listed("no n false none nein não non нет 否 无 missing")
_PARTLY = listed("partial partially partly teilweise parcial partiel частично 部分")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are for; `title` is the column that names the gap, `answers` are columns of yes and no.

    A table that compares several things has no answers, only one whose other columns describe.
    `telling` are those of them that do not say yes in every row: what all rows have tells nothing of one. `marked` tells that the
    states stand in a column with another name: its rows with ✅ show what works.
    """

    labels: tuple[str, ...]
    roles: tuple[str, ...]
    title: int
    id: int | None
    answers: tuple[int, ...] = ()
    telling: tuple[int, ...] = ()
    marked: bool = False

    def has(self, *roles: str) -> bool:
        """Tells whether a column has one of the roles."""
        return not frozenset(roles).isdisjoint(self.roles)


def columns(source: Blocks, table: Table) -> Columns | None:
    """Returns what the columns are for; None for a table in which no column can name a gap."""
    labels = tuple(plain(view(source.text, cell).text) for cell in table.head.cells)
    roles = [_role(label.split("(")[0]) for label in labels]
    if not labels:
        return None
    named_status = "status" in roles
    if not named_status:
        marked = [i for i in range(1, len(labels)) if roles[i] != "title" and _marked(source, table, i)]
        if len(marked) == 1:
            roles[marked[0]] = "status"
    for i, role in enumerate(roles):
        if role == "id" and not _counts(source, table, i):
            roles[i] = "other"
    number = next((i for i, role in enumerate(roles) if role == "id" or labels[i].strip() in {"#", "№"}), None)
    if number is None and len(labels) > 1 and all(row.cells[0].of(source.text).isdigit() for row in table.rows if row.cells):
        number = 0
    named = [i for i, role in enumerate(roles) if role == "title" and i != number]
    named = [i for i in named if words(labels[i])[0].text not in _AREAS] or named
    title = (
        named[0] if named else next((i for i, role in enumerate(roles) if i != number and role in {"other", "describes"}), None)
    )
    if title is None:
        return None
    first = next((i for i, role in enumerate(roles) if role == "other" and i != number), title)
    if first < title and words(labels[title])[0].text in _VAGUE and _tells(source, table, first):
        title = first
    title = _telling(source, table, title, roles)
    answers = tuple(i for i in range(len(labels)) if i not in {title, number} and _answers(source, table, i))
    telling = tuple(
        i
        for i in answers
        if any(_answer(row.cells[i].of(source.text)) is not State.DONE for row in table.rows if i < len(row.cells))
    )
    compares = any(role == "other" and i not in {title, number, *answers} for i, role in enumerate(roles))
    if compares or not _agree(source, table, telling):
        answers = telling = ()
    return Columns(labels, tuple(roles), title, number, answers, telling or answers, "status" in roles and not named_status)


def _role(label: str) -> str:
    """Returns what a column is for, by its label or the first part of one such as `Debt / Risk`."""
    roles = (COLUMNS.whole(words(part)) for part in (label, *label.split("/")))
    return next((role for role in roles if role is not None), "other")


def measures(source: Blocks, table: Table, cols: Columns) -> bool:
    """Tells whether a table is of measurements: beside the names of its rows, most cells begin with a number."""
    values = [
        cell.of(source.text).strip("*_ ~<>≈=$€") for row in table.rows for i, cell in enumerate(row.cells) if i != cols.title
    ]
    return sum(value.lstrip("+-−")[:1].isdigit() for value in values) * 2 > len(values)


def _agree(source: Blocks, table: Table, columns_: Sequence[int]) -> bool:
    """Tells whether the answers of most rows agree: columns that say yes and no as they like are of several things compared."""
    rows = [{_answer(row.cells[i].of(source.text)) for i in columns_ if i < len(row.cells)} for row in table.rows]
    return sum(len(said) < 2 for said in rows) * 2 >= len(rows)


def _telling(source: Blocks, table: Table, title: int, roles: Sequence[str]) -> int:
    """Returns the column that tells rows apart: the next one that can name a gap, when the first says the same in several rows."""
    others = [i for i in range(title + 1, len(roles)) if roles[i] in {"title", "other", "describes"}]
    return next((index for index in (title, *others[:1]) if _tells(source, table, index)), title)


def _counts(source: Blocks, table: Table, index: int) -> bool:
    """Tells whether a column holds ids rather than names (`Key`, `Code` may be either): most cells have a digit or nothing."""
    values = [row.cells[index].of(source.text) for row in table.rows if index < len(row.cells)]
    return sum(not value or any(char.isdigit() for char in value) for value in values) * 2 >= len(values)


def _tells(source: Blocks, table: Table, index: int) -> bool:
    """Tells whether no two rows say the same in a column."""
    values = [row.cells[index].of(source.text) for row in table.rows if index < len(row.cells)]
    return len(set(values)) == len(values)


def _marked(source: Blocks, table: Table, index: int) -> bool:
    """Tells whether a column holds states whatever it is called: nearly every cell starts with a mark of state."""
    cells_ = [plain(row.cells[index].of(source.text)) for row in table.rows if index < len(row.cells)]
    return len(cells_) > 1 and sum(mark_state(cell[:24]) is not None for cell in cells_) * 5 >= len(cells_) * 4


def _answers(source: Blocks, table: Table, index: int) -> bool:
    """Tells whether a column answers yes or no in every row."""
    values = [row.cells[index].of(source.text) for row in table.rows if index < len(row.cells)]
    return len(values) > 1 and all(_answer(value) is not None for value in values)


def _answer(cell: str) -> State | None:
    """Returns what a cell that only answers says: done for yes, open for no, in progress for a mark in between."""
    word = " ".join(found.text for found in words(plain(cell)))
    if word in _YES:
        return State.DONE
    if word in _NO:
        return State.OPEN
    if word in _PARTLY:
        return State.IN_PROGRESS
    return mark_state(cell) if not word else None


def continuation(source: Blocks, block: Block, width: int) -> list[Row]:
    """Returns the rows of a paragraph that only a stray blank line cut off from the table above."""
    if not isinstance(block, Paragraph) or not all(span.of(source.text).startswith("|") for span in block.lines):
        return []
    rows = [Row(source.lines.index(span.start), span, cells(source.text, span)) for span in block.lines]
    return rows if all(abs(len(row.cells) - width) <= 1 for row in rows) else []


def row_head(source: Blocks, row: Row, cols: Columns) -> Head | None:
    """Returns the head of a row: its title cell, the id from the id column; None for a row without a title."""
    if cols.title >= len(row.cells):
        return None
    head = read_head(source.text, row.cells[cols.title], Shape.CELL)
    if not head.title and head.id is not None and head.id_span is not None:
        head.title, head.title_span, head.id, head.id_span = head.id, head.id_span, None, None
    if not head.title:
        return None
    if cols.id is not None and cols.id < len(row.cells) and head.id is None:
        cell = read_head(source.text, row.cells[cols.id], Shape.CELL)
        head.id, head.id_span, head.id_kind = cell.id, cell.id_span, cell.id_kind
        if cell.struck:
            head.struck, head.strike_span = True, cell.strike_span
        if cell.state is not None and cell.state_span is not None:
            head.say(cell.state, cell.state_source, cell.state_span)
    return head


def is_label(source: Blocks, row: Row, table: Table) -> bool:
    """Tells whether a row only names the group of those below it: one cell that says something, in bold or alone on its row."""
    filled = [cell for cell in row.cells if cell.of(source.text).strip(" -—")]
    if len(filled) != 1 or filled[0] != row.cells[0] or len(table.head.cells) < 2:
        return False
    said = filled[0].of(source.text)
    return len(row.cells) == 1 or (said.startswith("**") and said.endswith("**"))


def row_fields(source: Blocks, row: Row, cols: Columns) -> list[Labelled]:
    """Returns the other cells as fields; the label stands in the head of the table, so its span is empty."""
    found: list[Labelled] = []
    line = source.lines.number(row.span.start)
    for index, cell in enumerate(row.cells):
        if index == cols.title or index == cols.id or index >= len(cols.labels):  # noqa: PLR1714 - asked of every cell
            continue
        value = view(source.text, cell).text
        found.append(Labelled(Field(cols.labels[index], value, line, _empty(cell), cell), cols.roles[index]))
    return found


def _empty(cell: Span) -> Span:
    return type(cell)(cell.start, cell.start)


def candidate(source: Blocks, row: Row, cols: Columns, head: Head, place: Place, why: str) -> Candidate:
    """Returns the row as one gap."""
    fields = row_fields(source, row, cols)
    evidence = {role for role in cols.roles if role in {"status", "priority", "severity", "effort"}}
    evidence |= {"id"} if head.id else set()
    for cell in row.cells[len(cols.labels) :]:
        state = said_state(cell.of(source.text), strict=True)
        if state is not None:
            head.say(state, StateSource.SUFFIX, cell)
    if len(cols.answers) > 1 and not cols.has("status"):
        head.say(_answered(source, row, cols), StateSource.CELL, row.span)
        evidence.add("answers")
    elif not cols.has("status"):
        _remarked(head, fields)
    return Candidate(
        kind=Kind.TABLE,
        first=row.line,
        end=row.line + 1,
        span=row.span,
        head=head,
        place=place,
        fields=fields,
        tasks=(),
        detail_span=row.span,
        why=why,
        evidence=frozenset(evidence),
    )


def _remarked(head: Head, fields: Sequence[Labelled]) -> None:
    """Keeps the state that a short last sentence of a cell says, as `Deferred by design` behind another."""
    for labelled in fields:
        value = labelled.field.value.rstrip(" .")
        said = value[value.rfind(". ") + 1 :].strip()
        whole = len(labelled.field.value_span) == len(labelled.field.value)  # nothing was repaired: places are places in the file
        plain_cell = whole and labelled.role not in {"effort", "priority", "severity"}
        state = said_state(said, strict=True) if plain_cell else None
        if state is not None and len(words(said)) <= _SHORT:
            start = labelled.field.value_span.start + labelled.field.value.rfind(said)
            head.say(state, StateSource.SUFFIX, Span(start, start + len(said)))


def _answered(source: Blocks, row: Row, cols: Columns) -> State:
    """Returns the state that the answers of a row give together: done when all say yes, in progress when only some do."""
    answers = {_answer(row.cells[i].of(source.text)) for i in cols.telling if i < len(row.cells)} - {None}
    return (next(iter(answers)) or State.OPEN) if len(answers) == 1 else State.IN_PROGRESS
