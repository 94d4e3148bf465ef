"""Which language a message is written in, by script and by its small words."""

from collections.abc import Sequence

from playbook.intake.lexicon import LANGUAGES, Lexicon, lexicon
from playbook.intake.text import Kind, Token

_CJK_SHARE = 0.12
_MIXED_WORDS = 12


def _told(word: str, one: Lexicon) -> int:
    """How much a word speaks for a language: its small words most, then words for goods and numbers."""
    if word in one.function_set:
        return 3
    return int(word in one.words or word in one.numbers)


def detect(words: Sequence[Token]) -> str:
    """``ja`` with kana, ``zh`` with Chinese characters alone, otherwise ``de`` or ``en``."""
    kana = sum(1 for token in words if token.kind is Kind.CJK and "\u3040" <= token.text <= "\u30ff")
    cjk = sum(1 for token in words if token.kind is Kind.CJK)
    latin = [token.text for token in words if token.kind is Kind.WORD]
    letters = cjk + sum(len(word) for word in latin)
    if cjk and cjk >= _CJK_SHARE * letters:
        return "ja" if kana * 10 >= cjk else "zh"
    counts = {language: sum(_told(word, lexicon(language)) for word in latin) for language in ("en", "de")}
    return "de" if counts["de"] > counts["en"] else "en"


def lexicons_for(words: Sequence[Token], language: str) -> tuple[Lexicon, ...]:
    """The lexicon of *language*, and the English one where a Chinese or Japanese message mixes."""
    chosen = language if language in LANGUAGES else "en"
    first = lexicon(chosen)
    mixed = chosen in ("zh", "ja") and sum(1 for token in words if token.kind is Kind.WORD) >= _MIXED_WORDS
    return (first, lexicon("en")) if mixed else (first,)
