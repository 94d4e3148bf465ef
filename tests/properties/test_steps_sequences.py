"""Random command sequences over two cases on one order: the ledgers hold after every single command."""

from collections import Counter
from typing import get_args

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from playbook.domain.case import Stage
from playbook.domain.ledgers import left_of, money_ledger
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Component
from playbook.domain.remedies import RemedyKind
from playbook.steps import Command, Refused, decide
from playbook.steps.commands import Choice, ChooseRemedies, WithdrawRemedy
from tests.builders import (
    LEAD,
    MANAGER,
    a_claimed_case,
    a_line,
    a_setting,
    an_order,
    choose,
    claim,
    run,
    the_policy,
)
from tests.properties.machine import AGENT, CASES, Chance, World, play, some_paid

FLOORS = 2000
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW
@given(st.data())
def test_every_ledger_holds_after_every_command(data: st.DataObject):
    """Found by Hypothesis, so that what fails is shrunk to the shortest sequence."""
    world = play(Chance.drawn(data.draw))
    for name in world.accepted:
        event(f"accepted {name}")
    for case in world.cases.values():
        event(f"ended in {case.stage}")


@pytest.mark.no_cover
def test_every_ledger_holds_on_two_thousand_shop_floors():
    """Seeded, so that a floor that fails is played again by its number: ``play(Chance.seeded(n))``."""
    accepted = Counter[str]()
    lines, currencies = set[int](), set[str]()
    for seed in range(FLOORS):
        try:
            world = play(Chance.seeded(seed), most_steps=30)
        except AssertionError as error:
            raise AssertionError(f"shop floor {seed}") from error
        accepted += world.accepted
        lines.add(len(world.order.lines))
        currencies.add(world.order.currency)
    never = {command.__name__ for command in get_args(Command)} - accepted.keys()
    assert never == {"AdoptRules"}, "all floors work under one version of the rules"
    assert max(lines) >= 55
    assert currencies == {row.currency for row in the_policy().markets.values()}


@settings(max_examples=80, deadline=None)
@given(
    some_paid("GBP"),
    st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=8),
)
def test_all_units_refunded_in_any_steps_come_to_exactly_what_was_paid(
    paid: Amounts, steps: list[tuple[int, bool]]
):
    """Some steps are taken back and done again, in other sizes: the sum is still what was paid."""
    units = sum(size for size, _ in steps)
    setting = a_setting(MANAGER)
    order = an_order(a_line(units=units, paid=paid))
    case = a_claimed_case(claim(units), order=order, setting=setting)
    for size, taken_back in steps:
        open_units = case.undecided_units()
        case = run(case, choose(RemedyKind.REFUND_FULL, units=min(size, open_units)), setting=setting)
        if taken_back:
            other = case.remedies[len(case.remedies) // 2].remedy
            case = run(case, WithdrawRemedy(other, "changed"), setting=setting)
    if case.undecided_units():
        case = run(case, choose(RemedyKind.REFUND_FULL), setting=setting)
    zero = Money.zero("GBP")
    granted = money_ledger(case)[0].granted
    assert {c: granted.get(c, zero) for c in paid} == paid
    assert left_of(order.lines[0], case).units == 0


@settings(max_examples=60, deadline=None)
@given(some_paid("JPY"), st.integers(1, 9), st.integers(1, 9))
def test_a_share_is_never_more_than_the_price_and_the_rest_never_more_than_what_is_left(
    paid: Amounts, first: int, second: int
):
    setting = a_setting(MANAGER)
    order = an_order(a_line(units=first + second, paid=paid, currency="JPY"))
    case = a_claimed_case(claim(first + second), order=order, setting=setting)
    case = run(
        case, choose(RemedyKind.REFUND_PARTIAL, units=first), choose(RemedyKind.REFUND_FULL), setting=setting
    )
    granted = money_ledger(case)[0].granted
    assert granted.get(Component.ITEM, Money.zero("JPY")) <= paid[Component.ITEM]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_two_cases_never_compensate_the_same_unit(data: st.DataObject):
    """Both claim everything; whoever chooses later gets only what is left."""
    units = data.draw(st.integers(1, 9))
    world = World(an_order(a_line(units=units, paid=data.draw(some_paid("GBP")))))
    for case_id in CASES:
        world.cases[case_id] = a_claimed_case(claim(units), order=world.order)
        world.cases[case_id] = _renamed(world.cases[case_id], case_id)
    wanted = data.draw(st.lists(st.tuples(st.sampled_from(CASES), st.integers(1, 4)), max_size=8))
    for case_id, size in wanted:
        command = ChooseRemedies((Choice("c1", RemedyKind.REFUND_FULL, size),))
        world.do(case_id, command, MANAGER)
        world.check()
    refunded = sum(r.units for case in world.cases.values() for r in case.remedies)
    assert refunded <= units


def _renamed(case, case_id):
    from dataclasses import replace

    return replace(case, case_id=case_id)


@pytest.mark.parametrize("actor", [AGENT, LEAD, MANAGER])
def test_deciding_is_pure(actor):
    case = a_claimed_case()
    command = choose(RemedyKind.REFUND_FULL)
    first = decide(case, command, a_setting(actor))
    assert not isinstance(first, Refused)
    assert decide(case, command, a_setting(actor)) == first
    assert case.stage is Stage.REMEDY
