import asyncio
import dataclasses
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.core.errors import DatabaseUnusable, SchemaMismatch
from bot.core.gaps.model import State
from bot.core.journal import Cause, Change, Step
from bot.core.names import BlobSha, CommitSha, DocumentPath, GapKey, InstallationId, IssueNumber, RepositoryId, RepositoryName
from bot.core.pair import Asked, Base, Pair, Wanting
from bot.store import RepositoryState, journal, labels, tables
from bot.store.database import MIGRATIONS
from bot.store.store import Store

pytestmark = pytest.mark.anyio

R = RepositoryId(1_296_269_000_000)
STATE = RepositoryState(
    id=R,
    name=RepositoryName("Octo/Gaps"),
    installation=InstallationId(100),
    default_branch="main",
    head=CommitSha("c" * 40),
    documents={DocumentPath("GAPS.md"): BlobSha("a" * 40), DocumentPath("docs/ü #?%.md"): BlobSha("b" * 40)},
    config_sha=BlobSha("d" * 40),
    config_text="files: [GAPS.md]\n",
    labels=frozenset({"gap", "priority: p1"}),
    notice=IssueNumber(3),
    known=True,
)
PAIR = Pair(
    key=GapKey("0123456789ab"),
    number=IssueNumber(12),
    path=DocumentPath("GAPS.md"),
    own_id="GAP-012",
    section=("Data", "‚úÖ Später"),
    ordinal=2,
    text="No pooling 🏊",
    base=Base(title="No pooling", state=State.DEFERRED, priority="p1", effort=None, region="9f"),
)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with Store(database_url) as opened:
        yield opened


async def test_a_repository_comes_back_as_it_was_saved(store: Store) -> None:
    assert await store.repository(R) is None
    await store.save_repository(STATE)
    assert await store.repository(R) == STATE
    changed = dataclasses.replace(
        STATE, head=None, documents={DocumentPath("B.md"): BlobSha("e" * 40)}, notice=None, config_sha=None
    )
    await store.save_repository(changed)
    assert await store.repository(R) == changed


async def test_a_repository_is_found_by_its_name_in_any_case_the_younger_first(store: Store) -> None:
    await store.save_repository(STATE)
    assert await store.repositories_named(RepositoryName("octo/GAPS")) == STATE
    again = dataclasses.replace(STATE, id=RepositoryId(R + 1), name=RepositoryName("octo/gaps"))
    await store.save_repository(again)
    assert await store.repositories_named(RepositoryName("Octo/Gaps")) == again
    assert await store.repositories_named(RepositoryName("octo/other")) is None


async def test_a_pair_comes_back_as_it_was_saved(store: Store) -> None:
    await store.save_pair(R, PAIR)
    assert await store.pairs(R) == (PAIR,)
    changed = Pair(
        key=PAIR.key,
        number=IssueNumber(13),
        path=DocumentPath("OTHER.md"),
        own_id=None,
        section=(),
        ordinal=0,
        text="",
        base=dataclasses.replace(PAIR.base, state=State.DONE, priority=None),
        present=False,
        lost=True,
        asked=(Asked(Wanting.MOVE, ("A", "Ü")), Asked(Wanting.SPLIT)),
    )
    await store.save_pair(R, changed)
    assert await store.pairs(R) == (changed,)
    assert await store.pairs(RepositoryId(R + 1)) == ()


def test_every_field_of_a_pair_has_a_column() -> None:
    assert {field.name for field in dataclasses.fields(Pair)} == set(tables.pairs.columns.keys()) - {"repository"}


async def test_invariant_4_two_gaps_never_share_an_issue(store: Store) -> None:
    await store.save_pair(R, PAIR)
    await store.intend(R, GapKey("b" * 12))
    with pytest.raises(sa.exc.IntegrityError):
        await store.save_pair(R, dataclasses.replace(PAIR, key=GapKey("b" * 12)))
    assert await store.pairs(R) == (PAIR,)
    assert await store.intents(R) == {"b" * 12}
    # The same number in another repository is another issue.
    await store.save_pair(RepositoryId(R + 1), PAIR)


async def test_invariant_4_an_intent_stands_until_its_pair_is_saved_or_it_is_dropped(store: Store) -> None:
    first, second = PAIR.key, GapKey("b" * 12)
    for key in (first, second, first):
        await store.intend(R, key)
    assert await store.intents(R) == {first, second}
    assert await store.intents(RepositoryId(R + 1)) == frozenset()
    await store.save_pair(R, PAIR)
    assert await store.intents(R) == {second}
    await store.drop_intent(R, second)
    assert await store.intents(R) == frozenset()


async def test_fault_111_readers_that_turn_into_writers_never_find_the_database_locked(store: Store) -> None:
    """Read, then write, in 32 transactions at once: with deferred transactions most of them fail at once."""
    await store.save_pair(R, PAIR)

    def bump(connection: sa.Connection) -> None:
        lock = sa.select(tables.pairs.c.ordinal).where(tables.pairs.c.key == PAIR.key).with_for_update()
        connection.execute(tables.pairs.update().values(ordinal=connection.execute(lock).scalar_one() + 1))

    await asyncio.gather(*(store.write(bump) for _ in range(32)))
    assert (await store.pairs(R))[0].ordinal == PAIR.ordinal + 32


async def test_a_failing_transaction_leaves_nothing(store: Store) -> None:
    def fail(connection: sa.Connection) -> None:
        connection.execute(tables.intents.insert().values(repository=R, key=PAIR.key, created=0.0))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(fail)
    assert await store.intents(R) == frozenset()


async def test_what_was_saved_is_there_after_closing(database_url: str) -> None:
    async with Store(database_url) as store:
        await store.save_repository(STATE)
        await store.save_pair(R, PAIR)
    async with Store(database_url) as store:
        assert await store.repository(R) == STATE
        assert await store.pairs(R) == (PAIR,)


async def test_what_was_heard_is_remembered_by_repository(store: Store) -> None:
    for _ in range(2):
        await store.hear(R, "0123456789abcdef")
    assert await store.heard(R, "0123456789abcdef")
    assert not await store.heard(R, "0123456789abcde0")
    assert not await store.heard(RepositoryId(R + 1), "0123456789abcdef")


async def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), tables.metadata))

    assert await store.read(differences) == []


def test_the_newest_migration_is_the_one_the_tables_name() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == tables.REVISION


async def test_migration_0002_keeps_what_was_there(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database.REVISION", "0001")
    async with Store(database_url) as store:
        await store.save_repository(STATE)
        row = "INSERT INTO intents (repository, key, created) VALUES (7, 'k', 5.0)"
        await store.write(lambda connection: connection.execute(sa.text(row)))
    monkeypatch.undo()
    async with Store(database_url) as store:
        assert await store.repository(R) == STATE
        assert await store.intents(RepositoryId(7)) == {"k"}
        assert await store.read(lambda connection: connection.execute(sa.select(tables.intents.c.missed)).scalar()) is None


async def test_migration_0003_gives_the_pairs_of_before_nothing_asked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database.REVISION", "0002")
    async with Store(database_url) as store:
        old = [column for column in tables.pairs.columns if column.name != "asked"]
        values = {
            "repository": R,
            "key": PAIR.key,
            "number": 12,
            "path": "GAPS.md",
            "own_id": "GAP-012",
            "section": list(PAIR.section),
        }
        values |= {"ordinal": 2, "text": PAIR.text, "base": dataclasses.asdict(PAIR.base), "present": True, "lost": False}
        row = sa.table("pairs", *(sa.column(column.name, column.type) for column in old)).insert()
        await store.write(lambda connection: connection.execute(row.values(**values, traces=[], recent=[])))
    monkeypatch.undo()
    async with Store(database_url) as store:
        assert await store.pairs(R) == (PAIR,)
        assert await store.read(journal.newest, R, PAIR.key) is None


async def test_migration_0004_knows_no_label_yet_and_keeps_the_rest(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database.REVISION", "0003")
    async with Store(database_url) as store:
        await store.save_repository(STATE)
    monkeypatch.undo()
    async with Store(database_url) as store:
        assert await store.repository(R) == STATE
        assert await store.read(labels.ids_of, R) == {}


async def test_migration_0005_carries_nothing_yet_and_keeps_the_rest(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database.REVISION", "0004")
    async with Store(database_url) as store:
        await store.save_repository(STATE)
        await store.hear(R, "0123456789abcdef")
    monkeypatch.undo()
    async with Store(database_url) as store:
        assert await store.carried(R) == {}
        assert await store.repository(R) == STATE
        assert await store.heard(R, "0123456789abcdef")


async def test_what_is_carried_is_there_until_its_pair_is_saved_or_it_is_dropped(store: Store) -> None:
    other = IssueNumber(PAIR.number + 1)
    await store.carry(R, {PAIR.number: PAIR.base, other: PAIR.base})
    await store.carry(R, {other: dataclasses.replace(PAIR.base, title="Said again")})
    assert await store.carried(R) == {PAIR.number: PAIR.base, other: dataclasses.replace(PAIR.base, title="Said again")}
    assert await store.carried(RepositoryId(R + 1)) == {}
    await store.save_pair(R, PAIR)
    assert set(await store.carried(R)) == {other}
    await store.drop_carried(R, [other])
    assert await store.carried(R) == {}


async def test_ids_of_labels_are_replaced_as_a_whole(store: Store) -> None:
    await store.write(labels.note, R, {"gap": 1, "priority: p0": 2})
    await store.write(labels.note, R, {"gap": 3})
    assert await store.read(labels.ids_of, R) == {"gap": 3, "priority: p0": 2}
    await store.write(labels.replace, R, {"effort: m": 4})
    assert await store.read(labels.ids_of, R) == {"effort: m": 4}
    assert await store.read(labels.ids_of, RepositoryId(R + 1)) == {}


class TestJournal:
    """What was changed is kept with the record it belongs to, so many changes a gap."""

    @staticmethod
    def change(number: int) -> Change:
        steps = (Step("title", str(number - 1), str(number)), Step("section", ("A", "B"), ()), Step("effort", None, "M"))
        return Change(Cause("alice", "a-guid", "c" * 40), steps)

    async def test_a_change_comes_back_as_it_was_noted(self, store: Store) -> None:
        await store.save_pair(R, PAIR, self.change(1))
        noted = await store.read(journal.newest, R, PAIR.key)
        assert noted is not None
        assert (noted.key, noted.number, noted.change, noted.undone) == (PAIR.key, 12, self.change(1), None)
        assert abs(noted.at - time.time()) < 60
        assert await store.read(journal.newest, RepositoryId(R + 1), PAIR.key) is None

    async def test_nothing_changed_is_nothing_noted(self, store: Store) -> None:
        await store.save_pair(R, PAIR, Change(Cause("alice"), ()))
        await store.save_pair(R, PAIR)
        assert await store.read(journal.newest, R, PAIR.key) is None

    async def test_the_oldest_go_first_and_only_those_of_the_gap(self, store: Store) -> None:
        other = dataclasses.replace(PAIR, key=GapKey("b" * 12), number=IssueNumber(13))
        await store.save_pair(R, other, self.change(0))
        for number in range(journal.KEPT + 3):
            await store.save_pair(R, PAIR, self.change(number))
        kept = await store.read(journal.changes, R, PAIR.key)
        assert [noted.change.steps[0].after for noted in kept] == [str(n) for n in range(journal.KEPT + 2, 2, -1)]
        assert len(await store.read(journal.changes, R, other.key)) == 1

    async def test_i5_the_comment_that_took_a_change_back_finds_it_again(self, store: Store) -> None:
        await store.save_pair(R, PAIR, self.change(1))
        noted = await store.read(journal.newest, R, PAIR.key)
        assert noted is not None
        await store.write(journal.take_back, noted.id, "0123456789abcdef")
        await store.save_pair(R, PAIR, self.change(2))
        again = await store.read(journal.taken_back, R, "0123456789abcdef")
        assert again is not None
        assert (again.id, again.undone) == (noted.id, "0123456789abcdef")
        assert await store.read(journal.taken_back, R, "0" * 16) is None
        assert await store.read(journal.taken_back, RepositoryId(R + 1), "0123456789abcdef") is None


async def test_fault_118_a_newer_schema_is_refused_and_left_alone(database_url: str) -> None:
    async with Store(database_url) as store:
        await store.save_pair(R, PAIR)
        await store.write(lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    newer = Store(database_url)
    with pytest.raises(
        SchemaMismatch, match=rf"has schema 9999, .* only up to {tables.REVISION}: it was written by a newer Gapkeeper"
    ):
        await newer.open()
    with pytest.raises(SchemaMismatch):
        await Store(database_url).open()


async def test_fault_118_an_interrupted_migration_leaves_no_half_schema(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A further migration adds a table and fails; the first one's filled tables stay, and the repaired one runs over them."""
    async with Store(database_url) as store:
        await store.save_pair(R, PAIR)
    (tmp_path / "versions").mkdir()
    for path in (MIGRATIONS / "env.py", *(MIGRATIONS / "versions").glob("r*.py")):
        (tmp_path / path.relative_to(MIGRATIONS)).write_bytes(path.read_bytes())
    second = tmp_path / "versions" / "r9998_half.py"
    half = (
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = '9998'\ndown_revision = 'NEWEST'\n"
        "def upgrade():\n    op.create_table('later', sa.Column('id', sa.Integer, primary_key=True))\n"
        '    op.execute("INSERT INTO later SELECT number FROM pairs")\n'
    ).replace("NEWEST", tables.REVISION)
    second.write_text(f"{half}    raise ZeroDivisionError\n")
    monkeypatch.setattr("bot.store.database.MIGRATIONS", tmp_path)
    monkeypatch.setattr("bot.store.database.REVISION", "9998")
    with pytest.raises(ZeroDivisionError):
        await Store(database_url).open()
    second.write_text(half)
    async with Store(database_url) as store:
        assert await store.pairs(R) == (PAIR,)
        assert await store.read(lambda connection: list(connection.execute(sa.text("SELECT id FROM later")))) == [(12,)]


async def test_fault_113_a_second_process_on_the_same_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gaps.db"
    opening = (
        "import asyncio, sys\nfrom bot.store.store import Store\nfrom bot.core.errors import DatabaseUnusable\n"
        "try:\n    asyncio.run(Store(sys.argv[1]).open())\nexcept DatabaseUnusable as error:\n    sys.exit(str(error))\n"
    )
    command = [sys.executable, "-c", opening, url]
    async with Store(url) as store:
        await store.save_pair(R, PAIR)
        refused = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        assert f"{tmp_path}/gaps.db is in use by process {os.getpid()}" in refused.stderr
        assert await store.pairs(R) == (PAIR,)
    assert (await asyncio.to_thread(subprocess.run, command, check=False)).returncode == 0


async def test_only_the_owner_may_read_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("sqlite:///gaps.db")
    monkeypatch.chdir("/")  # A relative path means the folder in which the program started.
    async with store:
        await store.save_pair(R, PAIR)
        files = sorted(os.scandir(tmp_path), key=lambda file: file.name)
        assert [file.name for file in files] == ["gaps.db", "gaps.db-shm", "gaps.db-wal", "gaps.db.lock"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_sqlite_runs_with_wal_and_full_synchronisation(tmp_path: Path) -> None:
    async with Store(f"sqlite:///{tmp_path}/gaps.db") as store:

        def pragmas(connection: sa.Connection) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

        assert await store.read(pragmas) == ["wal", 2, 1, 30_000]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all/gaps.db", "there is no folder /nowhere/at/all"),
        ("sqlite:////dev/full/gaps.db", "there is no folder /dev/full"),
        ("sqlite:///{tmp}", "Is a directory"),
        ("sqlite:///{tmp}/not-a-database", "file is not a database"),
        ("sqlite://", "must be sqlite:///FILE or postgresql://"),
        ("mysql://db/x", "must be sqlite:///FILE or postgresql://"),
        ("nonsense", "URL cannot be read"),
        ("postgresql://me:canary@127.0.0.1:1/x?connect_timeout=2", "cannot open the database postgresql"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_one_clear_error(url: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "not-a-database").write_bytes(b"A text file that is no database at all." * 100)
    with pytest.raises(DatabaseUnusable, match=reason) as caught:
        await Store(url.format(tmp=tmp_path)).open()
    assert "canary" not in str(caught.value)


async def test_fault_2_old_sqlite_knows_the_engine_s_clock(tmp_path: Path) -> None:
    async with Store(f"sqlite:///{tmp_path}/gaps.db") as store:
        asked = await store.read(lambda connection: connection.exec_driver_sql("SELECT unixepoch('subsec')").scalar())
    assert asked is not None, f"NULL on SQLite {sqlite3.sqlite_version}"
