"""How far two people who score the same cases agree: Cohen's kappa, by check and over all.

Kappa is how much of the agreement beyond chance was reached: 1 is always, 0 is what two people reach who
do not look (Cohen 1960, https://doi.org/10.1177/001316446002000104).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from playbook.domain.case import Case
from playbook.domain.events import Verdict
from playbook.domain.ids import CaseId
from playbook.review.comparing import CONFIDENCE, Interval

LEAST_CASES = 10
"""Below so many cases scored twice there is no interval."""

RESAMPLES = 2000
SEED = 20261124


@dataclass(frozen=True, slots=True)
class Pair:
    """Two verdicts on one check of one case, by two people (in the order of their names)."""

    case_id: CaseId
    check: str
    first: Verdict
    second: Verdict


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of ``pairs`` verdicts on ``cases``, how many are the same, and kappa.

    Kappa is None where it is undefined: without pairs, or when both always said the same one thing, so
    that there is nothing that chance could not do.
    """

    cases: int
    pairs: int
    same: int
    kappa: float | None
    interval: Interval | None = None


def pairs_of(case: Case, scorecard: str) -> tuple[Pair, ...]:
    """What any two people said by the same scorecard about the same state of a case."""
    scored = sorted((s for s in case.scorings if s.scorecard == scorecard), key=lambda s: s.by)
    return tuple(
        Pair(case.case_id, check, one.verdicts[check], other.verdicts[check])
        for one, other in combinations(scored, 2)
        if one.upto == other.upto
        for check in sorted(one.verdicts.keys() & other.verdicts.keys())
    )


def kappa(pairs: Iterable[tuple[Verdict, Verdict]]) -> float | None:
    """Cohen's kappa, or None where it is undefined."""
    table = Counter(pairs)
    total = sum(table.values())
    if not total:
        return None
    first, second = Counter[Verdict](), Counter[Verdict]()
    for (one, other), count in table.items():
        first[one] += count
        second[other] += count
    same = sum(count for (one, other), count in table.items() if one is other)
    by_chance = sum(first[verdict] * second[verdict] for verdict in Verdict)
    if by_chance == total * total:
        return None
    return (same * total - by_chance) / (total * total - by_chance)


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """Kappa over pairs of verdicts with its interval; verdicts on one case belong together.

    The interval resamples whole cases (a seeded bootstrap); for people who always agreed it comes from
    the exact interval of a share that was never missed.
    """
    by_case: dict[CaseId, list[tuple[Verdict, Verdict]]] = defaultdict(list)
    for pair in pairs:
        by_case[pair.case_id].append((pair.first, pair.second))
    verdicts = [verdict for case in by_case.values() for verdict in case]
    same = sum(one is other for one, other in verdicts)
    value = kappa(verdicts)
    at = None
    if value is not None and len(by_case) >= LEAST_CASES:
        at = _perfect(verdicts, len(by_case)) if same == len(verdicts) else _resampled(by_case, value)
    return Agreement(len(by_case), len(verdicts), same, value, at)


def _perfect(verdicts: Sequence[tuple[Verdict, Verdict]], cases: int) -> Interval:
    """What people who agreed on all of *cases* may still disagree on (Clopper and Pearson)."""
    from scipy import stats

    lowest = float(stats.beta.ppf((1 - CONFIDENCE) / 2, cases, 1))
    shares = [count / len(verdicts) for count in Counter(one for one, _other in verdicts).values()]
    by_chance = sum(share * share for share in shares)
    return Interval((lowest - by_chance) / (1 - by_chance), 1.0)


def _resampled(by_case: dict[CaseId, list[tuple[Verdict, Verdict]]], value: float) -> Interval:
    import numpy as np

    kinds = list(Verdict)
    tables = np.zeros((len(by_case), len(kinds), len(kinds)))
    for number, case_id in enumerate(sorted(by_case)):
        for one, other in by_case[case_id]:
            tables[number, kinds.index(one), kinds.index(other)] += 1
    drawn = np.random.default_rng(SEED).multinomial(
        len(by_case), np.full(len(by_case), 1 / len(by_case)), size=RESAMPLES
    )
    sums = np.tensordot(drawn, tables, axes=1)
    totals = sums.sum(axis=(1, 2))
    same = np.trace(sums, axis1=1, axis2=2) / totals
    by_chance = (sums.sum(axis=2) * sums.sum(axis=1)).sum(axis=1) / totals**2
    defined = by_chance < 1
    values = np.where(defined, (same - by_chance) / np.where(defined, 1 - by_chance, 1), 0.0)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(min(float(low), value), max(float(high), value))


def by_check(pairs: Sequence[Pair]) -> dict[str, Agreement]:
    """The agreement on each check that two people judged, the lowest kappa first, undefined ones last."""
    grouped: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        grouped[pair.check].append(pair)
    found = {check: agreement(group) for check, group in grouped.items()}
    order = sorted(found, key=lambda check: (found[check].kappa is None, found[check].kappa or 0.0, check))
    return {check: found[check] for check in order}
