"""What a review adds up: counts that can be taken in parts and merged, in any order, to the same result.

It grows with agents, days and checks, never with the number of cases: of the cases themselves only the
worst are kept, and of every check a few examples. All findings go to the files of the run.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from playbook.domain.case import Appeal, Case
from playbook.domain.ids import CaseId
from playbook.i18n import AGENT_ZONE
from playbook.review.agreement import Pair, pairs_of
from playbook.review.casereview import CaseReview, Damage
from playbook.review.comparing import Tally
from playbook.review.findings import Finding
from playbook.review.scorecard import Scorecard
from playbook.review.scoring import ScoredCase, Weighed

WORST_CASES = 200
EXAMPLES = 20
"""Findings of each check that are kept to be shown."""

LARGEST = 40
"""Cases with most units of each problem type that are kept for the departments."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a review was asked for. The period holds both of its days, by the day a case was opened.

    Empty lists do not restrict; ``sample`` of 0 is all cases.
    """

    first: date
    last: date
    as_of: datetime
    marketplaces: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    sample: int = 0
    scorecard: str = "standard"


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as the report lists it, without the case itself."""

    points: Decimal
    left: Decimal
    case_id: CaseId
    failed: bool
    opened_on: date
    agent: str
    team: str
    marketplace: str
    stage: str
    problems: tuple[str, ...]
    weighed: tuple[Weighed, ...]

    @property
    def order(self) -> tuple[Decimal, Decimal, CaseId]:
        """The worst first; equal ones by their number."""
        return (self.points, self.left, self.case_id)


@dataclass(slots=True)
class CheckCount:
    """How often a check found something: findings, cases, those that no longer count, a few examples."""

    findings: int = 0
    cases: int = 0
    granted: int = 0
    examples: list[Weighed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal with the finding it is against."""

    case_id: CaseId
    appeal: Appeal
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class DamagedCase:
    """A case whose log is not what was written, and whether it could be checked all the same."""

    case_id: CaseId
    damage: tuple[Damage, ...]
    checked: bool


@dataclass(frozen=True, slots=True)
class Complaint:
    """Units of one case with one problem, by SKU: what a department looks at."""

    units: int
    case_id: CaseId
    opened_on: date
    goods: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Totals:
    """Everything that is counted over the cases of one period, or of a part of it."""

    cases: int = 0
    still_open: int = 0
    failed: int = 0
    clean: int = 0
    findings: int = 0
    units: int = 0
    whole: Tally = field(default_factory=Tally)
    agents: dict[str, Tally] = field(default_factory=dict)
    teams: dict[str, Tally] = field(default_factory=dict)
    marketplaces: dict[str, Tally] = field(default_factory=dict)
    checks: dict[str, CheckCount] = field(default_factory=dict)
    agent_findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    complaints: dict[str, list[Complaint]] = field(default_factory=dict)
    worst: list[CaseLine] = field(default_factory=list)
    damaged: list[DamagedCase] = field(default_factory=list)
    appeals: list[AppealLine] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    def add_damaged(self, review: CaseReview) -> None:
        """Count a case that is damaged; one that could be checked is added as a case besides."""
        insort(
            self.damaged,
            DamagedCase(review.case_id, review.damage, review.case is not None),
            key=lambda one: one.case_id,
        )

    def add(self, scored: ScoredCase, scorecard: str) -> None:
        """Count a case that was checked and scored."""
        review = scored.review
        case, facts = review.case, review.facts
        assert case is not None and facts is not None  # noqa: PT018
        if review.is_damaged:
            self.add_damaged(review)
        on = facts.opened_at.astimezone(AGENT_ZONE).date()
        counting = tuple(one for one in scored.weighed if one.counts)
        failed, clean = scored.score.failed, not counting
        self.cases += 1
        self.still_open += not facts.outcome
        self.failed += failed
        self.clean += clean
        self.findings += len(counting)
        self.units += facts.units_claimed
        for tally in (
            self.whole,
            self.teams.setdefault(facts.team, Tally()),
            self.marketplaces.setdefault(facts.marketplace, Tally()),
        ):
            tally.add(on, scored.score.points, failed=failed, clean=clean)
        for name, part in scored.parts.items():
            own = not any(one.counts and one.finding.actor == name for one in scored.weighed)
            self.agents.setdefault(name, Tally()).add(on, part.points, failed=part.failed, clean=own)
        self.problems.update(facts.problems)
        self._count_checks(scored)
        self._count_goods(case, on)
        line = CaseLine(
            scored.score.points,
            scored.score.left,
            review.case_id,
            failed,
            on,
            facts.agent,
            facts.team,
            facts.marketplace,
            case.stage.value,
            tuple(sorted(facts.problems)),
            scored.weighed,
        )
        if counting:
            self._keep(line)
        findings = {(one.finding.check, one.finding.seq): one.finding for one in reversed(scored.weighed)}
        for appeal in case.appeals:
            found = findings.get((appeal.check, appeal.finding))
            insort(self.appeals, AppealLine(review.case_id, appeal, found), key=_appeal_order)
        for pair in pairs_of(case, scorecard):
            insort(self.pairs, pair, key=_pair_order)

    def _count_checks(self, scored: ScoredCase) -> None:
        seen: set[str] = set()
        for one in scored.weighed:
            if one.row is None:
                continue
            count = self.checks.setdefault(one.finding.check, CheckCount())
            if not one.counts:
                count.granted += 1
                continue
            count.findings += 1
            count.cases += one.finding.check not in seen
            seen.add(one.finding.check)
            self.agent_findings[one.finding.actor, one.finding.check] += 1
            insort(count.examples, one, key=_example_order)
            del count.examples[EXAMPLES:]

    def _count_goods(self, case: Case, on: date) -> None:
        goods: dict[str, Counter[str]] = {}
        for item in case.claims:
            line = case.order.line(item.line) if case.order is not None else None
            goods.setdefault(item.problem.value, Counter())[line.sku if line else "–"] += item.units
        for problem, units in goods.items():
            largest = self.complaints.setdefault(problem, [])
            complaint = Complaint(units.total(), case.case_id, on, tuple(sorted(units.items())))
            insort(largest, complaint, key=_complaint_order)
            del largest[LARGEST:]

    def _keep(self, line: CaseLine) -> None:
        insort(self.worst, line, key=lambda one: one.order)
        del self.worst[WORST_CASES:]

    def merge(self, other: "Totals") -> None:
        """Take over what another part of the same run has counted; the order makes no difference."""
        for name in ("cases", "still_open", "failed", "clean", "findings", "units"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.whole.merge(other.whole)
        for mine, theirs in (
            (self.agents, other.agents),
            (self.teams, other.teams),
            (self.marketplaces, other.marketplaces),
        ):
            for name, tally in theirs.items():
                mine.setdefault(name, Tally()).merge(tally)
        for check, count in other.checks.items():
            known = self.checks.setdefault(check, CheckCount())
            known.findings += count.findings
            known.cases += count.cases
            known.granted += count.granted
            known.examples = sorted([*known.examples, *count.examples], key=_example_order)[:EXAMPLES]
        self.agent_findings.update(other.agent_findings)
        self.problems.update(other.problems)
        for problem, complaints in other.complaints.items():
            together = [*self.complaints.get(problem, ()), *complaints]
            self.complaints[problem] = sorted(together, key=_complaint_order)[:LARGEST]
        self.worst = sorted([*self.worst, *other.worst], key=lambda one: one.order)[:WORST_CASES]
        self.damaged = sorted([*self.damaged, *other.damaged], key=lambda one: one.case_id)
        self.appeals = sorted([*self.appeals, *other.appeals], key=_appeal_order)
        self.pairs = sorted([*self.pairs, *other.pairs], key=_pair_order)


def _example_order(one: Weighed) -> tuple[str, int]:
    return (one.finding.case_id, one.finding.seq)


def _complaint_order(one: Complaint) -> tuple[int, str]:
    return (-one.units, one.case_id)


def _appeal_order(line: AppealLine) -> tuple[datetime, str, int]:
    return (line.appeal.at, line.case_id, line.appeal.seq)


def _pair_order(pair: Pair) -> tuple[str, str, str, str]:
    return (pair.case_id, pair.check, pair.first, pair.second)


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something the review could not look at: a code with words of its own, how often, and details."""

    code: str
    count: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """One run: what was asked, by which scorecard, and what came of the period and of the one before it.

    ``made_at`` is when the run was made (the one thing in which two runs over the same cases differ).
    ``files`` are those that lie beside the report, by name.
    """

    asked: Asked
    scorecard: Scorecard
    now: Totals
    before: Totals
    before_first: date
    before_last: date
    not_checked: tuple[NotChecked, ...] = ()
    files: tuple[str, ...] = ()
    made_at: datetime | None = None

    def found(self) -> Iterator[tuple[str, CheckCount]]:
        """The checks that found something, the most serious first, then the most frequent."""
        severities = {name: rank for rank, name in enumerate(("critical", "major", "minor", "note"))}

        def order(item: tuple[str, CheckCount]) -> tuple[int, int, str]:
            row = self.scorecard.latest(item[0])
            return (severities[row.then.severity.value], -item[1].cases, item[0])

        return iter(sorted(self.now.checks.items(), key=order))
