"""The business of a buyer as the order book knows it: numbers and days, never who it is."""

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from playbook.domain.ids import Marketplace, OrderId
from playbook.domain.orders import Order
from playbook.orderbook.history import BuyerHistory, buyer_history
from playbook.store import OrderEntry, Recipient, SqlStore, open_store
from tests.builders import NOW, a_line, an_order

ALIAS = "k2v9xq7r1mz4@marketplace.amazon.co.uk"


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return open_store(f"sqlite:///{tmp_path / 'book.db'}")


def bought(number: int, days_ago: int, mail: str = ALIAS, *, units: int = 10, **others: object) -> OrderEntry:
    """An order so many days ago; the recipient has a name and an address like anybody."""
    order = an_order(
        a_line(units=units),
        order_id=OrderId(f"204-5512873-77193{number:02}"),
        placed_at=NOW - timedelta(days=days_ago),
        **others,
    )
    recipient = Recipient(name="Perrin Vasquez", email=mail, address="4 Quay Lane")
    return OrderEntry(order, recipient=recipient, purge_after=date(2027, 6, 1))


def history(store: SqlStore, *entries: OrderEntry) -> BuyerHistory:
    """What is known about the buyer of the first order."""
    store.put_orders(entries, "test")
    return buyer_history(store, entries[0].order, NOW)


def test_orders_of_one_alias_are_one_buyers(store: SqlStore) -> None:
    known = history(
        store,
        bought(1, 10, units=30, business=True),
        bought(2, 50),
        bought(3, 95, units=5),
        bought(4, 7, "other-q7@marketplace.amazon.co.uk"),
    )
    assert known == BuyerHistory(
        business=True,
        orders=3,
        units=45,
        first_on=date(2026, 8, 20),
        last_on=date(2026, 11, 13),
        every_days=42,
    )


def test_a_single_order_repeats_nothing(store: SqlStore) -> None:
    known = history(store, bought(1, 10))
    assert (known.business, known.orders, known.every_days) == (False, 1, None)


def test_an_order_that_is_not_in_the_book_is_its_own_history(store: SqlStore) -> None:
    assert buyer_history(store, an_order(), NOW).orders == 1


def test_what_was_cancelled_or_comes_later_does_not_count(store: SqlStore) -> None:
    later = bought(2, -1)
    part = OrderEntry(an_order(a_line(units=10, cancelled=4)), recipient=Recipient(email=ALIAS))
    assert history(store, bought(1, 10), later).orders == 1
    assert buyer_history(store, part.order, NOW).units == 6


def test_a_purchase_order_number_counts_only_within_one_kind_of_buyer(store: SqlStore) -> None:
    given = {"po_number": "RETAIL-118", "business": True, "ship_country": "GB"}
    known = history(
        store,
        bought(1, 10, "", **given),
        bought(2, 20, "", **given),
        bought(3, 30, "", **{**given, "business": False}),
        bought(4, 40, "", **{**given, "ship_country": "IE"}),
        bought(5, 50, "", **{**given, "po_number": "RETAIL-119"}),
    )
    assert (known.orders, known.every_days) == (2, 10)


def test_the_mask_of_a_reseller_identifies_nobody(store: SqlStore) -> None:
    mask = "no-reply-amazon-iba-buyer@amazon.de"
    assert history(store, bought(1, 10, mask), bought(2, 20, mask)).orders == 1


def test_nothing_personal_comes_out(store: SqlStore) -> None:
    known = history(store, bought(1, 10), bought(2, 40))
    assert not any(word in str(asdict(known)) for word in ("Perrin", "Vasquez", "Quay", "k2v9"))


def test_other_marketplaces_are_other_purchases(store: SqlStore) -> None:
    given = {"po_number": "A-1", "business": True}
    uk = bought(1, 10, "", **given)
    de = an_order(
        a_line(currency="EUR"), market=Marketplace.DE, order_id=OrderId("302-1111111-2222222"), **given
    )
    assert isinstance(de, Order)
    assert history(store, uk, OrderEntry(de)).orders == 1
