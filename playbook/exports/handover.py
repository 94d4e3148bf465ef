"""The hand-over card: what a colleague needs, so that the buyer is asked nothing twice."""

from collections.abc import Sequence
from datetime import datetime

from playbook.domain.case import Case
from playbook.domain.events import Event, EvidenceRequested, MessageApproved, NoteAdded
from playbook.domain.ledgers import promise_ledger
from playbook.i18n import show, translator
from playbook.i18n.words import FLAGS, FOLLOW_UPS, LETTERS, PROMISES, STANDINGS, word

NEXT_SHOWN = 8


def handover_card(case: Case, events: Sequence[Event], *, now: datetime, lang: str) -> str:
    """Where the case stands, what was promised until when, what is open, what the buyer was told.

    Plain text, one fact a line. Times are shown in the agents' zone.
    """
    _ = translator(lang)
    order = case.order

    def goods(number: int | None, units: int | None) -> str:
        line = order.line(number) if order is not None and number is not None else None
        subject = str(line.sku if line else number or "")
        return f"{units} x {subject}" if units else subject

    def fact(what: str, known: str) -> str:
        return _("{what}: {fact}").format(what=what, fact=known)

    def section(title: str, lines: Sequence[str]) -> list[str]:
        return [fact(title, "").rstrip(), *(f"- {' '.join(line.split())}" for line in lines)] if lines else []

    parts = [f"{case.case_id} · {order.order_id if order else '–'} · {_(word(case.stage))}"]
    parts += section(_("Flags"), [_(FLAGS.get(flag, flag)) for flag in sorted(case.flags)])
    problems = [fact(goods(item.line, item.units), _(word(item.problem))) for item in case.claims]
    parts += section(_("Problems"), problems)
    if case.undecided_units():
        text = _("Claimed units without a remedy: {units}.")
        parts.append(text.format(units=case.undecided_units()))
    if case.pending:
        parts.append(_("Requests that wait for approval: {count}.").format(count=len(case.pending)))
    remedies = [
        fact(goods(remedy.line, remedy.units), _(word(remedy.kind)))
        + (f" · {show(remedy.refund_total, lang)}" if remedy.refund else "")
        for remedy in case.remedies
    ]
    parts += section(_("Agreed"), remedies)
    promises = [
        fact(
            f"{_(PROMISES[known.promise.kind])} · {goods(known.promise.line, known.promise.units) or '–'}",
            f"{show(known.promise.due_at, lang)} · {_(STANDINGS[standing])}",
        )
        for known, standing in promise_ledger(case, now)
    ]
    parts += section(_("Promised to the buyer"), promises)
    told, asked, notes = [], [], []
    for event in events:
        match event.body:
            case MessageApproved(kind=kind):
                told.append(f"{show(event.at, lang)} {_(LETTERS[kind])}")
            case EvidenceRequested(evidence=evidence):
                asked.append(f"{show(event.at, lang)} {_(word(evidence))}")
            case NoteAdded(text=text):
                notes.append(fact(event.actor, text))
    parts += section(_("The buyer was told"), told)
    parts += section(_("The buyer was asked for"), asked)
    parts += section(_("Notes for colleagues"), notes)
    tasks = [f"{show(task.due_at, lang)} {_(FOLLOW_UPS[task.kind])}" for task in case.open_follow_ups]
    parts += section(_("Next"), tasks[:NEXT_SHOWN])
    return "\n".join(parts) + "\n"
