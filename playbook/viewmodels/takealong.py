"""What leaves the desk: return requests, refund file, picking list, hand-over card, calendar."""

from functools import cached_property

import traitlets as t

from playbook.domain.case import Case
from playbook.domain.events import Event
from playbook.domain.ids import OrderItemId
from playbook.domain.problems import Problem
from playbook.exports import (
    Document,
    amazon_file,
    calendar_file,
    hand_over_sheet,
    handover_card,
    picking_sheet,
    picks,
    refund_list,
    return_list,
    return_sheet,
)
from playbook.exports.picking import Pick
from playbook.letters import returns_explanation
from playbook.steps import Setting
from playbook.steps.commands import CheckRefunds, ExportRefunds, UndoRefundExport
from playbook.steps.refundfile import (
    RefundSheet,
    check_blockers,
    export_blockers,
    exported_rows,
    refund_sheet,
)
from playbook.steps.returns import ReturnAdvice, advise_returns
from playbook.viewmodels.case import CaseModel


class TakeAlongModel(t.HasTraits):
    """Everything that is printed or saved from one case, and the check of its refund sheet."""

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        self._known: tuple[Case, Setting, tuple[Event, ...]] | None = None

    def _read(self) -> tuple[Setting, tuple[Event, ...]]:
        """What decisions depend on, and the log: read once for a case as it stands, not for every sheet."""
        work = self.work
        if self._known is None or self._known[0] is not work.case:
            self._known = (work.case, work.setting, work.desk.events(work.case.case_id))
        return self._known[1:]

    @property
    def setting(self) -> Setting:
        """What decides about this case, as of when it was last read."""
        return self._read()[0]

    # ---- returns -------------------------------------------------------------------------------------

    @property
    def advice(self) -> ReturnAdvice | None:
        """One return request or several; None when nothing comes back."""
        return advise_returns(self.work.case, self.setting)

    def explanation(self, advice: ReturnAdvice) -> str:
        """The return requests in the buyer's language."""
        work = self.work
        return returns_explanation(work.case, advice, policy=work.desk.policy, now=work.now)

    def return_sheet(self, advice: ReturnAdvice) -> Document:
        """The checklist to print."""
        return return_sheet(self.work.case, advice, self.setting, self.work.lang)

    def return_list(self, advice: ReturnAdvice) -> str:
        """The requests as CSV."""
        return return_list(self.work.case, advice)

    # ---- refunds -------------------------------------------------------------------------------------

    @cached_property
    def _book_order(self) -> dict[int, OrderItemId]:
        """Ids of order lines that the order book knows today; asked once for a page."""
        order = self.work.case.order
        book = self.work.desk.order(order.order_id) if order is not None else None
        lines = book.lines if book is not None else ()
        locked = {line.line: line.sku for line in order.lines} if order is not None else {}
        return {
            line.line: line.order_item_id
            for line in lines
            if line.order_item_id is not None and locked.get(line.line) == line.sku
        }

    @property
    def refunds(self) -> RefundSheet | None:
        """What is granted and not paid, in the file or left out; None before the lock."""
        return refund_sheet(self.work.case, self.setting, self._book_order)

    def refund_list(self) -> str:
        """The refunds to type into Seller Central, as CSV; empty before the lock."""
        refunds = self.refunds
        return "" if refunds is None else refund_list(refunds, self.work.lang)

    @property
    def check_blockers(self) -> tuple[Problem, ...]:
        """Why the sheet cannot be confirmed by whoever sits here."""
        return check_blockers(self.work.case, self.refunds, self.setting)

    @property
    def export_blockers(self) -> tuple[Problem, ...]:
        """Why the file cannot leave."""
        return export_blockers(self.work.case, self.refunds)

    def check_refunds(self, digest: str) -> bool:
        """Confirm the sheet that was shown."""
        return self.work.do(CheckRefunds(digest))

    def export_refunds(self, digest: str) -> bool:
        """Record that the file leaves; `exported_file` has it from then on."""
        return self.work.do(ExportRefunds(digest, tuple(self._book_order.items())))

    def undo_export(self, reason: str) -> bool:
        """Record that the last file was not used."""
        return self.work.do(UndoRefundExport(reason))

    @property
    def exported_file(self) -> str:
        """The last exported refund file; empty when none was."""
        case = self.work.case
        rows = exported_rows(case, self.setting, self._book_order)
        return amazon_file(case.order.order_id, rows) if rows and case.order is not None else ""

    # ---- the rest ------------------------------------------------------------------------------------

    @property
    def picks(self) -> tuple[Pick, ...]:
        """What the warehouse has to send again for this case."""
        return picks([self.work.case])

    def picking_sheet(self) -> Document:
        """The picking list of this case to print."""
        return picking_sheet(self.picks, now=self.work.now, lang=self.work.lang)

    def calendar(self) -> bytes:
        """The schedule as a calendar file."""
        work = self.work
        return calendar_file(work.case, policy=work.desk.policy, now=work.now, lang=work.lang)

    def handover_card(self) -> str:
        """What a colleague needs to take over, as plain text without the buyer's messages."""
        work = self.work
        events = self._read()[1]
        return handover_card(work.case, events, setting=self.setting, lang=work.lang)

    def hand_over_sheet(self) -> Document:
        """The card to print, with the exact words of what the buyer was told."""
        work = self.work
        events = self._read()[1]
        told = work.desk.told(work.case)
        return hand_over_sheet(work.case, events, setting=self.setting, lang=work.lang, told=told)
