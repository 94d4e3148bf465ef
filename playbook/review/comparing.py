"""What scores of a few cases say about the work: means with intervals, and whether anything has changed.

Cases of one day are not independent: an agent with one bad day has several bad cases and is not a bad
agent. So the uncertainty of a mean is at least what the spread between days makes it, and below a few
days nothing is said at all. A comparison of many people at once keeps the false-discovery rate at 5 %.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import sqrt

LEAST_CASES = 10
"""A mean of fewer cases has no interval: it would be as wide as the scale."""

LEAST_DAYS = 3
"""Fewer days say nothing of how days differ."""

CONFIDENCE = 0.95
FALSE_DISCOVERIES = 0.05


@dataclass(slots=True)
class Day:
    """The scores of one day: how many cases, their sum, the sum of their squares; failed, without finding."""

    cases: int = 0
    total: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)
    failed: int = 0
    clean: int = 0

    def merge(self, other: "Day") -> None:
        """Take over what was counted elsewhere."""
        self.cases += other.cases
        self.total += other.total
        self.squares += other.squares
        self.failed += other.failed
        self.clean += other.clean


@dataclass(slots=True)
class Tally:
    """Scores added up by day. It grows with the number of days, never with the number of cases."""

    days: dict[date, Day] = field(default_factory=dict)

    def add(self, on: date, points: Decimal, *, failed: bool = False, clean: bool = False) -> None:
        """Count one case."""
        day = self.days.setdefault(on, Day())
        day.cases += 1
        day.total += points
        day.squares += points * points
        day.failed += failed
        day.clean += clean

    def merge(self, other: "Tally") -> None:
        """Take over what another part of the same run has counted; the order makes no difference."""
        for on, theirs in other.days.items():
            self.days.setdefault(on, Day()).merge(theirs)

    @property
    def cases(self) -> int:
        """How many cases were counted."""
        return sum(day.cases for day in self.days.values())

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(day.failed for day in self.days.values())

    @property
    def clean(self) -> int:
        """How many had no finding that counts."""
        return sum(day.clean for day in self.days.values())

    @property
    def total(self) -> Decimal:
        """The sum of all scores."""
        return sum((day.total for day in self.days.values()), Decimal(0))

    @property
    def squares(self) -> Decimal:
        """The sum of the squares of all scores."""
        return sum((day.squares for day in self.days.values()), Decimal(0))

    @property
    def mean(self) -> float | None:
        """The mean score, or None without cases."""
        return float(self.total / self.cases) if self.cases else None

    @property
    def enough(self) -> bool:
        """Whether there is enough to say how sure the mean is."""
        return self.cases >= LEAST_CASES and len(self.days) >= LEAST_DAYS


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a value lies with 95 % confidence."""

    low: float
    high: float


def interval(tally: Tally) -> Interval | None:
    """Where the true mean score lies, or None where there is not enough to tell.

    Where scores are only 0 and 100 and days do not differ, this is Jeffreys' interval of a share; half a
    case at each end keeps it honest when all scores are equal.
    """
    if not tally.enough:
        return None
    from scipy import stats

    mean, variance = _moments(tally)
    spread = mean * (1 - mean) / variance - 1
    tail = (1 - CONFIDENCE) / 2
    beta = stats.beta(mean * spread, (1 - mean) * spread)
    low, high = float(beta.ppf(tail)), float(beta.ppf(1 - tail))
    seen = float(tally.total) / tally.cases / 100
    return Interval(100 * min(low, seen), 100 * max(high, seen))


def _moments(tally: Tally) -> tuple[float, float]:
    """Mean and variance of the mean, scores from 0 to 1, half a case at each end of the scale added.

    The variance between days counts where it is larger; it is less than of a coin in any case.
    """
    count = tally.cases + 1
    mean = (float(tally.total) / 100 + 0.5) / count
    square = (float(tally.squares) / 10_000 + 0.5) / count
    variance = max(square - mean * mean, 0.0) / (count + 1)
    plain = float(tally.total) / 100 / tally.cases
    off = (float(day.total) / 100 - plain * day.cases for day in tally.days.values())
    days = len(tally.days)
    by_day = days / (days - 1) * sum(part * part for part in off) / tally.cases**2
    return mean, min(max(variance, by_day), 0.99 * mean * (1 - mean))


class Trend(StrEnum):
    """What the difference to the earlier period amounts to."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NOT_ENOUGH = "not_enough"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Change:
    """A mean against that of the earlier period: the difference in points, with its interval."""

    trend: Trend
    difference: float | None = None
    interval: Interval | None = None


def changes(now: Mapping[str, Tally], before: Mapping[str, Tally]) -> dict[str, Change]:
    """How each of *now* compares with its own earlier period.

    Better or worse is said only where the difference stands out among all that are compared
    (Benjamini and Hochberg, at most 5 % false); otherwise it is the same as far as the counts carry.
    """
    from scipy import stats

    found: dict[str, Change] = {}
    compared: dict[str, tuple[float, Interval, float]] = {}
    for name, tally in now.items():
        earlier = before.get(name)
        if earlier is None or not earlier.cases:
            found[name] = Change(Trend.NEW)
        elif not (tally.enough and earlier.enough):
            found[name] = Change(Trend.NOT_ENOUGH, _difference(tally, earlier))
        else:
            compared[name] = _compared(tally, earlier)
    if compared:
        adjusted = stats.false_discovery_control([chance for _d, _i, chance in compared.values()])
        for (name, (difference, at, _chance)), false in zip(compared.items(), adjusted, strict=True):
            trend = Trend.SAME
            if false <= FALSE_DISCOVERIES and not at.low <= 0 <= at.high:
                trend = Trend.BETTER if difference > 0 else Trend.WORSE
            found[name] = Change(trend, difference, at)
    return found


def _difference(now: Tally, before: Tally) -> float | None:
    if now.mean is None or before.mean is None:
        return None
    return now.mean - before.mean


def _compared(now: Tally, before: Tally) -> tuple[float, Interval, float]:
    """Difference, its interval (from those of both means, Newcombe), and how easily chance makes it."""
    from scipy import stats

    at_now, at_before = interval(now), interval(before)
    difference = _difference(now, before)
    assert at_now is not None and at_before is not None and difference is not None  # noqa: PT018
    assert now.mean is not None and before.mean is not None  # noqa: PT018
    down = sqrt((now.mean - at_now.low) ** 2 + (at_before.high - before.mean) ** 2)
    up = sqrt((at_now.high - now.mean) ** 2 + (before.mean - at_before.low) ** 2)
    (mean, variance), (mean_before, variance_before) = _moments(now), _moments(before)
    degrees = min(len(now.days), len(before.days)) - 1
    chance = 2 * stats.t.sf(abs(mean - mean_before) / sqrt(variance + variance_before), degrees)
    return difference, Interval(difference - down, difference + up), float(chance)


def worst_first(tallies: Mapping[str, Tally]) -> list[str]:
    """Names by mean score, the lowest first, then by name."""
    return sorted(tallies, key=lambda name: (tallies[name].mean or 0.0, name))


def monday(day: date) -> date:
    """The Monday of the week of a day."""
    return date.fromordinal(day.toordinal() - day.weekday())


def weekly(tally: Tally) -> dict[date, Tally]:
    """The same counts by week, named by its Monday, in order."""
    weeks: dict[date, Tally] = {}
    for on in sorted(tally.days):
        week = weeks.setdefault(monday(on), Tally())
        week.merge(Tally({on: tally.days[on]}))
    return weeks


def merged(tallies: Iterable[Tally]) -> Tally:
    """All counts together."""
    whole = Tally()
    for tally in tallies:
        whole.merge(tally)
    return whole
