"""Which orders are worth a closer look: everything that any one known fact leads to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from rapidfuzz import fuzz, process

from playbook.domain.ids import OrderId, find_order_ids, is_amazon_order_id
from playbook.orderbook.query import EvidenceFact, Query
from playbook.store import Key, PersonKey, Store
from playbook.store.keys import clean, fold, mail_key, name_words, squeeze

MOST_ORDERS = 200
MOST_OF_A_BUYER = 2000
MOST_WITH_A_SKU = 5000
LONGEST_TEXT = 20_000
SHORTEST_PART = 3
TITLE_FITS = 75.0
"""From this rapidfuzz score (0 to 100) on, a name in words may mean a title."""

_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9]|[-/.#](?=[a-z0-9])){3,39}")
"""A number in a folded text: of Latin letters and digits only, because CJK writes no spaces around it."""

_WORD = re.compile(r"[^\W_]+")
_MAIL = re.compile(r"[^\s<>@,;:()\"]+@[^\s<>@,;:()\"]+\.[a-z]{2,}")
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
            known = self.facts.setdefault(order_id, [])
            if code not in {other.code for other in known}:
                known.append(fact)


def gather(query: Query, store: Store) -> Leads:
    """The orders that any one fact leads to; those placed after the buyer wrote only when named in full."""
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
        _by_text(query, clean(query.text[:LONGEST_TEXT]), store, leads)
    _by_person(query, store, leads)
    _by_buyer_and_items(query, store, leads)
    return leads


def _by_number(query: Query, store: Store, leads: Leads) -> None:
    """Complete order numbers: typed, or of Amazon's shape in the text."""
    given = [order_id.strip()] if (order_id := clean(query.order_id or "")) else []
    in_text = [number for number in find_order_ids(query.text or "") if number not in given]
    for numbers, code in ((given, "order_id_given"), (in_text, "order_id_in_text")):
        for number in numbers:
            found = store.find_by_key(Key.ORDER, [squeeze(number)])
            leads.add(found, code, order_id=number)
            if not found and is_amazon_order_id(number):
                _by_similar_number(number, query, store, leads)
    leads.mentioned = (*given, *in_text)


def _by_similar_number(number: str, query: Query, store: Store, leads: Leads) -> None:
    """Orders that share a group of seven digits with a number that is not in the book."""
    parts = number.split("-")[1:]
    leads.add(store.find_by_key(Key.ORDER_PART, parts, before=query.at), "order_id_similar", given=number)


def _by_part(query: Query, store: Store, leads: Leads) -> None:
    part = squeeze(query.order_id_part or "")
    if len(part) < SHORTEST_PART:
        return
    found = {
        **store.find_by_prefix(Key.ORDER_BACKWARDS, part[::-1], before=query.at),
        **store.find_by_key(Key.ORDER_PART, [part], before=query.at),
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
    long_enough = [value for value in values if len(value) > SHORTEST_PART]
    for key, code in ((Key.PO, "po_number"), (Key.TRACKING, "tracking")):
        for value in long_enough if store.find_by_key(key, long_enough, before=query.at) else ():
            leads.add(store.find_by_key(key, [value], before=query.at), code, **{code: value})
    numbers = {squeeze(number) for number in whole}
    for part in [
        value for value in values if value.isdigit() and 5 <= len(value) < 17 and value not in numbers
    ]:
        found = store.find_by_key(Key.ORDER_PART, [part], before=query.at)
        leads.add(found or _ending(part, query, store), "order_id_part", part=part)


def _ending(part: str, query: Query, store: Store) -> Iterable[OrderId]:
    return store.find_by_prefix(Key.ORDER_BACKWARDS, part[::-1], before=query.at)


def _by_person(query: Query, store: Store, leads: Leads) -> None:
    """E-mail, name, postcode and city, typed or in the text; what hides many buyers is passed over."""
    words = name_words(query.name or "")
    if words:
        hits = store.find_by_person(PersonKey.NAME, words)
        leads.add([order_id for order_id, count in hits.items() if count >= min(2, len(words))], "name")
    if mail := mail_key(query.email or ""):
        leads.add(store.find_by_person(PersonKey.EMAIL, [mail]), "email")
    if postcode := squeeze(query.postcode or ""):
        leads.add(store.find_by_person(PersonKey.POSTCODE, [postcode]), "postcode")
    if city := fold(query.city or ""):
        in_city = store.find_by_person(PersonKey.CITY, [city])
        leads.add([order_id for order_id in in_city if order_id in leads.facts or not words], "city")
    if query.text:
        _by_person_in_text(fold(query.text[:LONGEST_TEXT]), store, leads)


def _by_person_in_text(text: str, store: Store, leads: Leads) -> None:
    if mails := {mail_key(found) for found in _MAIL.findall(text)} - {""}:
        leads.add(store.find_by_person(PersonKey.EMAIL, mails), "email")
    words = _WORD.findall(text)[-600:]
    pairs = {one + other for one, other in pairwise(words)}
    postcodes = [code for code in {*words, *pairs} if 4 <= len(code) <= 8 and any(c.isdigit() for c in code)]
    leads.add(store.find_by_person(PersonKey.POSTCODE, postcodes), "postcode")
    names = store.find_by_person(PersonKey.NAME, {word for word in words if len(word) > 1})
    for order_id in [order_id for order_id, count in names.items() if count > 1]:
        recipient = store.recipient(order_id)
        if recipient is not None and name_words(recipient.name) <= set(words):
            leads.add([order_id], "name")


def _by_buyer_and_items(query: Query, store: Store, leads: Leads) -> None:
    """The buyer's orders with a named product; orders with the products when nothing else led anywhere."""
    buyer = fold(query.buyer or "")
    of_buyer = store.find_by_key(Key.BUYER, [buyer], before=query.at, limit=MOST_OF_A_BUYER) if buyer else {}
    with_items: dict[OrderId, int] = {}
    if of_buyer or not leads.facts:
        with_items = _with_items(query, store)
    if buyer:
        fitting = [order_id for order_id in of_buyer if order_id in with_items or order_id in leads.facts]
        named = any(item.is_identified for item in query.items)
        leads.add(fitting if named else of_buyer, "buyer", buyer=clean(query.buyer or ""))
    elif not leads.facts:
        for order_id in list(with_items)[:MOST_ORDERS]:
            leads.facts[order_id] = []


def _with_items(query: Query, store: Store) -> dict[OrderId, int]:
    found: dict[OrderId, int] = {}
    for key, values in (
        (Key.SKU, {fold(item.sku) for item in query.items if item.sku}),
        (Key.ASIN, {fold(item.asin) for item in query.items if item.asin}),
        (Key.SKU, _skus_of_titles(query, store)),
    ):
        hits = store.find_by_key(key, values, before=query.at, limit=MOST_WITH_A_SKU) if values else {}
        for order_id, count in hits.items():
            found[order_id] = found.get(order_id, 0) + count
    return dict(sorted(found.items(), key=lambda hit: -hit[1]))


def _skus_of_titles(query: Query, store: Store) -> set[str]:
    titles = [fold(item.title) for item in query.items if item.title and not item.is_identified]
    if not any(titles):
        return set()
    sold = store.product_titles()
    names = [fold(title) for _, title in sold]
    return {
        sold[place][0]
        for title in titles
        if title
        for _, _, place in process.extract(
            title, names, scorer=fuzz.token_set_ratio, score_cutoff=TITLE_FITS, limit=20
        )
    }
