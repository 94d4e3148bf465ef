"""What came out of a replay against what was expected: every difference at once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playbook.domain.case import Case
from playbook.domain.ids import CaseId
from playbook.domain.ledgers import LineUnits, unit_ledger
from playbook.domain.money import total
from playbook.domain.orders import Earlier
from playbook.domain.promises import FollowUp
from playbook.domain.remedies import RemedyKind
from playbook.samplecases.loading import Expect
from playbook.steps.refundfile import RefundSheet
from playbook.steps.returns import ReturnAdvice
from playbook.viewmodels.breakdown import Row


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as expected."""

    field: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.got}"


@dataclass(slots=True)
class Outcome:
    """What a replay collects on its way."""

    verdict: str = ""
    proposal: tuple[Row, ...] = ()
    questions: tuple[str, ...] = ()
    options: dict[str, dict[RemedyKind, str]] = field(default_factory=dict)
    case: Case = field(default_factory=lambda: Case(CaseId("")))
    elsewhere: tuple[Earlier, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    memo: str = ""
    lint: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    advice: ReturnAdvice | None = None
    refund_sheet: RefundSheet | None = None


def compare(expect: Expect, outcome: Outcome) -> tuple[Difference, ...]:
    """Every difference; empty when all is as expected."""
    return tuple(_differences(expect.model_dump(mode="json", exclude_none=False), as_expected(outcome)))


def as_expected(outcome: Outcome) -> dict[str, Any]:
    """The outcome in the form in which expectations are written."""
    case = outcome.case
    refunds: dict[str, list[Any]] = {}
    for remedy in case.remedies:
        if remedy.refund:
            refunds.setdefault(_sku(case, remedy.line), []).append(remedy.refund_total)
    currency = case.order.currency if case.order else "USD"
    everything = [amount for amounts in refunds.values() for amount in amounts]
    return {
        "lock": {"verdict": outcome.verdict, "order_id": case.order.order_id if case.order else None},
        "stage": case.stage.value,
        "proposal": _proposal(outcome),
        "questions": list(outcome.questions),
        "units": _units(outcome),
        "options": {
            sku: {kind.value: result for kind, result in known.items()}
            for sku, known in outcome.options.items()
        },
        "refunds": {sku: str(total(amounts, currency).amount) for sku, amounts in refunds.items()},
        "total_refund": str(total(everything, currency).amount),
        "promises": _promises(case),
        "follow_ups": [{"kind": task.kind.value, "due": _at(task.due_at)} for task in outcome.follow_ups],
        "lint": list(outcome.lint),
        "memo": outcome.memo,
        "returns": _returns(outcome.advice),
        "returns_apart": list(outcome.advice.rules) if outcome.advice is not None else [],
        "refund_file": str(outcome.refund_sheet.total.amount) if outcome.refund_sheet is not None else None,
        "refusals": list(outcome.refusals),
    }


def _returns(advice: ReturnAdvice | None) -> list[dict[str, int]]:
    """Each request as SKU -> units; two lines of one SKU add up."""
    requests = []
    for request in advice.requests if advice is not None else ():
        units = Counter[str]()
        for line in request.lines:
            units[line.sku] += line.units
        requests.append(dict(units))
    return requests


def _sku(case: Case, number: int | None) -> str:
    line = case.order.line(number) if case.order is not None and number is not None else None
    return str(line.sku) if line is not None else str(number)


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _proposal(outcome: Outcome) -> dict[str, dict[str, int | None]]:
    proposal: dict[str, dict[str, int | None]] = {}
    for row in outcome.proposal:
        if row.problem is not None:
            known = proposal.setdefault(_sku(outcome.case, row.line), {})
            before = known.get(row.problem.value, 0)
            known[row.problem.value] = (
                None if None in {before, row.units} else (before or 0) + (row.units or 0)
            )
    return proposal


def _units(outcome: Outcome) -> dict[str, dict[str, int]]:
    """Every unit by SKU; two lines of one SKU add up."""
    units: dict[str, Counter[str]] = {}
    for line in unit_ledger(outcome.case, outcome.elsewhere):
        units.setdefault(_sku(outcome.case, line.line), Counter()).update(_buckets(line))
    return {sku: dict(buckets) for sku, buckets in units.items()}


def _buckets(units: LineUnits) -> dict[str, int]:
    buckets = {
        "fine": units.fine,
        "untouched": units.untouched,
        "elsewhere": units.elsewhere,
        "cancelled": units.cancelled,
        "withdrawn": units.withdrawn,
        **{kind.value: count for kind, count in units.claimed.items()},
        **{kind.value: count for kind, count in units.agreed.items()},
        **{f"done:{kind.value}": count for kind, count in units.executed.items()},
    }
    return {name: count for name, count in buckets.items() if count}


def _promises(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "kind": known.promise.kind.value,
            "due": _at(known.promise.due_at),
            "sku": _sku(case, known.promise.line) if known.promise.line is not None else None,
            "state": known.state.value,
        }
        for known in sorted(case.promises, key=lambda known: (known.promise.due_at, known.promise.promise))
    ]


def _differences(expected: dict[str, Any], got: dict[str, Any], path: str = "") -> Iterator[Difference]:
    for key, wanted in expected.items():
        if wanted is None and not path:
            continue
        found = got.get(key)
        name = f"{path}{key}"
        if isinstance(wanted, dict) and isinstance(found, dict):
            yield from _differences(wanted, found, f"{name}.")
            for extra in sorted(found.keys() - wanted.keys()):
                yield Difference(f"{name}.{extra}", "nothing", repr(found[extra]))
        elif isinstance(wanted, list) and isinstance(found, list) and name in {"promises", "follow_ups"}:
            if sorted(map(repr, map(_sorted, wanted))) != sorted(map(repr, map(_sorted, found))):
                yield Difference(name, _listed(wanted), _listed(found))
        elif wanted != found:
            yield Difference(name, repr(wanted), repr(found))


def _sorted(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(entry.items())


def _listed(entries: list[Any]) -> str:
    return "[" + "; ".join(" ".join(str(value) for value in entry.values()) for entry in entries) + "]"
