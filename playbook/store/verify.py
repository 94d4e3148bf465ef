"""Whether the event log is what this program wrote: walks every chain from the first event on."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, text

from playbook.domain.events import GENESIS, Event, MessageApproved, chain_of, event_from_json
from playbook.store.eventlog import locked_order, next_digest
from playbook.store.tables import cases, events, log_head, vault
from playbook.store.values import Finding


@dataclass(slots=True)
class _Walked:
    """What a case adds up to so far."""

    seq: int = 0
    chain: str = GENESIS
    order_id: str | None = None
    readable: bool = True


def verify(connection: Connection) -> tuple[Finding, ...]:
    """Everything in the log that does not fit together; empty for a sound database.

    Finds changed, removed, reordered and inserted events, also at the end of a case or of the log,
    and approved messages that were changed in the vault. Reads the log once, row by row.
    """
    return tuple(_findings(connection))


def _findings(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        answers = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(5)"))]
        yield from (Finding("database_damaged", detail=answer) for answer in answers if answer != "ok")
    walked: dict[str, _Walked] = {}
    digest, length = GENESIS, 0
    log = (
        select(events).order_by(events.c.position).execution_options(stream_results=True, max_row_buffer=500)
    )
    for row in connection.execute(log):
        length += 1
        if row.position != length:
            yield Finding("event_missing", row.case_id, detail=f"position {length} of the log")
            length = row.position
        digest = next_digest(digest, row.chain)
        yield from _event_findings(connection, row, walked.setdefault(row.case_id, _Walked()))
    head = connection.execute(select(log_head)).first()
    if head is None or head.length != length:
        there = "no record" if head is None else f"{head.length} were written"
        yield Finding("log_truncated", detail=f"{there}, {length} are there")
    elif head.digest != digest:
        yield Finding("head_differs", detail="the whole log")
    yield from _case_findings(connection, walked)


def _event_findings(connection: Connection, row: Row[Any], walked: _Walked) -> Iterator[Finding]:
    if row.seq != walked.seq + 1:
        yield Finding("event_missing", row.case_id, walked.seq + 1)
    walked.seq = row.seq
    if row.chain != chain_of(walked.chain, row.data):
        yield Finding("chain_broken", row.case_id, row.seq)
    walked.chain = row.chain
    try:
        event = event_from_json(row.data)
    except ValueError as error:
        walked.readable = False
        yield Finding("event_unreadable", row.case_id, row.seq, str(error).splitlines()[0][:200])
        return
    if (event.case_id, event.seq) != (row.case_id, row.seq):
        yield Finding("event_misplaced", row.case_id, row.seq, f"case {event.case_id}, event {event.seq}")
    walked.order_id = locked_order(event, walked.order_id)
    if _text_changed(connection, event):
        yield Finding("text_changed", row.case_id, row.seq)


def _text_changed(connection: Connection, event: Event) -> bool:
    body = event.body
    if not isinstance(body, MessageApproved) or not body.message_ref:
        return False
    data = connection.execute(select(vault.c.data).where(vault.c.ref == body.message_ref)).scalar()
    return data is not None and hashlib.sha256(data).hexdigest() != body.digest


def _case_findings(connection: Connection, walked: dict[str, _Walked]) -> Iterator[Finding]:
    for row in connection.execute(select(cases).order_by(cases.c.case_id)):
        known = walked.pop(row.case_id, None)
        if known is None:
            if row.version:
                yield Finding("case_without_events", row.case_id)
            continue
        if row.version > known.seq:
            yield Finding("event_missing", row.case_id, known.seq + 1)
        elif (row.version, row.chain) != (known.seq, known.chain):
            yield Finding("head_differs", row.case_id)
        if known.readable and row.order_id != known.order_id:
            yield Finding("order_differs", row.case_id, detail=f"{row.order_id}, locked {known.order_id}")
    for case_id in walked:
        yield Finding("case_not_filed", case_id)
