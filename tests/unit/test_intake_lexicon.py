"""The lexicon files are strict, and every phrase of a problem type is read as that type."""

from pathlib import Path

import pytest

from playbook.domain.claims import ProblemType
from playbook.intake import Question, question_text
from playbook.intake.lexicon import LANGUAGES, LexiconError, lexicon, load_lexicon
from playbook.intake.phrases import parse
from playbook.intake.questions import CODES, placeholders
from playbook.intake.text import tokens
from playbook.settings import data_dir


@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_lexicon_is_complete(language: str) -> None:
    one = lexicon(language)
    assert one.language == language
    assert set(one.issues) == set(ProblemType) - {ProblemType.NO_ISSUE}
    assert set(one.questions) == set(CODES)
    for code, sentence in one.questions.items():
        assert placeholders(sentence) == CODES[code], code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_finds_itself(language: str) -> None:
    one = lexicon(language)
    for issue, phrases in one.issues.items():
        for phrase in phrases:
            text = phrase.replace(" .. ", " ").replace("*", "")
            labels = {hit.label for hit in one.table.find(tokens(text))}
            assert f"issue:{issue}" in labels, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_stands_for_two_types(language: str) -> None:
    owners: dict[tuple[str, ...], ProblemType] = {}
    doubled = []
    for issue, phrases in lexicon(language).issues.items():
        for phrase in phrases:
            other = owners.setdefault(parse(phrase), issue)
            if other is not issue:
                doubled.append((phrase, other, issue))
    assert doubled == []


def test_other_languages_fall_back_to_english() -> None:
    assert lexicon("nl").language == "en"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("language: ja\n", "language: ja\nnonsense: 1\n"), "nonsense"),
        (("language: ja\n", "language: ja\nlanguage: ja\n"), "more than once"),
        (("  late: [", "  latte: ["), "issues"),
        (("  late: [", "  no_issue: [x]\n  late: ["), "no_issue"),
        (("  late: [", "  late: ['..', "), "not a phrase"),
        (("language: ja\n", "language: [\n"), "yaml"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    text = (data_dir() / "lexicon" / "ja.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "ja.yaml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(LexiconError, match=reason):
        load_lexicon(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"none\.yaml"):
        load_lexicon(tmp_path / "none.yaml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_name_their_subject(language: str) -> None:
    question = Question("units_check", {"product": "Mug {x}", "claimed": 9, "ordered": 6, "line": 3})
    sentence = question_text(question, language)
    assert "Mug {x}" in sentence
    assert "9" in sentence
    assert "6" in sentence


def test_unknown_questions_are_a_bug() -> None:
    with pytest.raises(KeyError):
        question_text(Question("nonsense"), "en")
