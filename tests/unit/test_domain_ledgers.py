"""The three ledgers by example; tests/properties walks through everything else."""

from datetime import timedelta

import pytest

from playbook.domain.case import Case, KnownPromise
from playbook.domain.claims import ProblemType
from playbook.domain.events import (
    BreakdownConfirmed,
    PromiseKept,
    PromiseMade,
    RemedyChosen,
    RemedyWithdrawn,
)
from playbook.domain.ids import CaseId, OrderId
from playbook.domain.ledgers import (
    PromiseStanding,
    claimable_by_line,
    claimable_units,
    compensable_units,
    compensation_elsewhere,
    earlier_on,
    money_ledger,
    promise_ledger,
    standing,
    unit_ledger,
    units_elsewhere,
    value_left,
    value_of,
)
from playbook.domain.orders import Component, EarlierKind, Order
from playbook.domain.promises import PromiseState
from playbook.domain.remedies import RemedyKind
from tests.builders import (
    NOW,
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_promise,
    a_remedy,
    after_bodies,
    amounts,
    an_order,
    broken_down,
    claim,
    earlier,
    money,
    run,
)

FINE, BROKEN, MISSING = ProblemType.NO_ISSUE, ProblemType.TRANSIT_DAMAGE, ProblemType.MISSING
THREE_FOR_290 = amounts(item="300.00", promotion="-10.00")


def locked(order: Order) -> Case:
    return a_locked_case(order)


def test_before_the_lock_there_is_nothing_to_count():
    assert unit_ledger(a_case()) == ()
    assert money_ledger(a_case()) == ()
    assert claimable_by_line(a_case()) == {}
    assert earlier_on(1, a_case()) == ()


def test_the_missions_list_a_b_c():
    """A: 3 boxes torn, B: 2 wrong colour, C: 5 without a problem."""
    order = an_order(a_line(1, units=3), a_line(2, units=6), a_line(3, units=5))
    case = a_claimed_case(
        claim(3, ProblemType.PACKAGE_DAMAGE, 1),
        claim(2, ProblemType.WRONG_VARIANT, 2),
        claim(5, FINE, 3),
        order=order,
    )
    a, b, c = unit_ledger(case)
    assert (a.claimed, a.untouched, a.sum) == ({ProblemType.PACKAGE_DAMAGE: 3}, 0, 3)
    assert (b.claimed, b.untouched, b.sum) == ({ProblemType.WRONG_VARIANT: 2}, 4, 6)
    assert (c.fine, c.claimed, c.sum) == (5, {}, 5)


def test_a_unit_walks_through_the_buckets():
    case = a_claimed_case(
        claim(3), claim(2, MISSING), claim(4, FINE), order=an_order(a_line(units=12, cancelled=1))
    )
    ledger = unit_ledger(case)[0]
    assert (ledger.cancelled, ledger.fine, ledger.untouched) == (1, 4, 2)
    assert ledger.claimed == {BROKEN: 3, MISSING: 2}
    case = after_bodies(
        case,
        RemedyChosen(remedy=a_remedy("r1", item="c1", units=2)),
        RemedyChosen(remedy=a_remedy("r2", item="c2", units=2, kind=RemedyKind.REFUND_FULL)),
        PromiseMade(promise=a_promise("p1", remedy="r1")),
        PromiseKept(promise="p1"),
        RemedyWithdrawn(remedy="r2", reason="x"),
    )
    ledger = unit_ledger(case)[0]
    assert ledger.executed == {RemedyKind.REPLACEMENT: 2}
    assert ledger.agreed == {}
    assert ledger.claimed == {BROKEN: 1}
    assert ledger.withdrawn == 2
    assert ledger.sum == ledger.ordered == 12
    case = after_bodies(case, RemedyChosen(remedy=a_remedy("r3", item="c2", units=1)))
    ledger = unit_ledger(case)[0]
    assert (ledger.agreed, ledger.withdrawn) == ({RemedyKind.REPLACEMENT: 1}, 1)


def test_extra_items_stand_outside_the_line():
    case = a_claimed_case(claim(7, ProblemType.EXTRA_ITEM), order=an_order(a_line(units=2)))
    ledger = unit_ledger(case)[0]
    assert (ledger.claimed, ledger.untouched, ledger.sum) == ({}, 2, 2)
    assert case.undecided_units() == 7


def test_returns_and_reimbursements_alone_compensate_nobody():
    order = an_order(
        a_line(units=10),
        earlier=(
            earlier(units=2, kind=EarlierKind.RETURN),
            earlier(units=1, kind=EarlierKind.REIMBURSEMENT),
            earlier(units=3, kind=EarlierKind.REPLACEMENT),
        ),
    )
    case = locked(order)
    assert units_elsewhere(1, case) == 3
    assert claimable_units(order.lines[0], case) == claimable_by_line(case)[1] == 7
    assert unit_ledger(case)[0].elsewhere == 3
    assert units_elsewhere(1, case, [earlier(units=4, kind=EarlierKind.OTHER_CASE)]) == 7


def test_more_compensation_than_units_leaves_none_and_no_debt():
    case = locked(an_order(a_line(units=2), earlier=(earlier(units=2), earlier(units=2))))
    ledger = unit_ledger(case)[0]
    assert (ledger.elsewhere, ledger.untouched, ledger.sum) == (2, 0, 2)
    assert claimable_units(case.order.lines[0], case) == 0
    assert value_left(case.order.lines[0], case) == amounts(item="0")


def test_where_another_case_was_faster_its_units_count_as_elsewhere():
    case = a_claimed_case(claim(3), claim(1, FINE), order=an_order(a_line(units=5)))
    for units, fine, claimed, untouched in ((1, 1, 3, 0), (2, 0, 3, 0), (4, 0, 1, 0), (5, 0, 0, 0)):
        ledger = unit_ledger(case, [earlier(units=units, kind=EarlierKind.OTHER_CASE)])[0]
        assert ledger.elsewhere == units
        assert (ledger.fine, ledger.claimed.get(BROKEN, 0), ledger.untouched) == (fine, claimed, untouched)
        assert ledger.sum == 5


def test_what_is_compensated_here_is_never_pushed_out():
    case = after_bodies(
        a_claimed_case(claim(5), order=an_order(a_line(units=5))),
        RemedyChosen(remedy=a_remedy("r1", units=4, value=amounts(item="80.00"))),
    )
    ledger = unit_ledger(case, [earlier(units=3, kind=EarlierKind.OTHER_CASE)])[0]
    assert (ledger.agreed, ledger.elsewhere, ledger.claimed) == ({RemedyKind.REPLACEMENT: 4}, 1, {})
    assert ledger.sum == 5


def test_three_units_at_96_666_end_at_exactly_290():
    order = an_order(a_line(units=3, paid=THREE_FOR_290))
    case = a_claimed_case(claim(3), order=order)
    line = order.lines[0]
    paid = []
    for n in range(1, 4):
        value = value_of(line, 1, case)
        paid.append(sum((part for part in value.values()), money("0")))
        case = after_bodies(
            case,
            RemedyChosen(remedy=a_remedy(f"r{n}", kind=RemedyKind.REFUND_FULL, value=value, refund=value)),
        )
    assert paid == [money("96.67"), money("96.66"), money("96.67")]
    assert money_ledger(case)[0].granted == THREE_FOR_290
    assert money_ledger(case)[0].left(Component.ITEM) == money("0")
    assert value_left(line, case) == amounts(item="0", promotion="0")
    with pytest.raises(ValueError, match="1 units asked, 0 left"):
        value_of(line, 1, case)


@pytest.mark.parametrize("units", [0, -1, 11])
def test_only_units_that_are_left_have_a_value(units: int):
    case = locked(an_order())
    with pytest.raises(ValueError, match="units asked, 10 left"):
        value_of(case.order.lines[0], units, case)


def test_yen_have_no_fractions():
    order = an_order(a_line(units=3, paid="1000", currency="JPY"))
    case = locked(order)
    assert value_of(order.lines[0], 1, case) == amounts("JPY", item="333")
    assert value_of(order.lines[0], 2, case) == amounts("JPY", item="667")
    assert value_of(order.lines[0], 3, case) == amounts("JPY", item="1000")


def test_an_earlier_refund_without_a_value_uses_up_the_share_of_its_units():
    """Two of ten units got 20 % back: the other eight are still worth a tenth each, not more."""
    order = an_order(a_line(units=10), earlier=(earlier(units=2, refunded=amounts(item="4.00")),))
    case = locked(order)
    assert value_left(order.lines[0], case) == amounts(item="80.00")
    assert value_of(order.lines[0], 1, case) == amounts(item="10.00")


def test_an_earlier_refund_that_was_more_than_the_share_uses_up_what_it_paid():
    order = an_order(
        a_line(units=10, paid=amounts(item="100.00", promotion="-10.00", shipping="5.00")),
        earlier=(earlier(units=1, refunded=amounts(item="40.00", shipping="5.00")),),
    )
    case = locked(order)
    assert value_left(order.lines[0], case) == amounts(item="60.00", promotion="-9.00", shipping="0.00")


def test_an_allowance_leaves_the_units_and_takes_the_money():
    order = an_order(a_line(units=10), earlier=(earlier(units=0, refunded=amounts(item="15.00")),))
    case = locked(order)
    assert compensable_units(order.lines[0], case) == 10
    assert value_left(order.lines[0], case) == amounts(item="85.00")


def test_a_replacement_outside_uses_up_the_units_price_and_refunds_nothing():
    order = an_order(a_line(units=10), earlier=(earlier(units=3, kind=EarlierKind.REPLACEMENT),))
    case = locked(order)
    assert value_left(order.lines[0], case) == amounts(item="70.00")
    assert money_ledger(case)[0].elsewhere == {}


def test_what_was_overpaid_elsewhere_leaves_nothing_and_no_debt():
    order = an_order(
        a_line(units=4, paid=amounts(item="10.00", promotion="-1.00")),
        earlier=(earlier(units=1, refunded=amounts(item="12.00", promotion="-3.00")),),
    )
    case = locked(order)
    assert value_left(order.lines[0], case) == amounts(item="0", promotion="0")
    assert value_of(order.lines[0], 3, case) == amounts(item="0", promotion="0")


def test_free_lines_have_a_value_of_nothing():
    order = an_order(a_line(units=3, paid="0.00"))
    assert value_of(order.lines[0], 2, locked(order)) == amounts(item="0")


def test_only_compensation_of_the_line_itself_uses_it_up():
    case = after_bodies(
        a_claimed_case(claim(3), claim(1, line=2), order=an_order(a_line(1), a_line(2))),
        RemedyChosen(remedy=a_remedy("r1", item="c2", line=2)),
        RemedyChosen(remedy=a_remedy("r2", kind=RemedyKind.DECLINE, value={})),
    )
    assert value_left(case.order.lines[0], case) == amounts(item="100.00")
    assert value_left(case.order.lines[1], case) == amounts(item="90.00")
    assert compensable_units(case.order.lines[1], case) == 9


def test_a_refund_of_shipping_alone_leaves_the_units():
    order = an_order(a_line(units=4, paid=amounts(item="40.00", shipping="8.00")))
    shipping = amounts(shipping="8.00")
    case = after_bodies(
        a_claimed_case(claim(4, ProblemType.LATE), order=order),
        RemedyChosen(
            remedy=a_remedy("r1", units=4, kind=RemedyKind.REFUND_PARTIAL, value=shipping, refund=shipping)
        ),
    )
    line = order.lines[0]
    assert compensable_units(line, case) == 4
    assert value_left(line, case) == amounts(item="40.00", shipping="0")
    (seen,) = compensation_elsewhere(a_locked_case(order), case)
    assert (seen.units, seen.value) == (0, shipping)
    assert unit_ledger(case)[0].agreed == {RemedyKind.REFUND_PARTIAL: 4}


def test_cancelled_units_were_never_paid_for():
    order = an_order(a_line(units=5, cancelled=1, paid="40.00"))
    assert value_of(order.lines[0], 1, locked(order)) == amounts(item="10.00")


def test_money_by_line_paid_elsewhere_granted_and_executed():
    order = an_order(a_line(1), a_line(2), earlier=(earlier(line=2, refunded=amounts(item="10.00")),))
    case = after_bodies(
        a_claimed_case(claim(2), claim(1, line=2), order=order),
        RemedyChosen(
            remedy=a_remedy("r1", kind=RemedyKind.REFUND_PARTIAL, units=2, refund=amounts(item="6.00"))
        ),
        RemedyChosen(remedy=a_remedy("r2", item="c2", line=2, refund=amounts(item="5.00"))),
        PromiseMade(promise=a_promise("p1", remedy="r1")),
        PromiseMade(promise=a_promise("p2", remedy="r2")),
        PromiseKept(promise="p1"),
    )
    one, two = money_ledger(case)
    assert (one.granted, one.executed, one.elsewhere) == (amounts(item="6.00"), amounts(item="6.00"), {})
    assert (two.granted, two.executed, two.elsewhere) == (amounts(item="5.00"), {}, amounts(item="10.00"))
    assert two.left(Component.ITEM) == money("85.00")
    assert two.left(Component.SHIPPING) == money("0")
    more = money_ledger(case, [earlier(kind=EarlierKind.OTHER_CASE, refunded=amounts(item="1.00"))])
    assert more[0].left(Component.ITEM) == money("93.00")


def test_what_another_case_agreed_counts_here():
    order = an_order(a_line(units=10, shipped=8))
    mine = a_claimed_case(claim(4), order=order)
    other = after_bodies(
        run(a_locked_case(order), broken_down(claim(6), claim(2, ProblemType.EXTRA_ITEM))),
        RemedyChosen(remedy=a_remedy("r1", units=3, value=amounts(item="30.00"))),
        RemedyChosen(
            remedy=a_remedy("r2", units=2, kind=RemedyKind.CANCEL_UNSHIPPED, value=amounts(item="20.00"))
        ),
        RemedyChosen(remedy=a_remedy("r3", units=1, kind=RemedyKind.TRACE_SHIPMENT, value={})),
        RemedyChosen(remedy=a_remedy("r4", item="c2", units=2, kind=RemedyKind.RETURN_REFUND, value={})),
    )
    replaced, cancelled = compensation_elsewhere(mine, other)
    assert (replaced.units, replaced.cancelled, replaced.value) == (3, 0, amounts(item="30.00"))
    assert (cancelled.units, cancelled.cancelled) == (2, 2)
    assert {replaced.kind, cancelled.kind} == {EarlierKind.OTHER_CASE}
    assert replaced.reference == other.case_id
    assert compensable_units(order.lines[0], mine, [replaced, cancelled]) == 5


def test_cases_on_other_orders_have_nothing_to_do_with_it():
    mine, other = a_locked_case(), a_locked_case(an_order(order_id=OrderId("204-0000000-0000001")))
    assert compensation_elsewhere(mine, other) == ()
    assert compensation_elsewhere(a_case(), mine) == ()
    assert compensation_elsewhere(mine, a_case(CaseId("2026-0002"))) == ()


def test_standing_of_promises():
    open_one = KnownPromise(a_promise())
    late = NOW + timedelta(days=2)
    kept = KnownPromise(a_promise("p2"), PromiseState.KEPT, "T", settled_at=NOW)
    kept_late = KnownPromise(a_promise("p3"), PromiseState.KEPT, "T", settled_at=late)
    assert standing(open_one, NOW) is PromiseStanding.OPEN
    assert standing(open_one, late) is PromiseStanding.LATE
    assert standing(kept, late) is PromiseStanding.KEPT
    assert standing(kept_late, NOW) is PromiseStanding.KEPT_LATE
    for state in (PromiseState.SUPERSEDED, PromiseState.WITHDRAWN):
        assert standing(KnownPromise(a_promise(), state), late).value == state.value


def test_the_promise_ledger_is_sorted_by_due_time():
    case = after_bodies(
        a_case(),
        PromiseMade(promise=a_promise("p1", due_at=NOW + timedelta(days=3))),
        PromiseMade(promise=a_promise("p2", due_at=NOW + timedelta(days=1))),
    )
    assert [known.promise.promise for known, _ in promise_ledger(case, NOW)] == ["p2", "p1"]


@pytest.mark.parametrize(
    ("change", "same", "contradicts"),
    [
        ({}, True, False),
        ({"due_at": NOW}, True, True),
        ({"units": 2}, True, True),
        ({"units": None}, True, False),
        ({"amount": money("5")}, True, True),
        ({"remedy": ""}, True, False),
        ({"remedy": "", "due_at": NOW}, True, True),
        ({"remedy": "r2", "due_at": NOW}, False, False),
        ({"line": 2, "due_at": NOW}, False, False),
        ({"line": None, "remedy": "", "due_at": NOW}, False, False),
        ({"kind": "send_label", "due_at": NOW}, False, False),
    ],
)
def test_which_promises_contradict_each_other(change: dict[str, object], same: bool, contradicts: bool):
    one = a_promise(amount=money("4"))
    other = a_promise("p2", **{"amount": money("4"), **change})
    assert one.same_subject(other) is other.same_subject(one) is same
    assert one.contradicts(other) is other.contradicts(one) is contradicts


def test_a_breakdown_of_nothing_claims_nothing():
    case = after_bodies(a_locked_case(), BreakdownConfirmed(items=()))
    assert unit_ledger(case)[0].untouched == 10
