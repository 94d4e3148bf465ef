"""Step two: break the problem down until every unit of every line is accounted for (P2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem, ProblemType
from playbook.domain.events import (
    Body,
    BreakdownConfirmed,
    EvidenceReceived,
    EvidenceRequested,
    RemedyWithdrawn,
)
from playbook.domain.ledgers import claimable_by_line, units_elsewhere
from playbook.domain.orders import Earlier
from playbook.domain.problems import Problem, problem
from playbook.steps.commands import ClaimRow, ConfirmBreakdown, RecordEvidence, RequestEvidence
from playbook.steps.decision import MOST_UNITS, Decision, Setting, is_count, new_ids, refused_all


@dataclass(frozen=True, slots=True)
class LineTotals:
    """Live totals of one line while its rows are edited. ``open_units`` is None while a number is missing."""

    line: int
    ordered: int
    claimable: int
    claimed: int
    fine: int
    open_units: int | None


def line_totals(
    case: Case, rows: Sequence[ClaimRow], elsewhere: Sequence[Earlier] = ()
) -> tuple[LineTotals, ...]:
    """What the rows say about every line of the locked order."""
    if case.order is None:
        return ()
    claimable_units = claimable_by_line(case, elsewhere)
    own_rows: dict[int, list[ClaimRow]] = {}
    for row in rows:
        if row.problem is not ProblemType.EXTRA_ITEM:
            own_rows.setdefault(row.line, []).append(row)
    totals = []
    for line in case.order.lines:
        own = own_rows.get(line.line, [])
        fine = sum(row.units or 0 for row in own if row.problem is ProblemType.NO_ISSUE)
        claimed = sum(row.units or 0 for row in own if row.problem is not ProblemType.NO_ISSUE)
        claimable = claimable_units[line.line]
        unknown = any(row.units is None or row.problem is None for row in own)
        open_units = None if unknown else claimable - fine - claimed
        totals.append(LineTotals(line.line, line.units_ordered, claimable, claimed, fine, open_units))
    return tuple(totals)


def rest_is_fine(
    case: Case,
    rows: Sequence[ClaimRow],
    elsewhere: Sequence[Earlier] = (),
    lines: frozenset[int] | None = None,
) -> tuple[ClaimRow, ...]:
    """*rows* with every open unit added as fine, on all lines or only on *lines*."""
    result = list(rows)
    fine = {row.line: n for n, row in enumerate(rows) if row.problem is ProblemType.NO_ISSUE}
    for totals in line_totals(case, rows, elsewhere):
        if (lines is not None and totals.line not in lines) or (totals.open_units or 0) <= 0:
            continue
        at = fine.get(totals.line)
        if at is None:
            result.append(ClaimRow(totals.line, ProblemType.NO_ISSUE, totals.open_units))
        else:
            result[at] = replace(result[at], units=(result[at].units or 0) + (totals.open_units or 0))
    return tuple(result)


def breakdown_blockers(
    case: Case, command: ConfirmBreakdown, elsewhere: Sequence[Earlier] = ()
) -> tuple[Problem, ...]:
    """Why the breakdown cannot be confirmed as it stands; empty when it can."""
    if case.order is None:
        return (problem("not_locked"),)
    problems: list[Problem] = []
    for row in command.rows:
        line = case.order.line(row.line)
        if line is None:
            problems.append(problem("unknown_line", line=row.line))
        elif row.problem is None:
            problems.append(problem("problem_missing", line=row.line, sku=line.sku))
        elif row.units is None:
            problems.append(problem("units_missing", line=row.line, sku=line.sku))
        elif not is_count(row.units):
            problems.append(
                problem("units_not_positive", line=row.line, sku=line.sku, units=row.units, most=MOST_UNITS)
            )
    if problems:
        return tuple(problems)
    open_lines = []
    for line, totals in zip(case.order.lines, line_totals(case, command.rows, elsewhere), strict=True):
        left = totals.claimable - totals.claimed - totals.fine
        if left < 0:
            problems.append(
                problem(
                    "units_exceed_order",
                    line=line.line,
                    sku=line.sku,
                    claimed=totals.claimed + totals.fine,
                    ordered=line.units_ordered,
                    elsewhere=units_elsewhere(line.line, case, elsewhere),
                    left=totals.claimable,
                )
            )
        elif left:
            open_lines.append((line, left))
    if open_lines and not command.leave_untouched:
        problems.append(
            problem(
                "units_unaccounted",
                lines=len(open_lines),
                units=sum(units for _, units in open_lines),
                skus=", ".join(line.sku for line, _ in open_lines[:3])
                + (" …" if len(open_lines) > 3 else ""),
            )
        )
    if not command.rows:
        problems.append(problem("nothing_claimed"))
    problems.extend(_final_remedies_lost(case, _merged(command.rows)))
    return tuple(problems)


def confirm_breakdown(case: Case, command: ConfirmBreakdown, setting: Setting) -> Decision:
    """Confirm all rows. Remedies whose units are no longer claimed are withdrawn with it."""
    problems = breakdown_blockers(case, command, setting.elsewhere)
    if problems:
        return refused_all(problems)
    merged = _merged(command.rows)
    lost: list[Body] = [
        RemedyWithdrawn(remedy=remedy.remedy, reason="breakdown_changed")
        for item in _shrunk_items(case, merged)
        for remedy in case.remedies
        if remedy.item == item.item and not case.is_final(remedy)
    ]
    return (*lost, BreakdownConfirmed(items=_with_ids(case, merged)))


def request_evidence(case: Case, command: RequestEvidence, setting: Setting) -> Decision:
    """Note that the buyer was asked for evidence."""
    problems = _unknown_items(case, command.items)
    if problems:
        return refused_all(problems)
    return (EvidenceRequested(items=command.items, evidence=command.evidence),)


def record_evidence(case: Case, command: RecordEvidence, setting: Setting) -> Decision:
    """Note that evidence arrived for the items."""
    problems = _unknown_items(case, command.items)
    if problems:
        return refused_all(problems)
    return (EvidenceReceived(items=command.items, evidence=command.evidence),)


def _unknown_items(case: Case, items: Sequence[str]) -> tuple[Problem, ...]:
    if not items:
        return (problem("nothing_claimed"),)
    return tuple(problem("unknown_item", item=item) for item in items if case.item(item) is None)


def _merged(rows: Sequence[ClaimRow]) -> tuple[ClaimRow, ...]:
    """Rows of one line with one problem become one row: their units are summed, never overwritten."""
    merged: dict[tuple[int, ProblemType | None], ClaimRow] = {}
    for row in rows:
        key = (row.line, row.problem)
        before = merged.get(key)
        if before is None:
            merged[key] = row
        else:
            units = (before.units or 0) + (row.units or 0)
            merged[key] = ClaimRow(
                row.line,
                row.problem,
                units,
                before.evidence | row.evidence,
                before.party,
                before.quoted or row.quoted,
            )
    return tuple(merged.values())


def _with_ids(case: Case, rows: Sequence[ClaimRow]) -> tuple[ClaimItem, ...]:
    """Claim items; one that was there before, with the same line and problem, keeps its id."""
    known = {(item.line, item.problem): item for item in case.items}
    ids = new_ids("c", case.item_ids)
    items = []
    for row in rows:
        assert row.problem is not None
        assert row.units is not None
        before = known.get((row.line, row.problem))
        item_id = next(ids) if before is None else before.item
        items.append(
            ClaimItem(
                item=item_id,
                line=row.line,
                problem=row.problem,
                units=row.units,
                evidence=row.evidence | (before.evidence if before else frozenset()),
                party=row.party,
                quoted=row.quoted,
            )
        )
    return tuple(items)


def _shrunk_items(case: Case, rows: Sequence[ClaimRow]) -> list[ClaimItem]:
    """Items of which the new rows claim fewer units than have a remedy."""
    claimed = {(row.line, row.problem): row.units or 0 for row in rows}
    return [
        item
        for item in case.claims
        if claimed.get((item.line, item.problem), 0) < case.decided_units(item.item)
    ]


def _final_remedies_lost(case: Case, rows: Sequence[ClaimRow]) -> list[Problem]:
    """Remedies whose money or goods already move but whose units the new rows no longer claim."""
    claimed = {(row.line, row.problem): row.units or 0 for row in rows}
    problems: list[Problem] = []
    for item in _shrunk_items(case, rows):
        final = [remedy for remedy in case.remedies if remedy.item == item.item and case.is_final(remedy)]
        if claimed.get((item.line, item.problem), 0) < sum(remedy.units for remedy in final):
            problems.extend(
                problem(
                    "remedy_begun",
                    remedy=remedy.remedy,
                    kind=remedy.kind,
                    units=remedy.units,
                    line=remedy.line,
                )
                for remedy in final
            )
    return problems
