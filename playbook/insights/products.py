"""What a shop knows about its products: family, supplier, packaging, lot, by SKU and period.

A CSV with the columns ``sku`` and any of ``alias family supplier packaging lot warehouse carrier from to``.
``alias`` is another SKU under which the same goods were or are sold: faults and shipments of both count
together under ``sku``. A row holds from ``from`` to ``to``, both included; empty means open. Several rows of
one SKU may say different things of different days, or different things of the same day, never two values
of one trait for the same day.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from playbook.insights.rows import Trait
from playbook.orderbook import cells
from playbook.orderbook.columns import places_of
from playbook.orderbook.refusals import RowRefused, Skipped
from playbook.orderbook.sheets import Sheet, open_text
from playbook.store.keys import fold

FILE = "products.csv"
"""Where the table lies in PLAYBOOK_HOME."""

TRAITS = (Trait.FAMILY, Trait.SUPPLIER, Trait.PACKAGING, Trait.LOT, Trait.WAREHOUSE, Trait.CARRIER)
COLUMNS: dict[str, tuple[str, ...]] = {
    "sku": ("sku", "seller-sku", "msku"),
    "alias": ("alias", "also-sold-as", "old-sku"),
    **{trait.value: (trait.value,) for trait in TRAITS},
    "from": ("from", "valid-from"),
    "to": ("to", "valid-to"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    first: date
    last: date
    traits: Mapping[Trait, str]


@dataclass(frozen=True, slots=True)
class Products:
    """The table, read; ``skipped`` are rows that could not be."""

    names: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, tuple[_Row, ...]] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    def name(self, sku: str) -> str:
        """The SKU under which goods are counted: as the table writes it, an alias under its SKU."""
        return self.names.get(fold(sku), sku)

    def traits(self, sku: str, day: date) -> dict[Trait, str]:
        """What is known of a SKU on that day."""
        found: dict[Trait, str] = {}
        for row in self.rows.get(fold(self.name(sku)), ()):
            if row.first <= day <= row.last:
                found |= row.traits
        return found

    @property
    def skus(self) -> int:
        """How many SKUs the table names, without aliases."""
        return len(set(self.names.values()))


def read_products(path: Path) -> Products:
    """The table in a file. ImportRefused when it is none."""
    sheet = open_text(path)
    places = places_of(sheet, COLUMNS, ("sku",))
    names: dict[str, str] = {}
    rows: dict[str, list[_Row]] = defaultdict(list)
    skipped = []
    for number, cell in _cells(sheet, places):
        try:
            sku, row = _read(number, cell)
            _name(names, sku, cell["alias"])
            _fits(row, rows[fold(sku)])
        except RowRefused as refused:
            skipped.append(Skipped(number, "", refused.why))
            continue
        rows[fold(sku)].append(row)
    return Products(names, {sku: tuple(found) for sku, found in rows.items()}, tuple(skipped))


def load_products(home: Path) -> Products:
    """The table of PLAYBOOK_HOME; an empty one where there is none."""
    path = home / FILE
    return read_products(path) if path.is_file() else Products()


def keep_products(path: Path, home: Path) -> Products:
    """Check a table and keep it in PLAYBOOK_HOME, in place of the one before, when every row can be read."""
    found = read_products(path)
    if not found.skipped and found.names:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, home / FILE)
    return found


def _cells(sheet: Sheet, places: Mapping[str, int]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, row in sheet.rows():
        cell = dict.fromkeys(COLUMNS, "")
        cell |= {name: cells.filled(row[at]) for name, at in places.items() if at < len(row)}
        yield number, cell


def _read(number: int, cell: Mapping[str, str]) -> tuple[str, _Row]:
    sku = cells.number_text(cell["sku"])
    if not sku:
        raise RowRefused("row_no_sku")
    first = cells.moment(cell["from"]).date() if cell["from"] else date.min
    last = cells.moment(cell["to"]).date() if cell["to"] else date.max
    if last < first:
        raise RowRefused("row_period", first=str(first), last=str(last))
    return sku, _Row(number, first, last, {trait: cell[trait] for trait in TRAITS if cell[trait]})


def _name(names: dict[str, str], sku: str, alias: str) -> None:
    """Note how a SKU is written and what it is also called. RowRefused for a name with two meanings."""
    wanted = {fold(sku): sku} | ({fold(alias): sku} if alias else {})
    for key, name in wanted.items():
        if key in names and fold(names[key]) != fold(name):
            raise RowRefused("row_alias", alias=alias or sku, sku=names[key])
    names.update({key: names.get(fold(sku), sku) for key in wanted})


def _fits(row: _Row, known: list[_Row]) -> None:
    for other in known:
        if row.first <= other.last and other.first <= row.last:
            for trait, value in row.traits.items():
                if other.traits.get(trait, value) != value:
                    raise RowRefused("row_trait_twice", line=other.number, trait=trait.value)
