"""P3: each remedy stands on a row of the rules that held that day, for that claim, at that amount."""

from decimal import Decimal

from playbook.domain.claims import ClaimItem
from playbook.domain.events import GoodsReceived, RemedyChosen
from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import SHIPPING_COMPONENTS, Channel
from playbook.domain.remedies import Remedy
from playbook.policy.remedy_rows import Outcome, RemedyRow
from playbook.review.checks.history import Found, History, Step
from playbook.steps.remedy import LEADS

_ALL, _NONE = Decimal(100), Decimal(0)
_HALF_A_PLACE = Decimal("0.00005")
"""A share that was worked out from an amount is rounded to two places of a percent."""


def remedies(history: History) -> Found:
    """Every remedy when it was chosen, and what was kept back of the ones that came back."""
    for step in history.of(RemedyChosen):
        yield from _chosen(history, step)
    for received in history.of(GoodsReceived):
        yield from _kept_back(history, received)


def _chosen(history: History, step: Step[RemedyChosen]) -> Found:
    remedy, case, event = step.body.remedy, step.before, step.event
    by_us = remedy.channel is Channel.FBM
    if not by_us and remedy.shape.compensates:
        yield history.found(
            "own_remedy_for_amazon", event, kind=remedy.kind, channel=remedy.channel, units=remedy.units
        )
        return
    on = remedy.chosen_at.date()
    row = history.policy.remedy_row(remedy.rule, on)
    if row is None:
        yield history.found("rule_unknown", event, rule=remedy.rule, kind=remedy.kind)
        return
    if not row.is_valid(on):
        yield history.found("rule_not_of_its_day", event, rule=row.id, on=on, kind=remedy.kind)
        return
    item = case.item(remedy.item)
    wrong = _misfit(history, remedy, row, item, step)
    if wrong:
        yield history.found("rule_does_not_fit", event, rule=row.id, kind=remedy.kind, why=wrong)
        return
    assert item is not None, "an item that is not there does not fit"
    if row.then.outcome is Outcome.REFUSED:
        yield history.found("rule_refuses", event, rule=row.id, kind=remedy.kind)
        return
    yield from _reasons(history, step, row, item)
    yield from _amount(history, step, row)


def _misfit(
    history: History, remedy: Remedy, row: RemedyRow, item: ClaimItem | None, step: Step[RemedyChosen]
) -> str:
    """The first column of the row that the remedy is not about; empty when it fits."""
    order = step.before.order
    line = order.line(remedy.line) if order is not None else None
    if row.then.remedy is not remedy.kind:
        return "remedy"
    if item is None or item.problem not in row.when.issue:
        return "issue"
    if remedy.channel not in row.channel or (line is not None and line.channel is not remedy.channel):
        return "channel"
    if order is None or order.marketplace not in row.market:
        return "market"
    if row.when.business is not None and row.when.business is not order.business:
        return "business"
    limit = _claim_limit(history, row, remedy.currency)
    if limit is not None and remedy.value_total.amount > limit:
        return "claim_value"
    return ""


def _claim_limit(history: History, row: RemedyRow, currency: str) -> Decimal | None:
    wanted = row.when.claim_value
    if wanted is None or wanted.up_to is None:
        return None
    return history.policy.rows.amounts[wanted.up_to].get(currency)


def _reasons(history: History, step: Step[RemedyChosen], row: RemedyRow, item: ClaimItem) -> Found:
    """What only a lead may set aside, when none did: the event of a choice is written by who decided it."""
    if history.role(step.event.actor) in LEADS:
        return
    remedy = step.body.remedy
    if row.then.outcome is Outcome.NEEDS_LEAD:
        yield history.found("lead_not_asked", step.event, rule=row.id, kind=remedy.kind)
    wanted = row.when.evidence
    missing = [*(frozenset(row.then.evidence_needed) - item.evidence)]
    if wanted is not None and not item.evidence.intersection(wanted):
        missing = [*wanted]
    if missing:
        yield history.found(
            "evidence_missing", step.event, rule=row.id, evidence=min(missing), units=remedy.units
        )


def _amount(history: History, step: Step[RemedyChosen], row: RemedyRow) -> Found:
    """The share within the rule's, and the refund within the share of what the row pays."""
    remedy = step.body.remedy
    share = row.then.share
    pays = remedy.shape.paid
    if share is not None:
        least, most = share.min, share.max
    else:
        least = most = _ALL if pays == "all" else _NONE
    if not least <= remedy.share <= most:
        yield history.found(
            "share_outside_rule",
            step.event,
            rule=row.id,
            share=remedy.share,
            least=least,
            most=most,
        )
        return
    if not remedy.refund:
        return
    whole = sum(
        (
            money.amount
            for component, money in remedy.value.items()
            if row.then.shipping == "included" or component not in SHIPPING_COMPONENTS
        ),
        _NONE,
    )
    paid = sum((money.amount for money in remedy.refund.values()), _NONE)
    room = len(remedy.value) * minor_unit(remedy.currency) + whole * _HALF_A_PLACE
    if paid > whole * remedy.share / 100 + room:
        most_paid = Money.rounded(whole * remedy.share / 100, remedy.currency)
        yield history.found(
            "refund_above_rule",
            step.event,
            rule=row.id,
            amount=remedy.refund_total,
            most_paid=most_paid,
        )


def _kept_back(history: History, step: Step[GoodsReceived]) -> Found:
    """More of the price kept back than the rules let us, by somebody who may not decide that."""
    if history.role(step.event.actor) in LEADS:
        return
    for remedy in step.body.remedies:
        item = step.before.item(remedy.item)
        if not remedy.kept_back or remedy.rejected_for is None or item is None:
            continue
        rule = history.policy.restocking(
            remedy.rejected_for,
            item.problem,
            market=history.market,
            channel=remedy.channel,
            on=step.event.at.date(),
        )
        most = _NONE if rule is None else rule.then.most
        if remedy.kept_back > most:
            yield history.found(
                "kept_back_too_much",
                step.event,
                share=remedy.kept_back,
                most=most,
                units=remedy.rejected,
            )
