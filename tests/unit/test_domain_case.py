"""The fold: what each fact does to a case, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from playbook.domain.case import WAITING, Case, KnownPromise, Stage
from playbook.domain.claims import ClaimItem, Evidence, ProblemType
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    BreakdownConfirmed,
    CaseClosed,
    CaseOpened,
    CaseReopened,
    EvidenceReceived,
    EvidenceRequested,
    Fact,
    Flagged,
    FollowUpDone,
    FollowUpScheduled,
    HandOverAccepted,
    HandOverOffered,
    LockWithdrawn,
    MemoWritten,
    MessageApproved,
    NoteAdded,
    OrderLocked,
    PromiseKept,
    PromiseMade,
    PromiseSuperseded,
    RemediesOffered,
    RemedyChosen,
    RemedyWithdrawn,
)
from playbook.domain.folding import apply, fold
from playbook.domain.ids import Marketplace
from playbook.domain.promises import FollowUp, FollowUpKind, PromiseState
from playbook.domain.remedies import RemedyKind
from tests.builders import (
    AGENT,
    CASE_ID,
    NOW,
    a_case,
    a_promise,
    a_remedy,
    a_setting,
    after_bodies,
    amounts,
    an_order,
    money,
    stamped,
)

OPENED = CaseOpened(received_at=NOW, message_ref="v-1", language="de", sample="broken_lamps")
LOCKED = OrderLocked(order=an_order(), verdict="certain")
THREE_BROKEN = ClaimItem(item="c1", line=1, problem=ProblemType.TRANSIT_DAMAGE, units=3)
TWO_MISSING = ClaimItem(item="c2", line=1, problem=ProblemType.MISSING, units=2)
FIVE_FINE = ClaimItem(item="c3", line=1, problem=ProblemType.NO_ISSUE, units=5)
BROKEN_DOWN = BreakdownConfirmed(items=(THREE_BROKEN, TWO_MISSING, FIVE_FINE))


def a_follow_up(follow_up: str = "final_check", **others: object) -> FollowUp:
    return FollowUp.model_validate(
        {"follow_up": follow_up, "kind": FollowUpKind.FINAL_CHECK, "due_at": NOW, **others}
    )


def a_request(approval: str = "a9", *remedies: object) -> ApprovalRequested:
    return ApprovalRequested(
        approval=approval,
        remedies=remedies or (a_remedy("r1", units=3),),
        amount=money("30"),
        why=Fact(code="above_limit"),
    )


@pytest.fixture
def broken_down() -> Case:
    return after_bodies(a_case(), OPENED, LOCKED, BROKEN_DOWN)


def test_a_new_case_is_empty_and_at_the_lock():
    case = fold(CASE_ID, ())
    assert case == a_case()
    assert case.stage is Stage.LOCK
    assert case.version == 0
    assert case.undecided_units() == 0
    assert not case.plan_confirmed


def test_opening():
    case = after_bodies(a_case(), OPENED)
    assert (case.message_ref, case.language, case.sample) == ("v-1", "de", "broken_lamps")
    assert (case.opened_at, case.received_at, case.owner) == (NOW, NOW, AGENT.name)
    assert case.policy_version == "test"
    assert case.version == 1


def test_locking_takes_the_marketplace_of_the_order():
    case = after_bodies(a_case(), CaseOpened(received_at=NOW, marketplace=Marketplace.US), LOCKED)
    assert case.order == LOCKED.order
    assert case.marketplace is Marketplace.UK
    assert case.lock_verdict == "certain"
    assert case.stage is Stage.BREAKDOWN


def test_taking_the_lock_back_forgets_what_was_said_about_the_order(broken_down: Case):
    waiting = after_bodies(
        broken_down, EvidenceRequested(items=("c1",), evidence=Evidence.PHOTO), a_request()
    )
    case = after_bodies(waiting, LockWithdrawn(reason="wrong order"))
    assert case.stage is Stage.LOCK
    assert (case.order, case.items, case.pending, case.lock_verdict) == (None, (), (), "")
    assert case.stale == "lock_withdrawn"
    assert case.awaited == {}
    assert WAITING not in case.flags
    assert after_bodies(case, LOCKED).stale == ""
    assert case.item_ids == {"c1", "c2", "c3"}


def test_stages(broken_down: Case):
    assert broken_down.stage is Stage.REMEDY
    half = after_bodies(broken_down, RemedyChosen(remedy=a_remedy("r1", units=3)))
    assert half.stage is Stage.REMEDY
    assert half.undecided_units() == 2
    decided = after_bodies(half, RemedyChosen(remedy=a_remedy("r2", item="c2", units=2)))
    assert decided.stage is Stage.FOLLOW_UP
    closed = after_bodies(decided, CaseClosed(outcome="solved"))
    assert closed.stage is Stage.CLOSED
    assert closed.outcome == "solved"
    reopened = after_bodies(closed, CaseReopened(reason="wrote again"))
    assert reopened.stage is Stage.FOLLOW_UP
    assert reopened.outcome == ""


def test_units_reported_fine_need_no_remedy():
    case = after_bodies(a_case(), OPENED, LOCKED, BreakdownConfirmed(items=(FIVE_FINE,)))
    assert case.claims == ()
    assert case.stage is Stage.FOLLOW_UP


def test_looking_things_up(broken_down: Case):
    case = after_bodies(
        broken_down,
        RemedyChosen(remedy=a_remedy()),
        PromiseMade(promise=a_promise()),
        MemoWritten(text="memo"),
    )
    assert case.item("c2") == TWO_MISSING
    assert case.item("c9") is None
    assert case.remedy("r1") == a_remedy()
    assert case.remedy("r9") is None
    assert case.known_promise("p1") == KnownPromise(a_promise(), made=case.version - 1)
    assert case.known_promise("p9") is None
    assert case.claims == (THREE_BROKEN, TWO_MISSING)
    assert case.memo == "memo"


def test_evidence_is_awaited_per_item_and_kind(broken_down: Case):
    case = after_bodies(broken_down, EvidenceRequested(items=("c1", "c2"), evidence=Evidence.PHOTO))
    assert WAITING in case.flags
    case = after_bodies(case, EvidenceReceived(items=("c1",), evidence=Evidence.PHOTO))
    assert WAITING in case.flags
    assert case.item("c1").evidence == {Evidence.PHOTO}
    assert case.item("c2").evidence == frozenset()
    case = after_bodies(case, EvidenceReceived(items=("c2",), evidence=Evidence.VIDEO))
    assert set(case.awaited) == {("c2", Evidence.PHOTO)}
    case = after_bodies(case, EvidenceReceived(items=("c2",), evidence=Evidence.PHOTO))
    assert WAITING not in case.flags


def test_waiting_ends_with_the_claim_or_by_hand(broken_down: Case):
    waiting = after_bodies(broken_down, EvidenceRequested(items=("c2",), evidence=Evidence.COUNT))
    without = after_bodies(waiting, BreakdownConfirmed(items=(THREE_BROKEN,)))
    assert WAITING not in without.flags
    by_hand = after_bodies(waiting, Flagged(flag=WAITING, on=False))
    assert (by_hand.awaited, by_hand.flags) == ({}, frozenset())
    assert after_bodies(broken_down, Flagged(flag=WAITING)).flags == {WAITING}


def test_a_withdrawn_remedy_takes_its_open_promises_and_their_follow_ups_along(broken_down: Case):
    case = after_bodies(
        broken_down,
        RemedyChosen(remedy=a_remedy()),
        PromiseMade(promise=a_promise("p1")),
        PromiseMade(promise=a_promise("p2", remedy="r2")),
        FollowUpScheduled(
            follow_ups=(
                a_follow_up("promise-p1", promise="p1"),
                a_follow_up("promise-p2", promise="p2"),
                a_follow_up(),
            )
        ),
        RemedyWithdrawn(remedy="r1", reason="buyer prefers money"),
    )
    assert case.remedies == ()
    assert case.withdrawn == (a_remedy(),)
    assert [known.state for known in case.promises] == [PromiseState.WITHDRAWN, PromiseState.OPEN]
    assert [f.follow_up for f in case.open_follow_ups] == ["promise-p2", "final_check"]


def test_a_kept_promise_stays_kept_when_its_remedy_is_withdrawn(broken_down: Case):
    case = after_bodies(
        broken_down,
        RemedyChosen(remedy=a_remedy(kind=RemedyKind.TRACE_SHIPMENT)),
        PromiseMade(promise=a_promise()),
        PromiseKept(promise="p1", reference="T-1"),
        RemedyWithdrawn(remedy="r1", reason="lost"),
    )
    known = case.known_promise("p1")
    assert (known.state, known.reference, known.settled_at) == (PromiseState.KEPT, "T-1", NOW)


def test_a_superseded_promise_leaves_its_replacement_open(broken_down: Case):
    case = after_bodies(
        broken_down,
        PromiseMade(promise=a_promise("p1")),
        FollowUpScheduled(follow_ups=(a_follow_up("promise-p1", promise="p1"),)),
        PromiseSuperseded(promise="p1", replacement=a_promise("p2"), reason="carrier on strike"),
    )
    assert [known.state for known in case.promises] == [PromiseState.SUPERSEDED, PromiseState.OPEN]
    assert case.open_promises == (a_promise("p2"),)
    assert case.open_follow_ups == ()


def test_begun_executed_and_final(broken_down: Case):
    case = after_bodies(
        broken_down,
        RemedyChosen(remedy=a_remedy("r1")),
        PromiseMade(promise=a_promise("p1")),
        PromiseMade(promise=a_promise("p2", kind="send_label")),
        PromiseMade(promise=a_promise("p3", remedy="")),
    )
    remedy = case.remedies[0]
    assert not any((case.is_begun(remedy), case.is_executed(remedy), case.is_final(remedy)))
    case = after_bodies(case, PromiseKept(promise="p1"), PromiseKept(promise="p3"))
    assert case.is_begun(remedy)
    assert case.is_final(remedy)
    assert not case.is_executed(remedy)
    case = after_bodies(case, PromiseKept(promise="p2"))
    assert case.is_executed(remedy)
    assert case.begun == case.executed == {"r1"}


@pytest.mark.parametrize(
    "kind", [RemedyKind.TRACE_SHIPMENT, RemedyKind.REDIRECT_TO_AMAZON, RemedyKind.DECLINE]
)
def test_what_moved_neither_money_nor_goods_is_never_final(broken_down: Case, kind: RemedyKind):
    case = after_bodies(
        broken_down,
        RemedyChosen(remedy=a_remedy(kind=kind, value={})),
        PromiseMade(promise=a_promise()),
        PromiseKept(promise="p1"),
    )
    assert case.is_executed(case.remedies[0])
    assert not case.is_final(case.remedies[0])


def test_approvals_wait_until_they_are_decided(broken_down: Case):
    case = after_bodies(broken_down, a_request("a4"), a_request("a5"))
    assert [request.approval for request in case.pending] == ["a4", "a5"]
    assert case.remedy_ids == {"r1"}
    case = after_bodies(case, ApprovalGiven(approval="a4"))
    assert [request.approval for request in case.pending] == ["a5"]
    assert after_bodies(case, ApprovalRefused(approval="a5", note="too much")).pending == ()


@pytest.mark.parametrize(
    ("items", "waits"),
    [
        ((THREE_BROKEN, TWO_MISSING), True),
        ((THREE_BROKEN,), True),
        ((TWO_MISSING,), False),
        ((THREE_BROKEN.model_copy(update={"units": 2}),), False),
        ((THREE_BROKEN.model_copy(update={"problem": ProblemType.DEFECT}),), False),
    ],
)
def test_a_request_lapses_when_its_claim_changes(
    broken_down: Case, items: tuple[ClaimItem, ...], waits: bool
):
    case = after_bodies(broken_down, a_request(), BreakdownConfirmed(items=items))
    assert bool(case.pending) is waits


def test_a_plan_is_confirmed_while_every_remedy_has_its_rules_promises(broken_down: Case):
    two = (
        RemedyChosen(remedy=a_remedy("r1", units=3)),
        RemedyChosen(remedy=a_remedy("r2", item="c2", units=2)),
    )
    case = after_bodies(broken_down, *two, PromiseMade(promise=a_promise("p1")))
    plan = FollowUpScheduled(follow_ups=(a_follow_up(),))
    assert not after_bodies(case, plan).plan_confirmed
    case = after_bodies(case, PromiseMade(promise=a_promise("p2", remedy="r2", deadline="")), plan)
    assert not case.plan_confirmed
    case = after_bodies(case, PromiseMade(promise=a_promise("p3", remedy="r2")))
    assert case.plan_confirmed
    assert not after_bodies(case, a_request()).plan_confirmed
    assert not after_bodies(case, RemedyWithdrawn(remedy="r2", reason="x")).plan_confirmed


def test_a_new_schedule_keeps_what_is_done(broken_down: Case):
    case = after_bodies(
        broken_down,
        FollowUpScheduled(follow_ups=(a_follow_up("first_reply"), a_follow_up("final_check"))),
        FollowUpDone(follow_up="first_reply"),
        FollowUpScheduled(follow_ups=(a_follow_up("close_out"),)),
    )
    assert [(f.follow_up, f.done) for f in case.follow_ups] == [("first_reply", True), ("close_out", False)]


def test_open_follow_ups_come_by_date(broken_down: Case):
    later = a_follow_up("a", due_at=NOW + timedelta(hours=1))
    case = after_bodies(broken_down, FollowUpScheduled(follow_ups=(later, a_follow_up("b"))))
    assert [f.follow_up for f in case.open_follow_ups] == ["b", "a"]


def test_messages_flags_and_hand_over(broken_down: Case):
    sent = MessageApproved(kind="offer", language="en", message_ref="v-2", digest="0")
    case = after_bodies(broken_down, sent, Flagged(flag="vip"), HandOverOffered(to="Zhao Min"))
    assert (case.messages[0].kind, case.messages[0].by, case.messages[0].at) == ("offer", AGENT.name, NOW)
    assert (case.flags, case.hand_over_to) == ({"vip"}, "Zhao Min")
    taken = apply(
        case,
        stamped(case, (HandOverAccepted(),), replace(a_setting(), actor=replace(AGENT, name="Zhao Min"))),
    )
    assert (taken.owner, taken.hand_over_to) == ("Zhao Min", "")
    assert after_bodies(taken, Flagged(flag="vip", on=False)).flags == frozenset()


def test_notes_and_offers_only_count_as_events(broken_down: Case):
    case = after_bodies(broken_down, NoteAdded(text="called"), RemediesOffered(offers=()))
    assert replace(case, version=broken_down.version) == broken_down
    assert case.version == broken_down.version + 2


def test_lateness():
    known = KnownPromise(a_promise())
    due = known.promise.due_at
    assert not known.is_late(due)
    assert known.is_late(due + timedelta(seconds=1))
    in_time = replace(known, state=PromiseState.KEPT, settled_at=due)
    assert not in_time.is_late(due + timedelta(days=9))
    too_late = replace(in_time, settled_at=due + timedelta(minutes=1))
    assert too_late.is_late(due)
    assert not replace(known, state=PromiseState.WITHDRAWN).is_late(due + timedelta(days=9))


def test_remedies_know_what_they_use_up():
    assert a_remedy().units_used == 1
    assert a_remedy(value={}).units_used == 0
    assert a_remedy(value=amounts(shipping="3.00"), kind=RemedyKind.REFUND_PARTIAL).units_used == 0
    assert a_remedy(kind=RemedyKind.DECLINE).units_used == 0


@pytest.mark.parametrize(
    ("kind", "granted"),
    [
        (RemedyKind.REPLACEMENT, "10.00"),
        (RemedyKind.EXCHANGE, "10.00"),
        (RemedyKind.SEND_PART, "0"),
        (RemedyKind.REFUND_PARTIAL, "3.00"),
        (RemedyKind.CANCEL_UNSHIPPED, "3.00"),
        (RemedyKind.TRACE_SHIPMENT, "0"),
    ],
)
def test_what_a_remedy_grants_in_money(kind: RemedyKind, granted: str):
    assert a_remedy(kind=kind, refund=amounts(item="3.00")).granted == money(granted)
