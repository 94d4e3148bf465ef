"""Step one on the page: what is known, candidates with their evidence, the locked order at a glance."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.domain.ledgers import units_elsewhere
from playbook.domain.money import total
from playbook.domain.orders import Order
from playbook.i18n import Counted, say, translator
from playbook.i18n.sentences import SENTENCES
from playbook.orderbook import Candidate
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.lock import SECOND_FACTS, LockModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, keep_drawn, placeheld, row
from playbook.widgets.side import SideView

MOST_CANDIDATES = 8


class LockView(View):
    """The search before the lock, the whole order after it."""

    def __init__(self, model: LockModel, side: SideView) -> None:
        super().__init__(model.work.lang, "pb-step")
        self.model = model
        self.side = side

    def build(self) -> Sequence[w.Widget]:
        self.main = w.VBox()
        keep_drawn(self.model.work, self._draw)
        self.side.show()
        page = w.HBox([self.side, self.main])
        page.add_class("pb-two")
        return [page]

    def _draw(self) -> None:
        if self.model.work.case.order is None:
            self.search = SearchView(self.model)
            self.search.show()
            self.main.children = [self.search]
        else:
            self.main.children = [self._locked(self.model.work.case.order)]

    def _locked(self, order: Order) -> w.Widget:
        _, work = self._, self.model.work
        children: list[w.Widget] = [html(order_html(order, work))]
        forward = button(self._("Go on to the breakdown"), self._forward, work=work, primary=True)
        if not work.case.breakdown_confirmed:
            children.append(row(forward))
        if not work.case.remedies and not work.case.closed:
            reason = placeheld(_("Why is this the wrong order?"))
            undo = button(_("Withdraw the lock"), lambda: self.model.withdraw(reason.value), work=work)
            children.append(row(reason, undo))
        return card(*children)

    def _forward(self) -> None:
        from playbook.domain.case import Stage

        self.model.work.step = Stage.BREAKDOWN


class SearchView(View):
    """Known facts, candidates while typing, and the lock button with what is missing beside it."""

    def __init__(self, model: LockModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        _, model = self._, self.model
        labels = {
            "order_id_part": _("Order number, or a part of it"),
            "po_number": _("Purchase order number"),
            "name": _("Recipient"),
            "postcode": _("Postcode"),
            "city": _("City"),
            "email": _("E-mail alias"),
            "tracking": _("Tracking number"),
            "sku": _("SKU"),
        }
        self.verdict = html()
        self.candidates = w.VBox()
        self.apart = html()
        self.rows: dict[str, CandidateRow] = {}
        self.second = w.Dropdown(
            options=[(_("choose…"), "")] + [(_(SENTENCES[code]), code) for code in SECOND_FACTS],
            description=_("Second fact"),
            style={"description_width": "initial"},
        )
        self.lock = button(_("Lock this order"), model.confirm, work=model.work, primary=True)
        self.blockers = html()
        fields = [self._field(name, label) for name, label in labels.items()]
        grid = w.GridBox(fields, layout={"grid_template_columns": "repeat(auto-fill, minmax(190px, 1fr))"})
        self.known = card(html(h.tag("h2", h.text(_("Search with what else is known")))), grid)
        self._draw()
        model.observe(guarded(lambda _c: self._draw(), model.work), ["found", "picked", "second_fact"])
        self.second.observe(guarded(lambda c: model.set_trait("second_fact", c["new"]), model.work), "value")
        found = card(
            html(h.tag("h2", h.text(_("Orders that fit")))),
            self.verdict,
            self.candidates,
            self.apart,
            row(self.second),
            row(self.lock, self.blockers),
        )
        return [found, self.known]

    def _field(self, name: str, label: str) -> w.Widget:
        field = w.Text(value=self.model.known.get(name, ""), tooltip=label)
        field.description = label
        field.style.description_width = "initial"
        field.add_class("pb-field")
        field.observe(
            guarded(lambda change: self.model.set_known(name, change["new"]), self.model.work), "value"
        )
        return field

    def _draw(self) -> None:
        _, model = self._, self.model
        candidates = model.candidates[:MOST_CANDIDATES]
        heads = {
            "certain": _("Exactly one order is meant."),
            "ask": _("Several orders could be meant: compare, pick one and confirm it with a second fact."),
            "none": _(
                "No order found. Type what the buyer told you: a part of the number, the postcode, a SKU."
            ),
        }
        style = {"certain": "pb-ok", "ask": "pb-note", "none": "pb-empty"}[model.verdict]
        alone = _("One order could be meant: look at it, pick it and confirm it with a second fact.")
        head = alone if model.verdict == "ask" and len(candidates) == 1 else heads[model.verdict]
        self.verdict.value = h.tag("p", h.text(head), cls=style)
        self._draw_candidates(candidates)
        questions = model.found.questions if model.found is not None else ()
        self.apart.value = h.items(
            (h.text(say(question, self.lang)) for question in questions), cls="pb-note"
        )
        self.second.layout.display = None if model.needs_second_fact else "none"
        self.lock.description = (
            _("Lock {order_id}").format(order_id=model.picked) if model.picked else _("Lock this order")
        )
        self.lock.disabled = bool(model.blockers)
        self.blockers.value = h.items((h.text(say(p, self.lang)) for p in model.blockers), cls="pb-note")

    def _draw_candidates(self, candidates: Sequence[Candidate]) -> None:
        facts = {c.order.order_id: _facts(c.order, self.model.work) for c in candidates}
        differs = {key for key in FACTS if len({fact[key] for fact in facts.values()}) > 1}
        rows: dict[str, CandidateRow] = {}
        for candidate in candidates:
            order_id = candidate.order.order_id
            rows[order_id] = self.rows.get(order_id) or CandidateRow(self.model, order_id)
            rows[order_id].draw(candidate, facts[order_id], differs, alone=len(candidates) == 1)
        self.rows = rows
        self.candidates.children = [known.box for known in rows.values()]


class CandidateRow:
    """One order that fits: its facts, the evidence for it, and the button that picks it."""

    def __init__(self, model: LockModel, order_id: str) -> None:
        self.model = model
        self.order_id = order_id
        self._ = translator(model.work.lang)
        self.pick = button("", lambda: model.pick(order_id), work=model.work)
        self.facts = html(cls="pb-grow")
        self.box = row(self.pick, self.facts, cls="pb-row")

    def draw(self, candidate: Candidate, facts: dict[str, str], differs: set[str], *, alone: bool) -> None:
        """Show the candidate; facts in which candidates differ stand out."""
        _ = self._
        picked = self.model.picked == self.order_id
        self.pick.description = _("✓ picked") if picked else _("Pick")
        self.pick.tooltip = _("Pick {order_id}").format(order_id=self.order_id)
        self.pick.layout.display = "none" if alone and picked else None
        (self.box.add_class if picked else self.box.remove_class)("pb-hit")
        shown = (h.tag("b", facts[key]) if key in differs else facts[key] for key in FACTS)
        line = h.tag("div", h.mono(self.order_id), " · ", " · ".join(shown))
        why = h.items((h.text(text) for text in self.model.evidence_texts(candidate)), cls="pb-muted")
        self.facts.value = line + why


FACTS = ("placed", "lines", "total", "channel", "market")
"""What is compared between orders that fit."""


def _facts(order: Order, work: CaseModel) -> dict[str, str]:
    _ = translator(work.lang)
    units = sum(line.units_ordered for line in order.lines)
    return {
        "placed": h.day(order.placed_at, work.lang),
        "lines": h.text(
            _("{lines:line|lines}, {units:unit|units}").format(
                lines=Counted(len(order.lines)), units=Counted(units)
            )
        ),
        "total": h.money(total([line.paid_total for line in order.lines], order.currency), work.lang),
        "channel": h.text("+".join(sorted(channel.value for channel in order.channels))),
        "market": h.text(order.marketplace.value),
    }


def order_html(order: Order, work: CaseModel) -> str:
    """Every line of the locked order at a glance, with totals."""
    _ = translator(work.lang)
    rows = []
    for line in order.lines:
        gone = units_elsewhere(line.line, work.case, work.setting.elsewhere)
        rows.append(
            [
                h.text(line.line),
                h.mono(line.sku),
                h.text(line.title),
                h.text(line.units_ordered),
                h.text(line.units_shipped),
                h.money(line.unit_price, work.lang),
                h.money(line.paid_total, work.lang),
                h.badge(line.channel.value),
                h.text(line.delivered_on.isoformat() if line.delivered_on else "–"),
                h.text(_("{units} compensated").format(units=gone)) if gone else "",
            ]
        )
    paid = total([line.paid_total for line in order.lines], order.currency)
    ordered = sum(line.units_ordered for line in order.lines)
    shipped = sum(line.units_shipped for line in order.lines)
    rows.append(
        [
            "",
            h.tag("b", h.text(_("Total"))),
            "",
            *(h.tag("b", h.text(n)) for n in (ordered, shipped)),
            "",
            h.tag("b", h.money(paid, work.lang)),
            "",
            "",
            "",
        ]
    )
    head = [
        "#",
        _("SKU"),
        _("Product"),
        _("Ordered"),
        _("Shipped"),
        _("Each"),
        _("Paid"),
        _("Channel"),
        _("Delivered"),
        _("Before"),
    ]
    placed = _("Order {order_id}, placed {day}").format(
        order_id=order.order_id, day=f"{order.placed_at:%Y-%m-%d}"
    )
    if order.po_number:
        placed += " · " + _("PO {number}").format(number=order.po_number)
    return h.tag("h2", h.text(placed)) + h.table(head, rows, numeric=frozenset({0, 3, 4, 5, 6}))
