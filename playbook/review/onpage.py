"""The review of the case on a page: its findings, appeals against them, and a lead's own score."""

from collections.abc import Collection, Mapping

from playbook.domain.events import AppealDecided, CaseScored, FindingAppealed, Verdict
from playbook.review.reader import reviewed
from playbook.review.scorecard import Scorecard, load_scorecard
from playbook.review.scoring import ScoredCase, Weighed, score_case
from playbook.review.wording import sentence
from playbook.steps.commands import AppealFinding, DecideAppeal, ScoreCase
from playbook.viewmodels.case import CaseModel

_APPRAISALS = (AppealDecided, CaseScored, FindingAppealed)


class ReviewModel:
    """What the review says of an open case, now, and what people answer. *roles* and *teams* by name."""

    def __init__(self, work: CaseModel, roles: Mapping[str, str], teams: Mapping[str, str]) -> None:
        self.work = work
        self.roles = roles
        self.teams = teams
        self.card: Scorecard = load_scorecard()

    def check(self) -> ScoredCase | None:
        """The case after all checks; None where its log is too damaged to be read."""
        desk = self.work.desk
        (review,) = reviewed(desk.store, [self.work.case.case_id], self.work.now, self.roles, self.teams)
        return score_case(review, self.card) if review.case is not None else None

    def says(self, one: Weighed) -> str:
        """The sentence of a finding, plain."""
        return sentence(one.finding, self.work.lang, self.work.desk.policy)

    def may_decide(self, one: Weighed) -> bool:
        """Whether whoever works here may decide the appeal against a finding."""
        is_open = one.appeal is not None and one.appeal.granted is None
        return is_open and not self.work.problems_of(self._decision(one, grant=True, note="x"))

    def _decision(self, one: Weighed, *, grant: bool, note: str) -> DecideAppeal:
        return DecideAppeal(one.finding.check, one.finding.seq, grant, note)

    def appeal(self, one: Weighed, reason: str) -> bool:
        """Appeal against a finding."""
        return self.work.do(AppealFinding(one.finding.check, one.finding.seq, reason))

    def decide(self, one: Weighed, *, grant: bool, note: str) -> bool:
        """Decide the appeal against a finding."""
        return self.work.do(self._decision(one, grant=grant, note=note))

    @property
    def checks(self) -> tuple[tuple[str, str], ...]:
        """The checks of the scorecard in its order: name and id."""
        names = {row.id: row.name.of(self.work.lang) for row in self.card.rows}
        return tuple((name, check) for check, name in names.items())

    def score(self, missed: Collection[str], note: str = "") -> bool:
        """Record what a lead found going through the case: every check that is not *missed* is met.

        The score is about the case without what was said of it before, so that two leads who score it one
        after the other have scored the same.
        """
        events = self.work.desk.events(self.work.case.case_id)
        upto = max((event.seq for event in events if not isinstance(event.body, _APPRAISALS)), default=0)
        verdicts = tuple(
            (check, Verdict.MISSED if check in missed else Verdict.MET) for _name, check in self.checks
        )
        return self.work.do(ScoreCase(self.card.id, upto, verdicts, note))
