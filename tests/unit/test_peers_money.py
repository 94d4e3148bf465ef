"""What the best returns engines test about money, 23 to 39 of the peers' invariants.

The numbers and their meaning: tests/README.md.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import permutations

import pytest

from playbook.desk import Conflict, Desk, Done
from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.ledgers import (
    compensable_units,
    compensation_elsewhere,
    left_of,
    money_ledger,
    value_left,
    value_of,
)
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Component, Order, amounts_total
from playbook.domain.remedies import RemedyKind
from playbook.orderbook import cells
from playbook.steps import Actor, Refused
from playbook.steps.commands import ConfirmPlan, KeepPromise
from playbook.steps.refunds import RefundState, refund_state
from tests.builders import (
    MANAGER,
    NOW,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_setting,
    amounts,
    an_order,
    broken_down,
    choose,
    claim,
    earlier,
    later,
    money,
    refusals,
    run,
    the_policy,
)
from tests.desks import planned

BROKEN = ProblemType.TRANSIT_DAMAGE
REFUND, PARTIAL = RemedyKind.REFUND_FULL, RemedyKind.REFUND_PARTIAL
SETTING = a_setting(MANAGER)


def refunded(order: Order, *steps: int, kind: RemedyKind = REFUND) -> Case:
    """A case in which the units of line 1 are refunded in these steps."""
    case = a_claimed_case(claim(sum(steps)), order=order, setting=SETTING)
    return run(case, *(choose(kind, units=units) for units in steps), setting=SETTING)


def granted(case: Case) -> Amounts:
    return money_ledger(case)[0].granted


def total_of(case: Case) -> Money:
    return amounts_total(granted(case), case.order.currency)  # type: ignore[union-attr]


def test_peer_23_the_ceiling_is_what_was_paid_after_every_discount():
    """Three at 100.00, 10.00 off the order: 96.67, 96.66 and 96.67, never 100.00."""
    order = an_order(a_line(units=3, paid=amounts(item="300.00", promotion="-10.00")))
    case = refunded(order, 1, 1, 1)
    assert [str(remedy.refund_total) for remedy in case.remedies] == ["96.67 GBP", "96.66 GBP", "96.67 GBP"]


def test_peer_24_all_refunds_together_may_reach_but_never_pass_what_was_paid():
    order = an_order(earlier=(earlier(units=4, refunded=amounts(item="40.00")),))
    case = refunded(order, 6)
    assert total_of(case) == money("60.00")
    assert left_of(order.lines[0], case).value == amounts(item="0")
    elsewhere = compensation_elsewhere(a_locked_case(order), case)
    assert refusals(a_locked_case(order), broken_down(claim(1)), a_setting(MANAGER, elsewhere=elsewhere)) == (
        "units_exceed_order",
    )


def test_peer_25_too_much_is_an_error_never_silently_less():
    case = a_claimed_case(claim(3, ProblemType.QUALITY_FLAW), setting=SETTING)
    assert refusals(case, choose(PARTIAL, share="101"), SETTING) == ("share_out_of_range",)
    assert refusals(case, choose(REFUND, units=4), SETTING) == ("units_not_open",)
    with pytest.raises(ValueError, match="11 units asked, 10 left"):
        value_of(case.order.lines[0], 11, case)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("paid", "market"),
    [
        (
            amounts(item="290.00", promotion="-0.01", shipping="4.99", shipping_promotion="-4.99"),
            Marketplace.UK,
        ),
        (
            amounts("USD", item="99.99", item_tax="7.13", gift_wrap="1.00", gift_wrap_tax="0.07"),
            Marketplace.US,
        ),
        (amounts("JPY", item="1000", shipping="101"), Marketplace.JP),
    ],
)
def test_peer_26_partial_steps_in_any_order_end_at_exactly_what_was_paid(paid: Amounts, market: Marketplace):
    currency = paid[Component.ITEM].currency
    order = an_order(a_line(units=6, paid=paid, currency=currency), market=market)
    for steps in {*permutations((1, 2, 3)), *permutations((1, 1, 4)), (6,), (1,) * 6}:
        case = refunded(order, *steps)
        zero = Money.zero(currency)
        assert {component: granted(case).get(component, zero) for component in paid} == paid


def test_peer_27_no_step_is_more_than_a_cent_from_its_exact_share():
    """Nothing is left over, so no tolerance is needed: the sum is exact, a step at most rounded."""
    order = an_order(a_line(units=7, paid="100.00"))
    case = refunded(order, *(1,) * 7)
    exact = Decimal(100) / 7
    assert all(abs(remedy.refund_total.amount - exact) < Decimal("0.01") for remedy in case.remedies)
    assert total_of(case) == money("100.00")


def test_peer_28_a_discount_is_shared_by_the_units_and_survivors_keep_their_price():
    order = an_order(a_line(units=4, paid=amounts(item="80.00", promotion="-8.00")))
    before = value_of(order.lines[0], 1, a_locked_case(order))
    case = refunded(order, 1)
    assert total_of(case) == money("18.00")
    assert value_of(order.lines[0], 1, case) == before


def test_peer_29_a_discount_is_not_taken_back_when_fewer_units_are_kept():
    """House default: no claw-back, although three units alone might not have earned the coupon."""
    order = an_order(a_line(units=4, paid=amounts(item="80.00", promotion="-20.00")))
    case = refunded(order, 3)
    assert total_of(case) == money("45.00")
    assert value_left(order.lines[0], case) == amounts(item="20.00", promotion="-5.00")


def test_peer_30_shipping_is_refunded_at_most_once_over_all_cases_and_may_be_all_that_is():
    order = an_order(a_line(units=4, paid=amounts(item="40.00", shipping="8.00")))
    case = refunded(order, 4)
    assert granted(case)[Component.SHIPPING] == money("8.00")
    second = a_locked_case(order)
    elsewhere = compensation_elsewhere(second, case)
    assert left_of(order.lines[0], second, elsewhere).value[Component.SHIPPING] == money("0")
    only = an_order(order.lines[0], earlier=(earlier(units=0, refunded=amounts(shipping="8.00")),))
    case = refunded(only, 4)
    assert granted(case) == amounts(item="40.00")


def test_peer_31_tax_follows_its_share_where_it_is_added_and_is_inside_where_it_is_included():
    added = an_order(
        a_line(units=3, paid=amounts("USD", item="100.00", item_tax="8.25"), currency="USD"),
        market=Marketplace.US,
    )
    case = refunded(added, 1, 2)
    assert case.remedies[0].refund == amounts("USD", item="33.33", item_tax="2.75")
    assert granted(case) == amounts("USD", item="100.00", item_tax="8.25")
    included = an_order(a_line(units=3, paid="1099", currency="JPY"), market=Marketplace.JP)
    assert Component.ITEM_TAX not in granted(refunded(included, 3))
    markets = the_policy().markets
    assert not markets[Marketplace.US].tax_included
    assert all(markets[m].tax_included for m in (Marketplace.UK, Marketplace.DE, Marketplace.JP))


@pytest.mark.parametrize("kind", [RemedyKind.REPLACEMENT, RemedyKind.EXCHANGE, RemedyKind.RESEND_MISSING])
def test_peer_32_goods_sent_again_are_nothing_in_the_sum_of_refunds(kind: RemedyKind):
    problem = {RemedyKind.EXCHANGE: ProblemType.WRONG_VARIANT, RemedyKind.RESEND_MISSING: ProblemType.MISSING}
    case = a_claimed_case(claim(3, problem.get(kind, BROKEN)), setting=SETTING)
    case = run(case, choose(kind), setting=SETTING)
    assert granted(case) == {}
    assert case.remedies[0].refund_total == money("0")
    assert value_left(case.order.lines[0], case) == amounts(item="70.00")  # type: ignore[union-attr]


def test_peer_33_an_allowance_without_units_reduces_what_a_later_refund_can_be():
    order = an_order(earlier=(earlier(units=0, refunded=amounts(item="15.00")),))
    assert compensable_units(order.lines[0], a_locked_case(order)) == 10
    assert total_of(refunded(order, 4, 6)) == money("85.00")


def test_peer_33_an_allowance_of_ours_uses_its_units_up():
    """Stricter than the peers: no rule of ours allows a second compensation of a unit that was kept."""
    case = a_claimed_case(claim(4, ProblemType.QUALITY_FLAW), setting=SETTING)
    case = run(case, choose(PARTIAL, share="20"), setting=SETTING)
    assert granted(case) == amounts(item="8.00")
    assert compensable_units(case.order.lines[0], case) == 6  # type: ignore[union-attr]
    assert value_left(case.order.lines[0], case) == amounts(item="60.00")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "paid",
    [amounts(item="0.00"), amounts(item="10.00", promotion="-10.00"), amounts(item="0.00", shipping="5.00")],
)
def test_peer_34_free_lines_divide_by_nothing_and_refund_nothing_they_did_not_cost(paid: Amounts):
    order = an_order(a_line(units=3, paid=paid))
    case = refunded(order, 1, 2)
    assert total_of(case) == amounts_total(paid, "GBP")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1.599,99", "1599.99"), ("1,599.99", "1599.99"), ("1599,99", "1599.99"), ("1.234.567", "1234567")],
)
def test_peer_36_amounts_are_read_as_they_are_written_and_yen_have_no_cents(text: str, amount: str):
    assert cells.amount(text) == Decimal(amount)
    with pytest.raises(ValueError, match="fractions of the smallest unit"):
        Money.of("0.5", "JPY")
    order = an_order(a_line(units=3, paid="1000", currency="JPY"), market=Marketplace.JP)
    assert [str(r.refund_total) for r in refunded(order, 1, 1, 1).remedies] == [
        "333 JPY",
        "334 JPY",
        "333 JPY",
    ]


def test_peer_37_a_refund_is_executed_once_under_double_click_and_in_two_tabs(
    desk: Desk, desk_of: Callable[[Actor], Desk]
):
    case = planned(desk, REFUND)
    (promise,) = case.open_promises
    first = desk.do(case.case_id, KeepPromise(promise.promise, "RF-1"), seen=case.version)
    assert isinstance(first, Done)
    other_tab = desk_of(MANAGER).do(case.case_id, KeepPromise(promise.promise, "RF-2"), seen=case.version)
    assert isinstance(other_tab, Conflict)
    again = desk.do(case.case_id, KeepPromise(promise.promise, "RF-1"))
    assert isinstance(again, Refused)
    now = desk.case(case.case_id)
    assert now is not None
    assert [known.reference for known in now.promises] == ["RF-1"]


def test_peer_39_promised_and_paid_are_two_figures():
    case = run(refunded(an_order(), 2, 1), ConfirmPlan(), setting=SETTING)
    case = run(case, KeepPromise("p1"), setting=SETTING)
    (ledger,) = money_ledger(case)
    assert (ledger.granted, ledger.executed) == (amounts(item="30.00"), amounts(item="20.00"))
    one, other = case.remedies
    policy = the_policy()
    assert refund_state(case, one, policy=policy, now=NOW) is RefundState.PENDING
    assert refund_state(case, other, policy=policy, now=later(SETTING, days=1).now) is RefundState.GRANTED
