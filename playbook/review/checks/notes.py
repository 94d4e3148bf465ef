"""P4: whoever takes over asks nothing twice: memo, references, hand-over."""

from playbook.domain.case import Case
from playbook.domain.events import (
    Body,
    BreakdownConfirmed,
    CaseClosed,
    GoodsReceived,
    HandOverOffered,
    LockWithdrawn,
    MemoWritten,
    PromiseKept,
    PromiseMade,
    PromiseSuperseded,
    PromiseWithdrawn,
    RemedyChosen,
    RemedyWithdrawn,
)
from playbook.domain.promises import PromiseKind
from playbook.letters.memo import memo_problems, memo_says, memo_should_say
from playbook.review.checks.history import Found, History, Step, hours_between

_NUMBERED = frozenset({PromiseKind.SHIP_GOODS, PromiseKind.SHIP_PART, PromiseKind.SUBMIT_REFUND})
"""What leaves a number behind: a parcel's or a refund's."""

_CHANGES = (
    BreakdownConfirmed,
    GoodsReceived,
    LockWithdrawn,
    PromiseMade,
    PromiseSuperseded,
    PromiseWithdrawn,
    RemedyChosen,
    RemedyWithdrawn,
)
"""What a colleague would do wrong without knowing of it."""


def notes(history: History) -> Found:
    """The memo against the case, references of what was done, offers to hand over."""
    yield from _memo(history)
    for kept in history.of(PromiseKept):
        known = kept.before.known_promise(kept.body.promise)
        if (
            known is not None
            and known.promise.kind in _NUMBERED
            and not kept.body.reference
            and not kept.body.by_amazon
        ):
            yield history.found("kept_without_reference", kept.event, promise=known.promise.kind)
    offered = history.of(HandOverOffered)
    for step in offered:
        if not step.body.note and not step.before.memo:
            yield history.found("hand_over_without_note", step.event, to=step.body.to)
    if offered and history.case.hand_over_to:
        last = offered[-1].event
        due = history.due("house_hand_over", last.at)
        if due is not None and history.as_of > due:
            hours = hours_between(last.at, history.as_of)
            yield history.found("hand_over_waiting", last, to=history.case.hand_over_to, hours=hours)


def _memo(history: History) -> Found:
    written = history.of(MemoWritten)
    closed = history.of(CaseClosed) if history.case.closed else []
    if not written:
        if closed and history.case.remedies:
            yield history.found("memo_missing", closed[-1].event)
        return
    last = written[-1]
    text = last.body.text
    faults = memo_problems(text)
    if faults:
        yield history.found("memo_altered", last.event, why=faults[0].code)
        return
    if not _agrees(history, text, last.before):
        yield history.found("memo_differs", last.event)
        return
    later = [step for step in history.steps[last.event.seq :] if isinstance(step.event.body, _CHANGES)]
    if later and (closed or _offered_after(history, later[0])):
        yield history.found("memo_outdated", later[-1].event, changes=len(later), written_at=last.event.at)


def _offered_after(history: History, change: Step[Body]) -> bool:
    return any(step.event.seq > change.event.seq for step in history.of(HandOverOffered))


def _agrees(history: History, text: str, case: Case) -> bool:
    """Whether the memo says what the case said when it was written."""
    return memo_says(text) == memo_should_say(case, policy=history.policy)
