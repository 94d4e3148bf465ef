"""The second reader beside the breakdown: asked in the background, taken in where nothing was edited yet."""

import logging
import threading
from collections.abc import Callable
from typing import Literal

import traitlets as t

from playbook.domain.problems import Problem, problem
from playbook.intake import Reading
from playbook.intake.second import Endpoint, ReadTwice, read_twice
from playbook.viewmodels.breakdown import BreakdownModel
from playbook.viewmodels.case import line_refs
from playbook.viewmodels.traits import state

_LOG = logging.getLogger(__name__)

Soon = Callable[[Callable[[], None]], None]
Waiting = Literal["", "reading", "taken", "waits"]


class SecondReaderModel(t.HasTraits):
    """What has become of the second reading of this page.

    ``progress`` is empty while there is none, ``reading`` until the model has answered, ``taken`` when the
    proposal shows what both readers make of the message, ``waits`` when the agent has edited rows meanwhile
    and takes it in by `propose_again`. ``note`` says why the second reader had no say.
    """

    progress: Waiting = state("")
    note: Problem | None = state(None)

    def __init__(self, breakdown: BreakdownModel, where: Endpoint | None, soon: Soon) -> None:
        """*soon* runs a function later in the thread that draws the page."""
        super().__init__()
        self.breakdown = breakdown
        self.where = where
        self._soon = soon

    def start(self) -> None:
        """Ask the second reader, where one is set and the table shows an untouched proposal."""
        work = self.breakdown.work
        self.progress, self.note = "", None
        if self.where is None or work.case.order is None or not self.breakdown.is_proposal:
            return
        self.progress = "reading"
        where, message, lines = self.where, work.message, line_refs(work.case)
        order_id, language = work.case.order.order_id, work.case.language
        offline = work.reading

        def ask() -> None:
            try:
                twice = read_twice(message, lines, where, language=language, offline=offline)
            except Exception:  # noqa: BLE001 - a bug must not leave the page waiting
                _LOG.exception("second reading failed")
                twice = ReadTwice(offline, problem("second_reader_failed"))
            self._soon(lambda: self._take(twice, order_id))

        threading.Thread(target=ask, name="second reading", daemon=True).start()

    def _take(self, twice: ReadTwice, order_id: str) -> None:
        work = self.breakdown.work
        if work.case.order is None or work.case.order.order_id != order_id:
            return  # another order has been locked meanwhile
        if twice.note is not None:
            self.progress, self.note = "", twice.note
            return
        self.progress = "taken" if self._show(twice.reading) else "waits"

    def _show(self, reading: Reading) -> bool:
        untouched = self.breakdown.is_proposal
        self.breakdown.work.take_reading(reading)
        if untouched:
            self.breakdown.load()
        return untouched
