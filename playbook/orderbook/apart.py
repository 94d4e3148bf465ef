"""What would tell apart the orders that all fit: what to ask the buyer, most telling first.

The facts are for the agent, who asks without repeating them: the candidates may belong to different buyers.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.domain.problems import Problem, problem
from playbook.store import Recipient
from playbook.store.keys import fold, sku_key, squeeze

MOST_NAMED = 3
"""So many products, dates or numbers are named in one question."""


def tell_apart(orders: Sequence[Order], recipients: Mapping[OrderId, Recipient]) -> tuple[Problem, ...]:
    """Questions whose answers differ between *orders* (two or more), nothing personal among their facts.

    Where they are alike in all that is known, only their numbers tell them apart.
    """
    found = [
        *_text("apart_date", "dates", orders, lambda order: order.placed_at.date().isoformat()),
        *_products(orders),
        *_units(orders),
        *_text("apart_po", "numbers", orders, lambda order: order.po_number or ""),
        *_text("apart_country", "countries", orders, lambda order: order.ship_country or ""),
        *_place(orders, recipients),
    ]
    return tuple(found) or (problem("apart_number"),)


def _text(code: str, name: str, orders: Sequence[Order], fact: Callable[[Order], str]) -> Iterable[Problem]:
    facts = sorted({fact(order) for order in orders})
    if len(facts) > 1:
        yield problem(code, **{name: _some(filter(None, facts))})


def _products(orders: Sequence[Order]) -> Iterable[Problem]:
    """Products that some of the orders hold: first those that halve them best."""
    held = Counter(
        sku for order in orders for sku in {sku_key(line.sku): line.sku for line in order.lines}.values()
    )
    telling = [sku for sku, count in held.items() if count < len(orders)]
    if telling:
        telling.sort(key=lambda sku: (abs(2 * held[sku] - len(orders)), sku))
        yield problem("apart_product", skus=_some(telling))


def _units(orders: Sequence[Order]) -> Iterable[Problem]:
    """The first product that all of the orders hold, in different numbers."""
    counts = [Counter[str]() for _ in orders]
    for order, count in zip(orders, counts, strict=True):
        for line in order.lines:
            count[line.sku] += line.units_ordered
    for sku in counts[0]:
        units = {count[sku] for count in counts}
        if 0 not in units and len(units) > 1:
            yield problem("apart_units", sku=sku, units=_some(map(str, sorted(units))))
            return


def _place(orders: Sequence[Order], recipients: Mapping[OrderId, Recipient]) -> Iterable[Problem]:
    """Where they went, without saying it."""
    known = [recipients[order.order_id] for order in orders if order.order_id in recipients]
    places = {(fold(one.city), squeeze(one.postcode)) for one in known} - {("", "")}
    if len(places) > 1:
        yield problem("apart_place")


def _some(facts: Iterable[str]) -> str:
    shown = list(facts)
    return ", ".join(shown[:MOST_NAMED]) + (" …" if len(shown) > MOST_NAMED else "")
