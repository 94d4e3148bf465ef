"""The front page: what is due, open cases, search, a new case."""

from collections.abc import Sequence
from datetime import timedelta

import ipywidgets as w

from playbook.domain.case import Stage
from playbook.i18n.words import FLAGS, word
from playbook.settings import Settings
from playbook.viewmodels.home import DueRow, HomeModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, row
from playbook.widgets.header import language_links
from playbook.widgets.newcase import NewCaseView
from playbook.widgets.pickinglist import PickingListView
from playbook.widgets.stock import StockView


class HomeView(View):
    """Due now on top, then every open case, then the form for a new one."""

    def __init__(self, model: HomeModel, settings: Settings) -> None:
        super().__init__(model.lang, "pb-home")
        self.model = model
        self.settings = settings

    def build(self) -> Sequence[w.Widget]:
        _, model = self._, self.model
        self.due = html()
        self.cases = html()
        self.opened = html()
        search = w.Text(
            placeholder=_("Case, order number, agent or flag"),
            description=_("Search"),
            style={"description_width": "initial"},
        )
        search.add_class("pb-grow")
        closed = w.Checkbox(description=_("Show closed cases too"), indent=False)
        search.observe(guarded(lambda change: self._search(change["new"]), None), "value")
        closed.observe(guarded(lambda change: self._show_closed(change["new"]), None), "value")
        self.back = button("←", lambda: self._turn(-1), tip=_("Earlier page"))
        self.forth = button("→", lambda: self._turn(1), tip=_("Next page"))
        new = NewCaseView(model, self._announce)
        new.show()
        picking = PickingListView(model)
        picking.show()
        stock = StockView(model)
        stock.show()
        left = w.VBox([new, self.opened, card(self.due, picking, stock)])
        refresh = button(_("Refresh"), self._draw)
        self.pager = row(self.back, self.forth)
        self._draw()
        right = card(row(search, closed, refresh), self.cases, self.pager)
        page = w.HBox([left, right])
        page.add_class("pb-two")
        page.add_class("pb-desk")
        return [html(self._bar()), page]

    def _bar(self) -> str:
        _, actor = self._, self.model.desk.actor
        people = [
            h.tag("b", h.text(f"{name} ({_(role)})"))
            if name == actor.name
            else h.tag(
                "a", h.text(name), href=h.link("home", lang=self.lang, agent=name).replace("home.ipynb", "")
            )
            for name, role in self.settings.staff.items()
        ]
        return h.tag(
            "div",
            h.tag("b", h.text(_("After-sales desk"))),
            h.tag("span", h.text(_("Working: ")), " · ".join(people), cls="pb-muted"),
            h.tag("span", "", style="flex:1"),
            h.tag("a", h.text(_("Review of cases")), href=h.link("review", lang=self.lang)),
            language_links(self.lang, agent=actor.name),
            h.tag("a", h.text(_("Causes")), href=h.link("insights", lang=self.lang, agent=actor.name)),
            cls="pb-bar",
        )

    def _announce(self, case_id: str) -> None:
        href = h.link("case", case=case_id, lang=self.lang, agent=self.model.desk.actor.name)
        text = self._("Case {case_id} is open: go to it").format(case_id=case_id)
        link = h.tag("a", h.text(text), href=href, cls="pb-btn pb-btn-primary")
        self.opened.value = h.tag("p", link, h.go(href))
        self._draw()

    def _search(self, text: str) -> None:
        self.model.text = text
        self.model.page = 0
        self._draw()

    def _show_closed(self, on: bool) -> None:
        self.model.show_closed = on
        self.model.page = 0
        self._draw()

    def _turn(self, by: int) -> None:
        self.model.page = max(0, self.model.page + by)
        self._draw()

    def _draw(self) -> None:
        _ = self._
        rows = self.model.rows
        due = [r for r in self.model.due_now if not r.case.closed]
        title = h.tag("h2", h.text(_("Due now and within a day")))
        if due:
            self.due.value = title + h.table([], [self._due_cells(r) for r in due])
        else:
            self.due.value = title + h.tag("p", h.text(_("Nothing is due within a day.")), cls="pb-muted")
        head = [_("Case"), _("Order"), _("Market"), _("Stage"), _("Next"), _("Agent"), _("Flags")]
        if rows:
            self.cases.value = h.table(head, [self._cells(r) for r in rows])
        else:
            hint = (
                _("No case found.")
                if self.model.text
                else _("No open case. Paste a buyer's message to open one.")
            )
            self.cases.value = h.tag("p", h.text(hint), cls="pb-empty")
        self.back.disabled = self.model.page == 0
        self.forth.disabled = not self.model.has_more
        self.pager.layout.display = None if self.model.page or self.model.has_more else "none"

    def _link(self, due: DueRow) -> str:
        agent = self.model.desk.actor.name
        return h.tag(
            "a",
            h.text(due.case.case_id),
            href=h.link("case", case=due.case.case_id, lang=self.lang, agent=agent),
        )

    def _due_cells(self, due: DueRow) -> list[str]:
        assert due.due_at is not None
        now = self.model.desk.clock()
        what = self._("platform deadline") if due.is_platform else self._("our follow-up")
        left = h.tag(
            "span", h.until(due.due_at, now, self.lang), cls=f"pb-tag {_urgency(due.due_at - now)}".strip()
        )
        when = h.tag("div", h.text(what), " · ", h.moment(due.due_at, self.lang), cls="pb-muted")
        return [self._link(due), left + when]

    def _cells(self, due: DueRow) -> list[str]:
        flags = " ".join(h.badge(self._(FLAGS.get(flag, flag)), "pb-warn") for flag in due.case.flags)
        when = "–"
        if due.due_at is not None:
            when = h.moment(due.due_at, self.lang) + (
                f" {h.badge(self._('overdue'), 'pb-bad')}" if due.overdue else ""
            )
        return [
            self._link(due),
            h.mono(due.case.order_id or "–"),
            h.text(due.case.marketplace or "–"),
            h.text(self._(word(Stage(due.case.stage)))),
            when,
            h.text(due.case.agent),
            flags,
        ]


def _urgency(left: timedelta) -> str:
    """The colour of a clock: red when overdue, amber within four hours."""
    if left < timedelta(0):
        return "pb-bad"
    return "pb-warn" if left < timedelta(hours=4) else ""
