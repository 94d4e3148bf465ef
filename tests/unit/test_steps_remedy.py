"""Step three: the options of a claim item, the guards behind them, and the choice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from playbook.domain.case import Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import RemediesOffered, RemedyChosen
from playbook.domain.ids import Marketplace
from playbook.domain.ledgers import money_ledger, unit_ledger
from playbook.domain.orders import Channel, Component, EarlierKind
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.policy import Lookup, Policy
from playbook.steps import decide
from playbook.steps.commands import (
    CheckRefunds,
    Choice,
    ChooseRemedies,
    ConfirmPlan,
    ExportRefunds,
    KeepPromise,
    RecordEvidence,
    UndoRefundExport,
    WithdrawRemedy,
)
from playbook.steps.options import days_since_delivery, evidence_wanted, facts_of, options
from playbook.steps.refundfile import refund_sheet
from tests.builders import (
    LEAD,
    NOW,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_setting,
    after_bodies,
    amounts,
    an_open_case,
    an_order,
    broken_down,
    choose,
    claim,
    earlier,
    money,
    refusals,
    run,
)

SMALL = an_order(a_line(units=10, paid="50.00"))


def offered(case, item="c1", setting=None, **others):
    return {o.kind: o for o in options(case, case.item(item), setting or a_setting(), **others)}


def codes(option):
    return [reason.code for reason in option.problems]


# ---- what is offered ---------------------------------------------------------------------------------


def test_damage_with_a_photo():
    found = options(a_claimed_case(), a_claimed_case().item("c1"), a_setting())
    first = found[0]
    assert (first.kind, first.outcome, first.preferred) == (RemedyKind.REPLACEMENT, "allowed", True)
    assert (first.value, first.refund, first.units) == (amounts(item="30.00"), {}, 3)
    assert [p.kind for p in first.promises] == [PromiseKind.SHIP_GOODS]
    assert first.promises[0].due_at == NOW + timedelta(hours=24)
    assert first.buyer_sees[0] < first.buyer_sees[1]
    assert [o.preferred for o in found].count(True) == 1
    outcomes = [o.outcome for o in found]
    assert outcomes == sorted(outcomes, key=["allowed", "needs_lead", "refused"].index)
    by_kind = {o.kind: o for o in found}
    assert by_kind[RemedyKind.REFUND_FULL].refund_total == money("30.00")
    assert by_kind[RemedyKind.REFUND_PARTIAL].refund_total == money("9.00")
    assert by_kind[RemedyKind.REFUND_PARTIAL].value_total == money("30.00")
    assert codes(by_kind[RemedyKind.DECLINE]) == ["rule_needs_lead"]


def test_without_a_photo_a_lead_decides_or_the_photo_comes():
    case = a_claimed_case(claim(3, photo=False))
    option = offered(case)[RemedyKind.REPLACEMENT]
    assert option.outcome == "needs_lead"
    assert codes(option) == ["evidence_missing"]
    assert evidence_wanted(tuple(offered(case).values())) == {Evidence.PHOTO}
    case = run(case, RecordEvidence(("c1",), Evidence.PHOTO))
    assert offered(case)[RemedyKind.REPLACEMENT].outcome == "allowed"
    assert evidence_wanted(tuple(offered(case).values())) == frozenset()


def test_a_small_claim_needs_no_photo_but_slices_of_a_big_one_do():
    small = a_claimed_case(claim(3, photo=False), order=SMALL)
    assert offered(small)[RemedyKind.REPLACEMENT].outcome == "allowed"
    big = a_claimed_case(claim(10, photo=False), order=SMALL)
    assert offered(big, units=1)[RemedyKind.REPLACEMENT].outcome == "needs_lead"
    setting = a_setting(LEAD)
    rest = run(big, choose(RemedyKind.REPLACEMENT, units=9), setting=setting)
    assert offered(rest)[RemedyKind.REPLACEMENT].outcome == "needs_lead"


def test_fba_is_redirected_and_everything_else_refused_with_the_way_out():
    order = an_order(a_line(channel=Channel.FBA))
    found = options(a_claimed_case(order=order), a_claimed_case(order=order).item("c1"), a_setting())
    assert (found[0].kind, found[0].outcome) == (RemedyKind.REDIRECT_TO_AMAZON, "allowed")
    assert (found[0].value, found[0].refund) == ({}, {})
    assert {o.outcome for o in found[1:]} == {"refused"}
    refund = next(o for o in found if o.kind is RemedyKind.REFUND_FULL)
    (reason,) = refund.problems
    assert reason.code == "rule_refuses"
    assert "Amazon" in str(reason.params["instead"])
    assert (refund.promises, refund.buyer_sees, refund.value) == ((), None, {})


def test_fbm_and_fba_in_one_order_each_by_their_own_rules():
    order = an_order(a_line(1), a_line(2, channel=Channel.FBA))
    case = a_claimed_case(claim(1), claim(1, line=2), order=order)
    assert offered(case, "c1")[RemedyKind.REPLACEMENT].outcome == "allowed"
    assert offered(case, "c2")[RemedyKind.REPLACEMENT].outcome == "refused"


def test_a_condition_that_is_missed_is_named_with_its_numbers():
    order = an_order(a_line(delivered_on=None), latest_delivery_on=None)
    case = a_claimed_case(claim(3, ProblemType.CHANGED_MIND), order=order)
    cancel_first = offered(case)
    returns = cancel_first[RemedyKind.RETURN_REFUND]
    assert returns.outcome == "needs_lead"
    near = [o for o in cancel_first.values() if "rule_condition" in codes(o)]
    assert near
    params = next(r for o in near for r in o.problems if r.code == "rule_condition").params
    assert set(params) == {"column", "value", "wanted", "rule"}


def test_no_stock():
    case = a_claimed_case()
    assert offered(case, in_stock=False)[RemedyKind.REPLACEMENT].outcome == "refused"
    assert offered(case, in_stock=True)[RemedyKind.REPLACEMENT].outcome == "allowed"
    command = ChooseRemedies((Choice("c1", RemedyKind.REPLACEMENT),), in_stock=False)
    assert refusals(case, command) == ("option_refused",)


def test_nothing_is_offered_where_nothing_is_to_decide():
    case = a_claimed_case(claim(3), claim(2, ProblemType.NO_ISSUE))
    setting = a_setting()
    assert options(case, case.item("c2"), setting) == ()
    assert options(case, case.item("c1"), setting, units=0) == ()
    assert options(an_open_case(), case.item("c1"), setting) == ()
    assert facts_of(an_open_case(), case.item("c1"), setting) is None
    assert options(run(case, choose(RemedyKind.REPLACEMENT)), case.item("c1"), setting) == ()


def test_where_no_rule_knows_the_problem_nothing_is_offered(monkeypatch: pytest.MonkeyPatch):
    case = a_claimed_case()
    monkeypatch.setattr(Policy, "remedies", lambda *_: Lookup((), ()))
    assert options(case, case.item("c1"), a_setting()) == ()


def test_what_is_refused_all_round_has_no_preferred_option(monkeypatch: pytest.MonkeyPatch):
    case = a_claimed_case(order=an_order(a_line(channel=Channel.FBA)))
    refusals_only = tuple(o.row for o in offered(case).values() if o.outcome == "refused")
    monkeypatch.setattr(Policy, "remedies", lambda *_: Lookup(refusals_only, ()))
    assert not any(o.preferred for o in options(case, case.item("c1"), a_setting()))


# ---- facts -------------------------------------------------------------------------------------------


def test_facts_describe_the_whole_claim():
    order = an_order(
        a_line(units=10, paid=amounts(item="100.00", shipping="10.00")),
        earlier=(earlier(units=2),),
        business=True,
    )
    case = a_claimed_case(claim(4), order=order)
    facts = facts_of(case, case.item("c1"), a_setting(), in_stock=True)
    assert (facts.units, facts.units_ordered, facts.business, facts.shipped) == (4, 10, True, True)
    assert facts.unit_value == money("10.00")
    assert facts.claim_value == money("44.00")
    assert (facts.earlier_remedy, facts.in_stock, facts.days_since_delivery) == (True, True, 5)


def test_facts_of_extra_items_go_by_the_unit_price():
    case = a_claimed_case(claim(30, ProblemType.EXTRA_ITEM))
    facts = facts_of(case, case.item("c1"), a_setting())
    assert facts.claim_value == money("300.00")


def test_facts_when_fewer_units_are_left_than_claimed():
    case = a_claimed_case(claim(5))
    setting = a_setting(elsewhere=[earlier(units=8, kind=EarlierKind.OTHER_CASE)])
    assert facts_of(case, case.item("c1"), setting).claim_value == money("50.00")
    assert offered(case, setting=setting, units=1)[RemedyKind.REPLACEMENT].outcome == "allowed"
    full = offered(case, setting=setting)[RemedyKind.REPLACEMENT]
    assert codes(full) == ["already_compensated"]
    assert full.problems[0].params == {"sku": "SKU-1", "units": 5, "left": 2, "ordered": 10}


def test_days_since_delivery_are_days_of_the_marketplace():
    line, order = a_line(delivered_on=date(2026, 11, 20)), an_order(market=Marketplace.JP)
    late_in_london = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert days_since_delivery(line, order, late_in_london) == 3
    order = an_order(a_line(currency="JPY", paid="1000"), market=Marketplace.JP)
    case = a_claimed_case(claim(1), order=order)
    facts = facts_of(case, case.item("c1"), a_setting(now=late_in_london))
    assert facts.days_since_delivery == 6
    assert days_since_delivery(a_line(delivered_on=None), an_order(latest_delivery_on=None), NOW) is None
    assert days_since_delivery(a_line(delivered_on=None), an_order(), NOW) == 4


@pytest.mark.parametrize(
    ("delivered", "outcome"), [(date(2026, 10, 24), "allowed"), (date(2026, 10, 23), "needs_lead")]
)
def test_the_thirtieth_day_is_inside_the_window_and_the_next_is_not(delivered: date, outcome: str):
    october = datetime(2026, 10, 12, 9, tzinfo=UTC)
    case = a_claimed_case(order=an_order(a_line(delivered_on=delivered), placed_at=october))
    assert offered(case)[RemedyKind.REPLACEMENT].outcome == outcome


# ---- money -------------------------------------------------------------------------------------------


def test_shipping_goes_along_only_where_the_rule_says_so():
    order = an_order(
        a_line(units=10, paid=amounts(item="100.00", shipping="10.00", shipping_promotion="-5.00"))
    )
    found = offered(a_claimed_case(claim(4), order=order))
    assert found[RemedyKind.REFUND_FULL].refund == amounts(
        item="40.00", shipping="4.00", shipping_promotion="-2.00"
    )
    assert found[RemedyKind.REFUND_PARTIAL].refund == amounts(item="12.00")


def test_shipping_is_refunded_once_over_all_units():
    order = an_order(a_line(units=3, paid=amounts(item="30.00", shipping="4.00")))
    case = a_claimed_case(order=order)
    for units in (1, 1, 1):
        case = run(case, choose(RemedyKind.REFUND_FULL, units=units))
    assert [r.refund[Component.SHIPPING] for r in case.remedies] == [
        money("1.33"),
        money("1.34"),
        money("1.33"),
    ]
    assert money_ledger(case)[0].granted == amounts(item="30.00", shipping="4.00")


def test_a_late_parcel_is_refunded_with_its_shipping_or_gets_a_gesture_without():
    order = an_order(a_line(units=10, paid=amounts(item="100.00", shipping="10.00")))
    found = offered(a_claimed_case(claim(10, ProblemType.LATE), order=order))
    assert next(iter(found.values())).kind is RemedyKind.TRACE_SHIPMENT
    assert found[RemedyKind.REFUND_FULL].refund == amounts(item="100.00", shipping="10.00")
    assert found[RemedyKind.REFUND_PARTIAL].refund == amounts(item="10.00")


def test_yen():
    order = an_order(a_line(units=3, paid="1000", currency="JPY"), market=Marketplace.JP)
    case = run(a_claimed_case(claim(3), order=order), choose(RemedyKind.REFUND_PARTIAL, units=2, share="35"))
    assert case.remedies[0].refund_total == money("233", "JPY")
    case = run(case, choose(RemedyKind.REFUND_FULL))
    assert case.remedies[1].refund_total == money("333", "JPY")


def test_a_free_item_is_refunded_with_nothing():
    case = run(a_claimed_case(order=an_order(a_line(paid="0.00"))), choose(RemedyKind.REFUND_FULL))
    assert case.remedies[0].refund == {}
    assert unit_ledger(case)[0].agreed == {RemedyKind.REFUND_FULL: 3}


def test_the_share_is_free_within_the_rule():
    case = a_claimed_case()
    assert run(case, choose(RemedyKind.REFUND_PARTIAL, share="80")).remedies[0].refund_total == money("24.00")
    assert run(case, choose(RemedyKind.REFUND_PARTIAL, share="30")).remedies[0].share == 30
    for share in ("9.99", "80.01", "-1", "NaN", "Infinity"):
        assert refusals(case, choose(RemedyKind.REFUND_PARTIAL, share=share)) == ("share_out_of_range",)
    assert refusals(case, choose(RemedyKind.REFUND_FULL, share="90")) == ("share_fixed",)
    assert refusals(case, choose(RemedyKind.REFUND_FULL, share="100.0")) == ()


def test_extra_items_cost_nothing_and_use_nothing_up():
    case = a_claimed_case(claim(4, ProblemType.EXTRA_ITEM), claim(10))
    keep, back = offered(case)[RemedyKind.DECLINE], offered(case)[RemedyKind.RETURN_REFUND]
    assert (keep.outcome, keep.preferred) == ("allowed", True)
    assert (back.outcome, back.refund, back.value) == ("allowed", {}, {})
    case = run(case, choose(RemedyKind.RETURN_REFUND))
    assert case.remedies[0].units_used == 0
    assert offered(case, "c2")[RemedyKind.REPLACEMENT].outcome == "allowed"


# ---- shipped and unshipped ---------------------------------------------------------------------------

PARTLY = an_order(a_line(units=10, shipped=6), latest_delivery_on=date(2026, 11, 12))


def test_unshipped_units_are_cancelled_never_refunded():
    case = a_claimed_case(claim(10, ProblemType.LATE), order=PARTLY)
    found = offered(case, units=4)
    assert found[RemedyKind.CANCEL_UNSHIPPED].outcome == "allowed"
    assert codes(offered(case, units=5)[RemedyKind.CANCEL_UNSHIPPED]) == ["nothing_unshipped"]
    assert codes(offered(case, units=7)[RemedyKind.REFUND_FULL]) == ["not_shipped_yet"]
    assert offered(case, units=6)[RemedyKind.REFUND_FULL].outcome == "allowed"
    case = run(case, choose(RemedyKind.CANCEL_UNSHIPPED, units=4), choose(RemedyKind.REFUND_FULL, units=6))
    assert case.stage is Stage.FOLLOW_UP
    assert money_ledger(case)[0].granted == amounts(item="100.00")


def test_the_same_unshipped_units_are_not_cancelled_twice():
    case = a_claimed_case(claim(4, ProblemType.LATE), claim(4, ProblemType.CHANGED_MIND), order=PARTLY)
    case = run(case, choose(RemedyKind.CANCEL_UNSHIPPED))
    option = offered(case, "c2")[RemedyKind.CANCEL_UNSHIPPED]
    assert option.problems[0].params == {"sku": "SKU-1", "units": 4, "unshipped": 0}
    assert codes(option) == ["nothing_unshipped"]


def test_units_that_another_case_cancelled_or_refunded_are_gone():
    case = a_claimed_case(claim(4, ProblemType.LATE), order=PARTLY)
    cancelled = earlier(units=3, kind=EarlierKind.OTHER_CASE, cancelled=3, value=amounts(item="30.00"))
    found = offered(case, setting=a_setting(elsewhere=[cancelled]), units=2)
    assert codes(found[RemedyKind.CANCEL_UNSHIPPED]) == ["nothing_unshipped"]
    assert found[RemedyKind.REFUND_FULL].outcome == "allowed"
    refunded = earlier(units=5, kind=EarlierKind.OTHER_CASE, value=amounts(item="50.00"))
    found = offered(case, setting=a_setting(elsewhere=[refunded]), units=2)
    assert found[RemedyKind.CANCEL_UNSHIPPED].outcome == "allowed"
    assert codes(found[RemedyKind.REFUND_FULL]) == ["not_shipped_yet"]


def test_nothing_of_a_line_shipped():
    order = an_order(a_line(units=5, shipped=0, delivered_on=None), latest_delivery_on=None)
    found = offered(a_claimed_case(claim(5, ProblemType.CHANGED_MIND), order=order))
    assert next(iter(found)) is RemedyKind.CANCEL_UNSHIPPED
    assert found[RemedyKind.CANCEL_UNSHIPPED].refund_total == money("100.00")


# ---- choosing ----------------------------------------------------------------------------------------


def test_a_choice_is_recorded_with_its_rule():
    decision = decide(a_claimed_case(), choose(RemedyKind.REFUND_PARTIAL, units=2), a_setting())
    offers, chosen = decision
    assert isinstance(offers, RemediesOffered)
    assert offers.offers[0].kinds[0] is RemedyKind.REPLACEMENT
    assert isinstance(chosen, RemedyChosen)
    remedy = chosen.remedy
    assert (remedy.remedy, remedy.item, remedy.line, remedy.units) == ("r1", "c1", 1, 2)
    assert a_setting().policy.remedy_row(remedy.rule).then.remedy is RemedyKind.REFUND_PARTIAL
    assert (remedy.share, remedy.channel) == (Decimal(30), Channel.FBM)
    assert (remedy.value, remedy.refund) == (amounts(item="20.00"), amounts(item="6.00"))
    assert (remedy.chosen_by, remedy.chosen_at, remedy.overrides) == ("Lin Xiaowen", NOW, "")


def test_what_cannot_be_chosen():
    case = a_claimed_case(claim(3), claim(2, ProblemType.NO_ISSUE))
    assert refusals(a_locked_case(), choose(RemedyKind.REPLACEMENT)) == ("breakdown_first",)
    assert refusals(case, ChooseRemedies(())) == ("nothing_chosen",)
    assert refusals(case, choose(RemedyKind.REPLACEMENT, "c9")) == ("unknown_item",)
    assert refusals(case, choose(RemedyKind.DECLINE, "c2")) == ("unknown_item",)
    assert refusals(case, choose(RemedyKind.CANCEL_UNSHIPPED)) == ("no_rule",)
    for units in (0, -1, 4):
        assert refusals(case, choose(RemedyKind.REPLACEMENT, units=units)) == ("units_not_open",)


def test_every_refused_choice_is_named_and_none_is_kept():
    case = a_claimed_case(claim(3), claim(2, ProblemType.MISSING))
    command = ChooseRemedies(
        (
            Choice("c1", RemedyKind.REPLACEMENT),
            Choice("c2", RemedyKind.CANCEL_UNSHIPPED),
            Choice("c9", RemedyKind.DECLINE),
        )
    )
    assert refusals(case, command) == ("option_refused", "unknown_item")


def test_choices_of_one_command_are_judged_one_after_the_other():
    case = a_claimed_case(claim(5))
    command = ChooseRemedies(
        (Choice("c1", RemedyKind.REPLACEMENT, 3), Choice("c1", RemedyKind.REFUND_FULL, 3))
    )
    assert refusals(case, command) == ("units_not_open",)
    command = ChooseRemedies((Choice("c1", RemedyKind.REPLACEMENT, 3), Choice("c1", RemedyKind.REFUND_FULL)))
    case = run(case, command)
    assert [(r.remedy, r.units) for r in case.remedies] == [("r1", 3), ("r2", 2)]


def test_units_compensated_by_another_item_or_case_are_gone():
    case = a_claimed_case(claim(6), claim(4, ProblemType.DEFECT))
    case = run(case, choose(RemedyKind.REPLACEMENT))
    elsewhere = [earlier(units=2, kind=EarlierKind.OTHER_CASE, value=amounts(item="20.00"))]
    option = offered(case, "c2", setting=a_setting(elsewhere=elsewhere))[RemedyKind.REPLACEMENT]
    assert codes(option) == ["already_compensated"]
    command = choose(RemedyKind.REPLACEMENT, "c2")
    assert refusals(case, command, a_setting(elsewhere=elsewhere)) == ("option_refused",)
    assert refusals(case, command) == ()


# ---- taking back -------------------------------------------------------------------------------------


def test_a_remedy_is_taken_back_until_something_moves():
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT), ConfirmPlan())
    assert refusals(case, WithdrawRemedy("r9", "x")) == ("unknown_remedy",)
    assert refusals(case, WithdrawRemedy("r1", "  ")) == ("reason_needed",)
    back = run(case, WithdrawRemedy("r1", "the buyer prefers money"))
    assert back.remedies == ()
    assert back.undecided_units() == 3
    assert not back.plan_confirmed
    assert run(back, choose(RemedyKind.REFUND_FULL)).remedies[0].remedy == "r2"
    assert refusals(run(case, KeepPromise("p1")), WithdrawRemedy("r1", "x")) == ("remedy_begun",)


def test_a_trace_gives_way_to_a_replacement_when_the_parcel_is_lost():
    order = an_order(a_line(units=5, delivered_on=None), latest_delivery_on=date(2026, 11, 10))
    case = run(
        a_claimed_case(claim(5, ProblemType.LATE), order=order),
        choose(RemedyKind.TRACE_SHIPMENT),
        ConfirmPlan(),
        KeepPromise("p1", "carrier: lost"),
        WithdrawRemedy("r1", "the carrier lost it"),
        choose(RemedyKind.REPLACEMENT),
    )
    assert [r.kind for r in case.remedies] == [RemedyKind.REPLACEMENT]
    assert case.stage is Stage.FOLLOW_UP
    assert not case.plan_confirmed


def test_after_a_withdrawal_the_whole_sum_is_still_exact():
    order = an_order(a_line(units=3, paid=amounts(item="150.00", promotion="-10.00")))
    case = run(
        a_claimed_case(order=order),
        choose(RemedyKind.REFUND_FULL, units=1),
        choose(RemedyKind.REPLACEMENT, units=1),
        choose(RemedyKind.REFUND_FULL, units=1),
        WithdrawRemedy("r2", "out of stock"),
        choose(RemedyKind.REFUND_FULL),
    )
    assert money_ledger(case)[0].granted == amounts(item="150.00", promotion="-10.00")


def test_a_broken_policy_reference_is_a_bug_not_a_refusal(monkeypatch: pytest.MonkeyPatch):
    setting, case = a_setting(), a_claimed_case()
    monkeypatch.setattr(type(setting.policy), "deadline", lambda *_a, **_k: None)
    with pytest.raises(LookupError, match="no deadline house_reship for UK FBM on 2026-11-23"):
        options(case, case.item("c1"), setting)


def test_the_breakdown_after_choosing_keeps_what_still_fits():
    case = run(a_claimed_case(claim(3)), choose(RemedyKind.REPLACEMENT, units=2))
    assert after_bodies(case).remedies == case.remedies
    assert run(case, broken_down(claim(2))).undecided_units() == 0


def test_a_refund_in_a_file_survives_a_breakdown_that_no_longer_claims_its_units():
    """The file may have been uploaded: dropping the refund here would pay it twice."""
    order = an_order(a_line(order_item_id="11112222333344"))
    case = run(a_claimed_case(claim(3), order=order), choose(RemedyKind.REFUND_FULL), ConfirmPlan())
    sheet = refund_sheet(case, a_setting(LEAD))
    assert sheet is not None
    case = run(case, CheckRefunds(sheet.digest), ExportRefunds(sheet.digest), setting=a_setting(LEAD))
    assert refusals(case, broken_down(claim(2))) == ("remedy_begun",)
    case = run(case, UndoRefundExport("not uploaded"), broken_down(claim(2)))
    assert case.remedies == ()
