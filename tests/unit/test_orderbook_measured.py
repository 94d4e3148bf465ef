"""The figures of `tests.measured.quality_lock` on a part of the data that is quick enough for every run."""

from pathlib import Path

import pytest

from playbook.orderbook import find
from playbook.store import open_store
from tests.builders import NOW
from tests.measured.quality_lock import (
    Tallies,
    credit_query,
    measure_fake,
    measure_febrl,
    read_lines,
)
from tests.reports import MAPPING, Book

pytestmark = pytest.mark.shared


def test_persons_are_found_in_spite_of_typing_errors_and_never_for_certain(
    shared: Path, tmp_path: Path
) -> None:
    tallies: Tallies = {}
    for name, run, file in (("a", measure_febrl, "dataset3.csv"), ("b", measure_fake, "fake_1000.csv")):
        with open_store(f"sqlite:///{tmp_path / name}.db") as store:
            run(store, shared / "person_matching" / file, tallies)
    for part in ("look", "held"):
        some = [tally for (_, of), tally in tallies.items() if of == part]
        assert sum(tally.first for tally in some) / sum(tally.cases for tally in some) >= 0.97
    assert sum(tally.certain for tally in tallies.values()) == 0


def test_forty_orders_of_a_real_shop_come_in_whole_and_are_found(shared: Path, tmp_path: Path) -> None:
    from pyarrow import array, compute, csv, parquet

    cases = read_lines(shared / "uci_online_retail" / "partial_credit_cases.jsonl")[::50][:40]
    numbers = {case["original_invoice"]: case for case in cases}
    rows = parquet.read_table(shared / "uci_online_retail" / "online_retail_2010-12_2011-12.parquet")
    rows = rows.filter(compute.is_in(rows["Invoice"].cast("string"), value_set=array(list(numbers))))
    units = dict.fromkeys(numbers, 0)
    for row in rows.select(["Invoice", "Quantity"]).to_pylist():
        units[str(row["Invoice"])] += row["Quantity"]
    csv.write_csv(rows, tmp_path / "shop.csv")
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    with open_store(f"sqlite:///{tmp_path / 'desk.db'}") as store:
        book = Book(store, tmp_path)
        result = book.put(tmp_path / "shop.csv", map_file=tmp_path / "map.yaml")
        assert (result.orders, result.lines, result.skipped) == (len(numbers), rows.num_rows, 0)
        for number, case in numbers.items():
            assert sum(line.units_ordered for line in book.order(number).lines) == units[number]
            found = find(credit_query(case), store, NOW)
            assert (found.verdict, found.candidates[0].order.order_id) == ("certain", number)
