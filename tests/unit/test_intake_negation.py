"""A negation belongs to one problem: what comes after it in the same sentence is not fine because of it."""

import pytest

from playbook.domain.claims import ProblemType
from playbook.intake import LineRef, read

LINES = (
    LineRef(1, "BTL", "Insulated Water Bottle 500 ml, Navy Blue", 4),
    LineRef(2, "BWL", "Porcelain Cereal Bowl 15 cm, Forest Green", 12),
    LineRef(3, "LAMP", "LED Desk Lamp with USB Port, White", 6),
)


@pytest.mark.parametrize(
    "message",
    [
        "Two desk lamps do not work and missing are 3 bowls.",
        "Two desk lamps do not turn on and there are missing 3 bowls.",
        "Zwei Lampen gehen nicht an und es fehlen 3 Schalen.",
        "Deux lampes ne s'allument pas et il manque 3 bols.",
        "Dos lámparas no encienden y faltan 3 cuencos.",
        "Due lampade non si accendono e mancano 3 ciotole.",
    ],
)
def test_what_is_missing_after_what_does_not_work_is_missing(message: str) -> None:
    reading = read(message, LINES)
    assert {(item.sku, item.units, item.issue) for item in reading.items} == {
        ("LAMP", 2, ProblemType.DEFECT),
        ("BWL", 3, ProblemType.MISSING),
    }
    assert reading.no_issue_lines == ()


@pytest.mark.parametrize(
    "message",
    ["The bowls are not broken and not missing.", "Die Schalen sind nicht zerbrochen, es fehlt keine."],
)
def test_what_is_denied_is_no_problem(message: str) -> None:
    assert read(message, LINES).items == ()
