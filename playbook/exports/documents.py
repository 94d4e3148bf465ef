"""A sheet of paper as a value: what stands on it, without markup. Pages print it, clipboards get its text."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column heads; ``numeric`` columns are right-aligned, ``codes`` never broken over lines.

    Cells are plain text.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    codes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Quote:
    """Exact words, with when and by whom."""

    head: str
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """A titled part: lines (boxes to tick with ``ticks``), a table, quotes."""

    title: str
    lines: tuple[str, ...] = ()
    ticks: bool = False
    table: Table | None = None
    quotes: tuple[Quote, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines or self.quotes or (self.table is not None and self.table.rows))


@dataclass(frozen=True, slots=True)
class Document:
    """A sheet: a title, a line of facts, parts, and what stands at the foot."""

    title: str
    facts: tuple[str, ...]
    parts: tuple[Part, ...]
    foot: str = ""


def plain(text: object) -> str:
    """One line of text: it may come from outside."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())


def as_text(document: Document, colon: str) -> str:
    """The sheet as plain text, one fact a line; *colon* is what the language puts after a title."""
    lines = [" · ".join(map(plain, document.facts))]
    for part in document.parts:
        if not part:
            continue
        lines.append(f"{part.title}{colon}".rstrip())
        lines += [f"- {plain(line)}" for line in part.lines]
        if part.table is not None:
            lines += [f"- {_joined(row)}" for row in part.table.rows]
        lines += [f"- {plain(quote.head)}" for quote in part.quotes]
    return "\n".join(lines) + "\n"


def _joined(cells: Sequence[str]) -> str:
    return " · ".join(plain(cell) for cell in cells if cell)
