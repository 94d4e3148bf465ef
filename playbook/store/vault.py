"""The vault: texts and personal data by opaque reference, each until its purge date."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, CursorResult, Select, case, delete, func, insert, select, text

from playbook.domain.ids import CaseId, OrderId
from playbook.store import tables
from playbook.store.engine import put_rows
from playbook.store.keys import PersonKey, hashed, person_keys
from playbook.store.tables import vault
from playbook.store.values import Purged, Recipient

RECIPIENT = "recipient"
KEEP_DRAFTS_DAYS = 30
"""A draft may hold what an agent typed to find an order: abandoned ones go like other personal data."""


@dataclass(frozen=True, slots=True)
class PersonHint:
    """Something known of a person: any of these *values* (plain, folded) as a key, worth *weight*."""

    kind: PersonKey
    values: tuple[str, ...]
    weight: int


def put_text(
    connection: Connection,
    kind: str,
    content: str,
    purge_after: date,
    case_id: CaseId | None = None,
    order_id: OrderId | None = None,
) -> str:
    """Keep *content* until the end of *purge_after*; returns a reference that says nothing about it."""
    ref = f"v-{secrets.token_hex(16)}"
    data = content.encode("utf-8", "surrogatepass")
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


def put_recipients(
    connection: Connection, recipients: Sequence[tuple[int, OrderId, Recipient, date]]
) -> None:
    """Keep who orders went to, with the hashed keys to find them by: (order_no, order_id, who, until).

    What is known and not said again stays.
    """
    key = secret(connection)
    known = get_recipients(connection, [order_id for _, order_id, _, _ in recipients])
    rows: dict[str, tuple[object, ...]] = {}
    keys: dict[tuple[int, int], date] = {}
    for order_no, order_id, new, purge_after in recipients:
        recipient = new.filled_from(known[order_id]) if order_id in known else new
        known[order_id] = recipient
        data = json.dumps(asdict(recipient)).encode()
        rows[order_id] = (f"r-{order_id}", RECIPIENT, data, purge_after.isoformat(), None, order_id)
        for kind, value in person_keys(recipient):
            keys[hashed(key, kind, value), order_no] = purge_after
    put_rows(connection, vault, list(rows.values()))
    put_rows(
        connection, tables.person_keys, [(*place, until.isoformat()) for place, until in sorted(keys.items())]
    )


def get_recipients(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, Recipient]:
    """Who orders went to, as far as it is known and was not purged."""
    found = connection.execute(
        select(vault.c.order_id, vault.c.data).where(
            vault.c.order_id.in_(order_ids), vault.c.kind == RECIPIENT
        )
    )
    return {OrderId(order_id): Recipient(**json.loads(data)) for order_id, data in found}


def find_by_person(
    connection: Connection, kind: PersonKey, values: Iterable[str], *, at_least: int = 1, limit: int = 200
) -> dict[OrderId, int]:
    """Orders by how many of *values* (plain, folded) are keys of them: at least so many, most first."""
    digest, order_no = tables.person_keys.c.digest, tables.person_keys.c.order_no
    key = secret(connection)
    wanted = [hashed(key, kind, value) for value in values]
    count = func.count()
    return _best(
        connection,
        select(order_no, count.label("hits"))
        .where(digest.in_(wanted))
        .group_by(order_no)
        .having(count >= at_least),
        limit,
    )


def find_persons(
    connection: Connection, hints: Sequence[PersonHint], *, limit: int = 100
) -> dict[OrderId, int]:
    """Orders by the weights of the hints that any key of them fits, the heaviest first."""
    if not hints:
        return {}
    digest, order_no = tables.person_keys.c.digest, tables.person_keys.c.order_no
    key = secret(connection)
    groups = [([hashed(key, hint.kind, value) for value in hint.values], hint.weight) for hint in hints]
    weights = [func.max(case((digest.in_(digests), weight), else_=0)) for digests, weight in groups]
    wanted = [one for digests, _ in groups for one in digests]
    weight = sum(weights[1:], weights[0])
    return _best(
        connection, select(order_no, weight.label("hits")).where(digest.in_(wanted)).group_by(order_no), limit
    )


def _best(connection: Connection, hits: Select[tuple[int, int]], limit: int) -> dict[OrderId, int]:
    order_no = tables.person_keys.c.order_no
    best = hits.order_by(text("hits DESC"), order_no.desc()).limit(limit).subquery()
    found = connection.execute(
        select(tables.orders.c.order_id, best.c.hits)
        .join(best, best.c.order_no == tables.orders.c.order_no)
        .order_by(best.c.hits.desc(), tables.orders.c.order_no.desc())
    )
    return {OrderId(order_id): number for order_id, number in found}


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
