"""P3: who granted it was entitled to: by role, by amount, and never to oneself."""

from typing import Any

from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    GoodsReceived,
    RemedyChosen,
    RemedyWithdrawn,
)
from playbook.domain.money import Money
from playbook.review.checks.history import Found, History, Step, hours_between
from playbook.steps.remedy import LEADS


def approvals(history: History) -> Found:
    """Approvals by those who may not, sums above a limit, requests that nobody answers."""
    for step in history.of(ApprovalGiven):
        request = next((one for one in step.before.pending if one.approval == step.body.approval), None)
        actor = step.event.actor
        if request is not None and actor in {remedy.chosen_by for remedy in request.remedies}:
            yield history.found("self_approval", step.event, name=actor, amount=request.amount)
        elif history.role(actor) not in LEADS:
            yield history.found("approval_not_entitled", step.event, name=actor, role=history.role(actor))
    yield from _limits(history)
    for asked in history.of(ApprovalRequested):
        if any(one.approval == asked.body.approval for one in history.case.pending):
            due = history.due("house_answer", asked.event.at)
            if due is not None and history.as_of > due:
                hours = hours_between(asked.event.at, history.as_of)
                yield history.found("approval_waiting", asked.event, hours=hours, amount=asked.body.amount)


def _limits(history: History) -> Found:
    """The sum of what the case grants, after each choice, against the limit of who decided it."""
    if history.case.order is None:
        return
    currency = history.case.order.currency
    granted = Money.zero(currency)
    told: set[str] = set()
    steps: list[Step[Any]] = [
        *history.of(RemedyChosen),
        *history.of(RemedyWithdrawn),
        *history.of(GoodsReceived),
    ]
    for step in sorted(steps, key=lambda step: step.event.seq):
        if not isinstance(step.body, RemedyChosen):
            own = (one.granted for one in step.after.remedies if one.currency == currency)
            granted = sum(own, Money.zero(currency))
            continue
        more = step.body.remedy.granted
        if not more or more.currency != currency:
            continue
        granted += more
        actor = step.event.actor
        role = history.role(actor)
        limit = history.policy.approval_limit(role, currency, step.event.at.date())
        if limit is not None and granted > limit and actor not in told:
            told.add(actor)
            yield history.found("above_limit", step.event, amount=granted, limit=limit, name=actor, role=role)
