"""Every check of a case against facts, not tone: `review_case` runs them all over one fold of its log.

A check knows the id of its row in the scorecard and nothing of points: what a finding weighs is data.
"""

from collections.abc import Callable, Sequence

from playbook.domain.events import CaseOpened, Event
from playbook.domain.ids import CaseId
from playbook.i18n.checks import CHECKS as SENTENCES
from playbook.review.casereview import CaseReview, Damage, DamageKind, ReviewSetting
from playbook.review.checks.approvals import approvals
from playbook.review.checks.breakdown import breakdown
from playbook.review.checks.closing import closing
from playbook.review.checks.compensation import compensation
from playbook.review.checks.deadlines import deadlines
from playbook.review.checks.facts import facts_of
from playbook.review.checks.history import Found, History
from playbook.review.checks.letters import letters
from playbook.review.checks.lock import lock
from playbook.review.checks.log import log
from playbook.review.checks.notes import notes
from playbook.review.checks.privacy import privacy
from playbook.review.checks.promises import promises
from playbook.review.checks.reading import Log, read_log
from playbook.review.checks.remedies import remedies
from playbook.review.checks.updates import updates

__all__ = ["CHECKS", "Log", "read_log", "review_case"]

THEMES: tuple[Callable[[History], Found], ...] = (
    lock,
    breakdown,
    remedies,
    approvals,
    compensation,
    promises,
    deadlines,
    updates,
    notes,
    letters,
    closing,
    privacy,
)

CHECKS = frozenset(SENTENCES)
"""The ids of all checks: each has a sentence in `playbook.i18n.checks`, and a row in every scorecard."""


def review_case(
    case_id: CaseId, events: Sequence[Event], setting: ReviewSetting, damage: Sequence[Damage] = ()
) -> CaseReview:
    """All findings about a case, in the order of its events, and its facts.

    *damage* is what `read_log` found; only a broken chain leaves anything to check. Events that do not
    add up to a case are damage too, never an error: the review of the others goes on.
    """
    found = tuple(damage) or _misplaced(case_id, events)
    if any(one.kind is not DamageKind.CHAIN for one in found):
        return CaseReview(case_id, damage=found)
    try:
        history = History(case_id, events, setting)
        findings = [finding for theme in THEMES for finding in theme(history)]
        findings += log(history, found)
        facts = facts_of(history)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError) as error:
        return CaseReview(case_id, damage=(*found, Damage(DamageKind.IMPOSSIBLE, 0, repr(error)[:200])))
    findings.sort(key=lambda finding: (finding.seq == 0, finding.seq))
    return CaseReview(case_id, history.case, facts, tuple(findings), found)


def _misplaced(case_id: CaseId, events: Sequence[Event]) -> tuple[Damage, ...]:
    """What is missing or belongs elsewhere; the first such place is enough."""
    if not events:
        return (Damage(DamageKind.EMPTY),)
    for number, event in enumerate(events, start=1):
        if event.seq != number or event.case_id != case_id:
            return (Damage(DamageKind.MISSING, number),)
    if not isinstance(events[0].body, CaseOpened):
        return (Damage(DamageKind.MISSING, 1, events[0].body.type),)
    return ()
