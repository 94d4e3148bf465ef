"""From clauses to claims: which number and which problem belong to which product.

A buyer names the product first ("mugs: 2 broken"), last ("missing: 3 mugs"), once for several problems
("7 broken, 2 without lid"), or once for several products ("5 of A, 3 of B, not delivered"). The
assembler walks through the clauses and keeps products that still wait for their problem.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.cues import choose_issue
from playbook.intake.mentions import Mention
from playbook.intake.numbers import Quantity
from playbook.intake.text import Kind, Token

_BARE_WORDS = 2
_ATTACHED = 3
_MOST_PAIRS = 64
_ALL_BEFORE = 4
_ALL_AFTER = 2
_REFINED = frozenset(
    {
        (ProblemType.WRONG_ITEM, ProblemType.WRONG_VARIANT),
        (ProblemType.TRANSIT_DAMAGE, ProblemType.QUALITY_FLAW),
        (ProblemType.TRANSIT_DAMAGE, ProblemType.CHANGED_MIND),
    }
)
"""Types that a later clause about the same units may make more exact."""


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

    ``group`` ("both sizes", "all three bags") says that it holds for every line the mention fits.
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
    heading: bool = False
    options: tuple[Quantity, ...] = ()
    group: Quantity | None = None
    replaces: bool = False
    doubt: bool = False

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


@dataclass(slots=True)
class _Header:
    """A problem named before the products that have it."""

    issue: ProblemType
    clause: Clause
    each: Quantity | None = None
    used: bool = False


def _introduces(claim: Claim, mentions: Sequence[Mention]) -> bool:
    """Whether a waiting product is the heading of the more exact ones in *mentions*."""
    if claim.mention is None or claim.heading:
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


def _strength(quantity: Quantity) -> int:
    order = {"number": 0, "both": 1, "fraction": 1, "all": 2, "vague": 3}
    return order[quantity.sort] + (4 if quantity.weak else 0)


def _speaks_of_all(quantity: Quantity, mention: Mention | None) -> bool:
    """Whether "all", "both", "all three" beside a product that fits several lines means all of these."""
    if mention is None or mention.clear or not quantity.whole:
        return False
    if quantity.wide and quantity.value != len(mention.lines):
        return False
    before, after = mention.start - quantity.end, quantity.start - mention.end
    return 0 <= before <= _ALL_BEFORE or 0 <= after <= _ALL_AFTER


def _take_numbers(claim: Claim, quantities: Sequence[Quantity], issue_at: int | None) -> None:
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
    if shares and wholes and wholes[0].start < shares[0].start:
        claim.total, counts = claim.total or wholes[0], shares
    best = min(_strength(quantity) for quantity in counts)
    strong = [quantity for quantity in counts if _strength(quantity) == best]
    if claim.quantity is not None and _strength(claim.quantity) < best:
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


def _pair(clause: Clause, cjk: bool) -> list[list[Quantity]]:
    """The quantities of each mention of a clause.

    Where the clause starts with a number, numbers stand before their products, otherwise behind them.
    """
    mentions, quantities = clause.mentions, _outer(clause)
    first = next((quantity.start for quantity in quantities if quantity.role == "count"), None)
    leads = first is not None and first < mentions[0].start and not cjk
    paired: list[list[Quantity]] = [[] for _ in mentions]
    for quantity in quantities:
        if quantity.each:
            for own in paired:
                own.append(quantity)
            continue

        def distance(index: int, quantity: Quantity = quantity) -> int:
            mention = mentions[index]
            if mention.start >= quantity.end:
                return (mention.start - quantity.end) * (3 if cjk else 1)
            return max(0, quantity.start - mention.end) * (1 if cjk else 2) + leads

        paired[min(range(len(mentions)), key=distance)].append(quantity)
    return paired


class Assembler:
    """Walks through the clauses of one message."""

    def __init__(self, words: Sequence[Token], function_words: frozenset[str]) -> None:
        self._words = words
        self._function_words = function_words
        self._waiting: list[Claim] = []
        self._last: list[Claim] = []
        self._header: _Header | None = None
        self._fine_sentence: int | None = None
        self.result = Assembly()

    def run(self, clauses: Sequence[Clause]) -> Assembly:
        """Everything that *clauses* say."""
        for index, clause in enumerate(clauses):
            before = clauses[index - 1] if index else None
            if before is not None and before.sentence != clause.sentence:
                self._new_sentence(clause)
            self._rest(clause, clauses[index + 1] if index + 1 < len(clauses) else None)
            if clause.mentions:
                self._with_products(clause)
            else:
                self._without_products(clause)
        self._flush()
        self._drop_header()
        return self.result

    # sentences

    def _new_sentence(self, clause: Clause) -> None:
        goes_on = not clause.mentions and (clause.issues or clause.fine or clause.quantities)
        if self._waiting and not goes_on:
            self._flush()
        if self._header is not None and not (clause.mentions and not clause.issues):
            self._drop_header()

    def _drop_header(self) -> None:
        if self._header is not None and not self._header.used:
            self.result.orphans.append(self._header.clause)
        self._header = None

    def _flush(self) -> None:
        """Close products that still wait: they share the problem before them, or stay unexplained."""
        last = self._last[-1] if self._last else None
        for claim in self._waiting:
            shares = last is not None and last.issue_first and last.issue is not None
            if (
                shares
                and last is not None
                and claim.sentence == last.sentence
                and (claim.bare or claim.counted)
            ):
                claim.issue, claim.clear_issue = last.issue, False
                self.result.claims.append(claim)
            elif claim.counted and not claim.heading and not claim.fine:
                self.result.unexplained.append(claim)
        self._waiting = []

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

    # clauses

    def _bare(self, clause: Clause) -> bool:
        """Whether a clause says hardly more than products and numbers."""
        used = {index for mention in clause.mentions for index in range(mention.start, mention.end)}
        used |= {index for quantity in clause.quantities for index in range(quantity.start, quantity.end)}
        other = [
            token
            for index, token in enumerate(self._words[clause.start : clause.end], clause.start)
            if index not in used
            and token.kind in (Kind.WORD, Kind.CJK)
            and token.text not in self._function_words
        ]
        return len(other) <= _BARE_WORDS

    def _with_products(self, clause: Clause) -> None:
        issue, clear = choose_issue(clause.issues)
        clear = clear and not clause.meant
        mentions = clause.mentions
        cjk = self._words[mentions[0].start].kind is Kind.CJK
        issue_at = clause.issues[0][1].start if clause.issues else None
        arrived = any(quantity.role == "arrived" for quantity in clause.quantities)
        if issue is None and arrived:
            issue, clear = ProblemType.MISSING, True
        claims: list[Claim] = []
        bare = self._bare(clause)
        for mention, own in zip(mentions, _pair(clause, cjk), strict=True):
            claim = Claim(
                mention, mention.start, mention.end, clause.sentence, bare=bare, heading=clause.heading
            )
            _take_numbers(claim, own, issue_at)
            claim.replaces = clause.has("correction")
            claims.append(claim)
        self._waiting = [
            claim for claim in self._waiting if claim.counted or not _introduces(claim, mentions)
        ]
        if issue is None and clause.fine and self._contents_named(clause):
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
        elif self._header is not None:
            self._header.used = True
            for claim in claims:
                claim.quantity = claim.quantity or self._header.each
            self._finish(claims, self._header.issue, True, True)
        else:
            self._waiting += claims

    def _contents_named(self, clause: Clause) -> bool:
        """Whether "the pencils inside are fine" speaks of what the damaged package holds."""
        last = self._last[-1].mention if self._last and not self._waiting else None
        same = last is not None and any(set(last.lines) & set(one.lines) for one in clause.mentions)
        return clause.has("contents") and same

    def _elaborates(self, clause: Clause, claims: Sequence[Claim], issue: ProblemType | None) -> bool:
        """Whether brackets only tell how some of the units just claimed got their problem."""
        last = self._last[-1] if self._last else None
        if last is None or issue is not last.issue or self._words[clause.start].text not in "(（[":
            return False
        numbers = [one for one in clause.quantities if one.sort == "number"]
        said = last.quantity.value if last.quantity is not None else None
        return not claims and all(said is not None and (one.value or 0) < said for one in numbers)

    def _without_products(self, clause: Clause) -> None:
        issue, clear = choose_issue(clause.issues)
        clear = clear and not clause.meant
        counts = [
            quantity
            for quantity in clause.quantities
            if quantity.sort != "number" or quantity.role != "total"
        ]
        if (
            issue is None
            and any(quantity.role == "arrived" for quantity in clause.quantities)
            and self._waiting
        ):
            issue, clear = ProblemType.MISSING, True
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
        if clause.stranger and issue is not None and not self._spoken_of(clause):
            self.result.orphans.append(clause)
        elif issue is not None:
            self._problem_alone(clause, issue, clear and not clause.fine, counts)
        elif clause.fine:
            if self._waiting and not clause.has("rest") and not counts:
                self._apply_fine(clause, [])
            else:
                self._contents(clause)
        elif clause.quantities:
            self._number_alone(clause)

    def _spoken_of(self, clause: Clause) -> bool:
        """Whether the sentence of *clause* already has a product, so that its nouns are parts of it."""
        return any(claim.sentence == clause.sentence for claim in [*self._waiting, *self._last])

    def _problem_alone(
        self, clause: Clause, issue: ProblemType, clear: bool, counts: Sequence[Quantity]
    ) -> None:
        at = clause.issues[0][1].start if clause.issues else clause.start
        if self._waiting:
            each = any(quantity.each for quantity in clause.quantities)
            takers = self._waiting if each or len(self._waiting) == 1 else []
            for claim in takers:
                _take_numbers(claim, clause.quantities, at)
            if not takers and clause.quantities and not self._waiting[-1].counted:
                _take_numbers(self._waiting[-1], clause.quantities, at)
            self._apply(clause, list(self._waiting), issue, clear, False)
            return
        if clause.heading or (not self._last and not counts):
            self._header = _Header(issue, clause)
            self._last = []
            return
        if issue is ProblemType.CHANGED_MIND and self._last and self._last[-1].issue is not None:
            self._number_alone(clause)
            return
        strong = [quantity for quantity in counts if _strength(quantity) <= 3]
        if self._last and self._last[-1].mention is not None and strong:
            first = min(strong, key=lambda quantity: quantity.start)
            claim = Claim(self._last[-1].mention, first.start, first.end, clause.sentence)
            _take_numbers(claim, clause.quantities, at)
            claim.replaces = clause.has("correction")
            self._apply(clause, [claim], issue, clear, False)
        elif self._last:
            for claim in self._last:
                if (claim.issue, issue) in _REFINED:
                    claim.issue, claim.clear_issue = issue, False
        else:
            self.result.orphans.append(clause)

    def _contents(self, clause: Clause) -> None:
        """Read "... but the contents are fine": only the packaging was damaged."""
        for claim in self._last if clause.has("contents") else []:
            if claim.issue is ProblemType.TRANSIT_DAMAGE:
                claim.issue, claim.clear_issue = ProblemType.PACKAGE_DAMAGE, False

    def _number_alone(self, clause: Clause) -> None:
        if self._header is not None and not self._header.used:
            self._header.each = next((quantity for quantity in clause.quantities if quantity.each), None)
            return
        if self._waiting:
            if not self._waiting[-1].counted or len(self._waiting) == 1:
                _take_numbers(self._waiting[-1], clause.quantities, None)
            return
        each = [quantity for quantity in clause.quantities if quantity.each]
        grouped = [
            claim for claim in self._last if claim.group is not None and claim.sentence == clause.sentence
        ]
        if each and grouped:
            for claim in grouped:
                _take_numbers(claim, each, None)
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
            _take_numbers(last, numbers, None)
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


def pack_counts(claim: Claim, ordered: int | None) -> int | None:
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
        return total if claim.issue in _WHOLE_ORDERED else None
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
