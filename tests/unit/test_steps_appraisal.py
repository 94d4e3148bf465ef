"""Scores by hand, appeals against findings, and who may decide about them."""

from dataclasses import replace

import pytest

from playbook.domain.events import (
    AppealDecided,
    CaseClosed,
    CaseScored,
    FindingAppealed,
    Verdict,
    canonical_json,
    event_from_json,
)
from playbook.domain.folding import fold
from playbook.steps import Actor
from playbook.steps.commands import AppealFinding, CloseCase, DecideAppeal, ReopenCase, ScoreCase
from tests.builders import (
    AGENT,
    CASE_ID,
    LEAD,
    MANAGER,
    NOW,
    a_case,
    a_locked_case,
    a_setting,
    after_bodies,
    refusals,
    run,
    stamped,
)

AS_LEAD = a_setting(LEAD)
AS_MANAGER = a_setting(MANAGER)
SCORE = ScoreCase("standard", 2, (("units", Verdict.MET), ("memo", Verdict.MISSED)), " clear ")
APPEAL = AppealFinding("memo", 0, " pasted by the night shift ")
GRANT = DecideAppeal("memo", 0, True, "seen in Seller Central")


def an_appealed_case():
    return run(a_locked_case(), APPEAL)


def test_a_lead_scores_a_case_and_may_score_it_again():
    case = run(a_locked_case(), SCORE, setting=AS_LEAD)
    (scoring,) = case.scorings
    assert (scoring.by, scoring.scorecard, scoring.upto, scoring.seq) == (LEAD.name, "standard", 2, 3)
    assert scoring.verdicts == {"units": Verdict.MET, "memo": Verdict.MISSED}
    again = run(case, replace(SCORE, verdicts=(("units", Verdict.NOT_APPLICABLE),)), setting=AS_LEAD)
    assert [s.verdicts for s in again.scorings] == [{"units": Verdict.NOT_APPLICABLE}]
    both = run(again, SCORE, setting=AS_MANAGER)
    assert [s.by for s in both.scorings] == [LEAD.name, MANAGER.name]


def test_nobody_scores_their_own_case_and_agents_score_none():
    case = replace(a_locked_case(), owner=LEAD.name)
    assert refusals(case, SCORE, AS_LEAD) == ("own_work",)
    assert refusals(case, SCORE, AS_MANAGER) == ()
    assert refusals(case, SCORE, a_setting(Actor("Ma Jun", "agent"))) == ("not_entitled_to_review",)


@pytest.mark.parametrize("upto", [0, 3, -1])
def test_a_score_is_about_entries_that_exist(upto):
    assert refusals(a_locked_case(), replace(SCORE, upto=upto), AS_LEAD) == ("unknown_event",)
    assert refusals(a_locked_case(), replace(SCORE, verdicts=()), AS_LEAD) == ("nothing_scored",)


def test_an_appeal_is_made_once_with_a_reason():
    case = an_appealed_case()
    appeal = case.appeal("memo", 0)
    assert appeal is not None
    assert (appeal.by, appeal.at, appeal.reason, appeal.granted) == (
        AGENT.name,
        NOW,
        "pasted by the night shift",
        None,
    )
    assert case.appeal("memo", 1) is None
    assert refusals(case, APPEAL) == ("already_appealed",)
    assert refusals(a_locked_case(), replace(APPEAL, reason=" \n")) == ("reason_needed",)
    assert refusals(a_locked_case(), replace(APPEAL, finding=3)) == ("unknown_event",)
    assert refusals(a_locked_case(), replace(APPEAL, finding=-1)) == ("unknown_event",)


@pytest.mark.parametrize("granted", [True, False])
def test_a_lead_decides_an_appeal_once_and_says_why(granted):
    decision = replace(GRANT, grant=granted)
    case = run(an_appealed_case(), decision, setting=AS_LEAD)
    appeal = case.appeal("memo", 0)
    assert appeal is not None
    assert (appeal.granted, appeal.decided_by, appeal.note) == (granted, LEAD.name, GRANT.note)
    assert refusals(case, decision, AS_LEAD) == ("no_open_appeal",)
    assert refusals(an_appealed_case(), replace(GRANT, note=" "), AS_LEAD) == ("reason_needed",)
    assert refusals(an_appealed_case(), replace(GRANT, finding=1), AS_LEAD) == ("no_open_appeal",)


def test_nobody_decides_their_own_appeal():
    other = a_setting(Actor("Ma Jun", "agent"))
    assert refusals(an_appealed_case(), GRANT, other) == ("not_entitled_to_review",)
    by_lead = run(a_locked_case(), APPEAL, setting=AS_LEAD)
    assert refusals(by_lead, GRANT, AS_LEAD) == ("own_work",)
    assert refusals(by_lead, GRANT, AS_MANAGER) == ()
    owned = replace(an_appealed_case(), owner=MANAGER.name)
    assert refusals(owned, GRANT, AS_MANAGER) == ("own_work",)


def test_a_closed_case_can_still_be_judged_and_nothing_else_of_it_changes():
    case = run(a_locked_case(), AppealFinding("chain", 1, "x"))
    closed = after_bodies(case, CaseClosed(outcome="withdrawn"))
    judged = run(closed, APPEAL)
    judged = run(judged, SCORE, DecideAppeal("chain", 1, False, "no"), setting=AS_LEAD)
    assert judged.closed
    assert replace(judged, scorings=(), appeals=(), version=0, updated_at=None) == replace(
        closed, scorings=(), appeals=(), version=0, updated_at=None
    )


def test_what_people_said_survives_the_log():
    bodies = (
        CaseScored(scorecard="standard", upto=1, verdicts={"a": Verdict.MET}),
        FindingAppealed(check="a", finding=1, reason="x"),
        AppealDecided(check="a", finding=1, granted=True, note="y"),
    )
    events = stamped(a_case(), bodies)
    read = [event_from_json(canonical_json(event)) for event in events]
    assert [event.body for event in read] == list(bodies)
    assert fold(CASE_ID, read).appeals[0].granted is True
    assert refusals(a_case(), ReopenCase("x")) == ("unknown_case",)
    assert refusals(after_bodies(a_locked_case(), CaseClosed(outcome="withdrawn")), CloseCase()) == (
        "already_closed",
    )
