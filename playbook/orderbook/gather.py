"""Which orders are worth a closer look: everything that any one known fact leads to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from playbook.domain.ids import OrderId, find_order_ids, is_amazon_order_id
from playbook.orderbook.persons import compare, hints
from playbook.orderbook.query import EvidenceFact, Query
from playbook.store import Key, PersonKey, Store
from playbook.store.keys import clean, fold, mail_key, name_words, squeeze, title_key
from playbook.store.orderbook import Holds
from playbook.store.vault import PersonHint

MOST_ORDERS = 50
"""So many orders are looked at closely; what leads to more identifies none of them."""
MOST_OF_A_BUYER = 2000
MOST_PERSONS = 60
NEAR_NUMBER = 2
"""A number that differs by at most so many digits from one in the book may be that one, mistyped."""
LONGEST_TEXT = 20_000
LONGEST_FACT = 200
MOST_ITEMS = 200
SHORTEST_PART = 3
TITLE_FITS = 75.0
"""From this rapidfuzz score (0 to 100) on, a name in words may mean a title."""

_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9]|[-/.#](?=[a-z0-9])){3,39}")
"""A number in a folded text: of Latin letters and digits only, because CJK writes no spaces around it."""

_WORD = re.compile(r"[^\W_]+")
_MAIL = re.compile(r"[^\s<>@,;:()\"]+@[^\s<>@,;:()\"]+\.[a-z]{2,}")
_NEARLY_AMAZON = re.compile(r"[0-9]{2,4}-[0-9]{6,8}-[0-9]{6,8}")
"""The shape of an Amazon order number with a digit too few or too many."""
_ORDER_WORD = re.compile(
    r"(?:order|invoice|bestell\w*|auftrag\w*|rechnung\w*|commande|facture|pedido|factura|ordine|fattura"
    r"|注文\w{0,4}|订单\w{0,3}|訂單\w{0,3}|单号|#)[\s:#.]*(?:no|nr|n°|number|nummer|num|id|号|番号|是|は)?[\s.:#]*$"
)


@dataclass(slots=True)
class Leads:
    """Orders with the evidence that led to them, and the complete numbers that were mentioned."""

    facts: dict[OrderId, list[EvidenceFact]] = field(default_factory=dict)
    mentioned: tuple[str, ...] = ()

    def add(self, order_ids: Iterable[OrderId], code: str, **params: str) -> None:
        """Note that *code* led to these orders; each fact once."""
        fact = EvidenceFact(code, params)
        for order_id in order_ids:
            self.note(order_id, fact)

    def note(self, order_id: OrderId, fact: EvidenceFact) -> None:
        """Note one fact about an order, unless the same is known."""
        known = self.facts.setdefault(order_id, [])
        if fact.code not in {other.code for other in known}:
            known.append(fact)


def gather(query: Query, store: Store) -> Leads:
    """The orders that any one fact leads to; those placed after the buyer wrote only when named in full."""
    query = _cut(query)
    leads = Leads()
    _by_number(query, store, leads)
    _by_part(query, store, leads)
    for key, code, value in (
        (Key.PO, "po_number", query.po_number),
        (Key.TRACKING, "tracking", query.tracking),
    ):
        if value and squeeze(value):
            found = store.find_by_key(key, [squeeze(value)], before=query.at)
            leads.add(found, code, **{code: clean(value)})
    if query.text:
        _by_text(query, clean(query.text), store, leads)
    _by_person(query, store, leads)
    _by_buyer_and_items(query, store, leads)
    return leads


def _cut(query: Query) -> Query:
    """The query without what no order can be found by: fields and texts beyond all measure."""
    facts: dict[str, Any] = {
        part.name: value[: LONGEST_TEXT if part.name == "text" else LONGEST_FACT]
        for part in fields(query)
        if isinstance(value := getattr(query, part.name), str)
    }
    return replace(query, **facts, items=query.items[:MOST_ITEMS])


def _by_number(query: Query, store: Store, leads: Leads) -> None:
    """Complete order numbers: typed, or of Amazon's shape in the text."""
    given = [order_id.strip()] if (order_id := clean(query.order_id or "")) else []
    in_text = [number for number in find_order_ids(query.text or "") if number not in given]
    for numbers, code in ((given, "order_id_given"), (in_text, "order_id_in_text")):
        for number in numbers:
            found = store.find_by_key(Key.ORDER, [squeeze(number)])
            leads.add(found, code, order_id=number)
            if not found and _NEARLY_AMAZON.fullmatch(number):
                _by_similar_number(number, query, store, leads)
    leads.mentioned = (*given, *in_text)


def _by_similar_number(number: str, query: Query, store: Store, leads: Leads) -> None:
    """Orders that share a group of digits with a number that is not in the book, and are nearly the same."""
    groups = [group for group in _WORD.findall(number) if len(group) > 5]
    near = [
        order_id
        for group in groups
        for order_id in _with_part(group, query, store)
        if OSA.distance(squeeze(order_id), squeeze(number)) <= NEAR_NUMBER
    ]
    leads.add(near, "order_id_similar", given=number)


def _by_part(query: Query, store: Store, leads: Leads) -> None:
    part = squeeze(query.order_id_part or "")
    if len(part) < SHORTEST_PART:
        return
    found = {
        **_with_part(part, query, store),
        **store.find_by_prefix(Key.ORDER, part, before=query.at),
    }
    if not found:
        found = store.find_by_fragment(part, before=query.at)
    leads.add(found, "order_id_part", part=part)


def _by_text(query: Query, text: str, store: Store, leads: Leads) -> None:
    """Numbers in the text that are order, purchase order or tracking numbers of the book."""
    folded = text.casefold()
    tokens: dict[str, str] = {}
    for match in _TOKEN.finditer(folded):
        if any(character.isdigit() for character in match[0]):
            is_named = _ORDER_WORD.search(folded[max(0, match.start() - 30) : match.start()]) is not None
            kind = "order_id_in_text" if is_named else "number_in_text"
            if tokens.get(squeeze(match[0])) != "order_id_in_text":
                tokens[squeeze(match[0])] = kind
    values = list(tokens)[:400]
    whole = store.find_by_key(Key.ORDER, values)
    for number in whole:
        if number not in leads.facts and not is_amazon_order_id(number):
            leads.add([number], tokens[squeeze(number)], order_id=number)
            if tokens[squeeze(number)] == "order_id_in_text":
                leads.mentioned = (*leads.mentioned, number)
    for match in _NEARLY_AMAZON.finditer(folded):
        if not is_amazon_order_id(match[0]):
            _by_similar_number(match[0], query, store, leads)
    long_enough = [value for value in values if len(value) > SHORTEST_PART]
    for key, code in ((Key.PO, "po_number"), (Key.TRACKING, "tracking"), (Key.RMA, "rma")):
        for value in long_enough if store.find_by_key(key, long_enough, before=query.at) else ():
            leads.add(store.find_by_key(key, [value], before=query.at), code, **{code: value})
    numbers = {squeeze(number) for number in whole}
    for part in [
        value for value in values if value.isdigit() and 5 <= len(value) < 17 and value not in numbers
    ]:
        leads.add(_with_part(part, query, store), "order_id_part", part=part)


def _with_part(part: str, query: Query, store: Store) -> dict[OrderId, int]:
    """Orders whose number ends with *part* or has it as a group of its own."""
    ending = store.find_by_prefix(Key.ORDER_BACKWARDS, part[::-1], before=query.at)
    return ending | store.find_by_key(Key.ORDER_PART, [part], before=query.at)


def _by_person(query: Query, store: Store, leads: Leads) -> None:
    """E-mail, name, postcode and city, typed or in the text; what hides many buyers is passed over."""
    if wanted := hints(query):
        found = _unless_one_fits(wanted, store.find_persons(wanted, limit=MOST_PERSONS))
        for order_id, recipient in store.recipients(list(found)).items():
            for fact in compare(query, recipient):
                leads.note(order_id, fact)
    if query.text:
        _by_person_in_text(fold(query.text), store, leads)


def _unless_one_fits(wanted: Sequence[PersonHint], found: dict[OrderId, int]) -> dict[OrderId, int]:
    """Without those of whom less than half fits, where somebody is found of whom everything does."""
    whole = sum(hint.weight for hint in wanted if hint.kind is not PersonKey.EMAIL_WORD)
    if max(found.values(), default=0) < whole:
        return found
    return {order_id: weight for order_id, weight in found.items() if 2 * weight >= whole}


def _by_person_in_text(text: str, store: Store, leads: Leads) -> None:
    if mails := {mail_key(found) for found in _MAIL.findall(text)} - {""}:
        leads.add(store.find_by_person(PersonKey.EMAIL, mails), "email")
    words = _WORD.findall(text)[-600:]
    pairs = {one + other for one, other in pairwise(words)}
    postcodes = [code for code in {*words, *pairs} if 4 <= len(code) <= 8 and any(c.isdigit() for c in code)]
    leads.add(store.find_by_person(PersonKey.POSTCODE, postcodes, limit=MOST_PERSONS), "postcode")
    spoken = {word for word in words if len(word) > 1}
    named = store.find_by_person(PersonKey.NAME, spoken, at_least=2, limit=MOST_PERSONS)
    for order_id, recipient in store.recipients(list(named)).items():
        names = [name_words(recipient.name), name_words(recipient.buyer_name)]
        if any(name and name <= spoken for name in names):
            leads.add([order_id], "name")


def _by_buyer_and_items(query: Query, store: Store, leads: Leads) -> None:
    """The buyer's orders with a named product; orders with the products when nothing else led anywhere."""
    buyer = fold(query.buyer or "")
    wanted = _wanted(query, store)
    if buyer:
        of_buyer = store.find_by_products(wanted, buyer=buyer, before=query.at, limit=MOST_ORDERS)
        if not any(item.is_identified for item in query.items):
            of_buyer |= store.find_by_key(Key.BUYER, [buyer], before=query.at, limit=MOST_ORDERS)
        own = store.find_by_key(Key.BUYER, [buyer], limit=MOST_OF_A_BUYER) if leads.facts else {}
        leads.add([*of_buyer, *(known for known in leads.facts if known in own)], "buyer", buyer=clean(buyer))
    elif not leads.facts:
        for order_id in store.find_by_products(wanted, before=query.at, limit=MOST_ORDERS):
            leads.facts[order_id] = []


def _wanted(query: Query, store: Store) -> list[Holds]:
    """The products that are named, as the SKUs they can be and the units an order must hold."""
    wanted: list[Holds] = []
    for item in query.items:
        if item.sku:
            skus = frozenset({fold(item.sku)})
        elif item.asin:
            skus = store.skus_of_asin(clean(item.asin).upper())
        else:
            skus = _skus_of_title(fold(item.title or ""), store)
        if skus:
            wanted.append(Holds(skus, item.units if item.is_identified and item.units else 1))
    return wanted


def _skus_of_title(title: str, store: Store) -> frozenset[str]:
    if not title:
        return frozenset()
    sold = store.product_titles()
    names = [title_key(name) for _, name in sold]
    found = process.extract(title, names, scorer=fuzz.token_set_ratio, score_cutoff=TITLE_FITS, limit=20)
    return frozenset(sold[place][0] for _, _, place in found)
