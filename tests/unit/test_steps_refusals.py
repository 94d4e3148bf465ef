"""Every refusal code of the steps: produced here, known to the sentences, and without a trace."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import playbook.steps
from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import Verdict
from playbook.domain.ids import OrderId
from playbook.domain.orders import Channel, EarlierKind, FactKind
from playbook.domain.problems import Problem
from playbook.domain.promises import ClockStart, PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.i18n import say
from playbook.i18n.leaving import LEAVING
from playbook.i18n.sentences import SENTENCES
from playbook.policy import Policy
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps.commands import (
    AcceptHandOver,
    AddNote,
    AdoptRules,
    AppealFinding,
    CancelRefunds,
    ChangePromise,
    CheckRefunds,
    Choice,
    ChooseRemedies,
    ClaimRow,
    CloseCase,
    CompleteFollowUp,
    ConfirmBreakdown,
    ConfirmPlan,
    CorrectFact,
    Counted,
    CountedUnexpected,
    DecideAppeal,
    DecideApproval,
    ExportRefunds,
    KeepPromise,
    LockOrder,
    MakePromise,
    OfferHandOver,
    OpenCase,
    PlanDate,
    ReceiveGoods,
    RecordEvidence,
    ReopenCase,
    ScoreCase,
    SetFlag,
    StartClock,
    UndoRefundExport,
    WithdrawLock,
    WithdrawPromise,
    WithdrawRemedy,
    WriteMemo,
)
from playbook.steps.refundfile import refund_sheet
from tests.builders import (
    LEAD,
    NOW,
    ORDER_ID,
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_message,
    a_planned_case,
    a_setting,
    amounts,
    an_open_case,
    an_order,
    broken_down,
    choose,
    claim,
    earlier,
    lock,
    money,
    run,
    the_policy,
)

SHIP, ANSWER = PromiseKind.SHIP_GOODS, PromiseKind.ANSWER
TOMORROW = NOW + timedelta(days=1)
LATE, MIND = ProblemType.LATE, ProblemType.CHANGED_MIND


@dataclass(frozen=True)
class Refusal:
    """A case, and a command that is refused on it."""

    case: Callable[[], Case]
    command: Command
    setting: Setting = field(default_factory=a_setting)


_SCORE = ScoreCase("standard", 1, (("memo", Verdict.MET),))
_APPEAL = AppealFinding("memo", 0, "x")


def _appealed() -> Case:
    return run(a_locked_case(), _APPEAL)


def _chosen() -> Case:
    return run(a_claimed_case(), choose(RemedyKind.REPLACEMENT))


def _pending(kind: RemedyKind = RemedyKind.REFUND_FULL) -> Case:
    order = an_order(a_line(units=100, paid="1000.00"))
    return run(a_claimed_case(claim(50), order=order), choose(kind))


def _by_lead() -> Case:
    order = an_order(a_line(units=90, paid="9000.00"))
    return run(
        a_claimed_case(claim(90), order=order), choose(RemedyKind.REFUND_FULL), setting=a_setting(LEAD)
    )


def _paying(amount: str, currency: str = "GBP") -> ChooseRemedies:
    return ChooseRemedies((Choice("c1", RemedyKind.REFUND_PARTIAL, amount=money(amount, currency)),))


def _closed() -> Case:
    return run(a_locked_case(), a_message(), CloseCase("withdrawn"))


def _begun() -> Case:
    return run(a_planned_case(), KeepPromise("p1"))


def _partly(problem: ProblemType = LATE, units: int = 10) -> Case:
    return a_claimed_case(claim(units, problem), order=an_order(a_line(units=10, shipped=6)))


def _approve(case: Callable[[], Case] = _pending) -> DecideApproval:
    return DecideApproval(case().pending[0].approval, approve=True)


_LESS = [earlier(units=0, kind=EarlierKind.OTHER_CASE, value=amounts(item="100.00"))]


def _promised_by_hand() -> Case:
    """Goods were promised for a line before any remedy was chosen for it."""
    return run(a_claimed_case(), MakePromise(SHIP, NOW + timedelta(days=1), line=1, units=3))


def _changed_unheard() -> Case:
    """A promise was moved after the buyer had been told of it."""
    case = run(a_planned_case(), a_message("solution"))
    return run(case, ChangePromise("p1", NOW + timedelta(days=3), "no stock"))


def _claimed_again() -> Case:
    return run(a_locked_case(), StartClock(ClockStart.CLAIM_OPENED, NOW))


_GONE = [earlier(units=9, kind=EarlierKind.OTHER_CASE, value=amounts(item="90.00"))]


def _returning() -> Case:
    """Three unwanted units are on their way back."""
    return run(a_claimed_case(claim(3, MIND)), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())


def _counted(accepted: int, rejected: int = 0) -> ReceiveGoods:
    return ReceiveGoods((Counted("r1", accepted, rejected),))


LEFT_OUT = {"refund_is_cancelled", "refund_by_amazon", "refund_exported", "refund_waits_for_goods"}


def _refunded(item_id: str | None = "11112222333344", order_id: OrderId = ORDER_ID) -> Case:
    """Three damaged units are refunded, and the plan is confirmed."""
    order = an_order(a_line(order_item_id=item_id), order_id=order_id)
    return run(a_claimed_case(order=order), choose(RemedyKind.REFUND_FULL), ConfirmPlan())


def _digest(case: Case) -> str:
    refunds = refund_sheet(case, a_setting())
    assert refunds is not None
    return refunds.digest


def _checked() -> Case:
    case = _refunded()
    return run(case, CheckRefunds(_digest(case)), setting=a_setting(LEAD))


def _exported() -> Case:
    case = _checked()
    return run(case, ExportRefunds(_digest(case)))


def _without_a_rule() -> Case:
    case = _refunded()
    return replace(case, remedies=tuple(r.model_copy(update={"rule": "gone"}) for r in case.remedies))


REFUSALS: dict[str, Refusal] = {
    "refund_file_empty": Refusal(a_planned_case, CheckRefunds("x"), a_setting(LEAD)),
    "second_person_needed": Refusal(_refunded, CheckRefunds(_digest(_refunded()))),
    "refunds_already_checked": Refusal(_checked, CheckRefunds(_digest(_refunded())), a_setting(LEAD)),
    "refunds_changed": Refusal(_refunded, CheckRefunds("another"), a_setting(LEAD)),
    "refunds_not_checked": Refusal(_refunded, ExportRefunds(_digest(_refunded()))),
    "order_item_id_missing": Refusal(lambda: _refunded(None), ExportRefunds(_digest(_refunded()))),
    "refund_not_on_amazon": Refusal(
        lambda: _refunded(order_id=OrderId("SHOP-17")), ExportRefunds(_digest(_refunded()))
    ),
    "refund_reason_missing": Refusal(_without_a_rule, ExportRefunds("x")),
    "no_refund_file": Refusal(_refunded, UndoRefundExport("x")),
    "refund_file_used": Refusal(lambda: run(_exported(), KeepPromise("p1", "R-1")), UndoRefundExport("x")),
    "no_refund_submitted": Refusal(_refunded, CancelRefunds("x")),
    "refund_final": Refusal(
        lambda: run(_refunded(), KeepPromise("p1")),
        CancelRefunds("x"),
        a_setting(now=NOW + timedelta(hours=2)),
    ),
    "refund_in_file": Refusal(_exported, WithdrawRemedy("r1", "x")),
    "unknown_case": Refusal(a_case, AddNote("x")),
    "already_open": Refusal(an_open_case, OpenCase(NOW)),
    "received_in_future": Refusal(a_case, OpenCase(TOMORROW)),
    "case_closed": Refusal(_closed, SetFlag("vip")),
    "already_closed": Refusal(_closed, CloseCase()),
    "not_closed": Refusal(an_open_case, ReopenCase("x")),
    "fact_not_a_date": Refusal(a_locked_case, CorrectFact(FactKind.DELIVERED_ON, "18.11.", (1,))),
    "delivered_before_order": Refusal(a_locked_case, CorrectFact(FactKind.DELIVERED_ON, "2026-11-10", (1,))),
    "delivered_in_future": Refusal(a_locked_case, CorrectFact(FactKind.DELIVERED_ON, "2026-11-24", (1,))),
    "event_not_ahead": Refusal(an_open_case, CorrectFact(FactKind.EVENT_ON, "2026-11-20")),
    "fact_unknown_word": Refusal(a_locked_case, CorrectFact(FactKind.CHANNEL, "", (1,))),
    "fact_unchanged": Refusal(a_locked_case, CorrectFact(FactKind.CHANNEL, "FBM", (1,))),
    "marketplace_currency": Refusal(a_locked_case, CorrectFact(FactKind.MARKETPLACE, "DE")),
    "remedies_on_fact": Refusal(_chosen, CorrectFact(FactKind.CHANNEL, "FBA", (1,))),
    "rules_current": Refusal(
        lambda: replace(a_locked_case(), policy_version=the_policy().version), AdoptRules()
    ),
    "amount_other_currency": Refusal(a_claimed_case, _paying("5.00", "USD")),
    "amount_out_of_range": Refusal(a_claimed_case, _paying("29.00")),
    "already_locked": Refusal(a_locked_case, lock(an_order())),
    "order_after_message": Refusal(an_open_case, lock(an_order(placed_at=TOMORROW))),
    "not_certain": Refusal(an_open_case, LockOrder(an_order(), "certain")),
    "second_fact_needed": Refusal(an_open_case, LockOrder(an_order(), "picked")),
    "second_fact_too_weak": Refusal(
        an_open_case,
        LockOrder(an_order(), "picked", (), lock(an_order()).evidence[0].model_copy(update={"code": "name"})),
    ),
    "not_locked": Refusal(an_open_case, WithdrawLock("x")),
    "remedies_on_lock": Refusal(_chosen, WithdrawLock("x")),
    "reason_needed": Refusal(a_locked_case, WithdrawLock(" ")),
    "unknown_line": Refusal(a_locked_case, broken_down(ClaimRow(9, LATE, 1))),
    "problem_missing": Refusal(a_locked_case, broken_down(ClaimRow(1, None, 1))),
    "units_missing": Refusal(a_locked_case, broken_down(ClaimRow(1, LATE))),
    "units_not_positive": Refusal(a_locked_case, broken_down(ClaimRow(1, LATE, 0))),
    "units_exceed_order": Refusal(a_locked_case, broken_down(claim(11))),
    "units_unaccounted": Refusal(a_locked_case, ConfirmBreakdown((claim(1),))),
    "nothing_claimed": Refusal(a_locked_case, broken_down()),
    "remedy_begun": Refusal(_begun, WithdrawRemedy("r1", "x")),
    "unknown_item": Refusal(a_claimed_case, RecordEvidence(("c9",), Evidence.PHOTO)),
    "breakdown_first": Refusal(a_locked_case, choose(RemedyKind.REPLACEMENT)),
    "nothing_chosen": Refusal(a_claimed_case, ChooseRemedies(())),
    "units_not_open": Refusal(a_claimed_case, choose(RemedyKind.REPLACEMENT, units=4)),
    "no_rule": Refusal(a_claimed_case, choose(RemedyKind.CANCEL_UNSHIPPED)),
    "option_refused": Refusal(
        lambda: _partly(units=4),
        choose(RemedyKind.CANCEL_UNSHIPPED, units=4),
        a_setting(elsewhere=[earlier(units=4, cancelled=4, kind=EarlierKind.OTHER_CASE)]),
    ),
    "share_fixed": Refusal(a_claimed_case, choose(RemedyKind.REFUND_FULL, share="50")),
    "share_out_of_range": Refusal(a_claimed_case, choose(RemedyKind.REFUND_PARTIAL, share="99")),
    "unknown_remedy": Refusal(a_claimed_case, WithdrawRemedy("r9", "x")),
    "unknown_approval": Refusal(a_claimed_case, DecideApproval("a9", approve=True), a_setting(LEAD)),
    "not_entitled": Refusal(_pending, _approve()),
    "own_request": Refusal(_by_lead, _approve(_by_lead), a_setting(LEAD)),
    "above_limit": Refusal(_by_lead, _approve(_by_lead), a_setting(Actor("Song Rui", "lead"))),
    "value_changed": Refusal(_pending, _approve(), a_setting(LEAD, elsewhere=_LESS)),
    "units_undecided": Refusal(a_claimed_case, ConfirmPlan()),
    "approval_pending": Refusal(_pending, ConfirmPlan()),
    "unknown_promise": Refusal(_chosen, ConfirmPlan((PlanDate("r9", SHIP, TOMORROW),))),
    "due_in_past": Refusal(an_open_case, MakePromise(ANSWER, NOW)),
    "due_too_far": Refusal(an_open_case, MakePromise(ANSWER, NOW + timedelta(days=100))),
    "promise_contradicts": Refusal(a_planned_case, MakePromise(SHIP, NOW + timedelta(days=9), "r1")),
    "promise_repeated": Refusal(a_planned_case, MakePromise(SHIP, TOMORROW, "r1")),
    "promise_beyond": Refusal(a_claimed_case, MakePromise(SHIP, TOMORROW, line=1, units=99)),
    "plan_first": Refusal(_chosen, MakePromise(SHIP, TOMORROW, "r1")),
    "promise_not_open": Refusal(_begun, KeepPromise("p1")),
    "unknown_follow_up": Refusal(an_open_case, CompleteFollowUp("x")),
    "keep_promise_instead": Refusal(a_planned_case, CompleteFollowUp("promise-p1")),
    "nothing_received": Refusal(_returning, ReceiveGoods()),
    "nothing_comes_back": Refusal(a_planned_case, _counted(1)),
    "arrived_in_future": Refusal(
        _returning, ReceiveGoods((Counted("r1", 1),), arrived_at=NOW + timedelta(hours=1))
    ),
    "arrived_before_order": Refusal(
        _returning, ReceiveGoods((Counted("r1", 1),), arrived_at=NOW - timedelta(days=99))
    ),
    "received_not_whole": Refusal(_returning, _counted(-1)),
    "more_than_expected": Refusal(_returning, _counted(4)),
    "rejection_reason": Refusal(_returning, _counted(0, 1)),
    "nothing_to_keep_back": Refusal(_returning, ReceiveGoods((Counted("r1", 1, kept_back=Decimal(5)),))),
    "kept_back_too_much": Refusal(
        _returning, ReceiveGoods((Counted("r1", 0, 1, RejectionReason.USED, Decimal(51)),))
    ),
    "answer_open": Refusal(_returning, ReceiveGoods((Counted("r1", 0, 3, RejectionReason.OPENED),))),
    "unexpected_not_whole": Refusal(_returning, ReceiveGoods((), (CountedUnexpected(0, line=1),))),
    "unexpected_what": Refusal(_returning, ReceiveGoods((), (CountedUnexpected(1),))),
    "goods_not_received": Refusal(_returning, KeepPromise("p2")),
    "not_by_amazon": Refusal(_returning, KeepPromise("p1", by_amazon=True)),
    "text_needed": Refusal(an_open_case, AddNote(" ")),
    "memo_too_long": Refusal(an_open_case, WriteMemo("x" * 256)),
    "note_too_long": Refusal(an_open_case, AddNote("x" * 4001)),
    "hand_over_to_self": Refusal(an_open_case, OfferHandOver("Lin Xiaowen")),
    "not_offered_to_you": Refusal(an_open_case, AcceptHandOver()),
    "promises_open": Refusal(a_planned_case, CloseCase()),
    "reply_missing": Refusal(an_open_case, CloseCase("withdrawn")),
    "notice_missing": Refusal(_changed_unheard, CloseCase("withdrawn")),
    "send_notice_instead": Refusal(_changed_unheard, CompleteFollowUp("notice-p1")),
    "promise_other_remedy": Refusal(
        a_planned_case, MakePromise(PromiseKind.SUBMIT_REFUND, NOW + timedelta(days=1), "r1")
    ),
    "remedy_other_promise": Refusal(_promised_by_hand, choose(RemedyKind.REFUND_FULL)),
    "withdraw_remedy_instead": Refusal(a_planned_case, WithdrawPromise("p1", "x")),
    "not_recordable": Refusal(an_open_case, StartClock(ClockStart.DELIVERED, NOW)),
    "happened_in_future": Refusal(
        an_open_case, StartClock(ClockStart.CLAIM_OPENED, NOW + timedelta(seconds=1))
    ),
    "happened_before_order": Refusal(
        a_locked_case, StartClock(ClockStart.RETURN_REQUESTED, NOW - timedelta(days=12, seconds=1))
    ),
    "already_recorded": Refusal(_claimed_again, StartClock(ClockStart.CLAIM_OPENED, NOW)),
    "not_entitled_to_review": Refusal(a_locked_case, _SCORE),
    "nothing_scored": Refusal(a_locked_case, replace(_SCORE, verdicts=()), a_setting(LEAD)),
    "unknown_event": Refusal(a_locked_case, AppealFinding("memo", 9, "x")),
    "already_appealed": Refusal(_appealed, _APPEAL),
    "no_open_appeal": Refusal(a_locked_case, DecideAppeal("memo", 0, True, "x"), a_setting(LEAD)),
    "own_work": Refusal(
        lambda: run(a_locked_case(), _APPEAL, setting=a_setting(LEAD)),
        DecideAppeal("memo", 0, True, "x"),
        a_setting(LEAD),
    ),
}
"""One refusal for every code that refuses a command by itself."""

INSIDE: dict[str, Refusal] = {
    "rule_refuses": Refusal(
        lambda: a_claimed_case(order=an_order(a_line(channel=Channel.FBA))), choose(RemedyKind.REFUND_FULL)
    ),
    "rule_condition": Refusal(
        lambda: a_claimed_case(claim(3, MIND), order=an_order(a_line(units=9, shipped=0))),
        choose(RemedyKind.RETURN_REFUND),
    ),
    "already_compensated": Refusal(
        a_claimed_case, choose(RemedyKind.REPLACEMENT), a_setting(elsewhere=_GONE)
    ),
    "nothing_unshipped": Refusal(_partly, choose(RemedyKind.CANCEL_UNSHIPPED, units=5)),
    "not_shipped_yet": Refusal(_partly, choose(RemedyKind.RETURN_REFUND, units=7)),
    "count_units": Refusal(a_planned_case, MakePromise(SHIP, NOW + timedelta(days=9), "r1", units=2)),
}
"""Codes that explain another refusal from inside."""

ELSEWHERE = {
    **{
        code: "test_steps_returns.py, test_steps_refundfile.py: advice and reasons, never a refusal"
        for code in LEAVING
        if code.startswith(("return_", "check_")) or code in LEFT_OUT
    },
    **{
        code: "test_steps_ways.py: what it would take, never a refusal"
        for code in SENTENCES
        if code.startswith("way_")
    },
    "no_holidays": "test_steps_schedule.py: a note beside the schedule, never a refusal",
    "no_holidays_for_promise": "test_steps_schedule.py: only where holidays are not published",
    "after_event": "test_steps_facts.py: a note on an option, never a refusal",
    "rule_gone": "test_steps_followup.py: only with a policy that lost a row",
    "rule_needs_lead": "test_steps_remedy.py: an option's reason, never a refusal",
    "evidence_missing": "test_steps_remedy.py: an option's reason, never a refusal",
}
"""Codes that are no refusal of a command on the shipped policy, and where they are tested."""

_FOLDER = Path(playbook.steps.__file__).parent


def _calls() -> dict[str, set[str]]:
    """Code -> names of its facts, for every `problem("...")` and `refused("...")` of the steps."""
    found: dict[str, set[str]] = {}
    for path in sorted(_FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"problem", "refused"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                names = {keyword.arg for keyword in node.keywords if keyword.arg}
                code = str(node.args[0].value)
                found[code] = found[code] & names if code in found else names
    return found


def problems_of(refusal: Refusal) -> tuple[Problem, ...]:
    decision = decide(refusal.case(), refusal.command, refusal.setting)
    assert isinstance(decision, Refused), "it was accepted"
    return decision.problems


def _inner(problem: Problem) -> set[str]:
    """The codes of problems inside the facts of a problem."""
    codes: set[str] = set()
    for value in problem.params.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Problem):
                codes |= {part.code} | _inner(part)
    return codes


def test_the_table_knows_every_code():
    assert set(_calls()) == REFUSALS.keys() | INSIDE.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("code", REFUSALS)
def test_every_code_refuses_something(code: str):
    assert code in [problem.code for problem in problems_of(REFUSALS[code])]


@pytest.mark.parametrize("code", INSIDE)
def test_every_inner_code_explains_a_refusal(code: str):
    assert code in set().union(*(_inner(problem) for problem in problems_of(INSIDE[code])))


@pytest.mark.parametrize("code", sorted({*REFUSALS, *INSIDE}))
def test_every_refusal_is_a_sentence_in_which_no_fact_is_left_open(code: str):
    for problem in problems_of((REFUSALS | INSIDE)[code]):
        for lang in ("en", "zh_CN"):
            sentence = say(problem, lang)
            assert not re.search(r"\{[a-z_]+\}|Decimal\(|Money\(|<[A-Z]", sentence), sentence
            assert sentence != problem.code


def test_sentences_name_only_facts_that_are_there():
    for code, facts in _calls().items():
        wanted = set(re.findall(r"\{([a-z_]+)\}", {**SENTENCES, **LEAVING}[code]))
        assert wanted <= facts, f"{code}: {wanted - facts} is never given"


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_command_leaves_no_trace(code: str):
    refusal = REFUSALS[code]
    case = refusal.case()
    before = refusal.case()
    decide(case, refusal.command, refusal.setting)
    assert case == before


def test_the_policy_of_these_tests_is_the_shipped_one():
    assert isinstance(a_setting().policy, Policy)
    assert ChangePromise("p1", NOW, "x") == ChangePromise("p1", NOW, "x")
