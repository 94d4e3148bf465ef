"""The interface in English and Chinese: gettext catalogs, and sentences for problem codes.

Msgids are English. The catalog is read from its .po file at run time, so there is nothing to compile.
"""

import gettext
import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playbook.domain.money import Money
from playbook.domain.orders import FactKind
from playbook.domain.problems import Problem
from playbook.i18n.improvements import IMPROVEMENTS
from playbook.i18n.leaving import LEAVING
from playbook.i18n.orders import EVIDENCE, IMPORTS, QUESTIONS, STORE
from playbook.i18n.sentences import SENTENCES
from playbook.i18n.words import ANSWERS, CATEGORIES, CLOSINGS, COLUMNS, FLAGS, ROLES, word

__all__ = ["AGENT_ZONE", "LANGUAGES", "Counted", "say", "show", "show_fact", "show_named", "translator"]

LANGUAGES = ("en", "zh_CN")

AGENT_ZONE = ZoneInfo("Asia/Shanghai")
"""The zone in which agents read times: the teams work in China."""

_SENTENCES = {**SENTENCES, **IMPORTS, **STORE, **QUESTIONS, **LEAVING, **IMPROVEMENTS}

_NAMED: dict[str, Mapping[str, str]] = {
    "column": COLUMNS,
    "fact": {**EVIDENCE, **SENTENCES},
    "flag": FLAGS,
    "outcome": CLOSINGS,
    "role": ROLES,
}
"""Params whose values are codes with words of their own."""


@cache
def _catalog(lang: str) -> gettext.NullTranslations:
    path = Path(__file__).with_name(f"{lang}.po")
    if lang == "en" or not path.exists():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


_BETWEEN = {("en", False): ", ", ("en", True): " ", ("zh_CN", False): "、", ("zh_CN", True): ""}
"""What stands between several facts, and between whole sentences."""


def translator(lang: str) -> Callable[[str], str]:
    """The function that gives a msgid in *lang* (``en`` or ``zh_CN``); unknown msgids stay English."""
    return _catalog(lang).gettext


def say(problem: Problem, lang: str) -> str:
    """The sentence for a problem, with its numbers, in *lang*."""
    _ = translator(lang)
    sentence = _SENTENCES.get(problem.code)
    if sentence is None:
        return str(problem)
    return _(sentence).format_map(_Shown(problem.params, lang))


class Counted(str):
    """A fact in a sentence. A number may bring its noun: ``{n:unit|units}`` is "1 unit" or "2 units"."""

    __slots__ = ()

    def __format__(self, noun: str) -> str:
        one, bar, many = noun.partition("|")
        return f"{self} {one if self == '1' else many}" if bar else super().__format__(noun)


class _Shown(dict[str, str]):
    """Params as texts; one that is missing shows its name, so that a sentence never fails."""

    def __init__(self, params: Mapping[str, Any], lang: str) -> None:
        super().__init__({key: Counted(show_named(key, value, lang)) for key, value in params.items()})

    def __missing__(self, key: str) -> str:
        return Counted(f"{{{key}}}")


def show_named(name: str, value: Any, lang: str) -> str:
    """The fact *name* inside a sentence: some are codes that have words, the others as `show` has them."""
    msgid = _NAMED[name].get(value) if name in _NAMED and isinstance(value, str) else None
    return show(value, lang) if msgid is None else translator(lang)(msgid)


def show_fact(fact: FactKind, value: str, lang: str) -> str:
    """What an agent stated as a fact, in the words of *lang*."""
    if fact is FactKind.CATEGORY:
        return translator(lang)(CATEGORIES.get(value, value) or ANSWERS[""])
    return translator(lang)(ANSWERS.get(value, value))


def show(value: Any, lang: str) -> str:
    """A fact inside a sentence: words for the vocabulary, money and dates as the language writes them.

    Times are shown in `AGENT_ZONE`; several facts are a list without those that are not known.
    """
    _ = translator(lang)
    if isinstance(value, Problem):
        return say(value, lang)
    if isinstance(value, StrEnum):
        try:
            return _(word(value))
        except KeyError:
            return value.value
    if isinstance(value, Money):
        from babel.numbers import format_currency

        return str(format_currency(value.amount, value.currency, locale=lang))
    if isinstance(value, datetime):
        return f"{value.astimezone(AGENT_ZONE):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list | frozenset | set):
        known = [part for part in value if part is not None]
        whole = bool(known) and all(isinstance(part, Problem) for part in known)
        between = _BETWEEN[lang, whole]
        return between.join(show(part, lang) for part in known)
    if hasattr(value, "of"):
        return str(value.of(lang))
    return "–" if value is None else str(value)
