"""Report files become orders: every trap of the formats, and every way a file can be bad."""

import json
import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.domain.ids import Marketplace, OrderId
from playbook.domain.orders import Channel, Component, EarlierKind, Order
from playbook.orderbook import ImportRefused, Query, find, load_samples
from playbook.orderbook.ahead import ReadingAheadError, read_ahead
from playbook.orderbook.allorders import all_orders
from playbook.orderbook.cells import amount, flag, moment, number_text, units
from playbook.orderbook.lines import order_from
from playbook.orderbook.refusals import RowRefused
from playbook.orderbook.sheets import Sheet
from playbook.store import Key, PersonKey, open_store
from playbook.store.keys import units_by_sku
from tests.builders import NOW, ORDER_ID, the_policy
from tests.reports import ALL_ORDERS, MAPPING, TABLE, Book, row, written

OTHER = "204-1111111-2222222"
API_ORDER = {
    "AmazonOrderId": str(ORDER_ID),
    "PurchaseDate": "2026-11-10T14:22:33Z",
    "SalesChannel": "Amazon.com",
    "OrderItems": [
        {
            "SellerSKU": "LAMP-BR",
            "QuantityOrdered": 6,
            "OrderItemId": "1",
            "ItemPrice": {"CurrencyCode": "USD", "Amount": "120.00"},
        }
    ],
}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_store(f"sqlite:///{tmp_path / 'desk.db'}") as store:
        yield Book(store, tmp_path)


def paid(book: Book, line: int = 1) -> dict[str, str]:
    return {
        str(component): str(money.amount) for component, money in book.order().lines[line - 1].paid.items()
    }


class TestAllOrders:
    def test_amounts_are_line_totals_by_component(self, book: Book) -> None:
        assert str(book.all_orders(ALL_ORDERS)) == "imported 1 orders, 1 lines, 0 skipped"
        assert paid(book) == {
            "item": "120.00",
            "item_tax": "9.90",
            "shipping": "12.00",
            "shipping_tax": "0.99",
        }
        line = book.order().lines[0]
        assert (line.units_ordered, line.units_shipped, line.channel) == (6, 6, Channel.FBM)

    def test_tax_is_part_of_the_price_where_prices_include_it(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, sales_channel="Amazon.de", currency="EUR", ship_country="DE"))
        assert paid(book) == {"item": "120.00", "shipping": "12.00"}

    @pytest.mark.parametrize("written_as", ["5.00", "-5.00"])
    def test_promotions_lower_the_line_whatever_their_sign(self, book: Book, written_as: str) -> None:
        book.all_orders(
            row(ALL_ORDERS, item_promotion_discount=written_as, ship_promotion_discount=written_as)
        )
        assert (paid(book)["promotion"], paid(book)["shipping_promotion"]) == ("-5.00", "-5.00")

    def test_gift_wrap_is_a_component_of_its_own(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, gift_wrap_price="3.00", gift_wrap_tax="0.25"))
        assert (paid(book)["gift_wrap"], paid(book)["gift_wrap_tax"]) == ("3.00", "0.25")

    def test_rows_of_an_order_are_its_lines_wherever_they_stand(self, book: Book) -> None:
        result = book.all_orders(
            ALL_ORDERS, row(ALL_ORDERS, amazon_order_id=OTHER), row(ALL_ORDERS, sku="LAMP-CU")
        )
        assert (result.orders, result.lines) == (2, 3)
        assert [line.sku for line in book.order().lines] == ["LAMP-BR", "LAMP-CU"]

    @pytest.mark.parametrize("bits", [8, 1 << 27])
    def test_scattered_rows_find_their_orders(
        self, book: Book, monkeypatch: pytest.MonkeyPatch, bits: int
    ) -> None:
        monkeypatch.setattr("playbook.orderbook.importing.SEEN_BITS", bits)
        rows = [
            row(ALL_ORDERS, amazon_order_id=f"204-0000000-{number % count:07}", sku=f"S{count}-{number}")
            for count in (40, 7, 23)
            for number in range(2 * count)
        ]
        rows.insert(50, row(ALL_ORDERS, amazon_order_id="", sku="X"))
        result = book.all_orders(*rows, row(ALL_ORDERS, amazon_order_id="", sku="X"))
        assert (result.orders, result.lines, result.skipped) == (40, 140, 2)
        assert len(book.order("204-0000000-0000003").lines) == 6
        assert (result.saved.added, result.saved.changed) == (40, 0)

    def test_one_sku_twice_stays_two_lines(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS, row(ALL_ORDERS, quantity="2", item_price="40.00"))
        assert [line.units_ordered for line in book.order().lines] == [6, 2]

    def test_a_cancelled_line_costs_nothing(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS, row(ALL_ORDERS, sku="GONE", item_status="Cancelled", item_price=""))
        line = book.order().lines[1]
        assert (line.units_cancelled, line.units_live, str(line.paid_total)) == (6, 0, "0.00 USD")

    def test_a_line_cancelled_before_payment_has_no_units_and_is_skipped(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS, row(ALL_ORDERS, sku="GONE", item_status="Cancelled", quantity="0"))
        assert book.reasons == [(3, "row_cancelled_empty")]

    def test_a_cancelled_order_cancels_its_lines(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, order_status="Cancelled", item_status=""))
        assert book.order().lines[0].units_cancelled == 6

    @pytest.mark.parametrize(
        ("status", "shipped", "expected"),
        [
            ("Shipped", "", 6),
            ("Unshipped", "", 0),
            ("Shipping", "4", 4),
            ("Shipped", "9", 6),
            ("Shipped", "x", 0),
            ("Shipped", "\u00b2", 0),
        ],
    )
    def test_units_shipped(self, book: Book, status: str, shipped: str, expected: int) -> None:
        book.all_orders(row(ALL_ORDERS, item_status=status, quantity_shipped=shipped))
        assert book.order().lines[0].units_shipped == expected

    @pytest.mark.parametrize(
        ("channel", "service", "prime", "expected"),
        [
            ("Amazon", "Expedited", "", Channel.FBA),
            ("AFN", "", "", Channel.FBA),
            ("AMAZON_NA", "", "", Channel.FBA),
            ("Merchant", "Std", "true", Channel.SFP),
            ("MFN", "Prime Premium", "", Channel.SFP),
            ("Merchant", "Standard", "false", Channel.FBM),
        ],
    )
    def test_channel(self, book: Book, channel: str, service: str, prime: str, expected: Channel) -> None:
        cells = {"fulfillment_channel": channel, "ship_service_level": service, "is_prime": prime}
        book.all_orders(row(ALL_ORDERS, **cells))
        assert book.order().lines[0].channel is expected

    def test_facts_of_the_order(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, is_business_order="true", purchase_order_number="PO-7"))
        order = book.order()
        assert (order.business, order.po_number, order.ship_country, order.status) == (
            True,
            "PO-7",
            "US",
            "Shipped",
        )
        assert order.marketplace is Marketplace.US
        assert order.placed_at == datetime(2026, 11, 10, 9, 15, tzinfo=UTC)

    def test_an_unknown_status_stays_as_it_came(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, order_status="Shipped - Lost in Transit", item_status="Rückläufer"))
        assert book.order().status == "Shipped - Lost in Transit"
        assert book.order().lines[0].units_shipped == 0

    def test_a_pending_order_has_no_price_yet(self, book: Book) -> None:
        book.all_orders(
            row(ALL_ORDERS, order_status="Pending", item_status="Unshipped", item_price="", currency="")
        )
        assert str(book.order().lines[0].paid_total.amount.quantize(Decimal("0.01"))) == "22.89"

    def test_columns_of_other_editions_are_known_by_their_names(self, book: Book) -> None:
        renamed = {
            "Order ID" if name == "amazon-order-id" else name: text for name, text in ALL_ORDERS.items()
        }
        renamed = {"Seller SKU" if name == "sku" else name: text for name, text in renamed.items()}
        assert book.all_orders(renamed).orders == 1

    def test_a_replacement_order_compensates_units_of_its_original(self, book: Book) -> None:
        again = row(
            ALL_ORDERS, amazon_order_id=OTHER, quantity="2", item_price="", original_order_id=ORDER_ID
        )
        book.all_orders(again, name="replacement.tsv")
        book.all_orders(ALL_ORDERS)
        original = book.order()
        assert original.replacement_orders == (OTHER,)
        (earlier,) = original.earlier
        assert (earlier.kind, earlier.units, earlier.reference) == (EarlierKind.REPLACEMENT, 2, OTHER)
        assert book.order(OTHER).replaces == ORDER_ID

    def test_a_replacement_that_was_cancelled_compensates_nothing(self, book: Book) -> None:
        again = row(
            ALL_ORDERS, amazon_order_id=OTHER, quantity="2", item_price="", original_order_id=ORDER_ID
        )
        book.all_orders(ALL_ORDERS, again)
        cancelled = row(again, item_status="Cancelled", last_updated_date="2026-11-14T09:15:00+00:00")
        book.all_orders(cancelled, name="later.tsv")
        assert sum(earlier.units for earlier in book.order().earlier) == 0

    def test_a_replacement_over_two_lines_of_a_sku_fills_one_after_the_other(self, book: Book) -> None:
        second = row(ALL_ORDERS, quantity="3", item_price="60.00")
        again = row(
            ALL_ORDERS, amazon_order_id=OTHER, quantity="8", item_price="", original_order_id=ORDER_ID
        )
        book.all_orders(ALL_ORDERS, second, again)
        assert [(earlier.line, earlier.units) for earlier in book.order().earlier] == [(1, 6), (2, 2)]

    def test_a_later_report_ships_what_an_earlier_one_announced(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, item_status="Unshipped", last_updated_date="2026-11-11T00:00:00Z"))
        result = book.all_orders(ALL_ORDERS, name="later.tsv")
        assert (result.saved.changed, book.order().lines[0].units_shipped) == (1, 6)

    def test_an_older_report_does_not_undo_a_newer_one(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        older = row(ALL_ORDERS, item_status="Unshipped", last_updated_date="2026-11-11T00:00:00Z")
        book.all_orders(older, name="older.tsv")
        assert book.order().lines[0].units_shipped == 6


class TestTable:
    def test_the_mapping_says_which_column_is_what(self, book: Book) -> None:
        result = book.table(TABLE, row(TABLE, StockCode="21621", Quantity="1", Price="8.5"))
        assert str(result) == "imported 1 orders, 2 lines, 0 skipped"
        order = book.order("536488")
        assert (order.currency, order.ship_country, order.marketplace) == (
            "GBP",
            "United Kingdom",
            Marketplace.UK,
        )
        assert [str(line.paid_total) for line in order.lines] == ["34.00 GBP", "8.50 GBP"]
        assert order.placed_at == datetime(2010, 12, 1, 12, 31, tzinfo=UTC)
        assert book.store.find_by_key(Key.BUYER, ["17897"]) == {"536488": 1}

    def test_local_times_are_in_their_zone(self, book: Book) -> None:
        book.table(row(TABLE, InvoiceDate="2011-07-01 12:00:00"))
        assert book.order("536488").placed_at == datetime(2011, 7, 1, 11, tzinfo=UTC)

    def test_every_name_of_the_contract_is_read(self, book: Book) -> None:
        mapping = """\
order_id: No
placed_at: {column: Placed, format: "%d/%m/%Y %H:%M"}
sku: SKU
units: Pcs
line_price: Total
asin: ASIN
marketplace: {const: amazon.de}
po_number: PO
recipient_name: Name
email: Mail
phone: Phone
address: Street
postcode: Zip
city: City
state: State
tracking: Parcel
shipped_units: Sent
delivered_at: Delivered
channel: Channel
"""
        cells = {
            "No": "A-1", "Placed": "03/11/2026 10:00", "SKU": "X", "Pcs": "4", "Total": "10", "ASIN": "b0lampbr01",
            "PO": "PO-9", "Name": "Ines Falkenrath", "Mail": "ines@example.test", "Phone": "1", "Street": "Weg 1",
            "Zip": "34117", "City": "Kassel", "State": "HE", "Parcel": "1Z 77", "Sent": "3",
            "Delivered": "2026-11-20", "Channel": "merchant",
        }  # fmt: skip
        nothing_sent = {**cells, "SKU": "Y", "Sent": "0", "Channel": ""}
        book.table(cells, nothing_sent, mapping=mapping)
        order = book.order("A-1")
        line = order.lines[0]
        assert (order.placed_at, order.currency, order.po_number) == (
            datetime(2026, 11, 3, 10, tzinfo=UTC),
            "EUR",
            "PO-9",
        )
        assert (line.asin, line.units_shipped, line.delivered_on) == ("B0LAMPBR01", 3, date(2026, 11, 20))
        assert order.lines[1].units_shipped == 0
        assert book.store.find_by_key(Key.TRACKING, ["1z77"]) == {"A-1": 1}
        assert book.store.find_by_person(PersonKey.EMAIL, ["ines@example.test"]) == {"A-1": 1}
        recipient = book.store.recipient(OrderId("A-1"))
        assert recipient is not None
        assert (recipient.name, recipient.city) == ("Ines Falkenrath", "Kassel")

    def test_personal_data_past_their_day_are_not_stored(self, book: Book) -> None:
        mapping = MAPPING + "recipient_name: Name\n"
        book.table({**TABLE, "Name": "Ines Falkenrath"}, mapping=mapping)
        assert book.store.recipient(OrderId("536488")) is None
        assert book.store.find_by_person(PersonKey.NAME, ["ines"]) == {}

    def test_parquet_is_a_table_too(self, book: Book) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        columns = {
            "Invoice": ["536488", "536488", None],
            "StockCode": ["22960", "21621", "1"],
            "Description": [None, "BUNTING", "x"],
            "Quantity": [8, 1, 1],
            "InvoiceDate": [datetime(2010, 12, 1, 12, 31, tzinfo=UTC).replace(tzinfo=None)] * 3,
            "Price": [4.25, 8.5, 1.0],
            "Customer ID": [17897.0, 17897.0, float("nan")],
            "Country": ["United Kingdom"] * 3,
            "Note": [Decimal("1.50"), None, None],
            "Raw": [b"\xff", b"a", None],
        }
        path, map_file = book.folder / "shop.parquet", book.folder / "map.yaml"
        parquet.write_table(pa.table(columns), path)
        map_file.write_text(MAPPING + "address: Raw\nstate: Note\n", encoding="utf-8")
        assert str(book.put(path, map_file=map_file)) == "imported 1 orders, 2 lines, 1 skipped"
        assert [line.title for line in book.order("536488").lines] == ["22960", "BUNTING"]
        assert book.store.find_by_key(Key.BUYER, ["17897"]) == {"536488": 1}

    def test_a_damaged_parquet_file_is_refused(self, book: Book) -> None:
        path, map_file = book.folder / "shop.parquet", book.folder / "map.yaml"
        path.write_bytes(b"PAR1 and nothing else")
        map_file.write_text(MAPPING, encoding="utf-8")
        with pytest.raises(ImportRefused, match=r"shop\.parquet"):
            book.put(path, map_file=map_file)

    @pytest.mark.parametrize(
        ("mapping", "says"),
        [
            ("", "the file is empty"),
            ("- sku", "write one name: column on each line"),
            ("order_id: [", r"map\.yaml"),
            ("colour: X\n" + MAPPING, "colour is not one of our names"),
            (MAPPING.replace("order_id: Invoice\n", ""), "lacks order_id"),
            (MAPPING.replace("unit_price: Price\n", ""), "lacks unit_price or line_price"),
            (MAPPING.replace("Invoice\n", "{const: 1}\n"), "order_id must be a column"),
            (MAPPING.replace("StockCode", "{column: A, const: B}"), "sku must be a column"),
            (MAPPING.replace("StockCode", "{column: A, format: B}"), "sku must be a column"),
            (MAPPING.replace("Europe/London", "Europe/Atlantis"), "Europe/Atlantis is not a time zone"),
            (MAPPING.replace("Price\n", "Cost\n"), "lacks the column Cost"),
        ],
    )
    def test_errors_of_the_mapping_file(self, book: Book, mapping: str, says: str) -> None:
        with pytest.raises(ImportRefused, match=says):
            book.table(TABLE, mapping=mapping)
        assert book.store.order(OrderId("536488")) is None

    def test_a_missing_mapping_file_is_refused(self, book: Book) -> None:
        path = written(book.folder / "shop.csv", [TABLE])
        with pytest.raises(ImportRefused, match=r"nowhere\.yaml cannot be read"):
            book.put(path, map_file=book.folder / "nowhere.yaml")
        with pytest.raises(ImportRefused, match="needs a mapping file"):
            book.put(path, format="table")

    def test_column_names_may_differ_in_case(self, book: Book) -> None:
        assert book.table({name.upper(): text for name, text in TABLE.items()}).orders == 1

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"Price": ""}, "row_no_price"),
            ({"Price": "dear"}, "row_price"),
            ({"Quantity": "-3"}, "row_units"),
            ({"Quantity": "1.5"}, "row_units"),
            ({"Quantity": "0"}, "row_units"),
            ({"Quantity": ""}, "row_units"),
            ({"StockCode": ""}, "row_no_sku"),
            ({"Invoice": ""}, "row_no_order"),
            ({"Invoice": "9" * 41}, "row_long_order"),
            ({"InvoiceDate": "12/11/2010"}, "row_time"),
        ],
    )
    def test_rows_that_are_no_order_line_are_skipped(
        self, book: Book, cells: dict[str, str], code: str
    ) -> None:
        good = row(TABLE, StockCode="GOOD")
        result = book.table(good, {**TABLE, **cells})
        assert (result.lines, result.skipped) == (1, 1)
        assert book.reasons == [(3, code)]

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [("currency", "Pounds", "row_currency"), ("channel", "boat", "row_channel")],
    )
    def test_constants_are_checked_too(self, book: Book, name: str, value: str, code: str) -> None:
        old = "GBP" if name == "currency" else "FBM"
        book.table(TABLE, mapping=MAPPING.replace(old, value))
        assert book.reasons == [(2, code)]


class TestBadFiles:
    def test_an_empty_file(self, book: Book) -> None:
        path = book.folder / "all.tsv"
        for content in (b"", b"\r\n \r\n", b"\xef\xbb\xbf"):
            path.write_bytes(content)
            with pytest.raises(ImportRefused, match=r"all\.tsv is empty"):
                book.put(path)

    def test_a_file_that_is_not_there(self, book: Book) -> None:
        with pytest.raises(ImportRefused, match=r"none\.tsv cannot be read"):
            book.put(book.folder / "none.tsv")
        with pytest.raises(ImportRefused, match="cannot be read"):
            book.put(book.folder)

    def test_a_header_alone_is_an_empty_import(self, book: Book) -> None:
        path = book.folder / "all.tsv"
        path.write_text("\t".join(ALL_ORDERS), encoding="utf-8")
        assert str(book.put(path)) == "imported 0 orders, 0 lines, 0 skipped"

    def test_a_truncated_file_loses_its_last_row_only(self, book: Book) -> None:
        path = written(book.folder / "all.tsv", [ALL_ORDERS, row(ALL_ORDERS, sku="LAMP-CU")])
        path.write_bytes(path.read_bytes()[:-120])
        assert book.put(path).lines == 1
        assert book.reasons == [(3, "row_too_short")]

    def test_a_row_with_too_many_cells_is_skipped(self, book: Book) -> None:
        path = written(book.folder / "all.tsv", [ALL_ORDERS])
        cells = path.read_text(encoding="utf-8").split("\n")[1].strip("\r\n")
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{cells}\tmore\n{cells.replace('LAMP-BR', 'LAMP-CU')}\t\n")
        assert book.put(path).lines == 2
        assert book.reasons == [(3, "row_too_long")]

    @pytest.mark.parametrize(
        ("encoding", "city"),
        [
            ("utf-8", "Köln"),
            ("utf-8-sig", "Köln"),
            ("cp1252", "Köln"),
            ("cp932", "金沢市"),
            ("utf-16", "金沢市"),
        ],
    )
    def test_encodings(self, book: Book, encoding: str, city: str) -> None:
        title = "ランプ 真鍮 デスク用" if encoding in {"cp932", "utf-16"} else "Tischlampe für Büro – Ø 20 cm"
        book.table(row(TABLE, Description=title, Country=city), encoding=encoding)
        order = book.order("536488")
        assert (order.lines[0].title, order.ship_country) == (title, city)

    def test_a_changed_header_says_what_is_missing_and_what_is_there(self, book: Book) -> None:
        without = {name: text for name, text in ALL_ORDERS.items() if name != "quantity"}
        with pytest.raises(ImportRefused, match="lacks the column quantity") as refused:
            book.all_orders(without)
        assert "item-price" in refused.value.problem.params["known"]
        assert refused.value.problem.params["unknown"] == "merchant-order-id"
        assert book.store.order(ORDER_ID) is None

    def test_an_unknown_table_is_refused_with_its_columns(self, book: Book) -> None:
        with pytest.raises(ImportRefused, match="none of the known formats") as refused:
            book.put(written(book.folder / "some.csv", [{"a": "1", "b": "2"}]))
        assert "The nearest is -: recognised columns -; not recognised a, b." in str(refused.value)

    def test_a_report_in_another_language_says_what_was_recognised(self, book: Book) -> None:
        names = {"amazon-order-id": "Bestellnummer", "purchase-date": "Kaufdatum", "quantity": "Anzahl",
                 "product-name": "Produktname", "item-price": "Preis", "order-status": "Status",
                 "sales-channel": "Kanal"}  # fmt: skip
        with pytest.raises(ImportRefused, match="The nearest is all-orders") as refused:
            book.all_orders({names.get(name, name): text for name, text in ALL_ORDERS.items()})
        assert {"sku", "asin", "currency"} <= set(refused.value.problem.params["known"].split(", "))
        assert "Bestellnummer, merchant-order-id, Kaufdatum" in refused.value.problem.params["unknown"]
        assert not book.store.product_titles()

    def test_an_unknown_format_name_is_refused(self, book: Book) -> None:
        with pytest.raises(ImportRefused, match="ebay is not a known format"):
            book.all_orders(ALL_ORDERS, format="ebay")

    def test_the_same_row_twice_counts_once(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS, ALL_ORDERS)
        assert len(book.order().lines) == 1
        assert book.reasons == [(3, "row_repeated")]

    def test_an_order_in_two_currencies_is_not_taken(self, book: Book) -> None:
        good = row(ALL_ORDERS, amazon_order_id=OTHER)
        result = book.all_orders(ALL_ORDERS, row(ALL_ORDERS, sku="LAMP-CU", currency="EUR"), good)
        assert (result.orders, result.skipped) == (1, 2)
        assert [code for _, code in book.reasons] == ["row_mixed_currencies"] * 2

    def test_an_amount_that_is_no_money_is_skipped(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, item_price="9" * 18), row(ALL_ORDERS, sku="GOOD"))
        assert book.reasons == [(2, "row_wrong")]

    @pytest.mark.parametrize("price", ["9999999999999999", "99999999999999999999"])
    def test_a_price_that_is_no_money_is_skipped_in_a_table(self, book: Book, price: str) -> None:
        book.table(row(TABLE, Price=price, Quantity="999999999"))
        assert book.reasons == [(2, "row_wrong")]

    def test_a_negative_tax_is_skipped(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, item_tax="-0.50"), row(ALL_ORDERS, sku="B", item_tax="-0.00"))
        assert [(one.line, str(one)) for one in book.skipped] == [(2, "item_tax cannot be -0.50 USD")]
        assert set(paid(book)) == {"item", "shipping", "shipping_tax"}

    def test_what_is_no_currency_is_skipped(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, currency="EURO"))
        assert book.reasons == [(2, "row_currency")]

    def test_an_order_of_bad_lines_only_is_not_there(self, book: Book) -> None:
        assert book.all_orders(row(ALL_ORDERS, item_price="9" * 18)).orders == 0
        assert book.store.order(ORDER_ID) is None

    def test_formulas_and_markup_are_text(self, book: Book) -> None:
        title = '=HYPERLINK("http://x.test","<script>alert(1)</script>")'
        book.table(row(TABLE, Description=title, StockCode="+1"))
        line = book.order("536488").lines[0]
        assert (line.title, line.sku) == (title, "+1")

    def test_control_characters_leave_the_title(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, product_name="Lamp\x00\x07  brass" + "x" * 600))
        title = book.order().lines[0].title
        assert title.startswith("Lamp brassx")
        assert len(title) == 500

    def test_quotes_in_a_tab_separated_file_belong_to_the_text(self, book: Book) -> None:
        book.all_orders(
            row(ALL_ORDERS, product_name='Shelf 12" wide'),
            row(ALL_ORDERS, sku="Q", product_name='"12"" wide"'),
        )
        assert [line.title for line in book.order().lines] == ['Shelf 12" wide', '12" wide']

    def test_a_line_break_in_a_quoted_cell_is_one_row(self, book: Book) -> None:
        book.table(row(TABLE, Description="JAM\nSET"), row(TABLE, StockCode="B", Quantity="x"))
        assert book.order("536488").lines[0].title == "JAM SET"
        assert book.skipped[0].why.code == "row_units"

    @pytest.mark.parametrize("name", ["shop.csv", "shop.tsv"])
    def test_a_cell_beyond_all_measure_is_refused_before_anything_is_imported(
        self, book: Book, name: str
    ) -> None:
        many = [row(TABLE, Invoice=str(number)) for number in range(600)]
        with pytest.raises(ImportRefused, match="line 602"):
            book.table(*many, row(TABLE, Description="x" * 1_100_000), name=name)
        assert book.store.order(OrderId("1")) is None

    def test_a_negative_price_becomes_a_promotion(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, item_price="-5.00"))
        assert (paid(book)["item"], paid(book)["promotion"]) == ("0.00", "-5.00")


class TestAgain:
    def test_importing_twice_changes_nothing(self, book: Book) -> None:
        rows = [
            ALL_ORDERS,
            row(ALL_ORDERS, sku="B"),
            row(ALL_ORDERS, amazon_order_id=OTHER, original_order_id=ORDER_ID),
        ]
        book.all_orders(*rows)
        before = [book.order(), book.order(OTHER)]
        saved = book.all_orders(*rows).saved
        assert (saved.added, saved.changed, saved.unchanged) == (0, 0, 2)
        assert [book.order(), book.order(OTHER)] == before

    def test_an_import_that_broke_off_is_finished_by_the_next(self, book: Book) -> None:
        rows = [row(ALL_ORDERS, amazon_order_id=f"204-0000000-{number:07}") for number in range(1200)]

        class PowerCutError(Exception):
            pass

        def cut(done: int, total: int) -> None:
            raise PowerCutError

        path = written(book.folder / "all.tsv", rows * 2)
        with pytest.raises(PowerCutError):
            book.put(path, on_progress=cut)
        result = book.put(path)
        assert (result.orders, result.skipped) == (1200, 1200)
        assert all(
            len(order.lines) == 1
            for order in book.store.orders([OrderId(one["amazon-order-id"]) for one in rows]).values()
        )

    def test_progress_counts_rows(self, book: Book) -> None:
        told: list[tuple[int, int]] = []
        rows = [row(ALL_ORDERS, amazon_order_id=f"204-0000000-{number:07}") for number in range(2500)]
        book.all_orders(*rows, on_progress=lambda done, total: told.append((done, total)))
        assert told == [(2000, 2500), (2500, 2500)]

    def test_the_sample_orders_load_twice(self, book: Book) -> None:
        first = load_samples(book.store, at=NOW)
        again = load_samples(book.store, at=NOW)
        assert first.orders >= 60
        assert (again.saved.added, again.saved.changed) == (0, 0)


def _many(count: int) -> list[dict[str, str]]:
    return [
        row(
            ALL_ORDERS,
            amazon_order_id=f"204-0000000-{number:07}",
            sku=f"S{number % 7}",
            quantity=str(number % 5),
        )
        for number in range(count)
    ]


class TestReadingAhead:
    """A second process reads while this one writes."""

    @pytest.mark.parametrize("form", ["all.tsv", "shop.csv", "shop.parquet", "orders.jsonl"])
    def test_it_changes_nothing_but_the_time(self, book: Book, tmp_path: Path, form: str) -> None:
        options: dict[str, Any] = {}
        path = tmp_path / form
        if form == "all.tsv":
            written(path, _many(2500))
        elif form == "orders.jsonl":
            path.write_text(json.dumps(API_ORDER), encoding="utf-8")
        else:
            rows = [row(TABLE, Invoice=str(number), Quantity=str(number % 3)) for number in range(1200)]
            options["map_file"] = tmp_path / "map.yaml"
            options["map_file"].write_text(MAPPING, encoding="utf-8")
            written(tmp_path / "shop.csv", rows)
            if form == "shop.parquet":
                pd.DataFrame(rows).to_parquet(path)
        told: list[list[tuple[int, int]]] = [[], []]
        results, skipped = [], []
        with open_store(f"sqlite:///{tmp_path / 'other.db'}") as store:
            for place, one in enumerate((book, Book(store, tmp_path))):
                results.append(
                    one.put(
                        path,
                        ahead=place == 1,
                        on_progress=lambda done, total, to=told[place]: to.append((done, total)),
                        **options,
                    )
                )
                skipped.append(one.skipped)
            known = [OrderId(f"204-0000000-{number:07}") for number in range(2500)]
            known += [OrderId(str(number)) for number in range(1200)] + [ORDER_ID]
            assert book.store.orders(known) == store.orders(known) != {}
        assert results[0] == results[1]
        assert skipped[0] == skipped[1]
        assert told[0] == told[1] != []

    def test_a_file_that_cannot_be_read_is_refused_as_ever(self, book: Book) -> None:
        path = written(book.folder / "all.tsv", [*_many(10), row(ALL_ORDERS, sku="x" * 1_100_000)])
        with pytest.raises(ImportRefused, match="line 12"):
            book.put(path, ahead=True)
        assert book.store.order(OrderId("204-0000000-0000001")) is None

    def test_a_reader_that_dies_is_told_and_the_next_import_finishes(self, book: Book) -> None:
        path = written(book.folder / "all.tsv", _many(14_000))

        def kill(done: int, total: int) -> None:
            for child in multiprocessing.active_children():
                child.kill()

        with pytest.raises(ImportRefused, match="stopped in the middle"):
            book.put(path, ahead=True, on_progress=kill)
        assert book.put(path).orders == 14_000 * 4 // 5
        assert multiprocessing.active_children() == []

    def test_a_reader_that_dies_in_the_middle_of_an_item_is_told(self) -> None:
        items = read_ahead(map, bytes, [3, 50_000_000])  # a pipe holds far less than the second one
        assert next(items) == b"\0\0\0"
        (reader,) = multiprocessing.active_children()
        time.sleep(0.3)  # it is writing by now, and cannot go on
        reader.kill()
        with pytest.raises(ReadingAheadError, match="exit code -9"):
            next(items)

    def test_the_process_ends_when_nobody_wants_more(self) -> None:
        items = read_ahead(range, 10**9)
        assert [next(items), next(items)] == [0, 1]
        items.close()
        assert multiprocessing.active_children() == []

    def test_what_goes_wrong_there_is_raised_here(self) -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            list(read_ahead(map, int, ["1", "x"]))


class TestWhatIsKept:
    """Lines are written as JSON at once: it must be what the order itself would be written as."""

    def kept(self, book: Book) -> list[str]:
        with sqlite3.connect(book.folder / "desk.db") as database:
            return [data for (data,) in database.execute("SELECT data FROM orders")]

    def test_it_reads_as_the_same_order(self, book: Book) -> None:
        load_samples(book.store, at=NOW)
        rows = [
            row(ALL_ORDERS, sku='a"b\\c', product_name="\u96ea \U0001f600 </script>", asin="b0lampbr01"),
            row(ALL_ORDERS, sku="G", item_status="Cancelled", item_promotion_discount="3"),
            row(ALL_ORDERS, sku="P", number_of_items="10", delivered_date="2026-11-12", item_price="7"),
            row(ALL_ORDERS, sku="N", item_price="-1.005", item_promotion_discount="-2", order_item_id="77"),
            row(
                ALL_ORDERS,
                amazon_order_id="J",
                sales_channel="Amazon.co.jp",
                currency="JPY",
                item_price="1200",
            ),
            row(ALL_ORDERS, amazon_order_id="Q", is_business_order="true", purchase_order_number='"1"'),
            row(ALL_ORDERS, amazon_order_id="R", original_order_id="Q", latest_delivery_date="2026-12-01"),
            row(ALL_ORDERS, amazon_order_id="T", purchase_date="2026-11-10T09:15:00.5+01:00", asin="no asin"),
        ]
        book.all_orders(*rows)
        book.table(TABLE, row(TABLE, Invoice="2", Price="1,234.5", Country="\u65e5\u672c"))
        kept = self.kept(book)
        assert len(kept) > 60
        for data in kept:
            assert Order.model_validate_json(data).model_dump_json(exclude_defaults=True) == data

    @given(
        st.fixed_dictionaries(
            {
                "sku": st.text(max_size=8),
                "product_name": st.text(max_size=12),
                "asin": st.sampled_from(["", "B0ABCDEF12", "b0abcdef12", "x"]),
                "quantity": st.sampled_from(["1", "12", "0", "-1", "3.0"]),
                "quantity_shipped": st.sampled_from(["", "0", "2", "99"]),
                "item_status": st.sampled_from(["", "Shipped", "Cancelled"]),
                "order_status": st.sampled_from(["Shipped", "Pending", "Unshipped"]),
                "item_price": st.sampled_from(["", "0", "12.00", "-3.5", "1.005", "1e5", "12,50", "-0.00"]),
                "item_tax": st.sampled_from(["", "1.00", "-1.00", "0.001"]),
                "item_promotion_discount": st.sampled_from(["", "1.00", "-1.00", "0.00"]),
                "currency": st.sampled_from(["", "USD", "JPY", "usd", "EURO"]),
                "order_item_id": st.text("0123456789ab", max_size=5),
            }
        )
    )
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_the_cells_say(self, cells: dict[str, str]) -> None:
        one = row(ALL_ORDERS, **cells)
        sheet = Sheet("x", tuple(one), lambda: iter([]), lambda _place: iter([]))
        try:
            line = all_orders(sheet, the_policy().markets).read(2, list(one.values()))
        except RowRefused:
            return
        stored, skipped = order_from([line])
        assert skipped == []
        assert stored is not None
        order = Order.model_validate_json(stored.data)
        assert order.model_dump_json(exclude_defaults=True) == stored.data
        assert stored.units == units_by_sku(order)


class TestEarlierList:
    def listed(self, book: Book, text: str) -> list[str]:
        from playbook.orderbook.links import put_earlier

        path = book.folder / "earlier.yaml"
        path.write_text(text, encoding="utf-8")
        return [str(one) for one in put_earlier(book.store, path)]

    def test_refunds_reach_the_line(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        entry = f"- {{order_id: {ORDER_ID}, sku: lamp-br, kind: refund, units: 2, refunded: {{item: '40.00'}}, 'on': '2026-11-12'}}\n"
        assert self.listed(book, entry) == []
        (earlier,) = book.order().earlier
        assert (earlier.line, earlier.units, earlier.on) == (1, 2, date(2026, 11, 12))
        assert str(earlier.refunded[Component.ITEM]) == "40.00 USD"

    def test_entries_that_fit_nothing_are_told(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        text = f"- {{order_id: X, sku: A, kind: refund, units: 1}}\n- {{order_id: {ORDER_ID}, line: 4, kind: refund, units: 1}}\n"
        assert self.listed(book, text) == [
            "Order X is not in the order book.",
            f"Order {ORDER_ID} has no line with SKU line 4.",
        ]

    @pytest.mark.parametrize(
        "text", ["a: 1", "- 1", "[", f"- {{order_id: {ORDER_ID}, line: 1, kind: gift, units: 1}}"]
    )
    def test_a_wrong_list_is_refused(self, book: Book, text: str) -> None:
        book.all_orders(ALL_ORDERS)
        with pytest.raises(ImportRefused, match=r"earlier\.yaml"):
            self.listed(book, text)

    def test_a_missing_list_is_refused(self, book: Book) -> None:
        from playbook.orderbook.links import put_earlier

        with pytest.raises(ImportRefused):
            put_earlier(book.store, book.folder / "none.yaml")


class TestCells:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("12,5", "12.5"), ("1,234", "1234"),
            ("1.234.567", "1234567"), ("€ 12.00", "12.00"), ("￥1200", "1200"), ("EUR 3", "3"), ("-4", "-4"),
            ("1 234,56", "1234.56"), ("0,1234", "0.1234"),
        ],
    )  # fmt: skip
    def test_amounts(self, text: str, value: str) -> None:
        assert amount(text) == Decimal(value)

    @pytest.mark.parametrize("text", ["", " ", "nan", "None", "N/A"])
    def test_an_empty_cell_is_no_amount(self, text: str) -> None:
        assert amount(text) is None

    @pytest.mark.parametrize("text", ["free", "1-2", "=1+1", "1e5", "1" * 30])
    def test_what_is_no_amount(self, text: str) -> None:
        with pytest.raises(RowRefused):
            amount(text)

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-03T09:00:00+00:00", "2026-11-03T09:00:00Z", "2026-11-03 10:00:00+01:00",
            "03.11.2026 09:00", "03.11.2026 09:00:00", "2026/11/03 09:00", "2026/11/03 09:00:00",
        ],
    )  # fmt: skip
    def test_times(self, text: str) -> None:
        assert moment(text) == datetime(2026, 11, 3, 9, tzinfo=UTC)

    def test_days(self) -> None:
        assert moment("2026/11/03") == moment("03.11.2026") == datetime(2026, 11, 3, tzinfo=UTC)
        assert moment("2026-11-03", "Asia/Tokyo") == datetime(2026, 11, 2, 15, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["", "soon", "11/12/2026", "0001-01-01T00:00:00+14:00"])
    def test_what_is_no_time(self, text: str) -> None:
        with pytest.raises(RowRefused):
            moment(text)

    def test_units_identifiers_and_flags(self) -> None:
        assert units("12.0") == 12
        assert [number_text(text) for text in ("17850.0", "17850", "A.0", "nan")] == [
            "17850",
            "17850",
            "A.0",
            "",
        ]
        assert [flag(text) for text in ("Yes", "TRUE", "1", "no", "")] == [True, True, True, False, False]


def test_a_found_order_shows_its_replacement(book: Book) -> None:
    again = row(ALL_ORDERS, amazon_order_id=OTHER, quantity="2", item_price="", original_order_id=ORDER_ID)
    book.all_orders(ALL_ORDERS, again)
    found = find(Query(order_id=ORDER_ID), book.store, NOW + timedelta(hours=1))
    assert found.candidates[0].order.replacement_orders == (OTHER,)
