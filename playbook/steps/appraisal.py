"""What people say of the work on a case: scores of their own, appeals against findings, decisions.

Nobody judges what is their own: the owner of a case does not score it, and an appeal is decided by a
lead who neither made it nor owns the case.
"""

from playbook.domain.case import Case
from playbook.domain.events import AppealDecided, CaseScored, FindingAppealed
from playbook.steps.commands import AppealFinding, DecideAppeal, ScoreCase
from playbook.steps.decision import Decision, Setting, clean, refused
from playbook.steps.remedy import LEADS


def score_case(case: Case, command: ScoreCase, setting: Setting) -> Decision:
    """Record what a lead found going through the case; a later score of the same person replaces it."""
    if setting.actor.role not in LEADS:
        return refused("not_entitled_to_review", role=setting.actor.role)
    if case.owner == setting.actor.name:
        return refused("own_work", name=setting.actor.name)
    verdicts = dict(command.verdicts)
    if not verdicts:
        return refused("nothing_scored")
    if not 1 <= command.upto <= case.version:
        return refused("unknown_event", seq=command.upto, last=case.version)
    return (
        CaseScored(
            scorecard=command.scorecard, upto=command.upto, verdicts=verdicts, note=clean(command.note)
        ),
    )


def appeal_finding(case: Case, command: AppealFinding, setting: Setting) -> Decision:
    """Appeal against a finding, once; whoever works here may, because findings name any event's actor."""
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    if not 0 <= command.finding <= case.version:
        return refused("unknown_event", seq=command.finding, last=case.version)
    known = case.appeal(command.check, command.finding)
    if known is not None:
        return refused("already_appealed", by=known.by, at=known.at)
    return (FindingAppealed(check=command.check, finding=command.finding, reason=reason),)


def decide_appeal(case: Case, command: DecideAppeal, setting: Setting) -> Decision:
    """Grant an appeal or refuse it, with the reason either way: the score depends on it."""
    known = case.appeal(command.check, command.finding)
    if known is None or known.granted is not None:
        return refused("no_open_appeal")
    if setting.actor.role not in LEADS:
        return refused("not_entitled_to_review", role=setting.actor.role)
    if setting.actor.name in {known.by, case.owner}:
        return refused("own_work", name=setting.actor.name)
    note = clean(command.note)
    if not note:
        return refused("reason_needed")
    return (AppealDecided(check=command.check, finding=command.finding, granted=command.grant, note=note),)
