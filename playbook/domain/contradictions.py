"""What one hand promised and the other took away: at the moment of writing, and over a whole history.

A promise contradicts another when both cannot be kept: another amount, number or date for the same
thing, another remedy for the same units, more than was agreed, a date before one that was already
missed. What was told to the buyer and then changed is owed to the buyer as a notice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from playbook.domain.case import Case, KnownPromise, SentMessage
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    Event,
    PromiseMade,
    PromiseSuperseded,
    RemedyChosen,
)
from playbook.domain.folding import apply
from playbook.domain.ids import CaseId
from playbook.domain.money import Money, total
from playbook.domain.promises import Promise, PromiseKind, PromiseState
from playbook.domain.remedies import Remedy, RemedyKind


class Clash(StrEnum):
    """How two statements of a case contradict each other."""

    OTHER_REMEDY = "other_remedy"
    OTHER_UNITS = "other_units"
    OTHER_AMOUNT = "other_amount"
    OTHER_DATE = "other_date"
    BEFORE_A_MISSED_DATE = "before_a_missed_date"
    BEYOND_THE_REMEDY = "beyond_the_remedy"
    WITHOUT_AUTHORITY = "without_authority"
    WITHOUT_NOTICE = "without_notice"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One contradiction: what was said last, what it stands against, when, by whom, in which event.

    ``existing`` is missing where nothing at all stands behind the new statement; for `WITHOUT_NOTICE`
    ``new`` is what replaces the promise, if anything does.
    """

    clash: Clash
    seq: int
    at: datetime
    actor: str
    new: Promise | Remedy | None
    existing: Promise | Remedy | None


SILENT = frozenset({"first_reply", "ask_details", "confirm_breakdown", "evidence_reminder", "update"})
"""Kinds of message that state no plan: they neither tell of a promise nor of its change."""

_GRANTS = frozenset(
    {PromiseKind.SHIP_GOODS, PromiseKind.SHIP_PART, PromiseKind.SUBMIT_REFUND, PromiseKind.CANCEL_UNITS}
)
"""Promises that settle units: only one of them can be meant for a unit."""


def carries(remedy: Remedy, kind: PromiseKind) -> bool:
    """Whether a promise of that kind can be part of that remedy."""
    match kind:
        case PromiseKind.SHIP_GOODS:
            return remedy.shape.goes_out == "goods"
        case PromiseKind.SHIP_PART:
            return remedy.shape.goes_out == "part"
        case PromiseKind.SUBMIT_REFUND:
            return remedy.shape.paid != "nothing"
        case PromiseKind.SEND_LABEL:
            return remedy.shape.comes_back == "goods"
        case PromiseKind.CANCEL_UNITS:
            return remedy.kind is RemedyKind.CANCEL_UNSHIPPED
        case PromiseKind.TRACE:
            return remedy.kind is RemedyKind.TRACE_SHIPMENT
        case PromiseKind.REDIRECT:
            return remedy.kind is RemedyKind.REDIRECT_TO_AMAZON
        case PromiseKind.ANSWER:
            return True


def clashes(case: Case, promise: Promise, instead_of: str = "") -> Iterator[tuple[Clash, Promise | Remedy]]:
    """What of the case a new promise stands against; the one that it replaces (*instead_of*) aside."""
    for known in case.promises:
        other = known.promise
        if not promise.same_subject(other):
            continue
        if known.state is PromiseState.OPEN and other.promise != instead_of:
            yield from ((clash, other) for clash in _differences(promise, other))
        if _was_missed(known, promise.made_at) and promise.due_at <= other.due_at:
            yield Clash.BEFORE_A_MISSED_DATE, other
    remedy = case.remedy(promise.remedy) if promise.remedy else None
    if remedy is not None:
        if not carries(remedy, promise.kind):
            yield Clash.OTHER_REMEDY, remedy
        elif promise.units is not None and promise.units > max(remedy.units, _units_of(case, instead_of)):
            yield Clash.BEYOND_THE_REMEDY, remedy
        elif promise.amount is not None and promise.amount != remedy.refund_total:
            yield Clash.OTHER_AMOUNT, remedy
    elif not promise.remedy:
        yield from ((Clash.OTHER_REMEDY, other) for other in _in_the_way(case, promise, case.remedies))


def _units_of(case: Case, promise_id: str) -> int:
    """Units of the promise that is replaced: moving it promises no more, also of a remedy that was split."""
    known = case.known_promise(promise_id) if promise_id else None
    return 0 if known is None else known.promise.units or 0


def remedy_clashes(case: Case, remedy: Remedy) -> Iterator[tuple[Clash, Promise]]:
    """Open promises beside the plan for which a newly chosen remedy leaves no units."""
    for promise in case.open_promises:
        if not promise.remedy and remedy in _in_the_way(case, promise, (*case.remedies, remedy)):
            yield Clash.OTHER_REMEDY, promise


def _differences(new: Promise, existing: Promise) -> Iterator[Clash]:
    if _differ(new.units, existing.units):
        yield Clash.OTHER_UNITS
    if _differ(new.amount, existing.amount):
        yield Clash.OTHER_AMOUNT
    if new.due_at != existing.due_at:
        yield Clash.OTHER_DATE


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _was_missed(known: KnownPromise, at: datetime) -> bool:
    until = known.settled_at or at
    return known.state in {PromiseState.OPEN, PromiseState.SUPERSEDED} and until > known.promise.due_at


def _in_the_way(case: Case, promise: Promise, remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Remedies that settle the claimed units of a line otherwise, when they leave too few for the promise."""
    if promise.kind not in _GRANTS or promise.line is None or not case.breakdown_confirmed:
        return ()
    others = tuple(
        remedy
        for remedy in remedies
        if remedy.line == promise.line
        and remedy.kind is not RemedyKind.TRACE_SHIPMENT
        and not carries(remedy, promise.kind)
    )
    claimed = sum(item.units for item in case.claims if item.line == promise.line)
    room = claimed - sum(remedy.units for remedy in others)
    return others if room < (promise.units or 1) else ()


def owed_notices(case: Case) -> tuple[KnownPromise, ...]:
    """Promises that the buyer was told of, that were moved or taken back, and of which no message tells.

    So is a refund that was cancelled after the buyer had been written to about it.
    """
    return tuple(
        known
        for known in case.promises
        if known.state in {PromiseState.SUPERSEDED, PromiseState.WITHDRAWN} or _is_recalled(known)
        if any(known.made < sent.seq < known.settled and _tells_of(sent, known) for sent in case.messages)
        and not any(sent.seq > known.settled and _tells_of(sent, known) for sent in case.messages)
        and (_is_recalled(known) or not _still_stands(case, known))
    )


def _is_recalled(known: KnownPromise) -> bool:
    return known.recalled and known.state is PromiseState.OPEN


def _tells_of(sent: SentMessage, known: KnownPromise) -> bool:
    return sent.kind not in SILENT or known.promise.kind is PromiseKind.ANSWER


def _still_stands(case: Case, known: KnownPromise) -> bool:
    """Whether the buyer gets what was told, no later, from the promises that took its place.

    A return that arrives in several parcels splits its promise into several, for remedies of their own.
    """
    told = known.promise
    family = {told.remedy, *(r.remedy for r in case.remedies if told.remedy and r.split_from == told.remedy)}
    standing = [
        other.promise
        for other in case.promises
        if other.state in {PromiseState.OPEN, PromiseState.KEPT}
        and (other.promise.kind, other.promise.line) == (told.kind, told.line)
        and (other.promise.remedy in family or other.promise.promise == known.replaced_by)
        and other.made >= known.made
    ]
    units = [promise.units for promise in standing if promise.units is not None]
    amounts = [promise.amount for promise in standing if promise.amount is not None]
    return (
        bool(standing)
        and all(promise.due_at <= told.due_at for promise in standing)
        and (told.units is None or not units or sum(units) >= told.units)
        and (told.amount is None or not amounts or total(amounts, told.amount.currency) >= told.amount)
    )


def contradictions(case_id: CaseId, events: Iterable[Event]) -> tuple[Contradiction, ...]:
    """Every contradiction in the history of a case, in the order of its events.

    A history that the desk has built holds none but `Clash.WITHOUT_NOTICE`, and that only until the
    buyer is told. What a role may grant is not in the events: `WITHOUT_AUTHORITY` is a promise for a
    remedy nobody agreed to, a remedy chosen while its approval was refused or waits, or approved by
    whoever asked.
    """
    case = Case(case_id)
    found: list[Contradiction] = []
    actors: dict[int, str] = {}
    waiting: dict[str, bool] = {}
    for event in events:
        actors[event.seq] = event.actor
        for clash, new, existing in contradicted_at(event, case, waiting):
            found.append(Contradiction(clash, event.seq, event.at, event.actor, new, existing))
        remember_approvals(event, case, waiting)
        case = apply(case, (event,))
    for known in owed_notices(case):
        replacement = case.known_promise(known.replaced_by)
        assert known.settled_at is not None
        found.append(
            Contradiction(
                Clash.WITHOUT_NOTICE,
                known.settled,
                known.settled_at,
                actors[known.settled],
                replacement.promise if replacement else None,
                known.promise,
            )
        )
    return tuple(sorted(found, key=lambda one: one.seq))


_Found = tuple[Clash, Promise | Remedy | None, Promise | Remedy | None]


def contradicted_at(event: Event, case: Case, waiting: dict[str, bool]) -> Iterator[_Found]:
    """What one event contradicts: how, what is new, what it stands against.

    *case* is as it was before the event; *waiting* is what `remember_approvals` has gathered so far.
    """
    match event.body:
        case PromiseMade(promise=promise):
            yield from _about_promise(case, promise)
        case PromiseSuperseded(promise=replaced, replacement=promise):
            yield from _about_promise(case, promise, replaced)
        case RemedyChosen(remedy=remedy):
            yield from _about_remedy(case, remedy)
            if waiting.get(remedy.remedy, False):
                yield Clash.WITHOUT_AUTHORITY, remedy, None
        case ApprovalGiven(approval=approval):
            for request in case.pending:
                if request.approval == approval and event.actor in {r.chosen_by for r in request.remedies}:
                    yield Clash.WITHOUT_AUTHORITY, request.remedies[0], None
        case _:
            pass


def remember_approvals(event: Event, case: Case, waiting: dict[str, bool]) -> None:
    """Which remedies may not be chosen yet: asked for, and not approved."""
    match event.body:
        case ApprovalRequested(remedies=remedies):
            waiting.update((remedy.remedy, True) for remedy in remedies)
        case ApprovalGiven(approval=approval):
            for request in case.pending:
                if request.approval == approval:
                    waiting.update((remedy.remedy, False) for remedy in request.remedies)
        case _:
            pass


def _about_promise(case: Case, promise: Promise, instead_of: str = "") -> Iterator[_Found]:
    if promise.remedy and case.remedy(promise.remedy) is None:
        yield Clash.WITHOUT_AUTHORITY, promise, None
    if not promise.remedy and _is_beyond_order(case, promise):
        yield Clash.BEYOND_THE_REMEDY, promise, None
    yield from ((clash, promise, existing) for clash, existing in clashes(case, promise, instead_of))


def _about_remedy(case: Case, remedy: Remedy) -> Iterator[_Found]:
    item = case.item(remedy.item)
    others = [other for other in case.remedies if other.item == remedy.item]
    if item is None or case.decided_units(remedy.item) + remedy.units > item.units:
        yield Clash.OTHER_REMEDY, remedy, others[-1] if others else None
    yield from ((clash, remedy, existing) for clash, existing in remedy_clashes(case, remedy))


def _is_beyond_order(case: Case, promise: Promise) -> bool:
    """Whether more units or money were promised than the order, or its line, holds."""
    if case.order is None:
        return False
    lines = [line for line in case.order.lines if promise.line in {None, line.line}]
    units = sum(line.units_live for line in lines)
    paid = sum((line.paid_total for line in lines), Money.zero(case.order.currency))
    too_many = promise.units is not None and promise.units > units
    return too_many or (promise.amount is not None and not promise.amount <= paid)
