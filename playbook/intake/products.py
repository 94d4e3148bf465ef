"""Which order line a buyer means: exact numbers first, then words of the title.

Words are compared one by one (same stem, a translation from the lexicon, nearly the same spelling by
rapidfuzz, a part of a compound) and weighed by how few titles have them. A further way of comparing,
for instance by meaning, only has to be another `Linker`.
"""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from rapidfuzz import fuzz, process

from playbook.intake.german import GermanWords, german_base
from playbook.intake.lexicon import Lexicon
from playbook.intake.model import LineRef
from playbook.intake.text import Kind, Token, fold, tokens

EXACT = 1.0
GLOSS = 0.95
INFLECTED = 0.95
FUZZY = 0.85
HEAD = 0.8
AFFIX = 0.6
_FUZZY_CUTOFF = 84.0
_MIN_FUZZY = 5
_TWIN_CUTOFF = 92.0
_MIN_TWIN = 7
_MIN_AFFIX = 4
_SKU_ALONE = 4
_STOP = frozenset(("the", "a", "of", "in", "with", "and", "for", "to", "s", "t", "on", "at", "is", "it"))


class Linker(Protocol):
    """A way to link one word of the message to words of the titles."""

    def link(self, word: str) -> Mapping[str, float]:
        """Title words that *word* may stand for, each with a strength between 0 and 1."""


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """An English word without its plural ending; other words mostly stay."""
    word = word.replace("'", "")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=4096)
def code_form(code: str) -> str:
    """A SKU or ASIN as it would stand in folded text."""
    return fold(code.strip()).text


@lru_cache(maxsize=4096)
def title_words(title: str) -> tuple[str, ...]:
    """The stems of a title in order; Chinese and Japanese characters in pairs."""
    found = tokens(fold(title).text)
    words: list[str] = []
    for index, token in enumerate(found):
        if token.kind is Kind.CJK:
            if index + 1 < len(found) and found[index + 1].kind is Kind.CJK:
                words.append(token.text + found[index + 1].text)
        elif token.kind is Kind.NUMBER or (token.kind is Kind.WORD and token.text not in _STOP):
            words.append(stem(token.text))
    return tuple(words)


class Catalogue:
    """The lines of one order, indexed by the words of their titles."""

    def __init__(self, lines: Sequence[LineRef]) -> None:
        self.lines = tuple(lines)
        self.words: tuple[frozenset[str], ...] = ()
        self.joined: dict[str, tuple[str, ...]] = {}
        posted: dict[str, list[int]] = defaultdict(list)
        sets: list[frozenset[str]] = []
        for index, line in enumerate(self.lines):
            words = title_words(line.title)
            sets.append(frozenset(words))
            for word in sets[-1]:
                posted[word].append(index)
            for left, right in itertools.pairwise(words):
                if left.isalpha() and right.isalpha():
                    self.joined[left + right] = (left, right)
        self.words = tuple(sets)
        self.lines_with = {word: tuple(found) for word, found in posted.items()}
        self.weight = {
            word: math.log(1.6 + len(self.lines) / len(found)) for word, found in self.lines_with.items()
        }
        self.fuzzy_choices = [word for word in self.lines_with if len(word) >= _MIN_FUZZY and word.isalpha()]
        self.affix_choices: dict[str, list[str]] = defaultdict(list)
        for word in self.lines_with:
            if len(word) >= _MIN_AFFIX and word.isalpha():
                self.affix_choices["<" + word[:_MIN_AFFIX]].append(word)
                self.affix_choices[word[-_MIN_AFFIX:] + ">"].append(word)


class WordLinker:
    """Links by spelling and by the lexicon; remembers what it has looked up."""

    def __init__(self, catalogue: Catalogue, lexicons: Sequence[Lexicon]) -> None:
        self._catalogue = catalogue
        self._glosses = [lexicon.words for lexicon in lexicons]
        self._german = next((one.german for one in lexicons if one.language == "de"), None)
        self._ignored = frozenset().union(*(lexicon.function_set for lexicon in lexicons))
        self._spoken = [lexicon.spoken for lexicon in lexicons]
        self._bases = (
            {word: german_base(word) for word in catalogue.lines_with if len(word) > 2 and word.isalpha()}
            if self._german is not None
            else {}
        )
        self._known: dict[str, dict[str, float]] = {}
        self._meanings: dict[tuple[str, float], dict[str, float]] = {}

    def link(self, word: str) -> Mapping[str, float]:
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._look_up(word)
        return found

    def english(self, meaning: str, strength: float = GLOSS) -> dict[str, float]:
        """Links of the English words of a lexicon entry."""
        found = self._meanings.get((meaning, strength))
        if found is None:
            found = self._meanings[(meaning, strength)] = {}
            for word in meaning.split():
                for target, how in self._spelled(stem(word)).items():
                    found[target] = max(found.get(target, 0.0), how * strength)
        return found

    def _spelled(self, word: str) -> dict[str, float]:
        catalogue = self._catalogue
        found = {word: EXACT} if word in catalogue.lines_with else {}
        for part in catalogue.joined.get(word, ()):
            found[part] = EXACT
        if self._german is not None and len(word) > 2 and word.isalpha():
            found = self._german_title(word) | found
        if len(word) >= _MIN_AFFIX and word.isalpha():
            begin, end = "<" + word[:_MIN_AFFIX], word[-_MIN_AFFIX:] + ">"
            for target in (*catalogue.affix_choices.get(begin, ()), *catalogue.affix_choices.get(end, ())):
                if target != word and (
                    target.startswith(word)
                    or target.endswith(word)
                    or (len(target) > _MIN_AFFIX and (word.startswith(target) or word.endswith(target)))
                ):
                    found.setdefault(target, AFFIX)
        return found

    def _german_title(self, word: str) -> dict[str, float]:
        """Title words that are *word* with another ending, or a compound with the same head."""
        base = german_base(word)
        found: dict[str, float] = {}
        for target, other in self._bases.items():
            if base == other:
                found[target] = INFLECTED
            else:
                short, long = sorted((base, other), key=len)
                if len(short) >= _MIN_AFFIX and len(long) - len(short) > 2 and long.endswith(short):
                    found[target] = HEAD
        return found

    def _compound(self, german: GermanWords, word: str) -> dict[str, float]:
        """Links of a German word that stands in no lexicon as it is: inflected, or joined from others."""
        meaning = german.meaning(word)
        if meaning is not None:
            return self.english(meaning)
        heads, before = german.parts(word)
        found: dict[str, float] = {}
        for part in heads:
            found = self.english(part, GLOSS if before else HEAD) | found
        for part in before:
            found = self.english(part, GLOSS if heads else AFFIX) | found
        return found

    def _look_up(self, word: str) -> dict[str, float]:
        plain = stem(word)
        if word in self._ignored or plain in _STOP:
            return {}
        found = self._spelled(plain)
        spoken = any(word in one for one in self._spoken)
        for gloss in self._glosses:
            meaning = gloss.get(word) or gloss.get(plain)
            if meaning is not None:
                found = self.english(meaning) | found
        if self._german is not None and word not in self._german.known and not spoken:
            found = self._compound(self._german, word) | found
        if plain in found and len(plain) >= _MIN_TWIN:
            near = process.extract(
                plain, self._catalogue.fuzzy_choices, scorer=fuzz.ratio, score_cutoff=_TWIN_CUTOFF, limit=3
            )
            found = {target: FUZZY for target, _, _ in near if target[0] == plain[0]} | found
        if not found and len(plain) >= _MIN_FUZZY and not spoken:
            near = process.extract(
                plain, self._catalogue.fuzzy_choices, scorer=fuzz.ratio, score_cutoff=_FUZZY_CUTOFF, limit=3
            )
            found = {target: FUZZY for target, _, _ in near if target[0] == plain[0]}
        return found


@dataclass(frozen=True, slots=True)
class Link:
    """Tokens ``[start, end)`` of the message with the title words they may stand for."""

    start: int
    end: int
    targets: Mapping[str, float]


def find_links(
    words: Sequence[Token],
    catalogue: Catalogue,
    linker: WordLinker,
    lexicons: Sequence[Lexicon],
    numbers: frozenset[int],
) -> list[Link]:
    """Every place of the message that may stand for a word of a title, in order.

    *numbers* are tokens that are sizes or set counts: they may name a title ("set of 3").
    """
    found: list[Link] = []
    gloss = longest_gloss(words, lexicons)
    spelled = {word: value for one in lexicons for word, value in one.numbers.items()}
    known = frozenset[str]().union(*(one.function_set | one.single_words for one in lexicons))
    index = 0
    while index < len(words):
        token = words[index]
        end = index + 1
        targets: Mapping[str, float] = {}
        if index in gloss:
            end, meaning = gloss[index]
            explained = found[-1].end if found else 0
            lone = end - index == 1 and _inside_word(words, index, explained, known)
            targets = linker.english(meaning, AFFIX if lone else GLOSS)
        elif token.kind is Kind.CJK:
            pair = token.text + words[index + 1].text if index + 1 < len(words) else ""
            targets = {pair: EXACT} if pair in catalogue.lines_with else {}
        elif token.kind is Kind.NUMBER:
            targets = {token.text: EXACT} if index in numbers and token.text in catalogue.lines_with else {}
        elif token.kind is Kind.WORD and index in numbers and token.text in spelled:
            figure = str(spelled[token.text])
            targets = {figure: EXACT} if figure in catalogue.lines_with else {}
        elif token.kind is Kind.WORD:
            end, targets = _word_or_pair(words, index, linker)
        if targets:
            found.append(Link(index, end, targets))
        index = max(end, index + 1) if targets else index + 1
    return found


def _inside_word(words: Sequence[Token], index: int, explained: int, known: frozenset[str]) -> bool:
    """Whether a character goes on with one that nothing explains: "壁" in "内壁" is no wall."""
    if index in {0, explained}:
        return False
    before = words[index - 1]
    return before.kind is Kind.CJK and before.text not in known


def _word_or_pair(words: Sequence[Token], index: int, linker: Linker) -> tuple[int, Mapping[str, float]]:
    """Links of a word, or of two words written apart that a title writes together."""
    follower = index + 2 if index + 1 < len(words) and words[index + 1].text == "-" else index + 1
    if follower < len(words) and words[follower].kind is Kind.WORD:
        together = stem(words[index].text + words[follower].text)
        exact = {
            word: how for word, how in linker.link(together).items() if how == EXACT and word == together
        }
        if exact and len(together) >= _MIN_AFFIX:
            return follower + 1, exact
    return index + 1, linker.link(words[index].text)


def longest_gloss(words: Sequence[Token], lexicons: Sequence[Lexicon]) -> dict[int, tuple[int, str]]:
    """Chinese and Japanese words of the lexicon: the longest at each place, none inside another."""
    if not any(token.kind is Kind.CJK for token in words):
        return {}
    best: dict[int, tuple[int, str]] = {}
    for lexicon in lexicons:
        for hit in lexicon.gloss.find(words):
            if hit.end > best.get(hit.start, (0, ""))[0]:
                best[hit.start] = (hit.end, hit.label)
    chosen: dict[int, tuple[int, str]] = {}
    free = 0
    for start in sorted(best):
        if start >= free:
            chosen[start] = best[start]
            free = best[start][0]
    return chosen


def find_skus(text: str, lines: Sequence[LineRef]) -> list[tuple[int, int, int]]:
    """Places of SKUs and ASINs in folded *text*: start, end, index of the line.

    A SKU of fewer than four characters is too easily something else. The same SKU on two lines
    names the first one.
    """
    wanted: dict[str, int] = {}
    for index, line in enumerate(lines):
        for code in (line.sku, line.asin):
            if code and len(code.strip()) >= _SKU_ALONE:
                wanted.setdefault(code_form(code), index)
    if not any(code in text for code in wanted):
        return []
    found: list[tuple[int, int, int]] = []
    for match in re.finditer(r"[^\s,;:()（）\[\]\"'<>，、。：；]+", text):
        piece = match[0]
        start = match.start()
        for candidate in (piece, piece.rstrip(".!?-"), piece.lstrip("#*-")):
            if candidate in wanted:
                offset = piece.find(candidate)
                found.append((start + offset, start + offset + len(candidate), wanted[candidate]))
                break
        else:
            found += _inside(piece, start, wanted)
    return found


def _inside(piece: str, start: int, wanted: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """SKUs inside a longer run of characters, such as "22960の" or "22423/22424"."""
    if len(piece) > 400:
        return []
    return [
        (start + match.start(), start + match.end(), wanted[match[0]])
        for match in re.finditer(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", piece)
        if match[0] in wanted
    ]
