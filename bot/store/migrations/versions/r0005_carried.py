"""What issues said when it was being written into their documents."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "carried",
        sa.Column("repository", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("repository", "number", name="pk_carried"),
    )
