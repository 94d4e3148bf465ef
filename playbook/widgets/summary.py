"""The case on one screen for whoever looks in: units, money, promises, what is next."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.domain.case import Stage
from playbook.domain.ledgers import money_ledger, unit_ledger
from playbook.domain.orders import amounts_total
from playbook.i18n import translator
from playbook.i18n.words import word
from playbook.viewmodels.case import CaseModel
from playbook.widgets import html as h
from playbook.widgets.base import View, card, html, keep_drawn


class SummaryView(View):
    """Every unit and every cent of the order, below the last step."""

    def __init__(self, work: CaseModel) -> None:
        super().__init__(work.lang, "pb-step pb-wide")
        self.work = work

    def build(self) -> Sequence[w.Widget]:
        self.ledger = html()
        keep_drawn(self.work, self._draw)
        return [card(self.ledger)]

    def _draw(self) -> None:
        self.ledger.value = summary_html(self.work)


def summary_html(work: CaseModel) -> str:
    """The unit and money ledgers of a case as one table; lines that nothing happened to are counted."""
    _ = translator(work.lang)
    case = work.case
    if case.order is None or case.stage in {Stage.LOCK, Stage.BREAKDOWN}:
        return ""
    elsewhere = work.setting.elsewhere
    rows = []
    quiet = 0
    for units, money in zip(unit_ledger(case, elsewhere), money_ledger(case, elsewhere), strict=True):
        line = case.order.line(units.line)
        assert line is not None
        happened = [f"{n} x {_(word(kind))}" for kind, n in units.claimed.items()]
        happened += [f"{n} x {_(word(kind))} ({_('agreed')})" for kind, n in units.agreed.items()]
        happened += [f"{n} x {_(word(kind))} ({_('done')})" for kind, n in units.executed.items()]
        if units.withdrawn:
            happened.append(f"{units.withdrawn} x {_('remedy taken back')}")
        if units.elsewhere:
            happened.append(f"{units.elsewhere} x {_('compensated before')}")
        if not happened:
            quiet += 1
            continue
        granted = amounts_total(money.granted, money.currency)
        rows.append(
            [
                h.mono(line.sku),
                h.text(line.title),
                h.text(units.ordered),
                h.text(units.fine + units.untouched),
                "<br>".join(h.text(text) for text in happened),
                h.money(line.paid_total, work.lang),
                h.money(granted, work.lang) if granted else "",
            ]
        )
    head = [
        _("SKU"),
        _("Product"),
        _("Ordered"),
        _("Fine or not mentioned"),
        _("What happens"),
        _("Paid"),
        _("Refund"),
    ]
    rest = _("{count} more lines without a problem").format(count=quiet)
    note = h.tag("p", h.text(rest), cls="pb-muted") if quiet else ""
    return (
        h.tag("h2", h.text(_("Every unit, every cent")))
        + h.table(head, rows, numeric=frozenset({2, 3, 5, 6}))
        + note
    )
