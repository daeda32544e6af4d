"""What the bot changed, and what people asked of a gap's entry."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("repository", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(12), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("person", sa.String(100)),
        sa.Column("delivery", sa.String(64)),
        sa.Column("commit", sa.String(64)),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("undone", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_repository_key", "journal", ["repository", "key"])
    op.add_column("pairs", sa.Column("asked", sa.JSON, nullable=False, server_default="[]"))
