"""Orders get a running number, so that keys are small and those of new orders land next to each other.

Personal search keys are hashed anew, because their hashes are shorter now.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

BYTEWISE = sa.String(120).with_variant(postgresql.VARCHAR(120, collation="C"), "postgresql")
KINDS = {
    "order": "o",
    "order_rev": "or",
    "order_part": "op",
    "po": "po",
    "tracking": "t",
    "buyer": "b",
    "replaces": "x",
}
"""What the kinds of keys were called and are called now; products moved to a table of their own."""


def upgrade() -> None:
    """Make the new tables, fill them from the old ones, drop those."""
    for name in ("orders", "order_keys"):
        op.rename_table(name, f"old_{name}")
    op.drop_index("person_keys_purge", "person_keys")
    op.drop_table("person_keys")
    op.drop_table("products")
    _create()
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO orders (order_no, order_id, placed_at, source, data) "
            "SELECT row_number() OVER (ORDER BY placed_at, order_id), order_id, placed_at, source, data "
            "FROM old_orders"
        )
    )
    for old, new in KINDS.items():
        connection.execute(
            sa.text(
                "INSERT INTO order_keys (kind, value, order_no) SELECT :new, k.value, o.order_no "
                "FROM old_order_keys k JOIN orders o ON o.order_id = k.order_id WHERE k.kind = :old"
            ),
            {"old": old, "new": new},
        )
    _fill(connection)
    op.drop_table("old_order_keys")
    op.drop_table("old_orders")


def _create() -> None:
    op.create_table(
        "orders",
        sa.Column("order_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("order_id", sa.String(64), nullable=False),
        sa.Column("placed_at", sa.String(27), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_index("orders_id", "orders", ["order_id"], unique=True)
    op.create_table(
        "order_keys",
        sa.Column("kind", sa.String(4), primary_key=True),
        sa.Column("value", BYTEWISE, primary_key=True),
        sa.Column("order_no", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "order_items",
        sa.Column("sku", BYTEWISE, primary_key=True),
        sa.Column("order_no", sa.Integer, primary_key=True),
        sa.Column("units", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "products",
        sa.Column("sku", sa.String(120), primary_key=True),
        sa.Column("title", sa.String(500), primary_key=True),
        sa.Column("asin", sa.String(10), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("products_asin", "products", ["asin"])
    op.create_table(
        "person_keys",
        sa.Column("digest", sa.BigInteger, primary_key=True),
        sa.Column("order_no", sa.Integer, primary_key=True),
        sa.Column("purge_after", sa.Date, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("person_keys_purge", "person_keys", ["purge_after"])


def _fill(connection: sa.Connection) -> None:
    """Products and personal keys, from the orders and the recipients themselves."""
    from playbook.domain.orders import Order
    from playbook.store import tables
    from playbook.store.engine import put_rows
    from playbook.store.keys import hashed, person_keys, sku_key, units_by_sku
    from playbook.store.values import Recipient

    for number, data in connection.execute(sa.text("SELECT order_no, data FROM orders")).all():
        order = Order.model_validate_json(data)
        put_rows(
            connection, tables.order_items, [(sku[:120], number, n) for sku, n in units_by_sku(order).items()]
        )
        sold = {(sku_key(line.sku)[:120], line.title[:500], line.asin or "") for line in order.lines}
        put_rows(connection, tables.products, sorted(sold), replace=False)
    key = connection.execute(sa.text("SELECT value FROM secrets WHERE name = 'person_keys'")).scalar_one()
    kept = connection.execute(
        sa.text(
            "SELECT o.order_no, v.data, v.purge_after FROM vault v JOIN orders o ON o.order_id = v.order_id "
            "WHERE v.kind = 'recipient'"
        )
    ).all()
    for number, data, until in kept:
        keys = person_keys(Recipient(**json.loads(bytes(data))))
        rows = {(hashed(key, kind, value), number, str(until)) for kind, value in keys}
        put_rows(connection, tables.person_keys, sorted(rows))
