"""Goods that come back: what is counted, typed parcel by parcel, until it is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import traitlets as t

from playbook.desk import Draft
from playbook.domain.ledgers import LineReturns, reception_ledger
from playbook.domain.orders import OrderLine
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import Promise, PromiseKind
from playbook.domain.remedies import RejectionReason, Remedy
from playbook.steps.commands import Counted, CountedUnexpected, KeepPromise, ReceiveGoods
from playbook.steps.reception import most_kept_back
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.traits import state

DRAFT = "reception"
"""The name under which an unrecorded count is kept."""


@dataclass(frozen=True, slots=True)
class Count:
    """What is typed for one expected return; texts, as they stand in the fields."""

    accepted: str = ""
    rejected: str = ""
    reason: str = ""
    kept_back: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is typed about the parcel itself, and about goods in it that nobody expected."""

    reference: str = ""
    arrived_at: str = ""
    strange_units: str = ""
    strange_line: str = ""
    strange_what: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedReturn:
    """A remedy whose units are awaited, and the refund that is promised for them."""

    remedy: Remedy
    line: OrderLine
    refund: Promise | None


class ReceptionModel(t.HasTraits):
    """The card "Goods received": counts by remedy, and the parcel."""

    counts: dict[str, Count] = state({})
    parcel: Parcel = state(Parcel())

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        saved = work.desk.store.draft(work.case.case_id, DRAFT) or {}
        self.counts = {remedy: Count(*count) for remedy, count in saved.get("counts", {}).items()}
        self.parcel = Parcel(*saved.get("parcel", ()))

    @property
    def expected(self) -> tuple[ExpectedReturn, ...]:
        """The returns that are still awaited and planned."""
        case = self.work.case
        if case.order is None or case.closed:
            return ()
        planned = {known.promise.remedy for known in case.promises}
        found = []
        for remedy in case.remedies:
            line = case.order.line(remedy.line)
            if remedy.awaited and remedy.remedy in planned and line is not None:
                refunds = (
                    promise
                    for promise in case.open_promises
                    if promise.remedy == remedy.remedy and promise.kind is PromiseKind.SUBMIT_REFUND
                )
                found.append(ExpectedReturn(remedy, line, next(refunds, None)))
        return tuple(found)

    @property
    def ledger(self) -> tuple[LineReturns, ...]:
        """What is expected, here, rejected and awaited, by line."""
        return reception_ledger(self.work.case)

    def count(self, remedy: str) -> Count:
        """What is typed for a remedy."""
        return self.counts.get(remedy, Count())

    def edit(self, remedy: str, **typed: str) -> None:
        """Type into the row of a remedy."""
        self.counts = {**self.counts, remedy: replace(self.count(remedy), **typed)}
        self._keep()

    def edit_parcel(self, **typed: str) -> None:
        """Type about the parcel."""
        self.parcel = replace(self.parcel, **typed)
        self._keep()

    def all_here(self) -> None:
        """Fill in that every awaited unit has arrived and is taken back."""
        here = {one.remedy.remedy: Count(str(one.remedy.awaited)) for one in self.expected}
        self.counts = {**self.counts, **here}
        self._keep()

    def most_kept_back(self, remedy: Remedy, reason: RejectionReason) -> Decimal:
        """Percent that the rules let us keep back of units rejected for *reason*."""
        return most_kept_back(remedy, reason, self.work.case, self.work.setting)

    @property
    def command(self) -> ReceiveGoods | Problem:
        """What is typed as a command, or why it cannot be one."""
        counted = []
        for one in self.expected:
            row = self._counted(one, self.count(one.remedy.remedy))
            if isinstance(row, Problem):
                return row
            if row is not None:
                counted.append(row)
        strange = self._strange()
        if isinstance(strange, Problem):
            return strange
        arrived_at = datetime.fromisoformat(self.parcel.arrived_at) if self.parcel.arrived_at else None
        return ReceiveGoods(tuple(counted), strange, arrived_at, self.parcel.reference)

    def _counted(self, one: ExpectedReturn, typed: Count) -> Counted | Problem | None:
        if not (typed.accepted.strip() or typed.rejected.strip()):
            return None
        accepted, rejected = _units(typed.accepted), _units(typed.rejected)
        if accepted is None or rejected is None:
            wrong = typed.accepted if accepted is None else typed.rejected
            return problem("received_not_whole", line=one.line.line, units=wrong.strip())
        try:
            kept_back = Decimal(typed.kept_back.replace(",", ".")) if typed.kept_back.strip() else None
        except InvalidOperation:
            return problem("share_not_a_number", text=typed.kept_back.strip())
        reason = RejectionReason(typed.reason) if typed.reason and rejected else None
        return Counted(
            one.remedy.remedy, accepted, rejected, reason, kept_back if reason is not None else None
        )

    def _strange(self) -> tuple[CountedUnexpected, ...] | Problem:
        parcel = self.parcel
        if not (parcel.strange_units.strip() or parcel.strange_what.strip()):
            return ()
        units = _units(parcel.strange_units)
        if units is None:
            return problem("unexpected_not_whole", units=parcel.strange_units.strip())
        line = int(parcel.strange_line) if parcel.strange_line else None
        return (CountedUnexpected(units, line, parcel.strange_what),)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the parcel cannot be recorded as it is typed; empty when it can."""
        command = self.command
        return (command,) if isinstance(command, Problem) else self.work.problems_of(command)

    def record(self) -> bool:
        """Record the parcel; what was typed is then forgotten."""
        command = self.command
        if isinstance(command, Problem):
            self.work.refuse((command,))
            return False
        if self.work.do(command, Draft(DRAFT)):
            self.counts, self.parcel = {}, Parcel()
            return True
        return False

    def refunded_by_amazon(self, one: ExpectedReturn) -> bool:
        """Record that Amazon refunded a return itself, before it arrived."""
        return one.refund is not None and self.work.do(KeepPromise(one.refund.promise, by_amazon=True))

    def _keep(self) -> None:
        data: Mapping[str, Any] = {
            "counts": {remedy: _typed(count) for remedy, count in self.counts.items()},
            "parcel": _typed(self.parcel),
        }
        store, case_id = self.work.desk.store, self.work.case.case_id
        store.put_draft(case_id, DRAFT, dict(data), self.work.desk.clock())


def _typed(row: Count | Parcel) -> list[str]:
    return [getattr(row, name) for name in row.__slots__]


def _units(text: str) -> int | None:
    """A whole number of units, nothing for an empty field, None for anything else."""
    text = text.strip()
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
