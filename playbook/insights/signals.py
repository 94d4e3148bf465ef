"""Which goods go wrong more often than chance explains, since when, and what to do about it.

Compared are complaints (events, see `playbook.insights.rates`) per order line shipped, or per unit where
lines were not counted. A SKU is held against the other SKUs of its family, or against everything where it has
no kin; a lot, a carrier and so on against the other values of that trait *within the same SKUs*, so that
a carrier who only gets the fragile goods is not blamed for them. A family or a supplier, which
no SKU has two of, is compared over those of its SKUs that do not stand out by themselves. Whether a
SKU's rate rose within the period is a question of its own. All these questions are asked at once, and the
false-discovery rate holds over all of them together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from playbook.insights import rates
from playbook.insights.measures import Measures, load_measures
from playbook.insights.rows import Fault, Shipped, Signal, Trait

SURE_RISE = 0.05
"""The chance at most at which a signal is told a beginning."""

WATCHED_WEEKS = 6
"""So far back early warnings look."""

TWICE = 2.0
"""Goods are called usual when the data rule out that they go wrong twice as often as expected."""


class Verdict(StrEnum):
    """What the counts say about a SKU and a problem."""

    SIGNAL = "signal"
    USUAL = "usual"
    NOT_ENOUGH = "not_enough"
    NO_RATE = "no_rate"


class Event(NamedTuple):
    """One complaint about one SKU: all units of one order with one problem."""

    sku: str
    problem: str
    week: date
    units: int
    traits: Mapping[Trait, str]


@dataclass(slots=True)
class Counts:
    """Events and shipments, counted once. ``weight`` are lines where they are known, else units."""

    faults: list[Fault]
    shipped: list[Shipped]
    by_lines: bool
    weight: dict[str, float]
    units: dict[str, int]
    weekly: dict[str, dict[date, float]]
    events: list[Event]
    number: dict[tuple[str, str], int]
    family: dict[str, str] = field(default_factory=dict)
    weeks_of: dict[tuple[str, str], list[date]] = field(default_factory=dict)
    faults_by: dict[tuple[str, str], list[Fault]] = field(default_factory=dict)
    shipped_by: dict[str, list[Shipped]] = field(default_factory=dict)


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def count(faults: Iterable[Fault], shipped: Iterable[Shipped]) -> Counts:
    """Faults as events, shipments as what they are divided by."""
    wrong, left = [fault for fault in faults if fault.units > 0], [row for row in shipped if row.units > 0]
    by_lines = bool(left) and all(row.lines > 0 for row in left)
    weight: dict[str, float] = defaultdict(float)
    units: dict[str, int] = defaultdict(int)
    weekly: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    family: dict[str, str] = {}
    for row in left:
        part = row.lines if by_lines else row.units
        weight[row.sku] += part
        units[row.sku] += row.units
        weekly[row.sku][monday(row.day)] += part
        family[row.sku] = row.traits.get(Trait.FAMILY, "")
    grouped: dict[tuple[str, str, object], list[Fault]] = defaultdict(list)
    for place, fault in enumerate(wrong):
        grouped[fault.sku, fault.problem, fault.reference or place].append(fault)
    events = [
        Event(sku, problem, monday(rows[0].day), sum(row.units for row in rows), rows[0].traits)
        for (sku, problem, _reference), rows in grouped.items()
    ]
    weeks_of: dict[tuple[str, str], list[date]] = defaultdict(list)
    for event in events:
        weeks_of[event.sku, event.problem].append(event.week)
    faults_by: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in wrong:
        faults_by[fault.sku, fault.problem].append(fault)
    shipped_by: dict[str, list[Shipped]] = defaultdict(list)
    for row in left:
        shipped_by[row.sku].append(row)
    return Counts(
        wrong,
        left,
        by_lines,
        dict(weight),
        dict(units),
        {sku: dict(weeks) for sku, weeks in weekly.items()},
        events,
        {pair: len(weeks) for pair, weeks in weeks_of.items()},
        family,
        dict(weeks_of),
        dict(faults_by),
        dict(shipped_by),
    )


@dataclass(slots=True)
class Question:
    """Whether goods have more events than their share: ``events`` of ``total``, ``share`` of the weight.

    ``skus`` are those that were compared, ``against`` those they were compared with.
    """

    about: dict[str, str]
    events: int
    total: int
    share: float
    skus: frozenset[str]
    against: frozenset[str]
    chance: float = 1.0
    q: float = 1.0
    rise: rates.Rise | None = None
    rise_q: float = 1.0

    @property
    def expected(self) -> float:
        """Events expected from the others alone; half an event where they had none."""
        others = max(self.total - self.events, 0.5)
        return others * self.share / max(1 - self.share, 1e-9)

    @property
    def best_q(self) -> float:
        """The smaller of both questions."""
        return min(self.q, self.rise_q)


def find(faults: Sequence[Fault], shipped: Sequence[Shipped]) -> tuple[Signal, ...]:
    """The signals, the highest rate (pulled toward the usual) first. Empty where nothing was shipped."""
    measures = load_measures()
    counts = count(faults, shipped)
    rule = measures.signals
    asked = questions(counts, rule.false_discovery, rule.fewest_events)
    called = [one for one in asked if one.events >= rule.fewest_events and one.best_q <= rule.false_discovery]
    signals = _signals(counts, called, asked, measures)
    return tuple(
        signal
        for _rate, signal in sorted(signals, key=lambda pair: (-pair[0], sorted(pair[1].about.items())))
    )


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """Goods to watch: in the week of ``on`` complaints passed the limit, which chance does too now and then.

    ``usual`` and ``lately`` are events in the weeks before and in the last weeks, ``expected`` how many
    lately would be usual.
    """

    about: Mapping[str, str]
    on: date
    usual: int
    lately: int
    expected: float


def early_warnings(faults: Sequence[Fault], shipped: Sequence[Shipped]) -> tuple[EarlyWarning, ...]:
    """What may have begun to go wrong twice as often within the last weeks: earlier than it can be proven.

    Every SKU and problem with enough events before is watched, each so patiently that all of them together
    cry wolf once in ``quiet_weeks`` (data/insights/measures.yaml). Learned from the weeks before the last.
    """
    counts, rule = count(faults, shipped), load_measures().signals
    watched = []
    for (sku, problem), days in counts.weeks_of.items():
        weeks = sorted(counts.weekly.get(sku, ()))
        before, lately = weeks[:-WATCHED_WEEKS], weeks[-WATCHED_WEEKS:]
        known = Counter(days)
        usual, left = (sum(of[week] for week in before) for of in (known, counts.weekly.get(sku, {})))
        if usual >= rule.fewest_events and left:
            watched.append((sku, problem, before, lately, known, usual / left))
    found = []
    for sku, problem, before, lately, known, rate in watched:
        weekly = [counts.weekly[sku][week] for week in lately]
        expected = rate * sum(weekly) / len(weekly)
        limit = rates.watch_limit(expected, rule.quiet_weeks * len(watched))
        seen = rates.watch([known[week] for week in lately], weekly, rate, limit)
        if seen.alarm is not None:
            about = {"sku": sku, "problem": problem}
            usual, new = (sum(known[week] for week in span) for span in (before, lately))
            found.append(EarlyWarning(about, lately[seen.alarm], usual, new, expected * len(lately)))
    return tuple(sorted(found, key=lambda one: (one.expected / one.lately, sorted(one.about.items()))))


def questions(counts: Counts, level: float, fewest: int) -> list[Question]:
    """Every question, answered: chance and q-value of each."""
    import numpy as np

    of_skus = list(_of_skus(counts))
    _answer(of_skus)
    for one, q in zip(of_skus, rates.false_discovery(np.array([one.chance for one in of_skus])), strict=True):
        one.q = float(q)
    own = {
        (one.about["sku"], one.about["problem"]) for one in of_skus if one.q <= level and one.events >= fewest
    }
    of_traits = list(_of_traits(counts, own))
    _answer(of_traits)
    asked = [*of_skus, *of_traits]
    for one in of_skus:
        if one.events >= fewest:
            one.rise = _rise(counts, one.about["sku"], one.about["problem"])
    rising = [one for one in of_skus if one.rise is not None]
    chances = [one.chance for one in asked] + [one.rise.chance for one in rising if one.rise is not None]
    found = rates.false_discovery(np.array(chances))
    for one, q in zip(asked, found, strict=False):
        one.q = float(q)
    for one, q in zip(rising, found[len(asked) :], strict=True):
        one.rise_q = float(q)
    return asked


def _answer(asked: list[Question]) -> None:
    import numpy as np

    columns = np.array([(one.events, one.total, one.share) for one in asked]).reshape(-1, 3)
    for one, chance in zip(asked, rates.more_than_share(*columns.T), strict=True):
        one.chance = float(chance)


def _of_skus(counts: Counts) -> Iterator[Question]:
    """Each SKU of which something was shipped, with each problem that occurs."""
    kin: dict[str, set[str]] = defaultdict(set)
    for sku in counts.weight:
        kin[counts.family.get(sku, "")].add(sku)
    everything = frozenset(counts.weight)
    stratum = {
        sku: frozenset(members) if family and len(members) > 1 else everything
        for family, members in kin.items()
        for sku in members
    }
    weight = {members: sum(counts.weight[sku] for sku in members) for members in set(stratum.values())}
    total: dict[tuple[frozenset[str], str], int] = defaultdict(int)
    strata = set(stratum.values()) | {everything}
    for (sku, problem), number in counts.number.items():
        if sku in counts.weight:
            for members in {stratum[sku], everything} & strata:
                total[members, problem] += number
    problems = sorted({problem for sku, problem in counts.number if sku in counts.weight})
    for sku, own in counts.weight.items():
        members = stratum[sku]
        for problem in problems:
            yield Question(
                {"sku": sku, "problem": problem},
                counts.number.get((sku, problem), 0),
                total[members, problem],
                own / weight[members],
                frozenset({sku}),
                members - {sku} if len(members) < 50 else members,
            )


def _of_traits(counts: Counts, own: set[tuple[str, str]]) -> Iterator[Question]:
    """Each value of each trait with each problem, within SKUs that have more than one value of it.

    *own* are SKUs that stand out by themselves: left out where no SKU has two values.
    """
    for trait in Trait:
        weight: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in counts.shipped:
            part = row.lines if counts.by_lines else row.units
            weight[row.sku][row.traits.get(trait, "")] += part
        number: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for event in counts.events:
            value = event.traits.get(trait, "")
            if value in weight.get(event.sku, {}):
                number[event.problem, event.sku][value] += 1
        values = sorted({value for of_sku in weight.values() for value in of_sku} - {""})
        if len(values) < 2:
            continue
        mixed = {sku for sku, of_sku in weight.items() if len(of_sku) > 1}
        problems = sorted({problem for problem, _sku in number})
        for value in values:
            holders = [sku for sku, of_sku in weight.items() if value in of_sku]
            within = [sku for sku in holders if sku in mixed]
            for problem in problems:
                if within:
                    yield _within(trait, value, problem, within, weight, number)
                elif not mixed:
                    yield _between(trait, value, problem, weight, number, own)


def _within(
    trait: Trait,
    value: str,
    problem: str,
    skus: Sequence[str],
    weight: Mapping[str, Mapping[str, float]],
    number: Mapping[tuple[str, str], Mapping[str, int]],
) -> Question:
    events, total, expected = 0, 0, 0.0
    for sku in skus:
        of_sku = number.get((problem, sku), {})
        here = sum(of_sku.values())
        events += of_sku.get(value, 0)
        total += here
        expected += here * weight[sku][value] / sum(weight[sku].values())
    share = expected / total if total else 0.0
    compared = frozenset(skus)
    return Question({trait.value: value, "problem": problem}, events, total, share, compared, compared)


def _between(
    trait: Trait,
    value: str,
    problem: str,
    weight: Mapping[str, Mapping[str, float]],
    number: Mapping[tuple[str, str], Mapping[str, int]],
    own: set[tuple[str, str]],
) -> Question:
    skus = [sku for sku in weight if (sku, problem) not in own]
    here = [sku for sku in skus if value in weight[sku]]
    whole = sum(sum(weight[sku].values()) for sku in skus)
    share = sum(sum(weight[sku].values()) for sku in here) / whole if whole else 0.0
    events = sum(sum(number.get((problem, sku), {}).values()) for sku in here)
    total = sum(sum(number.get((problem, sku), {}).values()) for sku in skus)
    about = {trait.value: value, "problem": problem}
    return Question(about, events, total, share, frozenset(here), frozenset(skus) - frozenset(here))


def _rise(counts: Counts, sku: str, problem: str) -> rates.Rise:
    import numpy as np

    weeks = sorted(counts.weekly[sku])
    number = Counter(counts.weeks_of.get((sku, problem), ()))
    return rates.rise(
        np.array([number[week] for week in weeks], float),
        np.array([counts.weekly[sku][week] for week in weeks], float),
    )


def shape_of(asked: Sequence[Question]) -> float:
    """How much goods differ in this shop: one prior for all SKUs and problems."""
    import numpy as np

    skus = [one for one in asked if "sku" in one.about]
    columns = np.array([(one.events, one.total * one.share) for one in skus], float).reshape(-1, 2)
    return rates.spread_of(*columns.T)


def verdict_of(one: Question, measures: Measures) -> Verdict:
    """What is said about a SKU and a problem: silence is not the same as being fine.

    Usual is only what the data of these goods alone, nothing pulled, show to be less than twice as often.
    """
    rule = measures.signals
    if one.share <= 0:
        return Verdict.NO_RATE
    if one.events >= rule.fewest_events and one.best_q <= rule.false_discovery:
        return Verdict.SIGNAL
    expected = one.expected
    _low, high = rates.clumped_interval([1] * one.events, 1)
    return Verdict.USUAL if high < TWICE * expected else Verdict.NOT_ENOUGH


def _signals(
    counts: Counts, called: Sequence[Question], asked: Sequence[Question], measures: Measures
) -> Iterator[tuple[float, Signal]]:
    """Each question that was called, worded as a signal, with its pulled rate of events."""
    import numpy as np

    if not called:
        return
    shape, sizes = shape_of(asked), _largest(counts)
    times = rates.pulled(
        np.array([one.events for one in called], float), np.array([one.expected for one in called]), shape
    )
    for place, one in enumerate(called):
        mine, left = _rows_of(counts, one)
        units = sum(row.units for row in left)
        weight = sum(row.lines if counts.by_lines else row.units for row in left)
        clumps: dict[object, int] = defaultdict(int)
        for at, fault in enumerate(mine):
            clumps[(fault.sku, fault.reference) if fault.reference else at] += fault.units
        largest = sizes[one.about["problem"]]
        low, high = rates.clumped_interval(list(clumps.values()), units, largest=largest)
        party = _party(mine)
        row = measures.row_for(one.about, party)
        cost: dict[str, int] = defaultdict(int)
        for fault in mine:
            if fault.cost:
                cost[fault.currency] += fault.cost
        newest = sorted(mine, key=lambda fault: (fault.day, fault.reference), reverse=True)
        wrong = sum(clumps.values())
        yield (
            float(times.times[place]) * one.expected / weight,
            Signal(
                about=one.about,
                units=wrong,
                shipped=units,
                rate=wrong / units,
                low=low,
                high=min(high, 1.0),
                references=tuple(dict.fromkeys(fault.reference for fault in newest if fault.reference)),
                expected=_usual(counts, one),
                since=_since(counts, one),
                party=party or row.party.value,
                cost=dict(cost),
                measure=row.measure,
                department=row.department,
                events=len(clumps),
                times=float(times.times[place]),
                times_low=float(times.low[place]),
                times_high=float(times.high[place]),
                q=one.best_q,
            ),
        )


def _largest(counts: Counts) -> dict[str, int]:
    """By problem, how many units a large complaint has anywhere: all but one in a hundred have fewer."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for event in counts.events:
        sizes[event.problem].append(event.units)
    return {problem: sorted(found)[(len(found) - 1) * 99 // 100] for problem, found in sizes.items()}


def _rows_of(counts: Counts, one: Question, *, others: bool = False) -> tuple[list[Fault], list[Shipped]]:
    """The rows of the goods in question; with *others*, of those they were compared with."""
    skus = one.against - one.skus if others and "sku" in one.about else one.against if others else one.skus
    named = [(Trait(key), value) for key, value in one.about.items() if key not in {"sku", "problem"}]

    def fits(row: Fault | Shipped) -> bool:
        is_same = all(row.traits.get(trait, "") == value for trait, value in named)
        return not named or is_same != others

    problem = one.about["problem"]
    return (
        [fault for sku in skus for fault in counts.faults_by.get((sku, problem), ()) if fits(fault)],
        [row for sku in skus for row in counts.shipped_by.get(sku, ()) if fits(row)],
    )


def _usual(counts: Counts, one: Question) -> float | None:
    """Units per unit shipped of the goods compared with; None where nothing of them was shipped."""
    if "sku" in one.about:
        skus, problem = one.against - one.skus, one.about["problem"]
        shipped = sum(counts.units[sku] for sku in skus)
        wrong = sum(fault.units for sku in skus for fault in counts.faults_by.get((sku, problem), ()))
    else:
        faults, rows = _rows_of(counts, one, others=True)
        shipped, wrong = sum(row.units for row in rows), sum(fault.units for fault in faults)
    return wrong / shipped if shipped else None


def _since(counts: Counts, one: Question) -> date | None:
    if one.rise is None or one.rise.chance > SURE_RISE:
        return None
    return sorted(counts.weekly[one.about["sku"]])[one.rise.place]


def _party(faults: Iterable[Fault]) -> str:
    """Who has to answer for most of these faults, where somebody said so."""
    said = Counter(fault.cause for fault in faults if fault.cause not in {"", "unknown"})
    return min(said, key=lambda party: (-said[party], party)) if said else ""
