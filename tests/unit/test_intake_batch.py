"""``playbook batch read`` keeps to its contract, line by line."""

import io
import itertools
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from playbook.commands import batch as module
from playbook.commands.batch import LONGEST_LINE, answer, batch, encode, input_lines
from playbook.domain.claims import ProblemType
from playbook.intake import LineRef, Reading, read

LINES: list[dict[str, Any]] = [
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
]
ORDER = {"order_id": "204-5512873-7719305", "lines": LINES}
_WORDS = st.sampled_from(
    [
        "3 red mugs broken",
        "rest is fine",
        "2個割れ",
        "\ud800",
        "\u2028",
        "",
        "204-5512873-7719305",
        "order 4412",
    ]
)
_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _mostly(proper: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """*proper* values, now and then anything else."""
    return st.integers(0, 9).flatmap(lambda draw: _JUNK if draw == 0 else proper)


_LINE_OBJECTS = st.fixed_dictionaries(
    {"line": _mostly(st.integers(1, 9)), "sku": _mostly(_WORDS), "units": _mostly(st.integers(1, 10**5))},
    optional={
        "title": _mostly(st.sampled_from(["RED MUG", "BLUE MUG", "", "<b>"])),
        "asin": _mostly(st.none()),
        "unit_price": _mostly(st.sampled_from(["4.25", 4, 4.25, "abc", "1e999999999"])),
        "currency": _mostly(st.just("GBP")),
        "colour": _JUNK,
    },
)
_ORDERS = st.none() | st.fixed_dictionaries(
    {"lines": _mostly(st.lists(_LINE_OBJECTS, max_size=4))}, optional={"order_id": _mostly(_WORDS)}
)
_MESSAGES = st.fixed_dictionaries(
    {"id": _mostly(st.text(max_size=9) | st.integers()), "message": _mostly(st.lists(_WORDS).map(". ".join))},
    optional={"language": _mostly(st.sampled_from([None, "de", "zh-CN", "x"])), "order": _mostly(_ORDERS)},
)
JSON_LINES = st.one_of(_MESSAGES, _MESSAGES, _MESSAGES, _JUNK).map(
    lambda content: json.dumps(content).encode()
)
_ITEM = {
    "line": {"type": "integer"},
    "sku": {"type": "string"},
    "units": {"type": ["integer", "null"], "minimum": 1},
    "issue": {"enum": sorted({*map(str, ProblemType)} - {"no_issue"})},
    "quote": {"type": "string", "minLength": 1},
    "score": {"type": "number", "minimum": 0, "maximum": 1},
    "sure": {"type": "boolean"},
}
_COMMON = {
    "id": {"type": ["string", "integer"]},
    "language": {"type": "string"},
    "order_ids": {"type": "array", "items": {"pattern": "^[0-9]{3}-[0-9]{7}-[0-9]{7}$"}},
    "order_hints": {"type": "array", "items": {"type": "string"}},
}


def _closed(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    """A JSON schema of an object with exactly *properties*, all required but *optional*."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted({*properties} - {*optional}),
        "additionalProperties": False,
    }


_PROBLEMS = {
    "type": "array",
    "items": {
        "oneOf": [
            _closed(
                {"code": {"const": "units_exceed_order"}}
                | {key: {"type": "integer"} for key in ("line", "claimed", "ordered")}
            ),
            _closed(
                {"code": {"const": "message_truncated"}}
                | {key: {"type": "integer"} for key in ("read", "length")}
            ),
        ]
    },
}
WITH_ORDER = _closed(
    _COMMON
    | {
        "items": {"type": "array", "items": _closed(_ITEM)},
        "no_issue_lines": {"type": "array", "items": {"type": "integer"}},
        "rest_is_fine": {"type": "boolean"},
        "remedy_asked": {
            "type": "array",
            "items": _closed(
                {
                    "line": {"type": ["integer", "null"]},
                    "remedy": {"enum": ["refund", "replacement", "partial_refund", "return", "other"]},
                }
            ),
        },
        "questions": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "problems": _PROBLEMS,
    }
)
WITHOUT_ORDER = _closed(
    _COMMON
    | {
        "items": {
            "type": "array",
            "items": _closed(
                _ITEM | {"line": {"type": "null"}, "sku": {"type": "null"}, "mention": {"type": "string"}}
            ),
        },
        "questions": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        "problems": _PROBLEMS,
    },
    "questions",
    "problems",
)
ERROR = _closed({"id": {"type": ["string", "integer", "null"]}, "error": {"type": "string", "minLength": 5}})
OUTPUT = Draft202012Validator({"oneOf": [WITH_ORDER, WITHOUT_ORDER, ERROR]})


def run(tmp_path: Path, *lines: str | bytes) -> tuple[int, list[dict[str, Any]]]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else line.encode("utf-8") for line in lines)
    )
    result = CliRunner().invoke(batch, ["read", "--in", str(source), "--out", str(target)])
    return result.exit_code, [json.loads(line) for line in target.read_bytes().splitlines()]


def message(text: str, **more: Any) -> str:
    return json.dumps({"id": "m1", "message": text, "language": None, "order": ORDER} | more)


def test_one_good_line(tmp_path: Path) -> None:
    code, (record,) = run(
        tmp_path, message("9 red mugs smashed, refund please. The rest is fine. Order 204-5512873-7719305")
    )
    assert code == 0
    Draft202012Validator(WITH_ORDER).validate(record)
    assert record["order_ids"] == ["204-5512873-7719305"]
    (item,) = record["items"]
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


@pytest.mark.parametrize("order", [None, {"lines": []}])
def test_without_lines_items_carry_mentions(tmp_path: Path, order: object) -> None:
    code, (record,) = run(tmp_path, message("3 tea pots broken, order ending 44123", order=order))
    assert code == 0
    Draft202012Validator(WITHOUT_ORDER).validate(record)
    assert record["order_hints"] == ["44123"]
    assert record["items"][0]["mention"] == "tea pots"
    assert "problems" not in record


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Some tea pots are broken.", ["order number", "How many units of tea pots"]),
        ("3 tea pots broken, order 204-5512873-7719305", []),
        ("Wann kommt meine Bestellung?", []),
    ],
)
def test_without_lines_a_claim_is_asked_about(text: str, says: list[str]) -> None:
    record, _ = answer(message(text, order=None).encode())
    Draft202012Validator(WITHOUT_ORDER).validate(record)
    questions = record.get("questions", [])
    assert len(questions) == len(says)
    assert all(part in question for part, question in zip(says, questions, strict=True))


def test_a_message_cut_short_says_so_with_an_order_and_without(tmp_path: Path) -> None:
    text = "3 red mugs broken. " + "x" * 30_000
    _, records = run(tmp_path, message(text), message(text, order=None))
    for record in records:
        OUTPUT.validate(record)
        assert record["problems"] == [{"code": "message_truncated", "read": 20_000, "length": len(text)}]


def test_twins_are_a_question_not_an_item(tmp_path: Path) -> None:
    _, (record,) = run(tmp_path, message("3 mugs broken"))
    assert record["items"] == []
    assert "mugs" in record["questions"][0]


@pytest.mark.parametrize("text", ["3 mugs broken", "2 cups came cracked, 1 blue mug is missing", "7 mugs"])
def test_no_claim_is_lost(text: str) -> None:
    """What is not an item of the output is named by a question."""
    lines = [LineRef(line["line"], line["sku"], line["title"], line["units"]) for line in LINES]
    reading = read(text, lines)
    record, _ = answer(message(text).encode())
    assert len(record["items"]) == sum(item.line is not None for item in reading.items)
    assert record["items"] or record["questions"]
    for item in reading.items:
        assert item.line is not None or any(item.mention in question for question in record["questions"])


def test_an_empty_sku_stays_as_it_was_given() -> None:
    order = {"lines": [{"line": 1, "sku": "", "title": "RED MUG", "units": 4}]}
    record, _ = answer(message("3 red mugs broken", order=order).encode())
    assert [item["sku"] for item in record["items"]] == [""]


@pytest.mark.parametrize(
    ("text", "language", "says"),
    [
        ("Einige rote Tassen sind zerbrochen.", "de", "Wie viele"),
        ("红色杯子碎了", "zh", "几件"),
        ("赤いマグカップが割れていました。", "ja", "何"),
        ("Certaines tasses rouges sont cassées.", "fr", "Combien"),
        ("Algunas tazas rojas están rotas.", "es", "Cuántas"),
        ("Alcune tazze rosse sono rotte.", "it", "Quant"),
        ("Some red mugs are broken.", "en", "How many"),
    ],
)
def test_questions_speak_the_language_of_the_message(text: str, language: str, says: str) -> None:
    record, _ = answer(message(text).encode())
    assert record["language"] == language
    assert any(says in question for question in record["questions"]), record["questions"]


@pytest.mark.parametrize(
    ("code", "language"), [("de", "de"), ("de-DE", "de"), ("DE_at", "de"), ("", "en"), (None, "en")]
)
def test_language_codes(code: str | None, language: str) -> None:
    assert answer(message("OK", language=code).encode())[0]["language"] == language


@pytest.mark.parametrize(
    ("bad", "identity", "reason"),
    [
        ("not json", None, "not a readable line"),
        (b'{"id": "x", "message": "\xff"}', "x", "UTF-8"),
        (b'{"id": "\xff", "message": "a"}', None, "UTF-8"),
        (b'{"message": "\xff", "id": "x"}', None, "UTF-8"),
        ('{"id": "x", "message": "a"', "x", "not a readable line"),
        ('{"id": 12, "message": "a" "b"}', 12, "not a readable line"),
        ('{"id": "x", "message": 1e99999999999999999999}', "x", "number"),
        ('{"id": "x", "message": ' + "9" * 5_000 + "}", "x", "number"),
        ('{"id": "x", "message": NaN}', "x", "message"),
        ('{"id": "x", "message": "a", "language": "../en"}', "x", "language"),
        ('{"id": "x", "message": "a", "language": 5}', "x", "language"),
        ('{"id": ["x"], "message": "a"}', None, "id"),
        (
            '{"id": "x", "message": "a", "order": {"lines": [{"line": 1, "sku": "a", "units": 1, "unit_price": "abc"}]}}',
            "x",
            "order.lines.0.unit_price",
        ),
        (
            '{"id": "x", "message": "a", "order": {"lines": [{"line": 1, "sku": "a", "units": 8.0}]}}',
            "x",
            "order.lines.0.units",
        ),
        (
            '{"id": "x", "message": "a", "order": {"lines": [{"line": 1, "sku": "a", "units": 9999999999}]}}',
            "x",
            "order.lines.0.units",
        ),
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
        ("[]", None, "no JSON object"),
        ("[" * 100_000, None, "not a readable line"),
    ],
)
def test_a_bad_line_stops_nothing(tmp_path: Path, bad: str | bytes, identity: object, reason: str) -> None:
    code, records = run(tmp_path, message("2 red mugs broken"), bad, message("1 blue mug broken"))
    assert code == 1
    assert [len(record.get("items", [])) for record in records] == [1, 0, 1]
    assert records[1]["id"] == identity
    assert reason in records[1]["error"]


@settings(max_examples=200, deadline=None)
@given(JSON_LINES)
def test_every_line_has_its_answer(line: bytes) -> None:
    """Whatever JSON comes: one line that keeps to the schema, with the id, or a reason that names the place."""
    record, good = answer(line)
    encoded = encode(record)
    assert encoded.count(b"\n") == 1
    assert len(encoded.decode("utf-8").splitlines()) == 1
    OUTPUT.validate(json.loads(encoded))
    assert good == ("error" not in record)
    assert "could not be read" not in record.get("error", "")
    content = json.loads(line)
    if isinstance(content, dict) and isinstance(content.get("id"), str):
        assert json.loads(encoded)["id"] == content["id"]


def test_a_reader_that_fails_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(text: str, *rest: Any, **more: Any) -> Reading:
        if text == "boom":
            raise ZeroDivisionError
        return read(text, *rest, **more)

    monkeypatch.setattr(module, "read", failing)
    code, records = run(tmp_path, message("boom"), message("2 red mugs broken"))
    assert code == 1
    assert records[0] == {"id": "m1", "error": "could not be read (ZeroDivisionError)"}
    assert len(records[1]["items"]) == 1


def test_equal_ids_are_answered_each(tmp_path: Path) -> None:
    code, records = run(tmp_path, message("2 red mugs broken"), message("1 blue mug missing"))
    assert code == 0
    assert [(record["id"], record["items"][0]["line"]) for record in records] == [("m1", 1), ("m1", 2)]


def test_windows_files_are_read(tmp_path: Path) -> None:
    line = message("2 red mugs broken").encode()
    both = b"\xef\xbb\xbf" + line + b"\r\n\r\n \t\r\n\xef\xbb\xbf" + line + b"\r"
    code, records = run(tmp_path, both)
    assert code == 0
    assert [record["items"][0]["units"] for record in records] == [2, 2]


def test_marks_of_order_and_blank_lines_are_skipped() -> None:
    assert list(input_lines(io.BytesIO(b"\xef\xbb\xbf{}\n\n  \n[]"))) == [b"{}\n", b"[]"]


class _Endless(io.RawIOBase):
    """A line of *size* bytes that is made while it is read, then *after*."""

    def __init__(self, start: bytes, size: int, after: bytes) -> None:
        self._pieces = itertools.chain([start], itertools.repeat(b"x" * 4_096, size // 4_096), [after])

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = next(self._pieces, b"")
        buffer[: len(piece)] = piece
        return len(piece)


def test_an_endless_line_is_refused_without_being_held() -> None:
    after = b'"}\n' + message("2 red mugs broken").encode() + b"\n"
    answer(message("1 blue mug missing").encode())  # what reading needs is loaded once
    stream = io.BufferedReader(_Endless(b'{"id": "big", "message": "', 200_000_000, after))
    tracemalloc.start()
    try:
        answers = [answer(line) for line in input_lines(stream)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [good for _, good in answers] == [False, True]
    assert answers[0][0] == {"id": "big", "error": f"the line is longer than {LONGEST_LINE} bytes"}
    assert peak < 5 * LONGEST_LINE


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("more", [-1, 0, 1, 2])
def test_the_longest_line(end: bytes, more: int) -> None:
    """At the limit a line is read, one byte beyond it is refused, and the next line is its own."""
    start, rest = b'{"id": "x", "message": "', b'"}'
    line = start + b" " * (LONGEST_LINE + more - len(start) - len(rest)) + rest
    found = list(input_lines(io.BytesIO(line + end + (message("OK").encode() if end else b""))))
    assert len(found) == (2 if end else 1)
    assert answer(found[0])[0].get("error") == (
        f"the line is longer than {LONGEST_LINE} bytes" if more > 0 else None
    )


def test_a_large_order_is_read() -> None:
    """2,000 lines with titles of 500 characters and a message of 200,000 are within the limit."""
    lines = [{"line": n, "sku": f"KX-{n}", "title": "碎" * 500, "units": 4} for n in range(1, 2_001)]
    raw = json.dumps({"id": 1, "message": "OK " * 66_000, "order": {"lines": lines}}, ensure_ascii=False)
    assert len(raw.encode()) < LONGEST_LINE / 2
    assert answer(raw.encode())[1]


def test_characters_that_utf8_cannot_hold_are_escaped() -> None:
    assert json.loads(encode({"quote": "\ud800"})) == {"quote": "\ud800"}
    assert encode({"quote": "碎"}) == '{"quote": "碎"}\n'.encode()


def test_half_a_character_is_read_like_any_other() -> None:
    record, good = answer(message("2 red mugs broken \ud83d", id="\ud800").encode())
    assert good
    assert record["id"] == "\ud800"
    assert record["items"][0]["units"] == 2


def test_line_ends_inside_a_text_do_not_end_the_line() -> None:
    record = {"quote": "a\x85b\u2028c\u2029d\ne"}
    assert len(encode(record).decode().splitlines()) == 1
    assert json.loads(encode(record)) == record


def test_a_line_is_answered_before_the_next_is_written() -> None:
    """As another program would use it: write one line, wait for its answer, write the next."""
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from playbook.cli import main; main()",
            "batch",
            "read",
            "--in",
            "-",
            "--out",
            "-",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for units in (2, 3):
            process.stdin.write(message(f"{units} red mugs broken").encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["items"][0]["units"] == units
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a Linux device")
def test_a_full_disk_ends_with_a_sentence(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(message("2 red mugs broken"), encoding="utf-8")
    result = CliRunner().invoke(batch, ["read", "--in", str(source), "--out", "/dev/full"])
    assert result.exit_code == 3
    assert result.stderr.startswith("could not go on: ")
    assert "\n" not in result.stderr.strip()


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


def test_lock_is_loaded_only_when_called() -> None:
    """Reading needs no database: what makes it slow to start is imported with `lock`."""
    code = "import sys, playbook.commands.batch; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    listed = CliRunner().invoke(batch, ["--help"]).output
    assert "lock" in listed
    assert "read" in listed
    assert CliRunner().invoke(batch, ["lock", "--help"]).exit_code == 0
    assert CliRunner().invoke(batch, ["nonsense"]).exit_code == 2
