"""Quantities: which numbers in a message count units, and which are dates, prices, sizes or names."""

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from playbook.intake.phrases import Hit
from playbook.intake.text import Kind, Token

Role = Literal["count", "total", "arrived"]
Sort = Literal["number", "vague", "all", "both", "fraction"]

_CJK_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_CJK_TENS = {"十": 10, "百": 100, "千": 1000}
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
_NOT_NUMBERS = re.compile(
    r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{2,4}|(?<![0-9])[0-9]{1,2}[.][0-9]{1,2}(?![0-9])|[0-9]{1,2}:[0-9]{2}"
    r"|(?<![0-9])(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
    r"|(?<![0-9])(?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|1[0-2])(?![0-9])"
    r"|[$€£¥]\s?[0-9][0-9.,]*|[0-9][0-9.,]{0,15}\s?[$€£¥]|#\s?[0-9]+|[0-9]{1,4}年(?:[0-9]{1,2}月)?|[0-9]{1,2}月[0-9]{0,2}"
)
_SHARE = re.compile(r"(?<![0-9/.])([0-9]{1,4})/([0-9]{1,4})(?![0-9/.])")
_MOST_UNITS = 100_000
_LONGEST_NUMERAL = 9
_YEARS = range(1900, 2101)
_CORRECTION_REACH = 12


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of units in ``tokens[start:end]``.

    ``role`` says whether it counts what is claimed, what was ordered (*total*), or what arrived.
    ``weak`` is an article ("ein") that only counts when nothing else does; ``more`` adds to an
    earlier number ("another 2"); ``wide`` is a number behind "all"; ``inner`` seems to count parts of a unit
    ("by one screw").
    """

    start: int
    end: int
    sort: Sort
    value: int | None = None
    part: Fraction | None = None
    role: Role = "count"
    weak: bool = False
    more: bool = False
    each: bool = False
    wide: bool = False
    inner: bool = False

    @property
    def whole(self) -> bool:
        """Whether it speaks of everything: "all", "both", "all three"."""
        return self.wide or self.sort in ("all", "both")

    def units(self, ordered: int | None, total: int | None = None) -> int | None:
        """The units this stands for, given the units *ordered* of the line; None when unknown."""
        whole = total if total is not None else ordered
        if self.sort == "number":
            return self.value
        if self.sort == "both":
            return 2
        if self.sort == "all":
            return whole
        if self.sort == "fraction" and self.part is not None and whole is not None:
            share = self.part * whole
            return int(share) if share.denominator == 1 and share > 0 else None
        return None


def cjk_number(text: str) -> int | None:
    """The value of a Chinese numeral below ten thousand, or None."""
    total, digit = 0, 0
    for char in text:
        if char in _CJK_TENS:
            total += (digit or 1) * _CJK_TENS[char]
            digit = 0
        elif char in _CJK_DIGITS:
            digit = digit * 10 + _CJK_DIGITS[char]
        else:
            return None
    return total + digit if text else None


def digits(text: str) -> int | None:
    """The value of a digit token; None for decimals and codes with leading zeros."""
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "").replace(".", "")
    if not text.isdigit() or (len(text) > 1 and text[0] == "0") or len(text) > 6:
        return None
    return int(text)


def covered(words: Sequence[Token], spans: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The indices of the tokens that overlap any of *spans*."""
    found: set[int] = set()
    first = 0
    reach = 0
    for start, end in sorted(spans):
        reach = max(reach, end)
        while first < len(words) and words[first].end <= start:
            first += 1
        index = first
        while index < len(words) and words[index].start < end:
            found.add(index)
            index += 1
        first = max(first, index - 1) if end >= reach else first
    return frozenset(found)


def _is_share(match: re.Match[str], ordered: Collection[int]) -> bool:
    """Whether "3/12" can be a share of the twelve units of a line."""
    share, whole = int(match[1]), int(match[2])
    return 0 < share <= whole and whole > 1 and whole in ordered


class _Finder:
    """One pass over the tokens of one message."""

    def __init__(
        self,
        text: str,
        words: Sequence[Token],
        hits: Sequence[Hit],
        taken: Sequence[tuple[int, int]],
        ordered: Collection[int],
    ) -> None:
        self.words = words
        self.starts: dict[str, dict[int, int]] = {}
        self.ends: dict[str, dict[int, int]] = {}
        for hit in hits:
            known = self.starts.setdefault(hit.label, {})
            known[hit.start] = max(hit.end, known.get(hit.start, 0))
            known = self.ends.setdefault(hit.label, {})
            known[hit.end] = min(hit.start, known.get(hit.end, hit.start))
        shares = {match.start(): match.end() for match in _SHARE.finditer(text) if _is_share(match, ordered)}
        others = (match.span() for match in _NOT_NUMBERS.finditer(text) if match.start() not in shares)
        self.taken = covered(words, [*taken, *others])
        self.shares = {
            index
            for index, token in enumerate(words)
            if token.start in shares and index not in self.taken and not self._dated(index)
        }
        self.taken |= {
            index + place
            for index, token in enumerate(words)
            if token.start in shares and index not in self.shares
            for place in (0, 2)
        }
        self.inside_set = {
            index
            for start, stop in self.starts.get("class:not_unit", {}).items()
            for index in range(start + 1, stop)
        }
        self.rejected: set[int] = set()

    def _dated(self, index: int) -> bool:
        """Whether a word stands before a number that makes a day of "3/12": "on 3/12"."""
        return index in self.ends.get("class:not_before", {})

    def share(self, index: int) -> tuple[Quantity, ...]:
        """The three and the twelve of "3/12" where some line of the order has twelve units."""
        value, whole = digits(self.words[index].text), digits(self.words[index + 2].text)
        if value is None or whole is None:
            return ()
        count = Quantity(index, index + 1, "number", value)
        return count, replace(self.finish(index + 2, index + 3, whole), role="total")

    def counter_end(self, end: int) -> int | None:
        """Where the counter that follows a number ends, or None without one."""
        return self.starts.get("class:counter", {}).get(end)

    def _measures(self, end: int) -> bool:
        """Whether a measure follows a number: "7 in", but neither "7 in the box" nor "7 in total"."""
        behind = self.starts.get("class:not_unit", {}).get(end)
        if behind is not None and self.words[end].text == "in" and self._goes_on(end + 1):
            return False
        said = behind in self.starts.get("class:article", {}) or end in self.starts.get("cue:sum", {})
        return behind is not None and not said

    def _goes_on(self, index: int) -> bool:
        """Whether "in" is no inch, because a word stands behind it that tells no direction."""
        if index >= len(self.words) or self.words[index].kind is not Kind.WORD:
            return False
        return index not in self.starts.get("class:dimension", {})

    def _plausible(self, start: int, end: int) -> bool:
        """Whether a digit token in its surroundings can count units."""
        words = self.words
        if self._measures(end) or start in self.ends.get("class:not_before", {}):
            return False
        previous = words[start - 1] if start else None
        following = words[end] if end < len(words) else None
        glued = following is not None and following.start == words[end - 1].end
        if following is not None and glued and following.kind is Kind.WORD and self.counter_end(end) is None:
            return False
        beyond = words[end + 1] if end + 1 < len(words) else None
        hyphen = following is not None and glued and following.text == "-"
        if hyphen and beyond is not None and beyond.kind is Kind.WORD and beyond.start == words[end].end:
            return False
        if previous is not None and previous.end == words[start].start and previous.kind is Kind.WORD:
            return previous.text == "x"
        opens_line = previous is None or previous.kind is Kind.BREAK or previous.text in ("(", "*")
        enumerator = opens_line and following is not None and following.text in (")", ".", "、") and glued
        return not enumerator

    def digit(self, index: int) -> Quantity | None:
        token = self.words[index]
        value = digits(token.text)
        if value is None or index in self.taken or not self._plausible(index, index + 1):
            self.rejected.add(index)
            return None
        if not 0 < value <= _MOST_UNITS or (value in _YEARS and self.counter_end(index + 1) is None):
            self.rejected.add(index)
            return None
        return self.finish(index, index + 1, value)

    def word(self, index: int, end: int, value: int) -> Quantity | None:
        words = self.words
        if self._measures(end) or index in self.ends.get("class:not_before", {}):
            self.rejected.update(range(index, end))
            return None
        if words[index].text == "one" and end == index + 1 and self._pronoun(index):
            return None
        weak = words[index].text.startswith("ein") and end == index + 1 and words[index].text != "eins"
        found = self.finish(index, end, value)
        return replace(found, weak=weak)

    def _pronoun(self, index: int) -> bool:
        """Whether "one" stands for a noun: "the blue one", "this one"."""
        if index == 0:
            return False
        before = self.words[index - 1]
        following = self.words[index + 1].text if index + 1 < len(self.words) else "."
        if before.text in (
            "the",
            "this",
            "that",
            "a",
            "an",
            "which",
            "another",
            "each",
            "every",
            "any",
            "no",
            "new",
        ):
            return before.text != "another" and following != "of"
        if following in ("is", "was", "has"):
            return index in self.ends.get("class:describing", {})
        return before.kind is Kind.WORD and following in (
            ".",
            ",",
            ")",
            "and",
            "\n",
            "fine",
            "ok",
        )

    def cjk(self, index: int) -> Quantity | None:
        """A run of Chinese numerals, which needs a counter: 三个 counts, 一样 does not."""
        end = self.numeral_end(index)
        if end - index > _LONGEST_NUMERAL:
            return None
        value = cjk_number("".join(token.text for token in self.words[index:end]))
        if value is None or not value or index in self.inside_set or index in self.taken:
            return None
        if end in self.starts.get("class:not_unit", {}) or index in self.ends.get("class:not_before", {}):
            return None
        if self.counter_end(end) is None:
            return None
        return self.finish(index, end, value)

    def numeral_end(self, index: int) -> int:
        """Where the run of Chinese numerals that starts at *index* ends."""
        while index < len(self.words) and (
            self.words[index].text in _CJK_DIGITS or self.words[index].text in _CJK_TENS
        ):
            index += 1
        return index

    def finish(self, start: int, end: int, value: int) -> Quantity:
        units, stop_at = value, end
        for label, places in self.starts.items():
            if label.startswith("multiple:") and stop_at in places:
                units, stop_at = units * int(label[9:]), places[stop_at]
        while (stop := self.counter_end(stop_at)) is not None and stop > stop_at:
            stop_at = stop
        return Quantity(start, stop_at, "number", units)


def _raw(finder: _Finder, hits: Sequence[Hit]) -> list[Quantity]:
    by_start: dict[int, list[Hit]] = {}
    for hit in hits:
        if hit.label.startswith(("number:", "fraction:", "multiple:")) or hit.label in (
            "cue:vague",
            "cue:all",
            "cue:both",
        ):
            by_start.setdefault(hit.start, []).append(hit)
    found: list[Quantity] = []
    index = 0
    while index < len(finder.words):
        token = finder.words[index]
        quantity: Quantity | None = None
        if here := by_start.get(index):
            longest = max(here, key=lambda hit: (hit.end, hit.label.startswith("number:")))
            quantity = _from_hit(finder, longest)
        if quantity is None and token.kind is Kind.NUMBER:
            if index in finder.shares and (share := finder.share(index)):
                found += share
                index = share[-1].end
                continue
            quantity = finder.digit(index)
        elif quantity is None and (token.text in _CJK_DIGITS or token.text in _CJK_TENS):
            quantity = finder.cjk(index)
        if quantity is not None:
            found.append(quantity)
            index = max(quantity.end, index + 1)
            continue
        run = finder.numeral_end(index)
        index = run if run - index > _LONGEST_NUMERAL else index + 1
    return found


def _joined(finder: _Finder, found: Sequence[Quantity]) -> list[Quantity]:
    """Join "twenty-three", "two hundred and ten" and "4 (four)" to one number, and "5-6" to a vague one."""
    words = finder.words
    joined: list[Quantity] = []
    for quantity in found:
        last = joined[-1] if joined else None
        if last is None or last.sort != "number" or quantity.sort != "number" or quantity.start < last.end:
            joined.append(quantity)
            continue
        between = [token.text for token in words[last.end : min(quantity.start, last.end + 2)]]
        before, after = last.value or 0, quantity.value or 0
        spelled = words[last.start].kind is words[quantity.start].kind is Kind.WORD
        linked = not between or between == ["-"] or last.end in finder.starts.get("class:number_joint", {})
        if spelled and linked and len(between) < 2 and _adds_up(before, after):
            joined[-1] = replace(last, end=quantity.end, value=before + after)
        elif (
            between == ["("]
            and before == after
            and quantity.end < len(words)
            and words[quantity.end].text == ")"
        ):
            joined[-1] = replace(last, end=quantity.end + 1)
        elif len(between) == 1 and before < after and last.end in finder.starts.get("class:range", {}):
            joined[-1] = replace(last, end=quantity.end, sort="vague", value=None)
        else:
            joined.append(quantity)
    return joined


def _adds_up(before: int, after: int) -> bool:
    """Whether two number words that follow each other are one number: 20 and 3, 200 and 10."""
    if 20 <= before < 100:
        return before % 10 == 0 and (after < 10 or (before in (60, 80) and 10 < after < 20))
    return before >= 100 and before % 100 == 0 and after < 100


def _counted_all(found: Sequence[Quantity]) -> list[Quantity]:
    """Join "all three", "alle 18" to one number."""
    joined: list[Quantity] = []
    for quantity in found:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.sort == "all"
            and quantity.sort == "number"
            and last.end == quantity.start
        ):
            joined[-1] = replace(quantity, start=last.start, wide=True)
        else:
            joined.append(quantity)
    return joined


def _of_kinds(finder: _Finder, found: Sequence[Quantity]) -> list[Quantity]:
    """Read "both kinds of jar", "all three colours" as everything of each."""
    kinds = finder.starts.get("class:kind", {})
    return [
        replace(one, sort="all", value=None, wide=False, each=True, end=kinds[one.end])
        if one.whole and one.end in kinds
        else one
        for one in found
    ]


def _from_hit(finder: _Finder, hit: Hit) -> Quantity | None:
    label, _, value = hit.label.partition(":")
    if label == "number":
        return finder.word(hit.start, hit.end, int(value))
    if label == "multiple" and finder.words[hit.start].kind is Kind.CJK:
        return None
    if label == "multiple":
        return finder.finish(hit.start, hit.end, int(value))
    if (label == "fraction" or value == "all") and hit.end in finder.starts.get("class:comparing", {}):
        return None
    if label == "fraction":
        above, below = value.split("/")
        return Quantity(hit.start, hit.end, "fraction", part=Fraction(int(above), int(below)))
    if value == "all" and hit.start in finder.ends.get("class:not_before", {}):
        return None
    sorts: dict[str, Sort] = {"vague": "vague", "all": "all", "both": "both"}
    return Quantity(hit.start, hit.end, sorts[value])


def _with_roles(finder: _Finder, found: list[Quantity], hits: Sequence[Hit]) -> list[Quantity]:
    before = finder.ends.get("cue:total_before", {})
    after = finder.starts.get("cue:total_after", {})
    more = finder.ends.get("cue:more", {}), finder.starts.get("cue:more", {})
    each = finder.starts.get("cue:each", {}), finder.ends.get("cue:each", {})
    roles = [
        replace(
            quantity,
            role="total" if quantity.start in before or quantity.end in after else quantity.role,
            more=quantity.start in more[0] or quantity.end in more[1],
            each=quantity.end in each[0] or quantity.start in each[1],
        )
        if quantity.sort == "number"
        else quantity
        for quantity in found
    ]
    for hit in hits:
        if hit.label == "cue:shortfall":
            _mark_arrived(roles, hit)
    return roles


def _mark_arrived(found: list[Quantity], hit: Hit) -> None:
    """The number that a phrase such as "only .. arrived" speaks of."""

    def distance(quantity: Quantity) -> int:
        if hit.start <= quantity.start < hit.end:
            return 0
        return quantity.start - hit.end + 1 if quantity.start >= hit.end else hit.start - quantity.end + 3

    first = bisect_left(found, hit.start - 8, key=lambda quantity: quantity.start)
    last = bisect_left(found, hit.start + 9, key=lambda quantity: quantity.start)
    for index in range(first, last):
        if found[index].sort == "fraction" and hit.start <= found[index].start <= hit.end + 2:
            found[index] = replace(found[index], role="arrived")
            return
    near = sorted(
        (distance(found[index]), index)
        for index in range(first, last)
        if found[index].sort == "number" and found[index].role != "total"
    )
    if near and near[0][0] <= 6:
        found[near[0][1]] = replace(found[near[0][1]], role="arrived")


def _corrected(words: Sequence[Token], found: list[Quantity], finder: _Finder) -> list[Quantity]:
    """Without numbers that the buyer takes back: "3, no, 4", "two, not one"."""
    corrections = finder.starts.get("cue:correction", {})
    negations = finder.ends.get("class:not", {})
    refusals = finder.starts.get("class:taking_back", {})
    kept: list[Quantity] = []
    for quantity in found:
        last = kept[-1] if kept else None
        if quantity.sort == "number" and quantity.start in negations:
            if last is not None and last.sort == "number" and (last.value or 0) < (quantity.value or 0):
                kept.append(replace(quantity, role="total"))
            continue
        if last is not None and last.sort == quantity.sort == "number":
            gap = range(last.end, quantity.start)
            near = len(gap) <= _CORRECTION_REACH and not any(words[index].text in ".\n" for index in gap)
            said_no = any(index in refusals and words[index - 1].text in ",(-–—…" for index in gap if index)
            if near and (said_no or any(index in corrections for index in gap)):
                kept[-1] = quantity
                continue
        kept.append(quantity)
    return kept


def find_quantities(
    text: str,
    words: Sequence[Token],
    hits: Sequence[Hit],
    taken: Sequence[tuple[int, int]],
    ordered: Collection[int] = (),
) -> tuple[list[Quantity], frozenset[int]]:
    """Quantities in order, and the indices of number tokens that are none (sizes, dates, prices).

    *taken* are spans of folded *text* that belong to order numbers, telephones and SKUs, *ordered* the units
    of the order's lines: "3/12" counts three where a line has twelve.
    """
    finder = _Finder(text, words, hits, taken, ordered)
    found = _corrected(
        words,
        _of_kinds(finder, _with_roles(finder, _counted_all(_joined(finder, _raw(finder, hits))), hits)),
        finder,
    )
    return found, frozenset(finder.rejected)
