"""The store over SQLAlchemy Core: SQLite or PostgreSQL."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from playbook.domain.events import Event
from playbook.domain.ids import CaseId, OrderId
from playbook.domain.improvements import Improvement
from playbook.domain.orders import Order
from playbook.store import bulk, eventlog, homeindex, orderbook, vault
from playbook.store import improvements as actions
from playbook.store import stock as counts
from playbook.store import verify as verifying
from playbook.store.engine import make_engine, reading, upsert, with_room, writing
from playbook.store.errors import VersionClash
from playbook.store.keys import Key, PersonKey, stored
from playbook.store.orderbook import Holds
from playbook.store.schema import ensure_current
from playbook.store.tables import case_numbers, cases, drafts, rules
from playbook.store.values import (
    CaseIndexRow,
    Finding,
    OrderEntry,
    OrdersSaved,
    Purged,
    Recipient,
    StoredOrder,
    UnitsSold,
)
from playbook.store.vault import PersonHint

PRODUCTS_AT_ONCE = 25_000
"""Order products of an import in one transaction: enough that most pages are written once for many of them,
few enough that agents' clicks, which wait meanwhile, take less than a second."""


def _portions(orders: Iterable[Order | OrderEntry | StoredOrder]) -> Iterator[list[StoredOrder]]:
    """The orders as they are stored, as many together as go into one transaction."""
    some: list[StoredOrder] = []
    room = PRODUCTS_AT_ONCE
    for order in orders:
        some.append(order if isinstance(order, StoredOrder) else stored(order))
        room -= len(some[-1].units)
        if room <= 0:
            yield some
            some, room = [], PRODUCTS_AT_ONCE
    if some:
        yield some


class SqlTx:
    """A write transaction; see `playbook.store.protocol.WriteTx`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def events(self, case_id: CaseId) -> tuple[Event, ...]:
        """The log of a case, oldest first."""
        return eventlog.read_events(self._connection, case_id)

    def events_of_order(self, order_id: OrderId) -> dict[CaseId, tuple[Event, ...]]:
        """The logs of all cases that hold this order now."""
        return eventlog.read_order_events(self._connection, order_id)

    def append(self, case_id: CaseId, events: Sequence[Event], expected_version: int) -> tuple[Event, ...]:
        """Add events after *expected_version*, with seq and chain set.

        VersionClash when somebody was faster; the whole transaction is then rolled back.
        """
        try:
            return eventlog.append(self._connection, case_id, events, expected_version)
        except VersionClash:
            self._connection.rollback()
            raise

    def put_index(self, row: CaseIndexRow) -> None:
        """Write the home page's row of a case."""
        homeindex.put_index(self._connection, row)

    def put_promised(self, case_id: CaseId, units: Mapping[str, int]) -> None:
        """Write what a case has agreed to send and has not sent, by SKU."""
        counts.put_promised(self._connection, case_id, units)

    def put_draft(self, case_id: CaseId, step: str, data: dict[str, Any], at: datetime) -> None:
        """Keep the unconfirmed work of a step, as JSON."""
        row = {"case_id": case_id, "step": step, "data": json.dumps(data), "saved_at": at}
        upsert(self._connection, drafts, [row])

    def delete_draft(self, case_id: CaseId, step: str) -> None:
        """Forget the unconfirmed work of a step."""
        self._connection.execute(delete(drafts).where(drafts.c.case_id == case_id, drafts.c.step == step))

    def keep_rules(self, version: str, files: Mapping[str, bytes]) -> None:
        """Keep the policy files of a version, so that its cases can be decided under them later."""
        data = json.dumps(
            {name: content.decode("utf-8", "surrogateescape") for name, content in files.items()}
        )
        upsert(self._connection, rules, [{"version": version, "data": data}])

    def put_improvement(self, action: Improvement) -> Improvement:
        """Add a revision of an improvement action; a new one gets its number.

        VersionClash when somebody was faster.
        """
        return actions.put_improvement(self._connection, action)


class SqlStore:
    """The store of one desk; see `playbook.store.protocol.Store`. Safe to use from several threads."""

    def __init__(self, engine: Engine, snapshot: Connection | None = None) -> None:
        self._engine = engine
        self._snapshot = snapshot

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator["SqlStore"]:
        """This store for many questions in a row by one thread, all in one transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlStore(self._engine, connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._snapshot is not None:
            yield self._snapshot
        else:
            with reading(self._engine) as connection:
                yield connection

    @contextmanager
    def write(self, lock_on: str) -> Iterator[SqlTx]:
        """One serialised write transaction: commits when the block ends, rolls back when it raises.

        Writers with the same *lock_on* queue; on SQLite all writers do.
        """
        with writing(self._engine, lock_on) as connection:
            yield SqlTx(connection)

    def events(self, case_id: CaseId) -> tuple[Event, ...]:
        """The log of a case, oldest first; empty for an unknown one."""
        return self.events_since(case_id, 0)

    def events_since(self, case_id: CaseId, seq: int) -> tuple[Event, ...]:
        """The events of a case after *seq*."""
        with self._reading() as connection:
            return eventlog.read_events(connection, case_id, seq)

    def events_of_order(self, order_id: OrderId) -> dict[CaseId, tuple[Event, ...]]:
        """The logs of all cases that hold this order now."""
        with self._reading() as connection:
            return eventlog.read_order_events(connection, order_id)

    def case_ids(self) -> tuple[CaseId, ...]:
        """Every case that has events, in the order of the ids."""
        with self._reading() as connection:
            query = select(cases.c.case_id).where(cases.c.version > 0).order_by(cases.c.case_id)
            return tuple(CaseId(case_id) for (case_id,) in connection.execute(query))

    def openings(self) -> Iterator[tuple[CaseId, str | None]]:
        """Every case with the stored JSON of its first event (None: it is missing), by case id."""
        with self._reading() as connection:
            yield from bulk.openings(connection)

    def stored_logs(self, case_ids: Sequence[CaseId]) -> dict[CaseId, list[bulk.Stored]]:
        """The stored events (seq, JSON, chain) of many cases at once, oldest first."""
        with self._reading() as connection:
            return bulk.logs(connection, case_ids)

    def shared_orders(self, order_ids: Collection[OrderId]) -> dict[OrderId, list[CaseId]]:
        """The orders that more than one case holds now, with these cases."""
        with self._reading() as connection:
            return bulk.shared_orders(connection, order_ids)

    def log_digest(self) -> str:
        """The digest over the whole log as it is now: it changes with every event."""
        with self._reading() as connection:
            return bulk.log_digest(connection)

    def new_case_id(self, year: int) -> CaseId:
        """The next free id of a year, for example ``2026-0412``; never given twice."""
        with writing(self._engine, "case_numbers") as connection:
            is_postgres = connection.dialect.name == "postgresql"
            insert = (postgresql.insert if is_postgres else sqlite.insert)(case_numbers)
            counted = insert.values(year=year, last=1).on_conflict_do_update(
                index_elements=["year"], set_={"last": case_numbers.c.last + 1}
            )
            number = connection.execute(counted.returning(case_numbers.c.last)).scalar_one()
        return CaseId(f"{year:04}-{number:04}")

    def list_index(
        self, *, open_only: bool = True, text: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[CaseIndexRow, ...]:
        """The home page's rows, the most urgent first; *text* filters."""
        with self._reading() as connection:
            return homeindex.list_index(
                connection, open_only=open_only, text=text, limit=limit, offset=offset
            )

    def draft(self, case_id: CaseId, step: str) -> dict[str, Any] | None:
        """The unconfirmed work of a step, None when there is none."""
        with self._reading() as connection:
            query = select(drafts.c.data).where(drafts.c.case_id == case_id, drafts.c.step == step)
            data = connection.execute(query).scalar()
        return None if data is None else json.loads(data)

    def put_draft(self, case_id: CaseId, step: str, data: dict[str, Any], at: datetime) -> None:
        """Keep the unconfirmed work of a step, as JSON."""
        with self.write(case_id) as tx:
            tx.put_draft(case_id, step, data, at)

    def delete_draft(self, case_id: CaseId, step: str) -> None:
        """Forget the unconfirmed work of a step."""
        with self.write(case_id) as tx:
            tx.delete_draft(case_id, step)

    def vault_put(
        self,
        kind: str,
        text: str,
        *,
        purge_after: date,
        case_id: CaseId | None = None,
        order_id: OrderId | None = None,
    ) -> str:
        """Keep a text until the end of *purge_after*; returns an opaque reference."""
        with writing(self._engine, "vault") as connection:
            return vault.put_text(connection, kind, text, purge_after, case_id, order_id)

    def vault_get(self, ref: str) -> str | None:
        """The text behind a reference; None when it was purged or never was."""
        with self._reading() as connection:
            return vault.get_text(connection, ref)

    def vault_texts(self, refs: Collection[str]) -> dict[str, str]:
        """The texts behind many references, those that are still kept."""
        with self._reading() as connection:
            return bulk.texts(connection, refs)

    def purge(self, before: date) -> Purged:
        """Delete for good what was to be kept only until a day before *before*."""
        with writing(self._engine, "vault") as connection:
            purged = vault.purge(connection, before)
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return purged

    def put_orders(self, orders: Iterable[Order | OrderEntry | StoredOrder], source: str) -> OrdersSaved:
        """Add or merge orders; importing the same twice changes nothing. *source* names the report."""
        saved = OrdersSaved()
        for some in _portions(orders):
            with writing(self._engine, "orders") as connection:
                if len(some) > 1:
                    with_room(connection)
                saved += orderbook.put_orders(connection, some, source)
        return saved

    def order(self, order_id: OrderId) -> Order | None:
        """An order of the book, None when it is not there."""
        with self._reading() as connection:
            return orderbook.get_order(connection, order_id)

    def orders(self, order_ids: Sequence[OrderId]) -> dict[OrderId, Order]:
        """Those of *order_ids* that are in the book."""
        with self._reading() as connection:
            return orderbook.get_orders(connection, order_ids)

    def recipient(self, order_id: OrderId) -> Recipient | None:
        """Who an order went to; None when it is not known or was purged."""
        with self._reading() as connection:
            return vault.get_recipients(connection, [order_id]).get(order_id)

    def recipients(self, order_ids: Sequence[OrderId]) -> dict[OrderId, Recipient]:
        """Who orders went to, as far as it is known and was not purged."""
        with self._reading() as connection:
            return vault.get_recipients(connection, order_ids)

    def find_by_key(
        self, kind: Key, values: Iterable[str], *, before: datetime | None = None, limit: int = 200
    ) -> dict[OrderId, int]:
        """Orders by how many of *values* (folded as in `playbook.store.keys`) are keys of them."""
        with self._reading() as connection:
            return orderbook.find_by_key(connection, kind, values, before=before, limit=limit)

    def find_by_prefix(
        self, kind: Key, prefix: str, *, before: datetime | None = None, limit: int = 50
    ) -> dict[OrderId, int]:
        """Orders with a key that begins with *prefix*."""
        with self._reading() as connection:
            return orderbook.find_by_prefix(connection, kind, prefix, before=before, limit=limit)

    def find_by_fragment(
        self, fragment: str, *, before: datetime | None = None, limit: int = 50
    ) -> dict[OrderId, int]:
        """Orders whose number contains *fragment*."""
        with self._reading() as connection:
            return orderbook.find_by_fragment(connection, fragment, before=before, limit=limit)

    def find_by_person(
        self, kind: PersonKey, values: Iterable[str], *, at_least: int = 1, limit: int = 200
    ) -> dict[OrderId, int]:
        """Orders by how many of *values* (folded) are personal keys of them."""
        with self._reading() as connection:
            return vault.find_by_person(connection, kind, values, at_least=at_least, limit=limit)

    def find_persons(self, hints: Sequence[PersonHint], *, limit: int = 100) -> dict[OrderId, int]:
        """Orders by the weights of the hints about a person that fit them."""
        with self._reading() as connection:
            return vault.find_persons(connection, hints, limit=limit)

    def find_by_products(
        self,
        wanted: Sequence[Holds],
        *,
        buyer: str | None = None,
        before: datetime | None = None,
        limit: int = 200,
    ) -> dict[OrderId, int]:
        """Orders by how many of the *wanted* products they hold."""
        with self._reading() as connection:
            return orderbook.find_by_products(connection, wanted, buyer=buyer, before=before, limit=limit)

    def skus_of_asin(self, asin: str) -> frozenset[str]:
        """The folded SKUs that were sold under an ASIN."""
        with self._reading() as connection:
            return orderbook.skus_of_asin(connection, asin)

    def units_sold(self, first: date, last: date) -> Iterator[UnitsSold]:
        """Units ordered from *first* to *last* (UTC) by SKU, day and marketplace; summed by the database."""
        with self._reading() as connection:
            yield from orderbook.units_sold(connection, first, last)

    def product_titles(self) -> tuple[tuple[str, str], ...]:
        """Every (folded SKU, title) that was ever sold."""
        with self._reading() as connection:
            return orderbook.product_titles(connection)

    def put_stock(self, units: Mapping[str, int], at: datetime) -> None:
        """Take over a stock file: what it does not name is not known any longer."""
        with writing(self._engine, "stock") as connection:
            counts.put_stock(connection, units, at)

    def stock(self, skus: Iterable[str]) -> dict[str, int]:
        """Units of those of *skus* that the newest stock file names."""
        with self._reading() as connection:
            return counts.get_stock(connection, skus)

    def promised(self, skus: Iterable[str], besides: CaseId) -> dict[str, int]:
        """Units of those of *skus* that other cases have agreed to send and that have not left."""
        with self._reading() as connection:
            return counts.get_promised(connection, skus, besides)

    def stock_taken(self) -> tuple[int, datetime] | None:
        """How many SKUs the newest stock file names, and when it was taken; None without one."""
        with self._reading() as connection:
            return counts.stock_taken(connection)

    def rules(self, version: str) -> dict[str, bytes] | None:
        """The policy files of a version, None when they were not kept."""
        with self._reading() as connection:
            data = connection.execute(select(rules.c.data).where(rules.c.version == version)).scalar()
        if data is None:
            return None
        return {name: text.encode("utf-8", "surrogateescape") for name, text in json.loads(data).items()}

    def improvements(self) -> tuple[Improvement, ...]:
        """Every improvement action as it stands, by number."""
        with self._reading() as connection:
            newest = {action.number: action for action in actions.get_improvements(connection)}
        return tuple(newest.values())

    def improvement(self, number: int) -> tuple[Improvement, ...]:
        """All revisions of an improvement action, the oldest first; empty for an unknown one."""
        with self._reading() as connection:
            return actions.get_improvements(connection, number)

    def verify(self) -> tuple[Finding, ...]:
        """Everything in the event log that does not fit together; empty for a sound one."""
        with self._reading() as connection:
            return verifying.verify(connection)


def open_store(url: str, *, busy_seconds: float = 5.0) -> SqlStore:
    """The store at *url* (``sqlite:///FILE`` or ``postgresql://...``), created or migrated when needed.

    StoreError says in a sentence why it cannot be used: locked for longer than *busy_seconds*, not
    writable, written by a newer program, damaged, disk full, unreachable.
    """
    engine = make_engine(url, busy_seconds=busy_seconds)
    try:
        ensure_current(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine)
