"""The promises on the page: how each stands, moving one, taking one back, promising beside the plan."""

from collections.abc import Callable
from datetime import UTC, datetime

import ipywidgets as w

from playbook.domain.case import KnownPromise
from playbook.domain.ledgers import PromiseStanding
from playbook.domain.money import total
from playbook.domain.promises import Promise, PromiseKind
from playbook.i18n import Counted, say, show, translator
from playbook.i18n.words import PROMISES, STANDINGS
from playbook.steps.commands import MakePromise
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.followup import FollowUpModel
from playbook.widgets import html as h
from playbook.widgets.base import button, guarded, html, named, placeheld, row

STYLES = {PromiseStanding.LATE: "pb-bad", PromiseStanding.KEPT: "pb-ok"}


class PromisesCard(w.VBox):
    """Every promise with its state, and below it the ways to change what was promised.

    *drafted* is called when the message about a change has been drafted.
    """

    def __init__(self, model: FollowUpModel, drafted: Callable[[], None]) -> None:
        super().__init__()
        self.model = model
        self.drafted = drafted
        self._ = translator(model.work.lang)
        self.add_class("pb-card")
        self.contradiction = w.VBox()
        self._contradicts()
        parts: list[w.Widget] = [html(h.tag("h2", h.text(self._("Promises"))) + self._table())]
        if not model.work.case.closed:
            parts += [*self._pending(), *self._changes(), self._maker(), self.contradiction]
        self.children = parts

    def _table(self) -> str:
        _ = self._
        head = [_("Promise"), _("For"), _("Until"), _("State"), _("Reference")]
        rules = self.model.rule_dates
        rows = [
            self._cells(known, standing, rules.get(known.promise.promise))
            for known, standing in self.model.promises
        ]
        return (
            h.table(head, rows)
            if rows
            else h.tag("p", h.text(_("Nothing was promised yet.")), cls="pb-muted")
        )

    def _cells(self, known: KnownPromise, standing: PromiseStanding, rule: datetime | None) -> list[str]:
        lang = self.model.work.lang
        until = h.moment(known.promise.due_at, lang)
        if rule is not None:
            by_rule = h.text(self._("the rule would now say")) + " " + h.moment(rule, lang)
            until += h.tag("div", by_rule, cls="pb-muted")
        return [
            h.text(self._(PROMISES[known.promise.kind])),
            subject_html(known.promise, self.model.work),
            until,
            h.badge(self._(STANDINGS[standing]), STYLES.get(standing, "")),
            h.mono(known.reference) if known.reference else "",
        ]

    def _pending(self) -> list[w.Widget]:
        """Refunds that are submitted and not paid yet, and the record that they were cancelled."""
        _, model = self._, self.model
        pending = model.pending_refunds
        if not pending:
            return []
        amounts = [known.promise.amount for known, _until in pending if known.promise.amount is not None]
        said = _(
            "Pending until {until}: {count:refund|refunds}, {amount}."
            " Seller Central cancels all of an order at once."
        )
        text = said.format(
            until=h.plain_moment(pending[-1][1], model.work.lang),
            count=Counted(len(pending)),
            amount=show(total(amounts, amounts[0].currency), model.work.lang) if amounts else "–",
        )
        reason = placeheld(_("Why were they cancelled?"))
        reason.layout.width = "230px"

        def cancelled() -> None:
            if model.cancel_refunds(reason.value):
                self.drafted()

        return [
            html(h.tag("p", h.text(text), cls="pb-muted")),
            row(reason, button(_("Pending refunds were cancelled"), cancelled, work=model.work)),
        ]

    def _changes(self) -> list[w.Widget]:
        """Move an open promise to another date; one beside the plan can be taken back."""
        _, model = self._, self.model
        open_ones = model.work.case.open_promises
        if not open_ones:
            return []
        which = w.Dropdown(
            options=[(f"{_(PROMISES[p.kind])} · {subject(p, model.work)}", p.promise) for p in open_ones],
            description=_("Move"),
        )
        at = named(w.NaiveDatetimePicker(), _("New date and time, China time"))
        reason = placeheld(_("Why? The buyer will be told."))
        reason.layout.width = "230px"

        def move() -> None:
            due_at = as_utc(at.value)
            if due_at is not None and model.change(str(which.value), due_at, reason.value):
                self.drafted()

        def take_back() -> None:
            if model.take_back(str(which.value), reason.value):
                self.drafted()

        back = button(_("Take it back"), take_back, work=model.work)
        beside = {promise.promise for promise in open_ones if not promise.remedy}

        def can_take_back(_change: object = None) -> None:
            back.layout.display = None if which.value in beside else "none"

        which.observe(guarded(can_take_back, model.work), "value")
        can_take_back()
        return [row(which, at, reason, button(_("Change the promise"), move, work=model.work), back)]

    def _maker(self) -> w.Widget:
        """Promise something beside the plan: the date of an answer, goods for a line."""
        _, model = self._, self.model
        kind = w.Dropdown(
            options=[(_(PROMISES[kind]), kind.value) for kind in (PromiseKind.ANSWER, *_others())],
            description=_("Promise something else"),
            style={"description_width": "initial"},
        )
        order = model.work.case.order
        lines = [(str(line.sku), line.line) for line in order.lines] if order is not None else []
        line = named(w.Dropdown(options=[(_("the whole case"), 0), *lines]), _("For which line"))
        line.layout.width = "150px"
        units = placeheld(_("units"))
        units.layout.width = "80px"
        at = named(w.NaiveDatetimePicker(), _("Promised until, China time"))

        def promise() -> None:
            due_at = as_utc(at.value)
            count = units.value.strip()
            if due_at is None or (count and not count.isdecimal()):
                model.work.tell(_("Give the date and time, and the units as a whole number."))
                return
            number = int(count) if count else None
            model.promise(MakePromise(PromiseKind(kind.value), due_at, line=line.value or None, units=number))
            self._contradicts()

        return row(kind, line, units, at, button(_("Promise it"), promise, work=model.work))

    def _contradicts(self) -> None:
        """What the new promise stands against, and both ways out."""
        _, model = self._, self.model
        if model.refused is None:
            self.contradiction.children = []
            return
        problems = model.work.problems_of(model.refused)
        why = placeheld(_("Why is it replaced? The buyer will be told."))
        why.layout.width = "290px"

        def instead() -> None:
            if model.instead(why.value):
                self.drafted()

        def keep_old() -> None:
            model.forget()
            self._contradicts()

        self.contradiction.children = [
            html(h.items((h.text(say(problem, model.work.lang)) for problem in problems), cls="pb-note")),
            row(
                why,
                button(_("Replace the earlier promise"), instead, work=model.work),
                button(_("Change the new one"), keep_old, work=model.work),
            ),
        ]


def _others() -> tuple[PromiseKind, ...]:
    return tuple(kind for kind in PromiseKind if kind is not PromiseKind.ANSWER)


def subject(promise: Promise, work: CaseModel) -> str:
    """What a promise is for, as plain text: the units of a line, or the whole case."""
    order = work.case.order
    line = order.line(promise.line) if order and promise.line else None
    if line is None:
        return translator(work.lang)("the whole case")
    return f"{promise.units} x {line.sku}" if promise.units else str(line.sku)


def subject_html(promise: Promise, work: CaseModel) -> str:
    """What a promise is for, with its amount."""
    parts = [h.text(subject(promise, work))]
    if promise.amount is not None:
        parts.append(h.money(promise.amount, work.lang))
    return " · ".join(parts)


def as_utc(value: datetime | None) -> datetime | None:
    """A picked local time (China) as UTC."""
    return None if value is None else value.replace(tzinfo=h.AGENT_ZONE).astimezone(UTC)
