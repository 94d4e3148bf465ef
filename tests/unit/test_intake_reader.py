"""Reading whole messages: what is claimed of which line, and what stays a question."""

import pytest

from playbook.domain.claims import ProblemType
from playbook.intake import AskedRemedyKind, LineRef, Reading, read

LINES = (
    LineRef(1, "KX-100", "RED CERAMIC MUG", 12),
    LineRef(2, "KX-101", "BLUE CERAMIC MUG", 12, asin="B0TESTMUG2"),
    LineRef(3, "KX-200", "GLASS VASE LARGE", 6),
    LineRef(4, "KX-300", "OAK SERVING TRAY", 1),
    LineRef(5, "KX-400", "RIBBON REEL GOLD", 10),
    LineRef(6, "KX-401", "RIBBON REEL SILVER", 10),
    LineRef(7, "90417", "PAPER NAPKINS PACK OF 20", 24),
    LineRef(8, "KX-500", "ALARM CLOCK BAKELIKE GREEN", 8),
    LineRef(9, "KX-600", "SET OF 3 CAKE TINS PANTRY DESIGN", 8),
)


def told(message: str, lines: tuple[LineRef, ...] = LINES) -> list[tuple[int | None, int | None, str]]:
    return [(item.line, item.units, str(item.issue)) for item in read(message, lines).items]


def codes(reading: Reading) -> list[str]:
    return [question.code for question in reading.questions]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("3 of the red ceramic mugs came smashed.", [(1, 3, "transit_damage")]),
        ("KX-100: three cracked, KX-200: 2 missing", [(1, 3, "transit_damage"), (3, 2, "missing")]),
        ("B0TESTMUG2 - 2 pcs faulty", [(2, 2, "defect")]),
        ("90417 x4 wrong size", [(7, 4, "wrong_variant")]),
        ("Red mugs: 3, no, 4 broken.", [(1, 4, "transit_damage")]),
        ("TWO red mugs, not one, are cracked.", [(1, 2, "transit_damage")]),
        ("Half of the 12 blue mugs are chipped.", [(2, 6, "transit_damage")]),
        ("A third of the 12 red mugs are chipped, so that is four.", [(1, 4, "transit_damage")]),
        ("Both alarm clocks don't work.", [(8, 2, "defect")]),
        ("All the ribbon reels are missing.", [(5, 10, "missing"), (6, 10, "missing")]),
        ("half a dozen red mugs are broken", [(1, 6, "transit_damage")]),
        ("1 dozen red mugs never arrived", [(1, 12, "missing")]),
        ("We ordered 24 paper napkins and only 20 arrived.", [(7, 4, "missing")]),
        ("paper napkins: 20 arrived from 24", [(7, 4, "missing")]),
        ("The oak tray is scratched.", [(4, 1, "quality_flaw")]),
        ("Missing: 3 red mugs and 2 glass vases.", [(1, 3, "missing"), (3, 2, "missing")]),
        (
            "2 broken alarm clocks and 3 cracked glass vases",
            [(8, 2, "transit_damage"), (3, 3, "transit_damage")],
        ),
        ("Gold ribbon 5, silver ribbon 3, not delivered.", [(5, 5, "missing"), (6, 3, "missing")]),
        (
            "Red mugs: 2 broken, another 3 without a handle.",
            [(1, 2, "transit_damage"), (1, 3, "missing_parts")],
        ),
        (
            "The red mugs: 2 broken. The blue ones: 1 broken.",
            [(1, 2, "transit_damage"), (2, 1, "transit_damage")],
        ),
        ("Glass vases. Two of them were in bits.", [(3, 2, "transit_damage")]),
        ("2 alarm clocks: the boxes were crushed", [(8, 2, "package_damage")]),
        ("2 alarm clocks dented, but the contents are fine", [(8, 2, "package_damage")]),
        ("3 red mugs arrived blue instead of red", [(1, 3, "wrong_variant")]),
        ("You sent us 2 glass vases too many", [(3, 2, "extra_item")]),
        ("I counted 8 glass vases, so that is too many", [(3, 2, "extra_item")]),
        ("4 glass vases came two weeks late", [(3, 4, "late")]),
        ("We no longer need 5 glass vases", [(3, 5, "changed_mind")]),
        ("3 glass vases are not as described", [(3, 3, "not_as_described")]),
        ("2 red mugs broken, same with 3 blue mugs", [(1, 2, "transit_damage"), (2, 3, "transit_damage")]),
        ("Broken, one of each: red mug, glass vase.", [(1, 1, "transit_damage"), (3, 1, "transit_damage")]),
        ("one set of the cake tins is dented", [(9, 1, "transit_damage")]),
        ("2 cake tins of the set of 3 are dented", [(9, 2, "transit_damage")]),
        ("红色马克杯12个里碎了3个，玻璃花瓶少了两个。", [(1, 3, "transit_damage"), (3, 2, "missing")]),
        ("玻璃花瓶6个坏了一半", [(3, 3, "transit_damage")]),
        ("绿色闹钟3個不走", [(8, 3, "defect")]),
        ("蓝色马克杯碎了一打", [(2, 12, "transit_damage")]),
        ("赤いマグカップが3個割れています。", [(1, 3, "transit_damage")]),
        ("ガラスの花瓶は6個のうち2個が届いていません。", [(3, 2, "missing")]),
        (
            "Drei rote Tassen sind zerbrochen, von den Glasvasen fehlen 2.",
            [(1, 3, "transit_damage"), (3, 2, "missing")],
        ),
        ("Küchlein hin oder her: bei den grünen Weckern gehen zwei nicht.", [(8, 2, "defect")]),
        # what is left of a line of which only the good units are counted
        ("绿色闹钟好的只有5个，剩下的不走。", [(8, 3, "defect")]),
        (
            "Von den 12 roten Tassen sind nur 8 verkäuflich, die übrigen sind gesprungen.",
            [(1, 4, "transit_damage")],
        ),
        ("青いマグは12個のうち無事だったのは10個で、残りは割れていました。", [(2, 2, "transit_damage")]),
        ("绿色闹钟好的只有5个，红色马克杯碎了2个，剩下的没问题。", [(1, 2, "transit_damage")]),
        # a list below the statement that it belongs to
        (
            "The following items never arrived.\nGlass vases: 2\nRed mugs: 3",
            [(3, 2, "missing"), (1, 3, "missing")],
        ),
        ("不足品は次のとおりです。\nガラスの花瓶 2個\n青いマグ 3個", [(3, 2, "missing"), (2, 3, "missing")]),
        # cells of a table, one line each
        (
            "Tassen rot | 12 | 3 zerbrochen (Scherben liegen noch hier)\nGlasvasen | 6 | 2 fehlen",
            [(1, 3, "transit_damage"), (3, 2, "missing")],
        ),
        # what a unit lacks is no count of units
        ("ケーキ缶2セットでそれぞれ部品が1つ足りません。", [(9, 2, "missing_parts")]),
        ("ケーキ缶のうち2セットにフタがない。", [(9, 2, "missing_parts")]),
        # only so many are needed
        ("シルバーのリボンは10巻お願いしましたが、予定が変わり4巻で足ります。", [(6, 6, "changed_mind")]),
        # a box that was opened is not what is broken
        ("打开包装盒就有两个玻璃花瓶坏了", [(3, 2, "transit_damage")]),
        ("绿色闹钟拆开包装有3个碎了", [(8, 3, "transit_damage")]),
        ("绿色闹钟包装有3个碎了", [(8, 3, "package_damage")]),
        # a box in the name of a product is no packaging, a character inside a word no product
        ("青いマグ3個、内壁が割れています。", [(2, 3, "transit_damage")]),
    ],
)
def test_what_is_claimed(message: str, expected: list[tuple[int, int, str]]) -> None:
    assert told(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "The red mugs are not broken.",
        "Nothing is missing from the glass vases.",
        "红色马克杯没有破损。",
        "赤いマグカップは割れていません。",
        "Thank you, everything arrived.",
        "",
        "   \n\n",
    ],
)
def test_nothing_is_claimed(message: str) -> None:
    assert told(message) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("2 red mugs broken. The rest is fine.", True),
        ("2 red mugs broken, everything else perfect", True),
        ("2 red mugs broken. Rest not unpacked yet.", False),
        ("2 red mugs broken. The other 5 are fine.", False),
        ("2 red mugs broken. The rest of the glass vases are fine.", False),
        ("红色马克杯碎了2个，其余都完好。", True),
        ("赤いマグカップが2個割れています。残りは問題ありません。", True),
        ("2 rote Tassen kaputt, der Rest ist in Ordnung.", True),
        ("2 red mugs broken", False),
    ],
)
def test_the_rest_is_fine(message: str, expected: bool) -> None:
    assert read(message, LINES).rest_is_fine is expected


def test_fine_lines_are_told_by_name_and_by_group() -> None:
    reading = read("The ribbon reels are all fine, the alarm clocks too. 2 red mugs are broken.", LINES)
    assert reading.no_issue_lines == (5, 6)
    assert [item.line for item in reading.items] == [1]


@pytest.mark.parametrize(
    "message",
    [
        "a few red mugs are broken",  # no number
        "2 mugs are broken",  # red or blue
        "3 red mugs contained something else",  # another product or another colour of it
        "13 red mugs are broken",  # more than ordered
        "eine rote Tasse ist zerbrochen",  # an article is not a count
    ],
)
def test_a_guess_is_never_sure(message: str) -> None:
    items = read(message, LINES).items
    assert items
    assert not any(item.sure for item in items)


def test_a_plain_claim_is_sure() -> None:
    (item,) = read("3 of the red ceramic mugs came smashed.", LINES).items
    assert item.sure
    assert item.score > 0.9
    assert item.quote == "3 of the red ceramic mugs came smashed"
    assert item.mention == "red ceramic mugs"


def test_twins_become_a_question_and_a_row_without_line() -> None:
    reading = read("2 mugs are broken", LINES)
    (item,) = reading.items
    assert (item.line, item.sku, item.units, item.sure) == (None, "", 2, False)
    assert codes(reading) == ["which_product"]
    assert reading.questions[0].params["mention"] == "mugs"


def test_more_units_than_ordered_is_a_problem_with_numbers() -> None:
    reading = read("9 glass vases broken", LINES)
    (found,) = reading.problems
    assert (found.code, dict(found.params)) == ("units_exceed_order", {"line": 3, "claimed": 9, "ordered": 6})
    assert codes(reading) == ["units_check"]


def test_types_of_one_line_add_up() -> None:
    reading = read("glass vases: 4 broken, 3 without a stopper", LINES)
    assert [(item.units, str(item.issue)) for item in reading.items] == [
        (4, "transit_damage"),
        (3, "missing_parts"),
    ]
    assert [problem.code for problem in reading.problems] == ["units_exceed_order"]


def test_extra_units_do_not_count_against_the_order() -> None:
    assert read("6 glass vases broken, and 2 glass vases too many", LINES).problems == ()


def test_missing_number_is_asked_for() -> None:
    reading = read("some red mugs are broken", LINES)
    assert codes(reading) == ["how_many"]
    assert reading.questions[0].params["line"] == 1


def test_missing_type_is_asked_for() -> None:
    reading = read("I am writing about 3 glass vases.", LINES)
    assert reading.items == ()
    assert codes(reading) == ["which_problem"]


def test_missing_product_is_asked_for() -> None:
    assert codes(read("Two pieces are broken.", LINES)) == ["which_product"]


def test_a_vague_message_is_asked_what_happened() -> None:
    assert codes(read("I am not happy at all.", LINES)) == ["what_happened"]


def test_different_numbers_for_one_thing_are_a_question() -> None:
    reading = read("2 red mugs are broken. Also 3 red mugs are broken.", LINES)
    assert [item.units for item in reading.items] == [2]
    assert not reading.items[0].sure
    assert codes(reading) == ["units_conflict"]


def test_repeating_a_number_changes_nothing() -> None:
    reading = read("2 red mugs are broken. As I said, 2 red mugs are broken.", LINES)
    assert [(item.units, item.sure) for item in reading.items] == [(2, True)]


def test_more_of_the_same_adds_up() -> None:
    assert told("Red mugs: 2 broken. Today we found 3 more broken.") == [(1, 5, "transit_damage")]


def test_a_number_completes_an_earlier_claim() -> None:
    assert told("Some red mugs are broken. 4 red mugs are broken.") == [(1, 4, "transit_damage")]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("2 red mugs broken, please refund.", [(None, AskedRemedyKind.REFUND)]),
        ("Please send replacements for the red mugs.", [(1, AskedRemedyKind.REPLACEMENT)]),
        ("I don't want a refund, a discount would do.", [(None, AskedRemedyKind.PARTIAL_REFUND)]),
        ("I want to return the glass vases.", [(3, AskedRemedyKind.RETURN)]),
        ("希望退款。", [(None, AskedRemedyKind.REFUND)]),
        ("交換をお願いします。", [(None, AskedRemedyKind.REPLACEMENT)]),
        ("Bitte um Gutschrift.", [(None, AskedRemedyKind.REFUND)]),
        ("What shall I do?", []),
    ],
)
def test_remedies_asked_for(message: str, expected: list[tuple[int | None, AskedRemedyKind]]) -> None:
    assert [(asked.line, asked.remedy) for asked in read(message, LINES).remedy_asked] == expected


def test_quoted_mail_and_signature_do_not_claim() -> None:
    message = (
        "2 red mugs are broken.\n\nKind regards\nRed Mug Trading, 7 Glass Vase Row\n\n"
        "On Tue, 3 March, the shop wrote:\n> 5 glass vases were missing\n"
    )
    reading = read(message, LINES)
    assert [(item.line, item.units) for item in reading.items] == [(1, 2)]
    assert "Trading" not in reading.redacted


def test_markup_is_text_and_quotes_stay_exact() -> None:
    message = "<p>Hi</p><script>3 red mugs</script><b>2</b> red&nbsp;mugs <i>broken</i>"
    (item,) = read(message, LINES).items
    assert (item.line, item.units) == (1, 2)
    assert item.quote in message


def test_full_width_and_invisible_characters() -> None:
    assert told("红色马克杯３个\u200b碎了") == [(1, 3, "transit_damage")]
    assert told("\u202e3 red mu\u00adgs broken") == [(1, 3, "transit_damage")]


@pytest.mark.parametrize(
    "noise",
    [
        "on 3 March",
        "at 10:30",
        "for £4.25 each",
        "in 2 weeks",
        "(room 7)",
        "by 3 people",
        "28/10",
        "5 %",
        "2 pallets",
    ],
)
def test_other_numbers_are_no_quantities(noise: str) -> None:
    assert told(f"red mugs {noise} arrived broken") == [(1, None, "transit_damage")]


def test_without_order_items_have_mentions_only() -> None:
    reading = read("3 tea pots were broken. Order 204-5512873-7719305")
    (item,) = reading.items
    assert (item.line, item.sku, item.units, item.issue) == (None, "", 3, ProblemType.TRANSIT_DAMAGE)
    assert "tea pots" in item.mention
    assert reading.order_ids == ("204-5512873-7719305",)
    assert codes(reading) == []
    assert codes(read("3 tea pots were broken")) == ["which_order"]


def test_a_long_message_is_read_in_part_and_says_so() -> None:
    message = "2 red mugs are broken. " + "blah " * 40_000
    reading = read(message, LINES)
    assert [(item.line, item.units) for item in reading.items] == [(1, 2)]
    (found,) = reading.problems
    assert found.code == "message_truncated"
    assert found.params["length"] == len(message)
    assert found.params["read"] <= 20_000


def test_language_is_detected_or_given() -> None:
    assert read("zwei rote Tassen zerbrochen").language == "de"
    assert read("两个碎了").language == "zh"
    assert read("割れています").language == "ja"
    assert read("two broken").language == "en"
    assert read("two broken", language="fr").language == "fr"


def test_mixed_chinese_and_english() -> None:
    message = "你好，订单有问题。Please note that three of the red ceramic mugs arrived broken in the post yesterday. 谢谢大家帮忙处理这个问题"
    assert told(message) == [(1, 3, "transit_damage")]


def test_marks_point_into_the_message() -> None:
    message = "Order 204-5512873-7719305: 2 red mugs broken, the rest is fine."
    marks = {mark.kind: message[mark.start : mark.end] for mark in read(message, LINES).marks}
    assert marks["order_id"] == "204-5512873-7719305"
    assert marks["item"] == "2 red mugs broken"
    assert marks["number"] == "2"
    assert marks["fine"] == "the rest is fine"


def test_reading_is_deterministic() -> None:
    message = "2 mugs broken, vases fine, 3 ribbons missing"
    assert read(message, LINES) == read(message, LINES)


def test_titles_in_chinese_match_too() -> None:
    lines = (LineRef(1, "ZH-1", "不锈钢保温杯", 5), LineRef(2, "ZH-2", "折叠雨伞", 5))
    assert told("保温杯碎了2个", lines) == [(1, 2, "transit_damage")]


def test_what_claims_something_but_is_not_understood_is_listed() -> None:
    message = "2 red mugs are broken. Six of the coasters are missing."
    reading = read(message, LINES)
    assert [(item.line, item.units) for item in reading.items] == [(1, 2)]
    (left,) = reading.not_understood
    assert left.quote == message[left.start : left.end] == "Six of the coasters are missing"
    assert "which_product" in codes(reading)


def test_what_is_understood_or_claims_nothing_is_not_listed() -> None:
    assert read("2 red mugs are broken. Thank you for the quick answer!", LINES).not_understood == ()


def test_an_order_of_which_nothing_came_is_late_as_a_whole() -> None:
    reading = read("It was due on the 13th and nothing has arrived, no mugs at all.", LINES)
    assert [(item.line, item.units, str(item.issue), item.sure) for item in reading.items] == [
        (line.line, line.units, "late", False) for line in LINES
    ]
    assert codes(reading) == []


def test_a_count_that_differs_is_no_swap() -> None:
    assert told("red mugs: 7 received instead of 12") == [(1, 5, "missing")]


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("We would like to return everything.", {1, 2, 3, 4, 5, 6, 7, 8, 9}),
        ("We would like to return everything except the vases and the green clocks.", {1, 2, 4, 5, 6, 7, 9}),
        ("Wir möchten alles zurückschicken außer den Papierservietten.", {1, 2, 3, 4, 5, 6, 8, 9}),
        ("If no exchange is possible, we would like to return everything.", set()),
        ("2 vases are missing, we would like to return everything.", {3}),
    ],
)
def test_a_wish_to_return_everything(message: str, lines: set[int]) -> None:
    reading = read(message, LINES, encoder=None)
    assert {item.line for item in reading.items} == lines
    assert not any(item.sure for item in reading.items if item.issue is ProblemType.CHANGED_MIND)
    ordered = {line.line: line.units for line in LINES}
    wished = [item for item in reading.items if item.issue is ProblemType.CHANGED_MIND]
    assert all(item.line is not None and item.units == ordered[item.line] for item in wished)


def test_what_was_reported_before_is_read_where_it_was_reported() -> None:
    lines = (
        LineRef(1, "TB", "BLUE TEAPOT", 12),
        LineRef(2, "LA", "GLASS LANTERN LARGE", 6),
        LineRef(3, "CU", "LINEN CUSHION", 9),
    )
    message = """Hello, as promised I have now gone through the rest. Correction: two blue teapots are broken, not one.
The lantern as already reported.

> On Tue 8 Mar, Ann wrote:
> So far: 1 glass lantern, glass cracked.
> 1 blue teapot broken too."""
    reading = read(message, lines)
    assert {(item.sku, item.units) for item in reading.items} == {("TB", 2), ("LA", 1)}
    assert not reading.rest_is_fine
    assert not reading.no_issue_lines
