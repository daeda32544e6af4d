"""The tables, as SQLAlchemy Core describes them. They are made by `migrations/` alone; a test holds the two equal.

The job engine keeps its own tables in the same database (in the schema `dbos` on PostgreSQL), so that a delivery and the job
for it are one commit (docs/decisions/0001-job-engine.md).
"""

import sqlalchemy as sa

REVISION = "0005"
"""The newest migration. A database that has it needs no look at the migrations, which would cost 0.3 s at every start."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64)),
    sa.Column("repository", sa.BigInteger),
    sa.Column("installation", sa.BigInteger),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("received", sa.Float, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("job", sa.String(80)),
    sa.Column("reason", sa.Text),
    sa.Index(None, "repository", "state"),
    sa.Index(None, "job"),
    sa.Index(None, "received"),
)
"""`state` is queued (no job has it yet), claimed (by `job`), done, failed (with `reason`) or ignored (nothing of ours)."""

queue = sa.Table(
    "queue",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("waiting", sa.String(80)),
    sa.Column("running", sa.String(80)),
)
"""At most one waiting and one running sync for each repository, by the ids of their jobs."""

repositories = sa.Table(
    "repositories",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("installation", sa.BigInteger, nullable=False),
    sa.Column("default_branch", sa.String(256), nullable=False),
    sa.Column("head", sa.String(64)),
    sa.Column("config_sha", sa.String(64)),
    sa.Column("config_text", sa.Text, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("notice", sa.Integer),
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("pending", sa.JSON, nullable=False),
    sa.Index(None, "name"),
)

labels = sa.Table(
    "labels",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("id", sa.BigInteger, nullable=False),
)
"""The ids of our labels, by their names in lower case."""

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("repository", sa.BigInteger, sa.ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("path", sa.String(4096), primary_key=True),
    sa.Column("blob", sa.String(64), nullable=False),
)
"""The documents as they were last synced, by the SHA of their blobs."""

pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(12), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("path", sa.String(4096), nullable=False),
    sa.Column("own_id", sa.Text),
    sa.Column("section", sa.JSON, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("base", sa.JSON, nullable=False),
    sa.Column("present", sa.Boolean, nullable=False),
    sa.Column("lost", sa.Boolean, nullable=False),
    sa.Column("traces", sa.JSON, nullable=False),
    sa.Column("recent", sa.JSON, nullable=False),
    sa.Column("asked", sa.JSON, nullable=False, server_default="[]"),
    sa.UniqueConstraint("repository", "number"),
)
"""A gap and its issue: never two issues for a key, never two keys for an issue (invariant I4)."""

carried = sa.Table(
    "carried",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("said", sa.JSON, nullable=False),
)
"""What an issue said when it was being written into its document: a row stands until it is noted how that ended."""

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(12), primary_key=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("missed", sa.Float),
)
"""A gap whose issue may or may not have been created: the row commits before the request goes out (invariant I4).

`missed` is when a list of the issues lacked it for the first time after that: lists lag behind (#44).
"""

heard = sa.Table(
    "heard",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("mark", sa.String(16), primary_key=True),
)
"""The writings and edits of comments whose commands were carried out and answered."""

executors = sa.Table(
    "executors",
    metadata,
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("expires", sa.Float, nullable=False),
)
"""The living processes that run jobs, until when they are believed to live."""

paces = sa.Table(
    "paces",
    metadata,
    sa.Column("installation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("book", sa.JSON, nullable=False),
)
"""How fast each installation wrote, and until when GitHub wants silence (`bot.core.pace.Book`); 0 is the App itself."""

duties = sa.Table(
    "duties",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("done", sa.Float),
    sa.Column("mark", sa.Text),
)
"""What one process does for all of them, when it is next due, when it was last done, and how far it came."""

rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("looked", sa.Float),
    sa.Column("whole", sa.Float),
    sa.Index(None, "due"),
)
"""When each repository is looked at again, whatever was delivered; since when it was, and since when every issue of it was."""

parked = sa.Table(
    "parked",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""The repositories in which nothing can be done now: why, since when, and when that is looked at again."""

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("before", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
)
"""The imports under way: how many issues there were before, and how many are being opened."""

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("repository", sa.BigInteger, nullable=False),
    sa.Column("key", sa.String(12), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("person", sa.String(100)),
    sa.Column("delivery", sa.String(64)),
    sa.Column("commit", sa.String(64)),
    sa.Column("steps", sa.JSON, nullable=False),
    sa.Column("undone", sa.String(16)),
    sa.Index(None, "repository", "key"),
)
"""What was changed of each gap, the newest with the highest id; `undone` is the mark of the comment that took it back."""
