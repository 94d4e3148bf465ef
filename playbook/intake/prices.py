"""Products told apart by their price: "the £1.25 ones", "the more expensive of the two"."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from playbook.intake.clauses import Clause
from playbook.intake.mentions import Mention
from playbook.intake.model import LineRef
from playbook.intake.phrases import Hit
from playbook.intake.text import Token

_PRICE = re.compile(r"(?<![0-9.,/:])([0-9]{1,5})[.,]([0-9]{2})(?![0-9.,/:])")


def told_by_price(
    clauses: Sequence[Clause], words: Sequence[Token], text: str, lines: Sequence[LineRef]
) -> None:
    """Leave of the lines that a mention fits the one whose unit price the clause names or compares.

    "Two tablets came. Return the more expensive one": what has no product of its own is about the last one
    that fits several lines. *text* is the folded message.
    """
    before: Mention | None = None
    for clause in clauses:
        if not clause.mentions and before is not None:
            for hit in _comparisons(clause):
                chosen = _compared(before.lines, hit, clause, lines)
                if chosen is not None:
                    clause.mentions.append(replace(before, start=hit.start, end=hit.end, lines=(chosen,)))
                    break
        clause.mentions = [_settled(mention, clause, words, text, lines) for mention in clause.mentions]
        before = next((mention for mention in reversed(clause.mentions) if not mention.clear), before)
        if any(mention.clear for mention in clause.mentions):
            before = None


def _settled(
    mention: Mention, clause: Clause, words: Sequence[Token], text: str, lines: Sequence[LineRef]
) -> Mention:
    if mention.clear or mention.exact:
        return mention
    said = text[words[clause.start].start : words[clause.end - 1].end]
    prices = {Decimal(f"{whole}.{part}") for whole, part in _PRICE.findall(said)}
    named = [line for line in mention.lines if lines[line].unit_price in prices]
    if len(named) == 1:
        return replace(mention, lines=(named[0],))
    for hit in _comparisons(clause):
        chosen = _compared(mention.lines, hit, clause, lines)
        if chosen is not None:
            return replace(mention, lines=(chosen,))
    return mention


def _comparisons(clause: Clause) -> list[Hit]:
    return [*clause.cues.get("dearer", ()), *clause.cues.get("cheaper", ())]


def _compared(candidates: Sequence[int], hit: Hit, clause: Clause, lines: Sequence[LineRef]) -> int | None:
    """The only one of *candidates* that costs most, or least; None when that does not part them."""
    prices = {line: price for line in candidates if (price := lines[line].unit_price) is not None}
    if len(prices) < max(2, len(candidates)):
        return None
    wanted = (max if hit in clause.cues.get("dearer", ()) else min)(prices.values())
    found = [line for line, price in prices.items() if price == wanted]
    return found[0] if len(found) == 1 else None
