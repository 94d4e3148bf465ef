"""The order book: orders with their lines, and the keys to find them by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.store import vault
from playbook.store.engine import put_rows
from playbook.store.keys import Key, units_by_sku
from playbook.store.merging import link_replacement, merge_orders
from playbook.store.tables import order_items, orders, products, utc_text
from playbook.store.tables import order_keys as key_rows
from playbook.store.values import OrdersSaved, Recipient, StoredOrder, UnitsSold

LONGEST_KEY = 120
LONGEST_TITLE = 500
MOST_POSTINGS = 2000
"""So many orders that hold one product are looked at, the last imported first."""
FALLBACKS = 2
"""When no order holds all products, those that hold one of so many of the rarest are looked at."""
MOST_RANKED = 200
"""Of those that hold as many of the products, so many are looked at, the last imported first."""

SUMS_AT_ONCE = 10_000

_FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Holds:
    """A product that an order must hold: any of these folded SKUs, at least so many units."""

    skus: frozenset[str]
    units: int = 1


_ORDERS = select(orders.c.order_id, orders.c.data).where(
    orders.c.order_id.in_(bindparam("order_ids", expanding=True))
)


def get_order(connection: Connection, order_id: OrderId) -> Order | None:
    """An order of the book, or None."""
    return get_orders(connection, [order_id]).get(order_id)


def get_orders(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, Order]:
    """Those of *order_ids* that are in the book."""
    found = connection.execute(_ORDERS, {"order_ids": order_ids})
    return {row.order_id: Order.model_validate_json(row.data) for row in found}


def put_orders(connection: Connection, entries: Sequence[StoredOrder], source: str) -> OrdersSaved:
    """Add or merge *entries*; see `merge_orders`. Personal parts go to the vault.

    Originals are told of their replacement orders, whichever of the two comes first.
    """
    known = _known(connection, [entry.order_id for entry in entries])
    free = connection.execute(select(func.coalesce(func.max(orders.c.order_no), 0))).scalar_one() + 1
    rows: dict[int, tuple[object, ...]] = {}
    keys: list[tuple[str, str, int]] = []
    items: dict[tuple[str, int], int] = {}
    sold: set[tuple[str, str, str]] = set()
    persons: list[tuple[int, OrderId, Recipient, date]] = []
    added = changed = unchanged = 0
    for order_id, placed_at, data, its_keys, units, its_sold, _, recipient, purge_after in entries:
        number, before = known.get(order_id, (free, ""))
        keys += [(kind, value[:LONGEST_KEY], number) for kind, value in its_keys if value]
        if recipient and purge_after is not None:
            persons.append((number, order_id, recipient, purge_after))
        if not before:
            free, added = free + 1, added + 1
            known[order_id] = number, data
            rows[number] = (number, order_id, placed_at, source, data)
        elif (merged := _merged(before, data)) is None:
            unchanged += 1
            continue
        else:
            changed += 1
            data = merged.model_dump_json(exclude_defaults=True)  # noqa: PLW2901 - both together
            units = units_by_sku(merged)  # noqa: PLW2901
            known[order_id] = number, data
            rows[number] = (number, order_id, utc_text(merged.placed_at), source, data)
        for sku, count in units.items():
            items[sku[:LONGEST_KEY], number] = count
        sold.update(its_sold)
    put_rows(connection, orders, list(rows.values()))
    put_rows(connection, key_rows, sorted(set(keys)), replace=False)
    put_rows(connection, order_items, [(*place, units) for place, units in sorted(items.items())])
    cut = {(sku[:LONGEST_KEY], title[:LONGEST_TITLE], asin) for sku, title, asin in sold}
    put_rows(connection, products, sorted(cut), replace=False)
    vault.put_recipients(connection, persons)
    _link_replacements(connection, entries, source)
    return OrdersSaved(added, changed, unchanged)


def _known(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, tuple[int, str]]:
    found = connection.execute(
        select(orders.c.order_id, orders.c.order_no, orders.c.data).where(orders.c.order_id.in_(order_ids))
    )
    return {OrderId(order_id): (number, data) for order_id, number, data in found}


def _merged(before: str, data: str) -> Order | None:
    """What both say together; None when that is nothing new."""
    if before == data:
        return None
    known = Order.model_validate_json(before)
    merged = merge_orders(known, Order.model_validate_json(data))
    return None if merged is known else merged


def _link_replacements(connection: Connection, entries: Sequence[StoredOrder], source: str) -> None:
    """Tell originals of their replacement orders where one of the two is among *entries*."""
    key = key_rows.c
    replaced = [key.value.in_([entry.order_id[:LONGEST_KEY] for entry in entries])]
    if originals := {entry.replaces[:LONGEST_KEY] for entry in entries if entry.replaces}:
        replaced.append(key.value.in_(originals))
    query = select(orders.c.data).join(key_rows, orders.c.order_no == key.order_no)
    found = connection.execute(query.where(key.kind == Key.REPLACES.value, or_(*replaced))).scalars()
    replacements = [Order.model_validate_json(data) for data in found]
    if not replacements:
        return
    known = _known(connection, [order.replaces for order in replacements if order.replaces])
    rows: dict[int, tuple[object, ...]] = {}
    for replacement in replacements:
        if replacement.replaces in known:
            number, data = known[replacement.replaces]
            original = Order.model_validate_json(data)
            linked = link_replacement(original, replacement)
            if linked != original:
                after = linked.model_dump_json(exclude_defaults=True)
                known[linked.order_id] = number, after
                rows[number] = (number, linked.order_id, utc_text(linked.placed_at), source, after)
    put_rows(connection, orders, list(rows.values()))


def _by_keys(where: ColumnElement[bool]) -> Select[Any]:
    """The orders with keys, built once: building a statement takes longer than running it."""
    count = func.count().label("hits")
    return (
        select(orders.c.order_id, count)
        .join(key_rows, orders.c.order_no == key_rows.c.order_no)
        .where(key_rows.c.kind == bindparam("kind"), where, orders.c.placed_at <= bindparam("before"))
        .group_by(orders.c.order_no, orders.c.order_id, orders.c.placed_at)
        .order_by(count.desc(), orders.c.placed_at.desc(), orders.c.order_id)
        .limit(bindparam("most"))
    )


_WITH_KEY = _by_keys(key_rows.c.value.in_(bindparam("values", expanding=True)))
_WITH_PREFIX = _by_keys(and_(key_rows.c.value >= bindparam("first"), key_rows.c.value < bindparam("end")))
_WITH_FRAGMENT = _by_keys(key_rows.c.value.contains(bindparam("fragment"), autoescape=False))


def find_by_key(
    connection: Connection,
    kind: Key,
    values: Iterable[str],
    *,
    before: datetime | None = None,
    limit: int = 200,
) -> dict[OrderId, int]:
    """Orders by how many of *values* are keys of them: most hits first, then the latest placed."""
    return _hits(connection, _WITH_KEY, kind, before, limit, values=[value[:LONGEST_KEY] for value in values])


def find_by_prefix(
    connection: Connection, kind: Key, prefix: str, *, before: datetime | None = None, limit: int = 50
) -> dict[OrderId, int]:
    """Orders with a key that begins with *prefix*, the latest placed first; none for an empty one."""
    if not prefix:
        return {}
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return _hits(connection, _WITH_PREFIX, kind, before, limit, first=prefix, end=end)


def find_by_fragment(
    connection: Connection, fragment: str, *, before: datetime | None = None, limit: int = 50
) -> dict[OrderId, int]:
    """Orders whose number contains *fragment* anywhere: reads all order numbers, so ask the others first."""
    if not fragment.isalnum():
        return {}
    return _hits(connection, _WITH_FRAGMENT, Key.ORDER, before, limit, fragment=fragment)


def _hits(
    connection: Connection,
    query: Select[Any],
    kind: Key,
    before: datetime | None,
    limit: int,
    **values: object,
) -> dict[OrderId, int]:
    bound = {"kind": kind.value, "before": before or _FOREVER, "most": limit, **values}
    return {OrderId(order_id): hits for order_id, hits in connection.execute(query, bound)}


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
    latest = [(_latest(connection, one), place) for place, one in enumerate(wanted)]
    rarest = [wanted[place] for (count, _), place in sorted(latest) if count]
    if not rarest:
        return {}
    hits: dict[int, int] = {}
    if len(rarest) == len(wanted):
        hits = dict.fromkeys(_holding_all(connection, rarest, before, max(limit, MOST_RANKED)), len(wanted))
    for place in range(0 if hits else min(len(rarest), FALLBACKS)):
        hits |= _holding_some(connection, rarest, place, before, max(limit, MOST_RANKED))
    return _sorted(connection, hits, limit)


def _holds(one: Holds, order_no: ColumnElement[int]) -> ColumnElement[bool]:
    item = order_items.alias()
    return exists(
        select(literal(1)).where(
            item.c.sku.in_(sorted(one.skus)), item.c.order_no == order_no, item.c.units >= one.units
        )
    )


def _latest(connection: Connection, one: Holds) -> tuple[int, int]:
    """How rare a product is: how many orders hold it, up to a few; then how far back those few go."""
    bound = {"skus": sorted(one.skus), "units": one.units, "most": MOST_RANKED}
    count, first = connection.execute(_LATEST, bound).one()
    return count, first or 0


def _with(one: Holds, before: datetime | None) -> Select[Any]:
    """Orders that hold a product, the last imported first."""
    item = order_items.c
    query = (
        select(item.order_no)
        .where(item.sku.in_(sorted(one.skus)), item.units >= one.units)
        .order_by(item.order_no.desc())
    )
    if before is not None:
        placed = select(orders.c.placed_at).where(orders.c.order_no == item.order_no).scalar_subquery()
        query = query.where(placed <= before)
    return query


def _holding_all(
    connection: Connection, wanted: Sequence[Holds], before: datetime | None, limit: int
) -> list[int]:
    """The last imported orders that hold all of the products; the first one leads."""
    first, *others = wanted
    query = _with(first, before).where(*(_holds(one, order_items.c.order_no) for one in others))
    return list(connection.execute(query.limit(limit)).scalars().all())


def _holding_some(
    connection: Connection, wanted: Sequence[Holds], leading: int, before: datetime | None, limit: int
) -> dict[int, int]:
    """Orders that hold the product at *leading*, by how many they hold: those with most of them."""
    led = _with(wanted[leading], before).limit(MOST_POSTINGS).subquery()
    others = [case((_holds(one, led.c.order_no), 1), else_=0) for one in wanted if one is not wanted[leading]]
    count = sum(others, literal(1)).label("hits")
    query = select(led.c.order_no, count).order_by(count.desc(), led.c.order_no.desc()).limit(limit)
    return dict(connection.execute(query).all())


_few = (
    select(order_items.c.order_no)
    .where(
        order_items.c.sku.in_(bindparam("skus", expanding=True)), order_items.c.units >= bindparam("units")
    )
    .order_by(order_items.c.order_no.desc())
    .limit(bindparam("most"))
    .subquery()
)
_LATEST = select(func.count(), func.min(_few.c.order_no))
_PLACED = select(orders.c.order_no, orders.c.order_id, orders.c.placed_at).where(
    orders.c.order_no.in_(bindparam("numbers", expanding=True))
)


def _sorted(connection: Connection, hits: Mapping[int, int], limit: int) -> dict[OrderId, int]:
    found = connection.execute(_PLACED, {"numbers": list(hits)}).all()
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


def units_sold(connection: Connection, first: date, last: date) -> Iterator[UnitsSold]:
    """Units ordered from *first* to *last*, both included (UTC), summed by the database."""
    data = orders.c.data
    is_sqlite = connection.dialect.name == "sqlite"
    fields = type_coerce(data, JSON) if is_sqlite else cast(data, JSON)
    times = type_coerce(orders.c.placed_at, String)
    of_order = (
        select(
            orders.c.order_no,
            func.substr(times, 1, 10).label("on"),
            fields["marketplace"].as_string().label("marketplace"),
        )
        .where(times >= first.isoformat(), times < (last + timedelta(days=1)).isoformat())
        .cte("of_order")
    )
    query = (
        select(
            order_items.c.sku,
            of_order.c.on,
            of_order.c.marketplace,
            func.sum(order_items.c.units).label("units"),
            func.count().label("orders"),
        )
        .join(of_order, order_items.c.order_no == of_order.c.order_no)
        .group_by(order_items.c.sku, of_order.c.on, of_order.c.marketplace)
        .order_by(order_items.c.sku, of_order.c.on, of_order.c.marketplace)
    )
    for row in connection.execution_options(yield_per=SUMS_AT_ONCE).execute(query):
        yield UnitsSold(
            row.sku, date.fromisoformat(row.on), row.marketplace or "", int(row.units), int(row.orders)
        )


def skus_of_asin(connection: Connection, asin: str) -> frozenset[str]:
    """The folded SKUs that were sold under an ASIN."""
    return frozenset(connection.execute(select(products.c.sku).where(products.c.asin == asin)).scalars())
