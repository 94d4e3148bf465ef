"""Text from outside made comparable, with every character traceable to its place in the message.

Markup becomes space, full-width forms become plain ones, control and direction marks vanish, accents go
(umlauts stay), and all is lower case; `Folded.origin` says where each character stood, so that quotes stay
exact substrings.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

_TAG = re.compile(r"<[a-z/!][^<>]{0,2000}>", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:br|p|div|li|tr|h[1-6]|table|ul|ol|blockquote)\b", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style|head)\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.IGNORECASE)
_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
_ELISION = r"(?:dell|nell|all|dall|sull|quell|qu|un|[ldnscjmt])['\u2019](?=[^\W\d_])"
_WORD = rf"(?:(?![{_CJK}])[^\W\d_])+(?:['\u2019](?:(?![{_CJK}])[^\W\d_])+)?"
_TOKEN = re.compile(rf"[0-9]+(?:[.,][0-9]+)*|[{_CJK}]|{_ELISION}|{_WORD}|\n|[^\s\w]|_")
_TWO_DOTS = "\u0308"
_LINE_BREAKS = frozenset("\r\n\u2028\u2029\x0b\x0c\x85")


@dataclass(frozen=True, slots=True)
class Folded:
    """Comparable *text*; character ``i`` of it stood at ``origin[i]`` of the message."""

    text: str
    origin: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the message that ``text[start:end]`` came from (not empty)."""
        return self.origin[start], self.origin[end - 1] + 1


class Kind(IntEnum):
    """Kinds of token."""

    WORD = 0
    CJK = 1
    NUMBER = 2
    BREAK = 3
    MARK = 4


class Token(NamedTuple):
    """A word, one Chinese or Japanese character, a number, a line break or a punctuation mark."""

    text: str
    start: int
    end: int
    kind: Kind


def _without_accent(char: str) -> str:
    """The Latin letter under an accent; letters with two dots, and of other scripts, stay."""
    if char.isascii():
        return char
    parts = unicodedata.normalize("NFD", char)
    return parts[0] if "a" <= parts[0] <= "z" and _TWO_DOTS not in parts else char


def _fold_char(char: str) -> str:
    if char in _LINE_BREAKS:
        return "\n"
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category in ("Cc", "Cs", "Zs", "Co"):
        return " "
    if "\u2460" <= char <= "\u24ff":
        return " "
    plain = unicodedata.normalize("NFKC", char)
    lower = (plain if len(plain) == 1 else char).lower()
    return _without_accent(lower) if len(lower) == 1 else char


def _hidden_spans(message: str) -> list[tuple[int, int]]:
    """Spans of script, style and head elements, by plain search so that no input is slow."""
    spans: list[tuple[int, int]] = []
    lowered = message.lower() if len(message.lower()) == len(message) else message
    at = 0
    while opening := _HIDDEN.search(message, at):
        closing = f"</{opening[1].lower()}"
        end = lowered.find(closing, opening.end())
        if end < 0:
            break
        at = end + len(closing)
        at += message[at : at + 1] == ">"
        spans.append((opening.start(), at))
    return spans


def _replacements(message: str) -> list[tuple[int, int, str]]:
    """Spans of markup with the text that stands for each, in order and without overlap."""
    found = [(start, end, " ") for start, end in _hidden_spans(message)] if "<" in message else []
    if "<" in message:
        found += [
            (tag.start(), tag.end(), "\n" if _BLOCK.match(tag[0]) else " ") for tag in _TAG.finditer(message)
        ]
    if "&" in message:
        for entity in _ENTITY.finditer(message):
            char = html.unescape(entity[0])
            if len(char) == 1:
                found.append((entity.start(), entity.end(), char))
    return sorted(found, key=lambda span: (span[0], -span[1]))


def _compose(text: str, origin: list[int]) -> tuple[str, list[int]]:
    """Join a letter and the accent that follows it into one character."""
    chars: list[str] = []
    places: list[int] = []
    for char, place in zip(text, origin, strict=True):
        if chars and unicodedata.combining(char):
            joined = unicodedata.normalize("NFC", chars[-1] + char)
            if len(joined) == 1:
                chars[-1] = _without_accent(joined)
                continue
        chars.append(char)
        places.append(place)
    return "".join(chars), places


def fold(message: str) -> Folded:
    """The comparable form of *message*, in time proportional to its length."""
    table = {ord(char): _fold_char(char) for char in set(message)}
    markup = _replacements(message)
    if not markup and all(len(plain) == 1 for plain in table.values()):
        text, origin = message.translate(table), list(range(len(message)))
    else:
        pieces: list[str] = []
        origin = []
        at = 0
        for start, end, instead in [*markup, (len(message), len(message), "")]:
            if start < at:
                continue
            for place in range(at, start):
                plain = table[ord(message[place])]
                if plain:
                    pieces.append(plain)
                    origin.append(place)
            if instead:
                pieces.append(_fold_char(instead) or " ")
                origin.append(start)
            at = end
        text = "".join(pieces)
    if any(unicodedata.combining(char) for char in set(text)):
        text, origin = _compose(text, origin)
    return Folded(text, origin)


def _kind(first: str) -> Kind:
    """The kind of a token by its first character."""
    if first == "\n":
        return Kind.BREAK
    if "0" <= first <= "9":
        return Kind.NUMBER
    if first in "\u3005\u3006\u3007" or "\u3040" <= first <= "\u30ff" or "\u3400" <= first <= "\u9fff":
        return Kind.CJK
    return Kind.WORD if first.isalpha() else Kind.MARK


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of folded *text* between two places."""
    stop = len(text) if end is None else end
    if "\u2019" in text:
        text = text.replace("\u2019", "'")
    kinds = {char: _kind(char) for char in set(text)}
    return [
        Token(match[0], match.start(), match.end(), kinds[match[0][0]])
        for match in _TOKEN.finditer(text, start, stop)
    ]


def is_cjk(text: str) -> bool:
    """Whether *text* holds a Chinese or Japanese character."""
    return any(_kind(char) is Kind.CJK for char in text)
