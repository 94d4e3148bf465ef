"""Reading amounts, dates, units and numbers as the languages of our letters write them."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.letters.figures import figures, folded, has_date


def read(text: str, kind: str) -> list[object]:
    """The values of one kind, in order of appearance."""
    found = sorted((one for one in figures(folded(text)) if one.kind == kind), key=lambda one: one.span)
    return [set(one.days) if kind == "date" else one.number for one in found]


@pytest.mark.parametrize(
    ("text", "number", "currency"),
    [
        ("a refund of £1,234.50 today", "1234.50", "GBP"),
        ("a refund of GBP 12", "12", "GBP"),
        ("US$12.5", "12.5", "USD"),
        ("$ 980", "980", "CAD"),
        ("12 dollars", "12", "USD"),
        ("20 pounds, please", "20", "GBP"),
        ("Erstattung von 1.234,50 €", "1234.50", "EUR"),
        ("Erstattung von 1 234,50 €.", "1234.50", "EUR"),
        ("8,00\u00a0£", "8", "GBP"),
        ("EUR 8,-", "8", "EUR"),
        ("30 Euro", "30", "EUR"),
        ("退款 ￥１，２３４", "1234", "CNY"),
        ("退款 ￥１234.5元", "1234.5", "CNY"),
        ("退款30英镑", "30", "GBP"),
        ("合计退款 £14.00。", "14", "GBP"),
        ("￥12,300を返金", "12300", "JPY"),
        ("1,980円を返金", "1980", "JPY"),
        ("30ユーロ", "30", "EUR"),
        ("remboursement de 1\u202f234,50\u00a0€", "1234.50", "EUR"),
        ("remboursement de 14,00\u00a0£GB", "14", "GBP"),
        ("8,00 $US", "8", "USD"),
        ("reembolso de 14,00 GBP", "14", "GBP"),
        ("reembolso de 1234,50 euros", "1234.50", "EUR"),
        ("20 dólares", "20", "USD"),
        ("rimborso di 20 sterline", "20", "GBP"),
        ("Total: £8.10. Thank you", "8.10", "GBP"),
    ],
)
def test_amounts(text: str, number: str, currency: str):
    amounts = [one for one in figures(folded(text)) if one.kind == "amount"]
    assert [one.number for one in amounts] == [Decimal(number)]
    assert currency in amounts[0].currencies


@pytest.mark.parametrize("text", ["12 cadavers", "3 krill", "usd", "no € here", "EURO 2024 balls"])
def test_what_is_no_amount(text: str):
    assert [one for one in figures(folded(text)) if one.kind == "amount" and one.number != 2024] == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("by Tue 24 Nov 2026", {(2026, 11, 24)}),
        ("by 24th of November", {(None, 11, 24)}),
        ("by November 24, 2026.", {(2026, 11, 24)}),
        ("by Nov 24", {(None, 11, 24)}),
        ("by Sept. 3rd", {(None, 9, 3)}),
        ("by 2026-11-24", {(2026, 11, 24)}),
        ("by 2026/11/24", {(2026, 11, 24)}),
        ("by 3/4/2026", {(2026, 3, 4), (2026, 4, 3)}),
        ("bis Dienstag, 24. November 2026", {(2026, 11, 24)}),
        ("bis 1. März", {(None, 3, 1)}),
        ("bis 24.11.", {(None, 11, 24)}),
        ("bis 24.11.26", {(2026, 11, 24)}),
        ("bis 4. 2. 2026", {(2026, 2, 4)}),
        ("2026年11月24日（周二）前发出", {(2026, 11, 24)}),
        ("１１月２４日前", {(None, 11, 24)}),
        ("11 月 24 号", {(None, 11, 24)}),
        ("11/24(火)まで", {(None, 11, 24)}),
        ("11/24（火）まで", {(None, 11, 24)}),
        ("by 24 Nov 26", {(None, 11, 24)}),
        ("le mardi 24 novembre 2026", {(2026, 11, 24)}),
        ("le 1er décembre", {(None, 12, 1)}),
        ("le mar. 24 nov. 2026", {(2026, 11, 24)}),
        ("le 3 août", {(None, 8, 3)}),
        ("le 4 févr.", {(None, 2, 4)}),
        ("el martes 24 de noviembre de 2026", {(2026, 11, 24)}),
        ("el 2 de enero del 2027", {(2027, 1, 2)}),
        ("24-11-2026", {(2026, 11, 24)}),
        ("entro martedì 1º dicembre 2026", {(2026, 12, 1)}),
        ("entro il 1° dicembre", {(None, 12, 1)}),
        ("BY 3 APRİL 2026", {(2026, 4, 3)}),
    ],
)
def test_dates(text: str, days: set[tuple[int | None, int, int]]):
    assert read(text, "date") == [days]
    assert has_date(folded(text))


@pytest.mark.parametrize(
    "text",
    [
        "2 Markers",
        "12 Decorations",
        "8.10 units",
        "we may send 3",
        "half: 1/2",
        "10:30",
        "Total 14.00. Thank you",
        "10 set of mugs",
        "two weeks ago 3 were fine",
        "Gen 2",
    ],
)
def test_what_is_no_date(text: str):
    assert read(text, "date") == []
    assert not has_date(folded(text))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("3 x Desk lamp", [3]),
        ("3x lamp and 1,200 units", [3, 1200]),
        ("5 Stück, 2 Stk. und 4 Stücke", [5, 2, 4]),
        ("补发 3 件，共５个", [3, 5]),
        ("2点とランプ1個", [2, 1]),
        ("two units and Zwölf Stück", [2, 12]),
        ("补发两件、三只、十個", [2, 3, 10]),
        ("3 unités, 2 pièces et 4 exemplaires", [3, 2, 4]),
        ("deux unités, une unité", [2, 1]),
        ("3 unidades, 2 piezas y 1 ud.", [3, 2, 1]),
        ("una unidad y cinco unidades", [1, 5]),
        ("3 unità, 2 pezzi e 1 pezzo", [3, 2, 1]),
        ("due pezzi e sei unità", [2, 6]),
        ("sıx units", [6]),
    ],
)
def test_units(text: str, units: list[int]):
    assert read(text, "units") == units


@pytest.mark.parametrize(
    "text",
    [
        *("3 个工作日", "5个月", "三件事", "第十件", "一个申请", "以下三点", "3xl", "DIN A4", "12V"),
        *("une pièce jointe", "una pieza que falta", "un pezzo mancante"),
    ],
)
def test_what_is_no_number_of_goods(text: str):
    assert read(text, "units") == []


def test_what_is_left_is_a_bare_number():
    assert read(
        "within 24 hours, or 3-5 days; 30 % of it, SKU-22960, A4, 10:30, 555-0134-2290", "number"
    ) == [24, 3, 5]
    assert read("30 % off, 12,5%", "share") == [30, Decimal("12.5")]
    assert read("1. first\n 2) second\n3 third", "number") == [3]


def test_a_figure_is_counted_once():
    assert len(figures(folded("Tue 24 Nov 2026: 3 x lamp, £8.10, 30 %, 7"))) == 5


@given(st.text(alphabet="0123456789.,-/ :x€£$¥元円%件年月日NovMai\n（３％é", max_size=60))
def test_any_text_can_be_read(text: str):
    plain = folded(text)
    assert len(plain) == len(text)
    spans = sorted(one.span for one in figures(plain))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
