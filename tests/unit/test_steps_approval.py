"""Who may decide what: limits, leads, requests, and judging a request again. Limits (GBP): agent 200, lead 1200."""

import pytest

from playbook.domain.claims import ProblemType
from playbook.domain.events import ApprovalRequested
from playbook.domain.ledgers import money_ledger
from playbook.domain.orders import EarlierKind
from playbook.domain.remedies import RemedyKind
from playbook.steps import Actor, decide
from playbook.steps.commands import Choice, ChooseRemedies, DecideApproval, WithdrawRemedy
from playbook.steps.options import options
from tests.builders import (
    AGENT,
    LEAD,
    MANAGER,
    a_claimed_case,
    a_line,
    a_setting,
    amounts,
    an_order,
    broken_down,
    choose,
    claim,
    earlier,
    money,
    refusals,
    run,
)

BIG = an_order(a_line(units=100, paid="1000.00"))
OTHER_LEAD = Actor("Song Rui", "lead")


def asked(case, command, actor=AGENT):
    """The case with the request that *command* leads to, and its id."""
    case = run(case, command, setting=a_setting(actor))
    return case, case.pending[-1].approval


def approve(approval, note=""):
    return DecideApproval(approval, approve=True, note=note)


def test_up_to_the_limit_an_agent_decides_alone():
    case = run(a_claimed_case(claim(21), order=BIG), choose(RemedyKind.REFUND_FULL, units=20))
    assert case.pending == ()
    case, _ = asked(case, choose(RemedyKind.REFUND_FULL))
    request = case.pending[0]
    assert request.amount == money("10.00")
    assert (request.why.code, request.why.params["amount"]) == ("above_limit", "210.00 GBP")
    assert request.remedies[0].overrides == "above_limit"
    assert case.undecided_units() == 1


def test_the_limit_is_judged_at_the_share_that_is_granted():
    order = an_order(a_line(units=10, paid="400.00"))
    case = a_claimed_case(claim(10), order=order)
    option = next(
        o for o in options(case, case.item("c1"), a_setting()) if o.kind is RemedyKind.REFUND_PARTIAL
    )
    assert option.outcome == "allowed"
    assert run(case, choose(RemedyKind.REFUND_PARTIAL, share="50")).pending == ()
    case, _ = asked(case, choose(RemedyKind.REFUND_PARTIAL, share="80"))
    assert case.pending[0].amount == money("320.00")


def test_goods_sent_again_count_at_their_price_and_parts_do_not():
    case = a_claimed_case(claim(30), claim(30, ProblemType.MISSING_PARTS), order=BIG)
    case, _ = asked(case, choose(RemedyKind.REPLACEMENT))
    assert case.pending[0].amount == money("300.00")
    parts = {o.kind: o for o in options(case, case.item("c2"), a_setting())}[RemedyKind.SEND_PART]
    assert "above_limit" not in [reason.code for reason in parts.problems]


def test_what_needs_nobody_is_decided_at_once_and_the_rest_waits():
    case = a_claimed_case(claim(3), claim(3, ProblemType.DEFECT, photo=False), order=BIG)
    command = ChooseRemedies(
        (Choice("c1", RemedyKind.REPLACEMENT), Choice("c2", RemedyKind.RETURNLESS_REFUND)),
        note="  please \x00look ",
    )
    case, _ = asked(case, command)
    assert [r.item for r in case.remedies] == ["c1"]
    assert [r.item for r in case.pending[0].remedies] == ["c2"]
    assert case.pending[0].note == "please  look"


def test_all_reasons_are_listed_and_the_first_is_asked_about():
    case = a_claimed_case(claim(30, photo=False), order=BIG)
    option = next(o for o in options(case, case.item("c1"), a_setting()) if o.kind is RemedyKind.REFUND_FULL)
    assert [reason.code for reason in option.problems] == ["evidence_missing", "above_limit"]
    case, _ = asked(case, choose(RemedyKind.REFUND_FULL))
    assert case.pending[0].why.params == {"evidence": "photo", "rule": "fbm_damage_refund"}
    assert case.pending[0].remedies[0].overrides == "above_limit,evidence_missing"


def test_a_lead_sets_reasons_aside_on_record_but_not_the_own_limit():
    setting = a_setting(LEAD)
    case = run(a_claimed_case(claim(3, photo=False)), choose(RemedyKind.RETURNLESS_REFUND), setting=setting)
    assert case.pending == ()
    assert case.remedies[0].overrides == "rule_needs_lead"
    huge = an_order(a_line(units=100, paid="5000.00"))
    case, _ = asked(a_claimed_case(claim(30), order=huge), choose(RemedyKind.RETURNLESS_REFUND), LEAD)
    assert case.pending[0].why.code == "above_limit"
    assert case.remedies == ()
    case = run(
        a_claimed_case(claim(100), order=huge), choose(RemedyKind.REFUND_FULL), setting=a_setting(MANAGER)
    )
    assert case.remedies[0].overrides == ""


def test_an_unknown_role_may_grant_nothing():
    case, _ = asked(a_claimed_case(), choose(RemedyKind.REPLACEMENT), Actor("Who", "intern"))
    assert case.pending[0].why.params["limit"] == "0.00 GBP"


def test_approving():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    case = run(case, approve(approval, " fine "), setting=a_setting(LEAD))
    assert case.pending == ()
    assert case.remedies[0].refund_total == money("500.00")
    assert case.remedies[0].chosen_by == AGENT.name


def test_refusing_needs_a_reason():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    lead = a_setting(LEAD)
    assert refusals(case, DecideApproval(approval, approve=False), lead) == ("reason_needed",)
    case = run(case, DecideApproval(approval, approve=False, note="ask for photos first"), setting=lead)
    assert (case.pending, case.remedies) == ((), ())
    assert run(case, choose(RemedyKind.REPLACEMENT, units=1)).remedies[0].remedy == "r2"


def test_who_may_not_decide():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    assert refusals(case, approve("a99"), a_setting(LEAD)) == ("unknown_approval",)
    assert refusals(case, approve(approval)) == ("not_entitled",)
    stranger = a_setting(Actor("Ma Jun", "agent"))
    assert refusals(case, DecideApproval(approval, approve=False, note="x"), stranger) == ("not_entitled",)
    by_lead, own = asked(
        a_claimed_case(claim(90), order=an_order(a_line(units=90, paid="9000.00"))),
        choose(RemedyKind.REFUND_FULL),
        LEAD,
    )
    assert refusals(by_lead, approve(own), a_setting(LEAD)) == ("own_request",)
    assert refusals(by_lead, approve(own), a_setting(OTHER_LEAD)) == ("above_limit",)
    assert refusals(by_lead, approve(own), a_setting(MANAGER)) == ()


@pytest.mark.parametrize("actor", [AGENT, LEAD])
def test_whoever_asked_may_take_the_request_back(actor: Actor):
    case, approval = asked(
        a_claimed_case(claim(90), order=an_order(a_line(units=90, paid="9000.00"))),
        choose(RemedyKind.REFUND_FULL),
        actor,
    )
    command = DecideApproval(approval, approve=False, note="the buyer wrote again")
    assert run(case, command, setting=a_setting(actor)).pending == ()


def test_two_requests_for_the_same_units_and_only_one_can_be_approved():
    case = a_claimed_case(claim(50), order=BIG)
    case, first = asked(case, choose(RemedyKind.REFUND_FULL))
    case, second = asked(case, choose(RemedyKind.REPLACEMENT))
    assert [r.remedies[0].remedy for r in case.pending] == ["r1", "r2"]
    case = run(case, approve(first), setting=a_setting(LEAD))
    assert refusals(case, approve(second), a_setting(LEAD)) == ("units_not_open",)


def test_units_another_case_compensated_meanwhile_are_noticed():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    elsewhere = [earlier(units=60, kind=EarlierKind.OTHER_CASE, value=amounts(item="600.00"))]
    assert refusals(case, approve(approval), a_setting(LEAD, elsewhere=elsewhere)) == ("already_compensated",)


def test_a_value_that_changed_is_noticed():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    allowance = [earlier(units=0, kind=EarlierKind.OTHER_CASE, value=amounts(item="100.00"))]
    assert refusals(case, approve(approval), a_setting(LEAD, elsewhere=allowance)) == ("value_changed",)


def test_a_cent_that_moved_between_units_is_no_change_and_the_sum_stays_exact():
    order = an_order(a_line(units=3, paid=amounts(item="1000.00")))
    case = a_claimed_case(claim(3), order=order)
    case, approval = asked(case, choose(RemedyKind.REFUND_FULL, units=2))
    asked_value = case.pending[0].remedies[0].value
    lead = a_setting(LEAD)
    case = run(case, choose(RemedyKind.REFUND_FULL, units=1), setting=lead)
    case = run(case, approve(approval), setting=lead)
    assert asked_value == amounts(item="666.67")
    assert money_ledger(case)[0].granted == amounts(item="1000.00")


def test_approval_is_judged_against_the_limit_of_the_approver_over_the_whole_case():
    order = an_order(a_line(units=100, paid="2000.00"))
    case = a_claimed_case(claim(100), order=order)
    lead = a_setting(LEAD)
    case = run(case, choose(RemedyKind.REFUND_FULL, units=40), setting=lead)
    case, approval = asked(case, choose(RemedyKind.REFUND_FULL, units=30))
    assert refusals(case, approve(approval), a_setting(OTHER_LEAD)) == ("above_limit",)


def test_all_that_stands_against_a_request_is_listed():
    case = a_claimed_case(claim(3), claim(3, ProblemType.DEFECT))
    command = ChooseRemedies(
        (Choice("c1", RemedyKind.RETURNLESS_REFUND), Choice("c2", RemedyKind.RETURNLESS_REFUND))
    )
    case, approval = asked(case, command)
    case = run(case, choose(RemedyKind.REPLACEMENT, "c1"), choose(RemedyKind.REPLACEMENT, "c2"))
    assert refusals(case, approve(approval), a_setting(LEAD)) == ("units_not_open", "units_not_open")


def test_a_request_whose_claim_is_gone_lapses():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    case = run(case, broken_down(claim(49)))
    assert refusals(case, approve(approval), a_setting(LEAD)) == ("unknown_approval",)


def test_remedies_without_money_are_approved_too():
    case, approval = asked(a_claimed_case(), choose(RemedyKind.DECLINE))
    assert isinstance(case.pending[0], ApprovalRequested)
    assert case.pending[0].amount == money("0")
    case = run(case, approve(approval), setting=a_setting(LEAD))
    assert case.remedies[0].kind is RemedyKind.DECLINE
    assert run(case, WithdrawRemedy("r1", "photo came")).undecided_units() == 3


def test_a_refused_approval_leaves_no_trace():
    case, approval = asked(a_claimed_case(claim(50), order=BIG), choose(RemedyKind.REFUND_FULL))
    before = case
    decide(case, approve(approval), a_setting())
    assert case == before
