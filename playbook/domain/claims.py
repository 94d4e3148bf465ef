"""What is wrong with which units: claim items and the breakdown that holds them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainSerializer

from playbook.domain.base import Value


class ProblemType(StrEnum):
    """The thirteen problem types. ``no_issue`` says that these units were reported as fine."""

    TRANSIT_DAMAGE = "transit_damage"
    PACKAGE_DAMAGE = "package_damage"
    WRONG_ITEM = "wrong_item"
    WRONG_VARIANT = "wrong_variant"
    MISSING = "missing"
    MISSING_PARTS = "missing_parts"
    DEFECT = "defect"
    QUALITY_FLAW = "quality_flaw"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    CHANGED_MIND = "changed_mind"
    EXTRA_ITEM = "extra_item"
    NO_ISSUE = "no_issue"


class Evidence(StrEnum):
    """What supports a claim."""

    PHOTO = "photo"
    VIDEO = "video"
    TRACKING = "tracking"
    COUNT = "count"


def _in_order(evidence: frozenset[Evidence]) -> list[str]:
    return sorted(piece.value for piece in evidence)


EvidenceSet = Annotated[frozenset[Evidence], PlainSerializer(_in_order, when_used="json")]
"""Evidence in JSON is sorted: the order of a set differs between processes, a chained event must not."""


class Party(StrEnum):
    """Who has to answer for a problem; independent of its type."""

    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    SUPPLIER = "supplier"
    LISTING = "listing"
    AMAZON = "amazon"
    BUYER = "buyer"
    UNKNOWN = "unknown"


class ClaimItem(Value):
    """*units* of one order line with one problem type. ``item`` is its id within the case (``c1``).

    ``quoted`` is the span of the buyer's message (kept in the vault) that carries the claim.
    Units of an ``extra_item`` were never ordered: they stand outside the unit ledger of the line.
    """

    item: str
    line: int = Field(ge=1)
    problem: ProblemType
    units: int = Field(ge=1)
    evidence: EvidenceSet = frozenset()
    party: Party = Party.UNKNOWN
    quoted: tuple[int, int] | None = None

    @property
    def is_fine(self) -> bool:
        return self.problem is ProblemType.NO_ISSUE

    @property
    def counts_in_line(self) -> bool:
        """Whether these units are among the ordered units of the line."""
        return self.problem is not ProblemType.EXTRA_ITEM
