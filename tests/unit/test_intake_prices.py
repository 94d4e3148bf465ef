"""Products that only their price tells apart."""

from decimal import Decimal

import pytest

from playbook.intake import LineRef, read

LINES = (
    LineRef(1, "SP-B", "BLUETOOTH SPEAKER BLUE", 4, unit_price=Decimal("19.50")),
    LineRef(2, "SP-G", "BLUETOOTH SPEAKER GREEN", 4, unit_price=Decimal("31.00")),
    LineRef(3, "CA-R", "ROSE CANDLE BOX OF 3", 24, unit_price=Decimal("1.25")),
    LineRef(4, "CA-W", "ROSE CANDLE THREE WICK", 24, unit_price=Decimal("4.25")),
)


def claimed(message: str, lines: tuple[LineRef, ...] = LINES) -> list[tuple[str, int | None]]:
    return [(item.sku, item.units) for item in read(message, lines, encoder=None).items]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("2 of the rose candles (the 1.25 ones) are broken.", [("CA-R", 2)]),
        ("Von den Rosenkerzen (4,25) sind 3 zerbrochen.", [("CA-W", 3)]),
        ("2 of the more expensive speakers are broken.", [("SP-G", 2)]),
        ("Two kinds of speaker came. 2 of the cheaper ones are broken.", [("SP-B", 2)]),
        ("Zwei der billigeren Lautsprecher sind kaputt.", [("SP-B", 2)]),
    ],
)
def test_a_price_tells_which_of_two_products_is_meant(message: str, expected: list[tuple[str, int]]) -> None:
    assert claimed(message) == expected


def test_equal_or_unknown_prices_tell_nothing() -> None:
    same = tuple(
        LineRef(n, f"S{n}", f"SPEAKER {c}", 4, unit_price=Decimal(9)) for n, c in ((1, "BLUE"), (2, "RED"))
    )
    unknown = tuple(LineRef(n, f"S{n}", f"SPEAKER {c}", 4) for n, c in ((1, "BLUE"), (2, "RED")))
    for lines in (same, unknown):
        reading = read("2 of the more expensive speakers are broken.", lines, encoder=None)
        assert "which_product" in {question.code for question in reading.questions}
