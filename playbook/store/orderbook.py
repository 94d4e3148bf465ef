"""The order book: orders with their lines, and the keys to find them by."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.store import vault
from playbook.store.engine import insert_new, upsert
from playbook.store.keys import Key, order_keys, sku_key
from playbook.store.merging import merge_orders
from playbook.store.tables import order_keys as key_rows
from playbook.store.tables import orders, products
from playbook.store.values import OrderEntry, OrdersSaved

LONGEST_KEY = 120
LONGEST_TITLE = 500


def get_order(connection: Connection, order_id: OrderId) -> Order | None:
    """An order of the book, or None."""
    data = connection.execute(select(orders.c.data).where(orders.c.order_id == order_id)).scalar()
    return None if data is None else Order.model_validate_json(data)


def get_orders(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, Order]:
    """Those of *order_ids* that are in the book."""
    found = connection.execute(
        select(orders.c.order_id, orders.c.data).where(orders.c.order_id.in_(order_ids))
    )
    return {row.order_id: Order.model_validate_json(row.data) for row in found}


def put_orders(connection: Connection, entries: Sequence[OrderEntry], source: str) -> OrdersSaved:
    """Add or merge *entries*; see `merge_orders`. Personal parts go to the vault."""
    known = get_orders(connection, [entry.order.order_id for entry in entries])
    rows: dict[str, dict[str, object]] = {}
    keys: set[tuple[str, str, str]] = set()
    titles: set[tuple[str, str]] = set()
    added = changed = unchanged = 0
    for entry in entries:
        order_id = entry.order.order_id
        before = known.get(order_id)
        after = merge_orders(before, entry.order) if before else entry.order
        keys.update(
            (kind.value, value[:LONGEST_KEY], order_id)
            for kind, value in order_keys(after, entry.buyer, entry.tracking)
            if value
        )
        if after is before:
            unchanged += 1
            continue
        added, changed = (added, changed + 1) if before else (added + 1, changed)
        known[order_id] = after
        data = after.model_dump_json(exclude_defaults=True)
        rows[order_id] = {"order_id": order_id, "placed_at": after.placed_at, "data": data, "source": source}
        titles.update((sku_key(line.sku)[:LONGEST_KEY], line.title[:LONGEST_TITLE]) for line in after.lines)
    upsert(connection, orders, list(rows.values()))
    insert_new(
        connection,
        key_rows,
        [{"kind": kind, "value": value, "order_id": of} for kind, value, of in sorted(keys)],
    )
    insert_new(connection, products, [{"sku": sku, "title": title} for sku, title in sorted(titles)])
    vault.put_recipients(
        connection,
        [
            (entry.order.order_id, entry.recipient, entry.purge_after)
            for entry in entries
            if entry.recipient and entry.purge_after is not None
        ],
    )
    return OrdersSaved(added, changed, unchanged)


def find_by_key(
    connection: Connection,
    kind: Key,
    values: Iterable[str],
    *,
    before: datetime | None = None,
    limit: int = 200,
) -> dict[OrderId, int]:
    """Orders by how many of *values* are keys of them: most hits first, then the latest placed."""
    wanted = key_rows.c.value.in_([value[:LONGEST_KEY] for value in values])
    return _hits(connection, and_(key_rows.c.kind == kind.value, wanted), before, limit)


def find_by_prefix(
    connection: Connection, kind: Key, prefix: str, *, before: datetime | None = None, limit: int = 50
) -> dict[OrderId, int]:
    """Orders with a key that begins with *prefix*, the latest placed first."""
    value = key_rows.c.value
    begins = and_(value >= prefix, value < prefix[:-1] + chr(ord(prefix[-1]) + 1)) if prefix else value == ""
    return _hits(connection, and_(key_rows.c.kind == kind.value, begins), before, limit)


def find_by_fragment(
    connection: Connection, fragment: str, *, before: datetime | None = None, limit: int = 50
) -> dict[OrderId, int]:
    """Orders whose number contains *fragment* anywhere: reads all order numbers, so ask the others first."""
    contains = key_rows.c.value.contains(fragment, autoescape=True)
    return _hits(connection, and_(key_rows.c.kind == Key.ORDER.value, contains), before, limit)


def _hits(
    connection: Connection, where: ColumnElement[bool], before: datetime | None, limit: int
) -> dict[OrderId, int]:
    count = func.count().label("hits")
    query = (
        select(key_rows.c.order_id, count)
        .join(orders, orders.c.order_id == key_rows.c.order_id)
        .where(where)
        .group_by(key_rows.c.order_id, orders.c.placed_at)
        .order_by(count.desc(), orders.c.placed_at.desc(), key_rows.c.order_id)
        .limit(limit)
    )
    if before is not None:
        query = query.where(orders.c.placed_at <= before)
    return {OrderId(order_id): hits for order_id, hits in connection.execute(query).all()}


def product_titles(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Every (folded SKU, title) that was ever sold."""
    return tuple((row.sku, row.title) for row in connection.execute(select(products)))
