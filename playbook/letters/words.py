"""The words of the letters: a file per language, and the formats of dates and amounts."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime, get_day_names, get_month_names
from babel.numbers import format_currency

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.money import Money
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.letters.kinds import LOCALES
from playbook.policy import DeadlineRow, PolicyError
from playbook.policy.base import PolicyFault
from playbook.settings import data_dir

LONGEST_TITLE = 60
BABEL = {locale: locale for locale in LOCALES} | {"zh": "zh_CN"}


class LetterError(PolicyError):
    """A template or its words cannot be used; each fault names file and line."""

    @classmethod
    def at(cls, file: str, line: int, sentence: str) -> "LetterError":
        """The error about one place."""
        return cls((PolicyFault(file, line, "", sentence),))


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language, with {named} places.

    ``extra`` has what remedies for units are called that were sent in addition and never paid for,
    ``alone`` what promises are called where no remedy stands before them, ``kept`` what has happened once
    they are kept. ``date_on_the_first`` is the date of the first of a month where the language writes it
    otherwise (1er décembre). ``returned`` says what goods that came back are refunded for, with
    a place for the ``rejections``; ``returns`` explains return requests.
    """

    locale: str
    goods: str
    claim: str
    entry: str
    entry_promised: str
    change: str
    broken: str
    news: str
    recalled: str
    breakdown: str
    part: str
    between: str
    wanted: str
    asked: str
    asked_question: str
    until: str
    case_goods: str
    date: str
    problems: dict[ProblemType, str]
    remedies: dict[RemedyKind, str]
    promises: dict[PromiseKind, str]
    kept: dict[PromiseKind, str]
    evidence: dict[Evidence, str]
    rejections: dict[RejectionReason, str]
    returned: dict[str, str]
    extra: dict[RemedyKind, str]
    alone: dict[PromiseKind, str]
    returns: dict[str, str]
    date_on_the_first: str = ""

    def day(self, at: datetime, zone: ZoneInfo) -> str:
        """A date with weekday, in the marketplace's zone."""
        is_first = at.astimezone(zone).day == 1
        pattern = (self.date_on_the_first if is_first else "") or self.date
        return _day(at, pattern, zone, BABEL[self.locale])

    def money(self, amount: Money) -> str:
        """An amount as the buyer's language writes it."""
        return _money(amount, BABEL[self.locale])

    def weekdays(self) -> dict[str, int]:
        """The names of the days of the week, in small letters -> 0 for Monday to 6."""
        return _weekdays(BABEL[self.locale])

    def months(self) -> frozenset[str]:
        """The names of the months, in small letters."""
        return frozenset(
            name.casefold().rstrip(".")
            for width in ("wide", "abbreviated")
            for name in get_month_names(width, "format", BABEL[self.locale]).values()
        )

    def units_of(self, units: int, title: str) -> str:
        """So many units of a product."""
        return self.goods.format(units=units, title=plain_title(title))


@cache
def _weekdays(locale: str) -> dict[str, int]:
    return {
        name.casefold().rstrip("."): day
        for width in ("wide", "abbreviated")
        for day, name in get_day_names(width, "format", locale).items()
    }


@lru_cache(maxsize=4096)
def _day(at: datetime, pattern: str, zone: ZoneInfo, locale: str) -> str:
    return str(format_datetime(at, pattern, tzinfo=zone, locale=locale))


@lru_cache(maxsize=4096)
def _money(amount: Money, locale: str) -> str:
    return str(format_currency(amount.amount, amount.currency, locale=locale))


def locale_of(language: str) -> str:
    """The language a letter is written in for a buyer who writes *language*."""
    return language if language in LOCALES else "en"


_VOCABULARIES: dict[str, type[StrEnum]] = {
    "problems": ProblemType,
    "remedies": RemedyKind,
    "promises": PromiseKind,
    "kept": PromiseKind,
    "evidence": Evidence,
    "rejections": RejectionReason,
    "extra": RemedyKind,
    "alone": PromiseKind,
}
_PARTIAL = frozenset({"extra", "alone"})
"""Tables that only have what is called otherwise than usual."""


@cache
def words(locale: str) -> Words:
    """The words of a language. Raises LetterError when its file cannot be read or lacks a phrase."""
    return read_words(data_dir() / "templates", locale)


def read_words(folder: Path, locale: str) -> Words:
    """The words of a language in a folder. Raises LetterError as `words` does."""
    name = f"templates/{locale}/words.yaml"
    try:
        raw = yaml.safe_load((folder / locale / "words.yaml").read_text("utf-8"))
    except (OSError, UnicodeError):
        raise LetterError.at(name, 1, "the file is missing or not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LetterError.at(name, line, f"not readable as YAML: {error.problem}") from None
    if not isinstance(raw, dict):
        raise LetterError.at(name, 1, "has no tables of words")
    missing = [
        f"{table} has no words for {', '.join(sorted(lacking))}"
        for table, vocabulary in _VOCABULARIES.items()
        if table not in _PARTIAL
        and (lacking := {str(member) for member in vocabulary} - {*raw.get(table, ())})
    ]
    if missing:
        raise LetterError.at(name, 1, "; ".join(missing))
    try:
        tables: dict[str, Any] = {
            table: {vocabulary(key): str(text) for key, text in raw.pop(table).items()}
            for table, vocabulary in _VOCABULARIES.items()
        }
        return Words(locale=locale, **tables, **raw)
    except KeyError as error:
        raise LetterError.at(name, 1, f"has no table {error.args[0]}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise LetterError.at(name, 1, str(error)) from None


def bank_days(row: DeadlineRow | None) -> tuple[int, int]:
    """Least and most working days until a bank shows a refund."""
    return (0, 0) if row is None else (row.then.least or row.then.value or 0, row.then.value or 0)


@lru_cache(maxsize=4096)
def plain_title(title: str) -> str:
    """A product title as one short line of plain text: it came from outside."""
    plain = one_line(title)
    return plain if len(plain) <= LONGEST_TITLE else plain[: LONGEST_TITLE - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """Outside text as one line without control characters and angle brackets; no-break spaces stay."""
    clean = "".join(char if char.isprintable() or char in _NO_BREAK else " " for char in text)
    return re.sub(r" {2,}", " ", clean).strip().replace("<", "(").replace(">", ")")


_NO_BREAK = "\u00a0\u202f"
"""What stands before : ; ? ! in French, so that no line breaks there."""
