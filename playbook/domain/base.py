"""The common base of the values that are stored inside events."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value; unknown fields and lossy conversions are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
