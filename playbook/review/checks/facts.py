"""The few facts of a case that reports add up."""

from collections import Counter

from playbook.domain.events import AppealDecided, CaseScored, FindingAppealed
from playbook.domain.money import Money
from playbook.domain.promises import PromiseState
from playbook.review.casereview import CaseFacts
from playbook.review.checks.deadlines import contacts
from playbook.review.checks.history import History

_OPINIONS = (AppealDecided, CaseScored, FindingAppealed)
"""What people say of the work is not work on the case."""


def facts_of(history: History) -> CaseFacts:
    """What of the case counts in reports. Raises ValueError for a case that was never opened."""
    case = history.case
    if case.opened_at is None or case.received_at is None or case.updated_at is None:
        raise ValueError("never opened")
    problems, remedies = Counter[str](), Counter[str]()
    for item in case.claims:
        problems[item.problem.value] += item.units
    refunds: dict[str, Money] = {}
    for remedy in case.remedies:
        remedies[remedy.kind.value] += remedy.units
        for money in remedy.refund.values():
            refunds[money.currency] = refunds.get(money.currency, Money.zero(money.currency)) + money
    heard = contacts(history)
    first = int((heard[0].at - case.received_at).total_seconds() // 60) if heard else None
    late = sum(
        1
        for known in case.promises
        if known.state in {PromiseState.OPEN, PromiseState.KEPT} and known.is_late(history.as_of)
    )
    worked = (step.event.actor for step in history.steps if not isinstance(step.event.body, _OPINIONS))
    order = case.order
    return CaseFacts(
        opened_at=case.opened_at,
        received_at=case.received_at,
        last_at=case.updated_at,
        closed_at=history.closed_at,
        agent=case.owner,
        team=history.setting.teams.get(case.owner, ""),
        actors=tuple(dict.fromkeys(worked)),
        marketplace=history.market.value,
        channels=tuple(sorted(channel.value for channel in order.channels)) if order is not None else (),
        business=history.business,
        order_id=order.order_id if order is not None else "",
        problems=dict(problems),
        remedies=dict(remedies),
        units_ordered=sum(line.units_ordered for line in order.lines) if order is not None else 0,
        units_claimed=sum(problems.values()),
        refunds=refunds,
        first_reply_minutes=first,
        contacts=len(heard),
        promises=len(case.promises),
        promises_late=late,
        outcome=case.outcome if case.closed else "",
        events=len(history.steps),
        policy_version=case.policy_version,
    )
