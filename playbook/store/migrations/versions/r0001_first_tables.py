"""The first tables."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TIME = sa.String(27)
CASE = sa.String(16)
ORDER = sa.String(64)
BYTEWISE = sa.String(120).with_variant(postgresql.VARCHAR(120, collation="C"), "postgresql")


def upgrade() -> None:
    """Create every table, the head of the empty log, and this database's key for hashes."""
    op.create_table(
        "events",
        sa.Column("case_id", CASE, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.UniqueConstraint("position", name="events_position"),
    )
    head = op.create_table(
        "log_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", CASE, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("order_id", ORDER, nullable=True),
    )
    op.create_index("cases_order", "cases", ["order_id"])
    op.create_table(
        "case_numbers",
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "case_index",
        sa.Column("case_id", CASE, primary_key=True),
        sa.Column("order_id", ORDER, nullable=True),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("next_due_at", TIME, nullable=True),
        sa.Column("next_deadline_at", TIME, nullable=True),
        sa.Column("flags", sa.String(400), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("marketplace", sa.String(8), nullable=False),
    )
    op.create_index("case_index_due", "case_index", ["closed", "next_deadline_at", "next_due_at"])
    op.create_table(
        "drafts",
        sa.Column("case_id", CASE, primary_key=True),
        sa.Column("step", sa.String(32), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
    )
    op.create_table(
        "vault",
        sa.Column("ref", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("purge_after", sa.Date, nullable=False),
        sa.Column("case_id", CASE, nullable=True),
        sa.Column("order_id", ORDER, nullable=True),
    )
    op.create_index("vault_purge", "vault", ["purge_after"])
    op.create_index("vault_order", "vault", ["order_id", "kind"])
    op.create_table(
        "person_keys",
        sa.Column("digest", sa.String(32), primary_key=True),
        sa.Column("order_id", ORDER, primary_key=True),
        sa.Column("purge_after", sa.Date, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("person_keys_purge", "person_keys", ["purge_after"])
    op.create_table(
        "orders",
        sa.Column("order_id", ORDER, primary_key=True),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
    )
    op.create_table(
        "order_keys",
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("value", BYTEWISE, primary_key=True),
        sa.Column("order_id", ORDER, sa.ForeignKey("orders.order_id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "products",
        sa.Column("sku", sa.String(120), primary_key=True),
        sa.Column("title", sa.String(500), primary_key=True),
        sqlite_with_rowid=False,
    )
    keys = op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String(128), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "length": 0, "digest": "0" * 64}])
    op.bulk_insert(keys, [{"name": "person_keys", "value": secrets.token_hex(32)}])
