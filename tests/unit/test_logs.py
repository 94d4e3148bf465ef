"""The log says what failed and where, and nothing that a buyer wrote."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbook.logs import log_to

LOG = logging.getLogger("playbook")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    before = (LOG.handlers, LOG.propagate)
    LOG.handlers = []
    yield tmp_path
    for handler in LOG.handlers:
        handler.close()
    LOG.handlers, LOG.propagate = before


def fail() -> None:
    raise ValueError("Wilhelmina Ashgrove wrote: my mugs are broken")


def lines(home: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (home / "logs" / "desk.log").read_text("utf-8").splitlines()]


def test_an_exception_leaves_its_type_and_place_but_no_words(home: Path) -> None:
    log_to(home)
    try:
        fail()
    except ValueError:
        LOG.exception("a page handler failed")
    (line,) = lines(home)
    assert line["error"] == "ValueError"
    assert line["where"].startswith("test_logs.py:")
    assert line["what"] == "a page handler failed"
    assert "Wilhelmina" not in json.dumps(line)


def test_the_same_home_is_logged_to_once(home: Path) -> None:
    log_to(home)
    log_to(home)
    LOG.error("once")
    assert [line["what"] for line in lines(home)] == ["once"]


def test_a_home_that_cannot_be_written_stops_nothing(home: Path) -> None:
    (home / "logs").write_text("a file in the way", "utf-8")
    log_to(home)
    LOG.error("lost")
    assert (home / "logs").read_text("utf-8") == "a file in the way"


def test_nothing_is_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_to(home)
    LOG.error("quiet")
    assert capsys.readouterr() == ("", "")
