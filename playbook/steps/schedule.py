"""The schedule that leaves no silence, and the platform clocks that run meanwhile (P5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from playbook.domain.case import WAITING, Case
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.promises import FollowUp, FollowUpKind
from playbook.policy import DeadlineRow
from playbook.policy.clocks import season_end
from playbook.steps.decision import Setting


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """A platform clock that runs for this case: the row, when it started, when it ends."""

    row: DeadlineRow
    started_at: datetime
    due_at: datetime


def schedule(case: Case, setting: Setting) -> tuple[FollowUp, ...]:
    """What is still to do, and when, as of now; the next due first, each with an id of its own.

    The first reply on the platform's clock; every open promise on its due time; an update before
    silence exceeds the house cadence; a reminder while evidence is awaited; a final check after the
    last promise, then the close. What is done stays done: a second reminder, or a final check after a
    further promise, comes under a new id.
    """
    done = frozenset(follow_up.follow_up for follow_up in case.follow_ups if follow_up.done)
    planned = [*_first_reply(case, setting), *_promise_days(case), *_reminders(case, setting, done)]
    last_promise = max((promise.due_at for promise in case.open_promises), default=setting.now)
    planned += _updates(case, setting, last_promise, [follow_up.due_at for follow_up in planned])
    planned += _endings(case, setting, max(last_promise, setting.now), done)
    still_open = (follow_up for follow_up in planned if follow_up.follow_up not in done)
    return tuple(sorted(still_open, key=lambda follow_up: (follow_up.due_at, follow_up.follow_up)))


def _first_reply(case: Case, setting: Setting) -> Iterable[FollowUp]:
    reply = reply_deadline(case, setting)
    if reply is not None and not case.messages:
        yield FollowUp(
            follow_up="first_reply",
            kind=FollowUpKind.FIRST_REPLY,
            due_at=reply.due_at,
            deadline=reply.row.id,
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


def _reminders(case: Case, setting: Setting, done: frozenset[str]) -> Iterable[FollowUp]:
    if WAITING in case.flags:
        row = _house_row("house_update_cadence", case, setting)
        due_at = setting.policy.due(row, setting.now, market_of(case))
        before = [f.due_at for f in case.open_follow_ups if f.kind is FollowUpKind.EVIDENCE_REMINDER]
        yield FollowUp(
            follow_up=_next_round("evidence_reminder", done),
            kind=FollowUpKind.EVIDENCE_REMINDER,
            due_at=min([due_at, *before]),
            deadline=row.id,
        )


def _updates(case: Case, setting: Setting, until: datetime, contacts: Sequence[datetime]) -> list[FollowUp]:
    """An update wherever the time between two contacts would exceed the cadence, up to the last promise.

    Raises ValueError for a cadence that does not move on.
    """
    row, market = _house_row("house_update_cadence", case, setting), market_of(case)
    updates = []
    last = setting.now
    for contact in sorted({at for at in (*contacts, until) if setting.now < at <= until}):
        while (due_at := setting.policy.due(row, last, market)) < contact:
            if due_at <= last:
                raise ValueError(f"rule {row.id}: the cadence of updates must be longer than nothing")
            updates.append(
                FollowUp(
                    follow_up=f"update-{due_at:%Y%m%dT%H%M}",
                    kind=FollowUpKind.NO_NEWS_UPDATE,
                    due_at=due_at,
                    deadline=row.id,
                )
            )
            last = due_at
        last = contact
    return updates


def _endings(case: Case, setting: Setting, last: datetime, done: frozenset[str]) -> list[FollowUp]:
    """The final check after the last promise and the close; again when more was promised after them."""
    endings = []
    for kind, deadline in (
        (FollowUpKind.FINAL_CHECK, "house_final_check"),
        (FollowUpKind.CLOSE_OUT, "house_close"),
    ):
        row = _house_row(deadline, case, setting)
        last = setting.policy.due(row, last, market_of(case))
        follow_up = _next_round(kind.value, done) if case.open_promises else kind.value
        endings.append(FollowUp(follow_up=follow_up, kind=kind, due_at=last, deadline=row.id))
    return endings


def _next_round(base: str, done: frozenset[str]) -> str:
    """``base`` itself, or ``base-2`` and so on when that was done before."""
    name, number = base, 1
    while name in done:
        number += 1
        name = f"{base}-{number}"
    return name


def market_of(case: Case) -> Marketplace:
    """The marketplace whose clocks apply; the United States until an order says otherwise."""
    if case.order is not None:
        return case.order.marketplace
    return case.marketplace or Marketplace.US


def _main_channel(case: Case) -> Channel:
    channels = case.order.channels if case.order else frozenset[Channel]()
    return Channel.FBM if Channel.FBM in channels or not channels else min(channels)


def _row(deadline_id: str, case: Case, setting: Setting) -> DeadlineRow | None:
    return setting.policy.deadline(
        deadline_id,
        market=market_of(case),
        channel=_main_channel(case),
        on=setting.now.date(),
        business=case.order is not None and case.order.business,
    )


def _house_row(deadline_id: str, case: Case, setting: Setting) -> DeadlineRow:
    row = _row(deadline_id, case, setting)
    if row is None:
        raise LookupError(f"no deadline {deadline_id} on {setting.now.date()}")
    return row


def reply_deadline(case: Case, setting: Setting) -> RunningDeadline | None:
    """When the first reply is due: elapsed hours since the buyer's message, weekends included."""
    row = _row("buyer_message_reply", case, setting)
    if row is None or case.received_at is None:
        return None
    return RunningDeadline(row, case.received_at, setting.policy.due(row, case.received_at, market_of(case)))


def running_deadlines(case: Case, setting: Setting) -> tuple[RunningDeadline, ...]:
    """Platform clocks that run for the locked order, the nearest first: reply, return window, A-to-z ..."""
    market = market_of(case)
    running = [
        RunningDeadline(row, started_at, setting.policy.due(row, started_at, market))
        for start, started_at in _clock_starts(case, setting).items()
        for row in setting.policy.deadlines(
            start,
            market=market,
            channel=_main_channel(case),
            on=setting.now.date(),
            business=case.order is not None and case.order.business,
        )
        if not row.is_house and _applies(row, started_at, setting.policy.market(market).tz)
    ]
    return tuple(sorted(running, key=lambda deadline: deadline.due_at))


def _applies(row: DeadlineRow, started_at: datetime, tz: ZoneInfo) -> bool:
    """Whether the clock runs at all: a seasonal one only for what was bought in the season."""
    season = row.then.season
    return season is None or season_end(started_at.astimezone(tz).date(), season) is not None


def _clock_starts(case: Case, setting: Setting) -> dict[str, datetime]:
    """When the events happened that start platform clocks. Delivery dates are days of the marketplace."""
    starts: dict[str, datetime] = {}
    if case.received_at is not None:
        starts["buyer_contact"] = case.received_at
        if not case.messages:
            starts["message_received"] = case.received_at
    if case.order is not None:
        tz = setting.policy.market(case.order.marketplace).tz

        def day_start(day: date) -> datetime:
            return datetime.combine(day, time(0), tz)

        delivered = [line.delivered_on for line in case.order.lines if line.delivered_on is not None]
        starts["purchased"] = case.order.placed_at
        if delivered:
            starts["delivered"] = day_start(max(delivered))
        if case.order.latest_delivery_on is not None:
            starts["max_edd"] = day_start(case.order.latest_delivery_on)
    return starts
