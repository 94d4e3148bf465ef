"""P4, P5: promises dated, kept in time, not contradicted, and not changed behind the buyer's back."""

from playbook.domain.contradictions import Clash, contradicted_at, owed_notices, remember_approvals
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    PromiseMade,
    PromiseSuperseded,
    RemedyChosen,
)
from playbook.domain.promises import Promise, PromiseState
from playbook.domain.remedies import Remedy
from playbook.review.checks.history import Found, History, hours_between

_SPEAKS = (PromiseMade, PromiseSuperseded, RemedyChosen, ApprovalGiven, ApprovalRequested)


def promises(history: History) -> Found:
    """Late and overdue promises, remedies without one, contradictions, changes nobody told of."""
    for known in history.case.promises:
        promise = known.promise
        if known.state is PromiseState.KEPT and known.settled_at and known.settled_at > promise.due_at:
            yield history.found(
                "promise_late",
                history.event(known.settled),
                promise=promise.kind,
                due_at=promise.due_at,
                hours=hours_between(promise.due_at, known.settled_at),
            )
        elif known.state is PromiseState.OPEN and not history.case.closed and history.as_of > promise.due_at:
            yield history.found(
                "promise_overdue",
                history.event(known.made),
                promise=promise.kind,
                due_at=promise.due_at,
                hours=hours_between(promise.due_at, history.as_of),
            )
    yield from _undated(history)
    yield from _contradictions(history)
    for known in owed_notices(history.case):
        assert known.settled_at is not None
        due = history.due("house_notice", known.settled_at)
        if history.case.closed or (due is not None and history.as_of > due):
            yield history.found(
                "change_untold",
                history.event(known.settled),
                promise=known.promise.kind,
                due_at=known.promise.due_at,
            )


def _undated(history: History) -> Found:
    """Remedies that were agreed and for which nothing was ever promised."""
    promised = {known.promise.remedy for known in history.case.promises}
    for step in history.of(RemedyChosen):
        remedy = step.body.remedy
        if remedy.remedy in promised or history.case.remedy(remedy.remedy) is None:
            continue
        due = history.due("house_answer", step.event.at)
        if history.case.closed or (due is not None and history.as_of > due):
            yield history.found("remedy_undated", step.event, kind=remedy.kind, units=remedy.units)


def _contradictions(history: History) -> Found:
    waiting: dict[str, bool] = {}
    for step in history.steps:
        event = step.event
        if not isinstance(event.body, _SPEAKS):
            continue
        for clash, new, existing in contradicted_at(event, step.before, waiting):
            chosen = isinstance(event.body, RemedyChosen)
            if isinstance(event.body, ApprovalGiven):
                continue  # judged by the checks of approvals
            if isinstance(new, Remedy) and clash is Clash.OTHER_REMEDY and not isinstance(existing, Promise):
                item = step.before.item(new.item)
                decided = step.before.decided_units(new.item) + new.units
                if item is not None:  # else its rule does not fit
                    yield history.found(
                        "decided_twice", event, units=decided, claimed=item.units, kind=new.kind
                    )
            elif clash is Clash.WITHOUT_AUTHORITY:
                check = "chosen_without_approval" if chosen else "promise_baseless"
                kind = getattr(new, "kind", None)
                yield history.found(check, event, **{"kind" if chosen else "promise": kind})
            else:
                yield history.found(
                    "promise_contradicted",
                    event,
                    what=getattr(new, "kind", None),
                    clash=clash,
                    other=getattr(existing, "kind", None),
                )
        remember_approvals(event, step.before, waiting)
