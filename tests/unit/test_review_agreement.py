"""Cohen's kappa: against published values, its limits, and what is undefined."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.case import Case, Scoring
from playbook.domain.events import Verdict
from playbook.domain.ids import CaseId
from playbook.review.agreement import LEAST_CASES, Pair, agreement, by_check, kappa, pairs_of
from tests.builders import NOW

MET, MISSED, NONE = Verdict.MET, Verdict.MISSED, Verdict.NOT_APPLICABLE
VERDICTS = st.sampled_from(list(Verdict))
PAIRS = st.lists(st.tuples(VERDICTS, VERDICTS), max_size=40)


def a_pair(number, first, second, check="memo"):
    return Pair(CaseId(f"2026-{number:04d}"), check, first, second)


def test_it_is_what_the_textbook_says():
    table = [(MET, MET)] * 20 + [(MET, MISSED)] * 5 + [(MISSED, MET)] * 10 + [(MISSED, MISSED)] * 15
    assert kappa(table) == pytest.approx(0.4)
    cohen_1960 = {
        (0, 0): 88,
        (0, 1): 14,
        (0, 2): 18,
        (1, 0): 10,
        (1, 1): 40,
        (1, 2): 10,
        (2, 0): 2,
        (2, 1): 6,
        (2, 2): 12,
    }
    kinds = list(Verdict)
    pairs = [(kinds[a], kinds[b]) for (a, b), count in cohen_1960.items() for _ in range(count)]
    assert kappa(pairs) == pytest.approx(0.492, abs=0.001)


@given(PAIRS)
def test_it_does_not_depend_on_who_is_first_or_on_the_order(pairs):
    value = kappa(pairs)
    assert kappa([(second, first) for first, second in pairs]) == value
    assert kappa(pairs[::-1]) == value
    if value is not None:
        assert -1 <= value <= 1
        assert (value == 1) == all(first is second for first, second in pairs)


@given(st.lists(VERDICTS, min_size=1, max_size=30))
def test_people_who_always_agree_reach_one_or_nothing_that_chance_could_not(verdicts):
    value = kappa([(verdict, verdict) for verdict in verdicts])
    assert value == (None if len(set(verdicts)) == 1 else 1)


def test_undefined_and_small_counts_are_said():
    assert kappa([]) is None
    nothing = agreement([])
    assert (nothing.pairs, nothing.kappa, nothing.interval) == (0, None, None)
    same = agreement([a_pair(number, MET, MET) for number in range(30)])
    assert (same.same, same.kappa, same.interval) == (30, None, None)
    few = agreement([a_pair(number, MET, MISSED) for number in range(LEAST_CASES - 1)])
    assert (few.kappa, few.interval) == (0, None)


def test_perfect_agreement_is_not_taken_for_certainty():
    one = agreement([a_pair(number, verdict, verdict) for number, verdict in enumerate([MET, MISSED] * 10)])
    assert one.kappa == 1
    assert one.interval is not None
    assert 0.5 < one.interval.low < 0.9
    assert one.interval.high == 1


@given(st.lists(st.tuples(st.integers(0, 14), VERDICTS, VERDICTS), min_size=20, max_size=60))
def test_an_interval_holds_its_value_and_is_the_same_again(rows):
    pairs = [a_pair(*row) for row in rows]
    one = agreement(pairs)
    assert agreement(pairs[::-1]) == one
    if one.interval is not None:
        assert one.kappa is not None
        assert one.interval.low <= one.kappa <= one.interval.high <= 1


def test_many_verdicts_on_one_case_count_as_one_case():
    single = [
        a_pair(number, *both) for number, both in enumerate([(MET, MET), (MISSED, MISSED), (MET, MISSED)] * 8)
    ]
    copied = [replace(pair, check=f"c{number}") for pair in single for number in range(6)]
    one, many = agreement(single).interval, agreement(copied).interval
    assert one is not None
    assert many is not None
    assert many.high - many.low == pytest.approx(one.high - one.low, abs=0.05)


def test_pairs_come_from_people_who_saw_the_same_case_by_the_same_scorecard():
    def scored(by, verdicts, scorecard="standard", upto=9):
        return Scoring(by, NOW + timedelta(hours=len(by)), scorecard, upto, verdicts)

    case = Case(
        CaseId("2026-0001"),
        scorings=(
            scored("Zhao", {"memo": MET, "chain": NONE}),
            scored("Gu", {"memo": MISSED, "lock": MET}),
            scored("Wang", {"memo": MET}, "strict"),
            scored("Sun", {"memo": MET}, upto=8),
        ),
    )
    assert pairs_of(case, "standard") == (Pair(case.case_id, "memo", MISSED, MET),)
    assert pairs_of(case, "strict") == ()


def test_the_lowest_agreement_comes_first_and_undefined_ones_last():
    pairs = [a_pair(n, MET, MET, "always") for n in range(3)]
    pairs += [a_pair(0, MET, MET, "good"), a_pair(1, MISSED, MISSED, "good")]
    pairs += [a_pair(0, MET, MISSED, "bad"), a_pair(1, MISSED, MET, "bad")]
    assert list(by_check(pairs)) == ["bad", "good", "always"]
