"""A desk over a real SQLite file, a clock that a test moves, and cases brought up to a step by commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.desk import Desk, Done
from playbook.domain.case import Case
from playbook.domain.orders import Order
from playbook.domain.remedies import RemedyKind
from playbook.steps import Actor, Command
from playbook.steps.commands import ClaimRow, ConfirmPlan
from playbook.store import Store
from playbook.viewmodels.case import CaseModel
from tests.builders import (
    AGENT,
    NOW,
    ORDER_ID,
    an_order,
    broken_down,
    choose,
    claim,
    lock,
    the_policy,
)

MESSAGE = f"Order {ORDER_ID}: 3 of the desk lamps arrived smashed, photos attached. The rest is fine."


@dataclass
class Clock:
    """The time as the test says."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass: ``forward(hours=3)``."""
        self.now += timedelta(**span)


def a_desk(store: Store, actor: Actor = AGENT, clock: Clock | None = None) -> Desk:
    """A desk with the shipped rules on a Monday morning."""
    return Desk(store, the_policy(), actor, clock or Clock())


def done(outcome: object) -> Case:
    """The case after a command that was accepted; anything else fails the test."""
    assert isinstance(outcome, Done), outcome
    return outcome.case


def opened(desk: Desk, message: str = MESSAGE) -> Case:
    """A case for a message that came two hours ago."""
    return done(desk.open_case(message, received_at=desk.clock() - timedelta(hours=2)))


def carried_out(desk: Desk, case: Case, *commands: Command) -> Case:
    """The case after commands that are all accepted."""
    for command in commands:
        case = done(desk.do(case.case_id, command, seen=case.version))
    return case


def locked(desk: Desk, order: Order | None = None, message: str = MESSAGE) -> Case:
    """A case with its order in the book and locked."""
    order = order or an_order()
    desk.store.put_orders([order], "test")
    return carried_out(desk, opened(desk, message), lock(order))


def claimed(desk: Desk, rows: Sequence[ClaimRow] = (), order: Order | None = None) -> Case:
    """A case with a confirmed breakdown; three damaged units of line 1 unless rows are given."""
    return carried_out(desk, locked(desk, order), broken_down(*(rows or (claim(3),))))


def planned(desk: Desk, kind: RemedyKind = RemedyKind.REPLACEMENT, order: Order | None = None) -> Case:
    """A case with its remedy agreed and its plan confirmed."""
    return carried_out(desk, claimed(desk, order=order), choose(kind), ConfirmPlan())


def page(desk: Desk, case: Case, lang: str = "en") -> CaseModel:
    """What a browser window on the case holds."""
    fresh = desk.case(case.case_id)
    assert fresh is not None
    return CaseModel(desk, fresh, lang)
