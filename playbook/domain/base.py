"""The common base of the values that are stored inside events, and how frozen ones are changed."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - given on to others
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """*value* with other values in some fields, as `dataclasses.replace` makes it, but ten times faster.

        For frozen dataclasses without slots and without ``__post_init__``: nothing is checked again.
        Raises TypeError for a field that there is not.
        """
        fields = value.__dict__ | changes
        if len(fields) != len(value.__dict__):
            raise TypeError(f"{type(value).__name__} has no {sorted(changes.keys() - value.__dict__.keys())}")
        changed = object.__new__(type(value))
        object.__setattr__(changed, "__dict__", fields)
        return changed


class Value(BaseModel):
    """An immutable value; unknown fields and lossy conversions are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
