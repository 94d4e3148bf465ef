"""Logs of many cases at once, as they are stored: what a review reads, without a query for each case."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, and_, func, select

from playbook.domain.ids import CaseId, OrderId
from playbook.store.tables import cases, events, log_head, vault

T = TypeVar("T")

_AT_ONCE = 500
"""So many values stand in one statement: SQLite takes no more than a thousand by default in old builds."""

Stored = tuple[int, str, str]
"""An event as it is stored: its seq, its canonical JSON, its chain."""


def openings(connection: Connection) -> Iterator[tuple[CaseId, str | None]]:
    """Every case with the stored JSON of its first event (None: it is missing), by case id, as a stream."""
    first = and_(events.c.case_id == cases.c.case_id, events.c.seq == 1)
    query = (
        select(cases.c.case_id, events.c.data)
        .select_from(cases.outerjoin(events, first))
        .order_by(cases.c.case_id)
        .execution_options(stream_results=True, max_row_buffer=500)
    )
    for case_id, data in connection.execute(query):
        yield CaseId(case_id), data


def logs(connection: Connection, case_ids: Sequence[CaseId]) -> dict[CaseId, list[Stored]]:
    """The stored events of the cases, oldest first; a case without any has an empty list."""
    found: dict[CaseId, list[Stored]] = {case_id: [] for case_id in case_ids}
    for some in _portions(case_ids):
        query = (
            select(events.c.case_id, events.c.seq, events.c.data, events.c.chain)
            .where(events.c.case_id.in_(some))
            .order_by(events.c.case_id, events.c.seq)
        )
        for case_id, seq, data, chain in connection.execute(query):
            found[case_id].append((seq, data, chain))
    return found


def shared_orders(connection: Connection, order_ids: Collection[OrderId]) -> dict[OrderId, list[CaseId]]:
    """The orders of *order_ids* that more than one case holds now, with these cases by id."""
    found: dict[OrderId, list[CaseId]] = {}
    for some in _portions(sorted(order_ids)):
        several = (
            select(cases.c.order_id)
            .where(cases.c.order_id.in_(some))
            .group_by(cases.c.order_id)
            .having(func.count() > 1)
        )
        query = (
            select(cases.c.order_id, cases.c.case_id)
            .where(cases.c.order_id.in_(several))
            .order_by(cases.c.case_id)
        )
        for order_id, case_id in connection.execute(query):
            found.setdefault(OrderId(order_id), []).append(CaseId(case_id))
    return found


def texts(connection: Connection, refs: Collection[str]) -> dict[str, str]:
    """The texts of the vault behind *refs*, those that are still kept."""
    found: dict[str, str] = {}
    for some in _portions(sorted(refs)):
        query = select(vault.c.ref, vault.c.data).where(vault.c.ref.in_(some))
        for ref, data in connection.execute(query):
            found[ref] = bytes(data).decode("utf-8", "surrogatepass")
    return found


def log_digest(connection: Connection) -> str:
    """The digest over the whole log as it is now: it changes with every event."""
    return str(connection.execute(select(log_head.c.digest)).scalar() or "")


def _portions(values: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
