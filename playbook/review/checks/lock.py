"""P1: the one order was locked, with evidence that identifies it."""

from playbook.domain.events import OrderLocked
from playbook.review.checks.history import Found, History
from playbook.steps.lock import DECISIVE, NEVER_SECOND_FACT


def lock(history: History) -> Found:
    """Locks whose evidence does not carry them, as the lock step demands it."""
    for step in history.of(OrderLocked):
        body, order = step.body, step.body.order
        codes = [fact.code for fact in body.evidence]
        if (body.verdict == "certain" and not DECISIVE.intersection(codes)) or (
            body.verdict == "picked"
            and (len(set(codes)) < 2 or not set(codes) - NEVER_SECOND_FACT)
            and not DECISIVE.intersection(codes)
        ):
            yield history.found("lock_evidence", step.event, order_id=order.order_id, facts=len(codes))
        received_at = step.before.received_at
        if received_at is not None and order.placed_at > received_at:
            yield history.found(
                "order_after_message",
                step.event,
                order_id=order.order_id,
                placed_at=order.placed_at,
                received_at=received_at,
            )
