"""The journal: what happened in a case, each event as one sentence a colleague would say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from playbook.domain import events as e
from playbook.domain.orders import Order
from playbook.domain.remedies import Remedy
from playbook.i18n import show, show_named, translator
from playbook.i18n.words import LETTERS, word


@dataclass(frozen=True, slots=True)
class JournalLine:
    """When, who, what. ``kind`` is the event type; ``text`` is plain."""

    at: datetime
    actor: str
    text: str
    kind: str
    seq: int


def journal(events: Sequence[e.Event], lang: str) -> tuple[JournalLine, ...]:
    """The events as sentences, oldest first."""
    lines = []
    order: Order | None = None
    for event in events:
        if isinstance(event.body, e.OrderLocked):
            order = event.body.order
        text = _sentence(event.body, order, lang)
        lines.append(JournalLine(event.at, event.actor, text, event.type, event.seq))
    return tuple(lines)


def _sentence(body: e.Body, order: Order | None, lang: str) -> str:
    _ = translator(lang)

    def fill(msgid: str, **params: object) -> str:
        return msgid.format(**{key: show_named(key, value, lang) for key, value in params.items()})

    match body:
        case e.CaseOpened():
            return fill(_("Case opened for a message of {at}."), at=body.received_at)
        case e.OrderLocked():
            return fill(
                _("Order {order} locked ({lines} lines)."),
                order=body.order.order_id,
                lines=len(body.order.lines),
            )
        case e.LockWithdrawn():
            return fill(_("Lock withdrawn: {reason}"), reason=body.reason)
        case e.BreakdownConfirmed():
            claimed = [item for item in body.items if not item.is_fine]
            units = sum(item.units for item in claimed)
            return fill(
                _("Breakdown confirmed: {units} units with a problem in {items} entries."),
                units=units,
                items=len(claimed),
            )
        case e.EvidenceRequested():
            return fill(
                _("Buyer asked for a {evidence} ({count} entries)."),
                evidence=body.evidence,
                count=len(body.items),
            )
        case e.EvidenceReceived():
            return fill(
                _("{evidence} received ({count} entries)."), evidence=body.evidence, count=len(body.items)
            )
        case e.RemediesOffered():
            return fill(_("Options looked at for {count} entries."), count=len(body.offers))
        case e.RemedyChosen():
            return fill(_("Agreed: {remedy}"), remedy=_remedy(body.remedy, order, lang))
        case e.RemedyWithdrawn():
            return fill(_("Remedy {remedy} taken back: {reason}"), remedy=body.remedy, reason=body.reason)
        case e.ApprovalRequested():
            return fill(
                _("Approval asked for {amount}, {count} remedies."),
                amount=body.amount,
                count=len(body.remedies),
            )
        case e.ApprovalGiven():
            return fill(_("Approved. {note}"), note=body.note).strip()
        case e.ApprovalRefused():
            return fill(_("Approval refused: {note}"), note=body.note)
        case e.PromiseMade():
            return fill(
                _("Promised: {what} by {due}"), what=_(word(body.promise.kind)), due=body.promise.due_at
            )
        case e.PromiseKept():
            return fill(
                _("Promise {promise} kept. {reference}"), promise=body.promise, reference=body.reference
            ).strip()
        case e.PromiseSuperseded():
            return fill(
                _("Promise {promise} moved to {due}: {reason}"),
                promise=body.promise,
                due=body.replacement.due_at,
                reason=body.reason,
            )
        case e.FollowUpScheduled():
            return fill(_("Schedule: {count} follow-ups."), count=len(body.follow_ups))
        case e.FollowUpDone():
            return fill(_("Follow-up done: {what} {note}"), what=body.follow_up, note=body.note).strip()
        case e.MessageApproved():
            return fill(
                _("Message sent: {kind} ({language})"), kind=_(LETTERS[body.kind]), language=body.language
            )
        case e.MemoWritten():
            return _("Seller memo pasted.")
        case e.NoteAdded():
            return fill(_("Note: {text}"), text=body.text)
        case e.Flagged():
            return fill(_("Flag set: {flag}") if body.on else _("Flag removed: {flag}"), flag=body.flag)
        case e.HandOverOffered():
            return fill(_("Offered to {name}. {note}"), name=body.to, note=body.note).strip()
        case e.HandOverAccepted():
            return _("Hand-over accepted.")
        case e.CaseClosed():
            return fill(_("Case closed: {outcome}."), outcome=body.outcome)
        case e.CaseReopened():
            return fill(_("Case reopened: {reason}"), reason=body.reason)
        case _:
            assert_never(body)


def _remedy(remedy: Remedy, order: Order | None, lang: str) -> str:
    _ = translator(lang)
    line = order.line(remedy.line) if order else None
    text = f"{remedy.units} x {line.sku if line else remedy.line}: {_(word(remedy.kind))}"
    return f"{text}, {show(remedy.refund_total, lang)}" if remedy.refund else text
