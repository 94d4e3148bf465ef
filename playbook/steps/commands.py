"""What an agent can ask for. A command is an intention; `playbook.steps.decide` turns it into events."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from playbook.domain.claims import Evidence, Party, ProblemType
from playbook.domain.events import Fact, OwnWords, Verdict
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import FactKind, Order
from playbook.domain.promises import ClockStart, PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which role (``agent``, ``lead``, ``manager``): roles carry approval limits."""

    name: str
    role: str = "agent"


@dataclass(frozen=True, slots=True)
class OpenCase:
    received_at: datetime
    message_ref: str = ""
    language: str = "en"
    marketplace: Marketplace | None = None
    sample: str = ""


@dataclass(frozen=True, slots=True)
class LockOrder:
    """Lock *order*. *certain* needs the full number in the buyer's words, *picked* a second fact."""

    order: Order
    verdict: Literal["certain", "picked"]
    evidence: tuple[Fact, ...] = ()
    second_fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class WithdrawLock:
    reason: str


@dataclass(frozen=True, slots=True)
class CorrectFact:
    """State a fact for lines, or for the order: a date, a word, yes or no; empty for not known."""

    fact: FactKind
    value: str = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AdoptRules:
    """Follow the rules of today from here on."""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One row of the breakdown table; None is what nobody has said yet."""

    line: int
    problem: ProblemType | None = None
    units: int | None = None
    evidence: frozenset[Evidence] = frozenset()
    party: Party = Party.UNKNOWN
    quoted: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ConfirmBreakdown:
    """All rows at once. ``leave_untouched`` accepts that units of some lines were not spoken of."""

    rows: tuple[ClaimRow, ...]
    leave_untouched: bool = False


@dataclass(frozen=True, slots=True)
class RequestEvidence:
    items: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    items: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Choice:
    """A remedy for a claim item: for all undecided units unless *units* says fewer.

    What is paid of the price is the rule's share unless *share* (percent) or *amount* says otherwise.
    """

    item: str
    kind: RemedyKind
    units: int | None = None
    share: Decimal | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class ChooseRemedies:
    choices: tuple[Choice, ...]
    note: str = ""
    in_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class WithdrawRemedy:
    remedy: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecideApproval:
    approval: str
    approve: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanDate:
    """Another due time than the rule's for one promise of one remedy."""

    remedy: str
    kind: PromiseKind
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmPlan:
    """Make the promises that the chosen remedies carry and schedule everything that follows."""

    dates: tuple[PlanDate, ...] = ()


@dataclass(frozen=True, slots=True)
class MakePromise:
    """A promise beside those that remedies carry, for example the date of an answer.

    ``instead_of`` is the open promise that it replaces, for a *reason*; the buyer must be told.
    """

    kind: PromiseKind
    due_at: datetime
    remedy: str = ""
    line: int | None = None
    units: int | None = None
    amount: Money | None = None
    instead_of: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class KeepPromise:
    """``by_amazon``: Amazon has done it, for example refunded a return at the carrier's first scan."""

    promise: str
    reference: str = ""
    by_amazon: bool = False


@dataclass(frozen=True, slots=True)
class ChangePromise:
    """Replace an open promise by one with another date; the buyer must be told why."""

    promise: str
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Units of one remedy as counted on arrival; the rejected ones with their reason.

    ``kept_back``: percent of the price of the rejected units that is not refunded; None is the most that
    the rules allow.
    """

    remedy: str
    accepted: int = 0
    rejected: int = 0
    reason: RejectionReason | None = None
    kept_back: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CountedUnexpected:
    """Goods in the parcel that nobody expected: of a line of the order, or what they are."""

    units: int
    line: int | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveGoods:
    """Record a parcel that came back. Without ``arrived_at`` it has arrived now."""

    counted: tuple[Counted, ...] = ()
    unexpected: tuple[CountedUnexpected, ...] = ()
    arrived_at: datetime | None = None
    parcel: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawPromise:
    """Take back an open promise beside the plan; the buyer must be told why."""

    promise: str
    reason: str


@dataclass(frozen=True, slots=True)
class StartClock:
    """Something happened outside the desk at that time: the buyer wrote again, a claim was opened ..."""

    start: ClockStart
    started_at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class CheckRefunds:
    """Confirm the refund sheet as it was shown: ``digest`` says which one."""

    digest: str


@dataclass(frozen=True, slots=True)
class ExportRefunds:
    """Take the checked refunds out as a file; ``item_ids`` are Amazon's ids of order lines, by line."""

    digest: str
    item_ids: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UndoRefundExport:
    """The last exported file was not uploaded, or refused as a whole."""

    reason: str


@dataclass(frozen=True, slots=True)
class CancelRefunds:
    """All refunds of the order that were pending were cancelled in Seller Central."""

    reason: str


@dataclass(frozen=True, slots=True)
class CompleteFollowUp:
    follow_up: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ApproveMessage:
    """Record a message as sent; the fields are those of `MessageApproved`."""

    kind: str
    language: str
    message_ref: str
    digest: str
    follow_up: str = ""
    template: str = ""
    warnings: tuple[str, ...] = ()
    own: tuple[OwnWords, ...] = ()
    proactive: bool = False


@dataclass(frozen=True, slots=True)
class WriteMemo:
    text: str
    limit: int = 255


@dataclass(frozen=True, slots=True)
class AddNote:
    text: str


@dataclass(frozen=True, slots=True)
class SetFlag:
    flag: str
    on: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class OfferHandOver:
    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AcceptHandOver:
    pass


@dataclass(frozen=True, slots=True)
class CloseCase:
    outcome: Literal["solved", "redirected", "declined", "withdrawn"] = "solved"
    potential: str = ""


@dataclass(frozen=True, slots=True)
class ReopenCase:
    reason: str


@dataclass(frozen=True, slots=True)
class ScoreCase:
    """Say for each check of a scorecard what the case is like, as it was at event ``upto``."""

    scorecard: str
    upto: int
    verdicts: tuple[tuple[str, Verdict], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class AppealFinding:
    """Say why what ``check`` found at event ``finding`` is wrong (0: what it found missing altogether)."""

    check: str
    finding: int
    reason: str


@dataclass(frozen=True, slots=True)
class DecideAppeal:
    """Grant or refuse an appeal, and say why."""

    check: str
    finding: int
    grant: bool
    note: str


Command = (
    OpenCase
    | LockOrder
    | WithdrawLock
    | CorrectFact
    | AdoptRules
    | ConfirmBreakdown
    | RequestEvidence
    | RecordEvidence
    | ChooseRemedies
    | WithdrawRemedy
    | DecideApproval
    | ConfirmPlan
    | MakePromise
    | KeepPromise
    | ChangePromise
    | ReceiveGoods
    | WithdrawPromise
    | StartClock
    | CheckRefunds
    | ExportRefunds
    | UndoRefundExport
    | CancelRefunds
    | CompleteFollowUp
    | ApproveMessage
    | WriteMemo
    | AddNote
    | SetFlag
    | OfferHandOver
    | AcceptHandOver
    | CloseCase
    | ReopenCase
    | ScoreCase
    | AppealFinding
    | DecideAppeal
)
