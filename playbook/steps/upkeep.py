"""What keeps a case understandable and ends it: notes, memo, flags, hand-over, close (P4, P7)."""

from playbook.domain.case import Case
from playbook.domain.contradictions import owed_notices
from playbook.domain.events import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    Flagged,
    HandOverAccepted,
    HandOverOffered,
    MemoWritten,
    NoteAdded,
)
from playbook.domain.problems import Problem, problem
from playbook.steps.commands import (
    AcceptHandOver,
    AddNote,
    CloseCase,
    OfferHandOver,
    OpenCase,
    ReopenCase,
    SetFlag,
    WriteMemo,
)
from playbook.steps.decision import Decision, Setting, clean, refused, refused_all

LONGEST_NOTE = 4000


def open_case(case: Case, command: OpenCase, setting: Setting) -> Decision:
    """Open a case for a buyer's message."""
    if case.version:
        return refused("already_open", case_id=case.case_id)
    if command.received_at > setting.now:
        return refused("received_in_future", received_at=command.received_at, now=setting.now)
    return (
        CaseOpened(
            message_ref=command.message_ref,
            received_at=command.received_at,
            language=command.language,
            marketplace=command.marketplace,
            sample=command.sample,
        ),
    )


def write_memo(case: Case, command: WriteMemo, setting: Setting) -> Decision:
    """Record the seller memo as pasted, one part a line; the platform limits the length of each."""
    text = clean(command.text)
    if not text:
        return refused("text_needed")
    longest = max(map(len, text.splitlines()))
    if longest > command.limit:
        return refused("memo_too_long", length=longest, limit=command.limit)
    return (MemoWritten(text=text),)


def add_note(case: Case, command: AddNote, setting: Setting) -> Decision:
    """Add a note for colleagues."""
    text = clean(command.text)
    if not text:
        return refused("text_needed")
    if len(text) > LONGEST_NOTE:
        return refused("note_too_long", length=len(text), limit=LONGEST_NOTE)
    return (NoteAdded(text=text),)


def set_flag(case: Case, command: SetFlag, setting: Setting) -> Decision:
    """Flag a case for colleagues, or take the flag off."""
    flag = clean(command.flag)
    if not flag:
        return refused("text_needed")
    if (flag in case.flags) == command.on:
        return ()
    return (Flagged(flag=flag, on=command.on, note=clean(command.note)),)


def offer_hand_over(case: Case, command: OfferHandOver, setting: Setting) -> Decision:
    """Offer the case to a colleague, who has to acknowledge it."""
    to = clean(command.to)
    if not to:
        return refused("text_needed")
    if to == setting.actor.name:
        return refused("hand_over_to_self", name=to)
    return (HandOverOffered(to=to, note=clean(command.note)),)


def accept_hand_over(case: Case, command: AcceptHandOver, setting: Setting) -> Decision:
    """Acknowledge a hand-over: only the person it was offered to can."""
    if not case.hand_over_to or case.hand_over_to != setting.actor.name:
        return refused("not_offered_to_you", to=case.hand_over_to or None, name=setting.actor.name)
    return (HandOverAccepted(),)


def close_blockers(case: Case, command: CloseCase) -> tuple[Problem, ...]:
    """What is left to do before the case may close. A withdrawn complaint may close with units undecided."""
    if case.closed:
        return (problem("already_closed"),)
    problems: list[Problem] = []
    if case.open_promises:
        problems.append(problem("promises_open", count=len(case.open_promises)))
    if case.pending:
        problems.append(problem("approval_pending", count=len(case.pending)))
    if not case.messages:
        problems.append(problem("reply_missing"))
    owed = owed_notices(case)
    if owed:
        problems.append(problem("notice_missing", count=len(owed)))
    if command.outcome != "withdrawn":
        if not case.breakdown_confirmed:
            problems.append(problem("breakdown_first"))
        elif case.undecided_units():
            problems.append(problem("units_undecided", units=case.undecided_units()))
    return tuple(problems)


def close_case(case: Case, command: CloseCase, setting: Setting) -> Decision:
    """Close the case once nothing promised is open."""
    problems = close_blockers(case, command)
    if problems:
        return refused_all(problems)
    return (CaseClosed(outcome=command.outcome, potential=clean(command.potential)),)


def reopen_case(case: Case, command: ReopenCase, setting: Setting) -> Decision:
    """Reopen a closed case, for example when the buyer writes again."""
    if not case.closed:
        return refused("not_closed")
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    return (CaseReopened(reason=reason),)
