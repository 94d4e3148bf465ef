"""Every letter about every sample case in every language: it can be sent as drafted, or says why not."""

import re
from collections import defaultdict

import pytest

from playbook.domain.problems import Problem
from playbook.i18n import say
from playbook.letters import LOCALES, LetterKind
from tests.samplecases import snapshots

pytestmark = pytest.mark.xdist_group("letters about samples")  # every sample is replayed once for them


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_about_every_sample(kind: LetterKind, locale: str) -> None:
    for snapshot in snapshots():
        letter = snapshot.letter(kind, locale)
        if isinstance(letter, Problem):
            for lang in ("en", "zh_CN"):
                sentence = say(letter, lang)
                assert sentence != letter.code
                assert not re.search(r"[{}]", sentence)
            continue
        found = snapshot.lint(letter.text, locale, letter.text)
        blocking = [finding for finding in found if finding.severity == "block"]
        assert blocking == [], (snapshot.name, letter.text)
        assert "nothing_listed" not in {finding.rule_id for finding in found}, snapshot.name
        assert not re.search(r"[{}]|None|Undefined|\n\n\n", letter.text)


def test_the_samples_between_them_need_every_letter() -> None:
    written = defaultdict(set)
    for snapshot in snapshots():
        for kind in LetterKind:
            if not isinstance(snapshot.letter(kind, "en"), Problem):
                written[kind].add(snapshot.name)
    assert set(LetterKind) == written.keys()
