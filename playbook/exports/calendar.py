"""The follow-ups of a case as a calendar file: importing it twice changes nothing, and leaves no ghosts."""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vText

from playbook.domain.case import Case
from playbook.domain.promises import FollowUp
from playbook.i18n import show
from playbook.policy import Policy
from playbook.steps.schedule import task_name

LENGTH = timedelta(minutes=15)
WARNING = timedelta(hours=-1)


def calendar_file(case: Case, *, policy: Policy, now: datetime, lang: str) -> bytes:
    """The open follow-ups as events with an alarm an hour before, times in UTC.

    The UID of a follow-up never changes, so that a newer file updates an older one. What is done, or no
    longer planned, is in the file as cancelled (RFC 5545, 3.8.1.11), so that a calendar that has it
    takes it out. Nothing personal and nothing of the message is in it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//bulk-order-playbook//follow-ups//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for follow_up in case.open_follow_ups:
        event = _event(case, follow_up, policy, now, lang)
        event.add("status", "CONFIRMED")
        event.add_component(_alarm(follow_up, case, policy, lang))
        calendar.add_component(event)
    for follow_up in case.past_follow_ups:
        event = _event(case, follow_up, policy, now, lang)
        event.add("status", "CANCELLED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(case: Case, follow_up: FollowUp, policy: Policy, now: datetime, lang: str) -> Event:
    due_at = follow_up.due_at.astimezone(UTC)
    event = Event()
    event.add("uid", f"{case.case_id}-{follow_up.follow_up}@playbook")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", case.version)
    event.add("dtstart", due_at - LENGTH)
    event.add("dtend", due_at)
    event.add("summary", vText(f"{case.case_id}: {show(task_name(follow_up, case, policy), lang)}"))
    if case.order is not None:
        event.add("description", vText(case.order.order_id))
    return event


def _alarm(follow_up: FollowUp, case: Case, policy: Policy, lang: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", vText(show(task_name(follow_up, case, policy), lang)))
    alarm.add("trigger", WARNING)
    return alarm
