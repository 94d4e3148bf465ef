"""Units told by shares of one product, over several sentences, and tables typed by hand."""

import pytest

from playbook.intake import LineRef, read
from playbook.intake.lexicon import lexicon
from playbook.intake.meaning import SentenceEncoder
from playbook.intake.numbers import Quantity
from playbook.intake.tables import in_columns
from playbook.intake.text import fold, tokens

LINES = (
    LineRef(1, "RK", "GARDEN RAKE STEEL", 10),
    LineRef(2, "HS", "RUBBER HOSE 20M", 12),
    LineRef(3, "LT-R", "SOLAR LAMP RED", 8),
    LineRef(4, "LT-G", "SOLAR LAMP GREEN", 6),
    LineRef(5, "TR", "WICKER TRAY OVAL", 24),
)


def claimed(message: str) -> list[tuple[str, int | None, str]]:
    return [(item.sku, item.units, str(item.issue)) for item in read(message, LINES, encoder=None).items]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Garden rakes: ordered ten. 6 of them I can sell, the others are bent.",
            [("RK", 4, "transit_damage")],
        ),
        ("Garden rakes: 3 can be used, the rest are broken.", [("RK", 7, "transit_damage")]),
        ("The hoses, also 12 - half of these are torn.", [("HS", 6, "transit_damage")]),
        ("The hoses leak. Nine are fine.", [("HS", 3, "defect")]),
        ("I'm one hose short (eleven).", [("HS", 1, "missing")]),
        ("The hoses were in three boxes. Each box had two torn.", [("HS", 6, "transit_damage")]),
        ("Of the dozen hoses only nine are any use. Three are torn.", [("HS", 3, "transit_damage")]),
        ("Wicker trays: ordered 24, you sent 26, want the 2 collected.", [("TR", 2, "extra_item")]),
        (
            "Completely missing, every unit ordered:\n\nboth kinds of solar lamp (red + green)\nwicker trays",
            [("LT-R", 8, "missing"), ("LT-G", 6, "missing"), ("TR", 24, "missing")],
        ),
        ("The garden rakes never came.", [("RK", 10, "missing")]),
        ("Garden rakes: 3/10 bent.", [("RK", 3, "transit_damage")]),
        ("Of the garden rakes only 8/10 arrived.", [("RK", 2, "missing")]),
        ("They came on 3/10. Two garden rakes are bent.", [("RK", 2, "transit_damage")]),
        ("None of the garden rakes were damaged.", []),
        ("None of the hoses work.", [("HS", 12, "defect")]),
        ("The garden rakes hold only 8 bar and are bent.", [("RK", None, "transit_damage")]),
        (
            "The following never arrived.\n12 rubber hoses\n24 wicker trays",
            [("HS", 12, "missing"), ("TR", 24, "missing")],
        ),
    ],
)
def test_units_are_settled_over_all_that_is_said(
    message: str, expected: list[tuple[str, int | None, str]]
) -> None:
    assert claimed(message) == expected


FAR_EAST = (
    LineRef(1, "CU", "HOME SWEET HOME CUSHION COVER", 4),
    LineRef(2, "HE", "HANGING HEART BONHEUR", 12),
    LineRef(3, "PE", "RED RETROSPOT PENCILS TUBE", 24),
    LineRef(4, "MU", "DAIRY MAID STRIPE MUG", 36),
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("クッションカバー4枚中2枚に縫い目のほつれがございました。", [("CU", 2)]),
        ("ハートの吊り飾り(BONHEUR)は12個のはずが11個でした。", [("HE", 1)]),
        (
            "不足分は次のとおりです。\n・赤水玉の鉛筆(12本入)24個\n・ハートの吊り飾り 3個",
            [("HE", 3), ("PE", 24)],
        ),
        ("縞模様のマグカップは一つも届いていません", [("MU", 36)]),
        ("条纹马克杯一个都没碎", []),
        ("条纹马克杯一个都没收到", [("MU", 36)]),
    ],
)
def test_units_are_counted_as_chinese_and_japanese_buyers_do(
    message: str, expected: list[tuple[str, int]]
) -> None:
    found = read(message, FAR_EAST, encoder=None).items
    assert sorted((item.sku, item.units) for item in found) == sorted(expected)


@pytest.mark.parametrize("part", [" / ", "   ", " | "])
def test_a_table_is_read_by_the_heads_of_its_columns(part: str) -> None:
    rows = [
        ("item", "ordered", "ok", "problem"),
        ("garden rake", "10", "9", "handle broken"),
        ("rubber hose", "12", "12", "none"),
        ("wicker tray", "24", "20", "chipped"),
    ]
    message = "\n".join(part.join(row) for row in rows)
    assert claimed(message) == [("RK", 1, "transit_damage"), ("TR", 4, "transit_damage")]


def test_a_head_needs_two_counting_columns_and_rows_that_fit() -> None:
    text = fold("item  ordered\nrake  10  9\n\n\nitem  ordered  ok\n\n\nrake  10  9").text
    words = tokens(text)
    found = [
        Quantity(place, place + 1, "number", int(word.text))
        for place, word in enumerate(words)
        if word.text.isdigit()
    ]
    assert in_columns(found, words, text, (lexicon("en"),)) == found


def test_what_is_read_from_a_whole_stretch_is_never_sure() -> None:
    (item,) = read("Garden rakes: 6 I can sell, the others are bent.", LINES, encoder=None).items
    assert not item.sure


def test_a_product_no_clause_complains_of_is_judged_by_all_that_is_said() -> None:
    message = "Garden rakes - two of these. They have gone wonky and wobble about."
    items = read(message, LINES, encoder=SentenceEncoder()).items
    assert [(item.sku, item.units, item.sure) for item in items] == [("RK", 2, False)]


def test_unchecked_products_are_not_judged() -> None:
    message = "The garden rakes, all ten, are not opened yet."
    assert read(message, LINES, encoder=SentenceEncoder()).items == ()
