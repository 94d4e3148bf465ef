"""What follows from the order and from neighbouring sentences, where the buyer names no problem outright."""

import pytest

from playbook.intake import LineRef, Reading, read

LINES = (
    LineRef(1, "PL-15", "Terracotta Plant Pot 15cm", 60),
    LineRef(2, "NB-RL", "Kraft Notebook A5 Ruled", 80),
    LineRef(3, "NB-SQ", "Kraft Notebook A5 Squared", 80),
    LineRef(4, "SL-06", "Solar Path Lights Set of 6", 15),
    LineRef(5, "AP-BK", "Bib Apron Black", 20),
    LineRef(6, "PD-40", "Brass Padlock 40mm with 3 Keys", 50),
    LineRef(7, "WG-RD", "Red Wine Glass 450ml", 48),
    LineRef(8, "WG-WH", "White Wine Glass 350ml", 48),
    LineRef(9, "HS-25", "Expandable Garden Hose with Nozzle", 12),
    LineRef(10, "TM-5", "Tape Measure 5m", 36),
    LineRef(11, "SC-04", "Wood Screws Box of 200", 60),
    LineRef(12, "TT-LN", "Linen Tea Towel Striped", 50),
)


def told(message: str) -> list[tuple[int | None, int | None, str]]:
    return [(item.line, item.units, str(item.issue)) for item in read(message, LINES, encoder=None).items]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        # counts against the order
        ("Tape measures 30/36 received.", [(10, 6, "missing")]),
        ("Plant pots: 52 delivered, 60 invoiced.", [(1, 8, "missing")]),
        ("Only 50 of the plant pots were in the delivery.", [(1, 10, "missing")]),
        ("All but two of the red wine glasses are broken.", [(7, 46, "transit_damage")]),
        ("Plant pot | 60 | 52 |", [(1, 8, "missing")]),
        ("Plant pot | 60 | 60 | 2 broken", [(1, 2, "transit_damage")]),
        ("Plant pots: we have 52, not 60.", [(1, 8, "missing")]),
        ("We ordered 60 plant pots. What we have here is 52.", [(1, 8, "missing")]),
        ("The note says 60 plant pots and I signed for 60 but there are 52.", [(1, 8, "missing")]),
        ("We are 6 tape measures short (30 counted).", [(10, 6, "missing")]),
        (
            "Of the 36 tape measures only 30 are usable, the others arrived crushed.",
            [(10, 6, "transit_damage")],
        ),
        ("Of the 36 tape measures only 30 are usable.", []),
        ("One whole carton of 12 plant pots is missing.", [(1, 12, "missing")]),
        ("Three boxes of 200 wood screws are missing.", [(11, 3, "missing")]),
        # numbers in words and in brackets, sums, ranges
        ("Twenty-three red wine glasses are broken.", [(7, 23, "transit_damage")]),
        ("4 (four) red wine glasses are broken.", [(7, 4, "transit_damage")]),
        ("5-6 red wine glasses are broken.", [(7, None, "transit_damage")]),
        (
            "Tape measures: 4 cracked, 3 cracked in the other carton, so 7 in total.",
            [(10, 7, "transit_damage")],
        ),
        ("Two tape measures are cracked, a third one is bent.", [(10, 2, "transit_damage")]),
        ("Tape measures: six look odd, another two are cracked.", [(10, 2, "transit_damage")]),
        ("The tape measures come in bags of 12 and we only have two bags.", [(10, 12, "missing")]),
        ("The rims of three red wine glasses are chipped.", [(7, 3, "transit_damage")]),
        ("Six red wine glasses are chipped - 4 badly, 2 slightly.", [(7, 6, "transit_damage")]),
        (
            "Six red wine glasses: 4 are chipped, 2 are missing.",
            [(7, 4, "transit_damage"), (7, 2, "missing")],
        ),
        ("20 tape measures are only half as long as the listing says.", [(10, 20, "not_as_described")]),
        ("Aprons - 20 ordered - 12 came in blue.", [(5, 12, "wrong_variant")]),
        # what a unit should hold
        ("Four of the solar lights only had five lights in them, not six.", [(4, 4, "missing_parts")]),
        ("One padlock came with 2 keys rather than 3.", [(6, 1, "missing_parts")]),
        ("Half of the padlocks came with 2 keys rather than 3.", [(6, 25, "missing_parts")]),
        ("One of the garden hoses had no nozzle.", [(9, 1, "missing_parts")]),
        ("Bei einem der Gartenschläuche fehlt die Düse.", [(9, 1, "missing_parts")]),
        ("挂锁2把没有钥匙。", [(6, 2, "missing_parts")]),
        # another variant, another thing
        ("Ten of the ruled notebooks are actually squared.", [(2, 10, "wrong_variant")]),
        ("All 20 aprons came in orange.", [(5, 20, "wrong_variant")]),
        ("Six tape measures are the 3m size instead of 5m.", [(10, 6, "wrong_variant")]),
        ("Out of forty ruled notebooks, ten turned out to be calendars.", [(2, 10, "wrong_item")]),
        ("40 of the ruled notebooks turned out to be calendars.", [(2, 40, "wrong_item")]),
        ("Instead of the red wine glasses you sent 48 jugs.", [(7, 48, "wrong_item")]),
        # over clauses and sentences
        ("About the garden hoses. Oh dear. Three have burst.", [(9, 3, "transit_damage")]),
        (
            "6 wine glasses broken, five red and one white.",
            [(7, 5, "transit_damage"), (8, 1, "transit_damage")],
        ),
        (
            "Plant pots 4 broken, aprons 6, padlocks 3.",
            [(1, 4, "transit_damage"), (5, 6, "transit_damage"), (6, 3, "transit_damage")],
        ),
        ("Four boxes of the wood screws have burst, the screws are fine.", [(11, 4, "package_damage")]),
        (
            "Damaged: one each of the apron, the padlock and the tape measure.",
            [(5, 1, "transit_damage"), (6, 1, "transit_damage"), (10, 1, "transit_damage")],
        ),
        # wishes
        (
            "I'd like to send back 10 tea towels and 5 padlocks please.",
            [(12, 10, "changed_mind"), (6, 5, "changed_mind")],
        ),
        ("3 aprons are torn. I want to return the 3 aprons.", [(5, 3, "transit_damage")]),
    ],
)
def test_what_the_order_tells(message: str, expected: list[tuple[int, int, str]]) -> None:
    assert sorted(told(message)) == sorted(expected)


@pytest.mark.parametrize(
    "message",
    [
        "We ordered 60 plant pots and counted 60.",
        "60 plant pots arrived, 5 of them are on the shelf already.",
        "I have no idea when the aprons will come.",
        "The aprons should be right.",
        "We only need the aprons by Friday.",
    ],
)
def test_what_claims_nothing(message: str) -> None:
    assert told(message) == []


@pytest.mark.parametrize(
    "message",
    [
        "Plant pots: 52 delivered, 60 invoiced.",
        "Ten of the ruled notebooks are actually squared.",
        "All 20 aprons came in orange.",
        "I'd like to send back 10 tea towels.",
    ],
)
def test_a_conclusion_is_never_sure(message: str) -> None:
    items = read(message, LINES, encoder=None).items
    assert items
    assert not any(item.sure for item in items)


EARLIER = (
    "\n\nOn Mon, 4 May 2026 at 10:12, Luca wrote:\n> Hi, 2 aprons are torn and 2 tape measures broken.\n"
)


def earlier(body: str) -> Reading:
    return read(body + EARLIER, LINES, encoder=None)


def test_an_earlier_mail_counts_where_the_buyer_refers_to_it() -> None:
    items = earlier(
        "A correction to my mail from yesterday: it is 3 tape measures that are broken, not 2."
    ).items
    assert {(item.line, item.units) for item in items} == {(10, 3), (5, 2)}
    assert [item.sure for item in items if item.line == 5] == [False]


def test_an_earlier_mail_is_set_aside_otherwise() -> None:
    items = earlier("Please find the list: 3 padlocks are missing.").items
    assert [(item.line, item.units) for item in items] == [(6, 3)]
