"""What an order can be found by, and how each key is written so that both sides of a search agree."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache

from playbook.domain.orders import Order
from playbook.store.tables import utc_text
from playbook.store.values import OrderEntry, Recipient, StoredOrder

MASKED_NAMES = frozenset({"amazon business eu sarl", "amazon eu sarl", "amazon business"})
MASKED_MAIL = "no-reply-amazon-iba-buyer@"
"""Amazon Business EU resells orders under one name and address: they identify nobody."""

ALIAS_DOMAIN = "marketplace.amazon."
"""Where the addresses live that Amazon gives to buyers."""

LONGEST_WORD = 40
SHORTEST_NAME = 3
"""A word of fewer letters inside an address is taken for no name."""
SHORT_PART = 3
"""Groups of so few characters are in too many order numbers to find one by."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")


class Key(StrEnum):
    """Search keys that are not personal. The values are short because there are millions of them."""

    ORDER = "o"
    ORDER_BACKWARDS = "or"
    ORDER_PART = "op"
    PO = "po"
    TRACKING = "t"
    RMA = "rma"
    BUYER = "b"
    REPLACES = "x"


_ORDER, _ORDER_BACKWARDS, _ORDER_PART, _PO, _TRACKING, _RMA, _BUYER, _REPLACES = (key.value for key in Key)


class PersonKey(StrEnum):
    """Search keys made of personal data: stored as keyed hashes only, purged with the data.

    The ``_LIKE`` keys are a word with one character left out, so that two words share one when they
    are one typing error apart. ``EMAIL_WORD`` are the words in an address that may be names.
    """

    NAME = "name"
    NAME_LIKE = "name_like"
    EMAIL = "email"
    EMAIL_LIKE = "email_like"
    EMAIL_WORD = "email_word"
    POSTCODE = "postcode"
    CITY = "city"


def clean(text: str) -> str:
    """Outside text in one spelling: compatibility forms folded, no control characters or lone surrogates."""
    if text.isascii() and text.isprintable():
        return text.strip()
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


@lru_cache(maxsize=100_000)
def title_key(title: str) -> str:
    """A title for comparing: `fold`, remembered, because every search goes over all titles."""
    return fold(title)


def squeeze(text: str) -> str:
    """Letters and digits of *text* only, folded: for numbers that people write with dashes and spaces."""
    if text.isascii() and text.isalnum():
        return text.lower()
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


def order_keys(
    order_id: str,
    *,
    po_number: str | None = None,
    replaces: str | None = None,
    buyer: str = "",
    tracking: Iterable[str] = (),
    rmas: Iterable[str] = (),
) -> Iterator[tuple[str, str]]:
    """What an order can be found by that is not personal, besides its products: (kind, value).

    The last part of a number is no key of its own: it is what the number ends with.
    """
    number = squeeze(order_id)
    yield _ORDER, number
    yield _ORDER_BACKWARDS, number[::-1]
    for part in _WORD.findall(fold(order_id))[:-1]:
        if len(part) > SHORT_PART:
            yield _ORDER_PART, part
    if po_number:
        yield _PO, squeeze(po_number)
    if replaces:
        yield _REPLACES, replaces
    if buyer:
        yield _BUYER, fold(buyer)
    for code in tracking:
        yield _TRACKING, squeeze(code)
    for code in rmas:
        yield _RMA, squeeze(code)


def units_by_sku(order: Order) -> dict[str, int]:
    """How many units of each folded SKU were ordered."""
    units: dict[str, int] = {}
    for line in order.lines:
        sku = sku_key(line.sku)
        units[sku] = units.get(sku, 0) + line.units_ordered
    return units


def person_keys(recipient: Recipient) -> Iterator[tuple[PersonKey, str]]:
    """The personal keys of a recipient in plain, to be hashed before they are stored or looked up."""
    words = name_words(recipient.name) | name_words(recipient.buyer_name)
    for word in words:
        yield PersonKey.NAME, word
    for like in likes(words):
        yield PersonKey.NAME_LIKE, like
    if mail := mail_key(recipient.email):
        yield PersonKey.EMAIL, mail
        for like in mail_likes(mail):
            yield PersonKey.EMAIL_LIKE, like
        for word in mail_words(mail):
            yield PersonKey.EMAIL_WORD, word
    if postcode := squeeze(recipient.postcode):
        yield PersonKey.POSTCODE, postcode
    if city := fold(recipient.city):
        yield PersonKey.CITY, city


def likes(words: Iterable[str]) -> frozenset[str]:
    """The words of at least four characters, whole and with each one character left out."""
    return frozenset(
        like for word in words if 3 < len(word) <= LONGEST_WORD for like in (word, *_one_less(word))
    )


def mail_likes(mail: str) -> frozenset[str]:
    """An address and its part before the at-sign, each with one character left out: for mistyped ones.

    None for Amazon's aliases: they are meaningless letters, and one that is nearly the same belongs to
    somebody else.
    """
    local, _, domain = mail.partition("@")
    return frozenset() if domain.startswith(ALIAS_DOMAIN) else likes([mail, local]) | {local}


def mail_words(mail: str) -> frozenset[str]:
    """The words before the at-sign that may be names, each also without an initial before it.

    ``jane.doe7@`` holds jane and doe, ``jdoe@`` doe. None for Amazon's aliases.
    """
    local, _, domain = mail.partition("@")
    if domain.startswith(ALIAS_DOMAIN):
        return frozenset()
    found = (word.strip("0123456789") for word in _WORD.findall(local))
    words = {word for word in found if len(word) >= SHORTEST_NAME and word.isalpha()}
    return frozenset(words | {word[1:] for word in words if len(word) > SHORTEST_NAME})


def _one_less(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def hashed(secret: str, kind: PersonKey, value: str) -> int:
    """The keyed hash under which a personal key is stored: 64 bits, useless without *secret*."""
    text = f"{kind.value}\n{value}".encode("utf-8", "ignore")
    digest = hashlib.blake2b(text, key=bytes.fromhex(secret), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def stored(order: Order | OrderEntry) -> StoredOrder:
    """*order* as the book stores it."""
    entry = order if isinstance(order, OrderEntry) else OrderEntry(order)
    order = entry.order
    keys = order_keys(
        order.order_id,
        po_number=order.po_number,
        replaces=order.replaces,
        buyer=entry.buyer,
        tracking=entry.tracking,
        rmas=entry.rmas,
    )
    return StoredOrder(
        order.order_id,
        utc_text(order.placed_at),
        order.model_dump_json(exclude_defaults=True),
        tuple(keys),
        units_by_sku(order),
        tuple((sku_key(line.sku), line.title, line.asin or "") for line in order.lines),
        order.replaces,
        entry.recipient,
        entry.purge_after,
    )
