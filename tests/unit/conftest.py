"""A store for the tests of desk, view models and commands: an empty database, copied instead of made."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playbook.desk import Desk
from playbook.steps import Actor
from playbook.store import SqlStore, open_store
from tests.builders import AGENT
from tests.desks import Clock, a_desk


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows."""
    path = tmp_path_factory.mktemp("empty") / "desk.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    """A new database file of this test."""
    path = tmp_path / "desk.db"
    shutil.copyfile(empty_database, path)
    return path


@pytest.fixture
def open_again(database: Path) -> Iterator[Callable[..., SqlStore]]:
    """Opens the test's database once more, as another page or program would."""
    stores: list[SqlStore] = []

    def open_it(busy_seconds: float = 5.0) -> SqlStore:
        stores.append(open_store(f"sqlite:///{database}", busy_seconds=busy_seconds))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


@pytest.fixture
def store(open_again: Callable[..., SqlStore]) -> SqlStore:
    """The store of the first page."""
    return open_again()


@pytest.fixture
def clock() -> Clock:
    """The time of the test's desks."""
    return Clock()


@pytest.fixture
def desk(store: SqlStore, clock: Clock) -> Desk:
    """An agent's desk."""
    return a_desk(store, AGENT, clock)


@pytest.fixture
def desk_of(open_again: Callable[..., SqlStore], clock: Clock) -> Callable[[Actor], Desk]:
    """The desk of a colleague, in a program of their own."""
    return lambda actor: a_desk(open_again(), actor, clock)
