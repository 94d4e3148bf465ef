"""Money under any split: nothing is lost, nothing is invented."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.money import Money, minor_unit, total

CURRENCIES = st.sampled_from(["GBP", "USD", "EUR", "JPY"])


@st.composite
def some_money(draw: st.DrawFn) -> Money:
    """Any amount, negative ones too."""
    currency = draw(CURRENCIES)
    return Money(draw(st.integers(-(10**7), 10**7)) * minor_unit(currency), currency)


WEIGHTS = st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any)


@given(some_money(), WEIGHTS)
def test_parts_sum_to_the_whole_and_are_fair_to_one_minor_unit(whole: Money, weights: list[int]):
    parts = whole.allocate(weights)
    assert total(parts, whole.currency) == whole
    for part, weight in zip(parts, weights, strict=True):
        exact = whole.amount * weight / sum(weights)
        assert abs(part.amount - exact) < minor_unit(whole.currency)
        assert part.amount == 0 or (part.amount > 0) == (whole.amount > 0)


@given(some_money(), st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_steps_in_any_order_end_at_exactly_what_there_was(whole: Money, steps: list[int]):
    left, units = whole, sum(steps)
    for step in steps:
        part = left.allocate([step, units - step])[0]
        left, units = left - part, units - step
    assert not left


@given(some_money(), st.decimals(0, 100, places=2))
def test_a_percentage_is_never_more_than_the_whole(whole: Money, share: Decimal):
    part = whole.percent(share)
    assert abs(part.amount) <= abs(whole.amount)
    assert abs(part.amount - whole.amount * share / 100) <= minor_unit(whole.currency) / 2


@given(some_money(), some_money())
def test_sums_stay_valid_money(one: Money, other: Money):
    other = Money.rounded(other.amount, one.currency)
    for result in (one + other, one - other, -one, one * 7):
        assert result == Money(result.amount, result.currency)
        assert str(result) == str(Money(result.amount, result.currency))
