"""What keeps a case understandable and ends it; what a closed or unknown case accepts."""

from datetime import timedelta

import pytest

from playbook.domain.case import WAITING, Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.remedies import RemedyKind
from playbook.steps import Actor, Refused, decide
from playbook.steps.commands import (
    AcceptHandOver,
    AddNote,
    CloseCase,
    ConfirmPlan,
    KeepPromise,
    OfferHandOver,
    OpenCase,
    ReopenCase,
    RequestEvidence,
    SetFlag,
    WithdrawLock,
    WriteMemo,
)
from playbook.steps.decision import clean, new_ids
from playbook.steps.upkeep import LONGEST_NOTE, close_blockers
from tests.builders import (
    AGENT,
    LEAD,
    NOW,
    a_case,
    a_claimed_case,
    a_locked_case,
    a_message,
    a_planned_case,
    a_setting,
    an_open_case,
    broken_down,
    choose,
    claim,
    refusals,
    run,
)

SOLVED = CloseCase("solved", "  buys every spring ")


def a_solved_case():
    return run(a_planned_case(), a_message(), KeepPromise("p1", "TRACK-1"))


def test_a_message_from_the_future_opens_nothing():
    assert refusals(a_case(), OpenCase(NOW + timedelta(seconds=1))) == ("received_in_future",)
    assert refusals(a_case(), OpenCase(NOW)) == ()
    assert refusals(an_open_case(), OpenCase(NOW)) == ("already_open",)


def test_nothing_is_decided_about_a_case_that_was_never_opened():
    for command in (AddNote("x"), CloseCase(), SetFlag("vip"), ReopenCase("x"), ConfirmPlan()):
        assert refusals(a_case(), command) == ("unknown_case",)


def test_closing_needs_every_promise_kept_a_reply_and_every_unit_decided():
    assert [p.code for p in close_blockers(a_locked_case(), SOLVED)] == ["reply_missing", "breakdown_first"]
    assert refusals(a_claimed_case(), SOLVED) == ("reply_missing", "units_undecided")
    assert refusals(a_planned_case(), SOLVED) == ("promises_open", "reply_missing")
    waiting = run(a_claimed_case(), choose(RemedyKind.DECLINE), a_message())
    assert refusals(waiting, SOLVED) == ("approval_pending", "units_undecided")
    assert refusals(waiting, CloseCase("withdrawn")) == ("approval_pending",)


def test_a_buyer_who_withdraws_needs_no_remedy_but_an_answer():
    assert refusals(a_locked_case(), CloseCase("withdrawn")) == ("reply_missing",)
    case = run(a_locked_case(), a_message(), CloseCase("withdrawn"))
    assert (case.closed, case.outcome) == (True, "withdrawn")


def test_a_closed_case_is_read_noted_on_and_reopened():
    case = run(a_solved_case(), SOLVED)
    assert case.stage is Stage.CLOSED
    assert refusals(case, SOLVED) == ("already_closed",)
    for command in (WithdrawLock("x"), broken_down(claim(1)), SetFlag("vip"), ConfirmPlan(), a_message()):
        assert refusals(case, command) == ("case_closed",)
    case = run(case, AddNote("the buyer called"), WriteMemo("solved"))
    assert refusals(case, ReopenCase("\u0000 ")) == ("reason_needed",)
    case = run(case, ReopenCase("wrote again"))
    assert case.stage is Stage.FOLLOW_UP
    assert refusals(case, ReopenCase("again")) == ("not_closed",)


def test_notes_and_memo():
    case = an_open_case()
    assert refusals(case, AddNote(" \n")) == refusals(case, WriteMemo("")) == ("text_needed",)
    assert refusals(case, AddNote("x" * (LONGEST_NOTE + 1))) == ("note_too_long",)
    assert refusals(case, AddNote("x" * LONGEST_NOTE)) == ()
    assert refusals(case, WriteMemo("x" * 256)) == ("memo_too_long",)
    assert run(case, WriteMemo("x" * 255 + "  ")).memo == "x" * 255
    assert refusals(case, WriteMemo("abcd", limit=3)) == ("memo_too_long",)


def test_flags_are_set_once():
    case = an_open_case()
    assert refusals(case, SetFlag("  ")) == ("text_needed",)
    case = run(case, SetFlag(" vip "))
    assert case.flags == {"vip"}
    assert decide(case, SetFlag("vip "), a_setting()) == ()
    assert decide(case, SetFlag("quiet", on=False), a_setting()) == ()
    assert run(case, SetFlag(" vip", on=False)).flags == frozenset()


def test_waiting_for_evidence_ends_by_hand_too():
    case = run(a_claimed_case(), RequestEvidence(("c1",), Evidence.PHOTO), SetFlag(WAITING, on=False))
    assert case.awaited == {}


def test_a_hand_over_is_acknowledged_by_the_one_it_was_offered_to():
    case = an_open_case()
    assert refusals(case, OfferHandOver("  ")) == ("text_needed",)
    assert refusals(case, OfferHandOver(f" {AGENT.name} ")) == ("hand_over_to_self",)
    assert refusals(case, AcceptHandOver()) == ("not_offered_to_you",)
    assert refusals(case, AcceptHandOver(), a_setting(Actor(""))) == ("not_offered_to_you",)
    case = run(case, OfferHandOver(LEAD.name, "please take over"))
    assert refusals(case, AcceptHandOver()) == ("not_offered_to_you",)
    case = run(case, AcceptHandOver(), setting=a_setting(LEAD))
    assert case.owner == LEAD.name
    assert refusals(case, AcceptHandOver(), a_setting(LEAD)) == ("not_offered_to_you",)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  plain  ", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("null\x00and bell\x07", "null and bell"),
        ("half \ud83d a pair", "half \ufffd a pair"),
        ("whole 📞", "whole 📞"),
        ("right\u200fto left", "right\u200fto left"),
        ("\x7f\x00", ""),
    ],
)
def test_what_people_type_is_fit_to_be_stored(typed: str, kept: str):
    assert clean(typed) == kept
    case = run(an_open_case(), AddNote(f"x{typed}"))
    assert case.version == 2


def test_ids_are_never_given_twice():
    ids = new_ids("c", ["c1", "c7", "x9", "cx", "c²"])
    assert [next(ids), next(ids)] == ["c8", "c9"]
    assert next(new_ids("r", [])) == "r1"


def test_a_case_without_a_problem_can_be_closed():
    case = run(a_locked_case(), broken_down(claim(10, ProblemType.NO_ISSUE)), a_message(), CloseCase())
    assert case.closed


def test_a_refusal_lists_problems():
    decision = decide(a_claimed_case(), SOLVED, a_setting())
    assert isinstance(decision, Refused)
    assert dict(decision.problems[1].params) == {"units": 3}
