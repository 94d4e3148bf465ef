"""Any table as an order report: a mapping file says which column is what.

``sku: StockCode`` takes a column, ``currency: {const: GBP}`` a fixed value, and
``placed_at: {column: InvoiceDate, timezone: Europe/London, format: "%d/%m/%Y %H:%M"}`` a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel, Component
from playbook.orderbook import cells
from playbook.orderbook.columns import columns_missing
from playbook.orderbook.lines import (
    NOBODY,
    RawHead,
    RawLine,
    line_data,
    money_text,
    paid_data,
    product,
)
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
RECIPIENT = ("recipient_name", "email", "phone", "address", "postcode", "city", "state")
_HEAD = ("order_id", "placed_at", "country", "currency", "marketplace", "buyer", "po_number", *RECIPIENT)
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
    constants: dict[str, str]
    has_recipient: bool
    known_markets: dict[tuple[str, str, str], Marketplace] = field(default_factory=dict)
    last: dict[tuple[str, ...], RawHead] = field(default_factory=dict)

    @property
    def order_column(self) -> int:
        """Where the order number stands."""
        return self.places["order_id"]

    def read(self, number: int, row: Sequence[str]) -> RawLine:
        """One row as one line. RowRefused with the reason when it is none."""
        cell = self.constants.copy()
        for name, place in self.places.items():
            cell[name] = cells.filled(row[place])
        sku = cells.number_text(cell["sku"])[:100]
        if not sku:
            raise RowRefused("row_no_sku")
        units = cells.units(cell["units"])
        common = tuple(map(cell.__getitem__, _HEAD))
        if common not in self.last:
            head = self._read_head(cell)
            self.last.clear()
            self.last[common] = head
        head = self.last[common]
        delivered, shipped = cell["delivered_at"], cell["shipped_units"]
        delivered_on = self._time("delivered_at", delivered).date() if delivered else None
        bought = product(sku, cell["title"], cell["asin"])
        data = line_data(
            bought,
            units,
            _channel(cell["channel"]),
            _paid(cell["line_price"], cell["unit_price"], units, head.currency),
            shipped=None if not shipped else 0 if shipped == "0" else cells.units(shipped),
            delivered_on=delivered_on,
        )
        return RawLine(number, head, bought, units, data, delivered_on, cell["tracking"][:80])

    def _read_head(self, cell: Mapping[str, str]) -> RawHead:
        country, currency = cell["country"], cell["currency"].upper()
        marketplace = self._market(currency, country, cell["marketplace"])
        return RawHead(
            order_id=cells.number_text(cell["order_id"]),
            placed_at=self._time("placed_at", cell["placed_at"]),
            marketplace=marketplace,
            currency=cells.currency(currency or self.markets[marketplace].currency),
            po_number=cell["po_number"][:80],
            country=country[:60],
            buyer=cells.number_text(cell["buyer"]),
            recipient=_recipient(cell) if self.has_recipient else NOBODY,
        )

    def _market(self, currency: str, country: str, named: str) -> Marketplace:
        key = (currency, country, named)
        if key not in self.known_markets:
            found = by_name(named, self.markets) if named else None
            self.known_markets[key] = found or guess(currency, country, self.markets)
        return self.known_markets[key]

    def _time(self, name: str, text: str) -> datetime:
        source = self.mapping[name]
        return cells.moment(text, source.timezone, source.format)


def _recipient(cell: Mapping[str, str]) -> Recipient:
    return Recipient(
        name=cell["recipient_name"][:120],
        email=cell["email"][:200],
        phone=cell["phone"][:80],
        address=cell["address"][:300],
        postcode=cell["postcode"][:20],
        city=cell["city"][:80],
        state=cell["state"][:60],
    )


@lru_cache(maxsize=50_000)
def _paid(line_price: str, unit_price: str, units: int, currency: str) -> str:
    whole = cells.amount(line_price)
    if whole is None:
        each = cells.amount(unit_price)
        if each is None:
            raise RowRefused("row_no_price")
        whole = each * units
    try:
        return paid_data([(Component.ITEM, money_text(whole, currency))], currency)
    except ValueError as error:
        raise RowRefused("row_wrong", reason=str(error)) from None


@lru_cache(maxsize=1000)
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
        raise columns_missing(sheet, missing, places.values())
    constants = {name: mapping[name].const if name in mapping else "" for name in NAMES}
    return Mapped(places, mapping, markets, constants, any(name in mapping for name in RECIPIENT))
