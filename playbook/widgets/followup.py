"""Step four on the page: the plan, the promises and the schedule, and the ways to end the case."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.domain.promises import RECORDED, ClockStart, FollowUp, FollowUpKind, Promise
from playbook.i18n import say, show
from playbook.i18n.words import CLOCK_STARTS, FOLLOW_UPS, PROMISES
from playbook.steps.schedule import task_name
from playbook.viewmodels.followup import LETTER_FOR, FollowUpModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, html, keep_drawn, named, placeheld, row
from playbook.widgets.closing import ClosingView
from playbook.widgets.letters import LetterView, MemoView
from playbook.widgets.promises import PromisesCard, as_utc, subject, subject_html
from playbook.widgets.reception import ReceptionView
from playbook.widgets.review import ReviewView
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
        self.review = ReviewView(self.model.work)
        keep_drawn(self.model.work, self._draw)
        work = [self.returns, self.reception, self.letter, self.refunds, self.memo]
        work += [self.files, self.closing, self.review]
        for view in (*work, self.side):
            view.show()
        page = w.HBox([self.side, w.VBox([self.plan, *work])])
        page.add_class("pb-two")
        return [page]

    def _draw(self) -> None:
        case = self.model.work.case
        parts = [self._schedule()] if case.plan_confirmed else [self._draft_plan(), *self._waiting()]
        self.plan.children = [*parts, PromisesCard(self.model, self.letter.draw)]

    def _draft_plan(self) -> w.Widget:
        model, _ = self.model, self._
        planned = model.planned if not model.blockers else ()
        head = [_("What we promise"), _("For"), _("Until")]
        rows = [
            [h.text(_(PROMISES[p.kind])), subject_html(p, self.model.work), h.moment(p.due_at, self.lang)]
            for p in planned
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
            options=[
                (f"{_(PROMISES[p.kind])} · {subject(p, self.model.work)}", n) for n, p in enumerate(planned)
            ],
            description=_("Another date for"),
            style={"description_width": "initial"},
        )
        at = named(w.NaiveDatetimePicker(), _("Date and time, China time"))

        def use() -> None:
            promise = planned[int(which.value)]
            self.model.set_date(promise.remedy, promise.kind, as_utc(at.value))
            self._draw()

        return row(which, at, button(_("Use this date"), use, work=self.model.work))

    def _waiting(self) -> list[w.Widget]:
        """Before there is a plan: what waits all the same, when it is more than the first reply."""
        case = self.model.work.case
        others = [task for task in case.open_follow_ups if task.kind is not FollowUpKind.FIRST_REPLY]
        return [self._schedule(case.open_follow_ups)] if others or case.clocks else []

    def _schedule(self, open_ones: Sequence[FollowUp] | None = None) -> w.Widget:
        model, _ = self.model, self._
        shown = _without_later_updates(model.follow_ups if open_ones is None else open_ones)
        tasks = [self._task(task) for task in _grouped(shown)]
        nothing = [] if tasks else [html(h.tag("p", h.text(_("Nothing is open."))))]
        notes = h.items((h.text(say(note, self.lang)) for note in model.undated), cls="pb-note")
        happened = [] if model.work.case.closed else [self._happened()]
        head = html(h.tag("h2", h.text(_("What is next"))))
        return card(head, *tasks, *nothing, html(notes), *happened)

    def _happened(self) -> w.Widget:
        """What happens outside the desk: recorded here, it starts Amazon's clocks."""
        model, _ = self.model, self._
        what = w.Dropdown(
            options=[(_(CLOCK_STARTS[start]), start.value) for start in RECORDED],
            description=_("It happened"),
            style={"description_width": "initial"},
        )
        at = named(w.NaiveDatetimePicker(), _("When, China time; now if left empty"))
        reference = placeheld(_("request or claim number"))
        reference.layout.width = "190px"

        def record() -> None:
            model.happened(ClockStart(what.value), as_utc(at.value) or model.work.now, reference.value)

        return row(what, at, reference, button(_("Record it"), record, work=model.work))

    def _task(self, tasks: tuple[FollowUp, ...]) -> w.Widget:
        model, _ = self.model, self._
        first = tasks[0]
        late = first.due_at < model.work.now
        when = h.moment(first.due_at, self.lang) + (" " + h.badge(_("overdue"), "pb-bad") if late else "")
        promises = [p for p in model.work.case.open_promises if p.promise in {task.promise for task in tasks}]
        what = h.text(show(task_name(first, model.work.case, model.work.desk.policy), self.lang))
        goods = ", ".join(subject_html(promise, self.model.work) for promise in promises)
        text = html(
            h.tag("div", h.tag("b", what), " ", goods, h.tag("div", when, cls="pb-muted")), cls="pb-grow"
        )
        if model.work.case.closed:
            return row(text, cls="pb-row")
        if promises:
            reference = placeheld(_("tracking number or refund reference"))
            reference.layout.width = "300px"

            def keep() -> None:
                for promise in promises:
                    if not model.keep(promise.promise, reference.value):
                        return

            return row(text, reference, button(_("Done: promise kept"), keep, work=model.work), cls="pb-row")
        actions: list[w.Widget] = []
        if first.kind in LETTER_FOR:
            actions.append(button(_("Write the message"), lambda: self._write(first), work=model.work))
        if first.kind is not FollowUpKind.NOTICE:
            actions.append(button(_("Done"), lambda: model.complete(first.follow_up), work=model.work))
        return row(text, *actions, cls="pb-row")

    def _write(self, task: FollowUp) -> None:
        kind = self.model.letter_for(task.kind)
        if kind is not None:
            self.letter.start(kind, task.follow_up)


def _without_later_updates(follow_ups: Sequence[FollowUp]) -> tuple[FollowUp, ...]:
    """Only the next update: each one sent moves those after it."""
    updates = [task for task in follow_ups if task.kind is FollowUpKind.NO_NEWS_UPDATE]
    return tuple(task for task in follow_ups if task not in updates[1:])


def _grouped(follow_ups: Sequence[FollowUp]) -> tuple[tuple[FollowUp, ...], ...]:
    """Follow-ups that watch promises on the same clock at the same time are one task."""
    groups: dict[object, list[FollowUp]] = {}
    for follow_up in follow_ups:
        key = (follow_up.due_at, follow_up.deadline) if follow_up.promise else follow_up.follow_up
        groups.setdefault(key, []).append(follow_up)
    return tuple(tuple(group) for group in groups.values())
