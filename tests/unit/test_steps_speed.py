"""The work grows with the order, not with its square; limits are several times what was measured."""

import time
from collections.abc import Callable

from playbook.domain.claims import ProblemType
from playbook.domain.ledgers import money_ledger, unit_ledger
from playbook.domain.remedies import RemedyKind
from playbook.steps import Refused, decide
from playbook.steps.breakdown import breakdown_blockers, line_totals, rest_is_fine
from playbook.steps.commands import Choice, ChooseRemedies, ConfirmBreakdown, ConfirmPlan
from playbook.steps.options import options
from playbook.steps.schedule import schedule
from tests.builders import (
    MANAGER,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_setting,
    an_order,
    broken_down,
    claim,
    run,
)


def best(work: Callable[[], object], times: int = 5) -> float:
    """The fastest of several runs, in milliseconds of processor time."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append((time.process_time() - start) * 1000)
    return min(found)


def an_order_of(lines: int):
    return an_order(*[a_line(n, units=20) for n in range(1, lines + 1)])


def rows_for(lines: int):
    return tuple(claim(3, [*ProblemType][n % 11], n) for n in range(1, lines + 1))


def test_the_options_of_a_40_line_case():
    case = a_claimed_case(*rows_for(40), order=an_order_of(40))
    setting = a_setting()
    assert best(lambda: [options(case, item, setting) for item in case.claims]) < 60  # measured: 12


def test_breakdown_and_ledgers_of_200_lines():
    case = a_claimed_case(*rows_for(200), order=an_order_of(200))
    command = ConfirmBreakdown(rows_for(200))
    rows = rows_for(200)
    for work in (
        lambda: breakdown_blockers(case, command),
        lambda: line_totals(case, rows),
        lambda: rest_is_fine(case, rows),
        lambda: unit_ledger(case),
        lambda: money_ledger(case),
    ):
        assert best(work) < 15  # measured: 1 to 3


def test_five_times_the_lines_are_no_more_than_ten_times_the_work():
    def work_for(lines: int) -> float:
        locked = a_locked_case(an_order_of(lines))
        command = ConfirmBreakdown(rows_for(lines), leave_untouched=True)
        return best(lambda: decide(locked, command, a_setting()))

    assert work_for(200) < 10 * work_for(40)


def test_choosing_and_planning_for_40_items():
    setting = a_setting(MANAGER)
    case = a_claimed_case(*[claim(3, line=n) for n in range(1, 41)], order=an_order_of(40))
    choices = ChooseRemedies(tuple(Choice(item.item, RemedyKind.REPLACEMENT) for item in case.claims))
    assert best(lambda: decide(case, choices, setting), 3) < 250  # measured: 40
    case = run(case, choices, setting=setting)
    assert not isinstance(decide(case, ConfirmPlan(), setting), Refused)
    assert best(lambda: decide(case, ConfirmPlan(), setting), 3) < 100
    case = run(case, ConfirmPlan(), setting=setting)
    assert best(lambda: schedule(case, setting), 3) < 60
    assert best(lambda: unit_ledger(case)) < 15
    assert (
        best(lambda: decide(case, broken_down(*[claim(3, line=n) for n in range(1, 41)]), setting), 3) < 100
    )
