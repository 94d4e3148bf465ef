"""Step one: lock the one order before judging anything (P1)."""

import hashlib
import json

from playbook.domain.case import Case
from playbook.domain.events import Fact, LockWithdrawn, OrderLocked
from playbook.domain.orders import Order
from playbook.domain.problems import Problem, problem
from playbook.steps.commands import LockOrder, WithdrawLock
from playbook.steps.decision import Decision, Setting, clean, refused, refused_all

DECISIVE = frozenset({"order_id_in_text", "order_id_given"})
"""Evidence that identifies an order alone: its complete number."""

NEVER_SECOND_FACT = frozenset({"email", "name"})
"""Facts that many orders share (Amazon Business hides buyers behind one name and address)."""


def lock_blockers(case: Case, command: LockOrder) -> tuple[Problem, ...]:
    """Why this order cannot be locked now; empty when it can."""
    problems: list[Problem] = []
    if case.order is not None:
        problems.append(problem("already_locked", order_id=case.order.order_id))
    if case.received_at is not None and command.order.placed_at > case.received_at:
        problems.append(
            problem(
                "order_after_message",
                order_id=command.order.order_id,
                placed_at=command.order.placed_at,
                received_at=case.received_at,
            )
        )
    codes = {fact.code for fact in command.evidence}
    if command.verdict == "certain" and not codes & DECISIVE:
        problems.append(problem("not_certain", order_id=command.order.order_id))
    if command.verdict == "picked":
        if command.second_fact is None:
            problems.append(problem("second_fact_needed", order_id=command.order.order_id))
        elif _is_weak(command.second_fact.code, codes):
            problems.append(problem("second_fact_too_weak", fact=command.second_fact.code))
    return tuple(problems)


def _is_weak(second: str, codes: set[str]) -> bool:
    """Whether the fact adds nothing: it is the only one there is, or all there are can be shared."""
    return codes == {second} or not (codes | {second}) - NEVER_SECOND_FACT


def lock(case: Case, command: LockOrder, setting: Setting) -> Decision:
    """Lock the order, or say why not."""
    problems = lock_blockers(case, command)
    if problems:
        return refused_all(problems)
    evidence: tuple[Fact, ...] = command.evidence
    if command.second_fact is not None:
        evidence = (*evidence, command.second_fact)
    return (
        OrderLocked(
            order=command.order,
            verdict=command.verdict,
            evidence=evidence,
            fingerprint=fingerprint(command.order),
        ),
    )


def withdraw_lock(case: Case, command: WithdrawLock, setting: Setting) -> Decision:
    """Take the lock back. Refused while remedies are agreed: they belong to that order."""
    if case.order is None:
        return refused("not_locked")
    if case.remedies:
        return refused("remedies_on_lock", count=len(case.remedies))
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    return (LockWithdrawn(reason=reason),)


def fingerprint(order: Order) -> str:
    """A short hash of what matters of an order, to notice when a later import changed it."""
    stable = json.dumps(order.model_dump(mode="json", exclude={"read_at"}), sort_keys=True)
    return hashlib.sha256(stable.encode()).hexdigest()[:16]
