"""Ten labelled messages through lock, breakdown and remedy: run ``python tests/measured/walk_messages.py``.

Reads ``../shared/data`` (not part of this repository). Forty orders of uci_online_retail and the orders of
the messages are imported through the format ``table``; each message then goes through the pages' own view
models. Where the proposal is not what the label says, the row is corrected, and the correction counted: the
table says what came out right and what an agent had to mend.
"""

import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyarrow import parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.desk import Desk
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.orderbook import import_file
from playbook.policy import load_policy
from playbook.steps import Actor
from playbook.store import Store, open_store
from playbook.viewmodels.breakdown import BreakdownModel
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.home import HomeModel
from playbook.viewmodels.lock import LockModel
from playbook.viewmodels.remedy import RemedyModel
from tests.reports import DELIVERED_MAPPING

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
COLUMNS = ("Invoice", "InvoiceDate", "StockCode", "Description", "Quantity", "Price", "Delivered")


@dataclass
class Walk:
    """What came out for one message. ``edits`` are rows that had to be corrected or added."""

    case_id: str
    language: str
    verdict: str
    labelled: int
    right: int
    wrong_sure: int
    asked: int
    edits: int
    stage: str
    outcome: str


def rows_of_invoices(count: int) -> Iterator[tuple[Any, ...]]:
    """The lines of the first *count* ordinary invoices of the wholesaler."""
    table = parquet.read_table(DATA / "uci_online_retail" / "online_retail_2010-12_2011-12.parquet")
    seen: dict[str, None] = {}
    for batch in table.to_batches(2000):
        for row in batch.to_pylist():
            invoice = row["Invoice"]
            if invoice.startswith("C") or row["Quantity"] <= 0 or row["Price"] <= 0:
                continue
            seen.setdefault(invoice)
            if len(seen) > count:
                return
            when = row["InvoiceDate"]
            yield (invoice, when, row["StockCode"], row["Description"], row["Quantity"], row["Price"], when)


def rows_of_case(case: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The lines of the order that a message is about."""
    for line in case["order_lines"]:
        yield (
            case["order_id"], "2026-11-10 10:00", line["sku"], line["description"], line["qty"],
            line["unit_price"], "2026-11-17 12:00",
        )  # fmt: skip


def write_table(place: Path, rows: list[tuple[Any, ...]]) -> tuple[Path, Path]:
    """A table of order lines in *place*, and its mapping."""
    table, mapping = place / "orders.csv", place / "map.yaml"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    mapping.write_text(DELIVERED_MAPPING, "utf-8")
    return table, mapping


def fill(store: Store, place: Path, rows: list[tuple[Any, ...]]) -> str:
    """Import rows as a table; the line that the command would print."""
    table, mapping = write_table(place, rows)
    return str(import_file(store, table, markets=load_policy().markets, at=NOW, map_file=mapping))


def walk(desk: Desk, case: dict[str, Any]) -> Walk:
    """One message, from its text to agreed remedies."""
    case_id = HomeModel(desk).open_case(case["message"], received_at=NOW, marketplace=Marketplace.UK)
    assert case_id is not None
    opened = desk.case(case_id)
    assert opened is not None
    work = CaseModel(desk, opened)
    lock = LockModel(work)
    verdict = lock.verdict
    if verdict != "certain":
        lock.set_known("order_id_part", case["order_id"])
        lock.pick(case["order_id"])
    if lock.needs_second_fact:
        lock.second_fact = "seen_in_seller_central"
    assert lock.confirm(), work.notice
    breakdown = BreakdownModel(work)
    counts = mend(breakdown, case)
    breakdown.rest_is_fine()
    stuck = [problem.code for problem in breakdown.blockers]
    breakdown.confirm()
    remedy = RemedyModel(work)
    remedy.choose_preferred()
    if not stuck:
        stuck = [problem.code for problem in remedy.blockers]
    remedy.confirm("by the rules")
    kinds = Counter(r.kind.value for r in work.case.remedies)
    outcome = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or ", ".join(stuck)
    return Walk(case["case_id"], case["language"], verdict, *counts, work.case.stage.value, outcome)


def mend(breakdown: BreakdownModel, case: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """Make the table say what the label says; (labelled, right, wrong though sure, asked, edits)."""
    lines = {str(line.sku): line for line in breakdown.lines}
    labels = [
        (lines[item["sku"]].line, ProblemType(item["type"]), item["qty"])
        for item in case["gold"]["items"]
        if item["type"] != "no_issue"
    ]
    proposed = [row for row in breakdown.rows if row.is_claim]
    right = sum((row.line, row.problem, row.units) in labels for row in proposed)
    wrong_sure = sum(row.sure and (row.line, row.problem, row.units) not in labels for row in proposed)
    asked, edits = len(breakdown.questions), 0
    for row in proposed:
        if (row.line, row.problem, row.units) not in labels:
            breakdown.remove(row.key)
            edits += 1
    known = {(row.line, row.problem, row.units) for row in breakdown.rows}
    for line, problem, units in labels:
        if (line, problem, units) in known:
            continue
        before = {row.key for row in breakdown.rows}
        breakdown.split(line)
        key = next(row.key for row in breakdown.rows if row.key not in before)
        ordered = next(entry.units_ordered for entry in breakdown.lines if entry.line == line)
        breakdown.change(key, problem=problem, units=min(units or 1, ordered), photo=True)
        edits += 1
    for row in breakdown.rows:
        if not row.sure:
            breakdown.accept(row.key)
    return len(labels), right, wrong_sure, asked, edits


def main() -> int:
    """Import, walk and print the table."""
    if not DATA.is_dir():
        sys.stderr.write(f"no measuring data at {DATA}\n")
        return 3
    with (DATA / "buyer_messages" / "cases.jsonl").open(encoding="utf-8") as file:
        cases = [json.loads(line) for line in file][::7][:10]
    with tempfile.TemporaryDirectory() as place, open_store(f"sqlite:///{place}/walk.db") as store:
        print(fill(store, Path(place), list(rows_of_invoices(40))))
        print(fill(store, Path(place), [row for case in cases for row in rows_of_case(case)]))
        desk = Desk(store, load_policy(), Actor("Lin", "lead"), lambda: NOW)
        walks = [walk(desk, case) for case in cases]
    print(
        f"{'case':<20}{'lang':<6}{'verdict':<9}{'right':>9}{'sure+wrong':>12}{'asked':>7}{'edits':>7}  stage      remedies"
    )
    for done in walks:
        print(
            f"{done.case_id:<20}{done.language:<6}{done.verdict:<9}{f'{done.right}/{done.labelled}':>9}"
            f"{done.wrong_sure:>12}{done.asked:>7}{done.edits:>7}  {done.stage:<10} {done.outcome}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
