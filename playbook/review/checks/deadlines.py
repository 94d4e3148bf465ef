"""P5: the platform's clocks: first reply, replies, return requests, refunds after receipt, claims.

Each by the row of ``deadlines.yaml`` that held in the marketplace on the day on which the clock started.
"""

from datetime import datetime

from playbook.domain.case import CONTACTS
from playbook.domain.events import ClockStarted, Event, FollowUpDone, GoodsReceived, MessageApproved
from playbook.domain.promises import ClockStart, FollowUpKind, PromiseKind, PromiseState
from playbook.policy import DeadlineRow
from playbook.review.checks.history import Found, History, hours_between

REPLY = "buyer_message_reply"

_RUNS_ON = frozenset({ClockStart.CLAIM_OPENED, ClockStart.APPEAL_QUESTION, ClockStart.CHARGEBACK_EMAIL})
"""Clocks that closing the case does not stop."""

_OURS = frozenset({ClockStart.CLAIM_GRANTED, ClockStart.LAST_SCAN})
"""Clocks of claims that we may make: letting one pass costs money and breaks no rule."""


def contacts(history: History) -> list[Event]:
    """The events by which the buyer heard from us, oldest first."""
    found = [step.event for step in history.of(MessageApproved)]
    for step in history.of(FollowUpDone):
        task = step.body.task
        if (task is not None and task.kind in CONTACTS) or step.body.follow_up == FollowUpKind.FIRST_REPLY:
            found.append(step.event)
    return sorted(found, key=lambda event: event.seq)


def deadlines(history: History) -> Found:
    """Every platform clock that ran out before the thing was done."""
    heard = contacts(history)
    yield from _first_reply(history, heard)
    for step in history.of(ClockStarted):
        start, started_at = step.body.start, step.body.started_at
        if start is ClockStart.MESSAGE_RECEIVED:
            yield from _reply(history, step.event, started_at, heard)
        else:
            yield from _tasks(history, start, step.event, started_at)
    for received in history.of(GoodsReceived):
        yield from _refund_after(history, received.event, received.body)
        if history.business:
            yield from _tasks(history, ClockStart.RETURN_CONFIRMED, received.event, received.body.arrived_at)


def _first_reply(history: History, heard: list[Event]) -> Found:
    received_at = history.case.received_at
    due = history.due(REPLY, received_at) if received_at is not None else None
    if received_at is None or due is None:
        return
    if heard:
        if heard[0].at > due:
            yield history.found(
                "first_reply_late",
                heard[0],
                received_at=received_at,
                hours=hours_between(received_at, heard[0].at),
            )
    elif history.setting.as_of > due:
        hours = hours_between(received_at, history.setting.as_of)
        yield history.found("first_reply_missing", received_at=received_at, hours=hours)


def _reply(history: History, event: Event, received_at: datetime, heard: list[Event]) -> Found:
    """A further message of the buyer: the first contact after it answers it, closing the case does not."""
    due = history.due(REPLY, received_at)
    answer = next((one for one in heard if one.at >= received_at and one.seq > event.seq), None)
    answer = answer or next((one for one in heard if one.at >= received_at), None)
    until = history.setting.as_of if answer is None else answer.at
    if due is None or until <= due:
        return
    yield history.found(
        "reply_late", answer or event, received_at=received_at, hours=hours_between(received_at, until)
    )


def _tasks(history: History, start: ClockStart, event: Event, started_at: datetime) -> Found:
    """What the rules ask of us once something happened outside: done in time, late, or not at all."""
    for row in history.policy.deadlines(
        start,
        market=history.market,
        channel=history.channel,
        on=started_at.date(),
        business=history.business,
    ):
        due = history.end(row, started_at) if row.then.task and not row.is_house else None
        if due is None:
            continue
        done_at = _done_at(history, row, started_at)
        until = done_at or (history.setting.as_of if start in _RUNS_ON else history.as_of)
        if until > due:
            hours = hours_between(due, until)
            yield history.found(_check_of(start), event, deadline=row.id, due_at=due, hours=hours)


def _check_of(start: ClockStart) -> str:
    if start is ClockStart.RETURN_REQUESTED:
        return "return_request_late"
    return "claim_lapsed" if start in _OURS else "platform_deadline_late"


def _done_at(history: History, row: DeadlineRow, started_at: datetime) -> datetime | None:
    """When the task of a row was done: ticked off, or the promise kept that does it."""
    done = [
        step.event.at
        for step in history.of(FollowUpDone)
        if step.event.at >= started_at
        and (
            (step.body.task is not None and step.body.task.deadline == row.id)
            or step.body.follow_up.removeprefix("deadline-").startswith(row.id)
        )
    ]
    if row.then.settled_by is not None:
        done += [
            known.settled_at
            for known in history.case.promises
            if known.promise.kind is row.then.settled_by
            and known.state is PromiseState.KEPT
            and known.settled_at is not None
            and known.settled_at >= started_at
        ]
    return min(done, default=None)


def _refund_after(history: History, event: Event, body: GoodsReceived) -> Found:
    """The refund of what arrived, on the clock that its arrival starts."""
    due = history.due("refund_after_receipt", body.arrived_at)
    if due is None:
        return
    for remedy in body.remedies:
        if not remedy.received or not remedy.refund:
            continue
        paid = [
            known.settled_at
            for known in history.case.promises
            if known.promise.remedy == remedy.remedy
            and known.promise.kind is PromiseKind.SUBMIT_REFUND
            and known.state is PromiseState.KEPT
            and known.settled_at is not None
        ]
        until = min(paid, default=history.as_of)
        if until > due:
            yield history.found(
                "refund_after_receipt_late",
                event,
                arrived_at=body.arrived_at,
                due_at=due,
                hours=hours_between(due, until),
                amount=remedy.refund_total,
            )
