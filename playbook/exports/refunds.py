"""The refunds of a case as files: Amazon's flat file for payment adjustments, and a list for people.

The flat file is never sent by the program. Its columns are Amazon's (facts 3.3): amounts are those of all
units of a row, promotions are negative, and ``quantity-cancelled`` stays empty, because it counts
cancelled units and these were shipped.
"""

import re
from collections.abc import Sequence

from playbook.domain.ids import OrderId
from playbook.domain.orders import Component
from playbook.exports.sheets import sheet
from playbook.i18n import say, translator
from playbook.i18n.words import word
from playbook.steps.refundfile import RefundRow, RefundSheet

AMOUNT_COLUMNS = {
    "item-price-adj": Component.ITEM,
    "item-tax-adj": Component.ITEM_TAX,
    "shipping-price-adj": Component.SHIPPING,
    "shipping-tax-adj": Component.SHIPPING_TAX,
    "gift-wrap-price-adj": Component.GIFT_WRAP,
    "gift-wrap-tax-adj": Component.GIFT_WRAP_TAX,
    "item-promotion-adj": Component.PROMOTION,
    "ship-promotion-adj": Component.SHIPPING_PROMOTION,
}
"""Amazon's column of each component."""

FLAT_COLUMNS = (
    "order-id",
    "order-item-id",
    "adjustment-reason-code",
    "currency",
    "item-price-adj",
    "item-tax-adj",
    "shipping-price-adj",
    "shipping-tax-adj",
    "gift-wrap-price-adj",
    "gift-wrap-tax-adj",
    "item-promotion-adj",
    "item-promotion-id",
    "ship-promotion-adj",
    "ship-promotion-id",
    "quantity-cancelled",
)
"""The columns of the flat file, in Amazon's order (facts 3.3)."""

LIST_COLUMNS = (
    "order-id",
    "order-item-id",
    "sku",
    "units",
    "adjustment-reason-code",
    "currency",
    *AMOUNT_COLUMNS,
    "total",
    "remedy",
    "rule",
    "note",
)
"""The columns of the list for people."""

_PLAIN = re.compile(r"[0-9A-Za-z-]*|-?[0-9]+(\.[0-9]+)?")


def amazon_file(order_id: OrderId, rows: Sequence[RefundRow]) -> str:
    """The flat file: tab-separated, no byte-order mark, one row per refund.

    Raises ValueError for a cell that is more than a number, a code or an id: nothing else may stand here.
    """
    lines: list[tuple[str, ...]] = [FLAT_COLUMNS]
    for row in rows:
        known = {
            "order-id": order_id,
            "order-item-id": row.order_item_id or "",
            "adjustment-reason-code": row.reason.value if row.reason is not None else "",
            "currency": row.total.currency,
            **{
                column: f"{row.amounts[part].amount:f}"
                for column, part in AMOUNT_COLUMNS.items()
                if part in row.amounts
            },
        }
        cells = tuple(known.get(column, "") for column in FLAT_COLUMNS)
        for cell in cells:
            if not _PLAIN.fullmatch(cell):
                raise ValueError(f"{cell!r} cannot stand in a refund file")
        lines.append(cells)
    return "".join("\t".join(cells) + "\r\n" for cells in lines)


def refund_list(refunds: RefundSheet, lang: str) -> str:
    """Every refund that is granted and not paid, with its amounts, as CSV; the control total at the end.

    What is not in the file stands below it with the reason.
    """
    _ = translator(lang)
    rows: list[list[object]] = []
    for row in refunds.rows:
        reason = row.reason.value if row.reason is not None else ""
        amounts = [
            row.amounts[part].amount if part in row.amounts else "" for part in AMOUNT_COLUMNS.values()
        ]
        start = [refunds.order_id, row.order_item_id or "", row.sku, row.units, reason, refunds.currency]
        rows.append([*start, *amounts, row.total.amount, _(word(row.kind)), row.rule, ""])
    empty = [""] * len(AMOUNT_COLUMNS)

    def sum_row(label: str, total: object) -> list[object]:
        return ["", "", label, "", "", refunds.currency, *empty, total, "", "", ""]

    rows.append(sum_row(_("Control total"), refunds.total.amount))
    for one in refunds.left_out:
        start = [refunds.order_id, "", one.sku, one.units, "", refunds.currency]
        rows.append([*start, *empty, one.total.amount, "", "", say(one.why, lang)])
    if refunds.left_out:
        rows.append(sum_row(_("Not in the file"), refunds.left_out_total.amount))
    return sheet(LIST_COLUMNS, rows)
