"""Step four: promises with dates, kept, changed or followed up (P5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from playbook.domain.case import Case
from playbook.domain.events import (
    Body,
    ClockStarted,
    FollowUpDone,
    FollowUpScheduled,
    MessageApproved,
    PromiseKept,
    PromiseMade,
    PromiseSuperseded,
    PromiseWithdrawn,
)
from playbook.domain.money import Money
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import RECORDED, FollowUp, FollowUpKind, Promise, PromiseKind
from playbook.domain.remedies import Remedy
from playbook.policy.clocks import UnknownHolidaysError
from playbook.steps.commands import (
    ApproveMessage,
    ChangePromise,
    CompleteFollowUp,
    ConfirmPlan,
    KeepPromise,
    MakePromise,
    StartClock,
    WithdrawPromise,
)
from playbook.steps.contradicting import said_otherwise
from playbook.steps.decision import (
    Decision,
    Setting,
    after,
    clean,
    is_count,
    new_ids,
    refused,
    refused_all,
)
from playbook.steps.options import compensation_total, dated_promises, no_date
from playbook.steps.schedule import (
    RunningDeadline,
    current,
    market_of,
    promise_days,
    running_deadlines,
    schedule,
    undated,
)

__all__ = [
    "FARTHEST_PROMISE",
    "RunningDeadline",
    "approve_message",
    "change_promise",
    "complete_follow_up",
    "confirm_plan",
    "keep_promise",
    "make_promise",
    "market_of",
    "plan_blockers",
    "planned_promises",
    "rule_dates",
    "running_deadlines",
    "schedule",
    "start_clock",
    "undated",
    "withdraw_promise",
]

FARTHEST_PROMISE = timedelta(days=90)
"""No promise may lie farther ahead: a slipped year or month is a typing error, not a plan."""


def planned_promises(case: Case, command: ConfirmPlan, setting: Setting) -> tuple[Promise, ...]:
    """The promises that confirming the plan would make, in the order of the remedies."""
    if case.order is None:
        return ()
    ids = new_ids("p", (known.promise.promise for known in case.promises))
    asked = {(date.remedy, date.kind): date.due_at for date in command.dates}
    planned = _planned_remedies(case)
    promises: list[Promise] = []
    for remedy in case.remedies:
        line = case.order.line(remedy.line)
        row = setting.policy.remedy_row(remedy.rule, setting.now.date())
        if line is None or row is None or remedy.remedy in planned:
            continue
        promises.extend(
            Promise(
                promise=next(ids),
                kind=dated.kind,
                remedy=remedy.remedy,
                line=remedy.line,
                units=remedy.units,
                amount=_promised_amount(remedy, dated.kind),
                due_at=asked.get((remedy.remedy, dated.kind), dated.due_at),
                deadline=dated.deadline,
                date_chosen=(remedy.remedy, dated.kind) in asked,
                made_at=setting.now,
                made_by=setting.actor.name,
            )
            for dated in dated_promises(case.order, line, row, setting)
        )
    return tuple(promises)


def _planned_remedies(case: Case) -> frozenset[str]:
    """Remedies whose rule's promises were made; only those promises name a deadline."""
    return frozenset(known.promise.remedy for known in case.promises if known.promise.deadline)


def _promised_amount(remedy: Remedy, kind: PromiseKind) -> Money | None:
    return remedy.refund_total if kind is PromiseKind.SUBMIT_REFUND else None


def plan_blockers(case: Case, command: ConfirmPlan, setting: Setting) -> tuple[Problem, ...]:
    """Why the plan cannot be confirmed; empty when it can."""
    if not case.breakdown_confirmed:
        return (problem("breakdown_first"),)
    problems: list[Problem] = []
    undecided = case.undecided_units()
    if undecided:
        problems.append(problem("units_undecided", units=undecided))
    if case.pending:
        problems.append(problem("approval_pending", count=len(case.pending)))
    problems.extend(
        problem("rule_gone", remedy=remedy.remedy, kind=remedy.kind, line=remedy.line, rule=remedy.rule)
        for remedy in case.remedies
        if remedy.remedy not in _planned_remedies(case) and setting.policy.remedy_row(remedy.rule) is None
    )
    try:
        planned = planned_promises(case, command, setting)
    except UnknownHolidaysError as error:
        return (*problems, no_date(error))
    known = {(promise.remedy, promise.kind) for promise in planned}
    for date in command.dates:
        if (date.remedy, date.kind) not in known:
            problems.append(problem("unknown_promise", kind=date.kind, remedy=date.remedy))
        problems.extend(_date_problems(date.due_at, setting.now))
    for promise in planned:
        problems.extend(said_otherwise(case, promise))
    return tuple(problems)


def _date_problems(due_at: datetime, now: datetime) -> tuple[Problem, ...]:
    if due_at <= now:
        return (problem("due_in_past", due_at=due_at),)
    if due_at > now + FARTHEST_PROMISE:
        return (problem("due_too_far", due_at=due_at, days=FARTHEST_PROMISE.days),)
    return ()


def confirm_plan(case: Case, command: ConfirmPlan, setting: Setting) -> Decision:
    """Make the promises and schedule the follow-ups.

    An open promise about the whole line that says the same becomes the promise of the remedy.
    """
    problems = plan_blockers(case, command, setting)
    if problems:
        return refused_all(problems)
    made: list[Body] = []
    open_ones = list(case.open_promises)
    for promise in planned_promises(case, command, setting):
        same = next((open_one for open_one in open_ones if promise.same_subject(open_one)), None)
        if same is None:
            made.append(PromiseMade(promise=promise))
        else:
            open_ones.remove(same)
            made.append(
                PromiseSuperseded(promise=same.promise, replacement=promise, reason="taken_into_plan")
            )
    then = replace(after(case, made, setting), scheduled_at=case.scheduled_at or setting.now)
    return (*made, FollowUpScheduled(follow_ups=schedule(then, setting)))


def make_promise(case: Case, command: MakePromise, setting: Setting) -> Decision:
    """Promise something beside the plan. One that contradicts an open promise is refused with both texts.

    With ``instead_of`` and a reason it replaces an open promise of the same thing. It never promises
    more than a remedy grants, than the order holds, or than the actor may grant.
    """
    remedy = case.remedy(command.remedy) if command.remedy else None
    replaced = next((one for one in case.open_promises if one.promise == command.instead_of), None)
    promise = Promise(
        promise=next(new_ids("p", (known.promise.promise for known in case.promises))),
        kind=command.kind,
        remedy=command.remedy,
        line=remedy.line if remedy is not None and command.line is None else command.line,
        units=command.units if is_count(command.units) else None,
        amount=command.amount,
        due_at=command.due_at,
        deadline=replaced.deadline if replaced is not None else "",
        date_chosen=True,
        made_at=setting.now,
        made_by=setting.actor.name,
    )
    against = said_otherwise(case, promise, command.instead_of)
    if against:
        return refused_all(against)
    others = [one for one in case.open_promises if one is not replaced]
    if any(promise.same_subject(open_one) for open_one in others):
        return refused("promise_repeated", kind=promise.kind, due_at=promise.due_at)
    problems = list(_date_problems(command.due_at, setting.now))
    problems.extend(_beyond_remedy(case, command, remedy) if command.remedy else _beyond_order(case, command))
    problems.extend(_above_limit(case, command, setting))
    if command.instead_of:
        problems.extend(_not_replaceable(command, promise, replaced))
    if problems:
        return refused_all(problems)
    if replaced is not None:
        reason = clean(command.reason)
        return (PromiseSuperseded(promise=replaced.promise, replacement=promise, reason=reason),)
    return (PromiseMade(promise=promise),)


def _not_replaceable(command: MakePromise, new: Promise, replaced: Promise | None) -> list[Problem]:
    if replaced is None or not new.same_subject(replaced):
        return [problem("promise_not_open", promise=command.instead_of)]
    problems = [] if clean(command.reason) else [problem("reason_needed")]
    if not new.contradicts(replaced):
        problems.append(problem("promise_repeated", kind=new.kind, due_at=new.due_at))
    return problems


def _above_limit(case: Case, command: MakePromise, setting: Setting) -> Sequence[Problem]:
    """Money promised before any remedy is agreed counts against what the actor may grant."""
    if command.amount is None or command.remedy or case.order is None:
        return ()
    if command.amount.currency != case.order.currency:
        return ()
    role = setting.actor.role
    limit = setting.policy.approval_limit(role, case.order.currency, setting.now.date())
    amount = compensation_total(case) + command.amount
    if limit is None or amount <= limit:
        return ()
    return (problem("above_limit", amount=amount, limit=limit, role=role),)


def _beyond_remedy(case: Case, command: MakePromise, remedy: Remedy | None) -> Sequence[Problem]:
    if remedy is None:
        return (problem("unknown_remedy", remedy=command.remedy),)
    if remedy.remedy not in _planned_remedies(case):
        return (problem("plan_first", remedy=remedy.remedy),)
    fits = (
        command.line in {None, remedy.line}
        and (command.units is None or (is_count(command.units) and command.units <= remedy.units))
        and command.amount in {None, remedy.refund_total}
    )
    return () if fits else (_beyond(command, remedy.units, remedy.refund_total),)


def _beyond_order(case: Case, command: MakePromise) -> Sequence[Problem]:
    if command.line is None and command.units is None and command.amount is None:
        return ()
    if case.order is None:
        return (problem("not_locked"),)
    lines = [line for line in case.order.lines if command.line in {None, line.line}]
    if not lines:
        return (problem("unknown_line", line=command.line),)
    units = sum(line.units_live for line in lines)
    paid = sum((line.paid_total for line in lines), Money.zero(case.order.currency))
    fits = (command.units is None or (is_count(command.units) and command.units <= units)) and (
        command.amount is None
        or (command.amount.currency == paid.currency and Money.zero(paid.currency) < command.amount <= paid)
    )
    return () if fits else (_beyond(command, units, paid),)


def _beyond(command: MakePromise, most_units: int, most: Money) -> Problem:
    return problem(
        "promise_beyond",
        kind=command.kind,
        units=command.units,
        amount=command.amount,
        most_units=most_units,
        most=most,
    )


def keep_promise(case: Case, command: KeepPromise, setting: Setting) -> Decision:
    """Record that a promise was kept; its follow-up is done.

    The refund of goods that have to come back is not ours to submit before they are here; only Amazon
    refunds earlier, at the carrier's first scan (facts 3.1), and that is recorded as its doing.
    """
    promise = next((promise for promise in case.open_promises if promise.promise == command.promise), None)
    if promise is None:
        return refused("promise_not_open", promise=command.promise)
    remedy = case.remedy(promise.remedy)
    if promise.kind is PromiseKind.SUBMIT_REFUND and remedy is not None and remedy.awaited:
        if not command.by_amazon:
            return refused("goods_not_received", units=remedy.awaited, line=remedy.line)
    elif command.by_amazon:
        return refused("not_by_amazon", kind=promise.kind)
    reference = clean(command.reference)
    kept = PromiseKept(promise=promise.promise, reference=reference, by_amazon=command.by_amazon)
    done = tuple(
        _done(follow_up, reference)
        for follow_up in promise_days(case)
        if follow_up.promise == promise.promise and follow_up.follow_up not in case.ticked
    )
    return (kept, *done)


def change_promise(case: Case, command: ChangePromise, setting: Setting) -> Decision:
    """Replace an open promise by one with another date; needs a reason, and the buyer must be told."""
    promise = next((promise for promise in case.open_promises if promise.promise == command.promise), None)
    if promise is None:
        return refused("promise_not_open", promise=command.promise)
    problems = list(_date_problems(command.due_at, setting.now))
    reason = clean(command.reason)
    if not reason:
        problems.append(problem("reason_needed"))
    if command.due_at == promise.due_at:
        problems.append(problem("promise_repeated", kind=promise.kind, due_at=promise.due_at))
    if problems:
        return refused_all(problems)
    changed = promise.model_copy(
        update={
            "promise": next(new_ids("p", (known.promise.promise for known in case.promises))),
            "due_at": command.due_at,
            "date_chosen": True,
            "made_at": setting.now,
            "made_by": setting.actor.name,
        }
    )
    return (PromiseSuperseded(promise=promise.promise, replacement=changed, reason=reason),)


def withdraw_promise(case: Case, command: WithdrawPromise, setting: Setting) -> Decision:
    """Take back a promise beside the plan; one that a remedy carries goes with the remedy."""
    promise = next((promise for promise in case.open_promises if promise.promise == command.promise), None)
    if promise is None:
        return refused("promise_not_open", promise=command.promise)
    if promise.remedy:
        return refused("withdraw_remedy_instead", kind=promise.kind, remedy=promise.remedy)
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    return (PromiseWithdrawn(promise=promise.promise, reason=reason),)


def start_clock(case: Case, command: StartClock, setting: Setting) -> Decision:
    """Record what happened outside and starts clocks: never before the order, never in the future."""
    if command.start not in RECORDED:
        return refused("not_recordable", start=command.start)
    problems = []
    if command.started_at > setting.now:
        problems.append(problem("happened_in_future", at=command.started_at, now=setting.now))
    if case.order is not None and command.started_at < case.order.placed_at:
        placed_at = case.order.placed_at
        problems.append(problem("happened_before_order", at=command.started_at, placed_at=placed_at))
    if any((one.start, one.started_at) == (command.start, command.started_at) for one in case.clocks):
        problems.append(problem("already_recorded", start=command.start, at=command.started_at))
    if problems:
        return refused_all(problems)
    reference = clean(command.reference)
    return (ClockStarted(start=command.start, started_at=command.started_at, reference=reference),)


def rule_dates(case: Case, setting: Setting) -> dict[str, datetime]:
    """Open promises whose rule would give another date today than the buyer was told: id -> that date.

    A promise whose date the agent chose has no rule; neither has one whose rule or calendar is gone.
    """
    dates: dict[str, datetime] = {}
    for promise in case.open_promises:
        remedy = case.remedy(promise.remedy)
        line = case.order.line(remedy.line) if case.order is not None and remedy is not None else None
        row = setting.policy.remedy_row(remedy.rule, setting.now.date()) if remedy is not None else None
        if promise.date_chosen or case.order is None or line is None or row is None:
            continue
        then = replace(setting, now=promise.made_at)
        try:
            dated = dated_promises(case.order, line, row, then)
        except UnknownHolidaysError:
            continue
        for one in dated:
            if (one.kind, one.deadline) == (promise.kind, promise.deadline) and one.due_at != promise.due_at:
                dates[promise.promise] = one.due_at
    return dates


def complete_follow_up(case: Case, command: CompleteFollowUp, setting: Setting) -> Decision:
    """Tick a follow-up off. One that watches a promise is done by keeping the promise."""
    planned = current(case, setting).open_follow_ups
    follow_up = next((f for f in planned if f.follow_up == command.follow_up), None)
    if follow_up is None:
        return refused("unknown_follow_up", follow_up=command.follow_up)
    if follow_up.promise:
        return refused("keep_promise_instead", promise=follow_up.promise)
    if follow_up.kind is FollowUpKind.NOTICE:
        return refused("send_notice_instead")
    return (_done(follow_up, clean(command.note)),)


def _done(follow_up: FollowUp, note: str) -> FollowUpDone:
    return FollowUpDone(follow_up=follow_up.follow_up, task=follow_up, note=note)


def approve_message(case: Case, command: ApproveMessage, setting: Setting) -> Decision:
    """Record a message that the agent sends on the buyer's thread; it is the first reply if none was."""
    message = MessageApproved(
        kind=command.kind,
        language=command.language,
        message_ref=command.message_ref,
        digest=command.digest,
        follow_up=command.follow_up,
        template=command.template,
        warnings=command.warnings,
        own=command.own,
        proactive=command.proactive,
    )
    answered = {FollowUpKind.FIRST_REPLY, FollowUpKind.REPLY}
    done = tuple(
        _done(follow_up, command.kind)
        for follow_up in current(case, setting).open_follow_ups
        if (follow_up.follow_up == command.follow_up or follow_up.kind in answered)
        and not follow_up.promise
        and follow_up.kind is not FollowUpKind.NOTICE
    )
    return (message, *done)
