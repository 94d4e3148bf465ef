"""Step four: promises with dates, and a schedule that leaves no silence (P5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from playbook.domain.case import Case, KnownPromise
from playbook.domain.events import (
    Body,
    FollowUpDone,
    FollowUpScheduled,
    MessageApproved,
    PromiseKept,
    PromiseMade,
    PromiseSuperseded,
)
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import FollowUp, FollowUpKind, Promise, PromiseKind
from playbook.domain.remedies import Remedy
from playbook.policy import DeadlineRow
from playbook.steps.commands import (
    ApproveMessage,
    ChangePromise,
    CompleteFollowUp,
    ConfirmPlan,
    KeepPromise,
    MakePromise,
)
from playbook.steps.decision import Decision, Setting, next_id, refused, refused_all
from playbook.steps.remedy import dated_promises

FARTHEST_PROMISE = timedelta(days=90)
"""No promise may lie farther ahead: a slipped year or month is a typing error, not a plan."""


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """A platform clock that runs for this case: the row, when it started, when it ends."""

    row: DeadlineRow
    started_at: datetime
    due_at: datetime


def planned_promises(case: Case, command: ConfirmPlan, setting: Setting) -> tuple[Promise, ...]:
    """The promises that confirming the plan would make, in the order of the remedies."""
    if case.order is None:
        return ()
    taken = [known.promise.promise for known in case.promises]
    asked = {(date.remedy, date.kind): date.due_at for date in command.dates}
    promised = {(known.promise.remedy) for known in case.promises}
    promises = []
    for remedy in case.remedies:
        line = case.order.line(remedy.line)
        row = setting.policy.remedy_row(remedy.rule)
        if line is None or row is None or remedy.remedy in promised:
            continue
        for dated in dated_promises(case.order, line, row, setting):
            promise_id = next_id("p", taken)
            taken.append(promise_id)
            promises.append(
                Promise(
                    promise=promise_id,
                    kind=dated.kind,
                    remedy=remedy.remedy,
                    line=remedy.line,
                    units=remedy.units,
                    amount=_promised_amount(remedy, dated.kind),
                    due_at=asked.get((remedy.remedy, dated.kind), dated.due_at),
                    deadline=dated.deadline,
                    made_at=setting.now,
                    made_by=setting.actor.name,
                )
            )
    return tuple(promises)


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
    known = {(promise.remedy, promise.kind) for promise in planned_promises(case, ConfirmPlan(), setting)}
    for date in command.dates:
        if (date.remedy, date.kind) not in known:
            problems.append(problem("unknown_promise", promise=f"{date.remedy} {date.kind}"))
        problems.extend(_date_problems(date.due_at, setting.now))
    return tuple(problems)


def _date_problems(due_at: datetime, now: datetime) -> tuple[Problem, ...]:
    if due_at <= now:
        return (problem("due_in_past", due_at=due_at),)
    if due_at > now + FARTHEST_PROMISE:
        return (problem("due_too_far", due_at=due_at, days=FARTHEST_PROMISE.days),)
    return ()


def confirm_plan(case: Case, command: ConfirmPlan, setting: Setting) -> Decision:
    """Make the promises and schedule the follow-ups."""
    problems = plan_blockers(case, command, setting)
    if problems:
        return refused_all(problems)
    made = tuple(PromiseMade(promise=promise) for promise in planned_promises(case, command, setting))
    after = replace(case, promises=(*case.promises, *(KnownPromise(body.promise) for body in made)))
    return (*made, FollowUpScheduled(follow_ups=schedule(after, setting)))


def schedule(case: Case, setting: Setting) -> tuple[FollowUp, ...]:
    """What is still to do, and when, as of now.

    The first reply on the platform's clock; every open promise on its due time; an update before
    silence exceeds the house cadence; a reminder while evidence is awaited; a final check after the
    last promise, then the close. Follow-ups already done are left out.
    """
    done = {follow_up.follow_up for follow_up in case.follow_ups if follow_up.done}
    planned = [*_first_reply(case, setting), *_promise_days(case), *_reminders(case, setting)]
    last_promise = max((promise.due_at for promise in case.open_promises), default=setting.now)
    contacts = [follow_up.due_at for follow_up in planned]
    planned += _updates(case, setting, last_promise, contacts)
    check_at = _house_due("house_final_check", case, last_promise, setting)
    close_at = _house_due("house_close", case, check_at, setting)
    planned.append(FollowUp(follow_up="final_check", kind=FollowUpKind.FINAL_CHECK, due_at=check_at))
    planned.append(FollowUp(follow_up="close_out", kind=FollowUpKind.CLOSE_OUT, due_at=close_at))
    return tuple(
        sorted((f for f in planned if f.follow_up not in done), key=lambda f: (f.due_at, f.follow_up))
    )


def _first_reply(case: Case, setting: Setting) -> Iterable[FollowUp]:
    reply = reply_deadline(case, setting)
    if reply is not None and not case.messages:
        yield FollowUp(
            follow_up="first_reply", kind=FollowUpKind.FIRST_REPLY, due_at=reply.due_at, deadline=reply.row.id
        )


def _promise_days(case: Case) -> Iterable[FollowUp]:
    for promise in case.open_promises:
        yield FollowUp(
            follow_up=f"promise-{promise.promise}",
            kind=FollowUpKind.PROMISE_DUE,
            due_at=promise.due_at,
            promise=promise.promise,
            deadline=promise.deadline,
        )


def _reminders(case: Case, setting: Setting) -> Iterable[FollowUp]:
    if "waiting_for_evidence" in case.flags:
        due_at = _house_due("house_update_cadence", case, setting.now, setting)
        yield FollowUp(follow_up="evidence_reminder", kind=FollowUpKind.EVIDENCE_REMINDER, due_at=due_at)


def _updates(
    case: Case, setting: Setting, until: datetime, contacts: Sequence[datetime]
) -> list[FollowUp]:
    """An update wherever the time between two contacts would exceed the cadence, up to the last promise."""
    updates = []
    last = setting.now
    for contact in sorted({*(at for at in contacts if setting.now < at <= until), until}):
        due_at = _house_due("house_update_cadence", case, last, setting)
        while due_at < contact:
            updates.append(
                FollowUp(
                    follow_up=f"update-{due_at:%Y%m%dT%H%M}", kind=FollowUpKind.NO_NEWS_UPDATE, due_at=due_at
                )
            )
            last = due_at
            due_at = _house_due("house_update_cadence", case, last, setting)
        last = max(last, contact)
    return updates


def market_of(case: Case) -> Marketplace:
    """The marketplace whose clocks apply; the United States until an order says otherwise."""
    if case.order is not None:
        return case.order.marketplace
    return case.marketplace or Marketplace.US


def _main_channel(case: Case) -> Channel:
    channels = case.order.channels if case.order else frozenset[Channel]()
    return Channel.FBM if Channel.FBM in channels or not channels else min(channels)


def _business(case: Case) -> bool:
    return case.order is not None and case.order.business


def _house_due(deadline_id: str, case: Case, start: datetime, setting: Setting) -> datetime:
    row = setting.policy.deadline(
        deadline_id,
        market=market_of(case),
        channel=_main_channel(case),
        on=setting.now.date(),
        business=_business(case),
    )
    if row is None:
        raise LookupError(f"no deadline {deadline_id} on {setting.now.date()}")
    return setting.policy.due(row, start, market_of(case))


def reply_deadline(case: Case, setting: Setting) -> RunningDeadline | None:
    """When the first reply is due: elapsed hours since the buyer's message, weekends included."""
    if case.received_at is None:
        return None
    row = setting.policy.deadline(
        "buyer_message_reply",
        market=market_of(case),
        channel=_main_channel(case),
        on=setting.now.date(),
        business=_business(case),
    )
    if row is None:
        return None
    return RunningDeadline(row, case.received_at, setting.policy.due(row, case.received_at, market_of(case)))


def running_deadlines(case: Case, setting: Setting) -> tuple[RunningDeadline, ...]:
    """Platform clocks that run for the locked order, the nearest first: reply, return window, A-to-z ..."""
    starts: dict[str, datetime] = {}
    if case.received_at is not None and not case.messages:
        starts["message_received"] = case.received_at
    if case.received_at is not None:
        starts["buyer_contact"] = case.received_at
    if case.order is not None:
        delivered = [line.delivered_on for line in case.order.lines if line.delivered_on is not None]
        midnight = datetime.min.time()
        tz = setting.now.tzinfo
        if delivered:
            starts["delivered"] = datetime.combine(max(delivered), midnight, tz)
        if case.order.latest_delivery_on is not None:
            starts["max_edd"] = datetime.combine(case.order.latest_delivery_on, midnight, tz)
    running = []
    for start, started_at in starts.items():
        for row in setting.policy.deadlines(
            start,
            market=market_of(case),
            channel=_main_channel(case),
            on=setting.now.date(),
            business=_business(case),
        ):
            if not row.is_house:
                running.append(RunningDeadline(row, started_at, setting.policy.due(row, started_at, market_of(case))))
    return tuple(sorted(running, key=lambda deadline: deadline.due_at))


def make_promise(case: Case, command: MakePromise, setting: Setting) -> Decision:
    """Promise something beside the plan. One that contradicts an open promise is refused with both."""
    problems = list(_date_problems(command.due_at, setting.now))
    if command.remedy and case.remedy(command.remedy) is None:
        problems.append(problem("unknown_remedy", remedy=command.remedy))
    if command.units is not None and command.units < 1:
        problems.append(problem("units_not_positive", line=command.line, sku="", units=command.units))
    if problems:
        return refused_all(problems)
    promise = Promise(
        promise=next_id("p", [known.promise.promise for known in case.promises]),
        kind=command.kind,
        remedy=command.remedy,
        line=command.line,
        units=command.units,
        amount=command.amount,
        due_at=command.due_at,
        made_at=setting.now,
        made_by=setting.actor.name,
    )
    against = next((open_one for open_one in case.open_promises if promise.contradicts(open_one)), None)
    if against is not None:
        return refused("promise_contradicts", new=promise, existing=against)
    if any(_same(promise, open_one) for open_one in case.open_promises):
        return refused("promise_repeated", kind=promise.kind, due_at=promise.due_at)
    return _with_schedule(case, (PromiseMade(promise=promise),), (KnownPromise(promise),), setting)


def _same(new: Promise, old: Promise) -> bool:
    return (new.kind, new.remedy, new.line) == (old.kind, old.remedy, old.line)


def _with_schedule(
    case: Case, events: tuple[Body, ...], more: tuple[KnownPromise, ...], setting: Setting, gone: str = ""
) -> tuple[Body, ...]:
    """*events* and, once a plan exists, the schedule as it is after them."""
    if not case.plan_confirmed:
        return events
    kept = tuple(known for known in case.promises if known.promise.promise != gone)
    after = replace(case, promises=(*kept, *more))
    return (*events, FollowUpScheduled(follow_ups=schedule(after, setting)))


def keep_promise(case: Case, command: KeepPromise, setting: Setting) -> Decision:
    """Record that a promise was kept; its follow-up is done, and the rest of the schedule moves up."""
    promise = next((promise for promise in case.open_promises if promise.promise == command.promise), None)
    if promise is None:
        return refused("promise_not_open", promise=command.promise)
    events: tuple[Body, ...] = (PromiseKept(promise=promise.promise, reference=command.reference.strip()),)
    follow_up = f"promise-{promise.promise}"
    if any(open_one.follow_up == follow_up for open_one in case.open_follow_ups):
        events = (*events, FollowUpDone(follow_up=follow_up, note=command.reference.strip()))
    return _with_schedule(case, events, (), setting, gone=promise.promise)


def change_promise(case: Case, command: ChangePromise, setting: Setting) -> Decision:
    """Replace an open promise by one with another date; needs a reason, and the buyer must be told."""
    promise = next((promise for promise in case.open_promises if promise.promise == command.promise), None)
    if promise is None:
        return refused("promise_not_open", promise=command.promise)
    problems = list(_date_problems(command.due_at, setting.now))
    if not command.reason.strip():
        problems.append(problem("reason_needed"))
    if command.due_at == promise.due_at:
        problems.append(problem("promise_repeated", kind=promise.kind, due_at=promise.due_at))
    if problems:
        return refused_all(problems)
    changed = promise.model_copy(
        update={
            "promise": next_id("p", [known.promise.promise for known in case.promises]),
            "due_at": command.due_at,
            "made_at": setting.now,
            "made_by": setting.actor.name,
        }
    )
    event = PromiseSuperseded(promise=promise.promise, replacement=changed, reason=command.reason.strip())
    plan = replace(case, plan_confirmed=bool(case.follow_ups))
    return _with_schedule(plan, (event,), (KnownPromise(changed),), setting, gone=promise.promise)


def complete_follow_up(case: Case, command: CompleteFollowUp, setting: Setting) -> Decision:
    """Tick a follow-up off. One that watches a promise is done by keeping the promise."""
    follow_up = next((f for f in case.open_follow_ups if f.follow_up == command.follow_up), None)
    if follow_up is None:
        return refused("unknown_follow_up", follow_up=command.follow_up)
    if follow_up.promise:
        return refused("keep_promise_instead", promise=follow_up.promise)
    return (FollowUpDone(follow_up=follow_up.follow_up, note=command.note.strip()),)


def approve_message(case: Case, command: ApproveMessage, setting: Setting) -> Decision:
    """Record a message that the agent sends on the buyer's thread; it is the first reply if none was."""
    message = MessageApproved(
        kind=command.kind,
        language=command.language,
        message_ref=command.message_ref,
        digest=command.digest,
        follow_up=command.follow_up,
    )
    by_message = {"first_reply", command.follow_up}
    done = tuple(
        FollowUpDone(follow_up=f.follow_up, note=command.kind)
        for f in case.open_follow_ups
        if f.follow_up in by_message and not f.promise
    )
    return (message, *done)
