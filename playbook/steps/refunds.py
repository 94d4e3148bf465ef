"""Granted is not submitted, and submitted is not paid: what may be said about a refund at a moment.

A refund that was submitted by hand stays pending for a while and can be cancelled without the buyer ever
hearing of it (row ``refund_cancel_window`` of deadlines.yaml, from SC JM9HNSV9FXU9MP3): until then nobody
may tell the buyer that it was refunded.
"""

from datetime import datetime
from enum import StrEnum

from playbook.domain.case import Case, KnownPromise
from playbook.domain.money import Money
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.remedies import Remedy
from playbook.policy import Policy

PENDING_WINDOW = "refund_cancel_window"


class RefundState(StrEnum):
    """How far a refund is."""

    GRANTED = "granted"
    PENDING = "pending"
    EXECUTED = "executed"


def refund_state(case: Case, remedy: Remedy, *, policy: Policy, now: datetime) -> RefundState | None:
    """How far the refund of *remedy* is at *now*; None when it refunds nothing.

    *granted*: agreed, not submitted. *pending*: submitted, still within the time in which it can be
    cancelled; say "submitted". *executed*: only now may the buyer be told "refunded". What Amazon
    refunded itself, and units cancelled before dispatch, never are pending. Raises LookupError when the
    rules of that day know no such time.
    """
    if case.order is None or not remedy.refund_total:
        return None
    until = pending_until(case, remedy, policy=policy)
    if until is None:
        return RefundState.GRANTED
    return RefundState.PENDING if now < until else RefundState.EXECUTED


def pending_until(case: Case, remedy: Remedy, *, policy: Policy) -> datetime | None:
    """When a submitted refund is final; None while it has not been submitted."""
    paid = [known for known in case.promises if known.promise.remedy == remedy.remedy and _pays(known)]
    if case.order is None or not paid:
        return None
    last = max(paid, key=lambda known: known.settled_at or known.promise.made_at)
    submitted_at = last.settled_at or last.promise.made_at
    if last.by_amazon or last.promise.kind is PromiseKind.CANCEL_UNITS:
        return submitted_at
    row = policy.deadline(
        PENDING_WINDOW, market=case.order.marketplace, channel=remedy.channel, on=submitted_at.date()
    )
    if row is None:
        raise LookupError(f"no deadline {PENDING_WINDOW} on {submitted_at.date()}")
    return policy.due(row, submitted_at, case.order.marketplace)


def _pays(known: KnownPromise) -> bool:
    kinds = {PromiseKind.SUBMIT_REFUND, PromiseKind.CANCEL_UNITS}
    return known.state is PromiseState.KEPT and known.promise.kind in kinds


def refund_totals(case: Case, *, policy: Policy, now: datetime) -> dict[RefundState, Money]:
    """The refunds of a case by how far they are; their sum is everything that was granted."""
    assert case.order is not None, "refunds need an order"
    totals = dict.fromkeys(RefundState, Money.zero(case.order.currency))
    for remedy in case.remedies:
        state = refund_state(case, remedy, policy=policy, now=now)
        if state is not None:
            totals[state] += remedy.refund_total
    return totals
