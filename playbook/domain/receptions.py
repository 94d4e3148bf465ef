"""What came back: units that were expected, how they arrived, and goods that nobody expected."""

from typing import Self

from pydantic import Field, model_validator

from playbook.domain.base import Value
from playbook.domain.remedies import RejectionReason


class ReceivedUnits(Value):
    """Units of one remedy that came back in one parcel: received = accepted + rejected.

    ``remedy`` is the remedy as it was before; ``reason`` says why the rejected ones were.
    """

    remedy: str
    line: int = Field(ge=1)
    accepted: int = Field(default=0, ge=0)
    rejected: int = Field(default=0, ge=0)
    reason: RejectionReason | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.received:
            raise ValueError(f"{self.remedy}: nothing was received")
        if bool(self.rejected) != (self.reason is not None):
            raise ValueError(f"{self.remedy}: rejected units, and only they, need a reason")
        return self

    @property
    def received(self) -> int:
        return self.accepted + self.rejected


class UnexpectedGoods(Value):
    """Goods in a parcel that no remedy expects back: of a line of the order, or something else."""

    units: int = Field(ge=1)
    line: int | None = None
    what: str = ""
