"""The draft of the breakdown: rows proposed from the message, edited by the agent, confirmed when whole."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import traitlets as t

from playbook.desk import Draft
from playbook.domain.case import Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.orders import OrderLine
from playbook.domain.problems import Problem
from playbook.intake import Question, question_text
from playbook.letters import Letter, LetterKind, breakdown_list, draft
from playbook.steps.breakdown import LineTotals, breakdown_blockers, line_totals, rest_is_fine
from playbook.steps.commands import ClaimRow, ConfirmBreakdown, RequestEvidence
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.traits import state

MOST_UNDO = 50
FROM_ROWS = frozenset({"how_many", "which_problem", "units_check", "which_order"})
"""Questions that the rows of the table answer, once they are filled in."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. ``sure`` is False while the reader's proposal was not looked at."""

    key: int
    line: int
    problem: ProblemType | None = None
    units: int | None = None
    photo: bool = False
    sure: bool = True
    quoted: tuple[int, int] | None = None

    @property
    def is_mentioned(self) -> bool:
        """Whether anything was said about these units at all."""
        return self.problem is not None or self.units is not None

    @property
    def is_claim(self) -> bool:
        """Whether something is wrong with these units, as far as is known."""
        return self.is_mentioned and self.problem is not ProblemType.NO_ISSUE


class BreakdownModel(t.HasTraits):
    """Rows of the breakdown table; every order line has at least one row, perhaps an empty one."""

    rows: tuple[Row, ...] = state(())
    leave_untouched: bool = state(False)

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        self._undo: list[tuple[Row, ...]] = []
        self._order_id = ""
        self.load()
        work.observe(lambda _: self._follow_order(), "case")

    def load(self) -> None:
        """Take the saved draft, else what was confirmed before, else the reader's proposal."""
        saved = self.work.draft(Stage.BREAKDOWN)
        self._order_id = self._locked_id()
        self.leave_untouched = False
        if self.work.case.order is None:
            self.rows = ()
        elif saved.get("order_id") == self.work.case.order.order_id:
            self.leave_untouched = bool(saved.get("leave_untouched"))
            self.rows = self._complete(tuple(_row_from(raw) for raw in saved["rows"]))
        elif self.work.case.breakdown_confirmed:
            self.rows = self._complete(
                tuple(
                    Row(
                        number,
                        item.line,
                        item.problem,
                        item.units,
                        Evidence.PHOTO in item.evidence,
                        quoted=item.quoted,
                    )
                    for number, item in enumerate(self.work.case.items, start=1)
                )
            )
            self.leave_untouched = any(total.open_units for total in self.totals)
        else:
            self.rows = self.proposal()
        self._undo.clear()

    def proposal(self) -> tuple[Row, ...]:
        """The reader's proposal: claims, units reported fine, and the rest where the buyer spoke of it."""
        reading = self.work.reading
        text = self.work.message
        rows: list[Row] = []
        for item in reading.items:
            if item.line is None:
                continue
            at = text.find(item.quote) if item.quote else -1
            quoted = (at, at + len(item.quote)) if at >= 0 else None
            rows.append(Row(len(rows) + 1, item.line, item.issue, item.units, sure=item.sure, quoted=quoted))
        named = {row.line for row in rows}
        for line in self.lines:
            if line.line in reading.no_issue_lines and line.line not in named:
                rows.append(Row(len(rows) + 1, line.line, ProblemType.NO_ISSUE, line.units_ordered))
        complete = self._complete(tuple(rows))
        return self._with_rest_fine(complete, None) if self._rest_is_known(complete) else complete

    @property
    def is_proposal(self) -> bool:
        """Whether the table shows what the reader proposes, unedited and unconfirmed."""
        work = self.work
        return (
            work.case.order is not None
            and not work.case.breakdown_confirmed
            and not self._undo
            and not work.draft(Stage.BREAKDOWN)
        )

    def _rest_is_known(self, rows: tuple[Row, ...]) -> bool:
        """Whether the buyer called the rest fine and nothing of what is wrong is still in doubt."""
        reading = self.work.reading
        placed = all(item.line is not None for item in reading.items)
        asked = any(question.code == "which_product" for question in reading.questions)
        spoken = [row for row in rows if row.is_mentioned]
        return (
            reading.rest_is_fine
            and placed
            and not asked
            and all(row.sure and row.units is not None for row in spoken)
        )

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        return self.work.case.order.lines if self.work.case.order else ()

    @property
    def claim_rows(self) -> tuple[ClaimRow, ...]:
        """The rows that say something, as the step wants them."""
        return tuple(
            ClaimRow(
                row.line,
                row.problem,
                row.units,
                frozenset({Evidence.PHOTO}) if row.photo else frozenset(),
                quoted=row.quoted,
            )
            for row in self.rows
            if row.is_mentioned
        )

    @property
    def command(self) -> ConfirmBreakdown:
        return ConfirmBreakdown(self.claim_rows, self.leave_untouched)

    @property
    def totals(self) -> tuple[LineTotals, ...]:
        """Live totals per line."""
        return line_totals(self.work.case, self.claim_rows, self.work.setting.elsewhere)

    @property
    def blockers(self) -> tuple[Problem, ...]:
        """Why Confirm is not possible yet; empty when it is."""
        return breakdown_blockers(self.work.case, self.command, self.work.setting.elsewhere)

    def change(self, key: int, **changes: Any) -> None:
        """Change fields of one row (``problem``, ``units``, ``photo``); what a person touched is sure."""
        self._set(tuple(replace(row, sure=True, **changes) if row.key == key else row for row in self.rows))

    def split(self, line: int) -> None:
        """Add an empty row for another problem on the same line, below its other rows."""
        last = max((n for n, row in enumerate(self.rows) if row.line == line), default=len(self.rows) - 1)
        self._set((*self.rows[: last + 1], Row(self._next_key(), line), *self.rows[last + 1 :]))

    def remove(self, key: int) -> None:
        """Remove a row; a line always keeps one, if only an empty one."""
        self._set(self._complete(tuple(row for row in self.rows if row.key != key)))

    def set_problem(self, keys: Sequence[int], problem: ProblemType | None) -> None:
        """Give several rows one problem; rows without a number get all open units of their line."""
        open_units = {totals.line: totals.open_units for totals in self.totals}
        lines = {line.line: line for line in self.lines}
        changed = []
        for row in self.rows:
            if row.key in keys:
                left = open_units.get(row.line)
                units = row.units
                if units is None and problem is not None:
                    units = left or lines[row.line].units_ordered
                units = units if problem is not None else None
                changed.append(replace(row, problem=problem, units=units, sure=True))
            else:
                changed.append(row)
        self._set(tuple(changed))

    def rest_is_fine(self, lines: frozenset[int] | None = None) -> None:
        """Report every open unit as fine, on all lines or only on *lines*."""
        self._set(self._with_rest_fine(self.rows, lines))

    def propose_again(self) -> None:
        """Throw the edits away and take the reader's proposal."""
        self._set(self.proposal())

    @property
    def doubtful(self) -> tuple[Row, ...]:
        """The proposals that nobody has looked at and that are not sure by themselves."""
        return tuple(row for row in self.rows if not row.sure)

    def accept(self, *keys: int) -> None:
        """Confirm that unsure proposals are right; after the last doubt, the rest is fine if it was said."""
        rows = tuple(replace(row, sure=True) if row.key in keys else row for row in self.rows)
        if rows != self.rows:
            self._set(self._with_rest_fine(rows, None) if self._rest_is_known(rows) else rows)

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    def undo(self) -> None:
        """Take the last edit back."""
        if self._undo:
            self.rows = self._undo.pop()
            self._keep()

    def set_leave_untouched(self, leave: bool) -> None:
        """Accept, or not, that the buyer did not speak of some units."""
        self.leave_untouched = leave
        self._keep()

    def confirm(self) -> bool:
        """Confirm the breakdown; True when it was accepted."""
        if self.work.do(self.command, Draft(Stage.BREAKDOWN.value)):
            self._undo.clear()
            return True
        self._keep()
        return False

    def list_text(self, lang: str | None = None) -> str:
        """The breakdown in the form "SKU – units – problem", ready to copy."""
        if self.work.case.order is None:
            return ""
        return breakdown_list(self.claim_rows, self.work.case.order, lang or self.work.lang)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the buyer has to be asked, as the rows stand: numbers and problems that are missing."""
        lines = {line.line: line for line in self.lines}
        asked = []
        for row in self.rows:
            if row.is_mentioned and row.units is None and row.line in lines:
                asked.append(Question("how_many", {"product": lines[row.line].title}))
            elif row.units is not None and row.problem is None and row.line in lines:
                asked.append(Question("which_problem", {"product": lines[row.line].title}))
        return (*asked, *(q for q in self.work.reading.questions if q.code not in FROM_ROWS))

    def question_texts(self, language: str | None = None) -> tuple[str, ...]:
        """The questions as sentences, in the buyer's language by default."""
        return tuple(
            question_text(question, language or self.work.case.language) for question in self.questions
        )

    def ask_text(self) -> str:
        """The message that asks the buyer for what is missing; empty when nothing is."""
        texts = self.question_texts()
        if not texts:
            return ""
        work = self.work
        letter = draft(
            LetterKind.ASK_DETAILS,
            work.case,
            policy=work.desk.policy,
            now=work.now,
            locale=work.case.language,
            questions=texts,
        )
        return letter.text if isinstance(letter, Letter) else ""

    def ask_for_photos(self, items: tuple[str, ...]) -> bool:
        """Note that photos were asked for; a reminder is scheduled with the plan."""
        return self.work.do(RequestEvidence(items, Evidence.PHOTO))

    def _locked_id(self) -> str:
        return self.work.case.order.order_id if self.work.case.order else ""

    def _follow_order(self) -> None:
        """Rows belong to one order: when another is locked, or none, start again."""
        if self._locked_id() != self._order_id:
            self.load()

    def _set(self, rows: tuple[Row, ...]) -> None:
        if rows == self.rows:
            return
        self._undo = [*self._undo[-MOST_UNDO:], self.rows]
        self.rows = rows
        self._keep()

    def _keep(self) -> None:
        order = self.work.case.order
        if order is not None:
            rows = [asdict(row) for row in self.rows]
            self.work.keep_draft(
                Stage.BREAKDOWN,
                {"order_id": order.order_id, "rows": rows, "leave_untouched": self.leave_untouched},
            )

    def _next_key(self) -> int:
        return max((row.key for row in self.rows), default=0) + 1

    def _complete(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """*rows* in the order of the lines, with an empty row for every line that has none."""
        complete: list[Row] = []
        key = max((row.key for row in rows), default=0)
        for line in self.lines:
            own = [row for row in rows if row.line == line.line]
            if not own:
                key += 1
                own = [Row(key, line.line)]
            complete.extend(own)
        return tuple(complete)

    def _with_rest_fine(self, rows: tuple[Row, ...], lines: frozenset[int] | None) -> tuple[Row, ...]:
        spoken = tuple(row for row in rows if row.is_mentioned)
        before = tuple(ClaimRow(row.line, row.problem, row.units) for row in spoken)
        after = rest_is_fine(self.work.case, before, self.work.setting.elsewhere, lines)
        kept = [replace(row, units=claim.units) for row, claim in zip(spoken, after, strict=False)]
        key = max((row.key for row in rows), default=0)
        added = [
            Row(key + n, claim.line, claim.problem, claim.units)
            for n, claim in enumerate(after[len(spoken) :], 1)
        ]
        return self._complete((*kept, *added))


def _row_from(raw: dict[str, Any]) -> Row:
    problem = raw.get("problem")
    quoted = raw.get("quoted")
    return Row(
        key=int(raw["key"]),
        line=int(raw["line"]),
        problem=None if problem is None else ProblemType(problem),
        units=raw.get("units"),
        photo=bool(raw.get("photo")),
        sure=bool(raw.get("sure")),
        quoted=None if quoted is None else (int(quoted[0]), int(quoted[1])),
    )
