"""Scorecards: loaded strictly, with file and line, one row for every check."""

from pathlib import Path

import pytest

from playbook.i18n import translator
from playbook.i18n.checks import CHECKS as SENTENCES
from playbook.policy import PolicyError
from playbook.review.checks import CHECKS
from playbook.review.scorecard import load_scorecard, scorecard_names, scorecard_schema
from tests.builders import NOW

ROOT = Path(__file__).resolve().parents[2]
STANDARD = ROOT / "data" / "scorecards" / "standard.yaml"


def test_the_standard_scorecard_has_a_row_for_every_check() -> None:
    card = load_scorecard()
    assert {row.id for row in card.rows} == CHECKS
    assert sum(section.weight for section in card.sections) == 100
    assert {row.section for row in card.rows} == {section.id for section in card.sections}
    assert "standard" in scorecard_names()


def test_a_row_holds_in_its_period() -> None:
    card = load_scorecard()
    row = card.row("promise_late", NOW.date())
    assert row is not None
    assert row is card.latest("promise_late")
    assert card.section(row.section).id == "promises"
    assert card.row("nothing_like_it", NOW.date()) is None


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("id: promise_late", "id: promise_lat", "there is no such check"),
        ("id: promise_overdue", "id: promise_late", "overlaps in time"),
        ("section: closing", "section: ending", "unknown section 'ending'"),
        ("severity: note, points", "severity: not, points", "then.severity is 'not'"),
        ("points: 20, most: 60", "points: 20, most: 6", "not less than points"),
        ("then: {severity: critical, auto_fail: true}", "then: {severity: critical}", "either fails"),
        ("{id: log, weight", "{id: privacy, weight", "the section appears twice"),
    ],
)
def test_a_fault_is_named_with_file_and_line(before: str, after: str, says: str, tmp_path: Path) -> None:
    text = STANDARD.read_text("utf-8")
    assert before in text
    path = tmp_path / "own.yaml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(PolicyError) as caught:
        load_scorecard(path)
    fault = next(fault for fault in caught.value.faults if says in fault.sentence)
    number = text[: text.index(before)].count("\n") + 1
    assert fault.file == "own.yaml"
    assert 0 <= number - fault.line <= 3, "the line of the row, or of the value in it"


def test_files_that_are_no_scorecards(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load_scorecard(tmp_path / "none.yaml")
    for text, says in (("", "empty"), ("- 1", "must be a mapping"), ("a: [", "odd.yaml:")):
        path = tmp_path / "odd.yaml"
        path.write_text(text, "utf-8")
        with pytest.raises(PolicyError, match=says):
            load_scorecard(path)


def test_the_schema_in_data_is_that_of_the_model() -> None:
    assert (ROOT / "data" / "schemas" / "scorecard.schema.json").read_text("utf-8") == scorecard_schema()


def test_every_check_speaks_chinese() -> None:
    chinese = translator("zh_CN")
    for row in load_scorecard().rows:
        assert row.name.zh_CN != row.name.en
    assert all(chinese(sentence) != sentence for sentence in SENTENCES.values())
