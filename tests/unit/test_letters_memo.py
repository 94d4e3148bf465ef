"""The seller memo: what matters most first, never longer than Seller Central takes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.remedies import RemedyKind
from playbook.letters import MEMO_LIMIT, memo_digest
from playbook.letters.memo import PROBLEMS, REMEDIES
from playbook.steps.commands import CloseCase, ConfirmPlan, KeepPromise
from tests.builders import (
    a_claimed_case,
    a_line,
    a_locked_case,
    a_message,
    a_planned_case,
    a_promise,
    a_remedy,
    amounts,
    an_open_case,
    an_order,
    choose,
    claim,
    run,
    the_policy,
)


def memo(case: Case, limit: int = MEMO_LIMIT) -> str:
    return memo_digest(case, policy=the_policy(), limit=limit)


def test_stage_approvals_dates_refunds_then_remedies_and_what_is_undecided():
    case = a_claimed_case(claim(4), claim(1, ProblemType.MISSING, 2), order=an_order(a_line(1), a_line(2)))
    case = run(case, choose(RemedyKind.REFUND_FULL, "c1", 3), choose(RemedyKind.RESEND_MISSING, "c2"))
    assert memo(case) == (
        "2026-0001 remedy | refund 30.00 GBP | SKU-1 3 dmg>refund | SKU-2 1 missing>resend | SKU-1 1 dmg>?"
    )


def test_what_is_due_and_what_is_done():
    case = a_planned_case()
    assert memo(case) == "2026-0001 follow-up | due: ship goods by 11-24 | SKU-1 3 dmg>reship"
    done = run(case, *(KeepPromise(promise.promise) for promise in case.open_promises))
    assert memo(done) == "2026-0001 follow-up | SKU-1 3 dmg>reship done"


def test_approvals_come_first():
    order = an_order(a_line(paid="5000.00"))
    case = run(a_claimed_case(order=order), choose(RemedyKind.REFUND_FULL))
    assert memo(case) == "2026-0001 remedy | 1 approval open | SKU-1 3 dmg>?"


def test_other_stages():
    assert memo(an_open_case()) == "2026-0001 lock"
    assert memo(a_locked_case()) == "2026-0001 breakdown"
    closed = run(an_open_case(), a_message(), CloseCase("withdrawn"))
    assert memo(closed) == "2026-0001 closed (withdrawn)"


def test_dates_are_the_marketplaces_own_and_three_at_most():
    case = a_planned_case()
    promises = tuple(
        replace(
            case.promises[0],
            promise=a_promise(f"p{day}", due_at=case.promises[0].promise.due_at.replace(day=day)),
        )
        for day in (28, 25, 26, 27, 25)
    )
    text = memo(replace(case, promises=promises))
    assert "due: ship goods by 11-25, ship goods by 11-26, ship goods by 11-27 |" in text


def test_words_for_every_problem_and_remedy():
    assert set(PROBLEMS) == set(ProblemType)
    assert set(REMEDIES) == set(RemedyKind)


def test_whole_pieces_are_left_out_and_counted():
    lines = tuple(a_line(n, sku=f"LONG-SKU-NUMBER-{n:04}") for n in range(1, 31))
    case = a_claimed_case(*(claim(1, line=n) for n in range(1, 31)), order=an_order(*lines))
    text = memo(case)
    shown = text.count(">?")
    assert len(text) <= MEMO_LIMIT
    assert text.endswith(f" | +{30 - shown} more")
    assert all(f"LONG-SKU-NUMBER-{n:04} 1 dmg>?" in text for n in range(1, shown + 1))
    assert shown >= 6


def test_a_memo_that_fits_exactly_is_whole():
    case = a_planned_case()
    whole = memo(case)
    assert memo(case, len(whole)) == whole
    assert memo(case, len(whole) - 1).endswith("| +1 more")


def test_a_remedy_of_a_lost_line_or_item_is_still_told():
    case = a_planned_case()
    assert "7 1>reship" in memo(replace(case, remedies=(a_remedy(line=7, item="gone"),), promises=()))


@given(
    skus=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=12),
    kinds=st.lists(st.sampled_from(RemedyKind), min_size=12, max_size=12),
    limit=st.integers(1, MEMO_LIMIT),
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
    text = memo(case, limit)
    assert len(text) <= limit <= MEMO_LIMIT
    assert text.isprintable()
    assert text.startswith(case.case_id[:limit])


@pytest.mark.parametrize("sku", ["{{ 7*7 }}", "a\nb\x00c", "=1+1"])
def test_a_sku_is_text(sku: str):
    text = memo(a_claimed_case(order=an_order(a_line(sku=sku))))
    assert "\n" not in text
    assert "49" not in text
