"""The journal: each event as a sentence, in both languages, about goods and promises instead of ids."""

import re
from datetime import timedelta
from typing import get_args

import pytest

from playbook.domain import events as e
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.orders import FactKind
from playbook.domain.promises import ClockStart, PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.letters import journal
from playbook.steps import Setting
from playbook.steps.commands import (
    AcceptHandOver,
    AddNote,
    AdoptRules,
    AppealFinding,
    ApproveMessage,
    CancelRefunds,
    ChangePromise,
    CheckRefunds,
    CloseCase,
    Command,
    CompleteFollowUp,
    ConfirmPlan,
    CorrectFact,
    Counted,
    CountedUnexpected,
    DecideAppeal,
    DecideApproval,
    ExportRefunds,
    KeepPromise,
    MakePromise,
    OfferHandOver,
    OpenCase,
    ReceiveGoods,
    RecordEvidence,
    ReopenCase,
    RequestEvidence,
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
    AGENT,
    LEAD,
    MANAGER,
    NOW,
    a_case,
    a_line,
    a_message,
    a_setting,
    an_order,
    broken_down,
    choose,
    claim,
    lock,
    the_policy,
)
from tests.letterlogs import logged

ORDER = an_order(
    a_line(1, order_item_id="11112222333344"),
    a_line(2, paid="2000.00", order_item_id="11112222333355"),
    a_line(3, order_item_id="11112222333366"),
)


def the_life_of_a_case() -> tuple[e.Event, ...]:
    """Every kind of event at least once."""
    agent, lead = a_setting(AGENT), a_setting(LEAD)
    due = NOW + timedelta(days=3)
    steps: list[tuple[Setting, Command]] = [
        (agent, OpenCase(NOW - timedelta(hours=2))),
        (agent, lock(ORDER)),
        (agent, WithdrawLock("another buyer")),
        (agent, lock(ORDER)),
        (
            agent,
            broken_down(
                claim(3),
                claim(4, ProblemType.DEFECT, 2),
                claim(1, ProblemType.NO_ISSUE, 3),
                claim(2, ProblemType.CHANGED_MIND, 3),
            ),
        ),
        (agent, RequestEvidence(("c1",), Evidence.VIDEO)),
        (agent, RecordEvidence(("c1",), Evidence.VIDEO)),
        (agent, CorrectFact(FactKind.DELIVERED_ON, "2026-11-17", (1, 2))),
        (agent, CorrectFact(FactKind.EVENT_ON, "2026-12-24")),
        (agent, AdoptRules()),
        (agent, choose(RemedyKind.REPLACEMENT, "c1")),
        (agent, WithdrawRemedy("r1", "buyer wants money")),
        (agent, choose(RemedyKind.REPLACEMENT, "c1")),
        (agent, choose(RemedyKind.RETURN_REFUND, "c4")),
        (agent, choose(RemedyKind.REFUND_FULL, "c2", 4)),
    ]
    events: tuple[e.Event, ...] = ()
    case = a_case()
    for setting, command in steps:
        new, case = logged(case, command, setting=setting)
        events += new
    for approve, note in ((False, "too much"), (True, "fine")):
        decision = DecideApproval(case.pending[0].approval, approve=approve, note=note)
        new, case = logged(case, decision, setting=lead)
        events += new
        if not approve:
            new, case = logged(case, choose(RemedyKind.REFUND_FULL, "c2", 4))
            events += new
    new, case = logged(case, ConfirmPlan())
    events += new
    ship = next(p for p in case.open_promises if p.kind is PromiseKind.SHIP_GOODS)
    new, case = logged(
        case, ChangePromise(ship.promise, due, "no stock"), MakePromise(PromiseKind.ANSWER, due)
    )
    events += new
    back = next(r.remedy for r in case.remedies if r.kind is RemedyKind.RETURN_REFUND)
    came = Counted(back, accepted=1, rejected=1, reason=RejectionReason.USED)
    strange = (CountedUnexpected(2, line=1), CountedUnexpected(1, what="a kettle"))
    new, case = logged(case, ReceiveGoods((came,), strange, parcel="1Z2"))
    events += new
    refunds = refund_sheet(case, a_setting())
    assert refunds is not None
    new, case = logged(case, CheckRefunds(refunds.digest), setting=a_setting(MANAGER))
    events += new
    new, case = logged(case, ExportRefunds(refunds.digest), UndoRefundExport("wrong shop"))
    events += new
    rest: list[Command] = [
        ApproveMessage("solution", "en", "v-1", "0" * 64, "first_reply"),
        StartClock(ClockStart.CLAIM_OPENED, NOW - timedelta(hours=1), "A-77"),
        CompleteFollowUp("deadline-atoz_seller_response", "answered"),
        MakePromise(PromiseKind.TRACE, due),
        WithdrawPromise(f"p{len(case.promises) + 1}", "found meanwhile"),
        *(KeepPromise(promise.promise, "1Z1") for promise in case.open_promises),
        CancelRefunds("wrong amount"),
        *(KeepPromise(p.promise, "1Z2") for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND),
        SetFlag("angry", note="called twice"),
        SetFlag("angry", on=False),
        WriteMemo("memo"),
        AddNote("wants\nblue ones"),
        OfferHandOver("Sun Li", "be kind"),
    ]
    open_tasks = {f.follow_up for f in case.open_follow_ups if not f.promise}
    new, case = logged(case, *rest)
    events += new
    new, case = logged(case, AcceptHandOver(), setting=a_setting(type(AGENT)("Sun Li", "agent")))
    events += new
    task = next(f for f in case.open_follow_ups if f.follow_up in open_tasks)
    new, case = logged(
        case,
        CompleteFollowUp(task.follow_up, "all well"),
        CloseCase("solved", "a chain of shops"),
        ReopenCase("one more lamp"),
        AppealFinding("memo_missing", 0, "it was pasted"),
    )
    events += new
    new, case = logged(
        case,
        ScoreCase("standard", 3, (("memo", e.Verdict.MISSED),), "no memo"),
        DecideAppeal("memo_missing", 0, False, "not in Seller Central"),
        setting=a_setting(LEAD),
    )
    return events + new


EVENTS = the_life_of_a_case()


def texts(lang: str) -> list[str]:
    return [line.text for line in journal(EVENTS, lang)]


def test_it_covers_every_kind_of_event():
    assert {type(event.body) for event in EVENTS} == set(get_args(e.Body))


def test_it_tells_the_case_in_english():
    told = texts("en")
    for sentence in (
        "Case opened for a message of 2026-11-23 15:00.",
        "Refund file not used: wrong shop",
        "Order 204-5512873-7719305 locked; lines: 3.",
        "Lock withdrawn: another buyer",
        "Breakdown confirmed; units with a problem: 9, entries: 3.",
        "Buyer asked for evidence: video; entries: 1.",
        "Evidence received: video; entries: 1.",
        "Agreed: 3 x SKU-1: Replacement",
        "Taken back: 3 x SKU-1: Replacement. buyer wants money",
        "Approval refused: too much",
        "Approved. fine",
        "Agreed: 4 x SKU-2: Full refund, £800.00",
        "Promised: Ship the goods (3 x SKU-1) by 2026-11-24 17:00",
        "Promise moved to 2026-11-26 17:00: Ship the goods (3 x SKU-1). no stock",
        "Promised: Answer the buyer by 2026-11-26 17:00",
        (
            "Goods received: 1 x SKU-3 taken back, 1 x SKU-3 rejected (used by the buyer),"
            " 2 x SKU-1 unexpected, 1 x a kettle unexpected. 1Z2"
        ),
        "Promise moved to 2026-11-26 07:59: Submit the refund (1 x SKU-3). the goods came back",
        "Promise kept: Answer the buyer. 1Z1",
        "An A-to-z claim was opened, 2026-11-23 16:00. A-77",
        "Follow-up done: Platform deadline. answered",
        "Promise taken back: Report on the trace. found meanwhile",
        "Promise kept: Ship the goods (3 x SKU-1). 1Z1",
        "Message sent: The solution, with dates (en)",
        "Follow-up done: First reply to the buyer. The solution, with dates",
        "Flag set: angry buyer. called twice",
        "Flag removed: angry buyer.",
        "Seller memo pasted.",
        "Note: wants blue ones",
        "Offered to Sun Li. be kind",
        "Hand-over accepted.",
        "Case closed: solved. a chain of shops",
        "Case reopened: one more lamp",
        "Appeal against the finding “memo missing”: it was pasted",
        "Scored by hand: 1 of 1 check missed. no memo",
        "Appeal refused, “memo missing” stands: not in Seller Central",
    ):
        assert sentence in told


def test_checks_are_called_by_their_names():
    told = [line.text for line in journal(EVENTS, "zh_CN", checks={"memo_missing": "没有卖家备注"})]
    assert "对“没有卖家备注”提出申诉：it was pasted" in told


def test_it_tells_the_case_in_chinese():
    told = texts("zh_CN")
    for sentence in (
        "已锁定订单 204-5512873-7719305（3 个订单行）。",
        "已商定：4 x SKU-2: 全额退款, £800.00",
        "承诺改期至 2026-11-26 17:00：发出商品 (3 x SKU-1)。no stock",
        "已添加标记：买家情绪激动。called twice",
        "售后单已结案：已解决。a chain of shops",
    ):
        assert sentence in told


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_no_sentence_shows_an_id_a_placeholder_or_code(lang: str):
    for text in texts(lang):
        assert not re.search(r"\b[rpcfa]\d+\b|[{}]|_|Decimal|\n|\s$", text), text


def test_lines_carry_when_who_and_what():
    lines = journal(EVENTS, "en")
    assert [(line.seq, line.at, line.actor, line.kind) for line in lines] == [
        (event.seq, event.at, event.actor, event.type) for event in EVENTS
    ]
    assert [line.seq for line in lines] == list(range(1, len(EVENTS) + 1))
    assert {line.actor for line in lines} == {AGENT.name, LEAD.name, MANAGER.name, "Sun Li"}


def test_a_part_of_the_log_names_what_it_does_not_know_by_its_id():
    kept = [event for event in EVENTS if isinstance(event.body, e.PromiseKept)]
    assert journal(kept[:1], "en")[0].text == f"Promise kept: {kept[0].body.promise}. 1Z1"
    chosen = [event for event in EVENTS if isinstance(event.body, e.RemedyChosen)]
    assert journal(chosen[:1], "en")[0].text == "Agreed: 3 x 1: Replacement"
    done = [event for event in EVENTS if isinstance(event.body, e.FollowUpDone)]
    assert journal(done[:1], "en")[0].text.startswith("Follow-up done: First reply to the buyer.")


def test_what_people_wrote_is_text():
    events, _case = logged(
        a_case(), OpenCase(NOW), AddNote("{at} {{ 7*7 }} <b>=1"), a_message(), setting=a_setting()
    )
    assert [line.text for line in journal(events, "en")][1] == "Note: {at} {{ 7*7 }} <b>=1"


def test_a_message_says_what_the_agent_answered_for():
    own = (e.OwnWords(rule="number_not_in_ledger", words="48"), e.OwnWords(rule="promise_not_in_ledger"))
    message = ApproveMessage("update", "en", "v-1", "0" * 64, own=own, proactive=True)
    events, _case = logged(a_case(), OpenCase(NOW), message, setting=a_setting())
    (sent,) = (line.text for line in journal(events, "en") if line.kind == "MessageApproved")
    assert sent == (
        "Message sent: Update without news (en) It opened a new thread."
        " Against the ledger, checked by the agent: 48, –"
    )


def test_with_the_policy_a_platform_deadline_has_its_name():
    told = [line.text for line in journal(EVENTS, "en", the_policy())]
    assert "Follow-up done: Answer Amazon about the A-to-z claim. answered" in told
