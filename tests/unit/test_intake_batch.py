"""``playbook batch read`` keeps to its contract, line by line."""

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

from playbook.commands import batch as module
from playbook.commands.batch import batch, encode, input_lines

ORDER = {
    "order_id": "204-5512873-7719305",
    "lines": [
        {
            "line": 1,
            "sku": "KX-1",
            "asin": None,
            "title": "RED MUG",
            "units": 8,
            "unit_price": "4.25",
            "currency": "GBP",
        },
        {"line": 2, "sku": "KX-2", "title": "BLUE MUG", "units": 8},
    ],
}
KEYS = [
    "id",
    "language",
    "order_ids",
    "order_hints",
    "items",
    "no_issue_lines",
    "rest_is_fine",
    "remedy_asked",
    "questions",
    "problems",
]


def run(tmp_path: Path, *lines: str | bytes) -> tuple[int, list[dict[str, Any]]]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else line.encode("utf-8") for line in lines)
    )
    result = CliRunner().invoke(batch, ["read", "--in", str(source), "--out", str(target)])
    return result.exit_code, [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def message(text: str, **more: Any) -> str:
    return json.dumps({"id": "m1", "message": text, "language": None, "order": ORDER} | more)


def test_one_good_line(tmp_path: Path) -> None:
    code, (record,) = run(
        tmp_path, message("9 red mugs smashed, refund please. The rest is fine. Order 204-5512873-7719305")
    )
    assert code == 0
    assert list(record) == KEYS
    assert record["order_ids"] == ["204-5512873-7719305"]
    (item,) = record["items"]
    assert list(item) == ["line", "sku", "units", "issue", "quote", "score", "sure"]
    assert (item["line"], item["sku"], item["units"], item["issue"], item["sure"]) == (
        1,
        "KX-1",
        9,
        "transit_damage",
        False,
    )
    assert record["rest_is_fine"] is True
    assert record["remedy_asked"] == [{"line": None, "remedy": "refund"}]
    assert record["problems"] == [{"code": "units_exceed_order", "line": 1, "claimed": 9, "ordered": 8}]
    assert "RED MUG" in record["questions"][0]


def test_without_an_order_items_carry_mentions(tmp_path: Path) -> None:
    code, (record,) = run(tmp_path, message("3 tea pots broken, order ending 44123", order=None))
    assert code == 0
    assert record["order_hints"] == ["44123"]
    assert record["items"][0]["mention"] == "tea pots"
    assert record["items"][0]["line"] is None


def test_twins_are_a_question_not_an_item(tmp_path: Path) -> None:
    _, (record,) = run(tmp_path, message("3 mugs broken"))
    assert record["items"] == []
    assert "mugs" in record["questions"][0]


@pytest.mark.parametrize(
    ("bad", "identity", "reason"),
    [
        ("not json", None, "not a readable line"),
        (b'{"id": "x", "message": "\xff"}', None, "UTF-8"),
        ('{"id": "x", "message": 4}', "x", "message"),
        ('{"id": true, "message": "a"}', None, "id"),
        ('{"message": "a"}', None, "id"),
        ('{"id": "x", "message": "a", "more": 1}', "x", "more"),
        (
            '{"id": 7, "message": "a", "order": {"lines": [{"line": 0, "sku": "a", "units": 1}]}}',
            7,
            "order.lines.0.line",
        ),
        (
            '{"id": "x", "message": "a", "order": {"lines": [{"line": 1, "sku": "a", "units": 1}, {"line": 1, "sku": "b", "units": 1}]}}',
            "x",
            "twice",
        ),
        ("[]", None, ""),
        ("[" * 100_000, None, "not a readable line"),
    ],
)
def test_a_bad_line_stops_nothing(tmp_path: Path, bad: str | bytes, identity: object, reason: str) -> None:
    code, records = run(tmp_path, message("2 red mugs broken"), bad, message("1 blue mug broken"))
    assert code == 1
    assert [len(record.get("items", [])) for record in records] == [1, 0, 1]
    assert records[1]["id"] == identity
    assert reason in records[1]["error"]


def test_marks_of_order_and_blank_lines_are_skipped() -> None:
    assert list(input_lines(io.BytesIO(b"\xef\xbb\xbf{}\n\n  \n[]"))) == [b"{}\n", b"[]"]


def test_characters_that_utf8_cannot_hold_are_escaped() -> None:
    assert json.loads(encode({"quote": "\ud800"})) == {"quote": "\ud800"}
    assert encode({"quote": "碎"}) == '{"quote": "碎"}\n'.encode()


def test_standard_streams() -> None:
    result = CliRunner().invoke(
        batch, ["read", "--in", "-", "--out", "-"], input=message("2 red mugs broken")
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["items"][0]["units"] == 2


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    here = tmp_path / "a.jsonl"
    here.write_text("", encoding="utf-8")
    runner = CliRunner()
    assert runner.invoke(batch, ["read", "--in", str(tmp_path / "none"), "--out", "-"]).exit_code == 2
    assert (
        runner.invoke(batch, ["read", "--in", str(here), "--out", str(tmp_path / "no" / "x")]).exit_code == 2
    )
    assert runner.invoke(batch, ["read", "--in", str(here), "--out", str(here)]).exit_code == 2


def test_lock_is_loaded_only_when_called(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("lock")
    def lock() -> None:
        click.echo("locked")

    fake = ModuleType("invented_lock")
    fake.lock = lock  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "invented_lock", fake)
    monkeypatch.setitem(module._LAZY, "lock", "invented_lock:lock")
    assert CliRunner().invoke(batch, ["lock"]).output == "locked\n"
    monkeypatch.setitem(module._LAZY, "lock", "no_such_module_here:lock")
    assert CliRunner().invoke(batch, ["lock"]).exit_code == 2
    assert CliRunner().invoke(batch, ["nonsense"]).exit_code == 2


def test_a_broken_lock_module_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lock_that_misses_something.py").write_text(
        "import no_such_module_at_all\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(module._LAZY, "lock", "lock_that_misses_something:lock")
    result = CliRunner().invoke(batch, ["lock"])
    assert isinstance(result.exception, ModuleNotFoundError)
