"""The seller memo: what matters most first, never longer than Seller Central takes."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.promises import PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.letters import MEMO_LIMIT, memo_parts, memo_problems
from playbook.letters.memo import PROBLEMS, REMEDIES, STATES
from playbook.settings import SHORTEST_MEMO
from playbook.steps.commands import ChangePromise, CloseCase, ConfirmPlan, KeepPromise
from tests.builders import (
    NOW,
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_message,
    a_planned_case,
    a_remedy,
    amounts,
    an_open_case,
    an_order,
    choose,
    claim,
    run,
    the_policy,
)


def memo(case: Case, limit: int = MEMO_LIMIT) -> tuple[str, ...]:
    return memo_parts(case, policy=the_policy(), limit=limit)


def facts(case: Case, limit: int = MEMO_LIMIT) -> list[str]:
    """The facts of all parts without their heads and marks."""
    bodies = [re.fullmatch(r"2026-0001 \d+/\d+ \w\w: (.*) #\w{4}", part)[1] for part in memo(case, limit)]
    return " | ".join(bodies).split(" | ")


def codes(*parts: str) -> list[str]:
    return [problem.code for problem in memo_problems("\n".join(parts))]


def test_the_oldest_fact_first():
    case = a_claimed_case(claim(4), claim(1, ProblemType.MISSING, 2), order=an_order(a_line(1), a_line(2)))
    case = run(case, choose(RemedyKind.REFUND_FULL, "c1", 3), choose(RemedyKind.RESEND_MISSING, "c2"))
    assert facts(case) == [
        "msg 11-23",
        "SKU-1 1 dmg>?",
        "SKU-1 3 dmg>refund",
        "SKU-2 1 missing>resend",
        "refund 30.00 GBP",
        "remedy",
    ]


def test_what_was_promised_until_when_and_what_became_of_it():
    case = a_planned_case()
    assert facts(case) == ["msg 11-23", "SKU-1 3 dmg>reship", "ship goods by 11-24", "follow-up"]
    (ship,) = case.open_promises
    moved = run(case, ChangePromise(ship.promise, NOW + timedelta(days=2), "no stock"))
    done = run(moved, *(KeepPromise(promise.promise) for promise in moved.open_promises))
    assert facts(done) == [
        "msg 11-23",
        "SKU-1 3 dmg>reship done",
        "ship goods by 11-24 moved",
        "ship goods by 11-25 kept",
        "follow-up",
    ]


def test_equal_promises_are_counted():
    case = a_planned_case()
    again = replace(case.promises[0], promise=case.promises[0].promise.model_copy(update={"promise": "p9"}))
    assert "ship goods by 11-24 (2)" in facts(replace(case, promises=(*case.promises, again)))


def test_open_approvals_are_told():
    order = an_order(a_line(paid="5000.00"))
    case = run(a_claimed_case(order=order), choose(RemedyKind.REFUND_FULL))
    assert facts(case) == ["msg 11-23", "SKU-1 3 dmg>?", "1 approval open", "remedy"]


def test_other_stages():
    assert facts(an_open_case()) == ["msg 11-23", "lock"]
    assert facts(a_locked_case()) == ["msg 11-23", "breakdown"]
    closed = run(an_open_case(), a_message(), CloseCase("withdrawn"))
    assert facts(closed) == ["msg 11-23", "closed (withdrawn)"]
    assert facts(a_case()) == ["lock"]


def long_case(lines: int = 30) -> Case:
    order = an_order(*(a_line(n, sku=f"LONG-SKU-NUMBER-{n:04}") for n in range(1, lines + 1)))
    return a_claimed_case(*(claim(1, line=n) for n in range(1, lines + 1)), order=order)


def test_what_does_not_fit_goes_on_in_another_part():
    case = long_case()
    parts = memo(case)
    assert len(parts) == 5
    assert [part.split(" ")[1] for part in parts] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert all(len(part) <= MEMO_LIMIT for part in parts)
    assert facts(case) == ["msg 11-23", *(f"LONG-SKU-NUMBER-{n:04} 1 dmg>?" for n in range(1, 31)), "remedy"]


def test_a_missing_part_is_noticed():
    parts = memo(long_case())
    assert codes(*parts) == codes(*reversed(parts)) == codes(" ".join(parts)) == []
    for gone in range(5):
        assert codes(*parts[:gone], *parts[gone + 1 :]) == ["memo_missing"]
    (missing,) = memo_problems(parts[1])
    assert missing.params["part"] == (1, 3, 4, 5)
    assert codes("", "called the buyer") == ["memo_unreadable"]


def test_parts_of_another_memo_are_noticed():
    old, new = memo(long_case(29)), memo(long_case(30))
    assert codes(*old[:1], *new[1:]) == ["memo_mixed"]


@given(data=st.data())
def test_any_change_of_a_part_is_noticed(data: st.DataObject):
    parts = list(memo(long_case(12)))
    at = data.draw(st.integers(0, len(parts) - 1))
    place = data.draw(st.integers(0, len(parts[at]) - 1))
    other = data.draw(st.sampled_from("0123456789ABCxyz->|# ").filter(lambda char: char != parts[at][place]))
    parts[at] = parts[at][:place] + other + parts[at][place + 1 :]
    assert codes(*parts) != []


def test_a_shortened_part_is_noticed():
    parts = memo(long_case())
    assert codes(parts[0][:-1], *parts[1:]) == ["memo_altered"]
    assert codes(parts[0][:120], *parts[1:]) == ["memo_altered"]


def test_words_for_every_problem_and_remedy():
    assert set(PROBLEMS) == set(ProblemType)
    assert set(REMEDIES) == set(RemedyKind)
    assert set(STATES) == set(PromiseState)


def test_a_remedy_of_a_lost_line_or_item_is_still_told():
    case = a_planned_case()
    assert "7 1>reship" in facts(replace(case, remedies=(a_remedy(line=7, item="gone"),), promises=()))


@given(
    skus=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=12),
    kinds=st.lists(st.sampled_from(RemedyKind), min_size=12, max_size=12),
    limit=st.integers(SHORTEST_MEMO, MEMO_LIMIT),
    promised=st.booleans(),
)
def test_never_longer_than_the_limit(skus: list[str], kinds: list[RemedyKind], limit: int, *, promised: bool):
    lines = tuple(a_line(n, sku=sku) for n, sku in enumerate(skus, start=1))
    rows = tuple(claim(1, line=n) for n in range(1, len(skus) + 1))
    case = a_claimed_case(*rows, order=an_order(*lines))
    remedies = tuple(
        a_remedy(f"r{n}", item=f"c{n}", line=n, kind=kind, refund=amounts(item="10.00"))
        for n, kind in zip(range(1, len(skus) + 1), kinds, strict=False)
    )
    case = replace(case, remedies=remedies)
    if promised:
        case = run(
            a_claimed_case(*rows, order=an_order(*lines)),
            *(choose(RemedyKind.REPLACEMENT, f"c{n}") for n in range(1, len(skus) + 1)),
            ConfirmPlan(),
        )
    parts = memo(case, limit)
    for part in parts:
        assert len(part) <= limit
        assert part.isprintable()
        assert part.startswith(case.case_id)
    assert codes(*parts) == []


@pytest.mark.parametrize("sku", ["{{ 7*7 }}", "a\nb\x00c", "=1+1"])
def test_a_sku_is_text(sku: str):
    (text,) = memo(a_claimed_case(order=an_order(a_line(sku=sku))))
    assert "\n" not in text
    assert "49" not in text


@pytest.mark.parametrize("sku", ["2026-0001 1/2 ab: x #0000", "x #abcd", "a: b"])
def test_a_sku_cannot_play_a_part(sku: str):
    parts = memo(a_claimed_case(order=an_order(a_line(sku=sku))))
    assert codes(*parts) == []


def test_a_limit_without_room_is_an_error():
    with pytest.raises(ValueError, match="too short"):
        memo(an_open_case(), SHORTEST_MEMO - 1)
