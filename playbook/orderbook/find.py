"""Finding the one order that a buyer means, with the evidence; never more certain than the evidence is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from math import prod

from rapidfuzz import fuzz

from playbook.domain.ids import OrderId
from playbook.domain.orders import Component, Order, OrderLine
from playbook.domain.problems import Problem
from playbook.orderbook.apart import tell_apart
from playbook.orderbook.gather import MOST_ORDERS, TITLE_FITS, Leads, gather
from playbook.orderbook.markets import country_code
from playbook.orderbook.query import Candidate, EvidenceFact, Found, Query, QueryItem
from playbook.store import Store
from playbook.store.keys import clean, fold, squeeze

SHOWN = 10
MOST_JUDGED = 30
EQUALLY_WELL = 0.02
"""A difference in score that decides nothing."""
SPARE = 5
"""Candidates that are looked at beyond those shown, because some fall out."""
SURE_TITLE = 90.0
"""From this rapidfuzz score (0 to 100) on, a name in words is taken to mean that title."""

DECISIVE = frozenset({"order_id_given", "order_id_in_text"})
_OWN_NUMBERS = frozenset({"buyer", "po_number", "tracking", "rma"})

_WEIGHTS = {
    "order_id_given": 0.98,
    "order_id_in_text": 0.97,
    "tracking": 0.9,
    "po_number": 0.8,
    "order_id_part": 0.6,
    "number_in_text": 0.5,
    "buyer": 0.5,
    "rma": 0.9,
    "order_id_similar": 0.4,
    "name": 0.45,
    "name_like": 0.4,
    "name_part": 0.3,
    "name_in_email": 0.4,
    "email": 0.75,
    "email_like": 0.6,
    "postcode": 0.4,
    "postcode_like": 0.25,
    "city": 0.2,
    "city_like": 0.15,
    "country": 0.05,
}
_ITEM_WEIGHTS = {
    "item": 0.4,
    "item_units": 0.5,
    "item_price": 0.5,
    "item_units_price": 0.6,
    "item_title": 0.3,
}
_CONFLICT = 0.3


def find(query: Query, store: Store, now: datetime) -> Found:
    """The order that is meant, or the orders that could be.

    *certain* takes the complete order number, or the seller's own customer number, a purchase order or a
    tracking number together with products that fit exactly one order; and nothing against it. Name,
    e-mail and address alone never decide. *now* stands in when the query does not say when the buyer
    wrote.
    """
    with store.snapshot() as book:
        leads = gather(query, book)
        wanted = _worth_a_look(query, leads)
        orders = book.orders(wanted)
    judged = [
        _judge(query, order, leads.facts[order_id], query.at or now) for order_id, order in orders.items()
    ]
    if query.buyer and any(_has(candidate, "buyer") for candidate in judged):
        judged = [_of_another_buyer(candidate, query) for candidate in judged]
    elif query.buyer:
        judged = [candidate for candidate in judged if candidate is not None and _is_named(candidate)]
    fitting = [candidate for candidate in judged if candidate is not None]
    ranked = sorted(fitting, key=lambda c: (-c.score, -c.order.placed_at.timestamp(), c.order.order_id))
    if not ranked:
        return Found("none")
    sure = _certain(query, ranked, leads)
    if sure is not None:
        return Found("certain", (sure,))
    return Found("ask", tuple(ranked[:SHOWN]), _questions(ranked[:SHOWN], store))


def _questions(ranked: Sequence[Candidate], store: Store) -> tuple[Problem, ...]:
    """What would tell apart the candidates that fit as well as the best one."""
    tied = [one.order for one in ranked if one.score >= ranked[0].score - EQUALLY_WELL]
    if len(tied) < 2:
        return ()
    return tell_apart(tied, store.recipients([order.order_id for order in tied]))


def _worth_a_look(query: Query, leads: Leads) -> list[OrderId]:
    """The orders to judge, the likeliest first; more of them where products may change the ranking."""
    doubts = {order_id: _doubt(facts) for order_id, facts in leads.facts.items()}
    ranked = sorted(doubts, key=doubts.__getitem__)
    most = MOST_ORDERS if query.buyer else MOST_JUDGED if query.items else SHOWN + SPARE
    return ranked[:most]


def _has(candidate: Candidate | None, *codes: str) -> bool:
    return candidate is not None and any(fact.code in codes for fact in candidate.evidence)


def _is_named(candidate: Candidate) -> bool:
    return _has(candidate, *DECISIVE)


def _of_another_buyer(candidate: Candidate | None, query: Query) -> Candidate | None:
    """A buyer number is a fact about every order: those of other buyers fall out, or carry the conflict."""
    if candidate is None or _has(candidate, "buyer"):
        return candidate
    if not _is_named(candidate):
        return None
    against = EvidenceFact("buyer_differs", {"buyer": clean(query.buyer or "")})
    return Candidate(candidate.order, round(candidate.score * _CONFLICT, 2), (*candidate.evidence, against))


def _judge(query: Query, order: Order, led_by: Sequence[EvidenceFact], at: datetime) -> Candidate | None:
    """The order with all evidence for and against it; None when it cannot be meant."""
    facts = [*led_by, *_facts_of_order(query, order, at)]
    named = any(fact.code in DECISIVE for fact in facts)
    for item in query.items:
        found = _facts_of_item(item, order)
        if (
            named and not item.is_identified
        ):  # a product in words may be another line: no reason to doubt a number
            found = [fact for fact in found if not fact.is_against]
        facts += found
    against = {fact.code for fact in facts if fact.is_against}
    if against & {"placed_after", "units_exceed"} and not named:
        return None
    if not any(not fact.is_against for fact in facts):
        return None
    return Candidate(order, _score(facts, len(query.items)), tuple(facts))


def _facts_of_order(query: Query, order: Order, at: datetime) -> Iterator[EvidenceFact]:
    if (
        query.country
        and order.ship_country
        and country_code(query.country) == country_code(order.ship_country)
    ):
        yield EvidenceFact("country", {"country": order.ship_country})
    if query.po_number and order.po_number and squeeze(query.po_number) != squeeze(order.po_number):
        yield EvidenceFact("po_differs", {"po_number": order.po_number})
    if order.placed_at > at:
        yield EvidenceFact("placed_after")


def _facts_of_item(item: QueryItem, order: Order) -> list[EvidenceFact]:
    if not item.is_identified:
        return _facts_of_title(item, order)
    lines = [line for line in order.lines if _is_line(item, line)]
    name = clean(item.sku or item.asin or "")
    if not lines:
        return [EvidenceFact("item_missing", {"sku": name})]
    priced = [line for line in lines if item.unit_price is None or _costs(line, item.unit_price)]
    if not priced:
        return [EvidenceFact("price_differs", {"sku": name, "price": _price_text(lines[0])})]
    ordered = sum(line.units_ordered for line in priced)
    if item.units is not None and item.units > ordered:
        return [EvidenceFact("units_exceed", {"sku": name, "units": item.units, "ordered": ordered})]
    params: dict[str, str | int | None] = {"sku": name}
    code = "item"
    if item.units is not None:
        code += "_units"
        params |= {"units": item.units, "ordered": ordered}
    if item.unit_price is not None:
        code += "_price"
        params["price"] = f"{item.unit_price:f}"
    return [EvidenceFact(code, params)]


def _facts_of_title(item: QueryItem, order: Order) -> list[EvidenceFact]:
    title = fold(item.title or "")
    if not title:
        return []
    scored = [(fuzz.token_set_ratio(title, fold(line.title)), line) for line in order.lines]
    fitting = [(score, line) for score, line in scored if score >= TITLE_FITS]
    if not fitting:
        return []
    score, best = max(fitting, key=lambda pair: pair[0])
    ordered = sum(line.units_ordered for _, line in fitting)
    if item.units is not None and item.units > ordered:
        params: dict[str, str | int | None] = {"sku": best.sku, "units": item.units, "ordered": ordered}
        return [EvidenceFact("units_exceed", params)] if score >= SURE_TITLE else []
    return [EvidenceFact("item_title", {"sku": best.sku})]


def _is_line(item: QueryItem, line: OrderLine) -> bool:
    if item.sku and fold(item.sku) != fold(line.sku):
        return False
    return not item.asin or (line.asin is not None and fold(item.asin) == fold(line.asin))


def _costs(line: OrderLine, unit_price: Decimal) -> bool:
    """Whether a unit cost that much, with or without tax and discount, to the cent."""
    item = line.paid[Component.ITEM].amount
    tax = line.paid.get(Component.ITEM_TAX)
    totals = {item, line.unit_price.amount * line.units_ordered, item + (tax.amount if tax else 0)}
    slack = Decimal("0.005") * line.units_ordered
    return any(abs(total - unit_price * line.units_ordered) <= slack for total in totals)


def _price_text(line: OrderLine) -> str:
    return f"{line.unit_price.amount:f}"


def _score(facts: Sequence[EvidenceFact], items: int) -> float:
    doubt = _doubt(facts)
    fits = [_ITEM_WEIGHTS[fact.code] for fact in facts if fact.code in _ITEM_WEIGHTS]
    if fits:
        doubt *= 1 - sum(fits) / items * (1 - 0.5 ** len(fits)) * 1.3
    score = 1 - max(doubt, 0.01)
    if any(fact.is_against for fact in facts):
        score *= _CONFLICT if any(fact.code != "item_missing" for fact in facts if fact.is_against) else 0.8
    return round(score, 3)


def _doubt(facts: Iterable[EvidenceFact]) -> float:
    """What is left of the doubt, from 1 to 0, when the facts count one by one."""
    return prod(1 - _WEIGHTS.get(fact.code, 0.0) * fact.strength for fact in facts)


def _certain(query: Query, ranked: Sequence[Candidate], leads: Leads) -> Candidate | None:
    """The one candidate that nothing but itself can be, or None."""
    named = [candidate for candidate in ranked if _is_named(candidate)]
    if named or leads.mentioned:
        numbers = {squeeze(number) for number in leads.mentioned}
        alone = len(named) == 1 and len(numbers) == 1
        return named[0] if alone and not _conflicts(named[0]) else None
    if not any(item.is_identified for item in query.items):
        return None
    whole = [candidate for candidate in ranked if _fits_whole(query, candidate)]
    if len(whole) != 1 or not _has(whole[0], *_OWN_NUMBERS):
        return None
    return whole[0]


def _conflicts(candidate: Candidate) -> bool:
    return any(fact.is_against for fact in candidate.evidence)


def _fits_whole(query: Query, candidate: Candidate) -> bool:
    """Whether every product that was named fits, and nothing speaks against the order."""
    fits = sum(fact.code in _ITEM_WEIGHTS for fact in candidate.evidence)
    return fits == len(query.items) and not _conflicts(candidate)
