"""Personal data where it must not be: in the free texts of events. Only the vault may hold it."""

import re
from typing import Any

from playbook.domain.events import (
    AppealDecided,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    Body,
    CaseClosed,
    CaseReopened,
    CaseScored,
    ClockStarted,
    FindingAppealed,
    Flagged,
    FollowUpDone,
    GoodsReceived,
    HandOverOffered,
    LockWithdrawn,
    NoteAdded,
    PromiseKept,
    PromiseSuperseded,
    PromiseWithdrawn,
    RefundExportUndone,
    RefundsCancelled,
    RemedyWithdrawn,
)
from playbook.intake.redact import personal_spans
from playbook.review.checks.history import Found, History, Step

_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


_TYPED: tuple[tuple[type[Body], str], ...] = (
    (NoteAdded, "text"),
    (LockWithdrawn, "reason"),
    (RemedyWithdrawn, "reason"),
    (PromiseSuperseded, "reason"),
    (PromiseWithdrawn, "reason"),
    (RefundExportUndone, "reason"),
    (RefundsCancelled, "reason"),
    (CaseReopened, "reason"),
    (CaseClosed, "potential"),
    (ApprovalRequested, "note"),
    (ApprovalGiven, "note"),
    (ApprovalRefused, "note"),
    (FollowUpDone, "note"),
    (Flagged, "note"),
    (HandOverOffered, "note"),
    (GoodsReceived, "note"),
    (CaseScored, "note"),
    (FindingAppealed, "reason"),
    (AppealDecided, "note"),
)
"""What people type into events. References are numbers of carriers and of Amazon."""


def _is_reference(body: Body) -> bool:
    """Whether the note is the number under which a promise was kept: many begin like a telephone number."""
    return isinstance(body, FollowUpDone) and body.task is not None and body.task.promise != ""


def privacy(history: History) -> Found:
    """Events whose typed texts hold an e-mail, a telephone number, a name or an address."""
    typed = [
        (step.event, text)
        for kind, name in _TYPED
        for step in history.of(kind)
        if (text := getattr(step.body, name)) and not _is_reference(step.body)
    ]
    typed += [
        (step.event, goods.what)
        for step in history.of(GoodsReceived)
        for goods in step.body.unexpected
        if goods.what
    ]
    if typed and personal_spans("\n\n".join(dict.fromkeys(text for _, text in typed))):
        for event, text in typed:
            spans = personal_spans(text)
            if spans:
                yield history.found(
                    "personal_data", event, what=spans[0][2].strip("[]"), type=event.body.type
                )
    referring: list[Step[Any]] = [*history.of(PromiseKept), *history.of(ClockStarted)]
    for step in referring:
        reference = step.body.reference
        if "@" in reference and _E_MAIL.search(reference):
            yield history.found("personal_data", step.event, what="e-mail", type=step.event.body.type)
