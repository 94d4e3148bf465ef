"""Means with honest intervals, and changes that are said only where the counts carry them."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from playbook.review.comparing import (
    LEAST_CASES,
    Interval,
    Tally,
    Trend,
    changes,
    interval,
    merged,
    weekly,
    worst_first,
)

DAY = date(2026, 11, 2)
SCORES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 1000).map(lambda tenths: Decimal(tenths) / 10)), max_size=60
)


def tally(scores):
    """Scores by day: (day number, points)."""
    counted = Tally()
    for day, points in scores:
        on = DAY + timedelta(days=int(day))
        counted.add(on, Decimal(points), failed=points == 0, clean=points == 100)
    return counted


def spread(points, days=10):
    """Scores dealt out to days in turn."""
    return tally([(number % days, score) for number, score in enumerate(points)])


@given(SCORES, SCORES)
def test_counts_can_be_merged_in_any_order(one, other):
    together = tally(one + other)
    assert merged([tally(one), tally(other)]) == merged([tally(other), tally(one)]) == together
    assert merged(weekly(together).values()) == together
    assert all(week.weekday() == 0 for week in weekly(together))


@given(SCORES)
def test_an_interval_holds_the_mean_and_stays_on_the_scale(scores):
    counted = tally(scores)
    at = interval(counted)
    if at is None:
        assert not counted.enough
        return
    assert counted.mean is not None
    assert -1e-9 <= at.low <= counted.mean <= at.high <= 100 + 1e-9
    assert at.high - at.low > 0


def test_a_few_cases_or_days_say_nothing():
    assert interval(spread([100] * (LEAST_CASES - 1))) is None
    assert interval(spread([100, 50] * 50, days=2)) is None
    assert Tally().mean is None
    assert interval(Tally()) is None


def test_equal_scores_are_not_taken_for_certainty():
    at = interval(spread([100] * 10))
    assert at is not None
    assert 70 < at.low < 90
    assert at.high == pytest.approx(100, abs=0.1)


def test_scores_of_nothing_and_all_are_a_share_with_jeffreys_interval():
    at = interval(tally([(day, points) for day in range(15) for points in (0, 100)]))
    low, high = stats.beta.ppf([0.025, 0.975], 15.5, 15.5) * 100
    assert at is not None
    assert (at.low, at.high) == (pytest.approx(low), pytest.approx(high))


def test_one_bad_day_makes_the_interval_wide_instead_of_the_agent_bad():
    even = interval(spread([0] * 8 + [100] * 32, days=5))
    bad_day = interval(tally([(0, 0)] * 8 + [(1 + n % 4, 100) for n in range(32)]))
    assert even is not None
    assert bad_day is not None
    assert bad_day.high - bad_day.low > 1.5 * (even.high - even.low)
    before = {"Lin": spread([100] * 40)}
    assert (
        changes({"Lin": tally([(0, 0)] * 8 + [(1 + n % 4, 100) for n in range(32)])}, before)["Lin"].trend
        is Trend.SAME
    )
    assert changes({"Lin": spread([0] * 20 + [100] * 60, days=20)}, before)["Lin"].trend is Trend.WORSE


def test_what_cannot_be_compared_is_said():
    few, many = spread([100] * 5), spread([100] * 30)
    assert changes({"a": many}, {})["a"].trend is Trend.NEW
    change = changes({"a": few}, {"a": many})["a"]
    assert (change.trend, change.difference, change.interval) == (Trend.NOT_ENOUGH, 0.0, None)
    assert changes({"a": Tally()}, {"a": many})["a"].difference is None
    better = changes({"a": many}, {"a": spread([0, 100] * 20)})["a"]
    assert better.trend is Trend.BETTER
    assert isinstance(better.interval, Interval)
    assert better.interval.low > 0


def test_the_worst_come_first():
    assert worst_first({"b": spread([50]), "a": spread([50]), "c": spread([10]), "d": Tally()}) == [
        "d",
        "c",
        "a",
        "b",
    ]


def _drawn(chance, cases, days):
    """Scores as reviews give them: many full ones, some failed, the rest in between."""
    kind = chance.random(cases)
    points = np.where(kind < 0.55, 100, np.where(kind < 0.7, 0, np.round(chance.uniform(40, 99, cases), 1)))
    return tally(zip(chance.integers(0, days, cases), (Decimal(str(p)) for p in points), strict=True))


@pytest.mark.parametrize("cases", [12, 60])
def test_intervals_hold_the_true_mean_as_often_as_they_say(cases):
    chance = np.random.default_rng(5)
    true = 55 + 0.30 * 69.5
    inside = 0
    for _run in range(400):
        at = interval(_drawn(chance, cases, 10))
        assert at is not None
        inside += at.low <= true <= at.high
    assert inside / 400 >= 0.93


def test_equal_people_are_rarely_told_apart():
    chance = np.random.default_rng(7)
    told = 0
    for _run in range(60):
        now = {str(name): _drawn(chance, 40, 15) for name in range(15)}
        before = {str(name): _drawn(chance, 40, 15) for name in range(15)}
        told += any(change.trend in {Trend.BETTER, Trend.WORSE} for change in changes(now, before).values())
    assert told / 60 <= 0.10
