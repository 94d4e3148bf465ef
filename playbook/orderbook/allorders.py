"""Amazon's order reports (flat files): one row per order item, amounts as line totals.

All-Orders, and the reports on unshipped and on new orders, which carry the recipient. In marketplaces whose
prices include the tax, ``item-tax`` is a part of ``item-price``, not an addition. Columns of other reports
(Prime, item id, units shipped, delivery dates, replacement orders) are read when they are there. The report
on unshipped orders has no prices: they come from another report.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

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


_HEAD = (
    *("amazon-order-id", "purchase-date", "last-updated-date", "order-status", "sales-channel", "currency"),
    *("fulfillment-channel", "ship-service-level", "is-prime", "is-business-order", "purchase-order-number"),
    *("latest-delivery-date", "original-order-id", "ship-country", "ship-city", "ship-state"),
    *("ship-postal-code", "buyer-email", "buyer-name", "recipient-name", "phone", "ship-address-1"),
    *("ship-address-2", "ship-address-3"),
)
"""Columns about the order, the same in all its rows."""

_LINE = (
    *("sku", "asin", "product-name", "item-status", "quantity", "quantity-shipped", "number-of-items"),
    *("order-item-id", "delivered-date", "tracking-number"),
)
_AMOUNTS = ("item-price", *_ADDED, *_TAXES)


class _Head(NamedTuple):
    """What the rows of an order have in common."""

    order_id: str
    placed_at: datetime
    current_at: datetime | None
    status: str
    marketplace: Marketplace
    currency: str
    channel: Channel
    business: bool
    po_number: str
    latest_delivery_on: date | None
    replaces: str
    country: str
    recipient: Recipient


class AllOrders:
    """Reads rows of one report whose columns are known.

    Rows of an order mostly follow each other, and what they have in common is read once.
    """

    def __init__(
        self,
        places: Mapping[str, int],
        width: int,
        markets: Markets,
        *,
        priced: bool = True,
        zone: str = "UTC",
    ) -> None:
        self.order_column = places["amazon-order-id"]
        self._width = width
        self._markets = markets
        self._priced = priced
        self._zone = zone
        self._known_markets: dict[tuple[str, str, str], Marketplace] = {}
        self._head_of, self._line_of, self._amounts_of = (
            itemgetter(*(places.get(name, width) for name in names)) for names in (_HEAD, _LINE, _AMOUNTS)
        )
        self._last: tuple[tuple[str, ...], _Head] | None = None

    def read(self, number: int, row: Sequence[str]) -> RawLine:
        """One row as one line. RowRefused with the reason when it is none."""
        whole = (*row[: self._width], "")
        sku, asin, title, item_status, quantity, shipped, pieces, item_id, delivered, tracking = map(
            str.strip, self._line_of(whole)
        )
        if not (sku := cells.tidy(sku, 100)):
            raise RowRefused("row_no_sku")
        head = self._read_head(self._head_of(whole))
        status = item_status or head.status
        cancelled = status.casefold().startswith("cancel")
        if cancelled and quantity in {"", "0"}:
            raise RowRefused("row_cancelled_empty")
        units = cells.units(quantity)
        pending = head.status.casefold().startswith("pending")
        unpriced = not self._priced or cancelled or bool(head.replaces) or pending
        tax_included = self._markets[head.marketplace].tax_included
        return RawLine(
            number=number,
            order_id=head.order_id,
            sku=sku,
            title=cells.tidy(title),
            units=units,
            currency=head.currency,
            amounts=_amounts(self._amounts_of(whole), unpriced, tax_included),
            placed_at=head.placed_at,
            marketplace=head.marketplace,
            channel=head.channel,
            asin=asin.upper(),
            order_item_id=item_id if item_id.isdigit() else cells.number_text(item_id),
            pieces=_pieces(pieces),
            shipped=_shipped(shipped, status, units),
            cancelled=cancelled,
            delivered_on=_day(delivered) if delivered else None,
            business=head.business,
            po_number=head.po_number,
            country=head.country,
            status=head.status,
            latest_delivery_on=head.latest_delivery_on,
            replaces=head.replaces,
            current_at=head.current_at,
            tracking=cells.tidy(tracking, 80),
            recipient=head.recipient,
            cells=tuple(row),
        )

    def _read_head(self, common: tuple[str, ...]) -> _Head:
        if self._last is None or self._last[0] != common:
            self._last = common, self._new_head(dict(zip(_HEAD, map(str.strip, common), strict=True)))
        return self._last[1]

    def _new_head(self, cell: Mapping[str, str]) -> _Head:
        country, currency = cell["ship-country"], cell["currency"].upper()
        market = self._market(cell["sales-channel"], currency, country)
        updated, latest = cell["last-updated-date"], cell["latest-delivery-date"]
        return _Head(
            order_id=cells.tidy(cell["amazon-order-id"], 41),
            placed_at=cells.moment(cell["purchase-date"], self._zone),
            current_at=cells.moment(updated, self._zone) if updated else None,
            status=cells.tidy(cell["order-status"], 40),
            marketplace=market,
            currency=currency or self._markets[market].currency,
            channel=_channel(cell["fulfillment-channel"], cell["ship-service-level"], cell["is-prime"]),
            business=cells.flag(cell["is-business-order"]),
            po_number=cells.tidy(cell["purchase-order-number"], 80),
            latest_delivery_on=_day(latest),
            replaces=cells.tidy(cell["original-order-id"], 40),
            country=cells.tidy(country, 60),
            recipient=_recipient(cell),
        )

    def _market(self, channel: str, currency: str, country: str) -> Marketplace:
        key = (channel, currency, country)
        if key not in self._known_markets:
            found = by_name(channel, self._markets) if channel else None
            self._known_markets[key] = found or guess(currency, country, self._markets)
        return self._known_markets[key]


@lru_cache(maxsize=50_000)
def _amounts(texts: tuple[str, ...], unpriced: bool, tax_included: bool) -> Mapping[Component, Decimal]:
    """The amounts of a row by component; remembered, because rows repeat them."""
    cell = dict(zip(_AMOUNTS, texts, strict=True))
    item = cells.amount(cell["item-price"])
    if item is None and not unpriced:
        raise RowRefused("row_no_price")
    amounts = {Component.ITEM: item or Decimal(0)}
    for column, component in (_ADDED if tax_included else _ADDED | _TAXES).items():
        if (value := cells.amount(cell[column])) is not None:
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


def _recipient(cell: Mapping[str, str]) -> Recipient:
    name, buyer = cells.tidy(cell["recipient-name"], 120), cells.tidy(cell["buyer-name"], 120)
    lines = (cell[f"ship-address-{number}"] for number in (1, 2, 3))
    found = Recipient(
        name=name or buyer,
        email=cells.tidy(cell["buyer-email"], 200),
        phone=cells.tidy(cell["phone"], 80),
        address=cells.tidy(", ".join(line for line in lines if line), 300),
        postcode=cells.tidy(cell["ship-postal-code"], 20),
        city=cells.tidy(cell["ship-city"], 80),
        state=cells.tidy(cell["ship-state"], 60),
        buyer_name=buyer if name and buyer != name else "",
    )
    return found or NOBODY


def all_orders(sheet: Sheet, markets: Markets) -> AllOrders:
    """The reader for *sheet*. ImportRefused names the columns that are missing."""
    places = places_of(sheet, COLUMNS, (*REQUIRED, "item-price"))
    return AllOrders(places, len(sheet.columns), markets)


def unshipped(sheet: Sheet, markets: Markets) -> AllOrders:
    """The reader for a report without prices. ImportRefused names the columns that are missing."""
    return AllOrders(places_of(sheet, COLUMNS, REQUIRED), len(sheet.columns), markets, priced=False)
