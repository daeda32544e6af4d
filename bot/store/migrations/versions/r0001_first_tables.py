"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(64), nullable=False),
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
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_repository_state", "deliveries", ["repository", "state"])
    op.create_index("ix_deliveries_job", "deliveries", ["job"])
    op.create_table(
        "queue",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("waiting", sa.String(80)),
        sa.Column("running", sa.String(80)),
        sa.PrimaryKeyConstraint("repository", name="pk_queue"),
    )
    op.create_table(
        "repositories",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
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
        sa.PrimaryKeyConstraint("id", name="pk_repositories"),
    )
    op.create_index("ix_repositories_name", "repositories", ["name"])
    op.create_table(
        "documents",
        sa.Column("repository", sa.BigInteger, nullable=False),
        sa.Column("path", sa.String(4096), nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("repository", "path", name="pk_documents"),
        sa.ForeignKeyConstraint(["repository"], ["repositories.id"], name="fk_documents_repository", ondelete="CASCADE"),
    )
    op.create_table(
        "pairs",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(12), nullable=False),
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
        sa.PrimaryKeyConstraint("repository", "key", name="pk_pairs"),
        sa.UniqueConstraint("repository", "number", name="uq_pairs_repository_number"),
    )
    op.create_table(
        "intents",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(12), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("repository", "key", name="pk_intents"),
    )
    op.create_table(
        "heard",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("repository", "mark", name="pk_heard"),
    )
    op.create_table(
        "executors",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_executors"),
    )
