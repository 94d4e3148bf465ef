"""Did it help? Complaints per unit shipped before and after a measure, and what the counts carry.

What is counted are complaints, not units: an order that complains about fifty units is one accident. Given
the complaints of both spans together, those after are binomial, with a chance that only depends on the units
shipped and the ratio of the rates: so the interval of the ratio is exact, for small counts too
(Clopper-Pearson on that chance; Przyborowski and Wilenski 1940).

A measure is taken where a rate was high, and part of what was high was chance: some of the fall would have
come by itself. The page says so; the interval does not know it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from playbook.domain.improvements import Improvement, ImprovementState
from playbook.insights.rates import CONFIDENCE
from playbook.insights.rows import Fault, Shipped, Trait

SETTLE_DAYS = 30
"""Days after shipping in which most complaints come: Amazon's return window (data/policies/deadlines.yaml,
``return_window``). Younger shipments would make every measure look good, so they are not counted yet."""


class Outcome(StrEnum):
    """What the counts say about a measure."""

    WORKED = "worked"
    DID_NOT = "did_not"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class Span:
    """Shipping days from ``first`` to before ``end``: units that went wrong, units shipped, complaints."""

    first: date
    end: date
    units: int
    shipped: int
    events: int

    @property
    def rate(self) -> float | None:
        """Faulty units per unit shipped, None when nothing was shipped."""
        return self.units / self.shipped if self.shipped else None


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure after it: ``ratio`` is complaints per unit shipped, after over before, with its interval.

    ``ratio`` is None where either span carries no rate or nothing went wrong before; ``high`` may be
    infinite. ``more_units`` is about how many units must still be shipped until a measure that does what
    it aims at could be told from none; None when the outcome is known or cannot be foreseen.
    """

    before: Span
    after: Span
    ratio: float | None
    low: float
    high: float
    outcome: Outcome
    more_units: int | None = None


def ratio_interval(
    events: tuple[int, int], shipped: tuple[int, int], confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The exact interval of the rate after over the rate before, from (before, after) counts.

    0 to infinity when nothing went wrong in either span. ValueError without units shipped.
    """
    from scipy.special import betaincinv

    before, after = events
    if min(shipped) <= 0:
        raise ValueError("a rate needs units shipped")
    tail = (1 - confidence) / 2
    low = float(betaincinv(after, before + 1, tail)) if after else 0.0
    high = float(betaincinv(after + 1, before, 1 - tail)) if before else 1.0
    scale = shipped[0] / shipped[1]
    return _odds(low) * scale, _odds(high) * scale


def _odds(chance: float) -> float:
    return chance / (1 - chance) if chance < 1 else float("inf")


def compare(before: Span, after: Span, aim_percent: int, confidence: float = CONFIDENCE) -> Measured:
    """What the counts say: *aim_percent* is how much of the rate before may remain.

    Worked: the rate fell, beyond chance, and the aim may have been met. Did not: even the lower end of the
    interval is above the aim. Otherwise it is too early.
    """
    aim = aim_percent / 100
    if not (before.shipped and after.shipped):
        more = _units_needed(before, aim, confidence)
        return Measured(before, after, None, 0.0, float("inf"), Outcome.TOO_EARLY, more)
    low, high = ratio_interval((before.events, after.events), (before.shipped, after.shipped), confidence)
    ratio = after.events / after.shipped / (before.events / before.shipped) if before.events else None
    outcome = Outcome.TOO_EARLY
    if low > aim:
        outcome = Outcome.DID_NOT
    elif high < 1:
        outcome = Outcome.WORKED
    more = None
    if outcome is Outcome.TOO_EARLY:
        needed = _units_needed(before, aim, confidence)
        more = max(needed - after.shipped, 1) if needed is not None else None
    return Measured(before, after, ratio, low, high, outcome, more)


def _units_needed(before: Span, aim: float, confidence: float) -> int | None:
    """Units shipped after which the aimed-at rate would be told from the one before.

    None when no number would do.
    """
    rate = before.events / before.shipped if before.shipped else 0.0
    if not rate:
        return None

    def told(shipped: int) -> bool:
        expected = round(rate * aim * shipped)
        return ratio_interval((before.events, expected), (before.shipped, shipped), confidence)[1] < 1

    enough = before.shipped
    while not told(enough):
        enough *= 2
        if enough > 1000 * before.shipped:
            return None
    short = 0
    while enough - short > max(1, enough // 100):
        middle = (enough + short) // 2
        short, enough = (short, middle) if told(middle) else (middle, enough)
    return enough


def measure(
    action: Improvement, faults: Iterable[Fault], shipped: Iterable[Shipped], today: date
) -> Measured | None:
    """An action re-measured on *today*; None before it has been in effect."""
    start = action.effective_on
    if start is None or action.state in {ImprovementState.PLANNED, ImprovementState.DROPPED}:
        return None
    end = max(start, today - timedelta(days=SETTLE_DAYS))
    fits = _fits(action)
    problem = action.about.get("problem", "")
    wrong = [fault for fault in faults if fits(fault) and problem in {"", fault.problem}]
    left = [(row.day, row.units) for row in shipped if fits(row)]

    def span(first: date, end: date) -> Span:
        within = [fault for fault in wrong if first <= fault.day < end]
        return Span(
            first,
            end,
            sum(fault.units for fault in within),
            sum(units for day, units in left if first <= day < end),
            len({fault.reference or at for at, fault in enumerate(within)}),
        )

    return compare(span(action.since, start), span(start, end), action.aim_percent)


def _fits(action: Improvement) -> Callable[[Fault | Shipped], bool]:
    """Whether a row is about the goods of *action*."""
    sku = action.about.get("sku", "")
    traits = {trait: action.about[trait] for trait in Trait if action.about.get(trait)}

    def fits(row: Fault | Shipped) -> bool:
        return sku in {"", row.sku} and all(
            row.traits.get(trait, "") == value for trait, value in traits.items()
        )

    return fits


def limits(expected: float, sigmas: float = 3.0) -> tuple[int, int]:
    """The counts between which chance alone stays as it does within *sigmas* of a normal curve.

    Exact for Poisson counts with mean *expected*, so that small weeks are not called out by a limit below
    their first fault.
    """
    from scipy.special import ndtr, pdtr

    tail = float(ndtr(-sigmas))
    high = int(expected)
    while pdtr(high, expected) < 1 - tail:
        high += 1
    low = 0
    while pdtr(low, expected) < tail:
        low += 1
    return low, high
