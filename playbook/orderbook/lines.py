"""One row of any report as one order line, and the rows of an order as one order."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from playbook.domain.ids import Asin, Marketplace, OrderId, OrderItemId, Sku, is_asin
from playbook.domain.money import Money
from playbook.domain.orders import PROMOTIONS, Channel, Component, Order, OrderLine
from playbook.domain.problems import problem
from playbook.orderbook.refusals import Skipped
from playbook.store import OrderEntry, Recipient

NOBODY = Recipient()

KEEP_DAYS = 30
"""Personal data may be kept for 30 days after delivery (facts: Amazon's data protection policy)."""

USUAL_DELIVERY_DAYS = 14
"""When a report does not say when an order was delivered, it is taken to be delivered by then."""


class RawLine(NamedTuple):
    """What one row says. ``number`` is its line in the file, ``cells`` identify repeated rows.

    ``shipped`` is None where the report does not say. Amounts are line totals by component;
    promotions of either sign count as deductions.
    """

    number: int
    order_id: str
    sku: str
    title: str
    units: int
    currency: str
    amounts: Mapping[Component, Decimal]
    placed_at: datetime
    marketplace: Marketplace
    channel: Channel
    asin: str = ""
    order_item_id: str = ""
    pieces: int = 1
    shipped: int | None = None
    cancelled: bool = False
    delivered_on: date | None = None
    business: bool = False
    po_number: str = ""
    country: str = ""
    status: str = ""
    latest_delivery_on: date | None = None
    replaces: str = ""
    current_at: datetime | None = None
    buyer: str = ""
    tracking: str = ""
    recipient: Recipient = NOBODY
    cells: tuple[str, ...] = ()


def entry_from(rows: Sequence[RawLine]) -> tuple[OrderEntry | None, list[Skipped]]:
    """The order that *rows* (at least one, all of one order) add up to, and the rows left out."""
    order_id = rows[0].order_id
    kept, skipped = _without_repeats(rows)
    currencies = {row.currency for row in kept}
    if len(currencies) > 1:
        why = problem("row_mixed_currencies", currencies=", ".join(sorted(currencies)))
        return None, [*skipped, *(Skipped(row.number, order_id, why) for row in kept)]
    lines: list[OrderLine] = []
    for row in kept:
        try:
            lines.append(_line(row, len(lines) + 1))
        except ValueError as error:
            reason = str(error).splitlines()[-1].strip()[:200]
            skipped.append(Skipped(row.number, order_id, problem("row_wrong", reason=reason)))
    if not lines:
        return None, skipped
    return _entry(kept, lines), skipped


def _without_repeats(rows: Sequence[RawLine]) -> tuple[list[RawLine], list[Skipped]]:
    first: dict[tuple[str, ...], int] = {}
    kept: list[RawLine] = []
    skipped: list[Skipped] = []
    for row in rows:
        known = first.setdefault(row.cells, row.number) if row.cells else row.number
        if known == row.number:
            kept.append(row)
        else:
            skipped.append(Skipped(row.number, row.order_id, problem("row_repeated", line=known)))
    return kept, skipped


def _line(row: RawLine, number: int) -> OrderLine:
    cancelled = row.units if row.cancelled else 0
    live = row.units - cancelled
    return OrderLine(
        line=number,
        sku=Sku(row.sku),
        title=row.title or row.sku,
        units_ordered=row.units,
        units_shipped=live if row.shipped is None else min(row.shipped, live),
        units_cancelled=cancelled,
        channel=row.channel,
        paid=_paid(row) if live else {Component.ITEM: Money.zero(row.currency)},
        asin=Asin(row.asin) if is_asin(row.asin) else None,
        order_item_id=OrderItemId(row.order_item_id) if row.order_item_id else None,
        pieces_per_unit=row.pieces,
        delivered_on=row.delivered_on,
    )


def _paid(row: RawLine) -> dict[Component, Money]:
    paid: dict[Component, Money] = {}
    for component, value in row.amounts.items():
        if component in PROMOTIONS:
            value = -abs(value)  # noqa: PLW2901 - reports write discounts with either sign
        if value or component is Component.ITEM:
            paid[component] = _money(value, row.currency)
    item = paid[Component.ITEM]
    if item.amount < 0:
        paid[Component.ITEM] = Money.zero(row.currency)
        paid[Component.PROMOTION] = paid.get(Component.PROMOTION, Money.zero(row.currency)) + item
    return paid


@lru_cache(maxsize=50_000)
def _money(value: Decimal, currency: str) -> Money:
    return Money.rounded(value, currency)


def _entry(rows: Sequence[RawLine], lines: list[OrderLine]) -> OrderEntry:
    first = rows[0]
    current = [row.current_at for row in rows if row.current_at is not None]
    latest = [row.latest_delivery_on for row in rows if row.latest_delivery_on is not None]
    replaces = _first(rows, "replaces")
    order = Order(
        order_id=OrderId(first.order_id),
        marketplace=first.marketplace,
        currency=first.currency,
        placed_at=min(row.placed_at for row in rows),
        lines=tuple(lines),
        business=any(row.business for row in rows),
        po_number=_first(rows, "po_number") or None,
        ship_country=_first(rows, "country") or None,
        status=_first(rows, "status"),
        latest_delivery_on=max(latest, default=None),
        replaces=OrderId(replaces) if replaces else None,
        read_at=max(current, default=None),
    )
    recipient = next((row.recipient for row in rows if row.recipient), first.recipient)
    tracking = tuple(dict.fromkeys(row.tracking for row in rows if row.tracking))
    until = keep_until(order) if recipient else None
    return OrderEntry(order, _first(rows, "buyer"), tracking, recipient=recipient, purge_after=until)


def _first(rows: Sequence[RawLine], name: str) -> str:
    """The first row's text that is not empty."""
    found: str = getattr(rows[0], name) or next((text for row in rows if (text := getattr(row, name))), "")
    return found


def keep_until(order: Order) -> date:
    """The last day on which personal data of an order may be kept."""
    delivered = [line.delivered_on for line in order.lines if line.delivered_on is not None]
    usual = order.placed_at.date() + timedelta(days=USUAL_DELIVERY_DAYS)
    day = max(delivered, default=None) or order.latest_delivery_on or usual
    return day + timedelta(days=KEEP_DAYS)
