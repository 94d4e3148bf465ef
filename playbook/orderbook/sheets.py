"""Report files as rows of texts, one at a time: CSV, TSV and Parquet in the encodings sellers meet.

Nothing is held in memory but the row at hand, so that a report of any size can be read.
"""

import codecs
import csv
import importlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from playbook.orderbook.refusals import ImportRefused

BLOCK = 1 << 20
LONGEST_CELL = 1_000_000
ROWS_AT_ONCE = 20_000

Row = tuple[int, Sequence[str]]
"""A line number in the file (the header is line 1), and the cells as texts."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A readable table. ``columns`` as written in the file.

    ``rows`` gives every row, ``column`` the cells of the column at one place; both can be called again, also
    in another process. ``rows`` leaves out the cells that a short row lacks, ``column`` has them empty.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]] = field(repr=False)
    column: Callable[[int], Iterator[str]] = field(repr=False)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: UTF-8, else Shift-JIS when it reads as Japanese, else cp1252.

    A character cut off at the end of the file does not count against an encoding.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decodes(path, "utf-8"):
        return "utf-8"
    counts = Counter[str]()
    if _decodes(path, "cp932", lambda text: counts.update(map(_script, text))) and counts["kana"]:
        return "cp932" if counts["kana"] * 4 >= counts["other"] else "cp1252"
    return "cp1252"


def _decodes(path: Path, encoding: str, look: Callable[[str], object] = str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            try:
                look(decoder.decode(block))
            except UnicodeDecodeError:
                return False
    return True


def _script(character: str) -> str:
    if character < "\x80":
        return "ascii"
    return "kana" if "\u3041" <= character <= "\u30fe" else "other"


def open_text(path: Path) -> Sheet:
    """The table in a CSV or TSV file. ImportRefused when there is none in it."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        header = next((line for line in file if line.strip()), "").strip("\r\n\ufeff")
    if not header.strip():
        raise ImportRefused("import_empty", file=path.name)
    delimiter = max("\t,;|", key=header.count)
    first = next(_lines(path, encoding, delimiter))[1]
    columns = tuple(_unquoted(cell).strip("\ufeff ") for cell in first)
    return Sheet(
        path.name,
        columns,
        partial(_lines_below, path, encoding, delimiter),
        partial(_text_column, path, encoding, delimiter),
    )


def _lines(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    return (_tabbed if delimiter == "\t" else _separated)(path, encoding, delimiter)


def _lines_below(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    """All lines but the header."""
    return islice(_lines(path, encoding, delimiter), 1, None)


def _text_column(path: Path, encoding: str, delimiter: str, place: int) -> Iterator[str]:
    if delimiter == "\t":
        return islice(_one_tabbed(path, encoding, place), 1, None)
    return (row[place] if len(row) > place else "" for _, row in _lines_below(path, encoding, delimiter))


def _separated(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for cells in reader:
                if any(cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise ImportRefused(
                "import_unreadable", file=path.name, line=reader.line_num, reason=str(error)
            ) from error


def _tabbed(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    """Lines of tab separated cells: quotes belong to the text, but for those around a whole cell."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for number, line in enumerate(file, start=1):
            if line.isspace():
                continue
            cells = line.rstrip("\r\n").split(delimiter)
            if '"' in line:
                cells = [_unquoted(cell) for cell in cells]
            if len(line) > LONGEST_CELL:
                _refuse_long(cells, path, number)
            yield number, cells


def _refuse_long(cells: Sequence[str], path: Path, number: int) -> None:
    if max(map(len, cells)) > LONGEST_CELL:
        reason = f"a cell of more than {LONGEST_CELL} characters"
        raise ImportRefused("import_unreadable", file=path.name, line=number, reason=reason)


def _one_tabbed(path: Path, encoding: str, place: int) -> Iterator[str]:
    """One column of `_tabbed`, with the header's, without splitting what stands behind it."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for number, line in enumerate(file, start=1):
            if len(line) > LONGEST_CELL:
                _refuse_long(line.split("\t"), path, number)
            cells = line.split("\t", place + 1)
            if not line.isspace():
                cell = cells[place].rstrip("\r\n") if len(cells) > place else ""
                yield _unquoted(cell) if '"' in cell else cell


def _unquoted(cell: str) -> str:
    is_quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"') if is_quoted else cell


def open_parquet(path: Path) -> Sheet:
    """The table in a Parquet file. ImportRefused when it cannot be read."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        raise ImportRefused("import_parquet_missing", file=path.name) from None
    try:
        file = parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ImportRefused("import_unreadable", file=path.name, line=0, reason=reason) from None
    columns = tuple(str(name) for name in file.schema_arrow.names)
    return Sheet(path.name, columns, partial(_parquet_rows, path), partial(_parquet_column, path, columns))


def _parquet_rows(path: Path) -> Iterator[Row]:
    number = 1
    for batch in importlib.import_module("pyarrow.parquet").ParquetFile(path).iter_batches(ROWS_AT_ONCE):
        for cells in zip(*map(_column_texts, batch.columns), strict=True):
            number += 1
            yield number, cells


def _parquet_column(path: Path, columns: Sequence[str], place: int) -> Iterator[str]:
    file = importlib.import_module("pyarrow.parquet").ParquetFile(path)
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=[columns[place]]):
        yield from _column_texts(batch.column(0))


def _column_texts(column: Any) -> list[str]:
    values: list[Any] = column.to_pylist()
    if str(column.type) in {"string", "large_string"}:
        return ["" if value is None else value for value in values]
    return [cell_text(value) for value in values]


def cell_text(value: Any) -> str:
    """A typed cell as the text a CSV file would hold; missing values are empty."""
    if value is None or value != value:  # noqa: PLR0124 - not-a-number differs from itself
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
