"""The formats that can be imported, by name; a new report is a new entry here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playbook.orderbook import afterwards, allorders, apiorders, returnsxml
from playbook.orderbook.afterwards import AfterReader, after_reader
from playbook.orderbook.columns import column_key, recognised
from playbook.orderbook.lines import RawLine
from playbook.orderbook.mapping import load_mapping, mapped
from playbook.orderbook.markets import Markets
from playbook.orderbook.refusals import ImportRefused
from playbook.orderbook.sheets import Sheet, open_parquet, open_text

AUTO = "auto"


class RowReader(Protocol):
    """Reads rows of one file that are order lines."""

    @property
    def order_column(self) -> int: ...

    def read(self, number: int, row: Sequence[str]) -> RawLine: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of report: how to know it by its columns, and how to read it."""

    recognises: Callable[[Sequence[str]], bool]
    reader: Callable[[Sheet, Markets, Path | None], RowReader | AfterReader]


def _orders(sheet: Sheet, markets: Markets, _map: Path | None) -> RowReader:
    return allorders.all_orders(sheet, markets)


def _unshipped(sheet: Sheet, markets: Markets, _map: Path | None) -> RowReader:
    return allorders.unshipped(sheet, markets)


def _table(sheet: Sheet, markets: Markets, map_file: Path | None) -> RowReader:
    if map_file is None:
        raise ImportRefused("import_map_missing")
    return mapped(sheet, load_mapping(map_file), markets)


def _after(name: str) -> Format:
    def recognises(columns: Sequence[str]) -> bool:
        return afterwards.recognises(name, map(column_key, columns))

    def reader(sheet: Sheet, _markets: Markets, _map: Path | None) -> AfterReader:
        return after_reader(name, sheet)

    return Format(recognises, reader)


def _never(_columns: Sequence[str]) -> bool:
    return False


FORMATS: dict[str, Format] = {
    "orders-api": Format(apiorders.recognises, _orders),
    "all-orders": Format(allorders.recognises, _orders),
    "unshipped": Format(allorders.recognises_unshipped, _unshipped),
    "new-orders": Format(allorders.recognises_new, _orders),
    **{name: _after(name) for name in afterwards.REPORTS},
    "table": Format(_never, _table),
}


def open_report(path: Path) -> Sheet:
    """The rows of a report file, whatever it is written in. ImportRefused when there are none in it."""
    try:
        with path.open("rb") as file:
            head = file.read(200)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ImportRefused("import_no_file", file=path.name, reason=reason) from error
    if apiorders.looks_like_json(head):
        return apiorders.open_api(path)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return returnsxml.open_xml(path)
    return open_parquet(path) if head.startswith(b"PAR1") else open_text(path)


def reader_for(sheet: Sheet, name: str, markets: Markets, map_file: Path | None) -> RowReader | AfterReader:
    """The reader for a file: by format *name*, or by its columns when that is ``auto``.

    A mapping file makes it a ``table``. ImportRefused when nothing fits.
    """
    if name == AUTO:
        fitting = (key for key, known in FORMATS.items() if known.recognises(sheet.columns))
        name = "table" if map_file is not None else next(fitting, "")
        if not name:
            nearest, known = _nearest(sheet.columns)
            raise ImportRefused(
                "import_unknown_format",
                file=sheet.name,
                formats=", ".join(FORMATS),
                nearest=nearest,
                **recognised(sheet.columns, known),
            )
    if name not in FORMATS:
        raise ImportRefused("import_format_name", format=name, formats=", ".join((AUTO, *FORMATS)))
    return FORMATS[name].reader(sheet, markets, map_file)


def _nearest(columns: Sequence[str]) -> tuple[str, set[int]]:
    """The format that has most of the columns, and where these stand."""
    keys = list(map(column_key, columns))
    known = {
        name: {place for place, key in enumerate(keys) if key in spellings}
        for name, spellings in _SPELLINGS.items()
    }
    nearest = max(known, key=lambda name: len(known[name]))
    return (nearest, known[nearest]) if known[nearest] else ("-", set())


_SPELLINGS: dict[str, frozenset[str]] = {
    name: frozenset(spelling for spellings in columns.values() for spelling in spellings)
    for name, columns in {
        "all-orders": allorders.COLUMNS,
        **{name: report.columns for name, report in afterwards.REPORTS.items()},
    }.items()
}
