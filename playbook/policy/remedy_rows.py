"""The rows of the remedy table: columns, and what follows when they hold."""

from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from playbook.domain.base import Value
from playbook.domain.claims import Evidence, Party, ProblemType
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import SHAPES, RemedyKind
from playbook.policy.base import Amount, AmountName, Flag, Row, RowId, Text, Whole, reading_of


class IntRange(Value):
    """Whole numbers from ``min`` to ``max``, both inclusive; either may be left out."""

    min: Whole | None = None
    max: Whole | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a range needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"the range is empty: min {self.min} is above max {self.max}")
        return self

    def __contains__(self, number: int) -> bool:
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


class AmountRange(Value):
    """Money above one named amount (exclusive) and up to another (inclusive); either may be left out."""

    over: AmountName | None = None
    up_to: AmountName | None = None

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        if self.over is None and self.up_to is None:
            raise ValueError("a range of amounts needs over, up_to or both")
        amounts = reading_of(info).amounts
        if self.over is not None and self.up_to is not None and amounts:
            low, high = amounts[self.over], amounts[self.up_to]
            if any(low[currency] >= high[currency] for currency in low.keys() & high.keys()):
                raise ValueError(f"the range is empty: {self.over} is not below {self.up_to}")
        return self


class RemedyWhen(Value):
    """The columns of the remedy table. A column that is left out holds for everything.

    ``evidence``: at least one of these is there. ``claim_value`` is the price of the claimed units,
    ``unit_value`` of one unit. A fact that is unknown never satisfies a column.
    """

    issue: tuple[ProblemType, ...] = Field(min_length=1)
    business: Flag | None = None
    shipped: Flag | None = None
    units: IntRange | None = None
    unit_value: AmountRange | None = None
    claim_value: AmountRange | None = None
    days_since_delivery: IntRange | None = None
    evidence: tuple[Evidence, ...] | None = Field(default=None, min_length=1)
    earlier_remedy: Flag | None = None
    in_stock: Flag | None = None
    in_window: Flag | None = None

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The columns about circumstances that the row looks at."""
        names = (name for name in type(self).model_fields if name != "issue")
        return tuple(name for name in names if getattr(self, name) is not None)


class Share(Value):
    """Percent of the price that may be granted, and the percentage that is proposed."""

    min: Amount
    max: Amount
    default: Amount

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not Decimal(0) <= self.min <= self.default <= self.max <= Decimal(100):
            raise ValueError("a share needs 0 <= min <= default <= max <= 100")
        return self


class PromiseSpec(Value):
    """A promise that the remedy carries. It starts now, or when the deadline ``after`` has run."""

    kind: PromiseKind
    deadline: RowId
    after: RowId | None = None


class Costs(Value):
    """What the remedy costs us beside the refund: new goods, sending them, a return label."""

    goods: Flag = False
    outbound: Flag = False
    label: Flag = False


class Outcome(StrEnum):
    """What a rule says: the agent may, a lead may, nobody may."""

    ALLOWED = "allowed"
    NEEDS_LEAD = "needs_lead"
    REFUSED = "refused"


class RefundReason(StrEnum):
    """Amazon's reason codes, in Amazon's spelling: 18 of the order adjustment feed (facts 3.3).

    ``BuyerCanceled`` belongs to cancellations alone; no refund file takes it.
    """

    NO_INVENTORY = "NoInventory"
    CUSTOMER_RETURN = "CustomerReturn"
    GENERAL_ADJUSTMENT = "GeneralAdjustment"
    COULD_NOT_SHIP = "CouldNotShip"
    DIFFERENT_ITEM = "DifferentItem"
    ABANDONED = "Abandoned"
    CUSTOMER_CANCEL = "CustomerCancel"
    PRICE_ERROR = "PriceError"
    PRODUCT_OUT_OF_STOCK = "ProductOutofStock"
    ADDRESS_INCORRECT = "CustomerAddressIncorrect"
    EXCHANGE = "Exchange"
    OTHER = "Other"
    CARRIER_CREDIT = "CarrierCreditDecision"
    RISK_NOT_VALID = "RiskAssessmentInformationNotValid"
    CARRIER_COVERAGE = "CarrierCoverageFailure"
    TRANSACTION_RECORD = "TransactionRecord"
    UNDELIVERABLE = "Undeliverable"
    REFUSED_DELIVERY = "RefusedDelivery"
    BUYER_CANCELED = "BuyerCanceled"

    @property
    def is_refund(self) -> bool:
        """Whether the refund file takes it."""
        return self is not RefundReason.BUYER_CANCELED


class RemedyThen(Value):
    """What a remedy row offers, or refuses.

    Lower ``rank`` is preferred and decides between two rows of the same remedy. ``procedure`` are the
    agent's steps; ``instead`` is the way out of a refusal. ``shipping``: whether the refund includes a
    share of the outbound shipping.
    """

    remedy: RemedyKind
    outcome: Outcome
    rank: Annotated[int, Field(strict=True, ge=1, le=999)]
    owner: Literal["agent", "warehouse", "lead", "amazon", "buyer"]
    why: Text
    procedure: tuple[Text, ...] = ()
    buyer_does: Text | None = None
    instead: Text | None = None
    share: Share | None = None
    shipping: Literal["included", "excluded"] = "excluded"
    return_label: Literal["none", "seller", "buyer", "amazon"] = "none"
    promises: tuple[PromiseSpec, ...] = ()
    buyer_sees: RowId | None = None
    evidence_needed: tuple[Evidence, ...] = ()
    reason_code: RefundReason | None = None
    party: Party = Party.UNKNOWN
    risk: Text | None = None
    costs: Costs = Costs()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        shape = SHAPES[self.remedy]
        if (
            self.remedy is RemedyKind.REFUND_PARTIAL
            and self.outcome is not Outcome.REFUSED
            and self.share is None
        ):
            raise ValueError("refund_partial needs a share")
        if self.share is not None and shape.paid == "nothing":
            raise ValueError(f"{self.remedy} pays nothing and cannot have a share")
        if self.outcome is Outcome.REFUSED and self.instead is None:
            raise ValueError("a refusal needs a way out: write it under instead")
        if self.outcome is not Outcome.REFUSED and not self.procedure:
            raise ValueError("say what the agent does: procedure is empty")
        if self.outcome is not Outcome.REFUSED and not self.promises:
            raise ValueError("say what the buyer is promised: promises is empty")
        return self


class RemedyRow(Row):
    """One remedy for one or more problem types: under which conditions, and how it is carried out."""

    when: RemedyWhen
    then: RemedyThen
