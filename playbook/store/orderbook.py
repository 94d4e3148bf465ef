"""The order book: orders with their lines, and the keys to find them by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, select

from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.store import vault
from playbook.store.engine import put_rows
from playbook.store.keys import Key, order_keys, sku_key, units_by_sku
from playbook.store.merging import merge_orders
from playbook.store.tables import order_items, orders, products, utc_text
from playbook.store.tables import order_keys as key_rows
from playbook.store.values import OrderEntry, OrdersSaved

LONGEST_KEY = 120
LONGEST_TITLE = 500
MOST_POSTINGS = 2000
"""So many orders that hold one product are looked at, the last imported first."""


@dataclass(frozen=True, slots=True)
class Holds:
    """A product that an order must hold: any of these folded SKUs, at least so many units."""

    skus: frozenset[str]
    units: int = 1


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
    ids = [entry.order.order_id for entry in entries]
    numbers = _order_numbers(connection, ids)
    known = get_orders(connection, list(numbers)) if numbers else {}
    free = connection.execute(select(func.coalesce(func.max(orders.c.order_no), 0))).scalar_one() + 1
    rows: dict[int, tuple[object, ...]] = {}
    keys: list[tuple[str, str, int]] = []
    items: dict[tuple[str, int], int] = {}
    sold: set[tuple[str, str, str]] = set()
    added = changed = unchanged = 0
    for entry in entries:
        order_id = entry.order.order_id
        before = known.get(order_id)
        after = merge_orders(before, entry.order) if before else entry.order
        if order_id not in numbers:
            numbers[order_id] = free
            free += 1
        number = numbers[order_id]
        keys += [(kind, value[:LONGEST_KEY], number) for kind, value in order_keys(entry, after) if value]
        if after is before:
            unchanged += 1
            continue
        added, changed = (added, changed + 1) if before else (added + 1, changed)
        known[order_id] = after
        data = after.model_dump_json(exclude_defaults=True)
        rows[number] = (number, order_id, utc_text(after.placed_at), source, data)
        for sku, units in units_by_sku(after).items():
            items[sku[:LONGEST_KEY], number] = units
        sold.update(
            (sku_key(line.sku)[:LONGEST_KEY], line.title[:LONGEST_TITLE], line.asin or "")
            for line in after.lines
        )
    put_rows(connection, orders, list(rows.values()))
    put_rows(connection, key_rows, sorted(set(keys)), replace=False)
    put_rows(connection, order_items, [(*place, units) for place, units in sorted(items.items())])
    put_rows(connection, products, sorted(sold), replace=False)
    vault.put_recipients(
        connection,
        [
            (numbers[entry.order.order_id], entry.order.order_id, entry.recipient, entry.purge_after)
            for entry in entries
            if entry.recipient and entry.purge_after is not None
        ],
    )
    return OrdersSaved(added, changed, unchanged)


def _order_numbers(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, int]:
    found = connection.execute(
        select(orders.c.order_id, orders.c.order_no).where(orders.c.order_id.in_(order_ids))
    )
    return {OrderId(order_id): number for order_id, number in found}


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
        select(orders.c.order_id, count)
        .join(key_rows, orders.c.order_no == key_rows.c.order_no)
        .where(where)
        .group_by(orders.c.order_no, orders.c.order_id, orders.c.placed_at)
        .order_by(count.desc(), orders.c.placed_at.desc(), orders.c.order_id)
        .limit(limit)
    )
    if before is not None:
        query = query.where(orders.c.placed_at <= before)
    return {OrderId(order_id): hits for order_id, hits in connection.execute(query).all()}


def find_by_products(
    connection: Connection,
    wanted: Sequence[Holds],
    *,
    buyer: str | None = None,
    before: datetime | None = None,
    limit: int = 200,
) -> dict[OrderId, int]:
    """Orders by how many of the *wanted* products they hold: most first, then the latest placed.

    Of *buyer* only, when given. Without a buyer the orders that hold all of them are looked for first,
    from the rarest product on; only when there are none, those that hold some.
    """
    if not wanted:
        return {}
    if buyer is not None:
        return _of_buyer(connection, wanted, buyer, before, limit)
    counted = sorted(((_how_many(connection, one), place) for place, one in enumerate(wanted)))
    rarest = [wanted[place] for count, place in counted if count]
    if not rarest:
        return {}
    if len(rarest) == len(wanted):
        numbers = _holding(connection, rarest, before)
        if numbers:
            return _sorted(connection, dict.fromkeys(numbers, len(wanted)), limit)
    hits = Counter[int]()
    for one in rarest:
        hits.update(_holding(connection, [one], before))
    most = sorted(hits.items(), key=lambda hit: (-hit[1], -hit[0]))[:MOST_POSTINGS]
    return _sorted(connection, dict(most), limit)


def _holds(one: Holds, order_no: ColumnElement[int]) -> ColumnElement[bool]:
    item = order_items.alias()
    return exists(
        select(literal(1)).where(
            item.c.sku.in_(sorted(one.skus)), item.c.order_no == order_no, item.c.units >= one.units
        )
    )


def _how_many(connection: Connection, one: Holds) -> int:
    item = order_items.c
    some = (
        select(item.order_no)
        .where(item.sku.in_(sorted(one.skus)), item.units >= one.units)
        .limit(MOST_POSTINGS)
        .subquery()
    )
    count: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return count


def _holding(connection: Connection, wanted: Sequence[Holds], before: datetime | None) -> set[int]:
    """The last imported orders that hold all of the products, as far as they are not too many."""
    first, *others = wanted
    item = order_items.c
    query = (
        select(item.order_no)
        .where(item.sku.in_(sorted(first.skus)), item.units >= first.units)
        .where(*(_holds(one, item.order_no) for one in others))
        .order_by(item.order_no.desc())
        .limit(MOST_POSTINGS)
    )
    if before is not None:
        placed = select(orders.c.placed_at).where(orders.c.order_no == item.order_no).scalar_subquery()
        query = query.where(placed <= before)
    return set(connection.execute(query).scalars())


def _sorted(connection: Connection, hits: Mapping[int, int], limit: int) -> dict[OrderId, int]:
    found = connection.execute(
        select(orders.c.order_no, orders.c.order_id, orders.c.placed_at).where(
            orders.c.order_no.in_(list(hits))
        )
    ).all()
    ranked = sorted(found, key=lambda row: (-hits[row[0]], -row[2].timestamp(), row[1]))
    return {OrderId(order_id): hits[number] for number, order_id, _ in ranked[:limit]}


def _of_buyer(
    connection: Connection, wanted: Sequence[Holds], buyer: str, before: datetime | None, limit: int
) -> dict[OrderId, int]:
    own = select(key_rows.c.order_no).where(
        key_rows.c.kind == Key.BUYER.value, key_rows.c.value == buyer[:LONGEST_KEY]
    )
    columns = [_holds(one, orders.c.order_no) for one in wanted]
    query = select(orders.c.order_id, orders.c.placed_at, *columns).where(orders.c.order_no.in_(own))
    if before is not None:
        query = query.where(orders.c.placed_at <= before)
    hits = [(sum(row[2:]), row[1], row[0]) for row in connection.execute(query)]
    ranked = sorted(hits, key=lambda hit: (-hit[0], -hit[1].timestamp(), hit[2]))
    return {OrderId(order_id): count for count, _, order_id in ranked[:limit] if count}


def product_titles(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Every (folded SKU, title) that was ever sold."""
    query = select(products.c.sku, products.c.title).distinct().order_by(products.c.sku, products.c.title)
    return tuple((row.sku, row.title) for row in connection.execute(query))


def skus_of_asin(connection: Connection, asin: str) -> frozenset[str]:
    """The folded SKUs that were sold under an ASIN."""
    return frozenset(connection.execute(select(products.c.sku).where(products.c.asin == asin)).scalars())
