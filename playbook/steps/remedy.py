"""Step three: clear options for every claim item, and the choice among them (P3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem, Evidence
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    Body,
    Fact,
    Offer,
    RemediesOffered,
    RemedyChosen,
    RemedyWithdrawn,
)
from playbook.domain.ledgers import compensable_units, value_of
from playbook.domain.money import Money, total
from playbook.domain.orders import SHIPPING_COMPONENTS, Amounts, Channel, Order, OrderLine, amounts_total
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import SHAPES, Remedy, RemedyKind
from playbook.policy import DeadlineRow, Lookup, Miss, RemedyFacts, RemedyRow
from playbook.steps.commands import Choice, ChooseRemedies, DecideApproval, WithdrawRemedy
from playbook.steps.decision import Decision, Setting, known_remedy_ids, next_id, refused, refused_all

LEADS = frozenset({"lead", "manager"})
"""Roles that may decide what a rule leaves to a lead."""


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
    share. ``row`` is the policy row behind it; for a refusal by omission the nearest row.
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

    @property
    def refund_total(self) -> Money:
        return amounts_total(self.refund, self.currency)

    @property
    def value_total(self) -> Money:
        return amounts_total(self.value, self.currency)


def days_since_delivery(line: OrderLine, order: Order, now: datetime) -> int | None:
    """Whole days since the line was delivered (or the order's latest delivery date); None if unknown."""
    day = line.delivered_on or order.latest_delivery_on
    return None if day is None else (now.date() - day).days


def facts_of(
    case: Case, item: ClaimItem, units: int, setting: Setting, in_stock: bool | None = None
) -> RemedyFacts | None:
    """The columns that the decision table looks at, or None before the lock."""
    line = case.order.line(item.line) if case.order else None
    if case.order is None or line is None:
        return None
    left = compensable_units(line, case, setting.elsewhere)
    shipped = line.units_shipped > 0
    value = line.unit_price * units
    if item.counts_in_line and 0 < units <= left:
        value = amounts_total(value_of(line, units, case, setting.elsewhere), line.currency)
    return RemedyFacts(
        issue=item.problem,
        channel=line.channel,
        market=case.order.marketplace,
        business=case.order.business,
        units=units,
        units_ordered=line.units_ordered,
        unit_value=line.unit_price,
        claim_value=value,
        days_since_delivery=days_since_delivery(line, case.order, setting.now),
        shipped=shipped,
        evidence=item.evidence,
        earlier_remedy=left < line.units_ordered - line.units_cancelled,
        in_stock=in_stock,
    )


def options(
    case: Case, item: ClaimItem, setting: Setting, *, units: int | None = None, in_stock: bool | None = None
) -> tuple[Option, ...]:
    """Every remedy that the rules know for this item: allowed ones first, the preferred one on top.

    A remedy that some row knows for this problem and channel but that misses a condition is listed
    as refused, with the condition and the numbers.
    """
    wanted = item.units - case.decided_units(item.item) if units is None else units
    facts = facts_of(case, item, wanted, setting, in_stock)
    if facts is None or wanted <= 0:
        return ()
    lookup = setting.policy.remedies(facts, setting.now.date())
    found: dict[RemedyKind, Option] = {}
    for row in lookup.hits:
        if row.then.remedy not in found:
            found[row.then.remedy] = _option(case, item, wanted, row, setting)
    for kind, misses in _near_misses(lookup).items():
        if kind not in found:
            found[kind] = _refused_by_omission(case, item, wanted, misses, setting)
    order = {"allowed": 0, "needs_lead": 1, "refused": 2}
    ranked = sorted(found.values(), key=lambda option: (order[option.outcome], option.row.then.rank))
    if ranked and ranked[0].outcome != "refused":
        ranked[0] = replace(ranked[0], preferred=True)
    return tuple(ranked)


def _near_misses(lookup: Lookup) -> dict[RemedyKind, tuple[Miss, ...]]:
    """Rows for this problem and channel that failed on something an agent can see or change."""
    misses: dict[RemedyKind, tuple[Miss, ...]] = {}
    for miss in lookup.misses:
        if miss.near:
            misses[miss.row.then.remedy] = (*misses.get(miss.row.then.remedy, ()), miss)
    return misses


def _refused_by_omission(
    case: Case, item: ClaimItem, units: int, misses: Sequence[Miss], setting: Setting
) -> Option:
    row = min((miss.row for miss in misses), key=lambda row: row.then.rank)
    option = _option(case, item, units, row, setting)
    reasons = tuple(
        problem("rule_condition", column=miss.column, value=miss.value, wanted=miss.wanted, rule=miss.row.id)
        for miss in misses
    )
    return replace(option, outcome="refused", problems=(*reasons, *option.problems), preferred=False)


def _option(case: Case, item: ClaimItem, units: int, row: RemedyRow, setting: Setting) -> Option:
    assert case.order is not None
    line = case.order.line(item.line)
    assert line is not None
    kind = row.then.remedy
    problems = list(_guards(case, item, line, units, kind, setting))
    outcome = row.then.outcome if not problems else "refused"
    if outcome == "refused" and not problems:
        problems.append(problem("rule_refuses", rule=row.id, why=row.then.why))
    missing = frozenset(row.then.evidence_needed) - item.evidence
    if outcome == "allowed" and missing:
        outcome = "needs_lead"
        problems.append(problem("evidence_missing", evidence=", ".join(sorted(missing)), rule=row.id))
    elif outcome == "needs_lead":
        problems.append(problem("rule_needs_lead", rule=row.id, why=row.then.why))
    share = _default_share(row)
    value: Amounts = {}
    if SHAPES[kind].compensates and item.counts_in_line and outcome != "refused":
        value = value_of(line, units, case, setting.elsewhere)
    refund = refund_of(value, share, row)
    limit = setting.policy.approval_limit(setting.actor.role, line.currency, setting.now.date())
    spent = compensation_total(case) + amounts_total(value if not refund else refund, line.currency)
    if outcome == "allowed" and limit is not None and spent > limit and SHAPES[kind].compensates:
        outcome = "needs_lead"
        problems.append(problem("above_limit", amount=spent, limit=limit, role=setting.actor.role))
    promises = dated_promises(case.order, line, row, setting)
    return Option(
        item=item.item,
        kind=kind,
        outcome=outcome,
        preferred=False,
        units=units,
        value=value,
        refund=refund,
        share=share,
        row=row,
        promises=promises,
        buyer_sees=_buyer_sees(case.order, line, row, promises, setting),
        problems=tuple(problems),
        currency=line.currency,
    )


def _guards(
    case: Case, item: ClaimItem, line: OrderLine, units: int, kind: RemedyKind, setting: Setting
) -> tuple[Problem, ...]:
    """What no rule can allow: units that do not exist, were compensated, or never left the house."""
    problems = []
    undecided = item.units - case.decided_units(item.item)
    if not 0 < units <= undecided:
        problems.append(problem("units_not_open", item=item.item, units=units, open=undecided, sku=line.sku))
    if not SHAPES[kind].compensates or not item.counts_in_line:
        return tuple(problems)
    left = compensable_units(line, case, setting.elsewhere)
    if units > left:
        problems.append(
            problem("already_compensated", sku=line.sku, units=units, left=left, ordered=line.units_ordered)
        )
    unshipped = line.units_ordered - line.units_cancelled - line.units_shipped
    if kind is RemedyKind.CANCEL_UNSHIPPED and units > unshipped:
        problems.append(problem("nothing_unshipped", sku=line.sku, units=units, unshipped=unshipped))
    if SHAPES[kind].comes_back == "goods" and units > line.units_shipped:
        problems.append(problem("not_shipped_yet", sku=line.sku, units=units, shipped=line.units_shipped))
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


def compensation_total(case: Case) -> Money:
    """What the case has granted so far: refunds, and the price of goods sent again."""
    assert case.order is not None
    granted = [remedy.refund_total if remedy.refund else remedy.value_total for remedy in case.remedies]
    return total(granted, case.order.currency)


def dated_promises(order: Order, line: OrderLine, row: RemedyRow, setting: Setting) -> tuple[DatedPromise, ...]:
    """The promises of a row, due from now on; one that starts ``after`` another clock runs after it."""
    dated = []
    for spec in row.then.promises:
        start = setting.now
        if spec.after is not None:
            start = setting.policy.due(_deadline(spec.after, order, line, setting), start, order.marketplace)
        deadline = _deadline(spec.deadline, order, line, setting)
        dated.append(DatedPromise(spec.kind, spec.deadline, setting.policy.due(deadline, start, order.marketplace)))
    return tuple(dated)


def _deadline(deadline_id: str, order: Order, line: OrderLine, setting: Setting) -> DeadlineRow:
    row = setting.policy.deadline(
        deadline_id,
        market=order.marketplace,
        channel=line.channel,
        on=setting.now.date(),
        business=order.business,
    )
    if row is None:
        raise LookupError(f"no deadline {deadline_id} for {order.marketplace} {line.channel} on {setting.now.date()}")
    return row


def _buyer_sees(
    order: Order, line: OrderLine, row: RemedyRow, promises: Sequence[DatedPromise], setting: Setting
) -> tuple[datetime, datetime] | None:
    """When the buyer has the money or the goods: earliest and latest, after our last promise."""
    if row.then.buyer_sees is None or not promises:
        return None
    start = max(promise.due_at for promise in promises)
    return setting.policy.due_range(_deadline(row.then.buyer_sees, order, line, setting), start, order.marketplace)


def choose_remedies(case: Case, command: ChooseRemedies, setting: Setting) -> Decision:
    """Choose remedies; what exceeds the actor's authority becomes one approval request.

    Every choice is judged after the ones before it, so that together they never exceed units or money.
    """
    if not case.breakdown_confirmed or case.order is None:
        return refused("breakdown_first")
    if not command.choices:
        return refused("nothing_chosen")
    problems: list[Problem] = []
    chosen: list[Remedy] = []
    waiting: list[Problem] = []
    ids = known_remedy_ids(case)
    working = case
    for choice in command.choices:
        outcome = _choose(working, choice, setting, next_id("r", ids), command.in_stock)
        if isinstance(outcome, Problem):
            problems.append(outcome)
            continue
        remedy, reasons = outcome
        ids.append(remedy.remedy)
        chosen.append(remedy)
        waiting.extend(reasons)
        working = replace(working, remedies=(*working.remedies, remedy))
    if problems:
        return refused_all(problems)
    offers = tuple(_offer(case, choice, setting, command.in_stock) for choice in command.choices)
    offered = RemediesOffered(offers=offers)
    if waiting and setting.actor.role not in LEADS:
        return (offered, _approval_request(case, chosen, waiting, command.note))
    above = [reason for reason in waiting if reason.code == "above_limit"]
    if above:
        return (offered, _approval_request(case, chosen, above, command.note))
    return (offered, *(RemedyChosen(remedy=remedy) for remedy in chosen))


def _offer(case: Case, choice: Choice, setting: Setting, in_stock: bool | None) -> Offer:
    item = case.item(choice.item)
    kinds = () if item is None else tuple(
        option.kind for option in options(case, item, setting, in_stock=in_stock) if option.outcome != "refused"
    )
    return Offer(item=choice.item, kinds=kinds)


def _approval_request(
    case: Case, remedies: Sequence[Remedy], reasons: Sequence[Problem], note: str
) -> ApprovalRequested:
    assert case.order is not None
    amount = total(
        [remedy.refund_total if remedy.refund else remedy.value_total for remedy in remedies], case.order.currency
    )
    first = reasons[0]
    params = {key: value if isinstance(value, int) else str(value) for key, value in first.params.items()}
    return ApprovalRequested(
        approval=f"a{case.version + 1}",
        remedies=tuple(remedies),
        amount=amount,
        why=Fact(code=first.code, params=params),
        note=note,
    )


def _choose(
    case: Case, choice: Choice, setting: Setting, remedy_id: str, in_stock: bool | None
) -> tuple[Remedy, tuple[Problem, ...]] | Problem:
    item = case.item(choice.item)
    if item is None or item.is_fine:
        return problem("unknown_item", item=choice.item)
    units = item.units - case.decided_units(item.item) if choice.units is None else choice.units
    if units <= 0:
        return problem("units_not_open", item=item.item, units=units, open=0, sku=str(item.line))
    offered = options(case, item, setting, units=units, in_stock=in_stock)
    option = next((option for option in offered if option.kind is choice.kind), None)
    if option is None:
        return problem("no_rule", kind=choice.kind, problem=item.problem, line=item.line)
    if option.outcome == "refused":
        return problem(
            "option_refused", kind=choice.kind, problem=item.problem, line=item.line, reasons=option.problems
        )
    share = option.share if choice.share is None else choice.share
    limits = option.row.then.share
    if choice.share is not None and choice.share != option.share:
        if limits is None:
            return problem("share_fixed", kind=choice.kind, share=option.share)
        if not limits.min <= choice.share <= limits.max:
            return problem("share_out_of_range", share=choice.share, least=limits.min, most=limits.max)
    assert case.order is not None
    remedy = Remedy(
        remedy=remedy_id,
        item=item.item,
        line=item.line,
        units=units,
        kind=choice.kind,
        channel=_channel(case, item),
        currency=option.currency,
        share=share,
        value=option.value,
        refund=refund_of(option.value, share, option.row),
        rule=option.row.id,
        chosen_at=setting.now,
        chosen_by=setting.actor.name,
    )
    reasons = option.problems if option.outcome == "needs_lead" else ()
    return remedy, reasons


def _channel(case: Case, item: ClaimItem) -> Channel:
    """The channel of the line of an item."""
    line = case.order.line(item.line) if case.order else None
    assert line is not None
    return line.channel


def withdraw_remedy(case: Case, command: WithdrawRemedy, setting: Setting) -> Decision:
    """Take an agreed remedy back. Refused once any part of it was carried out."""
    remedy = case.remedy(command.remedy)
    if remedy is None:
        return refused("unknown_remedy", remedy=command.remedy)
    if case.is_begun(remedy):
        return refused("remedy_begun", remedy=remedy.remedy, kind=remedy.kind, units=remedy.units, line=remedy.line)
    if not command.reason.strip():
        return refused("reason_needed")
    return (RemedyWithdrawn(remedy=remedy.remedy, reason=command.reason.strip()),)


def decide_approval(case: Case, command: DecideApproval, setting: Setting) -> Decision:
    """Approve or refuse what waits. Approving judges units and money again, as they stand now."""
    request = next((request for request in case.pending if request.approval == command.approval), None)
    if request is None:
        return refused("unknown_approval", approval=command.approval)
    if setting.actor.role not in LEADS:
        return refused("not_entitled", role=setting.actor.role)
    if any(remedy.chosen_by == setting.actor.name for remedy in request.remedies):
        return refused("own_request", name=setting.actor.name)
    if not command.approve:
        if not command.note.strip():
            return refused("reason_needed")
        return (ApprovalRefused(approval=request.approval, note=command.note.strip()),)
    limit = setting.policy.approval_limit(setting.actor.role, request.amount.currency, setting.now.date())
    amount = compensation_total(case) + request.amount
    if limit is not None and amount > limit:
        return refused("above_limit", amount=amount, limit=limit, role=setting.actor.role)
    events: list[Body] = [ApprovalGiven(approval=request.approval, note=command.note.strip())]
    working = case
    for remedy in request.remedies:
        problems = _still_fits(working, remedy, setting)
        if problems:
            return refused_all(problems)
        events.append(RemedyChosen(remedy=remedy))
        working = replace(working, remedies=(*working.remedies, remedy))
    return tuple(events)


def _still_fits(case: Case, remedy: Remedy, setting: Setting) -> tuple[Problem, ...]:
    item = case.item(remedy.item)
    line = case.order.line(remedy.line) if case.order else None
    if item is None or line is None:
        return (problem("unknown_item", item=remedy.item),)
    problems = _guards(case, item, line, remedy.units, remedy.kind, setting)
    if not problems and remedy.value and remedy.value != value_of(line, remedy.units, case, setting.elsewhere):
        return (problem("value_changed", sku=line.sku, units=remedy.units),)
    return problems


def evidence_wanted(offered: Sequence[Option]) -> frozenset[Evidence]:
    """Evidence that would turn a lead's decision into an agent's."""
    return frozenset(
        evidence
        for option in offered
        if any(reason.code == "evidence_missing" for reason in option.problems)
        for evidence in option.row.then.evidence_needed
    )
