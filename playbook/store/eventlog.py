"""The append-only log of all cases: reading, appending with the version that was seen, hashing.

Two hashes guard it: each event's ``chain`` over the event before it in the same case, and one digest
over all cases in the order in which they were written, so that neither a changed nor a removed event
goes unnoticed.
"""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from playbook.domain.events import (
    GENESIS,
    Event,
    LockWithdrawn,
    OrderLocked,
    canonical_json,
    chain_of,
    event_from_json,
)
from playbook.domain.ids import CaseId, OrderId
from playbook.store.engine import put_rows
from playbook.store.errors import VersionClash
from playbook.store.tables import cases, events, log_head

_LOG = (
    select(events.c.data, events.c.chain)
    .where(events.c.case_id == bindparam("case_id"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
)


def read_events(connection: Connection, case_id: CaseId, after: int = 0) -> tuple[Event, ...]:
    """The events of a case with a higher seq than *after*, oldest first."""
    rows = connection.execute(_LOG, {"case_id": case_id, "after": after}).all()
    return tuple([event_from_json(data, chain) for data, chain in rows])


def read_order_events(connection: Connection, order_id: OrderId) -> dict[CaseId, tuple[Event, ...]]:
    """The logs of all cases that hold a lock on the order now."""
    found = connection.execute(
        select(cases.c.case_id).where(cases.c.order_id == order_id).order_by(cases.c.case_id)
    )
    return {CaseId(case_id): read_events(connection, CaseId(case_id)) for (case_id,) in found.all()}


def append(
    connection: Connection, case_id: CaseId, new: Sequence[Event], expected_version: int
) -> tuple[Event, ...]:
    """Add *new* to the log as the events after *expected_version*; seq and chain are set here.

    Raises VersionClash when the case is at another version, ValueError for another case's event.
    """
    if any(event.case_id != case_id for event in new):
        raise ValueError(f"events of another case were given for {case_id}")
    put_rows(connection, cases, [(case_id, 0, GENESIS, None)], replace=False)
    head = connection.execute(select(cases).where(cases.c.case_id == case_id).with_for_update()).one()
    if head.version != expected_version:
        raise VersionClash(case_id, expected_version, head.version)
    if not new:
        return ()
    log = connection.execute(select(log_head).with_for_update()).one()
    chain, digest, order_id = head.chain, log.digest, head.order_id
    added: list[Event] = []
    rows: list[dict[str, object]] = []
    for number, event in enumerate(new, start=1):
        placed = event.model_copy(update={"seq": expected_version + number, "chain": ""})
        data = canonical_json(placed)
        chain = chain_of(chain, data)
        digest = next_digest(digest, chain)
        order_id = locked_order(event, order_id)
        added.append(placed.model_copy(update={"chain": chain}))
        place = {"case_id": case_id, "seq": placed.seq, "position": log.length + number}
        rows.append({**place, "data": data, "chain": chain})
    connection.execute(insert(events), rows)
    connection.execute(
        update(cases)
        .where(cases.c.case_id == case_id)
        .values(version=expected_version + len(rows), chain=chain, order_id=order_id)
    )
    connection.execute(update(log_head).values(length=log.length + len(rows), digest=digest))
    return tuple(added)


def next_digest(digest: str, chain: str) -> str:
    """The digest over the whole log after an event with *chain* was added."""
    return hashlib.sha256(f"{digest}{chain}".encode()).hexdigest()


def locked_order(event: Event, before: str | None) -> str | None:
    """The order that a case holds after *event*."""
    if isinstance(event.body, OrderLocked):
        return event.body.order.order_id
    return None if isinstance(event.body, LockWithdrawn) else before
