"""Goods that come back: one row for each expected return, the parcel, and what was counted so far."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import ipywidgets as w

from playbook.domain.problems import Problem
from playbook.domain.remedies import RejectionReason
from playbook.i18n import say
from playbook.i18n.words import REJECTIONS
from playbook.viewmodels.reception import ExpectedReturn, ReceptionModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, keep_drawn, named, placeheld, row


class ReceptionView(View):
    """The card "Goods that come back"; nothing where no return is or was expected."""

    def __init__(self, model: ReceptionModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.place = w.VBox()
        keep_drawn(self.model.work, self._draw)
        return [self.place]

    def _draw(self) -> None:
        expected, seen = self.model.expected, self.model.work.case.receptions
        if not expected and not seen:
            self.place.children = []
            return
        children: list[w.Widget] = [
            html(h.tag("h2", h.text(self._("Goods that come back"))) + self._so_far())
        ]
        if expected:
            children += [self._row(one) for one in expected]
            children += self._parcel()
        self.place.children = [card(*children)]

    def _so_far(self) -> str:
        """By line what is expected, taken back, rejected with the reasons, and still awaited."""
        _, order = self._, self.model.work.case.order
        assert order is not None
        head = [_("SKU"), _("Product"), _("Expected"), _("Taken back"), _("Rejected"), _("Awaited")]
        rows = []
        for returns in self.model.ledger:
            line = order.line(returns.line)
            assert line is not None
            rejected = ", ".join(
                f"{units} {_(REJECTIONS[reason])}" for reason, units in returns.rejected.items()
            )
            title = h.text(line.title)
            if returns.unexpected:
                title += " " + h.badge(_("{units} unexpected").format(units=returns.unexpected), "pb-warn")
            if returns.reported:
                told = _("{units} in the return report").format(units=returns.reported)
                title += " " + h.badge(told)
            numbers = [h.text(n) for n in (returns.expected, returns.accepted)]
            rows.append([h.mono(line.sku), title, *numbers, h.text(rejected), h.text(returns.awaited)])
        return h.table(head, rows, numeric=frozenset({2, 3, 5}))

    def _row(self, one: ExpectedReturn) -> w.Widget:
        """The fields of one expected return, each named with its SKU."""
        _, model, remedy = self._, self.model, one.remedy
        typed = model.count(remedy.remedy)
        sku = one.line.sku
        label = html(self._awaited(one), cls="pb-grow")
        accepted = named(
            w.Text(typed.accepted, placeholder=_("taken back")), _("Taken back of {sku}").format(sku=sku)
        )
        rejected = named(
            w.Text(typed.rejected, placeholder=_("rejected")), _("Rejected of {sku}").format(sku=sku)
        )
        reasons = [
            (_("why rejected?"), ""),
            *((_(msgid), reason.value) for reason, msgid in REJECTIONS.items()),
        ]
        reason = named(
            w.Dropdown(options=reasons, value=typed.reason), _("Why {sku} is rejected").format(sku=sku)
        )
        kept_back = named(
            w.Text(typed.kept_back, placeholder="%"),
            _("Kept back of the price of {sku}, percent").format(sku=sku),
        )
        for field, width in ((accepted, "92px"), (rejected, "92px"), (reason, "170px"), (kept_back, "64px")):
            field.layout.width = width

        def judge() -> None:
            chosen = RejectionReason(reason.value) if reason.value else None
            kept_back.layout.display = reason.layout.display = None if rejected.value.strip() else "none"
            if chosen is None or not rejected.value.strip() or one.refund is None:
                kept_back.layout.display = "none"
                label.value = self._awaited(one)
                return
            most = model.most_kept_back(remedy, chosen)
            label.value = self._awaited(one, _("at most {most} % may be kept back").format(most=most))

        def changed(name: str) -> Callable[[object], None]:
            def note(change: object) -> None:
                model.edit(remedy.remedy, **{name: str(change["new"])})  # type: ignore[index]
                judge()
                self._judge()

            return guarded(note, model.work)

        for name, field in (
            ("accepted", accepted),
            ("rejected", rejected),
            ("reason", reason),
            ("kept_back", kept_back),
        ):
            field.observe(changed(name), "value")
        judge()
        actions: list[w.Widget] = []
        if one.refund is not None:
            actions.append(
                button(
                    _("Amazon has refunded it"),
                    lambda: model.refunded_by_amazon(one),
                    work=model.work,
                    tip=_("Amazon refunds some returns when the carrier first scans them. Record that here."),
                )
            )
        return row(label, accepted, rejected, reason, kept_back, *actions, cls="pb-row")

    def _awaited(self, one: ExpectedReturn, hint: str = "") -> str:
        text = h.text(self._("awaited: {units}").format(units=one.remedy.awaited))
        if one.refund is not None:
            text += f" · {h.money(one.remedy.refund_total, self.lang)}"
        if hint:
            text += f" · {h.text(hint)}"
        return h.tag("div", h.mono(one.line.sku), h.tag("div", text, cls="pb-muted"))

    def _parcel(self) -> list[w.Widget]:
        """What concerns the whole parcel, and the way to record it."""
        _, model = self._, self.model
        order = model.work.case.order
        assert order is not None
        typed = model.parcel
        reference = placeheld(_("tracking number or return number"))
        reference.value = typed.reference
        reference.layout.width = "230px"
        arrived = named(w.NaiveDatetimePicker(), _("Arrived at, China time; empty is now"))
        if typed.arrived_at:
            at = datetime.fromisoformat(typed.arrived_at).astimezone(h.AGENT_ZONE)
            arrived.value = at.replace(tzinfo=None)
        lines = [(_("something else"), ""), *((line.sku, str(line.line)) for line in order.lines)]
        units = named(w.Text(typed.strange_units, placeholder=_("units")), _("Units that nobody expected"))
        units.layout.width = "92px"
        which = named(w.Dropdown(options=lines, value=typed.strange_line), _("What came unexpectedly"))
        which.layout.width = "170px"
        what = placeheld(_("what is it?"))
        what.value = typed.strange_what

        def changed(name: str) -> Callable[[object], None]:
            def note(change: object) -> None:
                value = change["new"]  # type: ignore[index]
                if isinstance(value, datetime):
                    value = value.replace(tzinfo=h.AGENT_ZONE).astimezone(UTC).isoformat()
                model.edit_parcel(**{name: str(value or "")})
                self._judge()

            return guarded(note, model.work)

        for name, field in (
            ("reference", reference),
            ("arrived_at", arrived),
            ("strange_units", units),
            ("strange_line", which),
            ("strange_what", what),
        ):
            field.observe(changed(name), "value")

        def fill() -> None:
            model.all_here()
            self._draw()

        self.record = button(_("Record what came back"), model.record, work=model.work, primary=True)
        self.note = html(cls="pb-note")
        self._judge()
        unexpected = html(h.tag("span", h.text(_("Nobody expected:")), cls="pb-muted"))
        return [
            row(unexpected, units, which, what),
            row(reference, arrived, button(_("Everything is here"), fill, work=model.work), self.record),
            self.note,
        ]

    def _judge(self) -> None:
        """Record is possible exactly when nothing stands against it; an empty form says nothing."""
        problems: Sequence[Problem] = self.model.problems
        self.record.disabled = bool(problems)
        typed = any(one.code != "nothing_received" for one in problems)
        self.note.value = h.items(h.text(say(one, self.lang)) for one in problems) if typed else ""
