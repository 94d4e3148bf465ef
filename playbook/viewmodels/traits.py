"""Observable fields with the types of their values, which traitlets alone cannot tell a type checker."""

from typing import TypeVar, cast

import traitlets

T = TypeVar("T")


def state(default: T) -> T:
    """A field that can be observed. Values are immutable: assign a new one, never change it in place."""
    return cast("T", traitlets.Any(default, allow_none=True))
