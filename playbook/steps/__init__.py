"""The four decisions of a case and its upkeep: pure `(case, command, setting) -> events | problems`."""

from typing import assert_never

from playbook.domain.case import Case
from playbook.domain.events import FollowUpScheduled
from playbook.steps import (
    appraisal,
    breakdown,
    commands,
    facts,
    followup,
    lock,
    reception,
    refundfile,
    refunds,
    remedy,
    upkeep,
)
from playbook.steps.commands import Actor, Command
from playbook.steps.decision import Decision, Refused, Setting, after, refused
from playbook.steps.schedule import current

__all__ = ["Actor", "Command", "Decision", "Refused", "Setting", "decide"]

_WHEN_CLOSED = (
    commands.ReopenCase,
    commands.AddNote,
    commands.CloseCase,
    commands.WriteMemo,
    commands.ScoreCase,
    commands.AppealFinding,
    commands.DecideAppeal,
)
"""Commands about a case that is closed."""


def decide(case: Case, command: Command, setting: Setting) -> Decision:
    """What *command* leads to: the events to append, or the problems that stand against it.

    Nothing but a new opening is decided about a case that was never opened, and a closed case can
    only be read, noted on, reviewed, or reopened.
    """
    if not case.version and not isinstance(command, commands.OpenCase):
        return refused("unknown_case", case_id=case.case_id)
    if case.closed and not isinstance(command, _WHEN_CLOSED):
        return refused("case_closed", case_id=case.case_id)
    return _with_schedule(case, _decide(case, command, setting), setting)


def _with_schedule(case: Case, decision: Decision, setting: Setting) -> Decision:
    """The decision and, once a plan was made, the schedule after it when there are other things to do."""
    if isinstance(decision, Refused) or not decision or case.scheduled_at is None:
        return decision
    then = after(case, decision, setting)
    planned = current(then, setting).open_follow_ups
    names = {follow_up.follow_up for follow_up in planned}
    if then.closed or names == {follow_up.follow_up for follow_up in then.follow_ups if not follow_up.done}:
        return decision
    return (*decision, FollowUpScheduled(follow_ups=planned))


def _decide(case: Case, command: Command, setting: Setting) -> Decision:
    match command:
        case commands.OpenCase():
            return upkeep.open_case(case, command, setting)
        case commands.LockOrder():
            return lock.lock(case, command, setting)
        case commands.WithdrawLock():
            return lock.withdraw_lock(case, command, setting)
        case commands.CorrectFact():
            return facts.correct_fact(case, command, setting)
        case commands.AdoptRules():
            return facts.adopt_rules(case, command, setting)
        case commands.ConfirmBreakdown():
            return breakdown.confirm_breakdown(case, command, setting)
        case commands.RequestEvidence():
            return breakdown.request_evidence(case, command, setting)
        case commands.RecordEvidence():
            return breakdown.record_evidence(case, command, setting)
        case commands.ChooseRemedies():
            return remedy.choose_remedies(case, command, setting)
        case commands.WithdrawRemedy():
            return remedy.withdraw_remedy(case, command, setting)
        case commands.DecideApproval():
            return remedy.decide_approval(case, command, setting)
        case commands.ConfirmPlan():
            return followup.confirm_plan(case, command, setting)
        case commands.MakePromise():
            return followup.make_promise(case, command, setting)
        case commands.KeepPromise():
            return followup.keep_promise(case, command, setting)
        case commands.ChangePromise():
            return followup.change_promise(case, command, setting)
        case commands.ReceiveGoods():
            return reception.receive_goods(case, command, setting)
        case commands.WithdrawPromise():
            return followup.withdraw_promise(case, command, setting)
        case commands.StartClock():
            return followup.start_clock(case, command, setting)
        case commands.CheckRefunds():
            return refundfile.check_refunds(case, command, setting)
        case commands.ExportRefunds():
            return refundfile.export_refunds(case, command, setting)
        case commands.UndoRefundExport():
            return refundfile.undo_refund_export(case, command, setting)
        case commands.CancelRefunds():
            return refunds.cancel_refunds(case, command, setting)
        case commands.CompleteFollowUp():
            return followup.complete_follow_up(case, command, setting)
        case commands.ApproveMessage():
            return followup.approve_message(case, command, setting)
        case commands.WriteMemo():
            return upkeep.write_memo(case, command, setting)
        case commands.AddNote():
            return upkeep.add_note(case, command, setting)
        case commands.SetFlag():
            return upkeep.set_flag(case, command, setting)
        case commands.OfferHandOver():
            return upkeep.offer_hand_over(case, command, setting)
        case commands.AcceptHandOver():
            return upkeep.accept_hand_over(case, command, setting)
        case commands.CloseCase():
            return upkeep.close_case(case, command, setting)
        case commands.ReopenCase():
            return upkeep.reopen_case(case, command, setting)
        case commands.ScoreCase():
            return appraisal.score_case(case, command, setting)
        case commands.AppealFinding():
            return appraisal.appeal_finding(case, command, setting)
        case commands.DecideAppeal():
            return appraisal.decide_appeal(case, command, setting)
        case _:
            assert_never(command)
