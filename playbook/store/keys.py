"""What an order can be found by, and how each key is written so that both sides of a search agree."""

import hmac
import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from playbook.domain.orders import Order
from playbook.store.values import OrderEntry, Recipient

MASKED_NAMES = frozenset({"amazon business eu sarl", "amazon eu sarl", "amazon business"})
MASKED_MAIL = "no-reply-amazon-iba-buyer@"
"""Amazon Business EU resells orders under one name and address: they identify nobody."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")


class Key(StrEnum):
    """Search keys that are not personal."""

    ORDER = "order"
    ORDER_BACKWARDS = "order_rev"
    ORDER_PART = "order_part"
    PO = "po"
    SKU = "sku"
    ASIN = "asin"
    TRACKING = "tracking"
    BUYER = "buyer"
    REPLACES = "replaces"


class PersonKey(StrEnum):
    """Search keys made of personal data: stored as keyed hashes only, purged with the data."""

    NAME = "name"
    EMAIL = "email"
    POSTCODE = "postcode"
    CITY = "city"


def clean(text: str) -> str:
    """Outside text in one spelling: compatibility forms folded, no control characters or lone surrogates."""
    visible = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(
        c for c in unicodedata.normalize("NFKC", visible) if c.isprintable() or c.isspace()
    ).strip()


def fold(text: str) -> str:
    """*text* for comparing: `clean`, case folded, runs of spaces as one."""
    return _SPACE.sub(" ", clean(text).casefold())


@lru_cache(maxsize=50_000)
def sku_key(sku: str) -> str:
    """A SKU for comparing: `fold`, remembered, because orders repeat SKUs."""
    return fold(sku)


def squeeze(text: str) -> str:
    """Letters and digits of *text* only, folded: for numbers that people write with dashes and spaces."""
    return "".join(_WORD.findall(fold(text)))


def name_words(name: str) -> frozenset[str]:
    """The folded words of a name; empty for a masked one. Words of one Latin letter are left out."""
    folded = fold(name)
    if folded in MASKED_NAMES:
        return frozenset()
    return frozenset(word for word in _WORD.findall(folded) if len(word) > 1 or not word.isascii())


def mail_key(email: str) -> str:
    """The folded address; empty for a masked one and for what is not an address."""
    folded = fold(email)
    return "" if folded.startswith(MASKED_MAIL) or "@" not in folded else folded


def order_keys(order: Order, buyer: str = "", tracking: tuple[str, ...] = ()) -> Iterator[tuple[Key, str]]:
    """Everything an order can be found by that is not personal."""
    number = squeeze(order.order_id)
    yield Key.ORDER, number
    yield Key.ORDER_BACKWARDS, number[::-1]
    parts = _WORD.findall(fold(order.order_id))
    if len(parts) > 1:
        yield from ((Key.ORDER_PART, part) for part in parts if len(part) > 3)
    if order.po_number:
        yield Key.PO, squeeze(order.po_number)
    if order.replaces:
        yield Key.REPLACES, order.replaces
    if buyer:
        yield Key.BUYER, fold(buyer)
    for code in tracking:
        yield Key.TRACKING, squeeze(code)
    for line in order.lines:
        yield Key.SKU, sku_key(line.sku)
        if line.asin:
            yield Key.ASIN, fold(line.asin)


def person_keys(recipient: Recipient) -> Iterator[tuple[PersonKey, str]]:
    """The personal keys of a recipient in plain, to be hashed before they are stored or looked up."""
    for word in name_words(recipient.name):
        yield PersonKey.NAME, word
    if mail := mail_key(recipient.email):
        yield PersonKey.EMAIL, mail
    if postcode := squeeze(recipient.postcode):
        yield PersonKey.POSTCODE, postcode
    if city := fold(recipient.city):
        yield PersonKey.CITY, city


def hashed(secret: str, kind: PersonKey, value: str) -> str:
    """The keyed hash under which a personal key is stored: 32 hex digits, useless without *secret*."""
    text = f"{kind.value}\n{value}".encode("utf-8", "ignore")
    return hmac.new(bytes.fromhex(secret), text, "sha256").hexdigest()[:32]


def entry_of(order: Order | OrderEntry) -> OrderEntry:
    """An entry for *order* when it came alone."""
    return order if isinstance(order, OrderEntry) else OrderEntry(order)
