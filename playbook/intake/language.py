"""Which language a message is written in, by script and by its small words."""

from collections.abc import Sequence
from functools import cache

from playbook.intake.lexicon import LANGUAGES, LATIN_LANGUAGES, Lexicon, lexicon
from playbook.intake.text import Kind, Token

_CJK_SHARE = 0.12
_MIXED_WORDS = 12


@cache
def _speaking() -> dict[str, tuple[tuple[str, float], ...]]:
    """What a word says for each language that has it: small words most, words of several languages less."""
    owners: dict[str, list[str]] = {}
    for language in LATIN_LANGUAGES:
        for word in lexicon(language).vocabulary:
            owners.setdefault(word, []).append(language)
    return {
        word: tuple(
            (language, (3.0 if word in lexicon(language).function_set else 1.0) / len(languages))
            for language in languages
        )
        for word, languages in owners.items()
    }


def detect(words: Sequence[Token]) -> str:
    """``ja`` with kana, ``zh`` with Chinese characters alone, otherwise by small words; ``en`` in doubt."""
    kana = sum(1 for token in words if token.kind is Kind.CJK and "\u3040" <= token.text <= "\u30ff")
    cjk = sum(1 for token in words if token.kind is Kind.CJK)
    latin = [token.text for token in words if token.kind is Kind.WORD]
    letters = cjk + sum(len(word) for word in latin)
    if cjk and cjk >= _CJK_SHARE * letters:
        return "ja" if kana * 10 >= cjk else "zh"
    counts = dict.fromkeys(LATIN_LANGUAGES, 0.0)
    for word in latin:
        for language, weight in _speaking().get(word, ()):
            counts[language] += weight
    return max(LATIN_LANGUAGES, key=lambda language: (counts[language], language == "en"))


def lexicons_for(words: Sequence[Token], language: str) -> tuple[Lexicon, ...]:
    """The lexicon of *language*, and the English one where a Chinese or Japanese message mixes."""
    chosen = language if language in LANGUAGES else "en"
    first = lexicon(chosen)
    mixed = chosen in ("zh", "ja") and sum(1 for token in words if token.kind is Kind.WORD) >= _MIXED_WORDS
    return (first, lexicon("en")) if mixed else (first,)
