"""Tables typed by hand: what the numbers of each row mean, told by the heads of their columns.

"item  ordered  ok  problem" over "mugs  12  11  handle off" says that one mug of twelve is not all right.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from playbook.intake.lexicon import Lexicon, small_words
from playbook.intake.numbers import Quantity, Role
from playbook.intake.text import Token

_PARTING = re.compile(r"\s{2,}| [/|] |[;|]")
_FEWEST_HEADS = 2
_WIDEST = 160


def _cells(line: str) -> list[tuple[int, str]]:
    """The cells of *line*, each with its place in it."""
    found: list[tuple[int, str]] = []
    at = 0
    for parting in [*_PARTING.finditer(line), None]:
        end = parting.start() if parting is not None else len(line)
        if line[at:end].strip():
            found.append((at + len(line[at:end]) - len(line[at:end].lstrip()), line[at:end].strip()))
        at = parting.end() if parting is not None else end
    return found


def _roles(line: str, heads: dict[str, Role]) -> list[Role]:
    """The roles of the counting columns that *line* heads, in order; nothing where it is no head."""
    cells = [cell.strip(" .:*_-") for _, cell in _cells(line[:_WIDEST])]
    found = [heads[cell] for cell in cells if cell in heads]
    return found if len(cells) > len(found) and len(found) >= _FEWEST_HEADS else []


def _rows(text: str, heads: dict[str, Role]) -> Iterable[tuple[int, str, list[Role]]]:
    """The rows under a head: where each begins, its text and the roles of its numbers."""
    roles: list[Role] = []
    at, blank = 0, 0
    for line in text.split("\n"):
        blank = 0 if line.strip() else blank + 1
        head = _roles(line, heads)
        if head:
            roles = head
        elif blank > 1:
            roles = []
        elif roles and line.strip():
            yield at, line, roles
        at += len(line) + 1


def in_columns(
    quantities: Sequence[Quantity], words: Sequence[Token], text: str, lexicons: Sequence[Lexicon]
) -> list[Quantity]:
    """*quantities* with the roles of their columns; those of rows without trouble claim nothing."""
    heads: dict[str, Role] = {}
    heads.update(dict.fromkeys(small_words(lexicons, "column_ordered"), "total"))
    heads.update(dict.fromkeys(small_words(lexicons, "column_good"), "arrived"))
    heads.update(dict.fromkeys(small_words(lexicons, "column_bad"), "count"))
    found = list(quantities)
    starts = [words[one.start].start for one in found]
    for at, line, roles in _rows(text, heads):
        inside = [
            place
            for start, cell in _cells(line)
            if cell.isdigit()
            and (place := bisect_left(starts, at + start)) < len(found)
            and starts[place] == at + start
        ]
        if len(inside) != len(roles):
            continue
        for place, role in zip(inside, roles, strict=True):
            found[place] = replace(found[place], sort="number", role=role)
        values = {role: found[place].value for place, role in zip(inside, roles, strict=True)}
        if "arrived" in values and values["arrived"] == values.get("total"):
            for place in inside:
                found[place] = replace(found[place], role="total")
    return found
