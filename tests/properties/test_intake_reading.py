"""Whatever the message: reading survives it, stays exact, never claims what was not ordered, and is quick."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.intake import LineRef, read
from playbook.intake.meaning import Encoder, default_encoder
from playbook.intake.text import fold

LINES = (
    LineRef(1, "KX-100", "RED CERAMIC MUG", 12),
    LineRef(2, "KX-101", "BLUE CERAMIC MUG", 12),
    LineRef(3, "KX-200", "GLASS VASE LARGE", 1),
    LineRef(4, "2024", "", 3),
    LineRef(5, "12", "12", 3),
    LineRef(6, "<b>", "<script>alert(1)</script>", 3),
)
PIECES = (
    "3", "two", " ", ", ", ". ", "\n", "red", "blue ones", "mugs", "vase", "broken", "missing", "not", "no, ", "all", "half of the 12",
    "rest", "fine", "碎了", "红色", "杯子", "个", "三", "两打", "割れ", "3個", "のうち", "zerbrochen", "fehlen", "rote Tassen", "> ", "--\n",
    "Kind regards\n", "<b>", "<script>", "&amp;", "204-5512873-7719305", "\u202e", "\ud800", "KX-100", "order ending 4412", "(", ")", ":",
    "1) ", "- ", "only", "arrived", "ordered", "each", "same", "instead of", "refund", "lid", "box", "contents", "\u0308", "①", "½",
)  # fmt: skip
MESSAGES = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=st.characters(), max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
)
QUICKLY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICKLY
@given(message=MESSAGES, lines=st.sampled_from([(), LINES, LINES[:1]]))
def test_any_message_is_read_exactly(message: str, lines: tuple[LineRef, ...]) -> None:
    reading = read(message, lines)
    assert reading == read(message, lines)
    numbers = {line.line: line for line in lines}
    for item in reading.items:
        assert item.quote
        assert item.quote in message
        assert item.mention in message
        assert len(item.quote) <= 500
        assert 0 <= item.score <= 1
        assert item.units is None or item.units >= 1
        assert item.line is None or numbers[item.line].sku == item.sku
        if item.sure:
            assert item.line is not None
            assert item.units is not None
    for mark in reading.marks:
        assert 0 <= mark.start < mark.end <= len(message)
    claimed = {item.line for item in reading.items}
    assert not claimed & set(reading.no_issue_lines)


@QUICKLY
@given(message=MESSAGES)
def test_sure_rows_fit_the_order(message: str) -> None:
    reading = read(message, LINES)
    for line in LINES:
        sure = sum(item.units or 0 for item in reading.items if item.line == line.line and item.sure)
        extra = any(item.issue == "extra_item" for item in reading.items if item.line == line.line)
        assert sure <= line.units or extra


@QUICKLY
@given(message=MESSAGES)
def test_folding_is_traceable(message: str) -> None:
    folded = fold(message)
    assert len(folded.text) == len(folded.origin)
    assert list(folded.origin) == sorted(folded.origin)
    assert all(0 <= place < len(message) for place in folded.origin)


@given(units=st.integers(1, 12), order=st.permutations([0, 1, 2]))
@QUICKLY
def test_plain_statements_in_any_order(units: int, order: list[int]) -> None:
    sentences = [
        f"{units} red mugs are broken.",
        f"{units} blue mugs are missing.",
        "The large vase is scratched.",
    ]
    reading = read(" ".join(sentences[index] for index in order), LINES)
    found = {(item.line, item.units, str(item.issue)) for item in reading.items}
    assert found == {(1, units, "transit_damage"), (2, units, "missing"), (3, 1, "quality_flaw")}


FOREIGN = (
    "and {n} of the {thing} are missing.", ", {n} {thing} are missing.", ". {n} {thing} never arrived.", ". The {thing} are missing.",
    ", the {thing} are scratched, {n} of them.", ". {thing}: {n} missing.", ". We had 12 {thing}. {n} are missing.", "; of the {thing} {n} leak.",
)  # fmt: skip
THINGS = (
    "vases",
    "teapots",
    "door mats",
    "napkins",
    "lanterns",
    "parasols",
    "garden gnomes",
    "kazoos",
    "wall clocks",
    "hammocks",
)


@given(
    units=st.integers(2, 9),
    clause=st.sampled_from(FOREIGN),
    thing=st.sampled_from(THINGS),
    encoder=st.sampled_from([None, default_encoder()]),
)
@QUICKLY
def test_a_thing_not_ordered_is_no_other_product(
    units: int, clause: str, thing: str, encoder: Encoder | None
) -> None:
    message = "3 of the red mugs are broken" + (" " if clause.startswith("and") else "")
    message += clause.format(n=units, thing=thing)
    reading = read(message, LINES[:1], encoder=encoder)
    sure = [(item.line, item.units, str(item.issue)) for item in reading.items if item.sure]
    assert sure == [(1, 3, "transit_damage")]
    asked = [question for question in reading.questions if question.code == "which_product"]
    assert reading.not_understood or asked or len(reading.items) > 1


@pytest.mark.parametrize(
    "message",
    [
        "3 rote Tassen sind zerbrochen und 2 der Vasen fehlen.",
        "3 rote Tassen sind zerbrochen. 2 Vasen fehlen.",
        "红色杯子碎了3个，花瓶少了2个。",
        "赤いマグカップが3個割れています。花瓶が2個足りません。",
    ],
)
def test_a_thing_not_ordered_is_asked_for(message: str) -> None:
    reading = read(message, LINES[:1], encoder=None)
    assert [(item.line, item.units, str(item.issue)) for item in reading.items] == [(1, 3, "transit_damage")]
    assert [question.code for question in reading.questions] == ["which_product"]
    assert reading.not_understood


@pytest.mark.parametrize(
    "piece",
    [
        "a", " ", "\n", "1", "1 ", "1,", "3 red mugs broken. ", "碎", "碎了3个", "一", "<", "<b", "<script>", "&amp;", "&", "(", "-", "> a\n",
        "thanks\n", "from: a\n", "order 1234 ", "a@", "+1 ", "a-", "no, 3 ", "only 3 ", "both ", "Mr. A", "Street ", "1 A ", "路", "の田", "の",
        "broken ", "lid missing ", "and ", "rest fine ", "\u0308", "a\u0308", "\u200b", "\ud800", "KX-100", "kuchenform", "1.1.", "$1", "3 red mugs have 1 ", "half only ",
    ],
)  # fmt: skip
@pytest.mark.no_cover
def test_time_stays_proportional(piece: str) -> None:
    """Eight times the text costs about eight times the work; quadratic reading would cost 64 times."""

    def seconds(characters: int) -> float:
        message = (piece * (characters // len(piece) + 1))[:characters]
        start = time.process_time()
        read(message, LINES)
        return time.process_time() - start

    def growth() -> float:
        small = min(seconds(1_500) for _ in range(3))
        return min(seconds(12_000) for _ in range(2)) / max(small, 0.002)

    seconds(100)
    assert any(growth() < 20 for _ in range(4)), "each of four measurements grew like a square"
    assert any(seconds(200_000) < 3.0 for _ in range(2))
