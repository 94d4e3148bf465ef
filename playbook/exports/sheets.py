"""Cells that a spreadsheet cannot take for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"


def neutral(cell: object) -> str:
    """*cell* as text that no spreadsheet runs: an apostrophe before anything that could start a formula.

    Control characters become spaces. Plain numbers, negative ones too, stay numbers.
    """
    text = "".join(char if char.isprintable() else " " for char in str(cell))
    if str(cell).startswith(_STARTS) or text.lstrip().startswith(_STARTS):
        return text if _is_number(text) else f"'{text}"
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()


def sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file with a byte-order mark, so that spreadsheets show Chinese, and neutral cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutral(cell) for cell in head])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return BOM + out.getvalue()
