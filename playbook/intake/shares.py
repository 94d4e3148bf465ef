"""Units told by shares of one product: "ordered ten, four I can sell, the others are torn".

A buyer counts in several sentences and leaves the last number to the reader: what is left when the good ones
are taken off, all of what was ordered, the units that the order itself names. Works on clauses in place, once
their products, numbers and problems are known; what is concluded so is never certain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from playbook.domain.claims import ProblemType
from playbook.intake.assembling import Assembly
from playbook.intake.clauses import Clause
from playbook.intake.model import LineRef
from playbook.intake.numbers import Quantity

_REACH = 2
_MOST = 24


@dataclass(slots=True)
class Topic:
    """The clauses that speak of one order line, one after another."""

    line: int
    clauses: list[Clause] = field(default_factory=list)


def topics(clauses: Sequence[Clause]) -> list[Topic]:
    """The stretches of *clauses* that are about one order line each."""
    found: list[Topic] = []
    open_topic: Topic | None = None
    for clause in clauses:
        named = {one.lines for one in clause.mentions if not one.partial}
        if len(named) == 1 and clause.mentions[0].clear:
            line = clause.mentions[0].lines[0]
            if open_topic is None or open_topic.line != line:
                open_topic = Topic(line)
                found.append(open_topic)
        elif open_topic is not None:
            far = clause.sentence - open_topic.clauses[-1].sentence > _REACH
            open_topic = None if far or clause.mentions or clause.stranger else open_topic
        if open_topic is not None and len(open_topic.clauses) < _MOST:
            open_topic.clauses.append(clause)
    return found


def _numbers(clause: Clause) -> list[Quantity]:
    return [one for one in clause.quantities if one.sort == "number" and not (one.weak or one.each)]


def _claims_nothing(clause: Clause) -> bool:
    return not (clause.issues or clause.fine or clause.remedies)


def shares(clauses: Sequence[Clause], lines: Sequence[LineRef]) -> None:
    """Settle the numbers of every stretch of *clauses* that is about one of the order *lines*."""
    for topic in topics(clauses):
        units = lines[topic.line].units
        _ordered(topic.clauses, units)
        stated = [one.value for clause in topic.clauses for one in _numbers(clause) if one.role == "total"]
        total = stated[0] or units if stated else units
        _told_later(topic.clauses)
        _all_told(topic.clauses, total)
        _per_box(topic.clauses, total)
        _complement(topic.clauses, total)
        _left_over(topic.clauses, total)
        _not_spared(topic.clauses, total)


def _ordered(part: Sequence[Clause], units: int) -> None:
    """Take the number of units on the order, without a problem, as that: "also ten, half of them torn"."""
    for place, clause in enumerate(part):
        if not _claims_nothing(clause) or clause.has("correction"):
            continue
        others = [one for other in part if other is not clause for one in other.quantities if not one.each]
        smaller = any(one.sort != "number" or (one.value or 0) < units for one in others)
        if not smaller and not any(_remainder(other) for other in part[place + 1 :]):
            continue
        clause.quantities = [
            replace(one, role="total")
            if one.sort == "number" and one.value == units and one.role == "count" and not one.each
            else one
            for one in clause.quantities
        ]


def _complement(part: Sequence[Clause], total: int) -> None:
    """Leave out what "one short (eleven)", "two missing, ten came" only tells again of twelve."""
    told = [(clause, one) for clause in part for one in _numbers(clause) if one.role == "count"]
    if len(told) != 2 or sum(one.value or 0 for _, one in told) != total:
        return
    kinds = {kind for clause in part for kind, _ in clause.issues}
    if kinds == {ProblemType.MISSING} and told[0][0].issues:
        clause, again = told[1]
        clause.quantities = [one for one in clause.quantities if one is not again]


def _told_later(part: Sequence[Clause]) -> None:
    """Join what came with the problem behind it: "rakes / 10 / 9 / handle broken"."""
    for clause, following in pairwise(part):
        roles = {one.role for one in clause.quantities}
        alone = "arrived" in roles and roles <= {"arrived", "total"}
        silent = not (clause.issues or clause.fine or clause.mentions or following.quantities)
        if alone and silent and following.issues and following.sentence == clause.sentence:
            clause.quantities, following.quantities = [], clause.quantities


def _all_told(part: Sequence[Clause], total: int) -> None:
    """Leave out "only seven are any use" where the problems told add up with it to all units."""
    told = [(clause, one) for clause in part for one in _numbers(clause) if one.role != "total"]
    came = [(clause, one) for clause, one in told if one.role == "arrived"]
    claimed = [one for clause, one in told if one.role == "count" and not clause.fine]
    if len(came) != 1 or not claimed:
        return
    clause, good = came[0]
    if (good.value or 0) + sum(one.value or 0 for one in claimed) == total:
        clause.quantities = [one for one in clause.quantities if one is not good]
        clause.issues = clause.issues if any(one in claimed for one in clause.quantities) else []


def _per_box(part: Sequence[Clause], total: int) -> None:
    """Read "in two boxes of six, each box had two broken" as four."""
    boxes = [(clause, one) for clause in part for one in clause.quantities if _boxed(clause, one)]
    if len(boxes) != 1:
        return
    clause, number = boxes[0]
    for other in part:
        inside = [one for one in _counted(other) if one is not number]
        units = (number.value or 0) * (inside[0].value or 0) if len(inside) == 1 else 0
        each = other.has("per_box") and other.issues
        if each and 0 < units <= total:
            other.quantities = [replace(inside[0], value=units, each=False)]
            other.meant = True
            other.issues = [
                (ProblemType.TRANSIT_DAMAGE if kind is ProblemType.PACKAGE_DAMAGE else kind, hit)
                for kind, hit in other.issues
            ]
            clause.quantities = [
                one for one in clause.quantities if one is not number and clause is not other
            ]
            return


def _counted(clause: Clause) -> list[Quantity]:
    return [one for one in clause.quantities if one.sort == "number" and not one.weak]


def _boxed(clause: Clause, number: Quantity) -> bool:
    """Whether *number* counts boxes in which the units came."""
    ends = {hit.end for hit in clause.cues.get("boxes", ())}
    return number.sort == "number" and number.end in ends


def _remainder(clause: Clause) -> tuple[int, int] | None:
    """The place of "the others", "the rest" in *clause*, where no number stands behind it."""
    spoken = {index for one in clause.quantities for index in range(one.start - 1, one.end)}
    for name in ("remainder", "rest"):
        for hit in clause.cues.get(name, ()):
            if not spoken.intersection(range(hit.start, hit.end)):
                return hit.start, hit.end
    return None


def _left_over(part: Sequence[Clause], total: int) -> None:
    """Count "the others are torn": what is left when the units told before are taken off."""
    for place, clause in enumerate(part):
        at = _remainder(clause)
        following = part[place + 1] if place + 1 < len(part) else None
        goes_on = following is not None and following.sentence == clause.sentence
        explained = goes_on and following is not None and following.issues and not following.quantities
        if at is None or clause.fine or not (clause.issues or explained):
            continue
        told = sum(one.value or 0 for other in part[:place] for one in _numbers(other) if one.role == "count")
        told += sum(one.value or 0 for one in _numbers(clause) if one.role == "count" and one.end <= at[0])
        if 0 < told < total:
            clause.quantities = sorted(
                [
                    *(one for one in clause.quantities if one.sort == "number" and one.role != "count"),
                    Quantity(*at, "number", total - told),
                ],
                key=lambda one: one.start,
            )
            clause.meant = True


def _not_spared(part: Sequence[Clause], total: int) -> None:
    """Count "one pane is cracked; the other 23 are fine" by the units that are fine, if no number claims."""
    troubled = [clause for clause in part if clause.issues]
    if len(troubled) != 1 or any(not one.weak for clause in troubled for one in clause.quantities):
        return
    silent = [clause for clause in part if not clause.fine]
    if any(one.role == "count" and not one.weak for clause in silent for one in clause.quantities):
        return
    spared = sum(one.value or 0 for clause in part if clause.fine for one in _numbers(clause))
    if 0 < spared < total:
        hit = troubled[0].issues[0][1]
        troubled[0].quantities.append(Quantity(hit.start, hit.end, "number", total - spared))
        troubled[0].meant = True


def counted_elsewhere(assembly: Assembly, clauses: Sequence[Clause], lines: Sequence[LineRef]) -> None:
    """Give claims without a number the one that is told of their product in another sentence."""
    used = {claim.quantity.start for claim in assembly.claims if claim.quantity is not None}
    found = topics(clauses)
    for claim in assembly.claims:
        mention = claim.mention
        if claim.fine or claim.counted or claim.group or mention is None or not mention.clear:
            continue
        line = mention.lines[0]
        numbers = [
            one
            for topic in found
            if topic.line == line
            for clause in topic.clauses
            if not (clause.fine or clause.remedies)
            for one in _numbers(clause)
            if one.role == "count" and one.start not in used and not one.inner
        ]
        values = {one.value for one in numbers}
        if claim.issue is ProblemType.EXTRA_ITEM:
            values = {value for value in values if value is not None and value != lines[line].units}
        if len(values) == 1:
            claim.quantity = next(one for one in numbers if one.value in values)
            claim.doubt = True
