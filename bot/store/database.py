"""Opens the database: engines with the right promises, one process on a SQLite file, the schema brought up to date.

SQLite: WAL; every writing transaction begins IMMEDIATE, since one that reads first and writes later fails at once with
"database is locked", whatever the timeout (https://www.sqlite.org/lang_transaction.html); `synchronous` FULL for what must
survive a power cut before we answer or write to GitHub, NORMAL for the job engine, which at worst repeats its last steps.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.errors import DatabaseUnusable, SchemaMismatch
from bot.core.redaction import without_secrets
from bot.store.tables import REVISION

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_MS = 30_000
CONNECT_SECONDS = 10
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x6761706B
"""Names PostgreSQL's advisory lock under which one process migrates while others wait ("gapk")."""


class Database:
    """A database that this process may use. `location` names it without a password."""

    def __init__(self, url: str) -> None:
        """Take the URL apart; nothing is opened yet."""
        self.url = _engine_url(url)
        self.embedded = self.url.get_backend_name() == "sqlite"
        self.location = without_secrets(self.url.render_as_string(hide_password=True))
        self._lock: int | None = None
        self._engines: list[sa.Engine] = []

    @property
    def engine_url(self) -> str:
        """The URL as the job engine wants it, password included."""
        return self.url.set(drivername=self.url.get_backend_name()).render_as_string(hide_password=False)

    def open(self) -> None:
        """Lock the file, bring the schema up to date. Raises `DatabaseUnusable`, or `SchemaMismatch` for a newer schema."""
        try:
            if self.embedded:
                self._lock = _lock(Path(self.url.database or ""))
            engine = self.engine(pool=1)
            try:
                _migrate(engine)
            finally:
                engine.dispose()
                self._engines.remove(engine)
        except (sa.exc.DBAPIError, OSError) as error:
            self.close()
            reason = error.orig if isinstance(error, sa.exc.DBAPIError) else error.strerror
            raise DatabaseUnusable(f"cannot open the database {self.location}: {reason}") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection and let the file go."""
        for engine in self._engines:
            engine.dispose()
        self._engines.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def engine(self, *, pool: int, synchronous: Literal["FULL", "NORMAL"] = "FULL", plain: bool = False) -> sa.Engine:
        """An engine with a pool of its own. `plain` leaves transactions to the driver, as the job engine expects."""
        patience = {} if self.embedded or "connect_timeout" in self.url.query else {"connect_timeout": CONNECT_SECONDS}
        engine = sa.create_engine(
            self.url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=60,
            pool_pre_ping=not self.embedded,
            connect_args=patience,
            hide_parameters=True,  # Errors would show payloads and the text of documents.
        )
        self._engines.append(engine)
        if self.embedded:
            sa.event.listen(engine, "connect", _connect_hook(synchronous, plain=plain))
            if not plain:
                sa.event.listen(engine, "begin", _begin)
        return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one state of the database."""
    with engine.connect() as connection, connection.execution_options(gapkeeper_reads=True).begin():
        yield connection


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this connection's dialect, both of which know ON CONFLICT."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def now(connection: sa.Connection) -> sa.ColumnElement[float]:
    """The time in seconds, of the database where several machines share it: their clocks may differ by minutes (#115)."""
    if connection.dialect.name == "sqlite":
        return sa.literal(time.time(), sa.Float)
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)


def _engine_url(url: str) -> sa.URL:
    """The URL for SQLAlchemy: psycopg for PostgreSQL, an absolute path for SQLite (the working directory may change)."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise DatabaseUnusable("the database's URL cannot be read") from None
    match parsed.get_backend_name():
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(database=str(Path(parsed.database).resolve()))
        case _:
            raise DatabaseUnusable("the database must be sqlite:///FILE or postgresql://…")


def _lock(path: Path) -> int:
    """The descriptor that holds the lock on `path` until it is closed, by us or by the end of the process (#113).

    The lock is on a file beside the database: SQLite itself uses POSIX locks on its file, and closing any other descriptor of
    the same file would drop those (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    if not path.parent.is_dir():
        raise DatabaseUnusable(f"cannot open the database {path}: there is no folder {path.parent}")
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        # Made here, so that nobody else may read it; SQLite gives its -wal and -shm files the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "?"
        os.close(descriptor)
        raise DatabaseUnusable(
            f"the database {path} is in use by process {holder}; a SQLite file serves one process, PostgreSQL serves several"
        ) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _connect_hook(synchronous: str, *, plain: bool) -> Any:
    def hook(connection: sqlite3.Connection, _record: object) -> None:
        # None: no hidden BEGIN by the driver, `_begin` says it; the engine's own SQL relies on the driver's, made IMMEDIATE.
        connection.isolation_level = "IMMEDIATE" if plain else None
        for pragma in (f"busy_timeout={BUSY_MS}", "foreign_keys=ON", "journal_mode=WAL", f"synchronous={synchronous}"):
            connection.execute(f"PRAGMA {pragma}").close()
        if sqlite3.sqlite_version_info < (3, 42):
            # The job engine asks for unixepoch('subsec'), which is NULL before SQLite 3.42 (Debian 12 has 3.40).
            connection.create_function("unixepoch", 1, lambda _modifier: int(time.time() * 1000) / 1000)

    return hook


def _begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("gapkeeper_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    """Bring the schema to `REVISION` in one transaction, so that an interrupted migration leaves the old schema (#118)."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        current = revision_of(connection)
        if current == REVISION:
            return
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise SchemaMismatch(
                f"the database {engine.url.render_as_string(hide_password=True)} has schema {current}, and this program knows "
                f"only up to {REVISION}: it was written by a newer Gapkeeper; update the program or restore a backup"
            )
        command.upgrade(config, REVISION)


def revision_of(connection: sa.Connection) -> str | None:
    """The schema's revision, None for an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
