"""Order reports at their worst: huge orders, odd names, imports that break off, meet, or are very large."""

import json
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playbook.domain.ids import OrderId
from playbook.orderbook import Query, QueryItem, find
from playbook.store import engine, sql
from playbook.store.sql import SqlStore, open_store
from tests.builders import NOW, ORDER_ID
from tests.reports import ALL_ORDERS, TABLE, Book, row, written

MOST_MEMORY_MB = 500
"""What importing may take (issue: speed of the order book)."""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_store(f"sqlite:///{tmp_path / 'desk.db'}") as store:
        yield Book(store, tmp_path)


def content(folder: Path, name: str = "desk.db") -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the order book holds."""
    with sqlite3.connect(folder / name) as database:
        return {
            table: sorted(database.execute(f"SELECT * FROM {table}"))
            for table in ("orders", "order_keys", "order_items", "products")
        }


class TestHugeOrders:
    def test_an_order_of_two_thousand_lines_comes_in_whole_and_is_found(self, book: Book) -> None:
        rows = [row(ALL_ORDERS, sku=f"SKU-{number}", quantity=str(1 + number % 9)) for number in range(2000)]
        assert book.all_orders(*rows).lines == 2000
        order = book.order()
        assert [line.line for line in order.lines] == list(range(1, 2001))
        assert [line.sku for line in order.lines] == [f"SKU-{number}" for number in range(2000)]
        items = tuple(QueryItem(sku=f"SKU-{number}", units=1 + number % 9) for number in range(0, 2000, 17))
        (candidate,) = find(Query(items=items), book.store, NOW).candidates
        assert candidate.order == order
        assert book.all_orders(*rows).saved.unchanged == 1

    def test_a_query_of_two_thousand_products_is_answered(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        items = tuple(QueryItem(sku=f"SKU-{number}") for number in range(2000))
        assert find(Query(order_id=ORDER_ID, items=items), book.store, NOW).verdict == "ask"


class TestTitles:
    LONG = " ".join(["brass", "desk", "lamp", "with", "shade"] * 40)[:500]

    def test_empty_equal_and_long_titles(self, book: Book) -> None:
        titles = {"A": "", "B": "Lamp", "C": "Lamp", "D": self.LONG, "E": self.LONG + "cut off"}
        book.all_orders(*(row(ALL_ORDERS, sku=sku, product_name=title) for sku, title in titles.items()))
        kept = {line.sku: line.title for line in book.order().lines}
        assert kept == {"A": "A", "B": "Lamp", "C": "Lamp", "D": self.LONG, "E": self.LONG}

    @pytest.mark.parametrize("title", ["lamp", LONG, LONG[:200], "x" * 5000])
    def test_they_can_be_asked_for_and_decide_nothing(self, book: Book, title: str) -> None:
        book.all_orders(
            row(ALL_ORDERS, product_name="Lamp"),
            row(ALL_ORDERS, sku="B", product_name="Lamp"),
            row(ALL_ORDERS, sku="C", product_name=self.LONG),
            row(ALL_ORDERS, sku="D", product_name=""),
        )
        found = find(Query(items=(QueryItem(title=title, units=2),)), book.store, NOW)
        assert found.verdict == ("none" if title.startswith("x") else "ask")


class TestSkusThatLookLikeSomethingElse:
    SKUS = (
        *("007", "22960", "1E5", "1e5", "12.50", "-3", "0", "2026-11-03", "03.11.2026", "11/12", "10:30"),
        *(
            "missing",
            "total",
            "TRUE",
            "null-1",
            "damaged",
            "order",
            "refund",
            "#REF!",
            "=1+1",
            "A B",
            "\u304a\u8336",
        ),
    )

    @pytest.mark.parametrize("sku", SKUS)
    def test_they_stay_as_they_are_and_are_found(self, book: Book, sku: str) -> None:
        book.all_orders(row(ALL_ORDERS, sku=sku), row(ALL_ORDERS, sku="OTHER"))
        book.table(row(TABLE, StockCode=sku))
        for order_id in (ORDER_ID, "536488"):
            assert book.order(order_id).lines[0].sku == sku
        found = find(Query(items=(QueryItem(sku=sku, units=3),)), book.store, NOW)
        assert {one.order.order_id for one in found.candidates} == {ORDER_ID, "536488"}
        assert find(Query(text=sku), book.store, NOW).verdict == "none"


def _report(count: int) -> list[dict[str, str]]:
    """Orders of several lines, some scattered, some with replacements, some rows wrong."""
    rng = random.Random(20261124)
    rows = []
    for number in range(count):
        order_id = f"204-0000000-{rng.randrange(count // 3):07}"
        original = f"204-0000000-{number // 9:07}" if number % 40 == 3 else ""
        rows.append(
            row(
                ALL_ORDERS,
                amazon_order_id=f"{order_id[:-1]}9" if original else order_id,
                sku=f"S{number}",
                quantity=str(rng.randrange(6)),
                original_order_id=original,
                purchase_order_number=f"PO-{order_id[-3:]}",
            )
        )
    return rows


class PowerCutError(Exception):
    """The import broke off."""


class TestBreakingOff:
    @pytest.fixture
    def small_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sql, "PRODUCTS_AT_ONCE", 20)
        monkeypatch.setattr("playbook.orderbook.importing.PROGRESS_EVERY", 1)

    @pytest.fixture
    def whole(self, book: Book, tmp_path: Path, small_steps: None) -> dict[str, list[tuple[Any, ...]]]:
        book.put(written(tmp_path / "all.tsv", _report(150)))
        assert any(order.replacement_orders for order in _orders(book.store))
        return content(tmp_path)

    @pytest.mark.parametrize("row_number", [1, 2, 37, 90, 149, 150])
    def test_at_any_row_the_next_import_ends_where_one_would_have(
        self, tmp_path: Path, whole: dict[str, list[tuple[Any, ...]]], row_number: int
    ) -> None:
        def cut(done: int, _total: int) -> None:
            if done >= row_number:
                raise PowerCutError

        with open_store(f"sqlite:///{tmp_path / 'cut.db'}") as store:
            other = Book(store, tmp_path)
            with pytest.raises(PowerCutError):
                other.put(tmp_path / "all.tsv", on_progress=cut)
            assert content(tmp_path, "cut.db") != whole
            other.put(tmp_path / "all.tsv")
            assert content(tmp_path, "cut.db") == whole

    @pytest.mark.parametrize("write", range(1, 30, 3))
    def test_inside_a_transaction_nothing_of_it_stays(
        self,
        tmp_path: Path,
        whole: dict[str, list[tuple[Any, ...]]],
        monkeypatch: pytest.MonkeyPatch,
        write: int,
    ) -> None:
        real, writes = engine.put_rows, 0

        def failing(*arguments: Any, **options: Any) -> None:
            nonlocal writes
            writes += 1
            if writes == write:
                raise PowerCutError
            real(*arguments, **options)

        with open_store(f"sqlite:///{tmp_path / 'cut.db'}") as store:
            other = Book(store, tmp_path)
            with monkeypatch.context() as broken:
                broken.setattr("playbook.store.orderbook.put_rows", failing)
                with pytest.raises(PowerCutError):
                    other.put(tmp_path / "all.tsv")
            half = content(tmp_path, "cut.db")
            assert {number for _, _, number in half["order_keys"]} == {one[0] for one in half["orders"]}
            other.put(tmp_path / "all.tsv")
            assert content(tmp_path, "cut.db") == whole


def _orders(store: SqlStore) -> list[Any]:
    return list(store.orders([OrderId(f"204-0000000-{number:07}") for number in range(60)]).values())


class TestMeeting:
    def test_two_imports_at_once_add_up(
        self, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sql, "PRODUCTS_AT_ONCE", 20)
        rows = _report(300)
        paths = [written(tmp_path / "a.tsv", rows[:200]), written(tmp_path / "b.tsv", rows[100:])]
        start, troubles = threading.Barrier(2), list[Exception]()

        def run(path: Path) -> None:
            try:
                with open_store(f"sqlite:///{tmp_path / 'desk.db'}", busy_seconds=30) as store:
                    start.wait()
                    Book(store, tmp_path).put(path)
            except Exception as trouble:  # noqa: BLE001 - told in the main thread
                troubles.append(trouble)

        threads = [threading.Thread(target=run, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        with open_store(f"sqlite:///{tmp_path / 'one.db'}") as store:
            for path in paths:
                Book(store, tmp_path).put(path)
            one_by_one = {order.order_id: order for order in _orders(store)}
        together = {order.order_id: order for order in _orders(book.store)}
        assert together.keys() == one_by_one.keys()
        for order_id, order in together.items():
            units = {line.sku: line.units_ordered for line in order.lines}
            assert units == {line.sku: line.units_ordered for line in one_by_one[order_id].lines}
            assert set(order.replacement_orders) == set(one_by_one[order_id].replacement_orders)


def test_a_file_of_fifty_megabytes_takes_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "all.tsv"
    with path.open("w", encoding="utf-8") as file:
        file.write("\t".join(ALL_ORDERS) + "\n")
        for number in range(160_000):
            cells = ALL_ORDERS | {
                "amazon-order-id": f"204-{number // 10 % 997:07}-{number // 10:07}",
                "sku": f"SKU-{number % 5000}",
                "product-name": f"Product {number % 5000} " + "x" * 110,
                "quantity": str(number % 7),
            }
            file.write("\t".join(cells.values()) + "\n")
    assert path.stat().st_size > 50_000_000
    code = (
        "import json, resource, sys; from click.testing import CliRunner; from playbook.commands.orders import orders\n"
        "if __name__ == '__main__':\n"
        "    result = CliRunner().invoke(orders, ['import', sys.argv[1], '--database', sys.argv[2]])\n"
        "    status = open('/proc/self/status').read()  # its peak since the program began, unlike ru_maxrss\n"
        "    own = int(status.split('VmHWM:')[1].split()[0]) // 1024\n"
        "    ahead = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024\n"
        "    print(json.dumps([result.exit_code, result.stdout.splitlines()[-1], own + ahead]))\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(path), f"sqlite:///{tmp_path / 'desk.db'}"],
        capture_output=True,
        text=True,
        check=True,
        env={"PLAYBOOK_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
    )
    exit_code, said, used = json.loads(done.stdout)
    skipped = sum(number % 7 == 0 for number in range(160_000))
    assert (exit_code, said) == (0, f"imported 16000 orders, {160_000 - skipped} lines, {skipped} skipped")
    assert used < MOST_MEMORY_MB
