"""What counts carry: intervals of rates, shrinkage, tests, control limits, change points.

The unit of evidence is the *event*: one complaint about one SKU of one order. Units come in clumps (an order
with 50 broken units is one accident), so units say how large a problem is and events say how sure it is.
Every function takes plain numbers or arrays; scipy is loaded at the first call.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

CONFIDENCE = 0.95
STRONGEST_PULL = 1e4
"""The shape of a prior that leaves practically no spread between goods: none was seen."""


def clumped_interval(
    clumps: Sequence[int], shipped: int, confidence: float = CONFIDENCE, *, largest: int = 1
) -> tuple[float, float]:
    """The interval of units per unit shipped when they came in *clumps*, one number of units an event.

    The gamma interval for weighted sums of Poisson counts (Fay and Feuer 1997), which is the exact one of
    Garwood when every clump is one unit, and wide when few events brought many units. *largest* is how many
    units an event may bring, as far as one knows from elsewhere: without it, events that did not happen yet
    are taken to be no larger than those that did. ValueError without units shipped.
    """
    from scipy.special import gammaincinv

    if shipped <= 0:
        raise ValueError("a rate needs units shipped")
    tail = (1 - confidence) / 2
    total, squares = sum(clumps), sum(units * units for units in clumps)
    largest = max(largest, *clumps, 1)
    low = 0.0
    if total:
        low = squares / total * float(gammaincinv(total * total / squares, tail))
    above, spread = total + largest, squares + largest * largest
    high = spread / above * float(gammaincinv(above * above / spread, 1 - tail))
    return low / shipped, high / shipped


def spread_of(events: "Numbers", expected: "Numbers") -> float:
    """How much goods differ: the shape of the gamma prior of observed over expected, by likelihood.

    Its mean is 1, its variance 1 over the shape (empirical Bayes; DuMouchel 1999 with one component). Large
    when the counts show no more spread than chance.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    known = expected > 0
    n, e = events[known], expected[known]
    if not n.size:
        return STRONGEST_PULL

    def against(log_shape: float) -> float:
        shape = np.exp(log_shape)
        terms = gammaln(shape + n) - gammaln(shape) - n * np.log1p(shape / e) - shape * np.log1p(e / shape)
        return float(-terms.sum())

    found = minimize_scalar(against, bounds=(np.log(0.02), np.log(STRONGEST_PULL)), method="bounded")
    return float(np.exp(found.x))


class Pulled(NamedTuple):
    """Observed over expected, pulled toward 1, with an interval. Arrays, one value for each pair."""

    times: Any
    low: Any
    high: Any


def pulled(events: "Numbers", expected: "Numbers", shape: float, confidence: float = CONFIDENCE) -> Pulled:
    """The posterior mean and interval of how many times as often as expected events come."""
    from scipy.special import gammaincinv

    tail = (1 - confidence) / 2
    top, bottom = events + shape, expected + shape
    return Pulled(top / bottom, gammaincinv(top, tail) / bottom, gammaincinv(top, 1 - tail) / bottom)


def more_than_share(events: "Numbers", total: "Numbers", share: "Numbers") -> "Numbers":
    """The chance of at least *events* of *total* in a part with this *share* of what was shipped.

    Exact when all rates are equal, without knowing the rate: given the total, the part is binomial. For a
    sum of such parts with different shares it is an upper bound (Hoeffding 1956) where there are more events
    than expected by one; below that it is set to 1.
    """
    import numpy as np
    from scipy.special import bdtrc

    n, whole = np.asarray(events, float), np.asarray(total, float)
    p = np.clip(share, 0.0, 1.0)
    counted = (n >= 1) & (n >= whole * p + 1)
    tail = bdtrc(np.maximum(n - 1, 0), np.maximum(whole, 1).astype(int), p)
    return np.where(counted, np.clip(tail, 0.0, 1.0), 1.0)


def false_discovery(chances: "Numbers") -> "Numbers":
    """The q-value of each p-value: the smallest false-discovery rate at which it is called.

    Benjamini and Hochberg 1995; valid for independent tests and such that move together.
    """
    import numpy as np

    p = np.asarray(chances, float)
    if not p.size:
        return p
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    found = np.empty_like(p)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


class Rise(NamedTuple):
    """Where a rate went up, if it did: the first place of the new rate, and how likely chance alone is."""

    place: int
    chance: float


def rise(events: "Numbers", shipped: "Numbers") -> Rise:
    """The likeliest place at which the rate of a series went up, and the chance of one as clear anywhere.

    The chance is exact for each place (binomial, given the total) and at most summed over all places, so
    it does not need the rate and never claims too much. The place is that of the largest likelihood ratio
    of two rates against one (Hinkley 1970), among places where the rate after is higher.
    """
    import numpy as np
    from scipy.special import bdtrc, xlogy

    n, e = np.asarray(events, float), np.asarray(shipped, float)
    total, whole = n.sum(), e.sum()
    places = np.arange(1, n.size)
    after_n, after_e = total - n.cumsum()[:-1], whole - e.cumsum()[:-1]
    before_n, before_e = total - after_n, whole - after_e
    fair = (after_e > 0) & (before_e > 0) & (after_n * before_e > before_n * after_e)
    if not fair.any():
        return Rise(0, 1.0)
    places, after_n, after_e = places[fair], after_n[fair], after_e[fair]
    before_n, before_e = before_n[fair], before_e[fair]
    gain = xlogy(after_n, after_n / after_e) + xlogy(before_n, before_n / before_e)
    chances = bdtrc(after_n - 1, int(total), after_e / whole)
    chance = min(1.0, float(chances.min()) * max(n.size - 1, 1))
    return Rise(int(places[int(gain.argmax())]), chance)


class Watch(NamedTuple):
    """A watch over a series: the chart's value at each place, and where it first passed its limit."""

    chart: list[float]
    limit: float
    alarm: int | None


def watch(
    events: Sequence[float], shipped: Sequence[float], usual: float, limit: float, times: float = 2.0
) -> Watch:
    """A CUSUM for a Poisson rate that may rise to *times* the *usual* one (Lucas 1985).

    *usual* is events per unit shipped. The chart adds the log likelihood ratio of each place and never
    falls below 0; `watch_limit` gives the limit for the false alarms one will bear.
    """
    from math import log

    chart, value, alarm = [], 0.0, None
    for place, (n, e) in enumerate(zip(events, shipped, strict=True)):
        value = max(0.0, value + n * log(times) - (times - 1) * usual * e)
        chart.append(value)
        if alarm is None and value >= limit:
            alarm = place
    return Watch(chart, limit, alarm)


def watch_limit(expected: float, weeks_between: float, times: float = 2.0) -> float:
    """The limit of `watch` with one false alarm in *weeks_between* on average.

    *expected* is the usual number of events a week. The average is that of a Markov chain over 60 steps of
    the chart (Brook and Evans 1972).
    """
    low, high = 0.0, 1.0
    while _weeks_until_alarm(expected, high, times) < weeks_between:
        high *= 2
    for _ in range(16):
        middle = (low + high) / 2
        if _weeks_until_alarm(expected, middle, times) < weeks_between:
            low = middle
        else:
            high = middle
    return high


def _weeks_until_alarm(expected: float, limit: float, times: float, steps: int = 60) -> float:
    import numpy as np
    from scipy.special import pdtr

    size = limit / steps
    values = np.concatenate(([0.0], (np.arange(steps, dtype=np.float64) + 0.5) * size))
    edges = np.arange(1, steps + 1, dtype=np.float64) * size

    def at_most(value: "Numbers") -> "Numbers":
        count = np.floor((value + (times - 1) * expected) / np.log(times) + 1e-12)
        return np.where(count < 0, 0.0, pdtr(np.maximum(count, 0), expected))

    zero = at_most(-values)[:, None]
    reach: Numbers = edges[None, :] - values[:, None] - 1e-12
    below = at_most(reach)
    moves = np.diff(np.concatenate((zero, below), axis=1), axis=1)
    matrix = np.concatenate((zero, np.maximum(moves, 0.0)), axis=1)
    weeks = np.linalg.solve(np.eye(steps + 1) - matrix, np.ones(steps + 1))
    return float(weeks[0])
