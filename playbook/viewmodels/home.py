"""The desk's front page: what is due, open cases, search, and the way into a new case."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import traitlets as t

from playbook.desk import LONGEST_MESSAGE, Desk, Done
from playbook.domain.ids import Marketplace
from playbook.domain.problems import Problem
from playbook.exports import picks
from playbook.exports.picking import Pick
from playbook.i18n import say
from playbook.intake import read
from playbook.orderbook import ImportRefused
from playbook.orderbook.refusals import Skipped
from playbook.orderbook.stock import import_stock
from playbook.store import CaseIndexRow
from playbook.viewmodels.traits import state

PAGE = 50
BATCH = 500
SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A case with the next thing due: the platform's deadline or our own follow-up."""

    case: CaseIndexRow
    due_at: datetime | None
    is_platform: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class StockTaken:
    """What became of a stock file: how many SKUs it named, the rows left out, or why it was refused."""

    file: str
    skus: int = 0
    skipped: tuple[Skipped, ...] = ()
    refused: Problem | None = None


class HomeModel(t.HasTraits):
    """Cases of the desk. ``text`` filters by case id, order number, agent or flag."""

    text: str = state("")
    show_closed: bool = state(False)
    page: int = state(0)
    notice: tuple[str, ...] = state(())

    def __init__(self, desk: Desk, lang: str = "en") -> None:
        super().__init__()
        self.desk = desk
        self.lang = lang

    @property
    def rows(self) -> tuple[DueRow, ...]:
        """Cases sorted by the nearest platform deadline, then by the nearest promise or follow-up."""
        now = self.desk.clock()
        return tuple(self._due(row, now) for row in self._listed(self.page * PAGE, PAGE))

    @property
    def has_more(self) -> bool:
        """Whether there is a further page."""
        return bool(self._listed((self.page + 1) * PAGE, 1))

    @property
    def due_now(self) -> tuple[DueRow, ...]:
        """Every open case, on whatever page, that is overdue or due within the next 24 hours."""
        now = self.desk.clock()
        batches = (self._listed(offset, BATCH, open_only=True) for offset in count(0, BATCH))
        rows = (self._due(row, now) for batch in takewhile(bool, batches) for row in batch)
        return tuple(row for row in rows if row.due_at is not None and row.due_at - now < SOON)

    def _listed(self, offset: int, limit: int, *, open_only: bool = False) -> tuple[CaseIndexRow, ...]:
        return self.desk.store.list_index(
            open_only=open_only or not self.show_closed,
            text=self.text.strip() or None,
            limit=limit,
            offset=offset,
        )

    def _due(self, row: CaseIndexRow, now: datetime) -> DueRow:
        known = [at for at in (row.next_deadline_at, row.next_due_at) if at is not None]
        due_at = min(known, default=None)
        overdue = due_at is not None and due_at < now and not row.closed
        return DueRow(row, due_at, due_at is not None and due_at == row.next_deadline_at, overdue)

    @property
    def picks(self) -> tuple[Pick, ...]:
        """What the warehouse has to send again, over all open cases."""
        return picks(self.desk.open_cases())

    @property
    def stock_taken(self) -> tuple[int, datetime] | None:
        """How many SKUs the stock file names that holds, and when it was taken over; None without one."""
        return self.desk.store.stock_taken()

    def take_stock(self, name: str, content: bytes) -> StockTaken:
        """Take over a stock file that was uploaded; one that is refused leaves the one before."""
        file = re.sub(r"[^\w.() -]", "_", name)[-80:].strip(" .") or "stock.csv"
        with TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.write_bytes(content)
            try:
                read_in = import_stock(self.desk.store, path, at=self.desk.clock())
            except ImportRefused as refused:
                return StockTaken(file, refused=refused.problem)
        return StockTaken(file, read_in.skus, read_in.skipped)

    def open_case(
        self, message: str, *, received_at: datetime | None = None, marketplace: Marketplace | None = None
    ) -> str | None:
        """Open a case for a message; the case id, or None with the reasons in ``notice``."""
        language = read(message).language if message.strip() and len(message) <= LONGEST_MESSAGE else "en"
        outcome = self.desk.open_case(
            message, received_at=received_at, language=language, marketplace=marketplace
        )
        if isinstance(outcome, Done):
            self.notice = ()
            return outcome.case.case_id
        self.notice = tuple(say(problem, self.lang) for problem in outcome.problems)
        return None
