"""The hand-over card: what a colleague needs, so that the buyer is asked nothing twice (P4)."""

from collections.abc import Mapping, Sequence

from playbook.domain.case import Case
from playbook.domain.events import Event, EvidenceReceived, EvidenceRequested, MessageApproved, NoteAdded
from playbook.domain.ledgers import PromiseStanding, promise_ledger
from playbook.domain.promises import Promise
from playbook.exports.documents import Document, Part, Quote, Table, as_text
from playbook.exports.sheets import sheet
from playbook.i18n import show, translator
from playbook.i18n.words import FLAGS, LETTERS, PROMISES, STANDINGS, word
from playbook.steps.decision import Setting
from playbook.steps.schedule import running_deadlines, task_name

NEXT_SHOWN = 8
COLUMNS = ("part", "when", "what", "goods", "amount", "state")
"""The columns of the card as CSV."""

_OPEN = frozenset({PromiseStanding.OPEN, PromiseStanding.LATE})


def hand_over_sheet(
    case: Case,
    events: Sequence[Event],
    *,
    setting: Setting,
    lang: str,
    told: Mapping[str, str | None] | None = None,
) -> Document:
    """Where the case stands, what is promised until when, what the buyer was told and may not be asked.

    *told* has the exact words of messages by their reference, None where they were deleted on schedule;
    without it the messages are only named. Times are shown in the agents' zone.
    """
    card = _Card(case, events, setting, lang, told)
    _ = card._
    parts = (
        Part(_("Flags"), tuple(sorted(_(FLAGS.get(flag, flag)) for flag in case.flags))),
        Part(_("Next"), card.next_tasks()),
        card.promises(),
        Part(_("Risks and clocks"), card.risks()),
        card.said(),
        Part(_("Known: do not ask the buyer again"), card.known()),
        Part(_("Asked, not answered yet"), card.awaited()),
        Part(_("Agreed"), card.agreed()),
        card.settled(),
        Part(_("Notes for colleagues"), card.notes()),
    )
    order = case.order
    facts = [case.case_id, order.order_id if order else "–", _(word(case.stage))]
    if case.owner:
        facts.append(_("with {name}").format(name=case.owner))
    return Document(_("Hand-over card"), tuple(facts), tuple(part for part in parts if part))


def handover_card(case: Case, events: Sequence[Event], *, setting: Setting, lang: str) -> str:
    """The card as plain text for a chat or a ticket: the buyer is told of, not quoted."""
    document = hand_over_sheet(case, events, setting=setting, lang=lang)
    return as_text(document, translator(lang)("{what}: {fact}").format(what="", fact=""))


def hand_over_list(document: Document) -> str:
    """The card as CSV: one fact a row, under the name of its part."""
    rows: list[tuple[str, ...]] = []
    for part in document.parts:
        rows += [(part.title, "", line, "", "", "") for line in part.lines]
        rows += [(part.title, quote.head, quote.words, "", "", "") for quote in part.quotes]
        if part.table is not None:
            rows += [(part.title, *cells) for cells in part.table.rows]
    return sheet(COLUMNS, rows)


class _Card:
    """Puts a case into the parts of the card."""

    def __init__(
        self,
        case: Case,
        events: Sequence[Event],
        setting: Setting,
        lang: str,
        told: Mapping[str, str | None] | None,
    ) -> None:
        self.case = case
        self.events = events
        self.setting = setting
        self.lang = lang
        self.told = told
        self._ = translator(lang)

    def goods(self, number: int | None, units: int | None) -> str:
        order = self.case.order
        line = order.line(number) if order is not None and number is not None else None
        subject = str(line.sku if line else number or "")
        return f"{units} x {subject}" if units else subject

    def fact(self, what: str, known: str) -> str:
        return self._("{what}: {fact}").format(what=what, fact=known)

    def next_tasks(self) -> tuple[str, ...]:
        """The next tasks; of the updates without news only the first."""
        shown: dict[str, str] = {}
        for task in self.case.open_follow_ups:
            known = self.case.known_promise(task.promise) if task.promise else None
            what = show(task_name(task, self.case, self.setting.policy), self.lang)
            goods = self.goods(known.promise.line, known.promise.units) if known else ""
            at = show(task.due_at, self.lang)
            shown.setdefault(
                task.promise or task.deadline or task.kind, " · ".join(filter(None, (f"{at} {what}", goods)))
            )
        return tuple(shown.values())[:NEXT_SHOWN]

    def promises(self) -> Part:
        """The open promises, the next due first."""
        return self._promise_part(self._("Promised and open"), _OPEN)

    def settled(self) -> Part:
        """The other promises: kept, replaced or taken back."""
        return self._promise_part(self._("Promised before"), frozenset(PromiseStanding) - _OPEN)

    def _promise_part(self, title: str, standings: frozenset[PromiseStanding]) -> Part:
        _ = self._
        rows = tuple(
            self._promise_row(known.promise, standing)
            for known, standing in promise_ledger(self.case, self.setting.now)
            if standing in standings
        )
        head = (_("Until"), _("What"), _("For"), _("Amount"), _("State"))
        return Part(title, table=Table(head, rows, frozenset({3}), frozenset({0})))

    def _promise_row(self, promise: Promise, standing: PromiseStanding) -> tuple[str, ...]:
        return (
            show(promise.due_at, self.lang),
            self._(PROMISES[promise.kind]),
            self.goods(promise.line, promise.units) or self._("the whole case"),
            show(promise.amount, self.lang) if promise.amount is not None else "",
            self._(STANDINGS[standing]),
        )

    def risks(self) -> tuple[str, ...]:
        """What can go wrong soon: late promises, waiting approvals, platform clocks, rules' warnings."""
        _, case, now = self._, self.case, self.setting.now
        risks = [
            self.fact(_("Promise is late"), f"{_(PROMISES[p.kind])} {self.goods(p.line, p.units)}".rstrip())
            for p in case.open_promises
            if p.due_at < now
        ]
        if case.undecided_units():
            risks.append(_("Claimed units without a remedy: {units}.").format(units=case.undecided_units()))
        if case.pending:
            risks.append(_("Requests that wait for approval: {count}.").format(count=len(case.pending)))
        if self.setting.elsewhere:
            risks.append(_("Another case on this order has compensated units: look there first."))
        if case.refund_files:
            file = case.refund_files[-1]
            risks.append(
                _("A refund file of {amount} was saved: do not refund these units again.").format(
                    amount=show(file.total, self.lang)
                )
            )
        risks += [
            f"{show(deadline.due_at, self.lang)} {show(deadline.row.name, self.lang)}"
            for deadline in running_deadlines(case, self.setting)
            if deadline.due_at > now
        ]
        for remedy in case.remedies:
            row = self.setting.policy.remedy_row(remedy.rule)
            if row is not None and row.then.risk is not None and not case.is_executed(remedy):
                risks.append(show(row.then.risk, self.lang))
        return tuple(dict.fromkeys(risks))

    def said(self) -> Part:
        """What the buyer was told: the exact words while they are kept."""
        _ = self._
        title = _("The buyer was told")
        messages = [(event, body) for event in self.events if isinstance(body := event.body, MessageApproved)]
        heads = [f"{show(event.at, self.lang)} {_(LETTERS[body.kind])}" for event, body in messages]
        told = self.told
        if told is None:
            return Part(title, tuple(heads))
        gone = _("(The words were deleted on schedule.)")
        quotes = tuple(
            Quote(f"{head} · {event.actor}", told.get(body.message_ref) or gone)
            for head, (event, body) in zip(heads, messages, strict=True)
        )
        return Part(title, quotes=quotes)

    def known(self) -> tuple[str, ...]:
        """What the buyer has said or sent already."""
        _, case = self._, self.case
        known = []
        if case.order is not None:
            known.append(self.fact(_("Order"), case.order.order_id))
        known += [self.fact(self.goods(item.line, item.units), _(word(item.problem))) for item in case.claims]
        for event in self.events:
            if isinstance(event.body, EvidenceReceived):
                known.append(
                    self.fact(_("Received"), f"{_(word(event.body.evidence))} {show(event.at, self.lang)}")
                )
        return tuple(known)

    def awaited(self) -> tuple[str, ...]:
        """Evidence the buyer was asked for that has not come."""
        waiting = {evidence for _item, evidence in self.case.awaited}
        return tuple(
            f"{show(event.at, self.lang)} {self._(word(event.body.evidence))}"
            for event in self.events
            if isinstance(event.body, EvidenceRequested) and event.body.evidence in waiting
        )

    def agreed(self) -> tuple[str, ...]:
        return tuple(
            self.fact(self.goods(remedy.line, remedy.units), self._(word(remedy.kind)))
            + (f" · {show(remedy.refund_total, self.lang)}" if remedy.refund else "")
            for remedy in self.case.remedies
        )

    def notes(self) -> tuple[str, ...]:
        return tuple(
            self.fact(event.actor, event.body.text)
            for event in self.events
            if isinstance(event.body, NoteAdded)
        )
