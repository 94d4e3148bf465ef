"""Parts that a unit lacks: "no nozzle in it", "bei einem fehlt die Halterung".

Works on clauses in place; what is concluded is never certain.
"""

from collections.abc import Sequence

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.mentions import Mention
from playbook.intake.ordered import Ordered, conclude, counts
from playbook.intake.phrases import Hit
from playbook.intake.products import stem
from playbook.intake.text import Kind, Token


def parts_absent(
    clauses: Sequence[Clause], words: Sequence[Token], ordered: Ordered, spoken: frozenset[str]
) -> None:
    """Read "one of the boxes had no nozzle in it", "bei einem fehlt die Halterung" as lacking parts."""
    named = -1
    for clause in clauses:
        _drop_speakers(clause)
        kinds = {kind for kind, _ in clause.issues}
        _drop_parts(clause, named)
        if clause.mentions:
            named = -1 if clause.issues else clause.sentence
        if kinds == {ProblemType.MISSING} and _of_a_unit(clause, words):
            clause.issues = [(ProblemType.MISSING_PARTS, hit) for _, hit in clause.issues]
            clause.meant = True
        elif not kinds and (clause.mentions or counts(clause)) and not clause.fine:
            hits = clause.cues.get("without", ())
            found = next((hit for hit in hits if _of_noun(clause, hit, words, ordered)), None)
            at = _noun_after(found, clause, words, ordered, spoken) if found is not None else None
            if found is not None and at is not None:
                clause.mentions = [mention for mention in clause.mentions if mention.start < found.start]
                conclude(clause, ProblemType.MISSING_PARTS, (found.start, at + 1))


def _drop_speakers(clause: Clause) -> None:
    """Take back "have no" where it tells of people: "I have no idea when the aprons will come"."""
    speakers = {hit.end for hit in clause.cues.get("speaker", ())}
    having = {hit.start for hit in clause.cues.get("having", ())}
    if not counts(clause):
        clause.issues = [
            (kind, hit)
            for kind, hit in clause.issues
            if kind is not ProblemType.MISSING_PARTS or hit.start not in speakers & having
        ]


def _drop_parts(clause: Clause, named: int) -> None:
    """Leave out "the pen tray" as a product where it is what the product before it came without."""
    hits = [hit for kind, hit in clause.issues if kind is ProblemType.MISSING_PARTS]
    others = [one for one in clause.mentions if not any(_within(one, hit) for hit in hits)]
    if others or named == clause.sentence:
        clause.mentions = others


def _within(mention: Mention, hit: Hit) -> bool:
    return hit.start <= mention.start and mention.end <= hit.end and not mention.exact


def _of_a_unit(clause: Clause, words: Sequence[Token]) -> bool:
    """Whether a unit lacks it: "bei zwei Sets fehlt ...", "2個に鍵が付いていません"."""
    first = clause.issues[0][1]
    spans = [(one.start, one.end) for one in clause.mentions]
    spans += [(one.start, one.end) for one in clause.quantities]
    for hit in clause.cues.get("within", ()):
        cjk = words[hit.start].kind is Kind.CJK
        beside = [hit.start - end if cjk else start - hit.end for start, end in spans]
        if not any(0 <= distance <= (0 if cjk else 2) for distance in beside):
            continue
        behind = hit.end if cjk else first.end
        lacking = [token for token in words[behind : clause.end] if token.kind in (Kind.WORD, Kind.CJK)]
        if lacking and not any(behind <= start <= behind + 1 for start, _ in spans):
            return True
    return False


def _of_noun(clause: Clause, hit: Hit, words: Sequence[Token], ordered: Ordered) -> bool:
    """Whether "no" or "without" denies a thing that a unit should have."""
    if words[hit.start].text != "no":
        if words[hit.start].kind is Kind.CJK and not counts(clause):
            return False
        return hit.end - hit.start > 1 or words[hit.start].text in ordered.lacking
    speakers = {known.end for known in clause.cues.get("speaker", ())}
    return any(
        known.end == hit.start and known.start not in speakers for known in clause.cues.get("having", ())
    )


def _noun_after(
    hit: Hit, clause: Clause, words: Sequence[Token], ordered: Ordered, spoken: frozenset[str]
) -> int | None:
    """The noun that stands behind "without the": a word of a title, or one that is no other speech."""
    for index in range(hit.end, min(clause.end, hit.end + 3)):
        word = words[index].text
        if words[index].kind is Kind.CJK:
            return index
        if words[index].kind is not Kind.WORD:
            return None
        if word in ordered.articles:
            continue
        title = any(stem(word) in line for line in ordered.words)
        return index if title or (word not in spoken and stem(word) not in spoken) else None
    return None
