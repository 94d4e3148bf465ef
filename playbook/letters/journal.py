"""The journal: what happened in a case, each event as one sentence a colleague would say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from playbook.domain import events as e
from playbook.domain.orders import Order
from playbook.domain.promises import FollowUp, FollowUpKind, Promise
from playbook.domain.remedies import Remedy
from playbook.i18n import Counted, show, show_fact, show_named, translator
from playbook.i18n.words import LETTERS, REASONS, word
from playbook.policy import Policy


@dataclass(frozen=True, slots=True)
class JournalLine:
    """When, who, what. ``kind`` is the event type; ``text`` is plain."""

    at: datetime
    actor: str
    text: str
    kind: str
    seq: int


def journal(
    events: Sequence[e.Event],
    lang: str,
    policy: Policy | None = None,
    checks: Mapping[str, str] | None = None,
) -> tuple[JournalLine, ...]:
    """The events as sentences, oldest first. With *policy*, platform deadlines are called by their name.

    *checks* are names of the review's checks in *lang*, by id; without them the id stands in words.
    """
    teller = _Teller(lang, policy, checks or {})
    return tuple(
        JournalLine(event.at, event.actor, teller.tell(event.body), event.type, event.seq) for event in events
    )


class _Teller:
    """Puts events into words; remembers the order, and what remedies, promises and tasks are about."""

    def __init__(self, lang: str, policy: Policy | None, checks: Mapping[str, str]) -> None:
        self.lang = lang
        self.checks = checks
        self.policy = policy
        self.order: Order | None = None
        self.names: dict[str, str] = {}

    def tell(self, body: e.Body) -> str:
        """The sentence of the next event."""
        if isinstance(body, e.OrderLocked):
            self.order = body.order
        self.names.update(self._named(body))
        return " ".join(_sentence(body, self).split())

    def remedy(self, remedy: Remedy) -> str:
        """A remedy with its units, and its refund if there is one."""
        text = f"{remedy.units} x {self.sku(remedy.line)}: {translator(self.lang)(word(remedy.kind))}"
        return f"{text}, {show(remedy.refund_total, self.lang)}" if remedy.refund else text

    def promise(self, promise: Promise) -> str:
        """What was promised, and for which goods."""
        text = translator(self.lang)(word(promise.kind))
        if promise.line is None:
            return text
        units = f"{promise.units} x " if promise.units else ""
        return f"{text} ({units}{self.sku(promise.line)})"

    def received(self, body: e.GoodsReceived) -> str:
        """What a parcel held: units taken back, units rejected with the reason, goods nobody expected."""
        _ = translator(self.lang)
        parts = []
        for row in body.units:
            sku = self.sku(row.line)
            if row.accepted:
                parts.append(_("{units} x {sku} taken back").format(units=row.accepted, sku=sku))
            if row.reason is not None:
                text = _("{units} x {sku} rejected ({reason})")
                parts.append(text.format(units=row.rejected, sku=sku, reason=show(row.reason, self.lang)))
        for goods in body.unexpected:
            what = goods.what if goods.line is None else self.sku(goods.line)
            parts.append(_("{units} x {sku} unexpected").format(units=goods.units, sku=what))
        return ", ".join(parts)

    def sku(self, number: int) -> str:
        """The SKU of a line, or its number while no order is known."""
        line = self.order.line(number) if self.order else None
        return str(line.sku if line else number)

    def _named(self, body: e.Body) -> dict[str, str]:
        match body:
            case e.RemedyChosen():
                return {body.remedy.remedy: self.remedy(body.remedy)}
            case e.GoodsReceived():
                return {remedy.remedy: self.remedy(remedy) for remedy in body.remedies}
            case e.PromiseMade():
                return {body.promise.promise: self.promise(body.promise)}
            case e.PromiseSuperseded():
                return {body.replacement.promise: self.promise(body.replacement)}
            case e.FollowUpScheduled():
                return {
                    task.follow_up: self.names.get(task.promise) or self.task(task)
                    for task in body.follow_ups
                }
            case e.FollowUpDone(task=task) if task is not None and body.follow_up not in self.names:
                return {body.follow_up: self.task(task)}
            case _:
                return {}

    def task(self, follow_up: FollowUp) -> str:
        """What a follow-up is about that watches no promise."""
        is_platform = follow_up.kind is FollowUpKind.PLATFORM_DEADLINE
        row = self.policy.deadline_row(follow_up.deadline) if self.policy and is_platform else None
        return row.name.of(self.lang) if row else translator(self.lang)(word(follow_up.kind))

    def check(self, known: str) -> str:
        """The name of a check of the review."""
        return self.checks.get(known, known.replace("_", " "))

    def name(self, known: str) -> str:
        """What an id stands for; a first reply may be done before any schedule was made."""
        if known == FollowUpKind.FIRST_REPLY:
            return translator(self.lang)(word(FollowUpKind.FIRST_REPLY))
        return self.names.get(known, known)


def _sentence(body: e.Body, teller: _Teller) -> str:
    lang = teller.lang
    _ = translator(lang)

    def fill(msgid: str, **params: object) -> str:
        return msgid.format(**{key: Counted(show_named(key, value, lang)) for key, value in params.items()})

    match body:
        case e.CaseOpened():
            return fill(_("Case opened for a message of {at}."), at=body.received_at)
        case e.OrderLocked():
            return fill(
                _("Order {order} locked; lines: {lines}."),
                order=body.order.order_id,
                lines=len(body.order.lines),
            )
        case e.LockWithdrawn():
            return fill(_("Lock withdrawn: {reason}"), reason=body.reason)
        case e.FactCorrected():
            skus = ", ".join(teller.sku(line) for line in body.lines)
            value = show_fact(body.fact, body.value, lang)
            if not skus:
                return fill(_("Fact corrected: {what}: {value}."), what=body.fact, value=value)
            return fill(
                _("Fact corrected: {what} of {skus}: {value}."), what=body.fact, skus=skus, value=value
            )
        case e.RulesAdopted():
            return _("The case follows the rules of today from here on.")
        case e.BreakdownConfirmed():
            claimed = [item for item in body.items if not item.is_fine]
            units = sum(item.units for item in claimed)
            return fill(
                _("Breakdown confirmed; units with a problem: {units}, entries: {items}."),
                units=units,
                items=len(claimed),
            )
        case e.EvidenceRequested():
            return fill(
                _("Buyer asked for evidence: {evidence}; entries: {count}."),
                evidence=body.evidence,
                count=len(body.items),
            )
        case e.EvidenceReceived():
            return fill(
                _("Evidence received: {evidence}; entries: {count}."),
                evidence=body.evidence,
                count=len(body.items),
            )
        case e.RemediesOffered():
            return fill(_("Options looked at; entries: {count}."), count=len(body.offers))
        case e.RemedyChosen():
            return fill(_("Agreed: {remedy}"), remedy=teller.remedy(body.remedy))
        case e.RemedyWithdrawn():
            return fill(
                _("Taken back: {remedy}. {reason}"), remedy=teller.name(body.remedy), reason=body.reason
            )
        case e.ApprovalRequested():
            return fill(
                _("Approval asked for {amount}; remedies: {count}."),
                amount=body.amount,
                count=len(body.remedies),
            )
        case e.ApprovalGiven():
            return fill(_("Approved. {note}"), note=body.note)
        case e.ApprovalRefused():
            return fill(_("Approval refused: {note}"), note=body.note)
        case e.PromiseMade():
            return fill(
                _("Promised: {what} by {due}"), what=teller.promise(body.promise), due=body.promise.due_at
            )
        case e.GoodsReceived():
            return fill(
                _("Goods received: {what}. {parcel} {note}"),
                what=teller.received(body),
                parcel=body.parcel,
                note=body.note,
            )
        case e.PromiseKept():
            kept = _("Amazon did it: {what}. {reference}")
            return fill(
                kept if body.by_amazon else _("Promise kept: {what}. {reference}"),
                what=teller.name(body.promise),
                reference=body.reference,
            )
        case e.PromiseSuperseded():
            return fill(
                _("Promise moved to {due}: {what}. {reason}"),
                what=teller.promise(body.replacement),
                due=body.replacement.due_at,
                reason=_(REASONS[body.reason]) if body.reason in REASONS else body.reason,
            )
        case e.PromiseWithdrawn():
            return fill(
                _("Promise taken back: {what}. {reason}"), what=teller.name(body.promise), reason=body.reason
            )
        case e.ClockStarted():
            return fill(
                _("{what}, {at}. {reference}"),
                what=body.start,
                at=body.started_at,
                reference=body.reference,
            )
        case e.RefundsChecked():
            return fill(
                _("Refund sheet checked: {amount} for {count:refund|refunds}, check {digest}."),
                amount=body.total,
                count=len(body.remedies),
                digest=body.digest,
            )
        case e.RefundsExported():
            return fill(
                _("Refund file saved: {amount} for {count:refund|refunds}, check {digest}."),
                amount=body.total,
                count=len(body.remedies),
                digest=body.digest,
            )
        case e.RefundExportUndone():
            return fill(_("Refund file not used: {reason}"), reason=body.reason)
        case e.RefundsCancelled():
            return fill(
                _("Refund cancelled while it was pending: {what}. {reason}"),
                what="; ".join(teller.name(promise) for promise in body.promises),
                reason=body.reason,
            )
        case e.FollowUpScheduled():
            return fill(_("Follow-ups scheduled: {count}."), count=len(body.follow_ups))
        case e.FollowUpDone():
            note = _(LETTERS[body.note]) if body.note in LETTERS else body.note
            return fill(_("Follow-up done: {what}. {note}"), what=teller.name(body.follow_up), note=note)
        case e.MessageApproved():
            return _message(body, fill, _)
        case e.MemoWritten():
            return _("Seller memo pasted.")
        case e.NoteAdded():
            return fill(_("Note: {text}"), text=body.text)
        case e.Flagged():
            msgid = _("Flag set: {flag}. {note}") if body.on else _("Flag removed: {flag}. {note}")
            return fill(msgid, flag=body.flag, note=body.note)
        case e.HandOverOffered():
            return fill(_("Offered to {name}. {note}"), name=body.to, note=body.note)
        case e.HandOverAccepted():
            return _("Hand-over accepted.")
        case e.CaseClosed():
            return fill(_("Case closed: {outcome}. {note}"), outcome=body.outcome, note=body.potential)
        case e.CaseReopened():
            return fill(_("Case reopened: {reason}"), reason=body.reason)
        case e.CaseScored() | e.FindingAppealed() | e.AppealDecided():
            return _appraisal(body, fill, teller)
        case _:
            assert_never(body)


def _message(body: e.MessageApproved, fill: Callable[..., str], _: Callable[[str], str]) -> str:
    """A message as sent, and what of it the agent answers for."""
    sent = [fill(_("Message sent: {kind} ({language})"), kind=_(LETTERS[body.kind]), language=body.language)]
    if body.proactive:
        sent.append(_("It opened a new thread."))
    if body.own:
        words = ", ".join(mark.words or "–" for mark in body.own)
        sent.append(fill(_("Against the ledger, checked by the agent: {words}"), words=words))
    return " ".join(sent)


def _appraisal(
    body: e.CaseScored | e.FindingAppealed | e.AppealDecided,
    fill: Callable[..., str],
    teller: _Teller,
) -> str:
    """What somebody said of the work on the case."""
    _ = translator(teller.lang)
    match body:
        case e.CaseScored():
            missed = sum(verdict is e.Verdict.MISSED for verdict in body.verdicts.values())
            told = _("Scored by hand: {missed} of {count:check|checks} missed. {note}")
            return fill(told, missed=missed, count=len(body.verdicts), note=body.note)
        case e.FindingAppealed():
            told = _("Appeal against the finding “{check}”: {reason}")
            return fill(told, check=teller.check(body.check), reason=body.reason)
    granted = _("Appeal granted, “{check}” counts no more: {note}")
    refused = _("Appeal refused, “{check}” stands: {note}")
    return fill(granted if body.granted else refused, check=teller.check(body.check), note=body.note)
