"""Figures in a text: amounts, dates, units and bare numbers, in the languages of our letters.

Nothing is judged here. What a figure could mean is a set of readings: 03/04/2026 is two dates.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

_CODES = (
    *("USD", "CAD", "MXN", "BRL", "GBP", "EUR", "SEK", "PLN", "TRY", "ZAR"),
    *("EGP", "SAR", "AED", "INR", "SGD", "AUD", "JPY", "CNY"),
)
_CURRENCIES: dict[str, str] = {
    "US$": "USD",
    "CA$": "CAD",
    "A$": "AUD",
    "CN¥": "CNY",
    "JP¥": "JPY",
    "MX$": "MXN",
    "R$": "BRL",
    "$US": "USD",
    "$CA": "CAD",
    "$AU": "AUD",
    "$MX": "MXN",
    "£GB": "GBP",
    "$": "USD CAD AUD MXN SGD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY CNY",
    "₹": "INR",
    "zł": "PLN",
    "kr": "SEK",
    **{code: code for code in _CODES},
    "RMB": "CNY",
    "euros": "EUR",
    "euro": "EUR",
    "pounds": "GBP",
    "pound": "GBP",
    "dollars": "USD CAD AUD SGD",
    "dollar": "USD CAD AUD SGD",
    "livres sterling": "GBP",
    "libras esterlinas": "GBP",
    "sterline": "GBP",
    "dólares": "USD CAD AUD MXN SGD",
    "dollari": "USD CAD AUD SGD",
    "yen": "JPY",
    "yens": "JPY",
    "yenes": "JPY",
    "欧元": "EUR",
    "英镑": "GBP",
    "美元": "USD",
    "美金": "USD",
    "日元": "JPY",
    "元": "CNY",
    "円": "JPY",
    "ユーロ": "EUR",
    "ポンド": "GBP",
    "ドル": "USD CAD AUD SGD",
}
"""How currencies are written in messages, and the codes that may be meant."""
_MEANT = {sign.casefold(): frozenset(codes.split()) for sign, codes in _CURRENCIES.items()}

_SIGN = "|".join(
    re.escape(sign) + ("(?![A-Za-z])" if sign[-1].isascii() and sign[-1].isalpha() else "")
    for sign in sorted(_CURRENCIES, key=len, reverse=True)
)
# the first letter is looked at before sixty words are tried: most of a text is none of them
_SIGN = f"(?=[{re.escape(''.join(sorted({sign[0] for sign in _CURRENCIES})))}])(?:{_SIGN})"
_NUMBER = r"(?:\d{1,3}(?:[.,' ]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?)"
_AMOUNT = re.compile(
    rf"(?<![A-Za-z])(?P<sign>{_SIGN})\s?(?P<number>{_NUMBER})"
    rf"|(?<![\d.,])(?P<number_first>{_NUMBER})\s?(?P<sign_last>{_SIGN})",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"(?<![\w.,-])(?P<units>\d{1,3}(?:[.,']\d{3})+|\d+)\s?"
    r"(?:x|×|unités?|unità|units?|pieces?|pièces?|pcs?|items?|exemplaires?|articles?|Stücke?n?|Stk|Exemplare?"
    r"|unidad(?:es)?|uds?|piezas?|artículos?|pezz[oi]|pz|articol[oi]"
    r"|件|个|個|只|点|枚|セット|套)(?![A-Za-z\d])"
    r"(?!工作日|自然日|营业日|小时|月|星期)",
    re.IGNORECASE | re.ASCII,
)
_UNIT_WORDS = (
    ("one two three four five six seven eight nine ten eleven twelve", r"\s(?:units?|pieces?|items?)\b"),
    ("ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf", r"\sStück\b"),
    ("une deux trois quatre cinq six sept huit neuf dix onze douze", r"\s(?:unités?|exemplaires?)\b"),
    ("una dos tres cuatro cinco seis siete ocho nueve diez once doce", r"\sunidad(?:es)?\b"),
    ("una due tre quattro cinque sei sette otto nove dieci undici dodici", r"\s(?:unità|pezzi)\b"),
)
_CHINESE_NUMBERS = {"两": 2} | {word: number for number, word in enumerate("二三四五六七八九十", start=2)}
_WRITTEN = (
    *(
        (
            re.compile(rf"\b(?P<word>{'|'.join(words.split())}){unit}", re.IGNORECASE),
            {word: number for number, word in enumerate(words.split(), start=1)},
        )
        for words, unit in _UNIT_WORDS
    ),
    (
        re.compile(r"(?<![一二三四五六七八九十百第])(?P<word>[二两三四五六七八九十])(?:件(?!事)|只|個)"),
        _CHINESE_NUMBERS,
    ),
)
"""Units in words, as far as they are sure to be a number of goods (not 一个, 两点, 三件事)."""
_SHARE = re.compile(r"(?<![A-Za-z\d.,])(?P<share>\d+(?:[.,]\d+)?)\s?%")
_BARE = re.compile(
    r"(?<![A-Za-z\d_.,:/#])(?<![A-Za-z]-)(?P<number>\d+(?:[.,]\d+)*)(?![A-Za-z\d_])(?!:\d|/\d)"
)
_NOT_A_FACT = re.compile(
    r"(?m)^\s*\(?\d{1,2}[.)、](?=\s)|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)|(?<!\d)\d{2,}(?:-\d{3,})+"
)
"""The numbers of a list, times of day, and codes with dashes."""

_MONTH_NAMES = (
    "jan january januar janv janvier enero gennaio",
    "feb february februar févr février febrero febbraio",
    "mar march mär märz mars marzo",
    "apr april avr avril abr abril aprile",
    "may mai mayo maggio",
    "jun june juni juin junio giugno",
    "jul july juli juil juillet julio luglio",
    "aug august août agosto",
    "sep sept september septembre septiembre setiembre settembre",
    "oct october okt oktober octobre octubre ottobre",
    "nov november novembre noviembre",
    "dec december dez dezember déc décembre dic diciembre dicembre",
)
"""Without the short names that are common words elsewhere: ago, set, gen, mag, lug."""
_MONTHS = {name: at for at, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_MONTH = (
    f"(?=[{''.join(sorted({name[0] for name in _MONTHS}))}])(?:"
    + "|".join(sorted(_MONTHS, key=len, reverse=True))
    + r")\b\.?"
)

Day = tuple[int | None, int, int]
"""Year (None where the text has none), month, day."""


def _year(text: str | None) -> int | None:
    return None if text is None else int(text) + (2000 if len(text) == 2 else 0)


def _month(text: str) -> int:
    return _MONTHS[text.rstrip(".").casefold()]


_Pattern = tuple[re.Pattern[str], Callable[[re.Match[str]], set[Day]]]
_DATES: tuple[_Pattern, ...] = (
    (
        re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)"),
        lambda m: {(int(m[1]), int(m[3]), int(m[4]))},
    ),
    (
        re.compile(r"(?:(?<!\d)(\d{4})\s?年\s?)?(?<!\d)(\d{1,2})\s?月\s?(\d{1,2})\s?[日号號]"),
        lambda m: {(_year(m[1]), int(m[2]), int(m[3]))},
    ),
    (
        re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/])"),
        lambda m: {(_year(m[3]), int(m[1]), int(m[2])), (_year(m[3]), int(m[2]), int(m[1]))},
    ),
    (
        re.compile(r"(?<![\w-])(\d{1,2})-(\d{1,2})-(\d{4})(?![\w-])"),
        lambda m: {(int(m[3]), int(m[2]), int(m[1]))},
    ),
    (
        re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=\s?\([月火水木金土日])"),
        lambda m: {(None, int(m[1]), int(m[2]))},
    ),
    (
        re.compile(
            rf"(?<![\d.,])(\d{{1,2}})(?:st|nd|rd|th|er|[.º°])?\s(?:of\s|de\s)?({_MONTH})"
            r"(?:,?\s(?:del?\s)?(\d{4}))?",
            re.IGNORECASE,
        ),
        lambda m: {(_year(m[3]), _month(m[2]), int(m[1]))},
    ),
    (
        re.compile(
            rf"(?<![A-Za-z])({_MONTH})\s(\d{{1,2}})(?:st|nd|rd|th)?(?![\d.,]*\d)(?:,?\s(\d{{4}})(?!\d))?",
            re.IGNORECASE,
        ),
        lambda m: {(_year(m[3]), _month(m[1]), int(m[2]))},
    ),
)
_GERMAN_DATE: _Pattern = (
    re.compile(r"(?<![\d.,])(0?[1-9]|[12]\d|3[01])\.\s?(0?[1-9]|1[0-2])\.(?:\s?(\d{4}|\d{2})(?!\d))?"),
    lambda m: {(_year(m[3]), int(m[2]), int(m[1]))},
)
"""24.11. and 24.11.2026: looked for after the amounts, because 8.10 may be one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: where it stands, as it is written, and what it may mean.

    ``number`` is the amount, units, percentage or bare number; ``currencies`` and ``days`` only say
    something about amounts and dates.
    """

    kind: Literal["amount", "date", "units", "share", "number"]
    span: tuple[int, int]
    text: str
    number: Decimal = Decimal(0)
    currencies: frozenset[str] = frozenset()
    days: frozenset[Day] = frozenset()


def folded(text: str) -> str:
    """*text* with full-width digits, signs and odd spaces as plain ones; every position stays the same."""
    plain = re.sub(r"[^\x00-\x7f]", lambda match: _folded(match[0]), text)
    return re.sub(r"(?<=\d)，(?=\d{3}(?!\d))", ",", plain)


_TAKEN_FOR = {"İ": "I", "ı": "i", "ſ": "s", "\u212a": "K"}
"""Letters that a pattern without regard to capitals takes for plain ones."""


def _folded(char: str) -> str:
    if char in _TAKEN_FOR:
        return _TAKEN_FOR[char]
    if unicodedata.category(char) not in {"Nd", "Sc", "Zs"} and char not in "（）％":
        return char
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def blank(text: str, start: int, end: int) -> str:
    """*text* with a span replaced by spaces."""
    return text[:start] + " " * (end - start) + text[end:]


def figures(text: str) -> tuple[Figure, ...]:
    """Every figure of a `folded` text: dates, amounts, units, percentages, and what is left."""
    found: list[Figure] = []
    for read in (_dates, _amounts, _german_dates, _units, _shares):
        for figure in read(text):
            found.append(figure)
            text = blank(text, *figure.span)
    for match in _NOT_A_FACT.finditer(text):
        text = blank(text, *match.span())
    found += (
        Figure("number", match.span(), match.group(), number=plain_number(match["number"]))
        for match in _BARE.finditer(text)
    )
    return tuple(found)


def has_date(text: str) -> bool:
    """Whether a `folded` text names a date."""
    return any(pattern.search(text) for pattern, _ in (*_DATES, _GERMAN_DATE))


def _dates(text: str) -> Iterator[Figure]:
    for pattern, days in _DATES:
        for match in pattern.finditer(text):
            yield Figure("date", match.span(), match.group(), days=frozenset(days(match)))
            text = blank(text, *match.span())


def _german_dates(text: str) -> Iterator[Figure]:
    pattern, days = _GERMAN_DATE
    for match in pattern.finditer(text):
        yield Figure("date", match.span(), match.group(), days=frozenset(days(match)))


def _amounts(text: str) -> Iterator[Figure]:
    for match in _AMOUNT.finditer(text):
        sign = match["sign"] or match["sign_last"]
        number = plain_number(match["number"] or match["number_first"])
        yield Figure("amount", match.span(), match.group(), number, _MEANT[sign.casefold()])


def _units(text: str) -> Iterator[Figure]:
    for match in _UNITS.finditer(text):
        yield Figure("units", match.span(), match.group(), Decimal(re.sub(r"\D", "", match["units"])))
    for pattern, numbers in _WRITTEN:
        for match in pattern.finditer(text):
            yield Figure("units", match.span(), match.group(), Decimal(numbers[match["word"].casefold()]))


def _shares(text: str) -> Iterator[Figure]:
    for match in _SHARE.finditer(text):
        yield Figure("share", match.span(), match.group(), Decimal(match["share"].replace(",", ".")))


def plain_number(text: str) -> Decimal:
    """A number in any of our notations: a last separator before one or two digits is the decimal one."""
    match = re.fullmatch(r"([\d.,' ]*?)(?:[.,](\d{1,2}))?", text)
    assert match is not None
    whole = re.sub(r"\D", "", match[1])
    return Decimal(f"{whole or 0}.{match[2] or 0}")
