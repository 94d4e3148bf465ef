"""The case: a fold of its events. Nothing here decides; it only says what is so."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from playbook.domain.claims import ClaimItem
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    BreakdownConfirmed,
    CaseClosed,
    CaseOpened,
    CaseReopened,
    Event,
    EvidenceReceived,
    EvidenceRequested,
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
from playbook.domain.ids import CaseId, Marketplace
from playbook.domain.orders import Order
from playbook.domain.promises import FollowUp, Promise, PromiseState
from playbook.domain.remedies import Remedy


class Stage(StrEnum):
    """Where a case stands, derived from what happened."""

    LOCK = "lock"
    BREAKDOWN = "breakdown"
    REMEDY = "remedy"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class KnownPromise:
    """A promise with what became of it."""

    promise: Promise
    state: PromiseState = PromiseState.OPEN
    reference: str = ""
    settled_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether the promise is, or was until it was kept, overdue."""
        until = self.settled_at if self.state is PromiseState.KEPT and self.settled_at else now
        return self.state in {PromiseState.OPEN, PromiseState.KEPT} and until > self.promise.due_at


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the agent approved and copied out."""

    kind: str
    language: str
    message_ref: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Case:
    """One buyer complaint about one order, as of its last event (``version`` = seq of that event)."""

    case_id: CaseId
    version: int = 0
    opened_at: datetime | None = None
    received_at: datetime | None = None
    updated_at: datetime | None = None
    message_ref: str = ""
    language: str = "en"
    marketplace: Marketplace | None = None
    sample: str = ""
    policy_version: str = ""
    owner: str = ""
    order: Order | None = None
    lock_verdict: str = ""
    items: tuple[ClaimItem, ...] = ()
    item_ids: frozenset[str] = frozenset()
    breakdown_confirmed: bool = False
    remedies: tuple[Remedy, ...] = ()
    withdrawn: tuple[Remedy, ...] = ()
    pending: tuple[ApprovalRequested, ...] = ()
    promises: tuple[KnownPromise, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    plan_confirmed: bool = False
    messages: tuple[SentMessage, ...] = ()
    memo: str = ""
    flags: frozenset[str] = frozenset()
    hand_over_to: str = ""
    outcome: str = ""
    closed: bool = False
    stale: str = ""

    @property
    def stage(self) -> Stage:
        if self.closed:
            return Stage.CLOSED
        if self.order is None:
            return Stage.LOCK
        if not self.breakdown_confirmed:
            return Stage.BREAKDOWN
        if self.undecided_units():
            return Stage.REMEDY
        return Stage.FOLLOW_UP

    @property
    def claims(self) -> tuple[ClaimItem, ...]:
        """The items that need a remedy: all but those reported fine."""
        return tuple(item for item in self.items if not item.is_fine)

    def item(self, item_id: str) -> ClaimItem | None:
        return next((item for item in self.items if item.item == item_id), None)

    def remedy(self, remedy_id: str) -> Remedy | None:
        return next((remedy for remedy in self.remedies if remedy.remedy == remedy_id), None)

    def known_promise(self, promise_id: str) -> KnownPromise | None:
        return next((known for known in self.promises if known.promise.promise == promise_id), None)

    @property
    def open_promises(self) -> tuple[Promise, ...]:
        return tuple(known.promise for known in self.promises if known.state is PromiseState.OPEN)

    @property
    def open_follow_ups(self) -> tuple[FollowUp, ...]:
        return tuple(sorted((f for f in self.follow_ups if not f.done), key=lambda f: f.due_at))

    def decided_units(self, item_id: str) -> int:
        """Units of a claim item that have an agreed remedy."""
        return sum(remedy.units for remedy in self.remedies if remedy.item == item_id)

    def undecided_units(self) -> int:
        """Claimed units without an agreed remedy, over all items."""
        return sum(item.units - self.decided_units(item.item) for item in self.claims)

    def is_executed(self, remedy: Remedy) -> bool:
        """Whether everything promised for a remedy has been done."""
        states = [
            known.state
            for known in self.promises
            if known.promise.remedy == remedy.remedy and known.state in {PromiseState.OPEN, PromiseState.KEPT}
        ]
        return bool(states) and all(state is PromiseState.KEPT for state in states)

    def is_begun(self, remedy: Remedy) -> bool:
        """Whether any promise for a remedy has been kept: it can no longer be withdrawn."""
        return any(
            known.promise.remedy == remedy.remedy and known.state is PromiseState.KEPT for known in self.promises
        )


def fold(case_id: CaseId, events: Iterable[Event]) -> Case:
    """The case that *events* add up to."""
    return apply(Case(case_id), events)


def apply(case: Case, events: Iterable[Event]) -> Case:
    """*case* after further *events*; ``apply(fold(a), b) == fold(a + b)``."""
    for event in events:
        case = replace(_applied(case, event), version=event.seq, updated_at=event.at)
    return case


def _settled(case: Case, promise_id: str, state: PromiseState, event: Event, reference: str = "") -> Case:
    return replace(
        case,
        promises=tuple(
            replace(known, state=state, reference=reference, settled_at=event.at)
            if known.promise.promise == promise_id
            else known
            for known in case.promises
        ),
    )


def _without_promises_of(case: Case, remedy_id: str, event: Event) -> Case:
    for known in case.promises:
        if known.promise.remedy == remedy_id and known.state is PromiseState.OPEN:
            case = _settled(case, known.promise.promise, PromiseState.WITHDRAWN, event)
    return case


def _without_pending(case: Case, approval: str) -> tuple[ApprovalRequested, ...]:
    return tuple(request for request in case.pending if request.approval != approval)


def _applied(case: Case, event: Event) -> Case:
    body = event.body
    match body:
        case CaseOpened():
            return replace(
                case,
                opened_at=event.at,
                received_at=body.received_at,
                message_ref=body.message_ref,
                language=body.language,
                marketplace=body.marketplace,
                sample=body.sample,
                policy_version=event.policy_version,
                owner=event.actor,
            )
        case OrderLocked():
            return replace(
                case, order=body.order, lock_verdict=body.verdict, marketplace=body.order.marketplace, stale=""
            )
        case LockWithdrawn():
            return replace(
                case,
                order=None,
                lock_verdict="",
                items=(),
                breakdown_confirmed=False,
                plan_confirmed=False,
                pending=(),
                stale="lock_withdrawn",
            )
        case BreakdownConfirmed():
            return replace(
                case,
                items=body.items,
                item_ids=case.item_ids | {item.item for item in body.items},
                breakdown_confirmed=True,
                plan_confirmed=False,
                pending=(),
                stale="",
            )
        case EvidenceRequested():
            return replace(case, flags=case.flags | {"waiting_for_evidence"})
        case EvidenceReceived():
            items = tuple(
                item.model_copy(update={"evidence": item.evidence | {body.evidence}})
                if item.item in body.items
                else item
                for item in case.items
            )
            return replace(case, items=items, flags=case.flags - {"waiting_for_evidence"})
        case RemediesOffered():
            return case
        case RemedyChosen():
            return replace(case, remedies=(*case.remedies, body.remedy), plan_confirmed=False)
        case RemedyWithdrawn():
            gone = tuple(remedy for remedy in case.remedies if remedy.remedy == body.remedy)
            kept = tuple(remedy for remedy in case.remedies if remedy.remedy != body.remedy)
            after = replace(case, remedies=kept, withdrawn=(*case.withdrawn, *gone), plan_confirmed=False)
            return _without_promises_of(after, body.remedy, event)
        case ApprovalRequested():
            return replace(case, pending=(*case.pending, body))
        case ApprovalGiven() | ApprovalRefused():
            return replace(case, pending=_without_pending(case, body.approval))
        case PromiseMade():
            return replace(case, promises=(*case.promises, KnownPromise(body.promise)))
        case PromiseKept():
            return _settled(case, body.promise, PromiseState.KEPT, event, body.reference)
        case PromiseSuperseded():
            after = _settled(case, body.promise, PromiseState.SUPERSEDED, event)
            return replace(after, promises=(*after.promises, KnownPromise(body.replacement)), plan_confirmed=False)
        case FollowUpScheduled():
            done = tuple(follow_up for follow_up in case.follow_ups if follow_up.done)
            return replace(case, follow_ups=(*done, *body.follow_ups), plan_confirmed=True)
        case FollowUpDone():
            follow_ups = tuple(
                f.model_copy(update={"done": True}) if f.follow_up == body.follow_up else f for f in case.follow_ups
            )
            return replace(case, follow_ups=follow_ups)
        case MessageApproved():
            sent = SentMessage(body.kind, body.language, body.message_ref, event.at, event.actor)
            return replace(case, messages=(*case.messages, sent))
        case MemoWritten():
            return replace(case, memo=body.text)
        case NoteAdded():
            return case
        case Flagged():
            return replace(case, flags=case.flags | {body.flag} if body.on else case.flags - {body.flag})
        case HandOverOffered():
            return replace(case, hand_over_to=body.to)
        case HandOverAccepted():
            return replace(case, owner=event.actor, hand_over_to="")
        case CaseClosed():
            return replace(case, closed=True, outcome=body.outcome)
        case CaseReopened():
            return replace(case, closed=False, outcome="")
        case _:
            assert_never(body)
