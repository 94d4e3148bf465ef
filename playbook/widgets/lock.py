"""Step one on the page: what is known, candidates with their evidence, the locked order at a glance."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.domain.ledgers import units_elsewhere
from playbook.domain.money import total
from playbook.domain.orders import Order
from playbook.i18n import say, translator
from playbook.i18n.sentences import SENTENCES
from playbook.orderbook import Candidate
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.lock import SECOND_FACTS, LockModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, row
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
        self._draw()
        self.model.work.observe(guarded(lambda _: self._draw(), self.model.work), "case")
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
            reason = w.Text(placeholder=_("Why is this the wrong order?"))
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
        fields = [self._field(name, label) for name, label in labels.items()]
        self.verdict = html()
        self.pick = w.RadioButtons(options=[], layout={"width": "auto"})
        self.details = html()
        self.second = w.Dropdown(
            options=[(_("choose…"), "")] + [(_(SENTENCES[code]), code) for code in SECOND_FACTS],
            description=_("Second fact"),
            style={"description_width": "initial"},
        )
        self.lock = button(_("Lock this order"), model.confirm, work=model.work, primary=True)
        self.blockers = html()
        self._draw()
        model.observe(guarded(lambda _c: self._draw(), model.work), ["found", "picked", "second_fact"])
        self.pick.observe(guarded(self._picked, model.work), "value")
        self.second.observe(guarded(lambda c: model.set_trait("second_fact", c["new"]), model.work), "value")
        grid = w.GridBox(fields, layout={"grid_template_columns": "repeat(auto-fill, minmax(220px, 1fr))"})
        return [
            card(html(h.tag("h2", h.text(_("What is known beside the message")))), grid),
            card(
                html(h.tag("h2", h.text(_("Orders that fit")))),
                self.verdict,
                self.pick,
                self.details,
                row(self.second),
                row(self.lock, self.blockers),
            ),
        ]

    def _field(self, name: str, label: str) -> w.Widget:
        field = w.Text(value=self.model.known.get(name, ""), placeholder=label, tooltip=label)
        field.description = label
        field.style.description_width = "initial"
        field.add_class("pb-field")
        field.observe(
            guarded(lambda change: self.model.set_known(name, change["new"]), self.model.work), "value"
        )
        return field

    def _picked(self, change: dict[str, object]) -> None:
        if change["new"]:
            self.model.pick(str(change["new"]))

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
        self.verdict.value = h.tag("p", h.text(heads[model.verdict]), cls=style)
        options = [(self._label(candidate), candidate.order.order_id) for candidate in candidates]
        if tuple(options) != tuple(self.pick.options):
            self.pick.options = options
        wanted = model.picked or None
        if self.pick.value != wanted:
            self.pick.value = wanted
        self.pick.layout.display = None if options else "none"
        self.details.value = candidates_html(candidates, model)
        self.second.layout.display = None if model.needs_second_fact else "none"
        if model.picked:
            self.lock.description = _("Lock {order_id}").format(order_id=model.picked)
        self.lock.disabled = bool(model.blockers)
        self.blockers.value = h.items((h.text(say(p, self.lang)) for p in model.blockers), cls="pb-note")

    def _label(self, candidate: Candidate) -> str:
        order = candidate.order
        return (
            f"{order.order_id} · {order.placed_at:%Y-%m-%d} · {len(order.lines)} · {order.marketplace.value}"
        )


def candidates_html(candidates: Sequence[Candidate], model: LockModel) -> str:
    """Candidates side by side; what tells near-identical ones apart stands out."""
    if not candidates:
        return ""
    _ = translator(model.work.lang)
    facts = [_facts(candidate.order, model.work) for candidate in candidates]
    differs = {key for key in facts[0] if len({fact[key] for fact in facts}) > 1} if len(facts) > 1 else set()
    rows = []
    for candidate, fact in zip(candidates, facts, strict=True):
        cells = [h.mono(candidate.order.order_id)]
        cells += [h.tag("b", value) if key in differs else value for key, value in fact.items()]
        cells.append(h.items(h.text(text) for text in model.evidence_texts(candidate)))
        rows.append(cells)
    head = [_("Order"), _("Placed"), _("Lines"), _("Units"), _("Total"), _("Channel"), _("Why")]
    return h.table(head, rows, numeric=frozenset({2, 3, 4}))


def _facts(order: Order, work: CaseModel) -> dict[str, str]:
    return {
        "placed": h.day(order.placed_at, work.lang),
        "lines": h.text(len(order.lines)),
        "units": h.text(sum(line.units_ordered for line in order.lines)),
        "total": h.money(total([line.paid_total for line in order.lines], order.currency), work.lang),
        "channel": h.text("+".join(sorted(channel.value for channel in order.channels))),
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
