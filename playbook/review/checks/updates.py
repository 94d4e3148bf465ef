"""P5: no silence longer than the house cadence while the buyer waits for something."""

from datetime import datetime

from playbook.domain.events import PromiseKept
from playbook.domain.promises import PromiseState
from playbook.review.checks.deadlines import contacts
from playbook.review.checks.history import Found, History, hours_between

CADENCE = "house_update_cadence"


def updates(history: History) -> Found:
    """The longest silence beyond the cadence while a promise was open; evidence that was never chased."""
    heard = [*contacts(history), *(step.event for step in history.of(PromiseKept))]
    if not history.case.messages:
        return  # the missing first reply is a finding of its own
    times = sorted({event.at for event in heard})
    ends = [*times[1:], history.as_of]
    worst: tuple[datetime, datetime] | None = None
    for last, following in zip(times, ends, strict=True):
        due = history.due(CADENCE, last)
        if due is None or following <= due or not _waits(history, last, due):
            continue
        if worst is None or following - last > worst[1] - worst[0]:
            worst = (last, following)
    if worst is not None:
        event = next((event for event in heard if event.at == worst[1]), None)
        yield history.found("update_gap", event, since_at=worst[0], hours=hours_between(*worst))
    waiting = history.case.waiting_since
    if waiting is not None and not history.case.closed:
        due = history.due(CADENCE, max(waiting, history.case.contact_at or waiting))
        if due is not None and history.as_of > due:
            yield history.found(
                "evidence_not_chased", since_at=waiting, hours=hours_between(waiting, history.as_of)
            )


def _waits(history: History, last: datetime, due: datetime) -> bool:
    """Whether something that was promised by then was still open when the time for an update had come."""
    for known in history.case.promises:
        made_at, promise = known.promise.made_at, known.promise
        settled = known.settled_at if known.state is not PromiseState.OPEN else None
        if made_at <= last and (settled is None or settled > due) and promise.due_at > due:
            return True
    return False
