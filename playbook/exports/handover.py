"""The hand-over card: what a colleague needs, so that the buyer is asked nothing twice."""

from collections.abc import Sequence
from datetime import datetime

from playbook.domain.case import Case
from playbook.domain.events import Event, EvidenceRequested, MessageApproved
from playbook.domain.ledgers import promise_ledger
from playbook.i18n import show, translator
from playbook.i18n.words import FOLLOW_UPS, LETTERS, PROMISES, STANDINGS, word


def handover_card(case: Case, events: Sequence[Event], *, now: datetime, lang: str) -> str:
    """Where the case stands, what was promised until when, what is open, what the buyer was told."""
    _ = translator(lang)
    order = case.order

    def at(moment: datetime) -> str:
        return show(moment, lang)

    parts = [f"{case.case_id} · {order.order_id if order else '–'} · {_(word(case.stage))}"]
    problems = [
        f"- {line.sku if line else item.line}: {item.units} x {_(word(item.problem))}"
        for item in case.claims
        for line in [order.line(item.line) if order else None]
    ]
    parts += _section(_("Problems"), problems)
    remedies = [
        f"- {line.sku if line else remedy.line}: {remedy.units} x {_(word(remedy.kind))}"
        + (f", {show(remedy.refund_total, lang)}" if remedy.refund else "")
        for remedy in case.remedies
        for line in [order.line(remedy.line) if order else None]
    ]
    parts += _section(_("Agreed"), remedies)
    promises = [
        f"- {_(PROMISES[known.promise.kind])}: {at(known.promise.due_at)} ({_(STANDINGS[standing])})"
        for known, standing in promise_ledger(case, now)
    ]
    parts += _section(_("Promised to the buyer"), promises)
    told = [
        f"- {_(LETTERS[event.body.kind])}: {at(event.at)}"
        for event in events
        if isinstance(event.body, MessageApproved)
    ]
    asked = [
        f"- {_(word(event.body.evidence))}: {at(event.at)}"
        for event in events
        if isinstance(event.body, EvidenceRequested)
    ]
    parts += _section(_("The buyer was told"), told)
    parts += _section(_("The buyer was asked for"), asked)
    tasks = [f"- {at(task.due_at)} {_(FOLLOW_UPS[task.kind])}" for task in case.open_follow_ups]
    parts += _section(_("Next"), tasks[:8])
    return "\n".join(parts) + "\n"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:", *lines] if lines else []
