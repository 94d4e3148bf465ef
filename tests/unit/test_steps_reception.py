"""Goods that come back: counting, splitting, keeping back, and the clock that starts with them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.ledgers import (
    LineReturns,
    money_ledger,
    reception_ledger,
    unit_ledger,
    value_left,
)
from playbook.domain.orders import Component, EarlierKind, Order
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.receptions import ReceivedUnits
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.steps import Refused, decide
from playbook.steps.commands import (
    ChangePromise,
    ConfirmPlan,
    Counted,
    CountedUnexpected,
    KeepPromise,
    ReceiveGoods,
    WithdrawRemedy,
)
from playbook.steps.followup import planned_promises
from playbook.steps.refunds import RefundState, pending_until, refund_state, refund_totals
from tests.builders import (
    LEAD,
    MANAGER,
    NOW,
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_remedy,
    a_setting,
    amounts,
    an_order,
    choose,
    claim,
    earlier,
    later,
    money,
    refusals,
    run,
    the_policy,
)

MIND = ProblemType.CHANGED_MIND
USED, LATE, OPENED = RejectionReason.USED, RejectionReason.LATE, RejectionReason.OPENED
SETTING = a_setting(MANAGER)
THEN = later(SETTING, days=9)
"""When the first parcel of these tests comes back."""


def returning(
    units: int = 3, problem: ProblemType = MIND, *, order: Order | None = None, kept: bool = True
) -> Case:
    """A case that waits for goods: the return is agreed and planned, its first promise kept."""
    case = a_claimed_case(claim(units, problem), order=order, setting=SETTING)
    case = run(case, choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), setting=SETTING)
    first = [promise for promise in case.open_promises if promise.kind is not PromiseKind.SUBMIT_REFUND]
    return run(case, *(KeepPromise(promise.promise) for promise in first), setting=SETTING) if kept else case


def parcel(*counted: Counted, **others: object) -> ReceiveGoods:
    return ReceiveGoods(counted, **others)  # type: ignore[arg-type]


def refunds(case: Case) -> dict[str, str]:
    return {remedy.remedy: str(remedy.refund_total) for remedy in case.remedies}


def test_everything_that_was_expected_arrives():
    case = run(returning(), parcel(Counted("r1", 3)), setting=THEN)
    (remedy,) = case.remedies
    assert (remedy.units, remedy.accepted, remedy.awaited, remedy.split_from) == (3, 3, 0, "")
    assert remedy.refund_total == money("30.00")
    assert reception_ledger(case) == (LineReturns(1, 3, 3, {}, 0, 0, 0),)


def test_the_refund_clock_starts_when_the_goods_arrive():
    """Two working days after arrival in Britain, not after the day on which we expected them."""
    case = returning()
    before = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    arrived_at = THEN.now - timedelta(hours=20)
    case = run(case, parcel(Counted("r1", 3), arrived_at=arrived_at), setting=THEN)
    (now,) = case.open_promises
    assert now.due_at == datetime(2026, 12, 3, 23, 59, 59, tzinfo=UTC) < before.due_at
    assert (now.amount, now.units, now.deadline) == (money("30.00"), 3, "refund_after_receipt")
    assert now.made_by == MANAGER.name
    was = case.known_promise(before.promise)
    assert was is not None
    assert was.state is PromiseState.SUPERSEDED
    assert case.receptions[0].arrived_at == arrived_at
    assert case.receptions[0].recorded_at == THEN.now
    watched = [follow_up.promise for follow_up in case.open_follow_ups if follow_up.promise]
    assert watched == [now.promise]


def test_what_did_not_arrive_stays_open_with_the_rest_of_the_money():
    case = run(returning(3, order=an_order(a_line(units=3, paid="100.00"))), setting=SETTING)
    due_at = next(p.due_at for p in case.open_promises)
    case = run(case, parcel(Counted("r1", 2), parcel=" 1Z9 "), setting=THEN)
    here, awaited = case.remedies
    assert (here.remedy, here.units, here.accepted, here.awaited) == ("r1", 2, 2, 0)
    assert (awaited.remedy, awaited.units, awaited.awaited, awaited.split_from) == ("r2", 1, 1, "r1")
    assert refunds(case) == {"r1": "66.67 GBP", "r2": "33.33 GBP"}
    assert {p.remedy: (p.amount, p.units) for p in case.open_promises} == {
        "r1": (money("66.67"), 2),
        "r2": (money("33.33"), 1),
    }
    assert next(p.due_at for p in case.open_promises if p.remedy == "r2") == due_at
    assert case.receptions[0].parcel == "1Z9"
    assert case.plan_confirmed
    case = run(case, parcel(Counted("r2", 1)), setting=later(THEN, days=2))
    assert [remedy.received for remedy in case.remedies] == [2, 1]
    assert reception_ledger(case) == (LineReturns(1, 3, 3, {}, 0, 0, 0),)


def test_the_part_that_arrived_can_be_refunded_while_the_rest_is_awaited():
    case = run(returning(), parcel(Counted("r1", 2)), setting=THEN)
    done = next(p for p in case.open_promises if p.remedy == "r1")
    rest = next(p for p in case.open_promises if p.remedy == "r2")
    assert refusals(case, KeepPromise(rest.promise), THEN) == ("goods_not_received",)
    case = run(case, KeepPromise(done.promise, "RF-1"), setting=THEN)
    assert unit_ledger(case)[0].executed == {RemedyKind.RETURN_REFUND: 2}
    assert unit_ledger(case)[0].agreed == {RemedyKind.RETURN_REFUND: 1}
    (ledger,) = money_ledger(case)
    assert (ledger.granted, ledger.executed) == (amounts(item="30.00"), amounts(item="20.00"))
    assert refusals(case, WithdrawRemedy("r1", "x"), THEN) == ("remedy_begun",)
    case = run(case, WithdrawRemedy("r2", "the buyer keeps it after all"), setting=THEN)
    assert unit_ledger(case)[0].withdrawn == 1
    assert value_left(case.order.lines[0], case) == amounts(item="80.00")  # type: ignore[union-attr]


def test_a_return_that_has_arrived_can_no_longer_be_withdrawn():
    case = run(returning(kept=False), parcel(Counted("r1", 3)), setting=THEN)
    assert refusals(case, WithdrawRemedy("r1", "x"), THEN) == ("remedy_begun",)


def test_rejected_units_are_refunded_less_what_the_rules_let_us_keep_back():
    """Three of ten for 100.00: one good, one used (half kept back), one too late (a fifth)."""
    case = run(returning(), parcel(Counted("r1", 1, 1, USED), Counted("r1", 0, 1, LATE)), setting=THEN)
    assert refunds(case) == {"r1": "10.00 GBP", "r2": "5.00 GBP", "r3": "8.00 GBP"}
    good, used, late = case.remedies
    assert (good.kept_back, good.rejected_for, good.fee_rule) == (Decimal(0), None, "")
    assert (used.kept_back, used.rejected_for, used.fee_rule) == (50, USED, "restocking_other_state")
    assert (late.kept_back, late.rejected_for, late.fee_rule) == (20, LATE, "restocking_late")
    assert reception_ledger(case) == (LineReturns(1, 3, 1, {USED: 1, LATE: 1}, 0, 0, 0),)
    assert value_left(case.order.lines[0], case) == amounts(item="70.00")  # type: ignore[union-attr]


def test_less_may_be_kept_back_than_the_rules_allow_and_nothing_too():
    case = run(returning(), parcel(Counted("r1", 0, 3, USED, Decimal(10))), setting=THEN)
    assert refunds(case) == {"r1": "27.00 GBP"}
    case = run(returning(), parcel(Counted("r1", 0, 3, USED, Decimal(0))), setting=THEN)
    assert refunds(case) == {"r1": "30.00 GBP"}
    assert case.remedies[0].fee_rule == ""


@pytest.mark.parametrize("problem", [ProblemType.TRANSIT_DAMAGE, ProblemType.DEFECT, ProblemType.WRONG_ITEM])
def test_for_what_was_our_fault_nothing_may_be_kept_back(problem: ProblemType):
    case = returning(2, problem)
    command = parcel(Counted("r1", 0, 2, USED, Decimal(1)))
    assert refusals(case, command, replace(THEN, actor=a_setting().actor)) == ("kept_back_too_much",)
    case = run(case, parcel(Counted("r1", 0, 2, USED)), setting=THEN)
    assert refunds(case) == {"r1": "20.00 GBP"}
    assert case.remedies[0].overrides == ""


def test_a_lead_may_keep_back_more_and_the_exception_is_recorded():
    case = returning(2)
    command = parcel(Counted("r1", 0, 2, USED, Decimal(80)))
    agents = replace(THEN, actor=a_setting().actor)
    (problem,) = decide(case, command, agents).problems  # type: ignore[union-attr]
    assert (problem.code, problem.params["most"], problem.params["share"]) == ("kept_back_too_much", 50, 80)
    case = run(case, command, setting=replace(THEN, actor=LEAD))
    assert refunds(case) == {"r1": "4.00 GBP"}
    assert case.remedies[0].overrides == "kept_back_too_much"


def test_where_everything_is_kept_back_the_buyer_is_owed_an_answer():
    case = returning(2)
    case = run(case, parcel(Counted("r1", 1, 1, OPENED)), setting=THEN)
    assert refunds(case) == {"r1": "10.00 GBP", "r2": "0.00 GBP"}
    answer = next(p for p in case.open_promises if p.remedy == "r2")
    assert (answer.kind, answer.amount, answer.due_at) == (
        PromiseKind.ANSWER,
        None,
        THEN.now + timedelta(hours=24),
    )
    assert planned_promises(case, ConfirmPlan(), THEN) == ()
    case = returning(2, kept=False)
    assert refusals(case, parcel(Counted("r1", 0, 2, OPENED)), THEN) == ("answer_open",)


def test_shipping_is_never_kept_back():
    paid = amounts(item="20.00", item_tax="4.00", shipping="6.00", promotion="-2.00")
    case = returning(2, ProblemType.DEFECT, order=an_order(a_line(units=2, paid=paid)))
    case = run(case, parcel(Counted("r1", 0, 2, USED, Decimal(50))), setting=THEN)
    assert case.remedies[0].refund == amounts(
        item="10.00", item_tax="2.00", shipping="6.00", promotion="-1.00"
    )


def test_goods_nobody_expected_are_recorded_and_change_no_money():
    case = returning(order=an_order(a_line(1), a_line(2)))
    before = money_ledger(case)
    command = ReceiveGoods(
        (), (CountedUnexpected(2, line=2), CountedUnexpected(1, what=" a stranger's\x00kettle ")), note="odd"
    )
    case = run(case, command, setting=THEN)
    assert [goods.what for goods in case.receptions[0].unexpected] == ["", "a stranger's kettle"]
    assert money_ledger(case) == before
    case = run(case, ReceiveGoods((), (CountedUnexpected(1, what="another kettle"),)), setting=THEN)
    assert [line.unexpected for line in reception_ledger(case)] == [0, 2]
    assert [line.expected for line in reception_ledger(case)] == [3, 0]


def test_exchanged_units_are_counted_parcel_by_parcel_without_being_split():
    case = a_claimed_case(claim(3, ProblemType.WRONG_VARIANT), setting=SETTING)
    case = run(case, choose(RemedyKind.EXCHANGE), ConfirmPlan(), setting=SETTING)
    promised = case.open_promises
    case = run(case, parcel(Counted("r1", 1)), parcel(Counted("r1", 0, 1, USED)), setting=THEN)
    (remedy,) = case.remedies
    assert (remedy.accepted, remedy.rejected, remedy.awaited) == (1, 1, 1)
    assert case.open_promises == promised
    assert refusals(case, parcel(Counted("r1", 2)), THEN) == ("more_than_expected",)
    assert refusals(case, parcel(Counted("r1", 0, 1, USED, Decimal(10))), THEN) == ("nothing_to_keep_back",)


def test_what_amazon_refunded_at_first_scan_is_counted_but_not_refunded_again():
    case = returning()
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    case = run(case, KeepPromise(refund.promise, by_amazon=True), setting=THEN)
    assert case.known_promise(refund.promise).by_amazon  # type: ignore[union-attr]
    case = run(case, parcel(Counted("r1", 1)), setting=later(THEN, days=3))
    (remedy,) = case.remedies
    assert (remedy.units, remedy.accepted, remedy.awaited) == (3, 1, 2)
    assert remedy.refund_total == money("30.00")
    assert case.is_executed(remedy)


def test_only_a_refund_of_goods_on_their_way_can_be_amazons_doing():
    case = returning(kept=False)
    label = next(p for p in case.open_promises if p.kind is not PromiseKind.SUBMIT_REFUND)
    assert refusals(case, KeepPromise(label.promise, by_amazon=True), THEN) == ("not_by_amazon",)
    case = run(case, parcel(Counted("r1", 3)), setting=THEN)
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    assert refusals(case, KeepPromise(refund.promise, by_amazon=True), THEN) == ("not_by_amazon",)


def test_return_reports_and_receptions_are_two_views_of_the_same_parcels():
    """A report that knew of two units before the lock neither adds to what is expected nor refunds it."""
    known = (earlier(units=2, kind=EarlierKind.RETURN, reference="RMA-7"), earlier(units=1))
    order = an_order(earlier=known)
    case = returning(order=order)
    assert reception_ledger(case) == (LineReturns(1, 3, 0, {}, 3, 0, 2),)
    case = run(case, parcel(Counted("r1", 2), parcel="RMA-7"), setting=THEN)
    assert reception_ledger(case) == (LineReturns(1, 3, 2, {}, 1, 0, 2),)
    assert unit_ledger(case)[0].sum == 10
    assert refusals(case, parcel(Counted("r2", 2)), THEN) == ("more_than_expected",)


def test_partial_arrivals_in_any_order_end_at_exactly_what_was_granted():
    paid = amounts(item="290.00", item_tax="0.01", shipping="4.99", promotion="-10.00")
    for steps in ((1, 1, 1), (2, 1), (1, 2), (3,)):
        case = returning(3, ProblemType.DEFECT, order=an_order(a_line(units=3, paid=paid)))
        for number, units in enumerate(steps, start=1):
            case = run(case, parcel(Counted(f"r{number}", units)), setting=later(THEN, days=number))
        assert money_ledger(case)[0].granted == paid
        assert value_left(case.order.lines[0], case) == amounts(  # type: ignore[union-attr]
            item="0", item_tax="0", shipping="0", promotion="0"
        )


def test_yen_are_split_without_fractions():
    order = an_order(a_line(units=3, paid="1000", currency="JPY"), market=Marketplace.JP)
    case = run(returning(order=order), parcel(Counted("r1", 1)), setting=THEN)
    assert refunds(case) == {"r1": "333 JPY", "r2": "667 JPY"}


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (ReceiveGoods(), ("nothing_received",)),
        (parcel(Counted("r9", 1)), ("unknown_remedy",)),
        (parcel(Counted("r1", 4)), ("more_than_expected",)),
        (parcel(Counted("r1", 2), Counted("r1", 2)), ("more_than_expected",)),
        (parcel(Counted("r1", 2, 2, USED)), ("more_than_expected",)),
        (parcel(Counted("r1", 0)), ("received_not_whole",)),
        (parcel(Counted("r1", 1), Counted("r1", 0)), ("received_not_whole",)),
        (parcel(Counted("r1", -1)), ("received_not_whole",)),
        (parcel(Counted("r1", 2, -1, USED)), ("received_not_whole",)),
        (parcel(Counted("r1", 1.5)), ("received_not_whole",)),  # type: ignore[arg-type]
        (parcel(Counted("r1", True)), ("received_not_whole",)),
        (parcel(Counted("r1", 10**9)), ("received_not_whole",)),
        (parcel(Counted("r1", 1, 1)), ("rejection_reason",)),
        (parcel(Counted("r1", 1, 0, USED)), ("rejection_reason",)),
        (parcel(Counted("r1", 1, 0, None, Decimal(5))), ("nothing_to_keep_back",)),
        (parcel(Counted("r1", 0, 1, USED, Decimal(101))), ("share_out_of_range",)),
        (parcel(Counted("r1", 0, 1, USED, Decimal("NaN"))), ("share_out_of_range",)),
        (parcel(Counted("r1", 1), arrived_at=THEN.now + timedelta(hours=1)), ("arrived_in_future",)),
        (parcel(Counted("r1", 1), arrived_at=NOW - timedelta(days=99)), ("arrived_before_order",)),
        (ReceiveGoods((), (CountedUnexpected(0, line=1),)), ("unexpected_not_whole",)),
        (ReceiveGoods((), (CountedUnexpected(1, line=7),)), ("unknown_line",)),
        (ReceiveGoods((), (CountedUnexpected(1, what=" "),)), ("unexpected_what",)),
        (
            parcel(Counted("r9", 1), Counted("r1", 9), unexpected=(CountedUnexpected(1, line=7),)),
            ("unknown_remedy", "more_than_expected", "unknown_line"),
        ),
    ],
)
def test_what_cannot_have_come_back_is_refused_with_every_reason(
    command: ReceiveGoods, codes: tuple[str, ...]
):
    case = returning()
    assert refusals(case, command, THEN) == codes


def test_goods_come_back_only_for_an_order_and_after_the_plan():
    assert refusals(a_locked_case(), parcel(Counted("r1", 1)), THEN) == ("unknown_remedy",)
    case = run(a_claimed_case(claim(3, MIND)), choose(RemedyKind.RETURN_REFUND))
    assert refusals(case, parcel(Counted("r1", 1)), THEN) == ("plan_first",)
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT), ConfirmPlan())
    assert refusals(case, parcel(Counted("r1", 1)), THEN) == ("nothing_comes_back",)
    opened = run(a_case(), *_opened())
    assert refusals(opened, parcel(Counted("r1", 1)), THEN) == ("not_locked",)


def _opened():
    from playbook.steps.commands import OpenCase

    return (OpenCase(NOW - timedelta(hours=2)),)


def test_a_count_that_cannot_be_is_no_value():
    with pytest.raises(ValidationError, match="nothing was received"):
        ReceivedUnits(remedy="r1", line=1)
    with pytest.raises(ValidationError, match="need a reason"):
        ReceivedUnits(remedy="r1", line=1, rejected=1)
    with pytest.raises(ValidationError, match="2 of 1 units came back"):
        a_remedy(kind=RemedyKind.RETURN_REFUND, accepted=1, rejected=1)


def test_before_the_lock_nothing_is_expected():
    assert reception_ledger(a_case()) == ()


# ---- granted, pending, executed ----------------------------------------------------------------------


def refunded(at_hours: float, *, by_amazon: bool = False) -> RefundState | None:
    case = returning()
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    if by_amazon:
        case = run(case, KeepPromise(refund.promise, by_amazon=True), setting=THEN)
    else:
        case = run(case, parcel(Counted("r1", 3)), setting=THEN)
        (now,) = case.open_promises
        case = run(case, KeepPromise(now.promise), setting=THEN)
    return refund_state(case, case.remedies[0], policy=the_policy(), now=THEN.now + timedelta(hours=at_hours))


def test_a_refund_is_pending_for_two_hours_after_it_was_submitted():
    case = returning()
    assert refund_state(case, case.remedies[0], policy=the_policy(), now=THEN.now) is RefundState.GRANTED
    assert pending_until(case, case.remedies[0], policy=the_policy()) is None
    assert refunded(0) is refunded(1.99) is RefundState.PENDING
    assert refunded(2) is RefundState.EXECUTED


def test_what_amazon_refunded_was_never_pending():
    assert refunded(0, by_amazon=True) is RefundState.EXECUTED


def test_cancelled_units_were_never_pending():
    case = a_claimed_case(claim(2, MIND), order=an_order(a_line(shipped=0)), setting=SETTING)
    case = run(case, choose(RemedyKind.CANCEL_UNSHIPPED), ConfirmPlan(), setting=SETTING)
    case = run(case, *(KeepPromise(p.promise) for p in case.open_promises), setting=SETTING)
    assert refund_state(case, case.remedies[0], policy=the_policy(), now=NOW) is RefundState.EXECUTED


def test_the_totals_sum_to_everything_that_was_granted():
    case = run(returning(), parcel(Counted("r1", 2)), setting=THEN)
    done = next(p for p in case.open_promises if p.remedy == "r1")
    case = run(case, KeepPromise(done.promise), setting=THEN)
    totals = refund_totals(case, policy=the_policy(), now=THEN.now)
    assert totals == {
        RefundState.GRANTED: money("10.00"),
        RefundState.PENDING: money("20.00"),
        RefundState.EXECUTED: money("0"),
    }
    case = run(case, WithdrawRemedy("r2", "kept"), setting=THEN)
    assert refund_totals(case, policy=the_policy(), now=later(THEN, hours=2).now)[
        RefundState.EXECUTED
    ] == money("20.00")


def test_a_remedy_without_a_refund_is_never_refunded():
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT), ConfirmPlan())
    assert refund_state(case, case.remedies[0], policy=the_policy(), now=NOW) is None
    assert refund_totals(case, policy=the_policy(), now=NOW)[RefundState.GRANTED] == money("0")


def test_rules_without_the_time_that_a_refund_is_pending_cannot_be_used():
    case = returning()
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    case = run(case, parcel(Counted("r1", 3)), setting=THEN)
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    case = run(case, KeepPromise(refund.promise), setting=THEN)
    rows = the_policy().rows
    poorer = replace(
        the_policy(),
        rows=replace(
            rows, deadlines=tuple(row for row in rows.deadlines if row.id != "refund_cancel_window")
        ),
    )
    with pytest.raises(LookupError, match="refund_cancel_window"):
        pending_until(case, case.remedies[0], policy=poorer)


def test_deciding_a_parcel_is_pure():
    case = returning()
    command = parcel(Counted("r1", 1, 1, USED))
    first = decide(case, command, THEN)
    assert not isinstance(first, Refused)
    assert decide(case, command, THEN) == first


def test_components_keep_their_signs():
    paid = amounts(item="9.99", promotion="-1.00")
    case = returning(3, ProblemType.DEFECT, order=an_order(a_line(units=3, paid=paid)))
    case = run(case, parcel(Counted("r1", 1, 1, USED)), setting=THEN)
    assert [remedy.refund[Component.PROMOTION] for remedy in case.remedies] == [
        money("-0.33"),
        money("-0.34"),
        money("-0.33"),
    ]


def test_a_promise_without_a_clock_of_the_rules_keeps_its_date():
    """The agent moved the date: the awaited rest keeps it, what arrived runs on the platform's clock."""
    case = returning()
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    moved = refund.due_at + timedelta(days=5)
    case = run(case, ChangePromise(refund.promise, moved, "the buyer is away"), setting=THEN)
    case = run(case, parcel(Counted("r1", 1)), setting=THEN)
    dues = {p.remedy: p.due_at for p in case.open_promises}
    assert dues["r2"] == moved
    assert dues["r1"] < moved


def test_a_parcel_that_changes_nothing_of_the_promise_leaves_it_as_it_is():
    case = returning()
    refund = next(p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    at = datetime(2026, 12, 2, 9, tzinfo=UTC)
    due_at = datetime(2026, 12, 4, 23, 59, 59, tzinfo=UTC)
    case = run(case, ChangePromise(refund.promise, due_at, "sooner"), setting=THEN)
    before = case.open_promises
    case = run(case, parcel(Counted("r1", 3), arrived_at=at), setting=replace(THEN, now=at))
    assert case.open_promises == before
