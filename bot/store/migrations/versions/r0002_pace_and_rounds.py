"""The pace of each installation, shared by all workers; duties that one of them does; what is parked, and how far imports are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("installation", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("book", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("installation", name="pk_paces"),
    )
    op.create_table(
        "duties",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("done", sa.Float),
        sa.Column("mark", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_duties"),
    )
    op.create_table(
        "rounds",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("looked", sa.Float),
        sa.Column("whole", sa.Float),
        sa.PrimaryKeyConstraint("repository", name="pk_rounds"),
    )
    op.create_index("ix_rounds_due", "rounds", ["due"])
    op.create_table(
        "parked",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("repository", name="pk_parked"),
    )
    op.create_table(
        "imports",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("repository", name="pk_imports"),
    )
    op.add_column("intents", sa.Column("missed", sa.Float))
    op.create_index("ix_deliveries_received", "deliveries", ["received"])
