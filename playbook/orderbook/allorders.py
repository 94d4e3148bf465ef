"""Amazon's All-Orders report (flat file): one row per order item, amounts as line totals.

In marketplaces whose prices include the tax, ``item-tax`` is a part of ``item-price``, not an addition.
Columns of other reports (Prime, item id, units shipped, delivery dates, replacement orders) are read
when they are there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from playbook.domain.orders import Channel, Component
from playbook.orderbook import cells
from playbook.orderbook.lines import RawLine
from playbook.orderbook.markets import Markets, by_sales_channel, guess
from playbook.orderbook.refusals import ImportRefused, RowRefused
from playbook.orderbook.sheets import Sheet
from playbook.store import Recipient

REQUIRED = ("amazon-order-id", "purchase-date", "sku", "quantity", "item-price")

VARIANTS: dict[str, tuple[str, ...]] = {
    "amazon-order-id": ("order-id",),
    "sku": ("seller-sku", "merchant-sku"),
    "quantity": ("quantity-purchased", "quantity-ordered"),
    "product-name": ("item-name", "title"),
    "order-item-id": ("amazon-order-item-id", "order-item-code"),
    "purchase-order-number": ("buyer-po-number", "po-number"),
    "fulfillment-channel": ("fulfilment-channel",),
    "gift-wrap-price": ("giftwrap-price",),
    "latest-delivery-date": ("promise-date", "delivery-end-date"),
    "original-order-id": ("replaced-order-id",),
}
"""Column names that other editions of the report use."""

_SIGNS = frozenset({"sales-channel", "order-status"})
_USUAL = frozenset(
    ("amazon-order-id", "purchase-date", "product-name", "sku", "asin", "quantity", "item-price")
)

_ADDED = {
    "shipping-price": Component.SHIPPING,
    "gift-wrap-price": Component.GIFT_WRAP,
    "item-promotion-discount": Component.PROMOTION,
    "ship-promotion-discount": Component.SHIPPING_PROMOTION,
}
_TAXES = {
    "item-tax": Component.ITEM_TAX,
    "shipping-tax": Component.SHIPPING_TAX,
    "gift-wrap-tax": Component.GIFT_WRAP_TAX,
}


def column_key(name: str) -> str:
    """A column name in one spelling: lower case, words joined by dashes."""
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())


def recognises(columns: Sequence[str]) -> bool:
    """Whether these are the columns of an All-Orders report, also when one that we need is missing."""
    keys = {column_key(name) for name in columns}
    return bool(keys & _SIGNS) and len(keys & _USUAL) >= 4


@dataclass(frozen=True, slots=True)
class AllOrders:
    """Reads rows of one report whose columns are known."""

    places: dict[str, int]
    markets: Markets
    zone: str = "UTC"

    @property
    def order_column(self) -> int:
        """Where the order number stands."""
        return self.places["amazon-order-id"]

    def read(self, number: int, row: Sequence[str]) -> RawLine:
        """One row as one line. RowRefused with the reason when it is none."""

        def cell(name: str) -> str:
            place = self.places.get(name)
            return "" if place is None else row[place].strip()

        order_id = cells.tidy(cell("amazon-order-id"), 41)
        sku = cells.tidy(cell("sku"), 100)
        if not sku:
            raise RowRefused("row_no_sku")
        status, item_status = cell("order-status"), cell("item-status")
        cancelled = (item_status or status).casefold().startswith("cancel")
        if cancelled and cell("quantity") in {"", "0"}:
            raise RowRefused("row_cancelled_empty")
        units = cells.units(cell("quantity"))
        country = cell("ship-country")
        currency = cell("currency").upper()
        market = by_sales_channel(cell("sales-channel"), self.markets) or guess(
            currency, country, self.markets
        )
        currency = currency or self.markets[market].currency
        replaces = cells.tidy(cell("original-order-id"), 40)
        unpriced = cancelled or bool(replaces) or status.casefold().startswith("pending")
        return RawLine(
            number=number,
            order_id=order_id,
            sku=sku,
            title=cells.tidy(cell("product-name")),
            units=units,
            currency=currency,
            amounts=self._amounts(cell, unpriced, self.markets[market].tax_included),
            placed_at=cells.moment(cell("purchase-date"), self.zone),
            marketplace=market,
            channel=_channel(cell("fulfillment-channel"), cell("ship-service-level"), cell("is-prime")),
            asin=cell("asin").upper(),
            order_item_id=cells.number_text(cell("order-item-id")),
            shipped=_shipped(cell("quantity-shipped"), item_status or status, units),
            cancelled=cancelled,
            delivered_on=_day(cell("delivered-date")),
            business=cells.flag(cell("is-business-order")),
            po_number=cells.tidy(cell("purchase-order-number"), 80),
            country=cells.tidy(country, 60),
            status=cells.tidy(status, 40),
            latest_delivery_on=_day(cell("latest-delivery-date")),
            replaces=replaces,
            current_at=cells.moment(updated, self.zone) if (updated := cell("last-updated-date")) else None,
            recipient=Recipient(
                postcode=cells.tidy(cell("ship-postal-code"), 20),
                city=cells.tidy(cell("ship-city"), 80),
                state=cells.tidy(cell("ship-state"), 60),
            ),
            cells=tuple(row),
        )

    def _amounts(
        self, cell: Callable[[str], str], unpriced: bool, tax_included: bool
    ) -> dict[Component, Decimal]:
        item = cells.amount(cell("item-price"))
        if item is None and not unpriced:
            raise RowRefused("row_no_price")
        amounts = {Component.ITEM: item or Decimal(0)}
        for column, component in (_ADDED if tax_included else _ADDED | _TAXES).items():
            if (value := cells.amount(cell(column))) is not None:
                amounts[component] = value
        return amounts


def _channel(fulfilment: str, service: str, prime: str) -> Channel:
    if fulfilment.casefold() in {"amazon", "afn", "fba"} or fulfilment.casefold().startswith("amazon_"):
        return Channel.FBA
    is_prime = cells.flag(prime) or "prime" in service.casefold()
    return Channel.SFP if is_prime else Channel.FBM


def _shipped(quantity: str, status: str, units: int) -> int:
    if quantity:
        return min(int(quantity), units) if quantity.isdigit() else 0
    return units if status.casefold().startswith(("shipped", "delivered", "complete")) else 0


def _day(text: str) -> date | None:
    return None if cells.is_empty(text) else cells.moment(text).date()


def all_orders(sheet: Sheet, markets: Markets) -> AllOrders:
    """The reader for *sheet*. ImportRefused names the columns that are missing."""
    present = {column_key(name): place for place, name in reversed(list(enumerate(sheet.columns)))}
    places = {**present}
    for name, others in VARIANTS.items():
        place = next((present[key] for key in (name, *others) if key in present), None)
        if place is not None:
            places[name] = place
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise ImportRefused(
            "import_columns_missing",
            file=sheet.name,
            missing=", ".join(missing),
            found=", ".join(sheet.columns),
        )
    return AllOrders(places, markets)
