"""Themes of free texts: grouped by meaning, the same in any order, nothing personal in them."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from playbook.insights import themes as t
from playbook.insights.themes import Note, Theme, themes

DIRECTIONS = {"broken": 0, "smashed": 0, "missing": 1, "gone": 1, "late": 2}


class Words:
    """An encoder that knows a few words: one direction for each meaning."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 8), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[DIRECTIONS.get(word, 3)] += 1 if word in DIRECTIONS else 0.1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


NOTES = [
    Note("Broken!", "o1", 3), Note("broken", "o2"), Note("smashed", "o3", 2), Note("missing?", "o4"),
    Note("gone", "o4"), Note("late", "", 7), Note("???"), Note(" 12 "), Note("<b>broken</b>", "o5"),
]  # fmt: skip


def test_texts_of_one_meaning_are_one_theme_with_examples() -> None:
    found = themes(NOTES, Words())
    assert found.wordless == 2
    first, second, third = found.themes
    assert (first.name, first.notes, first.units, first.references) == (
        "Broken!",
        4,
        7,
        ("o1", "o2", "o3", "o5"),
    )
    assert first.examples == ("Broken!", "<b>broken</b>", "smashed") or set(first.examples) >= {
        "Broken!",
        "smashed",
    }
    assert second == Theme("gone", 2, 2, ("gone", "missing?"), ("o4",))
    assert (third.name, third.units, third.references) == ("late", 7, ())


def test_the_order_of_notes_does_not_matter() -> None:
    for seed in range(5):
        mixed = random.Random(seed).sample(NOTES, len(NOTES))
        assert themes(mixed, Words()) == themes(NOTES, Words())


def test_without_an_encoder_equal_texts_are_grouped() -> None:
    found = themes([Note("Broken"), Note("broken."), Note("smashed")], None).themes
    assert [(theme.notes, theme.examples) for theme in found] == [(2, ("Broken",)), (1, ("smashed",))]
    assert themes([], Words()).themes == ()
    assert len(themes([Note("late")], Words()).themes) == 1


def test_what_is_too_much_to_compare_joins_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(t, "MOST_CLUSTERED", 2)
    notes = [Note("broken")] * 3 + [Note("missing")] * 2 + [Note("smashed"), Note("late")]
    assert [(theme.name, theme.notes) for theme in themes(notes, Words()).themes] == [
        ("broken", 4), ("missing", 2), ("late", 1),
    ]  # fmt: skip


def test_personal_data_is_masked() -> None:
    [theme] = themes([Note("broken, write to jo@example.org")], None).themes
    assert theme.examples == ("broken, write to [e-mail]",)
