"""How a case was ended: nothing promised, asked or claimed may be left open."""

from playbook.domain.events import (
    AppealDecided,
    CaseClosed,
    CaseReopened,
    CaseScored,
    FindingAppealed,
    MemoWritten,
    NoteAdded,
)
from playbook.review.checks.history import Found, History

_AFTERWARDS = (AppealDecided, CaseClosed, CaseReopened, CaseScored, FindingAppealed, MemoWritten, NoteAdded)
"""What may be recorded about a closed case."""


def closing(history: History) -> Found:
    """What was open at each closing, and what was done to a closed case."""
    for step in history.of(CaseClosed):
        before = step.before
        if before.open_promises:
            yield history.found(
                "closed_with_promises",
                step.event,
                promises=len(before.open_promises),
                promise=before.open_promises[0].kind,
            )
        if before.pending:
            yield history.found("closed_with_approval", step.event, requests=len(before.pending))
        if not before.messages:
            yield history.found("closed_without_reply", step.event)
        undecided = before.undecided_units() if before.breakdown_confirmed else 0
        if step.body.outcome != "withdrawn" and (undecided > 0 or not before.breakdown_confirmed):
            yield history.found("closed_undecided", step.event, units=undecided)
    closed = history.of(CaseClosed)
    for done in history.steps[closed[0].event.seq :] if closed else ():
        if done.before.closed and not isinstance(done.event.body, _AFTERWARDS):
            yield history.found("acted_when_closed", done.event, what=done.event.body.type)
            break
