"""The vault: texts and personal data by opaque reference, each until its purge date."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, CursorResult, delete, insert, select

from playbook.domain.ids import CaseId, OrderId
from playbook.store import tables
from playbook.store.engine import upsert
from playbook.store.keys import PersonKey, hashed, person_keys
from playbook.store.tables import vault
from playbook.store.values import Purged, Recipient

RECIPIENT = "recipient"
KEEP_DRAFTS_DAYS = 30
"""A draft may hold what an agent typed to find an order: abandoned ones go like other personal data."""


def put_text(
    connection: Connection,
    kind: str,
    text: str,
    purge_after: date,
    case_id: CaseId | None = None,
    order_id: OrderId | None = None,
) -> str:
    """Keep *text* until the end of *purge_after*; returns a reference that says nothing about it."""
    ref = f"v-{secrets.token_hex(16)}"
    data = text.encode("utf-8", "surrogatepass")
    row = {"ref": ref, "kind": kind, "data": data, "purge_after": purge_after}
    connection.execute(insert(vault).values(**row, case_id=case_id, order_id=order_id))
    return ref


def get_text(connection: Connection, ref: str) -> str | None:
    """The text behind a reference; None when it was purged or never was."""
    data = connection.execute(select(vault.c.data).where(vault.c.ref == ref)).scalar()
    return None if data is None else bytes(data).decode("utf-8", "surrogatepass")


def secret(connection: Connection) -> str:
    """This database's key for the hashes of personal keys."""
    found: str = connection.execute(
        select(tables.secrets.c.value).where(tables.secrets.c.name == "person_keys")
    ).scalar_one()
    return found


def put_recipients(connection: Connection, recipients: Iterable[tuple[OrderId, Recipient, date]]) -> None:
    """Keep who orders went to, replacing what was known, and the hashed keys to find them by."""
    key = secret(connection)
    rows: list[dict[str, object]] = []
    keys: dict[tuple[str, str], dict[str, object]] = {}
    for order_id, recipient, purge_after in recipients:
        data = json.dumps(asdict(recipient)).encode()
        row = {"ref": f"r-{order_id}", "kind": RECIPIENT, "data": data, "purge_after": purge_after}
        rows.append({**row, "case_id": None, "order_id": order_id})
        for kind, value in person_keys(recipient):
            digest = hashed(key, kind, value)
            keys[digest, order_id] = {"digest": digest, "order_id": order_id, "purge_after": purge_after}
    upsert(connection, vault, rows)
    upsert(connection, tables.person_keys, list(keys.values()))


def get_recipient(connection: Connection, order_id: OrderId) -> Recipient | None:
    """Who an order went to; None when it is not known or was purged."""
    data = connection.execute(
        select(vault.c.data).where(vault.c.order_id == order_id, vault.c.kind == RECIPIENT)
    ).scalar()
    return None if data is None else Recipient(**json.loads(data))


def find_by_person(connection: Connection, kind: PersonKey, values: Iterable[str]) -> dict[OrderId, int]:
    """Orders by how many of *values* (plain, folded) are keys of them."""
    key = secret(connection)
    digests = [hashed(key, kind, value) for value in values]
    found = connection.execute(
        select(tables.person_keys.c.order_id).where(tables.person_keys.c.digest.in_(digests))
    )
    hits: dict[OrderId, int] = {}
    for (order_id,) in found:
        hits[order_id] = hits.get(order_id, 0) + 1
    return hits


def purge(connection: Connection, before: date) -> Purged:
    """Delete for good what was to be kept only until a day before *before*."""
    texts = connection.execute(delete(vault).where(vault.c.purge_after < before))
    keys = connection.execute(delete(tables.person_keys).where(tables.person_keys.c.purge_after < before))
    oldest = before - timedelta(days=KEEP_DRAFTS_DAYS)
    drafts = connection.execute(delete(tables.drafts).where(tables.drafts.c.saved_at < _midnight(oldest)))
    return Purged(_count(texts), _count(keys), _count(drafts))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _count(result: CursorResult[tuple[object, ...]]) -> int:
    return result.rowcount
