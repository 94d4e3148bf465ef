"""What every rate is made of, units that went wrong and units shipped; and what stands out."""

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
    """Units of one SKU that left the house on one day with the same traits: what a rate is divided by.

    ``lines`` of orders they were on; 0 where nobody counted them.
    """

    sku: str
    day: date
    units: int
    traits: Mapping[Trait, str] = field(default_factory=dict)
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """Goods that go wrong in one way more often than chance explains.

    ``about`` says what goods are meant (``sku`` or traits, and ``problem``). ``rate`` is a share of the units
    shipped with its 95 % interval, ``expected`` the usual one. ``events`` are the complaints behind
    the units: one order that complains about 50 units is one event, and only events are evidence. ``times``
    is how many times as often as usual they come, pulled toward the usual as far as they are few, with a
    95 % interval; ``q`` the false-discovery rate at which it is still called. ``since`` is the
    Monday of the week in which it began; None: for as long as there are data. ``references`` are cases
    or order numbers, the newest first, ``cost`` is in smallest units by currency. ``measure`` and
    ``department`` are codes of data/insights/measures.yaml.
    """

    about: Mapping[str, str]
    units: int
    shipped: int
    rate: float
    low: float
    high: float
    references: tuple[str, ...] = ()
    notable: bool = True
    expected: float | None = None
    since: date | None = None
    party: str = ""
    cost: Mapping[str, int] = field(default_factory=dict)
    measure: str = ""
    department: str = ""
    events: int = 0
    times: float = 1.0
    times_low: float = 0.0
    times_high: float = float("inf")
    q: float = 1.0

    @property
    def goods(self) -> str:
        """The SKU, or the traits."""
        return self.about.get("sku") or " · ".join(
            value for key, value in self.about.items() if key != "problem" and value
        )

    @property
    def problem(self) -> str:
        """The problem type or reason code."""
        return self.about.get("problem", "")
