"""Products that were named and counted but got no claim: what is said around them is read as a whole.

The walk through the clauses (`playbook.intake.assembling`) wants a problem it knows beside a product it
knows. Where it found none, everything said between this product and the next one is judged together. What is
found so is never certain.
"""

from collections.abc import Sequence

from playbook.domain.claims import ProblemType
from playbook.intake.assembling import Assembly
from playbook.intake.claims import Claim, take_numbers
from playbook.intake.clauses import Clause
from playbook.intake.cues import choose_issue
from playbook.intake.lexicon import OTHER
from playbook.intake.meant import Meaning, Surroundings
from playbook.intake.problemtypes import judge
from playbook.intake.shares import Topic, topics

_LIKELY = 0.45
_LIKELY_UNCOUNTED = 0.7


def overlooked(
    assembly: Assembly, clauses: Sequence[Clause], surroundings: Surroundings, meaning: Meaning
) -> None:
    """Add claims for the products of *clauses* that *assembly* has neither a claim nor praise for."""
    told = {
        line
        for claim in [*assembly.claims]
        if claim.mention is not None and not claim.mention.partial
        for line in claim.mention.lines
    }
    for topic in topics(clauses):
        if topic.line in told:
            continue
        claim = _claim(topic, surroundings, meaning)
        if claim is not None:
            told.add(topic.line)
            assembly.claims += [*_listed_before(assembly, claim, topic), claim]
            assembly.unexplained = [
                one
                for one in assembly.unexplained
                if one.mention is None or topic.line not in one.mention.lines
            ]


def _listed_before(assembly: Assembly, claim: Claim, topic: Topic) -> list[Claim]:
    """The products of a list that wait for what is said of its last one: "10 of A, 4 of B should be here"."""
    shared = [
        one
        for one in assembly.unexplained
        if one.plain
        and one.counted
        and one.sentence == claim.sentence
        and one.mention is not None
        and one.mention.clear
        and topic.line not in one.mention.lines
    ]
    for one in shared:
        one.issue, one.doubt = claim.issue, True
    assembly.unexplained = [one for one in assembly.unexplained if one not in shared]
    return shared


def _claim(topic: Topic, surroundings: Surroundings, meaning: Meaning) -> Claim | None:
    part = topic.clauses
    if any(clause.has("unchecked") for clause in part):
        return None
    mention = next(one for one in part[0].mentions if one.clear)
    counted = any(
        one.role == "count" and not one.weak and one.sort != "vague"
        for clause in part
        for one in clause.quantities
    )
    troubled = next((clause for clause in part if clause.issues), None)
    if troubled is not None:
        issue = choose_issue(troubled.issues)[0]
        at = troubled.issues[0][1].start
    else:
        issue, troubled = _judged(part, surroundings, meaning, counted)
        at = troubled.start if troubled is not None else 0
    if issue is None or troubled is None:
        return None
    claim = Claim(mention, mention.start, mention.end, part[0].sentence, issue=issue, doubt=True)
    for clause in part:
        if clause is troubled or not clause.fine:
            take_numbers(claim, clause.quantities, at)
    if troubled.sentence == part[0].sentence:
        claim.reach(part[0].start, troubled.end)
    return claim


def _judged(
    part: Sequence[Clause], surroundings: Surroundings, meaning: Meaning, counted: bool
) -> tuple[ProblemType | None, Clause | None]:
    """The likeliest problem of the clauses of *part*, and the clause that tells it."""
    silent = [clause for clause in part if not (clause.fine or clause.remedies)]
    texts = [surroundings.statement(clause) for clause in silent]
    likely = _LIKELY if counted else _LIKELY_UNCOUNTED
    best: tuple[ProblemType | None, Clause | None] = None, None
    for clause, told in zip(silent, judge(texts, meaning.encoder, surroundings.language), strict=True):
        if told.kind not in (OTHER, ProblemType.NO_ISSUE) and told.probability >= likely:
            likely, best = told.probability, (ProblemType(told.kind), clause)
    return best
