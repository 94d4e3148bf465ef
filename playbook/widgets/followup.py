"""Step four on the page: the plan, the promises and the schedule, and the ways to end the case."""

from collections.abc import Sequence
from datetime import UTC, datetime

import ipywidgets as w

from playbook.domain.case import KnownPromise
from playbook.domain.ledgers import PromiseStanding
from playbook.domain.promises import FollowUp, Promise
from playbook.i18n import say
from playbook.i18n.words import FOLLOW_UPS, PROMISES, STANDINGS
from playbook.viewmodels.followup import LETTER_FOR, FollowUpModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, named, placeheld, row
from playbook.widgets.closing import ClosingView
from playbook.widgets.letters import LetterView, MemoView
from playbook.widgets.reception import ReceptionView
from playbook.widgets.side import SideView
from playbook.widgets.takealong import leaving_views


class FollowUpView(View):
    """Plan or schedule on top, then the message, the memo, and what ends the case."""

    def __init__(self, model: FollowUpModel, side: SideView) -> None:
        super().__init__(model.work.lang, "pb-step")
        self.model = model
        self.side = side

    def build(self) -> Sequence[w.Widget]:
        self.plan = w.VBox()
        self.reception = ReceptionView(self.model.reception)
        self.letter = LetterView(self.model)
        self.memo = MemoView(self.model)
        self.returns, self.refunds, self.files = leaving_views(self.model.work)
        self.closing = ClosingView(self.model)
        self._draw()
        self.model.work.observe(guarded(lambda _: self._draw(), self.model.work), "case")
        work = [self.returns, self.reception, self.letter, self.refunds, self.memo]
        work += [self.files, self.closing]
        for view in (*work, self.side):
            view.show()
        page = w.HBox([self.side, w.VBox([self.plan, *work])])
        page.add_class("pb-two")
        return [page]

    def _draw(self) -> None:
        case = self.model.work.case
        if case.plan_confirmed:
            self.plan.children = [self._schedule(), *([self._promises()] if case.promises else [])]
        else:
            self.plan.children = [self._draft_plan(), *([self._promises()] if case.promises else [])]

    def _draft_plan(self) -> w.Widget:
        model, _ = self.model, self._
        planned = model.planned if not model.blockers else ()
        head = [_("What we promise"), _("For"), _("Until")]
        rows = [
            [h.text(_(PROMISES[p.kind])), self._subject(p), h.moment(p.due_at, self.lang)] for p in planned
        ]
        due = [
            [h.text(_(FOLLOW_UPS[f.kind])), h.moment(f.due_at, self.lang)]
            for f in (model.follow_ups if not model.blockers else ())
            if not f.promise
        ]
        confirm = button(_("Confirm the plan"), model.confirm, work=model.work, primary=True)
        confirm.disabled = bool(model.blockers)
        note = html(h.items((h.text(say(problem, self.lang)) for problem in model.blockers), cls="pb-note"))
        children: list[w.Widget] = [html(h.tag("h2", h.text(_("The plan"))))]
        if rows:
            children.append(html(h.table(head, rows)))
            children.append(self._date_editor(planned))
        if due:
            children.append(
                html(h.tag("h2", h.text(_("And we come back"))) + h.table([_("What"), _("When")], due))
            )
        return card(*children, row(confirm, note))

    def _date_editor(self, planned: Sequence[Promise]) -> w.Widget:
        _ = self._
        which = w.Dropdown(
            options=[(f"{_(PROMISES[p.kind])} · {self._plain_subject(p)}", n) for n, p in enumerate(planned)],
            description=_("Another date for"),
            style={"description_width": "initial"},
        )
        at = named(w.NaiveDatetimePicker(), _("Date and time, China time"))

        def use() -> None:
            promise = planned[int(which.value)]
            self.model.set_date(promise.remedy, promise.kind, _as_utc(at.value))
            self._draw()

        return row(which, at, button(_("Use this date"), use, work=self.model.work))

    def _subject(self, promise: Promise) -> str:
        parts = [h.text(self._plain_subject(promise))]
        if promise.amount is not None:
            parts.append(h.money(promise.amount, self.lang))
        return " · ".join(parts)

    def _plain_subject(self, promise: Promise) -> str:
        order = self.model.work.case.order
        line = order.line(promise.line) if order and promise.line else None
        if line is None:
            return self._("the whole case")
        return f"{promise.units} x {line.sku}" if promise.units else str(line.sku)

    def _schedule(self) -> w.Widget:
        _ = self._
        open_ones = self.model.follow_ups
        if not open_ones:
            return card(
                html(h.tag("h2", h.text(_("What is next"))) + h.tag("p", h.text(_("Nothing is open."))))
            )
        return card(
            html(h.tag("h2", h.text(_("What is next")))), *(self._task(task) for task in _grouped(open_ones))
        )

    def _task(self, tasks: tuple[FollowUp, ...]) -> w.Widget:
        model, _ = self.model, self._
        first = tasks[0]
        late = first.due_at < model.work.now
        when = h.moment(first.due_at, self.lang) + (" " + h.badge(_("overdue"), "pb-bad") if late else "")
        promises = [p for p in model.work.case.open_promises if p.promise in {task.promise for task in tasks}]
        what = h.text(_(PROMISES[promises[0].kind]) if promises else _(FOLLOW_UPS[first.kind]))
        subject = ", ".join(self._subject(promise) for promise in promises)
        text = html(
            h.tag("div", h.tag("b", what), " ", subject, h.tag("div", when, cls="pb-muted")), cls="pb-grow"
        )
        if model.work.case.closed:
            return row(text, cls="pb-row")
        if promises:
            reference = placeheld(_("tracking number or refund reference"))
            reference.layout.width = "270px"

            def keep() -> None:
                for promise in promises:
                    if not model.keep(promise.promise, reference.value):
                        return

            return row(text, reference, button(_("Done: promise kept"), keep, work=model.work), cls="pb-row")
        actions: list[w.Widget] = []
        if first.kind in LETTER_FOR:
            actions.append(button(_("Write the message"), lambda: self._write(first), work=model.work))
        actions.append(button(_("Done"), lambda: model.complete(first.follow_up), work=model.work))
        return row(text, *actions, cls="pb-row")

    def _write(self, task: FollowUp) -> None:
        kind = self.model.letter_for(task.kind)
        if kind is not None:
            self.letter.start(kind, task.follow_up)

    def _promises(self) -> w.Widget:
        _ = self._
        ledger = self.model.promises
        head = [_("Promise"), _("For"), _("Until"), _("State"), _("Reference")]
        rows = [self._promise_cells(known, standing) for known, standing in ledger]
        children: list[w.Widget] = [html(h.tag("h2", h.text(_("Promises"))) + h.table(head, rows))]
        open_ones = self.model.work.case.open_promises
        if open_ones and not self.model.work.case.closed:
            children.append(self._mover(open_ones))
        return card(*children)

    def _promise_cells(self, known: KnownPromise, standing: PromiseStanding) -> list[str]:
        style = {PromiseStanding.LATE: "pb-bad", PromiseStanding.KEPT: "pb-ok"}.get(standing, "")
        return [
            h.text(self._(PROMISES[known.promise.kind])),
            self._subject(known.promise),
            h.moment(known.promise.due_at, self.lang),
            h.badge(self._(STANDINGS[standing]), style),
            h.mono(known.reference) if known.reference else "",
        ]

    def _mover(self, open_ones: Sequence[Promise]) -> w.Widget:
        _ = self._
        which = w.Dropdown(
            options=[(f"{_(PROMISES[p.kind])} · {self._plain_subject(p)}", p.promise) for p in open_ones],
            description=_("Move"),
        )
        at = named(w.NaiveDatetimePicker(), _("New date and time, China time"))
        reason = placeheld(_("Why? The buyer will be told."))
        reason.layout.width = "230px"

        def move() -> None:
            due_at = _as_utc(at.value)
            if due_at is not None and self.model.change(str(which.value), due_at, reason.value):
                self.letter.draw()

        return row(which, at, reason, button(_("Change the promise"), move, work=self.model.work))


def _grouped(follow_ups: Sequence[FollowUp]) -> tuple[tuple[FollowUp, ...], ...]:
    """Follow-ups that watch promises on the same clock at the same time are one task."""
    groups: dict[object, list[FollowUp]] = {}
    for follow_up in follow_ups:
        key = (follow_up.due_at, follow_up.deadline) if follow_up.promise else follow_up.follow_up
        groups.setdefault(key, []).append(follow_up)
    return tuple(tuple(group) for group in groups.values())


def _as_utc(value: datetime | None) -> datetime | None:
    """A picked local time (China) as UTC."""
    return None if value is None else value.replace(tzinfo=h.AGENT_ZONE).astimezone(UTC)
