"""Two reports about one order: the newer wins, the older fills gaps, nothing is lost."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.domain.ids import Asin, OrderId, OrderItemId
from playbook.domain.orders import Order
from playbook.store.merging import merge_orders
from tests.builders import NOW, a_line, amounts, an_order, earlier

NEWER = NOW + timedelta(hours=1)


def test_the_newer_report_wins_whichever_comes_first() -> None:
    old = an_order(a_line(shipped=0, delivered_on=None), status="Unshipped", read_at=NOW)
    new = an_order(a_line(), status="Shipped", read_at=NEWER)
    assert merge_orders(old, new).lines == new.lines
    assert merge_orders(new, old) is new
    assert merge_orders(old, new).status == "Shipped"


def test_an_older_report_fills_gaps_only() -> None:
    new = an_order(a_line(shipped=10), read_at=NEWER)
    old = an_order(
        a_line(shipped=0, asin=Asin("B0ABCDEF12"), paid=amounts(item="99.00", shipping="5.00")),
        read_at=NOW,
        po_number="PO 1",
    )
    merged = merge_orders(new, old)
    assert merged.po_number == "PO 1"
    assert merged.lines[0].asin == "B0ABCDEF12"
    assert merged.lines[0].units_shipped == 10
    assert merged.lines[0].paid == amounts(item="100.00", shipping="5.00")
    assert merged.read_at == NEWER


def test_a_report_without_a_time_counts_as_the_oldest() -> None:
    dated = an_order(a_line(shipped=4), read_at=NOW)
    assert merge_orders(dated, an_order(a_line(shipped=10))) is dated
    assert merge_orders(an_order(a_line(shipped=10)), dated).lines[0].units_shipped == 4


def test_reading_the_same_again_is_nothing_new() -> None:
    order = an_order(read_at=NOW)
    assert merge_orders(order, order.model_copy(update={"read_at": NEWER})) is order


def test_lines_are_matched_by_item_id_then_by_sku_in_turn() -> None:
    known = an_order(
        a_line(1, sku="A", order_item_id=OrderItemId("11")),
        a_line(2, sku="A", order_item_id=OrderItemId("22")),
        a_line(3, sku="B"),
        read_at=NOW,
    )
    new = an_order(
        a_line(1, sku="B", order_item_id=OrderItemId("33"), title="b"),
        a_line(2, sku="A", order_item_id=OrderItemId("22"), title="second"),
        a_line(3, sku="A", title="first"),
        a_line(4, sku="C", title="c"),
        read_at=NEWER,
    )
    merged = merge_orders(known, new)
    assert [(line.line, line.title) for line in merged.lines] == [
        (1, "first"),
        (2, "second"),
        (3, "b"),
        (4, "c"),
    ]
    assert merged.lines[2].order_item_id == "33"


def test_lines_with_different_item_ids_stay_apart() -> None:
    one = an_order(a_line(1, sku="A", order_item_id=OrderItemId("11")))
    other = an_order(a_line(1, sku="A", order_item_id=OrderItemId("22")))
    assert [line.line for line in merge_orders(one, other).lines] == [1, 2]


def test_when_units_change_amounts_are_not_mixed() -> None:
    old = an_order(a_line(units=10, paid=amounts(item="100.00", shipping="5.00")), read_at=NOW)
    new = an_order(a_line(units=8, paid=amounts(item="80.00")), read_at=NEWER)
    assert merge_orders(old, new).lines[0].paid == amounts(item="80.00")


def test_currencies_are_never_mixed() -> None:
    pounds = an_order(a_line(currency="GBP"), read_at=NOW)
    euros = an_order(a_line(currency="EUR"), read_at=NEWER)
    assert merge_orders(pounds, euros) is euros
    assert merge_orders(euros, pounds) is euros


def test_what_was_compensated_and_replaced_adds_up() -> None:
    one = an_order(earlier=(earlier(reference="R-1"),), replacement_orders=(OrderId("X"),))
    two = an_order(
        earlier=(earlier(reference="R-1", units=2), earlier(reference="R-2", on=date(2026, 11, 2))),
        replacement_orders=(OrderId("X"), OrderId("Y")),
    )
    merged = merge_orders(one, two)
    assert [(entry.reference, entry.units) for entry in merged.earlier] == [("R-1", 2), ("R-2", 1)]
    assert merged.replacement_orders == ("X", "Y")


@st.composite
def reports(draw: st.DrawFn) -> Order:
    lines = [
        a_line(number, sku=draw(st.sampled_from("ABC")), units=draw(st.integers(1, 5)), shipped=0)
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    hours = draw(st.none() | st.integers(0, 3))
    read_at = None if hours is None else NOW + timedelta(hours=hours)
    return an_order(*lines, read_at=read_at, status=draw(st.sampled_from(["", "Shipped"])))


@settings(max_examples=60, deadline=None)
@given(reports(), reports())
def test_merging_again_learns_nothing_and_loses_no_line(known: Order, new: Order) -> None:
    merged = merge_orders(known, new)
    assert merge_orders(merged, new) is merged
    assert [line.line for line in merged.lines[: len(known.lines)]] == [line.line for line in known.lines]
    Order.model_validate(merged.model_dump())
    for sku in "ABC":
        count = max(sum(line.sku == sku for line in order.lines) for order in (known, new))
        assert sum(line.sku == sku for line in merged.lines) == count
