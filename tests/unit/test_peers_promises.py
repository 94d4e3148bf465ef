"""What peers learnt about promises, returns and the platform: 71 to 79 of the peers' invariants.

The numbers and their meaning: tests/README.md.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.events import event_from_json
from playbook.domain.folding import fold
from playbook.domain.ids import Marketplace
from playbook.domain.ledgers import PromiseStanding, promise_ledger, reception_ledger
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.letters import lint
from playbook.steps.commands import (
    ConfirmPlan,
    Counted,
    KeepPromise,
    MakePromise,
    OpenCase,
    ReceiveGoods,
    WithdrawRemedy,
)
from playbook.steps.options import options
from playbook.steps.refunds import RefundState, pending_until, refund_state
from tests.builders import (
    CASE_ID,
    MANAGER,
    NOW,
    a_case,
    a_claimed_case,
    a_line,
    a_planned_case,
    a_setting,
    amounts,
    an_order,
    broken_down,
    choose,
    claim,
    later,
    lock,
    money,
    refusals,
    run,
    the_policy,
)
from tests.letterlogs import logged

MIND, BACK = ProblemType.CHANGED_MIND, RemedyKind.RETURN_REFUND
SETTING = a_setting(MANAGER)
THEN = later(SETTING, days=9)
SHIP = PromiseKind.SHIP_GOODS


def returning(units: int = 3, *, market: Marketplace = Marketplace.UK) -> Case:
    """Units are on their way back, the buyer has his answer."""
    currency = the_policy().market(market).currency
    order = an_order(a_line(units=10, currency=currency), market=market)
    case = a_claimed_case(claim(units, MIND), order=order, setting=SETTING)
    case = run(case, choose(BACK), ConfirmPlan(), setting=SETTING)
    answer = next(p for p in case.open_promises if p.kind is PromiseKind.ANSWER)
    return run(case, KeepPromise(answer.promise), setting=SETTING)


def test_peer_71_time_and_restarts_never_keep_a_promise():
    events, case = logged(
        a_case(),
        OpenCase(NOW - timedelta(hours=2)),
        lock(an_order()),
        broken_down(claim(3)),
        choose(RemedyKind.REPLACEMENT),
        ConfirmPlan(),
    )
    again = fold(CASE_ID, (event_from_json(event.model_dump_json()) for event in events))
    assert again.promises == case.promises
    ((known, standing),) = promise_ledger(again, NOW + timedelta(days=400))
    assert (known.state, standing) == (PromiseState.OPEN, PromiseStanding.LATE)


def test_peer_72_two_opposing_promises_are_impossible_also_after_a_reload():
    events, case = logged(
        a_case(),
        OpenCase(NOW - timedelta(hours=2)),
        lock(an_order()),
        broken_down(claim(3)),
        choose(RemedyKind.REPLACEMENT),
        ConfirmPlan(),
    )
    again = fold(CASE_ID, events)
    for state in (case, again):
        other = MakePromise(SHIP, NOW + timedelta(days=5), "r1")
        assert refusals(state, other) == ("promise_contradicts",)
        same = MakePromise(SHIP, state.open_promises[0].due_at, "r1")
        assert refusals(state, same) == ("promise_repeated",)


def test_peer_72_what_is_offered_is_what_no_promise_has_taken_yet():
    case = a_claimed_case(claim(6), claim(4, MIND), setting=SETTING)
    case = run(case, choose(RemedyKind.REFUND_FULL, "c1"), setting=SETTING)
    offered = next(o for o in options(case, case.claims[1], SETTING) if o.kind is BACK)
    assert offered.value_total == money("40.00")


def test_peer_73_goods_lost_again_after_delivery_start_a_promise_anew():
    case = run(a_planned_case(), KeepPromise("p1", "1Z9"))
    case = run(
        case, MakePromise(SHIP, NOW + timedelta(days=3), "r1", units=2), setting=later(SETTING, days=1)
    )
    assert [(known.promise.promise, known.state) for known in case.promises] == [
        ("p1", PromiseState.KEPT),
        ("p2", PromiseState.OPEN),
    ]
    assert not case.is_executed(case.remedies[0])


def test_peer_74_what_was_processed_is_read_only_and_the_rest_stays_open():
    case = run(returning(), ReceiveGoods((Counted("r1", 2),)), setting=THEN)
    assert refusals(case, WithdrawRemedy("r1", "x"), THEN) == ("remedy_begun",)
    assert refusals(case, ReceiveGoods((Counted("r1", 1),)), THEN) == ("more_than_expected",)
    rest = case.remedies[1]
    assert (rest.awaited, case.known_promise("p4").promise.remedy) == (1, rest.remedy)  # type: ignore[union-attr]
    assert case.is_final(case.remedies[0])
    assert not case.is_final(rest)


def test_peer_75_received_is_accepted_and_rejected_each_with_its_reason():
    used, late = RejectionReason.USED, RejectionReason.LATE
    rows = (Counted("r1", 1, 1, used), Counted("r1", 0, 1, late))
    case = run(returning(), ReceiveGoods(rows), setting=THEN)
    (line,) = reception_ledger(case)
    assert (line.accepted, line.rejected, line.awaited) == (1, {used: 1, late: 1}, 0)
    assert line.expected == line.accepted + sum(line.rejected.values()) + line.awaited
    assert refusals(returning(), ReceiveGoods((Counted("r1", 1, 1),)), THEN) == ("rejection_reason",)


@pytest.mark.parametrize(
    ("market", "due"),
    [
        (Marketplace.UK, datetime(2026, 12, 4, 23, 59, 59, tzinfo=ZoneInfo("Europe/London"))),
        (Marketplace.US, datetime(2026, 12, 6, 23, 59, 59, tzinfo=ZoneInfo("America/Los_Angeles"))),
    ],
)
def test_peer_76_the_refund_clock_starts_at_receipt(market: Marketplace, due: datetime):
    """Two working days; in the US since 2026-01-26 four calendar days. It arrived on 2 December."""
    case = run(returning(market=market), ReceiveGoods((Counted("r1", 3),)), setting=THEN)
    (promise,) = case.open_promises
    assert promise.due_at == due.astimezone(UTC)
    assert case.receptions[0].arrived_at == THEN.now


def test_peer_77_nobody_is_told_refunded_while_the_refund_is_pending():
    case = run(returning(), ReceiveGoods((Counted("r1", 3),)), setting=THEN)
    (promise,) = case.open_promises
    case = run(case, KeepPromise(promise.promise, "RF-1"), setting=THEN)
    policy, (remedy,) = the_policy(), case.remedies
    assert pending_until(case, remedy, policy=policy) == THEN.now + timedelta(hours=2)
    almost = THEN.now + timedelta(hours=1, minutes=59)
    assert refund_state(case, remedy, policy=policy, now=almost) is RefundState.PENDING
    assert (
        refund_state(case, remedy, policy=policy, now=THEN.now + timedelta(hours=2)) is RefundState.EXECUTED
    )


def test_peer_78_a_refund_that_closes_the_return_request_leaves_the_rest_in_our_ledger():
    case = run(returning(), ReceiveGoods((Counted("r1", 2),)), setting=THEN)
    here = next(p for p in case.open_promises if p.remedy == "r1")
    case = run(case, KeepPromise(here.promise, "RF-1"), setting=THEN)
    (line,) = reception_ledger(case)
    assert (line.accepted, line.awaited) == (2, 1)
    (open_one,) = case.open_promises
    assert (open_one.units, open_one.amount) == (1, money("10.00"))
    case = run(case, ReceiveGoods((Counted("r2", 1),)), setting=later(THEN, days=30))
    assert [remedy.refund for remedy in case.remedies] == [amounts(item="20.00"), amounts(item="10.00")]


def test_peer_79_a_message_that_opens_a_thread_is_blocked_where_a_reply_would_pass():
    """The reason is told with it; Amazon permits no message that only says thanks (facts 1.3)."""
    text = "Thank you for your order 204-5512873-7719305!"
    case, policy = a_planned_case(), the_policy()
    opening = lint(text, case=case, policy=policy, locale="en", now=NOW, proactive=True)
    (thanks,) = (finding for finding in opening if finding.rule_id == "only_thanks")
    assert thanks.severity == "block"
    assert thanks.why.en != thanks.why.zh_CN
    reply = lint(text, case=case, policy=policy, locale="en", now=NOW)
    assert "only_thanks" not in {finding.rule_id for finding in reply}
