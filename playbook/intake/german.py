"""German words in any form: inflected, made small, joined to compounds."""

from collections.abc import Mapping
from functools import lru_cache

_ENDINGS = ("ern", "en", "er", "em", "es", "e", "n")
_PLAIN_VOWELS = str.maketrans("äöü", "aou")
_LINKERS = ("", "s", "n", "en", "es", "er", "e")
_SHORTEST_BASE = 4
_SHORTEST_PART = 3
_SHORTEST_HEAD = 4
_SHORTEST_COMPOUND = 7


@lru_cache(maxsize=4096)
def german_base(word: str) -> str:
    """A German word without umlauts and ending: the same for "Buch" and "Bücher", "rot" and "rote"."""
    plain = word.translate(_PLAIN_VOWELS)
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) > 2:
            return plain[: -len(ending)]
    return plain[:-1] if len(plain) > 5 and plain.endswith("s") else plain


class GermanWords:
    """Meanings of German words in any form: inflected, made small ("Döschen"), or joined to compounds."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self._bases: dict[str, str] = {}
        for word, meaning in known.items():
            if word.isalpha() and len(word) >= _SHORTEST_BASE:
                self._bases.setdefault(german_base(word), meaning)

    def meaning(self, word: str) -> str | None:
        """The English words of one German word that is no compound, or None."""
        exact = self.known.get(word)
        if exact is not None or len(word) < _SHORTEST_BASE:
            return exact
        for diminutive in ("chen", "lein"):
            if word.endswith(diminutive) and len(word) - 4 >= _SHORTEST_PART:
                return self._bases.get(german_base(word[:-4] + "e")) or self._bases.get(word[:-4])
        base = german_base(word)
        return self._bases.get(base) if base != word else None

    def parts(self, word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The meanings of the parts of a compound, last one first where only it is known.

        Two tuples: what the head means, and what stands before it. Both are empty for no compound.
        """
        if len(word) < _SHORTEST_COMPOUND:
            return (), ()
        for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
            tail = self.meaning(word[cut:])
            head = self._before(word[:cut]) if tail is not None else None
            if tail is not None and head is not None:
                return (tail,), head
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_HEAD + 1):
            tail = self.meaning(word[cut:])
            if tail is not None:
                return (tail,), ()
        for cut in range(len(word) - _SHORTEST_HEAD, _SHORTEST_HEAD, -1):
            head = self._before(word[:cut])
            if head is not None:
                return (), head
        return (), ()

    def _before(self, word: str) -> tuple[str, ...] | None:
        """The meanings of the part before the head, which may be a compound itself."""
        for linker in _LINKERS:
            plain = word[: len(word) - len(linker)] if linker and word.endswith(linker) else word
            if linker and plain == word:
                continue
            meaning = self.known.get(plain) if len(plain) >= _SHORTEST_PART else None
            if meaning is not None:
                return (meaning,)
        tail, head = self.parts(word) if len(word) >= _SHORTEST_COMPOUND else ((), ())
        return (*tail, *head) if tail and head else None
