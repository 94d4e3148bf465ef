"""Where what came differs from what was ordered: counts, contents of sets, variants, other things.

Buyers rarely name the difference: "24 pads, 30 on the invoice", "the aprons are navy", "a padlock with two
keys rather than three". It follows from the order and from the words beside each other. Works on clauses
in place; what is concluded so is never certain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.german import german_base
from playbook.intake.lexicon import Lexicon, small_words
from playbook.intake.mentions import Mention
from playbook.intake.model import LineRef
from playbook.intake.numbers import Quantity, digits
from playbook.intake.phrases import Hit
from playbook.intake.products import Catalogue, stem
from playbook.intake.text import Kind, Token

_ASKED_REACH = 4
_FEW_PIECES = 3
_FAR = 99
_BOX_WORDS = 2
_MOST_NUMBERS = 12
_SETTLED = "settled"


def counts(clause: Clause) -> list[Quantity]:
    """The exact numbers of units of *clause*."""
    return [one for one in clause.quantities if one.sort == "number" and not one.weak]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the order says of its lines: units, words and numbers of the titles, and colours by language.

    ``articles``, ``lacking`` and ``of_words`` are small words of the languages of the message, ``boxes`` are
    words for packaging and counters.
    """

    lines: Sequence[LineRef]
    words: Sequence[frozenset[str]]
    colours: dict[str, frozenset[str]]
    variants: frozenset[str]
    articles: frozenset[str]
    lacking: frozenset[str]
    of_words: frozenset[str]
    boxes: frozenset[str]

    @classmethod
    def of(cls, catalogue: Catalogue, lexicons: Sequence[Lexicon]) -> "Ordered":
        """The order of *catalogue*, read with *lexicons*."""
        colours: dict[str, frozenset[str]] = {}
        variants: set[str] = set()
        for one in lexicons:
            for word in one.colours:
                colours[word] = colours[german_base(word)] = frozenset(one.words.get(word, word).split())
            variants.update(one.modifiers, one.colours)
        return cls(
            catalogue.lines,
            catalogue.words,
            colours,
            frozenset(variants - small_words(lexicons, "not_variants")),
            small_words(lexicons, "articles"),
            small_words(lexicons, "lacking"),
            small_words(lexicons, "of"),
            frozenset(
                word for one in lexicons for word in (*one.packaging, *one.counters) if " " not in word
            ),
        )

    def colour(self, word: str) -> frozenset[str]:
        """The English colours that *word* stands for."""
        return self.colours.get(word) or self.colours.get(german_base(word)) or frozenset()

    def is_variant(self, word: str) -> bool:
        """Whether *word* tells one variant of a product from another."""
        return word in self.variants or german_base(word) in self.variants or bool(self.colour(word))

    def twins(self, line: int, other: int) -> bool:
        """Whether two lines are variants of one product, by their titles."""
        shared = self.words[line] & self.words[other]
        return line != other and 2 * len(shared) >= len(self.words[line] | self.words[other])

    def sizes(self, line: int) -> set[int]:
        """The numbers in the title of *line*."""
        return {int(word) for word in self.words[line] if word.isdigit() and len(word) < 6}


def differences(
    clauses: Sequence[Clause], words: Sequence[Token], ordered: Ordered, spoken: frozenset[str]
) -> None:
    """Find the differences that the clauses of a message tell of.

    *spoken* are the words that the languages of the message use for anything but goods.
    """
    subject: Mention | None = None
    for before, clause in zip([None, *clauses], clauses, strict=False):
        _swapped(clause, words, ordered)
        _became(clause, before, words, ordered)
        _twin_came(clause, ordered)
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
            _other_colour(clause, subject, words, ordered)
    for clause in clauses:
        _only(clause)
    _parts_absent(clauses, words, ordered, spoken)


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
        silent = _silent([*before, *sentence]) and not any(clause.remedies for clause in before)
        whole = subject is not None and numbers == [ordered.lines[subject.lines[0]].units]
        if goes_on and silent and whole:
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


def _problem(clause: Clause, kind: ProblemType, at: tuple[int, int]) -> None:
    clause.issues.append((kind, Hit(_SETTLED, *at)))
    clause.meant = True


def _silent(clauses: Iterable[Clause]) -> bool:
    """Whether nothing in *clauses* says yet what is wrong, or that nothing is."""
    return not any(clause.issues or clause.fine or clause.has("unchecked") for clause in clauses)


def _swapped(clause: Clause, words: Sequence[Token], ordered: Ordered) -> None:
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


def _became(clause: Clause, leading: Clause | None, words: Sequence[Token], ordered: Ordered) -> None:
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
                _problem(clause, ProblemType.WRONG_VARIANT, (hit.start, clause.end))
        elif said and not clause.issues and len(said) <= _ASKED_REACH:
            _problem(clause, ProblemType.WRONG_ITEM, (hit.start, clause.end))
        return


def _twin_came(clause: Clause, ordered: Ordered) -> None:
    """Read "横罫のノートのうち10冊が方眼でした", "ten ruled ones are squared" as another variant."""
    numbers = counts(clause)
    if len(clause.mentions) != 2 or len(numbers) != 1 or not _silent([clause]) or clause.has("rest"):
        return
    named, came = clause.mentions
    if not (named.clear and came.clear and numbers[0].start < came.start):
        return
    if numbers[0].role == "count" and ordered.twins(named.lines[0], came.lines[0]):
        clause.mentions = [named]
        _problem(clause, ProblemType.WRONG_VARIANT, (came.start, came.end))


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
    _problem(inner[0][0], ProblemType.MISSING_PARTS, (inner[0][1].start, inner[0][1].end))


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
        _problem(came[0], ProblemType.EXTRA_ITEM, (came[1].start, came[1].end))
    return True


def _against_order(sentence: Sequence[Clause], units: int) -> None:
    """Compare two numbers of a sentence, one of them what was ordered: "40 delivered, 50 invoiced"."""
    if len({one.value for clause in sentence for one in counts(clause)}) > 2 and _more_came(sentence, units):
        return
    if not _silent(sentence) or any(clause.remedies for clause in sentence):
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
        _problem(came[0], ProblemType.EXTRA_ITEM, (came[1].start, came[1].end))


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
    if not _silent(sentence):
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
                _problem(clause, ProblemType.WRONG_VARIANT, (hit.start, hit.end))
                if any(counts(other) for other in sentence if other.end <= clause.start):
                    clause.quantities = []
                return


def _next_words(words: Sequence[Token], start: int, end: int) -> list[str]:
    said = [token.text for token in words[start:end] if token.kind in (Kind.WORD, Kind.CJK)]
    return [word for word in said if word not in ("the", "a", "in", "be")][:_ASKED_REACH]


def _other_colour(clause: Clause, subject: Mention | None, words: Sequence[Token], ordered: Ordered) -> None:
    """Read "the aprons are navy", "came in orange" as another variant where the title has other colours.

    *subject* is the product of the sentence, for a clause that only counts: "aprons - 20 - 12 came in blue".
    """
    named = [mention for mention in clause.mentions if not mention.partial or mention.borrowed]
    if not clause.mentions and subject is not None and clause.has("came") and counts(clause):
        named = [subject]
    if not _silent([clause]) or len(named) != 1 or not named[0].clear or clause.has("rest"):
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
            _problem(clause, ProblemType.WRONG_VARIANT, (index, index + 1))
            return


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


def _parts_absent(
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
                _problem(clause, ProblemType.MISSING_PARTS, (found.start, at + 1))


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
