"""What is done about claimed units: the kinds of remedy and the remedy an agent chose."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from playbook.domain.base import Value
from playbook.domain.money import Money, total
from playbook.domain.orders import SHIPPING_COMPONENTS, Amounts, Channel, amounts_total


class RemedyKind(StrEnum):
    """The twelve remedies; `SHAPES` says what each moves."""

    REPLACEMENT = "replacement"
    RESEND_MISSING = "resend_missing"
    SEND_PART = "send_part"
    EXCHANGE = "exchange"
    REFUND_FULL = "refund_full"
    REFUND_PARTIAL = "refund_partial"
    RETURN_REFUND = "return_refund"
    RETURNLESS_REFUND = "returnless_refund"
    CANCEL_UNSHIPPED = "cancel_unshipped"
    TRACE_SHIPMENT = "trace_shipment"
    REDIRECT_TO_AMAZON = "redirect_to_amazon"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Shape:
    """What comes back, what goes out, what is paid."""

    comes_back: Literal["nothing", "goods"]
    goes_out: Literal["nothing", "goods", "part"]
    paid: Literal["nothing", "share", "all"]

    @property
    def compensates(self) -> bool:
        """Whether the units count as compensated: they can never be compensated again."""
        return self.goes_out != "nothing" or self.paid != "nothing"


SHAPES: dict[RemedyKind, Shape] = {
    RemedyKind.REPLACEMENT: Shape("nothing", "goods", "nothing"),
    RemedyKind.RESEND_MISSING: Shape("nothing", "goods", "nothing"),
    RemedyKind.SEND_PART: Shape("nothing", "part", "nothing"),
    RemedyKind.EXCHANGE: Shape("goods", "goods", "nothing"),
    RemedyKind.REFUND_FULL: Shape("nothing", "nothing", "all"),
    RemedyKind.REFUND_PARTIAL: Shape("nothing", "nothing", "share"),
    RemedyKind.RETURN_REFUND: Shape("goods", "nothing", "all"),
    RemedyKind.RETURNLESS_REFUND: Shape("nothing", "nothing", "all"),
    RemedyKind.CANCEL_UNSHIPPED: Shape("nothing", "nothing", "all"),
    RemedyKind.TRACE_SHIPMENT: Shape("nothing", "nothing", "nothing"),
    RemedyKind.REDIRECT_TO_AMAZON: Shape("nothing", "nothing", "nothing"),
    RemedyKind.DECLINE: Shape("nothing", "nothing", "nothing"),
}


class RejectionReason(StrEnum):
    """Why units that came back are not taken back at their full price: what the buyer answers for."""

    LATE = "late"
    USED = "used"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    OPENED = "opened"


def granted(kind: RemedyKind, value: Amounts, refund: Amounts, currency: str) -> Money:
    """What a remedy grants in money: the refund, or the price of the goods that are sent again."""
    if SHAPES[kind].paid != "nothing":
        return amounts_total(refund, currency)
    return amounts_total(value if SHAPES[kind].goes_out == "goods" else {}, currency)


class Remedy(Value):
    """A chosen remedy for *units* of one claim item.

    ``value`` is the full price of those units, ``refund`` what is granted of it (both by
    component); ``share`` is the percentage granted. ``rule`` is the id of the policy row,
    ``overrides`` the codes of the reasons against it that somebody entitled set aside.

    Of the units that have to come back, ``accepted`` and ``rejected`` ones arrived. Units that arrive
    become a remedy of their own (``split_from`` names the one they were part of), so that what is still
    awaited stays open. Of the price of rejected units ``kept_back`` percent are not refunded, under
    ``fee_rule``.
    """

    remedy: str
    item: str
    line: int = Field(ge=1)
    units: int = Field(ge=1)
    kind: RemedyKind
    channel: Channel
    currency: str
    share: Decimal = Field(default=Decimal(0), ge=0, le=100)
    value: Amounts = Field(default_factory=dict)
    refund: Amounts = Field(default_factory=dict)
    rule: str
    overrides: str = ""
    chosen_at: AwareDatetime
    chosen_by: str
    accepted: int = Field(default=0, ge=0)
    rejected: int = Field(default=0, ge=0)
    rejected_for: RejectionReason | None = None
    kept_back: Decimal = Field(default=Decimal(0), ge=0, le=100)
    fee_rule: str = ""
    split_from: str = ""

    @model_validator(mode="after")
    def _received_fits(self) -> Self:
        if self.received > self.units:
            raise ValueError(f"{self.remedy}: {self.received} of {self.units} units came back")
        return self

    @property
    def shape(self) -> Shape:
        return SHAPES[self.kind]

    @property
    def received(self) -> int:
        """Units that came back, in whatever state."""
        return self.accepted + self.rejected

    @property
    def awaited(self) -> int:
        """Units that still have to come back."""
        return self.units - self.received if self.shape.comes_back == "goods" else 0

    @property
    def units_used(self) -> int:
        """Ordered units that can never be compensated again.

        None when nothing is paid or sent, for goods that were never ordered (they have no value), and
        when only shipping is refunded.
        """
        has_goods = any(component not in SHIPPING_COMPONENTS for component in self.value)
        return self.units if self.shape.compensates and has_goods else 0

    @property
    def granted(self) -> Money:
        return granted(self.kind, self.value, self.refund, self.currency)

    @property
    def refund_total(self) -> Money:
        return amounts_total(self.refund, self.currency)

    @property
    def value_total(self) -> Money:
        return amounts_total(self.value, self.currency)

    @property
    def withheld(self) -> Money:
        """What of the price of rejected units is not refunded; goods that come back are refunded in full."""
        zero = Money.zero(self.currency)
        if not self.rejected or not self.kept_back:
            return zero
        goods = {c: money for c, money in self.value.items() if c not in SHIPPING_COMPONENTS}
        return total([money - self.refund.get(c, zero) for c, money in goods.items()], self.currency)
