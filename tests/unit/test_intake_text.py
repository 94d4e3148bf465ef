"""Folding, tokens, phrases, layout, order numbers, quantities, redaction: the small parts of reading."""

import pytest

from playbook.intake.clauses import split
from playbook.intake.layout import lay_out
from playbook.intake.lexicon import lexicon
from playbook.intake.numbers import Quantity, cjk_number, covered, digits, find_quantities
from playbook.intake.orderids import find_orders
from playbook.intake.phrases import PhraseTable, parse
from playbook.intake.redact import mask, redact
from playbook.intake.text import fold, is_cjk, tokens


def words(text: str) -> list[str]:
    return [token.text for token in tokens(fold(text).text)]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("ABC", "abc"),
        ("３個", "3個"),
        ("a\u200bb", "ab"),
        ("a\x00b", "a b"),
        ("u\u0308ber", "über"),
        ("\u0308x", "\u0308x"),
        ("q\u0308", "q\u0308"),
        ("a\r\nb", "a\n\nb"),
        ("<b>x</b>", " x "),
        ("a<br>b", "a\nb"),
        ("<script>bad()</script>x", " x"),
        ("<script>never closed", " never closed"),
        ("a &amp; b &#65; &nosuchthing; &#0;", "a & b a &nosuchthing; \ufffd"),
        ("①x", " x"),
        ("\ud800x", " x"),
        ("1 < 2 > 1", "1 < 2 > 1"),
    ],
)
def test_folding(message: str, text: str) -> None:
    assert fold(message).text == text


def test_every_character_is_traceable() -> None:
    message = "<p>Drei <i>ü\u200bble</i> Ｍugs</p>"
    folded = fold(message)
    at = folded.text.index("mugs")
    start, end = folded.span(at, at + 4)
    assert message[start:end] == "Ｍugs"


def test_tokens_of_mixed_text() -> None:
    assert words("Don’t: 1,200x 红杯3个!") == ["don't", ":", "1,200", "x", "红", "杯", "3", "个", "!"]
    assert is_cjk("a红")
    assert not is_cjk("abc")


@pytest.mark.parametrize("phrase", ["", "..", ".. a", "a .."])
def test_phrases_must_say_something(phrase: str) -> None:
    with pytest.raises(ValueError, match="not a phrase"):
        parse(phrase)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("it came off", [(1, 3)]),
        ("it came really off", [(1, 4)]),
        ("came a b c d off", []),
        ("came, off", []),
        ("crushing", [(0, 1)]),
        ("crus", []),
        ("came", []),
        ("压坏了", [(0, 2)]),
    ],
)
def test_phrase_table(text: str, found: list[tuple[int, int]]) -> None:
    table = PhraseTable([("x", "came .. off"), ("x", "came off"), ("x", "crush*"), ("x", "压坏")])
    assert [(hit.start, hit.end) for hit in table.find(tokens(text))] == found


def test_phrases_with_a_prefix_inside() -> None:
    table = PhraseTable([("x", "badly pack*"), ("y", "box* .. torn")])
    assert [hit.label for hit in table.find(tokens("badly packed boxes were torn"))] == ["x", "y"]


CLOSINGS = frozenset({("kind", "regards"), ("thanks",)})


def parts(text: str, problem_words: str = "broken") -> tuple[str, str, str]:
    layout = lay_out(text, CLOSINGS, lambda start, end: problem_words in text[start:end])
    body, quoted, signature = (
        "|".join(text[start:end] for start, end in spans)
        for spans in (layout.body, layout.quoted, layout.signature)
    )
    return body, quoted, signature


@pytest.mark.parametrize(
    ("text", "body", "quoted", "signature"),
    [
        ("hello", "hello", "", ""),
        ("hello\n> old\nmore", "hello|more", "> old", ""),
        ("hello\nkind regards\nann", "hello|kind regards", "", "ann"),
        ("hello\nthanks ann\nshop", "hello|thanks ann", "", "shop"),
        (
            "hello\nthanks for all the help with this one\nshop",
            "hello|thanks for all the help with this one|shop",
            "",
            "",
        ),
        ("hello\n--\nann", "hello|--", "", "ann"),
        ("hello\nthanks\nps: one more", "hello|thanks|ps: one more", "", ""),
        ("thanks\n2 mugs broken", "thanks|2 mugs broken", "", ""),
        ("hi\n----- original message -----\nold", "hi", "----- original message -----|old", ""),
        ("hi\non monday 3 may, ann wrote:\nold", "hi", "on monday 3 may, ann wrote:|old", ""),
        ("hi\nfrom: ann\nsent: monday\nold", "hi", "from: ann|sent: monday|old", ""),
        ("from: now on", "from: now on", "", ""),
        ("> only\n> quoted", "> only|> quoted", "", ""),
        ("x" * 400 + "\nhi", "x" * 400 + "|hi", "", ""),
    ],
)
def test_layout(text: str, body: str, quoted: str, signature: str) -> None:
    assert parts(text) == (body, quoted, signature)


def test_a_signature_is_short() -> None:
    text = "thanks\n" + "line\n" * 30
    assert parts(text)[2] == ""


def orders(text: str, skus: frozenset[str] = frozenset()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = tokens(fold(text).text)
    result = find_orders(fold(text).text, found, lexicon("en").table.find(found), skus)
    return result.order_ids, result.hints


@pytest.mark.parametrize(
    ("text", "ids", "hints"),
    [
        ("204-5512873-7719305", ("204-5512873-7719305",), ()),
        ("204 5512873 7719305", ("204-5512873-7719305",), ()),
        ("20455128737719305", ("204-5512873-7719305",), ()),
        ("204–5512873—7719305", ("204-5512873-7719305",), ()),
        ("２０４－５５１２８７３－７７１９３０５", ("204-5512873-7719305",), ()),
        ("order 204-5512873-771930", (), ("204-5512873-771930",)),
        ("order ending 4462", (), ("4462",)),
        ("order number starts 206-9928840", (), ("206-9928840",)),
        ("my order 536488 please", (), ("536488",)),
        ("order of 12 mugs", (), ()),
        ("order\n5555 mugs", (), ()),
        ("tel 01632-960417", (), ()),
        ("call 555 1234567", (), ()),
        ("2045512873771930", (), ("2045512873771930",)),
        ("order 204-5512873-7719305 ref", ("204-5512873-7719305",), ()),
    ],
)
def test_order_numbers(text: str, ids: tuple[str, ...], hints: tuple[str, ...]) -> None:
    assert orders(text) == (ids, hints)


def test_a_sku_is_no_order_hint() -> None:
    assert orders("order line 22960", frozenset({"22960"})) == ((), ())


def quantities(text: str, language: str = "en") -> list[Quantity]:
    found = tokens(fold(text).text)
    return find_quantities(fold(text).text, found, lexicon(language).table.find(found), [])[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 mugs", 3),
        ("three mugs", 3),
        ("2 dozen mugs", 24),
        ("a dozen mugs", 12),
        ("half a dozen", 6),
        ("x2", 2),
        ("2x", 2),
        ("(2x)", 2),
        ("1,200 mugs", 1200),
        ("one of the mugs", 1),
    ],
)
def test_numbers_that_count(text: str, value: int) -> None:
    assert [quantity.value for quantity in quantities(text) if quantity.role == "count"] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "the blue one.",
        "this one",
        "1) mugs",
        "2. mugs",
        "A4 paper",
        "50s bag",
        "12-egg house",
        "3.95",
        "007",
        "1234567",
        "2019",
        "#5",
        "in 3 weeks",
        "set of 3",
        "no. 5",
    ],
)
def test_numbers_that_do_not_count(text: str) -> None:
    assert [quantity for quantity in quantities(text) if quantity.role == "count"] == []


def test_roles_of_numbers() -> None:
    assert [(q.value, q.role) for q in quantities("3 of the 12 mugs")] == [(3, "count"), (12, "total")]
    assert [(q.value, q.role) for q in quantities("ordered 12, only 10 arrived")] == [
        (12, "total"),
        (10, "arrived"),
    ]
    assert [(q.value, q.each) for q in quantities("2 each")] == [(2, True)]
    assert [(q.value, q.more) for q in quantities("another 2")] == [(2, True)]


@pytest.mark.parametrize(("text", "value"), [("三个", 3), ("二十四套", 24), ("两打", 24), ("十二只", 12)])
def test_chinese_numerals(text: str, value: int) -> None:
    assert [quantity.value for quantity in quantities(text, "zh")] == [value]


@pytest.mark.parametrize("text", ["一样", "第三箱", "三天", "3件一套", "〇个", "一起"])
def test_chinese_numerals_that_do_not_count(text: str) -> None:
    assert quantities(text, "zh") == []


@pytest.mark.parametrize(
    ("text", "value"), [("三百二十一", 321), ("十", 10), ("两千", 2000), ("", None), ("三x", None)]
)
def test_value_of_chinese_numerals(text: str, value: int | None) -> None:
    assert cjk_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("1.200", 1200), ("1.2", None), ("05", None), ("1234567", None)]
)
def test_value_of_digits(text: str, value: int | None) -> None:
    assert digits(text) == value


def test_units_of_a_quantity() -> None:
    share = quantities("half of the mugs")[0]
    assert share.units(12) == 6
    assert share.units(7) is None
    assert share.units(None) is None
    assert share.units(7, total=4) == 2
    assert quantities("all of them")[0].units(9) == 9
    assert quantities("both mugs")[0].units(9) == 2
    assert quantities("a few mugs")[0].units(9) is None


def test_covered_tokens() -> None:
    found = tokens("aa bb cc dd")
    assert covered(found, [(3, 5)]) == {1}
    assert covered(found, [(0, 11), (3, 5)]) == {0, 1, 2, 3}
    assert covered(found, [(4, 7), (1, 2)]) == {0, 1, 2}
    assert covered(found, []) == frozenset()


def clauses(text: str) -> list[tuple[int, str]]:
    found = tokens(text)
    return [
        (clause.sentence, " ".join(token.text for token in found[clause.start : clause.end]))
        for clause in split(found, text, {"approx"}, frozenset(), (), {"and"})
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b, c d. e", [(0, "a b ,"), (0, "c d ."), (1, "e")]),
        ("a (b, c. d) e", [(0, "a ( b , c . d ) e")]),
        ("a (b\nc, d", [(0, "a ( b \n"), (1, "c ,"), (1, "d")]),
        ("approx. a", [(0, "approx . a")]),
        ("1. a", [(0, "1 . a")]),
        ("a.b", [(0, "a . b")]),
        (". a", [(0, ". a")]),
        ("a - b", [(0, "a -"), (0, "b")]),
        ("a-b", [(0, "a - b")]),
        ("a and b", [(0, "a"), (0, "and b")]),
        ("a)\n\n- b", [(0, "a ) \n"), (2, "- b")]),
        ("word " * 12 + "\nwrapped line", [(0, "word " * 12 + "\n wrapped line")]),
    ],
)
def test_clauses(text: str, expected: list[tuple[int, str]]) -> None:
    assert clauses(text) == expected


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("write to ann.example@shop.example please", "ann.example@shop.example"),
        ("see https://shop.example/a?b=c now", "https://shop.example/a?b=c"),
        ("call +44 1632 960123 today", "+44 1632 960123"),
        ("Tel. 030 23125 000", "030 23125 000"),
        ("电话：021-0000-0000", "021-0000-0000"),
        ("My name is Ann Example.", "Ann Example"),
        ("Mrs. Example said", "Example"),
        ("Frau Beispiel hier", "Beispiel"),
        ("我叫张三丰，", "张三丰"),
        ("雑貨店の田中です。", "田中"),
        ("to 12 Invented Hill Road please", "12 Invented Hill Road"),
        ("Erfundene Musterstraße 12a, 01234 Musterstadt", "Musterstraße 12a, 01234 Musterstadt"),
        ("at ZZ1 9ZZ", "ZZ1 9ZZ"),
        ("广东省虚构市假设区想象路12号", "想象路12号"),
        ("〒000-0000 東京都架空区", "架空区"),
    ],
)
def test_personal_data_is_masked(message: str, gone: str) -> None:
    assert gone in message
    masked = redact(message)
    assert gone not in masked
    assert "[" in masked


@pytest.mark.parametrize(
    "message",
    ["Order 204-5512873-7719305", "on 01.02.2026", "12 mugs at 4.25", "3 Oak Trays broken", "SKU 0012"],
)
def test_what_is_not_personal_stays(message: str) -> None:
    assert redact(message) == message


def test_overlapping_spans_are_masked_once() -> None:
    assert mask("abcdef", [(1, 3, "[x]"), (2, 5, "[y]"), (1, 2, "[z]")]) == "a[x]f"
    assert redact("hi\nAnn", [(3, 6)]) == "hi\n[signature]"
