"""Improvement actions: what may become of one, and that its history is only added to."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.improvements import LONGEST_NOTE, NEXT, Improvement, ImprovementState, changed, planned
from playbook.domain.problems import Problem
from tests.builders import NOW

TODAY = NOW.date()
ACTION = Improvement(
    measure="packaging",
    department="purchasing",
    owner="lin",
    due_on=TODAY + timedelta(days=14),
    about={"sku": "22960", "problem": "transit_damage"},
    since=TODAY - timedelta(days=90),
    at=NOW,
    by="wang",
)


def codes(outcome: Improvement | tuple[Problem, ...]) -> list[str]:
    assert isinstance(outcome, tuple)
    return [problem.code for problem in outcome]


def test_a_whole_action_is_planned() -> None:
    assert planned(ACTION) is ACTION


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"about": {"sku": ""}}, "improvement_without_goods"),
        ({"owner": " "}, "improvement_without_owner"),
        ({"due_on": TODAY - timedelta(days=1)}, "improvement_due_past"),
        ({"aim_percent": 0}, "improvement_aim"),
        ({"aim_percent": 100}, "improvement_aim"),
        ({"note": "x" * (LONGEST_NOTE + 1)}, "improvement_note_long"),
    ],
)
def test_what_is_not_whole_is_refused(changes: dict[str, object], code: str) -> None:
    assert codes(planned(replace(ACTION, **changes))) == [code]  # type: ignore[arg-type]


def test_it_comes_into_effect_on_the_day_somebody_says_so_or_another() -> None:
    effective = changed(ACTION, at=NOW, by="lin", state=ImprovementState.IN_EFFECT)
    assert isinstance(effective, Improvement)
    assert (effective.effective_on, effective.revision, effective.by) == (TODAY, 2, "lin")
    earlier = TODAY - timedelta(days=3)
    moved = changed(ACTION, at=NOW, by="lin", state=ImprovementState.IN_EFFECT, effective_on=earlier)
    assert isinstance(moved, Improvement)
    assert moved.effective_on == earlier


@pytest.mark.parametrize(
    ("day", "code"),
    [(ACTION.since, "improvement_before_its_cause"), (TODAY + timedelta(days=1), "improvement_in_future")],
)
def test_an_impossible_day_is_refused(day: date, code: str) -> None:
    refused = changed(ACTION, at=NOW, by="lin", state=ImprovementState.IN_EFFECT, effective_on=day)
    assert codes(refused) == [code]


def test_what_is_over_stays_over() -> None:
    dropped = changed(ACTION, at=NOW, by="lin", state=ImprovementState.DROPPED)
    assert isinstance(dropped, Improvement)
    assert dropped.is_over
    assert codes(changed(dropped, at=NOW, by="lin", owner="zhao")) == ["improvement_over"]


def test_late_is_only_what_is_still_planned() -> None:
    late = ACTION.due_on + timedelta(days=1)
    assert ACTION.overdue(late)
    assert not ACTION.overdue(ACTION.due_on)
    assert not replace(ACTION, state=ImprovementState.IN_EFFECT).overdue(late)


@given(st.lists(st.sampled_from(ImprovementState), max_size=6))
def test_any_sequence_follows_the_arrows(asked: list[ImprovementState]) -> None:
    action = ACTION
    for state in asked:
        outcome = changed(action, at=NOW, by="lin", state=state)
        allowed = not action.is_over and state in NEXT[action.state] | {action.state}
        assert isinstance(outcome, Improvement) == allowed
        if isinstance(outcome, Improvement):
            assert outcome.revision == action.revision + 1
            action = outcome
        else:
            assert codes(outcome)[0] in {"improvement_over", "improvement_not_next"}
