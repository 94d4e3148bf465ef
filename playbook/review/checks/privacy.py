"""Personal data where it must not be: in the free texts of events. Only the vault may hold it."""

import re

from playbook.domain.events import (
    AppealDecided,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    Body,
    CaseClosed,
    CaseReopened,
    CaseScored,
    FindingAppealed,
    Flagged,
    FollowUpDone,
    GoodsReceived,
    HandOverOffered,
    LockWithdrawn,
    NoteAdded,
    PromiseSuperseded,
    PromiseWithdrawn,
    RefundExportUndone,
    RemedyWithdrawn,
)
from playbook.intake.redact import personal_spans
from playbook.review.checks.history import Found, History

_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def privacy(history: History) -> Found:
    """Events whose typed texts hold an e-mail, a telephone number, a name or an address."""
    typed = [(step.event, text) for step in history.steps for text in _texts(step.event.body)]
    if typed and personal_spans("\n\n".join(text for _, text in typed)):
        for event, text in typed:
            spans = personal_spans(text)
            if spans:
                yield history.found(
                    "personal_data", event, what=spans[0][2].strip("[]"), type=event.body.type
                )
    for step in history.steps:
        reference = getattr(step.event.body, "reference", "")
        if "@" in reference and _E_MAIL.search(reference):
            yield history.found("personal_data", step.event, what="e-mail", type=step.event.body.type)


def _texts(body: Body) -> tuple[str, ...]:
    """What people typed into an event; references are numbers of carriers and of Amazon."""
    match body:
        case NoteAdded(text=text):
            return (text,)
        case (
            LockWithdrawn(reason=text)
            | RemedyWithdrawn(reason=text)
            | PromiseSuperseded(reason=text)
            | PromiseWithdrawn(reason=text)
            | RefundExportUndone(reason=text)
            | CaseReopened(reason=text)
            | CaseClosed(potential=text)
            | ApprovalRequested(note=text)
            | ApprovalGiven(note=text)
            | ApprovalRefused(note=text)
            | FollowUpDone(note=text)
            | Flagged(note=text)
            | HandOverOffered(note=text)
            | CaseScored(note=text)
            | FindingAppealed(reason=text)
            | AppealDecided(note=text)
        ) if text:
            return (text,)
        case GoodsReceived(note=note, unexpected=unexpected):
            return tuple(text for text in (note, *(goods.what for goods in unexpected)) if text)
        case _:
            return ()
