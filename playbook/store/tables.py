"""The tables. Alembic's revisions under ``migrations`` make them; a test holds both together.

Times are stored as UTC text of fixed width, so that they sort and read the same in every database.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData()

BYTEWISE = String(120).with_variant(postgresql.VARCHAR(120, collation="C"), "postgresql")
"""Text that is compared byte by byte, so that a range of values is a prefix."""


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime as ``2026-11-20T09:30:00.000000Z``; naive ones are refused."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return utc_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


def utc_text(at: datetime) -> str:
    """The stored form of an aware datetime."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


events = Table(
    "events",
    metadata,
    Column("case_id", String(16), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("chain", String(64), nullable=False),
    UniqueConstraint("position", name="events_position"),
)
"""The log. ``position`` counts over all cases, ``data`` is the canonical JSON that ``chain`` hashes."""

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("length", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)
"""One row: how many events there are, and a hash over all their chains in order."""

cases = Table(
    "cases",
    metadata,
    Column("case_id", String(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
    Column("order_id", String(64), nullable=True),
    Index("cases_order", "order_id"),
)
"""The newest event of each case, and the order it has locked now."""

case_numbers = Table(
    "case_numbers",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

case_index = Table(
    "case_index",
    metadata,
    Column("case_id", String(16), primary_key=True),
    Column("order_id", String(64), nullable=True),
    Column("stage", String(16), nullable=False),
    Column("next_due_at", UtcTime, nullable=True),
    Column("next_deadline_at", UtcTime, nullable=True),
    Column("flags", String(400), nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("agent", String(100), nullable=False),
    Column("closed", Boolean(create_constraint=False), nullable=False),
    Column("marketplace", String(8), nullable=False),
    Index("case_index_due", "closed", "next_deadline_at", "next_due_at"),
)
"""What the home page lists. Made from the events, so it can always be made again."""

drafts = Table(
    "drafts",
    metadata,
    Column("case_id", String(16), primary_key=True),
    Column("step", String(32), primary_key=True),
    Column("data", Text, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
)

vault = Table(
    "vault",
    metadata,
    Column("ref", String(40), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("purge_after", Date, nullable=False),
    Column("case_id", String(16), nullable=True),
    Column("order_id", String(64), nullable=True),
    Index("vault_purge", "purge_after"),
    Index("vault_order", "order_id", "kind"),
)
"""Personal data and raw texts: the only place for them, each with the day after which it goes."""

person_keys = Table(
    "person_keys",
    metadata,
    Column("digest", BigInteger, primary_key=True),
    Column("order_no", Integer, primary_key=True),
    Column("purge_after", Date, nullable=False),
    Index("person_keys_purge", "purge_after"),
    sqlite_with_rowid=False,
)
"""Keyed hashes of name words, addresses, postcodes and cities, for finding an order."""

orders = Table(
    "orders",
    metadata,
    Column("order_no", Integer, primary_key=True, autoincrement=False),
    Column("order_id", String(64), nullable=False),
    Column("placed_at", UtcTime, nullable=False),
    Column("source", String(200), nullable=False),
    Column("data", Text, nullable=False),
    Index("orders_id", "order_id", unique=True),
)
"""``order_no`` counts up in the order of arrival: keys of new orders land next to each other."""

order_keys = Table(
    "order_keys",
    metadata,
    Column("kind", String(4), primary_key=True),
    Column("value", BYTEWISE, primary_key=True),
    Column("order_no", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

order_items = Table(
    "order_items",
    metadata,
    Column("sku", BYTEWISE, primary_key=True),
    Column("order_no", Integer, primary_key=True),
    Column("units", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""How many units of a folded SKU an order holds, all its lines together."""

products = Table(
    "products",
    metadata,
    Column("sku", String(120), primary_key=True),
    Column("title", String(500), primary_key=True),
    Column("asin", String(10), primary_key=True),
    Index("products_asin", "asin"),
    sqlite_with_rowid=False,
)
"""Every title and ASIN a folded SKU was sold under, so that they find its SKU without reading all orders."""

stock = Table(
    "stock",
    metadata,
    Column("sku", BYTEWISE, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("counted_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest stock file by folded SKU; a SKU that is not in it is not known."""

promised_goods = Table(
    "promised_goods",
    metadata,
    Column("sku", BYTEWISE, primary_key=True),
    Column("case_id", String(16), primary_key=True),
    Column("units", BigInteger, nullable=False),
    Index("promised_goods_case", "case_id"),
    sqlite_with_rowid=False,
)
"""Units by folded SKU that a case has agreed to send and that have not left. Made from the events."""

rules = Table(
    "rules",
    metadata,
    Column("version", String(12), primary_key=True),
    Column("data", Text, nullable=False),
)
"""The policy files, as JSON, of every version that a case was opened under or has adopted."""

improvements = Table(
    "improvements",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Improvement actions, as JSON: a row for every revision of each."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(128), nullable=False),
)
"""The key of the hashes in ``person_keys``, made once for each database."""
