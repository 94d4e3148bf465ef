"""The words of the letters: a file per language, and the formats of dates and amounts."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime
from babel.numbers import format_currency

from playbook.domain.claims import ProblemType
from playbook.domain.money import Money
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.letters.kinds import LOCALES
from playbook.policy import DeadlineRow
from playbook.settings import data_dir

LONGEST_TITLE = 60
BABEL = {locale: locale for locale in LOCALES} | {"zh": "zh_CN"}


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language, with {named} places.

    ``extra`` has what remedies for units are called that were sent in addition and never paid for,
    ``alone`` what promises are called where no remedy stands before them. ``date_on_the_first`` is the
    date of the first of a month where the language writes it otherwise (1er décembre). ``returns`` explains
    return requests.
    """

    locale: str
    goods: str
    claim: str
    entry: str
    entry_promised: str
    change: str
    case_goods: str
    date: str
    problems: dict[ProblemType, str]
    remedies: dict[RemedyKind, str]
    promises: dict[PromiseKind, str]
    extra: dict[RemedyKind, str]
    alone: dict[PromiseKind, str]
    returns: dict[str, str]
    date_on_the_first: str = ""

    def day(self, at: datetime, zone: ZoneInfo) -> str:
        """A date with weekday, in the marketplace's zone."""
        is_first = at.astimezone(zone).day == 1
        pattern = (self.date_on_the_first if is_first else "") or self.date
        return str(format_datetime(at, pattern, tzinfo=zone, locale=BABEL[self.locale]))

    def money(self, amount: Money) -> str:
        """An amount as the buyer's language writes it."""
        return str(format_currency(amount.amount, amount.currency, locale=BABEL[self.locale]))

    def units_of(self, units: int, title: str) -> str:
        """So many units of a product."""
        return self.goods.format(units=units, title=plain_title(title))


def locale_of(language: str) -> str:
    """The language a letter is written in for a buyer who writes *language*."""
    return language if language in LOCALES else "en"


@cache
def words(locale: str) -> Words:
    """The words of a language. Raises KeyError or ValueError when its file lacks a phrase."""
    raw = yaml.safe_load((data_dir() / "templates" / locale / "words.yaml").read_text("utf-8"))
    problems = {ProblemType(key): text for key, text in raw.pop("problems").items()}
    remedies = {RemedyKind(key): text for key, text in raw.pop("remedies").items()}
    promises = {PromiseKind(key): text for key, text in raw.pop("promises").items()}
    extra = {RemedyKind(key): text for key, text in raw.pop("extra").items()}
    alone = {PromiseKind(key): text for key, text in raw.pop("alone").items()}
    for known, vocabulary in ((problems, ProblemType), (remedies, RemedyKind), (promises, PromiseKind)):
        missing = set(vocabulary) - set(known)
        if missing:
            raise ValueError(f"templates/{locale}/words.yaml has no words for {', '.join(sorted(missing))}")
    return Words(
        locale=locale,
        problems=problems,
        remedies=remedies,
        promises=promises,
        extra=extra,
        alone=alone,
        **raw,
    )


def bank_days(row: DeadlineRow | None) -> tuple[int, int]:
    """Least and most working days until a bank shows a refund."""
    return (0, 0) if row is None else (row.then.least or row.then.value or 0, row.then.value or 0)


def plain_title(title: str) -> str:
    """A product title as one short line of plain text: it came from outside."""
    clean = "".join(char if char.isprintable() else " " for char in title)
    one_line = " ".join(clean.split()).replace("<", "(").replace(">", ")")
    return one_line if len(one_line) <= LONGEST_TITLE else one_line[: LONGEST_TITLE - 1].rstrip() + "…"
