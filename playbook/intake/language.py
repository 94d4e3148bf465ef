"""Which language a message is written in, by script and by its small words."""

from collections.abc import Sequence
from functools import cache

import yaml

from playbook.intake.lexicon import LANGUAGES, LATIN_LANGUAGES, Lexicon, lexicon
from playbook.intake.text import Kind, Token
from playbook.settings import data_dir

UNDETERMINED = "und"
"""A language that we do not read (the code of ISO 639-2 for undetermined)."""
_CJK_SHARE = 0.12
_MIXED_WORDS = 12
_FUNCTION_WORD = 3.0
_LEAST_FOREIGN = 2


@cache
def _speaking() -> dict[str, tuple[tuple[str, float], ...]]:
    """What a word says for each language that has it: small words most, words of several languages less."""
    owners: dict[str, list[str]] = {}
    for language in LATIN_LANGUAGES:
        for word in lexicon(language).vocabulary:
            owners.setdefault(word, []).append(language)
    return {
        word: tuple(
            (language, (_FUNCTION_WORD if word in lexicon(language).function_set else 1.0) / len(languages))
            for language in languages
        )
        for word, languages in owners.items()
    }


@cache
def _unread() -> dict[str, frozenset[str]]:
    """Small words of the languages that we recognise but do not read, by language."""
    raw = yaml.safe_load((data_dir() / "lexicon" / "unread.yaml").read_text("utf-8"))
    return {language: frozenset(map(str, known)) for language, known in raw.items()}


def detect(words: Sequence[Token]) -> str:
    """``ja`` with kana, ``zh`` with Chinese characters alone, otherwise by small words; ``en`` in doubt.

    ``und`` where another script, or a language without a lexicon, says more than every one we read.
    """
    kana = sum(1 for token in words if token.kind is Kind.CJK and "\u3040" <= token.text <= "\u30ff")
    cjk = sum(1 for token in words if token.kind is Kind.CJK)
    spoken = [token.text for token in words if token.kind is Kind.WORD]
    latin = [word for word in spoken if _is_latin(word)]
    letters = cjk + sum(len(word) for word in latin)
    foreign = sum(len(word) for word in spoken) - (letters - cjk)
    if foreign > letters:
        return UNDETERMINED
    if cjk and cjk >= _CJK_SHARE * letters:
        return "ja" if kana * 10 >= cjk else "zh"
    counts = dict.fromkeys(LATIN_LANGUAGES, 0.0)
    for word in latin:
        for language, weight in _speaking().get(word, ()):
            counts[language] += weight
    best = max(LATIN_LANGUAGES, key=lambda language: (counts[language], language == "en"))
    return UNDETERMINED if _says_more(latin, counts[best]) else best


def _says_more(words: Sequence[str], known: float) -> bool:
    """Whether the small words of a language that we do not read weigh more than *known*.

    A small word counts as much as one that only a single known language has; two different ones are
    needed that no known language has at all.
    """
    for small in _unread().values():
        hits = [word for word in words if word in small]
        if _FUNCTION_WORD * len(hits) > known and len({*hits} - _speaking().keys()) >= _LEAST_FOREIGN:
            return True
    return False


def _is_latin(word: str) -> bool:
    return all(char < "\u0250" or "\u1e00" <= char < "\u1f00" or not char.isalpha() for char in word)


def lexicons_for(words: Sequence[Token], language: str) -> tuple[Lexicon, ...]:
    """The lexicon of *language*, and the English one where a Chinese or Japanese message mixes."""
    chosen = language if language in LANGUAGES else "en"
    first = lexicon(chosen)
    mixed = chosen in ("zh", "ja") and sum(1 for token in words if token.kind is Kind.WORD) >= _MIXED_WORDS
    return (first, lexicon("en")) if mixed else (first,)
