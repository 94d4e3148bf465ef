"""Real credit notes as cases: every amount exact, nothing paid twice (see tests/measured/replay_credits.py)."""

from pathlib import Path

import pytest

from tests.measured.replay_credits import FILE, HEAVIEST, Result, credit_notes, measure


@pytest.mark.shared
def test_every_credit_note_is_refunded_to_the_penny_and_only_once(shared: Path):
    result = measure(credit_notes(shared / FILE, 400))
    assert (result.cases, result.heaviest) == (400, HEAVIEST)
    assert result.accepted == result.exact == result.carried_out == result.executed_exact == 400
    assert result.ledgers_hold == 400
    assert result.same_case_refused == HEAVIEST
    assert result.second_case_refused + result.order_holds_as_many_again == HEAVIEST
    assert result.too_many_refused == 400
    assert result.right


def test_a_result_is_right_only_when_every_case_is():
    good = Result(2, accepted=2, exact=2, carried_out=2, executed_exact=2, ledgers_hold=2, too_many_refused=2)
    assert good.right
    good.exact = 1
    assert not good.right
