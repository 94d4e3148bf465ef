"""From claims to what the page shows: items with units, questions, problems and marks.

Nothing guessed is certain: a row is ``sure`` only with one product, an explicit number that fits the
order, and one clear type.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from playbook.domain.claims import ProblemType
from playbook.domain.problems import Problem, problem
from playbook.intake.assembling import Assembly
from playbook.intake.claims import Claim, claimed_units
from playbook.intake.clauses import Clause
from playbook.intake.model import AskedRemedy, AskedRemedyKind, LineRef, Mark, Question, ReadItem
from playbook.intake.phrases import Hit
from playbook.intake.text import Folded, Token

SURE_PRODUCT = 0.58
_NEVER_SURE = frozenset({ProblemType.WRONG_ITEM})
"""Another product or another colour of it: words alone rarely tell."""
_LONGEST_QUOTE = 500
_LONGEST_MENTION = 80


@dataclass(slots=True)
class _Row:
    """An item before its line is reconciled."""

    line: int | None
    claim: Claim
    units: int | None
    implied: bool
    conflict: bool = False
    span: tuple[int, int] = (0, 0)


def _without_echoes(rows: Sequence[_Row]) -> list[_Row]:
    """*rows* without those that count nothing where the same line has one that counts.

    "Both are a sort of mustard, nothing like the listing" is one problem, told twice.
    """
    counted = {row.line for row in rows if row.line is not None and row.units is not None}
    return [row for row in rows if row.units is not None or row.line not in counted]


@dataclass(slots=True)
class Proposals:
    """What was concluded, in the words of `playbook.intake.model`."""

    items: list[ReadItem] = field(default_factory=list)
    no_issue_lines: list[int] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


class Proposer:
    """Turns the assembly of one message into proposals for the lines of one order."""

    def __init__(
        self, message: str, folded: Folded, words: Sequence[Token], lines: Sequence[LineRef]
    ) -> None:
        self._message = message
        self._folded = folded
        self._words = words
        self._lines = lines

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the message of tokens ``[start, end)``, without punctuation at its ends."""
        while (
            end - 1 > start
            and not self._words[end - 1].text.isalnum()
            and self._words[end - 1].text not in ")）"
        ):
            end -= 1
        while start < end - 1 and not self._words[start].text.isalnum():
            start += 1
        first, last = self._folded.span(self._words[start].start, self._words[end - 1].end)
        return first, min(last, first + _LONGEST_QUOTE)

    def _text(self, start: int, end: int) -> str:
        first, last = self.span(start, end)
        return self._message[first:last]

    def propose(self, assembly: Assembly) -> Proposals:
        """Items, fine lines, questions, problems and marks of *assembly*."""
        result = Proposals()
        rows: list[_Row] = []
        for claim in assembly.claims:
            if not claim.fine:
                self._rows(claim, rows, result)
        rows = _without_echoes(rows)
        self._check_units(rows, result)
        for row in rows:
            self._item(row, result)
        claimed = {row.line for row in rows}
        for claim in assembly.claims:
            if claim.fine and claim.mention is not None:
                self._fine(claim, claimed, result)
        for start, end in assembly.rest_spans:
            result.marks.append(Mark(*self.span(start, end), "fine", True))
        for claim in assembly.unexplained:
            self._unexplained(claim, claimed, result)
        for clause in assembly.orphans:
            self._orphan(clause, result)
        return result

    def _rows(self, claim: Claim, rows: list[_Row], result: Proposals) -> None:
        mention = claim.mention
        if mention is None:
            return
        if not self._lines:
            span = self.span(claim.start, claim.end)
            self._merge(_Row(mention.lines[0], claim, claimed_units(claim, None), False, span=span), rows)
            return
        whole = claim.group is not None and claim.arrived is None
        if not mention.clear and not whole:
            if mention.partial:
                return
            units = claimed_units(claim, None)
            rows.append(_Row(None, claim, units, False, span=self.span(claim.start, claim.end)))
            name = self._text(mention.start, mention.end)[:_LONGEST_MENTION]
            result.questions.append(Question("which_product", {"mention": name}))
            return
        for index in mention.lines if whole else mention.lines[:1]:
            ordered = self._lines[index].units
            counted = claim.quantity is not None and not claim.quantity.whole
            units = ordered if whole and not counted else claimed_units(claim, ordered)
            implied = units is None and ordered == 1 and claim.quantity is None
            row = _Row(index, claim, 1 if implied else units, implied, span=self.span(claim.start, claim.end))
            self._merge(row, rows)

    def _merge(self, row: _Row, rows: list[_Row]) -> None:
        """Add *row*, unless it repeats or corrects an earlier one about the same line and type."""
        for known in rows:
            if known.line != row.line or known.claim.issue is not row.claim.issue:
                continue
            if row.units is None or known.units == row.units:
                return
            quantity = row.claim.quantity
            if quantity is not None and quantity.more and known.units is not None:
                known.units += row.units
            elif known.units is None or row.claim.replaces:
                rows[rows.index(known)] = row
            else:
                known.conflict = True
            return
        rows.append(row)

    def _check_units(self, rows: Sequence[_Row], result: Proposals) -> None:
        for index, line in enumerate(self._lines):
            inside = [
                row for row in rows if row.line == index and row.claim.issue is not ProblemType.EXTRA_ITEM
            ]
            claimed = sum(row.units or 0 for row in inside)
            if claimed > line.units:
                for row in inside:
                    row.conflict = True
                facts = {"line": line.line, "claimed": claimed, "ordered": line.units}
                result.problems.append(problem("units_exceed_order", **facts))
                result.questions.append(
                    Question("units_check", {"product": line.title.strip(), "sku": line.sku, **facts})
                )
            elif any(row.conflict for row in inside):
                result.questions.append(
                    Question(
                        "units_conflict", {"product": line.title.strip(), "sku": line.sku, "line": line.line}
                    )
                )

    def _item(self, row: _Row, result: Proposals) -> None:
        claim, mention = row.claim, row.claim.mention
        assert mention is not None
        assert claim.issue is not None
        quantity = claim.quantity
        explicit = (
            row.implied
            or claim.arrived is not None
            or (quantity is not None and quantity.sort != "vague" and not quantity.weak)
        )
        product = mention.score if mention.clear else mention.score * 0.4
        number = 1.0 if row.units is not None and explicit else 0.5
        score = 0.6 * product + 0.2 * number + 0.2 * (1.0 if claim.clear_issue else 0.5)
        sure = (
            row.line is not None
            and row.units is not None
            and explicit
            and mention.clear
            and not (
                mention.borrowed
                or mention.meant
                or mention.partial
                or claim.several
                or claim.doubt
                or row.conflict
            )
            and product >= SURE_PRODUCT
            and claim.clear_issue
            and claim.issue not in _NEVER_SURE
        )
        line = self._lines[row.line] if row.line is not None and self._lines else None
        sure = sure and line is not None
        first, last = row.span
        name = self._text(mention.start, mention.end)[:_LONGEST_MENTION]
        result.items.append(
            ReadItem(
                line.line if line else None,
                line.sku if line else "",
                name,
                row.units,
                claim.issue,
                self._message[first:last],
                round(min(1.0, score), 3),
                sure,
            )
        )
        result.marks.append(Mark(first, last, "item", sure))
        if quantity is not None and quantity.sort == "number":
            result.marks.append(Mark(*self.span(quantity.start, quantity.end), "number", sure))
        if row.units is None and line is not None:
            result.questions.append(
                Question("how_many", {"product": line.title.strip(), "sku": line.sku, "line": line.line})
            )
        elif row.units is None and not self._lines:
            result.questions.append(Question("how_many", {"product": name}))

    def _fine(self, claim: Claim, claimed: set[int | None], result: Proposals) -> None:
        assert claim.mention is not None
        if claim.mention.partial or not self._lines:
            return
        result.marks.append(Mark(*self.span(claim.start, claim.end), "fine", claim.mention.clear))
        for index in claim.mention.lines:
            number = self._lines[index].line
            if index not in claimed and number not in result.no_issue_lines:
                result.no_issue_lines.append(number)

    def _unexplained(self, claim: Claim, claimed: set[int | None], result: Proposals) -> None:
        mention = claim.mention
        if (
            mention is None
            or not self._lines
            or not mention.clear
            or mention.lines[0] in claimed
            or mention.partial
        ):
            return
        line = self._lines[mention.lines[0]]
        params: dict[str, str | int] = {"product": line.title.strip(), "sku": line.sku, "line": line.line}
        question = Question("which_problem", params)
        if question not in result.questions:
            result.questions.append(question)
            result.marks.append(Mark(*self.span(claim.start, claim.end), "question", False))

    def _orphan(self, clause: Clause, result: Proposals) -> None:
        if not self._lines:
            return
        first, last = self.span(clause.start, clause.end)
        result.questions.append(
            Question("which_product", {"mention": self._message[first:last][:_LONGEST_MENTION]})
        )
        result.marks.append(Mark(first, last, "question", False))

    def asked(self, clauses: Sequence[Clause]) -> tuple[AskedRemedy, ...]:
        """The remedies that *clauses* ask for, each once per line."""
        found: dict[tuple[int | None, AskedRemedyKind], AskedRemedy] = {}
        listed: tuple[int, Sequence[Hit]] = (-1, ())
        for clause in clauses:
            clear = [one for one in clause.wanted() if self._lines and one.clear and not one.partial]
            targets: list[int | None] = [self._lines[mention.lines[0]].line for mention in clear]
            goes_on = clear and clause.sentence == listed[0] and not (clause.issues or clause.fine)
            asked = clause.remedies or (listed[1] if goes_on and not clause.has("remedy") else ())
            if clause.remedies or clause.has("remedy"):
                listed = (clause.sentence, clause.remedies if clear else ())
            for hit in asked:
                kind = AskedRemedyKind(hit.label[7:])
                for line in targets or [None]:
                    found.setdefault(
                        (line, kind), AskedRemedy(line, kind, self._text(clause.start, clause.end))
                    )
        return tuple(found.values())
