"""What is known when an order is looked for, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Literal

from playbook.domain.orders import Order
from playbook.domain.problems import Problem
from playbook.i18n.orders import EVIDENCE

AGAINST = frozenset(
    {"placed_after", "units_exceed", "price_differs", "item_missing", "buyer_differs", "po_differs"}
)
"""Evidence that speaks against an order."""


@dataclass(frozen=True, slots=True)
class QueryItem:
    """A product the buyer names: by SKU, ASIN or in words; ``unit_price`` in the order's currency."""

    sku: str | None = None
    asin: str | None = None
    title: str | None = None
    units: int | None = None
    unit_price: Decimal | None = None

    @property
    def is_identified(self) -> bool:
        """Whether it names a product by number, not only in words."""
        return bool(self.sku or self.asin)


@dataclass(frozen=True, slots=True)
class Query:
    """Everything known about the order that is meant; all of it may be missing or wrong.

    ``at`` is when the buyer wrote: orders placed later cannot be meant. ``buyer`` is the seller's own
    customer number.
    """

    text: str | None = None
    order_id: str | None = None
    order_id_part: str | None = None
    email: str | None = None
    name: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    po_number: str | None = None
    tracking: str | None = None
    buyer: str | None = None
    items: tuple[QueryItem, ...] = ()
    at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known that could identify an order."""
        return not any(
            getattr(self, part.name) for part in fields(self) if part.name not in {"at", "country"}
        )


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """One reason for or against an order: a code and its facts, nothing personal among them.

    ``strength`` from 0 to 1 is how well it fits, where it need not fit exactly.
    """

    code: str
    params: Mapping[str, str | int | None] = field(default_factory=dict)
    strength: float = 1.0

    @property
    def is_against(self) -> bool:
        """Whether it speaks against the order."""
        return self.code in AGAINST

    @property
    def why(self) -> str:
        """The evidence in English."""
        return EVIDENCE[self.code].format(**self.params)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that could be meant. ``score`` from 0 to 1 ranks candidates; it is no probability."""

    order: Order
    score: float
    evidence: tuple[EvidenceFact, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """*certain*: exactly this order is meant; *ask*: these could be, the likeliest first; *none*.

    ``questions`` are what would tell apart the first ones when they fit equally well
    (sentences: `playbook.i18n.orders.QUESTIONS`).
    """

    verdict: Literal["certain", "ask", "none"]
    candidates: tuple[Candidate, ...] = ()
    questions: tuple[Problem, ...] = ()
