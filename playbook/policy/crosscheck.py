"""What no single row can know: rows that overlap, refer to nothing, or leave a marketplace out."""

from collections.abc import Sequence
from itertools import combinations

from playbook.domain.ids import Marketplace
from playbook.domain.money import minor_unit
from playbook.policy.base import PolicyFault, Row
from playbook.policy.remedy_rows import RemedyRow
from playbook.policy.rows import ApprovalFile, CalendarRow, DeadlineRow, MarketFile, MarketRow
from playbook.policy.yamlfile import Document


def overlaps(rows: Sequence[Row]) -> list[PolicyFault]:
    """Rows of one id that hold on the same day for the same marketplace and channel."""
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row.id, []).append(row)
    faults = []
    for versions in by_id.values():
        for first, second in combinations(versions, 2):
            if first.overlaps(second):
                where = ", ".join(sorted(first.market & second.market))
                sentence = f"overlaps in time with the row of the same id in line {first.line} for {where}"
                faults.append(PolicyFault(second.file, second.line, second.id, sentence))
    return faults


def repeated(rows: Sequence[CalendarRow] | Sequence[MarketRow]) -> list[PolicyFault]:
    """Rows of a list that must have one row per id."""
    seen: set[str] = set()
    faults = []
    for row in rows:
        if row.id in seen:
            faults.append(PolicyFault(row.file, row.line, row.id, f"{row.id} appears twice"))
        seen.add(row.id)
    return faults


def incomplete_markets(markets: MarketFile) -> list[PolicyFault]:
    """Marketplaces without a row, or with two."""
    faults = repeated(markets.rows)
    missing = sorted(set(Marketplace) - {row.id for row in markets.rows})
    if missing:
        faults.append(PolicyFault("marketplaces.yaml", 1, "", f"no row for {', '.join(missing)}"))
    return faults


def unpayable_amounts(markets: MarketFile, approvals: ApprovalFile, document: Document) -> list[PolicyFault]:
    """Named amounts that lack a currency in use, or have fractions of its smallest unit."""
    faults = []
    currencies = {row.currency for row in markets.rows}
    for name, amounts in approvals.amounts.items():
        line = document.line(("amounts", name))
        missing = sorted(currencies - amounts.keys())
        if missing:
            sentence = f"the amount {name!r} has no value in {', '.join(missing)}"
            faults.append(PolicyFault("approvals.yaml", line, "", sentence))
        for currency, amount in amounts.items():
            if amount % minor_unit(currency):
                at = document.line(("amounts", name, currency))
                sentence = f"{amount} {currency} cannot be paid: it has fractions of the smallest unit"
                faults.append(PolicyFault("approvals.yaml", at, "", sentence))
    return faults


def unknown_deadlines(remedies: Sequence[RemedyRow], deadlines: Sequence[DeadlineRow]) -> list[PolicyFault]:
    """Deadlines that remedies name and deadlines.yaml does not have."""
    known = {row.id for row in deadlines}
    faults = []
    for row in remedies:
        for used in deadlines_used(row):
            if used not in known:
                sentence = f"{used!r} is not a deadline of deadlines.yaml"
                faults.append(PolicyFault(row.file, row.line, row.id, sentence))
    return faults


def deadlines_used(row: RemedyRow) -> tuple[str, ...]:
    """The ids of the deadlines that a remedy row names."""
    named = [name for spec in row.then.promises for name in (spec.deadline, spec.after) if name]
    return tuple(dict.fromkeys([*named, *([row.then.buyer_sees] if row.then.buyer_sees else [])]))
