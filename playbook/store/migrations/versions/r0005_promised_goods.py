"""Goods that cases have agreed to send. Cases from before are counted from their next change on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

BYTEWISE = sa.String(120).with_variant(postgresql.VARCHAR(120, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "promised_goods",
        sa.Column("sku", BYTEWISE, primary_key=True),
        sa.Column("case_id", sa.String(16), primary_key=True),
        sa.Column("units", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("promised_goods_case", "promised_goods", ["case_id"])
