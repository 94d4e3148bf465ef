"""Two reports about one order become one order: the newer wins, the older only fills gaps.

A source that does not say what was shipped, or when it was current, gives orders without ``read_at``:
they count as the oldest. One that gives no prices leaves those that are known.
"""

from datetime import UTC, datetime

from playbook.domain.orders import Earlier, EarlierKind, Order, OrderLine
from playbook.store.keys import sku_key

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = ("po_number", "ship_country", "status", "latest_delivery_on", "replaces")


def merge_orders(known: Order, new: Order) -> Order:
    """What *known* and *new* say together about one order.

    Line numbers that were given stay, and no line disappears. Reports in different currencies are never
    mixed: then the newer one stands alone. Returns *known* itself when nothing was learnt.
    """
    fresher, older = (new, known) if _read_at(new) >= _read_at(known) else (known, new)
    if fresher.currency != older.currency:
        return fresher if any(map(_has_price, fresher.lines)) else older
    lines = list(known.lines)
    for line, place in _places(known, new):
        if place is None:
            free = max(existing.line for existing in lines) + 1
            lines.append(line.model_copy(update={"line": free}))
        else:
            lines[place] = _merge_lines(lines[place], line, new_wins=fresher is new)
    merged = fresher.model_copy(
        update={
            **{name: getattr(fresher, name) or getattr(older, name) for name in _PLAIN},
            "business": known.business or new.business,
            "lines": tuple(lines),
            "replacement_orders": tuple(dict.fromkeys((*known.replacement_orders, *new.replacement_orders))),
            "earlier": merge_earlier(known.earlier, new.earlier),
        }
    )
    return known if _without_time(merged) == _without_time(known) else merged


def merge_earlier(known: tuple[Earlier, ...], new: tuple[Earlier, ...]) -> tuple[Earlier, ...]:
    """All earlier compensation, each one once; one with the same kind, line and reference is replaced."""
    entries = {(entry.kind, entry.line, entry.reference or entry.on): entry for entry in (*known, *new)}
    return tuple(entries.values())


def link_replacement(original: Order, replacement: Order) -> Order:
    """*original* with what *replacement* sends again: its units are compensated, SKU by SKU.

    A replacement that was cancelled, or sends fewer units than before, gives the units back.
    """
    again = {
        entry.line: 0
        for entry in original.earlier
        if entry.kind is EarlierKind.REPLACEMENT and entry.reference == replacement.order_id
    }
    for sent in replacement.lines:
        left = sent.units_live
        for line in original.lines:
            room = line.units_ordered - again.get(line.line, 0)
            if left and room and sku_key(line.sku) == sku_key(sent.sku):
                again[line.line] = again.get(line.line, 0) + min(left, room)
                left -= min(left, room)
    entries = tuple(
        Earlier(
            kind=EarlierKind.REPLACEMENT,
            line=line,
            units=count,
            reference=replacement.order_id,
            on=replacement.placed_at.date(),
        )
        for line, count in again.items()
    )
    orders = dict.fromkeys((*original.replacement_orders, replacement.order_id))
    earlier = merge_earlier(original.earlier, entries)
    return original.model_copy(update={"earlier": earlier, "replacement_orders": tuple(orders)})


def _without_time(order: Order) -> Order:
    return order.model_copy(update={"read_at": None})


def _read_at(order: Order) -> datetime:
    return order.read_at or _LONG_AGO


def _places(known: Order, new: Order) -> list[tuple[OrderLine, int | None]]:
    """For each new line the place of the known line that it is about, or None when it is a new one.

    Amazon's item id decides; without it the n-th line of a SKU is the n-th line of that SKU.
    """
    open_places = dict(enumerate(known.lines))
    by_id = {line.order_item_id: place for place, line in open_places.items() if line.order_item_id}
    result: list[tuple[OrderLine, int | None]] = []
    for line in new.lines:
        place = by_id.get(line.order_item_id) if line.order_item_id else None
        if place not in open_places:
            place = next((at for at, other in open_places.items() if _may_be_same(other, line)), None)
        if place is not None:
            del open_places[place]
        result.append((line, place))
    return result


def _may_be_same(known: OrderLine, new: OrderLine) -> bool:
    both_have_ids = known.order_item_id is not None and new.order_item_id is not None
    return known.sku == new.sku and not both_have_ids


def _has_price(line: OrderLine) -> bool:
    """Whether a report gave prices: those on unshipped and pending orders do not."""
    return any(line.paid.values()) or not line.units_live


def _merge_lines(known: OrderLine, new: OrderLine, *, new_wins: bool) -> OrderLine:
    fresher, older = (new, known) if new_wins else (known, new)
    if not _has_price(fresher):
        paid = older.paid
    elif fresher.units_live == older.units_live:
        paid = {**older.paid, **fresher.paid}
    else:
        paid = fresher.paid
    return fresher.model_copy(
        update={
            "line": known.line,
            "title": fresher.title or older.title,
            "paid": paid,
            "asin": fresher.asin or older.asin,
            "order_item_id": fresher.order_item_id or older.order_item_id,
            "pieces_per_unit": max(known.pieces_per_unit, new.pieces_per_unit),
            "delivered_on": fresher.delivered_on or older.delivered_on,
        }
    )
