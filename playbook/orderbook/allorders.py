"""Amazon's order reports (flat files): one row per order item, amounts as line totals.

All-Orders, and the reports on unshipped and on new orders, which carry the recipient. In marketplaces whose
prices include the tax, ``item-tax`` is a part of ``item-price``, not an addition. Columns of other reports
(Prime, item id, units shipped, delivery dates, replacement orders) are read when they are there. The report
on unshipped orders has no prices: they come from another report.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel, Component
from playbook.orderbook import cells
from playbook.orderbook.columns import column_key, places_of
from playbook.orderbook.lines import (
    NOBODY,
    Product,
    RawHead,
    RawLine,
    exactly,
    line_data,
    money_text,
    nothing_paid,
    paid_data,
    product,
)
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

_ZERO = Decimal(0)
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
    *("is-business-order", "purchase-order-number"),
    *("latest-delivery-date", "original-order-id", "ship-country", "ship-city", "ship-state"),
    *("ship-postal-code", "buyer-email", "buyer-name", "recipient-name", "phone", "ship-address-1"),
    *("ship-address-2", "ship-address-3"),
)
"""Columns about the order, the same in all its rows."""

_LINE = (
    *("sku", "asin", "product-name", "item-status", "quantity", "quantity-shipped", "number-of-items"),
    *("order-item-id", "delivered-date", "tracking-number"),
)
_CHANNEL = ("fulfillment-channel", "ship-service-level", "is-prime")


class _Pays(NamedTuple):
    """How the lines of an order are paid: which amounts count, whether there must be a price."""

    currency: str
    added: Sequence[tuple[Component, int]]
    has_price: bool
    is_exact: Callable[[str], object]


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
        self._head_of, self._line_of, self._channel_of = (
            itemgetter(*(places.get(name, width) for name in names)) for names in (_HEAD, _LINE, _CHANNEL)
        )
        self._item_price = places.get("item-price", width)
        added = [(component, places[name]) for name, component in _ADDED.items() if name in places]
        taxes = [(component, places[name]) for name, component in _TAXES.items() if name in places]
        self._added = {True: added, False: added + taxes}
        self._last: tuple[RawHead, _Pays]
        self._last_common: tuple[str, ...] = ()

    def read(self, number: int, row: Sequence[str]) -> RawLine:
        """One row as one line. RowRefused with the reason when it is none."""
        whole = row if len(row) > self._width else [*row, ""]
        sku, asin, title, item_status, quantity, shipped, pieces, item_id, delivered, tracking = map(
            str.strip, self._line_of(whole)
        )
        bought = _product(sku, title, asin)
        if (common := self._head_of(whole)) != self._last_common:
            self._last, self._last_common = self._read_common(common), common
        head, pays = self._last
        units, sent, cancelled = _counted(quantity, shipped, item_status or head.status)
        paid = self._paid(whole, pays, unpriced=cancelled)
        delivered_on = _day(delivered) if delivered else None
        data = line_data(
            bought,
            units,
            _channel(*self._channel_of(whole)),
            nothing_paid(head.currency) if cancelled else paid,
            shipped=sent,
            cancelled=cancelled,
            order_item_id=item_id if item_id.isdecimal() else cells.number_text(item_id),
            pieces=_pieces(pieces) if pieces else 1,
            delivered_on=delivered_on,
        )
        tracking = cells.tidy(tracking, 80) if tracking else ""
        return RawLine(number, head, bought, units, data, delivered_on, tracking, row)

    def _read_head(self, common: tuple[str, ...]) -> RawHead:
        cell = dict(zip(_HEAD, map(str.strip, common), strict=True))
        country, currency = cell["ship-country"], cell["currency"].upper()
        market = self._market(cell["sales-channel"], currency, country)
        updated, latest = cell["last-updated-date"], cell["latest-delivery-date"]
        return RawHead(
            order_id=cells.tidy(cell["amazon-order-id"], 41),
            placed_at=cells.moment(cell["purchase-date"], self._zone),
            marketplace=market,
            currency=cells.currency(currency or self._markets[market].currency),
            business=cells.flag(cell["is-business-order"]),
            po_number=cells.tidy(cell["purchase-order-number"], 80),
            country=cells.tidy(country, 60),
            status=cells.tidy(cell["order-status"], 40),
            latest_delivery_on=_day(latest),
            replaces=cells.tidy(cell["original-order-id"], 40),
            current_at=cells.moment(updated, self._zone) if updated else None,
            recipient=_recipient(cell),
        )

    def _paid(self, row: Sequence[str], pays: "_Pays", *, unpriced: bool) -> str:
        """What was paid, as JSON, from the cells of all amounts that count in this marketplace."""
        currency, added, has_price, is_exact = pays
        item = row[self._item_price]
        if not is_exact(item):
            item = _amount(item, currency)
            if not item:
                if has_price and not unpriced:
                    raise RowRefused("row_no_price")
                item = money_text(_ZERO, currency)
        amounts = [(Component.ITEM, item)]
        for component, place in added:
            if (text := row[place]) and (is_exact(text) or (text := _amount(text, currency))):
                amounts.append((component, text))
        return paid_data(amounts, currency)

    def _read_common(self, common: tuple[str, ...]) -> tuple[RawHead, "_Pays"]:
        head = self._read_head(common)
        tax_included = self._markets[head.marketplace].tax_included
        pending = head.status.casefold().startswith("pending")
        has_price = self._priced and not head.replaces and not pending
        return head, _Pays(head.currency, self._added[tax_included], has_price, exactly(head.currency))

    def _market(self, channel: str, currency: str, country: str) -> Marketplace:
        key = (channel, currency, country)
        if key not in self._known_markets:
            found = by_name(channel, self._markets) if channel else None
            self._known_markets[key] = found or guess(currency, country, self._markets)
        return self._known_markets[key]


def _amount(text: str, currency: str) -> str:
    """An amount as it is kept, empty for an empty cell. RowRefused when it is none."""
    value = cells.amount(text)
    try:
        return "" if value is None else money_text(value, currency)
    except ValueError as error:
        raise RowRefused("row_wrong", reason=str(error)) from None


@lru_cache(maxsize=1000)
def _channel(fulfilment: str, service: str, prime: str) -> Channel:
    fulfilment = fulfilment.strip()
    if fulfilment.casefold() in {"amazon", "afn", "fba"} or fulfilment.casefold().startswith("amazon_"):
        return Channel.FBA
    is_prime = cells.flag(prime) or "prime" in service.casefold()
    return Channel.SFP if is_prime else Channel.FBM


@lru_cache(maxsize=50_000)
def _product(sku: str, title: str, asin: str) -> Product:
    if not (sku := cells.tidy(sku, 100)):
        raise RowRefused("row_no_sku")
    return product(sku, cells.tidy(title), asin)


@lru_cache(maxsize=50_000)
def _counted(quantity: str, shipped: str, status: str) -> tuple[int, int, bool]:
    """Units ordered and shipped, and whether they were cancelled."""
    folded = status.casefold()
    cancelled = folded.startswith("cancel")
    if cancelled and quantity in {"", "0"}:
        raise RowRefused("row_cancelled_empty")
    units = cells.units(quantity)
    if shipped:
        return units, min(int(shipped), units) if shipped.isdecimal() else 0, cancelled
    return units, units if folded.startswith(("shipped", "delivered", "complete")) else 0, cancelled


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
