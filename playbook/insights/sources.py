"""Faults and shipments from our own cases and the order book.

Cases are read one after the other. What was shipped is summed by the database: ten million order lines come
out as one row for each SKU, day and marketplace. The order book says what was ordered, which stands for what
was shipped; days are those of the order, for faults and shipments alike, so that both fit together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from playbook.domain.case import Case
from playbook.domain.folding import fold as fold_case
from playbook.domain.money import minor_unit
from playbook.domain.orders import OrderLine
from playbook.domain.remedies import Remedy
from playbook.insights.products import Products
from playbook.insights.rows import Fault, Shipped, Trait
from playbook.store import Store
from playbook.store.keys import fold

FIRST, LAST = date(1995, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that is known, under one spelling of each SKU."""

    faults: tuple[Fault, ...]
    shipped: tuple[Shipped, ...]


def cases_of(store: Store) -> Iterator[Case]:
    """Every case, one at a time."""
    for case_id in store.case_ids():
        yield fold_case(case_id, store.events(case_id))


def own_rows(
    store: Store,
    products: Products | None = None,
    *,
    cases: Iterable[Case] | None = None,
    first: date = FIRST,
    last: date = LAST,
) -> Sources:
    """Faults of all cases and shipments of the order book, for orders placed from *first* to *last* (UTC).

    *cases* are those of the store, where they were read already. Units without a
    shipment in the order book have no rate; whoever shows them says so.
    """
    products = products or Products()
    found = [
        fault
        for case in (cases_of(store) if cases is None else cases)
        for fault in faults_of(case)
        if first <= fault.day <= last
    ]
    spelled = {fold(fault.sku): fault.sku for fault in found}
    faults = tuple(named(fault, products) for fault in found)
    shipped = tuple(shipped_rows(store, products, spelled, first=first, last=last))
    return Sources(faults, shipped)


def shipped_rows(
    store: Store,
    products: Products,
    spelled: dict[str, str] | None = None,
    *,
    first: date = FIRST,
    last: date = LAST,
) -> Iterator[Shipped]:
    """What the order book says was sold; SKUs as *spelled* has them: the book only knows them folded."""
    for row in store.units_sold(first, last):
        sku = (spelled or {}).get(row.sku, row.sku)
        traits = {Trait.MARKETPLACE: row.marketplace} if row.marketplace else {}
        yield Shipped(
            products.name(sku), row.on, row.units, products.traits(sku, row.on) | traits, lines=row.orders
        )


def named(fault: Fault, products: Products) -> Fault:
    """A fault under the SKU it is counted under, with what the table knows of that day."""
    known = products.traits(fault.sku, fault.day)
    return replace(fault, sku=products.name(fault.sku), traits={**known, **fault.traits})


def faults_of(case: Case) -> Iterator[Fault]:
    """What a case says went wrong: one fault for each claim item, remedies agreed or not.

    Goods that were never ordered belong to no SKU and are left out; so are items of a case that holds no
    order. The cost is what its remedies grant: refunds, and goods sent again at their price.
    """
    if case.order is None:
        return
    lines = {line.line: line for line in case.order.lines}
    for item in case.claims:
        line = lines.get(item.line)
        if line is None or not item.counts_in_line:
            continue
        remedies = [remedy for remedy in case.remedies if remedy.item == item.item]
        yield Fault(
            sku=line.sku,
            day=case.order.placed_at.date(),
            units=item.units,
            problem=item.problem.value,
            cause=item.party.value,
            reference=case.case_id,
            remedy=remedies[0].kind.value if remedies else "",
            cost=_cost(remedies, case.order.currency),
            currency=case.order.currency,
            traits={Trait.MARKETPLACE: case.order.marketplace.value, **_of_line(line)},
        )


def _of_line(line: OrderLine) -> dict[Trait, str]:
    return {Trait.CHANNEL: line.channel.value}


def _cost(remedies: Iterable[Remedy], currency: str) -> int:
    whole = sum((remedy.granted.amount for remedy in remedies), Decimal(0))
    return int(whole / minor_unit(currency))
