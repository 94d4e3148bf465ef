"""Step three: the choice among the options, its approval, and taking it back (P3)."""

from collections.abc import Sequence
from decimal import Decimal

from playbook.domain.base import replace
from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem
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
from playbook.domain.money import minor_unit, total
from playbook.domain.orders import Amounts, amounts_total
from playbook.domain.problems import Problem, problem
from playbook.domain.remedies import Remedy
from playbook.steps.commands import Choice, ChooseRemedies, DecideApproval, WithdrawRemedy
from playbook.steps.contradicting import promised_otherwise
from playbook.steps.decision import Decision, Setting, clean, is_count, new_ids, refused, refused_all
from playbook.steps.options import (
    Basis,
    DatedPromise,
    Option,
    amount_of,
    basis_of,
    compensation_total,
    dated_promises,
    days_since_delivery,
    evidence_wanted,
    facts_of,
    guards,
    limit_problems,
    options,
    refund_of,
    share_of,
)

__all__ = [
    "LEADS",
    "DatedPromise",
    "Option",
    "choose_remedies",
    "compensation_total",
    "dated_promises",
    "days_since_delivery",
    "decide_approval",
    "evidence_wanted",
    "facts_of",
    "options",
    "refund_of",
    "withdraw_remedy",
]

ALL = Decimal(100)

LEADS = frozenset({"lead", "manager"})
"""Roles that may decide what a rule leaves to a lead."""


def choose_remedies(case: Case, command: ChooseRemedies, setting: Setting) -> Decision:
    """Choose remedies; those that exceed the actor's authority become one approval request.

    Every choice is judged after the ones before it, so that together they never exceed units or money.
    """
    if not case.breakdown_confirmed or case.order is None:
        return refused("breakdown_first")
    if not command.choices:
        return refused("nothing_chosen")
    problems: list[Problem] = []
    offers: list[Offer] = []
    chosen: list[Remedy] = []
    waiting: list[Remedy] = []
    reasons: list[Problem] = []
    ids = new_ids("r", case.remedy_ids)
    working = case
    for choice in command.choices:
        outcome = _choose(working, choice, setting, next(ids), command.in_stock)
        if isinstance(outcome, Problem):
            problems.append(outcome)
            continue
        remedy, offer, against = outcome
        problems.extend(promised_otherwise(working, remedy))
        offers.append(offer)
        asked = tuple(reason for reason in against if not _may_waive(reason, setting))
        reasons.extend(asked)
        (waiting if asked else chosen).append(remedy)
        working = replace(working, remedies=(*working.remedies, remedy))
    if problems:
        return refused_all(problems)
    events: list[Body] = [RemediesOffered(offers=tuple(offers))]
    events.extend(RemedyChosen(remedy=remedy) for remedy in chosen)
    if waiting:
        events.append(_approval_request(case, waiting, reasons[0], clean(command.note)))
    return tuple(events)


def _may_waive(reason: Problem, setting: Setting) -> bool:
    """Whether the actor may set a reason aside: a lead any but the own limit."""
    return setting.actor.role in LEADS and reason.code != "above_limit"


def _approval_request(case: Case, remedies: Sequence[Remedy], why: Problem, note: str) -> ApprovalRequested:
    return ApprovalRequested(
        approval=f"a{case.version + 1}",
        remedies=tuple(remedies),
        amount=total([remedy.granted for remedy in remedies], remedies[0].currency),
        why=Fact(code=why.code, params={key: _plain(value) for key, value in why.params.items()}),
        note=note,
    )


def _plain(value: object) -> str | int:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return value if isinstance(value, int) else str(value)


def _choose(
    case: Case, choice: Choice, setting: Setting, remedy_id: str, in_stock: bool | None
) -> tuple[Remedy, Offer, tuple[Problem, ...]] | Problem:
    """The remedy, what was offered, and the reasons why somebody else has to decide it."""
    item = case.item(choice.item)
    whole = choice.units is None or is_count(choice.units)
    basis = basis_of(case, item, setting, choice.units if whole else 0) if item is not None else None
    if item is None or basis is None or item.is_fine:
        return problem("unknown_item", item=choice.item)
    units = basis.units if whole else choice.units
    if not whole or not 0 < basis.units <= basis.undecided:
        return problem(
            "units_not_open", item=item.item, units=units, open=basis.undecided, sku=basis.line.sku
        )
    offered = options(case, item, setting, units=basis.units, in_stock=in_stock)
    option = next((option for option in offered if option.kind is choice.kind), None)
    if option is None:
        return problem("no_rule", kind=choice.kind, problem=item.problem, line=item.line)
    if option.outcome == "refused":
        return problem(
            "option_refused", kind=choice.kind, problem=item.problem, line=item.line, reasons=option.problems
        )
    share = _share(option, choice)
    if isinstance(share, Problem):
        return share
    remedy = _remedy(basis, item, option, share, remedy_id, setting)
    if choice.amount is not None:
        refund = amount_of(option.value, choice.amount, option.row)
        remedy = remedy.model_copy(update={"refund": refund})
    against = _reasons_at(basis, option, remedy, setting)
    codes = sorted({reason.code for reason in against})
    offer = Offer(item=item.item, kinds=tuple(o.kind for o in offered if o.outcome != "refused"))
    return remedy.model_copy(update={"overrides": ",".join(codes)}), offer, against


def _share(option: Option, choice: Choice) -> Decimal | Problem:
    """The percentage that is chosen: as such, by its amount, or else the rule's; or why it is none."""
    limits = option.row.then.share
    if choice.amount is not None:
        if choice.amount.currency != option.currency:
            return problem("amount_other_currency", amount=choice.amount, currency=option.currency)
        share = share_of(option.value, choice.amount, option.row)
        if limits is None or share is None:
            return problem("share_fixed", kind=option.kind, share=option.share)
        if not limits.min <= share <= limits.max:
            least, most = (
                amounts_total(refund_of(option.value, limit, option.row), option.currency)
                for limit in (limits.min, limits.max)
            )
            return problem("amount_out_of_range", amount=choice.amount, least=least, most=most)
        return share
    share = option.share if choice.share is None else choice.share
    if share == option.share:
        return share
    if limits is None:
        return problem("share_fixed", kind=option.kind, share=option.share)
    if not share.is_finite() or not limits.min <= share <= limits.max:
        return problem("share_out_of_range", share=share, least=limits.min, most=limits.max)
    return share


def _remedy(
    basis: Basis, item: ClaimItem, option: Option, share: Decimal, remedy_id: str, setting: Setting
) -> Remedy:
    return Remedy(
        remedy=remedy_id,
        item=item.item,
        line=item.line,
        units=option.units,
        kind=option.kind,
        channel=basis.line.channel,
        currency=option.currency,
        share=share,
        value=option.value,
        refund=refund_of(option.value, share, option.row),
        rule=option.row.id,
        chosen_at=setting.now,
        chosen_by=setting.actor.name,
    )


def _reasons_at(basis: Basis, option: Option, remedy: Remedy, setting: Setting) -> tuple[Problem, ...]:
    """The reasons for a lead, with the limit judged at the share that was chosen."""
    others = tuple(reason for reason in option.problems if reason.code != "above_limit")
    return (*others, *limit_problems(basis, remedy.granted, setting))


def withdraw_remedy(case: Case, command: WithdrawRemedy, setting: Setting) -> Decision:
    """Take an agreed remedy back. Refused once money or goods have begun to move."""
    remedy = case.remedy(command.remedy)
    if remedy is None:
        return refused("unknown_remedy", remedy=command.remedy)
    if remedy.remedy in case.exported and not case.is_begun(remedy):
        return refused("refund_in_file", units=remedy.units, line=remedy.line)
    if case.is_final(remedy):
        return refused(
            "remedy_begun", remedy=remedy.remedy, kind=remedy.kind, units=remedy.units, line=remedy.line
        )
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    return (RemedyWithdrawn(remedy=remedy.remedy, reason=reason),)


def decide_approval(case: Case, command: DecideApproval, setting: Setting) -> Decision:
    """Approve or refuse what waits. Approving judges units and money again, as they stand now.

    Whoever asked may take the request back, but never approve it.
    """
    request = next((request for request in case.pending if request.approval == command.approval), None)
    if request is None:
        return refused("unknown_approval", approval=command.approval)
    is_own = any(remedy.chosen_by == setting.actor.name for remedy in request.remedies)
    if setting.actor.role not in LEADS and (command.approve or not is_own):
        return refused("not_entitled", role=setting.actor.role)
    note = clean(command.note)
    if not command.approve:
        return (ApprovalRefused(approval=request.approval, note=note),) if note else refused("reason_needed")
    if is_own:
        return refused("own_request", name=setting.actor.name)
    problems: list[Problem] = []
    chosen: list[Remedy] = []
    working = case
    for remedy in request.remedies:
        outcome = _judged_again(working, remedy, setting)
        if isinstance(outcome, Remedy):
            problems.extend(promised_otherwise(working, outcome))
            chosen.append(outcome)
            working = replace(working, remedies=(*working.remedies, outcome))
        else:
            problems.extend(outcome)
    amount = compensation_total(working)
    limit = setting.policy.approval_limit(setting.actor.role, amount.currency, setting.now.date())
    if limit is not None and amount > limit:
        problems.append(problem("above_limit", amount=amount, limit=limit, role=setting.actor.role))
    if problems:
        return refused_all(problems)
    return (
        ApprovalGiven(approval=request.approval, note=note),
        *(RemedyChosen(remedy=remedy) for remedy in chosen),
    )


def _judged_again(case: Case, remedy: Remedy, setting: Setting) -> Remedy | tuple[Problem, ...]:
    """The remedy with what its units are worth now, or why it no longer fits.

    Another remedy chosen meanwhile may move a cent between units of a line; more than that is a change
    that nobody approved.
    """
    item = case.item(remedy.item)
    assert item is not None, "a request lapses with its claim"
    basis = basis_of(case, item, setting, remedy.units)
    assert basis is not None
    against = guards(basis, item, remedy.kind)
    if against or not remedy.value:
        return against or remedy
    if not _nearly(basis.value, remedy.value):
        return (problem("value_changed", sku=basis.line.sku, units=remedy.units),)
    refund = {c: basis.value[c] if remedy.share == ALL else money for c, money in remedy.refund.items()}
    return remedy.model_copy(update={"value": basis.value, "refund": _within(refund, basis.value)})


def _within(refund: Amounts, value: Amounts) -> Amounts:
    """*refund* as it was told to the buyer, no component beyond its value."""
    return {
        c: money if abs(money.amount) <= abs(value[c].amount) else value[c] for c, money in refund.items()
    }


def _nearly(one: Amounts, other: Amounts) -> bool:
    """Whether two values differ by no more than rounding, one smallest unit a component."""
    return one.keys() == other.keys() and all(
        abs(money.amount - other[component].amount) <= minor_unit(money.currency)
        for component, money in one.items()
    )
