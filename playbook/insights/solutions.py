"""What became of what went wrong: from problem to remedy to outcome, and how long it took."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.ids import CaseId
from playbook.domain.promises import PromiseState
from playbook.domain.remedies import RemedyKind


class End(StrEnum):
    """Where units with a problem stand."""

    EXECUTED = "executed"
    AGREED = "agreed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Solution:
    """Units of one claim item that went the same way. ``remedy`` is None while none is agreed.

    ``days`` from the buyer's message until everything promised for them was done; None before.
    """

    case_id: CaseId
    sku: str
    problem: ProblemType
    units: int
    remedy: RemedyKind | None
    end: End
    days: float | None = None


def solutions(cases: Iterable[Case]) -> Iterator[Solution]:
    """The ways of all claimed units: every unit is in exactly one solution."""
    for case in cases:
        skus = {line.line: line.sku for line in case.order.lines} if case.order is not None else {}
        for item in case.claims:
            sku = skus.get(item.line, "")
            decided = 0
            for remedy in case.remedies:
                if remedy.item != item.item:
                    continue
                decided += remedy.units
                done = case.is_executed(remedy)
                yield Solution(
                    case.case_id,
                    sku,
                    item.problem,
                    remedy.units,
                    remedy.kind,
                    End.EXECUTED if done else End.AGREED,
                    _days(case, remedy.remedy) if done else None,
                )
            if item.units > decided:
                yield Solution(case.case_id, sku, item.problem, item.units - decided, None, End.UNDECIDED)


def _days(case: Case, remedy: str) -> float | None:
    """From the message to the last promise that was kept for a remedy."""
    kept: list[datetime] = [
        known.settled_at
        for known in case.promises
        if known.promise.remedy == remedy and known.state is PromiseState.KEPT and known.settled_at
    ]
    start = case.received_at or case.opened_at
    if not kept or start is None:
        return None
    return max((max(kept) - start).total_seconds(), 0) / 86400
