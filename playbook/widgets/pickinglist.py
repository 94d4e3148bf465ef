"""The picking list over all open cases, on the front page: made when it is asked for."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.exports import picking_list, picking_sheet
from playbook.viewmodels.home import HomeModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, html, row
from playbook.widgets.files import as_csv, to_print


class PickingListView(View):
    """A button; then the list to print and as a table."""

    def __init__(self, model: HomeModel) -> None:
        super().__init__(model.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.links = html()
        return [row(button(self._("Picking list for the warehouse"), self._make), self.links)]

    def _make(self) -> None:
        _, lang = self._, self.lang
        found, now = self.model.picks, self.model.desk.clock()
        if not found:
            self.links.value = h.tag("span", h.text(_("Nothing has to be sent.")), cls="pb-muted")
            return
        name = f"picking-{now:%Y%m%d-%H%M}"
        units = h.tag(
            "span",
            h.text(_("units: {units}").format(units=sum(pick.units for pick in found))),
            cls="pb-muted",
        )
        document = picking_sheet(found, now=now, lang=lang)
        links = [
            to_print(_("To print"), name, document, lang),
            as_csv(_("CSV"), name, picking_list(found, now=now, lang=lang)),
        ]
        self.links.value = h.tag("div", *links, units, cls="pb-foot")
