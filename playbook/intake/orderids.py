"""Order numbers in a message: complete ones, and fragments that narrow the search down."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from playbook.domain.ids import find_order_ids
from playbook.intake.phrases import Hit
from playbook.intake.text import Kind, Token

_DASH = "[-\u2010-\u2015\u2212\u30fc ]"
_COMPLETE = re.compile(rf"(?<![0-9])[0-9]{{3}}{_DASH}?[0-9]{{7}}{_DASH}?[0-9]{{7}}(?![0-9])")
_NEARLY = re.compile(
    rf"(?<![0-9-])[0-9]{{2,4}}{_DASH}[0-9]{{5,9}}(?:{_DASH}[0-9]{{3,9}})?(?![0-9-])|(?<![0-9])[0-9]{{15,19}}(?![0-9])"
)
_MIN_FRAGMENT = 4
_REACH = 8


@dataclass(frozen=True, slots=True)
class OrderMentions:
    """Complete numbers and hints, once each, and the spans of folded text where they stand."""

    order_ids: tuple[str, ...]
    hints: tuple[str, ...]
    id_spans: tuple[tuple[int, int], ...]
    hint_spans: tuple[tuple[int, int], ...]


def _overlaps(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def find_orders(
    text: str, words: Sequence[Token], hits: Sequence[Hit], skus: frozenset[str] = frozenset()
) -> OrderMentions:
    """Order numbers in folded *text*; a number near a word such as "order" or "ending" is a hint.

    A hint is never one of *skus* (lower case), nor part of a complete number.
    """
    id_spans = [match.span() for match in _COMPLETE.finditer(text)]
    hint_spans = [
        match.span()
        for match in _NEARLY.finditer(text)
        if not _overlaps(match.span(), id_spans) and _looks_like_order(match[0])
    ]
    complete = {place for span in id_spans for place in range(*span)}
    taken = {place for span in hint_spans for place in range(*span)}
    for hit in hits:
        if hit.label != "class:order_word":
            continue
        for token in words[hit.end : hit.end + _REACH]:
            if token.kind is Kind.BREAK:
                break
            if token.kind is not Kind.NUMBER or not token.text.isdigit() or token.text in skus:
                continue
            if token.start in complete:
                break
            if len(token.text) >= _MIN_FRAGMENT and token.start not in taken:
                hint_spans.append((token.start, token.end))
                taken.add(token.start)
                break
    hints = dict.fromkeys(text[start:end] for start, end in sorted(hint_spans))
    return OrderMentions(
        tuple(str(order_id) for order_id in find_order_ids(text)),
        tuple(hints),
        tuple(id_spans),
        tuple(sorted(hint_spans)),
    )


def _looks_like_order(text: str) -> bool:
    """Three digits and a long group: telephone numbers start with 0 or have short groups."""
    groups = re.split(_DASH, text)
    if len(groups) == 1:
        return True
    return len(groups[0]) == 3 and not text.startswith("0") and len(groups[1]) >= 6 and " " not in text
