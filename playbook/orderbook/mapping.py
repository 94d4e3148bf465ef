"""Any table as an order report: a mapping file says which column is what.

``sku: StockCode`` takes a column, ``currency: {const: GBP}`` a fixed value, and
``placed_at: {column: InvoiceDate, timezone: Europe/London, format: "%d/%m/%Y %H:%M"}`` a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playbook.domain.orders import Channel, Component
from playbook.orderbook import cells
from playbook.orderbook.lines import RawLine
from playbook.orderbook.markets import Markets, by_name, guess
from playbook.orderbook.refusals import ImportRefused, RowRefused
from playbook.orderbook.sheets import Sheet
from playbook.policy.yamlfile import Document, YamlError
from playbook.store import Recipient

REQUIRED = ("order_id", "placed_at", "sku", "units")
PRICES = ("unit_price", "line_price")
OPTIONAL = [
    "title",
    "buyer",
    "country",
    "currency",
    "channel",
    "asin",
    "marketplace",
    "po_number",
    "recipient_name",
    "email",
    "phone",
    "address",
    "postcode",
    "city",
    "state",
    "tracking",
    "shipped_units",
    "delivered_at",
]
NAMES = (*REQUIRED, *PRICES, *OPTIONAL)
_TIMES = ("placed_at", "delivered_at")


@dataclass(frozen=True, slots=True)
class Source:
    """Where one of our names comes from: a column, or a constant."""

    column: str = ""
    const: str = ""
    timezone: str = "UTC"
    format: str = ""


def load_mapping(path: Path) -> dict[str, Source]:
    """The mapping file as sources by our names. ImportRefused says what is wrong in it."""
    try:
        data = Document(path.name, path.read_bytes()).data
    except OSError as error:
        raise ImportRefused("import_no_file", file=path.name, reason=error.strerror or str(error)) from None
    except YamlError as error:
        raise ImportRefused("import_map_wrong", file=path.name, reason=str(error)) from None
    if not isinstance(data, dict):
        raise ImportRefused("import_map_wrong", file=path.name, reason="write one name: column on each line")
    mapping = {str(name): _source(path.name, str(name), value) for name, value in data.items()}
    missing = [name for name in REQUIRED if name not in mapping]
    if not any(name in mapping for name in PRICES):
        missing.append("unit_price or line_price")
    if missing:
        raise ImportRefused("import_map_wrong", file=path.name, reason=f"it lacks {', '.join(missing)}")
    return mapping


def _source(file: str, name: str, value: Any) -> Source:
    if name not in NAMES:
        raise ImportRefused(
            "import_map_wrong", file=file, reason=f"{name} is not one of our names: {', '.join(NAMES)}"
        )
    if isinstance(value, str | int) and not isinstance(value, bool):
        return Source(column=str(value))
    allowed = {"column", "const", *(("timezone", "format") if name in _TIMES else ())}
    kinds = {"column", "const"} - ({"const"} if name == "order_id" else set())
    if not isinstance(value, dict) or set(value) - allowed or len(kinds & set(value)) != 1:
        reason = f"{name} must be a column, or a mapping with {', '.join(sorted(allowed))}"
        raise ImportRefused("import_map_wrong", file=file, reason=reason)
    source = Source(**{key: str(part) for key, part in value.items()})
    try:
        ZoneInfo(source.timezone)
    except (KeyError, ValueError, OSError):
        reason = f"{source.timezone} is not a time zone, write for example Europe/London"
        raise ImportRefused("import_map_wrong", file=file, reason=reason) from None
    return source


@dataclass(frozen=True, slots=True)
class Mapped:
    """Reads rows of one table by its mapping."""

    places: dict[str, int]
    mapping: dict[str, Source]
    markets: Markets

    @property
    def order_column(self) -> int:
        """Where the order number stands."""
        return self.places["order_id"]

    def read(self, number: int, row: Sequence[str]) -> RawLine:
        """One row as one line. RowRefused with the reason when it is none."""
        places, mapping = self.places, self.mapping

        def cell(name: str, longest: int = 80) -> str:
            place = places.get(name)
            if place is None:
                source = mapping.get(name)
                return source.const if source else ""
            text = cells.tidy(row[place], longest)
            return "" if cells.is_empty(text) else text

        sku = cells.number_text(row[places["sku"]]) if "sku" in places else cell("sku")
        if not sku:
            raise RowRefused("row_no_sku")
        units = cells.units(cell("units"))
        country = cell("country")
        currency = cell("currency").upper()
        named = by_name(market, self.markets) if (market := cell("marketplace")) else None
        marketplace = named or guess(currency, country, self.markets)
        delivered = cell("delivered_at")
        shipped = cell("shipped_units")
        return RawLine(
            number=number,
            order_id=cells.number_text(row[self.order_column])[:41],
            sku=sku,
            title=cell("title", cells.LONGEST_TEXT),
            units=units,
            currency=_currency(currency or self.markets[marketplace].currency),
            amounts={Component.ITEM: self._price(cell, units)},
            placed_at=self._time("placed_at", cell("placed_at")),
            marketplace=marketplace,
            channel=_channel(cell("channel")),
            asin=cell("asin").upper(),
            shipped=None if not shipped else 0 if shipped == "0" else cells.units(shipped),
            delivered_on=self._time("delivered_at", delivered).date() if delivered else None,
            po_number=cell("po_number"),
            country=country,
            buyer=cells.number_text(cell("buyer")),
            tracking=cell("tracking"),
            recipient=Recipient(
                cell("recipient_name", 120),
                cell("email", 200),
                cell("phone"),
                cell("address", 300),
                cell("postcode"),
                cell("city"),
                cell("state"),
            ),
        )

    def _price(self, cell: Callable[[str], str], units: int) -> Decimal:
        whole = cells.amount(cell("line_price"))
        each = cells.amount(cell("unit_price")) if whole is None else None
        if whole is None and each is None:
            raise RowRefused("row_no_price")
        return whole if whole is not None else (each or Decimal(0)) * units

    def _time(self, name: str, text: str) -> datetime:
        source = self.mapping[name]
        return cells.moment(text, source.timezone, source.format)


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise RowRefused("row_currency", text=repr(text[:20]))
    return text


def _channel(text: str) -> Channel:
    if not text:
        return Channel.FBM
    names = {"AFN": Channel.FBA, "AMAZON": Channel.FBA, "MFN": Channel.FBM, "MERCHANT": Channel.FBM}
    try:
        return names.get(text.upper()) or Channel(text.upper())
    except ValueError:
        raise RowRefused("row_channel", text=repr(text[:20])) from None


def mapped(sheet: Sheet, mapping: dict[str, Source], markets: Markets) -> Mapped:
    """The reader for *sheet*. ImportRefused names the columns that the mapping wants and the file lacks."""
    present = {name: place for place, name in reversed(list(enumerate(sheet.columns)))}
    folded = {name.casefold(): place for name, place in present.items()}
    places: dict[str, int] = {}
    missing: list[str] = []
    for name, source in mapping.items():
        if source.column:
            place = present.get(source.column, folded.get(source.column.casefold()))
            if place is None:
                missing.append(source.column)
            else:
                places[name] = place
    if missing:
        raise ImportRefused(
            "import_columns_missing",
            file=sheet.name,
            missing=", ".join(missing),
            found=", ".join(sheet.columns),
        )
    return Mapped(places, mapping, markets)
