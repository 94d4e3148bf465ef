"""Sentences and clauses of a message, with what was found in each."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from playbook.domain.claims import ProblemType
from playbook.intake.mentions import Mention
from playbook.intake.numbers import Quantity
from playbook.intake.phrases import Hit
from playbook.intake.text import Kind, Token

_HARD = frozenset("!?。！？；;")
_SOFT = frozenset(",，、:：–—")
_OPENING = frozenset("(（[")
_CLOSING = frozenset(")）]")
_BULLET = re.compile(r"[-*•·・–—○●]|[0-9]{1,2}")
_COLUMN = "|"
_WRAP_WIDTH = 55
_WIDEST_LINE = 130
_RAGGED = 14
_OFTEN = 3
_FEWEST_COLUMNS = 2
_BREATHLESS = 40
_UNSPOKEN = frozenset("-&/'\"%+#@()_*")


@dataclass(slots=True)
class Clause:
    """Tokens ``[start, end)`` without a comma inside; *sentence* numbers the sentence it is in.

    ``meant`` says that its problem was judged by meaning or sounds like another one, ``stranger`` that
    it names a thing which is on no line of the order, ``doubtful`` that it may name one, ``again`` that it
    goes on about the product before, ``announces`` that it tells the problem of the list behind it.
    """

    start: int
    end: int
    sentence: int
    heading: bool = False
    meant: bool = False
    stranger: bool = False
    doubtful: bool = False
    again: bool = False
    announces: bool = False
    mentions: list[Mention] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    issues: list[tuple[ProblemType, Hit]] = field(default_factory=list)
    fine: list[Hit] = field(default_factory=list)
    cues: dict[str, list[Hit]] = field(default_factory=dict)
    remedies: list[Hit] = field(default_factory=list)

    def has(self, cue: str) -> bool:
        return cue in self.cues

    def wanted(self) -> list[Mention]:
        """The products that a wish is about: not "the case" in "return the lamp that came with the case".

        Nor "the lamps" in "return everything except the lamps".
        """
        ends = {hit.end for hit in self.cues.get("inside", ())}
        counted = {one.start for one in self.quantities}
        without = [hit.end for hit in self.cues.get("excepting", ()) if hit.end not in counted]
        return [
            mention
            for place, mention in enumerate(self.mentions)
            if not (place and {mention.start, mention.start - 1} & ends)
            and not any(end <= mention.start for end in without)
        ]


def wraps(text: str) -> frozenset[int]:
    """The places of line breaks that a mail program put into a paragraph of *text*.

    Behind such a line its next word would not have fitted, and no few lines of the paragraph are as long.
    """
    found: set[int] = set()
    at = 0
    for block in re.split(r"(?<=\n)\s*\n", text):
        lines = block.split("\n")
        widest = max(map(len, lines))
        long = sum(len(line) >= widest - _RAGGED for line in lines)
        fits = _WRAP_WIDTH <= widest <= _WIDEST_LINE and _OFTEN * long >= len(lines) - 1
        place = text.index(block, at)
        for line, following in pairwise(lines) if fits else ():
            word = (following.split() or [""])[0]
            if len(line) >= _WRAP_WIDTH and len(line) + len(word) + 1 > widest:
                found.add(place + len(line))
            place += len(line) + 1
        at = text.index(block, at) + len(block)
    return frozenset(found)


def _hard_break(
    words: Sequence[Token], index: int, text: str, abbreviations: Collection[str], wrapped: Collection[int]
) -> bool:
    token = words[index]
    if token.text in _HARD:
        return True
    if token.kind is Kind.BREAK:
        return _line_ends(words, index, text, wrapped)
    if token.text != ".":
        return False
    following = words[index + 1] if index + 1 < len(words) else None
    spaced = following is None or following.start > token.end or following.kind is Kind.BREAK
    previous = words[index - 1] if index else None
    if previous is None or not spaced:
        return False
    if previous.text in abbreviations and following is not None and following.kind is not Kind.BREAK:
        return False
    opens_line = index < 2 or words[index - 2].kind is Kind.BREAK
    return not (previous.kind is Kind.NUMBER and opens_line)


def _line_ends(words: Sequence[Token], index: int, text: str, wrapped: Collection[int]) -> bool:
    """Whether a line break ends a sentence: not where a mail program wrapped a long line."""
    following = words[index + 1] if index + 1 < len(words) else None
    if following is None or following.kind is Kind.BREAK or _BULLET.fullmatch(following.text):
        return True
    if index == 0 or words[index - 1].kind is Kind.BREAK:
        return True
    line_start = text.rfind("\n", 0, words[index].start) + 1
    if _COLUMN in text[line_start : words[index].start]:
        return True
    return not (words[index].start in wrapped and following.kind is Kind.WORD)


def _telling_brackets(words: Sequence[Token], spoken: Collection[int]) -> set[int]:
    """The brackets of a line whose content says something about a problem."""
    found: set[int] = set()
    opened: int | None = None
    for index, token in enumerate(words):
        if token.kind is Kind.BREAK:
            opened = None
        elif token.text in _OPENING:
            opened = index
        elif token.text in _CLOSING and opened is not None:
            if any(place in spoken for place in range(opened + 1, index)):
                found |= {opened, index}
            opened = None
    return found


def split(
    words: Sequence[Token],
    text: str,
    abbreviations: Collection[str],
    keep: Collection[int],
    spoken: Collection[int] = (),
    conjunctions: Collection[str] = (),
    starters: Collection[int] = (),
    listing: Collection[int] = (),
) -> list[Clause]:
    """Clauses in order. Separators inside brackets, and tokens in *keep*, do not part.

    Brackets that hold one of the tokens *spoken* (words about a problem) are clauses of their own;
    *conjunctions* are words that begin a clause, *starters* the tokens of phrases with which a sentence
    begins where nobody wrote full stops, *listing* those of phrases that announce a list as a colon does.
    """
    apart = _telling_brackets(words, spoken)
    wrapped, columns = wraps(text), _columns(words)
    dictated = _dictated(words, starters) if starters else frozenset[int]()
    clauses: list[Clause] = []
    sentence, start, depth = 0, 0, 0

    def close(end: int, heading: bool = False) -> None:
        nonlocal start
        if any(token.kind is not Kind.MARK and token.kind is not Kind.BREAK for token in words[start:end]):
            clauses.append(Clause(start, end, sentence, heading))
        start = end

    for index, token in enumerate(words):
        if index in apart:
            close(index if token.text in _OPENING else index + 1)
        elif token.text in _OPENING:
            depth += 1
        elif token.text in _CLOSING:
            depth = max(0, depth - 1)
        if index in keep:
            continue
        if _hard_break(words, index, text, abbreviations, wrapped):
            if depth and token.kind is not Kind.BREAK:
                continue
            close(index + 1, heading=any(place in listing for place in range(start, index)))
            sentence, depth = sentence + 1, 0
        elif depth:
            continue
        elif token.text in _SOFT or index in columns or _is_dash(words, index) or _parts_cells(words, index):
            close(index + 1, heading=token.text in ":：")
        elif token.text in conjunctions and index > start:
            close(index)
        elif index in dictated:
            close(index)
            sentence += 1
    close(len(words))
    return clauses


def _parts_cells(words: Sequence[Token], index: int) -> bool:
    """Whether a bar stands between two cells of a table that are not both numbers."""
    if words[index].text != _COLUMN or index == 0 or index + 1 >= len(words):
        return False
    return not (words[index - 1].kind is words[index + 1].kind is Kind.NUMBER)


def _dictated(words: Sequence[Token], starters: Collection[int]) -> frozenset[int]:
    """The *starters* that stand in a run of words which is too long for one sentence."""
    found: set[int] = set()
    start = 0
    for index in range(len(words) + 1):
        if index < len(words) and (words[index].kind is not Kind.MARK or words[index].text in _UNSPOKEN):
            continue
        if index - start >= _BREATHLESS:
            found.update(place for place in starters if start < place < index)
        start = index + 1
    return frozenset(found)


def _columns(words: Sequence[Token]) -> set[int]:
    """The strokes that part columns: "mugs / 12 / none came", where a line has several."""
    found: set[int] = set()
    line: dict[str, list[int]] = {}
    for index in range(len(words) + 1):
        if index == len(words) or words[index].kind is Kind.BREAK:
            for places in line.values():
                found.update(places if len(places) >= _FEWEST_COLUMNS else ())
            line = {}
        elif words[index].text == "/" and _spaced(words, index):
            line.setdefault(words[index].text, []).append(index)
    return found


def _spaced(words: Sequence[Token], index: int) -> bool:
    """Whether space stands on both sides of a mark."""
    if index == 0 or index + 1 >= len(words):
        return False
    return words[index - 1].end < words[index].start and words[index].end < words[index + 1].start


def _is_dash(words: Sequence[Token], index: int) -> bool:
    """A hyphen with space around it, used as a dash."""
    return words[index].text == "-" and _spaced(words, index)
