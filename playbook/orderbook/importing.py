"""Importing report files: streamed, idempotent, every row that is left out with its reason."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from playbook.domain.ids import OrderId
from playbook.domain.problems import problem
from playbook.orderbook import cells
from playbook.orderbook.afterwards import AfterReader, RawEarlier, apply_rows
from playbook.orderbook.formats import AUTO, open_report, reader_for
from playbook.orderbook.lines import KEEP_DAYS, RawLine, entry_from
from playbook.orderbook.links import link_replacements, put_earlier
from playbook.orderbook.markets import Markets
from playbook.orderbook.refusals import RowRefused, Skipped
from playbook.orderbook.sheets import Sheet
from playbook.policy import load_policy
from playbook.settings import data_dir
from playbook.store import OrderEntry, OrdersSaved, Store

LONGEST_ORDER_ID = 40
PROGRESS_EVERY = 2000
ORDERS_AT_ONCE = 500

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


@dataclass(slots=True)
class _Tally:
    orders: int = 0
    lines: int = 0
    skipped: int = 0


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
) -> ImportResult:
    """Put the orders of a report into the order book; importing it again changes nothing.

    *markets* are the policy's marketplaces, *at* is now. Personal data are kept until 30 days after
    delivery, or until *keep_until*; what is past that day already is not stored. *on_skip* hears of every
    row left out, *on_progress* of rows read and their total. Raises ImportRefused when the file as a
    whole cannot be read, StoreError when the database cannot be written.
    """
    sheet = open_report(path)
    reader = reader_for(sheet, format, markets, map_file)
    if isinstance(reader, AfterReader):
        return _import_afterwards(store, sheet, reader, on_skip, on_progress)
    tally = _Tally()
    seen: list[OrderId] = []

    def skip(skipped: Skipped) -> None:
        tally.skipped += 1
        on_skip(skipped)

    def entries() -> Iterator[OrderEntry]:
        for rows in _orders(sheet, reader, skip, on_progress):
            entry, left_out = entry_from(rows)
            for one in left_out:
                skip(one)
            if entry is not None:
                tally.orders += 1
                tally.lines += len(entry.order.lines)
                seen.append(entry.order.order_id)
                if entry.order.replaces:
                    seen.append(entry.order.replaces)
                yield _keeping(entry, keep_until, at.date())

    saved = store.put_orders(entries(), path.name)
    link_replacements(store, seen, path.name)
    return ImportResult(tally.orders, tally.lines, tally.skipped, saved)


def _keeping(entry: OrderEntry, keep_until: date | None, today: date) -> OrderEntry:
    if entry.purge_after is None:
        return entry
    until = keep_until or entry.purge_after
    return replace(entry, purge_after=until if until >= today else None)


def _import_afterwards(
    store: Store,
    sheet: Sheet,
    reader: AfterReader,
    on_skip: Callable[[Skipped], None],
    on_progress: Callable[[int, int], None],
) -> ImportResult:
    tally = _Tally()

    def skip(skipped: Skipped) -> None:
        tally.skipped += 1
        on_skip(skipped)

    def entries() -> Iterator[OrderEntry]:
        groups = _orders(sheet, reader, skip, on_progress)
        while some := list(islice(groups, ORDERS_AT_ONCE)):
            known = store.orders([OrderId(rows[0].order_id) for rows in some])
            for rows in some:
                order = known.get(OrderId(rows[0].order_id))
                if order is None:
                    why = problem("row_unknown_order", order_id=rows[0].order_id)
                    for row in rows:
                        skip(Skipped(row.number, row.order_id, why))
                    continue
                applied = apply_rows(order, rows)
                for one in applied.skipped:
                    skip(one)
                if applied.rows:
                    tally.orders += 1
                    tally.lines += applied.rows
                    tracking = tuple(dict.fromkeys(row.tracking for row in rows if row.tracking))
                    rmas = tuple(dict.fromkeys(row.rma for row in rows if row.rma))
                    yield OrderEntry(applied.order, tracking=tracking, rmas=rmas)

    saved = store.put_orders(entries(), sheet.name)
    return ImportResult(tally.orders, tally.lines, tally.skipped, saved)


class _Reader(Protocol[_RowT_co]):
    @property
    def order_column(self) -> int: ...

    def read(self, number: int, row: Sequence[str]) -> _RowT_co: ...


def _orders(
    sheet: Sheet,
    reader: _Reader[_RowT_co],
    skip: Callable[[Skipped], None],
    progress: Callable[[int, int], None],
) -> Iterator[list[_RowT_co]]:
    """The rows of each order together, as soon as its last row was read, wherever its rows stand."""
    place, width = reader.order_column, len(sheet.columns)
    left = Counter(cell.strip() for cell in sheet.column(place))
    total = left.total()
    waiting: dict[str, list[_RowT_co]] = {}
    for done, (number, row) in enumerate(sheet.rows(), start=1):
        if done % PROGRESS_EVERY == 0:
            progress(done, total)
        key = row[place].strip() if len(row) > place else ""
        try:
            _check(row, key, width)
            line = reader.read(number, row)
        except RowRefused as refused:
            skip(Skipped(number, key[:LONGEST_ORDER_ID], refused.why))
        else:
            waiting.setdefault(key, []).append(line)
        left[key] -= 1
        if left[key] == 0:
            del left[key]
            if key in waiting:
                yield waiting.pop(key)
    progress(total, total)


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
