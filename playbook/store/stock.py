"""How many units of a SKU there are: the newest stock file, and nothing older."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from playbook.domain.ids import CaseId
from playbook.store.engine import upsert
from playbook.store.keys import sku_key
from playbook.store.tables import promised_goods, stock

LONGEST_SKU = 120


def put_stock(connection: Connection, units: Mapping[str, int], at: datetime) -> None:
    """Replace all that is known by *units* of each SKU, counted *at*."""
    connection.execute(delete(stock))
    upsert(
        connection,
        stock,
        [{"sku": sku, "units": number, "counted_at": at} for sku, number in _folded(units).items()],
    )


def _folded(units: Mapping[str, int]) -> dict[str, int]:
    """Units by folded SKU."""
    folded: dict[str, int] = {}
    for sku, number in units.items():
        key = sku_key(sku)[:LONGEST_SKU]
        folded[key] = folded.get(key, 0) + number
    return folded


def put_promised(connection: Connection, case_id: CaseId, units: Mapping[str, int]) -> None:
    """Replace what a case has agreed to send by *units* of each SKU."""
    connection.execute(delete(promised_goods).where(promised_goods.c.case_id == case_id))
    rows = [{"sku": sku, "case_id": case_id, "units": number} for sku, number in _folded(units).items()]
    upsert(connection, promised_goods, rows)


def get_promised(connection: Connection, skus: Iterable[str], besides: CaseId) -> dict[str, int]:
    """Units of those of *skus* that cases other than *besides* have agreed to send."""
    keys = {sku: sku_key(sku)[:LONGEST_SKU] for sku in skus}
    query = (
        select(promised_goods.c.sku, func.sum(promised_goods.c.units))
        .where(promised_goods.c.sku.in_(set(keys.values())), promised_goods.c.case_id != besides)
        .group_by(promised_goods.c.sku)
    )
    known = {sku: int(units) for sku, units in connection.execute(query)}
    return {sku: known[key] for sku, key in keys.items() if key in known}


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
