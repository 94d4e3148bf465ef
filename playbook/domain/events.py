"""The facts a case consists of: one past-tense body per fact, one envelope around each.

Nothing personal is ever in an event: names, addresses, e-mails and message texts stay in the vault
and are referred to by an opaque reference.
"""

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Discriminator, Field, TypeAdapter

from playbook.domain.base import Value
from playbook.domain.claims import ClaimItem, Evidence
from playbook.domain.ids import CaseId, Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import FactKind, Order
from playbook.domain.promises import ClockStart, FollowUp, Promise
from playbook.domain.receptions import ReceivedUnits, UnexpectedGoods
from playbook.domain.remedies import Remedy, RemedyKind

SCHEMA_VERSION = 1
GENESIS = "0" * 64


class Fact(Value):
    """One piece of evidence: a code and the values that a sentence about it needs."""

    code: str
    params: dict[str, str | int | None] = Field(default_factory=dict)


class CaseOpened(Value):
    type: Literal["CaseOpened"] = "CaseOpened"
    message_ref: str = ""
    received_at: AwareDatetime
    language: str = "en"
    marketplace: Marketplace | None = None
    sample: str = ""


class OrderLocked(Value):
    """``verdict``: *certain* when evidence alone decided, *picked* when the agent did with a second fact."""

    type: Literal["OrderLocked"] = "OrderLocked"
    order: Order
    verdict: Literal["certain", "picked"]
    evidence: tuple[Fact, ...] = ()
    fingerprint: str = ""


class LockWithdrawn(Value):
    type: Literal["LockWithdrawn"] = "LockWithdrawn"
    reason: str


class FactCorrected(Value):
    """A fact as the agent knows it, for the lines named, or for the order where it is about all of it.

    ``value`` is a date, a name of the vocabulary, or yes or no; empty for not known.
    """

    type: Literal["FactCorrected"] = "FactCorrected"
    fact: FactKind
    value: str = ""
    lines: tuple[int, ...] = ()


class RulesAdopted(Value):
    """The case follows the rules of the envelope's policy version from here on."""

    type: Literal["RulesAdopted"] = "RulesAdopted"


class BreakdownConfirmed(Value):
    """The whole breakdown, replacing any earlier one. Items with ``no_issue`` are units reported fine."""

    type: Literal["BreakdownConfirmed"] = "BreakdownConfirmed"
    items: tuple[ClaimItem, ...]


class EvidenceRequested(Value):
    type: Literal["EvidenceRequested"] = "EvidenceRequested"
    items: tuple[str, ...]
    evidence: Evidence


class EvidenceReceived(Value):
    type: Literal["EvidenceReceived"] = "EvidenceReceived"
    items: tuple[str, ...]
    evidence: Evidence


class Offer(Value):
    """What was offered for one claim item: the kinds, the preferred one first."""

    item: str
    kinds: tuple[RemedyKind, ...]


class RemediesOffered(Value):
    type: Literal["RemediesOffered"] = "RemediesOffered"
    offers: tuple[Offer, ...]


class RemedyChosen(Value):
    type: Literal["RemedyChosen"] = "RemedyChosen"
    remedy: Remedy


class RemedyWithdrawn(Value):
    """Withdraws a remedy that was not executed yet, and its open promises with it."""

    type: Literal["RemedyWithdrawn"] = "RemedyWithdrawn"
    remedy: str
    reason: str


class ApprovalRequested(Value):
    """Remedies that wait for somebody entitled; they bind no units until approved."""

    type: Literal["ApprovalRequested"] = "ApprovalRequested"
    approval: str
    remedies: tuple[Remedy, ...] = Field(min_length=1)
    amount: Money
    why: Fact
    note: str = ""


class ApprovalGiven(Value):
    type: Literal["ApprovalGiven"] = "ApprovalGiven"
    approval: str
    note: str = ""


class ApprovalRefused(Value):
    type: Literal["ApprovalRefused"] = "ApprovalRefused"
    approval: str
    note: str


class PromiseMade(Value):
    type: Literal["PromiseMade"] = "PromiseMade"
    promise: Promise


class PromiseKept(Value):
    """The promised thing happened; ``reference`` is the tracking number, refund id or the like.

    ``by_amazon``: Amazon did it, not we; for example it refunded a return at the carrier's first scan.
    """

    type: Literal["PromiseKept"] = "PromiseKept"
    promise: str
    reference: str = ""
    by_amazon: bool = False


class PromiseSuperseded(Value):
    """An open promise was replaced, with a reason, by ``replacement``; the buyer is to be told."""

    type: Literal["PromiseSuperseded"] = "PromiseSuperseded"
    promise: str
    replacement: Promise
    reason: str


class GoodsReceived(Value):
    """A parcel came back. ``arrived_at`` is when, ``units`` what of it was expected.

    ``remedies`` are the remedies concerned as they are now: units whose refund depends on their arrival
    are split off, the ones still awaited keep the rest of the value.
    """

    type: Literal["GoodsReceived"] = "GoodsReceived"
    arrived_at: AwareDatetime
    units: tuple[ReceivedUnits, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    unexpected: tuple[UnexpectedGoods, ...] = ()
    parcel: str = ""
    note: str = ""


class PromiseWithdrawn(Value):
    """An open promise beside the plan is taken back; the buyer is to be told."""

    type: Literal["PromiseWithdrawn"] = "PromiseWithdrawn"
    promise: str
    reason: str


class ClockStarted(Value):
    """Something happened outside the desk that starts clocks: the buyer wrote again, a claim was opened.

    ``reference`` is the number of the request, claim or message, where it has one.
    """

    type: Literal["ClockStarted"] = "ClockStarted"
    start: ClockStart
    started_at: AwareDatetime
    reference: str = ""


class RefundsChecked(Value):
    """Somebody compared the refund sheet with the case: what was checked is exactly what ``digest`` says."""

    type: Literal["RefundsChecked"] = "RefundsChecked"
    remedies: tuple[str, ...] = Field(min_length=1)
    total: Money
    digest: str


class RefundsExported(Value):
    """The checked refunds left as a file that may be uploaded once; nothing was paid by that."""

    type: Literal["RefundsExported"] = "RefundsExported"
    remedies: tuple[str, ...] = Field(min_length=1)
    total: Money
    digest: str


class RefundExportUndone(Value):
    """The exported file was not uploaded, or Amazon took nothing of it: its refunds are to do again."""

    type: Literal["RefundExportUndone"] = "RefundExportUndone"
    reason: str


class RefundsCancelled(Value):
    """Submitted refunds were cancelled in Seller Central while they were pending; nothing was paid."""

    type: Literal["RefundsCancelled"] = "RefundsCancelled"
    promises: tuple[str, ...] = Field(min_length=1)
    reason: str


class FollowUpScheduled(Value):
    """The whole schedule of what is still to do as it was then, replacing open follow-ups.

    It is a record: what is due today is computed from the case when it is read.
    """

    type: Literal["FollowUpScheduled"] = "FollowUpScheduled"
    follow_ups: tuple[FollowUp, ...]


class FollowUpDone(Value):
    """A follow-up was done; ``task`` is what it was, also when no recorded schedule held it."""

    type: Literal["FollowUpDone"] = "FollowUpDone"
    follow_up: str
    task: FollowUp | None = None
    note: str = ""


class OwnWords(Value):
    """Words of a message that contradict the ledger, for which the agent answers: the rule, the figure."""

    rule: str
    words: str = ""


class MessageApproved(Value):
    """A message the agent copied to the buyer's thread; its text lies in the vault under ``message_ref``.

    ``digest`` is the SHA-256 of the text as sent, ``template`` the file it was drafted from with the
    beginning of that file's hash. ``warnings`` are the rules that still minded something, ``own`` what the
    agent answers for. ``proactive``: it opened a thread instead of replying on the buyer's.
    """

    type: Literal["MessageApproved"] = "MessageApproved"
    kind: str
    language: str
    message_ref: str
    digest: str
    follow_up: str = ""
    template: str = ""
    warnings: tuple[str, ...] = ()
    own: tuple[OwnWords, ...] = ()
    proactive: bool = False


class MemoWritten(Value):
    type: Literal["MemoWritten"] = "MemoWritten"
    text: str


class NoteAdded(Value):
    type: Literal["NoteAdded"] = "NoteAdded"
    text: str


class Flagged(Value):
    type: Literal["Flagged"] = "Flagged"
    flag: str
    on: bool = True
    note: str = ""


class HandOverOffered(Value):
    type: Literal["HandOverOffered"] = "HandOverOffered"
    to: str
    note: str = ""


class HandOverAccepted(Value):
    type: Literal["HandOverAccepted"] = "HandOverAccepted"


class CaseClosed(Value):
    """``potential`` is an internal note on the buyer's business potential, never sent."""

    type: Literal["CaseClosed"] = "CaseClosed"
    outcome: Literal["solved", "redirected", "declined", "withdrawn"]
    potential: str = ""


class CaseReopened(Value):
    type: Literal["CaseReopened"] = "CaseReopened"
    reason: str


class Verdict(StrEnum):
    """What somebody found when going through a case by a scorecard."""

    MET = "met"
    MISSED = "missed"
    NOT_APPLICABLE = "not_applicable"


class CaseScored(Value):
    """Somebody went through the case as it was at event ``upto``, check by check of the ``scorecard``.

    It is an opinion beside what the review computes: two of them tell how far people agree.
    """

    type: Literal["CaseScored"] = "CaseScored"
    scorecard: str
    upto: int = Field(ge=1)
    verdicts: dict[str, Verdict] = Field(min_length=1)
    note: str = ""


class FindingAppealed(Value):
    """Somebody says that a finding is wrong: what ``check`` found at event ``finding`` (0: missing)."""

    type: Literal["FindingAppealed"] = "FindingAppealed"
    check: str
    finding: int = Field(ge=0)
    reason: str


class AppealDecided(Value):
    """A lead has decided; a finding whose appeal is ``granted`` counts no more."""

    type: Literal["AppealDecided"] = "AppealDecided"
    check: str
    finding: int = Field(ge=0)
    granted: bool
    note: str


Body = (
    CaseOpened
    | OrderLocked
    | LockWithdrawn
    | FactCorrected
    | RulesAdopted
    | BreakdownConfirmed
    | EvidenceRequested
    | EvidenceReceived
    | RemediesOffered
    | RemedyChosen
    | RemedyWithdrawn
    | ApprovalRequested
    | ApprovalGiven
    | ApprovalRefused
    | PromiseMade
    | PromiseKept
    | PromiseSuperseded
    | GoodsReceived
    | PromiseWithdrawn
    | ClockStarted
    | RefundsChecked
    | RefundsExported
    | RefundExportUndone
    | RefundsCancelled
    | FollowUpScheduled
    | FollowUpDone
    | MessageApproved
    | MemoWritten
    | NoteAdded
    | Flagged
    | HandOverOffered
    | HandOverAccepted
    | CaseClosed
    | CaseReopened
    | CaseScored
    | FindingAppealed
    | AppealDecided
)


class Event(Value):
    """The envelope. ``seq`` counts from 1 within a case; ``chain`` hashes this event over the previous."""

    case_id: CaseId
    seq: int = Field(ge=1)
    at: AwareDatetime
    actor: str
    schema_version: int = SCHEMA_VERSION
    policy_version: str = ""
    body: Annotated[Body, Discriminator("type")]
    chain: str = ""

    @property
    def type(self) -> str:
        return self.body.type


_EVENT: TypeAdapter[Event] = TypeAdapter(Event)

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(body type, schema version it turns from) -> function that gives the body of the next version."""


def upcast(raw: dict[str, Any], upcasters: dict[tuple[str, int], Upcaster] | None = None) -> dict[str, Any]:
    """A stored event brought to the present schema, one version at a time.

    Raises ValueError for an event written by a newer version of the program.
    """
    table = UPCASTERS if upcasters is None else upcasters
    version: int = raw["schema_version"]
    if version > SCHEMA_VERSION:
        raise ValueError(f"event schema {version} is newer than this program ({SCHEMA_VERSION})")
    body = dict(raw["body"])
    while version < SCHEMA_VERSION:
        step = table.get((str(body["type"]), version))
        body = step(body) if step else body
        version += 1
    return {**raw, "schema_version": version, "body": body}


def event_from_json(text: str, chain: str | None = None) -> Event:
    """An event from its stored JSON, upcast when it is old. Raises ValueError when it is not one.

    *chain* is its hash where that is stored beside it. What this program writes is parsed in one go; text
    of any other kind (another schema, a number for a text, an amount as a number) is looked at in detail.
    """
    event = (None if _FRACTION.search(text) else _parsed(text)) or _event_in_detail(text)
    if chain is not None:
        event.__dict__["chain"] = chain
        event.model_fields_set.add("chain")
    return event


_FRACTION = re.compile(r":\s*-?[0-9]+[.eE]")
"""A decimal written as a number: parsing in one go would take it through a float."""


def _parsed(text: str) -> Event | None:
    """An event of the present schema, in exactly its own types; None when the text is anything else."""
    try:
        event = _EVENT.validate_json(text, strict=True)
    except ValueError:
        return None
    ours = event.schema_version == SCHEMA_VERSION and "schema_version" in event.model_fields_set
    return event if ours else None


def _event_in_detail(text: str) -> Event:
    raw = json.loads(text, parse_float=Decimal)
    body, version = (raw.get("body"), raw.get("schema_version")) if isinstance(raw, dict) else (None, None)
    if not (isinstance(body, dict) and "type" in body and isinstance(version, int)):
        raise ValueError(f"not an event: {text[:80]!r}")
    return _EVENT.validate_python(upcast(raw))


def canonical_json(event: Event) -> str:
    """The event's JSON with sorted keys and without its chain: what the chain hashes."""
    fields = event.model_dump(mode="json", exclude={"chain"})
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def chain_of(previous: str, stored_json: str) -> str:
    """The hash of an event's canonical JSON over the chain of the event before it (`GENESIS` at first).

    It is taken over the JSON as stored, so that upcasting never breaks a chain.
    """
    return hashlib.sha256(f"{previous}\n{stored_json}".encode("utf-8", "surrogatepass")).hexdigest()
