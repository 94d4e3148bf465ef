"""Before and after a measure: exact intervals, and no more said than the counts carry."""

from datetime import date, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from playbook.domain.improvements import Improvement, ImprovementState
from playbook.insights.outcomes import SETTLE_DAYS, Outcome, Span, compare, measure, ratio_interval
from playbook.insights.rows import Fault, Shipped, Trait
from tests.builders import NOW

START = date(2026, 6, 1)
counts = st.integers(0, 400)
shippings = st.integers(1, 20_000)


def span(units: int, shipped: int) -> Span:
    return Span(START, START + timedelta(days=90), units, shipped, units)


class TestInterval:
    def test_the_ends_are_where_the_counts_become_unlikely(self) -> None:
        low, high = ratio_interval((12, 3), (400, 350))
        for end, tail in ((low, lambda p: binom.sf(2, 15, p)), (high, lambda p: binom.cdf(3, 15, p))):
            chance = 350 * end / (400 + 350 * end)
            assert tail(chance) == pytest.approx(0.025, rel=1e-6)

    def test_nothing_after_still_has_an_upper_end(self) -> None:
        low, high = ratio_interval((10, 0), (1000, 1000))
        assert low == 0
        assert high == pytest.approx(0.025 ** (-1 / 10) - 1)
        assert binom.cdf(0, 10, high / (1 + high)) == pytest.approx(0.025, rel=1e-6)

    def test_nothing_at_all_says_nothing(self) -> None:
        assert ratio_interval((0, 0), (10, 10)) == (0, inf)

    def test_no_units_shipped_are_refused(self) -> None:
        with pytest.raises(ValueError, match="units shipped"):
            ratio_interval((1, 0), (10, 0))

    @given(counts, counts, shippings, shippings)
    def test_it_holds_the_ratio_and_swaps_with_the_spans(self, a: int, b: int, n: int, m: int) -> None:
        low, high = ratio_interval((a, b), (n, m))
        assert low <= high
        if a:
            assert low * 0.999999 <= b / m / (a / n) <= high * 1.000001
        swapped_low, swapped_high = ratio_interval((b, a), (m, n))
        assert swapped_low == pytest.approx(1 / high if high else inf, rel=1e-6)
        assert swapped_high == pytest.approx(1 / low if low else inf, rel=1e-6)

    def test_it_covers_the_true_ratio_at_least_as_often_as_it_says(self) -> None:
        """Over every outcome of one experiment, weighted by its chance: no simulation."""
        total, ratio, n, m = 20, 0.5, 300, 200
        chance = m * ratio / (n + m * ratio)
        ends = [ratio_interval((total - after, after), (n, m)) for after in range(total + 1)]
        covered = sum(
            binom.pmf(after, total, chance) for after, (low, high) in enumerate(ends) if low <= ratio <= high
        )
        assert 0.95 <= covered < 0.995


class TestVerdict:
    @pytest.mark.parametrize(
        ("before", "after", "outcome"),
        [
            ((60, 1000), (12, 1000), Outcome.WORKED),
            ((60, 1000), (58, 1000), Outcome.DID_NOT),
            ((60, 1000), (120, 1000), Outcome.DID_NOT),
            ((6, 100), (1, 100), Outcome.TOO_EARLY),
            ((60, 1000), (3, 60), Outcome.TOO_EARLY),
            ((60, 1000), (0, 0), Outcome.TOO_EARLY),
            ((0, 0), (3, 100), Outcome.TOO_EARLY),
            ((0, 100), (0, 100), Outcome.TOO_EARLY),
        ],
    )
    def test_three_answers(self, before: tuple[int, int], after: tuple[int, int], outcome: Outcome) -> None:
        assert compare(span(*before), span(*after), 50).outcome is outcome

    def test_a_fall_that_stays_above_the_aim_did_not_do_it(self) -> None:
        found = compare(span(1000, 10_000), span(800, 10_000), 50)
        assert found.high < 1
        assert found.outcome is Outcome.DID_NOT

    def test_how_much_more_it_takes_is_enough_if_the_aim_is_met(self) -> None:
        early = compare(span(60, 1000), span(3, 100), 50)
        assert early.more_units is not None
        shipped = 100 + early.more_units
        assert compare(span(60, 1000), span(round(0.03 * shipped), shipped), 50).outcome is Outcome.WORKED
        assert early.more_units > 100

    def test_too_few_faults_before_can_never_tell(self) -> None:
        assert compare(span(1, 1000), span(0, 0), 90).more_units is None

    @given(counts, shippings, counts, shippings, st.integers(1, 99))
    def test_never_both_and_never_from_an_interval_with_one_and_the_aim(
        self, a: int, n: int, b: int, m: int, aim: int
    ) -> None:
        found = compare(span(a, n), span(b, m), aim)
        assert (found.outcome is Outcome.TOO_EARLY) == (found.low <= aim / 100 and found.high >= 1)


ACTION = Improvement(
    measure="packaging",
    department="purchasing",
    owner="lin",
    due_on=date(2026, 9, 1),
    about={"sku": "A", "problem": "defect", "lot": "L7"},
    since=START,
    at=NOW,
    by="wang",
    state=ImprovementState.IN_EFFECT,
    effective_on=date(2026, 9, 1),
)


def fault(day: date, **changes: object) -> Fault:
    given = {"sku": "A", "units": 2, "problem": "defect", "traits": {Trait.LOT: "L7"}}
    return Fault(**{**given, "day": day, **changes})  # type: ignore[arg-type]


def left(day: date, **changes: object) -> Shipped:
    given = {"sku": "A", "units": 100, "traits": {Trait.LOT: "L7"}}
    return Shipped(**{**given, "day": day, **changes})  # type: ignore[arg-type]


class TestMeasure:
    def test_only_its_goods_and_settled_days_count(self) -> None:
        today = date(2026, 12, 1)
        settled = today - timedelta(days=SETTLE_DAYS)
        faults = [
            fault(START),
            fault(START - timedelta(days=1)),
            fault(date(2026, 9, 1), units=1),
            fault(settled),
            fault(START, sku="B"),
            fault(START, problem="missing"),
            fault(START, traits={}),
        ]
        rows = [
            left(START),
            left(START, sku="B"),
            left(date(2026, 9, 1), units=70),
            left(settled),
            left(START, traits={}),
        ]
        found = measure(ACTION, faults, rows, today)
        assert found is not None
        assert found.before == Span(START, date(2026, 9, 1), 2, 100, 1)
        assert found.after == Span(date(2026, 9, 1), settled, 1, 70, 1)

    def test_an_order_with_many_broken_units_is_one_complaint(self) -> None:
        faults = [
            fault(START, units=50, reference="2026-0001"),
            fault(START, units=3, reference="2026-0001"),
            fault(START),
        ]
        found = measure(ACTION, faults, [left(START)], date(2026, 12, 1))
        assert found is not None
        assert (found.before.units, found.before.events) == (55, 2)

    def test_nothing_to_measure_before_it_is_in_effect(self) -> None:
        from dataclasses import replace

        assert (
            measure(replace(ACTION, effective_on=None, state=ImprovementState.PLANNED), [], [], START) is None
        )

    def test_right_after_it_began_it_is_too_early(self) -> None:
        found = measure(ACTION, [fault(START)], [left(START)], date(2026, 9, 2))
        assert found is not None
        assert found.outcome is Outcome.TOO_EARLY
        assert found.after.shipped == 0
