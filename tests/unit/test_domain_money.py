"""Money: exact, in one currency, split without losing a cent."""

from decimal import Decimal

import pytest

from playbook.domain.money import Money, minor_unit, total
from tests.builders import money


def test_it_is_always_whole_minor_units():
    assert str(money("12.5")) == "12.50 GBP"
    assert str(money("1200", "JPY")) == "1200 JPY"
    with pytest.raises(ValueError, match="fractions"):
        money("0.005")
    with pytest.raises(ValueError, match="fractions"):
        money("99.5", "JPY")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e15", "-1e15", "1e40"])
def test_what_is_no_amount_is_refused(amount: str):
    with pytest.raises(ValueError, match="not an amount of money"):
        Money.of(amount, "EUR")


def test_text_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not an amount: 'twelve'"):
        Money.of("twelve", "EUR")


def test_a_float_is_refused_even_when_it_looks_exact():
    with pytest.raises(TypeError, match="never floats"):
        Money.of(1.5, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "eur", "EU", "EURO", "€€€", "ÄÖÜ"])
def test_a_currency_is_three_capitals(currency: str):
    with pytest.raises(ValueError, match="currency"):
        Money(Decimal(1), currency)


def test_currencies_are_never_mixed():
    for mix in (
        lambda: money("1") + money("1", "EUR"),
        lambda: money("1") - money("1", "EUR"),
        lambda: money("1") < money("1", "EUR"),
        lambda: total([money("1", "EUR")], "GBP"),
    ):
        with pytest.raises(ValueError, match="cannot be mixed"):
            mix()


def test_arithmetic_and_order():
    assert money("1.10") + money("2.20") == money("3.30")
    assert money("1.10") - money("2.20") == -money("1.10")
    assert money("1.10") * 3 == money("3.30")
    assert money("1") < money("2") <= money("2") < money("3")
    assert money("3") > money("2") >= money("2")
    assert not money("0")
    assert money("-0.01")
    assert str(money("-0.00")) == "0.00 GBP"
    assert hash(money("1")) == hash(money("1.00"))


def test_the_sum_of_nothing_is_zero():
    assert total([], "JPY") == Money.zero("JPY") == money("0", "JPY")
    assert total([money("1"), money("-0.25")], "GBP") == money("0.75")


@pytest.mark.parametrize(
    ("amount", "currency", "share", "part"),
    [
        ("96.67", "GBP", "30", "29.00"),
        ("0.05", "GBP", "50", "0.03"),
        ("-0.05", "GBP", "50", "-0.03"),
        ("1999", "JPY", "30", "600"),
        ("1099", "JPY", "50", "550"),
        ("10.00", "GBP", "0", "0"),
        ("10.00", "GBP", "100", "10.00"),
    ],
)
def test_a_percentage_is_rounded_half_away_from_zero(amount: str, currency: str, share: str, part: str):
    assert money(amount, currency).percent(Decimal(share)) == money(part, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "weights", "parts"),
    [
        ("290.00", "GBP", [1, 1, 1], ["96.67", "96.67", "96.66"]),
        ("-10.00", "GBP", [1, 1, 1], ["-3.34", "-3.33", "-3.33"]),
        ("1000", "JPY", [1, 2], ["333", "667"]),
        ("1", "JPY", [1, 1, 1], ["1", "0", "0"]),
        ("0.01", "GBP", [0, 5], ["0.00", "0.01"]),
        ("0.00", "GBP", [3, 4], ["0.00", "0.00"]),
        ("7.77", "GBP", [9], ["7.77"]),
    ],
)
def test_allocation_by_largest_remainder(amount: str, currency: str, weights: list[int], parts: list[str]):
    assert money(amount, currency).allocate(weights) == tuple(money(part, currency) for part in parts)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2]])
def test_allocation_needs_weights(weights: list[int]):
    with pytest.raises(ValueError, match="weights"):
        money("1").allocate(weights)


def test_minor_units():
    assert minor_unit("JPY") == 1
    assert minor_unit("EUR") == Decimal("0.01")
