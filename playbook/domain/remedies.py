"""What is done about claimed units: the kinds of remedy and the remedy an agent chose."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from playbook.domain.base import Value
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Channel, amounts_total


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


class Remedy(Value):
    """A chosen remedy for *units* of one claim item.

    ``value`` is the full price of those units, ``refund`` what is granted of it (both by
    component); ``share`` is the percentage granted. ``rule`` is the id of the policy row.
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

    @property
    def shape(self) -> Shape:
        return SHAPES[self.kind]

    @property
    def refund_total(self) -> Money:
        return amounts_total(self.refund, self.currency)

    @property
    def value_total(self) -> Money:
        return amounts_total(self.value, self.currency)
