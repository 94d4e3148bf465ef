"""The credit notes of a real wholesaler as cases: is every unit and every penny right, and is nothing paid twice?

Reads ``../shared/data`` (not part of this repository): 2,007 credit notes of uci_online_retail, each with the one
earlier order that holds every credited product at that price in at least that quantity. Each is replayed as a case
without letters: the order is locked, exactly the credited units are claimed, and their return is agreed, planned,
received and refunded.

    python -m tests.measured.replay_credits [--first N] [--json FILE]

Counted are: cases that were accepted; lines whose refund equals units x price; the heaviest credit notes (most units)
claimed a second time, in the same case and in a second case on the order, where the same units must not be found
again; claims of one unit more than the order holds. A second case is right to be accepted where the order holds as
many units again that nobody has returned: those are told apart. Exit code 1 when anything is not as it must be.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.events import Fact
from playbook.domain.ids import CaseId, Marketplace, OrderId, Sku
from playbook.domain.ledgers import compensation_elsewhere, money_ledger, unit_ledger
from playbook.domain.money import Money, total
from playbook.domain.orders import Amounts, Channel, Component, Earlier, Order, OrderLine, amounts_total
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.policy import load_policy
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps.commands import (
    Choice,
    ChooseRemedies,
    ClaimRow,
    ConfirmBreakdown,
    ConfirmPlan,
    Counted,
    KeepPromise,
    LockOrder,
    OpenCase,
    ReceiveGoods,
)
from playbook.steps.decision import after

FILE = Path("uci_online_retail") / "partial_credit_cases.jsonl"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
HEAVIEST = 100
CURRENCY = "GBP"
MANAGER = Actor("manager", "manager")
MIND, BACK = ProblemType.CHANGED_MIND, RemedyKind.RETURN_REFUND


@dataclass(frozen=True)
class CreditNote:
    """One credit note: the order it belongs to, and how many units of which line came back."""

    name: str
    at: datetime
    order: Order
    units: dict[int, int]
    prices: dict[int, Decimal]

    @property
    def fits_again(self) -> bool:
        """Whether the order holds as many further units of every line."""
        ordered = {line.line: line.units_ordered for line in self.order.lines}
        return all(2 * units <= ordered[line] for line, units in self.units.items())


def credit_notes(path: Path, first: int | None = None) -> list[CreditNote]:
    """The credit notes of the file, all or the *first* ones."""
    with path.open(encoding="utf-8") as rows:
        return [_note(json.loads(row, parse_float=Decimal)) for row in islice(rows, first)]


def _note(raw: dict) -> CreditNote:
    placed_at = _moment(raw["order_date"])
    lines = tuple(
        OrderLine(
            line=number,
            sku=Sku(row["sku"]),
            title=row["description"].strip() or row["sku"],
            units_ordered=row["qty"],
            units_shipped=row["qty"],
            channel=Channel.FBM,
            paid={Component.ITEM: Money(Decimal(row["unit_price"]) * row["qty"], CURRENCY)},
        )
        for number, row in enumerate(raw["order_lines"], start=1)
    )
    order = Order(
        order_id=OrderId(raw["original_invoice"]),
        marketplace=Marketplace.UK,
        currency=CURRENCY,
        placed_at=placed_at,
        lines=lines,
    )
    units, prices = Counter[int](), dict[int, Decimal]()
    for row in raw["returned"]:
        left, price = row["qty"], Decimal(row["unit_price"])
        for line, sold in zip(lines, raw["order_lines"], strict=True):
            if line.sku == row["sku"] and Decimal(sold["unit_price"]) == price and left:
                taken = min(left, line.units_ordered - units[line.line])
                units[line.line] += taken
                prices[line.line] = price
                left -= taken
        if left:
            raise ValueError(f"{raw['case_id']}: {left} of {row['sku']} are not on the order")
    taken_lines = {line: count for line, count in units.items() if count}
    return CreditNote(raw["case_id"], _moment(raw["credit_date"]), order, taken_lines, prices)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- replaying ---------------------------------------------------------------------------------------


@dataclass
class Replay:
    """One case, decided command by command; stops at the first refusal and remembers its codes."""

    note: CreditNote
    elsewhere: tuple[Earlier, ...] = ()
    case: Case = field(default_factory=lambda: Case(CaseId("2011-0001")))
    refused: tuple[str, ...] = ()

    def do(self, command: Command, *, days: int = 0) -> bool:
        """Decide one command so many days after the credit note."""
        if self.refused:
            return False
        setting = Setting(_POLICY, self.note.at + timedelta(days=days), MANAGER, self.elsewhere)
        decision = decide(self.case, command, setting)
        if isinstance(decision, Refused):
            self.refused = tuple(problem.code for problem in decision.problems)
            return False
        self.case = after(self.case, decision, setting)
        return True

    def agree(self, extra: int = 0) -> "Replay":
        """From the message to the agreed return, with *extra* units more than the line holds."""
        note, ordered = self.note, {line.line: line.units_ordered for line in self.note.order.lines}
        evidence = (Fact(code="order_id_given", params={"order_id": note.order.order_id}),)
        rows = tuple(
            ClaimRow(line, MIND, ordered[line] + extra if extra else units)
            for line, units in note.units.items()
        )
        self.do(OpenCase(note.at))
        self.do(LockOrder(note.order, "certain", evidence))
        self.do(ConfirmBreakdown(rows, leave_untouched=True))
        self.choose()
        return self

    def choose(self) -> bool:
        """Agree the return of every claimed unit."""
        claims = [(f"c{number}", units) for number, units in enumerate(self.note.units.values(), start=1)]
        return self.do(ChooseRemedies(tuple(Choice(item, BACK, units) for item, units in claims)))

    def carry_out(self) -> "Replay":
        """Plan, answer, receive everything in two parcels where it can be, and refund it."""
        self.do(ConfirmPlan())
        for promise in self.case.open_promises:
            if promise.kind is not PromiseKind.SUBMIT_REFUND:
                self.do(KeepPromise(promise.promise))
        for day in (5, 9):
            awaited = [remedy for remedy in self.case.remedies if remedy.awaited]
            counts = [(r.remedy, r.units // 2 if day == 5 else r.units) for r in awaited]
            counted = tuple(Counted(remedy, units) for remedy, units in counts if units)
            if counted:
                self.do(ReceiveGoods(counted), days=day)
        for promise in self.case.open_promises:
            self.do(KeepPromise(promise.promise), days=10)
        return self


_POLICY = load_policy()


def line_refunds(case: Case, *, executed: bool) -> dict[int, Money]:
    """What each line with a return gives back: granted, or of that what was executed."""
    ledger = ((line.line, line.executed if executed else line.granted) for line in money_ledger(case))
    return {line: amounts_total(amounts, CURRENCY) for line, amounts in ledger if _any(amounts)}


def _any(amounts: Amounts) -> bool:
    return any(amounts.values())


@dataclass
class Result:
    """What was counted. Seconds are processor time of the decisions, without reading the file."""

    cases: int = 0
    units: int = 0
    value: str = ""
    accepted: int = 0
    exact: int = 0
    carried_out: int = 0
    executed_exact: int = 0
    ledgers_hold: int = 0
    heaviest: int = 0
    same_case_refused: int = 0
    second_case_refused: int = 0
    second_case_right: int = 0
    order_holds_as_many_again: int = 0
    too_many_refused: int = 0
    agreed_per_second: float = 0.0
    carried_out_per_second: float = 0.0

    @property
    def right(self) -> bool:
        """Whether everything is as it must be."""
        return (
            self.accepted == self.exact == self.carried_out == self.executed_exact == self.cases
            and self.ledgers_hold == self.cases
            and self.too_many_refused == self.cases
            and self.same_case_refused == self.second_case_right == self.heaviest
        )


def measure(notes: Sequence[CreditNote]) -> Result:
    """Replay every credit note, the heaviest twice, and each with too many units."""
    result = Result(cases=len(notes))
    began = time.process_time()
    agreed = [Replay(note).agree() for note in notes]
    result.agreed_per_second = round(len(notes) / (time.process_time() - began), 1)
    everything: list[Money] = []
    for replay in agreed:
        wanted = _wanted(replay.note)
        everything += wanted.values()
        result.units += sum(replay.note.units.values())
        result.accepted += not replay.refused
        result.exact += line_refunds(replay.case, executed=False) == {
            line: money for line, money in wanted.items() if money
        }
    result.value = str(total(everything, CURRENCY))
    _second_time(agreed, result)
    result.too_many_refused = sum(
        "units_exceed_order" in Replay(note).agree(extra=1).refused for note in notes
    )
    began = time.process_time()
    for replay in agreed:
        replay.carry_out()
    result.carried_out_per_second = round(len(notes) / (time.process_time() - began), 1)
    for replay in agreed:
        wanted = _wanted(replay.note)
        result.carried_out += not (replay.refused or replay.case.open_promises)
        result.executed_exact += line_refunds(replay.case, executed=True) == {
            line: money for line, money in wanted.items() if money
        }
        result.ledgers_hold += all(
            line.sum == line.ordered and line.executed.get(BACK, 0) == replay.note.units.get(line.line, 0)
            for line in unit_ledger(replay.case)
        )
    return result


def _wanted(note: CreditNote) -> dict[int, Money]:
    return {line: Money(note.prices[line] * units, CURRENCY) for line, units in note.units.items()}


def _second_time(agreed: Sequence[Replay], result: Result) -> None:
    """The heaviest once more: in the same case always refused, in a second one unless as much is left."""
    heaviest = sorted(agreed, key=lambda replay: -sum(replay.note.units.values()))[:HEAVIEST]
    result.heaviest = len(heaviest)
    for first in heaviest:
        again = Replay(first.note, case=first.case)
        result.same_case_refused += not again.choose() and set(again.refused) == {"units_not_open"}
        elsewhere = compensation_elsewhere(_locked(first), first.case)
        second = Replay(first.note, elsewhere, Case(CaseId("2011-0002"))).agree()
        refused = bool(second.refused)
        result.second_case_refused += refused
        result.order_holds_as_many_again += first.note.fits_again
        result.second_case_right += refused != first.note.fits_again


def _locked(replay: Replay) -> Case:
    """A fresh case on the same order, as the desk would have it when it asks what others agreed."""
    other = Replay(replay.note, case=Case(CaseId("2011-0002")))
    other.do(OpenCase(replay.note.at))
    evidence = (Fact(code="order_id_given", params={"order_id": replay.note.order.order_id}),)
    other.do(LockOrder(replay.note.order, "certain", evidence))
    return other.case


def table(result: Result) -> str:
    """The figures as lines to read."""
    all_cases = result.cases
    rows = [
        ("cases (units, value)", f"{all_cases} ({result.units}, {result.value})"),
        ("accepted", f"{result.accepted} of {all_cases}"),
        ("granted = units x price", f"{result.exact} of {all_cases}"),
        ("carried out to the refund", f"{result.carried_out} of {all_cases}"),
        ("executed = units x price", f"{result.executed_exact} of {all_cases}"),
        ("every unit in one bucket", f"{result.ledgers_hold} of {all_cases}"),
        ("heaviest again, same case: refused", f"{result.same_case_refused} of {result.heaviest}"),
        ("heaviest again, second case: refused", f"{result.second_case_refused} of {result.heaviest}"),
        ("  of the others the order holds as many again", str(result.order_holds_as_many_again)),
        ("one unit too many: refused", f"{result.too_many_refused} of {all_cases}"),
        ("cases per second, message to agreed return", f"{result.agreed_per_second:.0f}"),
        ("cases per second, plan to refund", f"{result.carried_out_per_second:.0f}"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when something is not as it must be, 3 without the data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--first", type=int, help="only the first N credit notes")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    path = SHARED / FILE
    if not path.exists():
        print(f"no credit notes at {path}", file=sys.stderr)
        return 3
    result = measure(credit_notes(path, options.first))
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")
    return 0 if result.right else 1


if __name__ == "__main__":
    sys.exit(main())
