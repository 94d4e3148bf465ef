"""What numbers and products of a clause mean beside each other, once both are known.

A number can only be told to be an order's total, what arrived, or an enumeration when the words around
it are known: "13 received instead of 20", "statt 25 nur 20", "a red mug". Works on clauses in place.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from playbook.domain.claims import ProblemType
from playbook.intake.assembling import Assembly
from playbook.intake.claims import Claim
from playbook.intake.clauses import Clause
from playbook.intake.lexicon import Lexicon, small_words
from playbook.intake.mentions import Mention
from playbook.intake.model import AskedRemedyKind
from playbook.intake.numbers import Quantity
from playbook.intake.ordered import counts
from playbook.intake.phrases import Hit
from playbook.intake.products import stem
from playbook.intake.text import Kind, Token

_ARTICLE_REACH = 2
_SHORTEST_NOUN = 4
_SHORTEST_NAME = 3
_SHORTEST_RUN = 2
_LONGEST_NAME = 3
_NO_NOUN = ("ly", "ed", "ing")
_SWAPS = frozenset({ProblemType.WRONG_ITEM, ProblemType.WRONG_VARIANT})
_WHOLE_ORDER = 0.6


def settle(clauses: Sequence[Clause], words: Sequence[Token], lexicons: Sequence[Lexicon]) -> None:
    """Settle every clause of a message in the languages of *lexicons*."""
    of, indefinite = small_words(lexicons, "of"), small_words(lexicons, "indefinite")
    for index, clause in enumerate(clauses):
        clause.quantities = [
            replace(one, role="count") if one.role == "total" and _cue_in_name(clause, one) else one
            for one in clause.quantities
        ]
        if clause.has("proof") and not (clause.mentions or clause.issues):
            clause.quantities = []  # "photos attached (7 pieces)" counts photos
        _instead_of_number(clause, words, of)
        _arrived_of_total(clause)
        _share_of(clause, words)
        _only_number(clause)
        _articles(clause, words, indefinite)
        _all_but(clause)
        _none_of(clause)
        if not _explained(clause, clauses[index + 1] if index + 1 < len(clauses) else None):
            _fails(clause, clauses[index - 1] if index else None, words)


def _cue_in_name(clause: Clause, quantity: Quantity) -> bool:
    """Whether what seemed to announce a total is the end of a product's name."""
    before = [
        hit for name in ("total_before",) for hit in clause.cues.get(name, ()) if hit.end == quantity.start
    ]
    return bool(before) and all(
        any(mention.start <= hit.start and hit.end <= mention.end for mention in clause.mentions)
        for hit in before
    )


def _instead_of_number(clause: Clause, words: Sequence[Token], of: frozenset[str]) -> None:
    """Read "20 instead of 25", "statt 25 nur 20" as a count that differs, not as a swap."""
    hits = [hit for kind, hit in clause.issues if kind is ProblemType.WRONG_ITEM]
    numbers = counts(clause)
    for hit in [*hits, *clause.cues.get("instead", ())]:
        if words[hit.end - 1].text not in of:
            continue
        ordered = next((one for one in numbers if one.start == hit.end), None)
        others = [one for one in numbers if one is not ordered]
        if ordered is None or len(others) != 1 or ordered.value == others[0].value:
            continue
        came = others[0]
        roles = {id(ordered): replace(ordered, role="total"), id(came): replace(came, role="arrived")}
        more = (came.value or 0) > (ordered.value or 0)
        if more:
            roles[id(came)] = replace(came, role="count")
        clause.quantities = [roles.get(id(one), one) for one in clause.quantities]
        clause.issues = [
            (kind, known)
            for kind, known in clause.issues
            if kind not in _SWAPS or known.end <= hit.start or hit.end <= known.start
        ]
        if more and not clause.issues:
            clause.issues.append((ProblemType.EXTRA_ITEM, Hit("settled", hit.start, hit.end)))
        return


def _arrived_of_total(clause: Clause) -> None:
    """Read "29 of 30 received" as one that did not arrive, "6 short (42 counted)" as 42 that did."""
    numbers = counts(clause)
    missing = clause.issues and all(kind is ProblemType.MISSING for kind, _ in clause.issues)
    if missing and len(numbers) == 2:
        places = {hit.start for hit in clause.cues.get("came", ())}
        clause.quantities = [
            replace(one, role="arrived") if one is numbers[1] and one.end in places else one
            for one in clause.quantities
        ]
    told = clause.has("came") or clause.has("asked_for")
    if clause.issues or clause.fine or not told or len(numbers) != 2:
        return
    total = next((one for one in numbers if one.role == "total"), None)
    came = next((one for one in numbers if one.role == "count"), None)
    if total is None or came is None or (came.value or 0) >= (total.value or 0):
        return
    clause.quantities = [replace(one, role="arrived") if one is came else one for one in clause.quantities]


def _share_of(clause: Clause, words: Sequence[Token]) -> None:
    """Read the last of several Chinese or Japanese numbers as the share: "3个坏了两个".

    What stands behind "each" counts inside a unit: "パズル2箱でそれぞれピースが1つ欠け" is about two.
    """
    numbers = [one for one in counts(clause) if one.role == "count" and not one.each and not one.more]
    kinds = {kind for kind, _ in clause.issues}
    if len(numbers) < 2 or len(clause.mentions) > 1 or len(kinds) != 1:
        return
    last = numbers[-1]
    if any(numbers[-2].end <= hit.start < last.start for hit in clause.cues.get("each", ())):
        clause.quantities = [one for one in clause.quantities if one is not last]
        if kinds == {ProblemType.MISSING}:
            clause.issues = [(ProblemType.MISSING_PARTS, hit) for _, hit in clause.issues]
        return
    cjk = words[clause.issues[0][1].start].kind is Kind.CJK
    if not cjk or max(one.value or 0 for one in numbers[:-1]) <= (last.value or 0):
        return
    clause.quantities = [
        replace(one, role="total") if one in numbers[:-1] else one for one in clause.quantities
    ]


def _only_number(clause: Clause) -> None:
    """Count the only number of a clause that lacks a part: "有两盒里没有剪刀", "bei einem der Sets fehlt"."""
    numbers = counts(clause)
    kinds = {kind for kind, _ in clause.issues}
    if len(numbers) == 1 and numbers[0].role == "total" and kinds == {ProblemType.MISSING_PARTS}:
        clause.quantities = [
            replace(one, role="count") if one is numbers[0] else one for one in clause.quantities
        ]


def _articles(clause: Clause, words: Sequence[Token], indefinite: frozenset[str]) -> None:
    """Count "a red mug" as one where no number says otherwise."""
    for mention in clause.mentions:
        for index in range(mention.start - 1, max(clause.start, mention.start - _ARTICLE_REACH) - 1, -1):
            if words[index].kind is not Kind.WORD:
                break
            if words[index].text in indefinite:
                if not any(one.start <= index < one.end for one in clause.quantities):
                    clause.quantities.append(Quantity(index, index + 1, "number", 1, weak=True))
                    clause.quantities.sort(key=lambda one: one.start)
                break


def _explained(clause: Clause, following: Clause | None) -> bool:
    """Whether the next clause says what is wrong: "3 don't jingle, no bell inside"."""
    if following is None or following.sentence != clause.sentence or following.mentions:
        return False
    return bool(following.issues) and not following.quantities


def _all_but(clause: Clause) -> None:
    """Read "all but two are broken" by the two that are not, "all but two arrived" as two missing."""
    ends = {hit.end for hit in clause.cues.get("all_but", ())}
    spared = [one for one in counts(clause) if one.start in ends]
    if not spared or clause.fine:
        return
    if clause.issues:
        clause.quantities = [
            replace(one, role="arrived") if one is spared[0] else one
            for one in clause.quantities
            if one.sort != "all"
        ]
    elif clause.has("came"):
        clause.quantities = [one for one in clause.quantities if one.sort != "all"]
        clause.issues.append((ProblemType.MISSING, Hit("settled", spared[0].start, spared[0].end)))


def _none_of(clause: Clause) -> None:
    """Count everything where none is right: "not a single lamp works", "一条都没法上架"."""
    for hit in clause.cues.get("none_of", ()):
        if clause.issues:
            others = [one for one in clause.quantities if not hit.start <= one.start <= hit.end]
            clause.quantities = [Quantity(hit.start, hit.end, "all"), *others]


def _fails(clause: Clause, before: Clause | None, words: Sequence[Token]) -> None:
    """Read "3 won't spin", "zwei klingeln nicht" as a defect where nothing else is said."""
    if clause.issues or clause.fine or clause.has("unchecked") or clause.has("rest") or clause.remedies:
        return
    leads = before is not None and before.sentence == clause.sentence and not before.issues
    counted = before is not None and leads and counts(before)
    if not (clause.mentions or counts(clause) or counted):
        return
    for hit in clause.cues.get("fails", ()):
        following = words[hit.end] if hit.end < clause.end else None
        verb = following is not None and following.kind in (Kind.WORD, Kind.CJK)
        person = (
            hit.start > clause.start
            and clause.has("speaker")
            and any(known.end == hit.start for known in clause.cues["speaker"])
        )
        if verb and not person:
            clause.issues.append((ProblemType.DEFECT, Hit("settled", hit.start, hit.end + 1)))
            clause.meant = True
            return


@dataclass(frozen=True, slots=True)
class Known:
    """What the reader knows of the words of a message, to tell a noun that is none of it.

    *vocabulary* are the words for anything but goods, *goods* the tokens of things that a lexicon knows;
    *said* are tokens of phrases and numbers; with *noun_case* nouns begin with a capital.
    """

    vocabulary: frozenset[str]
    noun_case: bool
    articles: frozenset[str]
    of: frozenset[str]
    goods: frozenset[int] = frozenset()
    said: frozenset[int] = frozenset()


def strangers(
    clauses: Sequence[Clause], words: Sequence[Token], message_of: Sequence[str], known: Known
) -> None:
    """Mark clauses that name a thing which is on no line of the order: "6 of the coasters are missing".

    Such a clause says nothing of the product before it. *message_of* holds the words as the buyer wrote them.
    """
    spoken_of = -1
    for clause, following in zip_longest(clauses, clauses[1:]):
        listed = following is not None and following.sentence == clause.sentence and following.mentions
        if clause.mentions:
            spoken_of = clause.sentence
        if (clause.heading and listed) or clause.again:
            continue
        if clause.mentions:
            ends = [one.end for one in clause.mentions if one.end < clause.end and not one.exact]
            clause.doubtful = any(_noun(words[end], message_of[end], known, False) for end in ends)
            continue
        if clause.has("pronoun"):
            continue
        after = _after_number(clause, words, known, spoken_of == clause.sentence)
        clause.stranger = any(
            _noun(words[index], message_of[index], known, index == clause.start) for index in after
        ) or any(_named(index, clause, words, known) for index in _subject_of(clause, words))
        clause.doubtful = clause.stranger or _may_name(clause, words, known)


def _subject_of(clause: Clause, words: Sequence[Token]) -> range:
    """The tokens in which the subject of *clause* stands: before its problem, or all of them."""
    first = min((hit.start for _, hit in clause.issues), default=clause.end)
    before = any(words[index].kind in (Kind.WORD, Kind.CJK) for index in range(clause.start, first))
    return range(clause.start, first if before else clause.end)


def _named(index: int, clause: Clause, words: Sequence[Token], known: Known) -> bool:
    """Whether a token is a thing that the clause is about: not "plastic" in "made of plastic"."""
    if index not in known.goods:
        return False
    if words[index].kind is Kind.CJK or index == clause.start:
        return True
    determined = words[index - 1].text in known.articles
    return determined or any(one.end == index for one in clause.quantities)


def _may_name(clause: Clause, words: Sequence[Token], known: Known) -> bool:
    """Whether an unknown word stands where a thing is named: "and one vase is missing"."""
    run = 0
    for index in _subject_of(clause, words):
        token = words[index]
        plain = index not in known.said and not {token.text, stem(token.text)} & known.vocabulary
        if token.kind is Kind.CJK:
            run = run + 1 if plain else 0
            if run == _SHORTEST_RUN:
                return True
        else:
            run = 0
            named = plain and token.kind is Kind.WORD and len(token.text) >= _SHORTEST_NAME
            if named and not token.text.endswith(_NO_NOUN):
                return True
    return False


def _after_number(clause: Clause, words: Sequence[Token], known: Known, spoken_of: bool) -> list[int]:
    """The words in which the product would stand: behind a number or "of the", before a colon.

    Where the sentence is about a product already (*spoken_of*), only a number tells of another one.
    """
    places: set[int] = set()
    phrases = [*clause.cues.get("total_before", ()), *clause.cues.get("inside", ())]
    for one in [*clause.quantities, *([] if spoken_of else phrases)]:
        if isinstance(one, Quantity) and one.sort == "number" and (one.value or 0) < 2:
            continue
        index = one.end
        while index < clause.end and words[index].text in known.articles | known.of:
            index += 1
        if index < clause.end:
            places.add(index)
    if clause.heading:
        places |= set(range(clause.start, clause.end))
    elif clause.issues:
        places |= {index for index in _subject_of(clause, words) if words[index - 1].text in known.articles}
    for index in sorted(places):
        for place in range(index, min(clause.end - 1, index + _LONGEST_NAME)):
            if words[place].kind is not Kind.WORD or words[place].text in known.vocabulary:
                break
            places.add(place + 1)
    return sorted(places)


def _noun(token: Token, written: str, known: Known, opens: bool) -> bool:
    if (
        token.kind is not Kind.WORD
        or len(token.text) < _SHORTEST_NOUN
        or {token.text, stem(token.text)} & known.vocabulary
    ):
        return False
    if known.noun_case:
        return written[:1].isupper() and not opens
    return token.text.endswith("s") and not token.text.endswith(("ss", "us", "is"))


_NOT_HERE = frozenset({ProblemType.MISSING, ProblemType.MISSING_PARTS, ProblemType.LATE})


def nothing_arrived(assembly: Assembly, clauses: Sequence[Clause], lines: int) -> Assembly | None:
    """Read "nothing has arrived, no pots, no baskets" as a whole order that is late.

    None where the message says anything else of the order: then something did arrive.
    """
    found = next((one for one in clauses if one.has("nothing_came") and not one.mentions), None)
    if found is None or not lines or any(claim.issue not in _NOT_HERE for claim in assembly.claims):
        return None
    hit = found.cues["nothing_came"][0]
    every = Mention(hit.start, hit.end, tuple(range(lines)), _WHOLE_ORDER, meant=True)
    claim = Claim(every, hit.start, hit.end, found.sentence, issue=ProblemType.LATE)
    claim.group = claim.quantity = Quantity(hit.start, hit.end, "all")
    return Assembly(claims=[claim])


def everything_back(assembly: Assembly, clauses: Sequence[Clause], lines: int) -> Assembly | None:
    """Read "we would like to return everything except the lamps" as a wish about every other line.

    None where the message claims anything else, or wishes it on a condition only: then it is about that.
    """
    if not lines or any(not (claim.fine or claim.wish) for claim in assembly.claims):
        return None
    conditional = -1
    for place, clause in enumerate(clauses):
        if clause.has("condition"):
            conditional = clause.sentence
        wish = any(hit.label == f"remedy:{AskedRemedyKind.RETURN}" for hit in clause.remedies)
        if not wish or not clause.has("everything") or conditional == clause.sentence:
            continue
        hit = clause.cues["everything"][0]
        kept: set[int] = set()
        excepting = False
        for other in clauses[place:]:
            if other.sentence > clause.sentence + 1:
                break
            starts = [known.end for known in other.cues.get("excepting", ())]
            for mention in other.mentions:
                if excepting or any(start <= mention.start for start in starts):
                    kept.update(mention.lines)
            excepting = bool(starts) or (excepting and other.sentence == clause.sentence)
        named = [one for one in clause.mentions if not kept.issuperset(one.lines)]
        wanted = tuple(line for line in range(lines) if line not in kept)
        if named or not wanted:
            return None
        every = Mention(hit.start, hit.end, wanted, _WHOLE_ORDER, meant=True)
        claim = Claim(every, clause.start, clause.end, clause.sentence, issue=ProblemType.CHANGED_MIND)
        claim.group = claim.quantity = Quantity(hit.start, hit.end, "all")
        claim.wish = True
        return Assembly(claims=[*(one for one in assembly.claims if one.fine), claim])
    return None


def without_superseded(assembly: Assembly, earlier: Collection[int]) -> Assembly:
    """*assembly* with what an earlier, quoted mail (tokens *earlier*) claims of other lines only.

    What the buyer writes now counts; what was quoted is claimed still, but never for certain.
    """
    now = [claim for claim in assembly.claims if claim.start not in earlier]
    lines = {line for claim in now if claim.mention is not None for line in claim.mention.lines}
    claims = list(now)
    for claim in assembly.claims:
        if claim.start in earlier and claim.mention is not None and not lines & set(claim.mention.lines):
            claim.doubt = True
            claims.append(claim)
    spans = [span for span in assembly.rest_spans if span[0] not in earlier]
    return Assembly(
        claims,
        [claim for claim in assembly.unexplained if claim.start not in earlier],
        [clause for clause in assembly.orphans if clause.start not in earlier],
        assembly.rest_is_fine and bool(spans),
        spans,
    )
