"""The rows of returns.yaml: what may travel in one return request, and what a refund file must respect."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from playbook.domain.base import Value
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Sku
from playbook.policy.base import Row, RowId, Text

SkuPattern = Annotated[str, StringConstraints(pattern=r"^[^*]+\*?$", max_length=80)]
"""A SKU, or the beginning of one and a star."""

ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_-]+$", max_length=40)]
"""One of Amazon's return reasons, with its prefix, as the report on returns spells it."""

Grams = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Pays = Literal["seller", "buyer"]


class About(StrEnum):
    """What a row of returns.yaml is about."""

    ADDRESS = "address"
    LABEL = "label"
    WEIGHT = "weight"
    REASON = "reason"
    MERGE = "merge"
    SHEET = "sheet"


class ReturnWhen(Value):
    """Which goods (``sku``), problems (``issue``) or labels (``pays``) a row is for; left out: all."""

    sku: tuple[SkuPattern, ...] | None = Field(default=None, min_length=1)
    issue: tuple[ProblemType, ...] | None = Field(default=None, min_length=1)
    pays: Pays | None = None


class ReturnThen(Value):
    """What holds. ``about`` says which of the other fields a row has.

    ``address`` is the short name of a place, ``most_grams`` and ``most_units`` the limits of one label,
    ``grams`` the weight of one unit, ``code`` Amazon's return reason, ``days`` how far apart windows may
    end. ``name`` is what people read: for a rule about merging, the reason; ``otherwise`` what happens
    to who does it differently.
    """

    about: About
    name: Text | None = None
    otherwise: Text | None = None
    address: RowId | None = None
    most_grams: Grams | None = None
    most_units: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = None
    grams: Grams | None = None
    code: ReasonCode | None = None
    days: Annotated[int, Field(strict=True, ge=0, le=365)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            About.ADDRESS: ("name", "address"),
            About.LABEL: ("name",),
            About.WEIGHT: ("grams",),
            About.REASON: ("name", "code"),
            About.MERGE: ("name", "otherwise"),
            About.SHEET: ("name",),
        }[self.about]
        missing = [field for field in needed if getattr(self, field) is None]
        if missing:
            raise ValueError(f"a row about {self.about.value} needs {' and '.join(missing)}")
        if self.about is About.LABEL and self.most_grams is None and self.most_units is None:
            raise ValueError("a label needs most_grams, most_units or both")
        return self


class ReturnRow(Row):
    """One fact or rule about returns and refund files."""

    when: ReturnWhen
    then: ReturnThen

    def fits(self, sku: Sku) -> bool:
        """Whether the row is for that SKU."""
        return self.when.sku is None or any(_matches(pattern, sku) for pattern in self.when.sku)


def _matches(pattern: str, sku: Sku) -> bool:
    return sku.startswith(pattern[:-1]) if pattern.endswith("*") else sku == pattern
