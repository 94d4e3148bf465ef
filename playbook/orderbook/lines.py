"""One row of any report as one order line, and the rows of an order as one order.

Reports hold millions of lines, so a line is written down at once as the JSON that the order book keeps;
reading it back checks it again (`playbook.domain.orders`). A test holds both against each other.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, DecimalException
from functools import lru_cache
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

from playbook.domain.ids import Marketplace, OrderId, is_asin
from playbook.domain.money import CENT, Money, minor_unit
from playbook.domain.orders import PROMOTIONS, Channel, Component
from playbook.domain.problems import problem
from playbook.orderbook.refusals import RowRefused, Skipped
from playbook.store import Recipient, StoredOrder
from playbook.store.keys import order_keys, sku_key
from playbook.store.tables import utc_text

NOBODY = Recipient()

KEEP_DAYS = 30
"""Personal data may be kept for 30 days after delivery (facts: Amazon's data protection policy)."""

USUAL_DELIVERY_DAYS = 14
"""When a report does not say when an order was delivered, it is taken to be delivered by then."""

_CENTS = re.compile(r"(?:0|[1-9][0-9]{0,9})\.[0-9]{2}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,9}")
_NOTHING = frozenset({"0", "0.00", "-0", "-0.00"})
_MONEY_BEGINS = {component: f'"{component.value}":{{"amount":"' for component in Component}
_CHANNEL_IS = {channel: f',"channel":"{channel.value}","paid":' for channel in Channel}


class RawHead(NamedTuple):
    """What the rows of an order say about it, the same in all of them."""

    order_id: str
    placed_at: datetime
    marketplace: Marketplace
    currency: str
    business: bool = False
    po_number: str = ""
    country: str = ""
    status: str = ""
    latest_delivery_on: date | None = None
    replaces: str = ""
    current_at: datetime | None = None
    buyer: str = ""
    recipient: Recipient = NOBODY


class Product(NamedTuple):
    """What a row says about the product it is about: as texts, and as the JSON of a line."""

    sku: str
    sold: tuple[str, str, str]
    names: str
    asin: str


class RawLine(NamedTuple):
    """What one row says. ``number`` is its line in the file, ``cells`` identify repeated rows.

    ``data`` is the line as JSON, from `line_data`, but for its number in the order.
    """

    number: int
    head: RawHead
    product: Product
    units: int
    data: str
    delivered_on: date | None = None
    tracking: str = ""
    cells: Sequence[str] = ()


@lru_cache(maxsize=50_000)
def product(sku: str, title: str, asin: str) -> Product:
    """A product by its SKU, which must not be empty, its title and what stands where the ASIN should."""
    title, asin = title or sku, asin.upper()
    asin = asin if is_asin(asin) else ""
    names = f',"sku":{quoted(sku)},"title":{quoted(title)}'
    return Product(sku, (sku_key(sku), title, asin), names, f',"asin":"{asin}"' if asin else "")


@lru_cache(maxsize=100_000)
def money_text(amount: Decimal, currency: str) -> str:
    """A payable amount as it is kept: *amount* in *currency* rounded to the smallest unit.

    ValueError when it cannot be money.
    """
    try:
        return str(Money.rounded(amount, currency).amount)
    except DecimalException:
        raise ValueError(f"not an amount of money: {amount}") from None


def exactly(currency: str) -> Callable[[str], object]:
    """What tells whether a text is an amount in *currency* written as it is kept."""
    return (_CENTS if minor_unit(currency) is CENT else _WHOLE).fullmatch


def paid_data(amounts: Sequence[tuple[Component, str]], currency: str) -> str:
    """What was paid for a line, as JSON: amounts as from `money_text`, the item's first.

    Promotions of either sign count as deductions, and a negative price as one. RowRefused for any other
    negative amount.
    """
    if amounts[0][1][0] == "-":
        amounts = _without_negative_price(dict(amounts), currency)
    begin, end = _MONEY_BEGINS, f'","currency":"{currency}"}}'
    data = f"{{{begin[Component.ITEM]}{amounts[0][1]}{end}"
    for component, amount in amounts[1:]:
        if component in PROMOTIONS:
            amount = amount if amount[0] == "-" else f"-{amount}"  # noqa: PLW2901
        elif amount[0] == "-":
            raise RowRefused("row_wrong", reason=f"{component} cannot be {amount} {currency}")
        if amount not in _NOTHING:
            data += f",{begin[component]}{amount}{end}"
    return data + "}"


def _without_negative_price(amounts: dict[Component, str], currency: str) -> Sequence[tuple[Component, str]]:
    price = Decimal(amounts[Component.ITEM])
    off = abs(Decimal(amounts.get(Component.PROMOTION, 0))) - price
    nothing = money_text(Decimal(0), currency)
    return list((amounts | {Component.ITEM: nothing, Component.PROMOTION: f"{off:f}"}).items())


@lru_cache(maxsize=100)
def nothing_paid(currency: str) -> str:
    """What was paid for a cancelled line, as JSON."""
    return paid_data([(Component.ITEM, money_text(Decimal(0), currency))], currency)


def line_data(
    of: Product,
    units: int,
    channel: Channel,
    paid: str,
    *,
    shipped: int | None = None,
    cancelled: bool = False,
    order_item_id: str = "",
    pieces: int = 1,
    delivered_on: date | None = None,
) -> str:
    """An `playbook.domain.orders.OrderLine` as JSON without its beginning, the line number.

    ``shipped`` is None where the report does not say; *paid* comes from `paid_data` or `nothing_paid`.
    """
    live = 0 if cancelled else units
    sent = live if shipped is None or shipped > live else shipped
    data = f'{of.names},"units_ordered":{units},"units_shipped":{sent}'
    if cancelled:
        data += f',"units_cancelled":{units}'
    data += f"{_CHANNEL_IS[channel]}{paid}{of.asin}"
    if order_item_id:
        data += f',"order_item_id":{quoted(order_item_id)}'
    if pieces != 1:
        data += f',"pieces_per_unit":{pieces}'
    if delivered_on is not None:
        data += f',"delivered_on":"{delivered_on}"'
    return data + "}"


def order_from(rows: Sequence[RawLine]) -> tuple[StoredOrder | None, list[Skipped]]:
    """The order that *rows* (at least one, all of one order) add up to, and the rows left out."""
    kept, skipped = _without_repeats(rows) if len(rows) > 1 else (rows, [])
    head = kept[0].head
    if any(row.head is not head for row in kept):
        heads = [row.head for row in kept]
        currencies = {one.currency for one in heads}
        if len(currencies) > 1:
            why = problem("row_mixed_currencies", currencies=", ".join(sorted(currencies)))
            return None, [*skipped, *(Skipped(row.number, head.order_id, why) for row in kept)]
        head = _joined(heads)
    return _order(head, kept), skipped


def _without_repeats(rows: Sequence[RawLine]) -> tuple[list[RawLine], list[Skipped]]:
    first: dict[str, list[RawLine]] = {}
    kept: list[RawLine] = []
    skipped: list[Skipped] = []
    for row in rows:
        alike = first.setdefault(row.data, [])
        known = next((one for one in alike if row.cells and one.cells == row.cells), None)
        if known is None:
            alike.append(row)
            kept.append(row)
        else:
            skipped.append(Skipped(row.number, row.head.order_id, problem("row_repeated", line=known.number)))
    return kept, skipped


def _joined(heads: Sequence[RawHead]) -> RawHead:
    """What differing rows say together: the first that says something, the latest of times."""
    first = heads[0]
    current = [head.current_at for head in heads if head.current_at is not None]
    latest = [head.latest_delivery_on for head in heads if head.latest_delivery_on is not None]

    def said(name: str) -> str:
        return next((text for head in heads if (text := getattr(head, name))), "")

    return first._replace(
        po_number=said("po_number"),
        country=said("country"),
        status=said("status"),
        replaces=said("replaces"),
        buyer=said("buyer"),
        placed_at=min(head.placed_at for head in heads),
        business=any(head.business for head in heads),
        latest_delivery_on=max(latest, default=None),
        current_at=max(current, default=None),
        recipient=next((head.recipient for head in heads if head.recipient), first.recipient),
    )


def _order(head: RawHead, rows: Sequence[RawLine]) -> StoredOrder:
    units: dict[str, int] = {}
    sold: list[tuple[str, str, str]] = []
    lines: list[str] = []
    codes: dict[str, None] = {}
    delivered: date | None = None
    for number, (_, _, bought, count, data, delivered_on, tracking, _) in enumerate(rows, start=1):
        folded = bought.sold[0]
        units[folded] = units.get(folded, 0) + count
        sold.append(bought.sold)
        lines.append(f'{{"line":{number}{data}')
        if tracking:
            codes[tracking] = None
        if delivered_on is not None and (delivered is None or delivered_on > delivered):
            delivered = delivered_on
    keys = order_keys(
        head.order_id,
        po_number=head.po_number,
        replaces=head.replaces,
        buyer=head.buyer,
        tracking=codes,
    )
    usual = head.placed_at.date() + timedelta(days=USUAL_DELIVERY_DAYS)
    until = delivered or head.latest_delivery_on or usual
    return StoredOrder(
        OrderId(head.order_id),
        utc_text(head.placed_at),
        _order_data(head, ",".join(lines)),
        tuple(keys),
        units,
        tuple(sold),
        OrderId(head.replaces) if head.replaces else None,
        head.recipient,
        until + timedelta(days=KEEP_DAYS) if head.recipient else None,
    )


def _order_data(head: RawHead, lines: str) -> str:
    data = (
        f'{{"order_id":{quoted(head.order_id)},"marketplace":"{head.marketplace.value}",'
        f'"currency":"{head.currency}","placed_at":"{_time(head.placed_at)}","lines":[{lines}]'
    )
    if head.business:
        data += ',"business":true'
    for name, text in (
        ("po_number", head.po_number),
        ("ship_country", head.country),
        ("status", head.status),
    ):
        if text:
            data += f',"{name}":{quoted(text)}'
    if head.latest_delivery_on is not None:
        data += f',"latest_delivery_on":"{head.latest_delivery_on}"'
    if head.replaces:
        data += f',"replaces":{quoted(head.replaces)}'
    if head.current_at is not None:
        data += f',"read_at":"{_time(head.current_at)}"'
    return data + "}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
