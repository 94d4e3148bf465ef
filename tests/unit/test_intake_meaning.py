"""Reading by meaning: the classifier belongs to its examples, and nothing found so is ever certain."""

import json

import pytest

from playbook.intake import LineRef, read
from playbook.intake.meaning import SentenceEncoder, default_encoder
from playbook.intake.problemtypes import KINDS, examples, fingerprint, judge
from playbook.settings import data_dir

LINES = (
    LineRef(1, "GL-01", "GLASS LANTERN LARGE", 12),
    LineRef(2, "BR-07", "PANTRY WASHING UP BRUSH", 12),
    LineRef(3, "RM-1", "RED MUG", 8),
    LineRef(4, "BM-1", "BLUE MUG", 8),
)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


def test_the_weights_were_made_from_these_examples() -> None:
    content = json.loads((data_dir() / "lexicon" / "problem_types.json").read_text(encoding="utf-8"))
    assert content["examples"] == fingerprint(examples())
    assert tuple(content["kinds"]) == KINDS


def test_examples_are_judged_as_labelled(encoder: SentenceEncoder) -> None:
    labelled = examples()
    told = [judge([one.text], encoder, one.language)[0] for one in labelled]
    wrong = [
        (one.text, one.kind, got.kind)
        for one, got in zip(labelled, told, strict=True)
        if one.kind != got.kind
    ]
    assert len(wrong) <= len(labelled) // 20, wrong


def test_a_product_in_another_language_is_found_but_never_sure(encoder: SentenceEncoder) -> None:
    message = "4 cepillos para fregar están rotos."
    (item,) = read(message, LINES, encoder=encoder).items
    assert (item.sku, item.units, item.sure) == ("BR-07", 4, False)
    assert read(message, LINES, encoder=None).items == ()


def test_two_colours_are_not_told_apart_by_meaning(encoder: SentenceEncoder) -> None:
    reading = read("3 mugs broken", LINES, encoder=encoder)
    assert [item.line for item in reading.items] == [None]


def test_the_encoder_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_ENCODER", "off")
    default_encoder.cache_clear()
    try:
        assert default_encoder() is None
    finally:
        default_encoder.cache_clear()
