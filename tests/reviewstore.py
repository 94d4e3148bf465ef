"""Many generated cases written into a database at once, as the store would have written them one by one."""

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import update

from playbook.domain.events import GENESIS
from playbook.store import open_store
from playbook.store.engine import put_rows, writing
from playbook.store.eventlog import next_digest
from playbook.store.tables import cases, events, log_head
from tests.reviewcases import GoodCase

_AT_ONCE = 2_000


def write_cases(url: str, generated: Iterable[GoodCase]) -> int:
    """Write the cases into a fresh database; how many events there are then."""
    position, digest = 0, GENESIS
    rest = iter(generated)
    with open_store(url) as store:
        while some := list(islice(rest, _AT_ONCE)):
            rows: list[tuple[object, ...]] = []
            for case in some:
                for seq, data, chain in case.rows:
                    position += 1
                    digest = next_digest(digest, chain)
                    rows.append((case.case_id, seq, position, data, chain))
            heads = [(case.case_id, len(case.rows), case.rows[-1][2], case.order_id) for case in some]
            with writing(store._engine, "review") as connection:
                put_rows(connection, events, rows)
                put_rows(connection, cases, heads)
                connection.execute(update(log_head).values(length=position, digest=digest))
    return position
