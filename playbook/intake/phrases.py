"""Finding many short phrases in a token list at once.

A phrase is a few words; ``crush*`` stands for every word that begins so, ``..`` for up to three words
(six Chinese or Japanese characters) inside one clause. Chinese and Japanese characters are words.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from playbook.intake.text import Kind, Token, tokens

_GAP = ".."
_NOWHERE = (-1, False)
_GAP_WORDS = 3
_GAP_CHARS = 6
_STOPS = frozenset(".,;:!?。，、；：！？\n()（）")


_Key = TypeVar("_Key")
_Index = dict[_Key, list[tuple[str, tuple[str, ...]]]]


class Hit(NamedTuple):
    """A phrase found in ``tokens[start:end]``; *label* is what the phrase stands for.

    ``gapped`` says that the phrase has a ``..``: other words stand inside.
    """

    label: str
    start: int
    end: int
    gapped: bool = False


def parse(phrase: str) -> tuple[str, ...]:
    """The parts of a phrase: words, ``prefix*`` and ``..``. Raises ValueError for an empty one."""
    parts: list[str] = []
    for piece in phrase.lower().split():
        if piece == _GAP:
            parts.append(_GAP)
        elif piece.endswith("*") and len(piece) > 3:
            parts.append(piece)
        else:
            parts.extend(token.text for token in tokens(piece))
    if not parts or parts[0] == _GAP or parts[-1] == _GAP:
        raise ValueError(f"not a phrase: {phrase!r}")
    return tuple(parts)


def _fits(part: str, token: Token) -> bool:
    return token.text.startswith(part[:-1]) if len(part) > 1 and part[-1] == "*" else token.text == part


def _match(parts: Sequence[str], words: Sequence[Token], at: int) -> int:
    """The end of the match of *parts* from *at*, or -1."""
    for index, part in enumerate(parts):
        if part == _GAP:
            return _after_gap(parts[index + 1 :], words, at)
        if at >= len(words) or not _fits(part, words[at]):
            return -1
        at += 1
    return at


def _after_gap(rest: Sequence[str], words: Sequence[Token], at: int) -> int:
    room = _GAP_CHARS
    while at < len(words) and room >= 0:
        end = _match(rest, words, at)
        if end >= 0:
            return end
        if words[at].text in _STOPS:
            return -1
        room -= 1 if words[at].kind is Kind.CJK else _GAP_CHARS // _GAP_WORDS
        at += 1
    return -1


class PhraseTable:
    """An index over labelled phrases."""

    def __init__(self, labelled: Iterable[tuple[str, str]]) -> None:
        self._exact: _Index[str] = defaultdict(list)
        self._pairs: _Index[tuple[str, str]] = defaultdict(list)
        self._prefix: _Index[str] = defaultdict(list)
        for label, phrase in labelled:
            parts = parse(phrase)
            if len(parts[0]) > 1 and parts[0].endswith("*"):
                self._prefix[parts[0][:-1]].append((label, parts))
            elif len(parts) > 1 and parts[1] != _GAP and (len(parts[1]) == 1 or parts[1][-1] != "*"):
                self._pairs[(parts[0], parts[1])].append((label, parts))
            else:
                self._exact[parts[0]].append((label, parts))
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefix})

    def find(self, words: Sequence[Token]) -> list[Hit]:
        """All hits, per label and place the longest only, by place and then longest first."""
        found: list[Hit] = []
        texts = [word.text for word in words]
        texts.append("")
        for at, word in enumerate(words):
            here: dict[str, tuple[int, bool]] = {}
            candidates = self._exact.get(word.text, []) + self._pairs.get((word.text, texts[at + 1]), [])
            if word.kind is Kind.WORD:
                for length in self._prefix_lengths:
                    if length > len(word.text):
                        break
                    candidates = candidates + self._prefix.get(word.text[:length], [])
            if not candidates:
                continue
            for label, parts in candidates:
                end = _match(parts, words, at)
                if end > here.get(label, _NOWHERE)[0]:
                    here[label] = end, _GAP in parts
            longest_first = sorted(here.items(), key=lambda pair: -pair[1][0])
            found += [Hit(label, at, end, gapped) for label, (end, gapped) in longest_first]
        return found
