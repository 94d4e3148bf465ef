"""The schedule that leaves no silence, and the platform clocks that run meanwhile (P5).

Everything here is computed from the events of the case, whenever it is read: a corrected rule or
calendar moves every date but those that the buyer was told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby

from playbook.domain.base import replace
from playbook.domain.case import WAITING, Case, StartedClock
from playbook.domain.contradictions import owed_notices
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel, EarlierKind
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import ClockStart, FollowUp, FollowUpKind, PromiseKind, PromiseState
from playbook.policy import DeadlineRow, Policy, Text
from playbook.policy.clocks import UnknownHolidaysError, season_end
from playbook.steps.decision import Setting

_ENDINGS = frozenset({FollowUpKind.FINAL_CHECK, FollowUpKind.CLOSE_OUT})


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """A platform clock that runs for this case: the row, when it started, when it ends.

    ``number`` counts the clocks of one row: a second return request starts a second one.
    """

    row: DeadlineRow
    started_at: datetime
    due_at: datetime
    number: int = 1


def current(case: Case, setting: Setting) -> Case:
    """The case with its follow-ups as they are now; a case without a plan has no check and no close yet."""
    if not case.version:
        return case
    planned = schedule(case, setting)
    if case.scheduled_at is None:
        planned = tuple(follow_up for follow_up in planned if follow_up.kind not in _ENDINGS)
    return replace(case, planned=planned)


def schedule(case: Case, setting: Setting) -> tuple[FollowUp, ...]:
    """What is still to do, and when; the next due first, each with an id that stays its own.

    A reply to every message of the buyer on the platform's clock; every open promise on its due time;
    notice of a promise that was moved or taken back; the platform's deadlines; an update before silence
    exceeds the house cadence; a reminder while evidence is awaited; a final check after the last
    promise, then the close. Nothing is left to do on a closed case.
    """
    return tuple(task for task in _planned(case, setting) if isinstance(task, FollowUp))


def undated(case: Case, setting: Setting) -> tuple[Problem, ...]:
    """What cannot be dated, because nobody has published the holidays of that year yet."""
    found = [task for task in _planned(case, setting) if isinstance(task, Problem)]
    return tuple({str(task): task for task in found}.values())


def _planned(case: Case, setting: Setting) -> list[FollowUp | Problem]:
    if case.closed:
        return []
    to_the_buyer = [*_replies(case, setting), *promise_days(case), *_notices(case, setting)]
    to_the_buyer += _reminders(case, setting)
    contacts = [task.due_at for task in to_the_buyer if isinstance(task, FollowUp)]
    planned = [
        *to_the_buyer,
        *_platform_tasks(case, setting),
        *_updates(case, setting, contacts),
        *_endings(case, setting),
    ]
    still_open = [task for task in planned if isinstance(task, Problem) or task.follow_up not in case.ticked]
    return sorted(still_open, key=_by_date)


def _by_date(task: FollowUp | Problem) -> tuple[bool, str, str]:
    if isinstance(task, Problem):
        return True, "", str(task)
    return False, task.due_at.isoformat(), task.follow_up


# ---- what the buyer waits for ------------------------------------------------------------------------


def _replies(case: Case, setting: Setting) -> Iterator[FollowUp | Problem]:
    """The oldest message of the buyer that has no answer: any message of ours answers all before it."""
    if case.messages:
        last = case.messages[-1].seq
        waiting = [
            (FollowUpKind.REPLY, f"reply-{number}", clock.started_at)
            for number, clock in enumerate(_recorded(case, ClockStart.MESSAGE_RECEIVED), start=1)
            if clock.seq > last
        ]
    elif case.received_at is not None:
        waiting = [(FollowUpKind.FIRST_REPLY, "first_reply", case.received_at)]
    else:
        waiting = []
    unanswered = [one for one in waiting if one[1] not in case.ticked]
    if unanswered:
        kind, name, received_at = min(unanswered, key=lambda one: one[2])
        yield _task(name, kind, "buyer_message_reply", received_at, case, setting)


def _recorded(case: Case, start: ClockStart) -> list[StartedClock]:
    return [clock for clock in case.clocks if clock.start is start]


def promise_days(case: Case) -> Iterator[FollowUp]:
    """The due time of every open promise."""
    for promise in case.open_promises:
        yield FollowUp(
            follow_up=f"promise-{promise.promise}",
            kind=FollowUpKind.PROMISE_DUE,
            due_at=promise.due_at,
            promise=promise.promise,
            deadline=promise.deadline,
        )


def _notices(case: Case, setting: Setting) -> Iterator[FollowUp | Problem]:
    """One message tells every change: the oldest sets the time."""
    owed = owed_notices(case)
    if owed:
        first = min(owed, key=lambda known: known.settled)
        assert first.settled_at is not None
        name = f"notice-{first.promise.promise}"
        yield _task(name, FollowUpKind.NOTICE, "house_notice", first.settled_at, case, setting)


def _reminders(case: Case, setting: Setting) -> Iterator[FollowUp | Problem]:
    if WAITING in case.flags and case.waiting_since is not None:
        name = _next_round("evidence_reminder", case)
        kind = FollowUpKind.EVIDENCE_REMINDER
        yield _task(name, kind, "house_update_cadence", case.waiting_since, case, setting)


def _next_round(base: str, case: Case, since: int | None = None) -> str:
    """``base`` itself, or ``base-2`` and so on when that was done before (and before the event *since*)."""
    name, number = base, 1
    while name in case.ticked and (since is None or case.ticked[name] < since):
        number += 1
        name = f"{base}-{number}"
    return name


def _updates(case: Case, setting: Setting, contacts: Sequence[datetime]) -> list[FollowUp | Problem]:
    """An update wherever the time between two contacts would exceed the cadence, up to the last promise.

    Before anything was promised it is one, while the buyer waits for our answer and for nothing else.
    Counted from the last contact, so that they move when we write. Of those whose time has passed only
    the first is left, and none while something else that the buyer waits for is overdue. Raises
    ValueError for a cadence that does not move on.
    """
    begin = case.contact_at or min(contacts, default=None)
    if begin is None:
        return []
    until = max((promise.due_at for promise in case.open_promises), default=None)
    if until is None:
        return [] if contacts or case.scheduled_at else [_first_update(case, begin, setting)]
    row, market = _house_row("house_update_cadence", case, setting), market_of(case)
    number = _last_update(case)
    found: list[FollowUp | Problem] = []
    last = begin
    try:
        for contact in sorted({at for at in (*contacts, until) if begin < at <= until}):
            while (due_at := setting.policy.due(row, last, market)) < contact:
                if due_at <= last:
                    raise ValueError(f"rule {row.id}: the cadence of updates must be longer than nothing")
                number += 1
                kind = FollowUpKind.NO_NEWS_UPDATE
                found.append(
                    FollowUp(follow_up=f"update-{number}", kind=kind, due_at=due_at, deadline=row.id)
                )
                last = due_at
            last = contact
    except UnknownHolidaysError as error:
        found.append(_unknown(row, error))
    passed = [task for task in found if isinstance(task, FollowUp) and task.due_at < setting.now]
    is_late = any(at < setting.now for at in contacts)
    return [task for task in found if task not in passed[0 if is_late else 1 :]]


def _first_update(case: Case, contact_at: datetime, setting: Setting) -> FollowUp | Problem:
    """The update of a buyer who was answered but not told yet what will be done."""
    name = f"update-{_last_update(case) + 1}"
    return _task(name, FollowUpKind.NO_NEWS_UPDATE, "house_update_cadence", contact_at, case, setting)


def _last_update(case: Case) -> int:
    """The number of the last update that was sent; earlier versions of the program named them by date."""
    numbers = (name.removeprefix("update-") for name in case.ticked if name.startswith("update-"))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _endings(case: Case, setting: Setting) -> list[FollowUp | Problem]:
    """The final check after the last promise and the close; again when more was promised after them."""
    open_until = [promise.due_at for promise in case.open_promises]
    settled = [known.settled_at for known in case.promises if known.settled_at is not None]
    last = max([*open_until, setting.now] if open_until else [*settled, case.scheduled_at or setting.now])
    promised = max((known.made for known in case.promises), default=0)
    endings: list[FollowUp | Problem] = []
    for kind, deadline in (
        (FollowUpKind.FINAL_CHECK, "house_final_check"),
        (FollowUpKind.CLOSE_OUT, "house_close"),
    ):
        task = _task(_next_round(kind.value, case, promised), kind, deadline, last, case, setting)
        endings.append(task)
        if isinstance(task, Problem):
            break
        last = task.due_at
    return endings


# ---- the platform's clocks ---------------------------------------------------------------------------


def _platform_tasks(case: Case, setting: Setting) -> Iterator[FollowUp | Problem]:
    for running in _running(case, setting):
        if isinstance(running, Problem):
            yield running
        elif running.row.then.task and not _is_settled(running, case):
            row = running.row
            yield FollowUp(
                follow_up=f"deadline-{row.id}" + (f"-{running.number}" if running.number > 1 else ""),
                kind=FollowUpKind.PLATFORM_DEADLINE,
                due_at=running.due_at,
                deadline=row.id,
            )


def _is_settled(running: RunningDeadline, case: Case) -> bool:
    """Whether the promise that the rule names does it: open and due by then, or kept since it started.

    The refund of goods that are still on their way is another one.
    """
    kind = running.row.then.settled_by
    if kind is None:
        return False
    away = {remedy.remedy for remedy in case.remedies if remedy.awaited and not remedy.received}
    own = [
        known
        for known in case.promises
        if known.promise.kind is kind
        and (kind is not PromiseKind.SUBMIT_REFUND or known.promise.remedy not in away)
    ]
    open_until = [known.promise.due_at for known in own if known.state is PromiseState.OPEN]
    if open_until:
        return min(open_until) <= running.due_at
    return any(
        known.state is PromiseState.KEPT
        and known.settled_at is not None
        and known.settled_at >= running.started_at
        for known in own
    )


def running_deadlines(case: Case, setting: Setting) -> tuple[RunningDeadline, ...]:
    """Platform clocks that run for the case, the nearest first: reply, return window, A-to-z ..."""
    running = [found for found in _running(case, setting) if isinstance(found, RunningDeadline)]
    return tuple(sorted(running, key=lambda deadline: deadline.due_at))


def _running(case: Case, setting: Setting) -> Iterator[RunningDeadline | Problem]:
    """Each clock by the rule that held in the marketplace on the day on which it started."""
    market, channel = market_of(case), _main_channel(case)
    tz = setting.policy.market(market).tz
    starts = sorted(_clock_starts(case, setting), key=lambda one: one[0].value)
    for start, group in groupby(starts, key=lambda one: one[0]):
        for number, (_start, started_at) in enumerate(group, start=1):
            day = started_at.astimezone(tz).date()
            for row in setting.policy.deadlines(
                start,
                market=market,
                channel=channel,
                on=day,
                business=case.order is not None and case.order.business,
            ):
                if row.is_house or (row.then.season and season_end(day, row.then.season) is None):
                    continue
                try:
                    due_at = setting.policy.due(row, started_at, market)
                except UnknownHolidaysError as error:
                    yield _unknown(row, error)
                else:
                    yield RunningDeadline(row, started_at, due_at, number)


def _clock_starts(case: Case, setting: Setting) -> Iterator[tuple[ClockStart, datetime]]:
    """When the events happened that start platform clocks. Delivery dates are days of the marketplace."""
    if case.received_at is not None:
        yield ClockStart.BUYER_CONTACT, case.received_at
        if not case.messages:
            yield ClockStart.MESSAGE_RECEIVED, case.received_at
    last = case.messages[-1].seq if case.messages else 0
    for clock in case.clocks:
        if clock.start is not ClockStart.MESSAGE_RECEIVED or clock.seq > last:
            yield clock.start, clock.started_at
    yield from _return_starts(case)
    if case.order is None:
        return
    order, tz = case.order, setting.policy.market(case.order.marketplace).tz

    def day_start(day: date) -> datetime:
        return datetime.combine(day, time(0), tz)

    yield ClockStart.PURCHASED, order.placed_at
    delivered = [line.delivered_on for line in order.lines if line.delivered_on is not None]
    if delivered:
        yield ClockStart.DELIVERED, day_start(max(delivered))
    if order.latest_delivery_on is not None:
        yield ClockStart.MAX_EDD, day_start(order.latest_delivery_on)
    by_amazon = [
        earlier.on
        for earlier in order.earlier
        if earlier.kind in {EarlierKind.REFUND, EarlierKind.REPLACEMENT} and earlier.on is not None
    ]
    if by_amazon:
        yield ClockStart.REFUND_OR_REPLACEMENT, day_start(max(by_amazon))


def _return_starts(case: Case) -> Iterator[tuple[ClockStart, datetime]]:
    """What arrived and what was refunded. SAFE-T is for what was wrong: rejected, or refunded by Amazon."""
    refunds = [
        known
        for known in case.promises
        if known.state is PromiseState.KEPT and known.promise.kind is PromiseKind.SUBMIT_REFUND
    ]
    refunded = max((known.settled_at for known in refunds if known.settled_at is not None), default=None)
    if refunded is not None:
        yield ClockStart.REFUND_SUBMITTED, refunded
    by_id = {remedy.remedy: remedy for remedy in case.remedies} if case.receptions else {}
    for reception in case.receptions:
        remedies = [by_id.get(units.remedy) for units in reception.units]
        if reception.unexpected or any(remedy is not None and remedy.refund for remedy in remedies):
            yield ClockStart.RETURN_DELIVERED, reception.arrived_at
        yield ClockStart.RETURN_CONFIRMED, reception.arrived_at
    wrong = any(units.rejected for reception in case.receptions for units in reception.units)
    if refunded is not None and (wrong or any(known.by_amazon for known in refunds)):
        yield ClockStart.REFUND_DATE, refunded
        if case.receptions:
            arrived = max(reception.arrived_at for reception in case.receptions)
            yield ClockStart.LATER_OF_RETURN_SCAN_AND_REFUND, max(arrived, refunded)


# ---- rules and dates ---------------------------------------------------------------------------------


def _task(
    name: str, kind: FollowUpKind, deadline: str, start: datetime, case: Case, setting: Setting
) -> FollowUp | Problem:
    """A follow-up on the clock of a rule, or why it cannot be dated."""
    row = _house_row(deadline, case, setting)
    try:
        due_at = setting.policy.due(row, start, market_of(case))
    except UnknownHolidaysError as error:
        return _unknown(row, error)
    return FollowUp(follow_up=name, kind=kind, due_at=due_at, deadline=row.id)


def _unknown(row: DeadlineRow, error: UnknownHolidaysError) -> Problem:
    return problem("no_holidays", what=row.name, country=error.country, year=str(error.year))


def market_of(case: Case) -> Marketplace:
    """The marketplace whose clocks apply; the United States until an order says otherwise."""
    if case.order is not None:
        return case.order.marketplace
    return case.marketplace or Marketplace.US


def _main_channel(case: Case) -> Channel:
    lines = case.order.lines if case.order else ()
    if not lines or any(line.channel is Channel.FBM for line in lines):
        return Channel.FBM
    return min(line.channel for line in lines)


def _house_row(deadline_id: str, case: Case, setting: Setting) -> DeadlineRow:
    row = setting.policy.deadline(
        deadline_id,
        market=market_of(case),
        channel=_main_channel(case),
        on=setting.now.date(),
        business=case.order is not None and case.order.business,
    )
    if row is None:
        raise LookupError(f"no deadline {deadline_id} on {setting.now.date()}")
    return row


def task_name(follow_up: FollowUp, case: Case, policy: Policy) -> PromiseKind | FollowUpKind | Text:
    """What a follow-up is about: the promise that falls due, the platform's rule, or its kind."""
    known = case.known_promise(follow_up.promise) if follow_up.promise else None
    if known is not None:
        return known.promise.kind
    row = None
    if follow_up.kind is FollowUpKind.PLATFORM_DEADLINE:
        row = policy.deadline_row(follow_up.deadline)
    return row.name if row is not None else follow_up.kind
