"""``playbook orders import`` and ``playbook batch lock`` keep to their contracts."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from playbook.commands import orders as orders_module
from playbook.commands.batch_lock import lock
from playbook.commands.orders import orders
from playbook.domain.ids import OrderId
from playbook.store import open_store
from tests.builders import ORDER_ID
from tests.reports import ALL_ORDERS, MAPPING, TABLE, row, written

QUERY_KEYS = (
    "text", "order_id", "order_id_part", "email", "name", "postcode", "city", "country", "po_number", "tracking",
    "buyer", "items", "at",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PLAYBOOK_DATABASE", raising=False)
    return tmp_path / "home"


@pytest.fixture
def url(home: Path, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}"


def imported(url: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(orders, ["import", *map(str, arguments), "--database", url])


class TestImport:
    def test_the_last_line_counts(self, url: str, tmp_path: Path) -> None:
        first = written(tmp_path / "a.tsv", [ALL_ORDERS])
        second = written(tmp_path / "b.tsv", [row(ALL_ORDERS, amazon_order_id="204-1111111-2222222")])
        result = imported(url, first, second)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (
            0,
            "imported 2 orders, 2 lines, 0 skipped",
        )
        assert "a.tsv: 1 new, 0 changed, 0 unchanged orders" in result.stdout
        assert "b.tsv: 0 new, 0 changed, 1 unchanged orders" in imported(url, second).stdout

    def test_skipped_rows_are_listed_with_line_order_and_reason(
        self, url: str, home: Path, tmp_path: Path
    ) -> None:
        rows = [ALL_ORDERS, row(ALL_ORDERS, quantity="-1"), row(ALL_ORDERS, amazon_order_id="=1+1", sku="")]
        result = imported(url, written(tmp_path / "all orders.tsv", rows))
        assert result.stdout.splitlines()[-1] == "imported 1 orders, 1 lines, 2 skipped"
        (report,) = (home / "logs").glob("import-*-all_orders.skipped.csv")
        assert str(report) in result.stdout
        assert report.read_text(encoding="utf-8-sig").splitlines() == [
            "line,order,reason",
            f"3,{ORDER_ID},'-1' is not a positive whole number of units.",
            "4,'=1+1,No SKU.",
        ]

    def test_no_report_without_skipped_rows(self, url: str, home: Path, tmp_path: Path) -> None:
        imported(url, written(tmp_path / "all.tsv", [ALL_ORDERS]))
        assert not list(home.glob("logs/*"))

    def test_a_table_with_its_mapping(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
        shop = written(tmp_path / "shop.csv", [TABLE])
        result = imported(url, shop, "--format", "table", "--map", tmp_path / "map.yaml")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (
            0,
            "imported 1 orders, 1 lines, 0 skipped",
        )
        with open_store(url) as store:
            assert store.order(OrderId("536488")) is not None

    def test_exit_codes(self, url: str, tmp_path: Path) -> None:
        good = written(tmp_path / "all.tsv", [ALL_ORDERS])
        empty = tmp_path / "empty.tsv"
        empty.touch()
        mixed = imported(url, good, empty)
        assert mixed.exit_code == 1
        assert mixed.stdout.splitlines()[-1] == "imported 1 orders, 1 lines, 0 skipped"
        assert "empty.tsv is empty" in mixed.stderr
        assert imported(url, empty).exit_code == 3
        assert imported(url, good, "--format", "ebay").exit_code == 2
        assert imported(url, good, "--format", "table").exit_code == 2
        assert CliRunner().invoke(orders, ["import"]).exit_code == 2

    def test_a_database_that_cannot_be_used_is_a_sentence(self, home: Path, tmp_path: Path) -> None:
        result = imported("mysql://x/y", written(tmp_path / "all.tsv", [ALL_ORDERS]))
        assert (result.exit_code, "is not a database address" in result.stderr) == (3, True)

    def test_a_wrong_setting_is_a_sentence(
        self, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PLAYBOOK_LANG", "tlh")
        result = imported("sqlite:///x.db", written(tmp_path / "all.tsv", [ALL_ORDERS]))
        assert (result.exit_code, "PLAYBOOK_LANG" in result.stderr) == (2, True)

    def test_a_terminal_gets_a_progress_bar(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        terminal = Terminal()
        monkeypatch.setattr(orders_module.sys, "stderr", terminal)
        rows = [row(ALL_ORDERS, amazon_order_id=f"204-0000000-{number:07}") for number in range(2100)]
        with orders_module._progress(written(tmp_path / "all.tsv", rows)) as show:
            show(1000, 2100)
            show(2100, 2100)
        assert "all.tsv" in terminal.getvalue()
        assert "100%" in terminal.getvalue()


@pytest.fixture
def book(url: str, tmp_path: Path) -> str:
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    shop = written(
        tmp_path / "shop.csv", [TABLE, row(TABLE, Invoice="536500", StockCode="21621", Price="8.5")]
    )
    assert imported(url, shop, "--map", tmp_path / "map.yaml").exit_code == 0
    return url


def asked(url: str, tmp_path: Path, *lines: str | bytes | dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    encoded = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    source.write_bytes(b"\n".join(encoded))
    result = CliRunner().invoke(lock, ["--in", str(source), "--out", str(target), "--database", url])
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


CREDIT = {
    "id": "q1", "text": None, "order_id": None, "order_id_part": None, "email": None, "name": None,
    "postcode": None, "city": None, "country": None, "po_number": None, "tracking": None, "buyer": "17897",
    "items": [{"sku": "22960", "asin": None, "title": None, "units": 6, "unit_price": "4.25"}],
    "at": "2010-12-01T12:38:00Z",
}  # fmt: skip
"""The input line of contracts.md."""


class TestLock:
    def test_the_line_of_the_contract(self, book: str, tmp_path: Path) -> None:
        code, (record,) = asked(book, tmp_path, CREDIT)
        assert code == 0
        assert list(record) == ["id", "verdict", "orders"]
        assert record["id"] == "q1"
        assert record["verdict"] == "certain"
        (order,) = record["orders"]
        assert list(order) == ["order_id", "score", "why"]
        assert order["order_id"] == "536488"
        assert 0 < order["score"] <= 1
        assert order["why"] == ["buyer 17897", "22960: 6 of 8 units at 4.25"]

    def test_every_key_is_optional_but_the_id(self, book: str, tmp_path: Path) -> None:
        lines = [{"id": "q0"}, *({"id": key, key: CREDIT[key]} for key in QUERY_KEYS)]
        code, records = asked(book, tmp_path, *lines)
        assert code == 0
        assert [record["id"] for record in records] == ["q0", *QUERY_KEYS]
        assert {record["verdict"] for record in records} <= {"certain", "ask", "none"}
        assert records[0] == {"id": "q0", "verdict": "none", "orders": []}

    def test_prices_may_be_numbers_and_ids_too(self, book: str, tmp_path: Path) -> None:
        items = [{"sku": "22960", "units": 6, "unit_price": 4.25}]
        _, (record,) = asked(book, tmp_path, {"id": 7, "buyer": "17897", "items": items})
        assert (record["id"], record["verdict"]) == (7, "certain")

    def test_verdict_none_and_ask(self, book: str, tmp_path: Path) -> None:
        _, records = asked(
            book, tmp_path, {**CREDIT, "at": "2010-11-01T00:00:00Z"}, {"id": "q2", "buyer": "17897"},
            {**CREDIT, "items": [{"sku": "22960", "units": 9}]},
        )  # fmt: skip
        assert [record["verdict"] for record in records] == ["none", "ask", "none"]
        assert {order["order_id"] for order in records[1]["orders"]} == {"536488", "536500"}

    def test_products_are_read_from_the_text_when_none_are_listed(self, book: str, tmp_path: Path) -> None:
        text = "3 of the jam making sets with jars arrived broken"
        _, (record,) = asked(book, tmp_path, {"id": "q", "text": text})
        assert record["orders"][0]["order_id"] == "536488"

    @pytest.mark.parametrize(
        ("line", "identity", "says"),
        [
            ("{", None, "not a readable line"),
            ("[1]", None, ""),
            ("[" * 100_000, None, "not a readable line"),
            (b"\xff{}", None, "not UTF-8"),
            ("{}", None, "id"),
            ('{"id": true}', None, "id"),
            ('{"id": "a", "colour": 1}', "a", "colour"),
            ('{"id": "a", "text": 5}', "a", "text"),
            ('{"id": "a", "items": [{"units": 0}]}', "a", "items.0.units"),
            ('{"id": "a", "items": [{"units": "three"}]}', "a", "items.0.units"),
            ('{"id": "a", "items": [{"unit_price": NaN}]}', "a", "items.0.unit_price"),
            ('{"id": "a", "at": "2010-12-01T12:38:00"}', "a", "at"),
            ('{"id": "a", "at": "soon"}', "a", "at"),
        ],
    )
    def test_a_bad_line_stops_nothing(
        self, book: str, tmp_path: Path, line: str | bytes, identity: str | None, says: str
    ) -> None:
        code, records = asked(book, tmp_path, line, CREDIT)
        assert code == 1
        assert (list(records[0]), records[0]["id"]) == (["id", "error"], identity)
        assert says in records[0]["error"]
        assert records[1]["verdict"] == "certain"

    def test_blank_lines_and_a_byte_order_mark_are_passed_over(self, book: str, tmp_path: Path) -> None:
        code, records = asked(book, tmp_path, b"\xef\xbb\xbf" + json.dumps(CREDIT).encode(), "", "  ")
        assert (code, len(records)) == (0, 1)

    def test_a_lone_surrogate_in_an_id_comes_back(self, book: str, tmp_path: Path) -> None:
        _, (record,) = asked(book, tmp_path, '{"id": "\\ud800", "text": "\\ud800"}')
        assert record["id"] == "\ud800"

    def test_wrong_usage(self, book: str, tmp_path: Path) -> None:
        same = str(tmp_path / "in.jsonl")
        for arguments in (
            ["--in", same, "--out", same],
            ["--in", str(tmp_path / "none"), "--out", "-"],
            ["--in", "-"],
        ):
            assert (
                CliRunner().invoke(lock, [*arguments, "--database", book][: len(arguments) + 2]).exit_code
                == 2
            )

    def test_a_database_that_cannot_be_used(self, home: Path, tmp_path: Path) -> None:
        source = tmp_path / "in.jsonl"
        source.write_text('{"id": 1}', encoding="utf-8")
        result = CliRunner().invoke(lock, ["--in", str(source), "--out", "-", "--database", "mysql://x/y"])
        assert result.exit_code == 3

    def test_answers_stream(self, book: str) -> None:
        program = "from playbook.cli import main; main()"
        command = [
            sys.executable,
            "-c",
            program,
            *(["batch", "lock", "--in", "-", "--out", "-", "--database"]),
            book,
        ]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(2):
                process.stdin.write(json.dumps(CREDIT).encode() + b"\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["verdict"] == "certain"
            process.stdin.close()
            assert process.wait(timeout=30) == 0
