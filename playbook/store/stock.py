"""How many units of a SKU there are: the newest stock file, and nothing older."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from playbook.store.engine import upsert
from playbook.store.keys import sku_key
from playbook.store.tables import stock

LONGEST_SKU = 120


def put_stock(connection: Connection, units: Mapping[str, int], at: datetime) -> None:
    """Replace all that is known by *units* of each SKU, counted *at*."""
    connection.execute(delete(stock))
    counted: dict[str, int] = {}
    for sku, number in units.items():
        key = sku_key(sku)[:LONGEST_SKU]
        counted[key] = counted.get(key, 0) + number
    upsert(
        connection,
        stock,
        [{"sku": sku, "units": number, "counted_at": at} for sku, number in counted.items()],
    )


def get_stock(connection: Connection, skus: Iterable[str]) -> dict[str, int]:
    """Units of those of *skus* that the file named."""
    keys = {sku: sku_key(sku)[:LONGEST_SKU] for sku in skus}
    query = select(stock.c.sku, stock.c.units).where(stock.c.sku.in_(set(keys.values())))
    known = {sku: int(units) for sku, units in connection.execute(query)}
    return {sku: known[key] for sku, key in keys.items() if key in known}


def stock_taken(connection: Connection) -> tuple[int, datetime] | None:
    """How many SKUs were counted, and when; None without a stock file."""
    count, at = connection.execute(select(func.count(), func.max(stock.c.counted_at))).one()
    return (int(count), at) if count else None
