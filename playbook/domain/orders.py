"""An order as the agent sees it: lines with units, components of the price, and what happened before.

Amounts are line totals, never unit prices: Amazon's reports give line totals, and dividing them
loses cents.
"""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from playbook.domain.base import Value
from playbook.domain.ids import Asin, Marketplace, OrderId, OrderItemId, Sku
from playbook.domain.money import Money, total


class Channel(StrEnum):
    """Who ships and who decides after the sale: the seller, Amazon, or the seller under Prime."""

    FBM = "FBM"
    FBA = "FBA"
    SFP = "SFP"


class FactKind(StrEnum):
    """What an agent may know better than the order book, and state for a case."""

    DELIVERED_ON = "delivered_on"
    CHANNEL = "channel"
    CATEGORY = "category"
    IN_STOCK = "in_stock"
    MARKETPLACE = "marketplace"
    BUSINESS = "business"
    EVENT_ON = "event_on"


ORDER_FACTS = frozenset({FactKind.MARKETPLACE, FactKind.BUSINESS, FactKind.EVENT_ON})
"""Facts about the whole order; the others are about lines of it."""


class Component(StrEnum):
    """Parts of the price of one line. Promotions are stored as negative amounts."""

    ITEM = "item"
    ITEM_TAX = "item_tax"
    SHIPPING = "shipping"
    SHIPPING_TAX = "shipping_tax"
    GIFT_WRAP = "gift_wrap"
    GIFT_WRAP_TAX = "gift_wrap_tax"
    PROMOTION = "promotion"
    SHIPPING_PROMOTION = "shipping_promotion"


SHIPPING_COMPONENTS = frozenset({Component.SHIPPING, Component.SHIPPING_TAX, Component.SHIPPING_PROMOTION})
PROMOTIONS = frozenset({Component.PROMOTION, Component.SHIPPING_PROMOTION})

Amounts = dict[Component, Money]
"""Money by component; a missing component is zero."""


def amounts_total(amounts: Amounts, currency: str) -> Money:
    """The sum over all components."""
    return total(list(amounts.values()), currency)


class EarlierKind(StrEnum):
    """What the order book, or another case, already did about units of a line."""

    REFUND = "refund"
    RETURN = "return"
    REPLACEMENT = "replacement"
    REIMBURSEMENT = "reimbursement"
    OTHER_CASE = "other_case"


class Earlier(Value):
    """Compensation that exists before this case decides: it consumes units and money of a line.

    ``value`` is the full price of the units it consumed, ``refunded`` the money that was paid; a
    replacement consumes value and refunds nothing. Where the value is not known, the ledgers take the
    units' share of what was paid. ``cancelled`` of the units never left the house.
    """

    kind: EarlierKind
    line: int
    units: int = Field(ge=0)
    value: Amounts = Field(default_factory=dict)
    refunded: Amounts = Field(default_factory=dict)
    cancelled: int = Field(default=0, ge=0)
    reference: str = ""
    on: date | None = None


class OrderLine(Value):
    """One line of an order. ``line`` counts from 1 within the order.

    ``units_ordered`` counts what Amazon counts: a pack sold under one ASIN is one unit
    (``pieces_per_unit`` says how many pieces it holds). ``category`` is one that return windows name.
    ``paid`` are line totals by component, of the units that were not cancelled; promotions are never
    positive, everything else never negative.
    """

    line: int = Field(ge=1)
    sku: Sku
    title: str
    units_ordered: int = Field(ge=1)
    units_shipped: int = Field(ge=0)
    units_cancelled: int = Field(default=0, ge=0)
    channel: Channel
    paid: Amounts
    asin: Asin | None = None
    order_item_id: OrderItemId | None = None
    pieces_per_unit: int = Field(default=1, ge=1)
    delivered_on: date | None = None
    category: str = ""

    @model_validator(mode="after")
    def _units_fit(self) -> Self:
        if self.units_shipped + self.units_cancelled > self.units_ordered:
            raise ValueError(f"line {self.line}: more units shipped and cancelled than ordered")
        return self

    @model_validator(mode="after")
    def _signs_fit(self) -> Self:
        for component, money in self.paid.items():
            if (money.amount > 0) if component in PROMOTIONS else (money.amount < 0):
                raise ValueError(f"line {self.line}: {component} cannot be {money}")
        return self

    @property
    def units_live(self) -> int:
        """Units that were ordered and not cancelled: those the buyer paid for."""
        return self.units_ordered - self.units_cancelled

    @property
    def units_unshipped(self) -> int:
        """Units that are still to be shipped."""
        return self.units_live - self.units_shipped

    @property
    def currency(self) -> str:
        return self.paid[Component.ITEM].currency

    @property
    def paid_total(self) -> Money:
        return amounts_total(self.paid, self.currency)

    @property
    def unit_price(self) -> Money:
        """What one unit cost the buyer without shipping, rounded: for display, never for refunds."""
        goods = [money for component, money in self.paid.items() if component not in SHIPPING_COMPONENTS]
        units = self.units_live or self.units_ordered
        return Money.rounded(total(goods, self.currency).amount / units, self.currency)


class Order(Value):
    """An order with all its lines, as it stood when it was read (``read_at``)."""

    order_id: OrderId
    marketplace: Marketplace
    currency: str
    placed_at: AwareDatetime
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    business: bool = False
    po_number: str | None = None
    ship_country: str | None = None
    status: str = ""
    latest_delivery_on: date | None = None
    replaces: OrderId | None = None
    replacement_orders: tuple[OrderId, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    read_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        numbers = [line.line for line in self.lines]
        if len(set(numbers)) != len(numbers):
            raise ValueError(f"order {self.order_id}: a line number appears twice")
        for line in self.lines:
            if Component.ITEM not in line.paid:
                raise ValueError(f"order {self.order_id}, line {line.line}: no item price")
            wrong = {money.currency for money in line.paid.values()} - {self.currency}
            if wrong:
                raise ValueError(
                    f"order {self.order_id}, line {line.line}: {wrong.pop()} in a {self.currency} order"
                )
        unknown = {earlier.line for earlier in self.earlier} - set(numbers)
        if unknown:
            raise ValueError(f"order {self.order_id}: earlier remedy on unknown line {unknown.pop()}")
        return self

    def line(self, number: int) -> OrderLine | None:
        """The line with that number, or None."""
        if 0 < number <= len(self.lines) and self.lines[number - 1].line == number:
            return self.lines[number - 1]
        return next((line for line in self.lines if line.line == number), None)

    @property
    def channels(self) -> frozenset[Channel]:
        return frozenset(line.channel for line in self.lines)
