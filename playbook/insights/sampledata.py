"""Invented shipments and complaints for looking at the page before there are own ones; marked as such there.

Three things are hidden in them, for the page to find: a batch that does not work, boxes that a carrier
crushes until better packaging comes, and a shelf from which the wrong colour is picked. All else is chance.
The same day gives the same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from playbook.domain.claims import Party, ProblemType
from playbook.domain.ids import CaseId
from playbook.domain.remedies import RemedyKind
from playbook.insights.rows import Fault, Shipped, Trait
from playbook.insights.solutions import End, Solution

WEEKS = 40
SEED = 20_261_124
SOURCE = "sample"

_FAMILIES = {
    "JAM": ("SET-06", "SET-12", "LABEL", "JAR-S", "JAR-L"),
    "CLOCK": ("RED", "GREEN", "IVORY", "MINI"),
    "MUG": ("BLUE", "WHITE", "ROSE", "KIDS", "TRAVEL"),
    "LAMP": ("DESK", "NIGHT", "PARTY"),
}
_USUAL = {
    ProblemType.TRANSIT_DAMAGE: 0.006,
    ProblemType.MISSING: 0.004,
    ProblemType.WRONG_VARIANT: 0.003,
    ProblemType.DEFECT: 0.004,
    ProblemType.QUALITY_FLAW: 0.003,
    ProblemType.PACKAGE_DAMAGE: 0.003,
    ProblemType.LATE: 0.002,
}
_PARTY = {
    ProblemType.TRANSIT_DAMAGE: Party.CARRIER,
    ProblemType.MISSING: Party.WAREHOUSE,
    ProblemType.WRONG_VARIANT: Party.WAREHOUSE,
    ProblemType.DEFECT: Party.SUPPLIER,
    ProblemType.QUALITY_FLAW: Party.SUPPLIER,
    ProblemType.PACKAGE_DAMAGE: Party.CARRIER,
    ProblemType.LATE: Party.CARRIER,
}
_REMEDY = {
    ProblemType.TRANSIT_DAMAGE: (RemedyKind.REPLACEMENT, RemedyKind.RETURNLESS_REFUND),
    ProblemType.MISSING: (RemedyKind.RESEND_MISSING, RemedyKind.REFUND_FULL),
    ProblemType.WRONG_VARIANT: (RemedyKind.EXCHANGE, RemedyKind.REFUND_PARTIAL),
    ProblemType.DEFECT: (RemedyKind.REPLACEMENT, RemedyKind.RETURN_REFUND),
    ProblemType.QUALITY_FLAW: (RemedyKind.REFUND_PARTIAL, RemedyKind.RETURN_REFUND),
    ProblemType.PACKAGE_DAMAGE: (RemedyKind.REFUND_PARTIAL, RemedyKind.REPLACEMENT),
    ProblemType.LATE: (RemedyKind.TRACE_SHIPMENT, RemedyKind.REFUND_FULL),
}
BAD_BATCH_FROM, BETTER_BOX_FROM = 22, 20
"""Weeks of the sample from which the batch is bad, and the packaging better."""


@dataclass(frozen=True, slots=True)
class SampleData:
    """The invented rows; ``better_box_on`` is when the packaging was changed."""

    faults: tuple[Fault, ...]
    shipped: tuple[Shipped, ...]
    solutions: tuple[Solution, ...]
    first: date
    better_box_on: date


def sample_data(today: date) -> SampleData:
    """Forty weeks up to *today*."""
    random = Random(SEED)  # noqa: S311 - invented numbers
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS)
    faults: list[Fault] = []
    shipped: list[Shipped] = []
    ends: list[Solution] = []
    for family, kinds in _FAMILIES.items():
        for kind in kinds:
            sku = f"{family}-{kind}"
            weekly = random.randint(25, 120)
            for week in range(WEEKS):
                day = monday + timedelta(weeks=week, days=random.randrange(5))
                traits = _traits(family, sku, week)
                units = max(1, round(random.gauss(weekly, weekly * 0.2)))
                shipped.append(Shipped(sku, day, units, traits))
                for fault in _faults(random, sku, day, units, week, traits):
                    faults.append(fault)
                    ends.append(_solution(random, fault, (today - day).days))
    return SampleData(
        tuple(faults), tuple(shipped), tuple(ends), monday, monday + timedelta(weeks=BETTER_BOX_FROM)
    )


def _traits(family: str, sku: str, week: int) -> dict[Trait, str]:
    traits = {
        Trait.FAMILY: family,
        Trait.MARKETPLACE: ("DE", "UK", "US")[week % 3],
        Trait.CHANNEL: "FBM",
        Trait.WAREHOUSE: "W2" if family in {"MUG", "LAMP"} else "W1",
        Trait.CARRIER: "C1" if family in {"JAM", "LAMP"} else "C2",
        Trait.PACKAGING: "B2" if family == "JAM" and week >= BETTER_BOX_FROM else "B1",
        Trait.LOT: f"L{week // 11 + 1}",
        Trait.SUPPLIER: f"S-{family}",
    }
    if sku == "LAMP-DESK" and week >= BAD_BATCH_FROM:
        traits[Trait.LOT] = "L9"
    return traits


def _rate(sku: str, problem: ProblemType, week: int) -> float:
    usual = _USUAL[problem]
    if (sku, problem) == ("LAMP-DESK", ProblemType.DEFECT) and week >= BAD_BATCH_FROM:
        return usual * 12
    if (sku, problem) == ("JAM-SET-12", ProblemType.TRANSIT_DAMAGE):
        return usual * (8 if week < BETTER_BOX_FROM else 1.5)
    if (sku, problem) == ("MUG-BLUE", ProblemType.WRONG_VARIANT):
        return usual * 10
    return usual


def _faults(
    random: Random, sku: str, day: date, units: int, week: int, traits: dict[Trait, str]
) -> Iterator[Fault]:
    """The complaints about what left in a week, in orders of up to twenty units."""
    while units > 0:
        ordered = min(units, random.randint(1, 20))
        units -= ordered
        for problem in _USUAL:
            chance = _rate(sku, problem, week)
            wrong = sum(random.random() < chance for _ in range(ordered))
            if wrong:
                yield Fault(
                    sku=sku,
                    day=day,
                    units=wrong,
                    problem=problem.value,
                    cause=_PARTY[problem].value if random.random() < 0.8 else Party.UNKNOWN.value,
                    reference=f"{day.year}-{random.randrange(1, 10_000):04}",
                    source=SOURCE,
                    remedy=_REMEDY[problem][random.random() < 0.3].value,
                    cost=wrong * random.randrange(300, 1200),
                    currency="EUR",
                    traits=traits,
                )


def _solution(random: Random, fault: Fault, age: int) -> Solution:
    days = min(random.lognormvariate(1.2, 0.6), 40)
    end = End.EXECUTED if days < age - 4 else (End.AGREED if random.random() < 0.7 else End.UNDECIDED)
    return Solution(
        CaseId(fault.reference),
        fault.sku,
        ProblemType(fault.problem),
        fault.units,
        None if end is End.UNDECIDED else RemedyKind(fault.remedy),
        end,
        days if end is End.EXECUTED else None,
    )
