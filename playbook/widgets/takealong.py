"""Files to take along, each to print and as a table; and the views of what leaves the desk."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.exports import hand_over_list, picking_list
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.takealong import TakeAlongModel
from playbook.widgets import html as h
from playbook.widgets.base import View, card, html, keep_drawn
from playbook.widgets.files import as_csv, download, to_print
from playbook.widgets.refundfile import RefundFileView
from playbook.widgets.returns import ReturnsView
from playbook.widgets.theme import copy_button_html


def leaving_views(work: CaseModel) -> tuple[ReturnsView, RefundFileView, "TakeAlongView"]:
    """What leaves the desk for one case: returns, refunds, files."""
    model = TakeAlongModel(work)
    return ReturnsView(model), RefundFileView(model), TakeAlongView(model)


class TakeAlongView(View):
    """One row per sheet with its buttons; sheets that would be empty are left out."""

    def __init__(self, model: TakeAlongModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.files = html()
        keep_drawn(self.model.work, self._draw)
        return [card(html(h.tag("h2", h.text(self._("Take along")))), self.files)]

    def _draw(self) -> None:
        self.files.value = h.table([], [[h.text(name), links] for name, links in self._rows()])

    def _rows(self) -> list[tuple[str, str]]:
        _, model, lang = self._, self.model, self.lang
        case_id = model.work.case.case_id
        card_to_print = model.hand_over_sheet()
        rows = [
            (
                _("Hand-over card"),
                [
                    to_print(_("To print"), f"{case_id}-hand-over", card_to_print, lang),
                    as_csv(_("CSV"), f"{case_id}-hand-over", hand_over_list(card_to_print)),
                    copy_button_html(model.handover_card(), _("Copy hand-over card"), _("Copied")),
                ],
            )
        ]
        advice = model.advice
        if advice is not None:
            document = model.return_sheet(advice)
            rows.append(
                (
                    _("Return checklist"),
                    [
                        to_print(_("To print"), f"{case_id}-returns", document, lang),
                        as_csv(_("CSV"), f"{case_id}-returns", model.return_list(advice)),
                    ],
                )
            )
        picks = model.picks
        if picks:
            listed = picking_list(picks, now=model.work.now, lang=lang)
            rows.append(
                (
                    _("Picking list for the warehouse"),
                    [
                        to_print(_("To print"), f"{case_id}-picking", model.picking_sheet(), lang),
                        as_csv(_("CSV"), f"{case_id}-picking", listed),
                    ],
                )
            )
        refunds = model.refunds
        if refunds is not None and (refunds.rows or refunds.left_out):
            rows.append(
                (
                    _("Refund list, to type in"),
                    [as_csv(_("CSV"), f"{case_id}-refunds", model.refund_list())],
                )
            )
        rows.append(
            (
                _("Calendar file"),
                [download(_("Calendar"), f"{case_id}.ics", "text/calendar", model.calendar())],
            )
        )
        return [(name, " ".join(links)) for name, links in rows]
