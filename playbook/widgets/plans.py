"""Whole plans side by side: what the buyer gets, by when, what it costs us, and what stays open."""

from collections.abc import Callable, Sequence
from datetime import datetime

import ipywidgets as w

from playbook.domain.problems import Problem
from playbook.i18n import Counted, say, translator
from playbook.i18n.words import N_, OWNERS, word
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.remedy import PLANS, Preview, RemedyModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, html

NAMES = {
    "money": N_("Money back wherever possible"),
    "goods": N_("Send again wherever possible"),
    "preferred": N_("What the rules prefer"),
}
TAKE = {
    "money": N_("Take: money back"),
    "goods": N_("Take: send again"),
    "preferred": N_("Take: preferred"),
}


class PlansView(View):
    """A table with one column per plan, and a button that drafts it."""

    def __init__(self, model: RemedyModel) -> None:
        super().__init__(model.work.lang, "pb-card")
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.table = html()
        self.take = {
            name: button(self._(TAKE[name]), self._taker(name), work=self.model.work) for name in PLANS
        }
        buttons = w.HBox([html(), *self.take.values()])
        buttons.add_class("pb-plans")
        self.draw()
        return [self.table, buttons]

    def _taker(self, name: str) -> Callable[[], None]:
        return lambda: self.model.take_plan(name)

    def draw(self) -> None:
        """Compare the plans for what is undecided now."""
        self.layout.display = None if self.model.undecided else "none"
        if not self.model.undecided:
            return
        plans = self.model.compare()
        self.table.value = plans_html(plans, self.model.work)
        for name, plan in plans.items():
            self.take[name].disabled = not isinstance(plan, Preview)


def plans_html(plans: "dict[str, Preview | tuple[Problem, ...]]", work: CaseModel) -> str:
    """The comparison as a table."""
    _ = translator(work.lang)
    head = ["", *(_(NAMES[name]) for name in plans)]
    rows = [
        (_("The buyer gets"), _gets),
        (_("Refund"), lambda plan, work: h.money(plan.refund, work.lang)),
        (_("Our part is done by"), lambda plan, work: _when(plan.by, work)),
        (_("The buyer has it by"), lambda plan, work: _when(plan.seen, work)),
        (_("It costs us"), _costs),
        (_("Still open"), _open),
    ]
    body = [
        [h.tag("b", h.text(title)), *(_cell(plan, cell, work) for plan in plans.values())]
        for title, cell in rows
    ]
    title = h.tag("h2", h.text(_("Whole plans, side by side")))
    return h.tag("div", title, h.table(head, body), cls="pb-compare")


def _cell(
    plan: "Preview | tuple[Problem, ...]", cell: "Callable[[Preview, CaseModel], str]", work: CaseModel
) -> str:
    return cell(plan, work) if isinstance(plan, Preview) else "–"


def _when(at: datetime | None, work: CaseModel) -> str:
    return "–" if at is None else h.day(at, work.lang)


def _gets(plan: Preview, work: CaseModel) -> str:
    _ = translator(work.lang)
    text = _("{kind}: {units:unit|units}")
    return h.items(
        h.text(text.format(kind=_(word(part.kind)), units=Counted(str(part.units)))) for part in plan.parts
    )


def _costs(plan: Preview, work: CaseModel) -> str:
    _ = translator(work.lang)
    parts = [h.money(plan.cost, work.lang)]
    if plan.parcels:
        parts.append(h.text(_("shipping for {lines:line|lines}").format(lines=Counted(str(plan.parcels)))))
    if plan.labels:
        parts.append(
            h.text(_("return labels for {lines:line|lines}").format(lines=Counted(str(plan.labels))))
        )
    return " + ".join(parts)


def _open(plan: Preview, work: CaseModel) -> str:
    _ = translator(work.lang)
    parts = []
    if plan.waiting:
        text = _("{units:unit waits|units wait} for a lead").format(units=Counted(str(plan.waiting)))
        parts.append(h.badge(text, "pb-warn"))
    if plan.open:
        text = _("{units:unit|units} without a remedy").format(units=Counted(str(plan.open)))
        parts.append(h.badge(text, "pb-bad"))
    return " ".join(parts) or h.text(_("nothing"))


def preview_html(preview: Preview, work: CaseModel) -> str:
    """The total view of a draft: each kind of remedy with units, amount and dates, then the sums."""
    _, lang = translator(work.lang), work.lang
    head = [
        _("What"),
        _("Units"),
        _("Refund"),
        _("Goods"),
        _("By us until"),
        _("At the buyer until"),
        _("Who"),
    ]
    rows = [
        [
            h.text(_(word(part.kind))),
            h.text(part.units),
            h.money(part.refund, lang) if part.refund else "",
            h.money(part.goods_value, lang) if part.goods_value else "",
            _when(part.by, work),
            _when(part.seen, work),
            h.text(_(OWNERS.get(part.owner, part.owner))),
        ]
        for part in preview.parts
    ]
    lines = [_("The buyer gets back: {amount}").format(amount=h.money(preview.refund, lang))]
    if preview.goods_value:
        again = h.money(preview.goods_value, lang)
        lines.append(_("Goods we send again: worth {amount}").format(amount=again))
    lines.append(h.text(_("It costs us")) + ": " + _costs(preview, work))
    settled = _("Units settled: {units}; still open: {open}")
    lines.append(h.text(settled.format(units=preview.units - preview.waiting, open=preview.open)))
    if preview.needs_approval:
        waits = _("A lead has to approve {units:unit|units} before they can be promised.")
        lines.append(h.text(waits.format(units=Counted(str(preview.waiting)))))
    table = h.table(head, rows, numeric=frozenset({1, 2, 3}))
    detail = h.tag("details", h.tag("summary", h.text(_("What, by whom, until when"))), table)
    return h.tag("div", " · ".join(lines)) + detail


def problems_html(problems: Sequence[Problem], lang: str) -> str:
    """Why a draft cannot be agreed on."""
    return h.items((h.text(say(problem, lang)) for problem in problems), cls="pb-note")
