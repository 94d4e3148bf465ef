"""The vault: texts and personal data by opaque reference, each until its purge date."""

import json
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, CursorResult, bindparam, delete, insert, select

from playbook.domain.ids import CaseId, OrderId
from playbook.store import tables
from playbook.store.engine import put_rows
from playbook.store.keys import PersonKey, hashed, person_keys
from playbook.store.tables import vault
from playbook.store.values import Purged, Recipient

RECIPIENT = "recipient"
MOST_POSTINGS = 200
"""A personal key of more orders than this identifies nobody."""
KEYS_AT_ONCE = 400
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


_SECRET = select(tables.secrets.c.value).where(tables.secrets.c.name == "person_keys")


def secret(connection: Connection) -> str:
    """This database's key for the hashes of personal keys."""
    found: str = connection.execute(_SECRET).scalar_one()
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


_RECIPIENTS = select(vault.c.order_id, vault.c.data).where(
    vault.c.order_id.in_(bindparam("order_ids", expanding=True)), vault.c.kind == bindparam("kind")
)


def get_recipients(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, Recipient]:
    """Who orders went to, as far as it is known and was not purged."""
    found = connection.execute(_RECIPIENTS, {"order_ids": order_ids, "kind": RECIPIENT})
    return {OrderId(order_id): Recipient(**json.loads(data)) for order_id, data in found}


def find_by_person(
    connection: Connection, kind: PersonKey, values: Iterable[str], *, at_least: int = 1, limit: int = 200
) -> dict[OrderId, int]:
    """Orders by how many of *values* (plain, folded) are keys of them: at least so many, most first."""
    hits = _weighed(connection, [PersonHint(kind, (value,), 1) for value in values])
    return _best(
        connection, {order_no: count for order_no, count in hits.items() if count >= at_least}, limit
    )


def find_persons(
    connection: Connection, hints: Sequence[PersonHint], *, limit: int = 100
) -> dict[OrderId, int]:
    """Orders by the weights of the hints that any key of them fits, the heaviest first."""
    return _best(connection, _weighed(connection, hints), limit)


def _weighed(connection: Connection, hints: Sequence[PersonHint]) -> dict[int, int]:
    """Orders by the weights of the hints that fit them.

    What many orders have in common, a first name or a big city, leads nowhere by itself when something rarer
    does; alone it leads to the last imported orders.
    """
    key = secret(connection)
    digests = [[hashed(key, hint.kind, value) for value in hint.values] for hint in hints]
    frequent = _frequent(connection, {digest for some in digests for digest in some})
    rare = [digest for digest, is_frequent in frequent.items() if not is_frequent]
    found = connection.execute(_WITH_DIGEST, {"digests": rare}).all() if rare else []
    common = [digest for digest, is_frequent in frequent.items() if is_frequent]
    if common and found:
        led = sorted({number for _, number in found}, reverse=True)[:MOST_POSTINGS]
        found = [*found, *connection.execute(_HAVING, {"digests": common, "numbers": led})]
    else:
        for digest in common:
            found = [*found, *connection.execute(_LATEST, {"digest": digest, "most": MOST_POSTINGS})]
    having: dict[int, set[int]] = {}
    for digest, number in found:
        having.setdefault(digest, set()).add(number)
    weights = Counter[int]()
    for hint, some_digests in zip(hints, digests, strict=True):
        fitting = set().union(*(having.get(digest, _NONE) for digest in some_digests))
        weights.update(dict.fromkeys(fitting, hint.weight))
    return weights


def _frequent(connection: Connection, digests: Collection[int]) -> dict[int, bool]:
    """Those of the keys that there are, and whether more orders have one than are looked at."""
    sign = "%s" if connection.dialect.name == "postgresql" else "?"
    found: dict[int, bool] = {}
    ordered = sorted(digests)
    for start in range(0, len(ordered), KEYS_AT_ONCE):
        some = tuple(ordered[start : start + KEYS_AT_ONCE])
        of_it = "SELECT 1 FROM person_keys WHERE person_keys.digest = wanted.digest"
        query = (
            f"WITH wanted (digest) AS (VALUES {', '.join([f'({sign})'] * len(some))}) "  # noqa: S608
            f"SELECT digest, EXISTS ({of_it} LIMIT 1 OFFSET {MOST_POSTINGS}) FROM wanted "
            f"WHERE EXISTS ({of_it})"
        )
        found |= {digest: bool(more) for digest, more in connection.exec_driver_sql(query, some)}
    return found


_KEYS = tables.person_keys.c
_WITH_DIGEST = select(_KEYS.digest, _KEYS.order_no).where(
    _KEYS.digest.in_(bindparam("digests", expanding=True))
)
_HAVING = _WITH_DIGEST.where(_KEYS.order_no.in_(bindparam("numbers", expanding=True)))
_LATEST = (
    select(_KEYS.digest, _KEYS.order_no)
    .where(_KEYS.digest == bindparam("digest"))
    .order_by(_KEYS.order_no.desc())
    .limit(bindparam("most"))
)
_NUMBERED = select(tables.orders.c.order_no, tables.orders.c.order_id).where(
    tables.orders.c.order_no.in_(bindparam("numbers", expanding=True))
)
_NONE: set[int] = set()


def _best(connection: Connection, hits: Mapping[int, int], limit: int) -> dict[OrderId, int]:
    best = sorted(hits.items(), key=lambda hit: (-hit[1], -hit[0]))[:limit]
    found = connection.execute(_NUMBERED, {"numbers": [number for number, _ in best]})
    ids = {number: OrderId(order_id) for number, order_id in found}
    return {ids[number]: weight for number, weight in best if number in ids}


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
