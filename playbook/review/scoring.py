"""The score of a case: what its findings cost by a scorecard, of the whole case and of each person's part.

A section has 100 points and loses what its findings cost; the score is the mean of the sections by
weight, from 0 to 100. A finding that fails a case makes the score 0. A finding whose appeal was granted
costs nothing and stays visible.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from playbook.domain.case import Appeal
from playbook.domain.ids import Marketplace
from playbook.review.casereview import CaseReview
from playbook.review.findings import Finding
from playbook.review.scorecard import CheckRow, Scorecard

_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A finding with what it means: the scorecard's row that holds on its day (None: it does not count).

    ``appeal`` is the one made against it; granted, it takes the finding out of the score.
    """

    finding: Finding
    row: CheckRow | None
    appeal: Appeal | None = None

    @property
    def counts(self) -> bool:
        """Whether it costs anything."""
        return self.row is not None and not (self.appeal is not None and self.appeal.granted)

    @property
    def fails(self) -> bool:
        """Whether it fails the case by itself."""
        return self.counts and self.row is not None and self.row.then.auto_fail


@dataclass(frozen=True, slots=True)
class Score:
    """From 0 to 100 with one decimal; ``sections`` are the points left of 100 each, by section id.

    ``left`` is what the sections leave whether the case fails or not: it tells failed cases apart.
    """

    points: Decimal
    left: Decimal
    failed: bool = False
    sections: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoredCase:
    """A case that was checked, with what its findings cost: as a whole, and in each person's part.

    The part of a person holds only what went wrong at their own events, so that nobody loses points for
    what a colleague did before.
    """

    review: CaseReview
    score: Score
    weighed: tuple[Weighed, ...]
    parts: Mapping[str, Score]


def weigh(review: CaseReview, card: Scorecard) -> tuple[Weighed, ...]:
    """Every finding of a case with its row of the scorecard on its day, and the appeal against it."""
    market = Marketplace(review.facts.marketplace) if review.facts is not None else None
    return tuple(
        Weighed(
            finding,
            card.row(finding.check, finding.at.date(), market),
            review.case.appeal(finding.check, finding.seq) if review.case is not None else None,
        )
        for finding in review.findings
    )


def score(weighed: Iterable[Weighed], card: Scorecard) -> Score:
    """What findings leave of 100 points; what one check costs has its own upper limit (``most``)."""
    by_check: dict[tuple[str, str], int] = defaultdict(int)
    failed = False
    for one in weighed:
        if not one.counts or one.row is None:
            continue
        then = one.row.then
        if then.points is None:
            failed = True
            by_check[one.row.section, one.row.id] = 100
        else:
            key = (one.row.section, one.row.id)
            by_check[key] = min(by_check[key] + then.points, then.most or then.points)
    lost: dict[str, int] = defaultdict(int)
    for (section, _check), points in by_check.items():
        lost[section] += points
    left = {section.id: max(0, 100 - lost[section.id]) for section in card.sections}
    weights = sum(section.weight for section in card.sections)
    kept = sum(section.weight * left[section.id] for section in card.sections)
    mean = (Decimal(kept) / weights).quantize(_TENTH, ROUND_HALF_UP)
    return Score(Decimal("0.0") if failed else mean, mean, failed, left)


def score_case(review: CaseReview, card: Scorecard) -> ScoredCase:
    """A checked case with its scores. A case too damaged to be read has no findings: do not score it."""
    weighed = weigh(review, card)
    actors = review.facts.actors if review.facts is not None else ()
    people = dict.fromkeys((*actors, *(one.finding.actor for one in weighed)))
    parts = {
        name: score((one for one in weighed if one.finding.actor == name), card) for name in people if name
    }
    return ScoredCase(review, score(weighed, card), weighed, parts)
