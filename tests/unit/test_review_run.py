"""A run of the review: the same result however it is done, and a clear sentence where it cannot be."""

import csv
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from playbook.cli import main
from playbook.domain.events import CaseClosed, NoteAdded
from playbook.domain.ids import CaseId
from playbook.review import run as running
from playbook.review.reader import cases_of
from playbook.review.results import Asked
from playbook.review.run import ReviewImpossible, ReviewRefused, Run, run
from playbook.samplecases.gather import gather, review_moment
from playbook.settings import Settings
from playbook.store import open_store
from playbook.store.engine import writing
from tests.reviewcases import AGENTS, LEADS, good_cases, rechained
from tests.reviewstore import write_cases

ASKED = Asked(date(2026, 1, 1), date(2026, 12, 31), datetime(2027, 3, 1, tzinfo=UTC))
CASES = 24


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with good cases, one of which tells a buyer's address in a note, and one damaged."""
    folder = tmp_path_factory.mktemp("reviewed")
    address = f"sqlite:///{folder / 'desk.db'}"
    cases = list(good_cases(CASES))
    events = cases[3].events()
    note = events[5].model_copy(update={"body": NoteAdded(text="write to anna.muster@example.com")})
    cases[3] = rechained(cases[3], (*events[:5], note, *events[5:]))
    write_cases(address, cases)
    with open_store(address) as store, writing(store._engine, "x") as connection:
        connection.execute(
            text("UPDATE events SET data = '{' WHERE case_id = :case AND seq = 2"), {"case": cases[7].case_id}
        )
    return address


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    staff = [*(f"{name}:agent:east" for name in AGENTS), *(f"{name}:lead" for name in LEADS)]
    return Settings.from_env({"PLAYBOOK_HOME": str(tmp_path / "home"), "PLAYBOOK_STAFF": ",".join(staff)})


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CASES_AT_ONCE", 5)


def files_of(done: Run) -> dict[str, bytes]:
    return {name: (done.folder / name).read_bytes() for name in done.results.files}


def reviewed(url: str, settings: Settings, out: Path, asked: Asked = ASKED, **how: object) -> Run:
    return run(asked, settings, out=out, database_url=url, **how)  # type: ignore[arg-type]


def test_every_case_of_the_period_is_reviewed_and_every_finding_listed(
    url: str, settings: Settings, tmp_path: Path
) -> None:
    done = reviewed(url, settings, tmp_path / "out")
    now = done.results.now
    assert now.cases == CASES - 1
    assert [one.case_id for one in now.damaged] == [CaseId("2026-00000008")]
    assert done.has_findings
    with (done.folder / "findings.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows if row["counts"] == "yes"} == {"2026-00000004"}
    assert any("e-mail" in row["what"] for row in rows)
    suite = ET.parse(done.folder / "junit.xml").getroot()[0]
    assert suite.attrib["tests"] == str(CASES)
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("1", "1")
    assert {case.attrib["name"] for case in suite if len(case)} == {"2026-00000004", "2026-00000008"}


def test_the_result_is_the_same_in_several_processes_and_from_kept_parts(
    url: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = reviewed(url, settings, tmp_path / "one")
    assert files_of(reviewed(url, settings, tmp_path / "two", jobs=2)) == files_of(once)
    really, done = running.review_chunk, []

    def stops(chunk: running.Chunk) -> running.Part:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(chunk)
        return really(chunk)

    monkeypatch.setattr(running, "review_chunk", stops)
    with pytest.raises(KeyboardInterrupt):
        reviewed(url, settings, tmp_path / "three")
    done.clear()
    monkeypatch.setattr(running, "review_chunk", lambda chunk: done.append(chunk) or really(chunk))
    later = replace(ASKED, as_of=ASKED.as_of + timedelta(minutes=5))
    again = reviewed(url, settings, tmp_path / "three", later, any_time=True)
    assert len(done) == 5 - 2, "what was done before was not done again"
    assert again.results.asked == ASKED, "a run without a certain time keeps that of the run it goes on with"
    assert files_of(again) == files_of(once)
    assert not any((settings.home / "reviews" / ".parts").iterdir())


def test_processes_that_are_ended_are_told_of_and_what_they_did_is_kept(
    url: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CASES_AT_ONCE", 1)

    def end_them(_done: int, _total: int) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(ReviewImpossible, match="with fewer --jobs"):
        reviewed(url, settings, tmp_path / "two", jobs=2, progress=end_them)
    kept = [*(settings.home / "reviews" / ".parts").rglob("*.part")]
    assert 0 < len(kept) < CASES
    again = reviewed(url, settings, tmp_path / "two")
    assert files_of(again) == files_of(reviewed(url, settings, tmp_path / "one"))


def test_only_what_was_asked_for(url: str, settings: Settings, tmp_path: Path) -> None:
    whole = reviewed(url, settings, tmp_path / "a").results.now
    market = min(whole.marketplaces)
    part = reviewed(url, settings, tmp_path / "b", replace(ASKED, marketplaces=(market,))).results.now
    assert 0 < part.cases < whole.cases
    assert part.whole == whole.marketplaces[market]
    assert reviewed(url, settings, tmp_path / "c", replace(ASKED, teams=("east",))).results.now.cases
    nobody = replace(ASKED, first=date(2020, 1, 1), last=date(2020, 1, 31))
    empty = reviewed(url, settings, tmp_path / "d", nobody).results
    assert (empty.now.cases, len(empty.now.damaged)) == (0, 0)


def test_a_sample_is_drawn_always_alike(url: str, settings: Settings, tmp_path: Path) -> None:
    asked = replace(ASKED, sample=6)
    first = reviewed(url, settings, tmp_path / "a", asked)
    again = reviewed(url, settings, tmp_path / "b", asked)
    assert first.results.now.cases + len(first.results.now.damaged) == 6
    assert first.results.not_checked[-1].count == CASES - 6
    assert files_of(first) == files_of(again)


def test_what_happened_after_the_time_of_the_review_is_not_seen(
    url: str, settings: Settings, tmp_path: Path
) -> None:
    with open_store(url) as store:
        rows = store.stored_logs([CaseId("2026-00000001")])[CaseId("2026-00000001")]
    closed = next(seq for seq, data, _chain in rows if CaseClosed.__name__ in data)
    assert closed > 1
    early = replace(ASKED, as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert reviewed(url, settings, tmp_path / "early", early).results.now.cases == 0
    assert reviewed(url, settings, tmp_path / "late").results.now.still_open == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"last": date(2025, 1, 1)}, "before it begins"),
        ({"marketplaces": ("Us",)}, "did you mean"),
        ({"agents": ("nobody-here",)}, "there is no agent 'nobody-here'"),
        ({"teams": ("wset",)}, "there is no team 'wset'"),
        ({"problems": ("mising",)}, "did you mean missing"),
        ({"scorecard": "../secret"}, "there is no scorecard '../secret'"),
        ({"sample": -1}, "a sample of -1"),
        ({"as_of": datetime(2027, 1, 1)}, "no time zone"),  # noqa: DTZ001 - that is the point
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(
    url: str, settings: Settings, tmp_path: Path, wrong: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ReviewRefused, match=sentence):
        reviewed(url, settings, tmp_path / "out", replace(ASKED, **wrong))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_else_is_left_alone(url: str, settings: Settings, tmp_path: Path) -> None:
    place = tmp_path / "mine"
    place.mkdir()
    (place / "letter.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(ReviewRefused, match="holds no review"):
        reviewed(url, settings, place)
    assert [path.name for path in place.iterdir()] == ["letter.txt"]
    with pytest.raises(ReviewImpossible, match="cannot be written"):
        reviewed(url, settings, Path("/proc/nowhere"))
    ours = tmp_path / "ours"
    reviewed(url, settings, ours)
    assert reviewed(url, settings, ours).results.now.cases == CASES - 1, "a review of ours is written over"


def test_a_case_without_a_first_event_is_damaged(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'desk.db'}"
    write_cases(address, good_cases(2))
    with open_store(address) as store:
        with writing(store._engine, "x") as connection:
            connection.execute(text("DELETE FROM events WHERE case_id = '2026-00000001' AND seq = 1"))
        assert cases_of(store, date(2020, 1, 1), date(2020, 1, 2)) == ["2026-00000001"]


# ---- the command ------------------------------------------------------------------------------------


def test_exit_codes(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(
        "PLAYBOOK_STAFF", ",".join([*(f"{n}:agent" for n in AGENTS), *(f"{n}:lead" for n in LEADS)])
    )
    period = [
        "review",
        "--from",
        "2026-01-01",
        "--to",
        "2026-12-31",
        "--as-of",
        "2027-03-01T00:00Z",
        "--jobs",
        "1",
    ]
    found = CliRunner().invoke(main, [*period, "--database", url, "--out", str(tmp_path / "a")])
    assert found.exit_code == 1, found.output
    assert f"reviewed {CASES - 1} cases" in found.output
    good = f"sqlite:///{tmp_path / 'good.db'}"
    write_cases(good, good_cases(3))
    fine = CliRunner().invoke(main, [*period, "--database", good, "--out", str(tmp_path / "b")])
    assert fine.exit_code == 0, fine.output
    wrong = CliRunner().invoke(main, [*period, "--database", good, "--marketplace", "XX"])
    assert (wrong.exit_code, "there is no marketplace 'XX'" in wrong.output) == (2, True)
    late = CliRunner().invoke(main, [*period, "--database", good, "--as-of", "soon"])
    assert (late.exit_code, "'soon' is no time" in late.output) == (2, True)
    nowhere = CliRunner().invoke(main, [*period, "--database", good, "--out", "/proc/nowhere"])
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (3, True)
    nothing = f"sqlite:///{tmp_path / 'misspelt.db'}"
    misspelt = CliRunner().invoke(main, [*period, "--database", nothing])
    assert (misspelt.exit_code, "there is no database" in misspelt.output) == (3, True)
    lonely = CliRunner().invoke(main, [*period, "--database", good, "--scheduler", "tcp://127.0.0.1:1"])
    assert (lonely.exit_code, "no scheduler answers" in lonely.output) == (3, True)


# ---- a cluster --------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers on this machine."""
    pytest.importorskip("distributed")
    port = 40_000 + os.getpid() % 20_000
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    started = [subprocess.Popen([*dask, "--no-dashboard"], **quiet)]  # type: ignore[call-overload]
    work = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nworkers",
        "1",
        "--nthreads",
        "1",
    ]
    workers = [
        subprocess.Popen([*work, "--no-dashboard", "--no-nanny"], **quiet)  # type: ignore[call-overload]
        for _ in range(2)
    ]
    try:
        yield address, workers
    finally:
        for process in [*workers, *started]:
            process.kill()
            process.wait()


def test_a_worker_that_dies_in_the_middle_changes_nothing(
    url: str, settings: Settings, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    once = reviewed(url, settings, tmp_path / "one")
    from distributed import Client

    with Client(address, timeout=20) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(2, timeout=20)
    killed = []

    def kill(done: int, total: int) -> None:
        if not killed and 0 < done < total:
            workers[0].send_signal(signal.SIGKILL)
            killed.append(time.monotonic())

    again = reviewed(url, settings, tmp_path / "two", scheduler=address, progress=kill)
    assert killed
    assert files_of(again) == files_of(once)
    workers[1].kill()
    with Client(address, timeout=20) as client:  # type: ignore[no-untyped-call]
        until = time.monotonic() + 20
        while client.ncores() and time.monotonic() < until:
            time.sleep(0.05)
    with pytest.raises(ReviewImpossible, match="has no workers"):
        reviewed(url, settings, tmp_path / "three", scheduler=address)


def test_the_samples_can_be_reviewed_where_nobody_has_worked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    path = tmp_path / "samples.db"
    assert list(
        gather(path, ("abc-list", "needs-approval", "refund-file-second-person", "return-with-used-units"))
    )
    with open_store(f"sqlite:///{path}") as store:
        cases = store.case_ids()
        assert len(cases) == 3, "of two samples on one order only the first is kept"
        letters = [
            event.body.message_ref for event in store.events(cases[-1]) if event.type == "MessageApproved"
        ]
        assert letters
        assert set(store.vault_texts(letters)) == set(letters)
        assert store.verify() == ()
    asked = Asked(date(2026, 11, 1), date(2026, 11, 30), review_moment(path))
    done = run(asked, Settings.from_env(), out=tmp_path / "out", database_url=f"sqlite:///{path}")
    assert done.results.now.cases == 3
    assert not done.results.now.damaged
