"""The case as its events leave it (`playbook.domain.folding`); it only says what is so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from playbook.domain.claims import ClaimItem, Evidence
from playbook.domain.events import ApprovalRequested, Verdict
from playbook.domain.ids import CaseId, Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Order
from playbook.domain.promises import MOVES, ClockStart, FollowUp, FollowUpKind, Promise, PromiseState
from playbook.domain.receptions import ReceivedUnits, UnexpectedGoods
from playbook.domain.remedies import Remedy

WAITING = "waiting_for_evidence"
"""The flag of a case that waits for evidence from the buyer; set and taken off by the fold."""


class Stage(StrEnum):
    """Where a case stands, derived from what happened."""

    LOCK = "lock"
    BREAKDOWN = "breakdown"
    REMEDY = "remedy"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


CONTACTS = frozenset(
    {
        FollowUpKind.FIRST_REPLY,
        FollowUpKind.REPLY,
        FollowUpKind.NO_NEWS_UPDATE,
        FollowUpKind.EVIDENCE_REMINDER,
    }
)
"""Follow-ups that are done by writing to the buyer."""


@dataclass(frozen=True)
class KnownPromise:
    """A promise with what became of it; ``made`` and ``settled`` are the seq of those events.

    ``by_amazon``: Amazon kept it for us. ``recalled``: a refund that was cancelled after
    the buyer had been written to; its promise is open again since ``settled``. ``messages_before``
    messages had been sent to the buyer when it was settled.
    """

    promise: Promise
    state: PromiseState = PromiseState.OPEN
    reference: str = ""
    settled_at: datetime | None = None
    made: int = 0
    settled: int = 0
    replaced_by: str = ""
    by_amazon: bool = False
    messages_before: int = 0
    recalled: bool = False

    def is_late(self, now: datetime) -> bool:
        """Whether the promise is, or was until it was kept, overdue."""
        until = self.settled_at if self.state is PromiseState.KEPT and self.settled_at else now
        return self.state in {PromiseState.OPEN, PromiseState.KEPT} and until > self.promise.due_at

    @property
    def was_late(self) -> bool:
        """Whether its due time had passed before it was settled, kept or not."""
        return self.settled_at is not None and self.settled_at > self.promise.due_at


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the agent approved and copied out."""

    kind: str
    language: str
    message_ref: str
    at: datetime
    by: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class StartedClock:
    """Something that happened outside and was recorded; ``seq`` is the event that recorded it."""

    start: ClockStart
    started_at: datetime
    reference: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Reception:
    """A parcel that came back, and what was in it."""

    arrived_at: datetime
    recorded_at: datetime
    by: str
    units: tuple[ReceivedUnits, ...]
    unexpected: tuple[UnexpectedGoods, ...]
    parcel: str


@dataclass(frozen=True, slots=True)
class RefundFile:
    """A refund sheet that was checked or exported: which refunds, their sum, and who when."""

    remedies: tuple[str, ...]
    total: Money
    digest: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Scoring:
    """What one person found going through the case as it was at event ``upto``, by check."""

    by: str
    at: datetime
    scorecard: str
    upto: int
    verdicts: Mapping[str, Verdict]
    seq: int = 0


@dataclass(frozen=True)
class Appeal:
    """An appeal against what a check found at event ``finding``; ``granted`` is None until decided."""

    check: str
    finding: int
    reason: str
    by: str
    at: datetime
    seq: int = 0
    granted: bool | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Case:
    """One buyer complaint about one order, as of its last event (``version`` = seq of that event).

    ``item_ids`` and ``remedy_ids`` are all ids ever given. ``order`` holds the facts that the agent
    corrected, ``locked_order`` is as it was read; ``in_stock`` is what the agent said by line,
    ``event_on`` the day that the buyer named. ``awaited`` is when evidence that is still missing was asked
    for last, by claim item, ``waiting_since`` when that waiting began or was last reminded of;
    ``contact_at`` is when we last wrote to the buyer, ``scheduled_at`` when the first plan was confirmed.
    ``follow_ups`` are as recorded last, ``dropped`` those that were recorded once and no longer are,
    ``planned`` the open ones as computed when the case was read, ``ticked`` the seq at which each was
    done. ``scorings`` holds the last of each person, ``appeals`` one for each finding.
    ``stale`` says why later steps no longer hold, ``policy_version`` which rules the case follows.
    """

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
    locked_order: Order | None = None
    lock_verdict: str = ""
    in_stock: Mapping[int, bool] = field(default_factory=lambda: MappingProxyType({}))
    event_on: date | None = None
    items: tuple[ClaimItem, ...] = ()
    item_ids: frozenset[str] = frozenset()
    breakdown_confirmed: bool = False
    awaited: Mapping[tuple[str, Evidence], datetime] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    remedy_ids: frozenset[str] = frozenset()
    withdrawn: tuple[Remedy, ...] = ()
    pending: tuple[ApprovalRequested, ...] = ()
    promises: tuple[KnownPromise, ...] = ()
    receptions: tuple[Reception, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    dropped: tuple[FollowUp, ...] = ()
    planned: tuple[FollowUp, ...] | None = None
    ticked: Mapping[str, int] = field(default_factory=dict)
    scheduled_at: datetime | None = None
    clocks: tuple[StartedClock, ...] = ()
    contact_at: datetime | None = None
    waiting_since: datetime | None = None
    refunds_checked: RefundFile | None = None
    refund_files: tuple[RefundFile, ...] = ()
    messages: tuple[SentMessage, ...] = ()
    memo: str = ""
    flags: frozenset[str] = frozenset()
    hand_over_to: str = ""
    outcome: str = ""
    closed: bool = False
    scorings: tuple[Scoring, ...] = ()
    appeals: tuple[Appeal, ...] = ()
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

    def appeal(self, check: str, finding: int) -> Appeal | None:
        return next((a for a in self.appeals if (a.check, a.finding) == (check, finding)), None)

    @property
    def untold(self) -> tuple[KnownPromise, ...]:
        """What became of promises since the last message to the buyer."""
        return tuple(
            known
            for known in self.promises
            if known.settled_at is not None and known.messages_before == len(self.messages)
        )

    @property
    def open_promises(self) -> tuple[Promise, ...]:
        return tuple([known.promise for known in self.promises if known.state is PromiseState.OPEN])

    @property
    def open_follow_ups(self) -> tuple[FollowUp, ...]:
        """What is to do, the next due first: as computed when the case was read, else as recorded."""
        if self.planned is not None:
            return self.planned
        return tuple(sorted((f for f in self.follow_ups if not f.done), key=lambda f: f.due_at))

    @property
    def past_follow_ups(self) -> tuple[FollowUp, ...]:
        """Everything that was planned once and is not open now: done, or no longer planned."""
        names = {follow_up.follow_up for follow_up in self.open_follow_ups}
        once = {follow_up.follow_up: follow_up for follow_up in (*self.dropped, *self.follow_ups)}
        return tuple(follow_up for name, follow_up in once.items() if name not in names)

    @property
    def plan_confirmed(self) -> bool:
        """Whether a schedule exists and every agreed remedy carries the promises of its rule."""
        planned = {known.promise.remedy for known in self.promises if known.promise.deadline}
        return (
            self.scheduled_at is not None
            and self.breakdown_confirmed
            and not self.pending
            and not self.undecided_units()
            and all(remedy.remedy in planned for remedy in self.remedies)
        )

    def decided_units(self, item_id: str) -> int:
        """Units of a claim item that have an agreed remedy."""
        return sum(remedy.units for remedy in self.remedies if remedy.item == item_id)

    def undecided_units(self) -> int:
        """Claimed units without an agreed remedy, over all items."""
        return sum(item.units for item in self.claims) - sum(remedy.units for remedy in self.remedies)

    @property
    def begun(self) -> frozenset[str]:
        """Ids of the remedies for which any promise has been kept."""
        kept = {known.promise.remedy for known in self.promises if known.state is PromiseState.KEPT}
        return frozenset(kept - {""})

    @property
    def executed(self) -> frozenset[str]:
        """Ids of the remedies of which everything promised has been done."""
        return self.begun - {promise.remedy for promise in self.open_promises}

    def is_executed(self, remedy: Remedy) -> bool:
        """Whether everything promised for a remedy has been done."""
        return remedy.remedy in self.executed

    def is_begun(self, remedy: Remedy) -> bool:
        """Whether any promise for a remedy has been kept."""
        return remedy.remedy in self.begun

    @property
    def exported(self) -> frozenset[str]:
        """Ids of the remedies whose refund is in an exported file."""
        return frozenset(remedy for file in self.refund_files for remedy in file.remedies)

    def is_final(self, remedy: Remedy) -> bool:
        """Whether a remedy can no longer be withdrawn: money or goods have begun to move, either way.

        A refund in an exported file counts as moving until the export is undone. A trace, a redirect or a
        refusal that was carried out may give way to another remedy, and so may a
        return for which the buyer has a label but sends nothing back.
        """
        moved = any(
            known.state is PromiseState.KEPT
            and known.promise.remedy == remedy.remedy
            and known.promise.kind in MOVES
            for known in self.promises
        )
        return remedy.shape.compensates and (moved or remedy.received > 0 or remedy.remedy in self.exported)
