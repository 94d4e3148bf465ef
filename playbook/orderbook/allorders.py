"""Amazon's order reports (flat files): one row per order item, amounts as line totals.

All-Orders, and the reports on unshipped and on new orders, which carry the recipient. In marketplaces whose
prices include the tax, ``item-tax`` is a part of ``item-price``, not an addition. Columns of other reports
(Prime, item id, units shipped, delivery dates, replacement orders) are read when they are there. The report
on unshipped orders has no prices: they come from another report.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel, Component
from playbook.orderbook import cells
from playbook.orderbook.columns import column_key, places_of
from playbook.orderbook.lines import NOBODY, RawLine
from playbook.orderbook.markets import Markets, by_name, guess
from playbook.orderbook.refusals import RowRefused
from playbook.orderbook.sheets import Sheet
from playbook.store import Recipient

REQUIRED = ("amazon-order-id", "purchase-date", "sku", "quantity")

COLUMNS: dict[str, tuple[str, ...]] = {
    name: (name, *others)
    for name, others in {
        "amazon-order-id": ("order-id",),
        "purchase-date": (),
        "last-updated-date": ("reporting-date", "payments-date"),
        "order-status": (),
        "item-status": (),
        "fulfillment-channel": ("fulfilment-channel",),
        "sales-channel": (),
        "ship-service-level": (),
        "is-prime": (),
        "product-name": ("item-name", "title"),
        "sku": ("seller-sku", "merchant-sku"),
        "asin": (),
        "order-item-id": ("amazon-order-item-id", "order-item-code"),
        "quantity": ("quantity-purchased", "quantity-ordered"),
        "quantity-shipped": (),
        "number-of-items": (),
        "currency": (),
        "item-price": (),
        "item-tax": (),
        "shipping-price": (),
        "shipping-tax": (),
        "gift-wrap-price": ("giftwrap-price",),
        "gift-wrap-tax": (),
        "item-promotion-discount": (),
        "ship-promotion-discount": (),
        "delivered-date": (),
        "latest-delivery-date": ("delivery-end-date",),
        "original-order-id": ("replaced-order-id",),
        "is-business-order": (),
        "purchase-order-number": ("buyer-po-number", "po-number"),
        "tracking-number": (),
        "buyer-email": (),
        "buyer-name": (),
        "recipient-name": (),
        "phone": ("ship-phone-number", "buyer-phone-number"),
        "ship-address-1": (),
        "ship-address-2": (),
        "ship-address-3": (),
        "ship-city": (),
        "ship-state": (),
        "ship-postal-code": (),
        "ship-country": (),
    }.items()
}
"""Our names of the columns, with the spellings of the editions."""

_SIGNS = frozenset({"sales-channel", "order-status"})
_USUAL = frozenset(
    ("amazon-order-id", "purchase-date", "product-name", "sku", "asin", "quantity", "item-price")
)
_PERSONAL = frozenset({"order-id", "order-item-id", "buyer-email", "quantity-purchased"})
_UNPRICED = "quantity-to-ship"

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


def recognises(columns: Iterable[str]) -> bool:
    """Whether these are the columns of an All-Orders report, also when one that we need is missing."""
    keys = set(map(column_key, columns))
    return bool(keys & _SIGNS) and len(keys & _USUAL) >= 4 and not keys >= _PERSONAL


def recognises_unshipped(columns: Iterable[str]) -> bool:
    """Whether these are the columns of the report on unshipped orders."""
    return set(map(column_key, columns)) >= {*_PERSONAL, _UNPRICED}


def recognises_new(columns: Iterable[str]) -> bool:
    """Whether these are the columns of the report on new orders."""
    keys = set(map(column_key, columns))
    return keys >= _PERSONAL and _UNPRICED not in keys


@dataclass(frozen=True, slots=True)
class AllOrders:
    """Reads rows of one report whose columns are known."""

    places: dict[str, int]
    markets: Markets
    priced: bool = True
    zone: str = "UTC"
    known_markets: dict[tuple[str, str, str], Marketplace] = field(default_factory=dict)

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
        market = self._market(cell("sales-channel"), currency, country)
        currency = currency or self.markets[market].currency
        replaces = cells.tidy(cell("original-order-id"), 40)
        unpriced = not self.priced or cancelled or bool(replaces) or status.casefold().startswith("pending")
        return RawLine(
            number=number,
            order_id=order_id,
            sku=sku,
            pieces=_pieces(cell("number-of-items")),
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
            tracking=cells.tidy(cell("tracking-number"), 80),
            recipient=_recipient(cell),
            cells=tuple(row),
        )

    def _market(self, channel: str, currency: str, country: str) -> Marketplace:
        key = (channel, currency, country)
        if key not in self.known_markets:
            found = by_name(channel, self.markets) if channel else None
            self.known_markets[key] = found or guess(currency, country, self.markets)
        return self.known_markets[key]

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


def _pieces(text: str) -> int:
    """How many pieces one unit holds: a pack of ten that is sold as one unit."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 100_000 else 1


def _recipient(cell: Callable[[str], str]) -> Recipient:
    name, buyer = cells.tidy(cell("recipient-name"), 120), cells.tidy(cell("buyer-name"), 120)
    lines = (cell(f"ship-address-{number}") for number in (1, 2, 3))
    found = Recipient(
        name=name or buyer,
        email=cells.tidy(cell("buyer-email"), 200),
        phone=cells.tidy(cell("phone"), 80),
        address=cells.tidy(", ".join(line for line in lines if line), 300),
        postcode=cells.tidy(cell("ship-postal-code"), 20),
        city=cells.tidy(cell("ship-city"), 80),
        state=cells.tidy(cell("ship-state"), 60),
        buyer_name=buyer if name and buyer != name else "",
    )
    return found or NOBODY


def all_orders(sheet: Sheet, markets: Markets) -> AllOrders:
    """The reader for *sheet*. ImportRefused names the columns that are missing."""
    return AllOrders(places_of(sheet, COLUMNS, (*REQUIRED, "item-price")), markets)


def unshipped(sheet: Sheet, markets: Markets) -> AllOrders:
    """The reader for a report without prices. ImportRefused names the columns that are missing."""
    return AllOrders(places_of(sheet, COLUMNS, REQUIRED), markets, priced=False)
