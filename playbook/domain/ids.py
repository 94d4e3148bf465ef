"""Identifiers as Amazon writes them, and how they look inside a buyer's text.

Formats: facts from Amazon's API models (order number 3-7-7, ten-character ASIN); an order book of a
shop that is not on Amazon may use any other order number of up to 40 characters.
"""

import re
from enum import StrEnum
from typing import NewType

OrderId = NewType("OrderId", str)
Sku = NewType("Sku", str)
Asin = NewType("Asin", str)
OrderItemId = NewType("OrderItemId", str)
CaseId = NewType("CaseId", str)

_DASH = "[-\u2010-\u2015\u2212\uff0d\u30fc\\s]?"
_AMAZON_ORDER = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")
_AMAZON_ORDER_LOOSE = re.compile(rf"(?<![0-9])([0-9]{{3}}){_DASH}([0-9]{{7}}){_DASH}([0-9]{{7}})(?![0-9])")
_ASIN = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_CASE_ID = re.compile(r"[0-9]{4}-[0-9]{4,8}")
_FULL_WIDTH_DIGITS = {0xFF10 + n: str(n) for n in range(10)}


class Marketplace(StrEnum):
    """Amazon's marketplaces by the two letters used in its documentation (Britain is ``UK``)."""

    US = "US"
    CA = "CA"
    MX = "MX"
    BR = "BR"
    UK = "UK"
    IE = "IE"
    DE = "DE"
    FR = "FR"
    IT = "IT"
    ES = "ES"
    NL = "NL"
    BE = "BE"
    SE = "SE"
    PL = "PL"
    TR = "TR"
    ZA = "ZA"
    EG = "EG"
    SA = "SA"
    AE = "AE"
    IN = "IN"
    SG = "SG"
    AU = "AU"
    JP = "JP"


def is_amazon_order_id(text: str) -> bool:
    """Whether *text* is exactly an Amazon order number in its 3-7-7 shape."""
    return _AMAZON_ORDER.fullmatch(text) is not None


def is_asin(text: str) -> bool:
    """Whether *text* is exactly an ASIN (``B`` and nine letters or digits, or an ISBN-10)."""
    return _ASIN.fullmatch(text) is not None


def is_case_id(text: str) -> bool:
    """Whether *text* is exactly one of our case ids, for example ``2026-0412``."""
    return _CASE_ID.fullmatch(text) is not None


def find_order_ids(text: str) -> tuple[OrderId, ...]:
    """The complete Amazon order numbers in *text*, once each, in order of appearance.

    Dashes may be of any kind, spaces, or missing; full-width digits count as digits.
    """
    folded = text.translate(_FULL_WIDTH_DIGITS)
    found = ("-".join(match.groups()) for match in _AMAZON_ORDER_LOOSE.finditer(folded))
    return tuple(OrderId(order_id) for order_id in dict.fromkeys(found))
