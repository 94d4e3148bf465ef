"""Where what came differs from what was ordered: counts, contents of sets, variants, other things.

Buyers rarely name the difference: "24 pads, 30 on the invoice", "the aprons are navy", "a padlock with two
keys rather than three". It follows from the order and from the words beside each other. Works on clauses
in place; what is concluded so is never certain.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.lackingparts import parts_absent
from playbook.intake.mentions import Mention
from playbook.intake.numbers import Quantity, digits
from playbook.intake.ordered import Ordered, conclude, counts, silent
from playbook.intake.products import stem
from playbook.intake.text import Kind, Token
from playbook.intake.variants import became, other_colour, swapped, twin_came

_ASKED_REACH = 4
_FEW_PIECES = 3
_FAR = 99
_BOX_WORDS = 2
_MOST_NUMBERS = 12


def differences(
    clauses: Sequence[Clause], words: Sequence[Token], ordered: Ordered, spoken: frozenset[str]
) -> None:
    """Find the differences that the clauses of a message tell of.

    *spoken* are the words that the languages of the message use for anything but goods.
    """
    subject: Mention | None = None
    for before, clause in zip([None, *clauses], clauses, strict=False):
        swapped(clause, words, ordered)
        became(clause, before, words, ordered)
        twin_came(clause, ordered)
        _packs(clause, words, ordered)
        subject = clause.mentions[-1] if clause.mentions else subject
        _full_box(clause, words, ordered, subject)
        _of_affected(clause, ordered)
        _piece_of_unit(clause, words)
    for sentence in _told_together(clauses, ordered):
        for part in _parts(sentence):
            subject = _subject(part)
            if subject is not None:
                _in_boxes(part, words, ordered, subject.lines[0])
                _contents_short(part, ordered.sizes(subject.lines[0]))
                _against_order(part, ordered.lines[subject.lines[0]].units)
        _by_degree(sentence)
        _asked_for(sentence, words, ordered)
        subject = _subject(sentence)
        for clause in sentence:
            other_colour(clause, subject, words, ordered)
    for clause in clauses:
        _only(clause)
    parts_absent(clauses, words, ordered, spoken)


def _told_together(clauses: Sequence[Clause], ordered: Ordered) -> list[list[Clause]]:
    """The clauses by sentence; "We ordered 24 mugs. What came is 20." is one, as far as numbers go."""
    told: list[list[Clause]] = []
    for _, group in groupby(clauses, key=lambda clause: clause.sentence):
        sentence = list(group)
        before = told[-1] if told else []
        subject = _subject(before)
        numbers = [one.value for clause in before for one in counts(clause)]
        goes_on = not any(clause.mentions or clause.stranger for clause in sentence)
        goes_on = goes_on and any(clause.has("came") and counts(clause) for clause in sentence)
        quiet = silent([*before, *sentence]) and not any(clause.remedies for clause in before)
        whole = subject is not None and numbers == [ordered.lines[subject.lines[0]].units]
        if goes_on and quiet and whole:
            told[-1] = [*before, *sentence]
        else:
            told.append(sentence)
    return told


def _parts(sentence: Sequence[Clause]) -> list[list[Clause]]:
    """The clauses of a sentence by product: a new part begins where another one is named."""
    parts: list[list[Clause]] = [[]]
    named: tuple[int, ...] | None = None
    for clause in sentence:
        lines = clause.mentions[0].lines if clause.mentions else None
        if lines is not None and lines != named:
            parts.append([])
        parts[-1].append(clause)
        named = lines or named
    return parts


def _subject(part: Sequence[Clause]) -> Mention | None:
    """The one product that *part* of a sentence speaks of, or None."""
    mentions = [mention for clause in part for mention in clause.mentions if not mention.partial]
    lines = {mention.lines for mention in mentions}
    return mentions[0] if len(lines) == 1 and mentions[0].clear else None


def _packs(clause: Clause, words: Sequence[Token], ordered: Ordered) -> None:
    """Read "three boxes of a dozen pens" as 36 pens, "one carton (100 bottles)" as 100 bottles.

    Where the title itself says how many a box holds, a box is the unit.
    """
    numbers = counts(clause)
    if not 2 <= len(numbers) <= _MOST_NUMBERS:
        return
    held = {size for one in clause.mentions for line in one.lines for size in ordered.sizes(line)}
    for first, second in pairwise(numbers):
        between = [token.text for token in words[first.end : second.start]]
        if second.value in held or first.end - first.start < 2:
            continue
        if between == ["of"]:
            units = (first.value or 0) * (second.value or 0)
            packed = replace(first, end=second.end, value=units)
        elif "(" in between and words[second.start - 1].text == "(" and first.value == 1:
            packed = second
        else:
            continue
        clause.quantities = [
            packed if one is first else one for one in clause.quantities if one is not second
        ]
        return


def _full_box(clause: Clause, words: Sequence[Token], ordered: Ordered, subject: Mention | None) -> None:
    """Read "one whole carton of 12" as twelve units, where the title does not say that a box is the unit."""
    if subject is None or not subject.clear:
        return
    line = subject.lines[0]
    for one in counts(clause):
        index = one.end
        boxed = words[index - 1].text in ordered.boxes
        while index < min(clause.end, one.end + _BOX_WORDS) and not boxed:
            boxed = words[index].text in ordered.boxes
            index += 1
        held = digits(words[index + 1].text) if index + 1 < clause.end else None
        if (
            not boxed
            or held is None
            or words[index].text not in ordered.of_words
            or held in ordered.sizes(line)
        ):
            continue
        units = (one.value or 0) * held
        if 0 < units <= ordered.lines[line].units:
            packed = replace(one, end=index + 2, value=units)
            clause.quantities = [packed if known is one else known for known in clause.quantities]
            clause.meant = True
            return


def _in_boxes(sentence: Sequence[Clause], words: Sequence[Token], ordered: Ordered, line: int) -> None:
    """Read "they come in bags of 12 and we have five bags" as sixty that came."""
    held = None
    for index in range(sentence[0].start, sentence[-1].end - 2):
        boxed = words[index].text in ordered.boxes and words[index + 1].text in ordered.of_words
        size = digits(words[index + 2].text) if boxed else None
        if size is not None and size not in ordered.sizes(line) and words[index - 1].kind is not Kind.NUMBER:
            held = size
    for clause in sentence if held is not None else ():
        for place, one in enumerate(clause.quantities):
            units = (one.value or 0) * (held or 0)
            boxed = one.end > one.start + 1 and words[one.end - 1].text in ordered.boxes
            if one.sort == "number" and boxed and 0 < units <= ordered.lines[line].units:
                clause.quantities[place] = replace(one, value=units)
                clause.meant = True


def _of_affected(clause: Clause, ordered: Ordered) -> None:
    """Count what "the lids of three jars are cracked" speaks of: no total where nothing else is counted."""
    numbers = counts(clause)
    if len(numbers) != 1 or numbers[0].role != "total" or len(clause.mentions) != 1 or not clause.issues:
        return
    mention, only = clause.mentions[0], numbers[0]
    said = any(
        hit.end == only.start and hit.end - hit.start == 1 for hit in clause.cues.get("total_before", ())
    )
    whole = mention.clear and ordered.lines[mention.lines[0]].units == only.value
    if said and not whole and only.start > clause.start + 1 and 0 <= mention.start - only.end <= 1:
        clause.quantities = [replace(one, role="count") if one is only else one for one in clause.quantities]


def _piece_of_unit(clause: Clause, words: Sequence[Token]) -> None:
    """Read "拼图1盒少了一块": a box that lacks a piece, told by another counter behind the number."""
    numbers = [one for one in counts(clause) if one.role == "count" and not one.each]
    if len(numbers) != 2 or [kind for kind, _ in clause.issues] != [ProblemType.MISSING]:
        return
    first, last = numbers
    if any(words[one.end - 1].kind is not Kind.CJK or one.end - one.start < 2 for one in numbers):
        return
    if words[first.end - 1].text != words[last.end - 1].text and (last.value or 0) <= _FEW_PIECES:
        clause.quantities = [one for one in clause.quantities if one is not last]
        clause.issues = [(ProblemType.MISSING_PARTS, clause.issues[0][1])]
        clause.meant = True


def _contents_short(sentence: Sequence[Clause], sizes: set[int]) -> None:
    """Read "four sets only had five lights, not six", "came with 2 keys rather than 3" as lacking parts.

    *sizes* are the numbers in the title: what one unit should hold.
    """
    numbers = [(clause, one) for clause in sentence for one in counts(clause) if not one.each]
    if not 2 <= len(numbers) <= _MOST_NUMBERS or any(clause.fine for clause in sentence):
        return
    kinds = {kind for clause in sentence for kind, _ in clause.issues}
    if kinds - {ProblemType.MISSING, ProblemType.MISSING_PARTS, ProblemType.WRONG_ITEM}:
        return
    first = numbers[0][1]
    share = next((one for one in sentence[0].quantities if one.sort in ("fraction", "all", "vague")), None)
    if share is not None and share.start < first.start:
        first = share
    inner = [
        (clause, one) for clause, one in numbers if one is not first and _inside_a_unit(clause, one, sentence)
    ]
    if not inner:
        return
    held = inner[0][1].value or 0
    should = [size for size in sizes if held < size <= max(2 * held, held + 2)]
    if not should or (first.value or 0) in sizes:
        return
    dropped = {one.start for _, one in numbers if one is not first}
    for clause in sentence:
        clause.quantities = [
            replace(one, role="count") if one is first else one
            for one in clause.quantities
            if one.start not in dropped
        ]
        clause.issues = []
    conclude(inner[0][0], ProblemType.MISSING_PARTS, (inner[0][1].start, inner[0][1].end))


def _by_degree(sentence: Sequence[Clause]) -> None:
    """Leave out what only tells degrees: "six mugs dented - 4 badly, 2 slightly"."""
    for place, clause in enumerate(sentence):
        told = counts(clause)
        if not clause.issues or len(clause.mentions) != 1 or len(told) != 1:
            continue
        parts: list[Clause] = []
        for part in sentence[place + 1 : place + 1 + _MOST_NUMBERS]:
            if part.mentions or len(counts(part)) != 1:
                break
            parts.append(part)
        summed = sum(one.value or 0 for part in parts for one in counts(part))
        if len(parts) > 1 and summed == told[0].value and not all(part.issues for part in parts):
            for part in parts:
                part.quantities, part.issues = [], []


def _inside_a_unit(clause: Clause, number: Quantity, sentence: Sequence[Clause]) -> bool:
    """Whether *number* tells what a unit holds: "has 38 pieces", "only five lights", "with 2 keys"."""
    cues = [
        hit
        for name in ("having", "shortfall", "only")
        for one in sentence
        for hit in one.cues.get(name, ())
        if hit.start <= number.start
    ]
    return any(number.start - hit.end <= 2 for hit in cues) and clause.start <= number.start


def _more_came(sentence: Sequence[Clause], units: int) -> bool:
    """Read "ordered 12, you sent 15, want the 3 collected" as three too many."""
    numbers = [(clause, one) for clause in sentence for one in counts(clause) if not one.each]
    values = {one.value or 0 for _, one in numbers}
    most = max(values, default=0)
    if units not in values or most <= units or values - {units, most, most - units}:
        return False
    kinds = {kind for clause in sentence for kind, _ in clause.issues}
    if kinds - {ProblemType.EXTRA_ITEM} or any(clause.fine for clause in sentence):
        return False
    came = next(pair for pair in numbers if pair[1].value == most)
    said = next(pair for pair in numbers if pair[1].value == units)
    if not (kinds or _tells_what_came(came, said)):
        return False
    for clause in sentence:
        clause.quantities = [
            one for one in clause.quantities if one is came[1] or one.sort != "number" or one.weak
        ]
    if not kinds:
        conclude(came[0], ProblemType.EXTRA_ITEM, (came[1].start, came[1].end))
    return True


def _against_order(sentence: Sequence[Clause], units: int) -> None:
    """Compare two numbers of a sentence, one of them what was ordered: "40 delivered, 50 invoiced"."""
    if len({one.value for clause in sentence for one in counts(clause)}) > 2 and _more_came(sentence, units):
        return
    if not silent(sentence) or any(clause.remedies for clause in sentence):
        return
    numbers = [(clause, one) for clause in sentence for one in counts(clause) if not one.each]
    values = {one.value for _, one in numbers}
    if len(numbers) > _MOST_NUMBERS or units not in values or len(values) != 2:
        return
    came = [pair for pair in numbers if pair[1].value != units][-1]
    said = next(pair for pair in numbers if pair[1].value == units)
    if not (_tells_what_came(came, said) or _in_columns(came[1], said[1], came[0], said[0])):
        return
    more = (came[1].value or 0) > units
    for clause in sentence:
        clause.quantities = [
            replace(one, role="count" if more else "arrived")
            if one is came[1]
            else replace(one, role="total")
            if one in [number for _, number in numbers]
            else one
            for one in clause.quantities
        ]
    came[0].meant = came[0].meant or not _in_columns(came[1], said[1], came[0], said[0])
    if more:
        conclude(came[0], ProblemType.EXTRA_ITEM, (came[1].start, came[1].end))


def _tells_what_came(came: tuple[Clause, Quantity], said: tuple[Clause, Quantity]) -> bool:
    """Whether words about arrival stand by the one number, or words about ordering by the other."""

    def near(pair: tuple[Clause, Quantity], name: str) -> int:
        places = [abs(hit.start - pair[1].end) for hit in pair[0].cues.get(name, ())]
        return min(places, default=_FAR)

    if (came[1].value or 0) > (said[1].value or 0) and near(said, "asked_for") < _FAR:
        return True
    if any(hit.end == came[1].start for hit in came[0].cues.get("only", ())):
        return (came[1].value or 0) < (said[1].value or 0)
    return near(came, "came") < near(said, "came")


def _in_columns(came: Quantity, said: Quantity, clause: Clause, other: Clause) -> bool:
    """Whether two numbers stand side by side, as in "72 | 60" and "30/36"."""
    first, last = sorted((came, said), key=lambda one: one.start)
    return clause is other and last.start - first.end == 1


def _asked_for(sentence: Sequence[Clause], words: Sequence[Token], ordered: Ordered) -> None:
    """Read "40 are closed, we need the open ones", "should be English" as another variant."""
    if not silent(sentence):
        return
    for clause in sentence:
        for hit in clause.cues.get("asked_for", ()):
            after = _next_words(words, hit.end, clause.end)
            before = _next_words(words, max(clause.start, hit.start - 2), hit.start)
            if any(one.start - hit.end in range(_ASKED_REACH) for one in counts(clause)):
                continue
            told = any(ordered.is_variant(word) for word in (*after, *before))
            sizes = {token.text for token in words[hit.end : clause.end] if token.kind is Kind.NUMBER}
            told = told or any(stem(word) in line for word in (*after, *sizes) for line in ordered.words)
            if told:
                conclude(clause, ProblemType.WRONG_VARIANT, (hit.start, hit.end))
                if any(counts(other) for other in sentence if other.end <= clause.start):
                    clause.quantities = []
                return


def _next_words(words: Sequence[Token], start: int, end: int) -> list[str]:
    said = [token.text for token in words[start:end] if token.kind in (Kind.WORD, Kind.CJK)]
    return [word for word in said if word not in ("the", "a", "in", "be")][:_ASKED_REACH]


def _only(clause: Clause) -> None:
    """Read "only 250 of the shampoos were in the delivery", "only 20 are usable" as what arrived well."""
    if (
        clause.issues
        or clause.has("unchecked")
        or clause.remedies
        or any(one.role == "arrived" for one in clause.quantities)
    ):
        return
    ends = {hit.end for hit in clause.cues.get("only", ())}
    clause.quantities = [
        replace(one, role="arrived")
        if one.start in ends and one.sort == "number" and not one.weak and one.role == "count"
        else one
        for one in clause.quantities
    ]
