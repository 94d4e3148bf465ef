"""The unit, money and promise ledgers: what every unit and every cent of an order is doing.

Each is computed from the case and from what happened elsewhere (earlier refunds and replacements in
the order book, other cases on the same order); none is stored.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeVar

from playbook.domain.case import Case, KnownPromise
from playbook.domain.claims import ClaimItem, ProblemType
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Component, Earlier, EarlierKind, OrderLine
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.remedies import RejectionReason, Remedy, RemedyKind

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)


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


def earlier_by_line(case: Case, elsewhere: Sequence[Earlier] = ()) -> dict[int, list[Earlier]]:
    """Compensation from outside this case: returns and reimbursements alone pay the buyer nothing."""
    by_line: dict[int, list[Earlier]] = {}
    for earlier in (*(case.order.earlier if case.order else ()), *elsewhere):
        if earlier.kind in _COMPENSATES:
            by_line.setdefault(earlier.line, []).append(earlier)
    return by_line


def earlier_on(line: int, case: Case, elsewhere: Sequence[Earlier] = ()) -> tuple[Earlier, ...]:
    """Compensation of one line from outside this case."""
    known = (*(case.order.earlier if case.order else ()), *elsewhere)
    return tuple(earlier for earlier in known if earlier.line == line and earlier.kind in _COMPENSATES)


def units_elsewhere(line: int, case: Case, elsewhere: Sequence[Earlier] = ()) -> int:
    """Units of a line that are already compensated outside this case."""
    return sum(earlier.units for earlier in earlier_on(line, case, elsewhere))


def claimable_by_line(case: Case, elsewhere: Sequence[Earlier] = ()) -> dict[int, int]:
    """Units of every line that this case may still claim at all."""
    outside = earlier_by_line(case, elsewhere)
    return {
        line.line: max(0, line.units_live - sum(earlier.units for earlier in outside.get(line.line, ())))
        for line in (case.order.lines if case.order else ())
    }


def claimable_units(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> int:
    """Units of a line that this case may still claim at all."""
    return max(0, line.units_live - units_elsewhere(line.line, case, elsewhere))


def unit_ledger(case: Case, elsewhere: Sequence[Earlier] = ()) -> tuple[LineUnits, ...]:
    """The buckets of every line of the locked order; empty before the lock."""
    if case.order is None:
        return ()
    earlier_ones = earlier_by_line(case, elsewhere)
    outside = {line: sum(earlier.units for earlier in known) for line, known in earlier_ones.items()}
    items = _grouped(case.items, lambda item: item.line)
    remedies = _grouped(case.remedies, lambda remedy: remedy.item)
    taken_back = Counter[str]()
    for remedy in case.withdrawn:
        taken_back[remedy.item] += remedy.units
    executed = case.executed
    ledger = []
    for line in case.order.lines:
        uses = [
            use
            for item in items.get(line.line, ())
            if item.counts_in_line
            for use in _uses(item, remedies.get(item.item, ()), taken_back[item.item], executed)
        ]
        ledger.append(_line_units(line, outside.get(line.line, 0), uses))
    return tuple(ledger)


@dataclass(frozen=True, slots=True)
class _Use:
    """Units of one bucket; ``firm`` ones are compensated, which no other case can be."""

    bucket: Literal["executed", "agreed", "claimed", "withdrawn", "fine"]
    units: int
    problem: ProblemType
    kind: RemedyKind | None = None
    firm: bool = False


_RANK = {"executed": 0, "agreed": 1, "claimed": 2, "withdrawn": 3, "fine": 4}


def _uses(
    item: ClaimItem, remedies: Sequence[Remedy], taken_back: int, executed: frozenset[str]
) -> list[_Use]:
    if item.is_fine:
        return [_Use("fine", item.units, item.problem)]
    uses = [
        _Use(
            "executed" if remedy.remedy in executed else "agreed",
            remedy.units,
            item.problem,
            remedy.kind,
            firm=remedy.units_used > 0,
        )
        for remedy in remedies
    ]
    rest = item.units - sum(remedy.units for remedy in remedies)
    back = min(rest, taken_back)
    return [*uses, _Use("withdrawn", back, item.problem), _Use("claimed", rest - back, item.problem)]


def _line_units(line: OrderLine, outside: int, uses: Sequence[_Use]) -> LineUnits:
    """The buckets of a line.

    Where another case was faster with units that this case only spoke of, they count as elsewhere, so
    that no unit is ever in two buckets.
    """
    firm = sum(use.units for use in uses if use.firm)
    elsewhere = max(0, min(outside, line.units_live - firm))
    room = line.units_live - elsewhere
    units = {"withdrawn": 0, "fine": 0}
    claimed: dict[ProblemType, int] = {}
    by_kind: dict[str, dict[RemedyKind, int]] = {"agreed": {}, "executed": {}}
    for use in sorted(uses, key=lambda use: (not use.firm, _RANK[use.bucket])):
        taken = min(use.units, room)
        room -= taken
        if not taken:
            continue
        if use.kind is not None:
            by_kind[use.bucket][use.kind] = by_kind[use.bucket].get(use.kind, 0) + taken
        elif use.bucket == "claimed":
            claimed[use.problem] = claimed.get(use.problem, 0) + taken
        else:
            units[use.bucket] += taken
    return LineUnits(
        line=line.line,
        ordered=line.units_ordered,
        cancelled=line.units_cancelled,
        elsewhere=elsewhere,
        fine=units["fine"],
        claimed=claimed,
        withdrawn=units["withdrawn"],
        agreed=by_kind["agreed"],
        executed=by_kind["executed"],
        untouched=room,
    )


def _grouped(values: Iterable[_T], key: Callable[[_T], _K]) -> dict[_K, list[_T]]:
    groups: dict[_K, list[_T]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups


def goods_to_send(case: Case) -> dict[str, int]:
    """Units of each SKU that the case has agreed to send and that have not left.

    They leave when the promise of the goods is kept: the label of an exchange takes nothing from stock.
    """
    sent = {
        known.promise.remedy
        for known in case.promises
        if known.state is PromiseState.KEPT and known.promise.kind is PromiseKind.SHIP_GOODS
    }
    going: dict[str, int] = {}
    for remedy in case.remedies:
        line = case.order.line(remedy.line) if case.order is not None else None
        if line is not None and remedy.shape.goes_out == "goods" and remedy.remedy not in sent:
            going[line.sku] = going.get(line.sku, 0) + remedy.units
    return going


@dataclass(frozen=True, slots=True)
class LineReturns:
    """Units of a line that have to come back; ``expected`` = accepted + all rejected + awaited.

    ``unexpected`` units of the line came beside them. ``reported`` are those that return reports of the
    order knew when it was locked: they are the same parcels as seen by Amazon, and count nowhere.
    """

    line: int
    expected: int
    accepted: int
    rejected: dict[RejectionReason, int]
    awaited: int
    unexpected: int
    reported: int


def reception_ledger(case: Case) -> tuple[LineReturns, ...]:
    """The returns of every line that has any, expected or not."""
    if case.order is None:
        return ()
    accepted, unexpected = Counter[int](), Counter[int]()
    rejected: dict[int, dict[RejectionReason, int]] = {}
    for reception in case.receptions:
        for row in reception.units:
            accepted[row.line] += row.accepted
            if row.reason is not None:
                reasons = rejected.setdefault(row.line, {})
                reasons[row.reason] = reasons.get(row.reason, 0) + row.rejected
        for goods in reception.unexpected:
            if goods.line is not None:
                unexpected[goods.line] += goods.units
    expected, awaited = Counter[int](), Counter[int]()
    for remedy in case.remedies:
        if remedy.shape.comes_back == "goods":
            expected[remedy.line] += remedy.units
            awaited[remedy.line] += remedy.awaited
    reported = Counter[int]()
    for earlier in case.order.earlier:
        if earlier.kind is EarlierKind.RETURN:
            reported[earlier.line] += earlier.units
    return tuple(
        LineReturns(
            line=line.line,
            expected=expected[line.line],
            accepted=accepted[line.line],
            rejected=rejected.get(line.line, {}),
            awaited=awaited[line.line],
            unexpected=unexpected[line.line],
            reported=reported[line.line],
        )
        for line in case.order.lines
        if line.line in expected or unexpected[line.line]
    )


@dataclass(frozen=True, slots=True)
class Left:
    """Units and money of a line that nothing, here or elsewhere, has used up."""

    units: int
    value: Amounts

    def share(self, units: int) -> Amounts:
        """What *units* of them are worth, by component, to the exact cent.

        By largest remainder, so that partial steps in any order end at exactly what was paid. Raises
        ValueError when fewer units are left.
        """
        if not 0 < units <= self.units:
            raise ValueError(f"{units} units asked, {self.units} left")
        rest = self.units - units
        return {component: money.allocate([units, rest])[0] for component, money in self.value.items()}


def left_of(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> Left:
    """What is left of a line after every compensation, here and elsewhere."""
    left = Left(line.units_live, dict(line.paid))
    for earlier in earlier_on(line.line, case, elsewhere):
        units = min(earlier.units, left.units)
        used = earlier.value or _used_up(left, units, earlier.refunded)
        left = Left(left.units - units, _minus(left.value, used))
    for remedy in case.remedies:
        if remedy.line == line.line and remedy.shape.compensates:
            left = Left(max(0, left.units - remedy.units_used), _minus(left.value, remedy.value))
    return left


def _used_up(left: Left, units: int, refunded: Amounts) -> Amounts:
    """What units compensated elsewhere have used up: their share, or the refund where that was more."""
    share = left.share(units) if units else {}
    nothing = Money.zero(next(iter(left.value.values())).currency)
    used: Amounts = {}
    for component in left.value:
        both = share.get(component, nothing), refunded.get(component, nothing)
        used[component] = max(both, key=lambda money: abs(money.amount))
    return used


def _minus(value: Amounts, used: Amounts) -> Amounts:
    """*value* less *used*, no component beyond zero: an overpaid one leaves nothing, not a debt."""
    rest: Amounts = {}
    for component, money in value.items():
        zero = Money.zero(money.currency)
        after = money - used.get(component, zero)
        rest[component] = max(after, zero) if money >= zero else min(after, zero)
    return rest


def compensable_units(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> int:
    """Units of a line that nothing has compensated yet."""
    return left_of(line, case, elsewhere).units


def value_left(line: OrderLine, case: Case, elsewhere: Sequence[Earlier] = ()) -> Amounts:
    """What of the paid components no compensation has used up yet."""
    return left_of(line, case, elsewhere).value


def value_of(line: OrderLine, units: int, case: Case, elsewhere: Sequence[Earlier] = ()) -> Amounts:
    """What *units* further units of a line are worth; see `Left.share`."""
    return left_of(line, case, elsewhere).share(units)


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
    done = case.executed
    earlier_ones = earlier_by_line(case, elsewhere)
    remedies = _grouped(case.remedies, lambda remedy: remedy.line)
    ledger = []
    for line in case.order.lines:
        outside: Amounts = {}
        granted: Amounts = {}
        executed: Amounts = {}
        for earlier in earlier_ones.get(line.line, ()):
            _add(outside, earlier.refunded)
        for remedy in remedies.get(line.line, ()):
            _add(granted, remedy.refund)
            if remedy.remedy in done:
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
            units=remedy.units_used,
            value=remedy.value,
            refunded=remedy.refund,
            cancelled=remedy.units_used if remedy.kind is RemedyKind.CANCEL_UNSHIPPED else 0,
            reference=other.case_id,
            on=remedy.chosen_at.date(),
        )
        for remedy in other.remedies
        if remedy.shape.compensates and remedy.value
    )
