"""The follow-ups of a case as a calendar file: importing it twice changes nothing."""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vText

from playbook.domain.case import Case
from playbook.domain.promises import FollowUp
from playbook.i18n import translator
from playbook.i18n.words import FOLLOW_UPS, PROMISES

LENGTH = timedelta(minutes=15)
WARNING = timedelta(hours=-1)


def calendar_file(case: Case, *, now: datetime, lang: str) -> bytes:
    """The open follow-ups as events with an alarm an hour before, times in UTC.

    The UID of a follow-up never changes, so that a newer file updates an older one. Nothing personal
    and nothing of the message is in it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//bulk-order-playbook//follow-ups//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for follow_up in case.open_follow_ups:
        calendar.add_component(_event(case, follow_up, now, lang))
    return bytes(calendar.to_ical())


def _event(case: Case, follow_up: FollowUp, now: datetime, lang: str) -> Event:
    _ = translator(lang)
    known = case.known_promise(follow_up.promise) if follow_up.promise else None
    what = _(PROMISES[known.promise.kind]) if known is not None else _(FOLLOW_UPS[follow_up.kind])
    due_at = follow_up.due_at.astimezone(UTC)
    event = Event()
    event.add("uid", f"{case.case_id}-{follow_up.follow_up}@playbook")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", case.version)
    event.add("dtstart", due_at - LENGTH)
    event.add("dtend", due_at)
    event.add("summary", vText(f"{case.case_id}: {what}"))
    if case.order is not None:
        event.add("description", vText(case.order.order_id))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", vText(what))
    alarm.add("trigger", WARNING)
    event.add_component(alarm)
    return event
