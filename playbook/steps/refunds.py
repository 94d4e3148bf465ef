"""Granted is not submitted, and submitted is not paid: what may be said about a refund at a moment.

A refund that was submitted by hand stays pending for a while and can be cancelled without the buyer ever
hearing of it (row ``refund_cancel_window`` of deadlines.yaml, from SC JM9HNSV9FXU9MP3): until then nobody
may tell the buyer that it was refunded.
"""

from datetime import datetime
from enum import StrEnum

from playbook.domain.case import Case, KnownPromise
from playbook.domain.events import RefundsCancelled
from playbook.domain.money import Money
from playbook.domain.orders import Channel, Order
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.remedies import Remedy
from playbook.policy import Policy
from playbook.steps.commands import CancelRefunds
from playbook.steps.decision import Decision, Setting, clean, refused

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
    return _final_at(case.order, last, remedy.channel, policy)


def _final_at(order: Order, known: KnownPromise, channel: Channel | None, policy: Policy) -> datetime:
    """When a refund that was submitted can no longer be cancelled."""
    submitted_at = known.settled_at or known.promise.made_at
    if known.by_amazon or known.promise.kind is PromiseKind.CANCEL_UNITS:
        return submitted_at
    row = policy.deadline(PENDING_WINDOW, market=order.marketplace, channel=channel, on=submitted_at.date())
    if row is None:
        raise LookupError(f"no deadline {PENDING_WINDOW} on {submitted_at.date()}")
    return policy.due(row, submitted_at, order.marketplace)


def pending_refunds(
    case: Case, *, policy: Policy, now: datetime
) -> tuple[tuple[KnownPromise, datetime], ...]:
    """Submitted refunds that can still be cancelled, each with its end, the first to end first."""
    return tuple(one for one in _submitted(case, policy) if now < one[1])


def _submitted(case: Case, policy: Policy) -> list[tuple[KnownPromise, datetime]]:
    if case.order is None:
        return []
    found = []
    for known in case.promises:
        if _pays(known) and known.promise.kind is PromiseKind.SUBMIT_REFUND:
            remedy = case.remedy(known.promise.remedy)
            channel = remedy.channel if remedy is not None else None
            found.append((known, _final_at(case.order, known, channel, policy)))
    return sorted(found, key=lambda one: one[1])


def cancel_refunds(case: Case, command: CancelRefunds, setting: Setting) -> Decision:
    """Record that every pending refund was cancelled: Seller Central cancels all of an order at once.

    Their promises are open again. Once the time has passed the refund is paid: money that was refunded
    wrongly comes back only if the buyer asks Amazon for it (facts 3.2).
    """
    submitted = _submitted(case, setting.policy)
    if not submitted:
        return refused("no_refund_submitted")
    pending = pending_refunds(case, policy=setting.policy, now=setting.now)
    if not pending:
        return refused("refund_final", until=submitted[-1][1])
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    names = [known.promise.promise for known, _until in pending]
    return (RefundsCancelled(promises=tuple(names), reason=reason),)


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
