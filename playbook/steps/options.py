"""What can be done about a claim item: options with amount, dates and the rule behind each (P3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem, Evidence
from playbook.domain.ledgers import Left, earlier_on, goods_to_send, left_of
from playbook.domain.money import Money, total
from playbook.domain.orders import SHIPPING_COMPONENTS, Amounts, Order, OrderLine, amounts_total
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import SHAPES, RemedyKind, granted
from playbook.policy import Lookup, Miss, RemedyFacts, RemedyRow
from playbook.policy.clocks import UnknownHolidaysError
from playbook.policy.windows import ReturnWindow, delivery_day, return_window
from playbook.steps.decision import Setting


@dataclass(frozen=True, slots=True)
class DatedPromise:
    """A promise that a remedy would carry, with its due time if it were made now."""

    kind: PromiseKind
    deadline: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Option:
    """One remedy for the undecided units of a claim item, as far as the rules and ledgers allow it.

    ``outcome`` is ``allowed``, ``needs_lead`` or ``refused``; ``problems`` lists every reason for the
    latter two. ``value`` is what the units are worth, ``refund`` what would be paid at the default
    share. ``row`` is the policy row behind it; for a refusal by omission the nearest row. A refused
    option has no value and no dates. ``notes`` speak against it without forbidding it: such an option is
    never preferred.
    """

    item: str
    kind: RemedyKind
    outcome: str
    preferred: bool
    units: int
    value: Amounts
    refund: Amounts
    share: Decimal
    row: RemedyRow
    promises: tuple[DatedPromise, ...]
    buyer_sees: tuple[datetime, datetime] | None
    problems: tuple[Problem, ...]
    currency: str
    notes: tuple[Problem, ...] = ()

    @property
    def refund_total(self) -> Money:
        return amounts_total(self.refund, self.currency)

    @property
    def value_total(self) -> Money:
        return amounts_total(self.value, self.currency)

    @property
    def granted(self) -> Money:
        """What the option grants in money: the refund, or the price of the goods that are sent again."""
        return granted(self.kind, self.value, self.refund, self.currency)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the options of one item have in common: the ledgers, and the actor's authority.

    ``units`` are those to decide about and ``value`` what they are worth, nothing where the ledgers
    hold no such units. ``shipped`` and ``unshipped`` are units of the line that are still free for a
    remedy of shipped goods, or for a cancellation. ``spent`` is what the case has granted, ``limit``
    the actor's limit.
    """

    order: Order
    line: OrderLine
    units: int
    value: Amounts
    undecided: int
    left: Left
    shipped: int
    unshipped: int
    spent: Money
    limit: Money | None


def basis_of(case: Case, item: ClaimItem, setting: Setting, units: int | None = None) -> Basis | None:
    """The basis of the options of an item, for all undecided units or for *units*; None before the lock."""
    line = case.order.line(item.line) if case.order else None
    if case.order is None or line is None:
        return None
    outside = earlier_on(line.line, case, setting.elsewhere)
    own = [remedy for remedy in case.remedies if remedy.line == line.line]
    cancelled = sum(remedy.units_used for remedy in own if remedy.kind is RemedyKind.CANCEL_UNSHIPPED)
    cancelled += sum(earlier.cancelled for earlier in outside)
    used = sum(remedy.units_used for remedy in own) + sum(earlier.units for earlier in outside)
    undecided = item.units - case.decided_units(item.item)
    left = left_of(line, case, setting.elsewhere)
    units = undecided if units is None else units
    return Basis(
        order=case.order,
        line=line,
        units=units,
        value=left.share(units) if item.counts_in_line and 0 < units <= left.units else {},
        undecided=undecided,
        left=left,
        shipped=max(0, line.units_shipped - (used - cancelled)),
        unshipped=max(0, line.units_unshipped - cancelled),
        spent=compensation_total(case),
        limit=setting.policy.approval_limit(setting.actor.role, line.currency, setting.now.date()),
    )


def compensation_total(case: Case) -> Money:
    """What the case has granted so far: refunds, and the price of goods sent again."""
    assert case.order is not None
    return total([remedy.granted for remedy in case.remedies], case.order.currency)


def days_since_delivery(line: OrderLine, order: Order, now: datetime) -> int | None:
    """Whole days since the line was delivered (or the order's latest delivery date); None if unknown.

    *now* must be in the zone of the marketplace: delivery dates are local. Negative before the date.
    """
    day = delivery_day(line, order)
    return None if day is None else (now.date() - day).days


def window_of(case: Case, item: ClaimItem, setting: Setting) -> ReturnWindow | None:
    """The return window of the goods of a claim; None while nobody knows when they were delivered."""
    line = case.order.line(item.line) if case.order else None
    if case.order is None or line is None:
        return None
    return return_window(setting.policy, case.order, line, item.problem, delivery_day(line, case.order))


def units_in_stock(case: Case, line: OrderLine, setting: Setting) -> int | None:
    """Units of the SKU that are free to be sent, as the stock file says; None when it does not.

    Goods that this case or another one has agreed to send and that have not left are no longer free.
    """
    counted = setting.stock.get(line.sku)
    if counted is None:
        return None
    going = goods_to_send(case).get(line.sku, 0) + setting.promised.get(line.sku, 0)
    return max(0, counted - going)


def is_in_stock(
    case: Case, line: OrderLine, units: int, setting: Setting, said: bool | None = None
) -> bool | None:
    """Whether *units* can be sent: as the agent says (for this choice, for the line), else as counted."""
    if said is None:
        said = case.in_stock.get(line.line)
    if said is not None:
        return said
    free = units_in_stock(case, line, setting)
    return None if free is None else free >= units


def facts_of(
    case: Case, item: ClaimItem, setting: Setting, in_stock: bool | None = None
) -> RemedyFacts | None:
    """The columns that the decision table looks at, or None before the lock.

    They describe the whole claim item, so that remedies for a few units at a time get round no rule;
    only the stock need not last for more than the units to decide about.
    """
    basis = basis_of(case, item, setting)
    return None if basis is None else facts_at(case, item, basis, setting, in_stock)


def facts_at(
    case: Case, item: ClaimItem, basis: Basis, setting: Setting, in_stock: bool | None = None
) -> RemedyFacts:
    """The facts of an item for the units of a basis."""
    order, line = basis.order, basis.line
    decided = [remedy.value_total for remedy in case.remedies if remedy.item == item.item and remedy.value]
    value = line.unit_price * basis.undecided
    if item.counts_in_line and 0 < basis.undecided <= basis.left.units:
        is_same = basis.units == basis.undecided
        value = amounts_total(basis.value if is_same else basis.left.share(basis.undecided), line.currency)
    local_now = setting.now.astimezone(setting.policy.market(order.marketplace).tz)
    window = window_of(case, item, setting)
    return RemedyFacts(
        issue=item.problem,
        channel=line.channel,
        market=order.marketplace,
        business=order.business,
        units=item.units,
        units_ordered=line.units_ordered,
        unit_value=line.unit_price,
        claim_value=total([value, *decided], line.currency),
        days_since_delivery=days_since_delivery(line, order, local_now),
        shipped=line.units_shipped > 0,
        evidence=item.evidence,
        earlier_remedy=bool(earlier_on(line.line, case, setting.elsewhere)),
        in_stock=is_in_stock(case, line, basis.units, setting, in_stock),
        in_window=None if window is None else setting.now <= window.until,
    )


OUTCOME_ORDER = {"allowed": 0, "needs_lead": 1, "refused": 2}
"""Outcomes, the best first."""


def options(
    case: Case, item: ClaimItem, setting: Setting, *, units: int | None = None, in_stock: bool | None = None
) -> tuple[Option, ...]:
    """Every remedy that the rules know for this item: allowed ones first, the preferred one on top.

    *units* are those to decide about, all undecided ones unless said otherwise. A remedy that some row
    knows for this problem and channel but that misses a condition is listed as refused, with the
    condition and the numbers.
    """
    basis = basis_of(case, item, setting, units)
    if basis is None or item.is_fine or basis.units <= 0:
        return ()
    ranked = list(judged(item, basis, facts_at(case, item, basis, setting, in_stock), setting))
    if case.event_on is not None:
        ranked = [replace(option, notes=_too_late(option, case, case.event_on, setting)) for option in ranked]
    best = _preferred(ranked)
    return tuple(replace(option, preferred=True) if option is best else option for option in ranked)


def _preferred(ranked: Sequence[Option]) -> Option | None:
    """The first option that is not refused and that nothing speaks against."""
    return next((option for option in ranked if option.outcome != "refused" and not option.notes), None)


def _too_late(option: Option, case: Case, event_on: date, setting: Setting) -> tuple[Problem, ...]:
    """That the goods may arrive after the day for which the buyer needs them."""
    if option.buyer_sees is None or SHAPES[option.kind].goes_out == "nothing":
        return ()
    assert case.order is not None
    arrival = option.buyer_sees[1].astimezone(setting.policy.market(case.order.marketplace).tz).date()
    return (problem("after_event", arrival=arrival, event_on=event_on),) if arrival > event_on else ()


def judged(item: ClaimItem, basis: Basis, facts: RemedyFacts, setting: Setting) -> tuple[Option, ...]:
    """Every remedy that the rules know for *facts*, the best first; none is marked as preferred."""
    lookup = setting.policy.remedies(facts, setting.now.date())
    found = {row.then.remedy: _option(basis, item, row, setting) for row in lookup.hits}
    for kind, misses in _near_misses(lookup).items():
        if kind not in found:
            found[kind] = _refused_by_omission(basis, item, misses, setting)
    return tuple(
        sorted(found.values(), key=lambda option: (OUTCOME_ORDER[option.outcome], option.row.then.rank))
    )


def _near_misses(lookup: Lookup) -> dict[RemedyKind, tuple[Miss, ...]]:
    """Rows for this problem and channel that failed on something an agent can see or change."""
    misses: dict[RemedyKind, tuple[Miss, ...]] = {}
    for miss in lookup.misses:
        if miss.near:
            misses[miss.row.then.remedy] = (*misses.get(miss.row.then.remedy, ()), miss)
    return misses


def _refused_by_omission(basis: Basis, item: ClaimItem, misses: Sequence[Miss], setting: Setting) -> Option:
    row = min((miss.row for miss in misses), key=lambda row: (OUTCOME_ORDER[row.then.outcome], row.then.rank))
    by_condition = {(miss.column, miss.wanted): miss for miss in misses}
    reasons = tuple(
        problem("rule_condition", column=miss.column, value=miss.value, wanted=miss.wanted, rule=miss.row.id)
        for miss in by_condition.values()
    )
    return _option(basis, item, row, setting, reasons)


def _option(
    basis: Basis,
    item: ClaimItem,
    row: RemedyRow,
    setting: Setting,
    against: tuple[Problem, ...] = (),
) -> Option:
    line, kind, share = basis.line, row.then.remedy, _default_share(row)
    value: Amounts = {}
    refund: Amounts = {}
    promises: tuple[DatedPromise, ...] = ()
    seen = None
    outcome = "refused"
    problems = [*against, *guards(basis, item, kind)]
    if row.then.outcome == "refused":
        problems.append(problem("rule_refuses", rule=row.id, why=row.then.why, instead=row.then.instead))
    if not problems:
        if SHAPES[kind].compensates:
            value = basis.value
            refund = refund_of(value, share, row)
        cost = granted(kind, value, refund, line.currency)
        problems = [*_for_a_lead(row, item), *limit_problems(basis, cost, setting)]
        outcome = "needs_lead" if problems else "allowed"
        try:
            promises = dated_promises(basis.order, line, row, setting)
            seen = buyer_sees(basis.order, line, row, promises, setting)
        except UnknownHolidaysError as error:
            outcome, value, refund = "refused", {}, {}
            problems = [no_date(error)]
    return Option(
        item=item.item,
        kind=kind,
        outcome=outcome,
        preferred=False,
        units=basis.units,
        value=value,
        refund=refund,
        share=share,
        row=row,
        promises=promises,
        buyer_sees=seen,
        problems=tuple(problems),
        currency=line.currency,
    )


def _for_a_lead(row: RemedyRow, item: ClaimItem) -> list[Problem]:
    """Why the rule leaves this to a lead."""
    problems = []
    if row.then.outcome == "needs_lead":
        problems.append(problem("rule_needs_lead", rule=row.id, why=row.then.why))
    missing = frozenset(row.then.evidence_needed) - item.evidence
    if missing:
        problems.append(problem("evidence_missing", evidence=tuple(sorted(missing)), rule=row.id))
    return problems


def limit_problems(basis: Basis, cost: Money, setting: Setting) -> tuple[Problem, ...]:
    """Whether granting so much more would exceed what the actor may grant in one case."""
    amount = basis.spent + cost
    if basis.limit is None or not cost or amount <= basis.limit:
        return ()
    return (problem("above_limit", amount=amount, limit=basis.limit, role=setting.actor.role),)


def guards(basis: Basis, item: ClaimItem, kind: RemedyKind) -> tuple[Problem, ...]:
    """What no rule can allow: units that do not exist, were compensated, or never left the house."""
    problems, sku, units = [], basis.line.sku, basis.units
    if not 0 < units <= basis.undecided:
        problems.append(problem("units_not_open", item=item.item, units=units, open=basis.undecided, sku=sku))
    if not SHAPES[kind].compensates or not item.counts_in_line:
        return tuple(problems)
    if units > basis.left.units:
        problems.append(
            problem(
                "already_compensated",
                sku=sku,
                units=units,
                left=basis.left.units,
                ordered=basis.line.units_ordered,
            )
        )
    elif kind is RemedyKind.CANCEL_UNSHIPPED:
        if units > basis.unshipped:
            problems.append(problem("nothing_unshipped", sku=sku, units=units, unshipped=basis.unshipped))
    elif units > basis.shipped:
        problems.append(problem("not_shipped_yet", sku=sku, units=units, shipped=basis.shipped))
    return tuple(problems)


def _default_share(row: RemedyRow) -> Decimal:
    if row.then.share is not None:
        return row.then.share.default
    return Decimal(100) if SHAPES[row.then.remedy].paid == "all" else Decimal(0)


def refund_of(value: Amounts, share: Decimal, row: RemedyRow) -> Amounts:
    """*share* percent of every component, outbound shipping only where the row includes it."""
    refund: Amounts = {}
    for component, money in value.items():
        if component in SHIPPING_COMPONENTS and row.then.shipping == "excluded":
            continue
        part = money.percent(share)
        if part:
            refund[component] = part
    return refund


def amount_of(value: Amounts, amount: Money, row: RemedyRow) -> Amounts:
    """*amount* spread over the components that a refund under *row* pays, in proportion, to the exact cent.

    What rounding leaves over goes to the component with the largest part.
    """
    paid = refund_of(value, Decimal(100), row)
    whole = amounts_total(paid, amount.currency)
    if not whole or not amount:
        return {}
    parts = {
        component: Money.rounded(money.amount * amount.amount / whole.amount, amount.currency)
        for component, money in paid.items()
    }
    rest = amount - amounts_total(parts, amount.currency)
    largest = max(parts, key=lambda component: parts[component].amount)
    parts[largest] = parts[largest] + rest
    return {component: money for component, money in parts.items() if money}


def share_of(value: Amounts, amount: Money, row: RemedyRow) -> Decimal | None:
    """What percentage of the price *amount* is, to two places; None when nothing was paid."""
    whole = amounts_total(refund_of(value, Decimal(100), row), amount.currency)
    if not whole:
        return None
    return (amount.amount * 100 / whole.amount).quantize(Decimal("0.01"))


def no_date(error: UnknownHolidaysError) -> Problem:
    """That a date cannot be told, because nobody has published the holidays of that year."""
    return problem("no_holidays_for_promise", country=error.country, year=str(error.year))


def dated_promises(
    order: Order, line: OrderLine, row: RemedyRow, setting: Setting
) -> tuple[DatedPromise, ...]:
    """The promises of a row, due from now on; one that starts ``after`` another clock runs after it.

    Raises UnknownHolidaysError where a rule counts working days of a year without holiday data.
    """
    dated = []
    for spec in row.then.promises:
        start = setting.now
        if spec.after is not None:
            start = _due(spec.after, start, order, line, setting)[1]
        due_at = _due(spec.deadline, start, order, line, setting)[1]
        dated.append(DatedPromise(spec.kind, spec.deadline, due_at))
    return tuple(dated)


def _due(
    deadline_id: str, start: datetime, order: Order, line: OrderLine, setting: Setting
) -> tuple[datetime, datetime]:
    """The earliest and latest end of a clock that starts then; equal unless the rule gives a range."""
    key = (deadline_id, start, order.marketplace, line.channel, order.business)
    known = setting.known.get(key)
    if known is None:
        on = setting.now.date()
        row = setting.policy.deadline(
            deadline_id, market=order.marketplace, channel=line.channel, on=on, business=order.business
        )
        if row is None:
            raise LookupError(f"no deadline {deadline_id} for {order.marketplace} {line.channel} on {on}")
        known = setting.policy.due_range(row, start, order.marketplace)
        setting.known[key] = known
    return known


def buyer_sees(
    order: Order, line: OrderLine, row: RemedyRow, promises: Sequence[DatedPromise], setting: Setting
) -> tuple[datetime, datetime] | None:
    """When the buyer has the money or the goods: earliest and latest, after our last promise."""
    if row.then.buyer_sees is None or not promises:
        return None
    start = max(promise.due_at for promise in promises)
    return _due(row.then.buyer_sees, start, order, line, setting)


def evidence_wanted(offered: Sequence[Option]) -> frozenset[Evidence]:
    """Evidence that would turn a lead's decision into an agent's."""
    return frozenset(
        evidence
        for option in offered
        if any(reason.code == "evidence_missing" for reason in option.problems)
        for evidence in option.row.then.evidence_needed
    )
