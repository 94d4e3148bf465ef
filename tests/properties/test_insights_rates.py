"""Intervals, shrinkage, false discoveries and change points: what they promise, tried on data where it is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chi2

from playbook.insights import rates


@given(st.integers(0, 300), st.integers(1, 100_000))
def test_single_units_give_the_exact_poisson_interval(units: int, shipped: int) -> None:
    low, high = rates.clumped_interval([1] * units, shipped)
    assert low == pytest.approx(chi2.ppf(0.025, 2 * units) / 2 / shipped if units else 0.0)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * units + 2) / 2 / shipped)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(100, 100_000))
def test_clumps_never_make_an_interval_narrower(clumps: list[int], shipped: int) -> None:
    units = sum(clumps)
    low, high = rates.clumped_interval(clumps, shipped)
    sure_low, sure_high = rates.clumped_interval([1] * units, shipped)
    assert low <= sure_low + 1e-12
    assert high >= sure_high - 1e-12
    assert low <= units / shipped <= high


@pytest.mark.parametrize(("mean", "sizes"), [(3.0, (1,)), (8.0, (1, 1, 2, 20)), (1.0, (1, 50))])
def test_the_interval_holds_the_true_rate_as_often_as_it_says(mean: float, sizes: tuple[int, ...]) -> None:
    random = np.random.default_rng(7)
    shipped, runs = 1000, 800
    true = mean * np.mean(sizes) / shipped
    held = 0
    for _ in range(runs):
        clumps = random.choice(sizes, random.poisson(mean)).tolist()
        low, high = rates.clumped_interval(clumps, shipped, largest=max(sizes))
        held += low <= true <= high
    assert held / runs >= 0.94


def test_a_rate_needs_units_shipped() -> None:
    with pytest.raises(ValueError, match="units shipped"):
        rates.clumped_interval([1], 0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.floats(0.1, 50)), min_size=1, max_size=20),
    st.floats(0.05, 1000),
)
def test_shrinkage_pulls_toward_one_and_never_past_it(pairs: list[tuple[int, float]], shape: float) -> None:
    n, e = np.array(pairs).T
    times, low, high = rates.pulled(n, e, shape)
    raw = n / e
    assert np.all(np.abs(times - 1) <= np.abs(raw - 1) + 1e-9)
    assert np.all((times - 1) * (raw - 1) >= -1e-9)
    assert np.all((low <= times) & (times <= high))
    more, _low, _high = rates.pulled(n + 1, e, shape)
    assert np.all(more > times)


def test_the_spread_is_found_where_there_is_one_and_denied_where_there_is_none() -> None:
    random = np.random.default_rng(11)
    expected = random.uniform(1, 20, 4000)
    assert rates.spread_of(random.poisson(expected).astype(float), expected) > 50
    uneven = random.poisson(expected * random.gamma(2, 1 / 2, 4000)).astype(float)
    assert rates.spread_of(uneven, expected) == pytest.approx(2, rel=0.15)
    assert rates.spread_of(np.zeros(3), np.zeros(3)) == rates.STRONGEST_PULL


def test_shrunken_intervals_hold_the_true_ratio() -> None:
    random = np.random.default_rng(13)
    expected = random.uniform(0.5, 10, 4000)
    true = random.gamma(2, 1 / 2, 4000)
    n = random.poisson(expected * true).astype(float)
    _times, low, high = rates.pulled(n, expected, rates.spread_of(n, expected))
    assert 0.935 <= np.mean((low <= true) & (true <= high)) <= 0.965


@given(st.integers(1, 200), st.floats(0.001, 0.999), st.data())
def test_the_chance_of_a_part_is_binomial_above_its_share(
    total: int, share: float, data: st.DataObject
) -> None:
    events = data.draw(st.integers(0, total))
    found = float(rates.more_than_share(np.array([events]), np.array([total]), np.array([share]))[0])
    if events >= max(1, total * share + 1):
        assert found == pytest.approx(binom.sf(events - 1, total, share), abs=1e-12)
    else:
        assert found == 1


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.001, 0.5))
def test_q_values_call_what_benjamini_and_hochberg_call(chances: list[float], level: float) -> None:
    q = rates.false_discovery(np.array(chances))
    ranked = sorted(chances)
    most = max((k for k, p in enumerate(ranked, 1) if p * len(ranked) / k <= level), default=0)
    assert (
        int((q <= level).sum()) == sum(p <= ranked[most - 1] for p in chances)
        if most
        else not (q <= level).any()
    )
    assert all(one >= p - 1e-15 for one, p in zip(q, chances, strict=True))
    order = np.argsort(chances, kind="stable")
    assert np.all(np.diff(q[order]) >= 0)


def test_false_discoveries_stay_at_the_rate_among_real_ones() -> None:
    random = np.random.default_rng(17)
    shares = []
    for _ in range(300):
        p = random.uniform(size=400)
        p[:40] = random.beta(0.05, 8, 40)
        called = rates.false_discovery(p) <= 0.1
        shares.append(called[40:].sum() / max(called.sum(), 1))
    assert np.mean(shares) <= 0.1


def test_a_rise_is_dated_and_noise_has_none() -> None:
    random = np.random.default_rng(19)
    shipped = random.integers(20, 60, 40).astype(float)
    rate = np.where(np.arange(40) < 25, 0.03, 0.15)
    places, false = [], 0
    for _ in range(200):
        found = rates.rise(random.poisson(shipped * rate).astype(float), shipped)
        places += [found.place] if found.chance <= 0.05 else []
        false += rates.rise(random.poisson(shipped * 0.05).astype(float), shipped).chance <= 0.05
    assert len(places) >= 195
    assert abs(np.median(places) - 25) <= 1
    assert false <= 10


@pytest.mark.parametrize("series", [[], [3.0], [0.0, 0.0, 0.0], [5.0, 4.0, 0.0]])
def test_nothing_rises_in_a_short_empty_or_falling_series(series: list[float]) -> None:
    assert rates.rise(np.array(series), np.full(len(series), 10.0)) == (0, 1.0)


@settings(deadline=None, max_examples=6)
@given(st.floats(0.3, 20), st.sampled_from([8.0, 26.0, 52.0]), st.sampled_from([1.5, 2.0, 3.0]))
def test_a_longer_peace_needs_a_higher_limit(expected: float, weeks: float, times: float) -> None:
    assert rates.watch_limit(expected, weeks, times) <= rates.watch_limit(expected, 2 * weeks, times)


def test_false_alarms_come_as_seldom_as_asked_for() -> None:
    random = np.random.default_rng(23)
    limit = rates.watch_limit(1.2, 26, 3.0)
    weeks = []
    for _ in range(500):
        alarm = rates.watch(random.poisson(1.2, 400).tolist(), [40] * 400, 0.03, limit, 3.0).alarm
        weeks.append(400 if alarm is None else alarm + 1)
    assert np.mean(weeks) >= 23


def test_a_watch_tells_where_it_passed_its_limit() -> None:
    found = rates.watch([1, 1, 6, 6], [40] * 4, 0.03, 2.0, 3.0)
    assert found.alarm == 2
    assert found.chart[0] == 0
    assert len(found.chart) == 4
    assert rates.watch([1, 1], [40, 40], 0.03, 2.0).alarm is None
