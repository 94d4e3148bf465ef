"""The refund sheet on the page: its control total, the second person's check, and the file."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.i18n import Counted, say, show
from playbook.i18n.words import word
from playbook.steps.refundfile import RefundSheet
from playbook.viewmodels.takealong import TakeAlongModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, html, keep_drawn, placeheld, row
from playbook.widgets.files import download


class RefundFileView(View):
    """What is granted and not paid, row by row; the file once a second person has checked it."""

    def __init__(self, model: TakeAlongModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.place = w.VBox()
        keep_drawn(self.model.work, self._draw)
        return [self.place]

    def _draw(self) -> None:
        refunds = self.model.refunds
        files = self.model.work.case.refund_files
        if refunds is None or not (refunds.rows or refunds.left_out or files):
            self.place.children = []
            return
        children = [html(h.tag("h2", h.text(self._("Refund sheet"))) + self._table(refunds))]
        if refunds.rows:
            children.append(self._check(refunds))
        if files:
            children.append(self._exported())
        self.place.children = [card(*children)]

    def _table(self, refunds: RefundSheet) -> str:
        _ = self._
        head = [_("SKU"), _("Units"), _("Remedy"), _("Reason for Amazon"), _("Order item"), _("Refund")]
        rows = [
            [
                h.mono(one.sku),
                h.text(one.units),
                h.text(_(word(one.kind))),
                h.text(one.reason.value if one.reason is not None else "–"),
                h.mono(one.order_item_id or "–"),
                h.money(one.total, self.lang),
            ]
            for one in refunds.rows
        ]
        shown = h.table(head, rows, numeric=frozenset({1, 5})) if rows else ""
        total = _("Control total: {amount} in {count:row|rows} · check {digest}").format(
            amount=show(refunds.total, self.lang), count=Counted(len(rows)), digest=refunds.digest
        )
        parts = [shown, h.tag("p", h.tag("b", h.text(total)))] if rows else []
        if refunds.left_out:
            parts.append(
                h.tag(
                    "p",
                    h.text(
                        _("Not in the file: {amount}").format(amount=show(refunds.left_out_total, self.lang))
                    ),
                )
            )
            parts.append(h.items(h.text(say(one.why, self.lang)) for one in refunds.left_out))
        notes = [h.text(show(note.then.name, self.lang)) for note in refunds.notes]
        if notes:
            title = h.tag("summary", h.text(_("How the columns are filled")))
            parts.append(h.tag("details", title, h.items(notes)))
        return "".join(parts)

    def _check(self, refunds: RefundSheet) -> w.Widget:
        _, model = self._, self.model
        work = model.work
        problems = model.check_blockers
        check = button(
            _("I have compared it: the sheet is right"),
            lambda: model.check_refunds(refunds.digest),
            work=work,
        )
        check.disabled = bool(problems)
        against = model.export_blockers
        export = button(
            _("Make the refund file"),
            lambda: model.export_refunds(refunds.digest),
            work=work,
            primary=not against,
        )
        export.disabled = bool(against)
        checked = work.case.refunds_checked
        said = {say(problem, self.lang): None for problem in (*problems, *against)}
        if checked is not None and checked.digest == refunds.digest:
            title = _("Checked by {name}, {at}").format(name=checked.by, at=show(checked.at, self.lang))
            said = {title: None, **{say(problem, self.lang): None for problem in against}}
        note = html(h.items((h.text(one) for one in said), cls="pb-note"), cls="pb-grow")
        return row(check, export, note)

    def _exported(self) -> w.Widget:
        _, model = self._, self.model
        file = model.work.case.refund_files[-1]
        said = _("File of {amount}, check {digest}, made by {name}, {at}. Upload it once.").format(
            amount=show(file.total, self.lang),
            digest=file.digest,
            name=file.by,
            at=show(file.at, self.lang),
        )
        name = f"{model.work.case.case_id}-refunds-{file.digest}.txt"
        link = download(
            _("Refund file for Amazon"),
            name,
            "text/tab-separated-values",
            model.exported_file.encode("utf-8"),
        )
        reason = placeheld(_("Why was the file not used?"))
        undo = button(_("The file was not used"), lambda: model.undo_export(reason.value), work=model.work)
        undo.disabled = model.work.case.closed
        return w.VBox([html(h.tag("p", h.text(said)) + h.tag("div", link, cls="pb-foot")), row(reason, undo)])
