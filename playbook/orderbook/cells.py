"""Cells of a report as values: strict about units, generous about how people write money and dates."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from playbook.orderbook.refusals import RowRefused

LONGEST_TEXT = 500
_UNITS = re.compile(r"([0-9]{1,9})(?:\.0+)?")
_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_EMPTY = frozenset({"", "nan", "none", "null", "n/a", "nat"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")
_WITHOUT_ZONE = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d-%b-%Y",
)  # fmt: skip


@lru_cache(maxsize=50_000)
def tidy(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text cell for showing: control characters and lone surrogates out, spaces single, cut to length."""
    return _SPACES.sub(" ", _CONTROL.sub(" ", text)).strip()[:longest]


def is_empty(text: str) -> bool:
    """Whether a cell holds nothing, in the spellings of the usual tools."""
    return text.strip().casefold() in _EMPTY


@lru_cache(maxsize=50_000)
def filled(text: str) -> str:
    """A cell as `tidy` text, empty when it `is_empty`."""
    return "" if is_empty(text) else tidy(text)


@lru_cache(maxsize=10_000)
def units(text: str) -> int:
    """A positive whole number; ``12.0`` counts as whole. RowRefused otherwise."""
    match = _UNITS.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise RowRefused("row_units", text=repr(tidy(text, 40)))
    return int(match[1])


@lru_cache(maxsize=50_000)
def amount(text: str) -> Decimal | None:
    """An amount of money; None for an empty cell, RowRefused for anything else that is no number.

    With both separators the last one is the decimal point; a lone comma is one unless three digits
    follow. Currency signs and spaces are passed over.
    """
    if is_empty(text):
        return None
    bare = re.sub(r"[\s\u00a0\u202f'’$€£¥￥]|[A-Z]{3}", "", text)
    if "," in bare and "." in bare:
        decimal, thousands = (",", ".") if bare.rfind(",") > bare.rfind(".") else (".", ",")
        bare = bare.replace(thousands, "").replace(decimal, ".")
    elif "," in bare:
        is_decimal = re.fullmatch(r"-?[0-9]+,([0-9]{1,2}|[0-9]{4,})", bare) is not None
        bare = bare.replace(",", "." if is_decimal else "")
    elif bare.count(".") > 1:
        bare = bare.replace(".", "")
    if _AMOUNT.fullmatch(bare) is None or len(bare) > 20:
        raise RowRefused("row_price", text=repr(tidy(text, 40)))
    return Decimal(bare)


@lru_cache(maxsize=1000)
def currency(text: str) -> str:
    """A currency code, three capitals. RowRefused for anything else."""
    if len(text) != 3 or not text.isascii() or not text.isalpha() or not text.isupper():
        raise RowRefused("row_currency", text=repr(text[:20]))
    return text


@lru_cache(maxsize=50_000)
def moment(text: str, zone: str = "UTC", pattern: str = "") -> datetime:
    """A time in UTC. Times that name no zone are in *zone*; *pattern* is a strptime format.

    Reads ISO 8601, 31.12.2026 and 2026/12/31 with or without a time. 12/11/2026 is ambiguous and
    refused without a pattern (RowRefused).
    """
    at = _naive_or_aware(text.strip(), pattern)
    if at is None:
        raise RowRefused("row_time", text=repr(tidy(text, 40)))
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone))
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise RowRefused("row_time", text=repr(tidy(text, 40))) from None


def _naive_or_aware(text: str, pattern: str) -> datetime | None:
    for candidate in (pattern,) if pattern else ("", *_WITHOUT_ZONE):
        try:
            return datetime.strptime(text, candidate) if candidate else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            continue
    return None


def flag(text: str) -> bool:
    """Whether a cell says yes: true, yes, 1, in any case."""
    return text.strip().casefold() in {"true", "yes", "y", "1", "t"}


@lru_cache(maxsize=50_000)
def number_text(text: str) -> str:
    """An identifier that a spreadsheet may have turned into a number: ``17850.0`` is ``17850``."""
    bare = tidy(text, 120)
    if is_empty(bare):
        return ""
    return bare[:-2] if bare.endswith(".0") and bare[:-2].isdigit() else bare
