"""Beside every step: what the buyer wrote, what happened so far, what is already on the order."""

from collections.abc import Sequence
from functools import cache

import ipywidgets as w

from playbook.domain.orders import Order, amounts_total
from playbook.i18n import Counted, translator
from playbook.i18n.words import EARLIER, LANGUAGES, OTHER_LANGUAGE, word
from playbook.intake import Mark
from playbook.letters import journal
from playbook.steps.lock import fingerprint
from playbook.viewmodels.case import CaseModel
from playbook.widgets import html as h
from playbook.widgets.base import View, card, html, keep_drawn

JOURNAL_LINES = 8

SILENT = frozenset({"RemediesOffered", "FollowUpScheduled"})
"""Events that tell an agent nothing: the schedule itself is on the page."""


class SideView(View):
    """One per page; shown to the left of every step."""

    def __init__(self, work: CaseModel) -> None:
        super().__init__(work.lang, "pb-side")
        self.work = work

    def build(self) -> Sequence[w.Widget]:
        self.message = html()
        self.order = html()
        self.journal = html()
        keep_drawn(self.work, self._draw)
        return [card(self.message), card(self.order), card(self.journal)]

    def _draw(self) -> None:
        self.message.value = message_html(self.work)
        self.order.value = already_html(self.work)
        self.journal.value = journal_html(self.work)


def message_html(work: CaseModel) -> str:
    """The buyer's message with what was understood marked: sure in colour, doubtful in amber."""
    _ = translator(work.lang)
    case = work.case
    language = LANGUAGES.get(case.language, _(OTHER_LANGUAGE))
    title = _("Buyer's message")
    when = h.moment(case.received_at, work.lang) if case.received_at else ""
    head = h.tag("h2", h.text(title), ", ", when, " (", h.text(language), ")")
    message = work.message
    if not message:
        text = _("No message text: none was pasted, or it was deleted after its time.")
        return head + h.tag("p", h.text(text), cls="pb-muted")
    return head + h.tag("div", marked(message, work.reading.marks), cls="pb-msg")


def marked(message: str, marks: Sequence[Mark]) -> str:
    """*message* as text with marks; overlapping marks give way to the earlier, longer one."""
    parts = []
    at = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if mark.start < at or mark.end > len(message):
            continue
        parts.append(h.text(message[at : mark.start]))
        words = h.text(message[mark.start : mark.end])
        cls = "" if mark.sure else "q"
        parts.append(h.tag("mark", words, cls=cls, data_from=mark.start, data_to=mark.end))
        at = mark.end
    parts.append(h.text(message[at:]))
    return "".join(parts)


def already_html(work: CaseModel) -> str:
    """Earlier compensation, linked orders, other cases, and the platform's clocks."""
    _ = translator(work.lang)
    case = work.case
    order = case.order
    if order is None:
        return h.tag("h2", h.text(_("Already on this order"))) + h.tag(
            "p", h.text(_("Lock the order to see what happened on it before.")), cls="pb-muted"
        )
    lines = [*_earlier(order, work), *_linked(order, work), *_others(order, work)]
    if not lines:
        lines = [h.text(_("Nothing refunded, no replacement order, no other case."))]
    today = work.desk.order(order.order_id)
    read = case.locked_order or order
    if today is not None and fingerprint(today) != fingerprint(read):
        lines.insert(0, h.tag("b", h.text(_("The order has changed since it was locked.")), cls="pb-note"))
    clocks = [
        f"{h.text(deadline.row.name.of(work.lang))}: {h.moment(deadline.due_at, work.lang)}"
        for deadline in work.deadlines
        if deadline.due_at >= work.now
    ]
    heads = h.tag("h2", h.text(_("Already on this order"))) + h.items(lines)
    if not clocks:
        return heads
    return heads + h.tag("h2", h.text(_("Clocks that run"))) + h.items(clocks[:6])


def _earlier(order: Order, work: CaseModel) -> list[str]:
    _ = translator(work.lang)
    lines = []
    for earlier in order.earlier:
        line = order.line(earlier.line)
        text = f"{earlier.units} x {line.sku if line else earlier.line}: {_(EARLIER[earlier.kind])}"
        if earlier.on is not None:
            text += f", {earlier.on.isoformat()}"
        money = amounts_total(earlier.refunded, order.currency)
        lines.append(h.text(text) + (f", {h.money(money, work.lang)}" if money else ""))
    return lines


def _linked(order: Order, work: CaseModel) -> list[str]:
    _ = translator(work.lang)
    lines = [h.text(_("Replacement order: ")) + h.mono(other) for other in order.replacement_orders]
    if order.replaces:
        lines.append(h.text(_("This order replaces: ")) + h.mono(order.replaces))
    return lines


def _others(order: Order, work: CaseModel) -> list[str]:
    _ = translator(work.lang)
    lines = []
    for other in work.desk.other_cases(order.order_id, work.case.case_id):
        link = h.tag(
            "a",
            h.text(other.case_id),
            href=h.link("case", case=other.case_id, lang=work.lang, agent=work.desk.actor.name),
        )
        lines.append(h.text(_("Other case: ")) + link + f" ({h.text(_(word(other.stage)))})")
    return lines


def journal_html(work: CaseModel) -> str:
    """The latest events as sentences; older ones unfold. What a link led to is marked and in sight."""
    _ = translator(work.lang)
    checks = _check_names(work.lang) if work.case.appeals else {}
    lines = journal(work.desk.events(work.case.case_id), work.lang, work.desk.policy, checks)
    told = [line for line in reversed(lines) if line.kind not in SILENT]
    here = next((line.seq for line in told if line.seq <= work.marked), None)
    shown = [
        h.tag(
            "li",
            h.moment(line.at, work.lang),
            h.tag(
                "span", h.text(f"{line.actor}: {line.text}"), *([h.into_view()] if line.seq == here else [])
            ),
            cls="pb-here" if line.seq == here else "",
        )
        for line in told
    ]
    recent, older = shown[:JOURNAL_LINES], shown[JOURNAL_LINES:]
    is_older = here is not None and all(line.seq != here for line in told[:JOURNAL_LINES])
    body = h.tag("h2", h.text(_("Journal"))) + h.tag("ul", *recent, cls="pb-timeline")
    if older:
        more = _("{count:earlier entry|earlier entries}").format(count=Counted(len(older)))
        opened = {"open": ""} if is_older else {}
        entries = h.tag("ul", *older, cls="pb-timeline")
        body += h.tag("details", h.tag("summary", h.text(more)), entries, **opened)
    return body


@cache
def _check_names(lang: str) -> dict[str, str]:
    """The names of the review's checks; the scorecard is loaded only where somebody appealed."""
    from playbook.review.scorecard import load_scorecard

    return {row.id: row.name.of(lang) for row in load_scorecard().rows}
