"""The open case as a page sees it: its state, what to tell the agent, and the one way to change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import traitlets as t

from playbook.desk import Conflict, Desk, Done, Draft, LintRefused, Outcome
from playbook.domain.case import Case, Stage
from playbook.domain.events import Event
from playbook.domain.ids import CaseId
from playbook.domain.problems import Problem
from playbook.i18n import say
from playbook.intake import LineRef, Reading, read
from playbook.policy import Policy
from playbook.steps import Command, Refused, Setting
from playbook.steps.schedule import RunningDeadline, running_deadlines
from playbook.viewmodels.traits import state

STEPS = (Stage.LOCK, Stage.BREAKDOWN, Stage.REMEDY, Stage.FOLLOW_UP)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the page tells the agent on top: a success, refusals, or a colleague's change."""

    kind: Literal["done", "refused", "conflict", "failed"]
    texts: tuple[str, ...]


class CaseModel(t.HasTraits):
    """One case on one page. ``step`` is the step shown; it follows the stage until the agent looks back.

    ``marked`` is the entry of the journal that a link has led to, 0 without one.
    """

    case: Case = state(Case(CaseId("")))
    step: Stage = state(Stage.LOCK)
    notice: Notice | None = state(None)

    def __init__(self, desk: Desk, case: Case, lang: str = "en", marked: int = 0) -> None:
        super().__init__()
        self.desk = desk
        self.lang = lang
        self.marked = marked
        self._reading: tuple[tuple[str, str], Reading] | None = None
        self.set_trait("case", case)
        self.step = step_of(case)

    def do(self, command: Command, draft: Draft | None = None) -> bool:
        """Carry out *command* as seen on this page; True when it was accepted. Tells why when not.

        *draft* is what is left of the step's draft then; it is saved with the command or not at all.
        """
        return self.take(self.desk.do(self.case.case_id, command, seen=self.case.version, draft=draft))

    def take(self, outcome: Outcome | LintRefused) -> bool:
        """Show what came of a command: the new state, the reasons against it, or the colleague's change."""
        if isinstance(outcome, Done):
            before = self.case.stage
            self.notice = None
            self.case = outcome.case
            if outcome.case.stage is not before:
                self.step = step_of(outcome.case)
            return True
        if isinstance(outcome, Conflict):
            self.case = outcome.case
            self.notice = Notice("conflict", self.describe(outcome.events))
        elif isinstance(outcome, LintRefused):
            self.notice = Notice("refused", tuple(finding.why.of(self.lang) for finding in outcome.findings))
        else:
            self.refuse(outcome.problems)
        return False

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Tell the agent why something was not done."""
        self.notice = Notice("refused", tuple(say(problem, self.lang) for problem in problems))

    def tell(self, *texts: str) -> None:
        """Tell the agent something that stands in the way, in sentences already in their language."""
        self.notice = Notice("refused", texts)

    def describe(self, events: Sequence[Event]) -> tuple[str, ...]:
        """Events as journal sentences in the language of the page."""
        from playbook.letters import journal

        lines = journal(events, self.lang, self.desk.policy)
        return tuple(f"{line.actor}: {line.text}" for line in lines)

    def refresh(self) -> None:
        """Take over what others did meanwhile."""
        fresh = self.desk.case(self.case.case_id)
        if fresh is not None and fresh.version != self.case.version:
            self.case = fresh

    @property
    def setting(self) -> Setting:
        return self.desk.setting(self.case)

    @property
    def policy(self) -> Policy:
        """The rules that the case follows."""
        return self.desk.policy_of(self.case)

    @property
    def now(self) -> datetime:
        return self.desk.clock()

    @property
    def message(self) -> str:
        """The buyer's message, or an empty text after it was purged."""
        return self.desk.message(self.case) or ""

    @property
    def reading(self) -> Reading:
        """What the reader makes of the message against the locked order; read once per order."""
        if self._reading is None or self._reading[0] != self._to_read:
            self.take_reading(read(self.message, line_refs(self.case)))
        assert self._reading is not None
        return self._reading[1]

    def take_reading(self, reading: Reading) -> None:
        """Use *reading* for the message and the order as they are now."""
        self._reading = (self._to_read, reading)

    @property
    def _to_read(self) -> tuple[str, str]:
        return (self.case.message_ref, self.case.order.order_id if self.case.order else "")

    @property
    def deadlines(self) -> tuple[RunningDeadline, ...]:
        """Platform clocks that run now, the nearest first."""
        return running_deadlines(self.case, self.setting)

    def draft(self, step: Stage) -> dict[str, Any]:
        """The unconfirmed work of a step, as last saved; empty when there is none."""
        return self.desk.store.draft(self.case.case_id, step.value) or {}

    def keep_draft(self, step: Stage, data: dict[str, Any]) -> None:
        """Save the unconfirmed work of a step, or forget it without *data*: a kernel may die at any time."""
        if data:
            self.desk.store.put_draft(self.case.case_id, step.value, data, self.desk.clock())
        else:
            self.desk.store.delete_draft(self.case.case_id, step.value)

    def problems_of(self, command: Command) -> tuple[Problem, ...]:
        """Why *command* would be refused right now; empty when it would be accepted."""
        result = self.desk.simulate(self.case, command)
        return result.problems if isinstance(result, Refused) else ()


def step_of(case: Case) -> Stage:
    """The step to show for a case; a closed case shows its follow-up."""
    return Stage.FOLLOW_UP if case.stage is Stage.CLOSED else case.stage


def line_refs(case: Case) -> tuple[LineRef, ...]:
    """The lines of the locked order, as the reader wants them."""
    if case.order is None:
        return ()
    return tuple(
        LineRef(
            line.line,
            line.sku,
            line.title,
            line.units_ordered,
            line.asin,
            line.unit_price.amount,
            line.currency,
        )
        for line in case.order.lines
    )
