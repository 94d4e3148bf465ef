"""Another variant than ordered, or another thing: told by colour, size, or what it turned out to be.

Works on clauses in place; what is concluded is never certain.
"""

from collections.abc import Sequence
from dataclasses import replace

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.mentions import Mention
from playbook.intake.ordered import Ordered, conclude, counts, silent
from playbook.intake.text import Kind, Token

_ASKED_REACH = 4


def swapped(clause: Clause, words: Sequence[Token], ordered: Ordered) -> None:
    """Tell another colour from another thing that came "instead of the red ropes"."""
    for hit in clause.cues.get("instead", ()):
        asked = next((one for one in clause.mentions if 0 <= one.start - hit.end <= 2), None)
        if asked is None or not any(kind is ProblemType.WRONG_VARIANT for kind, _ in clause.issues):
            continue
        told = [*words[clause.start : hit.start], *words[asked.end : clause.end]]
        counted = {index for one in clause.quantities for index in range(one.start, one.end)}
        sized = any(
            words[index].kind is Kind.NUMBER and index not in counted
            for index in range(clause.start, hit.start)
        )
        if not sized and not any(ordered.is_variant(token.text) for token in told):
            clause.issues = [
                (ProblemType.WRONG_ITEM if kind is ProblemType.WRONG_VARIANT else kind, known)
                for kind, known in clause.issues
            ]
        clause.meant = True


def became(clause: Clause, leading: Clause | None, words: Sequence[Token], ordered: Ordered) -> None:
    """Tell "are actually squared", another variant, from "turned out to be aprons", another thing.

    The product may stand in the clause before, *leading*: "of the 40 pots, ten are in fact bowls".
    """
    for hit in clause.cues.get("became", ()):
        before = [mention for mention in clause.mentions if mention.end <= hit.start]
        leads = leading is not None and leading.sentence == clause.sentence and not leading.issues
        if not before and leading is not None and leads:
            before = leading.mentions[-1:]
            clause.mentions = [*before, *clause.mentions]
        if not before:
            continue
        named = [mention for mention in clause.mentions if mention.start >= hit.end]
        twins = any(ordered.twins(line, before[0].lines[0]) for mention in named for line in mention.lines)
        clause.mentions = [mention for mention in clause.mentions if mention not in named]
        if any(kind is not ProblemType.WRONG_ITEM for kind, _ in clause.issues) or clause.fine:
            continue
        after = words[hit.end : clause.end]
        variant = any(ordered.is_variant(token.text) for token in after)
        variant = variant or twins or any(mention.partial or mention.borrowed for mention in named)
        variant = variant or (not any(token.kind in (Kind.WORD, Kind.CJK) for token in after[:3]))
        said = [token for token in after if token.kind in (Kind.WORD, Kind.CJK, Kind.NUMBER)]
        if any(one.start >= hit.end for one in counts(clause)):
            continue
        if variant and said:
            clause.issues = [(ProblemType.WRONG_VARIANT, known) for _, known in clause.issues]
            if not clause.issues:
                conclude(clause, ProblemType.WRONG_VARIANT, (hit.start, clause.end))
        elif said and not clause.issues and len(said) <= _ASKED_REACH:
            conclude(clause, ProblemType.WRONG_ITEM, (hit.start, clause.end))
        return


def twin_came(clause: Clause, ordered: Ordered) -> None:
    """Read "横罫のノートのうち10冊が方眼でした", "ten ruled ones are squared" as another variant."""
    numbers = counts(clause)
    if len(clause.mentions) != 2 or len(numbers) != 1 or not silent([clause]) or clause.has("rest"):
        return
    named, came = clause.mentions
    if not (named.clear and came.clear and numbers[0].start < came.start):
        return
    if numbers[0].role == "count" and ordered.twins(named.lines[0], came.lines[0]):
        clause.mentions = [named]
        conclude(clause, ProblemType.WRONG_VARIANT, (came.start, came.end))


def other_colour(clause: Clause, subject: Mention | None, words: Sequence[Token], ordered: Ordered) -> None:
    """Read "the aprons are navy", "came in orange" as another variant where the title has other colours.

    *subject* is the product of the sentence, for a clause that only counts: "aprons - 20 - 12 came in blue".
    """
    named = [mention for mention in clause.mentions if not mention.partial or mention.borrowed]
    if not clause.mentions and subject is not None and clause.has("came") and counts(clause):
        named = [subject]
    if not silent([clause]) or len(named) != 1 or not named[0].clear or clause.has("rest"):
        return
    title = ordered.words[named[0].lines[0]]
    own = {english for known in ordered.colours.values() for english in known} & title
    linked = {index for link in named[0].links for index in range(link.start, link.end)}
    for index in range(max(clause.start, named[0].end), clause.end):
        said = ordered.colour(words[index].text)
        if index not in linked and said and own and not said & title:
            clause.mentions = [one for one in clause.mentions if one in named]
            clause.quantities = [
                replace(one, role="count") if one.role == "arrived" else one for one in clause.quantities
            ]
            conclude(clause, ProblemType.WRONG_VARIANT, (index, index + 1))
            return
