"""The other reports of Amazon, and the answers of its Orders API."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from playbook.domain.ids import Marketplace, OrderId
from playbook.domain.ledgers import claimable_units, unit_ledger
from playbook.domain.orders import Channel, Component, EarlierKind, Order
from playbook.orderbook import ImportRefused, ImportResult, Query, find
from playbook.orderbook.afterwards import refund_parts
from playbook.store import Key, PersonKey, Recipient, open_store
from tests.builders import NOW, ORDER_ID, a_line, a_locked_case, amounts, money
from tests.reports import ALL_ORDERS, Book, row, written

NEW_ORDER = {
    "order-id": str(ORDER_ID),
    "order-item-id": "11111111111111",
    "purchase-date": "2026-11-10T10:50:49-08:00",
    "payments-date": "2026-11-10T10:55:49-08:00",
    "buyer-email": "k7x@marketplace.amazon.com",
    "buyer-name": "Bo Buyer",
    "buyer-phone-number": "1",
    "sku": "LAMP-BR",
    "product-name": "Desk lamp, brass",
    "quantity-purchased": "6",
    "currency": "USD",
    "item-price": "120.00",
    "item-tax": "9.90",
    "shipping-price": "12.00",
    "shipping-tax": "0.99",
    "ship-service-level": "Standard",
    "recipient-name": "Ines Falkenrath",
    "ship-address-1": "Weg 1",
    "ship-address-2": "",
    "ship-address-3": "Floor 2",
    "ship-city": "Boise",
    "ship-state": "ID",
    "ship-postal-code": "83702",
    "ship-country": "US",
    "ship-phone-number": "2",
}
UNSHIPPED = {
    **{
        name: text
        for name, text in NEW_ORDER.items()
        if not name.startswith(("item-", "shipping-", "currency"))
    },
    "reporting-date": "2026-11-13T00:00:00Z",
    "promise-date": "2026-11-14T00:00:00Z",
    "days-past-promise": "0",
    "quantity-shipped": "2",
    "quantity-to-ship": "4",
    "is-business-order": "true",
    "purchase-order-number": "PO-7",
    "is-prime": "true",
}
MFN_RETURN = {
    "Order ID": str(ORDER_ID),
    "Order date": "10-Nov-2026",
    "Return request date": "16-Nov-2026",
    "Return request status": "Approved",
    "Amazon RMA ID": "D0000001RRMA",
    "Merchant RMA ID": " ",
    "Tracking ID": "1Z999",
    "Currency code": "USD",
    "ASIN": "B0LAMPBR01",
    "Merchant SKU": "LAMP-BR",
    "Return quantity": "2",
    "Return Reason": "CR-DEFECTIVE",
    "Refunded Amount": "",
}
FBA_RETURN = {
    "return-date": "2026-11-16T07:32:45+00:00",
    "order-id": str(ORDER_ID),
    "sku": "LAMP-BR",
    "asin": "B0LAMPBR01",
    "fnsku": "X1",
    "product-name": "Desk lamp",
    "quantity": "1",
    "detailed-disposition": "SELLABLE",
    "reason": "DEFECTIVE",
    "license-plate-number": "LPN1",
}
FBA_REPLACEMENT = {
    "shipment-date": "2026-11-16T07:32:45+00:00",
    "sku": "LAMP-BR",
    "asin": "B0LAMPBR01",
    "quantity": "2",
    "replacement-reason-code": "1",
    "replacement-amazon-order-id": "204-9999999-9999999",
    "original-amazon-order-id": str(ORDER_ID),
}
REIMBURSEMENT = {
    "approval-date": "2026-11-16T07:32:45+00:00",
    "reimbursement-id": "99",
    "case-id": "",
    "amazon-order-id": str(ORDER_ID),
    "reason": "CustomerReturn",
    "sku": "LAMP-BR",
    "asin": "B0LAMPBR01",
    "currency-unit": "USD",
    "amount-total": "20.00",
    "quantity-reimbursed-total": "1",
}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_store(f"sqlite:///{tmp_path / 'desk.db'}") as store:
        yield Book(store, tmp_path)


def put(book: Book, *rows: dict[str, str], name: str = "report.tsv", **options: Any) -> ImportResult:
    return book.put(written(book.folder / name, rows), **options)


def happened(order: Order) -> list[tuple[str, int, int, str]]:
    return [(str(one.kind), one.line, one.units, one.reference) for one in order.earlier]


class TestRecipients:
    def test_new_orders_bring_the_recipient(self, book: Book) -> None:
        assert put(book, NEW_ORDER).saved.added == 1
        order = book.order()
        line = order.lines[0]
        assert (line.units_ordered, line.units_shipped, line.order_item_id) == (6, 0, "11111111111111")
        assert str(line.paid_total) == "142.89 USD"
        assert book.store.recipient(ORDER_ID) == Recipient(
            "Ines Falkenrath",
            "k7x@marketplace.amazon.com",
            "2",
            "Weg 1, Floor 2",
            "83702",
            "Boise",
            "ID",
            "Bo Buyer",
        )
        for name in ("Ines Falkenrath", "Bo Buyer"):
            assert [c.order.order_id for c in find(Query(name=name), book.store, NOW).candidates] == [
                ORDER_ID
            ]

    def test_a_later_all_orders_report_leaves_the_name(self, book: Book) -> None:
        put(book, NEW_ORDER)
        book.all_orders(ALL_ORDERS)
        recipient = book.store.recipient(ORDER_ID)
        assert recipient is not None
        assert recipient.name == "Ines Falkenrath"

    def test_unshipped_orders_bring_units_and_persons_but_no_prices(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, item_status="Unshipped"))
        result = put(book, UNSHIPPED)
        assert (result.saved.changed, result.skipped) == (1, 0)
        order = book.order()
        assert (order.lines[0].units_shipped, order.lines[0].channel) == (2, Channel.SFP)
        assert (str(order.lines[0].paid_total), order.po_number, order.business) == (
            "142.89 USD",
            "PO-7",
            True,
        )
        assert order.latest_delivery_on is None

    def test_prices_come_when_the_unshipped_report_was_first(self, book: Book) -> None:
        put(book, UNSHIPPED)
        assert str(book.order().lines[0].paid_total) == "0.00 USD"
        book.all_orders(ALL_ORDERS)
        assert str(book.order().lines[0].paid_total) == "142.89 USD"

    def test_a_wrong_guess_of_the_currency_gives_way_to_the_prices(self, book: Book) -> None:
        put(book, row(UNSHIPPED, ship_country="DE"))
        book.all_orders(ALL_ORDERS)
        assert book.order().currency == "USD"
        put(book, row(UNSHIPPED, ship_country="DE"), name="again.tsv")
        assert str(book.order().lines[0].paid_total) == "142.89 USD"

    def test_personal_keys_go_with_the_vault(self, book: Book) -> None:
        put(book, NEW_ORDER)
        assert book.store.find_by_person(PersonKey.NAME, ["falkenrath"]) == {ORDER_ID: 1}
        book.store.purge(NOW.date() + timedelta(days=60))
        assert book.store.find_by_person(PersonKey.NAME, ["falkenrath"]) == {}
        assert find(Query(name="Ines Falkenrath"), book.store, NOW).verdict == "none"


class TestReturns:
    def test_a_return_is_seen_but_pays_nothing(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        result = put(book, MFN_RETURN)
        assert str(result) == "imported 1 orders, 1 lines, 0 skipped"
        assert happened(book.order()) == [("return", 1, 2, "D0000001RRMA")]
        assert book.order().earlier[0].on == date(2026, 11, 16)
        case = a_locked_case(book.order())
        assert claimable_units(book.order().lines[0], case) == 6

    def test_a_refund_reaches_both_ledgers(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        put(book, {**MFN_RETURN, "Refunded Amount": "43.30"})
        refund = book.order().earlier[1]
        assert (refund.kind, refund.units) == (EarlierKind.REFUND, 2)
        assert refund.refunded == amounts("USD", item="40.00", item_tax="3.30")
        (units,) = unit_ledger(a_locked_case(book.order()))
        assert (units.elsewhere, units.untouched) == (2, 4)

    def test_again_changes_nothing_and_later_reports_replace(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        put(book, MFN_RETURN)
        assert put(book, MFN_RETURN).saved.unchanged == 1
        put(book, {**MFN_RETURN, "Return quantity": "3", "Refunded Amount": "60"}, name="later.tsv")
        assert happened(book.order()) == [
            ("return", 1, 3, "D0000001RRMA"),
            ("refund", 1, 3, "D0000001RRMA"),
        ]
        put(book, {**MFN_RETURN, "Return request status": "Denied"}, name="denied.tsv")
        assert {units for _, _, units, _ in happened(book.order())} == {0}

    def test_the_return_leads_to_its_order(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        put(book, MFN_RETURN)
        assert book.store.find_by_key(Key.RMA, ["d0000001rrma"]) == {ORDER_ID: 1}
        found = find(Query(text="my return D0000001RRMA"), book.store, NOW)
        assert found.candidates[0].evidence[0].why == "return request d0000001rrma"

    def test_one_rma_over_two_products(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS, row(ALL_ORDERS, sku="LAMP-CU", asin="B0LAMPCU01"))
        put(
            book, MFN_RETURN, {**MFN_RETURN, "Merchant SKU": "", "ASIN": "B0LAMPCU01", "Return quantity": "1"}
        )
        assert happened(book.order()) == [("return", 1, 2, "D0000001RRMA"), ("return", 2, 1, "D0000001RRMA")]

    def test_units_go_over_the_lines_of_a_product_and_never_beyond(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS, row(ALL_ORDERS, quantity="2", item_price="40.00"))
        put(book, {**MFN_RETURN, "Return quantity": "50", "Refunded Amount": "80"})
        order = book.order()
        assert [(one.line, one.units) for one in order.earlier if one.kind is EarlierKind.RETURN] == [
            (1, 6),
            (2, 2),
        ]
        refunded = sum(m.amount for one in order.earlier for m in one.refunded.values())
        assert refunded == 80

    def test_the_item_id_decides_between_lines(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, order_item_id="1"), row(ALL_ORDERS, order_item_id="2"))
        put(book, {**MFN_RETURN, "Order Item ID": "2"})
        assert happened(book.order()) == [("return", 2, 2, "D0000001RRMA")]

    def test_other_editions_of_the_header(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        renamed = {
            ("Seller RMA ID" if name == "Merchant RMA ID" else name): text
            for name, text in MFN_RETURN.items()
        }
        put(book, {**renamed, "Amazon RMA ID": "", "Seller RMA ID": "M-9"})
        assert happened(book.order()) == [("return", 1, 2, "M-9")]

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"Order ID": ""}, "row_no_order"),
            ({"Order ID": "204-0000000-0000000"}, "row_unknown_order"),
            ({"Merchant SKU": "X", "ASIN": ""}, "row_unknown_sku"),
            ({"Return quantity": "0"}, "row_units"),
            ({"Return request date": "soon"}, "row_time"),
            ({"Refunded Amount": "5", "Currency code": "EUR"}, "row_mixed_currencies"),
        ],
    )
    def test_rows_that_say_nothing_about_an_order(self, book: Book, cells: dict[str, str], code: str) -> None:
        book.all_orders(ALL_ORDERS)
        assert put(book, {**MFN_RETURN, **cells}).skipped == 1
        assert book.reasons == [(2, code)]
        assert book.order().earlier == ()

    def test_the_same_row_twice_counts_once(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        put(book, MFN_RETURN, MFN_RETURN)
        assert book.reasons == [(3, "row_repeated")]
        assert happened(book.order()) == [("return", 1, 2, "D0000001RRMA")]

    def test_a_report_without_its_columns_is_refused(self, book: Book) -> None:
        without = {name: text for name, text in MFN_RETURN.items() if name != "Return quantity"}
        with pytest.raises(ImportRefused, match="lacks the column return-quantity"):
            put(book, without)

    def test_fba_returns_have_one_row_per_unit(self, book: Book) -> None:
        book.all_orders(row(ALL_ORDERS, fulfillment_channel="Amazon"))
        put(book, FBA_RETURN, row(FBA_RETURN, license_plate_number="LPN2"), FBA_RETURN, name="returns.csv")
        assert happened(book.order()) == [("return", 1, 1, "LPN1"), ("return", 1, 1, "LPN2")]
        assert book.reasons == [(4, "row_repeated")]

    def test_fba_rows_without_a_plate_are_units_of_their_own(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        rows = [row(FBA_RETURN, license_plate_number="")] * 3
        put(book, *rows)
        put(book, *rows)
        assert [units for _, _, units, _ in happened(book.order())] == [3]

    def test_fba_replacements_compensate(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        put(book, FBA_REPLACEMENT)
        assert happened(book.order()) == [("replacement", 1, 2, "204-9999999-9999999")]
        assert book.order().replacement_orders == ("204-9999999-9999999",)
        assert claimable_units(book.order().lines[0], a_locked_case(book.order())) == 4

    def test_a_replacement_in_two_reports_counts_once(self, book: Book) -> None:
        again = row(
            ALL_ORDERS,
            amazon_order_id="204-9999999-9999999",
            quantity="2",
            item_price="",
            original_order_id=ORDER_ID,
        )
        book.all_orders(ALL_ORDERS, again)
        put(book, FBA_REPLACEMENT)
        assert happened(book.order()) == [("replacement", 1, 2, "204-9999999-9999999")]

    def test_reimbursements_pay_the_seller(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        put(book, REIMBURSEMENT, row(REIMBURSEMENT, amazon_order_id="", reimbursement_id="98"))
        assert happened(book.order()) == [("reimbursement", 1, 1, "99")]
        assert book.reasons == [(3, "row_no_order")]
        assert claimable_units(book.order().lines[0], a_locked_case(book.order())) == 6


XML = """<?xml version="1.0"?>
<AmazonEnvelope><Message><return_details>
<item_details><item_name>Lamp &amp; more</item_name><asin>B0LAMPBR01</asin><merchant_sku>LAMP-BR</merchant_sku>
<return_quantity>1</return_quantity><refund_amount>20.00</refund_amount></item_details>
<item_details><item_name>Lamp &amp; more</item_name><asin>B0LAMPBR01</asin><merchant_sku>LAMP-BR</merchant_sku>
<return_quantity>1</return_quantity><refund_amount>20.00</refund_amount></item_details>
<order_id>{order}</order_id><amazon_rma_id>D2RRMA</amazon_rma_id>
<return_request_date>2026-11-12T12:44:17Z</return_request_date></return_details></Message></AmazonEnvelope>
"""


class TestXml:
    def test_equal_items_are_units_of_their_own(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        path = book.folder / "returns.xml"
        path.write_text(XML.format(order=ORDER_ID), encoding="utf-8")
        for _ in range(2):
            assert str(book.put(path)) == "imported 1 orders, 2 lines, 0 skipped"
            assert happened(book.order()) == [("return", 1, 2, "D2RRMA"), ("refund", 1, 2, "D2RRMA")]

    @pytest.mark.parametrize(
        "text",
        ["<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XML[:300]],
    )
    def test_xml_that_is_broken_or_defines_entities_is_refused(self, book: Book, text: str) -> None:
        path = book.folder / "returns.xml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ImportRefused, match=r"returns\.xml, line"):
            book.put(path)


def usd(amount: str) -> dict[str, str]:
    return {"CurrencyCode": "USD", "Amount": amount}


V0_ORDER: dict[str, Any] = {
    "AmazonOrderId": str(ORDER_ID),
    "SellerOrderId": "SO-1",
    "PurchaseDate": "2026-11-10T14:22:33Z",
    "LastUpdateDate": "2026-11-12T12:10:00Z",
    "OrderStatus": "PartiallyShipped",
    "FulfillmentChannel": "MFN",
    "SalesChannel": "Amazon.com",
    "OrderTotal": usd("142.89"),
    "IsBusinessOrder": True,
    "IsPrime": False,
    "ShippingAddress": {
        "Name": "Ines Falkenrath",
        "City": "Boise",
        "PostalCode": "83702",
        "CountryCode": "US",
    },
}
V0_ITEM: dict[str, Any] = {
    "ASIN": "B0LAMPBR01",
    "SellerSKU": "LAMP-BR",
    "OrderItemId": "147645420374961",
    "Title": "Desk lamp, pack of 4",
    "QuantityOrdered": 6,
    "QuantityShipped": 2,
    "ProductInfo": {"NumberOfItems": "4"},
    "ItemPrice": usd("120.00"),
    "ItemTax": usd("9.90"),
    "ShippingPrice": usd("12.00"),
    "ShippingTax": usd("0.99"),
    "PromotionDiscount": usd("5.00"),
}


def money_2026(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


V2026: dict[str, Any] = {
    "orderId": str(ORDER_ID),
    "orderAliases": [{"aliasId": "SO-1", "aliasType": "SELLER_ORDER_ID"}],
    "createdTime": "2026-11-10T14:22:33Z",
    "lastUpdatedTime": "2026-11-12T12:10:00Z",
    "programs": ["PRIME", "AMAZON_BUSINESS"],
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "ATVPDKIKX0DER"},
    "buyer": {"buyerEmail": "k7x@marketplace.amazon.com", "buyerPurchaseOrderNumber": "PO-7"},
    "recipient": {"deliveryAddress": {"name": "Ines Falkenrath", "postalCode": "83702", "countryCode": "US"}},
    "fulfillment": {
        "fulfillmentStatus": "PARTIALLY_SHIPPED",
        "fulfilledBy": "MERCHANT",
        "deliverByWindow": {"latestDateTime": "2026-11-20T23:59:59Z"},
    },
    "associatedOrders": [],
    "packages": [{"trackingNumber": "1Z999", "packageItems": [{"orderItemId": "1", "quantity": 2}]}],
    "orderItems": [
        {
            "orderItemId": "1",
            "quantityOrdered": 6,
            "product": {
                "asin": "B0LAMPBR01",
                "title": "Desk lamp",
                "sellerSku": "LAMP-BR",
                "price": {"unitPrice": money_2026("20.00")},
            },
            "proceeds": {
                "breakdowns": [
                    {"type": "ITEM", "subtotal": money_2026("120.00")},
                    {"type": "SHIPPING", "subtotal": money_2026("12.00")},
                    {
                        "type": "TAX",
                        "subtotal": money_2026("10.89"),
                        "detailedBreakdowns": [
                            {"subtype": "ITEM", "value": money_2026("9.90")},
                            {"subtype": "SHIPPING", "value": money_2026("0.99")},
                        ],
                    },
                    {
                        "type": "DISCOUNT",
                        "subtotal": money_2026("-6.00"),
                        "detailedBreakdowns": [{"subtype": "SHIPPING", "value": money_2026("-1.00")}],
                    },
                    {"type": "OTHER", "subtotal": money_2026("1.00")},
                ]
            },
            "fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 4},
        },
        {
            "orderItemId": "2",
            "quantityOrdered": 3,
            "product": {"sellerSku": "LAMP-CU", "price": {"unitPrice": money_2026("7.50")}},
            "cancellation": {"cancellationExecution": {"cancelledBy": "SELLER"}},
        },
        {
            "orderItemId": "3",
            "quantityOrdered": 3,
            "product": {"sellerSku": "LAMP-AG", "price": {"unitPrice": money_2026("7.50")}},
        },
    ],
}


class TestApi:
    def api(self, book: Book, *documents: Any, indent: int | None = None, **options: Any) -> ImportResult:
        path = book.folder / "orders.json"
        path.write_text("\n".join(json.dumps(one, indent=indent) for one in documents), encoding="utf-8")
        return book.put(path, **options)

    def test_v0_prices_are_line_totals_and_packs_are_units(self, book: Book) -> None:
        result = self.api(
            book, {"payload": {**V0_ORDER, "OrderItems": [V0_ITEM]}}, indent=1, format="orders-api"
        )
        assert str(result) == "imported 1 orders, 1 lines, 0 skipped"
        order = book.order()
        line = order.lines[0]
        assert (line.units_ordered, line.units_shipped, line.pieces_per_unit) == (6, 2, 4)
        assert (str(line.paid[Component.ITEM]), str(line.paid[Component.PROMOTION])) == (
            "120.00 USD",
            "-5.00 USD",
        )
        assert (order.business, order.status, order.marketplace) == (True, "PartiallyShipped", Marketplace.US)

    @pytest.mark.parametrize("items_first", [True, False])
    def test_v0_parts_of_an_order_are_put_together(self, book: Book, items_first: bool) -> None:
        without = {name: value for name, value in V0_ORDER.items() if name != "ShippingAddress"}
        parts = [
            {"payload": {"AmazonOrderId": str(ORDER_ID), "BuyerName": "Bo", "PurchaseOrderNumber": "PO-7"}},
            {"payload": {"AmazonOrderId": str(ORDER_ID), "ShippingAddress": V0_ORDER["ShippingAddress"]}},
            {"payload": {"AmazonOrderId": str(ORDER_ID), "OrderItems": [V0_ITEM]}},
            {"payload": {"Orders": [without]}},
        ]
        self.api(book, *(parts if items_first else parts[::-1]))
        assert book.order().lines[0].sku == "LAMP-BR"
        if items_first:
            assert book.order().po_number == "PO-7"
            assert book.store.find_by_person(PersonKey.POSTCODE, ["83702"]) == {ORDER_ID: 1}

    def test_an_order_without_items_is_listed(self, book: Book) -> None:
        assert self.api(book, {"payload": V0_ORDER}).skipped == 1
        assert book.reasons == [(2, "row_no_sku")]

    def test_v2026_totals_come_from_the_proceeds(self, book: Book) -> None:
        result = self.api(book, {"orders": [V2026]})
        assert str(result) == "imported 1 orders, 3 lines, 0 skipped"
        order = book.order()
        first, cancelled, third = order.lines
        assert first.paid == amounts(
            "USD", item="120.00", item_tax="9.90", shipping="12.00", shipping_tax="0.99",
            promotion="-5.00", shipping_promotion="-1.00",
        )  # fmt: skip
        assert (first.units_shipped, first.channel) == (2, Channel.SFP)
        assert (cancelled.units_live, str(cancelled.paid_total)) == (0, "0.00 USD")
        assert str(third.paid_total) == "22.50 USD"
        assert (order.business, order.po_number, order.latest_delivery_on) == (
            True,
            "PO-7",
            date(2026, 11, 20),
        )
        assert book.store.find_by_key(Key.TRACKING, ["1z999"]) == {ORDER_ID: 1}

    def test_v2026_replacements_are_linked(self, book: Book) -> None:
        book.all_orders(ALL_ORDERS)
        other = {
            **V2026,
            "orderId": "204-9999999-9999999",
            "orderItems": [{**V2026["orderItems"][0], "quantityOrdered": 2}],
            "associatedOrders": [{"orderId": str(ORDER_ID), "associationType": "REPLACEMENT_ORIGINAL_ID"}],
        }
        self.api(book, {"order": other})
        assert happened(book.order()) == [("replacement", 1, 2, "204-9999999-9999999")]

    @pytest.mark.parametrize("text", ["{", "[1]", "{}", '{"errors": []}', "[" * 100_000])
    def test_what_holds_no_orders_is_refused(self, book: Book, text: str) -> None:
        path = book.folder / "orders.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ImportRefused, match=r"orders\.json"):
            book.put(path)


class TestRefundParts:
    LINE = a_line(paid=amounts(item="100.00", item_tax="20.00", shipping="6.00", promotion="-10.00"))

    @pytest.mark.parametrize(
        ("amount", "parts"),
        [
            ("11.00", {"item": "9.00", "item_tax": "2.00"}),
            ("110.00", {"item": "90.00", "item_tax": "20.00"}),
            ("113.00", {"item": "90.00", "item_tax": "20.00", "shipping": "3.00"}),
            ("120.00", {"item": "94.00", "item_tax": "20.00", "shipping": "6.00"}),
        ],
    )
    def test_a_sum_splits_over_what_was_paid(self, amount: str, parts: dict[str, str]) -> None:
        assert refund_parts(self.LINE, money(amount)) == amounts(**parts)

    def test_a_line_that_cost_nothing(self) -> None:
        assert refund_parts(a_line(paid="0.00"), money("5.00")) == amounts(item="5.00")


@pytest.mark.shared
class TestRealFiles:
    def test_every_sample_is_recognised(self, book: Book, shared: Path) -> None:
        folder = shared / "amazon_formats"
        assert book.put(folder / "all_orders_sample.tsv").orders > 0
        assert book.put(folder / "orders_new_mfn.tsv").orders > 0
        for name in ("mfn_returns_sample.tsv", "mfn_returns_sample.xml", "fba_customer_returns_sample.csv"):
            result = book.put(folder / name)
            assert result.skipped > 0
            assert {code for _, code in book.reasons} == {"row_unknown_order"}

    def test_the_sandbox_answers_of_the_orders_api(self, book: Book, shared: Path) -> None:
        model = json.loads(
            (shared / "spapi_sandbox/models/orders_2026-01-01.json").read_text(encoding="utf-8")
        )
        found = 0
        for path in model["paths"].values():
            for example in path["get"]["responses"]["200"]["x-amzn-api-sandbox"]["static"]:
                file = book.folder / "answer.json"
                file.write_text(json.dumps(example["response"]), encoding="utf-8")
                found += book.put(file).orders
                assert book.reasons == []
        assert found >= 2
        assert book.store.order(OrderId("171-9876543-2109876")) is not None
