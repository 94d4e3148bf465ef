"""The two things every rate is made of: units that went wrong, and units that were shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Trait(StrEnum):
    """By what units can be told apart, beside SKU and day; a trait nobody recorded is empty text."""

    FAMILY = "family"
    MARKETPLACE = "marketplace"
    CHANNEL = "channel"
    WAREHOUSE = "warehouse"
    CARRIER = "carrier"
    LOT = "lot"
    SUPPLIER = "supplier"
    PACKAGING = "packaging"


@dataclass(frozen=True, slots=True)
class Fault:
    """Units of one SKU with one problem: from a case, or from an imported return.

    ``day`` is when they were shipped where that is known, else when the order was placed: only so can
    faults be set against `Shipped` of the same days. ``reference`` is the case id or the order number,
    ``source`` is ``case`` or the report format. ``problem`` is a problem type of ours or the reason code
    as it came; ``cause`` the responsible party as somebody judged it (empty: nobody did). ``cost`` is what
    it cost so far, in the currency's smallest unit.
    """

    sku: str
    day: date
    units: int
    problem: str
    cause: str = ""
    reference: str = ""
    source: str = "case"
    remedy: str = ""
    cost: int = 0
    currency: str = ""
    traits: Mapping[Trait, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shipped:
    """Units of one SKU that left the house on one day with the same traits: what a rate is divided by."""

    sku: str
    day: date
    units: int
    traits: Mapping[Trait, str] = field(default_factory=dict)
