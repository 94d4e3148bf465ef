"""The formats that can be imported, by name; a new report is a new entry here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playbook.orderbook.allorders import all_orders, recognises
from playbook.orderbook.lines import RawLine
from playbook.orderbook.mapping import load_mapping, mapped
from playbook.orderbook.markets import Markets
from playbook.orderbook.refusals import ImportRefused
from playbook.orderbook.sheets import Sheet

AUTO = "auto"


class RowReader(Protocol):
    """Reads rows of one file."""

    @property
    def order_column(self) -> int: ...

    def read(self, number: int, row: Sequence[str]) -> RawLine: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of report: how to know it by its columns, and how to read it."""

    recognises: Callable[[Sequence[str]], bool]
    reader: Callable[[Sheet, Markets, Path | None], RowReader]


def _all_orders(sheet: Sheet, markets: Markets, _map: Path | None) -> RowReader:
    return all_orders(sheet, markets)


def _table(sheet: Sheet, markets: Markets, map_file: Path | None) -> RowReader:
    if map_file is None:
        raise ImportRefused("import_map_missing")
    return mapped(sheet, load_mapping(map_file), markets)


def _never(_columns: Sequence[str]) -> bool:
    return False


FORMATS: dict[str, Format] = {
    "all-orders": Format(recognises, _all_orders),
    "table": Format(_never, _table),
}


def reader_for(sheet: Sheet, name: str, markets: Markets, map_file: Path | None) -> RowReader:
    """The reader for a file: by format *name*, or by its columns when that is ``auto``.

    A mapping file makes it a ``table``. ImportRefused when nothing fits.
    """
    if name == AUTO:
        fitting = (key for key, known in FORMATS.items() if known.recognises(sheet.columns))
        name = "table" if map_file is not None else next(fitting, "")
        if not name:
            raise ImportRefused(
                "import_unknown_format",
                file=sheet.name,
                formats=", ".join(FORMATS),
                found=", ".join(sheet.columns)[:600],
            )
    if name not in FORMATS:
        raise ImportRefused("import_format_name", format=name, formats=", ".join((AUTO, *FORMATS)))
    return FORMATS[name].reader(sheet, markets, map_file)
