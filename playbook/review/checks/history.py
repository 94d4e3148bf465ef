"""A case as it was before and after each of its events: folded once, asked by every check."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar, cast

from playbook.domain.base import Value
from playbook.domain.case import Case
from playbook.domain.events import Body, CaseClosed, Event
from playbook.domain.folding import apply
from playbook.domain.ids import CaseId, Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.policy import DeadlineRow, Policy
from playbook.policy.clocks import UnknownHolidaysError
from playbook.review.casereview import ReviewSetting
from playbook.review.findings import Finding, Param
from playbook.steps.schedule import market_of

B = TypeVar("B", bound=Value)


class Step(Generic[B]):
    """One event with its body by type, and the case just before and after it."""

    __slots__ = ("after", "before", "body", "event")

    def __init__(self, event: Event, before: Case, after: Case) -> None:
        self.event = event
        self.body: B = event.body  # type: ignore[assignment]
        self.before = before
        self.after = after


class History:
    """All steps of a case, by type of event, and the case that they add up to."""

    def __init__(self, case_id: CaseId, events: Iterable[Event], setting: ReviewSetting) -> None:
        case = Case(case_id)
        self.case_id = case_id
        self.setting = setting
        self.steps: list[Step[Body]] = []
        self._by_type: dict[type[Value], list[Step[Body]]] = {}
        for event in events:
            before, case = case, apply(case, (event,))
            step: Step[Body] = Step(event, before, case)
            self.steps.append(step)
            self._by_type.setdefault(type(event.body), []).append(step)
        self.case = case
        self.policy: Policy = self._policy(case.policy_version)
        self.market: Marketplace = market_of(case)
        channels = case.order.channels if case.order else frozenset[Channel]()
        self.channel = Channel.FBM if Channel.FBM in channels or not channels else min(channels)
        self.business = case.order is not None and case.order.business
        self.closed_at = self._closed_at()

    def _policy(self, version: str) -> Policy:
        if version in {"", self.setting.policy.version}:
            return self.setting.policy
        return self.setting.rules(version) or self.setting.policy

    def _closed_at(self) -> datetime | None:
        closed = self.of(CaseClosed)
        return closed[-1].event.at if closed and self.case.closed else None

    def of(self, kind: type[B]) -> list[Step[B]]:
        """The steps of one type of event, oldest first."""
        return cast("list[Step[B]]", self._by_type.get(kind, []))

    @property
    def as_of(self) -> datetime:
        """Until when the case is looked at: the time of the review, or when it was closed."""
        return self.closed_at or self.setting.as_of

    def role(self, name: str) -> str:
        """The role of a person."""
        return self.setting.role(name)

    def row(self, deadline: str, on: date) -> DeadlineRow | None:
        """A clock of ``deadlines.yaml`` as it held for the case on a day."""
        return self.policy.deadline(
            deadline, market=self.market, channel=self.channel, on=on, business=self.business
        )

    def due(self, deadline: str, start: datetime) -> datetime | None:
        """When a clock that starts then ends; None where no such rule held on that day."""
        row = self.row(deadline, start.date())
        return None if row is None else self.end(row, start)

    def end(self, row: DeadlineRow, start: datetime) -> datetime | None:
        """When a clock of that rule ends; None where it counts days that nobody has published yet."""
        try:
            return self.policy.due(row, start, self.market)
        except UnknownHolidaysError:
            return None

    def found(self, check: str, event: Event | None = None, **params: object) -> Finding:
        """A finding at an event; without one, of something that is missing at the time of the review."""
        seq, at, actor = (
            (0, self.setting.as_of, self.case.owner) if event is None else (event.seq, event.at, event.actor)
        )
        return Finding(check, self.case_id, seq, at, actor, {k: _param(v) for k, v in params.items()})

    def event(self, seq: int) -> Event | None:
        """The event with that number."""
        return self.steps[seq - 1].event if 0 < seq <= len(self.steps) else None


Found = Iterator[Finding]


def hours_between(start: datetime, end: datetime) -> int:
    """Whole hours, at least one for any delay."""
    return max(1, int((end - start).total_seconds() // 3600))


def _param(value: object) -> Param:
    """A value of a sentence as text that survives a file: codes, ISO times, amounts with their currency."""
    match value:
        case None | bool():
            return None if value is None else int(value)
        case StrEnum():
            return value.value
        case int() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Money():
            return str(value)
        case _:
            return str(value)
