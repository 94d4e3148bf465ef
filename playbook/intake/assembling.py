"""From clauses to claims: which problem belongs to which product.

A buyer names the product first ("mugs: 2 broken"), last ("missing: 3 mugs"), once for several problems
("7 broken, 2 without lid"), or once for several products ("5 of A, 3 of B, not delivered"). The
assembler walks through the clauses and keeps products that still wait for their problem.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from playbook.domain.claims import ProblemType
from playbook.intake.claims import Claim, numbers_of, strength, take_numbers
from playbook.intake.clauses import Clause
from playbook.intake.cues import choose_issue
from playbook.intake.mentions import Mention
from playbook.intake.model import AskedRemedyKind
from playbook.intake.numbers import Quantity
from playbook.intake.products import stem
from playbook.intake.text import Kind, Token

_BARE_WORDS = 2
_TOPIC_REACH = 3
_RETURN = f"remedy:{AskedRemedyKind.RETURN}"
_REFINED = frozenset(
    {
        (ProblemType.WRONG_ITEM, ProblemType.WRONG_VARIANT),
        (ProblemType.TRANSIT_DAMAGE, ProblemType.QUALITY_FLAW),
        (ProblemType.TRANSIT_DAMAGE, ProblemType.CHANGED_MIND),
        (ProblemType.PACKAGE_DAMAGE, ProblemType.TRANSIT_DAMAGE),
    }
)
"""Types that a later clause about the same units may make more exact."""


_SWAPPED = frozenset({ProblemType.WRONG_VARIANT, ProblemType.WRONG_ITEM})


@dataclass(slots=True)
class _Header:
    """A problem named before the products that have it."""

    issue: ProblemType
    clause: Clause
    each: Quantity | None = None
    used: bool = False


def _introduces(claim: Claim, mentions: Sequence[Mention]) -> bool:
    """Whether a waiting product is the heading of the more exact ones in *mentions*."""
    if claim.mention is None or claim.heading or any(one.start == claim.mention.start for one in mentions):
        return True
    return not claim.mention.clear and any(
        set(mention.lines) < set(claim.mention.lines) for mention in mentions
    )


@dataclass(slots=True)
class Assembly:
    """What was assembled: claims, products left without a problem, problems left without a product."""

    claims: list[Claim] = field(default_factory=list)
    unexplained: list[Claim] = field(default_factory=list)
    orphans: list[Clause] = field(default_factory=list)
    rest_is_fine: bool = False
    rest_spans: list[tuple[int, int]] = field(default_factory=list)


def announce(clauses: Sequence[Clause]) -> None:
    """Mark problems told in a sentence that ends in a colon: "never came, every unit ordered:"."""
    for _, group in groupby(clauses, key=lambda clause: clause.sentence):
        sentence = list(group)
        if sentence[-1].heading and not any(clause.mentions for clause in sentence):
            for clause in sentence:
                clause.announces = bool(clause.issues)


class Assembler:
    """Walks through the clauses of one message."""

    def __init__(
        self,
        words: Sequence[Token],
        function_words: frozenset[str],
        conjunctions: frozenset[str] = frozenset(),
    ) -> None:
        self._words = words
        self._conjunctions = conjunctions
        self._function_words = function_words
        self._waiting: list[Claim] = []
        self._last: list[Claim] = []
        self._topic: list[Mention] = []
        self._topic_sentence = 0
        self._contents_sentence: int | None = None
        self._header: _Header | None = None
        self._fine_sentence: int | None = None
        self._spared: Claim | None = None
        self.result = Assembly()

    def run(self, clauses: Sequence[Clause]) -> Assembly:
        """Everything that *clauses* say."""
        announce(clauses)
        for index, clause in enumerate(clauses):
            before = clauses[index - 1] if index else None
            if before is not None and before.sentence != clause.sentence:
                self._new_sentence(clause)
            self._rest(clause, clauses[index + 1] if index + 1 < len(clauses) else None)
            if clause.has("contents") and not clause.issues:
                self._contents_sentence = clause.sentence
            if self._remainder(clause):
                continue
            if clause.mentions:
                self._with_products(clause)
            else:
                self._without_products(clause, clauses[index + 1] if index + 1 < len(clauses) else None)
        self._flush()
        self._drop_header()
        self._drop_wishes()
        return self.result

    # sentences

    def _new_sentence(self, clause: Clause) -> None:
        goes_on = not clause.mentions and (clause.issues or clause.fine or clause.quantities)
        if self._waiting and not goes_on:
            self._flush()
        listed = bool(clause.mentions) and not clause.issues
        ended = self._header is not None and self._header.used and self._blank_before(clause)
        if self._header is not None and (ended or not listed):
            self._drop_header()

    def _blank_before(self, clause: Clause) -> bool:
        """Whether an empty line stands before *clause*: there a list ends."""
        before = self._words[max(0, clause.start - 2) : clause.start + 1]
        return sum(token.kind is Kind.BREAK for token in before) > 1

    def _drop_wishes(self) -> None:
        """A wish to return a product says nothing new where the message tells what is wrong with it."""
        told = {
            line
            for claim in self.result.claims
            if not claim.wish and not claim.fine and claim.mention is not None
            for line in claim.mention.lines
        }
        self.result.claims = [
            claim
            for claim in self.result.claims
            if not claim.wish or claim.mention is None or not told & set(claim.mention.lines)
        ]

    def _drop_header(self) -> None:
        if self._header is not None and not self._header.used:
            self.result.orphans.append(self._header.clause)
        self._header = None

    def _flush(self) -> None:
        """Close products that still wait: they share the problem before them, or stay unexplained."""
        last = self._last[-1] if self._last else None
        for claim in self._waiting:
            if last is not None and self._shares(claim, last):
                claim.issue, claim.clear_issue, claim.wish = last.issue, False, last.wish
                self.result.claims.append(claim)
            elif claim.counted and not claim.heading and not claim.fine:
                self.result.unexplained.append(claim)
        self._waiting = []

    @staticmethod
    def _shares(claim: Claim, last: Claim) -> bool:
        """Whether a product without problem has that of the one before: "cups 4 broken, saucers 3"."""
        if last.issue is None or claim.sentence != last.sentence:
            return False
        if last.issue_first:
            return claim.bare or claim.counted
        number = claim.quantity is not None and claim.quantity.sort == "number" and not claim.quantity.weak
        return claim.plain and number and claim.arrived is None

    def _rest(self, clause: Clause, following: Clause | None) -> None:
        if not clause.has("rest") or clause.has("unchecked") or clause.issues:
            return
        counted = any(quantity.sort == "number" for quantity in clause.quantities)
        near = following is not None and following.sentence == clause.sentence and not following.mentions
        fine = clause.fine or (
            near and following is not None and following.fine and not following.has("unchecked")
        )
        narrow = clause.mentions and clause.mentions[0].start - clause.cues["rest"][0].end <= 4
        if fine and not counted and not narrow:
            self.result.rest_is_fine = True
            self.result.rest_spans.append((clause.start, clause.end))

    def _remainder(self, clause: Clause) -> bool:
        """Read "only 7 are fine, the rest is cracked" as what is left of the line without those 7."""
        spared, issue = self._spared, choose_issue(clause.issues)[0]
        if spared is None or spared.mention is None or issue is None or not clause.has("rest"):
            return False
        own = any(one.sort == "number" and not one.weak for one in clause.quantities)
        other = any(one.clear and not one.partial for one in clause.mentions)
        if own or other or clause.sentence - spared.sentence > 1:
            return False
        claim = Claim(spared.mention, spared.start, clause.end, clause.sentence, arrived=spared.quantity)
        self._waiting = [one for one in self._waiting if one.mention is not spared.mention]
        self._flush()
        self._apply(clause, [claim], issue, False, False)
        self._spared = None
        return True

    def _spare(self, clause: Clause, claims: Sequence[Claim]) -> None:
        """Remember of which product how many units are fine: what is left of it may follow."""
        numbers = [one for one in clause.quantities if one.sort == "number" and not one.weak]
        numbers = [one for one in numbers if one.role != "total"]
        named = claims[-1].mention if claims else None
        if len(numbers) == 1 and named is not None and named.clear:
            only = numbers[0]
            self._spared = Claim(named, named.start, only.end, clause.sentence, quantity=only)

    # clauses

    def _said(self, clause: Clause) -> int:
        """How many words a clause has beside products, numbers and small words."""
        used = {index for mention in clause.mentions for index in range(mention.start, mention.end)}
        used |= {index for quantity in clause.quantities for index in range(quantity.start, quantity.end)}
        other = [
            token
            for index, token in enumerate(self._words[clause.start : clause.end], clause.start)
            if index not in used
            and token.kind in (Kind.WORD, Kind.CJK)
            and token.text not in self._function_words
        ]
        return len(other)

    def _with_products(self, clause: Clause) -> None:
        issue, clear = choose_issue(clause.issues)
        clear = clear and not clause.meant
        mentions = clause.mentions
        cjk = self._words[mentions[0].start].kind is Kind.CJK
        issue_at = clause.issues[0][1].start if clause.issues else None
        arrived = any(quantity.role == "arrived" for quantity in clause.quantities)
        if issue is None and arrived:
            issue, clear = ProblemType.MISSING, not clause.meant
        claims: list[Claim] = []
        said = self._said(clause)
        for mention, own in zip(mentions, numbers_of(clause, cjk), strict=True):
            claim = Claim(
                mention,
                mention.start,
                mention.end,
                clause.sentence,
                bare=said <= _BARE_WORDS and not clause.fine,
                plain=not said,
                heading=clause.heading,
                plural=self._plural(mention),
            )
            take_numbers(claim, own, issue_at)
            claim.replaces = clause.has("correction")
            claims.append(claim)
        if issue in _SWAPPED and len(claims) == 1 and self._row_subject(claims[0]) is not None:
            claims[0].mention = self._row_subject(claims[0])
        self._waiting = [
            claim for claim in self._waiting if claim.counted or not _introduces(claim, mentions)
        ]
        self._topic, self._topic_sentence = list(mentions), clause.sentence
        if clause.fine and not clause.issues:
            self._spare(clause, claims)
        if issue is None and self._parts_of_group(claims):
            return
        if issue is ProblemType.MISSING and not clause.issues and clause.fine:
            self._waiting += claims
        elif issue is None and clause.fine and self._contents_named(clause):
            self._contents(clause)
        elif issue is None and clause.fine:
            self._apply_fine(clause, claims)
        elif self._elaborates(clause, claims, issue):
            return
        elif issue is not None:
            first = issue_at is not None and issue_at < mentions[0].start
            shared = [claim for claim in self._waiting if claim.sentence == clause.sentence and claim.bare]
            each = next((one.quantity for one in shared if one.quantity and one.quantity.each), None)
            for claim in claims:
                claim.quantity = claim.quantity or each
            self._apply(clause, [*shared, *claims], issue, clear and not clause.fine, first)
        elif clause.has("same") and self._fine_sentence == clause.sentence:
            self._apply_fine(clause, claims)
        elif clause.has("same") and self._last and self._last[-1].issue is not None:
            self._apply(clause, claims, self._last[-1].issue, False, False)
        elif any(hit.label == _RETURN for hit in clause.remedies) and self._header is None:
            wanted = [claim for claim in claims if claim.mention in clause.wanted()]
            for claim in wanted:
                claim.wish = True
            self._finish([*self._waiting_plainly(clause), *wanted], ProblemType.CHANGED_MIND, False, True)
        elif self._header is not None:
            self._header.used = True
            each = next((one.quantity for one in self._last if one.quantity and one.quantity.each), None)
            for claim in claims:
                claim.quantity = claim.quantity or self._header.each or each
            whole = any(claim.quantity is not None and claim.quantity.whole for claim in claims)
            self._finish(claims, self._header.issue, not whole, True)
        else:
            self._waiting += claims

    def _row_subject(self, claim: Claim) -> Mention | None:
        """The product that heads a row: "red box: one came green" tells of no green box ordered."""
        heads = [
            one.mention
            for one in self._waiting
            if one.heading and one.sentence == claim.sentence and one.mention
        ]
        return heads[0] if len(heads) == 1 and heads[0].clear else None

    def _plural(self, mention: Mention) -> bool:
        """Whether *mention* ends in a word for several things, as English writes it."""
        last = self._words[mention.end - 1].text
        return last.endswith("s") and stem(last) != last

    def _parts_of_group(self, claims: Sequence[Claim]) -> bool:
        """Take "five red and one white" as what the "6 wine glasses broken" before them were."""
        groups = [
            one
            for one in self._last
            if one.mention is not None and not one.mention.clear and one.group is None
        ]
        group = groups[-1] if groups else None
        if group is None or group.mention is None or group.issue is None:
            return False
        inside = set(group.mention.lines)
        if any(
            claim.mention is None
            or claim.sentence != group.sentence
            or not (set(claim.mention.lines) & inside)
            or not claim.mention.clear
            or not claim.counted
            for claim in claims
        ):
            return False
        if group in self.result.claims:
            self.result.claims.remove(group)
        for claim in claims:
            claim.issue, claim.clear_issue, claim.issue_first = group.issue, False, group.issue_first
            self.result.claims.append(claim)
        self._last = [*groups, *claims]
        return True

    def _waiting_plainly(self, clause: Clause) -> list[Claim]:
        """The products of a list that wait in the sentence of *clause*: "10 twine and 5 knives to return"."""
        found = [one for one in self._waiting if one.sentence == clause.sentence and one.plain]
        for claim in found:
            claim.wish = True
        return found

    def _contents_named(self, clause: Clause) -> bool:
        """Whether "the pencils inside are fine" speaks of what the damaged package holds."""
        last = self._last[-1].mention if self._last and not self._waiting else None
        same = last is not None and any(set(last.lines) & set(one.lines) for one in clause.mentions)
        return same and (clause.has("contents") or clause.sentence == self._last[-1].sentence)

    def _elaborates(self, clause: Clause, claims: Sequence[Claim], issue: ProblemType | None) -> bool:
        """Whether brackets only tell how some of the units just claimed got their problem."""
        last = self._last[-1] if self._last else None
        if last is None or issue is not last.issue or self._words[clause.start].text not in "(（[":
            return False
        numbers = [one for one in clause.quantities if one.sort == "number"]
        said = last.quantity.value if last.quantity is not None else None
        return not claims and all(said is not None and (one.value or 0) < said for one in numbers)

    def _without_products(self, clause: Clause, following: Clause | None) -> None:
        issue, clear = choose_issue(clause.issues)
        clear = clear and not clause.meant
        if clause.fine and not clause.issues:
            self._spare(clause, self._waiting)
        counts = [
            quantity
            for quantity in clause.quantities
            if quantity.sort != "number" or quantity.role != "total"
        ]
        if (
            issue is None
            and any(quantity.role == "arrived" for quantity in clause.quantities)
            and self._waiting
            and not clause.fine
        ):
            issue, clear = ProblemType.MISSING, not clause.meant
        if (
            issue is None
            and clause.has("same")
            and self._waiting
            and self._last
            and self._last[-1].issue is not None
        ):
            issue = self._last[-1].issue
        if self._elaborates(clause, (), issue):
            return
        if clause.stranger and not self._spoken_of(clause):
            self._something_else(clause, issue is not None)
        elif issue is not None:
            listed = self._opens_list(clause, counts, following)
            self._problem_alone(clause, issue, clear and not clause.fine, counts, listed)
        elif clause.fine:
            listed = all(
                one.plain and not one.counted and one.sentence == clause.sentence for one in self._waiting
            )
            if self._waiting and not counts and (listed or not clause.has("rest")):
                self._apply_fine(clause, [])
            else:
                self._contents(clause)
        elif clause.quantities:
            self._number_alone(clause)

    def _spoken_of(self, clause: Clause) -> bool:
        """Whether a product of its sentence waits for a problem, so that the nouns of *clause* are parts."""
        if self._words[clause.start].text in self._conjunctions:
            return False
        return any(claim.sentence == clause.sentence for claim in self._waiting)

    def _something_else(self, clause: Clause, problem: bool) -> None:
        """Go on from a thing that is on no line: what follows says nothing of the products before it."""
        if problem:
            self.result.orphans.append(clause)
        elif not (clause.heading or clause.quantities):
            return
        self._flush()
        self._drop_header()
        self._last, self._topic = [], []

    def _opens_list(self, clause: Clause, counts: Sequence[Quantity], following: Clause | None) -> bool:
        """Whether the lines below *clause* name the products of its problem: "The following is missing."."""
        if following is None or self._waiting or counts or following.sentence == clause.sentence:
            return False
        if self._last and self._last[-1].sentence == clause.sentence:
            return False
        opens_line = self._words[following.start - 1].kind is Kind.BREAK
        return opens_line and bool(following.mentions) and not (following.issues or following.fine)

    def _problem_alone(
        self,
        clause: Clause,
        issue: ProblemType,
        clear: bool,
        counts: Sequence[Quantity],
        listed: bool = False,
    ) -> None:
        at = clause.issues[0][1].start if clause.issues else clause.start
        if self._waiting:
            if self._another(counts):
                claim = Claim(self._waiting[-1].mention, counts[0].start, counts[0].end, clause.sentence)
                take_numbers(claim, clause.quantities, at)
                self._flush()
                self._apply(clause, [claim], issue, clear, False)
                return
            each = any(quantity.each for quantity in clause.quantities)
            takers = self._waiting if each or len(self._waiting) == 1 else []
            for claim in takers:
                take_numbers(claim, clause.quantities, at)
            if not takers and clause.quantities and not self._waiting[-1].counted:
                take_numbers(self._waiting[-1], clause.quantities, at)
            self._apply(clause, list(self._waiting), issue, clear, False)
            return
        if self._sum(clause, issue):
            return
        subject = self._subject(clause, counts) if not listed else None
        if subject is not None:
            first = clause.issues[0][1] if clause.issues else counts[0]
            claim = Claim(subject, first.start, first.end, clause.sentence)
            take_numbers(claim, clause.quantities, at)
            self._apply(clause, [claim], issue, clear, False)
            return
        if listed or clause.heading or clause.announces or (not self._last and not counts):
            self._header = _Header(issue, clause)
            self._last = []
            return
        if issue is ProblemType.CHANGED_MIND and self._last and self._last[-1].issue is not None:
            self._number_alone(clause)
            return
        strong = [quantity for quantity in counts if strength(quantity) <= 3]
        if self._last and self._last[-1].mention is not None and strong:
            first = min(strong, key=lambda quantity: quantity.start)
            claim = Claim(self._last[-1].mention, first.start, first.end, clause.sentence)
            take_numbers(claim, clause.quantities, at)
            claim.replaces = clause.has("correction")
            self._apply(clause, [claim], issue, clear, False)
        elif self._last:
            for claim in self._last:
                if (claim.issue, issue) in _REFINED and not (clause.meant or clause.doubtful):
                    claim.issue, claim.clear_issue = issue, False
        else:
            self.result.orphans.append(clause)

    def _another(self, counts: Sequence[Quantity]) -> bool:
        """Whether "another two have no lid" counts other units than those that still wait for a problem."""
        return len(self._waiting) == 1 and self._waiting[0].counted and bool(counts) and counts[0].more

    def _subject(self, clause: Clause, counts: Sequence[Quantity]) -> Mention | None:
        """The product named last, where nothing was claimed of it yet: "The hoses. Three have burst"."""
        topic = self._topic[0] if len(self._topic) == 1 else None
        last = self._last[-1].mention if self._last else None
        if topic is None or topic is last or topic.partial or clause.heading:
            return None
        if clause.sentence - self._topic_sentence > _TOPIC_REACH:
            return None
        called_fine = any(claim.fine and claim.mention is topic for claim in self.result.claims)
        return topic if counts or not called_fine else None

    def _contents(self, clause: Clause) -> None:
        """Read "... but the contents are fine", "the screws are fine": only the packaging was damaged."""
        again = clause.again and not clause.has("rest") and not clause.quantities
        spoken_of = clause.has("contents") or self._contents_sentence == clause.sentence
        for claim in self._last if spoken_of or again else []:
            if claim.issue is ProblemType.TRANSIT_DAMAGE:
                claim.issue, claim.clear_issue = ProblemType.PACKAGE_DAMAGE, False

    def _sum(self, clause: Clause, issue: ProblemType | None) -> bool:
        """Whether "so 7 in total" only adds up what was claimed before; takes its number for one product."""
        numbers = [one for one in clause.quantities if one.sort == "number" and not one.weak]
        last = self._last[-1] if self._last else None
        if not clause.has("sum") or last is None or last.issue is None or len(numbers) != 1:
            return False
        if issue not in (None, last.issue):
            return False
        parts = [one for one in self.result.claims if one.mention is last.mention and one.issue is last.issue]
        others = [one for one in self.result.claims if one not in parts and not one.fine]
        said, everything = (
            sum(one.quantity.value or 0 for one in claims if one.quantity is not None)
            for claims in (parts, [*parts, *others])
        )
        if not parts:
            return False
        if others and everything == numbers[0].value:
            last.doubt = last.doubt or clause.sentence == last.sentence
            return True
        if said != numbers[0].value and (clause.sentence != last.sentence or said > (numbers[0].value or 0)):
            return False
        first = parts[0]
        first.doubt = first.doubt or said != numbers[0].value
        first.quantity, first.options = numbers[0], ()
        self.result.claims = [one for one in self.result.claims if one is first or one not in parts]
        self._last = [first]
        return True

    def _number_alone(self, clause: Clause) -> None:
        if self._sum(clause, None):
            return
        if self._header is not None and not self._header.used:
            told = [quantity for quantity in clause.quantities if quantity.each or quantity.whole]
            self._header.each = told[0] if told else self._header.each
            return
        if self._waiting:
            if not self._waiting[-1].counted or len(self._waiting) == 1:
                take_numbers(self._waiting[-1], clause.quantities, None)
            return
        each = [quantity for quantity in clause.quantities if quantity.each]
        grouped = [
            claim for claim in self._last if claim.group is not None and claim.sentence == clause.sentence
        ]
        whole = [quantity for quantity in clause.quantities if quantity.whole]
        open_claim = self._last[-1] if self._last and not self._last[-1].counted else None
        if open_claim is not None and whole and clause.sentence - open_claim.sentence <= _TOPIC_REACH:
            take_numbers(open_claim, whole, None)
            return
        if each and grouped:
            for claim in grouped:
                take_numbers(claim, each, None)
            return
        last = self._last[-1] if self._last else None
        if (
            last is not None
            and last.sentence == clause.sentence
            and (last.quantity is None or last.quantity.sort == "fraction")
        ):
            numbers = [
                quantity for quantity in clause.quantities if quantity.sort == "number" and not quantity.weak
            ]
            take_numbers(last, numbers, None)
        elif last is not None and last.sentence == clause.sentence:
            last.doubt = True

    # applying

    def _apply_fine(self, clause: Clause, claims: Sequence[Claim]) -> None:
        self._fine_sentence = clause.sentence
        for claim in [*self._waiting, *claims]:
            if claim.heading and claims and claim not in claims:
                continue
            claim.fine, claim.issue = True, ProblemType.NO_ISSUE
            for hit in clause.fine:
                claim.reach(hit.start, hit.end)
            self.result.claims.append(claim)
        self._waiting = []

    def _apply(
        self, clause: Clause, claims: list[Claim], issue: ProblemType, clear: bool, first: bool
    ) -> None:
        hits = [hit for kind, hit in clause.issues if kind is issue] or [hit for _, hit in clause.issues]
        for claim in claims:
            claim.doubt = claim.doubt or clause.doubtful
            for hit in hits[:1] if claim.sentence == clause.sentence else []:
                claim.reach(hit.start, hit.end)
        self._finish(claims, issue, clear, first)

    def _finish(self, claims: Sequence[Claim], issue: ProblemType, clear: bool, first: bool) -> None:
        for claim in claims:
            claim.issue, claim.clear_issue, claim.issue_first = issue, clear, first
            self.result.claims.append(claim)
        done = {id(claim) for claim in claims}
        self._waiting = [claim for claim in self._waiting if id(claim) not in done]
        self._last = list(claims)
