"""Answers of Amazon's Orders API as rows in the columns of the All-Orders report.

Reads v2026-01-01 (``searchOrders``, ``getOrder``) and v0 (``getOrders``, ``getOrder``, ``getOrderItems``,
``getOrderAddress``, ``getOrderBuyerInfo``), as one JSON document or one a line. In v0 the parts of an order
come in answers of their own and are put together by order number; its ``ItemPrice`` is a line total, while
``unitPrice`` of v2026 is the price of one unit. Only the totals of ``proceeds`` are used there when given.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from playbook.orderbook.refusals import ImportRefused
from playbook.orderbook.sheets import Row, Sheet

COLUMNS = (
    *("amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status"),
    *("fulfillment-channel", "sales-channel", "ship-service-level", "product-name", "sku", "asin"),
    *("item-status", "quantity", "number-of-items", "currency", "item-price", "item-tax", "shipping-price"),
    *("shipping-tax", "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount"),
    *("ship-promotion-discount", "is-business-order", "purchase-order-number", "is-prime", "order-item-id"),
    *("quantity-shipped", "latest-delivery-date", "original-order-id", "tracking-number", "buyer-email"),
    *("buyer-name", "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3", "ship-city"),
    *("ship-state", "ship-postal-code", "ship-country", "ship-phone-number"),
)

_PARTS_V0 = {"OrderItems", "ShippingAddress", "BuyerEmail", "BuyerName", "PurchaseOrderNumber"}


def open_api(path: Path) -> Sheet:
    """The orders in a file of API answers. ImportRefused when it holds none."""
    first = next(_rows(path), None)
    if first is None:
        raise ImportRefused("import_no_orders", file=path.name)

    return Sheet(path.name, COLUMNS, partial(_rows, path), partial(_column, path))


def _column(path: Path, place: int) -> Iterator[str]:
    return (cells[place] for _, cells in _rows(path))


def _rows(path: Path) -> Iterator[Row]:
    """Each order item as a row; the number counts rows, because JSON has no lines to speak of."""
    number = 1
    for order in _orders(path):
        for cells in _cells(order):
            number += 1
            yield number, tuple(cells.get(name, "") for name in COLUMNS)


def _cells(order: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if "orderId" in order:
        common = _order_2026(order)
        items = [_item_2026(item, order) for item in _list(order.get("orderItems"))]
    else:
        common = _order_v0(order)
        items = [_item_v0(item) for item in _list(order.get("OrderItems"))]
    for cells in items or [{}]:
        yield {**common, **cells}


def _orders(path: Path) -> Iterator[Mapping[str, Any]]:
    parts: dict[str, dict[str, Any]] = {}
    for document in _documents(path):
        for found in _found(document):
            if "orderId" in found:
                yield found
                continue
            known = parts.setdefault(str(found["AmazonOrderId"]), {})
            items = [*_list(known.get("OrderItems")), *_list(found.get("OrderItems"))]
            buyer = {**_map(known, "BuyerInfo"), **_map(found, "BuyerInfo")}
            buyer |= {
                name: found[name] for name in _PARTS_V0 & set(found) if name.startswith(("Buyer", "Purch"))
            }
            known.update(found)
            known |= {"OrderItems": items, "BuyerInfo": buyer}
            if "PurchaseDate" in known and items:
                yield parts.pop(str(found["AmazonOrderId"]))
    yield from parts.values()


def _found(document: Any) -> Iterator[Mapping[str, Any]]:
    """The orders, or parts of orders, in an answer: as they are, in a list, in an envelope."""
    if isinstance(document, list):
        for one in document:
            yield from _found(one)
    elif isinstance(document, dict):
        if "orderId" in document or "AmazonOrderId" in document:
            yield document
            return
        for name in ("payload", "order", "orders", "Orders"):
            yield from _found(document.get(name))


def _documents(path: Path) -> Iterator[Any]:
    """The JSON documents of a file: one a line when the first line is a whole one, else the file."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline()
            try:
                yield json.loads(first, parse_float=Decimal)
            except ValueError:
                yield json.loads(first + file.read(), parse_float=Decimal)
                return
            for line in file:
                if line.strip():
                    yield json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ImportRefused("import_unreadable", file=path.name, line=0, reason=str(error)[:200]) from None


def _list(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _map(value: Any, *path: str) -> Mapping[str, Any]:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: Mapping[str, Any], *path: str) -> str:
    found: Any = _map(value, *path[:-1]).get(path[-1])
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | Decimal) else ""


def _order_v0(order: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "amazon-order-id": "AmazonOrderId",
        "merchant-order-id": "SellerOrderId",
        "purchase-date": "PurchaseDate",
        "last-updated-date": "LastUpdateDate",
        "order-status": "OrderStatus",
        "fulfillment-channel": "FulfillmentChannel",
        "ship-service-level": "ShipServiceLevel",
        "is-business-order": "IsBusinessOrder",
        "is-prime": "IsPrime",
        "latest-delivery-date": "LatestDeliveryDate",
        "original-order-id": "ReplacedOrderId",
    }
    cells = {column: _text(order, name) for column, name in names.items()}
    buyer, address = _map(order, "BuyerInfo"), _map(order, "ShippingAddress")
    return cells | {
        "sales-channel": _text(order, "SalesChannel") or _text(order, "MarketplaceId"),
        "currency": _text(order, "OrderTotal", "CurrencyCode"),
        "purchase-order-number": _text(buyer, "PurchaseOrderNumber"),
        "buyer-email": _text(buyer, "BuyerEmail"),
        "buyer-name": _text(buyer, "BuyerName"),
        "recipient-name": _text(address, "Name"),
        "ship-address-1": _text(address, "AddressLine1"),
        "ship-address-2": _text(address, "AddressLine2"),
        "ship-address-3": _text(address, "AddressLine3"),
        "ship-city": _text(address, "City"),
        "ship-state": _text(address, "StateOrRegion"),
        "ship-postal-code": _text(address, "PostalCode"),
        "ship-country": _text(address, "CountryCode"),
        "ship-phone-number": _text(address, "Phone"),
    }


def _item_v0(item: Mapping[str, Any]) -> dict[str, str]:
    amounts = {
        "item-price": ("ItemPrice",),
        "item-tax": ("ItemTax",),
        "shipping-price": ("ShippingPrice",),
        "shipping-tax": ("ShippingTax",),
        "gift-wrap-price": ("BuyerInfo", "GiftWrapPrice"),
        "gift-wrap-tax": ("BuyerInfo", "GiftWrapTax"),
        "item-promotion-discount": ("PromotionDiscount",),
        "ship-promotion-discount": ("ShippingDiscount",),
    }
    cells = {column: _text(item, *path, "Amount") for column, path in amounts.items()}
    currency = _text(item, "ItemPrice", "CurrencyCode")
    return cells | {
        **({"currency": currency} if currency else {}),
        "order-item-id": _text(item, "OrderItemId"),
        "sku": _text(item, "SellerSKU"),
        "asin": _text(item, "ASIN"),
        "product-name": _text(item, "Title"),
        "quantity": _text(item, "QuantityOrdered"),
        "quantity-shipped": _text(item, "QuantityShipped"),
        "number-of-items": _text(item, "ProductInfo", "NumberOfItems"),
    }


def _order_2026(order: Mapping[str, Any]) -> dict[str, str]:
    programs = [str(one) for one in order.get("programs") or []]
    address = _map(order, "recipient", "deliveryAddress")
    aliases = {_text(one, "aliasType"): _text(one, "aliasId") for one in _list(order.get("orderAliases"))}
    originals = [
        _text(one, "orderId")
        for one in _list(order.get("associatedOrders"))
        if _text(one, "associationType").endswith("ORIGINAL_ID")
    ]
    return {
        "amazon-order-id": _text(order, "orderId"),
        "merchant-order-id": aliases.get("SELLER_ORDER_ID", ""),
        "purchase-date": _text(order, "createdTime"),
        "last-updated-date": _text(order, "lastUpdatedTime"),
        "order-status": _text(order, "fulfillment", "fulfillmentStatus"),
        "fulfillment-channel": _text(order, "fulfillment", "fulfilledBy"),
        "ship-service-level": _text(order, "fulfillment", "fulfillmentServiceLevel"),
        "latest-delivery-date": _text(order, "fulfillment", "deliverByWindow", "latestDateTime"),
        "sales-channel": _text(order, "salesChannel", "marketplaceId"),
        "is-prime": str("PRIME" in programs).lower(),
        "is-business-order": str("AMAZON_BUSINESS" in programs).lower(),
        "original-order-id": next(iter(originals), ""),
        "currency": _text(order, "proceeds", "grandTotal", "currencyCode"),
        "purchase-order-number": _text(order, "buyer", "buyerPurchaseOrderNumber"),
        "buyer-email": _text(order, "buyer", "buyerEmail"),
        "buyer-name": _text(order, "buyer", "buyerName"),
        "recipient-name": _text(address, "name"),
        "ship-address-1": _text(address, "addressLine1"),
        "ship-address-2": _text(address, "addressLine2"),
        "ship-address-3": _text(address, "addressLine3"),
        "ship-city": _text(address, "city"),
        "ship-state": _text(address, "stateOrRegion"),
        "ship-postal-code": _text(address, "postalCode"),
        "ship-country": _text(address, "countryCode"),
        "ship-phone-number": _text(address, "phone"),
    }


def _item_2026(item: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, str]:
    item_id = _text(item, "orderItemId")
    parcels = [
        _text(parcel, "trackingNumber")
        for parcel in _list(order.get("packages"))
        if item_id in {_text(inside, "orderItemId") for inside in _list(parcel.get("packageItems"))}
    ]
    currency = _text(item, "product", "price", "unitPrice", "currencyCode")
    cancelled = _map(item, "cancellation", "cancellationExecution")
    return {
        **({"currency": currency} if currency else {}),
        **_proceeds(item),
        "order-item-id": item_id,
        "sku": _text(item, "product", "sellerSku"),
        "asin": _text(item, "product", "asin"),
        "product-name": _text(item, "product", "title"),
        "quantity": _text(item, "quantityOrdered"),
        "quantity-shipped": _text(item, "fulfillment", "quantityFulfilled"),
        "item-status": "Cancelled" if cancelled else "",
        "tracking-number": next((code for code in parcels if code), ""),
    }


_PROCEEDS = {
    "ITEM": "item-price",
    "TAX": "item-tax",
    "SHIPPING": "shipping-price",
    "GIFT_WRAP": "gift-wrap-price",
    "DISCOUNT": "item-promotion-discount",
}
_OF_TAX = {"SHIPPING": "shipping-tax", "GIFT_WRAP": "gift-wrap-tax"}


def _proceeds(item: Mapping[str, Any]) -> dict[str, str]:
    """Totals of a line by column; the tax on shipping and gift wrap is told apart where it is itemised."""
    totals: dict[str, Decimal] = {}

    def add(column: str, value: Decimal) -> None:
        totals[column] = totals.get(column, Decimal(0)) + value

    for part in _list(_map(item, "proceeds").get("breakdowns")):
        kind, value = _text(part, "type"), _decimal(_text(part, "subtotal", "amount"))
        if value is None or kind not in _PROCEEDS:
            continue
        for detail in _list(part.get("detailedBreakdowns")):
            some = _decimal(_text(detail, "value", "amount"))
            of = _text(detail, "subtype")
            if some is not None and kind == "TAX" and of in _OF_TAX:
                add(_OF_TAX[of], some)
                value -= some
            elif some is not None and kind == "DISCOUNT" and of == "SHIPPING":
                add("ship-promotion-discount", some)
                value -= some
        add(_PROCEEDS[kind], value)
    unit = _decimal(_text(item, "product", "price", "unitPrice", "amount"))
    units = _text(item, "quantityOrdered")
    if "item-price" not in totals and unit is not None and units.isdigit():
        totals["item-price"] = unit * int(units)
    return {column: f"{value:f}" for column, value in totals.items()}


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def looks_like_json(head: bytes) -> bool:
    """Whether a file that begins so is JSON."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def recognises(columns: Sequence[str]) -> bool:
    """Whether these are the columns that this module makes."""
    return tuple(columns) == COLUMNS
