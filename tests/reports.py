"""Report files for tests, written cell by cell: everything has a default, name only what matters."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.orderbook import ImportResult, Skipped, import_file
from playbook.store import SqlStore
from tests.builders import NOW, ORDER_ID, the_policy

ALL_ORDERS = {
    "amazon-order-id": str(ORDER_ID),
    "merchant-order-id": "M-1",
    "purchase-date": "2026-11-10T09:15:00+00:00",
    "last-updated-date": "2026-11-12T09:15:00+00:00",
    "order-status": "Shipped",
    "fulfillment-channel": "Merchant",
    "sales-channel": "Amazon.com",
    "ship-service-level": "Standard",
    "product-name": "Desk lamp, brass",
    "sku": "LAMP-BR",
    "asin": "B0LAMPBR01",
    "item-status": "Shipped",
    "quantity": "6",
    "currency": "USD",
    "item-price": "120.00",
    "item-tax": "9.90",
    "shipping-price": "12.00",
    "shipping-tax": "0.99",
    "gift-wrap-price": "",
    "gift-wrap-tax": "",
    "item-promotion-discount": "",
    "ship-promotion-discount": "",
    "ship-city": "Boise",
    "ship-state": "ID",
    "ship-postal-code": "83702",
    "ship-country": "US",
    "is-business-order": "false",
    "purchase-order-number": "",
}
"""One row of an All-Orders report: six lamps sold in the US and shipped by the seller."""

TABLE = {
    "Invoice": "536488",
    "StockCode": "22960",
    "Description": "JAM MAKING SET WITH JARS",
    "Quantity": "8",
    "InvoiceDate": "2010-12-01 12:31:00",
    "Price": "4.25",
    "Customer ID": "17897",
    "Country": "United Kingdom",
}
"""One row of a shop that is not on Amazon."""

_SHOP = """\
order_id: Invoice
placed_at: {column: InvoiceDate, timezone: Europe/London}
sku: StockCode
title: Description
units: Quantity
unit_price: Price
currency: {const: GBP}
channel: {const: FBM}
"""

MAPPING = (
    _SHOP
    + """\
buyer: Customer ID
country: Country
"""
)
"""The mapping file for that shop, which is also the shape of uci_online_retail."""

DELIVERED_MAPPING = (
    _SHOP
    + """\
delivered_at: {column: Delivered, timezone: Europe/London}
shipped_units: Quantity
marketplace: {const: UK}
"""
)
"""The same for orders that were delivered, without buyers."""


def row(base: Mapping[str, str], **cells: str) -> dict[str, str]:
    """*base* with other cells: ``row(ALL_ORDERS, item_price="1.00")``."""
    known = {name.replace("-", "_").replace(" ", "_"): name for name in base}
    return {**base, **{known.get(name, name.replace("_", "-")): text for name, text in cells.items()}}


def written(path: Path, rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8") -> Path:
    """*rows* as a file: tab separated without quotes when the name says so, else a CSV file."""
    names = list(dict.fromkeys(name for one in rows for name in one))
    if path.suffix == ".tsv":
        lines = ["\t".join(names), *("\t".join(one.get(name, "") for name in names) for one in rows)]
        text = "\r\n".join(lines) + "\r\n"
    else:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
        text = buffer.getvalue()
    path.write_bytes(text.encode(encoding))
    return path


class Book:
    """An order book and a folder for report files."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.skipped: list[Skipped] = []

    def put(self, path: Path, **options: Any) -> ImportResult:
        """Import a file; the rows that are left out are in ``skipped``."""
        self.skipped = []
        return import_file(
            self.store, path, markets=the_policy().markets, at=NOW, on_skip=self.skipped.append, **options
        )

    def all_orders(self, *rows: Mapping[str, str], name: str = "all.tsv", **options: Any) -> ImportResult:
        """Import rows of an All-Orders report."""
        return self.put(written(self.folder / name, rows), **options)

    def table(
        self,
        *rows: Mapping[str, str],
        mapping: str = MAPPING,
        name: str = "shop.csv",
        encoding: str = "utf-8",
        **options: Any,
    ) -> ImportResult:
        """Import rows of any table with a mapping file."""
        map_file = self.folder / "map.yaml"
        map_file.write_text(mapping, encoding="utf-8")
        path = written(self.folder / name, rows, encoding=encoding)
        return self.put(path, map_file=map_file, **options)

    def order(self, order_id: str = ORDER_ID) -> Order:
        """An order that must be in the book."""
        order = self.store.order(OrderId(order_id))
        assert order is not None
        return order

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """Line and code of every row that was left out."""
        return [(one.line, one.why.code) for one in self.skipped]
