"""Reports on what happened to orders afterwards: returns, replacements, reimbursements.

Their rows become `Earlier` on the lines of orders that the book has, so that every ledger sees them. A return
alone, or a reimbursement to the seller, pays the buyer nothing; a refund and a replacement do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from playbook.domain.ids import OrderId
from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import Amounts, Component, Earlier, EarlierKind, Order, OrderLine
from playbook.domain.problems import problem
from playbook.orderbook import cells
from playbook.orderbook.columns import places_of
from playbook.orderbook.refusals import RowRefused, Skipped
from playbook.orderbook.sheets import Sheet
from playbook.store.keys import fold
from playbook.store.merging import merge_earlier

_NOT_RETURNED = ("denied", "declined", "rejected", "cancel")


class RawEarlier(NamedTuple):
    """What one row says about units of one product of an order.

    ``refunded`` is what the buyer got; ``cells`` identify repeated rows, where each row has a number of
    its own: in a report of one row per unit, rows without one are units of their own.
    """

    number: int
    order_id: str
    sku: str
    asin: str
    order_item_id: str
    kind: EarlierKind
    units: int
    reference: str
    on: date | None
    refunded: Decimal | None = None
    currency: str = ""
    rma: str = ""
    tracking: str = ""
    cells: tuple[str, ...] = ()


Cell = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: its columns by our names, with the spellings of its editions, and its meaning.

    ``signs`` are columns that no other report has.
    """

    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    signs: frozenset[str]
    kind: EarlierKind


REPORTS: dict[str, Report] = {
    "mfn-returns": Report(
        {
            "order_id": ("order-id",),
            "sku": ("merchant-sku", "seller-sku", "sku"),
            "asin": ("asin",),
            "order_item_id": ("order-item-id",),
            "units": ("return-quantity",),
            "reference": ("amazon-rma-id", "merchant-rma-id", "seller-rma-id"),
            "rma": ("amazon-rma-id",),
            "other_rma": ("merchant-rma-id", "seller-rma-id"),
            "tracking": ("tracking-id",),
            "on": ("return-request-date",),
            "status": ("return-request-status",),
            "refunded": ("refunded-amount",),
            "currency": ("currency-code",),
        },
        ("order_id", "sku", "units", "on"),
        frozenset({"return-request-date", "amazon-rma-id"}),
        EarlierKind.RETURN,
    ),
    "fba-returns": Report(
        {
            "order_id": ("order-id", "amazon-order-id"),
            "sku": ("sku",),
            "asin": ("asin",),
            "units": ("quantity",),
            "reference": ("license-plate-number",),
            "on": ("return-date",),
        },
        ("order_id", "sku", "units", "on"),
        frozenset({"return-date", "detailed-disposition"}),
        EarlierKind.RETURN,
    ),
    "fba-replacements": Report(
        {
            "order_id": ("original-amazon-order-id",),
            "sku": ("sku",),
            "asin": ("asin",),
            "units": ("quantity",),
            "reference": ("replacement-amazon-order-id",),
            "on": ("shipment-date",),
        },
        ("order_id", "sku", "units", "reference"),
        frozenset({"original-amazon-order-id", "replacement-amazon-order-id"}),
        EarlierKind.REPLACEMENT,
    ),
    "reimbursements": Report(
        {
            "order_id": ("amazon-order-id",),
            "sku": ("sku",),
            "asin": ("asin",),
            "units": ("quantity-reimbursed-total",),
            "reference": ("reimbursement-id",),
            "on": ("approval-date",),
        },
        ("order_id", "sku", "units", "reference"),
        frozenset({"reimbursement-id", "approval-date"}),
        EarlierKind.REIMBURSEMENT,
    ),
}


@dataclass(frozen=True, slots=True)
class AfterReader:
    """Reads rows of one report whose columns are known."""

    places: dict[str, int]
    report: Report

    @property
    def order_column(self) -> int:
        """Where the order number stands."""
        return self.places["order_id"]

    def read(self, number: int, row: Sequence[str]) -> RawEarlier:
        """One row. RowRefused with the reason when it says nothing about an order."""

        def cell(name: str) -> str:
            place = self.places.get(name)
            return "" if place is None else cells.filled(row[place])

        order_id = cells.tidy(cell("order_id"), 41)
        if not order_id:
            raise RowRefused("row_no_order")
        denied = cell("status").casefold().startswith(_NOT_RETURNED)
        rma = cell("rma") or cell("other_rma")
        on = cell("on")
        return RawEarlier(
            number=number,
            order_id=order_id,
            sku=cells.tidy(cell("sku"), 100),
            asin=cell("asin").upper(),
            order_item_id=cells.number_text(cell("order_item_id")),
            kind=self.report.kind,
            units=0 if denied else cells.units(cell("units")),
            reference=cells.tidy(cell("reference") or rma or on, 60),
            on=cells.moment(on).date() if on else None,
            refunded=cells.amount(cell("refunded")),
            currency=cell("currency").upper(),
            rma=rma[:60],
            tracking=cell("tracking")[:80],
            cells=tuple(row) if cell("reference") else (),
        )


def recognises(name: str, columns: Iterable[str]) -> bool:
    """Whether a file with these columns (as keys) is the report of that name."""
    return REPORTS[name].signs <= set(columns)


def after_reader(name: str, sheet: Sheet) -> AfterReader:
    """The reader for *sheet*. ImportRefused names the columns that are missing."""
    report = REPORTS[name]
    return AfterReader(places_of(sheet, report.columns, report.required), report)


class Applied(NamedTuple):
    """An order with what the rows told, how many of them told something, and those that did not."""

    order: Order
    rows: int
    skipped: list[Skipped]


def apply_rows(order: Order, rows: Sequence[RawEarlier]) -> Applied:
    """*order* with the rows about it; importing the same rows again gives the same order.

    What the rows say replaces what was known under the same reference. Units go to the lines of the
    product, one after the other; more than were ordered are left out, and said so.
    """
    skipped: list[Skipped] = []
    seen: dict[tuple[str, ...], int] = {}
    references = {(row.kind, row.reference) for row in rows}
    earlier = [entry for entry in order.earlier if not _is_about(entry, references)]
    told: dict[tuple[EarlierKind, int, str], Earlier] = {}
    used = 0
    for row in rows:
        first = seen.setdefault(row.cells, row.number) if row.cells else row.number
        if first != row.number:
            skipped.append(Skipped(row.number, row.order_id, problem("row_repeated", line=first)))
            continue
        lines = lines_of(order, row)
        if not lines:
            why = problem("row_unknown_sku", order_id=order.order_id, sku=row.sku or row.asin)
            skipped.append(Skipped(row.number, row.order_id, why))
            continue
        if row.refunded and row.currency not in {"", order.currency}:
            why = problem("row_mixed_currencies", currencies=f"{order.currency}, {row.currency}")
            skipped.append(Skipped(row.number, row.order_id, why))
            continue
        used += 1
        for entry in _entries(row, lines, [*earlier, *told.values()], order.currency):
            key = (entry.kind, entry.line, entry.reference)
            told[key] = _together(told[key], entry) if key in told else entry
    gone = [
        entry.model_copy(update={"units": 0, "refunded": {}})
        for entry in order.earlier
        if _is_about(entry, references) and (entry.kind, entry.line, entry.reference) not in told
    ]
    merged = merge_earlier(order.earlier, (*gone, *told.values()))
    again = [OrderId(row.reference) for row in rows if row.kind is EarlierKind.REPLACEMENT]
    replacements = tuple(dict.fromkeys((*order.replacement_orders, *again)))
    after = order.model_copy(update={"earlier": merged, "replacement_orders": replacements})
    return Applied(after, used, skipped)


def _is_about(entry: Earlier, references: set[tuple[EarlierKind, str]]) -> bool:
    kind = EarlierKind.RETURN if entry.kind is EarlierKind.REFUND else entry.kind
    return (kind, entry.reference) in references


def lines_of(order: Order, row: RawEarlier) -> list[OrderLine]:
    """The lines that a row can be about: by Amazon's item id, else by SKU, else by ASIN."""
    by_item = [line for line in order.lines if row.order_item_id and line.order_item_id == row.order_item_id]
    by_sku = [line for line in order.lines if row.sku and fold(line.sku) == fold(row.sku)]
    return by_item or by_sku or [line for line in order.lines if row.asin and line.asin == row.asin]


def _entries(
    row: RawEarlier, lines: Sequence[OrderLine], known: Sequence[Earlier], currency: str
) -> list[Earlier]:
    entries: list[Earlier] = []
    left, units_of = row.units, dict[int, int]()
    for line in lines:
        taken = sum(entry.units for entry in known if entry.line == line.line and entry.kind is row.kind)
        units_of[line.line] = min(left, max(0, line.units_live - taken))
        left -= units_of[line.line]
    refunds = _refunds(row, lines, units_of, currency)
    for line in lines:
        units, refunded = units_of[line.line], refunds.get(line.line, {})
        common = {"line": line.line, "units": units, "reference": row.reference, "on": row.on}
        if units:
            entries.append(Earlier(kind=row.kind, **common))
        if refunded:
            entries.append(Earlier(kind=EarlierKind.REFUND, refunded=refunded, **common))
    return entries


def _refunds(
    row: RawEarlier, lines: Sequence[OrderLine], units_of: Mapping[int, int], currency: str
) -> dict[int, Amounts]:
    if not row.refunded or row.refunded < 0:
        return {}
    amount = Money.rounded(row.refunded, currency)
    weights = [units_of[line.line] for line in lines]
    parts = amount.allocate(weights if any(weights) else [1] * len(lines))
    return {line.line: refund_parts(line, part) for line, part in zip(lines, parts, strict=True) if part}


_GOODS = (Component.ITEM, Component.ITEM_TAX, Component.GIFT_WRAP, Component.GIFT_WRAP_TAX)
_SHIPPING = (Component.SHIPPING, Component.SHIPPING_TAX)


def refund_parts(line: OrderLine, amount: Money) -> Amounts:
    """How an amount that was refunded in one sum splits over the components of a line.

    Over the goods and their tax in proportion to what they cost; what is more than the goods cost, over
    shipping; what is more than everything cost, to the goods.
    """
    parts: Amounts = {}
    left = amount
    for group in (_GOODS, _SHIPPING):
        paid = {component: _cost(line, component) for component in group}
        whole = sum(paid.values(), Money.zero(amount.currency))
        part = min(left, whole, key=lambda money: money.amount)
        if part:
            unit = minor_unit(amount.currency)
            shares = part.allocate([int(money.amount / unit) for money in paid.values()])
            parts |= {component: share for component, share in zip(paid, shares, strict=True) if share}
            left -= part
    if left:
        parts[Component.ITEM] = parts.get(Component.ITEM, Money.zero(amount.currency)) + left
    return parts


def _cost(line: OrderLine, component: Component) -> Money:
    """What a component cost after its promotion, never less than nothing."""
    zero = Money.zero(line.currency)
    promotion = {Component.ITEM: Component.PROMOTION, Component.SHIPPING: Component.SHIPPING_PROMOTION}
    cost = line.paid.get(component, zero)
    if component in promotion:
        cost += line.paid.get(promotion[component], zero)
    return max(cost, zero, key=lambda money: money.amount)


def _together(one: Earlier, other: Earlier) -> Earlier:
    refunded = dict(one.refunded)
    for component, money in other.refunded.items():
        refunded[component] = refunded[component] + money if component in refunded else money
    return one.model_copy(update={"units": one.units + other.units, "refunded": refunded})
