"""Commands on a database: what they say, and that every trouble is one sentence and exit code 3."""

import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event

from playbook.cli import COMMANDS, SUMMARIES, main
from playbook.store import SqlStore
from tests.desks import a_desk, opened, planned


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test, and nothing else from the environment."""
    for name in ("PLAYBOOK_DATABASE", "PLAYBOOK_AGENT", "PLAYBOOK_STAFF", "PLAYBOOK_AS_OF", "PLAYBOOK_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def playbook(*args: str | Path) -> Result:
    """Run a command; an exception that is not an exit fails the test."""
    return CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)


def a_sentence(result: Result, *words: str) -> None:
    """One sentence on standard error, exit code 3, nothing of a traceback."""
    assert result.exit_code == 3, result.output
    assert "Traceback" not in result.output
    (line,) = [line for line in result.stderr.splitlines() if line]
    for word in words:
        assert word in line


@pytest.fixture
def worked_on(database: Path) -> Path:
    """A database with two cases."""
    from playbook.store import open_store

    with open_store(f"sqlite:///{database}") as store:
        desk = a_desk(store)
        planned(desk)
        opened(desk)
    return database


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def called(command: str) -> list[str]:
    """How a command is called here: a server on a port that is free."""
    return [command, "--port", str(free_port())] if command == "serve" else [command]


def sql(database: Path, statement: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(statement)
    connection.close()


class TestHelp:
    def commands(self) -> Iterator[tuple[list[str], click.Command]]:
        context = click.Context(main)
        for name in COMMANDS:
            command = main.get_command(context, name)
            assert command is not None
            yield [name], command
            if isinstance(command, click.Group):
                for inner in command.list_commands(context):
                    found = command.get_command(context, inner)
                    assert found is not None
                    yield [name, inner], found

    def test_every_command_shows_an_example_and_how_it_is_called(self) -> None:
        seen = 0
        for path, _command in self.commands():
            result = playbook(*path, "--help")
            assert result.exit_code == 0
            assert re.search(rf"Examples?: playbook {' '.join(path)}\b", " ".join(result.output.split())), (
                path
            )
            assert f"Usage: main {' '.join(path)}" in result.output
            assert "\\b" not in result.output, path
            seen += 1
        assert seen >= 12

    def test_the_list_loads_no_command(self) -> None:
        assert set(SUMMARIES) == set(COMMANDS)
        code = (
            "import sys\nfrom playbook.cli import main\n"
            "try: main(['--help'])\nexcept SystemExit: pass\n"
            "print([m for m in sys.modules if m.startswith('playbook.commands') or m in {'pandas', 'voila', 'sqlalchemy'}])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"
        for name, summary in SUMMARIES.items():
            assert name in done.stdout
            assert summary in done.stdout

    def test_wrong_usage_is_two(self) -> None:
        assert playbook("no-such-command").exit_code == 2
        assert playbook("serve", "--port", "0").exit_code == 2
        assert playbook("purge", "--before", "soon").exit_code == 2
        assert playbook("--version").output.startswith("playbook, version ")


class TestVerify:
    def test_a_sound_log(self, worked_on: Path) -> None:
        result = playbook("verify", "--database", f"sqlite:///{worked_on}")
        assert (result.exit_code, result.output) == (0, "2 cases, 0 findings\n")

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("UPDATE events SET data = replace(data, 'Desk', 'Dusk') WHERE seq = 2", "was changed after"),
            ("DELETE FROM events WHERE seq = 3", "is missing"),
            ("UPDATE cases SET order_id = 'x' WHERE order_id IS NOT NULL", "another order"),
            ("UPDATE log_head SET length = length + 1", "events at the end are missing"),
        ],
    )
    def test_a_tampered_one_is_found(self, worked_on: Path, statement: str, said: str) -> None:
        sql(worked_on, statement)
        result = playbook("verify", "--database", f"sqlite:///{worked_on}")
        assert result.exit_code == 1
        assert said in result.output
        assert result.output.splitlines()[-1].startswith("2 cases, ")
        assert not result.output.endswith(" 0 findings\n")

    def test_a_misspelt_name_is_no_empty_desk(self, tmp_path: Path) -> None:
        for command in ("verify", "purge"):
            a_sentence(playbook(command, "--database", f"sqlite:///{tmp_path / 'typo.db'}"), "typo.db")
        assert not (tmp_path / "typo.db").exists()

    def test_the_desks_own_is_the_default(self, home: Path) -> None:
        assert playbook("verify").output == "0 cases, 0 findings\n"
        assert (home / "playbook.db").exists()


class TestPurge:
    def test_it_says_what_it_deleted(self, worked_on: Path, store: SqlStore) -> None:
        url = f"sqlite:///{worked_on}"
        first = playbook("purge", "--database", url, "--before", "2026-11-24")
        assert (first.exit_code, first.output) == (0, "deleted 0 texts, 0 search keys, 0 drafts\n")
        second = playbook("purge", "--database", url, "--before", "2027-11-24")
        assert (second.exit_code, second.output) == (0, "deleted 2 texts, 0 search keys, 0 drafts\n")
        assert store.verify() == ()
        assert len(store.case_ids()) == 2

    def test_today_is_the_default(self, worked_on: Path) -> None:
        assert playbook("purge", "--database", f"sqlite:///{worked_on}").exit_code == 0


class TestTrouble:
    @pytest.mark.parametrize("command", ["verify", "purge", "serve"])
    def test_a_newer_database(self, worked_on: Path, home: Path, command: str) -> None:
        sql(worked_on, "UPDATE alembic_version SET version_num = '9999'")
        home.mkdir()
        shutil.copyfile(worked_on, home / "playbook.db")
        before = worked_on.read_bytes()
        a_sentence(playbook(*called(command)), "newer version of this program (9999)", "install that version")
        assert worked_on.read_bytes() == before

    @pytest.mark.parametrize("command", ["verify", "purge", "serve"])
    def test_a_file_that_is_no_database(self, home: Path, command: str) -> None:
        home.mkdir()
        (home / "playbook.db").write_text("order-id\tsku\n" * 400)
        a_sentence(playbook(*called(command)), "damaged or not a database")

    def test_a_locked_one(self, worked_on: Path) -> None:
        holder = sqlite3.connect(worked_on, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        url = f"sqlite:///{worked_on}"
        result = playbook("purge", "--database", url)
        reading = playbook("verify", "--database", url)
        holder.execute("ROLLBACK")
        holder.close()
        a_sentence(result, "locked by another program")
        assert reading.exit_code == 0

    def test_a_read_only_one(self, worked_on: Path) -> None:
        url = f"sqlite:///file:{worked_on}?mode=ro&uri=true"
        a_sentence(playbook("purge", "--database", url), "cannot be written")
        assert playbook("verify", "--database", url).exit_code == 0

    @pytest.mark.parametrize("command", ["verify", "purge", "serve"])
    def test_a_full_disk(self, command: str) -> None:
        """SQLite itself refuses to let the file grow, as it does when the disk is full."""

        def limit(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA max_page_count = 5")

        event.listen(Engine, "connect", limit)
        try:
            a_sentence(playbook(*called(command)), "disk is full", "Nothing was saved")
        finally:
            event.remove(Engine, "connect", limit)

    @pytest.mark.parametrize("command", ["verify", "purge"])
    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("nonsense", "is not a database address"),
            ("mysql://root:hush@host/x", "is not a database address"),
            ("sqlite:///:memory:", "give it a file"),
            ("postgresql://desk:hush@127.0.0.1:1/desk", "cannot be reached"),
        ],
    )
    def test_addresses_that_cannot_be_used(self, command: str, url: str, said: str) -> None:
        result = playbook(command, "--database", url)
        a_sentence(result, said)
        assert "hush" not in result.output

    @pytest.mark.parametrize("command", ["verify", "purge", "serve", "check"])
    def test_a_wrong_environment_is_wrong_usage(self, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PLAYBOOK_STAFF", "nobody")
        result = playbook(command)
        assert result.exit_code == 2
        assert "PLAYBOOK_STAFF" in result.stderr


class TestServe:
    def test_a_home_that_cannot_be_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "file" / "home"))
        a_sentence(playbook(*called("serve")), "cannot be used (Not a directory)", "PLAYBOOK_HOME")

    def test_rules_that_cannot_be_used(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from playbook.settings import data_dir

        shutil.copytree(data_dir(), tmp_path / "data")
        (tmp_path / "data" / "policies" / "approvals.yaml").write_text("rows: 7\n")
        monkeypatch.setattr("playbook.settings.data_dir", lambda: tmp_path / "data")
        result = playbook(*called("serve"))
        assert result.exit_code == 3
        assert "The rules cannot be used:\napprovals.yaml:1: " in result.stderr
        assert "Traceback" not in result.output

    def test_a_port_that_is_taken(self, home: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            command = "import sys; from playbook.cli import main; main(sys.argv[1:])"
            arguments = ["serve", "--no-browser", "--no-preheat", "--host", "127.0.0.1", "--port", str(port)]
            done = subprocess.run(
                [sys.executable, "-c", command, *arguments],
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert f"port {port} cannot be used" in done.stderr
        assert f"--port {port + 1}" in done.stderr
        assert "Traceback" not in done.stderr
        assert not home.exists()

    def test_a_start_says_what_it_does(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("playbook.serve.serve", lambda _settings, **_others: None)
        result = playbook("serve", "--no-browser", "--port", str(free_port()))
        assert result.exit_code == 0
        stages = [line.split()[0] for line in result.stdout.splitlines()]
        assert stages == ["settings", "database", "rules", "orders", "cases", "kernels"]
        assert (home / "playbook.db").exists()

    def test_an_open_address_is_warned_of(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[dict[str, object]] = []
        monkeypatch.setattr("playbook.serve.serve", lambda settings, **others: asked.append(others))
        port = str(free_port())
        result = playbook("serve", "--host", "0.0.0.0", "--no-browser", "--port", port)
        assert result.exit_code == 0
        assert "everyone who reaches this address" in result.stderr
        assert asked[0]["host"] == "0.0.0.0"
        assert asked[0]["open_browser"] is False
        assert "warning" not in playbook("serve", "--no-browser", "--port", port).stderr
