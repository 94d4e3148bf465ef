"""`playbook check` and `playbook new-sample`: real kernels, exit codes, every difference listed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from playbook.cli import main
from playbook.commands.checkit import report
from playbook.samplecases.loading import load_sample
from playbook.samplecases.runner import Result as Run
from playbook.samplecases.runner import UnknownParameterError, check_parameters
from playbook.samplecases.warmkernel import connection
from playbook.settings import data_dir

ORDER = "114-3920518-6604217"
PROGRAM = [sys.executable, "-c", "import sys; from playbook.cli import main; main(sys.argv[1:])"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all runs, so that the sample orders are imported once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PLAYBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PLAYBOOK_HOME", str(home))


def playbook(*args: str | Path) -> Result:
    """A command that starts no kernel."""
    return CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)


def check(cwd: Path, *args: str | Path, **env: str) -> "subprocess.Popen[str]":
    """`playbook check`, as typed in a terminal in the folder *cwd*."""
    return subprocess.Popen(
        [*PROGRAM, "check", *map(str, args)],
        cwd=cwd, env={**os.environ, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A data folder with one sample that is right and a copy of another with three wrong expectations."""
    cases = tmp_path / "data" / "cases"
    cases.mkdir(parents=True)
    shutil.copy(data_dir() / "cases" / "vague-message.yaml", cases)
    raw: dict[str, Any] = yaml.safe_load((data_dir() / "cases" / "abc-list.yaml").read_text("utf-8"))
    raw["expect"]["total_refund"] = "99.99"
    raw["expect"]["units"]["NOTE5-BLK"] = {"fine": 4, "missing": 1}
    raw["expect"]["memo"] = "something else"
    raw["reviewed"] = False
    (cases / "abc-list.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), "utf-8")
    return tmp_path / "data"


class TestChecking:
    def test_two_runs_at_once_do_not_meet(self, tmp_path: Path) -> None:
        """Same folder, same moment, two workers each: every kernel answers its own run."""
        names = ["vague-message", "thanks-only-refused"]
        runs = [check(tmp_path, *names, "--jobs", "2", "--out", f"out{n}") for n in range(2)]
        for number, run in enumerate(runs):
            code, out, err = ended(run)
            assert code == 0, out + err
            assert "2 of 2 as expected" in out
            assert f"notebooks: out{number}" in out
            assert [line for line in err.splitlines() if line.strip()] == ["sample cases"]
            kept = sorted(path.name for path in (tmp_path / f"out{number}").iterdir())
            assert kept == ["kernels.log", "thanks-only-refused.ipynb", "vague-message.ipynb"]
            log = (tmp_path / f"out{number}" / "kernels.log").read_text("utf-8")
            assert "Invalid Signature" not in log
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out0", "out1"]

    def test_a_wrong_expectation_is_red_with_every_difference(self, tmp_path: Path, wrong: Path) -> None:
        code, out, err = ended(check(tmp_path, "--data", "data", "--out", "out", "--jobs", "2"))
        assert code == 1, out + err
        assert re.search(r"abc-list +4 differ +\d+\.\d  \(not reviewed\)", out)
        assert re.search(r"vague-message +as expected", out)
        assert "- total_refund: expected '99.99', got '7.23'" in out
        assert "- units.NOTE5-BLK.fine: expected 4, got 5" in out
        assert "- units.NOTE5-BLK.missing: expected 1, got None" in out
        assert "- memo: expected 'something else', got '2026-0001" in out
        assert "1 of 2 as expected" in out
        assert "CheckFailedError" in (tmp_path / "out" / "abc-list.ipynb").read_text("utf-8")

    def test_a_kernel_that_dies_is_not_a_difference(self, tmp_path: Path) -> None:
        startup = tmp_path / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00-die.py").write_text("import os\nos._exit(9)\n")
        code, out, err = ended(
            check(tmp_path, "vague-message", "--out", "out", IPYTHONDIR=str(tmp_path / "ipython"))
        )
        assert code == 3, out + err
        assert re.search(r"vague-message +stopped", out)
        assert "0 of 1 as expected" in out
        assert "Kernel died" in out
        assert "Traceback" not in err

    def test_a_worker_that_dies_is_not_a_difference(self, tmp_path: Path) -> None:
        (tmp_path / "sitecustomize.py").write_text(
            "import os, sys\nif 'spawn_main' in ' '.join(sys.orig_argv): os._exit(7)\n"
        )
        paths = os.pathsep.join([str(tmp_path), *sys.path])
        names = ["vague-message", "thanks-only-refused"]
        code, out, err = ended(check(tmp_path, *names, "--out", "out", PYTHONPATH=paths))
        assert code == 3, out + err
        assert "Traceback" not in out + err
        assert "has ended" in out
        assert "0 of 2 as expected" in out

    def test_the_same_sample_twice_runs_once(self, tmp_path: Path) -> None:
        code, out, err = ended(check(tmp_path, "vague-message", "vague-message", "--out", "out"))
        assert code == 0, out + err
        assert "1 of 1 as expected" in out


class TestBeforeTheFirstRun:
    @pytest.mark.parametrize("name", ["vague-mesage", "../policies/remedies", "no such"])
    def test_an_unknown_sample(self, tmp_path: Path, name: str) -> None:
        result = playbook("check", "abc-list", name, "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert "there is no sample case" in result.stderr
        assert ("did you mean vague-message" in result.stderr) == (name == "vague-mesage")
        assert not (tmp_path / "out").exists()

    def test_a_sample_that_is_not_right(self, tmp_path: Path, wrong: Path) -> None:
        (wrong / "cases" / "bad.yaml").write_text("name: bad\n")
        result = playbook("check", "--data", wrong, "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert "bad.yaml:" in result.stderr
        assert not (tmp_path / "out").exists()

    def test_a_folder_without_samples(self, tmp_path: Path) -> None:
        assert playbook("check", "--data", tmp_path).exit_code == 2
        (tmp_path / "cases").mkdir()
        result = playbook("check", "--data", tmp_path)
        assert result.exit_code == 2
        assert "no sample cases" in result.stderr

    def test_a_parameter_that_the_notebook_lacks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        check_parameters(["mode", "sample", "lang", "agent", "as_of", "case_id"])
        with pytest.raises(UnknownParameterError, match="no parameter 'smaple'; did you mean sample"):
            check_parameters(["smaple"])
        with pytest.raises(UnknownParameterError, match="no parameter 'zzz'; it has"):
            check_parameters(["zzz"])
        notebook = shutil.copy(data_dir().parent / "notebooks" / "home.ipynb", tmp_path / "case.ipynb")
        monkeypatch.setattr("playbook.samplecases.runner.notebooks_dir", lambda: Path(notebook).parent)
        result = playbook("check", "abc-list", "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert "no parameter" in result.stderr
        assert not (tmp_path / "out").exists()

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        result = playbook("check", "abc-list", "--out", tmp_path / "file" / "out")
        assert result.exit_code == 3
        assert "could not run" in result.stderr
        (tmp_path / "out" / "kernels.log").mkdir(parents=True)
        result = playbook("check", "abc-list", "--out", tmp_path / "out")
        assert result.exit_code == 3
        assert "could not run" in result.stderr


def test_each_run_has_sockets_of_its_own(tmp_path: Path) -> None:
    one, other = connection(Path("/tmp/pb-1")), connection(Path("/tmp/pb-2"))
    assert one["transport"] == "ipc"
    assert one["ip"] != other["ip"]
    assert connection(tmp_path / ("x" * 100)) == {"transport": "tcp"}


def test_the_table_at_the_end() -> None:
    runs = [
        Run("good", (), "", 1.25, Path("good.ipynb")),
        Run("off", ("memo: expected 'a', got 'b'", "stage: expected x, got y"), "", 2.0, Path("off.ipynb")),
        Run("stopped", (), "DeadKernelError: Kernel died", 0.5, Path("stopped.ipynb")),
    ]
    lines = report(runs, {"good"}).splitlines()
    assert lines[0].split() == ["sample", "result", "seconds"]
    assert lines[1].split() == ["good", "as", "expected", "1.2", "(not", "reviewed)"]
    assert lines[2].split() == ["off", "2", "differ", "2.0"]
    assert lines[3].split() == ["stopped", "stopped", "0.5"]
    assert "  - stage: expected x, got y" in lines
    assert "  DeadKernelError: Kernel died" in lines
    assert lines[-1] == "1 of 3 as expected"


class TestNewSample:
    @pytest.fixture
    def message(self, tmp_path: Path) -> Path:
        path = tmp_path / "message.txt"
        path.write_text(
            f"Order {ORDER}: three of the glass lanterns arrived broken, photos attached.", "utf-8"
        )
        return path

    def test_it_is_a_sample_that_holds_today(self, tmp_path: Path, message: Path) -> None:
        from playbook.samplecases.replay import Replay

        result = playbook(
            "new-sample", "torn-boxes", "--from-message", message, "--order", ORDER, "--data", tmp_path
        )
        assert result.exit_code == 0, result.output
        sample = load_sample("torn-boxes", tmp_path / "cases")
        assert not sample.reviewed
        assert sample.message == message.read_text("utf-8")
        replay = Replay(sample)
        for step in (replay.lock, replay.breakdown, replay.remedy, replay.follow_up):
            step()
        assert replay.differences() == ()

    def test_nothing_is_overwritten(self, tmp_path: Path, message: Path) -> None:
        (tmp_path / "cases").mkdir()
        (tmp_path / "cases" / "mine.yaml").write_text("mine")
        result = playbook(
            "new-sample", "mine", "--from-message", message, "--order", ORDER, "--data", tmp_path
        )
        assert result.exit_code == 2
        assert "exists already" in result.stderr
        assert (tmp_path / "cases" / "mine.yaml").read_text() == "mine"

    @pytest.mark.parametrize("name", ["../evil", "Bad Name", "a--b", "", "a/b"])
    def test_names_that_are_none(self, tmp_path: Path, message: Path, name: str) -> None:
        result = playbook("new-sample", name, "--from-message", message, "--order", ORDER, "--data", tmp_path)
        assert result.exit_code == 2
        assert "small letters" in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["message.txt"]

    @pytest.mark.parametrize("order", ["114-0000000-0000000", "nonsense", ""])
    def test_an_order_that_is_not_among_the_samples(self, tmp_path: Path, message: Path, order: str) -> None:
        result = playbook("new-sample", "x", "--from-message", message, "--order", order, "--data", tmp_path)
        assert result.exit_code == 2
        assert f"there is no sample order {order}".strip() in result.stderr
        assert not (tmp_path / "cases").exists()

    def test_a_message_that_cannot_be_read(self, tmp_path: Path, message: Path) -> None:
        message.write_bytes(b"\xff\xfe\x00bad")
        for path in (message, tmp_path / "nowhere.txt", tmp_path):
            result = playbook("new-sample", "x", "--from-message", path, "--order", ORDER, "--data", tmp_path)
            assert result.exit_code == 2
            assert "cannot be read as UTF-8 text" in result.stderr

    def test_a_message_that_is_too_long(self, tmp_path: Path, message: Path) -> None:
        message.write_text("x" * 200_001)
        result = playbook("new-sample", "x", "--from-message", message, "--order", ORDER, "--data", tmp_path)
        assert result.exit_code == 2
        assert "the case cannot be replayed" in result.stderr
        assert "200001" in result.stderr

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, message: Path) -> None:
        (tmp_path / "cases").touch()
        result = playbook("new-sample", "x", "--from-message", message, "--order", ORDER, "--data", tmp_path)
        assert result.exit_code == 3
        assert "cannot be written" in result.stderr
