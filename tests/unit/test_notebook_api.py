"""The names that notebooks use: how parameters are taken, and sentences for what cannot be opened."""

from pathlib import Path
from urllib.parse import parse_qsl

import pytest

import playbook.notebook as pb
from playbook.samplecases.loading import SampleError
from playbook.settings import Settings
from tests.builders import NOW


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, outside Voilà."""
    for name in ("PLAYBOOK_DATABASE", "PLAYBOOK_AGENT", "PLAYBOOK_LANG", "QUERY_STRING", "VOILA_KERNEL_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PLAYBOOK_CASES", raising=False)
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLAYBOOK_AS_OF", NOW.isoformat())
    return tmp_path / "home"


def asked(query: str = "", **given: str) -> pb._Asked:
    query_parameters = dict(parse_qsl(query))
    return pb._Asked(
        {"case": "", "sample": "", "agent": "", "lang": "", **given}, query_parameters, Settings.from_env()
    )


def test_an_unknown_mode_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="mode is 'drill-down'; write 'agent' or 'check'"):
        pb.open(mode="drill-down")


def test_an_unknown_sample_names_near_ones() -> None:
    with pytest.raises(SampleError, match=r"there is no sample case 'abc-lits' .* did you mean abc-list"):
        pb.open(mode="check", sample="abc-lits")


def test_a_sample_is_answered_step_by_step() -> None:
    work = pb.open(mode="check", sample="abc-list")
    for step in (work.lock, work.breakdown, work.remedy, work.follow_up, work.summary):
        assert step() is not None
    work.check()


def test_values_from_the_address_are_checked() -> None:
    hostile = asked("case=%3Cscript%3E&lang=xx&agent=nobody&sample=..%2F..%2Fetc")
    assert (hostile.lang, hostile.agent, hostile.case, hostile.sample) == (
        "zh_CN",
        "lin",
        "<script>",
        "../../etc",
    )
    plain = asked("case=2026-0001&lang=en&agent=wang")
    assert (plain.lang, plain.agent, plain.case) == ("en", "wang", "2026-0001")
    assert len(asked(f"case={'9' * 500}").case) == 80


def test_given_parameters_win_over_the_address() -> None:
    given = asked("case=2026-0009&lang=zh_CN", case="2026-0001", lang="en")
    assert (given.case, given.lang) == ("2026-0001", "en")


def test_a_page_that_cannot_open_says_so_and_its_other_places_stay_empty(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = pb.open(as_of="yesterday", lang="en")
    places = [work.lock(), work.breakdown(), work.remedy(), work.follow_up(), work.summary()]
    assert [place.children for place in places] == [()] * 5
    work.check()
    assert work._page is not None
    (banner,) = work._page.first.children
    assert "PLAYBOOK_AS_OF is &#x27;yesterday&#x27;; write a time with zone" in banner.value
    monkeypatch.setenv("PLAYBOOK_STAFF", "nobody")
    work = pb.open(lang="zh_CN")
    assert work._page is not None
    assert "PLAYBOOK_STAFF" in work._page.first.children[0].value
    pb.home(lang="zh_CN")
