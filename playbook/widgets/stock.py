"""The stock file on the front page: the count that holds, and a newer one to take over."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.i18n import Counted, say
from playbook.viewmodels.home import HomeModel, StockTaken
from playbook.widgets import html as h
from playbook.widgets.base import View, guarded, html, row

MOST_ROWS = 10
"""Skipped rows that are named; the others are counted."""


class StockView(View):
    """Which count holds and since when; a chosen file is taken over at once, or says why it is not."""

    def __init__(self, model: HomeModel) -> None:
        super().__init__(model.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        _ = self._
        self.state = html()
        self.result = html()
        self.upload = w.FileUpload(
            accept=".csv,.tsv,.txt",
            description=_("Stock file"),
            tooltip=_("CSV or TSV with the columns sku and units; it replaces the file before"),
        )
        self.upload.layout.width = "auto"
        self.upload.add_class("pb-btn")
        self.upload.observe(guarded(lambda change: self._taken(change["new"]), None), "value")
        self._draw()
        return [row(self.upload, self.state), self.result]

    def _taken(self, files: Sequence[w.Widget]) -> None:
        for file in files:
            self.result.value = self._told(self.model.take_stock(str(file["name"]), bytes(file["content"])))
        if files:
            self.upload.value = ()
            self._draw()

    def _draw(self) -> None:
        _, known = self._, self.model.stock_taken
        if known is None:
            said = h.text(_("No stock file yet: replacements are offered whatever is in stock."))
        else:
            count, at = known
            said = h.text(_("Stock of {count:SKU|SKUs}, as of").format(count=Counted(count))) + " "
            said += h.moment(at, self.lang)
        self.state.value = h.tag("span", said, cls="pb-muted")

    def _told(self, taken: StockTaken) -> str:
        _ = self._
        if taken.refused is not None:
            return h.tag("p", h.text(say(taken.refused, self.lang)), cls="pb-note")
        if not taken.skus:
            head = _("No row of {file} could be read: nothing was taken over.").format(file=taken.file)
        elif taken.skipped:
            head = _("{file}: {count:SKU|SKUs} taken over, {skipped:row|rows} left out:").format(
                file=taken.file, count=Counted(taken.skus), skipped=Counted(len(taken.skipped))
            )
        else:
            head = _("{file}: {count:SKU|SKUs} taken over.").format(
                file=taken.file, count=Counted(taken.skus)
            )
            return h.tag("p", h.text(head), cls="pb-ok")
        rows = [
            h.text(_("Line {line}: {why}").format(line=one.line, why=say(one.why, self.lang)))
            for one in taken.skipped[:MOST_ROWS]
        ]
        if len(taken.skipped) > MOST_ROWS:
            rows.append(h.text(_("and {count} more").format(count=len(taken.skipped) - MOST_ROWS)))
        return h.tag("div", h.text(head), h.items(rows), cls="pb-note")
