"""Connections: SQLite in WAL mode with full sync, or PostgreSQL, behind the same few helpers."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from playbook.store.errors import StoreError, store_error

WRITE = "playbook_write"
"""Execution option of connections that will write: SQLite takes its one write lock at the start."""

IMPORT_CACHE_KB = 64_000


def make_engine(url: str, *, busy_seconds: float = 5.0) -> Engine:
    """An engine for *url*. StoreError for an address that cannot be used; connects to nothing yet."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        _prepare_file(address)
        engine = create_engine(address, connect_args={"timeout": busy_seconds, "check_same_thread": False})
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    try:
        return create_engine(address, connect_args={"connect_timeout": max(2, int(busy_seconds))})
    except ModuleNotFoundError:
        raise StoreError("store_driver_missing") from None


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError("store_url", url=url) from None
    if backend == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError("store_url", url=address.render_as_string())
    if not address.database or address.database == ":memory:" or "mode=memory" in url:
        raise StoreError("store_in_memory")
    return address


def _prepare_file(address: URL) -> None:
    """Make the folder, and the file readable for its owner only: it holds personal data."""
    if address.database is None or address.database.startswith("file:"):
        return
    path = Path(address.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise store_error(error, str(path)) or StoreError("store_read_only", place=str(path)) from error
    if not os.access(path, os.W_OK):
        raise StoreError("store_read_only", place=str(path))


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def place_of(engine: Engine) -> str:
    """The database in words: the file, or the address without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or ""
    return engine.url.render_as_string()


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn the driver's expected failures into StoreError; bugs pass through."""
    try:
        yield
    except DBAPIError as error:
        known = store_error(error.orig or error, place_of(engine))
        if known is None:
            raise
        raise known from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection with one consistent snapshot."""
    with explained(engine), engine.connect() as connection, connection.begin():
        yield connection


def with_room(connection: Connection) -> None:
    """Let this connection keep the pages it changes: a large import comes back to most of them."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{IMPORT_CACHE_KB}")


@contextmanager
def writing(engine: Engine, lock_on: str) -> Iterator[Connection]:
    """A write transaction: it queues behind others with the same *lock_on*, on SQLite behind all others.

    Commits when the block ends well, rolls back when it raises.
    """
    with (
        explained(engine),
        engine.connect().execution_options(**{WRITE: True}) as connection,
        connection.begin(),
    ):
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"), {"lock": lock_on}
            )
        yield connection


def put_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, replace: bool = True
) -> None:
    """Insert many *rows* that have every column of *table* in its order, as stored.

    Where the primary key exists the row is replaced, or left alone without *replace*. Writes the
    statement itself: binding each value through SQLAlchemy takes longer than storing it.
    """
    if not rows:
        return
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    then = f"UPDATE SET {changed}" if replace and changed else "NOTHING"
    sign = "%s" if connection.dialect.name == "postgresql" else "?"
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([sign] * len(names))}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(keys)}) DO {then}"
    )
    connection.exec_driver_sql(statement, list(rows))


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert *rows* or replace the columns given where the primary key exists."""
    if not rows:
        return
    insert = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
