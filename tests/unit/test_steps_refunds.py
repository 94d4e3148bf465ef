"""Refunds that were submitted and cancelled while they were pending: units, money, promises, schedule."""

from dataclasses import replace
from datetime import timedelta

import pytest

from playbook.domain.case import Case
from playbook.domain.contradictions import contradictions, owed_notices
from playbook.domain.ledgers import money_ledger, unit_ledger
from playbook.domain.promises import FollowUpKind, PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.steps import Refused, decide
from playbook.steps.commands import CancelRefunds, ChangePromise, ConfirmPlan, KeepPromise, WithdrawRemedy
from playbook.steps.refunds import RefundState, pending_refunds, refund_totals
from playbook.steps.schedule import current
from tests.builders import (
    LEAD,
    NOW,
    a_claimed_case,
    a_line,
    a_message,
    a_setting,
    an_order,
    choose,
    claim,
    later,
    money,
    run,
    the_policy,
)

SETTING = a_setting(LEAD)


def planned() -> Case:
    """Two lines: three broken units are refunded for 30.00, two for 20.00."""
    case = a_claimed_case(claim(3), claim(2, line=2), order=an_order(a_line(1), a_line(2)), setting=SETTING)
    both = (choose(RemedyKind.REFUND_FULL, "c1"), choose(RemedyKind.REFUND_FULL, "c2"))
    return run(case, *both, ConfirmPlan(), setting=SETTING)


def at(**span: float):
    return later(SETTING, **span)


def test_a_cancelled_refund_is_granted_again_and_its_promise_open():
    before = planned()
    case = run(before, KeepPromise("p1", "R-1"), setting=SETTING)
    ((known, until),) = pending_refunds(case, policy=the_policy(), now=at(hours=1).now)
    assert (known.promise.promise, until) == ("p1", NOW + timedelta(hours=2))
    case = run(case, CancelRefunds(" wrong amount "), setting=at(hours=1))
    assert case.open_promises == before.open_promises
    assert unit_ledger(case) == unit_ledger(before)
    assert money_ledger(case) == money_ledger(before)
    assert refund_totals(case, policy=the_policy(), now=at(hours=9).now) == {
        RefundState.GRANTED: money("50.00"),
        RefundState.PENDING: money("0"),
        RefundState.EXECUTED: money("0"),
    }
    assert pending_refunds(case, policy=the_policy(), now=at(hours=1).now) == ()
    days = [
        f.promise for f in current(case, at(hours=1)).open_follow_ups if f.kind is FollowUpKind.PROMISE_DUE
    ]
    assert sorted(days) == ["p1", "p2"]
    case = run(case, KeepPromise("p1", "R-2"), setting=at(hours=3))
    known_again = case.known_promise("p1")
    assert known_again is not None
    assert (known_again.state, known_again.reference) == (PromiseState.KEPT, "R-2")
    assert money_ledger(case)[0].executed == money_ledger(before)[0].granted


def test_all_pending_refunds_of_an_order_are_cancelled_at_once_and_final_ones_stay():
    case = run(planned(), KeepPromise("p1"), setting=SETTING)
    case = run(case, KeepPromise("p2"), setting=at(hours=1.5))
    both = run(case, CancelRefunds("wrong"), setting=at(hours=1.9))
    assert [promise.promise for promise in both.open_promises] == ["p1", "p2"]
    one = run(case, CancelRefunds("wrong"), setting=at(hours=2))
    assert [promise.promise for promise in one.open_promises] == ["p2"]
    refusal = decide(case, CancelRefunds("wrong"), at(hours=3.5))
    assert isinstance(refusal, Refused)
    (problem,) = refusal.problems
    assert (problem.code, problem.params["until"]) == ("refund_final", NOW + timedelta(hours=3.5))


def test_a_refund_without_a_reason_is_not_cancelled():
    case = run(planned(), KeepPromise("p1"), setting=SETTING)
    refusal = decide(case, CancelRefunds(" "), SETTING)
    assert isinstance(refusal, Refused)
    assert [problem.code for problem in refusal.problems] == ["reason_needed"]


def test_what_was_cancelled_can_be_decided_otherwise():
    case = run(planned(), KeepPromise("p1"), setting=SETTING)
    assert case.is_final(case.remedies[0])
    case = run(case, CancelRefunds("the buyer wants goods"), setting=at(hours=1))
    case = run(case, WithdrawRemedy("r1", "the buyer wants goods"), setting=at(hours=1))
    case = run(case, choose(RemedyKind.REPLACEMENT, "c1"), ConfirmPlan(), setting=at(hours=1))
    assert {remedy.kind for remedy in case.remedies} == {RemedyKind.REPLACEMENT, RemedyKind.REFUND_FULL}


@pytest.mark.parametrize("told", [False, True])
def test_the_buyer_hears_of_it_who_was_told_that_it_was_submitted(told: bool):
    case = run(planned(), a_message("solution"), KeepPromise("p1"), setting=SETTING)
    case = run(case, *([a_message("refund_submitted")] if told else []), setting=SETTING)
    case = run(case, CancelRefunds("wrong"), setting=at(hours=1))
    assert [known.promise.promise for known in owed_notices(case)] == (["p1"] if told else [])
    notices = [f for f in current(case, at(hours=1)).open_follow_ups if f.kind is FollowUpKind.NOTICE]
    assert len(notices) == told
    case = run(case, a_message("superseded"), setting=at(hours=1.5))
    assert owed_notices(case) == ()
    case = run(case, KeepPromise("p1"), setting=at(hours=2))
    assert owed_notices(case) == ()


def test_a_cancelled_refund_whose_date_moves_is_told_as_a_moved_date():
    case = run(planned(), a_message("solution"), KeepPromise("p1"), setting=SETTING)
    case = run(case, a_message("refund_submitted"), CancelRefunds("wrong"), setting=at(hours=1))
    case = run(case, ChangePromise("p1", NOW + timedelta(days=5), "the bank"), setting=at(hours=1))
    assert [known.state for known in owed_notices(case)] == [PromiseState.SUPERSEDED]


def test_a_history_with_a_cancelled_refund_contradicts_nothing():
    from tests.letterlogs import logged

    opened, case = logged(
        planned(), KeepPromise("p1"), CancelRefunds("wrong"), KeepPromise("p1"), setting=SETTING
    )
    assert case.executed == {"r1"}
    assert contradictions(replace(case).case_id, opened) == ()
