"""Amounts and percentages as people type them, in the writing of any locale."""

import re
import unicodedata
from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_symbol

from playbook.domain.money import Money, minor_unit
from playbook.domain.problems import Problem, problem

LOCALES = (
    *("en_US", "en_GB", "en_CA", "en_AU", "en_SG", "en_IN", "en_ZA", "de_DE", "de_CH", "fr_FR", "fr_CA"),
    *("es_ES", "es_MX", "it_IT", "ja_JP", "zh_CN", "pl_PL", "sv_SE", "tr_TR", "pt_BR", "nl_NL"),
)
"""Writings of money that agents and buyers use."""

CURRENCIES = (
    *("USD", "CAD", "MXN", "BRL", "GBP", "EUR", "SEK", "PLN", "TRY", "ZAR", "EGP", "SAR", "AED", "INR"),
    *("SGD", "AUD", "JPY", "CNY", "CHF"),
)
"""Currencies that are told apart by their signs."""

_SPOKEN = {"円": "JPY", "元": "CNY", "圆": "CNY"}


@cache
def _signs() -> dict[str, frozenset[str]]:
    """Signs of money, folded, and the currencies that are written with them somewhere."""
    signs: dict[str, set[str]] = {sign: {currency} for sign, currency in _SPOKEN.items()}
    for currency in CURRENCIES:
        for locale in LOCALES:
            sign = unicodedata.normalize("NFKC", get_currency_symbol(currency, locale)).casefold()
            signs.setdefault(sign, set()).add(currency)
    return {sign: frozenset(currencies) for sign, currencies in signs.items()}


_NUMBER = re.compile(r"[0-9][0-9.,'’ ]*")
_PLACES = 2


def amount_of_text(text: str, currency: str) -> Money | Problem:
    """The amount that a person means, in *currency*; or what is wrong with it, in a sentence.

    With two kinds of separators the last one is the decimal point. A lone one that three digits follow
    groups thousands, because no amount has three decimals.
    """
    shown = text.strip()[:40]
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _NUMBER.search(folded)
    if found is None:
        return problem("amount_not_a_number", text=shown)
    before, after = folded[: found.start()].strip(), folded[found.end() :].strip()
    if before[:1] in {"-", "−"} or before[-1:] in {"-", "−"} or after[:1] in {"-", "−"}:
        return problem("below_zero", text=shown)
    wrong = _other_currency(before, after, currency)
    if wrong is not None:
        code = "amount_other_currency" if wrong else "amount_not_a_number"
        return problem(code, text=shown, amount=shown, currency=currency)
    number = _number(found[0].strip(), thousands=True)
    if number is None:
        return problem("amount_not_a_number", text=shown)
    if number != number.quantize(minor_unit(currency)):
        return problem("amount_too_fine", text=shown, smallest=Money(minor_unit(currency), currency))
    return Money(number, currency)


def share_of_text(text: str) -> Decimal | Problem:
    """The percentage that a person means; or what is wrong with it, in a sentence."""
    shown = text.strip()[:40]
    folded = unicodedata.normalize("NFKC", text).strip().removesuffix("%").strip()
    if folded[:1] in {"-", "−"}:
        return problem("below_zero", text=shown)
    number = _number(folded, thousands=False) if _NUMBER.fullmatch(folded) else None
    if number is None:
        return problem("share_not_a_number", text=shown)
    if -int(number.as_tuple().exponent) > _PLACES and number != round(number, _PLACES):
        return problem("share_too_fine", text=shown)
    return number


def _other_currency(before: str, after: str, currency: str) -> bool | None:
    """None when the words around a number fit the currency, else whether they name another one."""
    wrong: bool | None = None
    for word in filter(None, (before.casefold(), after.casefold())):
        if word == currency.casefold() or currency in _signs().get(word, ()):
            continue
        named = word in _signs() or re.fullmatch(r"[a-z]{3}", word) is not None
        wrong = named if wrong is None else wrong and named
    return wrong


def _number(text: str, *, thousands: bool) -> Decimal | None:
    """The number behind digits and separators; None when the separators make no sense."""
    bare = re.sub(r"(?<=[0-9])[ '’](?=[0-9]{3}(?![0-9]))", "", text).replace("\u00a0", "")
    points = [character for character in bare if character in ".,"]
    kinds = set(points)
    decimal = ""
    if len(kinds) == 2:
        decimal = points[-1]
    elif len(points) == 1 and not (thousands and re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", bare)):
        decimal = points[0]
    whole, _, part = bare.partition(decimal) if decimal else (bare, "", "")
    if decimal and (bare.count(decimal) != 1 or not part):
        return None
    groups = re.split(r"[.,]", whole)
    if not all(group.isdecimal() and group.isascii() for group in [*groups, part or "0"]):
        return None
    if len(groups) > 1 and not (thousands and len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])):
        return None
    if len(whole) > 15:
        return None
    return Decimal("".join(groups) + (f".{part}" if part else ""))
