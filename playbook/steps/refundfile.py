"""The refund sheet: what is granted and not yet paid, as rows of Amazon's payment adjustment (facts 3.3).

Nothing is sent by the program. A file that pays many buyers at once leaves only after a second person
has compared its control total, and refunds that are in a file are not put into another one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from playbook.domain.case import Case
from playbook.domain.events import RefundExportUndone, RefundsChecked, RefundsExported
from playbook.domain.ids import OrderId, OrderItemId, Sku, is_amazon_order_id
from playbook.domain.money import Money, total
from playbook.domain.orders import (
    PROMOTIONS,
    Amounts,
    Channel,
    Component,
    Order,
    OrderLine,
    amounts_total,
)
from playbook.domain.problems import Problem, problem
from playbook.domain.remedies import Remedy, RemedyKind
from playbook.policy import About, ReturnRow
from playbook.policy.remedy_rows import RefundReason
from playbook.steps.commands import CheckRefunds, ExportRefunds, UndoRefundExport
from playbook.steps.decision import Decision, Setting, clean, refused, refused_all

TAX_OF = {
    Component.ITEM_TAX: Component.ITEM,
    Component.SHIPPING_TAX: Component.SHIPPING,
    Component.GIFT_WRAP_TAX: Component.GIFT_WRAP,
}
"""Where the tax goes in marketplaces whose prices include it."""


@dataclass(frozen=True, slots=True)
class RefundRow:
    """One refund: the amounts are those of all its units, as the columns of the file want them."""

    remedy: str
    kind: RemedyKind
    line: int
    sku: Sku
    units: int
    order_item_id: OrderItemId | None
    reason: RefundReason | None
    rule: str
    amounts: Amounts
    total: Money
    chosen_by: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A refund that is granted and not paid, but does not belong into the file; ``why`` says it."""

    remedy: str
    line: int
    sku: Sku
    units: int
    total: Money
    why: Problem


@dataclass(frozen=True, slots=True)
class RefundSheet:
    """Every refund of a case that is granted and not executed, in the file or left out.

    ``blockers`` are reasons against the file as a whole, ``notes`` what to look at before it is
    uploaded. ``digest`` changes with any row, amount or reason.
    """

    order_id: OrderId
    currency: str
    rows: tuple[RefundRow, ...]
    left_out: tuple[LeftOut, ...]
    blockers: tuple[Problem, ...]
    notes: tuple[ReturnRow, ...]
    digest: str

    @property
    def total(self) -> Money:
        """The control total: what the file refunds."""
        return total([row.total for row in self.rows], self.currency)

    @property
    def left_out_total(self) -> Money:
        """What is granted and not paid beside the file."""
        return total([one.total for one in self.left_out], self.currency)


def refund_sheet(
    case: Case, setting: Setting, item_ids: Mapping[int, OrderItemId] | None = None
) -> RefundSheet | None:
    """The refunds of a case as rows for Amazon; None before the lock.

    *item_ids* are ids of order lines that became known after the order was locked.
    """
    if case.order is None:
        return None
    known = item_ids or {}
    executed, exported = case.executed, case.exported
    rows, left_out = [], []
    for remedy in case.remedies:
        line = case.order.line(remedy.line)
        if line is None or not remedy.refund or remedy.remedy in executed:
            continue
        why = _not_in_the_file(remedy, line, exported)
        if why is None:
            rows.append(_row(case.order, remedy, line, known.get(line.line), setting))
        else:
            left_out.append(
                LeftOut(remedy.remedy, line.line, line.sku, remedy.units, remedy.refund_total, why)
            )
    return RefundSheet(
        order_id=case.order.order_id,
        currency=case.order.currency,
        rows=tuple(rows),
        left_out=tuple(left_out),
        blockers=tuple(_blockers(case.order.order_id, rows)),
        notes=_notes(case.order, rows, setting),
        digest=_digest(rows),
    )


def _not_in_the_file(remedy: Remedy, line: OrderLine, exported: frozenset[str]) -> Problem | None:
    """Why a refund does not belong into the file; None when it does."""
    if remedy.kind is RemedyKind.CANCEL_UNSHIPPED:
        return problem("refund_is_cancelled", sku=line.sku, units=remedy.units)
    if remedy.channel is not Channel.FBM:
        return problem("refund_by_amazon", sku=line.sku, channel=remedy.channel)
    if remedy.remedy in exported:
        return problem("refund_exported", sku=line.sku, units=remedy.units)
    if remedy.awaited:
        return problem("refund_waits_for_goods", sku=line.sku, units=remedy.awaited)
    return None


def _row(
    order: Order, remedy: Remedy, line: OrderLine, item_id: OrderItemId | None, setting: Setting
) -> RefundRow:
    row = setting.policy.remedy_row(remedy.rule, setting.now.date())
    reason = row.then.reason_code if row is not None else None
    return RefundRow(
        remedy=remedy.remedy,
        kind=remedy.kind,
        line=line.line,
        sku=line.sku,
        units=remedy.units,
        order_item_id=next((known for known in (line.order_item_id, item_id) if _is_id(known)), None),
        reason=reason if reason is not None and reason.is_refund else None,
        rule=remedy.rule,
        amounts=_as_columns(remedy, _tax_in_price(order, setting)),
        total=remedy.refund_total,
        chosen_by=remedy.chosen_by,
    )


def _is_id(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdecimal()


def _sheet_rows(order: Order, setting: Setting) -> dict[str, ReturnRow]:
    rows = setting.policy.return_rows(
        About.SHEET, market=order.marketplace, channel=Channel.FBM, on=setting.now.date()
    )
    return {row.id: row for row in rows}


def _tax_in_price(order: Order, setting: Setting) -> bool:
    included = setting.policy.market(order.marketplace).tax_included
    return included and "tax_in_price" in _sheet_rows(order, setting)


def _as_columns(remedy: Remedy, tax_in_price: bool) -> Amounts:
    """The refund by component; the tax within the price where prices include it."""
    amounts: Amounts = {}
    for component, money in remedy.refund.items():
        place = TAX_OF.get(component, component) if tax_in_price else component
        amounts[place] = amounts[place] + money if place in amounts else money
    assert amounts_total(amounts, remedy.currency) == remedy.refund_total
    return amounts


def _notes(order: Order, rows: list[RefundRow], setting: Setting) -> tuple[ReturnRow, ...]:
    """The rules of the file that matter for these rows."""
    components = set(chain.from_iterable(row.amounts for row in rows))
    matters = {
        "tax_in_price": _tax_in_price(order, setting),
        "quantity_is_cancelled": True,
        "promotion_needs_id": bool(components & PROMOTIONS),
    }
    return tuple(row for rule, row in _sheet_rows(order, setting).items() if rows and matters.get(rule, True))


def _blockers(order_id: OrderId, rows: list[RefundRow]) -> list[Problem]:
    """Why no file can be made of these rows."""
    problems = []
    if not rows:
        problems.append(problem("refund_file_empty"))
    if not is_amazon_order_id(order_id):
        problems.append(problem("refund_not_on_amazon", order_id=order_id))
    without_id = tuple(dict.fromkeys(row.sku for row in rows if row.order_item_id is None))
    if without_id:
        problems.append(problem("order_item_id_missing", skus=without_id))
    problems.extend(
        problem("refund_reason_missing", sku=row.sku, rule=row.rule) for row in rows if row.reason is None
    )
    return problems


def _digest(rows: list[RefundRow]) -> str:
    facts = [
        [
            row.remedy,
            row.reason,
            {part.value: str(money) for part, money in sorted(row.amounts.items())},
        ]
        for row in rows
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8].upper()


def check_blockers(case: Case, sheet: RefundSheet | None, setting: Setting) -> tuple[Problem, ...]:
    """Why the actor cannot confirm the sheet; empty when it can."""
    if sheet is None:
        return (problem("not_locked"),)
    if not sheet.rows:
        return (problem("refund_file_empty"),)
    if case.refunds_checked is not None and case.refunds_checked.digest == sheet.digest:
        return (problem("refunds_already_checked", name=case.refunds_checked.by),)
    own = setting.actor.name in {row.chosen_by for row in sheet.rows}
    if own and not setting.policy.checks_own(setting.actor.role, setting.now.date()):
        return (problem("second_person_needed", name=setting.actor.name),)
    return ()


def check_refunds(case: Case, command: CheckRefunds, setting: Setting) -> Decision:
    """Record that a second person has compared the sheet with the case."""
    sheet = refund_sheet(case, setting)
    return _filed(RefundsChecked, sheet, check_blockers(case, sheet, setting), command.digest)


def export_blockers(case: Case, sheet: RefundSheet | None) -> tuple[Problem, ...]:
    """Why the file cannot leave; empty when it can."""
    if sheet is None:
        return (problem("not_locked"),)
    problems = list(sheet.blockers)
    if sheet.rows and (case.refunds_checked is None or case.refunds_checked.digest != sheet.digest):
        problems.append(problem("refunds_not_checked", total=sheet.total, digest=sheet.digest))
    return tuple(problems)


def export_refunds(case: Case, command: ExportRefunds, setting: Setting) -> Decision:
    """Record that the checked refunds leave as a file."""
    ids = {line: OrderItemId(item_id) for line, item_id in command.item_ids}
    sheet = refund_sheet(case, setting, ids)
    return _filed(RefundsExported, sheet, export_blockers(case, sheet), command.digest)


def _filed(
    event: type[RefundsChecked | RefundsExported],
    sheet: RefundSheet | None,
    problems: Sequence[Problem],
    digest: str,
) -> Decision:
    """The event about a sheet that nothing stands against and that is still as it was shown."""
    if problems:
        return refused_all(problems)
    assert sheet is not None, "no sheet is a problem"
    if digest != sheet.digest:
        return refused("refunds_changed", digest=sheet.digest)
    remedies = tuple(row.remedy for row in sheet.rows)
    return (event(remedies=remedies, total=sheet.total, digest=sheet.digest),)


def undo_refund_export(case: Case, command: UndoRefundExport, setting: Setting) -> Decision:
    """Take back the last exported file: it was not uploaded, or Amazon took nothing of it.

    Refused once any refund of it was recorded as submitted.
    """
    if not case.refund_files:
        return refused("no_refund_file")
    begun = [remedy for remedy in case.refund_files[-1].remedies if remedy in case.begun]
    if begun:
        return refused("refund_file_used", count=len(begun))
    reason = clean(command.reason)
    if not reason:
        return refused("reason_needed")
    return (RefundExportUndone(reason=reason),)


def exported_rows(
    case: Case, setting: Setting, item_ids: Mapping[int, OrderItemId] | None = None
) -> tuple[RefundRow, ...]:
    """The rows of the last exported file, to save it again when the download was lost."""
    if case.order is None or not case.refund_files:
        return ()
    known = item_ids or {}
    rows = []
    for remedy_id in case.refund_files[-1].remedies:
        remedy = case.remedy(remedy_id)
        line = case.order.line(remedy.line) if remedy is not None else None
        if remedy is not None and line is not None:
            rows.append(_row(case.order, remedy, line, known.get(line.line), setting))
    return tuple(rows)
