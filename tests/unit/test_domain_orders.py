"""Orders, claims and ids: what cannot exist is refused when it is built."""

from datetime import date

import pytest
from pydantic import ValidationError

from playbook.domain.claims import ClaimItem, Evidence, ProblemType
from playbook.domain.ids import find_order_ids, is_amazon_order_id, is_asin, is_case_id
from playbook.domain.orders import Channel
from playbook.domain.problems import problem
from tests.builders import ORDER_ID, a_line, amounts, an_order, earlier, money


@pytest.mark.parametrize(
    ("build", "wrong"),
    [
        (lambda: a_line(units=5, shipped=4, cancelled=2), "more units shipped and cancelled"),
        (lambda: a_line(paid=amounts(item="-1")), "item cannot be -1.00 GBP"),
        (lambda: a_line(paid=amounts(item="1", promotion="0.10")), "promotion cannot be 0.10 GBP"),
        (lambda: a_line(units=0), "units_ordered"),
        (lambda: an_order(a_line(1), a_line(1)), "appears twice"),
        (lambda: an_order(a_line(paid=amounts(shipping="1")), currency="GBP"), "item"),
        (lambda: an_order(a_line(1), a_line(2, currency="EUR")), "EUR in a GBP order"),
        (lambda: an_order(earlier=(earlier(line=7),)), "unknown line 7"),
    ],
)
def test_impossible_orders_are_refused(build, wrong: str):
    with pytest.raises((ValidationError, KeyError), match=wrong):
        build()


def test_an_order_needs_an_item_price_on_every_line():
    with pytest.raises(ValidationError, match="no item price"):
        an_order(a_line(1), a_line(2, paid=amounts(shipping="1")))


def test_unknown_fields_are_refused():
    with pytest.raises(ValidationError, match="extra"):
        a_line(colour="red")


def test_units_of_a_line():
    line = a_line(units=10, shipped=6, cancelled=1)
    assert line.units_live == 9
    assert line.units_unshipped == 3


def test_the_unit_price_is_for_the_units_that_were_paid_and_without_shipping():
    paid = amounts(item="300.00", promotion="-10.00", shipping="9.00", shipping_promotion="-9.00")
    assert a_line(units=3, paid=paid).unit_price == money("96.67")
    assert a_line(units=4, cancelled=1, paid=paid).unit_price == money("96.67")
    assert a_line(units=3, cancelled=3, paid=paid).unit_price == money("96.67")
    assert a_line(units=3, paid=paid).paid_total == money("290.00")


def test_lines_are_found_by_number_whatever_their_order():
    order = an_order(a_line(1), a_line(3), a_line(2))
    assert [order.line(n) and order.line(n).sku for n in (1, 2, 3)] == ["SKU-1", "SKU-2", "SKU-3"]
    assert order.line(4) is None
    assert order.line(0) is None
    assert order.line(-1) is None


def test_channels_of_an_order():
    order = an_order(a_line(1), a_line(2, channel=Channel.FBA), a_line(3))
    assert order.channels == {Channel.FBM, Channel.FBA}


def test_a_claim_item_knows_whether_it_counts():
    fine = ClaimItem(item="c1", line=1, problem=ProblemType.NO_ISSUE, units=1)
    extra = ClaimItem(item="c2", line=1, problem=ProblemType.EXTRA_ITEM, units=1)
    assert fine.is_fine
    assert fine.counts_in_line
    assert not extra.is_fine
    assert not extra.counts_in_line


def test_evidence_is_written_in_one_order():
    item = ClaimItem(item="c1", line=1, problem=ProblemType.DEFECT, units=1, evidence=frozenset(Evidence))
    assert item.model_dump(mode="json")["evidence"] == ["count", "photo", "tracking", "video"]
    assert ClaimItem.model_validate(item.model_dump(mode="json")) == item


def test_ids():
    assert is_amazon_order_id(ORDER_ID)
    assert not is_amazon_order_id(f" {ORDER_ID}")
    assert not is_amazon_order_id("204-5512873-771930５")
    assert is_asin("B00TEST123")
    assert is_asin("012345678X")
    assert not is_asin("b00test123")
    assert is_case_id("2026-0412")
    assert not is_case_id("2026-0412\n")
    assert not is_case_id("../2026-0412")


@pytest.mark.parametrize(
    "text",
    [
        "about 204-5512873-7719305 please",
        "204\u20115512873\u20137719305",
        "204 5512873 7719305",
        "20455128737719305",
        "２０４－５５１２８７３－７７１９３０５",
        "204\u22125512873\u30fc7719305, again 204-5512873-7719305",
    ],
)
def test_order_numbers_are_found_in_any_shape(text: str):
    assert find_order_ids(text) == (ORDER_ID,)


@pytest.mark.parametrize("text", ["", "204-5512873-771930", "1204-5512873-7719305", "204-5512873-77193055"])
def test_what_is_no_complete_order_number_is_not_found(text: str):
    assert find_order_ids(text) == ()


def test_a_problem_reads_as_code_and_facts():
    assert str(problem("units_missing", line=2, sku="LAMP")) == "units_missing(line=2, sku=LAMP)"


def test_dates_are_part_of_the_line():
    assert a_line(delivered_on=None).delivered_on is None
    assert a_line().delivered_on == date(2026, 11, 18)
