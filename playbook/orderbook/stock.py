"""Stock files: how many units of each SKU can be sent."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playbook.orderbook import cells
from playbook.orderbook.columns import places_of
from playbook.orderbook.refusals import RowRefused, Skipped
from playbook.orderbook.sheets import open_text
from playbook.store import Store

COLUMNS = {
    "sku": ("sku", "seller-sku", "msku"),
    "units": ("units", "quantity", "afn-fulfillable-quantity", "available", "stock"),
}
"""The columns of a stock file by our names, with the spellings of seller's own inventory reports."""

MOST_UNITS = 1_000_000_000
_UNITS = re.compile(r"([0-9]{1,9})(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class StockRead:
    """What a stock file said: how many SKUs, and the rows that could not be read."""

    skus: int
    skipped: tuple[Skipped, ...] = ()


def import_stock(store: Store, path: Path, *, at: datetime) -> StockRead:
    """Take over a CSV or TSV file with the columns ``sku`` and ``units``; rows of one SKU are summed.

    It replaces the stock file before. ImportRefused when it is no such table; when no row of it can be
    read, nothing is replaced.
    """
    sheet = open_text(path)
    places = places_of(sheet, COLUMNS, COLUMNS)
    units: dict[str, int] = {}
    skipped = []
    for number, row in sheet.rows():
        try:
            sku, counted = (row[places[name]] if len(row) > places[name] else "" for name in COLUMNS)
            named = _named(sku)
            units[named] = min(units.get(named, 0) + _counted(counted), MOST_UNITS)
        except RowRefused as refused:
            skipped.append(Skipped(number, "", refused.why))
    if units:
        store.put_stock(units, at)
    return StockRead(len(units), tuple(skipped))


def _named(text: str) -> str:
    sku = cells.number_text(text)
    if not sku:
        raise RowRefused("row_no_sku")
    return sku


def _counted(text: str) -> int:
    match = _UNITS.fullmatch(text.strip())
    if match is None:
        raise RowRefused("row_stock", text=repr(cells.tidy(text, 40)))
    return int(match[1])
