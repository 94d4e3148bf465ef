"""Tampering with the database is found, whatever row is touched."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from playbook.domain.events import CaseOpened, Event, MessageApproved, NoteAdded, OrderLocked
from playbook.domain.ids import CaseId
from playbook.store import SqlStore, open_store
from tests.builders import NOW, an_order

ONE, TWO = CaseId("2026-0001"), CaseId("2026-0002")


def add(store: SqlStore, case_id: CaseId, *bodies: object) -> None:
    version = len(store.events(case_id))
    events = [Event(case_id=case_id, seq=1, at=NOW, actor="Lin", body=body) for body in bodies]  # type: ignore[arg-type]
    with store.write(case_id) as tx:
        tx.append(case_id, events, expected_version=version)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{path}") as opened:
        add(opened, ONE, CaseOpened(received_at=NOW), OrderLocked(order=an_order(), verdict="certain"))
        add(opened, TWO, CaseOpened(received_at=NOW), NoteAdded(text="two"))
        add(opened, ONE, NoteAdded(text="one"))
        yield opened


def tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def codes(store: SqlStore) -> set[str]:
    return {finding.code for finding in store.verify()}


def test_a_sound_log_has_no_findings(store: SqlStore) -> None:
    assert store.verify() == ()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE events SET data = replace(data, 'one', 'ONE') WHERE case_id = '2026-0001' AND seq = 3", "chain_broken"),
        ("UPDATE events SET data = replace(data, 'Lin', 'Wu') WHERE position = 1", "chain_broken"),
        ("UPDATE events SET chain = substr(chain, 2) || substr(chain, 1, 1) || 'f' WHERE position = 5", "chain_broken"),
        ("UPDATE events SET data = '{}' WHERE position = 2", "event_unreadable"),
        ("UPDATE events SET data = 'not json' WHERE position = 2", "event_unreadable"),
        ("DELETE FROM events WHERE position = 2", "event_missing"),
        ("DELETE FROM events WHERE case_id = '2026-0001' AND seq = 3", "log_truncated"),
        ("DELETE FROM events WHERE case_id = '2026-0001' AND seq = 3", "event_missing"),
        ("DELETE FROM events WHERE case_id = '2026-0002'", "case_without_events"),
        ("UPDATE events SET position = 99 WHERE position = 5", "event_missing"),
        ("UPDATE events SET case_id = '2026-0009' WHERE position = 4", "event_misplaced"),
        ("UPDATE events SET case_id = '2026-0009' WHERE position = 4", "case_not_filed"),
        ("UPDATE cases SET version = 1 WHERE case_id = '2026-0001'", "head_differs"),
        ("UPDATE cases SET version = 9 WHERE case_id = '2026-0001'", "event_missing"),
        ("UPDATE cases SET chain = 'x' WHERE case_id = '2026-0001'", "head_differs"),
        ("UPDATE cases SET order_id = NULL WHERE case_id = '2026-0001'", "order_differs"),
        ("UPDATE cases SET order_id = '204-5512873-7719305' WHERE case_id = '2026-0002'", "order_differs"),
        ("DELETE FROM cases WHERE case_id = '2026-0001'", "case_not_filed"),
        ("UPDATE log_head SET digest = 'x'", "head_differs"),
        ("UPDATE log_head SET length = 4", "log_truncated"),
        ("DELETE FROM log_head", "log_truncated"),
    ],
)  # fmt: skip
def test_every_touched_row_is_found(store: SqlStore, path: Path, statement: str, code: str) -> None:
    tamper(path, statement)
    assert code in codes(store)
    assert all(str(finding) for finding in store.verify())


def test_removing_the_newest_event_with_its_head_is_found(store: SqlStore, path: Path) -> None:
    tamper(
        path,
        "UPDATE cases SET version = 2, chain = (SELECT chain FROM events WHERE case_id = '2026-0001' AND seq = 2)"
        " WHERE case_id = '2026-0001'",
        "DELETE FROM events WHERE case_id = '2026-0001' AND seq = 3",
    )
    assert codes(store) == {"log_truncated"}


def test_removing_a_whole_case_with_its_head_is_found(store: SqlStore, path: Path) -> None:
    tamper(
        path,
        "DELETE FROM events WHERE case_id = '2026-0002'",
        "DELETE FROM cases WHERE case_id = '2026-0002'",
    )
    assert "event_missing" in codes(store)


def test_swapping_two_events_is_found(store: SqlStore, path: Path) -> None:
    tamper(
        path,
        "UPDATE events SET seq = -1 WHERE case_id = '2026-0001' AND seq = 1",
        "UPDATE events SET seq = 1 WHERE case_id = '2026-0001' AND seq = 2",
        "UPDATE events SET seq = 2 WHERE case_id = '2026-0001' AND seq = -1",
    )
    assert {"event_missing", "event_misplaced"} <= codes(store)


def test_an_approved_message_must_stay_as_it_was(store: SqlStore, path: Path) -> None:
    text = "We are sending three new lanterns."
    ref = store.vault_put("letter", text, purge_after=date(2026, 12, 23), case_id=ONE)
    digest = sha256(text.encode()).hexdigest()
    add(store, ONE, MessageApproved(kind="solution", language="en", message_ref=ref, digest=digest))
    add(store, ONE, MessageApproved(kind="note", language="en", message_ref="", digest=""))
    assert store.verify() == ()
    tamper(path, "UPDATE vault SET data = CAST('We are sending nothing.' AS BLOB)")
    assert codes(store) == {"text_changed"}
    store.purge(date(2027, 1, 1))
    assert store.verify() == ()


def test_a_damaged_file_is_a_finding_or_a_refusal(store: SqlStore, path: Path) -> None:
    from playbook.store import StoreError

    for number in range(400):
        add(store, TWO, NoteAdded(text=f"{number} " * 300))
    store.close()
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 8192] = b"\xff" * 8192
    path.write_bytes(bytes(raw))
    try:
        found = codes(store)
    except StoreError as error:
        found = {error.problem.code}
    assert found & {"database_damaged", "store_damaged", "event_unreadable"}
