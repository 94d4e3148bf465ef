"""What the best returns engines test about lines and units, 1 to 22 of the peers' invariants.

The numbers and their meaning: tests/README.md.
"""

import pytest
from pydantic import ValidationError

from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem, ProblemType
from playbook.domain.ids import OrderId
from playbook.domain.ledgers import (
    claimable_by_line,
    compensable_units,
    compensation_elsewhere,
    reception_ledger,
    unit_ledger,
    value_of,
)
from playbook.domain.orders import EarlierKind
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.steps import Refused, decide
from playbook.steps.commands import (
    ClaimRow,
    ConfirmBreakdown,
    ConfirmPlan,
    Counted,
    CountedUnexpected,
    KeepPromise,
    MakePromise,
    ReceiveGoods,
    WithdrawRemedy,
)
from tests.builders import (
    MANAGER,
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
    lock,
    money,
    refusals,
    run,
)

MIND, BROKEN, FINE = ProblemType.CHANGED_MIND, ProblemType.TRANSIT_DAMAGE, ProblemType.NO_ISSUE
BACK, REFUND = RemedyKind.RETURN_REFUND, RemedyKind.REFUND_FULL
SETTING = a_setting(MANAGER)
THEN = later(SETTING, days=9)


def returning(units: int = 3, lines: int = 1) -> Case:
    """Units of every line are on their way back, whatever else was promised is done."""
    order = an_order(*(a_line(number) for number in range(1, lines + 1)))
    rows = [claim(units, MIND, line.line) for line in order.lines]
    case = a_claimed_case(*rows, order=order, setting=SETTING)
    case = run(case, *(choose(BACK, item.item) for item in case.claims), ConfirmPlan(), setting=SETTING)
    others = [p for p in case.open_promises if p.kind is not PromiseKind.SUBMIT_REFUND]
    return run(case, *(KeepPromise(promise.promise) for promise in others), setting=SETTING)


def parcel(*counted: Counted) -> ReceiveGoods:
    return ReceiveGoods(counted)


def problems_of(case: Case, command: object) -> list[tuple[str, object]]:
    decision = decide(case, command, THEN)  # type: ignore[arg-type]
    assert isinstance(decision, Refused)
    return [(problem.code, problem.params.get("line")) for problem in decision.problems]


def test_peer_01_a_case_never_mixes_lines_of_two_orders():
    other = an_order(order_id=OrderId("204-0000000-0000001"))
    assert refusals(a_locked_case(), lock(other)) == ("already_locked",)
    assert refusals(a_locked_case(), broken_down(claim(1, line=2))) == ("unknown_line",)


def test_peer_02_every_unknown_line_is_named_in_one_answer():
    case = a_locked_case(an_order(a_line(1), a_line(2)))
    rows = (claim(1, line=8), claim(1), claim(1, line=9), ClaimRow(2, None, 1))
    assert problems_of(case, ConfirmBreakdown(rows)) == [
        ("unknown_line", 8),
        ("unknown_line", 9),
        ("problem_missing", 2),
    ]
    counted = parcel(Counted("r8", 1), Counted("r9", 1))
    assert [code for code, _ in problems_of(returning(), counted)] == ["unknown_remedy"] * 2


def test_peer_03_a_line_listed_twice_is_summed_before_it_is_checked():
    case = a_locked_case()
    assert refusals(case, broken_down(claim(6), claim(5))) == ("units_exceed_order",)
    (item,) = run(case, broken_down(claim(6), claim(4))).claims
    assert item.units == 10
    twice = parcel(Counted("r1", 2), Counted("r1", 2))
    assert refusals(returning(3), twice, THEN) == ("more_than_expected",)


def test_peer_05_what_was_cancelled_cannot_be_claimed():
    order = an_order(a_line(units=4, cancelled=4, shipped=0), a_line(2, units=4, cancelled=1))
    case = a_locked_case(order)
    assert claimable_by_line(case) == {1: 0, 2: 3}
    assert refusals(case, broken_down(claim(1))) == ("units_exceed_order",)
    assert refusals(case, broken_down(claim(4, line=2))) == ("units_exceed_order",)


@pytest.mark.parametrize("rows", [(), (claim(0),), (claim(0), claim(0, line=2))])
def test_peer_06_a_claim_of_nothing_is_refused(rows: tuple[ClaimRow, ...]):
    case = a_locked_case(an_order(a_line(1), a_line(2)))
    assert set(refusals(case, broken_down(*rows))) <= {"nothing_claimed", "units_not_positive"}
    assert refusals(case, broken_down(*rows))
    assert refusals(returning(), parcel(Counted("r1", 0))) == ("received_not_whole",)


def test_peer_07_units_are_counted_over_every_open_and_finished_remedy():
    """Ten shipped: two refunded before, three by another case, two here: three are left."""
    order = an_order(earlier=(earlier(units=2),))
    elsewhere = (earlier(units=3, kind=EarlierKind.OTHER_CASE),)
    setting = a_setting(MANAGER, elsewhere=elsewhere)
    case = run(a_locked_case(order), broken_down(claim(2)), choose(REFUND), setting=setting)
    case = run(case, ConfirmPlan(), KeepPromise("p1"), setting=setting)
    assert compensable_units(order.lines[0], case, elsewhere) == 3
    assert refusals(case, broken_down(claim(2), claim(4, MIND)), setting) == ("units_exceed_order",)
    case = run(case, broken_down(claim(2), claim(3, MIND)), choose(BACK, "c2"), setting=setting)
    assert compensable_units(order.lines[0], case, elsewhere) == 0


def test_peer_08_taking_a_remedy_back_frees_its_units():
    case = run(a_claimed_case(claim(10)), choose(REFUND), WithdrawRemedy("r1", "x"), setting=SETTING)
    assert unit_ledger(case)[0].withdrawn == 10
    case = run(case, choose(RemedyKind.REPLACEMENT), setting=SETTING)
    assert unit_ledger(case)[0].agreed == {RemedyKind.REPLACEMENT: 10}


def test_peer_09_units_that_came_back_stay_consumed():
    """Medusa's order module lets the same five units be requested again once they were received."""
    case = run(returning(10), parcel(Counted("r1", 10)), setting=THEN)
    case = run(case, KeepPromise(case.open_promises[0].promise), setting=THEN)
    assert refusals(case, choose(BACK), THEN) == ("units_not_open",)
    assert refusals(case, broken_down(claim(10, MIND), claim(1)), THEN) == ("units_exceed_order",)
    second = a_locked_case(case.order)
    elsewhere = compensation_elsewhere(second, case)
    setting = a_setting(MANAGER, elsewhere=elsewhere)
    assert refusals(second, broken_down(claim(1)), setting) == ("units_exceed_order",)


def test_peer_10_claim_and_return_of_the_same_unit_never_both():
    case = a_locked_case()
    assert refusals(case, broken_down(claim(6), claim(5, MIND))) == ("units_exceed_order",)
    first = run(case, broken_down(claim(6)), choose(REFUND), setting=SETTING)
    elsewhere = compensation_elsewhere(a_locked_case(case.order), first)
    for problem in (BROKEN, MIND):
        setting = a_setting(MANAGER, elsewhere=elsewhere)
        other = a_locked_case(case.order)
        assert refusals(other, broken_down(claim(5, problem)), setting) == ("units_exceed_order",)
        assert refusals(other, broken_down(claim(4, problem)), setting) == ()


def test_peer_11_no_more_comes_back_than_was_asked_for():
    case = returning(2)
    assert refusals(case, parcel(Counted("r1", 3)), THEN) == ("more_than_expected",)
    one_good_two_used = Counted("r1", 1, 2, RejectionReason.USED)
    assert refusals(case, parcel(one_good_two_used), THEN) == ("more_than_expected",)


def test_peer_12_partial_receipt_caps_the_refund():
    """Three announced, two arrive, one of them used: refunded is what arrived, less what may be kept."""
    case = run(returning(3), parcel(Counted("r1", 1, 1, RejectionReason.USED)), setting=THEN)
    refundable = [p.amount for p in case.open_promises if p.remedy in {"r1", "r2"}]
    assert refundable == [money("10.00"), money("5.00")]
    awaited = next(p for p in case.open_promises if p.remedy == "r3")
    assert refusals(case, KeepPromise(awaited.promise), THEN) == ("goods_not_received",)


def test_peer_13_a_second_return_offers_only_the_remainder():
    case = run(returning(4), parcel(Counted("r1", 4)), setting=THEN)
    elsewhere = compensation_elsewhere(a_locked_case(case.order), case)
    second = a_locked_case(case.order)
    assert claimable_by_line(second, elsewhere) == {1: 6}
    setting = a_setting(MANAGER, elsewhere=elsewhere)
    second = run(second, broken_down(claim(6, MIND)), choose(BACK), setting=setting)
    assert second.remedies[0].value == amounts(item="60.00")


@pytest.mark.parametrize("units", [0, -3, 0.5, 1.0, True, "2", 10**7, float("nan")])
def test_peer_14_only_whole_positive_units_are_units(units: object):
    """At the model, not only in the widget; Medusa's module accepts -3 and 0.5."""
    strange: int = units  # type: ignore[assignment]
    assert refusals(a_locked_case(), broken_down(ClaimRow(1, BROKEN, strange))) == ("units_not_positive",)
    assert refusals(a_claimed_case(), choose(REFUND, units=strange)) == ("units_not_open",)
    assert refusals(returning(), parcel(Counted("r1", strange)), THEN)[0] in {
        "received_not_whole",
        "more_than_expected",
    }
    promise = MakePromise(PromiseKind.SHIP_GOODS, later(SETTING, days=1).now, line=1, units=strange)
    assert refusals(a_locked_case(), promise) == ("promise_beyond",)
    if units in (0, -3, 0.5):
        with pytest.raises(ValidationError):
            ClaimItem(item="c1", line=1, problem=BROKEN, units=strange)


def test_peer_15_what_was_not_shipped_is_cancelled_not_returned():
    case = a_claimed_case(claim(10, MIND), order=an_order(a_line(units=10, shipped=4)))
    assert "option_refused" in refusals(case, choose(BACK, units=5), SETTING)
    assert "option_refused" in refusals(case, choose(RemedyKind.CANCEL_UNSHIPPED, units=7), SETTING)
    case = run(case, choose(BACK, units=4), choose(RemedyKind.CANCEL_UNSHIPPED, units=6), setting=SETTING)
    assert case.undecided_units() == 0


def test_peer_16_a_split_keeps_the_sum_and_names_what_it_was_part_of():
    case = run(returning(10), parcel(Counted("r1", 4)), setting=THEN)
    here, rest = case.remedies
    assert (here.units, rest.units) == (4, 6)
    assert (here.split_from, rest.split_from) == ("", "r1")
    case = run(case, parcel(Counted(rest.remedy, 5)), setting=THEN)
    assert [(r.remedy, r.units, r.split_from) for r in case.remedies] == [
        ("r1", 4, ""),
        ("r2", 5, "r1"),
        ("r3", 1, "r2"),
    ]
    assert sum((r.refund_total for r in case.remedies), money("0")) == money("100.00")


def test_peer_17_cancelling_one_line_leaves_the_others_and_nothing_received_is_cancelled():
    case = returning(3, lines=2)
    after = run(case, WithdrawRemedy("r1", "the buyer keeps them"), setting=THEN)
    assert {p.remedy for p in after.open_promises} == {"r2"}
    assert [line.withdrawn for line in unit_ledger(after)] == [3, 0]
    case = run(returning(3), parcel(Counted("r1", 1)), setting=THEN)
    assert refusals(case, WithdrawRemedy("r1", "x"), THEN) == ("remedy_begun",)


def test_peer_18_every_unit_is_in_exactly_one_bucket():
    order = an_order(a_line(units=12, cancelled=1), earlier=(earlier(units=2),))
    rows = (claim(3, MIND), claim(2), claim(1, FINE))
    case = a_claimed_case(*rows, order=order, setting=SETTING)
    case = run(case, choose(BACK, "c1"), setting=SETTING)
    (line,) = unit_ledger(case)
    assert (line.cancelled, line.elsewhere, line.fine, line.untouched) == (1, 2, 1, 3)
    assert (line.agreed, line.claimed) == ({BACK: 3}, {BROKEN: 2})
    assert line.sum == line.ordered == 12


def test_peer_19_another_remedy_replaces_one_that_waits_never_one_that_is_done():
    case = run(a_claimed_case(), choose(REFUND), ConfirmPlan(), setting=SETTING)
    assert refusals(case, choose(RemedyKind.REPLACEMENT), SETTING) == ("units_not_open",)
    changed = run(case, WithdrawRemedy("r1", "wants goods"), choose(RemedyKind.REPLACEMENT), setting=SETTING)
    assert [remedy.kind for remedy in changed.remedies] == [RemedyKind.REPLACEMENT]
    done = run(case, KeepPromise("p1"), setting=SETTING)
    assert refusals(done, WithdrawRemedy("r1", "wants goods"), SETTING) == ("remedy_begun",)


def test_peer_20_goods_nobody_expected_are_a_fact_not_an_error():
    case = returning(3)
    command = ReceiveGoods((Counted("r1", 2),), (CountedUnexpected(1, what="a kettle"),))
    case = run(case, command, setting=THEN)
    assert case.receptions[0].unexpected[0].what == "a kettle"
    (line,) = reception_ledger(case)
    assert (line.accepted, line.awaited) == (2, 1)
    assert run(a_locked_case(), broken_down(claim(2, ProblemType.EXTRA_ITEM))).claims[0].units == 2


def test_peer_21_a_pack_is_one_unit_and_its_price_is_never_split_over_its_pieces():
    order = an_order(a_line(units=3, paid="100.00", pieces_per_unit=6))
    case = a_locked_case(order)
    assert refusals(case, broken_down(claim(18))) == ("units_exceed_order",)
    parts = [value_of(order.lines[0], 1, case), value_of(order.lines[0], 2, case)]
    assert parts == [amounts(item="33.33"), amounts(item="66.67")]
