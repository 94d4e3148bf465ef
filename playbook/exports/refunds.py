"""The refunds of a case as a sheet to type into Seller Central: nothing is submitted by the program."""

from playbook.domain.case import Case
from playbook.domain.orders import Component
from playbook.exports.sheets import sheet
from playbook.i18n import translator
from playbook.i18n.words import word
from playbook.policy import Policy

HEAD = (
    "order-id",
    "order-item-id",
    "sku",
    "quantity",
    "adjustment-reason-code",
    "currency",
    "item-price-adj",
    "item-tax-adj",
    "shipping-price-adj",
    "shipping-tax-adj",
    "gift-wrap-price-adj",
    "gift-wrap-tax-adj",
    "item-promotion-adj",
    "ship-promotion-adj",
    "total",
    "remedy",
    "rule",
)
"""Amazon's names of the adjustment columns (facts 3.3), then ours."""

_COMPONENTS = (
    Component.ITEM,
    Component.ITEM_TAX,
    Component.SHIPPING,
    Component.SHIPPING_TAX,
    Component.GIFT_WRAP,
    Component.GIFT_WRAP_TAX,
    Component.PROMOTION,
    Component.SHIPPING_PROMOTION,
)


def refund_sheet(case: Case, *, policy: Policy, lang: str) -> str:
    """One row per refund that is agreed and not yet executed, with every component; CSV text."""
    _ = translator(lang)
    rows = []
    for remedy in case.remedies:
        line = case.order.line(remedy.line) if case.order else None
        if case.order is None or line is None or not remedy.refund or case.is_executed(remedy):
            continue
        row = policy.remedy_row(remedy.rule)
        reason = row.then.reason_code if row is not None else None
        amounts = [remedy.refund[part].amount if part in remedy.refund else "" for part in _COMPONENTS]
        start = [
            case.order.order_id,
            line.order_item_id or "",
            line.sku,
            remedy.units,
            reason or "",
            remedy.currency,
        ]
        rows.append([*start, *amounts, remedy.refund_total.amount, _(word(remedy.kind)), remedy.rule])
    return sheet(HEAD, rows)
