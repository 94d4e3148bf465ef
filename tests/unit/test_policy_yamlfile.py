"""Strict YAML: each mistake gives a line and a sentence."""

from datetime import date

import pytest

from playbook.policy.yamlfile import LARGEST_FILE, Document, YamlError


def read(text: str | bytes) -> Document:
    return Document("rules.yaml", text if isinstance(text, bytes) else text.encode())


def faults(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(YamlError) as caught:
        read(text)
    return [(fault.line, fault.sentence) for fault in caught.value.faults]


def test_only_plain_types_exist() -> None:
    data = read(
        "a: yes\nb: NO\nc: on\nd: true\ne: 007\nf: 12\ng: -3\nh: 0x1F\ni: 12:30\nj: 2026-11-23\n"
        "k: null\nl: ~\nm:\nn: 'x'\no: 1_000\np: 2026-11\nq: True\n"
    ).data
    assert data == {
        "a": "yes", "b": "NO", "c": "on", "d": True, "e": "007", "f": 12, "g": -3, "h": "0x1F", "i": "12:30",
        "j": date(2026, 11, 23), "k": None, "l": None, "m": None, "n": "x", "o": "1_000", "p": "2026-11",
        "q": "True",
    }  # fmt: skip


def test_anchors_and_merge_keys() -> None:
    document = read(
        "base: &base\n  a: 1\n  b: 2\nmore: &more {c: 3}\nrow:\n  <<: [*base, *more]\n  b: 9\nlist: [*more]\n"
    )
    assert document.data["row"] == {"a": 1, "b": 9, "c": 3}
    assert document.data["list"] == [{"c": 3}]
    assert document.line(("row", "b")) == 7
    assert document.line(("row", "a")) == 2
    assert document.line(("row", "c")) == 4
    assert document.line(("row", "nothing")) == 5
    assert document.line(("list", 0, "c")) == 4
    assert document.line(("list", 7)) == 8
    assert document.line(("row", "a", "deeper")) == 2


def test_earlier_merge_sources_win() -> None:
    assert read("x: &x {a: 1}\ny: &y {a: 2}\nz: {<<: [*x, *y]}\n").data["z"] == {"a": 1}


def test_byte_order_mark_and_windows_lines() -> None:
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").data == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' appears twice"),
        ("a:\n  b: 1\n  b: 2\n", 3, "'b' appears twice"),
        ("a: 1\nb: 12.50\n", 2, "write amounts as texts"),
        ("a: .5", 1, "decimal point"),
        ("a: 1.\n", 1, "decimal point"),
        ("a: 1.5e3\n", 1, "decimal point"),
        ("a: 1\n12: x\n", 2, "not a text"),
        ("a: 1\ntrue: x\n", 2, "not a text"),
        ("a: 1\n? [x]\n: y\n", 2, "not a text"),
        ("a: 2026-02-30\n", 1, "not a day"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "not allowed"),
        ("a: 1\nb: !mine x\n", 2, "not allowed"),
        ("a: !!binary aGk=\n", 1, "not allowed"),
        ("a: !!float 1\n", 1, "decimal point"),
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: [1\nb: 2\n", 2, "not valid YAML"),
        ("a: 'x\n", 2, "not valid YAML"),
        ("a: *nowhere\n", 1, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
        ("a: 1\nb: \x07\n", 2, "control character"),
        ("a: 1\nb: {<<: 5}\n", 2, "only take in mappings"),
        ("a: &x\n  b: *x\n", 1, "contains itself"),
        ("", 1, "empty"),
        ("# nothing but words\n", 1, "empty"),
        (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
        ("a: 1\nb: \u4e2d\n".encode("gb18030"), 2, "not UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "not UTF-8"),
        (b"a: " + b"x" * LARGEST_FILE, 1, "are not read"),
        ("a: " + "[" * 60 + "]" * 60, 1, "too deeply"),
        ("a: " + "[" * 50_000, 1, "too deeply"),
        ("- " * 50_000, 1, "too deeply"),
        ("a: 1234567890123456789\n", 1, "at most 18 digits"),
    ],
)
def test_mistakes_have_a_line_and_a_sentence(text: str | bytes, line: int, words: str) -> None:
    found = faults(text)
    assert any(at == line and words in sentence for at, sentence in found), found


def test_all_mistakes_at_once() -> None:
    assert [line for line, _ in faults("a: 1.5\nb: 2\nb: 3\nc: 2026-13-01\n")] == [1, 3, 4]


def test_an_explicit_number_tag_on_a_text_is_refused() -> None:
    assert "not a whole number" in faults("a: !!int twelve\n")[0][1]
    assert "true or false" in faults("a: !!bool maybe\n")[0][1]


def test_aliases_do_not_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert len(read("\n".join(lines)).data) == 30


def test_too_many_values() -> None:
    assert "more than 50,000 values" in faults("a: [" + "1," * 60_000 + "]")[0][1]
