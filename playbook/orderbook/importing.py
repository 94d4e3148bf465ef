"""Importing report files: streamed, idempotent, every row that is left out with its reason."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from playbook.domain.ids import OrderId
from playbook.domain.problems import problem
from playbook.orderbook import cells
from playbook.orderbook.afterwards import AfterReader, RawEarlier, apply_rows
from playbook.orderbook.ahead import ReadingAheadError, read_ahead
from playbook.orderbook.formats import AUTO, open_report, reader_for
from playbook.orderbook.lines import KEEP_DAYS, NOBODY, RawLine, order_from
from playbook.orderbook.links import put_earlier
from playbook.orderbook.markets import Markets
from playbook.orderbook.refusals import ImportRefused, RowRefused, Skipped
from playbook.orderbook.sheets import Sheet
from playbook.policy import load_policy
from playbook.settings import data_dir
from playbook.store import OrderEntry, OrdersSaved, Store, StoredOrder

LONGEST_ORDER_ID = 40
PROGRESS_EVERY = 2000
ORDERS_AT_ONCE = 500
SEEN_BITS = 1 << 27
"""Of 16 MB: with a million orders, one in a hundred shares its bit with another."""

_RowT_co = TypeVar("_RowT_co", bound=RawLine | RawEarlier, covariant=True)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many orders and lines were in the file, how many rows were left out, what was new."""

    orders: int = 0
    lines: int = 0
    skipped: int = 0
    saved: OrdersSaved = field(default_factory=OrdersSaved)

    def __add__(self, other: "ImportResult") -> "ImportResult":
        return ImportResult(
            self.orders + other.orders,
            self.lines + other.lines,
            self.skipped + other.skipped,
            self.saved + other.saved,
        )

    def __str__(self) -> str:
        return f"imported {self.orders} orders, {self.lines} lines, {self.skipped} skipped"


class _Progress(NamedTuple):
    """Rows read, of how many."""

    done: int
    total: int


@dataclass(slots=True)
class _Tally:
    """What was counted so far, and who hears of rows left out and of progress."""

    on_skip: Callable[[Skipped], None]
    on_progress: Callable[[int, int], None]
    orders: int = 0
    lines: int = 0
    skipped: int = 0

    def note(self, event: Skipped | _Progress) -> None:
        """Count and pass on what is not an order."""
        if isinstance(event, Skipped):
            self.skipped += 1
            self.on_skip(event)
        else:
            self.on_progress(event.done, event.total)


def import_file(
    store: Store,
    path: Path,
    *,
    markets: Markets,
    at: datetime,
    format: str = AUTO,  # noqa: A002 - named like the option of the command
    map_file: Path | None = None,
    keep_until: date | None = None,
    on_skip: Callable[[Skipped], None] = lambda _skipped: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ahead: bool = False,
) -> ImportResult:
    """Put the orders of a report into the order book; importing it again changes nothing.

    *markets* are the policy's marketplaces, *at* is now. Personal data are kept until 30 days after
    delivery, or until *keep_until*; what is past that day already is not stored. *on_skip* hears of every
    row left out, *on_progress* of rows read and their total. *ahead* reads the file in a second process while
    this one writes (see `read_ahead`): worth it for large files. Raises ImportRefused when the file as a
    whole cannot be read, StoreError when the database cannot be written.
    """
    sheet = open_report(path)
    reader = reader_for(sheet, format, markets, map_file)
    tally = _Tally(on_skip, on_progress)
    if isinstance(reader, AfterReader):
        saved = store.put_orders(_orders_afterwards(store, sheet, reader, tally), sheet.name)
    else:
        portions = read_ahead(_portions, sheet, reader) if ahead else _portions(sheet, reader)
        try:
            saved = store.put_orders(_orders_found(portions, tally, keep_until, at.date()), sheet.name)
        except ReadingAheadError as error:
            raise ImportRefused("import_stopped", file=sheet.name, reason=str(error)) from error
    return ImportResult(tally.orders, tally.lines, tally.skipped, saved)


def _orders_found(
    portions: Iterable[list[StoredOrder | Skipped | _Progress]],
    tally: _Tally,
    keep_until: date | None,
    today: date,
) -> Iterator[StoredOrder]:
    for found in chain.from_iterable(portions):
        if isinstance(found, StoredOrder):
            tally.orders += 1
            tally.lines += len(found.sold)
            yield _keeping(found, keep_until, today)
        else:
            tally.note(found)


def _portions(sheet: Sheet, reader: "_Reader[RawLine]") -> Iterator[list[StoredOrder | Skipped | _Progress]]:
    """The orders of a report, the rows left out and the progress, many at a time."""
    found: list[StoredOrder | Skipped | _Progress] = []
    for one in _rows_by_order(sheet, reader):
        if isinstance(one, list):
            order, left_out = order_from(one)
            found += left_out
            if order is not None:
                found.append(order)
        else:
            found.append(one)
        if len(found) >= ORDERS_AT_ONCE:
            yield found
            found = []
    yield found


def _keeping(order: StoredOrder, keep_until: date | None, today: date) -> StoredOrder:
    """*order* without its recipient when the day to forget him is past."""
    if order.purge_after is None:
        return order
    until = keep_until or order.purge_after
    if until < today:
        return order._replace(recipient=NOBODY, purge_after=None)
    return order._replace(purge_after=until)


def _orders_afterwards(
    store: Store, sheet: Sheet, reader: AfterReader, tally: _Tally
) -> Iterator[OrderEntry]:
    """Orders of the book with what a report on returns, refunds or replacements adds to them."""
    groups = _whole_orders(_rows_by_order(sheet, reader), tally)
    while some := list(islice(groups, ORDERS_AT_ONCE)):
        known = store.orders([OrderId(rows[0].order_id) for rows in some])
        for rows in some:
            order = known.get(OrderId(rows[0].order_id))
            if order is None:
                why = problem("row_unknown_order", order_id=rows[0].order_id)
                for row in rows:
                    tally.note(Skipped(row.number, row.order_id, why))
                continue
            applied = apply_rows(order, rows)
            for one in applied.skipped:
                tally.note(one)
            if applied.rows:
                tally.orders += 1
                tally.lines += applied.rows
                tracking = tuple(dict.fromkeys(row.tracking for row in rows if row.tracking))
                rmas = tuple(dict.fromkeys(row.rma for row in rows if row.rma))
                yield OrderEntry(applied.order, tracking=tracking, rmas=rmas)


def _whole_orders(
    found: Iterable[list[RawEarlier] | Skipped | _Progress], tally: _Tally
) -> Iterator[list[RawEarlier]]:
    for one in found:
        if isinstance(one, list):
            yield one
        else:
            tally.note(one)


class _Reader(Protocol[_RowT_co]):
    @property
    def order_column(self) -> int: ...

    def read(self, number: int, row: Sequence[str]) -> _RowT_co: ...


def _rows_by_order(sheet: Sheet, reader: _Reader[_RowT_co]) -> Iterator[list[_RowT_co] | Skipped | _Progress]:
    """The rows of each order together, as soon as its last row was read, wherever its rows stand.

    Between them the rows that are left out, and how far it has come.
    """
    place, width = reader.order_column, len(sheet.columns)
    total, scattered = _last_rows(map(str.strip, sheet.column(place)))
    waiting: dict[str, list[_RowT_co]] = {}
    here: list[_RowT_co] = []
    current = checked = ""
    for done, (number, row) in enumerate(sheet.rows(), start=1):
        if done % PROGRESS_EVERY == 0:
            yield _Progress(done, total)
        key = row[place].strip() if len(row) > place else ""
        if key != current:
            if here and scattered.get(current, 0) >= done:
                waiting[current] = here
            elif here:
                yield here
            here = waiting.pop(key, [])
            current = key
        try:
            if key != checked or len(row) != width:
                _check(row, key, width)
                checked = key
            here.append(reader.read(number, row))
        except RowRefused as refused:
            yield Skipped(number, key[:LONGEST_ORDER_ID], refused.why)
    if here:
        yield here
    yield from waiting.values()
    yield _Progress(total, total)


def _last_rows(keys: Iterable[str]) -> tuple[int, dict[str, int]]:
    """How many rows there are, and the last row of each order whose rows do not stand together.

    Which orders there were is remembered in a bit for each, so that memory stays flat; an order that
    shares its bit with another is listed for nothing.
    """
    seen = bytearray(SEEN_BITS // 8)
    last: dict[str, int] = {}
    before = ""
    row = 0
    for row, key in enumerate(keys, start=1):
        if key != before:
            if before in last:
                last[before] = row - 1
            before = key
            place = hash(key) % SEEN_BITS
            bit = 1 << (place & 7)
            if seen[place >> 3] & bit:
                last[key] = row
            else:
                seen[place >> 3] |= bit
    if before in last:
        last[before] = row
    return row, last


def _check(row: Sequence[str], order_id: str, width: int) -> None:
    if len(row) < width:
        raise RowRefused("row_too_short", cells=len(row), columns=width)
    if len(row) > width and any(row[width:]):
        raise RowRefused("row_too_long", cells=len(row), columns=width)
    if cells.is_empty(order_id):
        raise RowRefused("row_no_order")
    if len(order_id) > LONGEST_ORDER_ID:
        raise RowRefused("row_long_order", length=len(order_id))


def load_samples(
    store: Store, *, at: datetime, folder: Path | None = None, markets: Markets | None = None
) -> ImportResult:
    """Put the sample orders of *folder* into a store, with their recipients and earlier refunds.

    By default the folder is ``data/orders`` and *markets* are the policy's. The recipients are invented,
    so they are kept for 30 days from *at*.
    """
    folder = folder or data_dir() / "orders"
    markets = markets or load_policy().markets
    until = at.date() + timedelta(days=KEEP_DAYS)
    orders = import_file(store, folder / "all-orders.tsv", markets=markets, at=at, keep_until=until)
    recipients = import_file(
        store,
        folder / "recipients.tsv",
        markets=markets,
        at=at,
        map_file=folder / "recipients.map.yaml",
        keep_until=until,
    )
    skipped = put_earlier(store, folder / "earlier.yaml")
    return replace(orders, skipped=orders.skipped + recipients.skipped + len(skipped))


def samples_loaded(store: Store, folder: Path | None = None) -> bool:
    """Whether all sample orders are in the order book."""
    sheet = open_report((folder or data_dir() / "orders") / "all-orders.tsv")
    ids = {OrderId(cell.strip()) for cell in sheet.column(sheet.columns.index("amazon-order-id"))}
    return store.orders(list(ids)).keys() == ids
