"""The unit, money and promise ledgers: what every unit and every cent of an order is doing.

Each is computed from the case and from what happened elsewhere (earlier refunds and replacements in
the order book, other cases on the same order); none is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from playbook.domain.case import Case, KnownPromise
from playbook.domain.claims import ProblemType
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Component, Earlier, EarlierKind, OrderLine
from playbook.domain.promises import PromiseState
from playbook.domain.remedies import Remedy, RemedyKind


@dataclass(frozen=True, slots=True)
class LineUnits:
    """The buckets of one line. Every ordered unit is in exactly one; their sum is ``ordered``.

    ``claimed`` are units with a problem and no agreed remedy yet, ``withdrawn`` those whose remedy
    was taken back, ``elsewhere`` those compensated before or by another case.
    """

    line: int
    ordered: int
    cancelled: int
    elsewhere: int
    fine: int
    claimed: dict[ProblemType, int]
    withdrawn: int
    agreed: dict[RemedyKind, int]
    executed: dict[RemedyKind, int]
    untouched: int

    @property
    def sum(self) -> int:
        """All buckets together; equals ``ordered`` for every case the desk has accepted."""
        named = self.cancelled + self.elsewhere + self.fine + self.withdrawn + self.untouched
        return named + sum(self.claimed.values()) + sum(self.agreed.values()) + sum(self.executed.values())


_COMPENSATES = frozenset({EarlierKind.REFUND, EarlierKind.REPLACEMENT, EarlierKind.OTHER_CASE})


def earlier_on(line: int, case: Case, elsewhere: Sequence[Earlier] = ()) -> tuple[Earlier, ...]:
    """Compensation of a line from outside this case: returns and reimbursements alone pay the buyer nothing."""
    recorded = case.order.earlier if case.order else ()
    return tuple(
        earlier for earlier in (*recorded, *elsewhere) if earlier.line == line and earlier.kind in _COMPENSATES
    )


def units_elsewhere(line: int, case: Case, elsewhere: Sequence[Earlier] = ()) -> int:
    """Units of a line that are already compensated outside this case."""
    return sum(earlier.units for earlier in earlier_on(line, case, elsewhere))


def claimable_units(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> int:
    """Units of a line that this case may still claim at all."""
    return max(0, line.units_ordered - line.units_cancelled - units_elsewhere(line.line, case, elsewhere))


def unit_ledger(case: Case, elsewhere: Sequence[Earlier] = ()) -> tuple[LineUnits, ...]:
    """The buckets of every line of the locked order; empty before the lock."""
    if case.order is None:
        return ()
    return tuple(_line_units(line, case, elsewhere) for line in case.order.lines)


def _line_units(line: OrderLine, case: Case, elsewhere: Sequence[Earlier]) -> LineUnits:
    fine = withdrawn = 0
    claimed: dict[ProblemType, int] = {}
    agreed: dict[RemedyKind, int] = {}
    executed: dict[RemedyKind, int] = {}
    for item in case.items:
        if item.line != line.line or not item.counts_in_line:
            continue
        if item.is_fine:
            fine += item.units
            continue
        for remedy in case.remedies:
            if remedy.item == item.item:
                bucket = executed if case.is_executed(remedy) else agreed
                bucket[remedy.kind] = bucket.get(remedy.kind, 0) + remedy.units
        rest = item.units - case.decided_units(item.item)
        taken_back = min(rest, sum(remedy.units for remedy in case.withdrawn if remedy.item == item.item))
        withdrawn += taken_back
        if rest - taken_back:
            claimed[item.problem] = claimed.get(item.problem, 0) + rest - taken_back
    outside = line.units_ordered - line.units_cancelled - claimable_units(line, case, elsewhere)
    named = fine + withdrawn + sum(claimed.values()) + sum(agreed.values()) + sum(executed.values())
    return LineUnits(
        line=line.line,
        ordered=line.units_ordered,
        cancelled=line.units_cancelled,
        elsewhere=outside,
        fine=fine,
        claimed=claimed,
        withdrawn=withdrawn,
        agreed=agreed,
        executed=executed,
        untouched=line.units_ordered - line.units_cancelled - outside - named,
    )


def _consumed(line: OrderLine, case: Case, elsewhere: Sequence[Earlier]) -> tuple[int, list[Amounts]]:
    """Units and values of a line that any compensation, here or elsewhere, has used up."""
    units = 0
    values: list[Amounts] = []
    for earlier in earlier_on(line.line, case, elsewhere):
        units += earlier.units
        values.append(earlier.value or earlier.refunded)
    for remedy in case.remedies:
        if _consumes(remedy, case) and remedy.line == line.line:
            units += remedy.units
            values.append(remedy.value)
    return units, values


def _consumes(remedy: Remedy, case: Case) -> bool:
    item = case.item(remedy.item)
    return remedy.shape.compensates and (item is None or item.counts_in_line)


def compensable_units(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> int:
    """Units of a line that nothing has compensated yet."""
    units, _ = _consumed(line, case, elsewhere)
    return max(0, line.units_ordered - line.units_cancelled - units)


def value_left(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> Amounts:
    """What of the paid components no compensation has used up yet."""
    _, values = _consumed(line, case, elsewhere)
    left: Amounts = {}
    for component, paid in line.paid.items():
        rest = paid
        for value in values:
            rest -= value.get(component, Money.zero(line.currency))
        left[component] = rest
    return left


def value_of(line: OrderLine, units: int, case: Case, elsewhere: Sequence[Earlier] = ()) -> Amounts:
    """What *units* further units of a line are worth, by component, to the exact cent.

    The share of what is left, by largest remainder, so that partial steps in any order end at
    exactly what was paid. Raises ValueError when fewer units are left.
    """
    left_units = compensable_units(line, case, elsewhere)
    if not 0 < units <= left_units:
        raise ValueError(f"line {line.line}: {units} units asked, {left_units} left")
    left = value_left(line, case, elsewhere)
    return {component: money.allocate([units, left_units - units])[0] for component, money in left.items()}


@dataclass(frozen=True, slots=True)
class LineMoney:
    """Money of one line by component: paid, refunded elsewhere, granted here, executed of the granted."""

    line: int
    currency: str
    paid: Amounts
    elsewhere: Amounts
    granted: Amounts
    executed: Amounts

    def left(self, component: Component) -> Money:
        """What may still be granted of a component."""
        zero = Money.zero(self.currency)
        spent = self.elsewhere.get(component, zero) + self.granted.get(component, zero)
        return self.paid.get(component, zero) - spent


def _add(amounts: Amounts, more: Amounts) -> None:
    for component, money in more.items():
        amounts[component] = amounts[component] + money if component in amounts else money


def money_ledger(case: Case, elsewhere: Sequence[Earlier] = ()) -> tuple[LineMoney, ...]:
    """Paid, granted and executed money of every line; empty before the lock."""
    if case.order is None:
        return ()
    ledger = []
    for line in case.order.lines:
        outside: Amounts = {}
        granted: Amounts = {}
        executed: Amounts = {}
        for earlier in earlier_on(line.line, case, elsewhere):
            _add(outside, earlier.refunded)
        for remedy in case.remedies:
            if remedy.line == line.line:
                _add(granted, remedy.refund)
                if case.is_executed(remedy):
                    _add(executed, remedy.refund)
        ledger.append(LineMoney(line.line, line.currency, dict(line.paid), outside, granted, executed))
    return tuple(ledger)


class PromiseStanding(StrEnum):
    """A promise as seen at a moment."""

    OPEN = "open"
    LATE = "late"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


def standing(known: KnownPromise, now: datetime) -> PromiseStanding:
    """How a promise stands at *now*."""
    if known.state is PromiseState.OPEN:
        return PromiseStanding.LATE if known.is_late(now) else PromiseStanding.OPEN
    if known.state is PromiseState.KEPT:
        return PromiseStanding.KEPT_LATE if known.is_late(now) else PromiseStanding.KEPT
    return PromiseStanding(known.state.value)


def promise_ledger(case: Case, now: datetime) -> tuple[tuple[KnownPromise, PromiseStanding], ...]:
    """Every promise with its standing, the next due first."""
    ordered = sorted(case.promises, key=lambda known: known.promise.due_at)
    return tuple((known, standing(known, now)) for known in ordered)


def compensation_elsewhere(case: Case, other: Case) -> tuple[Earlier, ...]:
    """What another case on the same order has agreed, as seen from *case*."""
    if case.order is None or other.order is None or other.order.order_id != case.order.order_id:
        return ()
    return tuple(
        Earlier(
            kind=EarlierKind.OTHER_CASE,
            line=remedy.line,
            units=remedy.units,
            value=remedy.value,
            refunded=remedy.refund,
            reference=other.case_id,
            on=remedy.chosen_at.date(),
        )
        for remedy in other.remedies
        if _consumes(remedy, other)
    )
