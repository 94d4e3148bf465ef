"""Who gets which page of a review: departments, and the problem types that each can do something about.

An index for readers, not a judgement of who is responsible: a case may concern several departments.
"""

from collections.abc import Mapping
from enum import StrEnum

from playbook.domain.claims import ProblemType as P


class Department(StrEnum):
    """A department beside customer service, which gets the whole report."""

    WAREHOUSE = "warehouse"
    PURCHASING = "purchasing"
    PRODUCT = "product"


CONCERNS: Mapping[Department, tuple[P, ...]] = {
    Department.WAREHOUSE: (
        P.TRANSIT_DAMAGE,
        P.PACKAGE_DAMAGE,
        P.WRONG_ITEM,
        P.WRONG_VARIANT,
        P.MISSING,
        P.MISSING_PARTS,
        P.EXTRA_ITEM,
        P.LATE,
    ),
    Department.PURCHASING: (P.DEFECT, P.QUALITY_FLAW, P.MISSING_PARTS, P.PACKAGE_DAMAGE),
    Department.PRODUCT: (P.NOT_AS_DESCRIBED, P.CHANGED_MIND, P.DEFECT, P.QUALITY_FLAW),
}
