"""Opening databases: creation, migration, durability settings, and every refusal in a sentence."""

import sqlite3
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from playbook.domain.events import Event, NoteAdded
from playbook.store import SqlStore, StoreError, open_store
from playbook.store.engine import explained, make_engine, place_of
from playbook.store.errors import store_error
from playbook.store.schema import MIGRATIONS, REVISIONS
from playbook.store.tables import UtcTime, metadata
from tests.builders import CASE_ID, NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder" / "desk.db"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def append_note(store: SqlStore) -> None:
    version = len(store.events(CASE_ID))
    event = Event(case_id=CASE_ID, seq=1, at=NOW, actor="Lin Xiaowen", body=NoteAdded(text="x" * 2000))
    with store.write(CASE_ID) as tx:
        tx.append(CASE_ID, [event], expected_version=version)


def refused(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    return caught.value


class TestCreation:
    def test_a_new_database_is_created_with_its_folder_for_its_owner_only(self, path: Path) -> None:
        with open_store(url(path)) as store:
            append_note(store)
        assert path.stat().st_mode & 0o077 == 0

    def test_the_migrations_make_exactly_the_tables(self, path: Path) -> None:
        open_store(url(path)).close()
        engine = create_engine(url(path))
        with engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), metadata)
        engine.dispose()
        assert differences == []

    def test_every_migration_file_is_a_known_revision(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        scripts = ScriptDirectory.from_config(config)
        assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == REVISIONS

    def test_a_current_database_opens_without_alembic_or_pandas(self, path: Path) -> None:
        open_store(url(path)).close()
        code = (
            "import sys; from playbook.store import open_store; import playbook.orderbook;"
            f"open_store({url(path)!r}).close();"
            "heavy = {'alembic', 'pandas', 'pyarrow', 'numpy', 'babel'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_two_programs_that_start_together_make_one_database(self, path: Path) -> None:
        stores: list[SqlStore] = []
        threads = [threading.Thread(target=lambda: stores.append(open_store(url(path)))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [store.verify() for store in stores] == [()] * 3
        for store in stores:
            store.close()

    def test_connections_are_durable_and_strict(self, path: Path) -> None:
        engine = make_engine(url(path), busy_seconds=3)
        with engine.connect() as connection:
            values = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
            }
        engine.dispose()
        assert values == {
            "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 3000, "secure_delete": 1,
        }  # fmt: skip


class TestRefusals:
    def test_a_newer_database_is_refused_and_left_alone(self, path: Path) -> None:
        open_store(url(path)).close()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.close()
        error = refused(url(path))
        assert error.problem.code == "store_newer"
        assert "newer version of this program (0999)" in str(error)

    def test_a_file_that_is_no_database(self, path: Path) -> None:
        path.parent.mkdir(parents=True)
        path.write_text("order-id\tsku\n" * 500)
        error = refused(url(path))
        assert error.problem.code == "store_damaged"
        assert str(path) in str(error)

    def test_a_locked_database(self, path: Path) -> None:
        with open_store(url(path), busy_seconds=0.1) as store:
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as caught:
                append_note(store)
            other.execute("ROLLBACK")
            other.close()
            assert caught.value.problem.code == "store_locked"
            append_note(store)

    def test_a_read_only_database_can_be_read_and_says_so_when_written(self, path: Path) -> None:
        with open_store(url(path)) as store:
            append_note(store)
        with open_store(f"sqlite:///file:{path}?mode=ro&uri=true") as store:
            assert len(store.events(CASE_ID)) == 1
            with pytest.raises(StoreError) as caught:
                append_note(store)
        assert caught.value.problem.code == "store_read_only"

    def test_a_file_without_write_permission(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path.parent.mkdir(parents=True)
        path.touch()
        monkeypatch.setattr("playbook.store.engine.os.access", lambda *_: False)
        assert refused(url(path)).problem.code == "store_read_only"

    def test_a_folder_in_place_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert refused(url(tmp_path / "file" / "desk.db")).problem.code == "store_read_only"

    def test_a_full_disk_saves_nothing_and_says_so(self, path: Path) -> None:
        with open_store(url(path)) as store:
            append_note(store)
            with store._engine.connect() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(StoreError) as caught:
                deque((append_note(store) for _ in range(50)), maxlen=0)
            assert caught.value.problem.code == "store_disk_full"
            assert "Nothing was saved" in str(caught.value)
            assert store.verify() == ()

    @pytest.mark.parametrize(
        ("address", "code"),
        [
            ("desk.db", "store_url"),
            ("mysql://root:secret@host/x", "store_url"),
            ("nonsense://", "store_url"),
            ("", "store_url"),
            ("sqlite://", "store_in_memory"),
            ("sqlite:///:memory:", "store_in_memory"),
            ("sqlite:///file:x?mode=memory&cache=shared&uri=true", "store_in_memory"),
        ],
    )
    def test_addresses_that_cannot_be_used(self, address: str, code: str) -> None:
        error = refused(address)
        assert error.problem.code == code
        assert "secret" not in str(error)

    def test_a_server_that_does_not_answer(self) -> None:
        error = refused("postgresql://desk:hush@127.0.0.1:1/desk")
        assert error.problem.code == "store_unreachable"
        assert "hush" not in str(error)

    def test_a_missing_driver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        assert refused("postgresql://desk@127.0.0.1:1/desk").problem.code == "store_driver_missing"

    def test_bugs_are_not_dressed_up(self, path: Path) -> None:
        engine = make_engine(url(path))
        with (
            pytest.raises(Exception, match="syntax error"),
            explained(engine),
            engine.connect() as connection,
        ):
            connection.exec_driver_sql("SELEC 1")
        engine.dispose()
        assert store_error(ValueError("syntax error"), "x") is None
        assert place_of(engine) == str(path)


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcTime().process_bind_param(NOW.replace(tzinfo=None), None)  # type: ignore[arg-type]
