"""What is in stock, and the rules that cases were opened under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

BYTEWISE = sa.String(120).with_variant(postgresql.VARCHAR(120, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "stock",
        sa.Column("sku", BYTEWISE, primary_key=True),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("counted_at", sa.String(27), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rules",
        sa.Column("version", sa.String(12), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
    )
