"""How a case follows from its events. Nothing here decides."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import assert_never

from playbook.domain.base import replace
from playbook.domain.case import (
    CONTACTS,
    WAITING,
    Appeal,
    Case,
    KnownPromise,
    Reception,
    RefundFile,
    Scoring,
    SentMessage,
    StartedClock,
)
from playbook.domain.claims import ClaimItem, Evidence
from playbook.domain.events import (
    AppealDecided,
    ApprovalRequested,
    CaseScored,
    ClockStarted,
    Event,
    FactCorrected,
    FindingAppealed,
    FollowUpDone,
    FollowUpScheduled,
    GoodsReceived,
    RefundExportUndone,
    RefundsCancelled,
    RefundsChecked,
    RefundsExported,
)
from playbook.domain.ids import CaseId, Marketplace
from playbook.domain.orders import Channel, FactKind
from playbook.domain.promises import FollowUp, FollowUpKind, PromiseState
from playbook.domain.remedies import Remedy


def fold(case_id: CaseId, events: Iterable[Event]) -> Case:
    """The case that *events* add up to."""
    return apply(Case(case_id), events)


def apply(case: Case, events: Iterable[Event]) -> Case:
    """*case* after further *events*; ``apply(fold(a), b) == fold(a + b)``."""
    last: Event | None = None
    for last in events:
        case = _applied(case, last)
    return case if last is None else replace(case, version=last.seq, updated_at=last.at, planned=None)


def _settled(
    case: Case,
    promise_id: str,
    state: PromiseState,
    event: Event,
    reference: str = "",
    by_amazon: bool = False,
    replaced_by: str = "",
) -> Case:
    return replace(
        case,
        promises=tuple(
            [
                replace(
                    known,
                    state=state,
                    reference=reference,
                    settled_at=event.at,
                    settled=event.seq,
                    replaced_by=replaced_by,
                    by_amazon=by_amazon,
                    messages_before=len(case.messages),
                )
                if known.promise.promise == promise_id
                else known
                for known in case.promises
            ]
        ),
    )


def _recalled(case: Case, body: RefundsCancelled, event: Event) -> Case:
    """The promises of cancelled refunds are open again, with their dates; what was ticked for them is not."""
    names = frozenset(body.promises)
    told = max((sent.seq for sent in case.messages), default=0)
    promises = tuple(
        replace(
            known,
            state=PromiseState.OPEN,
            reference="",
            settled_at=event.at,
            settled=event.seq,
            messages_before=len(case.messages),
            recalled=known.settled < told,
        )
        if known.promise.promise in names
        else known
        for known in case.promises
    )
    undone = {follow_up.follow_up for follow_up in case.follow_ups if follow_up.promise in names}
    return replace(
        case,
        promises=promises,
        follow_ups=tuple(f for f in case.follow_ups if f.follow_up not in undone),
        ticked={name: seq for name, seq in case.ticked.items() if name not in undone},
    )


def _given_up(case: Case, promise_id: str, state: PromiseState, event: Event, replaced_by: str = "") -> Case:
    """A promise that is no longer kept; nothing is left to follow up about it."""
    after = _settled(case, promise_id, state, event, replaced_by=replaced_by)
    left = tuple(f for f in case.follow_ups if f.done or f.promise != promise_id)
    return _rescheduled(after, left)


def _rescheduled(case: Case, follow_ups: tuple[FollowUp, ...]) -> Case:
    """The case with other follow-ups; open ones that are no longer among them are dropped."""
    kept = {follow_up.follow_up for follow_up in follow_ups}
    gone = {follow_up.follow_up: follow_up for follow_up in (*case.dropped, *case.follow_ups)}
    dropped = tuple(follow_up for name, follow_up in gone.items() if name not in kept and not follow_up.done)
    return replace(case, follow_ups=follow_ups, dropped=dropped)


def _without_promises_of(case: Case, remedy_id: str, event: Event) -> Case:
    for promise in case.open_promises:
        if promise.remedy == remedy_id:
            case = _given_up(case, promise.promise, PromiseState.WITHDRAWN, event)
    return case


def _without_pending(case: Case, approval: str) -> tuple[ApprovalRequested, ...]:
    return tuple(request for request in case.pending if request.approval != approval)


def _still_waiting(case: Case, items: tuple[ClaimItem, ...]) -> tuple[ApprovalRequested, ...]:
    """Requests about items that the new breakdown leaves as they were."""
    was = {item.item: (item.line, item.problem, item.units) for item in case.items}
    now = {item.item: (item.line, item.problem, item.units) for item in items}
    return tuple(
        request
        for request in case.pending
        if all(remedy.item in now and now[remedy.item] == was.get(remedy.item) for remedy in request.remedies)
    )


def _waiting_for(case: Case, awaited: Mapping[tuple[str, Evidence], datetime], event: Event) -> Case:
    return _flagged(replace(case, awaited=awaited), WAITING, bool(awaited), event)


def _flagged(case: Case, flag: str, on: bool, event: Event) -> Case:
    flags = case.flags | {flag} if on else case.flags - {flag}
    if flag != WAITING:
        return replace(case, flags=flags)
    since = (case.waiting_since or event.at) if on else None
    return replace(case, flags=flags, waiting_since=since)


def _done(case: Case, body: FollowUpDone, event: Event) -> Case:
    """A follow-up ticked off, also one that was never recorded: old schedules held fewer."""
    ticked = {**case.ticked, body.follow_up: event.seq}
    known = next((f for f in case.follow_ups if f.follow_up == body.follow_up), body.task)
    if known is None:
        return replace(case, ticked=ticked)
    others = [f for f in case.follow_ups if f.follow_up != body.follow_up]
    reminded = known.kind is FollowUpKind.EVIDENCE_REMINDER and case.waiting_since is not None
    return replace(
        case,
        follow_ups=(*others, known.model_copy(update={"done": True})),
        dropped=tuple([f for f in case.dropped if f.follow_up != known.follow_up]),
        ticked=ticked,
        contact_at=event.at if known.kind in CONTACTS else case.contact_at,
        waiting_since=event.at if reminded else case.waiting_since,
    )


def _appraised(case: Case, body: CaseScored | FindingAppealed | AppealDecided, event: Event) -> Case:
    """What people say of the work: whoever scores again replaces the former score of their own."""
    match body:
        case CaseScored():
            others = tuple(scoring for scoring in case.scorings if scoring.by != event.actor)
            scoring = Scoring(event.actor, event.at, body.scorecard, body.upto, body.verdicts, event.seq)
            return replace(case, scorings=(*others, scoring))
        case FindingAppealed():
            appeal = Appeal(body.check, body.finding, body.reason, event.actor, event.at, event.seq)
            return replace(case, appeals=(*case.appeals, appeal))
    appeals = (
        replace(
            appeal,
            granted=body.granted,
            decided_by=event.actor,
            decided_at=event.at,
            note=body.note,
        )
        if (appeal.check, appeal.finding) == (body.check, body.finding)
        else appeal
        for appeal in case.appeals
    )
    return replace(case, appeals=tuple(appeals))


def _with_clock(case: Case, body: ClockStarted, event: Event) -> Case:
    clock = StartedClock(body.start, body.started_at, body.reference, event.seq)
    return replace(case, clocks=(*case.clocks, clock))


def _scheduled(case: Case, body: FollowUpScheduled, event: Event) -> Case:
    done = tuple(follow_up for follow_up in case.follow_ups if follow_up.done)
    after = _rescheduled(case, (*done, *body.follow_ups))
    return replace(after, scheduled_at=case.scheduled_at or event.at)


def _received(case: Case, body: GoodsReceived, event: Event) -> Case:
    """The case after a parcel: each remedy concerned is replaced by what it became, in its place."""
    known = {remedy.remedy for remedy in case.remedies}
    now = {remedy.remedy: remedy for remedy in body.remedies}
    new = [remedy for remedy in body.remedies if remedy.remedy not in known]
    remedies: list[Remedy] = []
    for remedy in case.remedies:
        remedies.append(now.get(remedy.remedy, remedy))
        remedies.extend(part for part in new if part.split_from == remedy.remedy)
    reception = Reception(body.arrived_at, event.at, event.actor, body.units, body.unexpected, body.parcel)
    return replace(
        case,
        remedies=tuple(remedies),
        remedy_ids=case.remedy_ids | now.keys(),
        receptions=(*case.receptions, reception),
    )


def _with_fact(case: Case, body: FactCorrected) -> Case:
    """The case with a fact as the agent states it."""
    match body.fact:
        case FactKind.EVENT_ON:
            return replace(case, event_on=_day(body.value))
        case FactKind.IN_STOCK:
            said = {line: known for line, known in case.in_stock.items() if line not in body.lines}
            if body.value:
                said |= dict.fromkeys(body.lines, body.value == "yes")
            return replace(case, in_stock=MappingProxyType(said))
        case FactKind.MARKETPLACE:
            return _with_order(case, body, marketplace=Marketplace(body.value))
        case FactKind.BUSINESS:
            return _with_order(case, body, business=body.value == "yes")
        case FactKind.DELIVERED_ON:
            return _with_order(case, body, delivered_on=_day(body.value))
        case FactKind.CHANNEL:
            return _with_order(case, body, channel=Channel(body.value))
        case FactKind.CATEGORY:
            return _with_order(case, body, category=body.value)
        case _:
            assert_never(body.fact)


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def _with_order(case: Case, body: FactCorrected, **update: object) -> Case:
    """The order, or the lines named, with another value."""
    order = case.order
    if order is None:
        return case
    if body.lines:
        lines = tuple(
            line.model_copy(update=update) if line.line in body.lines else line for line in order.lines
        )
        update = {"lines": lines}
    after = order.model_copy(update=update)
    return replace(case, order=after, marketplace=after.marketplace)


def _filed(
    case: Case,
    body: RefundsChecked | RefundsExported | RefundExportUndone | RefundsCancelled,
    event: Event,
) -> Case:
    """The case after its refund sheet was checked, left as a file, was not used, or its refunds cancelled."""
    if isinstance(body, RefundsCancelled):
        return _recalled(case, body, event)
    if isinstance(body, RefundExportUndone):
        return replace(case, refund_files=case.refund_files[:-1])
    file = RefundFile(body.remedies, body.total, body.digest, event.at, event.actor)
    if isinstance(body, RefundsChecked):
        return replace(case, refunds_checked=file)
    return replace(case, refunds_checked=None, refund_files=(*case.refund_files, file))


def _applied(case: Case, event: Event) -> Case:
    body = event.body
    match body.type:
        case "CaseOpened":
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
        case "OrderLocked":
            return replace(
                case,
                order=body.order,
                locked_order=body.order,
                in_stock=MappingProxyType({}),
                lock_verdict=body.verdict,
                marketplace=body.order.marketplace,
                stale="",
            )
        case "LockWithdrawn":
            after = replace(
                case,
                order=None,
                locked_order=None,
                in_stock=MappingProxyType({}),
                lock_verdict="",
                items=(),
                breakdown_confirmed=False,
                pending=(),
                stale="lock_withdrawn",
            )
            return _waiting_for(after, {}, event)
        case "FactCorrected":
            return _with_fact(case, body)
        case "RulesAdopted":
            return replace(case, policy_version=event.policy_version)
        case "BreakdownConfirmed":
            known = {item.item for item in body.items}
            after = replace(
                case,
                items=body.items,
                item_ids=case.item_ids | known,
                breakdown_confirmed=True,
                pending=_still_waiting(case, body.items),
                stale="",
            )
            return _waiting_for(
                after, {asked: at for asked, at in case.awaited.items() if asked[0] in known}, event
            )
        case "EvidenceRequested":
            asked = {(item, body.evidence): event.at for item in body.items}
            return _waiting_for(case, {**case.awaited, **asked}, event)
        case "EvidenceReceived":
            items = tuple(
                item.model_copy(update={"evidence": item.evidence | {body.evidence}})
                if item.item in body.items
                else item
                for item in case.items
            )
            received = {(item, body.evidence) for item in body.items}
            left = {asked: at for asked, at in case.awaited.items() if asked not in received}
            return _waiting_for(replace(case, items=items), left, event)
        case "RemediesOffered":
            return case
        case "RemedyChosen":
            ids = case.remedy_ids | {body.remedy.remedy}
            return replace(case, remedies=(*case.remedies, body.remedy), remedy_ids=ids)
        case "RemedyWithdrawn":
            gone = tuple(remedy for remedy in case.remedies if remedy.remedy == body.remedy)
            kept = tuple(remedy for remedy in case.remedies if remedy.remedy != body.remedy)
            after = replace(case, remedies=kept, withdrawn=(*case.withdrawn, *gone))
            return _without_promises_of(after, body.remedy, event)
        case "ApprovalRequested":
            ids = case.remedy_ids | {remedy.remedy for remedy in body.remedies}
            return replace(case, pending=(*case.pending, body), remedy_ids=ids)
        case "ApprovalGiven" | "ApprovalRefused":
            return replace(case, pending=_without_pending(case, body.approval))
        case "PromiseMade":
            return replace(case, promises=(*case.promises, KnownPromise(body.promise, made=event.seq)))
        case "PromiseKept":
            return _settled(case, body.promise, PromiseState.KEPT, event, body.reference, body.by_amazon)
        case "PromiseSuperseded":
            after = _given_up(case, body.promise, PromiseState.SUPERSEDED, event, body.replacement.promise)
            return replace(after, promises=(*after.promises, KnownPromise(body.replacement, made=event.seq)))
        case "PromiseWithdrawn":
            return _given_up(case, body.promise, PromiseState.WITHDRAWN, event)
        case "ClockStarted":
            return _with_clock(case, body, event)
        case "GoodsReceived":
            return _received(case, body, event)
        case "RefundsChecked" | "RefundsExported" | "RefundExportUndone" | "RefundsCancelled":
            return _filed(case, body, event)
        case "FollowUpScheduled":
            return _scheduled(case, body, event)
        case "FollowUpDone":
            return _done(case, body, event)
        case "MessageApproved":
            sent = SentMessage(body.kind, body.language, body.message_ref, event.at, event.actor, event.seq)
            return replace(case, messages=(*case.messages, sent), contact_at=event.at)
        case "MemoWritten":
            return replace(case, memo=body.text)
        case "NoteAdded":
            return case
        case "Flagged":
            if body.flag == WAITING and not body.on:
                return _waiting_for(case, {}, event)
            return _flagged(case, body.flag, body.on, event)
        case "HandOverOffered":
            return replace(case, hand_over_to=body.to)
        case "HandOverAccepted":
            return replace(case, owner=event.actor, hand_over_to="")
        case "CaseClosed":
            return replace(case, closed=True, outcome=body.outcome)
        case "CaseReopened":
            return replace(case, closed=False, outcome="")
        case "CaseScored" | "FindingAppealed" | "AppealDecided":
            return _appraised(case, body, event)
        case _:
            assert_never(body)
