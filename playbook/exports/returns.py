"""Return requests of a case: one request can carry several lines, each with reason and quantity."""

from dataclasses import dataclass

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.orders import Channel
from playbook.domain.remedies import SHAPES

RETURN_CODES: dict[ProblemType, str] = {
    ProblemType.TRANSIT_DAMAGE: "CR-DAMAGED_BY_CARRIER",
    ProblemType.PACKAGE_DAMAGE: "CR-DAMAGED_BY_CARRIER",
    ProblemType.WRONG_ITEM: "CR-SWITCHEROO",
    ProblemType.WRONG_VARIANT: "CR-SWITCHEROO",
    ProblemType.MISSING: "CR-MISSING_PARTS",
    ProblemType.MISSING_PARTS: "CR-MISSING_PARTS",
    ProblemType.DEFECT: "CR-DEFECTIVE",
    ProblemType.QUALITY_FLAW: "CR-QUALITY_UNACCEPTABLE",
    ProblemType.NOT_AS_DESCRIBED: "AMZ-PG-BAD-DESC",
    ProblemType.LATE: "CR-MISSED_ESTIMATED_DELIVERY",
    ProblemType.CHANGED_MIND: "CR-UNWANTED_ITEM",
    ProblemType.EXTRA_ITEM: "CR-EXTRA_ITEM",
    ProblemType.NO_ISSUE: "CR-NO_REASON_GIVEN",
}
"""Amazon's return reasons for our problem types (facts 3.4 and 9)."""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One line of a request."""

    sku: str
    units: int
    reason_code: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """What the buyer opens as one return. Goods of one channel go to one address, so they share one."""

    channel: Channel
    lines: tuple[ReturnLine, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)


def return_requests(case: Case) -> tuple[ReturnRequest, ...]:
    """The returns of a case, merged per channel; nothing is said about the number of labels."""
    by_channel: dict[Channel, list[ReturnLine]] = {}
    for remedy in case.remedies:
        line = case.order.line(remedy.line) if case.order else None
        item = case.item(remedy.item)
        if line is None or item is None or SHAPES[remedy.kind].comes_back == "nothing":
            continue
        code = RETURN_CODES[item.problem]
        by_channel.setdefault(remedy.channel, []).append(
            ReturnLine(line.sku, remedy.units, code, remedy.remedy)
        )
    return tuple(ReturnRequest(channel, tuple(lines)) for channel, lines in sorted(by_channel.items()))
