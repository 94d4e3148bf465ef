"""Quality of finding orders, on real data: run ``python tests/measured/quality_lock.py``.

Reads ``../shared/data`` (not part of this repository). The orders of uci_online_retail are imported through
the format ``table``; each credit note is a query with buyer number, products, units and prices, without an
order number. In person_matching the first record of a person is the recipient of an order, every other
one asks for it by what it holds of name, postcode, city and e-mail. Every second case was never looked at
while the rules were written ("held"), the others were ("look"): a wide gap between the two would mean that
the rules are tuned. A case is told apart by a hash of its id, so that the parts never move.
"""

import argparse
import csv
import json
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.domain.ids import Marketplace, OrderId, Sku
from playbook.domain.money import Money
from playbook.domain.orders import Channel, Component, Order, OrderLine
from playbook.orderbook import Found, Query, QueryItem, find, import_file
from playbook.policy import load_policy
from playbook.store import OrderEntry, Recipient, Store, open_store
from tests.reports import MAPPING

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@dataclass
class Tally:
    """Counts over the cases of one set and part. ``false`` are certain verdicts on a wrong order."""

    cases: int = 0
    first: int = 0
    certain: int = 0
    named: int = 0
    false: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, case: str, found: Found, expected: str | None) -> None:
        top = found.candidates[0].order.order_id if found.candidates else None
        self.cases += 1
        self.first += top == expected
        self.named += top is not None
        self.certain += found.verdict == "certain"
        self.false += found.verdict == "certain" and top != expected
        if top != expected:
            self.wrong.append(case)


Tallies = dict[tuple[str, str], Tally]


def part_of(case: str) -> str:
    """The part a case belongs to, for good."""
    return "look" if zlib.crc32(case.encode()) % 2 else "held"


def _tally(tallies: Tallies, name: str, case: str) -> Tally:
    return tallies.setdefault((name, part_of(case)), Tally())


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measure_uci(store: Store, folder: Path, tallies: Tallies) -> None:
    """Credit notes of a wholesaler: which earlier order are they about?"""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as mapping:
        mapping.write(MAPPING)
        mapping.flush()
        result = import_file(
            store,
            folder / "online_retail_2010-12_2011-12.parquet",
            markets=load_policy().markets,
            at=NOW,
            map_file=Path(mapping.name),
        )
    print(result)
    for name in ("partial", "ambiguous", "not_found"):
        for case in read_lines(folder / f"{name}_credit_cases.jsonl"):
            found = find(credit_query(case), store, NOW)
            expected = case["original_invoice"] if name == "partial" else None
            _tally(tallies, f"uci {name}", case["case_id"]).add(case["case_id"], found, expected)


def credit_query(case: dict[str, Any]) -> Query:
    """A credit note as what the buyer could have written."""
    items = tuple(
        QueryItem(
            sku=item["sku"],
            units=item["qty"],
            unit_price=Decimal(str(item["unit_price"])) if "unit_price" in item else None,
        )
        for item in case["returned"]
    )
    at = datetime.fromisoformat(case["credit_date"]).replace(tzinfo=LONDON).astimezone(UTC)
    return Query(buyer=str(case["customer"]), items=items, at=at)


def _order_of(person: str, number: int) -> Order:
    line = OrderLine(
        line=1,
        sku=Sku("ONE"),
        title="One product for everybody",
        units_ordered=1,
        units_shipped=1,
        channel=Channel.FBM,
        paid={Component.ITEM: Money.of("1.00", "GBP")},
    )
    return Order(
        order_id=OrderId(person),
        marketplace=Marketplace.UK,
        currency="GBP",
        placed_at=NOW - timedelta(days=20, seconds=number),
        lines=(line,),
    )


def _measure_persons(
    store: Store,
    name: str,
    records: list[tuple[str, str, Recipient]],
    tallies: Tallies,
    usable: Callable[[Recipient], bool],
) -> None:
    """*records* are (person, record, who): the first of a person went to the order, the others ask."""
    first: dict[str, str] = {}
    entries: list[OrderEntry] = []
    asking: list[tuple[str, str, Recipient]] = []
    for person, record, who in records:
        if person in first:
            asking.append((person, record, who))
        elif usable(who):
            first[person] = record
            order = _order_of(person, len(first))
            entries.append(OrderEntry(order, recipient=who, purge_after=date(2026, 12, 24)))
    store.put_orders(entries, name)
    for person, record, who in asking:
        if not usable(who):
            continue
        query = Query(
            name=who.name or None,
            email=who.email or None,
            postcode=who.postcode or None,
            city=who.city or None,
            at=NOW,
        )
        _tally(tallies, name, record).add(record, find(query, store, NOW), person)


def measure_febrl(store: Store, path: Path, tallies: Tallies) -> None:
    """Generated Australians with typing errors: name, postcode and suburb."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{k.strip(): (v or "").strip() for k, v in row.items()} for row in csv.DictReader(file)]
    rows.sort(key=lambda row: not row["rec_id"].endswith("-org"))
    records = [
        (
            "febrl-" + row["rec_id"].split("-")[1],
            row["rec_id"],
            Recipient(
                f"{row['given_name']} {row['surname']}".strip(), postcode=row["postcode"], city=row["suburb"]
            ),
        )
        for row in rows
    ]
    _measure_persons(store, "person febrl3", records, tallies, bool)


def measure_fake(store: Store, path: Path, tallies: Tallies) -> None:
    """Invented Britons with missing and mistyped parts: name, city, e-mail."""
    with path.open(encoding="utf-8", newline="") as file:
        records = [
            (
                "fake-" + row["cluster"],
                row["unique_id"],
                Recipient(f"{row['first_name']} {row['surname']}".strip(), row["email"], city=row["city"]),
            )
            for row in csv.DictReader(file)
        ]
    whole = [record for record in records if record[2].email or " " in record[2].name]
    _measure_persons(store, "person fake_1000", whole, tallies, bool)


def measure(data: Path = DATA) -> Tallies:
    """Everything, each set in an order book of its own."""
    tallies: Tallies = {}
    for run in (
        lambda store: measure_uci(store, data / "uci_online_retail", tallies),
        lambda store: measure_febrl(store, data / "person_matching" / "dataset3.csv", tallies),
        lambda store: measure_fake(store, data / "person_matching" / "fake_1000.csv", tallies),
    ):
        with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/book.db") as store:
            run(store)
    return tallies


def table(tallies: Tallies) -> Iterator[str]:
    """The figures as a table."""
    yield f"{'set':18} {'part':5} {'cases':>6} {'first rank':>11} {'certain':>8} {'named':>7} {'false certain':>14}"
    for (name, part), tally in sorted(tallies.items()):
        right = "-" if "ambiguous" in name or "not_found" in name else f"{tally.first / tally.cases:.3f}"
        yield (
            f"{name:18} {part:5} {tally.cases:6} {right:>11} {tally.certain:8} {tally.named:7} {tally.false:14}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--wrong", action="store_true", help="list the cases of the part to look at that are wrong"
    )
    arguments = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not here")
    tallies = measure()
    print("\n".join(table(tallies)))
    if arguments.wrong:
        for (name, part), tally in sorted(tallies.items()):
            if part == "look" and "ambiguous" not in name:
                print(name, *tally.wrong[:40])


if __name__ == "__main__":
    main()
