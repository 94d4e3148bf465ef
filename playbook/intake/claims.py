"""What is claimed of one product, and which of the numbers beside it counts the units claimed."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.mentions import Mention
from playbook.intake.numbers import Quantity

_ATTACHED = 3
_MOST_PAIRS = 64
_ALL_BEFORE = 4
_ALL_AFTER = 2

_WHOLE_ORDERED = frozenset(
    {
        ProblemType.LATE,
        ProblemType.CHANGED_MIND,
        ProblemType.NOT_AS_DESCRIBED,
        ProblemType.WRONG_VARIANT,
        ProblemType.WRONG_ITEM,
    }
)
"""Types that hold for everything ordered when no other number is given: "I bought two, they came late"."""


@dataclass(slots=True)
class Claim:
    """One statement about one mention. ``issue`` is None while it is not known; tokens ``[start, end)``.

    ``group`` ("both sizes", "all three bags") says that it holds for every line the mention fits,
    ``plain`` that nothing but product and number was said, ``wish`` that only a return was asked for,
    ``plural`` that several units are named without a number: "the red mugs never came".
    """

    mention: Mention | None
    start: int
    end: int
    sentence: int
    quantity: Quantity | None = None
    total: Quantity | None = None
    arrived: Quantity | None = None
    issue: ProblemType | None = None
    clear_issue: bool = False
    issue_first: bool = False
    fine: bool = False
    bare: bool = False
    plain: bool = False
    heading: bool = False
    options: tuple[Quantity, ...] = ()
    group: Quantity | None = None
    replaces: bool = False
    doubt: bool = False
    wish: bool = False
    plural: bool = False

    def reach(self, start: int, end: int) -> None:
        """Let the quote cover tokens ``[start, end)`` too."""
        self.start, self.end = min(self.start, start), max(self.end, end)

    @property
    def several(self) -> bool:
        """Whether the clause has more than one number that could be meant."""
        return len({option.value for option in self.options}) > 1

    @property
    def counted(self) -> bool:
        return self.quantity is not None or self.arrived is not None


def strength(quantity: Quantity) -> int:
    """How little a quantity says: an exact number is 0, a vague one or an article more."""
    order = {"number": 0, "both": 1, "fraction": 1, "all": 2, "vague": 3}
    return order[quantity.sort] + (4 if quantity.weak else 3 if quantity.inner else 0)


def _speaks_of_all(quantity: Quantity, mention: Mention | None) -> bool:
    """Whether "all", "both", "all three" beside a product that fits several lines means all of these."""
    if mention is None or mention.clear or not quantity.whole:
        return False
    if quantity.wide and quantity.value != len(mention.lines):
        return False
    before, after = mention.start - quantity.end, quantity.start - mention.end
    return 0 <= before <= _ALL_BEFORE or 0 <= after <= _ALL_AFTER


def take_numbers(claim: Claim, quantities: Sequence[Quantity], issue_at: int | None) -> None:
    """Give *claim* the quantities of its clause: the count that is claimed, the total, what arrived."""
    counts = [quantity for quantity in quantities if quantity.role == "count"]
    for quantity in quantities:
        if quantity.role == "total":
            claim.total = quantity
        elif quantity.role == "arrived":
            claim.arrived = quantity
    wide = [quantity for quantity in counts if _speaks_of_all(quantity, claim.mention)]
    if wide:
        claim.group = wide[0]
        counts = [quantity for quantity in counts if quantity not in wide] or wide
    if not counts:
        return
    if claim.group is not None and claim.quantity is claim.group:
        claim.quantity = None
    shares = [quantity for quantity in counts if quantity.sort == "fraction"]
    wholes = [quantity for quantity in counts if quantity.sort == "number" and not quantity.weak]
    if shares and wholes and wholes[0].start < shares[0].start and (wholes[0].value or 0) > 1:
        claim.total, counts = claim.total or wholes[0], shares
    best = min(strength(quantity) for quantity in counts)
    strong = [quantity for quantity in counts if strength(quantity) == best]
    if claim.quantity is not None and strength(claim.quantity) < best:
        return
    if len(strong) > 1 and issue_at is not None:
        strong.sort(key=lambda quantity: abs(quantity.start - issue_at))
    if claim.quantity is not None and claim.quantity.sort == "number" and strong[0].sort == "number":
        claim.total = claim.total or claim.quantity
    claim.quantity = strong[0]
    claim.options = tuple(strong)
    claim.reach(strong[0].start, strong[0].end)


def _outer(clause: Clause) -> list[Quantity]:
    """The quantities of *clause* without those inside a unit: "two sets have one broken glass"."""
    numbers = [
        one for one in clause.quantities if one.sort == "number" and one.role == "count" and not one.weak
    ]
    inner: set[int] = set()
    having = clause.cues.get("having", [])
    for mention in clause.mentions if len(having) * len(numbers) <= _MOST_PAIRS else []:
        counted = any(0 <= mention.start - number.end <= _ATTACHED for number in numbers)
        for hit in having if counted else []:
            if hit.start >= mention.end:
                inner |= {number.start for number in numbers if number.start >= hit.end}
    return [quantity for quantity in clause.quantities if quantity.start not in inner]


def numbers_of(clause: Clause, cjk: bool) -> list[list[Quantity]]:
    """The quantities of each mention of a clause.

    Where the clause starts with a number, numbers stand before their products, otherwise behind them.
    """
    mentions, quantities = clause.mentions, _outer(clause)
    first = next((quantity.start for quantity in quantities if quantity.role == "count"), None)
    leads = first is not None and first < mentions[0].start and not cjk
    paired: list[list[Quantity]] = [[] for _ in mentions]
    starts = [mention.start for mention in mentions]
    of_phrases = {(hit.start, hit.end) for hit in clause.cues.get("total_before", ())}
    for quantity in quantities:
        if quantity.each:
            for own in paired:
                own.append(quantity)
            continue

        def distance(index: int, quantity: Quantity = quantity) -> int:
            mention = mentions[index]
            if (quantity.end, mention.start) in of_phrases:
                return -1
            if mention.start >= quantity.end:
                return (mention.start - quantity.end) * (3 if cjk else 1)
            return max(0, quantity.start - mention.end) * (1 if cjk else 2) + leads

        after = bisect_left(starts, quantity.end)
        beside = range(max(0, after - 1), min(len(mentions), after + 1))
        paired[min(beside, key=distance)].append(quantity)
    return paired


def claimed_units(claim: Claim, ordered: int | None) -> int | None:
    """The units of *claim*: as said, as a share of the line, or as what did not arrive."""
    total = claim.total.value if claim.total is not None else None
    said = claim.quantity.value if claim.quantity is not None and claim.quantity.sort == "number" else None
    arrived = None
    if claim.arrived is not None:
        arrived = claim.arrived.units(
            ordered, said if claim.arrived.sort == "fraction" and total is None else total
        )
    if arrived is not None:
        if said is None or claim.quantity is None or claim.quantity.weak or said in (ordered, total):
            whole = ordered if ordered is not None else total if total is not None else said
        elif total is None and said > arrived and ordered is None:
            whole = said
        else:
            whole = None
        if whole is not None:
            return whole - arrived if whole > arrived else None
        if claim.quantity is None:
            return None
    if claim.quantity is None:
        if claim.issue in _WHOLE_ORDERED:
            return total if total is not None else ordered if claim.plural else None
        return ordered if claim.issue is ProblemType.MISSING and claim.plural else None
    units = claim.quantity.units(ordered, total)
    if (
        claim.issue is ProblemType.EXTRA_ITEM
        and units is not None
        and ordered is not None
        and units > ordered
    ):
        return units - ordered
    if units == ordered and said is not None:
        others = {option.value for option in claim.options if option.value != ordered}
        return others.pop() if len(others) == 1 else units
    return units
